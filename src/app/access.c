#include "app/access.h"
#include "core/build.h"
#include "config/cipherlist.h"
#include "core/clock.h"
#include "core/date.h"
#include "core/text.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Every byte of an entry and of the subject may grow to six in JSON; a server
 * name is letters, digits, dots and dashes. */
#define LINE_MAX_BYTES (6 * (ACCESS_TEXT_MAX + TLS_SUBJECT_MAX) + TLS_NAME_MAX + 768)

enum field { METHOD, TARGET, PROTOCOL, HOST, REFERER, USER_AGENT, FIELDS };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- keeping ------------------------------------------------------------ */

static void keep(struct access_entry *e, size_t *used, enum field f, struct span s, size_t most)
{
    size_t len = smaller(s.len, smaller(most, sizeof e->text - *used));

    if (len > 0) {
        memcpy(e->text + *used, s.data, len);
    }
    e->len[f] = (uint16_t)len;
    if (len < s.len) {
        e->cut |= (uint8_t)(1u << f);
    }
    *used += len;
}

void access_begin(struct access_entry *e, const struct app_shared *shared,
                  const struct access_request *request, uint64_t now_ms)
{
    const struct access_request *r = request;
    enum access_format format = TINY_COMFORT ? shared->config->access_format : ACCESS_COMMON;
    struct span none = {NULL, 0};
    struct span host = format == ACCESS_JSON ? r->host : none;
    struct span referer = format == ACCESS_COMMON ? none : r->referer;
    struct span agent = format == ACCESS_COMMON ? none : r->user_agent;
    size_t left = sizeof e->text - 16 - 8 - smaller(host.len, 56);
    size_t used = 0;

    e->open = true;
    e->begun_ms = now_ms;
    e->body_len = 0;
    e->status = 0;
    e->cut = 0;
    memset(e->len, 0, sizeof e->len);
    if (shared->access_fd < 0) {
        return;
    }
    /* The target comes first, but leaves some room to the other two. The
     * order here is the order in text, see field_of. */
    keep(e, &used, METHOD, r->method, 16);
    keep(e, &used, TARGET, r->target, left - smaller(referer.len, 40) - smaller(agent.len, 64));
    keep(e, &used, PROTOCOL, r->protocol, 8);
    keep(e, &used, HOST, host, 56);
    keep(e, &used, REFERER, referer, sizeof e->text - used - smaller(agent.len, 64));
    keep(e, &used, USER_AGENT, agent, sizeof e->text);
}

static struct span field_of(const struct access_entry *e, enum field f)
{
    size_t at = 0;

    for (int i = 0; i < (int)f; i++) {
        at += e->len[i];
    }
    return span_of(e->text + at, e->len[f]);
}

/* ---- writing ------------------------------------------------------------ */

static void add_field(struct text *t, const struct access_entry *e, enum field f,
                      void (*add)(struct text *, struct span))
{
    add(t, field_of(e, f));
    if (e->cut & (1u << f)) {
        text_add(t, "...");
    }
}

/* "192.0.2.1:4711" without the port, "[2001:db8::1]:4711" also without the
 * brackets, "unix" as it is. */
static struct span host_part(const char *address)
{
    const char *end = address[0] == '[' ? strchr(address, ']') : strchr(address, ':');

    if (address[0] == '[' && end != NULL) {
        address++;
    }
    return span_of(address, end != NULL ? (size_t)(end - address) : strlen(address));
}

/* Apache's common log format; with the two headers more it is the combined
 * one. There are no user names here: "- -". */
static void add_common(struct text *t, const struct access_entry *e, const struct app_peer *peer,
                       const struct date *d, unsigned status, bool combined)
{
    text_add_quoted(t, host_part(peer->address));
    text_addf(t, " - - [%02u/%.3s/%04d:%02u:%02u:%02u +0000] \"", d->day, date_month(d->month),
              d->year, d->hour, d->minute, d->second);
    for (int f = METHOD; f <= PROTOCOL; f++) {
        if (f != METHOD && e->len[f] > 0) {
            text_add(t, " ");
        }
        add_field(t, e, (enum field)f, text_add_quoted);
    }
    text_addf(t, "\" %u %llu", status, (unsigned long long)e->body_len);
    for (int f = REFERER; combined && f <= USER_AGENT; f++) {
        text_add(t, " \"");
        if (e->len[f] == 0) {
            text_add(t, "-");
        }
        add_field(t, e, (enum field)f, text_add_quoted);
        text_add(t, "\"");
    }
}

static void add_member(struct text *t, const char *key, const char *value)
{
    text_addf(t, ",\"%s\":\"", key);
    text_add_json(t, span_of(value, strlen(value)));
    text_add(t, "\"");
}

static void add_json_tls(struct text *t, const struct tls_info *tls)
{
    static const char verdicts[][10] = {"not asked", "none", "trusted", "refused"};
    struct suite_info suite;

    add_member(t, "tls_version", tls_version_name(tls->version));
    if (suite_by_id(tls->suite, &suite)) {
        add_member(t, "tls_cipher", suite.name);
    } else {
        text_addf(t, ",\"tls_cipher\":\"0x%04X\"", tls->suite);
    }
    add_member(t, "server_name", tls->server_name);
    text_addf(t, ",\"resumed\":%s", tls->resumed ? "true" : "false");
    add_member(t, "client_certificate", verdicts[tls->verdict]);
    if (tls->peer_subject[0] != '\0') {
        add_member(t, "client_subject", tls->peer_subject);
    }
}

static void add_json(struct text *t, const struct access_entry *e, const struct app_peer *peer,
                     const struct date *d, uint64_t now_ms, bool whole)
{
    static const char keys[FIELDS][11] = {"method", "target",  "protocol",
                                          "host",   "referer", "user_agent"};

    text_addf(t, "{\"time\":\"%04d-%02u-%02uT%02u:%02u:%02uZ\"", d->year, d->month, d->day, d->hour,
              d->minute, d->second);
    add_member(t, "remote", peer->address);
    add_member(t, "local", peer->local);
    for (int f = 0; f < FIELDS; f++) {
        if (e->len[f] > 0) {
            text_addf(t, ",\"%s\":\"", keys[f]);
            add_field(t, e, (enum field)f, text_add_json);
            text_add(t, "\"");
        }
    }
    text_addf(t, ",\"status\":%u,\"bytes\":%llu,\"duration_ms\":%llu,\"complete\":%s", e->status,
              (unsigned long long)e->body_len, (unsigned long long)(now_ms - e->begun_ms),
              whole ? "true" : "false");
    add_json_tls(t, peer->tls);
    text_add(t, "}");
}

/* Standard output is shared with others, so it cannot be made non-blocking; a
 * pipe that is ready has room for PIPE_BUF bytes, and a line is shorter. */
static void write_line(int fd, const char *line, size_t len)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    _Static_assert(LINE_MAX_BYTES <= PIPE_BUF, "a line is written in one piece or not at all");
    if (fd == STDOUT_FILENO && (poll(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0)) {
        return;
    }
    if (write(fd, line, len) < 0) {
        return; /* a log that cannot be written stops nobody */
    }
}

void access_end(struct access_entry *e, const struct app_shared *shared,
                const struct app_peer *peer, uint64_t now_ms, bool whole)
{
    enum access_format format = shared->config->access_format;
    char line[LINE_MAX_BYTES];
    struct text t = text_over(line, sizeof line - 1);
    struct date now;

    if (!e->open) {
        return;
    }
    e->open = false;
    if (whole) {
        shared->counters->requests++;
    }
    if (shared->access_fd < 0) {
        return;
    }
    now = date_of(clock_wall_s());
    if (TINY_COMFORT && format == ACCESS_JSON) {
        add_json(&t, e, peer, &now, now_ms, whole);
    } else {
        add_common(&t, e, peer, &now, whole ? e->status : ACCESS_STATUS_CUT,
                   TINY_COMFORT && format == ACCESS_COMBINED);
    }
    line[t.len++] = '\n';
    write_line(shared->access_fd, line, t.len);
}
