# SPDX-License-Identifier: Apache-2.0
"""Certificates of stations and collectors as time passes, and clocks that are wrong."""
import shutil
import time

from pair import STATION, PairTest, WallClock, give_certificates, section
from pharmacy import ANA, DONE, IBUPROFEN, IN_A_YEAR, element_string, main_guard, wait_until


def box(serial):
    return element_string(IBUPROFEN, IN_A_YEAR, "L1", serial)


class Certificates(PairTest):
    running = False

    def setUp(self):
        super().setUp()
        self.here = WallClock(self.pharmacy.home / "clock")
        self.there = WallClock(self.centre.home / "clock")

    def start(self, days_here=0, days_there=None):
        self.here.set(days_here)
        self.there.set(days_here if days_there is None else days_there)
        self.centre.start(self.there.before(self.centre.command))
        self.pharmacy.start(self.here.before(self.pharmacy.command))

    def receive(self, serial):
        status, reply = self.pharmacy.call_scan(box(serial), mode="receive", operator=ANA)
        self.assertEqual((status, reply["what"]), (200, "received"), reply)

    def issue_for(self, days):
        answer = self.centre.verb("pki", "issue", STATION, "--again", "--days", days)
        self.assertEqual(answer.code, DONE, answer)
        give_certificates(self.centre, self.pharmacy)

    def identity(self):
        return (self.pharmacy.data / "station.pem").read_bytes()

    def test_a_certificate_is_renewed_before_it_ends(self):
        self.issue_for(30)
        before = self.identity()
        self.start(25)
        self.receive("S1")
        self.wait_equal()
        self.assertNotEqual(self.identity(), before)
        self.assertEqual((self.pharmacy.data / "station.pem").stat().st_mode & 0o777, 0o600)
        self.assertFalse((self.pharmacy.data / "station.pem.new").exists())
        self.pharmacy.stop()
        self.pharmacy.start(self.here.before(self.pharmacy.command))
        self.receive("S2")
        self.wait_equal()
        self.assertEqual(self.pharmacy.log_text.count("certificate_renewed"), 1)

    def test_a_certificate_is_renewed_while_a_line_holds(self):
        self.issue_for(30)
        self.start(20 - (20 * 60 + 15) / 86400)                 # two thirds of 30 days and the hour before, in 15 s
        self.wait_connected()
        wait_until(lambda: "certificate_renewed" in self.pharmacy.log_text, "it is renewed", 60)
        self.receive("S1")
        self.wait_equal()
        self.assertEqual(self.pharmacy.log_text.count("renewal_asked"), 1)

    def test_a_station_renewed_by_a_clock_that_ran_ahead_is_renewed_again(self):
        self.issue_for(10)
        self.start(0, 60)                                       # there it has expired
        self.receive("S1")
        self.wait_equal(patience_s=90)
        self.pharmacy.stop()
        self.there.set(0)                                       # what it has now begins in 60 days
        self.pharmacy.start(self.here.before(self.pharmacy.command))
        self.receive("S2")
        self.wait_equal(patience_s=90)
        self.assertEqual(self.centre.log_text.count("certificate_renewed"), 2)

    def test_a_collector_that_was_started_once_by_a_clock_that_ran_ahead_makes_its_certificate_anew(self):
        self.start(0, 300)
        self.assertIn("own_certificate_renewed", self.centre.log_text)
        self.centre.stop()
        self.there.set(0)
        self.centre.start(self.there.before(self.centre.command))
        self.receive("S1")
        self.wait_equal(patience_s=90)

    def test_the_collector_renews_its_own_certificate(self):
        file = self.centre.data / "pki" / "collector.pem"
        before = file.read_bytes()
        self.start(100)
        self.receive("S1")
        self.wait_equal()
        self.assertEqual(file.read_bytes(), before)
        self.centre.stop()
        self.pharmacy.stop()
        self.start(260)
        self.wait_connected()
        self.assertNotEqual(file.read_bytes(), before)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_the_collectors_clock_decides_that_a_certificate_has_expired(self):
        self.issue_for(10)
        self.start(0, 15)
        self.receive("S1")
        self.wait_equal(patience_s=90)                          # the refusal asks for 30 seconds
        self.assertIn("certificate_renewed", self.centre.log_text)

    def test_a_renewed_certificate_that_cannot_be_kept_stops_nothing(self):
        self.issue_for(30)
        (self.pharmacy.data / "station.pem.new").mkdir()
        before = self.identity()
        self.start(25)
        self.receive("S1")
        self.wait_equal()
        self.assertEqual(self.identity(), before)
        self.assertTrue(any("could not be kept" in notice for notice in self.uplink()["notices"]))
        self.assertEqual(self.pharmacy.log_text.count("renewal_asked"), 1)

    def test_an_expired_certificate_serves_for_its_renewal_only(self):
        self.issue_for(10)
        self.start(60)
        self.receive("S1")
        self.wait_equal()
        self.assertIn("certificate_renewed", self.centre.log_text)

    def test_after_90_days_a_person_is_wanted_and_nothing_is_lost(self):
        self.issue_for(10)
        self.start(120)
        self.receive("S1")
        self.wait_problem("expired")
        self.assertEqual(self.lines(), {})
        answer = self.centre.verb("pki", "issue", STATION, "--again", "--days", "300")
        self.assertEqual(answer.code, DONE, answer)
        give_certificates(self.centre, self.pharmacy)
        self.pharmacy.stop()
        self.pharmacy.start(self.here.before(self.pharmacy.command))
        self.wait_equal()

    def test_strangers_are_told_apart(self):
        from centre import Centre
        other = Centre()
        self.addCleanup(other.close)
        shutil.copy(other.issue(STATION), self.pharmacy.data / "station.pem")
        self.start()
        self.receive("S1")
        self.wait_problem("refused our certificate")
        wait_until(lambda: "handshake_refused" in self.centre.log_text, "the collector says why")
        self.assertEqual(self.lines(), {})
        # Not the collector that is expected: its name, then its authority.
        self.pharmacy.stop()
        give_certificates(self.centre, self.pharmacy)
        self.pharmacy.configure(more=section(self.proxy.port, 'name = "otro"'))
        self.pharmacy.start()
        self.wait_problem("otro")
        self.pharmacy.stop()
        self.pharmacy.configure(more=section(self.proxy.port))
        shutil.copy(other.authority, self.pharmacy.data / "ca.pem")
        self.pharmacy.start()
        self.wait_problem("authority")
        self.pharmacy.stop()
        give_certificates(self.centre, self.pharmacy)
        self.pharmacy.start()
        self.wait_equal()

    def test_a_station_whose_clock_says_1970_is_connected_and_set_right(self):
        self.pharmacy.start()
        self.receive("S1")
        self.pharmacy.stop()
        self.start(-20_700, 0)
        self.receive("S2")
        self.wait_equal()
        self.assertEqual(self.pharmacy.call("/v1/status")[1]["clock"], "suspect")
        today = time.strftime("%Y-%m-%d", time.gmtime())
        wait_until(lambda: self.centre.ask("log")[-1]["error_us"] < 60_000_000, "the collector has set the station's clock against its own")
        last = self.centre.ask("log")[-1]
        self.assertTrue(last["at"].startswith("1970"), last)
        self.assertTrue(last["corrected_at"].startswith(today), last)

    def test_a_station_whose_clock_jumps_years_ahead_stays_connected(self):
        self.start()
        self.receive("S1")
        self.wait_equal()
        self.here.set(20 * 365)
        self.proxy.cut()
        self.receive("S2")
        self.wait_equal()
        today = time.strftime("%Y-%m-%d", time.gmtime())
        self.assertTrue(self.centre.ask("log")[-1]["corrected_at"].startswith(today))

    def test_a_collector_whose_clock_is_wrong_takes_what_comes_or_says_why_not(self):
        self.start(0, -20_700)
        self.receive("S1")
        self.wait_equal()
        self.there.set(5 * 365)
        self.proxy.cut()
        self.receive("S2")
        self.wait_problem("expired")
        self.there.set(0)
        self.wait_equal(patience_s=120)


main_guard(__name__)
