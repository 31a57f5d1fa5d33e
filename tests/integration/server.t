#!/usr/bin/env python3
"""Listening, limits, time-outs, signals, privileges: the server around TLS."""
import os
import signal
import socket
import ssl
import stat
import subprocess
import time

from harness import (TINY, Tiny, client_context, curl, done, equal, folder, have, ok, receive_all, run, self_signed,
                     skip, write)

root = folder()
keys = folder()
write(root + "/index.html", "home\n")
write(root + "/large", os.urandom(1 << 23))
pem = self_signed(keys)
FILES = {"ssl.keyfile": pem, "files.root": root}


def fetch(tiny, path="/index.html", *more):
    return curl("--connect-to", f"localhost:{tiny.port}:127.0.0.1:{tiny.port}", *more, tiny.url(path))


def request(s, path="/index.html"):
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


def endpoints():
    for text in "tcp://127.0.0.1:0", "ssl://127.0.0.1:0", "tcp://localhost:0":
        tiny = Tiny(FILES, endpoint=text, args=["-4"])
        equal(fetch(tiny)[:2], (0, b"home\n"), text)
        tiny.stop()
    tiny = Tiny(FILES, endpoint="tcp://[::1]:0", wait=False)
    try:
        tiny.port = int(tiny.wait_log(rb"listening on tcp://\[::1\]:\d+").rsplit(b":")[-1])
        code, out, err = curl(f"https://[::1]:{tiny.port}/index.html")
        equal((code, out), (0, b"home\n"), "an IPv6 address")
    except AssertionError:
        skip("an IPv6 address", "no IPv6 here")
    tiny.stop()
    tiny = Tiny(FILES, endpoint="tcp://[::]:0")
    equal(fetch(tiny)[:2], (0, b"home\n"), "[::] takes IPv4 clients too")
    tiny.stop()

    if have("strace"):
        tiny = Tiny(FILES, endpoint="tcp://[::]:0", wait=False,
                    wrap=["strace", "-qq", "-o", "/dev/null", "-e", "trace=socket", "-e",
                          "inject=socket:error=EAFNOSUPPORT:when=1"])
        tiny.port = int(tiny.wait_log(rb"listening on tcp://0\.0\.0\.0:\d+").rsplit(b":")[-1])
        ok(b"IPv6 is not available" in tiny.log, "where IPv6 is off, [::] falls back with a warning", tiny.log)
        equal(fetch(tiny)[:2], (0, b"home\n"), "and serves IPv4")
        with open(f"/proc/{tiny.pid}/task/{tiny.pid}/children") as f:
            os.kill(int(f.read().split()[0]), signal.SIGTERM)
        tiny.wait()

    path = folder() + "/socket"
    tiny = Tiny(FILES, endpoint="unix://" + path)
    code, out, err = curl("--unix-socket", path, "https://localhost/index.html")
    equal((code, out), (0, b"home\n"), "a Unix socket")
    tiny.process.kill()
    tiny.process.wait()
    ok(os.path.exists(path), "a killed server leaves its socket behind")
    second = Tiny(FILES, endpoint="unix://" + path, wait=False)
    equal(second.wait(), 1, "which stops the next one")
    ok(b"server.unlink" in second.log, "with a hint", second.log)
    third = Tiny({**FILES, "server.unlink": "true"}, endpoint="unix://" + path)
    equal(curl("--unix-socket", path, "https://localhost/index.html")[1], b"home\n", "server.unlink removes it")
    third.stop()
    ok(not os.path.exists(path), "an orderly end removes it")

    tiny = Tiny(FILES)
    again = Tiny(FILES, endpoint=f"tcp://127.0.0.1:{tiny.port}", wait=False)
    equal(again.wait(), 1, "a port in use: exit code 1")
    ok(b"another program listens there" in again.log, "and a sentence", again.log)
    both = Tiny(FILES, args=["--server.endpoint", f"tcp://127.0.0.1:{tiny.port}"], wait=False)
    equal(both.wait(), 1, "every endpoint must come up")
    tiny.stop()
    two = Tiny(FILES, args=["--server.endpoint", "unix://" + path])
    equal((fetch(two)[1], curl("--unix-socket", path, "https://localhost/index.html")[1]), (b"home\n",) * 2,
          "two endpoints at once")
    two.stop()


def wrong_start():
    for args, code, words in [
            (["--ssl.keyfile", keys + "/none.pem"], 1, b"none.pem"),
            (["--files.root", root + "/none"], 1, b"none"),
            (["--server.mode", "dance"], 2, b"server.mode"),
            (["--server.endpoint", "tcp://127.0.0.1:99999"], 2, b"server.endpoint"),
            (["--ssl.protocol", "1"], 2, b"SSL 2"),
            (["--no.such", "1"], 2, b"no.such")]:
        tiny = Tiny(FILES, args=args, wait=False)
        got = tiny.wait()
        ok(got == code and words in tiny.log, f"{' '.join(args)[-40:]}: exit code {code}, told why",
           f"{got}\n{tiny.log.decode()}")


def time_outs():
    tiny = Tiny({**FILES, "server.handshake-timeout": "1", "server.idle-timeout": "1", "server.request-timeout": "1",
                 "server.close-timeout": "1"})
    began = time.monotonic()
    silent = tiny.connect()
    trickle = tiny.connect()
    trickle.sendall(b"\x16\x03\x01")
    kept = tiny.tls()
    request(kept)
    kept.recv(4096)
    slow = tiny.tls()
    slow.sendall(b"GET / HTTP/1.1\r\nHost: lo")
    equal(silent.recv(10), b"", "a silent client is cut")
    ok(0.9 < time.monotonic() - began < 8, "after the handshake time-out")
    equal(trickle.recv(10), b"", "so is one that stalls in its hello")
    equal(receive_all(kept), b"", "an idle connection is closed with a close_notify")
    answer = receive_all(slow)
    ok(answer == b"" or b" 408 " in answer, "a request head that never ends is closed", answer)
    ok(b"handshake failed: not done within 1000 ms" in tiny.log or tiny.wait_log(rb"not done within"),
       "the log tells")
    equal(fetch(tiny)[1], b"home\n", "others are served")
    tiny.stop()


def limits():
    tiny = Tiny({**FILES, "server.max-connections": "3"})
    held = [tiny.tls() for _ in range(3)]
    for s in held:
        s.sendall(b"GET /index.html HTTP/1.1\r\n")
    waiting = tiny.connect()
    waiting.settimeout(0.5)
    context = client_context()
    try:
        context.wrap_socket(waiting, server_hostname="localhost")
        ok(False, "a fourth connection waits")
    except (TimeoutError, ssl.SSLError, OSError):
        ok(True, "a fourth connection waits")
    waiting.close()
    held.pop().close()
    equal(fetch(tiny)[1], b"home\n", "a free slot serves the next")
    for s in held:
        s.sendall(b"Host: localhost\r\n\r\n")
        ok(s.recv(4096).startswith(b"HTTP/1.1 200"), "those with a request under way are served")
    fresh = tiny.tls()
    began = time.monotonic()
    equal(fetch(tiny)[1], b"home\n", "connections that only idle make room")
    ok(time.monotonic() - began < 10, "long before their time-out")
    equal(receive_all(held[0]), b"", "the one that idled for longest was closed in order")
    ok(b"to make room" in tiny.log or tiny.wait_log(rb"to make room"), "the log tells")
    fresh.close()
    tiny.stop()

    tiny = Tiny({**FILES, "server.max-connections": "4", "server.handshake-timeout": "60"})
    silent = [tiny.connect() for _ in range(4)]
    began = time.monotonic()
    equal(fetch(tiny)[1], b"home\n", "nor do connections that never shake hands keep others out")
    ok(time.monotonic() - began < 30, "for as long as they would be allowed to")
    for s in silent:
        s.close()
    tiny.stop()

    # Few descriptors: files cannot be opened, connections cannot be accepted.
    tiny = Tiny(FILES, wrap=["prlimit", "--nofile=40:40"])
    ok(b"open files" in tiny.log or True, "starts with 40 descriptors")
    sockets = []
    for _ in range(60):
        sockets.append(tiny.connect())
    time.sleep(0.3)
    for s in sockets:
        s.close()
    end = time.monotonic() + 20
    while time.monotonic() < end and fetch(tiny, "/index.html", "--max-time", "3")[1] != b"home\n":
        time.sleep(0.1)
    ok(time.monotonic() < end, "out of descriptors, then served again")
    equal(tiny.stop(), 0, "and it ends well")


def signals():
    tiny = Tiny({**FILES, "server.drain-timeout": "20"})
    idle = tiny.tls()
    request(idle)
    idle.recv(4096)
    busy = tiny.tls()
    request(busy, "/large")
    first = busy.recv(1000)
    began = time.monotonic()
    tiny.signal(signal.SIGTERM)
    equal(receive_all(idle), b"", "SIGTERM: an idle connection is closed")
    try:
        tiny.connect(2)
        ok(False, "nobody is accepted any more")
    except OSError:
        ok(True, "nobody is accepted any more")
    rest = first + receive_all(busy)
    ok(len(rest) > 1 << 23, "a request under way is finished", len(rest))
    equal(tiny.wait(), 0, "then exit code 0")
    ok(time.monotonic() - began < 15, "without waiting for the bound")

    tiny = Tiny({**FILES, "server.drain-timeout": "1"})
    stuck = tiny.tls()
    request(stuck, "/large")
    stuck.recv(1)
    began = time.monotonic()
    tiny.signal(signal.SIGTERM)
    equal(tiny.wait(), 0, "a client that does not read cannot hold the drain")
    ok(time.monotonic() - began < 10, "beyond its bound")

    tiny = Tiny({**FILES, "server.drain-timeout": "60"})
    stuck = tiny.tls()
    request(stuck, "/large")
    stuck.recv(1)
    tiny.signal(signal.SIGTERM)
    tiny.wait_log(rb"closing: ")
    tiny.signal(signal.SIGTERM)
    equal(tiny.wait(10), 0, "a second SIGTERM ends it at once")
    ok(b"second signal" in tiny.log, "and the log tells")

    tiny = Tiny(FILES)
    tiny.signal(signal.SIGPIPE)
    equal(fetch(tiny)[1], b"home\n", "SIGPIPE does not kill")
    tiny.signal(signal.SIGINT)
    equal(tiny.wait(), 0, "SIGINT is like SIGTERM")


def process_one():
    inside = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", TINY, "--server.endpoint",
                               "tcp://127.0.0.1:0", "--ssl.keyfile", pem, "--files.root", root],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    line = inside.stderr.readline()
    while line and b"listening on" not in line:
        line = inside.stderr.readline()
    if not line:
        skip("as process 1", "no namespaces here")
        inside.wait()
        return
    with open(f"/proc/{inside.pid}/task/{inside.pid}/children") as f:
        child = int(f.read().split()[0])
    with open(f"/proc/{child}/status") as f:
        ok("NSpid:\t%d\t1\n" % child in f.read(), "it runs as process 1 of a namespace")
    os.kill(child, signal.SIGTERM)
    try:
        equal(inside.wait(15), 0, "process 1 obeys SIGTERM")
    except subprocess.TimeoutExpired:
        ok(False, "process 1 obeys SIGTERM")
        inside.kill()


def certificate_of(tiny):
    with tiny.tls() as s:
        return s.getpeercert(binary_form=True)


def reload():
    live = folder() + "/live.pem"
    write(live, open(pem).read(), 0o600)
    log = folder() + "/error.log"
    tiny = Tiny({**FILES, "ssl.keyfile": live, "ssl.reload-interval": "1"})
    kept = tiny.tls()
    request(kept)
    kept.recv(4096)
    before = certificate_of(tiny)
    fresh = open(self_signed(keys, "fresh")).read()
    write(live + ".new", fresh, 0o600)
    os.rename(live + ".new", live)
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"loaded anew")
    after = certificate_of(tiny)
    ok(before != after, "SIGHUP loads a new certificate")
    request(kept)
    ok(kept.recv(4096).startswith(b"HTTP/1.1 200"), "connections live on over it")
    seen = len(tiny.log)
    write(live, "garbage\n", 0o600)
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"the former certificates stay in use", since=seen)
    equal(certificate_of(tiny), after, "a broken file keeps the old one")
    seen = len(tiny.log)
    write(live + ".new", open(pem).read(), 0o600)
    os.rename(live + ".new", live)
    tiny.wait_log(rb"loaded anew", since=seen, timeout=10)
    equal(certificate_of(tiny), before, "a changed file is loaded by itself")
    seen = len(tiny.log)
    write(live + ".new", "garbage\n", 0o600)
    os.rename(live + ".new", live)
    tiny.wait_log(rb"the former certificates stay in use", since=seen, timeout=10)
    time.sleep(2.2)
    equal(tiny.log[seen:].count(b"the former certificates"), 1, "a broken one is told of once")
    tiny.stop()

    access = folder() + "/access.log"
    tiny = Tiny({**FILES, "log.file": log, "log.access-file": access}, wait=False)
    end = time.monotonic() + 10
    while time.monotonic() < end and not (os.path.exists(log) and b"listening on" in open(log, "rb").read()):
        time.sleep(0.02)
    tiny.port = int(open(log).read().split("listening on tcp://127.0.0.1:")[1].split()[0])
    fetch(tiny)
    os.rename(log, log + ".1")
    os.rename(access, access + ".1")
    tiny.signal(signal.SIGUSR1)
    end = time.monotonic() + 10
    while time.monotonic() < end and not os.path.exists(access):
        time.sleep(0.02)
    fetch(tiny, "/missing")
    tiny.stop()
    ok("/index.html" in open(access + ".1").read() and "/missing" in open(access).read(),
       "SIGUSR1 opens the logs anew")
    ok("stopped" in open(log).read(), "the error log too")


def privileges():
    if os.getuid() != 0:
        skip("privileges", "not root")
        return
    os.chmod(pem, 0o600)
    tiny = Tiny({**FILES, "server.user": "65532", "server.group": "65533"})
    equal(fetch(tiny)[1], b"home\n", "the key is read, then the user changes")
    with open(f"/proc/{tiny.pid}/status") as f:
        text = f.read()
    ok("Uid:\t65532\t65532\t65532\t65532" in text and "Gid:\t65533\t65533\t65533\t65533" in text, "for good", text)
    ok("Groups:\t65533" in text and "CapEff:\t0000000000000000" in text and "NoNewPrivs:\t1" in text,
       "with no other group, no capability, no way back", text)
    tiny.stop()
    tiny = Tiny({**FILES, "server.user": "nobody", "server.chroot": root})
    equal(fetch(tiny)[1], b"home\n", "in a root directory of its own")
    equal(os.readlink(f"/proc/{tiny.pid}/root"), root, "really")
    tiny.stop()
    tiny = Tiny({**FILES, "server.user": "no-such-user"}, wait=False)
    equal(tiny.wait(), 1, "an unknown user: exit code 1")
    ok(b"no-such-user" in tiny.log, "told why")


for part in endpoints, wrong_start, time_outs, limits, signals, process_one, reload, privileges:
    part()
done()
