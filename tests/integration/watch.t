#!/usr/bin/env python3
"""What is shown of connections: the same clients against openssl s_server and
tiny, and their output compared where it is meant to be the same."""

import fcntl
import os
import re
import socket
import ssl
import stat
import subprocess
import time

from harness import PATIENCE, TINY, Tiny, done, equal, folder, listening_port, ok, receive_all, run, self_signed
from tlskit import WEAK, Authority, s_client

home = folder()
pem = self_signed(home)


def exported(text):
    m = re.search(r"Keying material exporter:\n    Label: '(.*)'\n    Length: (\d+) bytes\n"
                  r"    Keying material: ([0-9A-F]+)\n", text)
    return m.groups() if m else None


# ---- key log and exporter ---------------------------------------------------

keys = home + "/keys.log"
tiny = Tiny({"ssl.keyfile": pem}, ["-keylogfile", keys, "-keymatexport", "EXPORTER-test", "-keymatexportlen", "33",
                                      "-ign_eof"])
client = s_client(tiny, "-tls1_2", "-keymatexport", "EXPORTER-test", "-keymatexportlen", "33")
client2 = s_client(tiny, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384")
tiny.wait_log(b"SECRETS OF ALL CONNECTIONS ARE WRITTEN TO " + keys.encode())
tiny.stop()
out = tiny.process.stdout.read().decode()
equal(exported(out), exported(client.text), "the client exports the same key material")
equal(exported(out)[:2], ("EXPORTER-test", "33"), "its label and length stand beside it")
with open(keys) as f:
    lines = f.read().splitlines()
equal(stat.S_IMODE(os.stat(keys).st_mode), 0o600, "the key log is for its owner only")
ok(len(lines) == 3 and lines[0].startswith("# ") and
   all(re.fullmatch(r"CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}", line) for line in lines[1:]),
   "a comment, then a line for each handshake", "\n".join(lines))
master = [c.find(r"Master-Key: ([0-9A-F]+)").lower() for c in (client, client2)]
equal([line.split()[2] for line in lines[1:]], master, "with the master secrets that the clients have")

again = Tiny({"ssl.keyfile": pem, "ssl.keylog-file": keys})
s_client(again, "-tls1_2")
again.stop()
with open(keys) as f:
    equal(len(f.read().splitlines()), 4, "the next start appends to it")
code, _, err = run(again.argv[0], "-t", "-keylogfile", home + "/other")
ok(code == 0 and not os.path.exists(home + "/other"), "-t does not make it", err)
code, _, err = run(again.argv[0], "-keylogfile", home + "/none/other", "-accept", "127.0.0.1:0")
ok(code == 1 and b"ssl.keylog-file: " in err, "a file that cannot be opened ends the start", err)
code, _, err = run(again.argv[0], "-keymatexport", "master secret")
ok(code == 2 and b"ssl.export-label: a label of TLS itself" in err, "a label of TLS itself is refused", err)

# ---- the same clients at openssl s_server and at tiny -------------------------

class Server:
    """openssl s_server on one connection, as Tiny is used here."""

    def __init__(self, *args):
        self.port = free_port()
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", pem, "-naccept", "1",
             "-tls1_2", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=WEAK)
        listening_port(self.process.pid)

    def end(self):
        try:
            out, err = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        return out.decode(errors="replace"), err.decode(errors="replace")


class Ours(Tiny):
    def __init__(self, *args, **more):
        super().__init__({"ssl.keyfile": pem}, [*args, "-naccept", "1", "-ign_eof"], **more)

    def end(self):
        self.wait()
        return self.process.stdout.read().decode(errors="replace"), self.log.decode(errors="replace")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def both(server_args, client_args, input=b""):
    """Output of openssl s_server and of tiny: (stdout, stderr) each."""
    result = []
    for kind in (Server, Ours):
        server = kind(*server_args)
        s_client(server, "-tls1_2", *client_args, input=input)
        result.append(server.end())
    return result


def matching(text, pattern):
    return re.findall(pattern, text, re.M)


authority = Authority("Root")
client_pem = authority.issue("client")
login = ["-cert", client_pem, "-key", client_pem]

STATES = r"^SSL.*"
theirs, ours = both(["-state", "-no_ticket"], [])
equal(matching(ours[1], STATES), matching(theirs[1], STATES), "-state: the steps of a handshake and the alerts at its end")
theirs, ours = both(["-state"], [])
equal(matching(ours[1], STATES), matching(theirs[1], STATES), "-state: with a ticket")
theirs, ours = both(["-state", "-no_ticket", "-Verify", "3", "-CAfile", authority.crt], login)
equal(matching(ours[1], STATES), matching(theirs[1], STATES), "-state: with a client's certificate")
theirs, ours = both(["-state", "-Verify", "3", "-CAfile", authority.crt], [])
equal(matching(ours[1], STATES), matching(theirs[1], STATES), "-state: without the one that is required")
theirs, ours = both(["-state"], ["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"])
equal(matching(ours[1], STATES), matching(theirs[1], STATES), "-state: no suite in common")

def renegotiated(*argv):
    """The states of a server that is told to renegotiate by a line of its input."""
    server = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=WEAK)
    port = listening_port(server.pid)
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2"], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=WEAK)
    err, asked, end = b"", False, time.monotonic() + 10
    os.set_blocking(server.stderr.fileno(), False)
    while err.count(b"read finished") < 2 and time.monotonic() < end:
        err += server.stderr.read() or b""
        if err.count(b"write finished") == 1 and not asked:
            time.sleep(0.3)  # s_server drops what it is told before it looks
            server.stdin.write(b"r\n")
            server.stdin.flush()
            asked = True
        time.sleep(0.02)
    for process in (client, server):
        process.kill()
        process.wait()
    return matching(err.decode(), STATES)


theirs = renegotiated("openssl", "s_server", "-accept", f"127.0.0.1:{free_port()}", "-cert", pem, "-tls1_2", "-state")
ours = renegotiated(TINY, "-accept", "127.0.0.1:0", "-cert", pem, "-state")
ok(ours == theirs and len(ours) > 20, "-state: a renegotiation", f"{ours}\n{theirs}")


def messages(text):
    """Direction and name of each message, with the length of those whose form
    both servers share; a signature's length changes by itself."""
    found = []
    for way, kind, size, name in matching(text, r"^([<>]{3}) TLS 1.\d, (\w+) \[length (\w+)\](?:, (.*))?$"):
        if kind != "RecordHeader":
            fixed = name in ("ClientHello", "Certificate", "ServerHelloDone", "ClientKeyExchange", "Finished",
                             "warning close_notify", "")
            found.append((way, kind, name, size if fixed else None))
    return found


theirs, ours = both(["-msg", "-Verify", "3", "-CAfile", authority.crt], login)
equal(messages(ours[0]), messages(theirs[0]), "-msg: the same messages, names and lengths")
hello = r"ClientHello\n((?:    (?: ?[0-9a-f]{2})+\n)+)"
ok(re.search(hello, ours[0]) and len(re.search(hello, ours[0]).group(1).split()) ==
   int(re.search(r"length (\w+)\], ClientHello", ours[0]).group(1), 16), "-msg: all bytes of a message in rows", ours[0])
ok("<<< TLS 1.2, RecordHeader [length 0005]\n    17 03 03 " in ours[0] or "    15 03 03 " in ours[0],
   "-msg: the headers of encrypted records as on the wire", ours[0])
theirs, ours = both(["-msg", "-quiet", "-state"], ["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"])
ok(re.search(r">>> TLS 1.\d, Alert \[length 0002\], fatal handshake_failure\n    02 28\n", ours[0]),
   "-msg: a ClientHello that is refused, and the alert", ours[0])
equal(matching(ours[0], r"ClientHello"), ["ClientHello"], "-msg: it is shown once")

EXTENSIONS = r'^TLS client extension ".*" \(id=\d+\), len=\d+$'
theirs, ours = both(["-tlsextdebug"], ["-alpn", "h2,http/1.1", "-status", "-maxfraglen", "512"])
equal(matching(ours[0], EXTENSIONS), matching(theirs[0], EXTENSIONS), "-tlsextdebug: names, numbers, lengths")
equal(matching(ours[0], r"(?m)^0000 - 00 .*"), matching(theirs[0], r"(?m)^0000 - 00 .*"), "-tlsextdebug: the dump")

theirs, ours = both(["-brief", "-verify", "3", "-CAfile", authority.crt], [*login, "-cipher", "DEFAULT"])
SUMMARY = r"(?m)^[A-Z][\w ]+: .*|^No peer.*"
equal([line for line in matching(ours[1], SUMMARY) if not line.startswith("Client cipher")],
      [line for line in matching(theirs[1], SUMMARY) if not line.startswith("Client cipher")], "-brief: line by line")
equal(matching(ours[1], "^Client cipher list: .*"), matching(theirs[1], "^Client cipher list: .*"),
      "-brief: the names of all suites that the client offers")
theirs, ours = both(["-brief", "-quiet"], [])
ok("No peer certificate\n" in ours[1] and "CIPHER is" not in ours[0], "-brief: nobody's certificate", ours[1])
tiny = Tiny({"ssl.keyfile": pem}, ["-brief", "-verify", "3", "-CAfile", authority.crt, "-ign_eof"])
for how in ["-cert", pem, "-key", pem, "-sess_out"], ["-sess_in"]:
    client = s_client(tiny, "-tls1_2", *how, home + "/brief.session", input=b"Q\n")
tiny.stop()
told = re.findall(rb"Verification(?: error)?: .*", tiny.log)
ok(client.reused and len(told) == 2 and all(b"error: " in line and b"ok" not in line.lower() for line in told),
   "-brief: who was tolerated is not called good when he comes again", tiny.log)

theirs, ours = both(["-no_ticket", "-Verify", "1", "-CAfile", authority.crt, "-alpn", "foo,bar",
                     "-keymatexport", "test"], [*login, "-alpn", "bar,foo"])
KINDS = (r"^Client certificate\n-----BEGIN(?:.*\n)*?-----END CERTIFICATE-----\nsubject=.*\nissuer=.*$",
         r"^Peer signing digest.*\nPeer signature type.*$", r"^Supported Elliptic.*\nSupported groups.*$",
         r"^ALPN protocols advertised.*$", r"^Secure Renegotiation.*$", r"^Signature Algorithms: .*$",
         r"^Keying material exporter:\n    Label: 'test'\n    Length: 20 bytes$")
for kind in KINDS:
    equal(matching(ours[0], kind), matching(theirs[0], kind), "a session as described: " + kind[1:20])
ok(re.search(r"^CIPHER is ECDHE-ECDSA-", ours[0], re.M) and re.search(r"^Shared ciphers:ECDHE-ECDSA-", ours[0], re.M),
   "and its suite", ours[0])
ok("SSL SESSION PARAMETERS" not in ours[0], "the block with the master secret is left out")
theirs, ours = both(["-quiet"], [])
equal((ours[0], theirs[0]), ("", ""), "-quiet: nothing of it")

FIELDS = r"^ +(?:client_version=.*|session_id .*|cipher_suites .*|\{0x.*|extension_type=.*|certificate_types.*|named_curve.*|" \
    r"ClientHello, .*|Certificate, .*|ServerHelloDone.*|ClientKeyExchange.*|KeyExchange.*|Level=.*|ASN.1Cert.*|\w+ \(0x\w+\))$"
theirs, ours = both(["-trace", "-no_ticket", "-sigalgs", "ECDSA+SHA256"], ["-cipher", "DEFAULT"])


def client_part(text):
    return matching(text[:text.index("Sent Record")], FIELDS)


equal(client_part(ours[0]), client_part(theirs[0]), "-trace: the fields of a ClientHello")
for kind in (r"^    Certificate, Length=.*\n      certificate_list.*\n        ASN.*$", r"^      KeyExchange.*\n        \w+: .*",
             r"^    ServerHelloDone.*", r"^      Signature Algorithm: .*", r"^    Level=.*", r"^    change_cipher_spec.*",
             r"^  Content Type = (?:Alert|ChangeC).*\n  Length = .*"):
    equal(matching(ours[0], kind), matching(theirs[0], kind), "-trace: " + kind[1:30].strip())
ok("master" not in ours[0].lower().replace("extended_master_secret", "").replace("master secret",""), "-trace: no secret", ours[0])

# ---- all bytes, files, several connections ------------------------------------

tiny = Ours("-debug", "-quiet", "-trace", "-msgfile", home + "/trace")
s_client(tiny, "-tls1_2", input=b"plain words\n")
out = tiny.end()[0]
parts = matching(out, r"^(read from|write to) 0x1 \[0x(\w+)\] \((\d+) bytes => (\d+) \(0x(\w+)\)\)$")
passed = {"read from": 0, "write to": 0}
good = True
for way, before, asked, got, hexed in parts:
    good = good and int(before, 16) == passed[way] and int(got) == int(asked) == int(hexed, 16)
    passed[way] += int(got)
ok(good and len(parts) >= 5, "-debug: every byte of both directions is counted", out)
equal(len(matching(out, r"(?:[0-9a-f]{2}[ -])")) >= sum(passed.values()), True, "-debug: and dumped")
ok("plain words" not in re.sub(r"(?m)^plain words$", "", out), "-debug: data as they are on the wire")
with open(home + "/trace") as f:
    ok("ClientHello, Length=" in f.read() and "ClientHello" not in out, "-msgfile: -trace goes to a file")

tiny = Tiny({"ssl.keyfile": pem, "server.mode": "echo", "watch.state": "true"})
with tiny.tls() as first:
    with tiny.tls() as second:
        second.sendall(b"x")
        second.recv(1)
    tiny.wait_log(rb"\[2\] SSL_accept:SSLv3/TLS write finished\n")
    first.sendall(b"x")
    first.recv(1)
ok(b"\nSSL_accept:SSLv3/TLS write finished\n" in tiny.log, "one connection alone has no number", tiny.log)
with tiny.connect() as s:
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    receive_all(s)
tiny.wait_log(rb"SSL_accept:error in error")
tiny.stop()

tiny = Ours("-msg", "-quiet")
with tiny.connect() as s:
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    ok(receive_all(s).startswith(b"HTTP/1.1 400 "), "HTTP in plain text")
ok("<<< Not TLS data or unknown version (version=17748, content_type=256) [length 0005]\n    47 45 54 20 2f\n"
   in tiny.end()[0], "-msg: is shown as what it is")
tiny = Ours("-state", "-rev")
with tiny.tls() as s:
    s.sendall(b"olleh\n")
    equal(s.recv(100), b"hello\n", "-rev")
err = tiny.end()[1]
ok(re.search(r"\nCONNECTION ESTABLISHED\nProtocol version: TLSv1.2\n(.*\n)*CONNECTION CLOSED\n", err), "-rev is brief", err)

# ---- nobody reads -----------------------------------------------------------------

tiny = Tiny({"ssl.keyfile": pem, "server.mode": "echo", "watch.debug": "true"})
began = time.monotonic()
with tiny.tls() as s:
    for _ in range(64):
        s.sendall(b"y" * 16000)
        left = 16000
        while left > 0:
            left -= len(s.recv(left))
ok(time.monotonic() - began < 20, "a pipe that nobody reads does not stop the server")
os.set_blocking(tiny.process.stdout.fileno(), False)
text = b""
end = time.monotonic() + 5
while b"left out here" not in text and time.monotonic() < end:
    text += tiny.process.stdout.read() or b""
    with tiny.tls() as s:
        s.sendall(b"z")
        s.recv(1)
ok(re.search(rb"\n\(\d{5,} bytes are left out here: nobody read them in time\)\n", text),
   "who reads again is told how much was lost", text[-2000:])
tiny.stop()

def unread(end, *args):
    """How many of 60 clients get in while nobody reads what is shown to them."""
    server = subprocess.Popen([TINY, "-accept", "127.0.0.1:0", "-cert", pem, "-ign_eof", *args], stdin=subprocess.DEVNULL,
                              stdout=end, stderr=end)
    port, count = listening_port(server.pid), 0
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        while count < 60:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
                context.wrap_socket(s, server_hostname="x.example").close()
            count += 1
    except OSError:
        pass
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        count = -1
        server.kill()
        server.wait()
    return count


for what, args in (("watched", ["-msg", "-state", "-debug"]), ("described", []), ("verified", ["-www", "-verify", "3"]),
                   ("logged", ["-www", "--log.level", "debug", "--log.access-file", "-"])):
    master, slave = os.openpty()
    equal(unread(slave, *args), 60, f"a terminal that nobody reads stops nobody: clients are {what}")
    os.close(master)
    os.close(slave)
reading, writing = os.pipe()
fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
equal(unread(writing, "-www", "-servername", "x.example", "-cert2", pem, "-key2", pem), 60,
      "names of clients in a pipe that nobody reads stop nobody")

done()
