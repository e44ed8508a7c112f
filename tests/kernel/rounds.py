# SPDX-License-Identifier: Apache-2.0
"""The whole way, many times: plugged in, scanned, pulled out, in one machine, with the collector beside the station. The plug is pulled when
the kernel has the last report of the scan and before anybody knows what the daemon did with it."""
import json

from redirected import Redirected
from station import KernelTest, Station, UDEVD, pack

ROUNDS = 50
CENTRE = "/var/lib/dosario-collector"
KINDS = (("hidpos", "05e0:2100", 64), ("keyboard:vid=05e0,pid=1200", "05e0:1200", 8), ("keyboard:vid=0c2e,pid=0b61", "0c2e:0b61", 8))


def reports_of(text):
    """A keyboard presses and releases each key, and Enter."""
    return 2 * (len(text) + 1)


class Rounds(KernelTest):
    def begin_collector(self):
        """As docs/install.md says."""
        machine = self.machine
        as_itself = "su -s /bin/sh dosario-collector -c"
        machine.run("install -m 0644 /usr/share/dosario/collector.toml /etc/dosario/collector.toml")
        machine.run(f"{as_itself} 'dosario-collector --data {CENTRE} pki init && dosario-collector --data {CENTRE} pki issue puesto-1'")
        machine.run(f"install -o dosario -g dosario -m 0600 {CENTRE}/pki/stations/puesto-1.pem /var/lib/dosario/station.pem")
        machine.run(f"install -o dosario -g dosario -m 0644 {CENTRE}/pki/ca.pem /var/lib/dosario/ca.pem")
        machine.write_file("/run/collect", f"umask 0077\nexec dosario-collector --config /etc/dosario/collector.toml --data {CENTRE}")
        machine.run("su -s /bin/sh dosario-collector /run/collect > /dev/ttyS0 2>&1 4>&- 5>&- &")
        machine.await_console("^info ready collector=")

    def collected(self):
        """Serial numbers of the packs that the collector has, in the order of the station's ledger."""
        entries = [json.loads(line) for line in self.machine.run(f"dosario-collector --data {CENTRE} log --json").splitlines()]
        return [entry["body"]["serial"] for entry in entries if entry["kind"] == "packs_received"]

    def test_fifty_rounds_reach_the_ledger_and_the_collector_once_each(self):
        machine = self.machine = self.boot()
        station = self.station = Station(machine, more='[collector]\naddress = "127.0.0.1:7420"\n')
        machine.run(UDEVD)
        machine.watch_bus()
        self.begin_collector()
        station.start()
        machine.await_console("^info uplink_streaming")
        station.open_reception()
        devices = [Redirected(self, machine, port) for port in (1, 2)]
        done = []
        for n in range(ROUNDS):
            kind, ids, longest = KINDS[n % len(KINDS)]
            reader, device = f"{ids}:Q{n % 4}:0", devices[n % 2]
            device.plug(f"{kind}{',' if ':' in kind else ':'}serial=Q{n % 4}")
            station.await_open(reader)
            before = station.settle(device) if kind == "hidpos" else 0
            text = pack(f"R{n}")
            device.scan(text, "]d2" if kind == "hidpos" else "-")
            machine.await_packets(device.port, before + 1 if kind == "hidpos" else reports_of(text), shortest=longest)
            device.unplug()
            done.append(f"R{n}")
            station.await_answer()
            station.await_gone(reader)
            if n == ROUNDS // 2:
                half_way_kb = station.memory_kb()
        self.assertLess(station.memory_kb() - half_way_kb, 1024)
        self.assertEqual(station.received(), done)
        self.assertEqual(self.collected(), done)
        self.assertEqual(machine.console_lines("^warning reader_"), [])
        self.assertEqual(set(station.readers()), set())
        self.end(station)
