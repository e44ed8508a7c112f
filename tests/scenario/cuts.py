# SPDX-License-Identifier: Apache-2.0
"""Power cuts of the real daemon: all that it writes and syncs is written down at the C library, and the disk that a cut would leave is made
again from it, with what was not synced there, absent, or torn. The daemon starts on each: every answer of before the cut is true.

DOSARIO_SECONDS says how long images are tried (default 10), DOSARIO_SEED repeats a run's choices (the daemon's own moments are others).
"""
import fcntl
import os
import pathlib
import random
import secrets
import shutil
import tempfile
import time

from kill9 import Client, Worker
from pharmacy import Pharmacy, PharmacyTest, main_guard, missing, wait_until

SECONDS = float(os.environ.get("DOSARIO_SECONDS", "10"))
RECORDER = os.environ.get("DOSARIO_RECORDING_DISK")
SECTOR = 512


class File:
    """What is surely on the disk, and what was done since."""

    def __init__(self):
        self.bytes, self.since = bytearray(), []

    def sync(self):
        self.do(self.bytes, self.since)
        self.since = []

    @staticmethod
    def do(made, steps):
        for place, data in steps:
            if data is None:
                made[place:] = b""
            else:
                made.extend(bytes(max(0, place - len(made))))
                made[place:place + len(data)] = data

    def after(self, steps):
        made = bytearray(self.bytes)
        self.do(made, steps)
        return made

    def torn(self, chance):
        """Each sector of what was not synced arrived, or not."""
        steps = []
        for place, data in self.since:
            if data is None:
                steps += [(place, data)] * chance.randrange(2)
                continue
            first = place
            while first < place + len(data):
                last = min(place + len(data), (first // SECTOR + 1) * SECTOR)
                if chance.random() < 0.5:
                    steps.append((first, data[first - place:last - place]))
                first = last
        return self.after(steps)

    def left(self, how, chance):
        if how == "torn":
            return self.torn(chance)
        return self.after(self.since[:{"all": len(self.since), "nothing": 0, "the first": chance.randint(0, len(self.since))}[how]])


class Disk:
    """A directory, fed with the record."""

    def __init__(self):
        self.names, self.sure, self.since = {}, {}, []

    def do(self, words, data):
        what, name = words[:2]
        if what == "create":
            self.names[name] = File()
            self.since.append((name, self.names[name]))
        elif what == "unlink" and name in self.names:
            del self.names[name]
            self.since.append((name, None))
        elif what == "rename":
            self.names[words[2]] = self.names.pop(name)
            self.since += [(words[2], self.names[words[2]]), (name, None)]
        elif what == "sync" and name == "/":
            self.sure, self.since = self.sure_after(self.since), []
        elif what == "sync":
            self.names[name].sync()
        elif what == "cut":
            self.names[name].since.append((int(words[2]), None))
        elif what == "write":
            self.names[name].since.append((int(words[2]), data))

    def sure_after(self, steps):
        names = dict(self.sure)
        for name, file in steps:
            names.pop(name, None)
            if file is not None:
                names[name] = file
        return names

    def left(self, how, chance, directory):
        """What a cut leaves, as files."""
        kept = {"all": len(self.since), "nothing": 0}.get(how, chance.randint(0, len(self.since)))
        for name, file in self.sure_after(self.since[:kept]).items():
            path = directory / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.left(how, chance))


def steps_of(record):
    """(place behind it in the record, words, bytes) of each step."""
    text = record.read_bytes()
    at = 0
    while at < len(text):
        end = text.index(b"\n", at)
        words = text[at:end].decode().split(" ")
        at = end + 1
        data = None
        if words[0] == "write":
            data = text[at:at + int(words[3])]
            at += len(data)
        yield at, words, data


class Told(list):
    """Answers, each with how long the record was when it was there."""

    def __init__(self, record):
        super().__init__()
        self.record = record

    def append(self, answer):
        super().append((self.record.stat().st_size, answer))


class Cuts(PharmacyTest):
    running = False

    def day(self):
        """Work, kills, starts and ends in order; (answers in order of time, the whole log)."""
        told = []
        for n in range(3):
            self.start()
            people = [Worker(self.pharmacy, f"W{n}"), Client(self.pharmacy, f"C{n}", True)]
            for one in people:
                one.answered = Told(self.record)
                one.start()
            wait_until(lambda: sum(len(one.answered) for one in people) > 120 or any(one.trouble for one in people), "some answers came")
            with self.record.open("rb") as record:
                fcntl.flock(record, fcntl.LOCK_EX)  # the recorder is between two steps
                self.pharmacy.kill()
            for one in people:
                one.join(30)
                self.assertIsNone(one.trouble)
                told += [(place, one.request(answer[0]) if isinstance(one, Client) else answer[0], answer[-1]) for place, answer in one.answered]
            if n > 0:
                self.start()
                log = self.log_of(self.pharmacy)
                self.pharmacy.stop()
        return sorted(told, key=lambda answer: answer[0]), log

    def start(self):
        self.pharmacy.start(["env", f"LD_PRELOAD={RECORDER}", f"DOSARIO_RECORD={self.record}", f"DOSARIO_RECORDED={self.pharmacy.data.resolve()}",
                             *self.pharmacy.command])

    def log_of(self, pharmacy):
        entries = []
        while True:
            page = pharmacy.call("/v1/ledger/log", {"after": len(entries), "limit": 1000})[1]["entries"]
            entries += [(entry["seq"], entry["hash"]) for entry in page]
            if len(page) < 1000:
                return entries

    def test_every_answer_is_true_after_a_cut_at_any_moment(self):
        if not RECORDER:
            missing(self, "the recorder (libraries of the tests)")
        seed = int(os.environ.get("DOSARIO_SEED") or secrets.randbits(32))
        chance = random.Random(seed)
        self.record = self.pharmacy.home / "record"
        self.record.touch()
        told, log = self.day()
        steps = list(steps_of(self.record))
        self.assertGreater(len(told), 50)
        self.assertGreater(sum(words[0] == "sync" for _, words, _ in steps), 50)
        # Each pass through the record looks at some moments; a third of them are where files change names or lengths.
        special = [n for n, (_, words, _) in enumerate(steps) if words[0] not in ("write", "sync")]
        deadline = time.monotonic() + SECONDS
        tried = {"all": 0, "nothing": 0, "the first": 0, "torn": 0}
        grown = 0
        while time.monotonic() < deadline or sum(tried.values()) < 20:
            moments = {chance.choice(special) if chance.random() < 0.3 else chance.randrange(len(steps)) for _ in range(20)}
            disk = Disk()
            for n, (place, words, data) in enumerate(steps):
                disk.do(words, data)
                if n in moments:
                    how = chance.choice(list(tried))
                    grown += self.try_one(disk, how, chance, [answer for answer in told if answer[0] <= place], log, f"seed {seed}, step {n}, {how}")
                    tried[how] += 1
        print(f"DOSARIO_SEED={seed}: {len(steps)} steps, {len(told)} answers, images: {tried}, {grown} entries nobody had heard of", flush=True)

    def try_one(self, disk, how, chance, told, log, where):
        """Entries in the image that nobody had an answer for."""
        with tempfile.TemporaryDirectory(prefix="dosario-cut-") as directory:
            disk.left(how, chance, pathlib.Path(directory))
            pharmacy = Pharmacy(data=directory)
            try:
                with self.subTest(where):
                    pharmacy.start()
                    found = self.log_of(pharmacy)
                    heard = max((seq for _, _, reply in told for seq in reply["seq"]), default=0)
                    if told or found[0] == log[0]:      # of a ledger that was hardly begun a new one is made
                        self.assertEqual(found, log[:len(found)], "an entry is not as it was told")
                    self.assertGreaterEqual(len(found), heard, "an answered scan is gone")
                    pharmacy.verify()
                    for _, request, reply in told[-2:]:
                        self.assertEqual(pharmacy.call("/v1/scan", request), (200, reply), "the kept reply is another")
                    self.assertEqual(len(self.log_of(pharmacy)), len(found))
                    pharmacy.kill()
                    return len(found) - heard
                shutil.copytree(directory, f"/tmp/dosario-cut-{where.replace(' ', '_')}", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
            finally:
                pharmacy.close()
        return 0


del PharmacyTest  # its tests are not run again here
main_guard(__name__)
