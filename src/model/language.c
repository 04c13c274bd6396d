// SPDX-License-Identifier: MIT
// The language head: token ids in, a score for every word of the vocabulary out. The embedding is
// multiplied by √E (Vaswani et al. 2017, §3.4). Tied, embedding and read-out share one tensor
// (Press & Wolf 2017, §3); the two parts of its gradient are then summed in the head's workspace.
#include "model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

const AmbitParameter ambit_language_parameters[] = {
    {"tied", AMBIT_BOOL, offsetof(AmbitLanguageSettings, tied), 0, 0, 1, NULL,
     "the read-out uses the token embedding's matrix, with a bias of its own", false},
    {0}};

AmbitHead ambit_language_head(int64_t n_words, bool tied)
{
    AmbitHead head = {.type = &ambit_head_language};
    const AmbitLanguageSettings settings = {n_words, tied};
    memcpy(&head.settings, &settings, sizeof settings);
    return head;
}

const AmbitLanguageSettings *ambit_language_settings(const AmbitHead *head)
{
    assert(head->type == &ambit_head_language);
    return (const AmbitLanguageSettings *)&head->settings;
}

static AmbitStatus check(const AmbitHead *head, const AmbitTrunkSettings *trunk, AmbitError *error)
{
    (void)trunk;
    int64_t n_words = ambit_language_settings(head)->n_words;
    if (n_words >= 2 && n_words <= INT32_MAX)
        return AMBIT_OK;
    return ambit_error_set(
        error, AMBIT_INVALID,
        "language head: found a vocabulary of %lld words, allowed are 2 or more; "
        "give a corpus with words",
        (long long)n_words);
}

static size_t n_words(const AmbitHead *head)
{
    return (size_t)ambit_language_settings(head)->n_words;
}

static bool is_tied(const AmbitPass *pass)
{
    return ambit_language_settings(&pass->settings->head)->tied;
}

static double n_weights(const AmbitHead *head, const AmbitTrunkSettings *trunk)
{
    return (double)n_words(head) * (double)trunk->n_embd; // the embedding is no product
}

enum { EMBEDDING }; // first tensor, [V][E]

static AmbitTensor word_matrix(const AmbitModelSettings *settings, bool packed)
{
    size_t words = n_words(&settings->head), width = (size_t)settings->trunk.n_embd;
    AmbitTensor matrix = {.shape = {words, width}, .packed = packed, .transposed = true};
    ambit_initial_matrix(&matrix, &settings->trunk, 1, 1, words, width);
    return matrix;
}

static void add_before(AmbitModel *model, const AmbitModelSettings *settings)
{
    const AmbitTensor embedding =
        word_matrix(settings, ambit_language_settings(&settings->head)->tied);
    ambit_model_add(model, &embedding, "_backbone.wte.weight");
}

static void add_after(AmbitModel *model, const AmbitModelSettings *settings)
{
    const AmbitTensor weight = word_matrix(settings, true);
    AmbitTensor bias = {.shape = {n_words(&settings->head)}};
    ambit_initial_bias(&bias, &settings->trunk, (size_t)settings->trunk.n_embd);
    if (!ambit_language_settings(&settings->head)->tied)
        ambit_model_add(model, &weight, "lm_head.weight");
    ambit_model_add(model, &bias, "lm_head.bias");
}

static AmbitLinear read_out_layer(const AmbitPass *pass)
{
    size_t first = pass->first_after;
    return is_tied(pass) ? (AmbitLinear){EMBEDDING, first} : (AmbitLinear){first, first + 1};
}

/* The read-out's part of a tied gradient waits in the workspace for the embedding's. */
static size_t workspace(const AmbitModelSettings *settings, const AmbitBatchSizes *sizes,
                        bool backward)
{
    (void)sizes;
    bool tied = ambit_language_settings(&settings->head)->tied;
    return backward && tied ? n_words(&settings->head) * (size_t)settings->trunk.n_embd : 0;
}

static void embed(const AmbitPass *pass, AmbitReal *stream)
{
    // stream [R][E] = √E · rows id [R] of embedding [V][E]
    const AmbitReal *embedding = ambit_pass_parameters(pass, EMBEDDING);
    size_t width = (size_t)pass->settings->trunk.n_embd, rows = ambit_batch_rows(pass->batch);
    const AmbitReal root = (AmbitReal)sqrt((double)width);
    for (size_t r = 0; r < rows; r++) {
        const AmbitReal *word = embedding + (size_t)pass->batch->id[r] * width;
        for (size_t i = 0; i < width; i++)
            stream[r * width + i] = root * word[i];
    }
}

/* dembedding [V][E] += √E · dstream, row by row. */
static void add_words(const AmbitPass *pass, AmbitReal *dembedding, const AmbitReal *dstream)
{
    size_t width = (size_t)pass->settings->trunk.n_embd, rows = ambit_batch_rows(pass->batch);
    const AmbitReal root = (AmbitReal)sqrt((double)width);
    for (size_t r = 0; r < rows; r++) {
        AmbitReal *word = dembedding + (size_t)pass->batch->id[r] * width;
        for (size_t i = 0; i < width; i++)
            word[i] += root * dstream[r * width + i];
    }
}

static void embed_backward(const AmbitPass *pass, const AmbitReal *dstream, AmbitReal *dvector)
{
    // stream = √E · rows id of embedding
    (void)dvector; // ids have no gradient
    bool accumulate;
    if (is_tied(pass)) {
        add_words(pass, pass->workspace, dstream);
        ambit_gradient_add(pass->gradient, pass->kernels, EMBEDDING, pass->workspace);
        return;
    }
    AmbitReal *dembedding = ambit_gradient_begin(pass->gradient, EMBEDDING, &accumulate);
    if (!dembedding)
        return;
    if (!accumulate)
        memset(dembedding, 0,
               n_words(&pass->settings->head) * (size_t)pass->settings->trunk.n_embd *
                   sizeof *dembedding);
    add_words(pass, dembedding, dstream);
    ambit_gradient_end(pass->gradient, EMBEDDING);
}

static void read_out(const AmbitPass *pass, AmbitReal *output, const AmbitReal *norm)
{
    // output [S][V] = norm [S][E] · weight [V][E]ᵀ + bias
    ambit_pass_linear(pass, read_out_layer(pass), output, norm, ambit_batch_scored(pass->batch),
                      (AmbitEpilogue){0});
}

static void read_out_backward(const AmbitPass *pass, AmbitReal *dnorm, const AmbitReal *doutput,
                              const AmbitReal *norm)
{
    // output = norm · weightᵀ + bias
    const AmbitKernels *kernels = pass->kernels;
    const AmbitLinear layer = read_out_layer(pass);
    size_t rows = ambit_batch_scored(pass->batch), words = n_words(&pass->settings->head);
    if (is_tied(pass)) {
        kernels->matmul(&kernels->context, pass->workspace, doutput, norm, words,
                        (size_t)pass->settings->trunk.n_embd, rows, true, false, false);
        kernels->sum_rows(&kernels->context, pass->small, doutput, rows, words);
        ambit_gradient_add(pass->gradient, kernels, layer.bias, pass->small);
        ambit_pass_linear_input(pass, layer.weight, dnorm, doutput, rows, NULL);
    } else
        ambit_pass_linear_backward(pass, layer, dnorm, NULL, doutput, norm, rows);
}

/* Replaces scores by exp(score − largest). Returns log Σ exp(score), and the sum of the results. */
static double exponentials(AmbitReal *score, size_t n, double *sum)
{
    double largest = -INFINITY;
    for (size_t v = 0; v < n; v++)
        largest = (double)score[v] > largest ? (double)score[v] : largest;
    *sum = (double)(score[0] = (AmbitReal)exp((double)score[0] - largest));
    for (size_t v = 1; v < n; v++)
        *sum += (double)(score[v] = (AmbitReal)exp((double)score[v] - largest));
    return largest + log(*sum);
}

void ambit_log_softmax(double *log_probability, const AmbitReal *output, size_t n)
{
    double largest = -INFINITY, sum = 0;
    for (size_t v = 0; v < n; v++)
        largest = (double)output[v] > largest ? (double)output[v] : largest;
    for (size_t v = 0; v < n; v++)
        sum += exp((double)output[v] - largest);
    for (size_t v = 0; v < n; v++)
        log_probability[v] = (double)output[v] - largest - log(sum);
}

/* −log softmax(output)[target]. Its derivative, softmax(output) − one-hot(target), times `factor`
 * replaces the output. */
static double cross_entropy(AmbitReal *output, size_t n, size_t target, double factor)
{
    double score = (double)output[target], sum;
    double loss = exponentials(output, n, &sum) - score;
    const AmbitReal share = (AmbitReal)(factor / sum);
    for (size_t v = 0; v < n; v++)
        output[v] *= share;
    output[target] -= (AmbitReal)factor;
    return loss;
}

static void loss(const AmbitHead *head, const AmbitBatch *batch, double share, AmbitReal *output,
                 const AmbitLossSums *sums)
{
    size_t s = 0, n = n_words(head);
    for (size_t b = 0; b < batch->n_sequences; b++) {
        double sum = 0;
        size_t first = s, end = batch->offset[b + 1];
        for (; s < ambit_batch_scored(batch) && (batch->scored ? batch->scored[s] : s) < end; s++)
            sum += cross_entropy(output + s * n, n, (size_t)batch->target_id[s],
                                 share * batch->weight[s]);
        sums->loss[batch->class_label[b]] += sum;
        sums->n_scored[batch->class_label[b]] += s - first;
    }
}

const AmbitHeadType ambit_head_language = {
    .name = "language",
    .summary = "reads token ids and answers with a score for every word",
    .source = "Vaswani et al. 2017, §3.4; McCoy et al. 2020; Murty et al. 2305.18741",
    .parameters = ambit_language_parameters,
    .check = check,
    .n_outputs = n_words,
    .n_weights = n_weights,
    .add_before = add_before,
    .add_after = add_after,
    .workspace = workspace,
    .embed = embed,
    .read_out = read_out,
    .loss = loss,
    .read_out_backward = read_out_backward,
    .embed_backward = embed_backward,
};
