// SPDX-License-Identifier: Apache-2.0
// Writes the udev rules that give known readers to the daemon's user. Runs while Dosario is built, reads the table of drivers, and is
// not installed. What is given and what is not: docs/decisions/0015-who-may-open-a-reader.md.
#include "base/bytes.hpp"
#include "reader/driver.hpp"

#include <cstdio>
#include <fstream>
#include <set>
#include <utility>

namespace {

using namespace dosario;

constexpr const char* kHead =
    R"(# SPDX-License-Identifier: Apache-2.0
# Generated from Dosario's table of drivers: do not change it here. A reader that is not in it is one line of your own in
# /etc/udev/rules.d/69-dosario-local.rules: see install.md.
ACTION=="remove", GOTO="dosario_end"
SUBSYSTEM!="usb", GOTO="dosario_end"
ENV{DEVTYPE}!="usb_device", GOTO="dosario_end"

)";

// Whoever may write to the node can take the device from the desktop, listen to it and reprogram it. That is the daemon, and not the
// people at the counter, who share its group.
constexpr const char* kTail =
    R"(
ENV{DOSARIO_READER}=="", GOTO="dosario_end"
# The daemon's user and nobody else, for devices with an interface that can be driven: HID, a serial port, CCID, a maker's own.
ENV{ID_USB_INTERFACES}=="*:03*|*:0202*|*:0b*|*:ff*", OWNER="dosario", GROUP="root", MODE="0600"
# No reader is a modem: commands for modems are not tried on it. Behind a bridge chip there may be one.
ENV{DOSARIO_READER}!="bridge", ENV{ID_MM_DEVICE_IGNORE}="1"

LABEL="dosario_end"
)";

std::string line_for(const Driver& driver, const Driver::Known& known) {
    std::string line = std::string{"# "} + known.what + "\nATTR{idVendor}==\"" + hex4(known.vid) + '"';
    if (known.pid != 0) line += ", ATTR{idProduct}==\"" + hex4(known.pid) + '"';
    return line + ", ENV{DOSARIO_READER}=\"" + (known.surely ? driver.name : "bridge") + "\"\n";
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: udev_rules FILE\n");
        return 2;
    }
    std::ofstream file{argv[1], std::ios::trunc};
    file << kHead;
    std::set<std::pair<int, int>> written;  // a maker's number stands in the row of every driver that takes readers of his
    for (const Driver* driver : all_drivers()) {
        for (const Driver::Known& known : driver->known) {
            if (written.emplace(known.vid, known.pid).second) file << line_for(*driver, known);
        }
    }
    file << kTail;
    file.close();
    return file ? 0 : 1;
}
