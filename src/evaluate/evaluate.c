// SPDX-License-Identifier: MIT
// Targets × predictors on the same examples: has every predictor answer them in chunks that do not
// depend on the number of threads, and keeps every score. What is asked, and what more is measured,
// stands elsewhere (examples.h, measure.c, posterior.c).
#include "check.h"
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
    size_t first;          // the first chunk that threads share at present
    double *seconds;       // [n_predictors] time of this process in each since open
    size_t n_answering;    // predictors that answer at this step: all, or those that vary
} Run;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t n_answers(const AmbitTargetResult *r)
{
    return r->n_examples * r->n_queries;
}

/* Answers and flags of the examples first … first + count − 1. */
static void keep_answers(const Run *run, const AmbitOutcome *outcome, size_t first, size_t count)
{
    const AmbitTally *tally = &run->tally;
    const AmbitTargetResult *r = tally->result;
    size_t size = count * r->n_queries, from = first * r->n_queries, n_columns = 0;
    unsigned char *flag = r->flag + tally->condition * r->n_columns * n_answers(r);
    for (size_t p = 0; p < run->n_answering; p++)
        n_columns += run->plan.evaluation->predictors[p]->n_columns;
    for (size_t c = 0; c < n_columns; c++) {
        memcpy(tally->prediction + c * n_answers(r) + from, outcome->prediction + c * size,
               size * sizeof *tally->prediction);
        memcpy(flag + c * n_answers(r) + from, outcome->flag + c * size, size);
    }
    if (outcome->truth)
        memcpy(tally->truth + from, outcome->truth, size * sizeof *tally->truth);
}

static size_t chunks_of(size_t n_examples)
{
    return (n_examples + AMBIT_CHUNK - 1) / AMBIT_CHUNK;
}

/* Chunks of all examples: each batch is cut into chunks of its own. */
static size_t n_chunks(const Run *run)
{
    size_t n = run->tally.result->n_examples, batch = (size_t)run->plan.settings->batch_size;
    return n / batch * chunks_of(batch) + chunks_of(n % batch);
}

/* The first example of a chunk; N for the chunk after the last. */
static size_t chunk_first(const Run *run, size_t chunk)
{
    size_t batch = (size_t)run->plan.settings->batch_size, in_batch = chunks_of(batch);
    return smaller(chunk / in_batch * batch + chunk % in_batch * AMBIT_CHUNK,
                   run->tally.result->n_examples);
}

/* One chunk: an ambit_item_fn. */
static void answer_chunk(void *context, size_t item, size_t thread)
{
    const Run *run = context;
    AmbitOutcome outcome;
    size_t at = chunk_first(run, run->first + item);
    size_t count = chunk_first(run, run->first + item + 1) - at;
    run->type->answer(run->examples, at, count, thread, run->n_answering, &outcome);
    keep_answers(run, &outcome, at, count);
    ambit_posteriors_keep(&run->posteriors, run->n_answering, &outcome, at, count);
}

/* Gathers what the processes have kept of their examples. */
static void gather(Run *run)
{
    const AmbitTeam *team = run->team;
    const AmbitTargetResult *r = run->tally.result;
    unsigned char *flag = r->flag + run->tally.condition * r->n_columns * n_answers(r);
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
    size_t n = r->n_examples, all = n_chunks(run), total = ambit_result_n_conditions(r) * n;
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

/* What answers of 0 score: known beforehand, or the mean over these examples. */
static double zero_score(const Run *run)
{
    const AmbitTargetResult *r = run->tally.result;
    double known = run->type->zero_score(run->examples), sum = 0.0;
    for (size_t n = 0; isnan(known) && n < r->n_examples; n++) {
        double score = 0.0;
        for (size_t q = 0; q < r->n_queries; q++)
            score += r->metric->between(0.0, run->tally.truth[n * r->n_queries + q]);
        sum += score / (double)r->n_queries / (double)r->n_examples;
    }
    return isnan(known) ? sum : known;
}

static void score(Run *run)
{
    const AmbitTally *tally = &run->tally;
    AmbitTargetResult *r = tally->result;
    double normalizer = r->normalizer[tally->condition] =
        r->metric->normalized ? zero_score(run) : 1.0;
    double *error = r->error + tally->condition * r->n_columns * n_answers(r);
    if (!r->metric->between) {
        memcpy(error, tally->prediction, r->n_columns * n_answers(r) * sizeof *error);
        return;
    }
    for (size_t c = 0; c < r->n_columns; c++)
        for (size_t i = 0; i < n_answers(r); i++)
            error[c * n_answers(r) + i] =
                r->metric->between(tally->prediction[c * n_answers(r) + i], tally->truth[i]) /
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

static AmbitStatus summarize(Run *run, AmbitError *error)
{
    ambit_threads_run(run->tally.result->n_columns, run->plan.n_threads, summarize_curve, run);
    return ambit_tally_status(&run->tally, &run->plan, error);
}

/* One step at the present swept value. What does not vary with the step keeps the answers of the
 * first one; its flags are copied. */
static AmbitStatus run_step(Run *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->plan.evaluation;
    AmbitTally *tally = &run->tally;
    AmbitTargetResult *r = tally->result;
    size_t flags = r->n_columns * n_answers(r);
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
        status = summarize(run, error);
    }
    if (!status)
        status = ambit_measures_finish(&run->measures, error);
    if (!status) {
        ambit_posteriors_finish(&run->posteriors);
        status = run->type->finish(run->examples, error);
    }
    return ambit_team_agree(run->team, status, error);
}

/* The sum over the processes of a team. */
static double sum_seconds(const AmbitTeam *team, double seconds)
{
    double all[AMBIT_MOST_PROCESSES], sum = 0.0;
    size_t first[AMBIT_MOST_PROCESSES + 1];
    for (size_t p = 0; p <= team->count; p++)
        first[p] = p;
    all[team->index] = seconds;
    ambit_team_gather(team, all, first, sizeof *all);
    for (size_t p = 0; p < team->count; p++)
        sum += all[p];
    return sum;
}

/* What the threads spent on each predictor. */
static void add_seconds(Run *run)
{
    const AmbitEvaluation *e = run->plan.evaluation;
    for (size_t p = 0, c = 0; p < e->n_predictors; p++) {
        double seconds = sum_seconds(run->team, run->type->seconds(run->examples, p));
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
    run->limits = ambit_alloc(run->team->count + 1, sizeof *run->limits);
    run->seconds = ambit_alloc(run->plan.evaluation->n_predictors, sizeof *run->seconds);
    if (!run->limits || !run->seconds)
        return ambit_plan_no_memory(&run->plan, error);
    AmbitStatus status =
        ambit_target_result_create(&tally->result, &run->plan, run->type, run->examples, error);
    if (!status)
        status = ambit_tally_open(tally, &run->plan, error);
    if (!status)
        status = ambit_measures_declare(&run->measures, &run->plan, tally, error);
    if (!status)
        status = ambit_posteriors_declare(&run->posteriors, &run->plan, tally, error);
    if (!status)
        status = run->type->declare(run->examples, error);
    return status;
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
    for (size_t p = 0; !status && p <= run->team->count; p++)
        run->limits[p] = chunk_first(run, ambit_share_first(n_chunks(run), run->team->count, p));
    for (tally->step = 0; !status && tally->step < tally->result->n_steps; tally->step++)
        status = run_step(run, error);
    if (!status)
        add_seconds(run);
    run->type->close(run->examples);
    return status;
}

/* No more threads than the most pieces that work is cut into, since each has workspaces. */
static size_t bound_threads(const AmbitPlan *plan)
{
    const AmbitEvaluation *e = plan->evaluation;
    size_t examples = smaller(ambit_target_n_examples(plan->target, plan->settings),
                              (size_t)plan->settings->batch_size);
    size_t pieces = (examples + AMBIT_CHUNK - 1) / AMBIT_CHUNK, n_columns = 0;
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
    Run run = {.plan = {.target = NULL}, .type = ambit_target_examples(target)};
    run.team = evaluation->team && run.type->gather ? evaluation->team : &ambit_team_alone;
    AmbitTally *tally = &run.tally;
    AmbitStatus status = ambit_check_request(target, evaluation, error);
    if (!status) {
        run.plan = ambit_plan(target, evaluation, ambit_target_metric(target));
        run.plan.n_threads = bound_threads(&run.plan);
        status = run.type->create(&run.examples, &run.plan, tally, error);
    }
    for (; !status && tally->sweep < ambit_plan_n_sweep(&run.plan); tally->sweep++)
        status = run_sweep(&run, error);
    run.type->destroy(&run.examples);
    ambit_tally_free(tally);
    ambit_free(run.limits);
    ambit_free(run.seconds);
    ambit_measures_free(&run.measures);
    if (status)
        ambit_target_result_destroy(&tally->result);
    *result = tally->result;
    return status;
}
