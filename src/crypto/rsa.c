#include "crypto/rsa.h"

#include <string.h>

#include "core/bytes.h"
#include "crypto/limbs.h"
#include "crypto/modint.h"

#if CRYPTO_WIDE

/* One factor without leading zero bytes: how long it is, is no secret. */
struct factor {
    const unsigned char *data;
    size_t len;
};

static struct factor factor_of(const unsigned char *data, size_t len)
{
    unsigned char zero = 1;

    for (; len > 0; data++, len--) {
        zero = data[0] == 0;
        crypto_declassify(&zero, sizeof zero);
        if (!zero) {
            break;
        }
    }
    return (struct factor){data, len};
}

/* d = a * b, 2 * limbs limbs; d does not overlap them. */
static void multiply(uint64_t *d, const uint64_t *a, const uint64_t *b, struct modulus *mod)
{
    size_t n = mod->limbs;

    memset(d, 0, n * sizeof *d);
    for (size_t i = 0; i < n; i++) {
        d[i + n] = modint_mul_add(d + i, a, n, b[i], mod->adx);
    }
}

/* All-ones when a < b. */
static uint64_t below(const uint64_t *a, const uint64_t *b, size_t limbs)
{
    unsigned char c = 0;

    for (size_t i = 0; i < limbs; i++) {
        uint64_t unused;

        c = limb_sub(c, a[i], b[i], &unused);
    }
    return mask_bit(c);
}

/* What the operation computes with: all of it is secret. */
struct work {
    struct modulus p, q;
    uint64_t x[2 * MODINT_LIMBS], n[2 * MODINT_LIMBS];
    uint64_t s1[MODINT_LIMBS], s2[MODINT_LIMBS], t[MODINT_LIMBS];
};

/* The value is in w->x: s2 + q ((s1 - s2) / q mod p), with s1 = x^dp and s2 = x^dq. */
static uint64_t combine(struct work *w, const br_rsa_private_key *sk)
{
    static const uint64_t one[MODINT_LIMBS] = {1};
    size_t n = w->p.limbs;
    unsigned char c = 0;
    uint64_t good;

    modint_reduce(w->t, w->x, &w->q);
    modint_pow(w->s2, w->t, sk->dq, sk->dqlen, &w->q);
    modint_montmul(w->s2, one, w->s2, &w->q);
    modint_reduce(w->t, w->x, &w->p);
    modint_pow(w->s1, w->t, sk->dp, sk->dplen, &w->p); /* R s1 */
    modint_montmul(w->t, w->s2, w->p.r2, &w->p);       /* R s2 mod p */
    modint_sub(w->s1, w->s1, w->t, &w->p);
    good = modint_decode(w->t, n, sk->iq, sk->iqlen);
    modint_montmul(w->t, w->t, w->s1, &w->p);
    multiply(w->x, w->t, w->q.m, &w->q);
    for (size_t i = 0; i < 2 * n; i++) {
        c = limb_add(c, w->x[i], i < n ? w->s2[i] : 0, &w->x[i]);
    }
    return good;
}

uint32_t rsa_private(unsigned char *x, const br_rsa_private_key *sk)
{
    struct factor p = factor_of(sk->p, sk->plen), q = factor_of(sk->q, sk->qlen);
    size_t len = (sk->n_bitlen + 7) / 8;
    size_t n = ((p.len > q.len ? p.len : q.len) + 7) / 8;
    struct work w;
    uint64_t good;

    if (n > MODINT_LIMBS || p.len < 2 || q.len < 2 || len > 16 * n) {
        return 0;
    }
    good = modint_init(&w.p, n, p.data, p.len);
    good &= modint_init(&w.q, n, q.data, q.len);
    multiply(w.n, w.p.m, w.q.m, &w.p);
    modint_decode(w.x, 2 * n, x, len);
    good &= below(w.x, w.n, 2 * n);
    good &= combine(&w, sk);
    modint_encode(x, len, w.x, 2 * n);
    bytes_wipe(&w, sizeof w);
    return (uint32_t)(good & 1);
}

/* What the check computes with. */
struct check {
    struct modulus mod;
    uint64_t a[2 * MODINT_LIMBS];
    uint64_t x[MODINT_LIMBS], y[MODINT_LIMBS], d[MODINT_LIMBS];
};

/* Zero when y^e = x modulo one factor. */
static uint64_t differ(struct check *c, const unsigned char *y, const unsigned char *x, size_t len,
                       uint32_t e)
{
    size_t n = c->mod.limbs;
    uint64_t diff = 0;
    unsigned bit = 31;

    modint_decode(c->a, 2 * n, x, len);
    modint_reduce(c->x, c->a, &c->mod); /* R x */
    modint_decode(c->a, 2 * n, y, len);
    modint_reduce(c->y, c->a, &c->mod); /* R y */
    while (e >> bit == 0) {
        bit--;
    }
    memcpy(c->d, c->y, n * sizeof *c->d);
    while (bit-- > 0) {
        modint_montmul(c->d, c->d, c->d, &c->mod);
        if ((e >> bit & 1) != 0) {
            modint_montmul(c->d, c->d, c->y, &c->mod);
        }
    }
    for (size_t i = 0; i < n; i++) {
        diff |= c->d[i] ^ c->x[i];
    }
    return diff;
}

uint32_t rsa_is_right(const unsigned char *y, const unsigned char *x, const br_rsa_private_key *sk,
                      uint32_t e)
{
    const struct factor factors[] = {factor_of(sk->p, sk->plen), factor_of(sk->q, sk->qlen)};
    size_t len = (sk->n_bitlen + 7) / 8;
    size_t most = factors[0].len > factors[1].len ? factors[0].len : factors[1].len;
    uint64_t diff = 0, good = ~(uint64_t)0;
    struct check c;

    if (e == 0 || (most + 7) / 8 > MODINT_LIMBS || len > 16 * ((most + 7) / 8)) {
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        if (factors[i].len < 2) {
            return 0;
        }
        good &= modint_init(&c.mod, (most + 7) / 8, factors[i].data, factors[i].len);
        diff |= differ(&c, y, x, len, e);
    }
    bytes_wipe(&c, sizeof c);
    return (uint32_t)(good & mask_zero(diff) & 1);
}

#endif
