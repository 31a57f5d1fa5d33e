#include "tls/ticket.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "tls/filebytes.h"
#include "tls/pem.h"

#include <string.h>

#define NAME_LEN 16
#define SALT_LEN 32
#define TAG_LEN  16
#define HEAD_LEN (NAME_LEN + SALT_LEN)
/* version, suite, flags, verdict, time, three blocks, the subject's length */
#define FIXED_LEN (2 + 2 + 1 + 1 + 8 + 48 + 32 + 32 + 1)

/* of TLS 1.3 alone: age_add, early, serial, issued_ms */
#define TAIL13_LEN (4 + 4 + 8 + 8)
#define TLS13      0x0304

#define FLAG_EMS 1u

/* Servers that share a key do not share a clock. */
#define SKEW_S 60

_Static_assert(HEAD_LEN + FIXED_LEN + TAIL13_LEN + TLS_SUBJECT_MAX + TAG_LEN <= TICKET_MAX,
               "it fits");
_Static_assert(TLS_SUBJECT_MAX <= 256, "its length has one byte");

static void hmac(const uint8_t *key, size_t key_len, struct span text, uint8_t out[32])
{
    br_hmac_key_context k;
    br_hmac_context h;

    br_hmac_key_init(&k, crypto_sha256(), key, key_len);
    br_hmac_init(&h, &k, 0);
    br_hmac_update(&h, text.data, text.len);
    br_hmac_out(&h, out);
    bytes_wipe(&k, sizeof k);
    bytes_wipe(&h, sizeof h);
}

/* ---- keys -------------------------------------------------------------- */

/* HKDF in the small (RFC 5869). The labels also stand for the ticket's form: a new
 * form takes new labels, and old tickets do not open any more. */
static void derive(struct ticket_key *key, struct span bytes)
{
    static const uint8_t label[] = "tiny ticket 1", name[] = "name", secret[] = "secret";
    uint8_t root[32], out[32];

    hmac(label, sizeof label, bytes, root);
    hmac(root, sizeof root, span_of(name, sizeof name), out);
    memcpy(key->name, out, sizeof key->name);
    hmac(root, sizeof root, span_of(secret, sizeof secret), key->secret);
    bytes_wipe(root, sizeof root);
}

static int add_key(struct ticket_keys *keys, struct span bytes, struct text *error)
{
    size_t same = 1;

    while (same < bytes.len && bytes.data[same] == bytes.data[0]) {
        same++;
    }
    if (same == bytes.len) {
        text_add(error, "all bytes of the key are the same; openssl rand 80 makes a random one");
        return -1;
    }
    if (keys->count == TICKET_KEYS_MAX) {
        text_addf(error, "there are more than %d keys", TICKET_KEYS_MAX);
        return -1;
    }
    derive(&keys->keys[keys->count++], bytes);
    return 0;
}

static bool is_key_len(size_t len)
{
    return len == 48 || len == 80;
}

int ticket_keys_add(struct ticket_keys *keys, uint8_t *data, size_t len, struct text *error)
{
    size_t before = keys->count;
    unsigned number = 1;
    size_t end;

    if (is_key_len(len)) {
        return add_key(keys, span_of(data, len), error);
    }
    for (size_t at = 0; at < len; at = end + 1, number++) {
        size_t key_len;

        end = at;
        while (end < len && data[end] != '\n' && data[end] != '\r') {
            end++;
        }
        if (end == at) {
            continue;
        }
        /* In place: three bytes come from four. */
        if (!pem_base64(span_of(data + at, end - at), data + at, &key_len) ||
            !is_key_len(key_len)) {
            text_addf(error,
                      "line %u: 48 or 80 random bytes are wanted, as they are or as lines of "
                      "base64; openssl rand 80 makes them",
                      number);
            return -1;
        }
        if (add_key(keys, span_of(data + at, key_len), error) != 0) {
            return -1;
        }
    }
    if (keys->count == before) {
        text_add(error, "there is no key in the file");
        return -1;
    }
    return 0;
}

int ticket_keys_load(struct ticket_keys *keys, const struct string_list *files)
{
    static const char option[] = "ssl.ticket-keys";
    char reason[200];
    struct text error = text_over(reason, sizeof reason);

    for (size_t i = 0; i < files->count; i++) {
        const char *path = files->items[i];
        struct filebytes f;
        int result = filebytes_read(&f, path, &error);

        if (result == 0) {
            if (f.open_to_all) {
                log_line(LOG_WARN, "%s: %s: everyone may read this file; chmod 600 it", option,
                         path);
            }
            result = ticket_keys_add(keys, f.data, f.len, &error);
            filebytes_free(&f);
        }
        if (result != 0) {
            log_line(LOG_ERROR, "%s: %s: %s", option, path, reason);
            bytes_wipe(keys, sizeof *keys);
            return -1;
        }
    }
    return 0;
}

void ticket_keys_rotate(struct ticket_keys *keys, br_hmac_drbg_context *rng, uint64_t now_ms)
{
    keys->keys[1] = keys->keys[0];
    br_hmac_drbg_generate(rng, &keys->keys[0], sizeof keys->keys[0]);
    keys->count = keys->count == 0 ? 1 : 2;
    keys->random = true;
    keys->made_ms = now_ms;
}

/* ---- sealing and opening ----------------------------------------------- */

/* The salt is longer than any nonce could be, and makes a key of its own for
 * each ticket: so many servers may share a key for as long as they like. */
static void run_aead(const struct ticket_key *key, bool tls13, uint8_t *ticket, size_t body_len,
                     uint8_t *tag, bool encrypt)
{
    const uint8_t nonce[12] = {tls13};
    uint8_t once[32];

    hmac(key->secret, sizeof key->secret, span_of(ticket + NAME_LEN, SALT_LEN), once);
    crypto_poly1305()(once, nonce, ticket + HEAD_LEN, body_len, ticket, HEAD_LEN, tag,
                      crypto_chacha20(), encrypt);
    bytes_wipe(once, sizeof once);
}

static void put_u64(uint8_t *dst, uint64_t v)
{
    put_u32(dst, (uint32_t)(v >> 32));
    put_u32(dst + 4, (uint32_t)v);
}

static uint64_t read_u64(struct reader *r)
{
    uint64_t high = reader_u32(r);

    return high << 32 | reader_u32(r);
}

size_t ticket_seal(const struct ticket_keys *keys, const struct session *session, uint64_t now_ms,
                   int64_t now_s, br_hmac_drbg_context *rng, uint8_t out[TICKET_MAX])
{
    const char *nul = memchr(session->peer_subject, 0, TLS_SUBJECT_MAX - 1);
    size_t subject_len =
        nul != NULL ? (size_t)(nul - session->peer_subject) : (size_t)TLS_SUBJECT_MAX - 1;
    uint64_t created_s = (uint64_t)now_s - (now_ms - session->created_ms) / 1000;
    bool tls13 = session->version == TLS13;
    uint8_t *p = out + HEAD_LEN;

    if (keys->count == 0) {
        return 0;
    }
    memcpy(out, keys->keys[0].name, NAME_LEN);
    br_hmac_drbg_generate(rng, out + NAME_LEN, SALT_LEN);
    put_u16(p, session->version);
    put_u16(p + 2, session->suite);
    p[4] = session->ems ? FLAG_EMS : 0;
    p[5] = session->verdict;
    put_u64(p + 6, created_s);
    memcpy(p + 14, session->master_secret, 48);
    memcpy(p + 62, session->binding, 32);
    memcpy(p + 94, session->fingerprint, 32);
    p[126] = (uint8_t)subject_len;
    memcpy(p + FIXED_LEN, session->peer_subject, subject_len);
    p += FIXED_LEN + subject_len;
    if (tls13) {
        put_u32(p, session->age_add);
        put_u32(p + 4, session->early);
        put_u64(p + 8, session->serial);
        put_u64(p + 16, session->issued_ms);
        p += TAIL13_LEN;
    }
    run_aead(&keys->keys[0], tls13, out, (size_t)(p - out) - HEAD_LEN, p, true);
    return (size_t)(p - out) + TAG_LEN;
}

/* What was sealed here is in order; it is read with care all the same, since
 * who shares the key may be another release. */
static bool read_session(struct span body, bool tls13, struct session *s, uint64_t *created_s)
{
    struct reader r = reader_of(body.data, body.len);
    struct span master, binding, fingerprint, subject;
    uint8_t flags;

    s->version = reader_u16(&r);
    s->suite = reader_u16(&r);
    flags = reader_u8(&r);
    s->verdict = reader_u8(&r);
    *created_s = read_u64(&r);
    master = reader_take(&r, sizeof s->master_secret);
    binding = reader_take(&r, sizeof s->binding);
    fingerprint = reader_take(&r, sizeof s->fingerprint);
    subject = reader_vec8(&r);
    if (tls13) {
        s->age_add = reader_u32(&r);
        s->early = reader_u32(&r);
        s->serial = read_u64(&r);
        s->issued_ms = read_u64(&r);
    }
    if (r.bad || reader_left(&r) > 0 || subject.len >= sizeof s->peer_subject || flags > FLAG_EMS ||
        s->verdict > TLS_PEER_REFUSED || (s->version == TLS13) != tls13) {
        return false;
    }
    s->ems = flags != 0;
    memcpy(s->master_secret, master.data, master.len);
    memcpy(s->binding, binding.data, binding.len);
    memcpy(s->fingerprint, fingerprint.data, fingerprint.len);
    memcpy(s->peer_subject, subject.data, subject.len);
    return true;
}

static const struct ticket_key *find_key(const struct ticket_keys *keys, struct span name)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (span_equal_ct(span_of(keys->keys[i].name, NAME_LEN), name)) {
            return &keys->keys[i];
        }
    }
    return NULL;
}

/* The key that opened it, or NULL with nothing in *session. */
static const struct ticket_key *open_form(const struct ticket_keys *keys, struct span ticket,
                                          bool tls13, uint64_t now_ms, int64_t now_s,
                                          uint32_t timeout_s, struct session *session)
{
    const struct ticket_key *key = NULL;
    uint8_t buf[TICKET_MAX], tag[TAG_LEN];
    size_t body_len;
    uint64_t created_s = 0;
    int64_t age_s;
    bool good;

    *session = (struct session){0};
    if (ticket.len >= HEAD_LEN + FIXED_LEN + TAG_LEN && ticket.len <= sizeof buf) {
        key = find_key(keys, span_of(ticket.data, NAME_LEN));
    }
    if (key == NULL) {
        return NULL;
    }
    body_len = ticket.len - HEAD_LEN - TAG_LEN;
    memcpy(buf, ticket.data, ticket.len);
    run_aead(key, tls13, buf, body_len, tag, false);
    good = span_equal_ct(span_of(tag, TAG_LEN), span_of(buf + HEAD_LEN + body_len, TAG_LEN)) &&
           read_session(span_of(buf + HEAD_LEN, body_len), tls13, session, &created_s);
    bytes_wipe(buf, sizeof buf);
    age_s = (int64_t)((uint64_t)now_s - created_s);
    if (!good || age_s < -SKEW_S || age_s > (int64_t)timeout_s) {
        bytes_wipe(session, sizeof *session);
        return NULL;
    }
    session->created_ms = now_ms - (uint64_t)(age_s > 0 ? age_s : 0) * 1000;
    return key;
}

bool ticket_open(const struct ticket_keys *keys, struct span ticket, uint64_t now_ms, int64_t now_s,
                 uint32_t timeout_s, struct session *session, bool *renew)
{
    const struct ticket_key *key =
        open_form(keys, ticket, false, now_ms, now_s, timeout_s, session);

    *renew = key != NULL && key != &keys->keys[0];
    return key != NULL;
}

bool ticket13_open(const struct ticket_keys *keys, struct span ticket, uint64_t now_ms,
                   int64_t now_s, uint32_t timeout_s, struct session *session)
{
    return open_form(keys, ticket, true, now_ms, now_s, timeout_s, session) != NULL;
}
