// SPDX-License-Identifier: MIT
// Opens files that a user names, reads their text, and writes their names for a shell.
#include "ambit/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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

bool ambit_file_wait(int tries)
{
    enum { AT_ONCE = 4, MOST = 20, MILLISECONDS = 50 };
    const struct timespec pause = {.tv_nsec = 1000000L * MILLISECONDS * (tries - AT_ONCE)};
    if (tries > AT_ONCE && tries < MOST)
        nanosleep(&pause, NULL);
    return tries < MOST;
}

size_t ambit_utf8_size(const char *text, size_t left)
{
    const unsigned char lead = (unsigned char)*text;
    size_t size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead == 0 || lead > 0xf4 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
    const unsigned char second = size > 1 ? (unsigned char)text[1] : 0;
    bool is_overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
    bool is_outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
    return is_overlong || is_outside ? 0 : size; // RFC 3629
}

static bool is_plain(const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
    for (const char *c = text; *c; c++)
        if (!strchr(plain, *c) && (unsigned char)*c < 0x80)
            return false;
    return *text != '\0';
}

char *ambit_shell_word(const char *text, char *word, size_t size)
{
    bool plain = is_plain(text);
    char *end = word, *last = word + size - 1; // of which a closing quote takes one
    if (!plain)
        *end++ = '\'';
    for (; *text; text++) {
        bool is_quote = *text == '\'';
        if (end + (is_quote ? 4 : 1) >= last)
            break;
        if (is_quote)
            end = stpcpy(end, "'\\''");
        else
            *end++ = *text;
    }
    if (!plain)
        *end++ = '\'';
    *end = '\0';
    return word;
}
