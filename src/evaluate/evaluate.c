// SPDX-License-Identifier: MIT
// Targets × predictors on the same examples: has every predictor answer them in chunks that do not
// depend on the number of threads, and keeps every score. What is asked, and what more is measured,
// stands elsewhere (examples.h, measure.c, posterior.c).
#include "measure.h"
#include "posterior.h"
#include "result.h"

#include "ambit/memory.h"
#include "ambit/threads.h"

#include <assert.h>
#include <math.h>
#include <string.h>

typedef struct Run {
    AmbitPlan plan;
    const AmbitExamplesType *type;
    void *examples;
    AmbitTally tally;
    AmbitMeasures measures;
    AmbitPosteriors posteriors;
    const AmbitTeam *team; // that shares the examples
    size_t *limits;        // [processes + 1] process p answers the examples from limits[p] on
    size_t n_answers;      // N·Q
    size_t n_chunks;       // of all examples: each batch is cut into chunks of its own
    size_t first;          // the first chunk that threads share at present
    double *seconds;       // [n_predictors] time of this process in each since open
    size_t n_answering;    // predictors that answer at this step: all, or those that vary
} Run;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t chunks_of(size_t n_examples)
{
    return (n_examples + AMBIT_CHUNK - 1) / AMBIT_CHUNK;
}

/* The first example of a chunk; N for the chunk after the last. */
static size_t chunk_first(const Run *run, size_t chunk)
{
    size_t batch = (size_t)run->plan.settings->batch_size, in_batch = chunks_of(batch);
    return smaller(chunk / in_batch * batch + chunk % in_batch * AMBIT_CHUNK,
                   run->tally.result->n_examples);
}

/* Answers and flags of one chunk: an ambit_item_fn. */
static void answer_chunk(void *context, size_t item, size_t thread)
{
    const Run *run = context;
    const AmbitTally *tally = &run->tally;
    const AmbitTargetResult *r = tally->result;
    AmbitOutcome outcome;
    size_t first = chunk_first(run, run->first + item);
    size_t count = chunk_first(run, run->first + item + 1) - first;
    size_t size = count * r->n_queries, from = first * r->n_queries, n_columns = 0;
    unsigned char *flag = r->flag + tally->condition * r->n_columns * run->n_answers;
    run->type->answer(run->examples, first, count, thread, run->n_answering, &outcome);
    for (size_t p = 0; p < run->n_answering; p++)
        n_columns += run->plan.evaluation->predictors[p]->n_columns;
    for (size_t c = 0; c < n_columns; c++) {
        memcpy(tally->prediction + c * run->n_answers + from, outcome.prediction + c * size,
               size * sizeof *tally->prediction);
        memcpy(flag + c * run->n_answers + from, outcome.flag + c * size, size);
    }
    if (outcome.truth)
        memcpy(tally->truth + from, outcome.truth, size * sizeof *tally->truth);
    ambit_posteriors_keep(&run->posteriors, run->n_answering, &outcome, first, count);
}

/* Gathers what the processes have kept of their examples. */
static void gather(Run *run)
{
    const AmbitTeam *team = run->team;
    const AmbitTargetResult *r = run->tally.result;
    unsigned char *flag = r->flag + run->tally.condition * r->n_columns * run->n_answers;
    if (team->count == 1)
        return;
    ambit_team_gather_middle(team, run->tally.prediction, r->n_columns, run->limits, r->n_queries,
                             sizeof *run->tally.prediction);
    ambit_team_gather_middle(team, flag, r->n_columns, run->limits, r->n_queries, sizeof *flag);
    ambit_team_gather_middle(team, run->tally.truth, 1, run->limits, r->n_queries,
                             sizeof *run->tally.truth);
    ambit_posteriors_gather(&run->posteriors, team, run->limits);
    run->type->gather(run->examples, team, run->limits);
}

/* All examples of the present condition; progress is told, and a stop obeyed, between batches. */
static AmbitStatus answer_all(Run *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->plan.evaluation;
    const AmbitTargetResult *r = run->tally.result;
    const AmbitTeam *team = run->team;
    size_t n = r->n_examples, all = run->n_chunks, total = ambit_result_n_conditions(r) * n;
    size_t before = (run->tally.sweep * r->n_steps + run->tally.step) * n;
    size_t in_batch = chunks_of((size_t)run->plan.settings->batch_size);
    assert(team->count > 0);
    size_t begin = ambit_share_first(all, team->count, team->index);
    size_t end = ambit_share_first(all, team->count, team->index + 1);
    size_t most = (all + team->count - 1) / team->count; // that a process has
    AmbitStatus status = AMBIT_OK;
    for (size_t taken = 0; taken < most && !status; taken += in_batch) {
        run->first = smaller(begin + taken, end);
        size_t count = smaller(in_batch, end - run->first);
        ambit_threads_run(count, run->plan.n_threads, answer_chunk, run);
        size_t own = chunk_first(run, run->first + count) - chunk_first(run, begin);
        size_t done = before + smaller(own * team->count, n);
        for (size_t p = 0; p < e->n_predictors; p++)
            run->seconds[p] = run->type->seconds(run->examples, p);
        if (e->progress && !e->progress(e->progress_context, done, total, run->seconds))
            status =
                ambit_error_set(error, AMBIT_INTERRUPTED,
                                "stopped in target %s after %zu of %zu %ss; evaluate again",
                                run->plan.target->name, done, total, run->type->example->long_name);
        status = ambit_team_agree(team, status, error);
    }
    if (!status)
        gather(run);
    return status;
}

static AmbitZeroScore score_zero(const Run *run)
{
    const AmbitTargetResult *r = run->tally.result;
    double sum = 0.0, squares = 0.0, count = (double)r->n_examples;
    for (size_t n = 0; n < r->n_examples; n++) {
        double zero = 0.0;
        for (size_t q = 0; q < r->n_queries; q++)
            zero += r->metric->between(0.0, run->tally.truth[n * r->n_queries + q]);
        zero /= (double)r->n_queries;
        sum += zero / count;
        squares += zero * zero / count;
    }
    return (AmbitZeroScore){sum, sqrt(fmax(squares - sum * sum, 0.0) / (count - 1.0))};
}

/* Scores, over what answers of 0 score: known beforehand, or the mean over these examples. */
static void score(Run *run)
{
    const AmbitTally *tally = &run->tally;
    AmbitTargetResult *r = tally->result;
    double *error = r->error + tally->condition * r->n_columns * run->n_answers, normalizer = 1.0;
    if (r->zero) {
        AmbitZeroScore zero = score_zero(run);
        normalizer = run->type->zero_score(run->examples);
        normalizer = isnan(normalizer) ? zero.mean : normalizer;
        r->zero[tally->condition] =
            (AmbitZeroScore){zero.mean / normalizer, zero.error / normalizer};
    }
    r->normalizer[tally->condition] = normalizer;
    if (!r->metric->between) {
        memcpy(error, tally->prediction, r->n_columns * run->n_answers * sizeof *error);
        return;
    }
    for (size_t c = 0; c < r->n_columns; c++)
        for (size_t i = 0; i < run->n_answers; i++)
            error[c * run->n_answers + i] =
                r->metric->between(tally->prediction[c * run->n_answers + i], tally->truth[i]) /
                normalizer;
}

/* Statistics of one curve: an ambit_item_fn. */
static void summarize_curve(void *context, size_t column, size_t thread)
{
    Run *run = context;
    (void)thread;
    AmbitTargetResult *r = run->tally.result;
    size_t at = (run->tally.condition * r->n_columns + column) * r->n_queries;
    const AmbitSample sample = {r->error + at * r->n_examples, run->tally.weight, r->n_examples,
                                r->n_queries};
    const AmbitStatistics statistics = {r->mean + at, r->low + at, r->high + at,
                                        r->median ? r->median + at : NULL};
    run->tally.statuses[column] = ambit_bootstrap_statistics(
        &sample, (size_t)run->plan.settings->bootstrap, run->plan.key, &statistics, NULL);
}

/* One step at the present swept value. What does not vary with the step keeps the answers of the
 * first one; its flags are copied. */
static AmbitStatus run_step(Run *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->plan.evaluation;
    AmbitTally *tally = &run->tally;
    AmbitTargetResult *r = tally->result;
    size_t flags = r->n_columns * run->n_answers;
    tally->condition = tally->step * r->n_sweep + tally->sweep;
    run->n_answering = tally->step ? e->n_varying : e->n_predictors;
    if (tally->step)
        memcpy(r->flag + tally->condition * flags, r->flag + tally->sweep * flags, flags);
    AmbitStatus status = e->steps ? e->set_step(e->step_context, tally->step, error) : AMBIT_OK;
    status = ambit_team_agree(run->team, status, error);
    if (!status)
        status = answer_all(run, error);
    if (!status) {
        score(run);
        ambit_threads_run(r->n_columns, run->plan.n_threads, summarize_curve, run);
        status = ambit_tally_status(tally, &run->plan, error);
    }
    if (!status)
        status = ambit_measures_finish(&run->measures, error);
    if (!status) {
        ambit_posteriors_finish(&run->posteriors);
        status = run->type->finish(run->examples, error);
    }
    return ambit_team_agree(run->team, status, error);
}

/* What the threads of all processes spent on each predictor. */
static void add_seconds(Run *run)
{
    const AmbitEvaluation *e = run->plan.evaluation;
    double own[AMBIT_MOST_PROCESSES];
    size_t first[AMBIT_MOST_PROCESSES + 1], n = run->team->count;
    for (size_t i = 0; i <= n; i++)
        first[i] = i;
    for (size_t p = 0, c = 0; p < e->n_predictors; p++) {
        double seconds = 0.0;
        own[run->team->index] = run->type->seconds(run->examples, p);
        ambit_team_gather(run->team, own, first, sizeof *own);
        for (size_t i = 0; i < n; i++)
            seconds += own[i];
        for (size_t i = 0; i < e->predictors[p]->n_columns; i++, c++)
            run->tally.result->seconds[c] += seconds;
    }
}

/* Why predictors have no answers; of a sweep, at the first value where they have none. */
static AmbitStatus keep_notes(Run *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->plan.evaluation;
    char **kept = run->tally.result->notes;
    for (size_t p = 0; p < e->n_predictors; p++)
        for (size_t i = 0; i < e->predictors[p]->n_columns; i++, kept++)
            if (e->predictors[p]->notes[i] && !*kept &&
                !(*kept = ambit_strdup(e->predictors[p]->notes[i])))
                return ambit_plan_no_memory(&run->plan, error);
    return AMBIT_OK;
}

/* The result and its arrays, once the first examples are open. */
static AmbitStatus declare(Run *run, AmbitError *error)
{
    AmbitTally *tally = &run->tally;
    AmbitStatus status =
        ambit_target_result_create(&tally->result, &run->plan, run->type, run->examples, error);
    if (status)
        return status;
    const AmbitTargetResult *r = tally->result;
    size_t batch = (size_t)run->plan.settings->batch_size;
    run->n_answers = r->n_examples * r->n_queries;
    run->n_chunks = r->n_examples / batch * chunks_of(batch) + chunks_of(r->n_examples % batch);
    run->limits = ambit_alloc(run->team->count + 1, sizeof *run->limits);
    run->seconds = ambit_alloc(run->plan.evaluation->n_predictors, sizeof *run->seconds);
    tally->prediction = ambit_alloc(r->n_columns, run->n_answers * sizeof *tally->prediction);
    tally->truth = ambit_alloc(run->n_answers, sizeof *tally->truth);
    tally->statuses = ambit_alloc(r->n_columns, sizeof *tally->statuses);
    if (!run->limits || !run->seconds || !tally->prediction || !tally->truth || !tally->statuses)
        return ambit_plan_no_memory(&run->plan, error);
    for (size_t p = 0; p <= run->team->count; p++)
        run->limits[p] = chunk_first(run, ambit_share_first(run->n_chunks, run->team->count, p));
    status = ambit_measures_declare(&run->measures, &run->plan, tally, error);
    if (!status)
        status = ambit_posteriors_declare(&run->posteriors, &run->plan, tally, error);
    return status ? status : run->type->declare(run->examples, error);
}

static AmbitStatus check_queries(const Run *run, AmbitError *error)
{
    AmbitTargetResult *r = run->tally.result;
    size_t n = run->type->queries(run->examples, NULL);
    if (n != r->n_queries)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "target %s: sweeping %s changes the number of queries (%zu, then %zu), which is an "
            "axis of the results; give each value a target of its own",
            run->plan.target->name, run->plan.target->sweep, r->n_queries, n);
    if (r->axes[AMBIT_AXIS_QUERY].values)
        (void)run->type->queries(run->examples, r->axes[AMBIT_AXIS_QUERY].values);
    return AMBIT_OK;
}

static AmbitStatus run_sweep(Run *run, AmbitError *error)
{
    AmbitTally *tally = &run->tally;
    AmbitStatus status = run->type->open(run->examples, tally->sweep, error);
    if (!status && tally->sweep == 0)
        status = declare(run, error);
    if (!status)
        status = check_queries(run, error);
    if (!status)
        status = keep_notes(run, error);
    status = ambit_team_agree(run->team, status, error);
    for (tally->step = 0; !status && tally->step < tally->result->n_steps; tally->step++)
        status = run_step(run, error);
    if (!status)
        add_seconds(run);
    run->type->close(run->examples);
    return status;
}

/* No more threads than the most pieces that work is cut into, since each has workspaces. */
static size_t bound_threads(const Run *run)
{
    const AmbitPlan *plan = &run->plan;
    const AmbitEvaluation *e = plan->evaluation;
    size_t examples = smaller(run->type->n_examples(plan->target, plan->settings),
                              (size_t)plan->settings->batch_size);
    size_t pieces = chunks_of(examples), n_columns = 0;
    for (size_t p = 0; p < e->n_predictors; p++)
        n_columns += e->predictors[p]->n_columns;
    if (pieces < n_columns)
        pieces = n_columns;
    if (plan->target->probes && pieces < examples) // probes take examples one by one
        pieces = examples;
    return smaller(plan->n_threads, pieces);
}

AmbitStatus ambit_evaluate_target(AmbitTargetResult **result, const AmbitTarget *target,
                                  const AmbitEvaluation *evaluation, AmbitError *error)
{
    Run run = {.type = ambit_target_examples(target)};
    run.team = evaluation->team && run.type->gather ? evaluation->team : &ambit_team_alone;
    AmbitTally *tally = &run.tally;
    AmbitStatus status = ambit_plan_make(&run.plan, target, evaluation, error);
    if (!status) {
        run.plan.n_threads = bound_threads(&run);
        status = run.type->create(&run.examples, &run.plan, tally, error);
    }
    for (; !status && tally->sweep < ambit_plan_n_sweep(&run.plan); tally->sweep++)
        status = run_sweep(&run, error);
    run.type->destroy(&run.examples);
    ambit_free(tally->prediction);
    ambit_free(tally->truth);
    ambit_free(tally->statuses);
    ambit_free(run.limits);
    ambit_free(run.seconds);
    ambit_measures_free(&run.measures);
    if (status)
        ambit_target_result_destroy(&tally->result);
    *result = tally->result;
    return status;
}
