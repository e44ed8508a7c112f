// SPDX-License-Identifier: Apache-2.0
// One pretended USB device behind a pretended usbfs: descriptors, drivers, claims and URBs as the kernel keeps them, and the faults a
// test asks for. No umockdev here (see fake_usb.hpp). As strict as the kernel: an URB for an interface that is not claimed is refused,
// cancelling one that is complete says EINVAL, what was complete before an unplug can still be reaped.
#pragma once

#include "base/bytes.hpp"
#include "simulated/make.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace dosario::test {

struct FakeInterface {
    std::uint8_t number = 0;
    std::uint8_t class_code = 3;
    std::uint8_t subclass = 0;
    std::uint8_t protocol = 0;
    std::uint8_t endpoint_in = 0x81;
    std::uint16_t max_packet = 8;
    std::uint8_t endpoint_out = 0;              ///< 0 = none
    std::vector<std::uint8_t> other_endpoints;  ///< of a simulated scanner
    Bytes report_descriptor;
    std::string driver;     ///< the kernel driver that has it at the start, empty = none
    bool in_sysfs = false;  ///< sysfs shows the report descriptor
};

struct FakeSpec {
    std::uint16_t vid = 0;
    std::uint16_t pid = 0;
    std::string serial;
    std::string product;
    std::string port;  ///< `1-250`, or `1-250.2` behind a device that is plugged into `1-250`; empty = the device's number
    std::vector<FakeInterface> interfaces;
    bool strings_in_sysfs = true;
    bool permitted = true;       ///< false: the node has mode 000
    bool held_by_other = false;  ///< another program has all interfaces from the start
    /// The device is this simulated scanner: it has the descriptors, answers requests and fills URBs. Faults and reports of the test come
    /// before what it has to say.
    std::optional<simulated::ScannerSettings> scanner;
    Bytes descriptors;        ///< the scanner's own
    bool high_speed = false;  ///< likewise
    bool idles = false;       ///< the scanner's idle() is called as time goes by; otherwise by the test
};

/// A keyboard-wedge scanner as it is plugged into a desktop: usbhid has it, sysfs shows its report descriptor.
FakeSpec keyboard_spec(std::uint16_t vid, std::uint16_t pid, std::string serial);
/// HID POS, one interface, 64-byte reports, Zebra's layout; no kernel driver.
FakeSpec pos_spec(std::uint16_t vid, std::uint16_t pid, std::string serial);
FakeSpec mouse_spec(std::uint16_t vid, std::uint16_t pid, std::string serial);

/// A simulated scanner as it is plugged into a desktop: the kernel's driver for it has its interfaces.
FakeSpec simulated_spec(const simulated::ScannerSettings& scanner);

/// Device, configuration, interface, HID and endpoint descriptors in one piece, as sysfs gives them (USB 2.0, 9.6; HID 1.11, 6.2.1).
Bytes usb_descriptors(const FakeSpec& spec);

/// What usbfs was asked to send. `id` tells them apart; `handle` is one open file.
struct FakeUrb {
    std::uint64_t id = 0;
    std::uint64_t handle = 0;
    std::uint8_t type = 0;
    std::uint8_t endpoint = 0;
    Bytes out;                ///< with the 8 bytes of setup for a control transfer
    bool ends_empty = false;  ///< where it fills its last packet an empty one follows (USBDEVFS_URB_ZERO_PACKET)
    std::size_t room = 0;     ///< the buffer's size
    int status = 0;           ///< 0 or a negative errno
    Bytes in;                 ///< what the device answered, without the setup
    std::size_t actual = 0;
};

class FakeDevice {
public:
    explicit FakeDevice(FakeSpec spec);
    const FakeSpec& spec() const { return spec_; }

    // -- what the test does --
    /// The device has a report: it goes to the oldest waiting URB of `endpoint`, or waits in the device for the next one.
    void report(ByteView bytes, std::uint8_t endpoint = 0x81);
    /// A person scans; for a device that is a simulated scanner. Errors: as SimulatedDevice::scan().
    Result<void> scan(std::string_view aim, std::string_view text);
    /// What a person does with a simulated pad (simulated/pad_words.hpp).
    Result<std::string> on_pad(std::string_view words);
    /// A person lays a card on it or takes one away. Errors: as SimulatedDevice::card_command().
    Result<void> card(std::string_view words);
    /// Its idle period has gone by.
    void idle();
    std::optional<std::chrono::milliseconds> idle_period() const;
    /// The next URB of `endpoint` that would wait ends with this (negative errno: -EPROTO, -EOVERFLOW, ...), `times` in a row.
    void fail_reads(int status, int times, std::uint8_t endpoint = 0x81);
    /// Halts the endpoint until CLEAR_HALT.
    void stall(std::uint8_t endpoint = 0x81);
    /// So many requests that are not GETs, from now on, end in a STALL.
    void refuse_requests(int times) {
        locked([&] { refusals_ = times; });
    }
    /// When the program cancels, this report has just arrived.
    void report_on_cancel(Bytes bytes) {
        locked([&] { on_cancel_ = std::move(bytes); });
    }
    /// The `index`-th ioctl from now on (from 0) finds the device gone.
    void leave_at_ioctl(int index) {
        locked([&] { leave_in_ = index; });
    }
    void leave();
    /// As some controllers show an unplug: the waiting URBs end with `status`, then nothing answers any more.
    void leave_after_error(int status);
    /// The program under test died: the kernel closes its files, which drops claims and URBs, and brings no driver back.
    void program_ended();
    /// Another program has the interface.
    void hold_by_other(std::uint8_t interface) {
        locked([&] { others_.insert(interface); });
    }
    void let_go_by_other() {
        locked([&] { others_.clear(); });
    }

    /// From now on taking the kernel driver away is misuse.
    void forbid_disconnect() {
        locked([&] { disconnect_allowed_ = false; });
    }
    /// Transfers to OUT endpoints stay in flight.
    void hold_writes() {
        locked([&] { hold_writes_ = true; });
    }

    // -- what the test sees --
    bool gone() const {
        return locked([&] { return gone_; });
    }
    bool claimed(std::uint8_t interface) const {
        return locked([&] { return claims_.contains(interface); });
    }
    std::string driver(std::uint8_t interface) const;
    int ioctls() const {
        return locked([&] { return ioctls_; });
    }
    int reaps() const {
        return locked([&] { return reaps_; });
    }
    int opens() const {
        return locked([&] { return opens_; });
    }
    int halts_cleared() const {
        return locked([&] { return halts_cleared_; });
    }
    std::size_t waiting() const {
        return locked([&] { return waiting_.size(); });
    }
    /// Every report was taken by the program.
    bool all_read() const;
    /// OUT data in order: setup and data of control transfers that are not GETs, or the bytes of an OUT endpoint.
    std::vector<Bytes> writes() const {
        return locked([&] { return writes_; });
    }
    /// Transfers to OUT endpoints that were to be ended by an empty packet where they fill their last one.
    int ended_empty() const {
        return locked([&] { return ended_empty_; });
    }
    /// What the program did against the rules, empty if nothing.
    std::string misuse() const {
        return locked([&] { return misuse_; });
    }
    /// The simulated scanner has been told all without which it is silent.
    bool is_prepared() const {
        return locked([&] { return scanner_ == nullptr || scanner_->silent_until().empty(); });
    }
    /// Waits until `claim` holds; false after a generous deadline.
    bool wait_until(const std::function<bool(const FakeDevice&)>& claim) const;

    // -- usbfs: each returns 0 or a negative errno --
    /// Counts; false when the device is gone by now.
    bool enter();
    void opened() {
        locked([&] { ++opens_; });
    }
    int get_driver(std::uint8_t interface, std::string& name) const;
    int disconnect(std::uint8_t interface);
    int connect(std::uint8_t interface);
    int claim(std::uint8_t interface, std::uint64_t handle);
    int release(std::uint8_t interface, std::uint64_t handle);
    int submit(FakeUrb urb);
    int discard(std::uint64_t id);
    int reap(std::uint64_t handle, FakeUrb& urb);
    int clear_halt(std::uint8_t endpoint);
    /// Something can be reaped, or there is nothing to wait for any more.
    bool ready() const {
        return locked([&] { return gone_ || !complete_.empty(); });
    }
    /// Called, without the lock, whenever ready() may have changed.
    std::function<void()> on_change;

private:
    template <class Work>
    std::invoke_result_t<Work> locked(Work work) const {
        const std::lock_guard lock{mutex_};
        return work();
    }
    void changed();
    void bind_all();
    const FakeInterface* interface_of(std::uint8_t endpoint) const;
    void complete(FakeUrb urb, int status, Bytes in = {});
    void complete_waiting(std::uint8_t endpoint, int status);
    void serve(std::uint8_t endpoint);
    void answer_control(FakeUrb urb);
    int check_recipient(const FakeUrb& urb);
    bool serve_from_scanner(FakeUrb& urb);
    void serve_all();
    std::optional<Bytes> answer_of_scanner(const FakeUrb& urb);
    Bytes get_descriptor(std::uint16_t value, std::uint16_t index) const;

    FakeSpec spec_;
    std::unique_ptr<simulated::SimulatedDevice> scanner_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::map<std::uint8_t, std::string> drivers_;
    std::map<std::uint8_t, std::uint64_t> claims_;
    std::set<std::uint8_t> others_;
    std::set<std::uint8_t> halted_;
    std::deque<FakeUrb> waiting_;
    std::deque<FakeUrb> complete_;
    std::map<std::uint8_t, std::deque<Bytes>> reports_;
    struct ReadFault {
        int status = 0;
        int times = 0;
    };
    std::map<std::uint8_t, ReadFault> faults_;
    Bytes on_cancel_;
    int refusals_ = 0;
    int leave_in_ = -1;
    bool gone_ = false;
    bool disconnect_allowed_ = true;
    bool hold_writes_ = false;
    int ioctls_ = 0, reaps_ = 0, opens_ = 0, halts_cleared_ = 0, ended_empty_ = 0;
    std::vector<Bytes> writes_;
    std::string misuse_;
};

}  // namespace dosario::test
