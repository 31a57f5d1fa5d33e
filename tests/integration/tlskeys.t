#!/usr/bin/env python3
"""Servers with keys of every kind: encrypted files and the sources of their
passwords, sizes and curves, long chains, certificates of tiny's own. Clients
verify what they get."""
import os
import ssl

from harness import TINY, Tiny, curl, done, equal, folder, ok, run, self_signed, write
from tlskit import Authority, s_client

keys, root = folder(), folder()
write(root + "/index.html", "home\n")
rsa, ec = self_signed(keys, "rsa", "rsa"), self_signed(keys, "ec", "ec")
GET = b"GET /index.html HTTP/1.0\r\n\r\n"


def key_files():
    """What the seed's recipes and openssl make, encrypted."""
    def started(options, name, **how):
        tiny = Tiny({"files.root": root, **options}, **how)
        equal(curl(tiny.url("/index.html"))[1], b"home\n", name)
        tiny.stop()

    certificate, secret = keys + "/rsa.crt", keys + "/rsa.key"
    made = {}
    for name, args in (("PKCS#8, AES-256", ["pkcs8", "-topk8", "-v2", "aes-256-cbc"]),
                       ("PKCS#8, AES-128, SHA-1", ["pkcs8", "-topk8", "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"]),
                       ("PKCS#8, 3DES", ["pkcs8", "-topk8", "-v2", "des3"]),
                       ("PKCS#1, AES-256", ["rsa", "-traditional", "-aes256"]),
                       ("PKCS#1, 3DES", ["rsa", "-traditional", "-des3"])):
        code, out, err = run("openssl", *args, "-in", secret, "-passout", "pass:secret 1")
        made[name] = write(f"{keys}/{len(made)}.pem", open(certificate).read() + out.decode(), 0o600)
        started({"ssl.keyfile": made[name], "ssl.password": "pass:secret 1"}, name)
    code, out, err = run("openssl", "ec", "-in", keys + "/ec.key", "-aes128", "-passout", "pass:secret 1")
    made["SEC1, AES-128"] = write(keys + "/sec1.pem", open(keys + "/ec.crt").read() + out.decode(), 0o600)
    started({"ssl.keyfile": made["SEC1, AES-128"], "ssl.password": "pass:secret 1"}, "SEC1, AES-128")

    locked = made["PKCS#8, AES-256"]
    started({"ssl.keyfile": locked, "ssl.password": "env:TINY_TEST_PW"}, "a password from env:",
            env=dict(os.environ, TINY_TEST_PW="secret 1"))
    started({"ssl.keyfile": locked, "ssl.password": "file:" + write(keys + "/pw", "secret 1\n", 0o600)},
            "a password from file:")
    started({"ssl.keyfile": locked, "ssl.password": "fd:0"}, "a password from fd:",
            wrap=["sh", "-c", 'exec "$@" <' + keys + "/pw", "sh"])
    for name, path in made.items():
        tiny = Tiny({"ssl.keyfile": path, "ssl.password": "pass:wrong"}, wait=False)
        equal(tiny.wait(), 1, f"{name}: a wrong password exits with 1")
        ok(b"password" in tiny.log and path.encode() in tiny.log and b"listening" not in tiny.log, "and a sentence",
           tiny.log)
    for source in None, "env:TINY_NO_SUCH", "file:" + keys + "/none", "fd:99":
        tiny = Tiny({"ssl.keyfile": locked, **({"ssl.password": source} if source else {})}, wait=False)
        ok(tiny.wait() in (1, 2) and b"ssl.password" in tiny.log, f"ssl.password {source}: a sentence", tiny.log)


def key_kinds():
    """Every size and curve serves, in the oldest and the newest version; a
    chain of 15 KB goes out whole."""
    def made(name, *kind):
        key, crt = f"{keys}/{name}.key", f"{keys}/{name}.crt"
        run("openssl", "req", "-x509", "-nodes", "-newkey", *kind, "-keyout", key, "-out", crt, "-subj", "/CN=localhost")
        return write(f"{keys}/{name}.pem", open(crt).read() + open(key).read(), 0o600)

    def verified(options, ca, suite, flag, name):
        tiny = Tiny({"files.root": root, "ssl.cipher-list": "ALL", "ssl.min-protocol": "TLSv1", **options})
        c = s_client(tiny, flag, "-cipher", suite + ":@SECLEVEL=0", "-CAfile", ca, "-verify_return_error", "-ign_eof",
                     input=GET)
        ok(c.find(r"Verify return code: (\d+)") == "0" and c.suite == suite and "home" in c.text, name, c.text)
        tiny.stop()

    for name, kind in (("RSA 1024", ["rsa:1024"]), ("RSA 2049", ["rsa:2049"]), ("RSA 4096", ["rsa:4096"]),
                       ("RSA, exponent 3", ["rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"]),
                       ("P-384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]),
                       ("P-521", ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"])):
        pem = made(name, *kind)
        for suite in (["ECDHE-RSA-AES128-SHA", "AES128-SHA"] if "RSA" in name else ["ECDHE-ECDSA-AES128-SHA"]):
            for flag in "-tls1", "-tls1_2":
                verified({"ssl.keyfile": pem}, pem, suite, flag, f"{name}, {suite}, {flag[1:]}")
    top = last = Authority("Top")
    for i in range(13):
        last = Authority(f"Between {i}", issuer=last, key="rsa")
    pem = last.issue("localhost", "server")
    ok(os.path.getsize(pem) > 15000, "a long chain")
    verified({"ssl.keyfile": pem}, top.crt, "ECDHE-ECDSA-AES128-GCM-SHA256", "-tls1_2", "and verifies")
    deep = last.issue("deep")
    tiny = Tiny({"ssl.keyfile": pem, "files.root": root, "ssl.cafile": top.crt, "ssl.verify-depth": 13})
    c = s_client(tiny, "-tls1_2", "-cert", deep, "-key", deep, "-cert_chain", deep + ".chain", "-ign_eof", input=GET)
    ok("home" in c.text, "such a chain of a client too", c.text)
    tiny.stop()


def own_certificates():
    tiny = Tiny({"files.root": root})
    c = s_client(tiny, "-tls1_2")
    ok(c.subject == "localhost" and c.find(r"Server public key is (\d+)") == "256" and "self-signed" in c.text,
       "without a key file: self-signed for localhost", c.text)
    ok(b"self-signed" in tiny.log, "which is told", tiny.log)
    tiny.stop()
    for args, bits in ([], "256"), (["--rsa", "2048", "--days", "9"], "2048"), (["--rsa", "3072"], "3072"):
        pem = keys + f"/own{bits}.pem"
        code, out, err = run(TINY, "certificate", "--name", "www.example.org", *args)
        write(pem, out, 0o600)
        equal(code, 0, f"tiny certificate {' '.join(args)}")
        tiny = Tiny({"ssl.keyfile": pem, "files.root": root})
        c = s_client(tiny, "-tls1_2", "-CAfile", pem, "-verify_return_error", "-verify_hostname", "www.example.org",
                     name="www.example.org")
        ok(c.find(r"Verify return code: (\d+)") == "0" and c.find(r"Server public key is (\d+)") == bits,
           "openssl verifies it", c.text)
        code, out, err = run("gnutls-cli", "--x509cafile", pem, "-p", str(tiny.port), "--sni-hostname",
                             "www.example.org", "--verify-hostname", "www.example.org", "127.0.0.1", input=GET)
        ok(b"certificate is trusted" in out and b"home" in out, "gnutls verifies it", out + err)
        context = ssl.create_default_context(cafile=pem)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with tiny.tls(context, "www.example.org") as s:
            equal(s.getpeercert()["subjectAltName"], (("DNS", "www.example.org"),), "so does Python, by its name")
        tiny.stop()


for part in key_files, key_kinds, own_certificates:
    part()
done()
