#include "tls/probe.h"
#include "core/build.h"
#include "tls/alert.h"
#include "tls/hello.h"

#include <string.h>

/* ---- the ClientHello ------------------------------------------------------- */

#define ZERO8  "\0\0\0\0\0\0\0\0"
#define ZERO32 ZERO8 ZERO8 ZERO8 ZERO8

#if TINY_LEGACY /* ECDHE with CBC, and RSA; TLS 1.1 and 1.0 */
#define OLD_SUITES   "\xC0\x09\xC0\x13\xC0\x0A\xC0\x14\xC0\x23\xC0\x27\0\x9C\0\x9D\0\x2F\0\x35\0\x3C"
#define SUITES_LEN   "\0\x2A"
#define OLD_VERSIONS "\3\2\3\1"
#define VERSIONS_LEN "\0\x09\x08"
#else
#define OLD_SUITES   ""
#define SUITES_LEN   "\0\x14"
#define OLD_VERSIONS ""
#define VERSIONS_LEN "\0\x05\x04"
#endif

#define SUITES                                                                                     \
    "\x13\x01\x13\x02\x13\x03"                         /* of TLS 1.3 */                            \
    "\xC0\x2B\xC0\x2F\xC0\x2C\xC0\x30\xCC\xA9\xCC\xA8" /* ECDHE, AES-GCM and ChaCha20 */           \
        OLD_SUITES
#define EXTENSIONS                                                                                 \
    "\0\x0A\0\x0A\0\x08\0\x1D\0\x17\0\x18\0\x19" /* supported_groups */                            \
    "\0\x0B\0\2\1\0"                             /* ec_point_formats */                            \
    "\0\x17\0\0"                                 /* extended_master_secret */                      \
    "\0\x0D\0\x16\0\x14\4\3\5\3\6\3\x08\4\x08\5\x08\6\4\1\5\1\6\1\2\1" /* signature_algorithms */  \
    "\0\x2B" VERSIONS_LEN "\3\4\3\3" OLD_VERSIONS                      /* supported_versions */    \
    "\0\x33\0\x26\0\x24\0\x1D\0\x20"                                   /* key_share: X25519 */

/* Up to the name of server_name. The bytes that differ from hello to hello are zeros. */
static const char form[] = "\x16\3\1\0\0"             /* record */
                           "\1\0\0\0\3\3" ZERO32 "\0" /* ClientHello, random, no session */
    SUITES_LEN SUITES "\0\xFF"                        /* there is no renegotiation (RFC 5746) */
                           "\1\0"                     /* no compression */
                           "\0\0" EXTENSIONS ZERO32 "\0\0\0\0\0\0\0\0";

/* Where they stand; the NUL behind the literal is the last of them. */
#define AT_RANDOM     11
#define AT_SUITES     46
#define AT_EXTENSIONS (AT_SUITES + (sizeof SUITES - 1) + 4)
#define AT_SHARE      (AT_EXTENSIONS + 2 + (sizeof EXTENSIONS - 1))
#define AT_NAME       (AT_SHARE + 32)
_Static_assert(AT_NAME + 9 == sizeof form, "the parts are as long as they say");

size_t probe_hello(uint8_t dst[PROBE_HELLO_MAX], const uint8_t random[PROBE_RANDOM],
                   struct span name)
{
    uint32_t name_len = (uint32_t)(name.len < PROBE_NAME_MAX ? name.len : PROBE_NAME_MAX);
    uint32_t len = (uint32_t)sizeof form + name_len;

    _Static_assert(sizeof form + PROBE_NAME_MAX <= PROBE_HELLO_MAX, "the hello fits");
    memcpy(dst, form, sizeof form);
    memcpy(dst + sizeof form, name.data, name_len);
    if (dst[sizeof form] == '*') {
        dst[sizeof form] = 'x';
    }
    memcpy(dst + AT_RANDOM, random, 32);
    memcpy(dst + AT_SHARE, random + 32, 32);
    put_u16(dst + 3, len - 5);
    put_u16(dst + 7, len - 9);
    put_u16(dst + AT_EXTENSIONS, len - (uint32_t)AT_EXTENSIONS - 2);
    put_u16(dst + AT_NAME + 2, name_len + 5);
    put_u16(dst + AT_NAME + 4, name_len + 3);
    put_u16(dst + AT_NAME + 7, name_len);
    return len;
}

/* ---- the answer ------------------------------------------------------------- */

/* What the byte at a place may be. */
struct rule {
    uint8_t at, low, high;
};

#define AT_SESSION 43 /* the length of the session ID in a ServerHello's record */

static bool breaks(const uint8_t *answer, size_t len, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rules[i].at < len &&
            (answer[rules[i].at] < rules[i].low || answer[rules[i].at] > rules[i].high)) {
            return true;
        }
    }
    return false;
}

/* Alerts with which a server in good health keeps a client out that is not meant. */
static bool is_refusal(uint8_t alert)
{
    static const uint8_t refusals[] = {
        ALERT_HANDSHAKE_FAILURE,    ALERT_ACCESS_DENIED,         ALERT_PROTOCOL_VERSION,
        ALERT_MISSING_EXTENSION,    ALERT_INSUFFICIENT_SECURITY, ALERT_UNRECOGNIZED_NAME,
        ALERT_CERTIFICATE_REQUIRED, ALERT_UNKNOWN_PSK_IDENTITY,  ALERT_NO_APPLICATION_PROTOCOL,
    };

    return memchr(refusals, alert, sizeof refusals) != NULL;
}

static enum probe_verdict judge_alert(const uint8_t *answer, size_t len, const char **reason)
{
    static const struct rule rules[] = {{1, 3, 3}, {2, 0, 4}, {3, 0, 0}, {4, 2, 2}, {5, 1, 2}};

    *reason = "it answers with an alert that is broken";
    if (breaks(answer, len, rules, ARRAY_LEN(rules))) {
        return PROBE_DEAD;
    }
    if (len < 7) {
        return PROBE_MORE;
    }
    *reason = alert_name(answer[6]);
    return is_refusal(answer[6]) ? PROBE_ALIVE : PROBE_DEAD;
}

/* The suite and what is behind it, which has come as far as *end. */
static bool fits(const uint8_t *answer, const uint8_t *suite, const uint8_t *end)
{
    size_t record = (size_t)(answer[3] << 8 | answer[4]) + 5;
    size_t message = (size_t)(answer[7] << 8 | answer[8]) + 9;
    size_t len = (size_t)(end - answer);
    bool extended = end - suite > 3;

    len += extended ? (size_t)(suite[3] << 8 | suite[4]) : 0;
    /* TLS 1.3 cannot do without extensions, and gives our session ID back: none. */
    return message == len && record >= (size_t)(end - answer) &&
           hello_list_has(span_of(form + AT_SUITES, sizeof SUITES - 1),
                          (uint16_t)(suite[0] << 8 | suite[1])) &&
           suite[2] == 0 &&
           (suite[0] != 0x13 || (extended && answer[AT_SESSION] == 0 && answer[10] == 3));
}

static enum probe_verdict judge_hello(const uint8_t *answer, size_t len, const char **reason)
{
    static const struct rule rules[] = {
        {1, 3, 3}, {2, 1, 3}, {3, 0, 0x40}, {5, 2, 2},
        {6, 0, 0}, {9, 3, 3}, {10, 1, 3},   {AT_SESSION, 0, 32},
    };
    size_t suite, end;

    *reason = "it answers with a ServerHello that is broken";
    if (breaks(answer, len, rules, ARRAY_LEN(rules))) {
        return PROBE_DEAD;
    }
    if (len <= AT_SESSION) {
        return PROBE_MORE;
    }
    suite = AT_SESSION + 1u + answer[AT_SESSION];
    end = suite + 3;
    if ((size_t)(answer[7] << 8 | answer[8]) + 9 != end) {
        end += 2; /* there are extensions */
    }
    if (len < end) {
        return PROBE_MORE;
    }
    return fits(answer, answer + suite, answer + end) ? PROBE_ALIVE : PROBE_DEAD;
}

enum probe_verdict probe_judge(const uint8_t *answer, size_t len, const char **reason)
{
    *reason = "";
    if (len == 0) {
        return PROBE_MORE;
    }
    if (answer[0] == 22) {
        return judge_hello(answer, len, reason);
    }
    if (answer[0] == 21) {
        return judge_alert(answer, len, reason);
    }
    *reason = "it answers, but not in TLS";
    return PROBE_DEAD;
}

void probe_goodbye(const uint8_t *answer, uint8_t dst[PROBE_GOODBYE])
{
    static const uint8_t records[PROBE_GOODBYE] = {21, 3, 3, 0, 2, 1, ALERT_USER_CANCELED,
                                                   21, 3, 3, 0, 2, 1, ALERT_CLOSE_NOTIFY};

    memcpy(dst, records, sizeof records);
    dst[2] = dst[9] = answer[2];
}
