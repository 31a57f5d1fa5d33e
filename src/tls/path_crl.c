/* Revocation: who of the chain has been called back by his issuer. */
#include "tls/crl.h"
#include "tls/path.h"

/* An anchor's issuer, unless it is its own, is not known. */
static size_t look_up(const struct path *p, size_t n, int errors[CRL_ERRORS_MAX])
{
    const struct x509_cert *cert = &p->certs[n];
    const struct x509_cert *issuer = n + 1 < p->count ? cert + 1 : cert;
    struct crl_query q = {
        .issuer = cert->issuer,
        .issuer_key = x509_cert_key(issuer),
        .issuer_key_id = issuer->subject_key_id,
        .issuer_signs =
            !x509_has(issuer, X509_KEY_USAGE) || (issuer->usage & X509_USAGE_SIGN_CRL) != 0,
        .serial = cert->serial,
        .ca = cert->ca,
        .points = cert->crl_points,
        .check_time = !path_timeless(p),
        .now_s = p->request->now_s,
    };

    if (p->request->anchors->crls == NULL || (issuer == cert && !path_self_issued(cert))) {
        errors[0] = CRL_ERROR_NONE_FOUND;
        return 1;
    }
    return crl_check(p->request->anchors->crls, &q, errors);
}

/* An authority that is trusted by being named, while its own issuer is not. */
static bool is_exempt(const struct path *p, size_t n)
{
    return n > 0 && n + 1 == p->count && n >= p->untrusted && !path_self_issued(&p->certs[n]);
}

bool path_check_revocation(const struct path *p)
{
    enum crl_check check = p->request->config->crl_check;
    size_t count = check == CRL_CHECK_ALL ? p->count : 1;

    if (check != CRL_CHECK_LEAF && check != CRL_CHECK_ALL) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        int errors[CRL_ERRORS_MAX];
        size_t n = is_exempt(p, i) ? 0 : look_up(p, i, errors);

        for (size_t k = 0; k < n; k++) {
            if (!path_tell(p, (unsigned)errors[k], i)) {
                return false;
            }
        }
    }
    return true;
}
