# SPDX-License-Identifier: Apache-2.0
"""drivers/new-driver: what it makes compiles as it is, and what it is told wrongly it refuses."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from pharmacy import main_guard

ROOT = pathlib.Path(__file__).resolve().parents[2]


class NewDriver(unittest.TestCase):
    def setUp(self):
        self.tree = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="dosario-")))
        for folder in ("drivers", "tests/unit/drivers", "tests/fuzz", "tests/captures"):
            (self.tree / folder).mkdir(parents=True)
        for file in ("drivers/new-driver", "tests/CMakeLists.txt"):
            shutil.copy(ROOT / file, self.tree / file)

    def make(self, *words):
        return subprocess.run([self.tree / "drivers/new-driver", *words], capture_output=True, text=True, timeout=60, check=False)

    def test_what_it_makes_compiles_as_it_is(self):
        made = self.make("acme_pad", "1A2B", "3c4d", "Acme pad")
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        files = ["drivers/acme_pad/acme_pad.cpp", "tests/unit/drivers/acme_pad_test.cpp", "tests/fuzz/acme_pad.cpp"]
        for file in files:
            self.assertIn(file, made.stdout)
        compiled = subprocess.run(["g++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-fsyntax-only",
                                   f"-I{ROOT}/daemon", f"-I{self.tree}/drivers", f"-I{ROOT}/tests", *(self.tree / file for file in files)],
                                  capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual((compiled.returncode, compiled.stderr), (0, ""))
        self.assertIn("\ndosario_fuzz(acme_pad LINKS reader drivers)\n", (self.tree / "tests/CMakeLists.txt").read_text(encoding="utf-8"))
        self.assertTrue((self.tree / "tests/captures/acme_pad.events").exists())
        again = self.make("acme_pad", "1a2b", "3c4d", "Acme pad")
        self.assertEqual(again.returncode, 1)
        self.assertIn("is there already", again.stderr)

    def test_a_name_is_enough(self):
        numbers = set()
        for name in ("acme_pad", "other"):
            made = self.make(name)
            self.assertEqual((made.returncode, made.stderr), (0, ""))
            text = (self.tree / f"drivers/{name}/{name}.cpp").read_text(encoding="utf-8")
            numbers.add(re.search(r"kKnown\[\] = \{\{0xffff, 0x([0-9a-f]{4}), \"(acme pad|other)\"\}\};", text)[1])
        self.assertEqual(len(numbers), 2)

    def test_words_that_cannot_be_are_refused_and_nothing_is_made(self):
        for words in ((), ("acme", "1a2b"), ("Acme", "1a2b", "3c4d", "x"), ("acme-pad", "1a2b", "3c4d", "x"), ("../acme", "1a2b", "3c4d", "x"),
                      ("acme", "1a2", "3c4d", "x"), ("acme", "1a2b", "wxyz", "x"), ("acme", "1a2b", "3c4d", 'x"); //'), ("acme", "1a2b", "3c4d", "")):
            with self.subTest(words=words):
                made = self.make(*words)
                self.assertEqual(made.returncode, 1)
                self.assertIn("new-driver: ", made.stderr)
                self.assertEqual([one.name for one in (self.tree / "drivers").iterdir()], ["new-driver"])


main_guard(__name__)
