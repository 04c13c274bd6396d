// SPDX-License-Identifier: MIT
// Oracle: exact Bayes prediction under the prior of one family, over all prefixes of a prompt, with
// the evidence of the labels seen. The posterior of a mixture weighs its oracles by their evidence.
//
// Labels without noise are given a small noise variance, the floor, which lies far below their
// second moment and above the square of rounding (1e-16 of the second moment does). Predictions are
// then those of the noiseless limit, and a prior that cannot have produced the labels loses by some
// 1e16 nats.
#ifndef AMBIT_PREDICT_ORACLE_H
#define AMBIT_PREDICT_ORACLE_H

#include "ambit/mixture.h"

typedef struct AmbitOracle AmbitOracle;

/* The posterior of one form of prior. `fit` is the memory of one thread. */
typedef struct AmbitOracleType {
    AmbitStatus (*init)(AmbitOracle *oracle, AmbitError *error); // optional; builds state
    void (*fini)(AmbitOracle *oracle);             // optional; frees state, which may be NULL
    size_t (*fit_size)(const AmbitOracle *oracle); // how many doubles a fit takes
    void (*reset)(const AmbitOracle *oracle, double *fit); // forgets all points
    void (*add)(const AmbitOracle *oracle, double *fit, const double *x, double y);
    double (*solve)(const AmbitOracle *oracle, double *fit); // returns the log evidence
    double (*answer)(const AmbitOracle *oracle, double *fit, const double *x); // posterior mean
} AmbitOracleType;

/* y = f(x) + noise, with f drawn from the prior. */
struct AmbitOracle {
    const AmbitOracleType *type;
    AmbitPrior prior; // of f; borrows from the family
    double noise;     // variance of the labels' noise, at least the floor
    size_t n_points;  // P: the fit takes fewer points
    void *state;      // owned, of the type
};

/* Whether the prior is a sinusoid, or the sum of one and w φ(x) with one Gaussian w. */
bool ambit_oracle_fits_sinusoid(const AmbitPrior *prior);

extern const AmbitOracleType ambit_oracle_hypotheses; // priors that ambit_hypotheses_fit accepts
extern const AmbitOracleType ambit_oracle_arc_cosine; // AMBIT_PRIOR_RELU
extern const AmbitOracleType
    ambit_oracle_sinusoid; // priors that ambit_oracle_fits_sinusoid accepts

/* Makes the oracle of a family, which must stay alive. Refuses (AMBIT_INVALID) families whose prior
 * has none, and names those that have one. */
AmbitStatus ambit_oracle_create(AmbitOracle **oracle, const AmbitFamily *family, double noise_floor,
                                size_t n_points, AmbitError *error);
void ambit_oracle_destroy(AmbitOracle **oracle);

/* Sets *penalty to the noise variance, at least a floor, over the weight variance. Returns false if
 * the mixture is not one linear class with i.i.d. Gaussian weights other than 0. */
bool ambit_oracle_ridge_penalty(double *penalty, const AmbitMixture *mixture);

/* Returns the floor of the noise variance for prompts of this mixture. */
double ambit_oracle_noise_floor(const AmbitMixture *mixture);

#endif
