// SPDX-License-Identifier: MIT
// Two-layer ReLU networks of infinite width, a Gaussian process with the arc-cosine kernel of order
// 1 (Cho & Saul, NIPS 2009). They stand in for networks of finite width, whose functions have the
// same first two moments but are not Gaussian.
#include "oracle.h"

#include <math.h>
#include <string.h>

/* A pivot below this share of K(x, x) is rounding: an input that repeats, without noise. */
static const double least_pivot = 1e-12;

/* The parts of a fit, a block of doubles: n, log determinant, P inputs and their norms, solved
 * labels z = L⁻¹y, a kernel row, and L in packed rows. */
typedef struct Fit {
    double *count, *log_determinant;
    double *x, *norm, *solved; // [P][D], [P], [P]
    double *row, *factor;      // [P], [P(P+1)/2]
} Fit;

static Fit parts_of(const AmbitOracle *oracle, double *memory)
{
    size_t points = oracle->n_points;
    Fit fit = {.count = memory, .log_determinant = memory + 1, .x = memory + 2};
    fit.norm = fit.x + points * oracle->prior.family->n_dims;
    fit.solved = fit.norm + points;
    fit.row = fit.solved + points;
    fit.factor = fit.row + points;
    return fit;
}

static size_t fit_size(const AmbitOracle *oracle)
{
    size_t points = oracle->n_points;
    return 2 + points * (oracle->prior.family->n_dims + 3) + points * (points + 1) / 2;
}

static void reset(const AmbitOracle *oracle, double *memory)
{
    (void)oracle;
    memory[0] = memory[1] = 0.0;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* E f(x)² = c·‖x‖²; the second moment is that of standard inputs. */
static double variance_per_square(const AmbitOracle *oracle)
{
    size_t dims = oracle->prior.family->n_dims;
    return oracle->prior.factor * oracle->prior.factor *
           ambit_family_second_moment(oracle->prior.family, dims) / (double)dims;
}

/* Sets row = L⁻¹ K(X, x). Returns the variance of f(x) given the values at X. */
static double explain(const AmbitOracle *oracle, const Fit *fit, const double *x, double norm)
{
    size_t n = (size_t)*fit->count, dims = oracle->prior.family->n_dims;
    double c = variance_per_square(oracle), left = c * norm * norm;
    const double *factor = fit->factor;
    for (size_t i = 0; i < n; i++, factor += i) {
        double product = norm * fit->norm[i], kernel = 0.0;
        if (product > 0.0) {
            double cosine = dot(x, fit->x + i * dims, dims) / product;
            double angle = acos(fmin(1.0, fmax(-1.0, cosine)));
            kernel = c / M_PI * product * (sin(angle) + (M_PI - angle) * cos(angle));
        }
        fit->row[i] = (kernel - dot(factor, fit->row, i)) / factor[i];
        left -= fit->row[i] * fit->row[i];
    }
    return left;
}

static void add(const AmbitOracle *oracle, double *memory, const double *x, double y)
{
    Fit fit = parts_of(oracle, memory);
    size_t n = (size_t)*fit.count, dims = oracle->prior.family->n_dims;
    double norm = sqrt(dot(x, x, dims)), rounding = least_pivot * norm * norm;
    double left = explain(oracle, &fit, x, norm);
    double pivot = oracle->noise + fmax(left, rounding * variance_per_square(oracle));
    double *row = fit.factor + n * (n + 1) / 2;
    memcpy(row, fit.row, n * sizeof *row);
    row[n] = sqrt(pivot);
    memcpy(fit.x + n * dims, x, dims * sizeof *x);
    fit.norm[n] = norm;
    fit.solved[n] = (y - dot(row, fit.solved, n)) / row[n];
    *fit.log_determinant += log(pivot);
    *fit.count += 1.0;
}

static double solve(const AmbitOracle *oracle, double *memory)
{
    Fit fit = parts_of(oracle, memory);
    double square = dot(fit.solved, fit.solved, (size_t)*fit.count);
    return -0.5 * (*fit.count * log(2.0 * M_PI) + *fit.log_determinant + square);
}

static double answer(const AmbitOracle *oracle, double *memory, const double *x)
{
    Fit fit = parts_of(oracle, memory);
    explain(oracle, &fit, x, sqrt(dot(x, x, oracle->prior.family->n_dims)));
    return dot(fit.row, fit.solved, (size_t)*fit.count);
}

const AmbitOracleType ambit_oracle_arc_cosine = {
    .fit_size = fit_size, .reset = reset, .add = add, .solve = solve, .answer = answer};
