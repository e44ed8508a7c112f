# SPDX-License-Identifier: Apache-2.0
"""Simulated scanners on the virtual machine's own controller: real xHCI, usbcore, usbhid, udev and usbfs between them and the daemon, which
runs as its ordinary user with the rights that the installed udev rules give."""
from redirected import Redirected
from station import KernelTest, Station, UDEVD, driver_of, pack

POS, WEDGE = "05e0:2100:P1:0", "05e0:1200:K1:0"
LONG = "LOTE" + "Y" * 16                                 # with it a pack needs more than one report of 56 characters


class Scanners(KernelTest):
    """One machine for each test; `begin` brings it to a station that serves and sees plugs."""

    def begin(self, ports=1):
        machine = self.boot()
        self.station = Station(machine)
        machine.run(UDEVD)
        machine.watch_bus()
        self.station.start()
        self.station.open_reception()
        self.devices = [Redirected(self, machine, port + 1) for port in range(ports)]
        return machine

    def plug(self, device, what, reader):
        device.plug(what)
        self.station.await_open(reader)

    def test_hid_pos_and_a_keyboard_fill_the_ledger_and_the_kernel_has_them_back(self):
        machine = self.begin(ports=2)
        pos, wedge = self.devices
        self.plug(pos, "hidpos:serial=P1", POS)
        self.station.settle(pos)
        pos.scan(pack("S1" + "X" * 18, LONG), "]d2")
        self.station.await_answer()
        # usbhid takes the keyboard as soon as it is there, or the daemon before it: in the end the daemon has it.
        self.plug(wedge, "keyboard:vid=05e0,pid=1200,serial=K1", WEDGE)
        self.assertEqual(driver_of(machine, "1-2"), "usbfs")
        wedge.scan(pack("S2"))
        self.station.await_answer()
        listed = self.station.readers()
        self.assertEqual({(listed[one]["state"], listed[one]["faults"]) for one in (POS, WEDGE)}, {("open", 0)})
        self.assertEqual(machine.run("stat -c %U:%a $(grep -l 05e0 /sys/bus/usb/devices/*/idVendor | while read id; do "
                                     ". ${id%/*}/uevent; echo /dev/$DEVNAME; done)").split(), ["dosario:600", "dosario:600"])
        self.assertEqual(self.station.received(), ["S1" + "X" * 18, "S2"])
        self.station.stop()
        self.assertEqual(driver_of(machine, "1-2"), "usbhid")
        # Plugged in while nobody listened, and bound: the daemon takes it away from the kernel.
        self.station.start()
        self.station.await_open(WEDGE)
        self.assertEqual(driver_of(machine, "1-2"), "usbfs")
        wedge.scan(pack("S3"))
        self.station.await_answer()
        self.assertEqual(self.station.received()[2:], ["S3"])
        self.end(self.station)

    def test_a_plug_pulled_in_the_middle_of_a_scan_books_nothing(self):
        machine = self.begin(ports=2)
        pos, wedge = self.devices
        self.plug(pos, "hidpos:serial=P1", POS)
        before = self.station.settle(pos)
        pos.hold(1)                                      # the first report of two says that more follows
        pos.scan(pack("CUT" + "X" * 17, LONG), "]d2")
        machine.await_packets(pos.port, before + 1, shortest=64)
        pos.unplug()
        self.station.await_cut(POS)
        self.plug(wedge, "keyboard:vid=05e0,pid=1200,serial=K1", WEDGE)
        wedge.hold(20)
        wedge.scan(pack("CUT"))
        machine.await_packets(wedge.port, 20, shortest=8)
        wedge.unplug()
        self.station.await_cut(WEDGE)
        self.assertEqual(self.station.received(), [])
        self.plug(pos, "hidpos:serial=P1", POS)
        self.station.settle(pos)
        self.plug(wedge, "keyboard:vid=05e0,pid=1200,serial=K1", WEDGE)
        pos.scan(pack("WHOLE1"), "]d2")
        self.station.await_answer()
        wedge.scan(pack("WHOLE2"))
        self.station.await_answer()
        self.assertEqual(self.station.received(), ["WHOLE1", "WHOLE2"])
        self.end(self.station)

    def test_a_reader_is_known_on_another_port_and_twins_by_their_ports(self):
        self.begin(ports=4)
        first, second, third, fourth = self.devices
        self.plug(first, "keyboard:vid=05e0,pid=1200,serial=K1", WEDGE)
        first.scan(pack("S1"))
        self.station.await_answer()
        first.unplug()
        self.station.await_gone(WEDGE)
        self.plug(second, "keyboard:vid=05e0,pid=1200,serial=K1", WEDGE)
        second.scan(pack("S2"))
        self.station.await_answer()
        self.plug(third, "keyboard:vid=05e0,pid=1200", "05e0:1200:@1-3:0")
        self.plug(fourth, "keyboard:vid=05e0,pid=1200", "05e0:1200:@1-4:0")
        for n, twin in enumerate((third, fourth, third)):
            twin.scan(pack(f"T{n}"))
            self.station.await_answer()
        listed = self.station.readers()
        self.assertEqual([listed[f"05e0:1200:@1-{port}:0"]["scans"] for port in (3, 4)], [2, 1])
        self.assertEqual(self.station.received(), ["S1", "S2", "T0", "T1", "T2"])
        third.unplug()
        self.station.await_gone("05e0:1200:@1-3:0")
        fourth.scan(pack("T3"))
        self.station.await_answer()
        self.assertEqual(self.station.received()[-1], "T3")
        self.end(self.station)

    def test_a_reader_that_the_kernel_configures_late_is_read(self):
        machine = self.begin()
        (wedge,) = self.devices
        # The kernel tells of each device before it has chosen a configuration, and whoever is quick meets it without. USBGuard holds one
        # there until somebody allows it.
        machine.run("echo 0 > /sys/bus/usb/devices/usb1/authorized_default")
        wedge.plug("keyboard:vid=05e0,pid=1200,serial=K1")
        machine.run("until [ -e /sys/bus/usb/devices/1-1 ]; do usleep 20000; done; udevadm settle")
        self.assertEqual(machine.run("cat /sys/bus/usb/devices/1-1/bConfigurationValue"), "")
        self.assertEqual([(one["state"], one["driver"]) for one in self.station.readers().values()], [("not_driven", "")])
        machine.run("echo 1 > /sys/bus/usb/devices/1-1/authorized")
        self.station.await_open(WEDGE)
        wedge.scan(pack("S1"))
        self.station.await_answer()
        self.assertEqual(self.station.received(), ["S1"])
        self.end(self.station)

    def test_without_udevd_a_rescan_finds_the_reader(self):
        machine = self.boot()
        self.station = Station(machine, user="root")     # nobody gives the node to anybody: as in a container
        machine.run("modprobe xhci-pci && modprobe usbhid && ! pidof systemd-udevd")
        self.station.start()
        self.station.open_reception()
        wedge = Redirected(self, machine, 1)
        self.plug(wedge, "keyboard:vid=05e0,pid=1200,serial=K1", WEDGE)
        wedge.scan(pack("S1"))
        self.station.await_answer()
        wedge.unplug()
        self.station.await_gone(WEDGE)
        self.plug(wedge, "keyboard:vid=05e0,pid=1200,serial=K1", WEDGE)
        wedge.scan(pack("S2"))
        self.station.await_answer()
        self.assertEqual(self.station.received(), ["S1", "S2"])
        self.end(self.station)
