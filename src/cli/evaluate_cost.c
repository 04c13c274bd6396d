// SPDX-License-Identifier: MIT
// How long an evaluation takes: `ambit evaluate --dry-run` from a few examples of every target, and
// shares of predictors at the end.
#include "session.h"
#include "show.h"

#include <math.h>
#include <stdio.h>

enum { N_TRIED = 16, NAME_WIDTH = 24 };

/* Evaluates a few examples of a target; *share is how many of all examples they were. */
static AmbitStatus try_target(const AmbitSession *session, const AmbitTarget *target,
                              AmbitTargetResult **result, double *share, AmbitError *error)
{
    AmbitEvaluation few = session->evaluation;
    AmbitEvaluationSettings settings = *few.settings;
    size_t all = ambit_target_n_examples(target, &settings);
    settings.n_examples = all < N_TRIED ? (int64_t)all : N_TRIED;
    few.settings = &settings;
    few.progress = NULL;
    few.team = NULL;
    AmbitStatus status = ambit_evaluate_target(result, target, &few, error);
    *share = status ? 1 : (double)(*result)->n_examples / (double)all;
    return status;
}

/* Prints a target's row, and adds its seconds. */
static void print_row(const AmbitTarget *target, const AmbitTargetResult *r, double share,
                      double threads, double *total)
{
    char text[32];
    double seconds = 0, most = 0;
    size_t slowest = 0;
    for (size_t c = 0; c < r->n_columns; c++) {
        double own = r->seconds[c] / share / threads;
        seconds += own;
        if (own > most) {
            most = own;
            slowest = c;
        }
    }
    fputs("  ", stdout);
    ambit_show_text(stdout, target->name, NAME_WIDTH);
    printf(" %10.0f %10zu %9s  ", (double)r->n_examples / share, ambit_result_n_conditions(r),
           ambit_cli_duration(seconds, text));
    ambit_show_text(stdout, r->axes[AMBIT_AXIS_PREDICTOR].labels[slowest], 0);
    printf(" %s\n", ambit_cli_duration(most, text));
    *total += seconds;
}

AmbitStatus ambit_session_print_cost(const AmbitSession *session, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    size_t n_threads = session->options->n_threads;
    double total = 0, share;
    char text[32];
    AmbitStatus status = AMBIT_OK;
    printf("  %-*s %10s %10s %9s  %s\n", NAME_WIDTH, "target", "examples", "conditions", "time",
           "slowest predictor");
    for (size_t i = 0; !status && i < config->n_targets; i++) {
        AmbitTargetResult *result = NULL;
        status = try_target(session, &config->targets[i], &result, &share, error);
        if (!status)
            print_row(&config->targets[i], result, share, (double)n_threads, &total);
        ambit_target_result_destroy(&result);
    }
    if (!status)
        printf("about %s with %zu thread%s, beside intervals and probes; measured on at most %d "
               "examples\n",
               ambit_cli_duration(total, text), n_threads, n_threads == 1 ? "" : "s", N_TRIED);
    return status;
}

void ambit_session_note_shares(const AmbitSession *session)
{
    const AmbitEvaluation *e = &session->evaluation;
    char line[512] = "";
    size_t used = 0;
    double sum = 0, last = INFINITY;
    for (size_t p = 0; p < e->n_predictors; p++)
        sum += session->seconds[p];
    for (size_t i = 0; i < e->n_predictors && used < sizeof line; i++) { // from most to least
        size_t most = e->n_predictors;
        for (size_t p = 0; p < e->n_predictors; p++)
            if (session->seconds[p] < last &&
                (most == e->n_predictors || session->seconds[p] > session->seconds[most]))
                most = p;
        if (most == e->n_predictors || !(session->seconds[most] > 0.01 * sum))
            break;
        last = session->seconds[most];
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%.60s %.0f %%", i ? ", " : "",
                                 e->predictors[most]->label, 100 * last / sum);
    }
    if (used && !ambit_cli_is_quiet())
        ambit_cli_say("time in predictors: %s", line);
}
