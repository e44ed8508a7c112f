// SPDX-License-Identifier: Apache-2.0
// The boot report (HID 1.11, appendix B.1), 8 bytes; other layouts move the parts:
//   [modifiers] [reserved] [key 1] ... [key 6]     modifiers, bit 0 up: left Ctrl Shift Alt GUI, right Ctrl Shift Alt GUI
// A key counts when it is there and was not there in the report before. 01 in a slot: too many keys at once, no news.
#include "hid_scanner/keyboard.hpp"

#include <algorithm>
#include <utility>

namespace dosario {
namespace {

constexpr std::uint8_t kCtrl = 0x11;
constexpr std::uint8_t kShift = 0x22;
constexpr std::uint8_t kLeftAlt = 0x04;
constexpr std::uint8_t kAltGr = 0x40;
constexpr std::uint8_t kLastErrorKey = 0x03;
constexpr std::uint8_t kCapsLock = 0x39;
constexpr std::uint8_t kNumLock = 0x53;
constexpr std::uint8_t kFirstModifier = 0xE0;
constexpr std::uint8_t kKeypadOne = 0x59;
constexpr std::uint8_t kKeypadZero = 0x62;
constexpr std::size_t kMostAltDigits = 4;
constexpr int kLastLatin1 = 255;
constexpr std::uint16_t kKeyboardPage = 0x07;
constexpr int kUsualIdleMs = 100;
/// Until it is known how a scanner ends its scans: half a code is worse than a first scan that comes a moment later.
constexpr auto kFirstPatience = std::chrono::milliseconds{300};
/// Of a scanner that is known to end its scans: its keys may come late, from a hub that slept or a host that stood still.
constexpr auto kPatience = std::chrono::milliseconds{500};
/// Keys this soon after a scan that silence cut off are its tail. A person who hears the fault needs longer to scan again.
constexpr auto kLongestTail = std::chrono::seconds{2};
constexpr const char* kUsualTerminators = "\r\t";
constexpr std::uint8_t kSetIdle = 0x0A;
constexpr std::uint8_t kSetProtocol = 0x0B;
constexpr std::uint8_t kToInterface = 0x21;

std::optional<int> keypad_digit(std::uint8_t usage) {
    if (usage == kKeypadZero) return 0;
    if (usage >= kKeypadOne && usage < kKeypadZero) return usage - kKeypadOne + 1;
    return std::nullopt;
}

KeyLevel level_of(std::uint8_t modifiers) {
    if ((modifiers & kAltGr) != 0) return KeyLevel::alt_gr;
    return (modifiers & kShift) != 0 ? KeyLevel::shift : KeyLevel::plain;
}

class Keyboard final : public QueuedReader {
public:
    Keyboard(KeyboardReport report, std::uint8_t number, ReaderSettings settings, std::optional<KeyboardReport> instead)
        : report_(std::move(report)),
          instead_(std::move(instead)),
          number_(number),
          settings_(std::move(settings)),
          terminators_(settings_.terminators.value_or(kUsualTerminators)),
          idle_(settings_.idle_ms != 0 ? settings_.idle_ms : kUsualIdleMs) {}

    void opened(MonoTime now) override;
    void receive(std::uint8_t endpoint, ByteView bytes, MonoTime now) override;
    void wake(MonoTime now) override;
    void closed(MonoTime now, PortEnd end) override;
    std::optional<MonoTime> next_wake() const override;
    void interrupted(MonoTime now) override;

private:
    bool is_ours(ByteView bytes);
    void damaged(ReaderFault::Kind kind, const char* what);
    void spoil(ReaderFault::Kind kind, const char* what);
    void press(std::uint8_t usage, std::uint8_t modifiers);
    void alt_digit(int digit);
    void alt_released();
    void character(char one);
    void finish();
    void forget();
    bool is_idle() const { return scan_.empty() && !spoilt_ && alt_digits_ == 0; }

    KeyboardReport report_;
    std::optional<KeyboardReport> instead_;  // until the first report tells which of both it is
    const std::uint8_t number_;
    const ReaderSettings settings_;
    const std::string terminators_;
    const std::chrono::milliseconds idle_;
    std::vector<std::uint8_t> held_;  // keys of the last report, at most kMostKeySlots
    std::string scan_;                // at most kLongestBarcode
    bool spoilt_ = false;             // something is missing: drop everything up to the end of the scan
    bool is_tail_ = false;            // likewise, after silence cut a scan off: for a while
    bool ends_with_terminator_ = false;
    bool ends_by_silence_ = false;
    bool after_cr_ = false;  // a CR ended the last scan and nothing came since
    bool after_dead_key_ = false;
    std::size_t alt_digits_ = 0;
    int alt_code_ = 0;
    MonoTime last_key_at_{};
};

void Keyboard::opened(MonoTime) {
    const auto request = [this](std::uint8_t what) {
        send({std::array<std::uint8_t, 8>{kToInterface, what, 0, 0, number_, 0, 0, 0}, 0, {}});
    };
    if (report_.boot) request(kSetProtocol);
    request(kSetIdle);
}

// A report of the right size and id; other reports of the interface are passed over.
bool Keyboard::is_ours(ByteView bytes) {
    const auto id = std::to_integer<std::uint8_t>(bytes[0]);
    const bool of_boot = bytes.size() == report_.size;
    if (instead_ && !of_boot && bytes.size() == instead_->size && (instead_->report_id == 0 || instead_->report_id == id)) {
        report_ = *std::exchange(instead_, std::nullopt);
    } else if (of_boot) {
        instead_.reset();
    }
    if (report_.report_id != 0 && id != report_.report_id) {
        const bool known = std::find(report_.other_ids.begin(), report_.other_ids.end(), id) != report_.other_ids.end();
        if (!known) damaged(ReaderFault::Kind::framing, "a report id the keyboard does not declare");
        return false;
    }
    if (bytes.size() == report_.size) return true;
    damaged(ReaderFault::Kind::length, "a keyboard report of another length");
    return false;
}

void Keyboard::receive(std::uint8_t, ByteView bytes, MonoTime now) {
    if (bytes.empty()) return;
    if (!is_ours(bytes)) {
        if (!is_idle()) last_key_at_ = now;
        return;
    }
    std::vector<std::uint8_t> keys;
    for (const std::byte slot : bytes.subspan(report_.keys_at, report_.key_slots)) {
        const auto key = std::to_integer<std::uint8_t>(slot);
        if (key != 0 && key <= kLastErrorKey) return;
        if (key != 0 && std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
    const auto modifiers = std::to_integer<std::uint8_t>(bytes[report_.modifiers_at]);
    if ((modifiers & kLeftAlt) == 0 && alt_digits_ > 0) {
        last_key_at_ = now;
        alt_released();
    }
    for (const std::uint8_t key : keys) {
        if (std::find(held_.begin(), held_.end(), key) != held_.end()) continue;
        last_key_at_ = now;
        press(key, modifiers);
    }
    held_ = std::move(keys);
}

// A report that cannot be read may have held a character. Between scans with a key still held it was the release of the terminator.
void Keyboard::damaged(ReaderFault::Kind kind, const char* what) {
    fault(kind, what);
    if (!is_idle() || held_.empty()) spoilt_ = true;
    scan_.clear();
    alt_digits_ = 0;
    alt_code_ = 0;
}

void Keyboard::interrupted(MonoTime now) {
    if (is_idle()) return;
    last_key_at_ = now;
    spoil(ReaderFault::Kind::framing, "the USB line lost something");
}

// A character of the scan under way is lost, so the scan is: its rest is dropped up to the terminator or the silence.
void Keyboard::spoil(ReaderFault::Kind kind, const char* what) {
    if (!spoilt_) fault(kind, what);
    spoilt_ = true;
    scan_.clear();
}

void Keyboard::press(std::uint8_t usage, std::uint8_t modifiers) {
    if (usage == kCapsLock || usage == kNumLock || usage >= kFirstModifier) return;
    const auto digit = keypad_digit(usage);
    if ((modifiers & kLeftAlt) != 0 && digit) return alt_digit(*digit);
    if ((modifiers & kCtrl) != 0) {
        const auto control = control_character(settings_.layout, usage, level_of(modifiers));
        if (control) return character(*control);
    } else if (const auto typed = typed_character(settings_.layout, usage, level_of(modifiers))) {
        const bool of_dead_key = after_dead_key_ && typed->character == ' ';
        after_dead_key_ = false;
        if (of_dead_key) return;
        character(typed->character);
        after_dead_key_ = typed->dead;
        return;
    }
    // Arrow and function keys in the middle of a scan are how some scanners send control characters.
    if (!scan_.empty())
        spoil(ReaderFault::Kind::framing, "a key without character inside a scan; set the scanner to control characters");
}

void Keyboard::alt_digit(int digit) {
    ++alt_digits_;
    if (alt_digits_ <= kMostAltDigits) alt_code_ = alt_code_ * 10 + digit;
}

void Keyboard::alt_released() {
    const bool is_character = alt_digits_ <= kMostAltDigits && alt_code_ <= kLastLatin1;
    const auto code = static_cast<unsigned char>(alt_code_);
    alt_digits_ = 0;
    alt_code_ = 0;
    if (spoilt_) return;  // a digit may be the part that is missing: the code could even be a terminator
    if (is_character) return character(static_cast<char>(code));
    spoil(ReaderFault::Kind::framing, "Alt and digits above 255");
}

void Keyboard::character(char one) {
    after_dead_key_ = false;
    const bool follows_cr = after_cr_;
    after_cr_ = false;
    if (one == '\n' && follows_cr) return;
    if (settings_.gs_substitutes.find(one) != std::string::npos) one = '\x1D';
    if (terminators_.find(one) != std::string::npos) {
        ends_with_terminator_ = ends_with_terminator_ || !scan_.empty();
        finish();
        after_cr_ = one == '\r';
        return;
    }
    if (spoilt_) return;
    if (scan_.size() == kLongestBarcode) return spoil(ReaderFault::Kind::length, "a scan longer than any barcode");
    scan_ += one;
}

void Keyboard::finish() {
    BarcodeRead read = make_barcode(scan_, last_key_at_, settings_.code_ids);
    if (!read.bytes.empty()) {
        emit(std::move(read));
    } else if (!scan_.empty()) {
        fault(ReaderFault::Kind::framing, "a symbology and no content");
    }
    forget();
}

void Keyboard::forget() {
    scan_.clear();
    spoilt_ = false;
    is_tail_ = false;
    after_cr_ = false;
    after_dead_key_ = false;
    alt_digits_ = 0;
    alt_code_ = 0;
}

void Keyboard::wake(MonoTime now) {
    const auto due = next_wake();
    if (!due || now < *due) return;
    if (alt_digits_ > 0) spoil(ReaderFault::Kind::length, "Alt was never released");
    const bool cut_off = ends_with_terminator_ && !spoilt_ && !scan_.empty();
    if (!cut_off) {
        ends_by_silence_ = ends_by_silence_ || !scan_.empty();
        return finish();
    }
    spoil(ReaderFault::Kind::length, "the end of a scan did not come");
    is_tail_ = true;
}

void Keyboard::closed(MonoTime, PortEnd end) {
    if (end == PortEnd::end_of_recording && !spoilt_) finish();
    if (!spoilt_ && !is_idle()) fault(ReaderFault::Kind::length, "unplugged before the scan had its terminator");
    forget();
    held_.clear();
}

std::optional<MonoTime> Keyboard::next_wake() const {
    if (is_idle()) return std::nullopt;
    if (is_tail_) return last_key_at_ + kLongestTail;
    if (ends_with_terminator_) return last_key_at_ + std::max(idle_, kPatience);
    const bool says_how = ends_by_silence_ || settings_.idle_ms != 0 || terminators_.empty();
    return last_key_at_ + (says_how || spoilt_ ? idle_ : kFirstPatience);
}

}  // namespace

std::optional<KeyboardReport> keyboard_report(const ReportDescriptor& descriptor) {
    constexpr HidUsage kLeftCtrl{kKeyboardPage, kFirstModifier};
    constexpr HidUsage kLastModifier{kKeyboardPage, kFirstModifier + 7};
    constexpr HidUsage kLetterA{kKeyboardPage, 0x04};
    const auto first = descriptor.find_variable(kLeftCtrl);
    const auto last = descriptor.find_variable(kLastModifier);
    const auto keys = descriptor.find_array(kLetterA);
    if (!first || !last || !keys || !keys->is_bytes() || keys->count == 0 || keys->count > kMostKeySlots) return std::nullopt;
    const bool one_byte = first->bit_size == 1 && first->bit_offset % 8 == 0 && last->bit_offset == first->bit_offset + 7;
    if (!one_byte || first->report_id != keys->report_id || last->report_id != keys->report_id) return std::nullopt;
    KeyboardReport report;
    report.report_id = keys->report_id;
    for (const auto& one : descriptor.reports) {
        if (one.id != report.report_id) report.other_ids.push_back(one.id);
    }
    report.size = descriptor.report_bytes(keys->report_id).value_or(0);
    report.modifiers_at = first->byte_offset();
    report.keys_at = keys->byte_offset();
    report.key_slots = keys->count;
    report.boot = false;
    return report;
}

std::unique_ptr<ReaderProtocol> make_keyboard(const KeyboardReport& report, std::uint8_t number, const ReaderSettings& settings,
                                              std::optional<KeyboardReport> instead) {
    return std::make_unique<Keyboard>(report, number, settings, std::move(instead));
}

}  // namespace dosario
