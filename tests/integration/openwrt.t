#!/usr/bin/env python3
"""packaging/openwrt: the init script runs under busybox's ash with stand-ins for
OpenWrt's rc.common, UCI and procd (tests/integration/openwrt/). What it writes
is checked by tiny -t, what it asks procd to run is run, serves and reloads.
The package's Makefile is read by make beside a stand-in for the build system."""
import glob
import http.server
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import threading

import harness
from harness import ROOT, Tiny, curl, done, equal, folder, have, ok, run, self_signed, skip, write

PACKAGE = ROOT + "/packaging/openwrt"
INIT = PACKAGE + "/tiny/files/tiny.init"
FAKES = ROOT + "/tests/integration/openwrt"
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
SMALL = harness.TINY + "-small"
# Who the server becomes; only root can become somebody.
BUSYBOX = shutil.which("busybox")
USER = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def quoted(value):
    return "'" + value.replace("'", "'\\''") + "'"


def section(name, options):
    """A section as `uci export` writes it; a list for a list."""
    lines = [f"config tiny {quoted(name)}" if name else "config tiny"]
    for key, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"\t{'list' if isinstance(value, list) else 'option'} {key} {quoted(one)}")
    return "\n".join(lines) + "\n\n"


class Router:
    """A root folder with what the init script finds on a router."""

    def __init__(self, program=SMALL):
        self.root = folder()
        for path in ("etc/config", "usr/bin", "lib/functions", "net", "etc/ssl/acme", "bin", "srv"):
            os.makedirs(f"{self.root}/{path}")
        os.symlink(program, self.root + "/usr/bin/tiny")
        shutil.copy(FAKES + "/network.sh", self.root + "/lib/functions/network.sh")
        for applet in run(BUSYBOX, "--list")[1].decode().split():
            os.symlink(BUSYBOX, f"{self.root}/bin/{applet}")
        write(self.root + "/srv/index.html", b"from a router\n")
        self.pem = self_signed(self.root + "/etc")
        if os.geteuid() == 0:
            shutil.chown(self.pem, USER)

    def basic(self, **more):
        options = {"enabled": "1", "server_endpoint": ["tcp://127.0.0.1:0"], "files_root": self.root + "/srv",
                   "ssl_keyfile": self.pem, "server_user": USER}
        options.update(more)
        return {k: v for k, v in options.items() if v is not None}

    def configure(self, *sections):
        """Each section is (name, options)."""
        write(self.root + "/etc/config/tiny", "".join(section(*s) for s in sections))

    def script(self, action):
        """Runs the init script; the calls of procd's functions, each a list of words."""
        for name in ("procd", "log"):
            if os.path.exists(f"{self.root}/{name}"):
                os.remove(f"{self.root}/{name}")
        self.code, _, self.err = run(BUSYBOX, "ash", FAKES + "/rc.common", INIT, action,
                                     env={"IPKG_INSTROOT": self.root, "PATH": self.root + "/bin"})
        return [c.split("\x1f")[:-1] for c in self.read("procd").split("\x1e")[:-1]]

    def read(self, name):
        path = f"{self.root}/{name}"
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", newline="") as f:
            return f.read()

    def conf(self, name="main"):
        return self.read(f"var/etc/tiny-{name}.conf")


def instances(calls):
    """Name of each instance -> what was set for it."""
    found, current = {}, None
    for call in calls:
        if call[0] == "procd_open_instance":
            current = found[call[1]] = {}
        elif call[0] == "procd_set_param":
            current[call[1]] = call[2:]
    return found


def started(what):
    """The server as procd would have started it."""
    return Tiny(args=what["command"][1:], endpoint=None, binary=what["command"][0])


def signals(calls):
    return [c[1:] for c in calls if c[0] == "procd_send_signal"]


def served_certificate(tiny):
    return run("openssl", "s_client", "-connect", f"127.0.0.1:{tiny.port}", "-servername", "localhost")[1].split(
        b"BEGIN CERTIFICATE")[1]


def check_scripts():
    for path in [INIT, PACKAGE + "/tiny/files/tiny.defaults", FAKES + "/rc.common", FAKES + "/network.sh"]:
        code, out, _ = run("shellcheck", path) if have("shellcheck") else (0, b"", b"")
        ok(code == 0, f"shellcheck: {os.path.basename(path)}", out.decode())
        equal(run(BUSYBOX, "ash", "-n", path)[0], 0, "and ash can read it")


def help_keys():
    """Key -> what --help calls its value, and whether it is repeatable."""
    text = run(harness.TINY, "--help")[1].decode()
    found = re.findall(r"^  --([a-z]+\.[a-z0-9-]+)(?: (\S+))?.*\n((?:      .*\n)+)", text, re.M)
    return {key: (kind, "repeatable" in about) for key, kind, about in found}


def check_mirror():
    """Every key of the option table is an UCI option of the right type."""
    code, _, err = run(PACKAGE + "/mirror", "--check")
    ok(code == 0, "the init script's options are those of the table", err)
    with open(INIT, encoding="utf-8") as f:
        rows = dict(line.strip().split(":") for line in re.search(r"OPTIONS='\n(.*?)'", f.read(), re.S).group(1).splitlines())
    keys = help_keys()
    equal(sorted(rows), sorted(re.sub("[.-]", "_", k) for k in keys), "and those of tiny --help, none more or less")
    for key, (kind, many) in keys.items():
        found = rows[re.sub("[.-]", "_", key)]
        want = ("list(string)" if many else "bool" if kind == "true|false" else None)
        good = found == want or (want is None and found in ("string", "uinteger") or found.startswith("range("))
        if not good:
            ok(False, f"{key}: {found}", f"{kind} {many}")
    return keys, rows


def check_every_key(keys, rows):
    """With a tiny that accepts everything each key arrives in the file."""
    router = Router()
    os.remove(router.root + "/usr/bin/tiny")
    write(router.root + "/usr/bin/tiny", "#!/bin/sh\nexit 0\n", 0o755)
    values, want = {"enabled": "1"}, []
    for key in keys:
        name = re.sub("[.-]", "_", key)
        kind = rows[name]
        sample = {"bool": "true", "uinteger": "7"}.get(kind, "word")
        if kind.startswith("range("):
            sample = kind[6:-1].split(",")[1]
        if kind.startswith("list"):
            values[name] = ["one item", "another"]
            want += [f"{key} = one item", f"{key} = another"]
        else:
            values[name] = sample
            want.append(f"{key} = {sample}")
    router.configure(("all", values))
    router.script("start")
    equal(sorted(router.conf("all").splitlines()), sorted(want), f"all {len(keys)} keys can be set")
    router.configure(("main", {"enabled": "1", "server_endpoint": "tcp://127.0.0.1:0"}))
    router.script("start")
    ok("server.endpoint = tcp://127.0.0.1:0\n" in router.conf(), "an option in place of a list is one item")
    ok("server.user = tiny\n" in router.conf() and "server.drain-timeout = 3s\n" in router.conf(),
       "root is left, and a restart is quick, unless the configuration says otherwise", router.conf())


def check_running():
    router = Router()
    router.configure(("main", router.basic()))
    calls = router.script("start")
    found = instances(calls)
    if not ok(router.code == 0 and list(found) == ["main"], "an instance of the section's name", router.err.decode()
              + router.read("log")):
        return
    conf = router.root + "/var/etc/tiny-main.conf"
    main = found["main"]
    equal(main["command"], [router.root + "/usr/bin/tiny", "-c", conf], "its command stays in the foreground")
    equal({k: main.get(k) for k in ("file", "respawn", "stdout", "stderr", "term_timeout")},
          {"file": [conf], "respawn": [], "stdout": ["1"], "stderr": ["1"], "term_timeout": ["8"]},
          "respawned, logged, restarted when the file changes")
    equal(stat.S_IMODE(os.stat(conf).st_mode), 0o600, "the file is nobody else's business")
    equal(run(SMALL, "-t", "-c", conf)[0], 0, "tiny -t accepts it")
    tiny = started(main)
    equal(curl(tiny.url())[:2], (0, b"from a router\n"), "what procd would run serves")
    if os.geteuid() == 0:
        equal(tiny.status("Uid"), pwd.getpwnam(USER).pw_uid, "and is root no longer")

    write(router.root + "/running", "tiny main\n")
    before = served_certificate(tiny)
    shutil.copyfile(self_signed(folder()), router.pem)
    calls = router.script("reload")
    equal(signals(calls), [["tiny", "main", "HUP"]], "reload: the same configuration gets SIGHUP")
    ok(instances(calls).get("main") == main, "and procd finds nothing to restart")
    mark = len(tiny.log)
    tiny.signal(signal.SIGHUP)
    tiny.wait_log(rb"reload\w*|certificates", since=mark)
    ok(before != served_certificate(tiny), "after which the new certificate is served")
    equal(tiny.stop(), 0, "SIGTERM ends it")

    router.configure(("main", router.basic(server_idle_timeout="7s")))
    equal(signals(router.script("reload")), [], "reload: another configuration gets no signal")
    ok("server.idle-timeout = 7s\n" in router.conf(), "but another file, for which procd restarts it")
    os.remove(router.root + "/running")
    equal(signals(router.script("reload")), [], "reload: who does not run gets none either")
    equal(signals(router.script("relog")), [["tiny", "*", "USR1"]], "relog is SIGUSR1")

    router.configure(("main", router.basic(ssl_protocol="3")))
    calls, good = router.script("reload"), router.conf()
    ok(list(instances(calls)) == ["main"] and "ssl.protocol" not in good, "a change that is wrong changes nothing")
    ok("ssl.protocol" in router.read("log") and "goes on with what it had" in router.read("log"), "and is told",
       router.read("log"))
    calls = router.script("stop")
    ok(["procd_kill", "tiny", ""] in calls and glob.glob(router.root + "/var/etc/tiny-*") == [], "stop leaves nothing")
    equal(list(instances(router.script("start"))), [], "with nothing to go on with it does not start")


def check_nasty():
    """Values that would like to be something else."""
    router = Router()
    headers = ["X-A: # no comment; [ssl]", "X-B: \"double\" 'single' \\back\\", "X-C: $(touch pwned) `touch pwned` $HOME",
               "X-D: @HOME@ @@ a@b @include x", "X-E: a = b * ? ~ & | < >", "X-F: \u00e4\u00f6 *.txt"]
    router.configure(("main", router.basic(files_header=headers, files_index=["  index.html"])))
    found = instances(router.script("start"))
    if ok(list(found) == ["main"], "values of all kinds are accepted", router.read("log")):
        tiny = started(found["main"])
        out = curl("-i", tiny.url())[1].decode()
        got = re.findall(r"^(X-[A-F]: .*?)\r?$", out, re.M)
        equal(got, headers, "and arrive as they are")
        ok("from a router" in out, "blanks around a value do not count")
        tiny.stop()
    equal(glob.glob(router.root + "/**/pwned", recursive=True) + glob.glob("pwned"), [], "none was run")
    for what, value in (("a line break", "index.html\nserver.user = root"), ("a carriage return", "a\rb"),
                        ("an escape", "a\x1bb")):
        router.configure(("main", router.basic(files_index=value)))
        router.script("stop")
        equal(instances(router.script("start")), {}, f"{what} in a value: no start")
        ok("files.index holds a line break or another control character" in router.read("log"), "and a line in the log",
           router.read("log"))
    router.configure(("main", router.basic(files_root="@HOME@/x")))
    router.script("start")
    out = run(SMALL, "-t", "-c", router.root + "/var/etc/tiny-main.conf")[1]
    ok(b"files.root = @@HOME@@/x\n" in out, "no variable of the environment is put in", out)


def check_refused():
    router = Router()
    for key, value in (("server_max_connections", "many"), ("server_max_connections", "0"), ("files_listing", "perhaps"),
                       ("port", "70000"), ("server_unlink", "2")):
        router.configure(("main", router.basic(**{key: value})))
        equal(instances(router.script("start")), {}, f"{key} = {value} is refused")
        ok("wrong type" in router.read("log") and key.encode() in router.err, "and told", router.read("log"))
    for key, value, words in (("ssl_protocol", "2", "ssl.protocol"), ("server_idle_timeout", "soon", "server.idle-timeout"),
                              ("ssl_keyfile", "/nowhere/server.pem", "/nowhere/server.pem"),
                              ("server_mode", "echo", "this small build is without it")):
        router.configure(("main", router.basic(**{key: value})))
        equal(instances(router.script("start")), {}, f"{key} = {value} is refused by tiny -t")
        ok(words in router.read("log"), "in its words", router.read("log"))
    router.configure(("main", router.basic(enabled="0")), ("other", router.basic(enabled=None)))
    calls = router.script("start")
    equal((instances(calls), router.read("log")), ({}, ""), "a section that is not enabled is left aside, silently")


def check_two():
    router = Router()
    router.configure(("main", router.basic()), (None, router.basic(files_listing="1", server_drain_timeout="2m")))
    found = instances(router.script("start"))
    equal(list(found), ["main", "cfg2"], "two sections, one without a name")
    ok(found["main"]["file"] != found["cfg2"]["file"], "have files of their own")
    equal((found["main"]["term_timeout"], found["cfg2"]["term_timeout"]), (["8"], ["125"]),
          "procd's patience follows server_drain_timeout")
    servers = [started(what) for what in found.values()]
    ok(all(curl(s.url())[1] == b"from a router\n" for s in servers), "and run side by side")
    for s in servers:
        s.stop()
    router.configure(("main", router.basic(ssl_protocol="2")), ("good", router.basic()))
    router.script("stop")
    equal(list(instances(router.script("start"))), ["good"], "one that is wrong does not keep the other from starting")
    write(router.root + "/running", "tiny good\n")
    router.configure(("main", router.basic()), ("good", router.basic()))
    calls = router.script("reload")
    equal((list(instances(calls)), signals(calls)), (["main", "good"], [["tiny", "good", "HUP"]]),
          "reload: the one starts, the other is told")


def check_triggers():
    router = Router()
    write(router.root + "/net/lan", "127.0.0.1")
    write(router.root + "/net/guest", "127.0.0.2 127.0.0.3")
    write(router.root + "/net/guest.6", "::1")
    router.configure(("main", router.basic(server_endpoint=None, interface=["lan", "guest"], port="0")))
    calls = router.script("start")
    endpoints = re.findall(r"server.endpoint = (.*)", router.conf())
    equal(endpoints, ["tcp://127.0.0.1:0", "tcp://127.0.0.2:0", "tcp://127.0.0.3:0", "tcp://[::1]:0"],
          "interfaces become endpoints on their addresses")
    for call in (["procd_add_reload_trigger", "tiny"], ["procd_add_reload_interface_trigger", "lan"],
                 ["procd_add_reload_interface_trigger", "guest"], ["procd_add_validation", "validate_section"],
                 ["procd_add_raw_trigger", "acme.renew", "5000", "/etc/init.d/tiny", "reload"],
                 ["procd_add_raw_trigger", "acme.issue", "5000", "/etc/init.d/tiny", "reload"]):
        ok(call in calls, "registered: " + " ".join(call))
    write(router.root + "/running", "tiny main\n")
    write(router.root + "/net/lan", "127.0.0.9")
    calls = router.script("reload")
    ok("tcp://127.0.0.9:0" in router.conf() and signals(calls) == [], "an interface with another address: a restart")
    os.remove(router.root + "/net/lan")
    for name in ("guest", "guest.6"):
        os.remove(f"{router.root}/net/{name}")
    calls = router.script("reload")
    equal(instances(calls), {}, "no address at all: it waits, rather than listen everywhere")
    ok("interface lan has no address yet" in router.read("log"), "and says for what")
    ok(["procd_add_reload_interface_trigger", "lan"] in calls, "the trigger is there all the same")


class Backend(http.server.BaseHTTPRequestHandler):
    """What stands where uhttpd would."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"LuCI\n")

    def log_message(self, *args):
        pass


def check_proxy():
    backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    router = Router()
    write(router.root + "/net/lan", "127.0.0.1")
    router.configure(("luci", router.basic(server_endpoint=None, files_root=None, interface=["lan"], port="0", server_mode="proxy",
                                           proxy_backend=f"tcp://127.0.0.1:{backend.server_address[1]}")))
    found = instances(router.script("start"))
    if ok(list(found) == ["luci"], "a section in front of a backend", router.read("log")):
        tiny = started(found["luci"])
        equal(curl(tiny.url())[:2], (0, b"LuCI\n"), "what uhttpd says comes through")
        tiny.stop()
    backend.shutdown()


def check_examples(rows):
    """The options of the README and of the configuration that comes with the package exist, as what they are."""
    kinds = {**rows, "enabled": "bool", "port": "port", "acme": "string", "interface": "list(uciname)"}
    for path in (PACKAGE + "/README.md", PACKAGE + "/tiny/files/tiny.config"):
        with open(path, encoding="utf-8") as f:
            used = re.findall(r"^\s+(option|list) (\w+) '", f.read(), re.M)
        wrong = [name for word, name in used if name not in kinds or (word == "list") != kinds[name].startswith("list")]
        ok(len(used) > 4 and not wrong, f"{os.path.basename(path)}: its {len(used)} options exist", wrong)


def check_acme():
    router = Router()
    router.configure(("main", router.basic(ssl_keyfile=None, acme="example.org")))
    equal(instances(router.script("start")), {}, "acme: without the certificate it waits")
    ok("no certificate of example.org" in router.read("log"), "and says for what", router.read("log"))
    self_signed(router.root + "/etc/ssl/acme", name="example.org", host="example.org")
    os.rename(router.root + "/etc/ssl/acme/example.org.crt", router.root + "/etc/ssl/acme/example.org.fullchain.crt")
    found = instances(router.script("start"))
    pem = router.root + "/var/etc/tiny-main.pem"
    if ok(list(found) == ["main"] and os.path.exists(pem), "acme: with it, it starts", router.read("log")):
        status = os.stat(pem)
        equal((stat.S_IMODE(status.st_mode), status.st_uid), (0o600, pwd.getpwnam(USER).pw_uid),
              "the server's user alone can read the key again at SIGHUP")
        tiny = started(found["main"])
        ok(b"CN = example.org" in run("openssl", "s_client", "-connect", f"127.0.0.1:{tiny.port}")[1]
           or b"CN=example.org" in run("openssl", "s_client", "-connect", f"127.0.0.1:{tiny.port}")[1], "and it is served")
        before = served_certificate(tiny)
        write(router.root + "/running", "tiny main\n")
        self_signed(router.root + "/etc/ssl/acme", name="example.org", host="example.org")
        os.rename(router.root + "/etc/ssl/acme/example.org.crt", router.root + "/etc/ssl/acme/example.org.fullchain.crt")
        equal(signals(router.script("reload")), [["tiny", "main", "HUP"]], "acme.renew: reload sends SIGHUP")
        mark = len(tiny.log)
        tiny.signal(signal.SIGHUP)
        tiny.wait_log(rb"reload\w*|certificates", since=mark)
        ok(before != served_certificate(tiny), "the renewed one is served, with root given up long ago")
        tiny.stop()
    for name in ("../../etc/shadow", ".hidden"):
        router.configure(("main", router.basic(ssl_keyfile=None, acme=name)))
        router.script("stop")
        equal(instances(router.script("start")), {}, f"acme = {name} is refused")
        ok("is no name of a certificate" in router.read("log"), "and told", router.read("log"))


def check_defaults():
    """The script of the first boot; uci, chown and logger are stand-ins."""
    router = Router()
    tools = router.root + "/tools"
    write(tools + "/uci", '#!/bin/sh\ncase "$*" in *hostname) echo Router ;; *ipaddr) echo 192.168.1.1/24 10.0.0.1/8 ;; esac\n', 0o755)
    write(tools + "/chown", '#!/bin/sh\necho "$@" > "$IPKG_INSTROOT/chown"\n', 0o755)
    write(tools + "/logger", '#!/bin/sh\necho "$@" >> "$IPKG_INSTROOT/log"\n', 0o755)

    def first_boot():
        return run(BUSYBOX, "ash", PACKAGE + "/tiny/files/tiny.defaults",
                   env={"IPKG_INSTROOT": router.root, "PATH": tools + ":" + router.root + "/bin"})
    pem = router.root + "/etc/tiny/server.pem"
    code, _, err = first_boot()
    if not ok(code == 0 and os.path.exists(pem), "the first boot makes a certificate", err.decode() + router.read("log")):
        return
    equal((stat.S_IMODE(os.stat(pem).st_mode), router.read("chown").split()), (0o600, ["tiny:tiny", pem]), "of the user")
    text = run("openssl", "x509", "-in", pem, "-noout", "-text")[1]
    ok(b"DNS:Router" in text and b"IP Address:192.168.1.1" in text, "for name and address", text)
    before = router.read("etc/tiny/server.pem")
    ok(first_boot()[0] == 0 and router.read("etc/tiny/server.pem") == before, "the next one leaves it as it is")
    os.remove(pem)
    os.remove(router.root + "/usr/bin/tiny")
    ok(first_boot()[0] == 0 and "no certificate could be made" in router.read("log"), "a failure is told, and no loop")
    config = open(PACKAGE + "/tiny/files/tiny.config", encoding="utf-8").read()
    write(router.root + "/etc/config/tiny", config)
    ok(router.script("start") and router.code == 0, "the configuration that comes with it can be read")


def package_make(*words, **env):
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BUILD", "PREFIX")}
    return run("make", "-s", "--no-print-directory", "TOPDIR=" + FAKES, *words, cwd=PACKAGE + "/tiny", env={**clean, **env},
               timeout=600)


def toolchain(directory):
    """musl-gcc under the name of a router's compiler; it knows where its libc.a is."""
    found = [d for d in glob.glob("/usr/lib/*/libc.a") + glob.glob("/usr/*/musl/lib/libc.a") if "musl" in d]
    musl = os.path.dirname(found[0]) if found else "/usr/lib/musl/lib"
    name = directory + "/router-openwrt-linux-musl-gcc"
    write(name, f'#!/bin/sh\ncase "$1" in -print-file-name=*) echo {musl}/"${{1#*=}}" ;; *) exec {shutil.which("musl-gcc")} "$@" ;; esac\n', 0o755)
    write(name + "-ar", '#!/bin/sh\nexec gcc-ar "$@"\n', 0o755)


def check_package():
    code, out, err = package_make("show")
    shown = dict(line.split("=", 1) for line in out.decode().splitlines() if not line.startswith("Download"))
    if not ok(code == 0, "make reads the package", err):
        return
    with open(ROOT + "/Makefile", encoding="utf-8") as f:
        version = re.search(r"^VERSION := (\S+)$", f.read(), re.M).group(1)
    equal({k: shown.get("PKG_" + k) for k in ("NAME", "VERSION", "SOURCE", "LICENSE")},
          {"NAME": "tiny", "VERSION": version, "SOURCE": f"tiny-{version}.tar.gz", "LICENSE": "MIT"}, "name, version, licence")
    for package, variant in (("tiny", "small"), ("tiny-full", "full"), ("tiny-minimal", "minimal")):
        equal([shown.get(f"{package} {k}") for k in ("SECTION", "CATEGORY", "SUBMENU", "VARIANT", "DEPENDS")],
              ["net", "Network", "Web Servers/Proxies", variant, ""], f"{package}: section net, needs nothing")
        ok(re.fullmatch(r"tiny=\d+:tiny=\d+", shown[f"{package} USERID"]), f"{package}: USERID", shown)
        equal(sorted(re.findall(rf"^{package} conffile=(.*)$", out.decode(), re.M)), ["/etc/config/tiny", "/etc/tiny/"],
              f"{package}: conffiles")
        ok(shown[f"{package} TITLE"] and shown[f"{package} description"], f"{package}: title and description")
    pin = next(line.split() for line in open(ROOT + "/third_party/bearssl.pin", encoding="utf-8") if line.startswith("bearssl "))
    download = re.search(r"^Download/bearssl FILE=(\S+) URL=(\S+) HASH=(\S+)$", out.decode(), re.M)
    equal(download.group(1, 3), (pin[2], pin[3]), "BearSSL is the pinned one")
    ok(not re.fullmatch("[0-9a-f]{64}|skip", shown["PKG_HASH"]), "PKG_HASH fits nothing before a release fills it in")
    for variant, program in (("full", "tiny"), ("minimal", "tiny-minimal")):
        code, out, err = package_make("-n", "install-tiny-" + variant, "BUILD_DIR=/b", "DESTINATION=/d", BUILD_VARIANT=variant)
        ok(f"/b/tiny-{variant}/tiny-{version}/build/{program} /d/usr/bin/tiny".encode() in out,
           f"tiny-{variant} installs build/{program}", out + err)
    for arch, mips16, want, never in (("mipsel", "y", ["SHORT='-mips16'", "-minterlink-mips16", "CRT= "], "-malign-data"),
                                      ("mips", "", ["SHORT=''", "CRT= "], "mips16"), ("arm", "", ["SHORT='-mthumb'"], "CRT="),
                                      ("aarch64", "", ["SHORT=''"], "CRT=")):
        code, out, err = package_make("flags", "ARCH=" + arch, "CONFIG_HAS_MIPS16=" + mips16)
        ok(all(w.encode() in out for w in want) and never.encode() not in out, f"flags for {arch} {mips16}", out + err)
    check_compile(version, pin[2], shown["PKG_LICENSE_FILES"].split())


def check_compile(version, archive, licences):
    """The package built as OpenWrt builds it: no network, somebody else's compiler."""
    work = folder()
    os.makedirs(work + "/dl")
    toolchain(work + "/tools")
    source = f"{work}/tiny-{version}"
    subprocess.check_call([ROOT + "/packaging/dist/source", "copy", source])
    subprocess.check_call(["tar", "-czf", f"{work}/dl/tiny-{version}.tar.gz", "-C", work, f"tiny-{version}"])
    shutil.copytree(BUILD + "/third_party/bearssl", work + "/bearssl", symlinks=True)
    shutil.copytree(work + "/bearssl/.pristine", work + "/bearssl", dirs_exist_ok=True)
    shutil.rmtree(work + "/bearssl/.pristine")
    subprocess.check_call(["tar", "-cJf", f"{work}/dl/{archive}", "-C", work, "bearssl"])
    words = ["BUILD_DIR=" + work + "/build_dir", "DL_DIR=" + work + "/dl"]
    # The usual compiler and apt-get fail: what is needed must come from the variables.
    path = work + "/tools:" + os.environ["PATH"]
    for name in ("musl-gcc", "apt-get"):
        write(f"{work}/tools/{name}", "#!/bin/sh\nexit 100\n", 0o755)
    code, out, err = package_make("prepare", *words, PATH=path)
    if ok(code == 0, "Build/Prepare unpacks both sources", err):
        code, out, err = package_make("compile", *words, PATH=path)
        if ok(code == 0, "Build/Compile with a router's compiler", out + err):
            code, out, err = package_make("install-tiny", "DESTINATION=" + work + "/root", *words, PATH=path)
            ok(code == 0, "the install recipe", err)
    tree = f"{work}/build_dir/tiny-small/tiny-{version}"
    ok(all(os.path.exists(f"{tree}/{f}") for f in licences), "the licences are where the package says", licences)
    have_files = {os.path.relpath(f, work + "/root"): stat.S_IMODE(os.stat(f).st_mode)
                  for f in glob.glob(work + "/root/**", recursive=True) if os.path.isfile(f)}
    equal(have_files, {"usr/bin/tiny": 0o755, "etc/init.d/tiny": 0o755, "etc/config/tiny": 0o600,
                       "etc/uci-defaults/80-tiny": 0o755}, "puts everything in its place")
    program = work + "/root/usr/bin/tiny"
    if not os.path.exists(program):
        return
    ok(b"(small)" in run(program, "--version")[1], "the program is the small one")
    ok(b"INTERP" not in run("readelf", "-lW", program)[1], "static")
    router = Router(program)
    router.configure(("main", router.basic()))
    found = instances(router.script("start"))
    tiny = started(found["main"])
    equal(curl(tiny.url())[:2], (0, b"from a router\n"), "and serves what the init script started")
    tiny.stop()


if BUSYBOX is None:
    skip("packaging/openwrt", "there is no busybox")
    done()
check_scripts()
known = check_mirror()
check_every_key(*known)
check_examples(known[1])
check_running()
check_nasty()
check_refused()
check_two()
check_triggers()
check_proxy()
check_acme()
check_defaults()
check_package()
done()
