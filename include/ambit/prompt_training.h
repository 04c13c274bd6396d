// SPDX-License-Identifier: MIT
// Prompts as training data: the curriculum, how losses of prompts weigh, and the source that a
// trainer draws from. Also the token layout that training and prediction share.
#ifndef AMBIT_PROMPT_TRAINING_H
#define AMBIT_PROMPT_TRAINING_H

#include "ambit/parameter.h"
#include "ambit/prompt_distribution.h"
#include "ambit/source.h"

/* Garg et al.'s ramp: value = start + inc·⌊step/interval⌋, capped at end. */
typedef struct AmbitRamp {
    int64_t start, end, inc, interval;
} AmbitRamp;

int64_t ambit_ramp_value(const AmbitRamp *ramp, int64_t step);
extern const AmbitParameter ambit_ramp_parameters[]; // `training.curriculum.{dims,points}.*`

/* Fresh prompts of a curriculum. */
typedef struct AmbitPromptTraining {
    ambit_prompt_fill_fn fill; // draws prompts …
    const void *prompts;       // … from this, borrowed
    size_t n_dims;             // D
    size_t function_size;      // F
    size_t n_classes;          // C
    AmbitRamp dims, points;    // active dims and points of a step
    double normalize_loss;     // c: a prompt weighs 1 / (c + its mean squared label); 0: weighs 1
    const AmbitLoss *losses;   // [C] borrowed; NULL: squared for all
} AmbitPromptTraining;

/* Prompts of this source, n_points long, all dims active, squared loss, from the first step on. */
AmbitPromptTraining ambit_prompt_training(const AmbitPromptSource *prompts, size_t n_points);

extern const AmbitParameter ambit_prompt_training_parameters[]; // keys under `training`

/* The source of these prompts, whose log columns are n_points and active_dims. Borrows
 * `training`. */
AmbitSource ambit_prompt_training_source(const AmbitPromptTraining *training);
enum { AMBIT_COLUMN_POINTS, AMBIT_COLUMN_DIMS };

/* Prompts as rows of a batch: x_i, then y_i in coordinate 0 of a zero vector, and so on; after them
 * the queries of a split batch, each of which sees the examples before it (Garg et al. 2208.01066,
 * §3). The scored rows are those that answer queries. */
typedef struct AmbitPromptRows AmbitPromptRows;

/* Memory for the rows of batches of this shape, or of fewer prompts and points. */
AmbitStatus ambit_prompt_rows_create(AmbitPromptRows **rows, const AmbitPromptBatch *shape,
                                     AmbitError *error);
void ambit_prompt_rows_destroy(AmbitPromptRows **rows);
size_t ambit_prompt_rows_bytes(size_t n_prompts, size_t n_points, size_t n_dims);

AmbitBatchSizes ambit_prompt_rows_sizes(const AmbitPromptBatch *shape);

/* Fills in rows and targets of `prompts`, all but loss and weight. The batch is a view of `rows`
 * and of `prompts`. */
void ambit_prompt_rows_fill(AmbitPromptRows *rows, const AmbitPromptBatch *prompts,
                            AmbitBatch *batch);

#endif
