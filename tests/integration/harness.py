"""What the integration tests share: a running tiny, scratch folders,
certificates made with openssl, and TAP. Each test is a program of its own;
`done()` ends it. Everything listens on loopback, on ports that the kernel
chooses, and is ended by its process id."""

import atexit
import os
import re
import select
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TINY = os.environ.get("TINY", os.path.join(ROOT, "build", "tiny"))
PATIENCE = 30  # seconds: only a hang takes this long

_count = 0
_failed = 0
_running = []
_folders = []


def ok(good, name, detail=None):
    """One TAP line; detail is shown when it fails."""
    global _count, _failed
    _count += 1
    print(("ok" if good else "not ok"), _count, "-", name, flush=True)
    if not good:
        _failed += 1
        if detail is not None:
            for line in str(detail).splitlines()[:40]:
                print("#", line, flush=True)
    return bool(good)


def equal(got, want, name):
    return ok(got == want, name, f"got:  {got!r}\nwant: {want!r}")


def skip(name, why):
    global _count
    _count += 1
    print("ok", _count, "-", name, "# SKIP", why, flush=True)


def done():
    print(f"1..{_count}", flush=True)
    sys.exit(1 if _failed else 0)


def have(program):
    return shutil.which(program) is not None


def folder():
    """A scratch folder that goes away with the test."""
    path = tempfile.mkdtemp(prefix="tiny-test-")
    os.chmod(path, 0o755)
    _folders.append(path)
    return path


def write(path, data, mode=0o644):
    if isinstance(data, str):
        data = data.encode()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)
    return path


def run(*argv, input=None, timeout=PATIENCE, env=None, cwd=None):
    """A command to its end: (exit code, stdout, stderr), both as bytes."""
    p = subprocess.run(argv, input=input if input is not None else b"", stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=timeout, env=env, cwd=cwd)
    return p.returncode, p.stdout, p.stderr


def self_signed(directory, name="server", key="ec", host="localhost", days=30, extra=()):
    """A self-signed certificate and key in one PEM file, made with openssl."""
    key_args = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
                "ec384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
                "rsa": ["-newkey", "rsa:2048"]}[key]
    crt, keyfile = os.path.join(directory, name + ".crt"), os.path.join(directory, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-nodes", *key_args, "-keyout", keyfile, "-out", crt,
                    "-days", str(days), "-subj", "/CN=" + host,
                    "-addext", "subjectAltName=DNS:" + host, *extra],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pem = os.path.join(directory, name + ".pem")
    with open(crt) as c, open(keyfile) as k:
        write(pem, c.read() + k.read(), 0o600)
    return pem


def listening_port(pid, timeout=PATIENCE):
    """The TCP port that a process listens on, from /proc; None if it has none
    in time or ends before."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        inodes = set()
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                target = os.readlink(f"/proc/{pid}/fd/{fd}")
                if target.startswith("socket:["):
                    inodes.add(target[8:-1])
            with open(f"/proc/{pid}/stat") as f:
                if f.read().rpartition(")")[2].split()[0] == "Z":
                    return None
        except FileNotFoundError:
            if not os.path.exists(f"/proc/{pid}"):
                return None
        with open("/proc/net/tcp") as f:
            for line in f.readlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in inodes:
                    return int(fields[1].split(":")[1], 16)
        time.sleep(0.01)
    return None


class Tiny:
    """A running server. Options as on the command line, without dashes:
    Tiny({"server.mode": "echo"}). Waits until it listens."""

    def __init__(self, options=None, args=(), endpoint="tcp://127.0.0.1:0", env=None, cwd=None,
                 wrap=(), wait=True, binary=None, fds=()):
        argv = list(wrap) + [binary or TINY]
        if endpoint is not None:
            argv += ["--server.endpoint", endpoint]
        for key, value in (options or {}).items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                argv += [f"--{key}", str(one)]
        argv += list(args)
        self.argv = argv
        self.log = b""
        self.port = None
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=env, cwd=cwd,
                                        pass_fds=fds)
        os.set_blocking(self.process.stderr.fileno(), False)
        self.pid = self.process.pid
        _running.append(self)
        if wait:
            line = self.wait_log(rb"listening on \S+")
            m = re.search(rb"listening on tcp://.*:(\d+)", line)
            if m:
                self.port = int(m.group(1))

    def read_log(self, timeout=0.0):
        """Takes in what the log holds by now; False at its end."""
        ready, _, _ = select.select([self.process.stderr], [], [], timeout)
        if not ready:
            return True
        chunk = os.read(self.process.stderr.fileno(), 65536)
        self.log += chunk
        return chunk != b""

    def wait_log(self, pattern, timeout=PATIENCE, since=0):
        """Waits until the log matches; returns the match. Raises otherwise."""
        end = time.monotonic() + timeout
        while True:
            m = re.search(pattern, self.log[since:])
            if m:
                return m.group(0)
            if time.monotonic() > end or not self.read_log(0.1):
                m = re.search(pattern, self.log[since:])
                if m:
                    return m.group(0)
                raise AssertionError(f"no {pattern!r} in the log of {self.argv}:\n"
                                     + self.log.decode(errors="replace"))

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=PATIENCE):
        """The exit code, once it ended by itself."""
        end = time.monotonic() + timeout
        open_log = True
        while self.process.poll() is None and time.monotonic() < end:
            if open_log:
                open_log = self.read_log(0.05)
            else:
                time.sleep(0.02)
        while open_log and select.select([self.process.stderr], [], [], 0)[0]:
            open_log = self.read_log(0)
        code = self.process.poll()
        if code is None:
            raise AssertionError("tiny did not end:\n" + self.log.decode(errors="replace"))
        return code

    def stop(self):
        """SIGTERM, and its exit code; SIGKILL after a while."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.wait(15)
            except AssertionError:
                self.process.kill()
        code = self.process.wait()
        if self in _running:
            _running.remove(self)
        return code

    def url(self, path="/", host="localhost"):
        return f"https://{host}:{self.port}{path}"

    def connect(self, timeout=PATIENCE):
        """A plain TCP connection."""
        s = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def tls(self, context=None, server_name="localhost", timeout=PATIENCE):
        """A TLS connection that does not verify, unless a context says so."""
        if context is None:
            context = client_context()
        return context.wrap_socket(self.connect(timeout), server_hostname=server_name)

    def status(self, key):
        """A number of /proc/PID/status, in KiB for memory."""
        with open(f"/proc/{self.pid}/status") as f:
            for line in f:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
        raise KeyError(key)


def client_context(minimum=ssl.TLSVersion.TLSv1_2, maximum=ssl.TLSVersion.TLSv1_2, ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = minimum
    context.maximum_version = maximum
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def curl(*args, timeout=PATIENCE):
    """curl -sSk with a bound: (exit code, stdout, stderr)."""
    return run("curl", "-sSk", "--max-time", str(timeout), *args, timeout=timeout + 5)


def receive_all(s, limit=1 << 26):
    data = b""
    while len(data) < limit:
        try:
            chunk = s.recv(65536)
        except (ConnectionResetError, ssl.SSLError, socket.timeout):
            break
        if not chunk:
            break
        data += chunk
    return data


@atexit.register
def _clean():
    for tiny in list(_running):
        tiny.stop()
    for path in _folders:
        shutil.rmtree(path, ignore_errors=True)
