#include "crypto/ctrcbc.h"

#include "core/bytes.h"
#include "crypto/cpu.h"

#include <string.h>

#if UINTPTR_MAX > UINT32_MAX
#define CT(name) br_aes_ct64_##name
#else
#define CT(name) br_aes_ct_##name
#endif

/* Both modes find the expanded key where the other one has put it, so one
 * context serves both; only the pointer to a class in front is not theirs. */
#define SAME_LAYOUT(a, b)                                                                          \
    _Static_assert(offsetof(a, skey) == offsetof(b, skey) &&                                       \
                       offsetof(a, num_rounds) == offsetof(b, num_rounds) &&                       \
                       sizeof(a) <= sizeof(br_aes_gen_ctrcbc_keys),                                \
                   "the modes keep their keys alike")
SAME_LAYOUT(CT(ctr_keys), CT(cbcenc_keys));
#ifdef __x86_64__
SAME_LAYOUT(br_aes_x86ni_ctr_keys, br_aes_x86ni_cbcenc_keys);
#endif

struct modes {
    br_block_ctrcbc_class class;
    const br_block_ctr_class *ctr;
    const br_block_cbcenc_class *cbc;
};

typedef const br_block_ctrcbc_class *const *context;

static const struct modes *modes_of(context ctx)
{
    return (const struct modes *)(const void *)*ctx;
}

static void run_ctr(context ctx, void *counter, void *data, size_t len)
{
    uint8_t *low = (uint8_t *)counter + 12;
    uint32_t n = (uint32_t)low[0] << 24 | (uint32_t)low[1] << 16 | (uint32_t)low[2] << 8 | low[3];

    n = modes_of(ctx)->ctr->run((const br_block_ctr_class *const *)(const void *)ctx, counter, n,
                                data, len);
    for (int i = 3; i >= 0; i--, n >>= 8) {
        low[i] = (uint8_t)n;
    }
}

/* CBC writes what it enciphers: a copy, of which the last block is kept. */
static void run_mac(context ctx, void *mac, const void *data, size_t len)
{
    uint8_t copy[256];

    while (len > 0) {
        size_t n = len < sizeof copy ? len : sizeof copy;

        memcpy(copy, data, n);
        modes_of(ctx)->cbc->run((const br_block_cbcenc_class *const *)(const void *)ctx, mac, copy,
                                n);
        data = (const uint8_t *)data + n;
        len -= n;
    }
    bytes_wipe(copy, sizeof copy);
}

static void run_encrypt(context ctx, void *counter, void *mac, void *data, size_t len)
{
    run_ctr(ctx, counter, data, len);
    run_mac(ctx, mac, data, len);
}

static void run_decrypt(context ctx, void *counter, void *mac, void *data, size_t len)
{
    run_mac(ctx, mac, data, len);
    run_ctr(ctx, counter, data, len);
}

#define MODES(init, ctr_class, cbc_class)                                                          \
    {                                                                                              \
        {sizeof(br_aes_gen_ctrcbc_keys), 16, 4, init, run_encrypt, run_decrypt, run_ctr, run_mac}, \
            ctr_class, cbc_class                                                                   \
    }

static void init_ct(const br_block_ctrcbc_class **ctx, const void *key, size_t len);
static const struct modes modes_ct = MODES(init_ct, &CT(ctr_vtable), &CT(cbcenc_vtable));

static void init_ct(const br_block_ctrcbc_class **ctx, const void *key, size_t len)
{
    CT(ctr_init)((CT(ctr_keys) *)(void *)ctx, key, len);
    *ctx = &modes_ct.class;
}

#ifdef __x86_64__
static void init_ni(const br_block_ctrcbc_class **ctx, const void *key, size_t len);
static const struct modes modes_ni =
    MODES(init_ni, &br_aes_x86ni_ctr_vtable, &br_aes_x86ni_cbcenc_vtable);

static void init_ni(const br_block_ctrcbc_class **ctx, const void *key, size_t len)
{
    br_aes_x86ni_ctr_init((br_aes_x86ni_ctr_keys *)(void *)ctx, key, len);
    *ctx = &modes_ni.class;
}
#endif

const br_block_ctrcbc_class *ctrcbc_class(void)
{
#ifdef __x86_64__
    if (cpu_has_aes()) {
        return &modes_ni.class;
    }
#endif
    return &modes_ct.class;
}
