// SPDX-License-Identifier: Apache-2.0
#include "control/tag_work.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint16_t kWholeTid = 6;  // class, maker, model, XTID header and a serial number of 48 bits
constexpr std::uint16_t kBeginOfTid = 2;
constexpr std::uint16_t kPcWord = 1;
constexpr std::uint16_t kAccessPassword = 2;  // word of the reserved bank (EPC Gen2, 6.3.2.1.1.2)
/// User memory and XPC: the tag says by itself whether it has them (EPC Gen2, 6.3.2.1.2.2), whatever is written.
constexpr std::uint16_t kTagsOwn = 0x0600;
constexpr std::uint16_t kLength = 0xF800;

std::uint16_t word_of(ByteView bytes) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8 | std::to_integer<unsigned>(bytes[1]));
}

Bytes bytes_of_password(std::uint32_t password) {
    Bytes bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(password >> shift & 0xFF));
    return bytes;
}

}  // namespace

TagWork::TagWork(TagTask task, std::uint16_t pc, Bytes epc) : task_(std::move(task)) {
    report_.pc = pc;
    report_.epc = report_.old_epc = std::move(epc);
    if (!task_.bank) return;
    new_bank_ = *task_.bank;
    report_.wanted_bits = (new_bank_.size() - 2) * 8;
    const auto word = static_cast<std::uint16_t>((word_of(new_bank_) & ~kTagsOwn) | (pc & kTagsOwn));
    new_bank_[0] = static_cast<std::byte>(word >> 8);
    new_bank_[1] = static_cast<std::byte>(word & 0xFF);
}

std::uint16_t TagWork::new_pc() const { return word_of(new_bank_); }

ReadTag TagWork::read_bank(const Bytes& epc, std::size_t words) const {
    return {epc, TagBank::epc, kPcWord, static_cast<std::uint16_t>(words), 0};
}

std::optional<ReaderCommand> TagWork::next() const {
    const Bytes& old = report_.old_epc;
    switch (step_) {
        case Step::stop: return StopInventory{};
        case Step::chip: return ReadTag{old, TagBank::tid, 0, kWholeTid, 0};
        case Step::chip_begin: return ReadTag{old, TagBank::tid, 0, kBeginOfTid, 0};
        case Step::room: return read_bank(old, new_bank_.size() / 2);
        case Step::room_before:
        case Step::what_old: return read_bank(old, old.size() / 2 + 1);
        case Step::write: return WriteTag{old, TagBank::epc, kPcWord, new_bank_, opens_with_};
        case Step::what_new: return read_bank(new_epc(), new_bank_.size() / 2);
        case Step::password:
            return WriteTag{report_.epc, TagBank::reserved, kAccessPassword, bytes_of_password(*task_.password), opens_with_};
        case Step::lock: {
            LockTag lock;
            lock.epc = report_.epc;
            lock.kill_password = lock.access_password = lock.epc_bank = TagLock::with_password;
            lock.password = *task_.password;
            return lock;
        }
        case Step::over: break;
    }
    return std::nullopt;
}

void TagWork::give_up(TagReport::Problem problem, std::string why) {
    report_.problem = problem;
    report_.why = std::move(why);
    step_ = Step::over;
}

void TagWork::refused() {
    const bool wrote = step_ == Step::what_old || step_ == Step::what_new;
    if (wrote) report_.state = TagState::unknown;
    const bool locks = step_ == Step::password || step_ == Step::lock;
    give_up(locks ? TagReport::Problem::not_locked : TagReport::Problem::not_written, "the reader takes no more commands");
}

bool TagWork::holds(const ReaderAnswer& answer, std::uint16_t pc, const Bytes& epc) const {
    if (answer.status != "ok" || !answer.content || answer.content->size() < 2 + epc.size()) return false;
    const ByteView content = *answer.content;
    return (word_of(content) & kLength) == (pc & kLength) && std::ranges::equal(content.subspan(2, epc.size()), epc);
}

void TagWork::answered(const ReaderAnswer& answer) {
    const bool ok = answer.status == "ok";
    switch (step_) {
        case Step::stop:
            if (!ok) return give_up(TagReport::Problem::no_chip, answer.status);
            step_ = Step::chip;
            return;
        case Step::chip:
            if (!ok) return void(step_ = Step::chip_begin);
            report_.tid = answer.content.value_or(Bytes{});
            return after_chip();
        case Step::chip_begin:  // a tag of the first years has no number
            if (!ok) return give_up(TagReport::Problem::no_chip, answer.status);
            report_.tid = answer.content.value_or(Bytes{});
            return after_chip();
        case Step::room: return void(step_ = ok ? Step::write : Step::room_before);
        case Step::room_before:
            // What it holds can be read and what it is to hold cannot: the memory ends in between.
            return give_up(ok ? TagReport::Problem::too_short : TagReport::Problem::not_written, answer.status);
        case Step::write:
        case Step::what_old:
        case Step::what_new: return after_write(answer);
        case Step::password:
            if (!ok) return give_up(TagReport::Problem::not_locked, answer.status);
            step_ = Step::lock;
            return;
        case Step::lock:
            if (!ok) return give_up(TagReport::Problem::not_locked, answer.status);
            report_.locked = true;
            step_ = Step::over;
            return;
        case Step::over: return;
    }
}

void TagWork::after_chip() {
    if (!task_.bank) return void(step_ = Step::over);
    if (new_epc() == report_.old_epc && (new_pc() & kLength) == (report_.pc & kLength)) {
        report_.state = TagState::written;
        return after_password();
    }
    step_ = new_bank_.size() > report_.old_epc.size() + 2 ? Step::room : Step::write;
}

/// Written, or what it holds now is looked for: under its old name, then under the new one.
void TagWork::after_write(const ReaderAnswer& answer) {
    const bool as_before = step_ == Step::what_old && holds(answer, report_.pc, report_.old_epc);
    if (as_before && task_.password && opens_with_ == 0) {
        opens_with_ = *task_.password;  // it may be locked with that one
        return void(step_ = Step::write);
    }
    if (as_before) return give_up(TagReport::Problem::not_written, refusal_);
    if (step_ == Step::what_old) return void(step_ = Step::what_new);
    const bool is_written = step_ == Step::write ? answer.status == "ok" : holds(answer, new_pc(), new_epc());
    if (is_written) {
        report_.state = TagState::written;
        report_.epc = new_epc();
        report_.pc = new_pc();
        return after_password();
    }
    if (step_ == Step::write) {
        refusal_ = answer.status;
        return void(step_ = Step::what_old);
    }
    report_.state = TagState::unknown;
    give_up(TagReport::Problem::not_written, refusal_);
}

void TagWork::after_password() { step_ = task_.password ? Step::password : Step::over; }

}  // namespace dosario
