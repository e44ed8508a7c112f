# SPDX-License-Identifier: Apache-2.0
"""A practice pharmacy: readers that are not there, behind the same drivers, windows, desk and ledger as real ones."""
import json
import pathlib
import signal
import subprocess

from api import Feed
from pads import epc
from pharmacy import (ANA, BIN, DONE, IBUPROFEN, IN_TWO_YEARS, LEO, NO_DAEMON, PATIENCE_S, REFUSED, USAGE, PharmacyTest, element_string, main_guard, typed,
                      wait_until)
from usb import CHEAP, UsbTest

PAD = '"bandeja=cp210x:vid=10c4,pid=ea60,serial=PAD1,pad=m100"'
PRACTICE = f"""
[rfid]
country = "AR"
[[reader]]
match = "10c4:ea60:PAD1:0"
name = "bandeja"
driver = "m100_uhf"
[practice]
readers = [{PAD}, "lector=hidpos:serial=L1", "tarjetas=ccid:serial=T1,model=acr1252u"]
"""


def box(serial, lot="L1"):
    return "]d2" + element_string(IBUPROFEN, IN_TWO_YEARS, lot, serial)


class PracticeTest(PharmacyTest):
    running = False

    def setUp(self):
        super().setUp()
        self.pharmacy.configure(more=PRACTICE)
        self.pharmacy.start()
        wait_until(lambda: self.state("10c4:ea60:PAD1:0") == "open" and self.state("05e0:2100:L1:0") == "open", "the readers are open")

    def readers(self):
        return {reader["id"]: reader for reader in self.pharmacy.ask("readers").reply["readers"]}

    def state(self, reader):
        return self.readers().get(reader, {}).get("state")

    def practise(self, *words, code=DONE):
        answer = self.pharmacy.ask("practice", *words)
        self.assertEqual(answer.code, code, answer)
        return answer.reply

    def tray(self, *codes):
        reply = self.practise("tray", *[typed(code) for code in codes])
        self.assertEqual((reply["pad"], reply["tags"]), ("bandeja", len(codes)))

    def field(self):
        status, answer = self.pharmacy.call("/v1/readers/field", {"reader": "bandeja"})
        return answer["tray"]["tags"] if status == 200 else -1

    def received(self):
        return [entry["body"]["serial"] for entry in self.pharmacy.entries("packs_received")]

    def tag(self, *words, code=DONE):
        answer = self.pharmacy.ask("tag", *words)
        self.assertEqual(answer.code, code, answer)
        return answer.reply


class Practice(PracticeTest):
    def test_nobody_takes_it_for_a_real_one(self):
        self.assertIn('warning practice_readers readers="3"', self.pharmacy.log_text)
        self.assertTrue(any("practice pharmacy" in one for one in self.pharmacy.ask("status").reply["warnings"]))

    def test_a_tray_is_received_in_one_gesture(self):
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.tray(box("S1"), box("S2"), box("S3"))
        self.assertEqual(self.pharmacy.scan("DOSARIO.X2")["what"], "tray_differs")
        booked = self.pharmacy.scan("DOSARIO.X3")
        self.assertEqual((booked["what"], len(booked["seq"])), ("tray_booked", 3))
        self.assertEqual(sorted(self.received()), ["S1", "S2", "S3"])
        self.tray()

    def test_what_is_taken_from_a_counted_tray_or_added_to_it_is_told_and_counted_where_it_lies(self):
        feed = Feed(self.pharmacy.http())
        self.addCleanup(feed.close)

        def told(message):
            while (answer := feed.next()[1])["message"] != message:
                self.assertNotIn("retiró", answer["message"])
            return answer

        epcs = [epc(f"S{number}") for number in range(1, 5)]
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.practise("pad", "bandeja", "add", *epcs[:2])
        told("En la bandeja se leen 2 etiquetas. Cuéntelas: así se guarda lo que todavía no se guardó.")
        self.assertEqual(len(self.pharmacy.scan("DOSARIO.X2")["seq"]), 2)
        again = self.pharmacy.scan("DOSARIO.X2")
        self.assertEqual((again["what"], again["sound"], again["seq"]), ("tray_booked", "repeated", []))
        self.practise("pad", "bandeja", "remove", epcs[0])
        told("En la bandeja se lee 1 etiqueta, de lo que ya se contó.")
        stranger = "e28011052000000000000001"
        self.practise("pad", "bandeja", "add", epcs[0], *epcs[2:], stranger)
        more = told("En la bandeja se leen 5 etiquetas: 2 ya se guardaron, lo demás todavía no. Cuente todo lo que hay.")
        self.assertIn("etiqueta EPC " + stranger, more["lines"])
        booked = self.pharmacy.scan("DOSARIO.X5")
        self.assertEqual((booked["what"], len(booked["seq"]), [one["epc"] for one in booked["unsaved"]]), ("tray_incomplete", 2, [stranger]))
        self.assertEqual(sorted(self.received()), ["S1", "S2", "S3", "S4"])
        undone = self.pharmacy.scan("DOSARIO.DESHACER")
        self.assertIn("Serie S4", undone["lines"])
        self.assertTrue(any("quedan 3 asientos" in line for line in undone["lines"]), undone)
        self.practise("pad", "bandeja", "clear")
        wait_until(lambda: self.field() == 0, "the tray is taken away")
        late = self.pharmacy.scan("DOSARIO.X5")
        self.assertEqual((late["what"], late["sound"]), ("tray_gone", "stop"))
        self.assertEqual(self.pharmacy.scan("DOSARIO.X5")["what"], "count_set")

    def test_a_shelf_is_swept(self):
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.tray(box("S1"), box("S2"), box("S3"))
        self.pharmacy.scan("DOSARIO.X3")
        same = self.pharmacy.ask("sweep", "--seconds", "1")
        self.assertEqual((same.code, same.reply["tags"], same.reply["found"], same.reply["strangers"]), (DONE, 3, 3, 0))
        self.tray(box("S1"), box("S2"), box("S4"))
        wait_until(lambda: self.pharmacy.ask("sweep", "--seconds", "1").reply["unknown"], "another box is on the shelf")
        other = self.pharmacy.ask("sweep", "--seconds", "1")
        self.assertEqual(other.reply["verdict"], "differs")
        self.assertEqual((other.code, other.reply["found"], other.reply["extra"]), (REFUSED, 2, []))
        self.assertEqual([[line["serial"] for line in other.reply[which]] for which in ("missing", "unknown")], [["S3"], ["S4"]])

    def test_a_sweep_counts_nothing_from_before_it_began_and_is_not_content_with_nothing(self):
        self.pharmacy.stop()
        self.pharmacy.configure(more=PRACTICE.replace('driver = "m100_uhf"', 'driver = "m100_uhf"\nfield = "estante"'))   # what is gone is let go after 10 s
        self.pharmacy.start()
        wait_until(lambda: self.state("10c4:ea60:PAD1:0") == "open", "the pad is open")
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR", box("S1"))
        empty = self.pharmacy.ask("sweep", "--seconds", "1")
        self.assertEqual((empty.code, empty.reply["verdict"], empty.reply["missing"]), (REFUSED, "nothing_read", []))
        self.tray(box("S1"))
        same = self.pharmacy.ask("sweep", "--seconds", "1")
        self.assertEqual((same.code, same.reply["verdict"], same.reply["found"]), (DONE, "same", 1))
        self.practise("pad", "bandeja", "clear")
        gone = self.pharmacy.ask("sweep", "--seconds", "1")
        self.assertEqual((gone.code, gone.reply["verdict"], gone.reply["tags"]), (REFUSED, "nothing_read", 0))
        told = self.pharmacy.dosario("sweep", "--seconds", "1", "--product", IBUPROFEN)
        self.assertEqual(told.code, REFUSED)
        self.assertIn("no se comparó nada", told.out)
        self.practise("pad", "bandeja", "add", *[f"e280{n:020x}" for n in range(2100)])
        many = self.pharmacy.dosario("sweep", "--seconds", "300")               # ends when they are too many, and not after that time
        self.assertEqual(many.code, REFUSED)
        self.assertIn("2048 tags or more", many.err)

    def test_the_tag_of_a_dose_is_written_from_its_code_alone(self):
        self.pharmacy.scan(ANA)
        self.pharmacy.ask("receive", typed(box("S1")))
        cut = self.pharmacy.ask("fraction", typed(box("S1"))).reply
        self.practise("pad", "bandeja", "add", "room=31", "e20000000000000000000001")
        wait_until(lambda: self.field() == 1, "the pad sees the blank tag")
        by_code = self.tag("write", cut["doses"][1]["code"])
        self.assertEqual((by_code["ok"], by_code["state"]), (True, "written"))
        self.assertIn("0203", by_code["code"])                                  # the second of three
        by_label = self.tag("write", typed(cut["doses"][1]["label"]))
        self.assertEqual(by_label["epc"], by_code["epc"])
        opened = self.tag("write", cut["pack"])
        self.assertEqual(opened["epc"], self.tag("write", typed(box("S1")))["epc"])
        code = cut["doses"][1]["code"]
        mistyped = code[:-1] + ("1" if code[-1] == "0" else "0")
        self.assertIn("carácter de control", self.tag("write", mistyped, code=USAGE)["message"])
        self.assertIn("--prefix-length", self.tag("write", "--scheme", "sgtin-96", "(01)07791234567898(21)12", code=USAGE)["message"])
        self.assertTrue(self.tag("write", "--scheme", "sgtin-96", "--prefix-length", "7", "(01)07791234567898(21)12")["epc"].startswith("30"))

    def test_a_tray_that_cannot_lie_there_leaves_the_one_that_does(self):
        self.tray(box("S1"), box("S2"))
        before = self.practise("pad", "bandeja", "list")["message"]
        self.practise("tray", typed(box("S3")), "nonsense", code=USAGE)
        self.practise("--pad", "lector", "tray", typed(box("S3")), code=USAGE)
        self.assertEqual(self.practise("pad", "bandeja", "list")["message"], before)

    def test_with_two_pads_a_tray_lies_on_the_one_that_is_named(self):
        self.pharmacy.stop()
        second = '[[reader]]\nmatch = "10c4:ea60:PAD2:0"\nname = "segundo"\ndriver = "m100_uhf"\n[practice]'
        self.pharmacy.configure(more=PRACTICE.replace("[practice]", second).replace('"lector=', '"cajon=cp210x:vid=10c4,pid=ea60,serial=PAD2,pad=m100", "lector='))
        self.pharmacy.start()
        wait_until(lambda: self.state("10c4:ea60:PAD1:0") == "open" and self.state("10c4:ea60:PAD2:0") == "open", "both pads are open")
        for pad, reader in (("bandeja", "bandeja"), ("cajon", "segundo")):
            laid = self.practise("--pad", pad, "tray", typed(box("S1")), typed(box("S2")))
            self.assertEqual((laid["pad"], laid["tags"]), (pad, 2))
            self.assertEqual(self.pharmacy.call("/v1/readers/field", {"reader": reader})[1]["tray"]["tags"], 2)
        before = self.practise("pad", "bandeja", "list")["message"]
        self.practise("tray", typed(box("S3")), code=USAGE)                     # which of the two?
        self.assertEqual(self.practise("pad", "bandeja", "list")["message"], before)

    def test_a_pad_is_recorded_raw_or_not_at_all_and_tries_no_printed_codes(self):
        file = pathlib.Path(self.pharmacy.home, "bandeja.txt")
        refused = self.pharmacy.ask("readers", "record", "--reader", "bandeja", "--seconds", "1", file)
        self.assertEqual((refused.code, refused.reply["error"]), (REFUSED, "refused"))
        self.assertIn("--raw", refused.reply["message"])
        self.assertFalse(file.exists())
        self.practise("pad", "bandeja", "add", "300000000000000000000001")
        self.assertEqual(self.pharmacy.dosario("readers", "record", "--raw", "--reader", "bandeja", "--seconds", "1", file, stdin="yes\n").code, DONE)
        self.assertGreater(file.read_text().count(" <"), 0, file.read_text()[:2000])
        for name in ("bandeja", "10c4:ea60:PAD1:0"):
            tried = self.pharmacy.dosario("doctor", "scanner", "--reader", name)
            self.assertEqual((tried.code, tried.out), (REFUSED, ""))
            self.assertIn("dosario tag read", tried.err)
        none = self.pharmacy.dosario("readers", "adopt", "nada")
        self.assertEqual((none.code, none.out), (REFUSED, ""))

    def test_scanners_and_cards_are_read_too_and_plugs_are_pulled(self):
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        wait_until(lambda: self.practise("scan", "lector", "DOSARIO.AYUDA") is not None and self.readers()["05e0:2100:L1:0"]["scans"] > 0,
                   "scans count")
        self.practise("scan", "lector", "]d2", typed(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S7")))
        wait_until(lambda: self.received() == ["S7"], "the box is received")
        self.practise("unplug", "lector")
        wait_until(lambda: "05e0:2100:L1:0" not in self.readers(), "it is gone")
        self.practise("scan", "lector", "x", code=REFUSED)
        self.practise("plug", "lector")
        wait_until(lambda: self.state("05e0:2100:L1:0") == "open", "it is back")

    def test_a_card_with_a_digital_link_is_received_when_it_is_laid_down(self):
        link = f"https://id.gs1.org/01/{IBUPROFEN}/10/L1/21/S8?17=" + IN_TWO_YEARS.strftime("%y%m%d")
        wait_until(lambda: self.state("072f:223b:T1:0") == "open", "the reader of cards is open")
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.practise("card", "tarjetas", "lay", "04112233445566", f"uri={link}")
        wait_until(lambda: self.received() == ["S8"], "the box on the card reader is received")
        self.practise("card", "tarjetas", "take")
        before = self.readers()["072f:223b:T1:0"]["scans"]
        self.practise("card", "tarjetas", "lay", "04112233445577")             # nothing is written on it
        wait_until(lambda: self.readers()["072f:223b:T1:0"]["scans"] > before, "the card counts")
        self.practise("card", "tarjetas", "take")
        # What lies there when the reader is plugged in was not laid down for the work that is open.
        self.assertEqual(self.received(), ["S8"])

    def test_words_that_cannot_be_are_refused_in_words(self):
        self.assertIn("there is no command", self.practise("jump", "lector", code=USAGE)["message"])
        self.assertIn("no practice reader", self.practise("scan", "nobody", "x", code=REFUSED)["message"])
        self.assertIn("número de serie", self.practise("tray", typed("]d2" + element_string(IBUPROFEN, IN_TWO_YEARS, "L1")), code=USAGE)["message"])
        self.assertIn("GS1", self.practise("tray", "7791234567898", code=USAGE)["message"])
        self.assertIn("no pad", self.practise("--pad", "lector", "tray", typed(box("S1")), code=USAGE)["message"])

    def test_three_doses_get_tags_one_by_one_and_leave_in_one_gesture(self):
        self.pharmacy.scan(ANA)
        self.assertEqual(self.pharmacy.ask("receive", typed(box("S1"))).reply["what"], "received")
        cut = self.pharmacy.ask("fraction", typed(box("S1"))).reply
        labels = [dose["label"] for dose in cut["doses"]]
        self.assertEqual(len(labels), 3)
        written = []
        for number, label in enumerate(labels):
            self.practise("pad", "bandeja", "clear")
            wait_until(lambda: self.field() == 0, "the pad is empty")
            self.practise("pad", "bandeja", "add", "room=31", f"e2000000000000000000000{number}")
            wait_until(lambda: self.field() == 1, "the pad sees the blank tag")
            done = self.tag("write", typed(label))
            self.assertEqual((done["ok"], done["state"], done["locked"]), (True, "written", False))
            self.assertEqual(done["old_epc"], f"e2000000000000000000000{number}")
            self.assertTrue(done["tid"].startswith("e280"))
            self.assertIn('DOSARIO' + cut['doses'][number]['code'][10:], done['code'])
            written.append(done["epc"])
            again = self.tag("read")
            self.assertEqual((again["epc"], again["code"]), (done["epc"], done["code"]))
        self.practise("pad", "bandeja", "clear")
        wait_until(lambda: self.field() == 0, "the pad is empty")
        self.pharmacy.scan(LEO, "DOSARIO.VERIFICAR")
        self.practise("pad", "bandeja", "add", *written)
        wait_until(lambda: self.field() == 3, "the three lie there")
        verified = self.pharmacy.scan("DOSARIO.X3")
        self.assertEqual(verified["what"], "tray_booked", verified)
        self.practise("pad", "bandeja", "clear")
        wait_until(lambda: self.field() == 0, "the tray is taken away")
        self.pharmacy.scan("DOSARIO.ENTREGAR")
        self.practise("pad", "bandeja", "add", *written)
        wait_until(lambda: self.field() == 3, "the three lie there again")
        out = self.pharmacy.scan("DOSARIO.X3")
        self.assertEqual(out["what"], "tray_booked", out)
        self.assertEqual(len(self.pharmacy.entries("dose_dispensed")), 3)

    def test_data_of_a_patient_go_onto_no_tag(self):
        self.practise("pad", "bandeja", "add", "300000000000000000000001")
        wait_until(lambda: self.field() == 1, "one lies there")
        for code in ("(8018)779123456789012348", "]d28018779123456789012348"):
            self.assertIn("patient", self.tag("write", code, code=USAGE)["message"])
        self.assertEqual(self.practise("pad", "bandeja", "list")["message"], "300000000000000000000001")

    def test_a_tag_is_written_only_when_it_is_alone_and_long_enough_and_locked_by_a_password_from_a_file(self):
        self.assertEqual(self.tag("write", typed(box("S1")), code=REFUSED)["state"], "as_before")
        self.practise("pad", "bandeja", "add", "room=6", "300000000000000000000001")
        wait_until(lambda: self.field() == 1, "one lies there")
        short = self.tag("write", typed(box("S1")), code=REFUSED)
        self.assertEqual((short["state"], short["epc"]), ("as_before", "300000000000000000000001"))
        self.assertIn(f"{short['wanted_bits']} bits", short["message"])
        self.practise("pad", "bandeja", "add", "300000000000000000000002")
        wait_until(lambda: self.field() == 2, "two lie there")
        self.assertIn("2 etiquetas", self.tag("write", typed(box("S1")), code=REFUSED)["message"])
        self.practise("pad", "bandeja", "remove", "300000000000000000000001")
        wait_until(lambda: self.field() == 1, "one lies there again")
        secret = pathlib.Path(self.pharmacy.home, "clave")
        secret.write_text("0BADF00D\n")
        secret.chmod(0o600)
        locked = self.tag("write", typed(box("S1")), "--lock", str(secret))
        self.assertEqual((locked["state"], locked["locked"]), ("written", True))
        closed = self.tag("write", typed(box("S2")), code=REFUSED)                   # without the password
        self.assertEqual((closed["state"], closed["epc"]), ("as_before", locked["epc"]))
        opened = self.tag("write", typed(box("S2")), "--lock", str(secret))
        self.assertEqual((opened["state"], opened["locked"]), ("written", True))
        secret.chmod(0o644)
        self.assertNotEqual(self.pharmacy.ask("tag", "write", typed(box("S3")), "--lock", str(secret)).code, DONE)
        secret.chmod(0o600)
        secret.write_text("00000000")
        self.assertIn("8 hexadecimal", self.tag("write", typed(box("S3")), "--lock", str(secret), code=USAGE)["message"])
        self.assertNotIn("BADF00D", self.pharmacy.log_text.upper())


class Watching(PracticeTest):
    """`dosario watch`: the answers to readers, on a terminal."""

    def watch(self, *words):
        out, err = pathlib.Path(self.pharmacy.home, "watch.out"), pathlib.Path(self.pharmacy.home, "watch.err")
        with out.open("wb") as told, err.open("wb") as said:
            tool = subprocess.Popen([str(BIN / "dosario"), "--data", str(self.pharmacy.data), "watch", *words], stdin=subprocess.DEVNULL, stdout=told, stderr=said)
        self.addCleanup(lambda: (tool.kill(), tool.wait()) if tool.poll() is None else None)
        wait_until(lambda: "Ctrl-C" in err.read_text(), "it watches")
        return tool, out.read_text, err.read_text

    def end(self, tool):
        tool.send_signal(signal.SIGINT)
        self.assertEqual(tool.wait(PATIENCE_S), DONE)

    def scan_until(self, code, seen):
        """Just begun, it may not listen yet."""
        def tried():
            self.practise("scan", "lector", code)
            return seen()
        wait_until(tried, f"the answer to {code} is seen")

    def test_answers_to_scanners_and_pads_are_seen_and_a_restart_is_told(self):
        tool, told, said = self.watch()
        self.scan_until("DOSARIO.AYUDA", lambda: "[question: help]" in told() or "help]" in told())
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        self.tray(box("S1"), box("S2"))
        wait_until(lambda: "tray_seen]" in told(), "the tray is told")
        self.assertRegex(told(), r"(?m)^\d\d:\d\d:\d\d  bandeja$")
        self.pharmacy.stop()
        wait_until(lambda: "Se cortó" in said(), "that it was cut off is told")
        self.pharmacy.start()
        wait_until(lambda: "El servicio volvió" in said(), "that it is back is told")
        wait_until(lambda: self.state("05e0:2100:L1:0") == "open", "the scanner is open")
        before = told().count("help]")
        self.scan_until("DOSARIO.AYUDA", lambda: told().count("help]") > before)
        self.assertEqual((said().count("Se cortó"), said().count("volvió")), (1, 1))
        self.end(tool)

    def test_programs_get_the_events_as_they_come(self):
        tool, told, _ = self.watch("--json", "--language", "pt")
        self.scan_until("DOSARIO.AYUDA", lambda: '"what":"help"' in told())
        for line in told().splitlines():
            self.assertTrue({"what", "readers"} & set(json.loads(line)), line)
        self.end(tool)

    def test_without_a_daemon_it_says_so(self):
        self.pharmacy.stop()
        self.assertEqual(self.pharmacy.ask("watch").code, NO_DAEMON)


class NoPractice(PharmacyTest):
    def test_a_real_pharmacy_refuses_to_practise(self):
        answer = self.pharmacy.ask("practice", "pad", "bandeja", "clear")
        self.assertEqual((answer.code, answer.reply["error"]), (REFUSED, "refused"))
        self.assertIn("no practice pharmacy", answer.reply["message"])
        self.assertEqual(self.pharmacy.ask("practice", "tray").code, REFUSED)
        self.assertEqual(self.pharmacy.call("/v1/practice", method="GET")[0], 400)

    def test_readers_that_cannot_be_are_named_before_anything_starts(self):
        self.pharmacy.stop()
        self.pharmacy.configure(more='[practice]\nreaders = ["uno=nothing", "dos=hidpos", "dos=hidpos"]\n')
        code, said = self.pharmacy.run_and_end("--config", str(self.pharmacy.config), "--check-config")
        self.assertEqual(code, USAGE)
        self.assertIn("no scanner `nothing`", said)
        self.assertIn("two readers of that name", said)
        self.pharmacy.configure()
        self.pharmacy.start()


class BesideARealBus(UsbTest):
    def test_a_keyboard_that_is_not_there_is_no_second_keyboard(self):
        self.pharmacy.configure(usb=True, more='[practice]\nreaders = ["teclado=keyboard:serial=K9"]\n')
        self.tell(f"plug desk {CHEAP} serial=C1 bound=usbhid")
        self.run_daemon()
        self.reader("1a2c:4c5e:C1:0", "last_keyboard")
        self.assertIn("05e0:1200:K9:0", self.readers())
        self.stop_daemon()


main_guard(__name__)
