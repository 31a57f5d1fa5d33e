#!/usr/bin/env python3
"""What is shown of connections: the same clients against openssl s_server and
tiny, and their output compared where it is meant to be the same."""

import os
import re
import stat

from harness import Tiny, done, equal, folder, ok, run, self_signed
from tlskit import s_client

home = folder()
pem = self_signed(home)


def exported(text):
    m = re.search(r"Keying material exporter:\n    Label: '(.*)'\n    Length: (\d+) bytes\n"
                  r"    Keying material: ([0-9A-F]+)\n", text)
    return m.groups() if m else None


# ---- key log and exporter ---------------------------------------------------

keys = home + "/keys.log"
tiny = Tiny({"ssl.keyfile": pem}, ["-keylogfile", keys, "-keymatexport", "EXPORTER-test", "-keymatexportlen", "33"])
client = s_client(tiny, "-tls1_2", "-keymatexport", "EXPORTER-test", "-keymatexportlen", "33")
client2 = s_client(tiny, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384")
tiny.wait_log(b"SECRETS OF ALL CONNECTIONS ARE WRITTEN TO " + keys.encode())
tiny.stop()
out = tiny.process.stdout.read().decode()
equal(exported(out), exported(client.text), "the client exports the same key material")
equal(exported(out)[:2], ("EXPORTER-test", "33"), "its label and length stand beside it")
with open(keys) as f:
    lines = f.read().splitlines()
equal(stat.S_IMODE(os.stat(keys).st_mode), 0o600, "the key log is for its owner only")
ok(len(lines) == 3 and lines[0].startswith("# ") and
   all(re.fullmatch(r"CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}", line) for line in lines[1:]),
   "a comment, then a line for each handshake", "\n".join(lines))
master = [c.find(r"Master-Key: ([0-9A-F]+)").lower() for c in (client, client2)]
equal([line.split()[2] for line in lines[1:]], master, "with the master secrets that the clients have")

again = Tiny({"ssl.keyfile": pem, "ssl.keylog-file": keys})
s_client(again, "-tls1_2")
again.stop()
with open(keys) as f:
    equal(len(f.read().splitlines()), 4, "the next start appends to it")
code, _, err = run(again.argv[0], "-t", "-keylogfile", home + "/other")
ok(code == 0 and not os.path.exists(home + "/other"), "-t does not make it", err)
code, _, err = run(again.argv[0], "-keylogfile", home + "/none/other", "-accept", "127.0.0.1:0")
ok(code == 1 and b"ssl.keylog-file: " in err, "a file that cannot be opened ends the start", err)
code, _, err = run(again.argv[0], "-keymatexport", "master secret")
ok(code == 2 and b"ssl.export-label: a label of TLS itself" in err, "a label of TLS itself is refused", err)

done()
