/* CRLs made by openssl: what they hold, which are refused, what the check says. */
#include "tap.h"
#include "core/log.h"
#include "crl_samples.h"
#include "tls/crl.h"
#include "tls/der.h"

#include <stdlib.h>

#define CRL(name)  span_of(name##_crl, sizeof name##_crl)
#define CERT(name) cert_of(span_of(name##_cert, sizeof name##_cert))

#define FROM_S 1577836800 /* 2020 */
#define NOW_S  1600000000 /* in 2020 */
#define LATE_S 4133894400 /* 2101 */

static char reason[256];

static const char *problem_of(struct span der)
{
    struct text error = text_over(reason, sizeof reason);
    struct crl crl;

    return crl_parse(&crl, der, &error) == 0 ? "" : reason;
}

static void shapes(void)
{
    struct text error = text_over(reason, sizeof reason);
    struct crl crl;

    ok(crl_parse(&crl, CRL(some), &error) == 0 && crl.count == 6 && crl.scope == CRL_ALL,
       "version 2 with six entries");
    ok(crl.this_update_s == FROM_S && crl.next_update_s == 4070908800, "its times");
    ok(crl.number.len == 1 && crl.number.data[0] == 7 && crl.key_id.len == 20 &&
           crl.points.len == 0,
       "its number and its key");
    ok(crl_parse(&crl, CRL(first), &error) == 0 && crl.count == 0 && crl.number.len == 0,
       "version 1");
    ok(crl_parse(&crl, CRL(empty), &error) == 0 && crl.count == 0, "an empty one");
    ok(crl_parse(&crl, CRL(users), &error) == 0 && crl.scope == CRL_USERS_ONLY, "users only");
    ok(crl_parse(&crl, CRL(cas), &error) == 0 && crl.scope == CRL_CAS_ONLY, "CAs only");
    ok(crl_parse(&crl, CRL(point), &error) == 0 && crl.points.len == 22, "for one point");
    ok(crl_parse(&crl, CRL(harmless), &error) == 0, "an unknown extension that is not critical");
}

static void refused(void)
{
    uint8_t copy[sizeof some_crl + 1] = {0};

    is_text(problem_of(CRL(delta)),
            "a delta CRL holds changes only and is not taken; give the whole CRL", "delta");
    is_text(problem_of(CRL(indirect)),
            "an indirect CRL (with certificates of other issuers) is not taken; give each issuer's "
            "own",
            "indirect");
    is_text(problem_of(CRL(reasons)),
            "the CRL holds certificates revoked for some reasons only; give the whole CRL",
            "some reasons");
    is_text(problem_of(CRL(attributes)),
            "the CRL is for attribute certificates, which have no part in TLS", "attributes");
    is_text(problem_of(CRL(relative)),
            "the CRL names its distribution point relative to its issuer; give the whole CRL",
            "a relative name");
    is_text(problem_of(CRL(critical)),
            "the CRL has a critical extension that is not understood here, so it cannot be used",
            "an unknown critical extension");
    is_text(problem_of(span_of(leaf_cert, sizeof leaf_cert)), "the CRL is malformed",
            "a certificate");
    memcpy(copy, some_crl, sizeof some_crl);
    is_text(problem_of(span_of(copy, sizeof copy)), "the CRL is malformed", "bytes behind it");
    for (size_t n = 0; n < sizeof some_crl; n++) {
        uint8_t *cut = malloc(n > 0 ? n : 1); /* so that a read past the end is seen */

        memcpy(cut, some_crl, n);
        expect(strcmp(problem_of(span_of(cut, n)), "the CRL is malformed") == 0, "cut short");
        free(cut);
    }
    ok(true, "every truncation is malformed");
}

/* With and without the index the same is found. */
static int find(struct crl *crl, const void *serial, size_t len)
{
    uint32_t *index = crl->index;
    int with = crl_find(crl, span_of(serial, len)), without;

    crl->index = NULL;
    without = crl_find(crl, span_of(serial, len));
    crl->index = index;
    return with == without ? with : -99;
}

static void search(void)
{
    struct text error = text_over(reason, sizeof reason);
    struct crl crl;
    uint32_t index[6];

    (void)crl_parse(&crl, CRL(some), &error);
    crl_sort(&crl, index);
    ok(find(&crl, "\5", 1) == 0, "without a reason");
    ok(find(&crl, "\0\x80\xFF", 3) == 1 && find(&crl, "\x80\xFF", 2) == 1, "a compromised key");
    ok(find(&crl, "\1\2\3\4\5\6\7\x08\x09\x0A", 10) == 6, "on hold");
    ok(find(&crl, "\x7F", 1) == 1 && find(&crl, "\1", 1) == 4, "the last and the first");
    ok(find(&crl, "\x11", 1) == CRL_NOT_LISTED, "one that is no longer revoked");
    ok(find(&crl, "\6", 1) == CRL_NOT_LISTED && find(&crl, "", 0) == CRL_NOT_LISTED &&
           find(&crl, "\0", 1) == CRL_NOT_LISTED && find(&crl, "\5\5", 2) == CRL_NOT_LISTED,
       "others");
}

/* ---- a large one ---------------------------------------------------------- */

#define MANY 100000

static uint32_t scramble(uint32_t v)
{
    return v * 2654435761u;
}

static void put_entry(struct der_out *o, uint32_t serial, bool removed)
{
    size_t mark = o->pos;
    uint8_t bytes[4];

    if (removed) {
        der_put_element(o, 0x0A, "\x08", 1);
        der_wrap(o, DER_OCTET_STRING, mark);
        der_put(o, "\x06\x03\x55\x1D\x15", 5);
        der_wrap(o, DER_SEQUENCE, mark);
        der_wrap(o, DER_SEQUENCE, mark);
    }
    der_put_element(o, DER_UTC_TIME, "200101000000Z", 13);
    put_u32(bytes, serial);
    der_put_uint(o, bytes, 4);
    der_wrap(o, DER_SEQUENCE, mark);
}

/* A SEQUENCE's header for any length: der_wrap goes to 64 KiB. */
static void wrap_large(struct der_out *o, size_t mark)
{
    size_t len = mark - o->pos;
    uint8_t header[5] = {0x30, 0x83, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};

    der_put(o, header, sizeof header);
}

static struct span large(uint8_t *memory, size_t cap)
{
    static const uint8_t algorithm[] = {0x30, 10, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2};
    static const uint8_t name[] = {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0C, 1, 'x'};
    struct der_out o = der_out_over(memory, cap);
    size_t mark;

    der_put_element(&o, DER_BIT_STRING, "\0\1", 2);
    der_put(&o, algorithm, sizeof algorithm);
    mark = o.pos;
    for (uint32_t i = 0; i < MANY; i++) {
        put_entry(&o, scramble(i), i % 1000 == 7);
    }
    wrap_large(&o, mark);
    der_put_element(&o, DER_UTC_TIME, "200101000000Z", 13);
    der_put(&o, name, sizeof name);
    der_put(&o, algorithm, sizeof algorithm);
    der_put_element(&o, DER_INTEGER, "\1", 1);
    wrap_large(&o, mark);
    wrap_large(&o, cap);
    return der_written(&o);
}

static void large_list(void)
{
    size_t cap = 40 * MANY;
    uint8_t *memory = malloc(cap);
    uint32_t *index = malloc(MANY * sizeof *index);
    struct text error = text_over(reason, sizeof reason);
    struct crl crl;
    uint8_t serial[4];
    size_t wrong = 0;

    ok(crl_parse(&crl, large(memory, cap), &error) == 0 && crl.count == MANY,
       "a hundred thousand entries");
    crl_sort(&crl, index);
    for (uint32_t i = 7; i < 2 * MANY; i += 10) {
        int want = i >= MANY || i % 1000 == 7 ? CRL_NOT_LISTED : 0;

        put_u32(serial, scramble(i));
        wrong += crl_find(&crl, span_of(serial, 4)) != want;
    }
    ok(wrong == 0, "each is found, and no other");
    free(index);
    free(memory);
}

/* ---- the check ------------------------------------------------------------ */

static struct x509_cert cert_of(struct span der)
{
    struct text error = text_over(reason, sizeof reason);
    struct x509_cert cert;

    if (x509_cert_parse(&cert, der, false, &error) != 0) {
        abort();
    }
    return cert;
}

/* The contents of an extension 2.5.29.N with a SEQUENCE of less than 128 bytes,
 * or an OCTET STRING, in it. */
static struct span extension(struct span cert, uint8_t number)
{
    for (size_t i = 0; i + 9 < cert.len; i++) {
        const uint8_t *p = cert.data + i;

        if (p[0] == 6 && p[1] == 3 && p[2] == 0x55 && p[3] == 0x1D && p[4] == number) {
            return span_of(p + 9, p[8]);
        }
    }
    return span_of(NULL, 0);
}

static struct crl_query about(struct x509_cert maker, const char *serial, size_t len)
{
    return (struct crl_query){.issuer = maker.subject,
                              .issuer_key = x509_cert_key(&maker),
                              .issuer_key_id = extension(maker.der, 14),
                              .issuer_signs = true,
                              .serial = span_of(serial, len),
                              .points = extension(CERT(leaf).der, 31),
                              .check_time = true,
                              .now_s = NOW_S};
}

/* "3", "12 23": the errors against a set of up to two lists. */
static const char *verdict(const struct crl_query *q, struct span one, struct span two)
{
    static char line[64];
    struct text error = text_over(reason, sizeof reason);
    struct text t = text_over(line, sizeof line);
    struct crl_set *set = crl_set_new();
    int errors[CRL_ERRORS_MAX];
    size_t n;

    if ((one.len > 0 && crl_set_add(set, one, "test", NOW_S, &error) != 0) ||
        (two.len > 0 && crl_set_add(set, two, "test", NOW_S, &error) != 0)) {
        crl_set_free(set);
        return reason;
    }
    for (unsigned again = 0; again < 2; again++) { /* the second time from memory */
        struct text before = t;

        t = text_over(line, sizeof line);
        n = crl_check(set, q, errors);
        for (size_t i = 0; i < n; i++) {
            text_addf(&t, i > 0 ? " %d" : "%d", errors[i]);
        }
        expect(again == 0 || before.len == t.len, "the same again");
    }
    crl_set_free(set);
    return line;
}

static const struct span nothing;

static void checks(void)
{
    struct crl_query q = about(CERT(maker), "\5", 1), good = about(CERT(maker), "\6", 1);

    is_text(verdict(&q, CRL(some), nothing), "23", "revoked");
    is_text(verdict(&good, CRL(some), nothing), "", "not revoked");
    is_text(verdict(&q, CRL(empty), nothing), "", "an empty list");
    is_text(verdict(&q, CRL(first), nothing), "", "version 1");
    is_text(verdict(&q, nothing, nothing), "3", "no list");
    is_text(verdict(&good, CRL(expired), nothing), "12", "expired");
    is_text(verdict(&q, CRL(expired), nothing), "12 23", "expired, and revoked");
    is_text(verdict(&good, CRL(future), nothing), "11", "not yet valid");
    is_text(verdict(&good, CRL(weak), nothing),
            "the CRL is signed with SHA-1, or with an algorithm that is not built in", "SHA-1");
    is_text(verdict(&q, CRL(forged), nothing), "8 23", "of a namesake");
    is_text(verdict(&q, CRL(namesakes), nothing), "3", "of a namesake that tells its key");
    is_text(verdict(&q, CRL(namesakes), CRL(some)), "23", "the own one beside it");
    is_text(verdict(&good, CRL(forged), CRL(some)), "", "the signature decides");
    is_text(verdict(&good, CRL(some), CRL(expired)), "", "the current one counts");
    is_text(verdict(&q, CRL(empty), CRL(later)), "23", "the newer one counts");
    is_text(verdict(&q, CRL(later), CRL(empty)), "23", "in any order");
    q = about(CERT(rsa_maker), "\5", 1);
    is_text(verdict(&q, CRL(by_rsa), nothing), "23", "signed with RSA");
    is_text(verdict(&q, CRL(forged), nothing), "8 23", "by a key of another type");
    q.issuer = span_of("\x30\0", 2);
    is_text(verdict(&q, CRL(by_rsa), nothing), "3", "of another issuer");
}

static void scopes(void)
{
    struct crl_query user = about(CERT(maker), "\6", 1), ca = user;
    struct crl_query late = user;

    ca.ca = true;
    is_text(verdict(&user, CRL(users), nothing), "", "for users");
    is_text(verdict(&ca, CRL(users), nothing), "44", "not for CAs");
    is_text(verdict(&ca, CRL(cas), nothing), "", "for CAs");
    is_text(verdict(&user, CRL(cas), nothing), "44", "not for users");
    is_text(verdict(&ca, CRL(users), CRL(cas)), "", "one of each");
    is_text(verdict(&user, CRL(users), CRL(cas)), "", "for either");
    is_text(verdict(&user, CRL(point), nothing), "", "for one of the certificate's points");
    is_text(verdict(&user, CRL(elsewhere), nothing), "44", "for another point");
    user.points = nothing;
    is_text(verdict(&user, CRL(point), nothing), "44", "and the certificate has none");
    is_text(verdict(&user, CRL(some), nothing), "", "while a whole list is for all");
    user.issuer_signs = false;
    is_text(verdict(&user, CRL(some), nothing), "35", "a key that must not sign lists");
    late.now_s = LATE_S;
    is_text(verdict(&late, CRL(some), nothing), "12", "too late");
    late.check_time = false;
    is_text(verdict(&late, CRL(some), nothing), "", "when times do not count");
}

/* Whatever byte is changed: no longer taken, or no longer good, and never a fault. */
static void changed(void)
{
    struct crl_query q = about(CERT(maker), "\5", 1);
    uint8_t copy[sizeof some_crl];
    size_t let_in = 0;

    for (size_t i = 0; i < sizeof copy; i += TAP_STEP) {
        memcpy(copy, some_crl, sizeof copy);
        copy[i] ^= (uint8_t)(1u << i % 8);
        let_in += verdict(&q, span_of(copy, sizeof copy), nothing)[0] == '\0';
    }
    ok(let_in == 0, "no changed list lets a revoked certificate in");
}

static void sets(void)
{
    struct text error = text_over(reason, sizeof reason);
    struct crl_set *a = crl_set_new(), *b = crl_set_new();
    uint8_t one[32], two[32];

    ok(crl_set_add(a, CRL(some), "test", NOW_S, &error) == 0 &&
           crl_set_add(a, CRL(some), "test", NOW_S, &error) == 0 && crl_set_count(a) == 1,
       "the same list once");
    crl_set_digest(a, one);
    crl_set_digest(b, two);
    ok(memcmp(one, two, 32) != 0, "another set, another digest");
    (void)crl_set_add(b, CRL(some), "test", NOW_S, &error);
    crl_set_digest(b, two);
    ok(memcmp(one, two, 32) == 0, "the same set, the same digest");
    ok(crl_set_add(a, CRL(delta), "test", NOW_S, &error) != 0 && crl_set_count(a) == 1,
       "one that is refused is not in it");
    crl_set_free(a);
    crl_set_free(b);
    crl_set_free(NULL);
}

int main(void)
{
    log_set_level(LOG_ERROR);
    shapes();
    refused();
    search();
    large_list();
    checks();
    scopes();
    changed();
    sets();
    return tap_done();
}
