// SPDX-License-Identifier: MIT
// Checked, aligned, zeroed memory.
#include "ambit/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *ambit_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        bytes > (size_t)PTRDIFF_MAX - AMBIT_ALIGNMENT)
        return NULL;
    size_t rounded = (bytes + AMBIT_ALIGNMENT - 1) / AMBIT_ALIGNMENT * AMBIT_ALIGNMENT;
    if (rounded == 0)
        rounded = AMBIT_ALIGNMENT;
    void *memory = aligned_alloc(AMBIT_ALIGNMENT, rounded);
    if (memory)
        memset(memory, 0, rounded);
    return memory;
}

void ambit_free(void *memory)
{
    free(memory);
}

char *ambit_strdup(const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = ambit_alloc(size, 1);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

char *ambit_bytes_text(double bytes, char text[AMBIT_BYTES_TEXT])
{
    static const char *const units[] = {"MiB", "GiB", "TiB", "PiB"};
    const size_t last = sizeof units / sizeof *units - 1;
    size_t unit = 0;
    double amount = bytes / 1048576;
    for (; amount >= 1024 && unit < last; unit++)
        amount /= 1024;
    int digits = amount < 1 ? 3 : amount < 10 ? 2 : amount < 100 ? 1 : 0;
    snprintf(text, AMBIT_BYTES_TEXT, "%.*f %s", digits, amount, units[unit]);
    return text;
}
