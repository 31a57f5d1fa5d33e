/*
 * The key that is shared with clients beforehand, from ssl.psk: in hexadecimal, there
 * itself, or as a line where env:, file: or fd: say.
 */
#include "core/log.h"
#include "tls/internal.h"
#include "tls/password.h"

#include <string.h>

/* Fewer bytes can be tried one after another. */
#define SHORT_PSK 16

static int digit(uint8_t c)
{
    c = (uint8_t)ascii_lower((char)c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_hex(struct external13 *psk, struct span text, struct text *error)
{
    size_t len = text.len / 2;

    if (len == 0 || text.len % 2 != 0) {
        text_add(error, "two hexadecimal digits for each byte are wanted; openssl rand -hex 32 "
                        "makes them");
        return -1;
    }
    if (len > sizeof psk->secret) {
        text_addf(error, "the key is longer than %d bytes", PSK13_MAX);
        return -1;
    }
    for (size_t i = 0; i < len; i++) {
        int high = digit(text.data[2 * i]), low = digit(text.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            text_add(error, "there is something in it that is no hexadecimal digit");
            return -1;
        }
        psk->secret[i] = (uint8_t)(high << 4 | low);
    }
    psk->len = len;
    return 0;
}

static void digest(struct external13 *psk)
{
    static const uint8_t label[] = "tiny psk";
    br_sha256_context sha;

    br_sha256_init(&sha);
    br_sha256_update(&sha, label, sizeof label);
    br_sha256_update(&sha, psk->secret, psk->len);
    br_sha256_out(&sha, psk->digest);
    bytes_wipe(&sha, sizeof sha);
}

int external13_load(struct external13 *psk, const char *spec)
{
    struct password p = password_of(spec);
    char reason[200];
    struct text error = text_over(reason, sizeof reason);
    int result = 0;

    if (spec == NULL || spec[0] == '\0') {
        return 0;
    }
    if (strchr(spec, ':') != NULL) {
        result = password_read(&p, &error);
        result = result == 0 ? read_hex(psk, span_of(p.text, p.len), &error) : -1;
    } else {
        result = read_hex(psk, span_of(spec, strlen(spec)), &error);
    }
    password_wipe(&p);
    if (result != 0) {
        log_line(LOG_ERROR, "ssl.psk: %s", reason);
        return -1;
    }
    if (psk->len < SHORT_PSK) {
        log_line(LOG_WARN,
                 "ssl.psk: a key of %u bytes can be guessed; openssl rand -hex 32 makes a good one",
                 (unsigned)psk->len);
    }
    digest(psk);
    return 0;
}
