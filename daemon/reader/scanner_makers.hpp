// SPDX-License-Identifier: Apache-2.0
// Who makes nothing but readers: any device of theirs that looks like a scanner is one.
#pragma once

#include "reader/driver.hpp"

#include <algorithm>
#include <array>

namespace dosario {

inline constexpr std::uint16_t kZebra = 0x05E0;
/// A scanner changes its product number with its mode (Linux hid-ids.h; usb.ids). These are no HID POS and no keyboards.
inline constexpr std::uint16_t kZebraHandHeld = 0x1300;
inline constexpr std::uint16_t kZebraTableTop = 0x1400;
inline constexpr std::uint16_t kZebraSnapi = 0x1900;

inline constexpr Driver::Known kScannerMakers[] = {
    {0x05E0, 0, "Zebra, Symbol"},
    {0x0C2E, 0, "Honeywell, Metrologic"},
    {0x0536, 0, "Hand Held Products"},
    {0x05F9, 0, "Datalogic, PSC"},
    {0x1EAB, 0, "Newland"},
    {0x23D0, 0, "Honeywell Youjie"},
};

/// One table out of two.
template <std::size_t N, std::size_t M>
constexpr std::array<Driver::Known, N + M> joined(const Driver::Known (&first)[N], const Driver::Known (&second)[M]) {
    std::array<Driver::Known, N + M> all{};
    std::copy(first, first + N, all.begin());
    std::copy(second, second + M, all.begin() + N);
    return all;
}

/// True if a row of `table` is of that device.
inline bool is_in(std::span<const Driver::Known> table, const UsbInterface& one) {
    return std::any_of(table.begin(), table.end(),
                       [&one](const Driver::Known& row) { return row.vid == one.vid && (row.pid == 0 || row.pid == one.pid); });
}

/// Likewise, and such a device is surely a reader.
inline bool is_surely(std::span<const Driver::Known> table, const UsbInterface& one) {
    return std::any_of(table.begin(), table.end(), [&one](const Driver::Known& row) {
        return row.surely && is_in({&row, 1}, one);
    });
}

}  // namespace dosario
