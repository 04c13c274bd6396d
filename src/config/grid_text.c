// SPDX-License-Identifier: MIT
// Writes the axes of a grid in one line of YAML.
#include "grid.h"

#include "sections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes a scalar as it is read again: texts that mean something to YAML in quotes. */
static void write_scalar(FILE *out, const char *text, bool quoted)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-";
    if (quoted || !*text || text[strspn(text, plain)])
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
        write_scalar(out, node->text, node->quoted);
    else {
        fputc(mapping ? '{' : '[', out);
        for (const ConfigNode *child = node->first; child; child = child->next) {
            fputs(child == node->first ? "" : ", ", out);
            if (mapping) {
                write_scalar(out, child->key, false);
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
