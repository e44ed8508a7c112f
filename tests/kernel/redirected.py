# SPDX-License-Identifier: Apache-2.0
"""A simulated scanner on the host, plugged into a machine's own controller through QEMU's usb-redir."""
import itertools
import subprocess

from machine import PATIENCE_S
from pharmacy import BIN

NUMBERS = itertools.count()


class Redirected:
    """One port of a machine, and a program that plays the device there (redir_device.cpp)."""

    def __init__(self, test, machine, port):
        self.machine, self.name, self.port = machine, f"redir{next(NUMBERS)}", f"1-{port}"
        path = machine.home / self.name
        machine.qmp("chardev-add", id=self.name, backend={"type": "socket", "data": {
            "addr": {"type": "unix", "data": {"path": str(path)}}, "server": True, "wait": False}})
        machine.qmp("device_add", driver="usb-redir", id=f"{self.name}-device", chardev=self.name, bus="usb.0", port=str(port))
        self.program = subprocess.Popen([str(BIN / "kernel_redir_device"), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        test.addCleanup(self.close)

    def tell(self, command):
        self.program.stdin.write(command + "\n")
        self.program.stdin.flush()
        answer = self.program.stdout.readline().rstrip("\n")
        assert answer == "ok", f"{self.name}: {command}: {answer or 'the device has ended'}\n{self.machine.report()}"
        self.machine.note(f"{self.name}: {command[:100]}")

    def plug(self, what):
        """`what` as simulated/make.hpp names it: `hidpos:serial=P1`."""
        self.tell(f"plug {what}")

    def unplug(self):
        self.tell("unplug")

    def scan(self, text, aim="-"):
        self.tell(f"scan {aim} {text.encode().hex()}")

    def hold(self, packets):
        """So many packets more, and the wire is silent."""
        self.tell(f"hold {packets}")

    def release(self):
        self.tell("release")

    def close(self):
        self.program.stdin.close()
        try:
            self.program.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.program.kill()
            self.program.wait()
        self.program.stdout.close()
