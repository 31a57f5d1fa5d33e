#!/usr/bin/env python3
"""What a service manager does with the program: sockets that it hands over, and
what it is told (READY, RELOADING, STOPPING, WATCHDOG). The manager is this test."""

import os
import re
import socket
import time

from harness import *
from manager import Manager, hand_over, tcp_listener

scratch = folder()
www = os.path.join(scratch, "www")
write(os.path.join(www, "index.html"), "handed over\n")
pem = self_signed(scratch)
OPTIONS = {"files.root": www, "ssl.keyfile": pem}


def handed(things, options=None, **more):
    """A server to which the descriptors of these are handed over."""
    return hand_over(things, {**OPTIONS, **(options or {})}, **more)


def get(connection):
    """A request over TLS on a connected socket; the answer's body."""
    connection.settimeout(PATIENCE)
    tls = client_context(maximum=ssl.TLSVersion.TLSv1_3).wrap_socket(connection,
                                                                     server_hostname="localhost")
    tls.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
    data = receive_all(tls)
    tls.close()
    return data.partition(b"\r\n\r\n")[2]


def get_tcp(port):
    return get(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))


def get_unix(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return get(s)


# ---- sockets that are handed over

tcp, local = tcp_listener(), socket.socket(socket.AF_UNIX)
path = os.path.join(scratch, "socket")
local.bind(path)
local.listen(4)
port = tcp.getsockname()[1]

server = handed([tcp, local], endpoint="unix://" + scratch + "/never-made")
server.wait_log(rb"listening on unix\S+")
equal(get_tcp(port), b"handed over\n", "served at the first socket")
equal(get_unix(path), b"handed over\n", "served at the second, a Unix socket")
ok(b"listening on tcp://127.0.0.1:%d\n" % port in server.log, "the log tells the first address",
   server.log.decode())
ok(b"listening on unix://%s\n" % path.encode() in server.log, "and the second", server.log.decode())
ok(b"server.endpoint is not used: sockets were handed over" in server.log,
   "and that the configured endpoint is not used", server.log.decode())
ok(not os.path.exists(scratch + "/never-made"), "nothing is bound there")
flags = {}
for fd in (3, 4):
    with open(f"/proc/{server.pid}/fdinfo/{fd}") as f:
        flags[fd] = int(re.search(r"flags:\s+([0-7]+)", f.read()).group(1), 8)
ok(all(f & os.O_CLOEXEC and f & os.O_NONBLOCK for f in flags.values()),
   "both are non-blocking and not inherited", flags)
equal(server.stop(), 0, "the server ends")
ok(os.path.exists(path), "the Unix socket's file is the manager's and stays")
early = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
ok(True, "while no server runs a client is queued by the manager's socket")
server = handed([tcp, local])
equal(get(early), b"handed over\n", "the next server answers it")
server.stop()

# A session is bound to the place of the socket among them, so it outlives a restart.
keys = write(os.path.join(scratch, "ticket.key"), os.urandom(80), 0o600)
context = client_context()
session, reused = None, []
for _ in range(2):
    server = handed([tcp], options={"ssl.ticket-keys": keys})
    s = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    tls = context.wrap_socket(s, server_hostname="localhost", session=session)
    reused.append(tls.session_reused)
    session = tls.session
    tls.close()
    server.stop()
equal(reused, [False, True], "a session is resumed at the next server's same socket")

abstract = socket.socket(socket.AF_UNIX)
abstract.bind("\0tiny-test-%d" % os.getpid())
abstract.listen(4)
server = handed([abstract])
equal(get_unix("\0tiny-test-%d" % os.getpid()), b"handed over\n", "an abstract Unix socket")
ok(b"listening on unix://@tiny-test-%d\n" % os.getpid() in server.log, "is told by its name",
   server.log.decode())
server.stop()

# ---- what is not for us, and what is wrong

server = handed([tcp_listener()], pid="1")
ok(server.port != port and get_tcp(server.port) == b"handed over\n",
   "LISTEN_PID of another process: the endpoint of the configuration")
server.stop()


def refused(things, pattern, name, **more):
    server = handed(things, wait=False, **more)
    code = server.wait()
    return ok(code == 1 and re.search(pattern, server.log), name, f"{code} {server.log.decode()}")


closed = socket.socket()
closed.bind(("127.0.0.1", 0))
datagrams = socket.socket(type=socket.SOCK_DGRAM)
datagrams.bind(("127.0.0.1", 0))
pair = socket.socketpair()
with open(pem) as file:
    refused([tcp, file], rb"descriptor 4 cannot be listened on: it is not a socket", "a file")
refused([closed], rb"descriptor 3 cannot be listened on: it does not listen", "a bound socket")
refused([pair[0]], rb"it does not listen \(Accept=no", "a connection, as Accept=yes gives")
refused([datagrams], rb"neither a TCP nor a Unix stream socket", "a datagram socket")
refused([tcp], rb"descriptor 4 cannot be listened on", "fewer than are said", count="2")
refused([tcp], rb"LISTEN_FDS must be a number from 0 to 64", "more than there may be", count="65")
refused([tcp], rb"LISTEN_FDS must be a number", "no number", count="one")
refused([tcp], rb"LISTEN_PID must be the number of a process", "no process", pid="me")
equal(socket.create_connection(("127.0.0.1", port)).getpeername()[1], port,
      "the manager's socket is none the worse for it")

# The small build has no word for a manager, and says so instead of waiting for nothing.
server = handed([tcp], env={**os.environ, "NOTIFY_SOCKET": "/nowhere"}, binary=TINY + "-small")
for name in (b"LISTEN_FDS", b"NOTIFY_SOCKET"):
    ok(server.wait_log(name + rb": this small build is without it"), f"small build: {name.decode()}")
server.stop()

if have("systemd-socket-activate"):
    at = os.path.join(scratch, "activate")
    server = Tiny(OPTIONS, wrap=["systemd-socket-activate", "-l", at], wait=False)
    server.wait_log(rb"Listening on")
    equal(get_unix(at), b"handed over\n", "started by systemd-socket-activate's first client")
    equal(server.stop(), 0, "and it ends")
else:
    skip("started by systemd-socket-activate", "systemd-socket-activate is not installed")

# ---- what the manager is told

manager = Manager(os.path.join(scratch, "notify"))
server = Tiny(OPTIONS, env=manager.env)
message = manager.next()
ok(message.get("READY") == "1" and message.get("STATUS") ==
   f"listening on tcp://127.0.0.1:{server.port}", "READY=1, once it listens", message)
before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
server.signal(1)
message = manager.next()
after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
ok(message.get("RELOADING") == "1" and before <= int(message.get("MONOTONIC_USEC", 0)) <= after,
   "SIGHUP: RELOADING=1 with the time", message)
equal(manager.next(), {"READY": "1", "STATUS": "certificates were loaded anew"}, "then READY=1")
broken = open(pem).read()
write(pem, "nothing\n", 0o600)
server.signal(1)
equal(manager.next().get("RELOADING"), "1", "SIGHUP with a file that cannot be used")
equal(manager.next(), {"READY": "1", "STATUS": "the former certificates stay in use"},
      "is told, and the server stays ready")
write(pem, broken, 0o600)
client = server.tls()
server.signal(15)
equal(manager.next().get("STOPPING"), "1", "SIGTERM: STOPPING=1 while a connection ends")
client.close()
equal(server.wait(), 0, "the server ends")
equal(manager.rest(), [], "and says nothing more")

manager = Manager("\0tiny-notify-%d" % os.getpid())
server = handed([tcp], env={**manager.env, "WATCHDOG_USEC": "200000"})
message = manager.next()
equal(message.get("READY"), "1", "READY=1 to an abstract socket, from a socket that was handed over")
equal([manager.next() for _ in range(4)], [{"WATCHDOG": "1"}] * 4, "the watchdog is fed while idle")
equal(get_tcp(port), b"handed over\n", "and clients are served beside it")
server.signal(15)
while message.get("STOPPING") != "1":
    message = manager.next()
equal(message.get("STOPPING"), "1", "SIGTERM: STOPPING=1")
server.wait()

server = Tiny(OPTIONS, env={**manager.env, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"})
manager.next()
server.stop()
equal([m for m in manager.rest() if "WATCHDOG" in m], [], "another process's watchdog is not fed")

server = Tiny(OPTIONS, env={**os.environ, "NOTIFY_SOCKET": scratch + "/nobody"})
ok(server.wait_log(rb"NOTIFY_SOCKET: No such file"), "a manager that is not there is told of")
equal(get_tcp(server.port), b"handed over\n", "and does not keep the server from serving")
server.stop()

manager = Manager(os.path.join(scratch, "slow"))
server = Tiny(OPTIONS, env={**manager.env, "WATCHDOG_USEC": "2000"})
deadline = time.monotonic() + 1
while time.monotonic() < deadline:
    good = get_tcp(server.port) == b"handed over\n"
    if not good:
        break
ok(good, "a manager that reads nothing stops nobody")
server.stop()

if os.geteuid() == 0:
    os.chmod(scratch, 0o755)
    manager = Manager(os.path.join(scratch, "above"))
    server = handed([tcp], env=manager.env, options={"server.user": "65534", "server.chroot": www,
                                                     "files.root": www})
    equal(manager.next().get("READY"), "1", "as another user in another root it is still told")
    server.signal(1)
    equal(manager.next().get("RELOADING"), "1", "also of a reload")
    server.stop()
else:
    skip("notification from another root", "needs root")

done()
