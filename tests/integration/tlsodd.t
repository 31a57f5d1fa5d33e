#!/usr/bin/env python3
"""Off the straight way with real clients: renegotiation, other protocols on
the port, damaged and missing records, small fragments."""
import os
import random
import re
import select
import socket
import ssl
import subprocess
import time

from harness import Tiny, curl, done, equal, folder, ok, receive_all, self_signed, write
from tlskit import Authority, Wire, s_client, weak_context

keys, root = folder(), folder()
write(root + "/index.html", "home\n")
write(root + "/large", b"0123456789abcdef" * 2000)
rsa, ec = self_signed(keys, "rsa", "rsa"), self_signed(keys, "ec", "ec")


def renegotiation():
    tiny = Tiny({"ssl.keyfile": ec, "server.mode": "echo"})
    c = s_client(tiny, "-tls1_2")
    ok("Secure Renegotiation IS supported" in c.text, "secure renegotiation is indicated", c.text)
    ok("Compression: NONE" in c.text, "no compression", c.text)
    p = subprocess.Popen(["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{tiny.port}"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
    while b"Verify return code" not in p.stdout.readline():
        pass
    p.stdin.write(b"R\n")
    p.stdin.flush()
    text = b""
    while b"error" not in text and select.select([p.stdout], [], [], 10)[0]:
        chunk = os.read(p.stdout.fileno(), 4096)
        if not chunk:
            break
        text += chunk
    p.kill()
    p.communicate()
    ok(b"RENEGOTIATING" in text and b"no renegotiation" in text, "renegotiation is refused by no_renegotiation", text)
    with tiny.tls() as s:
        s.sendall(b"still")
        equal(s.recv(100), b"still", "and others are served")
    tiny.stop()


def other_protocols():
    tiny = Tiny({"ssl.keyfile": ec, "files.root": root})
    code, out, err = curl("-i", f"http://127.0.0.1:{tiny.port}/")
    ok(code == 0 and out.startswith(b"HTTP/1.1 400 ") and b"https://" in out, "curl http:// can read the answer", out)
    for data, want in ((b"\0" * 100, b"\x15\3"), (os.urandom(5000).replace(b"\x16", b"\x17"), b"\x15\3"),
                       (b"EHLO example.org\r\n", b"\x15\3"), (b"\x16\3\1\2\0\1\0\1\xfc" + b"\xff" * 508, b"\x15\3")):
        with tiny.connect(10) as s:
            s.sendall(data)
            answer = receive_all(s)
        ok(answer.startswith(want) and len(answer) == 7, f"{data[:8]!r}...: one alert", answer)
    equal(curl(tiny.url("/index.html"))[1], b"home\n", "and the next client is served")
    tiny.stop()


def last_byte(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def damaged():
    """A changed byte costs the connection, and the alert is a record of the
    cipher in force, so only the real peer can have sent it."""
    tiny = Tiny({"ssl.keyfile": rsa, "server.mode": "echo", "ssl.cipher-list": "ALL", "ssl.min-protocol": "TLSv1"})
    versions = ssl.TLSVersion
    for suite, version in (("ECDHE-RSA-AES128-GCM-SHA256", versions.TLSv1_2), ("AES256-SHA256", versions.TLSv1_2),
                           ("ECDHE-RSA-CHACHA20-POLY1305", versions.TLSv1_2), ("AES128-CCM8", versions.TLSv1_2),
                           ("ECDHE-RSA-AES128-SHA", versions.TLSv1_1), ("AES128-SHA", versions.TLSv1)):
        w = Wire(tiny, weak_context(suite, version)).handshake()
        w.do(w.tls.write, b"fine")
        got = w.do(w.tls.read, 100)
        got += w.do(w.tls.read, 100) if len(got) < 4 else b""  # CBC before TLS 1.1: 1 byte, then the rest
        equal(got, b"fine", f"{suite}, {version.name}: echo")
        w.tls.write(b"changed on the way")
        w.push(last_byte)
        equal(w.reason(w.tls.read, 100), "SSLV3_ALERT_BAD_RECORD_MAC", "a changed byte: bad_record_mac")
        kind, body = w.records()[-1]
        ok(kind == 21 and len(body) > 2, "in an encrypted alert", (kind, body))
        w.close()
    w = Wire(tiny).handshake()
    w.tls.write(b"once")
    kept = []
    w.push(lambda data: kept.append(data) or data)
    w.do(w.tls.read, 10)
    w.socket.sendall(kept[0])
    equal(w.reason(w.tls.read, 100), "SSLV3_ALERT_BAD_RECORD_MAC", "a record sent twice: bad_record_mac")
    w.close()
    ok(b"bad_record_mac" in tiny.wait_log(rb"connection broke.*\n"), "the log tells of it", tiny.log)
    tiny.stop()


def damaged_finished():
    tiny = Tiny({"ssl.keyfile": rsa, "server.mode": "echo", "ssl.cipher-list": "ALL"})
    for suite in "ECDHE-RSA-AES128-GCM-SHA256", "AES128-SHA256":
        w = Wire(tiny, weak_context(suite))
        try:
            w.tls.do_handshake()
        except ssl.SSLWantReadError:
            w.push()
        while w.seen.find(b"\x0e\0\0\0") < 0:
            chunk = w.socket.recv(65536)
            w.seen += chunk
            w.incoming.write(chunk)
        try:
            w.tls.do_handshake()
        except ssl.SSLWantReadError:
            w.push(last_byte)
        equal(w.reason(w.tls.do_handshake), "SSLV3_ALERT_BAD_RECORD_MAC", f"{suite}: a damaged Finished")
        w.close()
    tiny.stop()


def mutate(data, r):
    """Bits flipped, bytes lost, inserted or doubled."""
    b, i = bytearray(data), r.randrange(len(data))
    kind = r.randrange(6)
    if kind == 3:
        del b[i:i + r.choice([1, 2, 16])]
    elif kind == 4:
        b[i:i] = r.randbytes(r.choice([1, 2, 16]))
    elif kind == 5:
        b = b[:i] + b
    else:
        for _ in range(kind * 2 + 1):
            b[r.randrange(len(b))] ^= 1 << r.randrange(8)
    return bytes(b)


def mutated():
    """One of a client's flights is changed, with and without a certificate:
    an alert, or the end by a time-out, and never more than that connection."""
    authority = Authority("CA")
    own = [None, authority.issue("alice"), authority.issue("bob", key="rsa")]
    tiny = Tiny({"ssl.keyfile": rsa, "ssl.second-keyfile": ec, "server.mode": "echo", "ssl.cipher-list": "ALL",
                 "ssl.min-protocol": "TLSv1", "ssl.cafile": authority.crt, "ssl.verify": "optional",
                 "ssl.session-cache": "true", "server.handshake-timeout": "300ms", "server.idle-timeout": "300ms"})
    ends = {}
    for seed in range(200):
        r = random.Random(seed)
        version = r.choice([ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1] + [ssl.TLSVersion.TLSv1_2] * 2)
        context = weak_context(r.choice(["ALL", "AES128-SHA", "ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES256-SHA"]), version)
        pem = r.choice(own)
        if pem:
            context.load_cert_chain(pem)
        w = Wire(tiny, context)
        flights, push = iter(range(99)), w.push
        chosen = r.randrange(3)
        w.push = lambda: push(lambda data: mutate(data, r) if next(flights) == chosen else data)
        try:
            end = w.reason(lambda: (w.do(w.tls.do_handshake), w.do(w.tls.write, b"hello"), w.do(w.tls.read, 10)))
        except OSError as e:
            end = type(e).__name__
        ends[end] = ends.get(end, 0) + 1
        w.close()
    alerts = sum(n for end, n in ends.items() if end and "_ALERT_" in end)
    ok("TimeoutError" not in ends and alerts > 80, f"200 changed flights, {alerts} alerts", ends)
    with tiny.tls(weak_context()) as s:
        s.sendall(b"good")
        equal(s.recv(9), b"good", "and the next client is served")
    equal(tiny.stop(), 0, "and it ends well")


def truncated():
    """Ends without close_notify are told apart from clean ones, at level debug."""
    tiny = Tiny({"ssl.keyfile": ec, "server.mode": "echo", "log.level": "debug"})
    w = Wire(tiny).handshake()
    w.close()
    ok(tiny.wait_log(rb"without close_notify"), "a stream cut off is called so")
    before = len(tiny.log)
    w = Wire(tiny).handshake()
    try:
        w.tls.unwrap()
    except ssl.SSLWantReadError:
        w.push()
    w.socket.shutdown(socket.SHUT_WR)
    rest = receive_all(w.socket)
    w.close()
    ok(rest[:3] == b"\x15\3\3", "close_notify is answered", rest)
    time.sleep(0.2)
    tiny.read_log()
    ok(b"without close_notify" not in tiny.log[before:], "a clean end is not called cut off", tiny.log[before:])
    tiny.stop()


def fragments():
    """max_fragment_length (RFC 6066): no record of the server holds more."""
    tiny = Tiny({"ssl.keyfile": rsa, "files.root": root, "ssl.cipher-list": "ALL"})
    want = b"GET /large HTTP/1.0\r\n\r\n"
    for size in 512, 1024, 2048, 4096, None:
        for suite in "ECDHE-RSA-AES128-GCM-SHA256", "AES256-SHA256":
            args = ["-maxfraglen", str(size)] if size else []
            c = s_client(tiny, "-tls1_2", "-cipher", suite, "-ign_eof", "-msg", *args, input=want)
            headers = re.findall(r"<<< TLS 1\.2, RecordHeader \[length 0005\]\n    17 03 03 (..) (..)", c.text)
            longest = max((int(a + b, 16) for a, b in headers), default=0)
            bound = (size or 16384) + 16 + 48 + 16
            ok((size or 4096) < longest <= bound, f"{suite}, fragments of {size}: the longest record is {longest}",
               c.text[:2000])
            c = s_client(tiny, "-tls1_2", "-cipher", suite, "-ign_eof", "-quiet", *args, input=want)
            equal(c.text.count("0123456789abcdef"), 2000, "and all arrives")
    tiny.stop()


for part in renegotiation, other_protocols, damaged, damaged_finished, mutated, truncated, fragments:
    part()
done()
