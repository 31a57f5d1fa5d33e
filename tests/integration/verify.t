#!/usr/bin/env python3
"""Chains of client certificates, good and bad, against openssl s_server and
against tiny with the same command line: the same lines of verification on
standard error, the same clients let in. Chains and options are those of
verify(1)."""
import concurrent.futures
import os
import re
import subprocess

from harness import Tiny, curl, done, equal, folder, ok, run, write
from tlskit import s_client

place = folder()
GET = b"GET / HTTP/1.0\r\n\r\n"

# What the certificates say, by the name of a section.
write(place + "/extensions", """
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[client]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = clientAuth
[plain]
basicConstraints = CA:FALSE
[server]
extendedKeyUsage = serverAuth
[any]
extendedKeyUsage = anyExtendedKeyUsage
[sealed]
keyUsage = critical, keyEncipherment
[agree]
keyUsage = critical, keyAgreement
[short]
basicConstraints = critical, CA:TRUE, pathlen:0
[loose]
basicConstraints = CA:TRUE
[none]
basicConstraints = critical, CA:FALSE
[servers]
basicConstraints = critical, CA:TRUE
extendedKeyUsage = serverAuth
[idle]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature
[unknown]
1.2.3.4 = critical, ASN1:NULL
[policy]
certificatePolicies = critical, 1.2.3.4
[keyid]
authorityKeyIdentifier = critical, keyid:always
[names]
subjectAltName = DNS:www.example.org, DNS:*.wild.example.org, email:a@example.org, IP:10.1.2.3, IP:2001:db8::1
[narrow]
basicConstraints = critical, CA:TRUE
nameConstraints = critical, permitted;DNS:example.org, permitted;email:example.org, permitted;dirName:good, \
excluded;IP:10.0.0.0/255.0.0.0, excluded;DNS:secret.example.org, permitted;URI:.example.org
[good]
O = Good People
[inside]
subjectAltName = DNS:a.example.org, email:x@example.org, URI:https://u@www.example.org:8/x
[outside]
subjectAltName = DNS:a.example.com
[likely]
subjectAltName = DNS:anexample.org
[excluded]
subjectAltName = DNS:a.SECRET.example.org
[mail]
subjectAltName = email:x@sub.example.org
[link]
subjectAltName = URI:http://example.org/
[ip]
subjectAltName = IP:10.1.2.3
[otherip]
subjectAltName = IP:11.1.2.3
""")

KEYS = {"p256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "p384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
        "p521": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
        "rsa": ["-newkey", "rsa:2048"], "rsa1024": ["-newkey", "rsa:1024"]}
made = {}


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make(name, issuer=None, section="client", subject=None, key="p256", more=(), days="30", same_key=None):
    """The certificate NAME.crt with NAME.key, signed by issuer (itself: None)."""
    if same_key:
        write(f"{place}/{name}.key", open(f"{place}/{same_key}.key").read())
        openssl("req", "-new", "-key", name + ".key", "-out", name + ".csr", "-subj", subject or "/CN=" + name)
    else:
        openssl("req", "-nodes", *KEYS[key], "-keyout", name + ".key", "-out", name + ".csr",
                "-subj", subject or "/CN=" + name)
    by = ["-signkey", name + ".key"] if issuer is None else ["-CA", issuer + ".crt", "-CAkey", issuer + ".key",
                                                            "-CAcreateserial"]
    openssl("x509", "-req", "-in", name + ".csr", *by, "-days", days, "-extfile", "extensions", "-extensions", section,
            "-out", name + ".crt", *more)
    made[name] = issuer


def forge(name, like):
    """The certificate with one bit of its signature changed."""
    code, der, err = run("openssl", "x509", "-in", f"{place}/{like}.crt", "-outform", "DER")
    code, out, err = run("openssl", "x509", "-inform", "DER", input=der[:-1] + bytes([der[-1] ^ 1]))
    write(f"{place}/{name}.crt", out)
    write(f"{place}/{name}.key", open(f"{place}/{like}.key").read())


def lines_of(text):
    """What was told of certificates, without what the two say beside it."""
    keep = re.compile(r"depth=|verify |issuer= |notBefore=|notAfter=")
    return [line for line in text.splitlines() if keep.match(line)]


class OpenSSL:
    """openssl s_server in place of tiny, for one client."""

    def __init__(self, args):
        self.process = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-www",
                                         *args], cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        line = b""
        while not line.startswith(b"ACCEPT"):
            line = self.process.stdout.readline()
        self.port = int(line.rpartition(b":")[2])

    def end(self):
        out, err = self.process.communicate(timeout=30)
        return err.decode(errors="replace")


def chain_file(chain):
    path = f"{place}/{'+'.join(chain)}.chain"
    if not os.path.exists(path):
        write(path, "".join(open(f"{place}/{c}.crt").read() for c in chain))
    return path


def visit(server, name, chain):
    cert = ["-cert", f"{place}/{name}.crt", "-key", f"{place}/{name}.key"] if name else []
    cert += ["-cert_chain", chain_file(chain)] if chain else []
    return s_client(server, "-tls1_2", *cert, "-cipher", "DEFAULT@SECLEVEL=0", "-ign_eof", input=GET)


def admitted(client):
    return "HTTP/1." in client.text and client.alert is None


def compare(name, chain, args):
    """The same command line to both, and the same client: what each told, and whether it was let in."""
    args = ["-cert", place + "/server.crt", "-key", place + "/server.key", *args]
    if "-verify" not in args and "-Verify" not in args:
        args += ["-Verify", "5"]
    theirs = OpenSSL(args)
    their_client = visit(theirs, name, chain)
    their_lines = lines_of(theirs.end())
    tiny = Tiny({}, ["-www", *args], cwd=place)
    client = visit(tiny, name, chain)
    tiny.stop()
    return their_lines, admitted(their_client), lines_of(tiny.log.decode(errors="replace")), admitted(client), client.text


def judge(title, same, want, mismatch, their_lines, theirs_in, lines, ours_in, text):
    detail = "\n".join(["openssl:", *their_lines, "tiny:", *lines, text[-300:]])
    if same:
        ok(lines == their_lines and len(lines) > 0, title, detail)
        ok(ours_in == theirs_in, f"{title}: {'let in' if theirs_in else 'refused'}", detail)
    else:
        ok(want in lines and ours_in, f"{title}: {want}", detail)
    if mismatch is not None:
        equal(any("mismatch" in line for line in lines), mismatch, title + ": told")


queue = []


def both(title, name, chain=(), *args, same=True, want=None, mismatch=None):
    """Puts a comparison into the queue. With same=False only tiny's lines are wanted, which then hold `want`."""
    chain_file(chain)  # not while others look for it
    queue.append((title, same, want, mismatch, name, chain, args))


def compare_all():
    """Most of the time is spent waiting for processes to start, so some are compared at a time."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(compare, name, chain, args) for _, _, _, _, name, chain, args in queue]
        for (title, same, want, mismatch, *_), job in zip(queue, jobs):
            judge(title, same, want, mismatch, *job.result())


def root(*more):
    return ["-CAfile", place + "/root.crt", *more]


def make_all():
    make("server")
    make("root", section="ca")
    make("middle", "root", "ca", subject="/C=AU/O=Foo, Inc./CN=Middle")
    make("leaf", "middle")
    make("alone")
    make("long", subject="/CN=long" + "".join(f"/OU={n:060}" for n in range(60)))
    for section in "any", "server", "sealed", "agree", "plain", "unknown", "policy", "keyid":
        make("is-" + section, "root", section)
    for section in "none", "short", "loose", "servers", "idle", "ca":
        make("by-" + section, "root", section)
        make("under-" + section, "by-" + section)
    make("by-short-ca", "by-short", "ca")
    make("too-deep", "by-short-ca")
    make("names", "root", "names")
    make("mailbox", "root", "plain", subject="/CN=m/emailAddress=a@example.org")
    make("rsa", "root", key="rsa")
    make("rsa1024", "root", key="rsa1024")
    make("pss-root", section="ca", key="rsa", more=["-sigopt", "rsa_padding_mode:pss"])
    make("pss", "pss-root", key="rsa", more=["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"])
    make("pss384", "pss-root", more=["-sha384", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20"])
    make("sha1", "root", more=["-sha1"])
    make("p521-root", section="ca", key="p521")
    make("p521", "p521-root", key="p521", more=["-sha512"])
    make("p384-root", section="ca", key="p384", more=["-sha384"])
    make("p384", "p384-root", key="p384", more=["-sha384"])
    make("p256-by-p384", "p384-root", more=["-sha384"])
    make("p384-by-p256", "root", key="p384")
    make("later", "middle", days="3000")
    make("narrow", "root", "narrow")
    for section in "inside", "outside", "likely", "excluded", "mail", "link", "ip", "otherip":
        make("n-" + section, "narrow", section, subject="/O=good  PEOPLE/CN=x")
    make("n-bad", "narrow", subject="/O=Bad People/CN=x")
    make("n-cn", "narrow", subject="/O=Good People/CN=www.example.com")
    make("n-mail", "narrow", subject="/O=Good People/CN=x/emailAddress=a@example.com")
    forge("forged", "leaf")
    forge("forged-middle", "middle")
    # The same CA, certified by another one, too.
    make("other-root", section="ca")
    make("crossed", "other-root", "ca", subject="/C=AU/O=Foo, Inc./CN=Middle", same_key="middle")
    # Another CA of the same name, without anything that tells them apart.
    make("twin", section="loose", subject="/CN=root", more=["-set_serial", "7"])


def building():
    both("a chain", "leaf", ["middle"], *root())
    both("with its root", "leaf", ["middle", "root"], *root())
    both("in disorder", "leaf", ["root", "middle"], *root())
    both("with what does not belong to it", "leaf", ["alone", "by-ca", "middle"], *root())
    both("incomplete", "leaf", [], *root())
    both("of an unknown root", "leaf", ["middle", "root"], "-CAfile", place + "/server.crt")
    both("of an unknown root that is not sent", "leaf", ["middle"], "-CAfile", place + "/server.crt")
    both("self-signed", "alone", [], *root())
    both("self-signed, with a name that fills the line", "long", [], *root(), same=False,
         want="verify error:num=18:self-signed certificate")
    both("self-signed and trusted", "alone", [], "-CAfile", place + "/alone.crt")
    both("with a forged signature", "forged", ["middle"], *root())
    both("with a forged one in between", "leaf", ["forged-middle"], *root())
    # openssl takes the first one that fits, and ends nowhere.
    both("cross-signed, by the unknown one too", "leaf", ["crossed", "middle"], *root(), same=False,
         want="depth=2 CN = root")
    both("cross-signed, the trusted way last", "leaf", ["middle", "crossed"], "-CAfile", place + "/other-root.crt",
         same=False, want="depth=2 CN = other-root")
    write(place + "/two.crt", open(place + "/twin.crt").read() + open(place + "/root.crt").read())
    both("two CAs of one name", "leaf", ["middle"], "-CAfile", place + "/two.crt")
    both("no CA at all", "leaf", ["middle", "root"])
    both("no CA at all, nothing sent with it", "leaf")
    both("no certificate is wanted with -verify", "leaf", ["middle"], *root("-verify", "1"))
    both("a middle one as anchor", "leaf", ["middle"], "-CAfile", place + "/middle.crt")
    both("a middle one as anchor, not sent", "leaf", [], "-CAfile", place + "/middle.crt")
    both("a middle one as anchor, -partial_chain", "leaf", [], "-CAfile", place + "/middle.crt", "-partial_chain")
    both("the leaf as anchor, -partial_chain", "leaf", ["middle"], "-CAfile", place + "/leaf.crt", "-partial_chain")
    both("the leaf as anchor", "leaf", ["middle"], "-CAfile", place + "/leaf.crt")
    both("-trusted_first, -no_alt_chains", "leaf", ["middle", "root"], *root("-trusted_first", "-no_alt_chains"))


def limits():
    both("-verify_depth 1", "leaf", ["middle"], *root("-verify_depth", "1"))
    both("-verify_depth 0", "leaf", ["middle"], *root("-verify_depth", "0"))
    both("-verify_depth 0, none in between", "rsa", [], *root("-verify_depth", "0"))
    both("an error deeper than -Verify says", "leaf", ["middle", "root"], "-CAfile", place + "/server.crt",
         "-Verify", "1")
    both("an error at the depth that it says", "leaf", ["middle", "root"], "-CAfile", place + "/server.crt",
         "-Verify", "2")
    both("no error, deeper than that", "leaf", ["middle"], *root("-Verify", "0"))
    both("-verify_return_error, good", "leaf", ["middle"], *root("-verify_return_error"))
    both("-verify_return_error, bad", "leaf", [], *root("-verify_return_error"))
    both("-verify_quiet", "leaf", [], *root("-verify_quiet"))
    for when in "1600000000", "2600000000":
        both("-attime " + when, "leaf", ["middle"], *root("-attime", when))
        both(f"-attime {when} -no_check_time", "leaf", ["middle"], *root("-attime", when, "-no_check_time"))
    both("only the CA is expired", "later", ["middle"], *root("-attime", str(int(os.stat(place).st_mtime) + 8640000)))


def extensions():
    for name in "any", "server", "sealed", "agree", "plain", "unknown", "policy", "keyid":
        both("extensions: " + name, "is-" + name, [], *root())
    for name in "none", "short", "loose", "servers", "idle":
        both("the CA's: " + name, "under-" + name, ["by-" + name], *root())
        both(f"the CA's, strict: {name}", "under-" + name, ["by-" + name], *root("-x509_strict"))
    both("a CA as client", "by-ca", [], *root())
    both("path length", "too-deep", ["by-short-ca", "by-short"], *root())
    both("-x509_strict, version 3 and good", "leaf", ["middle"], *root("-x509_strict"))
    both("-ignore_critical", "is-unknown", [], *root("-ignore_critical"))
    both("-purpose sslserver, for clients", "leaf", ["middle"], *root("-purpose", "sslserver"))
    both("-purpose sslserver, for servers", "is-server", [], *root("-purpose", "sslserver"))
    both("-purpose sslserver, for encryption", "is-sealed", [], *root("-purpose", "sslserver"))
    both("-purpose any", "is-server", [], *root("-purpose", "any"))
    both("-verify_name ssl_server", "is-server", [], *root("-verify_name", "ssl_server"))
    both("-check_ss_sig", "leaf", ["middle"], *root("-check_ss_sig"))


def strength():
    both("RSA", "rsa", [], *root())
    both("RSA-PSS", "pss", [], "-CAfile", place + "/pss-root.crt", "-check_ss_sig")
    both("RSA-PSS with SHA-384", "pss384", [], "-CAfile", place + "/pss-root.crt")
    both("P-521", "p521", [], "-CAfile", place + "/p521-root.crt")
    both("SHA-1", "sha1", [], *root("-auth_level", "1"))
    both("SHA-1 at level 0", "sha1", [], *root("-auth_level", "0"))
    both("RSA with 1024 bits", "rsa1024", [], *root())
    both("RSA with 1024 bits at level 1", "rsa1024", [], *root("-auth_level", "1"))
    for level in "3", "4", "5":
        both("-auth_level " + level, "leaf", ["middle"], *root("-auth_level", level))
        both(f"-auth_level {level}, RSA", "rsa", [], *root("-auth_level", level))
        both(f"-auth_level {level}, P-521", "p521", [], "-CAfile", place + "/p521-root.crt", "-auth_level", level)
    for suite in "-suiteB_128_only", "-suiteB_128", "-suiteB_192":
        both(suite + ", P-256", "leaf", ["middle"], *root(suite))
        both(suite + ", P-384", "p384", [], "-CAfile", place + "/p384-root.crt", suite)
        both(suite + ", P-256 by P-384", "p256-by-p384", [], "-CAfile", place + "/p384-root.crt", suite)
        both(suite + ", P-384 by P-256", "p384-by-p256", [], *root(suite))
        both(suite + ", RSA", "rsa", [], *root(suite))
        both(suite + ", P-521", "p521", [], "-CAfile", place + "/p521-root.crt", suite)


def names():
    for option, good, bad in (
            ("-verify_hostname", ["www.example.org", "WWW.Example.ORG", "x.wild.example.org"],
             ["example.org", "x.y.wild.example.org", "wild.example.org", "names"]),
            ("-verify_email", ["a@example.org", "a@EXAMPLE.org"], ["A@example.org", "b@example.org"]),
            ("-verify_ip", ["10.1.2.3", "2001:db8::1"], ["10.1.2.4", "::1"])):
        for value in good + bad:
            both(f"{option} {value}", "names", [], *root(option, value), mismatch=value in bad)
    both("a common name as host", "leaf", ["middle"], *root("-verify_hostname", "leaf"))
    both("mail in the subject", "mailbox", [], *root("-verify_email", "a@example.org"))
    both("another's mail in the subject", "mailbox", [], *root("-verify_email", "b@example.org"))
    for name in "inside", "outside", "likely", "excluded", "mail", "link", "ip", "otherip", "bad", "cn":
        both("name constraints: " + name, "n-" + name, ["narrow"], *root())
    both("name constraints: mail in the subject", "n-mail", ["narrow"], *root())


def schemes():
    """How clients may sign: the list that they are sent, and who comes in."""
    for option in ([], ["-client_sigalgs", "RSA-PSS+SHA256"], ["-client_sigalgs", "RSA-PSS+SHA384:ECDSA+SHA512"],
                   ["-client_sigalgs", "rsa_pss_rsae_sha512"], ["-client_sigalgs", "RSA+SHA256:ECDSA+SHA256"],
                   ["-client_sigalgs", "ECDSA+SHA384"], ["-sigalgs", "RSA+SHA512:ECDSA+SHA256"],
                   ["-sigalgs", "ECDSA+SHA256", "-client_sigalgs", "RSA+SHA224"]):
        args = ["-cert", place + "/server.crt", "-key", place + "/server.key", *root("-Verify", "1"), *option]
        tiny = Tiny({}, ["-www", *args])
        for name in "rsa", "is-plain":
            theirs = OpenSSL(args)
            their_client = visit(theirs, name, [])
            theirs.end()
            client = visit(tiny, name, [])
            listed = [c.find(r"Requested Signature Algorithms: (.*)") for c in (client, their_client)]
            ok(listed[0] == listed[1] if option else "SHA1" not in listed[0], " ".join(option) + ": the list", listed)
            equal(admitted(client), admitted(their_client),
                  f"{' '.join(option)}: {name} {'comes in' if admitted(their_client) else 'does not'}")
        tiny.stop()


def clients():
    """Others than s_client, and what the status page says of them."""
    args = ["-cert", place + "/server.crt", "-key", place + "/server.key", "-www", *root("-verify", "4")]
    tiny = Tiny({}, args)
    pages = {}
    for name in "leaf", "rsa", None:
        cert = ["--cert", f"{place}/{name}.crt", "--key", f"{place}/{name}.key"] if name else []
        code, out, err = curl("-H", "Accept: application/json", *cert, tiny.url("/"))
        pages[name] = out.decode() if code == 0 else err.decode()
    ok(re.search(r'"client_certificate": *"[^"]*(refused|not verified|does not verify)', pages["leaf"]) is not None,
       "curl: one that does not verify is let in, and not as trusted", pages["leaf"])
    ok(re.search(r'"client_certificate": *"[^"]*trusted|verified', pages["rsa"]) is not None, "curl: a good one",
       pages["rsa"])
    ok(pages[None].startswith("{"), "curl: none", pages[None])
    code, out, err = run("gnutls-cli", "--insecure", "--x509certfile", place + "/leaf.crt", "--x509keyfile",
                         place + "/leaf.key", "-p", str(tiny.port), "127.0.0.1", input=GET)
    ok(b"HTTP/1." in out, "gnutls-cli", out + err)
    text = tiny.log.decode() if tiny.stop() == 0 else ""
    ok(b"verify depth is 4\n" in tiny.log and tiny.log.count(b"verify error:num=20:") == 2
       and tiny.log.count(b"verify error:num=21:") == 2, "all of them are told of", tiny.log)
    ok("told of and tolerated" in text, "and the start warns of it", text)


def stand_in_session():
    """A session of somebody who did not verify stays one of somebody who did not."""
    tiny = Tiny({"ssl.session-cache": "true"}, ["-cert", place + "/server.crt", "-key", place + "/server.key", "-www",
                                                *root("-Verify", "4")])
    path = place + "/session"
    request = b"GET / HTTP/1.0\r\nAccept: application/json\r\n\r\n"
    cert = ["-cert", place + "/leaf.crt", "-key", place + "/leaf.key"]
    first = s_client(tiny, "-tls1_2", *cert, "-sess_out", path, "-ign_eof", input=request)
    second = s_client(tiny, "-tls1_2", "-sess_in", path, "-ign_eof", input=request)
    said = [re.search(r'"client_certificate": *"([^"]*)"', c.text) for c in (first, second)]
    ok(second.reused and all(said) and said[0].group(1) == said[1].group(1) and "trusted" not in said[0].group(1),
       "a resumed session keeps the verdict", second.text)
    tiny.stop()


def refused():
    """Options that cannot be honoured, and wrong values, end it at once with a sentence."""
    start = ["-cert", place + "/server.crt", "-key", place + "/server.key", *root("-Verify", "1")]
    for args, words in ((["-policy", "1.2.3"], b"polic"), (["-policy_check"], b"polic"), (["-policy_print"], b"polic"),
                        (["-explicit_policy"], b"polic"), (["-inhibit_any"], b"polic"), (["-inhibit_map"], b"polic"),
                        (["-extended_crl"], b"CRL"), (["-use_deltas"], b"CRL"),
                        (["-allow_proxy_certs"], b"proxy"), (["-purpose", "smimesign"], b"sslclient"),
                        (["-verify_name", "pkcs7"], b"ssl"), (["-auth_level", "6"], b"0 to 5"),
                        (["-verify_ip", "1.2.3"], b"IPv4 or IPv6"), (["-verify_hostname", "a b"], b"host name"),
                        (["-verify_email", "nobody"], b"NAME@HOST"), (["-attime", "soon"], b"number"),
                        (["-verify_depth", "99"], b"0 to 32")):
        tiny = Tiny({}, start + args, wait=False)
        ok(tiny.wait() == 2 and words in tiny.log, " ".join(args) + ": refused with a sentence", tiny.log)


make_all()
for step in building, limits, extensions, strength, names, compare_all, schemes, clients, stand_in_session, refused:
    step()
done()
