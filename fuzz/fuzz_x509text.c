/*
 * Text of certificates from bytes: as a name, as alternative names, as an object
 * identifier and, where the bytes are a certificate, its own. A byte first for
 * the size of a second, smaller text. Only printable ASCII comes out, and what
 * fits into the smaller one is the beginning of the whole.
 */
#include "tls/x509cert.h"
#include "tls/x509name.h"
#include "tls/x509text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WHOLE 8192

static void check(void (*add)(struct text *, struct span), struct span s, size_t small)
{
    char *whole = malloc(WHOLE), *part = malloc(small);
    struct text t = text_over(whole, WHOLE), p = text_over(part, small);

    if (whole == NULL || part == NULL) {
        abort();
    }
    add(&t, s);
    add(&p, s);
    if (strlen(whole) != t.len || strlen(part) != p.len || (t.full && !p.full)) {
        abort();
    }
    for (size_t i = 0; i < t.len; i++) {
        if (whole[i] < 0x20 || whole[i] > 0x7E) {
            abort();
        }
    }
    if (whole[0] != '(' && strncmp(whole, part, p.len) != 0) {
        abort();
    }
    free(whole);
    free(part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char reason[128];
    struct text error = text_over(reason, sizeof reason);
    struct x509_cert cert;
    struct span s;
    size_t small;

    if (size < 1 || size > 4096) {
        return 0;
    }
    small = data[0] + (size_t)1;
    s = span_of(data + 1, size - 1);
    check(x509name_add, s, small);
    check(x509text_alt_names, s, small);
    check(x509name_add_oid, s, small);
    if (x509_cert_parse(&cert, s, false, &error) == 0) {
        check(x509name_add, cert.subject, small);
        check(x509name_add, cert.issuer, small);
        check(x509text_alt_names, cert.alt_names, small);
        x509text_time(&error, cert.not_before_s);
        x509text_time(&error, cert.not_after_s);
    }
    return 0;
}
