/*
 * The ClientHello: gathering it from records, and a strict parser for it.
 * Pure: bytes in, value out; no allocation; every span points into the
 * caller's bytes. The first fuzz target.
 *
 * RFC 5246 7.4.1.2, RFC 5746, RFC 6066, RFC 7301, RFC 7627, RFC 8422,
 * RFC 8446 4.1.2, RFC 8449, RFC 8879. What only TLS 1.3 knows is not looked at by
 * hello_parse, so that it cannot keep a TLS 1.2 client out: hello13_parse reads it.
 */
#ifndef TINY_TLS_HELLO_H
#define TINY_TLS_HELLO_H

#include "core/bytes.h"
#include "tls/alert.h"

#define HELLO_MAX_BYTES 16384 /* handshake message, header included */
/* The records that carry the ClientHello have to end within so many bytes of
 * the stream, so the caller's gathering buffer need not be larger. */
#define HELLO_MAX_WIRE (HELLO_MAX_BYTES + 5 * 64)

/* ---- gathering --------------------------------------------------------- */

enum hello_status {
    HELLO_MORE, /* no verdict yet, more bytes are needed */
    HELLO_COMPLETE,
    HELLO_PLAIN_HTTP, /* an HTTP request in plain text came to a TLS port */
    HELLO_SSLV2,      /* an SSLv2-form hello: protocol_version */
    HELLO_BAD,        /* alert tells why */
};

struct hello_gathered {
    enum hello_status status;
    enum alert alert;        /* for HELLO_BAD and HELLO_SSLV2 */
    const char *reason;      /* static sentence for the log */
    size_t wire_len;         /* for HELLO_COMPLETE: bytes of whole records consumed */
    size_t message_len;      /* handshake message with its 4-byte header */
    uint16_t record_version; /* of the first record */
};

/*
 * Looks at the first wire_len bytes of a connection (TLS records) and, when
 * they hold a whole ClientHello, copies the handshake message (records'
 * headers removed) to message, which has room for HELLO_MAX_BYTES. Called
 * again with more bytes after HELLO_MORE, from the first byte on: it keeps
 * nothing. Refuses: a first record that is not a handshake, a record version
 * outside 0x03xx, empty handshake records, records over 2^14 bytes, a first
 * message that is not a ClientHello, a message over HELLO_MAX_BYTES, records
 * that go on beyond HELLO_MAX_WIRE, bytes of another message in the same
 * record. A verdict falls at the first byte that settles it, and more bytes
 * never change it.
 */
struct hello_gathered hello_gather(const uint8_t *wire, size_t wire_len, uint8_t *message);

/* ---- parsing ----------------------------------------------------------- */

#define HELLO_HAS_SNI             (1u << 0)
#define HELLO_HAS_ALPN            (1u << 1)
#define HELLO_HAS_VERSIONS        (1u << 2) /* supported_versions */
#define HELLO_HAS_GROUPS          (1u << 3)
#define HELLO_HAS_SIGNATURES      (1u << 4)
#define HELLO_HAS_POINT_FORMATS   (1u << 5)
#define HELLO_HAS_EMS             (1u << 6)
#define HELLO_HAS_TICKET          (1u << 7)
#define HELLO_HAS_STATUS          (1u << 8)
#define HELLO_HAS_RENEGOTIATION   (1u << 9) /* renegotiation_info or the SCSV */
#define HELLO_HAS_FRAGMENT_LEN    (1u << 10)
#define HELLO_HAS_FALLBACK_SCSV   (1u << 11)
#define HELLO_HAS_SIGNATURES_CERT (1u << 12)
#define HELLO_HAS_RECORD_LIMIT    (1u << 13)
#define HELLO_HAS_ETM             (1u << 14) /* encrypt_then_mac */
/* Set by hello13_parse alone. */
#define HELLO_HAS_KEY_SHARE  (1u << 16)
#define HELLO_HAS_PSK        (1u << 17)
#define HELLO_HAS_PSK_MODES  (1u << 18)
#define HELLO_HAS_EARLY_DATA (1u << 19)
#define HELLO_HAS_COOKIE     (1u << 20)
#define HELLO_HAS_POST_AUTH  (1u << 21) /* post_handshake_auth */
#define HELLO_HAS_COMPRESS   (1u << 22) /* compress_certificate */

struct hello {
    uint16_t legacy_version;
    struct span random;      /* 32 bytes */
    struct span session_id;  /* 0 to 32 bytes */
    struct span suites;      /* list of uint16, whole number, at least one */
    struct span compression; /* legacy_compression_methods, null among them */
    struct span extensions;  /* the whole block, without its length; empty if absent */
    unsigned has;            /* HELLO_HAS_* */
    struct span server_name; /* host_name, as sent (checked: no NUL, 1..255 bytes, ASCII LDH,
                                underscores and dots, no empty label) */
    struct span alpn;        /* ProtocolNameList body: length-prefixed names */
    struct span versions;    /* list of uint16 */
    struct span groups;      /* list of uint16 */
    struct span signatures;  /* list of uint16 SignatureScheme */
    struct span signatures_cert;
    struct span ticket;
    uint8_t fragment_len; /* RFC 6066 code 1..4 */
    uint16_t record_limit;
    struct span verify_data; /* what renegotiation_info has to hold */
    /* Of TLS 1.3 alone, filled by hello13_parse; bodies of lists without their length. */
    struct span key_shares;     /* KeyShareEntry */
    struct span psk_identities; /* PskIdentity: as many as binders, at least one */
    struct span psk_binders;    /* PskBinderEntry; the hello that binders are computed over
                                   ends 2 bytes before this span */
    struct span psk_modes;      /* bytes */
    struct span cookie;         /* its value */
    struct span compressions;   /* of certificates: uint16 */
    struct span authorities;    /* DistinguishedName */
    enum alert alert;           /* when hello_parse failed */
    const char *reason;         /* static sentence, when hello_parse failed */
};

/* message: a whole handshake message with its header. Returns 0 or -1; then
 * alert and reason say why, and server_name still stands when it was read
 * before the fault (for the log). */
int hello_parse(const uint8_t *message, size_t message_len, struct hello *out);
/* The same for a renegotiation (RFC 5746, section 3.7), where renegotiation_info must be
 * there and hold the client's Finished of the handshake before. */
int hello_parse_again(const uint8_t *message, size_t message_len, struct span verify_data,
                      struct hello *out);

/*
 * Reads what only TLS 1.3 knows, and judges the whole as RFC 8446 asks: which extensions must
 * be there (section 9.2), which belong together, that nothing is compressed. h was parsed
 * before, and its version was agreed to be TLS 1.3. Returns as hello_parse does.
 */
int hello13_parse(struct hello *h);
/* The client's share for a group; empty when there is none. */
struct span hello13_share(const struct hello *h, uint16_t group);

/* Highest version that the client says it can do and that lies in min..max
 * (supported_versions when present, else legacy_version); 0 if none. GREASE
 * values (RFC 8701) are never counted. */
uint16_t hello_choose_version(const struct hello *h, uint16_t min, uint16_t max);
/* Does a list of uint16 hold value? */
bool hello_list_has(struct span list, uint16_t value);
/* Does the ALPN list hold name? */
bool hello_alpn_has(const struct hello *h, const char *name);
bool hello_is_grease(uint16_t value);

#endif
