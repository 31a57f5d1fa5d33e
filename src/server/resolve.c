#include "server/resolve.h"
#include "core/build.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/lines.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/un.h>
#include <unistd.h>

#define TYPE_A      1
#define TYPE_AAAA   28
#define CLASS_IN    1
#define SERVERS_MAX 3
#define TRIES       2
#define PATIENCE_MS 3000 /* for one answer */
#define HURRY_MS    500

static void add(struct resolved *out, int family, const void *address, uint32_t scope)
{
    struct sockaddr_storage a = {.ss_family = (sa_family_t)family};
    struct sockaddr_in *in = (void *)&a;
    struct sockaddr_in6 *in6 = (void *)&a;

    if (family == AF_INET) {
        in->sin_port = htons(out->port);
        memcpy(&in->sin_addr, address, 4);
    } else {
        in6->sin6_port = htons(out->port);
        in6->sin6_scope_id = scope;
        memcpy(&in6->sin6_addr, address, 16);
    }
    if (out->family != AF_UNSPEC && out->family != family) {
        return;
    }
    for (size_t i = 0; i < out->count; i++) {
        if (memcmp(&out->items[i], &a, sizeof a) == 0) {
            return;
        }
    }
    if (out->count < RESOLVE_MAX) {
        out->items[out->count++] = a;
    }
}

static bool add_literal(const char *host, struct resolved *out)
{
    char text[INET6_ADDRSTRLEN];
    size_t len = strcspn(host, "%");
    unsigned long scope = 0;
    uint8_t bytes[16];

    if (inet_pton(AF_INET, host, bytes) == 1) {
        add(out, AF_INET, bytes, 0);
        return true;
    }
    if (len >= sizeof text) {
        return false;
    }
    memcpy(text, host, len);
    text[len] = '\0';
    if (inet_pton(AF_INET6, text, bytes) != 1) {
        return false;
    }
    if (host[len] == '%' && !lines_number(host + len + 1, &scope)) {
        scope = TINY_COMFORT ? if_nametoindex(host + len + 1) : 0;
        if (scope == 0) {
            return true; /* an address, but of no interface here */
        }
    }
    add(out, AF_INET6, bytes, (uint32_t)scope);
    return true;
}

void resolve_literal(const char *host, struct resolved *out)
{
    add_literal(host, out);
}

void resolve_file(const char *path, const char *host, struct resolved *out)
{
    struct lines lines;
    char *at;

    if (!lines_open(&lines, path)) {
        return;
    }
    while ((at = lines_next(&lines)) != NULL) {
        char *address, *name;

        at[strcspn(at, "#")] = '\0';
        address = lines_word(&at, " \t\r");
        while (address != NULL && (name = lines_word(&at, " \t\r")) != NULL) {
            if (strcasecmp(name, host) == 0) {
                add_literal(address, out);
            }
        }
    }
    lines_close(&lines);
}

/* ---- the name servers ----------------------------------------------------- */

size_t resolve_query(const char *host, uint16_t type, uint16_t id, uint8_t dst[RESOLVE_QUERY_MAX])
{
    /* Recursion desired, one question. */
    static const uint8_t head[] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    size_t pos = 2 + sizeof head;

    put_u16(dst, id);
    memcpy(dst + 2, head, sizeof head);
    if (strlen(host) > 253) {
        return 0;
    }
    while (*host != '\0') {
        size_t len = strcspn(host, ".");

        if (len == 0 || len > 63) {
            return 0;
        }
        dst[pos++] = (uint8_t)len;
        memcpy(dst + pos, host, len);
        pos += len;
        host += len + (host[len] == '.');
    }
    dst[pos] = 0;
    put_u16(dst + pos + 1, type);
    put_u16(dst + pos + 3, CLASS_IN);
    return pos + 5;
}

/* Labels up to a zero or a pointer, which is not followed: which name it is
 * does not matter, since the server was asked for one only. */
static void skip_name(struct reader *r)
{
    uint8_t len;

    while (!r->bad && (len = reader_u8(r)) != 0) {
        if (len >= 0xC0) {
            reader_u8(r);
            return;
        }
        reader_take(r, len);
    }
}

bool resolve_answer(const uint8_t *query, size_t query_len, const uint8_t *answer,
                    size_t answer_len, struct resolved *out)
{
    struct reader r = reader_of(answer, answer_len);
    unsigned records;

    if (answer_len < query_len || memcmp(answer, query, 2) != 0 || (answer[2] & 0x80) == 0 ||
        memcmp(answer + 4, query + 4, 2) != 0 ||
        memcmp(answer + 12, query + 12, query_len - 12) != 0) {
        return false;
    }
    records = (unsigned)answer[6] << 8 | answer[7];
    reader_take(&r, query_len);
    while (records-- > 0 && !r.bad) {
        uint16_t type, class;
        struct span data;

        skip_name(&r);
        type = reader_u16(&r);
        class = reader_u16(&r);
        reader_u32(&r);
        data = reader_vec16(&r);
        if (class == CLASS_IN && type == TYPE_A && data.len == 4) {
            add(out, AF_INET, data.data, 0);
        } else if (class == CLASS_IN && type == TYPE_AAAA && data.len == 16) {
            add(out, AF_INET6, data.data, 0);
        }
    }
    return true;
}

/* true when this server answered. */
static bool ask(const struct sockaddr_storage *server, const char *host, uint16_t type,
                struct resolved *out)
{
    uint8_t query[RESOLVE_QUERY_MAX], answer[RESOLVE_QUERY_MAX];
    socklen_t len =
        server->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    uint64_t deadline = clock_now_ms() + (out->hurry ? HURRY_MS : PATIENCE_MS);
    bool done = false;
    struct pollfd p;
    uint16_t id;
    size_t n;

    if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id) {
        return false;
    }
    n = resolve_query(host, type, id, query);
    p = (struct pollfd){.fd = socket(server->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0),
                        .events = POLLIN};
    if (n > 0 && p.fd >= 0 && connect(p.fd, (const struct sockaddr *)server, len) == 0 &&
        send(p.fd, query, n, MSG_NOSIGNAL) == (ssize_t)n) {
        for (uint64_t now = clock_now_ms(); !done && now < deadline; now = clock_now_ms()) {
            ssize_t got = poll(&p, 1, (int)(deadline - now)) == 1
                              ? recv(p.fd, answer, sizeof answer, MSG_DONTWAIT)
                              : 0;

            if (got < 0) {
                break; /* nothing listens there */
            }
            done = resolve_answer(query, n, answer, (size_t)got, out);
        }
    }
    close(p.fd);
    return done;
}

static const char *ask_all(const char *host, struct resolved *out)
{
    struct resolved servers = {.port = 53};
    struct lines lines;
    bool answered = false;
    char *at;

    if (lines_open(&lines, "/etc/resolv.conf")) {
        while (servers.count < SERVERS_MAX && (at = lines_next(&lines)) != NULL) {
            char *word = lines_word(&at, " \t\r");
            char *address = lines_word(&at, " \t\r");

            if (word != NULL && address != NULL && strcmp(word, "nameserver") == 0) {
                add_literal(address, &servers);
            }
        }
        lines_close(&lines);
    }
    if (servers.count == 0) {
        add_literal("127.0.0.1", &servers);
    }
    for (unsigned i = 0; i < (out->hurry ? 1 : TRIES) * servers.count && !answered; i++) {
        const struct sockaddr_storage *server = &servers.items[i % servers.count];

        answered = (out->family == AF_INET6 || ask(server, host, TYPE_A, out)) &&
                   (out->family == AF_INET || ask(server, host, TYPE_AAAA, out));
    }
    return out->count > 0 ? NULL
           : answered     ? "there is no such name"
                          : "no name server answers, and /etc/hosts does not have it";
}

const char *resolve_host(const char *host, struct resolved *out)
{
    out->count = 0;
    if (add_literal(host, out)) {
        return out->count > 0 ? NULL : "no address of that kind, or no such interface";
    }
    resolve_file("/etc/hosts", host, out);
    if (out->count == 0 && strcasecmp(host, "localhost") == 0) {
        add_literal("127.0.0.1", out);
        add_literal("::1", out);
    }
    return out->count > 0 ? NULL : ask_all(host, out);
}

const char *resolve_endpoint(const struct endpoint *e, struct resolved *out)
{
    struct sockaddr_un *path = (void *)&out->items[0];

    _Static_assert(sizeof *path <= sizeof out->items[0], "a path fits");
    if (e->kind != ENDPOINT_UNIX) {
        out->port = e->port;
        return resolve_host(e->host, out);
    }
    memset(&out->items[0], 0, sizeof out->items[0]);
    path->sun_family = AF_UNIX;
    memcpy(path->sun_path, e->host, strnlen(e->host, sizeof path->sun_path - 1));
    out->count = 1;
    return NULL;
}
