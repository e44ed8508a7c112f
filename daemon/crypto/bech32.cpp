// SPDX-License-Identifier: Apache-2.0
#include "crypto/bech32.hpp"

#include "crypto/secret_bytes.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksum = 6;

bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }

/// BIP 173, "Checksum": a BCH code over GF(32).
class Checksum {
public:
    void add(unsigned value) {
        constexpr std::uint32_t kGenerator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
        const std::uint32_t top = state_ >> 25;
        state_ = (state_ & 0x1ffffff) << 5 ^ value;
        for (unsigned i = 0; i < 5; ++i) {
            if ((top >> i & 1U) != 0) state_ ^= kGenerator[i];
        }
    }
    void add_prefix(std::string_view prefix) {
        for (const char c : prefix) add(static_cast<unsigned char>(c) >> 5U);
        add(0);
        for (const char c : prefix) add(static_cast<unsigned char>(c) & 31U);
    }
    std::uint32_t state() const { return state_; }

private:
    std::uint32_t state_ = 1;
};

std::vector<unsigned> in_fives(ByteView bytes) {
    std::vector<unsigned> fives;
    unsigned held = 0, bits = 0;
    for (const std::byte byte : bytes) {
        held = (held << 8U | std::to_integer<unsigned>(byte)) & 0xfffU;
        for (bits += 8; bits >= 5; bits -= 5) fives.push_back(held >> (bits - 5) & 31U);
    }
    if (bits > 0) fives.push_back(held << (5 - bits) & 31U);
    return fives;
}

/// False when bits that stand for nothing are not zero, or are a whole character too many.
bool in_eights(std::span<const unsigned> fives, Bytes& bytes) {
    unsigned held = 0, bits = 0;
    bytes.reserve(fives.size() * 5 / 8);
    for (const unsigned five : fives) {
        held = (held << 5U | five) & 0xfffU;
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<std::byte>(held >> bits & 0xffU));
    }
    return bits < 5 && (held & ((1U << bits) - 1U)) == 0;
}

}  // namespace

std::string bech32_encode(std::string_view prefix, ByteView bytes) {
    std::vector<unsigned> fives = in_fives(bytes);
    Checksum checksum;
    checksum.add_prefix(prefix);
    for (const unsigned five : fives) checksum.add(five);
    for (std::size_t i = 0; i < kChecksum; ++i) checksum.add(0);
    std::string text{prefix};
    text.reserve(prefix.size() + 1 + fives.size() + kChecksum);  // a secret leaves no shorter copies of itself
    text += '1';
    for (const unsigned five : fives) text += kAlphabet[five];
    for (std::size_t i = 0; i < kChecksum; ++i) text += kAlphabet[(checksum.state() ^ 1U) >> 5U * (kChecksum - 1 - i) & 31U];
    cleanse(std::as_writable_bytes(std::span{fives}));
    return text;
}

Bech32Text bech32_decode(std::string_view text) {
    Bech32Text read;
    const auto faulty = [&read](Bech32Fault fault, std::size_t place) {
        read.fault = fault;
        read.place = place;
        return read;
    };
    if (std::any_of(text.begin(), text.end(), upper) && std::any_of(text.begin(), text.end(), lower))
        return faulty(Bech32Fault::mixed_case, 0);
    const std::size_t separator = text.rfind('1');
    if (separator == std::string_view::npos || separator == 0 || text.size() - separator - 1 < kChecksum)
        return faulty(Bech32Fault::shape, 0);
    for (const char c : text.substr(0, separator)) {
        if (c < 33 || c > 126) return faulty(Bech32Fault::character, read.prefix.size() + 1);
        read.prefix += upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    }
    Checksum checksum;
    checksum.add_prefix(read.prefix);
    std::vector<unsigned> fives;
    fives.reserve(text.size());
    for (std::size_t i = separator + 1; i < text.size(); ++i) {
        const char c = upper(text[i]) ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
        const std::size_t value = kAlphabet.find(c);
        if (value == std::string_view::npos) {
            cleanse(std::as_writable_bytes(std::span{fives}));
            return faulty(Bech32Fault::character, i + 1);
        }
        fives.push_back(static_cast<unsigned>(value));
        checksum.add(fives.back());
    }
    if (checksum.state() != 1) {
        read.fault = Bech32Fault::checksum;
    } else if (!in_eights(std::span{fives}.first(fives.size() - kChecksum), read.bytes)) {
        read.fault = Bech32Fault::shape;
    }
    cleanse(std::as_writable_bytes(std::span{fives}));
    return read;
}

}  // namespace dosario
