#!/usr/bin/env python3
"""Client certificates: who gets in, which alert the others see, and what the
log says about it."""
import os
import re
import ssl
import subprocess

from harness import Tiny, client_context, curl, done, equal, folder, ok, run, self_signed, write
from tlskit import (BAD_CERTIFICATE, CERTIFICATE_EXPIRED, HANDSHAKE_FAILURE, UNKNOWN_CA, UNSUPPORTED_CERTIFICATE,
                    Authority, s_client)

root, keys = folder(), folder()
write(root + "/index.html", "home\n")
server = self_signed(keys, "server", "ec")
GET = b"GET /index.html HTTP/1.0\r\n\r\n"
good, rsa_ca, other = Authority("Good CA"), Authority("Old RSA CA", key="rsa"), Authority("Other CA")
middle = Authority("Middle CA", issuer=good)
lower = Authority("Lower CA", issuer=middle)
cafile = write(keys + "/ca.pem", open(good.crt).read() + open(rsa_ca.crt).read())
FILES = {"ssl.keyfile": server, "files.root": root, "ssl.cafile": cafile}


def visit(tiny, pem, *args):
    cert = ["-cert", pem, "-key", pem] if pem else []
    if pem and os.path.exists(pem + ".chain") and os.path.getsize(pem + ".chain"):
        cert += ["-cert_chain", pem + ".chain"]
    return s_client(tiny, "-tls1_2", *cert, *args, "-ign_eof", input=GET)


def admitted(tiny, pem, name, *args):
    c = visit(tiny, pem, *args)
    return ok("home" in c.text and c.alert is None, name, c.text)


def turned_away(tiny, pem, alert, words, name):
    """The client sees the alert; the log has the reason in words."""
    before = len(tiny.log)
    c = visit(tiny, pem)
    ok(c.alert == alert and "home" not in c.text, f"{name}: alert {alert}", c.text)
    try:
        line = tiny.wait_log(rb"handshake failed.*\n", since=before, timeout=10)
    except AssertionError as e:
        line = str(e).encode()
    ok(re.search(words, line), f"{name}: told in the log", line)


def authorities_sent():
    tiny = Tiny(FILES)
    c = visit(tiny, good.issue("alice"))
    names = c.text.partition("Acceptable client certificate CA names\n")[2]
    ok(names.startswith("CN = Good CA\nCN = Old RSA CA\n"), "the CA names are sent, in the file's order", c.text)
    types = c.find(r"Client Certificate Types: (.*)") or ""
    ok("RSA sign" in types and "ECDSA sign" in types, "and the types of certificate", c.text)
    tiny.stop()
    for options, args in ({**FILES, "ssl.options": "DISABLE_TLSEXT_CA_NAMES"}, []), (FILES, ["-no_ca_names"]):
        tiny = Tiny(options, args)
        c = visit(tiny, good.issue("alice"))
        ok("home" in c.text and "No client certificate CA names sent" in c.text and "Client Certificate Types" in c.text,
           f"{args}: asked for, without a name", c.text)
        turned_away(tiny, other.issue("mallory"), UNKNOWN_CA, rb"unknown_ca", "one of another CA all the same")
        tiny.stop()


def required():
    """ssl.cafile alone means required. The log's rate is bounded, hence two servers."""
    tiny = Tiny(FILES)
    alice = good.issue("alice")
    admitted(tiny, alice, "a good certificate")
    admitted(tiny, good.issue("alice", "plain", key="rsa"), "an RSA key, signed with ECDSA")
    admitted(tiny, rsa_ca.issue("alice", "both", key="rsa"), "an RSA key, signed with RSA")
    admitted(tiny, good.issue("alice", key="ec521"), "a P-521 key")
    code, out, err = curl("--cert", alice, tiny.url("/index.html"))
    equal((code, out), (0, b"home\n"), "curl --cert")
    code, out, err = run("gnutls-cli", "--insecure", "--x509certfile", alice, "--x509keyfile", alice,
                         "-p", str(tiny.port), "127.0.0.1", input=GET)
    ok(b"home" in out, "gnutls-cli --x509certfile", out + err)
    turned_away(tiny, None, HANDSHAKE_FAILURE, rb"the peer did not return a certificate", "no certificate")
    turned_away(tiny, other.issue("mallory"), UNKNOWN_CA, rb"unknown_ca: unable to get local issuer", "another CA")
    turned_away(tiny, self_signed(keys, "own"), UNKNOWN_CA, rb"unknown_ca", "a self-signed one")
    turned_away(tiny, good.issue("late", end="20200201000000Z"), CERTIFICATE_EXPIRED, rb"expired", "an expired one")
    tiny.stop()
    tiny = Tiny(FILES)
    c = visit(tiny, good.issue("weak", digest="sha1"), "-cipher", "DEFAULT@SECLEVEL=0")
    ok(c.alert == UNSUPPORTED_CERTIFICATE and "home" not in c.text, "one signed with SHA-1", c.text)
    tiny.wait_log(rb"CA signature digest algorithm too weak")
    turned_away(tiny, good.issue("early", start="20400101000000Z"), CERTIFICATE_EXPIRED, rb"not yet valid",
                "one not yet valid")
    turned_away(tiny, good.issue("host", "server"), UNSUPPORTED_CERTIFICATE, rb"unsuitable certificate purpose", "one for servers")
    turned_away(tiny, forged(alice), BAD_CERTIFICATE, rb"certificate signature failure", "one with a forged signature")
    turned_away(tiny, child_of_leaf(), BAD_CERTIFICATE, rb"invalid CA certificate", "one issued by a client")
    admitted(tiny, alice, "and still a good one")
    tiny.stop()


def forged(pem):
    """The certificate with its last byte changed. s_client would sort it out, as it holds the right key."""
    code, der, err = run("openssl", "x509", "-in", pem, "-outform", "DER")
    der = der[:-1] + bytes([der[-1] ^ 1])
    code, out, err = run("openssl", "x509", "-inform", "DER", input=der)
    key = open(pem).read().partition("-----BEGIN PRIVATE KEY")
    return write(keys + "/forged.pem", out.decode() + key[1] + key[2])


def child_of_leaf():
    """Signed by alice, who is no authority."""
    alice = good.issue("alice")
    path = keys + "/child"
    subprocess.run(["openssl", "req", "-nodes", "-newkey", "rsa:2048", "-keyout", path, "-out", path + ".csr", "-subj",
                    "/CN=child"], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "x509", "-req", "-in", path + ".csr", "-CA", alice, "-CAkey", alice, "-CAcreateserial",
                    "-days", "9", "-out", path + ".crt"], check=True, stderr=subprocess.DEVNULL)
    write(path + ".pem.chain", open(alice).read().partition("-----BEGIN PRIVATE KEY")[0])
    return write(path + ".pem", open(path + ".crt").read() + open(path).read())


def chains():
    bob = lower.issue("bob")
    alone = lower.issue("bob", chain=False)
    for depth, want in (None, True), (2, True), (1, False), (0, False):
        tiny = Tiny({**FILES, **({} if depth is None else {"ssl.verify-depth": depth})})
        if want:
            admitted(tiny, bob, f"two certificates in between, ssl.verify-depth {depth}")
        else:
            turned_away(tiny, bob, UNKNOWN_CA, rb"certificate chain too long", f"two in between, ssl.verify-depth {depth}")
        if depth == 0:
            admitted(tiny, good.issue("alice"), "one that the CA issued itself")
        if depth is None:
            turned_away(tiny, alone, UNKNOWN_CA, rb"unknown_ca", "without the certificates in between")
        tiny.stop()


def constraints():
    """What stands in the certificates between: a limit of the path, key
    usage, constraints on names."""
    tiny = Tiny(FILES)
    short = Authority("Short CA", issuer=good, kind="short")
    admitted(tiny, short.issue("alice"), "an authority that may sign certificates of clients only")
    turned_away(tiny, Authority("Below", issuer=short).issue("alice"), BAD_CERTIFICATE, rb"path length",
                "but makes another authority")
    turned_away(tiny, Authority("Idle CA", issuer=good, kind="idle").issue("alice"), BAD_CERTIFICATE,
                rb"invalid CA certificate", "an authority whose key must not sign certificates")
    narrow = Authority("Narrow CA", issuer=good, kind="narrow")
    admitted(tiny, narrow.issue("alice"), "constraints on names of hosts, and a name of none")
    turned_away(tiny, narrow.issue("www.example.com"), BAD_CERTIFICATE, rb"permitted subtree violation",
                "constraints on names")
    turned_away(tiny, good.issue("alice", "sealed"), UNSUPPORTED_CERTIFICATE, rb"unsuitable certificate purpose",
                "a key that must not sign")
    tiny.stop()


def expired_authority():
    """Its certificate is in the file, but its time is over: nothing it issued is good."""
    old = good.again(end="20210101000000Z")
    tiny = Tiny({**FILES, "ssl.cafile": old})
    ok(b"ssl.cafile: 1 of 1 CA certificates are expired" in tiny.log, "an expired CA is told at the start", tiny.log)
    turned_away(tiny, good.issue("alice"), CERTIFICATE_EXPIRED, rb"expired .error 10 at depth 1", "an expired CA")
    tiny.stop()
    both = write(keys + "/both.pem", open(old).read() + open(good.crt).read())
    tiny = Tiny({**FILES, "ssl.cafile": both})
    admitted(tiny, good.issue("alice"), "its renewed certificate beside it")
    tiny.stop()


def marked():
    """TRUSTED CERTIFICATE: openssl's marks of what a CA is trusted for."""
    for marks, why in ((["-addtrust", "clientAuth"], None), (["-addtrust", "anyExtendedKeyUsage"], None),
                       (["-addreject", "serverAuth"], None), (["-setalias", "nothing but a name"], None),
                       (["-addtrust", "emailProtection"], "trusted for others"),
                       (["-addreject", "clientAuth"], "rejected"),
                       (["-addtrust", "clientAuth", "-addreject", "anyExtendedKeyUsage"], "rejected for all")):
        path = keys + "/marked.pem"
        run("openssl", "x509", "-in", good.crt, "-trustout", *marks, "-out", path)
        tiny = Tiny({**FILES, "ssl.cafile": write(path, open(path).read() + open(other.crt).read())})
        if why is None:
            admitted(tiny, good.issue("alice"), " ".join(marks))
        else:
            turned_away(tiny, good.issue("alice"), UNKNOWN_CA, rb"unknown_ca", why)
            ok(b"not trusted for client authentication" in tiny.log, "which is told at the start", tiny.log)
        admitted(tiny, other.issue("alice"), "another CA beside it")
        tiny.stop()


def optional():
    tiny = Tiny({**FILES, "ssl.verify": "optional"})
    admitted(tiny, None, "optional: no certificate")
    admitted(tiny, good.issue("alice"), "optional: a good one")
    turned_away(tiny, other.issue("mallory"), UNKNOWN_CA, rb"unknown_ca", "optional: one of another CA")
    tiny.stop()
    for more in {"ssl.verify": "optional", "ssl.require-peer-certificate": "true"}, {"ssl.verify": "required"}:
        tiny = Tiny({**FILES, **more})
        turned_away(tiny, None, HANDSHAKE_FAILURE, rb"did not return a certificate", " ".join(f"{k} {v}" for k, v in more.items()))
        tiny.stop()
    tiny = Tiny({**FILES, "ssl.verify": "none"})
    c = visit(tiny, None)
    ok("home" in c.text and "No client certificate CA names sent" in c.text, "ssl.verify none asks for none", c.text)
    tiny.stop()
    tiny = Tiny({"ssl.keyfile": server, "files.root": root, "ssl.verify": "required"}, wait=False)
    equal(tiny.wait(), 2, "required without ssl.cafile is refused")
    ok(b"ssl.cafile" in tiny.log, "in a sentence", tiny.log)


def old_versions():
    tiny = Tiny({**FILES, "ssl.min-protocol": "TLSv1", "ssl.cipher-list": "ALL"})
    for version in ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1:
        for authority, key in (good, "ec"), (rsa_ca, "rsa"):
            context = client_context(version, version, "ALL:@SECLEVEL=0")
            context.load_cert_chain(authority.issue("alice", key=key))
            with tiny.tls(context) as s:
                s.sendall(GET)
                ok(b"home" in s.recv(4096) + s.recv(4096), f"{version.name} with {key}")
    tiny.stop()


def resumed():
    """What the first handshake found holds for the session."""
    for verify in "required", "optional":
        tiny = Tiny({"ssl.keyfile": server, "server.mode": "status", "ssl.cafile": cafile, "ssl.verify": verify,
                     "ssl.session-cache": "true"})
        path = folder() + "/session"
        pem = good.issue("alice")
        request = b"GET / HTTP/1.0\r\nAccept: text/plain\r\n\r\n"
        first = s_client(tiny, "-tls1_2", "-cert", pem, "-key", pem, "-sess_out", path, "-ign_eof", input=request)
        second = s_client(tiny, "-tls1_2", "-sess_in", path, "-ign_eof", input=request)
        ok(second.reused and not first.reused and "CN=alice" in first.text.replace(" = ", "=")
           and "CN=alice" in second.text.replace(" = ", "="), f"{verify}: a resumed session keeps the verdict",
           second.text)
        if verify == "optional":
            s_client(tiny, "-tls1_2", "-sess_out", path)
            c = s_client(tiny, "-tls1_2", "-sess_in", path, "-cert", pem, "-key", pem, "-ign_eof", input=request)
            ok(c.reused and "alice" not in c.text.partition("HTTP/1")[2], "one without a certificate stays without",
               c.text)
        tiny.stop()


for part in authorities_sent, required, chains, constraints, expired_authority, marked, optional, old_versions, resumed:
    part()
done()
