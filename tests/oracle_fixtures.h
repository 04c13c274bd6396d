// SPDX-License-Identifier: MIT
// Families with given settings, and the answers of bound predictors. Every function fails the
// running test if something cannot be made.
#ifndef AMBIT_ORACLE_FIXTURES_H
#define AMBIT_ORACLE_FIXTURES_H

#include "task_fixtures.h"

/* `part` inside a combination of one or two parts (the second NULL for one), finished, with one
 * number set; takes the parts over. */
AmbitFamily *fixture_combine(const char *name, AmbitFamily *part, AmbitFamily *second,
                             const char *parameter, double value);

/* `family` with label noise; takes it over. */
AmbitFamily *fixture_noisy(AmbitFamily *family, double noise_std);

/* Two classes "a" and "b", copied, of these weights. */
AmbitMixture *fixture_two_classes(const AmbitFamily *a, const AmbitFamily *b, double weight_a,
                                  double weight_b);

/* Standard prompts. */
AmbitPromptBatch *fixture_draw(const AmbitMixture *mixture, size_t n_prompts, size_t n_points);

/* A predictor that is not finished, with one number or choice set unless `parameter` is NULL. */
AmbitPredictor *fixture_raw_predictor(const char *name, const char *parameter, double value);

/* What a predictor says of a batch. */
typedef struct FixtureAnswers {
    double *prediction;  // [C][B][Q]
    unsigned char *flag; // the same
    double *posterior;   // [K][B][Q], NULL without classes
} FixtureAnswers;

/* Binds to the mixtures (pretraining may be NULL) under standard prompts and predicts. */
FixtureAnswers fixture_ask(AmbitPredictor *predictor, const AmbitMixture *pretraining,
                           const AmbitMixture *target, const AmbitPromptBatch *batch);
void fixture_answers_free(FixtureAnswers *answers);

/* A predictor by name, as fixture_raw_predictor makes it; both mixtures are the target. */
FixtureAnswers fixture_ask_by_name(const char *name, const char *parameter, double value,
                                   const AmbitMixture *target, const AmbitPromptBatch *batch);

#endif
