// SPDX-License-Identifier: MIT
// A two-layer ReLU network trained on the points of every prefix anew, by Adam on the full batch,
// in float32 on the kernels, like the model that it is compared with. The initial weights are drawn
// by a hash of the first input, so that a prompt gets the same network in whatever batch it comes,
// and prompts get different ones.
#include "prefix.h"
#include "registry.h"

#include "ambit/kernels.h"
#include "ambit/memory.h"
#include "ambit/random.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct Settings {
    int64_t width;
    int64_t steps;
    double learning_rate;
    int64_t seed;
} Settings;

static const AmbitParameter parameters[] = {{.name = "width",
                                             .type = AMBIT_INT,
                                             .offset = offsetof(Settings, width),
                                             .fallback = 100.0,
                                             .minimum = 1.0,
                                             .maximum = 65536.0,
                                             .help = "hidden units"},
                                            {.name = "steps",
                                             .type = AMBIT_INT,
                                             .offset = offsetof(Settings, steps),
                                             .fallback = 100.0,
                                             .minimum = 1.0,
                                             .maximum = INFINITY,
                                             .help = "Adam steps"},
                                            {.name = "learning_rate",
                                             .type = AMBIT_REAL,
                                             .offset = offsetof(Settings, learning_rate),
                                             .fallback = 5e-3,
                                             .minimum = DBL_MIN,
                                             .maximum = INFINITY,
                                             .help = "Adam's step size"},
                                            {.name = "seed",
                                             .type = AMBIT_INT,
                                             .offset = offsetof(Settings, seed),
                                             .minimum = 0.0,
                                             .maximum = INFINITY,
                                             .help = "seed of the initial weights"},
                                            {.name = NULL}};

/* Parameters, in one block: W1 [D][H], b1 [H], w2 [H], b2. */
typedef struct Fit {
    const Settings *settings;
    const AmbitKernels *kernels;
    size_t n_dims, width, count, n_parameters; // D, H, k
    AmbitReal *x, *y;                          // [P][D], [P]
    AmbitReal *parameters, *gradient, *moment1, *moment2;
    AmbitReal *hidden, *dhidden; // [P][H]
    AmbitReal *error;            // [P] output − y
    AmbitReal memory[];
} Fit;

static AmbitStatus init(AmbitPredictor *predictor, AmbitError *error)
{
    predictor->state = ambit_alloc(1, sizeof(AmbitKernels));
    if (!predictor->state)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s", predictor->label);
    return ambit_kernels_select(predictor->state, "auto", error);
}

static void fini(AmbitPredictor *predictor)
{
    ambit_free(predictor->state);
}

/* Takes `count` elements off *memory, and pads them so that the next start on a full vector. */
static AmbitReal *take(AmbitReal **memory, size_t count)
{
    AmbitReal *taken = *memory;
    *memory += (count + AMBIT_VECTOR_PADDING - 1) / AMBIT_VECTOR_PADDING * AMBIT_VECTOR_PADDING;
    return taken;
}

static void lay_out(Fit *fit, size_t n_points)
{
    AmbitReal *memory = fit->memory;
    fit->x = take(&memory, n_points * fit->n_dims);
    fit->y = take(&memory, n_points);
    fit->parameters = take(&memory, fit->n_parameters);
    fit->gradient = take(&memory, fit->n_parameters);
    fit->moment1 = take(&memory, fit->n_parameters);
    fit->moment2 = take(&memory, fit->n_parameters);
    fit->hidden = take(&memory, n_points * fit->width);
    fit->dhidden = take(&memory, n_points * fit->width);
    fit->error = take(&memory, n_points);
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    const Settings *s = predictor->settings;
    size_t dims = shape->n_dims, width = (size_t)s->width, points = shape->n_points + 1;
    size_t n_parameters = (dims + 2) * width + 1;
    size_t floats = points * (dims + 2 * width + 2) + 4 * n_parameters + 9 * AMBIT_VECTOR_PADDING;
    AmbitStatus status =
        ambit_prefix_workspace(predictor, sizeof(Fit), floats / 2 + 1, workspace, error);
    if (status)
        return status;
    Fit *fit = *workspace;
    fit->settings = s;
    fit->kernels = predictor->state;
    fit->n_dims = dims;
    fit->width = width;
    fit->n_parameters = n_parameters;
    lay_out(fit, points);
    return AMBIT_OK;
}

static void reset(void *workspace)
{
    ((Fit *)workspace)->count = 0;
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    for (size_t j = 0; j < fit->n_dims; j++)
        fit->x[fit->count * fit->n_dims + j] = (AmbitReal)x[j];
    fit->y[fit->count++] = (AmbitReal)y;
}

/* FNV-1a of the first input. */
static uint32_t prompt_index(const Fit *fit)
{
    uint32_t hash = 2166136261u;
    const unsigned char *bytes = (const unsigned char *)fit->x;
    for (size_t i = 0; i < fit->n_dims * sizeof *fit->x; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}

/* U(±1/√fan-in) for weights and biases, PyTorch's default for linear layers. */
static void initialize(Fit *fit)
{
    AmbitRandom random;
    AmbitKey key = {(uint64_t)fit->settings->seed, 0, AMBIT_EVALUATION};
    ambit_random_open(&random, key, AMBIT_STREAM_INIT, prompt_index(fit));
    size_t first_layer = (fit->n_dims + 1) * fit->width;
    for (size_t i = 0; i < fit->n_parameters; i++) {
        double fan_in = (double)(i < first_layer ? fit->n_dims : fit->width);
        double u = 2.0 * gsl_rng_uniform(&random.rng) - 1.0;
        fit->parameters[i] = (AmbitReal)(u / sqrt(fan_in));
    }
    memset(fit->moment1, 0, fit->n_parameters * sizeof *fit->moment1);
    memset(fit->moment2, 0, fit->n_parameters * sizeof *fit->moment2);
}

/* hidden = relu(x·W1 + b1), output = hidden·w2 + b2, for n rows. */
static void forward(const Fit *fit, const AmbitReal *x, size_t n, AmbitReal *output)
{
    size_t width = fit->width;
    const AmbitReal *bias = fit->parameters + fit->n_dims * width, *w2 = bias + width;
    fit->kernels->matmul(&fit->kernels->context, fit->hidden, x, fit->parameters, n, width,
                         fit->n_dims, false, false, false);
    fit->kernels->add_bias(&fit->kernels->context, fit->hidden, fit->hidden, bias, n, width);
    for (size_t i = 0; i < n * width; i++)
        fit->hidden[i] = fit->hidden[i] > 0 ? fit->hidden[i] : 0;
    fit->kernels->matmul(&fit->kernels->context, output, fit->hidden, w2, n, 1, width, false, false,
                         false);
    for (size_t i = 0; i < n; i++)
        output[i] += w2[width];
}

/* The gradient of the mean squared error; `error` holds the outputs. */
static void backward(Fit *fit)
{
    size_t width = fit->width, n = fit->count;
    const AmbitReal *w2 = fit->parameters + (fit->n_dims + 1) * width;
    AmbitReal *dbias = fit->gradient + fit->n_dims * width, *dw2 = dbias + width;
    for (size_t i = 0; i < n; i++) {
        AmbitReal dout = fit->error[i] = 2 * (fit->error[i] - fit->y[i]) / (AmbitReal)n;
        for (size_t h = 0; h < width; h++)
            fit->dhidden[i * width + h] = fit->hidden[i * width + h] > 0 ? dout * w2[h] : 0;
    }
    fit->kernels->matmul(&fit->kernels->context, fit->gradient, fit->x, fit->dhidden, fit->n_dims,
                         width, n, true, false, false);
    fit->kernels->sum_rows(&fit->kernels->context, dbias, fit->dhidden, n, width);
    fit->kernels->matmul(&fit->kernels->context, dw2, fit->error, fit->hidden, 1, width, n, false,
                         false, false);
    fit->kernels->sum_rows(&fit->kernels->context, dw2 + width, fit->error, n, 1);
}

static void solve(void *workspace)
{
    Fit *fit = workspace;
    AmbitAdam adam = {fit->settings->learning_rate, 0.9, 0.999, 1e-8, 1.0, 1.0, 1.0};
    if (fit->count == 0)
        return;
    initialize(fit);
    for (int64_t step = 1; step <= fit->settings->steps; step++) {
        forward(fit, fit->x, fit->count, fit->error);
        backward(fit);
        adam.correction1 = 1.0 - pow(adam.beta1, (double)step);
        adam.correction2 = 1.0 - pow(adam.beta2, (double)step);
        fit->kernels->adam(&fit->kernels->context, fit->parameters, fit->moment1, fit->moment2,
                           fit->gradient, fit->n_parameters, &adam);
    }
}

/* The query takes the row after the last point. Before the first point nothing is trained, and
 * the prediction is 0. */
static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    (void)column;
    if (fit->count == 0)
        return 0.0;
    AmbitReal *row = fit->x + fit->count * fit->n_dims, output;
    for (size_t j = 0; j < fit->n_dims; j++)
        row[j] = (AmbitReal)x[j];
    forward(fit, row, 1, &output);
    if (!isfinite(output))
        *flag = AMBIT_FLAG_NOT_CONVERGED;
    return (double)output;
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .solve = solve, .answer = answer};

const AmbitPredictorType ambit_predictor_gd_network = {
    .name = "gd_network",
    .summary = "two-layer ReLU network trained on the points by full-batch Adam",
    .source = "Garg et al. 2208.01066, section 4",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .fini = fini,
    .workspace_create = workspace_create,
    .workspace_destroy = ambit_free,
    .prefix = &prefix,
    .predict = ambit_prefix_predict};
