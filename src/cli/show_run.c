// SPDX-License-Identifier: MIT
// `ambit show` of a run folder and of a checkpoint.
#include "cli.h"
#include "log_record.h"
#include "show.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N_RECORDS = 5, LOG_TAIL = 1 << 16, MOST_LISTED = 10, FIELD_WIDTH = 24 };

AmbitStatus ambit_show_checkpoint(FILE *out, const char *path, AmbitError *error)
{
    AmbitCheckpointSummary *summary = NULL;
    AmbitStatus status = ambit_checkpoint_summarize(&summary, path, error);
    if (status != AMBIT_OK)
        return status;
    size_t total = 0;
    ambit_show_origin(out, path, "seed", &summary->origin);
    fputs("\n  parameter                                         shape\n", out);
    for (size_t i = 0; i < summary->n_tensors; i++) {
        const AmbitTensor *tensor = &summary->tensors[i];
        char shape[48];
        snprintf(shape, sizeof shape, tensor->rank == 2 ? "%zu × %zu" : "%zu", tensor->shape[0],
                 tensor->shape[1]);
        fputs("  ", out);
        ambit_show_text(out, tensor->name, 50);
        fprintf(out, "%s\n", shape);
        total += tensor->count;
    }
    fprintf(out, "  %zu parameters%s; digests agree\n", total,
            summary->has_moments ? " with Adam's moments" : ", no optimiser state");
    ambit_checkpoint_summary_destroy(&summary);
    return AMBIT_OK;
}

static int is_checkpoint(const struct dirent *entry)
{
    return ambit_checkpoint_name_step(entry->d_name) >= 0;
}

static int by_step(const struct dirent **a, const struct dirent **b)
{
    int64_t x = ambit_checkpoint_name_step((*a)->d_name);
    int64_t y = ambit_checkpoint_name_step((*b)->d_name);
    return (x > y) - (x < y);
}

/* Lists the newest checkpoints; returns how many there are, negative on failure. */
static int show_checkpoints(FILE *out, const char *run)
{
    struct dirent **entries = NULL;
    int count = scandir(run, &entries, is_checkpoint, by_step);
    if (count > MOST_LISTED)
        fprintf(out, "  %d earlier checkpoints\n", count - MOST_LISTED);
    for (int i = 0; i < count; i++) {
        struct stat file;
        char size[AMBIT_BYTES_TEXT];
        char *path = ambit_cli_path(run, entries[i]->d_name);
        if (i + MOST_LISTED >= count && path && stat(path, &file) == 0)
            fprintf(out, "  %-28s step %-10" PRId64 " %12s\n", entries[i]->d_name,
                    ambit_checkpoint_name_step(entries[i]->d_name),
                    ambit_bytes_text((double)file.st_size, size));
        ambit_free(path);
        free(entries[i]);
    }
    free(entries);
    return count;
}

static int is_parameters(const struct dirent *entry)
{
    return ambit_parameters_name_step(entry->d_name) >= 0;
}

static int by_parameters_step(const struct dirent **a, const struct dirent **b)
{
    int64_t x = ambit_parameters_name_step((*a)->d_name);
    int64_t y = ambit_parameters_name_step((*b)->d_name);
    return (x > y) - (x < y);
}

/* Says in one line at which steps the parameters alone are kept. */
static void show_parameters(FILE *out, const char *run)
{
    struct dirent **entries = NULL;
    int count = scandir(run, &entries, is_parameters, by_parameters_step);
    if (count > 0)
        fprintf(out,
                "  parameters_*.h5              %d step%s, %" PRId64 " … %" PRId64
                ", for evaluation.every\n",
                count, count == 1 ? "" : "s", ambit_parameters_name_step(entries[0]->d_name),
                ambit_parameters_name_step(entries[count - 1]->d_name));
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

/* The last LOG_TAIL bytes of a file as text, from the first whole line on; NULL if there is no such
 * line. */
static char *read_tail(const char *path)
{
    FILE *file = ambit_file_open(path);
    if (!file)
        return NULL;
    char *text = ambit_alloc(LOG_TAIL + 1, 1);
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    long start = size > LOG_TAIL ? size - LOG_TAIL : 0;
    if (!text || size < 0 || fseek(file, start, SEEK_SET) != 0) {
        ambit_free(text);
        text = NULL;
    } else {
        text[fread(text, 1, LOG_TAIL, file)] = '\0';
        char *line = start > 0 ? strchr(text, '\n') : NULL;
        if (line)
            memmove(text, line + 1, strlen(line + 1) + 1);
    }
    fclose(file);
    return text;
}

/* Parses the last records of `text`, oldest first; lines that are no records are skipped. */
static size_t parse_records(char *text, cJSON *records[N_RECORDS])
{
    size_t count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        cJSON *record;
        if (ambit_log_record(&record, line, strlen(line)) || !record)
            continue;
        if (count == N_RECORDS) {
            cJSON_Delete(records[0]);
            memmove(records, records + 1, (N_RECORDS - 1) * sizeof *records);
            count--;
        }
        records[count++] = record;
    }
    return count;
}

/* Prints one field of all records on a line. `parent` is the object within the record that holds
 * the field. */
static void show_field(FILE *out, cJSON *const *records, size_t count, const char *parent,
                       const char *name)
{
    fputs("  ", out);
    if (parent)
        fputs("  ", out);
    ambit_show_text(out, name, parent ? FIELD_WIDTH - 2 : FIELD_WIDTH);
    for (size_t i = 0; i < count; i++) {
        char text[AMBIT_NUMBER_SIZE];
        const cJSON *place = records[i];
        if (parent)
            place = cJSON_GetObjectItemCaseSensitive(place, parent);
        double number = ambit_log_number(place, name);
        if (number == rint(number) && fabs(number) < 1e8)
            snprintf(text, sizeof text, "%d", (int)number);
        else
            ambit_show_number(number, text);
        fprintf(out, " %9s", text);
    }
    fputc('\n', out);
}

/* Prints the end of the log, transposed: one line per field of the last record, one column per
 * record. */
static bool show_log(FILE *out, const char *path)
{
    cJSON *records[N_RECORDS];
    char *text = read_tail(path);
    size_t count = text ? parse_records(text, records) : 0;
    if (count > 0) {
        const cJSON *field, *inner;
        fprintf(out, "\n  end of log.jsonl\n");
        cJSON_ArrayForEach(field, records[count - 1])
        {
            if (cJSON_IsNumber(field) || cJSON_IsNull(field))
                show_field(out, records, count, NULL, field->string);
            if (!cJSON_IsObject(field))
                continue;
            fputs("  ", out);
            ambit_show_text(out, field->string, 0);
            fputc('\n', out);
            cJSON_ArrayForEach(inner, field)
                show_field(out, records, count, field->string, inner->string);
        }
    }
    for (size_t i = 0; i < count; i++)
        cJSON_Delete(records[i]);
    ambit_free(text);
    return count > 0;
}

/* Refuses a folder or a log that may not be read: what is in it would be missing without a word. */
static AmbitStatus check_readable(const char *run, const char *log, AmbitError *error)
{
    const char *unreadable = access(run, R_OK | X_OK) != 0               ? run
                             : access(log, R_OK) != 0 && errno != ENOENT ? log
                                                                         : NULL;
    return unreadable
               ? ambit_error_set(error, AMBIT_IO, "%s: %s", unreadable, ambit_system_text(errno))
               : AMBIT_OK;
}

AmbitStatus ambit_show_run(FILE *out, const char *run, const AmbitShowOptions *options,
                           AmbitError *error)
{
    bool has_results = false;
    AmbitStatus status = AMBIT_OK;
    char *log = ambit_cli_path(run, "log.jsonl"), *results = ambit_cli_path(run, "results.h5");
    if (!log || !results) {
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    } else if (!(status = check_readable(run, log, error)) &&
               !(status = ambit_cli_exists(results, &has_results, error))) {
        ambit_show_text(out, run, 0);
        fputc('\n', out);
        int n_checkpoints = show_checkpoints(out, run);
        show_parameters(out, run);
        ambit_show_curves(out, log);
        bool has_log = show_log(out, log);
        if (n_checkpoints < 0)
            status = ambit_error_set(error, AMBIT_IO, "%s: %s", run, ambit_system_text(errno));
        else if (n_checkpoints == 0 && !has_log && !has_results)
            status =
                ambit_error_set(error, AMBIT_INVALID,
                                "%s: not a run folder: it has no checkpoint_*.h5, no "
                                "log.jsonl and no results.h5; give one that `ambit pretrain` made",
                                run);
        if (status == AMBIT_OK && has_results) {
            fputc('\n', out);
            status = ambit_show_results(out, results, options, error);
        }
    }
    ambit_free(log);
    ambit_free(results);
    return status;
}
