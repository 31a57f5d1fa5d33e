#include "tls/error.h"
#include "core/bytes.h"

#include <bearssl.h>

static struct tls_error error(enum alert alert, const char *sentence)
{
    return (struct tls_error){alert, sentence};
}

struct tls_error tls_error_of(int number)
{
    switch (number) {
    case BR_ERR_BAD_PARAM:
        return error(ALERT_DECODE_ERROR, "a length inside a handshake message is wrong");
    case BR_ERR_BAD_STATE:
        return error(ALERT_INTERNAL_ERROR, "the engine was used in a wrong state");
    case BR_ERR_UNSUPPORTED_VERSION:
        return error(ALERT_PROTOCOL_VERSION, "a record of an unknown protocol version");
    case BR_ERR_BAD_VERSION:
        return error(ALERT_PROTOCOL_VERSION, "a record of another version than was agreed");
    case BR_ERR_BAD_LENGTH:
        return error(ALERT_RECORD_OVERFLOW, "a record with a length that cannot be");
    case BR_ERR_TOO_LARGE:
        return error(ALERT_RECORD_OVERFLOW, "a record over the size limit");
    case BR_ERR_BAD_MAC:
        return error(ALERT_BAD_RECORD_MAC, "a record failed its integrity check");
    case BR_ERR_NO_RANDOM:
        return error(ALERT_INTERNAL_ERROR, "the system gave no random bytes");
    case BR_ERR_UNKNOWN_TYPE:
        return error(ALERT_UNEXPECTED_MESSAGE, "a record of an unknown type");
    case BR_ERR_UNEXPECTED:
        return error(ALERT_UNEXPECTED_MESSAGE, "a message out of its turn");
    case BR_ERR_BAD_CCS:
        return error(ALERT_UNEXPECTED_MESSAGE, "a malformed ChangeCipherSpec");
    case BR_ERR_BAD_ALERT:
        return error(ALERT_DECODE_ERROR, "a malformed alert");
    case BR_ERR_BAD_HANDSHAKE:
        return error(ALERT_DECODE_ERROR, "a malformed handshake message");
    case BR_ERR_OVERSIZED_ID:
        return error(ALERT_DECODE_ERROR, "a session ID over 32 bytes");
    case BR_ERR_BAD_CIPHER_SUITE:
        return error(ALERT_ILLEGAL_PARAMETER, "a cipher suite that was not offered");
    case BR_ERR_BAD_COMPRESSION:
        return error(ALERT_ILLEGAL_PARAMETER, "a compression method that is not null");
    case BR_ERR_BAD_FRAGLEN:
        return error(ALERT_ILLEGAL_PARAMETER, "a wrong maximum fragment length");
    case BR_ERR_BAD_SECRENEG:
        return error(ALERT_HANDSHAKE_FAILURE, "a wrong renegotiation_info");
    case BR_ERR_EXTRA_EXTENSION:
        return error(ALERT_UNSUPPORTED_EXTENSION, "an extension that was not asked for");
    case BR_ERR_BAD_SNI:
        return error(ALERT_DECODE_ERROR, "a malformed server name");
    case BR_ERR_BAD_HELLO_DONE:
        return error(ALERT_DECODE_ERROR, "a malformed ServerHelloDone");
    case BR_ERR_LIMIT_EXCEEDED:
        return error(ALERT_ILLEGAL_PARAMETER, "a key or signature over the size limit");
    case BR_ERR_BAD_FINISHED:
        return error(ALERT_DECRYPT_ERROR, "the Finished message does not verify");
    case BR_ERR_RESUME_MISMATCH:
        return error(ALERT_ILLEGAL_PARAMETER, "a resumption with other parameters");
    case BR_ERR_INVALID_ALGORITHM:
        return error(ALERT_ILLEGAL_PARAMETER, "an algorithm that was not offered");
    case BR_ERR_BAD_SIGNATURE:
        return error(ALERT_DECRYPT_ERROR, "the client's signature does not verify");
    case BR_ERR_WRONG_KEY_USAGE:
        return error(ALERT_UNSUPPORTED_CERTIFICATE, "the client's key may not be used in this way");
    case BR_ERR_NO_CLIENT_AUTH:
        return error(ALERT_HANDSHAKE_FAILURE, "the peer did not return a certificate");
    case BR_ERR_BAD_POINT:
        return error(ALERT_ILLEGAL_PARAMETER, "the client's key share is no good point");
    case BR_ERR_IO:
        return error(ALERT_INTERNAL_ERROR, "input or output failed");
    default:
        return error(ALERT_INTERNAL_ERROR, "an unknown error");
    }
}
