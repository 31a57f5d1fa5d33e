#include "tls/watch_names.h"

#include "config/cipherlist.h"
#include "tls/alert.h"
#include "tls/info.h"

#include <string.h>

/* names: number in hexadecimal, blank, name, NUL; an empty one ends the list. */
static const char *look_up(const char *names, unsigned number)
{
    char hex[12];
    struct text t = text_over(hex, sizeof hex);

    text_addf(&t, "%04X ", number);
    /* NOLINTNEXTLINE(clang-analyzer-core.*): it does not see the empty name at the end. */
    for (; names[0] != '\0'; names += strlen(names) + 1) {
        if (strncmp(names, hex, t.len) == 0) {
            return names + t.len;
        }
    }
    return NULL;
}

/* Of a name that is written "one|other". */
static void add_side(struct text *t, const char *names, bool other)
{
    const char *bar = strchr(names, '|');

    if (bar == NULL) {
        text_add(t, names);
    } else if (other) {
        text_add(t, bar + 1);
    } else {
        text_add_span(t, span_of(names, (size_t)(bar - names)));
    }
}

void watch_add_version(struct text *t, uint16_t version, bool brief)
{
    if (version < 0x0300 || version > 0x0304) {
        text_add(t, brief ? "unknown" : "UNKNOWN");
    } else if (version == 0x0300) {
        text_add(t, brief ? "SSLv3" : "SSL 3.0");
    } else if (brief && version == 0x0301) {
        text_add(t, "TLSv1");
    } else {
        text_addf(t, "TLS%s1.%u", brief ? "v" : " ", version - 0x0301u);
    }
}

const char *watch_message_name(uint8_t type)
{
    static const char names[] = "0000 HelloRequest\0"
                                "0001 ClientHello\0"
                                "0002 ServerHello\0"
                                "0004 NewSessionTicket\0"
                                "0005 EndOfEarlyData\0"
                                "0008 EncryptedExtensions\0"
                                "000B Certificate\0"
                                "000C ServerKeyExchange\0"
                                "000D CertificateRequest\0"
                                "000E ServerHelloDone\0"
                                "000F CertificateVerify\0"
                                "0010 ClientKeyExchange\0"
                                "0014 Finished\0"
                                "0016 CertificateStatus\0"
                                "0018 KeyUpdate\0"
                                "0019 CompressedCertificate\0";
    const char *name = look_up(names, type);

    return name != NULL ? name : "???";
}

const char *watch_record_name(unsigned type)
{
    static const char names[] = "0014 ChangeCipherSpec\0"
                                "0015 Alert\0"
                                "0016 Handshake\0"
                                "0017 ApplicationData\0";

    return look_up(names, type);
}

const char *watch_state_name(bool sent, unsigned type)
{
    static const char received[] = "0001 read client hello\0"
                                   "0005 read end of early data\0"
                                   "000B read client certificate\0"
                                   "000F read certificate verify\0"
                                   "0010 read client key exchange\0"
                                   "0014 read finished\0"
                                   "0018 read client key update\0"
                                   "0100 read change cipher spec\0";
    static const char written[] = "0000 write hello request\0"
                                  "0002 write server hello\0"
                                  "0004 write session ticket\0"
                                  "0008 write encrypted extensions\0"
                                  "000B write certificate\0"
                                  "000C write key exchange\0"
                                  "000D write certificate request\0"
                                  "000E write server done\0"
                                  "000F write server certificate verify\0"
                                  "0014 write finished\0"
                                  "0016 write certificate status\0"
                                  "0018 write server key update\0"
                                  "0019 write certificate\0"
                                  "0100 write change cipher spec\0";

    return look_up(sent ? written : received, type);
}

/* One name serves both where they differ in blanks and capitals alone. */
void watch_add_extension(struct text *t, uint16_t type, bool trace)
{
    static const char names[] = "0000 server name\0"
                                "0001 max fragment length\0"
                                "0002 client certificate URL\0"
                                "0003 trusted CA keys\0"
                                "0004 truncated HMAC\0"
                                "0005 status request\0"
                                "0006 user mapping\0"
                                "0007 client authz\0"
                                "0008 server authz\0"
                                "0009 cert type\0"
                                "000A supported_groups\0"
                                "000B EC point formats\0"
                                "000C SRP\0"
                                "000D signature algorithms\0"
                                "000E use SRTP\0"
                                "0010 application layer protocol negotiation\0"
                                "0012 signed certificate timestamps\0"
                                "0015 TLS padding|padding\0"
                                "0016 encrypt-then-mac\0"
                                "0017 extended master secret\0"
                                "001B compress certificate\0"
                                "001C record size limit\0"
                                "0023 session ticket\0"
                                "0029 psk\0"
                                "002A early_data\0"
                                "002B supported versions\0"
                                "002C cookie|cookie_ext\0"
                                "002D psk kex modes|psk_key_exchange_modes\0"
                                "002F certificate authorities\0"
                                "0031 post handshake auth\0"
                                "0032 signature algorithms cert\0"
                                "0033 key share\0"
                                "3374 next protocol|next_proto_neg\0"
                                "FF01 renegotiation info|renegotiate\0";
    const char *name = look_up(names, type);
    size_t from = t->len;

    if (name == NULL) {
        text_add(t, trace ? "UNKNOWN" : "unknown");
        return;
    }
    add_side(t, name, trace);
    for (size_t i = from; trace && i < t->len; i++) {
        char c = ascii_lower(t->buf[i]);

        t->buf[i] = c == ' ' || c == '-' ? '_' : c;
    }
}

/* ---- suites -------------------------------------------------------------- */

/* What clients offer and this server does not have; all others by number. */
static const char *foreign_suite(uint16_t suite)
{
    static const char names[] = "0033 DHE-RSA-AES128-SHA\0"
                                "0039 DHE-RSA-AES256-SHA\0"
                                "0067 DHE-RSA-AES128-SHA256\0"
                                "006B DHE-RSA-AES256-SHA256\0"
                                "009E DHE-RSA-AES128-GCM-SHA256\0"
                                "009F DHE-RSA-AES256-GCM-SHA384\0"
                                "00FF TLS_EMPTY_RENEGOTIATION_INFO_SCSV\0"
                                "1304 TLS_AES_128_CCM_SHA256\0"
                                "1305 TLS_AES_128_CCM_8_SHA256\0"
                                "5600 TLS_FALLBACK_SCSV\0"
                                "CCAA DHE-RSA-CHACHA20-POLY1305\0";

    return look_up(names, suite);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* IANA's name follows from OpenSSL's. */
static void add_iana(struct text *t, const char *name)
{
    static const char exchanges[][12] = {"ECDHE-ECDSA", "ECDHE-RSA", "ECDH-ECDSA", "ECDH-RSA",
                                         "DHE-RSA"};
    const char *exchange = "RSA";

    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
        if (starts_with(name, exchanges[i])) {
            exchange = exchanges[i];
            name += strlen(exchange) + 1;
            break;
        }
    }
    text_add(t, "TLS_");
    for (const char *p = exchange; *p != '\0'; p++) {
        text_addf(t, "%c", *p == '-' ? '_' : *p);
    }
    text_add(t, "_WITH_");
    if (starts_with(name, "DES-CBC3")) {
        text_add(t, "3DES_EDE_CBC");
        name += 8;
    } else if (starts_with(name, "AES")) {
        text_addf(t, "AES_%.3s", name + 3);
        name += 6;
        text_add(t, starts_with(name, "-SHA") ? "_CBC" : "");
    }
    for (; *name != '\0'; name++) {
        text_addf(t, "%s%c", *name == '8' && name[-1] == 'M' ? "_" : "",
                  *name == '-' ? '_' : *name);
    }
    text_add(t, t->len > 8 && memcmp(t->buf + t->len - 8, "POLY1305", 8) == 0 ? "_SHA256" : "");
}

void watch_add_suite(struct text *t, uint16_t suite, bool iana)
{
    struct suite_info info;
    const char *name = suite_by_id(suite, &info) ? info.name : foreign_suite(suite);

    if (name == NULL && iana) {
        text_add(t, "UNKNOWN");
    } else if (name == NULL) {
        text_addf(t, "0x%04X", suite);
    } else if (!iana || starts_with(name, "TLS_")) {
        text_add(t, name);
    } else {
        add_iana(t, name);
    }
}

/* ---- groups, signatures, the rest ----------------------------------------- */

void watch_add_group(struct text *t, uint16_t group, bool trace)
{
    static const char names[] = "0013 secp192r1|secp192r1 (P-192)\0"
                                "0015 secp224r1|secp224r1 (P-224)\0"
                                "0016 secp256k1\0"
                                "0017 secp256r1|secp256r1 (P-256)\0"
                                "0018 secp384r1|secp384r1 (P-384)\0"
                                "0019 secp521r1|secp521r1 (P-521)\0"
                                "001A brainpoolP256r1\0"
                                "001B brainpoolP384r1\0"
                                "001C brainpoolP512r1\0"
                                "001D x25519|ecdh_x25519\0"
                                "001E x448|ecdh_x448\0"
                                "0100 ffdhe2048\0"
                                "0101 ffdhe3072\0"
                                "0102 ffdhe4096\0"
                                "0103 ffdhe6144\0"
                                "0104 ffdhe8192\0"
                                "11EB SecP256r1MLKEM768\0"
                                "11EC X25519MLKEM768\0";
    const char *name = look_up(names, group);

    if (name != NULL) {
        add_side(t, name, trace);
    } else if (trace) {
        text_add(t, "UNKNOWN");
    } else {
        text_addf(t, "0x%04X", group);
    }
}

/* Hash and algorithm, as TLS 1.2 numbers them; "" where they have no names. */
static const char *old_hash(uint16_t scheme)
{
    static const char names[][8] = {"", "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};

    return scheme >> 8 < 7 ? names[scheme >> 8] : "";
}

static const char *old_key(uint16_t scheme)
{
    static const char names[][8] = {"", "RSA", "DSA", "ECDSA"};

    return (scheme & 0xFF) < 4 ? names[scheme & 0xFF] : "";
}

const char *watch_hash_name(uint16_t scheme)
{
    static const char pss[][8] = {"SHA256", "SHA384", "SHA512"};

    return scheme >= 0x0804 && scheme <= 0x0806 ? pss[scheme - 0x0804] : old_hash(scheme);
}

const char *watch_key_name(uint16_t scheme)
{
    return scheme >= 0x0804 && scheme <= 0x0806 ? "RSA-PSS" : old_key(scheme);
}

void watch_add_signature(struct text *t, uint16_t scheme, bool trace)
{
    const char *name = tls_signature_name(scheme);

    if (trace) {
        text_add(t, strcmp(name, "unknown") == 0 ? "UNKNOWN" : name);
    } else if (watch_hash_name(scheme)[0] != '\0' && watch_key_name(scheme)[0] != '\0') {
        text_addf(t, "%s+%s", watch_key_name(scheme), watch_hash_name(scheme));
    } else if (scheme >= 0x0807 && scheme <= 0x080B) {
        text_add(t, name);
    } else {
        text_addf(t, "0x%02X+0x%02X", scheme & 0xFFu, scheme >> 8);
    }
}

void watch_add_point_format(struct text *t, uint8_t format)
{
    static const char names[][26] = {"uncompressed", "ansiX962_compressed_prime",
                                     "ansiX962_compressed_char2"};

    if (format < 3) {
        text_add(t, names[format]);
    } else {
        text_addf(t, "unknown(%d)", format);
    }
}

void watch_add_alert(struct text *t, unsigned alert)
{
    const char *name = alert_name(alert);

    if (alert == ALERT_UNKNOWN_CA) {
        text_add(t, "unknown CA");
    } else if (alert == ALERT_UNEXPECTED_MESSAGE) {
        text_add(t, name); /* openssl's list has this one with its underscore */
    } else {
        for (; *name != '\0'; name++) {
            text_addf(t, "%c", *name == '_' ? ' ' : *name);
        }
    }
}
