# SPDX-License-Identifier: Apache-2.0
"""`dosario decode` and `dosario encode`: the golden rows of tests/golden/codes, and how they speak to programs and to people."""
import json
import re
import unittest

from pharmacy import DONE, GS, IBUPROFEN, REFUSED, ROOT, USAGE, main_guard, run_dosario

DOCUMENT = "00123456789@ECHEVARRIETA@LUDOVICA MARTINA@F@28123456@A@31/12/1980@01/01/2015"
OLD_DOCUMENT = "@28123456    @A@1@ECHEVARRIETA@LUDOVICA MARTINA@ARGENTINA@31/12/1980@F@01/01/2011@00012345678@1234 @01/01/2026@1@0@ILR@UNIT"
DOSE = "DOSARIO.D.0E6KZE2PG1X6N"
NUMBERS = ["20-26756539-3", "20267565393", "20 26756539 3", "76.086.428-5", "12531909-2", "390.533.447-05", "BOXW310820HNERXN09", "898000000043208",
           "217960357390007"]
TRACES = ["ECHEVARRIETA", "LUDOVICA", "28123456", "123456789", "26756539", "6756539", "086.428", "531909", "533", "310820", "898", "43208", "79603"]
MODES = ["auto", "aim", "assume-gs1", "element", "dl", "digits", "id"]
PACK = f"01{IBUPROFEN}1727063010LOTE-1"


def golden_rows():
    text = (ROOT / "tests" / "golden" / "codes" / "decode.jsonl").read_text(encoding="ascii")
    return [json.loads(line) for line in text.splitlines()]


def decode(inputs, *args, json_lines=True, env=None):
    """The answers, one for each input, and the exit code."""
    words = ["decode", "--stdin", *args] + (["--json"] if json_lines else [])
    answer = run_dosario(*words, stdin="".join(text + "\n" for text in inputs), env=env)
    return (answer.lines if json_lines else answer.out), answer.code


class Golden(unittest.TestCase):
    maxDiff = None

    def test_every_row_says_what_it_must(self):
        groups = {}
        for row in golden_rows():
            groups.setdefault(tuple(row["args"]), []).append(row)
        self.assertGreater(sum(map(len, groups.values())), 600)
        for args, rows in groups.items():
            answers, code = decode([row["input"] for row in rows], *args)
            self.assertEqual(len(answers), len(rows), args)
            self.assertEqual(code, DONE if all(row["expect"]["ok"] for row in rows) else REFUSED)
            for row, answer in zip(rows, answers):
                with self.subTest(row["about"], args=args, input=row["input"]):
                    self.assertEqual({key: answer.get(key) for key in row["expect"]}, row["expect"])

    def test_every_error_class_has_a_row(self):
        classes = {row["expect"].get("error") for row in golden_rows()}
        for name in ("sym-missing sym-unsupported empty-message ai-unknown value-empty value-length not-numeric bad-character check-digit check-character bad-date "
                     "bad-time bad-piece-total bad-country bad-flag bad-percent-escape ai-pair-invalid ai-requisite-missing ai-duplicate-conflict ai-duplicate "
                     "dl-no-key dl-path-order dl-not-attribute uri-bad-character uri-no-path uri-null parse-failed").split():
            self.assertIn(name, classes)

    def test_what_was_right_comes_back_in_all_three_forms(self):
        rows = [row for row in golden_rows() if "strict" in row["args"] and row["expect"].get("kind") == "gs1" and row["expect"]["ok"]]
        day = "2026-11-21"
        rows = [row for row in rows if day in row["args"]]
        elements = [row["expect"]["element_string"].replace("\\", "\\\\") for row in rows]
        self.assertGreater(len(rows), 200)
        for to, mode in (("scan", "assume-gs1"), ("element", "element")):
            made = run_dosario("encode", "--json", "--to", to, "--stdin", stdin="\n".join(elements)).lines
            self.assertTrue(all(line["ok"] for line in made))
            codes = [line["code"].replace("\\", "\\\\").replace(GS, "\\x1d") for line in made]
            answers, _ = decode(codes, "--mode", mode, "--as-of", day)
            for row, answer in zip(rows, answers):
                self.assertEqual(answer.get("ais"), row["expect"]["ais"], row)
        with_link = [row for row in rows if row["expect"]["digital_link"]]
        made = run_dosario("encode", "--json", "--to", "link", "--stdin",
                           stdin="\n".join(row["expect"]["element_string"].replace("\\", "\\\\") for row in with_link)).lines
        self.assertEqual([line.get("code") for line in made], [row["expect"]["digital_link"] for row in with_link])
        answers, code = decode([line["code"] for line in made], "--mode", "dl", "--as-of", day)
        self.assertEqual(code, DONE)
        for row, answer in zip(with_link, answers):
            self.assertEqual(answer["digital_link"], row["expect"]["digital_link"])
            self.assertEqual(dict(map(tuple, answer["ais"])), dict(map(tuple, row["expect"]["ais"])))


class Lines(unittest.TestCase):
    def test_one_line_for_one_line_in_order(self):
        inputs = ["", IBUPROFEN, "", "hello", " ", PACK, "]d2" + PACK, ""]
        answers, code = decode(inputs)
        self.assertEqual([answer["ok"] for answer in answers], [False, True, False, True, True, True, True, False])
        self.assertEqual(code, REFUSED)
        self.assertEqual(decode([])[1], DONE)

    def test_the_last_line_needs_no_end_and_a_carriage_return_is_nothing(self):
        answer = run_dosario("decode", "--stdin", "--json", stdin=f"{IBUPROFEN}\r\n{IBUPROFEN}")
        self.assertEqual([line["gtin14"] for line in answer.lines], [IBUPROFEN, IBUPROFEN])

    def test_arguments_are_read_like_lines(self):
        texts = [IBUPROFEN, PACK + "\\x1d21S1", "]d2" + PACK, "A\\\\B", "\\xff", "10ABC", "\\q"]
        by_lines, _ = decode(texts)
        answer = run_dosario("decode", "--json", "--", *texts)
        self.assertEqual(answer.lines, by_lines)
        self.assertEqual(answer.code, REFUSED)
        self.assertEqual(run_dosario("decode", IBUPROFEN).code, DONE)

    def test_every_byte_is_answered_in_ascii(self):
        texts = [f"91\\x{byte:02x}a" for byte in range(256)]
        raw = b"".join(b"91" + bytes([byte]) + b"a\n" for byte in range(256) if byte not in (10, 13, 92))
        for stdin, count in (("".join(text + "\n" for text in texts).encode(), 256), (raw, 253)):
            for mode in ("assume-gs1", "auto"):
                answer = run_dosario("decode", "--stdin", "--json", "--mode", mode, stdin=stdin)
                self.assertTrue(answer.out.isascii())
                self.assertEqual(len(answer.lines), count)

    def test_bytes_beyond_ascii_are_characters_of_their_number(self):
        answer = run_dosario("decode", "--stdin", "--json", "--mode", "element", stdin="(1\\xff\\x80)A\n")
        self.assertIn('"ai":"1\\u00ff\\u0080"', answer.out)

    def test_lines_longer_than_any_code_are_refused_and_the_next_is_read(self):
        for mode in MODES:
            answers, _ = decode(["9" * 200_000, PACK + "A" * 70_000, "\\x00" * 70_000], "--mode", mode)
            self.assertEqual(len(answers), 3)
        answers, _ = decode(["9" * 200_000, IBUPROFEN])
        self.assertEqual(answers[1]["gtin14"], IBUPROFEN)


class Usage(unittest.TestCase):
    def test_wrong_words_are_usage_errors(self):
        for words in ([], ["--stdin", "x"], ["--mode", "other", "x"], ["--profile", "other", "x"], ["--as-of", "2026-02-30", "x"], ["--as-of", "yesterday", "x"],
                      ["--language", "xx", "x"], ["--other", "x"]):
            self.assertEqual(run_dosario("decode", *words).code, USAGE, words)
        for words in ([], ["--to", "other", "x"], ["--to", "dose", "--piece", "x", "A"]):
            self.assertEqual(run_dosario("encode", *words).code, USAGE, words)

    def test_a_language_is_that_of_the_terminal_or_the_one_asked_for(self):
        for env, words, expected in (({"LC_ALL": "es_AR.UTF-8"}, [], "Lote"), ({"LC_ALL": "C"}, [], "Lot:"), ({"LC_ALL": "es_AR.UTF-8"}, ["--language", "en"], "Lot:")):
            answer = run_dosario("decode", PACK, *words, env=env)
            self.assertEqual(answer.code, DONE)
            self.assertIn(expected, answer.out)
            self.assertIn("2027", answer.out)
            self.assertIn("LOTE-1", answer.out)

    def test_people_are_told_what_is_wrong_in_their_language(self):
        for language in ("es", "en", "pt"):
            for row in golden_rows():
                if row["expect"]["ok"] or row["expect"]["error"] != "bad-date":
                    continue
                told, code = decode([row["input"]], *row["args"], "--language", language, json_lines=False)
                self.assertEqual(code, REFUSED)
                self.assertRegex(told, {"es": "fecha", "en": "date", "pt": "data"}[language])

    def test_encode_says_why_not(self):
        for text, to, error in (("(01)07791234567897", "scan", "check-digit"), ("(10)A", "scan", "ai-requisite-missing"), ("(400)A", "link", "dl-no-key"),
                                (f"(01){IBUPROFEN}(254)A(414){IBUPROFEN[1:]}", "link", "dl-not-attribute"), ("nothing", "scan", "parse-failed"), ("\\x1", "scan", "parse-failed")):
            answer = run_dosario("encode", "--json", "--to", to, text)
            self.assertEqual((answer.code, answer.lines[0].get("error")), (REFUSED, error), text)

    def test_a_dose_is_made_and_read(self):
        dose = ["encode", "--json", "--to", "dose", DOSE]
        self.assertEqual(run_dosario(*dose).lines, [{"ok": True, "code": "]d1" + DOSE}])
        made = run_dosario(*dose, "--gtin", IBUPROFEN, "--piece", 3, "--total", 10, "--lot", "L1", "--use-by", "2027-01-31").lines[0]["code"]
        answers, code = decode([made.replace(GS, "\\x1d"), DOSE])
        self.assertEqual(code, DONE)
        self.assertEqual([(answer["kind"], answer["code"]) for answer in answers], [("dose", DOSE)] * 2)
        self.assertEqual((answers[0]["gtin14"], answers[0]["dates"]), (IBUPROFEN, {"17": "2027-01-31"}))
        for words, error in ((["--gtin", IBUPROFEN[:-1] + "7"], "check-digit"), (["--gtin", IBUPROFEN, "--use-by", "2027-02-30"], "bad-date")):
            answer = run_dosario(*dose, *words)
            self.assertEqual((answer.code, answer.lines[0]["error"]), (REFUSED, error))
        self.assertEqual(decode([DOSE[:-1] + "0"])[0][0]["error"], "check-character")


class Persons(unittest.TestCase):
    def assert_no_trace(self, *texts):
        for text in texts:
            for trace in TRACES:
                self.assertNotIn(trace, text.upper())

    def test_a_document_is_refused_as_an_argument(self):
        escaped = DOCUMENT.replace("@", "\\x40")
        for document in [DOCUMENT, OLD_DOCUMENT, escaped, "]L2" + DOCUMENT, *NUMBERS]:
            for words in ([], ["--json"], ["--mode", "id"], ["--mode", "digits"]):
                answer = run_dosario("decode", *words, "--", document)
                self.assertEqual(answer.code, USAGE, document)
                self.assert_no_trace(answer.out, answer.err)
        answer = run_dosario("decode", "--mode", "id", "28123456")
        self.assertEqual(answer.code, USAGE)
        self.assert_no_trace(answer.out, answer.err)

    def test_a_person_is_country_and_kind_and_nothing_more(self):
        for mode in ("id", "auto"):
            answers, code = decode([DOCUMENT, OLD_DOCUMENT, *NUMBERS], "--mode", mode)
            self.assertEqual(code, DONE)
            for answer in answers:
                self.assertEqual(set(answer), {"ok", "kind", "country", "id_kind"})
                self.assertEqual(answer["kind"], "person")

    def test_no_output_in_any_mode_or_language_holds_a_document(self):
        for mode in MODES:
            for words in (["--json"], ["--language", "es"], ["--language", "en"], ["--language", "pt"]):
                answer = run_dosario("decode", "--stdin", "--mode", mode, *words, stdin="".join(text + "\n" for text in (DOCUMENT, OLD_DOCUMENT, *NUMBERS)))
                self.assert_no_trace(re.sub(r'"offset":\d+', "", answer.out), answer.err)

    def test_a_slip_of_one_character_is_not_echoed_either(self):
        slips = []
        for document in (DOCUMENT, *NUMBERS):
            for at in range(0, len(document)):
                slips += [document[:at] + other + document[at + 1:] for other in "07x"] + [document[:at] + document[at + 1:]]
        for mode in ("auto", "aim", "element", "dl", "id"):
            answers, _ = decode(slips, "--mode", mode)
            for slip, answer in zip(slips, answers):
                if answer.get("kind") in ("ean", "rcn"):
                    continue                                # as many digits as an EAN, and its check digit: nobody can tell
                self.assertEqual(answer.get("ais", []), [], slip)
                self.assertLess(len(answer.get("ai", "")), 4, slip)
                told = json.dumps({key: value for key, value in answer.items() if key not in ("offset", "message")})
                for part in re.findall(r"\w{4,}", slip):
                    self.assertNotIn(part, told)


main_guard(__name__)
