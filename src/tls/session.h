/*
 * The session cache: a fixed number of entries, allocated once, found by
 * session ID through a hash index, dropped by age and by least recent use. It
 * owns its memory and wipes every secret when an entry goes. It knows nothing
 * of engines: who may resume what is decided with the fields stored here.
 */
#ifndef TINY_TLS_SESSION_H
#define TINY_TLS_SESSION_H

#include "core/counters.h"
#include "tls/info.h"

struct session {
    uint8_t id[32];
    uint8_t master_secret[48]; /* TLS 1.3: the PSK, as long as the suite's hash */
    uint8_t binding[32];       /* endpoint, client-authentication policy, server name */
    uint8_t fingerprint[32];   /* of our certificate */
    uint16_t version;
    uint16_t suite;
    uint8_t verdict; /* enum tls_verdict */
    bool ems;        /* the master secret is extended (RFC 7627) */
    uint64_t created_ms;
    /* TLS 1.3 alone; issued_ms is the ticket's, on the monotonic clock. */
    uint32_t age_add;
    uint32_t early;  /* bytes of early data that may come with it */
    uint64_t serial; /* tls/early13.h */
    uint64_t issued_ms;
    char peer_subject[TLS_SUBJECT_MAX];
};

struct session_cache;

/* NULL when there is no memory or entries is 0. counters are kept by
 * reference. */
struct session_cache *session_cache_new(uint32_t entries, uint32_t timeout_s,
                                        struct counters *counters);
void session_cache_free(struct session_cache *cache);
/* Copies it in; the least recently used entry makes room. */
void session_save(struct session_cache *cache, const struct session *session);
/* The entry, now the most recently used, or NULL when it is not there or has
 * expired. Valid until the next call. Counts nothing but timeouts. */
const struct session *session_find(struct session_cache *cache, const uint8_t id[32],
                                   uint64_t now_ms);
/* Drops the entry if it is there. */
void session_forget(struct session_cache *cache, const uint8_t id[32]);
/* Drops what is too old, looking at a bounded number of entries. */
void session_expire(struct session_cache *cache, uint64_t now_ms);

#endif
