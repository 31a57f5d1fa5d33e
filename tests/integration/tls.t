#!/usr/bin/env python3
"""What is negotiated with real clients: suites, versions, groups,
certificates by name and by type, application protocols."""
import ssl

import harness
from harness import Tiny, client_context, curl, done, equal, folder, ok, run, self_signed, skip, write
from tlskit import (HANDSHAKE_FAILURE, INAPPROPRIATE_FALLBACK, NO_APPLICATION_PROTOCOL, PROTOCOL_VERSION, VERSIONS,
                    refused, s_client)

keys = folder()
rsa, ec = self_signed(keys, "rsa", "rsa"), self_signed(keys, "ec", "ec")
root = folder()
write(root + "/index.html", "home\n")
BOTH = {"ssl.keyfile": rsa, "ssl.second-keyfile": ec, "files.root": root}


def openssl_suites():
    code, out, err = run("openssl", "ciphers", "-s", "-tls1_2", "ALL:@SECLEVEL=0")
    return set(out.decode().strip().split(":"))


def gnutls(tiny, priority):
    code, out, err = run("gnutls-cli", "--insecure", "--priority", priority, "-p", str(tiny.port), "127.0.0.1",
                         input=b"GET /index.html HTTP/1.0\r\n\r\n")
    return (out + err).decode()


def suites():
    """Each suite that both have is negotiated when the client asks for it alone."""
    tiny = Tiny({**BOTH, "ssl.cipher-list": "ALL", "ssl.min-protocol": "TLSv1"})
    code, out, err = run(harness.TINY, "ciphers", "ALL")
    ours = out.decode().strip().split(":")
    theirs = openssl_suites()
    tried = 0
    for suite in ours:
        if suite not in theirs:
            continue
        tried += 1
        c = s_client(tiny, "-tls1_2", "-cipher", suite + ":@SECLEVEL=0", "-ign_eof",
                     input=b"GET /index.html HTTP/1.0\r\n\r\n")
        signer = "EC" if "ECDSA" in suite else "RSA"
        # s_client describes the server's public key by its bits: 256 is EC.
        bits = c.find(r"Server public key is (\d+) bit")
        ok((c.suite, bits) == (suite, "256" if signer == "EC" else "2048") and "home" in c.text, suite, c.text)
    ok(tried >= 28, "most suites were tried with openssl", tried)
    for kx, group in ("ECDHE-RSA", "+GROUP-ALL"), ("ECDHE-ECDSA", "+GROUP-ALL"), ("RSA", "+GROUP-ALL"):
        for version in "VERS-TLS1.0", "VERS-TLS1.2":
            text = gnutls(tiny, f"NONE:+{version}:+3DES-CBC:+{kx}:+SHA1:+SIGN-ALL:{group}:+COMP-NULL:%VERIFY_ALLOW_BROKEN"
                          ":%NO_EXTENSIONS" if kx == "RSA" else
                          f"NONE:+{version}:+3DES-CBC:+{kx}:+SHA1:+SIGN-ALL:{group}:+COMP-NULL")
            ok("3DES-CBC" in text and "home" in text, f"{kx} with 3DES, {version}, by gnutls", text)
    for version, flag in VERSIONS.items():
        if version == "TLSv1.2":
            continue
        for suite in ours:
            if suite in theirs and suite.endswith("-SHA"):
                c = s_client(tiny, flag, "-cipher", suite + ":@SECLEVEL=0", "-ign_eof",
                             input=b"GET /index.html HTTP/1.0\r\n\r\n")
                ok((c.suite, c.version) == (suite, version) and "home" in c.text, f"{suite}, {version}", c.text)
        c = s_client(tiny, flag, "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
        ok(c.suite is None, f"no TLS 1.2 suite in {version}", c.text)
    tiny.stop()


def default_list():
    tiny = Tiny(BOTH)
    for suite in ("ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "AES256-SHA", "AES128-CCM",
                  "ECDHE-ECDSA-AES128-CCM", "DHE-RSA-AES128-GCM-SHA256", "ADH-AES128-SHA", "NULL-SHA256",
                  "ECDHE-RSA-CAMELLIA128-SHA256"):
        refused(s_client(tiny, "-tls1_2", "-cipher", suite + ":@SECLEVEL=0"), HANDSHAKE_FAILURE,
                f"the default refuses {suite}")
    text = gnutls(tiny, "NONE:+VERS-TLS1.2:+3DES-CBC:+ECDHE-RSA:+SHA1:+SIGN-ALL:+GROUP-ALL:+COMP-NULL")
    ok("Handshake failed" in text, "and 3DES", text)
    tiny.stop()


def preference():
    offer = "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"
    backwards = ":".join(reversed(offer.split(":")))
    for server, want in ("true", ("ECDHE-RSA-AES256-GCM-SHA384",) * 2), \
            ("false", ("ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-GCM-SHA256")):
        tiny = Tiny({"ssl.keyfile": rsa, "ssl.server-preference": server, "ssl.cipher-list":
                     "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256"})
        got = tuple(s_client(tiny, "-tls1_2", "-cipher", o).suite for o in (offer, backwards))
        equal(got, want, f"ssl.server-preference {server}")
        tiny.stop()


def groups():
    tiny = Tiny(BOTH)
    for group, shown in ("X25519", "X25519"), ("P-256", "prime256v1"), ("P-384", "secp384r1"), ("P-521", "secp521r1"):
        c = s_client(tiny, "-tls1_2", "-groups", group, "-cipher", "ECDHE-RSA-AES128-GCM-SHA256")
        equal((c.group, c.suite), (shown, "ECDHE-RSA-AES128-GCM-SHA256"), f"group {group}")
    equal(s_client(tiny, "-tls1_2", "-groups", "P-521:P-256:X25519", "-cipher", "aRSA").group, "X25519",
          "X25519 is chosen before the others")
    refused(s_client(tiny, "-tls1_2", "-groups", "X448", "-cipher", "aRSA"), HANDSHAKE_FAILURE, "no group in common")
    tiny.stop()
    tiny = Tiny({**BOTH, "ssl.groups": "P-384:P-256"})
    equal(s_client(tiny, "-tls1_2", "-groups", "X25519:P-256:P-384").group, "secp384r1", "ssl.groups orders")
    refused(s_client(tiny, "-tls1_2", "-groups", "X25519:P-521", "-cipher", "aRSA"), HANDSHAKE_FAILURE,
            "ssl.groups restricts")
    tiny.stop()


def offered(tiny):
    """Versions that the server takes. A client of older ones must get alert
    70; one of newer ones is offered an older one, and gives up by itself."""
    taken = []
    for version, flag in {**VERSIONS, "TLSv1.3": "-tls1_3"}.items():
        c = s_client(tiny, flag, "-cipher", "ALL:@SECLEVEL=0")
        if c.version == version:
            taken.append(version)
        elif c.alert != PROTOCOL_VERSION and not (taken and "unsupported protocol" in c.text):
            taken.append(f"{version} gives {c.alert}:\n{c.text}")
    return taken


def versions():
    everything = [*VERSIONS, "TLSv1.3"]
    for options, want in (
            ({}, everything[2:]), ({"ssl.protocol": 5}, ["TLSv1.2"]), ({"ssl.protocol": 6}, ["TLSv1.3"]),
            ({"ssl.protocol": 9}, everything[2:]), ({"ssl.protocol": 4}, ["TLSv1"]),
            ({"ssl.max-protocol": "TLSv1.2"}, ["TLSv1.2"]), ({"ssl.min-protocol": "TLSv1.3"}, ["TLSv1.3"]),
            ({"ssl.options": "NO_TLSv1_3"}, ["TLSv1.2"]), ({"ssl.options": "NO_TLSv1_2"}, ["TLSv1.3"]),
            ({"ssl.min-protocol": "TLSv1", "ssl.max-protocol": "TLSv1.2"}, everything[:3]),
            ({"ssl.min-protocol": "TLSv1"}, everything), ({"ssl.min-protocol": "TLSv1.1"}, everything[1:]),
            ({"ssl.min-protocol": "TLSv1", "ssl.max-protocol": "TLSv1.1"}, everything[:2]),
            ({"ssl.min-protocol": "TLSv1.1", "ssl.max-protocol": "TLSv1.1"}, everything[1:2])):
        tiny = Tiny({**BOTH, **options, "ssl.cipher-list": "ALL"})
        shown = ", ".join(f"{k} {v}" for k, v in options.items()) or "no option"
        equal(offered(tiny), want, f"{shown}: {', '.join(want)}")
        told = [b"TLS 1.0" in tiny.log, b"TLS 1.1" in tiny.log]
        equal(any(told), want[0] < "TLSv1.2", f"{shown}: old versions are told in the log, and nothing else")
        tiny.stop()
    for number in 0, 1, 2, 3, 7, 8, 10:
        tiny = Tiny({**BOTH, "ssl.protocol": number}, wait=False)
        equal(tiny.wait(), 2, f"ssl.protocol {number} is refused")
        ok(b"ssl.protocol" in tiny.log and len(tiny.log) > 40, "in a sentence", tiny.log)
    tiny = Tiny({**BOTH, "ssl.protocol": 5})
    refused(s_client(tiny, "-tls1_3"), PROTOCOL_VERSION, "a client of TLS 1.3 alone")
    equal(s_client(tiny).version, "TLSv1.2", "a client of TLS 1.3 and 1.2")
    tiny.stop()
    tiny = Tiny(BOTH)
    equal(s_client(tiny).version, "TLSv1.3", "where TLS 1.3 is on")
    refused(s_client(tiny, "-tls1_2", "-fallback_scsv"), INAPPROPRIATE_FALLBACK, "a fallback from TLS 1.3")
    tiny.stop()
    tiny = Tiny({**BOTH, "ssl.min-protocol": "TLSv1", "ssl.max-protocol": "TLSv1.2", "ssl.cipher-list": "ALL"})
    refused(s_client(tiny, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-fallback_scsv"), INAPPROPRIATE_FALLBACK,
            "a fallback without need")
    equal(s_client(tiny, "-tls1_2", "-fallback_scsv").version, "TLSv1.2", "a fallback to the highest version")
    tiny.stop()


def names():
    """Each certificate's name tells by which rule it was picked."""
    files = {n: self_signed(keys, n, "ec", n + ".test") for n in ("base", "exact", "wild", "deep")}
    tiny = Tiny({"ssl.keyfile": files["base"], "ssl.server-name-indication": [
        f"*.example.org={files['wild']}", f"www.example.org={files['exact']}", f"*.a.example.org={files['deep']}"]})
    for name, want in (("www.example.org", "exact"), ("WWW.Example.ORG", "exact"), ("other.example.org", "wild"),
                       ("x.a.example.org", "deep"), ("a.example.org", "wild"), ("example.org", "base"),
                       ("x.y.example.org", "base"), ("www.example.org.evil.test", "base"), (None, "base")):
        equal(s_client(tiny, name=name).subject, want + ".test", f"server name {name}")
    tiny.stop()
    other = {k: self_signed(keys, "other-" + k, k, "other.test") for k in ("rsa", "ec")}
    tiny = Tiny({**BOTH, "ssl.server-name-indication": [f"other.test={other['rsa']}", f"other.test={other['ec']}"]})
    for name in "localhost", "other.test":
        for signer, algorithms, bits in (("RSA", "RSA+SHA256", "2048"), ("EC", "ECDSA+SHA256", "256")):
            c = s_client(tiny, "-tls1_2", "-sigalgs", algorithms, name=name)
            equal((c.subject, c.find(r"Server public key is (\d+) bit")), (name, bits),
                  f"{name}: a client of {algorithms} gets the {signer} certificate")
    tiny.stop()


def protocols():
    def chosen(tiny, *names):
        context = client_context()
        if names:
            context.set_alpn_protocols(list(names))
        try:
            with tiny.tls(context) as s:
                return s.selected_alpn_protocol()
        except ssl.SSLError as e:
            return e.reason

    tiny = Tiny(BOTH)
    equal(chosen(tiny, "h2", "http/1.1"), "http/1.1", "http/1.1 is chosen")
    equal(chosen(tiny, "http/1.0"), "http/1.0", "or http/1.0")
    equal(chosen(tiny), None, "none without ALPN")
    refused(s_client(tiny, "-tls1_2", "-alpn", "h2"), NO_APPLICATION_PROTOCOL, "h2 alone")
    code, out, err = curl("--http2", "-w", "%{http_version}", tiny.url("/index.html"))
    equal((code, out), (0, b"home\n1.1"), "curl --http2 goes on with HTTP/1.1")
    tiny.stop()
    tiny = Tiny({"ssl.keyfile": ec, "server.mode": "echo", "ssl.alpn": "two,one"})
    equal((chosen(tiny, "one"), chosen(tiny, "one", "two"), chosen(tiny)), ("one", "two", None),
          "ssl.alpn in the server's order")
    refused(s_client(tiny, "-tls1_2", "-alpn", "http/1.1"), NO_APPLICATION_PROTOCOL, "none of ssl.alpn")
    tiny.stop()
    tiny = Tiny({"ssl.keyfile": ec, "server.mode": "echo"})
    equal(chosen(tiny, "h2"), None, "echo without ssl.alpn ignores it")
    tiny.stop()


for part in suites, default_list, preference, groups, versions, names, protocols:
    part()
done()
