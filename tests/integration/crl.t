#!/usr/bin/env python3
"""Revoked client certificates: CRLs made with openssl, in files and folders,
for leaves and whole chains, reloaded; the same against openssl s_server."""

import os
import re
import subprocess

from harness import Tiny, done, equal, folder, have, listening_port, ok, run, self_signed, skip, write
from tlskit import CERTIFICATE_EXPIRED, UNKNOWN_CA, WEAK, Authority, s_client

BAD_CERTIFICATE, CERTIFICATE_REVOKED = 42, 44
GET = b"GET / HTTP/1.0\r\n\r\n"

keys = folder()
server = self_signed(keys)
root = Authority("Root CA")
middle = Authority("Middle CA", issuer=root)
other = Authority("Root CA")  # of the same name
alice, mallory = root.issue("alice"), root.issue("mallory")
deep, gone = middle.issue("deep"), middle.issue("gone")
root_empty, middle_empty = root.crl(), middle.crl()
root.revoke(mallory)
middle.revoke(gone, "keyCompromise")
root_crl, middle_crl = root.crl(), middle.crl()
FILES = {"ssl.keyfile": server, "server.mode": "status", "ssl.cafile": root.crt}


def joined(*paths):
    return write(f"{keys}/{len(os.listdir(keys))}.pem", b"".join(open(p, "rb").read() for p in paths))


def visit(tiny, pem):
    return s_client(tiny, "-cert", pem, "-key", pem, "-cert_chain", pem + ".chain", "-ign_eof", input=GET) \
        if os.path.getsize(pem + ".chain") else s_client(tiny, "-cert", pem, "-key", pem, "-ign_eof", input=GET)


def admitted(tiny, pem, name):
    c = visit(tiny, pem)
    ok("HTTP/1.0 200" in c.text or "HTTP/1.1 200" in c.text, name, c.text + tiny.log.decode(errors="replace"))


def turned_away(tiny, pem, alert, words, name):
    since = len(tiny.log)
    c = visit(tiny, pem)
    equal(c.alert, alert, name)
    tiny.wait_log(words, since=since)
    ok(True, f"{name}, told in the log")


def by_file():
    for form, where in ("PEM", "PEM"), ("DER", "DER"):
        tiny = Tiny({**FILES, "ssl.crl-file": root.crl(form=form)})
        admitted(tiny, alice, f"{where}: a good certificate")
        turned_away(tiny, mallory, CERTIFICATE_REVOKED, rb"certificate revoked", f"{where}: a revoked one")
        turned_away(tiny, deep, UNKNOWN_CA, rb"unable to get certificate CRL", f"{where}: no CRL of its issuer")
        tiny.stop()
    tiny = Tiny({**FILES, "ssl.crl-file": [root_crl, middle_crl]})
    admitted(tiny, deep, "two files: a good chain")
    turned_away(tiny, gone, CERTIFICATE_REVOKED, rb"certificate revoked \(error 23 at depth 0\)", "a revoked leaf")
    if have("curl"):
        for pem, good in (alice, True), (mallory, False):
            code, out, err = run("curl", "-sS", "-k", "--cert", pem, f"https://127.0.0.1:{tiny.port}/")
            ok((code == 0) == good, "curl with a " + ("good" if good else "revoked") + " certificate", err)
    else:
        skip("curl", "no curl")
    tiny.stop()
    tiny = Tiny({**FILES, "ssl.cafile": joined(root.crt, root_crl), "ssl.crl-check": "leaf"})
    admitted(tiny, alice, "a CRL in the CA file: good")
    turned_away(tiny, mallory, CERTIFICATE_REVOKED, rb"certificate revoked", "revoked")
    tiny.stop()
    tiny = Tiny({**FILES, "ssl.crl-file": root_crl, "ssl.crl-check": "none"})
    admitted(tiny, mallory, "ssl.crl-check none looks nothing up")
    ok(b"set ssl.crl-check" in tiny.log, "and that is told", tiny.log)
    tiny.stop()
    tiny = Tiny({**FILES, "ssl.crl-check": "leaf"})
    ok(b"there is no CRL, so no client certificate is accepted" in tiny.log, "a check without CRLs is told", tiny.log)
    turned_away(tiny, alice, UNKNOWN_CA, rb"unable to get certificate CRL", "and lets nobody in")
    tiny.stop()


def whole_chain():
    """An authority that is revoked takes all with it; leaf does not look there."""
    fallen = Authority("Fallen CA", issuer=root)
    pem = fallen.issue("inherited")
    root.revoke(fallen, "CACompromise")
    crls = [root.crl(), fallen.crl()]
    tiny = Tiny({**FILES, "ssl.crl-file": crls})
    turned_away(tiny, pem, CERTIFICATE_REVOKED, rb"certificate revoked \(error 23 at depth 1\)", "a revoked authority")
    tiny.stop()
    tiny = Tiny({**FILES, "ssl.crl-file": crls, "ssl.crl-check": "leaf"})
    admitted(tiny, pem, "leaf looks at the leaf alone")
    tiny.stop()


def other_anchors():
    """Trusted without being a root: an authority, whose own list would be another's; a client itself."""
    tiny = Tiny({**FILES, "ssl.cafile": middle.crt, "ssl.crl-file": middle_crl})
    admitted(tiny, deep, "an authority between is trusted, and not looked up")
    turned_away(tiny, gone, CERTIFICATE_REVOKED, rb"certificate revoked", "what it has revoked is refused")
    tiny.stop()
    tiny = Tiny({**FILES, "ssl.cafile": alice[:-4] + ".crt", "ssl.crl-file": root_crl})
    turned_away(tiny, alice, UNKNOWN_CA, rb"unable to get certificate CRL", "a client that is trusted is looked up")
    tiny.stop()


def what_lists_say():
    """Times, signatures, scopes."""
    for crl, alert, words, name in (
            (root.crl(end="20210101000000Z"), CERTIFICATE_EXPIRED, rb"CRL has expired", "an expired CRL"),
            (root.crl(start="20480101000000Z"), BAD_CERTIFICATE, rb"CRL is not yet valid", "one of the future"),
            (other.crl(), BAD_CERTIFICATE, rb"CRL signature failure", "another's signature"),
            (root.crl(extensions="issuingDistributionPoint=critical,@p\n[p]\nonlyCA=TRUE"), BAD_CERTIFICATE,
             rb"different CRL scope", "one for authorities only"),
            (root.crl(extensions="issuingDistributionPoint=critical,@p\n[p]\nfullname=URI:http://a.example/1"),
             BAD_CERTIFICATE, rb"different CRL scope", "one of another distribution point")):
        tiny = Tiny({**FILES, "ssl.crl-file": crl})
        turned_away(tiny, alice, alert, words, name)
        tiny.stop()
    tiny = Tiny({**FILES, "ssl.crl-file": root.crl(
        extensions="issuingDistributionPoint=critical,@p\n[p]\nonlyuser=TRUE"), "ssl.crl-check": "leaf"})
    admitted(tiny, alice, "one for users")
    turned_away(tiny, mallory, CERTIFICATE_REVOKED, rb"certificate revoked", "one for users: revoked")
    tiny.stop()
    for crl, words in (
            (root.crl(extensions="2.5.29.27=critical,DER:020101"), b"a delta CRL holds changes only"),
            (root.crl(extensions="issuingDistributionPoint=critical,@p\n[p]\nindirectCRL=TRUE"), b"an indirect CRL"),
            (root.crl(extensions="issuingDistributionPoint=critical,@p\n[p]\nonlysomereasons=keyCompromise"),
             b"for some reasons only"),
            (root.crl(extensions="1.2.3.4=critical,DER:0500"), b"critical extension that is not understood"),
            (server, b"there is no CRL in the file"), (keys + "/absent", b"cannot be opened")):
        tiny = Tiny({**FILES, "ssl.crl-file": crl}, wait=False)
        equal(tiny.wait(), 1, "refused at the start: " + words.decode())
        ok(words in tiny.log, "with this sentence", tiny.log)


def reload():
    path = joined(root_empty)
    tiny = Tiny({**FILES, "ssl.crl-file": path, "ssl.session-cache": "true"})
    session = keys + "/session"
    c = s_client(tiny, "-cert", mallory, "-key", mallory, "-sess_out", session, "-ign_eof", input=GET)
    ok(" 200 " in c.text, "not yet revoked", c.text)
    os.replace(joined(root_crl), path)
    since = len(tiny.log)
    tiny.signal(1)
    tiny.wait_log(rb"CRL of CN=Root CA: 1 revoked", since=since)
    turned_away(tiny, mallory, CERTIFICATE_REVOKED, rb"certificate revoked", "after SIGHUP it is")
    c = s_client(tiny, "-sess_in", session, "-cert", mallory, "-key", mallory, "-ign_eof", input=GET)
    ok(not c.reused and " 200 " not in c.text, "and its session is over", c.text)
    admitted(tiny, alice, "others go on")
    write(path, "rubbish")
    since = len(tiny.log)
    tiny.signal(1)
    tiny.wait_log(rb"there is no CRL in the file", since=since)
    turned_away(tiny, mallory, CERTIFICATE_REVOKED, rb"certificate revoked", "a bad file changes nothing")
    tiny.stop()
    path = joined(root_empty)
    tiny = Tiny({**FILES, "ssl.crl-file": path, "ssl.reload-interval": "1"})
    os.replace(joined(root_crl), path)
    tiny.wait_log(rb"CRL of CN=Root CA: 1 revoked")
    turned_away(tiny, mallory, CERTIFICATE_REVOKED, rb"certificate revoked", "a changed file is seen")
    tiny.stop()


def folders():
    plain, hashed = folder(), folder()
    write(plain + "/root.pem", open(root.crt).read())
    write(plain + "/middle.crt", open(middle.crt).read())
    write(plain + "/root.crl", open(root_crl).read())
    write(plain + "/notes.txt", "not looked at")
    write(plain + "/broken.pem", "rubbish")
    write(hashed + "/root.pem", open(root.crt).read())
    write(hashed + "/list.pem", open(root_crl).read())
    run("openssl", "rehash", hashed)
    os.rename(hashed + "/root.pem", hashed + "/root")  # only the names that are hashes lead there
    os.rename(hashed + "/list.pem", hashed + "/list")
    for name in os.listdir(hashed):
        if os.path.islink(f"{hashed}/{name}"):
            target = "list" if ".r" in name else "root"
            os.unlink(f"{hashed}/{name}")
            os.symlink(target, f"{hashed}/{name}")
    for path, what in (plain, "a plain folder"), (hashed, "a hashed folder"):
        tiny = Tiny({"ssl.keyfile": server, "server.mode": "status", "ssl.capath": path, "ssl.crl-check": "leaf"})
        admitted(tiny, alice, what)
        turned_away(tiny, mallory, CERTIFICATE_REVOKED, rb"certificate revoked", f"{what}: with its CRL")
        c = s_client(tiny)
        ok("Acceptable client certificate CA names" not in c.text and "\nRequested Signature Algorithms: " in c.text,
           f"{what}: no names are sent", c.text)
        if path == plain:
            ok(b"1 files are passed over, the first of them" in tiny.log and b"broken.pem" in tiny.log,
               "what is no certificate is told once", tiny.log)
        tiny.stop()
    tiny = Tiny({"ssl.keyfile": server, "server.mode": "status", "ssl.cafile": other.crt, "ssl.capath": plain})
    admitted(tiny, alice, "a file and a folder")
    names = s_client(tiny).text.partition("Acceptable client certificate CA names")[2]
    ok("Root CA" in names and "Middle" not in names, "names of the file alone are sent", names)
    tiny.stop()
    tiny = Tiny({"ssl.keyfile": server, "ssl.capath": keys + "/absent"}, wait=False)
    equal(tiny.wait(), 1, "a folder that is not there")
    ok(b"ssl.capath" in tiny.log and b"cannot be read" in tiny.log, "is told", tiny.log)
    live = folder()
    write(live + "/a.pem", open(other.crt).read())
    tiny = Tiny({"ssl.keyfile": server, "server.mode": "status", "ssl.capath": live, "ssl.reload-interval": "1"})
    write(live + "/b.pem", open(root.crt).read())
    tiny.wait_log(rb"ssl.capath: \S+: 2 certificates")
    admitted(tiny, alice, "a file that is new in the folder")
    tiny.stop()


def own_chain():
    """ssl.chain-cafile completes what is sent."""
    pem = middle.issue("localhost", "server", chain=False)
    bundle = joined(root.crt, middle.crt)
    where = folder()
    write(where + "/middle.pem", open(middle.crt).read())
    for options, count in (((), 1), (("--ssl.chain-cafile", bundle), 2), (("--ssl.chain-cafile", where), 2),
                           (("-chainCAfile", bundle), 2), (("-chainCApath", where), 2),
                           (("--ssl.chain-cafile", other.crt), 1), (("-CAfile", bundle), 2)):
        tiny = Tiny({"ssl.keyfile": pem, "server.mode": "status"}, args=options)
        c = s_client(tiny, "-showcerts", "-CAfile", root.crt, "-verify_return_error", "-ign_eof", input=GET)
        equal(len(re.findall(r"(?m)^ *\d+ s:", c.text)), count, f"{options[:1]}: {count} certificates sent")
        equal(" 200 " in c.text, count == 2, f"{options[:1]}: which verify, or not")
        tiny.stop()
    tiny = Tiny({"ssl.keyfile": pem, "ssl.chain-cafile": keys + "/absent"}, wait=False)
    equal(tiny.wait(), 1, "a file that is not there")
    ok(b"ssl.chain-cafile" in tiny.log, "is told", tiny.log)


LINES = re.compile(r"(?m)^(?:depth=|verify (?:error|return)|notAfter=|notBefore=).*$")


def against_openssl(options, pem, ca=("-CAfile", root.crt)):
    """What openssl s_server and tiny say of a client's certificate, and whether
    they let it in."""
    said = []
    common = ["-cert", server, "-key", server, *ca, "-Verify", "2", "-www", *options]
    client = ["-tls1_2", "-cert", pem, "-key", pem, "-ign_eof"]
    if os.path.getsize(pem + ".chain"):
        client += ["-cert_chain", pem + ".chain"]
    theirs = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-4", *common],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=WEAK)
    port = listening_port(theirs.pid)
    c = s_client(None, "-connect", f"127.0.0.1:{port}", *client, input=GET)
    theirs.terminate()
    said.append(("200 ok" in c.text, LINES.findall(theirs.communicate()[1].decode())))
    ours = Tiny(args=["-tls1_2", *common])
    c = s_client(ours, *client, input=GET)
    ours.stop()
    said.append(("200 OK" in c.text.upper() and " 200 " in c.text, LINES.findall(ours.log.decode())))
    return said


def compared():
    expired = root.crl(end="20210101000000Z")
    for options, pem, name in (
            (("-crl_check", "-CRL", root_crl), alice, "good"),
            (("-crl_check", "-CRL", root_crl), mallory, "revoked"),
            (("-CRL", root_crl), mallory, "-CRL alone"),
            (("-crl_check",), alice, "no CRL"),
            (("-crl_check", "-CRL", expired), mallory, "expired and revoked"),
            (("-crl_check", "-CRL", expired, "-no_check_time"), alice, "expired, times not looked at"),
            (("-crl_check", "-CRL", expired, "-attime", "1600000000"), alice, "at another time"),
            (("-crl_check", "-CRL", other.crl()), alice, "another's signature"),
            (("-crl_check_all", "-CRL", middle_crl), deep, "all, but one is missing"),
            (("-crl_check_all", "-crl_check", "-CRL", root_crl), alice, "all"),
            (("-crl_check", "-CRL", middle_crl), gone, "a leaf of an authority between")):
        for strict in (), ("-verify_return_error",):
            theirs, ours = against_openssl([*options, *strict], pem)
            equal(ours, theirs, f"as openssl: {name}" + (", errors end it" if strict else ""))
    hashed = folder()
    for name, path in ("root.pem", root.crt), ("middle.pem", middle.crt), ("list.pem", root_crl):
        write(f"{hashed}/{name}", open(path).read())
    run("openssl", "rehash", hashed)
    for ca, options, pem, name in (
            (("-CAfile", joined(root.crt, root_crl)), ("-crl_check",), mallory, "a CRL in the CA file, revoked"),
            (("-CAfile", joined(root.crt, root_crl)), ("-crl_check",), alice, "a CRL in the CA file, good"),
            (("-CApath", hashed), ("-crl_check",), mallory, "a hashed folder, revoked"),
            (("-CApath", hashed), ("-crl_check",), alice, "a hashed folder, good"),
            (("-CApath", hashed), (), alice, "a hashed folder without CRLs"),
            (("-CApath", hashed), ("-crl_check_all",), deep, "a hashed folder, one CRL is missing"),
            (("-verifyCApath", hashed), (), alice, "-verifyCApath"),
            (("-verifyCAfile", root.crt), (), alice, "-verifyCAfile")):
        theirs, ours = against_openssl([*options, "-verify_return_error"], pem, ca)
        equal(ours, theirs, "as openssl: " + name)


for part in by_file, whole_chain, other_anchors, what_lists_say, reload, folders, own_chain, compared:
    part()
done()
