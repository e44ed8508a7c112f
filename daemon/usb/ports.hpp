// SPDX-License-Identifier: Apache-2.0
// The table of devices and their ports: which are known, which are open, what the listener was told. On the USB thread only.
#pragma once

#include "usb/context.hpp"
#include "usb/host.hpp"
#include "usb/session.hpp"

#include <functional>
#include <map>
#include <set>

namespace dosario {

class UsbPorts {
public:
    /// `drain` hears what the kernel has for us, without waiting: what a device sent before it left counts.
    UsbPorts(UsbListener& listener, const Clock& clock, std::function<void()> drain)
        : listener_(listener), clock_(clock), drain_(std::move(drain)) {}

    /// A device that is not known yet: asks it, tells appeared() for each interface that could be a reader's.
    void add(const UsbDeviceRef& device);
    /// The device left: disappeared() for each port that was not told yet; the address is free for another one.
    void remove(UsbAddress address);
    /// `present` is what the kernel lists. A device that said it had left, and is still there a while later and answers, is told anew: after
    /// a sleep of the computer transfers end as if it had been unplugged.
    void find_again(const std::set<UsbAddress>& present);
    /// Asks those anew that were met before the kernel had configured them.
    void look_again();
    /// Such a device came so short a time ago that it is about to be configured: look_again() is wanted soon, and otherwise now and then.
    bool is_about_to_be_configured() const;
    bool knows(UsbAddress address) const { return devices_.contains(address); }
    std::set<UsbAddress> addresses() const;

    void open(UsbPort port);
    void close(UsbPort port);
    void write(UsbPort port, ReaderWrite write);
    /// After each round of events: tends the sessions, tells how they ended.
    void tend();
    /// tend() is wanted before waiting for events: a callback ran inside another session's request.
    bool restless() const;
    /// Gives every interface back; tend() until idle(). The listener hears no more.
    void stop();
    bool idle() const { return sessions_.empty(); }

private:
    struct Device {
        UsbDeviceRef usb;
        std::optional<MonoTime> unconfigured_since;
        std::map<UsbPort, UsbInterface> ports;  ///< those the listener believes to be there
        bool left = false;                      ///< the listener was told so
        int looks_since = 0;                    ///< that the kernel listed it nevertheless
    };
    struct Open {
        std::unique_ptr<UsbSession> session;
        bool closing = false;     ///< close() was asked, or the device is known to have left: its end is not reported
        bool open_again = false;  ///< open() came while it was closing
    };

    void tell_ports(UsbAddress address, Device& device);
    void tell_left(UsbAddress address);
    void start_session(UsbPort port, const Device& device, const UsbInterface& interface);
    void end_session(UsbPort port, const Open& ended);

    UsbListener& listener_;
    const Clock& clock_;
    const std::function<void()> drain_;
    UsbPort next_port_ = 1;
    bool stopping_ = false;
    std::map<UsbAddress, Device> devices_;
    std::map<UsbPort, UsbAddress> where_;
    std::map<UsbPort, Open> sessions_;
};

}  // namespace dosario
