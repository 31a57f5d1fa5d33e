#!/usr/bin/env python3
"""packaging/systemd: the units are right, their exposure is bounded, and the server
does its jobs within their SystemCallFilter, which is looked at twice: in a list of
the calls that it makes, and under a filter that kills it for another one."""

import glob
import os
import re
import shutil
import signal
import socket
import ssl
import sys

import sandbox
from harness import *
from manager import Manager, hand_over, tcp_listener

UNITS = os.path.join(ROOT, "packaging", "systemd")
SERVICE = os.path.join(UNITS, "tiny.service")
MOST_EXPOSURE = 2.0

if not have("systemd-analyze"):
    skip("units of systemd", "systemd-analyze is not installed")
    done()

scratch = folder()
www = os.path.join(scratch, "www")
write(os.path.join(www, "index.html"), "within limits\n")
write(os.path.join(www, "list", "file"), "x")
big = write(os.path.join(www, "big"), os.urandom(3 << 20))
pem = self_signed(scratch)
ca = os.path.join(scratch, "ca")
os.mkdir(ca)
shutil.copy(os.path.join(scratch, "server.crt"), ca)

# ---- the units

env = {**os.environ, "SYSTEMD_UNIT_PATH": scratch + "/units:", "SYSTEMD_LOG_LEVEL": "warning"}


def verify(drop_in=None):
    """What systemd-analyze says of the units, with a drop-in or without. The program's
    path is this build's, since it is not installed."""
    shutil.rmtree(scratch + "/units", ignore_errors=True)
    for name in ("tiny.service", "tiny.socket"):
        with open(os.path.join(UNITS, name)) as f:
            write(f"{scratch}/units/{name}", f.read().replace("/usr/bin/tiny", TINY))
    if drop_in:
        with open(drop_in) as f:
            write(f"{scratch}/units/tiny.service.d/x.conf", f.read().replace("/usr/bin/tiny", TINY))
    code, out, err = run("systemd-analyze", "verify", "--man=no", scratch + "/units/tiny.service",
                         scratch + "/units/tiny.socket", env=env)
    return code, (out + err).decode()


# Of other units on this machine it may say what it likes.
def clean(result):
    code, text = result
    return code == 0 and "tiny" not in text


result = verify()
ok(clean(result), "systemd-analyze verify has nothing to say", result)
for drop_in in sorted(glob.glob(os.path.join(UNITS, "drop-ins", "*.conf"))):
    result = verify(drop_in)
    ok(clean(result), "nor with " + os.path.basename(drop_in), result)
write(scratch + "/wrong.conf", "[Service]\nProtectSytem=strict\n")
ok(not clean(verify(scratch + "/wrong.conf")), "but it does with a misspelt key")

code, out, err = run("systemd-analyze", "security", "--help")
if b"--offline" in out:
    code, out, err = run("systemd-analyze", "security", "--offline=true", SERVICE)
    level = re.search(r"exposure level for tiny.service: ([\d.]+)", out.decode())
    print("# systemd-analyze security:", level.group(0) if level else (out + err).decode())
    ok(level and float(level.group(1)) <= MOST_EXPOSURE, f"exposure of at most {MOST_EXPOSURE}")
else:
    skip("exposure", "this systemd-analyze cannot judge a file")

# ---- what it lets pass


def members(name, sets={}):
    """All system calls of a set, with those of the sets in it."""
    if not sets:
        current = None
        for line in run("systemd-analyze", "syscall-filter")[1].decode().splitlines():
            if line.startswith("@"):
                current = sets.setdefault(line.split()[0], [])
            elif current is not None and re.match(r"\s+[@\w]+$", line):
                current.append(line.strip())
    found = set()
    for one in sets[name]:
        found |= members(one) if one.startswith("@") else {one}
    return found


with open(SERVICE) as f:
    unit = f.read()
allowed = members("@default")
for words in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
    for word in words.split():
        allowed |= members(word) if word.startswith("@") else {word}
dangerous = set()
for name in ("@clock", "@debug", "@module", "@mount", "@raw-io", "@reboot", "@swap", "@setuid",
             "@cpu-emulation", "@obsolete", "@keyring", "@chown"):
    dangerous |= members(name)
equal(sorted(allowed & (dangerous - members("@default"))), [], "nothing of what is dangerous passes")
ok(not allowed & {"fork", "vfork", "clone", "clone3", "ptrace", "chroot", "rename", "mkdir", "kill"},
   "no process is made, no file moved, nobody signalled")
print("#", len(allowed), "system calls pass, under all names and those of @default included")

# ---- the jobs


def get(port, path="/", version=ssl.TLSVersion.TLSv1_3, again=None):
    """Body; again: what is asked for behind it, in the session of the first."""
    context = client_context(version, version)
    session = None
    for wanted in [path] + ([again] if again else []):
        s = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE),
                                server_hostname="localhost", session=session)
        s.sendall(f"GET {wanted} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        body = receive_all(s).partition(b"\r\n\r\n")[2]
        session = s.session
        s.close()
    return body


def job_managed(wrap):
    """As the unit runs it: socket handed over, notifications, watchdog, credential."""
    manager = Manager(os.path.join(scratch, f"notify-{len(wrap)}"))
    listener = tcp_listener()
    port = listener.getsockname()[1]
    tiny = hand_over([listener], {"files.root": www, "files.listing": "true", "ssl.keyfile": pem,
                                  "log.access-file": scratch + "/access", "ssl.reload-interval": "1"},
                     wrap=wrap, env={**manager.env, "WATCHDOG_USEC": "100000"})
    good = manager.next().get("READY") == "1"
    with open(big, "rb") as f:
        content = f.read()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        good = good and get(port, "/", version) == b"within limits\n"
        good = good and get(port, "/", version, again="/big") == content
    good = good and b"file" in get(port, "/list/") and get(port, "/none") != b""
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"certificates were loaded anew")
    tiny.signal(signal.SIGUSR1)
    idle = tiny_connection(port)
    good = good and get(port) == b"within limits\n"
    tiny.signal(signal.SIGTERM)
    tiny.wait_log(rb"closing: ")
    idle.close()
    return good and tiny.wait() == 0 and os.path.getsize(scratch + "/access") > 0, tiny.log


def tiny_connection(port):
    return client_context().wrap_socket(socket.create_connection(("127.0.0.1", port),
                                                                 timeout=PATIENCE),
                                        server_hostname="localhost")


def job_own_ports(wrap):
    """With addresses of its own: by name, and a Unix socket; clients' CAs from a folder; the log
    in a file."""
    log, path = scratch + f"/log-{len(wrap)}", scratch + f"/socket-{len(wrap)}"
    tiny = Tiny({"server.endpoint": ["tcp://127.0.0.1:0", "tcp://localhost:0", "unix://" + path],
                 "server.unlink": "true", "files.root": www, "ssl.keyfile": pem, "ssl.capath": ca,
                 "ssl.verify": "optional", "log.file": log}, endpoint=None, wrap=wrap, wait=False)
    port = listening_port(tiny.pid)
    good = port is not None and get(port) == b"within limits\n"
    tiny.signal(signal.SIGTERM)
    return tiny.wait() == 0 and good and not os.path.exists(path), tiny.log


def job_status(wrap):
    """Another mode, and a certificate of its own making."""
    tiny = Tiny({"server.mode": "status"}, wrap=wrap)
    good = b"BearSSL" in get(tiny.port) or b"tiny" in get(tiny.port)
    return tiny.stop() == 0 and good, tiny.log


def job_refused(wrap):
    """Mistakes are told, and not ended by the filter."""
    tiny = Tiny({"ssl.keyfile": scratch + "/none", "files.root": www}, wrap=wrap, wait=False)
    first = tiny.wait()
    tiny = Tiny({"files.root": "/", "ssl.protocol": "77"}, wrap=wrap, wait=False)
    return (first, tiny.wait()) == (1, 2), tiny.log


def job_proxy(wrap):
    """TLS in front of a backend on TCP and on a Unix socket."""
    good, log = True, b""
    for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, scratch + f"/b{len(wrap)}")):
        backend = socket.socket(family)
        backend.settimeout(PATIENCE)
        backend.bind(address)
        backend.listen(4)
        url = "unix://" + address if family == socket.AF_UNIX else "tcp://127.0.0.1:%d" % backend.getsockname()[1]
        tiny = Tiny({"server.mode": "proxy", "proxy.backend": url, "ssl.keyfile": pem}, wrap=wrap)
        client = tiny_connection(tiny.port)
        client.sendall(b"there")
        served, _ = backend.accept()
        served.settimeout(PATIENCE)
        good = good and served.recv(100) == b"there"
        served.sendall(b"and back")
        good = good and client.recv(100) == b"and back"
        served.close()
        client.close()
        good = tiny.stop() == 0 and good
        log += tiny.log
    return good, log


JOBS = [job_managed, job_own_ports, job_status, job_refused]
if b"proxy.backend" in run(TINY, "--help")[1]:
    JOBS.append(job_proxy)


def attempt(job, wrap):
    try:
        return job(wrap)
    except (AssertionError, OSError, ssl.SSLError) as problem:
        return False, str(problem).encode()


trace = scratch + "/trace"
if have("strace") and run("strace", "-qq", "-o", trace, "true")[0] == 0:
    made = set()
    for job in JOBS:
        good, log = attempt(job, ["strace", "-D", "-f", "-qq", "-A", "-o", trace, "-e", "signal=none"])
        ok(good, f"traced: {job.__doc__.split(':')[0].split('.')[0]}", log.decode(errors="replace"))
    with open(trace) as f:
        made = set(re.findall(r"^(?:\d+ +)?(\w+)\(", f.read(), re.M))
    print("#", len(made), "system calls are made:", " ".join(sorted(made)))
    ok(len(made) > 30 and {"accept4", "epoll_ctl", "pread64"} & made, "strace saw the server's calls")
    equal(sorted(made - allowed), [], "SystemCallFilter lets all of them pass")
else:
    skip("the list of system calls", "strace is not there, or may not trace")

RUNNER = [sys.executable, os.path.join(ROOT, "tests", "integration", "sandbox.py")]
wrap = RUNNER + [",".join(sorted(allowed))]
if sandbox.ARCHITECTURE is None:
    skip("under the filter", "no filter is written for this processor")
elif run(*wrap, "true")[0] not in (0, -signal.SIGSYS):
    skip("under the filter", "filters cannot be set here")
else:
    for job in JOBS:
        good, log = attempt(job, wrap)
        ok(good, f"under the filter: {job.__doc__.split(':')[0].split('.')[0]}",
           log.decode(errors="replace"))
    fewer = RUNNER + [",".join(sorted(allowed - {"epoll_create1", "epoll_create"}))]
    tiny = Tiny({"server.mode": "status"}, wrap=fewer, wait=False)
    equal(tiny.wait(), -signal.SIGSYS, "a call that is left out of the list ends it")
    code, out, err = run(*RUNNER, ",".join(sorted(allowed | {"clone", "wait4", "vfork"})), sys.executable,
                         "-c", "import mmap; mmap.mmap(-1, 4096, prot=7)")
    equal(code, -signal.SIGSYS, "so does memory that can be written and executed")

done()
