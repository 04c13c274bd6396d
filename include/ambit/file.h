// SPDX-License-Identifier: MIT
// Opens files that a user names, checks UTF-8, and quotes words for a shell.
#ifndef AMBIT_FILE_H
#define AMBIT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Opens a regular file for reading. Returns NULL and sets errno for anything else: reading a pipe
 * might never end. */
FILE *ambit_file_open(const char *path);

/* Waits before the next look for a file that its folder lists but does not have: another process
 * has just removed it, or a network file system shows names late. `tries` looks were made. The
 * first waits take no time, all together seven seconds; returns false when there were enough. */
bool ambit_file_wait(int tries);

/* Returns the size in bytes of the UTF-8 character at `text`, where `left` bytes remain; 0 for NUL
 * and for invalid bytes. */
size_t ambit_utf8_size(const char *text, size_t left);

/* Writes `text` to `word` [size] as one word of a shell, quoted if it has characters that a shell
 * interprets, and returns `word`. Cuts the text if the buffer is too small; 4 strlen(text) + 3
 * bytes always suffice. */
enum { AMBIT_SHELL_WORD = 1024 }; // size for a path in a message
char *ambit_shell_word(const char *text, char *word, size_t size);

#endif
