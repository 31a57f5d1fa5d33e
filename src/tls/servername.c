#include "tls/servername.h"
#include "core/build.h"
#include "core/text.h"
#include "tls/internal.h"

#include <string.h>

size_t servername_normal(struct span name, char dst[SERVERNAME_MAX + 1])
{
    if (name.len > 0 && name.data[name.len - 1] == '.') {
        name.len--;
    }
    if (name.len > SERVERNAME_MAX || (name.len > 0 && memchr(name.data, 0, name.len) != NULL)) {
        return 0;
    }
    for (size_t i = 0; i < name.len; i++) {
        dst[i] = ascii_lower((char)name.data[i]);
    }
    dst[name.len] = '\0';
    return name.len;
}

const char *servername_problem(const char *name)
{
    const char *p = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

    if (*p == '\0' || *p == '.') {
        return "the name is empty";
    }
    for (; *p != '\0'; p++) {
        if (*p == '*') {
            return "a wildcard is the whole first label: *.example.org";
        }
        if ((uint8_t)*p >= 0x80) {
            return "write the name in its ASCII form (xn--...)";
        }
        if (*p == '.' ? p[1] == '.'
                      : !((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-' ||
                          *p == '_')) {
            return "this is not a host name";
        }
    }
    return NULL;
}

int servername_pick(struct tls *t, const struct hello *h)
{
    const struct config *config = t->ctx->config;
    bool own = TINY_STANDIN && config->server_name != NULL && config->server_name[0] != '\0';
    bool asked = (h->has & HELLO_HAS_SNI) != 0;
    bool matched;

    t->entry = cred_set_pick(t->creds, h->server_name, &matched);
    if (TINY_STANDIN && asked && t->watching != NULL) {
        watch_server_name(t, h->server_name, matched);
    }
    if (!asked || matched) {
        return 0;
    }
    if (config->server_name_fatal) {
        t->choice.alert = ALERT_UNRECOGNIZED_NAME;
        t->choice.reason = "there is no certificate for the name that the client asks for";
        return -1;
    }
    t->warn_name = own;
    return 0;
}
