#!/usr/bin/env python3
"""The EXAMPLES of doc/tiny.1 and doc/tiny.conf.5: each stands under a heading of its own,
and is done in an empty folder: a block that opens with `# NAME.conf` is that file, the
others are typed into a shell. What comes must be what the page says."""
import os
import re

from harness import ROOT, done, equal, ok, write
from pasted import fill, in_order, pasted, scene

# Of each example, what its output must show, in this order.
WANT = {
    "A folder over HTTPS": ["\nhello\n"],
    "A backend": ["\nfrom inside\n"],
    "The status page": ["TLSv1.3", '"protocol":"TLSv1.3"'],
    "Several names on one address": ["CN = example.org", r"CN = \*.example.net", "CN = default.example"],
    "Clients with a certificate alone": ["Client certificate +verified", "\nrefused\n"],
    "In place of openssl s_server": ["ACCEPT", "\nstressed\n", "1 server accepts that finished"],
    "What is in effect": ["server.mode = echo", "ECDHE-ECDSA-CHACHA20-POLY1305 +TLSv1.2", "ECDHE-RSA-CHACHA20-POLY1305 +TLSv1.2"],
    "Whether it answers": ["\nnot yet\n", "\nit lives\n"],
    "Files for everybody": ["max-connections = 50", "HTTP/1.1 200", "Strict-Transport-Security: max-age=86400", "\nhello\n",
                            '"GET / HTTP/1.1" 200 6 "-" "curl/'],
    "Clients with a certificate, and a list of those that were lost": ["Client certificate +verified", "revoked", "\nrefused\n"],
    "Without a file": ["X-Served-By: tiny", "\nhello\n"],
    "Sessions that several servers share": ["Reused, TLSv1.3"],
}


def plain(block):
    """A literal block as a reader sees it."""
    for mark, sign in (("\\&", ""), ("\\-", "-"), ("\\(aq", "'"), ("\\e", "\\")):
        block = block.replace(mark, sign)
    return block


def examples(page):
    with open(os.path.join(ROOT, "doc", page), encoding="utf-8") as f:
        section = f.read().split("\n.Sh EXAMPLES\n")[1].split("\n.Sh ")[0]
    for part in section.split(".Ss ")[1:]:
        yield plain(part.split("\n")[0]), [plain(b) for b in re.findall(r"\n\.Bd -literal.*\n((?:.*\n)*?)\.Ed", part + "\n")]


seen = []
for page in ("tiny.1", "tiny.conf.5"):
    for title, blocks in examples(page):
        seen.append(title)
        here, tools = scene()
        ports, output, status = {}, "\n", 0
        for block in blocks:
            file = re.match(r"# (\w+\.conf)\n", block)
            if file:
                write(os.path.join(here, file[1]), fill(block, ports))
                continue
            code, text = pasted(block, here, tools, ports)
            status, output = status or code, output + text
        missing = in_order(WANT.get(title, ["no such title"]), output)
        ok(status == 0 and not missing, f"{page}: {title}", f"status {status}\n{missing}{output}")
equal(sorted(seen), sorted(WANT), "every example is known here")
done()
