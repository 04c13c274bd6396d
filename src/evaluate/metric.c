// SPDX-License-Identifier: MIT
// The metrics.
#include "ambit/metric.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static double square_between(double prediction, double target)
{
    return (prediction - target) * (prediction - target);
}

static double signs_between(double prediction, double target)
{
    double product = prediction * target;
    if (isnan(product))
        return NAN;
    return product > 0.0 || prediction == target ? 0.0 : product < 0.0 ? 1.0 : 0.5;
}

#define ERROR_NAMES                                                                                \
    {                                                                                              \
        "error", "mean", "low", "high", "median"                                                   \
    }

const AmbitMetric ambit_squared_error = {
    .name = "squared_error",
    .long_name = "squared error",
    .unit = "1",
    .description = "(prediction - f(query))^2 over the normalizer: the zero predictor scores 1",
    .between = square_between,
    .zero = NAN,
    .normalized = true,
    .names = ERROR_NAMES};

const AmbitMetric ambit_misclassification = {
    .name = "misclassification",
    .long_name = "misclassification",
    .unit = "1",
    .description = "1 where the prediction has the wrong sign, 1/2 where it is 0, over the "
                   "normalizer: the zero predictor scores 1",
    .between = signs_between,
    .zero = 0.5,
    .normalized = true,
    .names = ERROR_NAMES};

const AmbitMetric ambit_accuracy = {
    .name = "accuracy",
    .long_name = "accuracy",
    .unit = "1",
    .description = "share of the example's questions that were answered rightly; of equally likely "
                   "answers each counts for its share; NaN: no such question, or no answer",
    .zero = NAN,
    .names = {"outcome", "accuracy", "accuracy_low", "accuracy_high", NULL}};

static const AmbitMetric *const metrics[] = {&ambit_squared_error, &ambit_misclassification,
                                             &ambit_accuracy, NULL};

const AmbitMetric *const *ambit_metrics(void)
{
    return metrics;
}

const AmbitMetric *ambit_metric_find(const char *name)
{
    for (size_t i = 0; metrics[i]; i++)
        if (strcmp(metrics[i]->name, name) == 0)
            return metrics[i];
    return NULL;
}
