#include "tls/early13.h"
#include "tls/internal.h"
#include "core/build.h"

#include <string.h>

/* What the client may send before it knows that early data was refused: a server that
 * never allowed any has to skip some, too, since the ticket may be older than its
 * configuration. */
#define SKIP_LEAST 16384u

/* ---- numbers ------------------------------------------------------------- */

static uint32_t *word_of(struct early13 *e, uint64_t number, uint32_t *bit)
{
    *bit = (uint32_t)1 << number % 32;
    return &e->taken[number % EARLY13_WINDOW / 32];
}

void early13_begin(struct early13 *e, br_hmac_drbg_context *rng)
{
    memset(e->taken, 0xFF, sizeof e->taken);
    br_hmac_drbg_generate(rng, &e->next, sizeof e->next);
}

uint64_t early13_number(struct early13 *e)
{
    uint32_t bit;
    uint32_t *word = word_of(e, e->next, &bit);

    *word &= ~bit; /* not in one expression: nothing says that the call comes first */
    return e->next++;
}

bool early13_take(struct early13 *e, uint64_t number)
{
    uint64_t behind = e->next - number;
    uint32_t bit;
    uint32_t *word = word_of(e, number, &bit);

    if (behind == 0 || behind > EARLY13_WINDOW || (*word & bit) != 0) {
        return false;
    }
    *word |= bit;
    return true;
}

bool early13_age_fits(uint64_t age_ms, uint32_t obfuscated, uint32_t age_add)
{
    uint64_t theirs = (uint32_t)(obfuscated - age_add);

    return theirs <= age_ms + EARLY13_AGE_MS && age_ms <= theirs + EARLY13_AGE_MS;
}

/* ---- in a handshake ------------------------------------------------------ */

/* It is looked at last whether the ticket was used before: what is refused for another
 * reason uses up nothing. */
static bool acceptable(struct tls *t)
{
    const struct handshake13 *hs = t->v13.handshake;
    struct tls_context *ctx = t->ctx;

    return TINY_EXTRAS && hs->psk.early && !hs->retry &&
           (ctx->early == NULL || early13_take(ctx->early, hs->psk.number));
}

void early13_settle(struct tls *t)
{
    struct tls13 *t13 = &t->v13;
    struct handshake13 *hs = t13->handshake;
    uint32_t most = t->ctx->config->early_data;

    if (!hs->early_offered || hs->retried) {
        hs->psk.early = t13->skipping = false;
        return;
    }
    hs->psk.early = acceptable(t);
    t->info.early_data = hs->psk.early;
    t13->skipping = !hs->psk.early;
    if (hs->psk.early) {
        t13->early_left = hs->psk.early_most;
        t->ctx->counters->early_accepted++;
    } else {
        most = most > hs->psk.early_most ? most : hs->psk.early_most;
        t13->early_left = most > SKIP_LEAST ? most : SKIP_LEAST;
        t->ctx->counters->early_refused++;
    }
}
