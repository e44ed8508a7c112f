# SPDX-License-Identifier: Apache-2.0
"""What is booked at the station is at the collector, whatever happens to disks and connections."""
import shutil

from pair import STATION, PairTest, give_certificates, rows_of
from pharmacy import ANA, DONE, IBUPROFEN, IN_A_YEAR, LEO, element_string, main_guard, typed, wait_until


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


main_guard(__name__)
