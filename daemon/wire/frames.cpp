// SPDX-License-Identifier: Apache-2.0
#include "wire/frames.hpp"

#include "base/check.hpp"

#include <boost/endian/conversion.hpp>

namespace dosario {
namespace {

constexpr std::size_t kLengthBytes = 4;

}  // namespace

void FrameReader::feed(ByteView bytes) {
    if (broken_) return;
    if (start_ > 0) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
        start_ = 0;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<ByteView> FrameReader::next() {
    if (start_ == buffer_.size()) {  // most connections are silent most of the time
        buffer_ = Bytes{};           // an assigned {} would keep the room
        start_ = 0;
    }
    const ByteView rest = ByteView{buffer_}.subspan(start_);
    if (broken_ || rest.size() < kLengthBytes) return std::nullopt;
    const std::size_t length = boost::endian::load_big_u32(reinterpret_cast<const unsigned char*>(rest.data()));
    if (length == 0 || length > largest_) {
        broken_ = true;
        return std::nullopt;
    }
    if (rest.size() < kLengthBytes + length) return std::nullopt;
    start_ += kLengthBytes + length;
    return rest.subspan(kLengthBytes, length);
}

void append_frame(Bytes& out, std::string_view content) {
    DOSARIO_CHECK(!content.empty() && content.size() <= kLargestFrame);
    const std::size_t at = out.size();
    out.resize(at + kLengthBytes);
    boost::endian::store_big_u32(reinterpret_cast<unsigned char*>(out.data() + at), static_cast<std::uint32_t>(content.size()));
    const ByteView bytes = as_bytes(content);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace dosario
