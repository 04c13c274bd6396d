// SPDX-License-Identifier: MIT
// The details of a progress line of training: running means of the losses, also in units of the
// zero predictor's loss.
#ifndef AMBIT_CLI_TRAIN_LINE_H
#define AMBIT_CLI_TRAIN_LINE_H

#include "run_source.h"

enum { AMBIT_TRAIN_DETAILS = 6, AMBIT_TRAIN_TEXT = 160 };

typedef struct AmbitTrainLine {
    const char *const *classes;  // [C] names, borrowed
    size_t n_classes;            // C
    const AmbitMixture *mixture; // of prompts, borrowed; NULL: sentences
    double share;                // weight of a new step in the running means
    double loss;                 // NaN before the first step
    double *class_loss;          // [C] owned
    AmbitValidation validation;  // the last one; NaN before
    char text[AMBIT_TRAIN_DETAILS][AMBIT_TRAIN_TEXT];
    const char *details[AMBIT_TRAIN_DETAILS + 1]; // NULL-ended, most important first
} AmbitTrainLine;

AmbitStatus ambit_train_line_create(AmbitTrainLine *line, const AmbitConfig *config, double share,
                                    AmbitError *error);
void ambit_train_line_free(AmbitTrainLine *line);

/* Adds a step to the running means, with the validation after it unless that is NULL, and writes
 * `details`. */
void ambit_train_line_add(AmbitTrainLine *line, const AmbitStepReport *report,
                          const AmbitValidation *validation);

#endif
