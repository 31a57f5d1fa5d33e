#include "tls/error.h"
#include "core/bytes.h"

#include <bearssl.h>

static const struct tls_error ERRORS[] = {
    {BR_ERR_BAD_PARAM, ALERT_DECODE_ERROR, "a length inside a handshake message is wrong"},
    {BR_ERR_BAD_STATE, ALERT_INTERNAL_ERROR, "the engine was used in a wrong state"},
    {BR_ERR_UNSUPPORTED_VERSION, ALERT_PROTOCOL_VERSION, "a record of an unknown protocol version"},
    {BR_ERR_BAD_VERSION, ALERT_PROTOCOL_VERSION, "a record of another version than was agreed"},
    {BR_ERR_BAD_LENGTH, ALERT_RECORD_OVERFLOW, "a record with a length that cannot be"},
    {BR_ERR_TOO_LARGE, ALERT_RECORD_OVERFLOW, "a record over the size limit"},
    {BR_ERR_BAD_MAC, ALERT_BAD_RECORD_MAC, "a record failed its integrity check"},
    {BR_ERR_NO_RANDOM, ALERT_INTERNAL_ERROR, "the system gave no random bytes"},
    {BR_ERR_UNKNOWN_TYPE, ALERT_UNEXPECTED_MESSAGE, "a record of an unknown type"},
    {BR_ERR_UNEXPECTED, ALERT_UNEXPECTED_MESSAGE, "a message out of its turn"},
    {BR_ERR_BAD_CCS, ALERT_UNEXPECTED_MESSAGE, "a malformed ChangeCipherSpec"},
    {BR_ERR_BAD_ALERT, ALERT_DECODE_ERROR, "a malformed alert"},
    {BR_ERR_BAD_HANDSHAKE, ALERT_DECODE_ERROR, "a malformed handshake message"},
    {BR_ERR_OVERSIZED_ID, ALERT_DECODE_ERROR, "a session ID over 32 bytes"},
    {BR_ERR_BAD_CIPHER_SUITE, ALERT_ILLEGAL_PARAMETER, "a cipher suite that was not offered"},
    {BR_ERR_BAD_COMPRESSION, ALERT_ILLEGAL_PARAMETER, "a compression method that is not null"},
    {BR_ERR_BAD_FRAGLEN, ALERT_ILLEGAL_PARAMETER, "a wrong maximum fragment length"},
    {BR_ERR_BAD_SECRENEG, ALERT_HANDSHAKE_FAILURE, "a wrong renegotiation_info"},
    {BR_ERR_EXTRA_EXTENSION, ALERT_UNSUPPORTED_EXTENSION, "an extension that was not asked for"},
    {BR_ERR_BAD_SNI, ALERT_DECODE_ERROR, "a malformed server name"},
    {BR_ERR_BAD_HELLO_DONE, ALERT_DECODE_ERROR, "a malformed ServerHelloDone"},
    {BR_ERR_LIMIT_EXCEEDED, ALERT_ILLEGAL_PARAMETER, "a key or signature over the size limit"},
    {BR_ERR_BAD_FINISHED, ALERT_DECRYPT_ERROR, "the Finished message does not verify"},
    {BR_ERR_RESUME_MISMATCH, ALERT_ILLEGAL_PARAMETER, "a resumption with other parameters"},
    {BR_ERR_INVALID_ALGORITHM, ALERT_ILLEGAL_PARAMETER, "an algorithm that was not offered"},
    {BR_ERR_BAD_SIGNATURE, ALERT_DECRYPT_ERROR, "the client's signature does not verify"},
    {BR_ERR_WRONG_KEY_USAGE, ALERT_UNSUPPORTED_CERTIFICATE,
     "the client's key may not be used in this way"},
    {BR_ERR_NO_CLIENT_AUTH, ALERT_HANDSHAKE_FAILURE, "the client sent no certificate"},
    {BR_ERR_IO, ALERT_INTERNAL_ERROR, "input or output failed"},

    {BR_ERR_X509_INVALID_VALUE, ALERT_BAD_CERTIFICATE, "the certificate holds an invalid value"},
    {BR_ERR_X509_TRUNCATED, ALERT_BAD_CERTIFICATE, "the certificate is cut short"},
    {BR_ERR_X509_EMPTY_CHAIN, ALERT_BAD_CERTIFICATE, "the certificate chain is empty"},
    {BR_ERR_X509_INNER_TRUNC, ALERT_BAD_CERTIFICATE, "an element of the certificate is cut short"},
    {BR_ERR_X509_BAD_TAG_CLASS, ALERT_BAD_CERTIFICATE, "the certificate has a wrong tag class"},
    {BR_ERR_X509_BAD_TAG_VALUE, ALERT_BAD_CERTIFICATE, "the certificate has a wrong tag"},
    {BR_ERR_X509_INDEFINITE_LENGTH, ALERT_BAD_CERTIFICATE,
     "the certificate uses an indefinite length"},
    {BR_ERR_X509_EXTRA_ELEMENT, ALERT_BAD_CERTIFICATE, "the certificate has a surplus element"},
    {BR_ERR_X509_UNEXPECTED, ALERT_BAD_CERTIFICATE, "the certificate has an unexpected element"},
    {BR_ERR_X509_NOT_CONSTRUCTED, ALERT_BAD_CERTIFICATE,
     "the certificate has a primitive element where a constructed one belongs"},
    {BR_ERR_X509_NOT_PRIMITIVE, ALERT_BAD_CERTIFICATE,
     "the certificate has a constructed element where a primitive one belongs"},
    {BR_ERR_X509_PARTIAL_BYTE, ALERT_BAD_CERTIFICATE, "a bit string of the certificate is ragged"},
    {BR_ERR_X509_BAD_BOOLEAN, ALERT_BAD_CERTIFICATE, "the certificate has a wrong boolean"},
    {BR_ERR_X509_OVERFLOW, ALERT_BAD_CERTIFICATE, "a number of the certificate is too large"},
    {BR_ERR_X509_BAD_DN, ALERT_BAD_CERTIFICATE, "the certificate has a wrong name"},
    {BR_ERR_X509_BAD_TIME, ALERT_BAD_CERTIFICATE, "the certificate has a wrong date"},
    {BR_ERR_X509_UNSUPPORTED, ALERT_UNSUPPORTED_CERTIFICATE,
     "the certificate uses something unsupported"},
    {BR_ERR_X509_LIMIT_EXCEEDED, ALERT_UNSUPPORTED_CERTIFICATE,
     "the certificate's key is over the size limit"},
    {BR_ERR_X509_WRONG_KEY_TYPE, ALERT_UNSUPPORTED_CERTIFICATE,
     "the certificate's key is of the wrong type"},
    {BR_ERR_X509_BAD_SIGNATURE, ALERT_BAD_CERTIFICATE,
     "a signature in the certificate chain does not verify"},
    {BR_ERR_X509_TIME_UNKNOWN, ALERT_CERTIFICATE_UNKNOWN, "the time is not known"},
    {BR_ERR_X509_EXPIRED, ALERT_CERTIFICATE_EXPIRED,
     "a certificate of the chain is expired or not yet valid"},
    {BR_ERR_X509_DN_MISMATCH, ALERT_BAD_CERTIFICATE,
     "the issuer's name does not match the next certificate"},
    {BR_ERR_X509_BAD_SERVER_NAME, ALERT_BAD_CERTIFICATE, "the certificate is for another name"},
    {BR_ERR_X509_CRITICAL_EXTENSION, ALERT_UNSUPPORTED_CERTIFICATE,
     "the certificate has a critical extension that is not known here"},
    {BR_ERR_X509_NOT_CA, ALERT_BAD_CERTIFICATE,
     "a certificate was issued by one that is no authority"},
    {BR_ERR_X509_FORBIDDEN_KEY_USAGE, ALERT_UNSUPPORTED_CERTIFICATE,
     "the certificate's key usage forbids this"},
    {BR_ERR_X509_WEAK_PUBLIC_KEY, ALERT_BAD_CERTIFICATE,
     "a key of the certificate chain is too weak"},
    {BR_ERR_X509_NOT_TRUSTED, ALERT_UNKNOWN_CA,
     "the certificate was not issued by an authority that is trusted here"},
};

const struct tls_error *tls_error_of(int number)
{
    static const struct tls_error unknown = {-1, ALERT_INTERNAL_ERROR, "an unknown error"};

    for (size_t i = 0; i < ARRAY_LEN(ERRORS); i++) {
        if (ERRORS[i].number == number) {
            return &ERRORS[i];
        }
    }
    return &unknown;
}
