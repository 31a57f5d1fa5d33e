#!/usr/bin/env python3
"""First flights against the static binary: malformed ClientHellos and their
alerts, hellos that come byte by byte or in many records, other protocols on
the TLS port, stalled and abandoned connections."""

import os
import ssl
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import *  # noqa: E402,F403

pem = self_signed(folder())

HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, DECODE_ERROR = 40, 47, 50
PROTOCOL_VERSION, UNEXPECTED_MESSAGE, RECORD_OVERFLOW, MISSING_EXTENSION = 70, 10, 22, 109
INAPPROPRIATE_FALLBACK = 86

SERVER_NAME = (0, b"\0\x0c\0\0\x09localhost")
GROUPS = (10, b"\0\4\0\x1d\0\x17")
POINT_FORMATS = (11, b"\1\0")
SIGNATURES = (13, b"\0\4\4\3\4\1")
USUAL = [SERVER_NAME, GROUPS, POINT_FORMATS, SIGNATURES]


def u16(n):
    return struct.pack(">H", n)


def hello(extensions=USUAL, version=0x0303, session=b"", suites=b"\xc0\x2b\xc0\x2f", compression=b"\0",
          trailing=b""):
    """A handshake message. extensions: (type, body) pairs, or None for none at all."""
    body = u16(version) + bytes(range(32)) + bytes([len(session)]) + session
    body += u16(len(suites)) + suites + bytes([len(compression)]) + compression
    if extensions is not None:
        block = b"".join(u16(kind) + u16(len(data)) + data for kind, data in extensions)
        body += u16(len(block)) + block
    body += trailing
    return b"\1" + len(body).to_bytes(3, "big") + body


def records(message, size=16384):
    return b"".join(b"\x16\3\1" + u16(len(part)) + part
                    for part in (message[i:i + size] for i in range(0, len(message), size)))


def exchange(tiny, data):
    """What the server answers up to its end of the stream; a server that
    neither answers nor closes shows as a time-out."""
    s = tiny.connect()
    answer = b""
    try:
        s.sendall(data)
        while True:
            chunk = s.recv(65536)
            if not chunk:
                return answer
            answer += chunk
    except ConnectionResetError:
        return answer + b" and a reset"
    finally:
        s.close()


def fatal(alert):
    return [b"\x15\3" + bytes([minor, 0, 2, 2, alert]) for minor in (1, 2, 3)]


def refused(tiny, name, data, alert):
    answer = exchange(tiny, data)
    ok(answer in fatal(alert), f"{name}: alert {alert}", f"got {answer!r}")


def malformed(tiny):
    """Each gets exactly one fatal alert in plain text, then the end."""
    def usual(*more, **fields):
        return records(hello(USUAL + list(more), **fields))

    def instead(kind, body):
        return records(hello([e for e in USUAL if e[0] != kind] + [(kind, body)]))

    cases = [
        ("a session ID of 33 bytes", usual(session=bytes(33)), DECODE_ERROR),
        ("no suites", usual(suites=b""), DECODE_ERROR),
        ("suites of odd length", usual(suites=b"\xc0\x2b\xc0"), DECODE_ERROR),
        ("no compression method", usual(compression=b""), DECODE_ERROR),
        ("compression without null", usual(compression=b"\1"), ILLEGAL_PARAMETER),
        ("a byte after the extensions", usual(trailing=b"\0"), DECODE_ERROR),
        ("an extension twice", usual(SERVER_NAME), ILLEGAL_PARAMETER),
        ("an unknown extension twice", usual((0x7777, b""), (0x7777, b"")), ILLEGAL_PARAMETER),
        ("an empty list of server names", instead(0, b"\0\0"), DECODE_ERROR),
        ("an empty server name", instead(0, b"\0\3\0\0\0"), DECODE_ERROR),
        ("a server name with a NUL", instead(0, b"\0\6\0\0\3a\0b"), ILLEGAL_PARAMETER),
        ("two host names", instead(0, b"\0\x08\0\0\1a\0\0\1b"), ILLEGAL_PARAMETER),
        ("no groups", instead(10, b"\0\0"), DECODE_ERROR),
        ("groups of odd length", instead(10, b"\0\3\0\x1d\0"), DECODE_ERROR),
        ("compressed points alone", instead(11, b"\1\1"), ILLEGAL_PARAMETER),
        ("no signature schemes", instead(13, b"\0\0"), DECODE_ERROR),
        ("an empty ALPN list", usual((16, b"\0\0")), DECODE_ERROR),
        ("an empty ALPN name", usual((16, b"\0\1\0")), DECODE_ERROR),
        ("an extended master secret with a body", usual((23, b"\0")), DECODE_ERROR),
        ("an unknown fragment length", usual((1, b"\5")), ILLEGAL_PARAMETER),
        ("a record limit of 63", usual((28, b"\0\x3f")), ILLEGAL_PARAMETER),
        ("an empty list of versions", usual((43, b"\0")), DECODE_ERROR),
        ("renegotiation data in a first hello", usual((0xFF01, b"\1x")), HANDSHAKE_FAILURE),
        ("a version below SSLv3", usual(version=0x0200), PROTOCOL_VERSION),
        ("SSLv3", usual(version=0x0300), PROTOCOL_VERSION),
        ("only unknown versions", usual((43, b"\2\x7f\x17")), PROTOCOL_VERSION),
        ("no suite that is known", usual(suites=b"\x0a\x0a\0\0"), HANDSHAKE_FAILURE),
        ("another message first", records(b"\2" + hello()[1:]), UNEXPECTED_MESSAGE),
        ("a second message in the record", records(hello() + hello()), UNEXPECTED_MESSAGE),
        ("an empty record first", b"\x16\3\1\0\0", UNEXPECTED_MESSAGE),
        ("a record of 16385 bytes", b"\x16\3\1\x40\1", RECORD_OVERFLOW),
        ("a record of version 4", b"\x16\4\1\0\5", PROTOCOL_VERSION),
        ("a hello of 16385 bytes", records(b"\1\0\x3f\xfd" + bytes(60)), ILLEGAL_PARAMETER),
        ("a hello in too many records", records(b"\1\0\x3f\xf0" + bytes(4000), 1), ILLEGAL_PARAMETER),
        ("application data first", b"\x17\3\3\0\1x", UNEXPECTED_MESSAGE),
        ("ChangeCipherSpec first", b"\x14\3\3\0\1\1", UNEXPECTED_MESSAGE),
        ("an alert first", b"\x15\3\1\0\2\2\x28", UNEXPECTED_MESSAGE),
        ("an alert amid the hello", records(hello()[:20]) + b"\x15\3\1\0\2\1\x5a", UNEXPECTED_MESSAGE),
        ("an SSLv2 hello", b"\x80\x2e\1\0\2\0\x15\0\0\0\x10" + bytes(37), PROTOCOL_VERSION),
        ("an SSLv2-form hello for TLS 1.2", b"\x80\x2e\1\3\3\0\x15\0\0\0\x10" + bytes(37), PROTOCOL_VERSION),
        ("an SSH client", b"SSH-2.0-test\r\n", UNEXPECTED_MESSAGE),
    ]
    for name, data, alert in cases:
        refused(tiny, name, data, alert)


def accepted(tiny):
    """Odd hellos that are in order get a ServerHello."""
    grease = [(0x3A3A, b""), SERVER_NAME, (10, b"\0\6\x5a\x5a\0\x1d\0\x17"), POINT_FORMATS,
              (13, b"\0\6\x0a\x0a\4\3\4\1"), (43, b"\4\xfa\xfa\3\3"), (0xDADA, b"\0")]
    for name, message in [
            ("a plain hello", hello()),
            ("GREASE in every list", hello(grease, suites=b"\xca\xca\xc0\x2b\xc0\x2f")),
            ("a name of another type", hello([(0, b"\0\4\7\0\1x"), GROUPS, POINT_FORMATS, SIGNATURES])),
            ("an IPv4 literal as the name", hello([(0, b"\0\x0c\0\0\x09127.0.0.1")] + USUAL[1:])),
            ("a hello of 16384 bytes", hello(USUAL + [(21, bytes(16384 - len(hello()) - 4))]))]:
        s = tiny.connect()
        s.sendall(records(message))
        answer = s.recv(65536)
        ok(answer[:3] == b"\x16\3\3" and answer[5:6] == b"\2", name, f"got {answer!r}")
        s.close()


def modern():
    """What TLS 1.3 asks of a hello, and what of it an older client may get wrong."""
    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem, "ssl.protocol": 9})
    versions, share = (43, b"\4\3\4\3\3"), (51, b"\0\x24\0\x1d\0\x20\x09" + bytes(31))
    modes, psk = (45, b"\2\1\0"), (41, b"\0\7\0\1X\0\0\0\0\0\x21\x20" + bytes(32))
    whole = USUAL + [versions, share]

    def of_13(extensions=whole, **fields):
        return records(hello(extensions, **{"suites": b"\x13\1\xc0\x2b", **fields}))

    def without(kind):
        return of_13([e for e in whole if e[0] != kind])

    def instead(kind, body):
        return of_13([e for e in whole if e[0] != kind] + [(kind, body)])

    for name, data, alert in [
            ("compression beside TLS 1.3", of_13(compression=b"\0\1"), ILLEGAL_PARAMETER),
            ("no groups", without(10), MISSING_EXTENSION),
            ("no key shares", without(51), MISSING_EXTENSION),
            ("no signature schemes", without(13), MISSING_EXTENSION),
            ("a share for a group that is not listed", instead(10, b"\0\2\0\x17"), ILLEGAL_PARAMETER),
            ("two shares for a group", instead(51, b"\0\x0a" + b"\0\x1d\0\1x" * 2), ILLEGAL_PARAMETER),
            ("a share that is cut", instead(51, b"\0\5\0\x1d\0\2x"), DECODE_ERROR),
            ("a share that is too short", instead(51, b"\0\5\0\x1d\0\1x"), ILLEGAL_PARAMETER),
            ("a share of low order", instead(51, b"\0\x24\0\x1d\0\x20" + bytes(32)), ILLEGAL_PARAMETER),
            ("a key without its modes", of_13(whole + [psk]), MISSING_EXTENSION),
            ("a key before another extension", of_13(whole + [modes, psk, (35, b"")]), ILLEGAL_PARAMETER),
            ("early data without a key", of_13(whole + [(42, b"")]), MISSING_EXTENSION),
            ("an extension of other messages", of_13(whole + [(48, b"\0\0")]), ILLEGAL_PARAMETER),
            ("no suite of TLS 1.3", of_13(suites=b"\xc0\x2b"), HANDSHAKE_FAILURE),
            ("no group in common", of_13(USUAL[:1] + [SIGNATURES, versions, (10, b"\0\2\0\x1e"), (51, b"\0\0")]),
             HANDSHAKE_FAILURE),
            ("legacy_version SSLv3", of_13(version=0x0300), PROTOCOL_VERSION)]:
        refused(tiny, f"TLS 1.3: {name}", data, alert)
    for name, data in [
            ("a plain hello", of_13()), ("a session ID of any length", of_13(session=b"four")),
            ("legacy_version TLS 1.0", of_13(version=0x0301)), ("an unknown key", of_13(whole + [modes, psk]))]:
        s = tiny.connect()
        s.sendall(data)
        answer = s.recv(65536)
        ok(answer[:3] == b"\x16\3\3" and b"\0\x2b\0\2\3\4" in answer[:150], f"TLS 1.3: {name}", f"got {answer!r}")
        s.close()
    for kind in 27, 41, 42, 44, 45, 47, 48, 49, 51:
        s = tiny.connect()
        s.sendall(records(hello([(kind, b"\xff")] + USUAL)))
        answer = s.recv(65536)
        ok(answer[:3] == b"\x16\3\3" and answer[5:6] == b"\2", f"TLS 1.2 with any bytes in extension {kind}", f"got {answer!r}")
        s.close()
    tiny.stop()


class Trickle:
    """A TLS client whose records are cut as the test likes."""

    def __init__(self, tiny, size=None, record=None):
        self.socket = tiny.connect()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.size, self.record = size, record
        self.tls = client_context().wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    def push(self):
        data = self.outgoing.read()
        if self.record is not None and data[:1] == b"\x16" and data[5:6] == b"\1":
            data = records(data[5:], self.record)
        size = self.size or max(1, len(data))
        for i in range(0, len(data), size):
            self.socket.sendall(data[i:i + size])

    def do(self, what, *args):
        while True:
            try:
                result = what(*args)
                self.push()
                return result
            except ssl.SSLWantReadError:
                self.push()
                chunk = self.socket.recv(65536)
                if not chunk:
                    raise AssertionError("the server ended the connection")
                self.incoming.write(chunk)

    def echo(self, text):
        self.do(self.tls.do_handshake)
        self.do(self.tls.write, text)
        got = b""
        while len(got) < len(text):
            got += self.do(self.tls.read, 65536)
        self.socket.close()
        return got


def trickled(tiny):
    for size in (1, 2, 3, 5, 50):
        equal(Trickle(tiny, size=size).echo(b"one by one"), b"one by one", f"bytes sent by {size}")
    for record in (1, 4, 5, 100, 255):
        equal(Trickle(tiny, record=record).echo(b"x" * 300), b"x" * 300,
              f"a hello in records of {record}")
    equal(Trickle(tiny, size=1, record=3).echo(b"both"), b"both", "both at once")


def plain_http(tiny):
    for method in ("GET", "HEAD", "POST", "OPTIONS", "CONNECT", "PRI"):
        answer = exchange(tiny, f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        ok(answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"\r\n\r\n") == 1,
           f"{method} in plain text gets a 400", repr(answer))
    code, out, err = curl("-i", f"http://localhost:{tiny.port}/")
    ok(code == 0 and b"400" in out.splitlines()[0] and b"https://" in out, "curl http:// is told why",
       f"{code} {out!r} {err!r}")


def logged():
    """The reason of a refusal, and abandoned connections, stand in the log.
    New servers, since the log's rate is bounded."""
    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem})
    refused(tiny, "one refusal", records(hello([(0, b"\0\0")])), DECODE_ERROR)
    line = tiny.wait_log(rb".*decode_error.*\n")
    ok(b"127.0.0.1" in line and b"server_name" in line, "the log has peer, alert and reason", line)
    for data in (b"", b"\x16", records(hello())[:40]):
        s = tiny.connect()
        s.sendall(data)
        s.close()
    tiny.wait_log(rb"left before")
    ok(True, "the log tells of a probe")
    exchange(tiny, b"GET / HTTP/1.1\r\n\r\n")
    tiny.wait_log(rb"plain HTTP")
    ok(True, "the log tells of plain HTTP")
    equal(tiny.stop(), 0, "the server ends well")

    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem, "log.probes": "false"})
    for _ in range(20):
        tiny.connect().close()
    refused(tiny, "after probes", b"\x17\3\3\0\1x", UNEXPECTED_MESSAGE)
    tiny.wait_log(rb"unexpected_message")
    ok(b"left before" not in tiny.log, "probes are kept quiet when asked to", tiny.log)
    equal(tiny.stop(), 0, "the server ends well")


def until_end(s):
    start = time.monotonic()
    try:
        while s.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - start


def stalled():
    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem, "server.handshake-timeout": "400ms",
                 "server.close-timeout": "400ms"})
    for name, data in (("nothing at all", b""), ("half a hello", records(hello())[:40]),
                       ("a whole hello and no more", records(hello())), ("half a method", b"GE")):
        s = tiny.connect(timeout=10)
        s.sendall(data)
        took = until_end(s)
        s.close()
        ok(0.2 < took < 5, f"{name}: closed by the handshake timeout", f"took {took} s")
    s = tiny.connect(timeout=10)
    start, sent = time.monotonic(), 0
    try:
        for byte in records(hello(USUAL + [(21, bytes(2000))])):
            s.sendall(bytes([byte]))
            sent += 1
            time.sleep(0.02)
    except OSError:
        pass
    took = time.monotonic() - start
    ok(sent < 500 and took < 10, "a slow hello does not extend the deadline", f"{sent} bytes, {took} s")
    s.close()
    equal(Trickle(tiny, size=1).echo(b"still here"), b"still here", "others are served all the same")
    equal(tiny.stop(), 0, "the server ends well")


def main():
    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem})
    malformed(tiny)
    accepted(tiny)
    refused(tiny, "a fallback to a version that is off", records(hello(version=0x0302, suites=b"\xc0\x2b\x56\0")),
            PROTOCOL_VERSION)
    trickled(tiny)
    plain_http(tiny)
    ok(tiny.alive(), "the server is alive after all that")
    equal(tiny.stop(), 0, "and ends well")

    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem, "ssl.min-protocol": "TLSv1"})
    refused(tiny, "a needless fallback", records(hello(version=0x0302, suites=b"\xc0\x0a\x56\0")),
            INAPPROPRIATE_FALLBACK)
    refused(tiny, "a fallback from TLS 1.3", records(hello(USUAL, suites=b"\xc0\x2b\x56\0")), INAPPROPRIATE_FALLBACK)
    refused(tiny, "TLS 1.3 alone, without a share", records(hello(USUAL + [(43, b"\2\3\4")])), MISSING_EXTENSION)
    tiny.stop()
    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem, "ssl.max-protocol": "TLSv1.2"})
    refused(tiny, "TLS 1.3 alone, which is off", records(hello(USUAL + [(43, b"\2\3\4")])), PROTOCOL_VERSION)
    tiny.stop()
    modern()
    logged()
    stalled()
    done()


main()
