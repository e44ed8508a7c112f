// SPDX-License-Identifier: Apache-2.0
// The pieces that stories are made of: entries of a subject, receptions, steps, sisters. Internal to the layer.
#pragma once

#include "ledger/story.hpp"

namespace dosario {

/// Adds entries that concern a subject, from the first on; `more` when there are more than Story::kMostEntries of it.
Result<void> add_entries(Ledger& ledger, std::uint64_t subject, Story& story);

/// In order, each once, at most Story::kMostEntries.
void put_in_order(Story& story);

/// The lot's own subject, 0 = never received.
std::uint64_t lot_subject(Ledger& ledger, Gtin gtin, std::string_view lot);

/// How the box came in: of a serial number by its first entry; of a counted pack every reception before `opened` that was not taken back.
Result<void> add_reception_of_serial(Ledger& ledger, ThingId pack, Story& story);
Result<void> add_receptions_of_lot(Ledger& ledger, Seq opened, bool with_serial, Story& story);

/// Who did what by that entry; nothing for 0.
Result<Step> step_by(Ledger& ledger, Seq seq);

/// The first fractioning of that pack that was not taken back.
Result<Step> opening_of(Ledger& ledger, ThingId pack);

/// Doses of that pack but `itself`.
Result<void> add_sisters(Ledger& ledger, ThingId pack, ThingId itself, Story& story);

/// How many doses of the story's lot there are beside so many of one box.
Result<void> count_other_doses(Ledger& ledger, std::size_t of_this_box, Story& story);

}  // namespace dosario
