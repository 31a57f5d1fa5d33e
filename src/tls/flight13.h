/*
 * Handshake messages of ours on their way out: pieces that lie elsewhere (in the
 * scratch space here, in credentials, in trust anchors), sent one after another
 * without a copy of the whole. Each piece is hashed into the transcript when it is
 * added. Pieces are by reference: creds and trust are held until the end of the handshake.
 */
#ifndef TINY_TLS_FLIGHT13_H
#define TINY_TLS_FLIGHT13_H

#include "tls/schedule13.h"

#define FLIGHT13_PIECES  16
#define FLIGHT13_SCRATCH 5632 /* EncryptedExtensions and Certificate with serverinfo, signature */

struct flight13 {
    struct span pieces[FLIGHT13_PIECES];
    size_t count;
    size_t next;   /* the piece that goes out now, */
    size_t offset; /* and how much of it went */
    size_t used;   /* of scratch */
    uint8_t scratch[FLIGHT13_SCRATCH];
};

void flight13_begin(struct flight13 *f);
/* Has all that was added been taken? Then scratch is empty again. */
bool flight13_done(const struct flight13 *f);
/* Where at most len bytes may be written to. They stay free until a piece that begins
 * there is added. Too many are a programmer's error. */
uint8_t *flight13_room(struct flight13 *f, size_t len);
/* transcript may be NULL (tickets). Pieces beyond FLIGHT13_PIECES are a programmer's error. */
void flight13_add(struct flight13 *f, struct transcript13 *transcript, struct span piece);
/* Copies the next bytes to dst; returns how many, at most max. */
size_t flight13_take(struct flight13 *f, uint8_t *dst, size_t max);

#endif
