/* Which certificate may do what: extensions, key usage, strength. */
#include "tls/path.h"
#include "core/build.h"
#include "tls/der.h"
#include "tls/oid.h"
#include "tls/x509sig.h"

/* ---- authorities and purposes --------------------------------------------- */

enum ca_kind { CA_NONE, CA_BY_CONSTRAINTS, CA_OTHERWISE };

static enum ca_kind ca_kind(const struct x509_cert *cert)
{
    bool has_usage = x509_has(cert, X509_KEY_USAGE);

    if (has_usage && (cert->usage & X509_USAGE_SIGN_CERT) == 0) {
        return CA_NONE;
    }
    if (x509_has(cert, X509_CONSTRAINTS)) {
        return cert->ca ? CA_BY_CONSTRAINTS : CA_NONE;
    }
    /* Version 1 has no extensions: such a root is an authority by being one. */
    return has_usage || (cert->version == 1 && path_self_signed(cert)) ? CA_OTHERWISE : CA_NONE;
}

/* Extended key usage binds every certificate of the chain, key usage the leaf. */
static bool fits_purpose(const struct x509_cert *cert, enum purpose purpose, bool leaf)
{
    bool client = purpose == PURPOSE_CLIENT;
    unsigned wanted =
        X509_USAGE_SIGN | X509_USAGE_AGREE | (client ? 0 : (unsigned)X509_USAGE_ENCRYPT);

    if (purpose == PURPOSE_ANY) {
        return true;
    }
    if (x509_has(cert, X509_PURPOSES) &&
        !der_oid_in(cert->purposes, client ? OID_CLIENT_AUTH : OID_SERVER_AUTH)) {
        return false;
    }
    return leaf ? !x509_has(cert, X509_KEY_USAGE) || (cert->usage & wanted) != 0
                : ca_kind(cert) != CA_NONE;
}

/* ---- ssl.x509-strict ------------------------------------------------------ */

static bool empty(struct span sequence)
{
    return sequence.len <= 2;
}

static bool critical(const struct x509_cert *cert, enum x509_extension n)
{
    return (cert->critical >> n & 1) != 0;
}

static bool has_authority_key(const struct x509_cert *cert)
{
    struct reader r = der_reader(cert->authority_key);

    return der_peek(&r) == DER_CONTEXT(0);
}

/* What RFC 5280 demands of certificates beyond what a path needs. */
static bool check_strictly(const struct path *p, size_t i)
{
    const struct x509_cert *c = &p->certs[i];
    bool may_sign = (c->usage & X509_USAGE_SIGN_CERT) != 0;
    bool signs_crl = (c->usage & X509_USAGE_SIGN_CRL) != 0;
    bool names = x509_has(c, X509_ALT_NAMES);
    bool v3 = c->version == 3;
    const struct {
        bool wrong;
        uint8_t error;
    } rules[] = {
        {c->path_length >= 0 && !c->ca, PATH_LENGTH_WITHOUT_CA},
        {c->path_length >= 0 && !may_sign, PATH_LENGTH_WITHOUT_SIGN},
        {c->ca && !critical(c, X509_CONSTRAINTS), PATH_CA_NOT_CRITICAL},
        {c->ca && !x509_has(c, X509_KEY_USAGE), PATH_CA_WITHOUT_USAGE},
        {!c->ca && may_sign, PATH_SIGN_WITHOUT_CA},
        {empty(c->issuer), PATH_ISSUER_EMPTY},
        {empty(c->subject) && (c->ca || signs_crl || !names), PATH_SUBJECT_EMPTY},
        {empty(c->subject) && names && !critical(c, X509_ALT_NAMES), PATH_NAMES_NOT_CRITICAL},
        {names && c->alt_names.len == 0, PATH_NAMES_EMPTY},
        {v3 && i + 1 < p->count && !has_authority_key(c), PATH_NO_AUTHORITY_KEY},
        {v3 && c->ca && !x509_has(c, X509_SUBJECT_KEY_ID), PATH_NO_SUBJECT_KEY},
        {!v3 && (c->extensions != 0 || c->critical_other), PATH_OLD_VERSION},
    };

    for (size_t n = 0; n < ARRAY_LEN(rules); n++) {
        if (rules[n].wrong && !path_tell(p, rules[n].error, i)) {
            return false;
        }
    }
    return true;
}

/* ---- extensions ----------------------------------------------------------- */

/* Those that are looked at here, and those that bind nobody who asks for no
 * policy: certificate policies, their mappings, inhibit anyPolicy; where to get
 * a CRL is for who gets one. */
static bool all_critical_known(const struct x509_cert *cert)
{
    static const uint64_t known = (uint64_t)1 << X509_KEY_USAGE | (uint64_t)1 << X509_ALT_NAMES |
                                  (uint64_t)1 << X509_CONSTRAINTS |
                                  (uint64_t)1 << X509_NAME_CONSTRAINTS |
                                  (uint64_t)1 << X509_PURPOSES | (uint64_t)1 << X509_CRL_POINTS |
                                  (uint64_t)1 << 32 | (uint64_t)1 << 33 | (uint64_t)1 << 54;

    return !cert->critical_other && (cert->critical & ~known) == 0;
}

static bool check_authority(const struct path *p, size_t i)
{
    bool strict = TINY_STANDIN && p->request->config->x509_strict;
    enum ca_kind kind = ca_kind(&p->certs[i]);
    bool good = i == 0 ? !strict || kind != CA_OTHERWISE
                       : kind == CA_BY_CONSTRAINTS ||
                             (kind == CA_OTHERWISE && i + 1 == p->count && !strict);

    return good || path_tell(p, PATH_NO_CA, i);
}

bool path_check_extensions(const struct path *p)
{
    const struct config *config = p->request->config;
    size_t below = 0; /* authorities below the one at hand that are not self-issued */

    for (size_t i = 0; i < p->count; i++) {
        const struct x509_cert *c = &p->certs[i];

        if (!(TINY_STANDIN && config->ignore_critical) && !all_critical_known(c) &&
            !path_tell(p, PATH_UNKNOWN_CRITICAL, i)) {
            return false;
        }
        if (!check_authority(p, i) ||
            (TINY_STANDIN && config->x509_strict && p->count > 1 && !check_strictly(p, i))) {
            return false;
        }
        if (!fits_purpose(c, config->purpose, i == 0) && !path_tell(p, PATH_WRONG_PURPOSE, i)) {
            return false;
        }
        if (i > 1 && c->path_length >= 0 && below > (size_t)c->path_length &&
            !path_tell(p, PATH_LENGTH_EXCEEDED, i)) {
            return false;
        }
        below += i > 0 && !path_self_issued(c);
    }
    return true;
}

/* ---- strength ------------------------------------------------------------- */

/* What an attack would cost at least, as a number of bits. */
static unsigned level_bits(const struct path *p)
{
    static const uint16_t bits[] = {0, 80, 112, 128, 192, 256};

    return bits[p->request->config->auth_level];
}

static unsigned key_strength(const struct x509_cert *cert)
{
    if (cert->key_type == BR_KEYTYPE_EC) {
        return cert->key_bits / 2; /* 260 for P-521 */
    }
    return cert->key_bits >= 4096   ? 152
           : cert->key_bits >= 3072 ? 128
           : cert->key_bits >= 2048 ? 112
           : cert->key_bits >= 1024 ? 80
                                    : 0;
}

/* Half a hash's bits: collisions. For SHA-1 they are easier than that. */
static unsigned hash_strength(const struct x509_cert *cert)
{
    static const uint16_t bits[] = {63, 112, 128, 192, 256};
    struct x509_sig_kind kind;

    return x509_sig_kind_of(cert->sig.algorithm, &kind) ? bits[kind.hash_id - br_sha1_ID] : 0;
}

bool path_check_leaf_key(const struct path *p)
{
    return key_strength(&p->certs[0]) >= level_bits(p) || path_tell(p, PATH_LEAF_KEY_WEAK, 0);
}

bool path_check_strength(const struct path *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (i > 0 && key_strength(&p->certs[i]) < level_bits(p) &&
            !path_tell(p, PATH_CA_KEY_WEAK, i)) {
            return false;
        }
        if (i + 1 < p->count && hash_strength(&p->certs[i]) < level_bits(p) &&
            !path_tell(p, PATH_DIGEST_WEAK, i)) {
            return false;
        }
    }
    return true;
}

/* ---- Suite B (RFC 5759) --------------------------------------------------- */

/* A key, and what it is said to have signed (NULL: not looked at). *allowed loses
 * P-256 once P-384 has been met: it would be the weaker link above. */
static unsigned suiteb_error(const struct x509_cert *signer, const struct x509_cert *signed_one,
                             unsigned *allowed)
{
    struct x509_sig_kind kind = {0};
    bool p384 = signer->key_bits == 384;

    if (signer->version != 3) {
        return PATH_SUITEB_VERSION;
    }
    if (signer->key_type != BR_KEYTYPE_EC) {
        return PATH_SUITEB_ALGORITHM;
    }
    if (signer->key_bits > 384) {
        return PATH_SUITEB_CURVE;
    }
    if (signed_one != NULL &&
        (!x509_sig_kind_of(signed_one->sig.algorithm, &kind) || kind.key_type != BR_KEYTYPE_EC ||
         kind.hash_id != (p384 ? br_sha384_ID : br_sha256_ID))) {
        return PATH_SUITEB_SIGNATURE;
    }
    if ((*allowed & (p384 ? SUITEB_192 : SUITEB_128_ONLY)) == 0) {
        return PATH_SUITEB_LEVEL;
    }
    *allowed &= p384 ? (unsigned)SUITEB_192 : (unsigned)SUITEB_128;
    return PATH_OK;
}

bool path_check_suiteb(const struct path *p)
{
    unsigned mode = p->request->config->suiteb;
    unsigned allowed = mode;
    unsigned error = PATH_OK;
    size_t i;

    if (!TINY_STANDIN || mode == SUITEB_OFF) {
        return true;
    }
    for (i = 0; i <= p->count && error == PATH_OK; i++) {
        /* At the end the last one once more, for its own signature. */
        error = suiteb_error(&p->certs[i < p->count ? i : i - 1], i > 0 ? &p->certs[i - 1] : NULL,
                             &allowed);
    }
    if (error == PATH_OK) {
        return true;
    }
    i--; /* what failed */
    if ((error == PATH_SUITEB_SIGNATURE || error == PATH_SUITEB_LEVEL) && i > 0) {
        i--; /* the fault is of the one that was signed so */
    }
    if (error == PATH_SUITEB_LEVEL && allowed != mode) {
        error = PATH_SUITEB_MIXED;
    }
    return path_tell(p, error, i < p->count ? i : p->count - 1);
}
