#!/usr/bin/env python3
"""Nothing is allocated per request or per connection once the server is warm:
seen from the system calls that get memory."""
import os
import signal
import time

from harness import TINY, Tiny, client_context, done, equal, folder, have, ok, self_signed, skip, write

if not have("strace"):
    skip("allocations", "strace is missing")
    done()
root = folder()
write(root + "/small", b"s" * 100)
write(root + "/large", os.urandom(200_000))
trace = folder() + "/trace"
tiny = Tiny({"ssl.keyfile": self_signed(folder()), "files.root": root, "ssl.session-cache": "true",
             "log.access-file": trace + ".access"},
            wrap=["strace", "-f", "-qq", "-o", trace, "-e", "trace=%memory"])
context = client_context()


def calls():
    with open(trace) as f:
        return sum(1 for _ in f)


def ask(s, path):
    # The head comes in two records, so that it has to be gathered.
    s.sendall(f"GET {path} HTTP/1.1\r\n".encode())
    s.sendall(b"Host: localhost\r\nRange: bytes=0-9,20-29\r\n\r\n" if path == "/large" else b"Host: localhost\r\n\r\n")
    got = s.recv(65536)
    while b"\r\n\r\n" not in got:
        got += s.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += s.recv(65536)
    return head[:12]


def round_of(connections, requests):
    good = True
    for _ in range(connections):
        with tiny.tls(context) as s:
            for _ in range(requests):
                good = ask(s, "/small") == b"HTTP/1.1 200" and good
                good = ask(s, "/large") == b"HTTP/1.1 206" and good
    return good


ok(round_of(5, 5), "warm")
before = calls()
ok(round_of(1, 200), "400 requests on one connection")
equal(calls() - before, 0, "no memory was asked for")
before = calls()
ok(round_of(40, 2), "40 connections")
equal(calls() - before, 0, "nor for these")
with open(f"/proc/{tiny.pid}/task/{tiny.pid}/children") as f:
    os.kill(int(f.read().split()[0]), signal.SIGTERM)
equal(tiny.wait(), 0, "it ends well")
done()
