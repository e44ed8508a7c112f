# SPDX-License-Identifier: Apache-2.0
"""dosario-collector as people meet it: certificates, verbs, mistakes, full and damaged disks, kill -9."""
import os
import pathlib
import sqlite3
import stat
import threading
import time

from centre import PING, PONG, Centre, CentreTest, Ledger, Refused, blob, sint, uint
from pharmacy import DONE, NO_DAEMON, REFUSED, USAGE, main_guard, unshare_or_skip, wait_until

GTIN = "07791234567898"


class Certificates(CentreTest):
    running = False

    def setUp(self):
        self.centre = Centre(certificates=False)
        self.addCleanup(self.centre.close)

    def expect(self, words, code, *sentences):
        answer = self.centre.verb(*words)
        self.assertEqual(answer.code, code, answer)
        said = answer.out + answer.err
        for sentence in sentences:
            self.assertIn(sentence, said)
        return said

    def mode(self, *place):
        return stat.S_IMODE(self.centre.data.joinpath("pki", *place).stat().st_mode)

    def test_keys_are_for_their_owner_alone(self):
        os.umask(0o022)
        self.expect(["pki", "init"], DONE, "authority.pem", "ca.pem", "collector.pem")
        self.expect(["pki", "issue", "farmacia-7"], DONE, "farmacia-7.pem", "nobody else")
        for name in (["authority.pem"], ["collector.pem"], ["stations", "farmacia-7.pem"]):
            self.assertEqual(self.mode(*name), 0o600, name)
            self.assertIn("PRIVATE KEY", self.centre.data.joinpath("pki", *name).read_text())
        self.assertEqual(self.mode(), 0o700)
        self.assertEqual(self.mode("stations"), 0o700)
        self.assertNotIn("PRIVATE KEY", (self.centre.data / "pki" / "ca.pem").read_text())

    def test_an_authority_is_made_once(self):
        self.expect(["pki", "init"], DONE)
        before = (self.centre.data / "pki" / "authority.pem").read_bytes()
        self.expect(["pki", "init"], REFUSED, "is there already", "lock them out")
        self.assertEqual((self.centre.data / "pki" / "authority.pem").read_bytes(), before)

    def test_a_station_is_issued_once_unless_again(self):
        self.expect(["pki", "issue", "farmacia-7"], REFUSED, "pki init")
        self.expect(["pki", "init"], DONE)
        self.expect(["pki", "issue", "farmacia-7"], DONE)
        path = self.centre.data / "pki" / "stations" / "farmacia-7.pem"
        before = path.read_bytes()
        self.expect(["pki", "issue", "farmacia-7"], REFUSED, "is there already", "--again")
        self.assertEqual(path.read_bytes(), before)
        self.expect(["pki", "issue", "farmacia-7", "--again"], DONE)
        self.assertNotEqual(path.read_bytes(), before)
        self.assertEqual(self.mode("stations", "farmacia-7.pem"), 0o600)

    def test_names_that_are_none(self):
        for name in ("", "Farmacia", "a b", "../../etc/passwd", "a/b", "x" * 65, "ñandú", "a\nb"):
            self.expect(["pki", "init", "--name", name], USAGE, "1 to 64 characters")
            self.assertFalse((self.centre.data / "pki").exists(), name)
        self.expect(["pki", "init", "--name", "x" * 64], DONE)
        for name in ("Farmacia", "a b", "../../etc/passwd", "a/b", "x" * 65, "ñandú"):
            self.expect(["pki", "issue", name], USAGE, "1 to 64 characters")
        for days in ("0", "3651", "ten"):
            self.assertEqual(self.centre.verb("pki", "issue", "a", "--days", days).code, USAGE)
        self.assertEqual(list((self.centre.data / "pki" / "stations").iterdir()), [])

    def test_it_says_where_it_wants_to_write(self):
        answer = self.centre.run("pki", "init")
        self.assertEqual(answer.code, USAGE)
        self.assertIn("--data DIR", answer.err)
        answer = self.centre.run("--data", self.centre.home / "nowhere", "pki", "init")
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("nowhere", answer.err)

    def test_without_certificates_it_does_not_start_and_says_what_makes_them(self):
        answer = self.centre.run("--config", self.centre.config, "--data", self.centre.data)
        self.assertEqual(answer.code, 1)
        self.assertIn("pki init", answer.err)
        self.assertFalse((self.centre.data / "collector.db").exists())

    def test_a_key_that_others_can_read_is_refused(self):
        self.expect(["pki", "init"], DONE)
        (self.centre.data / "pki" / "collector.pem").chmod(0o644)
        answer = self.centre.run("--config", self.centre.config, "--data", self.centre.data)
        self.assertEqual(answer.code, 1)
        self.assertIn("collector.pem", answer.err)

    def test_an_authority_that_is_missing_or_readable_by_others_is_told_at_the_start_and_stations_are_received(self):
        self.expect(["pki", "init"], DONE)
        authority = self.centre.data / "pki" / "authority.pem"
        station = self.station(entries=2)
        self.centre.start()
        self.centre.stop()
        self.assertNotIn("signer_not_usable", self.centre.log_text)
        authority.chmod(0o644)
        self.centre.start()
        self.assertRegex(self.centre.log_text, f"warning signer_not_usable why=.*chmod 600 {authority}")
        self.assertEqual(station.deliver(), 2)
        self.centre.stop()
        authority.unlink()
        self.centre.start()
        self.assertRegex(self.centre.log_text, f"warning signer_not_usable why=.*cannot read {authority}")
        self.centre.stop()
        self.centre.configure('[certificates]\nsigner = "none"\n')
        self.centre.start()
        self.centre.stop()
        self.assertEqual(self.centre.log_text.count("signer_not_usable"), 2)


class Mistakes(CentreTest):
    running = False

    def start_and_end(self):
        return self.centre.run("--config", self.centre.config, "--data", self.centre.data)

    def test_a_wrong_configuration_is_told_with_its_place(self):
        for text, place, word in (("[listen]\nport = 70000\n", ":2:", "65535"), ("[listen]\nport = \"x\"\n", ":2:", "port"),
                                  ("[listen]\naddress = \"central.example\"\n", ":2:", "numeric"), ("[lisen]\nport = 1\n", ":1:", "lisen"),
                                  ("[api]\nsocket = \"people.sock\"\n", ":2:", "whole path"), ("[listen\n", ":1:", "")):
            self.centre.config.write_text(text, encoding="utf-8")
            answer = self.start_and_end()
            self.assertEqual(answer.code, USAGE, answer)
            self.assertIn(f"{self.centre.config}{place}", answer.err)
            self.assertIn(word, answer.err)
            self.assertIn("nothing was started", answer.err)
            checked = self.centre.run("--config", self.centre.config, "--check-config")
            self.assertEqual(checked.code, USAGE)
        self.assertFalse((self.centre.data / "collector.db").exists())
        self.centre.config.unlink()
        self.assertEqual(self.start_and_end().code, USAGE)

    def test_the_example_of_the_project_is_good(self):
        from pharmacy import ROOT
        answer = self.centre.run("--config", ROOT / "config" / "collector.toml", "--check-config")
        self.assertEqual((answer.code, answer.err), (0, ""))

    def test_words_that_are_none(self):
        for words in (["stocks"], ["pki"], ["pki", "revoke"], ["status", "--loud"], ["lot"], ["stations", "extra"], ["--config"]):
            answer = self.centre.verb(*words)
            self.assertEqual(answer.code, USAGE, words)
            self.assertTrue(answer.err.startswith("dosario-collector: "), answer)
        for words in (["lot"], ["stocks"], ["status", "--loud"]):
            answer = self.centre.verb(*words, "--json")
            self.assertEqual((answer.code, answer.err, answer.reply["error"]), (USAGE, "", "invalid"), words)
        answer = self.centre.run()
        self.assertEqual(answer.code, USAGE)
        self.assertIn("--config FILE is wanted", answer.err)
        answer = self.centre.run("--config", self.centre.config)
        self.assertEqual(answer.code, USAGE)
        self.assertIn("--data DIR is wanted", answer.err)

    def test_a_port_that_is_taken_and_a_store_that_is_open(self):
        self.centre.start()
        self.centre.config.write_text(f'[listen]\naddress = "127.0.0.1"\nport = {self.centre.port}\n', encoding="utf-8")
        answer = self.start_and_end()
        self.assertEqual(answer.code, 1)
        self.assertIn("this data directory is in use by process", answer.err)
        self.assertNotIn("ledger", answer.err)
        other = Centre()
        self.addCleanup(other.close)
        other.config.write_text(self.centre.config.read_text(), encoding="utf-8")
        answer = other.run("--config", other.config, "--data", other.data)
        self.assertEqual(answer.code, 1)
        self.assertIn(f"port {self.centre.port}", answer.err)

    def test_another_programs_file_and_a_newer_one_are_left_alone(self):
        for change in ("CREATE TABLE theirs (a)", None):
            path = self.centre.data / "collector.db"
            path.unlink(missing_ok=True)
            if change is None:
                self.centre.start()
                self.centre.stop()
                change = "PRAGMA user_version = 99"
            with sqlite3.connect(path) as db:
                db.execute("PRAGMA journal_mode = DELETE")
                db.execute(change)
            db.close()
            before = path.read_bytes()
            answer = self.start_and_end()
            self.assertEqual(answer.code, 1)
            self.assertRegex(answer.err, "another program|newer version")
            self.assertEqual(path.read_bytes(), before)


class Verbs(CentreTest):
    def looks(self):
        """Every verb that looks, both ways."""
        seen = {}
        for words in (["stations"], ["stock"], ["stock", "--gtin", GTIN, "--station", "farmacia-7"], ["lot", "L1"], ["quarantine"], ["log"],
                      ["verify"]):
            answer = self.centre.verb(*words)
            self.assertEqual(answer.code, DONE, answer)
            seen[" ".join(words)] = (answer.out, self.centre.ask(*words))
        return seen

    def test_what_came_in_can_be_looked_at_whether_the_collector_runs_or_not(self):
        self.station(entries=20).deliver()
        self.station("farmacia-8", entries=5).deliver()
        self.centre.wait_until_counted()
        lines = self.centre.ask("stock")[0]["lines"]
        self.assertEqual([(line["station"], line["packs"], line["lot"]) for line in lines], [("farmacia-7", 20, "L1"), ("farmacia-8", 5, "L1")])
        self.assertEqual(self.centre.status()["entries"], 25)
        log = self.centre.ask("log")
        self.assertEqual([(e["station"], e["seq"]) for e in log][:20], [("farmacia-7", n) for n in range(1, 21)])
        self.assertIn("farmacia-8", self.centre.verb("status").out + self.centre.verb("stations").out)
        running = self.looks()
        self.centre.stop()
        self.assertEqual(self.looks(), running)
        status = self.centre.verb("status")
        self.assertEqual(status.code, NO_DAEMON)
        self.assertIn("no collector runs", status.err)
        self.assertEqual(self.centre.ask("rebuild"), [{"entries": 25}])
        self.assertEqual(self.looks(), running)
        self.centre.start()
        self.assertEqual(self.centre.ask("rebuild"), [{"entries": 25}])
        self.assertEqual(self.looks(), running)

    def test_a_lot_that_nobody_has_is_said(self):
        for words in (["lot", "NOPE"], ["stock", "--lot", "NOPE"]):
            answer = self.centre.verb(*words)
            self.assertEqual((answer.code, answer.out), (DONE, "no pharmacy has reported any of it\n"))

    def test_a_directory_without_a_store_is_told(self):
        self.centre.stop()
        empty = self.centre.home / "empty"
        empty.mkdir()
        answer = self.centre.run("--data", empty, "stock")
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("there is no", answer.err)
        self.assertEqual(list(empty.iterdir()), [])
        answer = self.centre.run("--data", empty, "status")
        self.assertEqual(answer.code, NO_DAEMON)
        self.assertIn(f"no collector runs in {empty}", answer.err)
        self.assertEqual(self.centre.run("--socket", empty / "x.sock", "stock").code, NO_DAEMON)

    def test_values_that_are_none(self):
        for words in (["stock", "--gtin", "12"], ["stock", "--expires-before", "tomorrow"]):
            answer = self.centre.verb(*words)
            self.assertEqual(answer.code, USAGE, answer)
            self.assertEqual(self.centre.call("/v1/stock", {"gtin": "12"})[0], 400)
        for request in ("[]", {"limit": -1}, {"surprise": 1}):
            self.assertEqual(self.centre.call("/v1/stock", request)[0], 400)
        self.assertEqual(self.centre.call("/v1/nothing")[0], 404)


class Entries(CentreTest):
    def test_what_was_acknowledged_survives_kill_9(self):
        station = self.station(entries=3000)
        have = 0
        for round_ in range(1, 6):
            have = station.connect()
            have = station.send_up_to(have, round_ * 500)
            self.centre.kill()
            station.leave()
            self.centre.start()
            again = station.connect()
            self.assertGreaterEqual(again, have)
            station.leave()
        self.assertEqual(station.deliver(), 3000)
        self.assertEqual(self.verify()["entries"], 3000)
        self.centre.wait_until_counted()
        self.assertEqual(self.centre.ask("stock")[0]["lines"][0]["packs"], 3000)

    def test_times_that_cannot_be_are_kept_and_listed(self):
        station = self.station()
        for mono in (-2**63, 2**63 - 1, -1, 0):
            station.ledger.book(1, mono=mono)
        station.connect()
        station.wire.send(blob(PING, uint(1, 1) + sint(2, 1) + sint(3, 1)))             # a sample of its clock
        self.assertEqual(station.wire.message()[0], PONG)
        station.send_all(0)
        wait_until(lambda: self.centre.call("/v1/log")[1]["entries"], "they are listed")
        self.assertEqual(len(self.centre.call("/v1/log")[1]["entries"]), 4)

    def test_a_list_of_large_entries_comes_in_pieces(self):
        station = self.station()
        station.ledger.book(6, body=sint(4, 20000) + blob(1, b"x" * 400_000))
        station.send_all(station.connect(), batch=1)
        seen = []
        while entries := self.centre.call("/v1/log", {"after": seen[-1] if seen else 0})[1]["entries"]:
            self.assertLessEqual(len(entries), 2)
            seen += [entry["n"] for entry in entries]
        self.assertEqual(seen, [1, 2, 3, 4, 5, 6])

    def test_a_station_that_floods_does_not_keep_others_out(self):
        flood = self.station("farmacia-1", entries=3000)
        flood.connect()
        over = threading.Event()

        def pour():
            sent = 0
            while not over.is_set() and sent < 3000:
                flood.wire.send(flood.ledger.batch(sent, sent + 1))
                sent += 1

        thread = threading.Thread(target=pour, daemon=True)
        thread.start()
        try:
            for number in range(20):
                good = self.station(f"good-{number}", entries=3)
                self.assertEqual(good.deliver(), 3)
        finally:
            over.set()
            thread.join()

    def test_a_certificate_has_a_few_connections_and_the_oldest_goes(self):
        stations = [self.station("farmacia-1", entries=1) for _ in range(10)]
        for station in stations:
            station.connect()
        self.assertIsNone(stations[0].wire.message())
        self.assertEqual(stations[-1].send_all(0), 1)
        self.assertIn("too many connections with this certificate", self.centre.log_text)

    def test_a_body_that_nobody_understands_is_set_aside_and_the_line_moves(self):
        station = self.station(entries=3)
        station.ledger.book(1, body=b"\xff\xff")
        station.ledger.book(3)
        self.assertEqual(station.deliver(), 7)
        self.centre.wait_until_counted()
        self.assertEqual(self.centre.ask("stock")[0]["lines"][0]["packs"], 6)
        self.assertEqual([line["seq"] for line in self.centre.ask("quarantine")[0]["lines"]], [4])
        self.assertIn("quarantine", self.centre.verb("status").out)

    def test_one_ledger_has_one_station_and_a_newer_session_takes_over(self):
        owner = self.station(entries=5)
        owner.deliver()
        thief = self.station("otra", ledger=owner.ledger)
        with self.assertRaises(Refused) as refused:
            thief.connect()
        self.assertEqual(refused.exception.why, "other_station")
        self.assertIn("farmacia-7", refused.exception.words)
        first, second = self.station(ledger=owner.ledger), self.station(ledger=owner.ledger)
        first.connect()
        second.connect()
        self.assertEqual(first.wire.ended()[0], "fenced")
        owner.ledger.book(5)
        self.assertEqual(second.send_all(5), 10)

    def test_a_chain_that_breaks_is_refused_and_kept_the_third_time(self):
        station = self.station(entries=10)
        station.ledger.entries[4] = station.ledger.entries[4].replace(b"L1", b"L2")
        for attempt in range(3):
            have = station.connect()
            self.assertEqual(have, 0)
            with self.assertRaises(Refused) as refused:
                station.send_all(have)
            self.assertEqual(refused.exception.why, "broken_chain")
            station.leave()
        self.assertEqual(station.deliver(), 10)
        self.centre.wait_until_counted()
        self.assertEqual([line["seq"] for line in self.centre.ask("quarantine")[0]["lines"]], [5])
        self.assertIn("chain_broken", self.centre.log_text)


class Disks(CentreTest):
    running = False

    def test_a_full_disk_is_told_to_the_station_nothing_is_lost_and_the_work_goes_on(self):
        private = unshare_or_skip(self)
        centre = self.centre
        # The certificates are copied into the small disk that covers the directory.
        mount = (f"cp -a '{centre.data}/pki' '{centre.home}/kept' && mount -t tmpfs -o size=4m,mode=0700 tmpfs '{centre.data}'"
                 f" && cp -a '{centre.home}/kept' '{centre.data}/pki'")
        station = self.station(entries=4000)
        self.centre.start(private(mount, centre.command))
        inside = pathlib.Path(f"/proc/{centre.child.pid}/root{centre.data}")
        acknowledged, refusals, filling = 0, 0, os.open(inside / "fill", os.O_WRONLY | os.O_CREAT)
        self.addCleanup(os.close, filling)
        size = 0
        for visit in range(40):
            try:
                while True:
                    size += os.pwrite(filling, b"x" * 4096, size)
            except OSError:
                pass
            size = max(0, size - 4096 * (visit % 9) * 4)
            os.ftruncate(filling, size)
            try:
                have = station.connect()
                self.assertGreaterEqual(have, acknowledged)                              # what was acknowledged is still there
                acknowledged = station.send_up_to(have, have + 64, batch=16)
            except Refused as refused:
                refusals += 1
                self.assertEqual(refused.why, "store")
                self.assertIn("full", refused.words)
            station.leave()
            self.assertIsNone(centre.child.poll())
        self.assertGreater(refusals, 3)
        self.assertLess(acknowledged, 4000)
        # Looking needs no room; who asks together with something that has none is told to repeat it.
        status, answer = wait_until(lambda: (found := centre.call("/v1/stations"))[0] == 200 and found, "stations are listed")
        self.assertEqual(answer["stations"][0]["station"], "farmacia-7")
        os.ftruncate(filling, 0)
        to = station.send_up_to(station.connect(), acknowledged + 500)
        self.assertGreaterEqual(to, acknowledged + 500)
        station.leave()
        self.assertEqual(self.verify()["entries"], to)
        centre.wait_until_counted()
        self.assertEqual(centre.call("/v1/stock")[1]["lines"][0]["packs"], to)
        centre.stop()

    def test_a_read_only_directory_is_refused_with_the_reason(self):
        private = unshare_or_skip(self)
        command = private(f"mount --bind -o ro '{self.centre.data}' '{self.centre.data}' && mount -o remount,bind,ro '{self.centre.data}'",
                          self.centre.command)
        with self.assertRaises(AssertionError) as ended:
            self.centre.start(command)
        self.centre.child = None
        self.assertIn("ended with 1", str(ended.exception))
        self.assertRegex(str(ended.exception).lower(), "read-only|cannot be written")

    def test_damaged_bytes_are_found_by_verify(self):
        self.centre.start()
        station = self.station(entries=400)
        station.deliver()
        self.centre.wait_until_counted()
        self.centre.stop()
        path = self.centre.data / "collector.db"
        whole = path.read_bytes()
        self.assertEqual(self.centre.verb("verify").code, DONE)
        self.assertEqual(path.read_bytes(), whole)                                       # looking changes nothing
        places = [whole.index(station.ledger.hashes[n]) for n in (1, 77, 399)]
        places += [whole.index(b"\x1a\x02L1", 4096) + 2, whole.rindex(b"\x1a\x02L1") + 3]
        for place in places:
            damaged = bytearray(whole)
            damaged[place] ^= 1
            path.write_bytes(damaged)
            answer = self.centre.verb("verify")
            self.assertEqual(answer.code, REFUSED, (place, answer))
            self.assertRegex(answer.out + answer.err, "DAMAGED|damaged")
        for cut in (len(whole) // 2, 4096, 100):
            path.write_bytes(whole[:cut])
            answer = self.centre.verb("verify")
            self.assertEqual(answer.code, REFUSED, (cut, answer))
        path.write_bytes(whole)
        self.assertEqual(self.centre.verb("verify").code, DONE)

    def test_verify_of_a_collector_that_runs_finds_them_too(self):
        self.centre.start()
        station = self.station(entries=50)
        station.deliver()
        self.centre.wait_until_counted()
        self.centre.stop()
        path = self.centre.data / "collector.db"
        whole = path.read_bytes()
        place = whole.index(station.ledger.hashes[20])
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1:])
        self.centre.start()
        answer = self.centre.verb("verify")
        self.assertEqual(answer.code, REFUSED, answer)
        self.assertIn(" entry ", answer.out)
        self.assertIn("DAMAGED", answer.out)
        self.centre.stop()

    def test_a_page_that_cannot_be_read_stops_neither_verify_nor_the_collector(self):
        self.centre.start()
        station = self.station(entries=400)
        station.deliver()
        self.centre.wait_until_counted()
        self.centre.stop()
        path = self.centre.data / "collector.db"
        whole = bytearray(path.read_bytes())
        page = whole.index(station.ledger.hashes[200]) // 4096 * 4096
        whole[page] = 0xEE                                                               # no kind of page
        path.write_bytes(whole)
        self.centre.start()
        status, report = self.centre.call("/v1/verify")
        self.assertEqual((status, report["ok"]), (200, False))
        self.assertTrue(any("cannot be read" in fault["what"] for fault in report["faults"]), report)
        self.centre.call("/v1/log", {"limit": 1000})
        self.assertEqual(self.centre.call("/v1/status")[0], 200)
        other = self.station("farmacia-8", entries=5)
        self.assertEqual(other.deliver(), 5)
        self.centre.stop()

    def test_a_lost_store_is_filled_again_by_the_stations(self):
        self.centre.start()
        station = self.station(entries=300)
        station.deliver()
        self.centre.stop()
        for name in ("collector.db", "collector.db-wal", "collector.db-shm"):
            (self.centre.data / name).unlink(missing_ok=True)
        self.centre.start()
        self.assertEqual(station.connect(), 0)
        station.leave()
        self.assertEqual(station.deliver(), 300)
        self.centre.wait_until_counted()
        self.assertEqual(self.centre.ask("stock")[0]["lines"][0]["packs"], 300)


class Ends(CentreTest):
    def test_stations_that_leave_at_any_moment_of_its_stop_or_never_are_no_trouble(self):
        stations = [self.station(f"farmacia-{number}", entries=3) for number in range(12)]
        for station in stations:
            station.connect()
        self.centre.child.terminate()
        for station in stations[1:]:
            time.sleep(0.1)
            station.leave()
        self.centre.stop()
        self.assertEqual(stations[0].wire.ended()[0], "stopping")
        stations[0].leave()


class Ledgers(CentreTest):
    def test_a_station_that_was_used_from_a_backup_is_not_believed_over_what_is_here(self):
        station = self.station(entries=20)
        station.deliver()
        other = Ledger(station.ledger.ledger)
        other.branch = station.ledger.branch
        other.book(25)
        copy = self.station(ledger=other)
        self.assertEqual(copy.connect(), 20)
        with self.assertRaises(Refused) as refused:
            copy.send_all(20)
        self.assertEqual(refused.exception.why, "broken_chain")
        copy.leave()
        self.assertEqual(self.verify()["entries"], 20)


main_guard(__name__)
