#include "tls/x509name.h"
#include "tls/der.h"

#include <string.h>

#define TAG_NUMERIC   0x12
#define TAG_PRINTABLE 0x13
#define TAG_T61       0x14
#define TAG_IA5       0x16
#define TAG_UNIVERSAL 0x1C
#define TAG_BMP       0x1E

#define PKCS1      "\11\x2A\x86\x48\x86\xF7\x0D\x01\x01"
#define ECDSA_SHA2 "\10\x2A\x86\x48\xCE\x3D\x04\x03"

/* Types of attributes and algorithms: the length of the object identifier, the
 * identifier, the name as openssl writes it, a NUL. */
static const char known[] =
    "\3\x55\x04\x03"
    "CN\0"
    "\3\x55\x04\x04SN\0"
    "\3\x55\x04\x05serialNumber\0"
    "\3\x55\x04\x06"
    "C\0"
    "\3\x55\x04\x07L\0"
    "\3\x55\x04\x08ST\0"
    "\3\x55\x04\x09street\0"
    "\3\x55\x04\x0AO\0"
    "\3\x55\x04\x0BOU\0"
    "\3\x55\x04\x0Ctitle\0"
    "\3\x55\x04\x0D"
    "description\0"
    "\3\x55\x04\x0F"
    "businessCategory\0"
    "\3\x55\x04\x11postalCode\0"
    "\3\x55\x04\x14telephoneNumber\0"
    "\3\x55\x04\x29name\0"
    "\3\x55\x04\x2AGN\0"
    "\3\x55\x04\x2Binitials\0"
    "\3\x55\x04\x2CgenerationQualifier\0"
    "\3\x55\x04\x2E"
    "dnQualifier\0"
    "\3\x55\x04\x41pseudonym\0"
    "\3\x55\x04\x61organizationIdentifier\0"
    "\12\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x01UID\0"
    "\12\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x19"
    "DC\0"
    "\11\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01"
    "emailAddress\0"
    "\13\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01\x01jurisdictionL\0"
    "\13\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01\x02jurisdictionST\0"
    "\13\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01\x03jurisdictionC\0"
    "\12\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x03UPN\0"
    "\10\x2B\x06\x01\x05\x05\x07\x08\x09SmtpUTF8Mailbox\0" PKCS1 "\x01rsaEncryption\0" PKCS1
    "\x05sha1WithRSAEncryption\0" PKCS1 "\x0ArsassaPss\0" PKCS1
    "\x0Bsha256WithRSAEncryption\0" PKCS1 "\x0Csha384WithRSAEncryption\0" PKCS1
    "\x0Dsha512WithRSAEncryption\0" PKCS1 "\x0Esha224WithRSAEncryption\0"
    "\7\x2A\x86\x48\xCE\x3D\x02\x01id-ecPublicKey\0"
    "\7\x2A\x86\x48\xCE\x3D\x04\x01"
    "ecdsa-with-SHA1\0" ECDSA_SHA2 "\x01"
    "ecdsa-with-SHA224\0" ECDSA_SHA2 "\x02"
    "ecdsa-with-SHA256\0" ECDSA_SHA2 "\x03"
    "ecdsa-with-SHA384\0" ECDSA_SHA2 "\x04"
    "ecdsa-with-SHA512\0"
    "\3\x2B\x65\x70"
    "ED25519\0"
    "\3\x2B\x65\x71"
    "ED448\0";

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

void x509name_add_oid(struct text *t, struct span oid)
{
    const char *p = known;

    while (*p != '\0') {
        size_t len = (uint8_t)*p++;

        if (span_equal(oid, span_of(p, len))) {
            text_add(t, p + len);
            return;
        }
        p += len + strlen(p + len) + 1;
    }
    add_dotted(t, oid);
}

void x509name_add_byte(struct text *t, uint8_t c, const char *escaped)
{
    if (c < 0x20 || c >= 0x7F) {
        text_addf(t, "\\%02X", c);
    } else {
        text_addf(t, strchr(escaped, c) != NULL ? "\\%c" : "%c", c);
    }
}

/* As the bytes of UTF-8, and those that are not ASCII in hexadecimal: what is
 * written is ASCII whatever the type of the string. */
static void add_char(struct text *t, uint32_t c)
{
    unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    uint32_t lead = more == 0 ? 0 : 0xFF00u >> (more + 1) & 0xFF;

    x509name_add_byte(t, (uint8_t)(lead | c >> (6 * more)), "\"\\");
    while (more-- > 0) {
        x509name_add_byte(t, (uint8_t)(0x80 | (c >> (6 * more) & 0x3F)), "");
    }
}

static uint32_t next_char(struct reader *r, size_t width)
{
    return width == 1 ? reader_u8(r) : width == 2 ? reader_u16(r) : reader_u32(r);
}

/* Without quotes such a value could be taken for more than one. */
static bool needs_quotes(struct span value, size_t width)
{
    struct reader r = der_reader(value);
    uint32_t c = 0;

    while (reader_left(&r) > 0) {
        bool first = r.pos == value.data;

        c = next_char(&r, width);
        if ((c > 0 && c < 0x80 && strchr(",+<>;", (int)c) != NULL) ||
            (first && (c == ' ' || c == '#'))) {
            return true;
        }
    }
    return c == ' ';
}

/* The bytes of a character; 0 for what is no string. */
static size_t char_width(uint8_t tag)
{
    switch (tag) {
    case DER_UTF8:
    case TAG_NUMERIC:
    case TAG_PRINTABLE:
    case TAG_T61: /* in practice Latin-1 */
    case TAG_IA5:
        return 1;
    case TAG_BMP:
        return 2;
    case TAG_UNIVERSAL:
        return 4;
    default:
        return 0;
    }
}

void x509name_add_value(struct text *t, struct span element)
{
    struct reader r = der_reader(element);
    uint8_t tag = der_peek(&r);
    struct span value = der_take(&r, tag);
    size_t width = char_width(tag);
    const char *quote;

    if (width == 0 || value.len % width != 0) {
        text_add(t, "#");
        for (size_t i = 0; i < element.len && !t->full; i++) {
            text_addf(t, "%02X", element.data[i]);
        }
        return;
    }
    quote = needs_quotes(value, width) ? "\"" : "";
    text_add(t, quote);
    r = der_reader(value);
    while (reader_left(&r) > 0 && !t->full) {
        uint32_t c = next_char(&r, width);

        if (tag == DER_UTF8) {
            x509name_add_byte(t, (uint8_t)c, "\"\\");
        } else {
            add_char(t, c);
        }
    }
    text_add(t, quote);
}

/* One RelativeDistinguishedName: a SET of attributes, joined by plus. */
static bool add_rdn(struct text *t, struct span set, bool spaced)
{
    struct reader r = der_reader(set);
    const char *glue = "";

    while (reader_left(&r) > 0) {
        struct reader pair = der_reader(der_take(&r, DER_SEQUENCE));
        struct span oid = der_take(&pair, DER_OID);
        struct span value = der_element(&pair);

        if (r.bad || pair.bad || reader_left(&pair) > 0) {
            return false;
        }
        text_add(t, glue);
        x509name_add_oid(t, oid);
        text_add(t, spaced ? " = " : "=");
        x509name_add_value(t, value);
        glue = spaced ? " + " : "+";
    }
    return !r.bad;
}

static void add_name(struct text *t, struct span dn, bool spaced)
{
    struct reader outer = der_reader(dn);
    struct reader names = der_reader(der_take(&outer, DER_SEQUENCE));
    bool good = !outer.bad && reader_left(&outer) == 0;
    struct text before = *t;
    const char *glue = "";

    while (good && reader_left(&names) > 0) {
        struct span set = der_take(&names, DER_SET);

        text_add(t, glue);
        good = !names.bad && add_rdn(t, set, spaced);
        glue = ", ";
    }
    if (!good) {
        *t = before;
        text_add(t, "(malformed name)");
    }
}

void x509name_add(struct text *t, struct span dn)
{
    add_name(t, dn, true);
}

size_t x509name_format(struct span dn, char *dst, size_t cap)
{
    struct text t = text_over(dst, cap);

    add_name(&t, dn, false);
    if (t.len == 0) {
        text_add(&t, "(empty name)");
    } else if (t.full && t.len > 3) {
        t.len -= 3;
        t.full = false;
        text_add(&t, "...");
    }
    return t.len;
}

struct x509name_walk x509name_walk_of(struct span dn)
{
    struct reader outer = der_reader(dn);

    return (struct x509name_walk){.names = der_reader(der_take(&outer, DER_SEQUENCE)),
                                  .set = der_reader(span_of(dn.data, 0))};
}

bool x509name_next(struct x509name_walk *w, const uint8_t *oid, struct span *value)
{
    while (reader_left(&w->set) > 0 || reader_left(&w->names) > 0) {
        struct reader pair;
        struct span type;

        if (reader_left(&w->set) == 0) {
            w->set = der_reader(der_take(&w->names, DER_SET));
        }
        pair = der_reader(der_take(&w->set, DER_SEQUENCE));
        type = der_take(&pair, DER_OID);
        *value = der_take(&pair, der_peek(&pair));
        if (!pair.bad && der_oid_is(type, oid)) {
            return true;
        }
    }
    return false;
}
