# SPDX-License-Identifier: Apache-2.0
"""A pharmacy inside of a virtual machine: what `cmake --install` laid out, made ready as docs/install.md says, and the daemon as its unit
starts it. Scans come from the machine's USB bus only; what became of them is read from the ledger."""
import contextlib
import json
import re
import unittest

import image
from machine import CONSOLE, LIVE, PATIENCE_S, Late, Machine
from pharmacy import ANA, CATALOGUE, IBUPROFEN, IN_TWO_YEARS, element_string

# An empty udevd knows nothing of the processes that systemd would have told it about, and is quiet.
UDEVD = "/usr/lib/systemd/systemd-udevd --daemon && udevadm trigger --action=add --subsystem-match=pci --subsystem-match=usb && udevadm settle"
DATA = "/var/lib/dosario"
HELP = "help"
CONFIG = """
catalogue = "/etc/dosario/catalogue.toml"
[station]
name = "prueba"
least_free_mib = 16
[rules]
shortest_life_days = 30
[api]
listen = "127.0.0.1:8460"
""" + "".join(f"""
[[reader]]
match = "{ids}"
idle_ms = 5000       # a machine on a busy host stands still in the middle of what is typed
""" for ids in ("05e0:1200", "0c2e:0b61", "0627:0001"))


def pack(serial, lot="L1"):
    """What the DataMatrix of one pack says."""
    return element_string(IBUPROFEN, IN_TWO_YEARS, lot, serial)


class Station:
    """A daemon in a machine. `user`: whom the daemon runs as."""

    def __init__(self, machine, user="", more=""):
        self.machine = machine
        self.user, self.command = image.unit_of_the_daemon()
        self.user = user or self.user
        machine.run("systemd-sysusers && systemd-tmpfiles --create dosario.conf dosario-collector.conf")
        machine.write_file("/etc/dosario/catalogue.toml", CATALOGUE)
        machine.write_file("/etc/dosario/dosario.toml", CONFIG + more)
        machine.run(f"install -d -o {self.user} -g {self.user} -m 0700 {DATA} && install -d -o {self.user} -g {self.user} -m 0750 /run/dosario")

    # --- the daemon

    def start(self):
        """As the unit does: the same command, the same user, and no more rights than the user has. Ready when it serves."""
        self.machine.write_file("/run/start", f"export RUNTIME_DIRECTORY=/run/dosario SQLITE_TMPDIR={DATA}\numask 0077\necho $$ > /run/dosario/pid\n"
                                               f"exec {self.command}")
        self.machine.run(f"(su -s /bin/sh {self.user} /run/start > /dev/ttyS0 2>&1; echo DAEMON-EXIT $? > /dev/ttyS0) > /dev/null 4>&- 5>&- &")
        self.machine.await_console(r"^info ready ")
        self.machine.run(f'(wget -q -O - --header "Authorization: Bearer $(cat {DATA}/api.token)" http://127.0.0.1:8460/v1/live >&4) 2> /dev/null 5>&- &')
        self.machine.await_line(LIVE, "", "the live feed begins", keep=True)

    def stop(self):
        """SIGTERM; it must end well, and its ledger be as it was written."""
        self.machine.run("kill -TERM $(cat /run/dosario/pid)")
        self.machine.await_console(r"^info stopped")
        code = self.machine.await_console(r"^DAEMON-EXIT (\d+)$")[1]
        assert code == "0", f"dosariod ended with {code}\n{self.machine.report()}"
        answer = json.loads(self.machine.run(f"dosario --data {DATA} --json ledger verify --full"))
        assert answer["ok"] is True and answer["faults"] == [], answer

    def dosario(self, *words, expect=0):
        """What `dosario --json` says, as a list of its lines."""
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        return [json.loads(line) for line in self.machine.run(f"dosario --json {quoted}", expect).splitlines()]

    def open_reception(self):
        for reply in self.dosario("scan", ANA, "DOSARIO.RECIBIR"):
            assert reply.get("ok") and "what" in reply, reply
            self.await_answer(reply["what"])

    # --- what is seen of it

    @staticmethod
    def opened(reader):
        return rf'^info reader_open reader="{re.escape(reader)}"'

    @staticmethod
    def gone(reader):
        return rf'^info reader_gone reader="{re.escape(reader)}"'

    def await_open(self, *readers):
        """Of several in any order, as for await_gone."""
        self.machine.await_console_all(*map(self.opened, readers))

    def await_gone(self, *readers):
        self.machine.await_console_all(*map(self.gone, readers))

    def await_cut(self, reader):
        """It is gone, and the scan that it had begun is a fault: of the plug, or of the line if that broke first."""
        self.machine.await_console_all(self.gone(reader), rf'^warning reader_fault reader="{re.escape(reader)}"')

    def await_answer(self, what="received", patience_s=PATIENCE_S):
        """The next answer of the live feed; it must have that code. An answer comes after the commit. Passed over are those to settle(), and
        that the disk is slow, which a busy host says of its virtual machine; and faults, which await_cut() is for."""
        while True:
            line = self.machine.await_line(LIVE, r"^data: (\{.*\})", f"the answer {what}", patience_s=patience_s)
            try:
                answer = json.loads(line[1])
            except ValueError as error:
                raise AssertionError(f"the live feed is cut: {error}: {line.string}") from None
            if "what" in answer and (answer["what"] == what or answer["what"] not in (HELP, "slow_disk", "read_damaged")):
                assert answer["what"] == what, f"{what} was expected: {answer}\n{self.machine.report()}"
                self.machine.note(f"answer: {what} {answer['seq']}")
                return answer

    def settle(self, device):
        """Until a scanner's scans count: what comes just after it was opened is held for scans of before. How often it had to scan."""
        return self.settle_by(lambda: device.scan("DOSARIO.AYUDA"))

    def settle_by(self, scan):
        for count in range(1, 100):
            scan()
            with contextlib.suppress(Late):
                self.await_answer(HELP, 0.3)
                return count
        raise AssertionError("scans of this reader do not count")

    def memory_kb(self):
        """What of the daemon is in memory."""
        return int(self.machine.run("awk '/^Rss:/ { print $2 }' /proc/$(cat /run/dosario/pid)/smaps_rollup"))

    def begin_adoption(self, reader):
        """`dosario readers adopt`: what it wants now is the test code, from that reader."""
        self.machine.run(f"(dosario --json --operator {ANA} readers adopt {reader} > /run/adopted 2>&1; echo ADOPT-EXIT $? > /dev/ttyS0) "
                         "> /dev/null 4>&- 5>&- &")
        self.await_open(reader)

    def end_adoption(self, scan=lambda: None):
        """`scan` is tried again: what comes while a bridge is being set up is lost."""
        for _ in range(40):
            scan()
            with contextlib.suppress(Late):
                code = self.machine.await_line(CONSOLE, r"^ADOPT-EXIT (\d+)$", patience_s=0.5)[1]
                break
        else:
            raise AssertionError(f"`dosario readers adopt` does not end\n{self.machine.report()}")
        said = self.machine.run("cat /run/adopted")
        assert code == "0" and json.loads(said)["ok"], said

    def readers(self):
        return {reader["id"]: reader for reader in self.dosario("readers")[0]["readers"]}

    def received(self):
        """Serial numbers of the packs in the ledger, in its order: by the command line tool."""
        return [entry["body"]["serial"] for entry in self.dosario("ledger", "log", "--limit", "10000") if entry["kind"] == "packs_received"]


def driver_of(machine, port, interface=0):
    """The kernel driver that has an interface of the device on that port (`1-2`), empty when none has; usbfs is a program's, here the daemon's."""
    return machine.run(f"basename \"$(readlink /sys/bus/usb/devices/{port}:1.{interface}/driver)\"").strip()


class KernelTest(unittest.TestCase):
    """Machines of a test end with it. What a machine says is printed as it goes: ctest shows it when something failed."""

    def boot(self, *devices):
        machine = Machine(self.id().split(".")[-1].removeprefix("test_")[:30], *devices)
        self.addCleanup(machine.close)
        return machine

    def end(self, station):
        station.stop()
        station.machine.end()
