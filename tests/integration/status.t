#!/usr/bin/env python3
"""server.mode status against the static binary: the three forms, what they
tell of the connection, methods, keep-alive, the access log."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import *  # noqa: E402,F403

where = folder()
pem = self_signed(where)
access = os.path.join(where, "access.log")
tiny = Tiny({"server.mode": "status", "ssl.keyfile": pem, "ssl.session-cache": "true",
             "log.access-file": access, "log.access-format": "json"})


def get(*args):
    code, out, err = curl("-i", "--resolve", f"localhost:{tiny.port}:127.0.0.1", *args,
                          tiny.url("/any/path?x"))
    head, _, body = out.decode().partition("\r\n\r\n")
    if code != 0:
        ok(False, "curl " + " ".join(args), err.decode())
    return head, body


head, body = get()
ok(head.startswith("HTTP/1.1 200 "), "GET is answered", head)
ok("Content-Type: text/plain" in head, "curl gets plain text")
ok("TLSv1.3" in body and "  * TLS_" in body and "  + ECDHE-ECDSA-" in body, "protocol and suite", body)
ok("localhost" in body and "127.0.0.1:" in body, "server name and address")

head, body = get("-H", "Accept: text/html,application/xhtml+xml,*/*;q=0.8")
ok("Content-Type: text/html" in head and "<!DOCTYPE html>" in body, "a browser gets HTML")
ok("Content-Security-Policy: default-src 'none'" in head, "with a policy")
ok("<script" not in body and "http:" not in body and "https:" not in body, "nothing from elsewhere")

head, body = get("-H", "Accept: application/json", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256",
                 "--tls-max", "1.2")
facts = json.loads(body)
equal(facts["connection"]["cipher"], "ECDHE-ECDSA-AES128-GCM-SHA256", "JSON: the suite")
equal(facts["connection"]["server_name"], "localhost", "JSON: the server name")
equal(facts["connection"]["local"], f"127.0.0.1:{tiny.port}", "JSON: the server's address")
equal(facts["connection"]["session"], "new", "JSON: a new session")
equal(facts["connection"]["alpn"], "http/1.1", "JSON: ALPN")
equal(facts["connection"]["client_certificate"], "not asked for", "JSON: the client certificate")
equal([s["name"] for s in facts["suites"] if s["used"]], ["ECDHE-ECDSA-AES128-GCM-SHA256"],
      "one suite is marked as used")
equal([s["name"] for s in facts["suites"] if s["common"]], ["ECDHE-ECDSA-AES128-GCM-SHA256"],
      "the suites common to both are marked")
ok("master" not in body.lower(), "no secret")
head, body = get("-H", "Accept: application/json", "--tls13-ciphers", "TLS_AES_256_GCM_SHA384", "--tlsv1.3")
facts = json.loads(body)
equal((facts["connection"]["protocol"], facts["connection"]["cipher"], facts["connection"]["group"]),
      ("TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519"), "JSON: TLS 1.3")
equal(facts["connection"]["signature"], "ecdsa_secp256r1_sha256", "JSON: its signature")
equal([s["name"] for s in facts["suites"] if s["common"]], ["TLS_AES_256_GCM_SHA384"], "its suites")
equal([s["name"] for s in facts["suites"]][:3].count("TLS_AES_256_GCM_SHA384"), 1, "stand first")
equal(facts["server"]["protocols"], "TLSv1.2 to TLSv1.3", "JSON: the versions")
session = os.path.join(where, "session")
asked = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\r\n"


def visit(port, *args):
    code, out, err = run("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-ign_eof", *args,
                         input=asked)
    page = out.partition(b"HTTP/1.1 200 OK\r\n")[2].partition(b"\r\n\r\n")[2].decode(errors="replace")
    return json.JSONDecoder().raw_decode(page or "{}")[0], out


early = write(os.path.join(where, "early"), asked)
other = Tiny({"server.mode": "status", "ssl.keyfile": pem, "ssl.early-data": 4096})
page, out = visit(other.port, "-sess_out", session)
ok(page.get("connection", {}).get("session") == "new" and page["connection"]["early_data"] is False, "a first visit", out)
page, out = visit(other.port, "-sess_in", session, "-early_data", early)
ok(page.get("connection", {}).get("session") == "reused" and page["connection"]["signature"] is None and
   page["connection"]["early_data"] is True, "a second one resumes, with early data", out)
equal((page.get("session_tickets", {}).get("taken"), page.get("session_tickets", {}).get("early_accepted")), (1, 1), "and counted")
other.stop()

head, body = get("-X", "POST", "-d", "x=1")
ok(head.startswith("HTTP/1.1 405 ") and "Allow: GET, HEAD" in head, "POST is refused", head)
code, out, err = curl("-I", tiny.url())
ok(code == 0 and out.startswith(b"HTTP/1.1 200 "), "HEAD is answered")
code, out, err = curl("-o", "/dev/null", "-o", "/dev/null", "-w", "%{num_connects}", tiny.url("/1"),
                      tiny.url("/2"))
equal(out, b"10", "two requests, one connection")

# The session of one connection is taken up by the next.
context = client_context()
session = None
states = []
for _ in range(2):
    with context.wrap_socket(tiny.connect(), server_hostname="localhost", session=session) as s:
        s.sendall(b"GET / HTTP/1.0\r\nAccept: application/json\r\n\r\n")
        answer = receive_all(s).partition(b"\r\n\r\n")[2]
        states.append(json.loads(answer)["connection"]["session"])
        session = s.session
equal(states, ["new", "reused"], "the page tells a resumed session")
facts = json.loads(answer)
ok(facts["session_tickets"]["taken"] >= 1 and facts["totals"]["resumed"] >= 1, "and counts it")

equal(tiny.stop(), 0, "ends in an orderly way")
with open(access) as f:
    lines = [json.loads(line) for line in f]
equal(len(lines), 10, "a line in the access log for each request")
first = lines[0]
equal((first["method"], first["target"], first["status"], first["tls_version"],
       first["server_name"], first["complete"]),
      ("GET", "/any/path?x", 200, "TLSv1.3", "localhost", True), "what it tells")
equal(lines[4]["status"], 405, "and of the request that was refused")

# Client certificates.
ca = self_signed(where, "client", host="Ann & Bob")
tiny = Tiny({"server.mode": "status", "ssl.keyfile": pem, "ssl.cafile": ca})
code, out, err = curl("--cert", ca, "-H", "Accept: application/json", tiny.url())
facts = json.loads(out or b"{}")
equal(facts.get("connection", {}).get("client_certificate"), "verified", "a client certificate")
ok("Ann & Bob" in str(facts.get("connection", {}).get("client_subject")), "its subject")
code, out, err = curl("--cert", ca, "-H", "Accept: text/html", tiny.url())
ok(b"Ann &amp; Bob" in out, "escaped in HTML")
equal(tiny.stop(), 0, "ends in an orderly way")
done()
