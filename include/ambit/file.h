// SPDX-License-Identifier: MIT
// Opening files that a user names.
#ifndef AMBIT_FILE_H
#define AMBIT_FILE_H

#include <stdio.h>

/* Opens a regular file for reading; NULL, and errno, for anything else: a pipe would never end. */
FILE *ambit_file_open(const char *path);

#endif
