// SPDX-License-Identifier: Apache-2.0
#include "app/reader_desk.hpp"

#include "system/log.hpp"
#include "identity/identity.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace dosario {
namespace {

constexpr auto kTrial = std::chrono::seconds{20};
constexpr auto kRetry = std::chrono::seconds{10};
constexpr std::size_t kMostReaders = 256;
constexpr int kMostStepsAtOnce = 10'000;  // events of one report; beyond it a driver is broken

const char* state_of(Claim claim) {
    switch (claim) {
        case Claim::take: return "opening";
        case Claim::candidate: return "candidate";
        case Claim::leave: return "not_driven";
        case Claim::protect: return "protected";
        case Claim::last_keyboard: return "last_keyboard";
    }
    return "not_driven";
}

const char* explanation_of(Claim claim) {
    switch (claim) {
        case Claim::take: return "";
        case Claim::candidate:
            return "types like a keyboard and could be a scanner: `dosario readers adopt` tries it with a printed test code";
        case Claim::leave: return "no driver here knows this device";
        case Claim::protect: return "the device also carries a mouse: it is left to the desktop";
        case Claim::last_keyboard: return "it is the only keyboard of this computer: plug in another one before adopting it";
    }
    return "";
}

bool is_test_code(const BarcodeRead& read) {
    CodeBuffer unescaped;
    const Identity identity = identify(read.aim.text(), read.bytes, Date{}, unescaped);
    const auto* command = std::get_if<Command>(&identity);
    return command != nullptr && command->word == CommandWord::test;
}

}  // namespace

struct ReaderDesk::Reader {
    Reader(boost::asio::io_context& context, UsbInterface what) : interface(std::move(what)), timer(context) {}
    UsbInterface interface;
    ClaimDecision decision;
    bool asked = false;  ///< open() was called and neither failed nor closed since
    bool open = false;
    std::string failure;
    std::string told;  ///< the failure that was logged last
    std::unique_ptr<ReaderProtocol> protocol;
    std::unique_ptr<ScanWindow> window;
    boost::asio::steady_timer timer;
    std::uint64_t scans = 0;
    std::uint64_t faults = 0;
};

struct ReaderDesk::Trial {
    Trial(boost::asio::io_context& context) : timer(context) {}
    UsbPort port = 0;
    std::string reader;
    bool has_serial = false;
    std::string operator_badge;
    std::function<void(Result<v1::AdoptReply>)> answer;
    boost::asio::steady_timer timer;
};

ReaderDesk::ReaderDesk(boost::asio::io_context& context, const Clock& clock, std::vector<ReaderRow> rows,
                       std::set<std::string> adopted, Hooks hooks)
    : context_(context),
      clock_(clock),
      rows_(std::move(rows)),
      adopted_(std::move(adopted)),
      hooks_(std::move(hooks)),
      scanner_trial_(context, clock) {}

ReaderDesk::~ReaderDesk() { stop(); }

Result<void> ReaderDesk::start() {
    auto host = UsbHost::start(*this, clock_);
    if (!host) return host.error();
    host_ = std::move(*host);
    return {};
}

void ReaderDesk::stop() {
    if (trial_ != nullptr && host_ != nullptr) end_trial(false, "the daemon is stopping");
    scanner_trial_.stop();
    host_.reset();
    readers_.clear();
    trial_.reset();
}

const ReaderRow* ReaderDesk::row_for(const UsbInterface& interface) const {
    const std::string id = reader_id(interface);
    for (const ReaderRow& row : rows_) {
        if (id.starts_with(row.match)) return &row;
    }
    return nullptr;
}

std::string ReaderDesk::name_for(const UsbInterface& interface) const {
    const ReaderRow* row = row_for(interface);
    return row != nullptr && !row->name.empty() ? row->name : reader_id(interface);
}

v1::Reader ReaderDesk::describe(const Reader& reader) const {
    v1::Reader out;
    out.set_name(name_for(reader.interface));
    out.set_id(reader_id(reader.interface));
    out.set_product(reader.interface.product);
    if (reader.decision.driver != nullptr) out.set_driver(reader.decision.driver->name);
    out.set_state(reader.open ? "open" : !reader.failure.empty() ? "failed" : state_of(reader.decision.claim));
    out.set_explanation(reader.failure.empty() ? explanation_of(reader.decision.claim) : reader.failure);
    out.set_scans(reader.scans);
    out.set_faults(reader.faults);
    const GsTrust gs = scanner_trial_.gs_of(out.id());
    out.set_gs(std::string{gs_state_name(gs.state)});
    out.set_gs_sent(escape(gs.sent));
    return out;
}

TriedReader ReaderDesk::tried(const Reader& reader) const {
    static const ReaderSettings kDefaults;
    const ReaderRow* row = row_for(reader.interface);
    return {reader_id(reader.interface), way_of(reader.interface), row != nullptr ? &row->settings : &kDefaults};
}

void ReaderDesk::listen(const v1::ListenRequest& request, ScannerTrial::Answer answer) {
    const auto is_open = [this](const std::string& id) {
        return std::any_of(readers_.begin(), readers_.end(),
                           [&](const auto& one) { return one.second->open && reader_id(one.second->interface) == id; });
    };
    scanner_trial_.listen(request, is_open, std::move(answer));
}

v1::ReadersReply ReaderDesk::list() const {
    v1::ReadersReply reply;
    for (const auto& [port, reader] : readers_) *reply.add_readers() = describe(*reader);
    return reply;
}

// --- news from the USB thread, carried over to the main thread ------------------------------------------------------------------

void ReaderDesk::appeared(UsbPort port, UsbInterface interface) {
    boost::asio::post(context_, [this, port, interface = std::move(interface)]() mutable {
        if (host_ == nullptr || readers_.size() >= kMostReaders) return;
        readers_[port] = std::make_unique<Reader>(context_, std::move(interface));
        look_again();
    });
}

void ReaderDesk::disappeared(UsbPort port) {
    boost::asio::post(context_, [this, port] { on_gone(port); });
}

void ReaderDesk::opened(UsbPort port) {
    boost::asio::post(context_, [this, port] { on_opened(port); });
}

void ReaderDesk::flushed(UsbPort port) {
    boost::asio::post(context_, [this, port] { on_flushed(port); });
}

void ReaderDesk::failed(UsbPort port, Error why) {
    boost::asio::post(context_, [this, port, why = std::move(why)] { on_failed(port, why); });
}

void ReaderDesk::received(UsbPort port, std::uint8_t endpoint, Bytes bytes, MonoTime heard_at) {
    boost::asio::post(context_, [this, port, endpoint, bytes = std::move(bytes), heard_at] {
        const auto found = readers_.find(port);
        if (found == readers_.end() || found->second->protocol == nullptr) return;
        if (scanner_trial_.active()) scanner_trial_.reported(reader_id(found->second->interface));
        found->second->protocol->receive(endpoint, bytes, heard_at);
        pump(port, *found->second);
    });
}

// --- decisions ------------------------------------------------------------------------------------------------------------------

void ReaderDesk::look_again() {
    std::vector<UsbInterface> all;
    for (const auto& [port, reader] : readers_) all.push_back(reader->interface);
    for (const auto& [port, reader] : readers_) {
        reader->decision = decide_claim(reader->interface, all, adopted_, all_drivers());
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
    host_->open(port);
}

void ReaderDesk::on_opened(UsbPort port) {
    const auto found = readers_.find(port);
    if (found == readers_.end() || !found->second->asked) return;
    Reader& reader = *found->second;
    reader.open = true;
    log(Level::info, "reader_open", {{"reader", reader_id(reader.interface)}, {"name", name_for(reader.interface)}});
    reader.protocol->opened(clock_.mono());
    pump(port, reader);
    hooks_.changed();
}

void ReaderDesk::on_failed(UsbPort port, const Error& why) {
    const auto found = readers_.find(port);
    if (found == readers_.end()) return;
    Reader& reader = *found->second;
    if (reader.told != why.message)
        log(Level::warning, "reader_failed", {{"reader", reader_id(reader.interface)}, {"why", why.message}});
    reader.told = why.message;  // once, though it is tried again and again
    if (trial_ != nullptr && trial_->port == port) end_trial(false, why.message);
    if (reader.open) {
        reader.protocol->closed(clock_.mono(), PortEnd::unplugged);
        pump(port, reader);
    }
    reader.open = false;
    reader.asked = false;
    reader.protocol.reset();
    reader.failure = why.message;
    hooks_.changed();
    if (reader.decision.claim == Claim::take) try_again(port);
}

/// Another program may let go of the reader.
void ReaderDesk::try_again(UsbPort port) {
    Reader& reader = *readers_.at(port);
    reader.timer.expires_after(kRetry);
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
        reader.protocol->closed(clock_.mono(), PortEnd::unplugged);
        pump(port, reader);
    }
    if (trial_ != nullptr && trial_->port == port) end_trial(false, "it was unplugged");
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
    for (int step = 0; step < kMostStepsAtOnce && reader.open; ++step) {
        auto write = reader.protocol->next_write();
        if (!write) break;
        host_->write(port, std::move(*write));
    }
    arm_timer(port, reader);
}

void ReaderDesk::arm_timer(UsbPort port, Reader& reader) {
    const auto wake = reader.protocol->next_wake();
    if (!wake) {
        reader.timer.cancel();
        return;
    }
    reader.timer.expires_after(std::max(*wake - clock_.mono(), Micros{0}));
    reader.timer.async_wait([this, port](const boost::system::error_code& error) {
        const auto found = readers_.find(port);
        if (error || found == readers_.end() || found->second->protocol == nullptr) return;
        host_->flush(port);  // silence is believed only when nothing waits to be heard
    });
}

void ReaderDesk::on_flushed(UsbPort port) {
    const auto found = readers_.find(port);
    if (found == readers_.end() || found->second->protocol == nullptr) return;
    const auto wake = found->second->protocol->next_wake();
    if (wake && *wake <= clock_.mono()) found->second->protocol->wake(clock_.mono());
    pump(port, *found->second);
}

void ReaderDesk::on_event(UsbPort port, Reader& reader, const ReaderEvent& event) {
    if (const auto* read = std::get_if<BarcodeRead>(&event)) {
        on_barcode(port, reader, *read);
    } else if (const auto* fault = std::get_if<ReaderFault>(&event)) {
        ++reader.faults;
        if (scanner_trial_.active()) scanner_trial_.faulted(tried(reader), fault->what);
        log(Level::warning, "reader_fault", {{"reader", reader_id(reader.interface)}, {"what", fault->what}});
    }
}

void ReaderDesk::on_barcode(UsbPort port, Reader& reader, const BarcodeRead& read) {
    if (trial_ != nullptr && trial_->port == port) {
        if (is_test_code(read)) end_trial(true, "");
        return;  // during the trial nothing else counts: it may be somebody typing
    }
    if (scanner_trial_.active() && scanner_trial_.heard(tried(reader), read)) return;
    ++reader.scans;
    if (auto scan = reader.window->see(read)) hooks_.scanned(std::move(*scan));
}

// --- adoption -------------------------------------------------------------------------------------------------------------------

void ReaderDesk::adopt(const v1::AdoptRequest& request, std::function<void(Result<v1::AdoptReply>)> answer) {
    v1::AdoptReply reply;
    reply.set_test_code(std::string{command_code(CommandWord::test)});
    UsbPort port = 0;
    for (const auto& [number, reader] : readers_) {
        const Claim claim = reader->decision.claim;
        if (reader->open || (claim != Claim::candidate && claim != Claim::last_keyboard)) continue;
        *reply.add_candidates() = describe(*reader);
        if (claim == Claim::candidate && reader_id(reader->interface) == request.reader()) port = number;
    }
    if (request.reader().empty()) {
        reply.set_ok(true);
        reply.set_message(reply.candidates().empty() ? "no device here could be a scanner that is not driven yet"
                                                     : "adopt one of these with its id, and then scan the test code");
        return answer(std::move(reply));
    }
    if (trial_ != nullptr) return answer(fail(Failure::unavailable, "another reader is being tried: wait 20 seconds"));
    if (port == 0)
        return answer(fail(Failure::not_found,
                           "there is no candidate with this id: `dosario readers adopt` lists them and says why others are not"));
    trial_ = std::make_unique<Trial>(context_);
    trial_->port = port;
    trial_->reader = request.reader();
    trial_->has_serial = !readers_.at(port)->interface.serial.empty();
    trial_->operator_badge = request.operator_();
    trial_->answer = std::move(answer);
    trial_->timer.expires_after(kTrial);
    trial_->timer.async_wait([this](const boost::system::error_code& error) {
        if (!error && trial_ != nullptr) end_trial(false, "the test code did not come within 20 seconds");
    });
    log(Level::info, "reader_trial", {{"reader", trial_->reader}});
    readers_.at(port)->failure.clear();
    take(port, *readers_.at(port)->decision.driver);
}

/// What was typed on it and not yet taken for a scan is forgotten: it may be somebody's words.
void ReaderDesk::give_back(UsbPort port) {
    const auto found = readers_.find(port);
    if (found == readers_.end() || !found->second->asked) return;
    Reader& reader = *found->second;
    reader.asked = false;
    reader.open = false;
    reader.timer.cancel();
    reader.protocol.reset();
    host_->close(port);
    hooks_.changed();
}

void ReaderDesk::end_trial(bool seen, const std::string& why) {
    const std::shared_ptr<Trial> trial{std::move(trial_)};
    trial->timer.cancel();
    if (!seen) {
        give_back(trial->port);
        log(Level::info, "reader_given_back", {{"reader", trial->reader}, {"why", why}});
        v1::AdoptReply reply;
        reply.set_message("the device was given back: " + why);
        return trial->answer(std::move(reply));
    }
    adopted_.insert(trial->reader);
    hooks_.adopted(trial->reader, trial->operator_badge, [this, trial](std::optional<Error> failure) {
        if (failure) {
            adopted_.erase(trial->reader);
            give_back(trial->port);
            return trial->answer(*failure);
        }
        log(Level::info, "reader_adopted", {{"reader", trial->reader}});
        v1::AdoptReply reply;
        reply.set_ok(true);
        reply.set_message(trial->has_serial
                              ? "adopted: from now on this scanner belongs to Dosario, on any port"
                              : "adopted: from now on this scanner belongs to Dosario as long as it is plugged into "
                                "this port (it has no serial number)");
        trial->answer(std::move(reply));
        look_again();
    });
}

}  // namespace dosario
