// SPDX-License-Identifier: Apache-2.0
// Frames of Chafon's length-first readers, and what is in them. Drawn in chafon_frame.cpp.
#pragma once

#include "reader/driver.hpp"
#include "rfid/uhf_region.hpp"

#include <optional>
#include <vector>

namespace dosario::chafon {

inline constexpr std::uint8_t kBroadcast = 0xFF;

enum Command : std::uint8_t {
    kInventory = 0x01,
    kRead = 0x02,
    kWrite = 0x03,
    kWriteEpc = 0x04,
    kLock = 0x06,
    kSingleInventory = 0x0F,
    kAboutReader = 0x21,
    kSetBand = 0x22,
    kSetPower = 0x2F,
    kWorkMode = 0x76,
    kActiveMode = 0xEE,
};

enum Status : std::uint8_t {
    kOk = 0x00,
    kLast = 0x01,
    kLastInTime = 0x02,
    kMoreFollows = 0x03,
    kMemoryFull = 0x04,
    kStatistics = 0x26,
    kHeartbeat = 0x28,
    kAntenna = 0xF8,
    kNoTag = 0xFB,
    kTagError = 0xFC,
    kWrongLength = 0xFD,
    kIllegal = 0xFE,
};

/// CRC-16/MCRF4XX.
std::uint16_t crc_of(ByteView bytes);

/// With length and CRC. At most 251 bytes of content.
Bytes frame_of(std::uint8_t address, std::uint8_t command, ByteView content);

/// For people; `content` is what follows the status.
std::string status_words(std::uint8_t status, ByteView content);
std::string command_words(std::uint8_t command);

/// The inventory's two layouts, which only the reader's type tells apart.
enum class Layout : std::uint8_t { unknown, short18, long288 };

/// Nothing for a type that nobody has described.
std::optional<Layout> layout_of_type(std::uint8_t type);

/// What follows the status in an answer to an inventory; nothing where it does not fit the layout to the last byte. With `unknown` it must
/// fit one of the two and not the other.
std::optional<std::vector<TagRead>> tags_of(ByteView content, Layout layout);

/// Bands and channels as MaxFre and MinFre say them.
struct Band {
    std::uint8_t max = 0;
    std::uint8_t min = 0;
    friend bool operator==(const Band&, const Band&) = default;
};

/// Every channel of it lies in the region.
bool lies_in(const UhfRegion& region, Band band);
/// The most channels side by side that the region allows, of the US band.
Band band_for(const UhfRegion& region);

/// The answer to 21.
struct AboutReader {
    std::uint8_t type = 0;
    Band band;
    int power_dbm = 0;
    int scan_ms = 0;
};
std::optional<AboutReader> about_reader(ByteView content);

}  // namespace dosario::chafon
