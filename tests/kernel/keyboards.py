# SPDX-License-Identifier: Apache-2.0
"""Keyboards that QEMU itself pretends, and real usbhid has first. One of them is a scanner that nobody can tell from a keyboard: a person adopts
it. The daemon runs as its ordinary user; that it may open the node is said in a udev rule of the place, as docs/install.md shows."""
from machine import BUS
from station import KernelTest, Station, UDEVD, driver_of, pack

WEDGE, DESK = "0627:0001:W1:0", "0627:0001:D1:0"        # QEMU's own ids
RULE = 'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ATTR{idVendor}=="0627", ATTR{idProduct}=="0001", ENV{DOSARIO_READER}="local"'

# QEMU's names (QKeyCode) of keys of a US keyboard that are no letter and no digit.
KEYS = {".": ["dot"], "\r": ["ret"], "\x1d": ["ctrl", "bracket_right"]}


def keys_of(character):
    if character in KEYS:
        return KEYS[character]
    return ["shift", character.lower()] if character.isupper() else [character]


class Keyboards(KernelTest):
    def type(self, text, end="\r"):
        """What a scanner types. QEMU presses one key after the other by the machine's own clock; nothing is awaited here."""
        self.machine.note(f"type {text!r}")
        for character in text + end:
            self.machine.qmp("send-key", keys=[{"type": "qcode", "data": key} for key in keys_of(character)], **{"hold-time": 10})

    def plug(self, name, port, serial):
        self.machine.plug("usb-kbd", name, port=port, serial=serial)

    def await_usbhid(self, port):
        self.machine.run(f"until [ -e /sys/bus/usb/devices/{port}:1.0/driver ]; do usleep 20000; done")
        self.assertEqual(driver_of(self.machine, port), "usbhid")

    def keyboards_of_the_desktop(self):
        return int(self.machine.run("grep -c 'Handlers=.*kbd' /proc/bus/input/devices; true"))

    def test_a_keyboard_is_adopted_by_its_test_code_and_given_back_at_the_end(self):
        machine = self.machine = self.boot()
        station = self.station = Station(machine)
        machine.write_file("/etc/udev/rules.d/69-dosario-local.rules", RULE)
        machine.run(UDEVD)
        machine.watch_bus()
        self.plug("desk", "2", "D1")
        self.plug("wedge", "1", "W1")                    # keys go to the one that was plugged in last
        self.await_usbhid("1-1")
        self.await_usbhid("1-2")
        before = self.keyboards_of_the_desktop()
        station.start()
        self.assertEqual({one: listed["state"] for one, listed in station.readers().items()}, {WEDGE: "candidate", DESK: "candidate"})
        self.assertEqual(driver_of(machine, "1-1"), "usbhid")
        station.begin_adoption(WEDGE)
        self.type("DOSARIO.PRUEBA")
        station.end_adoption()
        self.assertEqual((driver_of(machine, "1-1"), driver_of(machine, "1-2")), ("usbfs", "usbhid"))
        self.assertEqual(self.keyboards_of_the_desktop(), before - 1)
        station.open_reception()
        self.type(pack("S1"))
        station.await_answer()
        self.type("0107791z", end="")                    # a scan begins, and the plug is pulled
        machine.await_line(BUS, r" C Ii:.* 8 = 00001d00 ", "the key z, which no other code has")
        machine.unplug("wedge")
        station.await_cut(WEDGE)
        self.assertEqual(station.readers()[DESK]["state"], "last_keyboard")
        self.plug("wedge", "3", "W1")                    # adopted by its serial number, whatever the port
        station.await_open(WEDGE)
        self.type(pack("S2"))
        station.await_answer()
        self.assertEqual(station.received(), ["S1", "S2"])
        self.assertEqual(len(machine.console_lines("reader_open")), 2)
        station.stop()
        self.assertEqual((driver_of(machine, "1-3"), driver_of(machine, "1-2")), ("usbhid", "usbhid"))
        self.assertEqual(self.keyboards_of_the_desktop(), before)
        machine.end()
