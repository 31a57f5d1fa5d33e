/* Whole connections that are watched in every way: what is shown and what the key log
 * gets, against what the clients know of them. */
#include "config/sslop.h"
#include "core/text.h"
#include "hand13_check.h"

#include <sys/mman.h>
#include <unistd.h>

static char file_path[64], keylog_path[64];
static char file[600000], keylog[20000], terminal[400000];
static int saved[2], captured;

static void read_all(int fd, char *text, size_t size)
{
    ssize_t n = pread(fd, text, size - 1, 0);

    text[n > 0 ? n : 0] = '\0';
}

static void read_file(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "rb");

    text[0] = '\0';
    if (f != NULL) {
        read_all(fileno(f), text, size);
        fclose(f);
    }
}

/* Standard output and error of the server into memory, until shown(). */
static void capture(void)
{
    fflush(stdout);
    captured = memfd_create("terminal", 0);
    for (int i = 0; i < 2; i++) {
        saved[i] = dup(i + 1);
        dup2(captured, i + 1);
    }
}

static void shown(void)
{
    for (int i = 0; i < 2; i++) {
        dup2(saved[i], i + 1);
        close(saved[i]);
    }
    read_all(captured, terminal, sizeof terminal);
    close(captured);
    read_file(file_path, file, sizeof file);
    read_file(keylog_path, keylog, sizeof keylog);
}

static struct config watched_config(void)
{
    struct config c = config13("server_ec", NULL);

    c.verify = VERIFY_OPTIONAL;
    c.cafile = "ca_ec";
    c.watch_state = c.watch_debug = c.watch_msg = c.watch_trace = c.watch_extensions = true;
    c.watch_file = file_path;
    c.keylog_file = keylog_path;
    c.export_label = "EXPERIMENTAL";
    c.export_length = 20;
    c.server_name = "localhost";
    c.s_server_style = true;
    c.mode = MODE_CONSOLE;
    c.early_data = 1000;
    c.verify_report = REPORT_ALL;
    return c;
}

static bool has_hex(const char *text, const char *before, struct span bytes, bool upper)
{
    char want[300];
    struct text t = text_over(want, sizeof want);

    text_add(&t, before);
    for (size_t i = 0; i < bytes.len; i++) {
        text_addf(&t, upper ? "%02X" : "%02x", bytes.data[i]);
    }
    return strstr(text, want) != NULL;
}

static bool has_all(const char *text, const char *const *wanted)
{
    bool good = true;

    for (; *wanted != NULL; wanted++) {
        if (strstr(text, *wanted) == NULL) {
            printf("# not shown: %s\n", *wanted);
            good = false;
        }
    }
    return good;
}

static void full_handshake(struct hand13 *c)
{
    static const char *const states[] = {
        "SSL_accept:before SSL initialization\n",
        "SSL_accept:SSLv3/TLS read client hello\n",
        "SSL_accept:SSLv3/TLS write change cipher spec\n",
        "SSL_accept:TLSv1.3 write server certificate verify\n",
        "SSL_accept:SSLv3/TLS read certificate verify\n",
        "SSL_accept:SSLv3/TLS write session ticket\n",
        "read from 0x",
        "write to 0x",
        "TLS client extension \"key share\" (id=51), len=38\n",
        "CIPHER is TLS_AES_128_GCM_SHA256\n",
        "subject=CN = Good client\n",
        "    Label: 'EXPERIMENTAL'\n    Length: 20 bytes\n",
        "verify return:1\n",
        NULL,
    };
    static const char *const traced[] = {
        "ClientHello, Length=",
        "extension_type=key_share(51), length=38\n            NamedGroup: ecdh_x25519 (29)\n",
        "Inner Content Type = Handshake (22)\n    EncryptedExtensions, Length=",
        "CertificateRequest, Length=",
        "Signature Algorithm: ecdsa_secp256r1_sha256 (0x0403)\n",
        "verify_data (len=32): ",
        "NewSessionTicket, Length=",
        "KeyUpdate, Length=1\n",
        "Inner Content Type = ApplicationData (23)\n",
        NULL,
    };
    size_t hash = 32;
    uint8_t material[20];

    capture();
    hand13_shake(c, NULL);
    hand13_echo(c, BYTES("hello"));
    export13(c->hash, c->exporter, "EXPERIMENTAL", BYTES(""), material, sizeof material);
    hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0\1\1"));
    record13_update(&c->write);
    hand13_echo(c, BYTES("hello"));
    shown();
    ok(hand13_open(c), "a watched handshake of TLS 1.3");
    ok(has_all(terminal, states), "its states, bytes, extensions and what it came to");
    ok(has_all(file, traced), "its messages");
    ok(has_hex(keylog,
               "CLIENT_HANDSHAKE_TRAFFIC_SECRET 0102030405060708090a0b0c0d0e0f10"
               "1112131415161718191a1b1c1d1e1f20 ",
               span_of(c->client_secret, hash), false) &&
           has_hex(keylog, "1f20 ", span_of(c->server_secret, hash), false) &&
           has_hex(keylog, "1f20 ", span_of(c->client_application, hash), false) &&
           has_hex(keylog, "1f20 ", span_of(c->server_application, hash), false) &&
           has_hex(keylog,
                   "EXPORTER_SECRET 0102030405060708090a0b0c0d0e0f10"
                   "1112131415161718191a1b1c1d1e1f20 ",
                   span_of(c->exporter, hash), false),
       "the key log has the client's very secrets");
    ok(has_hex(terminal, "    Keying material: ", span_of(material, sizeof material), true),
       "and exported key material is the same on both sides");
}

/* What is seldom: a retry, keys shared beforehand, early data, alerts, compression. */
static void seldom(struct hand13 *c, struct config *config)
{
    static const char *const traced[] = {
        "extension_type=cookie_ext(44)",
        "extension_type=psk(41)",
        "extension_type=early_data(42)",
        "extension_type=compress_certificate(27)",
        "extension_type=record_size_limit(28)",
        "extension_type=application_layer_protocol_negotiation(16)",
        "extension_type=psk_key_exchange_modes(45)",
        "EndOfEarlyData, Length=0",
        "Level=fatal(2), description=bad record mac(20)\n",
        "Level=warning(1), description=close notify(0)\n",
        NULL,
    };
    size_t n = 0;
    bool good;

    config->mode = MODE_FILES;
    c->says.alpn = "http/1.1";
    c->says.record_limit = 1000;
    capture();
    hand13_shake(c, NULL);
    c->says.psks[0] = c->tickets[c->ticket_count - 1];
    c->says.psk_count = 1;
    c->says.early = true;
    hand13_begin(c);
    hand13_record(c, RECORD_DATA, BYTES("early"));
    hand13_deliver(c);
    hand13_take(c);
    good = tls_window(c->tls, TLS_WINDOW_RECV_APP, &n) != NULL && n == 5;
    tls_advance(c->tls, TLS_WINDOW_RECV_APP, n);
    hand13_flight(c, NULL);
    hand13_deliver(c);
    hand13_take(c);
    tls_close(c->tls);
    hand13_take(c);
    good = good && c->alert == 0;
    c->says.early = false;
    c->says.shares[0] = 0;
    c->says.psk_count = 0;
    c->says.edits[0] = c->says.again[0] =
        (struct hand13_edit){EXT_COMPRESS_CERTIFICATE, EDIT_LAST, BYTES("\4\0\2\0\1")};
    hand13_shake(c, NULL);
    good = good && hand13_open(c) && c->retried;
    hand13_clear(c, RECORD_DATA, BYTES("0123456789abcdef0"));
    hand13_deliver(c);
    hand13_take(c);
    good = good && c->alert == ALERT_BAD_RECORD_MAC;
    hand13_reset(c);
    shown();
    ok(good, "early data, a retry, a forged record");
    ok(has_all(file, traced), "a resumption with early data, a retry, alerts");
    ok(strstr(terminal, "SSL3 alert write:fatal:bad record mac") != NULL, "states of alerts");
    ok(has_hex(keylog, "CLIENT_EARLY_TRAFFIC_SECRET 0102030405060708", span_of(NULL, 0), false),
       "the key log has the secret of early data");
    config->mode = MODE_CONSOLE;
}

static void tls13_watched(void)
{
    struct config config = watched_config();
    struct hand13 *c;
    int result;

    unlink(file_path);
    unlink(keylog_path);
    capture();
    c = hand13_new(&config);
    result = tls_context_watch(c->ctx);
    shown();
    ok(result == 0, "watching begins");
    full_handshake(c);
    seldom(c, &config);
    capture();
    hand13_free(c);
    shown();
}

static void tls12_watched(void)
{
    static const char *const states[] = {
        "SSL_accept:SSLv3/TLS write server done\n",
        "SSL_accept:SSLv3/TLS read client certificate\n",
        "SSL_accept:SSLv3/TLS write finished\n",
        "CIPHER is ECDHE-ECDSA-AES128-GCM-SHA256\n",
        "    Keying material: ",
        NULL,
    };
    static const char *const traced[] = {
        "ServerKeyExchange, Length=", "ClientKeyExchange, Length=", "CertificateRequest, Length=",
        "CertificateVerify, Length=", "ServerHelloDone, Length=0",  NULL,
    };
    struct config config = watched_config();
    const char *line;
    struct pair *p;

    unlink(file_path);
    unlink(keylog_path);
    capture();
    p = pair_new(&config);
    tls_context_watch(p->ctx);
    client_certificate(&p->client, "client", NULL);
    pair_begin(p, "localhost", false);
    pair_pump(p);
    shown();
    ok(pair_open(p), "a watched handshake of TLS 1.2");
    ok(has_all(terminal, states), "its states");
    ok(has_all(file, traced), "its messages");
    line = strstr(keylog, "\nCLIENT_RANDOM ");
    ok(line != NULL && strlen(line) == 1 + 14 + 64 + 1 + 96 + 1, "one line in the key log");
    capture();
    pair_free(p);
    shown();
}

static void brief(void)
{
    struct config config = watched_config();
    struct hand13 *c;

    config.watch_state = config.watch_debug = config.watch_msg = config.watch_trace =
        config.watch_extensions = false;
    config.watch_brief = true;
    config.mode = MODE_REVERSE;
    config.watch_file = config.keylog_file = config.export_label = "";
    config.verify_report = REPORT_ERRORS;
    config.verify_return_error = false;
    capture();
    c = hand13_new(&config);
    tls_context_watch(c->ctx);
    c->says.certificate = "client_expired";
    hand13_shake(c, NULL);
    hand13_reset(c);
    tls_end(c->tls);
    shown();
    ok(strstr(terminal, "CONNECTION ESTABLISHED\nProtocol version: TLSv1.3\n") != NULL &&
           strstr(terminal, "Ciphersuite: TLS_AES_128_GCM_SHA256\n") != NULL &&
           strstr(terminal, "CONNECTION CLOSED\n") != NULL,
       "-brief");
    ok(strstr(terminal, "verify depth is 100\n") != NULL &&
           strstr(terminal, "verify error:num=10:certificate has expired\nnotAfter=") != NULL,
       "-verify_quiet tells of errors only");
    hand13_free(c);
}

static void no_file(void)
{
    struct config config = watched_config();
    struct hand13 *c;
    int result[2];

    capture();
    c = hand13_new(&config);
    config.watch_file = "/nowhere/at/all";
    result[0] = tls_context_watch(c->ctx);
    config.watch_file = "";
    config.keylog_file = "/nowhere/at/all";
    result[1] = tls_context_watch(c->ctx);
    shown();
    ok(result[0] == -1 && result[1] == -1, "files that cannot be written end the start");
    ok(strstr(terminal, "watch.file: /nowhere/at/all: ") != NULL &&
           strstr(terminal, "ssl.keylog-file: /nowhere/at/all: ") != NULL,
       "and are told of");
    hand13_free(c);
}

int main(void)
{
    const char *dir = getenv("TMPDIR");

    dir = dir != NULL ? dir : "/tmp";
    snprintf(file_path, sizeof file_path, "%s/tiny-watch-%d", dir, (int)getpid());
    snprintf(keylog_path, sizeof keylog_path, "%s/tiny-keylog-%d", dir, (int)getpid());
    tls13_watched();
    tls12_watched();
    brief();
    no_file();
    unlink(file_path);
    unlink(keylog_path);
    return tap_done();
}
