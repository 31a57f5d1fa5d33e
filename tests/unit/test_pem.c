/* The PEM reader: line ends, text around, headers, DER, errors, truncation. */
#include "tap.h"
#include "tls/pem.h"

#include <stdlib.h>

static uint8_t memory[65536];
static char message[256];

static struct pem_reader begin(const char *text)
{
    size_t len = strlen(text);

    memcpy(memory, text, len);
    return pem_begin(memory, len);
}

static bool block_is(struct pem_reader *p, const char *label, unsigned number, unsigned line,
                     const char *data)
{
    struct text error = text_over(message, sizeof message);
    struct pem_block b;

    return pem_next(p, &b, &error) == PEM_BLOCK && strcmp(b.label, label) == 0 &&
           b.number == number && b.line == line && span_is(span_of(b.data, b.len), data);
}

static bool ends(struct pem_reader *p)
{
    struct text error = text_over(message, sizeof message);
    struct pem_block b;

    return pem_next(p, &b, &error) == PEM_END;
}

/* Reads to the end or the first error; the error's text. */
static const char *error_of(const char *text)
{
    struct text error = text_over(message, sizeof message);
    struct pem_reader p = begin(text);
    struct pem_block b;
    enum pem_result r;

    while ((r = pem_next(&p, &b, &error)) == PEM_BLOCK) {
    }
    return r == PEM_ERROR ? message : "(no error)";
}

static void test_shapes(void)
{
    struct pem_reader p = begin("some text\n-----BEGIN A B-----\naGVs\nbG8=\n-----END A B-----\n"
                                "more\n-----BEGIN C-----\naGk=\n-----END C-----\n");
    ok(block_is(&p, "A B", 1, 2, "hello"), "first block after text");
    ok(block_is(&p, "C", 2, 7, "hi"), "second block");
    ok(ends(&p), "then the end");
    p = begin("\xEF\xBB\xBF-----BEGIN A-----\r\naGVsbG8h\r\n-----END A-----\r\n");
    ok(block_is(&p, "A", 1, 1, "hello!"), "byte-order mark and CRLF");
    p = begin("-----BEGIN A-----\raGVs\rbG8=\r-----END A-----");
    ok(block_is(&p, "A", 1, 1, "hello"), "bare CR line ends, no end at the last line");
    p = begin("-----BEGIN A-----\naGk=\n-----END A----------BEGIN B-----\naGVs\n-----END B-----");
    ok(block_is(&p, "A", 1, 1, "hi") && block_is(&p, "B", 2, 3, "hel") && ends(&p),
       "two files joined without a line break");
    p = begin("  -----BEGIN A-----  \n aG Vs \n\n\tbG8=\n -----END A-----\t\n");
    ok(block_is(&p, "A", 1, 1, "hello"), "blanks around lines and inside");
    p = begin("no block here\n");
    ok(ends(&p), "a file without blocks");
    p = begin("");
    ok(ends(&p), "an empty file");
}

static void test_headers(void)
{
    struct text error = text_over(message, sizeof message);
    struct pem_reader p = begin("-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\n"
                                "DEK-Info: DES-EDE3-CBC,00FFaB1234567890\n\naGVs\n-----END K-----");
    struct pem_block b;

    ok(pem_next(&p, &b, &error) == PEM_BLOCK && b.encrypted && b.iv_len == 8 &&
           memcmp(b.iv, "\x00\xFF\xAB\x12\x34\x56\x78\x90", 8) == 0 && b.len == 3,
       "Proc-Type and DEK-Info");
    is_text(b.cipher, "DES-EDE3-CBC", "cipher name");
    p = begin("-----BEGIN K-----\nComment: a key\n that goes on\n\naGVs\n-----END K-----");
    ok(block_is(&p, "K", 1, 1, "hel"), "other headers and continuation lines pass");
}

static void test_errors(void)
{
    is_text(
        error_of("x\n-----BEGIN RSA PRIVATE KEY-----\naGVs\naG*s\n-----END RSA PRIVATE KEY-----"),
        "block 1 (RSA PRIVATE KEY), line 4: not base64 text", "a character outside base64");
    is_text(error_of("-----BEGIN A-----\naGVs\n-----END B-----"),
            "block 1 (A), line 3: the END line does not match the BEGIN line", "another END");
    is_text(error_of("-----BEGIN A-----\naGVs\n"),
            "block 1 (A), line 1: the file ends before the END line", "no END");
    is_text(error_of("-----BEGIN A-----\naGVs\n-----BEGIN B-----\n"),
            "block 1 (A), line 3: another block begins before the END line", "no END, then BEGIN");
    is_text(error_of("-----BEGIN A-----\n-----END A-----\n"),
            "block 1 (A), line 2: the block is empty", "an empty block");
    is_text(error_of("-----BEGIN A-----\naGV\n-----END A-----\n"),
            "block 1 (A), line 3: the base64 text is cut off before the END line", "cut base64");
    is_text(error_of("-----BEGIN A\naGVs\n"), "line 1: the BEGIN line is malformed", "no dashes");
    is_text(error_of("-----END A-----\n"), "line 1: an END line without a BEGIN line", "END alone");
    is_text(error_of("-----BEGIN A-----\naG=s\n-----END A-----\n"),
            "block 1 (A), line 2: not base64 text", "padding in the middle");
    is_text(error_of("-----BEGIN A-----\nDEK-Info: AES-128-CBC\n\naGVs\n-----END A-----\n"),
            "block 1 (A), line 2: the header is malformed", "DEK-Info without a vector");
    is_text(error_of("\xFF\xFEx"), "the file is UTF-16 text; save it as plain ASCII", "UTF-16");
}

/* Every truncation and every changed byte, in an exact allocation. */
static void test_mutations(void)
{
    static const char good[] =
        "t\n-----BEGIN K-----\r\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
        "aGVsbG8=\n-----END K----------BEGIN A-----\naGk=\n-----END A-----\n";
    size_t len = sizeof good - 1;
    unsigned runs = 0;

    for (size_t cut = 0; cut <= len; cut++) {
        for (unsigned flip = 0; flip < (cut == len ? 256u * (unsigned)len : 1u); flip++) {
            uint8_t *copy = malloc(cut > 0 ? cut : 1);
            struct text error = text_over(message, sizeof message);
            struct pem_reader p;
            struct pem_block b;

            if (copy == NULL) {
                return;
            }
            memcpy(copy, good, cut);
            if (cut == len) {
                copy[flip / 256] = (uint8_t)flip;
            }
            p = pem_begin(copy, cut);
            while (pem_next(&p, &b, &error) == PEM_BLOCK) {
                expect(b.data >= copy && b.data + b.len <= copy + cut, "block within the memory");
            }
            free(copy);
            runs++;
        }
    }
    ok(runs > 40000, "truncations and changed bytes are harmless");
}

int main(void)
{
    test_shapes();
    test_headers();
    test_errors();
    test_mutations();
    return tap_done();
}
