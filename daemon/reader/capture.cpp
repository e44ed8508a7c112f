// SPDX-License-Identifier: Apache-2.0
// One line is one thing; CR LF line ends and blank lines are accepted:
//   # comment                     also after a blank at the end of any line
//   = key value                   vid, pid (hex), serial, interface (decimal), class, subclass, protocol (decimal), report_descriptor
//                                 (hex), bulk_packet (bytes), name, class_descriptor (hex),
//                                 interrupt_endpoint (decimal), family, layout (us, es, latam), gs_substitutes, terminators (text with
//                                 \xHH), code_ids (none, zebra, honeywell), idle_ms
//   [@ms] <[n] hex                bytes from the device, on endpoint n
//   [@ms] >[n] hex                bytes to the device
//   [@ms] ! plug                  or `! unplug`
// ms are whole milliseconds since the start; hexadecimal may have blanks between bytes.
#include "reader/capture.hpp"

#include "reader/report_descriptor.hpp"

#include <algorithm>
#include <charconv>

namespace dosario {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin a text with it
constexpr int kLongestIdleMs = 60'000;
constexpr int kLargestPacket = 1024;  // of USB 3
constexpr std::size_t kLargestClassDescriptor = 255;

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes the first word off the front of `text`.
std::string_view word(std::string_view& text) {
    text = trim(text);
    const std::string_view first = text.substr(0, text.find_first_of(kBlanks));
    text = trim(text.substr(first.size()));
    return first;
}

std::string_view without_comment(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '#' && (i == 0 || kBlanks.find(line[i - 1]) != std::string_view::npos)) return line.substr(0, i);
    }
    return line;
}

template <class T>
std::optional<T> number(std::string_view text, T most, int base = 10) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most)
        return std::nullopt;
    return value;
}

std::optional<int> usb_id(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    return number<int>(text, 0xFFFF, 16);
}

std::optional<CodeIds> code_ids_of(std::string_view text) {
    if (text == "none") return CodeIds::none;
    if (text == "zebra") return CodeIds::zebra;
    if (text == "honeywell") return CodeIds::honeywell;
    return std::nullopt;
}

std::string_view name_of(CodeIds ids) {
    switch (ids) {
        case CodeIds::none: return "none";
        case CodeIds::zebra: return "zebra";
        case CodeIds::honeywell: return "honeywell";
    }
    return "none";
}

// Text as a value: blanks at its ends would be cut, and # behind one would begin a comment.
std::string as_value(std::string_view text) {
    std::string value;
    for (const char c : text) {
        const std::byte byte[] = {static_cast<std::byte>(c)};
        value += c == ' ' || c == '#' ? "\\x" + to_hex(byte) : escape(std::string_view{&c, 1});
    }
    return value;
}

// What is wrong with the value of a known key, as advice; nothing when it is right.
const char* advice_for(std::string_view key, std::string_view value) {
    if (key == "vid" || key == "pid") return usb_id(value) ? nullptr : "write up to four hexadecimal digits, such as 05e0";
    if (key == "interface" || key == "class" || key == "subclass" || key == "protocol" || key == "interrupt_endpoint") {
        return number<int>(value, 255) ? nullptr : "write a decimal number from 0 to 255";
    }
    if (key == "report_descriptor") {
        const auto bytes = from_hex(value);
        return bytes && bytes->size() <= kLargestReportDescriptor ? nullptr : "write at most 4096 bytes in hexadecimal";
    }
    if (key == "class_descriptor") {
        const auto bytes = from_hex(value);
        return bytes && bytes->size() <= kLargestClassDescriptor ? nullptr : "write at most 255 bytes in hexadecimal";
    }
    if (key == "bulk_packet") return number<int>(value, kLargestPacket) ? nullptr : "write bytes, 0 to 1024";
    if (key == "code_ids") return code_ids_of(value) ? nullptr : "write none, zebra or honeywell";
    if (key == "layout") return layout_named(value) ? nullptr : "write us, es or latam";
    if (key == "gs_substitutes" || key == "terminators") {
        return unescape(value) ? nullptr
                               : "write the characters, with \\xHH for those that cannot be typed and \\\\ for a backslash";
    }
    if (key == "idle_ms") return number<int>(value, kLongestIdleMs) ? nullptr : "write milliseconds, 0 to 60000";
    return nullptr;
}

class Reader {
public:
    Result<Capture> run(std::string_view text) {
        if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
        if (text.size() > kLargestCapture) return fail(Failure::invalid, "the capture is larger than 64 MiB; cut it in pieces");
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            std::string_view line = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            ++line_number_;
            if (const auto error = one_line(line)) return *error;
        }
        return std::move(out_);
    }

private:
    using Step = std::optional<Error>;

    Error wrong(std::string_view found, std::string_view advice) const {
        constexpr std::size_t kLongestQuote = 40;
        const bool cut = found.size() > kLongestQuote;
        return fail(Failure::invalid, "line " + std::to_string(line_number_) + ": \"" + escape(found.substr(0, kLongestQuote)) +
                                          (cut ? "...\": " : "\": ") + std::string{advice});
    }

    Step one_line(std::string_view line) {
        if (line.size() > kLongestCaptureLine) return wrong(line, "the line is longer than 1 MiB; write one report a line");
        line = trim(without_comment(line));
        if (line.empty()) return std::nullopt;
        if (line.front() == '=') return header(line.substr(1));
        CaptureStep step;
        if (line.front() == '@') {
            if (const auto error = time(line, step)) return error;
        }
        if (line.starts_with('<') || line.starts_with('>')) return transfer(line, std::move(step));
        if (line.starts_with('!')) return plug(line, std::move(step));
        return wrong(line, "begin the line with <, >, !, =, @ or #; `< 02 0a` is two bytes from the device");
    }

    Step header(std::string_view rest) {
        const std::string_view key = word(rest);
        if (key.empty() || key.front() == '#') return wrong("=", "write a key and a value, such as `= vid 05e0`");
        if (const char* const advice = advice_for(key, rest)) return wrong(rest, advice);
        out_.headers.push_back({std::string{key}, std::string{rest}});
        return std::nullopt;
    }

    Step time(std::string_view& line, CaptureStep& step) {
        const std::string_view stamp = word(line);
        step.at_ms = number<std::int64_t>(stamp.substr(1), kLongestCaptureMs);
        if (!step.at_ms) return wrong(stamp, "write @ and whole milliseconds since the start (a week at most), such as @1500");
        if (*step.at_ms < last_ms_)
            return wrong(stamp, "the time goes back; write milliseconds since the start, not since the line before");
        last_ms_ = *step.at_ms;
        return std::nullopt;
    }

    Step transfer(std::string_view line, CaptureStep step) {
        const std::string_view arrow = word(line);
        step.kind = arrow.front() == '<' ? CaptureStep::Kind::from_device : CaptureStep::Kind::to_device;
        if (arrow.size() > 1) {
            const auto endpoint = number<int>(arrow.substr(1), 255);
            if (!endpoint)
                return wrong(arrow,
                             "write a blank before the bytes; a number directly behind the arrow is an endpoint (0 to 255)");
            step.endpoint = static_cast<std::uint8_t>(*endpoint);
        }
        auto bytes = from_hex(line);
        if (!bytes) return wrong(line, "write two hexadecimal digits for each byte, such as `02 5d 64`");
        step.bytes = std::move(*bytes);
        out_.steps.push_back(std::move(step));
        return std::nullopt;
    }

    Step plug(std::string_view line, CaptureStep step) {
        const std::string_view what = trim(line.substr(1));
        if (what != "plug" && what != "unplug") return wrong(line, "write `! plug` or `! unplug`");
        step.kind = what == "plug" ? CaptureStep::Kind::plug : CaptureStep::Kind::unplug;
        out_.steps.push_back(std::move(step));
        return std::nullopt;
    }

    Capture out_;
    std::size_t line_number_ = 0;
    std::int64_t last_ms_ = 0;
};

int decimal(const Capture& capture, std::string_view key, int otherwise) {
    return number<int>(capture_value(capture, key), 1'000'000).value_or(otherwise);
}

}  // namespace

Result<Capture> parse_capture(std::string_view text) { return Reader{}.run(text); }

std::string write_capture(const Capture& capture) {
    std::string text;
    for (const CaptureHeader& one : capture.headers)
        text += one.value.empty() ? "= " + one.key + '\n' : "= " + one.key + ' ' + one.value + '\n';
    for (const CaptureStep& step : capture.steps) {
        if (step.at_ms) text += '@' + std::to_string(*step.at_ms) + ' ';
        switch (step.kind) {
            case CaptureStep::Kind::plug: text += "! plug\n"; continue;
            case CaptureStep::Kind::unplug: text += "! unplug\n"; continue;
            case CaptureStep::Kind::from_device: text += '<'; break;
            case CaptureStep::Kind::to_device: text += '>'; break;
        }
        if (step.endpoint != 0) text += std::to_string(step.endpoint);
        if (!step.bytes.empty()) text += ' ' + to_hex(step.bytes);
        text += '\n';
    }
    return text;
}

std::string_view capture_value(const Capture& capture, std::string_view key) {
    const auto found =
        std::find_if(capture.headers.rbegin(), capture.headers.rend(), [key](const auto& one) { return one.key == key; });
    return found == capture.headers.rend() ? std::string_view{} : std::string_view{found->value};
}

UsbInterface capture_interface(const Capture& capture) {
    UsbInterface one;
    one.vid = static_cast<std::uint16_t>(usb_id(capture_value(capture, "vid")).value_or(0));
    one.pid = static_cast<std::uint16_t>(usb_id(capture_value(capture, "pid")).value_or(0));
    const std::string_view serial = capture_value(capture, "serial");
    one.serial = unescape(serial).value_or(std::string{serial});
    one.number = static_cast<std::uint8_t>(decimal(capture, "interface", 0));
    one.report_descriptor = from_hex(capture_value(capture, "report_descriptor")).value_or(Bytes{});
    const bool says_something = one.vid != 0 || !one.report_descriptor.empty();
    one.class_code = static_cast<std::uint8_t>(decimal(capture, "class", says_something ? kHidClass : 0));
    one.subclass =
        static_cast<std::uint8_t>(decimal(capture, "subclass", one.class_code == kCommunicationsClass ? kAbstractControl : 0));
    one.protocol = static_cast<std::uint8_t>(decimal(capture, "protocol", 0));
    one.bulk_packet = static_cast<std::uint16_t>(decimal(capture, "bulk_packet", 0));
    const std::string_view name = capture_value(capture, "name");
    one.name = unescape(name).value_or(std::string{name});
    one.class_descriptor = from_hex(capture_value(capture, "class_descriptor")).value_or(Bytes{});
    one.endpoint_in = static_cast<std::uint8_t>(decimal(capture, "interrupt_endpoint", 0));
    return one;
}

ReaderSettings capture_settings(const Capture& capture) {
    ReaderSettings settings;
    settings.layout = layout_named(capture_value(capture, "layout")).value_or(settings.layout);
    settings.gs_substitutes = unescape(capture_value(capture, "gs_substitutes")).value_or("");
    const bool has_terminators = std::any_of(capture.headers.begin(), capture.headers.end(),
                                             [](const CaptureHeader& one) { return one.key == "terminators"; });
    if (has_terminators) settings.terminators = unescape(capture_value(capture, "terminators"));
    settings.code_ids = code_ids_of(capture_value(capture, "code_ids")).value_or(settings.code_ids);
    settings.idle_ms = decimal(capture, "idle_ms", settings.idle_ms);
    settings.is_replayed = true;
    return settings;
}

std::vector<CaptureHeader> capture_headers(const UsbInterface& interface, const ReaderSettings& settings, bool anonymous) {
    std::vector<CaptureHeader> headers;
    const auto say = [&headers](const char* key, std::string value) { headers.push_back({key, std::move(value)}); };
    say("vid", hex4(interface.vid));
    say("pid", hex4(interface.pid));
    if (!interface.serial.empty() && !anonymous) say("serial", as_value(interface.serial));
    say("interface", std::to_string(interface.number));
    say("class", std::to_string(interface.class_code));
    say("subclass", std::to_string(interface.subclass));
    say("protocol", std::to_string(interface.protocol));
    if (!interface.report_descriptor.empty()) say("report_descriptor", to_hex(interface.report_descriptor));
    if (interface.class_code == kSmartCardClass) {
        if (!interface.name.empty()) say("name", as_value(interface.name));
        if (!interface.class_descriptor.empty()) say("class_descriptor", to_hex(interface.class_descriptor));
        if (interface.endpoint_in != 0) say("interrupt_endpoint", std::to_string(interface.endpoint_in));
    }
    say("layout", std::string{layout_name(settings.layout)});
    if (!settings.gs_substitutes.empty()) say("gs_substitutes", as_value(settings.gs_substitutes));
    if (interface.bulk_packet != 0) say("bulk_packet", std::to_string(interface.bulk_packet));
    if (settings.terminators) say("terminators", as_value(*settings.terminators));
    if (settings.code_ids != CodeIds::none) say("code_ids", std::string{name_of(settings.code_ids)});
    if (settings.idle_ms != 0) say("idle_ms", std::to_string(settings.idle_ms));
    return headers;
}

}  // namespace dosario
