// SPDX-License-Identifier: MIT
// Central differences in double, and rows on which gradients are checked.
#ifndef AMBIT_GRADIENT_FIXTURES_H
#define AMBIT_GRADIENT_FIXTURES_H

#include <stddef.h>
#include <stdint.h>

/* Two sequences of different lengths, each a prefix and query rows. */
enum { SEQUENCES = 2, ROWS_1 = 8, ROWS_2 = 5, ALL_ROWS = ROWS_1 + ROWS_2, HEADS = 2, DIMS = 3 };

extern const size_t rows_offset[SEQUENCES + 1], rows_prefix[SEQUENCES];
extern const size_t rows_seen[ALL_ROWS], rows_position[ALL_ROWS];

/* n standard normal numbers; free with ambit_free. */
double *gradient_gaussians(size_t n, uint32_t index);

/* Σ weight·output, the scalar whose gradient is checked. */
double gradient_dot(const double *a, const double *b, size_t n);

typedef double (*gradient_loss_fn)(void *context);

/* Relative error ‖analytic − numeric‖ / ‖numeric‖ over x, by fourth-order central differences. */
double gradient_error(double *x, const double *analytic, size_t n, gradient_loss_fn loss,
                      void *context);

void gradient_assert_small(double error, const char *what);

#endif
