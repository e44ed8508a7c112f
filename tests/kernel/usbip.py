# SPDX-License-Identifier: Apache-2.0
"""`dosario sim --attach`, as a technician runs it: simulated scanners plugged into the very kernel by vhci_hcd, without any network."""
from station import KernelTest, Station, UDEVD, pack

POS, WEDGE = "05e0:2100:V1:0", "05e0:1200:V2:0"


class Usbip(KernelTest):
    def tell(self, command, *also):
        """A command of `dosario sim`, which is done well; the daemon may have said what else is awaited before that answer came."""
        self.machine.run(f"echo '{command}' > /run/commands")
        self.machine.await_console_all("^SIM ok", *also)
        self.assertEqual(self.machine.console_lines("^SIM error"), [])

    def test_simulated_scanners_in_this_very_kernel_fill_the_ledger(self):
        machine = self.machine = self.boot()
        station = self.station = Station(machine)
        machine.run(UDEVD)
        self.assertIn("modprobe vhci-hcd", machine.run("dosario sim --attach hidpos 2>&1", expect=1))
        machine.run("modprobe vhci-hcd")
        station.start()
        station.open_reception()
        # The commands come through a pipe that stays open between them; what is said goes to the console.
        machine.run("mkfifo /run/commands /run/said && (sleep 100000 > /run/commands) 4>&- 5>&- > /dev/null 2>&1 &")
        machine.run("(while read -r line; do echo \"SIM $line\"; done < /run/said > /dev/ttyS0) 4>&- 5>&- 2>&1 &")
        machine.run("(dosario sim --attach pos=hidpos:serial=V1 wedge=keyboard:vid=05e0,pid=1200,serial=V2 < /run/commands > /run/said 2>&1; "
                    "echo SIM-EXIT $? > /dev/ttyS0) 4>&- 5>&- > /dev/null &")
        station.await_open(POS, WEDGE)
        self.tell("await wedge ready")
        station.settle_by(lambda: self.tell("scan pos DOSARIO.AYUDA"))
        self.tell("scan pos ]d2 " + pack("V1", "LOTE" + "Y" * 16).replace("\x1d", "\\x1d"))
        station.await_answer()
        self.tell("scan wedge " + pack("V2").replace("\x1d", "\\x1d"))
        station.await_answer()
        for n in range(6):                               # the plug is pulled as soon as the kernel has read the scan
            self.tell("scan wedge " + pack(f"W{n}").replace("\x1d", "\\x1d"))
            self.tell("await wedge read")
            self.tell("unplug wedge", station.gone(WEDGE))
            station.await_answer()
            self.tell("plug wedge", station.opened(WEDGE))
        self.assertEqual(station.received(), ["V1", "V2"] + [f"W{n}" for n in range(6)])
        machine.run("echo quit > /run/commands")
        station.await_gone(POS, WEDGE)
        self.end(station)
