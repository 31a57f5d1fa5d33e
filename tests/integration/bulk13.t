#!/usr/bin/env python3
"""Much data over TLS 1.3: 64 MiB out and 64 MiB echoed with each suite, their hashes
compared; and 300 clients at once, of both versions."""
import hashlib
import os
import random
import select
import socket
import ssl
import subprocess
import time

from harness import Tiny, client_context, done, equal, folder, ok, run, self_signed, write

SUITES = "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
SIZE = 64 << 20
V13, V12 = ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2
random.seed(13)
root, pem = folder(), self_signed(folder())
block = os.urandom(1 << 20)
want = hashlib.sha256()
with open(root + "/large", "wb") as f:
    for i in range(SIZE >> 20):
        piece = i.to_bytes(4, "big") + block[4:]
        f.write(piece)
        want.update(piece)


def out():
    tiny = Tiny({"ssl.keyfile": pem, "files.root": root})
    for suite in SUITES:
        source = subprocess.Popen(["curl", "-sSk", "--max-time", "120", "--tlsv1.3", "--tls13-ciphers", suite,
                                   tiny.url("/large", host="127.0.0.1")], stdout=subprocess.PIPE)
        got = hashlib.sha256()
        while chunk := source.stdout.read(1 << 20):
            got.update(chunk)
        equal((source.wait(), got.hexdigest()), (0, want.hexdigest()), f"{suite}: 64 MiB come to curl")
    code, data, err = run("curl", "-sSk", "--max-time", "60", "--tlsv1.3", "--limit-rate", "8M", "-r", "0-16777215",
                          tiny.url("/large", host="127.0.0.1"), timeout=90)
    with open(root + "/large", "rb") as f:
        ok(code == 0 and data == f.read(1 << 24), "and to one that reads slowly", err)
    equal(tiny.stop(), 0, "it ends well")


def echoed(port, suite, kind):
    """openssl s_client and a pipe on either side: all that is sent comes back."""
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet", "-nocommands", *kind,
                               *(["-ciphersuites", suite] if suite else [])], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    got, left, end = hashlib.sha256(), SIZE, time.monotonic() + 120
    source = open(root + "/large", "rb")
    os.set_blocking(client.stdin.fileno(), False)
    pending = source.read(1 << 16)
    while left > 0 and time.monotonic() < end:
        readable, writable, _ = select.select([client.stdout], [client.stdin] if pending else [], [], 5)
        if writable:
            try:
                pending = pending[os.write(client.stdin.fileno(), pending):] or source.read(1 << 16)
            except BlockingIOError:
                pass
        if readable:
            chunk = os.read(client.stdout.fileno(), 1 << 16)
            if not chunk:
                break
            got.update(chunk)
            left -= len(chunk)
    source.close()
    client.kill()
    client.wait()
    return left, got.hexdigest()


def back():
    tiny = Tiny({"ssl.keyfile": pem, "server.mode": "echo"})
    for suite in SUITES:
        equal(echoed(tiny.port, suite, ["-tls1_3"]), (0, want.hexdigest()), f"{suite}: 64 MiB sent and echoed")
    equal(tiny.stop(), 0, "it ends well")


class Visitor:
    """One of many, which does a step at a time: handshake, request, answer."""

    def __init__(self, tiny, kind, path, size):
        self.context = CONTEXTS[kind]
        self.kind, self.size, self.got, self.done, self.good = kind, size, b"", False, False
        self.version = None
        plain = socket.create_connection(("127.0.0.1", tiny.port), timeout=30)
        plain.setblocking(False)
        self.tls = self.context.wrap_socket(plain, server_hostname="localhost", do_handshake_on_connect=False)
        self.steps = [self.tls.do_handshake, lambda: self.tls.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())]

    def fileno(self):
        return self.tls.fileno()

    def move(self):
        try:
            while self.steps:
                self.steps[0]()
                self.steps.pop(0)
            self.version = self.tls.version()
            while chunk := self.tls.recv(65536):
                self.got += chunk
            self.finish()
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLError, OSError) as e:
            self.got += repr(e).encode()
            self.finish()

    def finish(self):
        body = self.got.partition(b"\r\n\r\n")[2]
        self.good = self.version == self.kind[0] and body == block[:self.size]
        self.done = True
        self.tls.close()


CONTEXTS = {("TLSv1.3", None): client_context(V13, V13), ("TLSv1.2", None): client_context(V12, V12),
            ("TLSv1.3", "both"): client_context(V12, V13), ("TLSv1.2", "CHACHA20"): client_context(V12, V12, "CHACHA20"),
            ("TLSv1.3", "P-384"): client_context(V13, V13)}
CONTEXTS["TLSv1.3", "P-384"].set_ecdh_curve("secp384r1")


def many():
    sizes = [0, 1, 1000, 16384, 70_000, 300_000]
    for size in sizes:
        write(f"{root}/f{size}", block[:size])
    tiny = Tiny({"ssl.keyfile": pem, "files.root": root, "server.handshake-timeout": 60})
    visitors = []
    for i in range(300):
        size = random.choice(sizes)
        visitors.append(Visitor(tiny, random.choice(list(CONTEXTS)), f"/f{size}", size))
    waiting, end = set(visitors), time.monotonic() + 90
    for v in visitors:
        v.move()
    while waiting and time.monotonic() < end:
        waiting = {v for v in waiting if not v.done}
        for v in select.select(list(waiting), [], [], 0.2)[0] if waiting else []:
            v.move()
        tiny.read_log(0)
    equal(sum(v.good for v in visitors), 300, "300 clients at once, of both versions: each has its file")
    equal({v.version for v in visitors}, {"TLSv1.2", "TLSv1.3"}, "and its version")
    ok(tiny.status("VmHWM") < 40_000, "the server stayed small", f"{tiny.status('VmHWM')} KiB")
    equal(tiny.stop(), 0, "it ends well")


for part in out, back, many:
    part()
done()
