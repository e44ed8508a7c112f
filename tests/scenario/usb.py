# SPDX-License-Identifier: Apache-2.0
"""The real daemon on a pretended USB bus: scanners, keyboards, plugs pulled at the wrong moment, adoption."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

from exposition import scrape
from pharmacy import (UnixHttp, ANA, BIN, DONE, IBUPROFEN, IN_TWO_YEARS, REFUSED, PATIENCE_S, PharmacyTest, assert_no_sanitizer, element_string, main_guard,
                      run_dosario, typed, unshare_or_skip, wait_until)

WRAPPER = os.environ.get("UMOCKDEV_WRAPPER") or shutil.which("umockdev-wrapper")
ZEBRA_KEYS = "vid=05e0 pid=1200 kind=keyboard product=Symbol"     # a scanner that types, known by its vendor
ZEBRA_POS = "vid=05e0 pid=2100 kind=hidpos product=DS2208"
PLAIN = "vid=046d pid=c31c kind=keyboard product=Keyboard"        # a keyboard like any other
CHEAP = "vid=1a2c pid=4c5e kind=keyboard product=Wedge"           # a scanner nobody can tell from a keyboard


def pack(serial, lot="L1"):
    return element_string(IBUPROFEN, IN_TWO_YEARS, lot, serial)


class UsbTest(PharmacyTest):
    running = False
    usb = True

    def setUp(self):
        super().setUp()
        if not WRAPPER:
            self.fail("umockdev-wrapper is needed (Debian: umockdev)")
        self.stage = None
        self.addCleanup(self.end_stage)
        self.start_stage()

    def start_stage(self):
        log = str(self.pharmacy.log_file)
        self.stage = subprocess.Popen([WRAPPER, str(BIN / "usb_stage"), "--hold", "--stdout", log, "--stderr", log, "--", *self.pharmacy.command],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def end_stage(self):
        stage, self.stage = self.stage, None
        if stage is None:
            return
        stage.stdin.close()                                        # the stage ends its program and itself
        try:
            stage.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            stage.kill()
            stage.wait()
        stage.stdout.close()

    def tearDown(self):
        if self.stage is not None:
            self.tell("quit", "ok exit=0")
            self.assertEqual(self.stage.wait(PATIENCE_S), 0)
            self.stage.stdout.close()
            self.stage.stdin.close()
            self.stage = None
        assert_no_sanitizer(self.pharmacy.log_text)
        answer = self.pharmacy.ask("ledger", "verify")             # by the file: no daemon runs any more
        self.assertEqual((answer.code, answer.reply["ok"]), (DONE, True))

    def tell(self, command, expected="ok"):
        """One command of the stage and its answer."""
        self.stage.stdin.write(command + "\n")
        self.stage.stdin.flush()
        answer = self.stage.stdout.readline().rstrip("\n")
        self.assertTrue(answer.startswith(expected), f"{command}: {answer}\n{self.pharmacy.log_text}")
        return answer

    def run_daemon(self):
        before = self.pharmacy.log_text.count("info ready ")
        self.pid = int(self.tell("start").split("pid=")[1])
        wait_until(lambda: self.pharmacy.log_text.count("info ready ") > before, "dosariod says that it is ready")

    def stop_daemon(self):
        self.tell("signal TERM")
        self.assertEqual(self.tell("wait"), "ok exit=0")

    def plug(self, name, what, claimed=True):
        self.tell(f"plug {name} {what}")
        if claimed:
            self.tell(f"await {name} claimed")

    def settle(self, name, reader_id):
        """Until a HID POS scanner's scans count: what comes just after it was opened is held for scans of before."""
        def counts():
            self.tell(f"pos {name} - DOSARIO.AYUDA")
            return (reader := self.readers().get(reader_id)) and reader["scans"] > 0
        wait_until(counts, f"scans of {reader_id} count")
        self.tell(f"await {name} read")

    def type(self, name, text):
        self.tell(f"type {name} {typed(text)}")

    def readers(self):
        """Those that are plugged."""
        return {reader["id"]: reader for reader in self.readers_known() if reader["state"] != "not_plugged"}

    def readers_known(self):
        return self.pharmacy.ask("readers").reply["readers"]

    def reader(self, reader_id, state):
        """The reader once it is in that state."""
        def find():
            return next((one for one in self.readers_known() if (one["id"], one["state"]) == (reader_id, state)), None)
        return wait_until(find, f"{reader_id} is {state}: {self.readers()}")

    def received(self):
        return [entry["body"]["serial"] for entry in self.pharmacy.entries("packs_received")]

    def await_received(self, *serials):
        wait_until(lambda: self.received() == list(serials), f"{serials} received; they are {self.received()}")


class Scanners(UsbTest):
    def setUp(self):
        super().setUp()
        self.tell(f"plug desk {PLAIN} serial=D1 bound=usbhid")
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")

    def test_a_scanner_that_types_and_one_of_hid_pos_fill_the_ledger(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.type("wedge", pack("S1"))
        self.await_received("S1")
        self.plug("pos", ZEBRA_POS + " serial=P1")
        self.settle("pos", "05e0:2100:P1:0")
        settled = self.readers()["05e0:2100:P1:0"]["scans"]
        long = pack("S2" + "X" * 18, "LOTE" + "Y" * 16)            # more than one report
        self.assertGreater(len(long), 56)
        self.tell("pos pos ]d2 " + typed(long))
        self.await_received("S1", "S2" + "X" * 18)
        self.tell("pos pos - " + typed(pack("S3")))
        self.type("wedge", "]d2" + pack("S4"))
        wait_until(lambda: set(self.received()[2:]) == {"S3", "S4"}, "both scanners at once")
        wedge, pos = self.readers()["05e0:1200:K1:0"], self.readers()["05e0:2100:P1:0"]
        self.assertEqual((wedge["state"], wedge["scans"], wedge["faults"], wedge["product"]), ("open", 2, 0, "Symbol"))
        self.assertEqual((pos["state"], pos["scans"] - settled, pos["faults"]), ("open", 2, 0))
        self.assertIn("claimed=yes bound=none", self.tell("state wedge"))

    def test_metrics_tell_of_readers_and_not_of_the_keyboards_of_people(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.type("wedge", pack("S1"))
        self.await_received("S1")
        page, families = scrape(self.pharmacy.http())
        labels = {"reader": "05e0:1200:K1:0", "driver": "hid_scanner"}
        self.assertEqual(families["dosario_reader_state"].part(""), [({**labels, "state": "open"}, 1)])
        self.assertEqual(families["dosario_reader_scans_total"].part(""), [(labels, 1)])
        self.assertEqual(families["dosario_reader_faults_total"].part(""),
                         [({**labels, "kind": kind}, 0) for kind in ("checksum", "framing", "length")])
        self.assertEqual(families["dosario_scans_total"].value(source="reader"), 1)
        self.assertEqual(families["dosario_answers_total"].value(source="reader", what="received"), 1)
        self.assertNotIn("046d", page)
        self.tell("unplug wedge")
        wait_until(lambda: not self.readers().get("05e0:1200:K1:0"), "it is gone")
        self.assertEqual(scrape(self.pharmacy.http())[1]["dosario_reader_state"].samples, [])

    def test_a_scanner_unplugged_in_the_middle_of_a_scan_books_nothing_and_keeps_its_id(self):
        reader_id = "05e0:2100:P1:0"
        self.plug("pos", ZEBRA_POS + " serial=P1")
        self.settle("pos", reader_id)
        self.tell(f"report pos 0238005d6432{(pack('CUT') + 'X' * 56).encode().hex()[:112]}0001")       # more follows
        self.tell("await pos read")
        self.tell("unplug pos")
        wait_until(lambda: reader_id not in self.readers(), "it is gone")
        self.plug("pos", ZEBRA_POS + " serial=P1")
        self.reader(reader_id, "open")
        self.settle("pos", reader_id)
        self.tell("pos pos ]d2 " + typed(pack("WHOLE")))
        self.await_received("WHOLE")

    def test_keys_of_a_scan_whose_end_never_came_are_told_apart_from_a_whole_one(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        for usage in (0x27, 0x1E):                                 # `0`, `1`, and the plug is pulled
            self.tell(f"report wedge 0000{usage:02x}0000000000")
            self.tell("report wedge 0000000000000000")
        self.tell("await wedge read")
        self.tell("unplug wedge")
        wait_until(lambda: "05e0:1200:K1:0" not in self.readers(), "it is gone")
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.type("wedge", pack("WHOLE"))
        self.await_received("WHOLE")

    def test_a_daemon_that_was_held_up_in_the_middle_of_a_scan_hears_it_whole(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.type("wedge", pack("S1"))
        self.await_received("S1")
        daemon = self.pid
        for usage in (0x27, 0x1E):                                 # `0`, `1`: a scan begins
            self.tell(f"report wedge 0000{usage:02x}0000000000")
            self.tell("report wedge 0000000000000000")
        self.tell("await wedge read")
        os.kill(daemon, signal.SIGSTOP)
        self.type("wedge", pack("S2")[2:])                         # the rest of it, while nobody listens
        time.sleep(0.3)                                            # longer than any silence that ends a scan
        os.kill(daemon, signal.SIGCONT)
        self.await_received("S1", "S2")
        self.assertEqual(self.reader("05e0:1200:K1:0", "open")["scans"], 2)

    def test_two_scanners_at_once_are_kept_apart(self):
        for name in ("one", "two"):
            self.plug(name, f"{ZEBRA_KEYS} serial={name}")
        for n in range(10):
            self.type("one", pack(f"A{n}"))
            self.type("two", pack(f"B{n}"))
        wait_until(lambda: len(self.received()) >= 20, "all were received")
        self.assertEqual(sorted(self.received()), sorted([f"A{n}" for n in range(10)] + [f"B{n}" for n in range(10)]))
        self.assertEqual([self.readers()[f"05e0:1200:{name}:0"]["scans"] for name in ("one", "two")], [10, 10])

    def test_two_scanners_without_serial_number_are_two_readers_known_by_their_ports(self):
        def scans(port):
            return self.readers()[f"05e0:1200:@{port}:0"]["scans"]
        for name, port in (("one", "1-250"), ("two", "1-251")):
            self.plug(name, f"{ZEBRA_KEYS} serial= port={port}")
        for name in ("one", "two", "three"):
            self.type("one" if name == "three" else name, pack(name.upper()))
        wait_until(lambda: sorted(self.received()) == ["ONE", "THREE", "TWO"], "all were received")
        self.assertEqual((scans("1-250"), scans("1-251")), (2, 1))
        self.tell("unplug one")
        wait_until(lambda: "05e0:1200:@1-250:0" not in self.readers(), "it is gone")
        self.assertEqual(scans("1-251"), 1)
        self.plug("one", f"{ZEBRA_KEYS} serial= port=1-250")
        self.reader("05e0:1200:@1-250:0", "open")

    def test_a_halted_endpoint_is_cleared_and_the_next_scan_counts(self):
        self.plug("pos", ZEBRA_POS + " serial=P1")
        self.settle("pos", "05e0:2100:P1:0")
        self.tell("stall pos")
        self.tell("pos pos ]d2 " + typed(pack("S1")))
        self.await_received("S1")

    def test_two_hundred_plugs_scans_and_unplugs_book_each_scan_once(self):
        done = []
        for n in range(200):
            pos = n % 20 == 0
            serial, number = f"R{n}", f"Q{n % 3}"
            self.plug("quick", (ZEBRA_POS if pos else ZEBRA_KEYS) + f" serial={number}")
            if pos:
                self.settle("quick", f"05e0:2100:{number}:0")
            self.tell(("pos quick ]d2 " if pos else "type quick ") + typed(pack(serial)))
            self.tell("await quick read")                          # the daemon has the whole scan
            self.tell("unplug quick")
            done.append(serial)
        wait_until(lambda: len(self.received()) >= len(done), "all scans are in the ledger", 2 * PATIENCE_S)
        self.assertEqual(self.received(), done)
        self.assertEqual(set(self.readers()), {"046d:c31c:D1:0"})

    def test_stopping_the_daemon_gives_every_device_back(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1 bound=usbhid")
        self.plug("pos", ZEBRA_POS + " serial=P1 bound=usbhid")
        self.assertIn("bound=none", self.tell("state wedge"))
        self.stop_daemon()
        for name in ("wedge", "pos", "desk"):
            self.assertIn("claimed=no bound=usbhid", self.tell(f"state {name}"))
            self.assertIn("misuse=none", self.tell(f"state {name}"))
        self.run_daemon()
        self.tell("await wedge claimed")
        self.type("wedge", pack("AGAIN"))
        self.await_received("AGAIN")


class Keyboards(UsbTest):
    def setUp(self):
        super().setUp()
        self.tell(f"plug desk {PLAIN} serial=D1 bound=usbhid")
        self.run_daemon()

    def test_the_only_keyboard_is_never_touched(self):
        self.reader("046d:c31c:D1:0", "last_keyboard")
        self.assertIn("claimed=no bound=usbhid", self.tell("state desk"))
        tried = self.pharmacy.ask("readers", "adopt", "046d:c31c:D1:0")
        self.assertEqual((tried.code, tried.reply["error"]), (REFUSED, "not_found"))
        self.tell(f"plug other {CHEAP} serial=W1 bound=usbhid")
        self.reader("046d:c31c:D1:0", "candidate")
        self.reader("1a2c:4c5e:W1:0", "candidate")
        self.assertIn("claimed=no bound=usbhid", self.tell("state desk"))
        self.tell("unplug other")
        self.reader("046d:c31c:D1:0", "last_keyboard")
        self.plug("wedge", ZEBRA_KEYS + " serial=K1 bound=usbhid")           # a scanner is no other keyboard
        self.reader("046d:c31c:D1:0", "last_keyboard")
        self.assertRegex(self.tell("state desk"), "claimed=no bound=usbhid opens=.* misuse=none")

    def test_a_keyboard_with_a_mouse_is_left_to_the_desktop(self):
        self.tell("plug combo vid=046d pid=c52b serial=C1 kind=combo bound=usbhid")
        self.tell("plug scanner_combo vid=05e0 pid=1200 serial=C2 kind=combo bound=usbhid")
        self.tell("plug mouse vid=046d pid=c077 serial=M1 kind=mouse bound=usbhid")
        self.reader("046d:c52b:C1:0", "protected")
        self.reader("05e0:1200:C2:0", "protected")
        wait_until(lambda: "046d:c077:M1:0" in self.readers(), "the mouse is listed")
        self.assertNotIn(self.readers()["046d:c077:M1:0"]["state"], ("open", "opening", "candidate"))
        self.assertEqual(self.pharmacy.ask("readers", "adopt", "046d:c52b:C1:0").code, REFUSED)
        for name in ("combo", "scanner_combo", "mouse", "desk"):
            self.assertIn("claimed=no bound=usbhid", self.tell(f"state {name}"))


class AdoptionOnAFullDisk(UsbTest):
    def start_stage(self):
        private = unshare_or_skip(self)
        self.counter = self.pharmacy.home / "counter.sock"
        self.pharmacy.configure(usb=True, api=f'socket = "{self.counter}"')
        log, program = str(self.pharmacy.log_file), private(f"mount -t tmpfs -o size=1m tmpfs '{self.pharmacy.data}'", self.pharmacy.command)
        self.stage = subprocess.Popen([WRAPPER, str(BIN / "usb_stage"), "--hold", "--stdout", log, "--stderr", log, "--", *program],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def tearDown(self):
        self.end_stage()                                                     # the ledger goes with its memory disk

    def test_a_scanner_whose_adoption_cannot_be_saved_is_given_back(self):
        self.tell(f"plug desk {PLAIN} serial=D1 bound=usbhid")
        self.tell(f"plug cheap {CHEAP} serial=W1 bound=usbhid")
        pid = self.tell("start").split("=")[1]
        wait_until(lambda: "info ready " in self.pharmacy.log_text, "dosariod says that it is ready")
        fill = pathlib.Path(f"/proc/{pid}/root{self.pharmacy.data}/fill")
        with contextlib.suppress(OSError), open(fill, "wb", buffering=0) as file:
            while file.write(b"x" * 4096) == 4096:
                pass
        adopt = subprocess.Popen([str(BIN / "dosario"), "--socket", str(self.counter), "--json", "readers", "adopt", Adoption.ID],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(adopt.stdout.close)
        self.tell("await cheap claimed")
        # The write-ahead log has room of its own until it has to grow; when nobody asks for a second it is written from its beginning again.
        # (A request id would take a page more than the adoption does.)
        for n in range(1000):
            with contextlib.closing(UnixHttp(self.counter)) as connection:
                if self.pharmacy.call_scan(f"DOSARIO.B.NOBODY{n % 2:02}", connection=connection)[0] != 200:
                    break
        self.type("cheap", "DOSARIO.PRUEBA")
        self.assertEqual(adopt.wait(PATIENCE_S), REFUSED)
        self.assertEqual(json.loads(adopt.stdout.read())["error"], "full")
        wait_until(lambda: "claimed=no bound=usbhid" in self.tell("state cheap"), "the kernel has it again")
        fill.unlink()
        listed = run_dosario("--socket", self.counter, "--json", "readers", "adopt").reply
        self.assertEqual({reader["state"] for reader in listed["candidates"]}, {"candidate"})


class Adoption(UsbTest):
    ID = "1a2c:4c5e:W1:0"

    def setUp(self):
        super().setUp()
        self.tell(f"plug desk {PLAIN} serial=D1 bound=usbhid")
        self.tell(f"plug cheap {CHEAP} serial=W1 bound=usbhid")
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.reader(self.ID, "candidate")

    def begin_trial(self, reader_id=None, name="cheap"):
        """`dosario readers adopt` in a thread: the answer once it came."""
        answers = []

        def adopt():
            answers.append(self.pharmacy.ask("readers", "adopt", reader_id or self.ID, "--operator", ANA))

        thread = threading.Thread(target=adopt)
        thread.start()
        self.addCleanup(thread.join)
        self.tell(f"await {name} claimed")

        def answer():
            thread.join(PATIENCE_S + 20)
            self.assertEqual(len(answers), 1)
            return answers[0]
        return answer

    def test_the_test_code_adopts_for_good(self):
        listed = self.pharmacy.ask("readers", "adopt").reply
        self.assertEqual((listed["ok"], listed["test_code"]), (True, "DOSARIO.PRUEBA"))
        self.assertEqual({reader["id"] for reader in listed["candidates"]}, {self.ID, "046d:c31c:D1:0"})
        answer = self.begin_trial()
        self.type("cheap", pack("DURING"))                                   # words typed during the trial count for nothing
        self.assertEqual(self.pharmacy.ask("readers", "adopt", "046d:c31c:D1:0").reply["error"], "unavailable")
        self.type("cheap", "DOSARIO.PRUEBA")
        adopted = answer()
        self.assertEqual((adopted.code, adopted.reply["ok"]), (DONE, True), adopted)
        entry = self.pharmacy.log()[-1]
        self.assertEqual((entry["kind"], entry["body"]["reader"], entry["operator"]), ("reader_adopted", self.ID, "ANA00001"))
        self.type("cheap", pack("S1"))
        self.await_received("S1")
        self.stop_daemon()
        self.assertIn("claimed=no bound=usbhid", self.tell("state cheap"))
        self.run_daemon()
        self.tell("await cheap claimed")
        self.reader("046d:c31c:D1:0", "last_keyboard")
        self.type("cheap", pack("S2"))
        self.await_received("S1", "S2")
        self.tell("unplug cheap")
        wait_until(lambda: self.ID not in self.readers(), "it is gone")
        self.plug("cheap", CHEAP + " serial=W1 bound=usbhid")                # and on any port
        self.type("cheap", pack("S3"))
        self.await_received("S1", "S2", "S3")

    def test_a_scanner_without_serial_number_is_adopted_for_its_port(self):
        self.tell(f"plug nameless {CHEAP} serial= port=1-250 bound=usbhid")
        self.tell(f"plug twin {CHEAP} serial= port=1-251 bound=usbhid")
        self.reader("1a2c:4c5e:@1-251:0", "candidate")
        answer = self.begin_trial("1a2c:4c5e:@1-250:0", "nameless")
        self.type("nameless", "DOSARIO.PRUEBA")
        adopted = answer()
        self.assertEqual(adopted.code, DONE)
        self.assertIn("this port", adopted.reply["message"])
        self.assertEqual(self.pharmacy.log()[-1]["body"]["reader"], "1a2c:4c5e:@1-250:0")
        self.assertIn("claimed=no bound=usbhid", self.tell("state twin"))
        self.tell("unplug nameless")
        wait_until(lambda: "1a2c:4c5e:@1-250:0" not in self.readers(), "it is gone")
        self.plug("nameless", f"{CHEAP} serial= port=1-250 bound=usbhid")    # the same port: taken at once
        self.type("nameless", pack("S1"))
        self.await_received("S1")
        self.tell("unplug nameless")
        self.tell(f"plug nameless {CHEAP} serial= port=1-252 bound=usbhid")  # another port: somebody's keyboard until adopted
        self.reader("1a2c:4c5e:@1-252:0", "candidate")
        self.assertIn("claimed=no bound=usbhid", self.tell("state nameless"))

    def test_without_the_test_code_the_keyboard_is_given_back_and_what_was_typed_is_forgotten(self):
        answer = self.begin_trial()
        begun = time.monotonic()
        self.type("cheap", pack("TYPED"))
        # Somebody goes on typing lines until the device is given back, in the middle of one.
        while "claimed=yes" in self.tell("state cheap"):
            self.assertLess(time.monotonic() - begun, 20 + PATIENCE_S)
            self.type("cheap", "")
            for character in "0123":
                self.tell(f"report cheap 0000{0x1e + int(character):02x}0000000000")
                self.tell("report cheap 0000000000000000")
            time.sleep(0.01)                                                 # a typist's pace; the trial's end is awaited
        given_back = answer()
        self.assertGreaterEqual(time.monotonic() - begun, 19)
        self.assertEqual((given_back.code, given_back.reply["ok"]), (REFUSED, False))
        wait_until(lambda: "claimed=no bound=usbhid" in self.tell("state cheap"), "the kernel has it again")
        self.reader(self.ID, "candidate")
        self.assertEqual(self.received(), [])
        self.assertEqual(self.pharmacy.entries("reader_adopted"), [])
        for _ in range(30):                                                  # many questions later nothing has come of the typing
            self.assertEqual(self.readers()[self.ID]["scans"], 0)
        again = self.begin_trial()                                           # and it can be tried again at once
        self.type("cheap", "")                                               # ends what the bus still held of the typing
        self.type("cheap", "DOSARIO.PRUEBA")
        self.assertEqual(again().code, DONE)

    def test_unplugging_during_the_trial_ends_it(self):
        for _ in range(5):
            answer = self.begin_trial()
            self.tell("unplug cheap")
            ended = answer()
            self.assertEqual((ended.code, ended.reply["ok"]), (REFUSED, False))
            self.assertIn("unplugged", ended.reply["message"])
            self.tell(f"plug cheap {CHEAP} serial=W1 bound=usbhid")
            self.reader(self.ID, "candidate")

    def test_a_client_that_leaves_during_the_trial_hinders_nothing(self):
        connection = self.pharmacy.http()
        connection.request("POST", "/v1/readers/adopt", '{"reader": "%s"}' % self.ID)
        self.tell("await cheap claimed")
        connection.close()
        self.type("cheap", "DOSARIO.PRUEBA")
        wait_until(lambda: self.pharmacy.entries("reader_adopted"), "adopted all the same")

    def test_the_daemon_stops_well_during_a_trial(self):
        answer = self.begin_trial()
        self.stop_daemon()
        self.assertIn(answer().code, (REFUSED, 3))
        self.assertIn("claimed=no bound=usbhid", self.tell("state cheap"))
        self.run_daemon()
        self.reader(self.ID, "candidate")


main_guard(__name__)
