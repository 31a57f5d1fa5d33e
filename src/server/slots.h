/*
 * The slots of the connections: one mapping for the configured maximum, taken
 * and returned last-in first-out, so that only as many pages are touched as
 * connections were ever open at once. A slot holds the connection, its
 * application state and its TLS state side by side. A generation number tells
 * events of a former connection in the same slot from those of the present.
 */
#ifndef TINY_SERVER_SLOTS_H
#define TINY_SERVER_SLOTS_H

#include "server/conn.h"

struct slots {
    uint8_t *base;
    size_t slot_len;
    size_t app_offset;
    size_t tls_offset;
    uint32_t max;
    uint32_t touched;  /* slots that were ever used */
    uint32_t free_top; /* 1 + index of the first free slot below touched, 0: none */
    uint32_t taken;
};

/* 0, or -1 with errno. */
int slots_begin(struct slots *s, uint32_t max, size_t app_len);
void slots_end(struct slots *s);
/* A zeroed connection with its pointers set; NULL when all are taken. */
struct conn *slots_take(struct slots *s);
/* Wipes the application's state; the TLS state wipes itself. */
void slots_give(struct slots *s, struct conn *c);
/* The connection in the slot if it is in use and of that generation. */
struct conn *slots_find(struct slots *s, uint32_t slot, uint32_t generation);
/* The connection to which this application state belongs. */
struct conn *slots_of_state(const struct slots *s, void *state);
/* For walks over all: slot i, in use or not; NULL beyond the touched ones. */
struct conn *slots_at(struct slots *s, uint32_t slot);

#endif
