# SPDX-License-Identifier: Apache-2.0
"""What a virtual machine boots: Debian's own kernel, a small root of busybox and udev, and what `cmake --install` lays out.

The kernel's package is downloaded by apt and unpacked, never installed. Everything lies in build/kernel/ and is made again when what it was
made of changes. Both archives are in the "newc" format of cpio, which the kernel unpacks one after the other
(Documentation/driver-api/early-userspace/buffer-format.rst).
"""
import contextlib
import fcntl
import functools
import hashlib
import json
import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Behind this folder: both have a serial.py and a pads.py, and here the ones of this folder are meant.
sys.path.insert(1, str(HERE.parent / "scenario"))

CACHE = ROOT / "build" / "kernel"
BUILD = pathlib.Path(os.environ.get("DOSARIO_BUILD") or ROOT / "build" / "release").resolve()
TOOLS = {"qemu-system-x86_64": "qemu-system-x86", "busybox": "busybox-static", "cpio": "cpio", "depmod": "kmod", "udevadm": "udev",
         "systemd-sysusers": "systemd", "dpkg-deb": "dpkg", "apt-get": "apt", "strip": "binutils"}
LONGEST_TOOL_S = 300

# What udev loads by itself when the hardware is there, and what a scenario loads by name; modules.dep says what they need.
MODULES = ("virtio_pci", "virtio_console", "xhci-pci", "usbhid", "hid-generic", "evdev", "cdc-acm", "ftdi_sio", "cp210x", "ch341", "pl2303", "vhci-hcd", "pn533_usb", "dummy_hcd", "libcomposite",
           "usb_f_hid", "usbmon")
# Of Debian's udev: names and properties of USB devices (ID_USB_INTERFACES), and modules by their alias.
RULES = ("50-udev-default.rules", "80-drivers.rules")
PROGRAMS = ("/lib/systemd/systemd-udevd", "/usr/bin/udevadm", "/usr/bin/systemd-sysusers", "/usr/bin/systemd-tmpfiles", "/usr/bin/install")
INSTALLED = ("usr/sbin/dosariod", "usr/sbin/dosario-collector", "usr/bin/dosario")


class Missing(Exception):
    """Something of this machine is not there: a loud skip, and with CI set a failure."""


def run(*words, **more):
    """A tool of the host; what it printed. Its words are in the error when it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=LONGEST_TOOL_S, check=False, stdin=subprocess.DEVNULL,
                          **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def missing_tools():
    found = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return sorted(package for tool, package in TOOLS.items() if not shutil.which(tool, path=found))


@contextlib.contextmanager
def held(path):
    """One process at a time makes what lies there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- the kernel ----------------------------------------------------------------------------------------------------------------------

def kernel_package():
    """The .deb of Debian's current kernel: downloaded, or the one that is here already when apt knows of none or has no network."""
    said = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    name = re.search(r"Depends: (linux-image-\S+-amd64)\b", said.stdout)
    here = sorted(CACHE.glob("linux-image-*.deb"), key=lambda path: path.stat().st_mtime)
    if name:
        for path in here:
            if path.name.startswith(name[1] + "_"):
                return path
        fetched = subprocess.run(["apt-get", "-q", "download", name[1]], cwd=CACHE, capture_output=True, text=True, check=False, timeout=LONGEST_TOOL_S)
        if fetched.returncode == 0:
            return next(CACHE.glob(name[1] + "_*.deb"))
        why = fetched.stderr.strip()
    else:
        why = "apt knows no package linux-image-amd64: run apt-get update"
    if not here:
        raise Missing(f"Debian's kernel could not be downloaded ({why})")
    print(f"{why}; {here[-1].name} is used, which is here already", flush=True)
    return here[-1]


def uncompressed(image):
    """The ELF file inside of a vmlinuz (Documentation/x86/boot.rst: setup_sects, payload_offset, payload_length). QEMU starts it by its PVH
    note in half the time: unpacking it inside of an emulated processor is what takes the other half."""
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    kernel = lzma.LZMADecompressor().decompress(image[start:start + length])
    if kernel[:4] != b"\x7fELF":
        raise RuntimeError("the kernel's payload is no ELF file: is it compressed with xz?")
    return kernel


class Kernel:
    """build/kernel/<package>/: vmlinux, and lib/modules/<release>/ with the tables of depmod."""

    def __init__(self):
        with held(CACHE / "kernel.lock"):
            package = kernel_package()
            self.home = CACHE / package.name.removesuffix(".deb")
            if not (self.home / "ready").exists():
                shutil.rmtree(self.home, ignore_errors=True)
                run("dpkg-deb", "-x", package, self.home)
                (image,) = (self.home / "boot").glob("vmlinuz-*")
                (self.home / "vmlinux").write_bytes(uncompressed(image.read_bytes()))
                run("depmod", "-b", self.home, image.name.removeprefix("vmlinuz-"), env=with_sbin())
                (self.home / "ready").touch()
        (self.modules,) = (self.home / "lib" / "modules").iterdir()
        self.release = self.modules.name
        self.vmlinux = self.home / "vmlinux"

    def files_of(self, names):
        """The .ko files of these modules and of all that they need, below lib/modules/<release>/."""
        needs = {}
        for line in (self.modules / "modules.dep").read_text(encoding="ascii").splitlines():
            path, _, others = line.partition(":")
            needs[pathlib.Path(path).stem.replace("-", "_")] = [path, *others.split()]
        return sorted({path for name in names for path in needs[name.replace("-", "_")]})


def with_sbin():
    return {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}


# --- archives ------------------------------------------------------------------------------------------------------------------------

class Staging:
    """A folder that becomes an archive."""

    def __init__(self, home):
        self.home = home
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)

    def put(self, source, path):
        target = self.home / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(source), target)

    def link(self, path, to):
        target = self.home / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(to)

    def put_libraries_of(self, *programs):
        """What the linker of this machine finds for them, at the same places."""
        for program in programs:
            for path in re.findall(r"(?m)^\s*(?:\S+ => )?(/\S+) \(0x", run("ldd", program)):
                place = "usr" + path if path.startswith("/lib") else path
                if not (self.home / place.lstrip("/")).exists():
                    self.put(path, place)

    def pack(self, archive):
        """Everything belongs to root, whoever runs this."""
        names = sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*"))
        half_made = archive.with_suffix(".part")
        with open(half_made, "wb") as out:
            subprocess.run(["cpio", "--quiet", "-0", "-o", "-H", "newc", "-R", "0:0"], input="\0".join(names).encode(), stdout=out, cwd=self.home,
                           check=True, timeout=LONGEST_TOOL_S)
        half_made.rename(archive)
        shutil.rmtree(self.home)


def fingerprint(*parts):
    """Of files: path, size and time; of anything else its text."""
    said = []
    for part in parts:
        if isinstance(part, pathlib.Path):
            seen = part.stat()
            said.append([str(part), seen.st_size, seen.st_mtime_ns])
        else:
            said.append(part)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def made_of(archive, mark):
    stamp = archive.with_suffix(".of")
    return archive.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == mark


def base_archive(kernel):
    """busybox, udev, systemd's tools for users and folders, kernel modules, time zones."""
    archive = CACHE / "base.cpio"
    busybox = pathlib.Path(shutil.which("busybox"))
    guest = sorted((HERE / "guest").iterdir())
    mark = fingerprint(kernel.release, MODULES, RULES, busybox, *map(pathlib.Path, PROGRAMS), *guest, pathlib.Path(__file__))
    with held(CACHE / "base.lock"):
        if made_of(archive, mark):
            return archive
        root = Staging(CACHE / "base")
        for folder in ("usr/bin", "usr/sbin", "usr/lib64", "usr/lib/x86_64-linux-gnu", "etc/udev/rules.d", "dev", "proc", "sys", "run", "tmp", "root", "mnt", "var/lib"):
            (root.home / folder).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            root.link(name, "usr/" + name)
        root.link("var/run", "../run")
        root.put(busybox, "usr/bin/busybox")
        for program in PROGRAMS:
            root.put(program, program if program.startswith("/usr") else "usr" + program)
        for name in run("busybox", "--list").split():
            if name != "busybox" and not (root.home / "usr/bin" / name).exists():
                root.link("usr/bin/" + name, "busybox")
        root.put_libraries_of(*PROGRAMS)
        for rule in RULES:
            root.put("/usr/lib/udev/rules.d/" + rule, "usr/lib/udev/rules.d/" + rule)
        shutil.copytree("/usr/share/zoneinfo", root.home / "usr/share/zoneinfo", symlinks=True)
        where = f"usr/lib/modules/{kernel.release}/"
        for path in [*kernel.files_of(MODULES), "modules.order", "modules.builtin", "modules.builtin.modinfo"]:
            root.put(kernel.modules / path, where + path)
        run("depmod", "-b", root.home, kernel.release, env=with_sbin())
        (root.home / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="ascii")
        (root.home / "etc/group").write_text("".join(f"{name}:x:{number}:\n" for number, name in enumerate(
            ("root", "tty", "disk", "lp", "dialout", "kmem", "input", "audio", "video", "cdrom", "tape", "kvm", "render", "sgx"))), encoding="ascii")
        (root.home / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\nhosts: files\n", encoding="ascii")
        (root.home / "etc/hosts").write_text("127.0.0.1 localhost\n", encoding="ascii")
        root.put(HERE / "guest" / "init", "init")
        (root.home / "init").chmod(0o755)
        root.pack(archive)
        archive.with_suffix(".of").write_text(mark, encoding="ascii")
    return archive


def installed_archive():
    """What `cmake --install` lays out, with the libraries that its programs use, and the programs of these tests."""
    own = [BUILD / "bin" / "kernel_hid_gadget"]
    name = hashlib.sha256(str(BUILD).encode()).hexdigest()[:8]
    archive = CACHE / f"installed-{name}.cpio"
    programs = [BUILD / "bin" / pathlib.Path(path).name for path in INSTALLED]
    mark = fingerprint(*programs, *own, BUILD / "udev" / "70-dosario.rules", pathlib.Path(__file__))
    with held(archive.with_suffix(".lock")):
        if made_of(archive, mark):
            return archive
        root = Staging(CACHE / f"installed-{name}")
        run("cmake", "--install", BUILD, "--prefix", "/usr", env={**os.environ, "DESTDIR": str(root.home)})
        shutil.rmtree(root.home / "usr/share/doc")
        run("strip", "--strip-debug", *(root.home / path for path in INSTALLED))    # as packages do: of a sanitizer's build it is most of it
        for path in own:
            root.put(path, "usr/bin/" + path.name)
        root.put_libraries_of(*(root.home / path for path in INSTALLED), *own)
        root.pack(archive)
        archive.with_suffix(".of").write_text(mark, encoding="ascii")
    return archive


def unit_of_the_daemon():
    """(user, command) of the installed dosariod.service."""
    said = (ROOT / "systemd" / "dosariod.service").read_text(encoding="utf-8")
    return re.search(r"(?m)^User=(\S+)$", said)[1], re.search(r"(?m)^ExecStart=(.+)$", said)[1]


@functools.cache
def boot_files():
    """(vmlinux, the archive that a machine unpacks). Missing when this machine lacks a tool or a kernel."""
    lacking = missing_tools()
    if lacking:
        raise Missing("these packages are missing: " + " ".join(lacking))
    if not (BUILD / "bin" / "kernel_redir_device").exists():
        raise Missing("kernel_redir_device was not built: install libusbredirparser-dev, and configure and build again")
    kernel = Kernel()
    base, installed = base_archive(kernel), installed_archive()
    whole = installed.with_name(installed.stem + "-boot.cpio")
    mark = fingerprint(base, installed)
    with held(whole.with_suffix(".lock")):
        if not made_of(whole, mark):
            half_made = whole.with_suffix(".part")
            with open(half_made, "wb") as out:
                for part in (base, installed):
                    with open(part, "rb") as source:
                        shutil.copyfileobj(source, out)
            half_made.rename(whole)
            whole.with_suffix(".of").write_text(mark, encoding="ascii")
    return kernel.vmlinux, whole
