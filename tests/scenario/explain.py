# SPDX-License-Identifier: Apache-2.0
"""What the ledger tells to people and to strangers: the day sheet, proofs, the history of a dose, recalls."""
import hashlib
import json
import os
import pty
import struct
import subprocess
import sys

from pharmacy import (ANA, BIN, DONE, IBUPROFEN, IN_A_YEAR, LEO, REFUSED, ROOT, STRANGER, USAGE, PharmacyTest, element_string,
                      main_guard, run_dosario, typed)

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CUIT = "30500010912"
NOTE = "R0001-00001234"


def box(serial="", lot="L1"):
    return element_string(IBUPROFEN, IN_A_YEAR, lot, serial)


def short_code(seq, hash_hex):
    """Written anew: by powers of x in GF(32), where the program shifts."""
    bits = int(hash_hex[:16], 16) >> 4
    code = "".join(LETTERS[bits >> 5 * i & 31] for i in range(11, -1, -1))
    powers = [1]
    while len(powers) < 31:
        value = powers[-1] << 1
        powers.append((value ^ 0b100101) & 31 if value & 32 else value)
    text, check = str(seq) + code, 0
    for i, letter in enumerate(text):
        if LETTERS.index(letter):
            check ^= powers[(powers.index(LETTERS.index(letter)) + len(text) - i) % 31]
    return f"{code[:4]}-{code[4:8]}-{code[8:]}-{LETTERS[check]}"


def snippet(which):
    """A Python example of docs/ledger-format.md."""
    text = (ROOT / "docs" / "ledger-format.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in text.split("```python\n")[1:]]
    return next(block for block in blocks if which in block)


class Explain(PharmacyTest):
    def receive(self, *serials, **more):
        for serial in serials:
            self.expect(self.pharmacy.call_scan(box(serial), mode="receive", operator=ANA, **more)[1], "received", ok=True)

    def ready_doses(self, code):
        made = self.pharmacy.call_scan(code, mode="fraction", operator=ANA)[1]
        self.expect(made, "fractioned", ok=True)
        self.expect(self.pharmacy.call_scan(made["pack"], mode="verify", operator=LEO)[1], "verified", ok=True)
        return [dose["code"] for dose in made["doses"]]

    # --- the day sheet

    def test_the_day_sheet_says_the_head_and_tells_a_mistype_from_a_changed_ledger(self):
        self.receive("S1", "S2")
        status = self.pharmacy.call("/v1/status")[1]
        seq, on = status["entries"], status["today"]
        code = short_code(seq, status["head"])
        self.assertEqual(status["head_code"], code)
        answer = self.pharmacy.dosario("ledger", "head")
        self.assertEqual((answer.code, answer.out, answer.err), (DONE, f"{seq} {code}   {on}\n", ""))
        self.assertIn(f"head {seq} {code}", self.pharmacy.dosario("status").out)
        self.receive("S3", "S4")

        def verdict(text):
            answer = self.pharmacy.ask("ledger", "head", "--check", text)
            return answer.code, answer.reply["verdict"]

        for text in (f"{seq} {code}", f"{seq}{code}".lower(), f"# {seq}  {code}".replace("0", "o").replace("1", "I").replace("-", " ")):
            self.assertEqual(verdict(text), (DONE, "same"), text)
        wrong = "A" if code[2] != "A" else "B"
        for text in (f"{seq} {code[:2]}{wrong}{code[3:]}", f"{seq + 1} {code}", f"{seq} {code[1] + code[0] + code[2:]}", "nada", f"{seq} {code[:-2]}", " "):
            self.assertEqual(verdict(text), (USAGE, "mistyped"), text)
        other = hashlib.sha256(b"another history").hexdigest()
        self.assertEqual(verdict(f"{seq} {short_code(seq, other)}"), (REFUSED, "changed"))
        self.assertEqual(verdict(f"{seq + 500} {short_code(seq + 500, other)}"), (REFUSED, "missing"))
        self.pharmacy.stop()
        self.assertEqual(verdict(f"{seq} {code}"), (DONE, "same"))

    # --- proofs

    def test_a_stranger_checks_a_proof_with_one_command_or_fifteen_lines(self):
        self.receive("S1", "S2", "S3")
        log = self.pharmacy.log()
        entry = next(e for e in log if e["body"].get("serial") == "S2")
        head = log[-1]
        code = short_code(head["seq"], head["hash"])
        file = self.pharmacy.home / "proof.jsonl"
        self.assertEqual(self.pharmacy.dosario("ledger", "prove", entry["seq"], "-o", file).code, DONE)
        self.receive("S4")

        def check(*words):
            return run_dosario("--socket", "/nowhere", "ledger", "check", file, *words)
        answer = check()
        self.assertEqual(answer.code, DONE, answer)
        self.assertIn("packs_received", answer.out)
        self.assertIn('"serial":"S2"', answer.out)
        self.assertIn(f"head {head['seq']} {code}", answer.out)
        self.assertEqual(check("--head", f"{head['seq']} {code}").code, DONE)
        before = log[entry["seq"] - 2]
        self.assertEqual(check("--head", f"{before['seq']} {short_code(before['seq'], before['hash'])}").code, DONE)
        far = self.pharmacy.log()[-1]
        self.assertIn("says nothing of entry", check("--head", f"{far['seq']} {short_code(far['seq'], far['hash'])}").err)
        self.assertIn("another hash", check("--head", f"{head['seq']} {short_code(head['seq'], before['hash'])}").err)
        self.assertEqual(check("--head", f"{head['seq']} {code[:-1]}*").code, USAGE)
        self.assertEqual(run_dosario("--json", "ledger", "check", file).reply["entry"]["hash"], entry["hash"])
        done = subprocess.run([sys.executable, "-c", snippet("first[\"previous\"]"), file], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"head {head['seq']} {code.replace('-', '')[:12]}\n", ""))
        whole = file.read_bytes()
        for at in range(0, len(whole), 97):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            answer = check()
            self.assertEqual((answer.code, answer.out), (REFUSED, ""), (at, answer))
            self.assertRegex(answer.err, "this proof does not hold|newer version")
        for text in (b"", whole[:-1], whole + b"\n", whole[:whole.rfind(b'{"head"')], b"x" * 3_000_000):
            file.write_bytes(text)
            self.assertEqual(check().code, REFUSED)

    def test_a_proof_is_of_what_there_is_and_goes_where_it_is_told(self):
        self.receive("S1", "S2")
        log = self.pharmacy.log()
        head = log[-1]["seq"]
        prove = lambda *words: self.pharmacy.dosario("ledger", "prove", *words)
        for words in ([head + 1], [3, "--to", 2], [1, "--to", head + 1], [0]):
            answer = prove(*words)
            self.assertEqual((answer.code, answer.out), (USAGE, ""), (words, answer))
        self.assertIn(f"the last one is {head}", prove(head + 7).err)
        taken = self.pharmacy.home / "taken"
        taken.write_text("mine")
        self.assertIn("exists already", prove(1, "-o", taken).err)
        self.assertEqual(taken.read_text(), "mine")
        printed = prove(2, "--to", 3)
        self.assertEqual(len(printed.out.splitlines()), 4)
        self.pharmacy.stop()
        self.assertEqual(prove(2, "--to", 3).out, printed.out)
        self.assertEqual(prove(head + 1).code, USAGE)
        self.assertIn(f"the last one is {head}", prove(head + 7).err)

    def test_a_proof_of_a_strangers_own_making_cannot_speak_in_our_words(self):
        """Its chain holds, for who makes a ledger makes its hashes; its badge is a line that the tool might say."""
        badge = b"X\n\x1b[2J\xc2\x9b2Jand it comes by the code"
        body = bytes([0x12, len(badge)]) + badge + bytes([0x5a, 0])  # FactBody: operator, operator_changed
        entry = {"seq": 1, "event_id": "00" * 16, "kind": 2, "version": 1, "boot": 1, "mono_us": 1, "wall_us": 2 ** 63 - 1, "clock": 0}
        numbers = [entry[key] for key in ("seq", "kind", "version", "boot", "mono_us", "wall_us", "clock")]
        header = struct.pack(">QIIQqqIQ", *numbers, len(body))
        digest = hashlib.sha256(b"dosario.event.1" + bytes(16) + bytes(32) + header + bytes(16) + body).hexdigest()
        first = {"dosario_proof": 1, "ledger": "00" * 16, "entry": 1, "to": 1, "previous": "00" * 32}
        lines = (first, {**entry, "body": body.hex(), "hash": digest}, {"head": 1, "code": short_code(1, digest)})
        file = self.pharmacy.home / "forged.jsonl"
        file.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
        answer = run_dosario("--socket", "/nowhere", "ledger", "check", file)
        self.assertEqual((answer.code, len(answer.out.splitlines())), (DONE, 3), answer)
        self.assertNotRegex(answer.out, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
        self.assertIn("and it comes by the code", answer.out.splitlines()[0])

    # --- history

    def test_a_dose_is_followed_back_to_its_note_and_forward_to_its_sisters(self):
        self.receive("S1", note=NOTE, supplier=CUIT)
        doses = self.ready_doses(box("S1"))
        self.receive("S2")
        self.ready_doses(box("S2"))
        self.expect(self.pharmacy.call_scan(doses[1], mode="dispense", operator=ANA)[1], "dispensed", ok=True)
        story = self.pharmacy.ask("history", doses[0]).reply
        reception, = story["receptions"]
        self.assertEqual((reception["note"], reception["supplier"], reception["serial"], reception["operator"]), (NOTE, CUIT, "S1", "ANA00001"))
        self.assertEqual((story["state"], story["place"], story["recall"], story["box_among"], story["more"]), ("ready", "shelf", "", 0, False))
        self.assertEqual((story["fractioned"]["operator"], story["verified"]["operator"], story["dispensed"]), ("ANA00001", "LEO00002", None))
        self.assertEqual([(s["code"], s["state"], s["place"]) for s in story["sisters"]],
                         [(doses[1], "dispensed", "dispensed"), (doses[2], "ready", "shelf")])
        self.assertEqual(story["doses_of_other_boxes"], 3)
        out = self.pharmacy.ask("history", doses[1]).reply
        visit = next(e for e in self.pharmacy.log() if e["kind"] == "dose_dispensed")
        self.assertEqual((out["dispensed"]["seq"], out["dispensed"]["recipient"]), (visit["seq"], visit["body"]["recipient"]))
        pack = self.pharmacy.ask("history", typed(box("S1"))).reply
        self.assertEqual((pack["doses"], len(pack["sisters"]), pack["fractioned"]["seq"]), (doses, 3, story["fractioned"]["seq"]))
        lot = self.pharmacy.ask("history", f"{IBUPROFEN}/L1").reply
        self.assertEqual((len(lot["receptions"]), lot["doses_of_other_boxes"], lot["more"]), (2, 6, False))
        told = self.pharmacy.dosario("history", doses[0]).out
        for words in (NOTE, CUIT, "serial number S1", doses[2], "3 doses of this lot in other boxes", "LEO00002"):
            self.assertIn(words, told)

    def test_of_counted_packs_every_reception_is_a_candidate(self):
        self.receive("", packs=2, note=NOTE, supplier=CUIT)
        self.expect(self.pharmacy.call_scan("DOSARIO.LISTO")[1], "work_closed")
        self.receive("", packs=3)
        self.expect(self.pharmacy.call_scan(box(), mode="receive", packs=4)[1], "received", ok=True)
        self.expect(self.pharmacy.call_scan("DOSARIO.DESHACER")[1], "undone", ok=True)
        dose = self.ready_doses(box())[0]
        self.receive("", packs=7)
        story = self.pharmacy.ask("history", dose).reply
        self.assertEqual(story["box_among"], 5)
        self.assertEqual([(r["packs"], r["note"]) for r in story["receptions"]], [(2, NOTE), (3, "")])
        self.assertIn("one of the 5 packs of this lot", self.pharmacy.dosario("history", dose).out)

    # --- recalls

    def test_a_recall_stops_the_counter_and_says_who_has_it(self):
        self.receive("S1", "S2")
        self.expect(self.pharmacy.call_scan(box(), mode="receive", packs=5, operator=ANA)[1], "received", ok=True)
        doses = self.ready_doses(box("S1"))
        for code in (doses[0], box("S2")):
            self.expect(self.pharmacy.call_scan(code, mode="dispense", operator=ANA)[1], "dispensed", ok=True)
        self.expect(self.pharmacy.call_scan(box(), mode="dispense", packs=2, operator=ANA)[1], "dispensed", ok=True)
        visit = self.pharmacy.entries("dose_dispensed")[0]["body"]["recipient"]
        recall = lambda *words: self.pharmacy.ask("recall", *words)
        self.assertEqual(self.pharmacy.dosario("recall").out, "nothing is recalled\n")
        lot = f"{IBUPROFEN}/L1"
        for words, code in (([lot], USAGE), ([lot, "--reference", "x" * 61], USAGE), ([lot, "--reference", "a\tb"], USAGE), (["7", "--reference", "r"], USAGE),
                            ([IBUPROFEN + "/", "--reference", "r"], USAGE), (["--reference", "r"], USAGE), ([lot, "--reference", "r"], REFUSED),
                            ([lot, "--reference", "20-12345678-6"], USAGE), ([lot, "--reference", "r", "--lift", "--operator", ANA], REFUSED)):
            self.assertEqual(recall(*words).code, code, words)
        self.assertEqual(self.pharmacy.call("/v1/recall", method="GET")[0], 400)
        reply = recall(lot, "--reference", "Disp. ANMAT 123/26 – ñandú", "--operator", ANA).reply
        self.assertEqual(len(reply["seq"]), 1)
        counted, = reply["lots"]
        self.assertEqual([counted[key] for key in ("packs_on_shelf", "opened_packs", "doses_ready", "packs_out", "doses_out")], [3, 1, 2, 3, 1])
        out = {(t["what"], t["code"], t["packs"]) for t in reply["things"] if t["recipient"]}
        self.assertEqual(out, {("dose", doses[0], 0), ("pack", "S2", 1), ("packs", "", 2)})
        self.assertEqual({t["recipient"] for t in reply["things"] if t["recipient"]}, {visit})
        self.assertEqual(self.pharmacy.call_scan(doses[1], mode="dispense", operator=ANA)[1]["ok"], False)
        self.assertEqual(self.pharmacy.call_scan(box("S9"), mode="receive", operator=ANA)[1]["ok"], False)
        self.assertEqual(self.pharmacy.ask("history", doses[1]).reply["recall"], "Disp. ANMAT 123/26 – ñandú")
        self.assertEqual(recall(lot, "--reference", "again", "--operator", ANA).code, REFUSED)
        self.assertIn("Disp. ANMAT 123/26", self.pharmacy.dosario("recall").out)
        told = self.pharmacy.dosario("recall", STRANGER, "--reference", "Disp. 2", "--operator", ANA)
        self.assertIn("nothing of it was ever received here", told.out)
        self.assertEqual(len(recall().reply["recalls"]), 2)
        self.assertEqual(recall(lot, "--reference", "Disp. 124/26", "--lift", "--operator", ANA).code, DONE)
        self.expect(self.pharmacy.call_scan(doses[1], mode="dispense", operator=ANA)[1], "dispensed", ok=True)
        log = self.pharmacy.entries("lot_recalled")
        self.assertEqual([e["operator"] for e in log], ["ANA00001", "ANA00001"])

    # --- the audit and the bar

    def test_verify_in_full_shows_a_bar_on_a_terminal_and_nothing_else(self):
        self.receive("S1")
        self.ready_doses(box("S1"))
        for running in (True, False):
            if not running:
                self.pharmacy.stop()
            answer = self.pharmacy.ask("ledger", "verify", "--full")
            self.assertEqual((answer.code, answer.reply["ok"], answer.reply["full"], answer.err), (DONE, True, True, ""))
            self.assertIn("the audit agrees", self.pharmacy.dosario("ledger", "verify", "--full").out)
            terminal, theirs = pty.openpty()
            done = subprocess.run([BIN / "dosario", "--data", self.pharmacy.data, "--json", "ledger", "verify", "--full"], stdout=subprocess.PIPE,
                                  stderr=theirs, stdin=subprocess.DEVNULL, timeout=60, check=False)
            os.close(theirs)
            shown = b""
            try:
                while chunk := os.read(terminal, 4096):
                    shown += chunk
            except OSError:
                pass  # nothing more
            os.close(terminal)
            self.assertEqual(done.stdout.count(b"\n"), 1)
            if not running:
                self.assertIn(b"verifying  [", shown)
                self.assertIn(b"auditing   [", shown)
        self.pharmacy.start()
        self.assertEqual(self.pharmacy.call("/v1/ledger/progress", method="GET"), (200, {"what": "", "done": 0, "all": 0}))


main_guard(__name__)
