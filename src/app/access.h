/*
 * The access log: one line for each HTTP request, in the common, combined or
 * JSON form, written with one write(2) to shared->access_fd. An entry lies in
 * the state of the application from the request head to the end of the
 * answer; it keeps copies, cut to what fits, because the head is gone from
 * the window by then. Bytes of the peer are escaped. Nothing is allocated;
 * a line that cannot be written is dropped, never waited for.
 */
#ifndef TINY_APP_ACCESS_H
#define TINY_APP_ACCESS_H

#include "app/app.h"
#include "core/bytes.h"

#define ACCESS_TEXT_MAX   264 /* bytes of the request that an entry keeps */
#define ACCESS_STATUS_CUT 499 /* logged for a request that was cut short */

/* What the log tells of a request; empty spans for what is absent or could
 * not be read. */
struct access_request {
    struct span method;
    struct span target;   /* as sent, not decoded */
    struct span protocol; /* "HTTP/1.1" */
    struct span host;
    struct span referer;
    struct span user_agent;
};

/* Zeroed memory is an entry that is not open. */
struct access_entry {
    uint64_t begun_ms;
    uint64_t body_len; /* the application counts: body bytes written, no head */
    uint16_t status;   /* the application sets it: 200, 404, ... */
    uint8_t cut;       /* one bit a field that did not fit */
    bool open;
    uint16_t len[6]; /* of the fields, in the order of struct access_request */
    char text[ACCESS_TEXT_MAX];
};

/* Opens the entry: copies what the configured form needs (nothing without an
 * access log), sets status and body_len to 0. now_ms: monotonic. */
void access_begin(struct access_entry *e, const struct app_shared *shared,
                  const struct access_request *request, uint64_t now_ms);

/*
 * Closes the entry: counts the request (counters->requests, if whole) and
 * writes its line. whole is false when the connection ended before the answer
 * did; then the line has status 499 (JSON: "complete":false and the status
 * that the answer began with). Does nothing when the entry is not open.
 */
void access_end(struct access_entry *e, const struct app_shared *shared,
                const struct app_peer *peer, uint64_t now_ms, bool whole);

#endif
