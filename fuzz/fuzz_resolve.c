/*
 * What a name server answers, and what stands as an address in a hosts file:
 * the first byte chooses. Answers are forced to match the query's head, so that
 * the records behind it are reached.
 */
#include "server/resolve.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct resolved out = {.port = 1};
    uint8_t query[RESOLVE_QUERY_MAX], answer[RESOLVE_QUERY_MAX];
    size_t n = resolve_query("a.example", 28, 7, query);
    char host[128];

    if (size == 0) {
        return 0;
    }
    if (data[0] % 4 == 0) {
        size = size < sizeof host ? size : sizeof host;
        memcpy(host, data + 1, size - 1);
        host[size - 1] = '\0';
        resolve_literal(host, &out);
        (void)resolve_query(host, 1, 7, query);
        return 0;
    }
    size = size < sizeof answer ? size : sizeof answer;
    memcpy(answer, data, size);
    if (data[0] % 4 != 1 && size >= n) {
        memcpy(answer, query, n);
        answer[2] |= 0x80;
        answer[6] = 0;
        answer[7] = data[0];
    }
    resolve_answer(query, n, answer, size, &out);
    if (out.count > RESOLVE_MAX) {
        abort();
    }
    return 0;
}
