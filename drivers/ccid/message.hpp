// SPDX-License-Identifier: Apache-2.0
// CCID on the wire (USB-IF Integrated Circuit(s) Cards Interface Devices, rev. 1.1): the class descriptor, messages on the bulk
// endpoints, notices on the interrupt endpoint. Pure; what is said with them is for exchange.hpp.
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace dosario::ccid {

/// bMessageType of what the host sends (6.1).
enum class Order : std::uint8_t {
    set_parameters = 0x61,
    power_on = 0x62,
    power_off = 0x63,
    slot_status = 0x65,
    escape = 0x6B,
    transfer = 0x6F,  ///< PC_to_RDR_XfrBlock
    abort = 0x72,
};

/// bMessageType of what the reader sends (6.2).
enum class Reply : std::uint8_t { data_block = 0x80, slot_status = 0x81, parameters = 0x82, escape = 0x83, data_rate = 0x84 };

/// The answer that belongs to an order.
Reply reply_to(Order order);

inline constexpr std::size_t kHeaderSize = 10;
/// Of a reader whose descriptor is not known: the largest message of short APDUs.
inline constexpr std::uint32_t kUsualMessage = 271;
/// However much a reader says it can send (65,544 is the standard's largest): no answer here has more.
inline constexpr std::uint32_t kLargestMessage = 4096;

/// What of the class descriptor is wanted (5.1).
struct Descriptor {
    std::uint8_t last_slot = 0;                 ///< bMaxSlotIndex
    std::uint8_t voltages = 0x07;               ///< bVoltageSupport: 1 = 5 V, 2 = 3 V, 4 = 1.8 V
    std::uint32_t features = 0;                 ///< dwFeatures
    std::uint32_t max_message = kUsualMessage;  ///< dwMaxCCIDMessageLength, kHeaderSize to kLargestMessage

    bool chooses_voltage() const { return (features & 0x08) != 0; }
    /// Short or extended APDUs as they are. Others want blocks of T=0 or T=1, as only readers of contact cards do.
    bool takes_apdus() const { return (features & 0x0006'0000) != 0; }
};

/// Nothing for bytes that are no class descriptor of CCID, or one that no reader can have.
std::optional<Descriptor> parse_descriptor(ByteView bytes);

struct Message {
    std::uint8_t type = 0;  ///< Reply
    std::uint8_t slot = 0;
    std::uint8_t sequence = 0;
    std::uint8_t status = 0;  ///< bStatus
    std::uint8_t error = 0;   ///< bError; with a time extension how many times as long
    std::uint8_t last = 0;    ///< bChainParameter, bClockStatus, ...
    Bytes content;

    /// bStatus, bits 6 and 7. The others say whether a card is there, and the ACR122U does not tell the truth there.
    enum class Outcome : std::uint8_t { done, failed, wants_time, unknown };
    Outcome outcome() const { return static_cast<Outcome>(status >> 6); }
    /// bStatus, bits 0 and 1 (6.2.6, bmICCStatus).
    enum class Card : std::uint8_t { active, inactive, absent, unknown };
    Card card() const { return static_cast<Card>(status & 3); }
};

/// `parameters` are the three bytes before the content.
Bytes write_message(Order order, std::uint8_t slot, std::uint8_t sequence, std::array<std::uint8_t, 3> parameters,
                    ByteView content);

/// What bError says of a failed order, in words for the log (6.2.6, table 6.2-2).
std::string_view error_words(std::uint8_t error);

/// NotifySlotChange (6.3.1) or HardwareError (6.3.2).
struct Notice {
    struct Slot {
        bool present = false;
        bool changed = false;
    };
    bool hardware_error = false;
    std::vector<Slot> slots;  ///< four for each byte that came; empty with hardware_error
};
/// Nothing for other bytes.
std::optional<Notice> parse_notice(ByteView bytes);

/// Puts messages together from slices of any size. A message begins where a transfer begins or where the one before ended; bytes that
/// cannot begin one, and the rest of their transfer, are dropped.
class Assembler {
public:
    explicit Assembler(std::uint32_t max_message) : max_message_(max_message) {}

    enum class Found : std::uint8_t { nothing, message, no_message, too_long };
    /// Adds what came; take messages until it says nothing. A fault drops all that is held.
    void add(ByteView bytes);
    Found next(Message& message);
    /// Part of a message is held.
    bool is_inside() const { return !held_.empty(); }
    void forget() { held_.clear(); }

private:
    std::uint32_t max_message_;
    Bytes held_;  ///< at most kMostHeld
};

/// One transfer of the shell and the rest of a message.
inline constexpr std::size_t kMostHeld = std::size_t{4} * kLargestMessage;

}  // namespace dosario::ccid
