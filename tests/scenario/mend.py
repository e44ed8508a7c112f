# SPDX-License-Identifier: Apache-2.0
"""Pages of ledger.db are overwritten. The daemon reads on and saves nothing; `ledger mend` keeps what is good and names what is lost; the
collector gives the tail back, and nothing is there twice."""
import json
import os
import sqlite3

from pair import PairTest
from pharmacy import ANA, DONE, IBUPROFEN, IN_A_YEAR, LEO, NO_DAEMON, REFUSED, element_string, main_guard, typed, wait_until

PAGE = 4096


def box(serial, lot="L1"):
    return element_string(IBUPROFEN, IN_A_YEAR, lot, serial)


class Mend(PairTest):
    def receive(self, *serials):
        for serial in serials:
            status, reply = self.pharmacy.call_scan(box(serial), mode="receive", operator=ANA)
            self.assertEqual((status, reply.get("what")), (200, "received"), reply)

    def fill(self, packs=300):
        """Work that the collector has; stopped; the log as it was."""
        self.receive(*[f"T{n:04}" for n in range(packs)])
        self.assertEqual(self.pharmacy.ask("fraction", typed(box("T0007")), "--operator", ANA).code, DONE)
        self.assertEqual(self.pharmacy.ask("verify-doses", typed(box("T0007")), "--operator", LEO).code, DONE)
        self.wait_equal()
        log = self.pharmacy.log()
        self.pharmacy.stop()
        return log

    @property
    def file(self):
        return self.pharmacy.data / "ledger.db"

    def overwrite(self, page, content=None):
        """Pages are numbered from 1."""
        with open(self.file, "r+b") as file:
            file.seek((page - 1) * PAGE)
            file.write(content or os.urandom(PAGE))

    def page_with(self, content, without=b"\0" * PAGE):
        raw = self.file.read_bytes()
        pages = [raw[at:at + PAGE] for at in range(0, len(raw), PAGE)]
        return next(n for n, page in enumerate(pages, 1) if content in page and without not in page)

    def page_of(self, table):
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as db:
            found = db.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno", (table,)).fetchall()
        db.close()
        return found[len(found) // 2][0]

    def mend(self):
        answer = self.pharmacy.ask("ledger", "mend")
        self.assertEqual(answer.code, DONE, answer)
        return answer.reply

    def read_only(self):
        """The daemon starts, reads, and saves nothing."""
        self.pharmacy.start()
        status = self.pharmacy.call("/v1/status")[1]
        self.assertIn("damaged and only read", status["read_only"])
        self.assertEqual(status["warnings"][0], status["read_only"])
        self.assertEqual(self.pharmacy.call("/v1/stock")[0], 200)
        code, refused = self.pharmacy.call_scan(box("NEW"), mode="receive", operator=ANA)
        self.assertEqual((code, refused["error"], refused["message"]), (500, "damaged", status["read_only"]))
        self.assertEqual(self.pharmacy.call("/v1/ledger/rebuild")[1]["message"], status["read_only"])
        connection = self.pharmacy.http()
        connection.request("GET", "/metrics")
        self.assertIn(b"dosario_ledger_read_only 1", connection.getresponse().read())
        connection.close()
        before = self.file.read_bytes()
        self.assertEqual(self.pharmacy.ask("ledger", "mend").code, NO_DAEMON)
        self.pharmacy.stop()
        self.assertEqual(self.file.read_bytes(), before)

    def all_is_back(self, log):
        """Mended and started: every entry as it was, work goes on, at the collector nothing is there twice."""
        self.pharmacy.start()
        wait_until(lambda: self.pharmacy.call("/v1/status")[1]["entries"] >= len(log), "the tail is back")
        self.assertEqual([entry["hash"] for entry in self.pharmacy.log()][:len(log)], [entry["hash"] for entry in log])
        self.assertEqual(self.pharmacy.call("/v1/status")[1]["read_only"], "")
        self.receive("AFTER")
        self.wait_equal()
        self.assertTrue(self.pharmacy.ask("ledger", "verify", "--full").reply["ok"])
        self.verify_centre()
        line, = self.lines().values()
        self.assertLessEqual(len(line["branches"]), 2)
        self.pharmacy.stop()
        self.centre.stop()
        here = self.compare_files()
        self.assertEqual(len({row[1] for row in here}), len(here), "an event is there twice")
        self.assertFalse((self.pharmacy.data / "damaged").exists())

    def test_a_page_of_entries_is_lost_and_comes_back_from_the_collector(self):
        log = self.fill()
        self.overwrite(self.page_with(bytes.fromhex(log[200]["hash"])))
        self.read_only()
        found = self.mend()
        self.assertEqual(found["what"], "entries")
        self.assertLess(100, found["kept"])
        self.assertLessEqual(found["kept"], 200)
        self.assertEqual((found["lost_from"], found["lost_to"]), (found["kept"] + 1, len(log)))
        with open(found["readable_file"], encoding="utf-8") as file:
            loose = [json.loads(line) for line in file]
        self.assertEqual([entry["seq"] for entry in loose], found["readable"])
        self.assertEqual(loose[-1], log[-1])
        self.assertNotIn(201, found["readable"])
        self.all_is_back(log)

    def test_without_a_collector_the_next_entry_begins_a_branch(self):
        log = self.fill(60)
        self.centre.stop()
        self.overwrite(self.page_with(bytes.fromhex(log[40]["hash"])))
        kept = self.mend()["kept"]
        self.pharmacy.start()
        self.receive("AFTER")
        self.assertEqual([entry["hash"] for entry in self.pharmacy.log()][:kept], [entry["hash"] for entry in log[:kept]])
        self.centre.start()
        self.wait_equal()
        line, = self.lines().values()
        self.assertEqual(len(line["branches"]), 2)
        self.verify_centre()

    def test_a_damaged_list_is_made_again_and_nothing_is_lost(self):
        log = self.fill()
        self.overwrite(self.page_of("pack"))
        found = self.mend()
        self.assertEqual((found["what"], found["kept"], found["lost_from"]), ("lists", len(log), 0))
        self.all_is_back(log)

    def test_a_damaged_index_is_made_again(self):
        log = self.fill()
        self.overwrite(self.page_of("dose_of_pack"))
        self.assertEqual(self.mend()["what"], "lists")
        self.all_is_back(log)

    def test_a_file_that_lost_its_first_page_is_read_all_the_same(self):
        log = self.fill()
        self.overwrite(1)
        code, said = self.pharmacy.run_and_end(*self.pharmacy.command[1:])
        self.assertEqual(code, 1)
        self.assertIn("ledger mend", said)
        found = self.mend()
        self.assertEqual((found["what"], found["kept"]), ("lists", len(log)), found)
        self.assertIn("first page", found["faults"][0])
        self.all_is_back(log)

    def test_damaged_free_pages_are_left_behind(self):
        log = self.fill()
        self.assertEqual(self.pharmacy.dosario("ledger", "rebuild").code, DONE)
        with sqlite3.connect(self.file) as db:  # pages that are free: those of a table that is gone
            db.execute("CREATE TABLE gone (x)")
            db.execute("INSERT INTO gone VALUES (zeroblob(40000))")
            db.commit()
            db.execute("DROP TABLE gone")
            db.commit()
            self.assertGreater(db.execute("PRAGMA freelist_count").fetchone()[0], 0)
        db.close()
        with open(self.file, "rb") as file:
            file.seek(32)
            trunk = int.from_bytes(file.read(4), "big")
        self.overwrite(trunk)
        self.assertEqual(self.mend()["what"], "lists")
        self.all_is_back(log)

    def test_a_whole_ledger_is_left_alone(self):
        log = self.fill(9)
        before = self.file.read_bytes()
        self.assertEqual(self.mend()["what"], "nothing")
        self.assertEqual(self.file.read_bytes(), before)
        (self.pharmacy.data / "damaged").write_text("somebody thought so\n\n")
        self.read_only()
        self.assertEqual(self.mend()["what"], "nothing")
        self.all_is_back(log)

    def test_damage_in_old_history_is_found_by_verifying_and_the_next_start_only_reads(self):
        log = self.fill(1300)
        self.overwrite(self.page_with(bytes.fromhex(log[100]["hash"])))
        self.pharmacy.start()
        self.assertEqual(self.pharmacy.call("/v1/status")[1]["read_only"], "")
        answer = self.pharmacy.ask("ledger", "verify")
        self.assertEqual(answer.code, REFUSED)
        self.assertTrue((self.pharmacy.data / "damaged").exists())
        self.assertIn("only read", self.pharmacy.call("/v1/status")[1]["warnings"][0])
        self.pharmacy.stop()
        self.read_only()
        self.assertLessEqual(self.mend()["kept"], 100)
        self.all_is_back(log)

    def test_damage_that_the_counter_meets_ends_the_daemon_once(self):
        log = self.fill(1300)
        self.overwrite(self.page_with(bytes.fromhex(log[100]["hash"])))
        self.pharmacy.start()
        child = self.pharmacy.child
        status, answer = self.pharmacy.call("/v1/ledger/log", {"after": 90, "limit": 50})
        self.assertEqual((status, answer["error"]), (500, "damaged"))
        self.assertEqual(child.wait(60), 1)
        self.pharmacy.child = None
        self.assertTrue((self.pharmacy.data / "damaged").exists())
        self.read_only()
        self.mend()
        self.all_is_back(log)

    def test_a_mend_that_broke_off_is_begun_again_with_the_files_as_they_were(self):
        log = self.fill(60)
        self.overwrite(self.page_with(bytes.fromhex(log[40]["hash"])))
        kept = self.pharmacy.data / "damaged-1"
        kept.mkdir()
        os.link(self.file, kept / "ledger.db")
        (self.pharmacy.data / "damaged").write_text("entry 41 cannot be read\ndamaged-1\n")
        self.file.unlink()  # as far as a mend comes that the power cuts off, and farther
        self.assertEqual(self.mend()["what"], "entries")
        self.all_is_back(log)


main_guard(__name__)
