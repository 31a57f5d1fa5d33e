#include "tls/session.h"
#include "core/bytes.h"

#include <stdlib.h>
#include <string.h>

#define NONE         UINT32_MAX
#define EXPIRE_BATCH 256

/*
 * Entries lie in one array. A used entry is in the chain of its bucket (next)
 * and in the list by use (newer, older); an unused one is in the list of free
 * entries, linked by next.
 */
struct entry {
    struct session session;
    uint32_t next;
    uint32_t newer, older;
};

struct session_cache {
    struct counters *counters;
    uint64_t timeout_ms;
    uint32_t size;
    uint32_t bucket_mask;
    uint32_t newest, oldest;
    uint32_t free;
    struct entry *entries;
    uint32_t *buckets;
};

struct session_cache *session_cache_new(uint32_t entries, uint32_t timeout_s,
                                        struct counters *counters)
{
    struct session_cache *c = calloc(1, sizeof *c);
    uint32_t buckets = 1;

    while (buckets < entries && buckets < (1u << 30)) {
        buckets *= 2;
    }
    if (c == NULL || entries == 0 || entries > (1u << 30)) {
        free(c);
        return NULL;
    }
    c->entries = calloc(entries, sizeof *c->entries);
    c->buckets = malloc(buckets * sizeof *c->buckets);
    if (c->entries == NULL || c->buckets == NULL) {
        free(c->entries);
        free(c->buckets);
        free(c);
        return NULL;
    }
    c->counters = counters;
    c->timeout_ms = (uint64_t)timeout_s * 1000;
    c->size = entries;
    c->bucket_mask = buckets - 1;
    c->newest = c->oldest = NONE;
    memset(c->buckets, 0xFF, buckets * sizeof *c->buckets);
    for (uint32_t i = 0; i < entries; i++) {
        c->entries[i].next = i + 1 < entries ? i + 1 : NONE;
    }
    return c;
}

void session_cache_free(struct session_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    bytes_wipe(cache->entries, cache->size * sizeof *cache->entries);
    free(cache->entries);
    free(cache->buckets);
    free(cache);
}

/* Session IDs are our own random bytes, perhaps behind a prefix, so the last four
 * make a fair hash; those that a client invents are only looked up, never stored. */
static uint32_t *bucket_of(struct session_cache *c, const uint8_t id[32])
{
    uint32_t h;

    memcpy(&h, id + (32 - sizeof h), sizeof h);
    return &c->buckets[h & c->bucket_mask];
}

static void list_remove(struct session_cache *c, uint32_t i)
{
    struct entry *e = &c->entries[i];

    *(e->newer == NONE ? &c->newest : &c->entries[e->newer].older) = e->older;
    *(e->older == NONE ? &c->oldest : &c->entries[e->older].newer) = e->newer;
}

static void list_put_newest(struct session_cache *c, uint32_t i)
{
    struct entry *e = &c->entries[i];

    e->newer = NONE;
    e->older = c->newest;
    *(c->newest == NONE ? &c->oldest : &c->entries[c->newest].newer) = i;
    c->newest = i;
}

static void drop(struct session_cache *c, uint32_t i)
{
    struct entry *e = &c->entries[i];
    uint32_t *link = bucket_of(c, e->session.id);

    while (*link != i) {
        link = &c->entries[*link].next;
    }
    *link = e->next;
    list_remove(c, i);
    bytes_wipe(&e->session, sizeof e->session);
    e->next = c->free;
    c->free = i;
    c->counters->session_entries--;
}

static uint32_t look_up(struct session_cache *c, const uint8_t id[32])
{
    uint32_t i = *bucket_of(c, id);

    while (i != NONE && !span_equal_ct(span_of(c->entries[i].session.id, 32), span_of(id, 32))) {
        i = c->entries[i].next;
    }
    return i;
}

void session_save(struct session_cache *cache, const struct session *session)
{
    uint32_t i = look_up(cache, session->id);
    uint32_t *link;

    if (i != NONE) {
        drop(cache, i);
    } else if (cache->free == NONE) {
        drop(cache, cache->oldest);
        cache->counters->session_overflows++;
    }
    i = cache->free;
    cache->free = cache->entries[i].next;
    cache->entries[i].session = *session;
    link = bucket_of(cache, session->id);
    cache->entries[i].next = *link;
    *link = i;
    list_put_newest(cache, i);
    cache->counters->session_stored++;
    cache->counters->session_entries++;
}

static bool expired(const struct session_cache *c, uint32_t i, uint64_t now_ms)
{
    return now_ms - c->entries[i].session.created_ms > c->timeout_ms;
}

const struct session *session_find(struct session_cache *cache, const uint8_t id[32],
                                   uint64_t now_ms)
{
    uint32_t i = look_up(cache, id);

    if (i == NONE) {
        return NULL;
    }
    if (expired(cache, i, now_ms)) {
        drop(cache, i);
        cache->counters->session_timeouts++;
        return NULL;
    }
    list_remove(cache, i);
    list_put_newest(cache, i);
    return &cache->entries[i].session;
}

void session_forget(struct session_cache *cache, const uint8_t id[32])
{
    uint32_t i = look_up(cache, id);

    if (i != NONE) {
        drop(cache, i);
    }
}

void session_expire(struct session_cache *cache, uint64_t now_ms)
{
    uint32_t i = cache->oldest;

    for (unsigned n = 0; n < EXPIRE_BATCH && i != NONE; n++) {
        uint32_t newer = cache->entries[i].newer;

        if (expired(cache, i, now_ms)) {
            drop(cache, i);
            cache->counters->session_timeouts++;
        }
        i = newer;
    }
}
