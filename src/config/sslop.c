#include "config/sslop.h"

#include "config/value.h"
#include "core/text.h"

#include <string.h>

/* SSL_OP_ALL of OpenSSL 1.0.2, and of 1.1.0 and later. */
#define ALL_1_0_2 UINT64_C(0x80000BFF)
#define ALL_1_1_0 UINT64_C(0x80000850)
/* What of it is accepted here by itself. */
#define ALL_HERE UINT64_C(0x80000050)

#define GONE       "works around a peer of SSL 2 or SSL 3, which are not spoken"
#define ONLY_TLS13 "concerns TLS 1.3 alone"
#define DTLS       "concerns DTLS, which is not spoken"
#define SPLIT      "records are always split in TLS 1.0, against BEAST; leave this bit out"

const struct sslop sslop_table[] = {
    {0x1, "NO_EXTENDED_MASTER_SECRET", SSLOP_HONOURED,
     "the extended master secret is never negotiated"},
    {0x2, "CLEANSE_PLAINTEXT", SSLOP_HONOURED, "record buffers are always wiped"},
    {0x4, "LEGACY_SERVER_CONNECT", SSLOP_NEEDLESS, "concerns clients"},
    {0x8, "ENABLE_KTLS", SSLOP_REFUSED, "records are never sealed by the kernel here"},
    {0x10, "TLSEXT_PADDING", SSLOP_NEEDLESS, "pads a ClientHello and so concerns clients"},
    {0x20, "MICROSOFT_BIG_SSLV3_BUFFER", SSLOP_NEEDLESS, GONE},
    {0x40, "SAFARI_ECDHE_ECDSA_BUG", SSLOP_NEEDLESS,
     "works around a client of 2013 whose ECDSA suites failed"},
    {0x80, "IGNORE_UNEXPECTED_EOF", SSLOP_REFUSED,
     "a stream that ends without close_notify is always told apart from a clean end"},
    {0x100, "ALLOW_CLIENT_RENEGOTIATION", SSLOP_REFUSED, "renegotiation is always off"},
    {0x200, "DISABLE_TLSEXT_CA_NAMES", SSLOP_REFUSED,
     "the names of the CAs are always sent with a request for a certificate"},
    {0x400, "ALLOW_NO_DHE_KEX", SSLOP_NEEDLESS, ONLY_TLS13},
    {0x800, "DONT_INSERT_EMPTY_FRAGMENTS", SSLOP_REFUSED, SPLIT},
    {0x1000, "NO_QUERY_MTU", SSLOP_NEEDLESS, DTLS},
    {0x2000, "COOKIE_EXCHANGE", SSLOP_NEEDLESS, DTLS},
    {0x4000, "NO_TICKET", SSLOP_HONOURED, "no session tickets are given"},
    {0x8000, "CISCO_ANYCONNECT", SSLOP_NEEDLESS, DTLS},
    {0x10000, "NO_SESSION_RESUMPTION_ON_RENEGOTIATION", SSLOP_HONOURED,
     "renegotiation is always off"},
    {0x20000, "NO_COMPRESSION", SSLOP_HONOURED, "TLS compression is never used"},
    {0x40000, "ALLOW_UNSAFE_LEGACY_RENEGOTIATION", SSLOP_REFUSED,
     "unsafe (CVE-2009-3555), and renegotiation is always off"},
    {0x80000, "NO_ENCRYPT_THEN_MAC", SSLOP_HONOURED, "encrypt-then-MAC is never negotiated"},
    {0x100000, "ENABLE_MIDDLEBOX_COMPAT", SSLOP_NEEDLESS, ONLY_TLS13},
    {0x200000, "PRIORITIZE_CHACHA", SSLOP_REFUSED,
     "put CHACHA20 first in ssl.cipher-list, or set ssl.server-preference = false"},
    {0x400000, "CIPHER_SERVER_PREFERENCE", SSLOP_HONOURED, "the server's order of suites counts"},
    {0x800000, "TLS_ROLLBACK_BUG", SSLOP_REFUSED, "unsafe: it would allow version rollback"},
    {0x1000000, "NO_ANTI_REPLAY", SSLOP_NEEDLESS, ONLY_TLS13},
    {0x2000000, "NO_SSLv3", SSLOP_HONOURED, "SSL 3 is never spoken"},
    {0x4000000, "NO_TLSv1", SSLOP_HONOURED, "TLS 1.0 is not spoken"},
    {0x8000000, "NO_TLSv1_2", SSLOP_HONOURED, "TLS 1.2 is not spoken"},
    {0x10000000, "NO_TLSv1_1", SSLOP_HONOURED, "TLS 1.1 is not spoken"},
    {0x20000000, "NO_TLSv1_3", SSLOP_HONOURED, "TLS 1.3 is not spoken"},
    {0x40000000, "NO_RENEGOTIATION", SSLOP_HONOURED, "renegotiation is always off"},
    {0x80000000, "CRYPTOPRO_TLSEXT_BUG", SSLOP_NEEDLESS, "works around a client's GOST suites"},
    {UINT64_C(1) << 32, "NO_TX_CERTIFICATE_COMPRESSION", SSLOP_NEEDLESS, ONLY_TLS13},
    {UINT64_C(1) << 33, "NO_RX_CERTIFICATE_COMPRESSION", SSLOP_NEEDLESS, ONLY_TLS13},
    {UINT64_C(1) << 34, "ENABLE_KTLS_TX_ZEROCOPY_SENDFILE", SSLOP_REFUSED,
     "records are never sealed by the kernel here"},
    {UINT64_C(1) << 35, "PREFER_NO_DHE_KEX", SSLOP_NEEDLESS, ONLY_TLS13},
    /* Names of older versions. */
    {0, "MICROSOFT_SESS_ID_BUG", SSLOP_NEEDLESS, GONE},
    {0, "NETSCAPE_CHALLENGE_BUG", SSLOP_NEEDLESS, GONE},
    {0, "NETSCAPE_REUSE_CIPHER_CHANGE_BUG", SSLOP_NEEDLESS, GONE},
    {0, "SSLREF2_REUSE_CERT_TYPE_BUG", SSLOP_NEEDLESS, GONE},
    {0, "SSLEAY_080_CLIENT_DH_BUG", SSLOP_NEEDLESS, GONE},
    {0, "TLS_D5_BUG", SSLOP_NEEDLESS, GONE},
    {0, "TLS_BLOCK_PADDING_BUG", SSLOP_NEEDLESS, GONE},
    {0, "NETSCAPE_CA_DN_BUG", SSLOP_NEEDLESS, GONE},
    {0, "NETSCAPE_DEMO_CIPHER_CHANGE_BUG", SSLOP_NEEDLESS, GONE},
    {0, "MSIE_SSLV2_RSA_PADDING", SSLOP_NEEDLESS, GONE},
    {0, "PKCS1_CHECK_1", SSLOP_NEEDLESS, GONE},
    {0, "PKCS1_CHECK_2", SSLOP_NEEDLESS, GONE},
    {0, "EPHEMERAL_RSA", SSLOP_NEEDLESS, "there are no export suites"},
    {0, "NO_SSLv2", SSLOP_HONOURED, "SSL 2 is never spoken"},
    {0, "SINGLE_ECDH_USE", SSLOP_HONOURED, "every handshake makes a new ECDHE key"},
    {0, "SINGLE_DH_USE", SSLOP_NEEDLESS, "there are no DHE suites"},
};
const size_t sslop_table_len = ARRAY_LEN(sslop_table);

static int complain(struct sslop_result *r, const char *what, struct span s)
{
    struct text t = text_over(r->error, sizeof r->error);

    text_add(&t, "\"");
    text_add_quoted(&t, s.len > 40 ? span_of(s.data, 40) : s);
    text_add(&t, "\" ");
    text_add(&t, what);
    return -1;
}

static int add_number(struct sslop_result *r, struct span text, uint64_t number)
{
    uint64_t known = 0;

    if (number == ALL_1_0_2 || number == ALL_1_1_0) {
        r->bits |= ALL_HERE;
        r->warning = "this is SSL_OP_ALL, of which DONT_INSERT_EMPTY_FRAGMENTS has no effect: "
                     "records are always split in TLS 1.0";
        return 0;
    }
    for (size_t i = 0; i < sslop_table_len; i++) {
        const struct sslop *op = &sslop_table[i];

        known |= op->bit;
        if ((number & op->bit) != 0 && op->fate == SSLOP_REFUSED && r->refused == NULL) {
            r->refused = op;
        }
    }
    if ((number & ~known) != 0) {
        return complain(r, "has a bit that no SSL_OP option has", text);
    }
    r->bits |= number;
    return r->refused != NULL ? -1 : 0;
}

static int add_name(struct sslop_result *r, struct span text)
{
    struct span name = text;

    if (name.len > 7 && span_is_nocase(span_of(name.data, 7), "SSL_OP_")) {
        name = span_of(name.data + 7, name.len - 7);
    }
    if (span_is_nocase(name, "ALL")) {
        r->bits |= ALL_HERE;
        return 0;
    }
    for (size_t i = 0; i < sslop_table_len; i++) {
        const struct sslop *op = &sslop_table[i];

        if (!span_is_nocase(name, op->name)) {
            continue;
        }
        if (op->fate == SSLOP_REFUSED) {
            r->refused = r->refused != NULL ? r->refused : op;
            return -1;
        }
        r->bits |= op->bit;
        return 0;
    }
    return complain(r, "is no SSL_OP name: a number or names joined by | are wanted", text);
}

static int add_part(struct sslop_result *r, struct span text)
{
    struct span digits = text;
    uint64_t number;

    /* Headers write 0x00000004L or 4UL. */
    while (digits.len > 1 &&
           (digits.data[digits.len - 1] == 'L' || digits.data[digits.len - 1] == 'U')) {
        digits.len--;
    }
    if (text.len == 0) {
        return complain(r, "is wanted as a number or names joined by |; one is missing", text);
    }
    if (text.data[0] < '0' || text.data[0] > '9') {
        return add_name(r, text);
    }
    if (value_integer(digits, &number) != NULL) {
        return complain(r, "is no number: decimal, or hexadecimal after 0x", text);
    }
    return add_number(r, text, number);
}

int sslop_parse(struct span text, struct sslop_result *result)
{
    struct span rest = value_trim(text);
    bool more = rest.len > 0;

    memset(result, 0, sizeof *result);
    while (more) {
        const uint8_t *bar = memchr(rest.data, '|', rest.len);
        struct span part = rest;

        more = bar != NULL;
        if (more) {
            part.len = (size_t)(bar - rest.data);
            rest = span_of(bar + 1, rest.len - part.len - 1);
        }
        if (add_part(result, value_trim(part)) != 0) {
            return -1;
        }
    }
    return 0;
}
