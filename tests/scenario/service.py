# SPDX-License-Identifier: Apache-2.0
"""Daemon and collector as services: what they tell the service manager and the journal, and what they let nobody see. The manager, the
journal and the hanging disk are pretended; the programs are the real ones."""
import grp
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

from centre import CentreTest
from pharmacy import ANA, BIN, DONE, NO_DAEMON, PATIENCE_S, ROOT, PharmacyTest, main_guard, missing, run_dosario, unshare_or_skip, wait_until

STALLED_DISK = os.environ.get("DOSARIO_STALLED_DISK")
NOBODY = 65534
WATCHDOG_S = 0.3                     # asked for in tests; the unit's is in minutes
SILENCE_S = 2 * WATCHDOG_S


class Mailbox:
    """A datagram socket that somebody of the system would listen on."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))

    def next(self, patience_s=PATIENCE_S):
        """The next datagram, None when none comes in that time."""
        self.socket.settimeout(patience_s)
        try:
            return self.socket.recv(1 << 16)
        except TimeoutError:
            return None

    def close(self):
        self.socket.close()


class Service(PharmacyTest):
    running = False

    def setUp(self):
        super().setUp()
        self.manager = Mailbox(self.pharmacy.home / "notify.sock")
        self.addCleanup(self.manager.close)
        self.stall = self.pharmacy.home / "stall"

    def environment(self, **more):
        known = {"NOTIFY_SOCKET": self.manager.path, **more}
        return ["env", *[f"{name}={value}" for name, value in known.items()]]

    def begin(self, **more):
        """Starts the daemon and does not wait."""
        with open(self.pharmacy.log_file, "ab") as log:
            self.pharmacy.child = subprocess.Popen([*self.environment(**more), *self.pharmacy.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def watched(self, **more):
        self.begin(WATCHDOG_USEC=int(WATCHDOG_S * 1e6), **more)

    def told(self):
        message = self.manager.next()
        self.assertIsNotNone(message, self.pharmacy.log_text)
        return message.decode().splitlines()

    def tearDown(self):
        pass                         # each test stops its daemon, and looks

    def test_ready_is_said_once_when_the_counter_answers(self):
        self.begin()
        self.assertEqual(self.told(), ["READY=1", "STATUS=serving station prueba"])
        self.assertEqual(self.pharmacy.call("/v1/status")[0], 200)
        self.assertEqual(self.pharmacy.scan(ANA)["what"], "operator_changed")
        self.pharmacy.child.send_signal(signal.SIGTERM)
        self.assertEqual(self.told()[0], "STOPPING=1")
        self.pharmacy.stop()
        self.assertIsNone(self.manager.next(0.01))

    def test_the_counter_finds_the_daemon_in_the_folder_that_systemd_made(self):
        folder = self.pharmacy.home / "run"
        folder.mkdir()
        self.begin(RUNTIME_DIRECTORY=folder)
        self.told()
        self.assertEqual(run_dosario("--socket", folder / "dosario.sock", "status").code, DONE)
        self.pharmacy.stop()

    def test_ready_is_never_said_by_a_daemon_that_cannot_start(self):
        self.pharmacy.start()
        done = subprocess.run([*self.environment(), *self.pharmacy.command], capture_output=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIsNone(self.manager.next(0.01))
        self.pharmacy.stop()

    def test_without_watchdog_nothing_more_is_said(self):
        self.begin()
        self.told()
        self.assertIsNone(self.manager.next(SILENCE_S))
        self.pharmacy.stop()

    def test_the_watchdog_is_fed_while_the_counter_works_and_while_it_rests(self):
        self.watched()
        self.assertEqual(self.told()[0], "READY=1")
        for _ in range(5):
            self.assertEqual(self.told(), ["WATCHDOG=1"])
            self.pharmacy.scan(ANA)
        for _ in range(5):
            self.assertEqual(self.told(), ["WATCHDOG=1"])
        self.pharmacy.child.send_signal(signal.SIGTERM)
        last = self.told()
        while last == ["WATCHDOG=1"]:
            last = self.told()
        self.assertEqual(last, ["STOPPING=1", "STATUS=stopping"])
        self.pharmacy.stop()

    def test_a_ledger_thread_that_hangs_on_the_disk_starves_the_watchdog_though_the_main_thread_lives(self):
        if not STALLED_DISK:
            missing(self, "the library that pretends a hanging disk")
        self.watched(LD_PRELOAD=STALLED_DISK, DOSARIO_STALL=self.stall)
        self.assertEqual(self.told()[0], "READY=1")
        self.stall.touch()
        answers = []
        scan = threading.Thread(target=lambda: answers.append(self.pharmacy.scan(ANA)))
        scan.start()
        deadline = time.monotonic() + PATIENCE_S
        while self.manager.next(SILENCE_S) is not None:
            self.assertLess(time.monotonic(), deadline, "the watchdog was fed while the ledger thread hung")
        self.assertEqual(self.pharmacy.call("/v1/readers")[0], 200)
        self.assertEqual(answers, [])
        self.stall.unlink()
        self.assertEqual(self.told(), ["WATCHDOG=1"])
        scan.join(PATIENCE_S)
        self.assertEqual(answers[0]["what"], "operator_changed")
        self.pharmacy.stop()


class CollectorService(CentreTest):
    running = False

    def setUp(self):
        super().setUp()
        self.manager = Mailbox(self.centre.home / "notify.sock")
        self.addCleanup(self.manager.close)
        self.stall = self.centre.home / "stall"

    def begin(self, program=BIN / "dosario-collector", identity=None, **more):
        """Starts the collector and does not wait."""
        known = {**os.environ, "NOTIFY_SOCKET": str(self.manager.path), **{name: str(value) for name, value in more.items()}}
        with open(self.centre.log_file, "ab") as log:
            self.centre.child = subprocess.Popen([str(program), *self.centre.command[1:]], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=known,
                                                 **(identity or {}))

    def told(self):
        message = self.manager.next()
        self.assertIsNotNone(message, self.centre.log_text)
        return message.decode().splitlines()

    def tearDown(self):
        pass                         # each test stops its collector, and looks

    def test_ready_is_said_once_when_stations_may_come(self):
        self.begin()
        ready, status = self.told()
        self.assertEqual(ready, "READY=1")
        self.centre.port = int(re.fullmatch(r"STATUS=receiving on port (\d+)", status)[1])
        self.assertEqual(self.station(entries=3).deliver(), 3)
        self.centre.child.send_signal(signal.SIGTERM)
        self.assertEqual(self.told()[0], "STOPPING=1")
        self.centre.stop()
        self.assertIsNone(self.manager.next(0.01))

    def test_people_find_the_collector_in_the_folder_that_systemd_made(self):
        folder = self.centre.home / "run"
        folder.mkdir()
        self.centre.config.write_text('[listen]\naddress = "127.0.0.1"\nport = 0\n', encoding="utf-8")
        self.begin(RUNTIME_DIRECTORY=folder)
        self.told()
        self.assertEqual(self.centre.run("--socket", folder / "collector.sock", "status").code, DONE)
        self.centre.stop()

    def test_ready_is_never_said_without_certificates(self):
        shutil.rmtree(self.centre.data / "pki")
        self.begin()
        self.assertEqual(self.centre.child.wait(PATIENCE_S), 1)
        self.assertIn("pki init", self.centre.log_text)
        self.assertIsNone(self.manager.next(0.01))

    def test_a_store_thread_that_hangs_on_the_disk_starves_the_watchdog_though_the_main_thread_lives(self):
        if not STALLED_DISK:
            missing(self, "the library that pretends a hanging disk")
        self.begin(WATCHDOG_USEC=int(WATCHDOG_S * 1e6), LD_PRELOAD=STALLED_DISK, DOSARIO_STALL=self.stall)
        self.assertEqual(self.told()[0], "READY=1")
        for _ in range(5):
            self.assertEqual(self.told(), ["WATCHDOG=1"])
        self.stall.touch()
        answers = []
        long_work = threading.Thread(target=lambda: answers.append(self.centre.call("/v1/rebuild")[0]))
        long_work.start()
        deadline = time.monotonic() + PATIENCE_S
        while self.manager.next(SILENCE_S) is not None:
            self.assertLess(time.monotonic(), deadline, "the watchdog was fed while the store's thread hung")
        self.assertEqual(self.centre.call("/v1/no_such_call")[0], 404)
        self.assertEqual(answers, [])
        self.stall.unlink()
        self.assertEqual(self.told(), ["WATCHDOG=1"])
        long_work.join(PATIENCE_S)
        self.assertEqual(answers, [200])
        self.centre.stop()

    def test_nobody_of_the_same_user_looks_into_the_collector(self):
        program, identity = BIN / "dosario-collector", {}
        if os.getuid() == 0:        # whose files always belong to root
            program = pathlib.Path(shutil.copy(program, self.centre.home))
            identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            for path in [self.centre.home, *self.centre.home.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)
        self.begin(program, identity)
        self.told()
        own = pathlib.Path("/proc") / str(self.centre.child.pid)
        self.assertEqual((own / "mem").stat().st_uid, 0)
        self.assertRegex((own / "limits").read_text(), r"Max core file size +0 +0 ")
        self.assertIn("NoNewPrivs:\t1\n", (own / "status").read_text())
        self.centre.stop()


def journal_entry(datagram):
    """The journal's native protocol: NAME=value lines, or NAME, a length and the value."""
    entry = {}
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = struct.unpack("<Q", rest[:8])[0]
            value, rest = rest[8:8 + size], rest[8 + size + 1:]
        entry[name.decode()] = value.decode("utf-8")
        datagram = rest
    return entry


class Journal(PharmacyTest):
    running = False

    def tearDown(self):
        pass

    def test_entries_have_stable_names_when_standard_error_leads_to_the_journal(self):
        private = unshare_or_skip(self)
        journal = Mailbox(self.pharmacy.home / "journal.sock")
        self.addCleanup(journal.close)
        mount = f"mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && ln -s '{journal.path}' /run/systemd/journal/socket"
        log = self.pharmacy.log_file.stat()
        command = private(mount, ["env", f"JOURNAL_STREAM={log.st_dev}:{log.st_ino}", *self.pharmacy.command])
        with open(self.pharmacy.log_file, "ab") as stream:
            self.pharmacy.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
        opened, ready = [journal_entry(journal.next() or b"") for _ in range(2)]
        self.assertEqual(opened["DOSARIO_EVENT"], "ledger_open")
        self.assertRegex(opened["DOSARIO_LEDGER"], "^[0-9a-f]{32}$")
        self.assertEqual(ready, {"MESSAGE": f'ready station="prueba" socket="{self.pharmacy.socket}"', "PRIORITY": "6", "SYSLOG_IDENTIFIER": "dosariod",
                                 "DOSARIO_EVENT": "ready", "DOSARIO_STATION": "prueba", "DOSARIO_SOCKET": str(self.pharmacy.socket)})
        self.pharmacy.child.terminate()
        self.assertEqual(self.pharmacy.child.wait(PATIENCE_S), 0)
        self.assertEqual(journal_entry(journal.next() or b"")["DOSARIO_EVENT"], "stopped")
        self.assertEqual(self.pharmacy.log_text, "")

    def test_a_stream_that_only_inherited_the_name_of_the_journal_gets_lines(self):
        self.pharmacy.start(["env", "JOURNAL_STREAM=1:2", *self.pharmacy.command])
        self.pharmacy.stop()

    def test_docs_journal_lists_what_is_logged(self):
        logged = {}
        for source in sorted([*ROOT.glob("daemon/**/*.cpp"), *ROOT.glob("collector/**/*.cpp")]):
            calls = re.findall(r'\blog\(([^";]*Level::[^";]*),\s*"(\w+)"(.*?)\);', source.read_text(encoding="utf-8"), re.DOTALL)
            for levels, event, fields in calls:
                for level in re.findall(r"Level::(\w+)", levels):
                    logged.setdefault(event, set()).add((level, *sorted(re.findall(r'\{\s*"(\w+)",', fields))))
        self.assertGreater(len(logged), 10)
        page = (ROOT / "docs" / "journal.md").read_text(encoding="utf-8")
        listed = {}
        for event, levels, fields in re.findall(r"^\| `(\w+)` \| ((?:info|warning|error|, )+) \|([^|]*)\|", page, re.MULTILINE):
            for level in levels.split(", "):
                listed.setdefault(event, set()).add((level, *sorted(name.lower() for name in re.findall(r"`DOSARIO_(\w+)`", fields))))
        self.assertEqual(listed, logged)


class Walls(PharmacyTest):
    """What the process gives up by itself, without a unit."""
    running = False

    def tearDown(self):
        pass

    def may_read(self, path):
        """Whether another process of the daemon's user may."""
        return subprocess.run(["head", "-c", "1", str(path)], capture_output=True, check=False, **self.identity).returncode == 0

    def test_nobody_of_the_same_user_looks_into_the_daemon(self):
        home = self.pharmacy.home
        program = home / "dosariod"          # where the other user can reach it
        shutil.copy(BIN / "dosariod", program)
        self.identity = {}
        if os.getuid() == 0:
            self.identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            for path in [home, *home.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)
        command = [str(program), *self.pharmacy.command[1:]]
        bystander = subprocess.Popen(["sleep", "600"], **self.identity)
        self.addCleanup(bystander.wait)
        self.addCleanup(bystander.kill)
        with open(self.pharmacy.log_file, "ab") as log:
            self.pharmacy.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.identity)
        wait_until(lambda: "info ready " in self.pharmacy.log_text, self.pharmacy.log_text)
        own = pathlib.Path("/proc") / str(self.pharmacy.child.pid)
        self.assertEqual((own / "mem").stat().st_uid, 0)
        wait_until(lambda: self.may_read(f"/proc/{bystander.pid}/environ"), "a process that did nothing about it can be looked into")
        self.assertFalse(self.may_read(own / "environ"))
        self.assertFalse(self.may_read(own / "mem"))
        self.assertRegex((own / "limits").read_text(), r"Max core file size +0 +0 ")
        self.assertIn("NoNewPrivs:\t1\n", (own / "status").read_text())
        self.pharmacy.stop()


class Door(PharmacyTest):
    """Who gets in by the socket. The kernel says which groups a visitor has; its user's number says nothing."""
    running = False

    def tearDown(self):
        pass

    def visit(self, groups):
        """The exit code and the words of a `dosario status` by somebody who is in these groups and no others."""
        done = subprocess.run([str(self.program), "--socket", str(self.pharmacy.socket), "status"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              user=NOBODY, group=NOBODY, extra_groups=groups, timeout=PATIENCE_S, check=False, cwd="/")
        return done.returncode, done.stdout + done.stderr

    def test_members_of_the_group_come_in_and_others_do_not_even_with_an_open_socket(self):
        if os.getuid() != 0:
            missing(self, "root, to be several people")
        self.program = self.pharmacy.home / "dosario"        # where everybody can reach it
        shutil.copy(BIN / "dosario", self.program)
        group = next(one for one in grp.getgrall() if one.gr_gid not in (0, NOBODY))
        self.pharmacy.configure(api=f'group = "{group.gr_name}"')
        for path in (self.pharmacy.home, self.pharmacy.data):
            path.chmod(0o755)
        self.pharmacy.start()
        self.assertEqual(self.visit([group.gr_gid])[0], DONE)
        self.assertEqual(self.visit([*range(2000, 2200), group.gr_gid])[0], DONE)
        code, said = self.visit([])
        self.assertEqual(code, NO_DAEMON)
        self.assertIn("Permission denied", said)
        self.pharmacy.socket.chmod(0o666)
        self.assertEqual(self.visit([])[0], NO_DAEMON)
        self.pharmacy.stop()


main_guard(__name__)
