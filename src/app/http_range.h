/*
 * Ranges (RFC 9110, section 14) and conditions (section 13) of a request,
 * against what a file says of itself. Pure; nothing is kept.
 */
#ifndef TINY_APP_HTTP_RANGE_H
#define TINY_APP_HTTP_RANGE_H

#include "app/http.h"

#define HTTP_RANGES_MAX 16

struct http_range {
    uint64_t first; /* first <= last < size */
    uint64_t last;
};

struct http_ranges {
    unsigned count;
    struct http_range item[HTTP_RANGES_MAX];
};

/* What the Range field asks of size bytes: 206 with at least one range, 416
 * when none can be met, 200 when the field is not understood, asks for more
 * ranges than we give, or for overlapping ones (then the whole is as good). */
unsigned http_ranges_parse(struct span value, uint64_t size, struct http_ranges *out);

/* A representation as its validators tell it. */
struct http_validators {
    struct span etag; /* strong, with its quotes */
    int64_t modified; /* seconds, not after now */
};

/* If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the
 * order of section 13.2.2: 200 to go on, 304 or 412. For GET and HEAD. */
unsigned http_conditions(const struct http_request *r, const struct http_validators *v,
                         int64_t now);
/* May Range be honoured: no If-Range, or one that names just this state? */
bool http_if_range(const struct http_request *r, const struct http_validators *v, int64_t now);

#endif
