# SPDX-License-Identifier: Apache-2.0
"""What must be refused, and what must be left as it was: codes, words, files, disks, configurations, persons."""
import hashlib
import os
import pathlib
import sqlite3
import subprocess

from pharmacy import (AMOXICILLIN, ANA, DONE, GS, IBUPROFEN, IN_A_YEAR, IN_TWO_YEARS, REFUSED, STRANGER, USAGE, Pharmacy,
                      PharmacyTest, day, element_string, main_guard, run_dosario, typed, unshare_or_skip)

YESTERDAY = day(-1)
DOCUMENT = "00123456789@ECHEVARRIETA@LUDOVICA MARTINA@F@28123456@A@31/12/1980@01/01/2015"
OLD_DOCUMENT = "@28123456    @A@1@ECHEVARRIETA@LUDOVICA MARTINA@ARGENTINA@31/12/1980@F@01/01/2011@00012345678@1234 @01/01/2026@1@0@ILR@UNIT"
TRACES = [b"ECHEVARRIETA", b"LUDOVICA", b"28123456", b"00123456789"]


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class CodesAndWords(PharmacyTest):
    def setUp(self):
        super().setUp()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.before = self.pharmacy.log()

    def tearDown(self):
        if self.pharmacy.child is not None:
            self.assertEqual(self.pharmacy.log(), self.before)      # nothing in this class writes anything
        super().tearDown()

    def test_escapes_that_are_none_are_usage_errors(self):
        for text in ("\\", "\\x", "\\x1", "\\xzz", "\\n", "7791234567898\\"):
            self.assertEqual(self.pharmacy.dosario("scan", text).code, USAGE, text)
            self.assertEqual(self.pharmacy.dosario("history", text).code, USAGE, text)
        answer = self.pharmacy.ask("scan", "--stdin", stdin="\\x1\nDOSARIO.AYUDA\n")
        self.assertEqual(answer.code, USAGE)
        self.assertEqual([line.get("what") for line in answer.lines], [None, "help"])    # the lines behind it are still done

    def test_truncated_and_foreign_codes_are_not_understood(self):
        whole = element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1")
        for text in [whole[:n] for n in (1, 2, 3, 9, 15, 17, 20, 23)] + ["]d2" + whole[:20], "]d2", "]", "]d", "nada", "01" + IBUPROFEN[:-1] + "7" + "10L1",
                     IBUPROFEN[:-1] + "1", "0" * 13 + "1", "DOSARIO.", "DOSARIO.B.", "DOSARIO.B.ana00001", "DOSARIO.B.ANA000011", "DOSARIO.X0", "DOSARIO.X10000",
                     "DOSARIO.X-1", "DOSARIO.D.000000000000", "DOSARIO.D.0000000000010", "DOSARIO.P.ÑÑÑÑÑÑÑÑÑÑÑÑÑ", "DOSARIO.NADA", "stock", "--", "%s%n", "'; DROP TABLE event; --"]:
            with self.subTest(text=text):
                answer = self.pharmacy.ask("scan", "--", typed(text))
                self.assertEqual(answer.code, REFUSED, answer)
                self.expect(answer.reply, "not_understood", "stop", False)

    def test_every_control_character_and_every_byte_is_survived(self):
        for byte in range(256):
            status, reply = self.pharmacy.call_scan(bytes([byte]))
            self.assertEqual(status, 200, byte)
            self.expect(reply, "not_understood", "stop", False)
            status, reply = self.pharmacy.call_scan(b"01" + IBUPROFEN.encode() + b"10L" + bytes([byte]) + b"1")
            self.assertEqual(status, 200, byte)
            self.assertIs(reply["ok"], False)

    def test_five_kilobytes_are_longer_than_any_code(self):
        self.assertEqual(self.pharmacy.dosario("scan", "9" * 5000).code, USAGE)
        self.assertEqual(self.pharmacy.ask("scan", "--stdin", stdin="9" * 5000 + "\n").reply["error"], "invalid")
        self.assertEqual(self.pharmacy.dosario("scan", "9" * 500).code, REFUSED)
        self.assertEqual(self.pharmacy.dosario("history", "9" * 5000).code, USAGE)

    def test_texts_that_are_not_utf8_are_usage_errors(self):
        for words in (["receive", IBUPROFEN, "--lot", b"L\xff", "--expires", IN_A_YEAR], ["receive", STRANGER, "--units", 5, "--name", b"\xc3(", "--lot", "A", "--expires", IN_A_YEAR],
                      ["receive", STRANGER, "--units", 5, "--name", b"\xed\xa0\x80", "--lot", "A", "--expires", IN_A_YEAR], ["history", b"\xff"], ["stock", "--gtin", b"\xff"],
                      ["stock", "--lot", b"\xff"], ["status", "--operator", b"\xff"], ["receive", IBUPROFEN, "--operator", b"\xff"], ["ledger", "snapshot", b"/\xff/x"],
                      ["readers", "adopt", b"\xff"]):
            with self.subTest(words=words):
                for answer in (self.pharmacy.dosario(*words), self.pharmacy.ask(*words)):
                    if words[0] != "status":
                        self.assertEqual(answer.code, USAGE, answer)
                    self.assertNotIn("another program", answer.out + answer.err)

    def test_typed_values_out_of_range_are_usage_errors(self):
        pack = ["receive", IBUPROFEN, "--lot", "L1", "--expires", IN_A_YEAR]
        for words in (pack[:3] + ["L" * 21] + pack[4:], pack[:3] + ["L\x01"] + pack[4:], pack[:5] + ["2027-02-30"], pack[:5] + ["2027-2-3"], pack[:5] + ["mañana"],
                      pack + ["--packs", -1], pack + ["--packs", 10000], pack + ["--packs", 0], pack + ["--packs", "x"], pack + ["--packs", 99999999999], pack + ["--operator", "ANA"],
                      pack + ["--operator", "DOSARIO.B.ÑÑÑÑÑÑÑÑ"], pack + ["--witness", "ana00001"], pack + ["--units", 10000], pack + ["--units", "1.5"],
                      ["receive", STRANGER, "--units", 3, "--name", "x" * 201], ["receive", STRANGER, "--units", 3, "--name", "a\nb"], ["undo", "--seq", 0], ["undo", "--seq", -1],
                      ["fraction", IBUPROFEN, "--doses", -1], ["ledger", "log", "--limit", -1], ["ledger", "log", "--after", -1], ["stock", "--expires-before", "2027-02-30"], ["stock", "--gtin", "123"],
                      ["ledger", "snapshot", ""], ["ledger", "snapshot", self.pharmacy.data / "ledger.db"]):
            with self.subTest(words=words):
                self.assertEqual(self.pharmacy.dosario(*words).code, USAGE)
        self.expect(self.pharmacy.ask("undo", "--seq", 9223372036854775807).reply, "undo_refused", ok=False)

    def test_an_empty_word_is_a_variable_that_is_not_set_and_nothing_is_done(self):
        for words, named in ((["tag", "write", ""], "an empty word"), (["tag", "read", "--reader", ""], "--reader"), (["scan", ""], "an empty word"),
                             (["--operator", "", "receive", IBUPROFEN, "--lot", "L1", "--expires", IN_A_YEAR], "--operator"),
                             (["receive", IBUPROFEN, "--lot", "L1", "--expires", IN_A_YEAR, "--operator="], "--operator"), (["history", ""], "an empty word"),
                             (["receive", IBUPROFEN, "--lot", "", "--expires", IN_A_YEAR], "--lot"), (["stock", "--gtin", ""], "--gtin"), ([""], "an empty word")):
            with self.subTest(words=words):
                answer = self.pharmacy.ask(*words)
                self.assertEqual((answer.code, answer.err, answer.reply["error"]), (USAGE, "", "invalid"), answer)
                self.assertIn(named, answer.reply["message"])
                self.assertIn("nothing was done", answer.reply["message"])
        answer = self.pharmacy.ask("receive", IBUPROFEN, "--lot=A=", "--expires", "2001-01-31")     # a lot may end so
        self.expect(answer.reply, "expired", "stop", False)

    def test_verbs_and_options_that_do_not_exist_are_usage_errors(self):
        for words in ([], ["nada"], ["scan", "--nada"], ["ledger"], ["ledger", "nada"], ["ledger", "log", "nada"], ["undo", "5"], ["history"], ["readers", "nada"], ["readers", "replay"],
                      ["scan"], ["scan", "--capture"], ["scan", "--capture", self.pharmacy.home / "nobody.txt"]):
            with self.subTest(words=words):
                self.assertEqual(self.pharmacy.dosario(*words).code, USAGE)
        self.assertEqual(self.pharmacy.dosario("--version").code, DONE)

    def test_usage_mistakes_are_json_for_programs_and_named_for_people(self):
        for words in (["receive", "--bogus"], ["receive", IBUPROFEN, "--packs", 0], ["undo", "--seq", "abc"], ["ledger", "snapshot"], ["bogus"], ["ledger"], [],
                      ["receive", "--lot"], ["status", b"--\xff"]):
            with self.subTest(words=words):
                for answer in (self.pharmacy.ask(*words), self.pharmacy.dosario(*words, "--json")):
                    if words[-1:] == ["--lot"] and answer.code != USAGE:
                        continue                                                         # there --json is the lot
                    self.assertEqual((answer.code, answer.err), (USAGE, ""), answer)
                    self.assertEqual((answer.reply["ok"], answer.reply["error"]), (False, "invalid"))
                plain = self.pharmacy.dosario(*words)
                self.assertEqual((plain.code, plain.out), (USAGE, ""))
                self.assertTrue(plain.err.startswith("dosario: "), plain)
        self.assertIn("bogus", self.pharmacy.dosario("bogus").err)
        self.assertIn("bogus", self.pharmacy.dosario("ledger", "bogus").err)
        for words in (["@28123456"], ["status", "28123456"], ["undo", "PEREZ"]):                 # what may be of a document is not repeated
            self.assertNotIn(words[-1], self.pharmacy.dosario(*words).err)

    def test_the_text_of_a_code_that_is_empty_is_a_usage_error(self):
        for verb in ("receive", "fraction", "verify-doses", "dispense", "scan"):
            for texts in ([""], ["", "DOSARIO.AYUDA"], ["DOSARIO.AYUDA", ""]):
                answer = self.pharmacy.ask(verb, *texts)
                self.assertEqual((answer.code, answer.reply["error"]), (USAGE, "invalid"), (verb, texts))

    def test_numbers_beyond_the_box_are_refused_by_the_rules(self):
        ask = self.pharmacy.ask
        self.expect(ask("receive", typed(element_string(IBUPROFEN, IN_A_YEAR, "L1", "S1")), "--packs", 2).reply, "serial_needs_one", ok=False)
        self.expect(ask("receive", typed(element_string(IBUPROFEN, IN_A_YEAR, "L1")), "--lot", "L2").reply, "wrong_lot", ok=False)
        self.expect(ask("receive", typed(element_string(IBUPROFEN, IN_A_YEAR, "L1")), "--expires", IN_TWO_YEARS).reply, "wrong_lot", ok=False)
        self.expect(ask("dispense", typed(element_string(IBUPROFEN, IN_A_YEAR, "L1", "S1")), "--operator", ANA).reply, "not_in_stock", ok=False)
        self.expect(ask("fraction", AMOXICILLIN, "--operator", ANA).reply, "not_in_stock", ok=False)
        self.expect(ask("dispense", "DOSARIO.D.0000000000010").reply, "not_understood", ok=False)


class FilesAndProcesses(PharmacyTest):
    running = False

    def test_a_second_daemon_on_one_ledger_names_the_first(self):
        self.pharmacy.start()
        code, said = self.pharmacy.run_and_end(*self.pharmacy.command[1:])
        self.assertEqual(code, 1)
        self.assertIn(str(self.pharmacy.child.pid), said)
        self.assertEqual(self.pharmacy.ask("status").code, DONE)                         # the first one still answers

    def test_a_second_daemon_does_not_take_over_the_socket_of_the_first(self):
        other = Pharmacy(api='socket = "%s"' % (self.pharmacy.home / "counter.sock"))
        self.addCleanup(other.close)
        self.pharmacy.configure(api='socket = "%s"' % (self.pharmacy.home / "counter.sock"))
        self.pharmacy.start()
        code, said = other.run_and_end(*other.command[1:])
        self.assertEqual(code, 1, said)
        self.assertIn("counter.sock", said)
        self.assertEqual(run_dosario("--socket", self.pharmacy.home / "counter.sock", "status").code, DONE)

    def test_a_file_in_the_place_of_the_socket_is_not_deleted(self):
        precious = self.pharmacy.home / "planilla.xlsx"
        precious.write_text("la planilla de todos los días")
        self.pharmacy.configure(api=f'socket = "{precious}"')
        code, said = self.pharmacy.run_and_end(*self.pharmacy.command[1:])
        self.assertEqual(code, 1, said)
        self.assertEqual(precious.read_text(), "la planilla de todos los días")

    def test_a_socket_left_by_a_killed_daemon_is_no_hindrance(self):
        self.pharmacy.configure(api='socket = "%s"' % (self.pharmacy.home / "counter.sock"))
        self.pharmacy.start().kill()
        self.assertTrue(self.pharmacy.socket.exists())
        self.pharmacy.start()
        self.assertEqual(run_dosario("--socket", self.pharmacy.home / "counter.sock", "status").code, DONE)
        self.pharmacy.stop()
        self.assertFalse(self.pharmacy.socket.exists())

    def refused_and_untouched(self, expected):
        """dosariod and the verbs of the file refuse it; no byte of it changes."""
        ledger = self.pharmacy.data / "ledger.db"
        before = digest(ledger)
        code, said = self.pharmacy.run_and_end(*self.pharmacy.command[1:])
        self.assertEqual(code, 1, said)
        self.assertRegex(said, expected)
        for verb in (["verify"], ["log"], ["rebuild"], ["snapshot", self.pharmacy.home / "copy.db"]):
            answer = self.pharmacy.dosario("ledger", *verb)
            self.assertEqual(answer.code, REFUSED, answer)
            self.assertRegex(answer.err, expected)
        self.assertEqual(digest(ledger), before)
        self.assertEqual(sorted(p.name for p in self.pharmacy.data.iterdir()), ["ledger.db", "ledger.lock"])

    def test_a_ledger_of_a_newer_version_is_not_touched(self):
        self.pharmacy.start().stop()
        with sqlite3.connect(self.pharmacy.data / "ledger.db") as db:
            db.execute("PRAGMA user_version = 99")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        self.refused_and_untouched("newer version")

    def test_files_that_are_no_ledger_are_not_touched(self):
        ledger = self.pharmacy.data / "ledger.db"
        ledger.write_bytes(b"PK\x03\x04 una planilla" * 100)
        self.refused_and_untouched("not a SQLite file")
        ledger.unlink()
        with sqlite3.connect(ledger) as db:
            db.execute("CREATE TABLE fotos (a)")
        db.close()
        self.refused_and_untouched("another program")
        ledger.write_text("corto")
        self.refused_and_untouched("(?i)not a SQLite|not a database|no ledger")

    def test_a_damaged_page_is_reported_and_not_a_crash(self):
        self.pharmacy.start()
        for n in range(20):
            self.pharmacy.call_scan(f"DOSARIO.B.PERS{n:04d}")
        self.pharmacy.stop()
        ledger = self.pharmacy.data / "ledger.db"
        whole = ledger.read_bytes()
        for page in range(1, min(len(whole) // 4096, 24)):
            ledger.write_bytes(whole[:page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096:])
            answer = self.pharmacy.dosario("ledger", "verify")
            self.assertEqual(answer.code, REFUSED, (page, answer))
            for suffix in ("-wal", "-journal"):
                pathlib.Path(str(ledger) + suffix).unlink(missing_ok=True)

    def test_a_data_directory_that_is_missing_or_a_file_is_refused(self):
        self.pharmacy.data.rmdir()
        code, said = self.pharmacy.run_and_end(*self.pharmacy.command[1:])
        self.assertEqual(code, 1)
        self.assertIn(str(self.pharmacy.data), said)
        self.assertFalse(self.pharmacy.data.exists())
        self.pharmacy.data.write_text("")
        self.assertEqual(self.pharmacy.run_and_end(*self.pharmacy.command[1:])[0], 1)
        self.assertEqual(self.pharmacy.ask("ledger", "verify").code, REFUSED)

    def test_files_of_the_data_directory_are_for_the_owner_only(self):
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        self.pharmacy.start()
        self.pharmacy.scan(ANA)
        modes = {p.name: p.stat().st_mode & 0o777 for p in self.pharmacy.data.iterdir()}
        self.assertEqual(modes.pop("dosario.sock"), 0o660)
        self.assertEqual(set(modes.values()), {0o600}, modes)


class Disks(PharmacyTest):
    running = False

    def test_a_read_only_directory_is_refused_with_the_reason(self):
        private = unshare_or_skip(self)
        data = self.pharmacy.data
        done = subprocess.run(private(f"mount -t tmpfs -o ro tmpfs '{data}'", self.pharmacy.command), capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("read-only", done.stderr.lower())

    def test_a_full_disk_refuses_says_so_and_works_again_when_freed(self):
        private = unshare_or_skip(self)
        pharmacy, counter = self.pharmacy, self.pharmacy.home / "counter.sock"
        pharmacy.configure(api=f'socket = "{counter}"')
        pharmacy.start(private(f"mount -t tmpfs -o size=2m tmpfs '{pharmacy.data}'", pharmacy.command))
        inside = pathlib.Path(f"/proc/{pharmacy.child.pid}/root{pharmacy.data}")

        def ask(*words):
            return run_dosario("--socket", counter, "--json", *words)

        def log():
            return ask("ledger", "log").lines

        fill = os.open(inside / "fill", os.O_WRONLY | os.O_CREAT)
        size = 0

        def fill_up():
            nonlocal size
            try:
                while True:
                    size += os.pwrite(fill, b"x" * 4096, size)
            except OSError:
                pass

        self.assertEqual(ask("receive", typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S0")), "--operator", ANA).code, DONE)
        refused = booked = 0
        for n in range(1, 60):
            # Now and then a few pages are free, so that saving fails at different places.
            fill_up()
            size -= 4096 * (n % 7)
            os.ftruncate(fill, size)
            before = log()
            answer = ask("receive", typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", f"S{n}")), "--operator", ANA)
            after = log()
            if answer.code == DONE:
                booked += 1
                self.expect(answer.reply, "received", "recorded", True)
                self.assertEqual([entry["seq"] for entry in after[len(before):]], answer.reply["seq"])
            else:
                refused += 1
                self.assertEqual(answer.code, REFUSED)
                self.assertEqual(answer.reply["error"], "full", answer)
                self.assertIs(answer.reply["ok"], False)
                self.assertEqual(after, before)                                          # nothing half-written
        self.assertGreater(refused, 5)
        fill_up()                                                                        # what records nothing is answered all the same
        self.expect(ask("receive", typed(element_string(IBUPROFEN, YESTERDAY, "L0", "OLD"))).reply, "expired", "stop", False)
        self.expect(ask("receive", STRANGER).reply, "unknown_product", "stop", False)
        self.expect(ask("scan", "DOSARIO.AYUDA").reply, "help", "notice", True)
        fill_up()                                                                        # the daemon may have given some back meanwhile
        self.assertEqual(ask("receive", typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "NEW"))).reply["error"], "full")
        self.assertEqual(ask("ledger", "verify").code, DONE)
        os.ftruncate(fill, 0)
        os.close(fill)
        (inside / "fill").unlink()
        freed = ask("receive", typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "LAST")), "--operator", ANA)
        self.assertEqual(freed.code, DONE, freed)
        verified = ask("ledger", "verify")
        self.assertEqual((verified.code, verified.reply["ok"]), (DONE, True))
        self.assertEqual(ask("stock").reply["lines"][0]["packs"], booked + 2)
        pharmacy.stop()

    def test_a_snapshot_without_room_leaves_nothing_behind(self):
        private = unshare_or_skip(self)
        pharmacy, counter, copies = self.pharmacy, self.pharmacy.home / "counter.sock", self.pharmacy.home / "copies"
        copies.mkdir()
        pharmacy.configure(api=f'socket = "{counter}"')
        pharmacy.start(private(f"mount -t tmpfs -o size=40k tmpfs '{copies}'", pharmacy.command))
        answer = run_dosario("--socket", counter, "--json", "ledger", "snapshot", copies / "copy.db")
        self.assertEqual((answer.code, answer.reply["error"]), (REFUSED, "full"), answer)
        self.assertEqual(list(pathlib.Path(f"/proc/{pharmacy.child.pid}/root{copies}").iterdir()), [])
        self.assertEqual(run_dosario("--socket", counter, "ledger", "verify").code, DONE)


class Configurations(PharmacyTest):
    running = False

    def problems(self, text):
        self.pharmacy.config.write_text(text, encoding="utf-8")
        code, said = self.pharmacy.run_and_end("--config", str(self.pharmacy.config), "--check-config")
        started, said_too = self.pharmacy.run_and_end(*self.pharmacy.command[1:])
        self.assertEqual((code, said), (started, said_too))
        self.assertEqual(list(self.pharmacy.data.iterdir()), [])
        return code, said

    def test_all_problems_are_said_at_once_with_line_and_column(self):
        (self.pharmacy.home / "catalogue.toml").write_text('[[product]]\ngtin = "07791234567891"\nname = ""\nunits_per_pack = 0\n[[product]]\ncolor = 1\n')
        code, said = self.problems("""catalogue = "catalogue.toml"
[station]
language = "fr"
time_zone = "Marte/Olimpo"
nombre = "x"
[rules]
beyond_use_days = -1
shortest_life_days = "30"
[api]
listen = "0.0.0.0:80"
socket = "relativo.sock"
hosts = "uno"
[usb]
enabled = 1
[[reader]]
match = "scanner"
layout = "dvorak"
idle_ms = 1
[nada]
""")
        self.assertEqual(code, 2)
        name, catalogue = str(self.pharmacy.config), str(self.pharmacy.home / "catalogue.toml")
        for line in (3, 4, 5, 7, 8, 10, 11, 12, 14, 16, 17, 18, 19):
            self.assertRegex(said, rf"(?m)^{name}:{line}:[1-9]\d*: .+", said)
        for line in (2, 3, 4, 5, 6):
            self.assertRegex(said, rf"(?m)^{catalogue}:{line}:[1-9]\d*: .+", said)
        self.assertNotRegex(said, r":0:0:")

    def test_text_that_is_no_toml_and_files_that_are_none_are_said(self):
        for text, expected in (("[station\n", r":1:\d+: "), ('[station]\nname = "x\n', r":2:\d+: "), ("catalogue = 'nobody.toml'\n", "nobody.toml"), ("[station]\nname = \"\\uD800\"\n", r":2:\d+: ")):
            code, said = self.problems(text)
            self.assertEqual(code, 2, said)
            self.assertRegex(said, expected)
        code, said = self.pharmacy.run_and_end("--config", str(self.pharmacy.home), "--data", str(self.pharmacy.data))
        self.assertEqual(code, 2, said)
        self.assertEqual(self.pharmacy.run_and_end("--data", str(self.pharmacy.data))[0], 2)

    def test_a_good_configuration_is_called_good(self):
        code, said = self.pharmacy.run_and_end("--config", str(self.pharmacy.config), "--check-config")
        self.assertEqual((code, said), (0, f"{self.pharmacy.config}: good\n"))
        self.assertEqual(self.pharmacy.run_and_end("--config", str(self.pharmacy.config))[0], 2)   # no --data

    def test_the_examples_of_the_project_are_good(self):
        from pharmacy import ROOT
        for name in ("dosario.toml", "practice.toml"):
            code, said = self.pharmacy.run_and_end("--config", str(ROOT / "config" / name), "--check-config")
            self.assertEqual(code, 0, said)


class Persons(PharmacyTest):
    def everything_written(self):
        for folder in (self.pharmacy.home, self.pharmacy.data):
            for path in folder.rglob("*"):
                if path.is_file():
                    yield str(path), path.read_bytes()

    def assert_no_trace(self, traces=TRACES):
        for path, content in self.everything_written():
            for trace in traces:
                self.assertNotIn(trace, content.upper(), path)
        for said in self.pharmacy.said:
            for trace in traces:
                self.assertNotIn(trace.decode(), said.upper())

    def test_a_document_is_refused_as_an_argument_of_any_verb_and_not_echoed(self):
        escaped = typed(DOCUMENT).replace("@", "\\x40")
        for document in (DOCUMENT, OLD_DOCUMENT, DOCUMENT.replace("@", '"'), escaped, "]L0" + DOCUMENT):
            for words in (["scan"], ["dispense"], ["receive"], ["history"], ["stock", "--gtin"], ["stock", "--expires-before"], [], ["receive", STRANGER, "--units", 5, "--name"],
                          ["scan", "DOSARIO.ENTREGAR"], ["--operator"], ["ledger", "log", "--limit"]):
                answer = self.pharmacy.dosario(*words, document)
                self.assertEqual(answer.code, USAGE, (words, document))
                self.assertNotIn("28123456", answer.out + answer.err)
        answer = self.pharmacy.ask("scan", DOCUMENT)
        self.assertEqual((answer.code, answer.reply["ok"], answer.reply["error"]), (USAGE, False, "invalid"))
        self.assertEqual([entry["kind"] for entry in self.pharmacy.log()], ["product_learned"] * 3)
        self.assert_no_trace()

    def test_a_number_of_somebody_is_refused_as_an_argument_but_a_lot_may_look_like_one(self):
        for number in ("20-26756539-3", "20267565393", "76.086.428-5", "390.533.447-05", "BOXW310820HNERXN09", "898000000043208"):
            answer = self.pharmacy.dosario("scan", number)
            self.assertEqual(answer.code, USAGE, number)
            self.assertNotIn(number, answer.out + answer.err)
            self.assertNotIn("arguments can be seen", self.pharmacy.dosario("stock", "--lot", number).err)
        self.assertEqual(self.pharmacy.dosario("stock", "--lot", DOCUMENT).code, USAGE)

    def test_documents_of_every_kind_right_or_slightly_wrong_leave_no_trace(self):
        pharmacy = self.pharmacy
        right = ("20-26756539-3", "20267565393", "76.086.428-5", "390.533.447-05", "BOXW310820HNERXN09", "898000000043208",
                 "]d28018779123456789012348", "]d28018779123456789012348" + GS + "7253PRUEBA%20DEL" + GS + "725019810203", "https://id.gs1.org/8018/779123456789012348",
                 DOCUMENT + "@203")
        wrong = ("20-26756539-4", "76.086.428-6", "390.533.447-06", "BOXW310820HNERXN08", "]d28018779123456789012349", "]d28018779123456789012348" + GS + "725019810231",
                 "https://id.gs1.org/8018/779123456789012349", "]d27253PRUEBA%20DEL")
        traces = tuple(TRACES) + (b"26756539", b"76086428", b"76.086.428", b"390533447", b"390.533.447", b"BOXW310820", b"89800000004320", b"77912345678901234",
                                  b"PRUEBA%20DEL", b"19810203")
        pharmacy.scan(ANA, "DOSARIO.RECIBIR", element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1"))
        for document in right + wrong:
            for mode in ("", "receive", "fraction", "verify"):
                status, _ = pharmacy.call_scan(document, **({"mode": mode} if mode else {}))
                self.assertEqual(status, 200, document)
            pharmacy.ask("scan", "--stdin", stdin=typed(document) + "\n")
            for mode in ("auto", "id") + (() if "8018" in document or "7253" in document else ("aim", "assume-gs1", "element", "dl", "digits")):
                for form in ((), ("--json",)):
                    pharmacy.dosario("decode", *form, "--stdin", "--mode", mode, stdin=typed(document) + "\n")
        pharmacy.scan("DOSARIO.ENTREGAR")
        for document in right:
            answer = pharmacy.ask("dispense", "--stdin", stdin=typed(document) + "\n")
            self.assertEqual(answer.code, DONE, (document, answer))
        pharmacy.ask("ledger", "snapshot", pharmacy.home / "copy.db")
        pharmacy.dosario("ledger", "log")
        self.assert_no_trace(traces)
        pharmacy.kill()
        self.assert_no_trace(traces)
        pharmacy.start()
        pharmacy.verify()

    def test_a_document_opens_a_visit_and_leaves_no_trace(self):
        pharmacy = self.pharmacy
        pharmacy.scan(ANA, "DOSARIO.RECIBIR", element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1"), element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S2"))
        outside = pharmacy.ask("scan", "--stdin", stdin=DOCUMENT + "\n")
        self.assertEqual(outside.code, REFUSED)
        self.expect(outside.reply, "not_understood", "stop", False)
        pharmacy.scan("DOSARIO.ENTREGAR")
        first = pharmacy.ask("scan", "--stdin", stdin=DOCUMENT + "\n")
        self.expect(first.reply, "work_opened", ok=True)
        pharmacy.scan(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1"))
        for document in (OLD_DOCUMENT, "]L0" + DOCUMENT, DOCUMENT.replace("@", '"')):
            answer = pharmacy.ask("scan", "--stdin", stdin=document + "\r\n")
            self.assertEqual(answer.code, DONE, answer)
            self.expect(answer.reply, "work_opened", ok=True)
        pharmacy.scan(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S2"))
        recipients = [entry["body"]["recipient"] for entry in pharmacy.entries("packs_dispensed")]
        self.assertEqual(len(set(recipients)), 2)                                        # a new reference for each visit
        visit = pharmacy.ask("dispense", "--stdin", stdin=DOCUMENT + "\n")
        self.assertEqual(visit.code, DONE)
        # Cut and garbled documents are not understood, and still nothing of them is kept or said.
        for cut in (DOCUMENT[:-1], DOCUMENT[:45], DOCUMENT[12:], DOCUMENT.replace("@", "*"), DOCUMENT + GS + "x"):
            pharmacy.ask("scan", "--stdin", stdin=typed(cut) + "\n")
            pharmacy.call_scan(cut, request_id="r" + str(len(cut)))
        status, _ = pharmacy.call_scan(STRANGER, mode="receive", product_name=DOCUMENT, units_per_pack=5, lot="L", expires=IN_A_YEAR.isoformat())
        self.assertEqual(status, 400)
        pharmacy.ask("ledger", "snapshot", pharmacy.home / "copy.db")
        pharmacy.dosario("ledger", "log")
        pharmacy.dosario("status")
        self.assert_no_trace()
        pharmacy.kill()                                                                  # the write-ahead log as a crash leaves it
        self.assert_no_trace()
        pharmacy.start()
        pharmacy.verify()
        self.assert_no_trace()


main_guard(__name__)
