// SPDX-License-Identifier: Apache-2.0
// What is sent through a contactless reader as APDUs: the pseudo-APDUs of PC/SC Part 3 (3.2.2), its transparent session (version 2.02,
// 3.3) for ISO/IEC 15693, and commands of the PN532 in an ACR122U. Pure.
#pragma once

#include "base/bytes.hpp"

#include <optional>
#include <vector>

namespace dosario::ccid {

/// What came back: content and status word.
struct ApduAnswer {
    Bytes content;
    std::uint16_t status_word = 0;
    bool ok() const { return status_word == 0x9000; }
};
/// Nothing for less than a status word.
std::optional<ApduAnswer> parse_apdu_answer(ByteView bytes);

namespace apdu {
Bytes get_uid();
/// `size` bytes from a block on, 1 to 255.
Bytes read_binary(std::uint16_t block, std::size_t size);
/// `content`: 1 to 255 bytes.
Bytes update_binary(std::uint16_t block, ByteView content);
/// What is still to be had after 61xx (ISO/IEC 7816-4, GET RESPONSE, with the class of pseudo-APDUs).
Bytes get_response(std::uint8_t size);

Bytes begin_session();
Bytes end_session();
Bytes choose_iso15693();
/// A command to the tag, without CRC; writing takes a tag longer than a reader waits by itself.
Bytes to_tag(ByteView command, bool writes = false);
/// What the tag answered, without CRC; nothing where it did not.
std::optional<Bytes> from_tag(ByteView content);
}  // namespace apdu

/// The NFC controller in an ACR122U or touchatag (NXP UM0701-02), by the reader's pseudo-APDU FF 00 00 00.
namespace pn532 {
/// `command` and its parameters, without D4.
Bytes wrap(ByteView command);
/// The answer to that command, without D5 and its code; nothing where these bytes answer another one, or none. A late answer to an
/// earlier command is one that answers another.
std::optional<Bytes> unwrap(std::uint8_t command, ByteView content);

enum : std::uint8_t { kFirmware = 0x02, kConfigureRf = 0x32, kExchange = 0x40, kListTargets = 0x4A };

Bytes firmware();
Bytes few_retries();
Bytes field_off();
/// Two at once, of ISO/IEC 14443 A at 106 kbit/s.
Bytes list_targets();
Bytes read_pages(std::uint8_t first);
Bytes write_page(std::uint8_t page, ByteView four);

struct Target {
    Bytes uid;
    std::uint8_t sak = 0;  ///< SEL_RES: 00 Type 2, bit 5 ISO/IEC 14443-4, bit 3 MIFARE Classic
};
/// Nothing for bytes that are no list.
std::optional<std::vector<Target>> parse_targets(ByteView content);
}  // namespace pn532

}  // namespace dosario::ccid
