#!/usr/bin/env python3
"""The small build (make small): it serves, and each option that only the full
build has is refused with the sentence that names the remedy, by its key and by
its spellings."""
import os
import re

import harness
from harness import Tiny, curl, done, equal, folder, ok, run, self_signed, write

SMALL = harness.TINY + "-small"


def options(binary):
    """Key and spelling of each option, as --help lists them."""
    out = run(binary, "--help")[1].decode()
    found = set()
    for line in re.findall(r"^  --\S+\..*", out, re.M):
        found |= set(re.findall(r"(?<=--)[a-z][\w.-]+|(?<=[\[ ]-)\w+", line))
    return found


root, keys = folder(), folder()
write(root + "/index.html", b"small but whole\n")
pem = self_signed(keys)
ok(b"(small)" in run(SMALL, "--version")[1] and b"(small)" not in run(harness.TINY, "--version")[1],
   "each tells what it is")
tiny = Tiny({"ssl.keyfile": pem, "files.root": root}, binary=SMALL)
code, out, err = curl("--cacert", pem, "--connect-to", f"localhost:{tiny.port}:127.0.0.1:{tiny.port}", tiny.url())
equal((code, out), (0, b"small but whole\n"), "the small build serves a file")
equal(tiny.stop(), 0, "and ends in peace")

everything, kept = options(harness.TINY), options(SMALL)
ok(len(kept) > 40 and kept <= everything, "it knows no option that the full build does not know", kept - everything)
for name in sorted(everything - kept):
    code, out, err = run(SMALL, "-t", "-" + name, "1")
    ok(code == 2 and b"this small build is without it" in err, f"-{name} is refused", err)
code, out, err = run(SMALL, "certificate", "--name", "localhost", "--rsa", "2048")
ok(code == 2 and out == b"" and b"--rsa: this small build is without it" in err, "so are RSA keys of its own making", err)
code, out, err = run(SMALL, "ciphers", "ALL")
ok(code == 0 and b"AES128-SHA" in out and b"DES" not in out, "it has no 3DES", out + err)
ok(os.path.getsize(SMALL) <= os.path.getsize(harness.TINY), "the small build is the smaller one")
done()
