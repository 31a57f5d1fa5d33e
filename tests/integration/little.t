#!/usr/bin/env python3
"""16 MB of memory in all, no swap, 50 connections: each kind of load at its worst, on all
50 at once, in TLS 1.2 and 1.3, in every build. The server answers, lets further clients wait until
one goes, fails in good order where memory ends, and lives."""
import errno
import hashlib
import os
import select
import socket
import ssl
import subprocess
import time

import harness
from harness import PATIENCE, TINY, Tiny, done, equal, folder, ok, self_signed, skip, write

MIB = 1 << 20
MEMORY, SLOTS = 16 * MIB, 50
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
keys, root = folder(), folder()
LARGE = os.urandom(MIB) + bytes(MIB)
write(root + "/large", LARGE)
write(root + "/small", b"small\n")


# ---- a machine of 16 MB ---------------------------------------------------------------

class Group:
    """A control group of 16 MB without swap, of either version; None where none is to be had."""

    def __init__(self):
        name = f"tiny-test-{os.getpid()}"
        self.path = None
        self.v2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
        base = "/sys/fs/cgroup" if self.v2 else "/sys/fs/cgroup/memory"
        try:
            if self.v2 and "memory" not in self.get_of(base, "cgroup.subtree_control").split():
                self.put_of(base, "cgroup.subtree_control", "+memory")
            os.mkdir(f"{base}/{name}")
            self.path = f"{base}/{name}"
            self.put("memory.max" if self.v2 else "memory.limit_in_bytes", MEMORY)
        except OSError:
            self.remove()
            return
        try:
            # The other version counts memory and swap together.
            self.put("memory.swap.max" if self.v2 else "memory.memsw.limit_in_bytes", 0 if self.v2 else MEMORY)
        except OSError:
            pass # no swap on this machine

    def put_of(self, base, name, value):
        with open(f"{base}/{name}", "w") as f:
            f.write(str(value))

    def get_of(self, base, name):
        with open(f"{base}/{name}") as f:
            return f.read()

    def put(self, name, value):
        self.put_of(self.path, name, value)

    def wrap(self):
        return ["sh", "-c", f'echo $$ > {self.path}/cgroup.procs && exec "$@"', "sh"]

    def peak(self):
        name = "memory.peak" if self.v2 else "memory.max_usage_in_bytes"
        try:
            return f"{int(self.get_of(self.path, name)) // 1024} KiB of the group"
        except OSError:
            return "the group does not tell" # before Linux 5.19

    def reset(self):
        """The peak counts anew, where the kernel can do that."""
        try:
            self.put("memory.peak" if self.v2 else "memory.max_usage_in_bytes", 0)
        except OSError:
            pass

    def kills(self):
        text = self.get_of(self.path, "memory.events" if self.v2 else "memory.oom_control")
        return [line for line in text.splitlines() if line.startswith("oom_kill ")]

    def remove(self):
        if self.path is not None:
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                try:
                    os.rmdir(self.path)
                    break
                except OSError as e:
                    if e.errno != errno.EBUSY:
                        break
                    time.sleep(0.05)
            self.path = None


# ---- clients ----------------------------------------------------------------------------

class Client:
    """TLS over memory, so that the test decides what goes when; nothing is read unasked."""

    def __init__(self, tiny, context):
        self.socket = tiny.connect()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.waiting = b""

    def push(self):
        data = self.outgoing.read()
        if data:
            self.socket.sendall(data)

    def pull(self):
        data = self.socket.recv(65536)
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()

    def step(self):
        """As far as the handshake goes without reading; True when it is done."""
        try:
            self.tls.do_handshake()
            self.push()
            return True
        except ssl.SSLWantReadError:
            self.push()
            return False

    def flight(self):
        """The next flight, which is not sent yet."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
            self.waiting = self.outgoing.read()
            if self.waiting:
                return
            self.pull()

    def send_half(self, half):
        middle = len(self.waiting) // 2
        self.socket.sendall(self.waiting[middle:] if half else self.waiting[:middle])

    def shake(self):
        while not self.step():
            self.pull()
        return self

    def send(self, data):
        self.tls.write(data)
        self.push()

    def ask(self, path):
        self.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def read(self, most=65536):
        while True:
            try:
                return self.tls.read(most)
            except ssl.SSLWantReadError:
                self.pull()
            except ssl.SSLError:
                return b""

    def answer(self):
        """The body of an answer with a Content-Length."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self.read()
            if not chunk:
                return data
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length:
            chunk = self.read()
            if not chunk:
                break
            body += chunk
        return body

    def close(self):
        self.socket.close()


def context_of(version, chain=None):
    context = harness.client_context(version, version)
    if chain is not None:
        context.load_cert_chain(chain)
    return context


def served(tiny, context):
    client = Client(tiny, context).shake()
    client.ask("/small")
    body = client.answer()
    client.close()
    return body == b"small\n"


def waits(clients):
    """None of them has got a byte yet."""
    return not select.select([c.socket for c in clients], [], [], 0)[0]


# ---- loads ----------------------------------------------------------------------------------

def handshakes(tiny, context):
    """All begin before any goes on, and all send half of what comes next before any sends the
    rest, so that the server has to keep it."""
    clients = [Client(tiny, context) for _ in range(SLOTS)]
    for c in clients:
        c.step()
    for c in clients:
        c.pull()
        c.flight()
    for half in (0, 1):
        for c in clients:
            c.send_half(half)
    for c in clients:
        c.shake()
        c.ask("/small")
    return clients, all(c.answer() == b"small\n" for c in clients)


def heads(tiny, context):
    """A head of 8,000 bytes that has no end yet, in bits, so that the server must keep it."""
    clients = [Client(tiny, context).shake() for _ in range(SLOTS)]
    line = b"X-Long: " + b"x" * 990 + b"\r\n"
    for c in clients:
        c.send(b"GET /small HTTP/1.1\r\nHost: localhost\r\n")
    for _ in range(7):
        for c in clients:
            c.send(line)
    for c in clients:
        c.send(b"\r\n")
    return clients, all(c.answer() == b"small\n" for c in clients)


def downloads(tiny, context):
    """Nobody reads until all have asked; meanwhile 50 more knock, and wait."""
    clients = [Client(tiny, context).shake() for _ in range(SLOTS)]
    for c in clients:
        c.ask("/large")
    for c in clients:
        c.pull()
    more = [Client(tiny, context) for _ in range(SLOTS)]
    for c in more:
        c.step()
    tiny.wait_log(rb"all 50 connections are taken")
    patient = waits(more)
    good = all(hashlib.sha256(c.answer()).digest() == hashlib.sha256(LARGE).digest() for c in clients)
    for c in clients:
        c.close()
    for c in more:
        c.shake()
        c.ask("/small")
    return more, good and patient and all(c.answer() == b"small\n" for c in more)


LOADS = (("50 handshakes at once", handshakes), ("50 heads of requests half sent", heads),
         ("50 large answers that nobody reads, 50 clients that wait", downloads))


def big_chain():
    """A client's certificate with two above it, all with many names: three of about 5 KB."""
    issuer, pem, key = None, b"", b""
    for i, name in enumerate(("root", "middle", "client")):
        base = os.path.join(keys, name)
        names = ",".join(f"DNS:{n:03d}.{'x' * 50}.example" for n in range(75))
        extensions = [f"basicConstraints=critical,CA:{'FALSE' if i == 2 else 'TRUE'}", "subjectAltName=" + names]
        words = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", base + ".key",
                 "-subj", "/CN=" + name]
        if issuer is None:
            words += ["-x509", "-out", base + ".crt"] + [w for line in extensions for w in ("-addext", line)]
            subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
        else:
            subprocess.run(words + ["-out", base + ".csr"], check=True, stderr=subprocess.DEVNULL)
            write(base + ".ext", "\n".join(extensions) + "\n")
            subprocess.run(["openssl", "x509", "-req", "-in", base + ".csr", "-CA", issuer + ".crt", "-CAkey", issuer + ".key",
                            "-CAcreateserial", "-days", "30", "-extfile", base + ".ext", "-out", base + ".crt"],
                           check=True, stderr=subprocess.DEVNULL)
        issuer = base
        with open(base + ".crt", "rb") as f:
            pem = f.read() + pem
        with open(base + ".key", "rb") as f:
            key = f.read()
    return write(os.path.join(keys, "chain.pem"), pem + key, 0o600)


def machine(binary, version, group):
    name = f"{os.path.basename(binary)}, {version.name}"
    group.reset()
    tiny = Tiny(OPTIONS, binary=binary, wrap=group.wrap())
    context = context_of(version)
    for what, load in LOADS:
        clients, good = load(tiny, context)
        ok(good, f"{name}: {what}")
        for c in clients:
            c.close()
    ok(served(tiny, context), f"{name}: it still serves")
    print(f"# {name}: VmHWM {tiny.status('VmHWM')} KiB, {group.peak()}")
    equal(tiny.stop(), 0, f"{name}: and ends in peace")
    if binary.endswith("-minimal"):
        return # it asks no client for a certificate

    tiny = Tiny({**OPTIONS, "ssl.cafile": keys + "/root.crt", "ssl.verify": "required"}, binary=binary, wrap=group.wrap())
    clients, good = handshakes(tiny, context_of(version, chain))
    ok(good, f"{name}: 50 clients with large certificates at once")
    for c in clients:
        c.close()
    print(f"# {name}, client certificates: VmHWM {tiny.status('VmHWM')} KiB, {group.peak()}")
    ok(served(tiny, context_of(version, chain)), f"{name}: it still serves")
    equal(tiny.stop(), 0, f"{name}: and ends in peace")


def short(binary, version, kib):
    """So little address space that some of 50 clients find no buffer. Each gets an answer at once:
    a ServerHello, or internal_error, or the end; and when they are gone the server is as before."""
    name = f"{os.path.basename(binary)}, {version.name}, {kib} KiB"
    tiny = Tiny({**OPTIONS, "server.handshake-timeout": "1h"}, binary=binary,
                wrap=["sh", "-c", f'ulimit -v {kib} && exec "$@"', "sh"])
    context = context_of(version)
    clients = [Client(tiny, context) for _ in range(SLOTS)]
    for c in clients:
        c.step()
    first = [c.socket.recv(7) for c in clients]
    hellos = sum(data[:1] == b"\x16" for data in first)
    alerts = sum(data == b"\x15\3\1\0\2\2\x50" for data in first)
    print(f"# {name}: {hellos} ServerHellos, {alerts} times internal_error")
    ok(hellos > 0 and alerts > 0 and hellos + alerts == SLOTS, f"{name}: some get an answer, the others internal_error", first)
    tiny.wait_log(rb"no memory for record buffers")
    for c in clients:
        c.close()
    ok(all(served(tiny, context) for _ in range(5)), f"{name}: then it serves as before")
    equal(tiny.stop(), 0, f"{name}: and ends in peace")


def warned():
    """Of a number of connections that this machine has not the memory for."""
    tiny = Tiny({**OPTIONS, "server.max-connections": 1000000})
    tiny.read_log(0)
    with open("/proc/meminfo") as f:
        kib = int(f.readline().split()[1])
    at_most = [int(n) for n in tiny.log.split(b"server.max-connections = ")[1:2] for n in [n.split()[0]]]
    if kib // 88 > 1000000:
        skip("a warning of memory", "this machine has enough for a million connections")
    else:
        ok(at_most and abs(at_most[0] - kib // 88) <= kib // 8800, "what would fit is told", tiny.log)
    equal(tiny.stop(), 0, "it serves all the same")
    tiny = Tiny(OPTIONS)
    tiny.read_log(0)
    ok(b"server.max-connections" not in tiny.log, "50 connections are no reason to warn", tiny.log)
    tiny.stop()


OPTIONS = {"ssl.keyfile": self_signed(keys), "files.root": root, "server.max-connections": SLOTS}
chain = big_chain()
builds = [(binary, version) for binary in (TINY, TINY + "-small") for version in (TLS12, TLS13)] + [(TINY + "-minimal", TLS13)]
group = Group()
if group.path is None:
    skip("16 MB in all", "no control group for memory is to be had here")
else:
    for binary, version in builds:
        machine(binary, version, group)
    equal([k for k in group.kills() if not k.endswith(" 0")], [], "nobody was killed for memory")
    group.remove()
for binary, version in builds:
    short(binary, version, 2000)
warned()
done()
