// SPDX-License-Identifier: Apache-2.0
// Scanned-data reports (layouts: hid_pos_layout.cpp) are parts of a scan:
//   collecting   a part said "more follows": the next one must carry the same AIM identifier within two seconds
//   lost         a part is missing: one fault, and what still comes of that scan is dropped, up to and with its last part
// There is no checksum and no number in a part: a tail looks like a scan of its own. So whatever could be the tail of a lost scan is
// taken for it, for two seconds after its last sign of life: a person who hears the fault needs about as long to scan again. Only
// another AIM identifier proves a new scan before that; where the layout has none, nothing does. After two seconds of silence what comes
// is new, unless it was this process that stood still.
#include "hid_scanner/hid_pos.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// Reports that come this soon after opening are scans of before: scanner and system may have kept some. (Of one that types the kernel's
/// own driver has had them.)
constexpr auto kSettling = std::chrono::milliseconds{250};
/// Parts of one scan are not further apart.
constexpr auto kLongestPause = std::chrono::seconds{2};
/// Who is woken later than that stood still, and what is read now may have waited for it.
constexpr auto kPunctual = std::chrono::milliseconds{250};
constexpr const char* kNoNextPart = "the next part of a scan did not come";
constexpr std::size_t kMostLost = 8;
constexpr std::size_t kMostParts = 56;  // 3,116 digits of a Data Matrix in reports of 56
constexpr std::uint8_t kToInterface = 0x21;
constexpr std::uint8_t kSetReport = 0x09;
constexpr std::uint8_t kFeatureReport = 0x03;
constexpr std::uint8_t kSwitchOn = 0xFE;
constexpr std::string_view kMenuText = "]X0";
constexpr std::string_view kMenuEcho = "]Z6";

// What the ]Z6 echo of a menu command says, in the byte after the command.
std::optional<std::string_view> menu_status(char status) {
    switch (status) {
        case 0x06: return "ack";
        case 0x15: return "nak";
        case 0x05: return "enq";
        default: return std::nullopt;
    }
}

class HidPos final : public QueuedReader {
public:
    HidPos(HidPosReports reports, const UsbInterface& interface, const ReaderSettings& settings)
        : reports_(std::move(reports)), vid_(interface.vid), number_(interface.number), settings_(settings) {}

    void opened(MonoTime now) override;
    void receive(std::uint8_t endpoint, ByteView report, MonoTime now) override;
    void wake(MonoTime now) override;
    void closed(MonoTime now, PortEnd end) override;
    std::optional<MonoTime> next_wake() const override;
    void interrupted(MonoTime now) override {
        if (collecting_) lose("the USB line lost something", now);
    }
    std::optional<MonoTime> deaf_until() const override { return settled_at_; }

private:
    /// A scan of which a part is missing.
    struct Lost {
        std::optional<Aim> aim;  ///< nothing = unknown: any report may be its tail
        MonoTime heard_at{};
    };

    void old_scan(ByteView report, const HidPosLayout& layout, MonoTime now);
    bool is_readable(ByteView report, const HidPosLayout& layout, MonoTime now);
    bool is_sound(ByteView report, const HidPosLayout& layout, MonoTime now);
    void pass_over(ByteView report, const HidPosLayout& layout, MonoTime now);
    void lose(const char* what, MonoTime heard_at, ReaderFault::Kind kind = ReaderFault::Kind::length);
    void expect_tail(std::optional<Aim> aim, MonoTime heard_at);
    bool is_tail(std::optional<Aim> aim, bool more_follows, MonoTime now);
    void part(ByteView report, const HidPosLayout& layout, MonoTime now);
    void finish(MonoTime now);
    bool answer();
    void strip_terminator();

    const HidPosReports reports_;
    const std::uint16_t vid_;
    const std::uint8_t number_;
    const ReaderSettings settings_;
    bool collecting_ = false;
    HidPosLayout layout_;     // of the last part
    std::optional<Aim> aim_;  // of the scan under way
    std::string code_;        // at most kLongestBarcode
    std::vector<Lost> lost_;  // at most kMostLost; identifiers differ
    std::size_t parts_ = 0;
    MonoTime last_part_at_{};
    std::optional<MonoTime> settled_at_;  // reports before it are scans of before the device was opened
};

bool has_id(ByteView report, const HidPosLayout& layout) {
    return layout.report_id == 0 || std::to_integer<std::uint8_t>(report[0]) == layout.report_id;
}

std::size_t length_in(ByteView report, const HidPosLayout& layout) {
    return std::to_integer<std::size_t>(report[layout.length_at]);
}

bool more_follows_in(ByteView report, const HidPosLayout& layout) {
    return (std::to_integer<unsigned>(report[layout.continued_at]) & layout.continued_mask) != 0;
}

std::optional<Aim> aim_in(ByteView report, const HidPosLayout& layout) {
    if (!layout.aim_at) return std::nullopt;
    std::string chars;
    for (const std::size_t place : *layout.aim_at) chars += static_cast<char>(report[place]);
    return leading_aim(chars);
}

void HidPos::opened(MonoTime now) {
    if (!settings_.is_replayed) settled_at_ = now + kSettling;
    if (!wants_switching_on(vid_)) return;
    const Bytes on{std::byte{kSwitchOn}, std::byte{0x01}};
    const auto length = static_cast<std::uint8_t>(on.size());
    send({std::array<std::uint8_t, 8>{kToInterface, kSetReport, kSwitchOn, kFeatureReport, number_, 0, length, 0}, 0, on});
}

void HidPos::receive(std::uint8_t, ByteView report, MonoTime now) {
    if (report.empty()) return;
    if (const auto due = next_wake(); due && now >= *due) lose(kNoNextPart, now);  // not woken for it: this process stood still
    std::erase_if(lost_, [now](const Lost& one) { return now - one.heard_at >= kLongestPause; });
    const bool keeps_layout = collecting_ || !lost_.empty();
    const HidPosLayout layout = reports_.layout ? *reports_.layout : keeps_layout ? layout_ : sniff_hid_pos_layout(report, vid_);
    if (settled_at_ && now < *settled_at_) return old_scan(report, layout, now);
    if (is_readable(report, layout, now) && is_sound(report, layout, now)) part(report, layout, now);
}

// A scan of before the device was opened: nothing of it counts, and its tail may come later.
void HidPos::old_scan(ByteView report, const HidPosLayout& layout, MonoTime now) {
    if (!has_id(report, layout) || report.size() != layout.size) return;
    if (length_in(report, layout) != 0 || aim_in(report, layout)) pass_over(report, layout, now);
}

// Size and id are those of a scan report. Other reports that the device declares are answers nobody asked for.
bool HidPos::is_readable(ByteView report, const HidPosLayout& layout, MonoTime now) {
    if (!has_id(report, layout)) {
        const auto id = std::to_integer<std::uint8_t>(report[0]);
        if (std::find(reports_.other_ids.begin(), reports_.other_ids.end(), id) != reports_.other_ids.end()) {
            emit(ReaderAnswer{"", "unasked", std::nullopt, std::nullopt, Bytes(report.begin(), report.end())});
        } else {
            lose("a report id the scanner does not declare", now, ReaderFault::Kind::framing);
        }
        return false;
    }
    if (report.size() == layout.size) return true;
    lose("a scan report of another size", now);
    return false;
}

// The length is possible, and of a part that is not the last one full.
bool HidPos::is_sound(ByteView report, const HidPosLayout& layout, MonoTime now) {
    const std::size_t length = length_in(report, layout);
    const bool more_follows = more_follows_in(report, layout);
    const bool is_partly_filled = more_follows && length < layout.code_bytes;
    if (length <= layout.code_bytes && !is_partly_filled) return true;
    lose(is_partly_filled ? "a part that is not full says that more follows" : "more content declared than a report holds", now);
    // Zeros behind the content: what says that more follows is wrong, and this was all of its scan. Otherwise the length is.
    const ByteView rest = report.subspan(layout.code_at, layout.code_bytes).subspan(std::min(length, layout.code_bytes));
    const bool is_all = is_partly_filled && std::ranges::all_of(rest, [](std::byte b) { return b == std::byte{0}; });
    if (is_all)
        is_tail(aim_in(report, layout), false, now);
    else
        pass_over(report, layout, now);
    return false;
}

// A part that cannot be used: of a lost scan, or it makes its own scan one.
void HidPos::pass_over(ByteView report, const HidPosLayout& layout, MonoTime now) {
    layout_ = layout;
    const auto aim = aim_in(report, layout);
    const bool more_follows = more_follows_in(report, layout);
    if (!is_tail(aim, more_follows, now) && more_follows) expect_tail(aim, now);
}

// A fault; the scan under way, if there is one, is lost by it.
void HidPos::lose(const char* what, MonoTime heard_at, ReaderFault::Kind kind) {
    fault(kind, what);
    if (collecting_) expect_tail(aim_, heard_at);
    collecting_ = false;
    code_.clear();
}

void HidPos::expect_tail(std::optional<Aim> aim, MonoTime heard_at) {
    if (lost_.size() == kMostLost) {
        lost_.clear();
        aim.reset();
    }
    lost_.push_back({aim, heard_at});
}

// True: the report could belong to a lost scan. Its last part ends the loss.
bool HidPos::is_tail(std::optional<Aim> aim, bool more_follows, MonoTime now) {
    const auto found =
        std::find_if(lost_.begin(), lost_.end(), [&aim](const Lost& one) { return !one.aim || !aim || *one.aim == *aim; });
    if (found == lost_.end()) return false;
    found->heard_at = now;
    if (!more_follows) lost_.erase(found);
    return true;
}

void HidPos::part(ByteView report, const HidPosLayout& layout, MonoTime now) {
    const bool more_follows = more_follows_in(report, layout);
    const std::size_t length = length_in(report, layout);
    const auto aim = aim_in(report, layout);
    // An idle report. The last part of a scan names the symbology even when it is empty.
    const bool is_awaited = collecting_ || !lost_.empty();
    if (length == 0 && (!aim || !is_awaited)) return;
    if (collecting_ && aim != aim_) lose("the symbology changed between the parts of a scan", now);
    if (is_tail(aim, more_follows, now)) return;
    if (!collecting_) {
        layout_ = layout;
        aim_ = aim;
        code_.clear();
        parts_ = 0;
        collecting_ = true;
    }
    last_part_at_ = now;
    if (++parts_ > kMostParts || code_.size() + length > kLongestBarcode) {
        lose("more than any barcode holds", now);
        is_tail(aim, more_follows, now);
        return;
    }
    code_ += as_text(report.subspan(layout.code_at, length));
    if (!more_follows) finish(now);
}

void HidPos::finish(MonoTime now) {
    collecting_ = false;
    if (answer()) return;
    strip_terminator();
    if (code_.empty()) return;
    for (char& c : code_) {
        if (settings_.gs_substitutes.find(c) != std::string::npos) c = '\x1D';
    }
    BarcodeRead read = make_barcode(code_, now);
    if (aim_) {
        read.aim = *aim_;
        read.bytes = code_;
    }
    emit(std::move(read));
}

// Honeywell's answers to menu commands come as scans of two identifiers. No symbology has the second; the first is of those that have no
// other, too, as Zebra sends it, so there the layout decides.
bool HidPos::answer() {
    if (!aim_) return false;
    const std::string_view aim = aim_->text();
    const ByteView content = as_bytes(code_);
    if (aim == kMenuText && layout_.is_honeywells()) {
        emit(ReaderAnswer{"menu", "text", std::nullopt, std::nullopt, Bytes(content.begin(), content.end())});
        return true;
    }
    if (aim != kMenuEcho) return false;
    const auto status = std::find_if(code_.begin(), code_.end(), [](char c) { return menu_status(c).has_value(); });
    ReaderAnswer echo;
    if (status == code_.end()) {
        echo.status = "text";
        echo.content = Bytes(content.begin(), content.end());
    } else {
        echo.command.assign(code_.begin(), status);
        echo.status = *menu_status(*status);
    }
    emit(std::move(echo));
    return true;
}

void HidPos::strip_terminator() {
    const auto ends_scans = [this](char c) { return settings_.terminators.value_or("\r\t").find(c) != std::string::npos; };
    if (code_.ends_with("\r\n") && ends_scans('\r')) {
        code_.resize(code_.size() - 2);
    } else if (!code_.empty() && (code_.back() == '\r' || code_.back() == '\n') && ends_scans(code_.back())) {
        code_.pop_back();
    }
}

void HidPos::wake(MonoTime now) {
    const auto due = next_wake();
    if (!due || now < *due) return;
    lose(kNoNextPart, now);
    if (now - *due < kPunctual) lost_.pop_back();
}

void HidPos::closed(MonoTime now, PortEnd end) {
    if (collecting_ && end == PortEnd::end_of_recording) finish(now);
    if (collecting_) lose("unplugged between the parts of a scan", now);
    lost_.clear();
    settled_at_.reset();
}

// A lost scan needs no timer: it is looked at when the next report comes.
std::optional<MonoTime> HidPos::next_wake() const {
    if (!collecting_) return std::nullopt;
    return last_part_at_ + kLongestPause;
}

}  // namespace

std::unique_ptr<ReaderProtocol> make_hid_pos(HidPosReports reports, const UsbInterface& interface,
                                             const ReaderSettings& settings) {
    return std::make_unique<HidPos>(std::move(reports), interface, settings);
}

}  // namespace dosario
