#include "app/http.h"

#include <string.h>

bool http_is_token_char(uint8_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
        return true;
    }
    return c > ' ' && c < 0x7F && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

/* ---- the end of a head --------------------------------------------------- */

/* What byte i says, given all bytes before it: the verdicts of http_scan. */
static int scan_byte(struct http_scan *scan, const uint8_t *data, size_t i)
{
    uint8_t c = data[i];
    bool after_cr = i > 0 && data[i - 1] == '\r';

    if ((c == '\n') != after_cr || (c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
        return 400;
    }
    if (c != '\n') {
        return -1;
    }
    /* The first line may be empty; it is not the request line then. */
    if (i > 1) {
        scan->line_done = true;
    }
    return i >= 3 && data[i - 2] == '\n' ? 0 : -1;
}

int http_scan(struct http_scan *scan, const uint8_t *data, size_t len)
{
    while (scan->pos < len) {
        int verdict;

        verdict = scan_byte(scan, data, scan->pos);
        scan->pos++;
        if (verdict >= 0) {
            return verdict;
        }
        if (scan->pos >= HTTP_HEAD_MAX) {
            return 431;
        }
        if (!scan->line_done && scan->pos >= HTTP_LINE_MAX) {
            return 414;
        }
    }
    return -1;
}

/* ---- the request line ---------------------------------------------------- */

static int refuse(struct http_request *r, int status, const char *reason)
{
    r->reason = reason;
    return status;
}

static size_t token_len(struct span s)
{
    size_t n = 0;

    while (n < s.len && http_is_token_char(s.data[n])) {
        n++;
    }
    return n;
}

static struct span span_from(struct span s, size_t n)
{
    return span_of(s.data + n, s.len - n);
}

/* Where c stands first, or the length. */
static size_t span_find(struct span s, char c)
{
    const uint8_t *at = s.len > 0 ? memchr(s.data, c, s.len) : NULL;

    return at != NULL ? (size_t)(at - s.data) : s.len;
}

/* uri-host [ ":" port ], as far as its characters go. */
static bool host_ok(struct span host)
{
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
            (c == '\0' || strchr("-._~!$&'()*+,;=%[]:", c) == NULL)) {
            return false;
        }
    }
    return true;
}

static struct span after_scheme(struct span target)
{
    static const char schemes[][9] = {"http://", "https://"};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t n = strlen(schemes[i]);

        if (target.len > n && span_is_nocase(span_of(target.data, n), schemes[i])) {
            return span_from(target, n);
        }
    }
    return span_of(NULL, 0);
}

static int parse_target(struct http_request *r)
{
    struct span path = r->target;
    struct span rest;
    size_t end;

    if (span_is(r->target, "*") && r->method == HTTP_OPTIONS) {
        r->asterisk = true;
        return 0;
    }
    if (span_is(r->method_name, "CONNECT")) {
        return 0; /* its target is an authority; it is refused whatever it is */
    }
    if (path.data[0] != '/') {
        rest = after_scheme(path);
        end = 0;
        while (end < rest.len && rest.data[end] != '/' && rest.data[end] != '?') {
            end++;
        }
        r->host = span_of(rest.data, end);
        if (end == 0 || !host_ok(r->host)) {
            return refuse(r, 400, "the request target is neither a path nor a URL");
        }
        path = span_from(rest, end);
    }
    r->path = span_of(path.data, span_find(path, '?'));
    r->query = span_from(path, r->path.len);
    if (r->path.len == 0) {
        r->path = span_of("/", 1);
    }
    return 0;
}

static enum http_method method_of(struct span name)
{
    if (span_is(name, "GET")) {
        return HTTP_GET;
    }
    if (span_is(name, "HEAD")) {
        return HTTP_HEAD;
    }
    return span_is(name, "OPTIONS") ? HTTP_OPTIONS : HTTP_OTHER;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static int parse_version(struct http_request *r)
{
    const uint8_t *v = r->protocol.data;

    if (r->protocol.len != 8 || memcmp(v, "HTTP/", 5) != 0 || !is_digit(v[5]) || v[6] != '.' ||
        !is_digit(v[7])) {
        return refuse(r, 400, "the request line does not end in a version");
    }
    if (v[5] != '1') {
        return refuse(r, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    }
    r->minor = v[7] == '0' ? 0 : 1;
    return 0;
}

/* method SP target SP version, one blank each. */
static int parse_line(struct http_request *r)
{
    struct span rest = r->line;
    size_t n = token_len(rest);
    int status;

    if (n == 0 || n == rest.len || rest.data[n] != ' ') {
        return refuse(r, 400, "the request line does not begin with a method");
    }
    r->method_name = span_of(rest.data, n);
    r->method = method_of(r->method_name);
    rest = span_from(rest, n + 1);
    n = span_find(rest, ' ');
    if (n == 0 || n == rest.len) {
        return refuse(r, 400, "the request line has not three parts");
    }
    for (size_t i = 0; i < n; i++) {
        if (rest.data[i] <= ' ' || rest.data[i] >= 0x7F || rest.data[i] == '#') {
            return refuse(r, 400, "the request target holds a character that must be encoded");
        }
    }
    r->target = span_of(rest.data, n);
    r->protocol = span_from(rest, n + 1);
    status = parse_version(r);
    return status != 0 ? status : parse_target(r);
}

/* ---- the fields ---------------------------------------------------------- */

/* What the parser itself wants of the fields. */
struct framing {
    unsigned hosts;
    unsigned lengths;
    unsigned codings;
    struct span host;
    struct span coding;
    bool close;
    bool keep_alive;
};

static int parse_length(struct http_request *r, struct span value)
{
    uint64_t n = 0;

    if (value.len == 0 || value.len > 18) {
        return refuse(r, 400, "Content-Length is not a number of bytes");
    }
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.data[i])) {
            return refuse(r, 400, "Content-Length is not a number of bytes");
        }
        n = n * 10 + (uint64_t)(value.data[i] - '0');
    }
    r->content_length = n;
    return 0;
}

static void parse_connection(struct framing *f, struct span value)
{
    struct span option;

    while (http_next_element(&value, &option)) {
        f->close = f->close || span_is_nocase(option, "close");
        f->keep_alive = f->keep_alive || span_is_nocase(option, "keep-alive");
    }
}

static int parse_field(struct http_request *r, struct framing *f, struct span name,
                       struct span value)
{
    if (span_is_nocase(name, "Host")) {
        f->hosts++;
        f->host = value;
    } else if (span_is_nocase(name, "Content-Length")) {
        f->lengths++;
        return parse_length(r, value);
    } else if (span_is_nocase(name, "Transfer-Encoding")) {
        f->codings++;
        f->coding = value;
    } else if (span_is_nocase(name, "Connection")) {
        parse_connection(f, value);
    } else if (span_is_nocase(name, "Expect") && r->minor > 0) {
        if (!span_is_nocase(value, "100-continue")) {
            return refuse(r, 417, "no other expectation than 100-continue is known");
        }
        r->expect_continue = true;
    }
    return 0;
}

static int check_framing(struct http_request *r, const struct framing *f)
{
    if (f->hosts > 1 || (f->hosts == 0 && r->minor > 0)) {
        return refuse(r, 400, "a request needs one Host field");
    }
    if (!host_ok(f->host)) {
        return refuse(r, 400, "the Host field is not a host name");
    }
    if (r->host.len == 0) {
        r->host = f->host;
    }
    if (f->lengths > 1 || (f->lengths > 0 && f->codings > 0) || f->codings > 1) {
        return refuse(r, 400, "the length of the body is told more than once");
    }
    if (f->codings > 0 && r->minor == 0) {
        return refuse(r, 400, "HTTP/1.0 has no Transfer-Encoding");
    }
    if (f->codings > 0 && !span_is_nocase(f->coding, "chunked")) {
        return refuse(r, 501, "no other transfer coding than chunked is known");
    }
    r->chunked = f->codings > 0;
    r->keep_alive = !f->close && (r->minor > 0 || f->keep_alive);
    /* Without a body nobody waits for 100. */
    r->expect_continue = r->expect_continue && (r->chunked || r->content_length > 0);
    return 0;
}

static struct span strip(struct span s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s = span_from(s, 1);
    }
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) {
        s.len--;
    }
    return s;
}

static int parse_fields(struct http_request *r)
{
    struct framing f = {.host = {NULL, 0}};
    struct span rest = r->fields;
    unsigned count = 0;

    while (rest.len > 0) {
        struct span line = span_of(rest.data, span_find(rest, '\r'));
        size_t n = token_len(line);
        int status;

        if (n == 0 || n == line.len || line.data[n] != ':') {
            return refuse(r, 400, "a field is not a name, a colon and a value");
        }
        if (++count > HTTP_FIELDS_MAX) {
            return refuse(r, 431, "the request has too many fields");
        }
        status = parse_field(r, &f, span_of(line.data, n), strip(span_from(line, n + 1)));
        if (status != 0) {
            return status;
        }
        rest = span_from(rest, line.len + 2);
    }
    return check_framing(r, &f);
}

int http_parse(const uint8_t *head, size_t len, struct http_request *r)
{
    struct span all = span_of(head, len);
    int status;

    *r = (struct http_request){.method = HTTP_OTHER};
    if (all.len > 2 && all.data[0] == '\r') {
        all = span_from(all, 2); /* the empty line that is let pass */
    }
    r->line = span_of(all.data, span_find(all, '\r'));
    if (all.len < r->line.len + 4) {
        return refuse(r, 400, "the request line is missing");
    }
    all.len -= 2;
    r->fields = span_from(all, r->line.len + 2);
    status = parse_line(r);
    return status != 0 ? status : parse_fields(r);
}
