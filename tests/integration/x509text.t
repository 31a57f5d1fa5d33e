#!/usr/bin/env python3
"""Names in clients' certificates as openssl x509 prints them, real ones from
all over its options: the depth= line, and what the log tells in debug."""

import os
import re

from harness import Tiny, done, equal, folder, ok, run, self_signed, write
from tlskit import s_client

keys = folder()
server = self_signed(keys)
SUBJECTS = (
    "/CN=alice", "/C=DE/ST=Hessen/L=Frankfurt/O=Example GmbH/OU=IT/CN=a.example", "/CN=a, b\\+c", '/CN=say "yes"',
    "/CN=#1", "/CN= blanks ", "/CN=a;b<c>d=e\\\\f", "/CN=J\u00fcrgen \u20ac \U0001f600", "/O=q+CN=b/CN=c",
    "/DC=org/DC=example/UID=me/CN=x/emailAddress=me@example.org", "/serialNumber=1/GN=g/SN=s/initials=i/title=t/CN=x",
    "/businessCategory=b/jurisdictionC=DE/jurisdictionST=s/jurisdictionL=l/street=st/postalCode=1/CN=x",
    "/organizationIdentifier=oi/dnQualifier=d/pseudonym=p/name=n/generationQualifier=III/description=d/CN=x",
    "/telephoneNumber=12/CN=" + "x" * 64, "/CN=tab\ttab\x7f")
ALT_NAMES = (
    "DNS:a.example,DNS:*.b.example", "IP:192.0.2.1,IP:2001:db8::1,IP:::", "email:me@example.org,URI:http://a.example/x",
    "RID:1.2.3.4,DNS:x", "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:me@domain", "otherName:1.2.3;UTF8:z,DNS:y")


def certificate(subject, names=None):
    path = f"{keys}/{len(os.listdir(keys))}.pem"
    code, _, err = run("openssl", "req", "-new", "-x509", "-utf8", "-multivalue-rdn", "-nodes", "-newkey", "ec",
                       "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", path + ".key", "-out", path,
                       "-subj", subject, *(["-addext", "subjectAltName=" + names] if names else []))
    ok(code == 0, f"openssl makes {subject!r} {names or ''}", err)
    write(path, open(path).read() + open(path + ".key").read())
    return path


def told(tiny, pem, pattern):
    since = len(tiny.log)
    s_client(tiny, "-tls1_2", "-cert", pem, "-key", pem, "-ign_eof", input=b"GET / HTTP/1.0\r\n\r\n")
    return re.search(pattern, tiny.wait_log(pattern, since=since)).group(1).decode()


tiny = Tiny({"log.level": "debug"}, args=["-cert", server, "-CAfile", keys + "/server.crt", "-Verify", "1", "-www"])
for subject in SUBJECTS:
    pem = certificate(subject)
    want = run("openssl", "x509", "-in", pem, "-noout", "-subject")[1].decode().rstrip("\n").partition("subject=")[2]
    equal(told(tiny, pem, rb"(?m)^depth=0 (.*)$"), want, f"depth=0 {want}")
for names in ALT_NAMES:
    pem = certificate("/CN=x", names)
    want = run("openssl", "x509", "-in", pem, "-noout", "-ext", "subjectAltName")[1].decode().splitlines()[1].strip()
    equal(told(tiny, pem, rb"client certificate: CN = x; by CN = x; for (.*)"), want, want)
tiny.stop()
done()
