// SPDX-License-Identifier: MIT
// Buffers of random floats between guards, for tests of kernels.
#ifndef AMBIT_TESTS_GUARDED_H
#define AMBIT_TESTS_GUARDED_H

#include "testing.h"

#include <stdbool.h>

/* n floats between guards of 64 bytes. */
typedef struct Buffer {
    float *memory, *data;
    size_t n;
} Buffer;

/* Normal numbers, a function of (n, index). `misaligned`: `data` starts a few floats after a
 * multiple of 64 bytes, how many depends on the index; else at a multiple. */
Buffer buffer_of(size_t n, uint32_t index, bool misaligned);

/* Fails the test if something wrote beside the buffer. */
void check_guards(Buffer buffer);

/* Fails the test unless all elements agree to `tolerance` times the larger of 1 and the expected
 * value, and the guards of `got` are whole. Frees both. */
void compare(Buffer got, Buffer expected, double tolerance, const char *what);

#endif
