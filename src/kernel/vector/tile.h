// SPDX-License-Identifier: MIT
// What the files of float32 products share: tiles of sums that registers hold, and panels of the
// right operand. Only levels whose vectors have 8 or 16 floats have them.
#ifndef AMBIT_KERNEL_TILE_H
#define AMBIT_KERNEL_TILE_H

#include "vector.h"

enum {
    TILE_ROWS = W == 16 ? 14 : 6, // with two vectors each, as many sums as registers hold
    PANEL = 2 * W,                // columns of a tile
    DEPTH = 256                   // terms summed at a time: a panel fits the first-level cache
};

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The operands of a tile. Element (row, l) of the left one is a[row·row_step + l·step], where one
 * of the steps is 1. Row l of the right one is PANEL floats at b + l·b_step. */
typedef struct Factors {
    const float *a;
    size_t row_step, step;
    const float *b;
    size_t b_step, depth;
    // The rows that are wanted next: asked for, one with each l, where row_step is 1.
    const float *next;
    size_t next_step;
} Factors;

/* Where the sums of a tile go: rows of PANEL floats, `stride` apart. */
typedef struct Sink {
    float *c;
    size_t stride;
    bool accumulate; // onto c
    // What follows, as in AmbitEpilogue, if the step of the left factor is 1; NULL: nothing.
    const float *bias, *residual, *factor;
} Sink;

/* The product of the factors, up to TILE_ROWS rows. Terms are added in the order of l. */
void AMBIT_LEVELED(ambit_vector_tile)(const Sink *sink, size_t rows, const Factors *factors);

/* A part of op(b) as it lies: element (l, j) at x[l·along + j·across], where one of the two is 1.
 */
typedef struct Lying {
    const float *x;
    size_t along, across;
} Lying;

/* panel [depth][PANEL] = the part's first columns, then zeros. */
void AMBIT_LEVELED(ambit_vector_pack_panel)(float *panel, Lying part, size_t depth, size_t columns);

#endif
