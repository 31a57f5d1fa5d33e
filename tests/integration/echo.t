#!/usr/bin/env python3
"""server.mode echo and reverse against the static binary: OpenSSL's and
Python's clients, large data with a reader that is slow, split lines, CLOSE,
the bound of a line."""

import hashlib
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import *  # noqa: E402,F403

pem = self_signed(folder())


def receive_exactly(s, n):
    data = b""
    while len(data) < n:
        chunk = s.recv(min(65536, n - len(data)))
        if not chunk:
            break
        data += chunk
    return data


def both_ways(s, data):
    """Sends all of data while it reads as many bytes; their SHA-256."""
    got = hashlib.sha256()
    left, at = len(data), 0
    s.setblocking(False)
    end = time.monotonic() + PATIENCE
    while left > 0 and time.monotonic() < end:
        select.select([s], [s] if at < len(data) else [], [], 0.1)
        try:
            while at < len(data):
                at += s.send(data[at:at + 65536])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        try:
            while left > 0:
                chunk = s.recv(65536)
                if not chunk:
                    return got
                got.update(chunk)
                left -= len(chunk)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
    s.settimeout(PATIENCE)
    return got


def echo():
    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem})

    s = tiny.tls()
    s.sendall(b"hello")
    equal(receive_exactly(s, 5), b"hello", "bytes come back before the client ends")
    s.sendall(b"\0\xff\r\n")
    equal(receive_exactly(s, 4), b"\0\xff\r\n", "any byte, again and again")
    s.unwrap().close()

    # Much more than all buffers on the way hold. One thread writes and reads, as
    # Python's TLS connections are not for two at a time.
    data = os.urandom(1 << 20) * 24
    s = tiny.tls()
    got = both_ways(s, data)
    equal(got.hexdigest(), hashlib.sha256(data).hexdigest(), "24 MiB come back whole")
    s.unwrap().close()

    # A client that does not read: the server stops reading it, and keeps none
    # of what it cannot give back.
    s = tiny.tls()
    s.settimeout(1)
    before = tiny.status("VmRSS")
    sent = 0
    try:
        while sent < 64 << 20:
            sent += s.send(data[:65536])
    except (socket.timeout, ssl.SSLWantWriteError):
        pass
    ok(sent < 64 << 20, "a client that does not read is not read from", f"{sent} bytes went in")
    ok(tiny.status("VmRSS") - before < 1024, "and the server does not grow")
    s.close()

    s_client(tiny)
    equal(tiny.stop(), 0, "ends in an orderly way")


def s_client(tiny):
    lines = b"".join(b"line %d\n" % i for i in range(2000))
    p = subprocess.Popen(["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect",
                          f"127.0.0.1:{tiny.port}"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    threading.Thread(target=lambda: (p.stdin.write(lines), p.stdin.flush()), daemon=True).start()
    got = b""
    while len(got) < len(lines):
        chunk = os.read(p.stdout.fileno(), 65536)
        if not chunk:
            break
        got += chunk
    p.stdin.close()
    p.wait(PATIENCE)
    equal(hashlib.sha256(got).hexdigest(), hashlib.sha256(lines).hexdigest(),
          "openssl s_client gets its lines back")


def last_records():
    """Small records, close_notify and the end of the stream, all at hand
    before the server can write: nothing of it may be lost."""
    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem})
    context = client_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", tiny.port))
    s.settimeout(PATIENCE)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            s.sendall(outgoing.read())
            incoming.write(s.recv(65536))
    s.sendall(outgoing.read())
    want = b""
    for i in range(4000):
        piece = b"record %d;" % i
        tls.write(piece)
        want += piece
    try:
        tls.unwrap()
    except ssl.SSLWantReadError:
        pass
    threading.Thread(target=lambda: (s.sendall(outgoing.read()), s.shutdown(socket.SHUT_WR)),
                     daemon=True).start()
    time.sleep(0.3)
    got = b""
    try:
        while True:
            raw = s.recv(1000)
            if not raw:
                break
            incoming.write(raw)
            while True:
                chunk = tls.read(65536)
                if not chunk:
                    break
                got += chunk
    except (ssl.SSLWantReadError, ssl.SSLZeroReturnError, ConnectionResetError):
        pass
    # After close_notify a server may end both ways (RFC 5246, 7.2.1): what
    # came back is the beginning of what was sent, never anything else.
    ok(want.startswith(got), "what comes back is a beginning of what was sent")
    s.close()
    equal(tiny.stop(), 0, "the server goes on")


def reverse():
    tiny = Tiny({"server.mode": "reverse", "ssl.keyfile": pem, "reverse.max-line": "4096"})
    s = tiny.tls()
    s.sendall(b"hello\r\nab")
    equal(receive_exactly(s, 6), b"olleh\n", "a line")
    s.sendall(b"c\n\nx")
    equal(receive_exactly(s, 5), b"cba\n\n", "a line in two pieces, an empty line")
    s.sendall(b"\nCLOSE\nnever\n")
    equal(receive_all(s), b"x\n", "CLOSE ends the connection")

    s = tiny.tls()
    s.sendall(b"y" * 4096 + b"\n")
    equal(receive_exactly(s, 4097), b"y" * 4096 + b"\n", "the longest line")
    s.sendall(b"ok\n" + b"z" * 4097 + b"\n")
    equal(receive_all(s), b"ko\n", "a longer one ends the connection, after what came before it")
    tiny.wait_log(rb"a line of more than 4096 bytes")
    ok(True, "and is told in the log")

    s = tiny.tls()
    lines = [os.urandom(20).hex().encode() * (i % 50) for i in range(3000)]
    want = b"".join(line[::-1] + b"\n" for line in lines)
    equal(both_ways(s, b"\n".join(lines) + b"\n").hexdigest(), hashlib.sha256(want).hexdigest(), "3000 lines")
    s.close()
    equal(tiny.stop(), 0, "ends in an orderly way")


echo()
last_records()
reverse()
done()
