// SPDX-License-Identifier: MIT
// Words of files: a hash table, at most half full.
#include "vocabulary.h"

#include "ambit/memory.h"
#include <string.h>

/* FNV-1a. */
static uint64_t hash(const char *word, size_t length)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)word[i]) * UINT64_C(0x100000001B3);
    return h ^ h >> 32;
}

static size_t place(const AmbitVocabulary *v, const char *word, size_t length)
{
    size_t at = (size_t)hash(word, length) & (v->n_slots - 1);
    while (v->slots[at]) {
        const char *other = v->words[v->slots[at] - 1];
        if (strncmp(other, word, length) == 0 && other[length] == '\0')
            return at;
        at = (at + 1) & (v->n_slots - 1);
    }
    return at;
}

static AmbitStatus grow(AmbitVocabulary *v, AmbitError *error)
{
    AmbitVocabulary larger = {.count = v->count, .room = v->room ? 2 * v->room : 512};
    larger.n_slots = 2 * larger.room;
    larger.words = ambit_alloc(larger.room, sizeof *larger.words);
    larger.slots = ambit_alloc(larger.n_slots, sizeof *larger.slots);
    if (!larger.words || !larger.slots) {
        ambit_free(larger.words);
        ambit_free(larger.slots);
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu words", v->count);
    }
    if (v->count)
        memcpy(larger.words, v->words, v->count * sizeof *v->words);
    for (size_t i = 0; i < v->count; i++)
        larger.slots[place(&larger, larger.words[i], strlen(larger.words[i]))] = (uint32_t)i + 1;
    ambit_free(v->words);
    ambit_free(v->slots);
    *v = larger;
    return AMBIT_OK;
}

AmbitStatus ambit_vocabulary_add(AmbitVocabulary *v, const char *word, size_t length, int32_t *id,
                                 AmbitError *error)
{
    AmbitStatus status = v->count == v->room ? grow(v, error) : AMBIT_OK;
    if (status)
        return status;
    size_t at = place(v, word, length);
    *id = (int32_t)v->slots[at] - 1;
    if (*id >= 0)
        return AMBIT_OK;
    if (v->count == AMBIT_MOST_WORD_TYPES)
        return ambit_error_set(error, AMBIT_INVALID,
                               "found more than %d different words; words are separated by blanks",
                               (int)AMBIT_MOST_WORD_TYPES);
    char *copy = ambit_alloc(length + 1, 1);
    if (!copy)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu words", v->count);
    memcpy(copy, word, length);
    *id = (int32_t)v->count;
    v->words[v->count++] = copy;
    v->slots[at] = (uint32_t)v->count;
    return AMBIT_OK;
}

void ambit_vocabulary_free(AmbitVocabulary *vocabulary)
{
    for (size_t i = 0; i < vocabulary->count; i++)
        ambit_free(vocabulary->words[i]);
    ambit_free(vocabulary->words);
    ambit_free(vocabulary->slots);
    *vocabulary = (AmbitVocabulary){0};
}
