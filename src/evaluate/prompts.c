// SPDX-License-Identifier: MIT
// Prompts as examples: drawn from the target's mixture and prompt distribution, answered by the
// predictors, kept where the settings say so, and looked into by probes.
#include "prompts.h"

#include "asker.h"
#include "kept.h"
#include "probe.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

/* Batch and answers of one thread. */
typedef struct Worker {
    AmbitPromptBatch *batch; // AMBIT_CHUNK prompts
    AmbitAsker asker;
} Worker;

typedef struct Prompts {
    const AmbitPlan *plan;
    const AmbitTally *tally;
    AmbitMixture *mixture;                 // of the present swept value; NULL: the target's own
    AmbitPromptDistribution *distribution; // the same
    AmbitPromptSource source;              // of the present swept value
    Worker *workers;                       // [n_threads], NULL unless open
    AmbitKept kept;
    AmbitProbes probes;
} Prompts;

static const AmbitCaption example = {"prompt", "prompt", "1",
                                     "index of the prompt; every predictor sees the same prompts"};
static const AmbitCaption query = {"k", "in-context examples seen", "1",
                                   "examples shown before the query; queries may share a k"};

/* Classes of labels ±1 and of real values have errors of different kinds. */
static AmbitStatus check(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                         AmbitError *error)
{
    const AmbitMixture *mixture = target->mixture;
    if (mixture->n_classes == 0 || mixture->families[0]->n_dims != target->distribution->n_dims)
        return ambit_error_set(error, AMBIT_INVALID,
                               "target %s needs a function class with the dims of its prompts; "
                               "give it one of n_dims %zu",
                               target->name, target->distribution->n_dims);
    for (size_t c = 1; c < mixture->n_classes; c++)
        if (mixture->families[c]->binary != mixture->families[0]->binary)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "target %s mixes labels ±1 with real values (%s, %s), whose "
                                   "errors do not average; give each a target",
                                   target->name, mixture->labels[0], mixture->labels[c]);
    if (target->sweep && target->sweep_values.count == 0)
        return ambit_error_set(error, AMBIT_INVALID,
                               "target %s sweeps %s; give it at least one value", target->name,
                               target->sweep);
    return ambit_probes_check(target, settings, error);
}

/* Misclassification if labels are ±1. All classes of a target have the same kind of labels. */
static const AmbitMetric *metric(const AmbitTarget *target)
{
    return target->mixture->families[0]->binary ? &ambit_misclassification : &ambit_squared_error;
}

static size_t n_examples(const AmbitTarget *target, const AmbitEvaluationSettings *settings)
{
    (void)target;
    return (size_t)settings->n_examples;
}

static AmbitStatus create(void **examples, const AmbitPlan *plan, AmbitTally *tally,
                          AmbitError *error)
{
    if (plan->settings->n_points < 1)
        return ambit_error_parameter(error, "n_points",
                                     "n_points is %lld and no model says how many points a prompt "
                                     "has; give n_points",
                                     (long long)plan->settings->n_points);
    Prompts *prompts = *examples = ambit_alloc(1, sizeof *prompts);
    if (!prompts)
        return ambit_plan_no_memory(plan, error);
    prompts->plan = plan;
    prompts->tally = tally;
    return AMBIT_OK;
}

static void close(void *examples)
{
    Prompts *prompts = examples;
    for (size_t i = 0; prompts->workers && i < prompts->plan->n_threads; i++) {
        ambit_prompt_batch_destroy(&prompts->workers[i].batch);
        ambit_asker_free(&prompts->workers[i].asker);
    }
    ambit_free(prompts->workers);
    prompts->workers = NULL;
    ambit_mixture_destroy(&prompts->mixture);
    ambit_prompt_distribution_destroy(&prompts->distribution);
}

static void destroy(void **examples)
{
    Prompts *prompts = *examples;
    if (!prompts)
        return;
    close(prompts);
    ambit_probes_free(&prompts->probes);
    ambit_free(prompts);
    *examples = NULL;
}

/* Draws from the target's own mixture and distribution, or those of the swept value. */
static AmbitStatus open(void *examples, size_t sweep, AmbitError *error)
{
    Prompts *prompts = examples;
    const AmbitPlan *plan = prompts->plan;
    const AmbitEvaluation *e = plan->evaluation;
    const AmbitTarget *t = plan->target;
    AmbitStatus status = AMBIT_OK;
    for (size_t p = 0; p < e->n_predictors; p++)
        if (!e->predictors[p]->type->predict)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "target %s: %s answers sentences, not prompts; leave it out "
                                   "(ambit list predictors says what each answers)",
                                   t->name, e->predictors[p]->label);
    if (t->sweep)
        status = ambit_target_at(t, t->sweep_values.values[sweep], plan->key, &prompts->mixture,
                                 &prompts->distribution, error);
    prompts->source.mixture = prompts->mixture ? prompts->mixture : t->mixture;
    prompts->source.distribution = prompts->distribution ? prompts->distribution : t->distribution;
    const AmbitPredictorContext context = {.pretraining = plan->settings->pretraining,
                                           .target = prompts->source.mixture,
                                           .distribution = prompts->source.distribution,
                                           .key = plan->key,
                                           .n_points = (size_t)plan->settings->n_points,
                                           .name = t->name,
                                           .n_prompts = (size_t)plan->settings->n_examples,
                                           .sweep = sweep,
                                           .n_sweep = t->sweep ? t->sweep_values.count : 0,
                                           .answers = e->answers};
    if (!status)
        status = ambit_predictors_bind(e->predictors, e->n_predictors, &context, error);
    if (!status && !(prompts->workers = ambit_alloc(plan->n_threads, sizeof *prompts->workers)))
        status = ambit_plan_no_memory(plan, error);
    for (size_t i = 0; i < plan->n_threads && !status; i++) {
        Worker *worker = &prompts->workers[i];
        status = ambit_prompt_source_batch(&worker->batch, &prompts->source, AMBIT_CHUNK,
                                           context.n_points, error);
        if (!status)
            status = ambit_asker_init(&worker->asker, e->predictors, e->n_predictors, worker->batch,
                                      error);
    }
    return status;
}

static size_t queries(const void *examples, double *coordinates)
{
    const AmbitPromptBatch *batch = ((const Prompts *)examples)->workers[0].batch;
    for (size_t q = 0; coordinates && q < batch->n_queries; q++)
        coordinates[q] = (double)batch->seen[q];
    return batch->n_queries;
}

/* E f² of real labels, where the prompt distribution keeps the declared one. */
static double zero_score(const void *examples)
{
    const Prompts *prompts = examples;
    const AmbitPromptSource *source = &prompts->source;
    if (!isnan(prompts->plan->metric->zero))
        return prompts->plan->metric->zero;
    return source->distribution->type->preserves_second_moment
               ? ambit_mixture_second_moment(source->mixture, source->distribution->n_dims)
               : NAN;
}

static AmbitStatus declare(void *examples, AmbitError *error)
{
    Prompts *p = examples;
    AmbitStatus status = ambit_probes_declare(&p->probes, p->plan, p->tally, &p->source, error);
    if (!status)
        status =
            ambit_kept_declare(&p->kept, p->plan, p->tally, p->plan->target->distribution, error);
    return status;
}

static void answer(void *examples, size_t first, size_t count, size_t thread, size_t n_answering,
                   AmbitOutcome *outcome)
{
    const Prompts *prompts = examples;
    AmbitAsker *asker = &prompts->workers[thread].asker;
    AmbitPromptBatch batch = ambit_prompt_batch_view(prompts->workers[thread].batch, 0, count);
    ambit_prompt_fill(&prompts->source, prompts->plan->key, first, batch.n_dims, &batch);
    ambit_asker_predict(asker, n_answering, &batch);
    ambit_asker_weigh(asker, n_answering, &batch);
    ambit_kept_prompts(&prompts->kept, prompts->tally, &batch, first);
    *outcome = (AmbitOutcome){asker->prediction, asker->flag, batch.y_query, asker->posterior};
}

static void gather(void *examples, const AmbitTeam *team, const size_t *first)
{
    const Prompts *prompts = examples;
    ambit_kept_gather(&prompts->kept, prompts->tally, team, first);
}

static AmbitStatus finish(void *examples, AmbitError *error)
{
    const Prompts *prompts = examples;
    ambit_kept_predictions(&prompts->kept, prompts->tally);
    return ambit_probes_run(&prompts->probes, error);
}

static double seconds(const void *examples, size_t predictor)
{
    const Prompts *prompts = examples;
    double sum = 0.0;
    for (size_t t = 0; t < prompts->plan->n_threads; t++)
        sum += prompts->workers[t].asker.seconds[predictor];
    return sum;
}

const AmbitExamplesType ambit_prompt_examples = {.example = &example,
                                                 .query = &query,
                                                 .check = check,
                                                 .metric = metric,
                                                 .n_examples = n_examples,
                                                 .create = create,
                                                 .destroy = destroy,
                                                 .open = open,
                                                 .close = close,
                                                 .queries = queries,
                                                 .zero_score = zero_score,
                                                 .declare = declare,
                                                 .answer = answer,
                                                 .gather = gather,
                                                 .finish = finish,
                                                 .seconds = seconds};
