/* Certificates compressed beforehand: which fit their chain, which are refused, which is chosen. */
#include "tls/certcomp.h"
#include "core/log.h"
#include "hello_build.h"
#include "tap.h"
#include "tls/pem.h"

#include <unistd.h>

static char file[8192], reason[300];
static struct text pem;
static struct arena arena;
static struct cred first, second;
static struct cred *const creds[] = {&first, &second};

static void begin(void)
{
    first = (struct cred){.list = BYTES("\x00\x00\x03one\x00\x00")};
    second = (struct cred){.list = BYTES("\x00\x00\x03two\x00\x00\x00\x00\x01x\x00\x00")};
    pem = text_over(file, sizeof file);
}

/* A block for the Certificate message of a list: `change` is added to what stands at that
 * place, if it is not 0. */
static void block(struct span list, unsigned algorithm, struct span packed, const char *label,
                  size_t change)
{
    uint8_t plain[100] = {0}, out[300];
    br_sha256_context sha;
    size_t len = 40 + packed.len;

    put_u24(plain + 1, (uint32_t)list.len);
    memcpy(plain + 4, list.data, list.len);
    br_sha256_init(&sha);
    br_sha256_update(&sha, plain, 4 + list.len);
    br_sha256_out(&sha, out);
    put_u16(out + 32, algorithm);
    put_u24(out + 34, (uint32_t)(4 + list.len));
    put_u24(out + 37, (uint32_t)packed.len);
    memcpy(out + 40, packed.data, packed.len);
    out[change] = (uint8_t)(out[change] + (change != 0));
    pem_add(&pem, span_of(out, len), label);
}

#define LABEL "COMPRESSED CERTIFICATE"

static int take(void)
{
    struct text error = text_over(reason, sizeof reason);
    int result = certcomp_add((uint8_t *)file, pem.len, "x.pem", creds, 2, &arena, &error);

    pem = text_over(file, sizeof file);
    return result;
}

static bool refused(const char *why)
{
    bool good = take() == -1 && strstr(reason, why) != NULL;

    if (!good) {
        printf("# %s\n", reason);
    }
    return good;
}

static void fitting(void)
{
    begin();
    block(second.list, 2, BYTES("brotli's"), LABEL, 0);
    block(second.list, 1, BYTES("and zlib's"), LABEL, 0);
    ok(take() == 0, "two blocks for the second certificate");
    ok(span_equal(certcomp_message(&second, 2), BYTES("\x00\x02\x00\x00\x12\x00\x00\x08"
                                                      "brotli's")) &&
           span_equal(certcomp_message(&second, 1), BYTES("\x00\x01\x00\x00\x12\x00\x00\x0A"
                                                          "and zlib's")),
       "are its messages");
    ok(certcomp_message(&second, 3).len == 0 && certcomp_message(&second, 0).len == 0, "no others");
    ok(certcomp_choose(&first, BYTES("\x00\x01\x00\x02\x00\x03")) == 0, "the first has none");
    ok(certcomp_choose(&second, BYTES("\x00\x01\x00\x02\x00\x03")) == 2, "the shortest is chosen");
    ok(certcomp_choose(&second, BYTES("\x00\x01")) == 1, "of what the client knows");
    ok(certcomp_choose(&second, BYTES("\x00\x03\x40\x02")) == 0, "which may be none");
    ok(certcomp_choose(&second, BYTES("")) == 0, "or nothing at all");
    ok(certcomp_choose(&second, BYTES("\x00\x00")) == 0, "number 0 means nothing");
}

static void others(void)
{
    struct span old = BYTES("\x00\x00\x03old\x00\x00");

    log_set_level(LOG_ERROR);
    begin();
    block(old, 2, BYTES("x"), LABEL, 0);
    ok(take() == 0 && certcomp_choose(&first, BYTES("\x00\x02")) == 0,
       "of another chain: left out");
    block(first.list, 2, BYTES("x"), LABEL, 5);
    ok(take() == 0 && certcomp_choose(&first, BYTES("\x00\x02")) == 0, "another hash: left out");
    block(first.list, 2, BYTES("x"), LABEL, 36);
    ok(take() == 0 && certcomp_choose(&first, BYTES("\x00\x02")) == 0, "another length: left out");
    log_set_level(LOG_INFO);
}

static void malformed(void)
{
    begin();
    block(first.list, 0, BYTES("x"), LABEL, 0);
    ok(refused("block 1 (COMPRESSED CERTIFICATE), line 1: the algorithm is none"), "algorithm 0");
    block(first.list, 4, BYTES("x"), LABEL, 0);
    ok(refused("the algorithm is none"), "algorithm 4");
    block(first.list, 1, BYTES("x"), LABEL, 39);
    ok(refused("are wanted"), "a byte too few");
    block(first.list, 1, BYTES(""), LABEL, 0);
    ok(refused("are wanted"), "nothing in it");
    block(first.list, 1, BYTES("x"), "CERTIFICATE", 0);
    ok(refused("are wanted in a block COMPRESSED CERTIFICATE"), "a block of another kind");
    ok(refused("no PEM block"), "an empty file");
    pem.len = 3;
    memcpy(file, "\x30\x01\x00", 3);
    ok(refused("no PEM block"), "DER");
    block(first.list, 1, BYTES("x"), LABEL, 0);
    pem.len -= 20;
    ok(refused("END"), "half a block");
}

static void files(void)
{
    char path[] = "/tmp/tiny-certcomp-XXXXXX";
    int fd = mkstemp(path);

    begin();
    block(first.list, 3, BYTES("zstd's"), LABEL, 0);
    ok(fd >= 0 && write(fd, file, pem.len) == (ssize_t)pem.len &&
           certcomp_load(path, creds, 2, &arena) == 0 &&
           certcomp_choose(&first, BYTES("\x00\x03")) == 3,
       "from disk");
    ok(certcomp_load("/nonexistent", creds, 2, &arena) == -1, "a file that is missing");
    close(fd);
    unlink(path);
}

int main(void)
{
    fitting();
    others();
    malformed();
    files();
    arena_end(&arena);
    return tap_done();
}
