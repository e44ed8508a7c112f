# SPDX-License-Identifier: Apache-2.0
"""Several readers at one counter: where they stand, how they do, why one is not used, and recordings that hold nobody's document."""
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

from exposition import scrape
from pharmacy import ANA, BIN, DONE, REFUSED, USAGE, PATIENCE_S, main_guard, typed, wait_until
from usb import CHEAP, PLAIN, ZEBRA_KEYS, ZEBRA_POS, UsbTest, pack

WEDGE, POS = "05e0:1200:K1:0", "05e0:2100:P1:0"
CUIL = "20-26756539-3"                                             # invented
CARD = "00123456789@ECHEVARRIETA@LUDOVICA MARTINA@F@28123456@A@31/12/1980@01/01/2015"


class Counter(UsbTest):
    def setUp(self):
        super().setUp()
        self.tell(f"plug desk {PLAIN} serial=D1 bound=usbhid")
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")

    def plug_both(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.plug("pos", ZEBRA_POS + " serial=P1")
        self.settle("pos", POS)
        self.reader(WEDGE, "open")

    def listen(self):
        """Answers of the live feed, as they come."""
        http = self.pharmacy.http()
        http.request("GET", "/v1/live")
        stream, answers = http.getresponse(), []

        def read():
            event = ""
            for line in stream:
                line = line.decode().strip()
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: ") and event == "answer":
                    answers.append(json.loads(line[6:]))
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        self.addCleanup(http.close)
        return answers

    def held_text(self):
        """Everything that the daemon has written: its log, and the files of its folder."""
        text = self.pharmacy.log_text.encode()
        for file in pathlib.Path(self.pharmacy.data).iterdir():
            if file.is_file() and not file.name.startswith(("persons", "site-keys")):
                text += file.read_bytes()
        return text


class Zones(Counter):
    def test_each_answer_says_which_reader_it_is_of_and_what_waits_stays_in_its_zone(self):
        self.plug_both()
        self.assertEqual(self.pharmacy.ask("readers", "zone", WEDGE, "recepción").code, DONE)
        self.assertEqual(self.pharmacy.ask("readers", "zone", POS, "mostrador").code, DONE)
        self.assertEqual((self.readers()[WEDGE]["zone"], self.readers()[POS]["zone"]), ("recepción", "mostrador"))
        answers = self.listen()
        self.type("wedge", "DOSARIO.X10")
        wait_until(lambda: any(a["what"] == "count_set" for a in answers), "the count is set")
        self.tell("pos pos ]d2 " + typed(pack("", "LP")))
        wait_until(lambda: any(a["what"] == "received" for a in answers), "received at the counter")
        self.type("wedge", "]d2" + pack("", "LW"))
        wait_until(lambda: sum(a["what"] == "received" for a in answers) == 2, "received at the reception")
        self.assertEqual([(a["reader"], a["zone"], a["what"]) for a in answers],
                         [(WEDGE, "recepción", "count_set"), (POS, "mostrador", "received"), (WEDGE, "recepción", "received")])
        self.assertEqual([(e["body"]["lot"], e["body"]["packs"]) for e in self.pharmacy.entries("packs_received")], [("LP", 1), ("LW", 10)])

    def test_who_scanned_hears_that_a_scan_came_damaged(self):
        self.plug_both()
        self.assertEqual(self.pharmacy.ask("readers", "zone", POS, "mostrador").code, DONE)
        answers = self.listen()
        for _ in range(3):
            self.tell("report pos 02395d4530" + "00" * 59)             # more content than a report holds
        wait_until(lambda: self.readers()[POS]["faults"] == 3, "three faults")
        self.tell("pos pos ]d2 " + typed(pack("A1")))
        wait_until(lambda: any(a["what"] == "received" for a in answers), "the next one is received")
        told = [a for a in answers if a["what"] == "read_damaged"]
        self.assertIn(len(told), (1, 2, 3))                            # once a second, and this host may be slow
        self.assertEqual({(a["ok"], a["sound"], a["reader"], a["zone"]) for a in told}, {(False, "stop", POS, "mostrador")})
        self.assertIn("escanee otra vez", told[0]["message"])

    def test_a_zone_outlives_the_daemon_and_a_plug_and_is_taken_back(self):
        self.plug_both()
        self.assertEqual(self.pharmacy.ask("readers", "zone", WEDGE, "mostrador").code, DONE)
        self.stop_daemon()
        self.run_daemon()
        self.tell("await wedge claimed")
        self.assertEqual(self.reader(WEDGE, "open")["zone"], "mostrador")
        self.tell("unplug wedge")
        wait_until(lambda: WEDGE not in self.readers(), "it is gone")
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.assertEqual(self.reader(WEDGE, "open")["zone"], "mostrador")
        self.assertEqual(self.pharmacy.ask("readers", "zone", WEDGE, "--none").code, DONE)
        self.assertEqual(self.readers()[WEDGE]["zone"], "")

    def test_what_is_no_zone_and_no_reader_is_refused(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        for zone in ("x" * 33, " "):
            self.assertEqual(self.pharmacy.ask("readers", "zone", WEDGE, zone).code, USAGE, zone)
        self.assertEqual(self.pharmacy.ask("readers", "zone", WEDGE, CUIL).code, USAGE)
        self.assertEqual(self.pharmacy.ask("readers", "zone", "05e0:1200:NO:0", "x").code, REFUSED)
        self.assertEqual(self.pharmacy.ask("readers", "zone", WEDGE).code, USAGE)
        self.assertEqual(self.readers()[WEDGE]["zone"], "")

    def test_the_configuration_says_where_a_reader_stands_before_anybody_else(self):
        self.stop_daemon()
        self.pharmacy.configure(usb=True, more='[[reader]]\nmatch = "05e0:1200"\nzone = "fraccionado"\nname = "lector"\n')
        self.run_daemon()
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.assertEqual(self.reader(WEDGE, "open")["zone"], "fraccionado")
        refused = self.pharmacy.ask("readers", "zone", WEDGE, "mostrador")
        self.assertEqual((refused.code, refused.reply["error"]), (REFUSED, "refused"))
        self.assertEqual(self.readers()[WEDGE]["zone"], "fraccionado")


class Health(Counter):
    def test_counts_and_health_of_a_reader_that_sends_damaged_reports(self):
        self.plug_both()
        self.assertEqual(self.readers()[WEDGE]["health"], "silent")
        self.type("wedge", "DOSARIO.AYUDA")
        wait_until(lambda: self.readers()[WEDGE]["health"] == "good", "it answers")
        pos = self.readers()[POS]
        self.assertEqual((pos["health"], pos["faults"], pos["last_fault"], pos["reconnects"], pos["failures"], pos["gs"]),
                         ("good", 0, "", 0, 0, "kept"))
        self.assertEqual(self.readers()[WEDGE]["gs"], "unknown")
        for _ in range(4):
            self.tell("report pos 02ff005d6432" + "31" * 56 + "0000")           # declares more than it holds
        wait_until(lambda: self.readers()[POS]["faults"] == 4, "four faults")
        pos = self.readers()[POS]
        self.assertEqual((pos["health"], pos["faults_by_kind"], pos["last_fault"]),
                         ("poor", {"checksum": 0, "length": 4, "framing": 0}, "more content declared than a report holds"))
        self.assertIn("cable", pos["explanation"])
        families = scrape(self.pharmacy.http())[1]
        labels = {"reader": POS, "driver": "hid_scanner"}
        self.assertEqual(families["dosario_reader_faults_total"].value(**labels, kind="length"), 4)
        self.assertEqual(families["dosario_reader_health"].value(**labels, health="poor"), 1)
        shown = self.pharmacy.dosario("readers").out
        self.assertRegex(shown, r"(?m)^reader +state +health +zone +port +scans +faults +last scan$")
        self.assertRegex(shown, rf"(?m)^{POS} +open +poor +- +1-\d+ +\d+ +4 +\d+ s ago$")
        self.assertIn("last fault", shown)

    def test_a_reader_that_comes_back_is_counted(self):
        for _ in range(3):
            self.plug("wedge", ZEBRA_KEYS + " serial=K1")
            self.reader(WEDGE, "open")
            self.tell("unplug wedge")
            wait_until(lambda: WEDGE not in self.readers(), "it is gone")
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.assertEqual(self.reader(WEDGE, "open")["reconnects"], 3)
        self.assertEqual(scrape(self.pharmacy.http())[1]["dosario_reader_reconnects_total"].value(reader=WEDGE, driver="hid_scanner"), 3)


class NotUsed(Counter):
    def test_a_reader_that_another_program_holds_is_said_to_be_and_is_taken_when_it_is_free(self):
        self.tell("plug held " + ZEBRA_POS + " serial=P1 held=yes")
        failed = self.reader(POS, "failed")
        self.assertIn("Otro programa lo tiene", failed["explanation"])
        self.assertIn("another program holds it", failed["explanation"])         # the particulars
        self.assertIn("pcscd", failed["explanation"])
        self.assertGreaterEqual(failed["failures"], 1)
        self.tell("free held")
        wait_until(lambda: self.readers()[POS]["state"] == "open", "it is taken", 3 * PATIENCE_S)

    def test_modes_that_are_not_driven_name_the_code_to_scan(self):
        self.tell("plug ibm vid=05e0 pid=1300 serial=I1 kind=mouse product=Symbol")
        explained = wait_until(lambda: (r := self.readers().get("05e0:1300:I1:0")) and r, "it is listed")
        self.assertEqual(explained["state"], "not_driven")
        self.assertIn("USB HID POS", explained["explanation"])
        self.assertIn("escanee", explained["explanation"])                       # in the station's language

    def test_a_reader_without_serial_number_that_moved_is_explained(self):
        self.tell(f"plug cheap {CHEAP} serial= port=1-250 bound=usbhid")
        here, there = "1a2c:4c5e:@1-250:0", "1a2c:4c5e:@1-251:0"
        self.reader(here, "candidate")
        http = self.pharmacy.http()
        http.request("POST", "/v1/readers/adopt", json.dumps({"reader": here}))
        self.tell("await cheap claimed")
        self.type("cheap", "DOSARIO.PRUEBA")
        self.assertTrue(json.loads(http.getresponse().read())["ok"])
        http.close()
        self.assertEqual(self.readers()[here]["port"], "1-250")
        self.tell("unplug cheap")
        wait_until(lambda: here not in self.readers(), "it is gone")
        self.tell(f"plug cheap {CHEAP} serial= port=1-251 bound=usbhid")
        moved = self.reader(there, "candidate")
        self.assertIn("1-250", moved["explanation"])
        self.assertIn("1-251", moved["explanation"])


class Recordings(Counter):
    def record(self, *options):
        """A recording that goes on; its process."""
        command = [str(BIN / "dosario"), "--data", str(self.pharmacy.data), "readers", "record", *options]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def begun(self, process):
        while True:
            line = process.stderr.readline()
            self.assertTrue(line, "the recording ended before it began")
            if "recording" in line:
                return

    def ended(self, process):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, DONE, out + err)
        return out

    def replay(self, file):
        answer = subprocess.run([str(BIN / "dosario"), "--json", "readers", "replay", str(file)], capture_output=True, text=True)
        return answer.returncode, [json.loads(line) for line in answer.stdout.splitlines()]

    def test_a_document_between_two_packs_is_in_no_byte_of_the_file(self):
        self.plug_both()
        files = {"pos": self.pharmacy.home / "pos.txt", "wedge": self.pharmacy.home / "wedge.txt"}
        self.type("wedge", "DOSARIO.ENTREGAR")
        for name, reader in (("pos", POS), ("wedge", WEDGE)):
            with self.subTest(name):
                recording = self.record("--reader", reader, str(files[name]))
                self.begun(recording)
                scan = (lambda text: self.tell("pos pos ]L2 " + typed(text))) if name == "pos" else (lambda text: self.type("wedge", text))
                before = self.readers()[reader]["scans"]
                scan("DOSARIO.AYUDA")
                scan(CARD if name == "pos" else CUIL)
                scan("DOSARIO.AYUDA")
                wait_until(lambda: self.readers()[reader]["scans"] == before + 3, "all count as usual")
                said = self.ended(recording)
                self.assertIn("2 scans", said)
                self.assertIn("1 scans that identify a person", said)
                text = files[name].read_text()
                self.assertIn("left out", text)
                for secret in (CARD, "ECHEVARRIETA", "28123456", CUIL, "26756539"):
                    self.assertNotIn(secret, text)
                    self.assertNotIn(secret.encode().hex(), text.replace(" ", ""))
                code, events = self.replay(files[name])
                self.assertEqual(code, DONE)
                self.assertEqual([bytes.fromhex(e["hex"]) for e in events if e["event"] == "barcode"], [b"DOSARIO.AYUDA"] * 2)
                self.assertEqual(os.stat(files[name]).st_mode & 0o777, 0o600)
        for secret in (b"ECHEVARRIETA", b"28123456", b"26756539"):
            self.assertNotIn(secret, self.held_text())

    def test_raw_asks_first_and_then_keeps_all(self):
        self.plug_both()
        file = self.pharmacy.home / "raw.txt"
        refused = self.record("--reader", POS, "--raw", str(file))
        out, err = refused.communicate("no\n", timeout=PATIENCE_S)
        self.assertEqual(refused.returncode, REFUSED, out + err)
        self.assertFalse(file.exists())
        recording = self.record("--reader", POS, "--raw", "--anonymous", str(file))
        recording.stdin.write("yes\n")
        recording.stdin.flush()
        self.begun(recording)
        before = self.readers()[POS]["scans"]
        self.tell("pos pos ]L2 " + typed(CARD))
        wait_until(lambda: self.readers()[POS]["scans"] == before + 1, "it came")
        self.assertIn("do not pass it on", self.ended(recording))
        code, events = self.replay(file)
        self.assertEqual((code, bytes.fromhex(events[0]["hex"]).decode()), (DONE, CARD))
        self.assertNotIn("serial", file.read_text())
        self.assertNotIn(b"ECHEVARRIETA", self.held_text())

    def test_it_ends_by_itself_and_says_what_it_cannot_do(self):
        file = self.pharmacy.home / "one.txt"
        none = self.record(str(file))
        none.communicate(timeout=PATIENCE_S)
        self.assertEqual(none.returncode, REFUSED)
        self.assertFalse(file.exists())
        self.plug_both()
        both = self.record(str(file))
        self.assertIn("several readers", both.communicate(timeout=PATIENCE_S)[1])
        self.assertEqual(both.returncode, USAGE)
        self.assertFalse(file.exists())
        short = self.record("--reader", WEDGE, "--seconds", "1", str(file))
        self.begun(short)
        other = self.record("--reader", POS, str(self.pharmacy.home / "two.txt"))
        self.assertIn("another recording", other.communicate(timeout=PATIENCE_S)[1])
        self.type("wedge", "DOSARIO.AYUDA")
        self.assertIn("the time is over", short.communicate(timeout=PATIENCE_S)[0])
        again = self.record("--reader", WEDGE, str(file))
        self.assertIn("new file", again.communicate(timeout=PATIENCE_S)[1])
        self.assertEqual(again.returncode, USAGE)

    def test_ctrl_c_while_the_daemon_is_busy_ends_the_recording_as_ever(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.reader(WEDGE, "open")
        file = self.pharmacy.home / "busy.txt"
        recording = self.record(str(file))
        self.begun(recording)
        os.kill(self.pid, signal.SIGSTOP)
        time.sleep(0.6)                                            # it asks every quarter of a second: by now it waits for an answer
        recording.send_signal(signal.SIGINT)
        time.sleep(0.2)
        os.kill(self.pid, signal.SIGCONT)
        out, err = recording.communicate(timeout=PATIENCE_S)
        self.assertEqual(recording.returncode, DONE, out + err)
        self.assertIn("is written", out)

    def test_a_plug_is_a_part_of_the_recording(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.reader(WEDGE, "open")
        file = self.pharmacy.home / "plug.txt"
        recording = self.record(str(file))
        self.begun(recording)
        for n in range(2):
            before = self.readers()[WEDGE]["scans"]
            self.type("wedge", "DOSARIO.AYUDA")
            wait_until(lambda: self.readers()[WEDGE]["scans"] == before + 1, "it came")
            if n == 0:
                self.tell("unplug wedge")
                wait_until(lambda: WEDGE not in self.readers(), "it is gone")
                self.plug("wedge", ZEBRA_KEYS + " serial=K1")
                self.reader(WEDGE, "open")
        self.ended(recording)
        self.assertRegex(file.read_text(), r"(?s)! unplug\n@\d+ ! plug\n")
        code, events = self.replay(file)
        self.assertEqual((code, len(events)), (DONE, 2))

    def test_who_does_not_ask_any_more_has_left_the_recording(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.reader(WEDGE, "open")
        status, first = self.pharmacy.call("/v1/readers/record")
        self.assertEqual((status, first["reader"], first["over"]), (200, WEDGE, False))
        self.assertEqual(self.pharmacy.call("/v1/readers/record")[0], 503)
        wait_until(lambda: self.pharmacy.call("/v1/readers/record", {"seconds": 1})[0] == 200, "another one may begin", 3 * PATIENCE_S)
        self.assertEqual(self.pharmacy.call("/v1/readers/record", {"id": first["id"]})[0], 404)


main_guard(__name__)
