# SPDX-License-Identifier: Apache-2.0
"""The stage drives an unmodified child. Usage: usb_stage_test.py UMOCKDEV_WRAPPER USB_STAGE USB_WATCH"""
import subprocess
import sys
import tempfile

wrapper, stage_program, watch_program = sys.argv[1:4]
out = tempfile.NamedTemporaryFile(mode="r", suffix=".txt")
stage = subprocess.Popen([wrapper, stage_program, "--stdout", out.name, "--", watch_program],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def answer():
    line = stage.stdout.readline().rstrip("\n")
    print("<", line)
    return line


def tell(command, expected="ok"):
    print(">", command)
    stage.stdin.write(command + "\n")
    stage.stdin.flush()
    said = answer()
    assert said.startswith(expected), f"{command}: {said}"
    return said


assert answer().startswith("ok pid=")
tell("plug wedge vid=05e0 pid=1200 serial=K1 kind=keyboard")
tell("await wedge claimed")
assert "claimed=yes bound=none" in tell("state wedge")
tell(r"type wedge A1\x1d#")
tell("await wedge read")
tell("unplug wedge")
tell("plug pos vid=05e0 pid=2100 serial=P1 kind=hidpos sysfs=no")
tell("await pos claimed")
tell("pos pos ]d2 " + "9" * 60)
tell("await pos read")
tell("stall pos")
tell("report pos 0201")
tell("await pos read")
tell("plug held vid=046d pid=c31c serial=D1 kind=keyboard bound=usbhid")
tell("await held claimed")
tell("plug held vid=1 pid=1 serial=x kind=mouse", "error")
tell("plug x vid=zz kind=mouse", "error")
tell("unplug nobody", "error")
tell(r"scan wedge2 A", "error")
tell("plug wedge2 serial=K2 kind=keyboard suffix=none")
tell("await wedge2 claimed")
tell(r"scan wedge2 a\x1d")
tell("await wedge2 read")
tell("plug awake serial=H1 kind=honeywell")
tell("await awake claimed")
tell("scan awake ]d2 A", "error the scan is lost: the host has not written 01")
tell("plug x kind=hidpos colour=red", "error")
tell("signal TERM")
assert tell("wait") == "ok exit=0"
assert "claimed=no bound=usbhid" in tell("state held")
assert "misuse=none" in tell("state pos")
tell("start")
tell("await held claimed")
tell("signal KILL")
assert tell("wait") == "ok exit=137"
tell("await held released")
tell("start")
tell("await pos claimed")
tell("quit", "ok exit=0")
assert stage.wait() == 0

lines = out.read().splitlines()
print("\n".join(lines))
key = [line.split(" ")[2] for line in lines if line.startswith("1 received")]
released = "00" * 8
assert key == ["0200040000000000", released, "00001e0000000000", released, "0100300000000000", released,
               "0200200000000000", released, "0000280000000000", released], key
pos = [line.split(" ")[2] for line in lines if line.startswith("2 received")]
assert pos[0] == "0238005d6432" + "39" * 56 + "0001", pos
assert pos[1] == "0204005d6432" + "39" * 4 + "00" * 54, pos
assert pos[2] == "0201", pos
typed = [line.split(" ")[2] for line in lines if line.startswith("4 received")]
assert typed == ["0000040000000000", released, "0100300000000000", released], typed
assert "1 disappeared" in lines and lines[0] == "1 appeared 05e0:1200:K1:0"
assert lines.count("ended") == 2
