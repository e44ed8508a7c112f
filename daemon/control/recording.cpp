// SPDX-License-Identifier: Apache-2.0
#include "control/recording.hpp"

#include "base/overloaded.hpp"
#include "identity/identity.hpp"
#include "identity/person.hpp"
#include "reader/capture.hpp"

#include <algorithm>
#include <utility>

namespace dosario {
namespace {

constexpr std::size_t kLongestBareDni = 8;  // digits
/// Wakes of one step; beyond it a driver is broken.
constexpr int kMostWakes = 1000;

Identity identity_of(const BarcodeRead& read, CodeBuffer& buffer) {
    return identify(read.aim.text(), read.bytes, Date{}, buffer);
}

bool is_somebodys(const BarcodeRead& read) {
    CodeBuffer buffer;
    const Identity identity = identity_of(read, buffer);
    return std::holds_alternative<Person>(identity) || std::holds_alternative<Badge>(identity);
}

std::string header_of(const UsbInterface& one, const ReaderSettings& settings, const Driver& driver, Recording::Options options) {
    Capture capture{capture_headers(one, settings, options.anonymous), {}};
    capture.headers.push_back({"family", driver.name});
    return std::string{options.raw ? "# Raw: this MAY HOLD DOCUMENTS OF PERSONS. Do not pass it on.\n"
                                   : "# What may be a document of a person is left out.\n"} +
           write_capture(capture);
}

bool same_read(const ReaderEvent& a, const ReaderEvent& b) {
    const auto* const one = std::get_if<BarcodeRead>(&a);
    const auto* const other = std::get_if<BarcodeRead>(&b);
    return one != nullptr && other != nullptr && one->aim == other->aim && one->bytes == other->bytes;
}

/// A driver that hears a run alone, from an empty start to the end of a recording.
class Alone {
public:
    Alone(const Driver& driver, const UsbInterface& interface, const ReaderSettings& settings, MonoTime now)
        : ear_(driver.make(interface, settings)) {
        ear_->opened(now);
        drain();
    }
    void hear(std::uint8_t endpoint, ByteView report, MonoTime now) {
        for (int i = 0; i < kMostWakes; ++i) {
            const auto due = ear_->next_wake();
            if (!due || *due > now) break;
            ear_->wake(*due);
            drain();
        }
        ear_->receive(endpoint, report, now);
        drain();
    }
    const std::vector<ReaderEvent>& end(MonoTime now) {
        ear_->closed(now, PortEnd::end_of_recording);
        drain();
        return events_;
    }

private:
    void drain() {
        while (ear_->next_write()) {
        }
        while (auto event = ear_->next_event()) {
            if (!std::holds_alternative<ReaderReady>(*event)) events_.push_back(std::move(*event));
        }
    }
    std::unique_ptr<ReaderProtocol> ear_;
    std::vector<ReaderEvent> events_;
};

}  // namespace

bool is_surely_no_document(const BarcodeRead& read) {
    if (parse_person(read.bytes)) return false;
    // One in ten numbers of a DNI is a right GTIN-8.
    if (!read.aim.given() && read.bytes.size() <= kLongestBareDni) return false;
    CodeBuffer buffer;
    return std::visit(Overloaded{
                          [](const SerialPack&) { return true; },
                          [](const ProductLot&) { return true; },
                          [](const DoseLabel&) { return true; },
                          [](const PackLabel&) { return true; },
                          [](const LogisticUnit&) { return true; },
                          [](const WholesalerLabel&) { return true; },
                          [](const UnclearCode&) { return true; },
                          [](const Command&) { return true; },
                          [](const RestrictedNumber&) { return false; },  // numbers of a house's own, of people too
                          [](const Person&) { return false; },
                          [](const Badge&) { return false; },
                          [](const Unknown&) { return false; },
                      },
                      identity_of(read, buffer));
}

Recording::Recording(UsbInterface interface, ReaderSettings settings, const Driver& driver, Options options, MonoTime now)
    : interface_(std::move(interface)), settings_(std::move(settings)), driver_(driver), options_(options), began_at_(now) {
    settings_.is_replayed = true;  // as a replay will hear it
    write(header_of(interface_, settings_, driver_, options_));
    begin_ear(now);
}

Recording::~Recording() = default;

void Recording::begin_ear(MonoTime now) {
    if (options_.raw) return;
    ear_ = driver_.make(interface_, settings_);
    ear_->opened(now);
    std::vector<ReaderEvent> none;
    drain(none);
}

void Recording::drain(std::vector<ReaderEvent>& events) {
    while (ear_->next_write()) {
    }
    while (auto event = ear_->next_event()) {
        if (!std::holds_alternative<ReaderReady>(*event)) events.push_back(std::move(*event));
    }
}

void Recording::wake(MonoTime now) {
    if (!ear_) return;
    for (int i = 0; i < kMostWakes; ++i) {
        const auto due = ear_->next_wake();
        if (!due || *due > now) return;
        ear_->wake(*due);
        std::vector<ReaderEvent> events;
        drain(events);
        if (!events.empty()) end_run(events, *due);
    }
}

void Recording::received(std::uint8_t endpoint, ByteView report, MonoTime heard_at) {
    if (full_) return;
    Report one{endpoint, Bytes{report.begin(), report.end()}, heard_at};
    if (options_.raw) return write(one);
    if (!ear_) return;
    wake(heard_at);
    run_bytes_ += one.bytes.size();
    run_.push_back(std::move(one));
    ear_->receive(endpoint, report, heard_at);
    std::vector<ReaderEvent> events;
    drain(events);
    if (!events.empty())
        end_run(events, heard_at);
    else if (run_.size() >= kMostReportsInRun || run_bytes_ >= kLargestRun_bytes)
        leave_out(Why::broken, 1, heard_at);
}

void Recording::end_run(const std::vector<ReaderEvent>& events, MonoTime now) {
    const auto is_read = [](const ReaderEvent& event) { return std::holds_alternative<BarcodeRead>(event); };
    const auto reads = static_cast<std::uint64_t>(std::ranges::count_if(events, is_read));
    if (proves_harmless(events)) {
        blank_leftovers(events);
        for (const Report& report : run_) write(report);
        counts_.scans += reads;
        run_.clear();
        run_bytes_ = 0;
        return;
    }
    const bool somebodys = std::ranges::any_of(events, [](const ReaderEvent& event) {
        const auto* const read = std::get_if<BarcodeRead>(&event);
        return read != nullptr && is_somebodys(*read);
    });
    if (somebodys) return leave_out(Why::person, reads, now);
    if (reads == 0) return leave_out(Why::broken, 1, now);
    leave_out(Why::other, reads, now);
}

bool Recording::proves_harmless(const std::vector<ReaderEvent>& events) const {
    const auto harmless = [](const ReaderEvent& event) {
        const auto* const read = std::get_if<BarcodeRead>(&event);
        return read != nullptr && is_surely_no_document(*read);
    };
    return !run_.empty() && std::ranges::all_of(events, harmless) && gives(events);
}

bool Recording::gives(const std::vector<ReaderEvent>& events) const {
    Alone alone{driver_, interface_, settings_, run_.front().heard_at};
    for (const Report& report : run_) alone.hear(report.endpoint, report.bytes, report.heard_at);
    return std::ranges::equal(alone.end(run_.back().heard_at), events, same_read);
}

/// Some scanners do not clear their buffer: behind the content of a short scan stands the end of a longer one, which may be a document.
/// The longest end of each report that the driver does without is zeros then, but for the last bytes, which say what kind of symbol it was.
void Recording::blank_leftovers(const std::vector<ReaderEvent>& events) {
    constexpr std::size_t kShortest = 32, kKept = 3, kMostReports = 64;
    if (run_.size() > kMostReports) return;
    for (Report& report : run_) {
        if (report.bytes.size() < kShortest) continue;
        const Bytes as_sent = report.bytes;
        const auto end = as_sent.end() - static_cast<std::ptrdiff_t>(kKept);
        const auto blank_from = [&](std::size_t from) {
            report.bytes = as_sent;
            std::fill(report.bytes.begin() + static_cast<std::ptrdiff_t>(from),
                      report.bytes.end() - static_cast<std::ptrdiff_t>(kKept), std::byte{0});
            return gives(events);
        };
        std::size_t needed = 0, from = as_sent.size() - kKept;
        while (from > needed && std::any_of(as_sent.begin() + static_cast<std::ptrdiff_t>(needed), end,
                                            [](std::byte b) { return b != std::byte{0}; })) {
            const std::size_t middle = (needed + from) / 2;
            if (blank_from(middle))
                from = middle;
            else
                needed = middle + 1;
        }
        blank_from(from);
    }
}

/// Nothing of the bytes is said, not even how many keys were pressed.
void Recording::leave_out(Why why, std::uint64_t scans, MonoTime now) {
    const char* what = "";
    switch (why) {
        case Why::person:
            counts_.persons += scans;
            what = "a document or badge of a person";
            break;
        case Why::other:
            counts_.others += scans;
            what = "no code of goods: it may be a document";
            break;
        case Why::broken:
            counts_.broken += scans;
            what = "no whole scan: it may be a part of a document";
            break;
    }
    write("# at " + std::to_string(since_begin_ms(now)) + " ms reports were left out: " + what + '\n');
    run_.clear();
    run_bytes_ = 0;
}

void Recording::interrupted(MonoTime now) {
    write("# at " + std::to_string(since_begin_ms(now)) + " ms the USB line had trouble\n");
    if (!ear_) return;
    wake(now);
    ear_->interrupted(now);
    std::vector<ReaderEvent> events;
    drain(events);
    if (!events.empty()) end_run(events, now);
}

void Recording::unplugged(MonoTime now) {
    wake(now);
    if (ear_) {
        ear_->closed(now, PortEnd::unplugged);
        std::vector<ReaderEvent> events;
        drain(events);
        ear_.reset();
        if (!events.empty()) end_run(events, now);
    }
    end(now);
    write('@' + std::to_string(since_begin_ms(now)) + " ! unplug\n");
}

void Recording::plugged(MonoTime now) {
    write('@' + std::to_string(since_begin_ms(now)) + " ! plug\n");
    begin_ear(now);
}

void Recording::end(MonoTime now) {
    // The release of the last key is of no scan, and holds nothing.
    const bool says_something = std::ranges::any_of(run_, [](const Report& report) {
        return std::ranges::any_of(report.bytes, [](std::byte b) { return b != std::byte{0}; });
    });
    if (says_something) leave_out(Why::broken, 1, now);
    run_.clear();
    run_bytes_ = 0;
}

std::int64_t Recording::since_begin_ms(MonoTime now) {
    last_ms_ = std::max(last_ms_, std::chrono::duration_cast<std::chrono::milliseconds>(now - began_at_).count());
    return last_ms_;
}

void Recording::write(const Report& report) {
    CaptureStep step;
    step.at_ms = since_begin_ms(report.heard_at);
    step.endpoint = report.endpoint;
    step.bytes = report.bytes;
    write(write_capture({{}, {step}}));
}

/// Lines are whole or not there.
void Recording::write(std::string line) {
    full_ = full_ || written_ + line.size() > kLargest_bytes || text_.size() + line.size() > kMostUntaken_bytes;
    if (full_) return;
    written_ += line.size();
    text_ += line;
}

std::string Recording::take(std::size_t most) {
    if (text_.size() <= most) return std::exchange(text_, {});
    std::size_t end = text_.rfind('\n', most == 0 ? 0 : most - 1);
    if (end == std::string::npos) end = text_.find('\n');
    std::string taken = text_.substr(0, end + 1);
    text_.erase(0, end + 1);
    return taken;
}

}  // namespace dosario
