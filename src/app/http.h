/*
 * HTTP/1.1 and 1.0 requests (RFC 9110, RFC 9112): finding the end of a head
 * and a strict parser for it. Pure: bytes in, value out; every span points
 * into the caller's bytes; nothing is allocated. What looks doubtful is
 * refused, since a request that two programs read differently is an attack.
 * http_serve.h has the loop that applications stand on.
 */
#ifndef TINY_APP_HTTP_H
#define TINY_APP_HTTP_H

#include "core/bytes.h"

#define HTTP_HEAD_MAX   8192 /* the whole head, its empty line included */
#define HTTP_LINE_MAX   6000 /* the request line */
#define HTTP_FIELDS_MAX 100

/* ---- the end of a head --------------------------------------------------- */

struct http_scan {
    uint16_t pos;   /* bytes looked at; once done the length of the head */
    bool line_done; /* the request line ended */
};

/* Looks on from scan->pos in a buffer that begins with the head. Returns -1
 * when more bytes are needed, 0 when the head is whole (scan->pos is its
 * length), or the status to answer: 400 for a byte that no head may hold (bare
 * CR or LF, control characters), 414 or 431 for one that is too long. One
 * empty line before the request line counts as part of the head. */
int http_scan(struct http_scan *scan, const uint8_t *data, size_t len);

/* ---- the request --------------------------------------------------------- */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OPTIONS, HTTP_OTHER };

struct http_request {
    enum http_method method;
    unsigned minor;          /* 1, or 0 for HTTP/1.0 */
    bool keep_alive;         /* the client would like to go on */
    bool expect_continue;    /* it waits for 100 before it sends the body */
    bool chunked;            /* a body in chunks follows */
    bool asterisk;           /* OPTIONS * */
    uint64_t content_length; /* 0 when there is no body, or a chunked one */
    struct span line;        /* the request line as sent, without CRLF */
    struct span method_name;
    struct span target;   /* as sent */
    struct span path;     /* of the target, begins with '/', not decoded */
    struct span query;    /* with its '?', or empty */
    struct span protocol; /* "HTTP/1.1" */
    struct span host;     /* of the target if it has one, else of Host */
    struct span fields;   /* all field lines, each with its CRLF */
    const char *reason;   /* static sentence, when parsing failed */
};

/* head: what http_scan found. Returns 0, or the status to answer (400, 417,
 * 431, 501, 505) with reason set; line is set then too, and method_name,
 * target, protocol if they could be read. */
int http_parse(const uint8_t *head, size_t len, struct http_request *r);

/* The value of the next field called name, from *at on (0 at first); false at
 * the end. Surrounding blanks are stripped. */
bool http_next_field(const struct http_request *r, const char *name, size_t *at,
                     struct span *value);
/* The value of a field that may occur once: an empty span when it is absent,
 * or doubled and so not to be trusted. */
struct span http_field(const struct http_request *r, const char *name);

/* Walks over a comma-separated list: takes the next element off *list, blanks
 * stripped, quoted strings kept whole. False at the end. */
bool http_next_element(struct span *list, struct span *element);

/* How much an Accept-like field wants name, 0 (refused) to 1000; -1 when name
 * is not listed. Case-insensitive; parameters other than q are ignored. */
int http_quality(const struct http_request *r, const char *field, const char *name);

bool http_is_token_char(uint8_t c);
/* The words after the number in a status line. */
const char *http_status_text(unsigned status);

/* ---- dates --------------------------------------------------------------- */

#define HTTP_DATE_LEN 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* Writes HTTP_DATE_LEN bytes and a NUL. Seconds from 1970 to 9999. */
void http_date_format(int64_t seconds, char dst[HTTP_DATE_LEN + 1]);
/* All three forms of RFC 9110, section 5.6.7. now: for years of two digits.
 * False for anything else. */
bool http_date_parse(struct span text, int64_t now, int64_t *seconds);

#endif
