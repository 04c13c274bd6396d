// SPDX-License-Identifier: MIT
// Targets × predictors on the same prompts: draws prompts in batches, lets every predictor answer
// them in chunks that do not depend on the number of threads, and keeps every error. What more is
// measured is in measure.c and the probes.
#include "check.h"
#include "probe.h"
#include "result.h"
#include "run.h"

#include "ambit/lanes.h"
#include "ambit/memory.h"

#include <math.h>
#include <string.h>

/* Prompts that a thread takes at a time. */
enum { CHUNK = 8 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

AmbitStatus ambit_run_no_memory(const AmbitRun *run, AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for evaluating target %s",
                           run->target->name);
}

double *ambit_run_values(const AmbitRun *run, size_t array)
{
    const AmbitResultArray *a = &run->result->arrays[array];
    return a->values + run->lead * a->count;
}

/* Batch and slots for the sweep value at hand, which may change the size of a function. */
static AmbitStatus open_batch(AmbitRun *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->evaluation;
    AmbitStatus status = ambit_prompt_source_batch(
        &run->batch, &run->source,
        smaller((size_t)run->settings->batch_size, run->result->n_prompts),
        (size_t)run->settings->n_points, error);
    if (status)
        return status;
    if (run->batch->n_queries != run->result->n_queries)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "target %s: sweeping %s changes the number of queries (%zu, then "
            "%zu), which is an axis of the results; give each value a target of its own",
            run->target->name, run->target->sweep, run->result->n_queries, run->batch->n_queries);
    memcpy(run->result->seen, run->batch->seen, run->batch->n_queries * sizeof *run->batch->seen);
    AmbitPromptBatch shape = ambit_prompt_batch_view(run->batch, 0, CHUNK);
    run->slots = ambit_alloc(run->n_threads, sizeof *run->slots);
    if (!run->slots)
        return ambit_run_no_memory(run, error);
    for (size_t i = 0; i < run->n_threads && !status; i++)
        status = ambit_slot_init(&run->slots[i], e->predictors, e->n_predictors, &shape, error);
    return status;
}

static void close_sweep(AmbitRun *run)
{
    for (size_t i = 0; run->slots && i < run->n_threads; i++)
        ambit_slot_free(&run->slots[i]);
    ambit_free(run->slots);
    run->slots = NULL;
    ambit_prompt_batch_destroy(&run->batch);
    ambit_run_close_source(run);
}

/* Answers and flags of a chunk as prompts from `first` on. */
static void keep_answers(const AmbitRun *run, const AmbitSlot *slot, const AmbitPromptBatch *chunk,
                         size_t first)
{
    AmbitTargetResult *r = run->result;
    size_t queries = r->n_queries, answers = chunk->n_prompts * queries, n_columns = 0;
    for (size_t p = 0; p < run->n_answering; p++)
        n_columns += run->evaluation->predictors[p]->n_columns;
    for (size_t c = 0; c < n_columns; c++) {
        size_t place = (c * r->n_prompts + first) * queries;
        memcpy(run->prediction + place, slot->prediction + c * answers,
               answers * sizeof *run->prediction);
        place += run->lead * r->n_columns * r->n_prompts * queries;
        memcpy(r->flag + place, slot->flag + c * answers, answers);
    }
    memcpy(run->truth + first * queries, chunk->y_query, answers * sizeof *run->truth);
}

/* Draws and answers one chunk of the batch: an ambit_lane_fn. */
static void answer_chunk(void *context, size_t lane, size_t slot)
{
    const AmbitRun *run = context;
    size_t at = lane * CHUNK, count = smaller(run->batch->n_prompts - at, CHUNK);
    AmbitPromptBatch chunk = ambit_prompt_batch_view(run->batch, at, count);
    ambit_prompt_fill(&run->source, run->key, run->first + at, chunk.n_dims, &chunk);
    ambit_slot_predict(&run->slots[slot], run->n_answering, &chunk);
    keep_answers(run, &run->slots[slot], &chunk, run->first + at);
    ambit_measures_keep_posterior(run, &run->slots[slot], &chunk, run->first + at);
    ambit_prompts_keep(run, &chunk, run->first + at);
}

/* All prompts of the lead at hand. */
static AmbitStatus answer_all(AmbitRun *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->evaluation;
    size_t n = run->result->n_prompts, batch_size = smaller((size_t)run->settings->batch_size, n);
    size_t before = (run->sweep * run->result->n_steps + run->step) * n;
    size_t total = ambit_result_n_leads(run->result) * n;
    for (run->first = 0; run->first < n; run->first += batch_size) {
        run->batch->n_prompts = smaller(n - run->first, batch_size);
        size_t n_chunks = (run->batch->n_prompts + CHUNK - 1) / CHUNK;
        ambit_lanes_run(n_chunks, run->n_threads, answer_chunk, run);
        size_t done = before + run->first + run->batch->n_prompts;
        if (e->progress && !e->progress(e->progress_context, done, total))
            return ambit_error_set(error, AMBIT_INTERRUPTED,
                                   "stopped in target %s after %zu of %zu prompts; evaluate again",
                                   run->target->name, done, total);
    }
    return AMBIT_OK;
}

double ambit_error_between(bool binary, double a, double b)
{
    double product = a * b;
    if (!binary || isnan(product))
        return (a - b) * (a - b);
    return product > 0.0 || a == b ? 0.0 : product < 0.0 ? 1.0 : 0.5;
}

/* The error that answers of 0 have: declared, or the mean over these prompts. */
static double zero_error(const AmbitRun *run)
{
    const AmbitTargetResult *r = run->result;
    double sum = 0.0;
    if (r->binary)
        return 0.5;
    if (r->normalizer_is_declared)
        return ambit_mixture_second_moment(run->source.mixture, run->batch->n_dims);
    for (size_t n = 0; n < r->n_prompts; n++) {
        double prompt = 0.0;
        for (size_t q = 0; q < r->n_queries; q++)
            prompt += ambit_error_between(false, 0.0, run->truth[n * r->n_queries + q]);
        sum += prompt / (double)r->n_queries / (double)r->n_prompts;
    }
    return sum;
}

static void measure_errors(AmbitRun *run)
{
    AmbitTargetResult *r = run->result;
    size_t answers = r->n_prompts * r->n_queries;
    double normalizer = r->normalizer[run->lead] = zero_error(run);
    double *error = r->squared_error + run->lead * r->n_columns * answers;
    for (size_t c = 0; c < r->n_columns; c++)
        for (size_t i = 0; i < answers; i++)
            error[c * answers + i] =
                ambit_error_between(r->binary, run->prediction[c * answers + i], run->truth[i]) /
                normalizer;
}

/* Statistics of one curve: an ambit_lane_fn. */
static void summarize_curve(void *context, size_t column, size_t slot)
{
    AmbitRun *run = context;
    (void)slot;
    AmbitTargetResult *r = run->result;
    size_t at = (run->lead * r->n_columns + column) * r->n_queries;
    run->statuses[column] =
        ambit_bootstrap_statistics(r->squared_error + at * r->n_prompts, r->n_prompts, r->n_queries,
                                   (size_t)run->settings->bootstrap, run->key, r->mean + at,
                                   r->median + at, r->low + at, r->high + at, NULL);
}

static AmbitStatus summarize(AmbitRun *run, AmbitError *error)
{
    ambit_lanes_run(run->result->n_columns, run->n_threads, summarize_curve, run);
    for (size_t c = 0; c < run->result->n_columns; c++)
        if (run->statuses[c])
            return ambit_run_no_memory(run, error);
    return AMBIT_OK;
}

/* One step at the sweep value at hand. What does not vary with the step keeps the answers of the
 * first one; its flags are copied. */
static AmbitStatus run_step(AmbitRun *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->evaluation;
    AmbitTargetResult *r = run->result;
    size_t flags = r->n_columns * r->n_prompts * r->n_queries;
    run->lead = run->step * r->n_sweep + run->sweep;
    run->n_answering = run->step ? e->n_varying : e->n_predictors;
    if (run->step)
        memcpy(r->flag + run->lead * flags, r->flag + run->sweep * flags, flags);
    AmbitStatus status = e->steps ? e->set_step(e->step_context, run->step, error) : AMBIT_OK;
    if (!status)
        status = answer_all(run, error);
    if (status)
        return status;
    ambit_prompts_finish(run);
    measure_errors(run);
    status = summarize(run, error);
    if (!status)
        status = ambit_measures_finish(run, error);
    return status ? status : ambit_probes_run(run, error);
}

/* What the threads spent on each predictor. */
static void sum_seconds(AmbitRun *run)
{
    const AmbitEvaluation *e = run->evaluation;
    for (size_t p = 0, c = 0; p < e->n_predictors; p++)
        for (size_t i = 0; i < e->predictors[p]->n_columns; i++, c++)
            for (size_t t = 0; t < run->n_threads; t++)
                run->result->seconds[c] += run->slots[t].seconds[p];
}

/* Why predictors have no answers; of a sweep, at the first value where they have none. */
static AmbitStatus keep_notes(AmbitRun *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->evaluation;
    char **kept = run->result->notes;
    for (size_t p = 0; p < e->n_predictors; p++)
        for (size_t i = 0; i < e->predictors[p]->n_columns; i++, kept++)
            if (e->predictors[p]->notes[i] && !*kept &&
                !(*kept = ambit_strdup(e->predictors[p]->notes[i])))
                return ambit_run_no_memory(run, error);
    return AMBIT_OK;
}

static AmbitStatus run_sweep(AmbitRun *run, AmbitError *error)
{
    AmbitStatus status = ambit_run_open_source(run, error);
    if (!status)
        status = keep_notes(run, error);
    if (!status && run->sweep == 0)
        status = ambit_measures_declare(run, error);
    if (!status && run->sweep == 0)
        status = ambit_probes_declare(run, error);
    if (!status && run->sweep == 0)
        status = ambit_prompts_declare(run, error);
    if (!status)
        status = open_batch(run, error);
    for (run->step = 0; !status && run->step < run->result->n_steps; run->step++)
        status = run_step(run, error);
    if (!status)
        sum_seconds(run);
    close_sweep(run);
    return status;
}

static AmbitStatus allocate(AmbitRun *run, AmbitError *error)
{
    size_t answers = run->result->n_prompts * run->result->n_queries;
    run->prediction = ambit_alloc(run->result->n_columns, answers * sizeof *run->prediction);
    run->truth = ambit_alloc(answers, sizeof *run->truth);
    run->statuses = ambit_alloc(run->result->n_columns, sizeof *run->statuses);
    return run->prediction && run->truth && run->statuses ? AMBIT_OK
                                                          : ambit_run_no_memory(run, error);
}

AmbitStatus ambit_evaluate_target(AmbitTargetResult **result, const AmbitTarget *target,
                                  const AmbitEvaluation *evaluation, AmbitError *error)
{
    AmbitRun run = {.target = target,
                    .evaluation = evaluation,
                    .settings = evaluation->settings,
                    .key = {evaluation->settings->seed, 0, AMBIT_EVALUATION},
                    .n_threads = evaluation->n_threads ? evaluation->n_threads : 1};
    AmbitStatus status = ambit_check_request(target, evaluation, error);
    if (!status)
        status = ambit_target_result_create(&run.result, target, evaluation, error);
    if (!status)
        status = allocate(&run, error);
    for (; !status && run.sweep < run.result->n_sweep; run.sweep++)
        status = run_sweep(&run, error);
    ambit_free(run.prediction);
    ambit_free(run.truth);
    ambit_probes_free(&run);
    ambit_measures_free(&run);
    ambit_free(run.statuses);
    if (status)
        ambit_target_result_destroy(&run.result);
    *result = run.result;
    return status;
}
