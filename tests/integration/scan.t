#!/usr/bin/env python3
"""sslscan and testssl.sh against the default configuration, where they must
find nothing, and against every suite with an RSA key, where the flaws of
implementations must still be absent."""
import json
import os
import re
import xml.etree.ElementTree as xml

from harness import Tiny, done, equal, folder, have, ok, run, self_signed, skip, write

keys, root = folder(), folder()
write(root + "/index.html", "home\n")
rsa, ec = self_signed(keys, "rsa", "rsa"), self_signed(keys, "ec", "ec")
STRONG = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
          "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
          "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"}
# Flaws of implementations: absent whatever suites are on.
FLAWS = ["heartbleed", "CCS", "ticketbleed", "ROBOT", "secure_renego", "secure_client_renego", "CRIME_TLS",
         "POODLE_SSL", "FREAK", "DROWN", "LOGJAM", "RC4"]
# Flaws of protocols and suites: absent in the default configuration.
WEAKNESSES = ["fallback_SCSV", "SWEET32", "BEAST", "LUCKY13", "LOGJAM-common_primes"]


def sslscan(tiny, *args):
    # Where a suite without groups is to be had it would wait for each group that is not.
    path = folder() + "/out.xml"
    code, out, err = run("sslscan", "--no-colour", *(args or ["--no-groups"]), "--xml=" + path,
                         f"127.0.0.1:{tiny.port}", timeout=60)
    test = xml.parse(path).getroot().find("ssltest")
    ok(test is not None, "sslscan reports", out + err)
    return test, out


def scan_default():
    tiny = Tiny({"ssl.keyfile": rsa, "ssl.second-keyfile": ec, "files.root": root})
    test, out = sslscan(tiny)
    on = {p.get("type") + p.get("version") for p in test.findall("protocol") if p.get("enabled") == "1"}
    equal(on, {"tls1.2", "tls1.3"}, "sslscan finds TLS 1.2 and 1.3 and no other version")
    equal({c.get("cipher") for c in test.findall("cipher")}, STRONG, "the nine suites of the default lists")
    equal({c.get("strength") for c in test.findall("cipher")} - {"strong", "acceptable"}, set(), "none of them weak")
    equal(test.find("renegotiation").get("supported"), "0", "no renegotiation")
    equal({h.get("vulnerable") for h in test.findall("heartbleed")}, {"0"}, "no Heartbleed")
    ok(b"supports TLS Fallback SCSV" in out, "downgrades are noticed", out)
    tiny.stop()


def scan_groups():
    """What of TLS 1.3 it finds beside suites."""
    tiny = Tiny({"ssl.keyfile": rsa, "ssl.second-keyfile": ec, "ssl.protocol": 6, "files.root": root})
    test, out = sslscan(tiny, "--show-sigs")
    groups = {(g.get("sslversion"), g.get("name").split(" ")[0]) for g in test.findall("group")}
    equal(groups, {("TLSv1.3", g) for g in ("x25519", "secp256r1", "secp384r1", "secp521r1")}, "TLS 1.3's groups, as far as it knows them")
    signatures = {s.get("name") for s in test.findall("connection-signature-algorithm")}
    equal(signatures, {"ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512"},
          "and its signatures, of both keys")
    tiny.stop()


def scan_all():
    tiny = Tiny({"ssl.keyfile": rsa, "files.root": root, "ssl.cipher-list": "ALL", "ssl.min-protocol": "TLSv1"})
    test, out = sslscan(tiny)
    on = {p.get("type") + p.get("version") for p in test.findall("protocol") if p.get("enabled") == "1"}
    equal(on, {"tls1.0", "tls1.1", "tls1.2", "tls1.3"}, "sslscan finds what is switched on")
    suites = {c.get("cipher") for c in test.findall("cipher")}
    ok({"AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES256-SHA384"} <= suites and
       not any(re.search("NULL|EXP|ADH|RC4|DHE-RSA-AES128-SHA$", s) for s in suites - {"ECDHE-RSA-AES128-SHA"}),
       "and none without encryption or authentication", suites)
    tiny.stop()


def testssl(tiny, *checks):
    """Every finding by its name."""
    path = folder() + "/out.json"
    code, out, err = run("testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip",
                         "127.0.0.1", "--sneaky", "--jsonfile", path, *checks, f"localhost:{tiny.port}", timeout=150,
                         env=dict(os.environ, TERM="dumb"))
    with open(path) as f:
        findings = json.load(f)
    return {f["id"]: f for f in findings}, out.decode(errors="replace")


def fine(findings, names, out):
    for name in names:
        f = findings.get(name)
        ok(f is not None and f["severity"] in ("OK", "INFO") and
           not re.search(r"(?i)^(potentially )?vulnerable|failed|fixme", f["finding"]), f"testssl: {name}",
           f if f is not None else out)


def probe_default():
    tiny = Tiny({"ssl.keyfile": rsa, "ssl.second-keyfile": ec, "files.root": root})
    findings, out = testssl(tiny, "--protocols", "--std", "--server-preference", "--vulnerable")
    for name, want in (("SSLv2", "not offered"), ("SSLv3", "not offered"), ("TLS1", "not offered"),
                       ("TLS1_1", "not offered"), ("TLS1_2", "offered"), ("TLS1_3", "offered")):
        ok(findings[name]["finding"].startswith(want), f"testssl: {name} {want}", findings[name])
    fine(findings, FLAWS + WEAKNESSES, out)
    # BREACH is a matter of compression over HTTP, which testssl only guesses at.
    bad = [f for f in findings.values() if f["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL")
           and not f["id"].startswith("BREACH")]
    equal(bad, [], "testssl finds nothing at all")
    ok(tiny.alive() and b"assert" not in tiny.log, "the server is alive after that", tiny.log)
    tiny.stop()


def probe_all():
    """With static RSA on, the answers to bad premaster secrets must not differ."""
    tiny = Tiny({"ssl.keyfile": rsa, "files.root": root, "ssl.cipher-list": "ALL", "ssl.min-protocol": "TLSv1"})
    findings, out = testssl(tiny, "--robot", "--ccs", "--heartbleed", "--ticketbleed", "--renegotiation", "--poodle",
                            "--drown", "--freak")
    # Tried in earnest, not passed over for want of a suite.
    ok(re.search("(?i)^not vulnerable", findings["ROBOT"]["finding"]) and
       "RSA key transport" not in findings["ROBOT"]["finding"], "ROBOT is tried", findings["ROBOT"])
    fine(findings, ["ROBOT", "CCS", "heartbleed", "ticketbleed", "secure_renego", "POODLE_SSL", "DROWN", "FREAK"], out)
    tiny.stop()


for program, parts in ("sslscan", (scan_default, scan_groups, scan_all)), ("testssl", (probe_default, probe_all)):
    for part in parts:
        if have(program):
            part()
        else:
            skip(part.__name__, f"{program} is not installed")
done()
