// SPDX-License-Identifier: MIT
// What is wrong in a configuration, told together: the findings that reading has gone on after.
#include "read.h"

#include <stdio.h>
#include <string.h>

/* Cuts a text to `size` bytes at most, between letters. */
static void cut(char *text, size_t size)
{
    if (strlen(text) < size)
        return;
    size_t end = size - sizeof "…";
    while (((unsigned char)text[end] & 0xc0) == 0x80)
        end--;
    strcpy(text + end, "…");
}

AmbitStatus ambit_config_keep(const ConfigReader *reader, AmbitStatus status)
{
    ConfigTree *tree = reader->tree;
    if (status != AMBIT_INVALID)
        return status;
    size_t at = tree->n_findings < CONFIG_MOST_FINDINGS ? tree->n_findings : CONFIG_MOST_FINDINGS;
    AmbitError told = *reader->error;
    if (tree->n_findings++ == 0)
        tree->first_finding = told;
    while (at > 0 && tree->findings[at - 1].place > told.place)
        at--;
    if (at == CONFIG_MOST_FINDINGS)
        return AMBIT_OK;
    memmove(&tree->findings[at + 1], &tree->findings[at],
            (CONFIG_MOST_FINDINGS - 1 - at) * sizeof *tree->findings);
    cut(told.message, CONFIG_FINDING);
    tree->findings[at].place = told.place;
    snprintf(tree->findings[at].text, CONFIG_FINDING, "%s", told.message);
    return AMBIT_OK;
}

AmbitStatus ambit_config_recover(const ConfigReader *reader, AmbitStatus status)
{
    if (status == AMBIT_INVALID && reader->tree->n_findings > 0)
        return AMBIT_OK;
    return ambit_config_keep(reader, status);
}

AmbitStatus ambit_config_tell(const ConfigReader *reader)
{
    const ConfigTree *tree = reader->tree;
    char lines[CONFIG_MOST_FINDINGS * (CONFIG_FINDING + 3)] = "", more[64] = "";
    size_t used = 0;
    if (tree->n_findings == 0)
        return AMBIT_OK;
    if (tree->n_findings == 1)
        return ambit_error_set(reader->error, AMBIT_INVALID, "%s", tree->first_finding.message);
    if (tree->n_findings > CONFIG_MOST_FINDINGS)
        snprintf(more, sizeof more, "\n  and %zu more", tree->n_findings - CONFIG_MOST_FINDINGS);
    for (size_t i = 0; i < tree->n_findings && i < CONFIG_MOST_FINDINGS; i++)
        used +=
            (size_t)snprintf(lines + used, sizeof lines - used, "\n  %s", tree->findings[i].text);
    return ambit_error_set(reader->error, AMBIT_INVALID, "%zu settings are wrong:%s%s",
                           tree->n_findings, lines, more);
}
