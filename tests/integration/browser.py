"""Browsers without a screen, for the tests: Chromium over the pipe of its DevTools, with
its net log, and Firefox over Marionette's socket. Each has a home of its own, asks for
nothing beyond loopback, and is ended by its process id; nothing waits without a bound."""

import atexit
import json
import os
import re
import select
import shlex
import socket
import subprocess
import time

from harness import ROOT, Tiny, folder, run, write
from tlskit import Authority

PATIENCE = 90  # seconds, of a machine that is busy with other tests
# What a browser sees of the machine it runs on.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_running = []


class Browser:
    """The process, and where it lives."""

    def __init__(self, argv, fds=(), env=None):
        self.output = open(self.home + "/output", "wb")
        self.process = subprocess.Popen(argv, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT, start_new_session=True,
                                        env={"PATH": PATH, "HOME": self.home, "LANG": "C.UTF-8", **(env or {})})
        _running.append(self)

    def end(self, patience=PATIENCE):
        """Waits for the end that was asked for; False if it had to be forced."""
        try:
            self.process.wait(patience)
            good = True
        except subprocess.TimeoutExpired:
            good = False
        try:
            # Of what it started, nothing stays.
            os.killpg(self.process.pid, 9)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.output.close()
        if self in _running:
            _running.remove(self)
        return good

    def told(self):
        with open(self.home + "/output", "rb") as f:
            return f.read()[-3000:].decode(errors="replace")


class Site:
    """Certificates for both sides, and servers of the status page that browsers visit."""

    def __init__(self):
        self.authority = Authority("CA")
        self.pem, self.client = self.authority.issue("localhost", "site"), self.authority.issue("alice")
        self.home = folder()
        self.compressed = self.home + "/compressed"
        run(ROOT + "/doc/compress-certificate", self.pem, self.compressed)

    def serve(self, **options):
        """Connections that are idle are closed, so that the next visit is a new one."""
        trace = f"{folder()}/trace"
        tiny = Tiny({"server.mode": "status", "ssl.keyfile": self.pem, "server.idle-timeout": 1, "log.level": "debug",
                     "watch.trace": "true", "watch.file": trace,
                     **{name.replace("_", ".", 1).replace("_", "-"): value for name, value in options.items()}})
        tiny.trace = trace
        return tiny


def messages(tiny):
    """Names of the handshake messages that both sides have sent so far."""
    with open(tiny.trace) as f:
        return re.findall(r"(?m)^ +(\w+), Length=\d+$", f.read())


def wait_until_idle(tiny):
    """Until the connections of a visit are closed again."""
    before, end = getattr(tiny, "closed", 0), time.monotonic() + PATIENCE
    while True:
        tiny.read_log(0.1)
        opened = len(re.findall(rb"\d: TLSv1\.\d, ", tiny.log))
        tiny.closed = len(re.findall(rb"\d: (?:idle for too long|connection broke|closed)", tiny.log))
        if opened == tiny.closed > before:
            return
        if time.monotonic() > end:
            raise AssertionError("connections stay open:\n" + tiny.log.decode(errors="replace"))


def fact(text, name):
    """What a page of the status mode says, as browsers lay it out in text."""
    m = re.search(rf"(?m)^{re.escape(name)}[ \t]*\n?([^\n]*)", text)
    return m.group(1).strip() if m else None


@atexit.register
def _clean():
    for browser in list(_running):
        browser.end(0)


# ---- Chromium ----------------------------------------------------------------

CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-default-apps", "--disable-extensions"]


class Chromium(Browser):
    """With what it logs of the network; spki: SHA-256 of the key it takes for good."""

    def __init__(self, spki, *args, dump=None):
        self.home = folder()
        argv = CHROMIUM + [f"--user-data-dir={self.home}/profile", f"--log-net-log={self.home}/net.json",
                           "--net-log-capture-mode=Everything", "--ignore-certificate-errors-spki-list=" + spki, *args]
        if dump:
            super().__init__(argv + ["--virtual-time-budget=20000", "--dump-dom", dump])
            return
        self.data, self.number = b"", 0
        theirs, self.out = os.pipe()
        self.incoming, back = os.pipe()
        command = shlex.join(argv + ["--remote-debugging-pipe", "about:blank"])
        super().__init__(["sh", "-c", f"exec {command} 3<&{theirs} 4>&{back}"], (theirs, back))
        os.close(theirs)
        os.close(back)
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    session = None

    def receive(self):
        while b"\0" not in self.data:
            if not select.select([self.incoming], [], [], PATIENCE)[0]:
                raise AssertionError("Chromium does not answer:\n" + self.told())
            chunk = os.read(self.incoming, 65536)
            if not chunk:
                raise AssertionError("Chromium is gone:\n" + self.told())
            self.data += chunk
        message, _, self.data = self.data.partition(b"\0")
        return json.loads(message)

    def ask(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def visit(self, url):
        """The text of the page, as it is shown."""
        self.ask("Page.navigate", url=url)
        while self.receive().get("method") != "Page.loadEventFired":
            pass
        return self.ask("Runtime.evaluate", expression="document.documentElement.innerText",
                        returnByValue=True)["result"]["value"]

    def quit(self):
        self.session = None
        self.ask("Browser.close")
        os.close(self.out)
        good = self.end()
        os.close(self.incoming)
        return good

    def events(self, kind, port):
        """Parameters of the net log's events of a kind, of connections to this port."""
        with open(self.home + "/net.json") as f:
            log = json.load(f)
        names = {number: name for name, number in log["constants"]["logEventTypes"].items()}
        events = [(e["source"]["id"], names[e["type"]], e.get("params") or {}) for e in log["events"]]
        here = {source for source, name, params in events
                if name == "TCP_CONNECT" and str(params.get("remote_address", "")).endswith(f":{port}")}
        return [params for source, name, params in events if name == kind and source in here and params]


# ---- Firefox -----------------------------------------------------------------

_FACTS = """
let info = gBrowser.selectedBrowser.securityUI.secInfo, facts = {};
for (let name in info) {
    try {
        if (["string", "number", "boolean"].includes(typeof info[name])) facts[name] = info[name];
    } catch (e) {
    }
}
return facts;"""

_PREFERENCES = """
user_pref("marionette.port", 0);
user_pref("app.normandy.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.dns.disablePrefetch", true);
user_pref("security.default_personal_cert", "Select Automatically");
user_pref("security.OCSP.enabled", 0);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.enabled", false);
"""


class Firefox(Browser):
    """With the key log it writes; preferences: more lines of its user.js."""

    def __init__(self, preferences=""):
        self.home = folder()
        profile = self.home + "/profile"
        write(profile + "/user.js", _PREFERENCES + preferences)
        self.keys = self.home + "/keys"
        super().__init__(["firefox-esr", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote",
                          "--profile", profile, "about:blank"], env={"SSLKEYLOGFILE": self.keys})
        end, path, port = time.monotonic() + PATIENCE, profile + "/MarionetteActivePort", ""
        while not port:
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError("Firefox does not start:\n" + self.told())
            time.sleep(0.1)
            if os.path.exists(path):
                with open(path) as f:
                    port = f.read()
        self.socket = socket.create_connection(("127.0.0.1", int(port)), timeout=PATIENCE)
        self.data, self.number = b"", 0
        self.receive()
        self.ask("WebDriver:NewSession")

    def receive(self):
        def more():
            chunk = self.socket.recv(65536)
            if not chunk:
                raise AssertionError("Firefox is gone:\n" + self.told())
            self.data += chunk

        while b":" not in self.data:
            more()
        size, _, self.data = self.data.partition(b":")
        while len(self.data) < int(size):
            more()
        message, self.data = self.data[:int(size)], self.data[int(size):]
        return json.loads(message)

    def ask(self, command, **params):
        self.number += 1
        message = json.dumps([0, self.number, command, params]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.receive()
        if error:
            raise AssertionError(f"{command}: {error['error']}: {error['message']}")
        return result.get("value") if isinstance(result, dict) else result

    def inside(self, script, *args):
        """What a script says that runs as a part of the browser."""
        self.ask("Marionette:SetContext", value="chrome")
        result = self.ask("WebDriver:ExecuteScript", script=script, args=args)
        self.ask("Marionette:SetContext", value="content")
        return result

    def trust(self, base64):
        """Takes a certificate for an authority's."""
        self.inside("""Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
                       .addCertFromBase64(arguments[0], "CT,C,C");""", base64)

    def own(self, path, password):
        """A certificate of its own, from a PKCS #12 file."""
        return self.inside("""
            let file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
            file.initWithPath(arguments[0]);
            return Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
                .importPKCS12File(file, arguments[1]);""", path, password)

    def visit(self, url):
        """The text of the page, and what it knows of the connection."""
        self.ask("WebDriver:Navigate", url=url)
        text = self.ask("WebDriver:ExecuteScript", script="return document.documentElement.innerText", args=[])
        return text, self.inside(_FACTS)

    def quit(self):
        self.ask("Marionette:Quit", flags=["eForceQuit"])
        self.socket.close()
        return self.end()
