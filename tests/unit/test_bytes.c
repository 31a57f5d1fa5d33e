/* core/bytes and core/text: reading at and past the end, escaping. */
#include "core/bytes.h"
#include "core/text.h"
#include "tap.h"

int main(void)
{
    static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 0, 2, 9, 9, 3, 1};
    struct reader r = reader_of(data, sizeof data);
    char buf[16];
    struct text t;

    ok(reader_u8(&r) == 1 && reader_u16(&r) == 0x0203 && reader_u24(&r) == 0x040506,
       "numbers are big-endian");
    ok(reader_vec16(&r).len == 2 && !r.bad, "a vector that fits");
    ok(reader_vec8(&r).len == 0 && r.bad, "a vector that does not fit is bad");
    ok(reader_u8(&r) == 0 && reader_left(&r) == 0, "a bad reader stays bad");
    t = text_over(buf, sizeof buf);
    text_addf(&t, "%s", "0123456789");
    text_add(&t, "abcdefgh");
    ok(t.full && strcmp(buf, "0123456789abcde") == 0, "a full text is cut and remembered");
    t = text_over(buf, sizeof buf);
    text_add_quoted(&t, span_of("a\"\n\x80", 4));
    is_text(buf, "a\\x22\\x0a\\x80", "quoted text");
    t = text_over(buf, sizeof buf);
    text_addf(&t, "%s", "0123456789abcdefgh");
    ok(t.full && t.len == 15 && strlen(buf) == 15, "formatted text is cut");
    ok(span_is_nocase(span_of("ExAmple", 7), "example"), "case is folded");
    return tap_done();
}
