// SPDX-License-Identifier: Apache-2.0
#include "identity/digital_link.hpp"

#include "identity/ascii.hpp"
#include "identity/gs1_ai_table.hpp"
#include "identity/gs1_checked.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::string_view kNotInDomains = "_~?#@!$&'()*+,;=%";

constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Letters, digits, and what else a URI may hold (RFC 3986, 2).
constexpr auto kUriCharacters = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view{"-._~:/?#[]@!$&'()*+,;=%"}) table[static_cast<unsigned char>(c)] = true;
    for (int i = 0; i < 128; ++i) {
        const char c = static_cast<char>(i);
        if (is_letter(c) || is_digit(c)) table[static_cast<std::size_t>(i)] = true;
    }
    return table;
}();

struct LinkParse {
    std::string_view uri;
    LinkRules rules;
    CodeBuffer& buffer;
    Gs1Message& message;
    std::size_t path_ais = 0;

    std::size_t offset_of(std::string_view view) const { return static_cast<std::size_t>(view.data() - uri.data()); }

    /// False, so that a step can return it.
    bool refuse(CodeError error, std::string_view at, std::string_view ai = {}) {
        message.fault = {error, static_cast<std::uint16_t>(offset_of(at)), ai};
        return false;
    }
};

struct Parts {
    std::string_view path;  ///< with its first `/`
    std::string_view query;
};

/// Cuts the URI into parts, or says what is wrong with it.
bool split(LinkParse& parse, Parts& parts) {
    const std::string_view uri = parse.uri;
    for (std::size_t i = 0; i < uri.size(); ++i) {
        if (!kUriCharacters[static_cast<unsigned char>(uri[i])]) return parse.refuse(CodeError::uri_bad_character, uri.substr(i));
    }
    if (!is_web_uri(uri)) return parse.refuse(CodeError::parse_failed, uri);
    const std::string_view rest = uri.substr(uri.find("//") + 2);
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos || slash == 0) return parse.refuse(CodeError::uri_no_path, rest);
    const std::size_t odd = rest.substr(0, slash).find_first_of(kNotInDomains);
    if (odd != std::string_view::npos) return parse.refuse(CodeError::uri_bad_character, rest.substr(odd));
    const std::string_view before_fragment = rest.substr(slash, rest.find('#', slash) - slash);
    const std::size_t mark = before_fragment.find('?');
    parts.path = before_fragment.substr(0, mark);
    if (mark != std::string_view::npos) parts.query = before_fragment.substr(mark + 1);
    return true;
}

/// From the `/` of the last primary key on; empty when the path has none. From the end, everything up to it must be pairs of AI and
/// value.
std::string_view key_path(std::string_view path) {
    std::size_t end = path.size();
    for (;;) {
        const std::size_t value = path.substr(0, end).rfind('/');
        if (value == std::string_view::npos || value == 0) return {};
        const std::size_t begin = path.substr(0, value).rfind('/');
        if (begin == std::string_view::npos) return {};
        const std::string_view ai = path.substr(begin + 1, value - begin - 1);
        if (gs1_find_ai(ai) == nullptr) return {};
        if (gs1_is_link_key(gs1_ai_at(ai).number)) return path.substr(begin);
        end = begin;
    }
}

/// `written` without its escapes: a view of the input where there are none. Nothing after a fault.
std::optional<std::string_view> unescape(LinkParse& parse, std::string_view written, std::string_view ai, bool in_query) {
    const bool has_escapes =
        written.find('%') != std::string_view::npos || (in_query && written.find('+') != std::string_view::npos);
    if (!has_escapes) return written;
    Gs1Unescaped value{parse.buffer};
    for (std::size_t i = 0; i < written.size(); ++i) {
        char c = written[i];
        if (in_query && c == '+') c = ' ';
        if (c == '%') {
            const int high = i + 2 < written.size() ? hex_value(written[i + 1]) : -1;
            const int low = i + 2 < written.size() ? hex_value(written[i + 2]) : -1;
            if (high < 0 || low < 0) {
                parse.refuse(CodeError::bad_percent_escape, written.substr(i), ai);
                return std::nullopt;
            }
            c = static_cast<char>(high * 16 + low);
            if (c == '\0') {
                parse.refuse(CodeError::uri_null, written.substr(i), ai);
                return std::nullopt;
            }
            i += 2;
        }
        value.add(c);
    }
    return value.view();
}

std::string_view filled(CodeBuffer& buffer, std::string_view digits) {
    Gs1Unescaped value{buffer};
    for (std::size_t i = digits.size(); i < 14; ++i) value.add('0');
    for (const char c : digits) value.add(c);
    return value.view();
}

bool read_pair(LinkParse& parse, std::string_view ai, std::string_view written, bool in_query) {
    const Gs1Ai found = gs1_ai_at(ai);
    if (written.empty()) return parse.refuse(CodeError::value_empty, written, ai);
    const auto plain = unescape(parse, written, ai, in_query);
    if (!plain) return false;
    std::string_view value = *plain;
    const bool is_short = value.size() == 8 || value.size() == 12 || value.size() == 13;
    if (parse.rules.short_gtin && found.number == 1 && is_short) value = filled(parse.buffer, value);
    if (value.size() < found.row->least || value.size() > found.row->most) {
        return parse.refuse(CodeError::value_length, written, ai);
    }
    const auto at = static_cast<std::uint16_t>(parse.offset_of(written));
    return parse.message.add({ai, value, found.number, at, found.row}) || parse.refuse(CodeError::parse_failed, written, ai);
}

bool read_path(LinkParse& parse, std::string_view pairs) {
    while (!pairs.empty()) {
        const std::size_t slash = pairs.find('/', 1);
        const std::string_view ai = pairs.substr(1, slash - 1);
        pairs.remove_prefix(slash + 1);
        const std::string_view value = pairs.substr(0, pairs.find('/'));
        pairs.remove_prefix(value.size());
        if (!read_pair(parse, ai, value, false)) return false;
    }
    parse.path_ais = parse.message.elements().size();
    return true;
}

bool read_query(LinkParse& parse, std::string_view query) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || equals == 0) continue;
        const std::string_view key = pair.substr(0, equals);
        if (!all_digits(key)) continue;  // linkType and its like
        if (gs1_find_ai(key) == nullptr)
            return parse.refuse(CodeError::ai_unknown, key, key.size() <= 4 ? key : std::string_view{});
        if (!read_pair(parse, key, pair.substr(equals + 1), true)) return false;
    }
    return true;
}

/// True if these AIs after the key are some of the path's qualifiers in their order.
bool follows(const Gs1LinkPath& path, std::span<const Gs1Element> qualifiers) {
    std::size_t next = 0;
    for (const Gs1Element& element : qualifiers) {
        while (next < path.count && path.qualifiers[next] != element.number) ++next;
        if (next++ == path.count) return false;
    }
    return true;
}

bool check_places(LinkParse& parse) {
    const std::span<const Gs1Element> all = parse.message.elements();
    const Gs1Element& key = all[0];
    const std::span<const Gs1Element> qualifiers = all.subspan(1, parse.path_ais - 1);
    const auto fits = [&](const Gs1LinkPath& path) { return path.key == key.number && follows(path, qualifiers); };
    if (std::ranges::none_of(gs1_link_paths(), fits)) return parse.refuse(CodeError::dl_path_order, key.ai, key.ai);
    for (std::size_t i = parse.path_ais; i < all.size(); ++i) {
        const Gs1Element& attribute = all[i];
        const auto earlier = all.subspan(0, i);
        if (std::ranges::find(earlier, attribute.number, &Gs1Element::number) != earlier.end()) {
            return parse.refuse(CodeError::ai_duplicate, attribute.ai, attribute.ai);
        }
        const auto belongs_in_path = [&](const Gs1LinkPath& path) { return fits(path) && path.has(attribute.number); };
        if (!attribute.row->link_attribute || std::ranges::any_of(gs1_link_paths(), belongs_in_path)) {
            return parse.refuse(CodeError::dl_not_attribute, attribute.ai, attribute.ai);
        }
    }
    return true;
}

}  // namespace

bool is_web_uri(std::string_view content) {
    return content.starts_with("https://") || content.starts_with("http://") || content.starts_with("HTTPS://") ||
           content.starts_with("HTTP://");
}

Gs1Message parse_digital_link(std::string_view uri, Date reference, CodeBuffer& buffer, LinkRules rules) {
    Gs1Message message;
    buffer.used = 0;
    LinkParse parse{uri, rules, buffer, message};
    Parts parts;
    if (uri.empty()) {
        message.fault = {CodeError::empty_message, 0, {}};
    } else if (uri.size() > 0xffff) {
        message.fault = {CodeError::parse_failed, 0, {}};
    } else if (split(parse, parts)) {
        const std::string_view pairs = key_path(parts.path);
        if (pairs.empty()) {
            parse.refuse(CodeError::dl_no_key, parts.path);
        } else if (read_path(parse, pairs) && read_query(parse, parts.query) && check_places(parse)) {
            gs1_check_elements(message, uri, reference, rules.profile);
        }
    }
    return message;
}

}  // namespace dosario
