// SPDX-License-Identifier: MIT
// Writes the axes of a grid in one line of YAML.
#include "grid.h"

#include "sections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes a scalar so that YAML reads it again: texts in quotes, numbers and truth values without.
 */
static void write_scalar(FILE *out, const ConfigNode *node)
{
    const char *text = node->text;
    bool truth = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    if (node->quoted || !(truth || (*text && !text[strspn(text, "0123456789+-.eE")])))
        ambit_config_write_text(out, text);
    else
        fputs(text, out);
}

static void write_node(FILE *out, const ConfigNode *node)
{
    bool mapping = node->kind == CONFIG_MAPPING;
    if (node->kind == CONFIG_NULL)
        fputs("null", out);
    else if (node->kind == CONFIG_SCALAR)
        write_scalar(out, node);
    else {
        fputc(mapping ? '{' : '[', out);
        for (const ConfigNode *child = node->first; child; child = child->next) {
            fputs(child == node->first ? "" : ", ", out);
            if (mapping) {
                ambit_config_write_text(out, child->key);
                fputs(": ", out);
            }
            write_node(out, child);
        }
        fputc(mapping ? '}' : ']', out);
    }
}

AmbitStatus ambit_grid_write(AmbitGrid *grid, AmbitError *error)
{
    size_t size;
    FILE *out = open_memstream(&grid->text, &size);
    if (out)
        write_node(out, grid->layers->axes);
    bool failed = !out || ferror(out);
    if (out && fclose(out))
        failed = true;
    return failed ? ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a grid") : AMBIT_OK;
}
