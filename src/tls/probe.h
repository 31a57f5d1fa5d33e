/*
 * What `tiny healthcheck` says and hears: a ClientHello such as an ordinary client sends, and
 * the judgement of the first bytes that come back. Pure: bytes in, value out; no socket, no
 * allocation, nothing kept. It never goes on with the handshake and verifies nobody: it tells
 * a server that speaks TLS from one that does not answer, or answers something else.
 */
#ifndef TINY_TLS_PROBE_H
#define TINY_TLS_PROBE_H

#include "core/bytes.h"

#define PROBE_HELLO_MAX  512
#define PROBE_NAME_MAX   253
#define PROBE_RANDOM     64 /* the hello's random and an X25519 share: any 32 bytes are one */
#define PROBE_ANSWER_MAX 81 /* a ServerHello up to the length of its extensions */

/*
 * Writes the record with the ClientHello: TLS 1.3 down to the oldest version that this build
 * serves. name, for server_name: 1 to PROBE_NAME_MAX bytes; what is
 * beyond them is cut off, and of *.example.org a name under it is made. Returns the length.
 */
size_t probe_hello(uint8_t dst[PROBE_HELLO_MAX], const uint8_t random[PROBE_RANDOM],
                   struct span name);

enum probe_verdict {
    PROBE_MORE,  /* nothing is wrong yet, more bytes are needed */
    PROBE_ALIVE, /* a ServerHello that fits the hello, or an alert that refuses it for a reason */
    PROBE_DEAD,  /* *reason tells why: a static sentence, or an alert's name */
};

/*
 * Judges the first bytes of the answer. The verdict falls after PROBE_ANSWER_MAX bytes at the
 * latest, and more bytes never change it.
 *
 * A server that would let in only clients of another kind (a key shared beforehand, another
 * name, version or suite) says so by an alert and is well; one that calls our hello broken,
 * or itself, is not.
 */
enum probe_verdict probe_judge(const uint8_t *answer, size_t len, const char **reason);

#define PROBE_GOODBYE 14
/* user_canceled and close_notify, in records of the answer's version: a client that leaves
 * in good order. */
void probe_goodbye(const uint8_t *answer, uint8_t dst[PROBE_GOODBYE]);

#endif
