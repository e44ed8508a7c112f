# SPDX-License-Identifier: Apache-2.0
"""A disk that is slow, hangs, or is nearly full: the counter is told, nothing is booked twice, and what is open can be finished."""
import os
import pathlib
import threading
import time

from api import Feed
from pharmacy import (ANA, DONE, IBUPROFEN, IN_TWO_YEARS, PATIENCE_S, REFUSED, PharmacyTest, element_string, main_guard, missing, run_dosario,
                      typed, unshare_or_skip, wait_until)

RESERVE = 16 << 20
STALLED_DISK = os.environ.get("DOSARIO_STALLED_DISK")


class SlowDisk(PharmacyTest):
    running = False

    def setUp(self):
        super().setUp()
        if not STALLED_DISK:
            missing(self, "the library that pretends a hanging disk")
        self.stall = self.pharmacy.home / "stall"
        self.pharmacy.start(["env", f"LD_PRELOAD={STALLED_DISK}", f"DOSARIO_STALL={self.stall}", *self.pharmacy.command])
        self.expect(self.pharmacy.scan(ANA, "DOSARIO.RECIBIR"), "work_opened")
        self.feed = Feed(self.pharmacy.http())
        self.addCleanup(self.feed.close)
        self.addCleanup(self.stall.unlink, missing_ok=True)

    def heard(self):
        """The codes of the answers on the live feed until one that is not of a slow disk."""
        codes = []
        while not codes or codes[-1] in ("slow_disk", "not_confirmed"):
            event, data = self.feed.next()
            if event == "answer":
                codes.append(data.get("what") or data["error"])
        return codes

    def test_after_two_seconds_the_operator_is_told_and_the_same_id_books_once(self):
        self.stall.touch()
        box = element_string(IBUPROFEN, IN_TWO_YEARS, "L1")
        before = time.monotonic()
        status, reply = self.pharmacy.call_scan(box, request_id="one")
        self.assertEqual((status, reply["error"]), (504, "not_confirmed"))
        self.assertGreater(time.monotonic() - before, 1.9)
        self.stall.unlink()
        status, reply = self.pharmacy.call_scan(box, request_id="one")
        self.assertEqual((status, reply["what"]), (200, "received"))
        self.assertEqual(self.heard(), ["slow_disk", "not_confirmed", "received"])
        self.assertEqual([line["packs"] for line in self.pharmacy.ask("stock").reply["lines"]], [1])
        self.assertIn("the disk was slow", " ".join(self.pharmacy.ask("status").reply["warnings"]))

    def test_the_tool_asks_again_until_the_disk_comes_back(self):
        self.stall.touch()
        answers = []
        scan = threading.Thread(target=lambda: answers.append(self.pharmacy.ask("scan", typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1")))))
        scan.start()
        time.sleep(5)
        self.assertEqual(answers, [])
        self.stall.unlink()
        scan.join(PATIENCE_S)
        self.assertEqual((answers[0].code, answers[0].reply["what"]), (DONE, "received"))
        self.assertEqual([line["packs"] for line in self.pharmacy.ask("stock").reply["lines"]], [1])


class NearlyFull(PharmacyTest):
    running = False

    def test_no_new_work_is_opened_and_the_open_one_is_finished_with_the_reserve(self):
        private = unshare_or_skip(self)
        pharmacy, counter = self.pharmacy, self.pharmacy.home / "counter.sock"
        pharmacy.configure(api=f'socket = "{counter}"', least_free=20)
        pharmacy.start(private(f"mount -t tmpfs -o size=64m tmpfs '{pharmacy.data}'", pharmacy.command))
        inside = pathlib.Path(f"/proc/{pharmacy.child.pid}/root{pharmacy.data}")

        def ask(*words):
            return run_dosario("--socket", counter, "--json", *words)

        def receive(serial):
            return ask("receive", typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", serial)), "--operator", ANA)

        self.assertEqual(receive("S0").code, DONE)
        reserve = inside / "ledger.reserve"

        def reserved():
            return reserve.exists() and reserve.stat().st_size == RESERVE

        wait_until(reserved, "the reserve is made when it is quiet")
        with open(inside / "fill", "wb", buffering=0) as fill:
            while os.statvfs(inside).f_bavail * 4096 > 10 << 20:
                fill.write(b"x" * (1 << 20))
            self.assertIn("nearly full", " ".join(ask("status").reply["warnings"]))
            refused = ask("dispense", typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S0")))
            self.assertEqual((refused.code, refused.reply["what"]), (REFUSED, "disk_low"))
            self.assertEqual(receive("S1").code, DONE)                                    # of the open work
            try:
                while True:
                    fill.write(b"x" * 4096)
            except OSError:
                pass
            answers = [receive(f"T{n}") for n in range(30)]
            full = [answer for answer in answers if answer.code != DONE]
            self.assertEqual([answer.reply["error"] for answer in full], ["full"])         # once; then the reserve was given back
            self.assertFalse(reserve.exists())
        (inside / "fill").unlink()
        self.assertEqual(ask("dispense", typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S0"))).code, DONE)
        wait_until(reserved, "the reserve is made again")
        self.assertEqual(ask("ledger", "verify").code, DONE)
        pharmacy.stop()                                                                   # the ledger goes with its memory disk


main_guard(__name__)
