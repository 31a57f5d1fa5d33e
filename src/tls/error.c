#include "tls/error.h"
#include "core/bytes.h"

#include <bearssl.h>
#include <string.h>

/* What each of the library's numbers means, in the order of the sentences. */
static const struct {
    uint8_t number, alert;
} errors[] = {
    {BR_ERR_BAD_PARAM, ALERT_DECODE_ERROR},
    {BR_ERR_BAD_STATE, ALERT_INTERNAL_ERROR},
    {BR_ERR_UNSUPPORTED_VERSION, ALERT_PROTOCOL_VERSION},
    {BR_ERR_BAD_VERSION, ALERT_PROTOCOL_VERSION},
    {BR_ERR_BAD_LENGTH, ALERT_RECORD_OVERFLOW},
    {BR_ERR_TOO_LARGE, ALERT_RECORD_OVERFLOW},
    {BR_ERR_BAD_MAC, ALERT_BAD_RECORD_MAC},
    {BR_ERR_NO_RANDOM, ALERT_INTERNAL_ERROR},
    {BR_ERR_UNKNOWN_TYPE, ALERT_UNEXPECTED_MESSAGE},
    {BR_ERR_UNEXPECTED, ALERT_UNEXPECTED_MESSAGE},
    {BR_ERR_BAD_CCS, ALERT_UNEXPECTED_MESSAGE},
    {BR_ERR_BAD_ALERT, ALERT_DECODE_ERROR},
    {BR_ERR_BAD_HANDSHAKE, ALERT_DECODE_ERROR},
    {BR_ERR_OVERSIZED_ID, ALERT_DECODE_ERROR},
    {BR_ERR_BAD_CIPHER_SUITE, ALERT_ILLEGAL_PARAMETER},
    {BR_ERR_BAD_COMPRESSION, ALERT_ILLEGAL_PARAMETER},
    {BR_ERR_BAD_FRAGLEN, ALERT_ILLEGAL_PARAMETER},
    {BR_ERR_BAD_SECRENEG, ALERT_HANDSHAKE_FAILURE},
    {BR_ERR_EXTRA_EXTENSION, ALERT_UNSUPPORTED_EXTENSION},
    {BR_ERR_BAD_SNI, ALERT_DECODE_ERROR},
    {BR_ERR_BAD_HELLO_DONE, ALERT_DECODE_ERROR},
    {BR_ERR_LIMIT_EXCEEDED, ALERT_ILLEGAL_PARAMETER},
    {BR_ERR_BAD_FINISHED, ALERT_DECRYPT_ERROR},
    {BR_ERR_RESUME_MISMATCH, ALERT_ILLEGAL_PARAMETER},
    {BR_ERR_INVALID_ALGORITHM, ALERT_ILLEGAL_PARAMETER},
    {BR_ERR_BAD_SIGNATURE, ALERT_DECRYPT_ERROR},
    {BR_ERR_WRONG_KEY_USAGE, ALERT_UNSUPPORTED_CERTIFICATE},
    {BR_ERR_NO_CLIENT_AUTH, ALERT_HANDSHAKE_FAILURE},
    {BR_ERR_BAD_POINT, ALERT_ILLEGAL_PARAMETER},
    {BR_ERR_IO, ALERT_INTERNAL_ERROR},
};

static const char sentences[] = "a length inside a handshake message is wrong\0"
                                "the engine was used in a wrong state\0"
                                "a record of an unknown protocol version\0"
                                "a record of another version than was agreed\0"
                                "a record with a length that cannot be\0"
                                "a record over the size limit\0"
                                "a record failed its integrity check\0"
                                "the system gave no random bytes\0"
                                "a record of an unknown type\0"
                                "a message out of its turn\0"
                                "a malformed ChangeCipherSpec\0"
                                "a malformed alert\0"
                                "a malformed handshake message\0"
                                "a session ID over 32 bytes\0"
                                "a cipher suite that was not offered\0"
                                "a compression method that is not null\0"
                                "a wrong maximum fragment length\0"
                                "a wrong renegotiation_info\0"
                                "an extension that was not asked for\0"
                                "a malformed server name\0"
                                "a malformed ServerHelloDone\0"
                                "a key or signature over the size limit\0"
                                "the Finished message does not verify\0"
                                "a resumption with other parameters\0"
                                "an algorithm that was not offered\0"
                                "the client's signature does not verify\0"
                                "the client's key may not be used in this way\0"
                                "the peer did not return a certificate\0"
                                "the client's key share is no good point\0"
                                "input or output failed\0";

struct tls_error tls_error_of(int number)
{
    const char *sentence = sentences;

    for (size_t i = 0; i < ARRAY_LEN(errors); i++, sentence += strlen(sentence) + 1) {
        if (errors[i].number == number) {
            return (struct tls_error){(enum alert)errors[i].alert, sentence};
        }
    }
    return (struct tls_error){ALERT_INTERNAL_ERROR, "an unknown error"};
}
