#include "config/sslop.h"

#include "config/value.h"
#include "core/text.h"

#include <string.h>

/* SSL_OP_ALL of OpenSSL 1.0.2, and of 1.1.0 and later. */
#define ALL_1_0_2 UINT64_C(0x80000BFF)
#define ALL_1_1_0 UINT64_C(0x80000850)
/* What of it is accepted here by itself. */
#define ALL_HERE UINT64_C(0x80000050)

#define NO_BIT 64 /* an old name whose bit is gone */

const struct sslop sslop_table[] = {
    /* no extended master secret is negotiated */
    {0, SSLOP_HONOURED, "NO_EXTENDED_MASTER_SECRET"},
    /* record buffers are always wiped */
    {1, SSLOP_HONOURED, "CLEANSE_PLAINTEXT"},
    /* concerns clients */
    {2, SSLOP_NEEDLESS, "LEGACY_SERVER_CONNECT"},
    {3, SSLOP_REFUSED, "ENABLE_KTLS"},
    /* pads a ClientHello and so concerns clients */
    {4, SSLOP_NEEDLESS, "TLSEXT_PADDING"},
    /* works around a peer of SSL 2 or SSL 3, which are not spoken */
    {5, SSLOP_NEEDLESS, "MICROSOFT_BIG_SSLV3_BUFFER"},
    /* works around a client of 2013 whose ECDSA suites failed */
    {6, SSLOP_NEEDLESS, "SAFARI_ECDHE_ECDSA_BUG"},
    {7, SSLOP_REFUSED, "IGNORE_UNEXPECTED_EOF"},
    {8, SSLOP_REFUSED, "ALLOW_CLIENT_RENEGOTIATION"},
    {9, SSLOP_REFUSED, "DISABLE_TLSEXT_CA_NAMES"},
    /* concerns TLS 1.3 alone */
    {10, SSLOP_NEEDLESS, "ALLOW_NO_DHE_KEX"},
    {11, SSLOP_REFUSED, "DONT_INSERT_EMPTY_FRAGMENTS"},
    /* concerns DTLS, which is not spoken */
    {12, SSLOP_NEEDLESS, "NO_QUERY_MTU"},
    {13, SSLOP_NEEDLESS, "COOKIE_EXCHANGE"},
    /* no session tickets are given */
    {14, SSLOP_HONOURED, "NO_TICKET"},
    /* concerns DTLS, which is not spoken */
    {15, SSLOP_NEEDLESS, "CISCO_ANYCONNECT"},
    /* renegotiation is always off */
    {16, SSLOP_HONOURED, "NO_SESSION_RESUMPTION_ON_RENEGOTIATION"},
    /* TLS compression is never used */
    {17, SSLOP_HONOURED, "NO_COMPRESSION"},
    {18, SSLOP_REFUSED, "ALLOW_UNSAFE_LEGACY_RENEGOTIATION"},
    /* encrypt-then-MAC is never negotiated */
    {19, SSLOP_HONOURED, "NO_ENCRYPT_THEN_MAC"},
    /* concerns TLS 1.3 alone */
    {20, SSLOP_NEEDLESS, "ENABLE_MIDDLEBOX_COMPAT"},
    {21, SSLOP_REFUSED, "PRIORITIZE_CHACHA"},
    /* the server's order of suites counts */
    {22, SSLOP_HONOURED, "CIPHER_SERVER_PREFERENCE"},
    {23, SSLOP_REFUSED, "TLS_ROLLBACK_BUG"},
    /* concerns TLS 1.3 alone */
    {24, SSLOP_NEEDLESS, "NO_ANTI_REPLAY"},
    /* SSL 3 is never spoken */
    {25, SSLOP_HONOURED, "NO_SSLv3"},
    /* TLS 1.0 is not spoken */
    {26, SSLOP_HONOURED, "NO_TLSv1"},
    /* TLS 1.2 is not spoken */
    {27, SSLOP_HONOURED, "NO_TLSv1_2"},
    /* TLS 1.1 is not spoken */
    {28, SSLOP_HONOURED, "NO_TLSv1_1"},
    /* TLS 1.3 is not spoken */
    {29, SSLOP_HONOURED, "NO_TLSv1_3"},
    /* renegotiation is always off */
    {30, SSLOP_HONOURED, "NO_RENEGOTIATION"},
    /* works around a client's GOST suites */
    {31, SSLOP_NEEDLESS, "CRYPTOPRO_TLSEXT_BUG"},
    /* concerns TLS 1.3 alone */
    {32, SSLOP_NEEDLESS, "NO_TX_CERTIFICATE_COMPRESSION"},
    {33, SSLOP_NEEDLESS, "NO_RX_CERTIFICATE_COMPRESSION"},
    {34, SSLOP_REFUSED, "ENABLE_KTLS_TX_ZEROCOPY_SENDFILE"},
    /* concerns TLS 1.3 alone */
    {35, SSLOP_NEEDLESS, "PREFER_NO_DHE_KEX"},

    /* Names of older versions. */
    /* works around a peer of SSL 2 or SSL 3, which are not spoken */
    {NO_BIT, SSLOP_NEEDLESS, "MICROSOFT_SESS_ID_BUG"},
    {NO_BIT, SSLOP_NEEDLESS, "NETSCAPE_CHALLENGE_BUG"},
    {NO_BIT, SSLOP_NEEDLESS, "NETSCAPE_REUSE_CIPHER_CHANGE_BUG"},
    {NO_BIT, SSLOP_NEEDLESS, "SSLREF2_REUSE_CERT_TYPE_BUG"},
    {NO_BIT, SSLOP_NEEDLESS, "SSLEAY_080_CLIENT_DH_BUG"},
    {NO_BIT, SSLOP_NEEDLESS, "TLS_D5_BUG"},
    {NO_BIT, SSLOP_NEEDLESS, "TLS_BLOCK_PADDING_BUG"},
    {NO_BIT, SSLOP_NEEDLESS, "NETSCAPE_CA_DN_BUG"},
    {NO_BIT, SSLOP_NEEDLESS, "NETSCAPE_DEMO_CIPHER_CHANGE_BUG"},
    {NO_BIT, SSLOP_NEEDLESS, "MSIE_SSLV2_RSA_PADDING"},
    {NO_BIT, SSLOP_NEEDLESS, "PKCS1_CHECK_1"},
    {NO_BIT, SSLOP_NEEDLESS, "PKCS1_CHECK_2"},
    /* there are no export suites */
    {NO_BIT, SSLOP_NEEDLESS, "EPHEMERAL_RSA"},
    /* SSL 2 is never spoken */
    {NO_BIT, SSLOP_HONOURED, "NO_SSLv2"},
    /* every handshake makes a new ECDHE key */
    {NO_BIT, SSLOP_HONOURED, "SINGLE_ECDH_USE"},
    /* there are no DHE suites */
    {NO_BIT, SSLOP_NEEDLESS, "SINGLE_DH_USE"},
};
const size_t sslop_table_len = ARRAY_LEN(sslop_table);

uint64_t sslop_bit(const struct sslop *op)
{
    return op->position < NO_BIT ? UINT64_C(1) << op->position : 0;
}

/* Told to whoever asks for it; why the others are accepted is said above. */
const char *sslop_refusal(const struct sslop *op)
{
    switch (op->position) {
    case 3:  /* ENABLE_KTLS */
    case 34: /* ENABLE_KTLS_TX_ZEROCOPY_SENDFILE */
        return "records are never sealed by the kernel here";
    case 7: /* IGNORE_UNEXPECTED_EOF */
        return "a stream that ends without close_notify is always told apart from a clean end";
    case 8: /* ALLOW_CLIENT_RENEGOTIATION */
        return "renegotiation is always off";
    case 9: /* DISABLE_TLSEXT_CA_NAMES */
        return "the names of the CAs are always sent with a request for a certificate";
    case 11: /* DONT_INSERT_EMPTY_FRAGMENTS */
        return "records are always split in TLS 1.0, against BEAST; leave this bit out";
    case 18: /* ALLOW_UNSAFE_LEGACY_RENEGOTIATION */
        return "unsafe (CVE-2009-3555), and renegotiation is always off";
    case 21: /* PRIORITIZE_CHACHA */
        return "put CHACHA20 first in ssl.cipher-list, or set ssl.server-preference = false";
    case 23: /* TLS_ROLLBACK_BUG */
        return "unsafe: it would allow version rollback";
    default:
        return "";
    }
}

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

        known |= sslop_bit(op);
        if ((number & sslop_bit(op)) != 0 && op->fate == SSLOP_REFUSED && r->refused == NULL) {
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
        r->bits |= sslop_bit(op);
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
