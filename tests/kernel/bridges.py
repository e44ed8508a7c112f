# SPDX-License-Identifier: Apache-2.0
"""The kernel's own drivers, written by others, take every simulated scanner: as a tty or as a keyboard. So the models that our drivers are
tested with are not only what we believe of the chips."""
import re

from machine import PATIENCE_S
from station import KernelTest

CODE = "0107791234567898\x1dABC"
PATIENCE = int(PATIENCE_S)
SERIAL = {"ftdi": ("ttyUSB0", "ftdi_sio"), "ftdi_h": ("ttyUSB0", "ftdi_sio"), "cp210x": ("ttyUSB0", "cp210x"), "ch341": ("ttyUSB0", "ch341-uart"),
          "pl2303": ("ttyUSB0", "pl2303"), "pl2303_hxn": ("ttyUSB0", "pl2303"), "cdc_acm": ("ttyACM0", "cdc_acm"), "cdc_acm_one": ("ttyACM0", "cdc_acm")}


class Bridges(KernelTest):
    def setUp(self):
        self.machine = self.boot()
        self.machine.run("modprobe -a vhci-hcd ftdi_sio cp210x ch341 pl2303 cdc-acm usbhid hid-generic evdev")
        self.machine.run("mkfifo /run/commands && (sleep 100000 > /run/commands) 4>&- 5>&- > /dev/null 2>&1 &")

    def await_in_guest(self, condition, what):
        self.machine.run(f"n=0; until {condition}; do n=$((n+1)); [ $n -lt {PATIENCE * 50} ] || {{ echo late: {what}; cat /run/said; cat /sys/devices/platform/vhci_hcd.0/status; ls /dev/tty[UA]*; exit 1; }}; usleep 20000; done")

    @staticmethod
    def await_last_child():
        """Not `timeout`: what watches for it keeps the tty open for up to a second, and the next one plugged in gets another name."""
        return f"n=0; while kill -0 $! 2>/dev/null && [ $n -lt {PATIENCE * 25} ]; do n=$((n+1)); usleep 20000; done; kill $! 2>/dev/null || true"

    def attach(self, *devices):
        self.machine.run(f"(dosario sim --attach {' '.join(devices)} < /run/commands > /run/said 2>&1; echo SIM-EXIT $? > /dev/ttyS0) 4>&- 5>&- > /dev/null &")

    def quit(self):
        self.machine.run("echo quit > /run/commands")
        self.assertEqual(self.machine.await_console(r"^SIM-EXIT (\d+)$")[1], "0")
        self.assertNotIn("error", self.machine.run("cat /run/said"))
        self.assertNotIn(" 006 ", self.machine.run("cat /sys/devices/platform/vhci_hcd.0/status"))    # no port is in use

    def test_each_serial_scanner_is_a_tty_that_gives_its_codes(self):
        for kind, (node, driver) in SERIAL.items():
            with self.subTest(kind):
                machine = self.machine
                self.attach(f"{kind}:serial=S1")
                self.await_in_guest(f"[ -c /dev/{node} ]", f"{node} of {kind}")
                bound = machine.run(f"basename $(readlink /sys/class/tty/{node}/device/driver)").strip()
                self.assertIn(bound, (driver, driver.split("-")[0]))
                escaped = CODE.replace("\x1d", "\\x1d")
                expected = CODE.encode() + b"\rSECOND\r"
                # Opened once: each closing takes DTR back, and what is scanned then is lost.
                read = machine.run(f"exec 6<>/dev/{node}; stty -F /dev/{node} 9600 raw -echo || exit 2; "
                                   f"echo 'await {kind} ready' > /run/commands; echo 'scan {kind} ]d2 {escaped}' > /run/commands; "
                                   f"echo 'scan {kind} SECOND' > /run/commands; head -c {len(expected)} <&6 > /run/got & {self.await_last_child()}; "
                                   "od -An -v -tx1 /run/got")
                self.assertEqual(bytes.fromhex(re.sub(r"\s", "", read)), expected)
                machine.run(f"echo 'unplug {kind}' > /run/commands")
                self.await_in_guest(f"[ ! -e /dev/{node} ]", f"{node} goes with {kind}")
                machine.run(f"echo 'plug {kind}' > /run/commands")
                self.await_in_guest(f"[ -c /dev/{node} ]", f"{node} comes back with {kind}")
                self.quit()
        self.machine.end()

    def test_a_keyboard_types_into_the_input_layer_and_the_others_are_hid_devices(self):
        machine = self.machine
        self.attach("keyboard:serial=K1", "hidpos:serial=P1", "honeywell", "newland")
        self.await_in_guest("[ -c /dev/hidraw3 ]", "four HID devices")
        event = machine.run("grep -l 'Simulated keyboard' /sys/class/input/event*/device/name | cut -d/ -f5").strip()
        # Of each key: its scan code, its change and the end of the report, 24 bytes each; three keys, one of them with Shift.
        machine.run(f"exec 6</dev/input/{event}; echo 'scan keyboard aB' > /run/commands; timeout {PATIENCE} head -c {24 * 22} <&6 | od -An -v -tx2 > /run/keys")
        words = machine.run("cat /run/keys").split()
        events = [words[at:at + 12] for at in range(0, len(words), 12)]
        changes = [(int(one[9], 16), int(one[10], 16)) for one in events if int(one[8], 16) == 1]
        key = {"a": 30, "b": 48, "shift": 42, "enter": 28}
        self.assertEqual(changes, [(key["a"], 1), (key["a"], 0), (key["shift"], 1), (key["b"], 1), (key["shift"], 0), (key["b"], 0),
                                   (key["enter"], 1), (key["enter"], 0)])
        self.quit()
        machine.end()
