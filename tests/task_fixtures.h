// SPDX-License-Identifier: MIT
// Families, prompts and predictors for tests, with default settings. Every function fails the
// running test if something cannot be made.
#ifndef AMBIT_TASK_FIXTURES_H
#define AMBIT_TASK_FIXTURES_H

#include "ambit/evaluation.h"

/* A family that has not been finished. A combination gets as few parts as it takes: linear and
 * sparse linear families in turn, or sinusoids and linear ones in 1 dim. A required integer is 16.
 */
AmbitFamily *fixture_raw_family(const char *name, size_t n_dims);

/* Sets a number, a switch or (by its index) a choice of a family that has not been finished. */
void fixture_set(AmbitFamily *family, const char *parameter, double value);

/* A value of a parameter's declared range, from half to twice its default or, of 0, up to 2. */
double fixture_drawn_value(const AmbitParameter *p, gsl_rng *rng);

/* A combination of these parts, which it owns (second NULL: of one), not finished. */
AmbitFamily *fixture_raw_combination(const char *name, AmbitFamily *first, AmbitFamily *second);

/* Finishes it, and returns it. */
AmbitFamily *fixture_finish(AmbitFamily *family);

/* Finished, with one parameter set unless `parameter` is NULL; in n_dims dims, or in the first of
 * 20, 16 and 1 dims that the family accepts if n_dims is 0. */
AmbitFamily *fixture_family(const char *name, size_t n_dims, const char *parameter, double value);

/* A mixture of this family alone, which it owns. */
AmbitMixture *fixture_mixture(AmbitFamily *family);

/* Finished; `_with` sets one number among its parameters unless `parameter` is NULL. */
AmbitPromptDistribution *fixture_prompts(const char *name, size_t n_dims, AmbitKey key);
AmbitPromptDistribution *fixture_prompts_with(const char *name, size_t n_dims,
                                              const char *parameter, double value, AmbitKey key);

AmbitPredictor *fixture_predictor(const char *name);

/* Prompts 0 … n_prompts−1 of this key. */
AmbitPromptBatch *fixture_batch(const AmbitMixture *mixture,
                                const AmbitPromptDistribution *distribution, AmbitKey key,
                                size_t active_dims, size_t n_prompts, size_t n_points);

/* A family alone under a prompt distribution, both owned, and its first prompts. */
typedef struct FixtureSource {
    AmbitMixture *mixture;
    AmbitPromptDistribution *distribution;
    AmbitPromptBatch *batch;
    AmbitKey key;
    size_t dims;
} FixtureSource;

/* active_dims 0: all. */
FixtureSource fixture_source(AmbitFamily *family, AmbitPromptDistribution *distribution,
                             AmbitKey key, size_t active_dims, size_t n_prompts, size_t n_points);
void fixture_source_close(FixtureSource *source);

/* Every prompt of the batch is the same drawn alone, and another with another seed. */
void fixture_assert_drawn_by_index(const FixtureSource *source);

/* Predictions [C][B][Q] for the batch; free with ambit_free. `flag` (the same shape) may be NULL.
 */
double *fixture_predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                        unsigned char *flag);

#endif
