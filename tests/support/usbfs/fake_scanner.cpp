// SPDX-License-Identifier: Apache-2.0
// A pretended device that is a simulated scanner: between URBs and the model.
#include "support/usbfs/fake_device.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <cerrno>
#include <set>

namespace dosario::test {
namespace {

using Outcome = simulated::UsbRead::Outcome;

/// Which driver of the kernel takes such a device.
std::string kernel_driver(const simulated::UsbDescription& description, const simulated::UsbInterface& one) {
    if (one.class_code == 3) return "usbhid";
    if (one.class_code == 2 || one.class_code == 0x0A) return "cdc_acm";
    if (one.class_code == 0x0B) return description.product == 0x2200 ? "pn533_usb" : "";
    switch (description.vendor) {
        case 0x0403: return "ftdi_sio";
        case 0x10C4: return "cp210x";
        case 0x1A86: return "ch341";
        case 0x067B: return "pl2303";
        default: return "";
    }
}

std::unique_ptr<simulated::SimulatedDevice> made(const simulated::ScannerSettings& settings) {
    auto device = simulated::make_simulated(settings);
    DOSARIO_CHECK(device.has_value());
    return std::move(*device);
}

}  // namespace

FakeSpec simulated_spec(const simulated::ScannerSettings& scanner) {
    const auto device = made(scanner);
    const simulated::UsbDescription& description = device->description();
    FakeSpec spec;
    spec.vid = description.vendor;
    spec.pid = description.product;
    spec.serial = description.serial;
    spec.product = description.product_name;
    spec.scanner = scanner;
    spec.high_speed = description.speed == simulated::UsbSpeed::high;
    spec.descriptors = description.device_descriptor();
    const Bytes configuration = description.configuration_descriptor();
    spec.descriptors.insert(spec.descriptors.end(), configuration.begin(), configuration.end());
    for (const simulated::UsbInterface& one : description.interfaces) {
        FakeInterface interface;
        interface.number = one.number;
        interface.class_code = one.class_code;
        interface.subclass = one.subclass;
        interface.protocol = one.protocol;
        interface.endpoint_in = 0;
        for (const simulated::UsbEndpoint& endpoint : one.endpoints) interface.other_endpoints.push_back(endpoint.address);
        interface.report_descriptor = one.report_descriptor;
        interface.driver = kernel_driver(description, one);
        interface.in_sysfs = one.class_code == 3;
        spec.interfaces.push_back(std::move(interface));
    }
    return spec;
}

FakeDevice::FakeDevice(FakeSpec spec) : spec_(std::move(spec)) {
    if (spec_.scanner) {
        scanner_ = made(*spec_.scanner);
        // The kernel has configured the device before anybody finds it.
        DOSARIO_CHECK(scanner_->control({0x00, 0x09, 1, 0, 0}, {}).has_value());
    }
    bind_all();
    if (!spec_.held_by_other) return;
    for (const FakeInterface& one : spec_.interfaces) others_.insert(one.number);
}

Result<void> FakeDevice::scan(std::string_view aim, std::string_view text) {
    DOSARIO_CHECK(scanner_ != nullptr);
    const auto scanned = locked([&] {
        auto result = scanner_->scan(aim, text);
        serve_all();
        return result;
    });
    changed();
    return scanned;
}

Result<std::string> FakeDevice::on_pad(std::string_view words) {
    DOSARIO_CHECK(scanner_ != nullptr);
    return locked([&] { return scanner_->on_pad(words); });
}

Result<void> FakeDevice::card(std::string_view words) {
    DOSARIO_CHECK(scanner_ != nullptr);
    const auto done = locked([&] {
        auto result = scanner_->card_command(words);
        serve_all();
        return result;
    });
    changed();
    return done;
}

void FakeDevice::idle() {
    locked([&] {
        if (scanner_ != nullptr) scanner_->idle();
        serve_all();
    });
    changed();
}

std::optional<std::chrono::milliseconds> FakeDevice::idle_period() const {
    return locked([&] { return scanner_ == nullptr ? std::nullopt : scanner_->idle_period(); });
}

/// False when the scanner has nothing for this URB yet.
bool FakeDevice::serve_from_scanner(FakeUrb& urb) {
    if (scanner_ == nullptr || (urb.endpoint & 0x80) == 0) return false;
    simulated::UsbRead read = scanner_->read(urb.endpoint, urb.room);
    switch (read.outcome) {
        case Outcome::waits: return false;
        case Outcome::done: complete(std::move(urb), 0, std::move(read.bytes)); return true;
        case Outcome::stalled: complete(std::move(urb), -EPIPE); return true;
        case Outcome::overflow: complete(std::move(urb), -EOVERFLOW, std::move(read.bytes)); return true;
    }
    return false;
}

void FakeDevice::serve_all() {
    if (scanner_ == nullptr || gone_) return;
    std::set<std::uint8_t> endpoints;
    for (const FakeUrb& one : waiting_) endpoints.insert(one.endpoint);
    for (const std::uint8_t endpoint : endpoints) serve(endpoint);
}

/// The answer to a control URB; nothing = STALL.
std::optional<Bytes> FakeDevice::answer_of_scanner(const FakeUrb& urb) {
    const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(urb.out[i]); };
    const auto u8 = [&](std::size_t i) { return static_cast<std::uint8_t>(byte(i)); };
    const auto u16 = [&](std::size_t i) { return static_cast<std::uint16_t>(byte(i) | byte(i + 1) << 8); };
    const simulated::UsbSetup setup{u8(0), u8(1), u16(2), u16(4), u16(6)};
    return scanner_->control(setup, setup.in() ? ByteView{} : ByteView{urb.out}.subspan(8));
}

}  // namespace dosario::test
