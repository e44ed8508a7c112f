// SPDX-License-Identifier: Apache-2.0
//   command   [Len] [Adr] [Cmd] [content ...] [CRC low] [CRC high]               Len = 4 + content
//   answer    [Len] [Adr] [Cmd] [Status] [content ...] [CRC low] [CRC high]      Len = 5 + content
// Len does not count itself. No byte begins a frame and none is escaped. Adr is the reader's, FF everybody's. The CRC is over all before it.
//
//   inventory, 18      [Num] then for each tag [length] [EPC]
//   inventory, 288     [Ant] [Num] then for each tag [length] [EPC] [RSSI]; Ant has one bit for each antenna; bit 7 of a length: EPC and TID
//   about the reader   [version, 2] [type] [protocols] [MaxFre] [MinFre] [power, dBm] [scan time, 100 ms] ...
//   bands              bits 7 and 6 of MaxFre, then of MinFre; bits 5 to 0 number the highest and the lowest channel
// (CF-RU5102 manual V1.2, CF-MU804 manual V1.15, wabson/chafon-rfid)
#include "chafon_uhf/chafon_frame.hpp"

#include "rfid/gen2.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace dosario::chafon {
namespace {

unsigned at(ByteView bytes, std::size_t index) { return std::to_integer<unsigned>(bytes[index]); }

/// Where the channels of a band lie.
struct BandRow {
    unsigned code;
    int first_khz, step_khz;
    int most;  ///< the highest channel
    int half_width_khz;
};
constexpr unsigned kUs = 2;
constexpr BandRow kBands[] = {
    {0, 902'600, 400, 62, 200},  // of the user
    {kUs, 902'750, 500, 49, 250},
    {7, 916'200, 900, 11, 250},  // Peru
};
constexpr int kHighestChannel = 0x3F;

const BandRow* row_of(Band band) {
    const unsigned code = band.max >> 6 << 2 | band.min >> 6;
    const auto found =
        std::find_if(std::begin(kBands), std::end(kBands), [code](const BandRow& row) { return row.code == code; });
    return found == std::end(kBands) ? nullptr : found;
}

constexpr std::size_t kTidSize = 12;  // of FastID

std::optional<std::vector<TagRead>> tags_short(ByteView content) {
    if (content.empty()) return std::nullopt;
    const std::size_t number = at(content, 0);
    std::vector<TagRead> tags;
    std::size_t from = 1;
    for (std::size_t i = 0; i < number; ++i) {
        if (from >= content.size()) return std::nullopt;
        const std::size_t size = at(content, from);
        if (size % 2 != 0 || size > kLongestEpc || content.size() - from - 1 < size) return std::nullopt;
        TagRead tag;
        const ByteView epc = content.subspan(from + 1, size);
        tag.epc.assign(epc.begin(), epc.end());
        tag.pc = pc_for(size);
        tags.push_back(std::move(tag));
        from += 1 + size;
    }
    if (from != content.size()) return std::nullopt;
    return tags;
}

std::optional<std::vector<TagRead>> tags_long(ByteView content) {
    if (content.size() < 2) return std::nullopt;
    const unsigned antennas = at(content, 0);
    const std::size_t number = at(content, 1);
    if (number != 0 && !std::has_single_bit(antennas)) return std::nullopt;
    std::vector<TagRead> tags;
    std::size_t from = 2;
    for (std::size_t i = 0; i < number; ++i) {
        if (from >= content.size()) return std::nullopt;
        const bool with_tid = (at(content, from) & 0x80) != 0;
        const std::size_t size = at(content, from) & 0x7F;
        const std::size_t tid_size = with_tid ? kTidSize : 0;
        if (size % 2 != 0 || size < tid_size || size - tid_size > kLongestEpc || content.size() - from - 1 < size + 1)
            return std::nullopt;
        TagRead tag;
        const ByteView epc = content.subspan(from + 1, size - tid_size);
        tag.epc.assign(epc.begin(), epc.end());
        tag.pc = pc_for(epc.size());
        tag.antenna = std::countr_zero(antennas) + 1;
        if (with_tid) {
            const ByteView tid = content.subspan(from + 1 + epc.size(), tid_size);
            tag.tid.emplace(tid.begin(), tid.end());
        }
        tags.push_back(std::move(tag));
        from += 2 + size;
    }
    if (from != content.size()) return std::nullopt;
    return tags;
}

}  // namespace

std::uint16_t crc_of(ByteView bytes) {
    // By whole bytes: where the line is only noise it is computed at each of them.
    static constexpr auto kTable = [] {
        std::array<std::uint16_t, 256> table{};
        for (unsigned i = 0; i < table.size(); ++i) {
            unsigned crc = i;
            for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x8408 : crc >> 1;
            table[i] = static_cast<std::uint16_t>(crc);
        }
        return table;
    }();
    unsigned crc = 0xFFFF;
    for (const std::byte one : bytes) crc = crc >> 8 ^ kTable[(crc ^ std::to_integer<unsigned>(one)) & 0xFF];
    return static_cast<std::uint16_t>(crc);
}

Bytes frame_of(std::uint8_t address, std::uint8_t command, ByteView content) {
    Bytes frame{static_cast<std::byte>(content.size() + 4), std::byte{address}, std::byte{command}};
    append(frame, content);
    const unsigned crc = crc_of(frame);
    frame.push_back(static_cast<std::byte>(crc & 0xFF));
    frame.push_back(static_cast<std::byte>(crc >> 8));
    return frame;
}

std::string status_words(std::uint8_t status, ByteView content) {
    switch (status) {
        case kOk: return "ok";
        case kLast: return "done";
        case kLastInTime: return "done, the time was over";
        case kMoreFollows: return "more follows";
        case kMemoryFull: return "the reader's memory is full";
        case 0x05: return "the access password is wrong";
        case 0x09: return "the tag was not killed";
        case 0x0A: return "a kill password of zero kills nothing";
        case 0x0B: return "the tag does not know this command";
        case 0x0C: return "an access password of zero does not go here";
        case 0x0D: return "the tag is protected already";
        case 0x0E: return "the tag is not protected";
        case 0x10: return "some bytes are locked";
        case 0x11: return "it cannot be locked";
        case 0x12: return "it is locked already";
        case 0x13: return "the reader could not save this";
        case 0x14: return "the reader cannot be set so";
        case 0x15:
        case 0x16:
        case 0x17:
        case 0x18: return "an inventory of 6B tags";
        case 0x19: return "an EAS alarm, or a failure of it";
        case kStatistics: return "statistics of the inventory";
        case kHeartbeat: return "still there";
        case kAntenna: return "an antenna fails";
        case 0xF9: return "the reader could not carry it out";
        case 0xFA: return "the tag is there but does not answer well: move it";
        case kNoTag: return "no tag is in the field";
        case kTagError: return content.empty() ? "the tag refuses" : tag_error_words(at(content, 0));
        case kWrongLength: return "the reader says that the command has a wrong length";
        case kIllegal: return "the reader says that the command is illegal or was damaged";
        case 0xFF: return "the reader says that a parameter is wrong";
        default: return "status " + to_hex(Bytes{std::byte{status}}) + ", which no manual names";
    }
}

std::string command_words(std::uint8_t command) {
    switch (command) {
        case 0x00: return "";
        case kInventory: return "inventory";
        case kRead: return "read";
        case kWrite: return "write";
        case kWriteEpc: return "write_epc";
        case 0x05: return "kill";
        case kLock: return "lock";
        case 0x07: return "block_erase";
        case kSingleInventory: return "single_inventory";
        case 0x10: return "block_write";
        case 0x15: return "extended_read";
        case 0x16: return "extended_write";
        case 0x18: return "buffered_inventory";
        case kAboutReader: return "info";
        case kSetBand: return "region";
        case 0x24: return "address";
        case 0x25: return "scan_time";
        case 0x28: return "line_rate";
        case kSetPower: return "power";
        case 0x33:
        case 0x40: return "buzzer";
        case kWorkMode: return "work_mode";
        case kActiveMode: return "active_mode";
        default: return "command_" + to_hex(Bytes{std::byte{command}});
    }
}

std::optional<Layout> layout_of_type(std::uint8_t type) {
    switch (type) {
        case 0x03:
        case 0x08:  // RRU9803M: RU5102
        case 0x09: return Layout::short18;
        case 0x0C:  // 288M
        case 0x0F:
        case 0x10:  // 86
        case 0x16:
        case 0x20:  // 288MP
        case 0x8B: return Layout::long288;
        default: return std::nullopt;
    }
}

std::optional<std::vector<TagRead>> tags_of(ByteView content, Layout layout) {
    if (layout == Layout::short18) return tags_short(content);
    if (layout == Layout::long288) return tags_long(content);
    auto as_short = tags_short(content);
    auto as_long = tags_long(content);
    if (as_short.has_value() == as_long.has_value()) return std::nullopt;
    return as_short ? std::move(as_short) : std::move(as_long);
}

bool lies_in(const UhfRegion& region, Band band) {
    const BandRow* const row = row_of(band);
    const int low = band.min & kHighestChannel, high = band.max & kHighestChannel;
    if (row == nullptr || low > high || high > row->most) return false;
    for (int channel = low; channel <= high; ++channel)
        if (!region.allows(row->first_khz + channel * row->step_khz, row->half_width_khz)) return false;
    return true;
}

Band band_for(const UhfRegion& region) {
    const BandRow& us = *std::find_if(std::begin(kBands), std::end(kBands), [](const BandRow& row) { return row.code == kUs; });
    int best_low = 0, best_high = -1;
    for (int low = 0, channel = 0; channel <= us.most; ++channel) {
        if (!region.allows(us.first_khz + channel * us.step_khz, us.half_width_khz)) {
            low = channel + 1;
        } else if (channel - low > best_high - best_low) {
            best_low = low;
            best_high = channel;
        }
    }
    return {static_cast<std::uint8_t>((kUs >> 2) << 6 | static_cast<unsigned>(best_high)),
            static_cast<std::uint8_t>((kUs & 3) << 6 | static_cast<unsigned>(best_low))};
}

std::optional<AboutReader> about_reader(ByteView content) {
    if (content.size() < 8) return std::nullopt;
    AboutReader about;
    about.type = static_cast<std::uint8_t>(at(content, 2));
    about.band = {static_cast<std::uint8_t>(at(content, 4)), static_cast<std::uint8_t>(at(content, 5))};
    about.power_dbm = static_cast<int>(at(content, 6));
    about.scan_ms = static_cast<int>(at(content, 7)) * 100;
    return about;
}

}  // namespace dosario::chafon
