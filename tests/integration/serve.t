#!/usr/bin/env python3
"""The main job end to end: curl fetches files from the static binary."""
import os
import time

from harness import Tiny, curl, done, equal, folder, ok, run, self_signed, write

root = folder()
keys = folder()
page = b"<!doctype html><title>hello</title>\n" + b"x" * 3000
big = os.urandom(3_000_000)
write(root + "/index.html", page)
write(root + "/big.bin", big)
pem = self_signed(keys)

began = time.monotonic()
tiny = Tiny({"ssl.keyfile": pem, "files.root": root})
ok(time.monotonic() - began < 5, "it listens")
code, out, err = curl("--cacert", pem, tiny.url().replace("https://localhost", "https://localhost"),
                      "-o", "-", "--no-progress-meter", "--connect-to", f"localhost:{tiny.port}:127.0.0.1:{tiny.port}")
equal((code, out), (0, page), "curl gets the index page")
code, out, err = run("curl", "-sS", "--cacert", pem, "--connect-to",
                     f"localhost:{tiny.port}:127.0.0.1:{tiny.port}", "-w", "%{ssl_verify_result} %{http_version}",
                     tiny.url("/big.bin"), "-o", keys + "/got")
ok(code == 0 and open(keys + "/got", "rb").read() == big, "a file of 3 MB, the certificate verified", err)
equal(out, b"0 1.1", "HTTP/1.1, and the chain is good")
code, out, err = curl("--resolve", f"localhost:{tiny.port}:127.0.0.1", "-o", "/dev/null", "-w", "%{http_code}",
                      tiny.url("/missing"))
equal((code, out), (0, b"404"), "a missing file is 404")
code, out, err = curl("--connect-to", f"localhost:{tiny.port}:127.0.0.1:{tiny.port}", "-w", "%{num_connects}",
                      *[tiny.url("/index.html"), "-o", "/dev/null"] * 5)
equal((code, out), (0, b"10000"), "five requests over one connection")
code, out, err = run("openssl", "s_client", "-connect", f"127.0.0.1:{tiny.port}", "-CAfile", pem,
                     "-verify_return_error", "-servername", "localhost", "-brief",
                     input=b"GET / HTTP/1.0\r\n\r\n")
ok(b"Protocol version: TLSv1.3" in err, "openssl s_client speaks TLS 1.3 with it", err)
code, out, err = run("gnutls-cli", "--x509cafile", pem, "-p", str(tiny.port), "--sni-hostname", "localhost",
                     "--verify-hostname", "localhost", "127.0.0.1", input=b"GET / HTTP/1.0\r\n\r\n")
ok(b"certificate is trusted" in out and b"<title>hello" in out, "gnutls-cli reads the page", out + err)
equal(tiny.stop(), 0, "SIGTERM ends it with exit code 0")

tiny = Tiny({"files.root": root})
code, out, err = curl("--connect-to", f"localhost:{tiny.port}:127.0.0.1:{tiny.port}", tiny.url())
equal((code, out), (0, page), "without a key file it makes a certificate of its own")
ok(b"self-signed" in tiny.log, "and says so", tiny.log)
tiny.stop()
done()
