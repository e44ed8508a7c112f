# SPDX-License-Identifier: Apache-2.0
"""Captures replayed from a terminal, without a daemon; and a capture's scans sent to one."""
import pathlib

from pharmacy import (ANA, DONE, GS, IBUPROFEN, IN_TWO_YEARS, NO_DAEMON, REFUSED, ROOT, USAGE, PharmacyTest, element_string, main_guard, run_dosario)

CAPTURES = ROOT / "tests" / "captures"
US = "abcdefghijklmnopqrstuvwxyz1234567890\n"
RELEASE = "< 0000000000000000\n"


def key(character):
    """The boot report of one key of the US layout (HID 1.11, appendix B.1; usages from 04 = a)."""
    if character == GS:
        return "< 0100300000000000\n" + RELEASE
    if character == ".":
        return "< 0000370000000000\n" + RELEASE
    shift = 0x02 if character.isupper() else 0
    return f"< {shift:02x}00{4 + US.index(character.lower()):02x}0000000000\n" + RELEASE


def typed_capture(text, end="\n"):
    return "= layout us\n" + "".join(key(c) for c in text + end)


def pos_report(aim, data, more=False, size=64):
    """Zebra's layout: id 2, length, 0, three bytes of identifier, 56 of data, vendor's symbology, continued."""
    raw = bytes([2, len(data), 0]) + aim.encode() + data.encode().ljust(56, b"\0") + bytes([0, 1 if more else 0])
    return "< " + raw[:size].hex() + "\n"


KEYS = {"barcode": [["aim", "hex"]], "fault": [["error"]], "card": [["uid", "kind", "ndef"]],
        "tag": [["epc", "pc", "tid", "antenna", "rssi_cdbm"]], "answer": [["command", "status", "pc", "epc", "data"]]}


class WithoutADaemon(PharmacyTest):
    running = False

    def replay(self, capture, *words):
        """(exit code, events); people are told as many lines."""
        path = capture
        if not isinstance(capture, pathlib.Path):
            path = self.pharmacy.home / "capture.txt"
            path.write_text(capture, encoding="utf-8")
        answer = run_dosario("--json", "readers", "replay", *words, path)
        plain = run_dosario("readers", "replay", *words, path)
        self.assertEqual((plain.code, len(plain.out.splitlines())), (answer.code, len(answer.out.splitlines())))
        return answer.code, answer.lines

    def barcodes(self, lines):
        return [(line["aim"], bytes.fromhex(line["hex"]).decode("latin-1")) for line in lines if line["event"] == "barcode"]

    def test_every_capture_of_the_project_replays_with_known_keys(self):
        captures = sorted(CAPTURES.glob("*.txt"))
        self.assertGreaterEqual(len(captures), 6)
        for path in captures:
            with self.subTest(path=path.name):
                code, lines = self.replay(path)
                self.assertTrue(lines)
                for line in lines:
                    self.assertIn(list(line)[1:], KEYS.get(line["event"], ([],)), line)
                self.assertEqual(code, REFUSED if any(line["event"] == "fault" for line in lines) else DONE)

    def test_the_captures_of_real_scanners_say_what_was_scanned(self):
        self.assertEqual(self.barcodes(self.replay(CAPTURES / "hid_pos_honeywell_upc.txt")[1]), [("]E0", "306030209223")])
        self.assertEqual(self.replay(CAPTURES / "hid_pos_honeywell_qr_cut.txt")[0], REFUSED)
        self.assertEqual(self.replay(CAPTURES / "hid_pos_honeywell_qr_cut.txt")[1][-1], {"event": "fault", "error": "length"})
        code, lines = self.replay(CAPTURES / "hid_pos_three_layouts.txt")
        self.assertEqual((code, [line["error"] for line in lines if line["event"] == "fault"]), (REFUSED, ["length", "length"]))
        self.assertEqual({text for _, text in self.barcodes(lines)}, {self.barcodes(lines)[0][1]})
        self.assertEqual(len(self.barcodes(lines)), 3)

    def test_a_typed_scan_is_told_with_and_without_its_end(self):
        for end in ("\n", ""):
            code, lines = self.replay(typed_capture("010779" + GS + "Ab", end))
            self.assertEqual((code, self.barcodes(lines)), (DONE, [("", "010779" + GS + "Ab")]), end)

    def test_a_pos_scan_in_parts_is_one_scan_and_an_unfinished_one_is_a_fault(self):
        code, lines = self.replay(pos_report("]d2", "0" * 56, more=True) + pos_report("]d2", "1"))
        self.assertEqual((code, self.barcodes(lines)), (DONE, [("]d2", "0" * 56 + "1")]))
        self.assertEqual(self.barcodes(self.replay(pos_report("]d2", "0" * 56, more=True))[1]), [("]d2", "0" * 56)])
        for capture in (pos_report("]d2", "0" * 56, more=True) + "! unplug\n", pos_report("]d2", "12345", size=40)):
            code, lines = self.replay("= vid 05e0\n= pid 2100\n" + capture)
            self.assertEqual((code, lines), (REFUSED, [{"event": "fault", "error": "length"}]))

    def test_files_that_are_no_capture_are_refused_with_their_line(self):
        for text in ("hello\n", "< zz\n", "< 0\n", "= layout\n", "\x00\xff", "= family nada\n" + RELEASE, "= layout dvorak\n" + typed_capture("1")[12:]):
            path = self.pharmacy.home / "bad.txt"
            path.write_bytes(text.encode("latin-1"))
            answer = run_dosario("--json", "readers", "replay", path)
            self.assertIn(answer.code, (REFUSED, USAGE), text)
            self.assertIs(answer.lines[-1].get("ok"), False, text)
        self.assertNotEqual(run_dosario("readers", "replay", self.pharmacy.home).code, DONE)
        self.assertEqual(run_dosario("readers", "replay", "--driver", "nada", CAPTURES / "hid_pos_zebra_qr.txt").code, REFUSED)
        self.assertEqual(run_dosario("readers", "replay", "--driver", "hid_scanner", CAPTURES / "hid_pos_honeywell_upc.txt").code, DONE)

    def test_a_captures_scans_need_a_daemon_to_be_sent(self):
        answer = self.pharmacy.dosario("scan", "--capture", CAPTURES / "hid_pos_honeywell_upc.txt")
        self.assertEqual(answer.code, NO_DAEMON)


class WithADaemon(PharmacyTest):
    def test_the_scans_of_a_capture_are_booked_as_if_scanned(self):
        pack = element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1")
        path = self.pharmacy.home / "capture.txt"
        path.write_text("".join(pos_report("]d2", pack) for _ in range(2)) + pos_report("]E0", IBUPROFEN[1:]))
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        answer = self.pharmacy.ask("scan", "--capture", path, "--reader", "mostrador")
        self.assertEqual([line["what"] for line in answer.lines], ["received", "already_received", "lot_needed"])
        self.assertEqual(answer.code, REFUSED)
        desk = self.pharmacy.home / "desk.txt"
        desk.write_text(typed_capture("DOSARIO.LISTO"))
        answer = self.pharmacy.ask("scan", "--capture", desk)
        self.assertEqual((answer.code, answer.reply["what"]), (DONE, "work_closed"))
        cut = self.pharmacy.home / "cut.txt"
        cut.write_text("= vid 05e0\n= pid 2100\n" + pos_report("]d2", "0" * 56, more=True))
        answer = self.pharmacy.ask("scan", "--capture", cut)
        self.assertEqual((answer.code, answer.out), (REFUSED, ""))


main_guard(__name__)
