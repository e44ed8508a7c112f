// SPDX-License-Identifier: Apache-2.0
// AIs from EPC URIs.
#include "epc/uri.hpp"

#include "epc/element_writer.hpp"
#include "identity/ascii.hpp"

#include <bit>

namespace dosario {
namespace {

/// Prefix, item, piece, total, serial.
constexpr std::size_t kMostParts = 5;

constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
/// Bits of the number, without zeros in front; its digits are checked.
std::size_t bits_of(std::string_view hex) {
    const std::size_t first = hex.find_first_not_of('0');
    if (first == std::string_view::npos) return 0;
    return (hex.size() - first - 1) * 4 + static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(hex_value(hex[first]))));
}
constexpr bool is_upper_hex(char c) { return is_digit(c) || (c >= 'A' && c <= 'F'); }

class Reader {
public:
    Reader(std::string_view uri, EpcUri& out, CodeBuffer& buffer)
        : uri_(uri), rest_(uri), out_(out), message_(out.reading.symbol.message), writer_(message_, buffer) {}

    bool read() {
        if (uri_.size() > 0xffff) return refuse(CodeError::bad_uri, uri_);
        if (!skip("urn:epc:")) return refuse(CodeError::bad_uri, uri_);
        if (skip("id:")) return read_key(EpcUri::Kind::pure);
        if (skip("class:")) return read_key(EpcUri::Kind::of_class);
        if (skip("tag:")) return read_tag();
        return skip("raw:") ? read_raw() : refuse(CodeError::bad_uri, rest_);
    }

private:
    /// False, so that a step can return it.
    bool refuse(CodeError error, std::string_view at) {
        message_.fault = {error, static_cast<std::uint16_t>(std::min<std::ptrdiff_t>(at.data() - uri_.data(), 0xffff)), {}};
        return false;
    }
    bool skip(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    /// Up to the separator, which is skipped; nothing where there is none.
    std::optional<std::string_view> cut(char separator) {
        const std::size_t end = rest_.find(separator);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view part = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return part;
    }

    bool read_key(EpcUri::Kind kind) {
        out_.kind = kind;
        const std::string_view at = rest_;
        const auto name = cut(':');
        if (!name) return refuse(CodeError::bad_uri, at);
        const EpcKey* const key = epc_key(*name);
        if (key == nullptr || key->of_class != (kind == EpcUri::Kind::of_class)) return refuse(CodeError::unknown_scheme, at);
        out_.reading.key = key;
        out_.reading.name = key->name;
        return read_body(*key);
    }

    bool read_tag() {
        out_.kind = EpcUri::Kind::tag;
        if (!read_fields()) return false;
        const std::string_view at = rest_;
        const auto name = cut(':');
        if (!name) return refuse(CodeError::bad_uri, at);
        const bool has_capitals = std::ranges::any_of(*name, [](char c) { return c >= 'A' && c <= 'Z'; });
        const EpcScheme* const scheme = has_capitals ? nullptr : epc_scheme(*name);
        if (scheme == nullptr || scheme->plus()) return refuse(CodeError::unknown_scheme, at);
        EpcReading& reading = out_.reading;
        reading.scheme = scheme;
        reading.key = scheme->key;
        reading.name = scheme->name;
        const std::string_view filter_at = rest_;
        const auto filter = cut('.');
        if (!filter) return refuse(CodeError::bad_uri, filter_at);
        if (filter->size() != 1 || (*filter)[0] < '0' || (*filter)[0] > '7') return refuse(CodeError::bad_filter, filter_at);
        reading.filter = static_cast<std::uint8_t>((*filter)[0] - '0');
        return read_body(*reading.key) && fits();
    }

    /// A tag URI says what a tag holds: it is written, and what does not fit is refused where it stands.
    bool fits() {
        const EpcReading& reading = out_.reading;
        const EpcMade made = write_epc(*reading.scheme, reading.elements(), {*reading.filter, reading.prefix_digits});
        if (made.ok() || made.error == CodeError::restricted_number) return true;
        const std::string_view part = parts_[std::min(made.segment + 1, kMostParts - 1)];
        return refuse(made.error, part.data() == nullptr ? uri_ : part);
    }

    /// `PREFIX.ITEM.PIECE.TOTAL.SERIAL`, as far as the key has them. A serial number may hold points.
    bool read_body(const EpcKey& key) {
        const bool has_item = key.digits != 0;
        const std::size_t numbers = 1 + (has_item ? 1U : 0U) + key.pairs;
        const std::size_t count = numbers + (key.serial.empty() ? 0U : 1U);
        for (std::size_t i = 0; i + 1 < count; ++i) {
            const std::string_view at = rest_;
            const auto part = cut('.');
            if (!part) return refuse(CodeError::bad_uri, at);
            parts_[i] = *part;
        }
        parts_[count - 1] = rest_;
        for (std::size_t i = 0; i < numbers; ++i) {
            const std::size_t odd = std::min(parts_[i].find_first_not_of("0123456789"), parts_[i].size());
            if (odd == parts_[i].size()) continue;
            return refuse(parts_[i][odd] == '.' ? CodeError::bad_uri : CodeError::bad_digit, parts_[i].substr(odd));
        }
        const std::string_view prefix = parts_[0];
        if (prefix.size() < kShortestPrefix || prefix.size() > kLongestPrefix)
            return refuse(CodeError::bad_component_length, prefix);
        if (has_item && parts_[1].size() != key.digits - prefix.size()) return refuse(CodeError::bad_component_length, parts_[1]);
        for (std::size_t i = 2; i < numbers; ++i) {
            if (parts_[i].size() != 2) return refuse(CodeError::bad_component_length, parts_[i]);
        }
        out_.reading.prefix_digits = static_cast<std::uint8_t>(prefix.size());
        return write_key(key, numbers);
    }

    bool write_key(const EpcKey& key, std::size_t numbers) {
        writer_.begin(key.ai);
        writer_.put(key.before);
        const std::size_t begin = writer_.value().size();
        std::string_view item = key.digits == 0 ? std::string_view{} : parts_[1];
        if (key.lead) {
            writer_.put(item.substr(0, 1));
            item.remove_prefix(1);
        }
        writer_.put(parts_[0]);
        writer_.put(item);
        if (key.digits != 0) writer_.put(gs1_check_digit(writer_.value().substr(begin)));
        for (std::size_t i = 2; i < numbers; ++i) writer_.put(parts_[i]);
        if (!key.serial.empty()) {
            const std::size_t most =
                key.digits == 0 ? longest_asset(static_cast<unsigned>(parts_[0].size())) : key.longest_serial;
            if (key.serial != key.ai) writer_.begin(key.serial);
            if (!read_serial(parts_[numbers], most)) return false;
            if (key.serial == "254" && writer_.value() == "0") writer_.drop();
        }
        writer_.end();
        return true;
    }

    bool read_serial(std::string_view written, std::size_t most) {
        if (written.empty()) return refuse(CodeError::empty_value, written);
        std::size_t count = 0;
        for (std::size_t i = 0; i < written.size(); ++i) {
            const std::string_view at = written.substr(i);
            char c = written[i];
            if (c == '%') {
                const int high = at.size() > 2 ? hex_value(at[1]) : -1;
                const int low = at.size() > 2 ? hex_value(at[2]) : -1;
                if (high < 0 || low < 0 || !gs1_is_text(static_cast<char>(high * 16 + low)))
                    return refuse(CodeError::bad_escape, at);
                c = static_cast<char>(high * 16 + low);
                i += 2;
            } else if (!gs1_is_text(c) || std::string_view{"\"&/<>?"}.find(c) != std::string_view::npos) {
                return refuse(CodeError::bad_character, at);
            }
            if (++count > most) return refuse(CodeError::serial_too_long, written);
            writer_.put(c);
        }
        return true;
    }

    /// `[att=x01][umi=1][xpc=x0004]:`, each at most once and in this order.
    bool read_fields() {
        if (!rest_.starts_with('[')) return true;
        const std::string_view at = rest_;
        if (skip("[att=x")) {
            const auto value = read_hex(2);
            if (!value || !skip("]")) return refuse(CodeError::bad_uri, at);
            out_.control.attributes = static_cast<std::uint8_t>(*value);
        }
        if (skip("[umi=")) {
            out_.control.user_memory = rest_.starts_with('1');
            if ((!skip("0") && !skip("1")) || !skip("]")) return refuse(CodeError::bad_uri, at);
        }
        if (skip("[xpc=x")) {
            out_.control.xpc = read_hex(4);
            if (!out_.control.xpc || !skip("]")) return refuse(CodeError::bad_uri, at);
        }
        return skip(":") || refuse(CodeError::bad_uri, rest_);
    }

    std::optional<std::uint16_t> read_hex(std::size_t digits) {
        if (rest_.size() < digits || !std::ranges::all_of(rest_.substr(0, digits), is_upper_hex)) return std::nullopt;
        unsigned value = 0;
        for (const char c : rest_.substr(0, digits)) value = value << 4 | static_cast<unsigned>(hex_value(c));
        rest_.remove_prefix(digits);
        return static_cast<std::uint16_t>(value);
    }

    bool read_raw() {
        out_.kind = EpcUri::Kind::raw;
        out_.reading.name = "raw";
        out_.reading.symbol.kind = SymbolReading::Kind::plain;
        if (!read_fields()) return false;
        const std::string_view at = rest_;
        const auto length = cut('.');
        const bool is_number = length && !length->empty() && length->size() <= 3 && all_digits(*length) && (*length)[0] != '0';
        if (!is_number) return refuse(CodeError::bad_uri, at);
        for (const char c : *length) out_.raw.bits = static_cast<std::uint16_t>(out_.raw.bits * 10 + (c - '0'));
        if (out_.raw.bits > kMostEpcBits) return refuse(CodeError::value_too_long, at);
        if (!skip("x")) return refuse(CodeError::bad_uri, rest_);
        if (const std::size_t point = rest_.find('.'); point != std::string_view::npos) {
            const auto afi = read_hex(2);
            if (point != 2 || !afi || !skip(".x")) return refuse(CodeError::bad_uri, rest_);
            out_.raw.afi = static_cast<std::uint8_t>(*afi);
        }
        const auto odd = std::ranges::find_if_not(rest_, is_upper_hex);
        if (odd != rest_.end())
            return refuse(CodeError::bad_character, rest_.substr(static_cast<std::size_t>(odd - rest_.begin())));
        // Zeros in front are no more bits than were said.
        const std::size_t most = (out_.raw.bits + 3U) / 4;
        out_.raw.hex = rest_.substr(bits_of(rest_) <= out_.raw.bits && rest_.size() > most ? rest_.size() - most : 0);
        return bits_of(rest_) <= out_.raw.bits || refuse(CodeError::component_overflow, rest_);
    }

    std::string_view uri_;
    std::string_view rest_;
    EpcUri& out_;
    Gs1Message& message_;
    ElementWriter writer_;
    std::array<std::string_view, kMostParts> parts_;
};

}  // namespace

EpcUri read_epc_uri(std::string_view uri, CodeBuffer& buffer) {
    EpcUri out;
    out.reading.symbol.kind = SymbolReading::Kind::gs1;
    Reader{uri, out, buffer}.read();
    return out;
}

}  // namespace dosario
