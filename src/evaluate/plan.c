// SPDX-License-Identifier: MIT
// The plan of an evaluation.
#include "plan.h"

#include <string.h>

AmbitPlan ambit_plan(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                     const AmbitMetric *metric)
{
    return (AmbitPlan){.target = target,
                       .evaluation = evaluation,
                       .settings = evaluation->settings,
                       .metric = metric,
                       .key = {evaluation->settings->seed, 0, AMBIT_EVALUATION},
                       .n_threads = evaluation->n_threads ? evaluation->n_threads : 1};
}

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
