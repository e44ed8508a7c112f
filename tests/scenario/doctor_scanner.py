# SPDX-License-Identifier: Apache-2.0
"""`dosario doctor scanner` with scanners on a pretended USB bus: what is set wrong in each is said, and work goes on."""
import json
import queue
import signal
import subprocess
import threading

from pharmacy import ANA, BIN, DONE, GS, NO_DAEMON, PATIENCE_S, REFUSED, USAGE, PharmacyTest, main_guard, typed, wait_until
from test_codes import ADOPTION, EAN, GS_CODE, TEXT
from usb import PLAIN, ZEBRA_KEYS, ZEBRA_POS, UsbTest, pack

WEDGE, POS = "05e0:1200:K1:0", "05e0:2100:P1:0"
CODES = {"gs": GS_CODE, "text": TEXT, "ean": EAN}
SHIFT, ALT_GR = 2, 0x40
ENTER = (0, 0x28)

# Keys of Spanish keyboards: a sign is (modifiers, usage). Made from xkb's symbols es and latam, apart from the daemon's own table.
SPANISH = {"-": (0, 0x38), "_": (SHIFT, 0x38), "/": (SHIFT, 0x24), "&": (SHIFT, 0x23), "(": (SHIFT, 0x25), ")": (SHIFT, 0x26), "=": (SHIFT, 0x27),
           "?": (SHIFT, 0x2D), '"': (SHIFT, 0x1F), ":": (SHIFT, 0x37), ";": (SHIFT, 0x36), "+": (0, 0x30), "*": (SHIFT, 0x30), "'": (0, 0x2D),
           ".": (0, 0x37), "#": (ALT_GR, 0x20), GS: (1, 0x30)}
LATIN_AMERICAN = {**SPANISH, "#": (SHIFT, 0x20)}


def keys_of(text, signs):
    for letter in text:
        if letter in signs:
            yield signs[letter]
        elif letter.isdigit():
            yield (0, 0x1E + (int(letter) - 1) % 10)
        else:
            yield (SHIFT if letter.isupper() else 0, 0x04 + ord(letter.lower()) - ord("a"))


class ScannerTest(UsbTest):
    more = ""

    def setUp(self):
        super().setUp()
        self.pharmacy.configure(usb=True, more=self.more)
        self.tell(f"plug desk {PLAIN} serial=D1 bound=usbhid")
        self.run_daemon()
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")

    def press(self, name, text, signs):
        """Types `text` on a scanner that is set to the keyboard of those signs."""
        for modifiers, usage in [*keys_of(text, signs), ENTER]:
            self.tell(f"report {name} {modifiers:02x}00{usage:02x}0000000000")
            self.tell(f"report {name} 0000000000000000")

    def press_alt(self, name, text):
        """Types each character as Alt and four digits of the keypad, and Enter."""
        for letter in text:
            for digit in f"{ord(letter):04}":
                usage = 0x62 if digit == "0" else 0x58 + int(digit)
                self.tell(f"report {name} 0400{usage:02x}0000000000")
                self.tell(f"report {name} 0400000000000000")
            self.tell(f"report {name} 0000000000000000")
        self.press(name, "", {})

    def begin(self, *words):
        tool = subprocess.Popen([str(BIN / "dosario"), "--data", str(self.pharmacy.data), "--json", "doctor", "--language", "en", "scanner", *words],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(tool.stdout.close)
        self.addCleanup(tool.stderr.close)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in tool.stderr], daemon=True).start()

        def until(text):
            said = []
            while not said or text not in said[-1]:
                said.append(lines.get(timeout=PATIENCE_S))
            return said
        return tool, until

    def examine(self, reader, send, seconds=10, expected=DONE):
        """Runs the test; `send` is called with the name of each code when it is asked for. The report, with findings by code."""
        tool, until = self.begin("--seconds", str(seconds), *(["--reader", reader] if reader else []))
        for n, code in enumerate(CODES, 1):
            until(f"{n} of 3")
            send(code)
        report = json.loads(tool.stdout.read())
        self.assertEqual(tool.wait(PATIENCE_S), expected, report)
        self.assertEqual(report["ok"], tool.returncode == DONE)
        report["codes"] = [one["code"] for one in report["findings"]]
        return report


class Wedge(ScannerTest):
    def setUp(self):
        super().setUp()
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.reader(WEDGE, "open")

    def test_a_scanner_that_is_set_well_is_told_so_and_works_on(self):
        report = self.examine(WEDGE, lambda code: self.type("wedge", CODES[code]), expected=DONE)
        self.assertEqual(report["codes"], ["gs_kept", "text_right_keyboard", "ean_whole", "aim_absent"])
        self.assertEqual((report["reader"], report["way"], report["gs"]), (WEDGE, "keyboard", "kept"))
        self.assertEqual(self.readers()[WEDGE]["gs"], "kept")
        self.assertEqual(self.readers()[WEDGE]["scans"], 0)                    # none of it was work
        self.assertIn("GS kept", self.pharmacy.dosario("readers").out)
        self.type("wedge", pack("S1"))
        self.await_received("S1")

    def test_with_identifiers_typed_in_front_nothing_is_to_be_changed(self):
        aims = {"gs": "]d2", "text": "]C0", "ean": "]E0"}
        report = self.examine(WEDGE, lambda code: self.type("wedge", aims[code] + CODES[code]), expected=DONE)
        self.assertEqual(report["codes"][-1], "aim_sent")

    def test_a_scanner_that_loses_gs(self):
        report = self.examine(WEDGE, lambda code: self.type("wedge", CODES[code].replace(GS, "")), expected=REFUSED)
        self.assertEqual((report["codes"][0], report["gs"]), ("gs_lost", "lost"))
        self.assertIn("GS lost", self.pharmacy.dosario("readers").out)

    def test_a_scanner_that_sends_something_else_for_gs(self):
        report = self.examine(WEDGE, lambda code: self.type("wedge", CODES[code].replace(GS, "|")), expected=REFUSED)
        self.assertEqual((report["gs"], report["gs_sent"]), ("replaced", "|"))
        self.assertIn('gs_substitutes = "|"', report["findings"][0]["fix"])
        self.assertEqual((self.readers()[WEDGE]["gs"], self.readers()[WEDGE]["gs_sent"]), ("replaced", "|"))

    def test_a_scanner_that_sends_gs_as_a_function_key(self):
        def send(code):
            if code != "gs":
                return self.type("wedge", CODES[code])
            before, _, after = CODES[code].partition(GS)
            for modifiers, usage in [*keys_of(before, SPANISH), (0, 0x40), *keys_of(after.replace(GS, ""), SPANISH), ENTER]:      # F7
                self.tell(f"report wedge {modifiers:02x}00{usage:02x}0000000000")
                self.tell("report wedge 0000000000000000")
        report = self.examine(WEDGE, send, expected=REFUSED)
        self.assertEqual(report["codes"][0], "gs_as_key")

    def test_a_scanner_set_to_the_keyboard_of_latin_america(self):
        report = self.examine(WEDGE, lambda code: self.press("wedge", CODES[code], LATIN_AMERICAN), expected=REFUSED)
        found = {one["code"]: one for one in report["findings"]}
        self.assertIn('layout = "latam"', found["layout_other"]["fix"])
        self.assertIn("gs_kept", found)

    def test_a_scanner_set_to_the_keyboard_of_spain_types_keys_that_us_does_not_have(self):
        report = self.examine(WEDGE, lambda code: self.press("wedge", CODES[code], SPANISH), expected=REFUSED)
        self.assertIn("layout_unknown", report["codes"])

    def test_caps_lock(self):
        report = self.examine(WEDGE, lambda code: self.type("wedge", CODES[code].swapcase()), expected=REFUSED)
        self.assertIn("caps_lock", report["codes"])
        self.assertEqual(report["gs"], "kept")

    def test_a_check_digit_that_is_cut_and_a_suffix(self):
        report = self.examine(WEDGE, lambda code: self.type("wedge", (EAN[:-1] if code == "ean" else CODES[code]) + "%"), expected=REFUSED)
        self.assertIn("check_digit_cut", report["codes"])
        self.assertEqual(report["codes"][-1], "suffix")

    def test_alt_codes(self):
        report = self.examine(WEDGE, lambda code: self.press_alt("wedge", CODES[code]), expected=DONE)
        self.assertEqual(report["codes"][-1], "alt_codes")
        self.assertEqual(report["gs"], "kept")

    def test_nothing_comes_and_something_else_comes(self):
        self.assertEqual(self.examine(WEDGE, lambda code: None, seconds=1, expected=REFUSED)["codes"], ["nothing_came"])
        document = "20301112"
        report = self.examine(WEDGE, lambda code: self.type("wedge", document), seconds=1, expected=REFUSED)
        self.assertEqual(report["codes"], ["not_our_codes"])
        self.assertNotIn(document, json.dumps(report))
        self.assertEqual(self.readers()[WEDGE]["scans"], 0)

    def test_who_interrupts_it_has_the_reader_back_at_once(self):
        tool, until = self.begin("--reader", WEDGE)
        until("1 of 3")
        tool.send_signal(signal.SIGINT)
        self.assertEqual(tool.wait(PATIENCE_S), REFUSED)
        self.type("wedge", pack("S1"))
        self.await_received("S1")

    def test_a_tool_that_is_killed_holds_the_reader_for_some_seconds_only(self):
        tool, until = self.begin("--reader", WEDGE)
        until("1 of 3")
        tool.kill()
        tool.wait(PATIENCE_S)

        def works():
            self.type("wedge", "DOSARIO.AYUDA")
            return self.readers()[WEDGE]["scans"] > 0
        wait_until(works, "its scans are work again")

    def test_without_a_reader_named_others_work_on(self):
        self.plug("other", ZEBRA_KEYS + " serial=K2")
        self.reader("05e0:1200:K2:0", "open")

        def send(code):
            if code == "gs":
                self.type("other", pack("S1"))
                self.await_received("S1")
            self.type("wedge", CODES[code])
        report = self.examine("", send, expected=DONE)
        self.assertEqual(report["reader"], WEDGE)
        self.type("other", pack("S2"))
        self.await_received("S1", "S2")

    def test_codes_out_of_turn_and_the_adoption_code_do_no_harm(self):
        def send(code):
            self.type("wedge", ADOPTION)
            if code == "gs":
                self.type("wedge", CODES["ean"])
            if code != "ean":
                self.type("wedge", CODES[code])
        report = self.examine(WEDGE, send, expected=DONE)
        self.assertEqual(report["codes"][:3], ["gs_kept", "text_right_keyboard", "ean_whole"])

    def test_a_reader_that_is_not_open_is_refused(self):
        answer = self.pharmacy.ask("doctor", "scanner", "--reader", "046d:c31c:D1:0")
        self.assertEqual((answer.code, answer.reply["error"]), (REFUSED, "not_found"))
        self.assertEqual(self.pharmacy.dosario("doctor", "scanner", "--seconds", "0").code, USAGE)

    def test_it_speaks_the_stations_language_for_people(self):
        tool = subprocess.Popen([str(BIN / "dosario"), "--data", str(self.pharmacy.data), "doctor", "scanner", "--reader", WEDGE, "--seconds", "1"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        said = tool.communicate(timeout=PATIENCE_S)[0]
        self.assertEqual(tool.returncode, REFUSED)
        self.assertIn("1 de 3: escanee el código A", said)
        self.assertIn("[FALLA] No llegó ningún código.", said)


class Configured(ScannerTest):
    more = '[[reader]]\nmatch = "05e0:1200"\nlayout = "es"\ngs_substitutes = "|"\n'

    def test_a_substitute_that_is_configured_is_no_fault_and_another_layout_is_one(self):
        self.plug("wedge", ZEBRA_KEYS + " serial=K1")
        self.reader(WEDGE, "open")
        report = self.examine(WEDGE, lambda code: self.press("wedge", CODES[code], SPANISH), expected=DONE)
        self.assertEqual(report["codes"][:2], ["gs_kept", "text_right_keyboard"])
        report = self.examine(WEDGE, lambda code: self.press("wedge", CODES[code], LATIN_AMERICAN), expected=REFUSED)
        self.assertIn('layout = "latam"', {one["code"]: one["fix"] for one in report["findings"]}["layout_other"])
        report = self.examine(WEDGE, lambda code: self.type("wedge", CODES[code]), expected=REFUSED)
        self.assertIn('layout = "us"', {one["code"]: one["fix"] for one in report["findings"]}["layout_other"])


class HidPos(ScannerTest):
    def test_a_hid_pos_scanner(self):
        self.plug("pos", ZEBRA_POS + " serial=P1")
        self.settle("pos", POS)
        aims = {"gs": "]d2", "text": "]C0", "ean": "]E0"}
        report = self.examine(POS, lambda code: self.tell(f"pos pos {aims[code]} {typed(CODES[code])}"), expected=DONE)
        self.assertEqual(report["codes"], ["gs_kept", "text_right", "ean_whole", "aim_sent"])
        self.assertEqual(report["way"], "hid_pos")
        self.assertEqual([one["aim"] for one in report["heard"]], ["]d2", "]C0", "]E0"])


class NoDaemon(PharmacyTest):
    running = False

    def test_without_a_daemon(self):
        self.assertEqual(self.pharmacy.ask("doctor", "scanner").code, NO_DAEMON)


main_guard(__name__)
