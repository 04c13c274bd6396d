// SPDX-License-Identifier: MIT
// What families of functions of one variable share.
#ifndef AMBIT_TASKS_ONE_DIM_H
#define AMBIT_TASKS_ONE_DIM_H

#include "ambit/family.h"

/* An `init` that refuses (AMBIT_INVALID) inputs of more than 1 dim. */
AmbitStatus ambit_family_need_one_dim(AmbitFamily *family, AmbitError *error);

#endif
