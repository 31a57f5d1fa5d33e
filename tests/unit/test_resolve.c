/* server/resolve and core/lines: the system's tables and DNS answers. */
#include "core/bytes.h"
#include "core/lines.h"
#include "core/sock.h"
#include "server/resolve.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/test_resolve.XXXXXX";

static void put_file(const char *text, size_t len)
{
    FILE *f = fopen(path, "w");

    if (f != NULL) {
        fwrite(text, 1, len, f);
        fclose(f);
    }
}

static bool found_is(const struct resolved *r, size_t i, const char *want)
{
    char text[64] = "nothing";

    if (i < r->count) {
        sock_address(&r->items[i], text, sizeof text);
    }
    if (strcmp(text, want) != 0) {
        printf("# %s, wanted %s\n", text, want);
    }
    return strcmp(text, want) == 0;
}

static void test_lines(void)
{
    char big[5000];
    struct lines l;
    char *line, *at;
    unsigned long n = 1;

    memset(big, 'x', sizeof big);
    memcpy(big, "first\n\nlast of the short\n", 25);
    memcpy(big + 3000, "\nbehind\n", 8);
    memcpy(big + sizeof big - 4, "\nend", 4);
    put_file(big, sizeof big);
    ok(lines_open(&l, path), "the file opens");
    ok((line = lines_next(&l)) != NULL && strcmp(line, "first") == 0, "a line");
    ok((line = lines_next(&l)) != NULL && strcmp(line, "") == 0, "an empty line");
    ok((line = lines_next(&l)) != NULL && strcmp(line, "last of the short") == 0, "another");
    ok((line = lines_next(&l)) != NULL && strcmp(line, "behind") == 0,
       "a line that is too long is left out, the one behind it is read");
    ok((line = lines_next(&l)) != NULL && strcmp(line, "end") == 0, "the last one without an end");
    ok(lines_next(&l) == NULL && lines_next(&l) == NULL, "then nothing");
    lines_close(&l);
    put_file(big + 25, 2000);
    ok(lines_open(&l, path) && lines_next(&l) == NULL, "a file of one endless line has none");
    lines_close(&l);
    ok(!lines_open(&l, "/nonexistent/file"), "no file");

    char words[] = "  a \tbc  ";
    at = words;
    ok(strcmp(lines_word(&at, " \t"), "a") == 0 && strcmp(lines_word(&at, " \t"), "bc") == 0 &&
           lines_word(&at, " \t") == NULL,
       "words");
    ok(lines_number("0", &n) && n == 0 && lines_number("4294967295", &n) && n == 4294967295UL &&
           !lines_number("4294967296", &n) && !lines_number("99999999999999999999999", &n) &&
           !lines_number("", &n) && !lines_number("-1", &n) && !lines_number("1 ", &n) &&
           !lines_number("0x1", &n),
       "numbers");
}

static void test_hosts(void)
{
    static const char hosts[] = "# comment 192.0.2.9 box\n"
                                "127.0.0.1 localhost\n"
                                "\t192.0.2.1\tbox.example.org box # not-a-name\n"
                                "2001:db8::1 BOX\r\n"
                                "192.0.2.1 box\n"
                                "nonsense box\n"
                                "192.0.2.3\n"
                                "192.0.2.2 boxes\n";
    struct resolved r = {.port = 443};

    put_file(hosts, sizeof hosts - 1);
    resolve_file(path, "box", &r);
    ok(r.count == 2 && found_is(&r, 0, "192.0.2.1:443") && found_is(&r, 1, "[2001:db8::1]:443"),
       "all addresses of a name, each once, in any case");
    r = (struct resolved){.port = 1, .family = AF_INET6};
    resolve_file(path, "box", &r);
    ok(r.count == 1 && found_is(&r, 0, "[2001:db8::1]:1"), "of one family");
    r.count = 0;
    resolve_file(path, "not-a-name", &r);
    resolve_file(path, "comment", &r);
    resolve_file(path, "127.0.0.1", &r);
    ok(r.count == 0, "comments and addresses are no names");
    resolve_file("/nonexistent/hosts", "box", &r);
    ok(r.count == 0, "no file, no addresses");
}

static void test_literals(void)
{
    struct resolved r = {.port = 80};

    ok(resolve_host("192.0.2.7", &r) == NULL && found_is(&r, 0, "192.0.2.7:80"), "IPv4");
    ok(resolve_host("::1", &r) == NULL && r.count == 1 && found_is(&r, 0, "[::1]:80"), "IPv6");
    ok(resolve_host("fe80::1%lo", &r) == NULL && r.count == 1, "a zone by its name");
    ok(resolve_host("fe80::1%1", &r) == NULL && r.count == 1, "a zone by its number");
    ok(resolve_host("fe80::1%nowhere", &r) != NULL, "a zone that is not there");
    ok(resolve_host("localhost", &r) == NULL && r.count >= 1, "localhost");
    r.family = AF_INET6;
    ok(resolve_host("192.0.2.7", &r) != NULL, "IPv4 where IPv6 is wanted");
}

/* An alias, an address, a foreign record and an address with a written name. */
static size_t make_answer(const uint8_t *query, size_t len, uint8_t *dst)
{
    static const uint8_t records[] = {
        0xC0, 12,  0,   5,    0,   1,   0, 0,  0, 9, 0, 4, 1,   'a', 0xC0, 12, /* CNAME */
        0xC0, 40,  0,   1,    0,   1,   0, 0,  0, 9, 0, 4, 192, 0,   2,    5,  /* A */
        0xC0, 12,  0,   16,   0,   1,   0, 0,  0, 9, 0, 2, 1,   'x',           /* TXT */
        1,    'a', 3,   'o',  'r', 'g', 0, 0,  1, 0, 1, 0, 0,   0,   9,    0,
        4,    192, 0,   2,    6,   0,   0, 28, 0, 1, 0, 0, 0,   9,   0,    16,
        0x20, 1,   0xD, 0xB8, 0,   0,   0, 0,  0, 0, 0, 0, 0,   0,   0,    2};

    memcpy(dst, query, len);
    memcpy(dst + len, records, sizeof records);
    dst[2] = 0x81;
    dst[3] = 0x80;
    dst[7] = 5;
    return len + sizeof records;
}

static void test_dns(void)
{
    static const uint8_t want[] = {0x12, 0x34, 1,   0,   0,   1,   0,   0,   0,   0,   0,
                                   0,    1,    'a', 7,   'e', 'x', 'a', 'm', 'p', 'l', 'e',
                                   3,    'o',  'r', 'g', 0,   0,   1,   0,   1};
    uint8_t query[RESOLVE_QUERY_MAX], answer[RESOLVE_QUERY_MAX];
    struct resolved r = {.port = 53};
    char name[300];
    size_t len = resolve_query("a.example.org", 1, 0x1234, query);
    size_t n;
    bool good = true;

    ok(len == sizeof want && memcmp(query, want, len) == 0, "a query");
    ok(resolve_query("a.example.org.", 1, 0x1234, answer) == len && memcmp(query, answer, len) == 0,
       "a final dot changes nothing");
    memset(name, 'a', sizeof name);
    name[254] = '\0';
    ok(resolve_query(name, 1, 1, answer) == 0, "a name that is too long");
    name[64] = '\0';
    ok(resolve_query(name, 1, 1, answer) == 0, "a label that is too long");
    ok(resolve_query("a..b", 1, 1, answer) == 0, "an empty label");

    n = make_answer(query, len, answer);
    ok(resolve_answer(query, len, answer, n, &r) && r.count == 3 &&
           found_is(&r, 0, "192.0.2.5:53") && found_is(&r, 1, "192.0.2.6:53") &&
           found_is(&r, 2, "[2001:db8::2]:53"),
       "all addresses of an answer");
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *exact = malloc(cut + 1);

        memcpy(exact, answer, cut);
        r.count = 0;
        good &= resolve_answer(query, len, exact, cut, &r) == (cut >= len) && r.count < 3;
        free(exact);
    }
    ok(good, "cut answers give what is whole in them");
    r.count = 0;
    answer[1] ^= 1;
    good = !resolve_answer(query, len, answer, n, &r);
    answer[1] ^= 1;
    answer[2] = 1;
    good &= !resolve_answer(query, len, answer, n, &r);
    answer[2] = 0x81;
    answer[14] ^= 1;
    good &= !resolve_answer(query, len, answer, n, &r);
    ok(good && r.count == 0, "another number, a query, another question: not for us");
}

int main(void)
{
    int fd = mkstemp(path);

    if (!ok(fd >= 0, "a scratch file")) {
        return tap_done();
    }
    close(fd);
    test_lines();
    test_hosts();
    test_literals();
    test_dns();
    unlink(path);
    return tap_done();
}
