// SPDX-License-Identifier: Apache-2.0
// A serial line behind USB: which chip carries it, what the chip must be told before it talks, and which bytes of its packets are the
// line's. Without I/O; the USB shell moves the bytes. What the line says is left to the drivers (serial_reader.hpp).
//   CDC-ACM     USB class 02/02, of the scanner itself     USB CDC 1.2, PSTN subclass 1.2
//   the others  a bridge chip in the cable or in the scanner, vendor class: known by VID and PID
#pragma once

#include "reader/driver.hpp"

#include <memory>
#include <span>
#include <vector>

namespace dosario {

enum class BridgeChip { cdc_acm, ftdi, cp210x, ch34x, pl2303 };

/// The rates of scanners and readers, in bits per second; others are refused in the configuration.
inline constexpr int kLineRates[] = {1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200};
/// Of barcode scanners with a serial cable. A scanner that is CDC-ACM itself does not care.
inline constexpr int kUsualRate = 9600;

/// The chips that are known by their numbers.
inline constexpr Driver::Known kKnownBridges[] = {
    {0x0403, 0x6001, "FTDI FT232R", false},
    {0x0403, 0x6010, "FTDI FT2232H", false},
    {0x0403, 0x6011, "FTDI FT4232H", false},
    {0x0403, 0x6014, "FTDI FT232H", false},
    {0x0403, 0x6015, "FTDI FT-X", false},
    {0x10C4, 0xEA60, "Silicon Labs CP2102, CP2104", false},
    {0x10C4, 0xEA70, "Silicon Labs CP2105", false},
    {0x10C4, 0xEA71, "Silicon Labs CP2108", false},
    {0x1A86, 0x7523, "WCH CH340", false},
    {0x1A86, 0x5523, "WCH CH341", false},
    {0x067B, 0x2303, "Prolific PL2303 (HX, TA, TB)", false},
    {0x067B, 0x23A3, "Prolific PL2303G", false},
    {0x067B, 0x23B3, "Prolific PL2303G", false},
    {0x067B, 0x23C3, "Prolific PL2303G", false},
    {0x067B, 0x23D3, "Prolific PL2303G", false},
    {0x067B, 0x23E3, "Prolific PL2303G", false},
    {0x067B, 0x23F3, "Prolific PL2303G", false},
};

/// The line's own bytes in one transfer. They live until the next call.
struct LineBytes {
    ByteView bytes;
    const char* broken_rule = nullptr;  ///< the line damaged what was on its way: overrun, parity, framing
};

/// What is done on a line: a scanner is listened to, a reader of tags is asked, and each answer is waited for.
enum class LineUse { listens, asks };

/// One chip. The line is set to 8 data bits, no parity, 1 stop bit, no flow control.
class SerialBridge {
public:
    virtual ~SerialBridge() = default;
    /// What makes it talk at that rate, its buffers emptied, DTR and RTS asserted; in this order: many scanners speak as soon as they see
    /// DTR, and nothing may be emptied or set after that. `rate` is one of kLineRates. Once more: it goes on at another rate.
    virtual std::vector<ReaderWrite> opening(int rate) const = 0;
    /// `transfer` is one IN transfer from `endpoint` (0 where it is not known).
    virtual LineBytes receive(std::uint8_t endpoint, ByteView transfer) = 0;
};

/// Nothing for an interface that carries no serial line we know.
std::optional<BridgeChip> bridge_chip(const UsbInterface& one);

/// For what bridge_chip() gave.
std::unique_ptr<SerialBridge> make_bridge(BridgeChip chip, const UsbInterface& one, LineUse use = LineUse::listens);

/// For people: "FTDI", "CDC-ACM", ...
const char* bridge_name(BridgeChip chip);

}  // namespace dosario
