/* Building the chain, and the order of the checks. */
#include "tls/path.h"
#include "tls/der.h"
#include "tls/x509sig.h"

#include <string.h>

/* Certificates of one name and different keys, without key identifiers, are told
 * apart by trying; nobody needs more of them than this. */
#define TRIALS_MAX 8

bool path_tell(const struct path *p, unsigned error, size_t depth)
{
    return p->request->report(p->request->context, error, (unsigned)depth, &p->certs[depth]);
}

/* ---- who issued whom ------------------------------------------------------ */

bool path_self_issued(const struct x509_cert *cert)
{
    return span_equal(cert->issuer, cert->subject);
}

/* Does the authority key identifier, if there is one, mean this issuer? */
static bool key_fits(const struct x509_cert *cert, const struct x509_cert *issuer)
{
    struct reader r = der_reader(cert->authority_key);
    struct span id = der_take_optional(&r, DER_CONTEXT(0));
    struct reader names = der_reader(der_take_optional(&r, DER_CONSTRUCTED(1)));
    struct span serial = der_take_optional(&r, DER_CONTEXT(2));

    if (id.len > 0 && issuer->subject_key_id.len > 0 && !span_equal(id, issuer->subject_key_id)) {
        return false;
    }
    if (serial.len > 0 && !span_equal(serial, issuer->serial)) {
        return false;
    }
    while (reader_left(&names) > 0) {
        uint8_t tag = der_peek(&names);
        struct span name = der_take(&names, tag);

        if (tag == DER_CONSTRUCTED(4)) {
            return span_equal(name, issuer->issuer);
        }
    }
    return true;
}

static bool issued_by(const struct x509_cert *cert, const struct x509_cert *issuer)
{
    return span_equal(cert->issuer, issuer->subject) && key_fits(cert, issuer) &&
           (issuer->key_type == 0 || cert->issuer_key_type == issuer->key_type);
}

/* As far as can be told without looking at the signature, which proves nothing. */
bool path_self_signed(const struct x509_cert *cert)
{
    return issued_by(cert, cert);
}

/* A time that was asked for counts in any case. */
bool path_timeless(const struct path *p)
{
    return !p->request->config->check_time && p->request->config->attime_s == 0;
}

static bool in_time(const struct path *p, const struct x509_cert *cert)
{
    return path_timeless(p) ||
           (cert->not_before_s <= p->request->now_s && p->request->now_s <= cert->not_after_s);
}

static bool signature_good(const struct x509_cert *cert, const struct x509_cert *issuer)
{
    br_x509_pkey key = x509_cert_key(issuer);

    return cert->same_algorithm && x509_sig_check_weak(&cert->sig, &key) == X509_SIG_GOOD;
}

static bool parse(struct x509_cert *cert, struct span der)
{
    char unused[4];
    struct text error = text_over(unused, sizeof unused);

    return x509_cert_parse(cert, der, false, &error) == 0;
}

/* ---- the chain ------------------------------------------------------------ */

struct choice_of_issuer {
    size_t best;   /* SIZE_MAX: none */
    unsigned rank; /* 4: the signature verifies; 2: an anchor is next; 1: its time is now */
    unsigned found;
};

static bool is_anchors_name(const struct path *p, struct span name)
{
    const struct anchor_set *anchors = p->request->anchors;

    for (size_t i = 0; i < anchors->count; i++) {
        if (span_equal(span_of(anchors->names[i].data, anchors->names[i].len), name)) {
            return true;
        }
    }
    return false;
}

/* Looks at one candidate for the issuer of the chain's last certificate. With
 * `compare` the signature decides. */
static void consider(struct path *p, struct choice_of_issuer *c, struct span der, size_t i,
                     bool compare)
{
    const struct x509_cert *last = &p->certs[p->count - 1];
    struct x509_cert *issuer = &p->certs[p->count];
    unsigned rank;

    if (!parse(issuer, der) || !issued_by(last, issuer)) {
        return;
    }
    rank = in_time(p, issuer) + (is_anchors_name(p, issuer->issuer) ? 2u : 0);
    if (compare && p->trials < TRIALS_MAX) {
        p->trials++;
        rank += signature_good(last, issuer) ? 4 : 0;
    }
    c->found++;
    if (c->best == SIZE_MAX || rank > c->rank) {
        c->best = i;
        c->rank = rank;
    }
}

static struct choice_of_issuer find_in(struct path *p, bool trusted, bool compare)
{
    const struct path_request *q = p->request;
    struct span wanted = p->certs[p->count - 1].issuer;
    struct choice_of_issuer c = {.best = SIZE_MAX};

    if (trusted) {
        for (size_t i = 0; i < q->anchors->count; i++) {
            const br_x500_name *name = &q->anchors->names[i];

            if (span_equal(span_of(name->data, name->len), wanted)) {
                consider(p, &c, q->anchors->certs[i], i, compare);
            }
        }
        return c;
    }
    for (size_t i = 1; i < q->sent_count; i++) {
        if ((p->used >> i & 1) == 0) {
            consider(p, &c, q->sent[i], i, compare);
        }
    }
    return c;
}

/* Puts an issuer of the last certificate behind it, without counting it. */
static bool find_issuer(struct path *p, bool trusted)
{
    struct choice_of_issuer c = find_in(p, trusted, false);

    if (c.found > 1) {
        c = find_in(p, trusted, true);
    }
    if (c.best == SIZE_MAX) {
        return false;
    }
    if (!trusted) {
        p->used |= (uint64_t)1 << c.best;
    }
    return parse(&p->certs[p->count],
                 trusted ? p->request->anchors->certs[c.best] : p->request->sent[c.best]);
}

/* A certificate of the client itself stands among the anchors. */
static bool leaf_is_anchor(const struct path *p)
{
    for (size_t i = 0; i < p->request->anchors->count; i++) {
        if (span_equal(p->request->anchors->certs[i], p->certs[0].der)) {
            return true;
        }
    }
    return false;
}

static bool is_trusted(struct path *p)
{
    for (size_t i = p->untrusted; i < p->count; i++) {
        if (p->request->config->partial_chain || path_self_signed(&p->certs[i])) {
            return true;
        }
    }
    return false;
}

/* Adds the next certificate; false when there is none or none is needed. */
static bool extend(struct path *p, size_t most)
{
    struct x509_cert *last = &p->certs[p->count - 1];
    bool from_client = p->untrusted == p->count;

    if (p->count > most) {
        return false;
    }
    if (find_issuer(p, true)) {
        if (!path_self_signed(last)) {
            p->count++;
            return !is_trusted(p);
        }
        /* Only the very same certificate will do: another may hold another key. */
        if (span_equal(last->der, p->certs[p->count].der)) {
            p->untrusted = p->count - 1;
            return false;
        }
    }
    if (!from_client || path_self_signed(last) || !find_issuer(p, false)) {
        return false;
    }
    p->untrusted = ++p->count;
    return true;
}

static bool build(struct path *p)
{
    size_t most = p->request->config->verify_depth + 1;
    bool self_signed;

    while (extend(p, most)) {
    }
    if (p->count <= most && p->untrusted == p->count && p->request->config->partial_chain &&
        leaf_is_anchor(p)) {
        p->untrusted = 0;
    }
    if (is_trusted(p)) {
        return true;
    }
    if (p->count > most && !path_tell(p, PATH_TOO_LONG, p->count - 1)) {
        return false;
    }
    self_signed = path_self_signed(&p->certs[p->count - 1]);
    return path_tell(p,
                     self_signed && p->count == 1 ? PATH_SELF_SIGNED_LEAF
                     : self_signed                ? PATH_SELF_SIGNED
                     : p->untrusted < p->count    ? PATH_NO_ISSUER
                                                  : PATH_NO_LOCAL_ISSUER,
                     p->count - 1);
}

/* ---- signatures and times ------------------------------------------------- */

static bool check_signature(const struct path *p, size_t n, size_t issuer_depth)
{
    const struct x509_cert *cert = &p->certs[n];
    const struct x509_cert *issuer = &p->certs[issuer_depth];
    bool may_sign = !x509_has(issuer, X509_KEY_USAGE) ||
                    (issuer->usage & X509_USAGE_SIGN_CERT) != 0 || (cert == issuer && !issuer->ca);

    if (!may_sign && !path_tell(p, PATH_NO_CERT_SIGN, issuer_depth)) {
        return false;
    }
    if (issuer->key_type == 0) {
        return path_tell(p, PATH_NO_ISSUER_KEY, issuer_depth);
    }
    return signature_good(cert, issuer) || path_tell(p, PATH_BAD_SIGNATURE, n);
}

static bool check_time(const struct path *p, size_t n)
{
    const struct x509_cert *cert = &p->certs[n];

    if (path_timeless(p)) {
        return true;
    }
    return (cert->not_before_s <= p->request->now_s || path_tell(p, PATH_NOT_YET_VALID, n)) &&
           (p->request->now_s <= cert->not_after_s || path_tell(p, PATH_EXPIRED, n));
}

/* From the anchor down to the leaf. An anchor's own signature adds nothing. */
static bool check_signatures(const struct path *p)
{
    const struct config *config = p->request->config;
    size_t top = p->count - 1;
    size_t n = top;

    if (!path_self_signed(&p->certs[top]) && !config->partial_chain) {
        if (top == 0 && !path_tell(p, PATH_LEAF_UNVERIFIED, 0)) {
            return false;
        }
        n = top > 0 ? top - 1 : 0;
    }
    for (;; n--) {
        bool good = n < top ? check_signature(p, n, n + 1)
                            : !config->check_self_signature || !path_self_signed(&p->certs[n]) ||
                                  check_signature(p, n, n);

        if (!good || !check_time(p, n) || !path_tell(p, PATH_OK, n)) {
            return false;
        }
        if (n == 0) {
            return true;
        }
    }
}

bool path_validate(struct path *p, const struct path_request *request)
{
    p->request = request;
    p->count = p->untrusted = 1;
    p->used = 1;
    p->trials = 0;
    return parse(&p->certs[0], request->sent[0]) && path_check_leaf_key(p) && build(p) &&
           path_check_extensions(p) && path_check_strength(p) && path_check_identity(p) &&
           path_check_revocation(p) && path_check_suiteb(p) && check_signatures(p) &&
           path_check_constraints(p);
}
