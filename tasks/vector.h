// SPDX-License-Identifier: MIT
// The two vector operations that families and prompt distributions share.
#ifndef AMBIT_TASKS_VECTOR_H
#define AMBIT_TASKS_VECTOR_H

#include <gsl/gsl_rng.h>
#include <stddef.h>

/* Draws out [n] independently from N(0, scale²). */
void ambit_draw_normal(gsl_rng *rng, double scale, double *out, size_t n);

/* Returns Σ a_i b_i over n entries, summed in order. */
double ambit_dot(const double *a, const double *b, size_t n);

#endif
