// SPDX-License-Identifier: MIT
// Probes: what an evaluation measures besides scores. A config chooses probes by name.
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

/* The probes of targets with sentences measure the inside of a language model: its weights,
 * attention and states. */
typedef struct AmbitInsideType AmbitInsideType;
const AmbitInsideType *const *ambit_inside_types(void); // NULL-ended
const char *ambit_inside_name(const AmbitInsideType *type);
const char *ambit_inside_summary(const AmbitInsideType *type);
const char *ambit_inside_source(const AmbitInsideType *type);

/* AmbitTarget.probes has one bit per probe; probes of prompts and of sentences are numbered
 * separately. ambit_probe_bit_name returns the name of the probe of a bit, or NULL past the last.
 * ambit_probe_bit returns the bit of a probe of either kind, or −1 if no probe has this name. */
const char *ambit_probe_bit_name(bool sentences, size_t bit);
int ambit_probe_bit(const char *name);

#endif
