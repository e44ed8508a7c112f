// SPDX-License-Identifier: Apache-2.0
// Prolific PL2303. Line and control lines are told as in CDC; before, the HX and the chips before it want a fixed series of vendor
// requests (what they mean was never published), and the G series (HXN) none.
#include "serial/chips.hpp"

namespace dosario {
namespace {

constexpr std::uint8_t kVendorOut = 0x40;
constexpr std::uint8_t kVendorIn = 0xC0;
constexpr std::uint8_t kAccess = 0x01;
constexpr std::uint8_t kHxnAccess = 0x80;
constexpr std::uint16_t kHxnResetPipes = 7;
constexpr std::uint16_t kHxnBothPipes = 3;
constexpr std::uint16_t kPurgeReceived = 8;
constexpr std::uint16_t kPurgeToSend = 9;
constexpr std::uint16_t kHxMode = 0x44;
constexpr std::uint16_t kOldMode = 0x24;
constexpr std::uint16_t kOldPid = 0x2303;
constexpr std::uint8_t kHxControlPacket = 64;

ReaderWrite look(std::uint16_t value) { return control_request(kVendorIn, kAccess, value, 0, 1); }
ReaderWrite set(std::uint16_t value, std::uint16_t content) { return control_request(kVendorOut, kAccess, value, content); }

class Pl2303 final : public SerialBridge {
public:
    explicit Pl2303(const UsbInterface& one)
        : number_(one.number),
          is_hxn_(one.pid != kOldPid),
          is_older_(one.device_class == kCommunicationsClass ||
                    (one.control_packet != 0 && one.control_packet != kHxControlPacket)) {}

    std::vector<ReaderWrite> opening(int rate) const override {
        std::vector<ReaderWrite> all;
        if (!is_hxn_) {
            all = {look(0x8484),
                   set(0x0404, 0),
                   look(0x8484),
                   look(0x8383),
                   look(0x8484),
                   set(0x0404, 1),
                   look(0x8484),
                   look(0x8383),
                   set(0, 1),
                   set(1, 0),
                   set(2, is_older_ ? kOldMode : kHxMode)};
        }
        all.push_back(required(set_line_coding(rate, number_)));
        if (is_hxn_) {
            all.push_back(control_request(kVendorOut, kHxnAccess, kHxnResetPipes, kHxnBothPipes));
        } else if (!is_older_) {
            all.push_back(set(kPurgeReceived, 0));
            all.push_back(set(kPurgeToSend, 0));
        }
        all.push_back(required(assert_dtr_and_rts(number_)));
        return all;
    }

    LineBytes receive(std::uint8_t, ByteView transfer) override { return {transfer}; }

private:
    const std::uint16_t number_;
    const bool is_hxn_;
    const bool is_older_;
};

}  // namespace

std::unique_ptr<SerialBridge> make_pl2303(const UsbInterface& one) { return std::make_unique<Pl2303>(one); }

}  // namespace dosario
