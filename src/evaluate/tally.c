// SPDX-License-Identifier: MIT
// What accumulates while predictors answer.
#include "tally.h"

#include "ambit/memory.h"

AmbitStatus ambit_tally_open(AmbitTally *tally, const AmbitPlan *plan, AmbitError *error)
{
    const AmbitTargetResult *r = tally->result;
    size_t answers = r->n_examples * r->n_queries;
    tally->prediction = ambit_alloc(r->n_columns, answers * sizeof *tally->prediction);
    tally->truth = ambit_alloc(answers, sizeof *tally->truth);
    tally->statuses = ambit_alloc(r->n_columns, sizeof *tally->statuses);
    bool ok = tally->prediction && tally->truth && tally->statuses;
    return ok ? AMBIT_OK : ambit_plan_no_memory(plan, error);
}

void ambit_tally_free(AmbitTally *tally)
{
    ambit_free(tally->prediction);
    ambit_free(tally->truth);
    ambit_free(tally->statuses);
}

double *ambit_tally_values(const AmbitTally *tally, size_t array)
{
    const AmbitResultArray *a = &tally->result->arrays[array];
    return a->values + (a->measure.fixed ? 0 : tally->condition * a->count);
}

AmbitStatus ambit_tally_other_axis(const AmbitTally *tally, size_t *axis, AmbitError *error)
{
    static const AmbitCaption words = {"predictor_2", "other predictor", "1",
                                       "the predictor compared with; the same names as predictor"};
    const AmbitResultAxis *predictors = &tally->result->axes[AMBIT_AXIS_PREDICTOR];
    return ambit_result_add_axis(tally->result, &words, predictors->length, NULL,
                                 predictors->labels, axis, error);
}

AmbitStatus ambit_tally_status(const AmbitTally *tally, const AmbitPlan *plan, AmbitError *error)
{
    for (size_t c = 0; c < tally->result->n_columns; c++)
        if (tally->statuses[c])
            return ambit_plan_no_memory(plan, error);
    return AMBIT_OK;
}
