#include "config/sigalgs.h"

#include "config/value.h"

#include <string.h>

/* How a name begins; what follows is a hash. */
static const struct {
    char prefix[17];
    uint8_t algorithm; /* 1 RSA, 2 DSA, 3 ECDSA, 8 PSS, 9 PSS with a key for PSS */
    uint8_t hash;      /* the only one that may follow; 0: any */
} beginnings[] = {
    {"RSA+", 1, 0},
    {"DSA+", 2, 0},
    {"ECDSA+", 3, 0},
    {"RSA-PSS+", 8, 0},
    {"PSS+", 8, 0},
    {"rsa_pkcs1_", 1, 0},
    {"dsa_", 2, 0},
    {"ecdsa_secp256r1_", 3, 4},
    {"ecdsa_secp384r1_", 3, 5},
    {"ecdsa_secp521r1_", 3, 6},
    {"ecdsa_", 3, 0},
    {"rsa_pss_rsae_", 8, 0},
    {"rsa_pss_pss_", 9, 0},
};

/* By their number in SignatureScheme, from 2 on. */
static const char hashes[][7] = {"sha1", "sha224", "sha256", "sha384", "sha512"};

static unsigned hash_of(struct span name)
{
    for (unsigned i = 0; i < ARRAY_LEN(hashes); i++) {
        if (span_is_nocase(name, hashes[i])) {
            return i + 2;
        }
    }
    return 0;
}

/* 0 when there is none. */
static unsigned scheme_of(struct span name)
{
    if (span_is_nocase(name, "ed25519")) {
        return 0x0807;
    }
    if (span_is_nocase(name, "ed448")) {
        return 0x0808;
    }
    for (size_t i = 0; i < ARRAY_LEN(beginnings); i++) {
        size_t len = strlen(beginnings[i].prefix);
        unsigned algorithm = beginnings[i].algorithm;
        unsigned hash;

        if (name.len <= len || !span_is_nocase(span_of(name.data, len), beginnings[i].prefix)) {
            continue;
        }
        hash = hash_of(span_of(name.data + len, name.len - len));
        if (hash == 0 || (beginnings[i].hash != 0 && hash != beginnings[i].hash) ||
            (algorithm >= 8 && hash < 4)) {
            return 0;
        }
        return algorithm < 8 ? hash << 8 | algorithm : 0x0800 | (hash + (algorithm - 8) * 5);
    }
    return 0;
}

static bool has(const struct sigalgs *list, unsigned scheme)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->schemes[i] == scheme) {
            return true;
        }
    }
    return false;
}

int sigalgs_parse(struct span list, struct sigalgs *out)
{
    memset(out, 0, sizeof *out);
    out->unknown = span_of(list.data, 0);
    for (bool more = true; more;) {
        const uint8_t *colon = list.len > 0 ? memchr(list.data, ':', list.len) : NULL;
        struct span name =
            span_of(list.data, colon != NULL ? (size_t)(colon - list.data) : list.len);
        unsigned scheme;

        more = colon != NULL;
        list = more ? span_of(colon + 1, list.len - name.len - 1) : list;
        name = value_trim(name);
        scheme = scheme_of(name);
        if (scheme == 0 || out->count == SIGALGS_MAX) {
            out->unknown = scheme == 0 ? name : out->unknown;
            return -1;
        }
        if (!has(out, scheme)) {
            out->schemes[out->count++] = (uint16_t)scheme;
        }
    }
    return 0;
}
