# SPDX-License-Identifier: Apache-2.0
"""The sheet of test codes, read back by other programs than those that made it; and that its codes change nothing at the counter."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from pharmacy import ANA, DONE, GS, IBUPROFEN, IN_TWO_YEARS, REFUSED, USAGE, PharmacyTest, element_string, main_guard, missing, run_dosario

GS_CODE = "010029999999999410DOSARIO" + GS + "21PRUEBA" + GS + "91GS"
TEXT = "DOSARIO.PRUEBA.aZ01-_/&()=?\":;+*'#"
EAN = "2900000000018"
ADOPTION = "DOSARIO.PRUEBA"
DPI = 300
# Where each symbol is on the page with its quiet zone, in millimetres: x, y, width, height.
PLACES = {"gs": (10, 66, 60, 40), "text": (5, 122, 195, 26), "ean": (5, 177, 70, 30), "adoption": (10, 236, 60, 36)}


class Sheet(unittest.TestCase):
    def setUp(self):
        for tool in ("ZXingReader", "pdftoppm", "rsvg-convert", "pdftotext"):
            if not shutil.which(tool):
                missing(self, tool)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dosario-sheet-"))
        self.addCleanup(shutil.rmtree, self.home)

    def make(self, name, *words):
        path = self.home / name
        answer = run_dosario("--data", self.home, "test-codes", "--out", path, *words)
        self.assertEqual((answer.code, answer.out), (DONE, f"{path}\n"), answer)
        return path

    def read_back(self, path):
        """Each symbol of the page, cut out of its picture: format, symbology identifier and content by name."""
        if path.suffix == ".svg":
            pdf = path.with_suffix(".svg.pdf")
            subprocess.run(["rsvg-convert", "-f", "pdf", "-o", str(pdf), str(path)], check=True, capture_output=True)
            path = pdf
        found = {}
        for name, place in PLACES.items():
            cut = self.home / name
            x, y, width, height = (str(round(mm / 25.4 * DPI)) for mm in place)
            subprocess.run(["pdftoppm", "-r", str(DPI), "-png", "-singlefile", "-x", x, "-y", y, "-W", width, "-H", height, str(path), str(cut)],
                           check=True, capture_output=True)
            said = subprocess.run(["ZXingReader", "-escape", f"{cut}.png"], check=True, capture_output=True, text=True).stdout
            parts = dict(re.findall(r"^(Text|Format|Identifier): +(.*)$", said, re.M))
            self.assertEqual(said.count("Text: "), 1, f"{name}: {said}")
            found[name] = (parts["Format"], parts["Identifier"], parts["Text"][1:-1].replace("<GS>", GS))
        return found

    def test_what_is_printed_holds_what_is_expected(self):
        wanted = {"gs": ("DataMatrix", "]d2", GS_CODE), "text": ("Code128", "]C0", TEXT), "ean": ("EAN-13", "]E0", EAN),
                  "adoption": ("DataMatrix", "]d1", ADOPTION)}
        for name in ("sheet.svg", "sheet.pdf"):
            self.assertEqual(self.read_back(self.make(name)), wanted)

    def test_the_page_is_a4_and_speaks_three_languages(self):
        pages = {}
        for language in ("es", "en", "pt"):
            pdf = self.make(f"{language}.pdf", "--language", language)
            size = re.search(r"Page size: +([\d.]+) x ([\d.]+) pts", subprocess.run(["pdfinfo", str(pdf)], check=True, capture_output=True, text=True).stdout)
            self.assertEqual([round(float(n) / 72 * 25.4) for n in size.groups()], [210, 297])
            pages[language] = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
            svg = self.make(f"{language}.svg", "--language", language).read_text(encoding="utf-8")
            title = pages[language].strip().splitlines()[0].strip()
            self.assertIn(title, svg)                                          # accents survive the PDF's own letters
            self.assertNotIn("?", title)
        self.assertEqual(len(set(pages.values())), 3)
        self.assertIn("códigos de prueba", pages["es"])

    def test_without_a_file_svg_goes_to_standard_output_and_a_file_is_never_overwritten(self):
        said = run_dosario("--data", self.home, "test-codes")
        self.assertEqual(said.code, DONE)
        self.assertTrue(said.out.startswith("<?xml") and said.out.endswith("</svg>\n"))
        path = self.make("sheet.svg")
        self.assertEqual(path.read_text(encoding="utf-8"), said.out)
        self.assertEqual(run_dosario("test-codes", "--out", path).code, USAGE)
        self.assertEqual(run_dosario("test-codes", "--out", self.home / "sheet.png").code, USAGE)
        self.assertEqual(run_dosario("test-codes", "--out", self.home / "no" / "sheet.svg").code, REFUSED)
        self.assertEqual(run_dosario("test-codes", "--language", "fr").code, USAGE)


class AtTheCounter(PharmacyTest):
    def test_scanned_in_daily_work_no_test_code_books_anything(self):
        pack = "]d2" + element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1")
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR", pack)
        for work in ("DOSARIO.LISTO", "DOSARIO.RECIBIR", "DOSARIO.FRACCIONAR", "DOSARIO.VERIFICAR", "DOSARIO.ENTREGAR", "DOSARIO.DEVOLUCION"):
            self.pharmacy.scan(work)
            before = len(self.pharmacy.log())
            for code in ("]d2" + GS_CODE, GS_CODE, GS_CODE.replace(GS, ""), GS_CODE.replace(GS, "|"), GS_CODE.swapcase(),
                         "]C0" + TEXT, TEXT, TEXT.swapcase(), TEXT.upper(), "]E0" + EAN, EAN, EAN[:-1], EAN[1:], "]d1" + ADOPTION):
                reply = self.pharmacy.scan(code)
                self.assertEqual(reply["seq"], [], (work, code, reply))
            self.assertEqual(len(self.pharmacy.log()), before, work)
        self.expect(self.pharmacy.scan("]C0" + TEXT), "scanner_tested", "notice", True)
        self.assertEqual(self.pharmacy.scan("]E0" + EAN)["what"], "not_understood")


main_guard(__name__)
