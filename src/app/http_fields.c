/* Looking up fields and reading the lists in them (RFC 9110, section 5.6). */
#include "app/http.h"

#include <string.h>

static struct span span_from(struct span s, size_t n)
{
    return span_of(s.data + n, s.len - n);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct span strip(struct span s)
{
    while (s.len > 0 && is_blank(s.data[0])) {
        s = span_from(s, 1);
    }
    while (s.len > 0 && is_blank(s.data[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool http_next_field(const struct http_request *r, const char *name, size_t *at, struct span *value)
{
    size_t name_len = strlen(name);

    while (*at < r->fields.len) {
        struct span rest = span_from(r->fields, *at);
        const uint8_t *end = memchr(rest.data, '\r', rest.len);
        size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;

        *at += len + 2;
        if (len > name_len && rest.data[name_len] == ':' &&
            span_is_nocase(span_of(rest.data, name_len), name)) {
            *value = strip(span_of(rest.data + name_len + 1, len - name_len - 1));
            return true;
        }
    }
    return false;
}

struct span http_field(const struct http_request *r, const char *name)
{
    struct span value = {NULL, 0};
    struct span other;
    size_t at = 0;

    if (http_next_field(r, name, &at, &value) && http_next_field(r, name, &at, &other)) {
        return span_of(NULL, 0);
    }
    return value;
}

/* Length of an element: up to a separator that stands outside of quotes. */
static size_t element_len(struct span s, char separator)
{
    bool quoted = false;

    for (size_t i = 0; i < s.len; i++) {
        if (quoted && s.data[i] == '\\') {
            i++;
        } else if (s.data[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && s.data[i] == (uint8_t)separator) {
            return i;
        }
    }
    return s.len;
}

bool http_next_element(struct span *list, struct span *element)
{
    while (list->len > 0) {
        size_t n = element_len(*list, ',');

        *element = strip(span_of(list->data, n));
        *list = span_from(*list, n < list->len ? n + 1 : n);
        if (element->len > 0) {
            return true;
        }
    }
    return false;
}

/* qvalue of RFC 9110, section 12.4.2 in thousandths; -1 if it is none. */
static int parse_qvalue(struct span s)
{
    int value;
    int scale = 100;

    if (s.len == 0 || s.len > 5 || (s.data[0] != '0' && s.data[0] != '1') ||
        (s.len > 1 && s.data[1] != '.')) {
        return -1;
    }
    value = s.data[0] == '1' ? 1000 : 0;
    for (size_t i = 2; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return -1;
        }
        value += (s.data[i] - '0') * scale;
        scale /= 10;
    }
    return value <= 1000 ? value : -1;
}

/* The q parameter among ";a=b;q=0.5"; 1000 without one, 0 for nonsense. */
static int quality_of(struct span parameters)
{
    while (parameters.len > 0) {
        struct span one;
        size_t n;

        parameters = span_from(parameters, 1);
        n = element_len(parameters, ';');
        one = strip(span_of(parameters.data, n));
        parameters = span_from(parameters, n);
        if (one.len >= 2 && (one.data[0] == 'q' || one.data[0] == 'Q') && one.data[1] == '=') {
            int q = parse_qvalue(span_from(one, 2));

            return q < 0 ? 0 : q;
        }
    }
    return 1000;
}

int http_quality(const struct http_request *r, const char *field, const char *name)
{
    struct span list;
    struct span element;
    size_t at = 0;

    while (http_next_field(r, field, &at, &list)) {
        while (http_next_element(&list, &element)) {
            size_t n = element_len(element, ';');

            if (span_is_nocase(strip(span_of(element.data, n)), name)) {
                return quality_of(span_from(element, n));
            }
        }
    }
    return -1;
}

const char *http_status_text(unsigned status)
{
    static const struct {
        uint16_t status;
        char text[32];
    } table[] = {
        {100, "Continue"},
        {200, "OK"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {425, "Too Early"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (table[i].status == status) {
            return table[i].text;
        }
    }
    return "Unknown";
}
