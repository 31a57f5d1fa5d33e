#!/usr/bin/env python3
"""Go's crypto/tls: TLS 1.3 with every suite and group it has, sessions, a second
ClientHello, certificates of both sides, OCSP, key material, and large data both ways."""
import hashlib
import json
import os
import re

from harness import ROOT, Tiny, done, equal, folder, have, ok, run, skip, write
from tlskit import Authority

if not have("go"):
    skip("Go", "it is not installed")
    done()

V13, V12 = "TLSv1.3", "TLSv1.2"
home, root = folder(), folder()
code, out, err = run("go", "build", "-o", home + "/client", ROOT + "/tests/integration/clients/client.go", timeout=300,
                     env={"PATH": os.environ["PATH"], "HOME": home, "GOFLAGS": "-mod=mod", "GO111MODULE": "off",
                          "CGO_ENABLED": "0", "GOCACHE": home + "/cache", "GOPROXY": "off"})
if not ok(code == 0, "the client is built", err.decode()):
    done()

authority = Authority("CA")
middle = Authority("Middle CA", issuer=authority)
FILES = {"ssl.keyfile": middle.issue("localhost", "site"), "files.root": root}
big = os.urandom(1 << 20) * 8
with open(root + "/big", "wb") as f:
    f.write(big)
write(root + "/index.html", "home\n")


def client(tiny, **options):
    """What each of its connections saw."""
    options = {"connect": f"127.0.0.1:{tiny.port}", "ca": authority.crt, **options}
    code, out, err = run(home + "/client", *(f"{k}={v}" for k, v in options.items()), timeout=90)
    seen = [json.loads(line) for line in out.splitlines()]
    return seen if seen else [{"error": err.decode(), "version": None}]


def first(tiny, **options):
    return client(tiny, **options)[0]


def basics():
    tiny = Tiny(FILES)
    seen = client(tiny, times=3)
    equal([(c["version"], c["resumed"], c["status"], c["bytes"], c["error"]) for c in seen],
          [(V13, i > 0, "HTTP/1.1 200 OK", 5, "") for i in range(3)], "TLS 1.3, and resumed from then on")
    equal(seen[0]["chain"], 2, "with the certificate between")
    for name in "X25519", "P-256", "P-384", "P-521":
        seen = client(tiny, times=2, groups=name)
        equal([(c["version"], c["resumed"], c["error"]) for c in seen], [(V13, False, ""), (V13, True, "")], f"its {name}")
    equal([c["resumed"] for c in client(tiny, times=2, version="1.2")], [False, True], "TLS 1.2, resumed, too")
    c = first(tiny, path="/big")
    equal((c["bytes"], c["hash"], c["error"]), (len(big), hashlib.sha256(big).hexdigest(), ""), "a large file")
    equal(tiny.stop(), 0, "it ends well")


def asked_again():
    tiny = Tiny({**FILES, "ssl.groups": "P-521", "watch.msg": "true", "watch.file": home + "/msg"})
    seen = client(tiny, times=2, groups="X25519:P-521")
    equal((seen[0]["version"], seen[0]["error"]), (V13, ""), "asked for another share")
    version = run("go", "version")[1].decode()
    if re.search(r"go1\.(19\.[678]|20\.[123]) ", version):
        # golang.org/issue/59424: these make a wrong binder for the second ClientHello.
        ok("decrypting" in seen[1]["error"], "a binder that is wrong: decrypt_error", seen[1])
    else:
        equal((seen[1]["version"], seen[1]["resumed"], seen[1]["error"]), (V13, True, ""), "and resumed behind that")
    tiny.stop()
    with open(home + "/msg") as f:
        equal(len(re.findall(r"(?m)^<<<.*, ClientHello$", f.read())), 4, "in four ClientHellos")


def suites():
    for suite in "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256":
        tiny = Tiny({**FILES, "ssl.ciphersuites": suite, "server.mode": "echo"})
        c = first(tiny, echo=8 << 20)
        equal((c["suite"], c["bytes"], c["error"]), (suite, 8 << 20, ""), f"{suite}: 8 MiB sent and echoed")
        tiny.stop()


def certificates():
    alice, other = authority.issue("alice", key="rsa"), Authority("Other CA").issue("mallory")
    tiny = Tiny({**FILES, "ssl.cafile": authority.crt})
    seen = client(tiny, cert=alice, times=2)
    equal([(c["resumed"], c["bytes"], c["error"]) for c in seen], [(False, 5, ""), (True, 5, "")],
          "a certificate of its own, RSA, and resumed with it")
    equal(first(tiny, cert=middle.issue("bob"))["error"], "", "one of another authority below")
    for what, options, want in (("none", {}, "certificate required|unknown certificate authority|alert\\(116\\)"),
                                ("one of strangers", {"cert": other}, "unknown certificate authority|alert\\(116\\)|certificate required")):
        c = first(tiny, **options)
        ok(re.search(want, c["error"]), f"{what}: {c['error']}", c)
    tiny.stop()
    for key in "rsa", "ec521":
        tiny = Tiny({**FILES, "ssl.keyfile": authority.issue("localhost", "site", key=key)})
        c = first(tiny)
        equal((c["version"], c["error"]), (V13, ""), f"the server's key: {key}")
        tiny.stop()


def extensions():
    pem, response = authority.issue("localhost", "site"), home + "/ocsp"
    run("openssl", "ocsp", "-index", authority.place + "/index", "-CA", authority.crt, "-rsigner", authority.crt,
        "-rkey", authority.key, "-issuer", authority.crt, "-cert", pem[:-4] + ".crt", "-ndays", "3", "-respout", response)
    log, theirs = home + "/keys", home + "/their-keys"
    tiny = Tiny({**FILES, "ssl.keyfile": pem, "ssl.ocsp-file": response, "ssl.alpn": "one,two", "ssl.keylog-file": log,
                 "ssl.export-label": "EXPORTER-test"})
    c = first(tiny, alpn="zero,two", keylog=theirs)
    equal((c["protocol"], c["staple"], c["error"]), ("two", os.path.getsize(response), ""), "ALPN, and an OCSP response")
    tiny.stop()
    ok(f"Keying material: {c['exporter']}" in tiny.process.stdout.read().decode(), "the same key material", c)
    with open(log) as f, open(theirs) as g:
        ours, theirs = ({line for line in file.read().splitlines() if line[:1].isalpha()} for file in (f, g))
    # Go does not log the exporter's.
    ok(len(theirs) == 4 and theirs <= ours, "and the same keys in both logs", f"{ours}\n{theirs}")


for part in basics, asked_again, suites, certificates, extensions:
    part()
done()
