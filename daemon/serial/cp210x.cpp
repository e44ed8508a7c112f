// SPDX-License-Identifier: Apache-2.0
// Silicon Labs CP2102, CP2104 and their like. Requests go to the interface; nothing is told about the line in the received bytes.
#include "serial/chips.hpp"

namespace dosario {
namespace {

constexpr std::uint8_t kVendorToInterface = 0x41;
enum Request : std::uint8_t {
    kEnable = 0x00,
    kLineShape = 0x03,
    kModemControl = 0x07,
    kPurge = 0x12,
    kFlowControl = 0x13,
    kBaudRate = 0x1E
};
constexpr std::uint16_t kEightBits = 0x0800;
constexpr std::uint16_t kDtrAndRtsOn = 0x0303;
constexpr std::uint16_t kAllQueues = 0x000F;
constexpr std::size_t kFlowControlBytes = 16;

class Cp210x final : public SerialBridge {
public:
    explicit Cp210x(const UsbInterface& one) : number_(one.number) {}

    std::vector<ReaderWrite> opening(int rate) const override {
        // No handshake, XON and XOFF off, DTR and RTS not active: the last request sets them.
        Bytes flow(kFlowControlBytes);
        return {required(control_request(kVendorToInterface, kEnable, 1, number_)),
                required(control_request(kVendorToInterface, kBaudRate, 0, number_,
                                         little_endian(static_cast<std::uint32_t>(rate), 4))),
                required(control_request(kVendorToInterface, kLineShape, kEightBits, number_)),
                control_request(kVendorToInterface, kFlowControl, 0, number_, std::move(flow)),
                control_request(kVendorToInterface, kPurge, kAllQueues, number_),
                required(control_request(kVendorToInterface, kModemControl, kDtrAndRtsOn, number_))};
    }

    LineBytes receive(std::uint8_t, ByteView transfer) override { return {transfer}; }

private:
    const std::uint16_t number_;
};

}  // namespace

std::unique_ptr<SerialBridge> make_cp210x(const UsbInterface& one) { return std::make_unique<Cp210x>(one); }

}  // namespace dosario
