# SPDX-License-Identifier: Apache-2.0
"""A network that dies without a word: no packet arrives any more, no connection is closed. In a network namespace of this process, whose
loopback is taken down and up again; the counter's Unix socket does not care."""
import ctypes
import fcntl
import os
import socket
import struct
import time

from pair import PairTest
from pharmacy import ANA, IBUPROFEN, IN_A_YEAR, PATIENCE_S, element_string, main_guard, wait_until

CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def loopback(up):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags, = struct.unpack("H", fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))[16:18])
        flags = flags | IFF_UP if up else flags & ~IFF_UP
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags))


class HalfOpen(PairTest):
    def setUp(self):
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            if os.environ.get("CI"):
                self.fail("a network namespace is needed here: run it as root")
            print("SKIPPED, NOT TESTED: a half-open link (no right to a network namespace)", flush=True)
            self.skipTest("no right to a network namespace")
        loopback(True)
        super().setUp()

    def receive(self, serial):
        began = time.monotonic()
        status, reply = self.pharmacy.call_scan(element_string(IBUPROFEN, IN_A_YEAR, "L1", serial), mode="receive", operator=ANA)
        self.assertEqual((status, reply["what"]), (200, "received"), reply)
        return time.monotonic() - began

    def test_both_ends_notice_and_the_station_comes_back(self):
        self.wait_connected()
        self.receive("S1")
        self.wait_equal()
        loopback(False)
        for n in range(20):
            self.receive(f"T{n}")                             # as usual: nobody at the counter waits for the network
        began = time.monotonic()
        self.wait_problem("", patience_s=2 * PATIENCE_S)
        print(f"noticed by the station after {time.monotonic() - began:.0f} s: {self.uplink()['problem']}", flush=True)
        self.assertGreaterEqual(self.uplink()["lag"], 20)
        wait_until(lambda: not next(iter(self.lines().values())).get("connected"), "the collector notices", 4 * PATIENCE_S)
        loopback(True)
        self.wait_equal(patience_s=6 * PATIENCE_S)
        self.verify_centre()


main_guard(__name__)
