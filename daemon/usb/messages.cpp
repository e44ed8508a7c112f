// SPDX-License-Identifier: Apache-2.0
#include "usb/messages.hpp"

#include "usb/holder.hpp"

#include <libusb.h>

namespace dosario {

std::string name_for_people(const UsbInterface& interface) {
    std::string name = hex4(interface.vid) + ':' + hex4(interface.pid);
    if (!interface.product.empty()) name += " \"" + interface.product + '"';
    name += " (";
    if (!interface.serial.empty()) {
        name += "serial " + interface.serial + ", ";
    } else if (!interface.bus_path.empty()) {
        name += "port " + interface.bus_path + ", ";
    }
    return name + "interface " + std::to_string(interface.number) + ')';
}

namespace {

/// Who holds it, as far as that can be seen, and how to make that program let go.
std::string words_about_holder(const UsbInterface& interface) {
    if (const auto holder = holder_of(usb_node(interface.bus_path)))
        return "the program " + holder->program + " (process " + std::to_string(holder->pid) + ") holds it. " +
               advice_about(holder->program);
    return "another program holds it, and which one cannot be seen from here (`dosario doctor` as root can). Close the vendor's "
           "tool, the browser page that uses the scanner or a second Dosario; on chip card readers it is pcscd, on printers ipp-usb "
           "or CUPS, on serial chips brltty or ModemManager";
}

}  // namespace

Error usb_error(int code, const UsbInterface& interface, std::string_view attempt) {
    const std::string head = "cannot " + std::string{attempt} + " reader " + name_for_people(interface) + ": ";
    switch (code) {
        case LIBUSB_ERROR_ACCESS:
            return fail(Failure::refused,
                        head +
                            "permission denied. The user that Dosario runs as must be allowed to write to the "
                            "reader's node under /dev/bus/usb (a udev rule for its vendor number gives that); then "
                            "unplug the reader and plug it in again.");
        case LIBUSB_ERROR_BUSY:
            return fail(Failure::unavailable,
                        head + words_about_holder(interface) +
                            ". It is tried again every ten seconds; if that does not help, unplug the reader and "
                            "plug it in again.");
        case LIBUSB_ERROR_NO_DEVICE:
            return fail(Failure::not_found, head +
                                                "it is not there any more. Check the cable and plug it in again; in a container, "
                                                "check that /dev/bus/usb is passed in.");
        case LIBUSB_ERROR_NO_MEM:
            return fail(Failure::full, head +
                                           "the kernel has no memory left for USB transfers. Stop other programs, then plug it "
                                           "in again.");
        default:
            return fail(Failure::io, head + libusb_strerror(code) +
                                         ". Unplug it and plug it in again; if this repeats, try another "
                                         "cable or port.");
    }
}

}  // namespace dosario
