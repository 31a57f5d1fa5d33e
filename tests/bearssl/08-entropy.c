/* The seed comes from getrandom(2), or else from /dev/urandom. */
#include "bearssl.h"
#include "tap.h"

#include <errno.h>
#include <sys/random.h>

static size_t asked;
static int failure;

/* Stands in for the C library's; gives at most 10 bytes at a time. */
ssize_t getrandom(void *dst, size_t len, unsigned flags)
{
    (void)flags;
    if (failure != 0) {
        errno = failure;
        failure = failure == EINTR ? 0 : failure;
        return -1;
    }
    len = len > 10 ? 10 : len;
    memset(dst, 0x42, len);
    asked += len;
    return (ssize_t)len;
}

int main(void)
{
    br_hmac_drbg_context rng;
    br_prng_seeder seeder = br_prng_seeder_system(NULL);
    unsigned char a[16], b[16];

    ok(seeder != NULL, "there is a seeder");
    br_hmac_drbg_init(&rng, &br_sha256_vtable, NULL, 0);
    ok(seeder(&rng.vtable) == 1 && asked == 32, "it takes 32 bytes from getrandom");
    failure = EINTR;
    ok(seeder(&rng.vtable) == 1 && asked == 64, "a signal does not disturb it");
    failure = ENOSYS;
    br_hmac_drbg_init(&rng, &br_sha256_vtable, NULL, 0);
    ok(seeder(&rng.vtable) == 1 && asked == 64, "without getrandom there is /dev/urandom");
    br_hmac_drbg_generate(&rng, a, sizeof a);
    br_hmac_drbg_init(&rng, &br_sha256_vtable, NULL, 0);
    seeder(&rng.vtable);
    br_hmac_drbg_generate(&rng, b, sizeof b);
    ok(memcmp(a, b, sizeof a) != 0, "two seeds differ");
    return tap_done();
}
