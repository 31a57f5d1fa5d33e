#!/usr/bin/env python3
"""The Nth call of a kind fails, for every N until none is left to fail: the
server either refuses to start with a sentence, or loses that one connection or
request and serves the next. It never crashes, hangs or sends wrong bytes."""
import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from harness import (TINY, Tiny, client_context, done, folder, have, listening_port, ok, receive_all, self_signed,  # noqa: E402
                     skip, write)

MOST = 40  # of a kind; a run that needs more is told below
root = folder()
BODY = os.urandom(40_000)
write(root + "/file", BODY)
pem = self_signed(folder())
context = client_context()
FAULTS = [
    ("accept4", "EMFILE"), ("accept4", "ECONNABORTED"), ("accept4", "EINTR"), ("accept4", "ENOMEM"),
    ("recvfrom", "ECONNRESET"), ("recvfrom", "EINTR"), ("recvfrom", "EAGAIN"),
    ("sendto", "EPIPE"), ("sendto", "EINTR"), ("sendto", "EAGAIN"),
    ("epoll_ctl", "ENOMEM"), ("epoll_pwait", "EINTR"), ("epoll_wait", "EINTR"), ("epoll_create1", "EMFILE"),
    ("openat", "EMFILE"), ("open", "EMFILE"), ("openat2", "EMFILE"), ("openat2", "ENOSYS"),
    ("fstat", "EIO"), ("newfstatat", "EIO"), ("stat", "EIO"), ("pread64", "EIO"), ("read", "EIO"),
    ("mmap", "ENOMEM"), ("brk", "ENOMEM"), ("socket", "EMFILE"), ("bind", "EADDRINUSE"), ("listen", "EADDRINUSE"),
    ("getrandom", "EINTR"), ("signalfd4", "EMFILE"), ("write", "ENOSPC"), ("write", "EAGAIN"),
    ("setsockopt", "ENOPROTOOPT"), ("getsockname", "ENOBUFS"), ("close", "EIO"), ("shutdown", "ENOTCONN"),
]
PROXY_FAULTS = [("connect", "ECONNREFUSED"), ("connect", "EINTR"), ("socket", "EMFILE"), ("getsockopt", "ENOBUFS"),
                ("epoll_ctl", "ENOMEM"), ("recvfrom", "ECONNRESET"), ("sendto", "EPIPE"),
                ("setsockopt", "ENOPROTOOPT"), ("close", "EIO")]


def serve_file(listener):
    """The backend of mode proxy: the file to everybody, whatever is asked."""
    while True:
        s = listener.accept()[0]
        with s:
            try:
                if s.recv(4096):
                    s.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + BODY)
            except OSError:
                pass


behind = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve_file, args=(behind,), daemon=True).start()
FILES = {"files.root": root, "ssl.session-cache": "true", "server.close-timeout": 2}
PROXY = {"proxy.backend": f"tcp://127.0.0.1:{behind.getsockname()[1]}", "server.close-timeout": 2}


def fetch(tiny):
    """The whole body over one TLS connection, or what came of it."""
    try:
        with tiny.tls(context, timeout=10) as s:
            s.sendall(b"GET /file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return receive_all(s).partition(b"\r\n\r\n")
    except OSError:
        return b"", b"", b""


def wrong(head, mark, body):
    """Bytes that are not the file's and not an honest error answer."""
    return mark and head.startswith(b"HTTP/1.1 200") and not BODY.startswith(body)


def tracee(tiny):
    """The process that strace started: its child, once it is tiny."""
    end = time.monotonic() + 10
    while tiny.alive() and time.monotonic() < end:
        try:
            with open(f"/proc/{tiny.pid}/task/{tiny.pid}/children") as f:
                for child in f.read().split():
                    if os.readlink(f"/proc/{child}/exe") == os.path.realpath(TINY):
                        return int(child)
        except OSError:
            pass
        time.sleep(0.002)
    return None


def attempt(call, error, n, options):
    """None: nothing was injected. Else '' or what went wrong."""
    trace = os.path.join(folder(), "trace")
    access = {"log.access-file": trace + ".access"} if options is FILES else {}
    tiny = Tiny({"ssl.keyfile": pem} | options | access,
                wrap=["strace", "-f", "-qq", "-o", trace, "-e", f"trace={call}", "-e",
                      f"inject={call}:error={error}:when={n}"], wait=False)
    # The port comes from /proc: the log's line may be what fails.
    child = tracee(tiny)
    tiny.port = listening_port(child, 15) if child else None
    started = tiny.port is not None
    problem, answers = "", []
    if started:
        answers = [fetch(tiny) for _ in range(3)]
        if any(wrong(*a) for a in answers):
            problem = "wrong bytes"
        elif not any(a[2] == BODY for a in answers) and tiny.alive() and fetch(tiny)[2] != BODY:
            problem = "no request is answered any more"
    if child and tiny.alive():
        try:
            os.kill(child, signal.SIGTERM)
        except ProcessLookupError:
            pass
    code = tiny.wait()
    # strace ends as its child did: a signal shows as a negative code or 128 + n.
    if code not in (0, 1, 2) or (code > 0 and not tiny.log.strip() and call != "write"):
        problem = problem or f"exit code {code}"
    if code == 1 and b"error: " in tiny.log and not any(a[1] for a in answers):
        problem = ""  # it was about to refuse the start, in words
    with open(trace) as f:
        injected = "(INJECTED)" in f.read()
    if not injected:
        return None
    if not started and code == 0 and child is not None:
        problem = "did not start, and called that a success"
    return problem + ("\n" + tiny.log.decode(errors="replace") if problem else "")


if not have("strace"):
    skip("failing system calls", "strace is missing")
    done()
for call, error, options in [f + (FILES,) for f in FAULTS] + [f + (PROXY,) for f in PROXY_FAULTS]:
    n, problems = 1, []
    while n <= MOST:
        try:
            result = attempt(call, error, n, options)
        except AssertionError as hang:
            result = str(hang)
        if result is None:
            break
        if result:
            problems.append(f"call {n}: {result}")
        n += 1
    ok(not problems, f"{'proxy: ' if options is PROXY else ''}{call} fails with {error}, {n - 1} calls one by one", "\n".join(problems))
done()
