#include "tls/cred_load.h"
#include "core/build.h"
#include "core/date.h"
#include "core/log.h"
#include "tls/x509name.h"
#include "tls/x509sig.h"

#include <string.h>
#include <time.h>

#define WEAK_RSA_BITS 2048

/* "block 2 (CERTIFICATE), line 31: why" */
static int fail_at(const struct pem_block *block, const char *why, struct text *error)
{
    pem_describe(block, error);
    text_add(error, why);
    return -1;
}

static int add_certificate(struct cred_parts *parts, const struct pem_block *block,
                           struct text *error)
{
    bool trailing = strcmp(block->label, "TRUSTED CERTIFICATE") == 0;
    char reason[96];
    struct text why = text_over(reason, sizeof reason);

    if (parts->count == CRED_CHAIN_MAX) {
        return fail_at(block, "the file holds more than 16 certificates", error);
    }
    if (x509_cert_parse(&parts->certs[parts->count], span_of(block->data, block->len), trailing,
                        &why) != 0) {
        return fail_at(block, reason, error);
    }
    parts->count++;
    return 0;
}

static int add_key(struct cred_parts *parts, struct pem_block *block, struct password *password,
                   struct text *error)
{
    char reason[320];
    struct text why = text_over(reason, sizeof reason);
    enum key_label label = keyfile_label(block, &why);

    if (label == KEY_LABEL_NONE) {
        return 0; /* parameters, requests, whatever else lies in such files */
    }
    if (label == KEY_LABEL_KEY && parts->has_key) {
        return fail_at(block, "the file holds a second private key", error);
    }
    if (label == KEY_LABEL_REFUSED || keyfile_decode(&parts->key, block, password, &why) != 0) {
        return fail_at(block, reason, error);
    }
    parts->has_key = true;
    return 0;
}

int cred_scan(struct cred_parts *parts, uint8_t *data, size_t len, unsigned take,
              struct password *password, struct text *error)
{
    struct pem_reader reader = pem_begin(data, len);
    struct pem_block block;
    enum pem_result result;
    size_t before = parts->count;

    while ((result = pem_next(&reader, &block, error)) == PEM_BLOCK) {
        if (pem_is_certificate(&block)) {
            if ((take & CRED_TAKE_CERTS) != 0 && add_certificate(parts, &block, error) != 0) {
                return -1;
            }
        } else if ((take & CRED_TAKE_KEY) != 0 && add_key(parts, &block, password, error) != 0) {
            return -1;
        }
    }
    if (result == PEM_ERROR) {
        return -1;
    }
    if (reader.blocks == 0) {
        text_add(error, "the file is neither PEM (no BEGIN line) nor DER");
    } else if ((take & CRED_TAKE_CERTS) != 0 && parts->count == before) {
        text_add(error, "there is no certificate in the file");
    } else if ((take & CRED_TAKE_KEY) != 0 && !parts->has_key) {
        text_add(error, "there is no private key in the file");
    } else {
        return 0;
    }
    return -1;
}

/* Moves certificate `from` up to place `to`, the others down. */
static void move_up(struct cred_parts *parts, size_t from, size_t to)
{
    struct x509_cert moved = parts->certs[from];

    memmove(&parts->certs[to + 1], &parts->certs[to], (from - to) * sizeof moved);
    parts->certs[to] = moved;
}

static void drop_doubles(struct cred_parts *parts, const char *file)
{
    size_t kept = 0;

    for (size_t i = 0; i < parts->count; i++) {
        bool twice = false;

        for (size_t k = 0; k < kept; k++) {
            twice = twice || span_equal(parts->certs[k].der, parts->certs[i].der);
        }
        if (!twice) {
            parts->certs[kept++] = parts->certs[i];
        }
    }
    if (kept < parts->count) {
        log_line(LOG_WARN, "%s: the file holds the same certificate more than once", file);
        parts->count = kept;
    }
}

/* Behind the leaf each certificate's subject is the issuer of the one before. False
 * when that cannot be had of all. */
static bool order_issuers(struct cred_parts *parts, const char *file)
{
    bool moved = false;
    size_t at = 1;

    while (at < parts->count) {
        const struct x509_cert *last = &parts->certs[at - 1];
        size_t next = at;

        if (span_equal(last->issuer, last->subject)) {
            break; /* a root */
        }
        while (next < parts->count && !span_equal(parts->certs[next].subject, last->issuer)) {
            next++;
        }
        if (next == parts->count) {
            break;
        }
        moved = moved || next != at;
        move_up(parts, next, at);
        at++;
    }
    if (moved) {
        log_line(LOG_WARN, "%s: the certificates are not in the order of the chain; sent in order",
                 file);
    }
    if (at < parts->count) {
        log_line(LOG_WARN, "%s: %zu certificate(s) at the end do not belong to the chain", file,
                 parts->count - at);
    }
    return at == parts->count;
}

static bool issued(const struct x509_cert *issuer, const struct x509_cert *cert)
{
    br_x509_pkey key = x509_cert_key(issuer);

    return span_equal(issuer->subject, cert->issuer) &&
           x509_sig_check_weak(&cert->sig, &key) == X509_SIG_GOOD;
}

/* Puts behind the last certificate who issued it, if he is known. Roots stay out:
 * clients have them, or do not believe them. */
static bool add_issuer(struct cred_parts *parts)
{
    const struct x509_cert *last = &parts->certs[parts->count - 1];
    struct x509_cert *next = &parts->certs[parts->count];
    char unused[4];
    struct text error = text_over(unused, sizeof unused);

    if (parts->count == CRED_CHAIN_MAX || span_equal(last->issuer, last->subject)) {
        return false;
    }
    for (size_t i = 0; i < parts->issuers->count; i++) {
        if (x509_cert_parse(next, parts->issuers->certs[i], false, &error) == 0 &&
            !span_equal(next->issuer, next->subject) && issued(next, last)) {
            parts->count++;
            return true;
        }
    }
    return false;
}

/* Puts the certificate of the key first. */
static int find_leaf(struct cred_parts *parts, const char *file, struct text *error)
{
    const char *problem;
    size_t leaf = 0;

    while (leaf < parts->count && !keyfile_same_public(&parts->key, &parts->certs[leaf])) {
        leaf++;
    }
    if (leaf == parts->count) {
        text_add(error, parts->count == 1
                            ? "the private key does not belong to the certificate"
                            : "the private key does not belong to any of the certificates");
        if (parts->count == 1 && parts->certs[0].key_type == 0) {
            text_addf(error, ": %s", parts->certs[0].key_problem);
        }
        return -1;
    }
    problem = keyfile_match(&parts->key, &parts->certs[leaf]);
    if (problem != NULL) {
        text_add(error, problem);
        return -1;
    }
    if (leaf > 0) {
        log_line(LOG_WARN, "%s: certificate %zu is the one of the private key; it is sent first",
                 file, leaf + 1);
        move_up(parts, leaf, 0);
    }
    return 0;
}

static void warn_dates(const struct x509_cert *leaf, const char *file, int64_t now_s)
{
    int64_t when = leaf->not_after_s < now_s ? leaf->not_after_s : leaf->not_before_s;
    struct date d = date_of(when);

    if (leaf->not_after_s >= now_s && leaf->not_before_s <= now_s) {
        return;
    }
    log_line(LOG_WARN,
             leaf->not_after_s < now_s
                 ? "%s: the certificate expired at %04d-%02u-%02u %02u:%02u:%02u UTC"
                 : "%s: the certificate is not valid before %04d-%02u-%02u %02u:%02u:%02u UTC",
             file, d.year, d.month, d.day, d.hour, d.minute, d.second);
}

/* What a certificate is signed with, as SignatureScheme; 0: nothing that has a number. The
 * curve of an ECDSA key is not looked at. */
static uint16_t scheme_of(const struct x509_cert *cert)
{
    struct x509_sig_kind kind;

    if (!x509_sig_kind_of(cert->sig.algorithm, &kind)) {
        return 0;
    }
    return (uint16_t)(kind.pss                          ? 0x0800 | kind.hash_id
                      : kind.key_type == BR_KEYTYPE_RSA ? kind.hash_id << 8 | 1
                                                        : kind.hash_id << 8 | 3);
}

/* Section 4.4.2.2 of RFC 8446: of a self-signed one nobody checks the signature. */
static void note_schemes(struct cred *cred, const struct cred_parts *parts)
{
    size_t count = 0;

    for (size_t i = 0; i < parts->count && count < CRED_SCHEMES_MAX; i++) {
        uint16_t scheme = scheme_of(&parts->certs[i]);
        bool fresh = scheme != 0 && !span_equal(parts->certs[i].issuer, parts->certs[i].subject);

        for (size_t k = 0; k < count; k++) {
            fresh = fresh && cred->chain_schemes[k] != scheme;
        }
        if (fresh) {
            cred->chain_schemes[count++] = scheme;
        }
    }
}

/* All in one piece, as TLS 1.3 sends them: length, certificate, no extensions. */
static int copy_chain(struct cred *cred, const struct cred_parts *parts, struct arena *arena)
{
    size_t total = 0;
    uint8_t *p;

    for (size_t i = 0; i < parts->count; i++) {
        total += 3 + parts->certs[i].der.len + 2;
    }
    cred->chain = arena_take_array(arena, parts->count, sizeof *cred->chain);
    p = arena_take(arena, total);
    if (cred->chain == NULL || p == NULL) {
        return -1;
    }
    cred->chain_len = parts->count;
    cred->list = span_of(p, total);
    for (size_t i = 0; i < parts->count; i++) {
        struct span der = parts->certs[i].der;

        put_u24(p, (uint32_t)der.len);
        memcpy(p + 3, der.data, der.len);
        cred->chain[i] = (br_x509_certificate){p + 3, der.len};
        p += 3 + der.len;
        put_u16(p, 0);
        p += 2;
    }
    return 0;
}

int cred_build(struct cred *cred, struct cred_parts *parts, const char *file, int64_t now_s,
               struct arena *arena, struct text *error)
{
    const struct x509_cert *leaf = &parts->certs[0];
    br_sha256_context hash;

    drop_doubles(parts, file);
    if (find_leaf(parts, file, error) != 0) {
        return -1;
    }
    if (order_issuers(parts, file) && TINY_CLIENTS && parts->issuers != NULL) {
        while (add_issuer(parts)) {
        }
    }
    warn_dates(leaf, file, now_s);
    if (TINY_COMFORT && parts->key.type == CRED_RSA && parts->key.bits < WEAK_RSA_BITS) {
        log_line(LOG_WARN, "%s: an RSA key of %u bits is weak; use 2048 or more, or EC", file,
                 parts->key.bits);
    }
    *cred = (struct cred){.key_type = parts->key.type,
                          .key_bits = parts->key.bits,
                          .issuer_key_type = leaf->issuer_key_type,
                          .not_after_s = leaf->not_after_s,
                          .file = file};
    if (TINY_COMFORT) { /* of several certificates one fits best */
        note_schemes(cred, parts);
    }
    if (TINY_COMFORT) {
        x509name_format(leaf->subject, cred->subject, sizeof cred->subject);
    } else {
        memcpy(cred->subject, "certificate", sizeof "certificate");
    }
    br_sha256_init(&hash);
    br_sha256_update(&hash, leaf->der.data, leaf->der.len);
    br_sha256_out(&hash, cred->fingerprint);
    if (copy_chain(cred, parts, arena) != 0 || keyfile_copy(&parts->key, arena) != 0) {
        text_add(error, "no memory");
        return -1;
    }
    if (TINY_COMFORT && cred->key_type == CRED_RSA) {
        cred->key.rsa = parts->key.rsa;
        cred->rsa_public = leaf->rsa;
        cred->rsa_public.n = cred->chain[0].data + (leaf->rsa.n - leaf->der.data);
        cred->rsa_public.e = cred->chain[0].data + (leaf->rsa.e - leaf->der.data);
    } else {
        cred->key.ec = parts->key.ec;
    }
    return 0;
}
