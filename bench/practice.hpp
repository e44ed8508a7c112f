// SPDX-License-Identifier: Apache-2.0
// A station's years without its people: entries in the mix of a pharmacy that fractions, appended as the workflows would append them
// (same facts, same projections), without the desk that decides. The shelf stays the same size however long the history is: about
// 4,000 closed packs of 2,000 products and 1,000 doses; whatever else came in is out.
//
// Of all packs half leave whole and half are cut into doses (3 of 10 tablets, 6 of 5, or 30 of 1: 6.6 on average); 7 of 10 fractionings are
// verified by the opened pack, 3 dose by dose. A visit takes 1 to 4 things, work is opened and closed around everything, every 100th
// thing is given out, taken back and given out again. 2,000 entries a day; the last day is yesterday.
#pragma once

#include "control/mint.hpp"
#include "ledger/ledger.hpp"
#include "support/manual_clock.hpp"

#include <deque>
#include <random>

namespace dosario::bench {

inline constexpr unsigned kProducts = 2000;
inline constexpr std::size_t kShelfPacks = 4000;
inline constexpr std::size_t kReadyDoses = 1000;
inline constexpr std::size_t kEntriesADay = 2000;

class Practice {
public:
    /// An empty ledger whose time begins so long ago that `entries` end yesterday.
    Practice(Ledger& ledger, std::size_t entries, std::uint64_t seed);

    /// Until the ledger has that many entries or a few more (work that was begun is ended). Groups of 4096 entries.
    void fill();

private:
    struct ShelfPack {
        unsigned product = 0;
        std::string lot;
        Date expires_on{};
        std::string serial;
        ThingId id;
    };
    struct OpenLot {
        std::string name;
        Date expires_on{};
        unsigned packs_to_come = 0;
    };

    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    Seq append(const Fact& fact, WorkId work, const char* badge);
    ThingId thing();
    unsigned some_product();
    OpenLot& lot_of(unsigned product);
    ShelfPack take_from_shelf();

    void learn_products();
    void delivery();
    void receive(WorkId work);
    void fractioning();
    PackFractioned cut(const ShelfPack& pack);
    void verify(const std::vector<PackFractioned>& cuts);
    void visit();
    void dispense_dose(WorkId work, const Recipient& recipient);
    void dispense_pack(WorkId work, const Recipient& recipient);
    void give_out(const Fact& fact, WorkId work);

    Ledger& ledger_;
    std::size_t wanted_;
    std::mt19937_64 random_;
    test::SeededEntropy entropy_;
    ThingMint mint_;
    UtcTime now_;
    MonoTime mono_{std::chrono::hours{1}};
    std::size_t in_group_ = 0;
    std::uint64_t serials_ = 0;
    std::vector<OpenLot> lots_{kProducts};
    std::deque<ShelfPack> shelf_;
    std::deque<ThingId> ready_;
};

/// Appends without waiting for the disk and without a journal: for ledgers that no power cut will meet. Ends when the ledger is closed.
void write_in_bulk(Ledger& ledger);

}  // namespace dosario::bench
