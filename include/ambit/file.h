// SPDX-License-Identifier: MIT
// Opens files that a user names.
#ifndef AMBIT_FILE_H
#define AMBIT_FILE_H

#include <stdio.h>

/* Opens a regular file for reading. Returns NULL and sets errno for anything else: reading a pipe
 * might never end. */
FILE *ambit_file_open(const char *path);

#endif
