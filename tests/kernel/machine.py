# SPDX-License-Identifier: Apache-2.0
"""One virtual machine: QEMU without acceleration, Debian's kernel, and a conversation with its first process (guest/init).

Nothing sleeps for a time: a step has an answer, a line of the console or of the live feed is waited for, with a deadline. Each step is printed
with its exit code and the one that was expected. A machine that ended without saying GUEST-EXIT is a failure, whatever QEMU's own exit code.
"""
import base64
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import image

# A boot takes three seconds on an idle core, and has taken a minute where twenty others wanted one. It is waited for no longer than it takes.
PATIENCE_S = 150.0 * float(os.environ.get("DOSARIO_PATIENCE", "1"))
CONSOLE, STEPS, LIVE, BUS, QMP = "console", "steps", "live", "bus", "qmp"
# What the kernel says when something of it is wrong. usbcore and vhci_hcd have harmless complaints of their own; none of these is one.
KERNEL_FAULT = r"Initramfs unpacking failed|BUG:|Oops|WARNING: CPU|general protection|blocked for more than|Out of memory|Kernel panic"


def end_with_parent():
    """In a child before it begins: it is killed when its parent dies, by a time-out of ctest for example (prctl(2))."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)


class Late(AssertionError):
    """It did not come within the time that was given to it."""


class Channel:
    """A Unix socket whose lines a thread collects."""

    def __init__(self, path):
        self.lines, self.news = [], threading.Condition()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self.ended = False
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def collect(self):
        with self.socket.makefile("rb") as stream:
            try:
                for line in stream:
                    with self.news:
                        self.lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                        self.news.notify_all()
            except OSError:
                pass                                                # closed while it read
        with self.news:
            self.ended = True
            self.news.notify_all()

    def send(self, text):
        self.socket.sendall(text.encode() + b"\n")

    def await_line(self, wanted, after, what, patience_s):
        """(what `wanted` makes of the first line past `after` that it accepts, the place behind that line)."""
        deadline = time.monotonic() + patience_s
        with self.news:
            while True:
                for place in range(after, len(self.lines)):
                    found = wanted(self.lines[place])
                    if found:
                        return found, place + 1
                after = max(after, len(self.lines))
                left = deadline - time.monotonic()
                if self.ended:
                    raise AssertionError(f"the machine ended: {what}")
                if left <= 0:
                    raise Late(f"it did not come in time: {what}")
                self.news.wait(left)

    def close(self):
        self.socket.close()
        self.thread.join(PATIENCE_S)


class Machine:
    """Boots on construction. `close()` ends it whatever its state; `end()` is the good end and says what was wrong."""

    def __init__(self, name, *devices):
        vmlinux, archive = image.boot_files()
        # The archive and what it unpacks to are in memory both for a moment, and the second may take half of it: a quarter of a gigabyte is
        # left for the disk of the station, which opens no work on one that is nearly full.
        memory_mb = 512 + 2 * archive.stat().st_size // 1_000_000
        self.name, self.number, self.begun_at = name, 0, time.monotonic()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dosario-vm-"))
        self.marks = {}
        self.channels = {}
        # no_timer_check: on a busy host the kernel's own test of its timer, which counts while it waits, fails and ends in a panic.
        words = ["qemu-system-x86_64", "-accel", "tcg", "-M", "q35,usb=off,vmport=off", "-cpu", "max", "-m", str(memory_mb), "-smp", "1", "-nodefaults",
                 "-display", "none", "-no-reboot", "-rtc", "base=utc", "-kernel", str(vmlinux), "-initrd", str(archive),
                 "-append", "console=ttyS0 quiet panic=-1 no_timer_check sysrq_always_enabled rdinit=/init", "-device", "qemu-xhci,id=usb,p2=8,p3=4"]
        for channel in (CONSOLE, STEPS, LIVE, BUS):
            words += ["-chardev", f"socket,id={channel},path={self.home / channel},server=on,wait=on"]
        words += ["-serial", f"chardev:{CONSOLE}", "-device", "virtio-serial-pci"]
        for port, channel in enumerate((STEPS, LIVE, BUS), 1):      # no other serial ports: two of them share an interrupt, and lose some
            words += ["-device", f"virtserialport,chardev={channel},nr={port}"]
        words += ["-qmp", f"unix:{self.home / QMP},server=on,wait=on"]
        self.said = open(self.home / "qemu.log", "wb")
        self.qemu = subprocess.Popen([*words, *devices], stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said, preexec_fn=end_with_parent)
        try:
            for channel in (CONSOLE, STEPS, LIVE, BUS, QMP):             # QEMU waits for each of them in this order, so no line is lost
                self.channels[channel] = self.connect(channel)
            self.qmp("qmp_capabilities")
            self.await_line(STEPS, "READY", "the machine has booted")
        except BaseException as error:
            print(self.what_hangs() if isinstance(error, Late) else self.report(), flush=True)
            self.close()
            raise
        self.note(f"booted in {time.monotonic() - self.begun_at:.1f} s, Linux {self.run('uname -r').strip()}")

    def connect(self, channel):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return Channel(self.home / channel)
            except (FileNotFoundError, ConnectionRefusedError) as error:
                if self.qemu.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"QEMU did not start: {(self.home / 'qemu.log').read_text(errors='replace')}") from error
                time.sleep(0.01)

    def note(self, text):
        print(f"{self.name} {time.monotonic() - self.begun_at:6.1f} s  {text}", flush=True)

    # --- steps

    def run(self, command, expect=0):
        """A step: a command of the guest's shell. What it printed; its exit code must be `expect` (128+n after a signal)."""
        self.number += 1
        number = self.number
        self.channels[STEPS].send(f"{number} {base64.b64encode(command.encode()).decode()}")
        try:
            answer = self.await_line(STEPS, rf"{number} (\d+) ?(\S*)$", f"the answer to: {command}")
        except Late as error:
            raise AssertionError(f"{error}{self.what_hangs()}") from None
        code, text = int(answer[1]), base64.b64decode(answer[2]).decode("utf-8", "replace")
        shown = command.strip().splitlines()[0][:110]
        self.note(f"rc={code} (expect {expect})  {shown}")
        if code != expect:
            raise AssertionError(f"rc={code} (expect {expect}): {command}\n{text}\n{self.report()}")
        return text

    def write_file(self, path, text):
        self.run(f"cat > {path} <<'END-OF-FILE'\n{text}\nEND-OF-FILE")

    def await_line(self, channel, pattern, what="", keep=False, patience_s=PATIENCE_S):
        """The next line of a channel, behind those that were awaited before, in which the pattern is found. `keep`: it may be awaited again."""
        found, place = self.channels[channel].await_line(re.compile(pattern).search, self.marks.get(channel, 0), f"{what or pattern}\n", patience_s)
        if not keep:
            self.marks[channel] = place
        return found

    def await_console(self, pattern):
        try:
            found = self.await_line(CONSOLE, pattern)
        except AssertionError as error:
            raise AssertionError(f"{error}{self.look_around()}{self.report()}") from None
        self.note(f"console: {found.string}")
        return found

    def await_console_all(self, *patterns):
        """One line for each pattern, in whatever order they come."""
        begun, last = self.marks.get(CONSOLE, 0), 0
        for pattern in patterns:
            self.marks[CONSOLE] = begun
            self.await_console(pattern)
            last = max(last, self.marks[CONSOLE])
        self.marks[CONSOLE] = last

    def console_lines(self, pattern):
        """All lines so far in which the pattern is found."""
        return [line for line in self.channels[CONSOLE].lines if re.search(pattern, line)]

    # --- the bus, as the kernel's usbmon sees it (Documentation/usb/usbmon.rst)

    def watch_bus(self):
        """From now on what devices send is told: transfers to the host that are complete and not empty."""
        self.run("modprobe usbmon && mount -t debugfs debugfs /sys/kernel/debug")
        self.run("awk '/ C [BI]i:.* = / { print; fflush() }' /sys/kernel/debug/usb/usbmon/0u >&5 2> /dev/null 4>&- &")

    def await_packets(self, port, total, shortest=1, patience_s=PATIENCE_S):
        """Until so many transfers of at least `shortest` bytes have come without an error from the device on that port (`1-2`) since it was
        plugged in: the kernel has given them to the daemon, which may be about to take them."""
        number = int(self.run(f"cat /sys/bus/usb/devices/{port}/devnum"))
        place, came = 0, 0
        while came < total:
            said, place = self.channels[BUS].await_line(re.compile(rf" C [BI]i:\d+:{number:03}:\d+ 0(?::\d+)? (\d+) = ").search, place,
                                                        f"{total} packets of {port}, {came} have come\n", patience_s)
            came += int(said[1]) >= shortest
        self.note(f"bus: {total} packets of {port} have come")

    # --- the hardware

    def qmp(self, command, **arguments):
        """A command of QEMU's monitor; its return value. Events in between are passed over."""
        self.channels[QMP].send(json.dumps({"execute": command, "arguments": arguments}))
        while True:
            line = json.loads(self.await_line(QMP, r"^\{.*\}", f"QEMU's answer to {command}").string)
            if "error" in line:
                raise AssertionError(f"{command} {arguments}: {line['error']['desc']}")
            if "return" in line:
                return line["return"]

    def plug(self, driver, name, **properties):
        self.note(f"plug {name}: {driver} {properties or ''}")
        self.qmp("device_add", driver=driver, id=name, bus="usb.0", **properties)

    def unplug(self, name):
        """Pulls it out; returns when QEMU has let go of it, so that its port and its name are free."""
        self.note(f"unplug {name}")
        self.qmp("device_del", id=name)
        deadline = time.monotonic() + PATIENCE_S
        while any(one["name"] == name for one in self.qmp("qom-list", path="/machine/peripheral")):
            if time.monotonic() > deadline:
                raise AssertionError(f"QEMU keeps {name}")
            time.sleep(0.02)

    def look_around(self):
        """What the guest knows of its bus and its processes, when something did not come to pass."""
        try:
            return self.run("""dmesg | tail -n 40
for device in /sys/bus/usb/devices/*; do echo "$device $(cat $device/idVendor $device/idProduct $device/devnum 2>/dev/null | tr '\\n' ' ') $(readlink $device/driver)"; done
ls -l /dev/bus/usb/*
ps -o pid,user,stat,args
for task in /proc/$(pidof dosariod)/task/*; do echo "$task $(cat $task/comm $task/wchan | tr '\\n' ' ')"; cat $task/stack; done""")
        except AssertionError as error:
            return f"(and the guest does not answer: {error})"

    # --- the end

    def what_hangs(self):
        """All tasks, as the kernel lists them on its console (SysRq t), and the rest of the report."""
        for key in "7t":                                            # 7: what is listed comes out on the console, too
            self.qmp("chardev-send-break", id=CONSOLE)
            self.channels[CONSOLE].socket.sendall(key.encode())
            time.sleep(0.5)
        time.sleep(3)                                               # nothing tells when the list ends
        return self.report(600)

    def report(self, most_lines=60):
        lines = self.channels[CONSOLE].lines[-most_lines:] if CONSOLE in self.channels else []
        said = [line for line in (self.home / "qemu.log").read_text(errors="replace").splitlines() if "info: QEMU waiting for connection" not in line]
        return "\n".join(["--- console:", *lines, "--- QEMU:", *said])

    def end(self):
        """Ends the machine in order: the kernel has nothing to complain of, and the guest says GUEST-EXIT."""
        self.run(f"! dmesg | grep -E '{KERNEL_FAULT}'")
        self.channels[STEPS].send("end")
        try:
            self.await_line(CONSOLE, r"^GUEST-EXIT 0$")
        except AssertionError:
            raise AssertionError(f"no GUEST-EXIT line\n{self.report()}") from None
        code = self.qemu.wait(PATIENCE_S)
        if code != 0:
            raise AssertionError(f"QEMU ended with {code}\n{self.report()}")
        self.note("GUEST-EXIT 0")

    def close(self):
        if self.qemu.poll() is None:
            self.qemu.kill()
        self.qemu.wait(PATIENCE_S)
        for channel in self.channels.values():
            channel.close()
        self.said.close()
        shutil.rmtree(self.home, ignore_errors=True)
