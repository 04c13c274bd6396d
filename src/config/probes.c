// SPDX-License-Identifier: MIT
// The probes of a target: a list of names in a config, a set of bits in memory.
#include "registry.h"
#include "sections.h"

#include <string.h>

/* The probes for one kind of examples, in the order of their bits. */
static void names_of(const char *examples, const char **names)
{
    size_t count = 0;
    ConfigEntry entry;
    for (size_t i = 0; (entry = ambit_config_registry_entry(CONFIG_PROBES, i)).name; i++)
        if (strcmp(entry.answers, examples) == 0)
            names[count++] = entry.name;
    names[count] = NULL;
}

AmbitStatus ambit_config_read_probes(const ConfigReader *reader, const ConfigNode *entry,
                                     const char *examples, AmbitTarget *target)
{
    const char *names[CONFIG_MOST_NAMES];
    const ConfigNode *list = ambit_config_find(entry, "probes");
    if (!list || list->kind == CONFIG_NULL || (list->kind == CONFIG_SEQUENCE && !list->first))
        return AMBIT_OK;
    names_of(examples, names);
    const AmbitParameter choice = {.name = "probes", .type = AMBIT_CHOICE, .choices = names};
    AmbitStatus status = ambit_config_check_list(reader, list);
    for (const ConfigNode *item = status ? NULL : list->first; item && !status; item = item->next) {
        int probe = 0;
        status = ambit_config_read_value(reader, item, &choice, &probe);
        target->probes |= 1u << probe;
    }
    return status;
}

void ambit_config_write_probes(FILE *out, const char *examples, const AmbitTarget *target)
{
    const char *names[CONFIG_MOST_NAMES], *between = "";
    if (!target->probes)
        return;
    names_of(examples, names);
    fputs("    probes: [", out);
    for (size_t i = 0; names[i]; i++)
        if (target->probes & 1u << i) {
            fprintf(out, "%s%s", between, names[i]);
            between = ", ";
        }
    fputs("]\n", out);
}
