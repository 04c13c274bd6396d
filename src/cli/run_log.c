// SPDX-License-Identifier: MIT
// log.jsonl: one JSON object per logged step.
#include "run.h"

#include "ambit/memory.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool add_losses(cJSON *line, const AmbitStepReport *report, const AmbitMixture *mixture)
{
    cJSON *losses = cJSON_AddObjectToObject(line, "class_loss");
    bool added = losses != NULL;
    for (size_t c = 0; added && c < mixture->n_classes; c++)
        if (!isnan(report->class_loss[c]))
            added = cJSON_AddNumberToObject(losses, mixture->labels[c], report->class_loss[c]);
    return added;
}

AmbitStatus ambit_run_log_append(FILE *log, const char *path, const AmbitStepReport *report,
                                 const AmbitMixture *mixture, AmbitError *error)
{
    cJSON *line = cJSON_CreateObject();
    bool built = line && cJSON_AddNumberToObject(line, "step", (double)report->step) &&
                 cJSON_AddNumberToObject(line, "loss", report->loss) &&
                 add_losses(line, report, mixture) &&
                 cJSON_AddNumberToObject(line, "gradient_norm", report->gradient_norm) &&
                 cJSON_AddNumberToObject(line, "learning_rate", report->learning_rate) &&
                 cJSON_AddNumberToObject(line, "n_points", (double)report->n_points) &&
                 cJSON_AddNumberToObject(line, "active_dims", (double)report->active_dims);
    char *text = built ? cJSON_PrintUnformatted(line) : NULL;
    AmbitStatus status = AMBIT_OK;
    if (!text)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a log line");
    else if (fprintf(log, "%s\n", text) < 0 || fflush(log))
        status = ambit_error_set(error, AMBIT_IO, "%s: cannot write: %s", path, strerror(errno));
    cJSON_free(text);
    cJSON_Delete(line);
    return status;
}

/* The step of a log line, or −1 if it is none (a line cut by a crash). */
static int64_t step_of(const char *text)
{
    cJSON *line = cJSON_Parse(text);
    const cJSON *step = cJSON_GetObjectItemCaseSensitive(line, "step");
    int64_t value = cJSON_IsNumber(step) ? (int64_t)step->valuedouble : -1;
    cJSON_Delete(line);
    return value;
}

/* Copies whole lines of earlier steps. */
static bool copy_lines(FILE *from, FILE *to, int64_t step)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    bool copied = true;
    while (copied && (length = getline(&line, &capacity, from)) > 0) {
        int64_t at = line[length - 1] == '\n' ? step_of(line) : -1;
        if (at >= 0 && at < step)
            copied = fputs(line, to) >= 0;
    }
    free(line);
    return copied && !ferror(from) && fflush(to) == 0 && fsync(fileno(to)) == 0;
}

static AmbitStatus drop_later_lines(const char *path, int64_t step, AmbitError *error)
{
    FILE *from = fopen(path, "r");
    if (!from)
        return errno == ENOENT
                   ? AMBIT_OK
                   : ambit_error_set(error, AMBIT_IO, "%s: cannot read: %s", path, strerror(errno));
    size_t size = strlen(path) + sizeof ".tmp";
    char *aside = ambit_alloc(size, 1);
    if (aside)
        snprintf(aside, size, "%s.tmp", path);
    FILE *to = aside ? fopen(aside, "w") : NULL;
    bool done = to && copy_lines(from, to, step);
    if (to)
        done = fclose(to) == 0 && done;
    fclose(from);
    done = done && rename(aside, path) == 0;
    ambit_free(aside);
    return done ? AMBIT_OK
                : ambit_error_set(error, AMBIT_IO, "%s: cannot rewrite: %s", path, strerror(errno));
}

AmbitStatus ambit_run_log_open(FILE **log, const char *path, int64_t step, AmbitError *error)
{
    AmbitStatus status = drop_later_lines(path, step, error);
    if (status)
        return status;
    *log = fopen(path, "a");
    return *log ? AMBIT_OK
                : ambit_error_set(error, AMBIT_IO, "%s: cannot open: %s", path, strerror(errno));
}
