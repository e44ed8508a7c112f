// SPDX-License-Identifier: Apache-2.0
// Element strings as people write them:   (AI)value(AI)value ...   A `(` begins the next AI; `\(` is one of the value. Forms and
// lengths are looked at first, characters and rules after: a bracket forgotten says more than what it swallowed.
#include "identity/gs1.hpp"
#include "identity/gs1_ai_table.hpp"
#include "identity/gs1_checked.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// The value from `at` to the next bracket that opens an AI, without the escapes; `at` moves behind it.
std::string_view read_value(std::string_view content, std::size_t& at, CodeBuffer& buffer) {
    const std::size_t begin = at;
    bool escaped = false;
    for (;; ++at) {
        at = std::min(content.find('(', at), content.size());
        if (at == content.size() || at == begin || content[at - 1] != '\\') break;
        escaped = true;
    }
    const std::string_view written = content.substr(begin, at - begin);
    if (!escaped) return written;
    Gs1Unescaped value{buffer};
    for (std::size_t i = 0; i < written.size(); ++i) {
        if (written.substr(i, 2) == "\\(") ++i;
        value.add(written[i]);
    }
    return value.view();
}

bool read_bracketed(Gs1Message& message, std::string_view content, std::size_t& at, CodeBuffer& buffer) {
    const auto refuse = [&](CodeError error, std::size_t offset, std::string_view ai = {}) {
        message.fault = {error, static_cast<std::uint16_t>(offset), ai};
        return false;
    };
    const std::size_t closing = content.find(')', at);
    if (content[at] != '(' || closing == std::string_view::npos) return refuse(CodeError::parse_failed, at);
    const std::string_view ai = content.substr(at + 1, closing - at - 1);
    const Gs1AiRow* const row = gs1_find_ai(ai);
    if (row == nullptr) return refuse(CodeError::ai_unknown, at + 1, ai.size() <= 4 ? ai : std::string_view{});
    const std::size_t begin = closing + 1;
    if (begin == content.size()) return refuse(CodeError::parse_failed, begin, ai);
    at = begin;
    const std::string_view value = read_value(content, at, buffer);
    if (value.size() < row->least || value.size() > row->most) return refuse(CodeError::value_length, begin, ai);
    const bool added = message.add({ai, value, gs1_ai_at(ai).number, static_cast<std::uint16_t>(begin), row});
    return added || refuse(CodeError::parse_failed, begin, ai);
}

}  // namespace

Gs1Message parse_bracketed(std::string_view content, Date reference, CodeBuffer& buffer, Gs1Profile profile) {
    Gs1Message message;
    buffer.used = 0;
    if (content.empty()) {
        message.fault = {CodeError::empty_message, 0, {}};
    } else if (content.size() > 0xffff) {
        message.fault = {CodeError::parse_failed, 0, {}};
    }
    for (std::size_t at = 0; message.ok() && at < content.size();) {
        if (!read_bracketed(message, content, at, buffer)) break;
    }
    if (message.ok()) gs1_check_elements(message, content, reference, profile);
    return message;
}

std::string bracketed(std::span<const Gs1Element> elements) {
    std::string text;
    for (const Gs1Element& element : elements) {
        text += '(';
        text += element.ai;
        text += ')';
        for (const char c : element.value) {
            if (c == '(') text += '\\';
            text += c;
        }
    }
    return text;
}

}  // namespace dosario
