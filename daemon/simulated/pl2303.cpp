// SPDX-License-Identifier: Apache-2.0
// A scanner behind Prolific's PL2303, HX or HXN (the G series). Line coding and DTR as in CDC: 0x21 / 0xA1, 20 set, 21 get, 22 lines; wIndex
// is 0. Registers:
//
//     HX     read 0xC0 01, write 0x40 01; before anything is received: read 8484, write 0404 = 0, read 8484, 8383, 8484, write 0404 = 1,
//            read 8484, 8383; then write 0 = 1, 1 = 0, 2 = 44. Writing 8 or 9 empties a queue
//     HXN    read 0xC0 81, write 0x40 80; needs no such thing, and stalls at the requests of HX. Writing 7 empties the queues
//
// A rate with the top bit set is a divisor: bits 0 to 8 and a power of 4 in bits 9 to 11 divide 384 MHz.
#include "simulated/little_endian.hpp"
#include "simulated/models.hpp"
#include "simulated/serial_scanner.hpp"

#include <cmath>
#include <map>

namespace dosario::simulated {
namespace {

constexpr std::uint8_t kBytesIn = 0x83, kBytesOut = 0x02, kStatusIn = 0x81;

UsbDescription with_interface(UsbDescription description, bool hxn) {
    UsbInterface one;
    one.endpoints = {{kStatusIn, true, 10, 1}, {kBytesOut, false, 64, 0}, {kBytesIn, false, 64, 0}};
    description.usb = hxn ? 0x0200 : 0x0110;
    description.release = hxn ? 0x0100 : 0x0300;
    description.interfaces = {std::move(one)};
    return description;
}

struct Step {
    bool read;
    std::uint16_t value, index;
    friend bool operator==(const Step&, const Step&) = default;
};
constexpr Step kDance[] = {{true, 0x8484, 0}, {false, 0x0404, 0}, {true, 0x8484, 0}, {true, 0x8383, 0},
                           {true, 0x8484, 0}, {false, 0x0404, 1}, {true, 0x8484, 0}, {true, 0x8383, 0}};

struct Write {
    std::uint16_t number, value;
};
constexpr Write kWrites[] = {{0, 1}, {1, 0}, {2, 0x44}};
constexpr unsigned kAllWritten = 0b111;

class Pl2303 final : public SerialScanner {
public:
    Pl2303(UsbDescription description, const ScannerSettings& settings, bool hxn)
        : SerialScanner(with_interface(std::move(description), hxn), settings), hxn_(hxn) {}

private:
    std::string_view chip_missing() const override {
        if (!hxn_ && danced_ < std::size(kDance)) return "begun with the PL2303 chip (eight reads and writes)";
        if (!hxn_ && written_ != kAllWritten) return "written registers 0, 1, 2 of the PL2303 chip";
        if (format_.baud == 0) return "set the rate of the PL2303 chip";
        return {};
    }
    std::optional<LineFormat> receiver() const override { return format_; }
    std::uint8_t bytes_in() const override { return kBytesIn; }
    void arrived(ByteView bytes, bool) override { send(kBytesIn, bytes, sends_empty()); }

    std::optional<Bytes> requested(const UsbSetup& setup, ByteView out) override {
        switch (setup.request_type) {
            case 0xA1: return setup.request == 0x21 && setup.index == 0 ? std::optional{line_coding_} : std::nullopt;
            case 0x21: return of_the_line(setup, out);
            case 0xC0: return setup.request == (hxn_ ? 0x81 : 0x01) ? read_register(setup) : std::nullopt;
            case 0x40: return setup.request == (hxn_ ? 0x80 : 0x01) && out.empty() ? write_register(setup) : std::nullopt;
            default: return std::nullopt;
        }
    }
    std::optional<Bytes> of_the_line(const UsbSetup& setup, ByteView out) {
        if (setup.index != 0) return std::nullopt;
        if (setup.request == 0x20) return set_line_coding(out);
        if (setup.request == 0x23) return Bytes{};  // break
        if (setup.request != 0x22) return std::nullopt;
        const bool before = dtr;
        dtr = (setup.value & 1) != 0;
        rts = (setup.value & 2) != 0;
        // Ten bytes as of CDC's SERIAL_STATE; the lines stand in the ninth: DSR 02, CTS 80.
        if (dtr != before) send_packet(kStatusIn, bytes_of({0xA1, 0x20, 0, 0, 0, 0, 2, 0, dtr ? 0x82u : 0u, 0}));
        return Bytes{};
    }
    std::optional<Bytes> set_line_coding(ByteView out) {
        if (out.size() != 7) return std::nullopt;
        const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(out[i]); };
        if (byte(4) > 2 || byte(5) > 4 || byte(6) < 5 || byte(6) > 8) return std::nullopt;
        std::uint32_t rate = le32_at(out, 0);
        if ((rate & 0x8000'0000) != 0) {
            const double divisor = std::max(1u, rate & 0x1FF) * std::pow(4.0, rate >> 9 & 7);
            rate = static_cast<std::uint32_t>(std::lround(12e6 * 32 / divisor));
        }
        if (rate == 0) return std::nullopt;
        line_coding_.assign(out.begin(), out.end());
        format_ = {rate, static_cast<std::uint8_t>(byte(6)), static_cast<Parity>(byte(5)),
                   static_cast<std::uint8_t>(byte(4) == 0 ? 1 : 2)};
        return Bytes{};
    }
    std::optional<Bytes> read_register(const UsbSetup& setup) {
        if (!hxn_) step({true, setup.value, setup.index});
        const auto found = registers_.find(static_cast<std::uint16_t>(setup.value & 0x7F));
        return bytes_of({found == registers_.end() ? 0u : found->second});
    }
    std::optional<Bytes> write_register(const UsbSetup& setup) {
        if (!hxn_) step({false, setup.value, setup.index});
        const bool empties = hxn_ ? setup.value == 7 : setup.value == 8 || setup.value == 9;
        if (empties) {
            if (hxn_ || setup.value == 9) purge(kBytesIn);
        } else if (setup.value < 0x80) {
            registers_[setup.value] = low(setup.index);
            for (std::size_t i = 0; i < std::size(kWrites); ++i)
                if (setup.value == kWrites[i].number && setup.index == kWrites[i].value) written_ |= 1u << i;
        }
        return Bytes{};
    }
    /// A false step begins the dance again. Once it is done, the same registers may be used for anything.
    void step(const Step& now) {
        const bool of_the_dance = now.value == 0x8484 || now.value == 0x8383 || now.value == 0x0404;
        if (!of_the_dance || danced_ >= std::size(kDance)) return;
        danced_ = now == kDance[danced_] ? danced_ + 1 : now == kDance[0] ? 1 : 0;
    }

    const bool hxn_;
    std::size_t danced_ = 0;
    unsigned written_ = 0;  ///< one bit for each of kWrites
    std::map<std::uint16_t, unsigned> registers_;
    LineFormat format_{0, 8, Parity::none, 1};
    Bytes line_coding_ = Bytes(7);
};

}  // namespace

SimulatedPtr make_pl2303(const ScannerSettings& settings, bool hxn) {
    return std::make_unique<Pl2303>(described(settings, 0x067B, hxn ? 0x23A3 : 0x2303, "Prolific", "Simulated serial scanner"),
                                    settings, hxn);
}

}  // namespace dosario::simulated
