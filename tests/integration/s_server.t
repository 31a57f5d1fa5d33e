#!/usr/bin/env python3
"""The same script against `openssl s_server` and against tiny: options of
listening, identity, protocol and sessions, with what a client sees of them. Where
the two are meant to be the same they are compared; what is tiny's own (its
refusals, its better manners) is tested after that."""
import os
import re
import signal
import socket
import ssl
import subprocess
import time

from harness import (PATIENCE, TINY, client_context, curl, done, equal, folder, have, listening_port, ok, run, self_signed,
                     skip, write)

HERE = folder()
# Its output would else stay in a buffer when it is ended.
PROGRAMS = [["stdbuf", "-oL", "openssl", "s_server"], [TINY]]
NAMES = ["s_server", "tiny"]
WEAK = ["-cipher", "ALL:@SECLEVEL=0"]


class Server:
    """One of the two, started in the folder with a command line of s_server's."""

    def __init__(self, which, *args, address=True):
        where = ["-accept", "127.0.0.1:0"] if address else []
        self.paths = [os.path.join(HERE, f"{which}.{s}") for s in ("out", "err")]
        self.files = [open(p, "wb") for p in self.paths]
        # Input that never ends: its end would end s_server.
        self.process = subprocess.Popen([*PROGRAMS[which], *where, *args], cwd=HERE, stdin=subprocess.PIPE,
                                        stdout=self.files[0], stderr=self.files[1])
        self.pid = self.process.pid
        self.port = listening_port(self.pid) if address else None
        if address and self.port is None:
            raise AssertionError(f"{NAMES[which]} {args} does not listen:\n" + self.text(1))

    def text(self, which):
        with open(self.paths[which], errors="replace") as f:
            return f.read()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        for f in self.files:
            f.close()


def client(port, *args, name="localhost", request=b""):
    """What s_client says of a connection."""
    sni = ["-servername", name] if name else ["-noservername"]
    where = ["-unix", port] if isinstance(port, str) else ["-connect", f"127.0.0.1:{port}"]
    code, out, err = run("openssl", "s_client", *where, *sni, *args, input=request, cwd=HERE)
    return code, (out + err).decode(errors="replace")


def found(pattern, text):
    m = re.search(pattern, text, re.M)
    return m[1] if m else None


def seen13(text):
    """The same of TLS 1.3, where a session comes after the handshake, with each ticket."""
    return {"cipher": found(r"^(?:New|Reused), \S+, Cipher is (\S+)", text),
            "subject": found(r"^subject=(.*)", text), "digest": found(r"^Peer signing digest: (.*)", text),
            "type": found(r"^Peer signature type: (.*)", text), "key": found(r"^Server Temp Key: (.*)", text),
            "alpn": found(r"^ALPN protocol: (.*)", text), "tickets": text.count("New Session Ticket arrived"),
            "psk": "Reused, TLSv1.3" in text, "alert": found(r"SSL alert number (\d+)", text)}


def seen(text):
    """What is to be the same of a connection, whoever serves it."""
    return {"cipher": found(r"^ +Cipher +: (\S+)", text), "protocol": found(r"^ +Protocol +: (\S+)", text),
            "subject": found(r"^subject=(.*)", text), "digest": found(r"^Peer signing digest: (.*)", text),
            "key": found(r"^Server Temp Key: (.*)", text), "alpn": found(r"^ALPN protocol: (.*)", text),
            "ticket": "TLS session ticket:" in text, "certificates": text.count("BEGIN CERTIFICATE")}


def same(title, args, *clients, want=(), but=(), weak=False, what=seen, request=b""):
    """Runs both servers with args, the clients against each, and compares. want: for
    each client what is expected of some fields."""
    results = []
    for which in (0, 1):
        server = Server(which, *args, "-www")
        try:
            texts = [client(server.port, *(WEAK if weak else []), *c, request=request)[1] for c in clients]
        finally:
            server.end()
        results.append([{k: v for k, v in what(t).items() if k not in but} for t in texts])
    equal(results[1], results[0], f"{title}: as s_server")
    for got, expected in zip(results[1], want):
        for field, value in expected.items():
            equal(got[field], value, f"{title}: {field}")


def protocol():
    both = ("-tls1_2",)
    same("-tls1_2", ["-tls1_2"], (), ("-tls1_2",), ("-tls1_1",), want=[{"protocol": "TLSv1.2"}],
         but=("cipher", "digest", "ticket"))
    same("-tls1_1", ["-tls1_1", *WEAK], ("-tls1_1",), ("-tls1_2",), weak=True, want=[{"protocol": "TLSv1.1"}],
         but=("cipher", "digest", "ticket"))
    same("-tls1", ["-tls1", *WEAK], ("-tls1",), ("-tls1_1",), weak=True, want=[{"protocol": "TLSv1"}],
         but=("cipher", "digest", "ticket"))
    same("-min_protocol, -max_protocol", ["-min_protocol", "TLSv1.1", "-max_protocol", "TLSv1.2", "-no_tls1_2", *WEAK],
         ("-tls1_1",), ("-tls1_2",), weak=True, want=[{"protocol": "TLSv1.1"}], but=("cipher", "digest", "ticket"))
    suites = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384"
    turned = ("-cipher", ":".join(reversed(suites.split(":"))), *both)
    same("-cipher", ["-tls1_2", "-cipher", suites], turned, want=[{"cipher": turned[1].split(":")[0]}])
    same("-serverpref", ["-tls1_2", "-serverpref", "-cipher", suites], turned, want=[{"cipher": suites.split(":")[0]}])
    offers = [("-cipher", o, *both) for o in (suites, ":".join(reversed(suites.split(":"))))]
    same("-prioritize_chacha", ["-tls1_2", "-serverpref", "-prioritize_chacha", "-cipher", offers[1][1]], *offers,
         want=[{"cipher": s} for s in suites.split(":")])
    same("-cipher of one", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], both,
         ("-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384", *both), want=[{"cipher": "ECDHE-ECDSA-AES128-GCM-SHA256"}])
    for option in ("-named_curve", "-curves", "-groups"):
        same(option, ["-tls1_2", option, "P-384" if option != "-named_curve" else "secp384r1"], both, ("-curves", "P-521", *both),
             want=[{"key": "ECDH, secp384r1, 384 bits"}])
    same("-sigalgs", ["-tls1_2", "-sigalgs", "ECDSA+SHA512:ECDSA+SHA384"], ("-sigalgs", "ECDSA+SHA256:ECDSA+SHA384", *both),
         ("-sigalgs", "ECDSA+SHA256", *both), want=[{"digest": "SHA384"}, {"cipher": "0000"}])
    same("-alpn", ["-tls1_2", "-alpn", "x,y"], ("-alpn", "y,z", *both), both, want=[{"alpn": "y"}, {"alpn": None}])
    same("no -alpn", ["-tls1_2"], ("-alpn", "y,z", *both), want=[{"alpn": None, "protocol": "TLSv1.2"}])
    same("-no_etm", ["-tls1_2", "-no_etm", *WEAK], ("-cipher", "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0", *both),
         want=[{"cipher": "ECDHE-ECDSA-AES128-SHA256"}])
    same("-no_tls1, -no_tls1_1, -no_ssl3, -no_comp", ["-no_ssl3", "-no_tls1", "-no_tls1_1", "-no_tls1_3", "-no_comp", *WEAK], ("-tls1",),
         ("-tls1_1",), ("-tls1_2",), weak=True, want=[{"subject": None}, {"subject": None}, {"subject": "CN = localhost"}],
         but=("cipher", "protocol", "digest", "ticket"))
    same("-no_ticket", ["-tls1_2", "-no_ticket"], both, want=[{"ticket": False}])
    same("tickets", ["-tls1_2"], both, want=[{"ticket": True}])


def protocol13():
    def same13(title, args, *clients, **how):
        same(title, args, *(("-ign_eof", *c) for c in clients), what=seen13, request=b"GET / HTTP/1.0\r\n\r\n", **how)

    aes, chacha, long = "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"
    only, older = ("-tls1_3",), ("-tls1_2",)
    same13("no version", [], (), only, want=[{"cipher": long, "tickets": 2, "subject": "CN = localhost"}])
    same13("-tls1_3", ["-tls1_3"], (), only, older, want=[{"cipher": long}, {"cipher": long}, {"cipher": "(NONE)", "alert": "70"}])
    for args in ["-no_tls1_3"], ["-max_protocol", "TLSv1.2"]:
        same13(" ".join(args), args, only, want=[{"cipher": "(NONE)", "alert": "70"}])
    for args in ["-min_protocol", "TLSv1.3"], ["-no_tls1_2", "-no_tls1_1", "-no_tls1"]:
        same13(" ".join(args), args, (), older, want=[{"cipher": long}, {"alert": "70"}])
    for order in (aes, chacha), (chacha, aes):
        offer = ("-ciphersuites", ":".join(reversed(order)))
        same13("-ciphersuites", ["-ciphersuites", ":".join(order)], offer, ("-ciphersuites", long, *only),
               want=[{"cipher": order[1]}, {"alert": "40"}])
        same13("-ciphersuites, -serverpref", ["-serverpref", "-ciphersuites", ":".join(order)], offer, want=[{"cipher": order[0]}])
    same13("-prioritize_chacha", ["-serverpref", "-prioritize_chacha", "-ciphersuites", f"{aes}:{chacha}"],
           ("-ciphersuites", f"{chacha}:{aes}"), ("-ciphersuites", f"{aes}:{chacha}"), want=[{"cipher": chacha}, {"cipher": aes}])
    for option, name in ("-groups", "P-384"), ("-curves", "P-384"), ("-named_curve", "secp384r1"):
        same13(option, [option, name], (), ("-groups", "P-521:P-384"), ("-groups", "X25519", *only),
               want=[{"key": "ECDH, secp384r1, 384 bits"}] * 2 + [{"alert": "40"}])
    same13("-sigalgs of ECDSA", ["-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256"], (), ("-sigalgs", "RSA-PSS+SHA256"),
           want=[{"digest": "SHA256", "type": "ECDSA"}, {"alert": "40"}])
    for name, digest in ("rsa_pss_rsae_sha384", "SHA384"), ("RSA-PSS+SHA512", "SHA512"), ("PSS+SHA256", "SHA256"):
        same13(f"-sigalgs {name}", ["-tls1_3", "-cert", "rsa.crt", "-key", "rsa.key", "-sigalgs", name], (),
               want=[{"digest": digest, "type": "RSA-PSS"}])
    same13("-alpn", ["-alpn", "x,y"], ("-alpn", "y,z"), (), want=[{"alpn": "y"}, {"alpn": None}])
    for number in "0", "1", "5":
        same13(f"-num_tickets {number}", ["-num_tickets", number], (), want=[{"tickets": int(number)}])
    same13("-no_ticket", ["-no_ticket"], (), want=[{"tickets": 2}])
    same13("-no_ticket, -no_cache", ["-no_ticket", "-no_cache", "-num_tickets", "0"], (), want=[{"tickets": 0}])
    same13("-record_padding", ["-record_padding", "512"], (), want=[{"cipher": long}])
    key = "000102030405060708090a0b0c0d0e0f"
    mine = ("-psk", key, "-ciphersuites", aes)
    same13("-psk", ["-psk", key, "-tls1_3"], mine, (*mine, "-psk_identity", "stranger"), (),
           want=[{"psk": True, "cipher": aes, "subject": None}], but=("tickets",))
    same13("-psk_identity", ["-psk", key, "-psk_identity", "me", "-tls1_3"], (*mine, "-psk_identity", "me"),
           want=[{"psk": True}], but=("tickets",))
    same13("-psk of another key", ["-psk", key[::-1], "-tls1_3"], mine, want=[{"psk": False, "cipher": "(NONE)"}], but=("alert",))


def identity():
    both = ("-tls1_2",)
    rsa = ("-cipher", "ECDHE-RSA-AES128-GCM-SHA256", *both)
    same("server.pem", ["-tls1_2"], both, want=[{"subject": "CN = localhost"}])
    same("-cert, -key, -certform, -keyform", ["-cert", "other.crt", "-key", "other.key", "-certform", "PEM", "-keyform", "PEM",
                                              "-tls1_2"], both, want=[{"subject": "CN = other.test"}])
    same("-key alone: the certificate is in server.pem", ["-key", "server.key", "-tls1_2"], both, want=[{"subject": "CN = localhost"}])
    same("-pass", ["-cert", "other.crt", "-key", "locked.key", "-pass", "pass:secret", "-tls1_2"], both,
         want=[{"subject": "CN = other.test"}])
    same("-dcert, -dkey, -dpass", ["-dcert", "rsa.crt", "-dkey", "rsalocked.key", "-dpass", "pass:other", "-tls1_2"], both, rsa,
         want=[{"subject": "CN = localhost"}, {"subject": "CN = rsa.test"}], but=("cipher",))
    same("-dcertform, -dkeyform, of DER", ["-dcert", "rsa.crt.der", "-dcertform", "DER", "-dkey", "rsa.key.der", "-dkeyform", "DER",
                                           "-tls1_2"], rsa, want=[{"subject": "CN = rsa.test"}], but=("cipher",))
    same("-certform, -keyform, of DER", ["-cert", "rsa.crt.der", "-certform", "DER", "-key", "rsa.key.der", "-keyform", "DER", "-tls1_2"],
         rsa, want=[{"subject": "CN = rsa.test"}])
    same("-build_chain", ["-cert", "leaf.crt", "-key", "leaf.key", "-chainCAfile", "ca.crt", "-build_chain", "-tls1_2"],
         both, want=[{"subject": "CN = leaf.test"}])
    server = Server(1, "-www", "-dcert", "leaf.crt", "-dkey", "leaf.key", "-dcert_chain", "ca.crt", "-cert", "rsa.crt", "-key", "rsa.key")
    texts = [client(server.port, "-showcerts", *both)[1], client(server.port, "-showcerts", *rsa)[1]]
    server.end()
    equal([(seen(t)["subject"], seen(t)["certificates"] > 1) for t in texts], [("CN = leaf.test", True), ("CN = rsa.test", False)],
          "-dcert_chain follows the second certificate alone")
    same("-cert_chain", ["-cert", "leaf.crt", "-key", "leaf.key", "-cert_chain", "ca.crt", "-tls1_2"], ("-showcerts", *both),
         want=[{"certificates": 2}])
    same("-servername", ["-servername", "Foo.example", "-cert2", "other.crt", "-key2", "other.key", "-tls1_2"], both)
    for option in ("-cert", "-key"):
        codes = [subprocess.run([*s, "-accept", "127.0.0.1:0", option, "missing.pem"], cwd=HERE, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False).returncode
                 for s in PROGRAMS]
        equal(codes, [1, 1], f"{option} of no file ends both")


def failures():
    """What is said of handshakes that fail, and of certificates that are tolerated."""
    words = re.compile(r"^(ERROR|CONNECTION (?:FAILURE|CLOSED|ESTABLISHED)|verify .*|depth.*)$|(peer did not return a certificate)", re.M)
    for mode in ([], ["-rev"]):
        told = []
        for which in (0, 1):
            server = Server(which, "-tls1_2", "-naccept", "3", "-Verify", "1", *mode)
            client(server.port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
            client(server.port, "-tls1_2")
            client(server.port, "-tls1_2", "-cert", "other.crt", "-key", "other.key", request=b"CLOSE\n")
            server.process.wait(PATIENCE)
            server.end()
            told.append([sorted(a or b for a, b in words.findall(server.text(i))) for i in (0, 1)])
        equal(told[1], told[0], f"handshakes that fail, {mode or 'console'}: as s_server")
        ok("peer did not return a certificate" in told[1][1] and told[1][1].count("verify return:1") > 0, "in its words", told[1])


def server_names():
    args = ["-servername", "Foo.example", "-cert2", "other.pem", "-tls1_2", "-www"]
    lines = []
    for which in (0, 1):
        server = Server(which, *args)
        subjects = [found(r"^subject=(.*)", client(server.port, "-msg", name=n)[1])
                    for n in ("foo.EXAMPLE", "bar.example", None)]
        warned = "unrecognized_name" in client(server.port, "-msg", name="bar.example")[1]
        server.end()
        lines.append([s for s in server.text(0).splitlines() if "extension" in s or "Switching" in s])
        equal((subjects, warned), (["CN = other.test", "CN = localhost", "CN = localhost"], True),
              f"-servername of {NAMES[which]}: the name, another, none; and the warning")
    equal(lines[1], lines[0], "-servername prints what s_server prints")
    ok(lines[1][:2] == ['Hostname in TLS extension: "foo.EXAMPLE"', "Switching server context."], "the name as it came", lines[1])
    for which in (0, 1):
        server = Server(which, *args[:-1], "-quiet")
        client(server.port, name="foo.example")
        server.end()
        ok("extension" not in server.text(0), f"not with -quiet: {NAMES[which]}", server.text(0))
    for which in (0, 1):
        server = Server(which, *args, "-servername_fatal")
        good, bad = client(server.port, name="foo.example")[1], client(server.port, name="bar.example")[1]
        server.end()
        ok("CN = other.test" in good and "unrecognized name" in bad, f"-servername_fatal of {NAMES[which]}", bad)


def sessions():
    for title, args, reused, tickets in (
            ("a cache", ["-no_ticket"], True, False), ("tickets", ["-no_cache"], True, True),
            ("-no_cache -no_ticket", ["-no_cache", "-no_ticket"], False, False),
            ("-ext_cache", ["-ext_cache", "-no_ticket"], True, False), ("-context", ["-context", "abc", "-no_ticket"], True, False)):
        for which in (0, 1):
            server = Server(which, "-tls1_2", "-www", *args)
            text = client(server.port, "-tls1_2", "-reconnect")[1]
            server.end()
            equal(("Reused, TLSv1.2" in text, "session ticket:" in text), (reused, tickets), f"{title}: {NAMES[which]} resumes or not")
    for which in (0, 1):
        server = Server(which, "-tls1_2", "-www", "-no_ticket", "-id_prefix", "tiny!")
        ids = re.findall(r"Session-ID: (\w+)", client(server.port, "-tls1_2")[1] + client(server.port, "-tls1_2")[1])
        text = client(server.port, "-tls1_2", "-reconnect")[1]
        server.end()
        ok(len(ids) == 2 and ids[0] != ids[1] and all(i.startswith(b"tiny!".hex().upper()) and len(i) == 64 for i in ids),
           f"-id_prefix of {NAMES[which]}", ids)
        ok("Reused, TLSv1.2" in text, f"and {NAMES[which]} finds the session again", text)
    # Tickets of one key file are good for another process, but not under another context.
    keys = write(os.path.join(HERE, "tickets.key"), os.urandom(48), 0o600)
    session = os.path.join(HERE, "session.pem")
    first = Server(1, "-www", "-context", "one", "--ssl.ticket-keys", keys)
    client(first.port, "-tls1_2", "-sess_out", session)
    first.end()
    for context, want in (("one", "Reused"), ("two", "New")):
        server = Server(1, "-www", "-context", context, "--ssl.ticket-keys", keys)
        text = client(server.port, "-tls1_2", "-sess_in", session)[1]
        server.end()
        ok(f"{want}, TLSv1.2" in text, f"a session of -context one is {want} under -context {context}", text)


def served():
    write(os.path.join(HERE, "page.html"), "<p>page</p>\n")
    write(os.path.join(HERE, "raw.txt"), "HTTP/1.0 299 Own words\r\nX-Own: 1\r\n\r\nbody\n")
    for mode, path in (("-www", "/"), ("-WWW", "/page.html"), ("-HTTP", "/raw.txt")):
        answers = []
        for which in (0, 1):
            server = Server(which, "-tls1_2", mode)
            answers.append(curl("-D", "-", "--http1.0", f"https://127.0.0.1:{server.port}{path}")[1])
            server.end()
        codes = [a.split(b" ")[1] if b" " in a else a for a in answers]
        bodies = [a.partition(b"\r\n\r\n")[2] for a in answers]
        equal(codes[1], codes[0], f"{mode}: the status code")
        if mode == "-www":
            ok(all(b"TLSv1.2" in b and b"ECDHE-ECDSA-AES" in b for b in bodies), "-www: protocol and cipher", bodies[1])
            ok(b"Master" not in bodies[1], "-www: no master key")
        else:
            equal(bodies[1], bodies[0], f"{mode}: the body")
        if mode == "-HTTP":
            equal(answers[1], answers[0], f"{mode}: every byte")
    for which in (0, 1):
        server = Server(which, "-tls1_2", "-rev")
        with client_context().wrap_socket(socket.create_connection(("127.0.0.1", server.port), PATIENCE)) as s:
            s.sendall(b"hello\nworld\n")
            got = b""
            while got.count(b"\n") < 2:
                got += s.recv(100)
        server.end()
        equal(got, b"olleh\ndlrow\n", f"-rev of {NAMES[which]}")


def record_sizes(port):
    """The lengths of the records of application data that answer a GET."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    wire = b""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as s:
        def move(step):
            nonlocal wire
            while True:
                try:
                    result = step()
                    s.sendall(outgoing.read())
                    return result
                except ssl.SSLWantReadError:
                    s.sendall(outgoing.read())
                    data = s.recv(65536)
                    wire += data
                    incoming.write(data) if data else incoming.write_eof()
        move(tls.do_handshake)
        move(lambda: tls.write(b"GET / HTTP/1.0\r\n\r\n"))
        try:
            while move(lambda: tls.read(65536)):
                pass
        except ssl.SSLError:
            pass
    sizes = []
    while len(wire) >= 5:
        length = int.from_bytes(wire[3:5], "big")
        sizes.append((wire[0], length))
        wire = wire[5 + length:]
    return sizes


def listening():
    for which in (0, 1):
        path = os.path.join(HERE, f"sock{which}")
        for again in ((), ("-unlink",)):
            server = Server(which, "-unix", path, "-www", *again, address=False)
            for _ in range(200):
                if os.path.exists(path) and "subject=CN = localhost" in (text := client(path, "-tls1_2")[1]):
                    break
                time.sleep(0.02)
            ok("subject=CN = localhost" in text, f"-unix of {NAMES[which]} {again}", text)
            server.process.kill()
            server.end()
    for which in (0, 1):
        server = Server(which, "-www", "-tls1_2", "-max_send_frag", "512", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")
        sizes = record_sizes(server.port)
        server.end()
        data = [n for kind, n in sizes if kind == 23]
        ok(len(data) > 1 and max(data) == 512 + 24 and max(n for _, n in sizes) <= 512 + 24,
           f"-max_send_frag of {NAMES[which]}", sizes)


def counted():
    for which in (0, 1):
        server = Server(which, "-www", "-tls1_2", "-naccept", "2")
        answers = [curl(f"https://127.0.0.1:{server.port}/")[0] for _ in range(2)]
        code = server.process.wait(PATIENCE)
        equal((answers, code), ([0, 0], 0), f"-naccept 2 of {NAMES[which]}")
        server.end()
    for family, address, other in (("-4", "127.0.0.1", "[::1]"), ("-6", "[::1]", "127.0.0.1")):
        for which in (0, 1):
            server = Server(which, family, "-accept", "*:0", "-www", "-tls1_2", address=False)
            ports = ports_of(server.pid)
            reached = [curl(f"https://{host}:{ports[0]}/")[0] == 0 for host in (address, other)]
            server.end()
            equal(reached, [True, False], f"{family} of {NAMES[which]}")


def statistics():
    """Hits and misses: new, resumed, unknown; with tickets and without."""
    saved, first, again = os.path.join(HERE, "hits.pem"), ["-tls1_2"], ["-tls1_2"]
    first, again = [*first, "-sess_out", saved], [*again, "-sess_in", saved]
    for title, args, clients in (("a new session", [], [["-tls1_2"]]), ("a ticket", [], [first, again]),
                                 ("a session ID", ["-no_ticket"], [first, again]), ("an unknown ID", ["-no_ticket"], [again]),
                                 ("a client of TLS 1.3", [], [[]])):
        blocks = []
        for which in (0, 1):
            server = Server(which, "-tls1_2", "-naccept", str(len(clients)), *args)
            for c in clients:
                client(server.port, *c)
            server.process.wait(PATIENCE)
            server.end()
            blocks.append(re.findall(r"^ +\d+ .*", server.text(0), re.M))
        ok(len(blocks[0]) == 12 and blocks[1] == blocks[0], f"the statistics of {title}: as s_server", blocks)


def ports_of(pid):
    """The TCP ports that a process listens on, of either family."""
    for _ in range(1500):
        inodes, ports = set(), []
        for fd in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table) as f:
                for fields in [line.split() for line in f.readlines()[1:]]:
                    if fields[3] == "0A" and fields[9] in inodes:
                        ports.append(int(fields[1].split(":")[1], 16))
        if ports:
            return ports
        time.sleep(0.02)
    raise AssertionError("nobody listens")


def until(pattern, server):
    end = time.monotonic() + PATIENCE
    while not re.search(pattern, server.text(0)) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(re.search(pattern, server.text(0)))


def no_renegotiation():
    for which in (0, 1):
        server = Server(which, "-tls1_2", "-no_renegotiation")
        peer = subprocess.Popen(["openssl", "s_client", "-msg", "-connect", f"127.0.0.1:{server.port}"], cwd=HERE,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ok(until("CIPHER is", server), f"-no_renegotiation: {NAMES[which]} has a client", server.text(0))
        server.process.stdin.write(b"r\n")
        server.process.stdin.flush()
        ok(until("SSL_do_handshake -> ", server), "r is tried", server.text(0))
        server.process.stdin.write(b"Q\n")
        server.process.stdin.flush()
        text = peer.communicate(timeout=PATIENCE)[0].decode(errors="replace")
        equal((text.count("], ClientHello"), "HelloRequest" in text), (1, False), f"but {NAMES[which]} does not renegotiate")
        server.end()


def gnutls():
    if not have("gnutls-cli"):
        skip("gnutls-cli", "it is not here")
        return
    server = Server(1, "-www", "-sigalgs", "ECDSA+SHA384", "-servername", "foo.example", "-groups", "P-256")
    for name, want in (("foo.example", "CN=other.test"), ("bar.example", "CN=localhost")):
        code, out, _ = run("gnutls-cli", "--insecure", "--sni-hostname", name, "--priority", "NORMAL:-VERS-TLS1.3",
                           "-p", str(server.port), "127.0.0.1", input=b"GET / HTTP/1.0\r\n\r\n")
        text = out.decode(errors="replace")
        ok(f"subject `{want}'" in text and "ECDSA-SHA384" in text and "SECP256R1" in text and "TLSv1.2" in text,
           f"gnutls-cli asks for {name}, the warning does not hinder it", text)
    server.end()


def random_files():
    fifo = os.path.join(HERE, "fifo")
    os.mkfifo(fifo)
    writer = subprocess.Popen(["sh", "-c", "head -c 5000 /dev/urandom > fifo && echo all > taken"], cwd=HERE)
    server = Server(1, "-www", "-rand", "server.pem:fifo")
    equal(writer.wait(PATIENCE), 0, "-rand reads its files to their end")
    ok("subject=CN = localhost" in client(server.port, "-tls1_2")[1], "and all is well")
    server.end()
    code, _, err = run(TINY, "-accept", "127.0.0.1:0", "-rand", "missing", cwd=HERE)
    ok(code == 1 and b"ssl.random-files: missing: " in err, "-rand of no file", err)


def manners():
    for args, sentence in (
            (["-ssl3"], b"-ssl3: SSL 2 and 3 are broken"), (["--ssl3"], b"-ssl3: SSL 2"), (["-psk_hint=1a2b"], b"-psk_hint: keys are shared"),
            (["-psk", "1a2b", "-tls1_2"], b"-psk: ssl.psk: only TLS 1.3 takes keys"), (["-www", "-nocert"], b"-nocert: ssl.psk-only: there is no key"), (["-status"], b"-status_file"),
            (["-certform", "P12"], b"-certform: PEM and DER"), (["-sigalgs", "RSA+MD4"], b'"RSA+MD4" is no signature algorithm'),
            (["-cert2", "x"], b"belongs to ssl.server-name (-servername); set it"), (["-servername_fatal"], b"-servername"),
            (["-max_send_frag", "99"], b"out of range: 512 to 16384"), (["-verify", "x"], b"command line: -verify: ssl.verify-error-depth: a number is wanted"), (["-dtls=1"], b"takes no value"), (["-psk"], b"a value is missing"),
            (["-named_curv", "x"], b"did you mean named_curve?"), (["-servernam", "x"], b"did you mean servername?")):
        code, _, err = run(TINY, *args, cwd=HERE)
        ok(code == 2 and sentence in err, f"{' '.join(args)} is refused", err)
    server = Server(1, "--www", "--tls1_2", "--cipher=ECDHE-ECDSA-AES128-GCM-SHA256")
    text = client(server.port)[1]
    ok(seen(text)["cipher"] == "ECDHE-ECDSA-AES128-GCM-SHA256", "two dashes, and =", text)
    server.end()
    empty = folder()
    code, out, err = run(TINY, "-www", "-t", cwd=empty)
    ok(code == 0 and b"there is no server.pem in this folder" in err and b"SELF-SIGNED" in err, "no server.pem: it is said", err)
    code, out, err = run(TINY, "-www", "-t", "-bugs", "-nbio", "-no_dhe", cwd=HERE)
    ok(code == 0 and b"ssl.keyfile = server.pem\n" in out and b"ssl.session-cache = true\n" in out, "-t shows the defaults", out)


def make_files():
    for name, host, kind in (("server", "localhost", "ec"), ("other", "other.test", "ec"), ("rsa", "rsa.test", "rsa"),
                             ("ca", "ca.test", "ec")):
        self_signed(HERE, name, kind, host)
    write(os.path.join(HERE, "server2.pem"), open(os.path.join(HERE, "other.pem")).read(), 0o600)
    for name in ("rsa.crt", "rsa.key"):
        run("openssl", "x509" if name.endswith("crt") else "pkey", "-in", name, "-outform", "DER", "-out", name + ".der", cwd=HERE)
    for name, out, password in (("other.key", "locked.key", "secret"), ("rsa.key", "rsalocked.key", "other")):
        run("openssl", "pkcs8", "-topk8", "-in", name, "-out", out, "-v2", "aes-256-cbc", "-passout", "pass:" + password, cwd=HERE)
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=leaf.test",
        "-keyout", "leaf.key", "-out", "leaf.csr", cwd=HERE)
    run("openssl", "x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "9",
        "-out", "leaf.crt", cwd=HERE)


make_files()
listening()
identity()
failures()
server_names()
protocol()
protocol13()
sessions()
served()
counted()
statistics()
no_renegotiation()
gnutls()
random_files()
manners()
done()
