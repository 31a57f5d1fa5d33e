/*
 * Files that hold a whole HTTP response, head and all: they are sent as they
 * are and the connection ends then, since only the file knows its framing.
 * What is not found, and requests that are none, are answered as in files mode.
 */
#include "app/files.h"

#include <string.h>
#include <unistd.h>

/* The status that the file's first line tells, for the log; 200 if none. */
static unsigned status_of(int fd)
{
    char line[12];
    unsigned status = 0;

    if (pread(fd, line, sizeof line, 0) != sizeof line || memcmp(line, "HTTP/1.", 7) != 0 ||
        line[8] != ' ') {
        return 200;
    }
    for (size_t i = 9; i < sizeof line; i++) {
        if (line[i] < '0' || line[i] > '9') {
            return 200;
        }
        status = status * 10 + (unsigned)(line[i] - '0');
    }
    return status;
}

static void answer(struct http_conn *conn, const struct http_request *r, struct http_answer *a,
                   int64_t now_s)
{
    struct files *f = (struct files *)conn;
    struct found found = {.status = 404};
    struct path path;
    int status = path_decode(r->path, &path);

    (void)now_s;
    if (status == 0) {
        found = files_find(conn->shared, &path, &conn->shared->config->index, false);
        status = (int)found.status;
    }
    if (status != 200) {
        /* A directory has no response of its own. */
        http_answer_status(a, status == 301 || status == 403 ? 404 : (unsigned)status, NULL);
        a->close = true;
        return;
    }
    f->fd = found.fd;
    f->open = true;
    f->pos = 0;
    a->status = status_of(found.fd);
    a->bare = true;
    a->streamed = true;
    a->length_known = true;
    a->length = (uint64_t)found.st.st_size;
}

static const struct http_handler raw_handler = {
    .head = false, .answer = answer, .more = files_read, .end = files_end};

static void raw_open(void *state, struct app_shared *shared, const struct app_peer *peer)
{
    http_open(&((struct files *)state)->http, shared, peer, &raw_handler);
}

static enum app_result raw_step(void *state, struct app_io *io, uint64_t now_ms)
{
    return http_step(&((struct files *)state)->http, io, now_ms);
}

static enum app_phase raw_phase(const void *state)
{
    return http_phase(&((const struct files *)state)->http);
}

static void raw_close(void *state)
{
    http_close(&((struct files *)state)->http);
}

const struct app_ops app_raw = {.name = "raw",
                                .state_size = sizeof(struct files),
                                .http = true,
                                .open = raw_open,
                                .step = raw_step,
                                .phase = raw_phase,
                                .close = raw_close};
