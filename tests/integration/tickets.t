#!/usr/bin/env python3
"""Session tickets: resumed by real clients, by servers that share a key, over
rotation and restart, and never where more would be given than the session was
made with. A ticket that was tampered with costs a full handshake."""
import base64
import os
import re
import shutil
import signal
import ssl
import time

from harness import (Tiny, client_context, done, equal, folder, have, ok, run, self_signed,
                     skip, write)
from tlskit import WEAK, Authority, both, connect, resumes, s_client

keys = folder()
ec, rsa = self_signed(keys, "ec", "ec"), self_signed(keys, "rsa", "rsa")
ON = {"server.mode": "status", "ssl.keyfile": ec}


def key_file(*sizes, text=True):
    """A file of fresh keys; one alone may stand there as it is."""
    secrets = [os.urandom(n) for n in sizes]
    data = b"".join(base64.b64encode(k) + b"\n" for k in secrets) if text else secrets[0]
    return write(folder() + "/keys", data, 0o600)


def reload(tiny):
    before = len(tiny.log)
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"loaded anew|stay in use", since=before)
    return tiny.log[before:].decode()


def on_and_off():
    path = folder() + "/session"
    for title, options, args, on in (("by default", {}, (), True),
                                     ("with a cache, too", {"ssl.session-cache": "true"}, (), True),
                                     ("ssl.session-tickets false", {"ssl.session-tickets": "false"}, (), False),
                                     ("NO_TICKET in ssl.options", {"ssl.options": "NO_TICKET"}, (), False),
                                     ("-no_ticket", {}, ("-no_ticket", "-no_cache"), False)):
        tiny = Tiny({**ON, **options}, args=args)
        first = s_client(tiny, "-tls1_2", "-sess_out", path)
        second = s_client(tiny, "-tls1_2", "-sess_in", path)
        equal(("TLS session ticket:" in first.text, first.reused, second.reused), (on, False, on),
              f"{title}: s_client -sess_in")
        if on:
            equal(first.find(r"TLS session ticket lifetime hint: (\d+)"), "300", "the hint is the time-out")
            again = s_client(tiny, "-tls1_2", "-reconnect").text
            equal((again.count("\nReused, TLS"), again.count("\nNew, TLS")), (5, 1), "s_client -reconnect")
            c = s_client(tiny, "-tls1_2", "-no_ticket")
            equal("TLS session ticket:" in c.text, False, "a client that wants none gets none")
        tiny.stop()


def versions_and_suites():
    tiny = Tiny({**ON, "ssl.keyfile": rsa, "ssl.cipher-list": "ALL", "ssl.min-protocol": "TLSv1"})
    path = folder() + "/session"
    for suite, flag in (("AES256-SHA", "-tls1"), ("ECDHE-RSA-AES128-SHA", "-tls1_1"), ("AES128-CCM", "-tls1_2"),
                        ("ECDHE-RSA-AES256-GCM-SHA384", "-tls1_2"), ("ECDHE-RSA-CHACHA20-POLY1305", "-tls1_2")):
        cipher = ("-cipher", suite + ":@SECLEVEL=0")
        s_client(tiny, flag, *cipher, "-sess_out", path)
        c = s_client(tiny, flag, *cipher, "-sess_in", path)
        equal((c.reused, c.suite), (True, suite), f"{suite}, {flag[1:]}")
    s_client(tiny, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-sess_out", path)
    c = s_client(tiny, "-no_tls1_3", "-cipher", "ALL:@SECLEVEL=0", "-sess_in", path)
    ok(not c.reused, "a session is no way to an older version", c.text)
    tiny.stop()


def other_clients():
    tiny = Tiny(ON)
    context = client_context()
    _, session, answer = connect(tiny, context)
    equal((session.has_ticket, session.ticket_lifetime_hint), (True, 300), "Python has a ticket")
    for _ in range(3):
        resumed, session, answer = connect(tiny, context, session)
    ok(resumed and re.search(r"(?i)session +reused", answer), "and resumes again and again", answer)
    counts = answer.rpartition("\nSession tickets")[2]
    equal(re.findall(r"(?m)^  (?:Issued|Taken|Not taken) +(\d+)", counts), ["1", "3", "0"], "the page counts them")
    if have("gnutls-cli"):
        out = run("gnutls-cli", "--insecure", "--resume", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2", "-p",
                  str(tiny.port), "localhost", input=b"GET / HTTP/1.0\r\n\r\n")[1].decode()
        ok("*** This is a resumed session" in out, "gnutls-cli --resume", out)
    else:
        skip("gnutls-cli --resume", "it is not installed")
    tiny.stop()


def shared():
    """Two servers with the same key file, and one with another."""
    for title, path in (("80 bytes as they are", key_file(80, text=False)),
                        ("48 bytes as they are", key_file(48, text=False)),
                        ("lines of base64", key_file(80, 48))):
        one, two = (Tiny({**ON, "ssl.ticket-keys": path}) for _ in range(2))
        other = Tiny({**ON, "ssl.ticket-keys": key_file(80)})
        context = client_context()
        _, session, _ = connect(one, context)
        resumes(two, context, session, True, f"{title}: the other server takes the ticket")
        resumes(other, context, session, False, "one with another key does not")
        one.stop()
        one = Tiny({**ON, "ssl.ticket-keys": path})
        resumes(one, context, session, True, "nor does a restart end it")
        for t in one, two, other:
            t.stop()


def restarted():
    tiny = Tiny(ON)
    context = client_context()
    _, session, _ = connect(tiny, context)
    ok(session.has_ticket, "a ticket under a random key")
    reload(tiny)
    resumes(tiny, context, session, True, "which stays over a reload")
    tiny.stop()
    tiny = Tiny(ON)
    resumed, session, answer = connect(tiny, context, session)
    equal(resumed, False, "but not over a restart: a full handshake")
    ok(session.has_ticket and re.search(r"(?m)^  Not taken +1$", answer), "which is counted and gives a new one",
       answer)
    tiny.stop()


def rotated():
    path = key_file(80)
    with open(path) as f:
        old = f.read()
    new = base64.b64encode(os.urandom(80)).decode() + "\n"
    tiny = Tiny({**ON, "ssl.ticket-keys": path})
    context = client_context()
    _, session, _ = connect(tiny, context)
    write(path, new + old, 0o600)
    reload(tiny)
    resumed, renewed, _ = connect(tiny, context, session)
    ok(resumed, "a new key in front: the old ticket is taken")
    write(path, new, 0o600)
    reload(tiny)
    resumes(tiny, context, session, False, "with the old key gone it is not")
    resumes(tiny, context, renewed, True, "the one that came instead of it is")
    for bad, why in (("AAAA\n", "line 1: 48 or 80 random bytes"), ("\0" * 48, "all bytes of the key are the same"),
                     ("\n", "there is no key in the file")):
        write(path, bad, 0o600)
        log = reload(tiny)
        ok(f"ssl.ticket-keys: {path}: {why}" in log and "stay in use" in log, f"a bad file: {why}", log)
    os.unlink(path)
    log = reload(tiny)
    ok(f"ssl.ticket-keys: {path}: cannot be opened" in log, "a file that is gone", log)
    resumes(tiny, context, renewed, True, "and the former keys stay")
    tiny.stop()
    path = key_file(80)
    tiny = Tiny({**ON, "ssl.ticket-keys": path, "ssl.reload-interval": 1})
    _, session, _ = connect(tiny, context)
    before = len(tiny.log)
    write(path, new, 0o600)
    tiny.wait_log(rb"loaded anew", since=before)
    resumes(tiny, context, session, False, "ssl.reload-interval sees a changed file")
    tiny.stop()


def bad_files():
    for title, data, mode, why in (("too short", b"x" * 47, 0o600, "line 1: 48 or 80 random bytes"),
                                   ("empty", b"", 0o600, "the file is empty"),
                                   ("too many", b"".join(base64.b64encode(os.urandom(48)) + b"\n" for _ in range(17)),
                                    0o600, "there are more than 16 keys")):
        path = write(folder() + "/keys", data, mode)
        tiny = Tiny({**ON, "ssl.ticket-keys": path}, wait=False)
        code = tiny.wait()
        ok(code == 1 and f"ssl.ticket-keys: {path}: {why}" in tiny.log.decode(), f"{title}: refused at start",
           tiny.log.decode())
    path = key_file(80)
    os.chmod(path, 0o644)
    tiny = Tiny({**ON, "ssl.ticket-keys": path})
    ok("everyone may read this file" in tiny.log.decode(), "a file that everyone may read: a warning")
    tiny.stop()
    tiny = Tiny({**ON, "ssl.ticket-keys": path, "ssl.session-tickets": "false"})
    ok("ssl.ticket-keys: not used: session tickets are off" in tiny.log.decode(), "keys without tickets: a warning",
       tiny.log.decode())
    tiny.stop()


def bound_to_name():
    one, two = (self_signed(keys, n, "ec", n + ".test") for n in ("one", "two"))
    tiny = Tiny({**ON, "ssl.server-name-indication": [f"one.test={one}", f"two.test={two}"]})
    context = client_context()
    _, session, _ = connect(tiny, context, name="one.test")
    resumes(tiny, context, session, True, "under the same name", name="one.test")
    resumes(tiny, context, session, False, "not under a name with another certificate", name="two.test")
    resumes(tiny, context, session, False, "nor under the default's", name="localhost")
    resumes(tiny, context, session, False, "nor without a name", name=None)
    tiny.stop()
    tiny = Tiny(ON, args=["--server.endpoint", "tcp://127.0.0.1:0"])
    tiny.wait_log(rb"(?s)listening on .*listening on \S+\n")
    first, second = (int(p) for p in re.findall(rb"listening on tcp://127.0.0.1:(\d+)", tiny.log))
    tiny.port = first
    _, session, _ = connect(tiny, context)
    tiny.port = second
    resumes(tiny, context, session, False, "not at another endpoint")
    tiny.port = first
    resumes(tiny, context, session, True, "at its own")
    tiny.stop()


def bound_to_policy():
    """A ticket of a server that asks for no certificate opens no door elsewhere."""
    path, authority, other = key_file(80), Authority("good CA"), Authority("other CA")
    free = Tiny({**ON, "ssl.ticket-keys": path})
    strict = Tiny({**ON, "ssl.ticket-keys": path, "ssl.cafile": authority.crt})
    context = client_context()
    _, session, _ = connect(free, context)
    try:
        got = connect(strict, context, session)[0]
    except ssl.SSLError as e:
        got = e.reason
    ok(got in ("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV13_ALERT_CERTIFICATE_REQUIRED"),
       "a ticket made without a certificate is no way around one", got)
    free.stop()
    context.load_cert_chain(authority.issue("alice"))
    _, session, _ = connect(strict, context)
    resumed, _, answer = connect(strict, context, session)
    ok(resumed and "alice" in answer, "the client's name comes along in the ticket", answer)
    strict.stop()
    strict = Tiny({**ON, "ssl.ticket-keys": path, "ssl.cafile": other.crt})
    try:
        got = connect(strict, context, session)[0]
    except ssl.SSLError as e:
        got = e.reason
    equal(got, "TLSV1_ALERT_UNKNOWN_CA", "under other authorities it does not help")
    tolerant = Tiny({**ON, "ssl.ticket-keys": path, "ssl.cafile": other.crt, "ssl.verify-return-error": "false"})
    _, session, _ = connect(tolerant, context)
    resumes(tolerant, context, session, True, "where a bad certificate is tolerated its ticket is taken")
    try:
        got = connect(strict, context, session)[0]
    except ssl.SSLError as e:
        got = e.reason
    equal(got, "TLSV1_ALERT_UNKNOWN_CA", "but not where it is not")
    tolerant.stop()
    strict.stop()
    tiny, picky = (Tiny({**ON, "ssl.ticket-keys": path, "ssl.cafile": authority.crt, **more})
                   for more in ({}, {"ssl.verify-email": "alice@example.org"}))
    _, session, _ = connect(tiny, context)
    try:
        got = connect(picky, context, session)[0]
    except ssl.SSLError as e:
        got = e.reason
    equal(got, "SSLV3_ALERT_BAD_CERTIFICATE", "nor where more is asked of certificates")
    picky.stop()
    picky = Tiny({**ON, "ssl.ticket-keys": path, "ssl.cafile": authority.crt,
                  "ssl.client-signature-algorithms": "RSA+SHA512"})
    try:
        got = connect(picky, context, session)[0]
    except ssl.SSLError:
        got = False
    equal(got, False, "nor of the signature that proves one")
    tiny.stop()
    picky.stop()


def revoked():
    """A ticket does not help a client whose certificate was revoked meanwhile."""
    authority = Authority("good CA")
    pem = authority.issue("mallory")
    path = shutil.copy(authority.crl(), folder() + "/crl")
    tiny = Tiny({**ON, "ssl.cafile": authority.crt, "ssl.crl-file": path})
    context = client_context()
    context.load_cert_chain(pem)
    _, session, _ = connect(tiny, context)
    resumes(tiny, context, session, True, "a good client resumes")
    authority.revoke(pem)
    shutil.copy(authority.crl(), path)
    reload(tiny)
    try:
        got = connect(tiny, context, session)[0]
    except ssl.SSLError as e:
        got = e.reason
    equal(got, "SSLV3_ALERT_CERTIFICATE_REVOKED", "not once it is revoked")
    tiny.stop()
    # A server that looks up the client's certificate alone, one that looks up the chain, one key.
    empty = Authority("good CA")
    pem = empty.issue("alice")
    path, crl = key_file(80), empty.crl()
    some, all_of = (Tiny({**ON, "ssl.cafile": empty.crt, "ssl.crl-file": crl, "ssl.ticket-keys": path,
                          "ssl.crl-check": check}) for check in ("leaf", "all"))
    context = client_context()
    context.load_cert_chain(pem)
    _, session, _ = connect(some, context)
    resumes(all_of, context, session, False, "ssl.crl-check all takes no ticket of ssl.crl-check leaf")
    resumes(some, context, session, True, "which itself does")
    some.stop()
    all_of.stop()


def bound_to_certificate():
    place = shutil.copy(ec, folder() + "/server.pem")
    tiny = Tiny({**ON, "ssl.keyfile": place})
    context = client_context()
    _, session, _ = connect(tiny, context)
    shutil.copy(self_signed(keys, "new", "ec"), place)
    reload(tiny)
    resumes(tiny, context, session, False, "not after a reload with another certificate")
    tiny.stop()


def too_old():
    path = key_file(80)
    tiny = Tiny({**ON, "ssl.session-timeout": 1, "ssl.ticket-keys": path})
    longer = Tiny({**ON, "ssl.ticket-keys": path})
    context = client_context()
    _, session, _ = connect(tiny, context)
    resumes(tiny, context, session, True, "before ssl.session-timeout")
    # Python would not offer it any more, so s_client's file brings it.
    s_client(longer, "-tls1_2", "-sess_out", path + ".session")
    time.sleep(2.1)
    equal([s_client(t, "-tls1_2", "-sess_in", path + ".session").reused for t in (tiny, longer)], [False, True],
          "after it not, where another server with a longer one still does")
    tiny.stop()
    longer.stop()


def tampered():
    tiny = Tiny(ON)
    place = folder()
    path, der = place + "/session", place + "/der"
    s_client(tiny, "-tls1_2", "-sess_out", path)
    run("openssl", "sess_id", "-in", path, "-outform", "DER", "-out", der, env=WEAK)
    with open(der, "rb") as f:
        good = f.read()
    m = re.search(rb"\xaa..\x04\x81(.)", good, re.S)
    start, size = m.end(), m.group(1)[0]
    for title, at in (("name", 0), ("salt", 20), ("session", 60), ("tag", size - 1), (None, None)):
        data = bytearray(good)
        if title:
            data[start + at] ^= 1
        write(path, b"-----BEGIN SSL SESSION PARAMETERS-----\n" + base64.encodebytes(bytes(data))
              + b"-----END SSL SESSION PARAMETERS-----\n")
        c = s_client(tiny, "-tls1_2", "-sess_in", path)
        equal((c.reused, c.version), (title is None, "TLSv1.2"),
              f"a wrong bit in the ticket's {title}: a full handshake" if title else "the same without a wrong bit")
    tiny.stop()


def like_s_server():
    path = folder() + "/session"

    def resumptions(server):
        first = s_client(server, "-tls1_2", "-sess_out", path)
        second = s_client(server, "-tls1_2", "-sess_in", path)
        without = s_client(server, "-tls1_2", "-no_ticket", "-sess_out", path)
        last = s_client(server, "-tls1_2", "-no_ticket", "-sess_in", path)
        return [("TLS session ticket:" in c.text, c.reused) for c in (first, second, without, last)]

    for args in [], ["-no_ticket"], ["-no_cache"], ["-no_ticket", "-no_cache"]:
        seen = both(["-cert", ec, "-key", ec, *args], resumptions)
        equal(seen[0], seen[1], " ".join(["s_client resumes what it resumes at s_server:", *args]))


for part in (on_and_off, versions_and_suites, other_clients, shared, restarted, rotated, bad_files, bound_to_name,
             bound_to_policy, revoked, bound_to_certificate, too_old, tampered, like_s_server):
    part()
done()
