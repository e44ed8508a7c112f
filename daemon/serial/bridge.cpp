// SPDX-License-Identifier: Apache-2.0
#include "serial/bridge.hpp"

#include "reader/scanner_makers.hpp"
#include "serial/chips.hpp"

namespace dosario {
namespace {

constexpr std::uint16_t kFtdi = 0x0403;
constexpr std::uint16_t kSiliconLabs = 0x10C4;
constexpr std::uint16_t kWch = 0x1A86;
constexpr std::uint16_t kProlific = 0x067B;

BridgeChip chip_of(std::uint16_t vid) {
    switch (vid) {
        case kFtdi: return BridgeChip::ftdi;
        case kSiliconLabs: return BridgeChip::cp210x;
        case kWch: return BridgeChip::ch34x;
        default: return BridgeChip::pl2303;
    }
}

}  // namespace

std::optional<BridgeChip> bridge_chip(const UsbInterface& one) {
    if (is_in(kKnownBridges, one)) return chip_of(one.vid);
    if (one.class_code == kCommunicationsClass && one.subclass == kAbstractControl) return BridgeChip::cdc_acm;
    return std::nullopt;
}

std::unique_ptr<SerialBridge> make_bridge(BridgeChip chip, const UsbInterface& one, LineUse use) {
    switch (chip) {
        case BridgeChip::cdc_acm: return make_cdc_acm(one);
        case BridgeChip::ftdi: return make_ftdi(one, use);
        case BridgeChip::cp210x: return make_cp210x(one);
        case BridgeChip::ch34x: return make_ch34x(one);
        case BridgeChip::pl2303: return make_pl2303(one);
    }
    return make_cdc_acm(one);
}

const char* bridge_name(BridgeChip chip) {
    switch (chip) {
        case BridgeChip::cdc_acm: return "CDC-ACM";
        case BridgeChip::ftdi: return "FTDI";
        case BridgeChip::cp210x: return "CP210x";
        case BridgeChip::ch34x: return "CH340";
        case BridgeChip::pl2303: return "PL2303";
    }
    return "";
}

}  // namespace dosario
