#!/usr/bin/env python3
"""1,000 clients at once, good and bad mixed: every good one gets right bytes,
the server neither grows without bound nor falls."""
import hashlib
import os
import random
import resource
import selectors
import socket
import ssl
import time

from harness import Tiny, client_context, done, equal, folder, ok, self_signed, write

GOOD, BAD = 600, 400
random.seed(7)
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
root = folder()
files = {}
for i in range(8):
    data = os.urandom(1000 + i * 40_000)
    write(f"{root}/f{i}", data)
    files[f"/f{i}"] = hashlib.sha256(data).digest()
tiny = Tiny({"ssl.keyfile": self_signed(folder()), "files.root": root, "server.max-connections": 1200,
             "server.handshake-timeout": 20})
context = client_context()


class Good:
    """A client with non-blocking I/O that fetches two files and checks them."""

    def __init__(self):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.paths = random.choices(list(files), k=2)
        self.got, self.right, self.finished, self.sent = b"", 0, False, False
        self.unsent = b""
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", tiny.port))

    def move(self):
        try:
            data = self.socket.recv(65536)
            if data:
                self.incoming.write(data)
            else:
                self.incoming.write_eof()
                self.finished = True
        except BlockingIOError:
            pass
        except OSError:
            self.finished = True
        try:
            if not self.sent:
                self.tls.do_handshake()
                text = "".join(f"GET {p} HTTP/1.1\r\nHost: localhost\r\n\r\n" for p in self.paths)
                self.tls.write(text.encode())
                self.sent = True
            while True:
                chunk = self.tls.read(65536)
                if not chunk:
                    self.finished = True
                    break
                self.got += chunk
                self.check()
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        except ssl.SSLError:
            self.finished = True
        self.unsent += self.outgoing.read()
        if self.unsent:
            try:
                self.unsent = self.unsent[self.socket.send(self.unsent):]
            except BlockingIOError:
                pass
            except OSError:
                self.finished = True

    def check(self):
        while self.right < len(self.paths):
            head, mark, rest = self.got.partition(b"\r\n\r\n")
            if not mark:
                return
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            if len(rest) < length:
                return
            if hashlib.sha256(rest[:length]).digest() != files[self.paths[self.right]]:
                self.finished = True
                return
            self.got = rest[length:]
            self.right += 1
        self.finished = True


def bad_socket(kind):
    """A client that means no good; returns its socket to be kept for a while."""
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("127.0.0.1", tiny.port))
    time.sleep(0.0005)
    payload = [b"", b"\x16\x03\x01", os.urandom(200), b"GET / HTTP/1.1\r\n\r\n", b"\x80\x2e\x01\x00\x02",
               b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"\x15\x03\x01\x00\x02\x02\x28",
               b"\x16\x03\x01\x40\x01" + bytes(2000)][kind % 8]
    try:
        if payload:
            s.send(payload)
        if kind % 3 == 0:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            s.close()
    except OSError:
        pass
    return s


selector = selectors.DefaultSelector()
good, bad = [], []
for i in range(GOOD + BAD):
    if i % 5 < 2:
        bad.append(bad_socket(i // 5))
    else:
        g = Good()
        good.append(g)
        selector.register(g.socket, selectors.EVENT_READ, g)
unfinished = set(good)
end = time.monotonic() + 90
peak = 0
while unfinished and time.monotonic() < end:
    for g in [key.data for key, _ in selector.select(0.02)] + [g for g in unfinished if g.unsent or not g.sent]:
        if g in unfinished:
            g.move()
            if g.finished:
                selector.unregister(g.socket)
                g.socket.close()
                unfinished.discard(g)
    tiny.read_log(0)
    peak = max(peak, tiny.status("VmRSS"))
equal(len(good), GOOD, f"{GOOD} good clients among {BAD} bad ones")
equal(sum(g.right == 2 for g in good), GOOD, "every good one got right bytes")
ok(tiny.alive(), "the server lives")
ok(peak < 80_000, "its memory stayed within bounds", f"{peak} KiB")
for s in bad:
    s.close()
equal(tiny.stop(), 0, "and it ends well")
done()
