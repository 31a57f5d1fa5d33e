#!/usr/bin/env python3
"""README.md's commands, pasted into a shell. The blocks of one heading are typed in one
folder, which is empty at first, and print what the heading promises; those of the first screen
and of packages are listed here with the reason why they are not."""
import os
import re

from harness import ROOT, TINY, done, equal, ok
from pasted import in_order, pasted, scene

# Of each heading, what its blocks print, in this order.
WANT = {
    "Files": ["\nhello\n", "\nhe"],
    "TLS in front of a backend": ["\nfrom inside\n"],
    "Status page": ["Protocol +TLSv1.3", '"protocol":"TLSv1.3"'],
    "Echo, and lines reversed": ["\nhello\n", "\nstressed\n"],
    "Client certificates": ["Client certificate +verified", "certificate_required|alert certificate required"],
    "Several names on one address": [r"subject=CN = \*.example.net"],
    "TLS 1.3: resumed, with a request in the first flight": ["Session +reused", "Early data +yes"],
    "TLS 1.3: a key that both sides have, instead of certificates": ["\nstressed\n"],
    "In place of openssl s_server": [
        "Cipher is ECDHE-ECDSA", "TLSv1.2", "2 server accepts that finished", "Peer certificate: CN = bob", "\nstressed\n",
        "peer did not return a certificate", "1 server accepts that finished", "SSL_accept:SSLv3/TLS read client hello",
        r"\n *ClientHello"],
    "Configuration": ["server.mode = echo", "ssl.protocol = 6", "--ssl.protocol", "6: TLS 1.3", r"TLS_\w+ +TLSv1.3"],
}
NOT_HERE = {
    "tiny": "this test is a part of make test",
    "In a container": "container.t builds the image and runs it, without Docker",
    "On a router": "cross.t runs what make cross builds",
    "As a package, under systemd": "deb.t and systemd.t look at the package and the units without installing them",
}


def headings():
    """Each heading of README.md with its blocks of commands."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        text = "\n" + f.read()
    for part in re.split(r"\n#+ ", text)[1:]:
        blocks = re.findall(r"\n\n((?:    .*\n)+)", part + "\n")
        if blocks:
            yield part.split("\n")[0], [re.sub("^    ", "", b, flags=re.M) for b in blocks]


seen = []
for title, blocks in headings():
    seen.append(title)
    if title in NOT_HERE:
        continue
    here, tools = scene()
    os.mkdir(os.path.join(here, "build"))
    os.symlink(TINY, os.path.join(here, "build", "tiny"))
    output = "\n"
    for block in blocks:
        output += pasted(block, here, tools, {})[1]
    missing = in_order(WANT.get(title, ["no such heading"]), output)
    ok(not missing, title, missing + output)
equal(sorted(seen), sorted([*WANT, *NOT_HERE]), "every heading with commands is known here")
done()
