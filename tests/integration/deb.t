#!/usr/bin/env python3
"""packaging/debian: the package is built, lintian has nothing to say, and what is in
it works: unpacked, and installed, removed and purged in a scratch root."""

import gzip
import os
import re
import stat

from harness import *

for program in ("dpkg-buildpackage", "dpkg-deb", "dh"):
    if not have(program):
        skip("the Debian package", program + " is not installed")
        done()

scratch = folder()
out = os.path.join(scratch, "out")
with open(os.path.join(ROOT, "Makefile")) as f:
    version = re.search(r"^VERSION := (\S+)", f.read(), re.M).group(1)
environment = {**os.environ, "BUILD": os.path.dirname(TINY)}
code, said, err = run(os.path.join(ROOT, "packaging/dist/make-deb"), version, out, timeout=300,
                      env=environment)
if not ok(code == 0, "the package is built", err.decode(errors="replace")[-3000:]):
    done()
debs = [name for name in os.listdir(out) if name.endswith(".deb")]
ok(len(debs) == 1 and debs[0].startswith(f"tiny_{version}-1_"), "one package, of this version", debs)
deb = os.path.join(out, debs[0])

if have("lintian"):
    code, said, err = run("lintian", "--fail-on", "error,warning", deb, timeout=120)
    ok(code == 0, "lintian finds no error and no warning", said + err)
else:
    skip("lintian", "lintian is not installed")

# ---- what it says of itself


def field(name):
    return run("dpkg-deb", "-f", deb, name)[1].decode().strip()


equal((field("Package"), field("Version"), field("Depends")), ("tiny", version + "-1", ""),
      "it depends on nothing")
linked = field("Static-Built-Using")
ok(re.fullmatch(r"bearssl \(= 0\.6\S*\), musl \(= \d\S*\)", linked), "it names what is linked in", linked)
control = os.path.join(scratch, "control")
equal(run("dpkg-deb", "-e", deb, control)[0], 0, "its control files")
with open(os.path.join(control, "conffiles")) as f:
    equal(f.read(), "/etc/tiny/tiny.conf\n", "one conffile")
with open(os.path.join(control, "postinst")) as f:
    postinst = f.read()
ok("deb-systemd-helper" in postinst and "enable" in postinst and "useradd" not in postinst,
   "debhelper's script registers the units and makes no user", postinst)

# ---- what is in it

tree = os.path.join(scratch, "tree")
equal(run("dpkg-deb", "-x", deb, tree)[0], 0, "it is unpacked")
expected = {
    "etc/tiny/tiny.conf": 0o644,
    "usr/bin/tiny": 0o755,
    "usr/share/tiny/www/index.html": 0o644,
    "usr/share/man/man1/tiny.1.gz": 0o644,
    "usr/share/man/man5/tiny.conf.5.gz": 0o644,
    "usr/share/doc/tiny/copyright": 0o644,
    "usr/share/doc/tiny/changelog.gz": 0o644,
    "usr/share/doc/tiny/README.systemd.md": 0o644,
    "usr/share/doc/tiny/examples/drop-ins/reload.conf": 0o644,
    "usr/share/bash-completion/completions/tiny": 0o644,
    "usr/share/zsh/vendor-completions/_tiny": 0o644,
    "usr/share/fish/vendor_completions.d/tiny.fish": 0o644,
}
units = "lib/systemd/system" if os.path.isdir(tree + "/lib/systemd") else "usr/lib/systemd/system"
expected.update({f"{units}/tiny.service": 0o644, f"{units}/tiny.socket": 0o644})
found = {}
odd = []
for top, _, names in os.walk(tree):
    for name in names:
        path = os.path.join(top, name)
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        found[os.path.relpath(path, tree)] = mode
        if mode not in (0o644, 0o755) or os.path.islink(path):
            odd.append(path)
equal({path: found.get(path) for path in expected}, expected, "files and their modes")
equal(odd, [], "no link, nothing that others may write or that changes the user")
for unit in ("tiny.service", "tiny.socket"):
    with open(f"{tree}/{units}/{unit}", "rb") as a, open(f"{ROOT}/packaging/systemd/{unit}", "rb") as b:
        equal(a.read(), b.read(), f"{unit} is that of packaging/systemd")
for page, title in (("man1/tiny.1.gz", b".Dt TINY 1"), ("man5/tiny.conf.5.gz", b".Dt TINY.CONF 5")):
    with gzip.open(f"{tree}/usr/share/man/{page}") as f:
        ok(title in f.read(), page)
with open(tree + "/usr/share/doc/tiny/copyright") as f:
    text = f.read()
ok("Thomas Pornin" in text and "Rich Felker" in text, "the copyright file names BearSSL's and musl's authors")

# ---- and it works

installed = tree + "/usr/bin/tiny"
with open(installed, "rb") as a, open(TINY, "rb") as b:
    ok(a.read() == b.read(), "the program is this build's, byte by byte")
pem = os.path.join(scratch, "server.pem")
equal(run(installed, "certificate", "--name", "localhost", "--out", pem)[0], 0, "it makes a certificate")
config = ["-c", tree + "/etc/tiny/tiny.conf", "--ssl.keyfile", pem]
code, said, err = run(installed, *config, "-t")
ok(code == 0 and b"files.root = /usr/share/tiny/www" in said and err.count(b"\n") <= 1,
   "the configuration is right", err.decode())
tiny = Tiny({"files.root": tree + "/usr/share/tiny/www"}, args=config, binary=installed)
with open(os.path.join(ROOT, "doc/www/index.html"), "rb") as f:
    equal(curl(tiny.url())[1], f.read(), "and serves the page that comes with it")
tiny.stop()

# ---- dpkg's own view, in a root of its own and without the scripts' touching this machine

if os.geteuid() != 0 or b"script-chrootless" not in run("dpkg", "--force-help")[1]:
    skip("installed in a scratch root", "needs root and a dpkg that can do so")
    done()
root = os.path.join(scratch, "root")
for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"):
    os.makedirs(os.path.join(root, name))
write(root + "/var/lib/dpkg/status", "")


def dpkg(*argv):
    code, said, err = run("dpkg", "--root=" + root, "--force-script-chrootless", "--log=/dev/null", *argv,
                          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    return ok(code == 0, "dpkg " + argv[0], said + err)


dpkg("--install", deb)
ok(b"install ok installed" in run("dpkg-query", "--admindir=" + root + "/var/lib/dpkg", "-W",
                                  "-f=${Status}", "tiny")[1], "it is installed")
enabled = [name for name in ("multi-user.target.wants", "sockets.target.wants")
           if os.path.isdir(f"{root}/etc/systemd/system/{name}")]
equal(enabled, [], "no unit is enabled by itself")
write(root + "/etc/tiny/tiny.conf", "# mine\n")
dpkg("--install", "--force-confold", deb)
with open(root + "/etc/tiny/tiny.conf") as f:
    equal(f.read(), "# mine\n", "a changed configuration survives an upgrade")
dpkg("--remove", "tiny")
ok(os.path.exists(root + "/etc/tiny/tiny.conf") and not os.path.exists(root + "/usr/bin/tiny"),
   "removed, the configuration stays")
dpkg("--purge", "tiny")
ok(not os.path.exists(root + "/etc/tiny"), "purged, it goes")
done()
