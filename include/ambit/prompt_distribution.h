// SPDX-License-Identifier: MIT
// Prompt distribution: how the inputs and queries of a prompt are drawn: as in pretraining, or
// shifted from it (Garg et al. 2208.01066, section 4). With a mixture it is the source of prompt
// batches.
#ifndef AMBIT_PROMPT_DISTRIBUTION_H
#define AMBIT_PROMPT_DISTRIBUTION_H

#include "ambit/mixture.h"
#include "ambit/parameter.h"
#include "ambit/prompt_batch.h"

typedef struct AmbitPromptDistribution AmbitPromptDistribution;

/* The arguments of `draw`, which draws the inputs of one prompt. Most distributions start from
 * inputs that ambit_family_draw_inputs draws. */
typedef struct AmbitPromptDraw {
    const AmbitFamily *family;  // of the prompt's function
    gsl_rng *input, *query;     // independent random streams, for points and for queries
    size_t active_dims;         // coordinates from here on are 0
    size_t n_points, n_queries; // P, Q
    double *x;                  // out, [P][D]
    double *x_query;            // out, [Q][D]; to be written only with own_queries
} AmbitPromptDraw;

typedef struct AmbitPromptDistributionType {
    const char *name;
    const char *summary; // one line: how inputs are drawn
    const char *source;  // paper and section
    const AmbitParameter *parameters;
    size_t settings_size;
    bool own_queries;             // queries are inputs of their own, not the points
    bool preserves_second_moment; // E y² of queries is the second moment that the family declares

    /* Optional. Checks settings and draws what is fixed for a whole evaluation (stream TARGET) into
     * `state`. */
    AmbitStatus (*init)(AmbitPromptDistribution *distribution, AmbitKey key, AmbitError *error);
    void (*fini)(AmbitPromptDistribution *distribution); // optional; accepts a half-built one

    /* Optional. Draws the inputs of one prompt. NULL: by the family, as in pretraining. */
    void (*draw)(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt);

    /* Optional, with own_queries. Returns Q, how many queries a prompt of n_points has. NULL means
     * that Q = P. */
    size_t (*n_queries)(const AmbitPromptDistribution *distribution, size_t n_points);

    /* Optional, with own_queries. Sets seen [Q], the number of points that each query has seen:
     * below n_points and nondecreasing. NULL: query q has seen q points. */
    void (*seen)(const AmbitPromptDistribution *distribution, size_t n_points, size_t *seen);

    /* Optional. Returns AMBIT_INVALID, with the reason, if the distribution cannot serve the
     * mixture or the number of points. */
    AmbitStatus (*check)(const AmbitPromptDistribution *distribution, const AmbitMixture *mixture,
                         size_t n_points, AmbitError *error);
} AmbitPromptDistributionType;

struct AmbitPromptDistribution {
    const AmbitPromptDistributionType *type;
    size_t n_dims;  // D
    void *settings; // the settings struct of the type, owned
    void *state;    // built by init, freed by fini
};

/* Where ambit_prompt_fill draws prompts from. */
typedef struct AmbitPromptSource {
    const AmbitMixture *mixture;                 // borrowed
    const AmbitPromptDistribution *distribution; // borrowed

    /* 0: every step draws fresh prompts. Otherwise there are only n_examples prompts (Garg et al.'s
     * num_training_examples): those of step 0 with an index below n_examples. The prompts of a
     * batch are distinct, so a batch has at most n_examples prompts. */
    size_t n_examples;

    /* Whether the functions of a batch are distinct. All families must be pools then, with at least
     * as many functions as the batch has prompts, and n_examples must be 0. */
    bool distinct_functions;
} AmbitPromptSource;

/* Returns all registered types, NULL-ended, in the order `ambit list` shows them. */
const AmbitPromptDistributionType *const *ambit_prompt_distribution_types(void);

/* Returns the type of this name, or NULL if there is none. */
const AmbitPromptDistributionType *ambit_prompt_distribution_type_find(const char *name);

/* Creates a distribution with default settings, not yet checked. The caller then sets fields of
 * `settings` and calls ambit_prompt_distribution_finish. Destroy accepts either state. */
AmbitStatus ambit_prompt_distribution_create(AmbitPromptDistribution **distribution,
                                             const AmbitPromptDistributionType *type, size_t n_dims,
                                             AmbitError *error);
AmbitStatus ambit_prompt_distribution_finish(AmbitPromptDistribution *distribution, AmbitKey key,
                                             AmbitError *error);
void ambit_prompt_distribution_destroy(AmbitPromptDistribution **distribution);

/* Makes a finished copy with another value of one AMBIT_REAL or AMBIT_INT parameter. Sweeps are
 * made of such copies. */
AmbitStatus ambit_prompt_distribution_with(AmbitPromptDistribution **copy,
                                           const AmbitPromptDistribution *distribution,
                                           const char *parameter, double value, AmbitKey key,
                                           AmbitError *error);

/* Returns Q, how many queries a prompt of n_points has. */
size_t ambit_prompt_distribution_n_queries(const AmbitPromptDistribution *distribution,
                                           size_t n_points);

/* Returns AMBIT_INVALID if the distribution cannot serve the mixture or the number of points. */
AmbitStatus ambit_prompt_source_check(const AmbitPromptSource *source, size_t n_points,
                                      AmbitError *error);

/* Checks the source as ambit_prompt_source_check does, and makes a batch of the shape of its
 * prompts, with `seen` filled in. */
AmbitStatus ambit_prompt_source_batch(AmbitPromptBatch **batch, const AmbitPromptSource *source,
                                      size_t n_prompts, size_t n_points, AmbitError *error);

/* Draws prompts first … first + batch->n_prompts − 1 into the batch. This is an
 * ambit_prompt_fill_fn whose `source` is an AmbitPromptSource. Indices must be below 2^32 − 1. */
void ambit_prompt_fill(const void *source, AmbitKey key, size_t first, size_t active_dims,
                       AmbitPromptBatch *batch);

#endif
