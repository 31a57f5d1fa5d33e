/*
 * The request parser: head scan at two splits, parse, every look-up; then the
 * rest of the input as a chunked body at two splits. Spans must lie within the
 * head, and both splits must agree.
 */
#include "app/http_body.h"
#include "app/http_range.h"
#include "app/path.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

static void inside(struct span s, const uint8_t *head, size_t len)
{
    /* An absolute target without a path has the path "/", which is not in it. */
    check(s.len == 0 || (s.data >= head && s.data + s.len <= head + len) || span_is(s, "/"));
}

static void look_up(const struct http_request *r, const uint8_t *head, size_t len)
{
    static const char *const names[] = {"Accept-Encoding", "Range", "If-Range", "Host", "a"};
    struct http_validators v = {span_of("\"e\"", 3), 784111777};
    struct http_ranges ranges;
    struct path path;
    int64_t seconds;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct span value = http_field(r, names[i]);
        int q = http_quality(r, names[i], "gzip");

        inside(value, head, len);
        check(q >= -1 && q <= 1000);
        http_date_parse(value, 1795000000, &seconds);
        if (http_ranges_parse(value, 1000, &ranges) == 206) {
            check(ranges.count > 0 && ranges.count <= HTTP_RANGES_MAX);
            for (unsigned k = 0; k < ranges.count; k++) {
                check(ranges.item[k].first <= ranges.item[k].last && ranges.item[k].last < 1000);
            }
        }
    }
    http_conditions(r, &v, 1795000000);
    http_if_range(r, &v, 1795000000);
    if (r->path.len > 0 && path_decode(r->path, &path) == 0) {
        check(strlen(path.text) == path.len && path.text[0] != '/');
        check(path.text[0] != '.' || strncmp(path.text, ".well-known", 11) == 0);
        check(strstr(path.text, "/.") == NULL && strstr(path.text, "//") == NULL);
    }
}

static void skip_body(const uint8_t *data, size_t size)
{
    struct http_body whole;
    struct http_body pieces;
    size_t used;
    size_t total = 0;
    int verdict;
    int other = -1;

    http_body_chunked(&whole);
    http_body_chunked(&pieces);
    verdict = http_body_skip(&whole, data, size, 1000, &used);
    while (other < 0 && total < size) {
        size_t n;

        other = http_body_skip(&pieces, data + total, 1, 1000, &n);
        total += n;
    }
    check(used <= size && (size == 0 || (other == verdict && total == used)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_scan whole = {0, false};
    struct http_scan pieces = {0, false};
    struct http_request r;
    int verdict = http_scan(&whole, data, size);
    int other = -1;
    int status;

    for (size_t n = 0; n <= size && other < 0; n++) {
        other = http_scan(&pieces, data, n);
    }
    check(verdict == other && whole.pos == pieces.pos && whole.pos <= size);
    if (verdict != 0) {
        return 0;
    }
    check(whole.pos <= HTTP_HEAD_MAX);
    status = http_parse(data, whole.pos, &r);
    check(status == 0 || (status >= 400 && r.reason != NULL));
    inside(r.line, data, whole.pos);
    inside(r.method_name, data, whole.pos);
    inside(r.target, data, whole.pos);
    inside(r.protocol, data, whole.pos);
    inside(r.host, data, whole.pos);
    inside(r.path, data, whole.pos);
    inside(r.query, data, whole.pos);
    inside(r.fields, data, whole.pos);
    if (status == 0) {
        look_up(&r, data, whole.pos);
        check(!r.chunked || r.content_length == 0);
    }
    skip_body(data + whole.pos, size - whole.pos);
    return 0;
}
