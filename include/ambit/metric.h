// SPDX-License-Identifier: MIT
// Metric: what an answer to one query scores. A const record; results are divided by what an answer
// of 0 scores, so that errors under different metrics read alike.
#ifndef AMBIT_METRIC_H
#define AMBIT_METRIC_H

typedef struct AmbitMetric {
    const char *name;      // as files name it
    const char *long_name; // "squared error"
    const char *unit;
    const char *description; // formula of one score, and what it is divided by
    double (*between)(double prediction, double target); // the less the better; NaN if one is NaN
    double zero; // what an answer of 0 scores; NaN: it depends on the targets
} AmbitMetric;

extern const AmbitMetric ambit_squared_error;

/* For labels ±1: whether the signs differ, ½ where one of the two is 0. */
extern const AmbitMetric ambit_misclassification;

const AmbitMetric *const *ambit_metrics(void); // NULL-ended

/* The metric of this name, or NULL. */
const AmbitMetric *ambit_metric_find(const char *name);

#endif
