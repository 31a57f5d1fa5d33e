#!/usr/bin/env python3
"""tiny healthcheck: 0 for a server that works as it is configured, whatever that
is, and 1 with a sentence for everything else. The server does not complain of it."""
import os
import signal
import socket
import ssl
import threading

import harness
from harness import Tiny, done, equal, folder, ok, run, self_signed, write

BINARIES = [harness.TINY, harness.TINY + "-small", harness.TINY + "-minimal"]
keys = folder()
pem = self_signed(keys)
write(keys + "/www/index.html", b"hello\n")
FILES = {"ssl.keyfile": pem, "files.root": keys + "/www"}


def check(*words, binary=harness.TINY, env=None):
    return run(binary, "healthcheck", *words, env=env)


def healthy(name, *words, **more):
    code, out, err = check(*words, **more)
    ok((code, out, err) == (0, b"", b""), name, f"{code} {out!r} {err!r}")


def ill(name, sentence, *words, **more):
    code, out, err = check(*words, **more)
    ok(code == 1 and out == b"" and sentence in err and err.count(b"\n") == 1, name, f"{code} {out!r} {err!r}")


def quiet(tiny, name):
    """The server, which logs at info, has nothing to say of the checks."""
    tiny.read_log(0)
    said = [line for line in tiny.log.splitlines() if b"127.0.0.1:" in line and b"listening" not in line]
    equal(said, [], f"{name}: the log is not filled")
    equal(tiny.stop(), 0, f"{name}: and it ends in peace")


# ---- servers in good health --------------------------------------------------

def versions(binary):
    small, minimal = binary.endswith("-small"), binary.endswith("-minimal")
    words = [("TLS 1.3 alone", {"ssl.min-protocol": "TLSv1.3", "ssl.max-protocol": "TLSv1.3"}),
             ("TLS 1.2 alone", {"ssl.max-protocol": "TLSv1.2"}),
             ("both", {}),
             ("a group that has no share", {"ssl.groups": "P-384"}),
             ("client certificates are required", {"ssl.cafile": keys + "/server.crt", "ssl.verify": "required"}),
             ("an unknown name is fatal", {"ssl.server-name-indication": f"*.example.org={pem}",
                                           "ssl.server-name-fatal": "true"})]
    if minimal:
        words = [("TLS 1.3", {})]
    elif not small:
        words += [("TLS 1.0 alone", {"ssl.protocol": "4"}),
                  ("one suite with CBC", {"ssl.max-protocol": "TLSv1.2", "ssl.cipher-list": "ECDHE-ECDSA-AES128-SHA"})]
    for name, options in words:
        name = f"{os.path.basename(binary)}, {name}"
        tiny = Tiny({**FILES, **options}, binary=binary)
        url = f"tcp://127.0.0.1:{tiny.port}"
        # As it is configured: what is said to the server is said to the check.
        more = [w for key, value in options.items() for w in ("--" + key, value)]
        healthy(name, url, *more, binary=binary)
        quiet(tiny, name)


def refusing():
    """Servers that let in nobody like us: the alert shows that they live."""
    for name, options in (("keys shared beforehand alone", {"ssl.psk": "0102030405060708090a0b0c0d0e0f10", "ssl.psk-only": "true"}),
                          ("a name that is not known is fatal", {"ssl.server-name-indication": f"example.org={pem}",
                                                                 "ssl.server-name-fatal": "true"})):
        tiny = Tiny({**FILES, **options})
        healthy(name, f"tcp://127.0.0.1:{tiny.port}")
        equal(tiny.stop(), 0, "it ends in peace")


def places(binary):
    what = os.path.basename(binary)
    path = keys + "/" + what + ".sock"
    tiny = Tiny(FILES, endpoint=f"unix://{path}", binary=binary)
    healthy(f"{what}, a Unix socket", f"unix://{path}", binary=binary)
    tiny.stop()
    ill(f"{what}, a Unix socket that is gone", b"No such file", f"unix://{path}", binary=binary)
    tiny = Tiny(FILES, endpoint="tcp://[::1]:0", binary=binary)
    port = tiny.wait_log(rb"listening on tcp://\[::1\]:\d+").rsplit(b":", 1)[1].decode()
    healthy(f"{what}, IPv6", f"tcp://[::1]:{port}", binary=binary)
    healthy(f"{what}, every address of IPv6", f"tcp://[::]:{port}", "--server.family", "ipv6", binary=binary)
    healthy(f"{what}, localhost", f"tcp://localhost:{port}", "--server.family", "ipv6", binary=binary)
    tiny.stop()
    tiny = Tiny(FILES, endpoint="tcp://0.0.0.0:0", binary=binary)
    for host in ("0.0.0.0", "*", "[::]", "localhost"):
        healthy(f"{what}, {host}", f"tcp://{host}:{tiny.port}", binary=binary)
    # By the configuration file, the environment and the command line, as the server.
    file = write(keys + "/health.conf", f"server.endpoint = tcp://*:{tiny.port}\nfiles.root = /nonexistent\n")
    healthy(f"{what}, by -c", "-c", file, binary=binary)
    healthy(f"{what}, by the environment", binary=binary,
            env={"TINY_SERVER_ENDPOINT": f"tcp://127.0.0.1:{tiny.port}"})
    healthy(f"{what}, by --server.endpoint", "--server.endpoint", f"tcp://127.0.0.1:{tiny.port}", binary=binary)
    healthy(f"{what}, the first of several", "--server.endpoint", f"tcp://127.0.0.1:{tiny.port}",
            "--server.endpoint", "tcp://127.0.0.1:1", binary=binary)
    tiny.stop()
    ill(f"{what}, nothing listens", b"Connection refused", f"tcp://127.0.0.1:{tiny.port}", binary=binary)


def counted():
    """At debug the log tells, and the status page counts."""
    for version in ("TLSv1.2", "TLSv1.3"):
        tiny = Tiny({"ssl.keyfile": pem, "log.level": "debug", "ssl.max-protocol": version})
        healthy(f"{version}, log.level = debug", f"tcp://127.0.0.1:{tiny.port}")
        tiny.wait_log(rb"debug: 127.0.0.1:\d+: left before the end of the handshake")
        ok(True, "debug: left before the end of the handshake")
        page = harness.curl(tiny.url())[1]
        ok(b"Left before" in page, "the status page counts it", page)
        equal(tiny.stop(), 0, "and it ends in peace")


# ---- and in bad ---------------------------------------------------------------

def answering(answer, name, sentence):
    """A listener that takes what comes and answers so; None: it hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        peer, _ = listener.accept()
        peer.recv(4096)
        if answer is not None:
            peer.sendall(answer)
        peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    ill(name, sentence, f"tcp://127.0.0.1:{listener.getsockname()[1]}")
    thread.join(harness.PATIENCE)
    listener.close()


def others():
    answering(b"HTTP/1.1 400 Bad Request\r\n\r\n", "plain HTTP", b"it answers, but not in TLS")
    answering(b"\x15\3\3\0\2\2\x50", "internal_error", b"internal_error")
    answering(b"\x16\3\3\0\x2a\2\0\0\x26\3\3" + bytes(60), "a ServerHello with a suite that was not offered",
              b"a ServerHello that is broken")
    answering(b"\x16\3\3\0\x2a\2\0\0\x26", "a ServerHello that is cut", b"it hangs up")
    answering(b"\0garbage" * 40, "garbage", b"it answers, but not in TLS")
    answering(None, "one that hangs up", b"it hangs up")
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
    ill("one that accepts and says nothing", b"no answer in time", url, "--server.healthcheck-timeout", "200ms")
    ill("the time by the environment", b"no answer in time", url, env={"TINY_SERVER_HEALTHCHECK_TIMEOUT": "200ms"})
    silent.close()
    # A real TLS server that is not ours is well, too.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        peer, _ = listener.accept()
        try:
            context.wrap_socket(peer, server_side=True).close()
        except (ssl.SSLError, OSError):
            peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    healthy("OpenSSL's server is well", f"tcp://127.0.0.1:{listener.getsockname()[1]}")
    thread.join(harness.PATIENCE)
    listener.close()


def stopped():
    tiny = Tiny(FILES)
    url = f"tcp://127.0.0.1:{tiny.port}"
    healthy("a server that runs", url)
    tiny.signal(signal.SIGSTOP)
    ill("the same, stopped", b"no answer in time", url, "--server.healthcheck-timeout", "300ms")
    tiny.signal(signal.SIGCONT)
    healthy("and going on", url)
    equal(tiny.stop(), 0, "it ends in peace")


def wrong(binary):
    """2 is not for us: container systems keep it for themselves."""
    what = os.path.basename(binary)
    for name, words, sentence in (("an unknown option", ["--nonsense"], b"nonsense: "),
                                  ("no endpoint", ["localhost:4433"], b"tcp://host:port"),
                                  ("a file that is not there", ["-c", "/nonexistent.conf"], b"No such file"),
                                  ("a wrong value", ["--server.healthcheck-timeout", "soon"], b"healthcheck-timeout")):
        code, out, err = check(*words, binary=binary)
        ok(code == 1 and sentence in err, f"{what}, {name}: 1", f"{code} {err!r}")
    code, out, err = check("tcp://127.0.0.1:0", binary=binary)
    ok(code == 1 and err != b"", f"{what}, port 0 is nobody's", f"{code} {err!r}")
    code, out, err = check("--help", binary=binary)
    ok(code == 0 and b"tiny healthcheck" in out, f"{what}, --help")


for one in BINARIES:
    versions(one)
    places(one)
    wrong(one)
refusing()
counted()
others()
stopped()
done()
