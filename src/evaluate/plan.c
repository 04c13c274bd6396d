// SPDX-License-Identifier: MIT
// The plan of an evaluation, and what accumulates while predictors answer.
#include "plan.h"

#include <string.h>

size_t ambit_plan_n_sweep(const AmbitPlan *plan)
{
    return plan->target->sweep ? plan->target->sweep_values.count : 1;
}

size_t ambit_plan_find_column(const AmbitPlan *plan, const char *name, size_t *n_columns)
{
    const AmbitEvaluation *e = plan->evaluation;
    size_t found = SIZE_MAX;
    *n_columns = 0;
    for (size_t p = 0; p < e->n_predictors; p++)
        for (size_t c = 0; c < e->predictors[p]->n_columns; c++, ++*n_columns)
            if (strcmp(e->predictors[p]->columns[c], name) == 0)
                found = *n_columns;
    return found < *n_columns ? found : *n_columns;
}

AmbitStatus ambit_plan_no_memory(const AmbitPlan *plan, AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for evaluating target %s",
                           plan->target->name);
}

double *ambit_tally_values(const AmbitTally *tally, size_t array)
{
    const AmbitResultArray *a = &tally->result->arrays[array];
    return a->values + (a->measure.fixed ? 0 : tally->condition * a->count);
}

AmbitStatus ambit_tally_status(const AmbitTally *tally, const AmbitPlan *plan, AmbitError *error)
{
    for (size_t c = 0; c < tally->result->n_columns; c++)
        if (tally->statuses[c])
            return ambit_plan_no_memory(plan, error);
    return AMBIT_OK;
}
