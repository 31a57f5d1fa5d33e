/* Text of certificates: what openssl 3.0 prints for the same bytes, escapes, bounds. */
#include "tap.h"
#include "tls/der.h"
#include "tls/pem.h"
#include "tls/x509name.h"
#include "tls/x509text.h"

#include <stdlib.h>

static uint8_t memory[1024];
static char line[512];

static struct span bytes_of(const char *hex)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        memory[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return span_of(memory, n);
}

static const char *name_of(struct span dn)
{
    struct text t = text_over(line, sizeof line);

    x509name_add(&t, dn);
    return line;
}

static const char *alt_names_of(struct span names)
{
    struct text t = text_over(line, sizeof line);

    x509text_alt_names(&t, names);
    return line;
}

/* DER of names, and what `openssl x509 -noout -subject` made of them. */
static void names(void)
{
    static const struct {
        const char *der, *text;
    } cases[] = {
        {"300e310c300a06035504030c03613d62", "CN = a=b"},
        {"300e310c300a06035504030c03613b62", "CN = \"a;b\""},
        {"300e310c300a06035504030c03613e62", "CN = \"a>b\""},
        {"301b310d300b06042a0384010c03792c7a310a300806035504030c0178",
         "1.2.3.513 = \"y,z\", CN = x"},
        {"3014310f300606035504030c0000", "(malformed name)"},
        {"30143112301006035504030c09610a001b5b62c3bc7f", "CN = a\\0A\\00\\1B[b\\C3\\BC\\7F"},
        {"300f310d300b06035504031e04006120ac", "CN = a\\E2\\82\\AC"},
        {"30133111300f06035504031c08000000610001f600", "CN = a\\F0\\9F\\98\\80"},
        {"300d310b30090603550403140261fc", "CN = a\\C3\\BC"},
        {"300f310d300b0603550403030400616263", "CN = #030400616263"},
        {"300e310c300a06035504031203313233", "CN = 123"},
        {"300b3109300706035504030c00", "CN = "},
        {"300c310a300806035504030c0120", "CN = \" \""},
        {"300c310a300806035504030c0122", "CN = \\\""},
        {"300f310d300b06035504030c04612c225c", "CN = \"a,\\\"\\\\\""},
        {"300d310b300906035504030c026123", "CN = a#"},
        {"300d310b300906035504030c022361", "CN = \"#a\""},
        {"300b31093007060288370c0171", "2.999 = q"},
        {"3000", ""},
        /* openssl refuses these */
        {"300e310c300a06035504031e03006100", "CN = #1E03006100"},
        {"300e310c300a06035504030c0361fffe", "CN = a\\FF\\FE"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        is_text(name_of(bytes_of(cases[i].der)), cases[i].text, cases[i].text);
    }
    is_text(
        name_of(bytes_of("301c311a300806035504030c0162300e06035504060c0744452b412c20422a0c0178")),
        "(malformed name)", "bytes behind the name");
    is_text(name_of(bytes_of("3017311530080603550403"
                             "0c0162"
                             "300906035504060c024445")),
            "CN = b + C = DE", "two attributes in one set");
}

static void oids(void)
{
    static const struct {
        const char *oid, *text;
    } cases[] = {
        {"2a864886f70d01010b", "sha256WithRSAEncryption"},
        {"2a864886f70d010101", "rsaEncryption"},
        {"2a8648ce3d040303", "ecdsa-with-SHA384"},
        {"2a8648ce3d0201", "id-ecPublicKey"},
        {"2b6570", "ED25519"},
        {"550461", "organizationIdentifier"},
        {"2b0601040182373c020103", "jurisdictionC"},
        {"2a864886f70d010102", "1.2.840.113549.1.1.2"},
        {"2bffffffff7f", "1.3?"},
        {"", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct text t = text_over(line, sizeof line);

        x509name_add_oid(&t, bytes_of(cases[i].oid));
        is_text(line, cases[i].text, cases[i].oid);
    }
}

#define ADDRESSES                                                                                  \
    "8209612e6578616d706c65820b2a2e622e6578616d706c658704c0000201871020010db80000000000000000"     \
    "00000001810578"                                                                               \
    "40792e7a860b687474703a2f2f612f6263"

static void alt_names(void)
{
    static const struct {
        const char *der, *text;
    } cases[] = {
        {ADDRESSES, "DNS:a.example, DNS:*.b.example, IP Address:192.0.2.1, "
                    "IP Address:2001:DB8:0:0:0:0:0:1, email:x@y.z, URI:http://a/bc"},
        {"88032a0304", "Registered ID:1.2.3.4"},
        {"a018060a2b060104018237140203a00a0c087573657240646f6d", "othername: UPN::user@dom"},
        {"a00906022a03a0030c017a", "othername: 1.2.3::z"},
        {"a01106082b06010505070809a0050c03754064", "othername: SmtpUTF8Mailbox::u@d"},
        {"8703616263", "IP Address:<invalid length=3>"},
        {"8200", "DNS:"},
        {"a3023000", "X400Name:<unsupported>"},
        {"a505a1030c0161", "EdiPartyName:<unsupported>"},
        {"", ""},
        /* Here openssl prints the bytes as they are, or with another form of names. */
        {"8203610062", "DNS:a\\00b"},
        {"820d610a622c20444e533a71fc225c", "DNS:a\\0Ab\\, DNS:q\\FC\"\\\\"},
        {"a40e300c310a300806035504030c0178", "DirName:CN = x"},
        {"a0030c0161", "othername:<unsupported>"},
        {"890161", "(malformed names)"},
        {"820161"
         "0201",
         "(malformed names)"},
        {"a2030c0161", "(malformed names)"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        is_text(alt_names_of(bytes_of(cases[i].der)), cases[i].text, cases[i].text);
    }
}

static bool printable(const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s < 0x20 || *s > 0x7E) {
            return false;
        }
    }
    return true;
}

/* Whatever is cut off, in the bytes or in the memory for the text, and whatever
 * byte is changed: printable, within bounds. */
static void cuts(void)
{
    static const char dn[] = "301b310d300b06042a0384010c03792c7a310a300806035504030c0178";
    struct span whole;
    bool good = true;

    whole = bytes_of(dn);
    for (size_t n = 0; n < whole.len; n++) {
        good = good && strcmp(name_of(span_of(whole.data, n)), "(malformed name)") == 0;
    }
    ok(good, "every truncated name is malformed");
    for (size_t room = 0; room < 32; room++) {
        char *small = malloc(room > 0 ? room : 1);
        struct text t = text_over(small, room);

        x509name_add(&t, whole);
        expect(room == 0 || (strlen(small) == t.len && t.len < room &&
                             strncmp(small, name_of(whole), t.len) == 0),
               "cut");
        free(small);
    }
    whole = bytes_of(ADDRESSES);
    for (size_t n = 0; n < whole.len; n++) {
        expect(printable(alt_names_of(span_of(whole.data, n))), "cut alternative names");
    }
    for (size_t n = 0; n < 8 * whole.len; n++) {
        memory[n / 8] ^= (uint8_t)(1u << n % 8);
        expect(printable(alt_names_of(whole)), "changed alternative names");
        memory[n / 8] ^= (uint8_t)(1u << n % 8);
    }
    ok(true, "what is cut or changed stays printable");
}

static void times(void)
{
    struct text t = text_over(line, sizeof line);

    x509text_time(&t, 1577836800);
    text_add(&t, "|");
    x509text_time(&t, 2556143999);
    is_text(line, "Jan  1 00:00:00 2020 GMT|Dec 31 23:59:59 2050 GMT", "times");
}

static void pem(void)
{
    static char small[90], big[200];
    struct text t = text_over(small, sizeof small);
    struct text all = text_over(big, sizeof big);

    pem_add(&t, span_of("abcdefghijklmnop", 16), "CERTIFICATE");
    is_text(small,
            "-----BEGIN CERTIFICATE-----\nYWJjZGVmZ2hpamtsbW5vcA==\n-----END CERTIFICATE-----\n",
            "a PEM block");
    t = text_over(small, 79);
    pem_add(&t, span_of("abcdefghijklmnop", 16), "CERTIFICATE");
    ok(t.full && t.len == 0, "not when it does not fit");
    text_add(&all, "depth=0\n");
    pem_add(&all, span_of(memory, 60), "X");
    ok(!all.full && strlen(big) == all.len && strncmp(big, "depth=0\n-----BEGIN X-----\n", 26) == 0,
       "behind other text");
}

int main(void)
{
    names();
    oids();
    alt_names();
    cuts();
    times();
    pem();
    return tap_done();
}
