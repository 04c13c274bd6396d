// SPDX-License-Identifier: MIT
// Functions that fuzz targets share: a file in memory, seeds, and HDF5 without checksums.
#include "fuzz.h"

#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_must(bool holds)
{
    if (!holds)
        abort();
}

const char *fuzz_file(const unsigned char *bytes, size_t size)
{
    static char path[64];
    static int file = -1;
    if (file < 0) {
        file = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    fuzz_must(file >= 0 && pwrite(file, bytes, size, 0) == (ssize_t)size &&
              ftruncate(file, (off_t)size) == 0);
    return path;
}

size_t fuzz_choice(const unsigned char *bytes, size_t size, size_t n_choices)
{
    size_t sum = size;
    for (size_t i = size > 64 ? size - 64 : 0; i < size; i++)
        sum += bytes[i];
    return sum % n_choices;
}

// These stand before HDF5's own. With checksums nearly all changed files would end at the first.
uint32_t H5_checksum_metadata(const void *data, size_t count, uint32_t start)
{
    (void)data, (void)count, (void)start;
    return 0;
}

uint32_t H5_checksum_fletcher32(const void *data, size_t count)
{
    (void)data, (void)count;
    return 0;
}

/* `TARGET --seeds FOLDER` writes the first inputs and ends. HDF5 keeps the half megabyte that it
 * clears for every file instead of giving it back, which would take most of the time. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    fuzz_must(H5set_free_list_limits(1 << 22, 1 << 20, -1, -1, -1, -1) >= 0);
    if (*argc == 3 && strcmp((*argv)[1], "--seeds") == 0) {
        fuzz_seeds((*argv)[2]);
        exit(0);
    }
    return 0;
}
