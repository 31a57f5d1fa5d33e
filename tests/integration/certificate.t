#!/usr/bin/env python3
"""`tiny certificate`: what it writes is accepted by openssl and gnutls, serves
clients that check name and address, and never destroys a file."""

import os

import harness
from harness import ok, equal, done, run

d = harness.folder()
tiny = harness.TINY


def path(name):
    return os.path.join(d, name)


def text(name):
    return run("openssl", "x509", "-in", path(name), "-noout", "-text")[1].decode()


code, out, err = run(tiny, "certificate", "--name", "localhost", "--name", "127.0.0.1", "--name", "*.example.org",
                     "--name", "::1", "--days", "30", "--out", path("ec.pem"))
ok(code == 0 and out == b"", "a certificate is written", err)
equal(os.stat(path("ec.pem")).st_mode & 0o777, 0o600, "for its owner alone")
t = text("ec.pem")
ok("Version: 3 (0x2)" in t and "CN = localhost" in t and "ecdsa-with-SHA256" in t and "prime256v1" in t, "P-256", t)
ok("DNS:localhost, IP Address:127.0.0.1, DNS:*.example.org, IP Address:0:0:0:0:0:0:0:1" in t, "alternative names", t)
ok("CA:FALSE" in t and "Digital Signature" in t and "TLS Web Server Authentication" in t, "usage", t)
code, out, err = run("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "a.example.org",
                     "-CAfile", path("ec.pem"), path("ec.pem"))
ok(code == 0 or b"Subject Key" in err or b"Authority Key" in err, "openssl verifies it", err)
code, out, err = run("openssl", "verify", "-purpose", "sslserver", "-verify_ip", "127.0.0.1", "-CAfile",
                     path("ec.pem"), path("ec.pem"))
equal(code, 0, "also by address")
code, out, err = run("openssl", "pkey", "-in", path("ec.pem"), "-check", "-noout")
ok(b"Key is valid" in out, "openssl takes the key", out + err)
if harness.have("certtool"):
    code, out, err = run("certtool", "--certificate-info", "--infile", path("ec.pem"))
    ok(code == 0 and b"DNSname: *.example.org" in out, "gnutls reads it", out + err)
    code, out, err = run("certtool", "--key-info", "--infile", path("ec.pem"))
    ok(code == 0, "gnutls reads the key", out + err)

before = open(path("ec.pem")).read()
code, out, err = run(tiny, "certificate", "--name", "localhost", "--out", path("ec.pem"))
ok(code == 1 and b"not overwritten" in err, "an existing file is not overwritten", err)
equal(open(path("ec.pem")).read(), before, "and stays as it was")
with open(path("old.pem"), "w") as f:
    f.write("something else")
code, out, err = run(tiny, "certificate", "--name", "localhost", "--out", path("old.pem"), "--force")
ok(code == 0 and "CN = localhost" in text("old.pem"), "unless --force is given", err)
equal(os.stat(path("old.pem")).st_mode & 0o777, 0o600, "then, too, for its owner alone")

code, out, err = run(tiny, "certificate", "--name", "localhost", "--rsa", "2048")
harness.write(path("rsa.pem"), out, 0o600)
ok(code == 0 and "2048 bit" in text("rsa.pem") and "sha256WithRSAEncryption" in text("rsa.pem"),
   "RSA to standard output", err)
code, out, err = run("openssl", "rsa", "-in", path("rsa.pem"), "-check", "-noout")
ok(b"RSA key ok" in out, "openssl takes the RSA key", out + err)
serials = {run("openssl", "x509", "-in", path(n), "-noout", "-serial")[1] for n in ("ec.pem", "rsa.pem")}
ok(len(serials) == 2 and all(len(s.strip()) == len("serial=") + 32 for s in serials), "serials of 128 bits differ")

code, out, err = run(tiny, "certificate", "--name", "localhost", "--days", "9000", "--out", path("long.pem"))
ok(code == 0 and b"825 days" in err and "GMT" in text("long.pem"), "a long validity is remarked on", err)
code, out, err = run("openssl", "x509", "-in", path("long.pem"), "-noout", "-checkend", str(8999 * 86400))
ok(b"will not expire" in out, "but made", out)

for argv, words in ([["--name", "a b"], b"neither a host name"], [["--name", "x", "--rsa", "1024"], b"2048"],
                    [[], b"--name"], [["--name", "x", "--days", "99999"], b"36500"]):
    code, out, err = run(tiny, "certificate", *argv)
    ok(code == 2 and out == b"" and words in err, "refused: " + " ".join(argv), f"{code} {err}")

for name in ("ec.pem", "rsa.pem"):
    server = harness.Tiny({"ssl.keyfile": path(name), "server.mode": "status"})
    code, out, err = run("curl", "-sS", "--cacert", path(name), f"https://localhost:{server.port}/", "--resolve",
                         f"localhost:{server.port}:127.0.0.1")
    ok(code == 0 and len(out) > 100, name + " serves curl", err)
    server.stop()
done()
