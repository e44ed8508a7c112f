// SPDX-License-Identifier: Apache-2.0
// One tag on a pad, read or written: which command a reader of tags is given next, from what it answered to the one before. Without I/O; the
// desk of readers carries the commands. What becomes of a tag is always said: as it was, as it was to be, or that nobody knows.
//
//   stop the inventory | read the TID | is there room? | write PC and EPC | (not sure: what does it hold now?) | password | lock
//
// That only one tag is in the field, and that it holds what was written, the driver sees to (rfid/uhf_work.cpp).
#pragma once

#include "reader/command.hpp"
#include "reader/events.hpp"

#include <cstdint>
#include <optional>
#include <string>

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
    enum class Problem : std::uint8_t { none, not_one, no_chip, too_short, not_written, not_locked };
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
    enum class Step : std::uint8_t { stop, chip, chip_begin, room, room_before, write, what_old, what_new, password, lock, over };

    void after_chip();
    void after_write(const ReaderAnswer& answer);
    void after_password();
    void give_up(TagReport::Problem problem, std::string why);
    bool holds(const ReaderAnswer& answer, std::uint16_t pc, const Bytes& epc) const;
    ReadTag read_bank(const Bytes& epc, std::size_t words) const;
    Bytes new_epc() const { return {new_bank_.begin() + 2, new_bank_.end()}; }
    std::uint16_t new_pc() const;

    TagTask task_;
    Bytes new_bank_;  ///< what is written: the task with the bits of the PC word that are the tag's own
    Step step_ = Step::stop;
    std::uint32_t opens_with_ = 0;  ///< password of the commands
    std::string refusal_;           ///< what was said to the write
    TagReport report_;
};

}  // namespace dosario
