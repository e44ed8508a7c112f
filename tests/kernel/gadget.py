# SPDX-License-Identifier: Apache-2.0
"""Linux's own device side: dummy_hcd joins a controller and a gadget in one kernel, configfs and f_hid make a scanner of it
(Documentation/usb/gadget_configfs.rst, gadget_hid.rst). No code of ours plays the device. A report that was written is known to be taken by the
host controller, and a plug that is pulled is an error of the line first."""
from station import KernelTest, Station, UDEVD, pack

GADGET = "/sys/kernel/config/usb_gadget/scanner"
READER = "05e0:2100:G1:0"

# HID Point of Sale Usage Tables 1.02, as in Zebra's published layout: id 2, byte count, one reserved byte, symbology identifier 1 to 3, 56
# bytes of decoded data, a vendor's symbology, data continued. 64 bytes.
DESCRIPTOR = bytes.fromhex("058c0902a101" "8502" "150026ff00" "75089501" "0501093b8102" "8101" "058c09fb09fc09fd95038102" "09fe95388102"
                           "0666ff090495018102" "058c09ff750125018102" "75078101" "c0")


def reports(text, aim="]d2"):
    """The reports of one scan, hexadecimal."""
    raw = text.encode()
    parts = [raw[at:at + 56] for at in range(0, len(raw), 56)]
    return [(bytes([2, len(part), 0]) + aim.encode() + part.ljust(56, b"\0") + bytes([0, part is not parts[-1]])).hex() for part in parts]


def printf(raw):
    return "".join(f"\\x{byte:02x}" for byte in raw)


class Gadget(KernelTest):
    def build(self):
        self.machine.run(f"""set -e
modprobe dummy_hcd
modprobe libcomposite
modprobe usb_f_hid
mount -t configfs configfs /sys/kernel/config
mkdir -p {GADGET}/strings/0x409 {GADGET}/configs/c.1/strings/0x409 {GADGET}/functions/hid.0
cd {GADGET}
echo 0x05e0 > idVendor
echo 0x2100 > idProduct
echo G1 > strings/0x409/serialnumber
echo "Gadget scanner" > strings/0x409/product
echo 0 > functions/hid.0/protocol
echo 0 > functions/hid.0/subclass
echo 64 > functions/hid.0/report_length
printf '{printf(DESCRIPTOR)}' > functions/hid.0/report_desc
ln -s functions/hid.0 configs/c.1/""")

    def plug(self):
        self.machine.run(f"ls /sys/class/udc | head -n 1 > {GADGET}/UDC")
        self.station.await_open(READER)

    def unplug(self):
        self.machine.run(f"echo '' > {GADGET}/UDC")

    def send(self, wanted):
        """Returns when the host controller has taken each report."""
        said = self.machine.run("kernel_hid_gadget /dev/hidg0 <<'END'\n" + "\n".join(wanted) + "\nEND")
        self.assertEqual(said, f"taken {len(wanted)}\n")

    def settle(self):
        self.station.settle_by(lambda: self.send(reports("DOSARIO.AYUDA", "\0\0\0")))

    def test_a_scan_that_the_controller_took_is_in_the_ledger_whatever_happens_to_the_plug(self):
        machine = self.machine = self.boot()
        station = self.station = Station(machine)
        machine.run(UDEVD)
        station.start()
        station.open_reception()
        self.build()
        done = []
        for round_number in range(8):
            self.plug()
            self.settle()
            serial = f"G{round_number}" + "X" * 16
            self.send(reports(pack(serial, "LOTE" + "Y" * 16)))
            self.unplug()                                # at once: the answer is not awaited
            done.append(serial)
            station.await_answer()
            station.await_gone(READER)
        self.assertEqual(station.received(), done)
        self.plug()
        self.settle()
        first, *rest = reports(pack("CUT" + "X" * 17, "LOTE" + "Y" * 16))
        self.assertEqual(len(rest), 1)
        self.send([first])
        self.unplug()
        station.await_cut(READER)
        self.assertEqual(station.received(), done)
        self.end(station)
