// SPDX-License-Identifier: MIT
// Lines of UTF-8 files, and messages that name a place in one.
#ifndef AMBIT_TASKS_TEXT_LINES_H
#define AMBIT_TASKS_TEXT_LINES_H

#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { AMBIT_LONGEST_LINE = 1 << 20 }; // bytes

typedef struct AmbitLines {
    const char *path; // borrowed
    FILE *file;
    size_t number; // of the last line that was read, from 1 on
    char *text;    // [length + 1] this line without line end, owned
    size_t length, room;
} AmbitLines;

/* Opens a file; close also after a failure. */
AmbitStatus ambit_lines_open(AmbitLines *lines, const char *path, AmbitError *error);
void ambit_lines_close(AmbitLines *lines);

/* Reads the next line; *found is false at the end of the file. Refuses lines that are too long, are
 * not UTF-8, or hold control characters other than TAB. */
AmbitStatus ambit_lines_read(AmbitLines *lines, bool *found, AmbitError *error);

/* Returns AMBIT_INVALID with the message "path:line:column: …" for byte `at` of the line. */
AmbitStatus ambit_lines_refuse(const AmbitLines *lines, size_t at, AmbitError *error,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
