// SPDX-License-Identifier: Apache-2.0
// A scanner behind WCH's CH340 or CH341. Requests 0x40 to write and 0xC0 to read:
//
//     5F version, 2 bytes      9A writes two registers: wValue their numbers, wIndex what goes in (low bytes, high bytes)
//     A1 begin                 95 reads two registers, numbers in wValue
//     A4 modem: wValue inverted, bit 5 DTR, bit 6 RTS
//
//     register 12: bits 0 to 2 choose how 48 MHz are divided beforehand: by 2^(12 - 3 * (bits 0, 1) - bit 2);
//                  bit 7: what was received is sent at once; without it only when 32 bytes are together
//     register 13: 256 less the divisor of what is left
//     register 18: line: C0 = receive and send, bits 0 and 1 data bits - 5, 2 two stop bits, 3 to 5 parity (on, even, fixed)
#include "simulated/little_endian.hpp"
#include "simulated/models.hpp"
#include "simulated/serial_scanner.hpp"

#include <array>
#include <cmath>

namespace dosario::simulated {
namespace {

constexpr std::uint8_t kBytesIn = 0x82, kBytesOut = 0x02, kStatusIn = 0x81;
constexpr std::uint16_t kPacket = 32;
constexpr std::uint8_t kPrescaler = 0x12, kDivisor = 0x13, kLine = 0x18;

UsbDescription with_interface(UsbDescription description) {
    UsbInterface one;
    one.subclass = 0x01;
    one.protocol = 0x02;
    one.endpoints = {{kBytesIn, false, kPacket, 0}, {kBytesOut, false, kPacket, 0}, {kStatusIn, true, 8, 1}};
    description.usb = 0x0110;
    description.class_code = 0xFF;
    description.release = 0x0263;
    description.interfaces = {std::move(one)};
    return description;
}

class Ch341 final : public SerialScanner {
public:
    Ch341(UsbDescription description, const ScannerSettings& settings)
        : SerialScanner(with_interface(std::move(description)), settings) {}

private:
    std::string_view chip_missing() const override {
        if (!begun_) return "begun with the CH341 chip (request A1)";
        if (registers_[kDivisor] == 0) return "set the rate of the CH341 chip (registers 12, 13)";
        if ((registers_[kLine] & 0x80) == 0) return "let the CH341 chip receive (register 18, bit 7)";
        return {};
    }
    std::optional<LineFormat> receiver() const override {
        const unsigned prescaler = registers_[kPrescaler];
        const unsigned shift = 12 - 3 * (prescaler & 3) - (prescaler >> 2 & 1);
        const double rate = 48e6 / ((1u << shift) * (256.0 - registers_[kDivisor]));
        const unsigned line = registers_[kLine];
        LineFormat format;
        format.baud = static_cast<std::uint32_t>(std::lround(rate));
        format.data_bits = static_cast<std::uint8_t>(5 + (line & 3));
        format.stop_bits = (line & 4) != 0 ? 2 : 1;
        constexpr Parity kParities[] = {Parity::odd, Parity::even, Parity::mark, Parity::space};
        format.parity = (line & 8) == 0 ? Parity::none : kParities[line >> 4 & 3];
        return format;
    }
    std::uint8_t bytes_in() const override { return kBytesIn; }

    void arrived(ByteView bytes, bool) override {
        if ((registers_[kPrescaler] & 0x80) != 0) {
            append(withheld_, bytes);
            send(kBytesIn, withheld_, sends_empty());
            withheld_.clear();
            return;
        }
        for (const std::byte one : bytes) {
            withheld_.push_back(one);
            if (withheld_.size() < kPacket) continue;
            send_packet(kBytesIn, std::move(withheld_));
            withheld_.clear();
        }
    }

    std::optional<Bytes> requested(const UsbSetup& setup, ByteView out) override {
        constexpr std::uint8_t kRead = 0xC0, kWrite = 0x40;
        if (setup.request_type == kRead) {
            if (setup.request == 0x5F) return bytes_of({0x31, 0x00});
            if (setup.request == 0x95) return bytes_of({value_of(low(setup.value)), value_of(high(setup.value))});
            return std::nullopt;
        }
        if (setup.request_type != kWrite || !out.empty()) return std::nullopt;
        switch (setup.request) {
            case 0xA1: begun_ = true; return Bytes{};
            case 0x9A:
                registers_[low(setup.value)] = low(setup.index);
                registers_[high(setup.value)] = high(setup.index);
                return Bytes{};
            case 0xA4:
                dtr = (setup.value & 0x20) == 0;
                rts = (setup.value & 0x40) == 0;
                return Bytes{};
            default: return std::nullopt;
        }
    }
    /// Register 06 has the modem's lines, low when they are set: the scanner holds CTS and DSR.
    unsigned value_of(std::uint8_t number) const { return number == 0x06 ? 0xFCu : registers_[number]; }

    bool begun_ = false;
    std::array<std::uint8_t, 256> registers_{};
    Bytes withheld_;
};

}  // namespace

SimulatedPtr make_ch341(const ScannerSettings& settings) {
    return std::make_unique<Ch341>(described(settings, 0x1A86, 0x7523, "", "Simulated serial scanner"), settings);
}

}  // namespace dosario::simulated
