// SPDX-License-Identifier: MIT
// The zero predictor: its normalised error is 1 by construction.
#include "registry.h"

#include <string.h>

static const AmbitParameter parameters[] = {{.name = NULL}};

static void predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch, void *workspace,
                    double *prediction, unsigned char *flag)
{
    (void)predictor, (void)workspace, (void)flag;
    memset(prediction, 0, batch->n_prompts * batch->n_queries * sizeof *prediction);
}

const AmbitPredictorType ambit_predictor_zero = {.name = "zero",
                                                 .summary = "predicts 0: normalised error 1",
                                                 .source = "the unit of error",
                                                 .parameters = parameters,
                                                 .predict = predict};
