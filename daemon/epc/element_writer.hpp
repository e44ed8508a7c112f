// SPDX-License-Identifier: Apache-2.0
// Makes a message of AIs that stand on no label: their text is put together here. Internal to the layer.
#pragma once

#include "epc/scheme.hpp"
#include "identity/gs1.hpp"
#include "identity/gs1_ai_table.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <bit>

namespace dosario {

/// Puts AIs and their values into a message, one after the other; their text is kept in the buffer, as in an element string without GS.
class ElementWriter {
public:
    ElementWriter(Gs1Message& message, CodeBuffer& buffer)
        : message_(message), buffer_(buffer), at_(buffer.bytes.data()), limit_(at_ + buffer.bytes.size() - kStored) {
        buffer.used = 0;
    }

    /// Ends the value before. `ai` exists, and `found` is what the table of AIs says of it.
    void begin(std::string_view ai, const Gs1Ai& found) {
        end();
        ai_ = at_;
        if (at_ < limit_) {  // two to four digits
            at_[0] = ai[0];
            at_[1] = ai[1];
            for (std::size_t i = 2; i < ai.size(); ++i) at_[i] = ai[i];
            at_ += ai.size();
        }
        value_ = at_;
        found_ = found;
    }
    void begin(std::string_view ai) { begin(ai, gs1_ai_at(ai)); }
    void put(char c) {
        if (at_ < limit_) *at_++ = c;
    }
    void put(std::string_view text) {
        char* at = at_;
        for (std::size_t i = 0; i < text.size() && at < limit_; ++i) *at++ = text[i];
        at_ = at;
    }
    /// With zeros in front, 20 digits at most.
    void put_number(std::uint64_t value, std::size_t digits) { put_digits<false>(value, digits); }
    /// The same with the check digit of all of them behind (General Specifications 7.9).
    void put_checked(std::uint64_t value, std::size_t digits) {
        const unsigned sum = put_digits<true>(value, digits);
        put(static_cast<char>('0' + (10 - sum % 10) % 10));
    }
    /// Without zeros in front.
    void put_decimal(std::uint64_t value) {
        // log10 2 is a little less than 1233 / 4096.
        const std::size_t least = static_cast<std::size_t>(std::bit_width(value)) * 1233 / 4096;
        put_number(value, std::max<std::size_t>(1, least + (value >= kPowersOfTen[least] ? 1 : 0)));
    }
    std::string_view value() const { return {value_, static_cast<std::size_t>(at_ - value_)}; }
    unsigned ai() const { return found_.number; }
    const Gs1AiRow& row() const { return *found_.row; }
    /// Takes the element back that has begun.
    void drop() {
        at_ = ai_;
        found_.row = nullptr;
    }
    void end() {
        if (found_.row == nullptr) return;
        buffer_.used = static_cast<std::size_t>(at_ - buffer_.bytes.data());
        const auto offset = static_cast<std::uint16_t>(value_ - buffer_.bytes.data());
        const std::string_view ai{ai_, static_cast<std::size_t>(value_ - ai_)};
        if (!message_.add({ai, value(), found_.number, offset, found_.row})) message_.fault = {CodeError::parse_failed, 0, {}};
        found_.row = nullptr;
    }

private:
    static constexpr std::size_t kStored = 8;

    /// Eight digits in eight bytes, the first in the lowest. Halves are divided side by side: into four, two and one digit.
    static constexpr std::uint64_t eight_digits(std::uint64_t value) {
        std::uint64_t lanes = value / 10'000 | value % 10'000 << 32;
        const std::uint64_t hundreds = lanes * 10'486 >> 20 & 0x0000007f'0000007f;
        lanes = hundreds | (lanes - hundreds * 100) << 16;
        const std::uint64_t tens = lanes * 103 >> 10 & 0x000f000f'000f000f;
        return tens | (lanes - tens * 10) << 8;
    }
    /// The sum of eight digits, the last and every other one before it thrice.
    static constexpr unsigned weighed(std::uint64_t digits) {
        constexpr std::uint64_t kOther = 0x00ff00ff'00ff00ff;
        const std::uint64_t pairs = (digits & kOther) + 3 * (digits >> 8 & kOther);
        return static_cast<unsigned>(pairs * 0x00010001'00010001 >> 48);
    }
    /// Stores the last digits of eight, 1 to 8. All eight are stored: what is too much is behind, and is written over.
    static void store(char* at, std::uint64_t eight, std::size_t digits) {
        const std::uint64_t text = (eight | 0x30303030'30303030) >> 8 * (8 - digits);
        boost::endian::store_little_u64(reinterpret_cast<unsigned char*>(at), text);
    }
    /// Gives the sum for the check digit where it is asked for.
    template <bool kWeighed>
    unsigned put_digits(std::uint64_t value, std::size_t digits) {
        constexpr std::uint64_t kEight = 100'000'000;
        unsigned sum = 0;
        char* at = at_;
        if (at + digits > limit_) return 0;
        at_ = at + digits;
        if (digits > 16) {
            sum = put_digits_at<kWeighed>(at, value / kEight / kEight, digits - 16);
            at += digits - 16;
            value %= kEight * kEight;
            digits = 16;
        }
        if (digits > 8) {
            sum += put_digits_at<kWeighed>(at, value / kEight, digits - 8);
            at += digits - 8;
            value %= kEight;
            digits = 8;
        }
        return digits == 0 ? 0 : sum + put_digits_at<kWeighed>(at, value, digits);
    }
    template <bool kWeighed>
    static unsigned put_digits_at(char* at, std::uint64_t value, std::size_t digits) {
        const std::uint64_t eight = eight_digits(value);
        store(at, eight, digits);
        return kWeighed ? weighed(eight) : 0;
    }

    Gs1Message& message_;
    CodeBuffer& buffer_;
    char* at_;
    char* limit_;  ///< room for eight more; no message comes near
    char* ai_ = nullptr;
    char* value_ = nullptr;
    Gs1Ai found_;
};

}  // namespace dosario
