#include "config/sslop.h"

#include "config/value.h"
#include "core/text.h"

#include <string.h>

/* SSL_OP_ALL of OpenSSL 1.0.2, and of 1.1.0 and later. */
#define ALL_1_0_2 UINT64_C(0x80000BFF)
#define ALL_1_1_0 UINT64_C(0x80000850)
/* What of it is accepted here by itself. */
#define ALL_HERE UINT64_C(0x80000050)

#define BITS 36 /* that have a name; the names behind them are old ones */

/* A sign that tells the fate, and the name; the bits in their order. */
static const char names[] =
    /* no extended master secret is negotiated */
    "+NO_EXTENDED_MASTER_SECRET\0"
    /* record buffers are always wiped */
    "+CLEANSE_PLAINTEXT\0"
    /* concerns clients */
    "-LEGACY_SERVER_CONNECT\0"
    "!ENABLE_KTLS\0"
    /* pads a ClientHello and so concerns clients */
    "-TLSEXT_PADDING\0"
    /* works around a peer of SSL 2 or SSL 3, which are not spoken */
    "-MICROSOFT_BIG_SSLV3_BUFFER\0"
    /* works around a client of 2013 whose ECDSA suites failed */
    "-SAFARI_ECDHE_ECDSA_BUG\0"
    "!IGNORE_UNEXPECTED_EOF\0"
    "!ALLOW_CLIENT_RENEGOTIATION\0"
    /* a request for a certificate names no CA */
    "+DISABLE_TLSEXT_CA_NAMES\0"
    /* sessions and keys shared beforehand are taken without a new key agreement, too */
    "+ALLOW_NO_DHE_KEX\0"
    "!DONT_INSERT_EMPTY_FRAGMENTS\0"
    /* concerns DTLS, which is not spoken */
    "-NO_QUERY_MTU\0"
    "-COOKIE_EXCHANGE\0"
    /* no session tickets are given */
    "+NO_TICKET\0"
    /* concerns DTLS, which is not spoken */
    "-CISCO_ANYCONNECT\0"
    /* only the console may renegotiate, and then a new session is made */
    "+NO_SESSION_RESUMPTION_ON_RENEGOTIATION\0"
    /* TLS compression is never used */
    "+NO_COMPRESSION\0"
    "!ALLOW_UNSAFE_LEGACY_RENEGOTIATION\0"
    /* encrypt-then-MAC is never negotiated */
    "+NO_ENCRYPT_THEN_MAC\0"
    /* whoever sends a session ID to TLS 1.3 gets the change_cipher_spec for it */
    "+ENABLE_MIDDLEBOX_COMPAT\0"
    /* before the server's order counts ChaCha20 for whoever has it first */
    "+PRIORITIZE_CHACHA\0"
    /* the server's order of suites counts */
    "+CIPHER_SERVER_PREFERENCE\0"
    "!TLS_ROLLBACK_BUG\0"
    /* early data may come twice */
    "+NO_ANTI_REPLAY\0"
    /* SSL 3 is never spoken */
    "+NO_SSLv3\0"
    /* TLS 1.0 is not spoken */
    "+NO_TLSv1\0"
    /* TLS 1.2 is not spoken */
    "+NO_TLSv1_2\0"
    /* TLS 1.1 is not spoken */
    "+NO_TLSv1_1\0"
    /* TLS 1.3 is not spoken */
    "+NO_TLSv1_3\0"
    /* the console may not renegotiate either */
    "+NO_RENEGOTIATION\0"
    /* works around a client's GOST suites */
    "-CRYPTOPRO_TLSEXT_BUG\0"
    /* ssl.compressed-certificates is left aside; clients' are never taken compressed */
    "+NO_TX_CERTIFICATE_COMPRESSION\0"
    "+NO_RX_CERTIFICATE_COMPRESSION\0"
    "!ENABLE_KTLS_TX_ZEROCOPY_SENDFILE\0"
    "!PREFER_NO_DHE_KEX\0"

    /* Names of older versions. */
    /* works around a peer of SSL 2 or SSL 3, which are not spoken */
    "-MICROSOFT_SESS_ID_BUG\0"
    "-NETSCAPE_CHALLENGE_BUG\0"
    "-NETSCAPE_REUSE_CIPHER_CHANGE_BUG\0"
    "-SSLREF2_REUSE_CERT_TYPE_BUG\0"
    "-SSLEAY_080_CLIENT_DH_BUG\0"
    "-TLS_D5_BUG\0"
    "-TLS_BLOCK_PADDING_BUG\0"
    "-NETSCAPE_CA_DN_BUG\0"
    "-NETSCAPE_DEMO_CIPHER_CHANGE_BUG\0"
    "-MSIE_SSLV2_RSA_PADDING\0"
    "-PKCS1_CHECK_1\0"
    "-PKCS1_CHECK_2\0"
    /* there are no export suites */
    "-EPHEMERAL_RSA\0"
    /* SSL 2 is never spoken */
    "+NO_SSLv2\0"
    /* every handshake makes a new ECDHE key */
    "+SINGLE_ECDH_USE\0"
    /* there are no DHE suites */
    "-SINGLE_DH_USE\0";

bool sslop_next(struct sslop *op)
{
    const char *next = op->name != NULL ? op->name + strlen(op->name) + 1 : names;

    op->position = op->name == NULL ? 0 : op->position < BITS ? op->position + 1 : BITS;
    op->fate = next[0] == '+' ? SSLOP_HONOURED : next[0] == '-' ? SSLOP_NEEDLESS : SSLOP_REFUSED;
    op->name = next + 1;
    return next[0] != '\0';
}

uint64_t sslop_bit(const struct sslop *op)
{
    return op->position < BITS ? UINT64_C(1) << op->position : 0;
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
        return "no client may begin a renegotiation, only who sits at the console may";
    case 11: /* DONT_INSERT_EMPTY_FRAGMENTS */
        return "records are always split in TLS 1.0, against BEAST; leave this bit out";
    case 18: /* ALLOW_UNSAFE_LEGACY_RENEGOTIATION */
        return "unsafe (CVE-2009-3555): nobody renegotiates without RFC 5746";
    case 23: /* TLS_ROLLBACK_BUG */
        return "unsafe: it would allow version rollback";
    case 35: /* PREFER_NO_DHE_KEX */
        return "a new key is agreed whenever the client can; ALLOW_NO_DHE_KEX is for the others";
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
    struct sslop op = {0};
    uint64_t known = 0;

    if (number == ALL_1_0_2 || number == ALL_1_1_0) {
        r->bits |= ALL_HERE;
        r->warning = "this is SSL_OP_ALL, of which DONT_INSERT_EMPTY_FRAGMENTS has no effect: "
                     "records are always split in TLS 1.0";
        return 0;
    }
    while (sslop_next(&op)) {
        known |= sslop_bit(&op);
        if ((number & sslop_bit(&op)) != 0 && op.fate == SSLOP_REFUSED && r->refused.name == NULL) {
            r->refused = op;
        }
    }
    if ((number & ~known) != 0) {
        return complain(r, "has a bit that no SSL_OP option has", text);
    }
    r->bits |= number;
    return r->refused.name != NULL ? -1 : 0;
}

static int add_name(struct sslop_result *r, struct span text)
{
    struct span name = text;
    struct sslop op = {0};

    if (name.len > 7 && span_is_nocase(span_of(name.data, 7), "SSL_OP_")) {
        name = span_of(name.data + 7, name.len - 7);
    }
    if (span_is_nocase(name, "ALL")) {
        r->bits |= ALL_HERE;
        return 0;
    }
    while (sslop_next(&op)) {
        if (!span_is_nocase(name, op.name)) {
            continue;
        }
        if (op.fate == SSLOP_REFUSED) {
            r->refused = r->refused.name != NULL ? r->refused : op;
            return -1;
        }
        r->bits |= sslop_bit(&op);
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
