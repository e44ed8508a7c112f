# SPDX-License-Identifier: Apache-2.0
"""What is booked at the station is at the collector, whatever happens to disks, clocks and connections."""
import shutil
import time
import unittest

from pair import STATION, PairTest, WallClock, give_certificates, rows_of, section
from pharmacy import ANA, DONE, GS, IBUPROFEN, IN_A_YEAR, LEO, Pharmacy, element_string, main_guard, typed, wait_until


def box(serial, lot="L1"):
    return element_string(IBUPROFEN, IN_A_YEAR, lot, serial)


class Uplink(PairTest):
    def receive(self, *serials, pharmacy=None, lot="L1"):
        for serial in serials:
            status, reply = (pharmacy or self.pharmacy).call_scan(box(serial, lot), mode="receive", operator=ANA)
            self.assertEqual((status, reply["what"]), (200, "received"), reply)

    def test_a_dose_and_its_lot_are_seen_at_the_collector(self):
        pharmacy = self.pharmacy
        self.receive("S1")
        self.assertEqual(pharmacy.ask("fraction", typed(box("S1")), "--operator", ANA).code, DONE)
        self.assertEqual(pharmacy.ask("verify-doses", typed(box("S1")), "--operator", LEO).code, DONE)
        doses = pharmacy.ask("history", typed(box("S1"))).reply["doses"]
        self.expect(pharmacy.ask("dispense", doses[1], "--operator", ANA).reply, "dispensed", ok=True)
        self.wait_equal()
        reply = self.centre.ask("lot", "L1")[0]
        self.assertEqual([dose["dose"] for dose in reply["doses"]], doses)
        self.assertEqual([dose["state"] for dose in reply["doses"]], ["ready", "dispensed", "ready"])
        self.assertEqual({(dose["lot"], dose["expires_on"], dose["station"]) for dose in reply["doses"]},
                         {("L1", IN_A_YEAR.isoformat(), STATION)})
        for dose in doses:
            self.assertIn(dose, self.centre.verb("lot", "L1").out)
        line, = self.centre.ask("stock")[0]["lines"]
        self.assertEqual((line["doses_ready"], line["doses_out"], line["units"]), (2, 1, 20))
        status = self.uplink()
        self.assertEqual((status["state"], status["problem"]), ("connected", ""))
        wait_until(lambda: self.uplink()["lag"] == 0, "the station knows that nothing waits")
        self.assertIn("connected, 0 entries to send", pharmacy.dosario("status").out)

    def test_offline_the_counter_works_and_what_waits_is_sent_later(self):
        self.wait_connected()
        self.receive("S1")
        self.wait_equal()
        self.centre.stop()
        self.receive(*[f"T{n}" for n in range(50)])
        status = self.wait_problem("127.0.0.1")
        self.assertGreaterEqual(status["lag"], 50)
        warnings = self.pharmacy.call("/v1/status")[1]["warnings"]
        self.assertTrue(any("nothing is lost" in warning for warning in warnings), warnings)
        self.centre.start()
        self.wait_equal()
        self.wait_connected()
        warnings = self.pharmacy.call("/v1/status")[1]["warnings"]
        self.assertEqual([warning for warning in warnings if "backup" not in warning], [])
        self.verify_centre()

    def test_the_certificate_may_come_later(self):
        late = self.station(name="otra", certificates=False).start()
        self.wait_problem("station.pem", late)
        self.receive("S1", pharmacy=late)
        give_certificates(self.centre, late, "otra")
        self.wait_equal(late)
        late.stop()

    # --- copied and restored disks

    def copy(self, to):
        """Everything but the sockets, of a station that does not run."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.pharmacy.data, to, ignore=shutil.ignore_patterns("*.sock"))

    def test_a_station_restored_from_an_older_copy_gets_its_tail_back(self):
        self.receive("S1", "S2")
        self.wait_equal()
        self.pharmacy.stop()
        backup = self.pharmacy.home / "backup"
        self.copy(backup)
        self.pharmacy.start()
        self.receive(*[f"T{n}" for n in range(300)])
        self.assertEqual(self.pharmacy.ask("fraction", typed(box("T7")), "--operator", ANA).code, DONE)
        doses = self.pharmacy.ask("history", typed(box("T7"))).reply["doses"]
        self.wait_equal()
        whole = self.pharmacy.log()
        self.pharmacy.stop()
        shutil.rmtree(self.pharmacy.data)
        shutil.copytree(backup, self.pharmacy.data)
        self.pharmacy.start()
        wait_until(lambda: self.pharmacy.call("/v1/status")[1]["entries"] >= len(whole), "the tail is back")
        self.assertEqual([entry["hash"] for entry in self.pharmacy.log()], [entry["hash"] for entry in whole])
        self.assertEqual(self.pharmacy.ask("history", typed(box("T7"))).reply["doses"], doses)
        self.receive("U1")
        self.assertEqual(self.pharmacy.ask("fraction", typed(box("T8")), "--operator", ANA).code, DONE)
        wait_until(lambda: self.uplink()["lag"] == 0, "the station knows what the collector has")
        self.assertFalse(set(doses) & set(self.pharmacy.ask("history", typed(box("T8"))).reply["doses"]))
        self.wait_equal()
        self.assertEqual(len(self.lines()), 1)
        self.assertEqual(len(next(iter(self.lines().values()))["branches"]), 1)
        self.verify_centre()
        self.pharmacy.verify()
        self.pharmacy.stop()
        self.centre.stop()
        self.compare_files()

    def test_a_station_restored_and_used_offline_keeps_both_histories(self):
        self.receive("S1", "S2")
        self.wait_equal()
        self.pharmacy.stop()
        backup = self.pharmacy.home / "backup"
        self.copy(backup)
        self.pharmacy.start()
        self.receive("T1", "T2", "T3")
        self.wait_equal()
        self.pharmacy.stop()
        self.centre.stop()
        lost = rows_of(self.pharmacy.data / "ledger.db", "SELECT event_id, hash FROM event")
        shutil.rmtree(self.pharmacy.data)
        shutil.copytree(backup, self.pharmacy.data)
        self.pharmacy.start()
        self.receive("V1", "V2")
        self.centre.start()
        self.wait_equal()
        line, = self.lines().values()
        self.assertEqual(len(line["branches"]), 2)
        wait_until(lambda: self.uplink()["lag"] == 0, "the station knows what the collector has")
        self.verify_centre()
        self.pharmacy.verify()
        self.pharmacy.stop()
        self.centre.stop()
        here = {(row[1], row[9]) for row in self.compare_files()}
        self.assertEqual(set(lost) - here, set())

    def test_a_copied_disk_in_two_computers_loses_nothing_of_either(self):
        self.receive("S1", "S2")
        self.wait_equal()
        self.pharmacy.stop()
        twin = self.station()
        self.copy(twin.data)
        self.pharmacy.start()
        twin.start()
        for n in range(3):
            self.receive(f"A{n}")
            self.receive(f"B{n}", pharmacy=twin)
            self.wait_equal(patience_s=120)
            self.wait_equal(twin, patience_s=120)
        self.verify_centre()
        line, = self.lines().values()
        self.assertGreaterEqual(len(line["branches"]), 2)
        self.assertEqual(self.centre.ask("rebuild"), [{"entries": len(self.centre.ask("log"))}])
        twin.verify()
        twin.stop()
        self.pharmacy.verify()
        self.pharmacy.stop()
        self.centre.stop()
        self.compare_files(self.pharmacy, twin)

    def test_a_collector_restored_from_an_older_copy_is_sent_again_what_it_lost(self):
        self.receive("S1", "S2")
        self.wait_equal()
        self.centre.stop()
        backup = self.centre.home / "backup"
        shutil.copytree(self.centre.data, backup, ignore=shutil.ignore_patterns("*.sock"))
        self.centre.start()
        self.receive(*[f"T{n}" for n in range(100)])
        self.wait_equal()
        self.centre.stop()
        shutil.rmtree(self.centre.data)
        shutil.copytree(backup, self.centre.data)
        self.centre.start()
        self.wait_equal()
        line, = self.lines().values()
        self.assertEqual(len(line["branches"]), 1)
        self.verify_centre()
        self.pharmacy.stop()
        self.centre.stop()
        self.compare_files()

    def test_the_ledger_of_another_station_is_refused_in_words(self):
        self.receive("S1")
        self.wait_equal()
        self.pharmacy.stop()
        give_certificates(self.centre, self.pharmacy, "otra")
        self.pharmacy.start()
        self.wait_problem(f"belongs to the station {STATION}")
        give_certificates(self.centre, self.pharmacy)
        self.pharmacy.stop()
        self.pharmacy.start()
        self.receive("S2")
        self.wait_equal()


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
