// SPDX-License-Identifier: MIT
// Set of fingerprints: open addressing, at most half full.
#include "fingerprints.h"

#include "ambit/memory.h"

/* The finishing step of splitmix64 (Steele, Lea & Flood 2014): a bijection that spreads bits. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static void fingerprint(const int32_t *words, size_t n_words, uint64_t out[2])
{
    uint64_t a = mix(n_words + 1), b = mix(~(uint64_t)n_words);
    for (size_t i = 0; i < n_words; i++) {
        uint64_t word = (uint64_t)(uint32_t)words[i];
        a = mix(a + word + UINT64_C(0x9E3779B97F4A7C15));
        b = mix((b ^ word) + UINT64_C(0xD1B54A32D192ED03));
    }
    out[0] = a ? a : 1; // {0, 0} marks an empty slot
    out[1] = b;
}

/* Returns the slot that holds a fingerprint, or the empty one where it belongs. */
static size_t place(const AmbitFingerprints *set, const uint64_t print[2])
{
    size_t at = (size_t)print[1] & (set->room - 1);
    while (set->slots[at][0] && (set->slots[at][0] != print[0] || set->slots[at][1] != print[1]))
        at = (at + 1) & (set->room - 1);
    return at;
}

static AmbitStatus grow(AmbitFingerprints *set, AmbitError *error)
{
    AmbitFingerprints larger = {.count = set->count, .room = set->room ? 2 * set->room : 1024};
    larger.slots = ambit_alloc(larger.room, sizeof *larger.slots);
    if (!larger.slots)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory to tell %zu sentences apart",
                               set->count);
    for (size_t i = 0; i < set->room; i++) {
        if (!set->slots[i][0])
            continue;
        size_t at = place(&larger, set->slots[i]);
        larger.slots[at][0] = set->slots[i][0];
        larger.slots[at][1] = set->slots[i][1];
    }
    ambit_free(set->slots);
    *set = larger;
    return AMBIT_OK;
}

bool ambit_fingerprints_hold(const AmbitFingerprints *set, const int32_t *words, size_t n_words)
{
    uint64_t print[2];
    fingerprint(words, n_words, print);
    return set->room && set->slots[place(set, print)][0] != 0;
}

AmbitStatus ambit_fingerprints_add(AmbitFingerprints *set, const int32_t *words, size_t n_words,
                                   bool *is_new, AmbitError *error)
{
    uint64_t print[2];
    AmbitStatus status = 2 * (set->count + 1) > set->room ? grow(set, error) : AMBIT_OK;
    if (status)
        return status;
    fingerprint(words, n_words, print);
    size_t at = place(set, print);
    bool lacked = !set->slots[at][0];
    if (lacked) {
        set->slots[at][0] = print[0];
        set->slots[at][1] = print[1];
        set->count++;
    }
    if (is_new)
        *is_new = lacked;
    return AMBIT_OK;
}

void ambit_fingerprints_free(AmbitFingerprints *set)
{
    ambit_free(set->slots);
    *set = (AmbitFingerprints){0};
}
