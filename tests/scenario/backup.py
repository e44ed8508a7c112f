# SPDX-License-Identifier: Apache-2.0
"""Backups as a pharmacy lives with them: the sheet, the stick, the night, the disk that is lost, and the new computer."""
import json
import re
import shutil
import subprocess
import time
import unittest

from pair import PairTest, rows_of
from pharmacy import (ANA, DONE, IBUPROFEN, IN_A_YEAR, PATIENCE_S, REFUSED, SYRUP, USAGE, Pharmacy, PharmacyTest, day, element_string, main_guard,
                      missing, run_dosario, typed, unshare_or_skip, wait_until)

NAME = re.compile(r"dosario-[0-9a-f]{8}-\d{8}T\d{6}Z\.tar\.zst\.age")
KEY = re.compile(r"AGE-SECRET-KEY-1\s+((?:[A-Z0-9]+\s+){10})")


def box(serial, lot="L1"):
    return element_string(IBUPROFEN, IN_A_YEAR, lot, serial)


def section(*directories, more=""):
    return f"[backup]\ndirectories = {json.dumps([str(one) for one in directories])}\nsame_disk = true\n{more}\n"


def key_on(sheet):
    """As it is printed, in groups and lines."""
    found = KEY.search(sheet)
    assert found, sheet
    return found.group(0)


def restore(file, data, key, *more):
    return run_dosario("restore", file, "--data", data, *more, stdin=key)


class Sticks:
    """What a test of backups has beside its pharmacy."""

    def plug(self, pharmacy, *names, more="", collector=""):
        self.sticks = [pharmacy.home / name for name in names]
        for stick in self.sticks:
            stick.mkdir(exist_ok=True)
        self.stick = self.sticks[0]
        pharmacy.configure(more=section(*self.sticks, more=more) + collector)

    def sheet(self, pharmacy, *more):
        answer = pharmacy.dosario("backup", "setup", *more)
        self.assertEqual(answer.code, DONE, answer)
        return answer.out

    def backups(self, stick=None):
        return sorted(one.name for one in (stick or self.stick).iterdir())

    def back_up(self, pharmacy):
        """The path of a new backup on the first stick."""
        before = set(self.backups())
        answer = pharmacy.ask("backup", "now")
        self.assertEqual(answer.code, DONE, answer)
        new, = set(self.backups()) - before
        self.assertRegex(new, NAME)
        return self.stick / new

    def receive(self, pharmacy, *serials, lot="L1"):
        for serial in serials:
            status, reply = pharmacy.call_scan(box(serial, lot), mode="receive", operator=ANA)
            self.assertEqual((status, reply.get("what")), (200, "received"), reply)


class Backup(Sticks, PharmacyTest):
    running = False

    def setUp(self):
        super().setUp()
        self.plug(self.pharmacy, "stick")
        self.secret = key_on(self.sheet(self.pharmacy))
        self.pharmacy.start()

    def test_the_sheet_is_printed_once_and_its_key_is_kept_nowhere(self):
        again = self.pharmacy.dosario("backup", "setup")
        self.assertEqual((again.code, again.out), (REFUSED, ""), again)
        self.assertIn("--replace", again.err)
        self.back_up(self.pharmacy)
        bare = re.sub(r"\s", "", self.secret)[len("AGE-SECRET-KEY-1"):]
        for file in self.pharmacy.home.rglob("*"):
            if file.is_file():
                self.assertNotIn(bare[:20].encode(), file.read_bytes().upper(), file)
        sheet = self.sheet(self.pharmacy, "--replace")
        self.assertNotEqual(key_on(sheet), self.secret)
        self.assertLess(sheet.index("ESPAÑOL"), sheet.index("ENGLISH"))
        self.assertIn(f"dosario restore ARCHIVO --data {self.pharmacy.data}", sheet)
        new = self.back_up(self.pharmacy)
        self.assertEqual(run_dosario("backup", "check", "--key", new, stdin=self.secret).code, REFUSED)
        self.assertEqual(run_dosario("backup", "check", "--key", new, stdin=key_on(sheet)).code, DONE)

    def test_standard_tools_open_a_backup(self):
        for tool in ("age", "zstd", "tar"):
            if shutil.which(tool) is None:
                missing(self, f"{tool}, to open a backup without Dosario")
        self.receive(self.pharmacy, "S1", "S2")
        (self.pharmacy.data / "persons.db").write_bytes(b"somebody")
        (self.pharmacy.data / "site-keys").write_bytes(b"sealed")
        file = self.back_up(self.pharmacy)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        identity = self.pharmacy.home / "identity"
        identity.write_text(re.sub(r"\s", "", self.secret) + "\n")
        opened = self.pharmacy.home / "opened"
        opened.mkdir()
        plain = subprocess.run(["age", "-d", "-i", identity, file], capture_output=True, check=True, timeout=PATIENCE_S).stdout
        subprocess.run(["tar", "--zstd", "-x", "-C", opened], input=plain, check=True, timeout=PATIENCE_S)
        self.assertEqual(sorted(one.name for one in opened.iterdir()),
                         ["catalogue.toml", "dosario.toml", "ledger.db", "manifest.json", "recovery.pub", "site-keys"])
        manifest = json.loads((opened / "manifest.json").read_text())
        status = self.pharmacy.call("/v1/status")[1]
        self.assertEqual((manifest["ledger"], manifest["head_seq"], manifest["head_hash"], manifest["station"]),
                         (status["ledger"], status["entries"], status["head"], "prueba"))
        self.assertEqual(rows_of(opened / "ledger.db", "SELECT count(*) FROM event"), [(status["entries"],)])
        self.assertEqual((opened / "dosario.toml").read_text(), self.pharmacy.config.read_text())
        # And what the age tool wrote, ours reads: not a backup, but opened.
        stranger = self.pharmacy.home / "stranger.age"
        public = (self.pharmacy.data / "recovery.pub").read_text().strip()
        subprocess.run(["age", "-r", public, "-o", stranger], input=b"x" * 200_000, check=True, timeout=PATIENCE_S)
        answer = run_dosario("backup", "check", "--key", stranger, stdin=self.secret)
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("no backup", answer.err)

    def test_the_daemon_tells_of_its_backups(self):
        status, reply = self.pharmacy.call("/v1/backup")
        self.assertEqual((status, reply["running"], reply["last_good_at"]), (200, False, ""))
        self.receive(self.pharmacy, "S1")
        file = self.back_up(self.pharmacy)
        reply = self.pharmacy.ask("backup", "list").reply
        self.assertEqual([one["name"] for one in reply["targets"][0]["files"]], [file.name])
        self.assertEqual(reply["targets"][0]["files"][0]["bytes"], file.stat().st_size)
        self.assertTrue(reply["last_good_at"] and reply["copy_at"], reply)
        self.assertIn(file.name, self.pharmacy.dosario("backup", "list").out)
        self.assertIn(file.name, run_dosario("backup", "list", self.stick).out)
        self.assertEqual(self.pharmacy.call("/v1/status")[1]["warnings"], [])
        copy = self.pharmacy.data / "last-night.db"
        self.assertEqual(copy.stat().st_mode & 0o777, 0o600)
        self.assertEqual(rows_of(copy, "SELECT max(seq) FROM event"), [(self.pharmacy.call("/v1/status")[1]["entries"],)])
        self.assertEqual(self.pharmacy.call("/v1/backup/now", method="GET")[0], 400)
        # It is remembered over a restart.
        self.pharmacy.stop()
        self.pharmacy.start()
        again = self.pharmacy.call("/v1/backup")[1]
        self.assertEqual((again["last_good_at"], again["targets"]), (reply["last_good_at"], reply["targets"]))

    def test_without_a_folder_or_a_key_one_line_says_so(self):
        plain = Pharmacy()
        self.addCleanup(plain.close)
        plain.start()
        warnings = plain.call("/v1/status")[1]["warnings"]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn("no backup is configured", warnings[0])
        answer = plain.ask("backup", "now")
        self.assertEqual(answer.code, USAGE, answer)
        plain.stop()
        plain.configure(more=section(self.stick))
        plain.start()
        warnings = plain.call("/v1/status")[1]["warnings"]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn("dosario backup setup", warnings[0])
        answer = plain.ask("backup", "now")
        self.assertEqual(answer.code, REFUSED, answer)
        self.assertEqual(self.backups(), [])
        plain.stop()

    def test_a_missing_stick_is_told_and_hinders_no_other(self):
        self.pharmacy.stop()
        self.plug(self.pharmacy, "stick", "second", more="keep = 2")
        self.pharmacy.start()
        shutil.rmtree(self.sticks[1])
        answer = self.pharmacy.ask("backup", "now")
        self.assertEqual(answer.code, REFUSED, answer)
        good, absent = answer.reply["targets"]
        self.assertEqual((good["problem"], len(good["files"])), ("", 1))
        self.assertIn("plugged in", absent["problem"])
        self.assertEqual(answer.reply["problem"], "")
        warning, = self.pharmacy.call("/v1/status")[1]["warnings"]
        self.assertIn(str(self.sticks[1]), warning)
        self.sticks[1].mkdir()
        for _ in range(3):
            self.back_up(self.pharmacy)
        self.assertEqual([len(self.backups(stick)) for stick in self.sticks], [2, 2])
        self.assertEqual(self.pharmacy.call("/v1/status")[1]["warnings"], [])
        # Both gone: it failed, and why.
        for stick in self.sticks:
            shutil.rmtree(stick)
        self.assertEqual(self.pharmacy.ask("backup", "now").code, REFUSED)
        warning, = self.pharmacy.call("/v1/status")[1]["warnings"]
        self.assertIn("the last backup failed", warning)

    def test_a_folder_on_the_ledgers_own_disk_is_refused_unless_it_is_meant(self):
        self.pharmacy.stop()
        self.pharmacy.configure(more=section(self.stick).replace("same_disk = true", ""))
        self.pharmacy.start()
        answer = self.pharmacy.dosario("backup", "now")
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("same disk", answer.err)
        self.assertEqual(self.backups(), [])

    def test_a_full_stick_keeps_its_last_backup(self):
        private = unshare_or_skip(self)
        self.pharmacy.stop()
        self.pharmacy.start(private(f"mount -t tmpfs -o size=24k tmpfs '{self.stick}'", self.pharmacy.command))
        answers = [self.pharmacy.ask("backup", "now") for _ in range(5)]
        self.assertEqual([answer.code for answer in answers], [DONE] * 5, answers)
        listed = [[one["name"] for one in answer.reply["targets"][0]["files"]] for answer in answers]
        self.assertTrue(1 <= len(listed[-1]) < 5, listed)
        self.assertNotIn(listed[0][0], listed[-1])
        # More than there is room for, even alone.
        names = [f"K{n}" for n in range(400)]
        for name in names:
            self.receive(self.pharmacy, name)
        answer = self.pharmacy.ask("backup", "now")
        self.assertEqual(answer.code, REFUSED, answer)
        self.assertIn("not enough room", answer.reply["problem"])
        self.assertEqual(len(answer.reply["targets"][0]["files"]), 1, answer)

    def test_the_counter_works_on_while_a_backup_is_made(self):
        self.receive(self.pharmacy, *[f"S{n}" for n in range(20)])
        status, _ = self.pharmacy.call("/v1/backup/now")
        self.assertEqual(status, 200)
        n = 0
        while self.pharmacy.call("/v1/backup")[1]["running"]:
            self.receive(self.pharmacy, f"T{n}")
            n += 1
        self.assertGreater(n, 0)
        file, = self.backups()
        answer = run_dosario("backup", "check", "--key", self.stick / file, stdin=self.secret)
        self.assertEqual(answer.code, DONE, answer)

    def test_a_daemon_killed_in_a_backup_leaves_no_half_one(self):
        self.receive(self.pharmacy, *[f"S{n}" for n in range(50)])
        for _ in range(8):
            before = set(self.backups())
            self.pharmacy.call("/v1/backup/now")
            time.sleep(0.005 * (_ + 1))
            self.pharmacy.kill()
            for name in set(self.backups()) - before:
                if not name.endswith(".partial"):
                    self.assertEqual(run_dosario("backup", "check", "--key", self.stick / name, stdin=self.secret).code, DONE)
            self.pharmacy.start()
        self.back_up(self.pharmacy)
        for name in self.backups():
            self.assertRegex(name, NAME)
        self.assertFalse((self.pharmacy.data / "last-night.db.partial").exists())

    def test_a_long_report_reads_last_nights_copy_and_what_came_after(self):
        self.receive(self.pharmacy, "S1", "S2", lot="L1")
        words = ("report", "moves", "--from", day(-1).isoformat(), "--to", day(1).isoformat())
        alone = self.pharmacy.ask(*words).reply
        self.assertEqual(alone["copy_entries"], 0)
        self.assertIn("read from the ledger itself", self.pharmacy.dosario(*words).out)
        self.back_up(self.pharmacy)
        copied = self.pharmacy.call("/v1/status")[1]["entries"]
        self.receive(self.pharmacy, "S3", lot="L2")
        self.assertEqual(self.pharmacy.ask("fraction", typed(box("S1")), "--operator", ANA, "--waste", "3", "--doses", "2").code, DONE)
        self.assertEqual(self.pharmacy.ask("dispense", typed(box("S2")), "--operator", ANA).code, DONE)
        self.assertEqual(self.pharmacy.ask("undo", "--operator", ANA).code, DONE)
        reply = self.pharmacy.ask(*words).reply
        self.assertEqual((reply["copy_entries"], reply["entries"]), (copied, self.pharmacy.call("/v1/status")[1]["entries"]))
        one, two = reply["lines"]
        nothing = dict.fromkeys(one["booked"], 0)
        self.assertEqual((one["lot"], one["unit"]), ("L1", "comprimido"))
        self.assertEqual(one["booked"], {**nothing, "received_packs": 2, "received_units": 60, "dispensed_packs": 1, "dispensed_units": 30,
                                         "wasted_units": 3})
        self.assertEqual(one["undone"], {**nothing, "dispensed_packs": 1, "dispensed_units": 30})
        self.assertEqual((two["lot"], two["booked"]["received_units"], two["undone"]), ("L2", 30, nothing))
        # The same without the copy, and with one that is not of this ledger.
        (self.pharmacy.data / "last-night.db").write_bytes(b"not a ledger")
        again = self.pharmacy.ask(*words).reply
        self.assertEqual((again["lines"], again["copy_entries"]), (reply["lines"], 0))
        self.assertEqual(self.pharmacy.ask(*words, "--gtin", SYRUP).reply["lines"], [])
        self.assertEqual(self.pharmacy.ask("report", "moves", "--from", "2026-13-01", "--to", "2026-12-01").code, USAGE)
        self.assertEqual(self.pharmacy.ask("report", "moves", "--from", "2027-01-02", "--to", "2027-01-01").code, USAGE)

    def test_a_snapshot_says_beforehand_what_it_takes(self):
        self.receive(self.pharmacy, "S1")
        copy = self.pharmacy.home / "copy.db"
        answer = self.pharmacy.dosario("ledger", "snapshot", copy)
        self.assertEqual(answer.code, DONE, answer)
        self.assertRegex(answer.err, r"needs \d+ MiB of \d+ MiB free, takes about \d+ s")
        _, said = self.pharmacy.call("/v1/ledger/snapshot", {"path": str(self.pharmacy.home / "other.db"), "estimate": True})
        self.assertEqual(said["bytes"], copy.stat().st_size)
        self.assertEqual(sorted(one.name for one in self.pharmacy.home.glob("*.db*")), ["copy.db"])

    # --- a bare computer

    def lose_the_disk(self):
        self.pharmacy.stop()
        shutil.rmtree(self.pharmacy.data)

    def test_a_bare_computer_needs_the_stick_and_the_sheet_only(self):
        self.receive(self.pharmacy, "S1", "S2")
        whole = self.pharmacy.log()
        file = self.back_up(self.pharmacy)
        self.receive(self.pharmacy, "S3")
        self.lose_the_disk()
        answer = run_dosario("restore", file, "--data", self.pharmacy.data, stdin=self.secret.lower())
        self.assertEqual(answer.code, DONE, answer)
        for words in ("station prueba", f"{len(whole)} entries", "no collector", "persons.db", "restored", "old computer"):
            self.assertIn(words, answer.out)
        shutil.copy(self.pharmacy.data / "restored" / "dosario.toml", self.pharmacy.config)
        self.pharmacy.start()
        self.assertEqual(self.pharmacy.log(), whole)
        branch = self.pharmacy.verify()["branch"]
        self.receive(self.pharmacy, "S3")
        self.assertNotEqual(self.pharmacy.verify()["branch"], branch)
        self.assertEqual(self.pharmacy.log()[:len(whole)], whole)
        self.back_up(self.pharmacy)

    def test_what_cannot_be_restored_is_told_and_writes_nothing(self):
        self.receive(self.pharmacy, "S1")
        file = self.back_up(self.pharmacy)
        data = self.pharmacy.home / "new"

        def refused(code, words, key=self.secret, file=file, data=data):
            answer = restore(file, data, key, "--json")
            self.assertEqual(answer.code, code, answer)
            self.assertIn(words, answer.reply["message"])
            self.assertFalse((data / "ledger.db").exists() and data != self.pharmacy.data)

        bare = re.sub(r"\s", "", self.secret)
        refused(USAGE, "checksum", key=bare[:-1] + ("Q" if bare[-1] != "Q" else "P"))
        refused(USAGE, "characters", key=bare[:-4])
        refused(USAGE, "0 were typed", key="")
        other = Pharmacy()
        self.addCleanup(other.close)
        refused(REFUSED, "another sheet", key=key_on(self.sheet(other)))
        damaged = self.pharmacy.home / "damaged.age"
        raw = bytearray(file.read_bytes())
        raw[len(raw) // 2] ^= 1
        damaged.write_bytes(raw)
        refused(REFUSED, "damaged", file=damaged)
        damaged.write_bytes(file.read_bytes()[:-100])
        refused(REFUSED, "damaged", file=damaged)
        refused(REFUSED, "no age file", file=self.pharmacy.config)
        refused(REFUSED, "plugged in", file=self.stick / "absent")
        before = self.pharmacy.log()
        refused(3, "in use by process", data=self.pharmacy.data)
        self.pharmacy.stop()
        refused(REFUSED, "without a ledger", data=self.pharmacy.data)
        self.pharmacy.start()
        self.assertEqual(self.pharmacy.log(), before)
        # After all that the same directory takes the right one.
        self.assertEqual(restore(file, data, self.secret).code, DONE)

    def test_without_the_key_only_the_outside_is_judged(self):
        file = self.back_up(self.pharmacy)
        self.assertEqual(run_dosario("backup", "check", file).code, DONE)
        cut = self.pharmacy.home / "cut"
        cut.write_bytes(file.read_bytes()[:200])
        self.assertEqual(run_dosario("backup", "check", cut).code, REFUSED)
        self.assertEqual(run_dosario("backup", "check", self.pharmacy.config).code, REFUSED)


class Rejoin(Sticks, PairTest):
    running = False

    def setUp(self):
        super().setUp()
        self.collector = f'[collector]\naddress = "127.0.0.1:{self.proxy.port}"\n'
        self.plug(self.pharmacy, "stick", collector=self.collector)
        self.secret = key_on(self.sheet(self.pharmacy))
        self.centre.start()
        self.pharmacy.start()

    def test_a_lost_disk_comes_back_from_the_stick_and_the_collector(self):
        self.receive(self.pharmacy, "S1", "S2")
        self.wait_equal()
        file = self.back_up(self.pharmacy)
        self.receive(self.pharmacy, *[f"T{n}" for n in range(40)])
        self.assertEqual(self.pharmacy.ask("fraction", typed(box("T7")), "--operator", ANA).code, DONE)
        self.wait_equal()
        whole = self.pharmacy.log()
        self.pharmacy.kill()
        lost = self.pharmacy.home / "lost"
        self.pharmacy.data.rename(lost)

        answer = restore(file, self.pharmacy.data, self.secret, "--json")
        self.assertEqual(answer.code, DONE, answer)
        self.assertTrue(any("collector" in line for line in answer.reply["missing"]), answer)
        self.assertEqual(set(answer.reply["in_place"]), {"ledger.db", "station.pem", "ca.pem", "recovery.pub"})
        self.pharmacy.start()
        wait_until(lambda: self.pharmacy.call("/v1/status")[1]["entries"] >= len(whole), "the tail is back")
        self.assertEqual([entry["hash"] for entry in self.pharmacy.log()], [entry["hash"] for entry in whole])
        self.receive(self.pharmacy, "U1", "U2")
        self.assertEqual(self.pharmacy.ask("fraction", typed(box("T8")), "--operator", ANA).code, DONE)
        self.wait_equal()
        line, = self.lines().values()
        self.assertEqual(len(line["branches"]), 2)
        self.verify_centre()
        self.pharmacy.verify()
        self.back_up(self.pharmacy)
        self.pharmacy.stop()
        self.centre.stop()
        here = self.compare_files()
        # Nothing of the lost disk is missing at the collector, and nothing is there twice.
        there = set(rows_of(lost / "ledger.db", "SELECT event_id, hash FROM event"))
        self.assertEqual(there - {(row[1], row[9]) for row in here}, set())
        self.assertEqual(len({row[1] for row in here}), len(here))

    def test_a_changed_catalogue_waits_until_the_lost_entries_are_back(self):
        self.receive(self.pharmacy, "S1")
        self.wait_equal()
        file = self.back_up(self.pharmacy)
        self.receive(self.pharmacy, "T1", "T2")
        self.wait_equal()
        whole = [entry["hash"] for entry in self.pharmacy.log()]
        self.pharmacy.stop()
        self.centre.stop()
        shutil.rmtree(self.pharmacy.data)
        self.assertEqual(restore(file, self.pharmacy.data, self.secret).code, DONE)
        catalogue = self.pharmacy.home / "catalogue.toml"
        catalogue.write_text(catalogue.read_text() + '[[product]]\ngtin = "07790000000034"\nname = "Nuevo"\nunit = "comprimido"\nunits_per_pack = 10\n')
        self.pharmacy.start()
        self.wait_problem("")
        self.assertLess(len(self.pharmacy.log()), len(whole))
        self.assertNotIn("Nuevo", str(self.pharmacy.log()))
        self.centre.start()
        wait_until(lambda: "Nuevo" in str(self.pharmacy.log()), "the new product is learnt")
        self.assertEqual([entry["hash"] for entry in self.pharmacy.log()][:len(whole)], whole)
        self.assertEqual(len(self.pharmacy.log()), len(whole) + 1)
        self.wait_equal()
        self.verify_centre()
        self.pharmacy.stop()
        self.centre.stop()
        self.compare_files()

    def test_a_restored_station_that_works_before_it_is_connected_keeps_both_histories(self):
        self.receive(self.pharmacy, "S1")
        self.wait_equal()
        file = self.back_up(self.pharmacy)
        self.receive(self.pharmacy, "T1", "T2")
        self.wait_equal()
        self.pharmacy.stop()
        self.centre.stop()
        lost = rows_of(self.pharmacy.data / "ledger.db", "SELECT event_id, hash FROM event")
        shutil.rmtree(self.pharmacy.data)
        self.assertEqual(restore(file, self.pharmacy.data, self.secret).code, DONE)
        self.pharmacy.start()
        self.receive(self.pharmacy, "V1", "V2", "V3")
        self.centre.start()
        self.wait_equal()
        wait_until(lambda: self.uplink()["lag"] == 0, "the station knows what the collector has")
        self.verify_centre()
        self.pharmacy.verify()
        self.pharmacy.stop()
        self.centre.stop()
        here = {(row[1], row[9]) for row in self.compare_files()}
        self.assertEqual(set(lost) - here, set())


main_guard(__name__)
