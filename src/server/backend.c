#include "server/backend.h"
#include "core/log.h"
#include "server/resolve.h"

#include <string.h>

_Static_assert(RESOLVE_MAX == PROXY_ADDRESSES_MAX, "all that is found is kept");

int backend_resolve(struct proxy_target *target, const struct config *config)
{
    struct resolved found = {.family = AF_UNSPEC, .hurry = target->count > 0};
    const char *problem;

    if (config->mode != MODE_PROXY) {
        return 0;
    }
    endpoint_format(&config->backend, target->label, sizeof target->label);
    problem = resolve_endpoint(&config->backend, &found);
    if (problem != NULL) {
        log_line(LOG_ERROR, "proxy.backend: cannot resolve \"%s\": %s", config->backend.host,
                 problem);
        return -1;
    }
    memcpy(target->addresses, found.items, sizeof target->addresses);
    target->count = found.count;
    return 0;
}
