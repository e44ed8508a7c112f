# SPDX-License-Identifier: Apache-2.0
"""A pharmacy for one test: a daemon on a fresh data directory, and the ways people and programs reach it.

Everything is a child of this process and is ended by its own pid. Nothing waits for a time, only for a condition with a deadline.
DOSARIO_BIN names the directory of the programs (default build/release/bin); DOSARIO_PATIENCE multiplies the deadlines.
"""
import base64
import datetime
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import zoneinfo

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("DOSARIO_BIN") or ROOT / "build" / "release" / "bin").resolve()
PATIENCE_S = 20.0 * float(os.environ.get("DOSARIO_PATIENCE", "1"))

DONE, REFUSED, USAGE, NO_DAEMON = 0, 1, 2, 3
GS = "\x1d"

IBUPROFEN = "07791234567898"      # 30 tablets, doses of 10
AMOXICILLIN = "07790000000010"    # 16 capsules, doses of 8
SYRUP = "07790000000027"          # 120 ml, doses of 10, 30 days after opening
STRANGER = "07790000000034"       # in no catalogue

ANA, LEO = "DOSARIO.B.ANA00001", "DOSARIO.B.LEO00002"

CATALOGUE = f"""
[[product]]
gtin = "{IBUPROFEN}"
name = "Ibuprofeno 400 mg comprimidos x 30"
unit = "comprimido"
units_per_pack = 30
units_per_dose = 10

[[product]]
gtin = "{AMOXICILLIN}"
name = "Amoxicilina 500 mg cápsulas x 16"
unit = "cápsula"
units_per_pack = 16
units_per_dose = 8

[[product]]
gtin = "{SYRUP}"
name = "Jarabe de paracetamol 120 ml"
unit = "ml"
units_per_pack = 120
units_per_dose = 10
beyond_use_days = 30
"""

CONFIG = """
catalogue = "catalogue.toml"

[station]
name = "prueba"
site = "Farmacia de prueba"
language = "{language}"
least_free_mib = {least_free}

[rules]
shortest_life_days = 30

[api]
{api}

[usb]
enabled = {usb}
{more}
"""

SCAN_KEYS = ["ok", "sound", "what", "seq", "work", "ask", "lines", "message"]
LOG_KEYS = ["seq", "kind", "at", "operator", "witness", "work", "hash", "body"]
VERIFY_KEYS = ["ok", "entries", "branch", "head", "faults", "full"]


SITE = zoneinfo.ZoneInfo("America/Argentina/Buenos_Aires")                            # the daemon's day, when none is configured


def day(days_from_today):
    return datetime.datetime.now(SITE).date() + datetime.timedelta(days=days_from_today)


IN_TWO_YEARS = day(730)
IN_A_YEAR = day(365)


def element_string(gtin, expires=None, lot="", serial=""):
    """What a pack's DataMatrix says, the separator as the byte 1D."""
    text = "01" + gtin
    if expires:
        text += "17" + expires.strftime("%y%m%d")
    if lot:
        text += "10" + lot
    if serial:
        text += (GS if lot else "") + "21" + serial
    return text


def typed(text):
    """As an argument of `dosario`: bytes outside printable ASCII and the backslash are escaped."""
    raw = text.encode("utf-8") if isinstance(text, str) else text
    return "".join("\\\\" if b == 0x5C else chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}" for b in raw)


def wait_until(condition, what, patience_s=None):
    """The first true value of `condition`."""
    deadline = time.monotonic() + (patience_s or PATIENCE_S)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not come to pass in time: {what}")
        time.sleep(0.01)


class Answer:
    """What a run of `dosario` said."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def reply(self):
        lines = self.lines
        assert len(lines) == 1, f"one line of JSON was expected: {self.out!r} {self.err!r}"
        return lines[0]

    def __repr__(self):
        return f"exit {self.code}\n{self.out}{self.err}"


def run_dosario(*words, stdin=None, env=None):
    """Runs `dosario` with these words; text may hold bytes that are not UTF-8 as surrogate escapes."""
    environment = {k: v for k, v in os.environ.items() if k != "DOSARIO_SOCKET"}
    environment.update(env or {})
    given = stdin.encode("utf-8", "surrogateescape") if isinstance(stdin, str) else stdin
    program = [os.fsencode(BIN / "dosario"), *[w if isinstance(w, bytes) else str(w).encode("utf-8", "surrogateescape") for w in words]]
    done = subprocess.run(program, input=given, stdin=subprocess.DEVNULL if given is None else None, capture_output=True,
                          env=environment, timeout=3 * PATIENCE_S, check=False)
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    assert_no_sanitizer(err)
    assert done.returncode in (DONE, REFUSED, USAGE, NO_DAEMON), f"exit {done.returncode}: {words} {err}"
    return Answer(done.returncode, out, err)


def assert_no_sanitizer(text):
    for mark in ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:"):
        assert mark not in text, text


class UnixHttp(http.client.HTTPConnection):
    """http.client over a Unix socket."""

    def __init__(self, path, timeout=None):
        super().__init__("dosario", timeout=timeout or PATIENCE_S)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Pharmacy:
    """A directory with configuration and ledger, and the daemon when it runs."""

    def __init__(self, usb=False, api="", more="", language="es", data=None):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dosario-"))
        self.data = pathlib.Path(data) if data else self.home / "data"
        self.data.mkdir(exist_ok=True)
        self.config = self.home / "dosario.toml"
        self.log_file = self.home / "dosariod.log"
        self.log_file.touch()
        (self.home / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
        self.configure(usb=usb, api=api, more=more, language=language)
        self.child = None
        self.said = []            # all that `dosario` ever said here

    def configure(self, usb=False, api="", more="", language="es", least_free=0):
        text = CONFIG.format(least_free=least_free, usb="true" if usb else "false", api=api, more=more, language=language)
        self.config.write_text(text, encoding="utf-8")

    # --- the daemon

    @property
    def command(self):
        return [str(BIN / "dosariod"), "--config", str(self.config), "--data", str(self.data)]

    @property
    def log_text(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def start(self, command=None):
        assert self.child is None
        before = self.log_file.stat().st_size
        with open(self.log_file, "ab") as log:
            self.child = subprocess.Popen(command or self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def ready():
            if self.child.poll() is not None:
                raise AssertionError(f"dosariod ended with {self.child.returncode}: {self.log_text[before:]}")
            return self.log_file.read_bytes()[before:].decode("utf-8", "replace").find("info ready ") >= 0

        wait_until(ready, "dosariod says that it is ready")
        return self

    def stop(self):
        """SIGTERM to the daemon's own pid; it must end well."""
        child, self.child = self.child, None
        child.terminate()
        code = child.wait(PATIENCE_S)
        assert_no_sanitizer(self.log_text)
        assert code == 0, f"dosariod ended with {code}: {self.log_text}"
        assert self.log_text.endswith("info stopped\n"), self.log_text

    def kill(self):
        child, self.child = self.child, None
        child.kill()
        child.wait(PATIENCE_S)
        assert_no_sanitizer(self.log_text)

    def run_and_end(self, *words):
        """A run of dosariod that is expected to end by itself: (exit code, what it said)."""
        done = subprocess.run([str(BIN / "dosariod"), *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False)
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert_no_sanitizer(said)
        return done.returncode, said

    def close(self):
        if self.child is not None:
            self.child.kill()
            self.child.wait(PATIENCE_S)
            self.child = None
        shutil.rmtree(self.home, ignore_errors=True)

    # --- ways to it

    def dosario(self, *words, stdin=None):
        answer = run_dosario("--data", self.data, *words, stdin=stdin)
        self.said.append(answer.out + answer.err)
        return answer

    def ask(self, *words, stdin=None):
        """`dosario --json`."""
        return self.dosario("--json", *words, stdin=stdin)

    def scan(self, *texts, **more):
        """One run of `dosario scan`; the reply to the last text."""
        return self.ask("scan", *[typed(t) for t in texts], **more).lines[-1]

    def log(self):
        return self.ask("ledger", "log").lines

    def entries(self, kind):
        return [entry for entry in self.log() if entry["kind"] == kind]

    def verify(self):
        answer = self.ask("ledger", "verify")
        assert answer.code == DONE, answer
        assert answer.reply["ok"] is True and answer.reply["faults"] == [], answer
        return answer.reply

    @property
    def socket(self):
        return self.data / "dosario.sock"

    def http(self, timeout=None):
        return UnixHttp(self.socket, timeout)

    def call(self, path, request=None, method="POST", connection=None, headers=None):
        """(status, JSON) of one call over the socket."""
        own = connection is None
        connection = connection or self.http()
        try:
            connection.request(method, path, json.dumps(request or {}), {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            if own:
                connection.close()

    def call_scan(self, text, connection=None, **more):
        raw = text.encode("utf-8") if isinstance(text, str) else text
        return self.call("/v1/scan", {"content": base64.b64encode(raw).decode(), **more}, connection=connection)


class PharmacyTest(unittest.TestCase):
    """Each test gets a pharmacy of its own."""
    usb = False
    running = True
    maxDiff = None

    def setUp(self):
        self.pharmacy = Pharmacy(usb=self.usb)
        self.addCleanup(self.pharmacy.close)
        if self.running:
            self.pharmacy.start()

    def tearDown(self):
        if self.pharmacy.child is not None:
            self.pharmacy.verify()
            self.pharmacy.stop()

    def expect(self, reply, what, sound=None, ok=None):
        """A scan reply with all its keys, of the right types, that says `what`."""
        self.assertEqual(list(reply)[:len(SCAN_KEYS)], SCAN_KEYS)
        self.assertIs(type(reply["ok"]), bool)
        self.assertIn(reply["sound"], ("recorded", "repeated", "complete", "stop", "notice"))
        self.assertTrue(all(type(seq) is int and seq > 0 for seq in reply["seq"]), reply)
        self.assertTrue(reply["work"] is None or type(reply["work"]) is int, reply)
        self.assertTrue(all(type(line) is str for line in reply["lines"]), reply)
        self.assertIs(type(reply["message"]), str)
        self.assertNotEqual(reply["message"], "")
        self.assertNotRegex(reply["message"], r"[{}]")
        if reply["ask"] is not None:
            self.assertEqual(list(reply["ask"]), ["id", "question", "choices"])
            self.assertIs(type(reply["ask"]["id"]), int)
            self.assertTrue(reply["ask"]["question"])
            self.assertTrue(all(type(choice) is str for choice in reply["ask"]["choices"]))
        self.assertEqual(reply["what"], what, reply)
        if sound is not None:
            self.assertEqual(reply["sound"], sound, reply)
        if ok is not None:
            self.assertIs(reply["ok"], ok, reply)
        if not reply["ok"]:
            self.assertEqual((reply["sound"], reply["seq"]), ("stop", []), reply)
        return reply


def private_namespaces():
    """Ways to begin a mount namespace whose mounts nobody else sees. In a chroot the root is no mount and cannot be made private: there
    it must be so already."""
    if not (shutil.which("unshare") and shutil.which("mount")):
        return
    yield ["unshare", "-m"]
    mounts = pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8") if pathlib.Path("/proc/self/mountinfo").exists() else "shared:"
    if "shared:" not in mounts:
        yield ["unshare", "-m", "--propagation", "unchanged"]


def missing(test, what):
    """Ends a test that cannot be done here: a loud skip, and with CI set a failure."""
    if os.environ.get("CI"):
        test.fail(f"{what} is needed here")
    print(f"SKIPPED, NOT TESTED: {test.id()} ({what} is missing)", flush=True)
    test.skipTest(f"{what} is missing")


def unshare_or_skip(test):
    """The command that starts a program in a mount namespace of its own, or a loud skip; with CI set, a failure."""
    unshare = next((words for words in private_namespaces() if subprocess.run([*words, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True,
                                                                               check=False).returncode == 0), None)
    if unshare is None:
        missing(test, "the right to mount in a private namespace (unshare -m)")
    return lambda mount, program: [*unshare, "sh", "-c", mount + ' && exec "$@"', "sh", *program]


def main_guard(name):
    if name == "__main__":
        unittest.main(verbosity=2)
