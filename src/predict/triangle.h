// SPDX-License-Identifier: MIT
// Triangle: ridge regression that grows point by point, min over w of ‖y − Φw‖² + λ‖w‖². It
// keeps the triangular factor of [√λ I; Φ], updated by Givens rotations: nothing is ever
// subtracted, and a λ far below the rounding of ΦᵀΦ still counts. With prior w ~ N(0, I) and noise
// variance λ it gives posterior mean and evidence, so exact Bayes prediction is made of it too.
#ifndef AMBIT_PREDICT_TRIANGLE_H
#define AMBIT_PREDICT_TRIANGLE_H

#include <stddef.h>

/* Returns how many doubles one triangle with F weights takes: the rows of R, the rotated labels and
 * the residual sum of squares. */
size_t ambit_triangle_size(size_t n_features);

/* Makes a triangle without points. */
void ambit_triangle_reset(double *triangle, size_t n_features, double penalty);

/* Adds one point with features `row` [F], which is overwritten. */
void ambit_triangle_add(double *triangle, size_t n_features, double *row, double y);

/* Solves for weights [F]. */
void ambit_triangle_solve(const double *triangle, size_t n_features, double *weights);

/* Returns the least value of ‖y − Φw‖² + λ‖w‖². */
double ambit_triangle_residual(const double *triangle, size_t n_features);

/* Returns log det(ΦᵀΦ + λI). */
double ambit_triangle_log_determinant(const double *triangle, size_t n_features);

#endif
