// SPDX-License-Identifier: MIT
// Head: ties the trunk to a kind of batch. A head adds tensors, embeds the rows of a batch,
// reads outputs from the trunk's result, and knows the loss of these outputs.
#ifndef AMBIT_HEAD_H
#define AMBIT_HEAD_H

#include "ambit/gradient.h"
#include "ambit/model.h"

/* What the functions of a head need to know of one forward or backward pass. */
typedef struct AmbitPass {
    const AmbitPackedModel *packed;
    const AmbitKernels *kernels;
    const AmbitModelSettings *settings;
    const AmbitBatch *batch;
    const AmbitGradient *gradient; // of a backward pass; NULL: parameters get no gradient
    size_t first_after;            // the first tensor that add_after added
    AmbitReal *small;              // scratch for the gradient of a bias: [max(M, 3E, n_outputs)]
    AmbitReal *workspace;          // scratch of the size that AmbitHeadType.workspace returns
} AmbitPass;

/* Sums of unweighted losses over a shard, by class. The losses of a sequence are summed first,
 * and this sum is added to the class. */
typedef struct AmbitLossSums {
    double *loss;     // [C]
    size_t *n_scored; // [C] number of losses in the sum
} AmbitLossSums;

struct AmbitHeadType {
    const char *name;
    const char *summary;
    const char *source;
    const AmbitParameter *parameters; // table of the head's settings
    /* Optional. Refuses settings that contradict each other. */
    AmbitStatus (*check)(const AmbitHead *head, const AmbitTrunkSettings *trunk, AmbitError *error);

    /* Returns the number of outputs at one scored row. */
    size_t (*n_outputs)(const AmbitHead *head);
    /* Returns the number of the head's parameters in matrix products, for ambit_model_flop. */
    double (*n_weights)(const AmbitHead *head, const AmbitTrunkSettings *trunk);

    /* Add the head's tensors with ambit_model_add: add_before before the trunk's tensors, with
     * indices from 0 on; add_after after them, with indices from AmbitPass.first_after on. */
    void (*add_before)(AmbitModel *model, const AmbitModelSettings *settings);
    void (*add_after)(AmbitModel *model, const AmbitModelSettings *settings);
    /* Optional. Returns the number of reals in the workspace of a pass. */
    size_t (*workspace)(const AmbitModelSettings *settings, const AmbitBatchSizes *sizes,
                        bool backward);

    /* Embeds the rows of the batch: writes stream [R][E]. */
    void (*embed)(const AmbitPass *pass, AmbitReal *stream);
    /* Writes output [S][n_outputs] from the trunk's result norm [S][E]. */
    void (*read_out)(const AmbitPass *pass, AmbitReal *output, const AmbitReal *norm);
    /* Adds the losses of output [S][n_outputs] to `sums`, then replaces output by the gradient of
     * Σ share · weight · loss over the scored rows; `share` is one factor for the whole batch. */
    void (*loss)(const AmbitHead *head, const AmbitBatch *batch, double share, AmbitReal *output,
                 const AmbitLossSums *sums);
    /* Writes dnorm [S][E] from doutput [S][n_outputs]; adds the gradients of the tensors. */
    void (*read_out_backward)(const AmbitPass *pass, AmbitReal *dnorm, const AmbitReal *doutput,
                              const AmbitReal *norm);
    /* Adds the gradients of the tensors from dstream [R][E]; writes dvector [R][D] unless NULL. */
    void (*embed_backward)(const AmbitPass *pass, const AmbitReal *dstream, AmbitReal *dvector);
};

extern const AmbitHeadType ambit_head_regression;
extern const AmbitParameter ambit_regression_parameters[]; // of AmbitRegressionSettings

typedef struct AmbitRegressionSettings {
    int64_t n_dims; // D, of an input vector
} AmbitRegressionSettings;

/* Return a regression head for vectors of n_dims, and the settings of a regression head. */
AmbitHead ambit_regression_head(int64_t n_dims);
const AmbitRegressionSettings *ambit_regression_settings(const AmbitHead *head);

extern const AmbitHeadType ambit_head_language;
extern const AmbitParameter ambit_language_parameters[]; // of AmbitLanguageSettings without n_words

typedef struct AmbitLanguageSettings {
    int64_t n_words; // V, number of token ids that the model reads and scores; set from the corpus
    bool tied;       // the read-out's weight is the token embedding
} AmbitLanguageSettings;

/* Return a language head, and the settings of a language head. Its batches have `id` and
 * `target_id`, all below n_words; its outputs [S][V] are scores, the logarithms of unnormalised
 * probabilities. */
AmbitHead ambit_language_head(int64_t n_words, bool tied);
const AmbitLanguageSettings *ambit_language_settings(const AmbitHead *head);

/* log_probability [n] = log softmax(output [n]), summed in double. */
void ambit_log_softmax(double *log_probability, const AmbitReal *output, size_t n);

/* Returns the loss of one output, and writes its derivative with respect to the output. */
double ambit_loss(AmbitLoss loss, double output, double target, double *derivative);

/* Appends a tensor and returns its index. Called by add_before and add_after, at most 16 times in
 * total. The caller sets shape (with shape[1] = 0 for rank 1), init, init_scale, n_hidden and
 * flags; `format` gives the name. */
size_t ambit_model_add(AmbitModel *model, const AmbitTensor *tensor, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define AMBIT_NO_TENSOR ((size_t)-1)

/* Returns the values of a tensor. */
const AmbitReal *ambit_pass_parameters(const AmbitPass *pass, size_t tensor);

/* Indices of the tensors of a linear layer. A layer without bias has AMBIT_NO_TENSOR there. */
typedef struct AmbitLinear {
    size_t weight, bias;
} AmbitLinear;

/* out [rows][n_out] = x [rows][n_in]·weight + bias, then the rest of the epilogue. */
void ambit_pass_linear(const AmbitPass *pass, AmbitLinear layer, AmbitReal *out, const AmbitReal *x,
                       size_t rows, AmbitEpilogue epilogue);
/* dx [rows][n_in] = dout [rows][n_out]·weightᵀ, times `factor` [rows][n_in] unless NULL. */
void ambit_pass_linear_input(const AmbitPass *pass, size_t weight, AmbitReal *dx,
                             const AmbitReal *dout, size_t rows, const AmbitReal *factor);
/* Writes dx as ambit_pass_linear_input does, unless dx is NULL. Then adds xᵀ·dout (doutᵀ·x for a
 * transposed weight) to the gradient of the weight, and the sum of the rows of dout to the gradient
 * of the bias. */
void ambit_pass_linear_backward(const AmbitPass *pass, AmbitLinear layer, AmbitReal *dx,
                                const AmbitReal *factor, const AmbitReal *dout, const AmbitReal *x,
                                size_t rows);

#endif
