/* Names in certificates: is it the one that is expected, and may the authorities
 * above name it (name constraints, RFC 5280 section 4.2.1.10)? */
#include "tls/path.h"
#include "core/build.h"
#include "tls/der.h"
#include "tls/oid.h"
#include "tls/x509name.h"

#include <arpa/inet.h>
#include <string.h>

/* Comparisons for one chain: names and constraints multiply. */
#define COMPARISONS_MAX 65536

enum general_name {
    GENERAL_EMAIL = DER_CONTEXT(1),
    GENERAL_DNS = DER_CONTEXT(2),
    GENERAL_DIRECTORY = DER_CONSTRUCTED(4),
    GENERAL_URI = DER_CONTEXT(6),
    GENERAL_IP = DER_CONTEXT(7),
};

static bool equal_nocase(struct span a, struct span b)
{
    for (size_t i = 0; a.len == b.len && i < a.len; i++) {
        if (ascii_lower((char)a.data[i]) != ascii_lower((char)b.data[i])) {
            return false;
        }
    }
    return a.len == b.len;
}

/* Behind the last byte c, or 0 when there is none. */
static size_t behind_last(struct span s, char c)
{
    size_t i = s.len;

    while (i > 0 && s.data[i - 1] != (uint8_t)c) {
        i--;
    }
    return i;
}

static struct span from(struct span s, size_t start)
{
    return span_of(s.data + start, s.len - start);
}

static struct span span_text(const char *s)
{
    return span_of(s, strlen(s));
}

/* ---- identity ------------------------------------------------------------- */

static const uint8_t OID_EMAIL[] = {9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1};

/* Mailboxes: what stands before the @ may tell letters' case apart. */
static bool same_mailbox(struct span a, struct span b)
{
    size_t at = behind_last(a, '@');

    return at == behind_last(b, '@') && memcmp(a.data, b.data, at) == 0 &&
           equal_nocase(from(a, at), from(b, at));
}

static bool has_email(const struct x509_cert *cert, struct span wanted)
{
    struct reader names = der_reader(cert->alt_names);
    struct x509name_walk walk = x509name_walk_of(cert->subject);
    struct span value;
    bool any = false;

    while (reader_left(&names) > 0) {
        uint8_t tag = der_peek(&names);

        value = der_take(&names, tag);
        any = any || tag == GENERAL_EMAIL;
        if (tag == GENERAL_EMAIL && same_mailbox(value, wanted)) {
            return true;
        }
    }
    while (!any && x509name_next(&walk, OID_EMAIL, &value)) {
        if (same_mailbox(value, wanted)) {
            return true;
        }
    }
    return false;
}

static bool has_ip(const struct x509_cert *cert, const char *wanted)
{
    struct reader names = der_reader(cert->alt_names);
    uint8_t ip[16];
    size_t len = inet_pton(AF_INET, wanted, ip) == 1 ? 4 : 16;

    if (len == 16 && inet_pton(AF_INET6, wanted, ip) != 1) {
        return false;
    }
    while (reader_left(&names) > 0) {
        uint8_t tag = der_peek(&names);

        if (span_equal(der_take(&names, tag), span_of(ip, len)) && tag == GENERAL_IP) {
            return true;
        }
    }
    return false;
}

bool path_check_identity(const struct path *p)
{
    const struct config *c = p->request->config;
    const struct x509_cert *leaf = &p->certs[0];

    if (!TINY_STANDIN) {
        return true;
    }
    if (c->verify_hostname[0] != '\0' && !x509_cert_covers(leaf, c->verify_hostname) &&
        !path_tell(p, PATH_WRONG_HOST, 0)) {
        return false;
    }
    if (c->verify_email[0] != '\0' && !has_email(leaf, span_text(c->verify_email)) &&
        !path_tell(p, PATH_WRONG_EMAIL, 0)) {
        return false;
    }
    return c->verify_ip[0] == '\0' || has_ip(leaf, c->verify_ip) || path_tell(p, PATH_WRONG_IP, 0);
}

/* ---- does a name lie in a subtree? ---------------------------------------- */

/* Each gives PATH_OK (it does), PATH_NOT_PERMITTED (it does not), or an error. */

static unsigned verdict(bool inside)
{
    return inside ? PATH_OK : PATH_NOT_PERMITTED;
}

static bool ends_with(struct span s, struct span end)
{
    return s.len >= end.len && equal_nocase(from(s, s.len - end.len), end);
}

static unsigned dns_inside(struct span base, struct span name)
{
    if (base.len == 0) {
        return PATH_OK;
    }
    return verdict(ends_with(name, base) && (name.len == base.len || base.data[0] == '.' ||
                                             name.data[name.len - base.len - 1] == '.'));
}

/* A host for mail or in a URI: itself, or with a leading dot all below it. */
static unsigned host_inside(struct span base, struct span host)
{
    if (base.len > 0 && base.data[0] == '.') {
        return verdict(host.len > base.len && ends_with(host, base));
    }
    return verdict(equal_nocase(base, host));
}

static unsigned email_inside(struct span base, struct span name)
{
    size_t at = behind_last(name, '@');

    if (at == 0) {
        return PATH_NAME_SYNTAX;
    }
    if (behind_last(base, '@') > 1) {
        return verdict(same_mailbox(base, name));
    }
    return host_inside(from(base, behind_last(base, '@')), from(name, at));
}

static unsigned uri_inside(struct span base, struct span name)
{
    size_t start = 0, end;

    while (start + 3 <= name.len && memcmp(name.data + start, "://", 3) != 0) {
        start++;
    }
    if (start + 3 > name.len) {
        return PATH_NAME_SYNTAX;
    }
    name = from(name, start + 3);
    for (end = 0; end < name.len && memchr("/?#", name.data[end], 3) == NULL; end++) {
    }
    name = from(span_of(name.data, end), behind_last(span_of(name.data, end), '@'));
    for (end = 0; end < name.len && name.data[end] != ':'; end++) {
    }
    return end == 0 ? PATH_NAME_SYNTAX : host_inside(base, span_of(name.data, end));
}

static unsigned ip_inside(struct span base, struct span name)
{
    size_t len = base.len / 2;

    if ((name.len != 4 && name.len != 16) || (base.len != 8 && base.len != 32)) {
        return name.len != 4 && name.len != 16 ? PATH_NAME_SYNTAX : PATH_CONSTRAINT_SYNTAX;
    }
    for (size_t i = 0; len == name.len && i < len; i++) {
        if (((base.data[i] ^ name.data[i]) & base.data[len + i]) != 0) {
            return PATH_NOT_PERMITTED;
        }
    }
    return verdict(len == name.len);
}

/* ---- directory names ------------------------------------------------------ */

/* An attribute's value without what makes no difference: type of string, case,
 * spaces at the ends and doubled ones. False: it does not fit. */
static bool canonical(struct text *t, struct span element)
{
    char written[200];
    struct text raw = text_over(written, sizeof written);
    size_t end;
    bool gap = false;

    x509name_add_value(&raw, element);
    end = raw.len;
    if (end >= 2 && written[0] == '"') {
        end--;
    }
    for (size_t i = end < raw.len ? 1 : 0; i < end; i++) {
        char c = ascii_lower(written[i]);

        if (c == ' ') {
            gap = t->len > 0;
            continue;
        }
        if (gap) {
            text_add(t, " ");
        }
        gap = false;
        text_add_span(t, span_of(&c, 1));
    }
    return !raw.full;
}

static unsigned value_same(struct span a, struct span b)
{
    char text_a[200], text_b[200];
    struct text ta = text_over(text_a, sizeof text_a), tb = text_over(text_b, sizeof text_b);

    if (span_equal(a, b)) {
        return PATH_OK;
    }
    if (!canonical(&ta, a) || !canonical(&tb, b)) {
        return PATH_NAME_SYNTAX; /* it could be the same: nobody can tell */
    }
    return verdict(strcmp(text_a, text_b) == 0);
}

static unsigned rdn_same(struct span base, struct span name)
{
    struct reader a = der_reader(base), b = der_reader(name);

    while (reader_left(&a) > 0 && reader_left(&b) > 0) {
        struct reader pair_a = der_reader(der_take(&a, DER_SEQUENCE));
        struct reader pair_b = der_reader(der_take(&b, DER_SEQUENCE));
        bool same = span_equal(der_take(&pair_a, DER_OID), der_take(&pair_b, DER_OID));
        unsigned v = same ? value_same(der_element(&pair_a), der_element(&pair_b))
                          : (unsigned)PATH_NOT_PERMITTED;

        if (v != PATH_OK) {
            return v;
        }
    }
    return verdict(reader_left(&a) == 0 && reader_left(&b) == 0);
}

/* Both are whole Names. */
static unsigned directory_inside(struct span base, struct span name)
{
    struct reader outer_a = der_reader(base), outer_b = der_reader(name);
    struct reader a = der_reader(der_take(&outer_a, DER_SEQUENCE));
    struct reader b = der_reader(der_take(&outer_b, DER_SEQUENCE));

    while (reader_left(&a) > 0) {
        unsigned v = reader_left(&b) == 0 ? (unsigned)PATH_NOT_PERMITTED
                                          : rdn_same(der_take(&a, DER_SET), der_take(&b, DER_SET));

        if (v != PATH_OK) {
            return v;
        }
    }
    return outer_a.bad || a.bad ? PATH_CONSTRAINT_SYNTAX : PATH_OK;
}

/* ---- constraints ---------------------------------------------------------- */

static unsigned inside(uint8_t type, struct span base, struct span name)
{
    switch (type) {
    case GENERAL_DNS:
        return dns_inside(base, name);
    case GENERAL_EMAIL:
        return email_inside(base, name);
    case GENERAL_URI:
        return uri_inside(base, name);
    case GENERAL_IP:
        return ip_inside(base, name);
    case GENERAL_DIRECTORY:
        return directory_inside(base, name);
    default:
        return PATH_CONSTRAINT_TYPE;
    }
}

/* What is looked for in which constraints, and what that may still cost. */
struct search {
    struct span constraints;
    unsigned left;
};

/* Is the name in one of the subtrees of its type? Then PATH_OK, and
 * PATH_NOT_PERMITTED when it is in none; *any: there are such subtrees. */
static unsigned in_subtrees(struct search *s, struct span list, uint8_t type, struct span name,
                            bool *any)
{
    struct reader r = der_reader(list);
    unsigned found = PATH_NOT_PERMITTED;

    *any = false;
    while (reader_left(&r) > 0) {
        struct reader subtree = der_reader(der_take(&r, DER_SEQUENCE));
        uint8_t tag = der_peek(&subtree);
        struct span base = der_take(&subtree, tag);
        unsigned v;

        if (subtree.bad) {
            return PATH_CONSTRAINT_SYNTAX;
        }
        if (tag != type) {
            continue;
        }
        if (reader_left(&subtree) > 0) {
            return PATH_SUBTREE_BOUNDS;
        }
        if (s->left-- == 0) {
            s->left = 0;
            return PATH_UNSPECIFIED;
        }
        *any = true;
        v = inside(type, base, name);
        if (v != PATH_NOT_PERMITTED && v != PATH_OK) {
            return v;
        }
        found = v == PATH_OK ? (unsigned)PATH_OK : found;
    }
    return r.bad ? (unsigned)PATH_CONSTRAINT_SYNTAX : found;
}

static unsigned check_name(struct search *s, uint8_t type, struct span name)
{
    struct reader r = der_reader(s->constraints);
    struct span permitted = der_take_optional(&r, DER_CONSTRUCTED(0));
    struct span excluded = der_take_optional(&r, DER_CONSTRUCTED(1));
    bool any;
    unsigned v;

    if (r.bad || reader_left(&r) > 0) {
        return PATH_CONSTRAINT_SYNTAX;
    }
    v = in_subtrees(s, permitted, type, name, &any);
    if (v != PATH_OK && (any || v != PATH_NOT_PERMITTED)) {
        return v;
    }
    v = in_subtrees(s, excluded, type, name, &any);
    return v == PATH_OK ? PATH_EXCLUDED : v == PATH_NOT_PERMITTED ? PATH_OK : v;
}

/* A common name that could be meant as a host's, or as a wildcard's for hosts. */
static bool like_host(struct span name)
{
    bool dot = false;

    if (name.len > 2 && name.data[0] == '*' && name.data[1] == '.') {
        name = from(name, 2);
        dot = true;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = ascii_lower((char)name.data[i]);
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';

        if (!word && (c != '.' || i == 0 || i + 1 == name.len)) {
            return false;
        }
        dot = dot || c == '.';
    }
    return dot;
}

static unsigned check_attributes(struct search *s, const struct x509_cert *cert,
                                 const uint8_t *attribute, uint8_t type)
{
    struct x509name_walk walk = x509name_walk_of(cert->subject);
    struct span value;
    unsigned error = PATH_OK;

    while (error == PATH_OK && x509name_next(&walk, attribute, &value)) {
        if (type == GENERAL_EMAIL || like_host(value)) {
            error = check_name(s, type, value);
        }
    }
    return error;
}

static unsigned check_names(struct search *s, const struct x509_cert *cert, bool leaf)
{
    struct reader names = der_reader(cert->alt_names);
    bool dns = false;
    unsigned error = PATH_OK;

    if (cert->subject.len > 2) {
        error = check_name(s, GENERAL_DIRECTORY, cert->subject);
    }
    error = error != PATH_OK ? error : check_attributes(s, cert, OID_EMAIL, GENERAL_EMAIL);
    while (error == PATH_OK && reader_left(&names) > 0) {
        uint8_t tag = der_peek(&names);
        struct span name = der_take(&names, tag);

        dns = dns || tag == GENERAL_DNS;
        error = names.bad ? (unsigned)PATH_NAME_SYNTAX : check_name(s, tag, name);
    }
    if (error == PATH_OK && leaf && !dns) {
        error = check_attributes(s, cert, OID_COMMON_NAME, GENERAL_DNS);
    }
    return error;
}

bool path_check_constraints(const struct path *p)
{
    struct search s = {.left = COMPARISONS_MAX};

    for (size_t i = p->count; i-- > 0;) {
        if (i > 0 && path_self_issued(&p->certs[i])) {
            continue; /* an authority that changes its key, not its name */
        }
        for (size_t above = p->count - 1; above > i; above--) {
            unsigned error = PATH_OK;

            s.constraints = p->certs[above].name_constraints;
            if (x509_has(&p->certs[above], X509_NAME_CONSTRAINTS)) {
                error = check_names(&s, &p->certs[i], i == 0);
            }
            if (error != PATH_OK && !path_tell(p, error, i)) {
                return false;
            }
        }
    }
    return true;
}
