// SPDX-License-Identifier: Apache-2.0
// What a workflow is given and what it answers. Everything here is values: words for people are made from them in control/.
#pragma once

#include "workflow/stock.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dosario {

/// The answer's code, by its JSON name; never renamed. docs/answers.md says when each is given.
enum class What : std::uint8_t {
    received,
    already_received,
    wrong_lot,
    expired,
    short_life,
    unknown_product,
    lot_needed,
    fractioned,
    not_verified,
    verified,
    dispensed,
    already_dispensed,
    earlier_expires,
    undone,
    undo_refused,
    work_opened,
    work_closed,
    operator_changed,
    not_understood,
    operator_needed,
    not_in_stock,
    work_needed,
    serial_needs_one,
    units_differ,
    recipe_refused,
    help,
    not_supported,
    count_set,
    cancelled,
    scanner_tested,
    day_unknown,
    code_unclear,
    product_needed,
    recalled,
    quarantined,
    returned,
    released,
    note_named,
    disk_low,
    person_not_kept,
    slow_disk,
    not_confirmed,
    tray_seen,
    tray_differs,
    tray_booked,
    tray_incomplete,
    tray_gone,
};
std::string_view what_name(What what);

/// The sound grammar of the desk.
enum class Sound : std::uint8_t { recorded, repeated, complete, stop, notice };
std::string_view sound_name(Sound sound);

/// What is thought of the computer's clock.
enum class ClockState : std::uint8_t {
    good,
    behind,   ///< before what is written, or before the release: the day is at least that of the last good entry
    ahead,    ///< it jumped while the daemon ran: the day goes on by the clock that never jumps
    unknown,  ///< it was far ahead from the start: nobody knows the day, and nothing is booked
};

/// Made once per scan: no other code asks for a day or an instant.
struct Now {
    UtcTime at{};
    Date today{};  ///< the site's day that is decided for
    ClockState clock = ClockState::good;
};

/// New ids and references. Ids come in ascending order.
class Mint {
public:
    virtual ~Mint() = default;
    virtual ThingId thing() = 0;
    virtual Recipient recipient() = 0;
};

/// The pharmacist's rules, from the configuration.
struct Rules {
    std::uint32_t shortest_life_days = 0;           ///< reception: less than this left is asked about
    std::uint32_t beyond_use_days = 180;            ///< doses: at most so long after opening
    std::uint32_t share_of_time_left_percent = 25;  ///< doses: at most this share of the maker's time left
    std::shared_ptr<const CodeHabits> codes = std::make_shared<CodeHabits>();  ///< how codes without FNC1 are read; never null
};

/// Everything a person said beside the code itself.
struct Typed {
    std::string lot;
    std::optional<Date> expires_on;
    std::uint32_t units_per_pack = 0;
    std::string product_name;
    std::uint32_t packs = 0;
    std::uint32_t doses = 0;
    std::uint32_t units_per_dose = 0;
    std::uint32_t waste = 0;
    Seq undo_seq = 0;
    std::string supplier;  ///< of a reception: CUIT or GLN on the delivery note
    std::string note;      ///< of a reception: number of the delivery note, as Remito::text()
};

/// Why a question is open.
enum class QuestionKind : std::uint8_t { lot, which_lot, units_per_pack, short_life, which_work, reading, product, tray_count };

/// One way to read a code that lost its separators.
struct ReadAs {
    std::string serial;
    std::string lot;
    std::optional<Date> expires_on;
};

/// What the words of a message may speak of.
struct Particulars {
    std::optional<Product> product;
    std::optional<Gtin> gtin;
    std::string lot;
    std::optional<Date> expires_on;
    std::string other_lot;         ///< the lot it is held against
    std::optional<Date> other_on;  ///< the date it is held against
    std::optional<Date> beyond_use_on;
    std::optional<BeyondUseRule> rule;
    std::uint64_t packs = 0;
    std::uint64_t units = 0;
    std::uint64_t remaining = 0;
    std::uint64_t wasted = 0;
    std::vector<MadeDose> doses;
    ThingId pack;
    ThingId dose;
    std::optional<WorkKind> work_kind;
    std::optional<CodeFault> fault;  ///< views are copied by whoever keeps a Review
    std::string reason;              ///< a key of the catalogue for a finer message, empty = by `what`
    Seq seq = 0;
    std::string badge;
    std::string reference;              ///< of a recall
    std::string note;                   ///< number of a delivery note
    bool suspect_missing_fnc1 = false;  ///< the code may have swallowed a separator
    std::string label;                  ///< of a wholesaler, on the pack or waiting for it
    std::vector<ReadAs> readings;       ///< of an unclear code, in the order of the choices
    std::uint64_t tags = 0;             ///< that the pad reads, without those of crates
    std::uint64_t crates = 0;
    std::uint64_t strangers = 0;    ///< of `tags`: those that say nothing of ours
    std::vector<std::string> epcs;  ///< of the strangers
    std::uint64_t saved = 0;        ///< of `tags`: things that were saved while they lay there
    std::uint64_t tray_left = 0;    ///< of an undo: entries that stand of the tray whose entry was taken back
    std::string serial;             ///< of the pack whose entry was taken back
    std::uint64_t dropped = 0;      ///< a multiplier that waited for a pack, and does not any more
    ClockState clock = ClockState::good;
    std::optional<Date> today;  ///< that was decided for
};

/// Somebody came to the counter with a document: for the table of persons, and nothing else.
struct Visitor {
    Recipient recipient{};
    Person person;
};

/// One thing of a tray that is counted.
struct TrayThing {
    enum class Way : std::uint8_t {
        now,     ///< to be decided as if it were scanned
        saved,   ///< was saved while it lay there
        second,  ///< another tag of the tray says that it is the same thing
    };
    std::string code;    ///< as a scanner would send it, the symbology identifier in front
    std::string label;   ///< of a dose or an opened pack: the code that is printed on it
    std::string gtin;    ///< of a pack
    std::string serial;  ///< of a pack, or of the wholesaler's label on it
    Way way = Way::now;

    /// The same for all tags of one thing.
    std::string key() const { return !label.empty() ? label : serial.empty() ? code : gtin + ' ' + serial; }
    /// What a person finds it by.
    const std::string& name() const { return !label.empty() ? label : !serial.empty() ? serial : gtin.empty() ? code : gtin; }
};

/// What a workflow says to one scan. With facts, they are written; a stop never has facts.
struct Review {
    bool ok = false;
    Sound sound = Sound::stop;
    What what = What::not_understood;
    std::vector<SignedFact> facts;
    std::optional<QuestionKind> ask;
    std::vector<std::string> choices;  ///< scannable texts; of which_lot: lots, to be typed
    std::optional<Visitor> visitor;    ///< to be kept before the facts are saved
    std::vector<TrayThing> tray;       ///< to be seen one after the other now
    Particulars about;
};

}  // namespace dosario
