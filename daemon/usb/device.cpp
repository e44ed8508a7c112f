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

/// The first endpoint of that type and direction, null if there is none.
const libusb_endpoint_descriptor* find_endpoint(const libusb_interface_descriptor& setting, libusb_endpoint_transfer_type type,
                                                libusb_endpoint_direction direction) {
    for (int i = 0; i < setting.bNumEndpoints; ++i) {
        const libusb_endpoint_descriptor& endpoint = setting.endpoint[i];
        const bool is_that = (endpoint.bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) == type &&
                             (endpoint.bEndpointAddress & LIBUSB_ENDPOINT_DIR_MASK) == direction;
        if (is_that) return &endpoint;
    }
    return nullptr;
}

std::uint16_t packet_of(const libusb_endpoint_descriptor& endpoint) {
    return endpoint.wMaxPacketSize & 0x07ff;  // the bits above count transactions (USB 2.0, 9.6.6)
}

void fill_interrupt(UsbInterface& one, const libusb_interface_descriptor& setting) {
    const auto* const in = find_endpoint(setting, LIBUSB_ENDPOINT_TRANSFER_TYPE_INTERRUPT, LIBUSB_ENDPOINT_IN);
    if (in == nullptr) return;
    one.endpoint_in = in->bEndpointAddress;
    one.max_packet = packet_of(*in);
}

/// False if there is no pair of bulk endpoints.
bool fill_bulk(UsbInterface& one, const libusb_interface_descriptor& setting) {
    const auto* const in = find_endpoint(setting, LIBUSB_ENDPOINT_TRANSFER_TYPE_BULK, LIBUSB_ENDPOINT_IN);
    const auto* const out = find_endpoint(setting, LIBUSB_ENDPOINT_TRANSFER_TYPE_BULK, LIBUSB_ENDPOINT_OUT);
    if (in == nullptr || out == nullptr) return false;
    one.data_number = setting.bInterfaceNumber;
    one.bulk_in = in->bEndpointAddress;
    one.bulk_packet = packet_of(*in);
    one.bulk_out = out->bEndpointAddress;
    return true;
}

const libusb_interface_descriptor* find_setting(const libusb_config_descriptor& config, int number) {
    for (int i = 0; i < config.bNumInterfaces; ++i) {
        if (config.interface[i].num_altsetting < 1) continue;
        const libusb_interface_descriptor& setting = config.interface[i].altsetting[0];
        if (setting.bInterfaceNumber == number) return &setting;
    }
    return nullptr;
}

/// The subordinate interface of a union functional descriptor (USB CDC 1.2, 5.2.3.2), nothing if there is none.
std::optional<int> united_number(ByteView extra) {
    constexpr std::byte kInterfaceExtra{0x24};
    constexpr std::byte kUnion{0x06};
    while (extra.size() >= 2) {
        const auto length = std::to_integer<std::size_t>(extra[0]);
        if (length < 2 || length > extra.size()) return std::nullopt;
        if (length >= 5 && extra[1] == kInterfaceExtra && extra[2] == kUnion) return std::to_integer<int>(extra[4]);
        extra = extra.subspan(length);
    }
    return std::nullopt;
}

/// The bulk endpoints of CDC-ACM are at the interface it is united with, at the next one, or, against the standard, at its own.
bool fill_serial_port(UsbInterface& one, const libusb_config_descriptor& config, const libusb_interface_descriptor& setting) {
    const int next = setting.bInterfaceNumber + 1;
    const int united = united_number(extra_of(setting.extra, setting.extra_length)).value_or(next);
    for (const int number : {united, next}) {
        const auto* const found = find_setting(config, number);
        if (found != nullptr && found->bInterfaceClass == LIBUSB_CLASS_DATA && fill_bulk(one, *found)) return true;
    }
    return fill_bulk(one, setting);
}

/// The class descriptor of CCID (rev. 1.1, 5.1). It stands behind the interface descriptor; some readers put it behind an endpoint's.
Bytes find_ccid_descriptor(const libusb_interface_descriptor& setting) {
    constexpr std::byte kType{0x21};
    constexpr std::size_t kSize = 54;
    const auto find_in = [&](ByteView extra) -> Bytes {
        while (extra.size() >= 2) {
            const auto length = std::to_integer<std::size_t>(extra[0]);
            if (length < 2 || length > extra.size()) return {};
            if (extra[1] == kType && length == kSize) return {extra.begin(), extra.begin() + kSize};
            extra = extra.subspan(length);
        }
        return {};
    };
    Bytes found = find_in(extra_of(setting.extra, setting.extra_length));
    for (int i = 0; i < setting.bNumEndpoints && found.empty(); ++i)
        found = find_in(extra_of(setting.endpoint[i].extra, setting.endpoint[i].extra_length));
    return found;
}

UsbInterface describe(const libusb_device_descriptor& device, const libusb_interface_descriptor& setting) {
    UsbInterface one;
    one.vid = device.idVendor;
    one.pid = device.idProduct;
    one.device_class = device.bDeviceClass;
    one.control_packet = device.bMaxPacketSize0;
    one.number = setting.bInterfaceNumber;
    one.data_number = one.number;
    one.class_code = setting.bInterfaceClass;
    one.subclass = setting.bInterfaceSubClass;
    one.protocol = setting.bInterfaceProtocol;
    fill_interrupt(one, setting);
    return one;
}

/// HID, serial ports, chip card readers, and whatever a maker put behind a pair of bulk endpoints. Of the others no driver could know
/// anything.
bool could_be_reader(UsbInterface& one, const libusb_config_descriptor& config, const libusb_interface_descriptor& setting) {
    if (one.class_code == kHidClass) return true;
    if (one.class_code == kCommunicationsClass) return one.subclass == kAbstractControl && fill_serial_port(one, config, setting);
    return (one.class_code == kVendorClass || one.class_code == kSmartCardClass) && fill_bulk(one, setting);
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
        UsbInterface one = describe(descriptor, setting);
        if (!could_be_reader(one, *config, setting)) continue;
        one.bus_path = name;
        one.serial = read_text(name, "serial", descriptor.iSerialNumber, handle);
        one.product = read_text(name, "product", descriptor.iProduct, handle);
        if (one.class_code == kHidClass) {
            one.report_descriptor = read_sysfs_report_descriptor(name, config->bConfigurationValue, one.number);
            const auto length = find_report_length(setting);
            if (one.report_descriptor.empty() && length) one.report_descriptor = read_from_device(one, *length, handle);
        }
        if (one.class_code == kSmartCardClass) {
            const std::string place = name + ':' + std::to_string(config->bConfigurationValue) + '.' + std::to_string(one.number);
            one.name = read_text(place, "interface", setting.iInterface, handle);
            one.class_descriptor = find_ccid_descriptor(setting);
        }
        found.push_back(std::move(one));
    }
    const bool has_mouse = std::any_of(found.begin(), found.end(), looks_like_mouse);
    for (UsbInterface& one : found) one.device_has_mouse = has_mouse;
    return found;
}

}  // namespace dosario
