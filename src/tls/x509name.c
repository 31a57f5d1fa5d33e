#include "tls/x509name.h"
#include "core/text.h"
#include "tls/der.h"

#define TAG_BMP       0x1E
#define TAG_UNIVERSAL 0x1C

struct attribute_name {
    char oid[11]; /* contents, NUL-terminated: none of them holds a zero byte */
    char name[23];
};

static const struct attribute_name known[] = {
    {"\x55\x04\x03", "CN"},
    {"\x55\x04\x04", "SN"},
    {"\x55\x04\x05", "serialNumber"},
    {"\x55\x04\x06", "C"},
    {"\x55\x04\x07", "L"},
    {"\x55\x04\x08", "ST"},
    {"\x55\x04\x09", "street"},
    {"\x55\x04\x0A", "O"},
    {"\x55\x04\x0B", "OU"},
    {"\x55\x04\x0C", "title"},
    {"\x55\x04\x2A", "GN"},
    {"\x55\x04\x2E", "dnQualifier"},
    {"\x55\x04\x61", "organizationIdentifier"},
    {"\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x01", "UID"},
    {"\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x19", "DC"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01", "emailAddress"},
};

/* An object identifier in dotted form. */
static void add_dotted(struct text *t, struct span oid)
{
    uint32_t v = 0;
    bool first = true;

    for (size_t i = 0; i < oid.len; i++) {
        if (v >> 25 != 0) {
            text_add(t, "?");
            return;
        }
        v = v << 7 | (oid.data[i] & 0x7Fu);
        if ((oid.data[i] & 0x80) != 0) {
            continue;
        }
        if (first) {
            uint32_t arc = v < 80 ? v / 40 : 2;

            text_addf(t, "%u.%u", (unsigned)arc, (unsigned)(v - arc * 40));
            first = false;
        } else {
            text_addf(t, ".%u", (unsigned)v);
        }
        v = 0;
    }
}

static void add_type(struct text *t, struct span oid)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (span_is(oid, known[i].oid)) {
            text_add(t, known[i].name);
            return;
        }
    }
    add_dotted(t, oid);
}

static void add_char(struct text *t, uint32_t c)
{
    char one = (char)c;

    if (c == ',' || c == '+' || c == '"' || c == '\\') {
        text_addf(t, "\\%c", one);
    } else if (c >= 0x20 && c < 0x7F) {
        text_add_span(t, span_of(&one, 1));
    } else if (c < 0x100) {
        text_addf(t, "\\x%02x", (unsigned)c);
    } else {
        text_addf(t, c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
    }
}

/* BMPString and UniversalString have 2 and 4 bytes a character; all other
 * types are told byte by byte (UTF-8 above ASCII becomes \xHH). */
static void add_value(struct text *t, uint8_t tag, struct span value)
{
    size_t width = tag == TAG_BMP ? 2 : tag == TAG_UNIVERSAL ? 4 : 1;
    struct reader r = der_reader(value);

    if (value.len % width != 0) {
        text_add(t, "?");
        return;
    }
    while (reader_left(&r) > 0) {
        add_char(t, width == 1 ? reader_u8(&r) : width == 2 ? reader_u16(&r) : reader_u32(&r));
    }
}

/* One RelativeDistinguishedName: a SET of attributes, joined by plus. */
static bool add_rdn(struct text *t, struct span set)
{
    struct reader r = der_reader(set);
    const char *glue = "";

    while (reader_left(&r) > 0) {
        struct reader pair = der_reader(der_take(&r, DER_SEQUENCE));
        struct span oid = der_take(&pair, DER_OID);
        uint8_t tag = der_peek(&pair);
        struct span value = der_take(&pair, tag);

        if (r.bad || pair.bad || reader_left(&pair) > 0) {
            return false;
        }
        text_add(t, glue);
        add_type(t, oid);
        text_add(t, "=");
        add_value(t, tag, value);
        glue = "+";
    }
    return !r.bad;
}

size_t x509name_format(struct span dn, char *dst, size_t cap)
{
    struct text t = text_over(dst, cap);
    struct reader outer = der_reader(dn);
    struct reader names = der_reader(der_take(&outer, DER_SEQUENCE));
    bool good = !outer.bad && reader_left(&outer) == 0;
    const char *glue = "";

    while (good && reader_left(&names) > 0) {
        struct span set = der_take(&names, DER_SET);

        text_add(&t, glue);
        good = !names.bad && add_rdn(&t, set);
        glue = ", ";
    }
    if (!good || t.len == 0) {
        t = text_over(dst, cap);
        text_add(&t, good ? "(empty name)" : "(malformed name)");
    } else if (t.full && t.len > 3) {
        t.len -= 3;
        t.full = false;
        text_add(&t, "...");
    }
    return t.len;
}
