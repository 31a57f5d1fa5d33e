#include "tls/x509text.h"
#include "core/date.h"
#include "tls/der.h"
#include "tls/x509name.h"

/* The alternatives of GeneralName, by their tags. */
enum { OTHER_NAME, EMAIL, DNS, X400, DIRECTORY, EDI_PARTY, URI, IP, REGISTERED };

static void add_string(struct text *t, struct span value)
{
    for (size_t i = 0; i < value.len && !t->full; i++) {
        x509name_add_byte(t, value.data[i], ",\\");
    }
}

/* IPv6 as eight numbers, without the short form for zeros. */
static void add_address(struct text *t, struct span value)
{
    if (value.len == 4) {
        text_addf(t, "%u.%u.%u.%u", value.data[0], value.data[1], value.data[2], value.data[3]);
    } else if (value.len == 16) {
        for (size_t i = 0; i < 16; i += 2) {
            text_addf(t, i > 0 ? ":%X" : "%X",
                      (unsigned)value.data[i] << 8 | (unsigned)value.data[i + 1]);
        }
    } else {
        text_addf(t, "<invalid length=%zu>", value.len);
    }
}

/* A type and a value of any kind. */
static void add_other(struct text *t, struct span value)
{
    struct reader r = der_reader(value);
    struct span oid = der_take(&r, DER_OID);
    struct reader inner = der_reader(der_take(&r, DER_CONSTRUCTED(0)));
    struct span element = der_element(&inner);

    if (r.bad || inner.bad || reader_left(&r) > 0 || reader_left(&inner) > 0) {
        text_add(t, "<unsupported>");
        return;
    }
    text_add(t, " ");
    x509name_add_oid(t, oid);
    text_add(t, "::");
    x509name_add_value(t, element);
}

static void add_general_name(struct text *t, unsigned kind, struct span value)
{
    static const char labels[][14] = {"othername", "email",      "DNS",
                                      "X400Name",  "DirName",    "EdiPartyName",
                                      "URI",       "IP Address", "Registered ID"};

    text_addf(t, "%s:", labels[kind]);
    switch (kind) {
    case EMAIL:
    case DNS:
    case URI:
        add_string(t, value);
        break;
    case OTHER_NAME:
        add_other(t, value);
        break;
    case DIRECTORY:
        x509name_add(t, value);
        break;
    case IP:
        add_address(t, value);
        break;
    case REGISTERED:
        x509name_add_oid(t, value);
        break;
    default:
        text_add(t, "<unsupported>");
    }
}

void x509text_alt_names(struct text *t, struct span names)
{
    struct reader r = der_reader(names);
    struct text before = *t;
    const char *glue = "";

    while (reader_left(&r) > 0 && !t->full) {
        uint8_t tag = der_peek(&r);
        struct span value = der_take(&r, tag);
        unsigned kind = tag & 0x1Fu;
        uint8_t form = kind == OTHER_NAME || (kind >= X400 && kind <= EDI_PARTY)
                           ? DER_CONSTRUCTED(0)
                           : DER_CONTEXT(0);

        if (r.bad || kind > REGISTERED || (tag & 0xE0) != form) {
            *t = before;
            text_add(t, "(malformed names)");
            return;
        }
        text_add(t, glue);
        add_general_name(t, kind, value);
        glue = ", ";
    }
}

void x509text_time(struct text *t, int64_t seconds)
{
    struct date d = date_of(seconds);

    text_addf(t, "%.3s %2u %02u:%02u:%02u %d GMT", date_month(d.month), d.day, d.hour, d.minute,
              d.second, d.year);
}
