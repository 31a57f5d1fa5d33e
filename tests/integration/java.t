#!/usr/bin/env python3
"""Java's TLS: TLS 1.3 with every suite, its groups, sessions, a second ClientHello,
certificates of both sides, ALPN, and large data both ways."""
import hashlib
import json
import os
import re

from harness import ROOT, Tiny, done, equal, folder, have, ok, run, skip, write
from tlskit import Authority

if not have("javac"):
    skip("Java", "javac is not installed")
    done()

V13, V12 = "TLSv1.3", "TLSv1.2"
SUITES = "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
home, root = folder(), folder()
code, out, err = run("javac", "-d", home, ROOT + "/tests/integration/clients/Client.java", timeout=300)
if not ok(code == 0, "the client is built", err.decode()):
    done()

authority = Authority("CA")
middle = Authority("Middle CA", issuer=authority)
FILES = {"ssl.keyfile": middle.issue("localhost", "site"), "files.root": root}
big = os.urandom(1 << 20) * 8
with open(root + "/big", "wb") as f:
    f.write(big)
write(root + "/index.html", "home\n")
HOME = "HTTP/1.1 200 OK " + hashlib.sha256(b"home\n").hexdigest()
PLAIN = {"ca": authority.crt}


def client(tiny, **options):
    """What each of its connections saw."""
    code, out, err = run("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", home, "Client",
                         *(f"{k}={v}" for k, v in {"port": tiny.port, **PLAIN, **options}.items()), timeout=120)
    seen = [json.loads(line) for line in out.splitlines()]
    return [{"version": None, "resumed": None, "answer": None, **c} for c in seen or [{"error": err.decode()}]]


def basics():
    tiny = Tiny(FILES)
    seen = client(tiny, times=3, alpn="h2,http/1.1")
    equal([(c["version"], c["resumed"], c["answer"], c["error"]) for c in seen],
          [(V13, i > 0, HOME, "") for i in range(3)], "TLS 1.3, and resumed from then on")
    equal((seen[0]["chain"], seen[0]["protocol"]), (2, "http/1.1"), "with the certificate between, and ALPN")
    equal([(c["version"], c["resumed"]) for c in client(tiny, times=2, protocols=V12)], [(V12, False), (V12, True)],
          "TLS 1.2, resumed, too")
    c = client(tiny, path="/big")[0]
    equal(c["answer"], "HTTP/1.1 200 OK " + hashlib.sha256(big).hexdigest(), "a large file")
    equal(tiny.stop(), 0, "it ends well")


def groups():
    tiny = Tiny({**FILES, "server.mode": "status"})
    for group, name in ("x25519", "X25519"), ("secp256r1", "P-256"), ("secp384r1", "P-384"), ("secp521r1", "P-521"):
        seen = client(tiny, times=2, groups=group)
        equal([(c["version"], c["resumed"], c["error"]) for c in seen], [(V13, False, ""), (V13, True, "")], f"its {name}")
    tiny.stop()
    tiny = Tiny({**FILES, "ssl.groups": "P-384", "watch.msg": "true", "watch.file": home + "/msg"})
    seen = client(tiny, times=2)
    equal([(c["version"], c["resumed"], c["error"]) for c in seen], [(V13, False, ""), (V13, True, "")],
          "asked for another share, and resumed behind that")
    tiny.stop()
    with open(home + "/msg") as f:
        equal(len(re.findall(r"(?m)^<<<.*, ClientHello$", f.read())), 4, "in four ClientHellos")


def suites():
    tiny = Tiny({**FILES, "server.mode": "echo"})
    for suite in SUITES:
        c = client(tiny, suites=suite, echo=4 << 20)[0]
        equal((c.get("suite"), c["answer"], c["error"]), (suite, "same", ""), f"{suite}: 4 MiB sent and echoed")
    tiny.stop()


def certificates():
    def own(pem):
        run("openssl", "pkcs12", "-export", "-in", pem, "-inkey", pem, "-passout", "pass:java", "-out", pem + ".p12")
        return pem + ".p12"

    tiny = Tiny({**FILES, "ssl.cafile": authority.crt})
    for key in "ec", "rsa":
        seen = client(tiny, p12=own(authority.issue("alice", key=key)), times=2)
        equal([(c["resumed"], c["answer"], c["error"]) for c in seen], [(False, HOME, ""), (True, HOME, "")],
              f"a certificate of its own, {key}, and resumed with it")
    c = client(tiny)[0]
    ok("certificate_required" in c["error"], f"none: {c['error']}", c)
    tiny.stop()
    tiny = Tiny({**FILES, "ssl.keyfile": authority.issue("localhost", "site", key="rsa")})
    c = client(tiny)[0]
    equal((c["version"], c["error"]), (V13, ""), "the server's key: RSA")
    tiny.stop()


for part in basics, groups, suites, certificates:
    part()
done()
