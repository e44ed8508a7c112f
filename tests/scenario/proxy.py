# SPDX-License-Identifier: Apache-2.0
"""A bad network between a station and the collector: connections go through here, and are treated as the test says."""
import random
import socket
import struct
import threading
import time


class Proxy:
    """Listens on a port of its own; `target` says where to connect to, each time anew.

    mode: pass, refuse (hangs up at once), stall (takes everything and passes nothing on), and one of these for a while after which the
    connection is cut: corrupt (flips a bit somewhere), replay (says a piece twice), slow (a few bytes at a time).
    """

    def __init__(self, target, seed=0):
        self.target, self.mode, self.chance = target, "pass", random.Random(seed)
        self.lock, self.pairs, self.over = threading.Lock(), set(), False
        self.accepted = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.over:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self.mode == "refuse":
                reset(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target()), timeout=5)
                far.settimeout(None)
            except OSError:
                reset(near)
                continue
            with self.lock:
                self.pairs.add((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pass_on, args=(source, sink, (near, far)), daemon=True).start()

    def pass_on(self, source, sink, pair):
        try:
            while piece := source.recv(self.chance.choice((17, 1460, 65536))):
                while self.mode == "stall" and pair in self.pairs:
                    time.sleep(0.02)
                for part in self.treated(piece):
                    sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            self.end(pair)
        else:
            if source is pair[1]:
                self.end(pair)

    def treated(self, piece):
        if self.mode == "corrupt" and self.chance.random() < 0.2:
            at = self.chance.randrange(len(piece))
            return [piece[:at], bytes([piece[at] ^ (1 << self.chance.randrange(8))]), piece[at + 1:]]
        if self.mode == "replay" and self.chance.random() < 0.2:
            return [piece, piece]
        if self.mode == "slow":
            time.sleep(0.002)
            step = self.chance.randrange(1, 400)
            return [piece[at:at + step] for at in range(0, len(piece), step)]
        return [piece]

    def end(self, pair):
        with self.lock:
            if pair not in self.pairs:
                return
            self.pairs.discard(pair)
        for end in pair:
            reset(end)

    def cut(self):
        """Every connection there is, at once."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            self.end(pair)

    def close(self):
        self.over = True
        self.listener.close()
        self.cut()


def reset(end):
    """Closes without a good-bye."""
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
