// SPDX-License-Identifier: Apache-2.0
// A strict reader of USB descriptors, for tests: every rule of chapter 9 of USB 2.0 that a host's enumeration relies on.
#pragma once

#include "base/bytes.hpp"

#include <map>
#include <set>
#include <string>

namespace dosario::test {

/// What is wrong with a device's descriptors, the first thing found; empty if nothing. `high_speed` says which packet sizes are allowed.
inline std::string descriptor_fault(ByteView device, ByteView configuration, bool high_speed) {
    const auto at = [](ByteView bytes, std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
    const auto u16 = [&](ByteView bytes, std::size_t i) { return at(bytes, i) | at(bytes, i + 1) << 8; };
    if (device.size() != 18 || at(device, 0) != 18 || at(device, 1) != 1) return "device descriptor: size or type";
    if (const unsigned usb = u16(device, 2); usb != 0x0110 && usb != 0x0200) return "bcdUSB";
    if (const unsigned size = at(device, 7); high_speed ? size != 64 : size != 8 && size != 16 && size != 32 && size != 64)
        return "bMaxPacketSize0";
    if (at(device, 17) != 1) return "bNumConfigurations";
    if (configuration.size() < 9 || at(configuration, 0) != 9 || at(configuration, 1) != 2) return "configuration: size or type";
    if (u16(configuration, 2) != configuration.size()) return "wTotalLength";
    if (at(configuration, 5) != 1) return "bConfigurationValue";
    if ((at(configuration, 7) & 0x80) == 0 || (at(configuration, 7) & 0x1F) != 0) return "bmAttributes: reserved bits";

    std::map<unsigned, unsigned> endpoints_of;  // interface: how many are declared
    std::map<unsigned, unsigned> endpoints_seen;
    std::set<unsigned> addresses;
    int interface = -1;
    unsigned interface_class = 0;
    unsigned association_end = 0;
    bool hid_expected = false;
    for (ByteView rest = configuration.subspan(9); !rest.empty();) {
        const unsigned size = at(rest, 0);
        if (size < 2 || size > rest.size()) return "a descriptor runs over the end";
        const ByteView one = rest.first(size);
        rest = rest.subspan(size);
        if (hid_expected && at(one, 1) != 0x21) return "the HID descriptor does not follow its interface";
        switch (at(one, 1)) {
            case 4:
                if (size != 9) return "interface: size";
                if (static_cast<int>(at(one, 2)) != interface + 1) return "interfaces are not numbered from 0 on";
                if (at(one, 3) != 0) return "an alternate setting";
                interface = static_cast<int>(at(one, 2));
                interface_class = at(one, 5);
                endpoints_of[at(one, 2)] = at(one, 4);
                hid_expected = interface_class == 3;
                break;
            case 5: {
                if (size != 7 || interface < 0) return "endpoint: size or place";
                const unsigned address = at(one, 2), type = at(one, 3) & 3, packet = u16(one, 4);
                if ((address & 0x70) != 0 || (address & 0x0F) == 0) return "bEndpointAddress";
                if (!addresses.insert(address).second) return "an endpoint twice";
                if (type != 2 && type != 3) return "an endpoint that is neither bulk nor interrupt";
                if (type == 2 && high_speed && packet != 512) return "bulk at high speed has 512";
                if (type == 2 && !high_speed && packet != 8 && packet != 16 && packet != 32 && packet != 64)
                    return "bulk: wMaxPacketSize";
                if (type == 3 && (packet == 0 || packet > (high_speed ? 1024u : 64u))) return "interrupt: wMaxPacketSize";
                if (type == 3 && at(one, 6) == 0) return "interrupt: bInterval";
                ++endpoints_seen[static_cast<unsigned>(interface)];
                break;
            }
            case 11:
                if (size != 8 || at(one, 3) < 2) return "association: size or count";
                if (static_cast<int>(at(one, 2)) != interface + 1) return "an association behind its interfaces";
                if (at(device, 4) != 0xEF || at(device, 5) != 2 || at(device, 6) != 1)
                    return "an association, and the device does not say so";
                association_end = at(one, 2) + at(one, 3);
                break;
            case 0x21:
                // CCID has taken the number too (rev. 1.1, 5.1).
                if (interface_class == 0x0B) {
                    if (size != 54 || at(one, 4) > 3 || (at(one, 5) & 7) == 0) return "CCID descriptor";
                    break;
                }
                if (interface_class != 3 || size != 9 || u16(one, 2) != 0x0111 || at(one, 5) != 1 || at(one, 6) != 0x22 ||
                    u16(one, 7) == 0)
                    return "HID descriptor";
                hid_expected = false;
                break;
            case 0x24:
                if (interface_class != 2 && interface_class != 0x0A) return "a functional descriptor of no class that has them";
                break;
            default: return "an unknown descriptor";
        }
    }
    if (hid_expected) return "an interface of HID without its descriptor";
    if (static_cast<unsigned>(interface + 1) != at(configuration, 4)) return "bNumInterfaces";
    if (association_end > at(configuration, 4)) return "an association of more interfaces than there are";
    for (const auto& [number, count] : endpoints_of)
        if (endpoints_seen[number] != count) return "bNumEndpoints";
    return {};
}

}  // namespace dosario::test
