#include "server/slots.h"
#include "core/bytes.h"
#include "core/must.h"

#include <string.h>
#include <sys/mman.h>

static size_t aligned(size_t n)
{
    size_t unit = _Alignof(max_align_t);

    return (n + unit - 1) / unit * unit;
}

int slots_begin(struct slots *s, uint32_t max, size_t app_len)
{
    *s = (struct slots){.max = max};
    s->app_offset = aligned(sizeof(struct conn));
    s->tls_offset = s->app_offset + aligned(app_len);
    s->slot_len = s->tls_offset + aligned(tls_size());
    s->base = mmap(NULL, s->slot_len * max, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->base == MAP_FAILED) {
        s->base = NULL;
        return -1;
    }
    return 0;
}

void slots_end(struct slots *s)
{
    if (s->base != NULL) {
        munmap(s->base, s->slot_len * s->max);
        s->base = NULL;
    }
}

struct conn *slots_at(struct slots *s, uint32_t slot)
{
    return slot < s->touched ? (struct conn *)(void *)(s->base + slot * s->slot_len) : NULL;
}

struct conn *slots_take(struct slots *s)
{
    uint32_t slot;
    uint32_t generation;
    struct conn *c;

    if (s->free_top != 0) {
        slot = s->free_top - 1;
        /* A free slot keeps its generation and, in `slot`, the next free one. */
        s->free_top = slots_at(s, slot)->slot;
    } else if (s->touched < s->max) {
        slot = s->touched++;
    } else {
        return NULL;
    }
    c = slots_at(s, slot);
    generation = c->generation + 1;
    memset(c, 0, s->slot_len);
    c->slot = slot;
    c->generation = generation;
    c->fd = -1;
    c->app_state = (uint8_t *)c + s->app_offset;
    c->tls = (void *)((uint8_t *)c + s->tls_offset);
    s->taken++;
    return c;
}

void slots_give(struct slots *s, struct conn *c)
{
    uint32_t slot = c->slot;

    must(c->state == CONN_FREE && s->taken > 0);
    bytes_wipe(c->app_state, s->tls_offset - s->app_offset);
    c->slot = s->free_top;
    s->free_top = slot + 1;
    s->taken--;
}

struct conn *slots_find(struct slots *s, uint32_t slot, uint32_t generation)
{
    struct conn *c = slots_at(s, slot);

    return c != NULL && c->state != CONN_FREE && c->generation == generation ? c : NULL;
}

struct conn *slots_of_state(const struct slots *s, void *state)
{
    return (struct conn *)(void *)((uint8_t *)state - s->app_offset);
}
