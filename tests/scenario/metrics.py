# SPDX-License-Identifier: Apache-2.0
"""GET /metrics of both programs: the format, the numbers after known work, and that docs/metrics.md names all of it."""
import http.client
import os
import re
import shutil
import socket
import threading
import time

from centre import Ledger, Station
from exposition import documented, scrape
from pair import STATION, PairTest
from pharmacy import (ANA, BIN, IBUPROFEN, IN_TWO_YEARS, LEO, PATIENCE_S, ROOT, PharmacyTest, UnixHttp, element_string, main_guard, missing,
                      wait_until)

OUR_MEMORY_BYTES = 25 * 1024 * 1024      # of an idle daemon


def pack(serial, lot="LOTE7"):
    return element_string(IBUPROFEN, IN_TWO_YEARS, lot, serial)


class OfTheDaemon(PharmacyTest):
    def page(self):
        return scrape(self.pharmacy.http())

    def test_scans_answers_and_commits_are_counted(self):
        for serial in ("S1", "S2"):
            self.assertEqual(self.pharmacy.call_scan(pack(serial), operator=ANA, mode="receive")[0], 200)
        self.pharmacy.call_scan(pack("S1"), operator=ANA, mode="receive")
        self.pharmacy.call_scan("nothing that anybody knows")
        self.assertEqual(self.pharmacy.call("/v1/scan", {"units": 7})[0], 400)
        self.assertEqual(self.pharmacy.call("/v1/no/such/path/of/7791234567898")[0], 404)
        entries = self.pharmacy.call("/v1/status")[1]["entries"]
        _, families = self.page()
        self.assertEqual(families["dosario_scans_total"].values, {(("source", "api"),): 5, (("source", "reader"),): 0})
        answers = {labels["what"]: value for labels, value in families["dosario_answers_total"].part("") if labels["source"] == "api"}
        self.assertEqual((answers["received"], answers["already_received"], answers["invalid"]), (2, 1, 1))
        self.assertEqual((sum(answers.values()), answers["full"]), (5, 0))
        codes = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "answers.md").read_text(encoding="utf-8")))
        self.assertLessEqual(set(answers), codes | {"invalid", "full", "io", "damaged", "unavailable"})
        requests = families["dosario_api_requests_total"]
        self.assertEqual(requests.value(path="/v1/scan", status="200"), 4)
        self.assertEqual(requests.value(path="/v1/scan", status="400"), 1)
        self.assertEqual(requests.value(path="other", status="404"), 1)
        commits, jobs = families["dosario_commit_seconds"], families["dosario_commit_jobs"]
        self.assertEqual(commits.part("_count"), [({}, 2)])           # what only looked, or stopped, wrote nothing
        self.assertEqual(jobs.part("_sum"), [({}, 2)])
        bounds = [labels["le"] for labels, _ in commits.part("_bucket")]
        self.assertEqual((bounds[0], bounds[-2]), ("0.0001", "5"))
        self.assertLessEqual({"0.5", "2"}, set(bounds))
        self.assertEqual(families["dosario_ledger_entries"].value(), entries)
        self.assertEqual(families["dosario_ledger_answers"].value(), 1)

    def test_every_path_of_the_api_has_a_label_of_its_own(self):
        paths = re.findall(r"^\| `(?:GET )?(/[^`]+)`", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.M)
        paths.remove("/v1/live")                                      # a stream, and no answer
        self.assertGreater(len(paths), 9)
        for path in paths:
            connection = self.pharmacy.http()
            connection.request("GET", path)
            connection.getresponse().read()
            connection.close()
        _, families = self.page()
        counted = {dict(labels)["path"] for labels in families["dosario_api_requests_total"].values}
        self.assertEqual(counted, set(paths))

    def test_what_is_read_at_the_scrape_is_what_is_there(self):
        self.pharmacy.call_scan(pack("S1"), operator=ANA, mode="receive")
        page, families = self.page()
        wal = self.pharmacy.data / "ledger.db-wal"
        self.assertEqual(families["dosario_wal_bytes"].value(), wal.stat().st_size)
        disk = shutil.disk_usage(self.pharmacy.data)
        self.assertLess(abs(families["dosario_free_bytes"].value() - disk.free), 1 << 30)
        self.assertEqual((families["dosario_ledger_queue"].value(), families["dosario_ledger_long_work"].value()), (0, 0))
        self.assertLess(abs(families["process_start_time_seconds"].value() - time.time()), 10 * PATIENCE_S)
        version = self.pharmacy.call("/v1/status")[1]["version"]
        self.assertEqual(families["dosario_build_info"].values, {(("version", version),): 1})
        if not any(mark in BIN.parts[-2] for mark in ("asan", "tsan")):
            self.assertLess(families["process_resident_memory_bytes"].value(), OUR_MEMORY_BYTES)
        self.assertEqual(page, "\n".join(sorted_by_family(page)) + "\n")

    def test_no_label_holds_what_was_scanned_or_who_worked(self):
        for text, more in ((pack("SECRETO9"), {"operator": ANA, "mode": "receive"}), (LEO, {}), ("texto suelto", {"reader": "mesa-secreta"}),
                           ("DOSARIO.RECIBIR", {"operator": ANA})):
            self.pharmacy.call_scan(text, **more)
        page, _ = self.page()
        for secret in ("SECRETO9", "LOTE7", IBUPROFEN, "7791234567898", "ANA00001", "LEO00002", "texto", "mesa-secreta", "prueba"):
            self.assertNotIn(secret, page)

    def test_it_is_for_those_who_may_use_the_api_and_for_nobody_else(self):
        self.pharmacy.stop()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.pharmacy.configure(api=f'listen = "127.0.0.1:{port}"')
        self.pharmacy.start()
        stranger = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        stranger.request("GET", "/metrics")
        response = stranger.getresponse()
        self.assertEqual(response.status, 401)
        self.assertNotIn(b"dosario_", response.read())
        stranger.close()
        token = (self.pharmacy.data / "api.token").read_text(encoding="utf-8").strip()
        _, families = scrape(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S), {"Authorization": f"Bearer {token}"})
        self.assertIn("dosario_scans_total", families)

    def test_a_station_that_works_alone_says_nothing_of_an_uplink(self):
        _, families = self.page()
        for name in ("connected", "silence_seconds", "lag_entries", "certificate_seconds"):
            self.assertEqual(families[f"dosario_uplink_{name}"].samples, [])


def sorted_by_family(page):
    """The lines of a page with its families in the order of their names."""
    blocks = ["# HELP " + block for block in page.rstrip("\n").split("# HELP ")[1:]]
    return [block.rstrip("\n") for block in sorted(blocks, key=lambda block: block.split()[2])]


class OfBothEnds(PairTest):
    running = False

    def setUp(self):
        super().setUp()
        self.centre.start()

    def ours(self):
        return scrape(self.pharmacy.http())

    def theirs(self):
        return scrape(UnixHttp(self.centre.home / "people.sock"))

    def wait_for(self, side, name, value):
        wait_until(lambda: (family := side()[1][name]).samples and family.value() == value, f"{name} is {value}")

    def expect_documented(self, heading, families, without=()):
        """Names and types are exactly those of the document, and so are labels, where there are values."""
        wanted = documented(heading)
        self.assertEqual({name: family.kind for name, family in families.items()}, {name: kind for name, (kind, _) in wanted.items()})
        self.assertEqual({name for name, family in families.items() if not family.samples}, set(without))
        self.assertEqual({name: family.label_names for name, family in families.items() if family.samples},
                         {name: labels for name, (_, labels) in wanted.items() if name not in without})

    def test_both_ends_agree_and_the_document_names_every_metric(self):
        self.pharmacy.start()
        self.pharmacy.call_scan(pack("SECRETO9"), operator=ANA, mode="receive")
        self.wait_for(self.ours, "dosario_uplink_connected", 1)
        self.wait_for(self.ours, "dosario_uplink_lag_entries", 0)
        page, ours = self.ours()
        entries = ours["dosario_ledger_entries"].value()
        self.assertEqual(ours["dosario_uplink_silence_seconds"].value(), 0)
        self.assertAlmostEqual(ours["dosario_uplink_certificate_seconds"].value() / 86400, 365, delta=2)
        without = [f"dosario_reader_{name}" for name in ("state", "health", "scans_total", "echoes_total",
                                                             "faults_total", "failures_total", "reconnects_total")]
        without += [f"dosario_backup_{name}" for name in ("age_seconds", "folders", "folders_failing")]
        self.expect_documented("The daemon", ours, without)

        self.centre.wait_until_counted()
        their_page, theirs = self.theirs()
        self.expect_documented("The collector", theirs)
        for name, wanted in (("entries", entries), ("received_entries_total", entries), ("repeated_entries_total", 0), ("stations", 1),
                             ("stations_connected", 1), ("sessions_total", 1), ("quarantined_entries", 0), ("store_answers", 1), ("store_queue", 0),
                             ("projection_lag_entries", 0), ("fenced_total", 0), ("broken_chains_total", 0), ("renewals_total", 0)):
            self.assertEqual(theirs[f"dosario_collector_{name}"].value(), wanted, name)
        self.assertEqual(set(theirs["dosario_collector_stations_silent"].values.values()), {0})
        (_, commits), = theirs["dosario_collector_commit_seconds"].part("_count")
        self.assertGreaterEqual(commits, 2)                             # a session and its entries
        self.assertEqual(theirs["dosario_collector_wal_bytes"].value(), (self.centre.data / "collector.db-wal").stat().st_size)
        for secret in ("SECRETO9", "LOTE7", "7791234567898", "ANA00001", STATION):
            self.assertNotIn(secret, page + their_page)

    def test_a_collector_that_is_gone_shows_as_silence_and_lag(self):
        self.pharmacy.start()
        self.wait_for(self.ours, "dosario_uplink_connected", 1)
        self.centre.stop()
        self.wait_for(self.ours, "dosario_uplink_connected", 0)
        self.pharmacy.call_scan(pack("S1"), operator=ANA, mode="receive")
        _, families = self.ours()
        self.assertGreaterEqual(families["dosario_uplink_lag_entries"].value(), 1)
        self.assertGreater(families["dosario_uplink_silence_seconds"].value(), 0)
        self.assertLess(families["dosario_uplink_silence_seconds"].value(), 10 * PATIENCE_S)

    def test_strangers_and_rivals_are_counted(self):
        with socket.create_connection(("127.0.0.1", self.centre.port), PATIENCE_S) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            while stranger.recv(4096):
                pass
        self.wait_for(self.theirs, "dosario_collector_refused_handshakes_total", 1)
        first = Station(self.centre, "farmacia-7", Ledger().book(5))
        self.addCleanup(first.leave)
        first.connect()
        first.send_all(0)
        second = Station(self.centre, "farmacia-7", first.ledger)
        self.addCleanup(second.leave)
        self.assertEqual(second.connect(), 5)
        _, families = self.theirs()
        for name, wanted in (("connections_total", 3), ("sessions_total", 2), ("fenced_total", 1), ("received_entries_total", 5),
                             ("repeated_entries_total", 0), ("stations", 1), ("stations_connected", 1)):
            self.assertEqual(families[f"dosario_collector_{name}"].value(), wanted, name)

    def test_a_disk_that_hangs_is_told_within_seconds_at_both_ends(self):
        shim = os.environ.get("DOSARIO_STALLED_DISK")
        if not shim:
            missing(self, "the library that pretends a hanging disk")
        stall = self.centre.home / "stall"
        hanging = ["env", f"LD_PRELOAD={shim}", f"DOSARIO_STALL={stall}"]
        self.centre.stop()
        self.centre.start([*hanging, *self.centre.command])
        self.pharmacy.start([*hanging, *self.pharmacy.command])
        self.wait_for(self.ours, "dosario_uplink_connected", 1)
        stall.touch()
        self.addCleanup(stall.unlink, missing_ok=True)
        answers = []
        work = [threading.Thread(target=lambda: answers.append(self.pharmacy.call_scan(pack("S1"), operator=ANA, mode="receive")[1]["error"])),
                threading.Thread(target=lambda: answers.append(self.centre.call("/v1/rebuild")[0]))]
        for one in work:
            one.start()
        self.wait_for(self.ours, "dosario_ledger_answers", 0)
        self.wait_for(self.theirs, "dosario_collector_store_answers", 0)
        ours, theirs = self.ours()[1], self.theirs()[1]
        self.assertNotIn(200, answers)
        self.assertEqual((ours["dosario_ledger_entries"].samples, theirs["dosario_collector_entries"].samples), ([], []))
        self.assertEqual(ours["dosario_scans_total"].value(source="api"), 1)
        stall.unlink()
        for one in work:
            one.join(PATIENCE_S)
        self.assertEqual(set(answers), {"not_confirmed", 200})                           # it was booked all the same
        wait_until(lambda: self.pharmacy.ask("stock").reply["lines"], "what was not confirmed is there")
        self.wait_for(self.ours, "dosario_ledger_answers", 1)
        self.wait_for(self.theirs, "dosario_collector_store_answers", 1)
        self.assertGreater(self.ours()[1]["dosario_commit_seconds"].part("_sum")[0][1], 2)


main_guard(__name__)
