// SPDX-License-Identifier: Apache-2.0
#include "control/tag_work.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint16_t kWholeTid = 6;  // class, maker, model, XTID header and a serial number of 48 bits
constexpr std::uint16_t kBeginOfTid = 2;
constexpr int kMostMissed = 8;            // reads of a TID that may fail: a weak tag, or two that answer at once
constexpr int kMissedBeforeShort = 2;     // before it is taken for a tag without serial number
constexpr int kMissedBeforeTooShort = 1;  // reads of the memory that is wanted, while what is there is read each time
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
    report_.pc = pc_before_ = pc;
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
        case Step::chip:
        case Step::chip_again:
            return ReadTag{old, TagBank::tid, from_word_, static_cast<std::uint16_t>(kWholeTid - from_word_), 0};
        case Step::same_chip: return ReadTag{new_epc(), TagBank::tid, 0, kWholeTid, 0};
        case Step::old_gone: return read_bank(old, old.size() / 2 + 1);
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
    if (step_ == Step::same_chip || step_ == Step::old_gone) return after_check();
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
        case Step::chip_again:
            if (!ok) return miss_chip(answer.status);
            return hear_chip(answer.content.value_or(Bytes{}));
        case Step::chip_begin:  // a tag of the first years has no number
            if (!ok) return give_up(TagReport::Problem::no_chip, answer.status);
            report_.tid = answer.content.value_or(Bytes{});
            return after_chip();
        case Step::room:
            if (ok) missed_ = 0;
            return void(step_ = ok ? Step::write : Step::room_before);
        case Step::room_before:
            if (!ok) return give_up(TagReport::Problem::not_written, answer.status);
            // What it holds can be read and what it is to hold cannot, and not for once: the memory ends in between.
            if (++missed_ > kMissedBeforeTooShort) return give_up(TagReport::Problem::too_short, answer.status);
            return void(step_ = Step::room);
        case Step::write:
        case Step::what_old:
        case Step::what_new: return after_write(answer);
        case Step::same_chip:
            if (ok && answer.content && *answer.content != report_.tid) {
                report_.chips.push_back(*answer.content);
                return after_check();
            }
            if (!ok && ++missed_ <= kMissedBeforeShort) return;
            step_ = Step::old_gone;
            return;
        case Step::old_gone:
            if (holds(answer, pc_before_, report_.old_epc)) report_.chips.push_back({});
            return after_check();
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

/// A chip that was heard before, or another one.
void TagWork::hear_chip(ByteView tid_from_word) {
    const auto ends_so = [&](const Bytes& chip) {
        return chip.size() >= tid_from_word.size() &&
               std::ranges::equal(ByteView{chip}.last(tid_from_word.size()), tid_from_word);
    };
    if (from_word_ == 0) report_.tid.assign(tid_from_word.begin(), tid_from_word.end());
    if (std::ranges::none_of(report_.chips, ends_so)) report_.chips.emplace_back(tid_from_word.begin(), tid_from_word.end());
    step_ = Step::chip_again;
    if (++from_word_ < kWholeTid) return;
    if (report_.chips.size() > 1) return give_up(TagReport::Problem::copies, {});
    after_chip();
}

void TagWork::miss_chip(const std::string& why) {
    ++missed_;
    if (step_ == Step::chip && missed_ > kMissedBeforeShort) step_ = Step::chip_begin;
    if (step_ != Step::chip_again || missed_ <= kMostMissed) return;
    if (report_.chips.size() > 1) return give_up(TagReport::Problem::copies, {});
    give_up(TagReport::Problem::no_chip, why);
}

void TagWork::after_chip() {
    missed_ = 0;
    if (!task_.bank) return void(step_ = Step::over);
    if (new_epc() == report_.old_epc && (new_pc() & kLength) == (report_.pc & kLength)) {
        report_.state = TagState::written;
        return after_check();
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
        return check_chip();
    }
    if (step_ == Step::write) {
        refusal_ = answer.status;
        return void(step_ = Step::what_old);
    }
    report_.state = TagState::unknown;
    give_up(TagReport::Problem::not_written, refusal_);
}

/// Two of one EPC that were taken for one tag until now show themselves here. A reader that selects by the beginning of an EPC would take
/// the new one for the old one, so it is not asked for that.
void TagWork::check_chip() {
    const auto& old = report_.old_epc;
    const bool begins_alike =
        new_epc().size() >= old.size() && std::ranges::equal(ByteView{new_bank_}.subspan(2, old.size()), old);
    if (report_.chips.empty() || begins_alike) return after_check();
    step_ = Step::same_chip;
}

void TagWork::after_check() {
    if (report_.chips.size() > 1) {
        report_.state = TagState::unknown;
        return give_up(TagReport::Problem::copies, {});
    }
    step_ = task_.password ? Step::password : Step::over;
}

}  // namespace dosario
