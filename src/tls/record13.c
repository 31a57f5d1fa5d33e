#include "tls/record13.h"

#include "core/must.h"
#include "crypto/crypto.h"
#include "crypto/gcm.h"
#include "crypto/wide.h"
#include "tls/schedule13.h"

#include <string.h>

#define SUITE_AES128   0x1301
#define SUITE_CHACHA20 0x1303

/* How many records one key may protect. For AES-GCM RFC 8446, section 5.5, names 2^24.5
 * of full size; asking for the next key at a third of that leaves the peer time to
 * answer. ChaCha20's limit lies beyond the sequence number's. */
#define GCM_SOON    (UINT64_C(1) << 23)
#define GCM_MOST    UINT64_C(23726566)
#define CHACHA_SOON (UINT64_C(1) << 62)
#define CHACHA_MOST UINT64_MAX /* the sequence number must not wrap */

static size_t key_len(uint16_t suite)
{
    return suite == SUITE_AES128 ? 16 : 32;
}

void record13_set(struct record13 *r, uint16_t suite, const uint8_t *secret)
{
    const br_hash_class *hash = hash13_of_suite(suite);
    const struct span nothing = {NULL, 0};

    r->sequence = 0;
    r->suite = suite;
    memmove(r->secret, secret, hash13_len(hash));
    expand_label13(hash, r->secret, "key", nothing, r->key, key_len(suite));
    expand_label13(hash, r->secret, "iv", nothing, r->iv, sizeof r->iv);
}

void record13_update(struct record13 *r)
{
    const br_hash_class *hash = hash13_of_suite(r->suite);
    uint8_t next[RECORD13_SECRET_MAX];

    expand_label13(hash, r->secret, "traffic upd", (struct span){NULL, 0}, next, hash13_len(hash));
    record13_set(r, r->suite, next);
    bytes_wipe(next, sizeof next);
}

void record13_wipe(struct record13 *r)
{
    bytes_wipe(r, sizeof *r);
}

bool record13_wants_update(const struct record13 *r)
{
    return r->suite != 0 && r->sequence >= (r->suite == SUITE_CHACHA20 ? CHACHA_SOON : GCM_SOON);
}

bool record13_exhausted(const struct record13 *r)
{
    return r->suite != 0 && r->sequence >= (r->suite == SUITE_CHACHA20 ? CHACHA_MOST : GCM_MOST);
}

/* Enciphers or deciphers the len bytes behind the header, which is authenticated with
 * them; tag is what their tag must be. */
static void protect(const struct record13 *r, uint8_t *record, size_t len, uint8_t tag[16],
                    bool encrypt)
{
    uint8_t nonce[12];

    memcpy(nonce, r->iv, sizeof nonce);
    for (unsigned i = 0; i < 8; i++) {
        nonce[11 - i] ^= (uint8_t)(r->sequence >> 8 * i);
    }
    if (r->suite == SUITE_CHACHA20) {
        crypto_poly1305()(r->key, nonce, record + RECORD13_HEADER, len, record, RECORD13_HEADER,
                          tag, crypto_chacha20(), encrypt);
    } else {
        gcm_run(r->key, key_len(r->suite), nonce, record + RECORD13_HEADER, len, record,
                RECORD13_HEADER, tag, encrypt);
    }
}

size_t record13_seal(struct record13 *r, uint8_t type, uint8_t *record, size_t len, size_t padding)
{
    uint8_t *end = record + RECORD13_HEADER + len;
    size_t inner = len + 1 + padding;

    must(len <= RECORD13_MAX_PLAIN && padding <= RECORD13_MAX_PLAIN - len);
    put_u16(record + 1, 0x0303);
    if (r->suite == 0) {
        must(padding == 0);
        record[0] = type;
        put_u16(record + 3, (uint32_t)len);
        return RECORD13_HEADER + len;
    }
    must(!record13_exhausted(r)); /* a nonce that comes twice gives everything away */
    record[0] = RECORD_DATA;
    put_u16(record + 3, (uint32_t)(inner + RECORD13_TAG));
    *end = type;
    memset(end + 1, 0, padding);
    protect(r, record, inner, end + 1 + padding, true);
    r->sequence++;
    return RECORD13_HEADER + inner + RECORD13_TAG;
}

/* What is left without zeros at the end. How many they are may be seen: so may the
 * length of the contents, which others handle from here on. */
static size_t without_padding(const uint8_t *inner, size_t len)
{
    while (len > 0) {
        bool zero = inner[len - 1] == 0;

        crypto_declassify(&zero, sizeof zero);
        if (!zero) {
            break;
        }
        len--;
    }
    return len;
}

static unsigned open_sealed(struct record13 *r, uint8_t *record, size_t len, uint8_t *type,
                            struct span *contents)
{
    uint8_t *inner = record + RECORD13_HEADER, tag[RECORD13_TAG];
    size_t inner_len, end;
    bool right;

    if (len < RECORD13_TAG) {
        return ALERT_BAD_RECORD_MAC;
    }
    if (record13_exhausted(r)) {
        return ALERT_INTERNAL_ERROR;
    }
    inner_len = len - RECORD13_TAG;
    protect(r, record, inner_len, tag, false);
    right = span_equal_ct(span_of(tag, sizeof tag), span_of(inner + inner_len, RECORD13_TAG));
    crypto_declassify(&right, sizeof right);
    if (!right) {
        return ALERT_BAD_RECORD_MAC;
    }
    r->sequence++;
    if (inner_len > RECORD13_MAX_PLAIN + 1) {
        return ALERT_RECORD_OVERFLOW;
    }
    end = without_padding(inner, inner_len);
    if (end == 0) {
        return ALERT_UNEXPECTED_MESSAGE;
    }
    *type = inner[end - 1];
    *contents = span_of(inner, end - 1);
    return 0;
}

unsigned record13_open(struct record13 *r, uint8_t *record, uint8_t *type, struct span *contents)
{
    size_t len = (size_t)record[3] << 8 | record[4];

    if (len > (r->suite == 0 ? RECORD13_MAX_PLAIN : RECORD13_MAX_SEALED)) {
        return ALERT_RECORD_OVERFLOW;
    }
    if (r->suite == 0) {
        *type = record[0];
        *contents = span_of(record + RECORD13_HEADER, len);
        return 0;
    }
    return open_sealed(r, record, len, type, contents);
}
