// SPDX-License-Identifier: Apache-2.0
// What a reader can say, whatever its family: the plain structs between drivers and everything above.
#pragma once

#include "base/aim.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dosario {

/// AIM symbology identifier (ISO/IEC 15424): `]`, code character, modifier; three NULs when the reader gave none.
struct Aim {
    std::array<char, kAimLength> chars{};
    bool given() const { return chars[0] == ']'; }
    std::string_view text() const { return given() ? std::string_view{chars.data(), chars.size()} : std::string_view{}; }
    friend bool operator==(const Aim&, const Aim&) = default;
};

/// One barcode as the reader sent it: the symbology identifier apart (also where it was typed in front of the data), the data untouched.
struct BarcodeRead {
    Aim aim;
    std::string bytes;  ///< raw content, GS is 0x1D; at most kLongestBarcode bytes
    MonoTime heard_at{};
};

/// Data Matrix holds at most 3,116 digits (ISO/IEC 16022); anything longer is noise.
inline constexpr std::size_t kLongestBarcode = 4096;

/// One sighting of one UHF tag (ISO/IEC 18000-63). `pc` and `epc` are the tag's memory as sent, big-endian.
struct TagRead {
    Bytes epc;  ///< 0 to 62 bytes
    std::uint16_t pc = 0;
    std::optional<Bytes> tid;
    int antenna = 1;               ///< from 1
    std::optional<int> rssi_cdbm;  ///< hundredths of a dBm
    MonoTime heard_at{};
};

/// What is spoken with a tag of a few centimetres' reach (HF, 13.56 MHz).
enum class CardKind : std::uint8_t { unknown, iso14443a, iso14443b, iso15693, felica };

/// An HF tag or card lies on the reader.
struct CardRead {
    Bytes uid;  ///< 4 to 10 bytes, most significant first
    CardKind kind = CardKind::unknown;
    std::optional<Bytes> ndef;  ///< its NDEF message (NFC Forum NDEF 1.0), nothing where it has none or it cannot be read
    MonoTime heard_at{};
    bool was_there = false;  ///< it lay there when the reader began to look: nobody has laid it down just now
};
/// It was taken away.
struct CardGone {};

/// A well-formed answer of the device: to a command, or one nobody asked for, or the report of an error in the device.
struct ReaderAnswer {
    std::string command;  ///< the command's name, empty when unknown
    std::string status;   ///< in words: "ok", "nak", "text", ...
    std::optional<std::uint16_t> pc;
    std::optional<Bytes> epc;
    std::optional<Bytes> content;
    std::uint32_t number = 0;  ///< what command() was given with the command it answers; 0: it answers none
};

/// The reader answers and can be used.
struct ReaderReady {};

/// An inventory round is over.
struct RoundEnded {};

/// These bytes are no valid frame; they were dropped, the next frame is looked for.
struct ReaderFault {
    enum class Kind { checksum, length, framing };
    Kind kind = Kind::framing;
    std::string what;  ///< for the log: the rule that was broken, never the bytes
};

using ReaderEvent = std::variant<BarcodeRead, TagRead, CardRead, CardGone, ReaderAnswer, ReaderReady, RoundEnded, ReaderFault>;

/// Bytes for the device. With `setup`, a control transfer of these 8 bytes (USB 2.0, 9.3) and `bytes` as its data stage;
/// without, an OUT transfer on `endpoint`.
struct ReaderWrite {
    std::optional<std::array<std::uint8_t, 8>> setup;
    std::uint8_t endpoint = 0;
    Bytes bytes;
    /// Without it the device does not work: the port of a device that refuses it again and again fails. Others are passed over.
    bool required = false;
};

}  // namespace dosario
