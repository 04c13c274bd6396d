// SPDX-License-Identifier: MIT
// `ambit show` of a results file: panels over examples seen, or over a sweep at one k.
#include "show.h"

#include "ambit/memory.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool panel_alloc(AmbitPanel *panel)
{
    size_t count = panel->n_rows * panel->n_x;
    panel->x = ambit_alloc(panel->n_x, sizeof *panel->x);
    panel->mean = ambit_alloc(count, sizeof *panel->mean);
    panel->low = ambit_alloc(count, sizeof *panel->low);
    panel->high = ambit_alloc(count, sizeof *panel->high);
    return panel->x && panel->mean && panel->low && panel->high;
}

static void panel_free(AmbitPanel *panel)
{
    ambit_free(panel->x);
    ambit_free(panel->mean);
    ambit_free(panel->low);
    ambit_free(panel->high);
}

/* The mean of values[q] over the queries at k. */
static double mean_at(const AmbitTargetResult *result, const double *values, double k)
{
    double sum = 0, count = 0;
    for (size_t q = 0; q < result->n_queries; q++)
        if (result->axes[AMBIT_AXIS_QUERY].values[q] == k) {
            sum += values[q];
            count++;
        }
    return sum / count;
}

/* Fills column x from a condition, at k examples seen. Errors of queries of one k are averaged, and
 * so are the ends of the intervals, which makes the interval of the mean too wide rather than too
 * narrow. */
static void fill_column(AmbitPanel *panel, size_t x, const AmbitTargetResult *result,
                        size_t condition, double k)
{
    for (size_t row = 0; row < panel->n_rows; row++) {
        size_t from = (condition * panel->n_rows + row) * result->n_queries,
               to = row * panel->n_x + x;
        panel->mean[to] = mean_at(result, result->mean + from, k);
        panel->low[to] = mean_at(result, result->low + from, k);
        panel->high[to] = mean_at(result, result->high + from, k);
    }
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double *ambit_show_distinct(const AmbitTargetResult *result, size_t *count)
{
    double *seen = ambit_alloc(result->n_queries, sizeof *seen);
    *count = 0;
    if (!seen)
        return NULL;
    memcpy(seen, result->axes[AMBIT_AXIS_QUERY].values, result->n_queries * sizeof *seen);
    qsort(seen, result->n_queries, sizeof *seen, compare_reals);
    for (size_t i = 0; i < result->n_queries; i++)
        if (*count == 0 || seen[i] != seen[*count - 1])
            seen[(*count)++] = seen[i];
    return seen;
}

/* A panel of errors over n_x coordinates x. */
static bool panel_open(AmbitPanel *panel, const AmbitTargetResult *result, const char *x_name,
                       const double *x, size_t n_x)
{
    *panel = (AmbitPanel){.x_name = x_name,
                          .n_rows = result->n_columns,
                          .n_x = n_x,
                          .labels = result->axes[AMBIT_AXIS_PREDICTOR].labels,
                          .starred = true};
    if (!panel_alloc(panel))
        return false;
    memcpy(panel->x, x, n_x * sizeof *x);
    return true;
}

/* Errors over examples seen at the last training step. */
static bool curve_panel(AmbitPanel *panel, const AmbitTargetResult *result, const double *seen,
                        size_t n_seen)
{
    if (!panel_open(panel, result, "k", seen, n_seen))
        return false;
    for (size_t i = 0; i < n_seen; i++)
        fill_column(panel, i, result, (result->n_steps - 1) * result->n_sweep, seen[i]);
    return true;
}

/* Errors over the swept number at the last training step, at k examples seen. */
static bool sweep_panel(AmbitPanel *panel, const AmbitTargetResult *result, double k)
{
    const AmbitResultAxis *sweep = &result->axes[AMBIT_AXIS_SWEEP];
    if (!panel_open(panel, result, sweep->words.name, sweep->values, sweep->length))
        return false;
    for (size_t s = 0; s < sweep->length; s++)
        fill_column(panel, s, result, (result->n_steps - 1) * result->n_sweep + s, k);
    return true;
}

/* Errors over training steps, at k examples seen. */
static bool step_panel(AmbitPanel *panel, const AmbitTargetResult *result, double k)
{
    const AmbitResultAxis *step = &result->axes[AMBIT_AXIS_STEP];
    if (!panel_open(panel, result, "step", step->values, step->length))
        return false;
    for (size_t i = 0; i < step->length; i++)
        fill_column(panel, i, result, i * result->n_sweep, k);
    return true;
}

static void show_heading(FILE *out, const AmbitResultsSummary *summary, size_t target)
{
    const AmbitTargetResult *result = summary->results[target];
    fputc('\n', out);
    ambit_show_text(out, summary->names[target], 0);
    fputc('\n', out);
    ambit_show_paragraph(out, summary->descriptions[target]);
    char basis[64] = "", line[200];
    if (!isnan(result->metric->zero))
        snprintf(basis, sizeof basis, " (%s, over %g)", result->metric->long_name,
                 result->metric->zero);
    else if (!ambit_result_sweep(result))
        snprintf(basis, sizeof basis, " (E f² = %.4g, %s)", result->normalizer[0],
                 result->normalizer_is_declared ? "declared" : "sampled");
    snprintf(line, sizeof line, "%zu %ss; zero predictor = 1%s; * best", result->n_examples,
             result->axes[AMBIT_AXIS_EXAMPLE].words.name, basis);
    ambit_show_paragraph(out, line);
    fputc('\n', out);
}

/* Prints the share of each flag among a predictor's answers, at the last step and over the whole
 * sweep. `note` says why there are no answers. */
static void show_flags(FILE *out, const AmbitTargetResult *result, size_t column, const char *note)
{
    static const char *const says[] = {"%.3g %% of the fits did not converge",
                                       "%.3g %% of the fits are singular",
                                       "no answer to %.3g %% of the queries"};
    enum { KINDS = sizeof says / sizeof *says, NO_ANSWER = KINDS - 1 };
    const AmbitResultArray *flagged = ambit_result_find(result, "flagged");
    size_t queries = result->n_queries, first = (result->n_steps - 1) * result->n_sweep;
    if (!flagged || flagged->rank != 3 || flagged->count != result->n_columns * KINDS * queries)
        return; // the file is of an older version
    for (size_t kind = 0; kind < KINDS; kind++) {
        double share = 0.0;
        for (size_t s = 0; s < result->n_sweep; s++)
            for (size_t q = 0; q < queries; q++)
                share += flagged->values[(first + s) * flagged->count +
                                         (column * KINDS + kind) * queries + q] /
                         (double)(result->n_sweep * queries);
        if (!(share > 0.0))
            continue;
        char line[1200], reason[700] = "";
        int used = snprintf(line, sizeof line,
                            "%.300s: ", result->axes[AMBIT_AXIS_PREDICTOR].labels[column]);
        used += snprintf(line + used, sizeof line - (size_t)used, says[kind], 100.0 * share);
        if (kind == NO_ANSWER && note && *note)
            snprintf(reason, sizeof reason, ": %.600s", note);
        snprintf(line + used, sizeof line - (size_t)used, "%s", reason);
        ambit_show_paragraph(out, line);
    }
}

/* Whether an earlier target has said why this predictor has no answers, in the same words. */
static bool is_said(const AmbitResultsSummary *summary, size_t target, size_t column)
{
    const char *note = summary->results[target]->notes[column];
    bool said = false;
    for (size_t t = 0; t < target && note && !said; t++)
        if (column < summary->results[t]->n_columns && summary->results[t]->notes[column])
            said = strcmp(summary->results[t]->notes[column], note) == 0;
    return said;
}

/* Prints under a table which predictors have no answers, and why, and which fits are flagged. */
static void show_remarks(FILE *out, const AmbitResultsSummary *summary, size_t target)
{
    const AmbitTargetResult *result = summary->results[target];
    for (size_t c = 0; c < result->n_columns; c++)
        show_flags(out, result, c, is_said(summary, target, c) ? "as above" : result->notes[c]);
}

static AmbitStatus show_panels(FILE *out, const AmbitResultsSummary *summary, size_t target,
                               const double *seen, size_t n_seen, double k, AmbitError *error)
{
    const AmbitTargetResult *result = summary->results[target];
    const AmbitResultAxis *step = &result->axes[AMBIT_AXIS_STEP];
    const char *sweep = ambit_result_sweep(result);
    AmbitPanel panel = {0}, steps = {0};
    bool ok =
        (sweep ? sweep_panel(&panel, result, k) : curve_panel(&panel, result, seen, n_seen)) &&
        (!step->values || step_panel(&steps, result, k));
    if (ok) {
        show_heading(out, summary, target);
        if (step->values)
            fprintf(out, "  at step %.0f\n", step->values[step->length - 1]);
        if (sweep)
            fprintf(out, "  at k = %g examples seen\n", k);
        ambit_show_table(out, &panel);
        show_remarks(out, summary, target);
        fputc('\n', out);
        ambit_show_plot(out, &panel);
    }
    if (ok && step->values) {
        fprintf(out, "\n  over training, at k = %g examples seen\n", k);
        ambit_show_table(out, &steps);
    }
    panel_free(&panel);
    panel_free(&steps);
    return ok ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
}

static AmbitStatus show_target(FILE *out, const AmbitResultsSummary *summary, size_t target,
                               const AmbitShowOptions *options, AmbitError *error)
{
    const AmbitTargetResult *result = summary->results[target];
    double asked = (double)options->k;
    size_t n_seen, at = 0;
    double *seen = ambit_show_distinct(result, &n_seen);
    AmbitStatus status = AMBIT_OK;
    if (!seen)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    while (at + 1 < n_seen && (asked < 0 || seen[at] < asked))
        at++;
    if (ambit_result_sweep(result) && asked >= 0 && seen[at] != asked)
        status = ambit_error_set(error, AMBIT_INVALID, "target %s has no k = %g; it has %g … %g",
                                 summary->names[target], asked, seen[0], seen[n_seen - 1]);
    if (!status)
        status = show_panels(out, summary, target, seen, n_seen, seen[at], error);
    if (!status)
        status = ambit_show_measures(out, summary, target, options, error);
    ambit_free(seen);
    return status;
}

void ambit_show_origin(FILE *out, const char *path, const char *seed, const AmbitOrigin *origin)
{
    ambit_show_text(out, path, 0);
    fprintf(out, "\n  %s %" PRIu64 ", step %" PRId64 ", kernels ", seed, origin->seed,
            origin->step);
    ambit_show_text(out, origin->kernels, 0);
    fputs(", ambit ", out);
    ambit_show_text(out, origin->code_version, 0);
    fputs("\n  written ", out);
    ambit_show_text(out, origin->created, 0);
    fputs(" on ", out);
    ambit_show_text(out, origin->host, 0);
    fprintf(out, " after %.1f s by\n", origin->wall_seconds);
    ambit_show_paragraph(out, origin->command);
}

AmbitStatus ambit_show_results(FILE *out, const char *path, const AmbitShowOptions *options,
                               AmbitError *error)
{
    AmbitResultsSummary *summary = NULL;
    AmbitStatus status = ambit_results_read(&summary, path, error);
    if (status == AMBIT_OK)
        ambit_show_origin(out, path, "evaluation seed", &summary->origin);
    bool sentences =
        summary && summary->n_targets > 0 && ambit_show_is_sentences(summary->results[0]);
    if (sentences)
        status = ambit_show_sentences(out, summary, options, error);
    for (size_t i = 0; status == AMBIT_OK && !sentences && i < summary->n_targets; i++)
        status = show_target(out, summary, i, options, error);
    ambit_results_summary_destroy(&summary);
    return status;
}
