// SPDX-License-Identifier: MIT
// Statuses, error messages and "did you mean".
#include "ambit/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STATUS_TEXT(name, text) text,
static const char *const status_texts[] = {AMBIT_STATUS_LIST(STATUS_TEXT)};
#undef STATUS_TEXT

const char *ambit_status_text(AmbitStatus status)
{
    size_t count = sizeof status_texts / sizeof *status_texts;
    return (size_t)status < count ? status_texts[status] : "unknown status";
}

const char *ambit_system_text(int number)
{
    static const struct {
        int number;
        const char *remedy;
    } remedies[] = {{ENOENT, "check the path"},
                    {ENOTDIR, "check the path"},
                    {EACCES, "change its permissions, or give another place"},
                    {EPERM, "change its permissions, or give another place"},
                    {EROFS, "give another place"},
                    {EISDIR, "give the name of a file"},
                    {ENODEV, "give the name of a file"},
                    {ENOSPC, "make room, then run this again"},
                    {EDQUOT, "make room, then run this again"},
                    {EFBIG, "raise the limit (ulimit -f)"},
                    {EMFILE, "raise the limit (ulimit -n)"},
                    {ELOOP, "check where its links lead"},
                    {ENAMETOOLONG, "give a shorter name"},
                    {ENOMEM, "end other programs, or ask for less"},
                    {ESTALE, "another machine replaced it: run this again"},
                    {EIO, "the disk fails: give another place"}};
    static _Thread_local char text[256];
    const char *remedy = NULL;
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (remedies[i].number == number)
            remedy = remedies[i].remedy;
    snprintf(text, sizeof text, "%s%s%s", strerror(number), remedy ? "; " : "",
             remedy ? remedy : "");
    return text;
}

AmbitStatus ambit_error_set(AmbitError *error, AmbitStatus status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        error->parameter[0] = '\0';
        error->place = 0;
        error->agreed = false;
    }
    return status;
}

AmbitStatus ambit_error_parameter(AmbitError *error, const char *parameter, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        snprintf(error->parameter, sizeof error->parameter, "%s", parameter);
        error->place = 0;
        error->agreed = false;
    }
    return AMBIT_INVALID;
}

enum { LONGEST_WORD = 64 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance of words shorter than LONGEST_WORD. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[LONGEST_WORD + 1];
    size_t n = strlen(b);
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = smaller(replaced, 1 + smaller(row[j], row[j + 1]));
        }
    }
    return row[n];
}

const char *ambit_nearest_name(const char *word, const char *const *names)
{
    if (strlen(word) >= LONGEST_WORD)
        return NULL;
    const char *nearest = NULL;
    size_t n = strlen(word), limit = n / 3 > 2 ? n / 3 : 2, best = limit + 1;
    for (; *names; names++) {
        size_t length = strlen(*names);
        size_t least = length > n ? length - n : n - length; // letters to add or to take away
        if (length >= LONGEST_WORD || least >= best)
            continue;
        size_t distance = edit_distance(word, *names);
        if (distance < best && distance < length) {
            best = distance;
            nearest = *names;
        }
    }
    return nearest;
}
