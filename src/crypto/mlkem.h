/*
 * ML-KEM-768 (FIPS 203), the side that encapsulates: all that a server needs. Constant
 * time in the message and the shared secret; the encapsulation key is public. It takes
 * 4 KiB of stack, which it wipes, and nothing else.
 */
#ifndef TINY_CRYPTO_MLKEM_H
#define TINY_CRYPTO_MLKEM_H

#include <stdbool.h>
#include <stdint.h>

#define MLKEM768_KEY        1184
#define MLKEM768_CIPHERTEXT 1088
#define MLKEM768_SECRET     32

/*
 * key: the encapsulation key. message: 32 random bytes, used for nothing else, which the
 * caller wipes. False when the key has a coefficient that is not below the modulus
 * (section 7.2); nothing in the results may be used then.
 */
bool mlkem768_encapsulate_with(const uint8_t key[MLKEM768_KEY], const uint8_t message[32],
                               uint8_t ciphertext[MLKEM768_CIPHERTEXT],
                               uint8_t secret[MLKEM768_SECRET]);

#endif
