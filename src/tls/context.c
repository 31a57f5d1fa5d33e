#include "core/build.h"
#include "core/clock.h"
#include "core/errors.h"
#include "core/log.h"
#include "core/text.h"
#include "crypto/crypto.h"
#include "tls/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define KEEP_BUFFERS       64
#define RESEED_INTERVAL_MS 60000
#define RANDOM_FILE_MAX    65536

/* ---- trust anchors, counted -------------------------------------------- */

static struct trust *trust_load(const struct config *config)
{
    struct trust *trust = calloc(1, sizeof *trust);

    if (trust == NULL) {
        return NULL;
    }
    trust->references = 1;
    trust->set = anchor_set_load(config, clock_wall_s());
    if (trust->set == NULL) {
        free(trust);
        return NULL;
    }
    return trust;
}

struct trust *trust_hold(struct trust *trust)
{
    if (trust != NULL) {
        trust->references++;
    }
    return trust;
}

void trust_drop(struct trust *trust)
{
    if (trust != NULL && --trust->references == 0) {
        anchor_set_free(trust->set);
        free(trust);
    }
}

/* ---- randomness -------------------------------------------------------- */

static int reseed(struct tls_context *ctx)
{
    uint8_t seed[48];

    if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        return -1;
    }
    br_hmac_drbg_update(&ctx->rng, seed, sizeof seed);
    bytes_wipe(seed, sizeof seed);
    return 0;
}

/* What the user brings comes on top of the system's bytes; of a device that never
 * ends, as much as is of use. */
static int mix_file(struct tls_context *ctx, const char *path)
{
    uint8_t buf[512];
    ssize_t n = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    for (size_t total = 0; fd >= 0 && total < RANDOM_FILE_MAX; total += (size_t)n) {
        n = read(fd, buf, sizeof buf);
        if (n <= 0) {
            break;
        }
        br_hmac_drbg_update(&ctx->rng, buf, (size_t)n);
    }
    bytes_wipe(buf, sizeof buf);
    if (n < 0) {
        log_line(LOG_ERROR, "ssl.random-files: %s: %s", path, error_text(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return n < 0 ? -1 : 0;
}

static int mix_files(struct tls_context *ctx)
{
    const char *list = ctx->config->random_files;
    char path[PATH_MAX];

    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, ":");
        struct text t = text_over(path, sizeof path);

        text_add_span(&t, span_of(list, len));
        if (len > 0 && mix_file(ctx, path) != 0) {
            return -1;
        }
        list += len + (list[len] == ':');
    }
    return 0;
}

void tls_context_fix_random(struct tls_context *ctx, const void *seed, size_t len)
{
    br_hmac_drbg_init(&ctx->rng, crypto_sha256(), seed, len);
    ctx->reseeded_ms = UINT64_MAX;
    br_hmac_drbg_generate(&ctx->rng, ctx->cookie_key, sizeof ctx->cookie_key);
    if (ctx->tickets.random) {
        ticket_keys_rotate(&ctx->tickets, &ctx->rng, ctx->tickets.made_ms);
    }
}

/* ---- the model of all engines ------------------------------------------ */

static void prepare_legacy(br_ssl_engine_context *eng)
{
    br_ssl_engine_set_prf10(eng, &br_tls10_prf);
    br_ssl_engine_set_default_aes_cbc(eng);
    br_ssl_engine_set_default_des_cbc(eng);
    br_ssl_engine_set_ccm(eng, &br_sslrec_in_ccm_vtable, &br_sslrec_out_ccm_vtable);
    br_ssl_engine_set_aes_ctrcbc(eng, crypto_aes_ctrcbc());
}

static void prepare_engine(struct tls_context *ctx)
{
    const br_hash_class *hashes[] = {
        TINY_LEGACY ? &br_md5_vtable : NULL,
        &br_sha1_vtable,
        &br_sha224_vtable,
        crypto_sha256(),
        &br_sha384_vtable,
        &br_sha512_vtable,
    };
    br_ssl_engine_context *eng = &ctx->model.eng;

    br_ssl_server_zero(&ctx->model);
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        br_ssl_engine_set_hash(eng, (int)i + br_md5_ID, hashes[i]);
    }
    if (TINY_LEGACY) {
        prepare_legacy(eng);
    }
    br_ssl_engine_set_prf_sha256(eng, &br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(eng, &br_tls12_sha384_prf);
    br_ssl_engine_set_gcm(eng, &gcm12_in, &gcm12_out);
    br_ssl_engine_set_chapol(eng, &br_sslrec_in_chapol_vtable, &br_sslrec_out_chapol_vtable);
    br_ssl_engine_set_chacha20(eng, crypto_chacha20());
    br_ssl_engine_set_poly1305(eng, crypto_poly1305());
    br_ssl_engine_set_rsavrfy(eng, tls_rsa_verify);
    if (ctx->config->client_signatures.count > 0) {
        ctx->model.client_schemes = ctx->config->client_signatures.schemes;
    }
    br_ssl_engine_set_ecdsa(eng, tls_ecdsa_verify);
    br_ssl_engine_set_all_flags(eng, BR_OPT_NO_RENEGOTIATION);
    eng->rng_os_rand_done = 1; /* seeded by the context, without a system call */
}

static void prepare_curves(struct tls_context *ctx)
{
    ctx->ec = *ctx->ec_base;
    ctx->ec.mul = tls_ec_mul;
    ctx->ec.supported_curves = 0;
    for (size_t i = 0; i < ctx->config->group_count; i++) {
        uint16_t group = ctx->config->groups[i]; /* X25519MLKEM768 is TLS 1.3's alone */

        ctx->ec_group[i] = ctx->ec;
        ctx->ec_group[i].supported_curves =
            group < 32 ? ctx->ec_base->supported_curves & (uint32_t)1 << group : 0;
    }
}

/* ---- the context ------------------------------------------------------- */

/* All that files bring, so that a reload takes all of it or nothing. */
struct loaded {
    struct cred_set *creds;
    struct trust *trust;
    struct ticket_keys tickets;
    struct serverinfo serverinfo;
    struct external13 psk;
};

static int load_all(const struct config *config, struct loaded *l)
{
    l->creds = cred_set_load(config, clock_wall_s());
    if (l->creds == NULL) {
        return -1;
    }
    /* Without any CA nobody is trusted, which the configuration then tolerates. */
    if (TINY_CLIENTS && config->verify != VERIFY_NONE &&
        (config->cafile[0] != '\0' || config->capath[0] != '\0')) {
        l->trust = trust_load(config);
        if (l->trust == NULL) {
            return -1;
        }
    }
    if (config->session_tickets && ticket_keys_load(&l->tickets, &config->ticket_keys) != 0) {
        return -1;
    }
    if (TINY_EXTRAS && external13_load(&l->psk, config->psk) != 0) {
        return -1;
    }
    return TINY_STANDIN ? serverinfo_load(&l->serverinfo, &config->serverinfo) : 0;
}

/* Without files the random keys stay over a reload. */
static void set_tickets(struct tls_context *ctx, const struct ticket_keys *loaded)
{
    if (loaded->count > 0) {
        ctx->tickets = *loaded;
    } else if (ctx->config->session_tickets && ctx->tickets.count == 0) {
        ticket_keys_rotate(&ctx->tickets, &ctx->rng, clock_now_ms());
    }
}

static int load_files(struct tls_context *ctx)
{
    struct loaded l = {0};
    int result;

    ctx->files_stamp = tls_stamp_files(ctx->config);
    result = load_all(ctx->config, &l);
    if (result == 0) {
        struct cred_set *creds = ctx->creds;
        struct trust *trust = ctx->trust;

        ctx->creds = l.creds;
        ctx->trust = l.trust;
        ctx->serverinfo = l.serverinfo;
        ctx->psk = l.psk;
        set_tickets(ctx, &l.tickets);
        l.creds = creds;
        l.trust = trust;
    }
    cred_set_drop(l.creds); /* the new ones, or those before */
    if (TINY_CLIENTS) {
        trust_drop(l.trust);
    }
    bytes_wipe(&l.tickets, sizeof l.tickets);
    bytes_wipe(&l.psk, sizeof l.psk);
    return result;
}

static void hash_piece(void *context, struct span piece)
{
    br_sha256_update(context, piece.data, piece.len);
}

static void digest_rules(struct tls_context *ctx)
{
    br_sha256_context sha;

    br_sha256_init(&sha);
    /* What a client may prove its certificate with is a rule, too. */
    hash_piece(&sha, span_of(ctx->config->client_signatures.schemes,
                             sizeof ctx->config->client_signatures.schemes));
    config_rules(ctx->config, hash_piece, &sha);
    br_sha256_out(&sha, ctx->rules);
}

static int begin_early(struct tls_context *ctx)
{
    if (!TINY_EXTRAS || ctx->config->early_data == 0 || !ctx->config->anti_replay) {
        return 0;
    }
    ctx->early = calloc(1, sizeof *ctx->early);
    if (ctx->early == NULL) {
        log_line(LOG_ERROR, "no memory to tell early data that comes twice");
        return -1;
    }
    early13_begin(ctx->early, &ctx->rng);
    return 0;
}

struct tls_context *tls_context_new(const struct config *config, struct counters *counters)
{
    struct tls_context *ctx = calloc(1, sizeof *ctx);
    size_t max = config->max_connections;

    if (ctx == NULL) {
        log_line(LOG_ERROR, "no memory for the TLS context");
        return NULL;
    }
    ctx->config = config;
    ctx->counters = counters;
    pool_begin(&ctx->in_pool, TLS_IN_LEN, max, KEEP_BUFFERS);
    pool_begin(&ctx->out_pool, TLS_OUT_LEN, max, KEEP_BUFFERS);
    if (TINY_CLIENTS) {
        pool_begin(&ctx->verify_pool, verify_size(), max, KEEP_BUFFERS);
    }
    if (TINY_TLS12) {
        pool_begin_packed(&ctx->engine_pool, sizeof(struct tls12), max);
    }
    pool_begin(&ctx->handshake13_pool, sizeof(struct handshake13), max, KEEP_BUFFERS);
    pool_begin(&ctx->message13_pool, MESSAGE13_BLOCK, max, KEEP_BUFFERS);
    br_hmac_drbg_init(&ctx->rng, crypto_sha256(), NULL, 0);
    if (reseed(ctx) != 0) {
        log_line(LOG_ERROR, "the system gives no random bytes: %s", error_text(errno));
        tls_context_free(ctx);
        return NULL;
    }
    if (TINY_STANDIN && mix_files(ctx) != 0) {
        tls_context_free(ctx);
        return NULL;
    }
    br_hmac_drbg_generate(&ctx->rng, ctx->cookie_key, sizeof ctx->cookie_key);
    if (TINY_COMFORT) {
        ctx->rsa_private = crypto_rsa_private();
    }
    ctx->ecdsa_sign = crypto_ecdsa_sign();
    ctx->ec_base = crypto_ec();
    if (TINY_TLS12) {
        prepare_engine(ctx);
        prepare_curves(ctx);
    }
    if (TINY_CLIENTS) {
        digest_rules(ctx);
    }
    if (TINY_TLS12 && config->session_cache && config->session_cache_size > 0) {
        ctx->sessions =
            session_cache_new(config->session_cache_size, config->session_timeout_s, counters);
        if (ctx->sessions == NULL) {
            log_line(LOG_ERROR, "no memory for a session cache of %u entries",
                     (unsigned)config->session_cache_size);
            tls_context_free(ctx);
            return NULL;
        }
    }
    if (load_files(ctx) != 0 || begin_early(ctx) != 0) {
        tls_context_free(ctx);
        return NULL;
    }
    if (TINY_STANDIN && config->verify != VERIFY_NONE && config->verify_report != REPORT_NONE) {
        verify_announce(config);
    }
    return ctx;
}

int tls_context_watch(struct tls_context *ctx)
{
    return TINY_STANDIN ? watch_new(ctx) : 0;
}

int tls_context_reload(struct tls_context *ctx)
{
    return load_files(ctx);
}

int tls_context_changed(struct tls_context *ctx)
{
    return tls_stamp_files(ctx->config) != ctx->files_stamp;
}

void tls_context_free(struct tls_context *ctx)
{
    if (ctx == NULL) {
        return;
    }
    if (TINY_STANDIN) {
        watch_free(ctx->watch);
    }
    if (TINY_TLS12) {
        session_cache_free(ctx->sessions);
        pool_end(&ctx->engine_pool);
    }
    free(ctx->early);
    cred_set_drop(ctx->creds);
    if (TINY_CLIENTS) {
        trust_drop(ctx->trust);
        pool_end(&ctx->verify_pool);
    }
    pool_end(&ctx->in_pool);
    pool_end(&ctx->out_pool);
    pool_end(&ctx->handshake13_pool);
    pool_end(&ctx->message13_pool);
    bytes_wipe(ctx, sizeof *ctx);
    free(ctx);
}

/* No ticket outlives the key after its own, so none is refused too early. */
static uint64_t ticket_period_ms(const struct tls_context *ctx)
{
    uint32_t seconds = ctx->config->session_timeout_s;

    return (seconds > 60 ? seconds : 60) * (uint64_t)1000;
}

void tls_context_tick(struct tls_context *ctx, uint64_t now_ms)
{
    if (TINY_TLS12 && ctx->sessions != NULL) {
        session_expire(ctx->sessions, now_ms);
    }
    if (ctx->tickets.random && now_ms - ctx->tickets.made_ms >= ticket_period_ms(ctx)) {
        ticket_keys_rotate(&ctx->tickets, &ctx->rng, now_ms);
    }
    if (ctx->reseeded_ms != UINT64_MAX && now_ms - ctx->reseeded_ms >= RESEED_INTERVAL_MS) {
        ctx->reseeded_ms = now_ms;
        (void)reseed(ctx); /* a failure leaves the generator as good as it was */
    }
}
