/* Key files of openssl in every container and encryption (tests/unit/data/keys):
 * good ones load, bad ones are refused with the right words, and what is cut off
 * or changed in a byte is harmless. */
#include "core/log.h"
#include "tap.h"
#include "tls/cred_load.h"
#include "tls/x509cert.h"

#include <dirent.h>
#include <stdlib.h>

#define FOLDER "tests/unit/data/keys"
#define NOW_S  INT64_C(1900000000)

struct file {
    char name[256];
    uint8_t *data;
    size_t len;
};

static char reason[512];
static struct cred_parts parts;

static bool read_file(struct file *f, const char *path)
{
    FILE *in = fopen(path, "rb");
    long len;

    if (in == NULL || fseek(in, 0, SEEK_END) != 0 || (len = ftell(in)) < 0) {
        return false;
    }
    rewind(in);
    f->len = (size_t)len;
    f->data = malloc(f->len + 1);
    if (f->data == NULL || fread(f->data, 1, f->len, in) != f->len) {
        return false;
    }
    f->data[f->len] = '\0';
    fclose(in);
    return true;
}

/* Loads len bytes from an exact allocation; the chain's length, or 0. */
static size_t load(const uint8_t *data, size_t len, const char *spec, struct cred *cred,
                   struct arena *arena)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    struct password password = password_of(spec);
    struct text error = text_over(reason, sizeof reason);
    bool good;

    memcpy(copy, data, len);
    memset(&parts, 0, sizeof parts);
    password.max_iterations = 4096;
    good = cred_scan(&parts, copy, len, CRED_TAKE_CERTS | CRED_TAKE_KEY, &password, &error) == 0 &&
           cred_build(cred, &parts, "test", NOW_S, arena, &error) == 0;
    password_wipe(&password);
    memset(copy, 0xA5, len); /* the credential must not point here any more */
    free(copy);
    return good ? cred->chain_len : 0;
}

/* The key must work from the arena: a signature is made and checked by its own
 * public key, parsed anew from the chain. */
static bool works(const struct cred *cred)
{
    struct text error = text_over(reason, sizeof reason);
    struct private_key key = {.type = cred->key_type, .rsa = cred->key.rsa};
    struct x509_cert leaf;

    if (x509_cert_parse(&leaf, span_of(cred->chain[0].data, cred->chain[0].data_len), false,
                        &error) != 0) {
        return false;
    }
    if (cred->key_type == CRED_EC) {
        key.ec = cred->key.ec;
    } else {
        key.rsa_modulus = span_of(leaf.rsa.n, leaf.rsa.nlen);
    }
    return keyfile_match(&key, &leaf) == NULL && leaf.key_bits == cred->key_bits;
}

static void check_good(const struct file *f)
{
    struct arena arena = {0};
    struct cred cred;
    bool encrypted = strstr(f->name, "pbes2") != NULL || strstr(f->name, "dek") != NULL;
    char bits[16];

    if (load(f->data, f->len, "pass:secret", &cred, &arena) == 0) {
        printf("# %s: %s\n", f->name, reason);
        ok(false, f->name);
        return;
    }
    /* "good-rsa2048-..." names the size; p256 likewise */
    snprintf(bits, sizeof bits, "%s%u", cred.key_type == CRED_RSA ? "rsa" : "p", cred.key_bits);
    ok(works(&cred) && (strstr(f->name, bits) != NULL || strstr(f->name, "chain") != NULL),
       f->name);
    arena_end(&arena);
    if (encrypted) {
        expect(load(f->data, f->len, "", &cred, &arena) == 0 &&
                   strstr(reason, "ssl.password is not set") != NULL,
               "no password");
        expect(load(f->data, f->len, "pass:Secret", &cred, &arena) == 0 &&
                   strstr(reason, "the password is wrong") != NULL,
               "wrong password");
        expect(load(f->data, f->len, "env:TINY_TEST_UNSET", &cred, &arena) == 0 &&
                   strstr(reason, "ssl.password: the environment has no TINY_TEST_UNSET") != NULL,
               "no such variable");
        arena_end(&arena);
    }
}

static void check_bad(const struct file *f)
{
    static const char mark[] = "# expect: ";
    struct arena arena = {0};
    struct cred cred;
    char want[128] = "a PKCS#12 file; convert it with: openssl pkcs12";

    if (strncmp((const char *)f->data, mark, strlen(mark)) == 0) {
        snprintf(want, sizeof want, "%.*s",
                 (int)strcspn((const char *)f->data + strlen(mark), "\n"),
                 (const char *)f->data + strlen(mark));
    }
    if (!ok(load(f->data, f->len, "pass:secret", &cred, &arena) == 0 &&
                strstr(reason, want) != NULL,
            f->name)) {
        printf("# got: %s\n# want: %s\n", reason, want);
    }
    arena_end(&arena);
}

/* Cut at every byte; a bit changed in every stride-th byte. */
static void mutate(const char *name, size_t stride)
{
    struct file f;
    struct cred cred;
    char path[512];
    unsigned accepted = 0;

    snprintf(path, sizeof path, FOLDER "/%s", name);
    if (!read_file(&f, path)) {
        ok(false, path);
        return;
    }
    for (size_t i = 0; i < f.len; i += TAP_STEP) {
        struct arena arena = {0};

        load(f.data, i, "pass:secret", &cred, &arena);
        if (i % stride == 0) {
            f.data[i] ^= (uint8_t)(1u << (i / stride % 8));
            accepted += load(f.data, f.len, "pass:secret", &cred, &arena) > 0;
            f.data[i] ^= (uint8_t)(1u << (i / stride % 8));
        }
        arena_end(&arena);
    }
    printf("# %s: %u changes still load\n", name, accepted);
    ok(accepted < f.len, "cuts and changes are harmless");
    free(f.data);
}

static void check_chains(void)
{
    struct arena arena = {0};
    struct cred cred;
    struct file a, b;
    br_x509_certificate *straight;

    if (!read_file(&a, FOLDER "/good-chain.pem") ||
        !read_file(&b, FOLDER "/good-chain-disordered.pem")) {
        ok(false, "chain files");
        return;
    }
    ok(load(a.data, a.len, "", &cred, &arena) == 3, "a chain of three");
    is_text(cred.subject, "CN=leaf", "its subject");
    straight = cred.chain;
    ok(load(b.data, b.len, "", &cred, &arena) == 3, "a chain in disorder, one certificate twice");
    for (size_t i = 0; i < 3; i++) {
        expect(span_equal(span_of(straight[i].data, straight[i].data_len),
                          span_of(cred.chain[i].data, cred.chain[i].data_len)),
               "is put in order");
    }
    arena_end(&arena);
    free(a.data);
    free(b.data);
}

static struct anchor_set *anchors_of(const char *file, const char *folder)
{
    struct config config = {.cafile = file, .capath = folder};

    return anchor_set_load(&config, 1600000000);
}

static void check_anchors(void)
{
    static const bool ca[] = {true, true, false, true};
    struct anchor_set *set = anchors_of("tests/unit/data/anchors.pem", "");
    bool good = set != NULL && set->count == ARRAY_LEN(ca);

    ok(good, "anchors: doubles and unusable keys are left out");
    for (size_t i = 0; good && i < set->count; i++) {
        char words[100];
        struct text error = text_over(words, sizeof words);
        struct x509_cert cert;

        expect(x509_cert_parse(&cert, set->certs[i], false, &error) == 0 &&
                   (cert.ca || cert.version == 1) == ca[i] && cert.key_type == BR_KEYTYPE_EC &&
                   set->names[i].data == cert.subject.data && cert.subject.len > 10 &&
                   set->names[i].len == cert.subject.len,
               "whole certificates, and their names");
    }
    anchor_set_free(set);
    set = anchors_of(FOLDER "/good-p256-pkcs8.der", "");
    ok(set != NULL && set->count == 1 && set->certs[0].len > 100, "anchors of DER");
    anchor_set_free(set);
    ok(anchors_of(FOLDER "/bad-no-certificate.pem", "") == NULL, "a file without certificates");
    ok(anchors_of(FOLDER, "") == NULL, "a directory");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(void)
{
    DIR *dir = opendir(FOLDER);
    struct dirent *entry;
    char *names[256];
    size_t count = 0;

    log_open("/dev/null", LOG_ERROR);
    while (dir != NULL && (entry = readdir(dir)) != NULL && count < ARRAY_LEN(names)) {
        if (entry->d_name[0] != '.') {
            names[count++] = strdup(entry->d_name);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    ok(count > 60, "key files are there");
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        struct file f = {0};
        char path[512];

        snprintf(path, sizeof path, FOLDER "/%s", names[i]);
        snprintf(f.name, sizeof f.name, "%s", names[i]);
        if (ok(read_file(&f, path), f.name)) {
            (strncmp(f.name, "good", 4) == 0 ? check_good : check_bad)(&f);
        }
        free(f.data);
        free(names[i]);
    }
    check_chains();
    check_anchors();
    mutate("good-p256-parameters.pem", 1);
    mutate("good-p256-traditional.der", 1);
    mutate("good-p256-pbes2.der", 7);
    mutate("good-rsa1024-traditional.der", 7);
    mutate("good-p384-dek-des3.pem", 31);
    return tap_done();
}
