// SPDX-License-Identifier: Apache-2.0
// The libusb shell: finds interfaces that could be of readers (HID, serial, CCID, a maker's own), opens the ones it is told to, keeps their IN transfers armed, notices when they leave.
// It knows no protocol and takes no decision: claim_policy.hpp says what may be taken, drivers say what the bytes mean.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "reader/driver.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace dosario {

/// One appearance of one interface: a re-plugged device gets a new port. Never reused while the process lives.
using UsbPort = std::uint64_t;

/// What the shell reports, always on its own thread and never twice at once. Implementations hand over and return.
class UsbListener {
public:
    virtual ~UsbListener() = default;
    /// An interface is there (also those present at the start). Its report descriptor is filled where it could be read without taking it.
    virtual void appeared(UsbPort port, UsbInterface interface) = 0;
    /// The device left, open or not. Nothing more comes from this port.
    virtual void disappeared(UsbPort port) = 0;
    /// open() worked: the kernel driver is detached, the interface claimed, transfers are armed.
    virtual void opened(UsbPort port) = 0;
    /// open() did not work, or a port that was open cannot go on. The message says why and what to do; nothing is held any more.
    virtual void failed(UsbPort port, Error why) = 0;
    /// A report, as the device sent it.
    virtual void received(UsbPort port, std::uint8_t endpoint, Bytes bytes, MonoTime heard_at) = 0;
    /// Everything that write() queued so far has gone out, or was refused by the device.
    virtual void written(UsbPort) {}
    /// A transfer ended in an error, and the reader goes on: something may be missing between what was received() and what comes.
    virtual void interrupted(UsbPort) {}
    /// The answer to flush(): every report that was there when it was asked has been received().
    virtual void flushed(UsbPort) {}
};

struct UsbHostSettings {
    /// How often the kernel's list is compared with libusb's, for machines and containers where no udevd reports arrivals.
    std::chrono::milliseconds rescan_every{5000};
};

/// Start once, stop once. open, close and write may be called from any thread; they queue and return, the result comes to the listener.
class UsbHost {
public:
    /// Fails when libusb cannot start. `listener` and `clock` must outlive the host.
    static Result<std::unique_ptr<UsbHost>> start(UsbListener& listener, const Clock& clock, UsbHostSettings settings = {});
    /// Gives every interface back (kernel driver re-attached), waits for every transfer, ends the thread.
    virtual ~UsbHost() = default;
    /// Takes the interface: opened() or failed() follows, or disappeared(). Nothing happens if it is open already or has left.
    virtual void open(UsbPort port) = 0;
    /// Releases the interface and re-attaches the kernel driver that had it. No more received() after the queue reached it.
    virtual void close(UsbPort port) = 0;
    /// In order per port, at most 64 waiting, else the port fails. What the line damages is sent again; what the device refuses is skipped, or
    /// fails the port where it is required. On a port that is not open nothing happens. Answers to control requests of direction IN are not kept.
    virtual void write(UsbPort port, ReaderWrite write) = 0;
    /// Asks for flushed(). Silence counts only after it: a process that was stopped for a while finds its timers due before the reports
    /// that waited meanwhile.
    virtual void flush(UsbPort port) = 0;
};

}  // namespace dosario
