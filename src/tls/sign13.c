#include "tls/sign13.h"
#include "core/build.h"
#include "tls/internal.h"
#include "tls/rsasign.h"
#include "tls/x509sig.h"

#include <string.h>

#define PREFIX_LEN  64
#define CONTENT_MAX (PREFIX_LEN + 34 + HASH13_MAX)

bool sign13_knows(uint16_t scheme)
{
    return sigalg_is_pss(scheme) || (sigalg_is_ecdsa(scheme) && scheme >= 0x0403);
}

/* In BearSSL's numbers; those of the hashes are TLS 1.2's. */
static struct x509_sig_kind kind_of(uint16_t scheme)
{
    bool pss = TINY_COMFORT && sigalg_is_pss(scheme);
    unsigned hash = pss ? scheme & 0xFFu : scheme >> 8;

    return (struct x509_sig_kind){
        .key_type = pss ? BR_KEYTYPE_RSA : BR_KEYTYPE_EC,
        .hash_id = (uint8_t)hash,
        .pss = pss,
        .salt_len = (uint16_t)hash13_len(x509_sig_class(hash)),
    };
}

size_t sign13_put_schemes(const struct sigalgs *list, uint8_t *dst)
{
    size_t len = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (sign13_knows(list->schemes[i])) {
            put_u16(dst + len, list->schemes[i]);
            len += 2;
        }
    }
    return len;
}

/* 0x0403, 0x0503 and 0x0603 stand for P-256, P-384 and P-521. */
static bool fits_key(uint16_t scheme, const br_x509_pkey *key)
{
    if (key->key_type == BR_KEYTYPE_RSA) {
        return sigalg_is_pss(scheme);
    }
    return sigalg_is_ecdsa(scheme) && key->key.ec.curve == BR_EC_secp256r1 + (scheme >> 8) - 4;
}

bool sign13_allows(const struct sigalgs *list, uint16_t scheme, const br_x509_pkey *key)
{
    bool listed = false;

    for (size_t i = 0; i < list->count; i++) {
        listed = listed || list->schemes[i] == scheme;
    }
    return listed && sign13_knows(scheme) && fits_key(scheme, key);
}

/* The hash of what is signed (RFC 8446, section 4.4.3). */
static void hash_content(const struct x509_sig_kind *kind, bool client, struct span transcript_hash,
                         uint8_t hash[X509_SIG_HASH_MAX])
{
    static const char server_side[] = "TLS 1.3, server CertificateVerify";
    static const char client_side[] = "TLS 1.3, client CertificateVerify";
    uint8_t content[CONTENT_MAX];
    size_t len = PREFIX_LEN + sizeof server_side; /* its final NUL is the separator */

    _Static_assert(sizeof server_side == sizeof client_side, "one length");
    memset(content, ' ', PREFIX_LEN);
    memcpy(content + PREFIX_LEN, client ? client_side : server_side, sizeof server_side);
    memcpy(content + len, transcript_hash.data, transcript_hash.len);
    x509_sig_hash(kind, span_of(content, len + transcript_hash.len), hash);
}

size_t sign13_make(struct tls_context *ctx, const struct cred *cred, uint16_t scheme,
                   struct span transcript_hash, uint8_t dst[SIGN13_MAX])
{
    struct x509_sig_kind kind = kind_of(scheme);
    const br_hash_class *class = x509_sig_class(kind.hash_id);
    uint8_t hash[X509_SIG_HASH_MAX];

    hash_content(&kind, false, transcript_hash, hash);
    if (TINY_COMFORT && kind.pss) {
        struct rsasign_pss pss = {.class = class};

        br_hmac_drbg_generate(&ctx->rng, pss.salt, kind.salt_len);
        return rsasign(ctx->rsa_private, &cred->key.rsa, &cred->rsa_public, 0, &pss, hash,
                       kind.salt_len, dst);
    }
    return ctx->ecdsa_sign(ctx->ec_base, class, hash, &cred->key.ec, dst);
}

bool sign13_check(uint16_t scheme, const br_x509_pkey *key, struct span transcript_hash,
                  struct span signature)
{
    struct x509_sig_kind kind = kind_of(scheme);
    uint8_t hash[X509_SIG_HASH_MAX];

    hash_content(&kind, true, transcript_hash, hash);
    return x509_sig_fits(&kind, signature, hash, key);
}
