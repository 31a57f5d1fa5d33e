#include "app/http_serve.h"
#include "core/clock.h"
#include "core/pool.h"
#include "core/must.h"

#include <string.h>

/* The three parts of a block. */
#define ANSWER_AT  HTTP_HEAD_MAX
#define SCRATCH_AT (HTTP_HEAD_MAX + HTTP_ANSWER_MAX)

#define CHUNK_MAX  4096 /* piece of a streamed body of unknown length */
#define CHUNK_HEAD 6    /* "1000\r\n" */

/* With less room than this a new request waits for a fresh window, so that
 * answers seldom need a block. */
#define ROOM_MIN 512

_Static_assert(HTTP_BLOCK_LEN <= UINT16_MAX, "offsets in a block are 16 bits wide");
_Static_assert(HTTP_EXTRA_MAX + HTTP_CONFIGURED_MAX + HTTP_PAGE_MAX + 1024 <= HTTP_ANSWER_MAX,
               "the largest answer fits");

/* ---- the block ----------------------------------------------------------- */

static bool block_take(struct http_conn *c)
{
    if (c->block == NULL && !c->failed) {
        c->block = pool_take(c->shared->heads);
        c->block_used = 0;
        c->failed = c->block == NULL;
    }
    return c->block != NULL;
}

static void block_touch(struct http_conn *c, size_t end)
{
    if (c->block_used < end) {
        c->block_used = (uint16_t)end;
    }
}

static void block_give(struct http_conn *c)
{
    if (c->block != NULL) {
        pool_give(c->shared->heads, c->block, c->block_used);
    }
    c->block = NULL;
    c->head_len = 0;
    c->answer_pos = 0;
    c->answer_len = 0;
}

uint8_t *http_scratch(struct http_conn *c)
{
    if (!block_take(c)) {
        return NULL;
    }
    block_touch(c, HTTP_BLOCK_LEN);
    return c->block + SCRATCH_AT;
}

/* ---- writing ------------------------------------------------------------- */

static size_t room(const struct app_io *io)
{
    return io->out_len - io->out_used;
}

static size_t pending(const struct http_conn *c)
{
    return (size_t)(c->answer_len - c->answer_pos);
}

static void drain(struct http_conn *c, struct app_io *io)
{
    size_t n = pending(c) < room(io) ? pending(c) : room(io);

    if (n == 0) {
        return;
    }
    memcpy(io->out + io->out_used, c->block + ANSWER_AT + c->answer_pos, n);
    io->out_used += n;
    c->answer_pos = (uint16_t)(c->answer_pos + n);
    if (pending(c) == 0) {
        c->answer_pos = 0;
        c->answer_len = 0;
    }
}

/* Writes to out, and what does not fit to the block. */
static void emit(struct http_conn *c, struct app_io *io, struct span s)
{
    size_t n = pending(c) > 0 ? 0 : room(io);

    n = n < s.len ? n : s.len;
    if (n > 0) {
        memcpy(io->out + io->out_used, s.data, n);
        io->out_used += n;
    }
    if (n == s.len || !block_take(c)) {
        return;
    }
    must(c->answer_len + (s.len - n) <= HTTP_ANSWER_MAX);
    memcpy(c->block + ANSWER_AT + c->answer_len, s.data + n, s.len - n);
    c->answer_len = (uint16_t)(c->answer_len + (s.len - n));
    block_touch(c, (size_t)(ANSWER_AT + c->answer_len));
}

/* ---- answering ----------------------------------------------------------- */

static void send_answer(struct http_conn *c, struct app_io *io, const struct http_request *r,
                        struct http_answer *a, int64_t now_s)
{
    char head[HTTP_EXTRA_MAX + HTTP_CONFIGURED_MAX + 1024];
    struct text t = text_over(head, sizeof head);

    if (a->fields.full || a->body.full) {
        a->fields = text_over(a->fields.buf, a->fields.cap);
        http_answer_status(a, 500, "The answer outgrew its bounds.");
        a->close = true;
    }
    c->length_known = a->length_known;
    c->left = a->length;
    c->chunked = a->streamed && !a->length_known && !a->bare && r->minor > 0;
    c->streaming = a->streamed && r->method != HTTP_HEAD;
    c->keep_alive =
        c->keep_alive && !a->close && !a->bare && (!a->streamed || a->length_known || c->chunked);
    c->entry.status = (uint16_t)a->status;
    c->state = HTTP_WRITE;
    if (!a->bare) {
        http_write_head(c, &t, r, a, now_s);
        emit(c, io, span_of(t.buf, t.len));
    }
    if (!a->streamed && r->method != HTTP_HEAD) {
        c->entry.body_len += a->body.len;
        emit(c, io, span_of(a->body.buf, a->body.len));
    }
}

static void log_begin(struct http_conn *c, const struct http_request *r, uint64_t now_ms)
{
    struct access_request request = {
        .method = r->method_name,
        .target = r->target,
        .protocol = r->protocol,
        .host = r->host,
        .referer = http_field(r, "Referer"),
        .user_agent = http_field(r, "User-Agent"),
    };

    access_begin(&c->entry, c->shared, &request, now_ms);
}

/* What the loop itself answers: errors, OPTIONS, methods that are not taken. */
static bool own_answer(const struct http_conn *c, const struct http_request *r,
                       struct http_answer *a, int status, const char *reason)
{
    const char *allow = c->handler->head ? "GET, HEAD, OPTIONS" : "GET, OPTIONS";

    if (status == 405 || (status == 0 && r->method == HTTP_OPTIONS)) {
        text_addf(&a->fields, "Allow: %s\r\n", allow);
    }
    if (status != 0) {
        http_answer_status(a, (unsigned)status, reason);
        return true;
    }
    if (r->method == HTTP_OPTIONS) {
        a->status = 204;
        return true;
    }
    return false;
}

/* May the request be asked again, with the same answer? While early data is read it could
 * be another's copy (RFC 8470). */
static bool may_repeat(const struct http_conn *c, const struct http_request *r)
{
    return !c->peer->tls->early || ((r->method == HTTP_GET || r->method == HTTP_HEAD) &&
                                    r->content_length == 0 && !r->chunked);
}

/* status: 0, or an error that was found; then the connection ends, but for 405. */
static void answer(struct http_conn *c, struct app_io *io, const struct http_request *r, int status,
                   const char *reason, uint64_t now_ms)
{
    char fields[HTTP_EXTRA_MAX];
    char body[HTTP_PAGE_MAX];
    struct http_answer a = {.status = 200,
                            .fields = text_over(fields, sizeof fields),
                            .body = text_over(body, sizeof body)};
    int64_t now_s = clock_wall_s();

    c->keep_alive = r->keep_alive && (status == 0 || status == 405);
    log_begin(c, r, now_ms);
    if (!own_answer(c, r, &a, status, reason)) {
        c->answering = true;
        c->handler->answer(c, r, &a, now_s);
    }
    send_answer(c, io, r, &a, now_s);
}

static bool allowed(const struct http_conn *c, enum http_method method)
{
    return method == HTTP_GET || method == HTTP_OPTIONS ||
           (method == HTTP_HEAD && c->handler->head);
}

static const char *const not_taken = "This server takes no such request here.";

/* ---- taking requests ----------------------------------------------------- */

static void park(struct http_conn *c, const uint8_t *head, size_t len)
{
    if (c->head_len == 0 && block_take(c)) {
        memcpy(c->block, head, len);
        block_touch(c, len);
    }
    c->head_len = (uint16_t)len;
}

/* A whole head: answer it, or read over its body first. A body that is too long
 * or that nobody needs to send is not waited for; then the connection ends. */
static void begin(struct http_conn *c, struct app_io *io, const uint8_t *head, size_t len,
                  uint64_t now_ms)
{
    struct http_request r;
    int status = http_parse(head, len, &r);
    bool method_ok = allowed(c, r.method);

    if (status == 0 && !method_ok && (r.expect_continue || r.content_length > HTTP_BODY_MAX)) {
        r.keep_alive = false;
        status = 405;
        r.reason = not_taken;
    } else if (status == 0 && r.content_length > HTTP_BODY_MAX) {
        status = 413;
        r.reason = "The request body is too large.";
    } else if (status == 0 && !may_repeat(c, &r)) {
        status = 425;
        r.reason = "Such a request cannot come as early data: send it again.";
    }
    if (status != 0) {
        answer(c, io, &r, status, r.reason, now_ms);
        return;
    }
    if (r.content_length == 0 && !r.chunked) {
        answer(c, io, &r, method_ok ? 0 : 405, not_taken, now_ms);
        return;
    }
    park(c, head, len);
    if (r.chunked) {
        http_body_chunked(&c->discard);
    } else {
        http_body_length(&c->discard, r.content_length);
    }
    if (r.expect_continue) {
        emit(c, io, span_of("HTTP/1.1 100 Continue\r\n\r\n", 25));
    }
    c->state = HTTP_DISCARD;
}

/* Bytes that are no head: the answer tells so, whatever else they are. */
static void refuse_head(struct http_conn *c, struct app_io *io, int status, uint64_t now_ms)
{
    static const char sentences[][56] = {
        "The request holds a byte that no request head may hold.",
        "The request line is too long.",
        "The request head is too long.",
    };
    struct http_request r = {.method = HTTP_OTHER, .minor = 1};

    io->in_used = io->in_len;
    answer(c, io, &r, status, sentences[status == 400 ? 0 : status == 414 ? 1 : 2], now_ms);
}

/* Returns whether anything moved. */
static bool take_head(struct http_conn *c, struct app_io *io, uint64_t now_ms)
{
    const uint8_t *head = io->in + io->in_used;
    size_t had = c->head_len;
    size_t n = io->in_len - io->in_used;
    int verdict;

    if (n == 0 || room(io) == 0 || (io->out_used > 0 && room(io) < ROOM_MIN)) {
        return false;
    }
    c->state = HTTP_GATHER;
    if (had > 0) {
        n = n < HTTP_HEAD_MAX - had ? n : HTTP_HEAD_MAX - had;
        memcpy(c->block + had, head, n);
        block_touch(c, had + n);
        head = c->block;
    }
    verdict = http_scan(&c->scan, head, had + n);
    if (verdict > 0) {
        refuse_head(c, io, verdict, now_ms);
        return true;
    }
    if (verdict < 0) {
        if (had == 0) {
            park(c, head, n);
        }
        c->head_len = (uint16_t)(had + n);
        io->in_used += n;
        return true;
    }
    io->in_used += c->scan.pos - had;
    if (had > 0) {
        c->head_len = c->scan.pos;
    }
    begin(c, io, head, c->scan.pos, now_ms);
    return true;
}

static bool discard(struct http_conn *c, struct app_io *io, uint64_t now_ms)
{
    struct http_request r;
    size_t used;
    int verdict = http_body_skip(&c->discard, io->in + io->in_used, io->in_len - io->in_used,
                                 HTTP_BODY_MAX, &used);

    io->in_used += used;
    if (verdict < 0) {
        return used > 0;
    }
    http_parse(c->block, c->head_len, &r);
    if (verdict > 0) {
        answer(c, io, &r, verdict,
               verdict == 413 ? "The request body is too large."
                              : "The request body is not framed as it has to be.",
               now_ms);
    } else {
        answer(c, io, &r, allowed(c, r.method) ? 0 : 405, not_taken, now_ms);
    }
    return true;
}

/* ---- streaming ----------------------------------------------------------- */

/* The next piece of a body of unknown length lies whole in the block, so that
 * its borders do not hang on the windows. */
static long next_chunk(struct http_conn *c)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *p;
    long n;

    if (!block_take(c)) {
        return -1;
    }
    p = c->block + ANSWER_AT;
    n = c->handler->more(c, p + CHUNK_HEAD, CHUNK_MAX);
    if (n < 0) {
        return -1;
    }
    c->answer_pos = c->chunked ? 0 : CHUNK_HEAD;
    c->answer_len = (uint16_t)(CHUNK_HEAD + n);
    if (c->chunked) {
        for (int i = 0; i < 4; i++) {
            p[i] = (uint8_t)digits[(unsigned long)n >> (12 - 4 * i) & 15];
        }
        memcpy(p + 4, "\r\n", 2);
        memcpy(p + CHUNK_HEAD + n, "\r\n", 2);
        c->answer_len = (uint16_t)(c->answer_len + 2);
    }
    block_touch(c, (size_t)(ANSWER_AT + c->answer_len));
    c->entry.body_len += (uint64_t)n;
    return n;
}

/* Returns -1 when the answer has to be cut short. */
static int stream(struct http_conn *c, struct app_io *io)
{
    while (c->streaming && pending(c) == 0 && room(io) > 0) {
        size_t cap = room(io);
        long n;

        if (!c->length_known) {
            n = next_chunk(c);
            c->streaming = n > 0;
            if (n < 0) {
                return -1;
            }
            drain(c, io);
            continue;
        }
        cap = cap < c->left ? cap : (size_t)c->left;
        n = cap > 0 ? c->handler->more(c, io->out + io->out_used, cap) : 0;
        if (n < 0 || (n == 0 && c->left > 0)) {
            return -1;
        }
        io->out_used += (size_t)n;
        c->entry.body_len += (uint64_t)n;
        c->left -= (uint64_t)n;
        c->streaming = c->left > 0;
    }
    return 0;
}

static void finish(struct http_conn *c, uint64_t now_ms, bool whole)
{
    access_end(&c->entry, c->shared, c->peer, now_ms, whole);
    if (c->answering) {
        c->handler->end(c);
        c->answering = false;
    }
    c->streaming = false;
    block_give(c);
    c->scan = (struct http_scan){0, false};
    c->state = c->keep_alive ? HTTP_WAIT : HTTP_CLOSING;
}

/* Writes on; at the end of the answer the next request may come. */
static bool write_on(struct http_conn *c, struct app_io *io, uint64_t now_ms)
{
    size_t before = io->out_used;

    if (stream(c, io) < 0) {
        c->failed = true;
        return false;
    }
    if (c->streaming || pending(c) > 0 || c->failed) {
        return io->out_used > before && room(io) > 0;
    }
    finish(c, now_ms, true);
    return true;
}

/* ---- the contract of app.h ----------------------------------------------- */

void http_open(struct http_conn *c, struct app_shared *shared, const struct app_peer *peer,
               const struct http_handler *handler)
{
    c->shared = shared;
    c->peer = peer;
    c->handler = handler;
}

enum app_result http_step(struct http_conn *c, struct app_io *io, uint64_t now_ms)
{
    bool moved = true;

    io->in_used = 0;
    io->out_used = 0;
    while (moved && !c->failed) {
        drain(c, io);
        switch ((enum http_state)c->state) {
        case HTTP_WAIT:
        case HTTP_GATHER:
            moved = take_head(c, io, now_ms);
            break;
        case HTTP_DISCARD:
            moved = discard(c, io, now_ms);
            break;
        case HTTP_WRITE:
            moved = write_on(c, io, now_ms);
            break;
        case HTTP_CLOSING:
            io->in_used = io->in_len;
            return APP_DONE;
        }
    }
    if (c->failed) {
        return APP_FAIL;
    }
    io->flush = io->out_used > 0 && room(io) > 0;
    /* Nobody can finish a request whose bytes have ended. */
    if (io->in_eof && io->in_used == io->in_len && c->state != HTTP_WRITE && room(io) > 0) {
        return APP_DONE;
    }
    return APP_MORE;
}

enum app_phase http_phase(const struct http_conn *c)
{
    switch ((enum http_state)c->state) {
    case HTTP_WAIT:
        return APP_IDLE;
    case HTTP_GATHER:
    case HTTP_DISCARD: /* a body that comes byte by byte must not hold the slot either */
        return APP_HEAD;
    default:
        return APP_BODY;
    }
}

void http_close(struct http_conn *c)
{
    c->keep_alive = false;
    if (c->state == HTTP_DISCARD) {
        struct http_request r;

        http_parse(c->block, c->head_len, &r);
        log_begin(c, &r, clock_now_ms());
    }
    finish(c, clock_now_ms(), false);
}
