// SPDX-License-Identifier: MIT
// Prompts and predictions as arrays of the result.
#include "kept.h"

#include <string.h>

/* Values of one prompt in an array, where that is kept. */
typedef struct Part {
    AmbitMeasure measure;
    const double *(*of)(const AmbitPromptBatch *batch);
    size_t rank;
    size_t axes[3];
    bool split; // only of prompts whose queries are inputs of their own
} Part;

static const double *x_of(const AmbitPromptBatch *batch)
{
    return batch->x;
}

static const double *y_of(const AmbitPromptBatch *batch)
{
    return batch->y;
}

static const double *x_query_of(const AmbitPromptBatch *batch)
{
    return batch->x_query;
}

static const double *y_query_of(const AmbitPromptBatch *batch)
{
    return batch->y_query;
}

enum { POINT = AMBIT_N_AXES, DIM, N_PARTS = AMBIT_PROMPT_PARTS };

static const Part parts[N_PARTS] = {
    {{.words = {"x", "input", "1", "inputs of the in-context examples"}, .raw = true},
     x_of,
     3,
     {AMBIT_AXIS_EXAMPLE, POINT, DIM},
     false},
    {{.words = {"y", "label", "1", "labels of the in-context examples"}, .raw = true},
     y_of,
     2,
     {AMBIT_AXIS_EXAMPLE, POINT},
     false},
    {{.words = {"x_query", "query", "1", "inputs asked for after the first k examples"},
      .raw = true},
     x_query_of,
     3,
     {AMBIT_AXIS_EXAMPLE, AMBIT_AXIS_QUERY, DIM},
     true},
    {{.words = {"y_query", "answer", "1",
                "what a perfect predictor answers after the first k examples; without x_query the "
                "query is "
                "the input x at point k"},
      .raw = true},
     y_query_of,
     2,
     {AMBIT_AXIS_EXAMPLE, AMBIT_AXIS_QUERY},
     false}};

/* The array of one part, over the axes `own` of points and dims where it lies over them. */
static AmbitStatus declare_part(size_t *array, const Part *part, const AmbitTally *tally,
                                const size_t own[2], AmbitError *error)
{
    size_t axes[3];
    for (size_t a = 0; a < part->rank; a++)
        axes[a] = part->axes[a] < POINT ? part->axes[a] : own[part->axes[a] - POINT];
    return ambit_result_add_array(tally->result, &part->measure, part->rank, axes, array, error);
}

AmbitStatus ambit_kept_declare(AmbitKept *kept, const AmbitPlan *plan, const AmbitTally *tally,
                               const AmbitPromptDistribution *distribution, AmbitError *error)
{
    static const AmbitCaption point = {"point", "in-context example", "1", "place in the prompt"};
    static const AmbitCaption dim = {"dim", "coordinate", "1", "coordinate of an input"};
    static const AmbitMeasure prediction = {
        .words = {"prediction", "prediction", "1", "what the predictor answers after k examples"},
        .raw = true};
    static const size_t over[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_EXAMPLE, AMBIT_AXIS_QUERY};
    AmbitTargetResult *r = tally->result;
    size_t own[2];
    for (size_t i = 0; i < N_PARTS; i++)
        kept->parts[i] = AMBIT_NO_ARRAY;
    kept->predictions = AMBIT_NO_ARRAY;
    if (!plan->settings->keep_prompts)
        return AMBIT_OK;
    AmbitStatus status =
        ambit_result_add_index(r, &point, (size_t)plan->settings->n_points, &own[0], error);
    if (!status)
        status = ambit_result_add_index(r, &dim, distribution->n_dims, &own[1], error);
    for (size_t i = 0; i < N_PARTS && !status; i++)
        if (!parts[i].split || distribution->type->own_queries)
            status = declare_part(&kept->parts[i], &parts[i], tally, own, error);
    if (!status)
        status = ambit_result_add_array(r, &prediction, 3, over, &kept->predictions, error);
    return status;
}

void ambit_kept_prompts(const AmbitKept *kept, const AmbitTally *tally,
                        const AmbitPromptBatch *batch, size_t first)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        if (kept->parts[i] == AMBIT_NO_ARRAY)
            continue;
        size_t size = tally->result->arrays[kept->parts[i]].count / tally->result->n_examples;
        memcpy(ambit_tally_values(tally, kept->parts[i]) + first * size, parts[i].of(batch),
               batch->n_prompts * size * sizeof(double));
    }
}

void ambit_kept_gather(const AmbitKept *kept, const AmbitTally *tally, const AmbitTeam *team,
                       const size_t *first)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        if (kept->parts[i] == AMBIT_NO_ARRAY)
            continue;
        double *values = ambit_tally_values(tally, kept->parts[i]);
        size_t size = tally->result->arrays[kept->parts[i]].count / tally->result->n_examples;
        ambit_team_gather_middle(team, values, 1, first, size, sizeof *values);
    }
}

void ambit_kept_predictions(const AmbitKept *kept, const AmbitTally *tally)
{
    if (kept->predictions != AMBIT_NO_ARRAY)
        memcpy(ambit_tally_values(tally, kept->predictions), tally->prediction,
               tally->result->arrays[kept->predictions].count * sizeof *tally->prediction);
}
