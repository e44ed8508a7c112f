// SPDX-License-Identifier: Apache-2.0
// FTDI SIO: FT232R, FT-X, and the high-speed FT232H, FT2232H, FT4232H, all with the 24 MHz / 8 base of the divisor.
// Each packet from the chip begins with two bytes of status; an idle chip sends those two alone, each latency period.
#include "serial/chips.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint8_t kVendorOut = 0x40;
enum Request : std::uint8_t { kReset = 0, kModemControl = 1, kFlowControl = 2, kBaudRate = 3, kLineShape = 4, kLatencyTimer = 9 };
constexpr std::uint16_t kPurgeReceived = 1;
constexpr std::uint16_t kPurgeToSend = 2;
constexpr std::uint16_t kEightBits = 0x0008;  // parity and stop bits, further up, are none and one
constexpr std::uint16_t kDtrAndRtsOn = 0x0303;
/// The chip keeps what is not a full packet so long. Nobody at a counter notices; shorter makes an idle chip send more packets of nothing.
constexpr std::uint16_t kLatencyMs = 40;
/// A reader of tags is asked hundreds of times for a tray, and each answer would come that much later. Half of what the chip begins with;
/// much shorter, and an idle chip wakes the computer hundreds of times a second.
constexpr std::uint16_t kAskedLatencyMs = 8;

constexpr std::size_t kStatusBytes = 2;
constexpr std::size_t kFullSpeedPacket = 64;
constexpr unsigned kOverrun = 0x02;
constexpr unsigned kParity = 0x04;
constexpr unsigned kFraming = 0x08;

struct Divisor {
    std::uint16_t value;
    std::uint16_t high_bit;
};

/// 24 MHz / rate in eighths: the whole part, and the eighths as a code of three bits, of which the highest has a place of its own.
Divisor divisor_of(int rate) {
    constexpr unsigned kCodeOfEighths[8] = {0, 3, 2, 4, 1, 5, 6, 7};
    const unsigned eighths = (48'000'000U / static_cast<unsigned>(rate) + 1) / 2;
    const unsigned code = kCodeOfEighths[eighths % 8];
    return {static_cast<std::uint16_t>(eighths / 8 | (code & 3) << 14), static_cast<std::uint16_t>(code >> 2)};
}

class Ftdi final : public SerialBridge {
public:
    Ftdi(const UsbInterface& one, LineUse use)
        : port_(static_cast<std::uint16_t>(one.number + 1)),
          port_beside_divisor_(one.pid == 0x6010 || one.pid == 0x6011 || one.pid == 0x6014),
          latency_ms_(use == LineUse::asks ? kAskedLatencyMs : kLatencyMs),
          // A chip whose EEPROM was never written declares packets of 0 bytes.
          packet_(one.bulk_packet > kStatusBytes ? one.bulk_packet : kFullSpeedPacket) {}

    std::vector<ReaderWrite> opening(int rate) const override {
        const Divisor divisor = divisor_of(rate);
        const auto rate_index =
            port_beside_divisor_ ? static_cast<std::uint16_t>(divisor.high_bit << 8 | port_) : divisor.high_bit;
        return {control_request(kVendorOut, kReset, 0, port_),
                control_request(kVendorOut, kLatencyTimer, latency_ms_, port_),
                required(control_request(kVendorOut, kBaudRate, divisor.value, rate_index)),
                required(control_request(kVendorOut, kLineShape, kEightBits, port_)),
                control_request(kVendorOut, kFlowControl, 0, port_),
                control_request(kVendorOut, kReset, kPurgeReceived, port_),
                control_request(kVendorOut, kReset, kPurgeToSend, port_),
                required(control_request(kVendorOut, kModemControl, kDtrAndRtsOn, port_))};
    }

    LineBytes receive(std::uint8_t, ByteView transfer) override {
        line_.clear();
        const char* broken_rule = nullptr;
        for (; !transfer.empty(); transfer = transfer.subspan(std::min(packet_, transfer.size()))) {
            const ByteView packet = transfer.first(std::min(packet_, transfer.size()));
            if (packet.size() < kStatusBytes) {
                broken_rule = "a packet without its two status bytes";
                break;
            }
            const auto status = std::to_integer<unsigned>(packet[1]);
            if ((status & kOverrun) != 0) broken_rule = "the chip lost bytes (overrun)";
            if ((status & kParity) != 0) broken_rule = "a byte came damaged (parity)";
            if ((status & kFraming) != 0) broken_rule = "a byte came damaged (framing); is the rate right?";
            line_.insert(line_.end(), packet.begin() + kStatusBytes, packet.end());
        }
        return {line_, broken_rule};
    }

private:
    const std::uint16_t port_;
    const bool port_beside_divisor_;  ///< the H chips; FT232R and FT-X take the divisor's highest bit in that place
    const std::uint16_t latency_ms_;
    const std::size_t packet_;
    Bytes line_;
};

}  // namespace

std::unique_ptr<SerialBridge> make_ftdi(const UsbInterface& one, LineUse use) { return std::make_unique<Ftdi>(one, use); }

}  // namespace dosario
