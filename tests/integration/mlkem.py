"""ML-KEM-768 after FIPS 203, both sides, in plain Python: a second implementation beside
src/crypto/mlkem.c, written from the standard for tests alone. Slow, and not constant time.

As a program it prints the vectors of tests/unit/mlkem_vectors.h.
"""
import hashlib

N, Q, K = 256, 3329, 3
ETA, DU, DV = 2, 10, 4
EK_LEN, CT_LEN = 1184, 1088


def reverse7(i):
    return int(format(i, "07b")[::-1], 2)


ZETA = [pow(17, reverse7(i), Q) for i in range(128)]
GAMMA = [pow(17, 2 * reverse7(i) + 1, Q) for i in range(128)]


def bits_of(data):
    return [byte >> i & 1 for byte in data for i in range(8)]


def encode(values, d):
    number = sum(value << d * i for i, value in enumerate(values))
    return number.to_bytes(32 * d, "little")


def decode(data, d):
    number = int.from_bytes(data, "little")
    return [number >> d * i & (1 << d) - 1 for i in range(N)]


def compress(values, d):
    return [((value << d + 1) + Q) // (2 * Q) % (1 << d) for value in values]


def decompress(values, d):
    return [(value * 2 * Q + (1 << d)) >> d + 1 for value in values]


def sample_ntt(rho, i, j):
    stream = hashlib.shake_128(rho + bytes([i, j])).digest(3 * 1000)
    out = []
    for at in range(0, len(stream), 3):
        a, b, c = stream[at:at + 3]
        out += [d for d in (a + 256 * (b % 16), b // 16 + 16 * c) if d < Q]
    return out[:N]


def sample_noise(seed, number):
    bits = bits_of(hashlib.shake_256(seed + bytes([number])).digest(64 * ETA))
    four = [bits[4 * i:4 * i + 4] for i in range(N)]
    return [(a + b - c - d) % Q for a, b, c, d in four]


def ntt(f):
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                t = ZETA[i] * f[j + length]
                f[j], f[j + length] = (f[j] + t) % Q, (f[j] - t) % Q
            i += 1
        length //= 2
    return f


def ntt_back(f):
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                a, b = f[j], f[j + length]
                f[j], f[j + length] = (a + b) % Q, ZETA[i] * (b - a) % Q
            i -= 1
        length *= 2
    return [value * pow(128, -1, Q) % Q for value in f]


def dot(a, b):
    """The sum of the products of polynomials in the transformed domain."""
    out = [0] * N
    for f, g in zip(a, b):
        for i in range(128):
            f0, f1, g0, g1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
            out[2 * i] += f0 * g0 + f1 * g1 * GAMMA[i]
            out[2 * i + 1] += f0 * g1 + f1 * g0
    return [value % Q for value in out]


def add(*polys):
    return [sum(values) % Q for values in zip(*polys)]


def g_of(data):
    digest = hashlib.sha3_512(data).digest()
    return digest[:32], digest[32:]


def h_of(data):
    return hashlib.sha3_256(data).digest()


def keygen(d, z):
    """From two seeds of 32 bytes to (encapsulation key, decapsulation key)."""
    rho, sigma = g_of(d + bytes([K]))
    s = [ntt(sample_noise(sigma, i)) for i in range(K)]
    e = [ntt(sample_noise(sigma, K + i)) for i in range(K)]
    t = [add(dot([sample_ntt(rho, j, i) for j in range(K)], s), e[i]) for i in range(K)]
    ek = b"".join(encode(f, 12) for f in t) + rho
    return ek, b"".join(encode(f, 12) for f in s) + ek + h_of(ek) + z


def encrypt(ek, m, r):
    t = [decode(ek[384 * i:384 * i + 384], 12) for i in range(K)]
    if any(value >= Q for f in t for value in f):
        raise ValueError("a coefficient is not below the modulus")
    rho = ek[384 * K:]
    y = [ntt(sample_noise(r, i)) for i in range(K)]
    rows = [[sample_ntt(rho, i, j) for j in range(K)] for i in range(K)]
    u = [add(ntt_back(dot(row, y)), sample_noise(r, K + i)) for i, row in enumerate(rows)]
    v = add(ntt_back(dot(t, y)), sample_noise(r, 2 * K), decompress(bits_of(m), 1))
    return b"".join(encode(compress(f, DU), DU) for f in u) + encode(compress(v, DV), DV)


def encapsulate(ek, m):
    """(shared secret, ciphertext) for a message of 32 random bytes."""
    if len(ek) != EK_LEN:
        raise ValueError("no encapsulation key")
    secret, r = g_of(m + h_of(ek))
    return secret, encrypt(ek, m, r)


def decapsulate(dk, c):
    s = [decode(dk[384 * i:384 * i + 384], 12) for i in range(K)]
    ek, h, z = dk[384 * K:384 * K + EK_LEN], dk[-64:-32], dk[-32:]
    u = [decompress(decode(c[320 * i:320 * i + 320], DU), DU) for i in range(K)]
    v = decompress(decode(c[320 * K:], DV), DV)
    w = [(a - b) % Q for a, b in zip(v, ntt_back(dot(s, [ntt(f) for f in u])))]
    m = encode(compress(w, 1), 1)
    secret, r = g_of(m + h)
    if encrypt(ek, m, r) != c:
        return hashlib.shake_256(z + c).digest(32)
    return secret


def main():
    for number in range(4):
        d, z, m = (hashlib.sha256(b"%s %d" % (name, number)).digest() for name in (b"d", b"z", b"m"))
        ek, dk = keygen(d, z)
        secret, c = encapsulate(ek, m)
        assert decapsulate(dk, c) == secret
        wrong = decapsulate(dk, c[:-1] + bytes([c[-1] ^ 1]))
        row = (d, z, m, h_of(ek), h_of(c), secret, wrong)
        print("    {" + ",\n     ".join('"%s"' % value.hex() for value in row) + "},")


if __name__ == "__main__":
    main()
