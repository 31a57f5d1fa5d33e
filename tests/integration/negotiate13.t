#!/usr/bin/env python3
"""What is negotiated in TLS 1.3 with real clients: version, suite, group (with and
without a HelloRetryRequest), certificate and signature, record sizes."""
import re
import ssl

from harness import Tiny, client_context, curl, done, equal, folder, ok, run, self_signed, write
from tlskit import (HANDSHAKE_FAILURE, INAPPROPRIATE_FALLBACK, NO_APPLICATION_PROTOCOL, PROTOCOL_VERSION, Authority,
                    Wire, both, refused, s_client)

AES128, AES256, CHACHA = "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
keys = folder()
rsa, ec = self_signed(keys, "rsa", "rsa"), self_signed(keys, "ec", "ec")
root = folder()
write(root + "/index.html", "home\n")
write(root + "/large", b"0123456789abcdef" * 4096)
BOTH = {"ssl.keyfile": rsa, "ssl.second-keyfile": ec, "files.root": root, "ssl.protocol": 9}
REQUEST = b"GET /index.html HTTP/1.0\r\n\r\n"


def get(tiny, *args, **how):
    return s_client(tiny, "-ign_eof", *args, input=REQUEST, **how)


def hellos(client):
    """ClientHellos that s_client -msg tells of."""
    return len(re.findall(r">>> TLS 1\.\d, Handshake \[length [0-9a-f]+\], ClientHello", client.text))


def versions():
    tiny = Tiny(BOTH)
    for flags, version in ((), "TLSv1.3"), (("-tls1_3",), "TLSv1.3"), (("-tls1_2",), "TLSv1.2"):
        c = get(tiny, *flags)
        ok(c.suite and f"New, {version}," in c.text.replace("Reused", "New") and "home" in c.text,
           f"s_client {' '.join(flags)}: {version}", c.text)
    refused(s_client(tiny, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), PROTOCOL_VERSION, "TLS 1.1 is off")
    refused(s_client(tiny, "-tls1_2", "-fallback_scsv"), INAPPROPRIATE_FALLBACK, "a fallback to TLS 1.2 without need")
    refused(s_client(tiny, "-groups", "X448"), HANDSHAKE_FAILURE,
            "without a group in common a client of both versions gets an alert, not TLS 1.2")
    code, out, err = curl(tiny.url("/index.html"))
    equal((code, out), (0, b"home\n"), "curl")
    tiny.stop()
    tiny = Tiny({**BOTH, "ssl.protocol": 6})
    equal("home" in get(tiny).text, True, "ssl.protocol 6: TLS 1.3")
    refused(s_client(tiny, "-tls1_2"), PROTOCOL_VERSION, "and nothing else")
    tiny.stop()
    tiny = Tiny({**BOTH, "ssl.protocol": 5})
    refused(s_client(tiny, "-tls1_3"), PROTOCOL_VERSION, "ssl.protocol 5: no TLS 1.3")
    tiny.stop()


def without_13(data):
    """A ClientHello with TLS 1.3 taken out of its supported_versions by somebody on the way."""
    return data.replace(b"\x00\x2b\x00\x05\x04\x03\x04\x03\x03", b"\x00\x2b\x00\x05\x04\x0a\x0a\x03\x03")


def downgrade():
    context = client_context(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    for protocol, want in (9, "INAPPROPRIATE_FALLBACK"), (5, None):
        tiny = Tiny({**BOTH, "ssl.protocol": protocol})
        wire = Wire(tiny, context)
        try:
            wire.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = wire.outgoing.read()
        ok(without_13(hello) != hello, "the hello offers TLS 1.3 and 1.2", hello)
        wire.socket.sendall(without_13(hello))
        reason = wire.reason(wire.tls.do_handshake)
        if want:
            equal(reason, want, "a client that is talked down to TLS 1.2 sees it in the ServerHello")
        else:
            ok(reason not in (None, "INAPPROPRIATE_FALLBACK"), "without TLS 1.3 there is no mark; Finished tells", reason)
        wire.close()
        tiny.stop()


def suites():
    tiny = Tiny(BOTH)
    for suite in AES128, AES256, CHACHA:
        c = get(tiny, "-ciphersuites", suite)
        ok(c.suite == suite and "home" in c.text, suite, c.text)
    refused(s_client(tiny, "-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"), HANDSHAKE_FAILURE, "no suite in common")
    tiny.stop()
    turned = (":".join((CHACHA, AES128, AES256)), ":".join((AES128, CHACHA, AES256)))
    ours = {**BOTH, "ssl.ciphersuites": ":".join((AES256, CHACHA, AES128))}
    for more, want in (({}, (AES256, AES256)), ({"ssl.server-preference": "false"}, (CHACHA, AES128)),
                       ({"ssl.options": "PRIORITIZE_CHACHA"}, (CHACHA, AES256))):
        tiny = Tiny({**ours, **more})
        got = tuple(s_client(tiny, "-ciphersuites", o).suite for o in turned)
        equal(got, want, f"in the right order: {more}")
        tiny.stop()
    files = ["-cert", ec, "-key", ec, "-tls1_3"]
    for more in (), ("-ciphersuites", AES128 + ":" + CHACHA), ("-serverpref", "-ciphersuites", AES128 + ":" + CHACHA), (
            "-serverpref", "-prioritize_chacha", "-ciphersuites", ":".join((AES256, CHACHA))):
        ours, theirs = both([*files, *more], lambda s: tuple(s_client(s, "-ciphersuites", o).suite for o in turned))
        equal(ours, theirs, f"as s_server {' '.join(more)}")


def groups():
    """One hello where the first share is for a group of ours, two where another is to be asked for."""
    tiny = Tiny(BOTH)
    for offer, shown, count in (("X25519", "X25519", 1), ("P-256", "prime256v1", 1), ("P-384", "secp384r1", 1),
                                ("P-521", "secp521r1", 1), ("P-521:X25519", "secp521r1", 1),
                                ("X448:P-384", "secp384r1", 2), ("X448:P-521:P-384:X25519", "X25519", 2),
                                ("X448:P-256", "prime256v1", 2)):
        c = get(tiny, "-tls1_3", "-groups", offer, "-msg")
        ok((c.group, hellos(c)) == (shown, count) and "home" in c.text, f"{offer}: {shown} with {count} ClientHello", c.text)
    code, out, err = curl("--curves", "X448:P-521", tiny.url("/index.html"))
    equal((code, out), (0, b"home\n"), "curl is asked for another share")
    tiny.stop()
    tiny = Tiny({**BOTH, "ssl.groups": "P-384:P-256"})
    c = get(tiny, "-tls1_3", "-groups", "X25519:P-256:P-384", "-msg")
    ok((c.group, hellos(c)) == ("secp384r1", 2) and "home" in c.text, "ssl.groups orders what is asked for", c.text)
    refused(s_client(tiny, "-tls1_3", "-groups", "X25519:P-521"), HANDSHAKE_FAILURE, "and restricts")
    for more in ("-alpn", "http/1.1"), ("-status",), ("-no_middlebox",), ("-ciphersuites", CHACHA), ("-early_data", root + "/index.html"):
        c = get(tiny, "-tls1_3", "-groups", "X25519:P-384", *more)
        ok(c.group == "secp384r1" and "home" in c.text, f"a second hello {' '.join(more)}", c.text)
    tiny.stop()
    for option in ("X25519",), ("P-521:P-256",):
        ours, theirs = both(["-cert", ec, "-key", ec, "-tls1_3", "-groups", *option], lambda s: [
            (c.group, hellos(c)) for c in (s_client(s, "-msg", "-groups", g) for g in ("X448:X25519:P-256", "P-384:P-521:X25519"))])
        equal(ours, theirs, f"as s_server -groups {' '.join(option)}")


def asked_again_and_resumed():
    """A HelloRetryRequest amid all that hellos bring along."""
    ca = Authority("clients")
    client = ca.issue("someone")
    tiny = Tiny({**BOTH, "ssl.early-data": 4096, "ssl.cafile": ca.crt, "ssl.verify": "optional"})
    session = keys + "/session"
    for suites in AES128, AES256 + ":" + AES128:
        c = get(tiny, "-tls1_3", "-ciphersuites", suites, "-sess_out", session)
        ok(not c.reused and c.find(r"Max Early Data: (\d+)") == "4096", f"{suites}: a session", c.text)
        for more in (), ("-early_data", write(keys + "/early", REQUEST.decode())):
            c = get(tiny, "-sess_in", session, "-groups", "X448:P-384", "-msg", *more)
            ok(c.reused and (c.group, hellos(c)) == ("secp384r1", 2) and "home" in c.text,
               f"resumed with another group {more[:1]}", c.text)
            equal("Early data was rejected" in c.text, bool(more), "early data of the first hello is passed over")
    c = get(tiny, "-tls1_3", "-groups", "X448:P-256", "-cert", client, "-key", client, "-msg")
    ok(hellos(c) == 2 and "home" in c.text, "a client's certificate behind a second hello", c.text)
    tiny.stop()


def by_gnutls():
    """It sends several shares, and then may be asked for another."""
    tiny = Tiny({**BOTH, "ssl.groups": "P-521:X25519"})
    for more, group in (("", "X25519"), (":-GROUP-X25519", "SECP521R1")):
        code, out, err = run("gnutls-cli", "--insecure", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3" + more, "-p",
                             str(tiny.port), "127.0.0.1", input=REQUEST)
        text = (out + err).decode()
        ok(f"ECDHE-{group}" in text and "home" in text, f"gnutls-cli: {group}", text)
    tiny.stop()


def signatures():
    tiny = Tiny(BOTH)
    for algorithms, kind, digest in (("ECDSA+SHA256", "ECDSA", "SHA256"), ("RSA-PSS+SHA256", "RSA-PSS", "SHA256"),
                                     ("RSA-PSS+SHA512:RSA-PSS+SHA384", "RSA-PSS", "SHA384"),
                                     ("RSA+SHA256:RSA-PSS+SHA512", "RSA-PSS", "SHA512"),
                                     ("RSA-PSS+SHA256:ECDSA+SHA256", "ECDSA", "SHA256")):
        c = get(tiny, "-tls1_3", "-sigalgs", algorithms)
        got = c.find(r"Peer signature type: (\S+)"), c.find(r"Peer signing digest: (\S+)")
        ok(got == (kind, digest) and "home" in c.text, f"{algorithms}: {kind} with {digest}", c.text)
    refused(s_client(tiny, "-tls1_3", "-sigalgs", "ECDSA+SHA384"), HANDSHAKE_FAILURE, "P-256 signs with SHA-256 alone")
    refused(s_client(tiny, "-tls1_3", "-sigalgs", "RSA+SHA256"), HANDSHAKE_FAILURE, "PKCS#1 signs nothing")
    tiny.stop()
    tiny = Tiny({**BOTH, "ssl.signature-algorithms": "RSA-PSS+SHA384:ECDSA+SHA256"})
    equal(get(tiny, "-tls1_3").find(r"Peer signature type: (\S+)"), "RSA-PSS", "ssl.signature-algorithms orders")
    tiny.stop()


def chains():
    """How a chain is signed decides between two certificates, if it can."""
    by_ec, by_rsa = Authority("ec root"), Authority("rsa root", key="rsa")
    tiny = Tiny({**BOTH, "ssl.keyfile": by_rsa.issue("by-rsa", "server"),
                 "ssl.second-keyfile": by_ec.issue("by-ec", "server", key="rsa")})
    for algorithms, want in (("RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA256", "by-rsa"),
                             ("RSA-PSS+SHA256:ECDSA+SHA256", "by-ec"), ("ECDSA+SHA256", "by-rsa")):
        equal(s_client(tiny, "-tls1_3", "-sigalgs", algorithms).subject, want, f"{algorithms}: the certificate {want}")
    tiny.stop()


def protocols():
    tiny = Tiny(BOTH)
    equal(get(tiny, "-tls1_3", "-alpn", "h2,http/1.1").find(r"ALPN protocol: (\S+)"), "http/1.1", "http/1.1")
    refused(s_client(tiny, "-tls1_3", "-alpn", "h2"), NO_APPLICATION_PROTOCOL, "h2 alone")
    tiny.stop()


def names():
    files = {n: self_signed(keys, n, "ec", n + ".test") for n in ("base", "exact")}
    tiny = Tiny({"ssl.keyfile": files["base"], "ssl.server-name-indication": [f"www.example.org={files['exact']}"],
                 "ssl.protocol": 9})
    for name, want, answered in (("WWW.Example.ORG", "exact", True), ("example.org", "base", False), (None, "base", False)):
        c = s_client(tiny, "-tls1_3", "-tlsextdebug", name=name)
        told = re.search(r'TLS server extension "server name"', c.text) is not None
        equal((c.subject, told), (want + ".test", answered), f"server name {name}")
    tiny.stop()


for part in versions, downgrade, suites, groups, asked_again_and_resumed, by_gnutls, signatures, chains, protocols, names:
    part()
done()
