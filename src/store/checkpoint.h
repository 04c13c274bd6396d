// SPDX-License-Identifier: MIT
// What writing and reading checkpoints share.
#ifndef AMBIT_STORE_CHECKPOINT_H
#define AMBIT_STORE_CHECKPOINT_H

#include "ambit/store.h"
#include "hdf.h"

/* The group of integer blocks but the step, which is an attribute of the root. */
#define AMBIT_CHECKPOINT_INTEGERS "integers"
bool ambit_checkpoint_is_root(const AmbitStateBlock *block);

/* FNV-1a, 64 bits (Fowler, Noll, Vo; IETF draft-eastlake-fnv). Start with AMBIT_DIGEST_START; the
 * digest of two runs of bytes one after the other is that of the whole. */
#define AMBIT_DIGEST_START UINT64_C(0xcbf29ce484222325)
uint64_t ambit_digest(uint64_t digest, const void *bytes, size_t count);

/* Of what the root attributes must not lose: the step and the config. */
uint64_t ambit_checkpoint_root_digest(int64_t step, const char *config);

#endif
