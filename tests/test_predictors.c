// SPDX-License-Identifier: MIT
// What every registered predictor must do.
#include "testing.h"

#include "task_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <string.h>

enum { D = 20, P = 41 };

static const AmbitKey key = {5, 0, AMBIT_EVALUATION};

/* A registered predictor, bound to dense linear prompts, which are its pretraining too. Those that
 * train anew on every prefix get prompts of fewer points. */
typedef struct Bound {
    AmbitMixture *mixture;
    AmbitPromptDistribution *distribution;
    AmbitPredictor *predictor;
    AmbitPromptBatch *batch; // one prompt
} Bound;

static Bound bind(const AmbitPredictorType *type)
{
    AmbitError error;
    Bound b = {.mixture = fixture_mixture(fixture_family("linear_regression", D, NULL, 0)),
               .distribution = fixture_prompts("standard", D, key),
               .predictor = fixture_predictor(type->name)};
    bool slow = strcmp(type->name, "gd_network") == 0 || strcmp(type->name, "xgboost") == 0;
    b.batch = fixture_batch(b.mixture, b.distribution, key, D, 1, slow ? 8 : P);
    AmbitPredictorContext context = {.pretraining = b.mixture,
                                     .target = b.mixture,
                                     .distribution = b.distribution,
                                     .key = key,
                                     .n_points = P};
    assert_int_equal(ambit_predictors_bind(&b.predictor, 1, &context, &error), AMBIT_OK);
    return b;
}

static void release(Bound *b)
{
    ambit_prompt_batch_destroy(&b->batch);
    ambit_predictor_destroy(&b->predictor);
    ambit_prompt_distribution_destroy(&b->distribution);
    ambit_mixture_destroy(&b->mixture);
}

/* Later examples are replaced: no earlier answer may change by a bit. */
static void answers_depend_on_examples_seen_alone(void **state)
{
    (void)state;
    for (const AmbitPredictorType *const *type = ambit_predictor_types(); *type; type++) {
        if (!(*type)->predict) // answers sentences
            continue;
        Bound b = bind(*type);
        size_t points = b.batch->n_points;
        double *before = fixture_predict(b.predictor, b.batch, NULL);
        for (size_t cut = points; cut-- > 0;) {
            b.batch->y[cut] += 10.0; // seen by the queries after `cut` only
            if (cut + 1 < points)
                b.batch->x[(cut + 1) * D] -= 3.0;
            double *after = fixture_predict(b.predictor, b.batch, NULL);
            for (size_t c = 0; c < b.predictor->n_columns; c++)
                assert_memory_equal(before + c * points, after + c * points,
                                    (cut + 1) * sizeof *after);
            ambit_free(after);
        }
        ambit_free(before);
        release(&b);
    }
}

/* A split batch whose queries are the context points, in an order of their own. */
static void queries_may_come_in_any_order(void **state)
{
    (void)state;
    AmbitError error;
    for (const AmbitPredictorType *const *type = ambit_predictor_types(); *type; type++) {
        if (!(*type)->predict) // answers sentences
            continue;
        Bound b = bind(*type);
        AmbitPromptBatch *split = NULL;
        size_t points = b.batch->n_points, step = points == P ? 7 : 3;
        assert_int_equal(ambit_prompt_batch_create(&split, 1, points, points, D, 1, true, &error),
                         AMBIT_OK);
        memcpy(split->x, b.batch->x, points * D * sizeof(double));
        memcpy(split->y, b.batch->y, points * sizeof(double));
        for (size_t q = 0; q < points; q++) {
            split->seen[q] = q * step % points;
            memcpy(split->x_query + q * D, b.batch->x + split->seen[q] * D, D * sizeof(double));
        }
        double *expected = fixture_predict(b.predictor, b.batch, NULL);
        double *got = fixture_predict(b.predictor, split, NULL);
        for (size_t c = 0; c < b.predictor->n_columns; c++)
            for (size_t q = 0; q < points; q++) {
                double other = expected[c * points + split->seen[q]];
                bool same = fabs(got[c * points + q] - other) < 1e-8;
                if (!same && !(isnan(got[c * points + q]) && isnan(other)))
                    fail_msg("%s: %g, then %g", (*type)->name, other, got[c * points + q]);
            }
        ambit_free(expected);
        ambit_free(got);
        ambit_prompt_batch_destroy(&split);
        release(&b);
    }
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_depend_on_examples_seen_alone),
        cmocka_unit_test(queries_may_come_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
