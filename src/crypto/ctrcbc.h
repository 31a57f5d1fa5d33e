/*
 * AES in counter mode and CBC-MAC at once, which CCM asks for, behind BearSSL's
 * br_block_ctrcbc_class: made of its two modes that are here anyway, with the
 * processor's AES where it has that. The counter is only as long as CCM's in TLS: 32
 * bits, which must not overflow.
 */
#ifndef TINY_CRYPTO_CTRCBC_H
#define TINY_CRYPTO_CTRCBC_H

#include <bearssl.h>

const br_block_ctrcbc_class *ctrcbc_class(void);

#endif
