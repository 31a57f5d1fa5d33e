/* Our messages of a TLS 1.3 handshake, byte by byte. */
#include "config/sslop.h"
#include "hello_build.h"
#include "tap.h"
#include "tls/ocsp.h"
#include "tls/sign13.h"
#include "tls/x509sig.h"
#include "tls_fixture.h"

enum { SHA256_SUITE = 0x1301, SHA384_SUITE };

struct side {
    struct config config;
    struct counters counters;
    struct tls_context *ctx;
    struct tls *t;
    struct handshake13 *hs;
    uint8_t out[70000];
    size_t len;
};

static struct side *side_new(const char *key, uint16_t suite)
{
    struct side *s = calloc(1, sizeof *s);
    const struct cred_set *set;

    s->config = fixture_config(key, NULL);
    s->config.verify = VERIFY_OPTIONAL;
    s->config.cafile = "ca_ec";
    s->ctx = tls_context_new(&s->config, &s->counters);
    tls_context_fix_random(s->ctx, "seed", 4);
    s->t = calloc(1, tls_size());
    tls_begin(s->t, s->ctx, 0);
    s->hs = calloc(1, sizeof *s->hs);
    s->t->v13.handshake = s->hs;
    s->t->v13.recv_limit = 16385;
    s->t->creds = cred_set_hold(s->ctx->creds);
    s->t->trust = trust_hold(s->ctx->trust);
    set = s->ctx->creds;
    s->t->entry = &set->entry;
    s->t->choice.cred = &set->creds[0];
    s->t->choice.suite = suite;
    s->t->choice.group = 29;
    flight13_begin(&s->hs->flight);
    transcript13_begin(&s->hs->transcript, hash13_of_suite(suite));
    transcript13_add(&s->hs->transcript, span_of("hello", 5));
    schedule13_begin(&s->hs->schedule, hash13_of_suite(suite), span_of(NULL, 0));
    return s;
}

static void side_free(struct side *s)
{
    s->t->v13.handshake = NULL;
    tls_end(s->t);
    tls_context_free(s->ctx);
    free(s->t);
    free(s->hs);
    free(s);
}

static void take(struct side *s)
{
    s->len = flight13_take(&s->hs->flight, s->out, sizeof s->out);
}

static bool encrypted(struct side *s)
{
    int result = server13_encrypted(s->t);

    take(s);
    return result == 0;
}

static uint8_t want[70000];
static size_t want_len;
static void put(const void *bytes, size_t len)
{
    memcpy(want + want_len, bytes, len);
    want_len += len;
}

#define PUT(literal) put(literal, sizeof(literal) - 1)

static bool is_wanted(const struct side *s)
{
    bool good = s->len == want_len && memcmp(s->out, want, want_len) == 0;

    if (!good) {
        printf("# %zu bytes, not %zu\n", s->len, want_len);
    }
    want_len = 0;
    return good;
}

/* Of a type, in what was taken. */
static struct span message(const struct side *s, uint8_t type)
{
    struct reader r = reader_of(s->out, s->len);

    while (reader_left(&r) > 0) {
        const uint8_t *start = r.pos;
        uint8_t found = reader_u8(&r);

        reader_take(&r, reader_u24(&r));
        if (found == type && !r.bad) {
            return span_of(start, (size_t)(r.pos - start));
        }
    }
    return span_of(NULL, 0);
}

static bool is_message(const struct side *s, uint8_t type)
{
    bool good = span_equal(message(s, type), span_of(want, want_len));

    want_len = 0;
    return good;
}

/* ---- ServerHello ------------------------------------------------------------------ */

static void server_hello(void)
{
    struct side *s = side_new("server_ec", SHA256_SUITE);
    uint8_t random[32], share[32];
    br_hmac_drbg_context rng = s->ctx->rng;
    uint8_t hash[HASH13_MAX], direct[32];
    br_sha256_context sha;

    br_hmac_drbg_generate(&rng, random, 32);
    memset(share, 0x5A, 32);
    memcpy(s->hs->kex.share, share, sizeof share);
    s->hs->kex.share_len = sizeof share;
    s->hs->session_id_len = 3;
    memcpy(s->hs->session_id, "abc", 3);
    ok(server13_hello(s->t) == 0, "ServerHello");
    take(s);
    PUT("\x02\x00\x00\x59\x03\x03");
    put(random, 32);
    PUT("\x03"
        "abc\x13\x01\x00\x00\x2E\x00\x2B\x00\x02\x03\x04\x00\x33\x00\x24\x00\x1D\x00\x20");
    put(share, 32);
    ok(is_wanted(s), "byte by byte");
    br_sha256_init(&sha);
    br_sha256_update(&sha, "hello", 5);
    br_sha256_update(&sha, s->out, s->len);
    br_sha256_out(&sha, direct);
    transcript13_now(&s->hs->transcript, hash);
    ok(memcmp(hash, direct, 32) == 0, "it is in the transcript");

    rng = s->ctx->rng;
    br_hmac_drbg_generate(&rng, random, sizeof random);
    s->hs->psk = (struct psk13){.chosen = true, .dhe = true, .index = 0x0102};
    s->hs->session_id_len = 0;
    ok(server13_hello(s->t) == 0, "with a pre-shared key");
    take(s);
    PUT("\x02\x00\x00\x5C\x03\x03");
    put(random, 32);
    PUT("\x00\x13\x01\x00\x00\x34\x00\x2B\x00\x02\x03\x04\x00\x33\x00\x24\x00\x1D\x00\x20");
    put(share, 32);
    PUT("\x00\x29\x00\x02\x01\x02");
    ok(is_wanted(s), "pre_shared_key comes last");

    rng = s->ctx->rng;
    br_hmac_drbg_generate(&rng, random, sizeof random);
    s->hs->psk.dhe = false;
    ok(server13_hello(s->t) == 0, "with a pre-shared key alone");
    take(s);
    PUT("\x02\x00\x00\x34\x03\x03");
    put(random, 32);
    PUT("\x00\x13\x01\x00\x00\x0C\x00\x2B\x00\x02\x03\x04\x00\x29\x00\x02\x01\x02");
    ok(is_wanted(s), "there is no share");

    s->hs->psk.chosen = false;
    s->t->choice.group = KEX_X25519MLKEM768;
    s->hs->kex.share_len = KEX_SHARE_MAX;
    s->hs->session_id_len = 32;
    ok(server13_hello(s->t) == 0, "the largest");
    take(s);
    ok(s->len == 4 + 2 + 32 + 33 + 2 + 1 + 2 + 6 + 8 + 1120, "has its length");
    side_free(s);
}

static void retry(void)
{
    struct side *s = side_new("server_ec", SHA256_SUITE);
    uint8_t hash[HASH13_MAX], direct[32];
    br_sha256_context sha;
    uint8_t cookie[COOKIE13_MAX];

    s->t->choice.group = 24;
    s->hs->session_id_len = 1;
    s->hs->session_id[0] = 'i';
    ok(server13_retry(s->t) == 0, "HelloRetryRequest");
    take(s);
    PUT("\x02\x00\x00\x5B\x03\x03"
        "\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91"
        "\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C"
        "\x01i\x13\x01\x00\x00\x32\x00\x2B\x00\x02\x03\x04\x00\x33\x00\x02\x00\x18"
        "\x00\x2C\x00\x22\x00\x20");
    ok(retry13_cookie(s->t, cookie) == 32, "with a cookie of 32 bytes");
    put(cookie, 32);
    ok(is_wanted(s), "byte by byte");
    br_sha256_init(&sha);
    br_sha256_update(&sha, "hello", 5);
    br_sha256_out(&sha, hash);
    br_sha256_init(&sha);
    br_sha256_update(&sha, "\xFE\x00\x00\x20", 4);
    br_sha256_update(&sha, hash, 32);
    br_sha256_update(&sha, s->out, s->len);
    br_sha256_out(&sha, direct);
    transcript13_now(&s->hs->transcript, hash);
    ok(memcmp(hash, direct, 32) == 0, "the first hello is a message_hash in the transcript");
    side_free(s);
}

static void finished(void)
{
    static const uint16_t suites[] = {SHA256_SUITE, SHA384_SUITE};

    for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
        struct side *s = side_new("server_ec", suites[i]);
        uint8_t data[HASH13_MAX];
        uint8_t len = i == 0 ? 32 : 48, head[4] = {0x14, 0, 0, len};

        keys13_finished(s->t, true, data);
        server13_finished(s->t);
        take(s);
        put(head, sizeof head);
        put(data, len);
        ok(is_wanted(s), "Finished");
        side_free(s);
    }
}

/* ---- EncryptedExtensions ---------------------------------------------------------- */

static void encrypted_extensions(void)
{
    struct side *s = side_new("server_ec", SHA256_SUITE);

    s->hs->psk.chosen = true; /* so that nothing follows */
    ok(encrypted(s), "EncryptedExtensions");
    PUT("\x08\x00\x00\x02\x00\x00");
    ok(is_wanted(s), "empty");

    s->hs->name_used = true;
    s->t->choice.alpn = "http/1.1";
    s->hs->limit_answer = true;
    s->hs->psk.early = true;
    ok(encrypted(s), "with all that a client can ask for");
    PUT("\x08\x00\x00\x1F\x00\x1D\x00\x00\x00\x00\x00\x10\x00\x0B\x00\x09\x08http/1.1"
        "\x00\x1C\x00\x02\x40\x01\x00\x2A\x00\x00");
    ok(is_wanted(s), "server name, ALPN, record limit, early data");

    s->hs->name_used = false;
    s->t->choice.alpn = NULL;
    s->hs->limit_answer = s->hs->psk.early = false;
    s->hs->fragment_len = 2;
    memcpy(s->ctx->serverinfo.bytes, "\x04\x11\x22\x00\x01x\x08\x00\x12\x00\x01y", 12);
    s->ctx->serverinfo.len = 12;
    s->ctx->serverinfo.count = 2;
    s->t->serverinfo = 3;
    ok(encrypted(s), "with others");
    PUT("\x08\x00\x00\x0C\x00\x0A\x00\x01\x00\x01\x02\x11\x22\x00\x01x");
    ok(is_wanted(s), "fragment length and what a file gives for this message");
    side_free(s);
}

/* ---- CertificateRequest ------------------------------------------------------------ */

static void put_request(size_t names)
{
    uint8_t head[4] = {0x0D};

    put_u24(head + 1, (uint32_t)(3 + 18 + 24 + (names > 0 ? 6 + names : 0)));
    put(head, 4);
    PUT("\x00\x00");
    want[want_len++] = (uint8_t)(18 + 24 + (names > 0 ? 6 + names : 0));
    PUT("\x00\x0D\x00\x0E\x00\x0C\x04\x03\x05\x03\x06\x03\x08\x04\x08\x05\x08\x06"
        "\x00\x32\x00\x14\x00\x12\x04\x03\x05\x03\x06\x03\x08\x04\x08\x05\x08\x06"
        "\x04\x01\x05\x01\x06\x01");
}

static void put_u16s(unsigned a)
{
    uint8_t two[2];

    put_u16(two, a);
    put(two, 2);
}

static void certificate_request(void)
{
    struct side *s = side_new("server_ec", SHA256_SUITE);
    struct span name = fixture_cert("ca_ec").subject, got;

    s->hs->ask_certificate = true;
    s->t->choice.signature = 0x0403;
    ok(encrypted(s), "CertificateRequest");
    put_request(2 + name.len);
    PUT("\x00\x2F");
    put_u16s((unsigned)(4 + name.len));
    put_u16s((unsigned)(2 + name.len));
    put_u16s((unsigned)name.len);
    put(name.data, name.len);
    ok(is_message(s, 13), "schemes of handshake and certificates, CA names");

    s->config.options |= SSLOP_NO_CA_NAMES;
    ok(encrypted(s), "without CA names");
    put_request(0);
    ok(is_message(s, 13), "they are left out");

    trust_drop(s->t->trust);
    s->t->trust = NULL;
    s->config.options = 0;
    s->config.client_signatures =
        (struct sigalgs){.schemes = {0x0401, 0x0303, 0x0203, 0x0805, 0x0201}, .count = 5};
    ok(encrypted(s), "without CAs, with the schemes of the configuration");
    got = message(s, 13);
    ok(got.len == 4 + 3 + 8 + 24 &&
           memcmp(got.data + 7, "\x00\x0D\x00\x04\x00\x02\x08\x05", 8) == 0,
       "of them those that TLS 1.3 has");
    s->config.client_signatures.schemes[3] = 0x0601;
    ok(server13_encrypted(s->t) == -1 && s->t->choice.alert == ALERT_HANDSHAKE_FAILURE,
       "none is left: there is no way to ask");
    side_free(s);
}

/* ---- Certificate ------------------------------------------------------------------- */

static void put_certificate(struct span der, size_t extensions)
{
    uint8_t head[11] = {0x0B};

    put_u24(head + 1, (uint32_t)(4 + 3 + der.len + 2 + extensions));
    put_u24(head + 5, (uint32_t)(3 + der.len + 2 + extensions));
    put_u24(head + 8, (uint32_t)der.len);
    put(head, 11);
    put(der.data, der.len);
    put_u16s((unsigned)extensions);
}

static void certificate(void)
{
    struct side *s = side_new("server_ec", SHA256_SUITE);
    struct span der = fixture_bytes("server_ec", false);
    struct cred *cred = (struct cred *)(uintptr_t)s->t->choice.cred;
    struct ocsp_staple staple = {.der = span_of("response", 8), .until_s = INT64_MAX};

    s->t->choice.signature = 0x0403;
    ok(encrypted(s), "Certificate");
    put_certificate(der, 0);
    ok(is_message(s, 11), "without extensions");

    cred->staple = &staple;
    ok(encrypted(s), "with a staple that nobody asked for");
    put_certificate(der, 0);
    ok(is_message(s, 11), "does not send it");

    s->hs->staple = true;
    ok(encrypted(s), "asked for");
    put_certificate(der, 16);
    PUT("\x00\x05\x00\x0C\x01\x00\x00\x08response");
    ok(is_message(s, 11), "sends it");

    memcpy(s->ctx->serverinfo.bytes, "\x04\x11\x22\x00\x01x\x08\x00\x12\x00\x01y", 12);
    s->ctx->serverinfo.len = 12;
    s->ctx->serverinfo.count = 2;
    s->t->serverinfo = 3;
    ok(encrypted(s), "with serverinfo");
    put_certificate(der, 21);
    PUT("\x00\x12\x00\x01y\x00\x05\x00\x0C\x01\x00\x00\x08response");
    ok(is_message(s, 11), "sends both, in the leaf's entry");

    staple.until_s = 1;
    staple.told = true;
    s->t->serverinfo = 0;
    ok(encrypted(s), "when the staple is out of date");
    put_certificate(der, 0);
    ok(is_message(s, 11), "it is left out");
    side_free(s);
}

static void chain(void)
{
    struct side *s = side_new("server_ec", SHA256_SUITE);
    struct span der = fixture_bytes("server_ec", false);
    struct cred *cred = (struct cred *)(uintptr_t)s->t->choice.cred;
    struct ocsp_staple staple = {.der = span_of("ocsp", 4), .until_s = INT64_MAX};
    uint8_t list[2048];
    size_t len = cred->list.len;
    struct span got;

    memcpy(list, cred->list.data, len);
    memcpy(list + len, "\x00\x00\x03xyz\x00\x00\x00\x00\x01q\x00\x00", 14);
    cred->list = span_of(list, len + 14);
    cred->staple = &staple;
    s->hs->staple = true;
    s->t->choice.signature = 0x0403;
    ok(encrypted(s), "a chain");
    got = message(s, 11);
    ok(got.len == 8 + 3 + der.len + 2 + 12 + 14 && reader_of(got.data, 4).pos[0] == 11 &&
           memcmp(got.data + 8, list, 3 + der.len) == 0 &&
           memcmp(got.data + 11 + der.len,
                  "\x00\x0C\x00\x05\x00\x08\x01\x00\x00\x04ocsp"
                  "\x00\x00\x03xyz\x00\x00\x00\x00\x01q\x00\x00",
                  28) == 0,
       "the staple stands behind the first certificate");

    cred->compressed[1] = BYTES("\x00\x02\x00\x12\x34\x00\x00\x01z");
    s->hs->compression = 2;
    ok(encrypted(s), "a compressed one beside a staple");
    ok(message(s, 25).len == 0 && message(s, 11).len > 0, "cannot hold it: sent as it is");
    s->hs->staple = false;
    ok(encrypted(s), "without a staple");
    got = message(s, 25);
    ok(message(s, 11).len == 0 &&
           span_equal(got, BYTES("\x19\x00\x00\x09\x00\x02\x00\x12\x34\x00\x00\x01z")),
       "CompressedCertificate goes instead");
    side_free(s);
}

/* ---- CertificateVerify and Finished ------------------------------------------------ */

static void signatures(void)
{
    static const struct {
        const char *key;
        uint16_t suite, scheme;
        uint8_t hash_id;
    } cases[] = {
        {"server_ec", SHA256_SUITE, 0x0403, br_sha256_ID},
        {"server_p384", SHA384_SUITE, 0x0503, br_sha384_ID},
        {"server_p384", SHA256_SUITE, 0x0503, br_sha384_ID},
        {"server_rsa", SHA256_SUITE, 0x0804, br_sha256_ID},
        {"server_rsa", SHA384_SUITE, 0x0805, br_sha384_ID},
        {"server_rsa", SHA384_SUITE, 0x0806, br_sha512_ID},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct side *s = side_new(cases[i].key, cases[i].suite);
        struct x509_cert cert = fixture_cert(cases[i].key);
        struct x509_sig_kind kind = {.key_type = (uint8_t)cert.key_type,
                                     .hash_id = cases[i].hash_id,
                                     .pss = cert.key_type == BR_KEYTYPE_RSA};
        br_x509_pkey key = x509_cert_key(&cert);
        size_t hash_len = hash13_len(hash13_of_suite(cases[i].suite));
        uint8_t content[200], hash[64];
        struct transcript13 transcript;
        struct span verify;

        kind.salt_len = (uint16_t)hash13_len(x509_sig_class(kind.hash_id));
        s->t->choice.signature = cases[i].scheme;
        ok(encrypted(s), cases[i].key);
        verify = message(s, 15);
        transcript13_begin(&transcript, hash13_of_suite(cases[i].suite));
        transcript13_add(&transcript, span_of("hello", 5));
        transcript13_add(&transcript, span_of(s->out, s->len - verify.len));
        memset(content, 0x20, 64);
        memcpy(content + 64, "TLS 1.3, server CertificateVerify", 34);
        transcript13_now(&transcript, content + 98);
        x509_sig_hash(&kind, span_of(content, 98 + hash_len), hash);
        ok(verify.len > 8 && (verify.data[4] << 8 | verify.data[5]) == cases[i].scheme &&
               (size_t)(verify.data[6] << 8 | verify.data[7]) == verify.len - 8 &&
               x509_sig_fits(&kind, span_of(verify.data + 8, verify.len - 8), hash, &key),
           "the signature is good");
        side_free(s);
    }
}

static void no_signature(void)
{
    struct side *s = side_new("server_rsa", SHA256_SUITE);
    struct cred *cred = (struct cred *)(uintptr_t)s->t->choice.cred;
    uint8_t dq[256];

    memcpy(dq, cred->key.rsa.dq, cred->key.rsa.dqlen);
    dq[3] ^= 1;
    cred->key.rsa.dq = dq;
    s->t->choice.signature = 0x0804;
    ok(server13_encrypted(s->t) == -1 && s->t->choice.alert == ALERT_INTERNAL_ERROR,
       "a damaged key gives no wrong signature");
    side_free(s);
}

int main(void)
{
    server_hello();
    retry();
    encrypted_extensions();
    certificate_request();
    certificate();
    chain();
    signatures();
    no_signature();
    finished();
    return tap_done();
}
