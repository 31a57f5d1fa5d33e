/* Printable names from DER: attribute types, string types, escapes, bounds. */
#include "tap.h"
#include "tls/der.h"
#include "tls/x509name.h"

static uint8_t memory[1024];
static char line[256];

/* Puts one attribute in front of what is there: type, string tag, value. */
static void put(struct der_out *o, const uint8_t *oid, uint8_t tag, const char *value, size_t len)
{
    size_t mark = o->pos;

    der_put_element(o, tag, value, len);
    der_put_oid(o, oid);
    der_wrap(o, DER_SEQUENCE, mark);
    der_wrap(o, DER_SET, mark);
}

static const char *one(const uint8_t *oid, uint8_t tag, const char *value, size_t len, size_t cap)
{
    struct der_out o = der_out_over(memory, sizeof memory);

    put(&o, oid, tag, value, len);
    der_wrap(&o, DER_SEQUENCE, sizeof memory);
    x509name_format(der_written(&o), line, cap);
    return line;
}

static void test_values(void)
{
    static const uint8_t cn[] = {3, 0x55, 4, 3};
    static const uint8_t other[] = {4, 0x2A, 3, 0x84, 0x01};
    struct der_out o = der_out_over(memory, sizeof memory);

    put(&o, other, 0x16, "y", 1);
    put(&o, cn, DER_UTF8, "x", 1);
    der_wrap(&o, DER_SEQUENCE, sizeof memory);
    x509name_format(der_written(&o), line, sizeof line);
    is_text(line, "CN=x, 1.2.3.513=y", "known and unknown types");
    is_text(one(cn, DER_UTF8, "a, O=b+c\"\\", 10, sizeof line), "CN=\"a, O=b+c\\\"\\\\\"",
            "a value cannot forge another attribute");
    is_text(one(cn, DER_UTF8, "a\n\0\x1b[b\xC3\xBC", 8, sizeof line), "CN=a\\0A\\00\\1B[b\\C3\\BC",
            "nor a line, nor a terminal's orders");
    is_text(one(cn, 0x1E, "\0a\x20\xAC", 4, sizeof line), "CN=a\\E2\\82\\AC", "BMPString");
    is_text(one(cn, 0x1C, "\0\0\0a\0\1\xF6\0", 8, sizeof line), "CN=a\\F0\\9F\\98\\80",
            "UniversalString");
    is_text(one(cn, 0x1E, "\0a\0", 3, sizeof line), "CN=#1E03006100", "half a character");
    is_text(one(cn, DER_UTF8, "abcdefghij", 10, 10), "CN=abc...", "what is too long is cut");
    ok(x509name_format(der_written(&o), NULL, 0) == 0, "no room at all");
}

static void test_malformed(void)
{
    static const uint8_t cn[] = {3, 0x55, 4, 3};
    static const uint8_t empty[] = {0x30, 0};
    struct der_out o = der_out_over(memory, sizeof memory);
    struct span whole;
    bool good = true;

    x509name_format(span_of(empty, sizeof empty), line, sizeof line);
    is_text(line, "(empty name)", "an empty name");
    x509name_format(span_of(NULL, 0), line, sizeof line);
    is_text(line, "(malformed name)", "no bytes");
    put(&o, cn, DER_UTF8, "abc", 3);
    der_wrap(&o, DER_SEQUENCE, sizeof memory);
    whole = der_written(&o);
    for (size_t cut = 1; cut < whole.len; cut++) {
        x509name_format(span_of(whole.data, cut), line, sizeof line);
        good = good && strcmp(line, "(malformed name)") == 0;
    }
    ok(good, "every truncation is malformed");
}

int main(void)
{
    test_values();
    test_malformed();
    return tap_done();
}
