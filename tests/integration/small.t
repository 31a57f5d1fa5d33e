#!/usr/bin/env python3
"""The small build (make small): it serves, and each option that only the full
build has is refused with the sentence that names the remedy, by its key; so are the
spellings of openssl s_server."""
import os
import re
import socket
import subprocess

import harness
from harness import Tiny, curl, done, equal, folder, ok, run, self_signed, write

SMALL = harness.TINY + "-small"


def options(binary):
    """Key and spelling of each option, as --help lists them."""
    out = run(binary, "--help")[1].decode()
    found = set()
    for line in re.findall(r"^  --\S+\..*", out, re.M):
        found |= set(re.findall(r"(?<=--)[a-z][\w.-]+|(?<=[\[ ]-)\w+", line))
    return found


TLS13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]


def s_client(tiny, *words):
    """All that openssl s_client says of one connection that ends at once."""
    p = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{tiny.port}", *words], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=harness.PATIENCE, check=False)
    return p.stdout


root, keys = folder(), folder()
write(root + "/index.html", b"small but whole\n")
pem = self_signed(keys)
ok(b"(small)" in run(SMALL, "--version")[1] and b"(small)" not in run(harness.TINY, "--version")[1],
   "each tells what it is")
tiny = Tiny({"ssl.keyfile": pem, "files.root": root}, binary=SMALL)
code, out, err = curl("--cacert", pem, "--connect-to", f"localhost:{tiny.port}:127.0.0.1:{tiny.port}", tiny.url())
equal((code, out), (0, b"small but whole\n"), "the small build serves a file")
for version, good in (("-tls1_3", True), ("-tls1_2", True), ("-tls1_1", False)):
    out = s_client(tiny, version, "-cipher", "ALL:@SECLEVEL=0")
    equal(b"Cipher is (NONE)" not in out, good, f"openssl s_client {version}: {'a handshake' if good else 'none'}")
out = s_client(tiny, "-tls1_2", "-cipher", "AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
ok(b"Cipher is (NONE)" in out and b"handshake failure" in out, "no suite in common: handshake_failure", out)
equal(tiny.stop(), 0, "and ends in peace")
behind = socket.create_server(("127.0.0.1", 0))
tiny = Tiny({"ssl.keyfile": pem, "proxy.backend": f"tcp://127.0.0.1:{behind.getsockname()[1]}"}, binary=SMALL)
with tiny.tls() as client, behind.accept()[0] as server:
    client.sendall(b"question")
    server.sendall(server.recv(100) + b", answer")
    equal(client.recv(100), b"question, answer", "it stands in front of a backend, too")
equal(tiny.stop(), 0, "and ends in peace")

everything, kept = options(harness.TINY), options(SMALL)
ok(len(kept) > 40 and kept <= everything, "it knows no option that the full build does not know", kept - everything)
for name in sorted(everything - kept):
    code, out, err = run(SMALL, "-t", "-" + name, "1")
    ok(code == 2 and b"this small build is without it" in err, f"-{name} is refused", err)
code, out, err = run(SMALL, "certificate", "--name", "localhost", "--rsa", "2048")
ok(code == 2 and out == b"" and b"--rsa: this small build is without it" in err, "so are RSA keys of its own making", err)
code, out, err = run(SMALL, "ciphers", "ALL")
equal((code, sorted(out.decode().strip().split(":"))),
      (0, sorted(["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
                  "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
                  "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"] + TLS13)),
      "its suites are those with forward secrecy and authenticated encryption")

serving = ["--files.root", root, "--ssl.keyfile", pem]
equal(run(SMALL, "-t", *serving)[0], 0, "what it has passes the check")
for what, words in (("TLS 1.0", ["--ssl.protocol", "4"]), ("TLS 1.1", ["--ssl.min-protocol", "TLSv1.1"]),
                    ("-tls1", ["-tls1"]), ("an SSL_OP bit", ["-no_ticket"]), ("mode status", ["--server.mode=status"]),
                    ("mode echo", ["--server.mode=echo"]), ("mode console", ["--server.mode=console"]),
                    ("-www", ["-www"]), ("-rev", ["-rev"]), ("-HTTP", ["-HTTP"]),
                    ("a key shared beforehand", ["--ssl.psk", "00" * 32]),
                    ("early data", ["--ssl.early-data", "1024"])):
    code, out, err = run(SMALL, "-t", *serving, *words)
    ok(code == 2 and b"this small build is without it" in err, f"{what} is refused", err)
code, out, err = run(SMALL, "-t", *serving, "--ssl.cipher-list", "AES128-SHA")
ok(code == 2 and b"no suite of this small build matches" in err, "so is a list of suites that it has not", err)
code, out, err = run(SMALL, "-t", "--ssl.keyfile", pem)
ok(code == 2 and b"set files.root" in err, "without files.root it has nothing to do, and says so", err)
sealed = os.path.join(keys, "sealed.pem")
subprocess.check_call(["openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:secret", "-in", pem, "-out", sealed])
code, out, err = run(SMALL, "--files.root", root, "--ssl.keyfile", sealed, "--ssl.certfile", pem)
ok(code == 1 and b"the key is encrypted: this small build is without it" in err, "an encrypted key is refused", err)

ok(os.path.getsize(SMALL) <= os.path.getsize(harness.TINY), "the small build is the smaller one")
done()
