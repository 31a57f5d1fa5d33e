/*
 * app/console: what clients send and what is typed, at every split; commands,
 * -crlf, who is spoken to, whose lines are whose, escapes, full outputs.
 */
#include "app/console.h"
#include "core/bytes.h"
#include "tap.h"

#include <stdlib.h>

static struct counters counters;
static struct config config;
static struct app_shared shared = {.config = &config, .counters = &counters};
static struct app_peer peers[3];
static uint32_t numbers;
static struct console *console;
static _Alignas(max_align_t) uint8_t states[3][APP_STATE_MAX];
static char screen[65536];

static void begin(void)
{
    free(console);
    memset(states, 0, sizeof states);
    config = (struct config){.mode = MODE_CONSOLE, .session_cache = true, .session_cache_size = 9};
    numbers = 0;
    console = console_new(&config, &counters);
    shared.console = console;
}

static void *open_client(size_t i)
{
    memset(states[i], 0, APP_STATE_MAX);
    peers[i] = (struct app_peer){.address = "192.0.2.1:4711", .number = ++numbers};
    app_console.open(states[i], &shared, &peers[i]);
    return states[i];
}

/* All that is shown by now. */
static const char *shown(void)
{
    size_t len;
    const char *data = console_output(console, &len);

    memcpy(screen, data, len);
    screen[len] = '\0';
    console_written(console, len);
    return screen;
}

static bool offer(const char *text)
{
    size_t cap = 0;
    char *input = console_input(console, &cap);

    if (input == NULL || cap < strlen(text)) {
        return false;
    }
    memcpy(input, text, strlen(text));
    console_typed(console, strlen(text));
    return true;
}

/* One step with `in` from the client and room for `room` bytes, which are added to `got`. */
static struct app_io io;
static char got[4096];
static enum app_result step(void *state, const char *in, size_t room)
{
    static uint8_t out[4096];
    enum app_result result;

    io = (struct app_io){
        .in = (const uint8_t *)in, .in_len = strlen(in), .out = out, .out_len = room};
    result = app_console.step(state, &io, 0);
    strncat(got, (char *)out, io.out_used);
    memset(out, 0, sizeof out);
    return result;
}

static const char *sent(void *state)
{
    got[0] = '\0';
    step(state, "", 1000);
    return got;
}

static void received(void)
{
    void *a, *b;
    uint8_t raw[256];

    begin();
    a = open_client(0);
    step(a, "hello\n\x1b[2J", 10);
    is_text(shown(), "hello\n\x1b[2J", "one client: the bytes as they come");
    for (size_t i = 0; i < sizeof raw; i++) {
        raw[i] = (uint8_t)i;
    }
    io = (struct app_io){.in = raw, .in_len = sizeof raw};
    app_console.step(a, &io, 0);
    (void)shown();
    ok(memcmp(screen, raw, sizeof raw) == 0, "every byte, also without room to send");
    app_console.close(a);
    is_text(shown(), "\nERROR\nCONNECTION CLOSED\n", "a connection that breaks");

    a = open_client(0);
    step(a, "half", 10);
    b = open_client(1);
    step(b, "one\ntwo\n", 10);
    step(a, " way\n", 10);
    step(b, "3", 10);
    step(a, "4", 10);
    step(b, "5\n", 10);
    is_text(shown(), "half\n[3] 192.0.2.1:4711\n[3] one\n[3] two\n[2]  way\n[3] 3\n[2] 4\n[3] 5\n",
            "two clients: whose line it is");
    io = (struct app_io){.in_eof = true};
    ok(app_console.step(a, &io, 0) == APP_DONE, "the client's end is the connection's");
    app_console.close(a);
    step(b, "alone\n", 10);
    app_console.close(b);
    is_text(shown(), "[2] DONE\n[2] CONNECTION CLOSED\nalone\nERROR\nCONNECTION CLOSED\n",
            "the last one needs no number");
}

static void escaped(const char *in, const char *want, const char *name)
{
    void *a;
    size_t len = strlen(in);

    begin();
    console->escapes = true;
    a = open_client(0);
    step(a, in, 0);
    is_text(shown(), want, name);
    for (size_t i = 0; i < len; i++) {
        io = (struct app_io){.in = (const uint8_t *)in + i, .in_len = 1};
        app_console.step(a, &io, 0);
    }
    expect(strcmp(shown(), want) == 0, "byte by byte the same");
}

static void escapes(void)
{
    escaped("a\x1b[31m\a\b\x7f\r\n\t", "a\\x1b[31m\\x07\\x08\\x7f\r\n\t", "control characters");
    escaped("\xc3\xa4\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80",
            "\xc3\xa4\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80", "UTF-8 stays as it is");
    escaped("\xc2\x9b"
            "1m\x9b\xc2\xa0",
            "\xc2\\x9b"
            "1m\\x9b\xc2\xa0",
            "CSI of 8 bits, in both forms");
    escaped("\xe0\x80\x9b\xf0\x80\x80\x9b\xc0\x9b\xff",
            "\xe0\\x80\\x9b\xf0\\x80\\x80\\x9b\\xc0\\x9b\\xff", "overlong forms, no UTF-8");
    escaped("\xe2\x1b\x82\x9b", "\xe2\\x1b\\x82\\x9b", "a character cut short");
}

static void bounded(void)
{
    static uint8_t flood[100000];
    size_t taken = 0, len, at = 0;
    bool same = true;
    void *a;

    begin();
    a = open_client(0);
    for (size_t i = 0; i < sizeof flood; i++) {
        flood[i] = (uint8_t)(i * 31 % 251);
    }
    for (int i = 0; i < 50; i++) {
        io = (struct app_io){.in = flood + taken, .in_len = sizeof flood - taken};
        app_console.step(a, &io, 0);
        taken += io.in_used;
    }
    ok(taken > 8000 && taken < CONSOLE_SHOWN, "nobody reads: the client is not read from");
    ok(console_next_wake(console, NULL) == NULL, "and waits");
    console_statistics(console);
    console_output(console, &len);
    ok(len > taken + 300, "there is room for the server's own lines");
    for (int i = 0; i < 100; i++) {
        console_say(console, "line %d of many that nobody reads\n", i);
    }
    console_output(console, &len);
    ok(len <= CONSOLE_SHOWN, "but not for more than that");
    begin();
    a = open_client(0);
    taken = 0;
    while (at < sizeof flood) {
        const uint8_t *data;

        io = (struct app_io){.in = flood + taken, .in_len = sizeof flood - taken};
        app_console.step(a, &io, 0);
        taken += io.in_used;
        data = console_output(console, &len);
        len = len > 777 ? 777 : len;
        same &= len > 0 && memcmp(data, flood + at, len) == 0;
        console_written(console, len);
        at += len;
        if (taken < sizeof flood && console_next_wake(console, NULL) != a) {
            same = false;
            break;
        }
    }
    ok(same, "a slow reader gets every byte, and wakes the client");
}

static void typed(void)
{
    void *a, *b;
    size_t cap;

    begin();
    ok(console_input(console, &cap) == NULL, "without a client nothing is read");
    a = open_client(0);
    ok(offer("hello\nworld"), "with one it is");
    ok(console_next_wake(console, NULL) == a, "the client is woken");
    ok(console_input(console, &cap) == NULL, "no more before it has that");
    got[0] = '\0';
    for (int i = 0; i < 11; i++) {
        step(a, "", 1);
        expect(io.flush, "sealed");
    }
    is_text(got, "hello\nworld", "byte by byte");
    ok(offer("Q is no command here\nsame\n"), "within a line");
    is_text(sent(a), "Q is no command here\nsame\n", "only the first byte of a line is one");
    b = open_client(1);
    offer("to the last\n");
    is_text(sent(a), "", "the first gets nothing");
    is_text(sent(b), "to the last\n", "the one that came last gets it");
    offer("begun ");
    open_client(2);
    is_text(sent(states[2]), "", "a piece that has begun");
    is_text(sent(b), "begun ", "stays with its client");
    app_console.close(states[2]);
    offer("lost\nQ\n");
    app_console.close(b);
    is_text(sent(a), "", "what was for a client that ended is lost");
    offer("back\n");
    is_text(sent(a), "back\n", "the one before it is next");
    console_input_ended(console);
    ok(console->leave && console_input(console, &cap) == NULL, "the end of the input ends all");
    begin();
    config.console_ignore_eof = true;
    console_input_ended(console);
    ok(!console->leave, "-ign_eof");
    begin();
    console->silent = true;
    a = open_client(0);
    offer("Q\nq\nP\nr\nS\n");
    is_text(sent(a), "Q\nq\nP\nr\nS\n", "-quiet: no commands");
    console_input_ended(console);
    ok(!console->leave, "-quiet: the end of the input ends nothing");
    step(a, "x", 0);
    open_client(1);
    app_console.close(states[1]);
    step(a, "y", 0);
    is_text(shown(), "xy", "-quiet: the client's bytes only");
}

static void commands(void)
{
    void *a, *b;

    begin();
    counters = (struct counters){.accepted = 3,
                                 .handshakes = 2,
                                 .session_entries = 1,
                                 .session_hits = 3,
                                 .tickets_taken = 1,
                                 .renegotiations = 8,
                                 .session_misses = 12345,
                                 .session_timeouts = 6,
                                 .session_overflows = 7};
    a = open_client(0);
    b = open_client(1);
    (void)shown();
    offer("S and more\n");
    is_text(sent(b), "S and more\n", "S: the line is sent, too");
    is_text(shown(),
            "   1 items in the session cache\n"
            "   0 client connects (SSL_connect())\n"
            "   0 client renegotiates (SSL_connect())\n"
            "   0 client connects that finished\n"
            "   3 server accepts (SSL_accept())\n"
            "   8 server renegotiates (SSL_accept())\n"
            "  10 server accepts that finished\n"
            "   4 session cache hits\n"
            "12345 session cache misses\n"
            "   6 session cache timeouts\n"
            "   0 callback cache hits\n"
            "   7 cache full overflows (9 allowed)\n",
            "and the statistics are shown");
    offer("x\nP text\n");
    is_text(sent(b), "x\n", "what comes before P is sent before");
    ok(io.request == APP_REQUEST_PLAIN_TEXT && io.flush, "P asks for plain text");
    is_text(sent(b), "P text\n", "then its line");
    ok(io.request == APP_REQUEST_NONE, "once");
    offer("P\n");
    step(b, "", 0);
    ok(io.request == APP_REQUEST_NONE, "P waits while nothing can be sent");
    is_text(sent(b), "", "P");
    is_text(sent(b), "P\n", "P");
    offer("x\nr no text\ny\n");
    is_text(sent(b), "x\n", "r: first what comes before");
    ok(io.request == APP_REQUEST_RENEGOTIATE && io.flush, "then a renegotiation is asked for");
    is_text(sent(b), "y\n", "its line is not sent");
    is_text(shown(), "SSL_do_handshake -> 1\n", "and it is told");
    offer("R");
    is_text(sent(b), "", "R");
    ok(io.request == APP_REQUEST_RENEGOTIATE_ASKING, "R asks for a certificate, too");
    peers[1].refused = true;
    is_text(sent(b), "", "refused");
    is_text(shown(), "SSL_do_handshake -> -1\n", "it is told, too");
    peers[1].refused = false;
    offer("y\nq and the rest\nnext\n");
    got[0] = '\0';
    ok(step(b, "", 1000) == APP_DONE && strcmp(got, "y\n") == 0, "q ends the connection");
    app_console.close(b);
    ok(console_next_wake(console, NULL) == a, "the one before it is woken");
    is_text(sent(a), "next\n", "for the rest");
    ok(!console->leave, "q does not end the server");
    offer("q");
    ok(step(a, "", 1000) == APP_DONE, "q without a line's end");
    app_console.close(a);
    a = open_client(0);
    offer("hi\n");
    is_text(sent(a), "hi\n", "is over then");
    offer("Q\nno\n");
    is_text(sent(a), "", "Q");
    ok(console->leave, "Q ends the server");
}

static void attended(void)
{
    void *a;

    begin();
    console->attended = true;
    offer("for the next\n");
    offer("S\n");
    ok(strstr(shown(), "session cache hits") != NULL, "S without a client");
    offer("more");
    offer("Q\n");
    ok(!console->leave, "the rest of a line is no command");
    a = open_client(0);
    is_text(sent(a), "for the next\nmoreQ\n", "text waits for the next client");
    app_console.close(a);
    offer("Q\n");
    ok(console->leave, "Q without a client");
}

static void crlf(void)
{
    static const char text[] = "a\nb\r\n\n";

    for (size_t room = 1; room < 12; room++) {
        begin();
        config.console_crlf = true;
        open_client(0);
        offer(text);
        got[0] = '\0';
        for (int i = 0; i < 12; i++) {
            step(states[0], "", room);
        }
        expect(strcmp(got, "a\r\nb\r\r\n\r\n") == 0, "CRLF at every split");
    }
    ok(true, "-crlf: LF becomes CRLF, however it is cut");
}

static void new_keys(void)
{
    void *b;

    begin();
    b = open_client(1);
    offer("k\n");
    is_text(sent(b), "", "k");
    ok(io.request == APP_REQUEST_UPDATE_KEYS, "k asks for new keys");
    is_text(sent(b), "", "which they are");
    is_text(shown(), "SSL_do_handshake -> 1\n", "and it is told");
    offer("K\r\n");
    is_text(sent(b), "", "K");
    ok(io.request == APP_REQUEST_UPDATE_KEYS_ASKING, "K asks for the client's, too");
    is_text(sent(b), "", "done");
    is_text(shown(), "SSL_do_handshake -> 1\n", "and it is told");
    offer("c\n");
    is_text(sent(b), "", "c");
    ok(io.request == APP_REQUEST_CERTIFICATE, "c asks for a certificate");
    is_text(sent(b), "", "which it does");
    is_text(shown(), "SSL_do_handshake -> 1\n", "and it is told");
    offer("c\n");
    is_text(sent(b), "", "c again");
    peers[1].refused = true;
    is_text(sent(b), "", "refused");
    is_text(shown(), "Failed to initiate request\n", "it is told, too");
    peers[1].refused = false;
    offer("keys\nK 1\n");
    is_text(sent(b), "keys\nK 1\n", "more on the line, and it is text");
    ok(io.request == APP_REQUEST_NONE, "that asks for nothing");
    app_console.close(b);
}

int main(void)
{
    received();
    escapes();
    bounded();
    typed();
    commands();
    new_keys();
    attended();
    crlf();
    free(console);
    return tap_done();
}
