# SPDX-License-Identifier: Apache-2.0
"""Plugged, scanned, unplugged, many times over, with every kind of scanner: each whole scan is in the ledger once, memory stays where it is.

DOSARIO_SECONDS is how long, about; in a fifth of the rounds the plug is pulled in the middle of a scan.
"""
import os
import pathlib
import random
import time

from pharmacy import ANA, PATIENCE_S, main_guard, typed, wait_until
from usb import PLAIN, UsbTest, pack

SECONDS = int(os.environ.get("DOSARIO_SECONDS", "12"))
SANITIZED = "DOSARIO_PATIENCE" in os.environ
KINDS = {
    "keyboard": ("05e0:1200", "kind=keyboard vid=05e0 pid=1200"),
    "hidpos": ("05e0:2100", "kind=hidpos vid=05e0 pid=2100"),
    "honeywell": ("0c2e:1007", "kind=honeywell vid=0c2e pid=1007"),
    "cdc_acm": ("05e0:1701", "kind=cdc_acm vid=05e0 pid=1701 suffix=crlf"),
    "ftdi": ("0403:6001", "kind=ftdi"),
    "cp210x": ("10c4:ea60", "kind=cp210x suffix=lf"),
    "ch341": ("1a86:7523", "kind=ch341"),
    "pl2303": ("067b:2303", "kind=pl2303 suffix=crlf"),
}
BRIDGES = ("0403:6001", "10c4:ea60", "1a86:7523", "067b:2303")


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss_Anon:") or line.startswith("Anonymous:"):
            return int(line.split()[1])
    return 0


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Rounds(UsbTest):
    def setUp(self):
        super().setUp()
        self.pharmacy.configure(usb=True, more="".join(f'[[reader]]\nmatch = "{one}"\ndriver = "serial_scanner"\n' for one in BRIDGES))
        self.tell(f"plug desk {PLAIN} serial=D1 bound=usbhid")
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")

    def hear(self, name, reader_id):
        """Until its scans count: it has been told all that it must be told, and what comes now is not of before it was opened."""
        def counts():
            self.tell(f"scan {name} DOSARIO.AYUDA", "")
            return (reader := self.readers().get(reader_id)) and reader["scans"] > 0
        wait_until(counts, f"scans of {reader_id} count", PATIENCE_S)
        self.tell(f"await {name} read")

    def round(self, number, chance):
        kind = chance.choice(list(KINDS))
        numbers, words = KINDS[kind]
        serial = f"Q{chance.randrange(3)}"
        self.plug("quick", f"{words} serial={serial}")
        self.hear("quick", f"{numbers}:{serial}:0")
        code = "]d2" + pack(f"R{number}") if kind not in ("hidpos", "honeywell") else pack(f"R{number}")
        whole = chance.random() > 0.2 or kind == "keyboard"
        if whole:
            self.tell(f"scan quick ]d2 {typed(code)}")
        elif kind in ("hidpos", "honeywell"):
            self.tell(f"report quick 0238005d6432{pack(f'CUT{number}').encode().hex().ljust(112, '5')[:112]}0001")   # more follows
        # A serial scanner's half a scan is what a test of its driver has: here its plug is pulled with nothing under way.
        self.tell("await quick read")
        self.tell("unplug quick")
        return [f"R{number}"] if whole else []

    def test_each_whole_scan_is_in_the_ledger_once_and_memory_stays_where_it_is(self):
        seed = int(os.environ.get("DOSARIO_SEED", "1"))
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        end, done, rounds, before = time.monotonic() + SECONDS, [], 0, None
        while rounds < 1000 and (time.monotonic() < end or rounds < 40):
            if rounds == 40:
                before = resident_kib(self.pid)
            done += self.round(rounds, chance)
            rounds += 1
        wait_until(lambda: len(self.received()) >= len(done), "all scans are in the ledger", 2 * PATIENCE_S)
        self.assertEqual(self.received(), done)
        self.assertEqual(set(self.readers()), {"046d:c31c:D1:0"})
        # What the long answer to received() took goes back a second after.
        wait_until(lambda: before is None or SANITIZED or resident_kib(self.pid) - before < 1024, "memory is as it was")
        after = resident_kib(self.pid)
        print(f"{rounds} rounds, {len(done)} scans; private memory {before} KiB after 40 rounds, {after} KiB at the end", flush=True)

    def test_a_thousand_reports_a_second_are_all_heard(self):
        """A scan of three reports each time; as fast as one that never rests."""
        self.plug("pos", "kind=hidpos vid=05e0 pid=2100 serial=P1")
        self.hear("pos", "05e0:2100:P1:0")
        before = int(self.readers()["05e0:2100:P1:0"]["scans"])
        seconds, sent, began, spent = max(SECONDS // 4, 2), 0, time.monotonic(), cpu_s(self.pid)
        code = typed("X" * 150)
        while (passed := time.monotonic() - began) < seconds:
            for _ in range(int(passed * 1000 / 3) - sent):
                self.tell(f"pos pos ]d1 {code}")                   # nothing we know: it is heard, and answered
                sent += 1
            time.sleep(0.005)
        self.tell("await pos read")
        wait_until(lambda: int(self.readers()["05e0:2100:P1:0"]["scans"]) >= before + sent, "all were heard", 4 * PATIENCE_S)
        took = time.monotonic() - began
        reader = self.readers()["05e0:2100:P1:0"]
        self.assertEqual((int(reader["scans"]) - before, int(reader["faults"])), (sent, 0))
        print(f"{3 * sent} reports, {sent} scans in {took:.1f} s; processor {100 * (cpu_s(self.pid) - spent) / took:.0f} %", flush=True)

    def test_plugged_and_idle_it_takes_next_to_nothing(self):
        for kind, (_, words) in KINDS.items():
            self.plug(kind, f"{words} serial=I1")
        time.sleep(1)
        spent, began, seconds = cpu_s(self.pid), time.monotonic(), max(SECONDS / 4, 3)
        time.sleep(seconds)
        share = (cpu_s(self.pid) - spent) / (time.monotonic() - began)
        print(f"{len(KINDS)} scanners plugged, idle: processor {100 * share:.2f} %", flush=True)
        if not SANITIZED:
            self.assertLess(share, 0.05)                           # a benchmark would say less; this is no benchmark


main_guard(__name__)
