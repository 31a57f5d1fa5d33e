#!/usr/bin/env python3
"""packaging/alpine without Alpine: APKBUILD is read and its functions run by
busybox's shell with the variables that abuild sets; the OpenRC service is run
under false functions of OpenRC."""

import os
import re
import shutil
import stat
import subprocess
import tarfile

from harness import *

ALPINE = os.path.join(ROOT, "packaging", "alpine")
BUILD = os.path.dirname(TINY)

# Unused and unset variables are abuild's and OpenRC's; busybox's shell has local.
if have("shellcheck"):
    for name in ("APKBUILD", "tiny-tls.initd", "tiny-tls.confd", "tiny-tls.pre-install"):
        code, said, err = run("shellcheck", "-s", "sh", "-e", "SC2034,SC2154,SC3043",
                              os.path.join(ALPINE, name))
        ok(code == 0, "shellcheck " + name, said + err)
else:
    skip("shellcheck", "shellcheck is not installed")
if not have("busybox"):
    skip("the functions of APKBUILD and the service", "busybox is not installed")
    done()
ASH = ("busybox", "ash")

scratch = folder()
with open(os.path.join(ROOT, "Makefile")) as f:
    version = re.search(r"^VERSION := (\S+)", f.read(), re.M).group(1)

# ---- what make apk collects

start, src, pkg = (os.path.join(scratch, name) for name in ("apk", "src", "pkg"))
names = run(os.path.join(ROOT, "packaging/dist/source"), "list")[1]
tarball = os.path.join(scratch, "source.tar.gz")
run("tar", "czf", tarball, "--no-recursion", f"--transform=flags=r;s|^|tiny-{version}/|", "-T", "-",
    input=names, cwd=ROOT)
collect = os.path.join(ROOT, "packaging/dist/make-apk")
code, said, err = run(collect, version, tarball, start)
ok(code == 0, "make-apk collects the package's files", said + err)
equal(sorted(os.listdir(start)), ["APKBUILD", f"tiny-{version}.tar.gz", "tiny-tls.confd",
                                  "tiny-tls.initd", "tiny-tls.pre-install"], "these")
ok(run(collect, "9.9.9", tarball, scratch + "/other")[0] != 0, "a version that is not APKBUILD's is refused")
wrong = write(scratch + "/bearssl_0.6+dfsg.1.orig.tar.xz", "not it")
code, said, err = run(collect, version, tarball, scratch + "/other", env={**os.environ, "BEARSSL_TARBALL": wrong})
ok(code != 0, "so is another tarball of BearSSL", said + err)

DUMP = """
for name in pkgname pkgver pkgrel pkgdesc url arch license depends makedepends install subpackages source options builddir; do
    eval "value=\\$$name"
    printf '%s=%s\\n' "$name" "$(echo $value)"
done
echo "$sha512sums" > "$startdir/sums"
"""
PRELUDE = """
set -e
default_prepare() { echo "default_prepare"; }
. "$startdir/APKBUILD"
"""
environment = {**os.environ, "startdir": start, "srcdir": src, "pkgdir": pkg, "CC": "musl-gcc"}
for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BUILD", "BEARSSL_SRC"):
    environment.pop(name, None)


def ash(script, **more):
    p = subprocess.run([*ASH, "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=300, **more)
    return p.returncode, p.stdout.decode(errors="replace")


code, said = ash(PRELUDE + DUMP, env=environment)
values = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
ok(code == 0 and values.get("pkgver") == version and values.get("pkgname") == "tiny-tls",
   "APKBUILD is read by busybox's shell", said)
ok(all(values.get(name) for name in ("pkgdesc", "url", "license", "arch", "source")) and
   re.fullmatch(r"\d+", values["pkgrel"]) and len(values["pkgdesc"]) < 128, "it says what it must", said)
with open(start + "/sums") as f:
    sums = dict(reversed(line.split("  ", 1)) for line in f.read().splitlines() if line)
equal(sorted(sums), sorted(values["source"].split()), "each source has its checksum, and nothing else has")
ok(all(re.fullmatch(r"[0-9a-f]{128}", s) for s in sums.values()), "which are SHA-512", sums)
local = "".join(f"{s}  {n}\n" for n, s in sums.items() if os.path.exists(os.path.join(start, n)))
equal(values["install"], "tiny-tls.pre-install", "the script before the installation is there")
code, said, err = run("sha512sum", "-c", input=local.encode(), cwd=start)
ok(code == 0 and local.count("\n") == 3, "and right", said + err)
with open(os.path.join(ROOT, "third_party/bearssl.pin")) as f:
    ok(f.read().splitlines()[-1].split()[2] in sums, "BearSSL's tarball is the one of third_party/bearssl.pin", sums)

# ---- what abuild would do: unpack, prepare, build, check, package

os.mkdir(src)
with tarfile.open(os.path.join(start, f"tiny-{version}.tar.gz")) as tar:
    tar.extractall(src)
for name in values["source"].split():
    if os.path.exists(os.path.join(start, name)) and not name.endswith(".gz"):
        os.symlink(os.path.join(start, name), os.path.join(src, name))
bearssl = os.path.join(src, "bearssl-0.6")
shutil.copytree(os.path.join(BUILD, "third_party/bearssl"), bearssl)
shutil.copytree(os.path.join(bearssl, ".pristine"), bearssl, dirs_exist_ok=True)
shutil.rmtree(os.path.join(bearssl, ".pristine"))
os.remove(os.path.join(bearssl, "sources.mk"))
# abuild begins with nothing; here what was compiled from these sources is at hand, so
# that the test is short. One time for all of it, later than that of the sources.
seed = os.path.join(values["builddir"], "build")
sources = [os.path.join(ROOT, name) for name in names.decode().split() if name.startswith("src/")]
if all(os.path.getmtime(TINY) >= os.path.getmtime(name) for name in sources):
    for part in ("musl", "third_party/musl", "third_party/bearssl"):
        shutil.copytree(os.path.join(BUILD, part), os.path.join(seed, part))
    run("find", seed, "-type", "f", "-exec", "touch", "-r", os.path.join(start, "sums"), "{}", "+")
    run("find", values["builddir"], "-path", seed, "-prune", "-o", "-type", "f", "-exec", "touch",
        "-d", "2001-02-03", "{}", "+")
machine = run("gcc", "-dumpmachine")[1].decode().strip().replace("gnu", "musl")
for where in (f"/usr/lib/{machine}", "/usr/lib/musl/lib", "/usr/local/musl/lib"):
    if os.path.isdir(where):
        environment["MUSL_DIR"] = where
        break
for step in ("prepare", "build", "check", "package"):
    code, said = ash(PRELUDE + f'cd "$builddir" 2> /dev/null || cd "$srcdir"; {step}', env=environment)
    if not ok(code == 0, step + "()", said[-3000:]):
        done()
equal(os.path.exists(os.path.join(values["builddir"], "build/tiny")), True, "the program is there")

# ---- what lands in the package

expected = {
    "usr/bin/tiny": 0o755,
    "etc/tiny/tiny.conf": 0o644,
    "etc/init.d/tiny": 0o755,
    "etc/conf.d/tiny": 0o644,
    "usr/share/tiny/www/index.html": 0o644,
    "usr/share/man/man1/tiny.1": 0o644,
    "usr/share/man/man5/tiny.conf.5": 0o644,
    "usr/share/licenses/tiny-tls/LICENSE": 0o644,
    "usr/share/licenses/tiny-tls/LICENSE.bearssl": 0o644,
    "usr/share/bash-completion/completions/tiny": 0o644,
    "usr/share/zsh/site-functions/_tiny": 0o644,
    "usr/share/fish/vendor_completions.d/tiny.fish": 0o644,
}
found, odd = {}, []
for top, _, files in os.walk(pkg):
    for name in files:
        path = os.path.join(top, name)
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        found[os.path.relpath(path, pkg)] = mode
        if mode not in (0o644, 0o755) or os.path.islink(path):
            odd.append(path)
equal({path: found.get(path) for path in expected}, expected, "files and their modes")
equal(odd, [], "nothing that others may write, no link")
homes = ("usr/bin/", "etc/", "usr/share/man/", "usr/share/doc/tiny-tls/", "usr/share/licenses/tiny-tls/",
         "usr/share/bash-completion/", "usr/share/zsh/", "usr/share/fish/", "usr/share/tiny/")
equal([path for path in found if not path.startswith(homes)], [], "and nothing in other places")
pem = self_signed(scratch)
tiny = Tiny({"ssl.keyfile": pem, "files.root": pkg + "/usr/share/tiny/www"},
            args=["-c", pkg + "/etc/tiny/tiny.conf"], binary=pkg + "/usr/bin/tiny")
with open(os.path.join(ROOT, "doc/www/index.html"), "rb") as f:
    equal(curl(tiny.url())[1], f.read(), "the program serves with the configuration that comes with it")
tiny.stop()

# ---- the service

FALSE = """
set -u
RC_SVCNAME=tiny
note() { echo "$*" >> "$calls"; }
ebegin() { note "ebegin $*"; }
eend() { note "eend $*"; return "$1"; }
eerror() { note "eerror $*"; }
need() { note "need $*"; }
use() { note "use $*"; }
after() { note "after $*"; }
checkpath() { note "checkpath $*"; }
alias supervise-daemon=supervise_daemon
supervise_daemon() { note "supervise-daemon $*"; return "${supervised:-0}"; }
tiny_args=${tiny_args:-}
for name in respawn_delay respawn_max respawn_period output_log error_log retry; do eval "$name="; done
. "$pkgdir/etc/conf.d/tiny"
. "$pkgdir/etc/init.d/tiny"
command=$pkgdir/usr/bin/tiny
"""
calls = os.path.join(scratch, "calls")
conf = os.path.join(scratch, "tiny.conf")
with open(pkg + "/etc/tiny/tiny.conf") as f:
    text = f.read().replace("/etc/tiny/server.pem", pem).replace("/usr/share/tiny", pkg + "/usr/share/tiny")
write(conf, text)


def service(function, **more):
    """Runs a function of the service: (status, what it printed, what it asked of OpenRC)."""
    if os.path.exists(calls):
        os.remove(calls)
    code, said = ash(FALSE + function, env={**environment, "calls": calls, "cfgfile": conf, **more})
    asked = open(calls).read().splitlines() if os.path.exists(calls) else []
    return code, said, asked


code, said, err = run(*ASH, "-n", pkg + "/etc/init.d/tiny")
ok(code == 0, "the service is right for busybox's shell", said + err)
code, said, asked = service("depend")
equal((code, asked), (0, ["need net", "use dns logger", "after firewall"]), "depend()")
code, said, asked = service("checkconfig")
ok(code == 0 and asked == [] and "files.root" not in said, "checkconfig(), which prints no configuration", said)
code, said, asked = service("start_pre")
equal((code, asked), (0, ["checkpath -d -m 0750 -o tiny /var/log/tiny"]), "start_pre()")
bad = write(scratch + "/bad.conf", "[server]\nmode = fils\n")
code, said, asked = service("start_pre", cfgfile=bad)
ok(code == 1 and "server.mode" in said and asked[-1].startswith("eerror"),
   "which fails, with the reason, where the configuration is wrong", (code, said, asked))
code, said, asked = service("reload")
equal((code, asked[1]), (0, "supervise-daemon tiny --signal HUP"), "reload()")
code, said, asked = service("reload", supervised="1")
equal((code, asked[-1]), (1, "eend 1"), "which tells of a failure")
code, said, asked = service("reopen")
equal((code, asked[1]), (0, "supervise-daemon tiny --signal USR1"), "reopen()")
# As supervise-daemon starts it, but on a port of the kernel's choice and as nobody.
code, said, asked = service('echo "$command $command_args"; echo "$extra_commands $extra_started_commands $supervisor"',
                            tiny_user="65534", tiny_args="--server.endpoint tcp://127.0.0.1:0")
command, names = said.splitlines()
equal(names, "checkconfig reload reopen supervise-daemon", "its commands")
if os.geteuid() == 0:
    os.chmod(scratch, 0o755)
    tiny = Tiny(args=command.split()[1:], endpoint=None, binary=command.split()[0])
    equal(curl(tiny.url())[0], 0, "its command line serves")
    equal(tiny.status("Uid"), 65534, "as the user of the service")
    tiny.stop()
else:
    skip("its command line serves", "needs root")
done()
