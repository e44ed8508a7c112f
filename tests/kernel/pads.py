# SPDX-License-Identifier: Apache-2.0
"""Readers of UHF tags under the kernel: a pad that speaks its family's real protocol at the other end of QEMU's usb-serial, an FTDI chip that the
kernel's own driver has first; and one that `dosario sim --attach` plugs in. Trays go to the ledger by a person's count; a plug that is pulled in
the middle of an inventory loses no tag and books none."""
import itertools
import json
import subprocess
import time

from machine import PATIENCE_S, end_with_parent
from pharmacy import BIN, IBUPROFEN, IN_TWO_YEARS
from station import DATA, KernelTest, Station, UDEVD, driver_of

M100, CHAFON, ATTACHED = "0403:6001:Q1:0", "0403:6001:Q2:0", "10c4:ea60:P1:0"
NUMBERS = itertools.count()


def config(**drivers):
    return '[rfid]\ncountry = "AR"\n' + "".join(
        f'[[reader]]\nmatch = "{reader}"\nname = "{name}"\ndriver = "{driver}"\n' for name, (reader, driver) in drivers.items())


def epc(serial, lot="L1"):
    """What to write on the tag of a box: DSGTIN+ with the lot behind it."""
    said = subprocess.run([str(BIN / "dosario"), "--json", "encode", "--scheme", "dsgtin+",
                           f"(01){IBUPROFEN}(17){IN_TWO_YEARS:%y%m%d}(10){lot}(21){serial}"], capture_output=True, text=True, check=True)
    return json.loads(said.stdout)["epc"]


class Pad:
    """A reader of tags on a serial line of a machine, and what lies on it."""

    def __init__(self, test, machine, family, serial):
        self.machine, self.serial, self.name = machine, serial, ""
        self.program = subprocess.Popen([str(BIN / "kernel_pad_line"), family], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        preexec_fn=end_with_parent)
        test.addCleanup(self.close)

    def tell(self, command):
        self.program.stdin.write(command + "\n")
        self.program.stdin.flush()
        answer = self.program.stdout.readline().rstrip("\n")
        assert answer.split(" ")[0] == "ok", f"{command}: {answer or 'the pad has ended'}\n{self.machine.report()}"
        self.machine.note(f"pad {self.serial}: {command[:100]}")

    def add(self, *serials):
        self.tell("add " + " ".join(map(epc, serials)))

    def plug(self, port):
        """It has its power from the plug."""
        self.name = f"pad{next(NUMBERS)}"
        path = self.machine.home / self.name
        self.machine.qmp("chardev-add", id=self.name, backend={"type": "socket", "data": {
            "addr": {"type": "unix", "data": {"path": str(path)}}, "server": True, "wait": False}})
        self.tell(f"line {path}")
        self.machine.plug("usb-serial", f"{self.name}-device", port=str(port), serial=self.serial, chardev=self.name)

    def unplug(self):
        self.machine.unplug(f"{self.name}-device")
        self.tell("cut")

    def close(self):
        self.program.stdin.close()
        try:
            self.program.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.program.kill()
            self.program.wait()
        self.program.stdout.close()


class Pads(KernelTest):
    def field(self, name):
        """How many tags the daemon sees there; -1 while the reader is not open."""
        said = self.machine.run(f"""wget -q -O - --header "Authorization: Bearer $(cat {DATA}/api.token)" --header 'Content-Type: application/json' """
                                f"""--post-data '{{"reader":"{name}"}}' http://127.0.0.1:8460/v1/readers/field 2>/dev/null || echo '{{}}'""")
        answer = json.loads(said)
        return answer["tray"]["tags"] if "tray" in answer else -1

    def await_field(self, name, tags):
        deadline = time.monotonic() + PATIENCE_S
        while (seen := self.field(name)) != tags:
            if time.monotonic() > deadline:
                raise AssertionError(f"{name} tells {seen} tags, not {tags}\n{self.machine.report()}")
            time.sleep(0.1)
        self.machine.note(f"{name} tells {tags} tags")

    def say(self, code, what):
        (reply,) = self.station.dosario("scan", code, expect=0 if what in ("tray_booked", "receiving") else 1)
        self.assertEqual(reply["what"], what, reply)
        return reply

    def test_a_tray_on_a_pad_behind_a_bridge_is_received_by_a_persons_count(self):
        machine = self.machine = self.boot()
        station = self.station = Station(machine, more=config(chica=(M100, "m100_uhf"), grande=(CHAFON, "chafon_uhf")))
        machine.run(UDEVD)
        small, large = Pad(self, machine, "m100", "Q1"), Pad(self, machine, "chafon288", "Q2")
        for pad, port in ((small, 1), (large, 2)):
            pad.plug(port)
            machine.run(f"until [ -e /sys/bus/usb/devices/1-{port}:1.0/driver ]; do usleep 20000; done")
            self.assertEqual(driver_of(machine, f"1-{port}"), "ftdi_sio")
        station.start()
        station.await_open(M100, CHAFON)
        self.assertEqual((driver_of(machine, "1-1"), driver_of(machine, "1-2")), ("usbfs", "usbfs"))
        station.open_reception()

        small.add("A1", "A2", "A3")
        self.await_field("chica", 3)
        self.say("DOSARIO.X2", "tray_differs")
        self.assertEqual(station.received(), [])
        self.assertEqual(len(self.say("DOSARIO.X3", "tray_booked")["seq"]), 3)
        small.tell("clear")
        self.await_field("chica", 0)
        large.add(*(f"B{n}" for n in range(12)))
        self.await_field("grande", 12)
        self.say("DOSARIO.X12", "tray_booked")
        large.tell("clear")
        self.await_field("grande", 0)

        # The plug is pulled while it reads: before the tray was told, and after.
        small.add("C1", "C2", "C3", "C4")
        small.unplug()
        station.await_gone(M100)
        small.plug(3)
        station.await_open(M100)
        self.await_field("chica", 4)
        small.unplug()
        station.await_gone(M100)
        self.assertEqual(self.field("chica"), -1)
        small.plug(1)
        station.await_open(M100)
        self.await_field("chica", 4)
        self.say("DOSARIO.X4", "tray_booked")

        self.assertEqual(sorted(station.received()), sorted(["A1", "A2", "A3", *(f"B{n}" for n in range(12)), "C1", "C2", "C3", "C4"]))
        readers = station.readers()
        self.assertEqual([readers[one]["faults"] for one in (M100, CHAFON)], [0, 0])
        station.stop()
        self.assertEqual((driver_of(machine, "1-1"), driver_of(machine, "1-2")), ("ftdi_sio", "ftdi_sio"))
        machine.end()

    def tell(self, command, *also):
        self.machine.run(f"echo '{command}' > /run/commands")
        self.machine.await_console_all("^SIM ok", *also)
        self.assertEqual(self.machine.console_lines("^SIM error"), [])

    def test_a_pad_in_this_very_kernel_is_read(self):
        machine = self.machine = self.boot()
        station = self.station = Station(machine, more=config(bandeja=(ATTACHED, "m100_uhf")))
        machine.run(UDEVD)
        machine.run("modprobe vhci-hcd")
        machine.run("mkfifo /run/commands /run/said && (sleep 100000 > /run/commands) 4>&- 5>&- > /dev/null 2>&1 &")
        machine.run("(while read -r line; do echo \"SIM $line\"; done < /run/said > /dev/ttyS0) 4>&- 5>&- 2>&1 &")
        machine.run("(dosario sim --attach pad=cp210x:serial=P1,pad=m100 < /run/commands > /run/said 2>&1; echo SIM-EXIT $? > /dev/ttyS0) "
                    "4>&- 5>&- > /dev/null &")
        station.start()
        station.await_open(ATTACHED)
        station.open_reception()
        self.tell("pad pad add " + " ".join(map(epc, ("V1", "V2", "V3"))))
        self.await_field("bandeja", 3)
        self.say("DOSARIO.X3", "tray_booked")
        self.assertEqual(sorted(station.received()), ["V1", "V2", "V3"])
        self.tell("unplug pad", station.gone(ATTACHED))
        self.end(station)
