// SPDX-License-Identifier: Apache-2.0
// What a person with paper and pencil would know of the pharmacy's shelf. It knows nothing of the ledger: it is told what was answered,
// says when an answer contradicts what came before, and what must be where after every step.
#pragma once

#include "support/gs1_codes.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace dosario::sim {

/// The product is wrong, or a bug was planted.
struct Broken {
    std::string what;
};
inline void must(bool claim, const std::string& what) {
    if (!claim) throw Broken{what};
}

/// `gtin/lot`.
using LotName = std::string;
LotName lot_name(const test::Box& box);

/// Of goods, where they are.
enum Place : std::uint8_t { kShelf = 1, kQuarantine = 2, kDispensed = 3, kWasted = 4, kPlaces = 5 };

/// Of one lot at one place.
struct Line {
    std::int64_t units = 0;
    std::int64_t counted = 0;  ///< closed packs without serial
    std::int64_t serials = 0;  ///< closed packs with one
    std::int64_t made = 0;     ///< doses that wait for their second person
    std::int64_t ready = 0;
    bool operator==(const Line&) const = default;
};

struct CutDose {
    std::string code;
    Date last_day{};
    std::int64_t units = 0;
};

class Model {
public:
    // Each was answered as done. `seq` is the entry that says so, `on` the day at the site.
    void received(const test::Box& box, std::uint32_t packs, Date on, Seq seq);
    void fractioned(const test::Box& box, const std::vector<CutDose>& doses, std::int64_t waste, const std::string& by, Date on,
                    Seq seq);
    void verified(const std::string& dose, const std::string& by, Seq seq);
    void dispensed_dose(const std::string& dose, Date on, Seq seq);
    void dispensed_packs(const test::Box& box, std::uint32_t packs, Date on, Seq seq);
    void returned_dose(const std::string& dose, Seq seq);
    void returned_packs(const test::Box& box, std::uint32_t packs, Seq seq);
    void released_dose(const std::string& dose, Date on, Seq seq);
    void released_packs(const test::Box& box, std::uint32_t packs, Date on, Seq seq);
    /// Taken back; 0: the last that can be.
    void undone(Seq seq);
    /// It was not: an entry by number, or 0 for the last.
    void not_undone(Seq seq) const;
    /// `lot` empty: every lot of that product.
    void recalled(unsigned product, const std::string& lot);
    void lifted(unsigned product, const std::string& lot);

    bool is_recalled(unsigned product, const std::string& lot) const;
    const std::set<LotName>& recalls() const { return recalls_; }
    const std::map<LotName, std::array<Line, kPlaces>>& lines() const { return lines_; }
    std::vector<Seq> undoable() const;
    /// A dose that somebody cut, mostly a young one; nothing while there is none. `chance` 0 to 1.
    std::string some_dose(std::uint64_t chance) const;
    /// A dose that is at that place.
    std::string some_dose_at(Place place, std::uint64_t chance) const;

private:
    enum class State : std::uint8_t { closed, opened, made, ready, out, quarantined };
    struct Dose {
        LotName lot;
        Date last_day{};
        std::int64_t units = 0;
        std::string made_by;
        State state = State::made;
    };
    struct Effect {
        std::function<void()> take_back;
        bool counted = false;  ///< packs without serial: others of the lot may have stood in for them
    };

    Line& line(const LotName& lot, Place place) { return lines_[lot][place]; }
    void move_dose(const std::string& code, State from, State to, const char* otherwise);
    void move_packs(const LotName& lot, const std::string& pack, std::uint32_t packs, State from, State to,
                    const char* otherwise);
    std::string known_pack(const test::Box& box) const;
    void may_move(const LotName& lot, Date on, const char* what) const;
    Dose& dose(const std::string& code);

    std::map<LotName, std::array<Line, kPlaces>> lines_;
    std::map<LotName, Date> expires_on_;
    std::map<std::string, State> packs_;  ///< with a serial, by `gtin#serial`
    std::map<std::string, Dose> doses_;   ///< by code
    std::vector<std::string> order_;      ///< codes of doses as they were cut
    std::set<LotName> recalls_;           ///< `gtin/` is the whole product
    std::map<Seq, Effect> effects_;
};

}  // namespace dosario::sim
