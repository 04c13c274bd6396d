// SPDX-License-Identifier: MIT
// log.jsonl: one JSON object per logged step.
#include "run.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include "log_record.h"
#include "run_holder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool add_losses(cJSON *line, const AmbitStepReport *report, const AmbitRunSource *source)
{
    cJSON *losses = cJSON_AddObjectToObject(line, "class_loss");
    bool added = losses != NULL;
    for (size_t c = 0; added && c < source->source.n_classes; c++)
        if (!isnan(report->class_loss[c]))
            added = cJSON_AddNumberToObject(losses, source->classes[c], report->class_loss[c]);
    return added;
}

static bool add_columns(cJSON *line, const AmbitStepReport *report, const char *const *columns)
{
    bool added = true;
    for (size_t i = 0; added && columns[i]; i++)
        added = cJSON_AddNumberToObject(line, columns[i], report->columns[i]);
    return added;
}

/* {"loss": …, "accuracy": …} under the name of each split that was scored. */
static bool add_validation(cJSON *line, const AmbitValidation *validation)
{
    bool added = true;
    for (size_t s = 0; added && validation && s < AMBIT_N_SPLITS; s++) {
        const AmbitScores *scores = &validation->splits[s];
        if (isnan(scores->loss) && isnan(scores->accuracy))
            continue;
        cJSON *split = cJSON_AddObjectToObject(line, ambit_split_names[s]);
        added = split && cJSON_AddNumberToObject(split, "loss", scores->loss) &&
                cJSON_AddNumberToObject(split, "accuracy", scores->accuracy);
    }
    return added;
}

AmbitStatus ambit_run_log_append(FILE *log, const char *path, const AmbitStepReport *report,
                                 const AmbitRunSource *source, const AmbitValidation *validation,
                                 AmbitError *error)
{
    cJSON *line = cJSON_CreateObject();
    bool built = line && cJSON_AddNumberToObject(line, "step", (double)report->step) &&
                 cJSON_AddNumberToObject(line, "loss", report->loss) &&
                 add_losses(line, report, source) &&
                 cJSON_AddNumberToObject(line, "gradient_norm", report->gradient_norm) &&
                 cJSON_AddNumberToObject(line, "learning_rate", report->learning_rate) &&
                 add_columns(line, report, source->source.type->columns) &&
                 add_validation(line, validation) &&
                 (!report->skipped || cJSON_AddTrueToObject(line, "skipped"));
    char *text = built ? cJSON_PrintUnformatted(line) : NULL;
    AmbitStatus status = AMBIT_OK;
    if (!text)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a log line");
    else if (fprintf(log, "%s\n", text) < 0 || fflush(log))
        status = ambit_error_set(error, AMBIT_IO, "%s: cannot write: %s", path,
                                 ambit_system_text(errno));
    cJSON_free(text);
    cJSON_Delete(line);
    return status;
}

/* Copies complete lines of steps before `step`, in ascending order of steps. */
static AmbitStatus copy_lines(FILE *from, FILE *to, int64_t step)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int64_t before = -1;
    AmbitStatus status = AMBIT_OK;
    while (!status && (length = getline(&line, &capacity, from)) > 0) {
        cJSON *record = NULL;
        if (line[length - 1] == '\n') // else a kill cut it
            status = ambit_log_record(&record, line, (size_t)length);
        int64_t at = record ? ambit_log_step(record) : -1;
        if (at > before && at < step) {
            before = at;
            fputs(line, to);
        }
        cJSON_Delete(record);
    }
    free(line);
    return status || (!ferror(from) && feof(from) && !ferror(to)) ? status : AMBIT_IO;
}

static void warn_of_loss(const char *path, const char *finding, int64_t step)
{
    if (step > 0)
        ambit_cli_warn("%s %s, so what was logged before step %" PRId64 " is lost", path, finding,
                       step);
}

static AmbitStatus drop_later_lines(const char *path, int64_t step, AmbitError *error)
{
    char *kept = NULL;
    size_t size;
    FILE *from = ambit_file_open(path);
    if (!from && errno == ENOENT) {
        warn_of_loss(path, "is missing", step);
        return AMBIT_OK;
    }
    if (!from)
        return ambit_error_set(error, AMBIT_IO, "%s: cannot read: %s", path,
                               ambit_system_text(errno));
    FILE *to = open_memstream(&kept, &size);
    AmbitStatus status = to ? copy_lines(from, to, step) : AMBIT_NO_MEMORY;
    if (to && fclose(to))
        status = AMBIT_IO;
    if (status)
        status = ambit_error_set(error, status, "%s: cannot read: %s", path,
                                 status == AMBIT_IO ? ambit_system_text(errno)
                                                    : ambit_status_text(status));
    fclose(from);
    if (!status && !*kept)
        warn_of_loss(path, "holds no records", step);
    if (!status)
        status = ambit_cli_write_text(path, kept, error);
    free(kept);
    return status;
}

/* A FIFO that nobody reads is no log to wait for. */
static AmbitStatus open_log(int *descriptor, const char *path, AmbitError *error)
{
    *descriptor =
        open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    return *descriptor >= 0 ? AMBIT_OK
                            : ambit_error_set(error, AMBIT_IO, "%s: cannot open: %s", path,
                                              ambit_system_text(errno));
}

AmbitStatus ambit_run_log_open(FILE **log, const char *path, int64_t step, AmbitError *error)
{
    int descriptor;
    AmbitStatus status = drop_later_lines(path, step, error);
    if (!status)
        status = open_log(&descriptor, path, error);
    if (status)
        return status;
    *log = fdopen(descriptor, "a");
    if (*log)
        return AMBIT_OK;
    status =
        ambit_error_set(error, AMBIT_IO, "%s: cannot open: %s", path, ambit_system_text(errno));
    close(descriptor);
    return status;
}

/* Writes what a log without a name holds under the name that it had. */
static AmbitStatus write_again(int log, const char *path, AmbitError *error)
{
    struct stat found;
    size_t size = fstat(log, &found) == 0 ? (size_t)found.st_size : 0, length = 0;
    ssize_t count = 0;
    char *text = ambit_alloc(size + 1, 1);
    if (!text)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: no memory for a log", path);
    while ((count = pread(log, text + length, size - length, (off_t)length)) > 0)
        length += (size_t)count;
    AmbitStatus status = count < 0 ? ambit_error_set(error, AMBIT_IO, "%s: cannot read: %s", path,
                                                     ambit_system_text(errno))
                                   : ambit_cli_write_text(path, text, error);
    ambit_free(text);
    return status;
}

/* Makes the log the file under its name again. One that was removed is written again; one that was
 * replaced goes on in the other file. */
static AmbitStatus follow_name(int log, const char *path, AmbitError *error)
{
    bool removed = access(path, F_OK) != 0 && errno == ENOENT;
    int descriptor = -1;
    ambit_cli_warn(removed ? "%s was removed during the run; it is written again"
                           : "%s was replaced during the run; it goes on in the new file",
                   path);
    AmbitStatus status = removed ? write_again(log, path, error) : AMBIT_OK;
    if (!status)
        status = open_log(&descriptor, path, error);
    if (!status && dup3(descriptor, log, O_CLOEXEC) < 0)
        status =
            ambit_error_set(error, AMBIT_IO, "%s: cannot open: %s", path, ambit_system_text(errno));
    if (descriptor >= 0)
        close(descriptor);
    return status;
}

AmbitStatus ambit_run_log_sync(FILE *log, const char *path, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    bool written = fflush(log) == 0;
    if (written && !ambit_run_leads_to(path, fileno(log)))
        status = follow_name(fileno(log), path, error);
    if (!status && !(written && (fsync(fileno(log)) == 0 || errno == EINVAL)))
        status = ambit_error_set(error, AMBIT_IO, "%s: cannot write: %s", path,
                                 ambit_system_text(errno));
    return status;
}
