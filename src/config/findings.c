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
    size_t used = strlen(tree->findings);
    if (tree->n_findings++ == 0)
        tree->first_finding = *reader->error;
    if (tree->n_findings > CONFIG_MOST_FINDINGS)
        return AMBIT_OK;
    AmbitError line = *reader->error;
    cut(line.message, CONFIG_FINDING);
    snprintf(tree->findings + used, sizeof tree->findings - used, "\n  %.*s", CONFIG_FINDING,
             line.message);
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
    char more[64] = "";
    if (tree->n_findings == 0)
        return AMBIT_OK;
    if (tree->n_findings == 1)
        return ambit_error_set(reader->error, AMBIT_INVALID, "%s", tree->first_finding.message);
    if (tree->n_findings > CONFIG_MOST_FINDINGS)
        snprintf(more, sizeof more, "\n  and %zu more", tree->n_findings - CONFIG_MOST_FINDINGS);
    return ambit_error_set(reader->error, AMBIT_INVALID, "%zu settings are wrong:%s%s",
                           tree->n_findings, tree->findings, more);
}
