// SPDX-License-Identifier: MIT
// Metric: how an answer is scored, and the names of scores and their statistics in files. A metric
// is a const record.
#ifndef AMBIT_METRIC_H
#define AMBIT_METRIC_H

#include <stdbool.h>

/* Names of datasets in files. */
typedef struct AmbitScoreNames {
    const char *scores; // of single answers
    const char *mean, *low, *high;
    const char *median; // NULL: no median is kept
} AmbitScoreNames;

typedef struct AmbitMetric {
    const char *name;      // in files
    const char *long_name; // "squared error"
    const char *unit;
    const char *description; // formula of one score, and the divisor

    /* Returns the score of a real prediction; NaN if prediction or target is NaN. NULL: the kind of
     * examples computes scores itself (sentences). */
    double (*between)(double prediction, double target);
    double zero;     // score of an answer of 0; NaN: the score depends on the targets
    bool normalized; // scores are divided by the score of the zero predictor, which therefore has
                     // the score 1 under all such metrics; less is better
    AmbitScoreNames names;
} AmbitMetric;

extern const AmbitMetric ambit_squared_error;

/* For labels ±1: 1 if the signs of prediction and target differ, ½ if one of the two is 0. */
extern const AmbitMetric ambit_misclassification;

/* The share of an example's questions that a predictor answers rightly; more is better. If m
 * words tie for the most likely and the right word is one of them, the question counts 1/m. */
extern const AmbitMetric ambit_accuracy;

const AmbitMetric *const *ambit_metrics(void); // NULL-ended

/* The metric of this name, or NULL. */
const AmbitMetric *ambit_metric_find(const char *name);

#endif
