#!/usr/bin/env python3
"""What is mapped once the program runs: no page is writable and executable,
what relocation wrote is read-only, constants are not executable."""
import re

import harness
from harness import Tiny, done, equal, ok, run

for binary in (harness.TINY, harness.TINY + "-small"):
    name = binary.rpartition("/")[2]
    parts = run("readelf", "-lW", binary)[1].decode()
    relro = re.search(r"GNU_RELRO +\S+ (0x\w+) \S+ \S+ (0x\w+)", parts)
    first, size = int(relro.group(1), 16), int(relro.group(2), 16)
    tiny = Tiny({"files.root": harness.folder()}, binary=binary)
    maps = []
    with open(f"/proc/{tiny.pid}/maps") as f:
        for line in f:
            m = re.match(r"(\w+)-(\w+) (\S{4}) .*?(/.*)?$", line)
            maps.append((int(m.group(1), 16), int(m.group(2), 16), m.group(3), m.group(4) or ""))
    base = next(m[0] for m in maps if m[3].endswith(name))

    def rights(address):
        return next((m[2] for m in maps if m[0] <= address < m[1]), None)

    ok(all("w" not in m[2] or "x" not in m[2] for m in maps), f"{name}: no page is writable and executable", maps)
    equal({rights(base + a) for a in range(first, first + size - 4095, 4096)} | {rights(base + first)}, {"r--p"},
          f"{name}: what relocation wrote is read-only")
    equal(rights(base), "r--p", f"{name}: headers and constants are read-only")
    equal(tiny.stop(), 0, f"{name}: it ends in peace")
done()
