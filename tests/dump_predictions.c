// SPDX-License-Identifier: MIT
// Prints prompts and predictions as CSV for check_predictors.py. Arguments: family, dims, and
// "ahead" (query k is example k, answered after the k examples before it) or "back" (query k is
// example k − 1, answered after k examples, for k ≥ 1, so that the query is among the examples). A
// row holds prompt, k, x and label of the query, and every column of the predictors below; the
// header has the names of the columns.
#include "testing.h"

#include "oracle_fixtures.h"

#include "ambit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { P = 41, N = 8 };

static const struct {
    const char *name, *parameter;
    double value;
    const char *label;
} asked[] = {{"least_squares", NULL, 0, NULL},
             {"ridge", "penalty", 0.5, "ridge"},
             {"lasso", NULL, 0, NULL},
             {"averaging", NULL, 0, NULL},
             {"nearest_neighbors", NULL, 0, NULL},
             {"decision_tree", NULL, 0, "tree_4"},
             {"decision_tree", "max_depth", 0, "tree"}};

enum { ASKED = sizeof asked / sizeof *asked };

static AmbitPredictor *make(size_t i)
{
    AmbitError error;
    AmbitPredictor *predictor =
        fixture_raw_predictor(asked[i].name, asked[i].parameter, asked[i].value);
    if (asked[i].label) {
        ambit_free(predictor->label);
        predictor->label = ambit_strdup(asked[i].label);
    }
    assert_int_equal(ambit_predictor_finish(predictor, &error), AMBIT_OK);
    return predictor;
}

/* The batch with its last example, the one before the query, as the query. */
static AmbitPromptBatch *look_back(const AmbitPromptBatch *batch)
{
    AmbitError error;
    AmbitPromptBatch *back = NULL;
    size_t dims = batch->n_dims;
    assert_int_equal(ambit_prompt_batch_create(&back, N, P, P, dims, 1, true, &error), AMBIT_OK);
    memcpy(back->x, batch->x, N * P * dims * sizeof(double));
    memcpy(back->y, batch->y, N * P * sizeof(double));
    for (size_t i = 0; i < N * P; i++) {
        size_t from = i % P ? i - 1 : i;
        memcpy(back->x_query + i * dims, batch->x + from * dims, dims * sizeof(double));
        back->y_query[i] = batch->y[from];
    }
    return back;
}

static void print_rows(const AmbitPromptBatch *batch, AmbitPredictor *const *predictors,
                       const FixtureAnswers *answers)
{
    printf("prompt,k");
    for (size_t j = 0; j < batch->n_dims; j++)
        printf(",x%zu", j);
    printf(",y");
    for (size_t p = 0; p < ASKED; p++)
        for (size_t c = 0; c < predictors[p]->n_columns; c++)
            printf(",%s", predictors[p]->columns[c]);
    for (size_t i = 0; i < N * P; i++) {
        printf("\n%zu,%zu", i / P, i % P);
        for (size_t j = 0; j < batch->n_dims; j++)
            printf(",%.17g", batch->x_query[i * batch->n_dims + j]);
        printf(",%.17g", batch->y_query[i]);
        for (size_t p = 0; p < ASKED; p++)
            for (size_t c = 0; c < predictors[p]->n_columns; c++)
                printf(",%.17g", answers[p].prediction[c * N * P + i]);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s FAMILY DIMS ahead|back\n", argv[0]);
        return 2;
    }
    AmbitMixture *mixture =
        fixture_mixture(fixture_family(argv[1], strtoul(argv[2], NULL, 10), NULL, 0));
    AmbitPromptBatch *batch = fixture_draw(mixture, N, P);
    if (strcmp(argv[3], "back") == 0) {
        AmbitPromptBatch *back = look_back(batch);
        ambit_prompt_batch_destroy(&batch);
        batch = back;
    }
    AmbitPredictor *predictors[ASKED];
    FixtureAnswers answers[ASKED];
    for (size_t p = 0; p < ASKED; p++) {
        predictors[p] = make(p);
        answers[p] = fixture_ask(predictors[p], mixture, mixture, batch);
    }
    print_rows(batch, predictors, answers);
    for (size_t p = 0; p < ASKED; p++) {
        fixture_answers_free(&answers[p]);
        ambit_predictor_destroy(&predictors[p]);
    }
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
    return 0;
}
