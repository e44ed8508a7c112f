# SPDX-License-Identifier: Apache-2.0
"""Both ends killed at random moments under load, and a bad network between them: in the end the collector has what the station has.

DOSARIO_SECONDS says how long (default 10), DOSARIO_SEED repeats a run's choices.
"""
import json
import os
import random
import secrets
import threading
import time

from kill9 import content
from pair import PairTest, rows_of
from pharmacy import ANA, PATIENCE_S, main_guard, wait_until

SECONDS = float(os.environ.get("DOSARIO_SECONDS", "10"))
EVENT = "seq, event_id, kind, version, boot, mono_us, wall_us, clock, body, hash"


class Counter(threading.Thread):
    """Receives boxes at the station whenever there is one that answers."""

    def __init__(self, pharmacy, prefix):
        super().__init__(daemon=True)
        self.pharmacy, self.prefix = pharmacy, prefix
        self.over = threading.Event()
        self.booked = {}           # serial -> hash-chained sequence number that was told
        self.trouble = None

    def run(self):
        n = 0
        while not self.over.is_set():
            connection = self.pharmacy.http(timeout=PATIENCE_S)
            try:
                while not self.over.is_set():
                    n += 1
                    serial = f"{self.prefix}.{n}"
                    connection.request("POST", "/v1/scan", json.dumps({"content": content(serial), "mode": "receive", "operator": ANA}))
                    response = connection.getresponse()
                    reply = json.loads(response.read())
                    if response.status == 200 and reply["what"] == "received":
                        self.booked[serial] = reply["seq"][-1]
                    elif response.status == 200:
                        self.trouble = reply
                        return
                    time.sleep(0.002)
            except (OSError, ValueError, ConnectionError):
                time.sleep(0.02)
            except Exception as error:                                   # http.client has many names for a daemon that was killed
                if "http.client" not in type(error).__module__:
                    self.trouble = repr(error)
                    return
                time.sleep(0.02)
            finally:
                connection.close()


class Storm(PairTest):
    def setUp(self):
        self.seed = int(os.environ.get("DOSARIO_SEED") or secrets.randbits(32))
        super().setUp()

    def test_kills_of_both_and_a_bad_network_lose_nothing_and_double_nothing(self):
        print(f"DOSARIO_SEED={self.seed} DOSARIO_SECONDS={SECONDS:g}", flush=True)
        chance = random.Random(self.seed)
        counters = [Counter(self.pharmacy, f"C{n}") for n in range(2)]
        for counter in counters:
            counter.start()
        counts = {}
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline or len(counts) < 4:
            time.sleep(chance.choice([0.01, 0.1, 0.5, 1.5]) * (0.5 + chance.random()))
            blow = chance.choice(["kill station", "kill collector", "kill both", "cut", "refuse", "stall", "corrupt", "replay", "slow"])
            counts[blow] = counts.get(blow, 0) + 1
            if "station" in blow or "both" in blow:
                self.pharmacy.kill()
            if "collector" in blow or "both" in blow:
                self.centre.kill()
                time.sleep(chance.random() * 0.3)
                self.centre.start()
            if self.pharmacy.child is None:
                self.pharmacy.start()
            if not blow.startswith("kill"):
                if blow != "cut":
                    self.proxy.mode = blow
                    time.sleep(0.2 + chance.random() * 1.5)
                    self.proxy.mode = "pass"
                self.proxy.cut()
        for counter in counters:
            counter.over.set()
        for counter in counters:
            counter.join(60)
            self.assertIsNone(counter.trouble)
        self.wait_equal(patience_s=330 + PATIENCE_S)            # the longest pause is 5 minutes
        booked = {serial: seq for counter in counters for serial, seq in counter.booked.items()}
        self.verify_centre()
        self.pharmacy.verify()
        line, = self.lines().values()
        self.assertEqual((len(line["branches"]), line["quarantined"]), (1, 0), line)
        self.pharmacy.stop()
        self.centre.stop()
        here = rows_of(self.pharmacy.data / "ledger.db", f"SELECT {EVENT} FROM event ORDER BY seq")
        there = rows_of(self.centre.data / "collector.db", f"SELECT {EVENT} FROM event ORDER BY seq")
        self.assertEqual(here, there)
        packs = dict(rows_of(self.pharmacy.data / "ledger.db", "SELECT serial, last_seq FROM pack"))
        self.assertEqual({serial: packs.get(serial) for serial in booked}, booked)
        print(f"{counts}; {len(here)} entries, {len(booked)} answers, {self.proxy.accepted} connections", flush=True)
        self.assertGreater(len(booked), 20)


class Stuck(PairTest):
    def test_a_link_that_only_swallows_is_noticed_and_made_anew(self):
        self.wait_connected()
        self.proxy.mode = "stall"
        status, reply = self.pharmacy.call_scan("01" + "07791234567898" + "17391231" + "10L1", mode="receive", operator=ANA)
        self.assertEqual((status, reply["what"]), (200, "received"))            # at once: the counter waits for nobody
        accepted = self.proxy.accepted
        self.wait_problem("does not answer", patience_s=2 * PATIENCE_S)  # 15 s to the next ping, and 20 s for its answer
        wait_until(lambda: self.proxy.accepted > accepted, "another connection is tried")
        self.proxy.mode = "pass"
        self.proxy.cut()
        self.wait_equal(patience_s=90)


main_guard(__name__)
