// SPDX-License-Identifier: MIT
// Prior: the distribution of a family's functions as plain data, from which the exact Bayes
// predictors are built. A family type describes its prior in AmbitFamilyType.prior.
#ifndef AMBIT_PRIOR_H
#define AMBIT_PRIOR_H

#include <stddef.h>

typedef struct AmbitFamily AmbitFamily;

/* The form of a prior. No field holds σ, which follows from the moments of the family. */
typedef enum AmbitPriorKind {
    AMBIT_PRIOR_NONE,     // none of the forms below
    AMBIT_PRIOR_GAUSSIAN, // f is linear in the F numbers of a function, which are i.i.d. N(0, σ²)
    AMBIT_PRIOR_SPARSE, // f = w·x; n_weights random coordinates of w are N(0, σ²), the others 0
    AMBIT_PRIOR_SIGNS,  // f = σ w·x; the first n_weights of w are ±mean, the others N(0, 1)
    AMBIT_PRIOR_FINITE, // f is one of n_functions functions of parts[0]; function[0] is its index
    AMBIT_PRIOR_SUM,    // f = Σ share[i] f_i over n_parts families; f_i of parts[i], independent
    AMBIT_PRIOR_SINUSOID, // f = β cos(2πωx), D = 1, β ~ N(0, variance), ω ~ Gamma(shape, scale)
    AMBIT_PRIOR_RELU      // a two-layer ReLU network, predicted as if it were of infinite width
} AmbitPriorKind;

/* A field that a kind does not use is 0. All pointers are borrowed from the family. */
typedef struct AmbitPrior {
    AmbitPriorKind kind;
    const AmbitFamily *family; // whose functions the fields describe; set by ambit_family_prior
    double factor;             // f is `factor` times such a function; set by ambit_family_prior
    size_t n_weights;
    double mean;
    size_t n_functions;
    void (*pick)(const AmbitFamily *family, size_t index, double *function); // sets function [F]
    size_t n_parts;                                                          // 1 or 2
    const AmbitFamily *parts[2];
    double share[2];
    double variance, shape, scale;
    double omega; // > 0: the frequency of all functions, in place of Gamma(shape, scale)
} AmbitPrior;

#endif
