# SPDX-License-Identifier: Apache-2.0
"""The real daemon with serial scanners on a pretended bus: from the chip to the ledger."""
import threading

from pharmacy import ANA, DONE, main_guard, typed, wait_until
from usb import PLAIN, UsbTest, pack

# A maker's COM port is taken at once; a bridge chip says nothing of what is behind it.
ZEBRA_COM = "kind=cdc_acm vid=05e0 pid=1701 serial=Z1"
ZEBRA_ID = "05e0:1701:Z1:0"
BRIDGES = {"ftdi": "0403:6001", "cp210x": "10c4:ea60", "ch341": "1a86:7523", "pl2303": "067b:2303", "pl2303_hxn": "067b:23a3"}


class Serial(UsbTest):
    def heard(self, name, reader_id):
        """Until scans of that scanner count: what comes just after the line was opened is taken for what waited in the scanner."""
        def counts():
            self.tell(f"scan {name} DOSARIO.AYUDA", "")            # an error while the chip is not yet told everything
            return (reader := self.readers().get(reader_id)) and reader["scans"] > 0
        wait_until(counts, f"scans of {reader_id} count")

    def scan(self, name, code):
        self.tell(f"scan {name} ]d2 {typed(code)}")

    def plug_bridges(self, more=""):
        for kind, numbers in BRIDGES.items():
            vid, pid = numbers.split(":")
            self.tell(f"plug {kind} kind={kind} vid={vid} pid={pid} serial=S1 {more}")

    def test_a_makers_com_port_is_taken_at_once_and_its_scans_reach_the_ledger(self):
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.plug("z", f"{ZEBRA_COM} suffix=crlf aim=yes")
        self.assertEqual(self.reader(ZEBRA_ID, "open")["driver"], "serial_scanner")
        self.heard("z", ZEBRA_ID)
        for serial in ("A1", "A2", "A3"):
            self.scan("z", pack(serial))
        self.await_received("A1", "A2", "A3")
        self.assertIn("claimed=yes bound=none", self.tell("state z"))
        self.stop_daemon()
        state = self.tell("state z")
        self.assertIn("claimed=no bound=cdc_acm", state)
        self.assertIn("misuse=none", state)

    def test_a_bridge_is_a_candidate_until_somebody_adopts_it(self):
        self.plug_bridges()
        self.run_daemon()
        wait_until(lambda: len(self.readers()) == len(BRIDGES), "all are listed")
        for kind, numbers in BRIDGES.items():
            reader = self.readers()[f"{numbers}:S1:0"]
            self.assertEqual((reader["state"], reader["driver"]), ("candidate", "serial_scanner"), reader)
            self.assertIn("claimed=no", self.tell(f"state {kind}"))
        answers = []
        adopting = threading.Thread(target=lambda: answers.append(self.pharmacy.ask("--operator", ANA, "readers", "adopt", "0403:6001:S1:0")))
        adopting.start()
        self.tell("await ftdi claimed")

        def adopted():
            self.tell("scan ftdi DOSARIO.PRUEBA", "")
            return answers
        wait_until(adopted, "it is adopted")
        adopting.join()
        self.assertEqual(answers[0].code, DONE, answers)
        self.reader("0403:6001:S1:0", "open")
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.scan("ftdi", "]d2" + pack("A1"))
        self.await_received("A1")

    def test_the_first_scan_that_a_chip_lets_through_counts(self):
        """As soon as the last request is heard: nothing is emptied after it, and nothing held for a scan of before."""
        rows = "".join(f'[[reader]]\nmatch = "{numbers}"\ndriver = "serial_scanner"\n' for numbers in BRIDGES.values())
        self.pharmacy.configure(usb=True, more=rows)
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        received = []
        for kind, numbers in {**BRIDGES, "cdc_acm": "05e0:1701"}.items():
            vid, pid = numbers.split(":")
            received.append(f"F{len(received)}")
            self.tell(f"plug {kind} kind={kind} vid={vid} pid={pid} serial=S1")
            wait_until(lambda: self.tell(f"scan {kind} ]d2 {typed(']d2' + pack(received[-1]))}", "").startswith("ok"), f"{kind} lets a scan through")
            self.await_received(*received)
            self.assertEqual(self.readers()[f"{numbers}:S1:0"]["faults"], 0)

    def test_a_scan_counts_as_soon_as_the_reader_is_told_to_be_open(self):
        kinds = {"keyboard": "05e0:1200", "hidpos": "05e0:2100", "honeywell": "0c2e:1007", "cdc_acm": "05e0:1701"}
        self.tell(f"plug desk {PLAIN} serial=D1 bound=usbhid")
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        received = []
        for kind, numbers in kinds.items():
            vid, pid = numbers.split(":")
            received.append(f"O{len(received)}")
            self.tell(f"plug {kind} kind={kind} vid={vid} pid={pid} serial=S1")
            self.reader(f"{numbers}:S1:0", "open")
            code = pack(received[-1]) if kind in ("hidpos", "honeywell") else "]d2" + pack(received[-1])
            self.tell(f"scan {kind} ]d2 {typed(code)}")
            self.await_received(*received)

    def test_every_bridge_that_the_configuration_names_is_driven_at_its_rate(self):
        rows = "".join(f'[[reader]]\nmatch = "{numbers}"\ndriver = "serial_scanner"\nline_rate = 115200\n' for numbers in BRIDGES.values())
        self.pharmacy.configure(usb=True, more=rows)
        self.plug_bridges("baud=115200")
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        received = []
        for kind, numbers in BRIDGES.items():
            self.tell(f"await {kind} claimed")
            self.heard(kind, f"{numbers}:S1:0")
            received.append(f"X{len(received)}")
            self.scan(kind, "]d2" + pack(received[-1]))
            self.await_received(*received)
        for kind in BRIDGES:
            self.tell(f"unplug {kind}")
        wait_until(lambda: not self.readers(), "none is left")

    def test_half_a_scan_before_the_unplug_is_told_and_books_nothing(self):
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.plug("z", f"{ZEBRA_COM} suffix=crlf")
        self.heard("z", ZEBRA_ID)
        self.tell("unplug z")
        self.plug("y", f"{ZEBRA_COM} suffix=none")
        wait_until(lambda: self.tell(f"scan y {typed(pack('HALF'))}", "").startswith("ok"), "it is told everything")
        self.tell("await y read")
        self.tell("unplug y")
        wait_until(lambda: self.pharmacy.log_text.count("reader_gone") == 2, "it is gone")
        self.assertEqual(self.received(), [])
        self.assertNotIn("HALF", self.pharmacy.log_text)


main_guard(__name__)
