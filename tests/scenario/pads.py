# SPDX-License-Identifier: Apache-2.0
"""The real daemon with readers of tags on a pretended bus: trays behind a bridge chip, one tag that is written, what an HF tag says."""
import json
import subprocess
import time

from pharmacy import ANA, BIN, IBUPROFEN, IN_TWO_YEARS, element_string, main_guard, typed, wait_until
from usb import UsbTest

PAD_ID = "10c4:ea60:P1:0"


def epc(serial, lot="L1"):
    """What to write on the tag of a box: DSGTIN+ with the lot behind it."""
    day = IN_TWO_YEARS.strftime("%y%m%d")
    said = subprocess.run([str(BIN / "dosario"), "--json", "encode", "--scheme", "dsgtin+", f"(01){IBUPROFEN}(17){day}(10){lot}(21){serial}"],
                          capture_output=True, text=True, check=True)
    return json.loads(said.stdout)["epc"].ljust(40, "0")


class PadTest(UsbTest):
    def begin(self, family, driver):
        self.pharmacy.configure(usb=True, more=f'[rfid]\ncountry = "AR"\n[[reader]]\nmatch = "{PAD_ID}"\nname = "bandeja"\n'
                                               f'driver = "{driver}"\n')
        self.tell(f"plug pad kind=cp210x vid=10c4 pid=ea60 serial=P1 pad={family}")
        self.run_daemon()
        self.reader(PAD_ID, "open")
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")

    def field(self):
        status, answer = self.pharmacy.call("/v1/readers/field", {"reader": "bandeja"})
        return answer["tray"]["tags"] if status == 200 else -1


class Trays(PadTest):
    def test_a_tray_is_received_when_a_person_sees_as_many_things_as_tags_are_read(self):
        self.receive("m100", "m100_uhf")

    def test_so_it_is_with_a_reader_of_another_family(self):
        self.receive("chafon288", "chafon_uhf")

    def receive(self, family, driver):
        self.begin(family, driver)
        for serial in ("T1", "T2", "T3"):
            self.tell(f"pad pad add {epc(serial)}")
        wait_until(lambda: self.field() == 3, "the pad tells three tags")
        self.assertEqual(self.pharmacy.scan(ANA, "DOSARIO.X2")["what"], "tray_differs")
        self.assertEqual(self.received(), [])
        booked = self.pharmacy.scan(ANA, "DOSARIO.X3")
        self.assertEqual((booked["what"], len(booked["seq"])), ("tray_booked", 3))
        self.assertEqual(sorted(self.received()), ["T1", "T2", "T3"])
        self.tell("pad pad clear")
        wait_until(lambda: self.field() == 0, "the tray is taken away")
        self.stop_daemon()


class Copies(PadTest):
    def test_two_tags_with_one_code_are_two_in_a_tray_and_neither_is_written(self):
        self.lay_two("m100", "m100_uhf")

    def test_so_it_is_with_a_reader_of_another_family(self):
        self.lay_two("chafon18", "chafon_uhf")

    def lay_two(self, family, driver):
        self.begin(family, driver)
        self.tell(f"pad pad add {epc('T1')} {epc('T1')}")
        wait_until(lambda: self.field() == 2, "the chips tell two tags")
        self.assertEqual(self.pharmacy.scan(ANA, "DOSARIO.X1")["what"], "tray_differs")
        self.assertEqual(self.received(), [])
        box = "]d2" + element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "T9")
        for words in (("tag", "read"), ("tag", "write", typed(box))):
            self.assertFalse(self.pharmacy.ask(*words).reply["ok"])
        self.tell("pad pad list", f"ok {epc('T1')} {epc('T1')}".lower())
        self.stop_daemon()

    def test_a_count_that_differs_makes_the_chips_of_a_larger_tray_be_read(self):
        self.begin("m100", "m100_uhf")
        codes = [epc(f"T{n}") for n in range(6)]
        self.tell(f"pad pad add {' '.join(codes)} {codes[3]}")
        wait_until(lambda: self.field() == 6, "the pad tells six codes")
        self.assertEqual(self.pharmacy.scan(ANA, "DOSARIO.X7")["what"], "tray_differs")
        for _ in range(4):                   # once in 32 times the two chips look like one: a person counts again
            until = time.monotonic() + 10
            while self.field() != 7 and time.monotonic() < until:
                time.sleep(0.1)
            if self.field() == 7:
                break
            self.pharmacy.scan(ANA, "DOSARIO.X8")
        self.assertEqual(self.field(), 7)
        self.stop_daemon()


class Refused(PadTest):
    def test_a_pad_that_its_driver_cannot_use_and_one_that_is_not_plugged_are_told_as_such(self):
        self.pharmacy.configure(usb=True, more='[rfid]\ncountry = "AR"\n'
                                               f'[[reader]]\nmatch = "{PAD_ID}"\nname = "bandeja"\ndriver = "chafon_uhf"\n'
                                               '[[reader]]\nmatch = "10c4:ea60:P2:0"\nname = "estante"\ndriver = "m100_uhf"\n')
        self.tell("plug pad kind=cp210x vid=10c4 pid=ea60 serial=P1 pad=m100")
        self.run_daemon()
        pad = self.reader(PAD_ID, "refused")
        self.assertIn("m100_uhf", pad["explanation"])
        self.assertIn("es un lector M100", pad["explanation"])
        missing = self.reader("10c4:ea60:P2:0", "not_plugged")
        self.assertEqual((missing["name"], missing["driver"]), ("estante", "m100_uhf"))
        for name, words in (("bandeja", "m100_uhf"), ("estante", "estante no está enchufado")):
            status, answer = self.pharmacy.call("/v1/readers/field", {"reader": name})
            self.assertNotEqual(status, 200)
            self.assertIn(words, answer["message"])
        self.stop_daemon()


class OneTag(PadTest):
    def test_a_blank_tag_becomes_the_tag_of_a_box(self):
        self.begin("chafon288", "chafon_uhf")
        self.tell("pad pad add e20000000000000000000001")
        wait_until(lambda: self.field() == 1, "the pad tells the blank tag")
        box = "]d2" + element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "T9")
        done = self.pharmacy.ask("tag", "write", typed(box)).reply
        self.assertEqual((done["ok"], done["state"], done["reader"]), (True, "written", "bandeja"))
        says = f"]d201{IBUPROFEN}21T9\x1d17{IN_TWO_YEARS.strftime('%y%m%d')}10L1"   # the same, in the tag's order
        self.assertEqual(done["code"], says)
        self.tell("pad pad list", "ok " + done["epc"])
        self.assertEqual(self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")["ok"], True)
        wait_until(lambda: self.pharmacy.scan(ANA, "DOSARIO.X1")["what"] == "tray_booked", "what was written is received")
        self.assertEqual(self.received(), ["T9"])
        self.stop_daemon()


class Cards(UsbTest):
    CARDS = "vid=072f pid=223b kind=ccid model=acr1252u serial=C1"
    ID = "072f:223b:C1:0"

    def link(self, serial):
        return f"https://id.gs1.org/01/{IBUPROFEN}/10/L1/21/{serial}?17=" + IN_TWO_YEARS.strftime("%y%m%d")

    def test_what_is_written_on_a_tag_that_is_laid_down_is_scanned(self):
        self.tell(f"plug cards {self.CARDS}")
        self.tell(f"card cards lay 04112233445566 uri={self.link('OLD')}")
        self.run_daemon()
        self.reader(self.ID, "open")
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR")
        wait_until(lambda: self.readers()[self.ID]["scans"] == 1, "what lay there is seen")
        self.lay("04112233445577 uri=" + self.link("S1"))
        self.await_received("S1")
        text = "]d2" + element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S2")
        self.lay("04112233445588 text=" + typed(text).replace(" ", "\\x20"))
        self.await_received("S1", "S2")
        self.lay("04112233445599")                                        # nobody wrote on it
        wait_until(lambda: self.readers()[self.ID]["scans"] == 4, "it counts")
        self.lay("04112233445600 text=DOSARIO.B.LEO00002")
        wait_until(lambda: self.pharmacy.ask("status").reply["operator"] == "LEO00002", "a badge is a badge")
        self.assertEqual(self.received(), ["S1", "S2"])                    # and never what lay there before
        self.stop_daemon()

    def lay(self, words):
        """Another tag in the place of the one that lies there."""
        self.tell("card cards take")
        self.tell(f"card cards lay {words}")


main_guard(__name__)
