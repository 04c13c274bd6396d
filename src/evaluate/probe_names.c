// SPDX-License-Identifier: MIT
// Names of probes, of both kinds of examples.
#include "ambit/probe.h"

#include <string.h>

const char *ambit_probe_bit_name(bool sentences, size_t bit)
{
    size_t i = 0;
    if (sentences) {
        const AmbitInsideType *const *types = ambit_inside_types();
        for (; i < bit && types[i]; i++)
            ;
        return types[i] ? ambit_inside_name(types[i]) : NULL;
    }
    const AmbitProbeType *const *types = ambit_probe_types();
    for (; i < bit && types[i]; i++)
        ;
    return types[i] ? ambit_probe_name(types[i]) : NULL;
}

int ambit_probe_bit(const char *name)
{
    const char *known;
    for (int sentences = 0; sentences < 2; sentences++)
        for (size_t bit = 0; (known = ambit_probe_bit_name(sentences, bit)); bit++)
            if (strcmp(known, name) == 0)
                return (int)bit;
    return -1;
}
