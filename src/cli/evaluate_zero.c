// SPDX-License-Identifier: MIT
// Checks a declared second moment: answers of 0 should score 1 in the mean.
#include "session.h"

#include <math.h>
#include <string.h>

enum { STANDARD_ERRORS = 5, LEAST_EXAMPLES = 16 };

/* Mean over examples and queries of a column's scores at a condition, and its standard error: that
 * of the examples' means. */
static double mean_score(const AmbitTargetResult *r, size_t condition, size_t column, double *error)
{
    size_t n = r->n_examples, queries = r->n_queries;
    const double *scores = r->error + (condition * r->n_columns + column) * n * queries;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        double own = 0;
        for (size_t q = 0; q < queries; q++)
            own += scores[i * queries + q] / (double)queries;
        sum += own;
        squares += own * own;
    }
    double mean = sum / (double)n, variance = squares / (double)n - mean * mean;
    *error = sqrt(fmax(variance, 0) / (double)(n - 1));
    return mean;
}

bool ambit_cli_note_zero(const char *target, const AmbitTargetResult *r)
{
    if (!r->normalizer_is_declared || r->n_examples < LEAST_EXAMPLES || !r->error)
        return false;
    size_t column = 0;
    char *const *labels = r->axes[AMBIT_AXIS_PREDICTOR].labels;
    while (column < r->n_columns && strcmp(labels[column], "zero") != 0)
        column++;
    for (size_t c = 0; column < r->n_columns && c < ambit_result_n_conditions(r); c++) {
        double error, mean = mean_score(r, c, column, &error);
        if (fabs(mean - 1) <= STANDARD_ERRORS * error + 1e-9 || isnan(mean))
            continue;
        ambit_cli_warn("target %s: predicting 0 scores %.4g, where 1 is declared, %.0f "
                       "standard errors off. The second moment that the family or the prompt "
                       "distribution declares is wrong here, and all errors of this target are off "
                       "by this factor",
                       target, mean, fabs(mean - 1) / error);
        return true;
    }
    return false;
}
