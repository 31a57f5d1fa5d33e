/* Path validation: which chain is found, and every finding in its order. The
 * same kinds of chains go to openssl, too, in tests/integration/verify.t. */
#include "cert_maker.h"
#include "tap.h"
#include "tls/path.h"

#include <stdio.h>

#define NOW_S 1700000000
#define CA    .ca = 1, .usage = 0x06
#define ROOT                                                                                       \
    {                                                                                              \
        .subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA                             \
    }
#define MIDDLE                                                                                     \
    {                                                                                              \
        .subject = "Middle", .issuer = "Root", .key = 2, .signer = 1, CA                           \
    }
#define LEAF                                                                                       \
    {                                                                                              \
        .subject = "leaf", .issuer = "Middle", .key = 3, .signer = 2, .usage = 0x80                \
    }
#define UNDER_ROOT .subject = "leaf", .issuer = "Root", .key = 3, .signer = 1
#define CERTS_MAX  8

struct findings {
    struct text text;
    char buf[300];
    unsigned stop_after; /* 0: never */
    unsigned heard;
};

static bool hear(void *context, unsigned error, unsigned depth, const struct x509_cert *cert)
{
    struct findings *f = context;

    (void)cert;
    text_addf(&f->text, "%s%u@%u", f->text.len > 0 ? " " : "", error, depth);
    return ++f->heard != f->stop_after;
}

static struct config rules(void)
{
    struct config c;

    memset(&c, 0, sizeof c);
    c.verify_depth = 9;
    c.check_time = true;
    c.auth_level = 2;
    c.verify_hostname = c.verify_email = c.verify_ip = "";
    return c;
}

static struct path path;

/* What is found of the certificates, of which the first `trusted` are anchors. */
static const char *validate(const struct config *config, const struct span *certs, size_t count,
                            size_t trusted, struct findings *f)
{
    static br_x500_name names[CERTS_MAX];
    static struct span anchor_certs[CERTS_MAX];
    struct anchor_set anchors = {.certs = anchor_certs, .names = names, .count = trusted};
    struct path_request request = {.config = config,
                                   .anchors = &anchors,
                                   .now_s = NOW_S,
                                   .sent = certs + trusted,
                                   .sent_count = count - trusted,
                                   .report = hear,
                                   .context = f};

    for (size_t i = 0; i < trusted; i++) {
        struct x509_cert cert;
        char why[80];
        struct text error = text_over(why, sizeof why);

        expect(x509_cert_parse(&cert, certs[i], false, &error) == 0, "an anchor");
        anchor_certs[i] = certs[i];
        names[i].data = (uint8_t *)(uintptr_t)cert.subject.data;
        names[i].len = cert.subject.len;
    }
    f->text = text_over(f->buf, sizeof f->buf);
    f->heard = 0;
    expect(path_validate(&path, &request) == (f->stop_after == 0), "who stops it");
    return f->buf;
}

struct path_case {
    const char *name, *found;
    size_t trusted;
    struct cert_spec certs[CERTS_MAX]; /* anchors, then what is sent */
};

static size_t make(const struct path_case *c, struct span *certs)
{
    size_t count = 0;

    while (count < CERTS_MAX && c->certs[count].subject != NULL) {
        certs[count] = maker_cert(&c->certs[count]);
        count++;
    }
    return count;
}

static void check(const struct path_case *cases, size_t count, const struct config *config)
{
    struct span certs[CERTS_MAX];

    for (size_t i = 0; i < count; i++) {
        struct findings f = {.stop_after = 0};
        size_t n = make(&cases[i], certs);

        is_text(validate(config, certs, n, cases[i].trusted, &f), cases[i].found, cases[i].name);
    }
}

static void building(void)
{
    static const struct path_case cases[] = {
        {"a chain", "0@2 0@1 0@0", 1, {ROOT, LEAF, MIDDLE}},
        {"with its root", "0@2 0@1 0@0", 1, {ROOT, LEAF, ROOT, MIDDLE}},
        {"without the one between", "20@0 21@0 0@0", 1, {ROOT, LEAF}},
        {"no anchor", "19@2 0@2 0@1 0@0", 0, {LEAF, MIDDLE, ROOT}},
        {"no anchor, no root", "20@1 0@0", 0, {LEAF, MIDDLE}},
        {"self-signed",
         "18@0 0@0",
         1,
         {ROOT, {.subject = "a", .issuer = "a", .key = 4, .signer = 4}}},
        {"an anchor that is not self-signed", "2@1 0@0", 1, {MIDDLE, LEAF}},
        {"a root of the same name, not the same",
         "10@2 0@2 7@1 0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 9, .signer = 9, CA, .to_s = NOW_S - 1},
          LEAF,
          MIDDLE,
          {.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA}}},
        {"two anchors of one name: the key decides",
         "0@2 0@1 0@0",
         2,
         {{.subject = "Root", .issuer = "Root", .key = 9, .signer = 9, CA}, ROOT, LEAF, MIDDLE}},
        {"the same with key identifiers",
         "0@1 0@0",
         2,
         {{.subject = "Root", .issuer = "Root", .key = 9, .signer = 9, CA, .key_ids = true},
          {.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .key_ids = true},
          {UNDER_ROOT, .key_ids = true}}},
        {"an expired anchor and its renewal",
         "0@1 0@0",
         2,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .to_s = NOW_S - 1},
          ROOT,
          {UNDER_ROOT}}},
        {"cross-signed",
         "0@2 0@1 0@0",
         1,
         {ROOT, LEAF, {.subject = "Middle", .issuer = "Other", .key = 2, .signer = 8, CA}, MIDDLE}},
        {"certificates that issue each other",
         "20@2 7@1 0@1 0@0",
         0,
         {LEAF,
          {.subject = "Middle", .issuer = "Loop", .key = 2, .signer = 5, CA},
          {.subject = "Loop", .issuer = "Middle", .key = 6, .signer = 2, CA}}},
    };
    struct config config = rules();

    check(cases, ARRAY_LEN(cases), &config);
}

static void signatures_and_times(void)
{
    static const struct path_case cases[] = {
        {"a forged signature", "0@1 7@0 0@0", 1, {ROOT, {UNDER_ROOT, .forged = true}}},
        {"one in between",
         "0@2 7@1 0@1 0@0",
         1,
         {ROOT, LEAF, {.subject = "Middle", .issuer = "Root", .key = 2, .signer = 7, CA}}},
        {"a forged anchor: nobody asks",
         "0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .forged = true},
          {UNDER_ROOT}}},
        {"expired", "0@1 10@0 0@0", 1, {ROOT, {UNDER_ROOT, .to_s = NOW_S - 1}}},
        {"in its last second", "0@1 0@0", 1, {ROOT, {UNDER_ROOT, .to_s = NOW_S}}},
        {"not yet valid", "0@1 9@0 0@0", 1, {ROOT, {UNDER_ROOT, .from_s = NOW_S + 1}}},
        {"from this second on", "0@1 0@0", 1, {ROOT, {UNDER_ROOT, .from_s = NOW_S}}},
        {"an expired anchor alone",
         "10@1 0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .to_s = NOW_S - 1},
          {UNDER_ROOT}}},
    };
    struct config config = rules();
    static const struct path_case own = {
        "the anchor's own signature, when asked for",
        "7@1 0@1 0@0",
        1,
        {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .forged = true},
         {UNDER_ROOT}}};
    static const struct path_case old = {
        "no time, no expiry", "0@1 0@0", 1, {ROOT, {UNDER_ROOT, .to_s = NOW_S - 1}}};

    check(cases, ARRAY_LEN(cases), &config);
    config.check_self_signature = true;
    check(&own, 1, &config);
    config.check_time = false;
    check(&old, 1, &config);
}

static void authorities(void)
{
    static const struct path_case cases[] = {
        {"no authority",
         "79@1 26@1 0@2 0@1 0@0",
         1,
         {ROOT, LEAF, {.subject = "Middle", .issuer = "Root", .key = 2, .signer = 1, .ca = -1}}},
        {"constraints are missing",
         "79@1 26@1 0@2 0@1 0@0",
         1,
         {ROOT, LEAF, {.subject = "Middle", .issuer = "Root", .key = 2, .signer = 1}}},
        {"one whose key may not sign",
         "79@1 26@1 0@2 0@1 32@1 0@0",
         1,
         {ROOT,
          LEAF,
          {.subject = "Middle", .issuer = "Root", .key = 2, .signer = 1, .ca = 1, .usage = 0x80}}},
        {"a root of version 1",
         "0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, .version = 1},
          {UNDER_ROOT}}},
        {"path length 0, none below",
         "0@2 0@1 0@0",
         1,
         {ROOT,
          LEAF,
          {.subject = "Middle", .issuer = "Root", .key = 2, .signer = 1, CA, .path_length = 1}}},
        {"path length 0, one below",
         "25@2 0@2 0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .path_length = 1},
          LEAF,
          MIDDLE}},
        {"one below that is self-issued does not count",
         "0@2 0@1 0@0",
         1,
         {{.subject = "Root",
           .issuer = "Root",
           .key = 1,
           .signer = 1,
           CA,
           .path_length = 1,
           .key_ids = true},
          {.subject = "leaf", .issuer = "Root", .key = 3, .signer = 2, .key_ids = true},
          {.subject = "Root", .issuer = "Root", .key = 2, .signer = 1, CA, .key_ids = true}}},
        {"a critical extension that nobody knows",
         "34@0 0@1 0@0",
         1,
         {ROOT, {UNDER_ROOT, .critical_unknown = 1}}},
        {"one whose flag has two bytes: nobody could tell what it means",
         "20@0 21@0 0@0",
         1,
         {ROOT,
          LEAF,
          {.subject = "Middle",
           .issuer = "Root",
           .key = 2,
           .signer = 1,
           CA,
           .critical_unknown = 2}}},
        {"a version beyond all",
         "20@0 21@0 0@0",
         1,
         {ROOT,
          LEAF,
          {.subject = "Middle", .issuer = "Root", .key = 2, .signer = 1, CA, .version = 4}}},
        {"for servers", "26@0 0@1 0@0", 1, {ROOT, {UNDER_ROOT, .purpose = 1}}},
        {"for clients", "0@1 0@0", 1, {ROOT, {UNDER_ROOT, .purpose = 2}}},
        {"an authority for servers",
         "26@1 0@2 0@1 0@0",
         1,
         {ROOT,
          LEAF,
          {.subject = "Middle", .issuer = "Root", .key = 2, .signer = 1, CA, .purpose = 1}}},
        {"a key for encryption alone", "26@0 0@1 0@0", 1, {ROOT, {UNDER_ROOT, .usage = 0x20}}},
        {"a key for signatures", "0@1 0@0", 1, {ROOT, {UNDER_ROOT, .usage = 0x80}}},
    };
    static const struct path_case servers[] = {
        {"purpose: for servers", "0@1 0@0", 1, {ROOT, {UNDER_ROOT, .purpose = 1}}},
        {"purpose: for clients", "26@0 0@1 0@0", 1, {ROOT, {UNDER_ROOT, .purpose = 2}}},
        {"purpose: a key for encryption alone", "0@1 0@0", 1, {ROOT, {UNDER_ROOT, .usage = 0x20}}},
        {"ignore-critical", "0@1 0@0", 1, {ROOT, {UNDER_ROOT, .critical_unknown = 1}}},
    };
    struct config config = rules();

    check(cases, ARRAY_LEN(cases), &config);
    config.purpose = PURPOSE_SERVER;
    config.ignore_critical = true;
    check(servers, ARRAY_LEN(servers), &config);
}

static void depth_and_anchors(void)
{
    static const struct path_case chain = {"", "", 1, {ROOT, LEAF, MIDDLE}};
    static const struct path_case partial[] = {
        {"an anchor between", "0@1 0@0", 1, {MIDDLE, LEAF}},
        {"the leaf itself", "0@0", 1, {LEAF, LEAF}},
        {"none", "20@0 0@0", 1, {ROOT, LEAF}},
    };
    static const char *const found[] = {"22@1 20@1 0@0", "0@2 0@1 0@0", "0@2 0@1 0@0"};
    struct config config = rules();
    struct span certs[CERTS_MAX];
    size_t n = make(&chain, certs);

    for (unsigned depth = 0; depth < ARRAY_LEN(found); depth++) {
        struct findings f = {.stop_after = 0};

        config.verify_depth = depth;
        is_text(validate(&config, certs, n, 1, &f), found[depth], "depth");
    }
    config.partial_chain = true;
    check(partial, ARRAY_LEN(partial), &config);
}

/* More certificates than a chain may hold, each issued by the next. */
static void long_chain(void)
{
    struct span certs[PATH_MAX_SENT];
    struct findings f = {.stop_after = 0};
    struct config config = rules();
    char last[8];

    config.verify_depth = PATH_MAX_DEPTH;
    for (unsigned i = 0; i < PATH_MAX_SENT; i++) {
        char subject[8], issuer[8];
        struct cert_spec s = {.subject = subject, .issuer = issuer, .key = 1, .signer = 1, CA};

        snprintf(subject, sizeof subject, "%u", i);
        snprintf(issuer, sizeof issuer, "%u", i + 1);
        certs[i] = maker_cert(&s);
    }
    snprintf(last, sizeof last, "22@%u", PATH_MAX_CERTS - 1);
    ok(strncmp(validate(&config, certs, PATH_MAX_SENT, 0, &f), last, strlen(last)) == 0,
       "a chain as long as can be");
    ok(path.count == PATH_MAX_CERTS, "and no longer");
}

static void names(void)
{
/* dNSName www.example.org, rfc822Name a@example.org, iPAddress 10.1.2.3 */
#define NAMES "820F7777772E6578616D706C652E6F7267810D61406578616D706C652E6F726787040A010203"
    static const struct {
        const char *host, *email, *ip, *found;
    } cases[] = {
        {"www.example.org", "a@EXAMPLE.org", "10.1.2.3", "0@1 0@0"},
        {"leaf", "", "", "62@0 0@1 0@0"},
        {"", "A@example.org", "", "63@0 0@1 0@0"},
        {"", "", "10.1.2.4", "64@0 0@1 0@0"},
        {"", "", "::1", "64@0 0@1 0@0"},
        {"x.org", "b@x.org", "1.1.1.1", "62@0 63@0 64@0 0@1 0@0"},
    };
    static const struct path_case chain = {"", "", 1, {ROOT, {UNDER_ROOT, .names = NAMES}}};
    struct span certs[CERTS_MAX];
    size_t n = make(&chain, certs);

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config config = rules();
        struct findings f = {.stop_after = 0};

        config.verify_hostname = cases[i].host;
        config.verify_email = cases[i].email;
        config.verify_ip = cases[i].ip;
        is_text(validate(&config, certs, n, 1, &f), cases[i].found, "who it is for");
    }
}

static void wildcards(void)
{
    /* *.org, *.example.org */
    static const struct path_case chain = {
        "", "", 1, {ROOT, {UNDER_ROOT, .names = "82052A2E6F7267820D2A2E6578616D706C652E6F7267"}}};
    static const char *const hosts[][2] = {{"www.example.org", "0@1 0@0"},
                                           {"example.org", "62@0 0@1 0@0"},
                                           {"a.b.example.org", "62@0 0@1 0@0"},
                                           {"org", "62@0 0@1 0@0"}};
    struct span certs[CERTS_MAX];
    size_t n = make(&chain, certs);

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct config config = rules();
        struct findings f = {.stop_after = 0};

        config.verify_hostname = hosts[i][0];
        is_text(validate(&config, certs, n, 1, &f), hosts[i][1], hosts[i][0]);
    }
}

static void constraints(void)
{
/* Subtrees: dNSName example.org; iPAddress 10.0.0.0/8; directoryName O=Good */
#define DNS     "300D820B6578616D706C652E6F7267"
#define NET     "300A87080A000000FF000000"
#define GOOD    "3013A411300F310D300B060355040A0C04476F6F64"
#define BOUNDED "3010820B6578616D706C652E6F7267800101"
#define OTHER   "30068A04010203FF"
#define NARROW(list)                                                                               \
    {                                                                                              \
        .subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .constraints = (list)      \
    }
    static const struct path_case cases[] = {
        {"a host that is permitted",
         "0@1 0@0",
         1,
         {NARROW("A00F" DNS), {UNDER_ROOT, .names = "820F7777772E6578616D706C652E6F7267"}}},
        {"one that is not",
         "0@1 0@0 47@0",
         1,
         {NARROW("A00F" DNS), {UNDER_ROOT, .names = "820D616E6578616D706C652E6F7267"}}},
        {"one that is excluded",
         "0@1 0@0 48@0",
         1,
         {NARROW("A10F" DNS), {UNDER_ROOT, .names = "820D612E4558414D504C452E6F7267"}}},
        {"another type of name",
         "0@1 0@0",
         1,
         {NARROW("A00F" DNS), {UNDER_ROOT, .names = "87040B010203"}}},
        {"an address that is permitted",
         "0@1 0@0",
         1,
         {NARROW("A00C" NET), {UNDER_ROOT, .names = "87040A010203"}}},
        {"one that is not permitted",
         "0@1 0@0 47@0",
         1,
         {NARROW("A00C" NET), {UNDER_ROOT, .names = "87040B010203"}}},
        {"one of IPv6",
         "0@1 0@0 47@0",
         1,
         {NARROW("A00C" NET), {UNDER_ROOT, .names = "871000000000000000000000000000000001"}}},
        {"one of no length that there is",
         "0@1 0@0 53@0",
         1,
         {NARROW("A00C" NET), {UNDER_ROOT, .names = "87030A0102"}}},
        {"a subject that is permitted, written otherwise",
         "0@1 0@0",
         1,
         {NARROW("A015" GOOD), {UNDER_ROOT, .organization = " GOOD "}}},
        {"one that is not permitted",
         "0@1 0@0 47@0",
         1,
         {NARROW("A015" GOOD), {UNDER_ROOT, .organization = "Goods"}}},
        {"one that is excluded, written otherwise",
         "0@1 0@0 48@0",
         1,
         {NARROW("A115" GOOD), {UNDER_ROOT, .organization = "gOOd"}}},
        {"a minimum or maximum",
         "0@1 0@0 49@0",
         1,
         {NARROW("A012" BOUNDED), {UNDER_ROOT, .names = "820161"}}},
        {"a type of constraint that nobody knows, and no such name",
         "0@1 0@0",
         1,
         {NARROW("A008" OTHER), {UNDER_ROOT, .names = "820161"}}},
        {"a type of constraint that nobody knows",
         "0@1 0@0 51@0",
         1,
         {NARROW("A108" OTHER), {UNDER_ROOT, .names = "8A04010203FF"}}},
        {"a wildcard in place of the common name",
         "0@1 0@0 47@0",
         1,
         {NARROW("A00F" DNS), {.subject = "*.other.org", .issuer = "Root", .key = 3, .signer = 1}}},
        {"one that is permitted",
         "0@1 0@0",
         1,
         {NARROW("A00F" DNS),
          {.subject = "*.example.org", .issuer = "Root", .key = 3, .signer = 1}}},
        {"a common name that is no host's",
         "0@1 0@0",
         1,
         {NARROW("A00F" DNS), {.subject = "* other", .issuer = "Root", .key = 3, .signer = 1}}},
        {"malformed constraints",
         "0@1 0@0 52@0",
         1,
         {NARROW("A0053003820561"), {UNDER_ROOT, .names = "820161"}}},
    };
    struct config config = rules();

    check(cases, ARRAY_LEN(cases), &config);
}

static void strictly(void)
{
    static const struct path_case cases[] = {
        {"strict: no key identifiers", "85@0 86@1 0@1 0@0", 1, {ROOT, {UNDER_ROOT}}},
        {"strict: with them",
         "0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .key_ids = true},
          {UNDER_ROOT, .key_ids = true}}},
        {"strict: an authority without key usage",
         "92@1 0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, .ca = 1, .key_ids = true},
          {UNDER_ROOT, .key_ids = true}}},
        {"strict: a client that may sign certificates",
         "82@0 0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .key_ids = true},
          {UNDER_ROOT, .usage = 0x84, .ca = -1, .key_ids = true}}},
        {"strict: no subject",
         "84@0 0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .key_ids = true},
          {.subject = "", .issuer = "Root", .key = 3, .signer = 1, .key_ids = true}}},
        {"strict: no subject, other names",
         "88@0 0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .key_ids = true},
          {.subject = "",
           .issuer = "Root",
           .key = 3,
           .signer = 1,
           .key_ids = true,
           .names = "820161"}}},
        {"strict: no names in their extension",
         "87@0 0@1 0@0",
         1,
         {{.subject = "Root", .issuer = "Root", .key = 1, .signer = 1, CA, .key_ids = true},
          {UNDER_ROOT, .key_ids = true, .names = ""}}},
    };
    static const struct path_case suite = {
        "Suite B: P-256", "0@2 0@1 0@0", 1, {ROOT, LEAF, MIDDLE}};
    static const struct path_case high = {
        "Suite B: not P-256", "60@0 0@2 0@1 0@0", 1, {ROOT, LEAF, MIDDLE}};
    static const struct path_case weak = {
        "P-256 at level 4", "66@0 68@0 67@1 0@1 0@0", 1, {ROOT, {UNDER_ROOT}}};
    struct config config = rules();

    config.x509_strict = true;
    check(cases, ARRAY_LEN(cases), &config);
    config = rules();
    config.suiteb = SUITEB_128;
    check(&suite, 1, &config);
    config.suiteb = SUITEB_192;
    check(&high, 1, &config);
    config = rules();
    config.auth_level = 4;
    check(&weak, 1, &config);
}

/* Wherever the listener stops it nothing more is said. Whatever is changed in a
 * certificate, it is not good any more. */
static void stopping_and_changes(void)
{
    static const struct path_case chain = {"", "", 1, {ROOT, LEAF, MIDDLE}};
    struct span certs[CERTS_MAX];
    size_t n = make(&chain, certs);
    struct config config = rules();
    unsigned good = 0;

    for (unsigned stop = 1; stop <= 3; stop++) {
        struct findings f = {.stop_after = stop};

        validate(&config, certs, n, 1, &f);
        ok(f.heard == stop, "stopped");
    }
    for (size_t which = 1; which < 3; which++) {
        struct span whole = certs[which];
        uint8_t *copy = malloc(whole.len);

        for (size_t i = 0; i < whole.len; i += 3 * TAP_STEP) {
            struct findings f = {.stop_after = 0};
            struct x509_cert cert;
            char why[80];
            struct text error = text_over(why, sizeof why);

            memcpy(copy, whole.data, whole.len);
            copy[i] ^= (uint8_t)(1u << i % 8);
            certs[which] = span_of(copy, whole.len);
            if (which == 1 && x509_cert_parse(&cert, certs[1], false, &error) != 0) {
                continue; /* a leaf that cannot be read is its caller's to refuse */
            }
            good += strcmp(validate(&config, certs, n, 1, &f), "0@2 0@1 0@0") == 0;
        }
        certs[which] = whole;
        free(copy);
    }
    ok(good == 0, "nothing can be changed");
}

int main(void)
{
    building();
    signatures_and_times();
    authorities();
    depth_and_anchors();
    long_chain();
    names();
    wildcards();
    constraints();
    strictly();
    stopping_and_changes();
    maker_free();
    return tap_done();
}
