// SPDX-License-Identifier: MIT
// Implied weights: the linear function that a predictor's answers to 2·D fresh inputs follow after
// one context, by least squares (Akyürek et al. 2211.15661, section 4.2), how far apart those of
// two predictors are (ILWD), and how far more examples move them.
#include "ambit/memory.h"
#include "probe.h"
#include "result.h"

#include <gsl/gsl_linalg.h>
#include <string.h>

enum { WEIGHT, TRUE_WEIGHT, RESIDUAL, MEAN_RESIDUAL, ILWD, CHANGE };

static AmbitStatus declare(AmbitProbe *probe, AmbitError *error)
{
    static const AmbitCaption dim = {"dim", "coordinate", "1", "coordinate of the inputs"};
    static const AmbitMeasure weight = {
        .words = {"implied_weight", "implied weight", "1",
                  "least-squares fit to the predictor's answers to 2 D fresh inputs after k_probe "
                  "examples (Akyurek et al. 2211.15661)"},
        .raw = true};
    static const AmbitMeasure truth = {
        .words = {"true_weight", "weight of the function", "1",
                  "w of the prompt's function w.x; only where all are linear"},
        .raw = true};
    static const AmbitMeasure residual = {
        .words = {"implied_weight_residual", "answers that are not linear", "1",
                  "share of the answers' power that no weight explains"},
        .raw = true};
    static const AmbitMeasure mean = {.words = {"implied_residual",
                                                "answers that are not linear, mean", "1",
                                                "mean of implied_weight_residual over prompts"}};
    static const AmbitMeasure ilwd = {
        .words = {"ilwd", "implied linear weight distance", "1",
                  "mean over prompts of |w_A - w_B|^2 between implied weights"},
        .shown = AMBIT_SHOWN_FIRST};
    static const AmbitMeasure change = {
        .words = {"implied_weight_change", "change of implied weights by more examples", "1",
                  "mean over prompts of |w_k - w_j|^2, j being the number of examples before k on "
                  "this axis; 0 where those in between go unused"}};
    AmbitTargetResult *r = probe->tally->result;
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0, 0, 0}, prompt_dim[2], ilwd_axes[3];
    AmbitStatus status = ambit_probe_axis_prompt(probe, &axes[1], error);
    if (!status)
        status = ambit_probe_axis_k(probe, &axes[2], error);
    if (!status)
        status = ambit_result_add_index(r, &dim, probe->n_dims, &axes[3], error);
    if (!status)
        status = ambit_result_add_array(r, &weight, 4, axes, &probe->array[WEIGHT], error);
    prompt_dim[0] = axes[1];
    prompt_dim[1] = axes[3];
    probe->array[TRUE_WEIGHT] = AMBIT_MOST_ARRAYS;
    if (!status)
        status = ambit_probe_check_linear(probe->plan->target, "implied_weights", error);
    if (!status)
        status =
            ambit_result_add_array(r, &truth, 2, prompt_dim, &probe->array[TRUE_WEIGHT], error);
    else if (status == AMBIT_INVALID) // no weight to compare with
        status = AMBIT_OK;
    if (!status)
        status = ambit_result_add_array(r, &residual, 3, axes, &probe->array[RESIDUAL], error);
    ilwd_axes[0] = AMBIT_AXIS_PREDICTOR;
    ilwd_axes[2] = axes[1] = axes[2];
    if (!status)
        status = ambit_result_add_array(r, &mean, 2, axes, &probe->array[MEAN_RESIDUAL], error);
    if (!status)
        status = ambit_result_other_axis(probe->tally->result, &ilwd_axes[1], error);
    if (!status)
        status = ambit_result_add_array(r, &ilwd, 3, ilwd_axes, &probe->array[ILWD], error);
    if (!status)
        status = ambit_result_add_array(r, &change, 2, axes, &probe->array[CHANGE], error);
    return status;
}

static size_t n_questions(const AmbitProbe *probe)
{
    return probe->n_k * 2 * probe->n_dims;
}

/* The same inputs after every k. */
static void ask(const AmbitProbe *probe, size_t index, AmbitPromptBatch *questions)
{
    AmbitRandom random;
    size_t per_k = 2 * probe->n_dims, size = per_k * probe->n_dims;
    ambit_random_open(&random, probe->plan->key, AMBIT_STREAM_PROBE, (uint32_t)index);
    ambit_family_draw_inputs(ambit_probe_family(probe, questions), &random.rng, probe->n_dims,
                             per_k, questions->x_query);
    for (size_t i = 0; i < probe->n_k; i++) {
        if (i)
            memcpy(questions->x_query + i * size, questions->x_query, size * sizeof(double));
        for (size_t q = 0; q < per_k; q++)
            questions->seen[i * per_k + q] = probe->k[i];
    }
}

typedef struct Fit {
    gsl_matrix *qr;
    gsl_vector *tau, *residual;
} Fit;

static void fit_free(Fit *fit)
{
    gsl_matrix_free(fit->qr);
    gsl_vector_free(fit->tau);
    gsl_vector_free(fit->residual);
}

static bool fit_open(Fit *fit, const double *x, size_t rows, size_t dims)
{
    *fit = (Fit){gsl_matrix_alloc(rows, dims), gsl_vector_alloc(dims), gsl_vector_alloc(rows)};
    if (!fit->qr || !fit->tau || !fit->residual)
        return false;
    memcpy(fit->qr->data, x, rows * dims * sizeof *x);
    return gsl_linalg_QR_decomp(fit->qr, fit->tau) == 0;
}

/* weight and residual of one predictor's answers after one k; NaN if there is no fit. */
static void fit_answers(Fit *fit, const double *answers, size_t rows, size_t dims, double *weight,
                        double *residual)
{
    gsl_vector_const_view y = gsl_vector_const_view_array(answers, rows);
    gsl_vector_view w = gsl_vector_view_array(weight, dims);
    double power = 0.0, left = 0.0;
    int failed = gsl_linalg_QR_lssolve(fit->qr, fit->tau, &y.vector, &w.vector, fit->residual);
    for (size_t i = 0; i < rows; i++) {
        double r = gsl_vector_get(fit->residual, i);
        power += answers[i] * answers[i];
        left += r * r;
    }
    *residual = failed || power == 0.0 ? GSL_NAN : left / power;
    for (size_t d = 0; failed && d < dims; d++)
        weight[d] = GSL_NAN;
}

static AmbitStatus read(const AmbitProbe *probe, size_t index, const AmbitPromptBatch *questions,
                        const double *answers)
{
    Fit fit;
    size_t dims = probe->n_dims, rows = 2 * dims, n_k = probe->n_k;
    double *weight = ambit_tally_values(probe->tally, probe->array[WEIGHT]);     // [C][N'][K][D]
    double *residual = ambit_tally_values(probe->tally, probe->array[RESIDUAL]); // [C][N'][K]
    double *truth = ambit_alloc(2, dims * sizeof *truth);
    bool ok = fit_open(&fit, questions->x_query, rows, dims) && truth;
    for (size_t i = 0; ok && i < probe->tally->result->n_columns * n_k; i++) {
        size_t place = (i / n_k * probe->n_prompts + index) * n_k + i % n_k;
        fit_answers(&fit, answers + i * rows, rows, dims, weight + place * dims, &residual[place]);
    }
    if (ok && probe->array[TRUE_WEIGHT] != AMBIT_MOST_ARRAYS) {
        ambit_probe_weight(probe, questions, truth);
        memcpy(ambit_tally_values(probe->tally, probe->array[TRUE_WEIGHT]) + index * dims, truth,
               dims * sizeof *truth);
    }
    ambit_free(truth);
    fit_free(&fit);
    return ok ? AMBIT_OK : AMBIT_NO_MEMORY;
}

/* The weights [N'][K][D] of a column, from those after the i-th k on. */
static const double *weights_at(const AmbitProbe *probe, const double *weight, size_t column,
                                size_t i)
{
    return weight + (column * probe->n_prompts * probe->n_k + i) * probe->n_dims;
}

/* Mean over prompts of |a − b|², given the first prompt's weights of each. */
static double distance(const AmbitProbe *probe, const double *a, const double *b)
{
    double sum = 0.0;
    for (size_t n = 0; n < probe->n_prompts; n++)
        for (size_t d = 0; d < probe->n_dims; d++) {
            size_t place = n * probe->n_k * probe->n_dims + d;
            sum += (a[place] - b[place]) * (a[place] - b[place]);
        }
    return sum / (double)probe->n_prompts;
}

static void finish(const AmbitProbe *probe)
{
    const double *weight = ambit_tally_values(probe->tally, probe->array[WEIGHT]);
    double *ilwd = ambit_tally_values(probe->tally, probe->array[ILWD]);
    size_t n_columns = probe->tally->result->n_columns;
    for (size_t a = 0; a < n_columns; a++)
        for (size_t b = 0; b < n_columns; b++)
            for (size_t i = 0; i < probe->n_k; i++)
                *ilwd++ = distance(probe, weights_at(probe, weight, a, i),
                                   weights_at(probe, weight, b, i));
    double *change = ambit_tally_values(probe->tally, probe->array[CHANGE]);
    for (size_t c = 0; c < n_columns; c++)
        for (size_t i = 0; i < probe->n_k; i++)
            *change++ = i ? distance(probe, weights_at(probe, weight, c, i - 1),
                                     weights_at(probe, weight, c, i))
                          : GSL_NAN;
    ambit_probe_average(probe, ambit_tally_values(probe->tally, probe->array[MEAN_RESIDUAL]),
                        ambit_tally_values(probe->tally, probe->array[RESIDUAL]), n_columns,
                        probe->n_k);
}

const AmbitProbeType ambit_probe_implied_weights = {
    .name = "implied_weights",
    .summary = "the linear function a predictor's answers follow, and the distances between them",
    .source = "Akyürek et al. 2211.15661, section 4.2",
    .declare = declare,
    .n_questions = n_questions,
    .ask = ask,
    .read = read,
    .finish = finish,
};
