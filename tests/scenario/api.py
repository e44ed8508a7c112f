# SPDX-License-Identifier: Apache-2.0
"""The local API as a stranger meets it: sockets, limits, garbage, tokens, the live feed."""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import socket
import threading
import time

from pharmacy import (ANA, IBUPROFEN, IN_TWO_YEARS, PATIENCE_S, REFUSED, Pharmacy, PharmacyTest, element_string, main_guard, wait_until)


def pack(serial):
    return element_string(IBUPROFEN, IN_TWO_YEARS, "L1", serial)


def receive(serial, **more):
    return {"content": base64.b64encode(pack(serial).encode()).decode(), "operator": ANA, "mode": "receive", **more}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class OverTheSocket(PharmacyTest):
    def raw(self, *chunks, finish=True):
        """What the daemon answers to these bytes before it closes."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_S)
            connection.connect(str(self.pharmacy.socket))
            answer = b""
            try:
                for chunk in chunks:
                    connection.sendall(chunk)
                if finish:
                    connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass
            try:
                while more := connection.recv(65536):
                    answer += more
            except ConnectionResetError:
                pass
            return answer

    def test_paths_and_methods_that_do_not_exist_are_said(self):
        for path in ("/", "/v1", "/v1/scans", "/v1/scan/", "/v2/scan", "//v1/scan", "/v1/../v1/scan", "/v1/ledger", "*", "/" + "x" * 5000, "/%00"):
            status, reply = self.pharmacy.call(path)
            self.assertEqual((status, reply["error"]), (404, "not_found"), path)
            if path != "*":
                self.assertEqual(self.pharmacy.call(path, method="GET"), (status, reply), path)
        for path in ("/v1/scan", "/v1/readers/adopt", "/v1/ledger/snapshot", "/v1/ledger/rebuild", "/v1/backup/now"):
            status, reply = self.pharmacy.call(path, method="GET")
            self.assertEqual((status, reply["error"]), (400, "invalid"), path)
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "BREW"):
            status, reply = self.pharmacy.call("/v1/status", method=method)
            self.assertEqual(status, 405, method)
        self.assertEqual(self.pharmacy.call("/v1/status?x=1", method="GET")[0], 200)

    def test_get_and_post_say_the_same(self):
        for path in ("/v1/stock", "/v1/readers", "/v1/ledger/log", "/v1/ledger/verify"):
            self.assertEqual(self.pharmacy.call(path, method="GET"), self.pharmacy.call(path), path)

    def test_requests_that_are_not_the_expected_json_are_400(self):
        bodies = ["{", "[]", "null", '"x"', "{]", '{"content": 5}', '{"contents": ""}', '{"content": "ÿ*"}', '{"packs": -1}', '{"packs": 4294967296}', '{"packs": "x"}', '{"undo_seq": 1e99}',
                  '{"lot": {"a": 1}}', '{"mode": "fly"}', '{"expires": "2027-02-30"}', '{"request_id": "' + "x" * 65 + '"}', '{"operator": "x"}', '{"lot": "' + "x" * 21 + '"}', "{} {}",
                  "[" * 5000, '{"content":' * 200, '{"lot": "\\ud800"}', "\x00", '{"lot": "a\\u0000b"}', '{"product_name": "a\\u0007"}']
        for body in bodies + [b'{"lot": "\xff"}', b"\xff\xfe{\x00}\x00"]:
            connection = self.pharmacy.http()
            with contextlib.closing(connection):
                connection.request("POST", "/v1/scan", body.encode() if isinstance(body, str) else body)
                response = connection.getresponse()
                reply = json.loads(response.read())
                self.assertEqual((response.status, reply["error"]), (400, "invalid"), body[:60])
                self.assertEqual(response.getheader("X-Content-Type-Options"), "nosniff")
        self.assertEqual(len(self.pharmacy.log()), 3)

    def test_a_body_of_more_than_one_mebibyte_is_refused(self):
        head = b"POST /v1/scan HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        size = 1024 * 1024
        self.assertIn(b" 413 ", self.raw(head % (size + 1), finish=False)[:20])
        self.assertIn(self.raw(head % (size + 1), b"x" * (size + 1), finish=False)[:13], (b"", b"HTTP/1.1 413 "))
        self.assertIn(b" 413 ", self.raw(head % (2 ** 63), finish=False)[:20])
        self.assertIn(b" 400 ", self.raw(head % size, b" " * (size - 2), b"[]")[:20])      # one mebibyte is read
        chunk = b"POST /v1/scan HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertIn(self.raw(chunk, *[b"10000\r\n" + b" " * 65536 + b"\r\n"] * 20, finish=False)[:13], (b"", b"HTTP/1.1 413 "))
        self.assertEqual(self.pharmacy.call("/v1/status")[0], 200)

    def test_garbage_closes_only_its_own_connection(self):
        with contextlib.closing(self.pharmacy.http()) as good:
            self.assertEqual(self.pharmacy.call("/v1/status", connection=good)[0], 200)
            for noise in (b"\x00" * 1000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/scan HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\r\n" * 500, os.urandom(5000),
                          b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 70000 + b"\r\n\r\n", b"POST /v1/scan HTTP/1.1\r\nContent-Length: 10\r\n\r\n{}", b"POST /v1/scan HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                          b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
                self.raw(noise)
            self.assertEqual(self.pharmacy.call("/v1/status", connection=good)[0], 200)
        two = b"POST /v1/status HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}" * 2
        self.assertEqual(self.raw(two).count(b"HTTP/1.1 200"), 2)                        # pipelined

    def test_a_slow_client_among_many_is_served(self):
        request = json.dumps(receive("SLOW")).encode()
        slow = socket.socket(socket.AF_UNIX)
        self.addCleanup(slow.close)
        slow.settimeout(PATIENCE_S)
        slow.connect(str(self.pharmacy.socket))
        slow.sendall(b"POST /v1/scan HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(request) + request[:10])
        connections = [self.pharmacy.http() for _ in range(60)]
        for connection in connections:
            self.addCleanup(connection.close)
            connection.connect()
        for n, connection in enumerate(connections):
            connection.request("POST", "/v1/scan", json.dumps(receive(f"C{n}")))
        for connection in connections:
            self.expect(json.loads(connection.getresponse().read()), "received", ok=True)
        for byte in request[10:]:
            slow.sendall(bytes([byte]))
        self.assertIn(b'"received"', slow.recv(65536))
        self.assertEqual(len(self.pharmacy.entries("packs_received")), 61)

    def test_connections_beyond_the_limit_are_told_so_and_the_rest_is_served(self):
        connections = [self.pharmacy.http() for _ in range(64 + 10)]
        for connection in connections:
            self.addCleanup(connection.close)
            connection.connect()
        for connection in connections[:64]:
            self.assertEqual(self.pharmacy.call("/v1/status", connection=connection)[0], 200)
        for connection in connections[64:]:
            connection.request("POST", "/v1/scan", json.dumps(receive("S1")))
            response = connection.getresponse()
            reply = json.loads(response.read())
            self.assertEqual((response.status, reply["error"], response.getheader("Retry-After"), response.getheader("Connection")), (503, "unavailable", "1", "close"))
            self.assertIn("nothing of this was saved", reply["message"])
        answer = self.pharmacy.ask("scan", "DOSARIO.AYUDA")
        self.assertEqual((answer.code, answer.reply["error"]), (REFUSED, "unavailable"))
        for connection in connections:
            connection.close()
        wait_until(lambda: self.pharmacy.dosario("status").code == 0, "there is room again")
        self.assertEqual(self.pharmacy.entries("packs_received"), [])

    def test_a_flood_of_connections_exhausts_nothing(self):
        good = [self.pharmacy.http() for _ in range(64)]
        for connection in good:
            self.addCleanup(connection.close)
            self.assertEqual(self.pharmacy.call("/v1/status", connection=connection)[0], 200)
        descriptors = pathlib.Path(f"/proc/{self.pharmacy.child.pid}/fd")
        before = len(list(descriptors.iterdir()))
        flood, told = [], 0
        for _ in range(300):
            connection = socket.socket(socket.AF_UNIX)
            self.addCleanup(connection.close)
            connection.settimeout(PATIENCE_S)
            connection.connect(str(self.pharmacy.socket))
            flood.append(connection)
        self.assertEqual(self.pharmacy.call("/v1/status", connection=good[0])[0], 200)
        self.assertLessEqual(len(list(descriptors.iterdir())), before + 17)               # 16, and one in the door
        for connection in flood:                                                         # those who only sit there are sent away in time
            answer = b""
            while more := connection.recv(65536):
                answer += more
            told += answer.startswith(b"HTTP/1.1 503 ")
        self.assertGreaterEqual(told, 16)
        self.assertEqual(self.pharmacy.call("/v1/status", connection=good[-1])[0], 200)
        wait_until(lambda: len(list(descriptors.iterdir())) <= before, "the flood is gone")
        for connection in good:
            connection.close()

    def test_a_request_id_sent_again_gets_the_same_reply_and_books_nothing(self):
        for scan in (receive("S1", request_id="uno"), {"content": "", "request_id": "dos"}, {"content": base64.b64encode(b"7790000000010").decode(), "mode": "receive", "lot": "A", "packs": 3,
                     "expires": IN_TWO_YEARS.isoformat(), "request_id": "ñandú"}):
            first = self.pharmacy.call("/v1/scan", scan)
            self.assertEqual(first[0], 200, first)
            entries = self.pharmacy.log()
            self.assertEqual(self.pharmacy.call("/v1/scan", scan), first)
            self.assertEqual(self.pharmacy.log(), entries)
        self.pharmacy.stop()
        self.pharmacy.start()
        self.assertEqual(self.pharmacy.call("/v1/scan", scan), first)                    # also after a restart
        self.assertEqual(self.pharmacy.log(), entries)

    def test_the_same_request_id_from_many_at_once_books_once(self):
        replies = []

        def send():
            replies.append(self.pharmacy.call("/v1/scan", receive("S1", request_id="una")))

        threads = [threading.Thread(target=send) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([reply for reply in replies if reply != replies[0]], [])
        self.assertEqual(len(self.pharmacy.entries("packs_received")), 1)

    def test_the_live_feed_tells_every_answer_to_all_who_listen(self):
        feeds = [Feed(self.pharmacy.http()) for _ in range(3)]
        for feed in feeds:
            self.addCleanup(feed.close)
        feeds[0].close()
        replies = [self.pharmacy.call("/v1/scan", receive(f"S{n}"))[1] for n in range(300)]
        for feed in feeds[1:]:
            self.assertEqual([feed.next() for _ in replies], [("answer", reply) for reply in replies])
        self.pharmacy.dosario("scan", "nada")
        self.assertEqual(feeds[1].next()[1]["what"], "not_understood")

    def test_a_listener_that_does_not_read_is_dropped_and_hinders_nobody(self):
        deaf = socket.socket(socket.AF_UNIX)
        self.addCleanup(deaf.close)
        deaf.connect(str(self.pharmacy.socket))
        deaf.sendall(b"GET /v1/live HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.closing(self.pharmacy.http()) as connection:
            for n in range(1500):
                self.assertEqual(self.pharmacy.call("/v1/scan", {"content": base64.b64encode(b"DOSARIO.AYUDA").decode()}, connection=connection)[0], 200)

    def test_the_daemon_stops_at_once_with_listeners_and_idle_connections(self):
        feed = Feed(self.pharmacy.http())
        self.addCleanup(feed.close)
        idle = self.pharmacy.http()
        idle.connect()
        self.addCleanup(idle.close)
        half = self.pharmacy.http()
        half.connect()
        half.sock.sendall(b"POST /v1/scan HTTP/1.1\r\nContent-Le")
        self.addCleanup(half.close)
        before = time.monotonic()
        self.pharmacy.stop()
        self.assertLess(time.monotonic() - before, 5)

    def test_the_socket_is_for_its_group_only(self):
        self.assertEqual(self.pharmacy.socket.stat().st_mode & 0o777, 0o660)
        self.assertFalse((self.pharmacy.data / "api.token").exists())                    # no TCP unless configured


class Feed:
    """A listener of /v1/live."""

    def __init__(self, connection, headers=None):
        self.connection = connection
        connection.request("GET", "/v1/live", headers=headers or {})
        self.response = connection.getresponse()
        assert self.response.status == 200
        assert self.response.getheader("Content-Type") == "text/event-stream"
        assert self.response.readline().startswith(b":")

    def next(self):
        """(event, JSON), comments and blank lines left out."""
        event = None
        while line := self.response.readline():
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key == "event":
                event = value
            elif key == "data":
                return event, json.loads(value)
        raise AssertionError("the feed ended")

    def close(self):
        self.response.close()
        self.connection.close()


class OverTcp(PharmacyTest):
    running = False

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.pharmacy.configure(api=f'listen = "127.0.0.1:{self.port}"\norigins = ["http://caja.local"]\nhosts = ["caja.local:{self.port}"]')
        self.pharmacy.start()
        self.token = (self.pharmacy.data / "api.token").read_text()

    def call(self, path="/v1/status", method="POST", token=True, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            if token:
                headers["Authorization"] = "Bearer " + (self.token if token is True else token)
            connection.request(method, path, "{}", headers)
            response = connection.getresponse()
            response.read()
            return response.status

    def test_only_the_right_token_opens(self):
        self.assertRegex(self.token, r"^[0-9a-f]{64}$")
        self.assertEqual(self.call(), 200)
        for token in (False, "x", self.token[:-1], self.token + "0", self.token.upper() + "x", " " + self.token, "0" * 64):
            self.assertEqual(self.call(token=token), 401, token)
            self.assertEqual(self.call("/v1/live", "GET", token=token), 401)
            self.assertEqual(self.call("/nada", token=token), 401)
        self.assertEqual(self.call(token=False, Authorization="Basic " + self.token), 401)

    def test_other_hosts_and_origins_are_refused(self):
        self.assertEqual(self.call(Host="evil.example"), 421)
        self.assertEqual(self.call(Host="localhost"), 421)
        self.assertEqual(self.call(Host=""), 421)
        self.assertEqual(self.call(Host=f"127.0.0.1:{self.port}.evil.example"), 421)
        self.assertEqual(self.call(Host=f"caja.local:{self.port}"), 200)
        self.assertEqual(self.call(Origin="http://evil.example"), 403)
        self.assertEqual(self.call(Origin="null"), 403)
        self.assertEqual(self.call(Origin=""), 403)
        self.assertEqual(self.call(Origin="http://caja.local"), 200)
        self.assertEqual(self.call("/v1/live", "GET", Origin="http://evil.example"), 403)

    def test_the_token_is_private_and_new_after_a_restart(self):
        self.assertEqual((self.pharmacy.data / "api.token").stat().st_mode & 0o777, 0o600)
        old = self.token
        self.pharmacy.stop()
        self.pharmacy.start()
        self.token = (self.pharmacy.data / "api.token").read_text()
        self.assertNotEqual(self.token, old)
        self.assertEqual(self.call(token=old), 401)
        self.assertEqual(self.call(), 200)
        self.assertNotIn(self.token, self.pharmacy.log_text)

    def test_the_feed_works_over_tcp_and_the_socket_needs_no_token(self):
        feed = Feed(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S), {"Authorization": "Bearer " + self.token})
        self.addCleanup(feed.close)
        self.pharmacy.scan(ANA)
        self.assertEqual(feed.next()[1]["what"], "operator_changed")

    def test_a_port_in_use_is_said_and_nothing_starts(self):
        other = Pharmacy(api=f'listen = "127.0.0.1:{self.port}"')
        self.addCleanup(other.close)
        code, said = other.run_and_end(*other.command[1:])
        self.assertEqual(code, 1, said)
        self.assertIn(str(self.port), said)
        self.assertFalse((other.data / "dosario.sock").exists())


main_guard(__name__)
