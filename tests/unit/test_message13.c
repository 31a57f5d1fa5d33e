/* tls/message13: messages out of records, at every cut, with the bounds of each kind. */
#include "tap.h"
#include "tls/engine13.h"
#include "tls/internal.h"

#include <stdlib.h>

static struct tls_context ctx;
static struct handshake13 handshake;
static struct tls tls;

static void begin(enum state13 state, size_t blocks)
{
    memset(&tls, 0, sizeof tls);
    memset(&handshake, 0, sizeof handshake);
    pool_begin(&ctx.message13_pool, MESSAGE13_BLOCK, blocks, 1);
    tls.ctx = &ctx;
    tls.v13.state = (uint8_t)state;
    tls.v13.handshake = state == STATE13_OPEN ? NULL : &handshake;
}

static void end(void)
{
    message13_end(&tls);
    pool_end(&ctx.message13_pool);
}

/* A message of len bytes of body, each of another value. */
static struct span make(uint8_t *at, uint8_t type, size_t len)
{
    at[0] = type;
    put_u24(at + 1, (uint32_t)len);
    for (size_t i = 0; i < len; i++) {
        at[4 + i] = (uint8_t)(i * 7 + type);
    }
    return span_of(at, 4 + len);
}

static void whole(void)
{
    uint8_t bytes[200];
    struct span made = make(bytes, MESSAGE13_CERTIFICATE, 50);
    struct span contents = span_of(bytes, made.len + 3), message;

    begin(STATE13_WAIT_CERTIFICATE, 0);
    bytes[made.len] = MESSAGE13_CERTIFICATE;
    bytes[made.len + 1] = bytes[made.len + 2] = 0;
    ok(message13_next(&tls, &contents, &message) == 1 && message.data == bytes &&
           message.len == made.len && contents.data == bytes + made.len && contents.len == 3,
       "a whole message stays where it is");
    ok(!message13_pending(&tls), "nothing of another came");
    contents.len = 0;
    ok(message13_next(&tls, &contents, &message) == 0, "and there is no other");
    end();
}

static void cut(void)
{
    uint8_t bytes[100];
    struct span made = make(bytes, MESSAGE13_CERTIFICATE_VERIFY, 60);
    struct span message;

    for (size_t at = 1; at < made.len; at++) {
        struct span first = span_of(bytes, at), second = span_of(bytes + at, made.len - at);

        begin(STATE13_WAIT_CERTIFICATE_VERIFY, 1);
        expect(message13_next(&tls, &first, &message) == 0 && first.len == 0, "half of it");
        expect(message13_pending(&tls), "waits for the rest");
        expect(message13_next(&tls, &second, &message) == 1 && span_equal(message, made),
               "which comes");
        expect(!message13_pending(&tls), "and then nothing is awaited");
        expect(message13_next(&tls, &second, &message) == 0 && ctx.message13_pool.taken == 0,
               "the block goes back");
        end();
    }
    ok(true, "a message in two pieces, cut everywhere");
}

static void crumbs(void)
{
    uint8_t bytes[200];
    struct span made = make(bytes, MESSAGE13_FINISHED, 48);
    struct span message;
    int got = 0;

    begin(STATE13_WAIT_FINISHED, 1);
    for (size_t i = 0; i < made.len; i++) {
        struct span one = span_of(bytes + i, 1);

        expect(got == 0, "not before its end");
        got = message13_next(&tls, &one, &message);
    }
    ok(got == 1 && span_equal(message, made), "a message byte by byte");
    end();
}

/* The end of one message, all of the next and the beginning of a third in one record. */
static void between(void)
{
    uint8_t bytes[300];
    struct span first = make(bytes, MESSAGE13_CERTIFICATE, 40), message, contents;
    struct span second = make(bytes + first.len, MESSAGE13_CERTIFICATE, 30);

    make(bytes + first.len + second.len, MESSAGE13_CERTIFICATE, 20);
    begin(STATE13_WAIT_CERTIFICATE, 1);
    contents = span_of(bytes, 10);
    message13_next(&tls, &contents, &message);
    contents = span_of(bytes + 10, first.len - 10 + second.len + 2);
    ok(message13_next(&tls, &contents, &message) == 1 && span_equal(message, first),
       "the first, put together");
    ok(message13_next(&tls, &contents, &message) == 1 && span_equal(message, second) &&
           message.data == bytes + first.len,
       "the second, where it is");
    ok(message13_next(&tls, &contents, &message) == 0 && message13_pending(&tls),
       "and a part of the third");
    end();
}

/* Without a copy and with one: the bound falls at the header. */
static void bound(enum state13 state, uint8_t type, size_t most, const char *name)
{
    uint8_t *bytes = malloc(most + 5);
    struct span contents, message;

    for (size_t over = 0; over < 2; over++) {
        for (size_t cut_at = 0; cut_at <= 3; cut_at += 3) {
            struct span made = make(bytes, type, most + over);
            int got = 0;

            begin(state, 1);
            contents = span_of(bytes, cut_at);
            got = message13_next(&tls, &contents, &message);
            expect(got == 0, "no header yet");
            contents = span_of(bytes + cut_at, made.len - cut_at);
            got = message13_next(&tls, &contents, &message);
            expect(over ? got == -1 && tls.choice.alert == ALERT_DECODE_ERROR
                        : got == 1 && span_equal(message, made),
                   name);
            end();
        }
    }
    free(bytes);
    ok(true, name);
}

static void refused(void)
{
    static const uint8_t kinds[] = {1, 5, 11, 15, 20, 24};

    for (unsigned state = 0; state <= STATE13_OPEN; state++) {
        for (unsigned type = 0; type < 256; type++) {
            uint8_t byte = (uint8_t)type;
            struct span contents = span_of(&byte, 1), message;
            int got;

            begin((enum state13)state, 1);
            got = message13_next(&tls, &contents, &message);
            expect(type == kinds[state] ? got == 0
                                        : got == -1 && tls.choice.alert == ALERT_UNEXPECTED_MESSAGE,
                   "each state takes one kind");
            end();
        }
    }
    ok(true, "another kind than the state waits for is refused at its first byte");
}

static void without_memory(void)
{
    uint8_t bytes[] = {MESSAGE13_FINISHED, 0, 0, 32, 1, 2, 3};
    struct span contents = span_of(bytes, sizeof bytes), message;

    begin(STATE13_WAIT_FINISHED, 0);
    ok(message13_next(&tls, &contents, &message) == -1 && tls.choice.alert == ALERT_INTERNAL_ERROR,
       "no block to put it together: internal_error");
    end();
}

static void open_connection(void)
{
    uint8_t bytes[] = {MESSAGE13_KEY_UPDATE, 0, 0, 1, 1};
    struct span message;

    begin(STATE13_OPEN, 0);
    for (size_t at = 1; at < sizeof bytes; at++) {
        struct span first = span_of(bytes, at), second = span_of(bytes + at, sizeof bytes - at);

        expect(message13_next(&tls, &first, &message) == 0 && message13_pending(&tls), "half");
        expect(message13_next(&tls, &second, &message) == 1 &&
                   span_equal(message, span_of(bytes, sizeof bytes)),
               "a KeyUpdate");
        expect(message13_next(&tls, &second, &message) == 0 && !message13_pending(&tls), "done");
    }
    ok(true, "a KeyUpdate in two pieces needs no block");
    end();
}

int main(void)
{
    whole();
    cut();
    crumbs();
    between();
    bound(STATE13_WAIT_HELLO, MESSAGE13_CLIENT_HELLO, HELLO_MAX_BYTES - 4, "16 KiB of ClientHello");
    bound(STATE13_WAIT_CERTIFICATE, MESSAGE13_CERTIFICATE, 36864, "36 KiB of Certificate");
    bound(STATE13_WAIT_CERTIFICATE_VERIFY, MESSAGE13_CERTIFICATE_VERIFY, 1024,
          "1 KiB of CertificateVerify");
    bound(STATE13_WAIT_FINISHED, MESSAGE13_FINISHED, 1024, "1 KiB of Finished");
    bound(STATE13_OPEN, MESSAGE13_KEY_UPDATE, 1, "a byte of KeyUpdate");
    refused();
    without_memory();
    open_connection();
    return tap_done();
}
