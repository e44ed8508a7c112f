// SPDX-License-Identifier: Apache-2.0
#include "usb/sysfs.hpp"

#include "reader/report_descriptor.hpp"

#include <libusb.h>

#include <dirent.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

namespace dosario {
namespace {

constexpr const char* kDevices = "/sys/bus/usb/devices/";
// USB-IF, Defined Class Codes.
constexpr std::uint16_t kPrinterClass = 0x07;

/// At most kLargestReportDescriptor bytes; nothing if the file cannot be read.
std::optional<std::string> read_file(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"), std::fclose};
    if (!file) return std::nullopt;
    std::string content(kLargestReportDescriptor, '\0');
    content.resize(std::fread(content.data(), 1, content.size(), file.get()));
    return content;
}

/// The names in a folder, none if it cannot be read.
std::set<std::string> list_folder(const std::string& path) {
    std::set<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder{opendir(path.c_str()), closedir};
    if (!folder) return names;
    while (const dirent* entry = readdir(folder.get()))
        if (entry->d_name[0] != '.') names.insert(entry->d_name);
    return names;
}

std::optional<std::uint8_t> read_number(const std::string& name, const char* attribute) {
    const auto text = read_sysfs_text(name, attribute);
    std::uint8_t number = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc{}) return std::nullopt;
    return number;
}

/// A hexadecimal number; 0 where there is none.
std::uint16_t read_hex(const std::string& name, const char* attribute) {
    const auto text = read_sysfs_text(name, attribute);
    std::uint16_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number, 16);
    return number;
}

UsbInterface read_device(const std::string& name) {
    UsbInterface one;
    one.vid = read_hex(name, "idVendor");
    one.pid = read_hex(name, "idProduct");
    one.serial = read_sysfs_text(name, "serial").value_or("");
    one.product = read_sysfs_text(name, "product").value_or("");
    one.bus_path = name;
    return one;
}

}  // namespace

std::string sysfs_name(libusb_device* device) {
    std::array<std::uint8_t, 7> ports{};
    const int depth = libusb_get_port_numbers(device, ports.data(), static_cast<int>(ports.size()));
    if (depth <= 0) return {};
    std::string name = std::to_string(libusb_get_bus_number(device));
    for (int i = 0; i < depth; ++i) name += (i == 0 ? '-' : '.') + std::to_string(ports[static_cast<std::size_t>(i)]);
    return name;
}

std::optional<std::string> read_sysfs_text(const std::string& name, const char* attribute) {
    if (name.empty()) return std::nullopt;
    auto text = read_file(kDevices + name + '/' + attribute);
    if (text && !text->empty() && text->back() == '\n') text->pop_back();
    return text;
}

Bytes read_sysfs_report_descriptor(const std::string& name, int configuration, int interface) {
    if (name.empty()) return {};
    const std::string folder =
        kDevices + name + '/' + name + ':' + std::to_string(configuration) + '.' + std::to_string(interface) + '/';
    for (const std::string& child : list_folder(folder)) {
        const bool is_hid_device = child.find(':') != std::string::npos && child.find('.') != std::string::npos;
        if (!is_hid_device) continue;
        if (const auto content = read_file(folder + child + "/report_descriptor")) {
            const ByteView bytes = as_bytes(*content);
            return {bytes.begin(), bytes.end()};
        }
    }
    return {};
}

bool is_suspended(const std::string& name) { return read_sysfs_text(name, "power/runtime_status") == "suspended"; }

std::vector<UsbInterface> list_unread_interfaces() {
    std::vector<UsbInterface> unread;
    for (const std::string& name : list_folder(kDevices)) {
        const auto colon = name.find(':');
        if (colon == std::string::npos || unread.size() == kMostShown) continue;
        const std::uint16_t class_code = read_hex(name, "bInterfaceClass");
        if (class_code != kPrinterClass) continue;
        UsbInterface one = read_device(name.substr(0, colon));
        one.number = static_cast<std::uint8_t>(read_hex(name, "bInterfaceNumber"));
        one.class_code = static_cast<std::uint8_t>(class_code);
        unread.push_back(std::move(one));
    }
    return unread;
}

std::vector<UsbInterface> list_blocked_devices() {
    std::vector<UsbInterface> blocked;
    for (const std::string& name : list_folder(kDevices)) {
        const bool is_device = name.find(':') == std::string::npos;
        if (is_device && blocked.size() < kMostShown && read_sysfs_text(name, "authorized") == "0")
            blocked.push_back(read_device(name));
    }
    return blocked;
}

std::optional<std::set<UsbAddress>> list_sysfs_devices() {
    std::set<UsbAddress> found;
    for (const std::string& name : list_folder(kDevices)) {
        if (name.find(':') != std::string::npos) continue;
        const auto bus = read_number(name, "busnum");
        const auto number = read_number(name, "devnum");
        if (bus && number) found.insert({*bus, *number});
    }
    // Where there is USB there is a root hub: an empty list means that sysfs is not there.
    if (found.empty()) return std::nullopt;
    return found;
}

}  // namespace dosario
