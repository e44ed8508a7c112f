# SPDX-License-Identifier: Apache-2.0
"""What was answered is on the disk: SIGKILL at random moments under load, again and again.

DOSARIO_SECONDS says how long (default 10), DOSARIO_SEED repeats a run's choices.
"""
import base64
import http.client
import json
import os
import random
import secrets
import sqlite3
import threading
import time

from pharmacy import ANA, LEO, IBUPROFEN, IN_TWO_YEARS, PharmacyTest, element_string, main_guard

SECONDS = float(os.environ.get("DOSARIO_SECONDS", "10"))
CLIENTS = 4
KINDS = {"received": "packs_received", "fractioned": "pack_fractioned", "verified": "doses_verified", "dispensed": "dose_dispensed",
         "undone": "reversed"}


def content(serial):
    return base64.b64encode(element_string(IBUPROFEN, IN_TWO_YEARS, "L1", serial).encode()).decode()


class Client(threading.Thread):
    """Receives new serials as fast as the daemon answers, until it dies."""

    def __init__(self, pharmacy, name, with_request_id):
        super().__init__(daemon=True)
        self.pharmacy, self.prefix, self.with_request_id = pharmacy, name, with_request_id
        self.answered = []         # (serial, reply)
        self.unanswered = None     # the serial that was under way when the daemon died
        self.trouble = None

    def request(self, serial):
        scan = {"content": content(serial), "mode": "receive", "operator": ANA}
        if self.with_request_id:
            scan["request_id"] = serial
        return scan

    def run(self):
        connection = self.pharmacy.http()
        try:
            for n in range(1_000_000):
                self.unanswered = f"{self.prefix}.{n}"
                connection.request("POST", "/v1/scan", json.dumps(self.request(self.unanswered)))
                response = connection.getresponse()
                reply = json.loads(response.read())
                if response.status != 200 or reply["what"] != "received" or not reply["seq"]:
                    self.trouble = (response.status, reply)
                    return
                self.answered.append((self.unanswered, reply))
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass
        finally:
            connection.close()


class Worker(threading.Thread):
    """A box from its reception to its last dose, and another: cut, verified, dispensed, taken back, dispensed. Each request has an id."""

    def __init__(self, pharmacy, name):
        super().__init__(daemon=True)
        self.pharmacy, self.prefix, self.requests = pharmacy, name, 0
        self.answered = []         # (request, what must be answered, reply)
        self.under_way = None      # (request, what must be answered), without answer when the daemon died
        self.trouble = None

    def ask(self, connection, what, text, mode, operator, **more):
        self.requests += 1
        request = {"content": text, "mode": mode, "operator": operator, "request_id": f"{self.prefix}.{self.requests}", **more}
        self.under_way = (request, what)
        connection.request("POST", "/v1/scan", json.dumps(request))
        response = connection.getresponse()
        reply = json.loads(response.read())
        self.under_way = None
        if response.status != 200 or reply["what"] != what:
            self.trouble = (request, response.status, reply)
            raise OSError("the answer is not the expected one")
        self.answered.append((request, what, reply))
        return reply

    def run(self):
        connection = self.pharmacy.http()
        try:
            for n in range(1_000_000):
                box = content(f"{self.prefix}.{n}")
                self.ask(connection, "received", box, "receive", ANA)
                cut = self.ask(connection, "fractioned", box, "fraction", ANA)
                doses = [base64.b64encode(dose["code"].encode()).decode() for dose in cut["doses"]]
                for dose in doses:
                    self.ask(connection, "verified", dose, "verify", LEO)
                for dose in doses:
                    out = self.ask(connection, "dispensed", dose, "dispense", ANA)
                    self.ask(connection, "undone", "", "undo", ANA, undo_seq=out["seq"][-1])
                    self.ask(connection, "dispensed", dose, "dispense", ANA)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass
        finally:
            connection.close()


class Kill9(PharmacyTest):
    def test_what_was_answered_is_in_the_ledger_exactly_once_after_any_kill(self):
        seed = int(os.environ.get("DOSARIO_SEED") or secrets.randbits(32))
        print(f"DOSARIO_SEED={seed} DOSARIO_SECONDS={SECONDS:g}", flush=True)
        chance = random.Random(seed)
        deadline = time.monotonic() + SECONDS
        seen = 0                      # entries that were checked already
        kills = answers = worked = lost = 0
        booked = {}                   # serial -> seq, of all that the log holds
        while time.monotonic() < deadline or kills < 3:
            clients = [Client(self.pharmacy, f"K{kills}.{n}", n % 2 == 1) for n in range(CLIENTS)]
            worker = Worker(self.pharmacy, f"W{kills}")
            for thread in clients + [worker]:
                thread.start()
            time.sleep(chance.choice([0.0, 0.005, 0.05, 0.3]) + chance.random() * 0.1)     # the moment of the kill is the experiment
            self.pharmacy.kill()
            kills += 1
            for thread in clients + [worker]:
                thread.join(30)
                self.assertIsNone(thread.trouble)
            # Sometimes it is killed while it starts, before anybody can ask it.
            if chance.random() < 0.3:
                self.pharmacy.start()
                self.pharmacy.kill()
            self.pharmacy.start()
            new = self.log_after(seen)
            self.assertEqual([entry["seq"] for entry in new], list(range(seen + 1, seen + 1 + len(new))))
            seen += len(new)
            kinds = {entry["seq"]: entry["kind"] for entry in new}
            for entry in new:
                if entry["kind"] == "packs_received":
                    serial = entry["body"]["serial"]
                    self.assertNotIn(serial, booked, "booked twice")
                    booked[serial] = entry["seq"]
            with_answer = {}
            for client in clients:
                for serial, reply in client.answered:
                    self.assertEqual(booked.get(serial), reply["seq"][-1], f"{serial}: told {reply['seq']}")
                    with_answer[serial] = reply
                answers += len(client.answered)
            for request, what, reply in worker.answered:
                self.assertEqual(kinds.get(reply["seq"][-1]), KINDS[what], f"{request}: told {reply}")
            worked += len(worker.answered)
            unanswered = {client.unanswered for client in clients}
            prefix = f"K{kills - 1}."
            self.assertLessEqual({s for s in booked if s.startswith(prefix)}, set(with_answer) | unanswered, "nobody sent this")
            lost += self.ask_again(clients, with_answer, booked)
            lost += self.work_again(worker, booked)
            seen = self.pharmacy.call("/v1/status")[1]["entries"]
            self.pharmacy.verify()
        print(f"{kills} kills, {answers} answers, {worked} of boxes cut, verified, dispensed and taken back, {lost} scans that were under way", flush=True)
        self.assertGreater(answers, 20)
        self.assertGreater(worked, 20)
        self.pharmacy.stop()
        with sqlite3.connect(self.pharmacy.data / "ledger.db") as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(db.execute("SELECT count(*) FROM pack").fetchone()[0], len(booked))
        db.close()

    def work_again(self, worker, booked):
        """Every request of the worker again, by its id: the same reply. The one under way is done now, or was, and never twice."""
        connection = self.pharmacy.http()
        for request, _, told in worker.answered[-4:]:
            self.assertEqual(self.pharmacy.call("/v1/scan", request, connection=connection), (200, told))
        if worker.under_way:
            request, what = worker.under_way
            status, reply = self.pharmacy.call("/v1/scan", request, connection=connection)
            self.assertEqual((status, reply["what"]), (200, what), f"{request}: {reply}")     # had it been done twice, it would say so
            self.assertEqual(self.pharmacy.call("/v1/scan", request, connection=connection), (200, reply))
            if what == "received":
                booked[f"{worker.prefix}.{sum(w == what for _, w, _ in worker.answered)}"] = reply["seq"][-1]
        connection.close()
        return worker.under_way is not None

    def log_after(self, seen):
        entries = []
        while True:
            page = self.pharmacy.call("/v1/ledger/log", {"after": seen + len(entries), "limit": 1000})[1]["entries"]
            entries += page
            if len(page) < 1000:
                return entries

    def ask_again(self, clients, with_answer, booked):
        """The same codes again: answered ones are known; one that was under way is booked now, or was, and never twice."""
        connection = self.pharmacy.http()
        for serial in list(with_answer)[-3:]:
            status, reply = self.pharmacy.call("/v1/scan", {"content": content(serial), "mode": "receive", "operator": ANA}, connection=connection)
            self.assertEqual((status, reply["what"], reply["seq"]), (200, "already_received", []))
        under_way = 0
        for client in clients:
            if client.with_request_id and client.answered:
                serial, told = client.answered[-1]
                self.assertEqual(self.pharmacy.call("/v1/scan", client.request(serial), connection=connection), (200, told))
            if client.unanswered is None or client.unanswered in with_answer:
                continue
            under_way += 1
            status, reply = self.pharmacy.call("/v1/scan", client.request(client.unanswered), connection=connection)
            self.assertEqual(status, 200)
            if client.unanswered not in booked:
                self.assertEqual(reply["what"], "received")
                booked[client.unanswered] = reply["seq"][-1]
            elif client.with_request_id:
                self.assertEqual((reply["what"], reply["seq"][-1]), ("received", booked[client.unanswered]))
            else:
                self.assertEqual(reply["what"], "already_received")
        connection.close()
        return under_way


main_guard(__name__)
