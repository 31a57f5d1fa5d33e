/*
 * Early data is taken once for each ticket (RFC 8446, section 8.1): tickets that allow
 * it are numbered in the order in which they are made, and a bit for each of the
 * last EARLY13_WINDOW says whether early data came with it. Older tickets bring none,
 * nor do those that another process has made, be it another server with the same keys
 * or this one before it was started anew: the numbers begin anywhere in 64 bits.
 * Owns nothing; the memory never grows.
 */
#ifndef TINY_TLS_EARLY13_H
#define TINY_TLS_EARLY13_H

#include <bearssl.h>
#include <stdbool.h>

#define EARLY13_WINDOW 65536u
/* How far the client's idea of its ticket's age may be from ours, in both directions. */
#define EARLY13_AGE_MS 10000

struct early13 {
    uint64_t next;
    uint32_t taken[EARLY13_WINDOW / 32];
};

void early13_begin(struct early13 *e, br_hmac_drbg_context *rng);
/* The number of a new ticket. */
uint64_t early13_number(struct early13 *e);
/* True the first time for each number that was given out and is not too old. */
bool early13_take(struct early13 *e, uint64_t number);
/* Is a ticket of age_ms what a client means that says obfuscated (section 4.2.11.1)? */
bool early13_age_fits(uint64_t age_ms, uint32_t obfuscated, uint32_t age_add);

#endif
