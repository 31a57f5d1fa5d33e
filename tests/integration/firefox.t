#!/usr/bin/env python3
"""Firefox ESR without a screen: TLS 1.3 with the post-quantum group, the second visit
resumed, early data, a certificate that comes compressed, every suite and group, a
certificate of its own, and the key log of both sides."""
import re

from browser import Firefox, Site, fact, messages, wait_until_idle
from harness import done, equal, have, ok, run, skip

if not have("firefox-esr"):
    skip("Firefox", "firefox-esr is not installed")
    done()

site = Site()
with open(site.authority.crt) as f:
    root = "".join(re.search(r"(?s)-----BEGIN CERTIFICATE-----(.*?)-----END", f.read()).group(1).split())
firefox = Firefox()
firefox.trust(root)


def visits(tiny, number=2):
    """So many, each on a connection of its own: text and the browser's own view."""
    seen = []
    for _ in range(number):
        seen.append(firefox.visit(tiny.url("/")))
        wait_until_idle(tiny)
    return seen


def first_and_second():
    log = site.home + "/keys"
    tiny = site.serve(ssl_keylog_file=log)
    (first, view), (second, again) = visits(tiny)
    equal([fact(first, n) for n in ("Protocol", "Key exchange group", "Session", "Server name (SNI)")],
          ["TLSv1.3", "X25519MLKEM768", "new", "localhost"], "Firefox's first visit: TLS 1.3 with X25519MLKEM768")
    equal((view["protocolVersion"], view["keaGroupName"], view["signatureSchemeName"], view["resumed"]),
          (4, "mlkem768x25519", "ECDSA-P256-SHA256", False), "as it sees it, too")
    equal((fact(second, "Session"), fact(second, "Key exchange group"), again["resumed"], again["keaGroupName"]),
          ("reused", "X25519MLKEM768", True, "mlkem768x25519"), "the second visit is resumed, with a key exchange")
    equal(tiny.stop(), 0, "it ends well")
    with open(log) as f, open(firefox.keys) as theirs:
        # Firefox wrote those of its first connection and perhaps of others.
        ours, theirs = ({line for line in file.read().splitlines() if line[:1].isalpha()} for file in (f, theirs))
    ok(len(ours) >= 10 and ours <= theirs, "and both logs of keys have the same secrets", f"{ours - theirs}")


def early():
    tiny = site.serve(ssl_early_data=16384)
    (first, _), (second, view) = visits(tiny)
    equal((fact(first, "Early data"), fact(second, "Early data"), view["resumed"]), ("no", "yes", True),
          "the second visit's request comes as early data")
    tiny.stop()


def compressed():
    tiny = site.serve(ssl_compressed_certificates=site.compressed)
    (text, view), = visits(tiny, 1)
    names = messages(tiny)
    ok(fact(text, "Protocol") == "TLSv1.3" and "CompressedCertificate" in names and "Certificate" not in names,
       "its certificate comes compressed", names)
    tiny.stop()


def suites_and_groups():
    cases = [("ssl_ciphersuites", suite, "cipherName", suite, 1)
             for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")]
    # Firefox brings shares of the hybrid group, X25519 and P-256.
    cases += [("ssl_groups", group, "keaGroupName", name, hellos) for group, name, hellos in
              (("X25519", "x25519", 1), ("P-256", "P256", 1), ("P-384", "P384", 2), ("P-521", "P521", 2))]
    servers = [site.serve(**{option: value}) for option, value, _, _, _ in cases]
    views = [[], []]
    for view in views:
        view += [firefox.visit(tiny.url("/"))[1] for tiny in servers]
        for tiny in servers:
            wait_until_idle(tiny)
    for (_, value, key, name, hellos), tiny, first, again in zip(cases, servers, *views):
        equal([(v[key], v["resumed"]) for v in (first, again)], [(name, False), (name, True)], f"{value}, and resumed")
        equal(messages(tiny).count("ClientHello"), 2 * hellos, f"{value}: as many ClientHellos as it takes")
        tiny.stop()


def older():
    tiny = site.serve(ssl_protocol=5)
    (text, view), (_, again) = visits(tiny)
    equal((fact(text, "Protocol"), view["protocolVersion"], again["resumed"]), ("TLSv1.2", 3, True), "TLS 1.2, where 1.3 is off")
    tiny.stop()


def own_certificate():
    path = site.home + "/alice.p12"
    run("openssl", "pkcs12", "-export", "-in", site.client, "-inkey", site.client, "-name", "alice",
        "-passout", "pass:firefox", "-out", path)
    equal(firefox.own(path, "firefox"), 0, "a certificate of its own")
    tiny = site.serve(ssl_cafile=site.authority.crt)
    (text, _), = visits(tiny, 1)
    equal((fact(text, "Client certificate"), fact(text, "Its subject")), ("verified", "CN=alice"), "is shown and verified")
    tiny.stop()


for part in first_and_second, early, compressed, suites_and_groups, older, own_certificate:
    part()
ok(firefox.quit(), "it ends when asked to")
done()
