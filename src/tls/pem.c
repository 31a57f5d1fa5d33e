#include "tls/pem.h"
#include "tls/der.h"

#include <bearssl.h>
#include <string.h>

#define BEGIN_MARK "-----BEGIN "
#define END_MARK   "-----END "
#define DASHES     "-----"

static bool starts_with(struct span s, const char *prefix)
{
    size_t len = strlen(prefix);

    return s.len >= len && memcmp(s.data, prefix, len) == 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}

static struct span trim(struct span s)
{
    while (s.len > 0 && is_blank(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.data[s.len - 1])) {
        s.len--;
    }
    return s;
}

struct pem_reader pem_begin(uint8_t *data, size_t len)
{
    struct pem_reader p = {.data = data, .len = len, .line = 1};

    if (len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        p.pos = 3;
    }
    /* "0" and a long length, or "0", a length and the INTEGER of a short key:
     * no text begins so. */
    p.der = len >= 3 && data[0] == DER_SEQUENCE && (data[1] >= 0x80 || data[2] == DER_INTEGER);
    return p;
}

/* Takes one line, without its end (\n, \r\n or \r) and surrounding blanks. */
static bool take_line(struct pem_reader *p, struct span *line)
{
    size_t start = p->pos;
    size_t end = start;

    if (start >= p->len) {
        return false;
    }
    while (end < p->len && p->data[end] != '\n' && p->data[end] != '\r') {
        end++;
    }
    p->pos = end;
    if (p->pos < p->len && p->data[p->pos] == '\r') {
        p->pos++;
        if (p->pos < p->len && p->data[p->pos] == '\n') {
            p->pos++;
        }
    } else if (p->pos < p->len) {
        p->pos++;
    }
    p->line++;
    *line = trim(span_of(p->data + start, end - start));
    return true;
}

void pem_describe(const struct pem_block *block, struct text *out)
{
    text_addf(out, "block %u (%s)", block->number, block->label);
    if (block->line > 0) {
        text_addf(out, ", line %u", block->line);
    }
    text_add(out, ": ");
}

/* An error at a line of its own within a block. */
static enum pem_result fail(const struct pem_block *block, unsigned line, const char *why,
                            struct text *error)
{
    struct pem_block at = *block;

    at.line = line;
    pem_describe(&at, error);
    text_add(error, why);
    return PEM_ERROR;
}

/* The label of "-----BEGIN label-----", given the line from its dashes on. The
 * length of the whole mark, or 0 when it is malformed. */
static size_t take_label(struct span line, const char *mark, char label[PEM_LABEL_MAX])
{
    size_t start = strlen(mark);
    size_t n = 0;

    while (start + n < line.len && line.data[start + n] != '-') {
        uint8_t c = line.data[start + n];

        if (c < 0x20 || c >= 0x7F || n + 1 >= PEM_LABEL_MAX) {
            return 0;
        }
        label[n++] = (char)c;
    }
    label[n] = '\0';
    if (n == 0 || !starts_with(span_of(line.data + start + n, line.len - start - n), DASHES)) {
        return 0;
    }
    return start + n + strlen(DASHES);
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (uint8_t)ascii_lower((char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "DEK-Info: AES-256-CBC,0123..." */
static bool take_dek_info(struct pem_block *block, struct span value)
{
    size_t n = 0;
    size_t i;

    while (n < value.len && value.data[n] != ',') {
        n++;
    }
    if (n == value.len || n >= sizeof block->cipher) {
        return false;
    }
    memcpy(block->cipher, value.data, n);
    block->cipher[n] = '\0';
    value = trim(span_of(value.data + n + 1, value.len - n - 1));
    if (value.len % 2 != 0 || value.len / 2 > sizeof block->iv) {
        return false;
    }
    for (i = 0; i < value.len; i += 2) {
        int high = hex_value(value.data[i]);
        int low = hex_value(value.data[i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        block->iv[i / 2] = (uint8_t)(high << 4 | low);
    }
    block->iv_len = value.len / 2;
    return true;
}

/* One encapsulated header (RFC 1421); those that mean nothing here pass. */
static bool take_header(struct pem_block *block, struct span line)
{
    const uint8_t *colon = memchr(line.data, ':', line.len);
    struct span name, value;

    if (colon == NULL) {
        return true; /* a continuation line */
    }
    name = span_of(line.data, (size_t)(colon - line.data));
    value = trim(span_of(colon + 1, line.len - name.len - 1));
    if (span_is_nocase(name, "Proc-Type")) {
        block->encrypted = span_is(value, "4,ENCRYPTED");
        return block->encrypted;
    }
    return !span_is_nocase(name, "DEK-Info") || take_dek_info(block, value);
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

struct base64 {
    uint32_t bits;   /* of the group at hand */
    unsigned digits; /* in the group, padding included */
    unsigned padding;
    uint8_t *out;
    size_t out_len;
};

/* Decodes one line. out never overtakes the line: 3 bytes come from 4. */
static bool decode_line(struct base64 *b, struct span line)
{
    for (size_t i = 0; i < line.len; i++) {
        uint8_t c = line.data[i];
        int v = base64_value(c);

        if (is_blank(c)) {
            continue;
        }
        if (c == '=') {
            b->padding++;
            v = 0;
        } else if (v < 0 || b->padding > 0) {
            return false;
        }
        b->bits = b->bits << 6 | (uint32_t)v;
        if (++b->digits < 4) {
            continue;
        }
        if (b->padding > 2) {
            return false;
        }
        b->out[b->out_len++] = (uint8_t)(b->bits >> 16);
        if (b->padding < 2) {
            b->out[b->out_len++] = (uint8_t)(b->bits >> 8);
        }
        if (b->padding < 1) {
            b->out[b->out_len++] = (uint8_t)b->bits;
        }
        b->digits = 0;
    }
    return true;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the decoder writes to it. */
bool pem_base64(struct span line, uint8_t *out, size_t *len)
{
    struct base64 b = {.out = out};
    bool good = decode_line(&b, line) && b.digits == 0;

    *len = b.out_len;
    return good;
}

/* The END line. What follows it on the same line is read again, so that two
 * files without a line break between them still make two blocks. */
static enum pem_result end_block(struct pem_reader *p, struct pem_block *block,
                                 const struct base64 *b, struct span line, unsigned at,
                                 struct text *error)
{
    char label[PEM_LABEL_MAX];
    size_t n = take_label(line, END_MARK, label);

    if (n == 0 || strcmp(label, block->label) != 0) {
        return fail(block, at, "the END line does not match the BEGIN line", error);
    }
    if (b->digits != 0) {
        return fail(block, at, "the base64 text is cut off before the END line", error);
    }
    if (b->out_len == 0) {
        return fail(block, at, "the block is empty", error);
    }
    if (starts_with(span_of(line.data + n, line.len - n), BEGIN_MARK)) {
        p->pos = (size_t)(line.data + n - p->data);
        p->line = at;
    }
    block->data = b->out;
    block->len = b->out_len;
    return PEM_BLOCK;
}

static enum pem_result read_body(struct pem_reader *p, struct pem_block *block, struct text *error)
{
    struct base64 b = {.out = p->data + p->pos};
    bool headers = false;
    bool first = true;
    struct span line;

    for (unsigned at = p->line; take_line(p, &line); at = p->line, first = false) {
        if (starts_with(line, END_MARK)) {
            return end_block(p, block, &b, line, at, error);
        }
        if (starts_with(line, BEGIN_MARK)) {
            return fail(block, at, "another block begins before the END line", error);
        }
        headers = headers || (first && memchr(line.data, ':', line.len) != NULL);
        if (headers) {
            if (line.len > 0 && !take_header(block, line)) {
                return fail(block, at, "the header is malformed", error);
            }
            headers = line.len > 0;
        } else if (!decode_line(&b, line)) {
            return fail(block, at, "not base64 text", error);
        }
    }
    return fail(block, block->line, "the file ends before the END line", error);
}

/* A CRL has a time where a certificate has a validity, and version 1 no serial number. */
static bool is_crl(struct span element)
{
    struct reader outer = der_reader(element);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));

    der_take_optional(&r, DER_INTEGER);
    der_take(&r, DER_SEQUENCE);
    der_take(&r, DER_SEQUENCE);
    return der_peek(&r) == DER_UTC_TIME || der_peek(&r) == DER_GENERAL_TIME;
}

/* What a DER file holds, by the first two elements of its SEQUENCE. */
static const char *guess_label(struct span element)
{
    struct reader outer = der_reader(element);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    uint8_t first = der_peek(&r);
    struct span head = der_element(&r);
    uint8_t second = der_peek(&r);

    if (first == DER_SEQUENCE) {
        return second == DER_OCTET_STRING ? "ENCRYPTED PRIVATE KEY"
               : is_crl(head)             ? "X509 CRL"
                                          : "CERTIFICATE";
    }
    if (first == DER_INTEGER && second == DER_SEQUENCE) {
        return head.len == 3 && head.data[2] == 3 ? "PKCS12" : "PRIVATE KEY";
    }
    if (first == DER_INTEGER && second == DER_OCTET_STRING) {
        return "EC PRIVATE KEY";
    }
    return first == DER_INTEGER ? "RSA PRIVATE KEY" : "UNKNOWN";
}

static enum pem_result next_der(struct pem_reader *p, struct pem_block *block, struct text *error)
{
    struct reader r = reader_of(p->data + p->pos, p->len - p->pos);
    struct span element;

    if (p->pos == p->len) {
        return PEM_END;
    }
    element = der_element(&r);
    if (r.bad) {
        text_addf(error, "DER at byte %zu is malformed or cut off", p->pos);
        return PEM_ERROR;
    }
    *block = (struct pem_block){.number = ++p->blocks};
    text_add(&(struct text){block->label, 0, sizeof block->label, false}, guess_label(element));
    block->data = p->data + p->pos;
    block->len = element.len;
    p->pos += element.len;
    return PEM_BLOCK;
}

enum pem_result pem_next(struct pem_reader *p, struct pem_block *block, struct text *error)
{
    struct span line;

    if (p->der) {
        return next_der(p, block, error);
    }
    if (p->pos == 0 && p->len >= 2 &&
        (memcmp(p->data, "\xFF\xFE", 2) == 0 || memcmp(p->data, "\xFE\xFF", 2) == 0)) {
        text_add(error, "the file is UTF-16 text; save it as plain ASCII");
        return PEM_ERROR;
    }
    for (unsigned at = p->line; take_line(p, &line); at = p->line) {
        if (starts_with(line, END_MARK)) {
            text_addf(error, "line %u: an END line without a BEGIN line", at);
            return PEM_ERROR;
        }
        if (!starts_with(line, BEGIN_MARK)) {
            continue;
        }
        *block = (struct pem_block){.number = ++p->blocks, .line = at};
        if (take_label(line, BEGIN_MARK, block->label) != line.len) {
            text_addf(error, "line %u: the BEGIN line is malformed", at);
            return PEM_ERROR;
        }
        return read_body(p, block, error);
    }
    return PEM_END;
}

bool pem_is_certificate(const struct pem_block *block)
{
    return strcmp(block->label, "CERTIFICATE") == 0 ||
           strcmp(block->label, "X509 CERTIFICATE") == 0 ||
           strcmp(block->label, "TRUSTED CERTIFICATE") == 0;
}

bool pem_is_crl(const struct pem_block *block)
{
    return strcmp(block->label, "X509 CRL") == 0;
}

void pem_add(struct text *dst, struct span der, const char *label)
{
    size_t len = br_pem_encode(NULL, NULL, der.len, label, BR_PEM_LINE64);

    if (dst->full || dst->cap - dst->len <= len) {
        dst->full = true;
        return;
    }
    br_pem_encode(dst->buf + dst->len, der.data, der.len, label, BR_PEM_LINE64);
    dst->len += len;
}
