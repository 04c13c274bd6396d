// SPDX-License-Identifier: MIT
// Set of sequences of numbers, kept as fingerprints of 128 bits. If fingerprints are uniform, two
// of ten million different sequences share one with a probability below 2⁻⁸⁰.
#ifndef AMBIT_TASKS_FINGERPRINTS_H
#define AMBIT_TASKS_FINGERPRINTS_H

#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct AmbitFingerprints {
    uint64_t (*slots)[2]; // [room] owned; {0, 0}: empty
    size_t count, room;   // room is 0 or a power of two
} AmbitFingerprints;

bool ambit_fingerprints_hold(const AmbitFingerprints *set, const int32_t *words, size_t n_words);

/* Adds a sequence; *is_new (unless NULL) says whether the set lacked it. */
AmbitStatus ambit_fingerprints_add(AmbitFingerprints *set, const int32_t *words, size_t n_words,
                                   bool *is_new, AmbitError *error);
void ambit_fingerprints_free(AmbitFingerprints *set);

#endif
