/* app/echo: the same bytes for every split, nothing taken that does not fit. */
#include "app/app.h"
#include "core/bytes.h"
#include "tap.h"

static uint8_t sent[600];
static uint8_t got[600];

/* Feeds `sent` in pieces of at most `in_max`, with windows of `out_max`. */
static size_t run(size_t in_max, size_t out_max)
{
    size_t in_at = 0, out_at = 0;
    enum app_result result = APP_MORE;

    for (int i = 0; i < 5000 && result == APP_MORE; i++) {
        size_t left = sizeof sent - in_at;
        size_t room = sizeof got - out_at;
        struct app_io io = {.in = sent + in_at,
                            .in_len = left < in_max ? left : in_max,
                            .out = got + out_at,
                            .out_len = room < out_max ? room : out_max};

        io.in_eof = io.in_len == left;
        result = app_echo.step(NULL, &io, 0);
        expect(io.in_used == io.out_used, "what is taken is given");
        expect(io.flush == (io.out_used > 0), "what is given is sealed");
        in_at += io.in_used;
        out_at += io.out_used;
    }
    expect(result == APP_DONE, "ends after eof");
    return out_at;
}

int main(void)
{
    struct app_io none = {.in_eof = true};
    struct app_io full = {.in = sent, .in_len = 5, .in_eof = true};
    bool good = true;

    for (size_t i = 0; i < sizeof sent; i++) {
        sent[i] = (uint8_t)(i * 7);
    }
    for (size_t in_max = 1; in_max <= sizeof sent; in_max += 13) {
        for (size_t out_max = 1; out_max <= sizeof sent; out_max += 17) {
            memset(got, 0, sizeof got);
            good &= run(in_max, out_max) == sizeof sent && memcmp(got, sent, sizeof sent) == 0;
        }
    }
    ok(good, "bytes come back whole at every split");
    ok(app_echo.step(NULL, &none, 0) == APP_DONE && none.out_used == 0, "eof alone is the end");
    ok(app_echo.step(NULL, &full, 0) == APP_MORE && full.in_used == 0,
       "without room nothing is taken, eof or not");
    ok(app_echo.phase(NULL) == APP_IDLE && !app_echo.http, "echo is never half-way");
    return tap_done();
}
