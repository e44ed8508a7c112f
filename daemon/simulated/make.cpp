// SPDX-License-Identifier: Apache-2.0
#include "simulated/make.hpp"

#include "simulated/models.hpp"
#include "simulated/pad.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace dosario::simulated {
namespace {

using Make = SimulatedPtr (*)(const ScannerSettings&);
struct Model {
    ScannerKind kind;
    Make make;
};

const Model kModels[] = {
    {{"keyboard", "types what it scans, US layout"}, make_hid_keyboard},
    {{"hidpos", "HID POS, Zebra's layout"},
     [](const ScannerSettings& s) {
         return make_hid_pos(described(s, 0x05E0, 0x2100, "Dosario", "Simulated HID POS scanner"), kZebraPos);
     }},
    {{"honeywell", "HID POS, Honeywell's layout; silent until the host wakes it"},
     [](const ScannerSettings& s) {
         return make_hid_pos(described(s, 0x0C2E, 0x0B67, "Dosario", "Simulated HID POS scanner"), kHoneywellPos);
     }},
    {{"newland", "HID POS, Newland's layout"},
     [](const ScannerSettings& s) {
         return make_hid_pos(described(s, 0x1EAB, 0x8210, "Dosario", "Simulated HID POS scanner"), kNewlandPos);
     }},
    {{"cdc_acm", "COM mode, two interfaces"}, [](const ScannerSettings& s) { return make_cdc_acm(s, true); }},
    {{"cdc_acm_one", "COM mode, all in one interface"}, [](const ScannerSettings& s) { return make_cdc_acm(s, false); }},
    {{"ftdi", "serial behind an FT232R, full speed"}, [](const ScannerSettings& s) { return make_ftdi(s, false); }},
    {{"ftdi_h", "serial behind an FT232H, high speed"}, [](const ScannerSettings& s) { return make_ftdi(s, true); }},
    {{"cp210x", "serial behind a CP2102"}, make_cp210x},
    {{"ch341", "serial behind a CH340 or CH341"}, make_ch341},
    {{"pl2303", "serial behind a PL2303 HX"}, [](const ScannerSettings& s) { return make_pl2303(s, false); }},
    {{"pl2303_hxn", "serial behind a PL2303 of the G series (HXN)"},
     [](const ScannerSettings& s) { return make_pl2303(s, true); }},
    {{"ccid", "contactless reader, model= says which"}, make_ccid},
};

constexpr std::string_view kCcidModels[] = {"acr122u", "touchatag", "acr1252u", "acr1552u", "poll", ""};

constexpr std::size_t kKinds = std::size(kModels);

std::string names_of_kinds() {
    std::string names;
    for (const Model& one : kModels) names += (names.empty() ? "" : " ") + std::string{one.kind.name};
    return names;
}

template <class Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool read_choice(std::string_view value, bool& yes) {
    yes = value == "yes";
    return yes || value == "no";
}

/// `8N1`
bool read_format(std::string_view text, LineFormat& line) {
    constexpr std::string_view kParities = "NOEMS";
    if (text.size() != 3 || (text[0] != '7' && text[0] != '8') || (text[2] != '1' && text[2] != '2')) return false;
    const auto parity = kParities.find(text[1]);
    if (parity == std::string_view::npos) return false;
    line.data_bits = static_cast<std::uint8_t>(text[0] - '0');
    line.parity = static_cast<Parity>(parity);
    line.stop_bits = static_cast<std::uint8_t>(text[2] - '0');
    return true;
}

bool read_ending(std::string_view name, std::string& bytes) {
    struct Row {
        std::string_view name, bytes;
    };
    constexpr Row kRows[] = {{"none", ""},  {"cr", "\r"},    {"lf", "\n"},    {"crlf", "\r\n"},
                             {"tab", "\t"}, {"stx", "\x02"}, {"etx", "\x03"}, {"soh", "\x01"}};
    for (const Row& row : kRows) {
        if (row.name != name) continue;
        bytes = row.bytes;
        return true;
    }
    return false;
}

PadSettings pad_settings(std::string_view family) {
    PadSettings settings;
    settings.family = family;
    return settings;
}

/// What readers of tags of that family send with.
std::uint32_t usual_rate(std::string_view family) { return family.starts_with("chafon") ? 57'600 : 115'200; }

/// Kinds behind which a pad can be: an FTDI chip's own time stands in its way, and the others have no line.
bool carries_pad(std::string_view kind) { return kind == "cp210x" || kind == "ch341" || kind == "cdc_acm" || kind == "pl2303"; }

bool read_setting(std::string_view name, std::string_view value, ScannerSettings& settings) {
    if (name == "vid") return read_number(value, settings.vendor, 16);
    if (name == "pid") return read_number(value, settings.product, 16);
    if (name == "serial") return settings.serial = value, value.size() <= 126;
    if (name == "product") return settings.product_name = value, value.size() <= 126;
    if (name == "baud")
        return read_number(value, settings.line.baud) && settings.line.baud >= 300 && settings.line.baud <= 3'000'000;
    if (name == "line") return read_format(value, settings.line);
    if (name == "suffix") return read_ending(value, settings.suffix);
    if (name == "prefix") return read_ending(value, settings.prefix);
    if (name == "aim") return read_choice(value, settings.sends_aim);
    if (name == "dtr") return read_choice(value, settings.needs_dtr);
    if (name == "empty") return read_choice(value, settings.sends_empty);
    if (name == "model") return settings.model = value, std::ranges::find(kCcidModels, value) != std::end(kCcidModels);
    if (name == "piece") return read_number(value, settings.piece);
    if (name == "seed") return read_number(value, settings.seed);
    if (name == "pad") return settings.pad = value, make_pad(pad_settings(value)) != nullptr;
    return false;
}

}  // namespace

UsbDescription described(const ScannerSettings& settings, std::uint16_t vendor, std::uint16_t product, std::string manufacturer,
                         std::string product_name) {
    UsbDescription description;
    description.vendor = settings.vendor != 0 ? settings.vendor : vendor;
    description.product = settings.product != 0 ? settings.product : product;
    description.manufacturer_name = std::move(manufacturer);
    description.product_name = settings.product_name.empty() ? std::move(product_name) : settings.product_name;
    description.serial = settings.serial;
    return description;
}

SimulatedPtr make_ccid(const ScannerSettings& settings) {
    const bool with_pn532 = settings.model == "acr122u" || settings.model == "touchatag";
    return with_pn532 ? make_ccid_acr122(settings) : make_ccid_pcsc(settings);
}

std::span<const ScannerKind> scanner_kinds() {
    static const auto kinds = [] {
        std::array<ScannerKind, kKinds> all;
        for (std::size_t i = 0; i < kKinds; ++i) all[i] = kModels[i].kind;
        return all;
    }();
    return kinds;
}

Result<ScannerSettings> parse_scanner(std::string_view words) {
    ScannerSettings settings;
    const std::size_t colon = words.find(':');
    settings.kind = words.substr(0, colon);
    bool known = false, has_rate = false;
    for (const Model& one : kModels) known = known || one.kind.name == settings.kind;
    if (!known)
        return fail(Failure::invalid, "there is no scanner `" + escape(settings.kind) + "`; there are: " + names_of_kinds());
    for (std::string_view rest = colon == std::string_view::npos ? "" : words.substr(colon + 1); !rest.empty();) {
        const std::string_view pair = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        has_rate = has_rate || pair.starts_with("baud=");
        if (equals == std::string_view::npos || !read_setting(pair.substr(0, equals), pair.substr(equals + 1), settings)) {
            return fail(
                Failure::invalid,
                "`" + escape(pair) +
                    "` is no setting of a scanner; there are: vid= pid= (hexadecimal) serial= product= baud= (300 to "
                    "3000000) line=8N1 suffix=cr|lf|crlf|tab|etx|none prefix=stx|soh|none aim=yes|no dtr=yes|no empty=yes|no piece= "
                    "model=acr122u|touchatag|acr1252u|acr1552u|poll pad=m100|r200|chafon18|chafon288 seed=");
        }
    }
    if (!settings.pad.empty() && !carries_pad(settings.kind))
        return fail(Failure::invalid, "a pad is behind cp210x, ch341, pl2303 or cdc_acm");
    if (!settings.pad.empty() && !has_rate) settings.line.baud = usual_rate(settings.pad);
    return settings;
}

Result<std::unique_ptr<SimulatedDevice>> make_simulated(const ScannerSettings& settings) {
    const LineFormat& line = settings.line;
    if (line.baud == 0 || line.data_bits < 5 || line.data_bits > 8 || line.stop_bits < 1 || line.stop_bits > 2)
        return fail(Failure::invalid, "no serial line is like that: a rate, 5 to 8 data bits, 1 or 2 stop bits");
    for (const Model& one : kModels)
        if (one.kind.name == settings.kind) return one.make(settings);
    return fail(Failure::invalid, "there is no scanner `" + escape(settings.kind) + "`; there are: " + names_of_kinds());
}

}  // namespace dosario::simulated
