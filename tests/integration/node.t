#!/usr/bin/env python3
"""Node's tls: TLS 1.3 with every suite and group, sessions by ticket, a second ClientHello,
ALPN, certificates of both sides, key material, and large data both ways."""
import hashlib
import json
import os

from harness import ROOT, Tiny, done, equal, folder, have, ok, run, skip, write
from tlskit import Authority

if not have("node"):
    skip("Node", "it is not installed")
    done()

V13, V12 = "TLSv1.3", "TLSv1.2"
root = folder()
authority = Authority("CA")
FILES = {"ssl.keyfile": authority.issue("localhost", "site"), "files.root": root}
big = os.urandom(1 << 20) * 8
with open(root + "/big", "wb") as f:
    f.write(big)
write(root + "/index.html", "home\n")


def client(tiny, **options):
    """What each of its connections saw."""
    code, out, err = run("node", ROOT + "/tests/integration/clients/client.js",
                         *(f"{k}={v}" for k, v in {"port": tiny.port, "ca": authority.crt, **options}.items()), timeout=120)
    seen = [json.loads(line) for line in out.splitlines()]
    return seen or [{"version": None, "resumed": None, "error": err.decode(), "bytes": 0}]


def basics():
    tiny = Tiny(FILES)
    seen = client(tiny, times=3, alpn="h2,http/1.1")
    equal([(c["version"], c["resumed"], c["tickets"], c["status"], c["bytes"], c["error"]) for c in seen],
          [(V13, i > 0, 1 if i else 2, "HTTP/1.1 200 OK", 5, "") for i in range(3)], "TLS 1.3, and resumed by ticket from then on")
    equal([c["protocol"] for c in seen], ["http/1.1"] * 3, "ALPN")
    equal([(c["version"], c["resumed"]) for c in client(tiny, times=2, maxVersion=V12)], [(V12, False), (V12, True)],
          "TLS 1.2, resumed, too")
    c = client(tiny, path="/big")[0]
    equal((c["bytes"], c["hash"], c["error"]), (len(big), hashlib.sha256(big).hexdigest(), ""), "a large file")
    for curves, name in (("X25519", "X25519"), ("P-256", "prime256v1"), ("P-384", "secp384r1"), ("P-521", "secp521r1")):
        seen = client(tiny, times=2, ecdhCurve=curves, minVersion=V13)
        equal([(c["group"], c["resumed"], c["error"]) for c in seen], [(name, False, ""), (name, True, "")], f"its {curves}")
    equal(tiny.stop(), 0, "it ends well")
    tiny = Tiny({**FILES, "ssl.groups": "P-521"})
    seen = client(tiny, times=2, ecdhCurve="X25519:P-521")
    equal([(c["group"], c["resumed"], c["error"]) for c in seen], [("secp521r1", False, ""), ("secp521r1", True, "")],
          "asked for another share, and resumed behind that")
    tiny.stop()


def suites():
    tiny = Tiny({**FILES, "server.mode": "echo", "ssl.export-label": "EXPORTER-test"})
    for suite in "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256":
        c = client(tiny, ciphers=suite, echo=8 << 20, export="EXPORTER-test")[0]
        equal((c.get("suite"), c["bytes"], c.get("same"), c["error"]), (suite, 8 << 20, True, ""), f"{suite}: 8 MiB sent and echoed")
    tiny.stop()
    ok(f"Keying material: {c.get('exporter')}" in tiny.process.stdout.read().decode(), "the same key material", c)


def certificates():
    tiny = Tiny({**FILES, "ssl.cafile": authority.crt})
    for key in "ec", "rsa":
        seen = client(tiny, cert=authority.issue("alice", key=key), times=2)
        equal([(c["resumed"], c["bytes"], c["error"]) for c in seen], [(False, 5, ""), (True, 5, "")],
              f"a certificate of its own, {key}, and resumed with it")
    equal(client(tiny)[0]["error"], "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "none: certificate_required")
    equal(client(tiny, cert=Authority("Other").issue("mallory"))[0]["error"], "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
          "one of strangers: unknown_ca")
    tiny.stop()


for part in basics, suites, certificates:
    part()
done()
