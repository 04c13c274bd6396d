// SPDX-License-Identifier: MIT
// Words of files, numbered as they come.
#ifndef AMBIT_TASKS_VOCABULARY_H
#define AMBIT_TASKS_VOCABULARY_H

#include "ambit/status.h"
#include <stddef.h>
#include <stdint.h>

enum { AMBIT_MOST_WORD_TYPES = 1000000 };

typedef struct AmbitVocabulary {
    char **words; // [count] owned
    size_t count, room;
    uint32_t *slots; // [n_slots] index of a word + 1; 0: empty
    size_t n_slots;
} AmbitVocabulary;

/* Sets *id to the number of a word, adding the word if it is new. AMBIT_INVALID if there are too
 * many words. */
AmbitStatus ambit_vocabulary_add(AmbitVocabulary *vocabulary, const char *word, size_t length,
                                 int32_t *id, AmbitError *error);
void ambit_vocabulary_free(AmbitVocabulary *vocabulary);

#endif
