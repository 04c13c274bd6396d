// SPDX-License-Identifier: MIT
// States of a small model for tests of checkpoints. Every function fails the running test if
// something cannot be made.
#ifndef AMBIT_HOLDER_H
#define AMBIT_HOLDER_H

#include "ambit/store.h"

extern const AmbitModelSettings held_model;
extern const AmbitProvenance held_provenance;

/* A trainer's state without the trainer: block, moments and step of its own. */
typedef struct Holder {
    AmbitModel *model;
    AmbitReal *moments[2];
    int64_t step, n_skipped;
    bool muon;
} Holder;

AmbitState holder_state(Holder *holder);

/* Numbers follow from `salt` (0: all zero), padding stays 0. */
Holder holder_create(const AmbitModelSettings *settings, unsigned salt);
void holder_drop(Holder *holder);
bool holder_same(const Holder *a, const Holder *b);

AmbitStatus holder_write(const char *path, Holder *holder, AmbitError *error);
AmbitStatus holder_read(const char *path, Holder *holder, AmbitError *error);

/* The file is refused, the message has `words`, and nothing reached the state. */
void holder_assert_refused(const char *path, const AmbitModelSettings *settings, const char *words);

#endif
