/* app/http_range: arithmetic of ranges, the matrix of conditions. */
#include "app/http_range.h"
#include "app/mime.h"
#include "tap.h"

#include <stdlib.h>

struct range_case {
    const char *value;
    uint64_t size;
    unsigned status;
    const char *ranges; /* "first-last first-last" */
};

static const struct range_case ranges[] = {
    {"bytes=0-0", 10, 206, "0-0"},
    {"bytes=0-1", 10, 206, "0-1"},
    {"bytes=0-9", 10, 206, "0-9"},
    {"bytes=0-10", 10, 206, "0-9"},
    {"bytes=0-", 10, 206, "0-9"},
    {"bytes=9-", 10, 206, "9-9"},
    {"bytes=9-9", 10, 206, "9-9"},
    {"bytes=5-99999999999999999999999999", 10, 206, "5-9"},
    {"BYTES=0-1", 10, 206, "0-1"},
    {"bytes=-1", 10, 206, "9-9"},
    {"bytes=-10", 10, 206, "0-9"},
    {"bytes=-11", 10, 206, "0-9"},
    {"bytes=-99999999999999999999999", 10, 206, "0-9"},
    {"bytes=0-1,3-4", 10, 206, "0-1 3-4"},
    {"bytes= 0-1 , 3-4 ", 10, 206, "0-1 3-4"},
    {"bytes=0-1,,3-4,", 10, 206, "0-1 3-4"},
    {"bytes=3-4,0-1", 10, 206, "3-4 0-1"},
    {"bytes=0-1,2-3", 10, 206, "0-1 2-3"},
    {"bytes=0-1,-1", 10, 206, "0-1 9-9"},
    {"bytes=0-1,50-60", 10, 206, "0-1"},
    {"bytes=50-60,0-1", 10, 206, "0-1"},
    {"bytes=4294967296-4294967299", 5000000000, 206, "4294967296-4294967299"},
    {"bytes=-1", 5368709120, 206, "5368709119-5368709119"},
    {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30",
     99, 206,
     "0-0 2-2 4-4 6-6 8-8 10-10 12-12 14-14 16-16 18-18 20-20 22-22 24-24 26-26 28-28 30-30"},
    {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30,"
     "32-32",
     99, 200, ""},
    {"bytes=0-5,5-9", 10, 200, ""},
    {"bytes=0-,0-,0-", 10, 200, ""},
    {"bytes=0-,-1", 10, 200, ""},
    {"bytes=10-", 10, 416, ""},
    {"bytes=10-20", 10, 416, ""},
    {"bytes=10-20,30-", 10, 416, ""},
    {"bytes=-0", 10, 416, ""},
    {"bytes=99999999999999999999-", 10, 416, ""},
    {"bytes=0-", 0, 416, ""},
    {"bytes=0-0", 0, 416, ""},
    {"bytes=1-0", 10, 200, ""},
    {"bytes=5-4", 10, 200, ""},
    {"bytes=", 10, 200, ""},
    {"bytes", 10, 200, ""},
    {"bytes=,", 10, 200, ""},
    {"bytes=-", 10, 200, ""},
    {"bytes=a-b", 10, 200, ""},
    {"bytes=0-b", 10, 200, ""},
    {"bytes=0", 10, 200, ""},
    {"bytes=0-1x", 10, 200, ""},
    {"bytes=0 - 1", 10, 200, ""},
    {"bytes=--1", 10, 200, ""},
    {"bytes=0-1;2-3", 10, 200, ""},
    {"bytes=0-1,x", 10, 200, ""},
    {"bytes 0-1", 10, 200, ""},
    {"items=0-1", 10, 200, ""},
    {"bytes =0-1", 10, 200, ""},
    {"", 10, 200, ""},
};

static void test_ranges(void)
{
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        const struct range_case *c = &ranges[i];
        size_t len = strlen(c->value);
        char *copy = malloc(len + 1);
        struct http_ranges got;
        char text[400] = "";
        size_t used = 0;
        unsigned status;

        memcpy(copy, c->value, len);
        status = http_ranges_parse(span_of(copy, len), c->size, &got);
        for (unsigned k = 0; status == 206 && k < got.count; k++) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%llu-%llu",
                                     k > 0 ? " " : "", (unsigned long long)got.item[k].first,
                                     (unsigned long long)got.item[k].last);
        }
        ok(status == c->status && strcmp(text, c->ranges) == 0, c->value);
        free(copy);
    }
}

/* Every small range over every small size, against counting. */
static void test_exhaustive(void)
{
    bool good = true;

    for (unsigned size = 0; size < 8; size++) {
        for (unsigned a = 0; a < 10; a++) {
            for (unsigned b = 0; b < 10; b++) {
                struct http_ranges got;
                char text[32];
                int n = snprintf(text, sizeof text, "bytes=%u-%u", a, b);
                unsigned status = http_ranges_parse(span_of(text, (size_t)n), size, &got);

                if (b < a) {
                    good = good && status == 200;
                } else if (a >= size) {
                    good = good && status == 416;
                } else {
                    good = good && status == 206 && got.item[0].first == a &&
                           got.item[0].last == (b < size ? b : size - 1);
                }
            }
        }
    }
    ok(good, "every small range over every small size");
}

#define OLD   "Sun, 06 Nov 1994 08:49:36 GMT"
#define SAME  "Sun, 06 Nov 1994 08:49:37 GMT"
#define NEWER "Sun, 06 Nov 1994 08:49:38 GMT"

static const struct {
    const char *fields;
    unsigned status;
    bool if_range;
} conditions[] = {
    {"", 200, true},
    {"If-None-Match: \"e\"\r\n", 304, true},
    {"If-None-Match: W/\"e\"\r\n", 304, true},
    {"If-None-Match: *\r\n", 304, true},
    {"If-None-Match: \"x\"\r\n", 200, true},
    {"If-None-Match: \"x\", \"e\"\r\n", 304, true},
    {"If-None-Match: \"x\",W/\"e\" , \"y\"\r\n", 304, true},
    {"If-None-Match: \"x\"\r\nIf-None-Match: \"e\"\r\n", 304, true},
    {"If-None-Match: \"x\\\", \"e\"\r\n", 304, true},
    {"If-None-Match: e\r\n", 200, true},
    {"If-None-Match: \"e\r\n", 200, true},
    {"If-None-Match: W/\r\n", 200, true},
    {"If-None-Match: W\r\n", 200, true},
    {"If-None-Match: \"\r\n", 200, true},
    {"If-None-Match: w/\"e\"\r\n", 200, true},
    {"If-None-Match: \"E\"\r\n", 200, true},
    {"If-None-Match:\r\n", 200, true},
    {"If-None-Match: \"x\"\r\nIf-Modified-Since: " SAME "\r\n", 200, true},
    {"If-None-Match: \"e\"\r\nIf-Modified-Since: " OLD "\r\n", 304, true},
    {"If-Modified-Since: " OLD "\r\n", 200, true},
    {"If-Modified-Since: " SAME "\r\n", 304, true},
    {"If-Modified-Since: " NEWER "\r\n", 304, true},
    {"If-Modified-Since: yesterday\r\n", 200, true},
    {"If-Modified-Since: " SAME "\r\nIf-Modified-Since: " SAME "\r\n", 200, true},
    {"If-Match: \"e\"\r\n", 200, true},
    {"If-Match: *\r\n", 200, true},
    {"If-Match: \"x\"\r\n", 412, true},
    {"If-Match: W/\"e\"\r\n", 412, true},
    {"If-Match: \"x\", \"e\"\r\n", 200, true},
    {"If-Match: \"e\"\r\nIf-None-Match: \"e\"\r\n", 304, true},
    {"If-Match: \"x\"\r\nIf-None-Match: \"e\"\r\n", 412, true},
    {"If-Match: \"e\"\r\nIf-Unmodified-Since: " OLD "\r\n", 200, true},
    {"If-Unmodified-Since: " OLD "\r\n", 412, true},
    {"If-Unmodified-Since: " SAME "\r\n", 200, true},
    {"If-Unmodified-Since: " NEWER "\r\n", 200, true},
    {"If-Unmodified-Since: never\r\n", 200, true},
    {"If-Unmodified-Since: " NEWER "\r\nIf-Modified-Since: " NEWER "\r\n", 304, true},
    {"If-Range: \"e\"\r\n", 200, true},
    {"If-Range: W/\"e\"\r\n", 200, false},
    {"If-Range: \"x\"\r\n", 200, false},
    {"If-Range: " SAME "\r\n", 200, true},
    {"If-Range: " OLD "\r\n", 200, false},
    {"If-Range: " NEWER "\r\n", 200, false},
    {"If-Range: nonsense\r\n", 200, false},
    {"If-Range:\r\n", 200, false},
    {"If-Range: \"e\"\r\nIf-Range: \"e\"\r\n", 200, false},
};

static void test_conditions(void)
{
    struct http_validators v = {span_of("\"e\"", 3), 784111777};

    for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
        char text[400];
        int n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n",
                         conditions[i].fields);
        struct http_request r;

        ok(http_parse((const uint8_t *)text, (size_t)n, &r) == 0 &&
               http_conditions(&r, &v, 1795000000) == conditions[i].status &&
               http_if_range(&r, &v, 1795000000) == conditions[i].if_range,
           conditions[i].fields[0] != '\0' ? "conditions" : "no condition");
        if (tap_failed > 0) {
            printf("# %zu: %s\n", i, conditions[i].fields);
        }
    }
}

static void test_types(void)
{
    static const struct {
        const char *name, *type;
    } cases[] = {
        {"a.html", "text/html; charset=utf-8"},
        {"a.HTML", "text/html; charset=utf-8"},
        {"a.b.css", "text/css; charset=utf-8"},
        {"a.js", "text/javascript; charset=utf-8"},
        {"a.mjs", "text/javascript; charset=utf-8"},
        {"a.json", "application/json"},
        {"a.svg", "image/svg+xml"},
        {"a.7z", "application/octet-stream"},
        {"a.zst", "application/zstd"},
        {"a.woff2", "font/woff2"},
        {"a.webmanifest", "application/manifest+json"},
        {"a.tar.gz", "application/gzip"},
        {"a.wasm", "application/wasm"},
        {"README", "application/octet-stream"},
        {"html", "application/octet-stream"},
        {"a.", "application/octet-stream"},
        {"a.unknown", "application/octet-stream"},
        {"a.webmanifestx", "application/octet-stream"},
        {"", "application/octet-stream"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct span name = span_of(cases[i].name, strlen(cases[i].name));

        is_text(mime_of(name).type, cases[i].type, cases[i].name);
    }
}

int main(void)
{
    test_ranges();
    test_exhaustive();
    test_conditions();
    test_types();
    return tap_done();
}
