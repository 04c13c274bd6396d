// SPDX-License-Identifier: MIT
// Sparsity of attention (Murty et al. 2305.18741, section 4.2): minus the entropy, in nats, of what
// a head attends to.
#include "inside.h"

#include "ambit/attention.h"
#include "ambit/memory.h"
#include "ambit/threads.h"

#include <math.h>

enum { SPARSITY, LAYER, RELEASED };

static AmbitStatus declare(const AmbitInside *inside, size_t *arrays, AmbitError *error)
{
    static const AmbitMeasure sparsity = {
        .words = {"attention_sparsity", "sparsity of attention", "nat",
                  "minus the entropy of attention, mean over all words as queries, heads, layers"},
        .headline = true,
        .shown = AMBIT_SHOWN_WHOLE};
    static const AmbitMeasure layer = {.words = {"layer_attention_sparsity",
                                                 "sparsity of attention in a layer", "nat",
                                                 "mean over all words as queries, and heads"},
                                       .shown = AMBIT_SHOWN_EACH};
    static const AmbitMeasure released = {
        .words = {"released_attention_sparsity", "sparsity of attention as released", "nat",
                  "attention averaged over heads first; minus its entropy, summed over queries, "
                  "averaged over layers and sentences"},
        .shown = AMBIT_SHOWN_WHOLE};
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0};
    AmbitTargetResult *r = inside->tally->result;
    AmbitStatus status = ambit_inside_layers(inside, &axes[1], error);
    if (!status)
        status = ambit_result_add_array(r, &sparsity, 1, axes, &arrays[SPARSITY], error);
    if (!status)
        status = ambit_result_add_array(r, &layer, 2, axes, &arrays[LAYER], error);
    return status ? status
                  : ambit_result_add_array(r, &released, 1, axes, &arrays[RELEASED], error);
}

/* Memory of one thread. */
typedef struct Worker {
    AmbitActivations *activations;
    size_t *position;         // [T] 0 … T − 1
    double *attention, *mean; // [T][T] of one head, averaged over heads
} Worker;

typedef struct Job {
    const AmbitInside *inside;
    const AmbitTransformer *transformer;
    size_t layers, heads;
    Worker *workers;  // [n_threads]
    double *sparsity; // [N'][L] Σ over queries and heads
    double *released; // [N'][L] Σ over queries
} Job;

/* Minus the entropy of probabilities [n]. */
static double sparsity_of(const double *probability, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += probability[i] > 0 ? probability[i] * log(probability[i]) : 0;
    return sum;
}

/* Of layer l over T rows; the start symbol, row 0, is a key and no query. */
static void measure_layer(const Job *job, const Worker *w, const AmbitBatch *batch, size_t l,
                          double *sparsity, double *released)
{
    size_t rows = batch->offset[1];
    *sparsity = *released = 0;
    for (size_t i = 0; i < rows * rows; i++)
        w->mean[i] = 0;
    for (size_t h = 0; h < job->heads; h++) {
        ambit_model_attention(job->transformer->packed, batch, w->activations, l, 0, h,
                              w->attention);
        for (size_t t = 1; t < rows; t++)
            *sparsity += sparsity_of(w->attention + t * rows, t + 1);
        for (size_t i = 0; i < rows * rows; i++)
            w->mean[i] += w->attention[i] / (double)job->heads;
    }
    for (size_t t = 1; t < rows; t++)
        *released += sparsity_of(w->mean + t * rows, t + 1);
}

/* One sentence: an ambit_item_fn. */
static void measure_sentence(void *context, size_t i, size_t thread)
{
    const Job *job = context;
    const AmbitInsideSentences *s = &job->inside->sentences;
    const Worker *w = &job->workers[thread];
    const size_t offset[] = {0, s->offset[i + 1] - s->offset[i]};
    const AmbitBatch batch = {.n_sequences = 1,
                              .offset = offset,
                              .prefix = offset + 1,
                              .position = w->position,
                              .id = s->id + s->offset[i],
                              .n_scored = offset[1]};
    ambit_model_states(job->transformer->packed, &batch, w->activations);
    for (size_t l = 0; l < job->layers; l++)
        measure_layer(job, w, &batch, l, &job->sparsity[i * job->layers + l],
                      &job->released[i * job->layers + l]);
}

static AmbitStatus open_worker(const Job *job, Worker *w, AmbitError *error)
{
    size_t rows = job->inside->sentences.longest + 1;
    const AmbitBatchSizes sizes = {1, rows, rows, rows};
    w->position = ambit_alloc(rows, sizeof *w->position);
    w->attention = ambit_alloc(rows, rows * sizeof *w->attention);
    w->mean = ambit_alloc(rows, rows * sizeof *w->mean);
    if (!w->position || !w->attention || !w->mean)
        return ambit_plan_no_memory(job->inside->plan, error);
    for (size_t t = 0; t < rows; t++)
        w->position[t] = t;
    // with what backward needs, since that keeps every layer's queries and keys
    return ambit_activations_create(&w->activations, job->transformer->model, &sizes, true, error);
}

static void close_job(Job *job)
{
    for (size_t i = 0; job->workers && i < job->inside->plan->n_threads; i++) {
        ambit_activations_destroy(&job->workers[i].activations);
        ambit_free(job->workers[i].position);
        ambit_free(job->workers[i].attention);
        ambit_free(job->workers[i].mean);
    }
    ambit_free(job->workers);
    ambit_free(job->sparsity);
    ambit_free(job->released);
}

/* Sums over sentences, in order. */
static void average(const Job *job, const size_t *arrays, size_t column)
{
    const AmbitInside *inside = job->inside;
    const AmbitInsideSentences *s = &inside->sentences;
    double queries = (double)(s->offset[s->count] - s->count), all = 0, released = 0;
    double *layer = ambit_inside_values(inside, arrays[LAYER], column);
    for (size_t l = 0; l < job->layers; l++) {
        double sum = 0;
        for (size_t i = 0; i < s->count; i++) {
            sum += job->sparsity[i * job->layers + l];
            released += job->released[i * job->layers + l];
        }
        layer[l] = sum / queries / (double)job->heads;
        all += layer[l] / (double)job->layers;
    }
    *ambit_inside_values(inside, arrays[SPARSITY], column) = all;
    *ambit_inside_values(inside, arrays[RELEASED], column) =
        released / (double)job->layers / (double)s->count;
}

static AmbitStatus measure(const AmbitInside *inside, const size_t *arrays, size_t column,
                           const AmbitTransformer *transformer, AmbitError *error)
{
    const AmbitTrunkSettings *trunk = &ambit_model_settings(transformer->model)->trunk;
    size_t n_threads = inside->plan->n_threads, count = inside->sentences.count;
    Job job = {.inside = inside,
               .transformer = transformer,
               .layers = (size_t)trunk->n_layer,
               .heads = (size_t)trunk->n_head};
    job.workers = ambit_alloc(n_threads, sizeof *job.workers);
    job.sparsity = ambit_alloc(count, job.layers * sizeof *job.sparsity);
    job.released = ambit_alloc(count, job.layers * sizeof *job.released);
    AmbitStatus status = AMBIT_OK;
    if (!job.workers || !job.sparsity || !job.released)
        status = ambit_plan_no_memory(inside->plan, error);
    for (size_t i = 0; i < n_threads && !status; i++)
        status = open_worker(&job, &job.workers[i], error);
    if (!status) {
        ambit_threads_run(count, n_threads, measure_sentence, &job);
        average(&job, arrays, column);
    }
    close_job(&job);
    return status;
}

const AmbitInsideType ambit_inside_attention_sparsity = {
    .name = "attention_sparsity",
    .summary = "minus the entropy of attention, overall, by layer, and as the paper's program has "
               "it",
    .source = "Murty et al. 2305.18741, section 4.2",
    .declare = declare,
    .measure = measure,
};
