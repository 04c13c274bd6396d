// SPDX-License-Identifier: MIT
// Hypotheses: priors of the form f(x) = offset_h(x) + w·φ_h(x), with h uniform among H hypotheses
// and w ~ N(0, I) of F = S + O entries. The first S features are shared by all hypotheses, the
// other O are a hypothesis' own, chosen from C candidates. Gaussian, sparse, sign and finite priors
// have this form, and so do their sums. Given h everything is Gaussian, and h is enumerated.
#ifndef AMBIT_PREDICT_HYPOTHESES_H
#define AMBIT_PREDICT_HYPOTHESES_H

#include "oracle.h"

typedef struct AmbitHypotheses AmbitHypotheses;

struct AmbitHypotheses {
    AmbitPrior prior;
    size_t count, n_shared, n_candidates, n_own; // H, S, C, O
    double scale;                                // factor on features and offset
    // Sets the shared features [S] and the candidates [C]. NULL if there are neither.
    void (*features)(const AmbitHypotheses *hypotheses, const double *x, double *shared,
                     double *candidates);
    double (*offset)(const AmbitHypotheses *hypotheses, size_t h, const double *x); // NULL: 0
    // Optional: all offsets at once, [H].
    void (*offsets)(const AmbitHypotheses *hypotheses, const double *x, double *offsets);
    size_t *own;               // [H][O] which candidates; NULL if O = 0; owned
    double *unit;              // [2S − 1] a 1 among zeros: every unit vector is part of it; owned
    double *functions;         // [H][F of the family], of a finite prior; owned
    AmbitHypotheses *parts[2]; // of a sum; owned
};

/* How many hypotheses may be enumerated. */
enum { AMBIT_MOST_HYPOTHESES = 16384 };

/* Whether a prior is of this form. */
bool ambit_hypotheses_fit(const AmbitPrior *prior);

/* Makes the hypotheses of a prior that ambit_hypotheses_fit accepts; refuses priors of too many.
 * The family of the prior must stay alive. */
AmbitStatus ambit_hypotheses_create(AmbitHypotheses **hypotheses, const AmbitPrior *prior,
                                    AmbitError *error);
void ambit_hypotheses_destroy(AmbitHypotheses **hypotheses);

#endif
