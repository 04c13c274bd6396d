// SPDX-License-Identifier: MIT
// Gradient alignment: the cosine between a predictor's derivative by the query and the function's
// weight, or its projection on the span of the context, which is all that the context tells
// (Garg et al. 2208.01066, figure 3).
#include "ambit/memory.h"
#include "probe.h"

#include <math.h>
#include <string.h>

enum { RAW, RAW_PROJECTED, MEAN, MEAN_PROJECTED };

static AmbitStatus check(const AmbitTarget *target, AmbitError *error)
{
    return ambit_probe_check_linear(target, "gradient_alignment", error);
}

static AmbitStatus declare(AmbitProbe *probe, AmbitError *error)
{
    static const AmbitCaption k = {"k_prefix", "in-context examples seen", "1",
                                   "examples shown before the query"};
    static const AmbitMeasure measures[] = {
        {.words = {"gradient_alignment_raw", "alignment of gradient and weight, per prompt", "1",
                   "cosine of d prediction / d query with the function's weight"},
         .raw = true},
        {.words = {"gradient_alignment_projected_raw",
                   "alignment of gradient and projected weight, per prompt", "1",
                   "the same with the weight's projection on the span of the context"},
         .raw = true},
        {.words = {"gradient_alignment", "alignment of gradient and weight", "1",
                   "mean over prompts of the cosine of d prediction / d query with the function's "
                   "weight (Garg et al. 2208.01066)"}},
        {.words = {"gradient_alignment_projected", "alignment of gradient and projected weight",
                   "1", "the same with the weight's projection on the span of the context"}}};
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0, 0}, mean_axes[2] = {AMBIT_AXIS_PREDICTOR, 0};
    AmbitStatus status = ambit_probe_axis_prompt(probe, &axes[1], error);
    if (!status)
        status = ambit_result_add_index(probe->tally->result, &k, probe->n_points, &axes[2], error);
    mean_axes[1] = axes[2];
    for (size_t i = 0; i < 4 && !status; i++)
        status = ambit_result_add_array(probe->tally->result, &measures[i], i < MEAN ? 3 : 2,
                                        i < MEAN ? axes : mean_axes, &probe->array[i], error);
    return status;
}

static size_t n_questions(const AmbitProbe *probe)
{
    return probe->n_points;
}

/* After k points the next one is asked about. */
static void ask(const AmbitProbe *probe, size_t index, AmbitPromptBatch *questions)
{
    (void)index;
    memcpy(questions->x_query, questions->x,
           probe->n_points * probe->n_dims * sizeof *questions->x);
    for (size_t k = 0; k < probe->n_points; k++)
        questions->seen[k] = k;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* NaN if one of them is 0. */
static double cosine(const double *a, const double *b, size_t n)
{
    double size = sqrt(dot(a, a, n) * dot(b, b, n));
    return size > 0.0 ? dot(a, b, n) / size : NAN;
}

/* out = x − its projection on the n orthonormal rows of basis, by two rounds of Gram–Schmidt. */
static void remove_span(double *out, const double *x, const double *basis, size_t n, size_t dims)
{
    memcpy(out, x, dims * sizeof *out);
    for (size_t i = 0; i < 2 * n; i++) {
        const double *row = basis + i % n * dims;
        double along = dot(out, row, dims);
        for (size_t d = 0; d < dims; d++)
            out[d] -= along * row[d];
    }
}

/* Adds the direction of x to an orthonormal basis, if it is a new one. */
static size_t extend(double *basis, size_t n, const double *x, size_t dims)
{
    if (n == dims)
        return n;
    double *new = basis + n *dims;
    remove_span(new, x, basis, n, dims);
    double length = sqrt(dot(new, new, dims));
    if (!(length > 1e-9 * sqrt(dot(x, x, dims))))
        return n;
    for (size_t d = 0; d < dims; d++)
        new[d] /= length;
    return n + 1;
}

/* Cosines of all columns after k points. work: weight, projection [D] each. */
static void compare(const AmbitProbe *probe, size_t index, size_t k, const double *gradients,
                    const double *weight, const double *projection)
{
    size_t dims = probe->n_dims, points = probe->n_points;
    double *raw = ambit_tally_values(probe->tally, probe->array[RAW]);
    double *projected = ambit_tally_values(probe->tally, probe->array[RAW_PROJECTED]);
    for (size_t c = 0; c < probe->tally->result->n_columns; c++) {
        const double *gradient = gradients + (c * points + k) * dims;
        size_t place = (c * probe->n_prompts + index) * points + k;
        raw[place] = cosine(gradient, weight, dims);
        projected[place] = cosine(gradient, projection, dims);
    }
}

static AmbitStatus read(const AmbitProbe *probe, size_t index, const AmbitPromptBatch *questions,
                        const double *answers)
{
    size_t dims = probe->n_dims, rank = 0;
    double *work = ambit_alloc(dims + 3, dims * sizeof *work);
    if (!work)
        return AMBIT_NO_MEMORY;
    double *weight = work, *projection = work + dims, *basis = work + 3 * dims;
    ambit_probe_weight(probe, questions, weight);
    for (size_t k = 0; k < probe->n_points; k++) {
        remove_span(projection, weight, basis, rank, dims);
        for (size_t d = 0; d < dims; d++)
            projection[d] = rank ? weight[d] - projection[d] : 0.0;
        compare(probe, index, k, answers, weight, projection);
        rank = extend(basis, rank, questions->x + k * dims, dims);
    }
    ambit_free(work);
    return AMBIT_OK;
}

static void finish(const AmbitProbe *probe)
{
    for (size_t i = 0; i < 2; i++)
        ambit_probe_average(probe, ambit_tally_values(probe->tally, probe->array[MEAN + i]),
                            ambit_tally_values(probe->tally, probe->array[RAW + i]),
                            probe->tally->result->n_columns, probe->n_points);
}

const AmbitProbeType ambit_probe_gradient_alignment = {
    .name = "gradient_alignment",
    .summary = "cosine of a predictor's derivative by the query with the function's weight",
    .source = "Garg et al. 2208.01066, figure 3",
    .gradient = true,
    .check = check,
    .declare = declare,
    .n_questions = n_questions,
    .ask = ask,
    .read = read,
    .finish = finish,
};
