// SPDX-License-Identifier: Apache-2.0
// One libusb context: its life, its file descriptors, its hotplug events. The host may have several (see host.cpp, rescan).
#pragma once

#include "base/result.hpp"
#include "usb/sysfs.hpp"

#include <libusb.h>
#include <poll.h>

#include <functional>
#include <memory>
#include <vector>

namespace dosario {

/// Keeps the device and the context it belongs to.
using UsbDeviceRef = std::shared_ptr<libusb_device>;

struct HandleCloser {
    void operator()(libusb_device_handle* handle) const { libusb_close(handle); }
};
/// Must die before the UsbDeviceRef it was opened from.
using UsbHandle = std::unique_ptr<libusb_device_handle, HandleCloser>;

UsbAddress address_of(libusb_device* device);

class UsbContext : public std::enable_shared_from_this<UsbContext> {
public:
    /// Called from handle_ready() and from start(): hand over and return, no I/O.
    struct Hotplug {
        std::function<void(UsbDeviceRef)> arrived;
        std::function<void(UsbAddress)> left;
    };

    /// `arrived` is called for each device that is already there. unavailable when libusb cannot start.
    static Result<std::shared_ptr<UsbContext>> start(Hotplug hotplug);
    UsbContext(libusb_context* context, Hotplug hotplug);
    ~UsbContext();
    UsbContext(const UsbContext&) = delete;
    UsbContext& operator=(const UsbContext&) = delete;

    /// All devices libusb lists now.
    std::vector<UsbDeviceRef> devices();
    void add_poll_fds(std::vector<pollfd>& all) const;
    /// Handles what is ready, without waiting: transfer callbacks and hotplug come from here.
    void handle_ready();

private:
    static int on_hotplug(libusb_context*, libusb_device* device, libusb_hotplug_event event, void* self);
    UsbDeviceRef hold(libusb_device* device);

    libusb_context* context_;
    Hotplug hotplug_;
    libusb_hotplug_callback_handle callback_ = 0;
    bool callback_registered_ = false;
};

}  // namespace dosario
