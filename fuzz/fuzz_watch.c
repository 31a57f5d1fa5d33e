/* Records that are shown: a script of (direction and type, length, bytes), all
 * forms on at once. Nobody reads; what counts is that hostile messages are
 * decoded within their bounds, and that the description at the end is, too. */
#include "tls/watch_conn.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct watch watch;
static struct watch_conn conn;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct config config;
    struct tls_info info = {.version = 0x0303, .suite = 0xC02B, .alpn = "h2", .established = true};
    struct reader r = reader_of(data, len);
    uint8_t first = reader_u8(&r);

    memset(&config, 0, sizeof config);
    config.version_max = 0x0303;
    config.watch_state = config.watch_extensions = true;
    config.watch_trace = (first & 1) != 0;
    config.watch_msg = !config.watch_trace;
    memset(&conn, 0, sizeof conn);
    watch_out_begin(&watch.out, -1);
    watch_out_end(&watch.out);
    watch.out.places[WATCH_STDOUT].fd = watch.out.places[WATCH_STDERR].fd = -1;
    watch.config = &config;
    watch.open = (first & 2) != 0 ? 2 : 1;
    conn.watch = &watch;
    conn.version = (first & 4) != 0 ? 0x0303 : 0x0301;
    conn.suite = (first & 8) != 0 ? 0xC02B : 0x002F;
    info.verdict = (first & 16) != 0 ? TLS_PEER_REFUSED : TLS_PEER_TRUSTED;
    info.resumed = (first & 32) != 0;
    while (reader_left(&r) > 3) {
        uint8_t kind = reader_u8(&r);
        size_t n = reader_u16(&r);
        struct span s = reader_take(&r, n < reader_left(&r) ? n : reader_left(&r));
        uint8_t *copy = malloc(s.len + 1); /* so that reading beyond is seen */
        uint8_t header[5] = {kind, 3, 3, (uint8_t)(n >> 8), (uint8_t)n};

        if (s.len > 0) {
            memcpy(copy, s.data, s.len);
        }
        copy = realloc(copy, s.len > 0 ? s.len : 1);
        watch_show_header(&conn, kind >> 7 != 0, header);
        watch_show_record(&conn, kind >> 7 != 0, WATCH_CCS + (kind & 3u), span_of(copy, s.len));
        free(copy);
    }
    conn.verify_error = first;
    watch_show_session(&conn, &info);
    watch_show_brief(&conn, &info);
    watch_flush(&watch.out);
    return 0;
}
