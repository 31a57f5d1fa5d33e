#!/usr/bin/env python3
"""`tiny ciphers` against `openssl ciphers` over the suites that both have:
the same selection in the same order, line by line, for chosen lists and for
some hundreds that a fixed seed makes up. Lists with DEFAULT are left out, for
tiny's default is another one on purpose; they are checked by themselves. The
suites of TLS 1.3 stand before them in both programs, whatever the list says."""

import itertools
import random
import subprocess

import harness
from harness import ok, equal, done

LISTS = 300
WORDS = """ALL COMPLEMENTOFALL HIGH MEDIUM LOW eNULL NULL aNULL kRSA RSA aRSA kDHE kEDH DH DHE EDH ADH
kECDHE kEECDH ECDH ECDHE EECDH AECDH aECDSA ECDSA aDSS DSS PSK kPSK kRSAPSK kECDHEPSK SRP kSRP AES128
AES256 AES AESGCM AESCCM AESCCM8 CHACHA20 3DES RC4 RC2 IDEA SEED CAMELLIA CAMELLIA128 ARIA ARIA256
CBC MD5 SHA1 SHA SHA256 SHA384 SSLv3 TLSv1 TLSv1.0 TLSv1.2 FIPS NOSUCH EXPORT kECDHr aECDH""".split()
CHOSEN = """ALL
HIGH:!EXPORT:!aNULL@STRENGTH
HIGH:!aNULL:!MD5
ALL:!ADH:!LOW:!EXP:!MD5:@STRENGTH
ALL:+HIGH:-AES128:AES128
kRSA:-kRSA:ALL
ALL:-CBC:+AES256:CBC
EECDH+AESGCM:EECDH+AES
AES128+AES256
HIGH+FIPS
FIPS
TLSv1.2:+SHA384
TLSv1.2+SSLv3:ALL
AES128-SHA+SHA
AES128-SHA+SHA256:AES
SUITEB128
SUITEB192
SUITEB128ONLY
SUITEB128C2
SUITEB128:ALL
ALL:SUITEB128
all
ALL,!AES128;+AES256 @STRENGTH
:::ALL:::
AES:-AES:AES128:AES256
ALL:@STRENGTH:+kRSA
ALL:@SECLEVEL=3
ALL:@SECLEVEL=9
ALL:@FOO
ALL:@
ALL:!
ALL:*
AES*
!ALL:AES
ALL:!ALL
-AES:ALL
+ALL
AES+
+
NOSUCH
NOSUCH+AES:AES256
AES!AES128
AES-AES128
AES+NOSUCH*:AES128
ALL:@STRENGTHX
ALL@STRENGTH@SECLEVEL=1x:AES
ECDHE-RSA-AES128-SHA+ECDHE""".splitlines()


def run(program, *args):
    p = subprocess.run([program, "ciphers", *args], capture_output=True, text=True, timeout=30)
    return p.returncode, p.stdout, p.stderr


def lines(text):
    return [line.rstrip() for line in text.splitlines()]


def below13(text):
    """Without the suites of TLS 1.3."""
    return [line for line in lines(text) if not line.startswith("TLS_")]


def names(text):
    return [n for n in text.strip().split(":") if not n.startswith("TLS_")]


def tls13():
    """Of TLS 1.3's suites three are built; which and in what order -ciphersuites says."""
    three = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"]
    _, out, _ = run(harness.TINY)
    equal(sorted(out.split(":")[:3]), sorted(three), "three suites of TLS 1.3 come first")
    for suites in (*itertools.permutations(three), *((one,) for one in three), [*three[1:], "NOSUCH"]):
        for more in (), ("-s",), ("-s", "-v"):
            for text in "ECDHE+AESGCM", "ECDHE+AESGCM:@SECLEVEL=3", "ECDHE+AESGCM+AES256:@SECLEVEL=4":
                args = [*more, "-ciphersuites", ":".join(suites), text]
                theirs, ours = run("openssl", *args), run(harness.TINY, *args)
                if ours[:2] != theirs[:2]:
                    equal(ours, theirs, f"ciphers {' '.join(args)}")
    ok(True, "-ciphersuites, -s and -v are as openssl's")
    for wrong in "NOSUCH", "AES128-SHA", "TLS_AES_128_CCM_SHA256":
        code, _, told = run(harness.TINY, "-ciphersuites", wrong)
        equal((code, "no suite of TLS 1.3" in told), (2, True), f"-ciphersuites {wrong}")
    equal(run(harness.TINY, three[0])[0], 2, "the list is not for them")


def made_up(rng, names):
    """A list of 1 to 8 items; now and then with a suite's name or a command."""
    items = []
    for _ in range(rng.randint(1, 8)):
        kind = rng.random()
        if kind < 0.10:
            items.append(rng.choice(["@STRENGTH", "@SECLEVEL=1"]))
            continue
        count = rng.choice([1, 1, 1, 2, 2, 3])
        words = [rng.choice(names if rng.random() < 0.15 else WORDS) for _ in range(count)]
        items.append(rng.choice(["", "", "", "!", "-", "+"]) + "+".join(words))
    if rng.random() < 0.5:
        items.insert(0, rng.choice(["ALL", "HIGH", "AES", "ECDHE"]))
    return rng.choice([":", ":", ":", ",", " ", ";"]).join(items)


def main():
    code, out, _ = run(harness.TINY, "-v", "ALL")
    ours = below13(out)
    equal((code, len(ours)), (0, 45), "ALL has all 45 suites of the library")
    _, out, _ = run("openssl", "-v", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    theirs = {line.split()[0] for line in below13(out)}
    shared = {line.split()[0] for line in ours} & theirs
    # A build of OpenSSL may leave out more or less.
    ok(len(shared) >= 28, f"{len(shared)} suites are in both")

    rng = random.Random(20)
    tried = CHOSEN + [made_up(rng, sorted(shared)) for _ in range(LISTS)]
    matched = 0
    for text in tried:
        theirs_code, out, err = run("openssl", "-v", "--", text) if text.startswith("-") \
            else run("openssl", "-v", text)
        want = [line for line in lines(out) if line and line.split()[0] in shared]
        ours_code, out, told = run(harness.TINY, "-v", text)
        got = [line for line in lines(out) if line.split()[0] in shared]
        bad = "invalid command" in err
        same = got == want and bad == (ours_code != 0 and "no suite" not in told)
        matched += same
        if not same:
            ok(False, f"list {text!r}", "\n".join([f"openssl: {theirs_code} {err}", *want,
                                                   f"tiny: {ours_code} {told}", *got]))
    equal(matched, len(tried), "every list selects the same suites in the same order")

    # IANA's names are known to OpenSSL in lists from 3.2 on only.
    _, out, _ = run(harness.TINY, "TLS_RSA_WITH_AES_128_CBC_SHA:TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
    equal(names(out), ["AES128-SHA", "ECDHE-RSA-AES256-GCM-SHA384"], "IANA's names")
    _, out, _ = run(harness.TINY, "DEFAULT")
    default = names(out)
    ok(len(default) == 6 and all(n.startswith("ECDHE-") and ("GCM" in n or "CHACHA20" in n)
                                 for n in default), "DEFAULT is ECDHE with AES-GCM and ChaCha20", out)
    equal(run(harness.TINY)[1].strip(), out.strip(), "no list means DEFAULT")
    _, out, _ = run(harness.TINY, "DEFAULT:AES128-SHA:!ECDSA")
    equal(names(out), [n for n in default if "ECDSA" not in n] + ["AES128-SHA"],
          "DEFAULT may be followed by items")
    _, out, _ = run(harness.TINY, "COMPLEMENTOFDEFAULT")
    equal(len(names(out)), 39, "COMPLEMENTOFDEFAULT is the rest")
    _, out, _ = run(harness.TINY, "-s", "ALL:@SECLEVEL=3")
    ok(all(n.startswith("ECDHE-") for n in names(out)), "-s applies @SECLEVEL", out)
    equal(run(harness.TINY, "ALL", "AES")[0], 2, "two lists are a usage error")
    tls13()
    done()


main()
