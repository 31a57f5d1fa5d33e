/* A digest of the files that the configuration names, to tell when one has changed. */
#include "core/build.h"
#include "core/text.h"
#include "tls/folder.h"
#include "tls/internal.h"

#include <string.h>
#include <sys/stat.h>

static uint64_t stamp_bytes(uint64_t stamp, const void *data, size_t len)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        stamp = (stamp ^ p[i]) * 0x100000001B3u; /* FNV-1a */
    }
    return stamp;
}

static uint64_t stamp_file(uint64_t stamp, const char *path)
{
    struct stat st;

    if (path == NULL || path[0] == '\0') {
        return stamp;
    }
    if (stat(path, &st) != 0) {
        return stamp_bytes(stamp, "?", 1);
    }
    stamp = stamp_bytes(stamp, &st.st_dev, sizeof st.st_dev);
    stamp = stamp_bytes(stamp, &st.st_ino, sizeof st.st_ino);
    stamp = stamp_bytes(stamp, &st.st_size, sizeof st.st_size);
    stamp = stamp_bytes(stamp, &st.st_mtim.tv_sec, sizeof st.st_mtim.tv_sec);
    return stamp_bytes(stamp, &st.st_mtim.tv_nsec, sizeof st.st_mtim.tv_nsec);
}

static uint64_t stamp_list(uint64_t stamp, const struct string_list *files)
{
    for (size_t i = 0; i < files->count; i++) {
        stamp = stamp_file(stamp, files->items[i]);
    }
    return stamp;
}

/* A folder and what lies in it, or a file. */
static uint64_t stamp_folder(uint64_t stamp, const char *path)
{
    char unused[4];
    struct text error = text_over(unused, sizeof unused);
    struct arena arena = {0};
    struct folder f;

    stamp = stamp_file(stamp, path);
    if (path != NULL && path[0] != '\0' && folder_is(path) &&
        folder_read(&f, path, &arena, &error) == 0) {
        for (size_t i = 0; i < f.count; i++) {
            stamp = stamp_file(stamp, f.paths[i]);
        }
    }
    arena_end(&arena);
    return stamp;
}

uint64_t tls_stamp_files(const struct config *config)
{
    uint64_t stamp = 0xCBF29CE484222325u;

    stamp = stamp_file(stamp, config->keyfile);
    stamp = stamp_file(stamp, config->certfile);
    stamp = stamp_file(stamp, config->chain_file);
    stamp = stamp_list(stamp, &config->ticket_keys);
    if (TINY_COMFORT) {
        stamp = stamp_file(stamp, config->second_keyfile);
        stamp = stamp_file(stamp, config->second_certfile);
    }
    if (TINY_CLIENTS) {
        stamp = stamp_file(stamp, config->cafile);
        stamp = stamp_folder(stamp, config->capath);
        stamp = stamp_list(stamp, &config->crl_files);
        for (size_t i = 0; i < config->chain_cafiles.count; i++) {
            stamp = stamp_folder(stamp, config->chain_cafiles.items[i]);
        }
        stamp = stamp_list(stamp, &config->ocsp_files);
    }
    if (TINY_EXTRAS) {
        stamp = stamp_list(stamp, &config->compressed_certificates);
    }
    if (TINY_STANDIN) {
        stamp = stamp_file(stamp, config->second_chain_file);
        stamp = stamp_file(stamp, config->server_name_keyfile);
        stamp = stamp_file(stamp, config->server_name_certfile);
        stamp = stamp_list(stamp, &config->serverinfo);
    }
    for (size_t i = 0; i < config->sni.count; i++) {
        const char *equals = strchr(config->sni.items[i], '=');

        stamp = stamp_file(stamp, equals != NULL ? equals + 1 : NULL);
    }
    return stamp;
}
