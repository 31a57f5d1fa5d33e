/*
 * What the files of watching share: what is on, and a connection's memory of
 * its handshake. Blocks come from a pool with one for each connection, taken in
 * tls_begin and given back in tls_end; pages that nothing touches cost nothing.
 * A message that is longer than its place here is shown as far as it goes.
 * Nobody outside src/tls includes this.
 */
#ifndef TINY_TLS_WATCH_CONN_H
#define TINY_TLS_WATCH_CONN_H

#include "core/pool.h"
#include "tls/info.h"
#include "tls/watch.h"
#include "tls/watch_out.h"

#define WATCH_MESSAGE_MAX 16388 /* with its header of 4 bytes */
#define WATCH_RECORD_MAX  16384
#define WATCH_LEAF_MAX    8192

/* TLS content types. */
enum { WATCH_CCS = 20, WATCH_ALERT = 21, WATCH_HANDSHAKE = 22, WATCH_DATA = 23 };
/* Handshake messages. */
enum {
    WATCH_HELLO_REQUEST = 0,
    WATCH_CLIENT_HELLO = 1,
    WATCH_SERVER_HELLO = 2,
    WATCH_NEW_TICKET = 4,
    WATCH_END_OF_EARLY_DATA = 5,
    WATCH_ENCRYPTED_EXTENSIONS = 8,
    WATCH_CERTIFICATE = 11,
    WATCH_SERVER_KEY = 12,
    WATCH_CERTIFICATE_REQUEST = 13,
    WATCH_SERVER_DONE = 14,
    WATCH_CERTIFICATE_VERIFY = 15,
    WATCH_CLIENT_KEY = 16,
    WATCH_FINISHED = 20,
    WATCH_CERTIFICATE_STATUS = 22,
    WATCH_KEY_UPDATE = 24,
    WATCH_COMPRESSED_CERTIFICATE = 25,
};

struct watch {
    const struct config *config;
    struct pool pool;
    uint32_t last_number;
    unsigned open;
    int keylog; /* -1: none */
    int file;   /* watch.file, -1: standard output */
    enum watch_place place;
    struct watch_out out;
};

/* A message under way: have bytes of it came, the first of them stand here. */
struct watch_message {
    uint32_t have;
    uint8_t bytes[WATCH_MESSAGE_MAX];
};

struct watch_conn {
    struct watch *watch;
    uint32_t number;
    uint32_t read_bytes, written_bytes; /* for -debug */
    uint32_t hello_left;  /* bytes of a ClientHello that was shown before the engine gets it */
    uint16_t suite;       /* of the last ServerHello */
    uint16_t version;     /* of the last record */
    uint16_t peer_scheme; /* of the client's CertificateVerify, 0: none or before TLS 1.2 */
    uint16_t step_due;    /* what was read and not told of by -state yet */
    bool began;           /* bytes came */
    bool finished_read;   /* the client's Finished, of the handshake under way */
    bool established;
    bool failed; /* -state has told */
    bool secrets_due, describe_due;
    bool tls13;
    bool retry_due;        /* -state has not told of the end of a HelloRetryRequest's flight */
    unsigned verify_error; /* why the client's certificate does not verify, 0: it does */
    /* A record that is to be sent, until its header is known. */
    bool pending;
    uint8_t pending_type;
    uint32_t pending_len;
    /* The last ClientHello, and the client's certificate. */
    uint32_t hello_len, leaf_len;
    struct watch_message in, out;
    uint8_t pending_bytes[WATCH_RECORD_MAX];
    uint8_t hello[WATCH_MESSAGE_MAX];
    uint8_t leaf[WATCH_LEAF_MAX];
};

/* Lines of this connection go to place now. */
struct watch_out *watch_at(struct watch_conn *c, enum watch_place place);

/* watch_msg.c: what passes, in the order of the wire. */
void watch_show_header(struct watch_conn *c, bool sent, const uint8_t header[5]);
/* TLS 1.3: what kind of contents a protected record holds. */
void watch_show_inner(struct watch_conn *c, bool sent, unsigned type);
/* The contents of a record in the clear. */
void watch_show_record(struct watch_conn *c, bool sent, unsigned type, struct span contents);
/* The version that messages are spoken in. */
uint16_t watch_version(const struct watch_conn *c);
/* A whole message with its header; its bytes may be fewer than it is long. */
void watch_show_message(struct watch_conn *c, bool sent, struct span message);
/* -tlsextdebug: the extensions of a ClientHello without its header. */
void watch_show_extensions(struct watch_out *o, struct span hello);
/* -state */
void watch_show_state(struct watch_conn *c, const char *state);
void watch_settle_state(struct watch_conn *c);
void watch_show_error(struct watch_conn *c);

/* watch_trace.c: fields decoded, for -trace. */
void watch_trace_message(struct watch_out *o, bool sent, uint16_t version, uint16_t suite,
                         struct span message);
void watch_trace_alert(struct watch_out *o, struct span alert);

/* watch_session.c: what was agreed, when the handshake has ended. */

void watch_show_session(struct watch_conn *c, const struct tls_info *info);
void watch_show_brief(struct watch_conn *c, const struct tls_info *info);

#endif
