// SPDX-License-Identifier: Apache-2.0
// Recordings: what one reader sends, fetched by whoever asked for it. Nothing of it is logged or kept here.
#include "app/plugged_reader.hpp"

#include "control/reader_words.hpp"
#include "system/log.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint32_t kUsualSeconds = 300;
constexpr std::uint32_t kMostSeconds = 3600;
constexpr auto kPatience = std::chrono::seconds{10};
constexpr std::size_t kMostInReply_bytes = 512 << 10;

}  // namespace

/// The tape that hears this port, nothing for any other.
ReaderDesk::Tape* ReaderDesk::tape_of(UsbPort port) {
    const bool hears = tape_ != nullptr && tape_->why.empty() && tape_->plugged && tape_->port == port;
    return hears ? tape_.get() : nullptr;
}

/// The reader of the tape is back. A trial is none of it: there somebody may be typing.
void ReaderDesk::tape_opened(UsbPort port) {
    if (tape_ == nullptr || !tape_->why.empty() || tape_->plugged || in_trial(port)) return;
    if (reader_id(readers_.at(port)->interface) != tape_->reader) return;
    tape_->port = port;
    tape_->plugged = true;
    tape_->recording.plugged(clock_.mono());
}

/// After a suspend a device may be back under another number before it is known that the old one left.
void ReaderDesk::tape_closed(UsbPort port) {
    Tape* const tape = tape_of(port);
    if (tape == nullptr) return;
    tape->recording.unplugged(clock_.mono());
    tape->plugged = false;
    for (const auto& [other, reader] : readers_) {
        if (other != port && reader->open) tape_opened(other);
    }
}

Result<UsbPort> ReaderDesk::to_be_recorded(const std::string& id) const {
    std::vector<UsbPort> open;
    for (const auto& [port, reader] : readers_) {
        const bool wanted = id.empty() || id == reader_id(reader->interface) || id == name_for(reader->interface);
        if (wanted && reader->open && !in_trial(port)) open.push_back(port);
    }
    if (open.size() == 1) return open.front();
    if (open.size() > 1)
        return fail(Failure::invalid, "several readers are open: name one by its id (`dosario readers` lists them)");
    return fail(Failure::not_found, id.empty()
                                        ? "no reader is open: `dosario readers` says what is plugged in and why it is not used"
                                        : "no open reader has this id: `dosario readers` lists them");
}

Result<void> ReaderDesk::begin_tape(const v1::RecordRequest& request) {
    if (tape_ != nullptr && tape_->why.empty())
        return fail(Failure::unavailable, "another recording goes on: end it first, or wait until it is over");
    if (request.seconds() > kMostSeconds) return fail(Failure::invalid, "a recording lasts at most 3600 seconds");
    const auto port = to_be_recorded(request.reader());
    if (!port) return port.error();
    const Reader& reader = *readers_.at(*port);
    if (reader.pad != nullptr && !request.raw()) return fail(Failure::refused, reader_words("record_pad", settings_.language));
    const ReaderRow* const row = row_for(reader.interface);
    tape_ = std::make_unique<Tape>(context_, reader, row != nullptr ? row->settings : ReaderSettings{},
                                   Recording::Options{request.raw(), request.anonymous()}, clock_.mono());
    tape_->id = ++last_tape_;
    tape_->port = *port;
    tape_->end.expires_after(std::chrono::seconds{request.seconds() == 0 ? kUsualSeconds : request.seconds()});
    tape_->end.async_wait([this](const boost::system::error_code& error) {
        if (!error) end_tape("time");
    });
    log(Level::info, "reader_recorded", {{"reader", tape_->reader}, {"raw", request.raw() ? "yes" : "no"}});
    return {};
}

void ReaderDesk::end_tape(const char* why) {
    if (tape_ == nullptr || !tape_->why.empty()) return;
    tape_->end.cancel();
    tape_->recording.end(clock_.mono());
    tape_->why = why;
}

/// Who asked for it has left: Ctrl-C at the wrong moment, a lost connection. Nothing of it is kept.
void ReaderDesk::await_next_call() {
    tape_->patience.expires_after(kPatience);
    tape_->patience.async_wait([this](const boost::system::error_code& error) {
        if (!error) tape_.reset();
    });
}

Result<v1::RecordReply> ReaderDesk::record(const v1::RecordRequest& request) {
    if (request.id() == 0) {
        if (auto begun = begin_tape(request); !begun) return begun.error();
    } else if (tape_ == nullptr || tape_->id != request.id()) {
        return fail(Failure::not_found, "this recording is over: who does not ask for ten seconds has left it");
    }
    if (request.end()) end_tape("asked");
    v1::RecordReply reply;
    reply.set_id(tape_->id);
    reply.set_reader(tape_->reader);
    reply.set_text(tape_->recording.take(kMostInReply_bytes));
    const Recording::Counts& counts = tape_->recording.counts();
    reply.set_scans(counts.scans);
    reply.set_persons(counts.persons);
    reply.set_others(counts.others);
    reply.set_broken(counts.broken);
    reply.set_over(!tape_->why.empty() && !tape_->recording.has_text());
    reply.set_why(tape_->why);
    if (reply.over())
        tape_.reset();
    else
        await_next_call();
    return reply;
}

}  // namespace dosario
