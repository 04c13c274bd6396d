// SPDX-License-Identifier: MIT
// Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): each hidden matrix of a model moves
// along its momentum, whose singular values a Newton–Schulz iteration first brings near 1. The
// iteration needs matrix products only. The length of the step is that of Adam (Liu et al., arXiv
// 2502.16982, eq. 4), so that one learning rate serves both.
#include "trainer.h"

#include <math.h>

/* p(s) = a·s + b·s³ + c·s⁵ brings every singular value in (0, 1] near 1 within five rounds. */
static const double coefficients[3] = {3.4445, -4.7750, 2.0315};
enum { ROUNDS = 5 };

/* Below this the norm of the momentum has no inverse in float: the matrix stays as it is. */
#define LEAST_SQUARES 1e-70

/* Typical root mean square of an element of Adam's steps, to which Muon's steps are scaled. */
static const double step_size = 0.2;

size_t ambit_muon_scratch(size_t rows, size_t columns)
{
    size_t narrow = rows < columns ? rows : columns;
    return 2 * rows * columns + 2 * narrow * narrow;
}

size_t ambit_muon_largest_scratch(const AmbitModel *model)
{
    size_t largest = 0;
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        if (!tensor->n_hidden)
            continue;
        size_t scratch = ambit_muon_scratch(tensor->shape[0], tensor->shape[1] / tensor->n_hidden);
        largest = scratch > largest ? scratch : largest;
    }
    return largest;
}

double ambit_muon_flop(size_t rows, size_t columns)
{
    double narrow = (double)(rows < columns ? rows : columns),
           wide = (double)(rows + columns) - narrow;
    return ROUNDS * 2 * narrow * narrow * (2 * wide + narrow);
}

/* x [R][N] → p(x): x·q or q·x for q = a·I + b·G + c·G² with the smaller Gram matrix G of x. */
static void iterate(AmbitReal *out, const AmbitReal *x, size_t rows, size_t columns,
                    AmbitReal *gram, AmbitReal *factor, const AmbitKernels *kernels)
{
    bool wide = rows < columns;
    size_t n = wide ? rows : columns, other = wide ? columns : rows;
    kernels->matmul(&kernels->context, gram, x, x, n, n, other, !wide, wide, false);
    kernels->matmul(&kernels->context, factor, gram, gram, n, n, n, false, false, false);
    kernels->muon_polynomial(&kernels->context, factor, gram, n, coefficients);
    if (wide)
        kernels->matmul(&kernels->context, out, factor, x, n, columns, n, false, false, false);
    else
        kernels->matmul(&kernels->context, out, x, factor, rows, n, n, false, false, false);
}

void ambit_muon(AmbitReal *parameter, AmbitReal *momentum, const AmbitReal *gradient,
                const AmbitSubmatrix *shape, const AmbitMuon *muon, const AmbitKernels *kernels,
                AmbitReal *scratch)
{
    size_t rows = shape->rows, columns = shape->columns;
    size_t count = rows * columns, narrow = rows < columns ? rows : columns;
    AmbitReal *x = scratch, *next = x + count, *gram = next + count,
              *factor = gram + narrow * narrow;
    double squares =
        kernels->muon_momentum(&kernels->context, x, momentum, gradient, shape, muon->momentum);
    if (!(squares > LEAST_SQUARES))
        return;
    kernels->scale(&kernels->context, x, 1 / sqrt(squares), count);
    for (int round = 0; round < ROUNDS; round++) {
        iterate(next, x, rows, columns, gram, factor, kernels);
        AmbitReal *swap = x;
        x = next;
        next = swap;
    }
    double rate = muon->learning_rate * step_size * sqrt((double)(rows > columns ? rows : columns));
    kernels->muon_update(&kernels->context, parameter, x, shape, rate);
}
