#!/usr/bin/env python3
"""The container's image as a container system runs it, without one: unpacked by the
project's own script, and its program started as process 1 of namespaces of its own, in a
root file system that holds nothing else and is read-only, as user 65532, without a
capability and without a way to gain one. Then: it serves, is asked for its health, takes
a new certificate, refuses a key that it may not read, and drains on SIGTERM."""
import ctypes
import fcntl
import hashlib
import json
import os
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import tarfile
import time

import harness
from harness import PATIENCE, ROOT, TINY, done, equal, folder, ok, run, self_signed, skip, write

DOCKER = os.path.join(ROOT, "packaging", "docker")
USER = 65532
libc = ctypes.CDLL(None, use_errno=True)

# From the kernel's headers.
CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS = 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
MNT_DETACH, PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 2, 1, 24, 38
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}.get(os.uname().machine)


def call(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, flags):
    call(libc.mount(source.encode(), target.encode(), None, ctypes.c_ulong(flags), None), f"mount {target}")


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        name = b"lo".ljust(16, b"\0")
        flags, = struct.unpack_from("h", fcntl.ioctl(s, 0x8913, name + bytes(24)), 16)
        fcntl.ioctl(s, 0x8914, name + struct.pack("h", flags | 1) + bytes(22))


def drop_all():
    """No group, no capability in any set, and none to be had by exec."""
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    call(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def end_with_parent():
    """So that nothing goes on when the test is ended."""
    call(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def enter_root(root, mounts):
    """The folder becomes /, read-only, with what is mounted in it; the old / is gone."""
    mount("none", "/", MS_REC | MS_PRIVATE)
    mount(root, root, MS_BIND)
    for source, inside in mounts.items():
        mount(source, root + inside, MS_BIND)
        mount("none", root + inside, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    mount("none", root, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chdir(root)
    call(libc.syscall(SYS_PIVOT_ROOT, b".", b"."), "pivot_root")
    call(libc.umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def namespaces_work():
    pid = os.fork()
    if pid == 0:
        os._exit(0 if os.geteuid() == 0 and SYS_PIVOT_ROOT is not None and libc.unshare(
            CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0 else 1)
    return os.waitpid(pid, 0)[1] == 0


class Container:
    """The image's ENTRYPOINT as process 1. A process of ours stands between: it makes the
    namespaces, waits for process 1 and ends as that does."""

    def __init__(self, root, config, env=None, mounts=None, args=()):
        self.env = {**dict(e.split("=", 1) for e in config["Env"]), **(env or {})}
        self.config = config
        tell, told = os.pipe()
        out, err = os.pipe(), os.pipe()
        self.between = os.fork()
        if self.between == 0:
            try:
                self._start(root, mounts or {}, list(config["Entrypoint"]) + list(args), told, out[1], err[1])
            finally:
                os._exit(99)
        for fd in (told, out[1], err[1]):
            os.close(fd)
        self.out, self.err, self.log = out[0], err[0], b""
        os.set_blocking(self.err, False)
        self.pid = int(os.read(tell, 16) or b"0")  # as the machine outside counts
        os.close(tell)
        self.code = None

    def _start(self, root, mounts, argv, told, out, err):
        call(libc.unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS), "unshare")
        end_with_parent()
        loopback_up()
        one = os.fork()
        if one == 0:
            null = os.open("/dev/null", os.O_RDONLY)
            enter_root(root, mounts)
            drop_all()
            end_with_parent()
            for fd, at in ((null, 0), (out, 1), (err, 2)):
                os.dup2(fd, at)
            os.closerange(3, 256)
            os.execve(argv[0], argv, self.env)
        os.write(told, str(one).encode())
        os.closerange(3, 256)
        status = os.waitpid(one, 0)[1]
        os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))

    def wait_log(self, pattern, since=0):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.log[since:]):
            if time.monotonic() > end:
                raise AssertionError(f"no {pattern!r} in\n" + self.log.decode(errors="replace"))
            try:
                self.log += os.read(self.err, 65536)
            except BlockingIOError:
                time.sleep(0.02)
        return re.search(pattern, self.log[since:]).group(0)

    def inside(self, *argv):
        """A command in the network of the container, but with the files of this machine."""
        return run("nsenter", "-t", str(self.pid), "-n", *argv)

    def exec(self, *argv):
        """As `docker exec` does: in all namespaces, with its root, its user and its environment."""
        return run("nsenter", "-t", str(self.pid), "-m", "-n", "-p", "-i", "-u", f"-S{USER}", f"-G{USER}", *argv,
                   env=self.env)

    def health(self):
        return self.exec(*self.config["Healthcheck"]["Test"][1:])

    def curl(self, path="/", *words):
        return self.inside("curl", "-sSk", "--max-time", str(PATIENCE), *words, f"https://localhost:4433{path}")

    def certificate(self):
        """SHA-256 of the certificate that it serves with."""
        out = self.inside("openssl", "s_client", "-connect", "127.0.0.1:4433")[1]
        pem = re.search(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", out, re.S)
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.group(0).decode())).hexdigest() if pem else None

    def proc(self, name):
        with open(f"/proc/{self.pid}/{name}") as f:
            return f.read()

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self):
        end = time.monotonic() + PATIENCE
        while self.code is None and time.monotonic() < end:
            pid, status = os.waitpid(self.between, os.WNOHANG)
            if pid != 0:
                self.code = os.waitstatus_to_exitcode(status)
            else:
                time.sleep(0.02)
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.between, 0)
            self.code = "killed, since it did not end"
        try:
            while chunk := os.read(self.err, 65536):
                self.log += chunk
        except BlockingIOError:
            pass
        os.close(self.out)
        os.close(self.err)
        return self.code

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.wait()


# ---- the image ------------------------------------------------------------------

def script(name, *words):
    code, out, err = run(os.path.join(DOCKER, name), *words)
    return ok(code == 0 and err == b"", f"{name} works", out + err)


def tree(root):
    return {os.path.relpath(os.path.join(at, name), root): os.lstat(os.path.join(at, name)).st_mode & 0o7777
            for at, _, names in os.walk(root) for name in names}


here = folder()
image = os.path.join(here, "tiny.tar")
root = os.path.join(here, "root")
script("image", image, "tiny:test", f"amd64={TINY}")
script("image", image + ".2", "tiny:test", f"amd64={TINY}")
ok(open(image, "rb").read() == open(image + ".2", "rb").read(), "made twice, it is the same, byte by byte")
script("unpack", image, root)
with open(os.path.join(DOCKER, "www", "index.html"), "rb") as f:
    welcome = f.read()
equal(tree(root), {"tiny": 0o755, "etc/tiny/tiny.conf": 0o644, "srv/www/index.html": 0o644}, "these are all files of the image")
with tarfile.open(image) as tar:
    blob = {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}
manifest = json.loads(blob["manifest.json"])[0]
config = json.loads(blob[manifest["Config"]])
index = json.loads(blob["index.json"])["manifests"][0]
inner = json.loads(blob["blobs/sha256/" + index["digest"][7:]])
ok(all(hashlib.sha256(data).hexdigest() == name[13:] for name, data in blob.items() if name.startswith("blobs/")),
   "every blob has the digest that it is called by")
equal((inner["config"]["digest"][7:], inner["layers"][0]["digest"][7:], [len(blob["blobs/sha256/" + d["digest"][7:]]) for d in
       (inner["config"], *inner["layers"])]),
      (manifest["Config"][13:], manifest["Layers"][0][13:], [inner["config"]["size"], inner["layers"][0]["size"]]),
      "OCI's manifest and Docker's name the same")
equal(config["rootfs"]["diff_ids"], [inner["layers"][0]["digest"]], "the layer is not compressed")
config = config["config"]
equal((config["User"], config["StopSignal"], config["ExposedPorts"]), (f"{USER}:{USER}", "SIGTERM", {"4433/tcp": {}}),
      "user, signal and port of the Dockerfile")
script("image", image + ".several", "tiny:test", f"amd64={TINY}", f"arm/v7={TINY}")
with tarfile.open(image + ".several") as tar:
    blob = {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}
several = json.loads(blob["blobs/sha256/" + json.loads(blob["index.json"])["manifests"][0]["digest"][7:]])["manifests"]
equal([m["platform"] for m in several], [{"architecture": "amd64", "os": "linux"},
                                         {"architecture": "arm", "variant": "v7", "os": "linux"}], "an image for two processors")

for words, sentence in ((("mips64le", "", "full"), b"there is no build for mips64le"), (("arm", "v4", "full"), b"no build for arm/v4"),
                        (("amd64", "", "tiny"), b"PROFILE is full, small or minimal")):
    code, out, err = run(os.path.join(DOCKER, "compile"), *words, os.path.join(here, "never"))
    ok(code == 1 and sentence in err, f"compile refuses {' '.join(w for w in words if w)}", out + err)

if not namespaces_work():
    skip("the container runs", "namespaces need root here")
    done()
if not harness.have("nsenter"):
    skip("the container runs", "there is no nsenter")
    done()


# ---- alone ----------------------------------------------------------------------

def alone():
    before = tree(root)
    box = Container(root, config)
    box.wait_log(rb"listening on tcp://")
    status = box.proc("status")
    equal(re.search(r"NSpid:\s+\d+\s+(\d+)", status).group(1), "1", "it is process 1")
    equal(re.findall(r"^(?:Uid|Gid):\s+(.*)", status, re.M), ["\t".join([str(USER)] * 4)] * 2, "of user 65532")
    equal(set(re.findall(r"^Cap\w+:\s+(\w+)", status, re.M)), {"0" * 16}, "without a capability in any set")
    equal(re.search(r"NoNewPrivs:\s+(\d)", status).group(1), "1", "and none to be gained")
    mounts = [line.split() for line in box.proc("mountinfo").splitlines()]
    equal([(m[4], m[5].split(",")[0]) for m in mounts], [("/", "ro")], "nothing is mounted but its root, read-only: no /proc, no /dev")
    equal(box.curl()[:2], (0, welcome), "it serves over TLS")
    equal(box.health(), (0, b"", b""), "HEALTHCHECK as the Dockerfile has it: 0")
    fds = [os.readlink(f"/proc/{box.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{box.pid}/fd")]
    flags = [int(re.search(r"flags:\s+(\d+)", box.proc(f"fdinfo/{fd}")).group(1), 8) for fd in os.listdir(f"/proc/{box.pid}/fd")]
    equal([f for f, mode in zip(fds, flags) if f.startswith("/") and mode & 3 != 0], [], "no file is open for writing")
    box.signal(signal.SIGSTOP)
    code, out, err = box.exec(*config["Healthcheck"]["Test"][1:], "--server.healthcheck-timeout", "200ms")
    ok(code == 1 and b"no answer in time" in err, "when it hangs: 1", f"{code} {err!r}")
    box.signal(signal.SIGCONT)
    equal(box.health()[0], 0, "when it goes on: 0")
    equal(box.stop(), 0, "SIGTERM ends it with 0, though it is process 1")
    equal(tree(root), before, "nothing was written")


# ---- configured --------------------------------------------------------------------

def configured():
    """By the environment, with a site and secrets that are mounted; the secret is replaced as
    Kubernetes does: another folder, and a link that is renamed over the old one."""
    site, secrets = os.path.join(here, "site"), os.path.join(here, "secrets")
    write(site + "/hello.txt", b"hello from a volume\n")
    prints = []
    for name in ("one", "two", "three"):
        keys = os.path.join(secrets, ".." + name)
        os.makedirs(keys)
        pem = self_signed(keys, name="tls")
        with open(keys + "/tls.crt") as f:
            prints.append(hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read())).hexdigest())
        os.chown(pem, USER, USER)
    os.chmod(secrets, 0o755)
    link("..one", secrets)
    os.symlink("..data/tls.pem", secrets + "/tls.pem")
    os.makedirs(root + "/run/secrets")  # where a container system mounts, it makes the folder
    env = {"TINY_SSL_KEYFILE": "/run/secrets/tls.pem", "TINY_FILES_HEADER": "X-Of: the environment",
           "TINY_LOG_ACCESS_FILE": "-", "TINY_SERVER_MAX_CONNECTIONS": "20"}
    mounts = {site: "/srv/www", secrets: "/run/secrets"}
    box = Container(root, config, env, mounts)
    box.wait_log(rb"listening on tcp://")
    code, out, err = box.curl("/hello.txt", "-i")
    ok(code == 0 and b"X-Of: the environment" in out and out.endswith(b"hello from a volume\n"), "the environment configures it", out + err)
    logged = os.read(box.out, 4096) if select.select([box.out], [], [], PATIENCE)[0] else b""
    ok(b'"GET /hello.txt HTTP/1.1" 200' in logged, "the access log is on standard output", logged)
    equal(box.certificate(), prints[0], "it has the certificate of the secret")
    link("..two", secrets)
    since = len(box.log)
    box.signal(signal.SIGHUP)
    box.wait_log(rb"(?i)reload|certificate", since)
    equal(wait_for(box.certificate, prints[1]), prints[1], "SIGHUP: another one")
    equal(box.stop(), 0, "it ends in peace")
    env["TINY_SSL_RELOAD_INTERVAL"] = "1s"
    box = Container(root, config, env, mounts)
    box.wait_log(rb"listening on tcp://")
    equal(box.certificate(), prints[1], "started anew, it has the last one")
    link("..three", secrets)
    equal(wait_for(box.certificate, prints[2]), prints[2], "ssl.reload-interval: a third, without a signal")
    equal(box.health()[0], 0, "and is well")
    equal(box.stop(), 0, "it ends in peace")

    os.chown(secrets + "/..three/tls.pem", 0, 0)
    box = Container(root, config, env, mounts)
    code = box.wait()
    ok(code == 1 and b"/run/secrets/tls.pem" in box.log and b"Permission denied" in box.log,
       "a key that it may not read ends it with a sentence", f"{code}\n{box.log.decode()}")
    env["TINY_SSL_PROTOCOL"] = "3"
    box = Container(root, config, env, mounts)
    code = box.wait()
    ok(code == 2 and b"TINY_SSL_PROTOCOL: " in box.log and b"SSL 3 is broken" in box.log,
       "a wrong variable is told by its name", f"{code}\n{box.log.decode()}")


def link(to, secrets):
    os.symlink(to, secrets + "/..new")
    os.rename(secrets + "/..new", secrets + "/..data")


def wait_for(what, want):
    end = time.monotonic() + PATIENCE
    while (got := what()) != want and time.monotonic() < end:
        time.sleep(0.1)
    return got


# ---- the end -----------------------------------------------------------------------

SIZE = 24 << 20


def download(box):
    """A client that has a large answer under way, in the network of the container."""
    code = ("import socket,ssl,sys,hashlib\n"
            "c=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT);c.check_hostname=False;c.verify_mode=ssl.CERT_NONE\n"
            "s=c.wrap_socket(socket.create_connection(('127.0.0.1',4433)),server_hostname='localhost')\n"
            "s.sendall(b'GET /large HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n')\n"
            "d=s.recv(1000)\n"
            "print('begun',flush=True)\n"
            "sys.stdin.readline()\n"
            "while True:\n"
            "    try: b=s.recv(65536)\n"
            "    except OSError: break\n"
            "    if not b: break\n"
            "    d+=b\n"
            "body=d.partition(b'\\r\\n\\r\\n')[2]\n"
            "print(len(body),hashlib.sha256(body).hexdigest(),flush=True)\n")
    client = subprocess.Popen(["nsenter", "-t", str(box.pid), "-n", "python3", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    equal(client.stdout.readline(), b"begun\n", "a large answer is under way")
    return client


def draining():
    site = os.path.join(here, "large")
    data = os.urandom(1 << 20) * (SIZE >> 20)
    write(site + "/large", data)
    box = Container(root, config, mounts={site: "/srv/www"})
    box.wait_log(rb"listening on tcp://")
    client = download(box)
    box.signal(signal.SIGTERM)
    wait_for(lambda: box.health()[0], 1)
    equal(box.health()[0], 1, "SIGTERM: nobody is let in any more")
    equal(box.inside("true")[0], 0, "but it lives")
    out = client.communicate(b"\n", timeout=PATIENCE)[0].decode().split()
    equal(out, [str(SIZE), hashlib.sha256(data).hexdigest()], "the answer under way comes whole")
    equal(box.wait(), 0, "then it ends with 0")

    box = Container(root, config, mounts={site: "/srv/www"})
    box.wait_log(rb"listening on tcp://")
    client = download(box)
    box.signal(signal.SIGTERM)
    wait_for(lambda: box.health()[0], 1)
    box.signal(signal.SIGTERM)
    code = box.wait()
    ok(code != "killed, since it did not end", f"a second SIGTERM ends it at once ({code})")
    out = client.communicate(b"\n", timeout=PATIENCE)[0].decode().split()
    ok(int(out[0]) < SIZE, "though an answer was under way")


def other_builds():
    """Images of the small builds work with the same settings, the minimal one given a key."""
    pem = self_signed(os.path.join(here), name="other")
    os.chown(pem, USER, USER)
    for build in ("small", "minimal"):
        place = os.path.join(here, build)
        script("image", image + "." + build, "tiny:" + build, f"amd64={TINY}-{build}")
        script("unpack", image + "." + build, place)
        write(place + "/run/tls.pem", b"")  # where a container system mounts, it makes the file
        box = Container(place, config, {"TINY_SSL_KEYFILE": "/run/tls.pem"}, {pem: "/run/tls.pem"})
        box.wait_log(rb"listening on tcp://")
        equal((box.curl()[:2], box.health()[0], box.stop()), ((0, welcome), 0, 0), f"the {build} build serves, is well, and ends")


alone()
other_builds()
configured()
draining()
done()
