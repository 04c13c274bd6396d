// SPDX-License-Identifier: MIT
// Functions that the fuzz targets of the loaders share (libFuzzer). A target is one file with the
// two functions below.
#ifndef AMBIT_FUZZ_H
#define AMBIT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ends the process as a crash would. */
void fuzz_must(bool holds);

/* Puts the bytes into a file in memory and returns its path, which is always the same. */
const char *fuzz_file(const unsigned char *bytes, size_t size);

/* Returns which of several ways an input goes, so that one input costs one way. */
size_t fuzz_choice(const unsigned char *bytes, size_t size, size_t n_choices);

/* By each target: loads the bytes; and writes files that load into a folder. */
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);
void fuzz_seeds(const char *folder);

int LLVMFuzzerInitialize(int *argc, char ***argv);
uint32_t H5_checksum_metadata(const void *data, size_t count, uint32_t start);
uint32_t H5_checksum_fletcher32(const void *data, size_t count);

#endif
