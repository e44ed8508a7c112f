# SPDX-License-Identifier: Apache-2.0
"""A whole morning at the counter: by scanning only, and by the verbs of a terminal."""
import datetime
import json
import sqlite3

from pharmacy import (AMOXICILLIN, ANA, DONE, IBUPROFEN, IN_A_YEAR, IN_TWO_YEARS, LEO, LOG_KEYS, NO_DAEMON, REFUSED, STRANGER, USAGE,
                      VERIFY_KEYS, PharmacyTest, day, element_string, main_guard, run_dosario, typed)

VERBS = [["scan"], ["receive"], ["fraction"], ["verify-doses"], ["dispense"], ["undo"], ["status"], ["stock"], ["history"], ["readers"],
         ["readers", "adopt"], ["readers", "replay"], ["ledger"], ["ledger", "verify"], ["ledger", "log"], ["ledger", "snapshot"],
         ["ledger", "rebuild"]]


def desk(word):
    return "DOSARIO." + word


class ByScanning(PharmacyTest):
    def receive_and_fraction(self):
        """A serial pack with three doses: the reply of the fractioning."""
        pack = element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1")
        self.pharmacy.scan(ANA, desk("RECIBIR"), "]d2" + pack)
        return pack, self.expect(self.pharmacy.scan(desk("FRACCIONAR"), pack), "fractioned", "recorded", True)

    def test_a_box_becomes_doses_and_a_dose_leaves_with_its_lot_and_expiry(self):
        scan = self.pharmacy.scan
        self.expect(scan(ANA), "operator_changed", "recorded", True)
        self.expect(scan(ANA), "operator_changed", "repeated", True)
        opened = self.expect(scan(desk("RECIBIR")), "work_opened", "recorded", True)
        self.assertEqual(opened["work"], opened["seq"][-1])
        pack = element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1")
        first = self.expect(scan("]d2" + pack), "received", "recorded", True)
        self.assertEqual(len(first["seq"]), 1)
        again = self.expect(scan(pack), "already_received", "repeated", True)
        self.assertEqual(again["seq"], [])

        made = self.expect(scan(desk("FRACCIONAR"), pack), "fractioned", "recorded", True)
        self.assertEqual([dose["units"] for dose in made["doses"]], [10, 10, 10])
        self.assertRegex(made["pack"], r"^DOSARIO\.P\.[0-9A-HJKMNP-TV-Z]{12}[0-9A-Z]$")
        dose = made["doses"][0]["code"]
        self.assertRegex(dose, r"^DOSARIO\.D\.[0-9A-HJKMNP-TV-Z]{12}[0-9A-Z]$")
        limit = datetime.date.fromisoformat(made["doses"][0]["beyond_use_on"])
        self.assertLessEqual(limit, IN_TWO_YEARS)

        self.expect(scan(desk("ENTREGAR"), dose), "not_verified", "stop", False)
        self.expect(scan(desk("VERIFICAR"), dose), "not_verified", "stop", False)       # who made them cannot verify them
        self.expect(scan(LEO, dose), "verified", "recorded", True)
        self.expect(scan(dose), "verified", "repeated", True)
        self.expect(scan(made["pack"]), "verified", "recorded", True)                    # the other two
        self.expect(scan(desk("ENTREGAR"), dose), "dispensed", "recorded", True)
        self.expect(scan(dose), "already_dispensed", "stop", False)
        self.expect(scan(desk("DESHACER")), "undone", "recorded", True)
        self.expect(scan(dose), "dispensed", "recorded", True)
        self.expect(scan(desk("LISTO")), "work_closed", "complete", True)
        self.expect(scan(desk("LISTO")), "work_closed", "repeated", True)

        snapshot = self.pharmacy.home / "copy.db"
        done = self.pharmacy.ask("ledger", "snapshot", snapshot)
        self.assertEqual(done.code, DONE, done)
        self.assertEqual(done.reply["bytes"], snapshot.stat().st_size)
        self.assertEqual(snapshot.stat().st_mode & 0o777, 0o600)
        with sqlite3.connect(snapshot) as copy:
            self.assertEqual(copy.execute("PRAGMA journal_mode").fetchone(), ("delete",))
            row = copy.execute("SELECT gtin, lot, expires_on, serial, units FROM dispensed_dose WHERE dose = ?", [dose]).fetchall()
            self.assertEqual(row, [(IBUPROFEN, "L1", IN_TWO_YEARS.isoformat(), "S1", 10)])
            row = copy.execute("SELECT lot, date(expires_on * 86400, 'unixepoch') FROM dose WHERE code = ?", [dose]).fetchall()
            self.assertEqual(row, [("L1", IN_TWO_YEARS.isoformat())])
            self.assertEqual(copy.execute("SELECT count(*) FROM event").fetchone()[0], done.reply["entries"])
        copy.close()

    def test_multiplied_linear_codes_ask_for_lot_and_expiry_once(self):
        scan = self.pharmacy.scan
        ean = AMOXICILLIN[1:]
        scan(ANA, desk("RECIBIR"))
        self.expect(scan(desk("X10")), "count_set", "notice", True)
        asked = self.expect(scan(ean), "lot_needed", "stop", False)
        self.assertEqual(asked["ask"]["choices"], [])
        told = self.pharmacy.ask("receive", "--lot", "A7", "--expires", IN_A_YEAR)
        self.assertEqual(told.code, DONE, told)
        self.expect(told.reply, "received", "recorded", True)
        self.assertEqual(self.pharmacy.entries("packs_received")[-1]["body"]["packs"], 10)
        self.expect(scan(ean), "received", "recorded", True)                             # the lot is known in this work
        self.assertEqual(self.pharmacy.entries("packs_received")[-1]["body"]["packs"], 1)
        self.expect(scan("]E0" + ean), "received", "recorded", True)
        self.expect(scan(desk("LISTO"), desk("RECIBIR"), ean), "lot_needed", "stop", False)   # but not in the next one
        self.expect(scan(desk("NO")), "cancelled", "repeated", True)
        stock = self.pharmacy.ask("stock", "--gtin", ean).reply
        self.assertEqual([(line["lot"], line["packs"], line["units"]) for line in stock["lines"]], [("A7", 12, 192)])

    def test_a_short_life_is_taken_in_only_after_a_yes(self):
        scan = self.pharmacy.scan
        scan(ANA, desk("RECIBIR"))
        short = element_string(IBUPROFEN, day(12), "C1", "S9")
        asked = self.expect(scan(short), "short_life", "stop", False)
        self.assertEqual(asked["ask"]["choices"], [desk("SI"), desk("NO")])
        self.expect(scan(desk("NO")), "cancelled", "repeated", True)
        self.expect(scan(desk("SI")), "not_understood", "stop", False)                   # nothing is asked any more
        self.expect(scan(short), "short_life", "stop", False)
        self.expect(scan(desk("SI")), "received", "recorded", True)
        self.expect(scan(element_string(IBUPROFEN, day(-3), "C2", "S10")), "expired", "stop", False)
        self.expect(scan(desk("SI")), "not_understood", "stop", False)                   # no yes makes expired goods good

    def test_an_unknown_product_is_learned_by_scanning_the_pack_size(self):
        scan = self.pharmacy.scan
        scan(ANA, desk("RECIBIR"))
        asked = self.expect(scan(element_string(STRANGER, IN_A_YEAR, "Z1")), "unknown_product", "stop", False)
        self.assertIn(desk("X20"), asked["ask"]["choices"])
        learned = self.expect(scan(desk("X20")), "received", "recorded", True)
        self.assertEqual(len(learned["seq"]), 2)                                         # the product and the pack, in one commit
        self.assertEqual(self.pharmacy.entries("packs_received")[-1]["body"]["units_per_pack"], 20)

    def test_goods_scanned_before_any_work_wait_for_the_answer(self):
        scan = self.pharmacy.scan
        asked = self.expect(scan(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1")), "work_needed", "stop", False)
        self.assertIn(desk("RECIBIR"), asked["ask"]["choices"])
        received = self.expect(scan(desk("RECIBIR")), "received", "recorded", True)
        self.assertEqual(len(received["seq"]), 2)

    def test_an_earlier_expiry_on_the_shelf_is_said_and_the_pack_still_leaves(self):
        scan = self.pharmacy.scan
        late, early = element_string(IBUPROFEN, IN_TWO_YEARS, "L2", "S2"), element_string(IBUPROFEN, IN_A_YEAR, "L1", "S1")
        scan(ANA, desk("RECIBIR"), late, early)
        self.expect(scan(desk("ENTREGAR"), late), "earlier_expires", "notice", True)
        self.expect(scan(early), "dispensed", "recorded", True)

    def test_undo_takes_back_step_by_step_and_stops_where_something_depends(self):
        pack, made = self.receive_and_fraction()
        received = self.pharmacy.entries("packs_received")[0]["seq"]
        self.pharmacy.scan(LEO, desk("VERIFICAR"), made["pack"])
        early = self.pharmacy.ask("undo", "--seq", received)
        self.assertEqual(early.code, REFUSED)
        self.expect(early.reply, "undo_refused", "stop", False)
        for _ in range(3):
            self.expect(self.pharmacy.scan(desk("DESHACER")), "undone", "recorded", True)
        self.expect(self.pharmacy.scan(desk("DESHACER")), "undo_refused", "stop", False)
        self.assertEqual(self.pharmacy.ask("stock").reply["lines"], [])
        self.expect(self.pharmacy.scan(desk("RECIBIR"), pack), "received", "recorded", True)

    def test_commands_that_are_not_done_yet_say_so(self):
        for word in ("CONTAR", "BAJA"):
            self.expect(self.pharmacy.scan(desk(word)), "not_supported", "stop", False)
        self.expect(self.pharmacy.scan(desk("AYUDA")), "help", "notice", True)
        self.expect(self.pharmacy.scan(desk("PRUEBA")), "scanner_tested", "notice", True)
        self.assertEqual(self.pharmacy.entries("work_opened"), [])

    def test_a_second_operator_finds_the_work_of_the_first_after_a_restart(self):
        pack, made = self.receive_and_fraction()
        before = self.pharmacy.ask("status").reply
        self.pharmacy.stop()
        self.pharmacy.start()
        after = self.pharmacy.ask("status").reply
        for key in ("operator", "work", "work_kind", "entries", "head", "ledger", "last"):
            self.assertEqual(after[key], before[key])
        self.assertEqual(after["operator"], "ANA00001")
        self.expect(self.pharmacy.scan(LEO, desk("VERIFICAR"), made["pack"]), "verified", "recorded", True)


class ByVerbs(PharmacyTest):
    def test_the_same_morning_with_badges_beside_the_verbs(self):
        ask = self.pharmacy.ask
        pack = typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1"))
        received = ask("receive", pack, "--operator", ANA)
        self.assertEqual(received.code, DONE)
        self.assertEqual(len(self.expect(received.reply, "received", "recorded", True)["seq"]), 2)
        self.assertEqual(self.expect(ask("fraction", pack).reply, "operator_needed", ok=False)["seq"], [])
        made = self.expect(ask("fraction", pack, "--operator", "ANA00001", "--doses", 2, "--units-per-dose", 12, "--waste", 1).reply,
                           "fractioned", "recorded", True)
        self.assertEqual([dose["units"] for dose in made["doses"]], [12, 12])
        body = self.pharmacy.entries("pack_fractioned")[0]["body"]
        self.assertEqual((body["units_before"], body["units_remaining"], body["units_wasted"]), (30, 5, 1))
        first, second = (dose["code"] for dose in made["doses"])
        self.assertEqual(ask("verify-doses", first, "--operator", ANA).code, REFUSED)
        self.assertEqual(ask("verify-doses", first, "--operator", ANA, "--witness", ANA).code, REFUSED)
        verified = ask("verify-doses", first, "--operator", ANA, "--witness", LEO)
        self.expect(verified.reply, "verified", "recorded", True)
        entry = self.pharmacy.log()[-1]
        self.assertEqual((entry["kind"], entry["operator"], entry["witness"]), ("doses_verified", "ANA00001", "LEO00002"))
        dispensed = ask("dispense", first, second, "--operator", ANA)
        self.assertEqual([reply["what"] for reply in dispensed.lines], ["dispensed", "not_verified"])
        self.assertEqual(dispensed.code, REFUSED)
        self.expect(ask("undo", "--operator", LEO).reply, "undone", "recorded", True)
        self.assertEqual(self.pharmacy.log()[-1]["operator"], "LEO00002")
        self.assertEqual(self.pharmacy.ask("status").reply["operator"], "")              # --operator is for one request only

    def test_packs_without_serial_are_counts(self):
        ask = self.pharmacy.ask
        ean = AMOXICILLIN[1:]
        self.assertEqual(ask("receive", ean, "--lot", "A7", "--expires", IN_A_YEAR, "--packs", 5, "--operator", ANA).code, DONE)
        self.assertEqual(ask("dispense", ean, "--packs", 2, "--operator", ANA).code, DONE)
        self.expect(ask("dispense", ean, "--packs", 4).reply, "not_in_stock", ok=False)
        self.expect(ask("receive", ean, "--lot", "A7", "--expires", IN_TWO_YEARS).reply, "wrong_lot", ok=False)
        self.expect(ask("fraction", ean, "--operator", ANA).reply, "fractioned", "recorded", True)
        line = ask("stock").reply["lines"][0]
        self.assertEqual((line["packs"], line["opened_packs"], line["doses_to_verify"], line["units"]), (2, 1, 2, 48))
        known = ask("receive", STRANGER, "--units", 12, "--name", "Algo en polvo: \"ñandú\" ✓", "--lot", "P1", "--expires", IN_A_YEAR)
        self.expect(known.reply, "received", "recorded", True)
        self.assertEqual(ask("stock", "--gtin", STRANGER).reply["lines"][0]["name"], "Algo en polvo: \"ñandú\" ✓")
        self.expect(ask("receive", STRANGER, "--units", 13, "--lot", "P1", "--expires", IN_A_YEAR).reply, "units_differ", ok=False)

    def test_history_knows_a_dose_a_pack_and_a_lot(self):
        ask = self.pharmacy.ask
        pack = typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1"))
        ask("receive", pack, "--operator", ANA)
        made = ask("fraction", pack, "--operator", ANA).reply
        code = made["doses"][1]["code"]
        dose = ask("history", code).reply
        self.assertEqual((dose["kind"], dose["id"], dose["lot"], dose["serial"], dose["mother"]), ("dose", code, "L1", "S1", made["pack"]))
        self.assertEqual([entry["kind"] for entry in dose["entries"]], ["packs_received", "pack_fractioned"])
        self.assertEqual(ask("history", made["pack"]).reply["doses"], [d["code"] for d in made["doses"]])
        for words in (["verify-doses", code, "--operator", LEO], ["dispense", code], ["undo"], ["receive", IBUPROFEN, "--lot", "L1"], ["dispense", IBUPROFEN, "--lot", "L1"]):
            self.assertEqual(ask(*words).code, DONE, words)
        lot = ask("history", f"{IBUPROFEN}/L1").reply
        self.assertEqual(lot["kind"], "lot")
        self.assertEqual([entry["kind"] for entry in lot["entries"]],
                         ["packs_received", "pack_fractioned", "doses_verified", "dose_dispensed", "reversed", "packs_received", "packs_dispensed"])
        wrong = ask("history", code[:-1] + ("A" if code[-1] != "A" else "B"))
        self.assertEqual(wrong.code, USAGE)
        self.assertIn("check character", wrong.reply["message"])
        self.assertEqual(ask("history", pack).reply["kind"], "pack")
        self.assertEqual(ask("history", f"{IBUPROFEN}/NADA").code, REFUSED)

    def test_stock_is_listed_by_expiry_and_filtered(self):
        ask = self.pharmacy.ask
        for lot, expires in (("B", IN_TWO_YEARS), ("A", IN_A_YEAR)):
            ask("receive", IBUPROFEN, "--lot", lot, "--expires", expires)
        self.assertEqual([line["lot"] for line in ask("stock").reply["lines"]], ["A", "B"])
        self.assertEqual([line["lot"] for line in ask("stock", "--expires-before", IN_TWO_YEARS).reply["lines"]], ["A"])
        self.assertEqual([line["lot"] for line in ask("stock", "--lot", "B").reply["lines"]], ["B"])
        self.assertEqual(ask("stock", "--gtin", AMOXICILLIN).reply, {"lines": [], "more": False})

    def test_every_verb_answers_people_in_words_and_with_help(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                answer = run_dosario(*verb, "--help")
                self.assertEqual((answer.code, answer.err), (DONE, ""))
                self.assertIn("Usage:", answer.out)
        tell = self.pharmacy.dosario
        pack = typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1"))
        self.assertRegex(tell("receive", pack, "--operator", ANA).out, r"^Recibido: 1 x Ibuprofeno .*lote L1.*\[recorded: received\] #\d+")
        made = tell("fraction", pack, "--operator", ANA)
        self.assertEqual(made.code, DONE)
        self.assertEqual(made.out.count("DOSARIO.D."), 3)
        code = next(word for word in made.out.split() if word.startswith("DOSARIO.D."))
        self.assertEqual(tell("verify-doses", code, "--operator", LEO).code, DONE)
        self.assertEqual(tell("dispense", code).code, DONE)
        self.assertRegex(tell("status").out, r"prueba  Farmacia de prueba  version ")
        self.assertRegex(tell("stock").out, r"Ibuprofeno .*lot L1")
        self.assertRegex(tell("history", code).out, r"lot L1, expires " + IN_TWO_YEARS.isoformat())
        instant = r"#\d+ +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  "
        self.assertRegex(tell("ledger", "log").out, instant + "dose_dispensed")
        self.assertRegex(tell("status").out, instant + "dose_dispensed")
        self.assertRegex(tell("history", code).out, instant + "dose_dispensed")
        self.assertRegex(tell("ledger", "verify").out, r"^the ledger is whole: \d+ entries")
        self.assertRegex(tell("ledger", "rebuild").out, r"made again from \d+ entries")
        self.assertEqual(tell("readers").out, "no reader is plugged in\n")
        undone = tell("undo")
        self.assertRegex(undone.out, r"^Deshecho")
        self.assertNotIn("vence -", undone.out)
        self.assertEqual(tell("undo", "--seq", 1).code, REFUSED)

    def test_every_verb_answers_programs_in_one_json_object_a_line(self):
        ask = self.pharmacy.ask
        for words in (["scan", "nada"], ["receive"], ["fraction"], ["verify-doses"], ["dispense"], ["undo"], ["status"], ["stock"],
                      ["history", "nada"], ["readers"], ["readers", "adopt"], ["readers", "adopt", "05e0:1200::0"], ["readers", "replay", "nada"],
                      ["ledger", "verify"], ["ledger", "log"], ["ledger", "snapshot", self.pharmacy.home / "x.db"], ["ledger", "rebuild"]):
            with self.subTest(words=words):
                answer = ask(*words)
                self.assertEqual(answer.err, "")
                self.assertTrue(answer.lines)
                for line in answer.lines:
                    self.assertIs(type(line), dict)
                if answer.code != DONE:
                    self.assertIs(answer.lines[-1]["ok"], False)
                behind = self.pharmacy.dosario(*words, "--json")                         # the option may stand behind the verb
                self.assertTrue(behind.lines)


class TheLedgerVerbs(PharmacyTest):
    running = False

    def test_the_same_is_said_with_and_without_a_running_daemon(self):
        pharmacy = self.pharmacy.start()
        pack = typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1"))
        for words in (["receive", pack, "--operator", ANA], ["fraction", pack, "--operator", ANA], ["undo"]):
            self.assertEqual(pharmacy.ask(*words).code, DONE)

        def look(name):
            verify, log = pharmacy.ask("ledger", "verify"), pharmacy.ask("ledger", "log")
            self.assertEqual((verify.code, log.code), (DONE, DONE))
            self.assertEqual(list(verify.reply), VERIFY_KEYS)
            for line in log.lines:
                self.assertEqual(list(line), LOG_KEYS)
                self.assertEqual([type(line[key]) for key in LOG_KEYS], [int, str, str, str, str, int, str, dict])
            self.assertEqual(pharmacy.ask("ledger", "rebuild").reply, {"entries": verify.reply["entries"]})
            self.assertEqual(pharmacy.ask("ledger", "verify").out, verify.out)
            copy = pharmacy.home / name
            snapshot = pharmacy.ask("ledger", "snapshot", copy)
            self.assertEqual(snapshot.code, DONE, snapshot)
            with sqlite3.connect(copy) as db:
                rows = {table: db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
                        for table in ("event", "stock", "pack", "dose", "lot", "taken_back")}
            db.close()
            refused = pharmacy.ask("ledger", "snapshot", copy)
            self.assertEqual(refused.code, USAGE)
            return verify.out, log.out, pharmacy.ask("ledger", "log", "--after", 2, "--limit", 2).out, rows

        with_daemon = look("with.db")
        pharmacy.stop()
        without = look("without.db")
        self.assertEqual(without, with_daemon)
        self.assertEqual([entry["seq"] for entry in map(json.loads, with_daemon[2].splitlines())], [3, 4])
        pharmacy.start()
        self.assertEqual(look("again.db"), with_daemon)

    def test_a_verb_of_the_counter_without_a_daemon_is_exit_code_3(self):
        for words in (["scan", "x"], ["status"], ["stock"], ["receive"], ["undo"], ["readers"], ["history", "x"]):
            answer = self.pharmacy.dosario(*words)
            self.assertEqual(answer.code, NO_DAEMON, answer)
            self.assertIn("dosariod", answer.err)
            self.assertEqual(self.pharmacy.ask(*words).reply["error"], "unavailable")
        self.assertEqual(run_dosario("--socket", self.pharmacy.home / "nobody", "ledger", "verify").code, NO_DAEMON)
        self.assertEqual(run_dosario("status", env={"DOSARIO_SOCKET": str(self.pharmacy.home / "nobody")}).code, NO_DAEMON)
        self.assertEqual(self.pharmacy.ask("ledger", "verify").code, REFUSED)            # no ledger there yet

    def test_a_changed_entry_is_found_and_named(self):
        self.pharmacy.start()
        self.pharmacy.scan(ANA)
        self.pharmacy.stop()
        with sqlite3.connect(self.pharmacy.data / "ledger.db") as db:
            trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_stays'").fetchone()[0]
            db.execute("DROP TRIGGER event_stays")
            db.execute("UPDATE event SET wall_us = wall_us + 1 WHERE seq = 2")
            db.execute(trigger)
        db.close()
        answer = self.pharmacy.ask("ledger", "verify")
        self.assertEqual(answer.code, REFUSED)
        self.assertIs(answer.reply["ok"], False)
        self.assertEqual(answer.reply["faults"][0]["seq"], 2)
        self.assertIn("DAMAGED", self.pharmacy.dosario("ledger", "verify").out)


    def test_bytes_that_are_no_text_are_a_fault_in_words_and_are_not_printed(self):
        self.pharmacy.start()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR", element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1"))
        self.pharmacy.stop()
        with sqlite3.connect(self.pharmacy.data / "ledger.db") as db:
            trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_stays'").fetchone()[0]
            db.execute("DROP TRIGGER event_stays")
            seq, body = db.execute("SELECT seq, body FROM event WHERE kind = 14").fetchone()
            db.execute("UPDATE event SET body = ? WHERE seq = ?", (body.replace(b"ANA00001", b"ANA\xff\xfe001"), seq))
            db.execute("UPDATE request SET reply = x'1a02fffe'")
            db.execute(trigger)
        db.close()
        for running in (False, True):
            if running:
                self.pharmacy.start()
            answer = self.pharmacy.ask("ledger", "verify")
            self.assertEqual((answer.code, answer.err), (REFUSED, ""))
            self.assertIn((seq, True), [(fault["seq"], "UTF-8" in fault["what"]) for fault in answer.reply["faults"]])
            self.assertIn("kept replies cannot be read", " ".join(fault["what"] for fault in answer.reply["faults"]))
            answer = self.pharmacy.ask("ledger", "log")
            self.assertEqual((answer.code, answer.err), (DONE, ""))
            answer = self.pharmacy.ask("ledger", "rebuild")
            self.assertEqual((answer.code, "libprotobuf" in answer.err), (REFUSED, False))
            self.assertIn("only read" if running else "UTF-8", answer.reply["message"])
        self.pharmacy.kill()
        self.assertRegex(self.pharmacy.log_text, r"\A((info|warning|error) [a-z_]+.*\n)*\Z")      # our own lines, and nothing else


main_guard(__name__)
