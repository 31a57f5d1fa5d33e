#include "tls/serverinfo.h"
#include "core/build.h"
#include "core/log.h"
#include "tls/filebytes.h"
#include "tls/pem.h"

#include <string.h>

#define LABEL_V1 "SERVERINFO FOR "
#define LABEL_V2 "SERVERINFOV2 FOR "

/* Bits of a context, by OpenSSL's numbers. */
#define CONTEXT_TLS12_ONLY   0x0010u
#define CONTEXT_TLS13_ONLY   0x0020u
#define CONTEXT_NOT_RESUMED  0x0040u
#define CONTEXT_TLS12_SERVER 0x0100u
#define CONTEXT_ENCRYPTED    0x0400u
#define CONTEXT_CERTIFICATE  0x1000u
#define CONTEXT_OF_VERSION_1 (CONTEXT_TLS12_ONLY | CONTEXT_TLS12_SERVER | CONTEXT_NOT_RESUMED)

#define FLAG_NOT_RESUMED 1u /* beside the bits of enum serverinfo_place */
#define ENTRY_HEAD       5u /* flags, type, length */

/* Those that the server answers itself, or that belong to what it does not
 * speak; 0xFF01 is renegotiation_info, 0x3374 NPN. */
static const uint16_t reserved[] = {
    0,  1,  2,  4,  5,  6,  9,  10, 11, 13, 14, 15, 16, 17, 19,     20,     21,
    22, 23, 28, 35, 41, 42, 43, 44, 45, 47, 48, 49, 50, 51, 0x3374, 0xFF01,
};

/* The next entry at *at: its flags, and the extension as it is sent. */
static struct span next_entry(const struct serverinfo *s, size_t *at, uint8_t *flags)
{
    const uint8_t *p = s->bytes + *at;
    size_t len = 4 + ((size_t)p[3] << 8 | p[4]);

    *flags = p[0];
    *at += 1 + len;
    return span_of(p + 1, len);
}

static uint16_t type_of(struct span extension)
{
    return (uint16_t)(extension.data[0] << 8 | extension.data[1]);
}

static const char *check_type(const struct serverinfo *s, uint16_t type)
{
    size_t at = 0;
    uint8_t flags;

    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        if (reserved[i] == type) {
            return "is one that the server answers itself, or that means nothing here";
        }
    }
    while (at < s->len) {
        if (type_of(next_entry(s, &at, &flags)) == type) {
            return "is there twice";
        }
    }
    return NULL;
}

/* Where an extension goes by its context: bits of enum serverinfo_place. */
static uint8_t places_of(uint32_t context)
{
    bool old = (context & CONTEXT_TLS13_ONLY) == 0, new = (context & CONTEXT_TLS12_ONLY) == 0;

    return (uint8_t)((old && (context & CONTEXT_TLS12_SERVER) != 0 ? SERVERINFO_HELLO : 0) |
                     (new && (context & CONTEXT_ENCRYPTED) != 0 ? SERVERINFO_ENCRYPTED : 0) |
                     (new && (context & CONTEXT_CERTIFICATE) != 0 ? SERVERINFO_CERTIFICATE : 0));
}

static int add_extension(struct serverinfo *s, uint32_t context, uint16_t type, struct span data,
                         struct text *error)
{
    uint8_t *p = s->bytes + s->len;
    const char *problem = check_type(s, type);

    if (problem == NULL && places_of(context) == 0) {
        problem = "is neither for the ServerHello of TLS 1.2 nor for EncryptedExtensions or "
                  "Certificate of TLS 1.3";
    }
    if (problem == NULL &&
        (s->len + ENTRY_HEAD + data.len > sizeof s->bytes || s->count == SERVERINFO_MAX_COUNT)) {
        problem = "does not fit: there may be 32 of them with about 2000 bytes in all";
    }
    if (problem != NULL) {
        text_addf(error, "the extension of type %u %s", type, problem);
        return -1;
    }
    s->count++;
    p[0] = (uint8_t)(places_of(context) |
                     ((context & CONTEXT_NOT_RESUMED) != 0 ? FLAG_NOT_RESUMED : 0));
    put_u16(p + 1, type);
    put_u16(p + 3, (uint32_t)data.len);
    if (data.len > 0) {
        memcpy(p + ENTRY_HEAD, data.data, data.len);
    }
    s->len += ENTRY_HEAD + data.len;
    return 0;
}

static int add_block(struct serverinfo *s, const struct pem_block *block, struct text *error)
{
    bool second = strncmp(block->label, LABEL_V2, sizeof LABEL_V2 - 1) == 0;
    struct reader r = reader_of(block->data, block->len);

    if (!second && strncmp(block->label, LABEL_V1, sizeof LABEL_V1 - 1) != 0) {
        text_add(error, "SERVERINFO FOR ... or SERVERINFOV2 FOR ... is wanted");
        return -1;
    }
    while (reader_left(&r) > 0) {
        uint32_t context = second ? reader_u32(&r) : CONTEXT_OF_VERSION_1;
        uint16_t type = reader_u16(&r);
        struct span data = reader_vec16(&r);

        if (r.bad) {
            text_addf(error, "%stype, length and data of an extension are wanted",
                      second ? "context, " : "");
            return -1;
        }
        if (add_extension(s, context, type, data, error) != 0) {
            return -1;
        }
    }
    return 0;
}

int serverinfo_add(struct serverinfo *s, uint8_t *data, size_t len, struct text *error)
{
    struct pem_reader reader = pem_begin(data, len);
    struct pem_block block;
    enum pem_result result = PEM_ERROR;

    if (!reader.der) {
        while ((result = pem_next(&reader, &block, error)) == PEM_BLOCK) {
            char reason[160];
            struct text why = text_over(reason, sizeof reason);

            if (add_block(s, &block, &why) != 0) {
                pem_describe(&block, error);
                text_add(error, reason);
                return -1;
            }
        }
    }
    if (result == PEM_END && reader.blocks > 0) {
        return 0;
    }
    if (reader.blocks == 0 && error->len == 0) {
        text_add(error, "there is no PEM block in the file");
    }
    return -1;
}

int serverinfo_load(struct serverinfo *s, const struct string_list *files)
{
    for (size_t i = 0; TINY_STANDIN && i < files->count; i++) {
        char reason[240];
        struct text error = text_over(reason, sizeof reason);
        struct filebytes f;
        int result = filebytes_read(&f, files->items[i], &error);

        if (result == 0) {
            result = serverinfo_add(s, f.data, f.len, &error);
            filebytes_free(&f);
        }
        if (result != 0) {
            log_line(LOG_ERROR, "ssl.serverinfo: %s: %s", files->items[i], reason);
            return -1;
        }
    }
    return 0;
}

static bool offers(const struct hello *h, uint16_t type)
{
    struct reader r = reader_of(h->extensions.data, h->extensions.len);

    while (reader_left(&r) > 0) {
        uint16_t offered = reader_u16(&r);

        reader_vec16(&r);
        if (offered == type && !r.bad) {
            return true;
        }
    }
    return false;
}

uint32_t serverinfo_wanted(const struct serverinfo *s, const struct hello *h, bool resumed)
{
    uint32_t wanted = 0;
    size_t at = 0;
    uint8_t flags;

    for (unsigned i = 0; TINY_STANDIN && at < s->len; i++) {
        struct span e = next_entry(s, &at, &flags);

        if ((!resumed || (flags & FLAG_NOT_RESUMED) == 0) && offers(h, type_of(e))) {
            wanted |= (uint32_t)1 << i;
        }
    }
    return wanted;
}

struct span serverinfo_extension(const struct serverinfo *s, enum serverinfo_place place,
                                 uint32_t wanted, unsigned index)
{
    size_t at = 0;
    uint8_t flags;

    for (; TINY_STANDIN && at < s->len; wanted >>= 1) {
        struct span e = next_entry(s, &at, &flags);

        if ((wanted & 1) != 0 && (flags & place) != 0 && index-- == 0) {
            return e;
        }
    }
    return span_of(NULL, 0);
}
