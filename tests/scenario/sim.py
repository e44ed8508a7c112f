# SPDX-License-Identifier: Apache-2.0
"""`dosario sim`: simulated scanners over USB/IP, as a host attaches them, and as a hostile peer meets them."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest

from pharmacy import BIN, DONE, PATIENCE_S, REFUSED, USAGE, assert_no_sanitizer, main_guard, run_dosario, wait_until
from usbip_client import CONFIGURE, Broken, UsbipClient

IDLE = bytes.fromhex("0160")


class Sim:
    """One `dosario sim`; commands are said and answered."""

    def __init__(self, *words):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen([str(BIN / "dosario"), "sim", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, bufsize=1)
        self.greeting = self.process.stdout.readline().rstrip("\n")
        found = re.fullmatch(r"listening 127\.0\.0\.1:(\d+)", self.greeting)
        self.port = int(found[1]) if found else None

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        return self.process.stdout.readline().rstrip("\n")

    def end(self):
        """The exit code."""
        if not self.process.stdin.closed:
            self.process.stdin.close()
        code = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.errors.seek(0)
        self.said = self.errors.read()
        self.errors.close()
        assert_no_sanitizer(self.said)
        return code


class SimTest(unittest.TestCase):
    def start(self, *words):
        sim = Sim("--listen", "127.0.0.1:0", *words)
        self.addCleanup(lambda: sim.process.poll() is None and sim.process.kill())
        self.assertIsNotNone(sim.port, sim.greeting)
        return sim

    def client(self, sim):
        client = UsbipClient(sim.port, PATIENCE_S)
        self.addCleanup(client.close)
        return client

    def attached(self, sim, bus_id="1-1"):
        client = self.client(sim)
        self.assertTrue(client.attach(bus_id))
        self.assertEqual(client.control(*CONFIGURE), 0)
        return client

    def assert_closed(self, client):
        with self.assertRaises((Broken, ConnectionResetError)):
            client.take(1)


class Attached(SimTest):
    def test_what_is_exported_is_listed_attached_scanned_and_unplugged(self):
        sim = self.start("hidpos:serial=A1", "caja=cdc_acm")
        self.assertEqual(self.client(sim).list(), [("1-1", 0x05e0, 0x2100, 2, ["030000"]), ("1-2", 0x05e0, 0x1701, 2, ["020201", "0a0000"])])
        self.assertEqual(sim.tell("list"), "ok hidpos 1-1 05e0:2100 free; caja 1-2 05e0:1701 free")
        self.assertTrue(sim.tell("scan hidpos A").startswith("error the scan is lost: no host"))
        host = self.client(sim)
        self.assertTrue(host.attach("1-1", piece=1))
        self.assertFalse(self.client(sim).attach("1-1"))
        self.assertEqual(host.control(0x80, 6, 0x0303, 0x0409, length=255), bytes.fromhex("060341003100"))
        self.assertTrue(sim.tell("scan hidpos A").startswith("error the scan is lost: the host has not configured"))
        self.assertEqual(host.control(*CONFIGURE), 0)
        self.assertEqual(sim.tell("await hidpos ready"), "ok")
        self.assertEqual(sim.tell("list").split(";")[0], "ok hidpos 1-1 05e0:2100 ready")

        first, second = host.read(0x81, 64), host.read(0x81, 64)
        unlinked = host.unlink(second)
        self.assertEqual(host.answer(unlinked), (-104, 0))
        self.assertEqual(sim.tell(r"scan hidpos ]d2 01\x1dX"), "ok")
        status, report = host.answer(first, is_in=True)
        self.assertEqual((status, report[:10].hex()), (0, "0204005d643230311d58"))
        self.assertEqual(sim.tell("scan hidpos " + "9" * 60), "ok")
        self.assertTrue(sim.tell("await hidpos read 0.05").startswith("error not read in time"))
        lengths = [host.answer(host.read(0x81, 64), is_in=True)[1][1] for _ in range(2)]
        self.assertEqual(lengths, [56, 4])
        self.assertEqual(sim.tell("await hidpos read"), "ok")

        host.read(0x81, 64)
        self.assertEqual(sim.tell("unplug hidpos"), "ok")
        self.assert_closed(host)
        self.assertEqual([device[0] for device in self.client(sim).list()], ["1-2"])
        self.assertFalse(self.client(sim).attach("1-1"))
        self.assertEqual(sim.tell("plug hidpos"), "ok")
        again = self.client(sim)
        self.assertTrue(again.attach("1-1"))
        self.assertEqual(again.control(0x80, 8, 0, 0, length=1), b"\0")   # as just plugged in
        again.close()
        wait_until(lambda: "05e0:2100 free" in sim.tell("list"), "the scanner is free when its host goes")
        self.assertEqual(sim.tell("quit"), "")
        self.assertEqual(sim.end(), DONE)

    def test_a_bridge_talks_only_to_a_host_that_prepared_it(self):
        sim = self.start("ftdi:suffix=crlf")
        host = self.attached(sim)
        self.assertIn("set the rate", sim.tell("scan ftdi A"))
        self.assertEqual(host.control(0x40, 3, 0x4138, 0), 0)
        self.assertIn("set the format", sim.tell("await ftdi ready 0"))
        self.assertEqual(host.control(0x40, 4, 8, 0), 0)
        self.assertIn("set DTR", sim.tell("scan ftdi A"))
        self.assertEqual(host.control(0x40, 1, 0x0303, 0), 0)
        self.assertEqual(host.control(0x40, 9, 5, 0), 0)
        for _ in range(3):                                         # nothing is scanned, and packets of status come all the same
            self.assertEqual(host.answer(host.read(0x81, 512), is_in=True), (0, IDLE))
        self.assertEqual(sim.tell("scan ftdi ]C1 ABC"), "ok")
        packets = []
        while not packets or packets[-1] == IDLE:
            packets.append(host.answer(host.read(0x81, 512), is_in=True)[1])
        self.assertEqual(packets[-1], IDLE + b"ABC\r\n")
        self.assertEqual(host.answer(host.submit(2, False, 3, data=b"abc")), (0, 3))
        self.assertEqual(host.control(0x40, 0x77, 0, 0), -32)
        self.assertEqual(sim.end(), DONE)

    def test_two_hundred_times_plugged_scanned_and_unplugged(self):
        sim = self.start("keyboard")
        for number in range(200):
            host = UsbipClient(sim.port, PATIENCE_S)
            self.assertTrue(host.attach("1-1"))
            self.assertEqual(host.control(*CONFIGURE), 0)
            waiting = [host.read(0x81, 8) for _ in range(4)]
            self.assertEqual(sim.tell("scan keyboard a"), "ok")
            reports = [host.answer(one, is_in=True)[1].hex() for one in waiting]
            self.assertEqual(reports, ["0000040000000000", "00" * 8, "0000280000000000", "00" * 8], number)
            self.assertEqual(sim.tell("unplug keyboard"), "ok")
            self.assert_closed(host)
            host.close()
            self.assertEqual(sim.tell("plug keyboard"), "ok")
        self.assertEqual(sim.end(), DONE)


class Hostile(SimTest):
    def test_who_breaks_the_protocol_is_hung_up_on_and_the_others_go_on(self):
        sim = self.start("hidpos")
        host = self.attached(sim)
        waiting = host.read(0x81, 64)
        for bad in [b"GET / HTTP/1.0\r\n\r\n", bytes.fromhex("0106800500000000"), bytes(4096), bytes.fromhex("0111800300000000") + b"x" * 32]:
            with self.subTest(bad[:8]):
                other = self.client(sim)
                other.socket.sendall(bad)
                self.assert_closed(other)
        half = self.client(sim)
        half.socket.sendall(bytes.fromhex("01118003"))
        self.assertEqual(sim.tell("scan hidpos A"), "ok")
        self.assertEqual(host.answer(waiting, is_in=True)[0], 0)
        host.submit(1, True, 1 << 30)
        self.assert_closed(host)
        wait_until(lambda: "free" in sim.tell("list"), "the scanner is free again")
        self.attached(sim)
        self.assertEqual(sim.end(), DONE)
        self.assertIn("a connection is closed: the other side does not speak USB/IP", sim.said)

    def test_connections_and_what_they_cost_are_bounded(self):
        sim = self.start("hidpos")
        many = [self.client(sim) for _ in range(80)]
        closed = 0
        for one in many[64:]:
            try:
                one.socket.settimeout(PATIENCE_S)
                closed += one.socket.recv(1) == b""
            except ConnectionResetError:
                closed += 1
        self.assertEqual(closed, 16)
        for one in many:
            one.close()
        wait_until(lambda: self.lists(sim), "others are served again")
        deaf = self.client(sim)                                    # asks for ever and never listens
        deaf.socket.setblocking(False)
        sent = 0
        with self.assertRaises(BlockingIOError):
            for _ in range(1_000_000):
                sent += deaf.socket.send(bytes.fromhex("0111800500000000") * 4096)
        status = pathlib.Path(f"/proc/{sim.process.pid}/status").read_text()
        resident_kib = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        if "DOSARIO_PATIENCE" not in os.environ:                    # sanitizers have their own store
            self.assertLess(resident_kib, 64 * 1024)
        self.assertEqual(sim.tell("list"), "ok hidpos 1-1 05e0:2100 free")
        self.assertEqual(sim.end(), DONE)

    def lists(self, sim):
        try:
            client = UsbipClient(sim.port, PATIENCE_S)
            try:
                return client.list()
            finally:
                client.close()
        except (Broken, OSError):
            return None


class Program(SimTest):
    def test_commands_that_are_wrong_are_answered_and_change_nothing(self):
        sim = self.start("hidpos", "hidpos", "ftdi")
        self.assertEqual(sim.tell("list"), "ok hidpos 1-1 05e0:2100 free; hidpos2 1-2 05e0:2100 free; ftdi 1-3 0403:6001 free")
        for wrong in ["scan", "scan nobody A", "fly hidpos", "plug hidpos", "await hidpos", "await hidpos soon", "await hidpos ready x", "pause", "pause -1",
                      "pause 9999999999", r"scan hidpos \z"]:
            with self.subTest(wrong):
                self.assertTrue(sim.tell(wrong).startswith("error "), wrong)
        self.assertEqual(sim.tell("pause 1"), "ok")
        self.assertEqual(sim.end(), DONE)

    def test_a_script_is_played_and_ends(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as script:
            script.write("# two commands\n\nlist\npause 1\nscan hidpos A\n")
            script.flush()
            answer = run_dosario("sim", "--listen", "127.0.0.1:0", "--script", script.name, "hidpos")
        self.assertEqual(answer.code, DONE)
        self.assertEqual([line.split()[0] for line in answer.out.splitlines()], ["listening", "ok", "ok", "error"])

    def test_a_signal_ends_it(self):
        sim = self.start("hidpos")
        self.attached(sim)
        sim.process.send_signal(signal.SIGTERM)
        self.assertEqual(sim.end(), DONE)

    def test_what_cannot_be_is_said_with_what_to_do(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for words, code, said in [(["hidpos", "--listen", f"127.0.0.1:{port}"], None, "--listen takes another address"),
                                  (["hidpos", "--listen", "here"], USAGE, "127.0.0.1:3240"),
                                  (["scanner"], USAGE, "there are: keyboard"),
                                  (["ftdi:baud=fast"], USAGE, "baud= (300 to 3000000)"),
                                  (["a=hidpos", "a=ftdi"], USAGE, "two scanners of the name a"),
                                  (["hidpos"] * 33, REFUSED, "at most 32"),
                                  (["hidpos", "--script", "/nowhere"], REFUSED, "/nowhere"),
                                  (["hidpos", "--attach", "--vhci", "/nowhere"], REFUSED, "modprobe vhci-hcd"),
                                  ([], USAGE, "DEVICE")]:
            with self.subTest(words):
                answer = run_dosario("sim", *words)
                self.assertIn(said, answer.err)
                if code is not None:
                    self.assertEqual(answer.code, code)
                self.assertNotEqual(answer.code, DONE)

    def test_attaching_writes_what_the_kernel_wants_and_detaches_at_the_end(self):
        with tempfile.TemporaryDirectory() as folder:
            vhci = pathlib.Path(folder)
            (vhci / "status").write_text("hub port sta spd dev      sockfd local_busid\n"
                                         "hs  0000 006 002 00010001 000003 1-1\n"
                                         "hs  0001 004 000 00000000 000000 0-0\n"
                                         "ss  0008 004 000 00000000 000000 0-0\n")
            (vhci / "attach").touch()
            (vhci / "detach").touch()
            sim = Sim("--attach", "--vhci", folder, "hidpos")
            self.assertEqual(sim.greeting, "attached hidpos port=1")
            # Where the kernel would hold the other end, here nobody does: the connection ends, and nothing else.
            self.assertRegex((vhci / "attach").read_text(), r"^1 \d+ 65537 2$")
            wait_until(lambda: sim.tell("list") == "ok hidpos 1-1 05e0:2100 free", "the scanner is free")
            self.assertEqual((sim.tell("unplug hidpos"), sim.tell("plug hidpos")), ("ok", "ok port=1"))
            (vhci / "status").write_text("hub port sta spd dev      sockfd local_busid\n")
            self.assertEqual(sim.tell("unplug hidpos"), "ok")
            self.assertIn("all ports", sim.tell("plug hidpos"))
            (vhci / "status").write_text("hub port sta spd dev      sockfd local_busid\nhs  0002 004 000 00000000 000000 0-0\n")
            self.assertEqual(sim.tell("plug hidpos"), "ok port=2")
            self.assertEqual(sim.end(), DONE)
            self.assertEqual((vhci / "detach").read_text(), "2")
            (vhci / "script").write_text("unplug hidpos\nplug hidpos\n" * 20)
            answer = run_dosario("sim", "--attach", "--vhci", folder, "--script", vhci / "script", "hidpos")
            self.assertEqual(answer.out.splitlines(), ["attached hidpos port=2"] + ["ok", "ok port=2"] * 20)
            (vhci / "status").write_text("hub port sta spd dev      sockfd local_busid\nhs  0000 006 002 00010001 000003 1-1\n")
            self.assertIn("all ports", run_dosario("sim", "--attach", "--vhci", folder, "hidpos").err)


main_guard(__name__)
