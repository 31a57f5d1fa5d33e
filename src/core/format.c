/* The conversions of printf that this program uses, without the floating point,
 * wide characters and locales that come with the library's. */
#include "core/must.h"
#include "core/text.h"

#include <stdarg.h>
#include <string.h>

#define DIGITS_MAX 20 /* of 2^64 - 1 */

struct conversion {
    bool left, zeros; /* flags - and 0 */
    unsigned width;
    bool cut; /* at most `precision` bytes of a string */
    unsigned precision;
    unsigned longs; /* l or ll; z counts as what size_t is */
};

static void pad(struct text *t, char with, size_t len, unsigned width)
{
    for (size_t i = len; i < width; i++) {
        text_add_span(t, span_of(&with, 1));
    }
}

static void put(struct text *t, const struct conversion *c, struct span s)
{
    pad(t, ' ', s.len, c->left ? 0 : c->width);
    text_add_span(t, s);
    pad(t, ' ', s.len, c->left ? c->width : 0);
}

static void put_string(struct text *t, const struct conversion *c, const char *s)
{
    put(t, c, span_of(s, c->cut ? strnlen(s, c->precision) : strlen(s)));
}

static void put_number(struct text *t, const struct conversion *c, bool negative, uint64_t value,
                       unsigned base, const char *digits)
{
    char buf[DIGITS_MAX + 1];
    size_t at = sizeof buf;

    do {
        buf[--at] = digits[value % base];
        value /= base;
    } while (value != 0);
    if (negative && c->zeros) {
        text_add(t, "-");
        pad(t, '0', sizeof buf - at + 1, c->width);
    } else if (negative) {
        buf[--at] = '-';
    } else if (c->zeros) {
        pad(t, '0', sizeof buf - at, c->width);
    }
    put(t, &(struct conversion){.left = c->left, .width = c->zeros ? 0 : c->width},
        span_of(buf + at, sizeof buf - at));
}

static unsigned take_decimal(const char **p)
{
    unsigned n = 0;

    while (**p >= '0' && **p <= '9') {
        n = n * 10 + (unsigned)(*(*p)++ - '0');
    }
    return n;
}

/* What stands between the percent sign and the letter, but for a `*`. */
static const char *take_head(const char *p, struct conversion *c)
{
    for (; *p == '-' || *p == '0'; p++) {
        c->left = c->left || *p == '-';
        c->zeros = c->zeros || *p == '0';
    }
    c->zeros = c->zeros && !c->left;
    c->width = take_decimal(&p);
    if (p[0] == '.') {
        p++;
        c->cut = true;
        c->precision = take_decimal(&p);
    }
    return p;
}

static const char *take_length(const char *p, struct conversion *c)
{
    for (; *p == 'l'; p++) {
        c->longs++;
    }
    if (*p == 'z') {
        c->longs = sizeof(size_t) > sizeof(unsigned);
        p++;
    }
    return p;
}

static uint64_t take_unsigned(va_list *args, unsigned longs)
{
    if (longs == 0) {
        return va_arg(*args, unsigned);
    }
    if (longs == 1) {
        return va_arg(*args, unsigned long);
    }
    return va_arg(*args, unsigned long long);
}

static int64_t take_signed(va_list *args, unsigned longs)
{
    if (longs == 0) {
        return va_arg(*args, int);
    }
    if (longs == 1) {
        return va_arg(*args, long);
    }
    return va_arg(*args, long long);
}

void text_addv(struct text *t, const char *format, va_list args)
{
    va_list rest; /* a parameter of this type may be a pointer already */

    va_copy(rest, args);
    for (const char *p = format; *p != '\0';) {
        size_t plain = strcspn(p, "%");
        struct conversion c = {0};
        int64_t number;

        text_add_span(t, span_of(p, plain));
        p += plain;
        if (*p == '\0') {
            break;
        }
        p = take_head(p + 1, &c);
        if (c.cut && *p == '*') {
            int most = va_arg(rest, int);

            c.precision = most > 0 ? (unsigned)most : 0;
            p++;
        }
        p = take_length(p, &c);
        switch (*p++) {
        case 's':
            put_string(t, &c, va_arg(rest, const char *));
            break;
        case 'c':
            put(t, &c, span_of(&(char){(char)va_arg(rest, int)}, 1));
            break;
        case 'd':
            number = take_signed(&rest, c.longs);
            put_number(t, &c, number < 0, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10,
                       "0123456789");
            break;
        case 'u':
            put_number(t, &c, false, take_unsigned(&rest, c.longs), 10, "0123456789");
            break;
        case 'x':
            put_number(t, &c, false, take_unsigned(&rest, c.longs), 16, "0123456789abcdef");
            break;
        case 'X':
            put_number(t, &c, false, take_unsigned(&rest, c.longs), 16, "0123456789ABCDEF");
            break;
        case '%':
            text_add(t, "%");
            break;
        default:
            must_fail("format: a conversion that is not built\n");
        }
    }
    va_end(rest);
}

void text_addf(struct text *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_addv(t, format, args);
    va_end(args);
}
