// SPDX-License-Identifier: MIT
// Least squares of minimum norm over all prefixes of a prompt, without intercept.
//
// The points so far are kept as X = W·L·Q, where Q is an orthonormal basis of their row space, L
// is lower triangular and W has orthonormal columns. W is never formed; z = Wᵀy is. A point
// outside the row space appends a row to Q and L; one inside it is rotated into L by Givens
// rotations. Unlike recursions on (XᵀX)⁻¹ this never subtracts, so accuracy near k = D, where X is
// ill-conditioned, is that of an orthogonal factorisation of X itself.
#include "prefix.h"
#include "registry.h"

#include "ambit/memory.h"

#include <cblas.h>
#include <string.h>

/* A point lies in the row space if the part outside is below this share of its norm. For normal
 * inputs that happens by chance once in about 10^9 prompts. */
static const double rank_tolerance = 1e-10;

typedef struct Fit {
    size_t n_dims, n_added, rank; // D, k, r
    double *basis;                // Q [r][D]
    double *lower;                // L [r][D], row i has i+1 entries
    double *target;               // z [r]
    double *outside;              // [D] part of a point outside the row space
    double *inside;               // [D] its coordinates in the basis
    double *solution;             // [r] L·solution = z
    double *weights;              // [D]
} Fit;

static const AmbitParameter parameters[] = {{.name = NULL}};

static void workspace_destroy(void *workspace)
{
    Fit *fit = workspace;
    if (fit)
        ambit_free(fit->basis);
    ambit_free(fit);
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    size_t dims = shape->n_dims;
    Fit *fit = *workspace = ambit_alloc(1, sizeof *fit);
    if (!fit || !(fit->basis = ambit_alloc(2 * dims + 5, dims * sizeof(double)))) {
        workspace_destroy(fit);
        *workspace = NULL;
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s in %zu dims",
                               predictor->label, dims);
    }
    fit->n_dims = dims;
    fit->lower = fit->basis + dims * dims;
    fit->target = fit->lower + dims * dims;
    fit->outside = fit->target + dims;
    fit->inside = fit->outside + dims;
    fit->solution = fit->inside + dims;
    fit->weights = fit->solution + dims;
    return AMBIT_OK;
}

static void reset(void *workspace)
{
    Fit *fit = workspace;
    fit->n_added = fit->rank = 0;
}

/* x = Qᵀ·inside + outside. Two passes make it orthogonal up to rounding (Kahan: "twice is enough").
 */
static void split(Fit *fit, const double *x)
{
    int dims = (int)fit->n_dims;
    memcpy(fit->outside, x, fit->n_dims * sizeof *x);
    memset(fit->inside, 0, fit->n_dims * sizeof *x);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < fit->rank; i++) {
            const double *direction = fit->basis + i * fit->n_dims;
            double along = cblas_ddot(dims, direction, 1, fit->outside, 1);
            fit->inside[i] += along;
            cblas_daxpy(dims, -along, direction, 1, fit->outside, 1);
        }
}

/* Adds a direction of length `height`: L gains the row (inside, height). */
static void append(Fit *fit, double height, double y)
{
    size_t dims = fit->n_dims, r = fit->rank++;
    for (size_t j = 0; j < dims; j++)
        fit->basis[r * dims + j] = fit->outside[j] / height;
    memcpy(fit->lower + r * dims, fit->inside, r * sizeof *fit->inside);
    fit->lower[r * dims + r] = height;
    fit->target[r] = y;
}

/* Rotates (inside | y) into (L | z), last column first. The rest of y is residual. */
static void fold(Fit *fit, double y)
{
    for (size_t i = fit->rank; i-- > 0;) {
        double *row = fit->lower + i * fit->n_dims;
        double diagonal = row[i], entry = fit->inside[i], c, s;
        cblas_drotg(&diagonal, &entry, &c, &s);
        cblas_drot((int)i + 1, row, 1, fit->inside, 1, c, s);
        cblas_drot(1, &fit->target[i], 1, &y, 1, c, s);
    }
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    int dims = (int)fit->n_dims;
    fit->n_added++;
    split(fit, x);
    double height = cblas_dnrm2(dims, fit->outside, 1);
    if (fit->rank < fit->n_dims && height > rank_tolerance * cblas_dnrm2(dims, x, 1))
        append(fit, height, y);
    else
        fold(fit, y);
}

/* weights = Qᵀ L⁻¹ z, which lie in the row space and so have minimum norm. */
static void solve(void *workspace)
{
    Fit *fit = workspace;
    size_t dims = fit->n_dims;
    memset(fit->weights, 0, dims * sizeof *fit->weights);
    for (size_t i = 0; i < fit->rank; i++) {
        const double *row = fit->lower + i * dims;
        double known = cblas_ddot((int)i, row, 1, fit->solution, 1);
        fit->solution[i] = (fit->target[i] - known) / row[i];
        cblas_daxpy((int)dims, fit->solution[i], fit->basis + i * dims, 1, fit->weights, 1);
    }
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    (void)column;
    if (fit->rank < fit->n_added && fit->rank < fit->n_dims)
        *flag = AMBIT_FLAG_SINGULAR;
    return cblas_ddot((int)fit->n_dims, fit->weights, 1, x, 1);
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .solve = solve, .answer = answer};

const AmbitPredictorType ambit_predictor_least_squares = {
    .name = "least_squares",
    .summary = "least squares of minimum norm, no intercept; predicts 0 before the first point",
    .source = "Garg et al. 2208.01066, section 3; rank-revealing QL updates: Golub & Van Loan, 6.5",
    .parameters = parameters,
    .workspace_create = workspace_create,
    .workspace_destroy = workspace_destroy,
    .prefix = &prefix,
    .predict = ambit_prefix_predict};
