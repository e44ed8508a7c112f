// SPDX-License-Identifier: Apache-2.0
// An item on the wire (HID 1.11, 6.2.2.2 and 6.2.2.3):
//   short: [tag:4 type:2 size:2] [0, 1, 2 or 4 bytes, little-endian]      type 0 main, 1 global, 2 local
//   long:  [FE] [size] [tag] [size bytes]                                 none is defined; passed over
#include "hid_scanner/report_descriptor.hpp"

#include <algorithm>
#include <array>

namespace dosario {
namespace {

constexpr std::size_t kMostFields = 256;
constexpr std::size_t kMostApplications = 16;
constexpr std::size_t kMostReports = 32;
constexpr std::size_t kMostUsageRanges = 256;
constexpr std::size_t kDeepestCollections = 32;
constexpr std::size_t kDeepestPushes = 8;
constexpr std::array<std::size_t, 4> kSizes = {0, 1, 2, 4};
constexpr std::uint8_t kLongItem = 0xFE;
constexpr std::uint32_t kApplicationCollection = 1;
constexpr std::uint32_t kMostUsage = 0xFFFF;

Error broken(const char* rule) { return fail(Failure::invalid, std::string{"report descriptor: "} + rule); }

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
    Result<ReportDescriptor> run(ByteView bytes);

private:
    using Step = std::optional<Error>;
    Step item(std::uint8_t key, std::uint32_t value, std::size_t size);
    Step global(std::uint8_t key, std::uint32_t value);
    Step local(std::uint8_t key, std::uint32_t value, std::size_t size);
    Step input(std::uint32_t flags);
    Step collection(std::uint32_t type);
    Step report_id(std::uint32_t value);
    HidUsageRange resolve(const WrittenUsage& written) const;
    ReportDescriptor::InputReport* report(std::uint8_t id);

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

ReportDescriptor::InputReport* Parser::report(std::uint8_t id) {
    const auto found = std::find_if(out_.reports.begin(), out_.reports.end(), [id](const auto& one) { return one.id == id; });
    if (found != out_.reports.end()) return &*found;
    if (out_.reports.size() == kMostReports) return nullptr;
    out_.reports.push_back({id, id == 0 ? 0U : 8U});
    return &out_.reports.back();
}

Parser::Step Parser::input(std::uint32_t flags) {
    ReportDescriptor::InputReport* const in = report(globals_.report_id);
    if (in == nullptr) return broken("too many reports");
    const std::uint64_t bits = std::uint64_t{globals_.size} * globals_.count;
    if (bits > kLargestReportBits || in->bits + bits > kLargestReportBits) return broken("a report is too long");
    if (bits == 0) return std::nullopt;
    if (out_.inputs.size() == kMostFields) return broken("too many fields");
    HidField field;
    field.report_id = globals_.report_id;
    field.bit_offset = in->bits;
    field.bit_size = globals_.size;
    field.count = globals_.count;
    field.constant = (flags & 1) != 0;
    field.variable = (flags & 2) != 0;
    for (const WrittenUsage& written : usages_) field.usages.push_back(resolve(written));
    in->bits += static_cast<std::uint32_t>(bits);
    out_.inputs.push_back(std::move(field));
    return std::nullopt;
}

Parser::Step Parser::collection(std::uint32_t type) {
    if (depth_ == kDeepestCollections) return broken("collections are nested too deep");
    if (depth_ == 0 && type == kApplicationCollection) {
        if (out_.applications.size() == kMostApplications) return broken("too many applications");
        if (!usages_.empty()) {
            const HidUsageRange usage = resolve(usages_.front());
            out_.applications.push_back({usage.page, usage.first});
        }
    }
    ++depth_;
    return std::nullopt;
}

Parser::Step Parser::report_id(std::uint32_t value) {
    if (value == 0 || value > 0xFF) return broken("a report id outside 1 to 255");
    if (!out_.has_report_ids && !out_.inputs.empty()) return broken("a report id after fields without one");
    out_.has_report_ids = true;
    globals_.report_id = static_cast<std::uint8_t>(value);
    return std::nullopt;
}

Parser::Step Parser::global(std::uint8_t key, std::uint32_t value) {
    switch (key) {
        case kUsagePage: globals_.page = static_cast<std::uint16_t>(value & kMostUsage); break;
        case kReportSize: globals_.size = std::min(value, kLargestReportBits + 1); break;
        case kReportCount: globals_.count = std::min(value, kLargestReportBits + 1); break;
        case kReportId: return report_id(value);
        case kPush:
            if (pushed_.size() == kDeepestPushes) return broken("too many pushes");
            pushed_.push_back(globals_);
            break;
        case kPop:
            if (pushed_.empty()) return broken("a pop without push");
            globals_ = pushed_.back();
            pushed_.pop_back();
            break;
        default: break;  // limits and units do not move fields
    }
    return std::nullopt;
}

Parser::Step Parser::local(std::uint8_t key, std::uint32_t value, std::size_t size) {
    const bool own_page = size == 4;
    if (usages_.size() == kMostUsageRanges) return broken("too many usages");
    if (key == kUsage) usages_.push_back({value, value, own_page});
    if (key == kUsageMinimum) minimum_ = WrittenUsage{value, value, own_page};
    if (key == kUsageMaximum && minimum_) {
        minimum_->last = value;
        if ((minimum_->first & kMostUsage) > (value & kMostUsage)) return broken("a usage range runs backwards");
        usages_.push_back(*minimum_);
        minimum_.reset();
    }
    return std::nullopt;
}

Parser::Step Parser::item(std::uint8_t key, std::uint32_t value, std::size_t size) {
    const int type = (key >> 2) & 3;
    if (type == 1) return global(key, value);
    if (type == 2) return local(key, value, size);
    if (type == 3) return std::nullopt;
    Step step;
    if (key == kInput) step = input(value);
    if (key == kCollection) step = collection(value);
    if (key == kEndCollection) {
        if (depth_ == 0) return broken("an end of collection without begin");
        --depth_;
    }
    usages_.clear();
    minimum_.reset();
    return step;
}

Result<ReportDescriptor> Parser::run(ByteView bytes) {
    if (bytes.empty()) return broken("it is empty");
    if (bytes.size() > kLargestReportDescriptor) return broken("it is too long");
    const auto at = [bytes](std::size_t i) { return std::to_integer<std::uint8_t>(bytes[i]); };
    for (std::size_t i = 0; i < bytes.size();) {
        const std::uint8_t prefix = at(i);
        const std::size_t left = bytes.size() - i - 1;
        if (prefix == kLongItem) {
            if (left < 2 || left - 2 < at(i + 1)) return broken("a long item is cut");
            i += 3U + at(i + 1);
            continue;
        }
        const std::size_t size = kSizes[prefix & 3U];
        if (left < size) return broken("an item is cut");
        std::uint32_t value = 0;
        for (std::size_t k = 0; k < size; ++k) value |= std::uint32_t{at(i + 1 + k)} << (8 * k);
        if (const Step error = item(static_cast<std::uint8_t>(prefix & 0xFCU), value, size)) return *error;
        i += 1 + size;
    }
    return std::move(out_);
}

}  // namespace

bool ReportDescriptor::serves(HidUsage application) const {
    return std::find(applications.begin(), applications.end(), application) != applications.end();
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

Result<ReportDescriptor> parse_report_descriptor(ByteView descriptor) { return Parser{}.run(descriptor); }

}  // namespace dosario
