// SPDX-License-Identifier: Apache-2.0
// A scanner behind Silicon Labs' CP2102 (application note AN571). Requests 0x41 to write and 0xC1 to read, wIndex is the interface, 0:
//
//     00 enable: 1 or 0                                   10 state of the queues, 19 bytes
//     01 rate as a divisor of 3.6864 MHz                  12 forget what is queued
//     03 format: data bits << 8 | parity << 4 | stop      13 flow control, 16 bytes; 14 reads it
//     07 modem: bit 0 DTR, bit 1 RTS, masks in 8 and 9    1D, 1E read and set the rate, 4 bytes
//     08 modem status, 1 byte                             FF (0xC0, wValue 370B) the part's number
//
// Nothing is received before the chip was enabled. It starts with 115200 8N1, and makes rates by dividing 24 MHz.
#include "simulated/little_endian.hpp"
#include "simulated/models.hpp"
#include "simulated/serial_scanner.hpp"

#include <cmath>

namespace dosario::simulated {
namespace {

constexpr std::uint8_t kBytesIn = 0x81, kBytesOut = 0x01;

UsbDescription with_interface(UsbDescription description) {
    UsbInterface one;
    one.endpoints = {{kBytesIn, false, 64, 0}, {kBytesOut, false, 64, 0}};
    description.usb = 0x0110;
    description.interfaces = {std::move(one)};
    return description;
}

class Cp210x final : public SerialScanner {
public:
    Cp210x(UsbDescription description, const ScannerSettings& settings)
        : SerialScanner(with_interface(std::move(description)), settings) {}

private:
    std::string_view chip_missing() const override { return enabled_ ? std::string_view{} : "enabled the CP210x chip"; }
    std::optional<LineFormat> receiver() const override {
        LineFormat format = format_;
        const double prescale = format.baud <= 365 ? 4 : 1;
        const double divisor = std::max(1.0, std::round(24e6 / (prescale * format.baud)));
        format.baud = static_cast<std::uint32_t>(std::lround(24e6 / (prescale * divisor)));
        return format;
    }
    std::uint8_t bytes_in() const override { return kBytesIn; }
    void arrived(ByteView bytes, bool) override { send(kBytesIn, bytes, sends_empty()); }

    std::optional<Bytes> requested(const UsbSetup& setup, ByteView out) override {
        constexpr std::uint8_t kRead = 0xC1, kReadVendor = 0xC0, kWrite = 0x41;
        constexpr std::uint16_t kPartNumber = 0x370B;
        if (setup.request_type == kReadVendor && setup.request == 0xFF)
            return setup.value == kPartNumber ? std::optional{bytes_of({2})} : std::nullopt;
        if (setup.index != 0) return std::nullopt;
        if (setup.request_type == kRead) return answer(setup.request);
        if (setup.request_type != kWrite) return std::nullopt;
        switch (setup.request) {
            case 0x00: enabled_ = setup.value == 1; return setup.value <= 1 ? std::optional{Bytes{}} : std::nullopt;
            case 0x01:
                if (setup.value == 0) return std::nullopt;
                format_.baud = 3'686'400u / setup.value;
                return Bytes{};
            case 0x03: return set_format(setup.value);
            case 0x05: return Bytes{};  // break
            case 0x07:
                if ((setup.value & 0x0100) != 0) dtr = (setup.value & 0x01) != 0;
                if ((setup.value & 0x0200) != 0) rts = (setup.value & 0x02) != 0;
                return Bytes{};
            case 0x12:
                if ((setup.value & 0x0A) != 0) purge(kBytesIn);
                return Bytes{};
            case 0x13: return set_flow(out);
            case 0x19: return out.size() == 6 ? std::optional{Bytes{}} : std::nullopt;  // special characters
            case 0x1E: return set_rate(out);
            default: return std::nullopt;
        }
    }
    std::optional<Bytes> answer(std::uint8_t request) const {
        const unsigned lines = (dtr ? 1u : 0u) | (rts ? 2u : 0u);
        switch (request) {
            case 0x04:
                return bytes_of(
                    {(format_.stop_bits == 1 ? 0u : 2u) | static_cast<unsigned>(format_.parity) << 4, format_.data_bits});
            case 0x08: return bytes_of({lines | 0x30});  // CTS and DSR are held by the scanner
            case 0x10: return Bytes(19);
            case 0x14: return flow_;
            case 0x1D:
                return bytes_of({format_.baud & 0xFF, format_.baud >> 8 & 0xFF, format_.baud >> 16 & 0xFF, format_.baud >> 24});
            default: return std::nullopt;
        }
    }
    std::optional<Bytes> set_format(std::uint16_t value) {
        const unsigned data_bits = value >> 8, parity = value >> 4 & 15, stop = value & 15;
        if (data_bits < 5 || data_bits > 8 || parity > 4 || stop > 2) return std::nullopt;
        format_.data_bits = static_cast<std::uint8_t>(data_bits);
        format_.parity = static_cast<Parity>(parity);
        format_.stop_bits = stop == 0 ? 1 : 2;
        return Bytes{};
    }
    /// The lowest two bits say what DTR does: 0 off, 1 on (AN571, SET_FLOW).
    std::optional<Bytes> set_flow(ByteView out) {
        if (out.size() != 16) return std::nullopt;
        flow_.assign(out.begin(), out.end());
        dtr = (std::to_integer<unsigned>(out[0]) & 3) != 0;
        return Bytes{};
    }
    std::optional<Bytes> set_rate(ByteView out) {
        if (out.size() != 4) return std::nullopt;
        const std::uint32_t rate = le32_at(out, 0);
        if (rate == 0 || rate > 3'000'000) return std::nullopt;
        format_.baud = rate;
        return Bytes{};
    }

    bool enabled_ = false;
    LineFormat format_{115200, 8, Parity::none, 1};
    Bytes flow_ = Bytes(16);
};

}  // namespace

SimulatedPtr make_cp210x(const ScannerSettings& settings) {
    return std::make_unique<Cp210x>(described(settings, 0x10C4, 0xEA60, "Silicon Labs", "Simulated serial scanner"), settings);
}

}  // namespace dosario::simulated
