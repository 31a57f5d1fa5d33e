#include "core/text.h"

#include <string.h>

struct text text_over(char *buf, size_t cap)
{
    if (cap > 0) {
        buf[0] = '\0';
    }
    return (struct text){buf, 0, cap, false};
}

void text_add_span(struct text *t, struct span s)
{
    size_t room = t->cap > t->len + 1 ? t->cap - t->len - 1 : 0;

    if (s.len > room) {
        t->full = true;
        s.len = room;
    }
    if (s.len == 0) {
        return;
    }
    memcpy(t->buf + t->len, s.data, s.len);
    t->len += s.len;
    t->buf[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
    text_add_span(t, span_of(s, strlen(s)));
}

static bool plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7F;
}

void text_add_quoted(struct text *t, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        if (plain(c) && c != '"' && c != '\\') {
            text_add_span(t, span_of(&c, 1));
        } else {
            text_addf(t, "\\x%02x", c);
        }
    }
}

void text_add_hex(struct text *t, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        text_addf(t, "%02x", s.data[i]);
    }
}

void text_add_html(struct text *t, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        switch (c) {
        case '&':
            text_add(t, "&amp;");
            break;
        case '<':
            text_add(t, "&lt;");
            break;
        case '>':
            text_add(t, "&gt;");
            break;
        case '"':
            text_add(t, "&quot;");
            break;
        case '\'':
            text_add(t, "&#39;");
            break;
        default:
            text_add_span(t, span_of(&c, 1));
        }
    }
}

void text_add_json(struct text *t, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        if (c == '"' || c == '\\') {
            text_addf(t, "\\%c", c);
        } else if (plain(c)) {
            text_add_span(t, span_of(&c, 1));
        } else {
            text_addf(t, "\\u%04x", c);
        }
    }
}
