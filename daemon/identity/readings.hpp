// SPDX-License-Identifier: Apache-2.0
// The ways to split an element string whose separators (FNC1) were lost: every value valid by the strict rules, every AI literally in its
// place. Which of them is true is not known here; nobody guesses.
#pragma once

#include "identity/gs1.hpp"

namespace dosario {

/// A split has at most this many AIs, and the same goes for a layout.
inline constexpr std::size_t kMostSplitElements = 10;
/// At most this many splits are listed.
inline constexpr std::size_t kMostReadings = 9;

/// One way to split a content. Views into it; AIs and values in order are the whole content.
class CodeReading {
public:
    std::span<const Gs1Element> elements() const { return {elements_.data(), count_}; }
    /// Empty when that AI is absent.
    std::string_view value(unsigned number) const;
    std::string_view item() const { return value(1); }  ///< the GTIN, 14 digits
    std::string_view serial() const { return value(21); }
    std::string_view lot() const { return value(10); }
    std::optional<Date> expires_on(Date reference) const;  ///< AI 17

    /// At most kMostSplitElements.
    explicit CodeReading(std::span<const Gs1Element> elements = {});
    /// True if GTIN, serial number, lot and expiry are the same: to the counter they are one.
    bool same_pack(const CodeReading& other) const;

private:
    std::array<Gs1Element, kMostSplitElements> elements_{};
    std::size_t count_ = 0;
};

/// Readings that differ in what the counter keeps, in the order they were found.
class CodeReadings {
public:
    bool too_many = false;  ///< there are more than are listed, or looking for them took too long

    std::span<const CodeReading> all() const { return {readings_.data(), count_}; }
    /// One that is there already is not added. False when there is no room, which is `too_many`.
    bool add(const CodeReading& reading);

private:
    std::array<CodeReading, kMostReadings> readings_;
    std::size_t count_ = 0;
};

/// All ways to read `content` as the code of a pack: AIs 01 10 11 13 15 17 21 240 and one of 710 to 717, each at most once, 01 among them.
/// None for a content with a GS in it. The work is bounded, whatever the content.
CodeReadings free_readings(std::string_view content, Date reference);

}  // namespace dosario
