/*
 * An OCSP response, judged for certificates that openssl's responses in the
 * corpus are about. What is read has its parts within the input, every refusal
 * has its sentence, and no response is called good that is not signed: no key
 * for that is at hand but in the corpus's own responses, whose signed bytes
 * would have to be the same.
 */
#include "../tests/unit/ocsp_samples.h"
#include "tls/ocsp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

static struct x509_cert parsed(const uint8_t *der, size_t len)
{
    struct x509_cert cert;
    struct text unused = text_over(NULL, 0);

    check(x509_cert_parse(&cert, span_of(der, len), false, &unused) == 0);
    return cert;
}

static bool within(struct span inner, struct span outer)
{
    return inner.len == 0 ||
           (inner.data >= outer.data && inner.data + inner.len <= outer.data + outer.len);
}

/* Is what was signed in one of the samples? */
static bool is_known(struct span tbs)
{
    static const struct {
        const unsigned char *data;
        size_t len;
    } samples[] = {
        {good_resp, sizeof good_resp},
        {delegated_resp, sizeof delegated_resp},
        {by_key_resp, sizeof by_key_resp},
        {two_resp, sizeof two_resp},
        {for_second_resp, sizeof for_second_resp},
        {no_next_resp, sizeof no_next_resp},
        {rsa_resp, sizeof rsa_resp},
        {sha256_resp, sizeof sha256_resp},
        {late_resp, sizeof late_resp},
        {no_certs_resp, sizeof no_certs_resp},
    };

    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        if (memmem(samples[i].data, samples[i].len, tbs.data, tbs.len) != NULL) {
            return true;
        }
    }
    return false;
}

static void judge(const struct ocsp_response *o, struct x509_cert cert, struct x509_cert issuer,
                  bool at_hand)
{
    char reason[200];
    struct text error = text_over(reason, sizeof reason);
    struct ocsp_staple staple = {0};
    enum ocsp_verdict verdict =
        ocsp_judge(o, &cert, at_hand ? &issuer : NULL, MADE_S, &staple, &error);

    check((verdict == OCSP_GOOD || verdict == OCSP_OTHER) == (reason[0] == '\0'));
    check(at_hand ? verdict != OCSP_UNCHECKED : verdict != OCSP_GOOD);
    check(verdict != OCSP_GOOD || is_known(o->parts.tbs));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = span_of(data, size);
    struct x509_cert server = parsed(server_cert, sizeof server_cert);
    struct x509_cert ca = parsed(ca_cert, sizeof ca_cert);
    char reason[200];
    struct text error = text_over(reason, sizeof reason);
    struct ocsp_response o;

    if (size > OCSP_MAX) {
        return 0;
    }
    if (ocsp_parse(&o, all, &error) != OCSP_READ) {
        check(strlen(reason) > 0);
        return 0;
    }
    check(reason[0] == '\0');
    check(within(o.parts.tbs, all) && within(o.parts.signature, all) && within(o.responder, all) &&
          within(o.singles, all) && within(o.certs, all));
    judge(&o, server, ca, true);
    judge(&o, server, ca, false);
    judge(&o, parsed(second_cert, sizeof second_cert), ca, true);
    judge(&o, parsed(rsa_server_cert, sizeof rsa_server_cert),
          parsed(rsa_ca_cert, sizeof rsa_ca_cert), true);
    return 0;
}
