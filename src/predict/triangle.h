// SPDX-License-Identifier: MIT
// Triangle: ridge regression that grows example by example: min over w of ‖y − Φw‖² + λ‖w‖². Kept
// as the triangular factor of [√λ I; Φ] by Givens rotations, so that nothing is ever subtracted
// and a λ far below rounding of ΦᵀΦ still counts. Ridge and the exact Bayes predictors are made of
// it: with prior w ~ N(0, I) and noise variance λ it gives their means and evidence.
#ifndef AMBIT_PREDICT_TRIANGLE_H
#define AMBIT_PREDICT_TRIANGLE_H

#include <stddef.h>

/* Doubles of one triangle with F weights: rows of R, z = the rotated labels, sum of squares. */
size_t ambit_triangle_size(size_t n_features);

/* Without examples. */
void ambit_triangle_reset(double *triangle, size_t n_features, double penalty);

/* One example; `row` [F] holds its features and is overwritten. */
void ambit_triangle_add(double *triangle, size_t n_features, double *row, double y);

/* weights [F]. */
void ambit_triangle_solve(const double *triangle, size_t n_features, double *weights);

/* The least value of ‖y − Φw‖² + λ‖w‖². */
double ambit_triangle_residual(const double *triangle, size_t n_features);

/* log det(ΦᵀΦ + λI). */
double ambit_triangle_log_determinant(const double *triangle, size_t n_features);

#endif
