#!/usr/bin/env python3
"""Sessions and shared keys of TLS 1.3: resumed by real clients, by servers that
share a key, over HelloRetryRequest, and never where more would be given than the
session was made with. Early data is early.t's."""
import base64
import os
import re
import shutil
import signal
import ssl
import time

from harness import (Tiny, client_context, curl, done, equal, folder, have, ok, run, self_signed,
                     skip, write)
from tlskit import WEAK, Authority, both, connect, resumes, s_client

V13 = ssl.TLSVersion.TLSv1_3
keys = folder()
ec, rsa = self_signed(keys, "ec", "ec"), self_signed(keys, "rsa", "rsa")
ON = {"server.mode": "status", "ssl.keyfile": ec, "ssl.protocol": "9"}
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\nConnection: close\r\n\r\n"
KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"


def client():
    return client_context(V13, V13)


def visit(tiny, *args, **how):
    """s_client to the end of an answer, so that the tickets behind the handshake are seen."""
    return s_client(tiny, "-tls1_3", "-ign_eof", *args, input=REQUEST, **how)


def key_file():
    return write(folder() + "/keys", base64.b64encode(os.urandom(80)) + b"\n", 0o600)


def reload(tiny):
    before = len(tiny.log)
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"loaded anew|stay in use", since=before)


def failure(tiny, context, session):
    """The alert that ends it: a client of TLS 1.3 sees it when it reads. None when all is well."""
    try:
        with context.wrap_socket(tiny.connect(), server_hostname="localhost", session=session) as s:
            s.sendall(REQUEST)
            s.recv(1)
            return None
    except ssl.SSLError as e:
        return e.reason


def tickets(c):
    return c.text.count("Post-Handshake New Session Ticket arrived")


def numbers():
    path = folder() + "/session"
    tiny = Tiny(ON)
    first = visit(tiny, "-sess_out", path)
    second = visit(tiny, "-sess_in", path, "-sess_out", path)
    third = visit(tiny, "-sess_in", path)
    equal([(c.version or c.find(r"(?m)^    Protocol  : (\S+)"), c.reused, tickets(c)) for c in (first, second, third)],
          [("TLSv1.3", False, 2), ("TLSv1.3", True, 1), ("TLSv1.3", True, 1)],
          "two tickets, then one for the one that was used")
    equal(first.find(r"TLS session ticket lifetime hint: (\d+)"), "300", "as long as ssl.session-timeout")
    tiny.stop()
    for n in "0", "1", "5":
        tiny = Tiny({**ON, "ssl.num-tickets": n})
        equal((tickets(visit(tiny)), visit(tiny, "-sess_in", path).reused), (int(n), False), f"ssl.num-tickets {n}")
        tiny.stop()


def on_and_off():
    path = folder() + "/session"
    for title, options, args, length in (
            ("by default", {}, (), None),
            ("NO_TICKET, with a cache", {"ssl.options": "NO_TICKET", "ssl.session-cache": "true"}, (), 32),
            ("ssl.session-tickets false", {"ssl.session-tickets": "false", "ssl.session-cache": "true"}, (), 32),
            ("-no_ticket", {}, ("-no_ticket",), 32),
            ("-no_ticket -no_cache", {}, ("-no_ticket", "-no_cache"), 0)):
        tiny = Tiny({**ON, **options}, args=args)
        if os.path.exists(path):
            os.unlink(path)
        first = visit(tiny, "-sess_out", path)
        size = len(re.findall(r"(?m)^    [0-9a-f]{4} - ", first.text.rpartition("TLS session ticket:")[2])) * 16
        if length == 0:
            equal((tickets(first), "TLS session ticket:" in first.text), (0, False), f"{title}: none")
        else:
            ok(size == length if length else size > 150, f"{title}: a ticket of that size", f"{size} bytes")
            equal(visit(tiny, "-sess_in", path).reused, True, f"{title}: s_client -sess_in")
        tiny.stop()


def id_prefix():
    tiny = Tiny({**ON, "ssl.session-tickets": "false", "ssl.session-cache": "true", "ssl.session-id-prefix": "node7"})
    ok("0000 - 6e 6f 64 65 37" in visit(tiny).text, "ssl.session-id-prefix begins what the client keeps")
    tiny.stop()


def suites():
    path = folder() + "/session"
    tiny = Tiny({**ON, "ssl.ciphersuites": "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"})
    for name in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
        visit(tiny, "-ciphersuites", name, "-sess_out", path)
        c = visit(tiny, "-ciphersuites", name, "-sess_in", path)
        equal((c.reused, c.suite), (True, name), name)
    c = visit(tiny, "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-sess_in", path)
    equal((c.reused, c.suite), (True, "TLS_AES_128_GCM_SHA256"), "another suite with the same hash")
    visit(tiny, "-ciphersuites", "TLS_AES_256_GCM_SHA384", "-sess_out", path)
    c = visit(tiny, "-ciphersuites", "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", "-sess_in", path)
    equal((c.reused, c.suite), (True, "TLS_AES_256_GCM_SHA384"), "and SHA-384 among others")
    tiny.stop()


def retry():
    """The first share is for a group that is not on, so the client says hello twice."""
    path = folder() + "/session"
    tiny = Tiny({**ON, "ssl.groups": "P-384"})
    groups = ("-groups", "X25519:P-384", "-msg")
    first = visit(tiny, *groups, "-sess_out", path)
    c = visit(tiny, *groups, "-sess_in", path)
    equal([(x.text.count(", ClientHello"), x.reused) for x in (first, c)], [(2, False), (2, True)],
          "resumed behind a HelloRetryRequest")
    tiny.stop()


def other_clients():
    tiny = Tiny(ON)
    context = client()
    _, session, answer = connect(tiny, context)
    ok(session.has_ticket, "Python has a ticket")
    for _ in range(3):
        resumed, session, answer = connect(tiny, context, session)
    ok(resumed and re.search(r"(?i)session +reused", answer), "and resumes again and again", answer)
    counts = answer.rpartition("\nSession tickets")[2]
    equal(re.findall(r"(?m)^  (?:Issued|Taken|Not taken) +(\d+)", counts), ["5", "3", "0"],
          "the page counts them")
    if have("gnutls-cli"):
        for groups in "", ":-GROUP-ALL:+GROUP-SECP384R1":
            out = run("gnutls-cli", "--insecure", "--resume", "--waitresumption", "--priority",
                      "NORMAL:-VERS-ALL:+VERS-TLS1.3" + groups, "-p", str(tiny.port), "localhost", input=REQUEST)[1]
            ok(b"*** This is a resumed session" in out, "gnutls-cli --resume" + groups, out.decode())
    else:
        skip("gnutls-cli --resume", "it is not installed")
    url = f"https://127.0.0.1:{tiny.port}/"
    code, out, err = curl("--tlsv1.3", "-H", "Connection: close", "-H", "Accept: text/plain", url, url)
    ok(code == 0 and len(re.findall(rb"(?i)session +reused", out)) == 1, "curl on its second connection",
       (out + err).decode())
    tiny.stop()


def shared():
    path = key_file()
    one, two = (Tiny({**ON, "ssl.ticket-keys": path}) for _ in range(2))
    other = Tiny({**ON, "ssl.ticket-keys": key_file()})
    context = client()
    _, session, _ = connect(one, context)
    resumes(two, context, session, True, "the other server takes the ticket")
    resumes(other, context, session, False, "one with another key does not")
    for t in one, two, other:
        t.stop()
    one = Tiny({**ON, "ssl.ticket-keys": path})
    resumes(one, context, session, True, "nor does a restart end it")
    reload(one)
    resumes(one, context, session, True, "or a reload")
    write(path, base64.b64encode(os.urandom(80)), 0o600)
    reload(one)
    resumes(one, context, session, False, "a new key does")
    one.stop()


def too_old():
    path, place = key_file(), folder() + "/session"
    tiny = Tiny({**ON, "ssl.session-timeout": 1, "ssl.ticket-keys": path})
    longer = Tiny({**ON, "ssl.ticket-keys": path})
    visit(longer, "-sess_out", place)
    equal(visit(tiny, "-sess_in", place).reused, True, "before ssl.session-timeout")
    time.sleep(2.1)
    equal([visit(t, "-sess_in", place).reused for t in (tiny, longer)], [False, True],
          "after it not, where another server with a longer one still does")
    c = visit(longer, "-sess_in", place)
    ok(295 <= int(c.find(r"TLS session ticket lifetime hint: (\d+)") or 0) <= 298,
       "a new ticket lives as long as the first would", c.text)
    tiny.stop()
    longer.stop()


def bound_to_name_and_protocol():
    one, two = (self_signed(keys, n, "ec", n + ".test") for n in ("one", "two"))
    tiny = Tiny({**ON, "ssl.server-name-indication": [f"one.test={one}", f"two.test={two}"],
                 "ssl.alpn": "http/1.1,http/1.0"})
    context = client()
    context.set_alpn_protocols(["http/1.1"])
    _, session, _ = connect(tiny, context, name="one.test")
    resumes(tiny, context, session, True, "under the same name", name="one.test")
    resumes(tiny, context, session, False, "not under a name with another certificate", name="two.test")
    resumes(tiny, context, session, False, "nor under the default's", name="localhost")
    resumes(tiny, context, session, False, "nor without a name", name=None)
    context.set_alpn_protocols(["http/1.0"])
    resumes(tiny, context, session, False, "nor for another protocol", name="one.test")
    context.set_alpn_protocols(["http/1.0", "http/1.1"])
    resumes(tiny, context, session, True, "what counts is the one that is agreed", name="one.test")
    tiny.stop()
    tiny = Tiny(ON, args=["--server.endpoint", "tcp://127.0.0.1:0"])
    tiny.wait_log(rb"(?s)listening on .*listening on \S+\n")
    first, second = (int(p) for p in re.findall(rb"listening on tcp://127.0.0.1:(\d+)", tiny.log))
    context = client()
    tiny.port = first
    _, session, _ = connect(tiny, context)
    tiny.port = second
    resumes(tiny, context, session, False, "not at another endpoint")
    tiny.port = first
    resumes(tiny, context, session, True, "at its own")
    tiny.stop()


def bound_to_policy():
    """A ticket of a server that asks for no certificate opens no door elsewhere."""
    path, authority, other = key_file(), Authority("good CA"), Authority("other CA")
    free = Tiny({**ON, "ssl.ticket-keys": path})
    strict = Tiny({**ON, "ssl.ticket-keys": path, "ssl.cafile": authority.crt})
    context = client()
    _, session, _ = connect(free, context)
    equal(failure(strict, context, session), "TLSV13_ALERT_CERTIFICATE_REQUIRED",
          "a ticket made without a certificate is no way around one")
    free.stop()
    context.load_cert_chain(authority.issue("alice"))
    _, session, _ = connect(strict, context)
    resumed, session, answer = connect(strict, context, session)
    ok(resumed and "alice" in answer, "the client's name comes along in the ticket", answer)
    resumed, _, answer = connect(strict, context, session)
    ok(resumed and "alice" in answer, "and in the next", answer)
    strict.stop()
    for title, more in (("under other authorities", {"ssl.cafile": other.crt}),
                        ("where more is asked of certificates", {"ssl.verify-email": "alice@example.org"})):
        strict = Tiny({**ON, "ssl.ticket-keys": path, "ssl.cafile": authority.crt, **more})
        got = failure(strict, context, session)
        ok(got in ("TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE"), f"{title} it does not help", got)
        strict.stop()


def revoked():
    """A ticket does not help a client whose certificate was revoked meanwhile."""
    authority = Authority("good CA")
    pem = authority.issue("mallory")
    path = shutil.copy(authority.crl(), folder() + "/crl")
    tiny = Tiny({**ON, "ssl.cafile": authority.crt, "ssl.crl-file": path})
    context = client()
    context.load_cert_chain(pem)
    _, session, _ = connect(tiny, context)
    resumes(tiny, context, session, True, "a good client resumes")
    authority.revoke(pem)
    shutil.copy(authority.crl(), path)
    reload(tiny)
    equal(failure(tiny, context, session), "SSLV3_ALERT_CERTIFICATE_REVOKED", "not once it is revoked")
    tiny.stop()


def bound_to_certificate():
    place = shutil.copy(ec, folder() + "/server.pem")
    tiny = Tiny({**ON, "ssl.keyfile": place})
    context = client()
    _, session, _ = connect(tiny, context)
    shutil.copy(self_signed(keys, "new", "ec"), place)
    reload(tiny)
    resumes(tiny, context, session, False, "not after a reload with another certificate")
    tiny.stop()


def tampered():
    tiny = Tiny(ON)
    place = folder()
    path, der = place + "/session", place + "/der"
    visit(tiny, "-sess_out", path)
    run("openssl", "sess_id", "-in", path, "-outform", "DER", "-out", der, env=WEAK)
    with open(der, "rb") as f:
        good = f.read()
    m = re.search(rb"\xaa..\x04\x81(.)", good, re.S)
    start, size = m.end(), m.group(1)[0]
    key = re.search(rb"\x13[\x01-\x03]\x04\x20.{32}\x04(.)", good, re.S)  # behind the session's name
    for title, at, reused, alert in (("the ticket's name", start, False, None), ("its salt", start + 20, False, None),
                                     ("the session", start + 60, False, None),
                                     ("its tag", start + size - 1, False, None),
                                     ("the client's key", key.end() if key else 0, False, 51),
                                     ("nothing", None, True, None)):
        data = bytearray(good)
        if at is not None:
            data[at] ^= 1
        write(path, b"-----BEGIN SSL SESSION PARAMETERS-----\n" + base64.encodebytes(bytes(data))
              + b"-----END SSL SESSION PARAMETERS-----\n")
        c = visit(tiny, "-sess_in", path)
        equal((c.reused, c.alert), (reused, alert), f"a wrong bit in {title}")
    tiny.stop()


# ---- keys shared beforehand ----------------------------------------------------


def external():
    tiny = Tiny({**ON, "ssl.psk": KEY})
    c = visit(tiny, "-psk", KEY)
    ok(c.reused and "no peer certificate available" in c.text and "HTTP/1.1 200" in c.text,
       "s_client -psk: no certificate", c.text)
    equal(c.suite, "TLS_AES_128_GCM_SHA256", "with SHA-256")
    equal(visit(tiny, "-psk", KEY[:-2] + "00").alert, 51, "another key: decrypt_error")
    c = visit(tiny, "-psk", KEY, "-psk_identity", "somebody")
    ok(not c.reused and c.subject == "localhost" and c.suite, "an unknown name: a certificate as ever", c.text)
    c = visit(tiny)
    ok(not c.reused and c.suite, "who has no key comes in with the certificate")
    path = folder() + "/session"
    first = visit(tiny, "-psk", KEY, "-sess_out", path)
    equal((tickets(first), visit(tiny, "-sess_in", path).reused), (1, True), "such a session is resumed by its ticket")
    c = s_client(tiny, "-tls1_2", "-psk", KEY, "-cipher", "PSK", input=REQUEST)
    equal((c.suite, c.alert), (None, 40), "TLS 1.2's suites with such keys are not there")
    if have("gnutls-cli"):
        for title, key, priority, good in (
                ("with a key exchange", KEY, "+DHE-PSK:+ECDHE-PSK", True),
                ("of another key", KEY[:-2] + "00", "+DHE-PSK:+ECDHE-PSK", False)):
            _, out, err = run("gnutls-cli", "--insecure", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:" + priority,
                              "--pskusername", "Client_identity", "--pskkey", key, "-p", str(tiny.port), "localhost",
                              input=REQUEST)
            ok((b"HTTP/1.1 200" in out and b"PSK authentication" in out) == good, f"gnutls-cli --pskkey, {title}", (out + err).decode())
    else:
        skip("gnutls-cli --pskkey", "it is not installed")
    tiny.stop()


def without_key_exchange():
    """psk_ke, which GnuTLS offers alone."""
    if not have("gnutls-cli"):
        skip("psk_ke", "gnutls-cli is not installed")
        return
    for options, taken in ("", False), ("ALLOW_NO_DHE_KEX", True):
        tiny = Tiny({**ON, "ssl.psk": KEY, "ssl.options": options})
        _, out, err = run("gnutls-cli", "--insecure", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+PSK",
                          "--pskusername", "Client_identity", "--pskkey", KEY, "-p", str(tiny.port), "localhost",
                          input=REQUEST)
        ok(b"HTTP/1.1 200" in out and (b"PSK authentication" in out) == taken and
           bool(re.search(rb"Key exchange group +-", out)) == taken, f"psk_ke alone, ssl.options = '{options}'",
           (out + err).decode())
        c = visit(tiny, "-psk", KEY, "-allow_no_dhe_kex")
        ok(c.reused and c.group, "with both offered there is a key exchange", c.text)
        tiny.stop()


def forms():
    place = write(folder() + "/psk", KEY + "\n", 0o600)
    for title, value, env in (("a file", "file:" + place, None), ("a variable", "env:MY_PSK", {"MY_PSK": KEY})):
        tiny = Tiny({**ON, "ssl.psk": value}, env=dict(os.environ, **(env or {})))
        ok(visit(tiny, "-psk", KEY).reused, f"ssl.psk from {title}")
        tiny.stop()
    tiny = Tiny({**ON, "ssl.psk": "0011", "ssl.psk-identity": "me"})
    ok(b"ssl.psk: a key of 2 bytes can be guessed" in tiny.log, "a short key: a warning", tiny.log.decode())
    ok(visit(tiny, "-psk", "0011", "-psk_identity", "me").reused, "but it works, as does another name")
    tiny.stop()
    for title, options, why in (("no hexadecimal", {"ssl.psk": "secret"}, b"no hexadecimal digit"),
                                ("half a byte", {"ssl.psk": "abc"}, b"two hexadecimal digits for each byte"),
                                ("too long", {"ssl.psk": "ab" * 65}, b"longer than 64 bytes"),
                                ("a file that is not there", {"ssl.psk": "file:/nonexistent"}, b"cannot be opened"),
                                ("no TLS 1.3", {"ssl.psk": KEY, "ssl.protocol": "5"}, b"only TLS 1.3"),
                                ("a certificate that is required", {"ssl.psk": KEY, "ssl.cafile": ec},
                                 b"ssl.psk")):
        tiny = Tiny({**ON, **options}, wait=False)
        ok(tiny.wait() != 0 and why in tiny.log, f"{title}: refused at start", tiny.log.decode())
        if "psk" in options and len(options["ssl.psk"]) > 8:
            ok(options["ssl.psk"].encode() not in tiny.log, "the key is not told")


def external_only():
    """ssl.psk-only: neither a certificate nor what began with one opens the door."""
    keys = key_file()
    path = folder() + "/session"
    one, two = (Tiny({**ON, "ssl.psk": KEY, "ssl.ticket-keys": keys}) for _ in range(2))
    equal((visit(one, "-sess_out", path).subject, visit(two, "-sess_in", path).reused), ("localhost", True),
          "without it, a certificate, and its ticket on another server")
    tiny = Tiny({**ON, "ssl.psk": KEY, "ssl.ticket-keys": keys, "ssl.psk-only": "true"})
    equal([visit(tiny, *a).alert for a in ([], ["-sess_in", path], ["-psk", KEY, "-psk_identity", "somebody"])],
          [40, 40, 40], "ssl.psk-only: no key, that ticket, another name")
    equal(s_client(tiny, "-tls1_2", input=REQUEST).alert, 70, "TLS 1.2")
    equal((visit(tiny, "-psk", KEY, "-sess_out", path).reused, visit(tiny, "-sess_in", path).reused), (True, True),
          "who has the key comes in, and again with the ticket")
    for t in one, two, tiny:
        t.stop()
    for given in (["-psk", KEY], []):
        seen = both(["-nocert", "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-psk", KEY],
                    lambda s: (lambda c: (c.reused, c.alert))(visit(s, *given)))
        equal(seen[0], seen[1], " ".join(["-nocert as s_server has it:", *given[:1]]))


def like_s_server():
    path = folder() + "/session"

    def resumptions(server):
        first = visit(server, "-sess_out", path)
        second = visit(server, "-sess_in", path)
        return [(c.reused, tickets(c)) for c in (first, second)]

    for args in ([], ["-no_ticket"], ["-num_tickets", "4"], ["-num_tickets", "0"]):
        seen = both(["-cert", ec, "-key", ec, "-tls1_3", *args], resumptions)
        equal(seen[0], seen[1], " ".join(["s_client resumes what it resumes at s_server:", *args]))
    for server, given, same in (([], [], True), (["-psk_identity", "me"], ["-psk_identity", "me"], True),
                                (["-psk_identity", "me"], [], False)):
        seen = both(["-cert", ec, "-key", ec, "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-psk", KEY,
                     *server],
                    lambda s: (lambda c: (c.reused, c.suite, c.alert))(visit(s, "-psk", KEY, *given)))
        equal((seen[0], seen[0][0]), (seen[1], same), " ".join(["-psk as s_server has it:", *server]))


for part in (numbers, on_and_off, id_prefix, suites, retry, other_clients, shared, too_old, bound_to_name_and_protocol,
             bound_to_policy, revoked, bound_to_certificate, tampered, external, external_only, without_key_exchange, forms,
             like_s_server):
    part()
done()
