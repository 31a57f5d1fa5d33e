/*
 * The loop of an HTTP server as a transducer: gathers heads, discards bodies,
 * asks a handler for the answer, writes head and body, keeps the connection
 * alive or ends it, counts and logs. Files, raw and status mode stand on it.
 * A handler never sees `io`: it says what to answer, and gives the body either
 * in memory or piece by piece. Memory beside the slot: one block of
 * shared->heads, taken only when a head or an answer is split over windows.
 */
#ifndef TINY_APP_HTTP_SERVE_H
#define TINY_APP_HTTP_SERVE_H

#include "app/access.h"
#include "app/http.h"
#include "app/http_body.h"
#include "core/text.h"

#define HTTP_BODY_MAX       65536 /* bytes of a request body that are read and discarded */
#define HTTP_PAGE_MAX       16384 /* answer body in memory */
#define HTTP_EXTRA_MAX      6400  /* field lines that a handler adds */
#define HTTP_CONFIGURED_MAX 4096  /* files.header, all lines with their ends */
#define HTTP_ANSWER_MAX     28672 /* head with all of these, and a page */
#define HTTP_SCRATCH_MAX    8192  /* of a handler, while it streams a body */
#define HTTP_BLOCK_LEN      (HTTP_HEAD_MAX + HTTP_ANSWER_MAX + HTTP_SCRATCH_MAX)

/* What a handler answers. Zeroed but for the two builders, and 200. */
struct http_answer {
    unsigned status;
    const char *type;   /* Content-Type; NULL for none */
    struct text fields; /* further field lines, each ended by CRLF */
    struct text body;   /* the body, when it is held in memory */
    bool streamed;      /* the body comes from handler->more instead */
    bool length_known;  /* of a streamed body; else chunks or until close */
    uint64_t length;    /* of a streamed body */
    bool bare;          /* no head is written, the stream is the response; closes */
    bool close;         /* do not keep the connection alive */
};

struct http_conn;

struct http_handler {
    bool head; /* takes HEAD beside GET; OPTIONS is the loop's affair */
    /* Decides. conn lies at the start of the application's state. The spans of
     * r are valid only in this call. HEAD is answered like GET: the loop leaves
     * the body out. now_s: wall clock. */
    void (*answer)(struct http_conn *conn, const struct http_request *r, struct http_answer *a,
                   int64_t now_s);
    /* Writes up to cap (> 0; 4096 when the length is not known) bytes of a
     * streamed body. 0 at its end, -1 when it
     * cannot go on: then the connection is cut, so that the client sees it. */
    long (*more)(struct http_conn *conn, uint8_t *dst, size_t cap);
    /* The answer is over or cut short; also called when nothing is streamed. */
    void (*end)(struct http_conn *conn);
};

enum http_state { HTTP_WAIT, HTTP_GATHER, HTTP_DISCARD, HTTP_WRITE, HTTP_CLOSING };

struct http_conn {
    struct app_shared *shared;
    const struct app_peer *peer;
    const struct http_handler *handler;
    uint8_t *block; /* head | answer | scratch, or NULL */
    uint64_t left;  /* of a streamed body of known length */
    struct http_body discard;
    struct http_scan scan;
    uint16_t head_len;   /* gathered in the block */
    uint16_t answer_pos; /* [pos, len) of the block's answer part is still to be */
    uint16_t answer_len; /* written; what goes before it has left */
    uint16_t block_used; /* bytes from the start that may hold data */
    uint8_t state;
    bool failed; /* no block was to be had, or the body cannot go on */
    bool keep_alive;
    bool streaming; /* handler->more follows what lies in the block */
    bool length_known;
    bool chunked;   /* the streamed body goes out in chunks */
    bool answering; /* handler->end is owed */
    struct access_entry entry;
};

void http_open(struct http_conn *c, struct app_shared *shared, const struct app_peer *peer,
               const struct http_handler *handler);
enum app_result http_step(struct http_conn *c, struct app_io *io, uint64_t now_ms);
enum app_phase http_phase(const struct http_conn *c);
void http_close(struct http_conn *c);

/* HTTP_SCRATCH_MAX bytes that last until handler->end; NULL without memory. */
uint8_t *http_scratch(struct http_conn *c);
/* The status line and all fields; for the loop itself. */
void http_write_head(const struct http_conn *c, struct text *t, const struct http_request *r,
                     const struct http_answer *a, int64_t now_s);
/* A small page that tells a status and a sentence (plain ASCII, or NULL). */
void http_answer_status(struct http_answer *a, unsigned status, const char *sentence);

#endif
