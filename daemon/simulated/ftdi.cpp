// SPDX-License-Identifier: Apache-2.0
// A scanner behind FTDI's FT232R (full speed) or FT232H (high speed). Vendor requests, 0x40 to write and 0xC0 to read; wIndex is the port in
// its low byte, 0 or 1 for the only one.
//
//     0 reset: 0 all, 1 what was received, 2 what is to be sent      3 rate      5 modem status, 2 bytes
//     1 modem: bit 0 DTR, bit 1 RTS, as the mask in bits 8 and 9     4 format    9 latency in ms, 0A reads it
//     90 a word of the EEPROM, which is empty
//
// Rate: a divisor in eighths of 3 MHz. wValue has the whole part in bits 0 to 13 and in 14 and 15 the lower two of three bits for the
// eighths; the third is bit 0 of wIndex (R) or bit 8 (H); bit 9 of wIndex lets H divide 12 MHz.
// Format: data bits, parity in bits 8 to 10, stop bits in 11 and 12 (0 = one, 2 = two).
// Every packet to the host begins with two bytes: modem status (with 1 at full and 2 at high speed in the lower bits), and line status (0x60:
// all sent, 0x08: framing error). When there is nothing to say for the latency time a packet of these two is sent.
#include "simulated/little_endian.hpp"
#include "simulated/models.hpp"
#include "simulated/serial_scanner.hpp"

#include <algorithm>
#include <cmath>

namespace dosario::simulated {
namespace {

constexpr std::uint8_t kBytesIn = 0x81, kBytesOut = 0x02;

UsbDescription with_interface(UsbDescription description, bool high_speed) {
    const std::uint16_t packet = high_speed ? 512 : 64;
    UsbInterface one;
    one.subclass = one.protocol = 0xFF;
    one.endpoints = {{kBytesIn, false, packet, 0}, {kBytesOut, false, packet, 0}};
    description.speed = high_speed ? UsbSpeed::high : UsbSpeed::full;
    description.release = high_speed ? 0x0900 : 0x0600;
    description.interfaces = {std::move(one)};
    return description;
}

class Ftdi final : public SerialScanner {
public:
    Ftdi(UsbDescription description, const ScannerSettings& settings, bool high_speed)
        : SerialScanner(with_interface(std::move(description), high_speed), settings), high_speed_(high_speed) {}

    std::optional<std::chrono::milliseconds> idle_period() const override { return std::chrono::milliseconds{latency_ms_}; }
    void idle() override {
        if (configured() && nothing_waits(kBytesIn)) send_packet(kBytesIn, status(false));
    }

private:
    std::uint8_t modem_status() const { return high_speed_ ? 0x02 : 0x01; }
    Bytes status(bool framing_error) const { return bytes_of({modem_status(), framing_error ? 0x68u : 0x60u}); }

    std::string_view chip_missing() const override {
        if (format_.baud == 0) return "set the rate of the FTDI chip";
        if (!has_format_) return "set the format of the FTDI chip's line";
        return {};
    }
    std::optional<LineFormat> receiver() const override { return format_; }
    std::uint8_t bytes_in() const override { return kBytesIn; }

    void arrived(ByteView bytes, bool framing_error) override {
        const std::size_t full = description().find_endpoint(kBytesIn)->max_packet;
        bool ended = false;
        while (!ended) {
            const ByteView part = bytes.first(std::min(bytes.size(), full - 2));
            bytes = bytes.subspan(part.size());
            Bytes packet = status(framing_error);
            append(packet, part);
            ended = packet.size() < full;
            send_packet(kBytesIn, std::move(packet));
        }
    }

    std::optional<Bytes> requested(const UsbSetup& setup, ByteView out) override {
        constexpr std::uint8_t kRead = 0xC0, kWrite = 0x40;
        // Of the rate the port stands below the divisor's bits on H, and nowhere on R.
        if (low(setup.index) > 1) return std::nullopt;
        if (setup.request_type == kRead) {
            switch (setup.request) {
                case 5: return bytes_of({modem_status(), 0x60});
                case 10: return bytes_of({latency_ms_});
                case 0x90: return bytes_of({0xFF, 0xFF});
                default: return std::nullopt;
            }
        }
        if (setup.request_type != kWrite || !out.empty()) return std::nullopt;
        switch (setup.request) {
            case 0: return reset(setup.value);
            case 1: return modem(setup.value);
            case 2: return Bytes{};  // flow control: the scanner knows none
            case 3: return set_rate(setup);
            case 4: return set_format(setup.value);
            case 9:
                if (setup.value == 0 || setup.value > 255) return std::nullopt;
                latency_ms_ = low(setup.value);
                return Bytes{};
            default: return std::nullopt;
        }
    }
    std::optional<Bytes> reset(std::uint16_t what) {
        if (what > 2) return std::nullopt;
        if (what != 2) purge(kBytesIn);
        if (what == 0) dtr = rts = false;
        return Bytes{};
    }
    std::optional<Bytes> modem(std::uint16_t value) {
        if ((value & 0x0100) != 0) dtr = (value & 0x01) != 0;
        if ((value & 0x0200) != 0) rts = (value & 0x02) != 0;
        return Bytes{};
    }
    std::optional<Bytes> set_rate(const UsbSetup& setup) {
        constexpr unsigned kEighths[] = {0, 4, 2, 1, 3, 5, 6, 7};
        const unsigned whole = setup.value & 0x3FFF;
        const unsigned third_bit = (high_speed_ ? setup.index >> 8 : setup.index) & 1u;
        const unsigned code = setup.value >> 14 | third_bit << 2;
        const double clock = high_speed_ && (setup.index & 0x0200) != 0 ? 12e6 : 3e6;
        // 0 and 1 stand for one and for one and a half, where nothing lies between.
        const double divisor = whole == 0 ? 1 : whole == 1 ? 1.5 : whole + kEighths[code] / 8.0;
        format_.baud = static_cast<std::uint32_t>(std::lround(clock / divisor));
        return Bytes{};
    }
    std::optional<Bytes> set_format(std::uint16_t value) {
        const unsigned data_bits = value & 0xFF, parity = value >> 8 & 7, stop = value >> 11 & 3;
        if ((data_bits != 7 && data_bits != 8) || parity > 4) return std::nullopt;
        format_.data_bits = static_cast<std::uint8_t>(data_bits);
        format_.parity = static_cast<Parity>(parity);
        format_.stop_bits = stop == 0 ? 1 : 2;
        has_format_ = true;
        return Bytes{};
    }

    const bool high_speed_;
    LineFormat format_{0, 8, Parity::none, 1};
    bool has_format_ = false;
    std::uint8_t latency_ms_ = 16;
};

}  // namespace

SimulatedPtr make_ftdi(const ScannerSettings& settings, bool high_speed) {
    return std::make_unique<Ftdi>(described(settings, 0x0403, high_speed ? 0x6014 : 0x6001, "FTDI", "Simulated serial scanner"),
                                  settings, high_speed);
}

}  // namespace dosario::simulated
