// SPDX-License-Identifier: Apache-2.0
// The driver's row: which HID interfaces are scanners, and which decoder reads them. Interfaces are told apart by their
// descriptors; vendor and product numbers only say whether a keyboard is surely a scanner.
#include "hid_scanner/hid_pos.hpp"
#include "hid_scanner/keyboard.hpp"
#include "reader/scanner_makers.hpp"

namespace dosario {

extern const Driver k_hid_scanner_driver;

namespace {

constexpr HidUsage kKeyboardUsage{0x01, 0x06};
constexpr std::size_t kBootReportBytes = 8;
constexpr std::byte kScannedDataId{0x02};

constexpr Driver::Known kModels[] = {
    {0x24EA, 0x0197, "Meva"},
    {0x0218, 0x0210, "generic 1D scanner"},
    {0x0145, 0x0012, "Tera"},
    // Numbers that other things have too: a person adopts them.
    {0x05FE, 0x1010, "generic keyboard scanner", false},
    {0xFFFF, 0x0035, "Sycreader, generic keyboard reader", false},
};
constexpr auto kKnown = joined(kScannerMakers, kModels);

enum class Kind { unknown, keyboard, hid_pos, keyboard_and_mouse, other };

std::optional<ReportDescriptor> descriptor_of(const UsbInterface& interface) {
    if (interface.report_descriptor.empty()) return std::nullopt;
    auto parsed = parse_report_descriptor(interface.report_descriptor);
    if (!parsed) return std::nullopt;
    return std::move(*parsed);
}

// Product numbers that vendors keep for the HID POS mode, for interfaces whose descriptor cannot be read yet.
bool has_hid_pos_id(const UsbInterface& one) {
    if (one.vid == kZebra) return one.pid == 0x2100;
    if (one.vid == 0x0C2E) return one.pid == 0x1007;
    return one.vid == 0x1EAB && (one.pid & 0xFF) == 0x10;
}

// IBM modes and SNAPI: other protocols on HID, for which there is no decoder.
bool is_not_driven(const UsbInterface& one) {
    return one.vid == kZebra && (one.pid == kZebraHandHeld || one.pid == kZebraTableTop || one.pid == kZebraSnapi);
}

Kind kind_of(const UsbInterface& one, const std::optional<ReportDescriptor>& descriptor) {
    if (descriptor && !descriptor->applications.empty()) {
        if (descriptor->serves_page(kBarcodeScannerPage)) return Kind::hid_pos;
        const bool keyboard = descriptor->serves(kKeyboardUsage);
        if (keyboard && descriptor->is_mouse()) return Kind::keyboard_and_mouse;
        return keyboard ? Kind::keyboard : Kind::other;
    }
    if (is_boot_keyboard(one)) return Kind::keyboard;
    if (one.subclass != kBootSubclass && has_hid_pos_id(one)) return Kind::hid_pos;
    return Kind::unknown;
}

Match match(const UsbInterface& one) {
    if (one.class_code != kHidClass || is_not_driven(one)) return Match::no;
    switch (kind_of(one, descriptor_of(one))) {
        case Kind::hid_pos: return Match::yes;
        case Kind::keyboard_and_mouse: return Match::never;
        case Kind::keyboard:
            if (one.device_has_mouse) return Match::never;
            return is_surely(kKnown, one) ? Match::yes : Match::if_adopted;
        case Kind::unknown:
        case Kind::other: return Match::no;
    }
    return Match::no;
}

bool is_scan_report(ByteView report) {
    // The reserved byte of a keyboard's report is 0; eight letters of a serial line have none there.
    return (report.size() == kBootReportBytes && report[1] == std::byte{0}) ||
           (report.size() > kBootReportBytes && report[0] == kScannedDataId);
}

std::unique_ptr<ReaderProtocol> make_pos(const UsbInterface& one, const std::optional<ReportDescriptor>& descriptor,
                                         const ReaderSettings& settings) {
    HidPosReports reports;
    if (descriptor) reports.layout = hid_pos_layout(*descriptor);
    if (reports.layout) {
        for (const auto& report : descriptor->reports) {
            if (report.id != reports.layout->report_id) reports.other_ids.push_back(report.id);
        }
    }
    return make_hid_pos(std::move(reports), one, settings);
}

std::unique_ptr<ReaderProtocol> make_typed(const UsbInterface& one, const std::optional<ReportDescriptor>& descriptor,
                                           const ReaderSettings& settings) {
    KeyboardReport report;
    report.boot = one.subclass == kBootSubclass;
    auto declared = descriptor ? keyboard_report(*descriptor) : std::nullopt;
    if (report.boot) return make_keyboard(report, one.number, settings, std::move(declared));
    return make_keyboard(declared.value_or(report), one.number, settings);
}

// Nothing is known about the interface (a capture without its header): the first report that can be one decides.
class ByFirstReport final : public QueuedReader {
public:
    ByFirstReport(UsbInterface interface, const ReaderSettings& settings)
        : interface_(std::move(interface)), settings_(settings) {}

    void opened(MonoTime now) override { opened_at_ = now; }
    void receive(std::uint8_t endpoint, ByteView bytes, MonoTime now) override {
        if (bytes.empty()) return;
        if (!decoder_ && is_scan_report(bytes)) choose(bytes);
        if (decoder_) return decoder_->receive(endpoint, bytes, now);
        const bool too_short = bytes.size() < kBootReportBytes || bytes[0] == kScannedDataId;
        fault(too_short ? ReaderFault::Kind::length : ReaderFault::Kind::framing,
              "no report of a keyboard or of a HID POS scanner");
    }
    void wake(MonoTime now) override {
        if (decoder_) decoder_->wake(now);
    }
    void interrupted(MonoTime now) override {
        if (decoder_) decoder_->interrupted(now);
    }
    std::optional<MonoTime> deaf_until() const override { return decoder_ ? decoder_->deaf_until() : std::nullopt; }
    void closed(MonoTime now, PortEnd end) override {
        if (decoder_) decoder_->closed(now, end);
    }
    std::optional<ReaderWrite> next_write() override { return decoder_ ? decoder_->next_write() : std::nullopt; }
    std::optional<ReaderEvent> next_event() override {
        auto own = QueuedReader::next_event();
        return own || !decoder_ ? std::move(own) : decoder_->next_event();
    }
    std::optional<MonoTime> next_wake() const override { return decoder_ ? decoder_->next_wake() : std::nullopt; }

private:
    void choose(ByteView first) {
        const bool keyboard = first.size() == kBootReportBytes;
        decoder_ = keyboard ? make_typed(interface_, std::nullopt, settings_) : make_pos(interface_, std::nullopt, settings_);
        if (opened_at_) decoder_->opened(*opened_at_);
    }

    const UsbInterface interface_;
    const ReaderSettings settings_;
    std::optional<MonoTime> opened_at_;
    std::unique_ptr<ReaderProtocol> decoder_;
};

std::unique_ptr<ReaderProtocol> make(const UsbInterface& one, const ReaderSettings& settings) {
    const auto descriptor = descriptor_of(one);
    switch (kind_of(one, descriptor)) {
        case Kind::hid_pos: return make_pos(one, descriptor, settings);
        case Kind::keyboard:
        case Kind::keyboard_and_mouse: return make_typed(one, descriptor, settings);
        case Kind::unknown:
        case Kind::other: break;
    }
    return std::make_unique<ByFirstReport>(one, settings);
}

}  // namespace

const Driver k_hid_scanner_driver = {"hid_scanner", match, make, kKnown, is_scan_report};

}  // namespace dosario
