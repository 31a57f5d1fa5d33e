/* An endpoint as written. What is accepted is formatted, parsed again and must be
 * the same. */
#include "config/endpoint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct endpoint e, again;
    char line[ENDPOINT_HOST_MAX + 40];
    size_t len;

    if (endpoint_parse((const char *)data, size, &e) != NULL) {
        return 0;
    }
    len = endpoint_format(&e, line, sizeof line);
    if (endpoint_parse(line, len, &again) != NULL || again.kind != e.kind || again.port != e.port ||
        again.ipv6_literal != e.ipv6_literal) {
        abort();
    }
    if (strcmp(again.host, e.host) != 0 && !(e.host[0] == '\0' && strcmp(again.host, "*") == 0)) {
        abort();
    }
    return 0;
}
