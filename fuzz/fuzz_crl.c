/*
 * CRLs from bytes: as DER, and as a file of PEM or DER with any number of them.
 * What is taken holds only entries that the search finds, with its index and
 * without, and the check of a certificate ends in known numbers, twice the same.
 */
#include "core/log.h"
#include "../tests/unit/crl_samples.h"
#include "tls/crl.h"
#include "tls/der.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool good)
{
    if (!good) {
        abort();
    }
}

static struct x509_cert maker(void)
{
    char reason[64];
    struct text error = text_over(reason, sizeof reason);
    struct x509_cert cert;

    must_be(x509_cert_parse(&cert, span_of(maker_cert, sizeof maker_cert), false, &error) == 0);
    return cert;
}

/* Every entry by its own serial number; how many revoke. */
static void search_all(struct crl *crl)
{
    uint32_t *index = malloc((crl->count + (size_t)1) * sizeof *index);
    struct reader list = der_reader(crl->revoked);

    must_be(index != NULL);
    for (unsigned n = 0; n < 64 && reader_left(&list) > 0; n++) {
        struct reader entry = der_reader(der_take(&list, DER_SEQUENCE));
        struct span serial = der_take(&entry, DER_INTEGER);
        int slow;

        crl->index = NULL;
        slow = crl_find(crl, serial);
        crl_sort(crl, index);
        must_be(crl_find(crl, serial) >= 0 ? slow >= 0 : slow == CRL_NOT_LISTED);
        must_be(slow <= 10);
    }
    crl->index = NULL;
    free(index);
}

static void check(struct crl_set *set, struct span issuer, struct span serial)
{
    struct x509_cert cert = maker();
    struct crl_query q = {.issuer = issuer,
                          .issuer_key = x509_cert_key(&cert),
                          .issuer_signs = true,
                          .serial = serial,
                          .points = serial, /* hostile as anything */
                          .check_time = true,
                          .now_s = 1600000000};
    int first[CRL_ERRORS_MAX], second[CRL_ERRORS_MAX];
    size_t n = crl_check(set, &q, first);

    must_be(n <= CRL_ERRORS_MAX && crl_check(set, &q, second) == n &&
            memcmp(first, second, n * sizeof *first) == 0);
    q.ca = true;
    must_be(crl_check(set, &q, second) <= CRL_ERRORS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char reason[256];
    struct text error = text_over(reason, sizeof reason);
    struct crl_set *set = crl_set_new();
    uint8_t *copy = malloc(size + 1);
    struct crl crl;

    log_set_level(LOG_ERROR);
    if (size > 16384 || set == NULL || copy == NULL) {
        crl_set_free(set);
        free(copy);
        return 0;
    }
    if (crl_parse(&crl, span_of(data, size), &error) == 0) {
        struct reader list = der_reader(crl.revoked);
        struct reader entry = der_reader(der_take_optional(&list, DER_SEQUENCE));

        search_all(&crl);
        /* Not with every signature. */
        must_be(crl_set_add(set, crl.der, "fuzz", 1600000000, &error) == 0 || error.len > 0);
        check(set, crl.issuer, der_take_optional(&entry, DER_INTEGER));
    } else {
        must_be(error.len > 0);
    }
    error = text_over(reason, sizeof reason);
    memcpy(copy, data, size);
    must_be(crl_set_add_bytes(set, copy, size, "fuzz", 1600000000, &error) >= 0 || error.len > 0);
    check(set, maker().subject, span_of(data, size));
    crl_set_free(set);
    free(copy);
    return 0;
}
