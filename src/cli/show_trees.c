// SPDX-License-Identifier: MIT
// `ambit show` of trees: what a model's states project to, above what the language says.
#include "show.h"

#include <string.h>

static size_t count_equal(const AmbitTexts *trees)
{
    size_t equal = 0;
    for (size_t i = 0; i + 1 < trees->count; i += 2)
        equal += strcmp(trees->texts[i], trees->texts[i + 1]) == 0;
    return equal;
}

void ambit_show_trees(FILE *out, const AmbitTexts *trees, const char *of)
{
    enum { INDENT = 13 };
    char line[512];
    bool has_gold = trees->count > 1 && *trees->texts[1];
    if (trees->count < 2)
        return;
    int used = snprintf(line, sizeof line,
                        "trees projected greedily at the end from the states of %.200s%s", of,
                        has_gold ? ", each above its gold tree" : "");
    if (has_gold)
        snprintf(line + used, sizeof line - (size_t)used, "; %zu of these %zu are the same",
                 count_equal(trees), trees->count / 2);
    fputc('\n', out);
    ambit_show_paragraph(out, line);
    for (size_t i = 0; i + 1 < trees->count; i += 2) {
        fputc('\n', out);
        fputs("  projected  ", out);
        ambit_show_wrapped(out, trees->texts[i], INDENT);
        if (has_gold) {
            fputs("  gold       ", out);
            ambit_show_wrapped(out, trees->texts[i + 1], INDENT);
        }
    }
}
