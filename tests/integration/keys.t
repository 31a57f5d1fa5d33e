#!/usr/bin/env python3
"""Key files as people make them with openssl, read by the static binary: the
recipe of ArangoDB's manual step by step, every source of a password, key and
certificate apart, several names, and the words for what is wrong. Every
container and encryption is read in tests/unit/test_keyfile.c."""

import os
import subprocess

import harness
from harness import ok, equal, done, run

d = harness.folder()
crt, key, pem = (os.path.join(d, "server." + e) for e in ("crt", "key", "pem"))


def openssl(*argv, input=None):
    """openssl in the scratch folder; its output must be good."""
    code, out, err = run("openssl", *argv, input=input, cwd=d)
    if code != 0:
        ok(False, "openssl " + " ".join(argv), err.decode())
    return out


def check(*argv, env=None, fd=None):
    """tiny -t: (exit code, log)."""
    p = subprocess.run([harness.TINY, "-t", *argv], stdin=subprocess.DEVNULL, env=env, cwd=d,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[fd] if fd else [])
    return p.returncode, p.stderr.decode()


def good(name, *argv, words="", **more):
    code, log = check(*argv, **more)
    ok(code == 0 and words in log, name, f"exit {code}\n{log}")


def bad(name, words, *argv, **more):
    code, log = check(*argv, **more)
    ok(code == 1 and words in log, name, f"exit {code}\n{log}")


def cat(out, *names):
    data = b"".join(open(os.path.join(d, n), "rb").read() for n in names)
    return harness.write(os.path.join(d, out), data, 0o600)


# The recipe: an encrypted key of 1024 bits, a request, the passphrase removed,
# signed with its own key, joined.
openssl("genrsa", "-des3", "-passout", "pass:secret", "-out", "server.key", "1024")
openssl("req", "-new", "-key", "server.key", "-passin", "pass:secret", "-subj", "/O=Example/CN=localhost",
        "-out", "server.csr")
cat("server.key.org", "server.key")
openssl("rsa", "-in", "server.key.org", "-passin", "pass:secret", "-out", "server.key")
openssl("x509", "-req", "-days", "365", "-in", "server.csr", "-signkey", "server.key", "-out", "server.crt")
cat("server.pem", "server.crt", "server.key")
good("the recipe's server.pem, said to be weak", "--ssl.keyfile", "server.pem", words="RSA key of 1024 bits is weak")
cat("encrypted.pem", "server.crt", "server.key.org")
good("its encrypted key, with the password", "--ssl.keyfile", "encrypted.pem", "--ssl.password", "pass:secret")
bad("without a password", "the key is encrypted, but ssl.password is not set", "--ssl.keyfile", "encrypted.pem")
bad("with a wrong one", "encrypted.pem: block 2 (", "--ssl.keyfile", "encrypted.pem", "--ssl.password", "pass:x")
openssl("rsa", "-in", "server.key", "-traditional", "-des3", "-passout", "pass:secret", "-out", "old.key")
ok(b"DEK-Info" in open(os.path.join(d, "old.key"), "rb").read(), "the old encrypted form is made")
cat("old.pem", "server.crt", "old.key")
good("and read", "--ssl.keyfile", "old.pem", "--ssl.password", "pass:secret")

# The file serves a client. Debian's openssl wants level 0 for 1024 bits.
server = harness.Tiny({"ssl.keyfile": pem, "server.mode": "status"})
code, out, err = run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", crt, "-tls1_2",
                     "-cipher", "DEFAULT@SECLEVEL=0", "-verify_return_error")
ok(b"Verify return code: 0 (ok)" in out and b"Server public key is 1024 bit" in out,
   "a client connects and verifies it", out + err)
server.stop()

# Where the password comes from.
env = dict(os.environ, TINY_TEST_SECRET="secret")
good("env:", "--ssl.keyfile", "encrypted.pem", "--ssl.password", "env:TINY_TEST_SECRET", env=env)
bad("env: of nothing", "the environment has no TINY_TEST_NONE", "--ssl.keyfile", "encrypted.pem", "--ssl.password",
    "env:TINY_TEST_NONE")
harness.write(os.path.join(d, "pw"), "secret\r\nanother line\n")
good("file:, its first line", "--ssl.keyfile", "encrypted.pem", "--ssl.password", "file:pw")
bad("file: that is missing", "nopw cannot be opened", "--ssl.keyfile", "encrypted.pem", "--ssl.password", "file:nopw")
r, w = os.pipe()
os.write(w, b"secret\n")
os.close(w)
good("fd:, a pipe", "--ssl.keyfile", "encrypted.pem", "--ssl.password", f"fd:{r}", fd=r)
os.close(r)
bad("fd: that is closed", "the password cannot be read", "--ssl.keyfile", "encrypted.pem", "--ssl.password", "fd:77")
code, log = check("--ssl.keyfile", "encrypted.pem", "--ssl.password", "secret")
ok(code in (1, 2) and "pass:" in log and "fd:NUMBER" in log, "a password of no form", log)
code, log = check("--ssl.keyfile", "encrypted.pem", "--ssl.password", "pass:secret")
ok("secret" not in log, "the log never holds the password")

# The other container, apart, names.
openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", "ec.key", "-out",
        "ec.crt", "-subj", "/CN=ec.example.org", "-addext", "subjectAltName=DNS:ec.example.org")
cat("ec.pem", "ec.key", "ec.crt")
good("an EC key, key first", "--ssl.keyfile", "ec.pem", words="CN=ec.example.org, EC 384")
good("certificate and key apart", "--ssl.certfile", "ec.crt", "--ssl.keyfile", "ec.key")
good("a key file that holds certificates too", "--ssl.certfile", "ec.crt", "--ssl.keyfile", "ec.pem")
bad("not each other's", "the private key does not belong to the certificate", "--ssl.certfile", "ec.crt",
    "--ssl.keyfile", "server.key")
good("RSA and EC", "--ssl.keyfile", "server.pem", "--ssl.second-keyfile", "ec.pem")
bad("EC twice", "already", "--ssl.keyfile", "ec.pem", "--ssl.second-keyfile", "ec.pem")
good("names", "--ssl.keyfile", "server.pem", "--ssl.server-name-indication", "*.example.org=ec.pem",
     "--ssl.server-name-indication", "EC.example.org=ec.pem")
code, log = check("--ssl.keyfile", "missing.pem", "--ssl.server-name-indication", "a.org=ec.crt")
ok(code == 1 and "missing.pem: cannot be opened: No such file" in log and "ec.crt: there is no private key" in log,
   "several mistakes are told at once", log)
good("a CA file", "--ssl.keyfile", "ec.pem", "--ssl.cafile", "ec.crt")
bad("a CA file without certificates", "ssl.cafile: ec.key: there is no usable certificate in the file",
    "--ssl.keyfile", "ec.pem", "--ssl.cafile", "ec.key")
good("no key file", words="SELF-SIGNED")

# SNI at work.
server = harness.Tiny({"ssl.keyfile": pem, "ssl.server-name-indication": "*.example.org=" + os.path.join(d, "ec.pem"),
                       "server.mode": "status"})


def subject(name):
    argv = ["-servername", name] if name else ["-noservername"]
    out = run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_2", "-cipher",
              "ALL@SECLEVEL=0", *argv)[1]
    return next((line for line in out.decode().splitlines() if line.startswith("subject=")), "")


ok("ec.example.org" in subject("EC.Example.Org"), "the wildcard's certificate")
ok("localhost" in subject("a.b.example.org"), "two labels get the default")
ok("localhost" in subject(None), "no name gets the default")
server.stop()
done()
