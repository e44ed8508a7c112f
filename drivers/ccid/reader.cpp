// SPDX-License-Identifier: Apache-2.0
#include "ccid/reader.hpp"

#include <algorithm>

namespace dosario::ccid {
namespace {

/// What comes this soon after opening answers nothing of ours.
constexpr milliseconds kSettling{40};
/// How long an answer may take; powering a card up takes longer. A reader that wants more time says so.
constexpr milliseconds kPatience{1000}, kPowerPatience{3000};
constexpr int kMostExtensions = 30;
constexpr milliseconds kLongestPatience{10'000};
/// The parts of one message come at once.
constexpr milliseconds kLongestGap{500};

constexpr std::uint8_t kDefaultBulkOut = 0x02;

}  // namespace

CcidReader::CcidReader(const UsbInterface& interface, Family family, const ReaderSettings& settings)
    : descriptor_(parse_descriptor(interface.class_descriptor).value_or(Descriptor{})),
      family_(family),
      interface_number_(interface.number),
      interrupt_in_(interface.endpoint_in),
      bulk_out_(interface.bulk_out != 0 ? interface.bulk_out : kDefaultBulkOut),
      settle_(settings.is_replayed ? milliseconds{0} : kSettling),
      assembler_(descriptor_.max_message) {}

void CcidReader::opened(MonoTime now) {
    now_ = now;
    settled_at_ = now + settle_;
    saw_nothing_ = false;
    conversation_.emplace(live());
    conversation_->begin();
}

void CcidReader::receive(std::uint8_t endpoint, ByteView bytes, MonoTime now) {
    now_ = now;
    if (bytes.empty() || !conversation_) return;
    if (settled_at_ && now < *settled_at_) return;
    const bool of_notices = interrupt_in_ != 0 ? endpoint == interrupt_in_ : !assembler_.is_inside();
    if (of_notices) {
        if (const auto notice = parse_notice(bytes)) {
            if (notice->hardware_error) fault(ReaderFault::Kind::framing, "the reader reports a hardware error");
            for (std::size_t slot = 0; slot < std::min(notice->slots.size(), slots_.size()); ++slot)
                slots_[slot].changed = slots_[slot].changed || notice->slots[slot].changed;
            return nudge();
        }
        if (interrupt_in_ != 0) return fault(ReaderFault::Kind::framing, "a notice that CCID does not know");
    }
    assembler_.add(bytes);
    Message message;
    for (;;) {
        switch (assembler_.next(message)) {
            case Assembler::Found::nothing: partial_since_ = assembler_.is_inside() ? std::optional{now} : std::nullopt; return;
            case Assembler::Found::no_message: fault(ReaderFault::Kind::framing, "no answer of CCID begins like that"); continue;
            case Assembler::Found::too_long:
                fault(ReaderFault::Kind::length, "an answer longer than the reader's longest message");
                continue;
            case Assembler::Found::message: hear(message); continue;
        }
    }
}

/// A late or second answer to an order given up is dropped here.
void CcidReader::hear(const Message& message) {
    if (!waiting_ || message.sequence != waiting_->sequence || message.slot != waiting_->slot ||
        message.type != static_cast<std::uint8_t>(reply_to(waiting_->order)))
        return;
    switch (message.outcome()) {
        case Message::Outcome::wants_time:
            if (++waiting_->extensions > kMostExtensions) return;
            waiting_->until =
                now_ + std::min<milliseconds>(waiting_->patience * std::max<int>(message.error, 1), kLongestPatience);
            return;
        case Message::Outcome::done: heard_ = {Heard::What::done, message}; break;
        case Message::Outcome::failed:
        case Message::Outcome::unknown: heard_ = {Heard::What::failed, message}; break;
    }
    waiting_.reset();
    answer_stop_.go_on();
}

void CcidReader::wake(MonoTime now) {
    now_ = now;
    if (!conversation_) return;
    if (partial_since_ && now >= *partial_since_ + kLongestGap) {
        partial_since_.reset();
        assembler_.forget();
        fault(ReaderFault::Kind::length, "an answer of which the rest did not come");
    }
    if (waiting_ && now >= waiting_->until) {
        waiting_.reset();
        heard_ = {};
        answer_stop_.go_on();
    } else if (rest_until_ && now >= *rest_until_) {
        rest_until_.reset();
        rest_stop_.go_on();
    }
}

/// The rest of an answer may be missing: it is not waited for, and what was asked is asked again when its time is over.
void CcidReader::interrupted(MonoTime now) {
    now_ = now;
    if (assembler_.is_inside()) fault(ReaderFault::Kind::length, "an answer of which a part may be missing");
    assembler_.forget();
    partial_since_.reset();
}

std::optional<MonoTime> CcidReader::next_wake() const {
    std::optional<MonoTime> next;
    const auto wanted = [&next](MonoTime at) { next = next ? std::min(*next, at) : at; };
    if (!conversation_) return next;
    if (waiting_) wanted(waiting_->until);
    if (rest_until_) wanted(*rest_until_);
    if (partial_since_) wanted(*partial_since_ + kLongestGap);
    return next;
}

bool CcidReader::command(const ReaderCommand& command, std::uint32_t number, MonoTime now) {
    now_ = now;
    if (!conversation_ || pending_.size() >= kMostPending) return false;
    const auto* const read = std::get_if<ReadBlocks>(&command);
    const auto* const write = std::get_if<WriteBlocks>(&command);
    if (read == nullptr && write == nullptr) return false;
    pending_.push_back({number, command});
    nudge();
    return true;
}

void CcidReader::closed(MonoTime now, PortEnd end) {
    now_ = now;
    const bool was_reading = half_read_;
    conversation_.reset();
    answer_stop_.forget();
    rest_stop_.forget();
    waiting_.reset();
    rest_until_.reset();
    partial_since_.reset();
    while (!pending_.empty()) {
        ReaderAnswer answer;
        answer.command = command_name(pending_.front().command);
        answer.status = "unplugged";
        answer.number = pending_.front().number;
        pending_.pop_front();
        emit(std::move(answer));
    }
    if (assembler_.is_inside()) fault(ReaderFault::Kind::length, "the reader left in the middle of an answer");
    if (was_reading && end == PortEnd::unplugged) fault(ReaderFault::Kind::length, "the reader left while a card was being read");
    if (told_ && end == PortEnd::unplugged) emit(CardGone{});
    assembler_.forget();
    told_.reset();
    half_read_ = told_typing_ = told_types_ = false;
}

/// Looks at once, and does what was asked.
void CcidReader::nudge() {
    nudged_ = true;
    if (!may_be_nudged_ || !rest_stop_.stands()) return;
    rest_until_.reset();
    rest_stop_.go_on();
}

Talk<Done> CcidReader::rest(milliseconds time) {
    rest_until_ = now_ + time;
    co_await rest_stop_;
    co_return Done{};
}

/// `parameter` is the first of the three bytes behind the sequence number.
Talk<CcidReader::Heard> CcidReader::ask(Order order, std::uint8_t slot, Bytes content, std::uint8_t parameter) {
    if (content.size() > descriptor_.max_message - kHeaderSize) co_return Heard{Heard::What::failed, {}};
    const milliseconds patience = order == Order::power_on ? kPowerPatience : kPatience;
    waiting_ = Waiting{order, slot, next_sequence_++, patience, now_ + patience};
    send({std::nullopt, bulk_out_, write_message(order, slot, waiting_->sequence, {parameter, 0, 0}, content)});
    co_await answer_stop_;
    co_return std::move(heard_);
}

/// A reader that does not answer may wait for the rest of an order: the request of the class (5.3.1) and the order (6.1.13) together
/// bring it back. Nobody waits for the answer; that of another order comes after it.
void CcidReader::abort_order() {
    constexpr std::uint8_t kToInterface = 0x21, kAbort = 0x01;
    const std::uint8_t sequence = next_sequence_++;
    send({std::array<std::uint8_t, 8>{kToInterface, kAbort, slot_, sequence, interface_number_, 0, 0, 0}, 0, {}});
    send({std::nullopt, bulk_out_, write_message(Order::abort, slot_, sequence, {0, 0, 0}, {})});
}

}  // namespace dosario::ccid
