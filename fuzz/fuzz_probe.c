/* tls/probe: the first bytes of an answer to a health check. There is a verdict within
 * PROBE_ANSWER_MAX bytes, and once it fell, more bytes do not change it. */
#include "tls/probe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum probe_verdict verdict = PROBE_MORE;
    const char *reason = NULL;

    for (size_t len = 0; len <= size && len <= PROBE_ANSWER_MAX; len++) {
        enum probe_verdict now = probe_judge(data, len, &reason);

        if (reason == NULL || (verdict != PROBE_MORE && now != verdict)) {
            abort();
        }
        verdict = now;
    }
    if (probe_judge(data, size, &reason) != verdict ||
        (size >= PROBE_ANSWER_MAX && verdict == PROBE_MORE) ||
        (verdict == PROBE_ALIVE && (size < 7 || data[1] != 3))) {
        abort();
    }
    return 0;
}
