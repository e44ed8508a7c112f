// SPDX-License-Identifier: Apache-2.0
#include "support/usbfs/fake_device.hpp"

#include <linux/usbdevice_fs.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace dosario::test {
namespace {

constexpr std::string_view kComDriver = "cdc_acm";

}  // namespace

void FakeDevice::bind_all() {
    for (const FakeInterface& one : spec_.interfaces)
        if (!one.driver.empty()) drivers_[one.number] = one.driver;
}

void FakeDevice::changed() {
    changed_.notify_all();
    if (on_change) on_change();
}

bool FakeDevice::wait_until(const std::function<bool(const FakeDevice&)>& claim) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    // The claim takes the lock itself, so the condition is awaited in slices that also catch a change in between.
    while (!claim(*this)) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, std::chrono::milliseconds{2});
    }
    return true;
}

std::string FakeDevice::driver(std::uint8_t interface) const {
    return locked([&] {
        const auto found = drivers_.find(interface);
        return found == drivers_.end() ? std::string{} : found->second;
    });
}

bool FakeDevice::all_read() const {
    return locked([&] {
        return complete_.empty() && (scanner_ == nullptr || scanner_->all_taken()) &&
               std::all_of(reports_.begin(), reports_.end(), [](const auto& of) { return of.second.empty(); });
    });
}

void FakeDevice::report(ByteView bytes, std::uint8_t endpoint) {
    locked([&] {
        reports_[endpoint].emplace_back(bytes.begin(), bytes.end());
        serve(endpoint);
    });
    changed();
}

void FakeDevice::fail_reads(int status, int times, std::uint8_t endpoint) {
    locked([&] {
        faults_[endpoint] = {status, times};
        serve(endpoint);
    });
    changed();
}

void FakeDevice::stall(std::uint8_t endpoint) {
    locked([&] {
        halted_.insert(endpoint);
        complete_waiting(endpoint, -EPIPE);
    });
    changed();
}

void FakeDevice::leave() { leave_after_error(-ESHUTDOWN); }

void FakeDevice::leave_after_error(int status) {
    locked([&] {
        if (gone_) return;
        gone_ = true;
        while (!waiting_.empty()) {
            FakeUrb urb = std::move(waiting_.front());
            waiting_.pop_front();
            complete(std::move(urb), status);
        }
        claims_.clear();
        drivers_.clear();
    });
    changed();
}

bool FakeDevice::enter() {
    const bool leaves_now = locked([&] {
        ++ioctls_;
        return leave_in_ >= 0 && leave_in_-- == 0;
    });
    if (leaves_now) leave();
    changed_.notify_all();
    return !gone();
}

void FakeDevice::program_ended() {
    locked([&] {
        waiting_.clear();
        complete_.clear();
        claims_.clear();
    });
    changed();
}

int FakeDevice::get_driver(std::uint8_t interface, std::string& name) const {
    return locked([&] {
        if (claims_.contains(interface) || others_.contains(interface))
            name = "usbfs";
        else if (const auto found = drivers_.find(interface); found != drivers_.end())
            name = found->second;
        else
            return -ENODATA;
        return 0;
    });
}

int FakeDevice::disconnect(std::uint8_t interface) {
    return locked([&] {
        if (!disconnect_allowed_) misuse_ = "the kernel driver was taken away";
        const auto driver = drivers_.find(interface);
        if (driver == drivers_.end()) return -ENODATA;
        // The driver of a COM port has both of its interfaces, or none.
        if (driver->second == kComDriver)
            drivers_.clear();
        else
            drivers_.erase(driver);
        return 0;
    });
}

int FakeDevice::connect(std::uint8_t interface) {
    const int code = locked([&] {
        if (drivers_.contains(interface) || claims_.contains(interface)) return -EBUSY;
        if (!spec_.interfaces.empty() && spec_.interfaces[0].driver == kComDriver) {
            // It is found by the first interface, and needs the other one too.
            if (interface != 0 || !claims_.empty() || !others_.empty()) return 0;
            bind_all();
            return 1;
        }
        for (const FakeInterface& one : spec_.interfaces)
            if (one.number == interface && !one.driver.empty()) drivers_[interface] = one.driver;
        return drivers_.contains(interface) ? 1 : 0;
    });
    changed();
    return code;
}

int FakeDevice::claim(std::uint8_t interface, std::uint64_t handle) {
    const int code = locked([&] {
        const bool exists = std::any_of(spec_.interfaces.begin(), spec_.interfaces.end(),
                                        [&](const FakeInterface& one) { return one.number == interface; });
        if (!exists) return -ENOENT;
        if (drivers_.contains(interface) || others_.contains(interface)) return -EBUSY;
        const auto [claim, is_new] = claims_.try_emplace(interface, handle);
        return is_new || claim->second == handle ? 0 : -EBUSY;
    });
    changed();
    return code;
}

int FakeDevice::release(std::uint8_t interface, std::uint64_t handle) {
    const int code = locked([&] {
        const auto claim = claims_.find(interface);
        if (claim == claims_.end() || claim->second != handle) return -EINVAL;
        claims_.erase(claim);
        const auto urb_of_it = [&](const FakeUrb& urb) {
            const FakeInterface* const one = interface_of(urb.endpoint);
            return one != nullptr && one->number == interface;
        };
        if (std::any_of(waiting_.begin(), waiting_.end(), urb_of_it)) misuse_ = "released while an URB was in flight";
        return 0;
    });
    changed();
    return code;
}

const FakeInterface* FakeDevice::interface_of(std::uint8_t endpoint) const {
    for (const FakeInterface& one : spec_.interfaces)
        if (endpoint != 0 && (one.endpoint_in == endpoint || one.endpoint_out == endpoint ||
                              std::count(one.other_endpoints.begin(), one.other_endpoints.end(), endpoint) != 0))
            return &one;
    return nullptr;
}

void FakeDevice::complete(FakeUrb urb, int status, Bytes in) {
    urb.status = status;
    urb.in = std::move(in);
    if (urb.in.size() > urb.room) {  // babble: the device sent more than fits
        urb.in.resize(urb.room);
        urb.status = -EOVERFLOW;
    }
    if ((urb.endpoint & 0x80) != 0 || urb.type == USBDEVFS_URB_TYPE_CONTROL) urb.actual = urb.in.size();
    complete_.push_back(std::move(urb));
}

void FakeDevice::complete_waiting(std::uint8_t endpoint, int status) {
    std::deque<FakeUrb> others;
    for (FakeUrb& urb : waiting_) {
        if (urb.endpoint == endpoint)
            complete(std::move(urb), status);
        else
            others.push_back(std::move(urb));
    }
    waiting_ = std::move(others);
}

/// Joins what waits on both sides. A report longer than the packet comes in one URB if it has room, as on the bus.
void FakeDevice::serve(std::uint8_t endpoint) {
    for (;;) {
        const auto urb =
            std::find_if(waiting_.begin(), waiting_.end(), [&](const FakeUrb& one) { return one.endpoint == endpoint; });
        if (urb == waiting_.end()) return;
        ReadFault& fault = faults_[endpoint];
        std::deque<Bytes>& reports = reports_[endpoint];
        if (fault.times <= 0 && reports.empty()) {
            if (!serve_from_scanner(*urb)) return;
            waiting_.erase(urb);
            continue;
        }
        FakeUrb done = std::move(*urb);
        waiting_.erase(urb);
        if (fault.times > 0) {
            --fault.times;
            complete(std::move(done), fault.status);
            continue;
        }
        Bytes report = std::move(reports.front());
        reports.pop_front();
        complete(std::move(done), 0, std::move(report));
    }
}

int FakeDevice::submit(FakeUrb urb) {
    const int code = locked([&] {
        if (gone_) return -ENODEV;
        if (urb.type == USBDEVFS_URB_TYPE_CONTROL) {
            if (const int refused = check_recipient(urb); refused != 0) return refused;
            answer_control(std::move(urb));
            return 0;
        }
        const FakeInterface* const one = interface_of(urb.endpoint);
        const auto claim = one == nullptr ? claims_.end() : claims_.find(one->number);
        if (claim == claims_.end() || claim->second != urb.handle) {
            misuse_ = "URB for an interface that is not claimed";
            return -EINVAL;
        }
        if (halted_.contains(urb.endpoint))
            complete(std::move(urb), -EPIPE);
        else if ((urb.endpoint & 0x80) == 0 && !hold_writes_) {
            writes_.push_back(urb.out);
            ended_empty_ += urb.ends_empty;
            urb.actual = urb.out.size();
            const bool taken = scanner_ == nullptr || scanner_->write(urb.endpoint, urb.out);
            complete(std::move(urb), taken ? 0 : -EPIPE);
            serve_all();
        } else {
            const std::uint8_t endpoint = urb.endpoint;
            waiting_.push_back(std::move(urb));
            serve(endpoint);
        }
        return 0;
    });
    changed();
    return code;
}

/// A request to an interface needs the claim; the kernel refuses it while a driver has the interface.
int FakeDevice::check_recipient(const FakeUrb& urb) {
    if (urb.out.size() < 8) return -EINVAL;
    const auto request_type = std::to_integer<unsigned>(urb.out[0]);
    if ((request_type & 0x1f) != 1) return 0;
    const auto interface = std::to_integer<std::uint8_t>(urb.out[4]);
    if (drivers_.contains(interface) || others_.contains(interface)) return -EBUSY;
    const auto claim = claims_.find(interface);
    if (claim != claims_.end() && claim->second == urb.handle) return 0;
    misuse_ = "request to an interface that is not claimed";
    return -EINVAL;
}

void FakeDevice::answer_control(FakeUrb urb) {
    const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(urb.out[i]); };
    const auto value = static_cast<std::uint16_t>(byte(2) | byte(3) << 8);
    const auto index = static_cast<std::uint16_t>(byte(4) | byte(5) << 8);
    const std::size_t length = byte(6) | byte(7) << 8;
    const bool in = (byte(0) & 0x80) != 0;
    Bytes answer;
    int status = 0;
    if (!in) writes_.push_back(urb.out);
    if (!in && refusals_ > 0) {
        --refusals_;
        status = -EPIPE;
    } else if (scanner_ != nullptr) {
        const auto said = answer_of_scanner(urb);
        if (said) answer = *said;
        if (!said) status = -EPIPE;
    } else if (!in) {
        // Taken.
    } else if (byte(1) == 0x06) {
        answer = get_descriptor(value, index);
        if (answer.empty()) status = -EPIPE;
    } else if (byte(1) == 0x00) {
        answer.assign(2, std::byte{0});
    } else {
        status = -EPIPE;
    }
    answer.resize(std::min(answer.size(), length));
    const std::size_t sent = in ? 0 : length;
    complete(std::move(urb), status, std::move(answer));
    if (!in && status == 0) complete_.back().actual = sent;
    serve_all();
}

int FakeDevice::discard(std::uint64_t id) {
    const int code = locked([&] {
        const auto urb = std::find_if(waiting_.begin(), waiting_.end(), [&](const FakeUrb& one) { return one.id == id; });
        if (urb == waiting_.end()) return -EINVAL;
        FakeUrb done = std::move(*urb);
        waiting_.erase(urb);
        if (!on_cancel_.empty()) {
            complete(std::move(done), 0, std::exchange(on_cancel_, {}));
            return -EINVAL;
        }
        complete(std::move(done), -ENOENT);
        return 0;
    });
    changed();
    return code;
}

int FakeDevice::reap(std::uint64_t handle, FakeUrb& urb) {
    const int code = locked([&] {
        ++reaps_;
        const auto mine =
            std::find_if(complete_.begin(), complete_.end(), [&](const FakeUrb& one) { return one.handle == handle; });
        if (mine == complete_.end()) return gone_ ? -ENODEV : -EAGAIN;
        urb = std::move(*mine);
        complete_.erase(mine);
        return 0;
    });
    changed();
    return code;
}

int FakeDevice::clear_halt(std::uint8_t endpoint) {
    return locked([&] {
        const FakeInterface* const one = interface_of(endpoint);
        if (one == nullptr || !claims_.contains(one->number)) return -EINVAL;
        const auto in_flight = [&](const FakeUrb& urb) { return urb.endpoint == endpoint; };
        if (std::any_of(waiting_.begin(), waiting_.end(), in_flight)) misuse_ = "halt cleared while an URB was in flight";
        halted_.erase(endpoint);
        if (scanner_ != nullptr) scanner_->control({0x02, 0x01, 0, endpoint, 0}, {});
        ++halts_cleared_;
        return 0;
    });
}

}  // namespace dosario::test
