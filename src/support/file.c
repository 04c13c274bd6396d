// SPDX-License-Identifier: MIT
// Opens files that a user names.
#include "ambit/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *ambit_file_open(const char *path)
{
    struct stat found;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor >= 0 && fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode))
        return fdopen(descriptor, "rb");
    if (descriptor >= 0) {
        close(descriptor);
        errno = S_ISDIR(found.st_mode) ? EISDIR : ENODEV;
    }
    return NULL;
}
