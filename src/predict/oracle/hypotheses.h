// SPDX-License-Identifier: MIT
// Hypotheses: priors of the form f(x) = offset_h(x) + w.φ_h(x), with h uniform among H and
// w ~ N(0, I) of F entries. Dense and sparse linear families, Gaussian mixtures, pools and sign
// vectors are such, and so are sums of them: given h all is Gaussian, and h is enumerated.
#ifndef AMBIT_PREDICT_HYPOTHESES_H
#define AMBIT_PREDICT_HYPOTHESES_H

#include "oracle.h"

typedef struct AmbitHypotheses AmbitHypotheses;

struct AmbitHypotheses {
    const AmbitFamily *family;
    size_t count, n_features; // H, F
    double scale;             // factor on features and offset
    void (*features)(const AmbitHypotheses *hypotheses, size_t h, const double *x, double *phi);
    double (*offset)(const AmbitHypotheses *hypotheses, size_t h, const double *x);
    size_t *support;         // [H][F] coordinates of a sparse family, owned
    double *unit;            // [2F − 1] a 1 among zeros, owned: any unit vector is a window of it
    double mean;             // size of the weight whose sign is the hypothesis
    const double *functions; // [H] functions of a pool
    const AmbitFamily *drawn;  // and their family
    AmbitHypotheses *parts[2]; // owned, of a sum
};

/* Most hypotheses that are enumerated. */
enum { AMBIT_MOST_HYPOTHESES = 16384 };

/* *hypotheses is NULL with AMBIT_OK if the family is of another form. */
AmbitStatus ambit_hypotheses_create(AmbitHypotheses **hypotheses, const AmbitFamily *family,
                                    AmbitError *error);
void ambit_hypotheses_destroy(AmbitHypotheses **hypotheses);

#endif
