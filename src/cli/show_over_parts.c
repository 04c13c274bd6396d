// SPDX-License-Identifier: MIT
// What tables over runs of language models share: numbers, labels of points, cells.
#include "show_over.h"

#include <math.h>
#include <string.h>

double ambit_over_value(const AmbitOverView *view, const char *name, size_t at)
{
    const AmbitResultArray *array = ambit_result_find(view->over->result, name);
    size_t n = view->over->result->n_columns, place = at * n + view->column;
    return array && place < array->count ? ambit_result_values(array, 0)[place] : NAN;
}

size_t ambit_over_n_points(const AmbitRuns *runs)
{
    return runs->n_runs / (runs->seed_axis < runs->n_axes ? runs->axes[runs->seed_axis].length : 1);
}

void ambit_over_place(const AmbitResultAxis *axis, size_t place, char *text, size_t size)
{
    if (axis->values)
        snprintf(text, size, "%g", axis->values[place]);
    else
        snprintf(text, size, "%.40s", axis->labels[place]);
}

void ambit_over_label(const AmbitOverView *view, size_t point, char *text, size_t size)
{
    const AmbitRuns *runs = view->runs;
    size_t used = 0, rest = point;
    size_t n_others = runs->n_axes - (runs->seed_axis < runs->n_axes),
           stride = ambit_over_n_points(runs);
    snprintf(text, size, "%s", n_others ? "" : "all");
    for (size_t a = 0; a < runs->n_axes && used < size; a++) {
        char place[64];
        if (a == runs->seed_axis)
            continue;
        stride /= runs->axes[a].length;
        ambit_over_place(&runs->axes[a], rest / stride, place, sizeof place);
        rest %= stride;
        used += n_others == 1 ? (size_t)snprintf(text, size, "%s", place)
                              : (size_t)snprintf(text + used, size - used, "%s%.20s=%s",
                                                 used ? " " : "", runs->axes[a].words.name, place);
    }
}

void ambit_over_show_label(FILE *out, const char *text, size_t width)
{
    size_t used = ambit_show_text_width(text);
    fputs("  ", out);
    ambit_show_text(out, text, 0);
    if (used < width)
        fprintf(out, "%*s", (int)(width - used), "");
    else
        fprintf(out, "\n%*s", (int)width + 2, "");
}

void ambit_over_show_cell(FILE *out, const char *text, size_t width)
{
    int used = (int)ambit_show_text_width(text);
    fprintf(out, "%s%*s", text, (int)width > used ? (int)width - used : width > 0, "");
}

const char *ambit_over_corner(const AmbitRuns *runs)
{
    const char *name = "runs";
    size_t count = 0;
    for (size_t a = 0; a < runs->n_axes; a++)
        if (a != runs->seed_axis) {
            name = runs->axes[a].words.name;
            count++;
        }
    return count == 1 ? name : "runs";
}
