// SPDX-License-Identifier: Apache-2.0
#include "usb/report_shape.hpp"

#include <algorithm>
#include <array>

namespace dosario {
namespace {

constexpr std::size_t kDeepestStack = 16;

struct Globals {
    std::uint32_t usage_page = 0;
    std::uint32_t report_size_bits = 0;
    std::uint32_t report_count = 0;
    std::uint32_t report_id = 0;
};

/// One pass over the items; only what bears on the two facts is kept.
class Reader {
public:
    void item(std::uint8_t tag_and_type, std::uint32_t value, std::size_t width) {
        switch (tag_and_type & 0xfc) {
            case 0x04: now_.usage_page = value; break;
            case 0x74: now_.report_size_bits = value; break;
            case 0x84: now_.report_id = value & 0xff; break;
            case 0x94: now_.report_count = value; break;
            case 0xa4:
                if (stack_.size() < kDeepestStack) stack_.push_back(now_);
                break;
            case 0xb4: pop(); break;
            case 0x08: add_usage(width == 4 ? value : now_.usage_page << 16 | value); break;
            case 0x80: add_input(); break;
            case 0xa0: begin_collection(); break;
            case 0xc0:
                if (depth_ > 0) --depth_;
                break;
            default: break;
        }
        const bool is_main = (tag_and_type & 0x0c) == 0;
        if (is_main) usage_given_ = false;
    }

    ReportShape result() {
        for (std::size_t id = 0; id < bits_.size(); ++id) {
            if (bits_[id] == 0) continue;
            const auto bytes = static_cast<std::size_t>((bits_[id] + 7) / 8) + (id != 0 ? 1 : 0);
            shape_.longest_input = std::max(shape_.longest_input, std::min(bytes, kLongestReport));
        }
        return std::move(shape_);
    }

private:
    void pop() {
        if (stack_.empty()) return;
        now_ = stack_.back();
        stack_.pop_back();
    }
    void add_usage(std::uint32_t usage) {
        if (!usage_given_) usage_ = usage;
        usage_given_ = true;
    }
    void begin_collection() {
        if (depth_++ == 0) shape_.top_usages.push_back(usage_given_ ? usage_ : now_.usage_page << 16);
    }
    void add_input() {
        const std::uint64_t added = std::uint64_t{now_.report_size_bits} * now_.report_count;
        std::uint64_t& bits = bits_[now_.report_id];
        bits = std::min<std::uint64_t>(bits + std::min<std::uint64_t>(added, kLongestReport * 8), kLongestReport * 8);
    }

    Globals now_;
    std::vector<Globals> stack_;
    std::uint32_t usage_ = 0;  ///< the first of a collection, if one was given
    bool usage_given_ = false;
    std::size_t depth_ = 0;
    std::array<std::uint64_t, 256> bits_{};
    ReportShape shape_;
};

}  // namespace

ReportShape report_shape(ByteView rest) {
    Reader reader;
    while (!rest.empty()) {
        const auto prefix = std::to_integer<std::uint8_t>(rest[0]);
        constexpr std::uint8_t kLongItem = 0xfe;
        if (prefix == kLongItem) {
            const std::size_t whole = rest.size() < 2 ? rest.size() : 3 + std::to_integer<std::size_t>(rest[1]);
            rest = rest.subspan(std::min(whole, rest.size()));
            continue;
        }
        const std::size_t width = (prefix & 3) == 3 ? 4 : prefix & 3;
        if (rest.size() < 1 + width) break;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < width; ++i) value |= std::to_integer<std::uint32_t>(rest[1 + i]) << (8 * i);
        reader.item(prefix, value, width);
        rest = rest.subspan(1 + width);
    }
    return reader.result();
}

bool is_mouse(const ReportShape& shape) {
    return std::any_of(shape.top_usages.begin(), shape.top_usages.end(),
                       [](std::uint32_t usage) { return usage == 0x0001'0001 || usage == 0x0001'0002; });
}

std::optional<std::uint16_t> report_descriptor_length(ByteView extra) {
    constexpr std::size_t kHidDescriptorSize = 9;
    while (extra.size() >= 2) {
        const auto size = std::to_integer<std::size_t>(extra[0]);
        if (size < 2 || size > extra.size()) return std::nullopt;
        if (extra[1] == std::byte{0x21} && size >= kHidDescriptorSize && extra[6] == std::byte{0x22}) {
            const unsigned length = std::to_integer<unsigned>(extra[7]) | std::to_integer<unsigned>(extra[8]) << 8;
            if (length == 0 || length > kLongestReport) return std::nullopt;
            return static_cast<std::uint16_t>(length);
        }
        extra = extra.subspan(size);
    }
    return std::nullopt;
}

}  // namespace dosario
