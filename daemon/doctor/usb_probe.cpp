// SPDX-License-Identifier: Apache-2.0
// Readers as sysfs shows them (Documentation/ABI/stable/sysfs-bus-usb), and which processes have their nodes open (proc(5)).
#include "doctor/machine_probe.hpp"
#include "doctor/small_files.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>

namespace dosario {
namespace {

constexpr std::string_view kTakesReaders[] = {"pcscd", "cupsd", "ipp-usb", "brltty", "ModemManager", "scdaemon", "fwupd"};
constexpr std::size_t kMostFiles = 4096;  // of one process that are looked at

bool all_digits_of(const std::string& name) { return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos; }

/// The report descriptor that the kernel's HID driver read, empty where it holds none.
Bytes report_descriptor_below(const std::string& interface) {
    for (const std::string& child : names_in(interface).value_or(std::vector<std::string>{})) {
        if (child.find(':') == std::string::npos) continue;
        const auto content = small_file(interface + '/' + child + "/report_descriptor");
        if (!content) continue;
        const ByteView bytes = as_bytes(*content);
        return {bytes.begin(), bytes.end()};
    }
    return {};
}

UsbInterface interface_at(const std::string& folder, UsbInterface device) {
    const auto number = [&](const char* name) {
        return number_in<std::uint8_t>(small_line(folder + '/' + name), 16).value_or(0);
    };
    device.number = number("bInterfaceNumber");
    device.class_code = number("bInterfaceClass");
    device.subclass = number("bInterfaceSubClass");
    device.protocol = number("bInterfaceProtocol");
    device.report_descriptor = report_descriptor_below(folder);
    return device;
}

bool is_known(const UsbInterface& one, std::span<const Driver* const> drivers) {
    for (const Driver* driver : drivers) {
        for (const Driver::Known& known : driver->known) {
            if (known.vid == one.vid && (known.pid == 0 || known.pid == one.pid)) return true;
        }
    }
    return false;
}

bool writable(const std::string& node, const NodeUser& user) {
    struct stat found {};
    if (stat(node.c_str(), &found) != 0) return false;
    if (user.uid == 0) return true;
    if (found.st_uid == user.uid) return (found.st_mode & S_IRUSR) != 0 && (found.st_mode & S_IWUSR) != 0;
    if (std::ranges::find(user.gids, found.st_gid) != user.gids.end())
        return (found.st_mode & S_IRGRP) != 0 && (found.st_mode & S_IWGRP) != 0;
    return (found.st_mode & S_IROTH) != 0 && (found.st_mode & S_IWOTH) != 0;
}

/// Nothing for what is no device: an interface, or something half gone.
std::optional<UsbSeen> device_at(const std::string& root, const std::string& name, const NodeUser& daemon,
                                 std::span<const Driver* const> drivers) {
    const std::string folder = root + "/sys/bus/usb/devices/" + name;
    const auto vid = number_in<std::uint16_t>(small_line(folder + "/idVendor"), 16);
    const auto pid = number_in<std::uint16_t>(small_line(folder + "/idProduct"), 16);
    const auto bus = number_in<unsigned>(small_line(folder + "/busnum"));
    const auto number = number_in<unsigned>(small_line(folder + "/devnum"));
    if (!vid || !pid || !bus || !number) return std::nullopt;
    UsbInterface device;
    device.vid = *vid;
    device.pid = *pid;
    device.product = small_line(folder + "/product").value_or("");
    UsbSeen seen;
    seen.name = hex4(*vid) + ':' + hex4(*pid) + (device.product.empty() ? "" : " \"" + device.product + '"') + " (" + name + ')';
    std::array<char, 32> node{};
    std::snprintf(node.data(), node.size(), "/dev/bus/usb/%03u/%03u", *bus, *number);
    seen.node = node.data();
    seen.authorized = small_line(folder + "/authorized").value_or("1") != "0";
    seen.node_there = is_there(root + seen.node);
    seen.node_writable = writable(root + seen.node, daemon);
    std::vector<UsbInterface> interfaces;
    for (const std::string& child : names_in(folder).value_or(std::vector<std::string>{})) {
        if (child.starts_with(name + ':')) interfaces.push_back(interface_at(folder + '/' + child, device));
    }
    const bool mouse = std::ranges::any_of(interfaces, is_boot_mouse);
    bool could_be = false;
    for (UsbInterface& one : interfaces) {
        one.device_has_mouse = mouse;
        for (const Driver* driver : drivers) {
            const Match match = driver->match(one);
            seen.reader = seen.reader || match == Match::yes;
            could_be = could_be || (match != Match::no && match != Match::if_named);
        }
    }
    seen.not_driven = !seen.reader && !could_be && !interfaces.empty() && is_known(device, drivers);
    return seen;
}

/// The reader whose node one of the process's files is; false when nobody may look.
bool look_into(const std::string& root, std::uint32_t pid, std::span<const UsbSeen> devices, const std::string& program,
               std::vector<Holder>& holders) {
    const std::string folder = root + "/proc/" + std::to_string(pid) + "/fd";
    const auto files = names_in(folder);
    if (!files) return false;
    std::size_t looked = 0;
    for (const std::string& file : *files) {
        if (++looked > kMostFiles) break;
        std::error_code error;
        const std::string target = std::filesystem::read_symlink(folder + '/' + file, error).string();
        if (error) continue;  // closed meanwhile
        const auto held = std::ranges::find_if(devices, [&](const UsbSeen& one) { return one.reader && one.node == target; });
        if (held == devices.end()) continue;
        holders.push_back({pid, program, held->name});
        break;
    }
    return true;
}

}  // namespace

Seen<std::vector<UsbSeen>> see_devices(const std::string& root, const NodeUser& daemon, std::span<const Driver* const> drivers) {
    const auto names = names_in(root + "/sys/bus/usb/devices");
    if (!names) return Blind::not_here;
    std::vector<UsbSeen> seen;
    for (const std::string& name : *names) {
        if (name.find(':') != std::string::npos || name.starts_with("usb")) continue;
        if (auto device = device_at(root, name, daemon, drivers)) seen.push_back(std::move(*device));
    }
    return seen;
}

std::vector<std::uint32_t> processes_named(const std::string& root, std::string_view name) {
    std::vector<std::uint32_t> found;
    for (const std::string& entry : names_in(root + "/proc").value_or(std::vector<std::string>{})) {
        if (!all_digits_of(entry) || small_line(root + "/proc/" + entry + "/comm") != name) continue;
        if (const auto pid = number_in<std::uint32_t>(entry)) found.push_back(*pid);
    }
    return found;
}

HolderFacts see_holders(const std::string& root, std::span<const UsbSeen> devices, std::uint32_t ours) {
    HolderFacts facts;
    facts.all_seen = true;
    const auto entries = names_in(root + "/proc");
    if (!entries) facts.all_seen = false;
    const bool any_reader = std::ranges::any_of(devices, &UsbSeen::reader);
    for (const std::string& entry : entries.value_or(std::vector<std::string>{})) {
        const auto pid = all_digits_of(entry) ? number_in<std::uint32_t>(entry) : std::nullopt;
        if (!pid || *pid == ours) continue;
        const auto program = small_line(root + "/proc/" + entry + "/comm");
        if (!program) continue;  // it ended meanwhile
        const bool suspect = std::ranges::find(kTakesReaders, *program) != std::end(kTakesReaders);
        if (suspect && std::ranges::find(facts.suspects, *program) == facts.suspects.end()) facts.suspects.push_back(*program);
        if (any_reader && !look_into(root, *pid, devices, *program, facts.holders)) facts.all_seen = false;
    }
    return facts;
}

}  // namespace dosario
