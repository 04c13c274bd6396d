// SPDX-License-Identifier: MIT
// Opens files that a user names, reads their text, and writes their names for a shell.
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

/* Writes a word as a shell takes it, in quotes where it has spaces or the like; returns `word`, of
 * `size` bytes. A word that is longer is cut; 4 strlen(text) + 3 bytes hold any. */
enum { AMBIT_SHELL_WORD = 1024 }; // size for a path in a message
char *ambit_shell_word(const char *text, char *word, size_t size);

#endif
