// SPDX-License-Identifier: MIT
// Slices: predictions along a line, beside the function and the context (Yadlowsky et al.
// 2311.00871, figures 4 to 6). In one dimension the line is the input itself; in more it runs
// through the prompt's last input along u = (1, …, 1)/√D.
#include "probe.h"

#include <math.h>
#include <string.h>

enum { PREDICTION, TRUTH, CONTEXT_X, CONTEXT_Y };

static AmbitStatus declare_grid(AmbitProbe *probe, size_t *axis, AmbitError *error)
{
    static const AmbitCaption words = {"grid", "place on the line", "1",
                                       "x.u, u = (1, ..., 1)/sqrt(D): the input itself for D = 1"};
    const AmbitEvaluationSettings *s = probe->plan->settings;
    AmbitStatus status =
        ambit_result_add_index(probe->tally->result, &words, probe->n_grid, axis, error);
    if (status)
        return status;
    double *values = probe->tally->result->axes[*axis].values;
    for (size_t i = 0; i < probe->n_grid; i++)
        values[i] =
            s->grid_low + (s->grid_high - s->grid_low) * (double)i / (double)(probe->n_grid - 1);
    return AMBIT_OK;
}

static AmbitStatus declare(AmbitProbe *probe, AmbitError *error)
{
    static const AmbitCaption point = {"point", "context example", "1", "place in the context"};
    static const AmbitMeasure measures[] = {
        {.words = {"slice_prediction", "prediction along a line", "1",
                   "predictions after k_probe examples on the line through the prompt's last "
                   "input"},
         .raw = true},
        {.words = {"slice_truth", "function along the line", "1", "f on the same line"},
         .raw = true},
        {.words = {"slice_context_x", "place of the context", "1", "x.u of the context's examples"},
         .raw = true},
        {.words = {"slice_context_y", "labels of the context", "1", "y of the context's examples"},
         .raw = true}};
    size_t prediction[] = {AMBIT_AXIS_PREDICTOR, 0, 0, 0}, truth[2], context[2];
    AmbitStatus status = ambit_probe_axis_prompt(probe, &prediction[1], error);
    if (!status)
        status = ambit_probe_axis_k(probe, &prediction[2], error);
    if (!status)
        status = declare_grid(probe, &prediction[3], error);
    if (!status)
        status = ambit_result_add_index(probe->tally->result, &point, probe->n_points, &context[1],
                                        error);
    if (status)
        return status;
    truth[0] = context[0] = prediction[1];
    truth[1] = prediction[3];
    const size_t *const axes[] = {prediction, truth, context, context};
    for (size_t i = 0; i < 4 && !status; i++)
        status = ambit_result_add_array(probe->tally->result, &measures[i], i ? 2 : 4, axes[i],
                                        &probe->array[i], error);
    return status;
}

static size_t n_questions(const AmbitProbe *probe)
{
    return probe->n_k * probe->n_grid;
}

/* x·u. */
static double place(const double *x, size_t dims)
{
    double sum = 0.0;
    for (size_t d = 0; d < dims; d++)
        sum += x[d];
    return sum / sqrt((double)dims);
}

static void ask(const AmbitProbe *probe, size_t index, AmbitPromptBatch *questions)
{
    (void)index;
    size_t dims = probe->n_dims, size = probe->n_grid * dims;
    const double *last = questions->x + (probe->n_points - 1) * dims, *grid = NULL;
    const AmbitResultArray *array = &probe->tally->result->arrays[probe->array[PREDICTION]];
    double *x = questions->x_query;
    grid = probe->tally->result->axes[array->axes[3]].values;
    for (size_t i = 0; i < size; i++) {
        double step = (grid[i / dims] - place(last, dims)) / sqrt((double)dims);
        x[i] = dims == 1 ? grid[i] : last[i % dims] + step;
    }
    for (size_t k = 1; k < probe->n_k; k++)
        memcpy(x + k * size, x, size * sizeof *x);
    for (size_t q = 0; q < questions->n_queries; q++)
        questions->seen[q] = probe->k[q / probe->n_grid];
}

static AmbitStatus read(const AmbitProbe *probe, size_t index, const AmbitPromptBatch *questions,
                        const double *answers)
{
    size_t dims = probe->n_dims, points = probe->n_points, n_grid = probe->n_grid;
    size_t count = probe->n_k * n_grid;
    double *prediction = ambit_tally_values(probe->tally, probe->array[PREDICTION]);
    double *truth = ambit_tally_values(probe->tally, probe->array[TRUTH]) + index * n_grid;
    double *x = ambit_tally_values(probe->tally, probe->array[CONTEXT_X]) + index * points;
    double *y = ambit_tally_values(probe->tally, probe->array[CONTEXT_Y]) + index * points;
    for (size_t c = 0; c < probe->tally->result->n_columns; c++)
        memcpy(prediction + (c * probe->n_prompts + index) * count, answers + c * count,
               count * sizeof *prediction);
    for (size_t i = 0; i < n_grid; i++)
        truth[i] = ambit_probe_truth(probe, questions, questions->x_query + i * dims);
    for (size_t i = 0; i < points; i++)
        x[i] = place(questions->x + i * dims, dims);
    memcpy(y, questions->y, points * sizeof *y);
    return AMBIT_OK;
}

const AmbitProbeType ambit_probe_slice = {
    .name = "slice",
    .summary = "predictions along a line of inputs, beside the function and the context",
    .source = "Yadlowsky et al. 2311.00871, figures 4 to 6",
    .declare = declare,
    .n_questions = n_questions,
    .ask = ask,
    .read = read,
};
