// SPDX-License-Identifier: MIT
// Opens files that a user names, and reads their text.
#ifndef AMBIT_FILE_H
#define AMBIT_FILE_H

#include <stddef.h>
#include <stdio.h>

/* Opens a regular file for reading. Returns NULL and sets errno for anything else: reading a pipe
 * might never end. */
FILE *ambit_file_open(const char *path);

/* Returns the bytes of the UTF-8 character at `text`, of at most `left` bytes; 0 for NUL and for
 * invalid bytes. */
size_t ambit_utf8_size(const char *text, size_t left);

#endif
