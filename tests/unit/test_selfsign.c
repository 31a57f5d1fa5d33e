/* The certificate writer: what it writes parses, verifies, and is refused when
 * the request makes no sense; files are made whole, private and not over others.
 * openssl's and gnutls' opinion is asked in tests/integration/certificate.t. */
#include "core/clock.h"
#include "tap.h"
#include "tls/pem.h"
#include "tls/selfsign.h"
#include "tls/x509cert.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char pem[SELFSIGN_PEM_MAX];
static char reason[256];

static size_t make(struct selfsign_request q, int64_t now_s)
{
    struct text out = text_over(pem, sizeof pem);
    struct text error = text_over(reason, sizeof reason);

    return selfsign_make(&q, now_s, &out, &error) == 0 ? out.len : 0;
}

/* The certificate within pem, which must be its first block. */
static bool parse(struct x509_cert *cert, size_t len)
{
    struct text error = text_over(reason, sizeof reason);
    struct pem_reader r = pem_begin((uint8_t *)pem, len);
    struct pem_block b;

    return pem_next(&r, &b, &error) == PEM_BLOCK &&
           x509_cert_parse(cert, span_of(b.data, b.len), false, &error) == 0;
}

/* BearSSL's own validation, with the certificate as its own issuer. 0: all well. */
static unsigned validate(const struct x509_cert *cert, const char *name, int64_t at_s)
{
    br_x509_trust_anchor anchor = {
        .dn = {(unsigned char *)(uintptr_t)cert->subject.data, cert->subject.len}};
    br_x509_minimal_context mc;
    const br_x509_class *x;
    unsigned result;

    anchor.flags = BR_X509_TA_CA; /* so that the signature is verified, not only the key compared */
    anchor.pkey.key_type = (unsigned char)cert->key_type;
    if (cert->key_type == BR_KEYTYPE_RSA) {
        anchor.pkey.key.rsa = cert->rsa;
    } else {
        anchor.pkey.key.ec = cert->ec;
    }
    br_x509_minimal_init(&mc, &br_sha256_vtable, &anchor, 1);
    br_x509_minimal_set_hash(&mc, br_sha256_ID, &br_sha256_vtable);
    br_x509_minimal_set_rsa(&mc, br_rsa_pkcs1_vrfy_get_default());
    br_x509_minimal_set_ecdsa(&mc, br_ec_get_default(), br_ecdsa_vrfy_asn1_get_default());
    br_x509_minimal_set_time(&mc, (uint32_t)(at_s / 86400 + 719528), (uint32_t)(at_s % 86400));
    x = mc.vtable;
    x->start_chain(&mc.vtable, name);
    x->start_cert(&mc.vtable, (uint32_t)cert->der.len);
    x->append(&mc.vtable, cert->der.data, cert->der.len);
    x->end_cert(&mc.vtable);
    result = x->end_chain(&mc.vtable);
    return result;
}

static void test_ec(void)
{
    static const char *names[] = {"www.example.org", "*.example.net", "127.0.0.1", "::1"};
    struct selfsign_request q = {.names = {names, 4}, .days = 10};
    int64_t now_s = 1700000000;
    struct x509_cert c;

    ok(parse(&c, make(q, now_s)), "a P-256 certificate parses");
    ok(c.version == 3 && c.key_type == BR_KEYTYPE_EC && c.key_bits == 256, "version 3, P-256");
    ok(x509_has(&c, X509_CONSTRAINTS) && !c.ca, "basicConstraints CA:FALSE");
    ok(c.not_before_s == now_s - 3600 && c.not_after_s == now_s + 10 * 86400, "validity");
    ok(span_equal(c.issuer, c.subject), "issued by itself");
    ok(x509_cert_covers(&c, "www.example.org") && x509_cert_covers(&c, "a.example.net") &&
           !x509_cert_covers(&c, "a.b.example.net") && !x509_cert_covers(&c, "example.net"),
       "covers its names");
    ok(validate(&c, "www.example.org", now_s) == 0, "validates");
    ok(validate(&c, "x.example.net", now_s) == 0, "also for the wildcard");
    ok(validate(&c, "example.com", now_s) == BR_ERR_X509_BAD_SERVER_NAME, "not for others");
    ok(validate(&c, "www.example.org", now_s + 11 * 86400) == BR_ERR_X509_EXPIRED, "and ends");
}

static void test_rsa(void)
{
    static const char *names[] = {"localhost"};
    struct selfsign_request q = {.names = {names, 1}, .rsa_bits = 2048};
    struct x509_cert c;

    ok(parse(&c, make(q, 1700000000)), "an RSA certificate parses");
    ok(c.key_type == BR_KEYTYPE_RSA && c.key_bits == 2048 && c.issuer_key_type == BR_KEYTYPE_RSA,
       "2048 bits");
    ok(validate(&c, "localhost", 1700000000) == 0, "validates");
}

static void test_dates(void)
{
    static const char *names[] = {"localhost"};
    /* around leap days, centuries and the change of form in 2050 */
    static const int64_t times[] = {
        951782400,  1709164800, 1709251200, 2524604400, 2524607999,
        2524608000, 4107542400, 4133980799, 7258118400, 253402300799 - 31536000};
    bool good = true;

    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct selfsign_request q = {.names = {names, 1}, .days = 1};
        struct x509_cert c;

        good = good && parse(&c, make(q, times[i])) && c.not_before_s == times[i] - 3600 &&
               c.not_after_s == times[i] + 86400;
    }
    ok(good, "dates are read back as they were written");
}

static void test_refused(void)
{
    static const char *bad[] = {"",   "a b",     "-a.org",        "a..b",
                                "*.", "x*y.org", "b\xC3\xBC.org", "a-.org\n"};
    static const char *fine[] = {"a", "a-b.c", "xn--bcher-kva.example", "_x.y", "2001:db8::1"};
    struct selfsign_request q = {0};
    bool refused = true, taken = true;

    ok(make(q, 0) == 0 && strstr(reason, "--name is missing") != NULL, "no name");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        q.names = (struct string_list){&bad[i], 1};
        if (make(q, 1700000000) != 0) {
            printf("# taken: %s\n", bad[i]);
            refused = false;
        }
    }
    ok(refused, "names that are none");
    for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
        q.names = (struct string_list){&fine[i], 1};
        taken = taken && make(q, 1700000000) > 0;
    }
    ok(taken, "names of every form");
    q.rsa_bits = 1024;
    ok(make(q, 0) == 0 && strstr(reason, "2048, 3072 or 4096") != NULL, "RSA 1024");
    q.rsa_bits = 0;
    q.days = 36501;
    ok(make(q, 0) == 0 && strstr(reason, "--days") != NULL, "too many days");
}

static void test_file(void)
{
    static const char *names[] = {"localhost"};
    char folder[] = "/tmp/tiny-selfsign-XXXXXX", path[64], said[512] = "";
    struct selfsign_request q = {.names = {names, 1}, .out = path};
    struct stat st;
    int fds[2];

    if (mkdtemp(folder) == NULL || pipe(fds) != 0) {
        return;
    }
    snprintf(path, sizeof path, "%s/a.pem", folder);
    ok(selfsign_command(&q, fds[1], fds[1]) == EXIT_CODE_OK, "a file is written");
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_size > 700, "for its owner");
    ok(selfsign_command(&q, fds[1], fds[1]) == EXIT_CODE_FAILED, "and not overwritten");
    q.force = true;
    ok(selfsign_command(&q, fds[1], fds[1]) == EXIT_CODE_OK, "unless forced");
    unlink(path);
    ok(rmdir(folder) == 0, "nothing else lies there");
    q.force = false;
    ok(selfsign_command(&q, fds[1], fds[1]) == EXIT_CODE_FAILED, "a folder that is missing");
    ok(read(fds[0], said, sizeof said - 1) > 0 && strstr(said, "not overwritten") != NULL,
       "messages");
    q.out = "-";
    ok(selfsign_command(&q, fds[1], fds[1]) == EXIT_CODE_OK, "standard output");
    memset(pem, 0, sizeof pem);
    ok(read(fds[0], pem, sizeof pem - 1) > 0 && strncmp(pem, "-----BEGIN CERTIFICATE", 22) == 0 &&
           strstr(pem, "-----END PRIVATE KEY-----\n") != NULL,
       "holds certificate and key");
    q.names.count = 0;
    ok(selfsign_command(&q, fds[1], fds[1]) == EXIT_CODE_USAGE, "no name is a wrong usage");
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    test_ec();
    test_rsa();
    test_dates();
    test_refused();
    test_file();
    return tap_done();
}
