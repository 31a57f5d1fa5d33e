/*
 * What BearSSL's engine calls back: the policy (certificate and private key
 * operations), the session cache, and two primitives that look closer than
 * its own.
 */
#include "core/build.h"
#include "core/clock.h"
#include "core/must.h"
#include "crypto/crypto.h"
#include "tls/internal.h"
#include "tls/ocsp.h"
#include "tls/rsasign.h"
#include "tls/x509sig.h"

#include <string.h>

/* ---- policy ------------------------------------------------------------ */

static struct tls *of_policy(const br_ssl_server_policy_class **hook)
{
    uint8_t *at = (uint8_t *)(uintptr_t)hook;

    return ((struct tls12 *)(void *)(at - offsetof(struct tls12, policy)))->tls;
}

void session_id_begins(const struct config *config, uint8_t id[32])
{
    const char *prefix = TINY_STANDIN ? config->session_id_prefix : NULL;

    for (size_t i = 0; prefix != NULL && prefix[i] != '\0' && i < 32; i++) {
        id[i] = (uint8_t)prefix[i];
    }
}

/* All was settled from the ClientHello; called only in a full handshake. */
static int policy_hook_choose(const br_ssl_server_policy_class **hook,
                              const br_ssl_server_context *server, br_ssl_server_choices *choices)
{
    struct tls *t = of_policy(hook);

    (void)server;
    t->full_handshake = true;
    if (t->ctx->sessions == NULL || (t->replies & REPLY_TICKET) != 0) {
        t->v12->server.eng.session.session_id_len = 0;
    }
    t->info.verdict = t->verifier != NULL ? TLS_PEER_NONE : TLS_PEER_NOT_ASKED;
    t->info.peer_subject[0] = '\0';
    session_id_begins(t->ctx->config, t->v12->server.eng.session.session_id);
    choices->cipher_suite = t->choice.suite;
    choices->algo_id =
        sigalg_is_pss(t->choice.signature) ? t->choice.signature : 0xFF00u + t->choice.hash_id;
    choices->chain = t->choice.cred->chain;
    choices->chain_len = t->choice.cred->chain_len;
    return 1;
}

static uint32_t policy_hook_keyx(const br_ssl_server_policy_class **hook, unsigned char *data,
                                 size_t *len)
{
    struct tls *t = of_policy(hook);
    const struct cred *cred = t->choice.cred;
    const br_ec_impl *ec = t->ctx->ec_base;
    size_t x_offset, x_len;
    uint32_t good;

    if (!TINY_LEGACY) { /* no suite needs it */
        return 0;
    }
    if (cred->key_type == CRED_RSA) {
        return br_rsa_ssl_decrypt(t->ctx->rsa_private, &cred->key.rsa, data, *len);
    }
    good = ec->mul(data, *len, cred->key.ec.x, cred->key.ec.xlen, cred->key.ec.curve);
    x_offset = ec->xoff(cred->key.ec.curve, &x_len);
    memmove(data, data + x_offset, x_len);
    *len = x_len;
    return good;
}

/* The data is not hashed yet; the signature takes its place. */
static size_t sign_pss(struct tls *t, unsigned char *data, size_t data_len, size_t cap)
{
    const struct cred *cred = t->choice.cred;
    br_ssl_engine_context *eng = &t->v12->server.eng;
    struct rsasign_pss pss = {.class = br_multihash_getimpl(&eng->mhash, t->choice.hash_id)};
    size_t hash_len = pss.class->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
    br_hash_compat_context hc;
    unsigned char hash[64];

    if (cap < 512) {
        return 0;
    }
    pss.class->init(&hc.vtable);
    pss.class->update(&hc.vtable, data, data_len);
    pss.class->out(&hc.vtable, hash);
    br_hmac_drbg_generate(&eng->rng, pss.salt, hash_len);
    return rsasign(t->ctx->rsa_private, &cred->key.rsa, &cred->rsa_public, 0, &pss, hash, hash_len,
                   data);
}

static size_t policy_hook_sign(const br_ssl_server_policy_class **hook, unsigned algo_id,
                               unsigned char *data, size_t hash_len, size_t cap)
{
    struct tls *t = of_policy(hook);
    const struct cred *cred = t->choice.cred;
    unsigned hash_id = t->choice.hash_id;
    unsigned char hash[64];
    size_t len = 0;

    if (algo_id < 0xFF00) {
        len = sign_pss(t, data, hash_len, cap);
    } else if (hash_len <= sizeof hash && cap >= 512) {
        memcpy(hash, data, hash_len);
        if (cred->key_type == CRED_RSA) {
            len = rsasign(t->ctx->rsa_private, &cred->key.rsa, &cred->rsa_public, hash_id, NULL,
                          hash, hash_len, data);
        } else {
            const br_hash_class *class =
                br_multihash_getimpl(&t->v12->server.eng.mhash, (int)hash_id);

            len = class != NULL
                      ? t->ctx->ecdsa_sign(t->ctx->ec_base, class, hash, &cred->key.ec, data)
                      : 0;
        }
    }
    t->sign_failed = len == 0;
    return len;
}

/* The replies one after another. */
static size_t policy_hook_extension(const br_ssl_server_policy_class **hook, unsigned index,
                                    const unsigned char **data)
{
    static const struct {
        uint8_t reply, len, bytes[6];
    } all[] = {
        {REPLY_EMS, 4, {0, 23, 0, 0}},
        {REPLY_POINT_FORMATS, 6, {0, 11, 0, 2, 1, 0}}, /* uncompressed */
        {REPLY_TICKET, 4, {0, 35, 0, 0}},
        {REPLY_STATUS, 4, {0, 5, 0, 0}},
    };
    const struct tls *t = of_policy(hook);
    struct span given;

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if ((t->replies & all[i].reply) != 0 && index-- == 0) {
            *data = all[i].bytes;
            return all[i].len;
        }
    }
    given = serverinfo_extension(&t->ctx->serverinfo, SERVERINFO_HELLO, t->serverinfo, index);
    *data = given.data;
    return given.len;
}

static size_t policy_hook_status(const br_ssl_server_policy_class **hook,
                                 const unsigned char **data)
{
    const struct tls *t = of_policy(hook);

    if ((t->replies & REPLY_STATUS) == 0) {
        return 0;
    }
    *data = t->choice.cred->staple->der.data;
    return t->choice.cred->staple->der.len;
}

static unsigned policy_hook_hello(const br_ssl_server_policy_class **hook,
                                  const unsigned char *data, size_t len)
{
    return renegotiate_judge(of_policy(hook), data, len);
}

const br_ssl_server_policy_class tls_policy_class = {
    .context_size = sizeof(const br_ssl_server_policy_class *),
    .choose = policy_hook_choose,
    .do_keyx = policy_hook_keyx,
    .do_sign = policy_hook_sign,
    .extension = policy_hook_extension,
    .status = policy_hook_status,
    .hello = TINY_STANDIN ? policy_hook_hello : NULL,
};

/* ---- session cache ----------------------------------------------------- */

static struct tls *of_cache(const br_ssl_session_cache_class **hook)
{
    uint8_t *at = (uint8_t *)(uintptr_t)hook;

    return ((struct tls12 *)(void *)(at - offsetof(struct tls12, cache)))->tls;
}

static struct session session_of(const struct tls *t)
{
    const br_ssl_session_parameters *params = &t->v12->server.eng.session;
    struct session s = {
        .version = params->version,
        .suite = params->cipher_suite,
        .verdict = (uint8_t)t->info.verdict,
        .ems = params->extended != 0,
        .created_ms = t->session_made_ms,
    };

    memcpy(s.id, params->session_id, sizeof s.id);
    memcpy(s.master_secret, params->master_secret, sizeof s.master_secret);
    memcpy(s.binding, t->binding, sizeof s.binding);
    memcpy(s.fingerprint, t->choice.cred->fingerprint, sizeof s.fingerprint);
    memcpy(s.peer_subject, t->info.peer_subject, sizeof s.peer_subject);
    return s;
}

/* Called when a full handshake has ended well. Without an ID there is nothing
 * to find it by: the client has a ticket, or no session is kept at all. */
static void cache_hook_save(const br_ssl_session_cache_class **hook, br_ssl_server_context *server,
                            const br_ssl_session_parameters *params)
{
    struct tls *t = of_cache(hook);
    struct session s;

    (void)server;
    if (params->session_id_len == sizeof s.id) {
        s = session_of(t);
        session_save(t->ctx->sessions, &s);
        bytes_wipe(&s, sizeof s);
    }
}

/* Everything is in params already but for the ID, which is the client's. */
static int cache_hook_load(const br_ssl_session_cache_class **hook, br_ssl_server_context *server,
                           br_ssl_session_parameters *params)
{
    (void)server;
    (void)params;
    return of_cache(hook)->resume;
}

/* The body of NewSessionTicket. A ticket of no length tells the client that it
 * gets none after all. */
static size_t cache_hook_ticket(const br_ssl_session_cache_class **hook,
                                br_ssl_server_context *server, unsigned char *body, size_t max)
{
    struct tls *t = of_cache(hook);
    struct tls_context *ctx = t->ctx;
    uint64_t now_ms = clock_now_ms();
    uint32_t age_s = (uint32_t)((now_ms - t->session_made_ms) / 1000);
    uint32_t timeout_s = ctx->config->session_timeout_s;
    struct session s;
    size_t len;

    (void)server;
    if ((t->replies & REPLY_TICKET) == 0) {
        return 0;
    }
    must(max >= 6 + TICKET_MAX);
    s = session_of(t);
    len = ticket_seal(&ctx->tickets, &s, now_ms, clock_wall_s(), &ctx->rng, body + 6);
    bytes_wipe(&s, sizeof s);
    /* A slow handshake may outlast the session; zero would say that nothing is known. */
    put_u32(body, age_s < timeout_s ? timeout_s - age_s : 1);
    put_u16(body + 4, (uint16_t)len);
    ctx->counters->tickets_issued += len > 0;
    return 6 + len;
}

const br_ssl_session_cache_class tls_cache_class = {
    .context_size = sizeof(const br_ssl_session_cache_class *),
    .save = cache_hook_save,
    .load = cache_hook_load,
    .ticket = cache_hook_ticket,
};

/* ---- primitives -------------------------------------------------------- */

/* The engine's own elliptic curves are limited to the group that was agreed;
 * a client certificate may be on any curve. */
uint32_t tls_ecdsa_verify(const br_ec_impl *impl, const void *hash, size_t hash_len,
                          const br_ec_public_key *pk, const void *sig, size_t sig_len)
{
    (void)impl;
    return crypto_ecdsa_vrfy()(crypto_ec(), hash, hash_len, pk, sig, sig_len);
}

/* An OID of length 0 is patch 21's sign for RSASSA-PSS: the hash's number follows
 * it, and the salt is as long as the hash (RFC 8446, section 4.2.3). */
uint32_t tls_rsa_verify(const unsigned char *sig, size_t sig_len, const unsigned char *hash_oid,
                        size_t hash_len, const br_rsa_public_key *pk, unsigned char *hash)
{
    if (hash_oid != NULL && hash_oid[0] == 0) {
        struct x509_sig_kind kind = {.key_type = BR_KEYTYPE_RSA,
                                     .hash_id = hash_oid[1],
                                     .pss = true,
                                     .salt_len = (uint16_t)hash_len};

        br_x509_pkey key = {.key_type = BR_KEYTYPE_RSA, .key.rsa = *pk};

        return x509_sig_fits(&kind, span_of(sig, sig_len), hash, &key);
    }
    return br_rsa_i31_pkcs1_vrfy(sig, sig_len, hash_oid, hash_len, pk, hash);
}

/* X25519 with a share of low order gives zero, which RFC 8422 section 5.11
 * wants refused. */
uint32_t tls_ec_mul(unsigned char *point, size_t point_len, const unsigned char *x, size_t x_len,
                    int curve)
{
    uint32_t good = crypto_ec()->mul(point, point_len, x, x_len, curve);
    uint32_t bits = 0;

    if (curve == BR_EC_curve25519) {
        for (size_t i = 0; i < point_len; i++) {
            bits |= point[i];
        }
        good &= (bits + 0xFF) >> 8; /* 1 unless every byte was zero */
    }
    return good;
}
