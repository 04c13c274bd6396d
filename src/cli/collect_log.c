// SPDX-License-Identifier: MIT
// The logs of a grid's runs as arrays over the same training steps: every number of a record, and
// every object of numbers such as class_loss, which gets an axis of its own.
#include "collect.h"
#include "log_record.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIELDS = 16, MOST_OBJECTS = 4, MOST_MEMBERS = 64 };

/* An object of numbers within records. */
typedef struct Object {
    char *name;
    char *members[MOST_MEMBERS];
    size_t n_members;
} Object;

/* What the records of all runs hold. */
struct AmbitLogs {
    double *steps; // ascending
    size_t n_steps, room;
    char *fields[MOST_FIELDS];
    size_t n_fields;
    Object objects[MOST_OBJECTS];
    size_t n_objects;
    const AmbitRuns *runs;
};

/* Adds a name to a list that lacks it, while there is room. Returns false without memory. */
static bool note_name(char **names, size_t *count, size_t most, const char *name)
{
    size_t i = 0;
    while (i < *count && strcmp(names[i], name) != 0)
        i++;
    if (i < *count || i == most)
        return true;
    names[i] = ambit_strdup(name);
    *count += names[i] != NULL;
    return names[i] != NULL;
}

static bool note_object(AmbitLogs *logs, const cJSON *field)
{
    size_t i = 0;
    while (i < logs->n_objects && strcmp(logs->objects[i].name, field->string) != 0)
        i++;
    if (i == MOST_OBJECTS)
        return true;
    Object *object = &logs->objects[i];
    bool enough = true;
    if (i == logs->n_objects) {
        object->name = ambit_strdup(field->string);
        enough = object->name != NULL;
        logs->n_objects += enough;
    }
    const cJSON *member;
    cJSON_ArrayForEach(member, field)
    {
        if (cJSON_IsNumber(member))
            enough = enough &&
                     note_name(object->members, &object->n_members, MOST_MEMBERS, member->string);
    }
    return enough;
}

static bool note_record(AmbitLogs *logs, const cJSON *record)
{
    const cJSON *field;
    bool enough = true;
    cJSON_ArrayForEach(field, record)
    {
        if (cJSON_IsObject(field))
            enough = enough && note_object(logs, field);
        else if (cJSON_IsNumber(field) && strcmp(field->string, "step") != 0)
            enough = enough && note_name(logs->fields, &logs->n_fields, MOST_FIELDS, field->string);
    }
    if (!enough)
        return false;
    if (logs->n_steps == logs->room) {
        logs->room = 2 * logs->room + 64;
        double *more = realloc(logs->steps, logs->room * sizeof *more);
        if (!more)
            return false;
        logs->steps = more;
    }
    logs->steps[logs->n_steps++] = (double)ambit_log_step(record);
    return true;
}

/* Calls `take` for every record of a log; a log that is not there has none. */
static AmbitStatus for_records(const char *path, bool (*take)(void *context, const cJSON *record),
                               void *context, AmbitError *error)
{
    FILE *file = ambit_file_open(path);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    bool enough = true, whole = file || errno == ENOENT;
    while (file && enough && (length = getline(&line, &capacity, file)) > 0) {
        cJSON *record = NULL;
        enough =
            !ambit_log_record(&record, line, (size_t)length) && (!record || take(context, record));
        cJSON_Delete(record);
    }
    if (file && enough && !feof(file))
        whole = false;
    int failure = errno;
    free(line);
    if (file)
        fclose(file);
    if (!whole)
        return ambit_error_set(error, AMBIT_IO, "%s: cannot be read: %s", path,
                               ambit_system_text(failure));
    return enough ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", path);
}

static bool take_note(void *context, const cJSON *record)
{
    return note_record(context, record);
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

AmbitStatus ambit_logs_create(AmbitLogs **pointer, const AmbitRuns *runs, char *const *paths,
                              AmbitError *error)
{
    AmbitLogs *logs = *pointer = ambit_alloc(1, sizeof *logs);
    if (!logs)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    logs->runs = runs;
    AmbitStatus status = AMBIT_OK;
    for (size_t run = 0; run < runs->n_runs && !status; run++)
        status = for_records(paths[run], take_note, logs, error);
    size_t distinct = 0;
    if (logs->n_steps)
        qsort(logs->steps, logs->n_steps, sizeof *logs->steps, compare_reals);
    for (size_t i = 0; i < logs->n_steps; i++)
        if (i == 0 || logs->steps[i] != logs->steps[distinct - 1])
            logs->steps[distinct++] = logs->steps[i];
    logs->n_steps = distinct;
    return status;
}

size_t ambit_logs_n_steps(const AmbitLogs *logs)
{
    return logs->n_steps;
}

void ambit_logs_destroy(AmbitLogs **pointer)
{
    AmbitLogs *logs = *pointer;
    if (!logs)
        return;
    for (size_t i = 0; i < logs->n_fields; i++)
        ambit_free(logs->fields[i]);
    for (size_t o = 0; o < logs->n_objects; o++) {
        for (size_t i = 0; i < logs->objects[o].n_members; i++)
            ambit_free(logs->objects[o].members[i]);
        ambit_free(logs->objects[o].name);
    }
    free(logs->steps);
    ambit_free(logs);
    *pointer = NULL;
}

/* The name of a field's dataset: another than its own if an axis of the runs has that. */
static void name_dataset(const AmbitLogs *logs, const char *field, char *name, size_t size)
{
    bool taken = false;
    for (size_t a = 0; a < logs->runs->n_axes; a++)
        taken |= strcmp(logs->runs->axes[a].words.name, field) == 0;
    snprintf(name, size, "%.100s%s", field, taken ? "_logged" : "");
}

/* Adds an array of NaN over training steps and, for an object, its members. */
static AmbitStatus add_array(const AmbitLogs *logs, const char *field, const Object *object,
                             AmbitTargetResult *log, AmbitError *error)
{
    char name[128], axis_name[128];
    size_t axis = 0, index;
    name_dataset(logs, field, name, sizeof name);
    snprintf(axis_name, sizeof axis_name, "%.100s", strcmp(field, "class_loss") ? field : "class");
    if (object && strcmp(field, "class_loss") != 0)
        snprintf(axis_name, sizeof axis_name, "%.100s_of", field);
    const AmbitMeasure measure = {.words = {name, field, "1", "as the run's log.jsonl has it"},
                                  .shown = AMBIT_SHOWN_NOT};
    const AmbitCaption words = {axis_name, field, "1", "entries of the log's records"};
    AmbitStatus status = object ? ambit_result_add_axis(log, &words, object->n_members, NULL,
                                                        object->members, &axis, error)
                                : AMBIT_OK;
    if (!status)
        status = ambit_result_add_array(log, &measure, object != NULL, &axis, &index, error);
    for (size_t i = 0; !status && i < log->n_steps * log->arrays[index].count; i++)
        log->arrays[index].values[i] = NAN;
    return status;
}

/* A log of NaN with the arrays in the order of fields, then objects. */
static AmbitStatus make_log(const AmbitLogs *logs, AmbitTargetResult *log, AmbitError *error)
{
    static const AmbitCaption step = {"step", "training step", "1",
                                      "optimiser steps before the one that was logged"};
    AmbitStatus status =
        ambit_result_set_axis(log, AMBIT_AXIS_STEP, &step, logs->n_steps, logs->steps, NULL, error);
    if (!status)
        status = ambit_result_set_axis(log, AMBIT_AXIS_SWEEP, NULL, 1, NULL, NULL, error);
    for (size_t i = 0; i < logs->n_fields && !status; i++)
        status = add_array(logs, logs->fields[i], NULL, log, error);
    for (size_t i = 0; i < logs->n_objects && !status; i++)
        if (logs->objects[i].n_members)
            status = add_array(logs, logs->objects[i].name, &logs->objects[i], log, error);
    return status;
}

typedef struct Filling {
    const AmbitLogs *logs;
    AmbitTargetResult *log;
} Filling;

static bool fill_record(void *context, const cJSON *record)
{
    const Filling *filling = context;
    const AmbitLogs *logs = filling->logs;
    double step = (double)ambit_log_step(record);
    const double *found = bsearch(&step, logs->steps, logs->n_steps, sizeof step, compare_reals);
    AmbitResultArray *array = filling->log->arrays;
    if (!found)
        return true; // logged since the steps were read
    size_t at = (size_t)(found - logs->steps);
    for (size_t i = 0; i < logs->n_fields; i++, array++)
        array->values[at] = ambit_log_number(record, logs->fields[i]);
    for (size_t o = 0; o < logs->n_objects; o++) {
        const Object *object = &logs->objects[o];
        const cJSON *field = cJSON_GetObjectItemCaseSensitive(record, object->name);
        for (size_t i = 0; i < object->n_members; i++)
            array->values[at * object->n_members + i] = ambit_log_number(field, object->members[i]);
        array += object->n_members > 0;
    }
    return true;
}

AmbitStatus ambit_logs_read(const AmbitLogs *logs, const char *path, AmbitTargetResult **log,
                            AmbitError *error)
{
    Filling filling = {.logs = logs, .log = ambit_alloc(1, sizeof *filling.log)};
    *log = filling.log;
    if (!*log)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    AmbitStatus status = make_log(logs, *log, error);
    if (!status)
        status = for_records(path, fill_record, &filling, error);
    if (status)
        ambit_target_result_destroy(log);
    return status;
}

double ambit_logs_final_loss(const AmbitTargetResult *log)
{
    const AmbitResultArray *loss = ambit_result_find(log, "loss");
    const double *steps = log->axes[AMBIT_AXIS_STEP].values;
    double last = NAN, sum = 0, count = 0;
    for (size_t i = 0; loss && i < log->n_steps; i++)
        if (!isnan(loss->values[i]))
            last = steps[i];
    for (size_t i = 0; loss && i < log->n_steps; i++)
        if (!isnan(loss->values[i]) && steps[i] >= 0.9 * last) {
            sum += loss->values[i];
            count++;
        }
    return sum / count;
}
