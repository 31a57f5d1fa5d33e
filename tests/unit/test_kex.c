/*
 * The server's half of a key exchange: a client with keys of its own comes to the
 * same secret, and shares that are none are refused.
 */
#include "crypto/crypto.h"
#include "crypto/kex.h"
#include "crypto_vectors.h"
#include "mlkem_client.h"

static br_hmac_drbg_context rng;

static const struct group {
    uint16_t id;
    size_t share_len, scalar_len;
    const char *name;
} groups[] = {
    {23, 65, 32, "P-256"},
    {24, 97, 48, "P-384"},
    {25, 133, 66, "P-521"},
    {29, 32, 32, "X25519"},
};

/* A private key below the order, another one for each i. */
static void client_key(const struct group *g, int i, uint8_t k[66])
{
    for (size_t j = 0; j < g->scalar_len; j++) {
        k[j] = (uint8_t)(j == 0 ? 0 : 7 * j + 31 * (size_t)i + 1);
    }
}

/* The client's view of it: its key times the server's share. */
static bool client_agrees(const struct group *g, const uint8_t k[66], const struct kex *x)
{
    uint8_t point[133];
    size_t x_len, x_at = br_ec_all_m31.xoff(g->id, &x_len);

    if (x->share_len != g->share_len || x->secret_len != x_len) {
        return false;
    }
    memcpy(point, x->share, x->share_len);
    return br_ec_all_m31.mul(point, x->share_len, k, g->scalar_len, g->id) == 1 &&
           memcmp(point + x_at, x->secret, x_len) == 0;
}

static void both_agree(const struct group *g)
{
    uint8_t k[66], share[133], shares[4][133];
    struct kex x;
    bool good = true, fresh = true;

    for (int i = 0; i < 4; i++) {
        client_key(g, i, k);
        br_ec_all_m31.mulgen(share, k, g->scalar_len, g->id);
        good &= kex_respond(g->id, span_of(share, g->share_len), &rng, &x) == 0;
        good &= client_agrees(g, k, &x);
        memcpy(shares[i], x.share, g->share_len);
        fresh &= i == 0 || memcmp(shares[i], shares[i - 1], g->share_len) != 0;
    }
    ok(good, g->name);
    ok(fresh, "  with another key each time");
}

static void wrong_lengths(const struct group *g)
{
    uint8_t k[66], share[140] = {0};
    struct kex x;
    bool refused = true;

    client_key(g, 1, k);
    br_ec_all_m31.mulgen(share, k, g->scalar_len, g->id);
    for (size_t len = 0; len <= sizeof share; len++) {
        int got = kex_respond(g->id, span_of(share, len), &rng, &x);

        refused &= (got == 0) == (len == g->share_len);
    }
    ok(refused, "  no other length is a share");
}

static bool refused_point(const struct group *g, const uint8_t *share, size_t len)
{
    struct kex x;

    return kex_respond(g->id, span_of(share, len), &rng, &x) == -1;
}

/* What a share on a curve of the NIST must not be. */
static void wrong_points(const struct group *g)
{
    uint8_t k[66], share[133], other[133];
    size_t half = (g->share_len - 1) / 2;
    bool refused = true;

    client_key(g, 2, k);
    br_ec_all_m31.mulgen(share, k, g->scalar_len, g->id);
    for (size_t at = 1; at < g->share_len; at += 31) {
        memcpy(other, share, g->share_len);
        other[at] ^= 0x10;
        refused &= refused_point(g, other, g->share_len);
    }
    ok(refused, "  a point off the curve is refused");
    refused = true;
    for (unsigned form = 0; form < 9; form++) {
        memcpy(other, share, g->share_len);
        other[0] = (uint8_t)form;
        refused &= refused_point(g, other, g->share_len) == (form != 4);
        refused &= refused_point(g, other, half + 1);
    }
    ok(refused, "  compressed and hybrid forms are refused");
    memset(other, 0, sizeof other);
    ok(refused_point(g, other, 1) && refused_point(g, other, g->share_len),
       "  the point at infinity, in one byte or all zero, is refused");
    other[0] = 4;
    ok(refused_point(g, other, g->share_len), "  (0, 0) is refused");
    memset(other + 1, 0xFF, g->share_len - 1);
    ok(refused_point(g, other, g->share_len), "  coordinates not below the modulus are refused");
}

/* (x + p, y) for a point with a tiny x would be decoded as the point itself. */
static void not_reduced(void)
{
    /* P-256: x = 5, x + p, and y of x = 5 */
    static const char *const x[] = {
        "0000000000000000000000000000000000000000000000000000000000000005",
        "ffffffff00000001000000000000000000000001000000000000000000000004",
    };
    const char *y = "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc";
    uint8_t share[65] = {4};

    hex_bytes(share + 33, 32, y);
    hex_bytes(share + 1, 32, x[0]);
    ok(!refused_point(&groups[0], share, 65), "P-256: a point whose x is 5");
    hex_bytes(share + 1, 32, x[1]);
    ok(refused_point(&groups[0], share, 65), "  and the same with the modulus added is refused");
}

static void x25519_edges(void)
{
    static const char *const small[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    const struct group *g = &groups[3];
    uint8_t share[32], k[66];
    struct kex x;
    bool refused = true;

    for (size_t i = 0; i < ARRAY_LEN(small); i++) {
        hex_bytes(share, 32, small[i]);
        refused &= refused_point(g, share, 32);
        share[31] |= 0x80;
        refused &= refused_point(g, share, 32);
    }
    ok(refused, "X25519: the points of small order are refused, with the top bit set too");
    client_key(g, 3, k);
    br_ec_all_m31.mulgen(share, k, 32, 29);
    share[31] |= 0x80;
    ok(kex_respond(29, span_of(share, 32), &rng, &x) == 0 && client_agrees(g, k, &x),
       "  the top bit of a share is ignored");
    /* 9 + p is the base point, not reduced; every client computes with 9 then. */
    memset(share, 0xFF, 32);
    share[0] = 0xF6;
    share[31] = 0x7F;
    ok(kex_respond(29, span_of(share, 32), &rng, &x) == 0 && x.secret_len == 32 &&
           memcmp(x.secret, x.share, 32) == 0,
       "  a share that is not reduced counts as what it is modulo p");
}

/* ML-KEM's part comes first, in shares and secret. */
static void hybrid_agrees(void)
{
    static struct mlkem_client client;
    static uint8_t share[1216];
    uint8_t k[66], d[32] = {5}, secret[64], first[64];
    struct kex x;
    bool good = true;

    client_key(&groups[3], 4, k);
    mlkem_client_keygen(&client, d, d);
    memcpy(share, client.key, 1184);
    br_ec_all_m31.mulgen(share + 1184, k, 32, 29);
    for (int i = 0; i < 3; i++) {
        good &= kex_respond(KEX_X25519MLKEM768, span_of(share, sizeof share), &rng, &x) == 0 &&
                x.share_len == 1120 && x.secret_len == 64;
        mlkem_client_decapsulate(&client, x.share, secret);
        memcpy(secret + 32, x.share + 1088, 32);
        br_ec_all_m31.mul(secret + 32, 32, k, 32, 29);
        good &= memcmp(secret, x.secret, 64) == 0;
        good &=
            i == 0 || (memcmp(first, secret, 32) != 0 && memcmp(first + 32, secret + 32, 32) != 0);
        memcpy(first, secret, 64);
    }
    ok(good, "X25519MLKEM768: both parts agree, and differ each time");
}

static void hybrid_refuses(void)
{
    static uint8_t share[1300] = {0};
    struct kex x;
    int taken = 0;

    share[1184] = 9;
    for (size_t len = 0; len <= sizeof share; len++) {
        taken += kex_respond(KEX_X25519MLKEM768, span_of(share, len), &rng, &x) == 0;
    }
    ok(taken == 1 && kex_respond(KEX_X25519MLKEM768, span_of(share, 1216), &rng, &x) == 0,
       "  a share of 1216 bytes and no other is one");
    share[1184] = 1;
    ok(kex_respond(KEX_X25519MLKEM768, span_of(share, 1216), &rng, &x) == -1,
       "  a point of small order in it is refused");
    share[1184] = 9;
    share[0] = share[1] = 0xFF;
    ok(kex_respond(KEX_X25519MLKEM768, span_of(share, 1216), &rng, &x) == -1,
       "  and so is a coefficient that is not below the modulus");
}

static void knows(void)
{
    int count = 0;
    struct kex x;
    static const uint8_t share[1300];

    for (unsigned group = 0; group <= 0xFFFF; group++) {
        count += kex_knows((uint16_t)group);
    }
    ok(count == (int)ARRAY_LEN(groups) + 1, "as many groups are known as are tested here");
    ok(kex_respond(30, span_of(share, 56), &rng, &x) == -1 &&
           kex_respond(22, span_of(share, 65), &rng, &x) == -1,
       "a group that is not known is refused");
}

int main(void)
{
    br_hmac_drbg_init(&rng, &br_sha256_vtable, "kex", 3);
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        both_agree(&groups[i]);
        wrong_lengths(&groups[i]);
        if (groups[i].id != 29) {
            wrong_points(&groups[i]);
        }
    }
    not_reduced();
    x25519_edges();
    hybrid_agrees();
    hybrid_refuses();
    knows();
    return tap_done();
}
