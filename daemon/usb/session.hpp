// SPDX-License-Identifier: Apache-2.0
// One opened interface (of CDC-ACM the two that belong together): claimed, its IN transfers armed, its writes in order; recovers from
// errors of the line; gives everything back.
// Used on the USB thread only. Callbacks of libusb only note what happened; tend() acts, outside of them.
#pragma once

#include "usb/context.hpp"
#include "usb/host.hpp"

#include <array>
#include <deque>
#include <optional>
#include <vector>

namespace dosario {

class UsbSession {
public:
    /// Detaches the kernel driver and claims. not_found: the device left; other errors as usb_error() says. Holds nothing on error.
    /// `listener` gets received() only, until stop(); it and `clock` must outlive the session.
    static Result<std::unique_ptr<UsbSession>> open(UsbDeviceRef device, UsbPort port, const UsbInterface& interface,
                                                    UsbListener& listener, const Clock& clock);
    /// Only when finished().
    ~UsbSession();
    UsbSession(const UsbSession&) = delete;
    UsbSession& operator=(const UsbSession&) = delete;

    /// Submits the IN transfers. False: the session is stopping, see left() and failure().
    bool arm();
    /// Queues, at most kLongestQueue; a device that takes none of them fails.
    void write(ReaderWrite write);
    /// No received() from here on. finished() follows after some rounds of events and tend().
    void stop();
    /// After each round of events: recovers, starts the next write, finishes.
    void tend();
    /// Something happened since the last tend(): call it before waiting for events.
    bool restless() const { return noted_; }
    /// No transfer is in flight, the interface is given back.
    bool finished() const { return finished_; }
    /// The device is gone.
    bool left() const { return left_; }
    /// Why the session stopped of itself.
    const std::optional<Error>& failure() const { return failure_; }

    static constexpr std::size_t kInTransfers = 4;
    static constexpr std::size_t kLongestQueue = 64;
    static constexpr int kMostBadRounds = 20;
    static constexpr int kMostTries = 3;

private:
    struct Transfer {
        UsbSession* session = nullptr;
        libusb_transfer* usb = nullptr;
        std::vector<unsigned char> buffer;
        bool in_flight = false;
        bool of_notices = false;  ///< CDC-ACM tells on an endpoint of its own what happened to the line, CCID what to the slot
    };
    enum class Trouble { none, line, halted };

    UsbSession(UsbDeviceRef device, UsbPort port, const UsbInterface& interface, UsbListener& listener, const Clock& clock);
    int claim();
    int claim(std::uint8_t number);
    void give_back();
    std::uint8_t endpoint_in() const { return interface_.bulk_in != 0 ? interface_.bulk_in : interface_.endpoint_in; }
    static void on_in(libusb_transfer* usb);
    static void on_out(libusb_transfer* usb);
    void in_done(Transfer& transfer);
    void out_done();
    void write_done();
    void write_failed(bool again);
    bool prepare(Transfer& transfer);
    bool submit(Transfer& transfer);
    void deliver(const Transfer& transfer);
    void start_next_write();
    void fill_out(const ReaderWrite& write);
    void recover();
    bool probe();
    void note(int code, std::string_view attempt);
    void note_trouble(Trouble trouble);
    void cancel_all();
    void cancel_in();
    bool in_in_flight() const;

    UsbDeviceRef device_;  // before handle_: must outlive it
    UsbPort port_;
    UsbInterface interface_;
    UsbListener& listener_;
    const Clock& clock_;
    UsbHandle handle_;
    std::array<Transfer, kInTransfers + 1> in_;  ///< the last one for notices, where there are any
    Transfer out_;
    std::deque<ReaderWrite> queue_;  ///< the first one may be in flight
    int tries_ = 0;                  ///< of the first one that failed
    Trouble trouble_ = Trouble::none;
    std::uint8_t halted_out_ = 0;  ///< an OUT endpoint that stalled, 0 = none
    int bad_rounds_ = 0;
    bool noted_ = true;
    std::vector<std::uint8_t> claimed_;   ///< interfaces, in the order they were taken
    std::vector<std::uint8_t> detached_;  ///< those that a driver of the kernel had
    bool stopping_ = false;
    bool finished_ = false;
    bool left_ = false;
    std::optional<Error> failure_;
};

}  // namespace dosario
