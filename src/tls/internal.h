/*
 * The inside of a TLS connection and of its context, shared by tls.c (the
 * public calls and the HELLO stage), tls12.c (BearSSL's engine), tls13.c (ours),
 * context.c, hooks.c (what BearSSL calls back) and the tests. Nobody outside
 * src/tls includes this.
 */
#ifndef TINY_TLS_INTERNAL_H
#define TINY_TLS_INTERNAL_H

#include "core/build.h"
#include "core/pool.h"
#include "tls/cred.h"
#include "tls/early13.h"
#include "tls/policy.h"
#include "tls/serverinfo.h"
#include "tls/session.h"
#include "tls/ticket.h"
#include "tls/tls.h"
#include "tls/tls13.h"
#include "tls/verify.h"
#include "tls/watch.h"

#include <bearssl.h>

/* Input and output buffers hold a whole record of the largest size. */
#define TLS_IN_LEN  BR_SSL_BUFSIZE_INPUT
#define TLS_OUT_LEN BR_SSL_BUFSIZE_OUTPUT

#define TLS_MAX_HANDSHAKE_BYTES 131072 /* of the client, with its certificates */
#define TLS_MAX_WARNINGS        5      /* alerts of level warning in a row */
#define TLS_MAX_EMPTY_RECORDS   32     /* in a row */
#define TLS_MAX_REQUESTS        4      /* handshake records after the handshake */

#define TLS_REASON_MAX 112

enum tls_stage {
    TLS_STAGE_HELLO,      /* the ClientHello is gathered */
    TLS_STAGE_ENGINE,     /* BearSSL's engine runs: TLS 1.2 and below */
    TLS_STAGE_ENGINE13,   /* ours does: TLS 1.3 */
    TLS_STAGE_LAST_WORDS, /* an alert (or the 400 answer) is to be sent, then CLOSED */
    TLS_STAGE_CLOSED,
};

enum renegotiation {
    RENEGOTIATION_NONE,
    RENEGOTIATION_WANTED, /* by tls_renegotiate, not asked for yet */
    RENEGOTIATION_ASKED,  /* a HelloRequest went out: the next ClientHello is welcome */
    RENEGOTIATION_RUNS,
};

/* Trust anchors, counted by reference as a cred_set is. */
struct trust {
    struct anchor_set *set;
    unsigned references;
};

/* Extensions of the ServerHello, as bits. */
enum {
    REPLY_EMS = 1,
    REPLY_POINT_FORMATS = 2,
    REPLY_TICKET = 4,
    REPLY_STATUS = 8,
};

/* BearSSL's engine, which TLS 1.2 and below need and TLS 1.3 does not; from
 * ctx->engine_pool, for the rest of the connection. */
struct tls12 {
    br_ssl_server_context server; /* first: what the engine calls casts it back */
    const br_ssl_server_policy_class *policy;
    const br_ssl_session_cache_class *cache;
    struct tls *tls;
    uint8_t parked; /* where the engine's buffers point when it has none */
};

struct tls {
    struct tls_context *ctx;
    struct tls12 *v12; /* NULL unless TLS 1.2 or below was chosen */
    struct tls13 v13;
    struct watch_conn *watching; /* NULL: nobody watches this one */

    /* Handshake only. */
    struct cred_set *creds;
    const struct cred_entry *entry;
    struct trust *trust;
    struct verifier *verifier;
    const char *alpn; /* the one name that the engine is given */
    struct policy_choice choice;
    uint8_t binding[32]; /* what a session is bound to, beside the certificate */
    uint32_t handshake_bytes;
    uint64_t session_made_ms;
    uint32_t serverinfo;   /* which extensions of ssl.serverinfo the client wants */
    uint8_t replies;       /* REPLY_* */
    bool resume;           /* the session in the engine is to be resumed */
    bool renew_ticket;     /* it came in a ticket of an older key */
    uint8_t renegotiation; /* enum renegotiation */
    bool ask_certificate;  /* in it, whatever ssl.verify is */

    /*
     * Input. in is NULL or a block of the pool. in[in_pos..in_end) are bytes
     * from the socket that the engine has not been told of; they always start
     * where the engine's next record byte belongs: at ibuf + 0 when it waits
     * for a header, else at ibuf + 5, where ibuf == in + (start of record).
     * Bytes before in_pos are the engine's (a record's header and plaintext).
     */
    uint8_t *in;
    uint32_t in_pos, in_end;
    uint32_t in_used;    /* highest in_end, for wiping */
    uint16_t record_len; /* of the last header */

    /* Output. out is NULL or a block of the pool. In LAST_WORDS the bytes
     * last[0..last_len) are sent first, then, with an alert due, that one. */
    uint8_t *out;
    uint8_t *last;
    uint32_t last_len;
    uint32_t out_used;  /* for wiping */
    uint8_t last_alert; /* 0: none due (close_notify is never due here) */

    uint8_t stage;   /* enum tls_stage */
    uint8_t failure; /* enum tls_failure */
    uint8_t warnings, empty_records, requests;
    bool established;
    bool sign_failed;
    bool warn_name;      /* unrecognized_name, as a warning, comes before the ServerHello */
    bool full_handshake; /* not resumed: the policy was asked */
    bool peer_closed;
    bool closing; /* tls_close was called */
    unsigned endpoint_id;
    struct tls_info info;
    char reason[TLS_REASON_MAX];
};

struct tls_context {
    const struct config *config;
    struct counters *counters;
    struct watch *watch; /* NULL: nobody watches */
    struct cred_set *creds;
    struct trust *trust;
    struct anchor_set no_anchors;
    struct session_cache *sessions; /* NULL: off */
    uint8_t cookie_key[32];         /* of HelloRetryRequests */
    uint8_t rules[32];              /* SHA-256 of config_rules, which sessions are bound to */
    struct ticket_keys tickets;     /* none: off */
    struct early13 *early;          /* NULL: not on, or without ssl.anti-replay */
    struct external13 psk;          /* ssl.psk */
    struct serverinfo serverinfo;
    struct pool in_pool, out_pool, verify_pool;
    struct pool engine_pool;                      /* struct tls12 */
    struct pool handshake13_pool, message13_pool; /* struct handshake13, MESSAGE13_BLOCK bytes */
    br_hmac_drbg_context rng;
    uint64_t reseeded_ms;
    uint64_t files_stamp;                   /* digest of the files' inodes, sizes and times */
    br_ssl_server_context model;            /* copied for every connection */
    br_ec_impl ec;                          /* no curve for ECDHE */
    br_ec_impl ec_group[CONFIG_MAX_GROUPS]; /* one curve each, as config->groups */
    const br_ec_impl *ec_base;
    br_rsa_private rsa_private;
    br_ecdsa_sign ecdsa_sign;
};

/* context.c */
struct trust *trust_hold(struct trust *trust);
void trust_drop(struct trust *trust);
/* Mixes bytes into the context's generator instead of the system's: fuzzing
 * and tests repeat exactly. */
void tls_context_fix_random(struct tls_context *ctx, const void *seed, size_t len);

/* stamp.c */
/* Over inodes, sizes and times of all files that a reload reads. */
uint64_t tls_stamp_files(const struct config *config);

/* agree.c */
/* Settles all that can be settled from a hello for TLS 1.2 and below, in t and in its
 * engine's session parameters; t->v12 is there. 0, or -1 with the alert and the
 * reason in t->choice. */
int agree(struct tls *t, const struct hello *h);
/* Settles t->binding: what a session may be resumed under, beside its version, suite and our
 * certificate. alpn: the protocol that it is bound to, NULL for none or any. */
void agree_bind(struct tls *t, const char *alpn);
/* For whoever shows the connection: which configured suites the client offers. */
void agree_note_suites(struct tls *t, struct span offered);

/* renegotiate.c */
/* Sends the HelloRequest that is wanted, if nothing stands in its way now. */
void renegotiate_ask(struct tls *t);
/* The messages of the record that a ClientHello came in. 0, or the alert. */
unsigned renegotiate_judge(struct tls *t, const uint8_t *data, size_t len);

/* hooks.c: what BearSSL calls */
/* Writes ssl.session-id-prefix over the beginning. */
void session_id_begins(const struct config *config, uint8_t id[32]);
extern const br_ssl_server_policy_class tls_policy_class;
/* gcm12.c: records under AES-GCM, instead of the library's own. */
extern const br_sslrec_in_gcm_class gcm12_in;
extern const br_sslrec_out_gcm_class gcm12_out;
extern const br_ssl_session_cache_class tls_cache_class;
uint32_t tls_ecdsa_verify(const br_ec_impl *impl, const void *hash, size_t hash_len,
                          const br_ec_public_key *pk, const void *sig, size_t sig_len);
uint32_t tls_rsa_verify(const unsigned char *sig, size_t sig_len, const unsigned char *hash_oid,
                        size_t hash_len, const br_rsa_public_key *pk, unsigned char *hash);
uint32_t tls_ec_mul(unsigned char *point, size_t point_len, const unsigned char *x, size_t x_len,
                    int curve);

/* tls12.c */
/* Whether this is its engine's; of builds without TLS 1.2 the compiler knows it. */
static inline bool tls12_runs(const struct tls *t)
{
    return TINY_TLS12 && t->v12 != NULL;
}
/* Takes an engine for this hello, whose wire bytes stand at in[0..in_end), agrees and
 * starts it. */
void tls12_begin(struct tls *t, const struct hello *h);
void tls12_end(struct tls *t);
/* Gives the engine what was agreed. ask: for the client's certificate. False when
 * there is no memory to verify it. */
bool tls12_set_up(struct tls *t, bool ask);
/* Gives the engine what whole records there are and looks at what came of it. */
void tls12_feed(struct tls *t);
/* After any call into the engine: failure, closure, end of handshake. */
void tls12_sync(struct tls *t);
unsigned tls12_state(struct tls *t);
uint8_t *tls12_window(struct tls *t, enum tls_window which, size_t *len);
void tls12_advance(struct tls *t, enum tls_window which, size_t n);
void tls12_flush(struct tls *t);
/* t->in or t->out came or went. */
void tls12_in_changed(struct tls *t);
void tls12_out_changed(struct tls *t);
/* Before an alert of ours: what is sealed already and waits to be sent; application
 * data that is not sealed is dropped. */
struct span tls12_sealed(struct tls *t);
void tls12_close(struct tls *t);
bool tls12_attach_out(struct tls *t); /* the block with the engine's bounds in it */
void tls12_rest(struct tls *t);
/* At the end of the output that is under way, seals the alert that is due. */
void tls12_seal_alert(struct tls *t);

/* tls.c */
void tls_note_server_name(struct tls *t, struct span name);
bool tls_attach_in(struct tls *t);
bool tls_attach_out(struct tls *t); /* the block alone; the engine's is tls12_attach_out */
void tls_give_in(struct tls *t);
void tls_give_out(struct tls *t);
void tls_end_handshake(struct tls *t);
/* A fatal alert came or goes: its session is not to be resumed (RFC 5246, section
 * 7.2.2). What is in a ticket cannot be called back. */
void tls_forget_session(struct tls *t);
/* The first failure counts. alert 0: closes without one. */
void tls_fail(struct tls *t, enum tls_failure failure, enum alert alert, const char *sentence);
void tls_note(struct tls *t, enum tls_failure failure, const char *name, const char *sentence);

#endif
