/* Watching: messages by name, in rows and in fields, at every way of cutting
 * them into records; lines for a reader who does not read. */
#include "core/text.h"
#include "tls/watch_conn.h"
#include "tls/watch_names.h"

#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Watching into a file in memory. */
struct eye {
    struct config config;
    struct watch watch;
    struct watch_conn conn;
    char text[65536];
};

static struct eye *eye_new(void)
{
    struct eye *e = calloc(1, sizeof *e);
    int fd = memfd_create("watch", MFD_CLOEXEC);

    e->config.version_max = 0x0303;
    e->watch.config = &e->config;
    e->watch.place = WATCH_FILE;
    e->watch.open = 1;
    e->watch.file = fd;
    watch_out_begin(&e->watch.out, fd);
    e->watch.out.places[WATCH_STDOUT].fd = fd;
    e->watch.out.places[WATCH_STDERR].fd = fd;
    e->conn.watch = &e->watch;
    e->conn.number = 7;
    e->conn.version = 0x0303;
    return e;
}

/* All that was shown so far. */
static const char *seen(struct eye *e)
{
    ssize_t n;

    watch_flush(&e->watch.out);
    n = pread(e->watch.file, e->text, sizeof e->text - 1, 0);
    e->text[n > 0 ? n : 0] = '\0';
    return e->text;
}

static void eye_free(struct eye *e)
{
    watch_out_end(&e->watch.out);
    close(e->watch.file);
    free(e);
}

static const uint8_t client_hello[] =
    {1,    0,    0,    74,   3,    3,    0,    1,    2,   3,  4,  5,  6,
     7,    8,    9,    10,   11,   12,   13,   14,   15,  16, 17, 18, 19,
     20,   21,   22,   23,   24,   25,   26,   27,   28,  29, 30, 31, 0, /* no session */
     0,    6,    0xC0, 0x2B, 0x13, 0x01, 0x0A, 0x0A,                     /* suites */
     1,    0,                                                            /* compression */
     0,    27,                                                           /* extensions */
     0,    10,   0,    6,    0,    4,    0,    29,   0,   23,            /* groups */
     0,    23,   0,    0,                                 /* extended master secret */
     0,    16,   0,    5,    0,    3,    2,    'h',  '2', /* ALPN */
     0x0A, 0x0A, 0,    0};

static const uint8_t server_done[] = {14, 0, 0, 0};
static const uint8_t verify[] = {15, 0, 0, 6, 4, 3, 0, 2, 0xAB, 0xCD};
static const uint8_t finished[] = {20, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

/* ---- pieces ------------------------------------------------------------------ */

static void test_dump(void)
{
    struct eye *e = eye_new();
    uint8_t bytes[18];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)('A' + i);
    }
    watch_to(&e->watch.out, WATCH_FILE, 0);
    watch_dump(&e->watch.out, 0, span_of(bytes, sizeof bytes));
    watch_dump(&e->watch.out, 10, span_of(bytes, 15));
    is_text(seen(e),
            "0000 - 41 42 43 44 45 46 47 48-49 4a 4b 4c 4d 4e 4f 50   ABCDEFGHIJKLMNOP\n"
            "0010 - 51 52                                             QR\n"
            "          0000 - 41 42 43 44 45 46 47 48-49 4a 4b 4c 4d 4e 4f   ABCDEFGHIJKLMNO\n",
            "a dump as openssl's tools print it; an indented one has shorter rows");
    eye_free(e);
}

static void test_numbers(void)
{
    struct eye *e = eye_new();

    watch_add(watch_at(&e->conn, WATCH_FILE), "alone\n");
    e->watch.open = 2;
    watch_add(watch_at(&e->conn, WATCH_FILE), "one ");
    watch_add(watch_at(&e->conn, WATCH_FILE), "line\nanother\n");
    e->watch.open = 1;
    e->config.watch_numbers = true;
    watch_add(watch_at(&e->conn, WATCH_FILE), "asked\n");
    is_text(seen(e), "alone\n[7] one line\n[7] another\n[7] asked\n",
            "the number begins each line when there are others, or when it is asked for");
    eye_free(e);
}

static void name_is(const char *want, void (*add)(struct text *, uint16_t, bool), uint16_t n,
                    bool other)
{
    char buf[80];
    struct text t = text_over(buf, sizeof buf);

    add(&t, n, other);
    is_text(buf, want, want);
}

static void test_names(void)
{
    name_is("ECDHE-RSA-CHACHA20-POLY1305", watch_add_suite, 0xCCA8, false);
    name_is("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", watch_add_suite, 0xCCA8, true);
    name_is("TLS_RSA_WITH_3DES_EDE_CBC_SHA", watch_add_suite, 0x000A, true);
    name_is("TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", watch_add_suite, 0xC0AF, true);
    name_is("TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256", watch_add_suite, 0xC029, true);
    name_is("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", watch_add_suite, 0x009F, true);
    name_is("TLS_AES_128_GCM_SHA256", watch_add_suite, 0x1301, true);
    name_is("0x0A0A", watch_add_suite, 0x0A0A, false);
    name_is("UNKNOWN", watch_add_suite, 0x0A0A, true);
    name_is("secp256r1 (P-256)", watch_add_group, 23, true);
    name_is("x25519", watch_add_group, 29, false);
    name_is("X25519MLKEM768", watch_add_group, 0x11EC, false);
    name_is("0x11ED", watch_add_group, 0x11ED, false);
    name_is("RSA-PSS+SHA384", watch_add_signature, 0x0805, false);
    name_is("ECDSA+SHA1", watch_add_signature, 0x0203, false);
    name_is("ed25519", watch_add_signature, 0x0807, false);
    name_is("0x0F+0x0E", watch_add_signature, 0x0E0F, false);
    name_is("EC point formats", watch_add_extension, 11, false);
    name_is("ec_point_formats", watch_add_extension, 11, true);
    name_is("renegotiate", watch_add_extension, 0xFF01, true);
    name_is("unknown", watch_add_extension, 999, false);
    name_is("TLSv1", watch_add_version, 0x0301, true);
    name_is("TLS 1.1", watch_add_version, 0x0302, false);
}

/* ---- messages ------------------------------------------------------------------ */

static void test_msg(void)
{
    struct eye *e = eye_new();

    e->config.watch_msg = true;
    e->config.watch_state = true;
    watch_show_header(&e->conn, true, (const uint8_t[]){22, 3, 3, 0, 4});
    watch_show_record(&e->conn, true, WATCH_HANDSHAKE, span_of(server_done, sizeof server_done));
    watch_show_record(&e->conn, false, WATCH_HANDSHAKE, span_of(finished, sizeof finished));
    watch_show_record(&e->conn, false, WATCH_CCS, span_of("\1", 1));
    watch_show_record(&e->conn, true, WATCH_CCS, span_of("\1", 1));
    watch_show_record(&e->conn, true, WATCH_ALERT, span_of("\2\12", 2));
    watch_show_record(&e->conn, true, WATCH_ALERT, span_of("\2", 1));
    is_text(seen(e),
            ">>> TLS 1.2, RecordHeader [length 0005]\n    16 03 03 00 04\n"
            ">>> TLS 1.2, Handshake [length 0004], ServerHelloDone\n    0e 00 00 00\n"
            "SSL_accept:SSLv3/TLS write server done\nSSL_accept:SSLv3/TLS write server done\n"
            "<<< TLS 1.2, Handshake [length 0010], Finished\n"
            "    14 00 00 0c 01 02 03 04 05 06 07 08 09 0a 0b 0c\n"
            "SSL_accept:SSLv3/TLS read finished\n"
            "SSL_accept:SSLv3/TLS read change cipher spec\n"
            ">>> TLS 1.2, ChangeCipherSpec [length 0001]\n    01\n"
            "SSL_accept:SSLv3/TLS write change cipher spec\n"
            ">>> TLS 1.2, Alert [length 0002], fatal unexpected_message\n    02 0a\n"
            "SSL3 alert write:fatal:unexpected_message\nSSL_accept:error in error\n",
            "-msg and -state");
    ok(e->conn.secrets_due, "a Finished makes the key log's line due");
    eye_free(e);
}

static void test_trace(void)
{
    struct eye *e = eye_new();

    e->config.watch_trace = true;
    e->conn.suite = 0xC02B;
    watch_show_record(&e->conn, false, WATCH_HANDSHAKE, span_of(client_hello, sizeof client_hello));
    watch_show_record(&e->conn, false, WATCH_HANDSHAKE, span_of(verify, sizeof verify));
    is_text(seen(e),
            "    ClientHello, Length=74\n"
            "      client_version=0x303 (TLS 1.2)\n"
            "      Random:\n"
            "        gmt_unix_time=0x00010203\n"
            "        random_bytes (len=28): "
            "0405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n"
            "      session_id (len=0): \n"
            "      cipher_suites (len=6)\n"
            "        {0xC0, 0x2B} TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n"
            "        {0x13, 0x01} TLS_AES_128_GCM_SHA256\n"
            "        {0x0A, 0x0A} UNKNOWN\n"
            "      compression_methods (len=1)\n"
            "        No Compression (0x00)\n"
            "      extensions, length = 27\n"
            "        extension_type=supported_groups(10), length=6\n"
            "          ecdh_x25519 (29)\n"
            "          secp256r1 (P-256) (23)\n"
            "        extension_type=extended_master_secret(23), length=0\n"
            "        extension_type=application_layer_protocol_negotiation(16), length=5\n"
            "          h2\n"
            "        extension_type=UNKNOWN(2570), length=0\n"
            "\n"
            "    CertificateVerify, Length=6\n"
            "      Signature Algorithm: ecdsa_secp256r1_sha256 (0x0403)\n"
            "      Signature (len=2): ABCD\n"
            "\n",
            "-trace: fields decoded");
    ok(e->conn.peer_scheme == 0x0403 && e->conn.hello_len == sizeof client_hello,
       "what the description needs is kept");
    eye_free(e);
}

/* Every message of the stream, cut into two records at every place and into
 * records of one byte. */
static void test_splits(void)
{
    uint8_t stream[sizeof client_hello + sizeof verify + sizeof finished];
    struct eye *whole = eye_new();
    bool good = true;

    memcpy(stream, client_hello, sizeof client_hello);
    memcpy(stream + sizeof client_hello, verify, sizeof verify);
    memcpy(stream + sizeof client_hello + sizeof verify, finished, sizeof finished);
    whole->config.watch_msg = whole->config.watch_state = whole->config.watch_extensions = true;
    watch_show_record(&whole->conn, false, WATCH_HANDSHAKE, span_of(stream, sizeof stream));
    seen(whole);
    for (size_t cut = 0; cut <= sizeof stream; cut++) {
        struct eye *e = eye_new();

        e->config = whole->config;
        if (cut < sizeof stream) {
            watch_show_record(&e->conn, false, WATCH_HANDSHAKE, span_of(stream, cut));
            watch_show_record(&e->conn, false, WATCH_HANDSHAKE,
                              span_of(stream + cut, sizeof stream - cut));
        } else {
            for (size_t i = 0; i < sizeof stream; i++) {
                watch_show_record(&e->conn, false, WATCH_HANDSHAKE, span_of(stream + i, 1));
            }
        }
        good = good && expect(strcmp(seen(e), whole->text) == 0, "a split shows the same");
        eye_free(e);
    }
    ok(good && strstr(whole->text, "Finished\n") != NULL &&
           strstr(whole->text, "TLS client extension \"supported_groups\" (id=10), len=6\n") !=
               NULL,
       "the same is shown however messages are cut into records");
    eye_free(whole);
}

/* A message cut short in itself is shown as what it is. */
static void test_truncated(void)
{
    bool good = true;

    for (size_t n = 4; n < sizeof client_hello; n++) {
        struct eye *e = eye_new();
        uint8_t message[sizeof client_hello];

        e->config.watch_trace = e->config.watch_extensions = true;
        memcpy(message, client_hello, n);
        message[3] = (uint8_t)(n - 4);
        watch_show_record(&e->conn, false, WATCH_HANDSHAKE, span_of(message, n));
        /* Without extensions it is whole. */
        good = good && expect((strstr(seen(e), "malformed") != NULL) == (n != 49),
                              "a truncated ClientHello is called malformed");
        eye_free(e);
    }
    ok(good, "-trace: a ClientHello cut at every place");
}

/* Longer than what is kept: shown as far as it goes. */
static void test_too_long(void)
{
    struct eye *e = eye_new();
    uint8_t *record = calloc(1, WATCH_RECORD_MAX);
    size_t left = 40000;

    e->config.watch_msg = true;
    record[0] = WATCH_CERTIFICATE;
    put_u24(record + 1, (uint32_t)(left - 4));
    while (left > 0) {
        size_t n = left < WATCH_RECORD_MAX ? left : WATCH_RECORD_MAX;

        watch_show_record(&e->conn, false, WATCH_HANDSHAKE, span_of(record, n));
        memset(record, 0, 4);
        left -= n;
    }
    watch_show_record(&e->conn, false, WATCH_HANDSHAKE, span_of(server_done, sizeof server_done));
    ok(strstr(seen(e), "<<< TLS 1.2, Handshake [length 9c40], Certificate\n    0b 00 9c 3c 00") !=
               NULL &&
           strstr(e->text, "ServerHelloDone\n") != NULL,
       "a message that is too long is cut, and the next one is found");
    free(record);
    eye_free(e);
}

/* ---- a reader who does not read --------------------------------------------------- */

static void test_stuck(void)
{
    struct watch_out *o = calloc(1, sizeof *o);
    char line[101], got[4096];
    int fds[2];
    size_t total = 0;
    char last = 0;
    ssize_t n;

    if (pipe(fds) != 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0) {
        ok(false, "a pipe");
        return;
    }
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    watch_out_begin(o, fds[1]);
    watch_to(o, WATCH_FILE, 0);
    for (int i = 0; i < 2000; i++) {
        watch_put(o, span_of(line, sizeof line));
    }
    watch_flush(o);
    ok(o->places[WATCH_FILE].lost > 100000 && o->patience_ms < 100,
       "a full pipe: lines are lost, not waited for");
    while ((n = read(fds[0], got, sizeof got)) > 0) {
        total += (size_t)n;
        last = got[n - 1];
    }
    ok(total + o->places[WATCH_FILE].lost == 2000 * sizeof line && total % sizeof line == 0 &&
           last == '\n',
       "whole lines, and all are counted");
    watch_add(o, "next\n");
    watch_flush(o);
    n = read(fds[0], got, sizeof got - 1);
    got[n > 0 ? n : 0] = '\0';
    ok(strstr(got, " bytes are left out here: nobody read them in time)\nnext\n") != NULL,
       "then it is told how many");
    close(fds[0]);
    signal(SIGPIPE, SIG_IGN);
    watch_add(o, "nobody\n");
    watch_flush(o);
    ok(o->places[WATCH_FILE].fd == -1, "nobody is written to any more when the reader has gone");
    close(fds[1]);
    free(o);
}

int main(void)
{
    test_dump();
    test_numbers();
    test_names();
    test_msg();
    test_trace();
    test_splits();
    test_truncated();
    test_too_long();
    test_stuck();
    return tap_done();
}
