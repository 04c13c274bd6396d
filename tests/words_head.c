// SPDX-License-Identifier: MIT
// A head for token ids. Its tests show that trunk, trainer and gradients know nothing of prompts.
// Embedding and read-out share one tensor, so the two parts of its gradient are summed in the
// head's workspace before they are added to the shared gradient.
#include "words_head.h"

#include <math.h>
#include <string.h>

enum { EMBEDDING }; // the one tensor, [V][E]

static const AmbitParameter parameters[] = {
    {"n_words", AMBIT_INT, 0, 0, 2, 64, NULL, "words", true}, {0}};

static size_t n_words(const AmbitHead *head)
{
    return (size_t)head->settings.numbers[0];
}

static double n_weights(const AmbitHead *head, const AmbitTrunkSettings *trunk)
{
    return (double)n_words(head) * (double)trunk->n_embd;
}

static void add_before(AmbitModel *model, const AmbitModelSettings *settings)
{
    const AmbitTensor embedding = {
        .shape = {n_words(&settings->head), (size_t)settings->trunk.n_embd},
        .init = AMBIT_INIT_NORMAL,
        .init_scale = settings->trunk.initializer_range,
        .packed = true,
        .transposed = true};
    ambit_model_add(model, &embedding, "words.embedding");
}

static void add_after(AmbitModel *model, const AmbitModelSettings *settings)
{
    (void)model, (void)settings;
}

static size_t workspace(const AmbitModelSettings *settings, const AmbitBatchSizes *sizes,
                        bool backward)
{
    (void)sizes;
    return backward ? n_words(&settings->head) * (size_t)settings->trunk.n_embd : 0;
}

static size_t width_of(const AmbitPass *pass)
{
    return (size_t)pass->settings->trunk.n_embd;
}

/* stream row = embedding of the row's id */
static void embed(const AmbitPass *pass, AmbitReal *stream)
{
    const AmbitReal *embedding = ambit_pass_parameters(pass, EMBEDDING);
    size_t width = width_of(pass);
    for (size_t r = 0; r < ambit_batch_rows(pass->batch); r++)
        memcpy(stream + r * width, embedding + (size_t)pass->batch->id[r] * width,
               width * sizeof *stream);
}

/* output [S][V] = norm [S][E] · embeddingᵀ */
static void read_out(const AmbitPass *pass, AmbitReal *output, const AmbitReal *norm)
{
    ambit_pass_linear(pass, EMBEDDING, output, norm, ambit_batch_scored(pass->batch),
                      &(AmbitEpilogue){0});
}

/* −log softmax(output)[target]; its derivative is softmax(output) − one-hot(target). */
static double cross_entropy(AmbitReal *output, size_t n, size_t target, double factor)
{
    double largest = -INFINITY, sum = 0;
    for (size_t v = 0; v < n; v++)
        largest = (double)output[v] > largest ? (double)output[v] : largest;
    for (size_t v = 0; v < n; v++)
        sum += exp((double)output[v] - largest);
    double loss = largest + log(sum) - (double)output[target];
    for (size_t v = 0; v < n; v++)
        output[v] = (AmbitReal)(factor * (exp((double)output[v] - largest) / sum - (v == target)));
    return loss;
}

static void loss(const AmbitHead *head, const AmbitBatch *batch, double share, AmbitReal *output,
                 const AmbitLossSums *sums)
{
    size_t s = 0, n = n_words(head);
    for (size_t b = 0; b < batch->n_sequences; b++) {
        size_t first = s, class = (size_t)batch->class_label[b];
        double sum = 0;
        for (; s < batch->n_scored && batch->scored[s] < batch->offset[b + 1]; s++)
            sum += cross_entropy(output + s * n, n, (size_t)batch->target_id[s],
                                 share * batch->weight[s]);
        sums->loss[class] += sum;
        sums->n_scored[class] += s - first;
    }
}

/* dnorm = doutput · embedding; the embedding's part doutputᵀ · norm waits in the workspace. */
static void read_out_backward(const AmbitPass *pass, AmbitReal *dnorm, const AmbitReal *doutput,
                              const AmbitReal *norm)
{
    const AmbitKernels *kernels = pass->kernels;
    size_t rows = ambit_batch_scored(pass->batch);
    ambit_pass_linear_input(pass, EMBEDDING, dnorm, doutput, rows, NULL);
    kernels->matmul(&kernels->context, pass->workspace, doutput, norm,
                    n_words(&pass->settings->head), width_of(pass), rows, true, false, false);
}

static void embed_backward(const AmbitPass *pass, const AmbitReal *dstream, AmbitReal *dvector)
{
    (void)dvector;
    const AmbitKernels *kernels = pass->kernels;
    size_t width = width_of(pass);
    for (size_t r = 0; r < ambit_batch_rows(pass->batch); r++)
        kernels->add(&kernels->context, pass->workspace + (size_t)pass->batch->id[r] * width,
                     dstream + r * width, width);
    ambit_gradient_add(pass->gradient, kernels, EMBEDDING, pass->workspace);
}

static const AmbitHeadType words = {
    .name = "words",
    .summary = "token ids in, a score per word out, by one tied embedding",
    .source = "Press & Wolf 2017, §3",
    .parameters = parameters,
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

AmbitHead words_head(int64_t count)
{
    return (AmbitHead){.type = &words, .settings = {.numbers = {count}}};
}
