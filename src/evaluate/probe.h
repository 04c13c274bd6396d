// SPDX-License-Identifier: MIT
// Probes put questions of their own to every predictor, after prefixes of a few prompts. A probe's
// record says what to ask about a prompt and what to make of the answers; probe.c asks.
#ifndef AMBIT_EVALUATE_PROBE_H
#define AMBIT_EVALUATE_PROBE_H

#include "plan.h"

enum { AMBIT_PROBE_ARRAYS = 6 };

/* A probe of one target. */
typedef struct AmbitProbe {
    const AmbitProbeType *type;
    const AmbitPlan *plan;
    const AmbitTally *tally;
    const AmbitPromptSource *source;  // of the present swept value
    size_t n_prompts;                 // N', the first of the target's prompts
    size_t n_k, *k;                   // [n_k] points seen, ascending
    size_t n_dims, n_points, n_grid;  // D, P, G
    size_t array[AMBIT_PROBE_ARRAYS]; // indices in the result; the probe chooses their order
} AmbitProbe;

typedef struct AmbitProbes {
    AmbitProbe *probes; // [count]
    size_t count;
} AmbitProbes;

struct AmbitProbeType {
    const char *name, *summary, *source;
    bool gradient; // answers are gradients ∂ŷ/∂x [C][Q][D]; else predictions [C][Q]

    /* Optional. Refuses targets that the probe says nothing about. */
    AmbitStatus (*check)(const AmbitTarget *target, AmbitError *error);
    AmbitStatus (*declare)(AmbitProbe *probe, AmbitError *error);
    size_t (*n_questions)(const AmbitProbe *probe);
    /* Sets x_query and seen of `questions`: one prompt with the context of prompt `index`. */
    void (*ask)(const AmbitProbe *probe, size_t index, AmbitPromptBatch *questions);
    /* Writes what the answers say of this prompt into the arrays. Called by several threads. */
    AmbitStatus (*read)(const AmbitProbe *probe, size_t index, const AmbitPromptBatch *questions,
                        const double *answers);
    void (*finish)(const AmbitProbe *probe); // optional; means over prompts
};

extern const AmbitProbeType ambit_probe_implied_weights, ambit_probe_gradient_alignment,
    ambit_probe_slice;

AmbitStatus ambit_probes_check(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                               AmbitError *error);

/* Declares the arrays of the target's probes; borrows all but the error. Free also after a failure.
 */
AmbitStatus ambit_probes_declare(AmbitProbes *probes, const AmbitPlan *plan,
                                 const AmbitTally *tally, const AmbitPromptSource *source,
                                 AmbitError *error);
void ambit_probes_free(AmbitProbes *probes);

/* All probes of the target at the present condition. */
AmbitStatus ambit_probes_run(const AmbitProbes *probes, AmbitError *error);

/* The family of a prompt, and the value of its function at x. */
const AmbitFamily *ambit_probe_family(const AmbitProbe *probe, const AmbitPromptBatch *prompt);
double ambit_probe_truth(const AmbitProbe *probe, const AmbitPromptBatch *prompt, const double *x);

/* AMBIT_INVALID unless all functions of the target are linear, f(x) = wᵀx (tried on draws). */
AmbitStatus ambit_probe_check_linear(const AmbitTarget *target, const char *probe,
                                     AmbitError *error);
/* Writes the weight of a linear function into the first D of 2·D doubles; the rest is scratch. */
void ambit_probe_weight(const AmbitProbe *probe, const AmbitPromptBatch *prompt, double *weight);

/* The axes that probes share. */
AmbitStatus ambit_probe_axis_prompt(AmbitProbe *probe, size_t *axis, AmbitError *error);
AmbitStatus ambit_probe_axis_k(AmbitProbe *probe, size_t *axis, AmbitError *error);

/* mean [R][K] over the defined entries of raw [R][N'][K]; NaN where none is. */
void ambit_probe_average(const AmbitProbe *probe, double *mean, const double *raw, size_t rows,
                         size_t n_k);

#endif
