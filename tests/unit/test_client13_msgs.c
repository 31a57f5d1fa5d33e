/* A TLS 1.3 client's Certificate and CertificateVerify: who gets in, and each fault's alert. */
#include "crypto/crypto.h"
#include "hello_build.h"
#include "tap.h"
#include "tls/path.h"
#include "tls/rsasign.h"
#include "tls/sign13.h"
#include "tls/x509sig.h"
#include "tls_fixture.h"

static struct counters counters;
static struct config config;
static struct tls_context *ctx;
static struct tls *t;
static struct handshake13 hs;
static uint8_t transcript_hash[HASH13_MAX] = "any hash of the transcript will do";

static void begin(enum verify_mode mode, const char *ca)
{
    config = fixture_config("server_ec", NULL);
    config.verify = mode;
    config.cafile = ca;
    ctx = tls_context_new(&config, &counters);
    t = calloc(1, tls_size());
    tls_begin(t, ctx, 0);
    memset(&hs, 0, sizeof hs);
    t->v13.handshake = &hs;
    t->creds = cred_set_hold(ctx->creds);
    t->trust = trust_hold(ctx->trust);
    t->choice.suite = 0x1301;
}

/* The reason, in memory that stays. */
static const char *end(void)
{
    static char kept[TLS_REASON_MAX];
    const char *reason;

    tls_get_failure(t, &reason);
    snprintf(kept, sizeof kept, "%s", reason);
    t->v13.handshake = NULL;
    tls_end(t);
    ok(ctx->verify_pool.taken == 0, "the work space is given back");
    tls_context_free(ctx);
    free(t);
    return kept;
}

/* ---- making messages -------------------------------------------------------------- */

static uint8_t body[70000];
static size_t body_len;

/* An empty list. */
static void certificate_begin(void)
{
    memset(body, 0, 4);
    body_len = 4;
}

static void certificate_add(struct span der, struct span extensions)
{
    put_u24(body + body_len, (uint32_t)der.len);
    memcpy(body + body_len + 3, der.data, der.len);
    body_len += 3 + der.len;
    put_u16(body + body_len, (uint32_t)extensions.len);
    memcpy(body + body_len + 2, extensions.data, extensions.len);
    body_len += 2 + extensions.len;
    put_u24(body + 1, (uint32_t)(body_len - 4));
}

static int certificate_of(const char *name, const char *second)
{
    certificate_begin();
    if (name != NULL) {
        certificate_add(fixture_bytes(name, false), BYTES(""));
    }
    if (second != NULL) {
        certificate_add(fixture_bytes(second, false), BYTES(""));
    }
    return client13_certificate(t, span_of(body, body_len));
}

static size_t sign(const char *name, uint16_t scheme, const char *context, uint8_t *dst)
{
    bool is_pss = sigalg_is_pss(scheme);
    unsigned hash_id = is_pss ? scheme & 0xFF : scheme >> 8;
    struct x509_sig_kind kind = {.hash_id = (uint8_t)hash_id};
    struct rsasign_pss pss = {.class = x509_sig_class(hash_id)};
    struct x509_cert cert = fixture_cert(name);
    struct span key = fixture_bytes(name, true);
    size_t hash_len = hash13_len(pss.class);
    uint8_t content[200], hash[64];
    br_skey_decoder_context decoder;

    memset(content, ' ', 64);
    memcpy(content + 64, context, 34);
    memcpy(content + 98, transcript_hash, 32);
    x509_sig_hash(&kind, span_of(content, 130), hash);
    br_skey_decoder_init(&decoder);
    br_skey_decoder_push(&decoder, key.data, key.len);
    if (br_skey_decoder_key_type(&decoder) == BR_KEYTYPE_EC) {
        return crypto_ecdsa_sign()(crypto_ec(), pss.class, hash, br_skey_decoder_get_ec(&decoder),
                                   dst);
    }
    return rsasign(crypto_rsa_private(), br_skey_decoder_get_rsa(&decoder), &cert.rsa, hash_id,
                   is_pss ? &pss : NULL, hash, hash_len, dst);
}

static int verify_of(const char *name, uint16_t scheme, const char *context)
{
    body_len = sign(name, scheme, context, body + 4);
    put_u16(body, scheme);
    put_u16(body + 2, (uint32_t)body_len);
    body_len += 4;
    return client13_certificate_verify(t, span_of(body, body_len), transcript_hash);
}

#define CLIENT "TLS 1.3, client CertificateVerify"

static bool is_refused(int result, enum alert alert, const char *reason)
{
    bool good =
        result == -1 && t->choice.alert == alert && strstr(t->choice.reason, reason) != NULL;

    if (!good) {
        printf("# %d, %s: %s\n", result, alert_name(t->choice.alert), t->choice.reason);
    }
    return good;
}

/* ---- who gets in ------------------------------------------------------------------ */

static void good(void)
{
    static const struct {
        const char *name, *ca, *subject;
        uint16_t scheme;
    } cases[] = {
        {"client", "ca_ec", "CN=Good client", 0x0403},
        {"client_p384", "ca_ec", "CN=P-384 client", 0x0503},
        {"client_rsa", "ca_rsa", "CN=RSA client", 0x0804},
        {"client_rsa", "ca_rsa", "CN=RSA client", 0x0805},
        {"client_rsa", "ca_rsa", "CN=RSA client", 0x0806},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin(VERIFY_REQUIRED, cases[i].ca);
        ok(certificate_of(cases[i].name, NULL) == 0 && hs.client_verified, cases[i].name);
        ok(t->info.verdict == TLS_PEER_NOT_ASKED && t->info.peer_subject[0] == '\0',
           "nobody is let in before the proof");
        ok(verify_of(cases[i].name, cases[i].scheme, CLIENT) == 0 && !hs.client_verified,
           "the proof is good");
        ok(t->info.verdict == TLS_PEER_TRUSTED &&
               strcmp(t->info.peer_subject, cases[i].subject) == 0,
           "trusted, by name");
        end();
    }
    begin(VERIFY_REQUIRED, "ca_ec");
    config.verify_depth = 2;
    ok(certificate_of("client_deep", "middle") == 0 &&
           verify_of("client_deep", 0x0403, CLIENT) == 0,
       "a chain of two");
    end();
}

static void without(void)
{
    begin(VERIFY_OPTIONAL, "ca_ec");
    ok(certificate_of(NULL, NULL) == 0 && !hs.client_verified && t->info.verdict == TLS_PEER_NONE,
       "none is needed where it is optional");
    end();
    begin(VERIFY_REQUIRED, "ca_ec");
    ok(is_refused(certificate_of(NULL, NULL), ALERT_CERTIFICATE_REQUIRED, "did not return"),
       "certificate_required where it is");
    ok(t->failure == TLS_FAIL_PEER_CERT, "the certificate's absence is the reason");
    ok(strstr(end(), "certificate_required: ") != NULL, "in words");
}

static void bad(void)
{
    static const struct {
        const char *name, *second;
        enum alert alert;
        const char *reason;
    } cases[] = {
        {"client_wrong", NULL, ALERT_UNKNOWN_CA, "issuer"},
        {"client_expired", NULL, ALERT_CERTIFICATE_EXPIRED, "expired"},
        {"client_server", NULL, ALERT_UNSUPPORTED_CERTIFICATE, "purpose"},
        {"client_deep", NULL, ALERT_UNKNOWN_CA, "issuer"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin(VERIFY_OPTIONAL, "ca_ec");
        ok(is_refused(certificate_of(cases[i].name, cases[i].second), cases[i].alert,
                      cases[i].reason),
           cases[i].name);
        ok(t->failure == TLS_FAIL_PEER_CERT && !hs.client_verified, "is refused for it");
        end();
    }
    begin(VERIFY_OPTIONAL, "ca_ec");
    config.verify_return_error = false;
    ok(certificate_of("client_wrong", NULL) == 0 && hs.client_verified, "a tolerated one");
    ok(is_refused(verify_of("client", 0x0403, "TLS 1.3, server CertificateVerify"),
                  ALERT_DECRYPT_ERROR, "does not prove"),
       "has to prove itself all the same");
    ok(verify_of("client_wrong", 0x0403, CLIENT) == 0 && t->info.verdict == TLS_PEER_REFUSED,
       "and is told apart");
    end();
}

/* ---- Certificate, malformed ------------------------------------------------------- */

static void shapes(void)
{
    static const struct {
        struct span body;
        enum alert alert;
        const char *name;
    } cases[] = {
        {SPAN(""), ALERT_DECODE_ERROR, "nothing"},
        {SPAN("\x00\x00\x00"), ALERT_DECODE_ERROR, "half of a length"},
        {SPAN("\x00\x00\x00\x00\x00"), ALERT_DECODE_ERROR, "a byte behind the list"},
        {SPAN("\x00\x00\x00\x01\x00"), ALERT_DECODE_ERROR, "a list of one byte"},
        {SPAN("\x01x\x00\x00\x00"), ALERT_ILLEGAL_PARAMETER, "an answer to another request"},
        {SPAN("\x00\x00\x00\x05\x00\x00\x00\x00\x00"), ALERT_DECODE_ERROR, "an empty certificate"},
        {SPAN("\x00\x00\x00\x05\x00\x00\x01x\x00"), ALERT_DECODE_ERROR, "extensions cut off"},
        {SPAN("\x00\x00\x00\x06\x00\x00\x01x\x00\x01"), ALERT_DECODE_ERROR, "extensions too long"},
        {SPAN("\x00\x00\x00\x06\x00\x00\x01x\x00\x00"), ALERT_BAD_CERTIFICATE, "not a certificate"},
        {SPAN("\x00\x00\x00\x0A\x00\x00\x01x\x00\x04\x00\x05\x00\x00"), ALERT_UNSUPPORTED_EXTENSION,
         "a staple that was not asked for"},
        {SPAN("\x00\x00\x00\x0A\x00\x00\x01x\x00\x04\xAB\xCD\x00\x00"), ALERT_UNSUPPORTED_EXTENSION,
         "an unknown extension"},
        {SPAN("\x00\x00\x00\x0A\x00\x00\x01x\x00\x04\x00\x33\x00\x00"), ALERT_ILLEGAL_PARAMETER,
         "key_share in a certificate"},
        {SPAN("\x00\x00\x00\x0A\x00\x00\x01x\x00\x04\x00\x00\x00\x00"), ALERT_ILLEGAL_PARAMETER,
         "server_name in a certificate"},
        {SPAN("\x00\x00\x00\x0A\x00\x00\x01x\x00\x04\x00\x05\x00\x01"), ALERT_DECODE_ERROR,
         "an extension that is too long"},
        {SPAN("\x00\x00\x00\x09\x00\x00\x01x\x00\x03\x00\x05\x00"), ALERT_DECODE_ERROR,
         "an extension cut off"},
        {SPAN("\x00\x00\x00\x0B\x00\x00\x01x\x00\x05\x00\x05\x00\x00\x00"), ALERT_DECODE_ERROR,
         "half an extension behind one"},
    };

    begin(VERIFY_REQUIRED, "ca_ec");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        pool_give(&ctx->verify_pool, t->verifier, t->verifier != NULL ? verify_size() : 0);
        t->verifier = NULL;
        ok(is_refused(client13_certificate(t, cases[i].body), cases[i].alert, ""), cases[i].name);
    }
    end();
}

static void truncations(void)
{
    bool all = true;
    size_t whole;

    begin(VERIFY_REQUIRED, "ca_ec");
    certificate_begin();
    certificate_add(fixture_bytes("client", false), BYTES(""));
    whole = body_len;
    for (size_t len = 0; len < whole; len++) {
        all = all && client13_certificate(t, span_of(body, len)) == -1 &&
              t->choice.alert == ALERT_DECODE_ERROR && t->verifier == NULL;
    }
    ok(all, "each truncation is decode_error, and nothing is verified");
    end();
}

static void sizes(void)
{
    static uint8_t big[VERIFY_MAX_CHAIN + 1];

    begin(VERIFY_REQUIRED, "ca_ec");
    certificate_begin();
    certificate_add(span_of(big, sizeof big), BYTES(""));
    ok(is_refused(client13_certificate(t, span_of(body, body_len)), ALERT_BAD_CERTIFICATE, "size"),
       "too many bytes");
    end();
    begin(VERIFY_REQUIRED, "ca_ec");
    certificate_begin();
    for (size_t i = 0; i <= PATH_MAX_SENT; i++) {
        certificate_add(fixture_bytes("client", false), BYTES(""));
    }
    ok(is_refused(client13_certificate(t, span_of(body, body_len)), ALERT_BAD_CERTIFICATE, "size"),
       "too many certificates");
    end();
}

/* ---- CertificateVerify ------------------------------------------------------------ */

static void proofs(void)
{
    bool all = true;
    size_t whole;

    begin(VERIFY_REQUIRED, "ca_ec");
    ok(certificate_of("client", NULL) == 0, "a client comes");
    ok(is_refused(verify_of("client", 0x0503, CLIENT), ALERT_ILLEGAL_PARAMETER, "its key's"),
       "the hash of another curve");
    ok(is_refused(verify_of("client_rsa", 0x0804, CLIENT), ALERT_ILLEGAL_PARAMETER, "its key's"),
       "a scheme for another kind of key");
    ok(is_refused(verify_of("client", 0x0203, CLIENT), ALERT_ILLEGAL_PARAMETER, "not asked for"),
       "SHA-1");
    ok(is_refused(verify_of("client_p384", 0x0403, CLIENT), ALERT_DECRYPT_ERROR, "does not prove"),
       "another key");
    ok(is_refused(verify_of("client", 0x0403, "TLS 1.3, server CertificateVerify"),
                  ALERT_DECRYPT_ERROR, "does not prove"),
       "a server's signature");
    whole = 4 + sign("client", 0x0403, CLIENT, body + 4);
    put_u16(body, 0x0403);
    put_u16(body + 2, (uint32_t)(whole - 4));
    transcript_hash[0] ^= 1;
    ok(is_refused(client13_certificate_verify(t, span_of(body, whole), transcript_hash),
                  ALERT_DECRYPT_ERROR, "does not prove"),
       "over another handshake");
    transcript_hash[0] ^= 1;
    for (size_t len = 0; len < whole; len++) {
        all = all && client13_certificate_verify(t, span_of(body, len), transcript_hash) == -1 &&
              t->choice.alert == ALERT_DECODE_ERROR;
    }
    ok(all, "each truncation is decode_error");
    ok(is_refused(client13_certificate_verify(t, span_of(body, whole + 1), transcript_hash),
                  ALERT_DECODE_ERROR, "malformed"),
       "so is a byte more");
    body[2] = body[3] = 0;
    ok(is_refused(client13_certificate_verify(t, span_of(body, 4), transcript_hash),
                  ALERT_DECRYPT_ERROR, "does not prove"),
       "an empty signature");
    ok(t->info.verdict == TLS_PEER_NOT_ASKED, "nobody came in by that");
    ok(verify_of("client", 0x0403, CLIENT) == 0, "the right one does");
    end();

    begin(VERIFY_REQUIRED, "ca_rsa");
    ok(certificate_of("client_rsa", NULL) == 0, "one with an RSA key");
    ok(is_refused(verify_of("client_rsa", 0x0401, CLIENT), ALERT_ILLEGAL_PARAMETER, "asked for"),
       "cannot use PKCS#1, though certificates may");
    ok(is_refused(verify_of("client_rsa", 0x0403, CLIENT), ALERT_ILLEGAL_PARAMETER, "its key's"),
       "nor ECDSA");
    config.client_signatures = (struct sigalgs){.schemes = {0x0805}, .count = 1};
    ok(is_refused(verify_of("client_rsa", 0x0804, CLIENT), ALERT_ILLEGAL_PARAMETER, "asked for"),
       "nor what the configuration leaves out");
    ok(verify_of("client_rsa", 0x0805, CLIENT) == 0, "but what it names");
    end();
}

int main(void)
{
    good();
    without();
    bad();
    shapes();
    truncations();
    sizes();
    proofs();
    return tap_done();
}
