/* tls/alert and tls/info: names. */
#include "tls/error.h"
#include "tls/alert.h"
#include "tls/info.h"
#include "tap.h"

#include <bearssl.h>

/* Each error of the library's engine in words of its own, with an alert that has a name. */
static void engine_errors(void)
{
    const char *unknown = tls_error_of(255).sentence;
    unsigned told = 0;

    for (int i = 1; i < 32; i++) {
        struct tls_error e = tls_error_of(i);

        if (strcmp(e.sentence, unknown) == 0) {
            expect(e.alert == ALERT_INTERNAL_ERROR, "an unknown error is one of ours");
            continue;
        }
        told++;
        expect(strcmp(alert_name(e.alert), "unknown_alert") != 0, "its alert has a name");
        for (int j = 1; j < i; j++) {
            expect(strcmp(tls_error_of(j).sentence, e.sentence) != 0, "no sentence stands twice");
        }
    }
    ok(told >= 25, "the engine's errors have sentences");
    ok(tls_error_of(BR_ERR_BAD_MAC).alert == ALERT_BAD_RECORD_MAC &&
           tls_error_of(BR_ERR_BAD_FINISHED).alert == ALERT_DECRYPT_ERROR &&
           tls_error_of(BR_ERR_TOO_LARGE).alert == ALERT_RECORD_OVERFLOW &&
           tls_error_of(BR_ERR_UNEXPECTED).alert == ALERT_UNEXPECTED_MESSAGE &&
           tls_error_of(BR_ERR_BAD_POINT).alert == ALERT_ILLEGAL_PARAMETER,
       "and the alerts of the RFC");
}

int main(void)
{
    unsigned named = 0;

    is_text(alert_name(ALERT_CLOSE_NOTIFY), "close_notify", "the lowest alert");
    is_text(alert_name(ALERT_NO_APPLICATION_PROTOCOL), "no_application_protocol", "the highest");
    is_text(alert_name(47), "illegal_parameter", "47");
    is_text(alert_name(50), "decode_error", "50");
    is_text(alert_name(70), "protocol_version", "70");
    is_text(alert_name(1), "unknown_alert", "a number without a name");
    is_text(alert_name(300), "unknown_alert", "a number beyond a byte");
    for (unsigned i = 0; i < 256; i++) {
        const char *name = alert_name(i);

        for (unsigned j = 0; j < i && strcmp(name, "unknown_alert") != 0; j++) {
            expect(strcmp(name, alert_name(j)) != 0, "no name stands twice");
        }
        named += strcmp(name, "unknown_alert") != 0;
    }
    ok(named == 34, "34 alerts have a name");
    is_text(tls_version_name(0x0303), "TLSv1.2", "a version");
    is_text(tls_version_name(0), "none", "no version yet");
    is_text(tls_version_name(0x7F17), "unknown", "an unknown version");
    is_text(tls_group_name(29), "X25519", "a group");
    is_text(tls_group_name(0x11EC), "X25519MLKEM768", "a hybrid group");
    is_text(tls_group_name(0), "none", "static key exchange has no group");
    is_text(tls_signature_name(0x0403), "ecdsa_secp256r1_sha256", "a signature scheme");
    is_text(tls_signature_name(0x0804), "rsa_pss_rsae_sha256", "a PSS scheme");
    is_text(tls_signature_name(0x0A0A), "unknown", "an unknown scheme");
    engine_errors();
    return tap_done();
}
