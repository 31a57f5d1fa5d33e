"""What the tests of the TLS part share beside harness.py: openssl s_client
and its words, clients that speak weak versions and suites, a TLS connection
whose records the test sees and changes, and a certificate authority."""

import os
import re
import ssl
import subprocess

from harness import Tiny, client_context, equal, folder, listening_port, ok, receive_all, run, write

BAD_RECORD_MAC, HANDSHAKE_FAILURE, BAD_CERTIFICATE, UNSUPPORTED_CERTIFICATE = 20, 40, 42, 43
CERTIFICATE_EXPIRED, UNKNOWN_CA, PROTOCOL_VERSION, INAPPROPRIATE_FALLBACK = 45, 48, 70, 86
NO_APPLICATION_PROTOCOL = 120

VERSIONS = {"TLSv1": "-tls1", "TLSv1.1": "-tls1_1", "TLSv1.2": "-tls1_2"}

# The system's own configuration may forbid old versions and weak suites.
WEAK = dict(os.environ, OPENSSL_CONF=write(folder() + "/openssl.cnf", """
openssl_conf = conf
[conf]
ssl_conf = ssl
[ssl]
system_default = weak
[weak]
MinProtocol = None
CipherString = ALL:@SECLEVEL=0
"""))


def connect(tiny, context, session=None, name="localhost"):
    """One request; whether it was resumed, the session, and the answer."""
    with context.wrap_socket(tiny.connect(), server_hostname=name, session=session) as s:
        s.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n")
        answer = receive_all(s)
        return s.session_reused, s.session, answer.decode()


def resumes(tiny, context, session, want, title, **how):
    return equal(connect(tiny, context, session, **how)[0], want, title)


class Client:
    """What one run of s_client told."""

    def __init__(self, code, text):
        self.code = code
        self.text = re.sub(r"(?s)\n-----BEGIN .*?-----END [^\n]*", "", text)

    def find(self, pattern):
        m = re.search(pattern, self.text)
        return m.group(m.lastindex) if m else None

    @property
    def suite(self):
        return self.find(r"(?m)^(?:New|Reused), (?:TLS|SSL)v\S+, Cipher is (?!\(NONE\))(\S+)")

    @property
    def version(self):
        # In TLS 1.3 the session is printed only when a ticket came in time.
        return self.find(r"(?m)^    Protocol  : (\S+)|^(?:New|Reused), (TLSv1\.3), Cipher is TLS_") if self.suite else None

    @property
    def reused(self):
        return "\nReused, " in self.text

    @property
    def subject(self):
        return self.find(r"(?m)^subject=(?:.*CN ?= ?)?(.*)$")

    @property
    def alert(self):
        number = self.find(r"SSL alert number (\d+)")
        return int(number) if number else None

    @property
    def group(self):
        return self.find(r"Server Temp Key: (?:ECDH, )?([\w-]+)")


def s_client(tiny, *args, input=b"", name="localhost"):
    """openssl s_client to its end; input goes to the server."""
    target = [] if "-connect" in args else ["-connect", f"127.0.0.1:{tiny.port}"]
    sni = ["-servername", name] if name else ["-noservername"]
    code, out, err = run("openssl", "s_client", *target, *sni, *args, input=input, env=WEAK)
    return Client(code, (out + err).decode(errors="replace"))


def refused(client, alert, name):
    return ok(client.alert == alert and client.suite is None, name, client.text)


def weak_context(suites="ALL", version=ssl.TLSVersion.TLSv1_2):
    """A client of Python for one version, which takes any suite."""
    return client_context(version, version, suites + ":@SECLEVEL=0")


class SServer:
    """openssl s_server with the same arguments."""

    def __init__(self, *args):
        self.process = subprocess.Popen(["openssl", "s_server", "-4", "-accept", "0", "-www", *args], env=WEAK,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.port = listening_port(self.process.pid)

    def stop(self):
        self.process.kill()
        self.process.wait()


def both(args, what):
    """What a client sees of either server, started alike."""
    seen = []
    for server in Tiny(args=["-www", *args]), SServer(*args):
        seen.append(what(server))
        server.stop()
    return seen


class Wire:
    """A TLS client over a socket, whose outgoing bytes the test may change
    and whose incoming records it sees."""

    def __init__(self, tiny, context=None, name="localhost"):
        self.socket = tiny.connect(10)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or client_context()).wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.seen = b""

    def push(self, change=lambda data: data):
        data = self.outgoing.read()
        if data:
            self.socket.sendall(change(data))

    def do(self, what, *args):
        while True:
            try:
                result = what(*args)
                self.push()
                return result
            except ssl.SSLWantReadError:
                self.push()
                chunk = self.socket.recv(65536)
                if chunk:
                    self.seen += chunk
                    self.incoming.write(chunk)
                else:
                    self.incoming.write_eof()

    def handshake(self):
        self.do(self.tls.do_handshake)
        return self

    def reason(self, what, *args):
        """The name of the error in which the call ends."""
        try:
            self.do(what, *args)
        except ssl.SSLError as e:
            return e.reason or type(e).__name__
        return None

    def records(self):
        """The type and body of each record seen so far."""
        data, found = self.seen, []
        while len(data) >= 5:
            size = int.from_bytes(data[3:5], "big")
            found.append((data[0], data[5:5 + size]))
            data = data[5 + size:]
        return found

    def close(self):
        self.socket.close()


_EXTENSIONS = """
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
[plain]
basicConstraints = CA:FALSE
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
[site]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
[short]
basicConstraints = critical, CA:TRUE, pathlen:0
[idle]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature
[narrow]
basicConstraints = critical, CA:TRUE
nameConstraints = critical, permitted;DNS:example.org
[sealed]
keyUsage = critical, keyEncipherment
[both]
extendedKeyUsage = serverAuth, clientAuth
"""

_CA = """
[ca]
default_ca = here
[here]
new_certs_dir = {0}
database = {0}/index
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
"""


def _openssl(*args):
    subprocess.run(["openssl", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Authority:
    """A certificate authority. issue() gives the path of a PEM file with the
    certificate, those between it and the root, and the key; those between are
    in PATH.chain too, as s_client wants them."""

    def __init__(self, name, issuer=None, key="ec", kind="ca"):
        self.name, self.issuer = name, issuer
        self.place = folder()
        write(self.place + "/index", "")
        write(self.place + "/extensions", _EXTENSIONS)
        write(self.place + "/conf", _CA.format(self.place))
        self.key, self.crt = self.place + "/ca.key", self.place + "/ca.crt"
        if issuer is None:
            self._request(self.key, name, key)
            _openssl("x509", "-req", "-in", self.key + ".csr", "-signkey", self.key, "-days", "30",
                     "-extfile", self.place + "/extensions", "-extensions", "ca", "-out", self.crt)
        else:
            pem = issuer.issue(name, kind, key=key, chain=False)
            self.key, self.crt = pem[:-4], pem[:-4] + ".crt"

    def _request(self, path, name, key):
        args = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
                "ec521": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
                "rsa": ["-newkey", "rsa:2048"]}[key]
        _openssl("req", "-nodes", *args, "-keyout", path, "-out", path + ".csr", "-subj", "/CN=" + name)

    def chain(self):
        """The authorities' certificates from this one to below the root."""
        if self.issuer is None:
            return ""
        with open(self.crt) as f:
            return f.read() + self.issuer.chain()

    def again(self, end):
        """The path of another certificate of the same root and key."""
        path = self.place + "/again.crt"
        _openssl("ca", "-batch", "-notext", "-selfsign", "-config", self.place + "/conf", "-keyfile", self.key,
                 "-cert", self.crt, "-in", self.key + ".csr", "-out", path, "-startdate", "20200101000000Z",
                 "-enddate", end, "-extfile", self.place + "/extensions", "-extensions", "ca")
        return path

    def revoke(self, pem, reason=None):
        """Calls back what issue() gave, or an authority below this one."""
        crt = pem.crt if isinstance(pem, Authority) else pem[:-4] + ".crt"
        _openssl("ca", "-config", self.place + "/conf", "-keyfile", self.key, "-cert", self.crt, "-md", "sha256",
                 "-revoke", crt, *(["-crl_reason", reason] if reason else []))

    def crl(self, start="20200101000000Z", end="20491231235959Z", extensions="", form="PEM"):
        """The path of a CRL of all that is revoked by now."""
        path = f"{self.place}/{len(os.listdir(self.place))}.crl"
        write(path + ".cnf", _CA.format(self.place) + "[more]\n" + extensions + "\n")
        _openssl("ca", "-gencrl", "-config", path + ".cnf", "-keyfile", self.key, "-cert", self.crt, "-md", "sha256",
                 "-crl_lastupdate", start, "-crl_nextupdate", end, "-out", path + ".pem",
                 *(["-crlexts", "more"] if extensions else []))
        _openssl("crl", "-in", path + ".pem", "-outform", form, "-out", path)
        return path

    def issue(self, name, kind="client", key="ec", start="20200101000000Z", end="20491231235959Z", chain=True,
              digest="default"):
        path = f"{self.place}/{len(os.listdir(self.place))}"
        self._request(path, name, key)
        _openssl("ca", "-batch", "-notext", "-config", self.place + "/conf", "-cert", self.crt, "-keyfile", self.key,
                 "-in", path + ".csr", "-out", path + ".crt", "-startdate", start, "-enddate", end,
                 "-md", digest, "-extfile", self.place + "/extensions", "-extensions", kind)
        with open(path + ".crt") as c, open(path) as k:
            certificate, secret = c.read(), k.read()
        between = self.chain() if chain else ""
        write(path + ".pem.chain", between)
        return write(path + ".pem", certificate + between + secret, 0o600)
