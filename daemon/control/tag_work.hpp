// SPDX-License-Identifier: Apache-2.0
// One tag on a pad, read or written: which command a reader of tags is given next, from what it answered to the one before. Without I/O; the
// desk of readers carries the commands. What becomes of a tag is always said: as it was, as it was to be, or that nobody knows.
//
//   stop the inventory | read the TID, several times | is there room? | write PC and EPC | (not sure: what does it hold now?) |
//   is it the same chip, and does none answer to the old EPC? | password | lock
//
// That only one tag is in the field, and that it holds what was written, the driver sees to (rfid/uhf_work.cpp). Two tags of one EPC answer
// to the same name, now one and now the other: only their chips tell them apart, so the TID is read from word 0 on, from word 1 on, and so
// forth, each time another answer that no echo can be taken for. One of two is not written.
#pragma once

#include "reader/command.hpp"
#include "reader/events.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dosario {

/// What is to be done.
struct TagTask {
    std::optional<Bytes> bank;  ///< to be written from bit 10h of the EPC bank on: PC word and EPC; nothing: only read
    std::optional<std::uint32_t> password;  ///< locks the EPC with it, and opens a tag that was locked with it; never 0
};

enum class TagState : std::uint8_t {
    as_before,
    written,  ///< and read back
    unknown,  ///< PC and EPC may be the old ones, the new ones, or a part of each
};

/// What became of it.
struct TagReport {
    enum class Problem : std::uint8_t { none, not_one, copies, no_chip, too_short, not_written, not_locked };
    Problem problem = Problem::none;
    std::string why;  ///< of a problem: what the reader said, in English
    TagState state = TagState::as_before;
    bool locked = false;
    std::size_t tags = 1;         ///< of not_one: so many lie there
    std::size_t wanted_bits = 0;  ///< of EPC memory, for what is to be written
    Bytes old_epc;
    std::uint16_t pc = 0;  ///< of `epc`
    Bytes epc;             ///< what it holds now; as before where nobody knows
    Bytes tid;             ///< empty where it could not be read
    std::vector<Bytes>
        chips;  ///< that answered to `old_epc`: the end of each TID; several: copies. Empty: the TIDs have no serial number
};

class TagWork {
public:
    /// `pc` and `epc` are what the pad read of the one tag there.
    TagWork(TagTask task, std::uint16_t pc, Bytes epc);

    /// What the reader is to be told now; nothing when it is over.
    std::optional<ReaderCommand> next() const;
    /// What it said to that.
    void answered(const ReaderAnswer& answer);
    /// The reader does not take the command.
    void refused();
    const TagReport& report() const { return report_; }

private:
    enum class Step : std::uint8_t {
        stop,
        chip,
        chip_again,
        chip_begin,
        room,
        room_before,
        write,
        what_old,
        what_new,
        same_chip,
        old_gone,
        password,
        lock,
        over
    };

    void hear_chip(ByteView tid_from_word);
    void miss_chip(const std::string& why);
    void after_chip();
    void after_write(const ReaderAnswer& answer);
    void check_chip();
    void after_check();
    void give_up(TagReport::Problem problem, std::string why);
    bool holds(const ReaderAnswer& answer, std::uint16_t pc, const Bytes& epc) const;
    ReadTag read_bank(const Bytes& epc, std::size_t words) const;
    Bytes new_epc() const { return {new_bank_.begin() + 2, new_bank_.end()}; }
    std::uint16_t new_pc() const;

    TagTask task_;
    Bytes new_bank_;  ///< what is written: the task with the bits of the PC word that are the tag's own
    Step step_ = Step::stop;
    std::uint16_t pc_before_ = 0;   ///< of `old_epc`
    std::uint16_t from_word_ = 0;   ///< of the TID is read next
    int missed_ = 0;                ///< reads of the TID that failed
    std::uint32_t opens_with_ = 0;  ///< password of the commands
    std::string refusal_;           ///< what was said to the write
    TagReport report_;
};

}  // namespace dosario
