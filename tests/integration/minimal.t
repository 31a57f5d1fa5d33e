#!/usr/bin/env python3
"""The minimal build (make MINIMAL=1): what it has works, with other people's
clients, natively and as built for mipsel under an emulator; what it has not is
refused with a sentence."""
import os
import re
import signal
import socket
import ssl
import subprocess

import harness
from harness import Tiny, curl, done, equal, folder, have, ok, run, self_signed, skip, write
from probe13 import CERTIFICATE, HYBRID, messages

MINIMAL = harness.TINY + "-minimal"
MIPSEL = os.path.join(os.path.dirname(harness.TINY), "mipsel-minimal", "tiny")
WITHOUT = b"this minimal build is without it"
LIMIT = 153600  # 150 KB


def s_client(tiny, *words):
    """All that openssl s_client says of one connection that ends at once."""
    p = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{tiny.port}", *words], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=harness.PATIENCE, check=False)
    return p.stdout


def resumed(tiny):
    """Whether s_client's second visit is resumed by a ticket of the first."""
    session = os.path.join(keys, "session")
    # A request, so that the tickets have come before the end.
    first = subprocess.run(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{tiny.port}", "-sess_out", session],
                           input=b"GET / HTTP/1.0\r\n\r\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=harness.PATIENCE, check=False)
    return b"minimal but whole" in first.stdout and b"Reused, TLSv1.3" in s_client(tiny, "-sess_in", session)


def serves(what, binary, wrap=()):
    """Everything that it has, with the one program or the other."""
    access = os.path.join(folder(), "access")
    options = {"ssl.keyfile": mine, "ssl.server-name-indication": f"other.example={other}", "files.root": root,
               "files.header": "X-Mine: yes", "log.access-file": access}
    tiny = Tiny(options, binary=binary, wrap=wrap)
    to = ("--connect-to", f"localhost:{tiny.port}:127.0.0.1:{tiny.port}")
    code, out, _ = curl("--cacert", mine, *to, "-D", "-", tiny.url())
    ok(code == 0 and b"minimal but whole" in out and b"X-Mine: yes" in out, f"{what}: curl gets a file", out)
    code, out, _ = curl(*to, tiny.url("/big"))
    equal((code, len(out)), (0, len(big)), f"{what}: and a large one")
    ok(out == big, f"{what}: of the same bytes")
    code, out, _ = curl(*to, tiny.url("/.well-known/acme-challenge/token"))
    equal((code, out), (0, b"token.thumb\n"), f"{what}: an ACME challenge is served")
    code, out, _ = curl(*to, "-r", "2-4", "-w", "%{http_code}", tiny.url())
    equal((code, out), (0, b"minimal but whole\n200"), f"{what}: a range is passed over, as a server may")
    code, out, _ = curl(*to, "-o", "/dev/null", "-w", "%{http_code}", tiny.url("/folder/"))
    equal((code, out), (0, b"403"), f"{what}: a folder is not listed")
    for suite in ("TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"):
        for group, name in (("X25519", b"X25519"), ("P-256", b"prime256v1")):
            out = s_client(tiny, "-ciphersuites", suite, "-groups", group)
            ok(b"TLSv1.3, Cipher is " + suite.encode() in out and name in out,
               f"{what}: openssl s_client, {suite}, {group}", out)
    ok(CERTIFICATE in messages(tiny, group=HYBRID), f"{what}: X25519MLKEM768, with a client of our own")
    out = s_client(tiny, "-groups", "P-384:X25519")
    ok(b"Cipher is TLS_" in out, f"{what}: who sends a share for P-384 alone is asked again", out)
    ok(b"Cipher is (NONE)" in s_client(tiny, "-groups", "P-384"), f"{what}: who can do P-384 alone is refused")
    ok(b"Cipher is (NONE)" in s_client(tiny, "-ciphersuites", "TLS_AES_256_GCM_SHA384"),
       f"{what}: so is who can do AES-256 alone")
    out = s_client(tiny, "-tls1_2")
    ok(b"Cipher is (NONE)" in out and b"protocol version" in out, f"{what}: and who can do TLS 1.2 alone", out)
    ok(b"other.example" in s_client(tiny, "-servername", "other.example"), f"{what}: a certificate by name")
    ok(resumed(tiny), f"{what}: a ticket resumes the session")
    if have("gnutls-cli"):
        code, out, err = run("gnutls-cli", "--insecure", "-p", str(tiny.port), "127.0.0.1", input=b"GET / HTTP/1.0\r\n\r\n")
        ok(b"minimal but whole" in out and b"TLS1.3" in out, f"{what}: gnutls-cli", out + err)
    else:
        skip(f"{what}: gnutls-cli", "there is none")
    with open(access, encoding="latin-1") as f:
        ok(re.search(r'"GET / HTTP/1\.1" 200 18$', f.read(), re.M), f"{what}: requests are logged")
    since = len(tiny.log)
    os.replace(self_signed(keys, "new"), mine)
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"loaded anew", since=since)
    code, out, err = curl("--cacert", mine, *to, tiny.url())
    equal((code, out), (0, b"minimal but whole\n"), f"{what}: SIGHUP takes a new certificate")
    config = write(os.path.join(keys, "tiny.conf"),
                   f"server.endpoint = tcp://127.0.0.1:{tiny.port}\nssl.keyfile = {mine}\nfiles.root = {root}\n")
    equal(run(*wrap, binary, "healthcheck", "-c", config)[0], 0, f"{what}: tiny healthcheck finds it well")
    equal(tiny.stop(), 0, f"{what}: SIGTERM ends it in peace")
    equal(run(*wrap, binary, "healthcheck", "-c", config)[0], 1, f"{what}: and tiny healthcheck misses it")
    with socket.create_server(("127.0.0.1", 0)) as behind:
        tiny = Tiny({"ssl.keyfile": mine, "proxy.backend": f"tcp://127.0.0.1:{behind.getsockname()[1]}", "proxy.protocol": "v1"},
                    binary=binary, wrap=wrap)
        with tiny.tls(harness.client_context(ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)) as client, behind.accept()[0] as server:
            head = b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n" % (client.getsockname()[1], tiny.port)
            client.sendall(b"question")
            equal(server.recv(len(head) + 8, socket.MSG_WAITALL), head + b"question", f"{what}: a backend hears of the client")
            server.sendall(b"answer")
            equal(client.recv(100), b"answer", f"{what}: and the client the backend")
        equal(tiny.stop(), 0, f"{what}: it ends in peace, too")


root, keys = folder(), folder()
big = os.urandom(1 << 20)
write(root + "/index.html", b"minimal but whole\n")
write(root + "/big", big)
write(root + "/folder/file", b"")
write(root + "/.well-known/acme-challenge/token", b"token.thumb\n")
mine, other = self_signed(keys), self_signed(keys, "other", host="other.example")

ok(b"(minimal)" in run(MINIMAL, "--version")[1], "it tells what it is")
serves("native", MINIMAL)

# ---- what it has not ------------------------------------------------------------
everything = run(harness.TINY, "--help")[1].decode()
kept = run(MINIMAL, "--help")[1].decode()
everything, kept = (set(re.findall(r"^  --([a-z.0-9-]+\.[a-z0-9-]+)", text, re.M)) for text in (everything, kept))
ok(len(kept) > 25 and kept < everything, "it knows no option that the full build does not know", kept - everything)
for name in sorted(everything - kept):
    code, out, err = run(MINIMAL, "-t", "--" + name, "1")
    ok(code == 2 and WITHOUT in err, f"--{name} is refused", err)
serving = ["--files.root", root, "--ssl.keyfile", mine]
equal(run(MINIMAL, "-t", *serving)[0], 0, "what it has passes the check")
for what, words in (("mode status", ["--server.mode=status"]), ("mode echo", ["--server.mode=echo"]),
                    ("mode console", ["--server.mode=console"]), ("a spelling of s_server's", ["-WWW"])):
    code, out, err = run(MINIMAL, "-t", *serving, *words)
    ok(code == 2 and WITHOUT in err, f"{what} is refused", err)
for command in (["certificate", "--name", "localhost"], ["ciphers"]):
    code, out, err = run(MINIMAL, *command)
    ok(code == 2 and out == b"" and WITHOUT in err, f"tiny {command[0]} is refused", err)
sealed, old, keyed = (os.path.join(keys, name) for name in ("sealed.pem", "old.pem", "keyed.pem"))
subprocess.check_call(["openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:secret", "-in", mine, "-out", sealed])
rsa = self_signed(keys, "rsa", key="rsa")
subprocess.check_call(["openssl", "rsa", "-traditional", "-in", rsa, "-out", old], stderr=subprocess.DEVNULL)
for what, words, sentence in (
        ("an RSA key", ["--ssl.keyfile", rsa], b"this minimal build takes EC keys on P-256 only"),
        ("one in the old form", ["--ssl.keyfile", old, "--ssl.certfile", rsa], b"this minimal build takes EC keys on P-256 only"),
        ("a key on P-384", ["--ssl.keyfile", self_signed(keys, "p384", key="ec384")], b"another curve than P-256: " + WITHOUT),
        ("an encrypted key", ["--ssl.keyfile", sealed, "--ssl.certfile", mine], b"the key is encrypted: " + WITHOUT),
        ("no key at all", [], b"ssl.keyfile: not set: this minimal build makes no key itself")):
    code, out, err = run(MINIMAL, "--files.root", root, *words)
    ok(code == 1 and sentence in err, f"{what} is refused", err)

# ---- for a router -----------------------------------------------------------------
if not os.path.exists(MIPSEL):
    skip("mipsel", "not built: make cross TARGET=mipsel MINIMAL=1")
else:
    size = os.path.getsize(MIPSEL)
    ok(size <= LIMIT, f"mipsel: {size} bytes, at most {LIMIT}")
if os.path.exists(MIPSEL) and not have("qemu-mipsel"):
    skip("mipsel", "there is no qemu-mipsel")
elif os.path.exists(MIPSEL):
    serves("mipsel", MIPSEL, wrap=("qemu-mipsel", "-cpu", "24Kc"))
done()
