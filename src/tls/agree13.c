/*
 * What a ClientHello comes to in TLS 1.3: all that can be settled from it, once or,
 * behind a HelloRetryRequest, twice.
 */
#include "core/build.h"
#include "core/clock.h"
#include "tls/certcomp.h"
#include "tls/engine13.h"
#include "tls/internal.h"
#include "tls/ocsp.h"
#include "tls/policy13.h"
#include "tls/servername.h"

#include <string.h>

/* What the first hello alone decides; the second one must be the same in this. */
static int settle_first(struct tls *t, const struct hello *h)
{
    struct tls_context *ctx = t->ctx;
    struct handshake13 *hs = t->v13.handshake;

    t->creds = cred_set_hold(ctx->creds);
    if (TINY_CLIENTS) {
        t->trust = trust_hold(ctx->trust);
    }
    agree_note_suites(t, h->suites);
    if (servername_pick(t, h) != 0 || policy_alpn(ctx->config, h, &t->choice) != 0 ||
        policy13_suite(ctx->config, h, &t->choice) != 0) {
        return -1;
    }
    t->warn_name = false; /* TLS 1.3 has no warnings */
    t->alpn = t->choice.alpn;
    agree_bind(t, t->alpn);
    hs->name_used = (h->has & HELLO_HAS_SNI) != 0 && t->entry->name != NULL;
    t->v13.may_ask =
        TINY_STANDIN && ctx->config->mode == MODE_CONSOLE && (h->has & HELLO_HAS_POST_AUTH) != 0;
    hs->early_offered = (h->has & HELLO_HAS_EARLY_DATA) != 0;
    memcpy(hs->session_id, h->session_id.data, h->session_id.len);
    hs->session_id_len = (uint8_t)h->session_id.len;
    return 0;
}

/* The share, or what to ask for. 0 as a group: none in common, which does no harm where a
 * pre-shared key alone is enough. */
static void settle_group(struct tls *t, const struct hello *h)
{
    struct handshake13 *hs = t->v13.handshake;

    if (hs->retried) {
        hs->share = hello13_share(h, t->choice.group);
    } else if (policy13_group(t->ctx->config, h, &hs->share, &t->choice) != 0) {
        t->choice.group = 0;
    }
    hs->retry = t->choice.group != 0 && hs->share.len == 0;
}

/* RFC 8449: the limit counts the inner type, too, and a server that knows it passes over
 * max_fragment_length beside it, which holds for both directions. */
static void settle_limits(struct tls *t, const struct hello *h)
{
    struct handshake13 *hs = t->v13.handshake;
    uint32_t ours = t->ctx->config->max_send_fragment;
    uint32_t limit = RECORD13_MAX_PLAIN;

    hs->limit_answer = (h->has & HELLO_HAS_RECORD_LIMIT) != 0;
    hs->fragment_len = hs->limit_answer ? 0 : h->fragment_len;
    if (hs->limit_answer && h->record_limit <= limit) {
        limit = h->record_limit - 1u;
    } else if (hs->fragment_len != 0) {
        limit = (uint32_t)256 << hs->fragment_len;
    }
    t->v13.send_limit = (uint16_t)(ours != 0 && ours < limit ? ours : limit);
    t->v13.recv_limit = (uint16_t)((hs->fragment_len != 0 ? limit : RECORD13_MAX_PLAIN) + 1);
}

/* With a pre-shared key there is no certificate of either side, and maybe no share. */
static int settle_proof(struct tls *t, const struct hello *h)
{
    struct tls_context *ctx = t->ctx;
    struct handshake13 *hs = t->v13.handshake;

    if (hs->psk.chosen && !hs->psk.dhe) {
        t->choice.group = 0;
        hs->share.len = 0;
        hs->retry = false;
    } else if ((h->has & HELLO_HAS_GROUPS) == 0) {
        return tls13_refuse(t, ALERT_MISSING_EXTENSION, "supported_groups is missing");
    } else if (t->choice.group == 0) {
        return tls13_refuse(t, ALERT_HANDSHAKE_FAILURE, "no group in common");
    }
    if (TINY_EXTRAS && !hs->psk.chosen && ctx->config->psk_only) {
        return tls13_refuse(t, ALERT_HANDSHAKE_FAILURE, "the client has not the key of ssl.psk");
    }
    if (!hs->psk.chosen && (h->has & HELLO_HAS_SIGNATURES) == 0) {
        return tls13_refuse(t, ALERT_MISSING_EXTENSION, "signature_algorithms is missing");
    }
    if (!hs->psk.chosen && t->choice.signature == 0) {
        return tls13_refuse(t, ALERT_HANDSHAKE_FAILURE, "no signature scheme in common");
    }
    hs->ask_certificate = TINY_CLIENTS && !hs->psk.chosen && ctx->config->verify != VERIFY_NONE;
    hs->staple = TINY_CLIENTS && !hs->psk.chosen && (h->has & HELLO_HAS_STATUS) != 0 &&
                 ocsp_staple_now(t->choice.cred, clock_wall_s()).len > 0;
    hs->compression =
        TINY_EXTRAS && !hs->psk.chosen ? certcomp_choose(t->choice.cred, h->compressions) : 0;
    t->serverinfo = serverinfo_wanted(&ctx->serverinfo, h, hs->psk.chosen);
    t->full_handshake = !hs->psk.chosen;
    return 0;
}

static void add_to_transcript(struct tls *t, struct span message)
{
    struct handshake13 *hs = t->v13.handshake;

    if (!hs->retried) {
        transcript13_begin(&hs->transcript, hash13_of_suite(t->choice.suite));
    }
    transcript13_add(&hs->transcript, message);
}

int agree13(struct tls *t, const struct hello *h, struct span message)
{
    struct handshake13 *hs = t->v13.handshake;
    struct hello whole = *h;

    if (hello13_parse(&whole) != 0) {
        return tls13_refuse(t, whole.alert, whole.reason);
    }
    h = &whole;
    if ((hs->retried ? retry13_check(t, h) : settle_first(t, h)) != 0) {
        return -1;
    }
    /* A client that has only pre-shared keys to offer may name no scheme in common. */
    (void)policy13_certificate(t->ctx->config, h, t->entry, &t->choice);
    settle_group(t, h);
    settle_limits(t, h);
    if (psk13_choose(t, h, message) != 0 || settle_proof(t, h) != 0) {
        return -1;
    }
    if (hs->retry) {
        retry13_note(t, h);
    }
    add_to_transcript(t, message);
    return 0;
}
