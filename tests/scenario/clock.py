# SPDX-License-Identifier: Apache-2.0
"""A computer whose wall clock is wrong: it jumps while the daemon runs, and it is far ahead when the daemon starts."""
import datetime

from pharmacy import (ANA, BIN, DONE, IBUPROFEN, IN_A_YEAR, REFUSED, PharmacyTest, day, element_string, main_guard, typed)

DAY_S = 86400


class WrongClocks(PharmacyTest):
    running = False

    def setUp(self):
        super().setUp()
        self.file = self.pharmacy.home / "wall_clock"
        self.set_clock(0)
        self.start()

    def start(self):
        self.pharmacy.start(["env", f"LD_PRELOAD={BIN / 'libclock_shim.so'}", f"DOSARIO_WALL_CLOCK={self.file}", *self.pharmacy.command])

    def set_clock(self, days):
        new = self.file.with_suffix(".new")
        new.write_text(str(days * DAY_S))
        new.rename(self.file)

    def receive(self, serial, expires=IN_A_YEAR, lot="L1"):
        return self.pharmacy.ask("receive", typed(element_string(IBUPROFEN, expires, lot, serial)), "--operator", ANA)

    def clock(self):
        status = self.pharmacy.ask("status").reply
        return status["clock"], status["today"], [warning for warning in status["warnings"] if "clock" in warning]

    def test_a_jump_of_years_refuses_no_good_box_and_is_forgotten_when_it_is_set_right(self):
        self.assertEqual(self.clock()[0], "good")
        today = self.clock()[1]
        for years in (2, 5, 60):
            self.set_clock(years * 365)
            self.assertEqual(self.clock()[:2], ("suspect", today))
            self.assertEqual(len(self.clock()[2]), 1)
            answer = self.receive(f"S{years}")
            self.expect(answer.reply, "received", "recorded", True)
            self.assertIn(today, answer.reply["lines"][-1])                              # staff is told, and which day counts
            self.expect(self.receive("OLD", day(-2), "L0").reply, "expired", "stop", False)
        self.assertEqual({entry["body"]["expires_on"] for entry in self.pharmacy.entries("packs_received")}, {IN_A_YEAR.isoformat()})
        self.assertEqual({entry["body"]["decided_on"] for entry in self.pharmacy.entries("packs_received")}, {today})
        self.set_clock(0)
        self.assertEqual(self.clock(), ("good", today, []))
        answer = self.receive("LAST")
        self.expect(answer.reply, "received", "recorded", True)
        self.assertEqual(len(answer.reply["lines"]), 2)

    def test_a_start_far_ahead_books_nothing_until_the_clock_is_set(self):
        self.expect(self.receive("S1").reply, "received", ok=True)
        self.pharmacy.stop()
        self.set_clock(5 * 365)
        self.start()
        entries = self.pharmacy.log()
        self.assertEqual(self.clock()[0], "unknown")
        self.assertIn("not_before", self.clock()[2][0])
        for words in (["receive", typed(element_string(IBUPROFEN, IN_A_YEAR, "L1", "S2"))], ["dispense", typed(element_string(IBUPROFEN, IN_A_YEAR, "L1", "S1"))],
                      ["undo"], ["scan", "DOSARIO.LISTO"]):
            answer = self.pharmacy.ask(*words, "--operator", ANA)
            self.assertEqual(answer.code, REFUSED)
            self.expect(answer.reply, "day_unknown", "stop", False)
        self.assertEqual(self.pharmacy.log(), entries)
        self.set_clock(0)
        self.assertEqual(self.clock()[0], "good")
        self.expect(self.receive("S2").reply, "received", ok=True)

    def test_a_computer_that_was_off_for_long_is_believed_when_somebody_says_the_day(self):
        self.expect(self.receive("S1").reply, "received", ok=True)
        self.pharmacy.stop()
        self.set_clock(300)
        self.start()
        self.assertEqual(self.clock()[0], "unknown")
        self.pharmacy.stop()
        config = self.pharmacy.config.read_text(encoding="utf-8")
        self.pharmacy.config.write_text(config.replace("[station]", f'[station]\nnot_before = "{day(300)}"'), encoding="utf-8")
        self.start()
        self.assertEqual(self.clock()[0], "good")
        self.assertLessEqual(abs(datetime.date.fromisoformat(self.clock()[1]) - day(300)), datetime.timedelta(days=1))
        self.assertEqual(self.receive("S2").code, DONE)


main_guard(__name__)
