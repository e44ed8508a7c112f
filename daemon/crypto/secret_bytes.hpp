// SPDX-License-Identifier: Apache-2.0
// Bytes of a fixed size that nobody else may learn: overwritten before their memory is given back.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace dosario {

/// Overwrites memory so that no compiler leaves it out.
void cleanse(std::span<std::byte> bytes);

template <std::size_t kSize>
class SecretBytes {
public:
    SecretBytes() = default;
    ~SecretBytes() { cleanse(bytes_); }
    SecretBytes(const SecretBytes&) = default;
    SecretBytes& operator=(const SecretBytes&) = default;

    std::span<std::byte, kSize> span() { return bytes_; }
    std::span<const std::byte, kSize> span() const { return bytes_; }

private:
    std::array<std::byte, kSize> bytes_{};
};

}  // namespace dosario
