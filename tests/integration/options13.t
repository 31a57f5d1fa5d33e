#!/usr/bin/env python3
"""TLS 1.3 with the options of openssl s_client, gnutls-cli and Python that other tests
do not try: each leads to a connection that works, and to what it is for."""
import os
import re
import ssl
import subprocess
import time

from harness import PATIENCE, ROOT, Tiny, client_context, done, equal, folder, have, ok, receive_all, run, self_signed, skip, write
from tlskit import Authority, refused, s_client

V13 = ssl.TLSVersion.TLSv1_3
HANDSHAKE_FAILURE = 40
authority = Authority("CA")
site, alice = authority.issue("localhost", "site"), authority.issue("alice")
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\nConnection: close\r\n\r\n"
lines = b"".join(b"%d: a line that comes back\n" % i for i in range(3000))

# ---- openssl s_client ------------------------------------------------------

status = Tiny({"server.mode": "status", "ssl.keyfile": site})
for args, pattern in (
        (["-enable_pha"], "Session +new"), (["-strict"], "Session +new"), (["-bugs", "-comp", "-no_etm"], "Session +new"),
        (["-use_srtp", "SRTP_AES128_CM_SHA1_80"], "Session +new"),
        (["-noservername"], "Session +new"), (["-allow_no_dhe_kex"], "Session +new"),
        (["-serverinfo", "4660,4661"], "Session +new"), (["-status"], "OCSP response: no response sent"),
        (["-fallback_scsv"], "Session +new"), (["-no_ticket"], "Session +new"),
        (["-legacy_renegotiation"], "Session +new"), (["-no_middlebox", "-nbio"], "Session +new"),
        (["-async", "-read_buf", "64000"], "Session +new"), (["-nbio_test"], "Session +new"),
        (["-split_send_frag", "100", "-max_pipelines", "4"], "Session +new"),
        (["-min_protocol", "TLSv1.2", "-max_protocol", "TLSv1.3"], "Session +new"),
        (["-alpn", "h2,http/1.1"], "ALPN protocol: http/1.1"), (["-alpn", "http/1.0"], "ALPN protocol: http/1.0|No ALPN negotiated"),
        (["-groups", "X448:P-256"], "group +P-256"), (["-groups", "P-521:P-384:X25519"], "group +(X25519|P-521)"),
        (["-ciphersuites", "TLS_AES_128_CCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"], "New, TLSv1.3, Cipher is TLS_CHACHA20_POLY1305_SHA256"),
        (["-sigalgs", "ed25519:RSA-PSS+SHA256:ECDSA+SHA256"], "signature +ecdsa_secp256r1_sha256"),
        (["-tlsextdebug"], r'TLS server extension "key share" \(id=51\), len=36'),
        (["-tlsextdebug"], r'TLS server extension "supported versions" \(id=43\), len=2'),
        (["-maxfraglen", "4096", "-tlsextdebug"], r'TLS server extension "max fragment length" \(id=1\), len=1'),
        (["-CAfile", authority.crt, "-verify_return_error", "-verify_hostname", "localhost"], "Verify return code: 0 "),
        (["-cert", alice, "-key", alice], "Client certificate +not asked for")):
    c = s_client(status, "-tls1_3", "-ign_eof", *[a for a in args if a != "-noservername"], input=GET,
                 name=None if "-noservername" in args else "localhost")
    ok("TLSv1.3, TLS_" in c.text and re.search(pattern, c.text), "s_client " + " ".join(a for a in args if len(a) < 50), c.text[-3500:])
refused(s_client(status, "-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"), HANDSHAKE_FAILURE,
        "suites with CCM alone: handshake_failure")
refused(s_client(status, "-tls1_3", "-sigalgs", "ed25519:RSA-PSS+SHA256"), HANDSHAKE_FAILURE,
        "none of its signatures with this key: handshake_failure")
c = s_client(status, "-tls1_3", "-reconnect", "-ign_eof", input=GET)
equal(len(re.findall(r"(?m)^(?:New|Reused), TLSv1\.3", c.text)), 6, "-reconnect: six times")

echo = Tiny({"server.mode": "echo", "ssl.keyfile": site})


def comes_back(name, *args):
    """Lines through s_client, which ends when it has the last of them."""
    client = subprocess.Popen(["openssl", "s_client", "-quiet", "-nocommands", "-tls1_3", "-connect", f"127.0.0.1:{echo.port}",
                               *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    timer = subprocess.Popen(["sh", "-c", f"sleep {PATIENCE}; kill {client.pid}"], start_new_session=True)
    writer = os.fork()
    if writer == 0:
        client.stdin.write(lines)
        client.stdin.flush()
        os._exit(0)
    got = client.stdout.read(len(lines))
    os.waitpid(writer, 0)
    client.kill()
    client.wait()
    os.killpg(timer.pid, 9)
    timer.wait()
    return ok(got == lines, name, f"{len(got)} of {len(lines)} bytes")


comes_back("-max_send_frag 512: short records come in", "-max_send_frag", "512")
comes_back("-record_padding 1000: padded ones", "-record_padding", "1000")
comes_back("-record_padding 16384: filled up", "-record_padding", "16384")
comes_back("-maxfraglen 512 -max_send_frag 512: short both ways", "-maxfraglen", "512", "-max_send_frag", "512")

# ---- gnutls-cli ------------------------------------------------------------

NORMAL = "NORMAL:-VERS-ALL:+VERS-TLS1.3"


def gnutls(port, *args, input=GET, priority=""):
    code, out, err = run("gnutls-cli", "--x509cafile", authority.crt, "--priority", NORMAL + priority, "-p", str(port),
                         *args, "localhost", input=input)
    return (out + err).decode(errors="replace")


def with_gnutls():
    for suite in "AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305":
        ok(f"-({suite})" in gnutls(status.port, priority=":-CIPHER-ALL:+" + suite), "gnutls-cli: " + suite)
    for group in "X25519", "SECP256R1", "SECP384R1", "SECP521R1":
        ok(f"(ECDHE-{group})" in gnutls(status.port, priority=":-GROUP-ALL:+GROUP-" + group), "gnutls-cli: " + group)
    out = gnutls(status.port, priority=":-GROUP-ALL:+GROUP-FFDHE2048:+GROUP-X448")
    ok("Handshake failed" in out, "groups that are not here alone: refused", out)
    for what, args, priority in (("without middleboxes in mind", [], ":%DISABLE_TLS13_COMPAT_MODE"),
                                 ("post-handshake authentication, which is not asked for", ["--post-handshake-auth"], ""),
                                 ("short records", ["--recordsize", "512"], ""), ("ALPN", ["--alpn", "http/1.1"], ""),
                                 ("no tickets", ["--noticket"], ""),
                                 ("groups in its own order", [], ":-GROUP-ALL:+GROUP-X448:+GROUP-SECP384R1:+GROUP-X25519")):
        out = gnutls(status.port, *args, priority=priority)
        ok("(TLS1.3" in out and "HTTP/1.1 200 OK" in out, f"gnutls-cli: {what}", out[-2500:])
    compressed = folder() + "/compressed"
    chain = Authority("Another CA, between the two of them", issuer=Authority("CA")).issue("localhost", "site", key="rsa")
    run(ROOT + "/doc/compress-certificate", chain, compressed)
    trace = folder() + "/trace"
    tiny = Tiny({"server.mode": "status", "ssl.keyfile": chain, "ssl.compressed-certificates": compressed,
                 "watch.trace": "true", "watch.file": trace})
    out = gnutls(tiny.port, "--insecure", "--compress-cert", "zlib")
    if "Unknown compression method" in out:
        skip("gnutls-cli --compress-cert", "it was built without zlib")
    else:
        with open(trace) as f:
            ok("HTTP/1.1 200 OK" in out and "CompressedCertificate" in f.read(), "gnutls-cli --compress-cert", out[-2500:])
    tiny.stop()
    typed = [b"one\n", b"^rekey^\n", b"two\n", b"^rekey1^\n", b"three\n", b"^resume^\n", b"four\n"]
    client = subprocess.Popen(["gnutls-cli", "--x509cafile", authority.crt, "--inline-commands", "--priority", NORMAL, "-p",
                               str(echo.port), "localhost"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    os.set_blocking(client.stdout.fileno(), False)
    seen = b""
    for line, wanted in zip([b""] + typed, (b"Simple Client Mode", b"\none\n", b"Rekey was completed", b"\ntwo\n", b"Rekey was completed",
                                            b"\nthree\n", b"This is a resumed session", b"\nfour\n")):
        since, end = len(seen), time.monotonic() + PATIENCE
        client.stdin.write(line)
        client.stdin.flush()
        while wanted not in b"\n" + seen[since:] and time.monotonic() < end and client.poll() is None:
            seen += client.stdout.read() or b""
            time.sleep(0.01)
        if line:
            ok(wanted in b"\n" + seen[since:], f"gnutls-cli, typed: {line.decode().strip()}", seen[-1500:].decode(errors="replace"))
    client.kill()
    client.wait()


if have("gnutls-cli"):
    with_gnutls()
else:
    skip("gnutls-cli", "it is not installed")

# ---- Python ----------------------------------------------------------------

context = client_context(V13, V13)
context.load_verify_locations(authority.crt)
context.verify_mode, context.check_hostname = ssl.CERT_REQUIRED, True
context.post_handshake_auth = True
context.set_alpn_protocols(["h2", "http/1.1"])
log = write(folder() + "/keys", "")
context.keylog_filename = log
with context.wrap_socket(status.connect(), server_hostname="localhost") as s:
    s.sendall(GET)
    page = receive_all(s).decode()
    equal((s.version(), s.selected_alpn_protocol(), s.compression(), s.getpeercert()["subjectAltName"]),
          ("TLSv1.3", "http/1.1", None, (("DNS", "localhost"), ("IP Address", "127.0.0.1"))), "Python: verified, with ALPN")
ok("200 OK" in page and re.search(r"Key exchange group +X25519", page), "and its page", page)
with open(log) as f:
    equal(len([line for line in f if line[:1].isalpha()]), 5, "and the five secrets in its key log")
with context.wrap_socket(echo.connect(), server_hostname="localhost") as s:
    for size in 1, 16384, 16385, 100_000:
        data = os.urandom(size - 1).replace(b"\n", b"x") + b"\n"
        s.sendall(data)
        got = b""
        while len(got) < size and (chunk := s.recv(65536)):
            got += chunk
        ok(got == data, f"Python: {size} bytes come back")
    s.unwrap()

for tiny in status, echo:
    equal(tiny.stop(), 0, "it ends well")
done()
