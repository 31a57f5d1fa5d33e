"""The first half of a TLS 1.3 client in plain Python, for what no client of the system's does: it
offers extensions of the test's choice and gives the messages that the server answers, after
decrypting them and checking its Finished. X25519 or X25519MLKEM768, ChaCha20-Poly1305 and SHA-256
only, after RFC 7748, 8439, 5869 and 8446; slow, and not constant time."""
import hashlib
import hmac
import os
import struct

import mlkem

P25519 = 2**255 - 19
SUITE, X25519, HYBRID = 0x1303, 29, 0x11EC
ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_VERIFY, FINISHED, COMPRESSED = 8, 11, 15, 20, 25


def x25519(scalar, point):
    k = int.from_bytes(scalar, "little") & ~7 & (1 << 255) - 1 | 1 << 254
    u = int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3 = 1, 0, u, 1
    for bit in reversed(range(255)):
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        e = a * a - b * b
        x3, z3 = (d * a + c * b)**2 % P25519, u * (d * a - c * b)**2 % P25519
        x2, z2 = a * a * b * b % P25519, e * (a * a + 121665 * e) % P25519
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, P25519 - 2, P25519) % P25519).to_bytes(32, "little")


def chacha20_block(key, counter, nonce):
    start = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + (counter,) +
                 struct.unpack("<3I", nonce))
    s = start[:]
    columns = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
    diagonals = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
    for a, b, c, d in (columns + diagonals) * 10:
        for to, by, turned, n in (a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7):
            s[to] = s[to] + s[by] & 0xFFFFFFFF
            v = s[turned] ^ s[to]
            s[turned] = (v << n | v >> 32 - n) & 0xFFFFFFFF
    return struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(s, start)))


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(data), 16):
        total = (total + int.from_bytes(data[i:i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (total + int.from_bytes(key[16:], "little") & 2**128 - 1).to_bytes(16, "little")


def padded(data):
    return data + bytes(-len(data) % 16)


def opened(key, iv, number, header, sealed):
    nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
    data, tag = sealed[:-16], sealed[-16:]
    signed = padded(header) + padded(data) + struct.pack("<QQ", len(header), len(data))
    assert poly1305(chacha20_block(key, 0, nonce)[:32], signed) == tag, "a record does not open"
    stream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range((len(data) + 63) // 64))
    inner = bytes(a ^ b for a, b in zip(data, stream)).rstrip(b"\0")
    return inner[-1], inner[:-1]


def extract(salt, key):
    return hmac.digest(salt, key, "sha256")


def expand(secret, label, context, length=32):
    """HKDF-Expand-Label; one block of SHA-256 is enough here."""
    label = b"tls13 " + label
    info = struct.pack(">H", length) + bytes([len(label)]) + label + bytes([len(context)]) + context
    return hmac.digest(secret, info + b"\1", "sha256")[:length]


def vector(data, size):
    return len(data).to_bytes(size, "big") + data


def client_hello(group, share, name, more):
    group = struct.pack(">H", group)
    extensions = [(0, vector(b"\0" + vector(name.encode(), 2), 2)), (43, b"\2\3\4"), (10, vector(group, 2)),
                  (13, vector(bytes.fromhex("04030503060308040805080604010501"), 2)),
                  (51, vector(group + vector(share, 2), 2)), *more]
    body = b"\3\3" + os.urandom(32) + b"\0" + vector(struct.pack(">H", SUITE), 2) + b"\1\0"
    body += vector(b"".join(struct.pack(">H", t) + vector(data, 2) for t, data in extensions), 2)
    return b"\1" + vector(body, 3)


def record(sock):
    def exactly(n):
        data = b""
        while len(data) < n:
            data += sock.recv(n - len(data)) or exit_early()
        return data

    header = exactly(5)
    return header, exactly(int.from_bytes(header[3:], "big"))


def exit_early():
    raise EOFError("the server closed")


def server_share(hello):
    """key_exchange of the key_share extension."""
    at = 4 + 2 + 32
    at += 1 + hello[at] + 2 + 1 + 2
    while at < len(hello):
        kind, size = struct.unpack(">HH", hello[at:at + 4])
        if kind == 51:
            return hello[at + 8:at + 4 + size]
        at += 4 + size
    raise ValueError("no key share")


def messages(tiny, more=(), name="localhost", group=X25519):
    """The bodies of the server's messages by type. more: further extensions as (type, bytes)."""
    secret, zeros = os.urandom(32), bytes(32)
    nothing = hashlib.sha256().digest()
    lattice, dk = mlkem.keygen(os.urandom(32), os.urandom(32)) if group == HYBRID else (b"", None)
    hello = client_hello(group, lattice + x25519(secret, b"\x09" + bytes(31)), name, more)
    with tiny.connect(10) as sock:
        sock.sendall(b"\x16\3\1" + vector(hello, 2))
        header, answer = record(sock)
        assert header[0] == 22, answer
        share = server_share(answer)
        shared = x25519(secret, share[-32:])
        if group == HYBRID:
            shared = mlkem.decapsulate(dk, share[:mlkem.CT_LEN]) + shared
        stage = extract(expand(extract(zeros, zeros), b"derived", nothing), shared)
        seen = hello + answer
        traffic = expand(stage, b"s hs traffic", hashlib.sha256(seen).digest())
        key, iv = expand(traffic, b"key", b""), expand(traffic, b"iv", b"", 12)
        found, data, number = {}, b"", 0
        while FINISHED not in found:
            header, sealed = record(sock)
            kind, inner = opened(key, iv, number, header, sealed)
            assert kind == 22, (kind, inner)
            data, number = data + inner, number + 1
            while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[1:4], "big"):
                size = 4 + int.from_bytes(data[1:4], "big")
                if data[0] == FINISHED:
                    digest = hashlib.sha256(seen).digest()
                    assert data[4:size] == hmac.digest(expand(traffic, b"finished", b""), digest, "sha256"), "Finished"
                found[data[0]] = data[4:size]
                seen, data = seen + data[:size], data[size:]
    return found
