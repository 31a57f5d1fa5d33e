/*
 * BearSSL's error numbers in words, with the alert that the RFCs name for
 * each. Pure tables; nothing here owns memory.
 */
#ifndef TINY_TLS_ERROR_H
#define TINY_TLS_ERROR_H

#include "tls/alert.h"

struct tls_error {
    int number;           /* BR_ERR_* */
    enum alert alert;     /* what the peer is told */
    const char *sentence; /* what the log is told, without the alert's name */
};

/* Never NULL: unknown numbers are an internal error. number is below 256:
 * alerts sent or received (256 and 512 upward) are the caller's to tell. */
const struct tls_error *tls_error_of(int number);

#endif
