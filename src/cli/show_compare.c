// SPDX-License-Identifier: MIT
// `ambit show` of several run folders side by side: mixture, size, steps taken, state and errors.
#include "run.h"
#include "show.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { NAME_WIDTH = 18, MIXTURE_WIDTH = 22, CELL_WIDTH = 9, LINE_TARGETS = 6 };

/* Prints the last component of the folder's path, padded. */
static void show_name(FILE *out, const char *run)
{
    char name[256];
    size_t end = strlen(run);
    while (end > 1 && run[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && run[start - 1] != '/')
        start--;
    snprintf(name, sizeof name, "%.*s", (int)(end - start), run + start);
    fputs("  ", out);
    ambit_show_text(out, name, NAME_WIDTH);
}

/* "0.5 dense + 0.5 sparse" */
static void mixture_text(const AmbitMixture *mixture, char *text, size_t size)
{
    size_t used = 0;
    for (size_t c = 0; c < mixture->n_classes && used < size; c++) {
        const char *plus = c ? " + " : "";
        if (mixture->n_classes > 1)
            used += (size_t)snprintf(text + used, size - used, "%s%.3g %s", plus,
                                     mixture->weights[c], mixture->labels[c]);
        else
            used += (size_t)snprintf(text + used, size - used, "%s", mixture->labels[c]);
    }
}

static size_t count_parameters(const AmbitModelSettings *settings)
{
    AmbitModel *model = NULL;
    size_t count = 0;
    if (!ambit_model_outline(&model, settings, NULL))
        count = ambit_model_n_parameters(model);
    ambit_model_destroy(&model);
    return count;
}

static int64_t newest_step(const char *run)
{
    int64_t *steps = NULL, newest = 0;
    size_t count = 0;
    if (!ambit_checkpoint_steps(run, 1, &steps, &count, NULL) && count)
        newest = steps[count - 1];
    ambit_free(steps);
    return newest;
}

/* Prints the row of a folder of a grid's runs, which have a table of their own. */
static void show_grid_row(FILE *out, const char *folder)
{
    char text[AMBIT_SHELL_WORD + 64], word[AMBIT_SHELL_WORD];
    snprintf(text, sizeof text, "a grid: ambit show %s",
             ambit_shell_word(folder, word, sizeof word));
    show_name(out, folder);
    fputc(' ', out);
    ambit_show_text(out, text, 0);
    fputc('\n', out);
}

static const char *language_of(const AmbitConfig *config)
{
    const AmbitLanguage *language = config->sentences.language;
    return language ? language->type->name : "files";
}

/* Prints the row of one run. A run that cannot be read gets a row with the message, and false is
 * returned. */
static bool show_row(FILE *out, const char *run)
{
    AmbitError error = {0};
    AmbitConfig *config = NULL;
    char mixture[128] = "", size[AMBIT_NUMBER_SIZE];
    char *path = ambit_cli_path(run, "config.yaml");
    AmbitStatus status = path ? ambit_config_load(&config, path, NULL, 0, &error) : AMBIT_NO_MEMORY;
    ambit_free(path);
    show_name(out, run);
    fputc(' ', out);
    if (status) {
        ambit_show_text(out, error.message, AMBIT_SHOW_WIDTH - NAME_WIDTH - 3);
        fputc('\n', out);
        return false;
    }
    int64_t step = newest_step(run), total = config->training.train_steps;
    const char *state = step >= total ? "done" : ambit_run_is_running(run) ? "running" : "stopped";
    if (config->mixture)
        mixture_text(config->mixture, mixture, sizeof mixture);
    else
        snprintf(mixture, sizeof mixture, "%s", language_of(config));
    double count = (double)count_parameters(&config->model);
    snprintf(size, sizeof size, count < 1e6 ? "%.0fk" : "%.1fM", count / (count < 1e6 ? 1e3 : 1e6));
    ambit_show_text(out, mixture, MIXTURE_WIDTH);
    char steps[48];
    snprintf(steps, sizeof steps, "%lld/%lld", (long long)step, (long long)total);
    fprintf(out, " %6llu %6s %14s %s\n", (unsigned long long)config->training.seed, size, steps,
            state);
    ambit_config_destroy(&config);
    return true;
}

/* The run's results; NULL if there are none or, with a warning, if they cannot be read. */
static AmbitResultsSummary *results_of(const char *run)
{
    AmbitResultsSummary *summary = NULL;
    AmbitError error = {0};
    bool there = false;
    char *path = ambit_cli_path(run, "results.h5");
    AmbitStatus status = path ? ambit_cli_exists(path, &there, &error) : AMBIT_OK;
    if (!status && there)
        status = ambit_results_read(&summary, path, &error);
    if (status)
        ambit_cli_warn("%s", error.message);
    ambit_free(path);
    return summary;
}

/* The error of the first column after k examples, at the last training step; with a sweep, the
 * largest of these errors. A negative k stands for half of the most examples. */
static double headline(const AmbitTargetResult *result, int64_t k)
{
    const double *seen = result->axes[AMBIT_AXIS_QUERY].values;
    double most = 0, middle = INFINITY;
    for (size_t q = 0; q < result->n_queries; q++)
        most = fmax(most, seen[q]);
    for (size_t q = 0; q < result->n_queries; q++)
        if (k < 0 ? 2 * seen[q] >= most : seen[q] == (double)k)
            middle = fmin(middle, seen[q]);
    double worst = NAN;
    for (size_t s = 0; s < result->n_sweep; s++) {
        size_t condition = (result->n_steps - 1) * result->n_sweep + s;
        const double *mean = result->mean + condition * result->n_columns * result->n_queries;
        double sum = 0, count = 0;
        for (size_t q = 0; q < result->n_queries; q++)
            if (seen[q] == middle) {
                sum += mean[q];
                count++;
            }
        worst = fmax(worst, sum / count); // fmax ignores NaN
    }
    return worst;
}

static const AmbitTargetResult *find_result(const AmbitResultsSummary *summary, const char *name)
{
    for (size_t t = 0; t < summary->n_targets; t++)
        if (strcmp(summary->names[t], name) == 0)
            return summary->results[t];
    return NULL;
}

/* Adds a run's targets to the columns. */
static void add_targets(const AmbitResultsSummary *summary, char **names, size_t *n_names)
{
    for (size_t t = 0; t < summary->n_targets; t++) {
        size_t i = 0;
        while (i < *n_names && strcmp(names[i], summary->names[t]) != 0)
            i++;
        if (i == *n_names)
            names[(*n_names)++] = summary->names[t];
    }
}

static bool is_sentences(const AmbitResultsSummary *summary)
{
    return summary->n_targets > 0 && ambit_show_is_sentences(summary->results[0]);
}

static void show_ends(FILE *out, const AmbitSentenceEnds *ends, bool is_mean)
{
    char stop[32] = "";
    if (!is_mean && !isnan(ends->stop))
        snprintf(stop, sizeof stop, "%.0f", ends->stop);
    fprintf(out, " %10.3f  %10s  %20.3f  %10.3f\n", ends->validation, stop, ends->at_stop,
            ends->at_end);
}

/* The configuration of a run without the seeds of its training; NULL if it cannot be read. */
static AmbitConfig *seedless_config(const char *run)
{
    AmbitConfig *config = NULL;
    char *path = ambit_cli_path(run, "config.yaml");
    if (path && ambit_config_load(&config, path, NULL, 0, NULL))
        config = NULL;
    ambit_free(path);
    if (config) {
        config->run.seed = config->training.seed = 0;
        config->sentences.initialization_seed = -1;
        config->sentences.order_seed = config->sentences.dropout_seed = -1;
    }
    return config;
}

/* Writes the first key in which two runs differ, seeds of training aside; "" if there is none. */
static void find_difference(const char *first, const char *run, char *key, size_t size)
{
    AmbitError error = {0};
    AmbitConfig *before = seedless_config(first), *now = seedless_config(run);
    if (!before || !now)
        snprintf(key, size, "config.yaml");
    else if (strcmp(language_of(now), language_of(before)) != 0)
        snprintf(key, size, "corpus.language"); // before the sizes that follow from it
    else if (ambit_config_compare_runs(now, before, &error))
        snprintf(key, size, "%.*s", (int)strcspn(error.message, ":"), error.message);
    else if (newest_step(run) != newest_step(first))
        snprintf(key, size, "step");
    ambit_config_destroy(&before);
    ambit_config_destroy(&now);
}

static void show_mean(FILE *out, const AmbitSentenceEnds *sum, double count)
{
    const AmbitSentenceEnds mean = {.validation = sum->validation / count,
                                    .at_stop = sum->at_stop / count,
                                    .at_end = sum->at_end / count};
    fputs("  ", out);
    ambit_show_text(out, "mean", NAME_WIDTH);
    show_ends(out, &mean, true);
}

/* Prints of every language model what validation and generalisation accuracies came to, and the
 * mean over the runs if they differ in seeds of training alone. */
static void show_accuracies(FILE *out, char *const *runs, AmbitResultsSummary *const *summaries,
                            size_t n_runs)
{
    AmbitSentenceEnds sum = {0}, ends;
    size_t count = 0, first = 0;
    char key[128] = "";
    for (size_t i = 0; i < n_runs; i++) {
        if (!summaries[i] || !is_sentences(summaries[i]) || !ambit_show_ends(summaries[i], &ends))
            continue;
        if (count++ == 0) {
            fputs("\n  accuracy on validation at the end; where it is best first, and what\n"
                  "  generalisation is there and at the end\n  ",
                  out);
            ambit_show_text(out, "run", NAME_WIDTH);
            fputs(" validation     best at  generalisation there      at end\n", out);
            first = i;
        } else if (!*key)
            find_difference(runs[first], runs[i], key, sizeof key);
        show_name(out, runs[i]);
        show_ends(out, &ends, false);
        sum.validation += ends.validation;
        sum.at_stop += ends.at_stop;
        sum.at_end += ends.at_end;
    }
    if (count > 1 && *key) {
        fputs("  no mean, since seeds are not all that the runs differ in: ", out);
        ambit_show_text(out, key, 0);
        fputc('\n', out);
    } else if (count > 1)
        show_mean(out, &sum, (double)count);
}

/* Prints the cells of a row, the last one without blanks after it. */
static void show_cells(FILE *out, const AmbitResultsSummary *summary, char *const *names,
                       size_t n_names, int64_t k)
{
    for (size_t t = 0; t < n_names; t++) {
        char text[AMBIT_NUMBER_SIZE];
        const AmbitTargetResult *result = summary ? find_result(summary, names[t]) : NULL;
        ambit_show_number(result ? headline(result, k) : NAN, text);
        fprintf(out, " %-*s", t + 1 < n_names ? CELL_WIDTH : 0, text);
    }
    fputc('\n', out);
}

/* Prints as many columns of the errors as a line holds. */
static void show_columns(FILE *out, char *const *runs, AmbitResultsSummary *const *summaries,
                         size_t n_runs, int64_t k, char *const *names, size_t n_names)
{
    fputs("  ", out);
    ambit_show_text(out, "run", NAME_WIDTH);
    for (size_t t = 0; t < n_names; t++) {
        bool last = t + 1 == n_names && ambit_show_text_width(names[t]) <= CELL_WIDTH;
        fputc(' ', out);
        ambit_show_text(out, names[t], last ? 0 : CELL_WIDTH);
    }
    fputc('\n', out);
    for (size_t i = 0; i < n_runs; i++) {
        if ((summaries[i] && is_sentences(summaries[i])) || ambit_cli_is_grid(runs[i]))
            continue;
        show_name(out, runs[i]);
        show_cells(out, summaries[i], names, n_names, k);
    }
}

static AmbitStatus show_errors(FILE *out, char *const *runs, AmbitResultsSummary *const *summaries,
                               size_t n_runs, int64_t k, AmbitError *error)
{
    size_t most = 0, n_names = 0;
    for (size_t i = 0; i < n_runs; i++)
        most += summaries[i] ? summaries[i]->n_targets : 0;
    char **names = ambit_alloc(most, sizeof *names);
    if (!names)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < n_runs; i++)
        if (summaries[i] && !is_sentences(summaries[i]))
            add_targets(summaries[i], names, &n_names);
    if (n_names && k < 0)
        fputs("\n  error after half of the examples", out);
    else if (n_names)
        fprintf(out, "\n  error at k = %lld", (long long)k);
    if (n_names)
        fputs(", zero predictor = 1; of a sweep the worst\n", out);
    for (size_t t = 0; t < n_names; t += LINE_TARGETS) {
        size_t count = n_names - t < LINE_TARGETS ? n_names - t : LINE_TARGETS;
        if (t)
            fputc('\n', out);
        show_columns(out, runs, summaries, n_runs, k, names + t, count);
    }
    ambit_free(names);
    return AMBIT_OK;
}

AmbitStatus ambit_show_runs(FILE *out, char *const *runs, size_t n_runs,
                            const AmbitShowOptions *options, AmbitError *error)
{
    AmbitResultsSummary **summaries = ambit_alloc(n_runs, sizeof *summaries);
    if (!summaries)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    fputs("  ", out);
    ambit_show_text(out, "run", NAME_WIDTH);
    fputc(' ', out);
    ambit_show_text(out, "trained on", MIXTURE_WIDTH);
    fprintf(out, " %6s %6s %14s %s\n", "seed", "size", "step", "state");
    size_t n_unread = 0;
    for (size_t i = 0; i < n_runs; i++) {
        if (ambit_cli_is_grid(runs[i]))
            show_grid_row(out, runs[i]);
        else
            n_unread += !show_row(out, runs[i]);
        summaries[i] = results_of(runs[i]);
    }
    AmbitStatus status = show_errors(out, runs, summaries, n_runs, options->k, error);
    show_accuracies(out, runs, summaries, n_runs);
    for (size_t i = 0; i < n_runs; i++)
        ambit_results_summary_destroy(&summaries[i]);
    ambit_free(summaries);
    if (!status && n_unread)
        status = ambit_error_set(error, AMBIT_IO,
                                 "%zu of these %zu folders cannot be read; the table says why",
                                 n_unread, n_runs);
    return status;
}
