/* app/proxy: bytes both ways at every split, ends told apart, addresses tried in turn, and
 * what the PROXY protocol says of the client. The backend is a socket of this program. */
#include "app/proxy.h"
#include "core/bytes.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct config config;
static struct tls_info info = {.version = 0x0304, .suite = 0x1301, .alpn = ""};
static struct app_peer peer = {
    .tls = &info, .address = "192.0.2.7:4711", .local = "198.51.100.1:443"};
static struct proxy_target target = {.count = 1, .label = "tcp://test"};
static struct app_shared shared = {.config = &config, .target = &target};

/* ---- one connection --------------------------------------------------------- */

static _Alignas(16) uint8_t state[APP_STATE_MAX];
static struct app_watch watch;

static void begin(void)
{
    memset(state, 0, sizeof state);
    watch = (struct app_watch){.fd = -1};
    peer.ended = false;
    app_proxy.open(state, &shared, &peer);
}

/* What the server does between two steps: waits for what the application wants. */
static void await(void)
{
    struct pollfd p = {.fd = watch.fd,
                       .events = (short)((watch.want & APP_WATCH_READ ? POLLIN : 0) |
                                         (watch.want & APP_WATCH_WRITE ? POLLOUT : 0))};

    if (watch.fd < 0 || watch.want == 0 || poll(&p, 1, 5000) <= 0) {
        return;
    }
    if ((p.revents & (POLLIN | POLLERR | POLLHUP)) != 0) {
        watch.ready |= APP_WATCH_READ;
    }
    if ((p.revents & (POLLOUT | POLLERR | POLLHUP)) != 0) {
        watch.ready |= APP_WATCH_WRITE;
    }
}

static enum app_result step(struct app_io *io)
{
    io->watch = &watch;
    return app_proxy.step(state, io, 0);
}

/* Steps without bytes until the backend is there, or is not. */
static enum app_result connect_through(void)
{
    enum app_result result = APP_MORE;

    for (int i = 0; i < 20 && result == APP_MORE && app_proxy.phase(state) == APP_CONNECT; i++) {
        struct app_io io = {0};

        result = step(&io);
        await();
    }
    return result;
}

/* ---- the other side ----------------------------------------------------------- */

static int listener(struct sockaddr_storage *address)
{
    struct sockaddr_in *in = (void *)address;
    socklen_t len = sizeof *in;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(address, 0, sizeof *address);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (void *)in, len) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (void *)in, &len) != 0) {
        abort();
    }
    return fd;
}

/* An address where nobody listens. */
static void nowhere(struct sockaddr_storage *address)
{
    close(listener(address));
}

static int begin_connected(int backend)
{
    begin();
    expect(connect_through() == APP_MORE && app_proxy.phase(state) == APP_BODY, "connected");
    return accept(backend, NULL, NULL);
}

/* -1: a reset; else the bytes until the end. */
static ssize_t drain(int fd, uint8_t *dst, size_t cap)
{
    size_t len = 0;

    for (;;) {
        ssize_t n = recv(fd, dst + len, cap - len, 0);

        if (n <= 0) {
            return n == 0 ? (ssize_t)len : -1;
        }
        len += (size_t)n;
    }
}

/* ---- tests ----------------------------------------------------------------------- */

static uint8_t sent[3000], got[8000];

static bool one_split(int backend, size_t in_max, size_t out_max)
{
    size_t in_at = 0, out_at = 0;
    enum app_result result = APP_MORE;
    int fd = begin_connected(backend);
    bool good = true;

    good &= send(fd, sent, sizeof sent, 0) == (ssize_t)sizeof sent;
    for (int i = 0; i < 9000 && (in_at < sizeof sent || out_at < sizeof sent); i++) {
        size_t left = sizeof sent - in_at;
        struct app_io io = {.in = sent + in_at,
                            .in_len = left < in_max ? left : in_max,
                            .out = got + out_at,
                            .out_len = out_max};

        result = step(&io);
        good &= result == APP_MORE && io.in_used <= io.in_len && io.out_used <= io.out_len;
        in_at += io.in_used;
        out_at += io.out_used;
        if (io.in_used + io.out_used == 0) {
            await();
        }
    }
    good &= out_at == sizeof sent && memcmp(got, sent, out_at) == 0;
    peer.ended = true;
    app_proxy.close(state);
    good &=
        drain(fd, got, sizeof got) == (ssize_t)sizeof sent && memcmp(got, sent, sizeof sent) == 0;
    close(fd);
    return good;
}

static void test_splits(int backend)
{
    bool good = true;

    for (size_t in_max = 1; in_max < sizeof sent; in_max = in_max * 3 + 1) {
        for (size_t out_max = 1; out_max < sizeof sent; out_max = out_max * 3 + 1) {
            good &= one_split(backend, in_max, out_max);
        }
    }
    ok(good, "bytes arrive both ways, whole and in order, at every split");
}

static void test_ends(int backend)
{
    uint8_t room[64];
    struct app_io eof = {.in_eof = true, .out = room, .out_len = sizeof room};
    struct app_io more = {.out = room, .out_len = sizeof room};
    struct linger at_once = {.l_onoff = 1};
    enum app_result result = APP_MORE;
    int fd = begin_connected(backend);

    ok(step(&eof) == APP_MORE && drain(fd, got, sizeof got) == 0,
       "the client's close_notify becomes the backend's end of file");
    expect(send(fd, "late", 4, 0) == 4, "sends");
    await();
    ok(step(&eof) == APP_MORE && eof.out_used == 4 && memcmp(room, "late", 4) == 0 && eof.flush,
       "what it says after that still comes");
    close(fd);
    for (int i = 0; i < 20 && result == APP_MORE; i++) {
        await();
        result = step(&more);
    }
    ok(result == APP_DONE && more.out_used == 0, "and its own end is the end");
    app_proxy.close(state);

    fd = begin_connected(backend);
    app_proxy.close(state);
    ok(drain(fd, got, sizeof got) == -1, "a client that was cut off is a reset for the backend");
    close(fd);

    fd = begin_connected(backend);
    (void)step(&more);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    await();
    ok(step(&more) == APP_FAIL, "a reset by the backend is no orderly end for the client");
    app_proxy.close(state);
}

/* The backend answers and leaves without having read all: the answer still arrives. */
static void test_deaf_backend(int backend)
{
    uint8_t room[64];
    enum app_result result = APP_MORE;
    size_t len = 0, taken = 0;
    int fd = begin_connected(backend);

    expect(send(fd, "413", 3, 0) == 3, "sends");
    shutdown(fd, SHUT_RDWR);
    for (int i = 0; i < 200 && result == APP_MORE; i++) {
        struct app_io io = {
            .in = sent, .in_len = sizeof sent, .out = room + len, .out_len = sizeof room - len};

        result = step(&io);
        len += io.out_used;
        taken += io.in_used;
    }
    ok(len == 3 && memcmp(room, "413", 3) == 0 && result != APP_MORE && taken > 0,
       "a backend that stops reading is still heard");
    app_proxy.close(state);
    close(fd);
}

static void test_patience(int backend)
{
    uint8_t room[16];
    struct app_io closed = {.in = sent, .in_len = 0};
    struct app_io open = {.out = room, .out_len = sizeof room};
    int fd = begin_connected(backend);
    size_t total = 0;

    (void)step(&closed);
    ok(watch.want == 0,
       "with no room for bytes nothing is watched: a hang-up would be told forever");
    (void)step(&open);
    ok(watch.want == APP_WATCH_READ, "with room the backend's bytes are waited for");
    for (int i = 0; i < 100000 && (watch.want & APP_WATCH_WRITE) == 0; i++) {
        struct app_io io = {.in = sent, .in_len = sizeof sent, .out = room, .out_len = 1};

        (void)step(&io);
        total += io.in_used;
    }
    ok((watch.want & APP_WATCH_WRITE) != 0 && total > 0,
       "a backend that does not read is waited for, and the client with it");
    app_proxy.close(state);
    close(fd);
}

static void test_addresses(int backend)
{
    struct app_io io = {0};
    int fd;

    target.addresses[1] = target.addresses[0];
    nowhere(&target.addresses[0]);
    target.count = 2;
    fd = begin_connected(backend);
    ok(fd >= 0, "the second address is tried when the first refuses");
    app_proxy.close(state);
    close(fd);
    target.count = 1;
    begin();
    ok(connect_through() == APP_FAIL && step(&io) == APP_FAIL,
       "nobody there: the connection fails");
    app_proxy.close(state);
    target.count = 0;
    begin();
    ok(connect_through() == APP_FAIL, "no address at all: the same");
    app_proxy.close(state);
    target.count = 1;
    target.addresses[0] = target.addresses[1];
}

static void test_unix(void)
{
    struct sockaddr_un *a = (void *)&target.addresses[0];
    struct app_io io = {.in = sent, .in_len = 10};
    char folder[] = "/tmp/tiny-proxy-XXXXXX";
    int backend = socket(AF_UNIX, SOCK_STREAM, 0);
    int fd;

    if (mkdtemp(folder) == NULL) {
        abort();
    }
    memset(&target.addresses[0], 0, sizeof target.addresses[0]);
    a->sun_family = AF_UNIX;
    snprintf(a->sun_path, sizeof a->sun_path, "%s/s", folder);
    expect(bind(backend, (void *)a, sizeof *a) == 0 && listen(backend, 1) == 0, "listens");
    fd = begin_connected(backend);
    ok(step(&io) == APP_MORE && io.in_used == 10 && recv(fd, got, 10, 0) == 10 &&
           memcmp(got, sent, 10) == 0,
       "a Unix socket is a backend, too");
    app_proxy.close(state);
    close(fd);
    close(backend);
    unlink(a->sun_path);
    rmdir(folder);
    begin();
    ok(connect_through() == APP_FAIL, "and without its file none");
    app_proxy.close(state);
}

/* ---- the PROXY protocol -------------------------------------------------------- */

static const char *v1(const char *from, const char *to)
{
    static char text[PROXY_HEADER_MAX + 1];
    struct app_peer p = {.tls = &info};

    snprintf(p.address, sizeof p.address, "%s", from);
    snprintf(p.local, sizeof p.local, "%s", to);
    text[proxy_header(PROXY_PROTOCOL_V1, &p, (uint8_t *)text)] = '\0';
    return text;
}

static void test_v1(void)
{
    uint8_t dst[PROXY_HEADER_MAX];

    ok(proxy_header(PROXY_PROTOCOL_NONE, &peer, dst) == 0, "no header unless asked for");
    is_text(v1("192.0.2.7:4711", "198.51.100.1:443"),
            "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n", "version 1, IPv4");
    is_text(v1("[2001:db8::1]:65535", "[::1]:443"), "PROXY TCP6 2001:db8::1 ::1 65535 443\r\n",
            "version 1, IPv6");
    is_text(v1("unix", "unix"), "PROXY UNKNOWN\r\n", "version 1, a Unix socket");
    is_text(v1("192.0.2.7:1", "[::1]:2"), "PROXY UNKNOWN\r\n", "addresses of two kinds are none");
    is_text(v1("", ""), "PROXY UNKNOWN\r\n", "no address is none");
}

/* The value of a TLV, among those of a span; empty when it is not there. */
static struct span tlv(struct span in, unsigned type)
{
    struct reader r = reader_of(in.data, in.len);

    while (reader_left(&r) > 0) {
        unsigned t = reader_u8(&r);
        struct span value = reader_vec16(&r);

        if (expect(!r.bad, "TLVs are well formed") && t == type) {
            return value;
        }
        if (r.bad) {
            break;
        }
    }
    return span_of(in.data, 0);
}

static bool has_name(const char *subject, const char *want)
{
    uint8_t dst[PROXY_HEADER_MAX];
    size_t len;
    struct span ssl, cn;

    info.verdict = TLS_PEER_TRUSTED;
    snprintf(info.peer_subject, sizeof info.peer_subject, "%s", subject);
    len = proxy_header(PROXY_PROTOCOL_V2, &peer, dst);
    ssl = tlv(span_of(dst + 28, len - 28), 0x20);
    cn = tlv(span_of(ssl.data + 5, ssl.len - 5), 0x22);
    info.verdict = TLS_PEER_NOT_ASKED;
    return span_is(cn, want);
}

static void test_v2(void)
{
    static const uint8_t head[28] = {0x0D, 0x0A, 0x0D, 0x0A, 0,    0x0D, 0x0A, 0x51, 0x55, 0x49,
                                     0x54, 0x0A, 0x21, 0x11, 0,    0,    192,  0,    2,    7,
                                     198,  51,   100,  1,    0x12, 0x67, 0x01, 0xBB};
    uint8_t dst[PROXY_HEADER_MAX];
    struct span all, ssl;
    size_t len;

    info.alpn = "h2";
    strcpy(info.server_name, "example.org");
    len = proxy_header(PROXY_PROTOCOL_V2, &peer, dst);
    ok((size_t)(dst[14] << 8 | dst[15]) == len - 16, "version 2: the length is that of the rest");
    dst[14] = dst[15] = 0;
    ok(memcmp(dst, head, sizeof head) == 0, "signature, command, addresses and ports");
    all = span_of(dst + 28, len - 28);
    ssl = tlv(all, 0x20);
    ok(span_is(tlv(all, 1), "h2") && span_is(tlv(all, 2), "example.org"), "ALPN and AUTHORITY");
    ok(ssl.len > 5 && ssl.data[0] == 1 && ssl.data[4] == 1, "no certificate: SSL, not verified");
    ssl = span_of(ssl.data + 5, ssl.len - 5);
    ok(span_is(tlv(ssl, 0x21), "TLSv1.3") && span_is(tlv(ssl, 0x23), "TLS_AES_128_GCM_SHA256"),
       "version and cipher");

    info.verdict = TLS_PEER_TRUSTED;
    len = proxy_header(PROXY_PROTOCOL_V2, &peer, dst);
    ssl = tlv(span_of(dst + 28, len - 28), 0x20);
    ok(ssl.data[0] == 7 && memcmp(ssl.data + 1, "\0\0\0\0", 4) == 0, "a trusted certificate");
    info.resumed = true;
    (void)proxy_header(PROXY_PROTOCOL_V2, &peer, dst);
    ok(ssl.data[0] == 5, "... of the session that is resumed");
    info.resumed = false;
    info.verdict = TLS_PEER_REFUSED;
    (void)proxy_header(PROXY_PROTOCOL_V2, &peer, dst);
    ok(ssl.data[0] == 7 && ssl.data[4] == 1, "one that was tolerated is told as not verified");
    info.verdict = TLS_PEER_NOT_ASKED;

    strcpy(peer.address, "unix");
    len = proxy_header(PROXY_PROTOCOL_V2, &peer, dst);
    ok(dst[13] == 0 && span_is(tlv(span_of(dst + 16, len - 16), 1), "h2"),
       "a Unix socket: no address, the rest is told");
    strcpy(peer.address, "192.0.2.7:4711");
}

static void test_common_name(void)
{
    ok(has_name("CN=ann", "ann") && has_name("CN=ann, O=x", "ann") &&
           has_name("O=x, CN=ann", "ann"),
       "the common name, wherever it stands");
    ok(has_name("O=\"a, CN=evil\", CN=ann", "ann"), "one within another value is none");
    ok(has_name("CN=\"a, b\"", "") && has_name("CN=a\\2Cb", "") && has_name("O=x", ""),
       "a name that would have to be guessed is left out");
    ok(has_name("CN=abc...", "") && has_name("O=x, CN=ab...", ""), "so is one that was cut");
    ok(has_name("XCN=evil, CN=ann", "ann"), "another attribute's type is another");
}

/* Everything as long as it can be. */
static void test_longest(void)
{
    static char alpn[256];
    uint8_t dst[PROXY_HEADER_MAX];
    size_t len;

    memset(alpn, 'a', 255);
    memset(info.server_name, 'n', sizeof info.server_name - 1);
    memset(info.peer_subject, 's', sizeof info.peer_subject - 1);
    memcpy(info.peer_subject, "CN=", 3);
    info.alpn = alpn;
    info.verdict = TLS_PEER_TRUSTED;
    info.suite = 0xC0AF;
    strcpy(peer.address, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    strcpy(peer.local, peer.address);
    len = proxy_header(PROXY_PROTOCOL_V2, &peer, dst);
    ok(len > 52 + 2 * 258 && len <= sizeof dst, "the longest header fits");
    len = proxy_header(PROXY_PROTOCOL_V1, &peer, dst);
    ok(len <= 107 && memcmp(dst + len - 2, "\r\n", 2) == 0, "version 1 has at most 107 bytes");
}

int main(void)
{
    int backend = listener(&target.addresses[0]);

    for (size_t i = 0; i < sizeof sent; i++) {
        sent[i] = (uint8_t)(i * 7 + i / 256);
    }
    test_splits(backend);
    test_ends(backend);
    test_deaf_backend(backend);
    test_patience(backend);
    test_addresses(backend);
    test_unix();
    test_v1();
    test_v2();
    test_common_name();
    test_longest();
    close(backend);
    return tap_done();
}
