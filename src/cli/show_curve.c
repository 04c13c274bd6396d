// SPDX-License-Identifier: MIT
// The training curve of a run in the terminal: of every loss in its log, means over windows of
// steps as bars.
#include "cli.h"
#include "log_record.h"
#include "show.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_WINDOWS = 32, MOST_CURVES = 9, NAME_WIDTH = 20 };

/* A loss over training. */
typedef struct Curve {
    char name[64];
    size_t count[N_WINDOWS];
    double sum[N_WINDOWS], squares[N_WINDOWS];
} Curve;

typedef struct Curves {
    Curve curves[MOST_CURVES]; // the first is the loss of the batch, then those of classes
    size_t n_curves;
    double n_steps; // up to the last record
} Curves;

static Curve *find_curve(Curves *all, const char *name)
{
    size_t i = 0;
    while (i < all->n_curves && strcmp(all->curves[i].name, name) != 0)
        i++;
    if (i == MOST_CURVES)
        return NULL; // only the first classes are shown
    if (i == all->n_curves)
        snprintf(all->curves[all->n_curves++].name, sizeof all->curves[0].name, "%s", name);
    return &all->curves[i];
}

static void add_loss(Curves *all, const char *name, double step, double loss)
{
    Curve *curve = isfinite(loss) ? find_curve(all, name) : NULL;
    size_t window = (size_t)(step / all->n_steps * N_WINDOWS);
    if (!curve || window >= N_WINDOWS)
        return;
    curve->count[window]++;
    curve->sum[window] += loss;
    curve->squares[window] += loss * loss;
}

static void add_record(Curves *all, const cJSON *record)
{
    double step = ambit_log_number(record, "step");
    const cJSON *losses = cJSON_GetObjectItemCaseSensitive(record, "class_loss"), *loss;
    add_loss(all, "loss", step, ambit_log_number(record, "loss"));
    if (cJSON_GetArraySize(losses) > 1)
        cJSON_ArrayForEach(loss, losses)
            add_loss(all, loss->string, step, ambit_log_number(losses, loss->string));
}

/* Calls `take` for every record. Lines that are no records are skipped. */
static void read_log(FILE *file, Curves *all, void (*take)(Curves *, const cJSON *))
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    rewind(file);
    while ((length = getline(&line, &capacity, file)) > 0) {
        cJSON *record;
        if (!ambit_log_record(&record, line, (size_t)length) && record)
            take(all, record);
        if (record)
            cJSON_Delete(record);
    }
    free(line);
}

static void count_steps(Curves *all, const cJSON *record)
{
    all->n_steps = fmax(all->n_steps, ambit_log_number(record, "step") + 1);
}

/* Prints a bar for each window, from 0 to the largest mean, then the first and the last mean and
 * how far single steps of the last window lie from it. */
static void show_curve(FILE *out, const Curve *curve)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double first = NAN, last = NAN, most = 0, spread = NAN;
    for (size_t w = 0; w < N_WINDOWS; w++)
        if (curve->count[w]) {
            double n = (double)curve->count[w];
            last = curve->sum[w] / n;
            first = isnan(first) ? last : first;
            most = fmax(most, last);
            spread = n > 1 ? sqrt(fmax(curve->squares[w] / n - last * last, 0)) : NAN;
        }
    fputs("  ", out);
    ambit_show_text(out, curve->name, NAME_WIDTH);
    fputc(' ', out);
    for (size_t w = 0; w < N_WINDOWS; w++) {
        double mean = curve->count[w] ? curve->sum[w] / (double)curve->count[w] : NAN;
        int bar = most > 0 && mean > 0 ? (int)(mean / most * 7.999) : 0;
        fputs(curve->count[w] ? bars[bar] : " ", out);
    }
    const double numbers[] = {first, last, spread};
    for (size_t i = 0; i < 2 + !isnan(spread); i++) {
        char text[AMBIT_NUMBER_SIZE];
        ambit_show_number(numbers[i], text);
        fprintf(out, "%s%7s", i == 2 ? " ±" : " ", text);
    }
    fputc('\n', out);
}

/* Says what the bars are. */
static void show_legend(FILE *out, const Curves *all)
{
    size_t most = 0;
    for (size_t w = 0; w < N_WINDOWS; w++)
        most = all->curves[0].count[w] > most ? all->curves[0].count[w] : most;
    fprintf(out, "\n  training losses over %.0f steps, ", all->n_steps);
    if (most > 1)
        fprintf(out,
                "means over windows of %.0f steps; bars begin at 0;\n  ±: standard deviation of "
                "single steps in the last window\n",
                ceil(all->n_steps / N_WINDOWS));
    else
        fputs("each bar one logged step; bars begin at 0\n", out);
    fprintf(out, "  %-*s %-*s %7s %7s%s\n", NAME_WIDTH, "", N_WINDOWS, "", "first", "last",
            most > 1 ? "   single" : "");
}

void ambit_show_curves(FILE *out, const char *path)
{
    Curves *all = ambit_alloc(1, sizeof *all);
    FILE *file = all ? ambit_file_open(path) : NULL;
    if (file) {
        read_log(file, all, count_steps);
        read_log(file, all, add_record);
        fclose(file);
    }
    if (all && all->n_curves > 0 && all->n_steps >= N_WINDOWS) {
        show_legend(out, all);
        for (size_t i = 0; i < all->n_curves; i++)
            show_curve(out, &all->curves[i]);
    }
    ambit_free(all);
}
