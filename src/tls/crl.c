#include "tls/crl.h"
#include "core/date.h"
#include "core/log.h"
#include "tls/arena.h"
#include "tls/der.h"
#include "tls/filebytes.h"
#include "tls/pem.h"
#include "tls/x509name.h"
#include "tls/x509text.h"

#include <stdlib.h>
#include <string.h>

struct list {
    struct list *next;
    struct crl crl;
    /* What the signature is over, so that no handshake hashes megabytes. */
    struct x509_sig_kind kind;
    uint8_t hash[X509_SIG_HASH_MAX];
};

struct crl_set {
    struct arena arena;
    struct list *lists; /* the newest first */
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

static void put_in_order(struct crl_set *set, struct list *list)
{
    struct list **place = &set->lists;

    while (*place != NULL && (*place)->crl.this_update_s > list->crl.this_update_s) {
        place = &(*place)->next;
    }
    list->next = *place;
    *place = list;
    set->count++;
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
    if (!x509_sig_kind_of(list->crl.sig.algorithm, &list->kind) ||
        list->kind.hash_id == br_sha1_ID) {
        text_add(error, "the CRL is signed with SHA-1, or with an algorithm that is not built in");
        return -1;
    }
    x509_sig_hash(&list->kind, list->crl.sig.tbs, list->hash);
    index = arena_take_array(&set->arena, list->crl.count, sizeof *index);
    if (index == NULL && list->crl.count > 0) {
        text_add(error, "no memory");
        return -1;
    }
    crl_sort(&list->crl, index);
    put_in_order(set, list);
    tell(&list->crl, from, now_s);
    return 0;
}

int crl_set_add_block(struct crl_set *set, const struct pem_block *block, const char *from,
                      int64_t now_s, struct text *error)
{
    char memory[160];
    struct text why = text_over(memory, sizeof memory);

    if (crl_set_add(set, span_of(block->data, block->len), from, now_s, &why) != 0) {
        pem_describe(block, error);
        text_add(error, memory);
        return -1;
    }
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
        if (pem_is_crl(&block)) {
            if (crl_set_add_block(set, &block, from, now_s, error) != 0) {
                return -1;
            }
            count++;
        }
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

static bool signature_good(const struct list *l, const struct crl_query *q)
{
    return x509_sig_fits(&l->kind, l->crl.sig.signature, l->hash, &q->issuer_key);
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

/* What counts of a list, the most first. */
#define SIGNED   4u
#define IN_SCOPE 2u
#define IN_TIME  1u

/* The best list for the certificate: of those that fit equally well the newest.
 * Signatures are for those alone that it could be: a folder may hold hundreds of
 * lists of an issuer; the newest stand first. */
static const struct list *choose(const struct crl_set *set, const struct crl_query *q,
                                 bool *signature)
{
    const struct list *best = NULL;
    unsigned most = 0;

    for (const struct list *l = set->lists; l != NULL; l = l->next) {
        unsigned score =
            (in_scope(&l->crl, q) ? IN_SCOPE : 0) + (time_error(&l->crl, q) == 0 ? IN_TIME : 0);

        if (!is_by(&l->crl, q) || (best != NULL && score + SIGNED <= most)) {
            continue;
        }
        score += signature_good(l, q) ? SIGNED : 0;
        if (best == NULL || score > most) {
            best = l;
            most = score;
        }
    }
    *signature = most >= SIGNED;
    return best;
}

size_t crl_check(const struct crl_set *set, const struct crl_query *q, int errors[CRL_ERRORS_MAX])
{
    bool signature;
    const struct list *l = choose(set, q, &signature);
    size_t n = 0;

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
    if (!signature) {
        errors[n++] = CRL_ERROR_SIGNATURE;
    }
    if (crl_find(&l->crl, q->serial) != CRL_NOT_LISTED) {
        errors[n++] = CRL_ERROR_REVOKED;
    }
    return n;
}
