// SPDX-License-Identifier: MIT
// Checked, aligned memory.
#ifndef AMBIT_MEMORY_H
#define AMBIT_MEMORY_H

#include <stddef.h>

#define AMBIT_ALIGNMENT 64

/* Returns zeroed memory for `count` items of `size` bytes, aligned to 64 bytes. Returns NULL if
 * count·size overflows or the system has no memory. If `size` is itself a product, the caller must
 * check it for overflow. A count of 0 yields a valid pointer. Free with ambit_free. */
void *ambit_alloc(size_t count, size_t size);
void ambit_free(void *memory);

/* Returns a copy of a string; NULL if `text` is NULL or there is no memory. Free with ambit_free.
 */
char *ambit_strdup(const char *text);

/* Writes an amount of memory or disk in MiB, GiB, TiB or PiB to three digits or more, "347 MiB";
 * returns text. */
enum { AMBIT_BYTES_TEXT = 32 };
char *ambit_bytes_text(double bytes, char text[AMBIT_BYTES_TEXT]);

#endif
