/*
 * Deadlines as first-in first-out queues: every entry of a queue has the same
 * duration, so appending keeps the order and each operation is O(1). The
 * nodes lie in the things that they time; a queue owns nothing.
 */
#ifndef TINY_CORE_DEADLINE_H
#define TINY_CORE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline_queue;

struct deadline {
    struct deadline *prev, *next;
    struct deadline_queue *queue; /* NULL: not armed */
    uint64_t at_ms;
};

struct deadline_queue {
    struct deadline *first, *last;
    uint64_t duration_ms; /* 0: entries never expire and are not queued */
};

/* Arms d anew at the end of q: now_ms + q->duration_ms. */
void deadline_arm(struct deadline_queue *q, struct deadline *d, uint64_t now_ms);
/* No effect on one that is not armed. */
void deadline_disarm(struct deadline *d);
/* The first entry that is due, or NULL; it stays armed. */
struct deadline *deadline_due(const struct deadline_queue *q, uint64_t now_ms);
/* When the first entry is due, UINT64_MAX if the queue is empty. */
uint64_t deadline_next_ms(const struct deadline_queue *q);

#endif
