// SPDX-License-Identifier: MIT
// What families of functions of one variable share.
#include "one_dim.h"

AmbitStatus ambit_family_need_one_dim(AmbitFamily *family, AmbitError *error)
{
    if (family->n_dims == 1)
        return AMBIT_OK;
    return ambit_error_set(
        error, AMBIT_INVALID,
        "%s has 1 dim, but inputs have %zu, the same for all classes; give model.n_dims "
        "1, which most families take too (ambit list families)",
        family->type->name, family->n_dims);
}
