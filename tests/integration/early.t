#!/usr/bin/env python3
"""Early data of TLS 1.3 with real clients: taken once for each ticket, by the server
that gave it, in time, for requests that may be repeated; else skipped, and the
connection goes on. A first flight that somebody recorded and sends again is answered to
nobody."""
import base64
import os
import re
import socket
import threading
import time

from harness import Tiny, done, equal, folder, have, ok, run, self_signed, skip, write
from tlskit import s_client

keys = folder()
pem = self_signed(keys)
root = folder()
write(root + "/index.html", "<p>hello</p>\n")
BIG = os.urandom(400000)
write(root + "/big", BIG)
ON = {"server.mode": "files", "files.root": root, "ssl.keyfile": pem, "ssl.protocol": "9", "ssl.early-data": 16384,
      "log.access-file": "-"}
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def get(path="/", method="GET", fields="", body="", close=True):
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields}{'Connection: close' if close else 'A: b'}"
            f"\r\n\r\n{body}").encode()


class Place:
    """A session file, and s_client with it."""

    def __init__(self):
        self.path = folder() + "/session"
        self.data = folder() + "/early"

    def begin(self, tiny, *args):
        return s_client(tiny, "-tls1_3", "-ign_eof", *args, "-sess_out", self.path, input=GET)

    def early(self, tiny, data, *args, input=b"", keep=False):
        write(self.data, data)
        if keep:
            args += "-sess_out", self.path
        return s_client(tiny, "-tls1_3", "-ign_eof", "-sess_in", self.path, "-early_data", self.data, *args,
                        input=input)


def fate(c):
    """Reused, what became of the early data, and the status of each answer."""
    return (c.reused, c.find(r"Early data was (\S+)"), re.findall(r"HTTP/1\.1 (\d+)", c.text))


def requests(tiny):
    """Lines of the access log so far."""
    os.set_blocking(tiny.process.stdout.fileno(), False)
    tiny.access = getattr(tiny, "access", b"") + (tiny.process.stdout.read() or b"")
    return tiny.access.count(b"\n")


TAKEN = (True, "accepted", ["200"])


def taken_once():
    tiny, p = Tiny(ON), Place()
    c = p.begin(tiny)
    equal(c.find(r"Max Early Data: (\d+)"), "16384", "the ticket tells how much may come")
    c = p.early(tiny, GET)
    equal(fate(c), TAKEN, "a request in the first flight")
    ok("<p>hello</p>" in c.text and c.text.rstrip().endswith("closed"), "is answered in full, and the end is clean",
       c.text)
    equal(fate(p.early(tiny, GET, input=GET)), (True, "rejected", ["200"]),
          "the same ticket again: resumed, and the request comes behind the handshake")
    p.begin(tiny)
    for _ in range(3):
        equal(fate(p.early(tiny, GET, keep=True)), TAKEN, "each time with the ticket of the time before")
    tiny.stop()


def sizes():
    tiny, p = Tiny({**ON, "ssl.early-data": 100000}), Place()
    p.begin(tiny)
    many = get(close=False) * 999 + GET
    equal(fate(p.early(tiny, many)), (True, "accepted", ["200"] * 1000), "a thousand requests, as there is room for")
    p.begin(tiny)
    c = p.early(tiny, get("/big"))
    ok(fate(c) == TAKEN, "an answer of many records")
    tiny.stop()
    path = write(folder() + "/keys", base64.b64encode(os.urandom(80)), 0o600)
    tiny = Tiny({**ON, "ssl.ticket-keys": path})
    p.begin(tiny)
    tiny.stop()
    tiny = Tiny({**ON, "ssl.ticket-keys": path})
    full = get(fields="X: " + "x" * 4000 + "\r\n", close=False) * 4
    equal(fate(p.early(tiny, full, input=GET)), (True, "rejected", ["200"]),
          "after a new start a ticket resumes and brings no early data: all of it is skipped")
    tiny.stop()
    off = Tiny({**ON, "ssl.ticket-keys": path, "ssl.early-data": 0})
    equal(fate(p.early(off, full, input=GET)), (True, "rejected", ["200"]), "nor where it is off")
    c = Place().begin(off)
    equal(c.find(r"Max Early Data: (\d+)"), "0", "and tickets allow none")
    off.stop()
    short = Tiny({**ON, "ssl.ticket-keys": path, "ssl.early-data": 0}, args=["--ssl.session-timeout", "1"])
    time.sleep(2.1)
    equal(fate(p.early(short, full, input=GET)), (False, "rejected", ["200"]), "nor with a ticket that is too old")
    short.stop()


def retried():
    tiny, p = Tiny({**ON, "ssl.groups": "P-384"}), Place()
    p.begin(tiny, "-groups", "P-384")
    c = p.early(tiny, GET, "-groups", "X25519:P-384", input=GET)
    equal(fate(c), (True, "rejected", ["200"]), "behind a HelloRetryRequest there is none")
    equal(fate(p.early(tiny, GET, "-groups", "P-384")), TAKEN, "which has not used up the ticket")
    tiny.stop()


def what_may_come():
    tiny, p = Tiny(ON), Place()
    for title, data, status in (
            ("HEAD", get(method="HEAD"), ["200"]), ("a file that is not there", get("/none"), ["404"]),
            ("POST", get(method="POST", fields="Content-Length: 0\r\n"), ["425"]),
            ("POST with a body", get(method="POST", fields="Content-Length: 3\r\n", body="abc"), ["425"]),
            ("GET with a body", get(fields="Content-Length: 3\r\n", body="abc"), ["425"]),
            ("GET with chunks", get(fields="Transfer-Encoding: chunked\r\n", body="0\r\n\r\n"), ["425"]),
            ("OPTIONS", get(method="OPTIONS"), ["425"]), ("DELETE", get(method="DELETE"), ["425"]),
            ("no request at all", b"\x00\x01\r\n\r\n", ["400"])):
        p.begin(tiny)
        equal(fate(p.early(tiny, data)), (True, "accepted", status), f"{title}: {status[0]}")
    p.begin(tiny)
    c = p.early(tiny, b"OPTIONS / HTTP/1.1\r\nHost: local", input=b"host\r\nConnection: close\r\n\r\n")
    equal(fate(c), (True, "accepted", ["204"]), "a request whose end comes behind the handshake is safe")
    p.begin(tiny)
    c = p.early(tiny, get(close=False), input=get(method="OPTIONS"))
    equal(fate(c), (True, "accepted", ["200", "204"]), "and so is the next on the connection")
    tiny.stop()


def bound():
    tiny = Tiny({**ON, "ssl.alpn": "http/1.1,http/1.0"})
    p = Place()
    p.begin(tiny, "-alpn", "http/1.1")
    c = p.early(tiny, GET, "-alpn", "http/1.1", "-ciphersuites", "TLS_AES_256_GCM_SHA384", input=GET)
    ok(fate(c)[2] == ["200"] and fate(c)[1] != "accepted", "not with a suite of another hash", c.text)
    p.begin(tiny, "-alpn", "http/1.1")
    equal(fate(p.early(tiny, GET, "-alpn", "http/1.1")), TAKEN, "with the protocol that the ticket is for")
    tiny.stop()


class Recorder:
    """Passes one connection on and keeps what the client sent."""

    def __init__(self, tiny):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sent = b""
        self.tiny = tiny
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        client, _ = self.listener.accept()
        server = self.tiny.connect()

        def back():
            try:
                while data := server.recv(65536):
                    client.sendall(data)
            except OSError:
                pass
            try:
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        threading.Thread(target=back, daemon=True).start()
        try:
            while data := client.recv(65536):
                self.sent += data
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def first_flight(left):
    """Up to the first record of early data."""
    flight = b""
    while len(left) > 5 and (left[0] == 20 or left[0] == 22 or b"\x17\x03\x03" not in flight):
        size = 5 + int.from_bytes(left[3:5], "big")
        flight, left = flight + left[:size], left[size:]
    return flight


def replayed(options=None, times=0, title="a first flight that is sent again is not answered"):
    tiny, p = Tiny({**ON, **(options or {})}), Place()
    p.begin(tiny)
    recorder = Recorder(tiny)
    c = p.early(recorder, GET)
    recorder.thread.join(10)
    equal(fate(c), TAKEN, "recorded on its way")
    time.sleep(0.2)
    before = requests(tiny)
    for _ in range(3):
        s = tiny.connect()
        s.sendall(first_flight(recorder.sent))
        s.settimeout(0.5)
        try:
            while s.recv(65536):
                pass
        except (socket.timeout, ConnectionError):
            pass
        s.close()
    tiny.stop()
    equal((before, requests(tiny) - before), (2, times), title)


def left_alone():
    """A client that sends early data and then nothing."""
    p = Place()
    tiny = Tiny({**ON, "ssl.anti-replay": "false", "server.handshake-timeout": 2, "server.close-timeout": 1})
    p.begin(tiny)
    recorder = Recorder(tiny)
    p.early(recorder, get(close=False), input=GET)
    recorder.thread.join(10)
    for size in len(recorder.sent), 600, len(first_flight(recorder.sent)):
        s = tiny.connect()
        s.sendall(recorder.sent[:size])
        s.settimeout(10)
        began, data = time.monotonic(), b""
        try:
            while chunk := s.recv(65536):
                data += chunk
        except (socket.timeout, ConnectionError):
            pass
        ok(time.monotonic() - began < 8, "a client that stops behind its early data has the handshake's time")
        s.close()
    equal(fate(p.begin(tiny))[2], ["200"], "others are served")
    tiny.stop()
    tiny = Tiny({**ON, "server.idle-timeout": 1})
    p.begin(tiny)
    began = time.monotonic()
    c = p.early(tiny, get(close=False))
    ok(fate(c) == TAKEN and time.monotonic() - began < 5, "when it has ended the idle time holds", c.text)
    tiny.stop()


def other_clients():
    if not have("gnutls-cli"):
        skip("gnutls-cli --earlydata", "it is not installed")
        return
    tiny = Tiny({**ON, "server.mode": "status"})
    data = write(folder() + "/early", get(fields="Accept: text/plain\r\n"))
    _, out, err = run("gnutls-cli", "--insecure", "--resume", "--waitresumption", "--earlydata", data, "--priority",
                      "NORMAL:-VERS-ALL:+VERS-TLS1.3", "-p", str(tiny.port), "localhost")
    ok(b"*** This is a resumed session" in out and re.search(rb"Early data +yes", out), "gnutls-cli --earlydata",
       (out + err).decode())
    ok(re.search(rb"Early data taken +1\n", out), "the page counts it", out.decode())
    tiny.stop()


def without_tickets():
    tiny = Tiny({**ON, "ssl.session-tickets": "false", "ssl.session-cache": "true"})
    p = Place()
    p.begin(tiny)
    equal([fate(p.early(tiny, GET, input=GET))[1] for _ in range(2)], ["accepted", "rejected"], "with the session cache, too, once")
    tiny.stop()


def options():
    tiny = Tiny({"ssl.protocol": "9", "files.root": root}, args=["-WWW", "-key", pem, "-cert", pem, "-early_data"])
    p = Place()
    equal(p.begin(tiny).find(r"Max Early Data: (\d+)"), "16384", "-WWW -early_data")
    equal(fate(p.early(tiny, GET)), TAKEN, "takes it")
    tiny.stop()
    tiny = Tiny({"ssl.protocol": "9"}, args=["-www", "-key", pem, "-cert", pem, "-early_data", "-max_early_data", "999"])
    c = Place().begin(tiny)
    equal(c.find(r"Max Early Data: (\d+)"), "999", "-early_data -max_early_data 999")
    tiny.stop()
    tiny = Tiny({**ON, "ssl.anti-replay": "false"})
    ok(b"ssl.anti-replay" in tiny.log, "ssl.anti-replay = false: a warning", tiny.log.decode())
    p = Place()
    p.begin(tiny)
    equal([fate(p.early(tiny, GET)) for _ in range(2)], [TAKEN] * 2, "and a ticket is good twice")
    tiny.stop()
    for mode in "echo", "reverse", "console":
        tiny = Tiny({**ON, "server.mode": mode}, wait=False)
        ok(tiny.wait() == 2 and b"ssl.early-data" in tiny.log, f"refused in mode {mode}", tiny.log.decode())


for part in (taken_once, sizes, retried, what_may_come, bound, replayed, left_alone, other_clients, without_tickets,
             options):
    part()
replayed({"ssl.anti-replay": "false"}, 3, "unless ssl.anti-replay is off: then it is, each time")
done()
