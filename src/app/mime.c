#include "app/mime.h"
#include "core/build.h"

#include <string.h>

/* A sign, + where a compressed sibling is worth looking for; the type; a NUL;
 * the endings that have it; a NUL. What is asked for most stands first. One
 * text, as a table would have two pointers a row. */
static const char table[] =
    "+text/html; charset=utf-8\0 htm html \0"
    "+text/css; charset=utf-8\0 css \0"
    "+text/javascript; charset=utf-8\0 js mjs \0"
    "-image/png\0 png \0"
    "-image/jpeg\0 jpeg jpg \0"
    "+image/svg+xml\0 svg \0"
    "-image/svg+xml\0 svgz \0"
    "-image/webp\0 webp \0"
    "-image/x-icon\0 cur ico \0"
    "-font/woff2\0 woff2 \0"
    "+application/json\0 json map \0"
    "+text/plain; charset=utf-8\0 asc bat c cfg conf cpp diff h ini log patch py sh sql srt txt \0"
#if TINY_COMFORT
    "+application/atom+xml\0 atom \0"
    "-application/epub+zip\0 epub \0"
    "-application/gzip\0 gz tgz \0"
    "+application/manifest+json\0 webmanifest \0"
    "-application/pdf\0 pdf \0"
    "+application/rss+xml\0 rss \0"
    "-application/vnd.android.package-archive\0 apk \0"
    "-application/vnd.apple.mpegurl\0 m3u8 \0"
    "-application/vnd.openxmlformats-officedocument.presentationml.presentation\0 pptx \0"
    "-application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\0 xlsx \0"
    "-application/vnd.openxmlformats-officedocument.wordprocessingml.document\0 docx \0"
    "+application/wasm\0 wasm \0"
    "-application/x-tar\0 tar \0"
    "+application/xhtml+xml\0 xhtml \0"
    "+application/xml\0 xml \0"
    "+application/yaml\0 yaml yml \0"
    "-application/zip\0 zip \0"
    "-application/zstd\0 zst \0"
    "-audio/aac\0 aac \0"
    "-audio/flac\0 flac \0"
    "-audio/mp4\0 m4a \0"
    "-audio/mpeg\0 mp3 \0"
    "-audio/ogg\0 oga ogg opus \0"
    "-audio/wav\0 wav \0"
    "-font/otf\0 otf \0"
    "-font/ttf\0 ttf \0"
    "-font/woff\0 woff \0"
    "-image/apng\0 apng \0"
    "-image/avif\0 avif \0"
    "-image/gif\0 gif \0"
    "-image/heic\0 heic \0"
    "-image/tiff\0 tif tiff \0"
    "+text/calendar; charset=utf-8\0 ics \0"
    "+text/csv; charset=utf-8\0 csv \0"
    "+text/markdown; charset=utf-8\0 md \0"
    "+text/vtt; charset=utf-8\0 vtt \0"
    "-video/mp2t\0 ts \0"
    "-video/mp4\0 m4v mp4 \0"
    "-video/quicktime\0 mov \0"
    "-video/webm\0 webm \0"
    "-video/x-matroska\0 mkv \0"
#endif
    ;

static const struct mime unknown = {false, "application/octet-stream"};

/* The ending of the name between two blanks, in small letters; false if it
 * has none or one that is too long to be in the table. */
static bool wanted_word(struct span name, char word[16])
{
    size_t len = 0;

    while (len < name.len && name.data[name.len - 1 - len] != '.') {
        len++;
    }
    /* A name without a dot, or one that ends in it, has no ending. */
    if (len == 0 || len >= name.len || len > 13) {
        return false;
    }
    word[0] = ' ';
    for (size_t i = 0; i < len; i++) {
        char c = ascii_lower((char)name.data[name.len - len + i]);

        /* Neither could be in one word of the table. */
        if (c == ' ' || c == '\0') {
            return false;
        }
        word[1 + i] = c;
    }
    word[len + 1] = ' ';
    word[len + 2] = '\0';
    return true;
}

/* The words of the table and the one that is looked for stand between blanks. */
static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    for (; *text != '\0'; text++) {
        if (*text == ' ' && strncmp(text, word, len) == 0) {
            return true;
        }
    }
    return false;
}

struct mime mime_of(struct span name)
{
    char word[16];

    if (!wanted_word(name, word)) {
        return unknown;
    }
    for (const char *p = table; p[0] != '\0';) {
        const char *endings = p + strlen(p) + 1;

        if (has_word(endings, word)) {
            return (struct mime){p[0] == '+', p + 1};
        }
        p = endings + strlen(endings) + 1;
    }
    return unknown;
}
