// SPDX-License-Identifier: Apache-2.0
// What the two scanners of HID share: one interface, one interrupt endpoint, the requests of HID 1.11, section 7.2.
#pragma once

#include "simulated/device.hpp"

namespace dosario::simulated {

inline constexpr std::uint8_t kHidEndpoint = 0x81;

enum class ReportType : std::uint8_t { input = 1, output = 2, feature = 3 };

class HidDevice : public SimulatedDevice {
public:
    /// `subclass` 1 = it has a boot interface, of a keyboard.
    HidDevice(UsbDescription description, Bytes report_descriptor, std::uint8_t subclass, std::uint16_t report_size);

protected:
    /// What GET_REPORT answers; nothing = STALL.
    virtual std::optional<Bytes> get_report(ReportType type, std::uint8_t id) = 0;
    /// False = STALL. `bytes` begins with the id if there are ids.
    virtual bool set_report(ReportType type, std::uint8_t id, ByteView bytes) = 0;

private:
    std::optional<Bytes> requested(const UsbSetup& setup, ByteView out) final;

    const bool has_boot_;
    std::uint8_t protocol_ = 1;  ///< 1 = report, 0 = boot; after plugging it is report (HID 1.11, 7.2.6)
    std::uint8_t idle_ = 0;      ///< in 4 ms
};

}  // namespace dosario::simulated
