/*
 * What BearSSL's engine calls back: the policy (certificate and private key
 * operations), the session cache, and two primitives that look closer than
 * its own.
 */
#include "core/clock.h"
#include "crypto/crypto.h"
#include "tls/internal.h"
#include "tls/rsasign.h"

#include <string.h>

/* ---- policy ------------------------------------------------------------ */

static struct tls *of_policy(const br_ssl_server_policy_class **hook)
{
    return (struct tls *)(void *)((uint8_t *)(uintptr_t)hook - offsetof(struct tls, policy));
}

/* All was settled from the ClientHello; called only in a full handshake. */
static int policy_hook_choose(const br_ssl_server_policy_class **hook,
                              const br_ssl_server_context *server, br_ssl_server_choices *choices)
{
    struct tls *t = of_policy(hook);

    (void)server;
    t->full_handshake = true;
    t->info.verdict = t->verifier != NULL ? TLS_PEER_NONE : TLS_PEER_NOT_ASKED;
    t->info.peer_subject[0] = '\0';
    choices->cipher_suite = t->choice.suite;
    choices->algo_id = 0xFF00u + t->choice.hash_id;
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

    if (cred->key_type == CRED_RSA) {
        return br_rsa_ssl_decrypt(t->ctx->rsa_private, &cred->key.rsa, data, *len);
    }
    good = ec->mul(data, *len, cred->key.ec.x, cred->key.ec.xlen, cred->key.ec.curve);
    x_offset = ec->xoff(cred->key.ec.curve, &x_len);
    memmove(data, data + x_offset, x_len);
    *len = x_len;
    return good;
}

static size_t policy_hook_sign(const br_ssl_server_policy_class **hook, unsigned algo_id,
                               unsigned char *data, size_t hash_len, size_t cap)
{
    struct tls *t = of_policy(hook);
    const struct cred *cred = t->choice.cred;
    unsigned hash_id = algo_id & 0xFF;
    unsigned char hash[64];
    size_t len = 0;

    if (hash_len <= sizeof hash && cap >= 512) {
        memcpy(hash, data, hash_len);
        if (cred->key_type == CRED_RSA) {
            len = rsasign(t->ctx->rsa_private, &cred->key.rsa, &cred->rsa_public, hash_id, hash,
                          hash_len, data);
        } else {
            const br_hash_class *class = br_multihash_getimpl(&t->server.eng.mhash, (int)hash_id);

            len = class != NULL
                      ? t->ctx->ecdsa_sign(t->ctx->ec_base, class, hash, &cred->key.ec, data)
                      : 0;
        }
    }
    t->sign_failed = len == 0;
    return len;
}

const br_ssl_server_policy_class tls_policy_class = {
    .context_size = sizeof(const br_ssl_server_policy_class *),
    .choose = policy_hook_choose,
    .do_keyx = policy_hook_keyx,
    .do_sign = policy_hook_sign,
};

/* ---- session cache ----------------------------------------------------- */

static struct tls *of_cache(const br_ssl_session_cache_class **hook)
{
    return (struct tls *)(void *)((uint8_t *)(uintptr_t)hook - offsetof(struct tls, cache));
}

/* Called when a full handshake has ended well. */
static void cache_hook_save(const br_ssl_session_cache_class **hook, br_ssl_server_context *server,
                            const br_ssl_session_parameters *params)
{
    struct tls *t = of_cache(hook);
    struct session s = {
        .version = params->version,
        .suite = params->cipher_suite,
        .verdict = (uint8_t)t->info.verdict,
        .created_ms = clock_now_ms(),
    };

    (void)server;
    memcpy(s.id, params->session_id, sizeof s.id);
    memcpy(s.master_secret, params->master_secret, sizeof s.master_secret);
    memcpy(s.binding, t->binding, sizeof s.binding);
    memcpy(s.fingerprint, t->choice.cred->fingerprint, sizeof s.fingerprint);
    memcpy(s.peer_subject, t->info.peer_subject, sizeof s.peer_subject);
    session_save(t->ctx->sessions, &s);
    bytes_wipe(&s, sizeof s);
}

/* The session must have been made under all that holds now: endpoint, client
 * authentication, name, certificate, and what is configured. */
static bool may_resume(const struct tls *t, const struct session *s)
{
    enum policy_keyx keyx;
    const struct cred *cred;

    if (s->version != t->choice.version ||
        !policy_allows(t->ctx->config, s->suite, s->version, &keyx)) {
        return false;
    }
    cred = keyx == KEYX_RSA || keyx == KEYX_ECDHE_RSA ? t->entry->rsa : t->entry->ec;
    return cred != NULL && memcmp(s->fingerprint, cred->fingerprint, sizeof s->fingerprint) == 0 &&
           memcmp(s->binding, t->binding, sizeof s->binding) == 0;
}

static int cache_hook_load(const br_ssl_session_cache_class **hook, br_ssl_server_context *server,
                           br_ssl_session_parameters *params)
{
    struct tls *t = of_cache(hook);
    const struct session *s = session_find(t->ctx->sessions, params->session_id, clock_now_ms());

    (void)server;
    if (s == NULL || !may_resume(t, s)) {
        t->ctx->counters->session_misses++;
        return 0;
    }
    t->ctx->counters->session_hits++;
    params->version = s->version;
    params->cipher_suite = s->suite;
    memcpy(params->master_secret, s->master_secret, sizeof params->master_secret);
    t->info.verdict = (enum tls_verdict)s->verdict;
    memcpy(t->info.peer_subject, s->peer_subject, sizeof t->info.peer_subject);
    return 1;
}

const br_ssl_session_cache_class tls_cache_class = {
    .context_size = sizeof(const br_ssl_session_cache_class *),
    .save = cache_hook_save,
    .load = cache_hook_load,
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

/* X25519 with a share of low order gives zero, which RFC 8422 section 5.11
 * wants refused; the engine then goes on with a random secret and Finished
 * fails. */
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
