// SPDX-License-Identifier: Apache-2.0
#include "usb/holder.hpp"

#include "usb/sysfs.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstdio>
#include <fstream>
#include <memory>

namespace dosario {
namespace {

struct Known {
    std::string_view program;
    const char* advice;
};

constexpr Known kKnown[] = {
    {"pcscd", "It serves chip card readers: stop it with `systemctl stop pcscd.socket pcscd.service`"},
    {"cupsd", "It prints: remove this device from the printers of the system"},
    {"ipp-usb", "It prints: stop it with `systemctl stop ipp-usb`"},
    {"usb", "It is CUPS's search for printers, and lets go by itself in a moment"},
    {"brltty", "It takes serial chips for Braille displays: nobody here needs one? Then `apt remove brltty`"},
    {"ModemManager", "It tries commands for modems on it: stop it with `systemctl stop ModemManager`"},
    {"dosariod", "It is another Dosario: one of both must be stopped"},
    {"qemu-system-x86", "It is a virtual machine that the device was given to: take it away from there"},
};

constexpr int kMostFiles = 1024;  // of one process

std::optional<int> number_of(const char* name) {
    const std::string_view text{name};
    int number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    return wrong == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

bool has_open(const std::string& process, const std::string& node) {
    const Folder files{opendir((process + "/fd").c_str()), closedir};
    if (!files) return false;
    std::array<char, PATH_MAX> target{};
    for (int i = 0; i < kMostFiles; ++i) {
        const dirent* const entry = readdir(files.get());
        if (entry == nullptr) return false;
        const ssize_t size = readlink((process + "/fd/" + entry->d_name).c_str(), target.data(), target.size());
        if (size > 0 && std::string_view{target.data(), static_cast<std::size_t>(size)} == node) return true;
    }
    return false;
}

}  // namespace

std::string usb_node(const std::string& bus_path) {
    const auto bus = read_sysfs_text(bus_path, "busnum");
    const auto device = read_sysfs_text(bus_path, "devnum");
    const auto bus_number = bus ? number_of(bus->c_str()) : std::nullopt;
    const auto device_number = device ? number_of(device->c_str()) : std::nullopt;
    if (!bus_number || !device_number) return {};
    std::array<char, 64> node{};
    std::snprintf(node.data(), node.size(), "/dev/bus/usb/%03d/%03d", *bus_number, *device_number);
    return node.data();
}

std::optional<Holder> holder_of(const std::string& node, const std::string& proc) {
    if (node.empty()) return std::nullopt;
    const Folder processes{opendir(proc.c_str()), closedir};
    if (!processes) return std::nullopt;
    for (int seen = 0; seen < kMostProcesses;) {
        const dirent* const entry = readdir(processes.get());
        if (entry == nullptr) break;
        const auto pid = number_of(entry->d_name);
        if (!pid || *pid == getpid()) continue;
        ++seen;
        const std::string process = proc + '/' + entry->d_name;
        if (!has_open(process, node)) continue;
        Holder holder{*pid, {}};
        std::ifstream name{process + "/comm"};
        std::getline(name, holder.program);
        return holder;
    }
    return std::nullopt;
}

std::string advice_about(const std::string& program) {
    const auto found = std::ranges::find(kKnown, program, &Known::program);
    if (found != std::end(kKnown)) return found->advice;
    return "Close it";
}

}  // namespace dosario
