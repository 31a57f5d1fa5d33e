/*
 * A TLS 1.3 client by hand, for tests: it says what a test wants it to say, right
 * or wrong, and looks hard at what the server answers. It is made of several parts:
 * this one (what it says and what it knows, key shares), hand13_hello.h (the
 * ClientHello), hand13_wire.h (records to the server, keys), hand13_server.h (what
 * comes from it), hand13_play.h (its own messages after the hello, whole handshakes)
 * and hand13_check.h (what tests ask). Its keys and random bytes are constants, so
 * that with a fixed server everything repeats.
 *
 * It uses the engine's key schedule and record protection, which have vectors of
 * their own; what comes over the wire it reads by itself.
 */
#ifndef TINY_TESTS_HAND13_H
#define TINY_TESTS_HAND13_H

#include "crypto/crypto.h"
#include "crypto/sha3.h"
#include "hello_build.h"
#include "tls/internal.h"
#include "tls/record13.h"
#include "tls/schedule13.h"
#include "tls_fixture.h"

/* Extensions by number. */
enum {
    EXT_SERVER_NAME = 0,
    EXT_STATUS_REQUEST = 5,
    EXT_GROUPS = 10,
    EXT_SIGNATURES = 13,
    EXT_ALPN = 16,
    EXT_PADDING = 21,
    EXT_COMPRESS_CERTIFICATE = 27,
    EXT_RECORD_LIMIT = 28,
    EXT_PSK = 41,
    EXT_EARLY_DATA = 42,
    EXT_VERSIONS = 43,
    EXT_COOKIE = 44,
    EXT_PSK_MODES = 45,
    EXT_SIGNATURES_CERT = 50,
    EXT_KEY_SHARE = 51,
};

enum {
    MSG_CLIENT_HELLO = 1,
    MSG_SERVER_HELLO = 2,
    MSG_TICKET = 4,
    MSG_END_OF_EARLY_DATA = 5,
    MSG_ENCRYPTED_EXTENSIONS = 8,
    MSG_CERTIFICATE = 11,
    MSG_CERTIFICATE_REQUEST = 13,
    MSG_CERTIFICATE_VERIFY = 15,
    MSG_FINISHED = 20,
    MSG_KEY_UPDATE = 24,
    MSG_COMPRESSED_CERTIFICATE = 25,
};

#define HAND13_TICKETS 8
#define HAND13_EDITS   4

/* A pre-shared key: from a ticket, or external. */
struct hand13_psk {
    uint8_t identity[600];
    size_t identity_len;
    uint8_t secret[64];
    size_t secret_len;
    uint32_t age_add, lifetime;
    uint32_t max_early; /* of its early_data extension */
    bool external;
    uint16_t suite; /* whose hash it has */
};

/* What stands in the hello in place of the client's own idea of an extension. */
struct hand13_edit {
    uint16_t type;
    enum { EDIT_NONE, EDIT_OMIT, EDIT_REPLACE, EDIT_DOUBLE, EDIT_LAST } what; /* LAST: behind all */
    struct span body;
};

/* A record that does not belong where it is sent. */
struct hand13_odd {
    bool clear; /* not sealed */
    uint8_t type;
    struct span contents;
};

/* Zeros end the lists. A test changes it between hand13_new and hand13_begin. */
struct hand13_says {
    uint16_t suites[6], groups[8], shares[6], schemes[10];
    uint16_t legacy_version;
    const char *name, *alpn; /* NULL: not said */
    uint8_t session_id_len;  /* 32: middlebox compatibility, with change_cipher_spec */
    uint16_t record_limit;   /* 0: not said */
    struct hand13_psk psks[2];
    size_t psk_count;
    uint8_t psk_modes[3]; /* both modes' numbers plus one; zeros end */
    uint32_t age_ms;      /* what it says its tickets' age is */
    bool early;           /* early_data is said */
    bool staple;
    bool bad_binder;
    struct span compression; /* no data: the null method */
    size_t flip[2];          /* a bit of this byte is another in the first, the second hello */
    size_t binder_len;       /* 0: as long as the hash */
    struct hand13_edit edits[HAND13_EDITS];
    struct hand13_edit again[HAND13_EDITS]; /* in the second hello */
    const char *certificate;                /* a fixture; NULL: an empty Certificate */
    const char *second_certificate;         /* behind it in the chain */
    uint16_t client_scheme;                 /* 0: what fits the key */
};

/* A server's record, or several, and what was made of them. */
struct hand13 {
    struct tls_context *ctx;
    struct tls *tls;
    struct counters counters;
    struct hand13_says says;
    size_t chunk; /* most bytes given to the server at once; 0: all */
    size_t split; /* most bytes of contents in a record; 0: 16384 */
    size_t cut; /* contents of the first record of the second flight, or of a hello; 0: as split */
    size_t padding;
    bool repeats; /* every handshake with the same random bytes; signatures are not looked at */
    const struct hand13_odd *between; /* sent behind the first record of the next message */

    /* Keys. */
    struct transcript13 transcript;
    struct schedule13 schedule;
    struct record13 read, write;
    uint8_t client_secret[HASH13_MAX], server_secret[HASH13_MAX];
    uint8_t client_application[HASH13_MAX], server_application[HASH13_MAX];
    uint8_t exporter[HASH13_MAX], master_hash[HASH13_MAX];
    uint8_t shared[KEX_SECRET_MAX], handshake_secret[HASH13_MAX]; /* for test_wipe13 */
    const br_hash_class *hash;

    /* Its first hello, until the hash is known, and its share's group. */
    uint8_t hello[20000];
    size_t hello_len;
    uint16_t suite, group; /* the server's choice */
    int psk_index;         /* -1: none was chosen */

    /* What the server said. */
    uint8_t in[70000]; /* record bytes not opened yet */
    size_t in_len;
    uint8_t message[70000]; /* handshake bytes not read yet */
    size_t message_len;
    unsigned expected; /* enum: where in the server's flight we are */
    uint8_t seen[64];  /* types of its messages in their order */
    size_t seen_count;
    unsigned ccs_count, records, largest_record;
    bool retried, early_accepted, asked, compressed, stapled;
    uint8_t context[64]; /* certificate_request_context */
    size_t context_len;
    uint8_t cookie[256];
    size_t cookie_len;
    uint16_t retry_group;
    uint8_t alpn[64];
    size_t alpn_len;
    uint16_t record_limit; /* what the server's EncryptedExtensions say */
    uint8_t leaf[4096];
    size_t leaf_len;
    struct hand13_psk tickets[HAND13_TICKETS];
    size_t ticket_count;
    unsigned updates; /* KeyUpdates read */
    uint8_t data[70000];
    size_t data_len;
    bool finished;      /* the server's Finished was right */
    bool keys_set;      /* handshake keys are those to write with already */
    bool done;          /* our flight is out */
    int alert;          /* -1: none came */
    bool alert_sealed;  /* it came under keys */
    bool update_due;    /* the server asks for ours */
    const char *wrong;  /* the first thing that a client would not take, or NULL */
    uint8_t out[90000]; /* records made and not given to the server */
    size_t out_len;
};

static inline void hand13_wrong(struct hand13 *c, const char *what)
{
    if (c->wrong == NULL) {
        c->wrong = what;
    }
}

static inline size_t list16_len(const uint16_t *list, size_t max)
{
    size_t n = 0;

    while (n < max && list[n] != 0) {
        n++;
    }
    return n;
}

/* ---- key shares ---------------------------------------------------------- */

/*
 * The decapsulation key of the client's ML-KEM share is the simplest there is: the
 * secret vector is zero, and the error too, so the public one is nothing but zeros
 * and a seed. It decrypts by rounding the ciphertext's second part alone. Whether
 * the first part is right is for the vectors of ML-KEM to say.
 */
#define HAND13_KEM_KEY  1184
#define HAND13_KEM_TEXT 1088

static inline void hand13_kem_key(uint8_t out[HAND13_KEM_KEY])
{
    memset(out, 0, HAND13_KEM_KEY);
    memset(out + 1152, 0xA5, 32);
}

static inline void hand13_kem_open(const uint8_t text[HAND13_KEM_TEXT], uint8_t secret[32])
{
    uint8_t key[HAND13_KEM_KEY], input[64], block[KECCAK_RATE_MAX];
    struct keccak keccak;

    hand13_kem_key(key);
    memset(input, 0, sizeof input);
    for (unsigned i = 0; i < 256; i++) {
        unsigned v = text[960 + i / 2] >> (4 * (i & 1)) & 15;

        /* Sixteenths of q: nearer to a half than to a whole. */
        input[i / 8] = (uint8_t)(input[i / 8] | (v >= 4 && v < 12) << (i & 7));
    }
    keccak_absorb(&keccak, SHA3_256_RATE, SHA3_SUFFIX, key, sizeof key);
    keccak_squeeze(&keccak, SHA3_256_RATE, block);
    memcpy(input + 32, block, 32);
    keccak_absorb(&keccak, SHA3_512_RATE, SHA3_SUFFIX, input, sizeof input);
    keccak_squeeze(&keccak, SHA3_512_RATE, block);
    memcpy(secret, block, 32);
}

static inline void hand13_x25519(uint8_t point[32], const uint8_t base[32])
{
    static const uint8_t scalar[32] = {0x48, 1, 2, 3, 4, 5, 6, 7, 0x40};

    memcpy(point, base, 32);
    if (crypto_ec()->mul(point, 32, scalar, 32, BR_EC_curve25519) == 0) {
        memset(point, 0, 32);
    }
}

static inline size_t hand13_scalar(uint16_t group, uint8_t out[66])
{
    size_t len = group == 23 ? 32 : group == 24 ? 48 : 66;

    memset(out, 0x35, 66);
    out[0] = 0;
    return len;
}

/* The key_exchange that it offers; out: at least 1216 bytes. Made once for each group. */
static inline size_t hand13_share(uint16_t group, uint8_t *out)
{
    static struct {
        uint16_t group;
        uint8_t bytes[133];
        size_t len;
    } made[4];
    static const uint8_t nine[32] = {9};
    uint8_t scalar[66];
    unsigned i = 0;

    if (!kex_knows(group)) {
        out[0] = 0; /* as GREASE has it */
        return 1;
    }
    if (group == KEX_X25519MLKEM768) {
        hand13_kem_key(out);
        return HAND13_KEM_KEY + hand13_share(29, out + HAND13_KEM_KEY);
    }
    while (i < 3 && made[i].group != group && made[i].group != 0) {
        i++;
    }
    if (made[i].group != group) {
        made[i].group = group;
        if (group == 29) {
            hand13_x25519(made[i].bytes, nine);
            made[i].len = 32;
        } else {
            size_t n = hand13_scalar(group, scalar);

            made[i].len = crypto_ec()->mulgen(made[i].bytes, scalar, n, group);
        }
    }
    memcpy(out, made[i].bytes, made[i].len);
    return made[i].len;
}

/* From the server's share to the secret; returns its length, 0 for a share that is none. */
static inline size_t hand13_secret(uint16_t group, struct span share, uint8_t out[KEX_SECRET_MAX])
{
    uint8_t point[133], scalar[66];
    size_t n, xlen;

    if (group == KEX_X25519MLKEM768) {
        if (share.len != HAND13_KEM_TEXT + 32) {
            return 0;
        }
        hand13_kem_open(share.data, out);
        hand13_x25519(out + 32, share.data + HAND13_KEM_TEXT);
        return 64;
    }
    if (group == 29) {
        if (share.len != 32) {
            return 0;
        }
        hand13_x25519(out, share.data);
        return 32;
    }
    n = hand13_scalar(group, scalar);
    if (share.len != 2 * n + 1) {
        return 0;
    }
    memcpy(point, share.data, share.len);
    if (crypto_ec()->mul(point, share.len, scalar, n, group) != 1) {
        return 0;
    }
    xlen = n;
    memcpy(out, point + 1, xlen);
    return xlen;
}

#endif
