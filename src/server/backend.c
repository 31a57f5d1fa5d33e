#include "server/backend.h"
#include "core/log.h"
#include "server/resolve.h"

#include <string.h>
#include <sys/un.h>

_Static_assert(RESOLVE_MAX == PROXY_ADDRESSES_MAX, "all that is found is kept");
_Static_assert(sizeof(struct sockaddr_un) <= sizeof(struct sockaddr_storage), "a path fits, too");

int backend_resolve(struct proxy_target *target, const struct config *config)
{
    const struct endpoint *e = &config->backend;
    struct resolved found = {
        .family = AF_UNSPEC, .hurry = target->count > 0, .port = e->port, .count = 1};
    const char *problem = NULL;

    if (config->mode != MODE_PROXY) {
        return 0;
    }
    if (e->kind == ENDPOINT_UNIX) {
        struct sockaddr_un *a = (void *)&found.items[0];

        a->sun_family = AF_UNIX;
        memcpy(a->sun_path, e->host, strnlen(e->host, sizeof a->sun_path - 1));
    } else {
        problem = resolve_host(e->host, &found);
    }
    endpoint_format(e, target->label, sizeof target->label);
    if (problem != NULL) {
        log_line(LOG_ERROR, "proxy.backend: cannot resolve \"%s\": %s", e->host, problem);
        return -1;
    }
    memcpy(target->addresses, found.items, sizeof target->addresses);
    target->count = found.count;
    return 0;
}
