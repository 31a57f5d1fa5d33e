#include "tls/verify.h"
#include "crypto/crypto.h"
#include "tls/der.h"
#include "tls/error.h"
#include "tls/x509name.h"

#include <string.h>

struct verifier {
    const br_x509_class *class; /* first: BearSSL holds this field's address */
    br_x509_minimal_context minimal;
    uint32_t depth;
    uint32_t started;      /* certificates seen */
    uint32_t certificates; /* of these, before the chain was anchored */
    uint32_t chain_bytes;
    uint32_t leaf_len;
    enum verify_outcome outcome;
    enum alert alert;
    const char *reason;
    char subject[TLS_SUBJECT_MAX];
    uint8_t leaf[VERIFY_MAX_LEAF];
};

_Static_assert(offsetof(struct verifier, class) == 0, "the class pointer is first");

static const br_x509_class VERIFY_CLASS;

static struct verifier *of_class(const br_x509_class *const *hook)
{
    return (struct verifier *)(uintptr_t)hook;
}

size_t verify_size(void)
{
    return sizeof(struct verifier);
}

void verify_begin(struct verifier *v, struct anchor_set *anchors, uint32_t depth, int64_t now_s)
{
    /* No MD5 and no SHA-1: collisions can be made, so their signatures prove nothing. */
    static const br_hash_class *const hashes[] = {
        &br_sha224_vtable,
        &br_sha256_vtable,
        &br_sha384_vtable,
        &br_sha512_vtable,
    };
    uint32_t days = (uint32_t)(now_s / 86400 + 719528); /* since year 0, as BearSSL counts */
    size_t count;
    const br_x509_trust_anchor *current = anchor_set_current(anchors, now_s, &count);

    memset(v, 0, offsetof(struct verifier, leaf));
    v->class = &VERIFY_CLASS;
    v->depth = depth;
    br_x509_minimal_init(&v->minimal, &br_sha256_vtable, current, count);
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        br_x509_minimal_set_hash(&v->minimal, (int)i + br_sha224_ID, hashes[i]);
    }
    br_x509_minimal_set_rsa(&v->minimal, br_rsa_i31_pkcs1_vrfy);
    br_x509_minimal_set_ecdsa(&v->minimal, crypto_ec(), crypto_ecdsa_vrfy());
    br_x509_minimal_set_time(&v->minimal, days, (uint32_t)(now_s % 86400));
}

const br_x509_class **verify_class(struct verifier *v)
{
    return &v->class;
}

enum verify_outcome verify_outcome(const struct verifier *v, enum alert *alert, const char **reason)
{
    *alert = v->alert;
    *reason = v->reason;
    return v->outcome;
}

const char *verify_subject(const struct verifier *v)
{
    return v->subject;
}

/* ---- the leaf ----------------------------------------------------------- */

/* The contents of TBSCertificate. */
static struct reader open_certificate(struct span certificate)
{
    struct reader r = der_reader(certificate);
    struct reader outer = der_reader(der_take(&r, DER_SEQUENCE));
    struct reader tbs = der_reader(der_take(&outer, DER_SEQUENCE));

    tbs.bad = tbs.bad || r.bad || outer.bad;
    return tbs;
}

/* Reads up to and with the subject's Name, which it returns whole. */
static struct span skip_to_subject(struct reader *tbs)
{
    der_take_optional(tbs, DER_CONSTRUCTED(0)); /* version */
    der_take(tbs, DER_INTEGER);                 /* serial number */
    der_take(tbs, DER_SEQUENCE);                /* signature algorithm */
    der_take(tbs, DER_SEQUENCE);                /* issuer */
    der_take(tbs, DER_SEQUENCE);                /* validity */
    return der_element(tbs);
}

/* As verify_forbids_client, for the contents of the extension. */
static int purposes_forbid_client(struct span value)
{
    static const uint8_t client_auth[] = {8, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02};
    static const uint8_t any[] = {4, 0x55, 0x1D, 0x25, 0x00};
    struct reader r = der_reader(value);
    struct reader purposes = der_reader(der_take(&r, DER_SEQUENCE));
    bool allowed = false;

    while (!purposes.bad && reader_left(&purposes) > 0) {
        struct span purpose = der_take(&purposes, DER_OID);

        allowed = allowed || der_oid_is(purpose, client_auth) || der_oid_is(purpose, any);
    }
    return r.bad || purposes.bad ? -1 : !allowed;
}

int verify_forbids_client(struct span certificate)
{
    static const uint8_t ext_key_usage[] = {3, 0x55, 0x1D, 0x25};
    struct reader tbs = open_certificate(certificate);
    struct reader block, list;
    int forbids = 0;

    skip_to_subject(&tbs);
    der_take(&tbs, DER_SEQUENCE); /* public key */
    der_take_optional(&tbs, DER_CONTEXT(1));
    der_take_optional(&tbs, DER_CONTEXT(2));
    block = der_reader(der_take_optional(&tbs, DER_CONSTRUCTED(3)));
    list = der_reader(reader_left(&block) > 0 ? der_take(&block, DER_SEQUENCE) : span_of(NULL, 0));
    while (!list.bad && reader_left(&list) > 0 && forbids == 0) {
        struct reader extension = der_reader(der_take(&list, DER_SEQUENCE));
        struct span oid = der_take(&extension, DER_OID);

        der_take_optional(&extension, DER_BOOLEAN); /* critical */
        if (der_oid_is(oid, ext_key_usage)) {
            forbids = purposes_forbid_client(der_take(&extension, DER_OCTET_STRING));
        }
        forbids = extension.bad ? -1 : forbids;
    }
    return tbs.bad || block.bad || list.bad ? -1 : forbids;
}

/* ---- what BearSSL calls ------------------------------------------------ */

/* The first refusal counts. */
static void refuse(struct verifier *v, enum alert alert, const char *reason)
{
    if (v->outcome != VERIFY_BAD) {
        v->outcome = VERIFY_BAD;
        v->alert = alert;
        v->reason = reason;
    }
}

static void hook_start_chain(const br_x509_class **hook, const char *server_name)
{
    struct verifier *v = of_class(hook);

    (void)server_name; /* that of our own: it says nothing about a client */
    v->minimal.vtable->start_chain(&v->minimal.vtable, NULL);
}

static void hook_start_cert(const br_x509_class **hook, uint32_t length)
{
    struct verifier *v = of_class(hook);

    v->chain_bytes += length < VERIFY_MAX_CHAIN ? length : VERIFY_MAX_CHAIN + 1;
    if (v->chain_bytes > VERIFY_MAX_CHAIN) {
        refuse(v, ALERT_BAD_CERTIFICATE, "the certificate chain is over the size limit");
    }
    if (v->started == 0 && length > VERIFY_MAX_LEAF) {
        refuse(v, ALERT_BAD_CERTIFICATE, "the certificate is over the size limit");
    }
    v->started++;
    /* What comes after the chain has reached an anchor does not lengthen it. */
    if (v->minimal.err == 0 && ++v->certificates > v->depth + 1) {
        /* At once: every further one would cost a signature's verification. */
        refuse(v, ALERT_UNKNOWN_CA, "the certificate chain is longer than ssl.verify-depth allows");
    }
    v->minimal.vtable->start_cert(&v->minimal.vtable, length);
}

static void hook_append(const br_x509_class **hook, const unsigned char *data, size_t len)
{
    struct verifier *v = of_class(hook);

    if (v->outcome == VERIFY_BAD) {
        return;
    }
    if (v->started == 1 && len <= VERIFY_MAX_LEAF - v->leaf_len) {
        memcpy(v->leaf + v->leaf_len, data, len);
        v->leaf_len += (uint32_t)len;
    }
    v->minimal.vtable->append(&v->minimal.vtable, data, len);
}

static void hook_end_cert(const br_x509_class **hook)
{
    struct verifier *v = of_class(hook);

    v->minimal.vtable->end_cert(&v->minimal.vtable);
}

static void look_at_leaf(struct verifier *v)
{
    struct span leaf = span_of(v->leaf, v->leaf_len);
    int forbids = verify_forbids_client(leaf);
    struct reader tbs = open_certificate(leaf);

    if (forbids < 0) {
        refuse(v, ALERT_BAD_CERTIFICATE, "the certificate's extensions are malformed");
    } else if (forbids > 0) {
        refuse(v, ALERT_UNSUPPORTED_CERTIFICATE,
               "the certificate's extended key usage does not allow client authentication");
    } else {
        x509name_format(skip_to_subject(&tbs), v->subject, sizeof v->subject);
    }
}

static unsigned hook_end_chain(const br_x509_class **hook)
{
    struct verifier *v = of_class(hook);
    unsigned err = v->minimal.vtable->end_chain(&v->minimal.vtable);

    if (err != 0) {
        struct tls_error e = tls_error_of((int)err);

        refuse(v, e.alert, e.sentence);
    } else if (v->outcome != VERIFY_BAD) {
        look_at_leaf(v);
    }
    if (v->outcome == VERIFY_BAD) {
        return err != 0 ? err : BR_ERR_X509_NOT_TRUSTED;
    }
    v->outcome = VERIFY_GOOD;
    return 0;
}

static const br_x509_pkey *hook_get_pkey(const br_x509_class *const *hook, unsigned *usages)
{
    struct verifier *v = of_class(hook);

    return v->minimal.vtable->get_pkey(&v->minimal.vtable, usages);
}

static const br_x509_class VERIFY_CLASS = {
    .context_size = sizeof(struct verifier),
    .start_chain = hook_start_chain,
    .start_cert = hook_start_cert,
    .append = hook_append,
    .end_cert = hook_end_cert,
    .end_chain = hook_end_chain,
    .get_pkey = hook_get_pkey,
};
