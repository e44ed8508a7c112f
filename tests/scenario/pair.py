# SPDX-License-Identifier: Apache-2.0
"""A station and its collector, as two processes, with a network between them that can be made bad."""
import pathlib
import shutil
import sqlite3

from centre import Centre
from pharmacy import BIN, Pharmacy, PharmacyTest, wait_until
from proxy import Proxy

STATION = "prueba"


def section(port, more=""):
    return f'[collector]\naddress = "127.0.0.1:{port}"\n{more}\n'


def give_certificates(centre, pharmacy, name=STATION):
    shutil.copy(centre.issue(name), pharmacy.data / "station.pem")
    shutil.copy(centre.authority, pharmacy.data / "ca.pem")


def rows_of(database, query):
    """Of a file that nobody has open."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        rows = db.execute(query).fetchall()
    db.close()
    return rows


class WallClock:
    """What a program believes the time is: its own, moved by so many days."""

    def __init__(self, file, days=0):
        self.file = pathlib.Path(file)
        self.set(days)

    def set(self, days):
        new = self.file.with_suffix(".new")
        new.write_text(str(days * 86400))
        new.rename(self.file)

    def before(self, command):
        return ["env", f"LD_PRELOAD={BIN / 'libclock_shim.so'}", f"DOSARIO_WALL_CLOCK={self.file}", *command]


class PairTest(PharmacyTest):
    """Each test gets a pharmacy, a collector, and certificates for both."""
    seed = 0

    def setUp(self):
        self.centre = Centre()
        self.addCleanup(self.centre.close)
        self.proxy = Proxy(lambda: self.centre.port, self.seed)
        self.addCleanup(self.proxy.close)
        self.pharmacy = self.station()
        if self.running:
            self.centre.start()
            self.pharmacy.start()

    def tearDown(self):
        super().tearDown()
        if self.centre.child is not None:
            self.centre.stop()

    def station(self, name=STATION, certificates=True):
        pharmacy = Pharmacy(more=section(self.proxy.port))
        self.addCleanup(pharmacy.close)
        if certificates:
            give_certificates(self.centre, pharmacy, name)
        return pharmacy

    def lines(self):
        """`stations --json`, by ledger."""
        return {line["ledger"]: line for line in self.centre.ask("stations")}

    def uplink(self, pharmacy=None):
        return (pharmacy or self.pharmacy).call("/v1/status")[1]["uplink"]

    def wait_connected(self, pharmacy=None, patience_s=None):
        wait_until(lambda: self.uplink(pharmacy)["state"] == "connected", "the station is connected", patience_s)

    def wait_problem(self, words, pharmacy=None, patience_s=None):
        def seen():
            status = self.uplink(pharmacy)
            return status["state"] != "connected" and words in status["problem"] and status
        return wait_until(seen, f"the status says: {words}", patience_s)

    def wait_equal(self, pharmacy=None, patience_s=None):
        """Until the collector has the station's head, and its projections too."""
        pharmacy = pharmacy or self.pharmacy

        def equal():
            status = pharmacy.call("/v1/status")[1]
            line = self.lines().get(status["ledger"])
            if line is None or line["lag"] > 0:
                return status["entries"] == 0
            return any(branch["seq"] == status["entries"] and branch["hash"] == status["head"] for branch in line["branches"])
        wait_until(equal, "the collector has the station's last entry", patience_s)

    def verify_centre(self):
        answer = self.centre.verb("verify", "--json")
        self.assertEqual((answer.code, answer.reply["ok"], answer.reply["faults"]), (0, True, []), answer)
        return answer.reply

    def compare_files(self, *pharmacies):
        """Both stopped: every entry of every station is at the collector, byte for byte, and no event twice. What the collector has."""
        columns = "seq, event_id, kind, version, boot, mono_us, wall_us, clock, body, hash"
        here = rows_of(self.centre.data / "collector.db", f"SELECT {columns} FROM event")
        self.assertEqual(len(set(here)), len(here), "an entry is there twice")
        for pharmacy in pharmacies or (self.pharmacy,):
            missing = set(rows_of(pharmacy.data / "ledger.db", f"SELECT {columns} FROM event")) - set(here)
            self.assertEqual(missing, set())
        return here
