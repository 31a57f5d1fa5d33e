#include "core/deadline.h"

#include <stddef.h>

void deadline_disarm(struct deadline *d)
{
    struct deadline_queue *q = d->queue;

    if (q == NULL) {
        return;
    }
    if (d->prev != NULL) {
        d->prev->next = d->next;
    } else {
        q->first = d->next;
    }
    if (d->next != NULL) {
        d->next->prev = d->prev;
    } else {
        q->last = d->prev;
    }
    d->prev = NULL;
    d->next = NULL;
    d->queue = NULL;
}

void deadline_arm(struct deadline_queue *q, struct deadline *d, uint64_t now_ms)
{
    deadline_disarm(d);
    if (q->duration_ms == 0) {
        return;
    }
    d->queue = q;
    d->at_ms = now_ms + q->duration_ms;
    d->prev = q->last;
    d->next = NULL;
    if (q->last != NULL) {
        q->last->next = d;
    } else {
        q->first = d;
    }
    q->last = d;
}

struct deadline *deadline_due(const struct deadline_queue *q, uint64_t now_ms)
{
    return q->first != NULL && q->first->at_ms <= now_ms ? q->first : NULL;
}

uint64_t deadline_next_ms(const struct deadline_queue *q)
{
    return q->first != NULL ? q->first->at_ms : UINT64_MAX;
}
