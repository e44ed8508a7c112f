# SPDX-License-Identifier: Apache-2.0
"""`dosario doctor` at a real daemon and without one: what is wrong is found, named and given a remedy, in three languages."""
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from pharmacy import (ANA, BIN, DONE, IBUPROFEN, IN_TWO_YEARS, NO_DAEMON, REFUSED, ROOT, USAGE, Pharmacy, PharmacyTest, element_string, main_guard,
                      missing, run_dosario, unshare_or_skip)

BUILD = pathlib.Path(os.environ.get("DOSARIO_BUILD") or ROOT / "build" / "release")
RULES = (BUILD / "udev" / "70-dosario.rules").read_text(encoding="utf-8")
KEYBOARD = bytes.fromhex("05010906a101050719e029e71500250175019508810295017508810195057501050819012905910295017503910195067508150025650507"
                         "190029658100c0")
CARD = "00123456789@ECHEVARRIETA@LUDOVICA MARTINA@F@28123456@A@31/12/1980@01/01/2015"
TRACES = ("ECHEVARRIETA", "LUDOVICA", "28123456", "28.123.456")


class Computer:
    """A tree of files that stands for a computer, for --root."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="dosario-computer-"))
        self.put("/proc/meminfo", "MemTotal: 4000000 kB\nMemAvailable: 2000000 kB\n")
        self.put("/usr/lib/udev/rules.d/70-dosario.rules", RULES)
        (self.root / "sys/bus/usb/devices").mkdir(parents=True)

    def put(self, path, content):
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def plug(self, name, vid, pid, devnum, authorized="1"):
        at = f"/sys/bus/usb/devices/{name}"
        for key, value in {"idVendor": vid, "idProduct": pid, "busnum": "1", "devnum": str(devnum), "product": "Symbol", "authorized": authorized,
                           f"{name}:1.0/bInterfaceNumber": "00", f"{name}:1.0/bInterfaceClass": "03", f"{name}:1.0/bInterfaceSubClass": "01",
                           f"{name}:1.0/bInterfaceProtocol": "01"}.items():
            self.put(f"{at}/{key}", value + "\n")
        self.put(f"{at}/{name}:1.0/0003:05E0:1200.0001/report_descriptor", KEYBOARD)
        self.put(f"/dev/bus/usb/001/{devnum:03}", "")

    def open_by(self, pid, program, node):
        self.put(f"/proc/{pid}/comm", program + "\n")
        folder = self.root / f"proc/{pid}/fd"
        folder.mkdir()
        (folder / "7").symlink_to(node)


class Doctor(PharmacyTest):
    def setUp(self):
        super().setUp()
        self.computer = Computer()
        self.addCleanup(shutil.rmtree, self.computer.root)

    def examine(self, *words, code=None):
        answer = self.pharmacy.ask("doctor", "--root", self.computer.root, *words)
        if code is not None:
            self.assertEqual(answer.code, code, answer)
        return answer.reply

    def check(self, name, *words, verdict=None):
        """One check; with its verdict and code as `fails missing`."""
        found = {one["id"]: one for one in self.examine(*words)["checks"]}[name]
        if verdict is not None:
            self.assertEqual(f"{found['verdict']} {found['code']}", verdict, found)
        return found

    def files(self):
        return sorted(path.name for path in self.pharmacy.data.iterdir())


class Healthy(Doctor):
    def test_a_healthy_station_has_no_failure_and_every_check_is_in_the_page(self):
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR", "]d2" + element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1"))
        entries, files = len(self.pharmacy.log()), self.files()
        report = self.examine(code=DONE)
        self.assertEqual((report["ok"], report["daemon"]), (True, True))
        self.assertEqual({one["verdict"] for one in report["checks"]} - {"ok", "warning"}, set(), report)
        for one in report["checks"]:
            self.assertEqual(sorted(one), ["code", "fix", "found", "id", "title", "verdict"])
            self.assertEqual(one["fix"] == "", one["verdict"] == "ok", one)
            self.assertNotRegex(one["found"] + one["fix"], r"[{}]")
        page = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"^\| `([a-z_]+)` \|", page, re.M)[:len(report["checks"])], [one["id"] for one in report["checks"]])
        self.assertEqual((len(self.pharmacy.log()), self.files()), (entries, files))           # it looks, and leaves nothing

    def test_codes_that_can_be_met_are_in_the_page(self):
        page = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
        for one in self.examine()["checks"]:
            self.assertIn(f"`{one['code']}`", page)

    def test_it_speaks_the_stations_language_or_the_one_that_is_wished(self):
        texts = {}
        for language in ("es", "en", "pt"):
            texts[language] = self.pharmacy.dosario("doctor", "--root", self.computer.root, "--language", language).out
        self.assertEqual(len(set(texts.values())), 3)
        self.assertIn("[bien] Servicio: Responde en", texts["es"])
        self.assertIn("[ok] Daemon: It answers at", texts["en"])
        self.assertIn("[bem] Serviço: Responde em", texts["pt"])
        plain = self.pharmacy.dosario("doctor", "--root", self.computer.root).out
        self.assertEqual(re.sub(r"\d", "", plain), re.sub(r"\d", "", texts["es"]))
        self.assertEqual(self.pharmacy.dosario("doctor", "--language", "fr").code, USAGE)
        self.pharmacy.stop()
        self.pharmacy.configure(language="pt")
        self.pharmacy.start()
        self.assertIn("[bem] Serviço", self.pharmacy.dosario("doctor", "--root", self.computer.root).out)

    def test_nothing_of_persons_or_secrets_is_told(self):
        pack = "]d2" + element_string(IBUPROFEN, IN_TWO_YEARS, "L1", "S1")
        self.pharmacy.scan(ANA, "DOSARIO.RECIBIR", pack, "DOSARIO.ENTREGAR")
        self.expect(self.pharmacy.call_scan(CARD)[1], "work_opened", ok=True)
        self.expect(self.pharmacy.scan(pack), "dispensed", ok=True)
        keys = self.pharmacy.data / "site-keys"
        self.assertTrue(keys.exists(), self.files())
        said = self.pharmacy.dosario("doctor", "--root", self.computer.root).out + json.dumps(self.examine())
        self.assertEqual(self.check("persons_key")["code"], "there")
        for secret in (*TRACES, "S1", "ANA00001", *re.findall(r"[0-9a-f]{64}", keys.read_text(encoding="ascii"))):
            self.assertNotIn(secret, said)
        status, told = self.pharmacy.call("/v1/doctor")
        self.assertEqual(status, 200)
        for secret in (*TRACES, "S1", "ANA00001"):
            self.assertNotIn(secret, json.dumps(told))

    def test_durable_writes_are_timed_while_the_counter_works_on(self):
        status, told = self.pharmacy.call("/v1/doctor")
        self.assertEqual((status, len(told["sync_us"]), told["folder_writable"]), (200, 9, True))
        self.assertTrue(all(us >= 0 for us in told["sync_us"]))
        self.assertEqual(told["pid"], self.pharmacy.child.pid)
        self.assertEqual((told["language"], told["group"], told["config"]), ("es", "dosario", str(self.pharmacy.config)))
        self.assertEqual(self.check("disk_speed")["verdict"], "ok")

    def test_the_clock_is_as_the_kernel_says(self):
        class Timex(ctypes.Structure):
            _fields_ = [("modes", ctypes.c_uint), ("pad", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long),
                        ("maxerror", ctypes.c_long), ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_byte * 256)]
        asked = Timex()
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(asked))
        synchronised = state != 5 and not asked.status & 0x40                                   # TIME_ERROR, STA_UNSYNC
        self.check("clock_sync", verdict="ok synchronised" if synchronised else "warning not_synchronised")


class Ill(Doctor):
    def test_each_thing_that_is_spoilt_is_found(self):
        self.computer.plug("1-1", "05e0", "1200", 4)
        self.check("usbguard", verdict="ok none")
        self.computer.put("/sys/bus/usb/devices/1-1/authorized", "0\n")
        blocked = self.check("usbguard", verdict="fails blocked")
        self.assertIn("05e0:1200", blocked["found"])
        self.assertIn("usbguard allow-device", blocked["fix"])
        self.computer.open_by(4711, "brltty", "/dev/bus/usb/001/004")
        held = self.check("reader_busy", verdict="fails held")
        self.assertIn("brltty (4711)", held["found"])
        (self.computer.root / "dev/bus/usb/001/004").unlink()
        self.check("reader_node", verdict="fails no_node")
        self.computer.plug("1-2", "05e0", "1300", 5)                                            # IBM hand-held
        self.assertIn("05e0:1300", self.check("readers", verdict="warning not_driven")["found"])
        rules = "/usr/lib/udev/rules.d/70-dosario.rules"
        self.check("udev_rule", verdict="ok same")
        self.computer.put(rules, RULES + "# older\n")
        self.check("udev_rule", verdict="warning other_version")
        (self.computer.root / rules.lstrip("/")).unlink()
        self.check("udev_rule", verdict="fails missing")
        self.computer.put("/proc/meminfo", "MemTotal: 400000 kB\nMemAvailable: 50000 kB\n")
        self.check("memory", verdict="fails little")
        (self.computer.root / "run/systemd/system").mkdir(parents=True)
        self.check("unit", verdict="warning not_installed")
        self.computer.put("/usr/lib/systemd/system/dosariod.service", "[Unit]\n")
        self.check("unit", verdict="warning by_hand")
        shutil.rmtree(self.computer.root / "sys")
        self.check("usb", verdict="warning off")                                                # the configuration of this test
        self.examine(code=REFUSED)

    def test_a_mistake_in_the_configuration_is_told_with_its_line(self):
        self.check("config", verdict="ok good")
        self.pharmacy.config.write_text(self.pharmacy.config.read_text(encoding="utf-8") + "\n[backup]\nkeep = 0\nhuor = 3\n", encoding="utf-8")
        wrong = self.check("config", verdict="fails problems")
        self.assertRegex(wrong["found"], r"dosario\.toml:\d+:\d+: ")
        told = self.pharmacy.run_and_end("--config", str(self.pharmacy.config), "--check-config")[1]
        self.assertIn(told.splitlines()[0], wrong["found"])

    def test_backups_and_the_collector_that_are_configured_and_do_not_work(self):
        self.check("backup", verdict="warning not_configured")
        self.check("certificate", verdict="ok none_needed")
        self.pharmacy.stop()
        stick = self.pharmacy.home / "stick"
        self.pharmacy.configure(more=f'[backup]\ndirectories = ["{stick}"]\nsame_disk = true\n[collector]\naddress = "127.0.0.1:9"\n')
        self.pharmacy.start()
        self.assertIn("backup setup", self.check("backup", verdict="fails no_key")["fix"])
        self.pharmacy.dosario("backup", "setup")
        self.pharmacy.ask("backup", "now")
        failed = self.check("backup", verdict="fails never")
        self.assertIn(str(stick), failed["found"])
        self.check("collector", verdict="warning not_connected")
        self.assertIn("station.pem", self.check("certificate", verdict="fails unreadable")["found"])
        self.examine(code=REFUSED)

    def test_a_station_with_a_backup_of_today_is_fine(self):
        self.pharmacy.stop()
        stick = self.pharmacy.home / "stick"
        stick.mkdir()
        self.pharmacy.configure(more=f'[backup]\ndirectories = ["{stick}"]\nsame_disk = true\n')
        self.pharmacy.dosario("backup", "setup")
        self.pharmacy.start()
        self.assertEqual(self.pharmacy.ask("backup", "now").code, DONE)
        self.check("backup", verdict="ok good")
        self.pharmacy.stop()
        down = self.check("backup", "--config", self.pharmacy.config, verdict="ok good")        # by the names in the folder
        self.assertIn(str(stick), down["found"])


    def test_a_daemon_that_hangs_is_told_and_holds_nothing_up(self):
        os.kill(self.pharmacy.child.pid, signal.SIGSTOP)
        try:
            report = self.examine("--config", self.pharmacy.config, code=NO_DAEMON)
        finally:
            os.kill(self.pharmacy.child.pid, signal.SIGCONT)
        checks = {one["id"]: f"{one['verdict']} {one['code']}" for one in report["checks"]}
        self.assertEqual((checks["daemon"], checks["config"], checks["udev_rule"]), ("fails hung", "ok good", "ok same"))
        self.check("daemon", verdict="ok answers")


class Down(Doctor):
    running = False

    def test_without_a_daemon_every_check_is_made_and_the_exit_code_is_3(self):
        report = self.examine("--config", self.pharmacy.config, code=NO_DAEMON)
        self.assertEqual((report["ok"], report["daemon"], len(report["checks"])), (False, False, 26))
        checks = {one["id"]: f"{one['verdict']} {one['code']}" for one in report["checks"]}
        self.assertEqual(checks["daemon"], "fails down")
        self.assertEqual(checks["version"], "unknown no_daemon")
        self.assertEqual(checks["config"], "ok good")
        self.assertEqual(checks["folder"], "ok writable")
        self.assertEqual(checks["disk_speed"], "ok quick")
        self.assertEqual(checks["ledger"], "ok no_mark")
        self.assertEqual(checks["verification"], "unknown no_daemon")
        self.assertEqual(checks["collector"], "ok alone")
        self.assertEqual(self.files(), [])
        text = self.pharmacy.dosario("doctor", "--root", self.computer.root, "--config", self.pharmacy.config)
        self.assertEqual(text.code, NO_DAEMON)
        self.assertEqual(len(re.findall(r"^\[", text.out, re.M)), 26)
        self.assertIn("[FALLA] Servicio: No responde en", text.out)
        self.assertIn("      -> systemctl start dosariod", text.out)

    def test_a_folder_that_is_not_there_and_a_configuration_that_is_not_there(self):
        answer = run_dosario("--json", "--data", self.pharmacy.home / "nowhere", "doctor", "--root", self.computer.root)
        self.assertEqual(answer.code, NO_DAEMON)
        checks = {one["id"]: f"{one['verdict']} {one['code']}" for one in answer.reply["checks"]}
        self.assertEqual((checks["folder"], checks["disk_free"], checks["config"]), ("fails missing", "unknown missing", "fails missing"))

    def test_a_daemon_that_ended_leaves_a_socket_that_says_nothing(self):
        self.pharmacy.start()
        self.pharmacy.kill()
        self.assertTrue(self.pharmacy.socket.exists())
        self.check("daemon", verdict="fails down")

    def test_this_computer_as_it_is_can_be_examined(self):
        answer = self.pharmacy.ask("doctor")
        self.assertEqual((answer.code, len(answer.reply["checks"])), (NO_DAEMON, 26))


class Stranger(Doctor):
    def test_who_may_not_use_the_socket_is_told_so_and_all_that_can_be_seen(self):
        if os.geteuid() != 0:
            missing(self, "root, to become somebody else")
        self.pharmacy.home.chmod(0o755)
        self.pharmacy.data.chmod(0o700)
        self.computer.root.chmod(0o755)
        nobody = 65534
        command = [str(BIN / "dosario"), "--json", "--data", str(self.pharmacy.data), "doctor", "--root", str(self.computer.root), "--config", str(self.pharmacy.config)]
        if subprocess.run([str(BIN / "dosario"), "--version"], user=nobody, group=nobody, extra_groups=[], capture_output=True, check=False).returncode != 0:
            missing(self, "programs that others may run")
        done = subprocess.run(command, user=nobody, group=nobody, extra_groups=[], capture_output=True, check=False)
        self.assertEqual(done.returncode, NO_DAEMON, done.stderr)
        checks = {one["id"]: f"{one['verdict']} {one['code']}" for one in json.loads(done.stdout)["checks"]}
        self.assertEqual(checks["daemon"], "unknown refused")
        self.assertIn(checks["group"], ("fails not_member", "fails no_group"))
        for hidden in ("folder", "ledger", "persons_key"):
            self.assertEqual(checks[hidden], "unknown not_permitted")
        self.assertEqual((checks["udev_rule"], checks["memory"]), ("ok same", "ok enough"))


class FullDisk(Doctor):
    running = False

    def test_a_full_disk_is_found_by_the_daemon_that_writes_there(self):
        private = unshare_or_skip(self)
        counter = self.pharmacy.home / "counter.sock"
        self.pharmacy.configure(api=f'socket = "{counter}"', least_free=64)
        self.pharmacy.start(private(f"mount -t tmpfs -o size=24m tmpfs '{self.pharmacy.data}'", self.pharmacy.command))
        answer = run_dosario("--json", "--socket", counter, "doctor", "--root", self.computer.root)
        self.assertEqual(answer.code, REFUSED)
        checks = {one["id"]: f"{one['verdict']} {one['code']}" for one in answer.reply["checks"]}
        self.assertEqual((checks["disk_free"], checks["filesystem"], checks["daemon"]), ("fails full", "warning memory", "ok answers"))
        fill = pathlib.Path(f"/proc/{self.pharmacy.child.pid}/root{self.pharmacy.data}/fill")
        with open(fill, "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096) == 4096:
                    pass
            except OSError:
                pass
        answer = run_dosario("--json", "--socket", counter, "doctor", "--root", self.computer.root)
        checks = {one["id"]: f"{one['verdict']} {one['code']}" for one in answer.reply["checks"]}
        self.assertEqual((answer.code, checks["disk_speed"]), (REFUSED, "fails failed"))

    def tearDown(self):
        if self.pharmacy.child is not None:
            self.pharmacy.stop()                                                                # the ledger goes with its memory disk


main_guard(__name__)
