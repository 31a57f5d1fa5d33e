#!/usr/bin/env python3
"""A build whose socket layer interrupts, refuses and cuts short about every
second call (core/sock.c with TINY_FAULTS, under sanitizers): every byte must
arrive all the same, for many seeds."""
import os
import select
import socket
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from harness import ROOT, Tiny, client_context, done, equal, folder, ok, receive_all, self_signed, write  # noqa: E402

SEEDS = range(1, 41, 2)  # the layer takes odd ones
FAULTY = os.path.join(os.environ.get("BUILD", os.path.join(ROOT, "build")), "faults", "tiny")
MEGABYTE = os.urandom(1 << 20)
root, keys = folder(), folder()
write(root + "/megabyte", MEGABYTE)
rsa, ec = self_signed(keys, "rsa", "rsa"), self_signed(keys, "ec", "ec")
KEYS = {"ssl.keyfile": rsa, "ssl.second-keyfile": ec, "ssl.cipher-list": "ALL", "ssl.min-protocol": "TLSv1",
        "ssl.session-cache": "true"}
WAYS = [("ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1_2"), ("ECDHE-RSA-CHACHA20-POLY1305", "TLSv1_2"),
        ("ECDHE-ECDSA-AES256-CCM", "TLSv1_2"), ("AES256-SHA256", "TLSv1_2"), ("ECDHE-RSA-AES256-SHA", "TLSv1_1"),
        ("ECDHE-ECDSA-AES128-SHA", "TLSv1")]


def start(seed, options):
    return Tiny({**KEYS, **options}, binary=FAULTY, env=dict(os.environ, TINY_FAULTS=str(seed)))


def context_of(suite, version):
    version = getattr(ssl.TLSVersion, version)
    return client_context(version, version, suite + ":@SECLEVEL=0")


def fetch(tiny, suite, version):
    """Two small requests in one connection, then a resumed one."""
    context = context_of(suite, version)
    request = b"HEAD /megabyte HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2
    with tiny.tls(context) as s:
        s.sendall(request + request.replace(b"1.1\r\n", b"1.1\r\nConnection: close\r\n", 1))
        first, session, used = receive_all(s).count(b"200 OK"), s.session, s.cipher()[0]
    with context.wrap_socket(tiny.connect(), server_hostname="localhost", session=session) as s:
        s.sendall(b"GET /none HTTP/1.0\r\n\r\n")
        return first, receive_all(s)[9:12], s.session_reused, used


def megabyte(tiny, suite, version):
    with tiny.tls(context_of(suite, version)) as s:
        s.sendall(b"GET /megabyte HTTP/1.0\r\n\r\n")
        return receive_all(s).partition(b"\r\n\r\n")[2] == MEGABYTE


def echo(tiny, suite, version):
    """1 MB each way at once."""
    sent, got = 0, bytearray()
    with tiny.tls(context_of(suite, version)) as s:
        s.setblocking(False)
        while len(got) < len(MEGABYTE) and select.select([s], [s] if sent < len(MEGABYTE) else [], [], 30) != ([],) * 3:
            try:
                sent += s.send(MEGABYTE[sent:sent + 20000]) if sent < len(MEGABYTE) else 0
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            try:
                while len(got) < len(MEGABYTE):
                    got += s.recv(65536) or b"?" * len(MEGABYTE)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
    return bytes(got) == MEGABYTE


def serve_echo(listener):
    """The backend of mode proxy: one connection after another, its bytes back."""
    while True:
        with listener.accept()[0] as s:
            try:
                while chunk := s.recv(65536):
                    s.sendall(chunk)
            except ConnectionResetError:
                pass  # the client left without a close_notify


backend = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve_echo, args=(backend,), daemon=True).start()
BEHIND = {"proxy.backend": f"tcp://127.0.0.1:{backend.getsockname()[1]}", "proxy.connect-timeout": 20}
for seed in SEEDS:
    way = WAYS[seed % len(WAYS)]
    tiny = start(seed, {"files.root": root})
    got = [fetch(tiny, *w) for w in (way, WAYS[(seed + 1) % len(WAYS)])]
    equal(got, [(3, b"404", True, w[0]) for w in (way, WAYS[(seed + 1) % len(WAYS)])],
          f"seed {seed}: handshakes and resumption with {way[0]} and the next")
    ok(megabyte(tiny, *way), f"seed {seed}: a file of 1 MB with {way[0]}", tiny.log)
    equal(tiny.stop(), 0, f"seed {seed}: it ends well")
    tiny = start(seed, {"server.mode": "echo"})
    ok(echo(tiny, *way), f"seed {seed}: 1 MB echoed with {way[0]}", tiny.log)
    equal(tiny.stop(), 0, f"seed {seed}: it ends well, and no sanitizer complains")
    tiny = start(seed, BEHIND)
    ok(echo(tiny, *way), f"seed {seed}: 1 MB through a backend with {way[0]}", tiny.log)
    equal(tiny.stop(), 0, f"seed {seed}: that ends well, too")
done()
