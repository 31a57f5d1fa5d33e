/* app/status: the three forms by Accept, their escaping and size, methods,
 * the style sheet's hash; the page over HTTP at several splits. */
#include "app/http_serve.h"
#include "app/status_page.h"
#include "core/clock.h"
#include "tap.h"

#include <bearssl.h>
#include <stdlib.h>

static struct config config = {.version_min = 0x0301,
                               .version_max = 0x0303,
                               .suites = {0xC02B, 0xC02F, 0x000A},
                               .suite_count = 3,
                               .groups = {29, 23},
                               .group_count = 2,
                               .session_cache = true,
                               .session_cache_size = 4321,
                               .max_connections = 1000};
static struct counters counters;
static struct pool heads;
static struct tls_info tls = {.version = 0x0303,
                              .suite = 0xC02B,
                              .group = 29,
                              .signature = 0x0403,
                              .common_suites = 3,
                              .verdict = TLS_PEER_TRUSTED,
                              .session_id = {0xAB, 0xCD},
                              .session_id_len = 32,
                              .alpn = "http/1.1",
                              .server_name = "example.org",
                              .peer_subject = "CN=<Ann> & \"Bob\""};
static struct app_peer peer = {.tls = &tls, .address = "192.0.2.1:4711", .local = "192.0.2.2:4433"};
static struct app_shared shared = {
    .config = &config, .counters = &counters, .heads = &heads, .root_fd = -1, .access_fd = -1};
static char got[40000];

/* The whole answer to a request, in `got`; "" when it never ended. */
static const char *ask(const char *request, size_t in_max, size_t out_max)
{
    max_align_t state[(APP_STATE_MAX + sizeof(max_align_t) - 1) / sizeof(max_align_t)] = {0};
    size_t len = strlen(request), in_at = 0, out_at = 0;
    enum app_result result = APP_MORE;

    app_status.open(state, &shared, &peer);
    for (int idle = 0; result == APP_MORE && idle < 2;) {
        size_t left = len - in_at;
        size_t room = sizeof got - 1 - out_at;
        struct app_io io = {.in = (const uint8_t *)request + in_at,
                            .in_len = left < in_max ? left : in_max,
                            .out = (uint8_t *)got + out_at,
                            .out_len = room < out_max ? room : out_max};

        io.in_eof = io.in_len == left;
        result = app_status.step(state, &io, 1);
        in_at += io.in_used;
        out_at += io.out_used;
        idle = io.in_used + io.out_used == 0 ? idle + 1 : 0;
    }
    app_status.close(state);
    expect(heads.taken == 0, "no block is kept");
    got[result == APP_DONE ? out_at : 0] = '\0';
    return got;
}

static const char *ask_accept(const char *accept)
{
    char request[256];

    snprintf(request, sizeof request, "GET /any%%20path HTTP/1.1\r\nHost: h\r\n%s\r\n", accept);
    return ask(request, 4096, 16384);
}

static bool has(const char *text)
{
    return strstr(got, text) != NULL;
}

static const char *body(void)
{
    const char *at = strstr(got, "\r\n\r\n");

    return at != NULL ? at + 4 : "";
}

/* ---- a JSON reader that only says yes or no -------------------------------- */

static bool json_value(const char **at);

static void json_blank(const char **at)
{
    *at += strspn(*at, " \n");
}

static bool json_string(const char **at)
{
    if (*(*at)++ != '"') {
        return false;
    }
    for (; **at != '"'; (*at)++) {
        if ((unsigned char)**at < 0x20 || (unsigned char)**at > 0x7E) {
            return false;
        }
        if (**at == '\\') {
            (*at)++;
        }
    }
    (*at)++;
    return true;
}

static bool json_list(const char **at, char end, bool keys)
{
    (*at)++;
    json_blank(at);
    if (**at == end) {
        (*at)++;
        return true;
    }
    for (;;) {
        json_blank(at);
        if (keys && (!json_string(at) || *(*at)++ != ':')) {
            return false;
        }
        if (!json_value(at)) {
            return false;
        }
        json_blank(at);
        if (**at != ',') {
            return *(*at)++ == end;
        }
        (*at)++;
    }
}

static bool json_value(const char **at)
{
    static const char *const words[] = {"true", "false", "null"};

    if (**at == '{' || **at == '[') {
        return json_list(at, **at == '{' ? '}' : ']', **at == '{');
    }
    if (**at == '"') {
        return json_string(at);
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strncmp(*at, words[i], strlen(words[i])) == 0) {
            *at += strlen(words[i]);
            return true;
        }
    }
    if (strspn(*at, "0123456789") == 0) {
        return false;
    }
    *at += strspn(*at, "0123456789");
    return true;
}

static bool is_json(const char *text)
{
    bool good = *text == '{' && json_value(&text);

    json_blank(&text);
    return good && *text == '\0';
}

/* ---- checks ---------------------------------------------------------------- */

static void check_text(void)
{
    ask_accept("Accept: */*\r\n");
    ok(has("HTTP/1.1 200 OK\r\n") && has("Content-Type: text/plain"), "curl gets plain text");
    ok(has("\n  Protocol                   TLSv1.2\n"), "protocol");
    ok(has("ECDHE-ECDSA-AES128-GCM-SHA256") && has("X25519") && has("ecdsa_secp256r1_sha256"),
       "suite, group, signature");
    ok(has("Session ID                 abcd0000"), "session ID");
    ok(has("CN=<Ann> & \\x22Bob\\x22"), "the client's subject, quoted");
    ok(has("\n  * ECDHE-ECDSA-AES128-GCM-SHA256 ") && has("\n  + ECDHE-RSA-AES128-GCM-SHA256 ") &&
           has("\n    DES-CBC3-SHA"),
       "suites: used, common, others");
    ok(has("1 d 01:01:01") || has("1 d 01:01:02"), "uptime");
    ok(has("Room for                   4321"), "session cache");
    ask_accept("");
    ok(has("Content-Type: text/plain"), "so does who says nothing");
}

static void check_json(void)
{
    ask_accept("Accept: application/json\r\n");
    ok(has("Content-Type: application/json\r\n"), "JSON for who asks");
    ok(is_json(body()), "and it is JSON");
    ok(has("\"protocol\":\"TLSv1.2\"") && has("\"max_connections\":1000") && has("\"on\":true"),
       "its types");
    tls.server_name[0] = '\0';
    ask_accept("Accept: application/json\r\n");
    ok(has("\"server_name\":null") && is_json(body()), "what is absent is null");
    strcpy(tls.server_name, "example.org");
}

/* A connection of TLS 1.3, resumed and with early data; each version's suites stand on the page
 * when it is on. */
static void check_tls13(void)
{
    struct config old = config;
    struct tls_info resumed = {.version = 0x0304,
                               .suite = 0x1301,
                               .group = 0x11EC,
                               .resumed = true,
                               .early_data = true,
                               .common13 = 1,
                               .alpn = ""};

    config.version_max = 0x0304;
    memcpy(config.ciphersuites, (uint16_t[]){0x1301, 0x1303}, 2 * sizeof(uint16_t));
    config.ciphersuite_count = 2;
    peer.tls = &resumed;
    ask_accept("Accept: */*\r\n");
    ok(has("tiny " TINY_VERSION ": TLSv1.3, TLS_AES_128_GCM_SHA256\n") &&
           has("Encryption                 AESGCM(128)") && has(" X25519MLKEM768\n") &&
           has("Session                    reused") && has("Early data                 yes"),
       "a connection of TLS 1.3");
    ok(has("Protocols                  TLSv1.0 to TLSv1.3") &&
           has("\n  * TLS_AES_128_GCM_SHA256 ") && has("\n    TLS_CHACHA20_POLY1305_SHA256 ") &&
           has("\n    DES-CBC3-SHA"),
       "suites of all versions");
    config.version_min = 0x0304;
    ask_accept("Accept: application/json\r\n");
    ok(has("\"early_data\":true") && !has("DES-CBC3-SHA") && is_json(body()),
       "without those of versions that are off");
    config = old;
    ask_accept("Accept: text/html\r\n");
    ok(!has("TLS_CHACHA20"), "the same of TLS 1.3");
    peer.tls = &tls;
}

/* The browser applies the style sheet only when the policy has its hash. */
static void check_policy(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *begin = strstr(got, "<style>");
    const char *end = strstr(got, "</style>");
    uint8_t hash[33] = {0};
    char want[64];
    struct text t = text_over(want, sizeof want);
    br_sha256_context ctx;

    if (begin == NULL || end == NULL) {
        ok(false, "there is a style sheet");
        return;
    }
    begin += 7;
    br_sha256_init(&ctx);
    br_sha256_update(&ctx, begin, (size_t)(end - begin));
    br_sha256_out(&ctx, hash);
    text_add(&t, "'sha256-");
    for (size_t i = 0; i < 33; i += 3) {
        uint32_t v = (uint32_t)hash[i] << 16 | (uint32_t)hash[i + 1] << 8 | hash[i + 2];

        text_addf(&t, "%c%c%c%c", digits[v >> 18], digits[v >> 12 & 63], digits[v >> 6 & 63],
                  digits[v & 63]);
    }
    t.buf[t.len - 1] = '='; /* 32 bytes leave one digit over */
    text_add(&t, "'");
    ok(strstr(page_policy, want) != NULL, "the policy names the style sheet's hash");
    printf("# %s\n", want);
}

static void check_html(void)
{
    ask_accept("Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n");
    ok(has("Content-Type: text/html") && has("Content-Security-Policy: default-src 'none'"),
       "a browser gets HTML with a policy");
    ok(has("CN=&lt;Ann&gt; &amp; &quot;Bob&quot;") && !has("<Ann>"), "escaped");
    ok(!has("<script") && !has("src="), "nothing to load or run");
    check_policy();
    ask_accept("Accept: text/html;q=0.3, application/json\r\n");
    ok(has("Content-Type: application/json"), "the better wish wins");
    ask_accept("Accept: text/html;q=0, */*\r\n");
    ok(has("Content-Type: text/plain"), "HTML refused");
}

/* All that may be long is as long as can be: it still fits. */
static void check_size(void)
{
    struct tls_info full = tls;
    const char *const accepts[] = {"Accept: text/html\r\n", "Accept: application/json\r\n", ""};
    bool good = true;

    memset(full.server_name, '"', sizeof full.server_name - 1);
    memset(full.peer_subject, '"', sizeof full.peer_subject - 1);
    memset(&counters, 0xFF, sizeof counters);
    for (size_t i = 0; i < CONFIG_MAX_SUITES; i++) {
        config.suites[i] = 0xC02B;
    }
    config.suite_count = CONFIG_MAX_SUITES;
    for (size_t i = 0; i < CONFIG_MAX_CIPHERSUITES; i++) {
        config.ciphersuites[i] = 0x1303;
    }
    config.ciphersuite_count = CONFIG_MAX_CIPHERSUITES;
    config.version_max = 0x0304;
    peer.tls = &full;
    for (size_t i = 0; i < ARRAY_LEN(accepts); i++) {
        ask_accept(accepts[i]);
        good &= expect(has("HTTP/1.1 200 OK\r\n"), "fits");
        printf("# %zu bytes\n", strlen(body()));
        good &= expect(i != 1 || is_json(body()), "JSON");
    }
    ok(good, "the largest page fits");
    peer.tls = &tls;
}

static void check_http(void)
{
    static char whole[sizeof got];
    bool good = true;

    ask("HEAD / HTTP/1.0\r\n\r\n", 4096, 16384);
    ok(has(" 200 OK\r\n") && body()[0] == '\0', "HEAD has no body");
    ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 4096, 16384);
    ok(has(" 405 ") && has("Allow: GET, HEAD"), "other methods are refused");
    counters.started_s = INT64_MAX; /* uptime stays 0 meanwhile */
    counters.requests = 0;
    ask("GET /x HTTP/1.0\r\nAccept: text/html\r\n\r\n", 4096, 16384);
    strcpy(whole, strstr(got, "<!DOCTYPE") != NULL ? strstr(got, "<!DOCTYPE") : "none");
    for (size_t i = 1; i < 40; i += 3) {
        counters.requests = 0;
        ask("GET /x HTTP/1.0\r\nAccept: text/html\r\n\r\n", i, i * 29);
        good &= strcmp(body(), whole) == 0;
    }
    ok(good, "every split gives the same page");
}

int main(void)
{
    pool_begin(&heads, HTTP_BLOCK_LEN, 2, 2);
    counters.started_s = clock_wall_s() - 90061;
    check_text();
    check_json();
    check_tls13();
    check_html();
    check_size();
    check_http();
    pool_end(&heads);
    return tap_done();
}
