// SPDX-License-Identifier: MIT
// Oracle: exact Bayes prediction under one family's prior, over all prefixes of a prompt, with the
// evidence of the labels seen. Mixtures weigh their classes' oracles by it.
//
// Noiseless labels are taken to have a small noise variance, the floor: it must lie far below the
// labels' second moment and above rounding (1e-16 of the second moment does). Predictions then are
// those of the noiseless limit, and labels that a prior can not have produced lose by 1e16 nats.
#ifndef AMBIT_PREDICT_ORACLE_H
#define AMBIT_PREDICT_ORACLE_H

#include "ambit/mixture.h"

typedef struct AmbitOracle AmbitOracle;

/* How one kind of prior is answered. `fit` is one thread's memory. */
typedef struct AmbitOracleType {
    /* Builds state, if a state is needed beyond the record below. */
    AmbitStatus (*init)(AmbitOracle *oracle, AmbitError *error);
    void (*fini)(AmbitOracle *oracle);             // frees state; accepts NULL
    size_t (*fit_size)(const AmbitOracle *oracle); // in doubles
    void (*reset)(const AmbitOracle *oracle, double *fit);
    void (*add)(const AmbitOracle *oracle, double *fit, const double *x, double y);
    /* Returns the log evidence of the labels added so far. */
    double (*solve)(const AmbitOracle *oracle, double *fit);
    double (*answer)(const AmbitOracle *oracle, double *fit, const double *x);
} AmbitOracleType;

/* y = f(x) + noise, with f drawn from the prior. */
struct AmbitOracle {
    const AmbitOracleType *type;
    AmbitPrior prior; // of f; borrows from the family
    double noise;     // variance of the labels' noise, at least the floor
    size_t n_points;  // most examples, P
    void *state;      // owned, of the type
};

/* Whether the prior is a sinusoid, or the sum of one and w φ(x) with one Gaussian w. */
bool ambit_oracle_fits_sinusoid(const AmbitPrior *prior);

extern const AmbitOracleType ambit_oracle_hypotheses; // all of hypotheses.h; state AmbitHypotheses
extern const AmbitOracleType ambit_oracle_arc_cosine; // relu_2nn_regression of infinite width
extern const AmbitOracleType ambit_oracle_sinusoid;   // and convex of it with a line

/* Refuses families without an oracle by name, and says which have one; `family` must stay alive. */
AmbitStatus ambit_oracle_create(AmbitOracle **oracle, const AmbitFamily *family, double noise_floor,
                                size_t n_points, AmbitError *error);
void ambit_oracle_destroy(AmbitOracle **oracle);

/* Sets *penalty to the noise variance, at least a floor, over the weight variance. Returns false if
 * the mixture is not one linear class with i.i.d. Gaussian weights other than 0. */
bool ambit_oracle_ridge_penalty(double *penalty, const AmbitMixture *mixture);

/* The floor for prompts of this mixture. */
double ambit_oracle_noise_floor(const AmbitMixture *mixture);

#endif
