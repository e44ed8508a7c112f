# SPDX-License-Identifier: Apache-2.0
"""Readers of cards under the kernel: its own driver of the PN532 has an ACR122U first and gets it back; an ACR1552U's contactless interface is
taken and its SAM left; and QEMU's reader of chip cards, which is of contact cards alone, is nobody's but pcscd's."""
from station import KernelTest, Station, UDEVD, driver_of

ACR122, ACR1552, SAM, QEMU = "072f:2200:N1:0", "072f:2303:N2:0", "072f:2303:N2:1", "08e6:4433:"


class Cards(KernelTest):
    def tell(self, command, *also):
        self.machine.run(f"echo '{command}' > /run/commands")
        self.machine.await_console_all("^SIM ok", *also)
        self.assertEqual(self.machine.console_lines("^SIM error"), [])

    def port_of(self, product):
        return self.machine.run(f"basename $(dirname $(grep -l {product} /sys/bus/usb/devices/*/idProduct))").strip()

    def test_contactless_readers_are_taken_from_the_kernel_and_given_back(self):
        machine = self.machine = self.boot()
        station = Station(machine)
        machine.run(UDEVD)
        machine.run("modprobe -a vhci-hcd pn533_usb")
        machine.run("mkfifo /run/commands /run/said && (sleep 100000 > /run/commands) 4>&- 5>&- > /dev/null 2>&1 &")
        machine.run("(while read -r line; do echo \"SIM $line\"; done < /run/said > /dev/ttyS0) 4>&- 5>&- 2>&1 &")
        machine.run("(dosario sim --attach old=ccid:model=acr122u,serial=N1 new=ccid:model=acr1552u,serial=N2 < /run/commands > /run/said 2>&1; "
                    "echo SIM-EXIT $? > /dev/ttyS0) 4>&- 5>&- > /dev/null &")
        machine.run("until grep -q 2200 /sys/bus/usb/devices/*/idProduct && grep -q 2303 /sys/bus/usb/devices/*/idProduct; do usleep 20000; done")
        old, new = self.port_of("2200"), self.port_of("2303")
        # The kernel's driver, written by others, is content with the simulated PN532.
        machine.run(f"until [ -e /sys/bus/usb/devices/{old}:1.0/driver ]; do usleep 20000; done")
        self.assertEqual(driver_of(machine, old), "pn533_usb")
        station.start()
        station.await_open(ACR122, ACR1552)
        for name in ("old", "new"):
            self.tell(f"await {name} ready")
            self.tell(f"card {name} lay 04a2b3c4d5e680 uri=https://id.gs1.org/01/07501234567893/21/S1")
            self.tell(f"await {name} read")
        self.assertEqual((driver_of(machine, old), driver_of(machine, new), driver_of(machine, new, 1)), ("usbfs", "usbfs", ""))
        readers = station.readers()
        self.assertEqual({one: readers[one]["state"] for one in (ACR122, ACR1552, SAM)}, {ACR122: "open", ACR1552: "open", SAM: "not_driven"})
        self.assertEqual([readers[one]["faults"] for one in (ACR122, ACR1552)], [0, 0])
        self.tell("unplug new", station.gone(ACR1552))
        station.stop()
        self.assertEqual(driver_of(machine, old), "pn533_usb")
        machine.end()

    def test_a_reader_of_contact_cards_is_left_alone(self):
        machine = self.machine = self.boot()
        station = self.station = Station(machine)
        machine.run(UDEVD)
        machine.plug("usb-ccid", "reader", port="1")
        machine.run("until grep -q 4433 /sys/bus/usb/devices/*/idProduct; do usleep 20000; done")
        station.start()
        found = [reader for one, reader in station.readers().items() if one.startswith(QEMU)]
        self.assertEqual([reader["state"] for reader in found], ["not_driven"])
        self.assertIn("pcscd", found[0]["explanation"])
        self.end(station)
