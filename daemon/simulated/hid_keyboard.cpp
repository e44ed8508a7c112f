// SPDX-License-Identifier: Apache-2.0
// A scanner as it comes out of its box: a boot keyboard (HID 1.11, appendix B.1) of US layout. Each character is pressed and released in two
// reports of eight bytes: modifiers, 0, up to six usages of page 0x07 (HID Usage Tables). A control character is Ctrl and the key of the
// character 0x40 above it: GS (0x1D) is Ctrl+]. CR and Tab are keys of their own.
#include "simulated/hid.hpp"
#include "simulated/little_endian.hpp"
#include "simulated/models.hpp"

#include <vector>

namespace dosario::simulated {
namespace {

constexpr std::uint16_t kReportSize = 8;
constexpr std::uint8_t kLeftCtrl = 0x01, kLeftShift = 0x02;

/// Eight modifier bits, a constant byte, five lamps, six slots of keys 0x00 to 0x65.
Bytes keyboard_descriptor() {
    return bytes_of({0x05, 0x01, 0x09, 0x06, 0xA1, 0x01,                                      // Generic Desktop: Keyboard
                     0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00, 0x25, 0x01,              // modifiers, one bit each
                     0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x75, 0x08, 0x95, 0x01, 0x81, 0x03,  // the constant byte
                     0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x75, 0x01, 0x95, 0x05, 0x91, 0x02,  // lamps
                     0x75, 0x03, 0x95, 0x01, 0x91, 0x03,                                      //
                     0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x15, 0x00, 0x25, 0x65,              // keys
                     0x75, 0x08, 0x95, 0x06, 0x81, 0x00, 0xC0});
}

struct Key {
    std::uint8_t usage = 0;  ///< 0 = there is none
    std::uint8_t modifiers = 0;
};

Key us_key(char c) {
    // Usages that follow each other, without and with Shift; a blank has none here.
    struct Row {
        std::uint8_t first;
        std::string_view plain, shifted;
    };
    static constexpr Row kRows[] = {{0x04, "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
                                    {0x1E, "1234567890", "!@#$%^&*()"},
                                    {0x2D, "-=[]\\", "_+{}|"},
                                    {0x33, ";'`,./", ":\"~<>?"}};
    for (const Row& row : kRows) {
        if (const auto at = row.plain.find(c); at != std::string_view::npos)
            return {static_cast<std::uint8_t>(row.first + at), 0};
        if (const auto at = row.shifted.find(c); at != std::string_view::npos)
            return {static_cast<std::uint8_t>(row.first + at), kLeftShift};
    }
    return {};
}

Key key_of(char c) {
    const auto value = static_cast<unsigned char>(c);
    if (c == '\r' || c == '\n') return {0x28, 0};
    if (c == '\t') return {0x2B, 0};
    if (c == ' ') return {0x2C, 0};
    if (value >= 0x20) return us_key(c);
    const char above = static_cast<char>(value + 0x40);
    Key key = us_key(above >= 'A' && above <= 'Z' ? static_cast<char>(above + 0x20) : above);
    key.modifiers |= kLeftCtrl;
    return key;
}

class HidKeyboard final : public HidDevice {
public:
    HidKeyboard(UsbDescription description, const ScannerSettings& settings)
        : HidDevice(std::move(description), keyboard_descriptor(), 1, kReportSize), settings_(settings) {}

private:
    Result<void> scanned(std::string_view aim, std::string_view text) override {
        std::string typed = settings_.prefix;
        if (settings_.sends_aim) typed += aim;
        typed += text;
        typed += settings_.suffix;
        std::vector<Key> keys;
        for (const char c : typed) {
            keys.push_back(key_of(c));
            if (keys.back().usage == 0)
                return fail(Failure::invalid, "a keyboard of US layout has no key for " + escape({&c, 1}));
        }
        if (!has_room(kHidEndpoint, keys.size() * 2)) return fail(Failure::full, "the scan is lost: the host does not read");
        for (const Key key : keys) {
            send_packet(kHidEndpoint, bytes_of({key.modifiers, 0, key.usage, 0, 0, 0, 0, 0}));
            send_packet(kHidEndpoint, Bytes(kReportSize));
        }
        return {};
    }
    std::optional<Bytes> get_report(ReportType type, std::uint8_t id) override {
        if (id != 0 || type == ReportType::feature) return std::nullopt;
        return type == ReportType::input ? Bytes(kReportSize) : Bytes(1);
    }
    /// The lamps: a scanner has none and takes them.
    bool set_report(ReportType type, std::uint8_t id, ByteView bytes) override {
        return type == ReportType::output && id == 0 && bytes.size() == 1;
    }

    ScannerSettings settings_;
};

}  // namespace

SimulatedPtr make_hid_keyboard(const ScannerSettings& settings) {
    return std::make_unique<HidKeyboard>(described(settings, 0x05E0, 0x1200, "Dosario", "Simulated keyboard scanner"), settings);
}

}  // namespace dosario::simulated
