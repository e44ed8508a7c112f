// SPDX-License-Identifier: Apache-2.0
// What a reader of UHF tags does all day: it is made ready, asked, and reads tags in between.
#include "rfid/other_families.hpp"
#include "rfid/uhf_reader.hpp"

#include "base/overloaded.hpp"

#include <algorithm>

namespace dosario {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAgain[] = {milliseconds{1000}, milliseconds{2000}, milliseconds{5000}, milliseconds{10'000}};
constexpr milliseconds kFamilyPatience{300};
constexpr int kFamilyRates[] = {57'600, 115'200};  // that readers of tags come with
constexpr milliseconds kAfterFailure{200};
constexpr int kMostStarts = 3;
constexpr int kMostTries = 3;
constexpr int kMostUnheard = 2;  // times that a known reader answers nothing, before it is looked for again

}  // namespace

bool UhfReader::command(const ReaderCommand& command, std::uint32_t number, MonoTime now) {
    now_ = std::max(now_, now);
    if (!open_ || commands_.size() + starting_.size() >= kMostTagCommands) return false;
    Asked asked{command, number};
    if (region_ == nullptr) {
        answer(asked, Outcome::failed(country_.empty() ? "no country is set, so nothing is transmitted: set country in [rfid]"
                                                       : "the UHF band of country " + escape(country_) +
                                                             " is not known: nothing is transmitted"));
        return true;
    }
    commands_.push_back(std::move(asked));
    if (waiting_ && waiting_->or_command) resume();
    return true;
}

/// For as long as the port is open.
Task<> UhfReader::run() {
    for (std::size_t failures = 0;;) {
        if (!ready_) {
            const Outcome made = co_await make_ready();
            if (!made.ok()) {
                if (told_ != made.status) tell("info", made.status);
                told_ = made.status;
                if (!starting_.empty()) inventory_ = false;
                answer_starting(made);
                answer_all(made);
                Wait again = pause(kAgain[std::min(failures++, std::size(kAgain) - 1)], true);
                again.what.or_bytes = true;
                co_await again;
                continue;
            }
            failures = 0;
            told_.clear();
            emit(ReaderReady{});
        }
        if (command_waits()) {
            co_await perform();
        } else if (inventory_) {
            const Outcome ended = co_await inventory();
            if (!ended.ok() && !starting_.empty() && ++failed_starts_ >= kMostStarts) {
                answer_starting(ended);
                inventory_ = false;
            }
            if (!ended.ok()) {
                ready_ = false;
                co_await pause(kAfterFailure, true);
            }
        } else {
            Wait idle{*this, {}};
            idle.what.or_command = true;
            co_await idle;
        }
    }
}

Task<UhfReader::Outcome> UhfReader::make_ready() {
    stranger_ = nullptr;
    Outcome outcome = co_await set_up();
    // A module that restarted may be at its own rate again, and behind a bridge that stays plugged another one may be put.
    unheard_ = outcome.silent ? unheard_ + 1 : 0;
    if (outcome.silent && known_ && unheard_ >= kMostUnheard) {
        known_ = false;
        go_on_at(0);
        outcome = co_await set_up();
    }
    if (outcome.ok()) ready_ = true;
    if (outcome.silent && !known_) outcome = co_await other_families();
    co_return outcome;
}

/// Nobody answered as one of ours: is it somebody else, or is the line's rate another one?
Task<UhfReader::Outcome> UhfReader::other_families() {
    searching_ = true;
    co_await ask_families(false);
    for (const int rate : kFamilyRates) {
        if (rate == opened_at_rate_ || stranger_ != nullptr || known_) continue;
        go_on_at(rate);
        co_await ask_families(true);
    }
    searching_ = false;
    if (known_) {
        Outcome outcome = co_await set_up();
        ready_ = outcome.ok();
        if (!outcome.silent) co_return outcome;
        known_ = false;
    }
    go_on_at(0);
    if (stranger_ != nullptr) co_return Outcome::failed(std::string{"this is "} + stranger_);
    co_return Outcome::failed("no reader of this family answers: is it switched on, is line_rate right?");
}

Task<> UhfReader::ask_families(bool ours_too) {
    for (const FamilyProbe& probe : family_probes()) {
        if (stranger_ != nullptr || known_ || (!ours_too && std::string_view{probe.driver} == driver_)) continue;
        Request request;
        request.frame.assign(probe.frame.begin(), probe.frame.end());
        co_await post(request);
        co_await pause(kFamilyPatience);
    }
}

/// What came at another rate is no beginning of anything.
void UhfReader::go_on_at(int line_rate) {
    line_rate_ = line_rate;
    strange_.clear();
    buffer_.clear();
    dropping_ = false;
}

Task<> UhfReader::perform() {
    current_ = std::move(commands_.front());
    commands_.pop_front();
    if (std::holds_alternative<StartInventory>(current_->command)) {
        // Answered when the reader is heard, also where it should read already.
        if (starting_.empty()) failed_starts_ = 0;
        starting_.push_back(std::move(*current_));
        inventory_ = true;
        current_.reset();
        co_return;
    }
    const Outcome outcome = co_await carry_out(current_->command);
    if (outcome.silent) ready_ = false;
    answer(*current_, outcome);
    current_.reset();
}

Task<UhfReader::Outcome> UhfReader::carry_out(const ReaderCommand& command) {
    if (std::holds_alternative<StopInventory>(command)) {
        // It was told to stop before this is performed: one that reads on answers nothing.
        answer_starting(Outcome::failed("stopped before it began"));
        inventory_ = false;
        const Outcome stopped = co_await ready_for_tag();
        co_return stopped;
    }
    if (const auto* power = std::get_if<SetPower>(&command)) {
        if (power->cdbm < 0 || power->cdbm > region().most_cdbm)
            co_return Outcome::failed("0 to " + std::to_string(region().most_cdbm / 100) + " dBm are allowed in " +
                                      std::string{region().country});
        Outcome outcome = co_await set_power(power->cdbm);
        if (outcome.ok()) power_cdbm_ = power->cdbm;
        co_return outcome;
    }
    const std::string_view wrong =
        std::visit(Overloaded{[](const ReadTag& one) { return unfit(one); }, [](const WriteTag& one) { return unfit(one); },
                              [](const LockTag& one) { return unfit(one); }, [](const auto&) { return std::string_view{}; }},
                   command);
    if (!wrong.empty()) co_return Outcome::failed(std::string{wrong});
    Outcome outcome = co_await ready_for_tag();
    if (!outcome.ok()) co_return outcome;
    if (const auto* read = std::get_if<ReadTag>(&command)) {
        outcome = co_await read_again(*read);
    } else if (const auto* write = std::get_if<WriteTag>(&command)) {
        outcome = co_await write_and_compare(*write);
    } else if (const auto* lock = std::get_if<LockTag>(&command)) {
        outcome = co_await lock_tag(*lock);
    }
    co_return outcome;
}

/// A reader that has restarted meanwhile is made ready again first.
Task<UhfReader::Outcome> UhfReader::ready_for_tag() {
    Outcome outcome = co_await confirm();
    if (outcome.ok()) co_return outcome;
    ready_ = false;
    outcome = co_await make_ready();
    if (!outcome.ok()) co_return outcome;
    emit(ReaderReady{});
    outcome = co_await confirm();
    co_return outcome;
}

/// Again where nothing was answered: to read changes nothing.
Task<UhfReader::Outcome> UhfReader::read_again(const ReadTag& read) {
    Outcome outcome = co_await read_words(read);
    for (int tried = 1; outcome.silent && tried < kMostTries; ++tried) {
        const Outcome ready = co_await ready_for_tag();
        if (!ready.ok()) co_return ready;
        outcome = co_await read_words(read);
    }
    // While an answer is missing that may still come, two must say the same.
    for (int tried = 0; outcome.ok() && now_ < doubt_until_; ++tried) {
        if (tried == kMostTries) co_return Outcome::failed("the tag says something else each time it is read");
        const Outcome ready = co_await ready_for_tag();
        if (!ready.ok()) co_return ready;
        Outcome again = co_await read_words(read);
        const bool same = again.ok() && again.content == outcome.content;
        outcome = std::move(again);
        if (same) break;
    }
    co_return outcome;
}

/// The EPC bank is written only where one tag can be meant.
Task<UhfReader::Outcome> UhfReader::alone(const Bytes& epc) {
    std::vector<Bytes> field;
    const Outcome looked = co_await look(field);
    if (!looked.ok()) co_return looked;
    if (field.empty()) co_return Outcome::failed("no tag is in the field");
    if (field.size() > 1 && std::count(field.begin(), field.end(), epc) == std::ssize(field))
        co_return Outcome::failed("several tags with this one EPC are in the field: leave only the one to be written");
    if (field.size() > 1) co_return Outcome::failed("more than one tag is in the field: leave only the one to be written");
    if (field.front() != epc) co_return Outcome::failed("another tag is in the field");
    Outcome still = co_await confirm();
    co_return still;
}

/// Only what was read back as it was written is ok, whatever the reader answered.
Task<UhfReader::Outcome> UhfReader::write_and_compare(const WriteTag& write) {
    if (write.bank == TagBank::epc) {
        const Outcome only = co_await alone(write.epc);
        if (!only.ok()) co_return only;
    }
    ReadTag back;
    back.epc = epc_after(write).value_or(write.epc);
    back.bank = write.bank;
    back.first_word = write.first_word;
    back.words = static_cast<std::uint16_t>(write.content.size() / 2);
    back.password = password_after(write);
    const bool is_named_anew = back.epc != write.epc || back.password != write.password;
    for (int tried = 0;; ++tried) {
        const Outcome written = co_await write_words(write);
        if (!written.ok() && !written.silent) co_return written;
        const Outcome ready = co_await ready_for_tag();
        if (!ready.ok()) co_return Outcome::failed("perhaps written, not read back: " + ready.status);
        Outcome read = co_await read_again(back);
        if (!read.ok()) co_return Outcome::failed("perhaps written, not read back: " + read.status);
        const bool as_written = read.content == write.content;
        read.content.clear();
        if (as_written) co_return read;
        // A command that was lost is given again, where it still means the same tag.
        if (!written.silent || is_named_anew || tried + 1 == kMostTries)
            co_return Outcome::failed("not written: the tag holds something else");
        const Outcome again = co_await ready_for_tag();
        if (!again.ok()) co_return again;
    }
}

void UhfReader::heard_inventory() {
    if (!starting_.empty()) answer_starting(Outcome{});
}

}  // namespace dosario
