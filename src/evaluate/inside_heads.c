// SPDX-License-Identifier: MIT
// Models without one of their heads (Ahuja et al. 2404.16367, section 4, prune heads to find
// subnetworks that follow one rule): what remains of the accuracy by the first metric. A sentence
// is read only as far as its questions; one without questions is not read.
#include "../predict/reader.h"
#include "inside.h"

#include "ambit/attention.h"
#include "ambit/memory.h"
#include "ambit/threads.h"

#include <math.h>
#include <string.h>

enum { ACCURACY };
enum { CHUNK = 8 }; // sentences that a thread reads at once
enum { FIRST_METRIC };

static size_t most_heads(const AmbitInside *inside)
{
    const AmbitEvaluation *e = inside->plan->evaluation;
    size_t most = 0;
    for (size_t p = 0; p < e->n_predictors; p++) {
        const AmbitTransformer *transformer = ambit_inside_transformer(e->predictors[p]);
        size_t heads =
            transformer ? (size_t)ambit_model_settings(transformer->model)->trunk.n_head : 0;
        most = heads > most ? heads : most;
    }
    return most;
}

static AmbitStatus declare(const AmbitInside *inside, size_t *arrays, AmbitError *error)
{
    static const AmbitCaption head = {"head", "head", "1", "heads of a layer, from 1"};
    static const AmbitMeasure accuracy = {
        .words = {"silent_head_accuracy", "accuracy with a head switched off", "1",
                  "by the first metric, over the first examples of the target"},
        .shown = AMBIT_SHOWN_EACH};
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0, 0};
    AmbitStatus status = ambit_inside_layers(inside, &axes[1], error);
    if (!status)
        status = ambit_inside_numbers(inside, &head, most_heads(inside), &axes[2], error);
    return status ? status
                  : ambit_result_add_array(inside->tally->result, &accuracy, 3, axes,
                                           &arrays[ACCURACY], error);
}

/* Memory of one thread. */
typedef struct Worker {
    AmbitReader *reader;
    void *workspace;
    AmbitQuestion *questions; // [longest]
} Worker;

typedef struct Job {
    const AmbitInside *inside;
    AmbitModel *model; // a copy without the head
    AmbitPredictor *predictor;
    Worker *workers;        // [n_threads]
    size_t n;               // N', examples
    double *share, *weight; // [N'] of the questions of a sentence, and their number
} Job;

/* One chunk of examples: an ambit_item_fn. */
static void answer_chunk(void *context, size_t chunk, size_t thread)
{
    const Job *job = context;
    const AmbitInsideExamples *examples = &job->inside->examples;
    const AmbitSentenceMetrics *metrics = examples->metrics;
    Worker *w = &job->workers[thread];
    AmbitSentence whole[CHUNK], begun[CHUNK];
    size_t example[CHUNK], count = 0;
    double weight[AMBIT_MOST_SENTENCE_METRICS];
    for (size_t i = chunk * CHUNK; i < job->n && i < (chunk + 1) * CHUNK; i++) {
        whole[count] = ambit_split_sentence(examples->split, examples->index[i]);
        const AmbitAskedSentence asked = ambit_sentence_ask(metrics, whole[count], w->questions);
        ambit_sentence_weigh(metrics, &asked, weight);
        job->weight[i] = weight[FIRST_METRIC];
        begun[count] = whole[count];
        begun[count].n_words = ambit_sentence_decisive(metrics, FIRST_METRIC, &asked);
        example[count] = i;
        count += weight[FIRST_METRIC] > 0;
    }
    if (count > 0)
        ambit_reader_read(w->reader, job->predictor, w->workspace, begun, count);
    for (size_t b = 0; b < count; b++) {
        const AmbitAskedSentence asked = ambit_sentence_ask(metrics, whole[b], w->questions);
        const AmbitSentenceAnswer answer = {.log_p = ambit_reader_log_p(w->reader, b, 0)};
        job->share[example[b]] = ambit_sentence_outcome(metrics, FIRST_METRIC, &asked, &answer);
    }
}

/* The mean over all questions; NaN without any. */
static double mean_of(const Job *job)
{
    double sum = 0, weight = 0;
    for (size_t n = 0; n < job->n; n++)
        if (job->weight[n] > 0) {
            sum += job->weight[n] * job->share[n];
            weight += job->weight[n];
        }
    return weight > 0 ? sum / weight : NAN;
}

static void close_job(Job *job)
{
    for (size_t i = 0; job->workers && i < job->inside->plan->n_threads; i++) {
        Worker *w = &job->workers[i];
        if (w->workspace)
            ambit_transformer_sentences.workspace_destroy(w->workspace);
        ambit_reader_destroy(&w->reader);
        ambit_free(w->questions);
    }
    ambit_free(job->workers);
    ambit_free(job->share);
    ambit_free(job->weight);
    ambit_predictor_destroy(&job->predictor);
    ambit_model_destroy(&job->model);
}

static AmbitStatus open_worker(const Job *job, Worker *w, AmbitError *error)
{
    const AmbitInside *inside = job->inside;
    size_t longest = inside->plan->target->corpus->longest;
    const AmbitReaderSizes sizes = {CHUNK, longest, 1};
    const AmbitBatchSizes batch = ambit_reader_batch_sizes(&sizes);
    w->questions = ambit_alloc(longest, sizeof *w->questions);
    if (!w->questions)
        return ambit_plan_no_memory(inside->plan, error);
    AmbitStatus status = ambit_reader_create(&w->reader, inside->language, &sizes, error);
    return status ? status
                  : ambit_transformer_sentences.workspace_create(job->predictor, &batch,
                                                                 &w->workspace, error);
}

static AmbitStatus open_job(Job *job, const AmbitTransformer *transformer, AmbitError *error)
{
    const AmbitPlan *plan = job->inside->plan;
    size_t n = job->inside->tally->result->n_examples, most = (size_t)plan->settings->n_probed;
    job->n = n = n < most ? n : most;
    AmbitStatus status =
        ambit_model_create(&job->model, ambit_model_settings(transformer->model), error);
    if (!status)
        status = ambit_predictor_transformer_create(&job->predictor, job->model,
                                                    ambit_packed_model_kernels(transformer->packed),
                                                    "heads", error);
    job->workers = ambit_alloc(plan->n_threads, sizeof *job->workers);
    job->share = ambit_alloc(n, sizeof *job->share);
    job->weight = ambit_alloc(n, sizeof *job->weight);
    if (!status && (!job->workers || !job->share || !job->weight))
        status = ambit_plan_no_memory(plan, error);
    for (size_t i = 0; i < plan->n_threads && !status; i++)
        status = open_worker(job, &job->workers[i], error);
    return status;
}

static AmbitStatus measure(const AmbitInside *inside, const size_t *arrays, size_t column,
                           const AmbitTransformer *transformer, AmbitError *error)
{
    const AmbitTrunkSettings *trunk = &ambit_model_settings(transformer->model)->trunk;
    const AmbitTargetResult *r = inside->tally->result;
    size_t layers = (size_t)trunk->n_layer, heads = (size_t)trunk->n_head;
    size_t share = r->arrays[arrays[ACCURACY]].count / r->n_columns;
    double *accuracy = ambit_inside_values(inside, arrays[ACCURACY], column);
    Job job = {.inside = inside};
    AmbitStatus status = open_job(&job, transformer, error);
    for (size_t i = 0; i < layers * heads && !status; i++) {
        memcpy(ambit_model_block(job.model), ambit_model_block_const(transformer->model),
               ambit_model_block_size(job.model) * sizeof(AmbitReal));
        ambit_model_silence_head(job.model, i / heads, i % heads);
        ambit_predictor_transformer_update(job.predictor, inside->plan->n_threads);
        ambit_threads_run((job.n + CHUNK - 1) / CHUNK, inside->plan->n_threads, answer_chunk, &job);
        accuracy[i / heads * (share / inside->n_layers) + i % heads] = mean_of(&job);
    }
    close_job(&job);
    return status;
}

const AmbitInsideType ambit_inside_silent_heads = {
    .name = "silent_heads",
    .summary = "accuracy with each head switched off, by the first metric",
    .source = "Ahuja et al. 2404.16367, section 4",
    .declare = declare,
    .measure = measure,
};
