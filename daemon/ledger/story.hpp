// SPDX-License-Identifier: Apache-2.0
// Everything that is known of a dose, a pack or a lot: back to its box, the paper it came with and who sent it; and forward to the other
// doses of that box. Each question goes through keys and indexes and has a limit: it takes as long after ten years as on the first day.
#pragma once

#include "ledger/ledger.hpp"

#include <string>
#include <vector>

namespace dosario {

/// Goods of a lot came in by that entry.
struct Received {
    Seq seq = 0;
    Date on{};
    std::string operator_badge;
    std::uint32_t packs = 0;
    std::string serial;
    std::string note;      ///< number of the delivery note, empty = none was named
    std::string supplier;  ///< CUIT or GLN, empty = not said
};

/// What somebody did to a dose or a pack, and was not taken back.
struct Step {
    Seq seq = 0;  ///< 0: nobody did it
    Date on{};
    std::string badge;                   ///< who: of a verification the second person
    std::optional<Recipient> recipient;  ///< of a dispensing
};

/// A dose of the same box.
struct Sister {
    ThingId id;
    int state = 0;  ///< of DoseState
    std::uint32_t units = 0;
    Date beyond_use_on{};
};

struct Story {
    static constexpr std::size_t kMostEntries = 1000;
    static constexpr std::size_t kMostDoses = 4096;
    static constexpr std::size_t kMostReceptions = 64;

    enum class Of : std::uint8_t { dose, pack, lot } of = Of::dose;
    Gtin gtin;
    std::string lot;
    Date expires_on{};
    std::string serial;
    ThingId id;
    ThingId mother;
    std::optional<Date> beyond_use_on;
    static constexpr int kUndone = 0;
    int state = kUndone;               ///< of DoseState or PackState; kUndone: what made it was taken back (and for lots)
    std::string recall;                ///< reference of the recall that the lot is under, empty = none
    std::vector<Seq> entries;          ///< its own and its mother's, of a lot also those of its packs and doses; in order
    bool more = false;                 ///< there are more entries than kMostEntries
    std::vector<Received> receptions;  ///< of the box; without serial number every one that it may be of; not those taken back
    bool more_receptions = false;      ///< there are more than kMostReceptions, or more entries than are looked through for them
    std::uint64_t box_among =
        0;  ///< the box is one of so many packs (or more, with more_receptions); 0 when its serial number names it, and for lots
    Step fractioned;  ///< of a pack: when it was opened
    Step verified;
    Step dispensed;
    Step returned;
    std::vector<Sister> sisters;  ///< of a dose the others of its box, of a pack all that were cut from it
    bool more_sisters = false;
    std::uint64_t doses_of_other_boxes = 0;  ///< of the lot, wherever they are
};

/// not_found: no such thing was ever here.
Result<Story> story_of_thing(Ledger& ledger, ThingId thing);
Result<Story> story_of_serial(Ledger& ledger, Gtin gtin, std::string_view serial);
Result<Story> story_of_lot(Ledger& ledger, Gtin gtin, std::string_view lot);

}  // namespace dosario
