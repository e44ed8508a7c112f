// SPDX-License-Identifier: Apache-2.0
// A bus in a umockdev test bed: pretended devices in sysfs, /dev/bus/usb and on the wire of udev, so that unmodified libusb, in this
// process or in a child, finds and drives them. The program must run under umockdev-wrapper. One bed at a time.
#pragma once

#include "support/usbfs/fake_device.hpp"

#include <memory>
#include <string>

namespace dosario::test {

class FakeUsb;

/// A device while it is plugged.
class PluggedDevice {
public:
    virtual ~PluggedDevice() = default;
    virtual FakeDevice& device() = 0;
    /// Where the program under test finds it, `/dev/bus/usb/001/002`.
    virtual const std::string& node() const = 0;
};

class FakeUsb {
public:
    static std::unique_ptr<FakeUsb> create();
    virtual ~FakeUsb() = default;

    enum class Udev { answers, silent, half_made, unconfigured };
    /// Each plug gets the next device number that is free, as in the kernel. `silent` leaves the uevent out; `half_made` too, and sysfs shows the
    /// device's numbers, but not yet that it is one: see finish().
    virtual std::shared_ptr<PluggedDevice> plug(const FakeSpec& spec, Udev udev = Udev::answers) = 0;
    /// Completes a plug that was half_made, without uevent.
    virtual void finish(PluggedDevice& device) = 0;
    /// The kernel chooses a configuration of one that was plugged `unconfigured`: announced, and without any. No uevent follows.
    virtual void configure(PluggedDevice& device) = 0;
    /// The device leaves the bus: its URBs end, then sysfs and udev say so.
    virtual void unplug(PluggedDevice& device, Udev udev = Udev::answers) = 0;
    /// The second half of unplug(), for a device that left of itself.
    virtual void announce_gone(PluggedDevice& device, Udev udev = Udev::answers) = 0;
    /// For the environment of a child: UMOCKDEV_DIR.
    virtual const std::string& root() const = 0;
};

}  // namespace dosario::test
