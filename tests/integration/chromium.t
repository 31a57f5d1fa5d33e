#!/usr/bin/env python3
"""Chromium without a screen, and what its net log says: TLS 1.3 with X25519MLKEM768, the
page shown, the second visit resumed, early data, a certificate that comes compressed with
brotli, every group it has."""
import base64
import hashlib

from browser import Chromium, Site, fact, wait_until_idle
from harness import Tiny, done, equal, folder, have, ok, run, self_signed, skip, write

if not have("chromium"):
    skip("Chromium", "it is not installed")
    done()

HYBRID, COMPRESSED, CERTIFICATE = 4588, 25, 11
GROUPS = {"X25519MLKEM768": HYBRID, "X25519": 29, "P-256": 23, "P-384": 24}
SUITES = {"TLS_AES_128_GCM_SHA256": 0x1301, "TLS_AES_256_GCM_SHA384": 0x1302, "TLS_CHACHA20_POLY1305_SHA256": 0x1303}


def spki(pem):
    key = run("openssl", "x509", "-in", pem, "-noout", "-pubkey")[1]
    der = run("openssl", "pkey", "-pubin", "-outform", "DER", input=key)[1]
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def page():
    """A page that fetches more, as --dump-dom shows it in the end."""
    root, pem = folder(), self_signed(folder())
    write(root + "/index.html", """<!DOCTYPE html><title>page</title><p id=p>begun</p><script>
        (async () => {
            let texts = await Promise.all([1, 2, 3, 4].map(async i => (await fetch("part" + i)).text()));
            document.getElementById("p").textContent = texts.map(t => t.length + t[0]).join(" ");
        })()</script>""")
    for i in range(1, 5):
        write(f"{root}/part{i}", str(i) * 50_000 * i)
    tiny = Tiny({"ssl.keyfile": pem, "files.root": root})
    chromium = Chromium(spki(pem), dump=tiny.url("/"))
    ended = chromium.end()
    ok(ended and '<p id="p">500001 1000002 1500003 2000004</p>' in chromium.told(), "--dump-dom shows the page and what it fetched",
       chromium.told())
    connects = chromium.events("SSL_CONNECT", tiny.port)
    equal({(c["version"], c["key_exchange_group"]) for c in connects}, {("TLS 1.3", HYBRID)}, "TLS 1.3 and group 4588, always")
    equal(tiny.stop(), 0, "it ends well")


def first_and_second():
    site = Site()
    tiny = site.serve(ssl_compressed_certificates=site.compressed)
    chromium = Chromium(spki(site.pem))
    first = chromium.visit(tiny.url("/"))
    wait_until_idle(tiny)
    second = chromium.visit(tiny.url("/"))
    wait_until_idle(tiny)
    equal([fact(first, n) for n in ("Protocol", "Key exchange group", "Session", "Server name (SNI)", "Application protocol")],
          ["TLSv1.3", "X25519MLKEM768", "new", "localhost", "http/1.1"], "the first visit's page")
    equal((fact(second, "Session"), fact(second, "Key exchange group")), ("reused", "X25519MLKEM768"), "the second visit is resumed")
    others = [(value, key, number, site.serve(**{option: value}))
              for option, key, values in (("ssl_groups", "key_exchange_group", GROUPS), ("ssl_ciphersuites", "cipher_suite", SUITES))
              for value, number in values.items()]
    for _ in range(2):
        for _, _, _, other in others:
            chromium.visit(other.url("/"))
        for _, _, _, other in others:
            wait_until_idle(other)
    ok(chromium.quit(), "it ends when asked to", chromium.told())
    connects = chromium.events("SSL_CONNECT", tiny.port)
    equal((connects[0]["version"], connects[0]["key_exchange_group"], connects[0]["is_resumed"], connects[-1]["is_resumed"]),
          ("TLS 1.3", HYBRID, False, True), "the net log has it so, too")
    types = [m["type"] for m in chromium.events("SSL_HANDSHAKE_MESSAGE_RECEIVED", tiny.port)]
    if have("brotli"):
        ok(COMPRESSED in types and CERTIFICATE not in types, "and that the certificate came compressed", types)
    else:
        skip("a compressed certificate", "brotli is not installed, and Chromium takes no other")
    for value, key, number, other in others:
        connects = chromium.events("SSL_CONNECT", other.port)
        equal(({c[key] for c in connects}, connects[0]["is_resumed"], connects[-1]["is_resumed"]), ({number}, False, True),
              f"{value}, and resumed")
        other.stop()
    equal(tiny.stop(), 0, "it ends well")


def early():
    site = Site()
    tiny = site.serve(ssl_early_data=16384)
    chromium = Chromium(spki(site.pem), "--enable-features=EnableTLS13EarlyData")
    pages = []
    for _ in range(2):
        pages.append(fact(chromium.visit(tiny.url("/")), "Early data"))
        wait_until_idle(tiny)
    equal(pages, ["no", "yes"], "the second visit's request comes as early data")
    ok(chromium.quit(), "it ends when asked to", chromium.told())
    tiny.stop()


for part in page, first_and_second, early:
    part()
done()
