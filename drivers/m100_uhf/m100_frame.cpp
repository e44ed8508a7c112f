// SPDX-License-Identifier: Apache-2.0
//   [BB] [kind] [command] [length, 2] [content ...] [sum] [7E]          R200: AA and DD
// kind: 0 of the host, 1 an answer, 2 a notice; sum: the low byte of all from the kind to the content; nothing is escaped.
//
//   notice 22 (27)        [RSSI, dBm] [PC, 2] [EPC ...] [CRC, 2]        the CRC is the tag's own, over PC and EPC
//   answers 39 49 82      [length of PC and EPC] [PC, 2] [EPC ...] [words | 00]
//   error FF              [error], and [length] [PC] [EPC] where a tag said it; which command failed is told only by the error's number
//   channels, US region   902.25 MHz + 0.5 MHz * number
// (Invelion protocol V2.1, R200 protocol V2.3.3)
#include "m100_uhf/m100_frame.hpp"

#include "rfid/gen2.hpp"

#include <algorithm>

namespace dosario::m100 {
namespace {

unsigned at(ByteView bytes, std::size_t index) { return std::to_integer<unsigned>(bytes[index]); }

// Those of the FCC's plan: 902.75 to 927.25 MHz.
constexpr int kFirstChannel = 1, kLastChannel = 50;
constexpr int kChannelZeroKhz = 902'250, kStepKhz = 500, kHalfWidthKhz = 250;

}  // namespace

Bytes frame_of(Variant variant, std::uint8_t command, ByteView content) {
    Bytes frame{std::byte{variant.head}, std::byte{kCommand}, std::byte{command}};
    append_be16(frame, static_cast<unsigned>(content.size()));
    append(frame, content);
    unsigned sum = 0;
    for (std::size_t i = 1; i < frame.size(); ++i) sum += at(frame, i);
    frame.push_back(static_cast<std::byte>(sum & 0xFF));
    frame.push_back(std::byte{variant.end});
    return frame;
}

std::string error_words(std::uint8_t error) {
    switch (error) {
        case kReadFailed: return "the tag could not be read: it is not there, or has no memory there";
        case kWriteFailed: return "the tag could not be written: it is not there, or has no memory there";
        case kLockFailed: return "the tag could not be locked";
        case kKillFailed: return "the tag could not be killed";
        case kNoTag: return "no tag is in the field";
        case kWrongPassword: return "the access password is wrong";
        case kWrongCommand: return "the reader does not know this command, or not so";
        case kHopFailed: return "no channel is free";
        case 0x1A:
        case 0x1B:
        case 0x1D:
        case 0x2A:
        case 0x2B:
        case 0x2E: return "a command of a chip's maker failed";
        default: break;
    }
    const unsigned kind = error & 0xF0;
    if (kind >= 0xA0 && kind <= 0xE0) return tag_error_words(error & 0x0F);
    return "error " + to_hex(Bytes{std::byte{error}}) + ", which no manual names";
}

std::string command_words(std::uint8_t command) {
    switch (command) {
        case kAboutReader: return "info";
        case 0x04: return "idle";
        case kSetRegion:
        case kGetRegion: return "region";
        case kGetSelect:
        case kSelect: return "select";
        case 0x0D:
        case 0x0E: return "query";
        case 0x11: return "line_rate";
        case kSelectMode: return "select_mode";
        case 0x17: return "sleep";
        case 0x1A: return "pins";
        case 0x1D: return "idle_time";
        case kSingleInventory: return "single_inventory";
        case kInventory: return "inventory";
        case kStop: return "stop";
        case kRead: return "read";
        case kWrite: return "write";
        case 0x65: return "kill";
        case kLock: return "lock";
        case kInsertChannels: return "channels";
        case 0xAA:
        case 0xAB: return "channel";
        case kHop: return "hop";
        case 0xB0: return "carrier";
        case kSetPower:
        case kGetPower: return "power";
        case 0xD3: return "block_permalock";
        case 0xF0:
        case 0xF1: return "modem";
        case 0xF2: return "jammers";
        case 0xF3: return "rssi";
        case kError: return "";
        default: return "command_" + to_hex(Bytes{std::byte{command}});
    }
}

std::string region_words(std::uint8_t region) {
    switch (region) {
        case 1: return "China 900 MHz";
        case kUsRegion: return "US";
        case 3: return "Europe";
        case 4: return "China 800 MHz";
        case 6: return "Korea";
        default: return "number " + std::to_string(region);
    }
}

bool error_fits(std::uint8_t error, std::uint8_t command) {
    switch (error) {
        case kReadFailed: return command == kRead;
        case kWriteFailed: return command == kWrite;
        case kLockFailed:
        case kKillFailed: return command == kLock || command == 0x65;
        case kNoTag: return command == kInventory || command == kSingleInventory;
        case kWrongPassword: return command == kRead || command == kWrite || command == kLock || command == 0x65;
        case kWrongCommand: return true;
        case kHopFailed:
            return command == kInventory || command == kSingleInventory || command == kRead || command == kWrite ||
                   command == kLock;
        default: break;
    }
    switch (error & 0xF0) {
        case 0xA0: return command == kRead;
        case 0xB0: return command == kWrite;
        case 0xC0: return command == kLock;
        case 0xD0: return command == 0x65;
        case 0xE0: return command == 0xD3;
        default: return false;
    }
}

std::optional<TagRead> tag_of(ByteView notice) {
    constexpr std::size_t kAroundEpc = 5;
    if (notice.size() < kAroundEpc) return std::nullopt;
    const std::uint16_t pc = be16(notice, 1);
    const std::size_t size = notice.size() - kAroundEpc;
    if (size != epc_size(pc) || gen2_crc(notice.subspan(1, size + 2)) != be16(notice, notice.size() - 2)) return std::nullopt;
    TagRead tag;
    tag.pc = pc;
    const ByteView epc = notice.subspan(3, size);
    tag.epc.assign(epc.begin(), epc.end());
    tag.rssi_cdbm = static_cast<std::int8_t>(at(notice, 0)) * 100;
    return tag;
}

std::optional<Singled> singled(ByteView content) {
    if (content.empty()) return std::nullopt;
    const std::size_t size = at(content, 0);
    if (size < 2 || content.size() - 1 < size) return std::nullopt;
    return Singled{be16(content, 1), content.subspan(3, size - 2), content.subspan(1 + size)};
}

std::vector<std::uint8_t> channels_for(const UhfRegion& region) {
    std::vector<std::uint8_t> channels;
    for (int number = kFirstChannel; number <= kLastChannel; ++number) {
        if (region.allows(kChannelZeroKhz + number * kStepKhz, kHalfWidthKhz))
            channels.push_back(static_cast<std::uint8_t>(number));
    }
    return channels;
}

bool all_channels_in(const UhfRegion& region) { return channels_for(region).size() == kLastChannel - kFirstChannel + 1; }

}  // namespace dosario::m100
