#!/usr/bin/env python3
"""Writes src/crypto/p256_table.c: the multiples of P-256's generator that p256.c adds up.

Run: python3 src/crypto/p256_table.py > src/crypto/p256_table.c
Entry [j][i] is (i + 1) * 2^(65 j) * G, affine, in Montgomery form; tests/unit/test_crypto_p256.c
compares each one with BearSSL.
"""
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add(a, b):
    if a == b:
        slope = 3 * (a[0] * a[0] - 1) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def limbs(value):
    value = value * 2**256 % P
    words = ["0x%016X" % (value >> 64 * i & (2**64 - 1)) for i in range(4)]
    return "{{%s}}" % ", ".join(words)


def main():
    print("/* Written by p256_table.py: do not edit. */")
    print('#include "crypto/p256_table.h"\n')
    print("/* clang-format off */")
    print("const struct p256_affine p256_table[P256_TABLE_ROWS][P256_TABLE_COLUMNS] = {")
    base = G
    for _ in range(4):
        print("    {")
        point = base
        for i in range(16):
            print("        {%s,\n         %s}," % (limbs(point[0]), limbs(point[1])))
            point = add(point, base)
        print("    },")
        for _ in range(65):
            base = add(base, base)
    print("};\n/* clang-format on */")


main()
