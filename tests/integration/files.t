#!/usr/bin/env python3
"""server.mode files and raw against the static binary, over real TLS: ranges,
conditions, pipelining, paths that try to leave the root, a file of more than
4 GiB (sparse), a file that shrinks while it is sent, listings."""

import hashlib
import os
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import *  # noqa: E402,F403

top = folder()
root = os.path.join(top, "root")
pem = self_signed(top)
big = os.urandom(300_000)
write(root + "/index.html", "<p>top</p>")
write(root + "/big.bin", big)
write(root + "/a.css", "plain")
write(root + "/a.css.gz", "packed")
write(root + "/sub/x <&>.txt", "x")
write(root + "/.secret", "SECRET")
write(root + "/.well-known/acme-challenge/t", "token")
write(top + "/outside", "SECRET")
os.symlink("../outside", root + "/link-out")
os.symlink("big.bin", root + "/link-in")
os.symlink(top, root + "/link-dir")
with open(root + "/huge", "wb") as f:
    f.seek((5 << 30) - 4)
    f.write(b"tail")
tiny = Tiny({"files.root": root, "ssl.keyfile": pem, "files.listing": "true",
             "files.header": "Strict-Transport-Security: max-age=60"})


def get(path, *args, target=None):
    """Status, fields (lower case) and body."""
    code, out, err = curl("-i", "--path-as-is", "--resolve", f"localhost:{tiny.port}:127.0.0.1",
                          *args, tiny.url(path))
    head, _, body = out.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if code != 0:
        ok(False, f"curl {path} {args}", err.decode())
        return 0, {}, b""
    return (int(lines[0].split()[1]),
            {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}, body)


def talk(data, piece=None):
    """Sends bytes over one connection and reads to its end."""
    s = tiny.tls()
    for at in range(0, len(data), piece or len(data)):
        s.sendall(data[at:at + (piece or len(data))])
    answer = receive_all(s)
    s.close()
    return answer


status, fields, body = get("/")
equal((status, body), (200, b"<p>top</p>"), "the index")
equal(fields.get("strict-transport-security"), "max-age=60", "configured fields are sent")
status, fields, body = get("/big.bin")
ok(status == 200 and body == big and fields["accept-ranges"] == "bytes", "a file of many records")
status, again, body = get("/big.bin", "-H", f"If-None-Match: {fields['etag']}")
ok(status == 304 and body == b"", "If-None-Match")
status, again, body = get("/big.bin", "-H", f"If-Modified-Since: {fields['last-modified']}")
ok(status == 304, "If-Modified-Since")
status, again, body = get("/big.bin", "-r", "100000-199999")
ok(status == 206 and body == big[100000:200000], "a range")
status, again, body = get("/big.bin", "-r", "0-99,200000-200099,-100")
ok(status == 206 and again["content-type"].startswith("multipart/byteranges")
   and all(part in body for part in (big[:100], big[200000:200100], big[-100:]))
   and int(again["content-length"]) == len(body), "several ranges")
status, again, body = get("/big.bin", "-r", "300000-")
ok(status == 416 and again["content-range"] == "bytes */300000", "a range beyond the end")
status, again, body = get("/big.bin", "-I")
ok(status == 200 and again["content-length"] == "300000" and body == b"", "HEAD")
status, again, body = get("/a.css", "-H", "Accept-Encoding: gzip")
ok(body == b"packed" and again["content-encoding"] == "gzip", "a compressed sibling")
status, again, body = get("/sub")
equal((status, again.get("location")), (301, "/sub/"), "a directory without its slash")
status, again, body = get("/sub/")
ok(status == 200 and b'href="./x%20%3C%26%3E.txt"' in body and b"x &lt;&amp;&gt;.txt" in body,
   "a listing", body)
status, again, body = get("/.well-known/acme-challenge/t")
equal((status, body), (200, b"token"), "/.well-known/ is served")
status, again, body = get("/link-in")
ok(status in (200, 404) and (status == 404 or body == big), "a link inside, if the kernel keeps it there")

for path in ["/../outside", "/%2e%2e/outside", "/..%2foutside", "/sub/../../outside", "/link-out",
             "/link-dir/outside", "/.secret", "/%2esecret", "/sub/%2e%2e/.secret", "//../outside",
             "/sub/..%5c..%5coutside", "/.%00/outside", "/big.bin/../../outside", "/big.bin/"]:
    status, again, body = get(path)
    ok(status in (400, 404) and b"SECRET" not in body, "nothing at " + path, (status, body))

status, again, body = get("/", "-X", "DELETE")
equal((status, again.get("allow")), (405, "GET, HEAD, OPTIONS"), "other methods")
status, again, body = get("/", "-X", "POST", "-H", "Expect: 100-continue", "--data", "x" * 1000)
equal(status, 405, "a body that nobody wants, with an expectation")
code, out, err = curl("--resolve", f"localhost:{tiny.port}:127.0.0.1", "-w", "%{http_code} %{num_connects} ",
                      "-X", "GET", "--data", "x" * 5000, "-o", "/dev/null", tiny.url(), "-o", "/dev/null",
                      tiny.url())
equal(out, b"200 1 200 0 ", "a body of GET is read over, the connection stays")

one = b"GET /a.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
last = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
answer = talk(one * 300 + last)
ok(answer.count(b"HTTP/1.1 200 OK\r\n") == 300 and answer.count(b"\r\n\r\nplain") == 300
   and answer.count(b"HTTP/1.1 404 ") == 1, "three hundred pipelined requests")
answer = talk(one + last, piece=1)
ok(answer.count(b"\r\n\r\nplain") == 1 and answer.count(b"HTTP/1.1 404 ") == 1, "byte by byte, a record each")
for bad in [b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\nHost: x\n\n", b"\x00", b"GET /\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]:
    answer = talk(bad + one)
    ok(answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1 ") == 1,
       f"refused, and the connection ends: {bad[:40]!r}", answer[:200])
answer = talk(b"GET /" + b"a" * 7000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
ok(answer.startswith(b"HTTP/1.1 414 "), "a line that is too long")
answer = talk(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n")
ok(answer.startswith(b"HTTP/1.1 431 "), "a head that is too long")

status, again, body = get("/huge", "-I")
equal(again.get("content-length"), str(5 << 30), "5 GiB have their length told")
status, again, body = get("/huge", "-r", f"{(5 << 30) - 6}-")
ok(status == 206 and body == b"\0\0tail"
   and again["content-range"] == f"bytes {(5 << 30) - 6}-{(5 << 30) - 1}/{5 << 30}", "its end comes by a range")

write(root + "/shrinks", os.urandom(50_000_000))
context = client_context()
context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)  # on by default with OpenSSL 3
s = context.wrap_socket(tiny.connect(), server_hostname="localhost", suppress_ragged_eofs=False)
s.sendall(b"GET /shrinks HTTP/1.1\r\nHost: x\r\n\r\n")
s.recv(1000)
os.truncate(root + "/shrinks", 10)
got = 0
clean = False
try:
    while True:
        chunk = s.recv(65536)
        if not chunk:
            clean = True
            break
        got += len(chunk)
except (ssl.SSLError, ConnectionResetError):
    pass
ok(got < 50_000_000 and not clean, "a file that shrinks ends without a close_notify", (got, clean))
ok(tiny.alive() and get("/a.css")[2] == b"plain", "and nothing else is hurt")
equal(tiny.stop(), 0, "it ends well")

response = b"HTTP/1.1 203 Mine\r\nContent-Length: 3\r\nX: y\r\n\r\nraw"
write(root + "/raw", response)
tiny = Tiny({"server.mode": "raw", "files.root": root, "ssl.keyfile": pem})
equal(talk(b"GET /raw HTTP/1.1\r\nHost: x\r\n\r\n" + one), response, "raw mode sends the file as it is, then ends")
ok(talk(b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 404 "), "and answers 404 itself")
tiny.stop()
done()
