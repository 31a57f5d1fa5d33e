#include "tls/alert.h"

#include "core/bytes.h"

#include <string.h>

/* In the order of the names. */
static const uint8_t numbers[] = {
    ALERT_CLOSE_NOTIFY,
    ALERT_UNEXPECTED_MESSAGE,
    ALERT_BAD_RECORD_MAC,
    21,
    ALERT_RECORD_OVERFLOW,
    30,
    ALERT_HANDSHAKE_FAILURE,
    41,
    ALERT_BAD_CERTIFICATE,
    ALERT_UNSUPPORTED_CERTIFICATE,
    ALERT_CERTIFICATE_REVOKED,
    ALERT_CERTIFICATE_EXPIRED,
    ALERT_CERTIFICATE_UNKNOWN,
    ALERT_ILLEGAL_PARAMETER,
    ALERT_UNKNOWN_CA,
    ALERT_ACCESS_DENIED,
    ALERT_DECODE_ERROR,
    ALERT_DECRYPT_ERROR,
    60,
    ALERT_PROTOCOL_VERSION,
    ALERT_INSUFFICIENT_SECURITY,
    ALERT_INTERNAL_ERROR,
    ALERT_INAPPROPRIATE_FALLBACK,
    ALERT_USER_CANCELED,
    ALERT_NO_RENEGOTIATION,
    ALERT_MISSING_EXTENSION,
    ALERT_UNSUPPORTED_EXTENSION,
    111,
    ALERT_UNRECOGNIZED_NAME,
    ALERT_BAD_CERTIFICATE_STATUS_RESPONSE,
    114,
    ALERT_UNKNOWN_PSK_IDENTITY,
    ALERT_CERTIFICATE_REQUIRED,
    ALERT_NO_APPLICATION_PROTOCOL,
};

static const char names[] = "close_notify\0"
                            "unexpected_message\0"
                            "bad_record_mac\0"
                            "decryption_failed\0"
                            "record_overflow\0"
                            "decompression_failure\0"
                            "handshake_failure\0"
                            "no_certificate\0"
                            "bad_certificate\0"
                            "unsupported_certificate\0"
                            "certificate_revoked\0"
                            "certificate_expired\0"
                            "certificate_unknown\0"
                            "illegal_parameter\0"
                            "unknown_ca\0"
                            "access_denied\0"
                            "decode_error\0"
                            "decrypt_error\0"
                            "export_restriction\0"
                            "protocol_version\0"
                            "insufficient_security\0"
                            "internal_error\0"
                            "inappropriate_fallback\0"
                            "user_canceled\0"
                            "no_renegotiation\0"
                            "missing_extension\0"
                            "unsupported_extension\0"
                            "certificate_unobtainable\0"
                            "unrecognized_name\0"
                            "bad_certificate_status_response\0"
                            "bad_certificate_hash_value\0"
                            "unknown_psk_identity\0"
                            "certificate_required\0"
                            "no_application_protocol\0";

const char *alert_name(unsigned alert)
{
    const char *name = names;

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++, name += strlen(name) + 1) {
        if (numbers[i] == alert) {
            return name;
        }
    }
    return "unknown_alert";
}
