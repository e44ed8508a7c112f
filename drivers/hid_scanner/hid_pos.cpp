// SPDX-License-Identifier: Apache-2.0
// Scanned-data reports (layouts: hid_pos_layout.cpp) are parts of a scan:
//   collecting   a part said "more follows": the next one must carry the same AIM identifier within two seconds
//   skipping     a part was lost: what still comes of that scan is dropped, its last part included
// There is no checksum; a scan of which one part is missing must never come out as a shorter scan.
#include "hid_scanner/hid_pos.hpp"

#include <algorithm>

namespace dosario {
namespace {

using Aim3 = std::array<char, 3>;

/// Scans of before come at once after opening, one report after the other; what comes after so long is new.
constexpr auto kLongestSettling = std::chrono::milliseconds{250};
constexpr auto kLongestPause = std::chrono::seconds{2};
constexpr std::size_t kMostParts = 56;  // 3,116 digits of a Data Matrix in reports of 56
constexpr std::uint8_t kToInterface = 0x21;
constexpr std::uint8_t kSetReport = 0x09;
constexpr std::uint8_t kOutputReport = 0x02;
constexpr std::uint8_t kFeatureReport = 0x03;
constexpr std::uint8_t kSwitchOn = 0xFE;
constexpr std::uint8_t kMenuReport = 0xFD;
constexpr int kBeepsForStop = 3;
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

bool is_aim(const Aim3& chars) {
    const auto printable = [](char c) { return c > ' ' && c < 0x7F; };
    return chars[0] == ']' && printable(chars[1]) && printable(chars[2]);
}

class HidPos final : public QueuedReader {
public:
    HidPos(HidPosReports reports, const UsbInterface& interface, const ReaderSettings& settings)
        : reports_(std::move(reports)), vid_(interface.vid), number_(interface.number), settings_(settings) {}

    void opened(MonoTime now) override;
    void receive(std::uint8_t endpoint, ByteView report, MonoTime now) override;
    bool command(const ReaderCommand& command, MonoTime now) override;
    void wake(MonoTime now) override;
    void closed(MonoTime now, PortEnd end) override;
    std::optional<MonoTime> next_wake() const override;

private:
    enum class State { idle, collecting, skipping };

    bool is_whole(ByteView report, const HidPosLayout& layout);
    void damaged(ByteView report, const HidPosLayout& layout, ReaderFault::Kind kind, const char* what);
    void drop(const char* what, bool more_follows);
    bool continues(Aim3 aim, bool more_follows);
    void part(ByteView report, const HidPosLayout& layout, MonoTime now);
    void finish(MonoTime now);
    bool answer();
    void strip_terminator();
    bool set_report(std::uint8_t type, std::initializer_list<std::uint8_t> bytes);

    const HidPosReports reports_;
    const std::uint16_t vid_;
    const std::uint8_t number_;
    const ReaderSettings settings_;
    State state_ = State::idle;
    HidPosLayout layout_;              // of the scan under way
    Aim3 aim_{};                       // of the scan under way, NULs = none
    std::optional<Aim3> dropped_aim_;  // of a scan that another one broke into: its remainder may still come
    std::string code_;                 // at most kLongestBarcode
    std::size_t parts_ = 0;
    MonoTime last_part_at_{};
    MonoTime opened_at_{};
    std::optional<MonoTime> settled_at_;  // reports before it are scans of before the device was opened
};

bool more_follows_in(ByteView report, const HidPosLayout& layout) {
    return (std::to_integer<unsigned>(report[layout.continued_at]) & layout.continued_mask) != 0;
}

bool HidPos::set_report(std::uint8_t type, std::initializer_list<std::uint8_t> values) {
    ReaderWrite write;
    for (const std::uint8_t value : values) write.bytes.push_back(static_cast<std::byte>(value));
    write.setup = {kToInterface, kSetReport, *values.begin(), type, number_, 0, static_cast<std::uint8_t>(values.size()), 0};
    return send(std::move(write));
}

void HidPos::opened(MonoTime now) {
    opened_at_ = now;
    settled_at_ = now + std::chrono::milliseconds{settings_.settle_ms};
    if (is_honeywell(vid_)) set_report(kFeatureReport, {kSwitchOn, 0x01});
}

bool HidPos::command(const ReaderCommand& command, MonoTime) {
    const SoundBeep* const beep = std::get_if<SoundBeep>(&command);
    if (beep == nullptr || !is_honeywell(vid_)) return false;
    for (int i = 0; i < (beep->good ? 1 : kBeepsForStop); ++i) {
        if (!set_report(kOutputReport, {kMenuReport, 0x03, 0x16, 0x07, 0x0D})) return false;
    }
    return true;
}

void HidPos::receive(std::uint8_t, ByteView report, MonoTime now) {
    if (report.empty()) return;
    wake(now);
    const bool keeps_layout = state_ != State::idle;
    const HidPosLayout layout = reports_.layout ? *reports_.layout : keeps_layout ? layout_ : sniff_hid_pos_layout(report, vid_);
    if (settled_at_ && now < *settled_at_) {
        if (report.size() == layout.size) state_ = more_follows_in(report, layout) ? State::skipping : State::idle;
        layout_ = layout;
        aim_ = {};
        last_part_at_ = now;
        settled_at_ = std::min(now + std::chrono::milliseconds{settings_.settle_ms}, opened_at_ + kLongestSettling);
        return;
    }
    if (is_whole(report, layout)) part(report, layout, now);
}

// Size, id and length are possible. Other reports that the device declares are answers nobody asked for.
bool HidPos::is_whole(ByteView report, const HidPosLayout& layout) {
    const auto id = std::to_integer<std::uint8_t>(report[0]);
    if (layout.report_id != 0 && id != layout.report_id) {
        if (std::find(reports_.other_ids.begin(), reports_.other_ids.end(), id) != reports_.other_ids.end()) {
            emit(ReaderAnswer{"", "unasked", std::nullopt, std::nullopt, Bytes(report.begin(), report.end())});
        } else {
            damaged(report, layout, ReaderFault::Kind::framing, "a report id the scanner does not declare");
        }
        return false;
    }
    if (report.size() != layout.size) {
        damaged(report, layout, ReaderFault::Kind::length, "a scan report of another size");
        return false;
    }
    const auto length = std::to_integer<std::size_t>(report[layout.length_at]);
    if (length > layout.code_bytes) {
        damaged(report, layout, ReaderFault::Kind::length, "more content declared than a report holds");
        return false;
    }
    if (more_follows_in(report, layout) && length != layout.code_bytes) {
        damaged(report, layout, ReaderFault::Kind::length, "a part that is not full says that more follows");
        return false;
    }
    return true;
}

// Whether parts of the same scan will follow the damaged one: it says so and is filled to the end, or nobody can know.
void HidPos::damaged(ByteView report, const HidPosLayout& layout, ReaderFault::Kind kind, const char* what) {
    fault(kind, what);
    const bool under_way = state_ != State::idle;
    const bool is_cut = report.size() != layout.size;
    const bool full = !is_cut && report[layout.code_at + layout.code_bytes - 1] != std::byte{0};
    const bool more_follows = is_cut ? under_way : full && more_follows_in(report, layout);
    state_ = more_follows ? State::skipping : State::idle;
    if (!under_way) {
        layout_ = layout;
        aim_ = {};
    }
    code_.clear();
    dropped_aim_.reset();
}

void HidPos::drop(const char* what, bool more_follows) {
    fault(ReaderFault::Kind::length, what);
    state_ = more_follows ? State::skipping : State::idle;
    code_.clear();
}

// False: the report is no news of its own (the remainder of a scan that was dropped, or nothing at all).
bool HidPos::continues(Aim3 aim, bool more_follows) {
    const bool other_aim = layout_.aim_at && aim != aim_;
    if (state_ == State::skipping) {
        // A first part that was damaged left no identifier to compare with.
        if (is_aim(aim_) && other_aim) {
            state_ = State::idle;
            return true;
        }
        if (!more_follows) state_ = State::idle;
        return false;
    }
    if (state_ == State::idle || !other_aim) return true;
    const bool is_remainder = dropped_aim_ && aim == *dropped_aim_;
    drop("the symbology changed between the parts of a scan", is_remainder && more_follows);
    dropped_aim_ = aim_;
    if (is_remainder) {
        aim_ = aim;
        dropped_aim_.reset();
        return false;
    }
    return true;
}

void HidPos::part(ByteView report, const HidPosLayout& layout, MonoTime now) {
    const bool more_follows = more_follows_in(report, layout);
    const auto length = std::to_integer<std::size_t>(report[layout.length_at]);
    Aim3 aim{};
    if (layout.aim_at) {
        for (std::size_t i = 0; i < aim.size(); ++i) aim[i] = static_cast<char>(report[(*layout.aim_at)[i]]);
    }
    // An idle report. A scan under way waits for its last part, which names the symbology even when it is empty.
    if (length == 0 && (state_ == State::idle || !is_aim(aim))) return;
    if (state_ != State::idle) last_part_at_ = now;
    if (!continues(aim, more_follows)) return;
    if (state_ == State::idle) {
        layout_ = layout;
        aim_ = aim;
        code_.clear();
        parts_ = 0;
        state_ = State::collecting;
    }
    last_part_at_ = now;
    if (++parts_ > kMostParts || code_.size() + length > kLongestBarcode)
        return drop("more than any barcode holds", more_follows);
    code_ += as_text(report.subspan(layout.code_at, length));
    if (!more_follows) finish(now);
}

void HidPos::finish(MonoTime now) {
    state_ = State::idle;
    dropped_aim_.reset();
    if (answer()) return;
    strip_terminator();
    if (code_.empty()) return;
    BarcodeRead read;
    if (is_aim(aim_)) {
        read.aim.chars = aim_;
        read.bytes = code_;
        read.heard_at = now;
    } else {
        read = make_barcode(code_, now);
    }
    emit(std::move(read));
}

// Honeywell's answers to menu commands come as scans of two identifiers that no symbology has.
bool HidPos::answer() {
    if (vid_ != 0 && !is_honeywell(vid_)) return false;
    const std::string_view aim{aim_.data(), aim_.size()};
    const ByteView content = as_bytes(code_);
    if (aim == kMenuText) {
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
    const auto ends_scans = [this](char c) { return settings_.terminators.find(c) != std::string::npos; };
    if (code_.ends_with("\r\n") && ends_scans('\r')) {
        code_.resize(code_.size() - 2);
    } else if (!code_.empty() && (code_.back() == '\r' || code_.back() == '\n') && ends_scans(code_.back())) {
        code_.pop_back();
    }
}

void HidPos::wake(MonoTime now) {
    const auto due = next_wake();
    if (!due || now < *due) return;
    if (state_ == State::collecting) fault(ReaderFault::Kind::length, "the next part of a scan did not come");
    state_ = State::idle;
    code_.clear();
    dropped_aim_.reset();
}

void HidPos::closed(MonoTime now, PortEnd end) {
    if (state_ == State::collecting && end == PortEnd::end_of_recording) finish(now);
    if (state_ == State::collecting) fault(ReaderFault::Kind::length, "unplugged between the parts of a scan");
    state_ = State::idle;
    code_.clear();
    dropped_aim_.reset();
    settled_at_.reset();
}

std::optional<MonoTime> HidPos::next_wake() const {
    if (state_ == State::idle) return std::nullopt;
    return last_part_at_ + kLongestPause;
}

}  // namespace

std::unique_ptr<ReaderProtocol> make_hid_pos(HidPosReports reports, const UsbInterface& interface,
                                             const ReaderSettings& settings) {
    return std::make_unique<HidPos>(std::move(reports), interface, settings);
}

}  // namespace dosario
