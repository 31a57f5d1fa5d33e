#include "config/value.h"

#include <string.h>

const char *value_bool(struct span text, bool *out)
{
    static const char yes[][5] = {"true", "on", "yes", "1"};
    static const char no[][6] = {"false", "off", "no", "0"};

    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (span_is_nocase(text, yes[i])) {
            *out = true;
            return NULL;
        }
        if (span_is_nocase(text, no[i])) {
            *out = false;
            return NULL;
        }
    }
    return "true or false is wanted (also on/off, yes/no, 1/0)";
}

static int digit_of(uint8_t c, unsigned base)
{
    int v = -1;

    if (c >= '0' && c <= '9') {
        v = c - '0';
    } else if (c >= 'a' && c <= 'f') {
        v = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
        v = c - 'A' + 10;
    }
    return v >= 0 && (unsigned)v < base ? v : -1;
}

/* The digits at the start of text; *rest is what follows them. */
static const char *take_digits(struct span text, uint64_t *out, struct span *rest)
{
    unsigned base = 10;
    uint64_t v = 0;
    size_t i = 0;
    size_t start;

    if (text.len > 2 && text.data[0] == '0' && (text.data[1] == 'x' || text.data[1] == 'X')) {
        base = 16;
        i = 2;
    }
    start = i;
    for (; i < text.len; i++) {
        int d = digit_of(text.data[i], base);

        if (d < 0) {
            break;
        }
        if (v > (UINT64_MAX - (unsigned)d) / base) {
            return "the number is too large";
        }
        v = v * base + (unsigned)d;
    }
    if (i == start) {
        return "a number is wanted";
    }
    *out = v;
    *rest = span_of(text.data + i, text.len - i);
    return NULL;
}

const char *value_integer(struct span text, uint64_t *out)
{
    struct span rest;
    uint64_t v;
    const char *problem = take_digits(text, &v, &rest);

    if (problem == NULL && rest.len > 0) {
        problem = "a number is wanted, decimal or hexadecimal after 0x";
    }
    if (problem == NULL) {
        *out = v;
    }
    return problem;
}

struct suffix {
    char name[4];
    uint32_t factor;
};

static const char *scale(uint64_t *v, struct span name, const struct suffix *list, size_t count,
                         const char *sentence)
{
    for (size_t i = 0; i < count; i++) {
        if (!span_is_nocase(name, list[i].name)) {
            continue;
        }
        if (*v > UINT64_MAX / list[i].factor) {
            return "the number is too large";
        }
        *v *= list[i].factor;
        return NULL;
    }
    return sentence;
}

const char *value_number(struct span text, uint64_t *out)
{
    static const struct suffix list[] = {
        {"", 1},
        {"k", 1000},
        {"kb", 1000},
        {"kib", 1024},
        {"m", 1000000},
        {"mb", 1000000},
        {"mib", 1048576},
        {"g", 1000000000},
        {"gb", 1000000000},
        {"gib", 1073741824},
        {"b", 1},
    };
    struct span rest;
    uint64_t v;
    const char *problem = take_digits(text, &v, &rest);

    if (problem == NULL) {
        problem = scale(&v, value_trim(rest), list, ARRAY_LEN(list),
                        "a number is wanted, with k, KB, KiB, M, MB, MiB or G after it or nothing");
    }
    if (problem == NULL) {
        *out = v;
    }
    return problem;
}

const char *value_duration(struct span text, uint64_t *out)
{
    static const struct suffix list[] = {
        {"", 1000},     {"s", 1000},    {"ms", 1},       {"m", 60000},
        {"min", 60000}, {"h", 3600000}, {"d", 86400000},
    };
    static const char sentence[] = "a time is wanted: 10 or 10s, 500ms, 2m, 1h, 7d";
    struct span rest;
    uint64_t v;
    const char *problem = take_digits(text, &v, &rest);

    if (problem != NULL) {
        return sentence;
    }
    problem = scale(&v, value_trim(rest), list, ARRAY_LEN(list), sentence);
    if (problem == NULL) {
        *out = v;
    }
    return problem;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

struct span value_trim(struct span text)
{
    while (text.len > 0 && is_blank(text.data[0])) {
        text = span_of(text.data + 1, text.len - 1);
    }
    while (text.len > 0 && is_blank(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t value_distance(struct span a, struct span b, size_t limit)
{
    /* Three rows of the table are alive at a time: the one in work, the one
     * before, and the one before that for swaps. */
    size_t rows[3][65];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    size_t nearest_before, nearest = 0;

    if (a.len > 64 || b.len > 64) {
        return limit;
    }
    for (size_t j = 0; j <= b.len; j++) {
        last[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t *swap;

        nearest_before = nearest;
        nearest = now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t cost = a.data[i - 1] != b.data[j - 1];

            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                a.data[i - 2] == b.data[j - 1]) {
                now[j] = least(now[j], before[j - 2] + 1);
            }
            nearest = least(nearest, now[j]);
        }
        /* A cell is never less than the least of the two rows above it. */
        if (nearest >= limit && nearest_before >= limit) {
            return limit;
        }
        swap = before;
        before = last;
        last = now;
        now = swap;
    }
    return least(last[b.len], limit);
}
