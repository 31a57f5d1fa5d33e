#!/usr/bin/env python3
"""The examples of README.md, section "In place of openssl s_server", pasted into a
shell: each block runs in one folder, on a free port, and prints what it promises."""
import os
import re
import socket
import subprocess

from harness import PATIENCE, ROOT, TINY, done, equal, folder, ok

HERE = folder()


def free_port():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as s:
        return s.getsockname()[1]


def blocks(section):
    with open(os.path.join(ROOT, "README.md")) as f:
        text = f.read().split(f"## {section}\n")[1].split("\n## ")[0]
    return [re.sub("^    ", "", b, flags=re.M) for b in re.findall(r"(?:^    .*\n)+", text, re.M)]


def pasted(block):
    """What a shell prints for it. The servers begin to listen while the next line is typed."""
    port = str(free_port())
    lines = [re.sub(r"\b4433\b", port, line) for line in block.splitlines()]
    wait = f"until grep -qi ':{int(port):04X} 0*:0000 0A' /proc/net/tcp6; do sleep 0.02; done"
    script = "\n".join(line + "\n" + wait if line.endswith("&") else line for line in lines)
    p = subprocess.run(["bash", "-c", script], cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
    return p.returncode, p.stdout.decode(errors="replace")


os.mkdir(os.path.join(HERE, "build"))
os.symlink(TINY, os.path.join(HERE, "build", "tiny"))
found = blocks("In place of openssl s_server")
equal(len(found), 3, "three examples")
code, out = pasted(found[0])
ok(code == 0 and "Cipher is ECDHE-ECDSA" in out and "2 server accepts that finished" in out and "TLSv1.2" in out, "the status page",
   out)
code, out = pasted(found[1])
ok(code == 0 and "\nstressed\n" in out and "peer did not return a certificate" in out and "Peer certificate: CN = bob" in out and
   "1 server accepts that finished" in out, "client certificates", out)
code, out = pasted(found[2])
ok(code == 0 and "SSL_accept:SSLv3/TLS read client hello" in out and re.search(r"\n *ClientHello.*\n$", out), "a handshake watched", out)
done()
