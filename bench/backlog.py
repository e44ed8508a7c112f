# SPDX-License-Identifier: Apache-2.0
"""A station comes back after long: how fast its backlog is acknowledged, and what the counter feels of it.

    python3 bench/backlog.py [entries]        (default 200000; DOSARIO_BIN names the directory of the programs)

Two processes over loopback, real TLS, real disk. Scans are booked one after the other all the time; their answers' times are compared with
those before and after, in the same run.
"""
import pathlib
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "scenario"))
from pair import PairTest, rows_of  # noqa: E402
from pharmacy import ANA, BIN, IBUPROFEN, IN_A_YEAR, element_string, wait_until  # noqa: E402

ENTRIES = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000


class Scans(threading.Thread):
    """Ten boxes a second, as at a busy counter; seconds until each was answered."""

    def __init__(self, pharmacy, mark):
        super().__init__(daemon=True)
        self.pharmacy, self.mark, self.times, self.over = pharmacy, mark, [], False

    def run(self):
        connection = self.pharmacy.http()
        n = 0
        while not self.over:
            n += 1
            begun = time.monotonic()
            status, reply = self.pharmacy.call_scan(element_string(IBUPROFEN, IN_A_YEAR, "BENCH", f"{self.mark}.{n}"), connection,
                                                    mode="receive", operator=ANA)
            assert status == 200 and reply["what"] == "received", reply
            self.times.append(time.monotonic() - begun)
            time.sleep(0.1)

    def end(self):
        self.over = True
        self.join()
        ms = sorted(1000 * each for each in self.times)
        return f"{len(ms)} scans, median {statistics.median(ms):.1f} ms, slowest {ms[-1]:.1f} ms"


class Backlog(PairTest):
    running = False

    def runTest(self):
        subprocess.run([BIN / "bench_practice_ledger", self.pharmacy.data, str(ENTRIES)], check=True)
        head, = rows_of(self.pharmacy.data / "ledger.db", "SELECT max(seq) FROM event")[0]
        self.pharmacy.start()
        scans = Scans(self.pharmacy, "BEFORE")
        scans.start()
        time.sleep(5)
        print("offline:   ", scans.end())
        self.proxy.close()
        self.pharmacy.stop()
        self.centre.start()
        self.pharmacy.configure(more=f'[collector]\naddress = "127.0.0.1:{self.centre.port}"')
        begun = time.monotonic()
        self.pharmacy.start()
        scans = Scans(self.pharmacy, "MEANWHILE")
        scans.start()
        connected = wait_until(lambda: "uplink_streaming" in self.pharmacy.log_text and time.monotonic(), "entries flow", 60)

        def acked():
            status = self.uplink()
            return status["lag"] < 20 and time.monotonic()
        done = wait_until(acked, "all is acknowledged", 600)
        print("backlog:   ", scans.end())
        wait_until(lambda: self.centre.status()["lag"] == 0, "the projections are there", 600)
        counted = time.monotonic()
        print(f"{head} entries acknowledged in {done - connected:.1f} s ({head / (done - connected):.0f}/s), {connected - begun:.1f} s after the start;"
              f" counted in stock {counted - done:.1f} s later")
        scans = Scans(self.pharmacy, "AFTER")
        scans.start()
        time.sleep(5)
        print("connected: ", scans.end())
        for name, child in (("dosariod", self.pharmacy.child), ("dosario-collector", self.centre.child)):
            for line in pathlib.Path(f"/proc/{child.pid}/status").read_text().splitlines():
                if line.startswith(("VmRSS", "VmHWM")):
                    print(name, " ".join(line.split()))


if __name__ == "__main__":
    import unittest
    result = unittest.TextTestRunner().run(Backlog())
    sys.exit(not result.wasSuccessful())
