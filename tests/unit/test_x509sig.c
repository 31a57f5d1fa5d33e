/* Signatures over certificates: good ones, of the wrong key, changed ones. */
#include "tls/x509sig.h"
#include "tap.h"
#include "tls/der.h"
#include "tls_certs.h"

#define CERT(name) span_of(name##_cert, sizeof name##_cert)

static struct x509_signed taken(struct span der, bool *bad)
{
    struct reader outer = der_reader(der);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    struct x509_signed s = x509_signed_take(&r);

    *bad = outer.bad || r.bad || reader_left(&r) > 0;
    return s;
}

static br_x509_pkey key_of(struct span der)
{
    struct x509_cert cert;
    char reason[100];
    struct text error = text_over(reason, sizeof reason);

    x509_cert_parse(&cert, der, false, &error);
    return x509_cert_key(&cert);
}

static enum x509_sig check(struct span der, struct span issuer)
{
    bool bad;
    struct x509_signed s = taken(der, &bad);
    br_x509_pkey key = key_of(issuer);

    return bad ? X509_SIG_BAD : x509_sig_check(&s, &key);
}

/* No byte of what is signed, and none of the signature, may differ. */
static void changed(struct span der, struct span issuer, const char *name)
{
    uint8_t copy[2048];
    size_t good = 0;

    for (size_t i = 0; i < der.len; i += 7) {
        memcpy(copy, der.data, der.len);
        copy[i] ^= 0x01;
        good += check(span_of(copy, der.len), issuer) == X509_SIG_GOOD;
    }
    ok(good == 0, name);
}

static void truncated(void)
{
    bool bad;
    size_t taken_well = 0;

    for (size_t n = 0; n < sizeof server_ec_cert; n++) {
        uint8_t copy[sizeof server_ec_cert]; /* so that a read past the end is seen */
        struct span body = CERT(server_ec);
        struct reader r = der_reader(span_of(memcpy(copy, body.data, n), n));

        (void)x509_signed_take(&r);
        (void)taken(span_of(copy, n), &bad);
        taken_well += !bad;
    }
    ok(taken_well == 0, "cut short nothing is taken");
}

int main(void)
{
    br_x509_pkey none = {0};
    bool bad;
    struct x509_signed s = taken(CERT(server_ec), &bad);

    ok(!bad && check(CERT(server_ec), CERT(ca_ec)) == X509_SIG_GOOD, "ECDSA");
    ok(check(CERT(server_rsa), CERT(ca_rsa)) == X509_SIG_GOOD, "RSA");
    ok(check(CERT(server_ec_by_rsa), CERT(ca_rsa)) == X509_SIG_GOOD, "an EC key's, by RSA");
    ok(check(CERT(client_deep), CERT(middle)) == X509_SIG_GOOD, "one from between");
    ok(check(CERT(server_ec), CERT(other_ca)) == X509_SIG_BAD, "another's key");
    ok(check(CERT(server_ec), CERT(ca_rsa)) == X509_SIG_UNKNOWN &&
           check(CERT(server_rsa), CERT(ca_ec)) == X509_SIG_UNKNOWN,
       "a key of another type");
    ok(x509_sig_check(&s, &none) == X509_SIG_UNKNOWN, "a key that cannot be used");
    changed(CERT(server_ec), CERT(ca_ec), "ECDSA, changed anywhere");
    changed(CERT(server_rsa), CERT(ca_rsa), "RSA, changed anywhere");
    truncated();
    return tap_done();
}
