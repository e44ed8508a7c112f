// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

namespace dosario {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        text += kHexDigits[std::to_integer<unsigned>(b) >> 4];
        text += kHexDigits[std::to_integer<unsigned>(b) & 15];
    }
    return text;
}

std::string hex4(std::uint16_t value) {
    const std::byte bytes[] = {static_cast<std::byte>(value >> 8), static_cast<std::byte>(value & 0xFF)};
    return to_hex(bytes);
}

std::optional<Bytes> from_hex(std::string_view text) {
    Bytes bytes;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == ' ' || text[i] == '\t') {
            ++i;
            continue;
        }
        if (i + 1 >= text.size()) return std::nullopt;
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
        i += 2;
    }
    return bytes;
}

std::optional<std::string> unescape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (i + 1 < text.size() && text[i + 1] == '\\') {
            out += '\\';
            ++i;
            continue;
        }
        if (i + 3 >= text.size() || text[i + 1] != 'x') return std::nullopt;
        const int high = hex_value(text[i + 2]);
        const int low = hex_value(text[i + 3]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 3;
    }
    return out;
}

std::string escape(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        const auto value = static_cast<unsigned char>(c);
        if (c == '\\') {
            text += "\\\\";
        } else if (value >= 0x20 && value < 0x7f) {
            text += c;
        } else {
            text += "\\x";
            text += kHexDigits[value >> 4];
            text += kHexDigits[value & 15];
        }
    }
    return text;
}

}  // namespace dosario
