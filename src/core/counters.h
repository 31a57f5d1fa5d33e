/*
 * The server's plain counters, for the status page, the metrics and the
 * statistics at exit. One structure, owned by the server, counted by whoever
 * sees the event; single-threaded, so no locks.
 */
#ifndef TINY_CORE_COUNTERS_H
#define TINY_CORE_COUNTERS_H

#include <stdint.h>

struct counters {
    uint64_t accepted;      /* TCP or Unix connections */
    uint64_t refused;       /* closed at once: no slot, no memory */
    uint64_t accept_errors; /* EMFILE and friends */
    uint64_t handshakes;    /* finished, full and resumed */
    uint64_t resumed;       /* of those, resumed */
    uint64_t handshake_errors;
    uint64_t probes; /* closed before a whole ClientHello, or with close_notify in the handshake */
    uint64_t timeouts;
    uint64_t renegotiations; /* that came to an end; not counted as handshakes */
    uint64_t requests;       /* HTTP requests answered */
    uint64_t bytes_in;       /* application data */
    uint64_t bytes_out;
    uint64_t session_hits;
    uint64_t session_misses;
    uint64_t session_timeouts;
    uint64_t session_overflows; /* an entry was dropped for a new one */
    uint64_t session_stored;
    uint64_t session_entries; /* now in the cache */
    uint64_t tickets_issued;
    uint64_t tickets_taken;   /* a session was resumed */
    uint64_t tickets_refused; /* of another key, too old, or not for this handshake */
    uint64_t early_accepted;  /* handshakes whose early data was taken, */
    uint64_t early_refused;   /* or skipped */
    uint64_t open;            /* connections now */
    int64_t started_s;        /* wall clock */
};

#endif
