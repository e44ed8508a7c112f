// SPDX-License-Identifier: Apache-2.0
#include "usb/ports.hpp"

#include "usb/device.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dosario {
namespace {

bool answers(libusb_device* device) {
    constexpr std::uint8_t kInStandardDevice = 0x80;
    constexpr unsigned kTimeoutMs = 1000;
    libusb_device_handle* raw = nullptr;
    if (libusb_open(device, &raw) != LIBUSB_SUCCESS) return false;
    const UsbHandle handle{raw};
    std::array<unsigned char, 2> status{};
    return libusb_control_transfer(raw, kInStandardDevice, LIBUSB_REQUEST_GET_STATUS, 0, 0, status.data(),
                                   static_cast<std::uint16_t>(status.size()), kTimeoutMs) >= 0;
}

}  // namespace

void UsbPorts::add(const UsbDeviceRef& device) {
    const UsbAddress address = address_of(device.get());
    if (knows(address)) return;
    Device& added = devices_[address];
    added.usb = device;
    tell_ports(address, added);
}

void UsbPorts::tell_ports(UsbAddress address, Device& device) {
    auto interfaces = describe_interfaces(device.usb.get());
    if (!interfaces) {
        if (!device.unconfigured_since) device.unconfigured_since = clock_.mono();
        return;
    }
    device.unconfigured_since.reset();
    for (UsbInterface& interface : *interfaces) {
        const UsbPort port = next_port_++;
        where_[port] = address;
        device.ports[port] = interface;
        listener_.appeared(port, std::move(interface));
    }
}

void UsbPorts::find_again(const std::set<UsbAddress>& present) {
    constexpr int kLooks = 2;
    for (auto& [address, device] : devices_) {
        if (!device.left || !present.contains(address) || ++device.looks_since < kLooks) continue;
        device.looks_since = 0;
        if (!answers(device.usb.get())) continue;
        device.left = false;
        tell_ports(address, device);
    }
}

void UsbPorts::look_again() {
    for (auto& [address, device] : devices_)
        if (device.unconfigured_since) tell_ports(address, device);
}

bool UsbPorts::is_about_to_be_configured() const {
    constexpr auto kLongest = std::chrono::seconds{5};
    const MonoTime now = clock_.mono();
    return std::any_of(devices_.begin(), devices_.end(), [&](const auto& one) {
        return one.second.unconfigured_since && now - *one.second.unconfigured_since < kLongest;
    });
}

void UsbPorts::remove(UsbAddress address) {
    tell_left(address);
    devices_.erase(address);
}

/// The entry stays (libusb and the kernel may list the device for a while yet), its ports do not.
void UsbPorts::tell_left(UsbAddress address) {
    const auto device = devices_.find(address);
    if (device == devices_.end()) return;
    const auto is_open = [this](const auto& port) { return sessions_.contains(port.first); };
    if (std::ranges::any_of(device->second.ports, is_open)) drain_();
    device->second.left = true;
    for (const auto& [port, interface] : std::exchange(device->second.ports, {})) {
        where_.erase(port);
        if (const auto open = sessions_.find(port); open != sessions_.end()) {
            open->second.closing = true;
            open->second.open_again = false;
            open->second.session->stop();
        }
        if (!stopping_) listener_.disappeared(port);
    }
}

std::set<UsbAddress> UsbPorts::addresses() const {
    std::set<UsbAddress> all;
    for (const auto& [address, device] : devices_) all.insert(address);
    return all;
}

void UsbPorts::open(UsbPort port) {
    const auto where = where_.find(port);
    if (where == where_.end() || stopping_) return;
    if (const auto open = sessions_.find(port); open != sessions_.end()) {
        open->second.open_again = open->second.closing;
        return;
    }
    const Device& device = devices_.at(where->second);
    start_session(port, device, device.ports.at(port));
}

void UsbPorts::start_session(UsbPort port, const Device& device, const UsbInterface& interface) {
    auto session = UsbSession::open(device.usb, port, interface, listener_, clock_);
    if (session.has_error()) {
        if (session.error().failure == Failure::not_found)
            tell_left(where_.at(port));
        else
            listener_.failed(port, session.error());
        return;
    }
    Open& open = sessions_[port];
    open.session = std::move(*session);
    // When arming fails the session ends in tend(), which tells why.
    if (open.session->arm()) listener_.opened(port);
}

void UsbPorts::close(UsbPort port) {
    const auto open = sessions_.find(port);
    if (open == sessions_.end()) return;
    open->second.closing = true;
    open->second.open_again = false;
    open->second.session->stop();
}

void UsbPorts::write(UsbPort port, ReaderWrite write) {
    const auto open = sessions_.find(port);
    if (open != sessions_.end()) open->second.session->write(std::move(write));
}

void UsbPorts::tend() {
    std::vector<std::pair<UsbPort, Open>> ended;
    for (auto& [port, open] : sessions_) open.session->tend();
    for (auto& [port, open] : sessions_) {
        const auto where = where_.find(port);
        if (open.session->left() && where != where_.end()) tell_left(UsbAddress{where->second});
    }
    for (auto open = sessions_.begin(); open != sessions_.end();) {
        if (!open->second.session->finished()) {
            ++open;
            continue;
        }
        ended.emplace_back(open->first, std::move(open->second));
        open = sessions_.erase(open);
    }
    for (const auto& [port, open] : ended) end_session(port, open);
}

bool UsbPorts::restless() const {
    return std::any_of(sessions_.begin(), sessions_.end(), [](const auto& open) { return open.second.session->restless(); });
}

void UsbPorts::end_session(UsbPort port, const Open& ended) {
    if (stopping_) return;
    if (!ended.closing && ended.session->failure()) listener_.failed(port, *ended.session->failure());
    if (ended.open_again) open(port);
}

void UsbPorts::stop() {
    stopping_ = true;
    for (auto& [port, open] : sessions_) {
        open.closing = true;
        open.session->stop();
    }
}

}  // namespace dosario
