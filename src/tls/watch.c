#include "tls/watch.h"

#include "core/log.h"
#include "tls/internal.h"
#include "tls/keylog.h"
#include "tls/watch_out.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct watch {
    const struct config *config;
    int keylog; /* -1: none */
    struct watch_out out;
};

static bool is_set(const char *text)
{
    return text[0] != '\0';
}

int watch_new(struct watch **watch, const struct config *config)
{
    struct watch *w;

    if (!is_set(config->keylog_file) && !is_set(config->export_label)) {
        return 0;
    }
    w = calloc(1, sizeof *w);
    if (w == NULL) {
        log_line(LOG_ERROR, "no memory to watch connections");
        return -1;
    }
    w->config = config;
    w->keylog = -1;
    watch_out_begin(&w->out, -1);
    if (is_set(config->keylog_file)) {
        w->keylog = keylog_open(config->keylog_file);
        if (w->keylog < 0) {
            watch_free(w);
            return -1;
        }
    }
    *watch = w;
    return 0;
}

void watch_free(struct watch *w)
{
    if (w != NULL && w->keylog >= 0) {
        close(w->keylog);
    }
    free(w);
}

/* RFC 5705, without a context value. */
static void tell_exported(struct tls *t, struct watch *w)
{
    const struct config *config = w->config;
    uint8_t material[WATCH_EXPORT_MAX];

    watch_to(&w->out, WATCH_STDOUT, 0);
    watch_add(&w->out, "Keying material exporter:\n    Label: '");
    watch_add(&w->out, config->export_label);
    watch_addf(&w->out, "'\n    Length: %u bytes\n", config->export_length);
    if (br_ssl_key_export(&t->server.eng, material, config->export_length, config->export_label,
                          NULL, 0)) {
        watch_add(&w->out, "    Keying material: ");
        watch_hex(&w->out, span_of(material, config->export_length));
        watch_add(&w->out, "\n");
    } else {
        watch_add(&w->out, "    Error\n");
    }
    bytes_wipe(material, sizeof material);
}

void watch_established(struct tls *t)
{
    struct watch *w = t->ctx->watch;

    if (w->keylog >= 0) {
        keylog_write(w->keylog, t->server.eng.client_random, t->server.eng.session.master_secret);
    }
    if (is_set(w->config->export_label) && !w->config->watch_quiet) {
        tell_exported(t, w);
    }
    watch_flush(&w->out);
}
