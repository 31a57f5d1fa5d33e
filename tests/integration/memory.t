#!/usr/bin/env python3
"""10,000 idle connections, with at most 2 KiB of the server's own memory each in TLS 1.3
and 6 KiB in TLS 1.2, and buffers that come back when they wake."""
import resource
import ssl
import time

from harness import Tiny, client_context, done, equal, folder, ok, self_signed, skip, write

COUNT = 10_000
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
if hard < COUNT + COUNT // 4 + 300:
    skip("10,000 idle connections", f"only {hard} descriptors are allowed here")
    done()
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
root = folder()
write(root + "/small", "small\n")
key = self_signed(folder())


def ask(s):
    s.sendall(b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return s.recv(4096).endswith(b"\r\n\r\nsmall\n")


def hold(name, version, limit_kib, options):
    """The first thousand with a full handshake, the rest resumed: that is quicker, and
    what an idle connection keeps is the same."""
    tiny = Tiny({"ssl.keyfile": key, "files.root": root, "server.max-connections": COUNT + 10,
                 "server.idle-timeout": 600, "server.backlog": 1024} | options)
    context = client_context(version, version, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")
    warm = [tiny.tls(context) for _ in range(10)]
    good = all(ask(s) for s in warm)
    before = tiny.status("VmRSS")
    connections, session = [], None
    for i in range(COUNT - 10):
        s = context.wrap_socket(tiny.connect(), server_hostname="localhost", session=session if i >= 1000 else None)
        if i < 1000 or version == TLS12:
            session = s.session
        if i % 10 == 0:
            good = ask(s) and good
            session = s.session  # tickets of TLS 1.3 come before the answer
        connections.append(s)
    time.sleep(0.5)
    after = tiny.status("VmRSS")
    each = (after - before) / len(connections)
    equal(len(connections) + len(warm), COUNT, f"{name}: 10,000 connections are held")
    ok(connections[-1].session_reused, "the last was resumed")
    ok(each <= limit_kib, f"each takes at most {limit_kib} KiB", f"{each:.2f} KiB")
    print(f"# {each:.2f} KiB each, {after} KiB in all")
    ok(good, "requests before the rest are answered")
    ok(all(ask(s) for s in connections[::97] + warm), "connections wake up and are answered")
    ok(tiny.status("VmRSS") < after + 4096, "waking them does not grow the server")
    ok(tiny.alive(), "it lives")
    for s in connections + warm:
        s.close()
    equal(tiny.stop(), 0, "and ends well")


hold("TLS 1.3", TLS13, 2, {"ssl.protocol": "6"})
hold("TLS 1.2", TLS12, 6, {"ssl.protocol": "5", "ssl.session-cache": "true", "ssl.session-tickets": "false"})
done()
