# SPDX-License-Identifier: Apache-2.0
"""Whoever reaches the collector's port: silence, noise, other protocols, wrong certificates, broken frames, crowds. A good station gets
through meanwhile, people get answers, memory and descriptors stay bounded, and the log says who was refused and why."""
import os
import resource
import signal
import socket
import ssl
import struct
import unittest

from centre import ACK, BATCH, HELLO, PING, WELCOME, Centre, CentreTest, Ledger, Wire, blob, frame, sint, tls_context, uint
from pharmacy import PATIENCE_S, main_guard, wait_until

CROWD = 2000
SANITIZED = "DOSARIO_PATIENCE" in os.environ


class Strangers(CentreTest):
    def tcp(self):
        connection = socket.create_connection(("127.0.0.1", self.centre.port), timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        return connection

    def expect_working(self):
        """A good station delivers, people are answered."""
        number = getattr(self, "visits", 0)
        self.visits = number + 1
        self.assertEqual(self.station(f"good-{number}", entries=300).deliver(), 300)
        status, answer = self.centre.call("/v1/status")
        self.assertEqual((status, answer["entries"]), (200, 300 * self.visits))

    def expect_closed(self, connection):
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass

    def refusals(self):
        return self.centre.log_text.count("handshake_refused")

    def test_bytes_that_are_no_tls(self):
        noises = [b"GET / HTTP/1.1\r\nHost: central\r\n\r\n", b"\x00" * 5000, os.urandom(5000), b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x00\x05hello",
                  b"\x16\x03\x01\xff\xff" + b"\xff" * 3000, b"\x15\x03\x03\x00\x02\x02\x28", frame(Ledger().hello())]
        for noise in noises:
            connection = self.tcp()
            try:
                connection.sendall(noise)
                connection.shutdown(socket.SHUT_WR)
            except ConnectionError:
                pass
            self.expect_closed(connection)
        wait_until(lambda: self.refusals() >= len(noises), "every one of them is refused and told in the log")
        self.expect_working()

    def test_who_says_nothing_is_in_nobodys_way(self):
        silent = [self.tcp() for _ in range(20)]
        half = self.tcp()
        half.sendall(b"\x16\x03\x01\x02\x00\x01")
        self.expect_working()
        for connection in silent:
            connection.close()
        self.expect_working()

    def wrap(self, context):
        """A handshake, and what the other side makes of it."""
        with context.wrap_socket(self.tcp()) as wrapped:
            wrapped.sendall(frame(Ledger().hello()))
            return wrapped.recv(100)

    def test_a_handshake_that_is_not_ours(self):
        good = self.centre.issue("farmacia-7")
        other = Centre()
        self.addCleanup(other.close)
        contexts = {}
        contexts["no certificate"] = tls_context(None, self.centre.authority)
        contexts["a certificate of another authority"] = tls_context(other.issue("farmacia-7"), self.centre.authority)
        contexts["the collector's own certificate"] = tls_context(self.centre.data / "pki" / "collector.pem", self.centre.authority)
        contexts["TLS 1.2"] = tls_context(good, self.centre.authority)
        contexts["TLS 1.2"].minimum_version = ssl.TLSVersion.TLSv1_2
        contexts["TLS 1.2"].maximum_version = ssl.TLSVersion.TLSv1_2
        contexts["another protocol"] = tls_context(good, self.centre.authority)
        contexts["another protocol"].set_alpn_protocols(["h2", "http/1.1"])
        bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        bare.check_hostname = False
        bare.load_verify_locations(self.centre.authority)
        bare.load_cert_chain(good)
        contexts["no protocol"] = bare
        for number, (what, context) in enumerate(contexts.items()):
            try:
                answer = self.wrap(context)
            except (ssl.SSLError, ConnectionError):
                answer = b""
            self.assertEqual(answer, b"", what)
            wait_until(lambda: self.refusals() == number + 1, f"{what} is refused")
        self.assertIn(b"\x00", self.wrap(tls_context(good, self.centre.authority))[:1])    # the same by the book is answered
        self.expect_working()

    def wire(self, name="strange"):
        wire = Wire(self.centre.port, tls_context(self.centre.issue(name), self.centre.authority))
        self.addCleanup(wire.close)
        return wire

    def test_a_station_that_breaks_the_protocol_hears_why(self):
        ledger = Ledger().book(300)
        hello = frame(ledger.hello())
        first = frame(ledger.batch(0, 100))
        for sent in (struct.pack(">I", 0), struct.pack(">I", 2**32 - 1), struct.pack(">I", 1024 * 1024 + 1), b"GET / HTTP/1.1\r\n\r\n",
                     struct.pack(">I", 3) + b"\xff\xff\xff", first, hello + hello, frame(blob(WELCOME, b"")), frame(blob(ACK, b"")),
                     frame(blob(HELLO, b"")), frame(blob(HELLO, uint(1, 1) + uint(2, 1) + blob(3, b"short"))),
                     frame(blob(HELLO, uint(1, 2) + uint(2, 9))), frame(blob(HELLO, uint(1, 1) + uint(2, 1) + blob(3, bytes(16)) + blob(4, b"") * 300))):
            wire = self.wire()
            wire.socket.sendall(sent)
            why = wire.ended()
            self.assertIn(why[0] if why else None, ("broken_rule", "version"), sent[:30])
            self.assertTrue(why[1])
        self.expect_working()

    def test_after_the_welcome_too(self):
        ledger = Ledger().book(300)
        for sent in (ledger.batch(1, 50), ledger.batch(0, 0), blob(BATCH, blob(1, b"whichone") + blob(2, ledger.entries[0])),
                     blob(BATCH, blob(1, ledger.branch) + blob(2, ledger.entries[0]) * 300), blob(5, blob(1, ledger.branch)), blob(7, blob(1, b"")),
                     blob(BATCH, blob(1, ledger.branch) + blob(2, b"")), blob(4, b"")):
            wire = self.wire()
            wire.send(ledger.hello())
            self.assertEqual(wire.message()[0], WELCOME)
            wire.send(sent)
            why = wire.ended()
            self.assertEqual(why[0] if why else None, "broken_rule", sent[:30])
        self.expect_working()

    def test_a_frame_that_never_ends_takes_no_more_than_its_length(self):
        self.expect_working()
        before = self.centre.memory_kb()
        wires = []  # each is hung up on after a while: what is sent is sent at once
        for n in range(20):
            wires.append(self.wire(f"slow-{n}"))
            wires[-1].socket.sendall(struct.pack(">I", 1024 * 1024) + b"\x0a" * 100 + b"\x00" * (512 * 1024))
        self.expect_working()
        if not SANITIZED:
            self.assertLess(self.centre.memory_kb() - before, 20 * 2048)

    def test_a_station_that_does_not_listen(self):
        # It asks and asks, and reads nothing: the answers wait in the sockets, and then the collector does not go on reading.
        wire = self.wire()
        wire.send(Ledger().hello())
        self.assertEqual(wire.message()[0], WELCOME)
        ping = frame(blob(PING, uint(1, 1) + sint(2, 1) + sint(3, 1))) * 500
        wire.socket.settimeout(1)
        sent = 0
        try:
            while sent < 64 * 1024 * 1024:
                sent += wire.socket.send(ping)
        except (TimeoutError, ssl.SSLError, ConnectionError):
            pass
        self.expect_working()
        if not SANITIZED:
            self.assertLess(self.centre.memory_kb(), 64 * 1024)

    def test_a_crowd_that_says_nothing(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < CROWD + 100:
            self.fail(f"{CROWD + 100} descriptors are needed here (ulimit -n)")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.centre.stop()
        self.centre.start()
        before, memory = self.centre.descriptors(), self.centre.memory_kb()
        crowd = [socket.create_connection(("127.0.0.1", self.centre.port), timeout=PATIENCE_S) for _ in range(CROWD)]
        try:
            wait_until(lambda: self.centre.descriptors() >= before + CROWD, "all of them are accepted")
            if not SANITIZED:
                self.assertLess(self.centre.memory_kb() - memory, 100 * CROWD)
            self.expect_working()
        finally:
            for connection in crowd:
                connection.close()
        wait_until(lambda: self.centre.descriptors() <= before + 5, "all of them are gone")
        self.expect_working()

    @unittest.skipIf(SANITIZED, "UBSan needs descriptors of its own to look at memory")
    def test_a_crowd_beyond_the_descriptors_does_not_end_it(self):
        self.centre.stop()
        self.centre.start(preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
        crowd = [socket.create_connection(("127.0.0.1", self.centre.port), timeout=PATIENCE_S) for _ in range(100)]
        wait_until(lambda: self.centre.descriptors() > 55, "its descriptors are used up")
        for connection in crowd:
            connection.close()
        wait_until(lambda: self.centre.descriptors() < 30, "they are given back")
        self.expect_working()

    def test_reconnecting_again_and_again(self):
        ledger = Ledger().book(10)
        before = self.centre.descriptors()
        for _ in range(100):
            wire = self.wire()
            wire.send(ledger.hello())
            if _ % 3:
                self.assertEqual(wire.message()[0], WELCOME)
            wire.close()
        wait_until(lambda: self.centre.descriptors() <= before + 5, "no descriptor is left behind")
        self.expect_working()

    def test_certificates_are_read_again_on_sighup(self):
        self.centre.child.send_signal(signal.SIGHUP)
        wait_until(lambda: "certificates_read" in self.centre.log_text, "it says so")
        self.expect_working()
        (self.centre.data / "pki" / "ca.pem").write_text("nothing")
        self.centre.child.send_signal(signal.SIGHUP)
        wait_until(lambda: "certificates_not_read" in self.centre.log_text, "it says why not")


main_guard(__name__)
