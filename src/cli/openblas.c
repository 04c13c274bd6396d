// SPDX-License-Identifier: MIT
// Notices that OpenBLAS runs code for CPUs much older than this one, as it does where it is older
// than the CPU itself.
#include "cli.h"

#include <string.h>
#include <strings.h>

const char *ambit_cli_slow_products(const AmbitKernels *kernels)
{
    static const char *const levels[] = {"avx2", "avx512", "bfloat16", "split"};
    static const char *const old[] = {"Generic", "Prescott",  "Core2",     "Penryn", "Dunnington",
                                      "Nehalem", "Katmai",    "Northwood", "Banias", "Atom",
                                      "Athlon",  "Barcelona", "Opteron",   "Bobcat", "Sandybridge"};
    bool fused = false, is_old = false; // whether the CPU has fused multiply-adds
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        fused |= strncmp(kernels->name, levels[i], strlen(levels[i])) == 0;
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        is_old |= strncasecmp(ambit_kernels_openblas(), old[i], strlen(old[i])) == 0;
    return fused && is_old ? strncmp(kernels->name, "avx2", 4) == 0 ? "Haswell" : "SkylakeX" : NULL;
}
