// SPDX-License-Identifier: MIT
// Prompt distribution: how inputs and queries are drawn around a function: standard or shifted
// (Garg et al. 2208.01066, §4). Together with a mixture it is the source of prompt batches.
#ifndef AMBIT_PROMPT_DISTRIBUTION_H
#define AMBIT_PROMPT_DISTRIBUTION_H

#include "ambit/mixture.h"
#include "ambit/parameter.h"
#include "ambit/prompt_batch.h"

typedef struct AmbitPromptDistribution AmbitPromptDistribution;

/* One prompt's inputs, to be drawn. Most distributions start from inputs by the family's own
 * distribution (ambit_family_draw_inputs). */
typedef struct AmbitPromptDraw {
    const AmbitFamily *family;  // of the prompt's function
    gsl_rng *input, *query;     // independent random streams, for examples and for queries
    size_t active_dims;         // coordinates from here on are 0
    size_t n_points, n_queries; // P, Q
    double *x;                  // out, [P][D]
    double *x_query;            // out, [Q][D], of split distributions only
} AmbitPromptDraw;

typedef struct AmbitPromptDistributionType {
    const char *name;
    const char *summary;
    const char *source;
    const AmbitParameter *parameters;
    size_t settings_size;
    bool split;                   // queries are inputs of their own
    bool preserves_second_moment; // E f² of the query is the family's declared second moment

    /* Optional. Checks settings and draws what is fixed for a whole evaluation (stream TARGET). */
    AmbitStatus (*init)(AmbitPromptDistribution *distribution, AmbitKey key, AmbitError *error);
    void (*fini)(AmbitPromptDistribution *distribution);

    /* Draws the inputs of one prompt. */
    void (*draw)(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt);

    /* Optional, split ones: how many queries a prompt of n_points has, and how many examples each
     * has seen (seen [Q], each < n_points, not falling). NULL: Q = P and seen[q] = q. */
    size_t (*n_queries)(const AmbitPromptDistribution *distribution, size_t n_points);
    void (*seen)(const AmbitPromptDistribution *distribution, size_t n_points, size_t *seen);

    /* Optional. Refuses, with the reason, mixtures and numbers of points that these prompts make no
     * sense for. */
    AmbitStatus (*check)(const AmbitPromptDistribution *distribution, const AmbitMixture *mixture,
                         size_t n_points, AmbitError *error);
} AmbitPromptDistributionType;

struct AmbitPromptDistribution {
    const AmbitPromptDistributionType *type;
    size_t n_dims;
    void *settings; // owned
    void *state;
};

/* The source of prompts: what ambit_prompt_fill takes. Borrows both. With n_examples > 0 there are
 * only so many prompts (Garg et al.'s num_training_examples): those of indices below it at step 0.
 * Every batch of at most as many draws distinct ones. With distinct_functions so do the functions
 * of pools, which all families must be then, of at least a batch's size; not together. */
typedef struct AmbitPromptSource {
    const AmbitMixture *mixture;
    const AmbitPromptDistribution *distribution;
    size_t n_examples;
    bool distinct_functions;
} AmbitPromptSource;

const AmbitPromptDistributionType *const *ambit_prompt_distribution_types(void); // NULL-ended
const AmbitPromptDistributionType *ambit_prompt_distribution_type_find(const char *name);

/* As for families: create with defaults, set fields, finish. */
AmbitStatus ambit_prompt_distribution_create(AmbitPromptDistribution **distribution,
                                             const AmbitPromptDistributionType *type, size_t n_dims,
                                             AmbitError *error);
AmbitStatus ambit_prompt_distribution_finish(AmbitPromptDistribution *distribution, AmbitKey key,
                                             AmbitError *error);
void ambit_prompt_distribution_destroy(AmbitPromptDistribution **distribution);

/* A deep copy, finished, with one AMBIT_REAL or AMBIT_INT parameter set: for sweeps. */
AmbitStatus ambit_prompt_distribution_with(AmbitPromptDistribution **copy,
                                           const AmbitPromptDistribution *distribution,
                                           const char *parameter, double value, AmbitKey key,
                                           AmbitError *error);

/* Q, for prompts of n_points. */
size_t ambit_prompt_distribution_n_queries(const AmbitPromptDistribution *distribution,
                                           size_t n_points);

/* Refuses a mixture and a number of points that the distribution makes no sense for. */
AmbitStatus ambit_prompt_source_check(const AmbitPromptSource *source, size_t n_points,
                                      AmbitError *error);

/* A batch for prompts of this source, checked: its shape, split or not, with `seen` filled in. */
AmbitStatus ambit_prompt_source_batch(AmbitPromptBatch **batch, const AmbitPromptSource *source,
                                      size_t n_prompts, size_t n_points, AmbitError *error);

/* An ambit_prompt_fill_fn over an AmbitPromptSource. */
void ambit_prompt_fill(const void *source, AmbitKey key, size_t first, size_t active_dims,
                       AmbitPromptBatch *batch);

#endif
