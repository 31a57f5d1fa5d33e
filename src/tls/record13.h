/*
 * One direction of the TLS 1.3 record layer (RFC 8446, section 5): keys, sequence
 * number, sealing and opening in place. Pure: no buffers of its own, nothing
 * allocated. Keys are derived from the traffic secret, which stays for KeyUpdate
 * (section 7.2); record13_wipe ends it.
 */
#ifndef TINY_TLS_RECORD13_H
#define TINY_TLS_RECORD13_H

#include "core/bytes.h"
#include "tls/alert.h"

#define RECORD13_HEADER     5
#define RECORD13_TAG        16
#define RECORD13_MAX_PLAIN  16384         /* contents, without type and padding */
#define RECORD13_MAX_SEALED (16384 + 256) /* of a record that comes in */
#define RECORD13_OVERHEAD   (5 + 1 + 16)  /* header, inner type, tag */
#define RECORD13_SECRET_MAX 48

enum { RECORD_CCS = 20, RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_DATA = 23 };

struct record13 {
    uint64_t sequence;
    uint16_t suite; /* 0: nothing is protected yet */
    uint8_t secret[RECORD13_SECRET_MAX];
    uint8_t key[32];
    uint8_t iv[12];
};

/* suite: 0x1301 to 0x1303; secret: as long as its hash. The sequence starts at 0. */
void record13_set(struct record13 *r, uint16_t suite, const uint8_t *secret);
/* The next traffic secret and its keys. */
void record13_update(struct record13 *r);
void record13_wipe(struct record13 *r);
/* Enough was sealed or opened under these keys (section 5.5): an update is due. */
bool record13_wants_update(const struct record13 *r);
/* No more records may be sealed or opened under these keys at all. */
bool record13_exhausted(const struct record13 *r);

/*
 * Seals in place: len bytes of contents stand at record + 5, with room for type,
 * padding and tag behind them. With no suite the record is written in the clear
 * (padding must be 0 then). record_version of the header: 0x0303. Returns the
 * record's whole length.
 */
size_t record13_seal(struct record13 *r, uint8_t type, uint8_t *record, size_t len, size_t padding);

/*
 * Opens in place a whole protected record of 5 + its length bytes. 0 with *type
 * and *contents (inside of record), or the alert: bad_record_mac, record_overflow,
 * unexpected_message (nothing but padding), internal_error (exhausted). An opening that fails with
 * bad_record_mac leaves the sequence number, and the bytes are then undefined.
 */
unsigned record13_open(struct record13 *r, uint8_t *record, uint8_t *type, struct span *contents);

#endif
