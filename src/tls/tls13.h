/*
 * The TLS 1.3 engine inside (RFC 8446, the server's side): what its files share.
 * struct tls13 lives in struct tls for the whole connection; struct handshake13
 * comes from a pool and goes, wiped, when the handshake has ended.
 *
 * tls13.c       state machine, records in and out, the calls of tls.c
 * message13.c   handshake messages put together from records
 * agree13.c     what a ClientHello comes to; policy13.c the choices in it
 * retry13.c     HelloRetryRequest, its cookie, the second ClientHello
 * psk13.c       pre-shared keys: tickets, binders; external13.c those of ssl.psk
 * early13.c     early data: single use and the replay window
 * keys13.c      traffic secrets, key log, exporter
 * server13.c    our messages; client13.c the client's certificate and its proof
 *
 * Functions that return int: 0, or -1 with t->choice.alert and t->choice.reason
 * set, and then the engine fails the connection with that alert.
 */
#ifndef TINY_TLS_TLS13_H
#define TINY_TLS_TLS13_H

#include "crypto/kex.h"
#include "tls/flight13.h"
#include "tls/hello.h"
#include "tls/record13.h"
#include "tls/schedule13.h"

struct tls;
struct cred;

enum state13 {
    STATE13_WAIT_HELLO, /* the second one, after HelloRetryRequest */
    STATE13_WAIT_END_OF_EARLY_DATA,
    STATE13_WAIT_CERTIFICATE,
    STATE13_WAIT_CERTIFICATE_VERIFY,
    STATE13_WAIT_FINISHED,
    STATE13_OPEN,
};

#define PSK13_MAX 64

/* A key that is shared with clients beforehand, for a whole context. */
struct external13 {
    size_t len; /* 0: none */
    uint8_t secret[PSK13_MAX];
    uint8_t digest[32]; /* stands in sessions where others have a certificate's */
};

/* The pre-shared key that was chosen. */
struct psk13 {
    bool chosen;
    bool external; /* not from a ticket of ours */
    bool dhe;      /* psk_dhe_ke; else psk_ke, and no key share */
    bool early;    /* its early data is accepted: final after early13_settle */
    uint16_t index;
    uint8_t secret[PSK13_MAX];
    size_t secret_len;
    uint64_t created_ms;     /* when the session was first made, monotonic clock */
    uint32_t early_most;     /* what its ticket allows */
    uint64_t number;         /* of the ticket, for early13_take */
    uint8_t fingerprint[32]; /* whose server's session it is: see struct session */
};

/* The largest message of a client that is put together: its Certificate. */
#define MESSAGE13_CERTIFICATE_MAX 36864
#define MESSAGE13_BLOCK           (4 + MESSAGE13_CERTIFICATE_MAX)

/* For the time of the handshake; from ctx->handshake13_pool. */
struct handshake13 {
    struct transcript13 transcript;
    struct schedule13 schedule;
    struct psk13 psk;
    struct kex kex;
    uint8_t client_secret[HASH13_MAX]; /* handshake traffic secrets: Finished's base keys */
    uint8_t server_secret[HASH13_MAX];
    uint8_t client_application[HASH13_MAX]; /* read with it from the client's Finished on */
    struct flight13 flight;

    /* From the hello, settled by agree13. */
    struct span share;  /* the client's for t->choice.group; in the hello's bytes */
    bool retry;         /* a HelloRetryRequest for t->choice.group is due */
    bool retried;       /* it was sent */
    bool early_offered; /* early_data was in the hello: to be skipped if not accepted */
    bool ask_certificate;
    bool staple;          /* status_request answered in Certificate */
    bool client_verified; /* a client's certificate came and its CertificateVerify is due */
    bool name_used;       /* server_name is answered */
    bool limit_answer;    /* record_size_limit is answered, with v13.recv_limit */
    uint8_t fragment_len; /* max_fragment_length to be answered; 0: it is not */
    uint16_t compression; /* RFC 8879, of our Certificate (certcomp_choose); 0: none */
    uint8_t session_id[32], session_id_len; /* to be echoed */
    uint8_t first_hello[32];                /* retry13: a digest of what must not change */

    /* message13: a message that spans records. */
    uint8_t *message; /* NULL, or a block of ctx->message13_pool */
    uint32_t message_used;

    bool keys_due; /* keys13_application, when the flight is sealed */

    /* Of a CertificateRequest on an open connection (late13.c). */
    bool late;
    uint8_t late_next; /* the type of message that answers it next */
    uint8_t request_context[8], request_context_len;
};

/* For the whole connection: with its padding at most 1 KiB (RFC 8446's secrets and no buffers). */
struct tls13 {
    struct record13 read, write;
    uint8_t exporter[HASH13_MAX]; /* exporter_master_secret; kept while something may ask for it */
    uint8_t resumption[HASH13_MAX]; /* until the tickets are out */
    struct handshake13 *handshake;  /* NULL when it has ended */
    struct handshake13 *late;       /* NULL, or its transcript, for a CertificateRequest later on */
    uint8_t state;                  /* enum state13 */

    /* Application data, opened in place: t->in[app_pos..app_end). What follows from
     * t->in_pos on are records not opened yet. */
    uint32_t app_pos, app_end;
    /* Sealed and not sent: t->out[out_pos..out_end); plain bytes given to SEND_APP and
     * not sealed: app_filled of them behind a record header at t->out + 5. */
    uint32_t out_pos, out_end;
    uint32_t app_filled;

    uint16_t send_limit; /* most bytes of contents in a record of ours */
    uint16_t recv_limit; /* most bytes of inner plaintext (RFC 8449), 16385 */
    uint32_t early_left; /* bytes of early data that may still come, accepted or skipped */
    uint8_t ccs_count;   /* change_cipher_spec records that were passed over */
    uint8_t tickets_due;
    uint8_t ticket_count;  /* for nonces */
    uint32_t updates_read; /* KeyUpdates, within the rate limit's window */
    uint64_t updates_since_ms;
    bool update_due;     /* ours is to be sent before the next data */
    bool update_request; /* and asks for the peer's */
    bool update_asked;   /* the peer's was asked for, for the sake of its keys */
    bool message_whole;  /* the message that was put together is complete */
    uint8_t part[5];     /* message13: a KeyUpdate that spans records */
    uint32_t part_used;
    bool begun;        /* a ClientHello for TLS 1.3 came */
    bool close_due;    /* tls_close was called while early data may come */
    bool may_ask;      /* for a certificate later: the console can, and the client has said so */
    bool write_closed; /* close_notify was sealed */
    bool skipping;     /* records of refused early data are dropped */
};

/* ---- agree13.c, policy13.c ------------------------------------------------ */
/*
 * message: the whole ClientHello with its header; h is what hello_parse made of it. Judges it
 * as TLS 1.3 (hello13_parse), settles t->entry, t->choice (suite, group, signature, cred,
 * alpn), t->binding, t->serverinfo, the handshake's fields above, psk, the limits in t->v13, and
 * begins the transcript, with this message added at the end. Called with the first hello
 * and, when hs->retried, with the second: then it makes sure that this is what was asked for
 * (retry13_check) and goes on with the transcript. When hs->retry comes out true, retry13_note
 * was called and only group and suite are of use yet.
 */
int agree13(struct tls *t, const struct hello *h, struct span message);

/* ---- retry13.c ------------------------------------------------------------ */
/* The cookie extension's value for a HelloRetryRequest: an authenticated digest. Returns its
 * length. */
#define COOKIE13_MAX 64
size_t retry13_cookie(struct tls *t, uint8_t out[COOKIE13_MAX]);
/* Notes what must not change, before a HelloRetryRequest; agree13 does it. */
void retry13_note(struct tls *t, const struct hello *h);
/* Is the second ClientHello what the first one was, with the share and the cookie?
 * agree13 asks. */
int retry13_check(struct tls *t, const struct hello *h);

/* ---- psk13.c, external13.c, early13.c ----------------------------------------- */
/* Reads ssl.psk into *psk, which is zeroed. -1 after telling why by log_line. */
int external13_load(struct external13 *psk, const char *spec);
/* h: after hello13_parse. Called for each hello, when suite, cred, alpn and hs->retry are settled
 * (cred also where t->choice.signature is 0: no scheme in common) and before this message is
 * in the transcript. Chooses among its identities for t->choice.suite's hash (may set
 * another suite of the config that the client offers and that fits the PSK, unless
 * hs->retried). Verifies the binder; a wrong one is an error, an unknown identity is passed
 * over. Also fills t->binding, t->session_made_ms, t13->tickets_due, and in a resumption
 * t->info.verdict and peer_subject. */
int psk13_choose(struct tls *t, const struct hello *h, struct span message);
/* Called after agree13 for each hello: is its early data accepted (hs->psk.early, early_left: bytes
 * of contents that may come), or skipped (t13->skipping, early_left: bytes of records without
 * the 17 of type and tag)? */
void early13_settle(struct tls *t);
/* Adds one NewSessionTicket to the flight (its body sealed from t13->resumption);
 * false when there is none to give, and then there will be none. Called while
 * t->choice and the handshake are still there. */
bool psk13_ticket(struct tls *t, struct flight13 *f);

/* ---- keys13.c -------------------------------------------------------------- */
/* Each when the transcript holds what it names, and no more. With a PSK that is chosen
 * and the shared secret in hs->kex, if any; both are wiped by keys13_handshake. */
void keys13_early(struct tls *t);       /* ClientHello: early data is read from here on */
void keys13_handshake(struct tls *t);   /* ServerHello: both directions, but for early data */
void keys13_early_ends(struct tls *t);  /* EndOfEarlyData: handshake messages are read */
void keys13_application(struct tls *t); /* our Finished: write side; exporter, if watched */
void keys13_finish(struct tls *t);      /* the client's Finished: read side; resumption */
/* verify_data of ours, and what the client's must be, over the transcript now. */
void keys13_finished(struct tls *t, bool ours, uint8_t out[HASH13_MAX]);
/* Exported key material of an open connection that is watched: false for others. */
bool keys13_export(const struct tls *t, const char *label, struct span context, uint8_t *out,
                   size_t len);

/* ---- server13.c: messages of ours, added to the handshake's flight --------- */
int server13_hello(struct tls *t); /* ServerHello; kex_respond was called with hs->share */
/* HelloRetryRequest, instead; the first ClientHello becomes a message_hash in the transcript. */
int server13_retry(struct tls *t);
/* EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify: all but Finished.
 * Of t->serverinfo what belongs there is sent. */
int server13_encrypted(struct tls *t);
void server13_finished(struct tls *t);
int server13_request(struct tls *t); /* CertificateRequest alone */

/* ---- client13.c: bodies of the client's messages --------------------------- */
int client13_certificate(struct tls *t, struct span body);
/* transcript_hash: up to and with its Certificate. */
int client13_certificate_verify(struct tls *t, struct span body,
                                const uint8_t transcript_hash[HASH13_MAX]);

/* ---- late13.c: a client's certificate on an open connection (section 4.6.2) --- */
/* Asks for it. -1 when the client did not offer that, or another request is under way. */
int late13_ask(struct tls *t);
/* At the end of the handshake. */
void late13_keep(struct tls *t);
void late13_end(struct tls *t);
/* Is a request out, with nothing of it left to be sealed? */
bool late13_waits(const struct tls *t);
/* What may come beside KeyUpdate; KeyUpdate when it is nothing. */
uint8_t late13_expected(const struct tls *t);
int late13_message(struct tls *t, struct span message);

/* ---- tls13.c: the calls of tls.c ------------------------------------------- */
/* The hello is in message, the records behind it start at t->in + t->in_pos. */
void tls13_begin(struct tls *t, const struct hello *h, struct span message);
void tls13_feed(struct tls *t);
unsigned tls13_state(struct tls *t);
uint8_t *tls13_window(struct tls *t, unsigned which, size_t *len);
void tls13_advance(struct tls *t, unsigned which, size_t n);
void tls13_flush(struct tls *t);
void tls13_close(struct tls *t);
void tls13_rest(struct tls *t);
/* For tls_fail: what is sealed and not sent; the alert that is due, in an output that is empty. */
struct span tls13_sealed(const struct tls *t);
void tls13_seal_alert(struct tls *t);
/* KeyUpdate of ours; ask: for the peer's, too. -1 when the connection is not open. */
int tls13_update_keys(struct tls *t, bool ask);

#endif
