// SPDX-License-Identifier: Apache-2.0
// The grammar of the desk: which scans open work, answer questions, multiply or undo, and which go to the open workflow.
// Everything that matters is in the ledger; what is kept here is an unanswered question, a multiplier, a wholesaler's label without its pack
// and how unclear codes were read in this work, and losing them loses nothing. They are of the zone where they were scanned or said: two
// people with a reader each do not answer each other's questions. The open work is of the station.
#pragma once

#include "workflow/workflow.hpp"

#include <map>
#include <string>
#include <vector>

namespace dosario {

/// The tags that lie on a pad, as barcodes of the same things would say them.
struct PadTray {
    static constexpr std::size_t kMostTags = 512;
    std::vector<std::string>
        codes;               ///< what a scanner would send, the symbology identifier in front; the same code twice is two tags
    std::uint32_t tags = 0;  ///< all of them, those too that say nothing of ours; 0: nothing lies there any more
    std::vector<std::string> strangers;  ///< EPCs of tags that say nothing of ours, as far as they are known
    /// What the goods lie in. The desk takes them out of the two above: nobody counts the crate among what is in it, and a crate that is read
    /// must not stand for a pack that is not.
    std::uint32_t crates = 0;
    bool closed = false;   ///< without tags: the pad is gone, and nobody knows what lies there
    bool refused = false;  ///< something lies there that was refused: nothing is known of it
};

/// One gesture of a person at the desk.
struct DeskScan {
    std::string aim;      ///< symbology identifier with `]`, empty when the reader gave none
    std::string content;  ///< empty: only what was typed or the mode counts
    std::string mode;     ///< name of a workflow or "undo" that the caller chose, empty = as the desk stands
    Typed typed;
    std::string operator_badge;  ///< for this scan only, empty = who works at the desk
    std::string witness_badge;
    std::string zone;             ///< the place at the counter where it was scanned, empty = where the last scan was
    bool gs_lost = false;         ///< the reader is known to lose the separators of codes
    std::optional<PadTray> tray;  ///< instead of a code: what lies on the pad of that zone now
    std::string pad;              ///< with that: the name of the pad, empty = the only one of its zone
};

/// What is known of one pad.
struct HeldOfPad {
    /// What was saved of a thing on the pad: it is not saved again while it lies there and the entry stands.
    struct SavedThing {
        Seq seq = 0;
        WorkKind work{};
        Recipient visit{};
    };

    std::string pad_;                               ///< its name; empty: nobody said one
    std::optional<PadTray> tray_;                   ///< what lies on it now
    std::optional<PadTray> counted_;                ///< the set that a person's count closed; `tray_` is that or part of it
    std::map<std::string, SavedThing> tray_saved_;  ///< by TrayThing::key(), until the pad is empty
    bool closed_ = false;                           ///< the pad went, and has told nothing since: what it held may lie there yet
    bool count_asked_ = false;                      ///< how many things lie there was asked, and not answered

    bool knows_something() const { return tray_ || closed_ || !tray_saved_.empty(); }
};

/// What waits in one zone for the next scan there. Losing it loses nothing.
struct HeldAtDesk : HeldOfPad {
    /// How a person said that a content is to be read.
    struct Settled {
        std::string content;
        Item item;
    };

    /// A wholesaler's label that waits for the barcode of its pack, until the pack is booked.
    struct HeldLabel {
        std::string number;
        std::string lot;  ///< this and the next: what the label itself says
        std::optional<Date> expires_on;
        Typed typed;
        Gtin joined;  ///< the product that it was joined with, 0 = none yet
        WorkKind work;
        UtcTime at{};
        std::string of;
    };

    std::vector<HeldOfPad>
        other_pads_;                 ///< of this zone, at most Desk::kMostPads; the base is the one that told or was counted last
    std::vector<Seq> tray_entries_;  ///< of the last tray of which something was saved: an undo takes back one of them
    WorkId entries_of_ = 0;          ///< in that work
    bool entries_are_old_ = false;   ///< that tray was taken away: what the next one saves begins anew
    std::optional<UtcTime> tray_left_at_;  ///< and nothing was scanned since but commands
    std::optional<HeldLabel> label_;
    std::vector<Settled> settled_;  ///< of the open work, oldest first
    std::optional<QuestionKind> question_;
    Item asked_about_;
    Typed asked_typed_;
    std::optional<WorkKind> asked_work_;  ///< where the answer is to go; none: the answer says
    UtcTime asked_at_{};
    std::string asked_of_;
    std::uint32_t times_ = 0;
    UtcTime times_set_at_{};
    std::string times_of_;
};

class Desk : private HeldAtDesk {
public:
    /// Zones in which something waits; one more, and what waits in another is forgotten.
    static constexpr std::size_t kMostZones = 16;
    /// Pads of one zone beside the last one; one more, and the oldest is forgotten.
    static constexpr std::size_t kMostPads = 8;
    /// Entries of one tray that an undo counts; of more the oldest are forgotten.
    static constexpr std::size_t kMostTrayEntries = 4 * PadTray::kMostTags;

    explicit Desk(Rules rules) : rules_(std::move(rules)) {}

    /// Decides. Facts of the Review are to be appended in the same transaction that `stock` reads in.
    Review see(const DeskScan& scan, const Stock& stock, const Now& now, Mint& mint);

    /// A thing of a tray is through: what it asked is not asked any more. `written`: its entries.
    void thing_done(const TrayThing& thing, const Stock& stock, std::span<const Seq> written);
    /// The whole tray is, and wrote these.
    void tray_done(const Stock& stock, const std::vector<Seq>& written);
    /// Something was told of that pad that cannot be a tray: what lay there before does not count any more.
    void tray_refused(const std::string& zone, const std::string& pad);

    /// The pad whose tray is at hand where the last scan was; empty: none said its name.
    const std::string& pad_at_hand() const { return pad_; }
    /// Number of the open question, for the reply; counts up.
    std::uint64_t question_number() const { return question_number_; }

private:
    struct Turn;

    Review see_identity(Turn& turn, const Identity& identity);
    Review see_command(Turn& turn, const Command& command);
    Review see_badge(Turn& turn, const Badge& badge);
    Review see_person(Turn& turn, const Person& person);
    Review see_item(Turn& turn, Item item);
    Review see_asked(Turn& turn);
    Review keep(const Turn& turn, const Item& item, Review review);
    bool of_somebody_else(const Turn& turn, const std::string& badge) const;
    void forget_held(Turn& turn);
    void drop_times(Turn& turn);
    Review undo(Turn& turn);
    Review see_times(Turn& turn, std::uint32_t times);
    Review answer(Turn& turn, bool yes);
    Review open(Turn& turn, const Workflow& workflow);
    void name_note(Turn& turn);
    Review note_alone(const Turn& turn) const;
    Review close(Turn& turn);

    // desk_codes.cpp: codes that lost their separators, and labels of wholesalers.
    std::optional<Review> settle_reading(Turn& turn, Item& item);
    void remember(Settled settled);
    Review see_label(Turn& turn, const WholesalerLabel& label);
    void let_label_go(const Turn& turn, const Workflow* chosen);
    void hold_label(const Turn& turn, const Item& item);
    void join_label(Turn& turn, Item& item);
    std::optional<Review> put_label(Turn& turn, Item& item);

    // desk_tray.cpp: what lies on a pad.
    Review see_tray(Turn& turn, PadTray tray);
    void set_crates_aside(PadTray& tray, const Turn& turn) const;
    bool is_part_of_counted(const PadTray& tray) const;
    Review see_set(Turn& turn, PadTray tray);
    Review tray_left(const Turn& turn);
    Review pad_closed(const Turn& turn);
    void turn_to_pad(const std::string& pad);
    void turn_to_tray();
    bool lies_on_several_pads() const;
    Review ask_count(Review review);
    std::vector<TrayThing> things_on_tray(const Turn& turn) const;
    bool was_saved(const TrayThing& thing, const Turn& turn) const;
    bool stands(const SavedThing& saved, const Turn& turn) const;
    Review close_tray(Turn& turn, std::uint32_t said);
    void tell_of_tray(const Turn& turn, Review& undone) const;

    void turn_to(const std::string& zone);
    void end_readings_elsewhere();

    Rules rules_;
    std::uint64_t question_number_ = 0;
    std::string zone_;                             ///< whose held things those are that the base has
    std::map<std::string, HeldAtDesk> elsewhere_;  ///< of the other zones, at most kMostZones
};

}  // namespace dosario
