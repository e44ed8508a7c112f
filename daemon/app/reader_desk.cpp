// SPDX-License-Identifier: Apache-2.0
#include "app/plugged_reader.hpp"

#include "control/reader_words.hpp"
#include "identity/identity.hpp"
#include "reader/ndef.hpp"
#include "system/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace dosario {
namespace {

constexpr auto kRetry = std::chrono::seconds{10};
constexpr auto kSoon = std::chrono::seconds{1};
constexpr auto kOnceIn = std::chrono::seconds{1};  // a wrong rate gives many faults at once
constexpr std::size_t kMostReaders = 256;
constexpr std::size_t kMostPasts = 256;
constexpr int kMostStepsAtOnce = 10'000;  // events of one report; beyond it a driver is broken

Error no_practice() {
    return fail(Failure::refused, "this is no practice pharmacy: its configuration has no [practice] readers");
}

bool is_test_code(const BarcodeRead& read) {
    CodeBuffer unescaped;
    const Identity identity = identify(read.aim.text(), read.bytes, Date{}, unescaped);
    const auto* command = std::get_if<Command>(&identity);
    return command != nullptr && command->word == CommandWord::test;
}

}  // namespace

ReaderDesk::ReaderDesk(boost::asio::io_context& context, const Clock& clock, ReaderDeskSettings settings, Hooks hooks)
    : context_(context),
      clock_(clock),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      scanner_trial_(context, clock) {}

ReaderDesk::~ReaderDesk() { stop(); }

Result<void> ReaderDesk::start() {
    auto host = UsbHost::start(*this, clock_);
    if (!host) return host.error();
    host_ = std::move(*host);
    return {};
}

void ReaderDesk::practise(std::vector<simulated::NamedScanner> readers) {
    practice_ = std::make_unique<PracticeHost>(context_, *this, clock_, std::move(readers));
}

Result<std::string> ReaderDesk::practise(std::string_view words) {
    if (practice_ == nullptr) return no_practice();
    return practice_->obey(words);
}

Result<std::string> ReaderDesk::practice_pad() const {
    if (practice_ == nullptr) return no_practice();
    const auto pads = practice_->pads();
    if (pads.empty())
        return fail(Failure::not_found, "no practice pad is plugged in: [practice] of the configuration names readers");
    if (pads.size() > 1) return invalid("there are several practice pads: say which, `dosario practice list` names them");
    return pads.front();
}

Result<std::string> ReaderDesk::practice_reader(const std::string& pad) const {
    if (practice_ == nullptr) return no_practice();
    const auto names = practice_->pads();
    if (std::ranges::find(names, pad) == names.end())
        return invalid(escape(pad) + " is no pad that is plugged in here: `dosario practice list` names the readers");
    for (const UsbPort port : practice_->ports_of(pad)) {
        const auto found = readers_.find(port);
        if (found != readers_.end() && found->second->pad != nullptr) return reader_id(found->second->interface);
    }
    return fail(Failure::not_found, "the station does not read tags by the practice pad " + pad + ": `dosario readers` says why");
}

UsbHost& ReaderDesk::host_of(UsbPort port) const {
    if (PracticeHost::has(port)) return *practice_;
    return *host_;
}

void ReaderDesk::stop() {
    stopped_ = true;
    if (tag_job_ != nullptr) {
        const auto job = std::move(tag_job_);
        job->done(fail(Failure::unavailable, "the daemon is stopping: look at the tag again"));
    }
    if (trial_ != nullptr) end_trial(false, "the daemon is stopping");
    scanner_trial_.stop();
    host_.reset();
    practice_.reset();
    readers_.clear();
    trial_.reset();
    tape_.reset();
}

/// Nothing when more readers came by than are remembered: their counts begin anew each time.
ReaderDesk::Past* ReaderDesk::past_of(const std::string& id) {
    if (pasts_.size() >= kMostPasts && !pasts_.contains(id)) return nullptr;
    return &pasts_[id];
}

void ReaderDesk::listen(const v1::ListenRequest& request, ScannerTrial::Answer answer) {
    for (const auto& [port, reader] : readers_) {
        if (reader->pad != nullptr && !request.reader().empty() && reader_id(reader->interface) == request.reader())
            return answer(fail(Failure::refused, reader_words("trial_pad", settings_.language)));
    }
    const auto is_open = [this](const std::string& id) {
        return std::any_of(readers_.begin(), readers_.end(),
                           [&](const auto& one) { return one.second->open && reader_id(one.second->interface) == id; });
    };
    scanner_trial_.listen(request, is_open, std::move(answer));
}

TriedReader ReaderDesk::tried(const Reader& reader) const {
    static const ReaderSettings kDefaults;
    const ReaderRow* row = row_for(reader.interface);
    return {reader_id(reader.interface), way_of(reader.interface), row != nullptr ? &row->settings : &kDefaults};
}

/// What comes in the place of GS may be content as well: to daily work it is lost until the configuration says otherwise.
void ReaderDesk::learn_from_trial(const Reader& reader) {
    const std::string id = reader_id(reader.interface);
    const GsTrust gs = scanner_trial_.gs_of(id);
    if (gs.state != GsTrust::State::unknown) learn_gs(id, gs.state == GsTrust::State::kept ? GsHabit::kept : GsHabit::lost);
}

// --- news from the USB thread, carried over to the main thread ------------------------------------------------------------------

void ReaderDesk::appeared(UsbPort port, UsbInterface interface) {
    boost::asio::post(context_, [this, port, interface = std::move(interface)]() mutable {
        if (stopped_ || readers_.size() >= kMostReaders) return;
        if (Past* const past = past_of(reader_id(interface))) ++past->times_plugged;
        readers_[port] = std::make_unique<Reader>(context_, std::move(interface));
        look_again();
    });
}

void ReaderDesk::disappeared(UsbPort port) {
    boost::asio::post(context_, [this, port] { on_gone(port); });
}

void ReaderDesk::opened(UsbPort port) {
    // By the USB thread's clock, as the reports: the main thread may be late.
    boost::asio::post(context_, [this, port, at = clock_.mono()] { on_opened(port, at); });
}

void ReaderDesk::written(UsbPort port) {
    boost::asio::post(context_, [this, port, at = clock_.mono()] {
        const auto found = readers_.find(port);
        if (found == readers_.end() || found->second->protocol == nullptr) return;
        found->second->protocol->written(at);
        announce_when_it_hears(port);
    });
}

void ReaderDesk::interrupted(UsbPort port) {
    boost::asio::post(context_, [this, port, at = clock_.mono()] { on_interrupted(port, at); });
}

void ReaderDesk::flushed(UsbPort port) {
    boost::asio::post(context_, [this, port] { on_flushed(port); });
}

void ReaderDesk::failed(UsbPort port, Error why) {
    boost::asio::post(context_, [this, port, why = std::move(why)] { on_failed(port, why); });
}

void ReaderDesk::received(UsbPort port, std::uint8_t endpoint, Bytes bytes, MonoTime heard_at) {
    boost::asio::post(
        context_, [this, port, endpoint, bytes = std::move(bytes), heard_at] { on_received(port, endpoint, bytes, heard_at); });
}

// --- decisions ------------------------------------------------------------------------------------------------------------------

void ReaderDesk::look_again() {
    // A keyboard that is not there must not make the clinic's only one a second one.
    std::vector<UsbInterface> real, practised;
    for (const auto& [port, reader] : readers_) (PracticeHost::has(port) ? practised : real).push_back(reader->interface);
    for (const auto& [port, reader] : readers_) {
        const auto& all = PracticeHost::has(port) ? practised : real;
        const ReaderRow* const row = row_for(reader->interface);
        const Driver* const said = row != nullptr ? find_driver(row->driver) : nullptr;
        reader->decision = decide_claim(reader->interface, all, settings_.adopted, all_drivers(), said);
        if (reader->decision.claim == Claim::take && !reader->asked && reader->failure.empty())
            take(port, *reader->decision.driver);
    }
    hooks_.changed();
}

void ReaderDesk::take(UsbPort port, const Driver& driver) {
    Reader& reader = *readers_.at(port);
    const ReaderRow* row = row_for(reader.interface);
    reader.protocol = driver.make(reader.interface, row != nullptr ? row->settings : ReaderSettings{});
    reader.window = std::make_unique<ScanWindow>(name_for(reader.interface), row != nullptr ? row->echo_ms : 0);
    reader.asked = true;
    reader.failure.clear();
    host_of(port).open(port);
}

void ReaderDesk::on_received(UsbPort port, std::uint8_t endpoint, ByteView bytes, MonoTime heard_at) {
    const auto found = readers_.find(port);
    if (found == readers_.end() || found->second->protocol == nullptr) return;
    Reader& reader = *found->second;
    Tape* const tape = tape_of(port);
    if (tape != nullptr) tape->recording.received(endpoint, bytes, heard_at);
    if (tape != nullptr && tape->recording.full()) end_tape("size");
    if (scanner_trial_.active()) scanner_trial_.reported(reader_id(reader.interface));
    reader.protocol->receive(endpoint, bytes, heard_at);
    pump(port, reader);
}

void ReaderDesk::on_interrupted(UsbPort port, MonoTime now) {
    const auto found = readers_.find(port);
    if (found == readers_.end() || found->second->protocol == nullptr) return;
    log(Level::warning, "reader_interrupted", {{"reader", reader_id(found->second->interface)}});
    found->second->protocol->interrupted(now);
    if (Tape* const tape = tape_of(port)) tape->recording.interrupted(now);
    pump(port, *found->second);
}

/// It is told to be open when what it scans counts, not before.
void ReaderDesk::announce_when_it_hears(UsbPort port) {
    const auto found = readers_.find(port);
    if (found == readers_.end() || !found->second->open || found->second->announced) return;
    Reader& reader = *found->second;
    const MonoTime now = clock_.mono();
    const auto deaf_until = reader.protocol->deaf_until();
    if (!deaf_until || *deaf_until <= now) return announce(reader);
    reader.hears.expires_after(*deaf_until - now);
    reader.hears.async_wait([this, port](const boost::system::error_code& error) {
        if (!error) announce_when_it_hears(port);
    });
}

void ReaderDesk::announce(Reader& reader) {
    reader.announced = true;
    reader.hears.cancel();
    log(Level::info, "reader_open", {{"reader", reader_id(reader.interface)}, {"name", name_for(reader.interface)}});
    hooks_.changed();
}

void ReaderDesk::on_opened(UsbPort port, MonoTime opened_at) {
    const auto found = readers_.find(port);
    if (found == readers_.end() || !found->second->asked) return;
    Reader& reader = *found->second;
    reader.open = true;
    reader.health.opened(opened_at);
    tape_opened(port);
    reader.protocol->opened(opened_at);
    begin_pad(reader);
    pump(port, reader);
    announce_when_it_hears(port);
    hooks_.changed();
}

void ReaderDesk::on_failed(UsbPort port, const Error& why) {
    const auto found = readers_.find(port);
    if (found == readers_.end()) return;
    Reader& reader = *found->second;
    if (reader.told != why.message)
        log(Level::warning, "reader_failed", {{"reader", reader_id(reader.interface)}, {"why", why.message}});
    reader.told = why.message;  // once, though it is tried again and again
    if (Past* const past = past_of(reader_id(reader.interface))) ++past->failures;
    if (in_trial(port)) end_trial(false, why.message);
    const auto opened_at = reader.health.opened_at();
    const bool had_worked = opened_at && clock_.mono() - *opened_at >= kRetry;
    if (reader.open) {
        tape_closed(port);
        reader.protocol->closed(clock_.mono(), PortEnd::unplugged);
        pump(port, reader);
        close_pad(reader);
    }
    reader.open = reader.announced = false;
    reader.hears.cancel();
    reader.health.closed();
    reader.asked = false;
    reader.protocol.reset();
    reader.failure = why.message;
    reader.failure_kind = why.failure;
    hooks_.changed();
    if (reader.decision.claim == Claim::take) try_again(port, had_worked ? kSoon : kRetry);
}

/// Another program may let go of the reader; and after a sleep of the computer one that worked works again at once.
void ReaderDesk::try_again(UsbPort port, std::chrono::seconds after) {
    Reader& reader = *readers_.at(port);
    reader.timer.expires_after(after);
    reader.timer.async_wait([this, port](const boost::system::error_code& error) {
        const auto found = readers_.find(port);
        if (error || found == readers_.end() || found->second->asked) return;
        found->second->failure.clear();
        look_again();
    });
}

void ReaderDesk::on_gone(UsbPort port) {
    const auto found = readers_.find(port);
    if (found == readers_.end()) return;
    Reader& reader = *found->second;
    if (reader.open) {
        log(Level::info, "reader_gone", {{"reader", reader_id(reader.interface)}});
        tape_closed(port);
        reader.protocol->closed(clock_.mono(), PortEnd::unplugged);
        pump(port, reader);
        close_pad(reader);
    }
    if (in_trial(port)) end_trial(false, "it was unplugged");
    readers_.erase(port);
    look_again();
}

void ReaderDesk::pump(UsbPort port, Reader& reader) {
    for (int step = 0; step < kMostStepsAtOnce; ++step) {
        const auto event = reader.protocol->next_event();
        if (!event) break;
        on_event(port, reader, *event);
        if (reader.protocol == nullptr) return;
    }
    tell_trays(port, reader);
    for (int step = 0; step < kMostStepsAtOnce && reader.open; ++step) {
        auto write = reader.protocol->next_write();
        if (!write) break;
        host_of(port).write(port, std::move(*write));
    }
    arm_timer(port, reader);
}

void ReaderDesk::arm_timer(UsbPort port, Reader& reader) {
    auto wake = reader.protocol->next_wake();
    if (reader.pad != nullptr && !works_on_tag(port) && reader.pad->next_wake() && (!wake || *reader.pad->next_wake() < *wake))
        wake = reader.pad->next_wake();
    if (!wake) {
        reader.timer.cancel();
        return;
    }
    reader.timer.expires_after(std::max(*wake - clock_.mono(), Micros{0}));
    reader.timer.async_wait([this, port](const boost::system::error_code& error) {
        const auto found = readers_.find(port);
        if (error || found == readers_.end() || found->second->protocol == nullptr) return;
        host_of(port).flush(port);  // silence is believed only when nothing waits to be heard
    });
}

void ReaderDesk::on_flushed(UsbPort port) {
    const auto found = readers_.find(port);
    if (found == readers_.end() || found->second->protocol == nullptr) return;
    const MonoTime now = clock_.mono();
    const auto wake = found->second->protocol->next_wake();
    if (wake && *wake <= now) found->second->protocol->wake(now);
    if (!works_on_tag(port)) wake_pad(*found->second, now);
    if (Tape* const tape = tape_of(port)) tape->recording.wake(now);
    pump(port, *found->second);
}

void ReaderDesk::on_event(UsbPort port, Reader& reader, const ReaderEvent& event) {
    if (const auto* read = std::get_if<BarcodeRead>(&event)) {
        if (reader.open && !reader.announced) announce(reader);
        on_barcode(port, reader, *read);
    } else if (const auto* fault = std::get_if<ReaderFault>(&event)) {
        on_fault(port, reader, *fault);
    } else if (const auto* tag = std::get_if<TagRead>(&event)) {
        if (reader.pad != nullptr) reader.pad->see(*tag);
    } else if (const auto* answer = std::get_if<ReaderAnswer>(&event)) {
        on_answer(port, reader, *answer);
    } else if (const auto* card = std::get_if<CardRead>(&event)) {
        if (reader.open && !reader.announced) announce(reader);
        on_card(port, reader, *card);
    } else if (std::holds_alternative<ReaderReady>(event) && reader.pad != nullptr) {
        begin_pad(reader);  // again: it was off, or spoke another language before
    }
}

void ReaderDesk::on_fault(UsbPort port, Reader& reader, const ReaderFault& fault) {
    const MonoTime now = clock_.mono();
    reader.health.fault(fault, now);
    log(Level::warning, "reader_fault", {{"reader", reader_id(reader.interface)}, {"what", fault.what}});
    if (scanner_trial_.active()) return scanner_trial_.faulted(tried(reader), fault.what);
    const bool told = reader.damage_told_at && now - *reader.damage_told_at < kOnceIn;
    if (told || in_trial(port) || reader.pad != nullptr) return;  // nobody scanned where a pad reads
    reader.damage_told_at = now;
    hooks_.damaged(name_for(reader.interface), zone_for(reader.interface));
}

void ReaderDesk::on_barcode(UsbPort port, Reader& reader, const BarcodeRead& read) {
    if (in_trial(port)) {
        if (is_test_code(read)) end_trial(true, "");
        return;  // during the trial nothing else counts: it may be somebody typing
    }
    if (scanner_trial_.active() && scanner_trial_.heard(tried(reader), read)) return learn_from_trial(reader);
    auto scan = reader.window->see(read);
    reader.health.read(clock_.mono(), !scan);
    if (!scan) return;
    scan->zone = zone_for(reader.interface);
    scan->gs = gs_for(reader.interface);
    hooks_.scanned(std::move(*scan));
}

/// A tag with a text is a barcode that is laid down. What lay there when the reader was opened was laid down for something that is over: a
/// start of the daemon would book it again.
void ReaderDesk::on_card(UsbPort port, Reader& reader, const CardRead& card) {
    const auto text = card.was_there ? std::nullopt : card_text(card);
    if (!text) return reader.health.read(clock_.mono(), false);
    on_barcode(port, reader, make_barcode(*text, card.heard_at));
}

}  // namespace dosario
