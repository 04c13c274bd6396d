// SPDX-License-Identifier: MIT
// Checks a declared second moment: answers of 0 should score 1 in the mean.
#include "session.h"

#include <math.h>

enum { STANDARD_ERRORS = 5, LEAST_EXAMPLES = 16 };

bool ambit_cli_note_zero(const char *target, const AmbitTargetResult *r)
{
    if (!r->normalizer_is_declared || r->n_examples < LEAST_EXAMPLES || !r->zero)
        return false;
    for (size_t c = 0; c < ambit_result_n_conditions(r); c++) {
        // Few skewed scores have a small mean and a small error together; relative to the mean, the
        // error is that of scores with a mean of 1.
        double mean = r->zero[c].mean, error = r->zero[c].error / fmin(mean, 1);
        if (fabs(mean - 1) <= STANDARD_ERRORS * error + 1e-9)
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
