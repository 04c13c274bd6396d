// SPDX-License-Identifier: MIT
// Prints prompts and predictions as CSV (prompt, k, x, y, least squares, Lasso path) for
// check_predictors.py. The argument names the family.
#include "testing.h"

#include "task_fixtures.h"

#include "ambit/memory.h"

#include <stdio.h>

enum { D = 20, P = 41, N = 8 };

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FAMILY\n", argv[0]);
        return 2;
    }
    const AmbitKey key = {17, 0, AMBIT_EVALUATION};
    AmbitMixture *mixture = fixture_mixture(fixture_family(argv[1], D, NULL, 0));
    AmbitPromptDistribution *distribution = fixture_prompts("standard", D, key);
    AmbitPromptBatch *batch = fixture_batch(mixture, distribution, key, D, N, P);
    AmbitPredictor *predictors[] = {fixture_predictor("least_squares"), fixture_predictor("lasso")};
    double *predictions[] = {fixture_predict(predictors[0], batch, NULL),
                             fixture_predict(predictors[1], batch, NULL)};
    for (size_t i = 0; i < N * P; i++) {
        printf("%zu,%zu", i / P, i % P);
        for (size_t j = 0; j < D; j++)
            printf(",%.17g", batch->x[i * D + j]);
        printf(",%.17g,%.17g", batch->y[i], predictions[0][i]);
        for (size_t c = 0; c < predictors[1]->n_columns; c++)
            printf(",%.17g", predictions[1][c * N * P + i]);
        printf("\n");
    }
    for (size_t p = 0; p < 2; p++) {
        ambit_free(predictions[p]);
        ambit_predictor_destroy(&predictors[p]);
    }
    ambit_prompt_batch_destroy(&batch);
    ambit_prompt_distribution_destroy(&distribution);
    ambit_mixture_destroy(&mixture);
    return 0;
}
