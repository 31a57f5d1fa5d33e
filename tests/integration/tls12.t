#!/usr/bin/env python3
"""TLS 1.2 to the letter: the extended master secret, RSA-PSS, what a ServerHello
answers, key shares that are refused by name, and sessions that are never a way
to another version or suite, nor live on after a fatal alert."""
import struct

from harness import Tiny, client_context, done, equal, folder, have, ok, receive_all, run, self_signed, skip
from tlskit import HANDSHAKE_FAILURE, Wire, refused, s_client, weak_context

keys = folder()
ec, rsa = self_signed(keys, "ec", "ec"), self_signed(keys, "rsa", "rsa")
CACHE = {"server.mode": "status", "ssl.keyfile": rsa, "ssl.session-cache": "true", "ssl.session-tickets": "false"}
TICKETS = {"server.mode": "status", "ssl.keyfile": rsa}
UNEXPECTED, ILLEGAL, DECODE = 10, 47, 50

# ---- messages by hand ------------------------------------------------------

GROUPS, X25519, P256 = 10, 29, 23
FORMATS = (11, b"\1\0")
SIGNATURES = (13, b"\0\6\4\1\4\3\2\1")
EMS = (23, b"")
LOCALHOST = (0, b"\0\x0c\0\0\x09localhost")
STATUS = (5, b"\1\0\0\0\0")


def u16(n):
    return struct.pack(">H", n)


def groups(*ids):
    return (GROUPS, u16(2 * len(ids)) + b"".join(map(u16, ids)))


def record(kind, body, version=0x0303):
    return bytes([kind]) + u16(version) + u16(len(body)) + body


def message(kind, body):
    return record(22, bytes([kind]) + len(body).to_bytes(3, "big") + body)


def hello(*extensions, session=b"", suites=(0xC02F,), version=0x0303):
    block = b"".join(u16(kind) + u16(len(data)) + data for kind, data in extensions)
    body = u16(version) + bytes(32) + bytes([len(session)]) + session
    body += u16(2 * len(suites)) + b"".join(map(u16, suites)) + b"\1\0" + u16(len(block)) + block
    return message(1, body)


class Flight:
    """A server's answer: handshake messages by type, up to where it is sealed, and the alert."""

    def __init__(self, data):
        self.messages, self.alert, plain = {}, None, b""
        while len(data) >= 5:
            kind, size = data[0], int.from_bytes(data[3:5], "big")
            body, data = data[5:5 + size], data[5 + size:]
            if kind == 21:
                self.alert = body[1]
            if kind != 22:
                break
            plain += body
        while len(plain) >= 4:
            size = int.from_bytes(plain[1:4], "big")
            self.messages[plain[0]] = plain[4:4 + size]
            plain = plain[4 + size:]

    @property
    def session(self):
        m = self.messages[2]
        return m[35:35 + m[34]]

    @property
    def suite(self):
        m = self.messages[2]
        return int.from_bytes(m[35 + m[34]:37 + m[34]], "big")

    @property
    def extensions(self):
        m = self.messages[2]
        rest, found = m[40 + m[34]:], {}
        while rest:
            size = int.from_bytes(rest[2:4], "big")
            found[int.from_bytes(rest[:2], "big")] = rest[4:4 + size]
            rest = rest[4 + size:]
        return found

    @property
    def resumes(self):
        return 2 in self.messages and 11 not in self.messages


class Raw:
    """A socket, and what comes up to ServerHelloDone, ChangeCipherSpec or the end."""

    def __init__(self, tiny):
        self.socket = tiny.connect()
        self.socket.settimeout(5)

    def say(self, data):
        self.socket.sendall(data)
        got = b""
        while not got.endswith(b"\x0e\0\0\0") and b"\x14\3\3\0\1\1" not in got:
            chunk = self.socket.recv(65536)
            if not chunk:
                break
            got += chunk
        return Flight(got)

    def rest(self):
        return Flight(receive_all(self.socket))


def ask(tiny, *extensions, **fields):
    raw = Raw(tiny)
    flight = raw.say(hello(*extensions, **fields))
    raw.socket.close()
    return flight


# ---- extended master secret ------------------------------------------------


class Session(Wire):
    """Brings a session; change is applied to its first flight."""

    def __init__(self, tiny, context, session=None):
        super().__init__(tiny, context)
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost", session=session)

    def first(self, change):
        try:
            self.tls.do_handshake()
        except Exception:  # it wants an answer
            pass
        self.push(change)
        return Flight(receive_all(self.socket) if change is without_ems else b"")


def without_ems(data):
    changed = data.replace(b"\0\x17\0\0", b"\x0a\x17\0\0", 1)
    assert changed != data
    return changed


def established(tiny, context, session=None):
    """A whole connection, closed well; was it resumed, and its session."""
    wire = Session(tiny, context, session).handshake()
    wire.tls.write(b"GET / HTTP/1.0\r\n\r\n")
    wire.push()
    try:
        while wire.do(wire.tls.read, 65536):
            pass
    except OSError:
        pass
    wire.close()
    return wire.tls.session_reused, wire.tls.session


def extended_master_secret():
    tiny = Tiny({**TICKETS, "ssl.cipher-list": "ALL", "ssl.min-protocol": "TLSv1"})
    for flag, suite in (("-tls1", "AES128-SHA"), ("-tls1_1", "ECDHE-RSA-AES128-SHA"), ("-tls1_2", "AES256-GCM-SHA384"),
                        ("-tls1_2", "ECDHE-RSA-CHACHA20-POLY1305"), ("-tls1_2", "ECDHE-RSA-AES256-GCM-SHA384")):
        c = s_client(tiny, flag, "-cipher", suite + ":@SECLEVEL=0")
        ok(c.suite == suite and "Extended master secret: yes" in c.text, f"{suite}, {flag[1:]}", c.text)
    if have("gnutls-cli"):
        gnutls = lambda *more: run("gnutls-cli", "--insecure", "--resume", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2"
                                   + "".join(more), "-p", str(tiny.port), "localhost")[1].decode()
        out = gnutls()
        ok("extended master secret" in out and "*** This is a resumed session" in out, "gnutls-cli", out)
        out = gnutls(":%NO_SESSION_HASH")
        ok("extended master secret" not in out and "*** This is a resumed session" in out,
           "a client that does not offer it", out)
    else:
        skip("gnutls-cli", "it is not installed")
    tiny.stop()
    tiny = Tiny({**TICKETS, "ssl.options": "NO_EXTENDED_MASTER_SECRET"})
    c = s_client(tiny, "-tls1_2")
    ok(c.suite and "Extended master secret: no" in c.text, "NO_EXTENDED_MASTER_SECRET in ssl.options", c.text)
    tiny.stop()


def extended_sessions():
    """RFC 7627, section 5.3."""
    for title, options in (("cache", CACHE), ("ticket", TICKETS)):
        tiny, context = Tiny(options), client_context()
        _, session = established(tiny, context)
        wire = Session(tiny, context, session)
        equal(wire.first(without_ems).alert, HANDSHAKE_FAILURE,
              f"{title}: a session with it is not resumed without it: the handshake ends")
        wire.close()
        tiny.stop()
    # A ticket of a server that does not agree it, at one with the same key that does.
    path = keys + "/ticket.key"
    with open(path, "wb") as f:
        f.write(bytes(range(80)))
    plain = Tiny({**TICKETS, "ssl.ticket-keys": path, "ssl.options": "NO_EXTENDED_MASTER_SECRET"})
    full = Tiny({**TICKETS, "ssl.ticket-keys": path})
    context = client_context()
    _, old = established(plain, context)
    equal(established(plain, context, old)[0], True, "a session without it is resumed where it is not agreed")
    equal(established(full, context, old)[0], False, "and not where it would be: a full handshake")
    plain.stop()
    full.stop()


# ---- hello and answer ------------------------------------------------------


def answers():
    tiny = Tiny({**TICKETS, "ssl.cipher-list": "DEFAULT:AES128-GCM-SHA256"})
    usual = (groups(X25519, P256), SIGNATURES)
    equal(sorted(ask(tiny, *usual).extensions), [], "nothing is answered that was not offered")
    f = ask(tiny, *usual, FORMATS, EMS, (35, b""), STATUS, (0xFF01, b"\0"))
    equal((f.extensions, f.session), ({0xFF01: b"\0", 23: b"", 11: b"\1\0", 35: b""}, b""),
          "what was is, and with a ticket to come there is no session ID")
    f = ask(tiny, *usual, FORMATS, EMS, suites=(0x009C,))
    equal(f.extensions, {23: b""}, "point formats are for suites with elliptic curves")
    tiny.stop()
    tiny = Tiny(CACHE)
    f = ask(tiny, *usual, FORMATS, (35, b""), session=b"x" * 32)
    equal((f.extensions, len(f.session), f.session == b"x" * 32), ({11: b"\1\0"}, 32, False),
          "without tickets the session gets an ID of its own")
    tiny.stop()


def signatures():
    tiny = Tiny({**TICKETS, "ssl.second-keyfile": ec})
    for scheme, digest in (("rsa_pss_rsae_sha256", "SHA256"), ("rsa_pss_rsae_sha384", "SHA384"),
                           ("rsa_pss_rsae_sha512", "SHA512")):
        c = s_client(tiny, "-tls1_2", "-sigalgs", scheme)
        equal((c.find("Peer signing digest: (.*)"), c.find("Peer signature type: (.*)")), (digest, "RSA-PSS"),
              f"a client with {scheme} alone")
    c = s_client(tiny, "-tls1_2", "-sigalgs", "RSA-PSS+SHA256:RSA+SHA512", "-cipher", "aRSA")
    equal((c.find("Peer signing digest: (.*)"), c.find("Peer signature type: (.*)")), ("SHA512", "RSA"),
          "PKCS#1 goes before it")
    c = s_client(tiny, "-tls1_2", "-sigalgs", "RSA-PSS+SHA256:RSA+SHA1", "-cipher", "aRSA:@SECLEVEL=0")
    equal(c.find("Peer signature type: (.*)"), "RSA-PSS", "but not with SHA-1")
    refused(s_client(tiny, "-tls1_2", "-sigalgs", "ed25519"), HANDSHAKE_FAILURE, "ed25519 alone")
    tiny.stop()
    tiny = Tiny({**TICKETS, "ssl.signature-algorithms": "rsa_pss_rsae_sha384:RSA+SHA256"})
    c = s_client(tiny, "-tls1_2")
    equal((c.find("Peer signing digest: (.*)"), c.find("Peer signature type: (.*)")), ("SHA384", "RSA-PSS"),
          "ssl.signature-algorithms may put it first")
    if have("gnutls-cli"):
        out = run("gnutls-cli", "--insecure", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA384",
                  "-p", str(tiny.port), "localhost")[1].decode()
        ok("RSA-PSS-RSAE-SHA384" in out, "gnutls-cli with it alone", out)
    tiny.stop()


def key_shares():
    tiny = Tiny(TICKETS)

    def after(title, share, alert, group=P256, exact=None):
        raw = Raw(tiny)
        raw.say(hello(groups(group), SIGNATURES))
        raw.socket.sendall(message(16, bytes([len(share)]) + share if exact is None else exact))
        equal(raw.rest().alert, alert, title)
        raw.socket.close()

    x = bytes.fromhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
    y = bytes.fromhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
    off = x + y[:-1] + b"\0"
    after("a point off the curve", b"\4" + off, ILLEGAL)
    after("compressed", b"\3" + x, ILLEGAL)
    after("hybrid", b"\7" + x + y, ILLEGAL)
    after("too short", b"\4" + x + y[:-1], ILLEGAL)
    after("the point at infinity", b"\0", ILLEGAL)
    after("empty", b"", ILLEGAL)
    after("X25519 with zero", bytes(32), ILLEGAL, X25519)
    after("X25519 with one", b"\1" + bytes(31), ILLEGAL, X25519)
    after("X25519, too short", b"\5" * 31, ILLEGAL, X25519)
    after("longer than its message", b"", DECODE, exact=b"\x41" + b"\4" + x)
    after("shorter than its message", b"", DECODE, exact=b"\x41" + b"\4" + x + y + b"\0")
    after("nothing at all", b"", DECODE, exact=b"")
    after("a good one, then nothing", b"\4" + x + y, None)
    tiny.stop()


def hello_requests():
    tiny = Tiny(TICKETS)
    raw = Raw(tiny)
    raw.say(hello(groups(P256), SIGNATURES))
    raw.socket.sendall(message(0, b""))
    equal(raw.rest().alert, UNEXPECTED, "a HelloRequest in the client's handshake")
    wire = Wire(tiny).handshake()
    tiny.stop()
    wire.close()


# ---- sessions --------------------------------------------------------------


def never_another_way():
    """The suite and the version of a session count only if a full handshake would come to
    them now."""
    tiny = Tiny({**CACHE, "ssl.cipher-list": "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA",
                 "ssl.min-protocol": "TLSv1.1"})
    context = weak_context("ECDHE-RSA-AES128-GCM-SHA256")
    _, session = established(tiny, context)
    usual = (LOCALHOST, groups(X25519, P256), SIGNATURES, EMS)
    again = {"session": session.id}
    ok(ask(tiny, *usual, suites=(0xC02F,), **again).resumes, "the same hello resumes")
    ok(ask(tiny, *usual, suites=(0x002F, 0xC02F), **again).resumes, "with a weaker suite beside it, too")
    f = ask(tiny, *usual, suites=(0xC02F, 0xC030), **again)
    equal((f.resumes, f.suite), (False, 0xC030), "a better suite is taken, and the session left")
    f = ask(tiny, *usual, suites=(0x002F,), **again)
    equal((f.resumes, f.suite), (False, 0x002F), "a hello without its suite")
    f = ask(tiny, *usual, suites=(0xC02F, 0x002F), version=0x0302, **again)
    equal((f.resumes, f.suite), (False, 0x002F), "an older version")
    f = ask(tiny, LOCALHOST, (GROUPS, b"\0\2\xff\x01"), SIGNATURES, EMS, suites=(0xC02F, 0x002F), **again)
    equal((f.resumes, f.suite), (False, 0x002F), "no group for it any more")
    f = ask(tiny, *usual, suites=(0xC02F,), session=session.id[:31])
    equal((f.resumes, len(f.session)), (False, 32), "a part of its ID")
    ok(ask(tiny, *usual, suites=(0xC02F,), **again).resumes, "which all leave the session as it was")
    tiny.stop()


def forgotten():
    """RFC 5246, section 7.2.2."""
    tiny, context = Tiny(CACHE), client_context()
    _, session = established(tiny, context)
    equal(established(tiny, context, session)[0], True, "a session that ended well")
    wire = Session(tiny, context, session).handshake()
    ok(wire.tls.session_reused, "once more")
    wire.socket.sendall(record(23, bytes(40)))
    receive_all(wire.socket)
    wire.close()
    equal(established(tiny, context, session)[0], False, "after a record that did not verify it is gone")
    _, session = established(tiny, context)
    raw = Raw(tiny)
    suites = (0xC030, 0xC02F, 0xCCA8)
    ok(raw.say(hello(LOCALHOST, groups(X25519, P256), SIGNATURES, EMS, session=session.id, suites=suites)).resumes,
       "another one")
    raw.socket.sendall(record(21, b"\2\x28"))
    receive_all(raw.socket)
    equal(established(tiny, context, session)[0], False, "after a fatal alert of the client, too")
    tiny.stop()


for part in (extended_master_secret, extended_sessions, answers, signatures, key_shares, hello_requests,
             never_another_way, forgotten):
    part()
done()
