#include "app/files.h"
#include "core/build.h"
#include "app/listing.h"
#include "app/mime.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- several ranges ------------------------------------------------------ */

struct files_multi {
    struct http_ranges ranges;
    uint64_t boundary;
    uint64_t left;     /* of the part whose data is being sent */
    unsigned part;     /* that comes next */
    unsigned head_len; /* of its head, [head_pos, head_len) is still to be sent */
    unsigned head_pos;
    char head[256];
};

_Static_assert(sizeof(struct files_multi) <= HTTP_SCRATCH_MAX, "ranges fit the scratch block");
_Static_assert(sizeof(struct listing) <= HTTP_SCRATCH_MAX, "a listing fits the scratch block");
_Static_assert(sizeof(struct files) <= APP_STATE_MAX, "the state fits a slot");

/* What goes before part i; after the last one, the end of it all. */
static size_t part_head(const struct files *f, const struct files_multi *m, unsigned i, char *dst,
                        size_t cap)
{
    const struct http_range *range = &m->ranges.item[i];
    struct text t = text_over(dst, cap);

    text_addf(&t, "\r\n--tiny%016llx", (unsigned long long)m->boundary);
    if (i == m->ranges.count) {
        text_add(&t, "--\r\n");
    } else {
        text_addf(&t, "\r\nContent-Type: %s\r\nContent-Range: bytes %llu-%llu/%llu\r\n\r\n",
                  f->type, (unsigned long long)range->first, (unsigned long long)range->last,
                  (unsigned long long)f->size);
    }
    return t.len;
}

static uint64_t multi_length(const struct files *f, const struct files_multi *m)
{
    char head[256];
    uint64_t length = 0;

    for (unsigned i = 0; i <= m->ranges.count; i++) {
        length += part_head(f, m, i, head, sizeof head);
        if (i < m->ranges.count) {
            length += m->ranges.item[i].last - m->ranges.item[i].first + 1;
        }
    }
    return length;
}

/* ---- reading ------------------------------------------------------------- */

long files_read(struct http_conn *conn, uint8_t *dst, size_t cap)
{
    struct files *f = (struct files *)conn;
    ssize_t n;

    do {
        n = pread(f->fd, dst, cap, (off_t)f->pos);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        f->pos += (uint64_t)n;
    }
    return n;
}

static long multi_more(struct files *f, uint8_t *dst, size_t cap)
{
    struct files_multi *m = f->multi;
    long n;

    if (m->left > 0) {
        n = files_read(&f->http, dst, cap < m->left ? cap : (size_t)m->left);
        if (n <= 0) {
            return -1;
        }
        m->left -= (uint64_t)n;
        return n;
    }
    if (m->head_pos == m->head_len) {
        if (m->part > m->ranges.count) {
            return 0;
        }
        m->head_pos = 0;
        m->head_len = (unsigned)part_head(f, m, m->part, m->head, sizeof m->head);
    }
    cap = cap < m->head_len - m->head_pos ? cap : m->head_len - m->head_pos;
    memcpy(dst, m->head + m->head_pos, cap);
    m->head_pos += (unsigned)cap;
    if (m->head_pos == m->head_len) {
        if (m->part < m->ranges.count) {
            f->pos = m->ranges.item[m->part].first;
            m->left = m->ranges.item[m->part].last - f->pos + 1;
        }
        m->part++;
    }
    return (long)cap;
}

static long more(struct http_conn *conn, uint8_t *dst, size_t cap)
{
    struct files *f = (struct files *)conn;

    if (TINY_COMFORT && f->listing != NULL) {
        return listing_more(f->listing, dst, cap);
    }
    return TINY_COMFORT && f->multi != NULL ? multi_more(f, dst, cap) : files_read(conn, dst, cap);
}

void files_end(struct http_conn *conn)
{
    struct files *f = (struct files *)conn;

    if (f->open) {
        close(f->fd);
    }
    f->open = false;
    f->multi = NULL;
    f->listing = NULL;
}

static void hold(struct files *f, int fd)
{
    f->fd = fd;
    f->open = true;
    f->pos = 0;
}

/* ---- errors and redirections --------------------------------------------- */

static void answer_error(struct http_answer *a, unsigned status)
{
    static const char *const forbidden =
        "This may not be read, or is a directory without an index.";

    http_answer_status(a, status,
                       status == 404   ? "There is nothing here by this name."
                       : status == 403 ? forbidden
                       : status == 503 ? "The server is short of means; please try again."
                                       : "The path is not encoded as it has to be.");
    if (status == 503) {
        text_add(&a->fields, "Retry-After: 5\r\n");
    }
}

/* The path is written anew from its decoded form, so that it cannot begin with
 * two slashes and lead to another host. */
static void answer_redirect(struct http_answer *a, const struct http_request *r,
                            const struct path *path)
{
    http_answer_status(a, 301, NULL);
    text_add(&a->fields, "Location: /");
    listing_add_encoded(&a->fields, span_of(path->text, path->len));
    text_add(&a->fields, "/");
    text_add_span(&a->fields, r->query);
    text_add(&a->fields, "\r\n");
}

static void answer_listing(struct files *f, struct http_answer *a, const struct path *path,
                           struct found *found)
{
    hold(f, found->fd);
    f->listing = (struct listing *)(void *)http_scratch(&f->http);
    if (f->listing == NULL) {
        answer_error(a, 503);
        return;
    }
    listing_begin(f->listing, found->fd, span_of(path->text, path->len));
    a->type = "text/html; charset=utf-8";
    a->streamed = true;
}

/* ---- compressed siblings ------------------------------------------------- */

/* q of a coding: its own, else that of "*". */
static int coding_quality(const struct http_request *r, const char *coding)
{
    int q = http_quality(r, "Accept-Encoding", coding);

    return q >= 0 ? q : http_quality(r, "Accept-Encoding", "*");
}

/* Takes "name.br" and the like instead of the file, when the client would
 * rather have it and it is not older than the file. Returns the coding. */
static const char *prefer_sibling(struct app_shared *shared, const struct http_request *r,
                                  const struct path *path, struct found *found)
{
    static const struct {
        char coding[5], ending[5];
    } codings[] = {{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}};
    int identity = http_quality(r, "Accept-Encoding", "identity");
    bool tried[ARRAY_LEN(codings)] = {false};
    char name[PATH_BYTES_MAX + 8];

    for (size_t round = 0; round < ARRAY_LEN(codings); round++) {
        size_t best = ARRAY_LEN(codings);
        int best_q = identity > 1 ? identity - 1 : 0;
        struct found sibling;

        for (size_t i = 0; i < ARRAY_LEN(codings); i++) {
            int q = tried[i] ? -1 : coding_quality(r, codings[i].coding);

            if (q > best_q) {
                best = i;
                best_q = q;
            }
        }
        if (best == ARRAY_LEN(codings)) {
            return NULL;
        }
        tried[best] = true;
        memcpy(name, path->text, path->len);
        memcpy(name + path->len, codings[best].ending, strlen(codings[best].ending) + 1);
        sibling = files_open(shared, name);
        if (sibling.status == 200 && sibling.st.st_mtime >= found->st.st_mtime) {
            close(found->fd);
            *found = sibling;
            return codings[best].coding;
        }
        if (sibling.status == 200) {
            close(sibling.fd);
        }
    }
    return NULL;
}

/* ---- files --------------------------------------------------------------- */

static void format_etag(char *dst, size_t cap, const struct stat *st)
{
    struct text t = text_over(dst, cap);

    text_addf(&t, "\"%llx.%lx-%llx-%llx\"", (unsigned long long)st->st_mtim.tv_sec,
              (unsigned long)st->st_mtim.tv_nsec, (unsigned long long)st->st_size,
              (unsigned long long)st->st_ino);
}

/* Several ranges. 0, or -1 without memory. */
static int answer_parts(struct files *f, struct http_answer *a, const struct http_ranges *ranges,
                        const struct stat *st)
{
    struct files_multi *m = (struct files_multi *)(void *)http_scratch(&f->http);
    uint64_t mixed = (uint64_t)st->st_ino ^ f->http.shared->seed;

    if (m == NULL) {
        return -1;
    }
    memset(m, 0, sizeof *m);
    m->ranges = *ranges;
    /* Not to be guessed by whoever wrote the file. */
    mixed = (mixed ^ (uint64_t)st->st_size) * 0x9E3779B97F4A7C15u;
    m->boundary = (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9u;
    f->multi = m;
    a->length = multi_length(f, m);
    return 0;
}

/* The body, whole or in part, and the fields that tell so. Returns the type
 * to send, in type_buf if it is that of several parts. */
static void answer_body(struct files *f, const struct http_request *r, struct http_answer *a,
                        const struct http_validators *v, const struct stat *st, int64_t now_s)
{
    struct http_ranges ranges;

    a->streamed = true;
    a->length_known = true;
    a->length = f->size;
    a->type = f->type;
    if (!TINY_COMFORT) {
        return; /* a server may pass over Range (RFC 9110, section 14.2) */
    }
    text_add(&a->fields, "Accept-Ranges: bytes\r\n");
    if (r->method != HTTP_GET || !http_if_range(r, v, now_s)) {
        return;
    }
    a->status = http_ranges_parse(http_field(r, "Range"), f->size, &ranges);
    if (a->status == 416) {
        http_answer_status(a, 416, "The file is shorter than that.");
        text_addf(&a->fields, "Content-Range: bytes */%llu\r\n", (unsigned long long)f->size);
    } else if (a->status == 206 && ranges.count == 1) {
        f->pos = ranges.item[0].first;
        a->length = ranges.item[0].last - ranges.item[0].first + 1;
        text_addf(&a->fields, "Content-Range: bytes %llu-%llu/%llu\r\n",
                  (unsigned long long)ranges.item[0].first, (unsigned long long)ranges.item[0].last,
                  (unsigned long long)f->size);
    } else if (a->status == 206 && answer_parts(f, a, &ranges, st) != 0) {
        answer_error(a, 503);
    } else if (a->status == 206) {
        a->type = NULL;
        text_addf(&a->fields, "Content-Type: multipart/byteranges; boundary=tiny%016llx\r\n",
                  (unsigned long long)f->multi->boundary);
    }
}

static void answer_file(struct files *f, const struct http_request *r, struct http_answer *a,
                        const struct path *path, struct found *found, int64_t now_s)
{
    const struct mime mime = mime_of(span_of(path->text, path->len));
    const char *coding = mime.text ? prefer_sibling(f->http.shared, r, path, found) : NULL;
    struct http_validators v = {.modified =
                                    found->st.st_mtime < now_s ? found->st.st_mtime : now_s};
    char date[HTTP_DATE_LEN + 1];
    char etag[72];
    unsigned verdict;

    hold(f, found->fd);
    f->size = (uint64_t)found->st.st_size;
    f->type = mime.type;
    format_etag(etag, sizeof etag, &found->st);
    http_date_format(v.modified, date);
    v.etag = span_of(etag, strlen(etag));
    verdict = http_conditions(r, &v, now_s);
    if (verdict == 412) {
        http_answer_status(a, 412, "The file is not the one that the request is about.");
        return;
    }
    text_addf(&a->fields, "Last-Modified: %s\r\nETag: %s\r\n", date, etag);
    if (mime.text) {
        text_add(&a->fields, "Vary: Accept-Encoding\r\n");
    }
    if (verdict == 304) {
        a->status = 304;
        return;
    }
    answer_body(f, r, a, &v, &found->st, now_s);
    if (coding != NULL && a->streamed) {
        text_addf(&a->fields, "Content-Encoding: %s\r\n", coding);
    }
}

static void answer(struct http_conn *conn, const struct http_request *r, struct http_answer *a,
                   int64_t now_s)
{
    struct files *f = (struct files *)conn;
    const struct config *config = conn->shared->config;
    struct found found;
    struct path path;
    int status = path_decode(r->path, &path);

    if (status != 0) {
        answer_error(a, (unsigned)status);
        return;
    }
    found = files_find(conn->shared, &path, &config->index, TINY_COMFORT && config->listing);
    if (found.status == 301) {
        answer_redirect(a, r, &path);
    } else if (found.status != 200) {
        answer_error(a, found.status);
    } else if (TINY_COMFORT && found.directory) {
        answer_listing(f, a, &path, &found);
    } else {
        answer_file(f, r, a, &path, &found, now_s);
    }
}

/* ---- the contract of app.h ----------------------------------------------- */

static const struct http_handler files_handler = {
    .head = true, .answer = answer, .more = more, .end = files_end};

static void files_open_state(void *state, struct app_shared *shared, const struct app_peer *peer)
{
    http_open(&((struct files *)state)->http, shared, peer, &files_handler);
}

static enum app_result files_step(void *state, struct app_io *io, uint64_t now_ms)
{
    return http_step(&((struct files *)state)->http, io, now_ms);
}

static enum app_phase files_phase(const void *state)
{
    return http_phase(&((const struct files *)state)->http);
}

static void files_close(void *state)
{
    http_close(&((struct files *)state)->http);
}

const struct app_ops app_files = {.name = "files",
                                  .state_size = sizeof(struct files),
                                  .http = true,
                                  .open = files_open_state,
                                  .step = files_step,
                                  .phase = files_phase,
                                  .close = files_close};
