#!/usr/bin/env python3
"""Mode proxy: TLS ends at tiny, the backend gets the bytes. A real nginx behind it, and
backends by hand that stall, break, answer late or not at all."""
import hashlib
import os
import select
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

from harness import (PATIENCE, Tiny, client_context, curl, done, equal, folder, have, ok, receive_all, run,
                     self_signed, skip, write)

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = [("TLS 1.2", TLS12), ("TLS 1.3", TLS13)]
keys, root = folder(), folder()
PEM = self_signed(keys)
BIG = os.urandom(8 << 20)
RESET = struct.pack("ii", 1, 0)


class Backend:
    """A listening socket; accept() gives the next connection."""

    def __init__(self, path=None, backlog=64):
        self.socket = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(path or ("127.0.0.1", 0))
        self.socket.listen(backlog)
        self.url = f"unix://{path}" if path else f"tcp://127.0.0.1:{self.socket.getsockname()[1]}"

    def accept(self):
        s = self.socket.accept()[0]
        s.settimeout(PATIENCE)
        return s

    def close(self):
        self.socket.close()


def proxy(url, options=None, **more):
    return Tiny({"ssl.keyfile": PEM, "proxy.backend": url, "server.drain-timeout": "500ms", **(options or {})}, **more)


def tls(tiny, context=None):
    """A TLS connection that tells an end without close_notify apart."""
    return (context or client_context(TLS12, TLS13)).wrap_socket(tiny.connect(), server_hostname="localhost",
                                                                 suppress_ragged_eofs=False)


def both(tiny, backend, version):
    """A client's TLS connection and the backend's side of it."""
    s = tls(tiny, client_context(version, version))
    return s, backend.accept()


def until_end(s):
    """All bytes, and how it ended."""
    data = b""
    try:
        while True:
            chunk = s.recv(65536)
            if not chunk:
                return data, "end"
            data += chunk
    except ssl.SSLEOFError:
        return data, "cut"
    except (ConnectionResetError, BrokenPipeError):
        return data, "reset"


# ---- bytes and ends -------------------------------------------------------------------

backend = Backend()
tiny = proxy(backend.url)
ok(b"proxy" in run(tiny.argv[0], "-t", "--ssl.keyfile", PEM, "--proxy.backend", backend.url)[1],
   "proxy.backend alone means mode proxy")
for name, version in VERSIONS:
    client, server = both(tiny, backend, version)
    client.sendall(b"hello")
    equal(server.recv(100), b"hello", f"{name}: the backend gets the client's bytes, in the clear")
    server.sendall(b"and back")
    equal(client.recv(100), b"and back", f"{name}: and the client the backend's")

    got = {}
    upload = threading.Thread(target=lambda: client.sendall(BIG))
    upload.start()
    while len(got.setdefault("up", bytearray())) < len(BIG):
        got["up"] += server.recv(1 << 20)
    upload.join()
    answer = threading.Thread(target=lambda: server.sendall(BIG[::-1]))
    answer.start()
    down = bytearray()
    while len(down) < len(BIG):
        down += client.recv(1 << 20)
    answer.join()
    ok(got["up"] == BIG and down == BIG[::-1], f"{name}: 8 MB each way arrive whole")

    server.sendall(b"the last words")
    server.close()
    equal(until_end(client), (b"the last words", "end"), f"{name}: the backend's end is a close_notify")
    client.close()

    client, server = both(tiny, backend, version)
    client.sendall(b"half")
    server.recv(4)
    client.shutdown(socket.SHUT_WR)  # the TCP stream, without close_notify
    equal(until_end(server), (b"", "reset"), f"{name}: a client that is cut off is a reset for the backend")
    client.close()

    client, server = both(tiny, backend, version)
    server.sendall(b"half an ans")
    equal(client.recv(11), b"half an ans", "part of an answer")
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    server.close()
    equal(until_end(client)[1] != "end", True, f"{name}: a backend's reset is no close_notify")
    tiny.wait_log(rb"backend tcp://127.0.0.1:\d+: Connection reset by peer")
    client.close()

# close_notify: in TLS 1.3 the answer may still come, TLS 1.2 ends both ways.
for flag in ("-tls1_2", "-tls1_3"):
    p = subprocess.Popen(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{tiny.port}", flag],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    server = backend.accept()
    p.stdin.write(b"question")
    p.stdin.flush()
    equal(server.recv(8), b"question", f"{flag}: s_client's bytes arrive")
    server.sendall(b"answer")
    server.close()
    equal(p.communicate(timeout=PATIENCE)[0], b"answer", f"{flag}: and the answer, to the end")
if have("gnutls-cli"):
    # It sends close_notify at the end of its input and then waits for the server's.
    p = subprocess.Popen(["gnutls-cli", "--insecure", "--logfile=/dev/null", "-p", str(tiny.port), "127.0.0.1"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    server = backend.accept()
    p.stdin.write(b"all of it\n")
    p.stdin.close()
    data, end = until_end(server)
    equal((data, end), (b"all of it\n", "end"), "close_notify of a client is an orderly end for the backend")
    server.sendall(b"late answer\n")
    server.close()
    ok(b"late answer" in p.stdout.read(), "whose answer still arrives, over TLS 1.3")
    p.wait(PATIENCE)

# ---- who waits for whom --------------------------------------------------------------------

def pushed(s):
    """How much goes into a socket before nobody takes more for a while."""
    s.setblocking(False)
    total, quiet = 0, 0
    while quiet < 5:
        try:
            total += s.send(b"x" * 65536)
            quiet = 0
        except (BlockingIOError, ssl.SSLWantWriteError):
            quiet += not select.select([], [s], [], 0.1)[1]
    s.setblocking(True)
    s.settimeout(PATIENCE)
    return total


def processor_ticks(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


for name, version in VERSIONS:
    client, server = both(tiny, backend, version)
    before = tiny.status("VmRSS")
    sent = pushed(server)
    ok(0 < sent < 1 << 26 and tiny.status("VmRSS") < before + 1024,
       f"{name}: a client that does not read holds the backend up, and no memory grows", sent)
    ticks = processor_ticks(tiny.pid)
    server.close()  # all is said, while nobody reads
    time.sleep(1)
    ok(processor_ticks(tiny.pid) - ticks < 30, f"{name}: which is waited for without work",
       processor_ticks(tiny.pid) - ticks)
    data, end = until_end(client)
    equal((len(data), end), (sent, "end"), f"{name}: when it reads at last, all is there")
    client.close()

    client, server = both(tiny, backend, version)
    sent = pushed(client)
    ok(0 < sent < 1 << 26, f"{name}: a backend that does not read holds the client up", sent)
    ticks = processor_ticks(tiny.pid)
    time.sleep(0.5)
    ok(processor_ticks(tiny.pid) - ticks < 15, f"{name}: and is waited for without work")
    client.close()
    server.close()
equal(tiny.stop(), 0, "it ends well")

# ---- a backend that is not there -------------------------------------------------------------

backend.close()
tiny = proxy(backend.url)
equal(until_end(tls(tiny)), (b"", "cut"), "nobody behind it: the connection ends without close_notify")
tiny.wait_log(rb"backend tcp://127.0.0.1:\d+: Connection refused")
again = socket.socket()
again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
again.bind(("127.0.0.1", int(backend.url.rpartition(":")[2])))
again.listen()
s = tls(tiny)
t = again.accept()[0]
t.sendall(b"back again")
equal(s.recv(100), b"back again", "once it is back, clients are served")
s.close(), t.close()
again.close()
equal(tiny.stop(), 0, "it ends well")

# A backlog that is full lets nobody in: the kernel drops what comes.
full = Backend(backlog=0)
held = [socket.socket() for _ in range(4)]
for h in held:
    h.setblocking(False)
    h.connect_ex(full.socket.getsockname())
tiny = proxy(full.url, {"proxy.connect-timeout": "300ms", "server.idle-timeout": "5min"})
equal(until_end(tls(tiny))[1], "cut", "a backend that does not answer in time: the same")
tiny.wait_log(rb"the backend took too long to answer")
ok(tiny.alive(), "and the server lives on")
tiny.stop()
for h in held:
    h.close()
full.close()

backend = Backend()
tiny = proxy(backend.url, {"server.idle-timeout": "500ms"})
client, server = both(tiny, backend, TLS13)
equal((until_end(client)[1], until_end(server)[1]), ("cut", "reset"),
      "what is cut for being idle looks like an end to neither side")
equal(tiny.stop(), 0, "it ends well")

# ---- Unix sockets, names, many clients ----------------------------------------------------------

path = os.path.join(root, "app.sock")
unix = Backend(path)
tiny = proxy(unix.url)
client, server = both(tiny, unix, TLS13)
client.sendall(b"over unix")
equal(server.recv(100), b"over unix", "a backend on a Unix socket")
client.close(), server.close()
equal(tiny.stop(), 0, "it ends well")
unix.close()

code, _, err = run(tiny.argv[0], "--server.endpoint", "tcp://127.0.0.1:0", "--proxy.backend", "tcp://no-such-host.invalid:80",
                   timeout=60)
ok(code == 1 and b'proxy.backend: cannot resolve "no-such-host.invalid"' in err, "a name that nobody knows ends the start", err)

# A name is resolved again on SIGHUP: with a hosts file of its own, mounted for this one process.
hosts = write(os.path.join(root, "hosts"), "127.0.0.1 app.test\n")
mounted = ["unshare", "-m", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
if run(*mounted, "true")[0] == 0:
    elsewhere = socket.create_server(("127.0.0.2", int(backend.url.rpartition(":")[2])))
    elsewhere.settimeout(PATIENCE)
    tiny = proxy("tcp://app.test:%s" % backend.url.rpartition(":")[2], wrap=mounted)
    client, server = both(tiny, backend, TLS13)
    client.close(), server.close()
    write(hosts, "127.0.0.2 app.test\n")
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"certificates were loaded anew")
    client = tls(tiny)
    server = elsewhere.accept()[0]
    server.sendall(b"moved")
    equal(client.recv(100), b"moved", "SIGHUP finds a backend that has moved")
    write(hosts, "")
    since = len(tiny.log)
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb'cannot resolve "app.test"', since=since)
    again = tls(tiny)
    elsewhere.accept()[0].sendall(b"still here")
    equal(again.recv(100), b"still here", "and a name that is gone leaves the former address in use")
    client.close(), again.close(), server.close(), elsewhere.close()
    equal(tiny.stop(), 0, "it ends well")
else:
    skip("SIGHUP finds a backend that has moved", "no mount namespaces here")

tiny = proxy("tcp://localhost:%s" % backend.url.rpartition(":")[2], {"server.max-connections": 400})


def answer_one(s):
    s.sendall(s.recv(100)[::-1])
    s.close()


def answer_all():
    while True:
        try:
            s = backend.accept()
        except OSError:
            return
        threading.Thread(target=answer_one, args=(s,), daemon=True).start()


threading.Thread(target=answer_all, daemon=True).start()
answers = []
connections = [tls(tiny) for _ in range(300)]
for i, s in enumerate(connections):
    s.sendall(b"client %03d" % i)
for i, s in enumerate(connections):
    answers.append(until_end(s))
    s.close()
equal([(i, a) for i, a in enumerate(answers) if a != ((b"client %03d" % i)[::-1], "end")], [],
      "300 clients at a time: each has its own answer")
descriptors = len(os.listdir(f"/proc/{tiny.pid}/fd"))
ok(descriptors < 30, "and no descriptor is left behind", descriptors)

# ---- drain ------------------------------------------------------------------------------------

backend.close()
backend = Backend()
tiny.stop()
tiny = proxy(backend.url, {"server.drain-timeout": "20s"})
client, server = both(tiny, backend, TLS13)
server.sendall(b"begun, ")
equal(client.recv(100), b"begun, ", "an answer is under way")
tiny.signal(signal.SIGTERM)
tiny.wait_log(rb"closing: 1 connections")
server.sendall(b"done")
server.close()
equal(until_end(client), (b"done", "end"), "SIGTERM lets it come to its end")
client.close()
equal(tiny.wait(), 0, "and then the server ends")
tiny = proxy(backend.url, {"server.drain-timeout": "300ms"})
client, server = both(tiny, backend, TLS13)
tiny.signal(signal.SIGTERM)
equal(until_end(client)[1], "cut", "one that does not end is cut after the drain's time")
equal(until_end(server)[1], "reset", "for the backend, too")
equal(tiny.wait(), 0, "and the server ends")

# ---- the PROXY protocol and client certificates ---------------------------------------------------

tiny = proxy(backend.url, {"proxy.protocol": "v1"})
client, server = both(tiny, backend, TLS13)
me, it = client.getsockname(), client.getpeername()
equal(server.recv(200), b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n" % (me[1], it[1]),
      "proxy.protocol = v1: the client's address comes first")
tiny.stop()


def tlvs(data):
    found = {}
    while data:
        kind, length = data[0], int.from_bytes(data[1:3], "big")
        found[kind] = data[3:3 + length]
        data = data[3 + length:]
    return found


ann = os.path.join(keys, "ann")
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/O=Example/CN=ann", "-keyout", ann + ".key", "-out", ann + ".crt"], check=True,
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
tiny = proxy(backend.url, {"proxy.protocol": "v2", "ssl.alpn": "h2,http/1.1", "ssl.cafile": ann + ".crt"})
context = client_context(TLS13, TLS13)
context.set_alpn_protocols(["h2"])
context.load_cert_chain(ann + ".crt", ann + ".key")
client = tls(tiny, context)
server = backend.accept()
head = server.recv(1000)
me = client.getsockname()
ok(head[:16] == b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", len(head) - 16) and
   head[16:28] == socket.inet_aton("127.0.0.1") * 2 + struct.pack("!HH", me[1], tiny.port),
   "proxy.protocol = v2: addresses", head)
found = tlvs(head[28:])
inner = tlvs(found[0x20][5:])
equal((found[1], found[2], found[0x20][:5], inner[0x21], inner[0x22], inner[0x23]),
      (b"h2", b"localhost", b"\x07\0\0\0\0", b"TLSv1.3", b"ann", client.cipher()[0].encode()),
      "ALPN, server name, a verified certificate, version, common name, cipher")
equal(client.selected_alpn_protocol(), "h2", "ssl.alpn hands HTTP/2 to a backend that speaks it")
client.close(), server.close()
refused = tls(tiny, client_context(TLS13, TLS13))
try:
    refused.recv(1)
    ok(False, "no certificate, no connection")
except ssl.SSLError as e:
    ok("CERTIFICATE_REQUIRED" in str(e), "no certificate, no connection", e)
ok(not select.select([backend.socket], [], [], 0.3)[0], "and the backend hears nothing of it")
tiny.stop()
backend.close()

# ---- nginx behind it ---------------------------------------------------------------------------------

NGINX = """
daemon off; pid %(dir)s/pid; error_log stderr warn; worker_processes 1;
events { worker_connections 200; }
http {
  access_log off; client_body_temp_path %(dir)s/body; client_max_body_size 20m;
  proxy_temp_path %(dir)s/p; fastcgi_temp_path %(dir)s/f; uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s;
  server { listen unix:%(dir)s/plain.sock; root %(dir)s; keepalive_timeout 60; }
  server { listen unix:%(dir)s/pp.sock proxy_protocol; location / { return 200 "$proxy_protocol_addr $proxy_protocol_port"; } }
}
"""
nginx = next((p for p in ("/usr/sbin/nginx", "/usr/bin/nginx") if os.path.exists(p)), None)
if nginx is None:
    skip("nginx as the backend", "nginx is missing")
    done()
place = folder()
write(place + "/conf", NGINX % {"dir": place})
write(place + "/big", BIG)
os.chmod(place, 0o755)
process = subprocess.Popen([nginx, "-e", "stderr", "-p", place, "-c", place + "/conf"], stderr=subprocess.DEVNULL)
end = time.monotonic() + PATIENCE
while not os.path.exists(place + "/pp.sock") and time.monotonic() < end:
    time.sleep(0.05)
tiny = proxy(f"unix://{place}/plain.sock")
for flags in (["--tls-max", "1.2"], ["--tlsv1.3"]):
    code, out, err = curl(*flags, tiny.url("/big", "127.0.0.1"), tiny.url("/big", "127.0.0.1"))
    equal((code, hashlib.sha256(out).digest()), (0, hashlib.sha256(BIG * 2).digest()),
          f"nginx behind it, curl {' '.join(flags)}: two files of 8 MB over one connection")
code, out, _ = curl("-r", "100-199", tiny.url("/big", "127.0.0.1"))
equal(out, BIG[100:200], "and a range")
tiny.stop()
for kind in ("v1", "v2"):
    tiny = proxy(f"unix://{place}/pp.sock", {"proxy.protocol": kind})
    s = tls(tiny)
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    equal(until_end(s)[0].rpartition(b"\r\n")[2], b"127.0.0.1 %d" % s.getsockname()[1],
          f"nginx reads who the client is from proxy.protocol = {kind}")
    tiny.stop()
process.send_signal(signal.SIGTERM)
process.wait(PATIENCE)
done()
