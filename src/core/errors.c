#include "core/errors.h"
#include "core/bytes.h"

#include <errno.h>
#include <string.h>

/* In the order of the texts. The numbers differ between processors. */
static const uint8_t numbers[] = {
    EPERM,      ENOENT,     EINTR,         EIO,          ENXIO,        EBADF,       EAGAIN,
    ENOMEM,     EACCES,     EBUSY,         EEXIST,       EXDEV,        ENODEV,      ENOTDIR,
    EISDIR,     EINVAL,     ENFILE,        EMFILE,       ETXTBSY,      EFBIG,       ENOSPC,
    ESPIPE,     EROFS,      EPIPE,         ENAMETOOLONG, ENOSYS,       ELOOP,       EOVERFLOW,
    ENOTSOCK,   EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, ENETDOWN,     ENETUNREACH, ECONNABORTED,
    ECONNRESET, ENOBUFS,    ETIMEDOUT,     ECONNREFUSED, EHOSTUNREACH,
};

static const char texts[] = "Operation not permitted\0"
                            "No such file or directory\0"
                            "Interrupted\0"
                            "I/O error\0"
                            "No such device or address\0"
                            "Bad file descriptor\0"
                            "Try again\0"
                            "Out of memory\0"
                            "Permission denied\0"
                            "Resource busy\0"
                            "File exists\0"
                            "Another file system\0"
                            "No such device\0"
                            "Not a directory\0"
                            "Is a directory\0"
                            "Invalid argument\0"
                            "Too many open files in the system\0"
                            "Too many open files\0"
                            "Text file busy\0"
                            "File too large\0"
                            "No space left on device\0"
                            "Not seekable\0"
                            "Read-only file system\0"
                            "Broken pipe\0"
                            "Name too long\0"
                            "Not built into this kernel\0"
                            "Symbolic link loop\0"
                            "Value too large\0"
                            "Not a socket\0"
                            "Address in use\0"
                            "Address not available\0"
                            "Address family not supported\0"
                            "Network is down\0"
                            "Network unreachable\0"
                            "Connection aborted\0"
                            "Connection reset by peer\0"
                            "No buffer space\0"
                            "Timed out\0"
                            "Connection refused\0"
                            "No route to that host\0";

const char *error_text(int error)
{
    const char *text = texts;

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++, text += strlen(text) + 1) {
        if (numbers[i] == error) {
            return text;
        }
    }
    return "unexpected system error";
}
