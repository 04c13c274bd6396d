// SPDX-License-Identifier: MIT
// Head: ties the trunk to a kind of batch. A head brings its tensors, embeds what a batch holds,
// reads outputs from the trunk's result, and knows the loss of these outputs.
#ifndef AMBIT_HEAD_H
#define AMBIT_HEAD_H

#include "ambit/gradient.h"
#include "ambit/model.h"

/* One pass over a model, as a head sees it. */
typedef struct AmbitPass {
    const AmbitPackedModel *packed;
    const AmbitKernels *kernels;
    const AmbitModelSettings *settings;
    const AmbitBatch *batch;
    const AmbitGradient *gradient; // of a backward pass; NULL: parameters have none
    AmbitReal *small;              // [widest layer] for the gradient of a bias
    AmbitReal *workspace;          // the head's own, `workspace` reals
} AmbitPass;

/* Where losses of a shard are summed: per sequence, then by class. */
typedef struct AmbitLossSums {
    double *loss;     // [C]
    size_t *n_scored; // [C]
} AmbitLossSums;

struct AmbitHeadType {
    const char *name;
    const char *summary;
    const char *source;
    const AmbitParameter *parameters; // of the settings
    AmbitStatus (*check)(const AmbitHead *head, const AmbitTrunkSettings *trunk,
                         AmbitError *error); // optional

    size_t (*n_outputs)(const AmbitHead *head);
    /* Parameters of matrix products that every row passes, for ambit_model_flop. */
    double (*n_weights)(const AmbitHead *head, const AmbitTrunkSettings *trunk);

    /* Adds the head's tensors (ambit_model_add) before and after the trunk's. The head's tensors
     * have indices from 0 on, and from ambit_pass_first_after on. */
    void (*add_before)(AmbitModel *model, const AmbitModelSettings *settings);
    void (*add_after)(AmbitModel *model, const AmbitModelSettings *settings);
    /* Reals of workspace for a pass, optional. */
    size_t (*workspace)(const AmbitModelSettings *settings, const AmbitBatchSizes *sizes,
                        bool backward);

    void (*embed)(const AmbitPass *pass, AmbitReal *stream);                           // [R][E]
    void (*read_out)(const AmbitPass *pass, AmbitReal *output, const AmbitReal *norm); // [S][E]
    /* output [S][n_outputs] becomes its own gradient: of the sum over scored rows of
     * share · weight · loss. */
    void (*loss)(const AmbitHead *head, const AmbitBatch *batch, double share, AmbitReal *output,
                 const AmbitLossSums *sums);
    void (*read_out_backward)(const AmbitPass *pass, AmbitReal *dnorm, const AmbitReal *doutput,
                              const AmbitReal *norm);
    void (*embed_backward)(const AmbitPass *pass, const AmbitReal *dstream, AmbitReal *dvector);
};

extern const AmbitHeadType ambit_head_regression;

typedef struct AmbitRegressionSettings {
    int64_t n_dims; // D, of an input vector
} AmbitRegressionSettings;

/* The regression head for vectors of n_dims, and the settings of one. */
AmbitHead ambit_regression_head(int64_t n_dims);
const AmbitRegressionSettings *ambit_regression_settings(const AmbitHead *head);

/* The loss of one output, and its derivative by the output. */
double ambit_loss(AmbitLoss loss, double output, double target, double *derivative);

/* For add_before and add_after: appends a tensor (name, shape, init, init_scale and flags set;
 * columns 0 for rank 1) and returns its index. */
size_t ambit_model_add(AmbitModel *model, const AmbitTensor *tensor, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Index of the first of the tensors that add_after added. */
size_t ambit_pass_first_after(const AmbitPass *pass);

/* The values of a tensor as a pass reads them. */
const AmbitReal *ambit_pass_parameters(const AmbitPass *pass, size_t tensor);
/* out [rows][n_out] = x [rows][n_in]·weight, then the epilogue. */
void ambit_pass_linear(const AmbitPass *pass, size_t weight, AmbitReal *out, const AmbitReal *x,
                       size_t rows, const AmbitEpilogue *epilogue);
/* dx [rows][n_in] = dout [rows][n_out]·weightᵀ, times `factor` [rows][n_in] unless NULL. */
void ambit_pass_linear_input(const AmbitPass *pass, size_t weight, AmbitReal *dx,
                             const AmbitReal *dout, size_t rows, const AmbitReal *factor);
/* Adds xᵀ·dout (doutᵀ·x for a transposed weight) to the gradient of `weight` and the sum of the
 * rows of dout to that of `bias`. */
void ambit_pass_linear_gradient(const AmbitPass *pass, size_t weight, size_t bias,
                                const AmbitReal *dout, const AmbitReal *x, size_t rows);

#endif
