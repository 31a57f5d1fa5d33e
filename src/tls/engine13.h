/*
 * What the engine's own files share: message13.c puts messages together,
 * input13.c takes records, output13.c makes them, tls13.c decides.
 *
 * Input: t->in[in_pos..in_end) are records that were not opened, app_pos..app_end
 * before them data of the application, opened in place. The next record is opened
 * when these were read. Output: t->out[out_pos..out_end) are sealed records; behind a
 * header's room at t->out + 5 stand app_filled bytes that are not sealed, and then
 * nothing is sealed before them.
 */
#ifndef TINY_TLS_ENGINE13_H
#define TINY_TLS_ENGINE13_H

#include "core/bytes.h"
#include "tls/alert.h"

#include <stdbool.h>

/* Handshake messages of a client (RFC 8446, section 4). */
enum {
    MESSAGE13_CLIENT_HELLO = 1,
    MESSAGE13_END_OF_EARLY_DATA = 5,
    MESSAGE13_CERTIFICATE = 11,
    MESSAGE13_CERTIFICATE_VERIFY = 15,
    MESSAGE13_FINISHED = 20,
    MESSAGE13_KEY_UPDATE = 24,
};

struct tls;

/*
 * The next message of the one kind that may come now, with its header: 1, with contents
 * moved behind it; the message lies in contents or in memory of t, until the next call. 0:
 * all of contents was taken, and there is no whole message. -1 with t->choice.alert and reason:
 * another kind, or too long for its kind.
 */
int message13_next(struct tls *t, struct span *contents, struct span *message);
/* Has a part of a message come? */
bool message13_pending(const struct tls *t);
/* Gives back what it holds. */
void message13_end(struct tls *t);

/* Opens what records there are and gives their messages to tls13_message. */
void input13_feed(struct tls *t);

/* A whole message of the kind that the state waits for. */
void tls13_message(struct tls *t, struct span message);
/* Ends the connection with t->choice.alert. */
void tls13_fail(struct tls *t);
/* Sets t->choice.alert and reason; -1. */
int tls13_refuse(struct tls *t, enum alert alert, const char *reason);

/* Seals what is due, as far as there is room: the flight, tickets, KeyUpdate, close_notify. */
void output13_fill(struct tls *t);
/* Seals the application's data if there are any. */
void output13_flush(struct tls *t);
/* The flight as plain records, then change_cipher_spec if ccs; all of it fits. */
void output13_clear_flight(struct tls *t, bool ccs);
/* Is there a part of the flight that is not sealed? */
bool output13_flight_waits(const struct tls *t);

#endif
