// SPDX-License-Identifier: Apache-2.0
// USB CDC 1.2, Abstract Control Model: the scanner is its own serial port. The rate means nothing to it, but some wait to be told one.
#include "serial/chips.hpp"

namespace dosario {
namespace {

constexpr std::byte kNotification{0xA1};
constexpr std::byte kSerialState{0x20};
constexpr std::size_t kNotificationBytes = 10;  // header of 8, wLength 2, the state
// USB CDC PSTN 1.2, 6.5.4.
constexpr unsigned kOverrun = 0x40;
constexpr unsigned kParity = 0x20;
constexpr unsigned kFraming = 0x10;

class CdcAcm final : public SerialBridge {
public:
    explicit CdcAcm(const UsbInterface& one) : number_(one.number), notices_(one.endpoint_in), bulk_in_(one.bulk_in) {}

    std::vector<ReaderWrite> opening(int rate) const override {
        return {set_line_coding(rate, number_), assert_dtr_and_rts(number_)};
    }

    LineBytes receive(std::uint8_t endpoint, ByteView transfer) override {
        const bool of_the_line = endpoint != 0 && endpoint == bulk_in_;
        const bool is_notice = endpoint != 0 && endpoint == notices_ && !of_the_line;
        if (of_the_line || (!is_notice && !is_serial_state(transfer))) return {transfer};
        if (!is_serial_state(transfer)) return {};  // another notice: nothing of it is the line's
        const auto state = std::to_integer<unsigned>(transfer[8]);
        if ((state & kOverrun) != 0) return {{}, "the scanner lost bytes (overrun)"};
        if ((state & kParity) != 0) return {{}, "a byte came damaged (parity)"};
        if ((state & kFraming) != 0) return {{}, "a byte came damaged (framing)"};
        return {};
    }

private:
    static bool is_serial_state(ByteView transfer) {
        return transfer.size() == kNotificationBytes && transfer[0] == kNotification && transfer[1] == kSerialState;
    }

    const std::uint8_t number_;
    const std::uint8_t notices_;
    const std::uint8_t bulk_in_;
};

}  // namespace

std::unique_ptr<SerialBridge> make_cdc_acm(const UsbInterface& one) { return std::make_unique<CdcAcm>(one); }

}  // namespace dosario
