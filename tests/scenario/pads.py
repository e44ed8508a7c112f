# SPDX-License-Identifier: Apache-2.0
"""The real daemon with a pad on a pretended bus: tags behind a bridge chip, to the ledger, in one gesture."""
import json
import subprocess

from pharmacy import ANA, BIN, IBUPROFEN, IN_TWO_YEARS, main_guard, wait_until
from usb import UsbTest

PAD_ID = "10c4:ea60:P1:0"


def epc(serial, lot="L1"):
    """What to write on the tag of a box: DSGTIN+ with the lot behind it."""
    day = IN_TWO_YEARS.strftime("%y%m%d")
    said = subprocess.run([str(BIN / "dosario"), "--json", "encode", "--scheme", "dsgtin+", f"(01){IBUPROFEN}(17){day}(10){lot}(21){serial}"],
                          capture_output=True, text=True, check=True)
    return json.loads(said.stdout)["epc"].ljust(40, "0")


class Pads(UsbTest):
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


main_guard(__name__)
