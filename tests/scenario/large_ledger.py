# SPDX-License-Identifier: Apache-2.0
"""A ledger of years: the counter answers while it is verified, and stops at once in the middle of that."""
import contextlib
import hashlib
import os
import pathlib
import sqlite3
import struct
import threading
import time

from pharmacy import (ANA, AMOXICILLIN, DONE, IBUPROFEN, IN_TWO_YEARS, REFUSED, PharmacyTest, element_string, main_guard, run_dosario,
                      unshare_or_skip, wait_until)

ENTRIES = 60_000


def lengthen(path, entries):
    """Repeats the last entry of a closed ledger, each with its right hash. The lists have to be made again after it."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        (ledger_id,) = db.execute("SELECT v FROM meta WHERE k = 'ledger_id'").fetchone()
        seq, kind, version, boot, mono, wall, clock, body, head = db.execute(
            "SELECT seq, kind, version, boot, mono_us, wall_us, clock, body, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        rows = []
        for n in range(seq + 1, seq + 1 + entries):
            event_id = n.to_bytes(8, "big") + os.urandom(8)
            header = struct.pack(">QIIQqqIQ", n, kind, version, boot, mono, wall, clock, len(body))
            head = hashlib.sha256(b"dosario.event.1" + ledger_id + head + header + event_id + body).digest()
            rows.append((n, event_id, kind, version, boot, mono, wall, clock, body, head))
        db.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


class LargeLedger(PharmacyTest):
    def setUp(self):
        super().setUp()
        self.expect(self.pharmacy.scan("DOSARIO.RECIBIR", ANA, element_string(IBUPROFEN, IN_TWO_YEARS, "L1")), "received")
        self.pharmacy.stop()
        lengthen(self.pharmacy.data / "ledger.db", ENTRIES)
        rebuilt = self.pharmacy.ask("ledger", "rebuild")
        self.assertEqual(rebuilt.code, DONE, rebuilt)
        self.assertGreater(rebuilt.reply["entries"], ENTRIES)

    def in_background(self, path):
        """Calls it on another thread; a list that gets (status, reply, seconds) when it is answered, or the exception."""
        outcome = []

        def call():
            before = time.monotonic()
            try:
                with contextlib.closing(self.pharmacy.http(timeout=300)) as connection:
                    outcome.append((*self.pharmacy.call(path, connection=connection), time.monotonic() - before))
            except (OSError, ValueError) as error:
                outcome.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        self.addCleanup(thread.join)
        return outcome

    def temporary_files(self):
        """Sizes of SQLite's files that have no name any more: copy and scratch database."""
        sizes = []
        for descriptor in pathlib.Path(f"/proc/{self.pharmacy.child.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if "etilqs" in os.readlink(descriptor):
                    sizes.append(descriptor.stat().st_size)
        return sizes

    def test_scans_are_answered_while_a_large_ledger_is_verified(self):
        self.pharmacy.start()
        outcome, scans = self.in_background("/v1/ledger/verify"), []
        with contextlib.closing(self.pharmacy.http()) as connection:
            while not outcome:
                before = time.monotonic()
                status, reply = self.pharmacy.call_scan(element_string(AMOXICILLIN, IN_TWO_YEARS, "L1"), connection=connection, mode="receive", operator=ANA)
                self.assertEqual((status, reply["what"]), (200, "received"))
                scans.append(time.monotonic() - before)
        status, reply, took = outcome[0]
        self.assertEqual((status, reply["ok"], reply["faults"]), (200, True, []))
        self.assertGreater(reply["entries"], ENTRIES)
        print(f"verified in {took:.2f} s; {len(scans)} scans meanwhile, the slowest {max(scans):.3f} s", flush=True)
        self.assertGreater(len(scans), 5)
        self.assertLess(max(scans), took / 2)                                            # the counter never waited for the whole of it
        self.assertEqual(self.temporary_files(), [])

    def test_the_daemon_stops_at_once_in_the_middle_of_verifying(self):
        self.pharmacy.start()
        outcome = self.in_background("/v1/ledger/verify")
        whole = (self.pharmacy.data / "ledger.db").stat().st_size
        wait_until(lambda: max(self.temporary_files(), default=0) > whole * 0.9 or outcome, "the copy is there")
        self.assertEqual(outcome, [])
        before = time.monotonic()
        self.pharmacy.stop()
        self.assertLess(time.monotonic() - before, 5)
        status, reply, _ = wait_until(lambda: outcome, "the caller hears of it")[0]
        self.assertEqual((status, reply["error"]), (503, "unavailable"))
        self.assertIn("broken off", reply["message"])
        self.pharmacy.verify()                                                           # by the tool itself

    def test_verifying_without_room_for_the_copy_says_so_and_the_counter_goes_on(self):
        private = unshare_or_skip(self)
        pharmacy, counter, small = self.pharmacy, self.pharmacy.home / "counter.sock", self.pharmacy.home / "small"
        small.mkdir()
        pharmacy.configure(api=f'socket = "{counter}"')
        pharmacy.start(private(f"export SQLITE_TMPDIR='{small}' && mount -t tmpfs -o size=1m tmpfs '{small}'", pharmacy.command))
        for _ in range(2):
            answer = run_dosario("--socket", counter, "--json", "ledger", "verify")
            self.assertEqual((answer.code, answer.reply["error"]), (REFUSED, "full"), answer)
            self.assertIn("temporary copy", answer.reply["message"])
            scanned = run_dosario("--socket", counter, "--json", "receive", "--operator", ANA, "01" + AMOXICILLIN + "17" + IN_TWO_YEARS.strftime("%y%m%d") + "10L1")
            self.expect(scanned.reply, "received")
        pharmacy.stop()
        pharmacy.verify()


main_guard(__name__)
