#include "core/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

bool lines_open(struct lines *l, const char *path)
{
    l->fd = open(path, O_RDONLY | O_CLOEXEC);
    l->start = l->end = 0;
    l->skipping = false;
    return l->fd >= 0;
}

void lines_close(struct lines *l)
{
    close(l->fd);
}

static bool refill(struct lines *l)
{
    ssize_t n;

    if (l->start > 0) {
        l->end -= l->start;
        memmove(l->buf, l->buf + l->start, l->end);
        l->start = 0;
    }
    if (l->end == sizeof l->buf - 1) {
        l->skipping = true;
        l->end = 0;
    }
    do {
        n = read(l->fd, l->buf + l->end, sizeof l->buf - 1 - l->end);
    } while (n < 0 && errno == EINTR);
    l->end += n > 0 ? (size_t)n : 0;
    return n > 0;
}

char *lines_next(struct lines *l)
{
    for (;;) {
        char *line = l->buf + l->start;
        char *stop = memchr(line, '\n', l->end - l->start);

        if (stop == NULL && refill(l)) {
            continue;
        }
        if (stop == NULL) {
            /* The last line may lack its end. */
            line = l->buf + l->start;
            l->buf[l->end] = '\0';
            stop = l->buf + l->end;
            if (stop == line || l->skipping) {
                return NULL;
            }
            l->start = l->end;
            return line;
        }
        *stop = '\0';
        l->start = (size_t)(stop + 1 - l->buf);
        if (!l->skipping) {
            return line;
        }
        l->skipping = false;
    }
}

char *lines_word(char **at, const char *separators)
{
    char *word = *at + strspn(*at, separators);
    char *stop = word + strcspn(word, separators);

    if (word == stop) {
        return NULL;
    }
    *at = *stop != '\0' ? stop + 1 : stop;
    *stop = '\0';
    return word;
}

bool lines_number(const char *text, unsigned long *value)
{
    uint64_t n = 0;
    const char *p = text;

    for (; *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (uint64_t)(*p - '0');
        if (n > UINT32_MAX) {
            return false;
        }
    }
    *value = (unsigned long)n;
    return p != text && *p == '\0';
}
