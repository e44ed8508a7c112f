# SPDX-License-Identifier: Apache-2.0
"""The README's session, typed as written into one shell against the daemon that ./run would start; what differs from run to run is …."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

import pharmacy

PLACE = "/tmp/dosario-practica"


def session():
    """Pairs of command and expected output."""
    text = (pharmacy.ROOT / "README.md").read_text(encoding="utf-8")
    steps = []
    for fence in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S):
        for line in fence.splitlines():
            if line.startswith("$ "):
                steps.append([line[2:], []])
            elif steps:
                steps[-1][1].append(line.rstrip())
    return steps


def general(text):
    """The same text for every run: dates of doses, codes, branch, head and sizes become …."""
    text = re.sub(r"DOSARIO\.([DP])\.[0-9A-Z]{13}", r"DOSARIO.\1.…", text)
    text = re.sub(r"(usar hasta|Usar hasta|x10 ) (\d{4}-\d\d-\d\d|…)", r"\1 …", text)
    text = re.sub(r"branch [0-9a-f]{16}, head [0-9a-f]{64}", "branch …, head …", text)
    return re.sub(r"\d+ bytes", "… bytes", text)


class Readme(unittest.TestCase):
    maxDiff = None

    def test_the_session_goes_as_it_is_written(self):
        steps = session()
        self.assertGreater(len(steps), 15)
        with tempfile.TemporaryDirectory(prefix="dosario-readme-") as place:
            log = pathlib.Path(place, "daemon.log")
            with log.open("wb") as out:
                daemon = subprocess.Popen([pharmacy.BIN / "dosariod", "--config", pharmacy.ROOT / "config" / "practice.toml", "--data", place],
                                          stderr=out, cwd=pharmacy.ROOT)
            try:
                pharmacy.wait_until(lambda: "info ready" in log.read_text(), "the daemon is ready")
                self.type(steps, place)
            finally:
                daemon.send_signal(signal.SIGTERM)
                self.assertEqual(daemon.wait(pharmacy.PATIENCE_S), 0)

    def type(self, steps, place):
        mark = "-- end of step --"
        script = "".join(f"{command}\necho '{mark}'\n" for command, _ in steps).replace(PLACE, place)
        env = dict(os.environ, LC_ALL="C.UTF-8")
        ran = subprocess.run(["bash"], input=script.replace("$PWD/build/release/bin", str(pharmacy.BIN)), capture_output=True, text=True,
                             env=env, cwd=pharmacy.ROOT, timeout=pharmacy.PATIENCE_S * 6, encoding="utf-8")
        self.assertEqual(ran.stderr, "")
        outputs = ran.stdout.split(mark + "\n")
        for (command, expected), got in zip(steps, outputs):
            with self.subTest(command):
                told = [general(line.replace(place, PLACE)).rstrip() for line in got.splitlines()]
                self.assertEqual(told, [general(line) for line in expected])


if __name__ == "__main__":
    unittest.main()
