# SPDX-License-Identifier: Apache-2.0
"""`dosario decode` and `encode` of RFID tags: the golden rows of tests/golden/codes, the members of the JSON, the words for people."""
import json
import unittest

from pharmacy import DONE, REFUSED, ROOT, USAGE, main_guard, run_dosario

BOX = "(01)07791234567898(21)123456789012"
PATIENT = "2D76451FD4499602D2000000"
CLASSES = ("truncated unprogrammed unknown-header bad-partition component-overflow bad-string bad-character bad-digit bad-date bad-date-type bad-encoding-indicator "
           "empty-value value-too-long unknown-ai bad-aidc-header not-epc-afi bank-too-short empty-epc bad-uri unknown-scheme bad-filter bad-escape bad-component-length "
           "serial-out-of-range serial-leading-zero serial-not-numeric serial-too-long").split()


def golden_rows():
    return [json.loads(line) for line in (ROOT / "tests" / "golden" / "codes" / "tags.jsonl").read_text(encoding="ascii").splitlines()]


def decode(mode, inputs, *words):
    return run_dosario("decode", "--json", "--stdin", "--mode", mode, *words, stdin="".join(text + "\n" for text in inputs))


def encode(scheme, text, *words):
    answer = run_dosario("encode", "--json", "--scheme", scheme, *words, "--stdin", stdin=text.replace("\\", "\\\\") + "\n")
    return answer.lines[0]


class Golden(unittest.TestCase):
    maxDiff = None

    def test_every_row_says_what_it_must(self):
        groups = {}
        for row in golden_rows():
            groups.setdefault(row["mode"], []).append(row)
        self.assertEqual(set(groups), {"epc", "bank", "uri"})
        for mode, rows in groups.items():
            answer = decode(mode, [row["input"] for row in rows], "--as-of", "2026-11-21")
            self.assertEqual(len(answer.lines), len(rows))
            self.assertEqual(answer.code, REFUSED)
            for row, said in zip(rows, answer.lines):
                with self.subTest(row["about"], mode=mode, input=row["input"]):
                    self.assertEqual({key: said.get(key) for key in row["expect"]}, row["expect"])

    def test_every_class_has_a_row(self):
        classes = {row["expect"].get("error") for row in golden_rows()}
        for name in CLASSES:
            self.assertIn(name, classes)


class Memory(unittest.TestCase):
    def test_a_tag_says_the_members_of_a_barcode_and_its_own(self):
        said = decode("epc", ["3066C4409047E140075BCD15"]).lines[0]
        self.assertEqual(said, {
            "ok": True, "kind": "gs1", "ais": [["01", "09506000134352"], ["21", "123456789"]], "gtin14": "09506000134352", "dates": {},
            "digital_link": "https://id.gs1.org/01/09506000134352/21/123456789", "element_string": "(01)09506000134352(21)123456789", "warnings": [],
            "scheme": "SGTIN-96", "filter": 3, "gcp_len": 11, "pure_uri": "urn:epc:id:sgtin:95060001343.05.123456789",
            "tag_uri": "urn:epc:tag:sgtin-96:3.95060001343.05.123456789"})
        said = decode("epc", ["FB342CDE795211411234538566CB0AFC4"], "--as-of", "2026-11-21").lines[0]
        self.assertEqual((said["scheme"], said["dates"]), ("DSGTIN+", {"17": "2022-06-30"}))
        self.assertTrue({"gcp_len", "pure_uri", "tag_uri"}.isdisjoint(said))

    def test_a_bank_is_told_also_when_it_holds_no_epc(self):
        whole, iso, short, none = decode("bank", ["34003066C4409047E140075BCD15", "31a1" + "00" * 12, "30003066C440", "30"]).lines
        self.assertEqual(whole["bank"], {"crc16": whole["bank"]["crc16"], "length_words": 6, "umi": 1, "xi": 0, "toggle": 0, "attr": "00"})
        self.assertRegex(whole["bank"]["crc16"], "^[0-9A-F]{4}$")
        self.assertEqual(whole["tag_uri"], "urn:epc:tag:[umi=1]:sgtin-96:3.95060001343.05.123456789")
        self.assertEqual((iso["ok"], iso["error"]), (False, "not-epc-afi"))
        self.assertEqual((iso["bank"]["afi"], iso["bank"]["toggle"], iso["bank"]["raw"]), ("A1", 1, "urn:epc:raw:96.xA1.x" + "00" * 12))
        self.assertEqual((short["error"], short["bank"]["length_words"]), ("bank-too-short", 6))
        self.assertEqual((none["error"], none.get("bank")), ("bank-too-short", None))

    def test_schemes_that_are_not_read_are_named(self):
        said = decode("epc", ["2C76451FD46072000000162E", "FD3795211411234538566CB0AFC525065F1876F0D996D800", "E28011602000764DC36502CE"]).lines
        self.assertEqual([(one["ok"], one["error"], one.get("scheme")) for one in said],
                         [(False, "unknown-header", "GDTI-96"), (False, "unknown-header", "SGTIN++"), (False, "unknown-header", None)])

    def test_a_tag_that_breaks_a_rule_is_read_with_a_warning(self):
        said = decode("epc", ["F7007791234567897011000"]).lines[0]
        self.assertEqual((said["ok"], said["ais"][0], said["warnings"]), (True, ["01", "07791234567897"], ["breaks-gs1-rule"]))
        said = decode("epc", ["F7002001234567893011000"]).lines[0]
        self.assertEqual((said["ok"], said["warnings"]), (True, ["restricted-number"]))

    def test_the_chip_is_told(self):
        answer = decode("tid", ["E28011602000764DC36502CE", "E2FFFFFF", "E004", "E0041602000764DC"])
        self.assertEqual(answer.lines[0]["tid"], {"maker": "Impinj", "model": "Monza R6", "mdid": 1, "tmn": "160", "xtid": 1, "serial": "764DC36502CE"})
        self.assertEqual(answer.lines[1]["tid"], {"mdid": 511, "tmn": "FFF", "xtid": 1})
        self.assertEqual([one["error"] for one in answer.lines[2:]], ["truncated", "unknown-header"])

    def test_people_are_told_in_their_language(self):
        for language, words in (("es", "Esquema SGTIN-96, filtro 3"), ("en", "Scheme SGTIN-96, filter 3"), ("pt", "Esquema SGTIN-96, filtro 3")):
            told = run_dosario("decode", "--mode", "epc", "--language", language, "3066C4409047E140075BCD15").out
            for part in (words, "09506000134352", "urn:epc:id:sgtin:95060001343.05.123456789"):
                self.assertIn(part, told)
        told = run_dosario("decode", "--mode", "bank", "--language", "es", "31A1" + "00" * 12)
        self.assertEqual(told.code, REFUSED)
        self.assertIn("ISO", told.out)
        self.assertIn("urn:epc:raw:96.xA1", told.out)

    def test_a_patient_is_no_argument(self):
        for words in (["--mode", "epc", PATIENT], ["--mode", "bank", "3000" + PATIENT], ["--mode", "uri", "urn:epc:id:gsrn:9521141.1234567890"]):
            answer = run_dosario("decode", *words)
            self.assertEqual(answer.code, USAGE)
            self.assertNotIn("95211411", answer.out + answer.err)
        self.assertEqual(decode("epc", [PATIENT]).lines[0]["ais"], [["8018", "952114112345678906"]])
        self.assertEqual(run_dosario("encode", "--scheme", "gsrn-96", "urn:epc:id:gsrn:9521141.1234567890").code, USAGE)

    def test_odd_lines_are_answered(self):
        lines = ["", " ", "3066C4409047E140075BCD1 ", "xyz", "3066C4409047E140075BCD15" + "F" * 8000, "3066c4409047e140075bcd15"]
        for mode in ("epc", "bank", "uri", "tid"):
            answer = decode(mode, lines)
            self.assertEqual(len(answer.lines), len(lines), mode)
        said = decode("epc", lines).lines
        self.assertEqual([one.get("error") for one in said], ["empty-epc", "bad-character", "bad-character", "bad-character", None, None])
        self.assertEqual(said[2]["offset"], 23)


class Writing(unittest.TestCase):
    def test_what_is_made_is_what_is_read(self):
        for row in golden_rows():
            expect = row["expect"]
            if not expect["ok"] or row["mode"] != "epc":
                continue
            words = ["--filter", expect["filter"]] + (["--prefix-length", expect["gcp_len"]] if expect.get("gcp_len") else [])
            made = encode(expect["scheme"], expect["element_string"], *words)
            with self.subTest(row["about"]):
                self.assertTrue(made["ok"], made)
                said = decode("bank", [made["epc_bank"]]).lines[0]
                self.assertEqual({key: said.get(key) for key in ("scheme", "filter", "gcp_len", "tag_uri", "pure_uri")},
                                 {key: expect.get(key) for key in ("scheme", "filter", "gcp_len", "tag_uri", "pure_uri")})
                self.assertEqual(sorted(said["ais"]), sorted(expect["ais"]))

    def test_each_form_can_be_asked_for(self):
        made = encode("sgtin-96", BOX, "--prefix-length", 7, "--filter", 1)
        self.assertEqual(made["code"], made["epc"])
        self.assertEqual(encode("SGTIN-96", BOX, "--prefix-length", 7, "--filter", 1, "--to", "bank")["code"], "3000" + made["epc"])
        uri = encode("sgtin-96", BOX, "--prefix-length", 7, "--filter", 1, "--to", "uri")["code"]
        self.assertEqual(uri, "urn:epc:tag:sgtin-96:1.7791234.056789.123456789012")
        self.assertEqual(encode("sgtin", BOX, "--prefix-length", 9)["code"], "urn:epc:id:sgtin:779123456.0789.123456789012")
        self.assertEqual(encode("lgtin", "(01)07791234567898(10)L/1", "--prefix-length", 7)["code"], "urn:epc:class:lgtin:7791234.056789.L%2F1")
        self.assertEqual(encode("sgtin-96", uri)["epc"], made["epc"])                       # prefix length and filter are those of the URI
        self.assertEqual(encode("sgtin-198", "urn:epc:id:sgtin:7791234.056789.0012", "--user-memory")["bank"]["umi"], 1)
        self.assertEqual(encode("dsgtin+", "https://id.gs1.org/01/07791234567898/10/L1/21/S1?17=281231")["scheme"], "DSGTIN+")
        answer = run_dosario("encode", "--scheme", "sgtin-96", "--prefix-length", 7, "--filter", 1, BOX)
        self.assertEqual((answer.code, answer.out), (DONE, made["epc"] + "\n"))

    def test_encode_says_why_not(self):
        for scheme, text, words, error in (
                ("sgtin-96", BOX, [], "company-prefix-length"), ("sgtin-96", BOX, ["--prefix-length", 13], "company-prefix-length"), ("sgtin-96", BOX, ["--filter", 8], "bad-filter"),
                ("sgtin-95", BOX, [], "unknown-scheme"), ("sgtin+", BOX, ["--to", "uri"], "unknown-scheme"), ("sscc-96", BOX, ["--prefix-length", 7], "ai-requisite-missing"),
                ("sgtin-96", "(01)07791234567898(21)A", ["--prefix-length", 7], "serial-not-numeric"), ("sgtin-96", "(01)07791234567897(21)1", [], "check-digit"),
                ("sgtin-96", "(01)07791234567898(21)1(10)L", ["--prefix-length", 7], "unknown-ai"), ("sgtin+", "(01)02001234567893(21)1", [], "restricted-number"),
                ("sgtin-96", "urn:epc:id:sgtin:7791234.05678.1", [], "bad-component-length"),
                ("sgtin-198", "(01)07791234567898(21)" + "A" * 21, ["--prefix-length", 7], "serial-too-long"), ("dsgtin+", BOX, [], "ai-requisite-missing")):
            made = encode(scheme, text, *words)
            self.assertEqual((made["ok"], made.get("error")), (False, error), (scheme, text))
        told = run_dosario("encode", "--scheme", "sgtin-96", BOX, env={"LC_ALL": "es_AR.UTF-8"})
        self.assertEqual(told.code, REFUSED)
        self.assertIn("--prefix-length", told.err)

    def test_wrong_words_are_usage_errors(self):
        for words in (["--to", "epc", BOX], ["--scheme", "sgtin-96", "--to", "dose", BOX], ["--scheme", "sgtin-96"]):
            self.assertEqual(run_dosario("encode", *words).code, USAGE, words)


main_guard(__name__)
