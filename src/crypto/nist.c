#include "crypto/nist.h"

#include <string.h>

#include "core/bytes.h"
#include "crypto/cpu.h"
#include "crypto/modint.h"
#include "crypto/wide.h"

#if CRYPTO_WIDE

#define LIMBS       9 /* P-521's */
#define WINDOW_BITS 4
#define WINDOW_SIZE (1 << WINDOW_BITS)

/* The modulus p, then b of y^2 = x^3 - 3 x + b, the order, and the generator as a point. */
static const unsigned char p384[] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF,
    0xB3, 0x31, 0x2F, 0xA7, 0xE2, 0x3E, 0xE7, 0xE4, 0x98, 0x8E, 0x05, 0x6B, 0xE3, 0xF8, 0x2D, 0x19,
    0x18, 0x1D, 0x9C, 0x6E, 0xFE, 0x81, 0x41, 0x12, 0x03, 0x14, 0x08, 0x8F, 0x50, 0x13, 0x87, 0x5A,
    0xC6, 0x56, 0x39, 0x8D, 0x8A, 0x2E, 0xD1, 0x9D, 0x2A, 0x85, 0xC8, 0xED, 0xD3, 0xEC, 0x2A, 0xEF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC7, 0x63, 0x4D, 0x81, 0xF4, 0x37, 0x2D, 0xDF,
    0x58, 0x1A, 0x0D, 0xB2, 0x48, 0xB0, 0xA7, 0x7A, 0xEC, 0xEC, 0x19, 0x6A, 0xCC, 0xC5, 0x29, 0x73,
    0x04, 0xAA, 0x87, 0xCA, 0x22, 0xBE, 0x8B, 0x05, 0x37, 0x8E, 0xB1, 0xC7, 0x1E, 0xF3, 0x20, 0xAD,
    0x74, 0x6E, 0x1D, 0x3B, 0x62, 0x8B, 0xA7, 0x9B, 0x98, 0x59, 0xF7, 0x41, 0xE0, 0x82, 0x54, 0x2A,
    0x38, 0x55, 0x02, 0xF2, 0x5D, 0xBF, 0x55, 0x29, 0x6C, 0x3A, 0x54, 0x5E, 0x38, 0x72, 0x76, 0x0A,
    0xB7, 0x36, 0x17, 0xDE, 0x4A, 0x96, 0x26, 0x2C, 0x6F, 0x5D, 0x9E, 0x98, 0xBF, 0x92, 0x92, 0xDC,
    0x29, 0xF8, 0xF4, 0x1D, 0xBD, 0x28, 0x9A, 0x14, 0x7C, 0xE9, 0xDA, 0x31, 0x13, 0xB5, 0xF0, 0xB8,
    0xC0, 0x0A, 0x60, 0xB1, 0xCE, 0x1D, 0x7E, 0x81, 0x9D, 0x7A, 0x43, 0x1D, 0x7C, 0x90, 0xEA, 0x0E,
    0x5F,
};
static const unsigned char p521[] = {
    0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0x00, 0x51, 0x95, 0x3E, 0xB9, 0x61, 0x8E, 0x1C, 0x9A, 0x1F, 0x92, 0x9A, 0x21, 0xA0,
    0xB6, 0x85, 0x40, 0xEE, 0xA2, 0xDA, 0x72, 0x5B, 0x99, 0xB3, 0x15, 0xF3, 0xB8, 0xB4, 0x89, 0x91,
    0x8E, 0xF1, 0x09, 0xE1, 0x56, 0x19, 0x39, 0x51, 0xEC, 0x7E, 0x93, 0x7B, 0x16, 0x52, 0xC0, 0xBD,
    0x3B, 0xB1, 0xBF, 0x07, 0x35, 0x73, 0xDF, 0x88, 0x3D, 0x2C, 0x34, 0xF1, 0xEF, 0x45, 0x1F, 0xD4,
    0x6B, 0x50, 0x3F, 0x00, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFA, 0x51, 0x86, 0x87, 0x83, 0xBF, 0x2F, 0x96, 0x6B, 0x7F, 0xCC,
    0x01, 0x48, 0xF7, 0x09, 0xA5, 0xD0, 0x3B, 0xB5, 0xC9, 0xB8, 0x89, 0x9C, 0x47, 0xAE, 0xBB, 0x6F,
    0xB7, 0x1E, 0x91, 0x38, 0x64, 0x09, 0x04, 0x00, 0xC6, 0x85, 0x8E, 0x06, 0xB7, 0x04, 0x04, 0xE9,
    0xCD, 0x9E, 0x3E, 0xCB, 0x66, 0x23, 0x95, 0xB4, 0x42, 0x9C, 0x64, 0x81, 0x39, 0x05, 0x3F, 0xB5,
    0x21, 0xF8, 0x28, 0xAF, 0x60, 0x6B, 0x4D, 0x3D, 0xBA, 0xA1, 0x4B, 0x5E, 0x77, 0xEF, 0xE7, 0x59,
    0x28, 0xFE, 0x1D, 0xC1, 0x27, 0xA2, 0xFF, 0xA8, 0xDE, 0x33, 0x48, 0xB3, 0xC1, 0x85, 0x6A, 0x42,
    0x9B, 0xF9, 0x7E, 0x7E, 0x31, 0xC2, 0xE5, 0xBD, 0x66, 0x01, 0x18, 0x39, 0x29, 0x6A, 0x78, 0x9A,
    0x3B, 0xC0, 0x04, 0x5C, 0x8A, 0x5F, 0xB4, 0x2C, 0x7D, 0x1B, 0xD9, 0x98, 0xF5, 0x44, 0x49, 0x57,
    0x9B, 0x44, 0x68, 0x17, 0xAF, 0xBD, 0x17, 0x27, 0x3E, 0x66, 0x2C, 0x97, 0xEE, 0x72, 0x99, 0x5E,
    0xF4, 0x26, 0x40, 0xC5, 0x50, 0xB9, 0x01, 0x3F, 0xAD, 0x07, 0x61, 0x35, 0x3C, 0x70, 0x86, 0xA2,
    0x72, 0xC2, 0x40, 0x88, 0xBE, 0x94, 0x76, 0x9F, 0xD1, 0x66, 0x50,
};

/*
 * Points are projective, (X : Y : Z) for x = X / Z and y = Y / Z, and their numbers are
 * Montgomery's. What is computed with them stands in registers, of which the first six
 * are two points.
 */
enum { X1, Y1, Z1, X2, Y2, Z2, B, T0, T1, T2, T3, T4, X3, Y3, Z3, REGISTERS };

struct point {
    uint64_t c[3][LIMBS];
};

struct work {
    struct modulus mod;
    uint64_t r[REGISTERS][LIMBS];
    struct point table[WINDOW_SIZE];
    size_t len; /* of a coordinate, in bytes */
};

/* Steps of a computation: what to do, where to, and with which two registers. */
enum { MUL, ADD, SUB };
#define STEP(op, d, a, b) (uint16_t)((op) << 12 | (d) << 8 | (a) << 4 | (b))

/*
 * (X3 : Y3 : Z3) = (X1 : Y1 : Z1) + (X2 : Y2 : Z2), after Renes, Costello and Batina,
 * "Complete addition formulas for prime order elliptic curves", algorithm 4. Right for
 * all points of the curve: equal ones, opposite ones, infinity.
 */
static const uint16_t addition[] = {
    STEP(MUL, T0, X1, X2), STEP(MUL, T1, Y1, Y2), STEP(MUL, T2, Z1, Z2), STEP(ADD, T3, X1, Y1),
    STEP(ADD, T4, X2, Y2), STEP(MUL, T3, T3, T4), STEP(ADD, T4, T0, T1), STEP(SUB, T3, T3, T4),
    STEP(ADD, T4, Y1, Z1), STEP(ADD, X3, Y2, Z2), STEP(MUL, T4, T4, X3), STEP(ADD, X3, T1, T2),
    STEP(SUB, T4, T4, X3), STEP(ADD, X3, X1, Z1), STEP(ADD, Y3, X2, Z2), STEP(MUL, X3, X3, Y3),
    STEP(ADD, Y3, T0, T2), STEP(SUB, Y3, X3, Y3), STEP(MUL, Z3, B, T2),  STEP(SUB, X3, Y3, Z3),
    STEP(ADD, Z3, X3, X3), STEP(ADD, X3, X3, Z3), STEP(SUB, Z3, T1, X3), STEP(ADD, X3, T1, X3),
    STEP(MUL, Y3, B, Y3),  STEP(ADD, T1, T2, T2), STEP(ADD, T2, T1, T2), STEP(SUB, Y3, Y3, T2),
    STEP(SUB, Y3, Y3, T0), STEP(ADD, T1, Y3, Y3), STEP(ADD, Y3, T1, Y3), STEP(ADD, T1, T0, T0),
    STEP(ADD, T0, T1, T0), STEP(SUB, T0, T0, T2), STEP(MUL, T1, T4, Y3), STEP(MUL, T2, T0, Y3),
    STEP(MUL, Y3, X3, Z3), STEP(ADD, Y3, Y3, T2), STEP(MUL, X3, T3, X3), STEP(SUB, X3, X3, T1),
    STEP(MUL, Z3, T4, Z3), STEP(MUL, T1, T3, T0), STEP(ADD, Z3, Z3, T1),
};

/* T0 = X1^3 - 3 X1 + B - Y1^2, zero on the curve. */
static const uint16_t equation[] = {
    STEP(MUL, T0, X1, X1), STEP(MUL, T0, T0, X1), STEP(ADD, T1, X1, X1), STEP(ADD, T1, T1, X1),
    STEP(SUB, T0, T0, T1), STEP(ADD, T0, T0, B),  STEP(MUL, T1, Y1, Y1), STEP(SUB, T0, T0, T1),
};

static void run(struct work *w, const uint16_t *steps, size_t count)
{
    while (count-- > 0) {
        unsigned step = *steps++;
        uint64_t *d = w->r[step >> 8 & 15], *a = w->r[step >> 4 & 15], *b = w->r[step & 15];

        switch (step >> 12) {
        case MUL:
            modint_montmul(d, a, b, &w->mod);
            break;
        case ADD:
            modint_add(d, a, b, &w->mod);
            break;
        default:
            modint_sub(d, a, b, &w->mod);
        }
    }
}

/* The first point becomes the sum of both. */
static void add(struct work *w)
{
    run(w, addition, ARRAY_LEN(addition));
    memcpy(w->r[X1], w->r[X3], sizeof(struct point));
}

static uint64_t is_zero(const struct work *w, int reg)
{
    uint64_t any = 0;

    for (size_t i = 0; i < w->mod.limbs; i++) {
        any |= w->r[reg][i];
    }
    return mask_zero(any);
}

/* ---- coding --------------------------------------------------------------- */

static const unsigned char *constants(int curve, size_t *len)
{
    *len = curve == BR_EC_secp521r1 ? 66 : 48;
    return curve == BR_EC_secp521r1 ? p521 : p384;
}

/* Two more than it needs make P-384 a third faster where modint adds eight at once. */
static size_t limbs_for(size_t len)
{
#ifdef __x86_64__
    if (len <= 64 && cpu_has_adx()) {
        return 8;
    }
#endif
    return (len + 7) / 8;
}

static void begin(struct work *w, int curve)
{
    const unsigned char *c;

    memset(w, 0, sizeof *w);
    c = constants(curve, &w->len);
    modint_init(&w->mod, limbs_for(w->len), c, w->len);
    modint_decode(w->r[B], w->mod.limbs, c + w->len, w->len);
    modint_montmul(w->r[B], w->r[B], w->mod.r2, &w->mod);
}

/* The first point from its encoding, which is public; 0 when it is none. */
static uint32_t decode(struct work *w, int curve, const unsigned char *src, size_t len)
{
    static const uint64_t one[LIMBS] = {1};
    const unsigned char *p = constants(curve, &w->len);

    if (len != 1 + 2 * w->len || src[0] != 4) {
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        const unsigned char *at = src + 1 + (size_t)i * w->len;

        if (memcmp(at, p, w->len) >= 0) {
            return 0;
        }
        modint_decode(w->r[X1 + i], w->mod.limbs, at, w->len);
        modint_montmul(w->r[X1 + i], w->r[X1 + i], w->mod.r2, &w->mod);
    }
    modint_montmul(w->r[Z1], one, w->mod.r2, &w->mod);
    run(w, equation, ARRAY_LEN(equation));
    return (uint32_t)(is_zero(w, T0) & 1);
}

/* Writes the first point; 0 when it is infinity, which has no encoding. */
static uint32_t encode(struct work *w, int curve, unsigned char *dst)
{
    static const uint64_t one[LIMBS] = {1};
    unsigned char exponent[66];

    memcpy(exponent, constants(curve, &w->len), w->len);
    exponent[w->len - 1] -= 2; /* to p - 2; both end with FF */
    modint_pow(w->r[T0], w->r[Z1], exponent, w->len, &w->mod);
    *dst++ = 4;
    for (int i = 0; i < 2; i++) {
        modint_montmul(w->r[T1], w->r[X1 + i], w->r[T0], &w->mod);
        modint_montmul(w->r[T1], w->r[T1], one, &w->mod);
        modint_encode(dst, w->len, w->r[T1], w->mod.limbs);
        dst += w->len;
    }
    return (uint32_t)(~is_zero(w, Z1) & 1);
}

/* ---- multiplication ------------------------------------------------------- */

/* The second point becomes the multiple of that number, by reading all of the table. */
static void look_up(struct work *w, uint64_t number)
{
    uint64_t *d = w->r[X2];

    memset(d, 0, sizeof(struct point));
    for (uint64_t k = 0; k < WINDOW_SIZE; k++) {
        uint64_t mask = mask_zero(k ^ number);

        for (size_t i = 0; i < 3 * LIMBS; i++) {
            d[i] |= mask & w->table[k].c[i / LIMBS][i % LIMBS];
        }
    }
}

/* The first point becomes its multiple. */
static void multiply(struct work *w, const unsigned char *k, size_t len)
{
    struct point *table = w->table;

    memcpy(&table[1], w->r[X1], sizeof *table);
    memcpy(table[0].c[1], w->r[Z1], sizeof table[0].c[1]); /* infinity is (0 : 1 : 0) */
    memcpy(w->r[X2], w->r[X1], sizeof *table);
    for (int i = 2; i < WINDOW_SIZE; i++) {
        add(w);
        memcpy(&table[i], w->r[X1], sizeof *table);
    }
    memcpy(w->r[X1], &table[0], sizeof *table);
    for (size_t i = 0; i < 2 * len; i++) {
        for (int n = 0; n < WINDOW_BITS; n++) {
            memcpy(w->r[X2], w->r[X1], sizeof *table);
            add(w);
        }
        look_up(w, k[i / 2] >> (i % 2 == 0 ? 4 : 0) & (WINDOW_SIZE - 1));
        add(w);
    }
}

static const unsigned char *nist_generator(int curve, size_t *len)
{
    const unsigned char *c = constants(curve, len);

    c += 3 * *len;
    *len = 1 + 2 * *len;
    return c;
}

static const unsigned char *nist_order(int curve, size_t *len)
{
    const unsigned char *c = constants(curve, len);

    return c + 2 * *len;
}

static size_t nist_xoff(int curve, size_t *len)
{
    constants(curve, len);
    return 1;
}

static uint32_t nist_mul(unsigned char *point, size_t point_len, const unsigned char *x,
                         size_t xlen, int curve)
{
    struct work w;
    uint32_t good;

    begin(&w, curve);
    if (decode(&w, curve, point, point_len) == 0) {
        return 0;
    }
    multiply(&w, x, xlen);
    good = encode(&w, curve, point);
    bytes_wipe(&w, sizeof w);
    return good;
}

static size_t nist_mulgen(unsigned char *out, const unsigned char *x, size_t xlen, int curve)
{
    size_t len;
    const unsigned char *generator = nist_generator(curve, &len);

    memcpy(out, generator, len);
    nist_mul(out, len, x, xlen, curve);
    return len;
}

/* a = x a + y b, all of it public: it is for signatures that are checked. */
static uint32_t nist_muladd(unsigned char *a, const unsigned char *b, size_t len,
                            const unsigned char *x, size_t xlen, const unsigned char *y,
                            size_t ylen, int curve)
{
    struct work w;
    struct point other;
    size_t b_len = len;

    if (b == NULL) {
        b = nist_generator(curve, &b_len);
    }
    begin(&w, curve);
    if (decode(&w, curve, b, b_len) == 0) {
        return 0;
    }
    multiply(&w, y, ylen);
    memcpy(&other, w.r[X1], sizeof other);
    if (decode(&w, curve, a, len) == 0) {
        return 0;
    }
    multiply(&w, x, xlen);
    memcpy(w.r[X2], &other, sizeof other);
    add(&w);
    return encode(&w, curve, a);
}

const br_ec_impl ec_nist = {
    (UINT32_C(1) << BR_EC_secp384r1) | (UINT32_C(1) << BR_EC_secp521r1),
    nist_generator,
    nist_order,
    nist_xoff,
    nist_mul,
    nist_mulgen,
    nist_muladd,
};

#endif
