// SPDX-License-Identifier: Apache-2.0
#include "support/usbfs/fake_scans.hpp"

#include <algorithm>
#include <cstdint>

namespace dosario::test {
namespace {

constexpr std::uint8_t kEnterUsage = 0x28;
constexpr std::uint8_t kLeftControl = 0x01;
constexpr std::uint8_t kLeftShift = 0x02;

struct Key {
    std::uint8_t modifiers = 0;
    std::uint8_t usage = 0;
};

/// HID Usage Tables, page 0x07, with the US legends; the position in the row is the usage.
std::optional<Key> key_of(char letter) {
    constexpr std::string_view kPlain = "1234567890\r\x1b\b\t -=[]\\#;'`,./";
    constexpr std::string_view kShifted = "!@#$%^&*()\r\x1b\b\t _+{}|~:\"~<>?";
    constexpr std::uint8_t kFirstOfRow = 0x1e;
    constexpr std::uint8_t kFirstLetter = 0x04;
    const auto usage = [](std::uint8_t first, std::size_t place) { return static_cast<std::uint8_t>(first + place); };
    if (letter >= 'a' && letter <= 'z') return Key{0, usage(kFirstLetter, static_cast<std::size_t>(letter - 'a'))};
    if (letter >= 'A' && letter <= 'Z') return Key{kLeftShift, usage(kFirstLetter, static_cast<std::size_t>(letter - 'A'))};
    constexpr char kGroupSeparator = 0x1d;
    if (letter == kGroupSeparator) return Key{kLeftControl, usage(kFirstOfRow, kPlain.find(']'))};
    constexpr char kHash = '#';  // 0x32 is the key of other countries
    if (letter != kHash)
        if (const auto place = kPlain.find(letter); place != std::string_view::npos) return Key{0, usage(kFirstOfRow, place)};
    constexpr char kTilde = '~';  // likewise: on the US keyboard it is on the grave accent
    const auto place = letter == kTilde ? kShifted.rfind(letter) : kShifted.find(letter);
    if (place != std::string_view::npos) return Key{kLeftShift, usage(kFirstOfRow, place)};
    return std::nullopt;
}

void press(std::vector<Bytes>& reports, Key key) {
    Bytes down(8);
    down[0] = std::byte{key.modifiers};
    down[2] = std::byte{key.usage};
    reports.push_back(std::move(down));
    reports.emplace_back(8);
}

}  // namespace

std::optional<std::vector<Bytes>> typed_reports(std::string_view text) {
    std::vector<Bytes> reports;
    for (const char letter : text) {
        const auto key = key_of(letter);
        if (!key) return std::nullopt;
        press(reports, *key);
    }
    press(reports, {0, kEnterUsage});
    return reports;
}

std::vector<Bytes> pos_reports(std::string_view aim, std::string_view text) {
    constexpr std::size_t kMostData = 56;
    std::vector<Bytes> reports;
    do {
        const std::string_view part = text.substr(0, kMostData);
        text.remove_prefix(part.size());
        Bytes report(64);
        report[0] = std::byte{2};
        report[1] = static_cast<std::byte>(part.size());
        const ByteView symbology = as_bytes(aim.substr(0, 3));
        std::copy(symbology.begin(), symbology.end(), report.begin() + 3);
        const ByteView bytes = as_bytes(part);
        std::copy(bytes.begin(), bytes.end(), report.begin() + 6);
        report[63] = text.empty() ? std::byte{0} : std::byte{1};
        reports.push_back(std::move(report));
    } while (!text.empty());
    return reports;
}

}  // namespace dosario::test
