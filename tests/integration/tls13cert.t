#!/usr/bin/env python3
"""Certificates in TLS 1.3, of both sides: each kind of key signs, OCSP responses, extensions
from files and chains compressed beforehand go with ours; of the clients the same get in
as in TLS 1.2, and the others see the alert that the RFC has for them."""
import base64
import os
import re
import signal
import subprocess
import zlib

from harness import ROOT, TINY, Tiny, curl, done, equal, folder, have, listening_port, ok, run, self_signed, write
from probe13 import CERTIFICATE, COMPRESSED, ENCRYPTED_EXTENSIONS, messages
from tlskit import CERTIFICATE_EXPIRED, UNKNOWN_CA, UNSUPPORTED_CERTIFICATE, Authority, s_client

HANDSHAKE_FAILURE, CERTIFICATE_REQUIRED = 40, 116
place, keys = folder(), folder()
write(place + "/index.html", "home\n")
root, rsa_ca, other = Authority("Good CA"), Authority("RSA CA", key="rsa"), Authority("Other CA")
middle = Authority("Middle CA", issuer=root)
GET = b"GET /index.html HTTP/1.0\r\n\r\n"
server = root.issue("localhost", "server")
FILES = {"ssl.protocol": 6, "files.root": place, "ssl.keyfile": server}


# ---- ours -----------------------------------------------------------------

def signatures():
    """Each key with the scheme that is its own; s_client checks the signature and the chain."""
    cases = (("ec", None, "SHA256", "ECDSA"), ("ec521", None, "SHA512", "ECDSA"), ("rsa", None, "SHA256", "RSA-PSS"),
             ("rsa", "rsa_pss_rsae_sha384", "SHA384", "RSA-PSS"), ("rsa", "rsa_pss_rsae_sha512", "SHA512", "RSA-PSS"))
    for key, offered, digest, kind in cases:
        tiny = Tiny({**FILES, "ssl.keyfile": root.issue("localhost", "server", key=key)})
        c = s_client(tiny, "-tls1_3", "-ign_eof", "-CAfile", root.crt, "-verify_return_error",
                     *(["-sigalgs", offered] if offered else []), input=GET)
        equal((c.find(r"Peer signing digest: (\S+)"), c.find(r"Peer signature type: (\S+)"), "home" in c.text),
              (digest, kind, True), f"{key} {offered or ''}")
        tiny.stop()


def a_chain():
    lower = Authority("Lower CA", issuer=middle)
    tiny = Tiny({**FILES, "ssl.keyfile": lower.issue("localhost", "server")})
    c = s_client(tiny, "-tls1_3", "-CAfile", root.crt, "-showcerts")
    equal(len(re.findall(r"(?m)^ \d s:", c.text)), 3, "a chain of three is sent")
    ok("Verification: OK" in c.text, "and verifies", c.text)
    code, out, err = run("gnutls-cli", "--x509cafile", root.crt, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                         "-p", str(tiny.port), "localhost", input=GET)
    ok(b"home" in out, "gnutls-cli is content", out + err)
    code, out, err = run("curl", "-sS", "--tlsv1.3", "--cacert", root.crt, "--resolve",
                         f"localhost:{tiny.port}:127.0.0.1", tiny.url("/index.html").replace("127.0.0.1", "localhost"))
    equal((code, out), (0, b"home\n"), "so is curl")
    tiny.stop()


def staples():
    pem = middle.issue("localhost", "server")
    path = keys + "/response"
    code, _, err = run("openssl", "ocsp", "-index", middle.place + "/index", "-CA", middle.crt, "-rsigner", middle.crt,
                       "-rkey", middle.key, "-issuer", middle.crt, "-cert", pem[:-4] + ".crt", "-ndays", "3",
                       "-respout", path)
    assert code == 0, err
    tiny = Tiny({**FILES, "ssl.keyfile": pem, "ssl.ocsp-file": path})
    c = s_client(tiny, "-tls1_3", "-status", "-CAfile", root.crt)
    ok("Cert Status: good" in c.text and "Verification: OK" in c.text, "an OCSP response for who asks", c.text)
    c = s_client(tiny, "-tls1_3", "-CAfile", root.crt)
    ok("OCSP" not in c.text and "Verification: OK" in c.text, "none for others", c.text)
    tiny.stop()


def block(label, data):
    return f"-----BEGIN {label}-----\n{base64.b64encode(data).decode()}\n-----END {label}-----\n"


def serverinfo():
    info = write(keys + "/info",
                 block("SERVERINFO FOR one", b"\x10\x00\x00\x03old") +
                 block("SERVERINFOV2 FOR two", b"\0\0\x04\x80\x12\x34\x00\x03new\0\0\x10\x80\x12\x35\x00\x04leaf"))
    tiny = Tiny({**FILES, "ssl.serverinfo": info})
    plain = messages(tiny)
    seen = messages(tiny, [(0x1000, b""), (0x1234, b""), (0x1235, b"")])
    equal(seen[ENCRYPTED_EXTENSIONS], b"\0\x07\x12\x34\0\3new", "one for EncryptedExtensions, none of TLS 1.2's")
    chain = seen[CERTIFICATE]
    leaf = 7 + int.from_bytes(chain[4:7], "big")
    equal((chain[leaf:leaf + 10], chain[leaf + 10:]), (b"\0\x08\x12\x35\0\4leaf", plain[CERTIFICATE][leaf + 2:]),
          "one with the server's own certificate")
    seen = messages(tiny, [(0x1234, b"")])
    equal(seen[CERTIFICATE], plain[CERTIFICATE], "only who offers a type gets it")
    tiny.stop()


# ---- compressed -----------------------------------------------------------

def compress(pem):
    path = pem + ".compressed"
    told = subprocess.run([ROOT + "/doc/compress-certificate", pem, path], stderr=subprocess.PIPE, check=True).stderr
    return path, told.decode()


def unpacked(message):
    """The Certificate message in a CompressedCertificate message of zlib's."""
    algorithm, size, packed = message[:2], int.from_bytes(message[2:5], "big"), message[8:]
    assert algorithm == b"\0\1" and int.from_bytes(message[5:8], "big") == len(packed)
    data = zlib.decompress(packed)
    assert len(data) == size
    return data


def compressed():
    pem = Authority("An authority of a rather long name that stands there twice", issuer=root).issue("localhost", "server")
    path, told = compress(pem)
    ok("zlib: " in told, "compress-certificate tells what it gains", told)
    options = {**FILES, "ssl.keyfile": pem, "ssl.compressed-certificates": path}
    takes = lambda numbers: [(27, bytes([len(numbers)]) + numbers)]
    tiny = Tiny(options)
    plain = messages(tiny)[CERTIFICATE]
    der = run("openssl", "x509", "-in", pem, "-outform", "DER")[1]
    ok(plain.startswith(b"\0" + (len(plain) - 4).to_bytes(3, "big") + len(der).to_bytes(3, "big") + der + b"\0\0"),
       "a client that knows nothing of it gets the chain as it is")
    seen = messages(tiny, takes(b"\0\1"))
    ok(CERTIFICATE not in seen and unpacked(seen[COMPRESSED]) == plain, "the same chain, from zlib", seen.keys())
    ok(len(seen[COMPRESSED]) < len(plain), f"{len(plain)} bytes become {len(seen[COMPRESSED])}")
    seen = messages(tiny, takes(b"\0\4\0\5"))
    ok(seen.get(CERTIFICATE) == plain, "other algorithms only: the chain as it is", seen.keys())
    for number, program in (2, "brotli"), (3, "zstd"):
        if have(program):
            seen = messages(tiny, takes(bytes([0, number])))
            code, data, err = run(program, "-dc", input=seen[COMPRESSED][8:])
            equal(data, plain, "from " + program)
    all_of_them = [len(messages(tiny, takes(n)).get(COMPRESSED, plain)) for n in (b"\0\1", b"\0\2", b"\0\3")]
    equal(len(messages(tiny, takes(b"\0\1\0\3\0\2"))[COMPRESSED]), min(all_of_them), "the shortest is sent")

    def reloaded():
        before = len(tiny.log)
        tiny.signal(signal.SIGHUP)
        tiny.wait_log(rb"loaded anew", since=before)
        return b"this is of none of the certificates here; make it anew" in tiny.log[before:]

    write(pem, open(root.issue("localhost", "server")).read())
    ok(reloaded(), "after a new certificate: told", tiny.log)
    ok(CERTIFICATE in messages(tiny, takes(b"\0\1")), "and sent as it is")
    compress(pem)
    ok(not reloaded() and COMPRESSED in messages(tiny, takes(b"\0\1")), "made anew it serves again", tiny.log)
    tiny.stop()
    tiny = Tiny({**options, "ssl.options": "NO_TX_CERTIFICATE_COMPRESSION"})
    ok(CERTIFICATE in messages(tiny, takes(b"\0\1")), "NO_TX_CERTIFICATE_COMPRESSION")
    tiny.stop()
    for title, text, why in (("a certificate", open(pem).read(), "are wanted in a block COMPRESSED CERTIFICATE"),
                             ("cut off", block("COMPRESSED CERTIFICATE", b"x" * 40), "are wanted"),
                             ("nothing", "hello", "no PEM block")):
        tiny = Tiny({**options, "ssl.compressed-certificates": write(keys + "/bad", text)}, wait=False)
        code = tiny.wait()
        ok(code == 1 and why in tiny.log.decode() and "ssl.compressed-certificates: " in tiny.log.decode(),
           f"{title}: refused at start", tiny.log.decode())


# ---- clients' -------------------------------------------------------------

cafile = write(keys + "/ca.pem", open(root.crt).read() + open(rsa_ca.crt).read())
ASKING = {**FILES, "ssl.cafile": cafile}


def visit(tiny, pem, *args):
    cert = ["-cert", pem, "-key", pem] if pem else []
    if pem and os.path.exists(pem + ".chain") and os.path.getsize(pem + ".chain"):
        cert += ["-cert_chain", pem + ".chain"]
    return s_client(tiny, "-tls1_3", *cert, *args, "-ign_eof", input=GET)


def admitted(tiny, pem, name, *args):
    c = visit(tiny, pem, *args)
    return ok("home" in c.text and c.alert is None, name, c.text)


def turned_away(tiny, pem, alert, words, name, *args):
    before = len(tiny.log)
    c = visit(tiny, pem, *args)
    ok(c.alert == alert and "home" not in c.text, f"{name}: alert {alert}", c.text)
    try:
        line = tiny.wait_log(rb"handshake failed.*\n", since=before, timeout=10)
    except AssertionError as e:
        line = str(e).encode()
    ok(re.search(words, line), f"{name}: told in the log", line)


def required():
    tiny = Tiny(ASKING)
    alice = root.issue("alice")
    c = visit(tiny, alice)
    ok("home" in c.text and "Acceptable client certificate CA names\nCN = Good CA\nCN = RSA CA\n" in c.text,
       "a good one; the CAs' names are sent", c.text)
    equal(c.find(r"Requested Signature Algorithms: (.*)"),
          "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512",
          "how it may be proven is asked for")
    admitted(tiny, rsa_ca.issue("bob", "both", key="rsa"), "RSA from an RSA authority")
    admitted(tiny, root.issue("carol", key="ec521"), "P-521")
    admitted(tiny, middle.issue("dave"), "with a certificate between")
    code, out, err = curl("--tlsv1.3", "--cert", alice, tiny.url("/index.html"))
    equal((code, out), (0, b"home\n"), "curl --cert")
    code, out, err = run("gnutls-cli", "--insecure", "--x509certfile", alice, "--x509keyfile", alice, "--priority",
                         "NORMAL:-VERS-ALL:+VERS-TLS1.3", "-p", str(tiny.port), "127.0.0.1", input=GET)
    ok(b"home" in out, "gnutls-cli --x509certfile", out + err)
    turned_away(tiny, None, CERTIFICATE_REQUIRED, rb"certificate_required: the peer did not return a certificate",
                "none")
    turned_away(tiny, other.issue("mallory"), UNKNOWN_CA, rb"unknown_ca: unable to get local issuer", "another CA's")
    turned_away(tiny, middle.issue("erin", chain=False), UNKNOWN_CA, rb"unknown_ca", "the one between is missing")
    tiny.stop()
    tiny = Tiny(ASKING)
    turned_away(tiny, root.issue("late", end="20200201000000Z"), CERTIFICATE_EXPIRED, rb"expired", "an expired one")
    turned_away(tiny, root.issue("host", "server"), UNSUPPORTED_CERTIFICATE, rb"unsuitable certificate purpose",
                "one for servers")
    turned_away(tiny, self_signed(keys, "own"), UNKNOWN_CA, rb"unknown_ca", "a self-signed one")
    admitted(tiny, alice, "and still a good one")
    tiny.stop()


def others():
    alice, mallory = root.issue("alice"), other.issue("mallory")
    tiny = Tiny({**ASKING, "ssl.verify": "optional"})
    admitted(tiny, None, "none where it is optional")
    admitted(tiny, alice, "nor does a good one harm")
    turned_away(tiny, mallory, UNKNOWN_CA, rb"unknown_ca", "but a bad one")
    tiny.stop()
    tiny = Tiny({**ASKING, "ssl.verify-return-error": "false", "server.mode": "status"})
    c = visit(tiny, mallory)
    ok("Client certificate         refused" in c.text or "mallory" in c.text, "a bad one that is tolerated", c.text)
    tiny.stop()
    tiny = Tiny({**ASKING, "ssl.options": "DISABLE_TLSEXT_CA_NAMES"})
    c = visit(tiny, alice)
    ok("home" in c.text and "No client certificate CA names sent" in c.text, "asked for without names", c.text)
    tiny.stop()
    tiny = Tiny({**ASKING, "ssl.client-signature-algorithms": "RSA-PSS+SHA512:ECDSA+SHA256:RSA+SHA256"})
    c = visit(tiny, alice)
    equal(c.find(r"Requested Signature Algorithms: (.*)"), "RSA-PSS+SHA512:ECDSA+SHA256",
          "ssl.client-signature-algorithms, as far as TLS 1.3 has them")
    ok("home" in c.text, "is enough for her", c.text)
    tiny.stop()
    tiny = Tiny({**ASKING, "ssl.client-signature-algorithms": "RSA+SHA256"})
    turned_away(tiny, alice, HANDSHAKE_FAILURE, rb"none can prove a certificate in TLS 1.3", "none of them")
    tiny.stop()


def revoked():
    pem, crl = root.issue("trudy"), None
    root.revoke(pem)
    crl = root.crl()
    tiny = Tiny({**ASKING, "ssl.crl-file": crl, "ssl.crl-check": "leaf"})
    turned_away(tiny, pem, 44, rb"certificate_revoked: certificate revoked", "a revoked one")
    admitted(tiny, root.issue("alice"), "not so another")
    tiny.stop()


class Later:
    """A console and an s_client of its, for a certificate that is asked for later."""

    def __init__(self, server, *client):
        self.tiny = subprocess.Popen([TINY, "--server.endpoint", "tcp://127.0.0.1:0", "--server.mode", "console",
                                      "--ssl.protocol", "6", *server], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
        port = listening_port(self.tiny.pid)
        self.client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-msg", *client],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.seen = {self.tiny: b"", self.client: b""}

    def until(self, who, word, times=1):
        while self.seen[who].count(word) < times:
            chunk = os.read(who.stdout.fileno(), 65536)
            if not chunk:
                return False
            self.seen[who] += chunk
        return True

    def say(self, who, text):
        who.stdin.write(text)
        who.stdin.flush()

    def end(self):
        self.client.stdin.close()
        self.until(self.client, b"never said")
        self.tiny.terminate()
        self.until(self.tiny, b"never said")
        self.client.wait()
        self.tiny.wait()
        return self.seen[self.tiny]


def later():
    alice, mallory = root.issue("alice"), other.issue("mallory")
    common = ["--ssl.keyfile", server, "--ssl.verify-report", "all"]
    l = Later([*common, "--ssl.cafile", cafile, "--ssl.verify", "optional"], "-enable_pha", "-cert", alice, "-key", alice)
    l.until(l.client, b"NewSessionTicket", 2)
    for i in range(1, 4):
        l.say(l.tiny, b"c\nline %d\n" % i)
        ok(l.until(l.client, b"line %d\n" % i), f"c asks for a certificate, time {i}, and data goes on", l.seen[l.client])
        ok(l.until(l.tiny, b"depth=0 CN = alice", i + 1), "it is verified", l.seen[l.tiny])
        l.say(l.client, b"back %d\n" % i)
        ok(l.until(l.tiny, b"back %d\n" % i), "and data comes back", l.seen[l.tiny])
    equal(len(re.findall(rb"<<< [^\n]*, CertificateRequest", l.seen[l.client])), 4, "the client has seen that")
    l.say(l.tiny, b"K\n")
    l.until(l.client, b"KeyUpdate")
    l.say(l.client, b"with them\n")
    l.until(l.tiny, b"with them\n")
    l.say(l.tiny, b"c\n")
    ok(l.until(l.tiny, b"depth=0 CN = alice", 5), "also with new keys", l.seen[l.tiny])
    l.end()
    l = Later([*common, "--ssl.cafile", cafile, "--ssl.verify", "optional"], "-cert", alice, "-key", alice)
    l.until(l.client, b"NewSessionTicket", 2)
    l.say(l.tiny, b"c\nline\n")
    ok(l.until(l.tiny, b"Failed to initiate request") and l.until(l.client, b"line"), "a client that did not offer it")
    l.end()
    l = Later(common, "-enable_pha")
    l.until(l.client, b"NewSessionTicket", 2)
    l.say(l.tiny, b"c\nline\n")
    l.until(l.client, b"line\n")
    l.say(l.client, b"none\n")
    ok(l.until(l.tiny, b"none\n"), "a client that has none, where none is required", l.seen[l.tiny])
    l.end()
    l = Later(common, "-enable_pha", "-cert", mallory, "-key", mallory)
    l.until(l.client, b"NewSessionTicket", 2)
    l.say(l.tiny, b"c\nline\n")
    ok(l.until(l.tiny, b"num=20:unable to get local issuer certificate") and l.until(l.client, b"line"),
       "a bad one is told and tolerated, as s_server does")
    l.end()
    l = Later([*common, "--ssl.verify-return-error", "true"], "-enable_pha", "-cert", mallory, "-key", mallory)
    l.until(l.client, b"NewSessionTicket", 2)
    l.say(l.tiny, b"c\n")
    ok(l.until(l.client, b"alert unknown ca"), "a bad one ends the connection", l.seen[l.client])
    ok(b"num=20:unable to get local issuer certificate" in l.end(), "for its reason")


for part in signatures, a_chain, staples, serverinfo, compressed, required, others, revoked, later:
    part()
done()
