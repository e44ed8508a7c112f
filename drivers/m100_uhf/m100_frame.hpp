// SPDX-License-Identifier: Apache-2.0
// Frames of M100 and R200 modules, and what is in them. Drawn in m100_frame.cpp.
#pragma once

#include "reader/driver.hpp"
#include "rfid/uhf_region.hpp"

#include <optional>
#include <vector>

namespace dosario::m100 {

/// The bytes that a frame begins and ends with.
struct Variant {
    std::uint8_t head = 0xBB;
    std::uint8_t end = 0x7E;
};
inline constexpr Variant kM100{0xBB, 0x7E};
inline constexpr Variant kR200{0xAA, 0xDD};

inline constexpr std::size_t kLongestContent = 512;
inline constexpr std::size_t kFrameAround = 7;  ///< bytes of a frame besides its content

enum Kind : std::uint8_t { kCommand = 0, kAnswer = 1, kNotice = 2 };

enum Command : std::uint8_t {
    kAboutReader = 0x03,
    kSetRegion = 0x07,
    kGetRegion = 0x08,
    kGetSelect = 0x0B,
    kSelect = 0x0C,
    kSelectMode = 0x12,
    kSingleInventory = 0x22,
    kInventory = 0x27,
    kStop = 0x28,
    kRead = 0x39,
    kWrite = 0x49,
    kLock = 0x82,
    kInsertChannels = 0xA9,
    kHop = 0xAD,
    kSetPower = 0xB6,
    kGetPower = 0xB7,
    kError = 0xFF,
};

enum Error : std::uint8_t {
    kReadFailed = 0x09,
    kWriteFailed = 0x10,
    kLockFailed = 0x12,
    kKillFailed = 0x13,
    kNoTag = 0x15,
    kWrongPassword = 0x16,
    kWrongCommand = 0x17,
    kHopFailed = 0x20,
};

inline constexpr std::uint8_t kUsRegion = 2;

Bytes frame_of(Variant variant, std::uint8_t command, ByteView content);

/// For people.
std::string error_words(std::uint8_t error);
std::string command_words(std::uint8_t command);
std::string region_words(std::uint8_t region);

/// An answer with this error can be one to that command.
bool error_fits(std::uint8_t error, std::uint8_t command);

/// A notice's content. Nothing where the lengths do not agree, or the tag's own CRC says that the air damaged it.
std::optional<TagRead> tag_of(ByteView notice);

/// PC and EPC that an answer about one tag begins with, and what follows them.
struct Singled {
    std::uint16_t pc = 0;
    ByteView epc;
    ByteView rest;
};
std::optional<Singled> singled(ByteView content);

/// Channels of the US region that lie in the country's band, by number.
std::vector<std::uint8_t> channels_for(const UhfRegion& region);
/// All of them do: nothing need be restricted.
bool all_channels_in(const UhfRegion& region);

}  // namespace dosario::m100
