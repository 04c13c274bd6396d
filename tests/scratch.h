// SPDX-License-Identifier: MIT
// A scratch folder for every test that writes files: cmocka setup and teardown, and functions that
// tests use on files. The state of a test is the path of the folder.
#ifndef AMBIT_TESTS_SCRATCH_H
#define AMBIT_TESTS_SCRATCH_H

#include <stddef.h>

int scratch_open(void **state);
int scratch_close(void **state); // removes the folder

/* "FOLDER/NAME" in memory that lives until the folder is closed. */
const char *scratch_path(const char *folder, const char *name);

size_t scratch_count(const char *folder); // entries
size_t scratch_size(const char *path);    // bytes
void scratch_write(const char *path, const char *text);
void scratch_flip(const char *path, size_t place); // all bits of one byte

#endif
