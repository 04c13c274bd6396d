// SPDX-License-Identifier: MIT
// Metric: how an answer to one query is scored. A const record. Results are divided by the score of
// an answer of 0, so that 1 means the same under every metric.
#ifndef AMBIT_METRIC_H
#define AMBIT_METRIC_H

typedef struct AmbitMetric {
    const char *name;      // in files
    const char *long_name; // "squared error"
    const char *unit;
    const char *description;                             // formula of one score, and the divisor
    double (*between)(double prediction, double target); // less is better; NaN if either is NaN
    double zero; // score of an answer of 0; NaN: the score depends on the targets
} AmbitMetric;

extern const AmbitMetric ambit_squared_error;

/* For labels ±1: 1 if the signs of prediction and target differ, ½ if one of the two is 0. */
extern const AmbitMetric ambit_misclassification;

const AmbitMetric *const *ambit_metrics(void); // NULL-ended

/* The metric of this name, or NULL. */
const AmbitMetric *ambit_metric_find(const char *name);

#endif
