// SPDX-License-Identifier: MIT
// How many parameters the models of joined runs have: one number, or one for each value of the axes
// that change it.
#include "joined.h"

#include "ambit/memory.h"

#include <math.h>

/* Finds the axes along which the number differs between runs. */
static void find_varying(const AmbitJoined *joined, bool *varies)
{
    const AmbitRuns *runs = &joined->runs;
    size_t stride = 1;
    for (size_t a = runs->n_axes; a-- > 0; stride *= runs->axes[a].length) {
        double before = NAN;
        varies[a] = false;
        for (size_t i = 0; i < runs->n_runs; i++) { // this axis fastest
            size_t length = runs->axes[a].length, line = i / length, place = i % length;
            size_t run = line / stride * stride * length + place * stride + line % stride;
            if (place == 0)
                before = NAN;
            double number = joined->n_parameters[run];
            varies[a] = varies[a] || (!isnan(before) && !isnan(number) && number != before);
            before = isnan(number) ? before : number;
        }
    }
}

/* The index of a run's places on the axes that matter. */
static size_t point(const AmbitRuns *runs, const bool *varies, size_t run)
{
    size_t index = 0;
    for (size_t a = 0; a < runs->n_axes; a++)
        if (varies[a])
            index = index * runs->axes[a].length + ambit_runs_place(runs, run, a);
    return index;
}

enum { MOST_POINTS = 12 };

/* "parameters: 15321 (n_layer = 2)" */
static void print_point(FILE *out, const AmbitRuns *runs, const bool *varies, size_t run,
                        double number)
{
    const char *before = " (";
    fprintf(out, "  parameters: %.0f", number);
    for (size_t a = 0; a < runs->n_axes; a++) {
        const AmbitResultAxis *axis = &runs->axes[a];
        size_t place = ambit_runs_place(runs, run, a);
        if (!varies[a])
            continue;
        fputs(before, out);
        ambit_show_text(out, axis->words.name, 0);
        if (axis->values)
            fprintf(out, " = %g", axis->values[place]);
        else
            fputs(" = ", out);
        if (!axis->values)
            ambit_show_text(out, axis->labels[place], 0);
        before = ", ";
    }
    fputs(before[0] == ',' ? ")\n" : "\n", out);
}

static void print_points(FILE *out, const AmbitRuns *runs, const bool *varies, const size_t *first,
                         const double *numbers, size_t n_points)
{
    for (size_t i = 0; i < n_points; i++)
        if (!isnan(numbers[i]))
            print_point(out, runs, varies, first[i], numbers[i]);
}

static void print_range(FILE *out, const double *numbers, size_t n_points)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < n_points; i++) {
        least = numbers[i] < least ? numbers[i] : least;
        most = numbers[i] > most ? numbers[i] : most;
    }
    fprintf(out, "  parameters: %.0f to %.0f\n", least, most);
}

AmbitStatus ambit_show_parameters(FILE *out, const AmbitJoined *joined, AmbitError *error)
{
    const AmbitRuns *runs = &joined->runs;
    bool varies[AMBIT_MOST_RUN_AXES];
    double *numbers = ambit_alloc(runs->n_runs, sizeof *numbers);
    size_t *first = ambit_alloc(runs->n_runs, sizeof *first);
    size_t n_points = 1;
    find_varying(joined, varies);
    for (size_t a = 0; a < runs->n_axes; a++)
        n_points *= varies[a] ? runs->axes[a].length : 1;
    for (size_t i = 0; numbers && i < n_points; i++)
        numbers[i] = NAN;
    for (size_t run = 0; numbers && first && run < runs->n_runs; run++) {
        size_t at = point(runs, varies, run);
        if (!isnan(numbers[at]))
            continue;
        numbers[at] = joined->n_parameters[run];
        first[at] = run;
    }
    bool ok = numbers && first;
    if (ok && n_points > MOST_POINTS)
        print_range(out, numbers, n_points);
    else if (ok)
        print_points(out, runs, varies, first, numbers, n_points);
    ambit_free(numbers);
    ambit_free(first);
    return ok ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
}
