// SPDX-License-Identifier: MIT
// Targets × predictors on the same prompts: draws prompts in batches, lets every predictor answer
// them in chunks that do not depend on the number of threads, and keeps every squared error.
#include "result.h"
#include "slot.h"

#include "ambit/lanes.h"
#include "ambit/memory.h"

#include <string.h>

/* Prompts that a thread takes at a time. */
enum { CHUNK = 8 };

/* One evaluation under way; S, C, N, Q as in AmbitTargetResult. */
typedef struct Run {
    const AmbitTarget *target;
    AmbitPredictor *const *predictors;
    size_t n_predictors;
    const AmbitEvaluationSettings *settings;
    AmbitKey key; // of prompts and resamples; the same for every target, so that inputs are paired
    size_t n_threads;
    AmbitTargetResult *result;
    size_t sweep;             // index of the sweep value at hand
    AmbitMixture *swept;      // its mixture, or NULL without a sweep
    AmbitPromptSource source; // its prompts
    AmbitPromptBatch *batch;
    size_t first;          // the batch's first prompt
    AmbitSlot *slots;      // [n_threads]
    double *power;         // [N] mean of y² over a prompt's queries
    AmbitStatus *statuses; // [S·C] of the statistics
} Run;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static AmbitStatus no_memory(const Run *run, AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for evaluating target %s",
                           run->target->name);
}

static AmbitStatus check(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                         AmbitError *error)
{
    const AmbitMixture *mixture = target->mixture;
    if (settings->n_points < 1)
        return ambit_error_parameter(error, "n_points",
                                     "n_points is %lld and no model says how many points a prompt "
                                     "has; give n_points",
                                     (long long)settings->n_points);
    if (mixture->n_classes == 0 || mixture->families[0]->n_dims != target->distribution->n_dims)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "target %s needs a function class with the dims of its prompts (%zu)", target->name,
            target->distribution->n_dims);
    if (target->sweep && (mixture->n_classes != 1 || target->sweep_values.count == 0))
        return ambit_error_set(error, AMBIT_INVALID,
                               "target %s sweeps %s; that takes one function class (here %zu) and "
                               "at least one value (here %zu)",
                               target->name, target->sweep, mixture->n_classes,
                               target->sweep_values.count);
    return AMBIT_OK;
}

/* source: the target's prompts, with the swept parameter set. */
static AmbitStatus open_source(Run *run, AmbitError *error)
{
    const AmbitTarget *t = run->target;
    run->source = (AmbitPromptSource){t->mixture, t->distribution};
    if (!t->sweep)
        return AMBIT_OK;
    AmbitFamily *family;
    AmbitStatus status = ambit_mixture_create(&run->swept, error);
    if (!status)
        status = ambit_family_with(&family, t->mixture->families[0], t->sweep,
                                   t->sweep_values.values[run->sweep], error);
    if (!status)
        status = ambit_mixture_add(run->swept, family, t->mixture->labels[0], 1.0, error);
    run->source.mixture = run->swept;
    return status;
}

/* Tells the predictors what the prompts of the sweep value at hand are. */
static AmbitStatus bind(const Run *run, AmbitError *error)
{
    AmbitPredictorContext context = {run->settings->pretraining, run->source.mixture,
                                     run->source.distribution, run->key,
                                     (size_t)run->settings->n_points};
    return ambit_predictors_bind(run->predictors, run->n_predictors, &context, error);
}

/* Batch and slots for the sweep value at hand, which may change the size of a function. */
static AmbitStatus open_batch(Run *run, AmbitError *error)
{
    AmbitStatus status = ambit_prompt_source_batch(
        &run->batch, &run->source,
        smaller((size_t)run->settings->batch_size, run->result->n_prompts),
        (size_t)run->settings->n_points, error);
    if (status)
        return status;
    memcpy(run->result->seen, run->batch->seen, run->batch->n_queries * sizeof *run->batch->seen);
    AmbitPromptBatch shape = ambit_prompt_batch_view(run->batch, 0, CHUNK);
    run->slots = ambit_alloc(run->n_threads, sizeof *run->slots);
    if (!run->slots)
        return no_memory(run, error);
    for (size_t i = 0; i < run->n_threads && !status; i++)
        status = ambit_slot_init(&run->slots[i], run->predictors, run->n_predictors, &shape, error);
    return status;
}

static void close_sweep(Run *run)
{
    for (size_t i = 0; run->slots && i < run->n_threads; i++)
        ambit_slot_free(&run->slots[i]);
    ambit_free(run->slots);
    run->slots = NULL;
    ambit_prompt_batch_destroy(&run->batch);
    ambit_mixture_destroy(&run->swept);
}

/* Squared errors and flags of prompt `from` of a chunk of `count`, as prompt `to` of the result. */
static void record(Run *run, const AmbitSlot *slot, const AmbitPromptBatch *chunk, size_t from,
                   size_t to)
{
    AmbitTargetResult *r = run->result;
    size_t queries = r->n_queries;
    const double *y = chunk->y_query + from * queries;
    for (size_t c = 0; c < r->n_columns; c++) {
        size_t answer = (c * chunk->n_prompts + from) * queries;
        size_t place = ((run->sweep * r->n_columns + c) * r->n_prompts + to) * queries;
        for (size_t q = 0; q < queries; q++) {
            double error = slot->prediction[answer + q] - y[q];
            r->squared_error[place + q] = error * error;
        }
        memcpy(r->flag + place, slot->flag + answer, queries);
    }
    double square = 0.0;
    for (size_t q = 0; q < queries; q++)
        square += y[q] * y[q];
    run->power[to] = square / (double)queries;
}

/* Draws and answers one chunk of the batch: an ambit_lane_fn. */
static void answer_chunk(void *context, size_t lane, size_t slot)
{
    Run *run = context;
    size_t at = lane * CHUNK, count = smaller(run->batch->n_prompts - at, CHUNK);
    AmbitPromptBatch chunk = ambit_prompt_batch_view(run->batch, at, count);
    ambit_prompt_fill(&run->source, run->key, run->first + at, chunk.n_dims, &chunk);
    ambit_slot_predict(&run->slots[slot], &chunk);
    for (size_t b = 0; b < chunk.n_prompts; b++)
        record(run, &run->slots[slot], &chunk, b, run->first + at + b);
}

/* Divides the errors of the sweep value at hand by the error of the zero predictor. */
static void normalize(Run *run)
{
    AmbitTargetResult *r = run->result;
    double normalizer = 0.0;
    for (size_t n = 0; n < r->n_prompts; n++)
        normalizer += run->power[n] / (double)r->n_prompts;
    if (r->normalizer_is_declared)
        normalizer = ambit_mixture_power(run->source.mixture, run->batch->n_dims);
    r->normalizer[run->sweep] = normalizer;
    size_t count = r->n_columns * r->n_prompts * r->n_queries;
    for (size_t i = 0; i < count; i++)
        r->squared_error[run->sweep * count + i] /= normalizer;
}

/* What the threads spent on each predictor. */
static void sum_seconds(Run *run)
{
    for (size_t p = 0, c = 0; p < run->n_predictors; p++)
        for (size_t i = 0; i < run->predictors[p]->n_columns; i++, c++)
            for (size_t t = 0; t < run->n_threads; t++)
                run->result->seconds[c] += run->slots[t].seconds[p];
}

static AmbitStatus run_sweep(Run *run, ambit_evaluation_progress_fn progress, void *context,
                             AmbitError *error)
{
    AmbitTargetResult *r = run->result;
    size_t n = r->n_prompts, batch_size = smaller((size_t)run->settings->batch_size, n);
    AmbitStatus status = open_source(run, error);
    if (!status)
        status = bind(run, error);
    if (!status)
        status = open_batch(run, error);
    for (run->first = 0; run->first < n && !status; run->first += batch_size) {
        run->batch->n_prompts = smaller(n - run->first, batch_size);
        size_t n_chunks = (run->batch->n_prompts + CHUNK - 1) / CHUNK;
        ambit_lanes_run(n_chunks, run->n_threads, answer_chunk, run);
        size_t done = run->sweep * n + run->first + run->batch->n_prompts;
        if (progress && !progress(context, done, r->n_sweep * n))
            status = ambit_error_set(error, AMBIT_INTERRUPTED,
                                     "stopped in target %s after %zu of "
                                     "%zu prompts",
                                     run->target->name, done, r->n_sweep * n);
    }
    if (!status) {
        normalize(run);
        sum_seconds(run);
    }
    close_sweep(run);
    return status;
}

/* Statistics of one curve: an ambit_lane_fn. */
static void summarize_curve(void *context, size_t curve, size_t slot)
{
    Run *run = context;
    (void)slot;
    AmbitTargetResult *r = run->result;
    size_t at = curve * r->n_queries;
    run->statuses[curve] =
        ambit_bootstrap_statistics(r->squared_error + at * r->n_prompts, r->n_prompts, r->n_queries,
                                   (size_t)run->settings->bootstrap, run->key, r->mean + at,
                                   r->median + at, r->low + at, r->high + at, NULL);
}

static AmbitStatus summarize(Run *run, AmbitError *error)
{
    size_t curves = run->result->n_sweep * run->result->n_columns;
    run->statuses = ambit_alloc(curves, sizeof *run->statuses);
    if (!run->statuses)
        return no_memory(run, error);
    ambit_lanes_run(curves, run->n_threads, summarize_curve, run);
    for (size_t i = 0; i < curves; i++)
        if (run->statuses[i])
            return no_memory(run, error);
    return AMBIT_OK;
}

AmbitStatus ambit_evaluate_target(AmbitTargetResult **result, const AmbitTarget *target,
                                  AmbitPredictor *const *predictors, size_t n_predictors,
                                  const AmbitEvaluationSettings *settings, size_t n_threads,
                                  ambit_evaluation_progress_fn progress, void *context,
                                  AmbitError *error)
{
    Run run = {.target = target,
               .predictors = predictors,
               .n_predictors = n_predictors,
               .settings = settings,
               .key = {settings->seed, 0, AMBIT_EVALUATION},
               .n_threads = n_threads ? n_threads : 1};
    AmbitStatus status = check(target, settings, error);
    if (!status)
        status = ambit_target_result_create(&run.result, target, predictors, n_predictors, settings,
                                            error);
    run.power = ambit_alloc((size_t)settings->n_prompts, sizeof *run.power);
    if (!status && !run.power)
        status = no_memory(&run, error);
    for (; !status && run.sweep < run.result->n_sweep; run.sweep++)
        status = run_sweep(&run, progress, context, error);
    if (!status)
        status = summarize(&run, error);
    ambit_free(run.power);
    ambit_free(run.statuses);
    if (status)
        ambit_target_result_destroy(&run.result);
    *result = run.result;
    return status;
}
