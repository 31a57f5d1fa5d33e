#!/usr/bin/env python3
"""What is shown of TLS 1.3 connections: the same clients against openssl
s_server and tiny, and their output compared where it is meant to be the same."""

import os
import re
import socket
import subprocess

from harness import PATIENCE, Tiny, done, equal, folder, listening_port, ok, self_signed
from tlskit import WEAK, Authority, s_client

home = folder()
pem = self_signed(home)
authority = Authority("Root")
client_pem = authority.issue("client")
login = ["-cert", client_pem, "-key", client_pem]
ask = ["-Verify", "3", "-CAfile", authority.crt]


class Server:
    """openssl s_server for some connections, as Tiny is used here."""

    def __init__(self, *args, count=1):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", pem, "-naccept", str(count),
             "-tls1_3", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=WEAK)
        listening_port(self.process.pid)

    def end(self):
        try:
            out, err = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        return out.decode(errors="replace"), err.decode(errors="replace")


class Ours(Tiny):
    def __init__(self, *args, count=1):
        super().__init__({"ssl.keyfile": pem}, ["-tls1_3", *args, "-naccept", str(count), "-ign_eof"])

    def end(self):
        self.wait()
        return self.process.stdout.read().decode(errors="replace"), self.log.decode(errors="replace")


def both(server_args, *clients, input=b""):
    """Output of openssl s_server and of tiny: (stdout, stderr) each."""
    result = []
    for kind in (Server, Ours):
        server = kind(*server_args, count=len(clients))
        for args in clients:
            s_client(server, *args, input=input)
        result.append(server.end())
    return result


def matching(text, pattern):
    return re.findall(pattern, text, re.M)


# ---- -state ---------------------------------------------------------------------

session = home + "/session"
STATES = r"^SSL.*"
for what, server_args, clients in (
        ("a handshake with two tickets", [], [[]]),
        ("three tickets", ["-num_tickets", "3"], [[]]),
        ("without tickets", ["-num_tickets", "0"], [[]]),
        ("a client's certificate", ask, [login]),
        ("a HelloRetryRequest", ["-groups", "P-384"], [[]]),
        ("no group in common", ["-groups", "P-384"], [["-groups", "P-256"]]),
        ("no suite in common", ["-ciphersuites", "TLS_AES_128_GCM_SHA256"],
         [["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"]]),
        ("a client without TLS 1.3", [], [["-tls1_2"]])):
    theirs, ours = both(["-state", *server_args], *clients)
    equal(matching(ours[1], STATES), matching(theirs[1], STATES), "-state: " + what)
theirs, ours = both(["-state", *ask], [])
# openssl 3.0 does not know the name of this alert.
equal([line.replace("certificate required", "unknown") for line in matching(ours[1], STATES)],
      matching(theirs[1], STATES), "-state: a certificate that is required and does not come")
theirs, ours = both(["-state"], [], input=b"K\n")
# Ours answers at once, s_server not before it has data to send. The client's close_notify may
# be read before the answer is written.
finished, answer = "SSL_accept:SSL negotiation finished successfully", "SSL_accept:TLSv1.3 write server key update"
states = matching(ours[1], STATES)
equal((states.count(finished), states.count(answer)), (3, 1), "-state: KeyUpdate is answered")
rest = [line for line in states if line != answer]
del rest[len(rest) - 1 - rest[::-1].index(finished)]
equal(rest, matching(theirs[1], STATES), "-state: KeyUpdate of the client")
# A client that waits for an answer has the ticket, too.
PAGE = b"GET / HTTP/1.0\r\n\r\n"
resumption = [["-ign_eof", "-sess_out", session], ["-ign_eof", "-sess_in", session]]
theirs, ours = both(["-state", "-www"], *resumption, input=PAGE)
ends = ("SSL3 alert read:warning:close notify", "SSL3 alert write:warning:close notify")
equal([line for line in matching(ours[1], STATES) if line not in ends],
      [line for line in matching(theirs[1], STATES) if line not in ends], "-state: a resumption")

# ---- -msg -----------------------------------------------------------------------


def messages(text):
    """Direction and name of each message, with the length of those whose form both
    servers share. One record may hold several messages, so headers are left out."""
    found = []
    for way, kind, size, name in matching(text, r"^([<>]{3}) TLS 1.\d, (\w+) \[length (\w+)\](?:, (.*))?$"):
        if kind not in ("RecordHeader", "InnerContent"):
            fixed = name in ("ClientHello", "ServerHello", "Certificate", "Finished", "KeyUpdate",
                             "warning close_notify", "")
            found.append((way, kind, name, size if fixed else None))
    return found


theirs, ours = both(["-msg", *ask], login)
equal(messages(ours[0]), messages(theirs[0]), "-msg: the same messages, names and lengths")
theirs, ours = both(["-msg", "-groups", "P-384"], [], input=b"K\n")
equal([m[:3] for m in messages(ours[0]) if m[:3] != (">>>", "Handshake", "KeyUpdate")],
      [m[:3] for m in messages(theirs[0])], "-msg: HelloRetryRequest and KeyUpdate")
ok("<<< TLS 1.3, InnerContent [length 0001]\n    16\n<<< TLS 1.3, Handshake [length 0005], KeyUpdate\n    18 00 00 01 01\n"
   in ours[0], "-msg: the inner type of a record that came", ours[0])
headers = matching(ours[0], r"^>>> TLS 1.2, RecordHeader \[length 0005\]\n    17 03 03 (\w\w) (\w\w)\n>>> TLS 1.2, InnerContent")
ok(len(headers) >= 3, "-msg: and of those that were sent, with their headers", ours[0])

# ---- -trace ---------------------------------------------------------------------


def normal(text):
    """Without what differs by chance: random bytes, keys, signatures, tickets."""
    text = re.sub(r"(?s)------details-----.*?------------------\n", "", text)
    text = re.sub(r"(random_bytes|session_id|key_exchange:|Signature|verify_data|ticket) +\(len=\d+\): \w*", r"\1", text)
    text = re.sub(r"(gmt_unix_time=|ticket_age_add=|ticket_lifetime_hint=)\w+", r"\1", text)
    return text


FIELDS = r"^    +\S.*$|^  Inner Content Type.*$"
theirs, ours = both(["-trace", "-num_tickets", "0"], ["-cipher", "DEFAULT"])
hello = [normal(side[0]).split("Sent Record")[0] for side in (ours, theirs)]
equal(matching(hello[0], FIELDS), matching(hello[1], FIELDS), "-trace: every field of a ClientHello")
hello = [normal(side[0]).split("Sent Record")[1] for side in (ours, theirs)]
equal(matching(hello[0], FIELDS), matching(hello[1], FIELDS), "-trace: every field of a ServerHello")
for kind in (r"^    EncryptedExtensions, Length=.*\n.*", r"^    Certificate, Length=.*\n      context.*\n.*\n.*",
             r"^    Finished, .*", r"^    Level=.*", r"^    change_cipher_spec.*", r"^        No extensions$"):
    equal(matching(normal(ours[0]), kind), matching(normal(theirs[0]), kind), "-trace: " + kind[1:30].strip())
theirs, ours = both(["-trace", "-groups", "P-384", *ask], login, input=b"K\n")
hello = [normal(side[0]).split("Sent Record")[1] for side in (ours, theirs)]
ok("extension_type=key_share(51), length=2\n            NamedGroup: secp384r1 (P-384) (24)\n" in hello[0] and
   "extension_type=cookie_ext(44)" in hello[0], "-trace: a HelloRetryRequest", hello[0])
for kind in (r"^    KeyUpdate, Length=1\n.*", r"^      request_context.*"):
    equal(matching(normal(ours[0]), kind)[0], matching(normal(theirs[0]), kind)[0], "-trace: " + kind[1:30].strip())
ok(re.search(r"CertificateRequest, Length=\d+\n      request_context \(len=0\): \n      extensions, length = \d+\n"
             r"        extension_type=signature_algorithms\(13\), length=\d+\n          ecdsa_secp256r1_sha256", ours[0]) and
   re.search(r"extension_type=certificate_authorities\(47\)", ours[0]), "-trace: a CertificateRequest", ours[0])
ok(re.search(r"NewSessionTicket, Length=\d+\n        ticket_lifetime_hint=\d+\n        ticket_age_add=\d+\n"
             r"        ticket_nonce \(len=\d\): \w+\n        ticket \(len=\d+\): \w+\n        No extensions\n", ours[0]),
   "-trace: a NewSessionTicket", ours[0])
ok("malformed" not in ours[0], "-trace: nothing is called malformed", ours[0])

# ---- the rest --------------------------------------------------------------------

EXTENSIONS = r'^TLS client extension ".*" \(id=\d+\), len=\d+$'
theirs, ours = both(["-tlsextdebug"], ["-alpn", "h2,http/1.1", "-status"])
equal(matching(ours[0], EXTENSIONS), matching(theirs[0], EXTENSIONS), "-tlsextdebug: names, numbers, lengths")

SUMMARY = r"(?m)^[A-Z][\w ]+: .*|^No peer.*"
theirs, ours = both(["-brief", "-verify", "3", "-CAfile", authority.crt], [*login, "-cipher", "DEFAULT"])
equal(matching(ours[1], SUMMARY), matching(theirs[1], SUMMARY), "-brief: line by line")

KINDS = (r"^Client certificate\n-----BEGIN(?:.*\n)*?-----END CERTIFICATE-----\nsubject=.*\nissuer=.*$",
         r"^Peer signing digest.*\nPeer signature type.*$", r"^Supported .*$", r"^ALPN protocols advertised.*$",
         r"^CIPHER is .*$", r"^Secure Renegotiation.*$", r"^Signature Algorithms: .*$", r"^Reused.*$",
         r"^Keying material exporter:\n    Label: 'test'\n    Length: 20 bytes$")
theirs, ours = both([*ask, "-alpn", "foo,bar", "-keymatexport", "test", "-num_tickets", "1"],
                    [*login, "-alpn", "bar,foo"])
for kind in KINDS:
    equal(matching(ours[0], kind), matching(theirs[0], kind), "a session as described: " + kind[1:20])
theirs, ours = both(["-groups", "X25519"], *[[*args[1:], "-groups", "X25519"] for args in resumption], input=b"")
for kind in (r"^CIPHER is .*$", r"^Supported .*$", r"^Shared groups.*"):
    equal(matching(ours[0], kind), matching(theirs[0], kind), "a session that may be resumed: " + kind[1:20])
ok(re.search(r"^Shared ciphers:TLS_AES_256_GCM_SHA384:", ours[0], re.M), "with the suites in common", ours[0])

# ---- secrets ----------------------------------------------------------------------


def exported(text):
    return re.search(r"Keying material: ([0-9A-F]+)\n", text).group(1)


keys, clients_keys = home + "/keys.log", home + "/client.log"
server = Ours("-keylogfile", keys, "-keymatexport", "EXPORTER-test", "-keymatexportlen", "33", count=3)
seen = [s_client(server, "-keylogfile", clients_keys, "-keymatexport", "EXPORTER-test", "-keymatexportlen", "33", *args)
        for args in ([], ["-ciphersuites", "TLS_AES_128_GCM_SHA256"], ["-groups", "P-521"])]
out = server.end()[0]
equal([m[1] for m in re.finditer(r"Keying material: ([0-9A-F]+)\n", out)], [exported(c.text) for c in seen],
      "client and server export the same key material")
logs = []
for path in keys, clients_keys:
    with open(path) as f:
        logs.append(sorted(line for line in f.read().splitlines() if not line.startswith("#")))
ok(logs[0] == logs[1] and len(logs[0]) == 15, "the key log has the client's secrets, five for each handshake",
   "\n".join(logs[0]) + "\n\n" + "\n".join(logs[1]))
equal(os.stat(keys).st_mode & 0o777, 0o600, "and is for its owner only")

done()
