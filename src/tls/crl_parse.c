/* The pure half: one CRL from DER, and the search in it. */
#include "tls/crl.h"
#include "tls/der.h"

#include <string.h>

#define DER_ENUMERATED 0x0A

/* The last numbers of extensions' OIDs, 2.5.29.N. */
enum {
    ISSUER_ALT_NAME = 18,
    CRL_NUMBER = 20,
    REASON = 21,
    INVALIDITY_DATE = 24,
    DELTA_INDICATOR = 27,
    ISSUING_POINT = 28,
    CERTIFICATE_ISSUER = 29,
    AUTHORITY_KEY = 35,
    FRESHEST = 46,
};

#define REASON_REMOVED 8
#define REASON_MAX     10

static const char malformed[] = "the CRL is malformed";
static const char unknown_critical[] =
    "the CRL has a critical extension that is not understood here, so it cannot be used";

/* ---- extensions ----------------------------------------------------------- */

struct extension {
    unsigned number; /* of 2.5.29.N, 0 for others */
    bool critical;
    struct span value;
};

/* An Extension (RFC 5280, section 4.1); sets list->bad. */
static struct extension take_extension(struct reader *list)
{
    struct reader r = der_reader(der_take(list, DER_SEQUENCE));
    struct span oid = der_take(&r, DER_OID);
    struct span flag = der_take_optional(&r, DER_BOOLEAN);
    struct extension x = {.value = der_take(&r, DER_OCTET_STRING)};

    x.critical = flag.len > 0 && flag.data[0] != 0;
    if (oid.len == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1D) {
        x.number = oid.data[2];
    }
    list->bad = list->bad || r.bad || reader_left(&r) > 0 || flag.len > 1;
    return x;
}

/* Exactly one element with this tag; sets *bad. */
static struct span only_element(struct span s, uint8_t tag, bool *bad)
{
    struct reader r = der_reader(s);
    struct span contents = der_take(&r, tag);

    *bad = *bad || r.bad || reader_left(&r) > 0;
    return contents;
}

static bool is_true(struct span flag)
{
    return flag.len > 0 && flag.data[0] != 0;
}

/* IssuingDistributionPoint: what the list is good for. */
static const char *take_point(struct crl *crl, struct span value)
{
    bool bad = false;
    struct reader r = der_reader(only_element(value, DER_SEQUENCE, &bad));
    struct span name = der_take_optional(&r, DER_CONSTRUCTED(0));
    bool users = is_true(der_take_optional(&r, DER_CONTEXT(1)));
    bool cas = is_true(der_take_optional(&r, DER_CONTEXT(2)));
    bool reasons = der_peek(&r) == DER_CONTEXT(3);
    bool indirect, attributes;

    der_take_optional(&r, DER_CONTEXT(3));
    indirect = is_true(der_take_optional(&r, DER_CONTEXT(4)));
    attributes = is_true(der_take_optional(&r, DER_CONTEXT(5)));
    if (name.len > 0 && name.data[0] != DER_CONSTRUCTED(0)) {
        return "the CRL names its distribution point relative to its issuer; give the whole CRL";
    }
    if (name.len > 0) {
        crl->points = only_element(name, DER_CONSTRUCTED(0), &bad);
        bad = bad || crl->points.len == 0;
    }
    if (bad || r.bad || reader_left(&r) > 0 || users + cas + attributes > 1) {
        return malformed;
    }
    if (reasons) {
        return "the CRL holds certificates revoked for some reasons only; give the whole CRL";
    }
    if (indirect) {
        return "an indirect CRL (with certificates of other issuers) is not taken; give each "
               "issuer's own";
    }
    if (attributes) {
        return "the CRL is for attribute certificates, which have no part in TLS";
    }
    crl->scope = users ? CRL_USERS_ONLY : cas ? CRL_CAS_ONLY : CRL_ALL;
    return NULL;
}

static const char *take_crl_extension(struct crl *crl, const struct extension *x)
{
    bool bad = false;
    struct reader r;

    switch (x->number) {
    case DELTA_INDICATOR:
        return "a delta CRL holds changes only and is not taken; give the whole CRL";
    case ISSUING_POINT:
        return take_point(crl, x->value);
    case CRL_NUMBER:
        r = der_reader(x->value);
        crl->number = der_uint(&r);
        return r.bad || reader_left(&r) > 0 ? malformed : NULL;
    case AUTHORITY_KEY:
        r = der_reader(only_element(x->value, DER_SEQUENCE, &bad));
        crl->key_id = der_take_optional(&r, DER_CONTEXT(0));
        return r.bad || bad ? malformed : NULL;
    case ISSUER_ALT_NAME:
    case FRESHEST: /* where deltas would be had */
        return NULL;
    default:
        return x->critical ? unknown_critical : NULL;
    }
}

static const char *take_crl_extensions(struct crl *crl, struct span wrapped)
{
    bool bad = false;
    struct reader list = der_reader(only_element(wrapped, DER_SEQUENCE, &bad));
    uint64_t seen = 0;
    const char *problem = NULL;

    while (!bad && !list.bad && reader_left(&list) > 0 && problem == NULL) {
        struct extension x = take_extension(&list);
        uint64_t bit = x.number > 0 && x.number < 64 ? (uint64_t)1 << x.number : 0;

        bad = (seen & bit) != 0; /* none may come twice */
        seen |= bit;
        problem = list.bad ? NULL : take_crl_extension(crl, &x);
    }
    return bad || list.bad ? malformed : problem;
}

/* ---- entries -------------------------------------------------------------- */

struct entry {
    struct span serial;
    uint8_t reason;
};

static const char *take_entry_extensions(struct entry *e, struct span extensions)
{
    struct reader list = der_reader(extensions);

    while (!list.bad && reader_left(&list) > 0) {
        struct extension x = take_extension(&list);
        bool bad = false;
        struct span value;

        if (list.bad) {
            break;
        }
        switch (x.number) {
        case REASON:
            value = only_element(x.value, DER_ENUMERATED, &bad);
            if (bad || value.len != 1 || value.data[0] > REASON_MAX) {
                return malformed;
            }
            e->reason = value.data[0];
            break;
        case CERTIFICATE_ISSUER:
            return "the CRL holds certificates of other issuers (an indirect CRL); give each "
                   "issuer's own";
        case INVALIDITY_DATE:
            break;
        default:
            if (x.critical) {
                return unknown_critical;
            }
        }
    }
    return list.bad ? malformed : NULL;
}

/* One entry of revokedCertificates; the problem is NULL for a good one. */
static const char *take_entry(struct reader *list, bool extensions, struct entry *e)
{
    struct reader r = der_reader(der_take(list, DER_SEQUENCE));

    *e = (struct entry){.serial = der_take(&r, DER_INTEGER)};
    x509_take_time(&r);
    if (list->bad || r.bad || e->serial.len == 0) {
        return malformed;
    }
    if (reader_left(&r) > 0) {
        struct span list_of = der_take(&r, DER_SEQUENCE);

        return r.bad || reader_left(&r) > 0 || !extensions ? malformed
                                                           : take_entry_extensions(e, list_of);
    }
    return NULL;
}

static const char *count_entries(struct crl *crl, bool extensions)
{
    struct reader list = der_reader(crl->revoked);
    const char *problem = NULL;
    struct entry e;

    while (problem == NULL && reader_left(&list) > 0) {
        problem = take_entry(&list, extensions, &e);
        crl->count++;
    }
    return problem;
}

/* ---- the list ------------------------------------------------------------- */

static const char *parse_tbs(struct crl *crl, struct span tbs)
{
    struct reader outer = der_reader(tbs);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    struct span algorithm, extensions;
    bool second = der_peek(&r) == DER_INTEGER;
    const char *problem;

    if (second && der_uint32(&r) != 1) {
        return r.bad ? malformed : "the CRL is of a version that does not exist";
    }
    algorithm = der_take(&r, DER_SEQUENCE);
    crl->issuer = der_element(&r);
    crl->this_update_s = x509_take_time(&r);
    crl->next_update_s = INT64_MAX;
    if (der_peek(&r) == DER_UTC_TIME || der_peek(&r) == DER_GENERAL_TIME) {
        crl->next_update_s = x509_take_time(&r);
    }
    crl->revoked = der_take_optional(&r, DER_SEQUENCE);
    extensions = der_take_optional(&r, DER_CONSTRUCTED(0));
    if (outer.bad || r.bad || reader_left(&r) > 0 || crl->issuer.data[0] != DER_SEQUENCE ||
        (extensions.len > 0 && !second)) {
        return malformed;
    }
    if (!span_equal(algorithm, crl->sig.algorithm)) {
        return "the CRL names two different algorithms for its signature";
    }
    problem = extensions.len > 0 ? take_crl_extensions(crl, extensions) : NULL;
    return problem != NULL ? problem : count_entries(crl, second);
}

int crl_parse(struct crl *crl, struct span der, struct text *error)
{
    struct reader whole = der_reader(der);
    struct reader r = der_reader(der_take(&whole, DER_SEQUENCE));
    const char *problem = malformed;

    *crl = (struct crl){.der = der, .sig = x509_signed_take(&r)};
    if (!whole.bad && !r.bad && reader_left(&whole) == 0 && reader_left(&r) == 0) {
        problem = parse_tbs(crl, crl->sig.tbs);
    }
    if (problem != NULL) {
        text_add(error, problem);
        return -1;
    }
    return 0;
}

/* ---- search --------------------------------------------------------------- */

/* Leading zeros do not count. */
static int compare(struct span a, struct span b)
{
    struct span *both[] = {&a, &b};

    for (size_t i = 0; i < 2; i++) {
        while (both[i]->len > 0 && both[i]->data[0] == 0) {
            both[i]->data++;
            both[i]->len--;
        }
    }
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return a.len > 0 ? memcmp(a.data, b.data, a.len) : 0;
}

/* The entries are good: they were read once. */
static struct entry entry_at(const struct crl *crl, uint32_t at)
{
    struct reader r = der_reader(span_of(crl->revoked.data + at, crl->revoked.len - at));
    struct entry e;

    (void)take_entry(&r, true, &e);
    return e;
}

static struct span serial_at(const struct crl *crl, uint32_t at)
{
    struct reader list = der_reader(span_of(crl->revoked.data + at, crl->revoked.len - at));
    struct reader r = der_reader(der_take(&list, DER_SEQUENCE));

    return der_take(&r, DER_INTEGER);
}

/* Lets the entry at place `at` sink in the heap index[0..count). */
static void sink(const struct crl *crl, uint32_t *index, size_t at, size_t count)
{
    uint32_t moved = index[at];
    struct span serial = serial_at(crl, moved);

    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count &&
            compare(serial_at(crl, index[child]), serial_at(crl, index[child + 1])) < 0) {
            child++;
        }
        if (compare(serial, serial_at(crl, index[child])) >= 0) {
            break;
        }
        index[at] = index[child];
        at = child;
    }
    index[at] = moved;
}

/* Heap sort: never quadratic, no memory of its own, whatever the order was. */
void crl_sort(struct crl *crl, uint32_t *index)
{
    struct reader list = der_reader(crl->revoked);

    for (size_t i = 0; i < crl->count; i++) {
        index[i] = (uint32_t)(list.pos - crl->revoked.data);
        der_take(&list, DER_SEQUENCE);
    }
    for (size_t i = crl->count / 2; i-- > 0;) {
        sink(crl, index, i, crl->count);
    }
    for (size_t last = crl->count; last-- > 1;) {
        uint32_t greatest = index[0];

        index[0] = index[last];
        index[last] = greatest;
        sink(crl, index, 0, last);
    }
    crl->index = index;
}

/* The first place whose serial number is not less. */
static size_t first_of(const struct crl *crl, struct span serial)
{
    size_t low = 0, high = crl->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(serial_at(crl, crl->index[middle]), serial) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int find_by_reading(const struct crl *crl, struct span serial)
{
    struct reader list = der_reader(crl->revoked);
    struct entry e;

    while (reader_left(&list) > 0 && take_entry(&list, true, &e) == NULL) {
        if (compare(e.serial, serial) == 0 && e.reason != REASON_REMOVED) {
            return e.reason;
        }
    }
    return CRL_NOT_LISTED;
}

/* Of several entries one that revokes is enough. */
int crl_find(const struct crl *crl, struct span serial)
{
    if (crl->index == NULL) {
        return find_by_reading(crl, serial);
    }
    for (size_t i = first_of(crl, serial); i < crl->count; i++) {
        struct entry e = entry_at(crl, crl->index[i]);

        if (compare(e.serial, serial) != 0) {
            break;
        }
        if (e.reason != REASON_REMOVED) {
            return e.reason;
        }
    }
    return CRL_NOT_LISTED;
}
