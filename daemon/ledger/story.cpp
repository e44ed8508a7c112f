// SPDX-License-Identifier: Apache-2.0
#include "ledger/story.hpp"

#include "ledger/story_parts.hpp"

#include "ledger/stock_change.hpp"

#include <limits>

namespace dosario {
namespace {

Error nothing_known(std::string_view what) {
    return fail(Failure::not_found, "nothing is known here of " + std::string{what} +
                                        ": check the code, or whether it was received at another station");
}

/// What every story of goods ends with.
Result<Story> finish(Ledger& ledger, Story story) {
    story.recall = ledger.stock().recalled(story.gtin, story.lot).value_or("");
    for (const Received& received : story.receptions) story.entries.push_back(received.seq);
    put_in_order(story);
    return story;
}

/// Back from the box: how it came in, and when it was opened.
Result<void> tell_of_box(Ledger& ledger, ThingId box, Story& story) {
    auto opened = opening_of(ledger, box);
    if (!opened) return opened.error();
    story.fractioned = std::move(*opened);
    const Seq before = story.fractioned.seq == 0 ? std::numeric_limits<std::int64_t>::max() : story.fractioned.seq;
    return story.serial.empty() ? add_receptions_of_lot(ledger, before, false, story)
                                : add_reception_of_serial(ledger, box, story);
}

/// Of a dose or a pack that is there: leaving and coming back.
Result<void> tell_of_leaving(Ledger& ledger, Seq out, Seq back, Story& story) {
    auto dispensed = step_by(ledger, out);
    if (!dispensed) return dispensed.error();
    auto returned = step_by(ledger, back);
    if (!returned) return returned.error();
    story.dispensed = std::move(*dispensed);
    story.returned = std::move(*returned);
    return {};
}

/// Who cut this dose, and who verified it.
Result<void> tell_of_making(Ledger& ledger, ThingId dose, Story& story) {
    Seq made = 0;
    Seq verified = 0;
    {
        auto query = ledger.database().query("SELECT made_seq, verified_seq FROM dose WHERE dose = ?");
        query.bind(sql(dose));
        if (query.row()) {
            made = natural(query, 0);
            verified = natural(query, 1);
        }
        if (query.failed()) return query.error();
    }
    auto cut = step_by(ledger, made);
    if (!cut) return cut.error();
    auto seen = step_by(ledger, verified);
    if (!seen) return seen.error();
    story.fractioned = std::move(*cut);
    story.verified = std::move(*seen);
    return {};
}

Result<Story> story_of_dose(Ledger& ledger, ThingId thing, const Dose& dose) {
    Story story;
    story.of = Story::Of::dose;
    story.gtin = dose.gtin;
    story.lot = dose.lot;
    story.expires_on = dose.expires_on;
    story.id = thing;
    story.mother = dose.mother;
    story.beyond_use_on = dose.beyond_use_on;
    story.state = static_cast<int>(dose.state);
    if (const auto mother = ledger.stock().pack(dose.mother)) story.serial = mother->serial;
    const auto tell = [&]() -> Result<void> {
        if (auto told = add_entries(ledger, thing.number, story); !told) return told;
        if (auto told = add_entries(ledger, dose.mother.number, story); !told) return told;
        if (auto told = tell_of_box(ledger, dose.mother, story); !told) return told;
        if (auto told = tell_of_making(ledger, thing, story); !told) return told;
        if (auto told = tell_of_leaving(ledger, dose.out_seq, dose.returned_seq, story); !told) return told;
        if (auto told = add_sisters(ledger, dose.mother, thing, story); !told) return told;
        return count_other_doses(ledger, story.sisters.size() + 1, story);
    };
    if (auto told = tell(); !told) return told.error();
    return finish(ledger, std::move(story));
}

Result<Story> story_of_pack(Ledger& ledger, ThingId thing, const Pack& pack) {
    Story story;
    story.of = Story::Of::pack;
    story.gtin = pack.gtin;
    story.lot = pack.lot;
    story.expires_on = pack.expires_on;
    story.serial = pack.serial;
    story.id = thing;
    story.state = static_cast<int>(pack.state);
    const auto tell = [&]() -> Result<void> {
        if (auto told = add_entries(ledger, thing.number, story); !told) return told;
        if (auto told = tell_of_box(ledger, thing, story); !told) return told;
        if (auto told = tell_of_leaving(ledger, pack.out_seq, pack.returned_seq, story); !told) return told;
        if (auto told = add_sisters(ledger, thing, {}, story); !told) return told;
        for (const Sister& dose : story.sisters) {
            if (story.entries.size() > Story::kMostEntries) break;
            if (auto told = add_entries(ledger, dose.id.number, story); !told) return told;
        }
        return count_other_doses(ledger, story.sisters.size(), story);
    };
    if (auto told = tell(); !told) return told.error();
    return finish(ledger, std::move(story));
}

/// A thing whose making was taken back: its label may still be about.
Result<Story> story_of_undone(Ledger& ledger, ThingId thing) {
    Story story;
    story.id = thing;
    story.state = Story::kUndone;
    if (auto added = add_entries(ledger, thing.number, story); !added) return added.error();
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
    return finish(ledger, std::move(story));
}

/// Of the lot, its packs and its doses, by the keys of each.
Result<void> add_entries_of_lot(Ledger& ledger, Story& story) {
    auto query = ledger.database().query(
        "SELECT seq FROM subject_event WHERE subject IN (SELECT subject FROM lot WHERE gtin = ?1 AND lot = ?2"
        " UNION ALL SELECT pack FROM pack WHERE gtin = ?1 AND lot = ?2"
        " UNION ALL SELECT dose FROM dose JOIN pack USING (pack) WHERE pack.gtin = ?1 AND pack.lot = ?2)");
    query.bind(sql(story.gtin)).bind(story.lot);
    while (query.row()) story.entries.push_back(natural(query, 0));
    if (query.failed()) return query.error();
    return {};
}

}  // namespace

Result<Story> story_of_thing(Ledger& ledger, ThingId thing) {
    if (const auto dose = ledger.stock().dose(thing)) return story_of_dose(ledger, thing, *dose);
    if (const auto pack = ledger.stock().pack(thing)) return story_of_pack(ledger, thing, *pack);
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
    Story story;
    story.of = Story::Of::lot;
    story.gtin = gtin;
    story.lot = known->lot;
    story.expires_on = known->expires_on;
    const auto tell = [&]() -> Result<void> {
        if (auto told = add_entries_of_lot(ledger, story); !told) return told;
        if (auto told = add_receptions_of_lot(ledger, std::numeric_limits<std::int64_t>::max(), true, story); !told) return told;
        return count_other_doses(ledger, 0, story);
    };
    if (auto told = tell(); !told) return told.error();
    return finish(ledger, std::move(story));
}

}  // namespace dosario
