// SPDX-License-Identifier: Apache-2.0
#include "ledger/queries.hpp"

#include "ledger/stock_change.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kLongestStory = 1000;

Result<void> add_entries(Ledger& ledger, std::uint64_t subject, std::vector<Seq>& entries) {
    auto query = ledger.database().query("SELECT seq FROM subject_event WHERE subject = ? ORDER BY seq LIMIT ?");
    query.bind(sql(subject)).bind(static_cast<std::int64_t>(kLongestStory));
    while (query.row()) entries.push_back(natural(query, 0));
    if (query.failed()) return query.error();
    return {};
}

void put_in_order(std::vector<Seq>& entries) {
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
}

Result<Story> finish(Ledger& ledger, Story story, std::initializer_list<std::uint64_t> subjects) {
    for (const std::uint64_t subject : subjects) {
        if (auto added = add_entries(ledger, subject, story.entries); !added) return added.error();
    }
    put_in_order(story.entries);
    if (story.of == Story::Of::pack) {
        auto query = ledger.database().query("SELECT dose FROM dose WHERE pack = ? ORDER BY dose LIMIT 4096");
        query.bind(sql(story.id));
        while (query.row()) story.doses.push_back({natural(query, 0)});
        if (query.failed()) return query.error();
        for (const ThingId dose : story.doses) {
            if (story.entries.size() >= kLongestStory) break;
            if (auto added = add_entries(ledger, dose.number, story.entries); !added) return added.error();
        }
        put_in_order(story.entries);
    }
    return story;
}

/// Subjects of a lot, for doses and counted packs: their box came in with the lot.
std::uint64_t lot_subject(Ledger& ledger, Gtin gtin, std::string_view lot) {
    auto query = ledger.database().query("SELECT subject FROM lot WHERE gtin = ? AND lot = ?");
    query.bind(sql(gtin)).bind(lot);
    return query.row() ? natural(query, 0) : 0;
}

/// For a pack without serial, the receptions of its lot are part of its story.
Result<void> add_receptions(Ledger& ledger, Story& story) {
    if (!story.serial.empty()) return {};
    std::vector<Seq> of_lot;
    if (auto added = add_entries(ledger, lot_subject(ledger, story.gtin, story.lot), of_lot); !added) return added;
    for (const Seq seq : of_lot) {
        const auto fact = ledger.fact(seq);
        if (fact && std::holds_alternative<PacksReceived>(fact->fact)) story.entries.push_back(seq);
    }
    return {};
}

Error nothing_known(std::string_view what) {
    return fail(Failure::not_found, "nothing is known here of " + std::string{what} +
                                        ": check the code, or whether it was received at another station");
}

/// A thing whose making was taken back: its label may still be about.
Result<Story> story_of_undone(Ledger& ledger, ThingId thing) {
    Story story;
    story.id = thing;
    story.state = Story::kUndone;
    if (auto added = add_entries(ledger, thing.number, story.entries); !added) return added.error();
    if (story.entries.empty()) return nothing_known("this dose or pack");
    const auto made = ledger.fact(story.entries.front());
    if (!made) return made.error();
    if (const auto* fractioned = std::get_if<PackFractioned>(&made->fact)) {
        story.of = fractioned->pack == thing ? Story::Of::pack : Story::Of::dose;
        if (story.of == Story::Of::dose) story.mother = fractioned->pack;
        story.gtin = fractioned->gtin;
        story.lot = fractioned->lot;
        story.expires_on = fractioned->expires_on;
        story.serial = fractioned->serial;
    } else if (const auto* received = std::get_if<PacksReceived>(&made->fact)) {
        story.of = Story::Of::pack;
        story.gtin = received->gtin;
        story.lot = received->lot;
        story.expires_on = received->expires_on;
        story.serial = received->serial;
    }
    return story;
}

#define STOCK_LINES(of)                                                                                                                        \
    "SELECT s.gtin, coalesce(p.name, ''), coalesce(p.unit, ''), s.lot, s.expires_on, s.counted_packs + s.serial_packs,"                        \
    " s.opened_packs, s.opened_units, s.doses_made, s.doses_ready, s.units, s.place,"                                                          \
    " EXISTS (SELECT 1 FROM recall r WHERE r.gtin = s.gtin AND (+r.lot = '' OR +r.lot = s.lot)) FROM stock s LEFT JOIN product p USING (gtin)" \
    " WHERE s.place <= 2 AND s.units > 0 AND s.expires_on < ?1" of " ORDER BY s.expires_on, s.gtin, s.lot, s.place LIMIT ?2"

/// A statement of its own for each kind of question: one for all of them would read the whole shelf each time.
const char* stock_query(const StockFilter& filter) {
    if (filter.gtin) return filter.lot.empty() ? STOCK_LINES(" AND s.gtin = ?3") : STOCK_LINES(" AND s.gtin = ?3 AND s.lot = ?4");
    return filter.lot.empty() ? STOCK_LINES("") : STOCK_LINES(" AND s.lot = ?3");
}

}  // namespace

Result<std::vector<StockLine>> stock_lines(Ledger& ledger, const StockFilter& filter) {
    auto query = ledger.database().query(stock_query(filter));
    constexpr std::int64_t kNever = 10'000'000;
    query.bind(filter.expires_before ? sql(*filter.expires_before) : kNever);
    query.bind(static_cast<std::int64_t>(filter.limit + 1));
    if (filter.gtin) query.bind(sql(*filter.gtin));
    if (!filter.lot.empty()) query.bind(filter.lot);
    std::vector<StockLine> lines;
    while (query.row()) {
        lines.push_back({{natural(query, 0)},
                         query.text(1),
                         query.text(2),
                         query.text(3),
                         static_cast<Place>(query.number(11)),
                         Date{std::chrono::days{query.number(4)}},
                         natural(query, 5),
                         natural(query, 6),
                         natural(query, 7),
                         natural(query, 8),
                         natural(query, 9),
                         natural(query, 10),
                         query.number(12) != 0});
    }
    if (query.failed()) return query.error();
    return lines;
}

Result<Story> story_of_thing(Ledger& ledger, ThingId thing) {
    const Stock& stock = ledger.stock();
    if (const auto dose = stock.dose(thing)) {
        Story story{Story::Of::dose,
                    dose->gtin,
                    dose->lot,
                    dose->expires_on,
                    "",
                    thing,
                    dose->mother,
                    dose->beyond_use_on,
                    static_cast<int>(dose->state),
                    {},
                    {}};
        if (const auto mother = stock.pack(dose->mother)) story.serial = mother->serial;
        if (auto added = add_receptions(ledger, story); !added) return added.error();
        return finish(ledger, std::move(story), {thing.number, dose->mother.number});
    }
    if (const auto pack = stock.pack(thing)) {
        Story story{Story::Of::pack,
                    pack->gtin,
                    pack->lot,
                    pack->expires_on,
                    pack->serial,
                    thing,
                    {},
                    std::nullopt,
                    static_cast<int>(pack->state),
                    {},
                    {}};
        if (auto added = add_receptions(ledger, story); !added) return added.error();
        return finish(ledger, std::move(story), {thing.number});
    }
    return story_of_undone(ledger, thing);
}

Result<Story> story_of_serial(Ledger& ledger, Gtin gtin, std::string_view serial) {
    const auto pack = ledger.stock().pack_by_serial(gtin, serial);
    if (!pack) return nothing_known("this serial number");
    return story_of_thing(ledger, pack->id);
}

Result<Story> story_of_lot(Ledger& ledger, Gtin gtin, std::string_view lot) {
    const auto known = ledger.stock().lot(gtin, lot, Place::shelf);
    if (!known) return nothing_known("this lot");
    Story story{Story::Of::lot, gtin, known->lot, known->expires_on, "", {}, {}, std::nullopt, 0, {}, {}};
    auto query = ledger.database().query(
        "SELECT DISTINCT seq FROM subject_event WHERE subject IN (SELECT subject FROM lot WHERE gtin = ?1 AND lot = ?2"
        " UNION ALL SELECT pack FROM pack WHERE gtin = ?1 AND lot = ?2"
        " UNION ALL SELECT dose FROM dose JOIN pack USING (pack) WHERE pack.gtin = ?1 AND pack.lot = ?2) ORDER BY seq LIMIT ?3");
    query.bind(sql(gtin)).bind(lot).bind(static_cast<std::int64_t>(kLongestStory));
    while (query.row()) story.entries.push_back(natural(query, 0));
    if (query.failed()) return query.error();
    return story;
}

Result<Entry> entry_at(Ledger& ledger, Seq seq) {
    auto entries = ledger.entries_after(seq - 1, 1);
    if (!entries) return entries.error();
    if (entries->empty() || entries->front().header.seq != seq)
        return fail(Failure::not_found, "there is no entry " + std::to_string(seq));
    return std::move(entries->front());
}

}  // namespace dosario
