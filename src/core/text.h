/*
 * A text builder over memory of the caller: it appends until the memory is
 * full and then remembers that (`full`); the text is always NUL-terminated
 * when cap > 0. Never allocates.
 */
#ifndef TINY_CORE_TEXT_H
#define TINY_CORE_TEXT_H

#include "core/bytes.h"

#include <stdarg.h>

struct text {
    char *buf;
    size_t len; /* without the final NUL */
    size_t cap; /* with it */
    bool full;  /* something did not fit and was left out */
};

struct text text_over(char *buf, size_t cap);
void text_add(struct text *t, const char *s);
void text_add_span(struct text *t, struct span s);
/* Of printf's conversions: %s %.5s %.*s %c %d %u %x %X %%, each with a width, the
 * flags - and 0, and the lengths l, ll and z. Any other ends the program. */
void text_addf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_addv(struct text *t, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* A peer's bytes for a log line: what is not printable ASCII, and `"` and
 * `\`, becomes \xHH. */
void text_add_quoted(struct text *t, struct span s);
/* Lower-case hexadecimal. */
void text_add_hex(struct text *t, struct span s);
/* & < > " ' become entities. */
void text_add_html(struct text *t, struct span s);
/* Contents of a JSON string, without its quotes; bytes that are not ASCII
 * become \u00HH. */
void text_add_json(struct text *t, struct span s);

#endif
