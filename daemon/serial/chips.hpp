// SPDX-License-Identifier: Apache-2.0
// The chips, one file each, and what their requests have in common.
#pragma once

#include "serial/bridge.hpp"

namespace dosario {

/// A control transfer without data stage, or of direction IN with `length` bytes that nobody keeps (USB 2.0, 9.3).
inline ReaderWrite control_request(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index,
                                   std::uint16_t length = 0) {
    const auto low = [](std::uint16_t word) { return static_cast<std::uint8_t>(word & 0xFF); };
    const auto high = [](std::uint16_t word) { return static_cast<std::uint8_t>(word >> 8); };
    return {
        std::array<std::uint8_t, 8>{type, request, low(value), high(value), low(index), high(index), low(length), high(length)},
        0,
        {}};
}

/// The same with a data stage of direction OUT.
inline ReaderWrite control_request(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index,
                                   Bytes content) {
    ReaderWrite write = control_request(type, request, value, index, static_cast<std::uint16_t>(content.size()));
    write.bytes = std::move(content);
    return write;
}

/// The chip does not work without it.
inline ReaderWrite required(ReaderWrite write) {
    write.required = true;
    return write;
}

/// `size` bytes, the lowest first.
inline Bytes little_endian(std::uint32_t value, std::size_t size) {
    Bytes bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
    return bytes;
}

inline constexpr std::uint8_t kClassToInterface = 0x21;
inline constexpr std::uint8_t kSetLineCoding = 0x20;
inline constexpr std::uint8_t kSetControlLineState = 0x22;
inline constexpr std::uint16_t kDtrAndRts = 0x0003;

/// SET_LINE_CODING (USB CDC PSTN 1.2, 6.3.10): dwDTERate, 1 stop bit, no parity, 8 data bits.
inline ReaderWrite set_line_coding(int rate, std::uint16_t interface) {
    Bytes coding = little_endian(static_cast<std::uint32_t>(rate), 4);
    for (const int one : {0, 0, 8}) coding.push_back(static_cast<std::byte>(one));
    return control_request(kClassToInterface, kSetLineCoding, 0, interface, std::move(coding));
}

/// SET_CONTROL_LINE_STATE (USB CDC PSTN 1.2, 6.3.12) with DTR and RTS: many scanners say nothing without DTR.
inline ReaderWrite assert_dtr_and_rts(std::uint16_t interface) {
    return control_request(kClassToInterface, kSetControlLineState, kDtrAndRts, interface);
}

std::unique_ptr<SerialBridge> make_cdc_acm(const UsbInterface& one);
std::unique_ptr<SerialBridge> make_ftdi(const UsbInterface& one, LineUse use);
std::unique_ptr<SerialBridge> make_cp210x(const UsbInterface& one);
std::unique_ptr<SerialBridge> make_ch34x(const UsbInterface& one);
std::unique_ptr<SerialBridge> make_pl2303(const UsbInterface& one);

}  // namespace dosario
