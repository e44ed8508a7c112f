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
