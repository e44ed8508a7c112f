// SPDX-License-Identifier: Apache-2.0
// WCH CH340 and CH341, in most cheap cables and boards. Registers are written two at a time: their numbers in wValue, the contents in wIndex.
#include "serial/chips.hpp"

namespace dosario {
namespace {

constexpr std::uint8_t kVendorOut = 0x40;
constexpr std::uint8_t kVendorIn = 0xC0;
enum Request : std::uint8_t { kVersion = 0x5F, kWriteRegisters = 0x9A, kStart = 0xA1, kModemControl = 0xA4 };
constexpr std::uint16_t kDivisorAndPrescaler = 0x1312;
constexpr std::uint16_t kDivisorFraction = 0x0F2C;
constexpr std::uint16_t kLineControl = 0x2518;
constexpr std::uint16_t kReceiveAndSend8N1 = 0x00C3;
/// Without it the chip keeps what it received until its buffer is full: a scan would come 32 characters late.
constexpr std::uint16_t kSendAtOnce = 0x80;
constexpr unsigned kDtr = 0x20;
constexpr unsigned kRts = 0x40;

struct Divisor {
    std::uint16_t prescaler_and_whole;
    std::uint16_t fraction;
};

Divisor divisor_of(int rate) {
    constexpr unsigned kBase = 1'532'620'800;
    constexpr unsigned kMost = 0xFFF0;
    unsigned factor = kBase / static_cast<unsigned>(rate);
    unsigned prescaler = 3;
    for (; factor > kMost && prescaler > 0; --prescaler) factor >>= 3;
    factor = 0x10000 - factor;
    return {static_cast<std::uint16_t>((factor & 0xFF00) | prescaler | kSendAtOnce), static_cast<std::uint16_t>(factor & 0xFF)};
}

class Ch34x final : public SerialBridge {
public:
    std::vector<ReaderWrite> opening(int rate) const override {
        const Divisor divisor = divisor_of(rate);
        // The lines are active low.
        constexpr auto kLines = static_cast<std::uint16_t>(~(kDtr | kRts) & 0xFFFF);
        return {
            control_request(kVendorIn, kVersion, 0, 0, 2),
            required(control_request(kVendorOut, kStart, 0, 0)),
            required(control_request(kVendorOut, kWriteRegisters, kDivisorAndPrescaler, divisor.prescaler_and_whole)),
            required(control_request(kVendorOut, kWriteRegisters, kDivisorFraction, divisor.fraction)),
            required(control_request(kVendorOut, kWriteRegisters, kLineControl, kReceiveAndSend8N1)),
            required(control_request(kVendorOut, kModemControl, kLines, 0)),
        };
    }

    LineBytes receive(std::uint8_t, ByteView transfer) override { return {transfer}; }
};

}  // namespace

std::unique_ptr<SerialBridge> make_ch34x(const UsbInterface&) { return std::make_unique<Ch34x>(); }

}  // namespace dosario
