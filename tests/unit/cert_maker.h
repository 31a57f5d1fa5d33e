/*
 * Certificates for tests, made on the spot: a struct says what stands in one,
 * and who signs it. Keys are on P-256 and known by number; signatures are
 * deterministic, so the same struct gives the same bytes.
 */
#ifndef TINY_TESTS_CERT_MAKER_H
#define TINY_TESTS_CERT_MAKER_H

#include "core/bytes.h"
#include "core/date.h"
#include "crypto/crypto.h"
#include "tls/der.h"
#include "tls/oid.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MADE_FROM_S 1600000000
#define MADE_TO_S   1900000000
#define MADE_MAX    1500

struct cert_spec {
    const char *subject, *issuer; /* common names; "" for an empty Name */
    const char *organization;     /* in front of the subject's, NULL for none */
    unsigned key, signer;         /* numbers of keys */
    unsigned version;             /* 0: 3; over 3: one that overflows */
    int64_t from_s, to_s;         /* 0: MADE_FROM_S, MADE_TO_S */
    int ca;                       /* 1: CA:TRUE, -1: CA:FALSE, 0: no constraints */
    int path_length;              /* with ca, plus one; 0: none */
    uint8_t usage;                /* 0: no key usage */
    uint8_t purpose;              /* 0: none, else the last number of 1.3.6.1.5.5.7.3.N */
    bool key_ids;                 /* subject's and authority's, by key number */
    unsigned critical_unknown;    /* bytes of the BOOLEAN that says so, 0: no such extension */
    bool forged;                  /* the signature is wrong */
    /* Contents of the extensions' SEQUENCE, NULL for none, as hexadecimal. */
    const char *names, *constraints;
};

static inline br_ec_private_key maker_key(unsigned number, uint8_t x[32])
{
    memset(x, 0x11, 32);
    x[31] = (uint8_t)number;
    return (br_ec_private_key){.curve = BR_EC_secp256r1, .x = x, .xlen = 32};
}

static inline void maker_algorithm(struct der_out *o)
{
    size_t mark = o->pos;

    der_put_oid(o, OID_ECDSA_SHA256);
    der_wrap(o, DER_SEQUENCE, mark);
}

static inline void maker_attribute(struct der_out *o, const uint8_t *oid, const char *value)
{
    size_t mark = o->pos;

    der_put_element(o, DER_UTF8, value, strlen(value));
    der_put_oid(o, oid);
    der_wrap(o, DER_SEQUENCE, mark);
    der_wrap(o, DER_SET, mark);
}

static inline void maker_name(struct der_out *o, const char *organization, const char *name)
{
    static const uint8_t oid_o[] = {3, 0x55, 4, 10};
    size_t mark = o->pos;

    if (name[0] != '\0') {
        maker_attribute(o, OID_COMMON_NAME, name);
    }
    if (organization != NULL) {
        maker_attribute(o, oid_o, organization);
    }
    der_wrap(o, DER_SEQUENCE, mark);
}

static inline void maker_time(struct der_out *o, int64_t seconds)
{
    struct date d = date_of(seconds);
    char s[16];
    const unsigned fields[] = {
        (unsigned)d.year / 100, (unsigned)d.year % 100, d.month, d.day, d.hour, d.minute, d.second};

    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        s[2 * i] = (char)('0' + fields[i] / 10);
        s[2 * i + 1] = (char)('0' + fields[i] % 10);
    }
    s[14] = 'Z';
    der_put_element(o, DER_GENERAL_TIME, s, 15);
}

static inline void maker_spki(struct der_out *o, unsigned number)
{
    size_t mark = o->pos, inner;
    uint8_t x[32], q[BR_EC_KBUF_PUB_MAX_SIZE];
    br_ec_private_key key = maker_key(number, x);
    br_ec_public_key pub;

    br_ec_compute_pub(crypto_ec(), &pub, q, &key);
    der_put(o, pub.q, pub.qlen);
    der_put(o, "", 1);
    der_wrap(o, DER_BIT_STRING, mark);
    inner = o->pos;
    der_put_oid(o, OID_P256);
    der_put_oid(o, OID_EC_KEY);
    der_wrap(o, DER_SEQUENCE, inner);
    der_wrap(o, DER_SEQUENCE, mark);
}

/* The header and number of extension 2.5.29.N around its value. */
static inline void maker_extension(struct der_out *o, size_t mark, uint8_t n, unsigned critical)
{
    const uint8_t oid[] = {3, 0x55, 29, n};

    der_wrap(o, DER_OCTET_STRING, mark);
    if (critical > 0) {
        der_put_element(o, DER_BOOLEAN, "\xFF\xFF", critical);
    }
    der_put_oid(o, oid);
    der_wrap(o, DER_SEQUENCE, mark);
}

static inline void maker_hex(struct der_out *o, const char *hex)
{
    uint8_t bytes[400];
    size_t n = 0;

    for (; hex[0] != '\0'; hex += 2) {
        char digits[3] = {hex[0], hex[1], '\0'};

        bytes[n++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    der_put(o, bytes, n);
    der_wrap(o, DER_SEQUENCE, o->pos + n);
}

static inline void maker_key_ids(struct der_out *o, const struct cert_spec *s)
{
    uint8_t id[8] = {0, 0, 0, 0, 0, 0, 0, (uint8_t)s->key};
    size_t mark = o->pos;

    der_put_element(o, DER_OCTET_STRING, id, sizeof id);
    maker_extension(o, mark, 14, 0);
    mark = o->pos;
    id[7] = (uint8_t)s->signer;
    der_put_element(o, DER_CONTEXT(0), id, sizeof id);
    der_wrap(o, DER_SEQUENCE, mark);
    maker_extension(o, mark, 35, 0);
}

static inline void maker_extensions(struct der_out *o, const struct cert_spec *s)
{
    size_t all = o->pos, mark = o->pos;

    if (s->ca != 0) {
        if (s->path_length > 0) {
            der_put_uint(o, (const uint8_t[]){(uint8_t)(s->path_length - 1)}, 1);
        }
        if (s->ca > 0) {
            der_put_element(o, DER_BOOLEAN, "\xFF", 1);
        }
        der_wrap(o, DER_SEQUENCE, mark);
        maker_extension(o, mark, 19, 1);
    }
    mark = o->pos;
    if (s->usage != 0) {
        der_put_element(o, DER_BIT_STRING, (const uint8_t[]){0, s->usage}, 2);
        maker_extension(o, mark, 15, 1);
    }
    mark = o->pos;
    if (s->purpose != 0) {
        const uint8_t oid[] = {8, 0x2B, 6, 1, 5, 5, 7, 3, s->purpose};

        der_put_oid(o, oid);
        der_wrap(o, DER_SEQUENCE, mark);
        maker_extension(o, mark, 37, 0);
    }
    if (s->key_ids) {
        maker_key_ids(o, s);
    }
    mark = o->pos;
    if (s->names != NULL) {
        maker_hex(o, s->names);
        maker_extension(o, mark, 17, 0);
    }
    mark = o->pos;
    if (s->constraints != NULL) {
        maker_hex(o, s->constraints);
        maker_extension(o, mark, 30, 1);
    }
    mark = o->pos;
    if (s->critical_unknown > 0) {
        maker_extension(o, mark, 60, s->critical_unknown);
    }
    if (o->pos != all) {
        der_wrap(o, DER_SEQUENCE, all);
        der_wrap(o, DER_CONSTRUCTED(3), all);
    }
}

/* All that was made, for maker_free. */
struct made {
    struct made *next;
    uint8_t der[];
};
static struct made *maker_all;

static inline void maker_free(void)
{
    while (maker_all != NULL) {
        struct made *next = maker_all->next;

        free(maker_all);
        maker_all = next;
    }
}

/* In a block of its own, so that a read past its end is seen. */
static inline struct span maker_keep(struct span der)
{
    struct made *m = malloc(sizeof *m + der.len);

    m->next = maker_all;
    maker_all = m;
    return span_of(memcpy(m->der, der.data, der.len), der.len);
}

static inline struct span maker_cert(const struct cert_spec *s)
{
    uint8_t buf[MADE_MAX];
    struct der_out o = der_out_over(buf, MADE_MAX);
    uint8_t tbs[MADE_MAX], hash[32], signature[80], x[32];
    br_ec_private_key key = maker_key(s->signer, x);
    br_sha256_context sha;
    size_t mark = o.pos, tbs_len, inner, len;

    maker_extensions(&o, s);
    maker_spki(&o, s->key);
    maker_name(&o, s->organization, s->subject);
    inner = o.pos;
    maker_time(&o, s->to_s != 0 ? s->to_s : MADE_TO_S);
    maker_time(&o, s->from_s != 0 ? s->from_s : MADE_FROM_S);
    der_wrap(&o, DER_SEQUENCE, inner);
    maker_name(&o, NULL, s->issuer);
    maker_algorithm(&o);
    der_put_uint(&o, (const uint8_t[]){(uint8_t)s->key}, 1);
    if (s->version != 1) {
        inner = o.pos;
        der_put_uint(&o,
                     s->version > 3 ? (const uint8_t *)"\xFF\xFF\xFF\xFF" : (const uint8_t *)"\2",
                     s->version > 3 ? 4 : 1);
        der_wrap(&o, DER_CONSTRUCTED(0), inner);
    }
    der_wrap(&o, DER_SEQUENCE, mark);
    tbs_len = mark - o.pos;
    memcpy(tbs, o.buf + o.pos, tbs_len);
    br_sha256_init(&sha);
    br_sha256_update(&sha, tbs, tbs_len);
    br_sha256_out(&sha, hash);
    hash[0] ^= s->forged;
    len = crypto_ecdsa_sign()(crypto_ec(), &br_sha256_vtable, hash, &key, signature);
    o = der_out_over(buf, MADE_MAX);
    der_put(&o, signature, len);
    der_put(&o, "", 1);
    der_wrap(&o, DER_BIT_STRING, mark);
    maker_algorithm(&o);
    der_put(&o, tbs, tbs_len);
    der_wrap(&o, DER_SEQUENCE, mark);
    if (o.full) {
        abort();
    }
    return maker_keep(der_written(&o));
}

#endif
