// SPDX-License-Identifier: MIT
// Dropout by Philox in lanes: a vector holds words of W counters. The bits are the reference's.
#include "vector.h"

typedef uint32_t Words __attribute__((vector_size(4 * AMBIT_WIDTH)));
typedef uint64_t Wide __attribute__((vector_size(4 * AMBIT_WIDTH)));

/* 64-bit products of the even words with a constant, for which compilers take several instructions.
 */
static inline Wide multiply_even(Wide x, Wide by)
{
#if AMBIT_WIDTH == 16
    return (Wide)_mm512_mul_epu32((__m512i)x, (__m512i)by);
#elif AMBIT_WIDTH == 8
    return (Wide)_mm256_mul_epu32((__m256i)x, (__m256i)by);
#else
    return (x & 0xffffffff) * by;
#endif
}

/* The even words of one vector and the odd words of another. */
static inline Words join(Wide even, Wide odd)
{
#if AMBIT_WIDTH == 8
    return (Words)_mm256_blend_epi32((__m256i)even, (__m256i)odd, 0xaa);
#else
    const Wide lower = (Wide){0} + 0xffffffff;
    return (Words)((even & lower) | (odd & ~lower));
#endif
}

/* The low and the high halves of the 64-bit products of all words with a constant. */
static inline void multiply_words(Words x, uint64_t by, Words *low, Words *high)
{
    const Wide factor = (Wide){0} + by;
    Wide even = multiply_even((Wide)x, factor), odd = multiply_even((Wide)x >> 32, factor);
    *low = join(even, odd << 32);
    *high = join(even >> 32, odd);
}

/* ambit_philox in every lane. */
static inline void philox_lanes(Words word[4], uint32_t key0, uint32_t key1)
{
    for (int round = 0; round < 10; round++) {
        Words low0, high0, low1, high1;
        multiply_words(word[0], 0xD2511F53u, &low0, &high0);
        multiply_words(word[2], 0xCD9E8D57u, &low1, &high1);
        word[0] = high1 ^ word[1] ^ key0;
        word[1] = low1;
        word[2] = high0 ^ word[3] ^ key1;
        word[3] = low0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

/* What a chunk's W lanes from `lane` on are multiplied by: vector q is for elements lane + 16·q …
 */
static inline void chunk_factors(Vector factor[8], const uint32_t words[4], uint32_t block,
                                 uint32_t threshold, float scale)
{
    Words counter = {0};
    for (uint32_t i = 0; i < W; i++)
        counter[i] = block + i;
    Words word[4] = {counter, (Words){0} + words[2], (Words){0} + words[3], {0}};
    philox_lanes(word, words[0], words[1]);
    for (size_t q = 0; q < 8; q++) {
        Words bits = q < 4 ? word[q] & 0xffff : word[q - 4] >> 16;
        factor[q] = select_vector((IntVector)(bits >= threshold), splat(scale), splat(0.0f));
    }
}

/* n ≤ W elements. */
static inline void apply(float *out, float *slope, const float *x, Vector factor, size_t n)
{
    Vector v = !x ? splat(1.0f) : n < W ? load_some(x, n) : load(x);
    store_up_to(out, factor * v, n);
    if (slope)
        store_up_to(slope, factor * (n < W ? load_some(slope, n) : load(slope)), n);
}

void AMBIT_LEVELED(ambit_vector_dropout)(const AmbitKernelContext *context, float *out,
                                         float *slope, const float *x, size_t count,
                                         const AmbitDropout *dropout)
{
    (void)context;
    const float scale = (float)ambit_dropout_factor(dropout);
    uint32_t words[4];
    ambit_random_place(words, dropout->key, AMBIT_STREAM_DROPOUT, dropout->sequence,
                       dropout->place);
    for (size_t chunk = 0; chunk < count; chunk += AMBIT_DROPOUT_CHUNK)
        for (size_t lane = 0; lane < AMBIT_DROPOUT_LANES && chunk + lane < count; lane += W) {
            const uint32_t block =
                (uint32_t)(chunk / AMBIT_DROPOUT_CHUNK * AMBIT_DROPOUT_LANES + lane);
            Vector factor[8];
            chunk_factors(factor, words, block, dropout->threshold, scale);
            for (size_t q = 0; q < 8 && chunk + lane + q * AMBIT_DROPOUT_LANES < count; q++) {
                size_t i = chunk + lane + q * AMBIT_DROPOUT_LANES;
                apply(out + i, slope ? slope + i : NULL, x ? x + i : NULL, factor[q],
                      count - i < W ? count - i : W);
            }
        }
}
