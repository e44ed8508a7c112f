// SPDX-License-Identifier: Apache-2.0
// An item on the wire (HID 1.11, 6.2.2.2 and 6.2.2.3):
//   short: [tag:4 type:2 size:2] [0, 1, 2 or 4 bytes, little-endian]      type 0 main, 1 global, 2 local
//   long:  [FE] [size] [tag] [size bytes]                                 none is defined; passed over
// Whatever is kept costs the device an item, so kLargestReportDescriptor bounds memory and time. Usages are gone after the next main
// item, and ranges are never spelt out.
#include "reader/report_descriptor.hpp"

#include <algorithm>
#include <array>

namespace dosario {
namespace {

constexpr std::uint32_t kLongestReportBits = 8 * kLongestReport;
constexpr std::array<std::size_t, 4> kSizes = {0, 1, 2, 4};
constexpr std::uint8_t kLongItem = 0xFE;
constexpr std::uint32_t kApplicationCollection = 1;
constexpr std::uint32_t kMostUsage = 0xFFFF;

// The key of an item: tag and type, as in the tables of 6.2.2.4 to 6.2.2.8 with the size bits cleared.
enum Item : std::uint8_t {
    kInput = 0x80,
    kOutput = 0x90,
    kCollection = 0xA0,
    kFeature = 0xB0,
    kEndCollection = 0xC0,
    kUsagePage = 0x04,
    kReportSize = 0x74,
    kReportId = 0x84,
    kReportCount = 0x94,
    kPush = 0xA4,
    kPop = 0xB4,
    kUsage = 0x08,
    kUsageMinimum = 0x18,
    kUsageMaximum = 0x28,
};

struct Globals {
    std::uint16_t page = 0;
    std::uint32_t size = 0;
    std::uint32_t count = 0;
    std::uint8_t report_id = 0;
};

// A usage as it was written: with four bytes it brings its own page, otherwise the page valid at the main item counts.
struct WrittenUsage {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool own_page = false;
};

class Parser {
public:
    ReportDescriptor run(ByteView bytes);

private:
    void break_rule(const char* rule) {
        if (out_.broken_rule == nullptr) out_.broken_rule = rule;
    }
    bool take_item(ByteView& rest);
    void item(std::uint8_t key, std::uint32_t value, std::size_t size);
    void global(std::uint8_t key, std::uint32_t value);
    void local(std::uint8_t key, std::uint32_t value, std::size_t size);
    void input(std::uint32_t flags);
    void begin_collection(std::uint32_t type);
    void end_collection();
    void report_id(std::uint32_t value);
    void pop();
    HidUsageRange resolve(const WrittenUsage& written) const;
    ReportDescriptor::InputReport& report(std::uint8_t id);

    ReportDescriptor out_;
    Globals globals_;
    std::vector<Globals> pushed_;
    std::vector<WrittenUsage> usages_;
    std::optional<WrittenUsage> minimum_;
    std::size_t depth_ = 0;
};

HidUsageRange Parser::resolve(const WrittenUsage& written) const {
    const auto page = written.own_page ? static_cast<std::uint16_t>(written.first >> 16) : globals_.page;
    return {page, static_cast<std::uint16_t>(written.first & kMostUsage), static_cast<std::uint16_t>(written.last & kMostUsage)};
}

ReportDescriptor::InputReport& Parser::report(std::uint8_t id) {
    const auto found = std::find_if(out_.reports.begin(), out_.reports.end(), [id](const auto& one) { return one.id == id; });
    if (found != out_.reports.end()) return *found;
    return out_.reports.emplace_back(ReportDescriptor::InputReport{id, id == 0 ? 0U : 8U});
}

void Parser::input(std::uint32_t flags) {
    ReportDescriptor::InputReport& in = report(globals_.report_id);
    const std::uint64_t bits = std::uint64_t{globals_.size} * globals_.count;
    if (in.bits + bits > kLongestReportBits) {
        in.bits = kLongestReportBits;
        return break_rule("a report is too long");
    }
    if (bits == 0) return;
    HidField field;
    field.report_id = globals_.report_id;
    field.bit_offset = in.bits;
    field.bit_size = globals_.size;
    field.count = globals_.count;
    field.constant = (flags & 1) != 0;
    field.variable = (flags & 2) != 0;
    for (const WrittenUsage& written : usages_) field.usages.push_back(resolve(written));
    in.bits += static_cast<std::uint32_t>(bits);
    out_.inputs.push_back(std::move(field));
}

void Parser::begin_collection(std::uint32_t type) {
    if (depth_++ != 0 || type != kApplicationCollection || usages_.empty()) return;
    const HidUsageRange usage = resolve(usages_.front());
    out_.applications.push_back({usage.page, usage.first});
}

void Parser::end_collection() {
    if (depth_ == 0) return break_rule("an end of collection without begin");
    --depth_;
}

void Parser::report_id(std::uint32_t value) {
    if (value == 0 || value > 0xFF) return break_rule("a report id outside 1 to 255");
    if (!out_.has_report_ids && !out_.inputs.empty()) break_rule("a report id after fields without one");
    out_.has_report_ids = true;
    globals_.report_id = static_cast<std::uint8_t>(value);
}

void Parser::pop() {
    if (pushed_.empty()) return break_rule("a pop without push");
    globals_ = pushed_.back();
    pushed_.pop_back();
}

void Parser::global(std::uint8_t key, std::uint32_t value) {
    switch (key) {
        case kUsagePage: globals_.page = static_cast<std::uint16_t>(value & kMostUsage); break;
        case kReportSize: globals_.size = value; break;
        case kReportCount: globals_.count = value; break;
        case kReportId: return report_id(value);
        case kPush: pushed_.push_back(globals_); break;
        case kPop: return pop();
        default: break;  // limits and units do not move fields
    }
}

void Parser::local(std::uint8_t key, std::uint32_t value, std::size_t size) {
    const bool own_page = size == 4;
    if (key == kUsage) usages_.push_back({value, value, own_page});
    if (key == kUsageMinimum) minimum_ = WrittenUsage{value, value, own_page};
    if (key != kUsageMaximum || !minimum_) return;
    const WrittenUsage range{minimum_->first, value, minimum_->own_page};
    minimum_.reset();
    if ((range.first & kMostUsage) > (range.last & kMostUsage)) return break_rule("a usage range runs backwards");
    usages_.push_back(range);
}

void Parser::item(std::uint8_t key, std::uint32_t value, std::size_t size) {
    const int type = (key >> 2) & 3;
    if (type == 1) return global(key, value);
    if (type == 2) return local(key, value, size);
    if (type == 3) return;
    if (key == kInput) input(value);
    if (key == kCollection) begin_collection(value);
    if (key == kEndCollection) end_collection();
    usages_.clear();
    minimum_.reset();
}

// Takes one item off the front; false when it is cut.
bool Parser::take_item(ByteView& rest) {
    const auto at = [rest](std::size_t i) { return std::to_integer<std::uint8_t>(rest[i]); };
    const std::uint8_t prefix = at(0);
    const bool is_long = prefix == kLongItem;
    if (is_long && rest.size() < 2) return false;
    const std::size_t size = is_long ? std::size_t{2} + at(1) : kSizes[prefix & 3U];
    if (rest.size() - 1 < size) return false;
    if (!is_long) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i) value |= std::uint32_t{at(1 + i)} << (8 * i);
        item(static_cast<std::uint8_t>(prefix & 0xFCU), value, size);
    }
    rest = rest.subspan(1 + size);
    return true;
}

ReportDescriptor Parser::run(ByteView bytes) {
    if (bytes.empty()) break_rule("it is empty");
    if (bytes.size() > kLargestReportDescriptor) {
        break_rule("it is too long");
        bytes = bytes.first(kLargestReportDescriptor);
    }
    while (!bytes.empty() && take_item(bytes)) {
    }
    if (!bytes.empty()) break_rule("an item is cut");
    return std::move(out_);
}

}  // namespace

bool ReportDescriptor::serves(HidUsage application) const {
    return std::find(applications.begin(), applications.end(), application) != applications.end();
}

bool ReportDescriptor::is_mouse() const {
    constexpr HidUsage kPointer{0x01, 0x01};
    constexpr HidUsage kMouse{0x01, 0x02};
    return serves(kPointer) || serves(kMouse);
}

bool ReportDescriptor::serves_page(std::uint16_t page) const {
    return std::any_of(applications.begin(), applications.end(), [page](HidUsage one) { return one.page == page; });
}

std::optional<HidPlace> ReportDescriptor::find_variable(HidUsage usage) const {
    for (const HidField& field : inputs) {
        if (!field.variable || field.constant) continue;
        std::uint32_t first = 0;  // the element the current range begins at
        for (std::size_t i = 0; i < field.usages.size() && first < field.count; ++i) {
            const HidUsageRange& range = field.usages[i];
            const std::uint32_t length = std::uint32_t{range.last} - range.first + 1;
            if (range.holds(usage)) {
                const std::uint32_t element = first + usage.usage - range.first;
                if (element >= field.count) break;
                // The last usage goes on to the end of the field (6.2.2.8).
                const bool to_the_end = i + 1 == field.usages.size() && usage.usage == range.last;
                return HidPlace{field.report_id, field.bit_offset + element * field.bit_size, field.bit_size,
                                to_the_end ? field.count - element : 1};
            }
            first += length;
        }
    }
    return std::nullopt;
}

std::optional<HidPlace> ReportDescriptor::find_array(HidUsage usage) const {
    for (const HidField& field : inputs) {
        if (field.variable || field.constant) continue;
        const auto holds = [usage](const HidUsageRange& range) { return range.holds(usage); };
        if (std::any_of(field.usages.begin(), field.usages.end(), holds)) {
            return HidPlace{field.report_id, field.bit_offset, field.bit_size, field.count};
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> ReportDescriptor::report_bytes(std::uint8_t id) const {
    for (const InputReport& one : reports) {
        if (one.id == id) return (one.bits + 7) / 8;
    }
    return std::nullopt;
}

std::size_t ReportDescriptor::longest_report() const {
    std::size_t longest = 0;
    for (const InputReport& one : reports) longest = std::max<std::size_t>(longest, (one.bits + 7) / 8);
    return longest;
}

ReportDescriptor read_report_descriptor(ByteView descriptor) { return Parser{}.run(descriptor); }

Result<ReportDescriptor> parse_report_descriptor(ByteView descriptor) {
    ReportDescriptor read = read_report_descriptor(descriptor);
    if (read.broken_rule != nullptr) return fail(Failure::invalid, std::string{"report descriptor: "} + read.broken_rule);
    return read;
}

std::optional<std::uint16_t> report_descriptor_length(ByteView extra) {
    constexpr std::size_t kHidDescriptorSize = 9;
    constexpr std::byte kHidDescriptor{0x21};
    constexpr std::byte kReportDescriptor{0x22};
    while (extra.size() >= 2) {
        const auto size = std::to_integer<std::size_t>(extra[0]);
        if (size < 2 || size > extra.size()) return std::nullopt;
        if (extra[1] == kHidDescriptor && size >= kHidDescriptorSize && extra[6] == kReportDescriptor) {
            const unsigned length = std::to_integer<unsigned>(extra[7]) | std::to_integer<unsigned>(extra[8]) << 8;
            if (length == 0 || length > kLargestReportDescriptor) return std::nullopt;
            return static_cast<std::uint16_t>(length);
        }
        extra = extra.subspan(size);
    }
    return std::nullopt;
}

}  // namespace dosario
