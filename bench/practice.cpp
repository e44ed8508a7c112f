// SPDX-License-Identifier: Apache-2.0
#include "bench/practice.hpp"

#include "base/check.hpp"
#include "support/gs1_codes.hpp"

#include <cmath>

namespace dosario::bench {
namespace {

constexpr std::uint32_t kTablets = 30;
constexpr std::size_t kGroup = 4096;
constexpr const char* kAna = "ANA00001";
constexpr const char* kEva = "EVA00002";
constexpr auto kBetween = std::chrono::microseconds{std::chrono::hours{24}} / kEntriesADay;

UtcTime begin_of(std::size_t entries) {
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::floor<Micros>(std::chrono::system_clock::now()));
    return today - kBetween * static_cast<long>(entries);
}

Date day_of(UtcTime at) { return std::chrono::floor<std::chrono::days>(at); }

}  // namespace

Practice::Practice(Ledger& ledger, std::size_t entries, std::uint64_t seed)
    : ledger_(ledger), wanted_(entries), random_(seed), entropy_(seed), mint_(entropy_, {}), now_(begin_of(entries)) {}

void Practice::fill() {
    DOSARIO_CHECK(ledger_.begin().has_value());
    learn_products();
    append(OperatorChanged{kAna}, 0, kAna);
    while (ledger_.head_seq() < wanted_) {
        if (shelf_.size() < kShelfPacks)
            delivery();
        else if (ready_.size() < kReadyDoses)
            fractioning();
        else
            visit();
    }
    DOSARIO_CHECK(ledger_.commit().has_value());
}

Seq Practice::append(const Fact& fact, WorkId work, const char* badge) {
    if (++in_group_ % kGroup == 0) {
        DOSARIO_CHECK(ledger_.commit().has_value());
        DOSARIO_CHECK(ledger_.begin().has_value());
    }
    now_ += kBetween;
    mono_ += kBetween;
    const auto seq = ledger_.append({fact, work, badge, "", day_of(now_)}, {now_, mono_, false});
    if (!seq) std::fprintf(stderr, "%s\n", seq.error().message.c_str());
    DOSARIO_CHECK(seq.has_value());
    return *seq;
}

ThingId Practice::thing() {
    mint_.set_time(now_);
    return mint_.thing();
}

/// Some products are asked for much more than others.
unsigned Practice::some_product() {
    const double u = static_cast<double>(below(1U << 20)) / (1U << 20);
    return static_cast<unsigned>(u * u * kProducts);
}

Practice::OpenLot& Practice::lot_of(unsigned product) {
    OpenLot& lot = lots_[product];
    if (lot.packs_to_come > 0 && lot.expires_on >= day_of(now_) + std::chrono::days{100}) return --lot.packs_to_come, lot;
    lot.name = "L" + std::to_string(100'000 + below(900'000)) + std::to_string(++serials_ % 100);
    lot.expires_on = day_of(now_) + std::chrono::days{200 + below(700)};
    lot.packs_to_come = 4 + static_cast<unsigned>(below(16));
    return lot;
}

Practice::ShelfPack Practice::take_from_shelf() {
    // Nearly the oldest: people take what stands in front.
    std::swap(shelf_.front(), shelf_[below(std::min<std::size_t>(shelf_.size(), 200))]);
    ShelfPack pack = std::move(shelf_.front());
    shelf_.pop_front();
    return pack;
}

void Practice::learn_products() {
    for (unsigned n = 0; n < kProducts; ++n)
        append(ProductLearned{test::gtin(n), "Product number " + std::to_string(n) + " 500 mg x 30", "tablet", kTablets, 0, 10},
               0, "");
}

void Practice::delivery() {
    const WorkId work = append(WorkOpened{WorkKind::reception, {}}, 0, kAna);
    for (unsigned i = 0; i < 20; ++i) receive(work);
    append(WorkClosed{}, work, kAna);
}

void Practice::receive(WorkId work) {
    const unsigned product = some_product();
    const OpenLot& lot = lot_of(product);
    ShelfPack pack{product, lot.name, lot.expires_on, "", {}};
    PacksReceived fact{test::gtin(product), "", lot.name, lot.expires_on, 1, kTablets, {}, false};
    if (one_in(5)) {  // counted, not named
        fact.packs = 3;
    } else {
        pack.serial = fact.serial = std::to_string(100'000'000'000 + ++serials_ * 7919);
        pack.id = fact.pack = thing();
    }
    append(fact, work, kAna);
    for (unsigned i = 0; i < fact.packs; ++i) shelf_.push_back(pack);
}

void Practice::fractioning() {
    const WorkId work = append(WorkOpened{WorkKind::fractioning, {}}, 0, kAna);
    std::vector<PackFractioned> cuts;
    for (unsigned i = 0; i < 8; ++i) {
        cuts.push_back(cut(take_from_shelf()));
        append(cuts.back(), work, kAna);
    }
    append(WorkClosed{}, work, kAna);
    verify(cuts);
}

PackFractioned Practice::cut(const ShelfPack& pack) {
    const auto kind = below(10);
    const std::uint32_t units = kind < 6 ? 10 : kind < 9 ? 5 : 1;
    PackFractioned fact{pack.id ? pack.id : thing(),
                        test::gtin(pack.product),
                        pack.serial,
                        pack.lot,
                        pack.expires_on,
                        true,
                        day_of(now_),
                        kTablets,
                        {},
                        0,
                        0,
                        std::min(pack.expires_on, day_of(now_) + std::chrono::days{90}),
                        BeyondUseRule::days_after_opening};
    for (std::uint32_t cut = 0; cut < kTablets; cut += units) fact.doses.push_back({thing(), units});
    return fact;
}

void Practice::verify(const std::vector<PackFractioned>& cuts) {
    append(OperatorChanged{kEva}, 0, kEva);
    const WorkId work = append(WorkOpened{WorkKind::verification, {}}, 0, kEva);
    for (const PackFractioned& fact : cuts) {
        DosesVerified all{fact.pack, {}};
        const bool one_by_one = below(10) < 3;
        for (const MadeDose& made : fact.doses) {
            if (one_by_one) append(DosesVerified{fact.pack, {made.dose}}, work, kEva);
            all.doses.push_back(made.dose);
            ready_.push_back(made.dose);
        }
        if (!one_by_one) append(all, work, kEva);
    }
    append(WorkClosed{}, work, kEva);
    append(OperatorChanged{kAna}, 0, kAna);
}

void Practice::visit() {
    const Recipient recipient = mint_.recipient();
    const WorkId work = append(WorkOpened{WorkKind::dispensing, recipient}, 0, kAna);
    const auto things = 1 + below(4);
    // As many packs are cut as leave whole, and a cut one is 6.6 doses.
    for (std::uint64_t i = 0; i < things; ++i) below(76) < 66 ? dispense_dose(work, recipient) : dispense_pack(work, recipient);
    append(WorkClosed{}, work, kAna);
}

void Practice::dispense_dose(WorkId work, const Recipient& recipient) {
    std::swap(ready_.front(), ready_[below(std::min<std::size_t>(ready_.size(), 200))]);
    give_out(DoseDispensed{ready_.front(), recipient}, work);
    ready_.pop_front();
}

void Practice::dispense_pack(WorkId work, const Recipient& recipient) {
    const ShelfPack pack = take_from_shelf();
    give_out(PacksDispensed{test::gtin(pack.product), pack.serial, pack.lot, pack.expires_on, 1, kTablets, pack.id, recipient},
             work);
}

void Practice::give_out(const Fact& fact, WorkId work) {
    const Seq out = append(fact, work, kAna);
    if (!one_in(100)) return;
    append(Reversed{out}, work, kAna);
    append(fact, work, kAna);
}

void write_in_bulk(Ledger& ledger) {
    DOSARIO_CHECK(ledger.database()
                      .execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;")
                      .has_value());
}

}  // namespace dosario::bench
