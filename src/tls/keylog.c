#include "tls/keylog.h"

#include "core/errors.h"
#include "core/log.h"
#include "core/output.h"
#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int keylog_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 ||
        (S_ISREG(st.st_mode) && st.st_size == 0 &&
         outputf(fd, "# secrets of TLS connections, written by tiny\n") != 0)) {
        log_line(LOG_ERROR, "ssl.keylog-file: %s: %s", path, error_text(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    log_line(LOG_WARN,
             "ssl.keylog-file: SECRETS OF ALL CONNECTIONS ARE WRITTEN TO %s: who reads it can "
             "decrypt the traffic%s",
             path,
             S_ISREG(st.st_mode) && (st.st_mode & 077) != 0
                 ? "; the file was there before, and its mode lets others in"
                 : "");
    return fd;
}

void keylog_write(int fd, const char *label, const uint8_t client_random[32], struct span secret)
{
    char line[32 + 64 + 1 + 96 + 2];
    struct text t = text_over(line, sizeof line);

    text_add(&t, label);
    text_add(&t, " ");
    text_add_hex(&t, span_of(client_random, 32));
    text_add(&t, " ");
    text_add_hex(&t, secret);
    text_add(&t, "\n");
    (void)!write(fd, line, t.len);
    bytes_wipe(line, sizeof line);
}
