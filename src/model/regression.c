// SPDX-License-Identifier: MIT
// The regression head (Garg et al. 2208.01066, §3): a linear read-in of input vectors, and one
// number read out at each scored row.
#include "ambit/head.h"

#include <assert.h>
#include <math.h>

const AmbitParameter ambit_regression_parameters[] = {{"n_dims", AMBIT_INT,
                                                       offsetof(AmbitRegressionSettings, n_dims), 0,
                                                       1, 4096, NULL, "dims of an input", true},
                                                      {0}};

AmbitHead ambit_regression_head(int64_t n_dims)
{
    return (AmbitHead){.type = &ambit_head_regression, .settings = {.numbers = {n_dims}}};
}

const AmbitRegressionSettings *ambit_regression_settings(const AmbitHead *head)
{
    assert(head->type == &ambit_head_regression);
    return (const AmbitRegressionSettings *)&head->settings;
}

static size_t n_outputs(const AmbitHead *head)
{
    (void)head;
    return 1;
}

static double n_weights(const AmbitHead *head, const AmbitTrunkSettings *trunk)
{
    return (double)trunk->n_embd * (double)ambit_regression_settings(head)->n_dims +
           (double)trunk->n_embd;
}

/* nn.Linear: weight [n_out][n_in] and bias, uniform over ±1/√n_in. Too small to be worth packing.
 */
static void add_linear(AmbitModel *model, size_t n_out, size_t n_in, const char *name)
{
    AmbitTensor tensor = {.shape = {n_out, n_in},
                          .init = AMBIT_INIT_UNIFORM,
                          .init_scale = 1 / sqrt((double)n_in),
                          .transposed = true};
    ambit_model_add(model, &tensor, "%s.weight", name);
    tensor.shape[1] = 0;
    ambit_model_add(model, &tensor, "%s.bias", name);
}

static void add_before(AmbitModel *model, const AmbitModelSettings *settings)
{
    add_linear(model, (size_t)settings->trunk.n_embd,
               (size_t)ambit_regression_settings(&settings->head)->n_dims, "_read_in");
}

static void add_after(AmbitModel *model, const AmbitModelSettings *settings)
{
    add_linear(model, 1, (size_t)settings->trunk.n_embd, "_read_out");
}

static const AmbitLinear read_in = {0, 1};

static void embed(const AmbitPass *pass, AmbitReal *stream)
{
    // stream [R][E] = vector [R][D] · read_in_weightᵀ + read_in_bias
    ambit_pass_linear(pass, read_in, stream, pass->batch->vector, ambit_batch_rows(pass->batch),
                      (AmbitEpilogue){0});
}

static void embed_backward(const AmbitPass *pass, const AmbitReal *dstream, AmbitReal *dvector)
{
    // stream = vector · read_in_weightᵀ + read_in_bias
    ambit_pass_linear_backward(pass, read_in, dvector, NULL, dstream, pass->batch->vector,
                               ambit_batch_rows(pass->batch));
}

static void read_out(const AmbitPass *pass, AmbitReal *output, const AmbitReal *norm)
{
    // output [S][1] = norm [S][E] · read_out_weightᵀ + read_out_bias
    const AmbitLinear layer = {pass->first_after, pass->first_after + 1};
    ambit_pass_linear(pass, layer, output, norm, ambit_batch_scored(pass->batch),
                      (AmbitEpilogue){0});
}

static void read_out_backward(const AmbitPass *pass, AmbitReal *dnorm, const AmbitReal *doutput,
                              const AmbitReal *norm)
{
    // output = norm · read_out_weightᵀ + read_out_bias
    const AmbitLinear layer = {pass->first_after, pass->first_after + 1};
    ambit_pass_linear_backward(pass, layer, dnorm, NULL, doutput, norm,
                               ambit_batch_scored(pass->batch));
}

/* The logistic loss is the cross entropy of sigmoid(output) with (target + 1) / 2 (Garg et al.
 * 2208.01066, released code), written so that no exponential overflows. */
double ambit_loss(AmbitLoss loss, double output, double target, double *derivative)
{
    if (loss == AMBIT_LOSS_SQUARED) {
        double difference = output - target;
        *derivative = 2 * difference;
        return difference * difference;
    }
    double probability = (target + 1) / 2, small = exp(-fabs(output));
    *derivative = (output < 0 ? small : 1) / (1 + small) - probability;
    return log1p(small) + fmax(output, 0) - probability * output;
}

static void loss(const AmbitHead *head, const AmbitBatch *batch, double share, AmbitReal *output,
                 const AmbitLossSums *sums)
{
    (void)head;
    size_t s = 0;
    for (size_t b = 0; b < batch->n_sequences; b++) {
        double sum = 0, derivative;
        size_t first = s, end = batch->offset[b + 1];
        for (; s < ambit_batch_scored(batch) && (batch->scored ? batch->scored[s] : s) < end; s++) {
            sum += ambit_loss(batch->loss[b], (double)output[s], batch->target[s], &derivative);
            output[s] = (AmbitReal)(share * batch->weight[s] * derivative);
        }
        sums->loss[batch->class_label[b]] += sum;
        sums->n_scored[batch->class_label[b]] += s - first;
    }
}

const AmbitHeadType ambit_head_regression = {
    .name = "regression",
    .summary = "reads vectors and answers with a number",
    .source = "Garg et al. 2208.01066, §3",
    .parameters = ambit_regression_parameters,
    .n_outputs = n_outputs,
    .n_weights = n_weights,
    .add_before = add_before,
    .add_after = add_after,
    .embed = embed,
    .read_out = read_out,
    .loss = loss,
    .read_out_backward = read_out_backward,
    .embed_backward = embed_backward,
};
