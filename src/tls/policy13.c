#include "tls/policy13.h"
#include "core/build.h"
#include "crypto/kex.h"

static int refuse(struct policy_choice *out, const char *reason)
{
    out->alert = ALERT_HANDSHAKE_FAILURE;
    out->reason = reason;
    return -1;
}

/* ---- suite --------------------------------------------------------------- */

static bool is_configured(const struct config *config, uint16_t suite)
{
    for (size_t i = 0; i < config->ciphersuite_count; i++) {
        if (config->ciphersuites[i] == suite) {
            return true;
        }
    }
    return false;
}

int policy13_suite(const struct config *config, const struct hello *h, struct policy_choice *out)
{
    struct reader r = reader_of(h->suites.data, h->suites.len);

    out->suite = 0;
    if (policy_prefers_chacha(config, h) && is_configured(config, 0x1303)) {
        out->suite = 0x1303;
    } else if (config->server_preference) {
        for (size_t i = 0; i < config->ciphersuite_count && out->suite == 0; i++) {
            if (hello_list_has(h->suites, config->ciphersuites[i])) {
                out->suite = config->ciphersuites[i];
            }
        }
    } else {
        while (reader_left(&r) >= 2 && out->suite == 0) {
            uint16_t suite = reader_u16(&r);

            out->suite = is_configured(config, suite) ? suite : 0;
        }
    }
    return out->suite != 0 ? 0 : refuse(out, "no cipher suite in common");
}

/* ---- group --------------------------------------------------------------- */

int policy13_group(const struct config *config, const struct hello *h, struct span *share,
                   struct policy_choice *out)
{
    uint16_t best = 0, ready = 0;

    for (size_t i = 0; i < config->group_count; i++) {
        uint16_t group = config->groups[i];

        if (!kex_knows(group) || !hello_list_has(h->groups, group)) {
            continue;
        }
        best = best == 0 ? group : best;
        if (ready == 0 && hello13_share(h, group).len > 0) {
            ready = group;
        }
    }
    if (best == 0) {
        return refuse(out, "no group in common");
    }
    out->group = ready == 0 || best == KEX_X25519MLKEM768 ? best : ready;
    *share = hello13_share(h, out->group);
    return 0;
}

/* ---- certificate --------------------------------------------------------- */

/* Without ssl.signature-algorithms: ECDSA first, which costs both sides less. */
static const struct sigalgs usual_schemes = {
    .schemes = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806},
    .count = TINY_COMFORT ? 6 : 1,
};

/* The entry's certificate that can sign so; NULL if none can. */
static const struct cred *signer(const struct cred_entry *entry, uint16_t scheme)
{
    if (TINY_COMFORT && entry->rsa != NULL && sigalg_is_pss(scheme) &&
        policy_fits_key(scheme, entry->rsa)) {
        return entry->rsa;
    }
    if (entry->ec != NULL && ((scheme == 0x0403 && entry->ec->key.ec.curve == BR_EC_secp256r1) ||
                              (scheme == 0x0503 && entry->ec->key.ec.curve == BR_EC_secp384r1) ||
                              (scheme == 0x0603 && entry->ec->key.ec.curve == BR_EC_secp521r1))) {
        return entry->ec;
    }
    return NULL;
}

/* Section 4.2.3: without signature_algorithms_cert the other list is for chains, too. */
static bool takes_chain(const struct hello *h, const struct cred *cred)
{
    struct span list =
        (h->has & HELLO_HAS_SIGNATURES_CERT) != 0 ? h->signatures_cert : h->signatures;

    for (size_t i = 0; i < ARRAY_LEN(cred->chain_schemes) && cred->chain_schemes[i] != 0; i++) {
        if (!hello_list_has(list, cred->chain_schemes[i])) {
            return false;
        }
    }
    return true;
}

int policy13_certificate(const struct config *config, const struct hello *h,
                         const struct cred_entry *entry, struct policy_choice *out)
{
    const struct sigalgs *ours =
        config->signatures.count > 0 ? &config->signatures : &usual_schemes;
    bool listed = (h->has & HELLO_HAS_SIGNATURES) != 0;

    out->cred = NULL;
    out->signature = 0;
    out->hash_id = 0;
    for (size_t i = 0; i < ours->count; i++) {
        uint16_t scheme = ours->schemes[i];
        const struct cred *cred = signer(entry, scheme);
        bool fits;

        if (cred == NULL || (listed && !hello_list_has(h->signatures, scheme))) {
            continue;
        }
        fits = !TINY_COMFORT || !listed || takes_chain(h, cred);
        if (out->cred == NULL || fits) {
            out->cred = cred;
            out->signature = listed ? scheme : 0;
            out->hash_id = listed ? policy_hash_of(scheme) : 0;
        }
        if (fits) {
            return 0;
        }
    }
    return out->cred != NULL ? 0 : refuse(out, "no signature scheme in common");
}
