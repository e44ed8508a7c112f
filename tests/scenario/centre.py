# SPDX-License-Identifier: Apache-2.0
"""A collector for one test, and stations that speak the uplink with Python's own TLS.

The station's messages are written by hand after proto/dosario/v1/uplink.proto, so that the two ends have no code in common.
"""
import hashlib
import json
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import unittest

from pharmacy import BIN, DONE, PATIENCE_S, Answer, UnixHttp, assert_no_sanitizer, wait_until

ALPN = "dosario-uplink/1"
LARGEST_FRAME = 1024 * 1024
REASONS = ["unspecified", "version", "certificate_expired", "other_station", "fenced", "broken_chain", "broken_rule", "store", "stopping",
           "cannot_renew"]


# --- Protobuf's wire format ----------------------------------------------------------------------------------------------------------

def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def uint(field, number):
    return varint(field << 3) + varint(number)


def sint(field, number):
    return uint(field, number * 2 if number >= 0 else -number * 2 - 1)


def blob(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def fields(message):
    """{number: [values]} of a message: varints and byte strings, which is all that the uplink has."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            value = number()
        else:
            assert tag & 7 == 2, message
            length = number()
            value, at = message[at:at + length], at + length
        found.setdefault(tag >> 3, []).append(value)
    return found


def frame(envelope):
    return struct.pack(">I", len(envelope)) + envelope


HELLO, WELCOME, BATCH, ACK, PING, PONG, REFUSE = 1, 2, 3, 4, 9, 10, 11


# --- one station ---------------------------------------------------------------------------------------------------------------------

class Ledger:
    """Entries of a station, chained as docs/ledger-format.md draws it. Each says that packs came in."""

    def __init__(self, ledger=None):
        self.ledger = ledger or os.urandom(16)
        self.branch = os.urandom(8)
        self.hashes = [bytes(32)]
        self.entries = []

    def book(self, count=1, body=None, mono=None):
        for _ in range(count):
            seq = len(self.entries) + 1
            event = os.urandom(16)
            # PacksReceived of one lot: gtin 1, lot, expiry, packs, units of a pack (facts.proto).
            fact = body or sint(4, 20000) + blob(14, uint(1, 7791234567898) + blob(3, b"L1") + sint(4, 24000) + uint(5, 1) + uint(6, 30))
            at = seq if mono is None else mono
            header = struct.pack(">QIIQqqIQ", seq, 14, 1, 1, at, 1_795_262_400_000_000 + seq, 0, len(fact))
            digest = hashlib.sha256(b"dosario.event.1" + self.ledger + self.hashes[-1] + header + event + fact).digest()
            self.hashes.append(digest)
            self.entries.append(uint(1, seq) + blob(2, event) + uint(3, 14) + uint(4, 1) + uint(5, 1) + sint(6, at)
                                + sint(7, 1_795_262_400_000_000 + seq) + uint(8, 0) + blob(9, fact) + blob(10, digest))
        return self

    def hello(self):
        span = blob(1, self.branch) + uint(2, 0) + uint(3, len(self.entries)) + blob(4, bytes(32))
        return blob(HELLO, uint(1, 1) + uint(2, 1) + blob(3, self.ledger) + blob(4, span) + uint(5, 1) + sint(6, 1) + sint(7, 1) + blob(9, b"python"))

    def batch(self, after, to):
        return blob(BATCH, blob(1, self.branch) + b"".join(blob(2, entry) for entry in self.entries[after:to]))


def tls_context(certificate, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False          # the collector's name is a URI; that it is the right one is the daemon's to check
    context.load_verify_locations(authority)
    if certificate:
        context.load_cert_chain(certificate)
    context.set_alpn_protocols([ALPN])
    return context


class Wire:
    """A connection after the handshake: frames out, frames in."""

    def __init__(self, port, context, patience_s=None):
        raw = socket.create_connection(("127.0.0.1", port), timeout=patience_s or PATIENCE_S)
        try:
            self.socket = context.wrap_socket(raw)
        except BaseException:
            raw.close()
            raise
        self.pending = b""

    def send(self, envelope):
        self.socket.sendall(frame(envelope))

    def message(self):
        """(number in the Envelope, fields) of the next message, None when the collector has closed."""
        while len(self.pending) < 4 or len(self.pending) < 4 + struct.unpack(">I", self.pending[:4])[0]:
            try:
                piece = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError) as error:
                if isinstance(error, TimeoutError):
                    raise
                return None
            if not piece:
                return None
            self.pending += piece
        length = struct.unpack(">I", self.pending[:4])[0]
        envelope, self.pending = self.pending[4:4 + length], self.pending[4 + length:]
        ((number, (content,)),) = fields(envelope).items()
        return number, fields(content)

    def ended(self):
        """Reads to the end; why it was refused, if that was said."""
        why = None
        while (message := self.message()) is not None:
            if message[0] == REFUSE:
                why = REASONS[message[1][1][0]], message[1][2][0].decode()
        return why

    def close(self):
        self.socket.close()


class Station:
    """One name with its certificate, and a ledger."""

    def __init__(self, centre, name, ledger=None):
        self.centre, self.name, self.ledger = centre, name, ledger or Ledger()
        self.certificate = centre.issue(name)
        self.wire = None

    def connect(self):
        """TLS and Hello; what the collector has of the branch."""
        self.wire = Wire(self.centre.port, tls_context(self.certificate, self.centre.authority))
        self.wire.send(self.ledger.hello())
        number, content = self.wire.message()
        if number == REFUSE:
            raise Refused(REASONS[content[1][0]], content[2][0].decode())
        assert number == WELCOME, (number, content)
        return fields(content[3][0]).get(2, [0])[0]

    def send_all(self, have, batch=256):
        """Everything after `have`, one batch at a time; the last entry that was acknowledged."""
        return self.send_up_to(have, len(self.ledger.entries), batch)

    def send_up_to(self, have, end, batch=256):
        """The same up to `end`."""
        while have < min(end, len(self.ledger.entries)):
            to = min(have + batch, end, len(self.ledger.entries))
            self.wire.send(self.ledger.batch(have, to))
            number, content = self.wire.message() or (None, None)
            if number == REFUSE:
                raise Refused(REASONS[content[1][0]], content[2][0].decode())
            assert number == ACK, (number, content)
            assert content[2][0] == to and content[3][0] == self.ledger.hashes[to], content
            have = to
        return have

    def deliver(self):
        """A whole visit."""
        try:
            return self.send_all(self.connect())
        finally:
            self.leave()

    def leave(self):
        if self.wire is not None:
            self.wire.close()
            self.wire = None


class Refused(Exception):
    def __init__(self, why, words):
        super().__init__(f"{why}: {words}")
        self.why, self.words = why, words


# --- the collector -------------------------------------------------------------------------------------------------------------------

class Centre:
    """A directory with configuration, certificates and store, and the collector when it runs."""

    def __init__(self, certificates=True):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dosario-"))
        self.data = self.home / "data"
        self.data.mkdir()
        self.config = self.home / "collector.toml"
        self.log_file = self.home / "collector.log"
        self.log_file.touch()
        self.child, self.port = None, 0
        self.configure()
        if certificates:
            assert self.verb("pki", "init").code == DONE

    def configure(self, more=""):
        pki = self.data / "pki"
        self.config.write_text(f'[listen]\naddress = "127.0.0.1"\nport = 0\n[api]\nsocket = "{self.home}/people.sock"\n{more}', encoding="utf-8")
        self.authority = pki / "ca.pem"

    @property
    def command(self):
        return [str(BIN / "dosario-collector"), "--config", str(self.config), "--data", str(self.data)]

    @property
    def log_text(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def start(self, command=None, preexec=None):
        assert self.child is None
        before = self.log_file.stat().st_size
        with open(self.log_file, "ab") as log:
            self.child = subprocess.Popen(command or self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=preexec)

        def ready():
            said = self.log_file.read_bytes()[before:].decode("utf-8", "replace")
            if self.child.poll() is not None:
                raise AssertionError(f"dosario-collector ended with {self.child.returncode}: {said}")
            return next((line for line in said.splitlines() if line.startswith("info ready ")), None)

        self.port = int(wait_until(ready, "dosario-collector says that it is ready").split('port="')[1].split('"')[0])
        return self

    def stop(self):
        child, self.child = self.child, None
        child.terminate()
        code = child.wait(PATIENCE_S)
        assert_no_sanitizer(self.log_text)
        assert code == 0, f"dosario-collector ended with {code}: {self.log_text}"
        assert self.log_text.endswith("info stopped\n"), self.log_text

    def kill(self):
        child, self.child = self.child, None
        child.kill()
        child.wait(PATIENCE_S)
        assert_no_sanitizer(self.log_text)

    def close(self):
        if self.child is not None:
            self.child.kill()
            self.child.wait(PATIENCE_S)
            self.child = None
        shutil.rmtree(self.home, ignore_errors=True)

    # --- ways to it

    def run(self, *words):
        done = subprocess.run([str(BIN / "dosario-collector"), *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=3 * PATIENCE_S, check=False)
        out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        assert_no_sanitizer(err)
        assert done.returncode in (0, 1, 2, 3), f"exit {done.returncode}: {words} {err}"
        return Answer(done.returncode, out, err)

    def verb(self, *words):
        return self.run("--data", self.data, *words)

    def ask(self, *words):
        """A verb with --json; what it prints, one value a line."""
        answer = self.verb(*words, "--json")
        assert answer.code == DONE, answer
        return answer.lines

    def status(self):
        return self.ask("status")[0]

    def issue(self, name):
        path = self.data / "pki" / "stations" / f"{name}.pem"
        if not path.exists():
            answer = self.verb("pki", "issue", name)
            assert answer.code == DONE, answer
        return path

    def call(self, path, request=None):
        """(status, JSON) over the socket for people."""
        connection = UnixHttp(self.home / "people.sock")
        try:
            connection.request("POST", path, json.dumps(request or {}), {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def memory_kb(self, what="Rss"):
        for line in pathlib.Path(f"/proc/{self.child.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1])
        raise AssertionError(what)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.child.pid}/fd"))

    def wait_until_counted(self):
        """Stock and doses have every entry."""
        wait_until(lambda: self.call("/v1/status")[1]["lag"] == 0, "the projections have everything")


class CentreTest(unittest.TestCase):
    """Each test gets a collector of its own."""
    running = True
    maxDiff = None

    def setUp(self):
        self.centre = Centre()
        self.addCleanup(self.centre.close)
        if self.running:
            self.centre.start()

    def tearDown(self):
        if self.centre.child is not None:
            self.verify()
            self.centre.stop()

    def station(self, name="farmacia-7", entries=0, ledger=None):
        station = Station(self.centre, name, ledger)
        station.ledger.book(entries)
        self.addCleanup(station.leave)
        return station

    def verify(self):
        status, answer = self.centre.call("/v1/verify")
        self.assertEqual((status, answer["ok"], answer["faults"]), (200, True, []))
        return answer
