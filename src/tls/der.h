/*
 * DER, reading and writing. Reading goes over core's bounded reader: an element
 * with another tag, an indefinite or not minimal length, or contents past the
 * end set the reader's `bad`. Writing fills a buffer of the caller from its end
 * towards its start, so that a length is known when its header is written. No
 * allocation; nothing is kept.
 */
#ifndef TINY_TLS_DER_H
#define TINY_TLS_DER_H

#include "core/bytes.h"

#define DER_BOOLEAN        0x01
#define DER_INTEGER        0x02
#define DER_BIT_STRING     0x03
#define DER_OCTET_STRING   0x04
#define DER_NULL           0x05
#define DER_OID            0x06
#define DER_UTF8           0x0C
#define DER_UTC_TIME       0x17
#define DER_GENERAL_TIME   0x18
#define DER_SEQUENCE       0x30
#define DER_SET            0x31
#define DER_CONTEXT(n)     (0x80 + (n)) /* [n] IMPLICIT, primitive */
#define DER_CONSTRUCTED(n) (0xA0 + (n)) /* [n], constructed */

/* Object identifiers are kept as their length followed by their contents. */

struct reader der_reader(struct span s);
/* The tag of the next element, 0 at the end or after an error. */
uint8_t der_peek(const struct reader *r);
/* The contents of the next element, which must have this tag. */
struct span der_take(struct reader *r, uint8_t tag);
/* The next element with its header, whatever it is. */
struct span der_element(struct reader *r);
/* As der_take, but an empty span without an error when another tag is next. */
struct span der_take_optional(struct reader *r, uint8_t tag);
/* A positive INTEGER's magnitude, without leading zeros; zero is empty. */
struct span der_uint(struct reader *r);
/* An INTEGER of at most 32 bits. */
uint32_t der_uint32(struct reader *r);
/* A BIT STRING of whole bytes. */
struct span der_bits(struct reader *r);
bool der_oid_is(struct span contents, const uint8_t *oid);
/* Is it in the contents of a SEQUENCE of object identifiers? */
bool der_oid_in(struct span list, const uint8_t *oid);

struct der_out {
    uint8_t *buf;
    size_t pos; /* what is written lies in buf[pos] .. buf[cap - 1] */
    size_t cap;
    bool full;
};

struct der_out der_out_over(uint8_t *buf, size_t cap);
/* Raw bytes in front of what is there. */
void der_put(struct der_out *o, const void *data, size_t len);
/* A header around all that was written since pos was `mark`. */
void der_wrap(struct der_out *o, uint8_t tag, size_t mark);
/* A whole primitive element. */
void der_put_element(struct der_out *o, uint8_t tag, const void *data, size_t len);
void der_put_oid(struct der_out *o, const uint8_t *oid);
/* A positive INTEGER from a big-endian magnitude. */
void der_put_uint(struct der_out *o, const uint8_t *data, size_t len);
struct span der_written(const struct der_out *o);

#endif
