# SPDX-License-Identifier: Apache-2.0
"""The README's session, typed as written into one shell against the two programs that ./run starts; what differs from run to run is …."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

import pharmacy

PLACE = "/tmp/dosario-practica"
NOBODY_TYPES_SO_FAST = f"""until dosario status --json | grep -q '"lag":0,' &&
  dosario-collector --data {PLACE}/collector stations --json | grep -q '"lag":0,'; do sleep 0.1; done
"""
UNTIL_IT_IS_STOPPED = f"until flock --nonblock {PLACE}/collector/collector.lock true; do sleep 0.1; done\n"


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
    text = re.sub(r"(usar hasta|Usar hasta|x10 |use before|dispensed) (\d{4}-\d\d-\d\d|…)", r"\1 …", text)
    text = re.sub(r"branch [0-9a-f]{16}, head [0-9a-f]{64}", "branch …, head …", text)
    return re.sub(r"\d+ bytes", "… bytes", text)


class Readme(unittest.TestCase):
    maxDiff = None

    def test_the_session_goes_as_it_is_written(self):
        steps = session()
        self.assertGreater(len(steps), 15)
        with tempfile.TemporaryDirectory(prefix="dosario-readme-") as place:
            log = pathlib.Path(place, "practice.log")
            with log.open("wb") as out:
                practice = subprocess.Popen([pharmacy.ROOT / "scripts" / "practice", pharmacy.BIN, place], stderr=out)
            try:
                pharmacy.wait_until(lambda: "practice is ready" in log.read_text(), "both programs are ready")
                self.type(steps, place)
                self.assertEqual(log.read_text().count("the collector was stopped; the pharmacy works on"), 1)
            finally:
                practice.send_signal(signal.SIGTERM)
                self.assertEqual(practice.wait(pharmacy.PATIENCE_S), 0)
            for name in ("daemon.log", "collector.log"):
                self.assertTrue(pathlib.Path(place, name).read_text().endswith("info stopped\n"))

    def type(self, steps, place):
        mark = "-- end of step --"
        before = {"dosario-collector --data": NOBODY_TYPES_SO_FAST}
        after = {"kill": UNTIL_IT_IS_STOPPED}
        script = ""
        for command, _ in steps:
            waits = [next((wait for start, wait in waits.items() if command.startswith(start)), "") for waits in (before, after)]
            script += f"{waits[0]}{command}\n{waits[1]}echo '{mark}'\n"
        script = script.replace(PLACE, place)
        env = dict(os.environ, LC_ALL="C.UTF-8")
        ran = subprocess.run(["bash"], input=script.replace("$PWD/build/release/bin", str(pharmacy.BIN)), capture_output=True, text=True,
                             env=env, cwd=pharmacy.ROOT, timeout=pharmacy.PATIENCE_S * 6, encoding="utf-8")
        # How much room a snapshot needs here and now belongs to no page.
        self.assertEqual(re.sub(r"^needs \d+ MiB of \d+ MiB free, takes about \d+ s; the counter works on\n", "", ran.stderr), "")
        outputs = ran.stdout.split(mark + "\n")
        for (command, expected), got in zip(steps, outputs):
            with self.subTest(command):
                told = [general(line.replace(place, PLACE)).rstrip() for line in got.splitlines()]
                self.assertEqual(told, [general(line) for line in expected])


if __name__ == "__main__":
    unittest.main()
