/*
 * Certificate chains of clients from bytes, against two fixed authorities: a
 * byte for the depth, a byte for the size of the pieces, then certificates with
 * two bytes of length before each. However the chain is cut into pieces the
 * verdict is the same, and a good one has all that makes it good.
 */
#include "../tests/unit/tls_fixture.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct verdict {
    enum verify_outcome outcome;
    enum alert alert;
    const char *reason;
    char subject[TLS_SUBJECT_MAX];
};

/* Visible from outside, so that they stay and nobody takes them for lost. */
struct anchor_set *fuzz_ec, *fuzz_rsa;

static struct anchor_set *both_authorities(void)
{
    static struct anchor_set set;
    static br_x509_trust_anchor anchors[2];

    if (set.count == 0) {
        fuzz_ec = anchor_set_load("ca_ec");
        fuzz_rsa = anchor_set_load("ca_rsa");
        anchors[0] = fuzz_ec->anchors[0];
        anchors[1] = fuzz_rsa->anchors[0];
        set.anchors = anchors;
        set.count = 2;
    }
    return &set;
}

static void feed(const br_x509_class **hook, struct span cert, size_t piece)
{
    (*hook)->start_cert(hook, (uint32_t)cert.len);
    for (size_t at = 0; at < cert.len; at += piece) {
        size_t n = cert.len - at < piece ? cert.len - at : piece;

        (*hook)->append(hook, cert.data + at, n);
    }
    (*hook)->end_cert(hook);
}

/* The engine stops at the first refusal, and so does this. */
static struct verdict judge(struct span chain, uint32_t depth, size_t piece, int64_t now_s)
{
    struct verifier *v = malloc(verify_size());
    struct reader r = reader_of(chain.data, chain.len);
    const br_x509_class **hook;
    struct verdict verdict = {0};
    unsigned usages = 0, err = 0;

    if (v == NULL) {
        abort();
    }
    memset(v, 0x5A, verify_size()); /* nothing may hang on what was there before */
    verify_begin(v, both_authorities(), depth, now_s);
    hook = verify_class(v);
    (*hook)->start_chain(hook, NULL);
    while (reader_left(&r) >= 2) {
        struct span cert = reader_vec16(&r);

        if (r.bad) {
            break;
        }
        feed(hook, cert, piece);
    }
    err = (*hook)->end_chain(hook);
    verdict.outcome = verify_outcome(v, &verdict.alert, &verdict.reason);
    memcpy(verdict.subject, verify_subject(v), sizeof verdict.subject);
    assert((err == 0) == (verdict.outcome == VERIFY_GOOD));
    /* usages: what the engine goes by; a key that may not sign gets nobody in. */
    assert(verdict.outcome != VERIFY_GOOD || (*hook)->get_pkey(hook, &usages) != NULL);
    free(v);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t now_s = fixture_cert("client").not_before_s + 86400;
    struct verdict whole, pieces;
    struct span chain;

    if (size < 2 || size > 80000) {
        return 0;
    }
    chain = span_of(data + 2, size - 2);
    whole = judge(chain, data[0] & 3, SIZE_MAX / 2, now_s);
    pieces = judge(chain, data[0] & 3, data[1] % 200u + 1, now_s);
    assert(whole.outcome == pieces.outcome && whole.alert == pieces.alert &&
           whole.reason == pieces.reason && strcmp(whole.subject, pieces.subject) == 0);
    if (whole.outcome == VERIFY_GOOD) {
        struct reader r = reader_of(chain.data, chain.len);

        assert(verify_forbids_client(reader_vec16(&r)) == 0 && whole.subject[0] != '\0');
    } else {
        assert(whole.outcome == VERIFY_BAD && whole.reason != NULL && whole.reason[0] != '\0' &&
               whole.alert != 0 && whole.subject[0] == '\0');
    }
    return 0;
}
