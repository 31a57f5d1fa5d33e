#!/usr/bin/env python3
"""TLS 1.3 as real clients see it: every suite and group, a second ClientHello, records of
all sizes, change_cipher_spec, new keys, one side closed and the other not, and alerts."""
import os
import re
import ssl
import subprocess

from harness import TINY, Tiny, client_context, curl, done, equal, folder, have, listening_port, ok, run, self_signed, skip, write
from tlskit import BAD_RECORD_MAC, PROTOCOL_VERSION, Wire, refused, s_client

VERSION13 = ssl.TLSVersion.TLSv1_3
SUITES = "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
GROUPS = {"X25519": "X25519", "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}
OVERHEAD = 17  # of a sealed record: type and tag
HANDSHAKE, DATA, CCS = 22, 23, 20

keys, root = folder(), folder()
ec, rsa = self_signed(keys, "ec", "ec"), self_signed(keys, "rsa", "rsa")
big = bytes(range(256)) * 4096
with open(root + "/big", "wb") as f:
    f.write(big)
write(root + "/small", "small\n")
FILES = {"ssl.keyfile": ec, "files.root": root}
GET = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n"


def context():
    return client_context(VERSION13, VERSION13)


def ask(wire, name, length):
    """One request over a connection that is kept; the answer's end."""
    wire.do(wire.tls.write, GET % name)
    answer = b""
    while len(answer.partition(b"\r\n\r\n")[2]) < length:
        answer += wire.do(wire.tls.read, 65536)
    return answer.partition(b"\r\n\r\n")[2]


def sealed(wire):
    """Lengths of the sealed records' contents with padding."""
    return [len(body) - OVERHEAD for kind, body in wire.records() if kind == DATA]


# ---- versions, suites, groups ----------------------------------------------

tiny = Tiny(FILES | {"ssl.protocol": "9"})
for suite in SUITES:
    equal(s_client(tiny, "-tls1_3", "-ciphersuites", suite).suite, suite, suite)
    code, out, err = curl("--tlsv1.3", "--tls13-ciphers", suite, tiny.url("/big"))
    ok(code == 0 and out == big, "and a file of a megabyte comes over it", err)
for group, name in GROUPS.items():
    equal(s_client(tiny, "-tls1_3", "-groups", group).group, "X25519" if group == "X25519" else name, group)
client = s_client(tiny, "-tls1_3", "-groups", "X448:P-384", "-msg")
equal(client.group, "secp384r1", "a client that guesses wrong is asked for another share")
equal(len(re.findall(r">>> .*, ClientHello", client.text)), 2, "and says hello twice")
refused(s_client(tiny, "-tls1_3", "-groups", "X448"), 40, "no group in common: handshake_failure")
client = s_client(tiny)
ok(client.suite in SUITES, "a client of both versions gets TLS 1.3", client.text)
equal(s_client(tiny, "-tls1_2").version, "TLSv1.2", "an older one TLS 1.2")
code, out, err = curl("--tls-max", "1.2", tiny.url("/small"))
equal(out, b"small\n", "which serves")
refused(s_client(tiny, "-tls1_2", "-fallback_scsv"), 86, "but not one that steps back: inappropriate_fallback")
if have("gnutls-cli"):
    code, out, err = run("gnutls-cli", "--insecure", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3", "--port", str(tiny.port),
                         "127.0.0.1", input=b"GET /small HTTP/1.0\r\n\r\n")
    ok(b"(TLS1.3" in out and b"small\n" in out, "gnutls-cli", out + err)
else:
    skip("gnutls-cli", "it is not there")
if have("node"):
    script = ("require('https').get({port: %d, host: '127.0.0.1', path: '/small', rejectUnauthorized: false,"
              " minVersion: 'TLSv1.3'}, r => r.on('data', d => process.stdout.write(d)))" % tiny.port)
    equal(run("node", "-e", script)[1], b"small\n", "Node")
else:
    skip("Node", "it is not there")
only13 = Tiny(FILES | {"ssl.protocol": "6", "ssl.keyfile": rsa})
equal(s_client(only13, "-tls1_3").suite, SUITES[0], "an RSA key signs with PSS")
refused(s_client(only13, "-tls1_2"), PROTOCOL_VERSION, "TLS 1.3 alone: TLS 1.2 is refused with protocol_version")
equal(only13.stop(), 0, "it ends well")
only12 = Tiny(FILES | {"ssl.protocol": "5"})
refused(s_client(only12, "-tls1_3"), PROTOCOL_VERSION, "TLS 1.2 alone: TLS 1.3 is refused with protocol_version")
equal(only12.stop(), 0, "it ends well")

# ---- records ---------------------------------------------------------------

wire = Wire(tiny, context()).handshake()
equal(ask(wire, b"big", len(big)), big, "a large file")
equal([kind for kind, _ in wire.records()][:3], [HANDSHAKE, CCS, DATA], "change_cipher_spec follows ServerHello")
equal(sum(kind == CCS for kind, _ in wire.records()), 1, "once")
equal(max(sealed(wire)), 16384, "records are full")
wire.close()
client = s_client(tiny, "-tls1_3", "-no_middlebox", "-msg")
ok(client.suite and not re.search(r"<<<[^\n]*\n +14 03 03", client.text), "without a session ID there is none", client.text)
client = s_client(tiny, "-tls1_3", "-maxfraglen", "512", "-msg", "-ign_eof", input=b"GET /big HTTP/1.0\r\n\r\n")
lengths = [int(high + low, 16) for high, low in re.findall(r"<<<[^\n]*\n +17 03 03 (\w\w) (\w\w)\n", client.text)]
ok(len(lengths) > len(big) / 512 and max(lengths) <= 512 + OVERHEAD, "max_fragment_length bounds all that is sealed",
   lengths[:20])

for name, options, most, unit in (
        ("ssl.max-send-fragment", {"ssl.max-send-fragment": 1000}, 1000, 1),
        ("ssl.record-padding", {"ssl.record-padding": 512}, 16384, 512)):
    other = Tiny(FILES | {"ssl.protocol": "9"} | options)
    wire = Wire(other, context()).handshake()
    equal(ask(wire, b"big", len(big)), big, f"{name}: a large file")
    equal(ask(wire, b"small", 6), b"small\n", "and a small one")
    lengths = sealed(wire)
    ok(max(lengths) <= most, f"no record is over {most}", lengths[:20])
    if unit > 1:
        # With their type; the largest record holds no more.
        ok(all((n + 1) % unit == 0 or n == 16384 for n in lengths), f"all are multiples of {unit}", lengths[:20])
    wire.close()
    equal(other.stop(), 0, "it ends well")

# ---- new keys --------------------------------------------------------------

echo = Tiny({"ssl.keyfile": ec, "ssl.protocol": "9", "server.mode": "echo"})


class Typed:
    """openssl s_client with somebody who types."""

    def __init__(self, port, *args):
        self.process = subprocess.Popen(["openssl", "s_client", "-tls1_3", "-connect", f"127.0.0.1:{port}", *args],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.seen = b""

    def until(self, word, times=1):
        while self.seen.count(word) < times:
            chunk = os.read(self.process.stdout.fileno(), 65536)
            if not chunk:
                return False
            self.seen += chunk
        return True

    def type(self, text):
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def end(self):
        self.process.stdin.close()
        self.until(b"never said")
        self.process.wait()


typed = Typed(echo.port)
typed.until(b"Verify return code")
for i in range(8):
    typed.type(b"kK"[i % 2:i % 2 + 1] + b"\n")
    typed.until(b"KEYUPDATE", i + 1)
    typed.type(b"line %d\n" % i)
    ok(typed.until(b"line %d\n" % i), f"new keys, number {i + 1}, and it is echoed", typed.seen[-200:])
typed.end()
typed = Typed(echo.port)
typed.until(b"Verify return code")
for i in range(33):
    typed.type(b"k\n")
    typed.until(b"KEYUPDATE", i + 1)
ok(typed.until(b"alert unexpected message"), "more than 32 in a minute end in unexpected_message", typed.seen[-300:])
typed.end()
equal(echo.stop(), 0, "it ends well")

console = subprocess.Popen([TINY, "--server.endpoint", "tcp://127.0.0.1:0", "--server.mode", "console", "--ssl.keyfile", ec,
                            "--ssl.protocol", "9"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
typed = Typed(listening_port(console.pid), "-msg")
typed.until(b"Verify return code")
for i, (letter, answers) in enumerate(((b"k", 0), (b"K", 1), (b"k", 1), (b"K", 2))):
    console.stdin.write(letter + b"\nline %d\n" % i)
    console.stdin.flush()
    ok(typed.until(b"line %d\n" % i), f"{letter.decode()} at the console, and what follows is read", typed.seen[-300:])
    equal(len(re.findall(rb"<<< [^\n]*KeyUpdate", typed.seen)), i + 1, "new keys came")
typed.type(b"there\n")
typed.end()
equal(len(re.findall(rb">>> [^\n]*KeyUpdate", typed.seen)), 2, "and only K has them answered")
console.stdin.close()
console.terminate()
equal(console.wait(10), 0, "it ends well")

# ---- closing ---------------------------------------------------------------

wire = Wire(tiny, context()).handshake()
wire.do(wire.tls.write, GET % b"big")
try:
    wire.tls.unwrap()  # close_notify goes out behind the request
except ssl.SSLWantReadError:
    pass
wire.push()
raw = b""
while chunk := wire.socket.recv(65536):
    raw += chunk
wire.incoming.write(raw)
wire.incoming.write_eof()
wire.seen += raw
ok(sum(sealed(wire)) > len(big), "who has closed its side still gets the whole answer")
equal(sealed(wire)[-1], 2, "and then close_notify")
wire.close()

wire = Wire(tiny, context()).handshake()
equal(ask(wire, b"small", 6), b"small\n", "a connection")
wire.tls.write(GET % b"small")
reason = wire.push(lambda data: data[:-1] + bytes([data[-1] ^ 1]))
equal(wire.reason(wire.tls.read, 100), "SSLV3_ALERT_BAD_RECORD_MAC", "a forged record: bad_record_mac, encrypted")
wire.close()
ok(b"bad_record_mac" in tiny.wait_log(rb"bad_record_mac"), "which the log tells")

for what, data in (("a record in the clear", b"\x16\3\3\0\4\0\0\0\0"), ("an unknown type", b"\x18\3\3\0\1\0"),
                   ("change_cipher_spec when all is open", b"\x14\3\3\0\1\1")):
    wire = Wire(tiny, context()).handshake()
    equal(ask(wire, b"small", 6), b"small\n", "a connection")
    wire.socket.sendall(data)
    reason = wire.reason(wire.tls.read, 100)
    ok(reason in ("SSLV3_ALERT_UNEXPECTED_MESSAGE", "TLSV1_ALERT_UNEXPECTED_MESSAGE"), f"{what}: unexpected_message", reason)
    wire.close()
wire = Wire(tiny, context()).handshake()
wire.socket.sendall(b"\x17\3\3\x41\x01")
equal(wire.reason(wire.tls.read, 100), "TLSV1_ALERT_RECORD_OVERFLOW", "a record over 16 KiB and 256 bytes: record_overflow")
wire.close()

equal(tiny.stop(), 0, "it ends well")
done()
