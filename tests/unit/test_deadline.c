/* core/deadline: order, re-arming, disarming from anywhere in the queue. */
#include "core/deadline.h"
#include "tap.h"

#define COUNT 200

static struct deadline nodes[COUNT];

/* The queue must hold exactly the armed nodes, in order of time. */
static bool consistent(const struct deadline_queue *q, unsigned armed)
{
    const struct deadline *before = NULL;
    unsigned n = 0;

    for (const struct deadline *d = q->first; d != NULL; d = d->next) {
        if (d->queue != q || d->prev != before || (before != NULL && before->at_ms > d->at_ms)) {
            return false;
        }
        before = d;
        n++;
    }
    return n == armed && q->last == before;
}

int main(void)
{
    struct deadline_queue q = {.duration_ms = 100};
    struct deadline_queue never = {.duration_ms = 0};
    struct deadline_queue other = {.duration_ms = 5};
    unsigned armed = 0;
    uint32_t seed = 1;
    bool good = true;

    ok(deadline_due(&q, UINT64_MAX) == NULL && deadline_next_ms(&q) == UINT64_MAX,
       "an empty queue");
    deadline_arm(&q, &nodes[0], 1000);
    ok(deadline_due(&q, 1099) == NULL && deadline_due(&q, 1100) == &nodes[0],
       "due at its time, not before");
    ok(deadline_next_ms(&q) == 1100, "the next one is told");
    deadline_arm(&other, &nodes[0], 1000);
    ok(q.first == NULL && deadline_next_ms(&other) == 1005, "arming moves between queues");
    deadline_arm(&never, &nodes[0], 1000);
    ok(other.first == NULL && never.first == NULL && nodes[0].queue == NULL,
       "duration 0 never expires");
    deadline_disarm(&nodes[0]);
    for (uint64_t now = 0; now < 20000; now++) {
        struct deadline *d = &nodes[(seed = seed * 1664525u + 1013904223u) >> 8 & 127];

        if ((seed >> 28) < 10) {
            armed += d->queue == NULL;
            deadline_arm(&q, d, now);
        } else {
            armed -= d->queue != NULL;
            deadline_disarm(d);
        }
        good = good && consistent(&q, armed);
    }
    ok(good && armed > 0, "20,000 random changes keep the queue whole");
    return tap_done();
}
