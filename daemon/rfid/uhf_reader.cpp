// SPDX-License-Identifier: Apache-2.0
// From bytes to frames, and from frames to who waits for them.
#include "rfid/uhf_reader.hpp"

#include "rfid/other_families.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kLongestStrange = 600;
constexpr std::size_t kMostAccepted = 64;
constexpr auto kEchoWithin = std::chrono::seconds{3};
constexpr auto kAfterEcho = std::chrono::milliseconds{300};  // the true answer is there by then, or it is asked for again
constexpr auto kLatest = std::chrono::seconds{10};           // what comes later than that after its command is not thought of
constexpr auto kBootPause = std::chrono::milliseconds{300};

}  // namespace

UhfReader::UhfReader(const char* name, int usual_rate, const ReaderSettings& settings)
    : driver_(name),
      region_(find_uhf_region(settings.uhf_country)),
      country_(settings.uhf_country),
      opened_at_rate_(settings.line_rate != 0 ? settings.line_rate : usual_rate) {
    if (settings.power_cdbm != 0) power_cdbm_ = settings.power_cdbm;
}

void UhfReader::opened(MonoTime now) {
    now_ = now;
    open_ = true;
    if (region_ == nullptr) return;
    script_ = run();
    script_.start();
}

void UhfReader::receive(std::uint8_t, ByteView bytes, MonoTime now) {
    if (bytes.empty()) return;
    wake(now);
    if (now_ >= last_byte_at_ + kLongestGap) strange_.clear();
    last_byte_at_ = now_;
    const bool look = !known_ && strange_.size() <= kLongestStrange;
    if (look) append(strange_, bytes.first(std::min(bytes.size(), kLongestStrange + 1)));
    append(buffer_, bytes);
    parse_all();
    if (look && !known_) name_stranger();
    if (waiting_ && waiting_->or_bytes) {
        waiting_->until = std::min(waiting_->until, now_ + kBootPause);
        waiting_->or_bytes = false;
    }
}

void UhfReader::damaged(const char* broken_rule, ByteView among, MonoTime now) {
    wake(now);
    // What is damaged fails its checksum; the frames around it do not.
    if (!is_told()) fault(ReaderFault::Kind::framing, broken_rule);
    dropping_ = true;
    receive(0, among, now);
}

void UhfReader::parse_all() {
    std::size_t from = 0;
    while (from < buffer_.size()) {
        Parsed parsed = parse(ByteView{buffer_}.subspan(from));
        if (parsed.verdict == Parsed::Verdict::more) {
            if (!stalled()) break;
            parsed = Parsed::bad(ReaderFault::Kind::length, "a frame did not end");
        }
        from += parsed.size;
        if (parsed.verdict == Parsed::Verdict::bad) {
            drop(parsed);
            continue;
        }
        dropping_ = false;
        known_ = true;
        deliver(std::move(parsed.frame));
        if (!open_) return;
    }
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(std::min(from, buffer_.size())));
}

/// One fault for all that is dropped together.
void UhfReader::drop(const Parsed& why) {
    if (why.broken_rule == nullptr || dropping_) return;
    dropping_ = true;
    if (!is_told()) fault(why.kind, why.broken_rule);
}

void UhfReader::name_stranger() {
    for (;;) {
        const ForeignFrame found = foreign_frame(strange_);
        const bool ours =
            found.family != nullptr && found.family->driver != nullptr && std::string_view{found.family->driver} == driver_;
        if (found.family == nullptr || ours) return;
        strange_.erase(strange_.begin(), strange_.begin() + static_cast<std::ptrdiff_t>(found.size));
        buffer_.clear();
        dropping_ = false;
        stranger_ = found.family->is_there;
        if (std::exchange(named_, stranger_) != stranger_) fault(ReaderFault::Kind::framing, stranger_);
    }
}

bool UhfReader::is_echo(const UhfFrame& frame) const {
    return std::any_of(accepted_.begin(), accepted_.end(),
                       [&](const Accepted& one) { return one.frame == frame && now_ - one.at < kEchoWithin; });
}

/// It may come once more.
void UhfReader::accept(const UhfFrame& frame) {
    accepted_.push_back({frame, now_});
    if (accepted_.size() > kMostAccepted) accepted_.pop_front();
}

void UhfReader::deliver(UhfFrame frame) {
    if (!waiting_ || waiting_->request == nullptr || !answers(frame, *waiting_->request)) return unasked(frame);
    if (waiting_->request->touches_tag) {
        if (!believes_echo_ && is_echo(frame)) {
            // Of several the first: which of them is the truth is found out by asking again.
            if (waiting_->held) return unasked(frame);
            waiting_->held = std::move(frame);
            waiting_->until = std::min(waiting_->until, now_ + kAfterEcho);
            return;
        }
        accept(frame);
    }
    got_ = std::move(frame);
    resume();
}

void UhfReader::resume() {
    const std::coroutine_handle<> who = waiting_->who;
    waiting_.reset();
    who.resume();
}

void UhfReader::wake(MonoTime now) {
    now_ = std::max(now_, now);
    if (!open_) return;
    if (stalled()) parse_all();
    if (!waiting_ || now_ < waiting_->until) return;
    got_ = std::exchange(waiting_->held, std::nullopt);
    if (got_ && waiting_->request->asks_again) {
        only_echo_ = true;
        unasked(*std::exchange(got_, std::nullopt));
    }
    if (got_) accept(*got_);
    resume();
}

std::optional<MonoTime> UhfReader::next_wake() const {
    std::optional<MonoTime> due;
    if (!open_) return due;
    if (!buffer_.empty()) due = last_byte_at_ + kLongestGap;
    if (waiting_ && waiting_->until != MonoTime::max()) due = due ? std::min(*due, waiting_->until) : waiting_->until;
    return due;
}

void UhfReader::closed(MonoTime now, PortEnd) {
    now_ = std::max(now_, now);
    if (!buffer_.empty()) fault(ReaderFault::Kind::length, "the line ended before the end of a frame");
    const Outcome gone = Outcome::failed("the reader was unplugged");
    if (current_) answer(*current_, gone);
    answer_starting(gone);
    answer_all(gone);
    waiting_.reset();
    script_ = {};
    current_.reset();
    buffer_.clear();
    strange_.clear();
    accepted_.clear();
    owed_.reset();
    doubt_until_ = {};
    got_.reset();
    looking_ = nullptr;
    open_ = only_echo_ = believes_echo_ = ready_ = inventory_ = known_ = dropping_ = false;
    searching_ = false;
    stranger_ = named_ = nullptr;
    line_rate_ = unheard_ = 0;
    told_.clear();
}

// --- what scripts are written with --------------------------------------------------------------------------------------------------

UhfReader::Wait UhfReader::next(const Request& request, Micros patience, bool or_command) {
    return {*this, {{}, &request, now_ + patience, or_command, false, {}}};
}

UhfReader::Wait UhfReader::pause(Micros time, bool or_command) {
    return {*this, {{}, nullptr, now_ + time, or_command, false, {}}};
}

/// Waits for the answer that is owed, or until it comes no more.
Task<> UhfReader::settle() {
    while (owed_ && now_ < owed_->until) {
        const Reply late = co_await next(owed_->request, owed_->until - now_, false);
        if (!late) break;
        accept(*late);
        unasked(*late);
        break;
    }
    owed_.reset();
}

Task<> UhfReader::post(const Request& request) {
    co_await settle();
    send(ReaderWrite{std::nullopt, 0, request.frame});
}

Task<UhfReader::Reply> UhfReader::ask(const Request& request) {
    for (int tried = 0; tried < request.tries; ++tried) {
        co_await post(request);
        Reply reply = co_await next(request, request.patience, false);
        if (!reply && std::exchange(only_echo_, false)) {
            // An echo comes once: the same again is the truth.
            believes_echo_ = true;
            co_await post(request);
            reply = co_await next(request, request.patience, false);
            believes_echo_ = false;
        }
        if (!reply) {
            owed_ = Owed{request, now_ + request.late};
            owed_->request.touches_tag = false;
            if (request.touches_tag) doubt_until_ = now_ + kLatest;
            continue;
        }
        // An answer to the first try may come behind that to the second.
        if (tried > 0) {
            owed_ = Owed{request, now_ + std::min<Micros>(request.late, request.patience)};
            owed_->request.touches_tag = false;
        }
        co_return reply;
    }
    co_return std::nullopt;
}

void UhfReader::tell_tag(TagRead tag) {
    if (looking_ != nullptr) looking_->push_back(tag.epc);
    tag.heard_at = now_;
    emit(std::move(tag));
}

void UhfReader::tell(std::string_view command, std::string status, std::optional<Bytes> content) {
    ReaderAnswer said;
    said.command = command;
    said.status = std::move(status);
    said.content = std::move(content);
    emit(std::move(said));
}

void UhfReader::answer(const Asked& asked, const Outcome& outcome) {
    ReaderAnswer said;
    said.command = command_name(asked.command);
    said.status = outcome.status;
    said.number = asked.number;
    said.pc = outcome.pc;
    if (const auto* read = std::get_if<ReadTag>(&asked.command)) {
        said.epc = read->epc;
        if (outcome.ok()) said.content = outcome.content;
    } else if (const auto* write = std::get_if<WriteTag>(&asked.command)) {
        said.epc = outcome.ok() ? epc_after(*write) : write->epc;
    } else if (const auto* lock = std::get_if<LockTag>(&asked.command)) {
        said.epc = lock->epc;
    }
    emit(std::move(said));
}

void UhfReader::answer_starting(const Outcome& outcome) {
    for (const Asked& asked : std::exchange(starting_, {})) answer(asked, outcome);
}

void UhfReader::answer_all(const Outcome& outcome) {
    while (!commands_.empty()) {
        if (std::holds_alternative<StopInventory>(commands_.front().command)) inventory_ = false;  // when it is there again
        answer(commands_.front(), outcome);
        commands_.pop_front();
    }
}

}  // namespace dosario
