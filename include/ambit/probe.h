// SPDX-License-Identifier: MIT
// Probes: what an evaluation looks at beside the answers of predictors. Configs name them.
#ifndef AMBIT_PROBE_H
#define AMBIT_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/* A probe puts questions to every predictor about a few prompts of a target, to see what the
 * predictor has inferred from the examples. */
typedef struct AmbitProbeType AmbitProbeType;
const AmbitProbeType *const *ambit_probe_types(void); // NULL-ended
const char *ambit_probe_name(const AmbitProbeType *type);
const char *ambit_probe_summary(const AmbitProbeType *type);
const char *ambit_probe_source(const AmbitProbeType *type);

/* The probes of targets with sentences look at language models from inside. */
typedef struct AmbitInsideType AmbitInsideType;
const AmbitInsideType *const *ambit_inside_types(void); // NULL-ended
const char *ambit_inside_name(const AmbitInsideType *type);
const char *ambit_inside_summary(const AmbitInsideType *type);
const char *ambit_inside_source(const AmbitInsideType *type);

/* Return the name of the probe of a bit of AmbitTarget.probes, for targets with sentences or with
 * prompts, NULL past the last; and the bit of a name of either kind, −1 if there is none. */
const char *ambit_probe_bit_name(bool sentences, size_t bit);
int ambit_probe_bit(const char *name);

#endif
