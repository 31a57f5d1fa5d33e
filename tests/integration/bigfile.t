#!/usr/bin/env python3
"""A file of 5 GiB goes out whole: sparse on disk, its hash compared."""
import hashlib
import os
import subprocess

from harness import Tiny, curl, done, equal, folder, ok, self_signed

SIZE = 5 << 30
root = folder()
path = root + "/big"
with open(path, "wb") as f:
    f.truncate(SIZE)
    for at in (0, 1 << 31, (1 << 32) - 3, (1 << 32) + 17, SIZE - 5):
        f.seek(at)
        f.write(b"mark!"[:SIZE - at])
tiny = Tiny({"ssl.keyfile": self_signed(folder()), "files.root": root})
want = subprocess.Popen(["openssl", "dgst", "-sha256", "-r", path], stdout=subprocess.PIPE)
source = subprocess.Popen(["curl", "-sSk", "--max-time", "300", "--connect-to",
                           f"localhost:{tiny.port}:127.0.0.1:{tiny.port}", tiny.url("/big")], stdout=subprocess.PIPE)
got = subprocess.run(["openssl", "dgst", "-sha256", "-r"], stdin=source.stdout, stdout=subprocess.PIPE, timeout=320)
equal(source.wait(), 0, "curl has all of it")
equal(got.stdout.split()[0], want.communicate()[0].split()[0], "5 GiB, and the hash is right")
ok(tiny.status("VmHWM") < 16_000, "the server stayed small", tiny.status("VmHWM"))
code, out, err = curl("--connect-to", f"localhost:{tiny.port}:127.0.0.1:{tiny.port}", "-r",
                      f"{(1 << 32) - 5}-{(1 << 32) + 30}", tiny.url("/big"))
with open(path, "rb") as f:
    f.seek((1 << 32) - 5)
    equal(out, f.read(36), "a range across 4 GiB")
equal(tiny.stop(), 0, "it ends well")
done()
