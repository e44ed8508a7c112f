// SPDX-License-Identifier: Apache-2.0
// What ends a scan:
//   CR, LF or both         whichever comes; lines without content are nothing, so the second of two is
//   ETX or EOT             of what began with STX or SOH; a CR or LF inside is content
//   silence                where no terminator is programmed in the scanner. One that ended a scan otherwise before does it always: then
//                          a scan that silence cuts off is a fault, and what comes soon after is its tail
// A line has no checksum. What can be seen of damage is seen: characters that no barcode of a pharmacy has, more than any barcode holds,
// what the chip says of its line. The line is dropped up to its end then, one fault.
#include "serial_scanner/line_scanner.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr char kSoh = '\x01';
constexpr char kStx = '\x02';
constexpr char kEtx = '\x03';
constexpr char kEot = '\x04';
constexpr std::string_view kUsualTerminators = "\r\n";
constexpr int kUsualIdleMs = 300;
/// What comes after such a silence is no longer of before the line was opened.
constexpr int kQuietMs = 40;
constexpr auto kLongestSettling = std::chrono::milliseconds{250};
/// Of CR LF where only CR is a terminator.
constexpr auto kLongestPairing = std::chrono::milliseconds{50};
/// A person who hears the fault needs longer than that to scan again.
constexpr auto kLongestTail = std::chrono::seconds{2};

/// Besides letters, digits and signs: tabulator, the separators of GS1 and of ISO/IEC 15434, and whatever is not ASCII.
bool may_be_content(char c) {
    constexpr std::string_view kControls = "\t\x04\x1C\x1D\x1E\x1F";
    const auto value = static_cast<unsigned char>(c);
    return (value >= 0x20 && value != 0x7F) || kControls.find(c) != std::string_view::npos;
}

class LineScanner final : public LineProtocol {
public:
    explicit LineScanner(const ReaderSettings& settings)
        : settings_(settings),
          terminators_(settings.terminators.value_or(std::string{kUsualTerminators})),
          idle_(settings.idle_ms != 0 ? settings.idle_ms : kUsualIdleMs),
          settle_(settings.is_replayed ? 0 : kQuietMs) {}

    void opened(MonoTime now) override {
        opened_at_ = now;
        is_set_up_ = false;
        last_old_at_.reset();
        settled_at_.reset();
        if (settle_ > settle_.zero()) settled_at_ = now + kLongestSettling;
    }
    /// DTR was the last thing to be set: from here on the scanner speaks to us, unless it is in the middle of something.
    void written(MonoTime now) override {
        if (settled_at_) settled_at_ = std::min(*settled_at_, last_old_at_ ? std::max(now, *last_old_at_ + settle_) : now);
        is_set_up_ = true;
    }
    std::optional<MonoTime> deaf_until() const override { return settled_at_; }
    void interrupted(MonoTime now) override {
        if (state_ == State::line || state_ == State::framed) damaged("the USB line lost something", {}, now);
    }
    void receive(std::uint8_t, ByteView bytes, MonoTime now) override {
        if (bytes.empty()) return;
        wake(now);
        if (settled_at_ && now < *settled_at_) return old_bytes(bytes, now);
        settled_at_.reset();
        last_byte_at_ = now;
        for (const char c : as_text(bytes)) one(c, now);
    }
    void damaged(const char* broken_rule, ByteView among, MonoTime now) override {
        wake(now);
        if (settled_at_ && now < *settled_at_) return old_bytes(among, now);  // a line that is being powered up
        last_byte_at_ = now;
        fault(ReaderFault::Kind::framing, broken_rule);
        const bool ends_here = !among.empty() && ends_scan(static_cast<char>(among.back()));
        state_ = ends_here ? State::between : State::spoilt;
        content_.clear();
    }
    void wake(MonoTime now) override {
        const auto due = next_wake();
        if (due && now >= *due) silence();
    }
    void closed(MonoTime, PortEnd end) override;
    std::optional<MonoTime> next_wake() const override {
        switch (state_) {
            case State::between: return std::nullopt;
            case State::tail: return last_byte_at_ + kLongestTail;
            case State::line:
            case State::framed:
            case State::spoilt: break;
        }
        return last_byte_at_ + idle_;
    }

private:
    enum class State {
        between,  ///< nothing of a scan is here
        line,     ///< some of it
        framed,   ///< some of it, from STX or SOH on
        spoilt,   ///< told as a fault: dropped up to its end, or to silence
        tail,     ///< silence cut a scan off: dropped up to its end, for a while
    };

    bool ends_scan(char c) const { return terminators_.find(c) != std::string::npos; }
    void old_bytes(ByteView bytes, MonoTime now);
    void one(char c, MonoTime now);
    bool begins_another(char c);
    void begin(char c);
    void add(char c);
    void spoil(ReaderFault::Kind kind, const char* what);
    void silence();
    void finish();
    std::string_view without_frame() const;

    const ReaderSettings settings_;
    const std::string terminators_;
    const std::chrono::milliseconds idle_;
    const std::chrono::milliseconds settle_;
    State state_ = State::between;
    std::string content_;      ///< at most kLongestBarcode, with the characters of a frame
    bool was_framed_ = false;  ///< what is under way, or was last
    bool ends_with_terminator_ = false;
    std::optional<MonoTime> after_cr_;
    MonoTime last_byte_at_{};
    MonoTime opened_at_{};
    bool is_set_up_ = false;
    std::optional<MonoTime> settled_at_;   ///< what comes before it is of before the line was opened
    std::optional<MonoTime> last_old_at_;  ///< when such a thing came
};

/// Of before the line was opened: it ends with a silence, or where it goes on too long with the scan that is under way then.
void LineScanner::old_bytes(ByteView bytes, MonoTime now) {
    if (is_set_up_) settled_at_ = std::min(now + settle_, opened_at_ + kLongestSettling);
    last_old_at_ = last_byte_at_ = now;
    const bool ends_here = !bytes.empty() && ends_scan(static_cast<char>(bytes.back()));
    state_ = ends_here ? State::between : State::spoilt;
}

void LineScanner::one(char c, MonoTime now) {
    const bool second_of_pair = c == '\n' && after_cr_ && now - *after_cr_ <= kLongestPairing;
    after_cr_.reset();
    if (second_of_pair && state_ == State::between) return;
    const bool in_frame = state_ == State::framed;
    const bool ends_frame = c == kEtx || c == kEot;
    if (in_frame ? ends_frame : ends_scan(c) || (ends_frame && was_framed_)) {
        if (c == '\r') after_cr_ = now;
        if (state_ == State::line || in_frame) {
            ends_with_terminator_ = true;
            finish();
        }
        state_ = State::between;
        content_.clear();
        return;
    }
    if (state_ == State::between || (in_frame && begins_another(c))) return begin(c);
    if (state_ == State::line || in_frame) add(c);
}

/// Inside a frame only an STX behind SOH and the letter is of it; any other means that the end before it was damaged.
bool LineScanner::begins_another(char c) {
    const bool header = content_.front() == kSoh && content_.find(kStx) == std::string::npos;
    if (c != kSoh && (c != kStx || header)) return false;
    if (content_.size() > 1) fault(ReaderFault::Kind::framing, "a scan began before the one before it had ended");
    return true;
}

void LineScanner::begin(char c) {
    was_framed_ = c == kStx || c == kSoh;
    state_ = was_framed_ ? State::framed : State::line;
    content_.clear();
    add(c);
}

void LineScanner::add(char c) {
    const bool of_the_frame = state_ == State::framed && (content_.empty() || c == kStx || c == '\r' || c == '\n');
    if (!of_the_frame && !may_be_content(c)) return spoil(ReaderFault::Kind::framing, "a character that no barcode has");
    if (content_.size() == kLongestBarcode) return spoil(ReaderFault::Kind::length, "more than any barcode holds");
    content_ += c;
}

void LineScanner::spoil(ReaderFault::Kind kind, const char* what) {
    fault(kind, what);
    state_ = State::spoilt;
    content_.clear();
}

void LineScanner::silence() {
    const bool cut_off = state_ == State::framed || (state_ == State::line && ends_with_terminator_);
    if (cut_off) {
        spoil(ReaderFault::Kind::length, "the end of a scan did not come");
        state_ = State::tail;
        return;
    }
    if (state_ == State::line) finish();
    state_ = State::between;
    content_.clear();
}

void LineScanner::closed(MonoTime, PortEnd end) {
    if (state_ == State::line && end == PortEnd::end_of_recording) {
        finish();
    } else if (state_ == State::line || state_ == State::framed) {
        fault(ReaderFault::Kind::length, "unplugged before the end of a scan");
    }
    state_ = State::between;
    content_.clear();
    settled_at_.reset();
    after_cr_.reset();
}

/// Without STX; with SOH also without the letter for the symbology that stands between it and the content.
std::string_view LineScanner::without_frame() const {
    std::string_view content = content_;
    if (content.empty() || (content.front() != kStx && content.front() != kSoh)) return content;
    const bool has_letter = content.front() == kSoh;
    content.remove_prefix(1);
    if (!has_letter) return content;
    const std::size_t stx = content.find(kStx);
    return content.substr(std::min(content.size(), stx == std::string_view::npos ? 1 : stx + 1));
}

void LineScanner::finish() {
    std::string content{without_frame()};
    for (char& c : content) {
        if (settings_.gs_substitutes.find(c) != std::string::npos) c = '\x1D';
    }
    BarcodeRead read = make_barcode(content, last_byte_at_, settings_.code_ids);
    if (!read.bytes.empty()) return emit(std::move(read));
    if (!content.empty()) fault(ReaderFault::Kind::framing, "a symbology and no content");
}

}  // namespace

std::unique_ptr<LineProtocol> make_line_scanner(const ReaderSettings& settings) {
    return std::make_unique<LineScanner>(settings);
}

}  // namespace dosario
