// SPDX-License-Identifier: MIT
// The probes of a target: a list of names in a config, a set of bits in memory.
#include "registry.h"
#include "sections.h"

AmbitStatus ambit_config_read_probes(const ConfigReader *reader, const ConfigNode *entry,
                                     bool sentences, AmbitTarget *target)
{
    const char *names[CONFIG_MOST_NAMES];
    const ConfigNode *list = ambit_config_find(entry, "probes");
    if (!list || list->kind == CONFIG_NULL || (list->kind == CONFIG_SEQUENCE && !list->first))
        return AMBIT_OK;
    for (size_t bit = 0; (names[bit] = ambit_probe_bit_name(sentences, bit)); bit++)
        ;
    const AmbitParameter choice = {.name = "probes", .type = AMBIT_CHOICE, .choices = names};
    AmbitStatus status = ambit_config_check_list(reader, list);
    for (const ConfigNode *item = status ? NULL : list->first; item && !status; item = item->next) {
        int probe = 0;
        status = ambit_config_keep(reader, ambit_config_read_value(reader, item, &choice, &probe));
        target->probes |= 1u << probe;
    }
    return status;
}

void ambit_config_write_probes(FILE *out, bool sentences, const AmbitTarget *target)
{
    const char *name, *between = "";
    if (!target->probes)
        return;
    fputs("    probes: [", out);
    for (size_t bit = 0; (name = ambit_probe_bit_name(sentences, bit)); bit++)
        if (target->probes & 1u << bit) {
            fprintf(out, "%s%s", between, name);
            between = ", ";
        }
    fputs("]\n", out);
}
