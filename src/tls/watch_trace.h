/*
 * Pieces of messages for -trace, decoded: fields, lists of numbers, extensions. Pure
 * readers of bytes that may be hostile. For watch_trace.c and watch_trace_fields.c alone.
 */
#ifndef TINY_TLS_WATCH_TRACE_H
#define TINY_TLS_WATCH_TRACE_H

#include "tls/watch_conn.h"

enum trace_kind { TRACE_GROUP, TRACE_SIGNATURE, TRACE_VERSION, TRACE_SUITE };
/* In a ClientHello, in another message, or in an entry of one (Certificate). */
enum trace_side { TRACE_CLIENT, TRACE_SERVER, TRACE_INNER };

/* name and length, then the bytes in hexadecimal */
void trace_field(struct watch_out *o, const char *indent, const char *name, struct span s);
/* A list of numbers of 16 bits, a line each. */
void trace_numbers(struct watch_out *o, unsigned indent, enum trace_kind kind, struct span list);
/* A block of extensions with its length; sets r->bad when they do not fit it. */
void trace_extensions(struct watch_out *o, enum trace_side side, struct reader *r);

#endif
