/*
 * What the tests of TLS 1.3 ask about a handshake of the client by hand: that it came
 * through, or that it ended with the right alert, once, under the right keys, with
 * nothing left behind.
 */
#ifndef TINY_TESTS_HAND13_CHECK_H
#define TINY_TESTS_HAND13_CHECK_H

#include "hand13_play.h"
#include "tap.h"

/* A server of TLS 1.3 and 1.2 with the group after quantum computers first. */
static inline struct config config13(const char *key, const char *second)
{
    static const uint16_t suites[] = {0x1301, 0x1303, 0x1302};
    static const uint16_t groups[] = {KEX_X25519MLKEM768, 29, 23, 24, 25};
    static const uint16_t schemes[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806};
    struct config c = fixture_config(key, second);

    c.version_max = 0x0304;
    memcpy(c.ciphersuites, suites, sizeof suites);
    c.ciphersuite_count = ARRAY_LEN(suites);
    memcpy(c.groups, groups, sizeof groups);
    c.group_count = ARRAY_LEN(groups);
    memcpy(c.client_signatures.schemes, schemes, sizeof schemes);
    c.client_signatures.count = ARRAY_LEN(schemes);
    c.session_tickets = true;
    c.num_tickets = 2;
    c.anti_replay = true;
    c.psk = c.psk_identity = "";
    return c;
}

static inline void hand13_tell(const struct hand13 *c, const char *name)
{
    printf("# %s: alert %d, server: %s, client: %s\n", name, c->alert, hand13_reason(c),
           c->wrong != NULL ? c->wrong : "");
}

/* Nothing is taken from any pool. */
static inline bool hand13_nothing_left(const struct hand13 *c)
{
    const struct tls_context *ctx = c->ctx;

    return ctx->in_pool.taken == 0 && ctx->out_pool.taken == 0 && ctx->verify_pool.taken == 0 &&
           ctx->engine_pool.taken == 0 && ctx->handshake13_pool.taken == 0 &&
           ctx->message13_pool.taken == 0;
}

/* Says and counts nothing when all is right; -1: closed without an alert. */
static inline bool hand13_ends(struct hand13 *c, int alert, const char *name)
{
    const char *reason = hand13_reason(c);
    const char *wanted = alert >= 0 ? alert_name((unsigned)alert) : "";
    bool good;

    hand13_take(c);
    good = c->alert == alert && c->wrong == NULL && (tls_state(c->tls) & TLS_CLOSED) != 0 &&
           (tls_state(c->tls) & (TLS_RECV_APP | TLS_SEND_APP | TLS_RECV_REC)) == 0 &&
           strncmp(reason, wanted, strlen(wanted)) == 0 && reason[0] != '\0' &&
           (alert < 0 || c->alert_sealed == (c->read.suite != 0));
    tls_end(c->tls);
    good = good && hand13_nothing_left(c);
    if (!good) {
        hand13_tell(c, name);
    }
    return expect(good, name);
}

static inline bool hand13_opens(struct hand13 *c, const char *name)
{
    bool good = hand13_open(c);

    if (!good) {
        hand13_tell(c, name);
    }
    return expect(good, name);
}

#endif
