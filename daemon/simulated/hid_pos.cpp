// SPDX-License-Identifier: Apache-2.0
// Scanners of the HID Point of Sale tables (usage page 0x8C). One input report of 64 bytes, id 2:
//
//     byte   Honeywell             Zebra                 Newland
//     0      02                    02                    02
//     1      length 0..56          length 0..56          length 0..56
//     2      AIM, 3 bytes          0, then AIM, 3 bytes  the code, 56 bytes
//     5      the code, 56 bytes
//     6                            the code, 56 bytes
//     61     symbology             (of the code)         reserved
//     62     reserved              symbology             reserved
//     63     bit 0: to be continued in the next report
//
// Honeywell's sends nothing until the host wrote feature report 0xFE = 01. Output report 0xFD is a command: FD, length, SYN (0x16), a letter,
// CR. `M` opens the menu: what follows, up to a full stop, is answered by text (AIM `]X0`) and by an echo with its outcome (`]Z6`: ACK 0x06,
// NAK 0x15).
#include "simulated/hid.hpp"
#include "simulated/little_endian.hpp"
#include "simulated/models.hpp"

namespace dosario::simulated {
namespace {

constexpr std::uint16_t kReportSize = 64;
constexpr std::size_t kTextRoom = 56;
constexpr std::uint8_t kScanReport = 0x02, kCommandReport = 0xFD, kModeReport = 0xFE;
constexpr char kAck = 0x06, kNak = 0x15;

/// One input field of `count` bytes; constant = nobody's.
void add_field(Bytes& out, unsigned count, bool constant) {
    append(out, bytes_of({0x75, 0x08, 0x95, count, 0x81, constant ? 0x03u : 0x02u}));
}

Bytes pos_descriptor(const PosLayout& layout) {
    Bytes out = bytes_of({0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01,  // Bar Code Scanner page: Bar Code Scanner, application
                          0x85, kScanReport, 0x15, 0x00, 0x26, 0xFF, 0x00});
    append(out, bytes_of({0x05, 0x01, 0x09, 0x3B}));  // Generic Desktop: Byte Count
    add_field(out, 1, false);
    std::size_t at = 2;
    append(out, bytes_of({0x05, 0x8C}));
    if (layout.aim_at != 0) {
        if (layout.aim_at > at) add_field(out, static_cast<unsigned>(layout.aim_at - at), true);
        append(out, bytes_of({0x09, 0xFB, 0x09, 0xFC, 0x09, 0xFD}));  // Symbology Identifier 1 to 3
        add_field(out, 3, false);
        at = layout.aim_at + 3;
    }
    append(out, bytes_of({0x09, 0xFE}));  // Decoded Data
    add_field(out, kTextRoom, false);
    at += kTextRoom;
    if (layout.symbology_at != 0) {
        if (layout.symbology_at > at) add_field(out, static_cast<unsigned>(layout.symbology_at - at), true);
        append(out, bytes_of({0x06, 0x66, 0xFF, 0x09, 0x04}));  // of the vendor: symbology
        add_field(out, 1, false);
        at = layout.symbology_at + 1;
    }
    if (at < kReportSize - 1) add_field(out, static_cast<unsigned>(kReportSize - 1 - at), true);
    append(out, bytes_of({0x05, 0x8C, 0x09, 0xFF, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x81, 0x02}));  // Data Continued, one bit
    append(out, bytes_of({0x75, 0x07, 0x95, 0x01, 0x81, 0x03}));
    if (layout.has_menu) {
        append(out, bytes_of({0x85, kCommandReport, 0x06, 0x66, 0xFF, 0x26, 0xFF, 0x00, 0x09, 0x20, 0x75, 0x08, 0x95, 0x3F, 0x91,
                              0x02}));
        append(out, bytes_of({0x85, kModeReport, 0x09, 0x21, 0x95, 0x01, 0xB1, 0x02}));
    }
    out.push_back(std::byte{0xC0});
    return out;
}

/// Letters that Honeywell and Zebra use for symbologies; 0 where none is known.
std::uint8_t vendor_symbology(std::string_view aim) {
    struct Row {
        std::string_view aim;
        char letter;
    };
    static constexpr Row kRows[] = {{"]C1", '|'}, {"]C", 'j'}, {"]d", 'w'}, {"]Q", 's'},  {"]E4", 'D'},
                                    {"]E", 'd'},  {"]L", 'r'}, {"]z", 'z'}, {"]X0", '?'}, {"]Z6", '6'}};
    for (const Row& row : kRows)
        if (aim.starts_with(row.aim)) return static_cast<std::uint8_t>(row.letter);
    return 0;
}

class HidPos final : public HidDevice {
public:
    HidPos(UsbDescription description, PosLayout layout)
        : HidDevice(std::move(description), pos_descriptor(layout), 0, kReportSize), layout_(layout), awake_(!layout.has_menu) {}

private:
    std::string_view missing() const override { return awake_ ? std::string_view{} : "written 01 to feature report 0xFE"; }
    Result<void> scanned(std::string_view aim, std::string_view text) override {
        if (!has_room(kHidEndpoint, text.size() / kTextRoom + 1))
            return fail(Failure::full, "the scan is lost: the host does not read");
        send_text(aim, text);
        return {};
    }

    void send_text(std::string_view aim, std::string_view text) {
        do {
            const std::string_view part = text.substr(0, kTextRoom);
            text.remove_prefix(part.size());
            Bytes report(kReportSize);
            report[0] = std::byte{kScanReport};
            report[1] = static_cast<std::byte>(part.size());
            if (layout_.aim_at != 0) put(report, layout_.aim_at, aim);
            put(report, layout_.text_at, part);
            if (layout_.symbology_at != 0) report[layout_.symbology_at] = static_cast<std::byte>(vendor_symbology(aim));
            report[kReportSize - 1] = text.empty() ? std::byte{0} : std::byte{1};
            send_packet(kHidEndpoint, std::move(report));
        } while (!text.empty());
    }
    static void put(Bytes& report, std::size_t at, std::string_view text) {
        const ByteView bytes = as_bytes(text);
        std::copy(bytes.begin(), bytes.end(), report.begin() + static_cast<long>(at));
    }

    std::optional<Bytes> get_report(ReportType type, std::uint8_t id) override {
        if (layout_.has_menu && type == ReportType::feature && id == kModeReport)
            return bytes_of({kModeReport, awake_ ? 1u : 0u});
        return std::nullopt;
    }
    bool set_report(ReportType type, std::uint8_t id, ByteView bytes) override {
        if (!layout_.has_menu || bytes.empty() || bytes[0] != static_cast<std::byte>(id)) return false;
        if (type == ReportType::feature && id == kModeReport && bytes.size() == 2) {
            awake_ = bytes[1] == std::byte{1};
            return true;
        }
        if (type != ReportType::output || id != kCommandReport || bytes.size() < 2) return false;
        // The length counts what follows it; one that says more than there is makes no command.
        const std::size_t size = std::to_integer<std::size_t>(bytes[1]);
        if (size <= bytes.size() - 2) obey(as_text(bytes.subspan(2, size)));
        return true;
    }

    void obey(std::string_view command) {
        constexpr std::string_view kMenu{"\x16M\r"};  // SYN M CR
        if (!awake_ || !command.starts_with(kMenu) || !command.ends_with('.')) return;
        const std::string_view words = command.substr(kMenu.size(), command.size() - kMenu.size() - 1);
        const bool known = words == "REVINF";
        if (known)
            send_text(
                "]X0",
                "Product Name: Simulated scanner\r\nBoot Revision: 1\r\nSoftware Part Number: 1\r\nSoftware Revision: 1\r\n");
        std::string echo{words};
        echo += known ? kAck : kNak;
        send_text("]Z6", echo + '.');
    }

    PosLayout layout_;
    bool awake_;
};

}  // namespace

SimulatedPtr make_hid_pos(UsbDescription description, PosLayout layout) {
    return std::make_unique<HidPos>(std::move(description), layout);
}

}  // namespace dosario::simulated
