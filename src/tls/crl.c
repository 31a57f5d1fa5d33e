#include "tls/crl.h"
#include "core/date.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "tls/arena.h"
#include "tls/der.h"
#include "tls/filebytes.h"
#include "tls/pem.h"
#include "tls/x509name.h"
#include "tls/x509text.h"

#include <stdlib.h>
#include <string.h>

/* A key that the signature was tried with, and how that ended. A list may be
 * megabytes long; hashing it for every handshake would be work that anybody
 * could ask for. */
struct tried {
    bool done;
    uint8_t key[32];
};

struct list {
    struct list *next;
    struct crl crl;
    struct tried good, bad;
};

struct crl_set {
    struct arena arena;
    struct list *lists; /* the last one first */
    size_t count;
};

struct crl_set *crl_set_new(void)
{
    return calloc(1, sizeof(struct crl_set));
}

void crl_set_free(struct crl_set *set)
{
    if (set != NULL) {
        arena_end(&set->arena);
        free(set);
    }
}

size_t crl_set_count(const struct crl_set *set)
{
    return set->count;
}

void crl_set_digest(const struct crl_set *set, uint8_t digest[32])
{
    br_sha256_context c;

    br_sha256_init(&c);
    for (const struct list *l = set->lists; l != NULL; l = l->next) {
        br_sha256_update(&c, l->crl.der.data, l->crl.der.len);
    }
    br_sha256_out(&c, digest);
}

/* ---- loading -------------------------------------------------------------- */

static void tell(const struct crl *crl, const char *from, int64_t now_s)
{
    char name[128], memory[40];
    struct text when = text_over(memory, sizeof memory);
    bool early = crl->this_update_s > now_s, late = crl->next_update_s < now_s;

    x509name_format(crl->issuer, name, sizeof name);
    log_line(LOG_INFO, "%s: CRL of %s: %u revoked", from, name, (unsigned)crl->count);
    if (early || late) {
        x509text_time(&when, early ? crl->this_update_s : crl->next_update_s);
        log_line(LOG_WARN,
                 early ? "%s: the CRL of %s is not valid before %s; certificates that it is for "
                         "are refused until then"
                       : "%s: the CRL of %s expired at %s; certificates that it is for are refused "
                         "until there is a newer one",
                 from, name, memory);
    }
}

int crl_set_add(struct crl_set *set, struct span der, const char *from, int64_t now_s,
                struct text *error)
{
    struct list *list;
    uint8_t *copy;
    uint32_t *index;

    for (const struct list *l = set->lists; l != NULL; l = l->next) {
        if (span_equal(l->crl.der, der)) {
            return 0;
        }
    }
    if (set->count == CRL_SET_MAX) {
        text_addf(error, "there are more than %d CRLs", CRL_SET_MAX);
        return -1;
    }
    list = arena_take(&set->arena, sizeof *list);
    copy = arena_copy(&set->arena, der);
    if (list == NULL || copy == NULL) {
        text_add(error, "no memory");
        return -1;
    }
    if (crl_parse(&list->crl, span_of(copy, der.len), error) != 0) {
        return -1;
    }
    index = arena_take_array(&set->arena, list->crl.count, sizeof *index);
    if (index == NULL && list->crl.count > 0) {
        text_add(error, "no memory");
        return -1;
    }
    crl_sort(&list->crl, index);
    list->next = set->lists;
    set->lists = list;
    set->count++;
    tell(&list->crl, from, now_s);
    return 0;
}

int crl_set_add_bytes(struct crl_set *set, uint8_t *data, size_t len, const char *from,
                      int64_t now_s, struct text *error)
{
    struct pem_reader reader = pem_begin(data, len);
    struct pem_block block;
    enum pem_result result;
    int count = 0;

    while ((result = pem_next(&reader, &block, error)) == PEM_BLOCK) {
        char memory[160];
        struct text why = text_over(memory, sizeof memory);

        if (!pem_is_crl(&block)) {
            continue;
        }
        if (crl_set_add(set, span_of(block.data, block.len), from, now_s, &why) != 0) {
            pem_describe(&block, error);
            text_add(error, memory);
            return -1;
        }
        count++;
    }
    return result == PEM_ERROR ? -1 : count;
}

int crl_set_add_file(struct crl_set *set, const char *option, const char *path, int64_t now_s)
{
    char reason[320];
    struct text error = text_over(reason, sizeof reason);
    struct filebytes f;
    int count = -1;

    if (filebytes_read_up_to(&f, path, CRL_FILE_MAX, &error) == 0) {
        count = crl_set_add_bytes(set, f.data, f.len, path, now_s, &error);
        filebytes_free(&f);
    }
    if (count == 0) {
        text_add(&error, "there is no CRL in the file");
    }
    if (count <= 0) {
        log_line(LOG_ERROR, "%s: %s: %s", option, path, reason);
    }
    return count > 0 ? 0 : -1;
}

/* ---- checking ------------------------------------------------------------- */

static void digest_key(const br_x509_pkey *key, uint8_t digest[32])
{
    br_sha256_context c;

    br_sha256_init(&c);
    if (key->key_type == BR_KEYTYPE_RSA) {
        br_sha256_update(&c, key->key.rsa.n, key->key.rsa.nlen);
        br_sha256_update(&c, key->key.rsa.e, key->key.rsa.elen);
    } else if (key->key_type == BR_KEYTYPE_EC) {
        br_sha256_update(&c, key->key.ec.q, key->key.ec.qlen);
    }
    br_sha256_out(&c, digest);
}

static bool was_tried(const struct tried *t, const uint8_t key[32])
{
    return t->done && memcmp(t->key, key, sizeof t->key) == 0;
}

static bool signature_good(struct list *l, const br_x509_pkey *key, const uint8_t digest[32])
{
    struct tried *t;
    bool good;

    if (was_tried(&l->good, digest) || was_tried(&l->bad, digest)) {
        return was_tried(&l->good, digest);
    }
    good = x509_sig_check(&l->crl.sig, key) == X509_SIG_GOOD;
    t = good ? &l->good : &l->bad;
    t->done = true;
    memcpy(t->key, digest, sizeof t->key);
    return good;
}

static bool is_general_name_of(struct span name, struct span names)
{
    struct reader r = der_reader(names);

    while (reader_left(&r) > 0) {
        if (span_equal(der_element(&r), name)) {
            return true;
        }
    }
    return false;
}

/* Is one of the list's points the name of a distribution point of the
 * certificate, for all reasons and under the same issuer? */
static bool shares_point(struct span list_points, struct span certificate_points)
{
    struct reader points = der_reader(certificate_points);

    while (reader_left(&points) > 0) {
        struct reader r = der_reader(der_take(&points, DER_SEQUENCE));
        struct reader name = der_reader(der_take_optional(&r, DER_CONSTRUCTED(0)));
        struct reader names = der_reader(der_take_optional(&name, DER_CONSTRUCTED(0)));

        while (!r.bad && reader_left(&r) == 0 && reader_left(&names) > 0) {
            if (is_general_name_of(der_element(&names), list_points)) {
                return true;
            }
        }
    }
    return false;
}

static bool in_scope(const struct crl *crl, const struct crl_query *q)
{
    return crl->scope != (q->ca ? CRL_USERS_ONLY : CRL_CAS_ONLY) &&
           (crl->points.len == 0 || shares_point(crl->points, q->points));
}

static int time_error(const struct crl *crl, const struct crl_query *q)
{
    if (!q->check_time) {
        return 0;
    }
    return crl->this_update_s > q->now_s   ? CRL_ERROR_NOT_YET_VALID
           : crl->next_update_s < q->now_s ? CRL_ERROR_EXPIRED
                                           : 0;
}

/* Another key of the same issuer has lists of its own. */
static bool is_by(const struct crl *crl, const struct crl_query *q)
{
    return span_equal(crl->issuer, q->issuer) &&
           (crl->key_id.len == 0 || q->issuer_key_id.len == 0 ||
            span_equal(crl->key_id, q->issuer_key_id));
}

/* The best list for the certificate: of those that fit equally well the newest. */
static struct list *choose(struct crl_set *set, const struct crl_query *q, const uint8_t key[32])
{
    struct list *best = NULL;
    unsigned most = 0;

    for (struct list *l = set->lists; l != NULL; l = l->next) {
        unsigned score;

        if (!is_by(&l->crl, q)) {
            continue;
        }
        score = (signature_good(l, &q->issuer_key, key) ? 4u : 0) +
                (in_scope(&l->crl, q) ? 2u : 0) + (time_error(&l->crl, q) == 0 ? 1u : 0);
        if (best == NULL || score > most ||
            (score == most && l->crl.this_update_s > best->crl.this_update_s)) {
            best = l;
            most = score;
        }
    }
    return best;
}

size_t crl_check(struct crl_set *set, const struct crl_query *q, int errors[CRL_ERRORS_MAX])
{
    uint8_t key[32];
    struct list *l;
    size_t n = 0;

    digest_key(&q->issuer_key, key);
    l = choose(set, q, key);
    if (l == NULL) {
        errors[n++] = CRL_ERROR_NONE_FOUND;
        return n;
    }
    if (!q->issuer_signs) {
        errors[n++] = CRL_ERROR_KEY_USAGE;
    }
    if (!in_scope(&l->crl, q)) {
        errors[n++] = CRL_ERROR_SCOPE;
    }
    if (time_error(&l->crl, q) != 0) {
        errors[n++] = time_error(&l->crl, q);
    }
    if (!signature_good(l, &q->issuer_key, key)) {
        errors[n++] = CRL_ERROR_SIGNATURE;
    }
    if (crl_find(&l->crl, q->serial) != CRL_NOT_LISTED) {
        errors[n++] = CRL_ERROR_REVOKED;
    }
    return n;
}
