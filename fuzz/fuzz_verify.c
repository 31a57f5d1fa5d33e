/*
 * Certificate chains of clients from bytes, against two fixed authorities: a
 * byte for the depth and the rules, a byte for the size of the pieces, then
 * certificates with two bytes of length before each. However the chain is cut
 * into pieces the verdict is the same, and who tolerates what is bad calls good
 * what is good.
 */
#include "../tests/unit/tls_fixture.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct verdict {
    enum verify_outcome outcome;
    enum alert alert;
    char reason[112];
    unsigned error;
    char subject[TLS_SUBJECT_MAX];
};

/* Visible from outside, so that they stay and nobody takes them for lost. */
struct anchor_set *fuzz_ec, *fuzz_rsa;

static struct anchor_set *load(const char *name)
{
    struct config config = {.cafile = name};

    return anchor_set_load(&config, 0);
}

static struct anchor_set *both_authorities(void)
{
    static struct anchor_set set;
    static struct span certs[2];
    static br_x500_name names[2];

    if (set.count == 0) {
        fuzz_ec = load("ca_ec");
        fuzz_rsa = load("ca_rsa");
        certs[0] = fuzz_ec->certs[0];
        certs[1] = fuzz_rsa->certs[0];
        names[0] = fuzz_ec->names[0];
        names[1] = fuzz_rsa->names[0];
        set = (struct anchor_set){.certs = certs, .names = names, .count = 2};
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
static struct verdict judge(struct span chain, const struct config *config, size_t piece,
                            int64_t now_s)
{
    struct verifier *v = malloc(verify_size());
    struct reader r = reader_of(chain.data, chain.len);
    const br_x509_class **hook;
    struct verdict verdict = {0};
    const char *reason;
    unsigned usages = 0, err = 0;

    if (v == NULL) {
        abort();
    }
    memset(v, 0x5A, verify_size()); /* nothing may hang on what was there before */
    verify_begin(v, both_authorities(), config, now_s);
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
    verdict.outcome = verify_outcome(v, &verdict.alert, &reason);
    verdict.error = verify_error(v);
    memcpy(verdict.reason, reason, sizeof verdict.reason);
    memcpy(verdict.subject, verify_subject(v), sizeof verdict.subject);
    assert((err == 0) == (verdict.outcome == VERIFY_GOOD || verdict.outcome == VERIFY_TOLERATED));
    /* usages: what the engine goes by. */
    assert(err != 0 || ((*hook)->get_pkey(hook, &usages)->key_type != 0 && usages != 0));
    assert(verify_used(v) <= verify_size());
    free(v);
    return verdict;
}

static struct config rules_of(uint8_t byte)
{
    struct config config = fixture_config("server_ec", NULL);

    config.verify_depth = byte & 3;
    config.x509_strict = (byte & 0x08) != 0;
    config.suiteb = (byte & 0x10) != 0 ? SUITEB_128 : SUITEB_OFF;
    config.ignore_critical = (byte & 0x20) != 0;
    config.check_self_signature = (byte & 0x20) != 0;
    config.partial_chain = (byte & 0x40) == 0;
    if ((byte & 0x80) != 0) {
        config.verify_hostname = "a.example.org";
        config.verify_email = "x@example.org";
        config.verify_ip = "10.1.2.3";
    }
    return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t now_s = fixture_cert("client").not_before_s + 86400;
    struct verdict whole, pieces, tolerant;
    struct config config;
    struct span chain;

    if (size < 2 || size > 80000) {
        return 0;
    }
    config = rules_of(data[0]);
    chain = span_of(data + 2, size - 2);
    whole = judge(chain, &config, SIZE_MAX / 2, now_s);
    pieces = judge(chain, &config, data[1] % 200u + 1, now_s);
    assert(whole.outcome == pieces.outcome && whole.alert == pieces.alert &&
           whole.error == pieces.error && strcmp(whole.reason, pieces.reason) == 0 &&
           strcmp(whole.subject, pieces.subject) == 0);
    config.verify_return_error = false;
    tolerant = judge(chain, &config, SIZE_MAX / 2, now_s);
    assert((whole.outcome == VERIFY_GOOD) == (tolerant.outcome == VERIFY_GOOD));
    if (whole.outcome == VERIFY_GOOD) {
        assert(whole.error == 0 && whole.subject[0] != '\0');
    } else {
        assert(whole.outcome == VERIFY_BAD && whole.reason[0] != '\0' && whole.alert != 0 &&
               whole.subject[0] == '\0');
        assert(tolerant.outcome == VERIFY_BAD || tolerant.error != 0);
    }
    return 0;
}
