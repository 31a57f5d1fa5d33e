/*
 * Reads over a request body without keeping it: a length, or chunks with
 * their extensions and trailers, strictly as RFC 9112, section 7.1 has them.
 * Pure and incremental; any split of the bytes gives the same verdict.
 */
#ifndef TINY_APP_HTTP_BODY_H
#define TINY_APP_HTTP_BODY_H

#include "core/bytes.h"

#define HTTP_TRAILER_MAX 4096 /* extensions and trailers of one body together */

struct http_body {
    uint64_t left;  /* of the chunk, or of a body of known length */
    uint32_t total; /* data bytes so far, of chunks */
    uint32_t extra; /* bytes of extensions and trailers so far */
    uint8_t state;
    uint8_t digits;
};

void http_body_length(struct http_body *b, uint64_t length);
void http_body_chunked(struct http_body *b);
/* Sets *used. Returns -1 when more bytes are needed, 0 at the end, or a status:
 * 400 for bad framing, 413 for more than max bytes of data in chunks. */
int http_body_skip(struct http_body *b, const uint8_t *data, size_t len, uint32_t max,
                   size_t *used);

#endif
