// SPDX-License-Identifier: MIT
// Batch: some sequences as the rows that a model reads. A source of training data, or a predictor,
// passes nothing but a batch to the model.
#ifndef AMBIT_BATCH_H
#define AMBIT_BATCH_H

#include "ambit/random.h"
#include "ambit/real.h"
#include <stddef.h>
#include <stdint.h>

/* How the outputs of a sequence are compared with targets that are numbers. */
typedef enum AmbitLoss {
    AMBIT_LOSS_SQUARED, // (output − target)²
    AMBIT_LOSS_LOGISTIC // −log sigmoid(target · output), for targets ±1
} AmbitLoss;

/* B sequences of any lengths, one after another without padding. A sequence is a prefix, whose rows
 * see themselves and every row before them, and then query rows, each of which sees itself and the
 * first `seen` rows of the prefix. A view: the memory belongs to whoever filled it in. */
typedef struct AmbitBatch {
    size_t n_sequences;       // B
    const size_t *offset;     // [B + 1] first row of each sequence; offset[B] is R, all rows
    const size_t *prefix;     // [B] number of rows of the prefix; later rows are query rows
    const size_t *seen;       // [R] number of rows of the prefix that a query row sees; not read at
                              // rows of the prefix. NULL: there are no query rows
    const size_t *position;   // [R] the row of the position table (< n_context) that is added
    const AmbitReal *vector;  // [R][D] input vectors that the model reads, or NULL
    const int32_t *id;        // [R] token ids that the model reads instead, or NULL
    const int *class_label;   // [B] class by which losses are reported
    size_t n_scored;          // S, rows whose output is compared with a target
    const size_t *scored;     // [S] indices of the scored rows, ascending; NULL: all rows, so S = R
    const AmbitLoss *loss;    // [B] loss of each sequence; read with `target` only
    const double *target;     // [S], or NULL
    const int32_t *target_id; // [S] token ids instead, or NULL
    const double *weight;     // [S] factor of the training loss at each scored row
    AmbitKey key;            // of the step that drew the sequences; its seed is the seed of dropout
    const AmbitKey *dropout; // key of the dropout masks of a training pass; NULL: no dropout
    size_t first;            // index of sequence 0 among all sequences drawn with `key`
} AmbitBatch;

/* Sizes of the largest batch that memory is allocated for. */
typedef struct AmbitBatchSizes {
    size_t n_sequences; // B
    size_t n_rows;      // R, rows of all sequences together
    size_t longest;     // most rows of one sequence
    size_t n_scored;    // S, scored rows of all sequences together
} AmbitBatchSizes;

/* Returns R, the number of rows. */
static inline size_t ambit_batch_rows(const AmbitBatch *batch)
{
    return batch->offset[batch->n_sequences];
}

/* Returns S, the number of scored rows. */
static inline size_t ambit_batch_scored(const AmbitBatch *batch)
{
    return batch->scored ? batch->n_scored : ambit_batch_rows(batch);
}

#endif
