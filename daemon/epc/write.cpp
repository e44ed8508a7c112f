// SPDX-License-Identifier: Apache-2.0
// EPCs from AIs: the same rows as read.cpp, walked the other way.
#include "epc/epc.hpp"
#include "epc/value.hpp"
#include "identity/ascii.hpp"

#include <bitset>

namespace dosario {
namespace {

/// AIs of dates that a DSGTIN+ may be made for, the one that matters most first.
constexpr unsigned kDateChoice[] = {17, 15, 16, 13, 11, 7006, 7007};

std::uint64_t number_of(std::string_view digits) {
    std::uint64_t value = 0;
    for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    return value;
}

class Writer {
public:
    Writer(const EpcScheme& scheme, std::span<const Gs1Element> elements, const EpcWriting& writing)
        : scheme_(scheme), elements_(elements), writing_(writing) {}

    CodeError write(std::size_t& segment) {
        segment = kMostEpcSegments;
        if (writing_.filter > 7) return CodeError::bad_filter;
        if (elements_.size() > used_.size()) return CodeError::parse_failed;
        out_.put(scheme_.header, 8);
        if (scheme_.plus()) out_.put(has_more() ? 1 : 0, 1);
        out_.put(writing_.filter, 3);
        for (std::size_t i = 0; i < scheme_.segments.size(); ++i) {
            if (scheme_.segments[i].step == EpcStep::end) break;
            segment = i;
            if (const CodeError error = write_segment(scheme_.segments[i]); error != CodeError::none) return error;
        }
        segment = kMostEpcSegments;
        if (const CodeError error = write_more(); error != CodeError::none) return error;
        return out_.fits() ? CodeError::none : CodeError::value_too_long;
    }
    const EpcBitWriter& bits() const { return out_; }

private:
    /// The first element of that AI, which is then written.
    const Gs1Element* take(unsigned ai) {
        for (std::size_t i = 0; i < elements_.size(); ++i) {
            if (elements_[i].number != ai) continue;
            used_[i] = true;
            return &elements_[i];
        }
        return nullptr;
    }
    const Gs1Element* take(std::string_view ai) { return take(gs1_ai_at(ai).number); }

    /// True where AIs are left for behind the segments.
    bool has_more() const {
        std::size_t count = 0;
        for (const EpcSegment& segment : scheme_.segments) {
            const bool is_there =
                segment.step == EpcStep::value &&
                std::ranges::any_of(elements_, [&](const Gs1Element& element) { return element.ai == segment.ai; });
            if (is_there || segment.step == EpcStep::date) ++count;
        }
        return elements_.size() > count;
    }

    CodeError write_segment(const EpcSegment& segment) {
        if (!segment.ai.empty()) {
            const Gs1Element* const element = take(segment.ai);
            if (element == nullptr && !segment.zero_is_none) return CodeError::ai_requisite_missing;
            value_ = element == nullptr ? "0" : element->value;
        }
        switch (segment.step) {
            case EpcStep::end: return CodeError::none;
            case EpcStep::prefix:
            case EpcStep::open_prefix:
            case EpcStep::text_prefix: return write_prefix(segment);
            case EpcStep::integer: return write_integer(segment.bits);
            case EpcStep::text: return write_filled_text(segment.bits, segment.bits / 7U);
            case EpcStep::pair:
                out_.put(number_of(value_.substr(0, 2)), segment.bits);
                value_.remove_prefix(2);
                return CodeError::none;
            case EpcStep::zeros: out_.put(0, segment.bits); return CodeError::none;
            case EpcStep::date: return write_date();
            case EpcStep::value:
                if (segment.ai == "8003" && value_.size() <= 14)
                    return CodeError::empty_value;  // a kind of asset, and no thing (7.6)
                return write_epc_value(out_, *epc_value_row(gs1_ai_at(segment.ai).number), value_);
        }
        return CodeError::parse_failed;
    }

    CodeError write_prefix(const EpcSegment& segment) {
        const unsigned digits = writing_.prefix_digits;
        if (digits < kShortestPrefix || digits > kLongestPrefix) return CodeError::company_prefix_length;
        const EpcKey& key = *scheme_.key;
        const std::uint64_t partition = kLongestPrefix - digits;
        const std::size_t rest_bits = segment.bits - 3U - kPrefixBits[partition];
        value_.remove_prefix(key.before.size());
        const std::string_view prefix = value_.substr(key.lead ? 1 : 0, digits);
        if (prefix.size() < digits || !all_digits(prefix)) return CodeError::company_prefix_length;
        out_.put(partition, 3);
        out_.put(number_of(prefix), kPrefixBits[partition]);
        if (key.digits == 0) {
            value_.remove_prefix(digits);
            return segment.step == EpcStep::open_prefix ? write_integer(rest_bits)
                                                        : write_filled_text(rest_bits, longest_asset(digits));
        }
        const std::size_t rest_digits = key.digits - digits;
        const std::uint64_t lead = key.lead ? number_of(value_.substr(0, 1)) * kPowersOfTen[rest_digits - 1] : 0;
        out_.put(lead + number_of(value_.substr((key.lead ? 1U : 0U) + digits, rest_digits - (key.lead ? 1U : 0U))), rest_bits);
        value_.remove_prefix(key.digits + 1U);
        return CodeError::none;
    }

    /// What is left of the value.
    CodeError write_integer(std::size_t bits) {
        if (value_.empty()) return CodeError::empty_value;
        if (!all_digits(value_)) return CodeError::serial_not_numeric;
        if (value_.size() > 1 && value_[0] == '0') return CodeError::serial_leading_zero;
        if (value_.size() >= kPowersOfTen.size() || number_of(value_) >> bits != 0) return CodeError::serial_out_of_range;
        out_.put(number_of(value_), bits);
        return CodeError::none;
    }

    CodeError write_filled_text(std::size_t bits, std::size_t most) {
        if (value_.empty()) return CodeError::empty_value;
        if (value_.size() > most) return CodeError::serial_too_long;
        for (const char c : value_) out_.put(static_cast<unsigned char>(c), 7);
        out_.put(0, bits - 7 * value_.size());
        return CodeError::none;
    }

    CodeError write_date() {
        for (const unsigned ai : kDateChoice) {
            const auto is_date = [&](const Gs1Element& element) { return element.number == ai && element.value.size() == 6; };
            if (std::ranges::none_of(elements_, is_date)) continue;
            const Gs1Element& date = *take(ai);
            const auto type = std::ranges::find(kEpcDateAis, date.ai);
            out_.put(static_cast<std::uint64_t>(type - kEpcDateAis.begin()), 4);
            write_epc_date(out_, date.value);
            return CodeError::none;
        }
        return CodeError::ai_requisite_missing;
    }

    CodeError write_more() {
        for (std::size_t i = 0; i < elements_.size(); ++i) {
            if (used_[i]) continue;
            const EpcValueRow* const row = scheme_.plus() ? epc_value_row(elements_[i].number) : nullptr;
            if (row == nullptr) return CodeError::unknown_ai;
            for (const char c : elements_[i].ai) out_.put(static_cast<unsigned>(c - '0'), 4);
            if (const CodeError error = write_epc_value(out_, *row, elements_[i].value); error != CodeError::none) return error;
        }
        return CodeError::none;
    }

    const EpcScheme& scheme_;
    std::span<const Gs1Element> elements_;
    EpcWriting writing_;
    EpcBitWriter out_;
    std::string_view value_;
    std::bitset<kMostElements> used_;
};

bool is_of_restricted(const Gs1Element& element) {
    if (element.number != 1 && element.number != 8006) return false;
    const auto gtin = parse_gtin(element.value.substr(0, 14));
    return gtin && is_restricted(*gtin);
}

}  // namespace

EpcMade write_epc(const EpcScheme& scheme, std::span<const Gs1Element> elements, const EpcWriting& writing) {
    EpcMade made;
    Writer writer{scheme, elements, writing};
    made.error = writer.write(made.segment);
    if (made.ok() && std::ranges::any_of(elements, is_of_restricted)) made.error = CodeError::restricted_number;
    if (!made.ok()) return made;
    made.bytes = writer.bits().bytes();
    made.bits = writer.bits().size();
    return made;
}

}  // namespace dosario
