# SPDX-License-Identifier: Apache-2.0
"""Who a visit was: kept beside the ledger, shown for a reason, forgotten on demand, and nowhere else."""
import json
import os
import stat

from backup import Sticks, key_on, restore
from pharmacy import (ANA, DONE, IBUPROFEN, IN_A_YEAR, LEO, REFUSED, USAGE, Pharmacy, PharmacyTest, element_string, main_guard)

CARD = "00123456789@ECHEVARRIETA@LUDOVICA MARTINA@F@28123456@A@31/12/1980@01/01/2015"
TRACES = (b"ECHEVARRIETA", b"LUDOVICA", b"28123456", b"28.123.456")
SEALED = '[persons]\nkeep = "sealed"\n'


def box(serial):
    return element_string(IBUPROFEN, IN_A_YEAR, "L1", serial)


class Visits:
    def visit(self, pharmacy, card, *serials):
        """The reference of the visit."""
        for serial in serials:
            self.expect(pharmacy.call_scan(box(serial), mode="receive", operator=ANA)[1], "received", ok=True)
        pharmacy.call_scan("DOSARIO.ENTREGAR", operator=ANA)
        if card:
            self.expect(pharmacy.call_scan(card)[1], "work_opened", ok=True)
        for serial in serials:
            self.expect(pharmacy.call_scan(box(serial))[1], "dispensed", ok=True)
        recipient = pharmacy.entries("packs_dispensed")[-1]["body"]["recipient"]
        pharmacy.call_scan("DOSARIO.LISTO")
        return recipient

    def persons(self, pharmacy, *words, stdin=None, purpose="persons_own_request", operator=ANA):
        return pharmacy.ask("--operator", operator, "persons", *words, "--purpose", purpose, stdin=stdin)


class Persons(Visits, PharmacyTest):
    def setUp(self):
        super().setUp()
        self.pharmacy.stop()
        self.pharmacy.configure(more=SEALED)
        self.pharmacy.start()

    def assert_no_trace(self, *more, but=("site-keys",)):
        for folder in (self.pharmacy.home, self.pharmacy.data):
            for path in folder.rglob("*"):
                if path.is_file() and path.name not in but:
                    content = path.read_bytes()
                    for trace in TRACES + more:
                        self.assertNotIn(trace, content, path)
                        self.assertNotIn(trace, content.upper(), path)

    def test_a_look_is_posted(self):
        entries = len(self.pharmacy.log())
        for what in ("open", "forget"):
            request = {"recipient": "ab" * 16, "purpose": "recall", "operator": ANA}
            status, refused = self.pharmacy.call(f"/v1/persons/{what}", request, method="GET")
            self.assertEqual((status, refused["error"]), (400, "invalid"))
            self.assertIn("POST", refused["message"])
        self.assertEqual(len(self.pharmacy.log()), entries)

    def test_a_visit_is_opened_for_a_reason_and_each_look_is_booked(self):
        visit = self.visit(self.pharmacy, CARD, "S1")
        nobody = self.visit(self.pharmacy, "", "S2")
        answer = self.persons(self.pharmacy, "open", visit, purpose="recall", operator=LEO)
        self.assertEqual(answer.code, DONE, answer)
        line, = answer.reply["persons"]
        self.assertEqual((line["recipient"], line["country"], line["id_kind"], line["number"]), (visit, "AR", "DNI", "28123456"))
        entry, = self.pharmacy.entries("recipient_accessed")
        self.assertEqual((entry["seq"], entry["operator"], entry["body"]["recipient"], entry["body"]["purpose"], entry["body"].get("erased", False)),
                         (answer.reply["seq"][0], LEO[-8:], visit, "recall", False), entry)
        self.assertIn("28123456", self.pharmacy.dosario("--operator", ANA, "persons", "open", visit, "--purpose", "recall").out)
        # By the document, as the person shows it.
        for document in (CARD, "28.123.456", "28123456\n"):
            answer = self.persons(self.pharmacy, "open", "--document", stdin=document)
            self.assertEqual([one["recipient"] for one in answer.reply["persons"]], [visit])
        before = len(self.pharmacy.entries("recipient_accessed"))
        refusals = [(self.persons(self.pharmacy, "open", nobody), REFUSED), (self.persons(self.pharmacy, "open", "--document", stdin="30111222"), REFUSED),
                    (self.persons(self.pharmacy, "open", visit, purpose="curiosity"), USAGE), (self.persons(self.pharmacy, "open", visit[:-1]), USAGE),
                    (self.persons(self.pharmacy, "open"), USAGE), (self.persons(self.pharmacy, "open", visit, "--document", stdin="1"), USAGE),
                    (self.persons(self.pharmacy, "open", "--document", stdin=""), USAGE), (self.persons(self.pharmacy, "open", "--document", stdin="20-28123456-4"), USAGE),
                    (self.persons(self.pharmacy, "open", "28123456"), USAGE), (self.pharmacy.ask("persons", "open", visit), USAGE)]
        for n, (answer, code) in enumerate(refusals):
            self.assertEqual(answer.code, code, (n, answer))
            self.assertNotIn("28123456", answer.out + answer.err)
        self.assertEqual(len(self.pharmacy.entries("recipient_accessed")), before)
        self.assertEqual(self.pharmacy.verify()["ok"], True)
        self.pharmacy.kill()
        self.assert_no_trace()

    def test_who_is_forgotten_is_forgotten_after_a_kill_too(self):
        visits = [self.visit(self.pharmacy, CARD, f"S{n}") for n in range(3)]
        other = self.visit(self.pharmacy, "20-26756539-3", "S9")
        pseudonym = self.persons(self.pharmacy, "open", visits[0]).reply["persons"][0]["pseudonym"]
        self.assertRegex(pseudonym, r"^k1:[0-9a-f]{20}$")
        answer = self.persons(self.pharmacy, "forget", "--document", stdin=CARD)
        self.assertEqual(answer.code, DONE, answer)
        self.assertEqual(sorted(one["recipient"] for one in answer.reply["persons"]), sorted(visits))
        self.pharmacy.kill()
        self.assert_no_trace(pseudonym.encode())
        self.pharmacy.start()
        for visit in visits:
            self.assertEqual(self.persons(self.pharmacy, "open", visit).code, REFUSED)
        self.assertEqual(self.persons(self.pharmacy, "open", other).reply["persons"][0]["number"], "20267565393")
        erased = [entry["body"]["recipient"] for entry in self.pharmacy.entries("recipient_accessed") if entry["body"].get("erased")]
        self.assertEqual(sorted(erased), sorted(visits))
        self.assertEqual(self.pharmacy.verify()["ok"], True)

    def test_a_snapshot_and_the_journal_name_nobody_and_files_are_the_daemons_own(self):
        visit = self.visit(self.pharmacy, CARD, "S1")
        pseudonym = self.persons(self.pharmacy, "open", visit).reply["persons"][0]["pseudonym"].encode()
        target = self.pharmacy.home / "copy.db"
        self.assertEqual(self.pharmacy.dosario("ledger", "snapshot", target).code, DONE)
        journal = self.pharmacy.log_text.encode()
        for content in (target.read_bytes(), journal, json.dumps(self.pharmacy.log()).encode()):
            self.assertNotIn(pseudonym, content)
            self.assertNotIn(pseudonym[3:], content)
        for name in ("persons.db", "site-keys"):
            self.assertEqual(stat.S_IMODE(os.stat(self.pharmacy.data / name).st_mode) & 0o077, 0, name)
        self.pharmacy.stop()
        self.assert_no_trace(pseudonym, but=("site-keys", "persons.db"))
        # Nothing of it is needed: the ledger goes on without the table.
        (self.pharmacy.data / "persons.db").unlink()
        self.pharmacy.start()
        self.assertEqual(self.pharmacy.dosario("ledger", "rebuild").code, DONE)
        self.assertEqual(self.pharmacy.verify()["ok"], True)

    def test_a_site_that_keeps_nobody_has_no_table(self):
        self.pharmacy.stop()
        self.pharmacy.configure(more='[persons]\nkeep = "none"\n')
        self.pharmacy.start()
        visit = self.visit(self.pharmacy, CARD, "S1")
        self.assertEqual(self.persons(self.pharmacy, "open", visit).code, REFUSED)
        self.assertFalse((self.pharmacy.data / "persons.db").exists())
        self.assertFalse((self.pharmacy.data / "site-keys").exists())

    def test_a_damaged_table_stops_the_document_and_not_the_work(self):
        self.pharmacy.stop()
        (self.pharmacy.data / "persons.db").write_bytes(b"x" * 8192)
        self.pharmacy.start()
        self.pharmacy.call_scan(box("S1"), mode="receive", operator=ANA)
        self.pharmacy.call_scan("DOSARIO.ENTREGAR")
        self.expect(self.pharmacy.call_scan(CARD)[1], "person_not_kept", sound="stop", ok=False)
        self.assertIn("persons.db", self.pharmacy.dosario("status").out)
        self.expect(self.pharmacy.call_scan(box("S1"))[1], "dispensed", ok=True)


class Restored(Visits, Sticks, PharmacyTest):
    def test_a_backup_brings_the_keys_and_nobody(self):
        pharmacy = self.pharmacy
        self.plug(pharmacy, "stick", more=SEALED)
        pharmacy.stop()
        key = key_on(self.sheet(pharmacy))
        pharmacy.start()
        visit = self.visit(pharmacy, CARD, "S1")
        pseudonym = self.persons(pharmacy, "open", visit).reply["persons"][0]["pseudonym"]
        file = self.back_up(pharmacy)
        new = pharmacy.home / "new"
        answer = restore(file, new, key)
        self.assertEqual(answer.code, DONE, answer)
        self.assertTrue((new / "site-keys").exists())
        self.assertFalse((new / "persons.db").exists())
        self.assertEqual((new / "site-keys").read_bytes(), (pharmacy.data / "site-keys").read_bytes())
        pharmacy.stop()
        other = Pharmacy(data=new, more=SEALED)
        self.addCleanup(other.close)
        other.start()
        self.assertEqual(self.persons(other, "open", visit).code, REFUSED)
        later = self.visit(other, CARD, "S2")
        self.assertEqual(self.persons(other, "open", later).reply["persons"][0]["pseudonym"], pseudonym)


main_guard(__name__)
