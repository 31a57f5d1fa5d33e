#include "app/http_body.h"
#include "app/http.h"

enum {
    BODY_LENGTH,    /* left bytes of data, and that is all */
    BODY_SIZE,      /* hexadecimal digits of a chunk's size */
    BODY_EXTENSION, /* after them, up to CR */
    BODY_SIZE_LF,
    BODY_DATA,
    BODY_DATA_CR,
    BODY_DATA_LF,
    BODY_LINE, /* begin of a trailer line or of the last, empty one */
    BODY_NAME,
    BODY_VALUE,
    BODY_VALUE_LF,
    BODY_LAST_LF,
    BODY_DONE,
};

#define SIZE_DIGITS_MAX 8

void http_body_length(struct http_body *b, uint64_t length)
{
    *b = (struct http_body){.left = length, .state = length > 0 ? BODY_LENGTH : BODY_DONE};
}

void http_body_chunked(struct http_body *b)
{
    *b = (struct http_body){.state = BODY_SIZE};
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_text(uint8_t c)
{
    return c == '\t' || (c >= ' ' && c != 0x7F);
}

/* The end of a size line: the size counts against max. */
static int size_known(struct http_body *b, uint32_t max)
{
    if (b->digits == 0) {
        return 400;
    }
    if (b->left > max - b->total) {
        return 413;
    }
    b->total += (uint32_t)b->left;
    b->state = BODY_SIZE_LF;
    return -1;
}

static int size_byte(struct http_body *b, uint8_t c, uint32_t max)
{
    int digit = hex_digit(c);

    if (digit >= 0 && b->digits < SIZE_DIGITS_MAX) {
        b->left = b->left << 4 | (uint64_t)digit;
        b->digits++;
        return -1;
    }
    if (c == '\r') {
        return size_known(b, max);
    }
    if (c != ';' || b->digits == 0) {
        return 400;
    }
    b->state = BODY_EXTENSION;
    return -1;
}

/* A byte that has to be c; then the state is next. */
static int exactly(struct http_body *b, uint8_t got, char c, uint8_t next)
{
    b->state = next;
    return got == (uint8_t)c ? -1 : 400;
}

static int extra_byte(struct http_body *b, uint8_t c, uint32_t max)
{
    if (++b->extra > HTTP_TRAILER_MAX) {
        return 400;
    }
    switch (b->state) {
    case BODY_EXTENSION:
        return c == '\r' ? size_known(b, max) : is_text(c) ? -1 : 400;
    case BODY_LINE:
        if (c == '\r') {
            b->state = BODY_LAST_LF;
            return -1;
        }
        b->state = BODY_NAME;
        return http_is_token_char(c) ? -1 : 400;
    case BODY_NAME:
        if (c == ':') {
            b->state = BODY_VALUE;
            return -1;
        }
        return http_is_token_char(c) ? -1 : 400;
    default: /* BODY_VALUE */
        if (c == '\r') {
            b->state = BODY_VALUE_LF;
            return -1;
        }
        return is_text(c) ? -1 : 400;
    }
}

static int framing_byte(struct http_body *b, uint8_t c, uint32_t max)
{
    switch (b->state) {
    case BODY_SIZE:
        return size_byte(b, c, max);
    case BODY_SIZE_LF:
        b->digits = 0;
        return exactly(b, c, '\n', b->left > 0 ? BODY_DATA : BODY_LINE);
    case BODY_DATA_CR:
        return exactly(b, c, '\r', BODY_DATA_LF);
    case BODY_DATA_LF:
        return exactly(b, c, '\n', BODY_SIZE);
    case BODY_VALUE_LF:
        return exactly(b, c, '\n', BODY_LINE);
    case BODY_LAST_LF:
        return exactly(b, c, '\n', BODY_DONE);
    default:
        return extra_byte(b, c, max);
    }
}

int http_body_skip(struct http_body *b, const uint8_t *data, size_t len, uint32_t max, size_t *used)
{
    int verdict = -1;

    *used = 0;
    while (b->state != BODY_DONE && verdict < 0 && *used < len) {
        if (b->state == BODY_DATA || b->state == BODY_LENGTH) {
            size_t n = len - *used < b->left ? len - *used : (size_t)b->left;

            *used += n;
            b->left -= n;
            if (b->left == 0) {
                b->state = b->state == BODY_DATA ? BODY_DATA_CR : BODY_DONE;
            }
        } else {
            verdict = framing_byte(b, data[(*used)++], max);
        }
    }
    return verdict > 0 ? verdict : b->state == BODY_DONE ? 0 : -1;
}
