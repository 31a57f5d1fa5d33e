/*
 * What a ClientHello comes to: everything is settled here before an engine sees
 * it, a session to resume too. The engine only obeys.
 */
#include "config/sslop.h"
#include "core/build.h"
#include "core/clock.h"
#include "tls/internal.h"
#include "tls/ocsp.h"
#include "tls/servername.h"

#include <string.h>

/* All that gives a session its rights. A protocol, which TLS 1.2 agrees anew in every
 * handshake, stands behind a NUL, which no name holds. */
void agree_bind(struct tls *t, const char *alpn)
{
    const struct config *config = t->ctx->config;
    br_sha256_context sha;
    uint8_t fixed[12];

    put_u32(fixed, t->endpoint_id);
    put_u32(fixed + 4, (uint32_t)config->verify);
    put_u32(fixed + 8, (uint32_t)config->crl_check);
    br_sha256_init(&sha);
    br_sha256_update(&sha, fixed, sizeof fixed);
    br_sha256_update(&sha, t->ctx->rules, sizeof t->ctx->rules);
    if (TINY_CLIENTS && t->trust != NULL) {
        br_sha256_update(&sha, t->trust->set->digest, sizeof t->trust->set->digest);
    }
    br_sha256_update(&sha, t->info.server_name, strlen(t->info.server_name));
    if (alpn != NULL) {
        br_sha256_update(&sha, "", 1);
        br_sha256_update(&sha, alpn, strlen(alpn));
    }
    br_sha256_out(&sha, t->binding);
}

void agree_note_suites(struct tls *t, struct span offered)
{
    const struct config *config = t->ctx->config;

    _Static_assert(CONFIG_MAX_SUITES <= 64 && CONFIG_MAX_CIPHERSUITES <= 8, "a bit for each suite");
    t->info.common_suites = 0;
    t->info.common13 = 0;
    for (size_t i = 0; i < config->ciphersuite_count; i++) {
        t->info.common13 |= (uint8_t)(hello_list_has(offered, config->ciphersuites[i]) << i);
    }
    for (size_t i = 0; TINY_TLS12 && i < config->suite_count; i++) {
        if (hello_list_has(offered, config->suites[i])) {
            t->info.common_suites |= (uint64_t)1 << i;
        }
    }
}

/* ---- sessions ---------------------------------------------------------- */

/* The session that the hello names, with true; from a ticket or from the cache.
 * Who brings a ticket is not looked up by session ID, which then has another
 * meaning (RFC 5077, section 3.4). */
static bool find_session(struct tls *t, const struct hello *h, struct session *s)
{
    struct tls_context *ctx = t->ctx;
    const struct session *cached;

    t->renew_ticket = false;
    if (t->renegotiation != RENEGOTIATION_NONE &&
        (t->ask_certificate ||
         (ctx->config->options & SSLOP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION) != 0)) {
        return false;
    }
    if (h->ticket.len > 0 && ctx->tickets.count > 0) {
        return ticket_open(&ctx->tickets, h->ticket, clock_now_ms(), clock_wall_s(),
                           ctx->config->session_timeout_s, s, &t->renew_ticket);
    }
    if (h->session_id.len != sizeof s->id || ctx->sessions == NULL) {
        return false;
    }
    cached = session_find(ctx->sessions, h->session_id.data, clock_now_ms());
    if (cached != NULL) {
        *s = *cached;
    }
    return cached != NULL;
}

/* It must have been made under all that holds now (endpoint, client
 * authentication, name, certificate), and is never a way to another version or
 * suite than a full handshake with this hello would come to. */
static bool fits(const struct tls *t, const struct session *s)
{
    const struct policy_choice *c = &t->choice;

    return s->version == c->version && s->suite == c->suite &&
           memcmp(s->fingerprint, c->cred->fingerprint, sizeof s->fingerprint) == 0 &&
           memcmp(s->binding, t->binding, sizeof s->binding) == 0;
}

static void count_session(struct tls *t, const struct hello *h)
{
    struct counters *c = t->ctx->counters;

    if (h->ticket.len > 0 && t->ctx->tickets.count > 0) {
        c->tickets_taken += t->resume;
        c->tickets_refused += !t->resume;
    } else if (h->session_id.len == sizeof t->info.session_id && t->ctx->sessions != NULL) {
        c->session_hits += t->resume;
        c->session_misses += !t->resume;
    }
}

/* -1 when the handshake must end (RFC 7627, section 5.3). */
static int choose_session(struct tls *t, const struct hello *h)
{
    br_ssl_session_parameters *params = &t->v12->server.eng.session;
    struct session s;
    int result = 0;

    t->resume = find_session(t, h, &s) && fits(t, &s);
    if (t->resume && s.ems && (h->has & HELLO_HAS_EMS) == 0) {
        t->choice.alert = ALERT_HANDSHAKE_FAILURE;
        t->choice.reason = "the session has an extended master secret, the client offers none now";
        t->resume = false;
        result = -1;
    } else if (t->resume && s.ems != (params->extended != 0)) {
        t->resume = false;
    }
    if (t->resume) {
        params->version = s.version;
        params->cipher_suite = s.suite;
        memcpy(params->master_secret, s.master_secret, sizeof params->master_secret);
        t->session_made_ms = s.created_ms;
        t->info.verdict = (enum tls_verdict)s.verdict;
        memcpy(t->info.peer_subject, s.peer_subject, sizeof t->info.peer_subject);
    }
    count_session(t, h);
    bytes_wipe(&s, sizeof s);
    return result;
}

/* ---- the whole --------------------------------------------------------- */

/* What the ServerHello answers beside what the engine answers itself: only what
 * the client has offered. */
static unsigned choose_replies(const struct tls *t, const struct hello *h)
{
    unsigned replies = t->v12->server.eng.session.extended ? REPLY_EMS : 0;
    bool ticket = (h->has & HELLO_HAS_TICKET) != 0 && t->ctx->tickets.count > 0;

    if (t->resume) {
        return replies | (ticket && t->renew_ticket ? REPLY_TICKET : 0);
    }
    if (ticket) {
        replies |= REPLY_TICKET;
    }
    if ((h->has & HELLO_HAS_POINT_FORMATS) != 0 && t->choice.keyx != KEYX_RSA) {
        replies |= REPLY_POINT_FORMATS;
    }
    if ((h->has & HELLO_HAS_STATUS) != 0 &&
        ocsp_staple_now(t->choice.cred, clock_wall_s()).len > 0) {
        replies |= REPLY_STATUS;
    }
    return replies;
}

int agree(struct tls *t, const struct hello *h)
{
    struct tls_context *ctx = t->ctx;

    if (policy_version(ctx->config, h, &t->choice) != 0) {
        return -1;
    }
    t->creds = cred_set_hold(ctx->creds);
    t->trust = trust_hold(ctx->trust);
    agree_note_suites(t, h->suites);
    if (servername_pick(t, h) != 0 || policy_suite(ctx->config, h, t->entry, &t->choice) != 0 ||
        policy_alpn(ctx->config, h, &t->choice) != 0) {
        return -1;
    }
    t->alpn = t->choice.alpn;
    agree_bind(t, NULL);
    t->v12->server.eng.session.extended =
        (h->has & HELLO_HAS_EMS) != 0 &&
        (ctx->config->options & SSLOP_NO_EXTENDED_MASTER_SECRET) == 0;
    t->full_handshake = false;
    t->session_made_ms = clock_now_ms();
    if (choose_session(t, h) != 0) {
        return -1;
    }
    t->replies = (uint8_t)choose_replies(t, h);
    t->serverinfo = serverinfo_wanted(&ctx->serverinfo, h, t->resume);
    return 0;
}
