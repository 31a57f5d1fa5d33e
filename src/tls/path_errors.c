/* Errors of path validation: openssl's words, which scripts look for, and the
 * alert that a client gets. */
#include "core/build.h"
#include "tls/path.h"

#include <string.h>

/* The alert, the number and the words of each error, one after the other. */
#define EXPIRED     "\x2D"
#define BAD         "\x2A"
#define UNSUPPORTED "\x2B"
#define REVOKED     "\x2C"
#define UNKNOWN_CA  "\x30"

static const char errors[] =
    BAD "\1"
        "unspecified certificate verification error\0" UNKNOWN_CA "\2"
        "unable to get issuer certificate\0" UNKNOWN_CA "\3"
        "unable to get certificate CRL\0" UNSUPPORTED "\6"
        "unable to decode issuer public key\0" BAD "\7"
        "certificate signature failure\0" BAD "\x08"
        "CRL signature failure\0" EXPIRED "\x09"
        "certificate is not yet valid\0" EXPIRED "\x0A"
        "certificate has expired\0" BAD "\x0B"
        "CRL is not yet valid\0" EXPIRED "\x0C"
        "CRL has expired\0" UNKNOWN_CA "\x12"
        "self-signed certificate\0" UNKNOWN_CA "\x13"
        "self-signed certificate in certificate chain\0" UNKNOWN_CA "\x14"
        "unable to get local issuer certificate\0" UNKNOWN_CA "\x15"
        "unable to verify the first certificate\0" UNKNOWN_CA "\x16"
        "certificate chain too long\0" REVOKED "\x17"
        "certificate revoked\0" BAD "\x19"
        "path length constraint exceeded\0" UNSUPPORTED "\x1A"
        "unsuitable certificate purpose\0" UNSUPPORTED "\x20"
        "key usage does not include certificate signing\0" UNKNOWN_CA "\x21"
        "unable to get CRL issuer certificate\0" UNSUPPORTED "\x22"
        "unhandled critical extension\0" BAD "\x23"
        "key usage does not include CRL signing\0" BAD "\x24"
        "unhandled critical CRL extension\0" BAD "\x2C"
        "different CRL scope\0" BAD "\x2F"
        "permitted subtree violation\0" BAD "\x30"
        "excluded subtree violation\0" BAD "\x31"
        "name constraints minimum and maximum not supported\0" UNSUPPORTED "\x33"
        "unsupported name constraint type\0" BAD "\x34"
        "unsupported or invalid name constraint syntax\0" BAD "\x35"
        "unsupported or invalid name syntax\0" BAD "\x36"
        "CRL path validation error\0" BAD "\x42"
        "EE certificate key too weak\0" BAD "\x43"
        "CA certificate key too weak\0" UNSUPPORTED "\x44"
        "CA signature digest algorithm too weak\0" BAD "\x4F"
        "invalid CA certificate\0"
#if TINY_STANDIN /* of what it alone can ask of certificates */
    BAD "\x38"
        "Suite B: certificate version invalid\0" BAD "\x39"
        "Suite B: invalid public key algorithm\0" BAD "\x3A"
        "Suite B: invalid ECC curve\0" BAD "\x3B"
        "Suite B: invalid signature algorithm\0" BAD "\x3C"
        "Suite B: curve not allowed for this LOS\0" BAD "\x3D"
        "Suite B: cannot sign P-384 with P-256\0" BAD "\x3E"
        "hostname mismatch\0" BAD "\x3F"
        "email address mismatch\0" BAD "\x40"
        "IP address mismatch\0" BAD "\x50"
        "Path length invalid for non-CA cert\0" BAD "\x51"
        "Path length given without key usage keyCertSign\0" BAD "\x52"
        "Key usage keyCertSign invalid for non-CA cert\0" BAD "\x53"
        "Issuer name empty\0" BAD "\x54"
        "Subject name empty\0" BAD "\x55"
        "Missing Authority Key Identifier\0" BAD "\x56"
        "Missing Subject Key Identifier\0" BAD "\x57"
        "Empty Subject Alternative Name extension\0" BAD "\x58"
        "Subject empty and Subject Alt Name extension not critical\0" BAD "\x59"
        "Basic Constraints of CA cert not marked critical\0" BAD "\x5C"
        "CA cert does not include key usage extension\0" BAD "\x5D"
        "Using cert extension requires at least X509v3\0"
#endif
    ;

/* The row of an error, of the first one for those that have none. */
static const char *row(unsigned error)
{
    for (const char *p = errors; *p != '\0'; p += strlen(p) + 1) {
        if ((uint8_t)p[1] == error) {
            return p;
        }
    }
    return errors;
}

const char *path_error_text(unsigned error)
{
    return error == PATH_OK ? "ok" : row(error) + 2;
}

enum alert path_error_alert(unsigned error)
{
    return (enum alert)row(error)[0];
}
