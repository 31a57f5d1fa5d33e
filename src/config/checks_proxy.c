/* What mode proxy asks of the configuration. */
#include "config/loader.h"

#include <string.h>

/* "host:port" with a port that was written: endpoints have a default, a backend has none. */
static bool names_port(const char *url)
{
    const char *colon = strrchr(url, ':');

    return colon != NULL && colon[1] != '\0' && colon[1 + strspn(colon + 1, "0123456789")] == '\0';
}

/* NULL, or what is wrong with it as a place to connect to. */
static const char *backend_fault(struct config *c)
{
    static const char plain[] =
        "tcp://host:port or unix:///path is wanted: the backend is spoken to without TLS";
    struct endpoint *e = &c->backend;
    const char *text = c->backend_text;

    if (strncmp(text, "tcp://", 6) != 0 && strncmp(text, "unix://", 7) != 0) {
        return plain;
    }
    text = endpoint_parse(text, strlen(text), e);
    if (text != NULL || e->kind == ENDPOINT_UNIX) {
        return text;
    }
    return e->host[0] == '\0' || strcmp(e->host, "*") == 0 ? "a host is wanted to connect to"
           : !names_port(c->backend_text) || e->port == 0  ? "the backend's port is missing"
                                                           : NULL;
}

void config_check_proxy(struct loader *l)
{
    struct config *c = l->config;
    const struct option *mode = option_of_field(offsetof(struct config, mode));
    const char *fault;

    if (c->mode != MODE_PROXY) {
        if (c->backend_text[0] == '\0') {
            return;
        }
        if (l->set_in[option_index(mode)] == LAYER_DEFAULT) {
            loader_error_at(
                l, &c->backend_text,
                "files.root is set, too: say by server.mode which it is, files or proxy");
        } else {
            loader_warning_at(l, &c->backend_text, "not used without server.mode = proxy");
        }
        return;
    }
    if (c->backend_text[0] == '\0') {
        loader_error_at(l, &c->mode, "set proxy.backend to the server that stands behind this one");
        return;
    }
    fault = backend_fault(c);
    if (fault != NULL) {
        loader_error_at(l, &c->backend_text, "%s", fault);
    }
    if (c->access_file[0] != '\0') {
        loader_error_at(l, &c->access_file,
                        "mode proxy sees bytes and no requests: the backend has to log them");
    }
}
