# SPDX-License-Identifier: Apache-2.0
"""How much memory the collector takes: by itself, and for each station that is connected and has sent its entries, all at once.

    python3 bench/collector_memory.py [stations ...]        (default 10 100 300; DOSARIO_BIN names the directory of the programs)

Real TLS, real certificates, a ledger of 1,000 entries each, 768 of them on the way. The figures are of /proc/PID/smaps_rollup after a rest;
the peak is of all until then.
"""
import pathlib
import resource
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "scenario"))
from centre import ACK, PING, Centre, Station, blob, sint, uint  # noqa: E402

ENTRIES = 1000
ON_THE_WAY = 768


def settled(centre):
    """After the projections, and the rest that follows."""
    centre.wait_until_counted()
    time.sleep(2)
    return centre.memory_kb("Rss"), centre.memory_kb("Pss"), centre.memory_kb("Private_Dirty")


def peak_kb(centre):
    for line in pathlib.Path(f"/proc/{centre.child.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")


def send(station):
    sent = acked = 0
    while acked < ENTRIES:
        while sent < ENTRIES and sent - acked <= ON_THE_WAY - 256:
            to = min(sent + 256, ENTRIES)
            station.wire.send(station.ledger.batch(sent, to))
            sent = to
        number, content = station.wire.message()
        if number == ACK:
            acked = content[2][0]


def send_at_once(stations):
    threads = [threading.Thread(target=send, args=(station,)) for station in stations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def keep_alive(stations):
    """As stations do, so that they are not left for silent."""
    while True:
        time.sleep(10)
        for station in list(stations):
            try:
                station.wire.send(blob(PING, uint(1, 1) + sint(2, 1) + sint(3, 1)))
            except (AttributeError, OSError):
                pass


def main():
    counts = [int(word) for word in sys.argv[1:]] or [10, 100, 300]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    centre = Centre()
    try:
        centre.start()
        alone = settled(centre)
        print(f"{'stations':>8} {'peak KB':>8} {'RSS KB':>8} {'PSS KB':>8} {'dirty KB':>8} {'KB a station over none':>24}")
        print(f"{0:>8} {peak_kb(centre):>8} {alone[0]:>8} {alone[1]:>8} {alone[2]:>8}")
        stations = []
        threading.Thread(target=keep_alive, args=(stations,), daemon=True).start()
        for count in counts:
            fresh = [Station(centre, f"s{number}") for number in range(len(stations), count)]
            for station in fresh:
                station.ledger.book(ENTRIES)
            for station in fresh:
                station.connect()
            send_at_once(fresh)
            stations += fresh
            now = settled(centre)
            print(f"{count:>8} {peak_kb(centre):>8} {now[0]:>8} {now[1]:>8} {now[2]:>8} {(now[0] - alone[0]) / count:>24.1f}", flush=True)
        assert centre.call("/v1/status")[1]["connected"] == counts[-1]
        for station in stations:
            station.leave()
        time.sleep(1)
        left = settled(centre)
        print(f"{'left':>8} {peak_kb(centre):>8} {left[0]:>8} {left[1]:>8} {left[2]:>8}")
    finally:
        centre.close()


main()
