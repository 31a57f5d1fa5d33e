#!/usr/bin/env python3
"""Sessions: resumed by real clients, and never where more would be given
than the session was made with. The cache alone; tickets.t has the others."""
import re
import shutil
import signal
import ssl
import time

from harness import Tiny, client_context, done, equal, folder, ok, self_signed, write
from tlskit import Authority, connect, resumes, s_client

keys = folder()
ec, rsa = self_signed(keys, "ec", "ec"), self_signed(keys, "rsa", "rsa")
CACHE = {"server.mode": "status", "ssl.session-cache": "true", "ssl.session-tickets": "false"}


def count(what, answer):
    """A number of the status page's part about sessions."""
    sessions = answer.rpartition("\nSession cache")[2]
    m = re.search(rf"\n  {what} +(\d+)", sessions)
    return int(m.group(1)) if m else answer


def on_and_off():
    path = folder() + "/session"
    for cache in "true", "false":
        tiny = Tiny({**CACHE, "ssl.keyfile": ec, "ssl.session-cache": cache})
        first = s_client(tiny, "-tls1_2", "-sess_out", path)
        second = s_client(tiny, "-tls1_2", "-sess_in", path)
        equal((first.reused, second.reused, second.version), (False, cache == "true", "TLSv1.2"),
              f"ssl.session-cache {cache}: s_client -sess_in")
        again = s_client(tiny, "-tls1_2", "-reconnect").text
        equal((again.count("\nReused, TLS"), again.count("\nNew, TLS")), (5, 1) if cache == "true" else (0, 6),
              "s_client -reconnect")
        context = client_context()
        _, session, _ = connect(tiny, context)
        if cache == "true":
            resumes(tiny, context, session, True, "Python resumes")
            for _ in range(3):
                resumed, session, answer = connect(tiny, context, session)
            ok(resumed and re.search(r"(?i)resumed", answer), "again and again", answer)
        tiny.stop()


def versions_and_suites():
    tiny = Tiny({**CACHE, "ssl.keyfile": rsa, "ssl.cipher-list": "ALL", "ssl.min-protocol": "TLSv1"})
    path = folder() + "/session"
    for suite, flag in (("AES256-SHA", "-tls1"), ("ECDHE-RSA-AES128-SHA", "-tls1_1"), ("AES128-CCM", "-tls1_2"),
                        ("ECDHE-RSA-CHACHA20-POLY1305", "-tls1_2")):
        cipher = ("-cipher", suite + ":@SECLEVEL=0")
        s_client(tiny, flag, *cipher, "-sess_out", path)
        c = s_client(tiny, flag, *cipher, "-sess_in", path)
        equal((c.reused, c.suite), (True, suite), f"{suite}, {flag[1:]}")
    tiny.stop()


def bound_to_name():
    one, two = (self_signed(keys, n, "ec", n + ".test") for n in ("one", "two"))
    tiny = Tiny({**CACHE, "ssl.keyfile": ec, "ssl.server-name-indication": [f"one.test={one}", f"two.test={two}"]})
    context = client_context()
    _, session, _ = connect(tiny, context, name="one.test")
    resumes(tiny, context, session, True, "under the same name", name="one.test")
    resumes(tiny, context, session, False, "not under a name with another certificate", name="two.test")
    resumes(tiny, context, session, False, "nor under the default's", name="localhost")
    resumes(tiny, context, session, False, "nor without a name", name=None)
    resumes(tiny, context, session, True, "under its own it still is", name="one.test")
    tiny.stop()


def bound_to_endpoint():
    tiny = Tiny({**CACHE, "ssl.keyfile": ec}, args=["--server.endpoint", "tcp://127.0.0.1:0"])
    tiny.wait_log(rb"(?s)listening on .*listening on \S+\n")
    first, second = (int(p) for p in re.findall(rb"listening on tcp://127.0.0.1:(\d+)", tiny.log))
    context = client_context()
    tiny.port = first
    _, session, _ = connect(tiny, context)
    tiny.port = second
    resumes(tiny, context, session, False, "not at another endpoint")
    tiny.port = first
    resumes(tiny, context, session, True, "at its own")
    tiny.stop()


def bound_to_certificate():
    place = folder() + "/server.pem"
    shutil.copy(ec, place)
    tiny = Tiny({**CACHE, "ssl.keyfile": place})
    context = client_context()
    _, session, _ = connect(tiny, context)
    reload(tiny)
    resumes(tiny, context, session, True, "after a reload of the same certificate")
    shutil.copy(self_signed(keys, "new", "ec"), place)
    reload(tiny)
    resumes(tiny, context, session, False, "not after a reload with another")
    tiny.stop()


def reload(tiny):
    before = len(tiny.log)
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"(?i)(reload|loaded)", since=before)


def bound_to_authorities():
    """A session made with a client certificate ends when the CA file changes."""
    good, other = Authority("good CA"), Authority("other CA")
    cafile = shutil.copy(good.crt, folder() + "/ca.pem")
    tiny = Tiny({**CACHE, "ssl.keyfile": ec, "ssl.cafile": cafile})
    pem = good.issue("alice")
    context = client_context()
    context.load_cert_chain(pem)
    _, session, answer = connect(tiny, context)
    ok("alice" in answer, "the certificate's name is shown", answer)
    resumed, _, answer = connect(tiny, context, session)
    ok(resumed and "alice" in answer, "and in a resumed session", answer)
    write(cafile, open(other.crt).read())
    reload(tiny)
    try:
        resumed = connect(tiny, context, session)[0]
    except ssl.SSLError as e:
        resumed = e.reason
    equal(resumed, "TLSV1_ALERT_UNKNOWN_CA", "once the CA is no longer trusted a session does not help")
    tiny.stop()


def timeout():
    tiny = Tiny({**CACHE, "ssl.keyfile": ec, "ssl.session-timeout": 1})
    context = client_context()
    _, session, _ = connect(tiny, context)
    resumes(tiny, context, session, True, "before ssl.session-timeout")
    time.sleep(1.3)
    resumes(tiny, context, session, False, "not after it")
    answer = connect(tiny, context)[2]
    equal(count("Timed out", answer), 1, "the timeout is counted")
    tiny.stop()


def bound():
    tiny = Tiny({**CACHE, "ssl.keyfile": ec, "ssl.session-cache-size": 8})
    context = client_context()
    sessions = [connect(tiny, context)[1] for _ in range(20)]
    got = [connect(tiny, context, s)[0] for s in sessions[12:]]
    equal(got, [True] * 8, "a cache of 8 keeps the last 8")
    got = [connect(tiny, context, s)[0] for s in sessions[:3]]
    equal(got, [False] * 3, "and no older one")
    answer = connect(tiny, context)[2]
    equal(count("Dropped when full", answer), 12 + 3 + 1, "sessions dropped are counted")
    tiny.stop()


def restarted():
    tiny = Tiny({**CACHE, "ssl.keyfile": ec})
    context = client_context()
    _, session, _ = connect(tiny, context)
    tiny.stop()
    tiny = Tiny({**CACHE, "ssl.keyfile": ec})
    resumes(tiny, context, session, False, "another process does not know the session")
    tiny.stop()


for part in (on_and_off, versions_and_suites, bound_to_name, bound_to_endpoint, bound_to_certificate,
             bound_to_authorities, timeout, bound, restarted):
    part()
done()
