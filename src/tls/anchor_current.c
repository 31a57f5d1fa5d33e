/* Which trust anchors hold today. BearSSL asks for none of an anchor's dates, so
 * one that is expired must not be shown to it. */
#include "core/log.h"
#include "tls/cred.h"

static void find_current(struct anchor_set *set, int64_t now_s)
{
    size_t n = 0;

    set->current_from_s = INT64_MIN;
    set->current_until_s = INT64_MAX;
    for (size_t i = 0; i < set->count; i++) {
        int64_t end = set->not_after_s[i];

        if (end < now_s) {
            /* A clock that is set back makes it good again. */
            set->current_from_s = end + 1 > set->current_from_s ? end + 1 : set->current_from_s;
            continue;
        }
        set->current_until_s = end < set->current_until_s ? end : set->current_until_s;
        set->current[n++] = set->anchors[i];
    }
    if (n < set->current_count || (set->current_count == 0 && n < set->count)) {
        log_line(LOG_WARN,
                 "ssl.cafile: %zu of %zu CA certificates are expired: client certificates from "
                 "them are refused",
                 set->count - n, set->count);
    }
    set->current_count = n;
}

const br_x509_trust_anchor *anchor_set_current(struct anchor_set *set, int64_t now_s, size_t *count)
{
    if (set->not_after_s == NULL) {
        *count = set->count;
        return set->anchors;
    }
    /* The bounds are 0 in a new set. */
    if (set->current_until_s == 0 || now_s < set->current_from_s || now_s > set->current_until_s) {
        find_current(set, now_s);
    }
    *count = set->current_count;
    return set->current;
}
