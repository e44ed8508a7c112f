# SPDX-License-Identifier: Apache-2.0
"""Scanners with a serial line: in COM mode (CDC-ACM), and behind an FTDI bridge, simulated through usb-redir and as QEMU pretends one. The
kernel's own drivers have them first."""
import contextlib
import socket

from machine import Late
from redirected import Redirected
from station import KernelTest, Station, UDEVD, driver_of, pack

COM, BRIDGE, QEMU = "05e0:1701:C1:0", "0403:6001:F1:0", "0403:6001:Q1:0"
CONFIG = f'[[reader]]\nmatch = "{BRIDGE}"\ndriver = "serial_scanner"\n'


class Serial(KernelTest):
    def test_serial_scanners_fill_the_ledger_and_the_kernel_has_them_back(self):
        machine = self.machine = self.boot()
        station = self.station = Station(machine, more=CONFIG)
        machine.run(UDEVD)
        machine.watch_bus()
        com, bridge = (Redirected(self, machine, port) for port in (1, 2))
        com.plug("cdc_acm:vid=05e0,pid=1701,serial=C1")
        bridge.plug("ftdi:serial=F1,piece=20")           # its bytes come so many at a time, each time a short packet
        for port, driver in (("1-1", "cdc_acm"), ("1-2", "ftdi_sio")):
            machine.run(f"until [ -e /sys/bus/usb/devices/{port}:1.0/driver ]; do usleep 20000; done")
            self.assertEqual(driver_of(machine, port), driver)
        station.start()
        station.await_open(COM, BRIDGE)
        self.assertEqual((driver_of(machine, "1-1", 1), driver_of(machine, "1-2")), ("usbfs", "usbfs"))
        station.open_reception()
        for device, serial in ((com, "S1"), (bridge, "S2"), (com, "S3")):
            station.settle(device)
            device.scan(pack(serial))
            station.await_answer()

        bridge.hold(0)
        bridge.scan(pack("CUT" + "X" * 17, "LOTE" + "Y" * 16))
        for _ in range(20):                              # 20 characters of 70, behind two bytes of status
            bridge.hold(1)                               # or it was one of status alone
            with contextlib.suppress(Late):
                machine.await_packets(bridge.port, 2, shortest=22, patience_s=0.5)      # the other one was of S2
                break
        bridge.unplug()
        station.await_cut(BRIDGE)
        self.assertEqual(station.received(), ["S1", "S2", "S3"])
        station.stop()
        self.assertEqual(driver_of(machine, "1-1", 1), "cdc_acm")
        machine.end()

    def test_a_bridge_of_qemu_is_adopted_by_its_test_code(self):
        machine = self.machine = self.boot()
        station = self.station = Station(machine)
        machine.run(UDEVD)
        path = machine.home / "line"
        machine.qmp("chardev-add", id="line", backend={"type": "socket", "data": {
            "addr": {"type": "unix", "data": {"path": str(path)}}, "server": True, "wait": False}})
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(line.close)
        line.connect(str(path))
        machine.plug("usb-serial", "bridge", port="1", serial="Q1", chardev="line")
        machine.run("until [ -e /sys/bus/usb/devices/1-1:1.0/driver ]; do usleep 20000; done")
        station.start()
        self.assertEqual(station.readers()[QEMU]["state"], "candidate")
        station.begin_adoption(QEMU)
        station.end_adoption(lambda: line.sendall(b"DOSARIO.PRUEBA\r"))
        station.open_reception()
        line.sendall(pack("Q1").encode() + b"\r\n")
        station.await_answer()
        self.assertEqual(station.received(), ["Q1"])
        station.stop()
        self.assertEqual(driver_of(machine, "1-1"), "ftdi_sio")
        machine.end()
