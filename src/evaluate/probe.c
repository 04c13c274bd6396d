// SPDX-License-Identifier: MIT
// Asking: which probes there are, and the putting of their questions to every predictor.
#include "probe.h"

#include "asker.h"

#include "ambit/memory.h"
#include "ambit/threads.h"

#include <math.h>
#include <string.h>

static const AmbitProbeType *const types[] = {
    &ambit_probe_implied_weights, &ambit_probe_gradient_alignment, &ambit_probe_slice, NULL};

/* Half the distance of central differences; exact for linear predictors. */
static const double shift = 1e-4;

const AmbitProbeType *const *ambit_probe_types(void)
{
    return types;
}

const char *ambit_probe_name(const AmbitProbeType *type)
{
    return type->name;
}

const char *ambit_probe_summary(const AmbitProbeType *type)
{
    return type->summary;
}

const char *ambit_probe_source(const AmbitProbeType *type)
{
    return type->source;
}

static AmbitStatus check_settings(const AmbitEvaluationSettings *settings, AmbitError *error)
{
    for (size_t i = 0; i < settings->probe_k.count; i++) {
        double k = settings->probe_k.values[i];
        if (k != floor(k) || k < 0 || k >= (double)settings->n_points)
            return ambit_error_set(
                error, AMBIT_INVALID,
                "evaluation.probe_k: probes cannot look after %g examples; allowed are whole "
                "numbers from 0 to n_points − 1 (%lld)",
                k, (long long)settings->n_points - 1);
        if (i && k <= settings->probe_k.values[i - 1])
            return ambit_error_set(error, AMBIT_INVALID,
                                   "evaluation.probe_k: does not ascend at %g; sort it", k);
    }
    if (settings->grid_low < settings->grid_high)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID,
                           "evaluation.grid_low (%g) is not below grid_high (%g); swap them",
                           settings->grid_low, settings->grid_high);
}

AmbitStatus ambit_probes_check(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                               AmbitError *error)
{
    AmbitStatus status = target->probes ? check_settings(settings, error) : AMBIT_OK;
    for (size_t i = 0; types[i] && !status; i++)
        if (target->probes & 1u << i && types[i]->check)
            status = types[i]->check(target, error);
    return status;
}

/* probe->k: as asked, or five evenly over 0 … P−1. */
static AmbitStatus choose_k(AmbitProbe *probe, AmbitError *error)
{
    enum { FIVE = 5 };
    const AmbitDoubles *asked = &probe->plan->settings->probe_k;
    probe->k = ambit_alloc(asked->count ? asked->count : FIVE, sizeof *probe->k);
    if (!probe->k)
        return ambit_plan_no_memory(probe->plan, error);
    for (size_t i = 0; i < asked->count; i++)
        probe->k[probe->n_k++] = (size_t)asked->values[i];
    for (size_t i = 0; i < FIVE && !asked->count; i++) {
        size_t k = (i * (probe->n_points - 1) + (FIVE - 1) / 2) / (FIVE - 1);
        if (!probe->n_k || k > probe->k[probe->n_k - 1])
            probe->k[probe->n_k++] = k;
    }
    return AMBIT_OK;
}

AmbitStatus ambit_probes_declare(AmbitProbes *probes, const AmbitPlan *plan,
                                 const AmbitTally *tally, const AmbitPromptSource *source,
                                 AmbitError *error)
{
    const AmbitEvaluationSettings *s = plan->settings;
    size_t n = (size_t)s->n_probed, all = tally->result->n_examples;
    probes->probes = ambit_alloc(sizeof types / sizeof *types, sizeof *probes->probes);
    AmbitStatus status = probes->probes ? AMBIT_OK : ambit_plan_no_memory(plan, error);
    for (size_t i = 0; types[i] && !status; i++) {
        if (!(plan->target->probes & 1u << i))
            continue;
        AmbitProbe *probe = &probes->probes[probes->count++];
        *probe = (AmbitProbe){.type = types[i],
                              .plan = plan,
                              .tally = tally,
                              .source = source,
                              .n_prompts = n < all ? n : all,
                              .n_dims = plan->target->distribution->n_dims,
                              .n_points = (size_t)s->n_points,
                              .n_grid = (size_t)s->grid_points};
        status = choose_k(probe, error);
        if (!status)
            status = types[i]->declare(probe, error);
    }
    return status;
}

void ambit_probes_free(AmbitProbes *probes)
{
    for (size_t i = 0; i < probes->count; i++)
        ambit_free(probes->probes[i].k);
    ambit_free(probes->probes);
}

/* What one thread needs. */
typedef struct Worker {
    AmbitPromptBatch *prompt;    // as the target draws it
    AmbitPromptBatch *questions; // its context with the probe's queries
    AmbitPromptBatch *shifted;   // [Q][D][2] queries for central differences, NULL if not needed
    AmbitAsker asker;            // all predictors, or the ones that need central differences
    double *answers;             // [C][Q] or [C][Q][D]
} Worker;

typedef struct Asking {
    const AmbitProbe *probe;
    AmbitPredictor **predictors; // of the workers' askers
    size_t n_predictors;
    Worker *workers;       // [threads]
    AmbitStatus *statuses; // [N']
} Asking;

/* A batch of one prompt whose queries are its own. */
static AmbitStatus open_questions(AmbitPromptBatch **batch, const AmbitPromptBatch *prompt,
                                  size_t n_queries, AmbitError *error)
{
    return ambit_prompt_batch_create(batch, 1, prompt->n_points, n_queries, prompt->n_dims,
                                     prompt->function_size, true, error);
}

static AmbitStatus open_worker(const Asking *asking, Worker *worker, AmbitError *error)
{
    const AmbitProbe *probe = asking->probe;
    size_t n = probe->type->n_questions(probe), dims = probe->n_dims;
    bool gradient = probe->type->gradient;
    AmbitStatus status =
        ambit_prompt_source_batch(&worker->prompt, probe->source, 1, probe->n_points, error);
    if (!status)
        status = open_questions(&worker->questions, worker->prompt, n, error);
    if (!status && gradient)
        status = open_questions(&worker->shifted, worker->prompt, 2 * n * dims, error);
    if (status)
        return status;
    // Shapes are told apart by `seen`, which must not exceed what will be asked.
    probe->type->ask(probe, 0, worker->questions);
    for (size_t q = 0; gradient && q < 2 * n * dims; q++)
        worker->shifted->seen[q] = worker->questions->seen[q / (2 * dims)];
    status = ambit_asker_init(&worker->asker, asking->predictors, asking->n_predictors,
                              gradient ? worker->shifted : worker->questions, error);
    worker->answers = ambit_alloc(probe->tally->result->n_columns * n,
                                  (gradient ? dims : 1) * sizeof *worker->answers);
    if (!status && !worker->answers)
        status = ambit_plan_no_memory(probe->plan, error);
    return status;
}

static void close_worker(Worker *worker)
{
    ambit_prompt_batch_destroy(&worker->prompt);
    ambit_prompt_batch_destroy(&worker->questions);
    ambit_prompt_batch_destroy(&worker->shifted);
    ambit_asker_free(&worker->asker);
    ambit_free(worker->answers);
}

static void copy_context(AmbitPromptBatch *to, const AmbitPromptBatch *from)
{
    memcpy(to->x, from->x, from->n_points * from->n_dims * sizeof *to->x);
    memcpy(to->y, from->y, from->n_points * sizeof *to->y);
    memcpy(to->function, from->function, from->function_size * sizeof *to->function);
    to->class_label[0] = from->class_label[0];
}

/* gradient [C][Q][D] of the asker's predictors by central differences. */
static void difference(Worker *worker, size_t column, double *gradient)
{
    size_t count = worker->questions->n_queries * worker->questions->n_dims;
    const double *prediction = worker->asker.prediction + column * 2 * count;
    for (size_t i = 0; i < count; i++)
        gradient[i] = (prediction[2 * i + 1] - prediction[2 * i]) / (2 * shift);
}

static void ask_shifted(Worker *worker)
{
    const AmbitPromptBatch *questions = worker->questions;
    size_t dims = questions->n_dims, count = questions->n_queries * dims;
    copy_context(worker->shifted, questions);
    for (size_t i = 0; i < 2 * count; i++) {
        double *x = worker->shifted->x_query + i * dims;
        memcpy(x, questions->x_query + i / 2 / dims * dims, dims * sizeof *x);
        x[i / 2 % dims] += i % 2 ? shift : -shift;
    }
    ambit_asker_predict(&worker->asker, worker->asker.n_predictors, worker->shifted);
}

/* By the predictor's own derivative where it has one. */
static AmbitStatus answer_gradients(const AmbitEvaluation *evaluation, Worker *worker)
{
    size_t count = worker->questions->n_queries * worker->questions->n_dims, shifted = 0;
    double *gradient = worker->answers;
    AmbitStatus status = AMBIT_OK;
    ask_shifted(worker);
    for (size_t p = 0; p < evaluation->n_predictors && !status; p++) {
        const AmbitPredictor *predictor = evaluation->predictors[p];
        if (predictor->type->gradient)
            status = predictor->type->gradient(predictor, worker->questions, gradient, NULL);
        else
            for (size_t c = 0; c < predictor->n_columns; c++)
                difference(worker, shifted++, gradient + c * count);
        gradient += predictor->n_columns * count;
    }
    return status;
}

/* One prompt: an ambit_item_fn. */
static void ask(void *context, size_t index, size_t thread)
{
    const Asking *asking = context;
    const AmbitProbe *probe = asking->probe;
    Worker *worker = &asking->workers[thread];
    const double *answers = worker->asker.prediction;
    ambit_prompt_fill(probe->source, probe->plan->key, index, probe->n_dims, worker->prompt);
    copy_context(worker->questions, worker->prompt);
    probe->type->ask(probe, index, worker->questions);
    if (probe->type->gradient) {
        asking->statuses[index] = answer_gradients(probe->plan->evaluation, worker);
        answers = worker->answers;
    } else {
        ambit_asker_predict(&worker->asker, worker->asker.n_predictors, worker->questions);
    }
    if (!asking->statuses[index])
        asking->statuses[index] = probe->type->read(probe, index, worker->questions, answers);
}

static AmbitStatus open_asking(Asking *asking, AmbitError *error)
{
    const AmbitProbe *probe = asking->probe;
    const AmbitEvaluation *e = probe->plan->evaluation;
    asking->predictors = ambit_alloc(e->n_predictors, sizeof(AmbitPredictor *));
    asking->workers = ambit_alloc(probe->plan->n_threads, sizeof *asking->workers);
    asking->statuses = ambit_alloc(probe->n_prompts, sizeof *asking->statuses);
    if (!asking->predictors || !asking->workers || !asking->statuses)
        return ambit_plan_no_memory(probe->plan, error);
    for (size_t p = 0; p < e->n_predictors; p++)
        if (!probe->type->gradient || !e->predictors[p]->type->gradient)
            asking->predictors[asking->n_predictors++] = e->predictors[p];
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; i < probe->plan->n_threads && !status; i++)
        status = open_worker(asking, &asking->workers[i], error);
    return status;
}

static AmbitStatus run_probe(const AmbitProbe *probe, AmbitError *error)
{
    Asking asking = {.probe = probe};
    AmbitStatus status = open_asking(&asking, error);
    if (!status)
        ambit_threads_run(probe->n_prompts, probe->plan->n_threads, ask, &asking);
    for (size_t i = 0; i < probe->n_prompts && !status; i++)
        if (asking.statuses[i])
            status = ambit_plan_no_memory(probe->plan, error);
    if (!status && probe->type->finish)
        probe->type->finish(probe);
    for (size_t i = 0; asking.workers && i < probe->plan->n_threads; i++)
        close_worker(&asking.workers[i]);
    ambit_free(asking.predictors);
    ambit_free(asking.workers);
    ambit_free(asking.statuses);
    return status;
}

AmbitStatus ambit_probes_run(const AmbitProbes *probes, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; i < probes->count && !status; i++)
        status = run_probe(&probes->probes[i], error);
    return status;
}
