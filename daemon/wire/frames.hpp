// SPDX-License-Identifier: Apache-2.0
// Frames of the uplink: u32 big-endian length, then so many bytes. Lengths of 0 and beyond kLargestFrame are no frames.
#pragma once

#include "base/bytes.hpp"

#include <optional>

namespace dosario {

inline constexpr std::size_t kLargestFrame = 1024 * 1024;

/// Cuts a stream of bytes into frames, whatever pieces it comes in. Holds at most one frame and the bytes of one piece,
/// and nothing when all of it was taken.
class FrameReader {
public:
    void feed(ByteView bytes);
    /// The content of the next whole frame; the view holds until the next call of anything.
    std::optional<ByteView> next();
    /// A length was no length: nothing after it can be understood.
    bool broken() const { return broken_; }
    /// Longer frames are none from now on. At first the limit is kLargestFrame.
    void allow(std::size_t largest) { largest_ = largest; }

private:
    Bytes buffer_;
    std::size_t start_ = 0;  ///< of what was not taken yet
    bool broken_ = false;
    std::size_t largest_ = kLargestFrame;
};

/// Puts a frame behind what `out` holds. `content` is 1 to kLargestFrame bytes.
void append_frame(Bytes& out, std::string_view content);

}  // namespace dosario
