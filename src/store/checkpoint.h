// SPDX-License-Identifier: MIT
// Names and digests shared by the reader and the writer of checkpoints.
#ifndef AMBIT_STORE_CHECKPOINT_H
#define AMBIT_STORE_CHECKPOINT_H

#include "ambit/store.h"
#include "hdf.h"

/* Group that holds the integer blocks. The step is an attribute of the root instead. */
#define AMBIT_CHECKPOINT_INTEGERS "integers"
bool ambit_checkpoint_is_root(const AmbitStateBlock *block);

/* Digest of the root attributes step and config. */
uint64_t ambit_checkpoint_root_digest(int64_t step, const char *config);

#endif
