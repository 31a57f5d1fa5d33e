#include "app/http_range.h"

#include <string.h>

/* ---- ranges -------------------------------------------------------------- */

/* Digits off the front of *s; numbers beyond any file stay at the largest. */
static bool take_number(struct span *s, uint64_t *value)
{
    size_t n = 0;

    *value = 0;
    while (n < s->len && s->data[n] >= '0' && s->data[n] <= '9') {
        uint64_t digit = (uint64_t)(s->data[n] - '0');

        *value = *value > (INT64_MAX - digit) / 10 ? INT64_MAX : *value * 10 + digit;
        n++;
    }
    *s = span_of(s->data + n, s->len - n);
    return n > 0;
}

enum spec { SPEC_BAD, SPEC_BEYOND, SPEC_GOOD };

static enum spec parse_suffix(struct span s, uint64_t size, struct http_range *range)
{
    uint64_t n;

    if (!take_number(&s, &n) || s.len > 0) {
        return SPEC_BAD;
    }
    if (n == 0 || size == 0) {
        return SPEC_BEYOND;
    }
    range->first = n < size ? size - n : 0;
    range->last = size - 1;
    return SPEC_GOOD;
}

static enum spec parse_spec(struct span s, uint64_t size, struct http_range *range)
{
    bool open_end;

    if (s.data[0] == '-') {
        return parse_suffix(span_of(s.data + 1, s.len - 1), size, range);
    }
    if (!take_number(&s, &range->first) || s.len == 0 || s.data[0] != '-') {
        return SPEC_BAD;
    }
    s = span_of(s.data + 1, s.len - 1);
    open_end = s.len == 0;
    if (!open_end && (!take_number(&s, &range->last) || s.len > 0 || range->last < range->first)) {
        return SPEC_BAD;
    }
    if (range->first >= size) {
        return SPEC_BEYOND;
    }
    if (open_end || range->last >= size) {
        range->last = size - 1;
    }
    return SPEC_GOOD;
}

static bool overlaps(const struct http_ranges *ranges, const struct http_range *range)
{
    for (unsigned i = 0; i < ranges->count; i++) {
        const struct http_range *other = &ranges->item[i];

        if (range->first <= other->last && other->first <= range->last) {
            return true;
        }
    }
    return false;
}

unsigned http_ranges_parse(struct span value, uint64_t size, struct http_ranges *out)
{
    struct span spec;
    unsigned specs = 0;

    out->count = 0;
    if (value.len < 6 || !span_is_nocase(span_of(value.data, 5), "bytes") || value.data[5] != '=') {
        return 200;
    }
    value = span_of(value.data + 6, value.len - 6);
    while (http_next_element(&value, &spec)) {
        struct http_range range;
        enum spec kind = parse_spec(spec, size, &range);

        if (kind == SPEC_BAD || ++specs > HTTP_RANGES_MAX) {
            return 200;
        }
        if (kind == SPEC_GOOD) {
            if (overlaps(out, &range)) {
                return 200;
            }
            out->item[out->count++] = range;
        }
    }
    if (specs == 0) {
        return 200;
    }
    return out->count > 0 ? 206 : 416;
}

/* ---- conditions ---------------------------------------------------------- */

/* Does a list of entity tags hold etag? Tags have no escapes in them, so the
 * list is read here and not by http_next_element. weak: W/ does not count. */
static bool list_has(struct span list, struct span etag, bool weak)
{
    const uint8_t *p = list.data;
    const uint8_t *end = list.data + list.len;

    while (p < end) {
        const uint8_t *close;
        bool is_weak;

        if (*p == ',' || *p == ' ' || *p == '\t') {
            p++;
            continue;
        }
        is_weak = end - p > 2 && p[0] == 'W' && p[1] == '/';
        p += is_weak ? 2 : 0;
        close = *p == '"' ? memchr(p + 1, '"', (size_t)(end - p - 1)) : NULL;
        if (close == NULL) {
            return false;
        }
        close++;
        if ((weak || !is_weak) && span_equal(span_of(p, (size_t)(close - p)), etag)) {
            return true;
        }
        p = close;
    }
    return false;
}

/* Says whether the field is there, and in *match whether it holds etag or "*". */
static bool tags_match(const struct http_request *r, const char *field, struct span etag, bool weak,
                       bool *match)
{
    struct span value;
    size_t at = 0;
    bool present = false;

    *match = false;
    while (http_next_field(r, field, &at, &value)) {
        present = true;
        *match = *match || span_is(value, "*") || (value.len > 0 && list_has(value, etag, weak));
    }
    return present;
}

static bool date_field(const struct http_request *r, const char *field, int64_t now, int64_t *date)
{
    return http_date_parse(http_field(r, field), now, date);
}

unsigned http_conditions(const struct http_request *r, const struct http_validators *v, int64_t now)
{
    int64_t date;
    bool match;

    if (tags_match(r, "If-Match", v->etag, false, &match)) {
        if (!match) {
            return 412;
        }
    } else if (date_field(r, "If-Unmodified-Since", now, &date) && v->modified > date) {
        return 412;
    }
    if (tags_match(r, "If-None-Match", v->etag, true, &match)) {
        return match ? 304 : 200;
    }
    if (date_field(r, "If-Modified-Since", now, &date) && v->modified <= date) {
        return 304;
    }
    return 200;
}

bool http_if_range(const struct http_request *r, const struct http_validators *v, int64_t now)
{
    struct span value;
    size_t at = 0;
    int64_t date;

    if (!http_next_field(r, "If-Range", &at, &value)) {
        return true;
    }
    value = http_field(r, "If-Range");
    if (value.len > 0 && value.data[0] == '"') {
        return span_equal(value, v->etag);
    }
    return http_date_parse(value, now, &date) && date == v->modified;
}
