// SPDX-License-Identifier: Apache-2.0
// Folds what a pad reads into sets of tags: "put the tray on the pad and wait for the sound". A set is told when it has been the same for a
// while, and again when it changed. Misreads and what passes by are left out; a weak tag of the tray is waited for. Without I/O or clock.
#pragma once

#include "reader/events.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dosario {

/// How far a pad is to look, in words of people.
struct PadPreset {
    std::string_view name;
    int enter_cdbm;  ///< a tag comes into the set by reads at least that strong, hundredths of a dBm; readers without RSSI: by any
    int leave_cdbm;  ///< and is held in it by reads at least that strong
    Micros quiet;    ///< nothing changed for so long: the set is stable
    Micros gone;     ///< a tag not read for so long was taken away
};

/// `cerca` (what touches the pad), `mesa` (a tray on it) and `estante` (a shelf that the antenna is held at). Null for other names.
const PadPreset* pad_preset(std::string_view name);
inline constexpr std::string_view kUsualField = "mesa";

/// One tag as it was seen.
struct Sighting {
    Bytes epc;
    std::uint16_t pc = 0;
    std::optional<Bytes> tid;  ///< where the reader gave it
    std::uint32_t reads = 0;
    std::optional<int> best_rssi_cdbm;
    MonoTime first_at{};
    MonoTime last_at{};
};

/// What lies on the pad.
struct TagSet {
    std::uint64_t number = 0;    ///< of the tray: counts up when the pad was empty in between
    std::uint32_t revision = 1;  ///< the same tray, seen differently
    std::vector<Sighting> tags;  ///< by EPC; empty: the tray was taken away
    std::uint32_t far = 0;       ///< other tags that were read, too weakly to be of the tray
    MonoTime opened_at{};        ///< the first read of the tray
    MonoTime closed_at{};
    bool pad_closed = false;  ///< without tags: the pad is gone, and nobody knows what lies there
};

class TagWindow {
public:
    static constexpr std::size_t kMostTags = 2048;        ///< in a set; what is more counts as far
    static constexpr std::size_t kMostCandidates = 1024;  ///< read, and not yet believed; what is more is not looked at
    static constexpr std::uint32_t kBelieved = 2;         ///< reads that make a tag of what may be noise
    static constexpr std::uint32_t kSure = 3;             ///< and of what may be another tag misread
    static constexpr std::size_t kMostSets = 16;          ///< not taken yet; the oldest goes first
    static constexpr int kPatience =
        8;  ///< times `quiet`: for longer nothing is waited for after a change; twice as long after the first

    /// `preset` lives as long as the window.
    explicit TagWindow(const PadPreset& preset) : preset_(preset) {}

    void see(const TagRead& read);
    void wake(MonoTime now);
    std::optional<MonoTime> next_wake() const { return next_look_; }
    /// The tags of the set, told or not yet, that were read at that instant or later; by EPC.
    std::vector<Sighting> read_since(MonoTime since) const;
    /// The next set that is stable, oldest first; nothing when there is none.
    std::optional<TagSet> next_set();
    /// From now on the reader does something else, and nothing can be read.
    void suspended(MonoTime now);
    /// It reads again. That time does not count against what lay there, but it does against the tags of EPCs that nobody answered to.
    void resumed(MonoTime now, std::span<const Bytes> unanswered = {});
    /// It is suspended, or reads again and has not seen all of the set since, or sees another one that is not told yet: nobody knows what lies
    /// there. After it resumed for at most `gone` and `quiet`, and the time until a set is told.
    bool is_unsure(MonoTime now) const;
    /// The EPCs of the set, told or not yet; once also where several chips have one.
    std::vector<Sighting> epcs() const;
    /// The chips that answered to an EPC of the set: each is a tag, and from now on a read of that EPC is one of each of them. None: a tag
    /// without a number of its own answered, and nothing else is known. Fewer than before are believed when they are
    /// said twice.
    void chips(ByteView epc, const std::vector<Bytes>& tids, MonoTime now);
    /// A tag that lies there has got another EPC.
    void rewritten(ByteView old_epc, const TagRead& as);
    /// The pad is gone, and nobody knows what is on it.
    void closed(MonoTime now);

private:
    /// One EPC with one TID: two tags of one EPC are two where the TID is known.
    using Key = std::pair<std::string, std::string>;  // of bytes
    struct Tag {
        Sighting seen;
        std::uint32_t strong = 0;       ///< reads of at least enter_cdbm
        MonoTime held_at{};             ///< the last read that holds it in the set
        std::uint64_t held_read = 0;    ///< which read of the pad that was
        bool near = false;              ///< another is as it is but for one bit
        bool unseen = false;            ///< since the reader was suspended
        std::set<Bytes> fewer_chips{};  ///< what a look said that found fewer chips than are known
    };
    using Tags = std::map<Key, Tag>;

    static Tags::iterator find(Tags& where, const Key& key);
    void count(Tag& tag, const TagRead& read, int holds_cdbm);
    void find_near(Tags::iterator candidate, MonoTime now);
    std::uint32_t reads_wanted(const Tags::value_type& candidate) const;
    bool has_usual_bits(std::string_view epc, std::string_view nearest) const;
    void believe_if_sure(Tags::iterator candidate, MonoTime before_at, std::uint64_t before);
    void believe_near();
    void believe(Tags::iterator candidate);
    void doubt(const Key& key, MonoTime now);
    void changed(MonoTime at, std::uint64_t read);
    void let_go(MonoTime now);
    bool is_stable(MonoTime now) const;
    bool waits_for_tags() const;
    bool waits_for_candidates(Micros since) const;
    std::uint64_t one_round() const;
    void tell(MonoTime now);

    const PadPreset& preset_;
    Tags tags_;        ///< of the tray
    Tags candidates_;  ///< read too seldom or too weakly to be of it
    std::uint64_t number_ = 0;
    std::uint32_t revision_ = 0;  ///< 0: nothing of this tray was told
    bool told_ = true;            ///< the set is as it was told last
    std::uint64_t reads_ = 0;     ///< of the pad, of whatever
    std::uint64_t changed_read_ = 0;
    MonoTime changed_at_{};
    MonoTime untold_at_{};  ///< the first change that was not told
    MonoTime held_at_{};    ///< the last read that held any tag
    std::size_t near_ = 0;  ///< tags and candidates that are near to another
    std::optional<MonoTime> suspended_at_;
    std::optional<MonoTime> resumed_at_;  ///< until what is_unsure() asks is sure
    bool uneven_ = false;                 ///< a tag came late into the set: some are missed in some rounds
    MonoTime opened_at_{};
    std::optional<MonoTime> next_look_;
    std::vector<TagSet> sets_;
};

}  // namespace dosario
