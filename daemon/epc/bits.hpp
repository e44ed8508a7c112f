// SPDX-License-Identifier: Apache-2.0
// Bits of tag memory, first the most significant of the first byte. Internal to the layer.
#pragma once

#include "base/bytes.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace dosario {

/// The length field of the PC word has five bits: no EPC has more than 31 words (Tag Data Standard 9.3).
inline constexpr std::size_t kMostEpcBits = 496;

class EpcBits {
public:
    EpcBits(ByteView bytes, std::size_t bits)
        : bytes_(reinterpret_cast<const unsigned char*>(bytes.data())),
          size_(std::min(bits, bytes.size() * 8)),
          last_(bytes.size() < 8 ? 0 : bytes.size() - 8),
          at_once_(bytes.size() < 8 ? 0 : 64) {}

    std::size_t at() const { return at_; }
    std::size_t left() const { return size_ - at_; }

    /// The next bits as a number, 1 to 64 and no more than are left.
    std::uint64_t read(std::size_t count) {
        const std::size_t at = at_;
        at_ += count;
        const std::size_t first = std::min(at / 8, last_);
        const std::size_t skipped = at - 8 * first;
        if (skipped + count <= at_once_) return boost::endian::load_big_u64(bytes_ + first) << skipped >> (64 - count);
        std::uint64_t value = 0;
        for (std::size_t i = at; i < at + count; ++i) value = value << 1 | (bytes_[i / 8] >> (7 - i % 8) & 1U);
        return value;
    }

private:
    const unsigned char* bytes_;
    std::size_t size_;
    std::size_t last_;     ///< the last place that eight bytes can be read from
    std::size_t at_once_;  ///< how many bits are read at once: none where there are fewer than eight bytes
    std::size_t at_ = 0;
};

/// Bits that are being written. What is too much is counted and not kept.
class EpcBitWriter {
public:
    std::size_t size() const { return size_; }
    bool fits() const { return size_ <= kMostEpcBits; }
    const std::array<std::byte, kMostEpcBits / 8>& bytes() const { return bytes_; }

    /// Any number of bits: in front of 64 of them stand zeros.
    void put(std::uint64_t value, std::size_t count) {
        for (; count > 0; ++size_) {
            --count;
            if (size_ < kMostEpcBits && count < 64 && (value >> count & 1) != 0) bytes_[size_ / 8] |= std::byte{0x80} >> (size_ % 8);
        }
    }

private:
    std::array<std::byte, kMostEpcBits / 8> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace dosario
