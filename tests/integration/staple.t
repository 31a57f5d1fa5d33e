#!/usr/bin/env python3
"""OCSP responses from files, stapled to the certificate that they are for, and
extensions from files in the ServerHello; the same with openssl s_server where
both shall do the same."""
import base64
import re
import signal

from harness import Tiny, done, equal, folder, ok, run, self_signed, write
from tlskit import WEAK, Authority, SServer, both, s_client

root = Authority("root")
middle = Authority("middle", issuer=root)
good = middle.issue("localhost", "server")  # with middle's certificate, so that the issuer is known
rsa = root.issue("localhost", "server", key="rsa")
signed_by = {good: middle, rsa: root}


def respond(pem, *args, by=None):
    """A response about a certificate, by its authority or by another."""
    authority = signed_by[pem]
    by = by or authority
    path = folder() + "/response"
    code, _, err = run("openssl", "ocsp", "-index", authority.place + "/index", "-CA", authority.crt,
                       "-rsigner", by.crt, "-rkey", by.key, "-issuer", authority.crt, "-cert", pem[:-4] + ".crt",
                       "-ndays", "3", "-respout", path, *args)
    assert code == 0, err
    return path


def stapled(tiny, *args):
    """What s_client -status says: the certificate's status, or None."""
    c = s_client(tiny, "-tls1_2", "-status", *args)
    if "OCSP response: no response sent" in c.text:
        return None
    return c.find(r"OCSP Response Status: successful[\s\S]*?Cert Status: (\w+)")


def reload(tiny):
    before = len(tiny.log)
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"loaded anew|stay in use", since=before)
    return tiny.log[before:].decode()


def one_response():
    path = respond(good)
    tiny = Tiny({"server.mode": "status", "ssl.keyfile": good, "ssl.ocsp-file": path})
    equal(stapled(tiny), "good", "stapled for s_client -status")
    ok("OCSP" not in tiny.log.decode(), "in silence", tiny.log.decode())
    c = s_client(tiny, "-tls1_2")
    ok(c.suite and "OCSP" not in c.text, "not sent to who does not ask", c.text)
    session = path + ".session"
    s_client(tiny, "-tls1_2", "-status", "-sess_out", session)
    c = s_client(tiny, "-tls1_2", "-status", "-sess_in", session)
    ok(c.reused and "Cert Status" not in c.text, "nor in a session that is resumed", c.text)
    code, out, err = run("curl", "-sS", "--cert-status", "--cacert", root.crt, "--resolve",
                         f"localhost:{tiny.port}:127.0.0.1", tiny.url())
    ok(code == 0 and b"TLSv1.2" in out, "curl --cert-status checks it and is content", err.decode())
    write(path, b"not a response")
    log = reload(tiny)
    ok(f"ssl.ocsp-file: {path}: this is no OCSP response" in log and "stay in use" in log,
       "a reload of a bad file", log)
    equal(stapled(tiny), "good", "leaves the former one")
    write(path, open(respond(good, by=root), "rb").read())
    log = reload(tiny)
    ok("it is not signed by the certificate's issuer" in log, "a reload of one that another signed", log)
    equal(stapled(tiny), None, "ends the stapling")
    write(path, open(respond(good, "-rmd", "sha384", "-resp_key_id"), "rb").read())
    reload(tiny)
    equal(stapled(tiny), "good", "and a good one begins it again")
    tiny.stop()
    for version in "-tls1", "-tls1_1":
        tiny = Tiny({"server.mode": "status", "ssl.keyfile": good, "ssl.ocsp-file": path, "ssl.min-protocol": "TLSv1"})
        c = s_client(tiny, version, "-status", "-cipher", "ALL:@SECLEVEL=0")
        ok("Cert Status: good" in c.text, f"with {version[1:]}", c.text)
        tiny.stop()


def two_certificates():
    tiny = Tiny({"server.mode": "status", "ssl.keyfile": good, "ssl.second-keyfile": rsa,
                 "ssl.ocsp-file": [respond(rsa), respond(good)]})
    ok("its signature is not checked" in tiny.log.decode(), "the chain lacks an issuer: a warning", tiny.log.decode())
    serials = []
    for pem, suite in (good, "ECDHE-ECDSA-AES128-GCM-SHA256"), (rsa, "ECDHE-RSA-AES128-GCM-SHA256"):
        serial = run("openssl", "x509", "-in", pem, "-noout", "-serial")[1].decode().partition("=")[2].strip()
        c = s_client(tiny, "-tls1_2", "-status", "-cipher", suite)
        serials.append(c.find(r"Serial Number: (\w+)") == serial)
    equal(serials, [True, True], "each certificate has its own response")
    tiny.stop()


def revoked():
    pem = middle.issue("localhost", "server")
    signed_by[pem] = middle
    run("openssl", "ca", "-config", middle.place + "/conf", "-cert", middle.crt, "-keyfile", middle.key, "-revoke",
        pem[:-4] + ".crt")
    for title, path, why in (("revoked", respond(pem), "the certificate is REVOKED"),
                             ("for another certificate", respond(good), "is for none of the certificates here")):
        tiny = Tiny({"server.mode": "status", "ssl.keyfile": pem, "ssl.ocsp-file": path})
        ok(why in tiny.log.decode(), f"{title}: told", tiny.log.decode())
        equal(stapled(tiny), None, f"{title}: not stapled")
        tiny.stop()


def refused():
    for title, path, why in (("a missing file", "/nonexistent", "cannot be opened"),
                             ("PEM", good, "this is no OCSP response in DER"),
                             ("too large", write(folder() + "/big", b"\x30" * 8193), "at most 8192 bytes")):
        tiny = Tiny({"server.mode": "status", "ssl.keyfile": good, "ssl.ocsp-file": path}, wait=False)
        code = tiny.wait()
        ok(code == 1 and f"ssl.ocsp-file: {path}: " in tiny.log.decode() and why in tiny.log.decode(), title,
           tiny.log.decode())
    for args in ["-status"], ["-status_verbose"], ["-status_timeout", "5"], ["-status_url", "http://localhost/"]:
        tiny = Tiny({"ssl.keyfile": good}, args=args, wait=False)
        code = tiny.wait()
        ok(code == 2 and "-status_file" in tiny.log.decode(), f"{args[0]} is refused", tiny.log.decode())


def like_s_server():
    path = respond(good)
    common = ["-cert", good, "-key", good, "-cert_chain", good, "-status_file", path]

    def response(server):
        c = s_client(server, "-tls1_2", "-status")
        return c.find(r"(OCSP Response Data:[\s\S]*?)\n=====")

    seen = both(common, response)
    ok(seen[0] and seen[0] == seen[1], "-status_file: s_client sees the same response", "\n\n".join(map(str, seen)))


# ---- -serverinfo ----------------------------------------------------------

def block(label, data):
    return f"-----BEGIN {label}-----\n{base64.b64encode(data).decode()}\n-----END {label}-----\n"


def extensions(server, types, *args):
    """The extensions of these types that s_client got, as (type, base64)."""
    target = ["-connect", f"127.0.0.1:{server.port}"]
    code, out, err = run("openssl", "s_client", *target, "-tls1_2", "-serverinfo", types, *args, env=WEAK)
    text = out.decode(errors="replace")
    return re.findall(r"BEGIN SERVERINFO FOR EXTENSION (\d+)-----\n(\S+)", text), "\nReused, " in text


def serverinfo():
    first = write(folder() + "/info", block("SERVERINFO FOR one", b"\x10\x00\x00\x03abc\x10\x01\x00\x00"))
    second = write(folder() + "/info", block("SERVERINFOV2 FOR two", b"\0\0\x01\x80\x12\x34\x00\x01Z"))
    pem = self_signed(folder(), "ec")
    tiny = Tiny({"server.mode": "status", "ssl.keyfile": pem, "ssl.serverinfo": [first, second]})
    equal([t for t, _ in extensions(tiny, "4096,4660,5000")[0]], ["4096", "4660"], "sent to who offers their types")
    equal(extensions(tiny, "4097")[0], [("4097", base64.b64encode(b"\x10\x01\0\0").decode())], "an empty one, too")
    equal(extensions(tiny, "5000")[0], [], "others get none")
    path = folder() + "/session"
    extensions(tiny, "4096", "-sess_out", path)
    # s_client overlooks them in a resumed session, so its -msg must do.
    c = s_client(tiny, "-tls1_2", "-serverinfo", "4096,4660", "-sess_in", path, "-msg", name=None)
    hello = c.find(r"<<< .*ServerHello\n([\s0-9a-f]+)")
    hello = bytes.fromhex("".join(hello.split()))
    ok(c.reused and b"\x12\x34\0\1Z" in hello and b"abc" not in hello,
       "in a resumed session only what its context allows", c.text)
    write(first, block("SERVERINFO FOR one", b"\x10\x02\x00\x01x"))
    reload(tiny)
    equal([t for t, _ in extensions(tiny, "4096,4098")[0]], ["4098"], "after a reload the new ones")
    write(first, block("SERVERINFO FOR one", b"\x12\x34\x00\x01x") * 2)
    log = reload(tiny)
    ok("block 2 (SERVERINFO FOR one), line 4: the extension of type 4660 is there twice" in log
       and "stay in use" in log, "a bad file leaves the former ones", log)
    tiny.stop()
    for title, text, why in (("a type of the server's own", block("SERVERINFO FOR x", b"\0\x10\0\0"), "answers itself"),
                             ("a length that lies", block("SERVERINFO FOR x", b"\x10\0\0\5x"), "type, length and data"),
                             ("another kind of file", open(pem).read(), "SERVERINFO FOR ...")):
        tiny = Tiny({"server.mode": "status", "ssl.keyfile": pem, "ssl.serverinfo": write(folder() + "/i", text)},
                    wait=False)
        code = tiny.wait()
        ok(code == 1 and why in tiny.log.decode(), f"{title}: refused at start", tiny.log.decode())
    one = write(folder() + "/info", block("SERVERINFO FOR one", b"\x10\x00\x00\x03abc"))
    args = ["-cert", pem, "-key", pem, "-serverinfo", one]
    seen = both(args, lambda server: extensions(server, "4096,4097"))
    equal(seen[0], seen[1], "-serverinfo: s_client sees what s_server sends")
    ok(len(seen[0][0]) == 1, "which is one", seen)
    seen = both(args, lambda server: [extensions(server, "4096", how, path) for how in ("-sess_out", "-sess_in")])
    equal(seen[0], seen[1], "and in a resumed session the same")


for part in one_response, two_certificates, revoked, refused, like_s_server, serverinfo:
    part()
done()
