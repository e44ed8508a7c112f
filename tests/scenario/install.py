# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` leaves on a machine, in a folder that stands for its root: units, users, first configuration, udev rules.
systemd's own tools judge it."""
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from pharmacy import BIN, PATIENCE_S, ROOT, main_guard, missing, unshare_or_skip

BUILD = pathlib.Path(os.environ.get("DOSARIO_BUILD") or BIN.parent).resolve()
UNITS = {"dosariod.service": 1.6, "dosario-collector.service": 1.3}          # the most exposure that each may have
USERS = {"dosariod.service": "dosario", "dosario-collector.service": "dosario-collector"}
# Packages of libraries that are on every Debian, or come with a sanitizer.
EVERYWHERE = ("libc6", "lib32", "libstdc++6", "libgcc-s1", "libasan", "libubsan", "libtsan")
TARGETS = ["basic", "multi-user", "network", "network-online", "shutdown", "sysinit"]


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="dosario-root-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        subprocess.run(["cmake", "--install", str(BUILD), "--prefix", "/usr"], env={**os.environ, "DESTDIR": str(cls.root)}, check=True, capture_output=True,
                       timeout=10 * PATIENCE_S)
        cls.installed = {"/" + str(path.relative_to(cls.root)) for path in cls.root.rglob("*") if path.is_file()}

    def run_tool(self, *words, code=0):
        if not shutil.which(words[0]):
            missing(self, words[0])
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False, stdin=subprocess.DEVNULL,
                              env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": "", "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.returncode, code, done)
        return done.stdout + done.stderr

    def unit(self, name):
        """What a unit says, as (section, key): values in order."""
        said, section = {}, ""
        for line in (self.root / "usr/lib/systemd/system" / name).read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("#"):
                key, _, value = line.partition("=")
                said.setdefault((section, key), []).append(value)
        return said

    def test_each_file_is_where_its_reader_looks(self):
        for path in ("/usr/sbin/dosariod", "/usr/sbin/dosario-collector", "/usr/bin/dosario", "/usr/lib/systemd/system/dosariod.service",
                     "/usr/lib/systemd/system/dosario-collector.service", "/usr/lib/sysusers.d/dosario.conf", "/usr/lib/sysusers.d/dosario-collector.conf",
                     "/usr/lib/tmpfiles.d/dosario.conf", "/usr/lib/tmpfiles.d/dosario-collector.conf", "/usr/lib/udev/rules.d/70-dosario.rules",
                     "/usr/share/dosario/dosario.toml", "/usr/share/dosario/collector.toml", "/usr/share/doc/dosario/install.md"):
            self.assertIn(path, self.installed)
        for unit in UNITS:
            self.assertIn(self.unit(unit)["Service", "ExecStart"][0].split()[0], self.installed)

    def test_a_page_that_another_page_names_is_installed_with_it(self):
        pages = [path for path in self.installed if path.endswith(".md")]
        self.assertGreater(len(pages), 15)
        for path in pages:
            for link in re.findall(r"\]\(([^)#:]+\.md)[)#]", (self.root / path[1:]).read_text(encoding="utf-8")):
                target = os.path.normpath(os.path.join(os.path.dirname(path), link))
                if target.startswith("/usr/share/doc/dosario/"):            # others are of the sources
                    self.assertIn(target, self.installed, f"{path} names {link}")

    def test_what_the_programs_and_their_files_say_is_written_elsewhere_is_there(self):
        for path in self.installed:
            if path.endswith((".md", ".proto")):    # the messages are sources, and speak of sources
                continue
            said = (self.root / path[1:]).read_bytes().decode("latin-1")
            for page in re.findall(r"[\w/-]{3,}\.md\b", said):
                self.assertIn(f"/usr/share/doc/dosario/{pathlib.Path(page).name}", self.installed, f"{path} names {page}")
                self.assertTrue("/usr/" in page or "/" not in page, f"{path} names {page}, a path of the sources")
            self.assertNotRegex(said, r"\bconfig/\w+\.toml\b", path)
            for example in re.findall(r"the example (\w+\.toml)\b", said):
                self.assertIn(f"/usr/share/dosario/{example}", self.installed)

    def test_the_page_names_each_package_that_a_computer_needs_to_run_the_programs(self):
        needed = set()
        for program in ("usr/sbin/dosariod", "usr/sbin/dosario-collector", "usr/bin/dosario"):
            said = self.run_tool("readelf", "--dynamic", "--wide", str(self.root / program))
            needed |= set(re.findall(r"\(NEEDED\)\s+Shared library: \[(.+)\]", said))
        self.assertIn("libsqlite3.so.0", needed)
        packages = {"tzdata"}                       # no library: the time zones themselves
        for library in needed:
            packages |= set(re.findall(r"(?m)^([^:\s]+)(?::[^:\s]+)?: ", self.run_tool("dpkg", "--search", f"*/{library}")))
        packages = {name for name in packages if not name.startswith(EVERYWHERE)}
        packages.discard("libboost-container1.81.0")  # it comes with libboost-json, and only programs without optimisation ask for it
        page = (self.root / "usr/share/doc/dosario/install.md").read_text(encoding="utf-8")
        named = re.search(r"that only runs Dosario needs of the libraries `([^`]+)`", page)
        self.assertEqual(sorted(named[1].split()), sorted(packages))

    def test_systemd_finds_nothing_to_say_about_the_units(self):
        units = self.root / "usr/lib/systemd/system"
        for name in TARGETS:
            given = next((place / f"{name}.target" for place in (pathlib.Path("/usr/lib/systemd/system"), pathlib.Path("/lib/systemd/system"))
                          if (place / f"{name}.target").exists()), None)
            if given is None:
                missing(self, f"{name}.target of systemd")
            shutil.copy(given, units)
        self.assertEqual(self.run_tool("systemd-analyze", "verify", f"--root={self.root}", *UNITS), "")

    def test_the_exposure_of_each_unit_is_as_small_as_was_promised(self):
        for unit, most in UNITS.items():
            with self.subTest(unit=unit):
                said = self.run_tool("systemd-analyze", "security", "--no-pager", "--offline=true", f"--root={self.root}", unit)
                exposure = re.search(rf"Overall exposure level for {re.escape(unit)}: ([0-9.]+)", said)
                self.assertIsNotNone(exposure, said)
                print(f"{unit}: exposure {exposure[1]}, at most {most}", flush=True)
                self.assertLessEqual(float(exposure[1]), most, said)

    def test_the_daemon_gets_usb_and_no_other_device(self):
        daemon, collector = self.unit("dosariod.service"), self.unit("dosario-collector.service")
        self.assertEqual(daemon["Service", "DeviceAllow"], ["char-usb_device rw"])
        self.assertEqual(daemon["Service", "DevicePolicy"], ["closed"])
        self.assertEqual(collector["Service", "PrivateDevices"], ["yes"])
        for unit in (daemon, collector):
            self.assertEqual(unit["Service", "Type"], ["notify"])
            self.assertEqual(unit["Service", "LimitCORE"], ["0"])
            self.assertEqual(unit["Service", "RestartPreventExitStatus"], ["2"])
            self.assertIn(("Service", "WatchdogSec"), unit)
            self.assertEqual((unit["Service", "IPAddressDeny"], unit["Service", "IPAddressAllow"]), (["any"], ["localhost"]))
            self.assertNotIn(("Service", "ProtectClock"), unit)               # it would add the device of the real-time clock
        self.assertNotIn(("Service", "DeviceAllow"), collector)

    def test_a_copy_of_the_ledger_cannot_vanish_into_a_private_tmp(self):
        daemon = self.unit("dosariod.service")
        self.assertEqual(daemon["Service", "InaccessiblePaths"], ["/tmp /var/tmp"])
        self.assertEqual(daemon["Service", "Environment"], ["SQLITE_TMPDIR=/var/lib/dosario"])

    def test_users_folders_and_configurations_fit_the_units(self):
        if os.getuid() != 0:
            missing(self, "root, to make users and their folders")
        (self.root / "etc").mkdir(exist_ok=True)
        self.run_tool("systemd-sysusers", f"--root={self.root}")
        self.run_tool("systemd-tmpfiles", "--create", f"--root={self.root}", "dosario.conf", "dosario-collector.conf")
        people = (self.root / "etc/passwd").read_text(encoding="utf-8")
        for unit, user in USERS.items():
            with self.subTest(unit=unit):
                said = self.unit(unit)
                for key in ("User", "Group", "StateDirectory", "RuntimeDirectory"):
                    self.assertEqual(said["Service", key], [user])
                self.assertRegex(people, rf"(?m)^{user}:x:[1-9]\d*:[1-9]\d*:[^:]*:/var/lib/{user}:/usr/sbin/nologin$")
        number = int(re.search(r"(?m)^dosario-collector:x:(\d+):", people)[1])
        keys = (self.root / "var/lib/dosario-collector").stat()               # where `pki init` works before the first start
        self.assertEqual((keys.st_uid, stat.S_IMODE(keys.st_mode)), (number, 0o700))

        # The daemon has a configuration at once. The collector waits for one, and the example is good.
        words = self.unit("dosariod.service")["Service", "ExecStart"][0].split()
        self.assertEqual(words[1:], ["--config", "/etc/dosario/dosario.toml", "--data", "/var/lib/dosario"])
        self.check_configuration(words[0], "etc/dosario/dosario.toml")
        words = self.unit("dosario-collector.service")["Service", "ExecStart"][0].split()
        self.assertEqual(words[1:], ["--config", "/etc/dosario/collector.toml", "--data", "/var/lib/dosario-collector"])
        self.assertEqual(self.unit("dosario-collector.service")["Unit", "ConditionPathExists"], ["/etc/dosario/collector.toml"])
        self.assertFalse((self.root / "etc/dosario/collector.toml").exists())
        self.check_configuration(words[0], "usr/share/dosario/collector.toml")

        kept = self.root / "etc/dosario/dosario.toml"
        kept.write_text("# of the pharmacy\n", encoding="utf-8")
        self.run_tool("systemd-tmpfiles", "--create", f"--root={self.root}", "dosario.conf")
        self.assertEqual(kept.read_text(encoding="utf-8"), "# of the pharmacy\n")

    def check_configuration(self, program, path):
        configuration = self.root / path
        self.assertEqual(stat.S_IMODE(configuration.stat().st_mode), 0o644)
        self.assertIn("good", self.run_tool(str(self.root / program[1:]), "--config", str(configuration), "--check-config"))

    # --- udev

    def rules(self):
        """The lines of the rules, each as a list of (key, operator, value)."""
        lines = []
        for line in (self.root / "usr/lib/udev/rules.d/70-dosario.rules").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                self.assertRegex(line, r'^[A-Z]+(\{\w+\})?(==|!=|=)"[^"]*"(, [A-Z]+(\{\w+\})?(==|!=|=)"[^"]*")*$')
                lines.append(re.findall(r'([A-Z]+(?:\{\w+\})?)(==|!=|=)"([^"]*)"', line))
        return lines

    def test_udev_rules_name_the_readers_of_the_table_and_no_others(self):
        known = set()
        for source in [*ROOT.glob("drivers/*/*.cpp"), ROOT / "daemon/reader/scanner_makers.hpp", ROOT / "daemon/serial/bridge.hpp"]:
            for rows in re.findall(r"Driver::Known \w+\[\] = \{(.*?)\};", source.read_text(encoding="utf-8"), re.DOTALL):
                known |= {(int(vid, 16), int(pid, 16)) for vid, pid in re.findall(r"\{(0x[0-9A-Fa-f]{4}), (0x[0-9A-Fa-f]{4}|0), ", rows)}
        self.assertGreater(len(known), 20)
        named = set()
        for line in self.rules():
            keys = {key + operator: value for key, operator, value in line}
            if "ATTR{idVendor}==" in keys:
                self.assertRegex(keys["ATTR{idVendor}=="], "^[0-9a-f]{4}$")
                named.add((int(keys["ATTR{idVendor}=="], 16), int(keys.get("ATTR{idProduct}==", "0"), 16)))
                self.assertIn(keys["ENV{DOSARIO_READER}="], {"hid_scanner", "serial_scanner", "ccid", "bridge"})
        self.assertEqual(named, known)

    def test_udev_rules_give_a_node_to_the_daemons_user_alone_and_only_where_a_reader_was_named(self):
        rules = self.rules()
        self.assertEqual({line[0][2] for line in rules if line[0][0] == "LABEL"}, {value for line in rules for key, _, value in line if key == "GOTO"})
        given = [line for line in rules if any(key == "MODE" for key, _, _ in line)]
        self.assertEqual(len(given), 1)
        self.assertEqual([part for part in given[0] if part[1] == "="],
                         [("OWNER", "=", self.unit("dosariod.service")["Service", "User"][0]), ("GROUP", "=", "root"), ("MODE", "=", "0600")])
        gate = rules.index([("ENV{DOSARIO_READER}", "==", ""), ("GOTO", "=", "dosario_end")])
        self.assertGreater(rules.index(given[0]), gate)

    def udev_says(self, vendor, interfaces, product="1200"):
        """What the real udev would do with a device that is plugged in: its log, and then the properties."""
        for tool in ("udevadm", "umockdev-run"):
            if not shutil.which(tool):
                missing(self, tool)
        private = unshare_or_skip(self)
        people, device = self.root / "people", self.root / "reader.umockdev"
        people.write_text(pathlib.Path("/etc/passwd").read_text(encoding="utf-8") + "dosario:x:64123:64123::/:/usr/sbin/nologin\n", encoding="utf-8")
        device.write_text(DEVICE.format(vendor=vendor, product=product, interfaces=interfaces), encoding="utf-8")
        rules = self.root / "usr/lib/udev/rules.d/70-dosario.rules"
        mounts = f"mount --bind '{people}' /etc/passwd && mount -t tmpfs tmpfs /run && mkdir -p /run/udev/rules.d && cp '{rules}' /run/udev/rules.d"
        return self.run_tool(*private(mounts, ["umockdev-run", "-d", str(device), "--", "udevadm", "test", "--action=add", "/sys/devices/usb1/1-1"]))

    def test_udev_gives_a_known_reader_to_the_daemon(self):
        said = self.udev_says("05e0", ":030000:")
        for line in ("OWNER 64123", "GROUP 0", "MODE 0600"):
            self.assertRegex(said, rf"70-dosario\.rules:\d+ {line}\n")
        self.assertIn("\nDOSARIO_READER=hid_scanner\n", said)
        self.assertNotRegex(said, r"70-dosario\.rules:\d+.* (Invalid|Unknown|Failed)")

    def test_udev_gives_serial_scanners_and_bridge_chips_to_the_daemon_but_a_modem_behind_one_is_tried(self):
        for vendor, product, interfaces, ignored in (("05e0", "1701", ":020201:0a0000:", True), ("0403", "6001", ":ffffff:", False),
                                                     ("072f", "2200", ":0b0000:", True)):
            with self.subTest(vendor=vendor):
                said = self.udev_says(vendor, interfaces, product)
                self.assertRegex(said, r"70-dosario\.rules:\d+ OWNER 64123\n")
                self.assertEqual("\nID_MM_DEVICE_IGNORE=1\n" in said, ignored)

    def test_udev_leaves_other_devices_of_the_same_maker_and_other_makers_alone(self):
        for vendor, interfaces in (("05e0", ":080650:"), ("046d", ":030101:")):
            with self.subTest(vendor=vendor, interfaces=interfaces):
                said = self.udev_says(vendor, interfaces)
                self.assertIn("Reading rules file: /run/udev/rules.d/70-dosario.rules", said)
                self.assertNotRegex(said, r"70-dosario\.rules:\d+ (OWNER|GROUP|MODE)")


# A USB device as the kernel shows it.
DEVICE = """P: /devices/usb1/1-1
N: bus/usb/001/002
E: DEVTYPE=usb_device
E: SUBSYSTEM=usb
E: BUSNUM=001
E: DEVNUM=002
E: MAJOR=189
E: MINOR=1
E: DEVNAME=/dev/bus/usb/001/002
E: ID_USB_INTERFACES={interfaces}
A: idVendor={vendor}
A: idProduct={product}
"""

main_guard(__name__)
