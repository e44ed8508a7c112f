# SPDX-License-Identifier: Apache-2.0
"""A USB/IP client over TCP, from the kernel's Documentation/usb/usbip_protocol: for `dosario sim` as a kernel would meet it."""
import socket
import struct

VERSION, LIST, IMPORT = 0x0111, 0x8005, 0x8003
SUBMIT, UNLINK, SUBMITTED, UNLINKED = 1, 2, 3, 4
CONFIGURE = (0x00, 9, 1, 0)


class Broken(Exception):
    """The other side closed the connection."""


class UsbipClient:
    def __init__(self, port, patience_s=30):
        self.socket = socket.create_connection(("127.0.0.1", port), patience_s)
        self.number, self.device, self.answers = 0, 0, {}

    def close(self):
        self.socket.close()

    def take(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise Broken
            data += piece
        return data

    def list(self):
        """(bus id, vendor, product, speed, interface classes) of each device."""
        self.socket.sendall(struct.pack(">HHI", VERSION, LIST, 0))
        version, code, status, count = struct.unpack(">HHII", self.take(12))
        assert (version, code, status) == (VERSION, 0x0005, 0)
        devices = []
        for _ in range(count):
            raw = self.take(312)
            speed, vendor, product = struct.unpack(">IHH", raw[296:304])
            classes = [self.take(4)[:3].hex() for _ in range(raw[311])]
            devices.append((raw[256:288].rstrip(b"\0").decode(), vendor, product, speed, classes))
        return devices

    def attach(self, bus_id, piece=None):
        """True if the device was given. `piece`: so many bytes at a time."""
        request = struct.pack(">HHI32s", VERSION, IMPORT, 0, bus_id.encode())
        for i in range(0, len(request), piece or len(request)):
            self.socket.sendall(request[i:i + (piece or len(request))])
        _, code, status = struct.unpack(">HHI", self.take(8))
        assert code == 0x0003
        if status:
            return False
        raw = self.take(312)
        bus, device = struct.unpack(">II", raw[288:296])
        self.device = bus << 16 | device
        return True

    def submit(self, endpoint, is_in, length, setup=bytes(8), data=b""):
        self.number += 1
        self.socket.sendall(struct.pack(">10I", SUBMIT, self.number, self.device, int(is_in), endpoint, 0, length, 0, 0xFFFFFFFF, 0) + setup + data)
        return self.number

    def unlink(self, victim):
        self.number += 1
        self.socket.sendall(struct.pack(">6I24x", UNLINK, self.number, self.device, 0, 0, victim))
        return self.number

    def answer(self, number, is_in=False):
        """(status, data or the length that went out) of that command; answers of others are kept. `is_in`: all that comes first are IN."""
        while number not in self.answers:
            command, answered, _, _, _, status = struct.unpack(">5Ii", self.take(24))
            actual, = struct.unpack(">I", self.take(24)[:4])
            carries = command == SUBMITTED and (is_in or answered != number)
            self.answers[answered] = (status, self.take(actual) if carries else actual)
        return self.answers.pop(number)

    def control(self, request_type, request, value, index, data=b"", length=None):
        """An OUT request's status, or what an IN request answers (None = STALL)."""
        is_in = request_type & 0x80 != 0
        size = length if is_in else len(data)
        status, answer = self.answer(self.submit(0, is_in, size, struct.pack("<BBHHH", request_type, request, value, index, size), data), is_in)
        return (answer if status == 0 else None) if is_in else status

    def read(self, endpoint, length):
        """The number of an IN transfer that waits."""
        return self.submit(endpoint & 0x0F, True, length)
