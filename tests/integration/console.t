#!/usr/bin/env python3
"""Console mode: what clients send is shown, what is typed goes to them, commands,
statistics. Through a pseudo-terminal, pipes and files, against openssl s_client; the
same script with openssl s_server, where both are meant to do the same."""

import fcntl
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import *  # noqa: E402,F403
from harness import _running  # noqa: E402
from tlskit import Authority  # noqa: E402

place = folder()
pem = self_signed(place)


class Server:
    """A console server whose terminal the test holds: a pseudo-terminal, or a pipe
    for its output and whatever is given for its input."""

    def __init__(self, *args, terminal=False, stdin=subprocess.PIPE, openssl=False,
                 stdout=None, port="0"):
        self.master = None
        self.seen = b""
        out = stdout if stdout is not None else subprocess.PIPE
        if terminal:
            self.master, self.slave = pty.openpty()
            attributes = termios.tcgetattr(self.slave)
            attributes[3] &= ~termios.ECHO
            attributes[1] &= ~termios.OPOST
            termios.tcsetattr(self.slave, termios.TCSANOW, attributes)
            stdin = out = self.slave
        command = ["openssl", "s_server"] if openssl else [TINY]
        self.log_path = f"{place}/log{time.monotonic_ns()}"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*command, "-accept", "127.0.0.1:" + port, "-cert", pem, *args], stdin=stdin, stdout=out,
                stderr=log)
        self.pid = self.process.pid
        self.out = self.master if terminal else self.process.stdout and self.process.stdout.fileno()
        self.input = self.master if terminal else self.process.stdin and self.process.stdin.fileno()
        _running.append(self)
        self.port = listening_port(self.pid)
        ok(self.port is not None, "listens", self.log) if self.port is None else None

    @property
    def log(self):
        with open(self.log_path, "rb") as f:
            return f.read().decode(errors="replace")

    def read(self, timeout=0.1):
        if not select.select([self.out], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.out, 65536)
        except OSError:
            return False
        self.seen += data
        return data != b""

    def shows(self, pattern, name=None, timeout=PATIENCE):
        """Waits until what is shown matches, takes it away; a TAP line if it has a name."""
        end = time.monotonic() + timeout
        while not re.search(pattern, self.seen) and time.monotonic() < end and self.read():
            pass
        m = re.search(pattern, self.seen)
        if name is not None or not m:
            ok(m, name or f"shows {pattern}", self.seen.decode(errors="replace")[-2000:] + self.log)
        if m:
            self.seen = self.seen[m.end():]
        return m

    def type(self, text):
        os.write(self.input, text)

    def end_input(self):
        self.process.stdin.close()

    def connect(self, *args, quiet=True):
        return Client(self.port, *args, quiet=quiet)

    def ends(self, timeout=PATIENCE):
        """The exit code, with all that is still shown taken in."""
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end:
            if self.out is None or not self.read(0.05):
                time.sleep(0.01)
        while self.out is not None and select.select([self.out], [], [], 0)[0] and self.read(0):
            pass
        return self.process.poll()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            if self.ends(5) is None:
                self.process.kill()
        code = self.process.wait()
        if self.master is not None:
            os.close(self.master)
            os.close(self.slave)
            self.master = None
        if self in _running:
            _running.remove(self)
        return code


class Client:
    """openssl s_client, its input and output through pipes. It ends with its input."""

    def __init__(self, port, *args, quiet=True):
        self.seen = b""
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-servername", "localhost",
             *(["-quiet", "-no_ign_eof"] if quiet else []), *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.gets(rb"verify return:1\n(?s:.*)verify return:1\n")

    def type(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def gets(self, pattern, name=None, timeout=PATIENCE):
        end = time.monotonic() + timeout
        fd = self.process.stdout.fileno()
        while not re.search(pattern, self.seen) and time.monotonic() < end:
            if select.select([fd], [], [], 0.1)[0]:
                data = os.read(fd, 65536)
                if not data:
                    break
                self.seen += data
        m = re.search(pattern, self.seen)
        if name is not None or not m:
            ok(m, name or f"s_client prints {pattern}", self.seen.decode(errors="replace")[-2000:])
        if m:
            self.seen = self.seen[m.end():]
        return m

    def end(self):
        """Its exit code, within a while; its input ends first."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None

    def leave(self):
        self.process.kill()
        self.process.wait()


STATISTICS = rb"""   \d items in the session cache
   0 client connects \(SSL_connect\(\)\)
   0 client renegotiates \(SSL_connect\(\)\)
   0 client connects that finished
   (\d) server accepts \(SSL_accept\(\)\)
   (\d) server renegotiates \(SSL_accept\(\)\)
   (\d) server accepts that finished
   \d session cache hits
   \d session cache misses
   \d session cache timeouts
   0 callback cache hits
   0 cache full overflows \(\d+ allowed\)
"""


def terminal():
    s = Server(terminal=True)
    before = termios.tcgetattr(s.slave)
    s.shows(rb"^ACCEPT 127\.0\.0\.1:%d\n" % s.port, "ACCEPT, with the port that was free")
    c = s.connect()
    s.type(b"typed here\n")
    c.gets(rb"typed here\n", "typed text comes to the client")
    c.type(b"from the client \xc3\xa4\n")
    s.shows(rb"from the client \xc3\xa4\n", "the client's is shown")
    c.type(b"\x1b[31mred\x07\n")
    s.shows(rb"\\x1b\[31mred\\x07\n", "what would command the terminal is written out")
    s.type(b"S\n")
    m = s.shows(STATISTICS, "S: the statistics")
    equal(m and m.groups(), (b"1", b"0", b"1"), "with one handshake")
    c.gets(rb"S\n", "and its line goes to the client")
    s.type(b"q\n")
    s.shows(rb"DONE\nCONNECTION CLOSED\n", "q ends the connection")
    equal(c.end(), 0, "in an orderly way")
    s.type(b"for the next\n")
    c = s.connect()
    c.gets(rb"for the next\n", "what is typed without a client waits for one")
    c.leave()
    s.shows(rb"ERROR\nCONNECTION CLOSED\n", "a client that just goes")
    s.type(b"S\n")
    s.shows(STATISTICS, "S without a client")
    c = s.connect()
    c.type(b"here\n")
    s.shows(rb"here\n")
    s.type(b"\x04")  # Ctrl-D
    equal(s.ends(), 0, "the end of what is typed ends the server")
    equal(c.end(), 0, "and the client's connection")
    ok(re.search(rb"DONE\nCONNECTION CLOSED\n" + STATISTICS + rb"$", s.seen), "with the statistics", s.seen)
    flags = fcntl.fcntl(s.slave, fcntl.F_GETFL)
    ok(flags & os.O_NONBLOCK == 0 and termios.tcgetattr(s.slave) == before, "the terminal is as it was")
    s.stop()

    s = Server(terminal=True)
    s.type(b"Q\n")
    equal(s.ends(), 0, "Q without a client")
    s.stop()


def pipes():
    s = Server()
    s.shows(rb"ACCEPT 127.0.0.1:\d+\n")
    c = s.connect()
    c.type(b"\x1b[31m \x00raw\n")
    s.shows(rb"\x1b\[31m \x00raw\n", "into a pipe bytes are written as they are")
    s.type(b"Q\n")
    s.shows(rb"DONE\nCONNECTION CLOSED\n")
    equal(c.end(), 0, "Q ends the client's connection")
    equal(s.ends(), 0, "and the server")
    ok(re.search(STATISTICS + rb"$", s.seen), "with the statistics", s.seen)
    s.stop()

    s = Server()
    c = s.connect()
    s.type(b"P first\n")
    c.gets(rb"wrong version number", "P: the client finds something that is not TLS")
    ok(c.end() != 0, "and gives up")
    s.shows(rb"ERROR\nCONNECTION CLOSED\n")
    c = s.connect()
    c.type(b"still\n")
    s.shows(rb"still\n", "the server goes on")
    c.leave()
    s.stop()

    s = Server("-crlf")
    c = s.connect()
    s.type(b"one\ntwo\n")
    c.gets(rb"one\r\ntwo\r\n", "-crlf")
    c.type(b"three\n")
    s.shows(rb"three\n", "in this direction only")
    s.end_input()
    equal(s.ends(), 0, "the end of the pipe is Q")
    equal(c.end(), 0, "also for the client")
    s.stop()

    s = Server("-ign_eof")
    c = s.connect()
    s.type(b"last\n")
    s.end_input()
    c.gets(rb"last\n")
    c.type(b"alive\n")
    s.shows(rb"alive\n", "-ign_eof: it is not")
    c.leave()
    equal(s.stop(), 0, "SIGTERM ends it")


def files():
    text = b"".join(b"line %d of the file\n" % i for i in range(20000))
    path = write(place + "/typed", text)
    with open(path) as f:
        s = Server(stdin=f)
        s.shows(rb"ACCEPT")
        time.sleep(0.2)
        ok(s.process.poll() is None, "a file waits for the first client")
        c = s.connect()
        c.gets(b"line 19999 of the file\n", "who gets it whole")
        equal(c.end(), 0, "and a clean end")
        equal(s.ends(), 0, "then the server ends")
        s.stop()
    s = Server(stdin=subprocess.DEVNULL)
    s.shows(rb"ACCEPT")
    c = s.connect()
    equal(s.ends(), 0, "/dev/null: the first client ends the server")
    c.end()
    s.stop()
    s = Server("-ign_eof", stdin=subprocess.DEVNULL)
    c = s.connect()
    c.type(b"hello\n")
    s.shows(rb"hello\n", "/dev/null and -ign_eof")
    before = cpu(s.pid)
    time.sleep(0.3)
    ok(cpu(s.pid) - before <= 2, "which costs no time")
    c.leave()
    s.stop()
    out = place + "/shown"
    with open(out, "wb") as f:
        f.write(b"kept\n")
        f.flush()
        s = Server(stdout=f)
        c = s.connect()
        c.type(b"for the file\n")
        c.end()
        s.stop()
    with open(out, "rb") as f:
        data = f.read()
    ok(re.match(rb"kept\nACCEPT [^\n]*\n(?s:.*)for the file\nDONE\nCONNECTION CLOSED\n" + STATISTICS, data),
       "output into a file goes on where the file stood", data)


def cpu(pid):
    """Ticks of the processor, 100 a second."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def two_clients():
    s = Server()
    s.shows(rb"ACCEPT")
    a = s.connect()
    a.type(b"alone\n")
    s.shows(rb"\nalone\n", "one client has no number")
    b = s.connect()
    s.shows(rb"\n\[2\] 127\.0\.0\.1:\d+\n", "the second is announced")
    equal(s.seen, b"", "after its description")
    a.type(b"from a\n")
    s.shows(rb"^\[1\] from a\n", "lines of the first")
    b.type(b"from b\n")
    s.shows(rb"^\[2\] from b\n", "and of the second have numbers")
    s.type(b"to b\n")
    b.gets(rb"to b\n", "typed text goes to the one that came last")
    s.type(b"q\n")
    s.shows(rb"\[2\] DONE\n\[2\] CONNECTION CLOSED\n", "q ends that one")
    b.end()
    s.type(b"to a\n")
    a.gets(rb"to a\n", "then it goes to the one before")
    equal(a.seen, b"", "which got nothing of the other's")
    s.type(b"Q\n")
    s.shows(rb"DONE\n")
    equal(a.end(), 0, "Q")
    equal(s.ends(), 0, "Q with what is left")
    s.stop()

    # Who is in the middle of a handshake, and who only idles, does not delay Q.
    s = Server()
    idle = socket.create_connection(("127.0.0.1", s.port))
    c = s.connect()
    start = time.monotonic()
    s.type(b"Q\n")
    equal(s.ends(), 0, "Q with a connection that says nothing")
    c.end()
    ok(time.monotonic() - start < 3, "ends soon")
    idle.close()
    s.stop()


def slow_reader():
    """Nobody reads what is shown: the client waits, others do not."""
    s = Server("-ign_eof", "--server.close-timeout", "1s", stdin=subprocess.DEVNULL)
    s.shows(rb"ACCEPT")
    context = client_context()
    c = context.wrap_socket(socket.create_connection(("127.0.0.1", s.port)), server_hostname="localhost")
    c.settimeout(1)
    data = os.urandom(1 << 16)
    sent = 0
    try:
        while sent < 32 << 20:
            sent += c.send(data)
    except (socket.timeout, ssl.SSLWantWriteError):
        pass
    ok(sent < 32 << 20, "a pipe that nobody reads: the client is not read from", sent)
    before = cpu(s.pid)
    time.sleep(0.3)
    ok(cpu(s.pid) - before <= 2, "which costs no time")
    d = s.connect()
    ok(d.process.poll() is None, "and keeps nobody out")
    d.leave()
    s.process.terminate()
    start = time.monotonic()
    try:
        code = s.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        code = None
    equal(code, 0, "it ends without a reader")
    ok(time.monotonic() - start < 10, "soon")
    s.read()
    s.stop()

    s = Server("-ign_eof", stdin=subprocess.DEVNULL)
    s.process.stdout.close()
    s.out = None
    c = s.connect()
    c.type(b"x\n" * 10000)
    equal(c.end(), 0, "a closed pipe: the client is served")
    s.stop()
    ok("nothing is shown" in s.log, "and the log tells", s.log)


def background():
    """In the background the terminal's input is somebody else's."""
    master, slave = pty.openpty()
    script = f"""
import os, signal, subprocess, sys, time
p = subprocess.Popen(sys.argv[1:], preexec_fn=os.setpgrp, stderr=subprocess.DEVNULL)
os.write(1, b"PID %d\\n" % p.pid)
while sys.stdin.readline().strip() != "fg":
    os.write(1, b"mine\\n")
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.tcsetpgrp(0, p.pid)
p.wait()
os.tcsetpgrp(0, os.getpgrp())
os.write(1, b"CODE %d\\n" % p.returncode)
time.sleep(60)
"""

    def lead():
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    attributes = termios.tcgetattr(slave)
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    shell = subprocess.Popen([sys.executable, "-c", script, TINY, "-accept", "127.0.0.1:0", "-cert", pem],
                             stdin=slave, stdout=slave, stderr=slave, preexec_fn=lead)
    seen = b""

    def shows(pattern, name):
        nonlocal seen
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, seen) and time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                seen += os.read(master, 4096)
        m = re.search(pattern, seen)
        ok(m, name, seen)
        return m

    pid = int(shows(rb"PID (\d+)", "a job in the background").group(1))
    port = int(shows(rb"ACCEPT 127.0.0.1:(\d+)", "shows what it has to say").group(1))
    c = Client(port)
    os.write(master, b"not for the server\n")
    shows(rb"mine", "what is typed is not its own")
    before = cpu(pid)
    time.sleep(0.3)
    ok(cpu(pid) - before <= 2, "and it does not ask for it all the time")
    c.type(b"served\n")
    shows(rb"served", "clients are served")
    os.write(master, b"fg\n")
    time.sleep(0.2)
    os.write(master, b"for the server\n")
    c.gets(rb"for the server\n", "in the foreground it is")
    os.write(master, b"Q\n")
    equal(c.end(), 0, "Q")
    shows(rb"CODE 0", "ends it")
    shell.kill()
    shell.wait()
    os.close(master)
    os.close(slave)


def quiet():
    """-quiet and -brief: only what clients send is shown, and nothing is a command."""
    for option in "-quiet", "-brief":
        for openssl in False, True:
            s = Server(option, openssl=openssl)
            c = s.connect()
            s.type(b"Q is text\n")
            c.gets(rb"Q is text\n")
            c.type(b"only this\n")
            s.shows(rb"^only this\n", f"{option}: {'openssl' if openssl else 'tiny'} shows only what the client sends")
            if not openssl:
                s.end_input()
                c.type(b"and this\n")
                s.shows(rb"^and this\n", f"{option}: the end of the input ends nothing")
            c.leave()
            s.process.kill()
            s.stop()


def naccept():
    s = Server("-naccept", "2")
    c = s.connect()
    s.shows(rb"ACCEPT")
    c.type(b"one\n")
    s.shows(rb"one\n")
    d = s.connect()
    c.end()
    d.type(b"two\n")
    s.shows(rb"two\n")
    refused = False
    try:
        socket.create_connection(("127.0.0.1", s.port), timeout=2).close()
    except ConnectionRefusedError:
        refused = True
    ok(refused, "-naccept 2: nobody else is let in")
    ok(s.process.poll() is None, "the second is still served")
    d.end()
    equal(s.ends(), 0, "with its end the server ends")
    m = re.search(STATISTICS, s.seen)
    equal(m and m.groups(), (b"2", b"0", b"2"), "with the statistics")
    s.stop()
    for mode in "-www", "-rev":
        s = Server(mode, "-naccept", "1")
        s.shows(rb"ACCEPT")
        run("openssl", "s_client", "-connect", f"127.0.0.1:{s.port}", input=b"GET / HTTP/1.0\r\n\r\n")
        equal(s.ends(), 0, f"-naccept with {mode}")
        ok(re.search(STATISTICS, s.seen), "the statistics", s.seen)
        s.stop()


def renegotiate():
    ca = Authority("CA")
    whose = ca.issue("somebody")
    s = Server()
    s.shows(rb"ACCEPT")
    c = s.connect("-cert", whose, "-key", whose, "-msg")
    s.type(b"r\n")
    s.shows(rb"SSL_do_handshake -> 1\n", "r starts a renegotiation")
    m = c.gets(rb"HelloRequest(?s:.*)ClientHello(?s:.*)Finished(?s:.*)Finished", "which s_client goes through")
    s.type(b"after r\n")
    c.gets(rb"after r\n", "what is typed afterwards arrives")
    c.type(b"to the server\n")
    s.shows(rb"to the server\n", "and what the client sends")
    ok(m and b"CertificateRequest" not in m.group(0), "r asks for no certificate")
    s.type(b"R\n")
    s.shows(rb"SSL_do_handshake -> 1\n", "R, too")
    c.gets(rb"HelloRequest(?s:.*)CertificateRequest(?s:.*)CertificateVerify(?s:.*)Finished(?s:.*)Finished",
           "and asks for a certificate")
    s.type(b"one\nr\ntwo\n")
    c.gets(rb"one\n(?s:.*)HelloRequest(?s:.*)two\n", "in the middle of text")
    c.gets(rb"Finished(?s:.*)Finished")
    s.type(b"last\n")
    c.gets(rb"last\n")
    s.type(b"S\n")
    m = s.shows(STATISTICS)
    equal(m and m.groups(), (b"1", b"3", b"4"), "the statistics count them")
    s.type(b"Q\n")
    equal(s.ends(), 0, "Q")
    c.end()
    s.stop()

    # The client may not begin one.
    s = Server()
    c = s.connect()
    c.type(b"R\n")
    c.gets(rb"RENEGOTIATING(?s:.*)no renegotiation", "a client that wants one is refused")
    c.leave()
    s.stop()


def nbio_test():
    """At most 7 bytes at a time, and everything arrives."""
    body = os.urandom(300000)
    write(place + "/www/blob", body)
    tiny = Tiny({"server.nbio-test": "true", "files.root": place + "/www", "ssl.keyfile": pem})
    code, out, _ = curl(f"https://127.0.0.1:{tiny.port}/blob")
    ok(code == 0 and out == body, "a file through reads and writes of 7 bytes")
    tiny.stop()
    tiny = Tiny({"server.mode": "echo", "ssl.keyfile": pem}, args=["-nbio_test", "-nbio"])
    s = tiny.tls()
    received = b""
    s.setblocking(False)
    sent = 0
    end = time.monotonic() + PATIENCE
    while len(received) < len(body) and time.monotonic() < end:
        select.select([s], [s] if sent < len(body) else [], [], 1)
        try:
            sent += s.send(body[sent:sent + 16384]) if sent < len(body) else 0
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        try:
            received += s.recv(65536)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
    ok(received == body, "echo through reads and writes of 7 bytes")
    s.close()
    reads = subprocess.run(["strace", "-V"], stdout=subprocess.DEVNULL).returncode if have("strace") else 1
    if reads == 0:
        tracer = subprocess.Popen(["strace", "-f", "-e", "trace=recvfrom,sendto", "-o", place + "/trace",
                                   "-p", str(tiny.pid)], stderr=subprocess.PIPE)
        tracer.stderr.readline()
        tiny.tls().close()
        time.sleep(0.2)
        tracer.terminate()
        tracer.wait()
        with open(place + "/trace") as f:
            moved = [int(n) for n in re.findall(r"= (\d+)$", f.read(), re.M)]
        ok(moved and max(moved) == 7 and min(moved) <= 1, "no call moves more", moved[:50])
    else:
        skip("no call moves more", "no strace")
    tiny.stop()


def same_as_openssl():
    """The same script with both programs."""
    whose = Authority("CA").issue("somebody")

    def play(openssl):
        s = Server("-no_resumption_on_reneg", openssl=openssl)
        s.shows(rb"ACCEPT 127\.0\.0\.1:\d+\n")
        c = s.connect()
        c.type(b"from the client\n")
        s.shows(rb"from the client\n")
        s.type(b"first\n")
        c.gets(rb"first\n")
        s.type(b"S\n")
        c.gets(rb"S\n")
        s.type(b"q\n")
        m = [s.shows(STATISTICS + rb"DONE\n").groups()]
        c.end()
        c = s.connect()
        s.type(b"P\n")
        c.gets(rb"wrong version number")
        c.end()
        s.shows(rb"CONNECTION CLOSED\n(?s:.*)ERROR\n")
        c = s.connect("-msg", "-cert", whose, "-key", whose)
        s.type(b"r\n")
        again = c.gets(rb"HelloRequest(?s:.*)ClientHello(?s:.*)Finished(?s:.*)Finished")
        m.append(b"CertificateRequest" in again.group(0))
        s.type(b"R\n")
        again = c.gets(rb"HelloRequest(?s:.*)CertificateVerify(?s:.*)Finished(?s:.*)Finished")
        m.append(b"CertificateRequest" in again.group(0))
        s.type(b"then text\n")
        c.gets(rb"then text\n")
        s.type(b"q\n")
        s.shows(rb"SSL_do_handshake -> 1\n(?s:.*)SSL_do_handshake -> 1\n(?s:.*)DONE\n")
        c.end()
        c = s.connect()
        s.end_input()
        code = s.ends()
        c.end()
        last = re.search(rb"DONE\n(?s:.*)CONNECTION CLOSED\n" + STATISTICS + rb"$", s.seen)
        # openssl counts a renegotiation at each of its steps.
        m += [last and last.group(1, 3), code]
        s.stop()
        return m

    equal(play(False), play(True), "the same script, the same as with openssl s_server")


for part in sys.argv[1:] or ["terminal", "pipes", "files", "two_clients", "slow_reader", "background", "quiet", "naccept", "renegotiate",
                             "nbio_test", "same_as_openssl"]:
    globals()[part]()
done()
