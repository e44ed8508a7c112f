// SPDX-License-Identifier: Apache-2.0
#include "usb/device.hpp"

#include "reader/report_descriptor.hpp"
#include "usb/sysfs.hpp"

#include <algorithm>
#include <array>

namespace dosario {
namespace {

constexpr unsigned kControlTimeoutMs = 1000;

struct ConfigFree {
    void operator()(libusb_config_descriptor* config) const { libusb_free_config_descriptor(config); }
};
using Config = std::unique_ptr<libusb_config_descriptor, ConfigFree>;

ByteView extra_of(const unsigned char* extra, int length) {
    return std::as_bytes(std::span{extra, static_cast<std::size_t>(extra == nullptr ? 0 : length)});
}

/// Opened when first needed, at most once; null where that is not allowed.
class LazyHandle {
public:
    explicit LazyHandle(libusb_device* device) : device_(device) {}
    libusb_device_handle* get() {
        if (!tried_) {
            tried_ = true;
            libusb_device_handle* raw = nullptr;
            if (libusb_open(device_, &raw) == LIBUSB_SUCCESS) handle_.reset(raw);
        }
        return handle_.get();
    }

private:
    libusb_device* device_;
    bool tried_ = false;
    UsbHandle handle_;
};

std::string read_text(const std::string& name, const char* attribute, std::uint8_t index, LazyHandle& handle) {
    if (index == 0) return {};
    if (auto text = read_sysfs_text(name, attribute)) return *text;
    if (handle.get() == nullptr) return {};
    std::array<unsigned char, 256> text{};
    const int size = libusb_get_string_descriptor_ascii(handle.get(), index, text.data(), static_cast<int>(text.size()));
    return size <= 0 ? std::string{} : std::string{reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

/// The interface must be claimed: usbfs refuses requests to one that another driver has.
Bytes request_report_descriptor(libusb_device_handle* handle, std::uint8_t interface, std::uint16_t length) {
    constexpr std::uint8_t kInStandardInterface = 0x81;
    constexpr std::uint16_t kReportDescriptor = 0x2200;
    std::vector<unsigned char> answer(length);
    const int size = libusb_control_transfer(handle, kInStandardInterface, LIBUSB_REQUEST_GET_DESCRIPTOR, kReportDescriptor,
                                             interface, answer.data(), length, kControlTimeoutMs);
    if (size <= 0) return {};
    const ByteView bytes = std::as_bytes(std::span{answer.data(), static_cast<std::size_t>(size)});
    return {bytes.begin(), bytes.end()};
}

Bytes read_from_device(const UsbInterface& one, std::uint16_t length, LazyHandle& lazy) {
    libusb_device_handle* const handle = lazy.get();
    if (handle == nullptr) return {};
    const bool held_by_kernel = libusb_kernel_driver_active(handle, one.number) == 1;
    constexpr std::uint8_t kNoSubclass = 0;
    if (held_by_kernel && one.subclass != kNoSubclass) return {};
    const bool detached = held_by_kernel && libusb_detach_kernel_driver(handle, one.number) == LIBUSB_SUCCESS;
    Bytes descriptor;
    if (libusb_claim_interface(handle, one.number) == LIBUSB_SUCCESS) {
        descriptor = request_report_descriptor(handle, one.number, length);
        libusb_release_interface(handle, one.number);
    }
    if (detached) libusb_attach_kernel_driver(handle, one.number);
    return descriptor;
}

/// The length stands behind the interface descriptor; some devices put it behind the endpoint's.
std::optional<std::uint16_t> find_report_length(const libusb_interface_descriptor& setting) {
    if (const auto length = report_descriptor_length(extra_of(setting.extra, setting.extra_length))) return length;
    for (int i = 0; i < setting.bNumEndpoints; ++i)
        if (const auto length = report_descriptor_length(extra_of(setting.endpoint[i].extra, setting.endpoint[i].extra_length)))
            return length;
    return std::nullopt;
}

void fill_endpoint(UsbInterface& one, const libusb_interface_descriptor& setting) {
    for (int i = 0; i < setting.bNumEndpoints; ++i) {
        const libusb_endpoint_descriptor& endpoint = setting.endpoint[i];
        const bool interrupt = (endpoint.bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) == LIBUSB_TRANSFER_TYPE_INTERRUPT;
        const bool in = (endpoint.bEndpointAddress & LIBUSB_ENDPOINT_DIR_MASK) == LIBUSB_ENDPOINT_IN;
        if (!interrupt || !in) continue;
        one.endpoint_in = endpoint.bEndpointAddress;
        one.max_packet = endpoint.wMaxPacketSize & 0x07ff;  // the bits above count transactions (USB 2.0, 9.6.6)
        return;
    }
}

UsbInterface describe(const libusb_device_descriptor& device, const libusb_interface_descriptor& setting) {
    UsbInterface one;
    one.vid = device.idVendor;
    one.pid = device.idProduct;
    one.number = setting.bInterfaceNumber;
    one.class_code = setting.bInterfaceClass;
    one.subclass = setting.bInterfaceSubClass;
    one.protocol = setting.bInterfaceProtocol;
    fill_endpoint(one, setting);
    return one;
}

bool looks_like_mouse(const UsbInterface& one) {
    return is_boot_mouse(one) || read_report_descriptor(one.report_descriptor).is_mouse();
}

}  // namespace

std::optional<std::vector<UsbInterface>> describe_interfaces(libusb_device* device) {
    std::vector<UsbInterface> found;
    libusb_device_descriptor descriptor{};
    libusb_config_descriptor* raw = nullptr;
    if (libusb_get_device_descriptor(device, &descriptor) != LIBUSB_SUCCESS) return found;
    const int code = libusb_get_active_config_descriptor(device, &raw);
    if (code == LIBUSB_ERROR_NOT_FOUND) return std::nullopt;
    if (code != LIBUSB_SUCCESS) return found;
    const Config config{raw};
    const std::string name = sysfs_name(device);
    LazyHandle handle{device};
    for (int i = 0; i < config->bNumInterfaces; ++i) {
        if (config->interface[i].num_altsetting < 1) continue;
        const libusb_interface_descriptor& setting = config->interface[i].altsetting[0];
        if (setting.bInterfaceClass != LIBUSB_CLASS_HID) continue;
        UsbInterface one = describe(descriptor, setting);
        one.bus_path = name;
        one.serial = read_text(name, "serial", descriptor.iSerialNumber, handle);
        one.product = read_text(name, "product", descriptor.iProduct, handle);
        one.report_descriptor = read_sysfs_report_descriptor(name, config->bConfigurationValue, one.number);
        const auto length = find_report_length(setting);
        if (one.report_descriptor.empty() && length) one.report_descriptor = read_from_device(one, *length, handle);
        found.push_back(std::move(one));
    }
    const bool has_mouse = std::any_of(found.begin(), found.end(), looks_like_mouse);
    for (UsbInterface& one : found) one.device_has_mouse = has_mouse;
    return found;
}

}  // namespace dosario
