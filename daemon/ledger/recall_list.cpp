// SPDX-License-Identifier: Apache-2.0
#include "ledger/recall_list.hpp"

#include "ledger/stock_change.hpp"
#include "ledger/story_parts.hpp"

#include <set>

namespace dosario {
namespace {

constexpr std::int64_t kRecallsAtATime = 1000;
constexpr std::size_t kMostEntries = 100'000;  // of a lot's are looked at

/// The lines of stock of a lot.
Result<void> count(Ledger& ledger, Gtin gtin, TouchedLot& lot) {
    auto query = ledger.database().query(
        "SELECT place, counted_packs + serial_packs, opened_packs, opened_units, doses_made, doses_ready FROM stock WHERE gtin = ? AND lot = ?");
    query.bind(sql(gtin)).bind(lot.lot);
    while (query.row()) {
        switch (static_cast<Place>(query.number(0))) {
            case Place::shelf:
                lot.packs_on_shelf = natural(query, 1);
                lot.opened_packs = natural(query, 2);
                lot.opened_units = natural(query, 3);
                lot.doses_to_verify = natural(query, 4);
                lot.doses_ready = natural(query, 5);
                break;
            case Place::quarantine:
                lot.packs_in_quarantine = natural(query, 1);
                lot.doses_in_quarantine = natural(query, 5);
                break;
            case Place::dispensed:
                lot.packs_out = natural(query, 1);
                lot.doses_out = natural(query, 5);
                break;
            case Place::wasted: break;
        }
    }
    if (query.failed()) return query.error();
    return {};
}

/// Follows the entries of one lot to its things.
class Finder {
public:
    Finder(Ledger& ledger, Touched& all, TouchedLot& lot) : ledger_(ledger), all_(all), lot_(lot) {}

    Result<void> follow(std::uint64_t subject) {
        Seq after = 0;
        for (std::size_t looked = 0; !all_.more; looked += kRecallsAtATime) {
            if (looked >= kMostEntries) {
                all_.more = true;
                return {};
            }
            const auto page = entries(subject, after);
            if (!page) return page.error();
            for (const Seq seq : *page) {
                if (auto seen = see(seq); !seen) return seen;
            }
            if (page->size() < static_cast<std::size_t>(kRecallsAtATime)) return {};
            after = page->back();
        }
        return {};
    }

private:
    Result<std::vector<Seq>> entries(std::uint64_t subject, Seq after) {
        auto query = ledger_.database().query("SELECT seq FROM subject_event WHERE subject = ? AND seq > ? ORDER BY seq LIMIT ?");
        query.bind(sql(subject)).bind(sql(after)).bind(kRecallsAtATime);
        std::vector<Seq> page;
        while (query.row()) page.push_back(natural(query, 0));
        if (query.failed()) return query.error();
        return page;
    }

    Result<void> see(Seq seq) {
        const auto fact = ledger_.fact(seq);
        if (!fact) return fact.error();
        if (const auto* received = std::get_if<PacksReceived>(&fact->fact); received != nullptr && received->pack)
            return add_pack(received->pack);
        if (const auto* cut = std::get_if<PackFractioned>(&fact->fact)) return add_pack(cut->pack);
        const auto* out = std::get_if<PacksDispensed>(&fact->fact);
        if (out == nullptr || out->pack || !stands(seq)) return {};
        auto left = step_by(ledger_, seq);
        if (!left) return left.error();
        add({TouchedThing::What::packs, {}, "", static_cast<int>(PackState::out), out->packs, std::move(*left)});
        return {};
    }

    /// Not taken back.
    bool stands(Seq seq) {
        auto query = ledger_.database().query("SELECT 1 FROM taken_back WHERE seq = ?");
        query.bind(sql(seq));
        return !query.row();
    }

    Result<void> add_pack(ThingId id) {
        if (!seen_.insert(id.number).second) return {};
        const auto pack = ledger_.stock().pack(id);
        if (!pack) return {};  // its reception was taken back
        if (!pack->serial.empty()) {
            auto left = step_by(ledger_, pack->out_seq);
            if (!left) return left.error();
            add({TouchedThing::What::pack, id, pack->serial, static_cast<int>(pack->state), 1, std::move(*left)});
        }
        Story doses;
        if (auto found = add_sisters(ledger_, id, {}, doses); !found) return found;
        all_.more = all_.more || doses.more_sisters;
        for (const Sister& sister : doses.sisters) {
            const auto dose = ledger_.stock().dose(sister.id);
            if (!dose) continue;
            auto left = step_by(ledger_, dose->out_seq);
            if (!left) return left.error();
            add({TouchedThing::What::dose, sister.id, "", sister.state, 0, std::move(*left)});
            if (all_.more) return {};
        }
        return {};
    }

    void add(TouchedThing thing) {
        std::size_t things = 0;
        for (const TouchedLot& lot : all_.lots) things += lot.things.size();
        if (things + lot_.things.size() < Touched::kMostThings) {
            lot_.things.push_back(std::move(thing));
        } else {
            all_.more = true;
        }
    }

    Ledger& ledger_;
    Touched& all_;
    TouchedLot& lot_;
    std::set<std::uint64_t> seen_;
};

}  // namespace

Result<std::vector<Recall>> recalls(Ledger& ledger) {
    auto query = ledger.database().query("SELECT gtin, lot, reference, last_seq FROM recall ORDER BY gtin, lot");
    std::vector<Recall> all;
    while (query.row()) all.push_back({{natural(query, 0)}, query.text(1), query.text(2), natural(query, 3)});
    if (query.failed()) return query.error();
    return all;
}

Result<Touched> touched_by(Ledger& ledger, Gtin gtin, std::string_view lot) {
    struct Known {
        std::string lot;
        Date expires_on;
        std::uint64_t subject;
    };
    std::vector<Known> known;
    {
        auto query = ledger.database().query(
            "SELECT lot, expires_on, subject FROM lot WHERE gtin = ?1 AND (?2 = '' OR lot = ?2) ORDER BY lot");
        query.bind(sql(gtin)).bind(lot);
        while (query.row()) known.push_back({query.text(0), Date{std::chrono::days{query.number(1)}}, natural(query, 2)});
        if (query.failed()) return query.error();
    }
    Touched all;
    for (const Known& one : known) {
        TouchedLot touched;
        touched.lot = one.lot;
        touched.expires_on = one.expires_on;
        if (auto counted = count(ledger, gtin, touched); !counted) return counted.error();
        if (auto found = Finder{ledger, all, touched}.follow(one.subject); !found) return found.error();
        all.lots.push_back(std::move(touched));
    }
    return all;
}

}  // namespace dosario
