/* A cipher list, read as either kind. Whatever comes out is a set of our suites, or an error told.
 */
#include "config/cipherlist.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cipherlist_result *r)
{
    if (r->count > CIPHERLIST_MAX_SUITES) {
        abort();
    }
    for (size_t i = 0; i < r->count; i++) {
        struct suite_info info;

        if (!suite_by_id(r->suites[i], &info) || info.name[0] == '\0') {
            abort();
        }
        for (size_t j = 0; j < i; j++) {
            if (r->suites[i] == r->suites[j]) {
                abort();
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *list = malloc(size + 1);
    struct cipherlist_result r;

    if (list == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(list, data, size);
    }
    list[size] = '\0';
    for (int aes = 0; aes < 2; aes++) {
        int result = cipherlist_parse(list, aes != 0, &r);

        if ((result == 0) != (r.count > 0) || (result == 0) != (r.error[0] == '\0')) {
            abort();
        }
        check(&r);
        cipherlist_apply_level(&r);
        check(&r);
        result = cipherlist_parse_tls13(list, aes != 0, &r);
        if ((result == 0) != (r.count > 0) || (result == 0) != (r.error[0] == '\0') ||
            r.count > CIPHERLIST_MAX_TLS13) {
            abort();
        }
        check(&r);
    }
    free(list);
    return 0;
}
