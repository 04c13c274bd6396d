// SPDX-License-Identifier: MIT
// `ambit show` of a results file: panels over examples seen, or over a sweep at one k.
#include "show.h"

#include "ambit/memory.h"
#include <inttypes.h>
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

/* The mean of values[q] over the queries that saw k examples. */
static double mean_at(const AmbitTargetResult *result, const double *values, size_t k)
{
    double sum = 0, count = 0;
    for (size_t q = 0; q < result->n_queries; q++)
        if (result->seen[q] == k) {
            sum += values[q];
            count++;
        }
    return sum / count;
}

/* Fills column x from the sweep's entry s at k examples seen. Queries of one k are averaged; so are
 * the ends of their intervals, which makes those wider than need be, never narrower. */
static void fill_column(AmbitPanel *panel, size_t x, const AmbitTargetResult *result, size_t s,
                        size_t k)
{
    for (size_t row = 0; row < panel->n_rows; row++) {
        size_t from = (s * panel->n_rows + row) * result->n_queries, to = row * panel->n_x + x;
        panel->mean[to] = mean_at(result, result->mean + from, k);
        panel->low[to] = mean_at(result, result->low + from, k);
        panel->high[to] = mean_at(result, result->high + from, k);
    }
}

static int compare_sizes(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The distinct counts of examples seen, ascending; free with ambit_free. */
static size_t *distinct_seen(const AmbitTargetResult *result, size_t *count)
{
    size_t *seen = ambit_alloc(result->n_queries, sizeof *seen);
    *count = 0;
    if (!seen)
        return NULL;
    memcpy(seen, result->seen, result->n_queries * sizeof *seen);
    qsort(seen, result->n_queries, sizeof *seen, compare_sizes);
    for (size_t i = 0; i < result->n_queries; i++)
        if (*count == 0 || seen[i] != seen[*count - 1])
            seen[(*count)++] = seen[i];
    return seen;
}

static bool curve_panel(AmbitPanel *panel, const AmbitTargetResult *result, const size_t *seen,
                        size_t n_seen)
{
    *panel = (AmbitPanel){
        .x_name = "k", .n_rows = result->n_columns, .n_x = n_seen, .labels = result->columns};
    if (!panel_alloc(panel))
        return false;
    for (size_t i = 0; i < n_seen; i++) {
        panel->x[i] = (double)seen[i];
        fill_column(panel, i, result, 0, seen[i]);
    }
    return true;
}

static bool sweep_panel(AmbitPanel *panel, const AmbitTargetResult *result, const char *name,
                        const AmbitReals *values, size_t k)
{
    *panel = (AmbitPanel){.x_name = name,
                          .n_rows = result->n_columns,
                          .n_x = values->count,
                          .labels = result->columns};
    if (!panel_alloc(panel))
        return false;
    for (size_t s = 0; s < values->count; s++) {
        panel->x[s] = values->values[s];
        fill_column(panel, s, result, s, k);
    }
    return true;
}

/* Errors over training steps, at k examples seen. */
static bool step_panel(AmbitPanel *panel, const AmbitTargetResult *result, size_t k)
{
    *panel = (AmbitPanel){.x_name = "step",
                          .n_rows = result->n_columns,
                          .n_x = result->n_steps,
                          .labels = result->columns};
    if (!panel_alloc(panel))
        return false;
    for (size_t i = 0; i < result->n_steps; i++) {
        panel->x[i] = (double)result->steps[i];
        fill_column(panel, i, result, i * result->n_sweep, k);
    }
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
    if (result->binary)
        snprintf(basis, sizeof basis, " (share of wrong signs, over 1/2)");
    else if (!summary->sweeps[target])
        snprintf(basis, sizeof basis, " (E f² = %.4g, %s)", result->normalizer[0],
                 result->normalizer_is_declared ? "declared" : "sampled");
    snprintf(line, sizeof line, "%zu prompts; zero predictor = 1%s; * best", result->n_prompts,
             basis);
    ambit_show_paragraph(out, line);
    fputc('\n', out);
}

/* The panel of a target: over k, or over its sweep at k; of the last training step. */
static bool target_panel(AmbitPanel *panel, const AmbitResultsSummary *summary, size_t target,
                         const size_t *seen, size_t n_seen, size_t k)
{
    const AmbitTargetResult *result = summary->results[target];
    if (summary->sweeps[target])
        return sweep_panel(panel, result, summary->sweeps[target], &summary->sweep_values[target],
                           k);
    return curve_panel(panel, result, seen, n_seen);
}

/* What was not regular about a predictor's answers, of the last step, over the whole sweep; `note`
 * says why there are no answers. */
static void show_flags(FILE *out, const AmbitTargetResult *result, size_t column, const char *note)
{
    static const char *const says[] = {"%.3g %% of the fits did not converge",
                                       "%.3g %% of the fits are singular",
                                       "no answer to %.3g %% of the queries"};
    enum { KINDS = sizeof says / sizeof *says, NO_ANSWER = KINDS - 1 };
    const AmbitResultArray *flagged = ambit_result_find(result, "flagged");
    size_t queries = result->n_queries, first = (result->n_steps - 1) * result->n_sweep;
    if (!flagged || flagged->rank != 3 || flagged->count != result->n_columns * KINDS * queries)
        return; // of an older version
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
        int used = snprintf(line, sizeof line, "%.300s: ", result->columns[column]);
        used += snprintf(line + used, sizeof line - (size_t)used, says[kind], 100.0 * share);
        if (kind == NO_ANSWER && note && *note)
            snprintf(reason, sizeof reason, ": %.600s", note);
        snprintf(line + used, sizeof line - (size_t)used, "%s", reason);
        ambit_show_paragraph(out, line);
    }
}

/* Under a table: who has no answers and why, whose fits are not to be trusted. */
static void show_remarks(FILE *out, const AmbitTargetResult *result)
{
    for (size_t c = 0; c < result->n_columns; c++)
        show_flags(out, result, c, result->notes[c]);
}

static AmbitStatus show_panels(FILE *out, const AmbitResultsSummary *summary, size_t target,
                               const size_t *seen, size_t n_seen, size_t k, AmbitError *error)
{
    const AmbitTargetResult *result = summary->results[target];
    AmbitPanel panel = {0}, steps = {0};
    bool ok = target_panel(&panel, summary, target, seen, n_seen, k) &&
              (!result->steps || step_panel(&steps, result, k));
    if (ok) {
        show_heading(out, summary, target);
        if (result->steps)
            fprintf(out, "  at step %" PRId64 "\n", result->steps[result->n_steps - 1]);
        if (summary->sweeps[target])
            fprintf(out, "  at k = %zu examples seen\n", k);
        ambit_show_table(out, &panel);
        show_remarks(out, result);
        fputc('\n', out);
        ambit_show_plot(out, &panel);
    }
    if (ok && result->steps) {
        fprintf(out, "\n  over training, at k = %zu examples seen\n", k);
        ambit_show_table(out, &steps);
    }
    panel_free(&panel);
    panel_free(&steps);
    return ok ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
}

static AmbitStatus show_target(FILE *out, const AmbitResultsSummary *summary, size_t target,
                               const AmbitShowOptions *options, AmbitError *error)
{
    size_t n_seen, *seen = distinct_seen(summary->results[target], &n_seen), at = 0;
    AmbitStatus status = AMBIT_OK;
    if (!seen)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    while (at + 1 < n_seen && (options->k < 0 || seen[at] < (size_t)options->k))
        at++;
    if (summary->sweeps[target] && options->k >= 0 && seen[at] != (size_t)options->k)
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "target %s has no k = %" PRId64 "; it has %zu … %zu",
                                 summary->names[target], options->k, seen[0], seen[n_seen - 1]);
    else
        status = show_panels(out, summary, target, seen, n_seen, seen[at], error);
    ambit_free(seen);
    return status ? status : ambit_show_measures(out, summary, target, options, error);
}

void ambit_show_origin(FILE *out, const char *path, const char *seed, const AmbitOrigin *origin)
{
    fprintf(out, "%s\n  %s %" PRIu64 ", step %" PRId64 ", kernels ", path, seed, origin->seed,
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
    for (size_t i = 0; status == AMBIT_OK && i < summary->n_targets; i++)
        status = show_target(out, summary, i, options, error);
    ambit_results_summary_destroy(&summary);
    return status;
}
