// SPDX-License-Identifier: Apache-2.0
// The models, one file each; make.cpp names them. Internal to this folder.
#pragma once

#include "simulated/make.hpp"

namespace dosario::simulated {

using SimulatedPtr = std::unique_ptr<SimulatedDevice>;

/// The description with the settings' ids, serial number and name in the place of the kind's own.
UsbDescription described(const ScannerSettings& settings, std::uint16_t vendor, std::uint16_t product, std::string manufacturer,
                         std::string product_name);

/// Where a layout of HID POS reports has its fields, from the report id on (offset 0).
struct PosLayout {
    std::size_t aim_at = 0;  ///< 0 = the layout has none
    std::size_t text_at = 0;
    std::size_t symbology_at = 0;  ///< 0 = the layout has none
    bool has_menu = false;         ///< Honeywell's: silent until it is told, answers menu commands
};
inline constexpr PosLayout kZebraPos{3, 6, 62, false};
inline constexpr PosLayout kHoneywellPos{2, 5, 61, true};
inline constexpr PosLayout kNewlandPos{0, 2, 0, false};

SimulatedPtr make_hid_keyboard(const ScannerSettings& settings);
SimulatedPtr make_hid_pos(UsbDescription description, PosLayout layout);
/// Interfaces of their own for control and for bytes, or one for both.
SimulatedPtr make_cdc_acm(const ScannerSettings& settings, bool two_interfaces);
/// FT232R, full speed; or FT232H, high speed.
SimulatedPtr make_ftdi(const ScannerSettings& settings, bool high_speed);
SimulatedPtr make_cp210x(const ScannerSettings& settings);
SimulatedPtr make_ch341(const ScannerSettings& settings);
/// A contactless reader, by settings.model (ccid_reader.hpp).
SimulatedPtr make_ccid(const ScannerSettings& settings);
SimulatedPtr make_ccid_pcsc(const ScannerSettings& settings);
SimulatedPtr make_ccid_acr122(const ScannerSettings& settings);
/// HX, or HXN (the G series).
SimulatedPtr make_pl2303(const ScannerSettings& settings, bool hxn);

}  // namespace dosario::simulated
