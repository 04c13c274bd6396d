// SPDX-License-Identifier: MIT
// Reads lines of log.jsonl with cJSON.
#include "log_record.h"

#include "ambit/memory.h"
#include <ctype.h>
#include <math.h>
#include <stdbool.h>

static const double most_steps = 0x1p53;

static bool is_whole(const cJSON *record)
{
    const cJSON *loss = cJSON_GetObjectItemCaseSensitive(record, "loss");
    double step = ambit_log_number(record, "step");
    return cJSON_IsObject(record) && step >= 0 && step < most_steps && step == floor(step) &&
           (cJSON_IsNumber(loss) || cJSON_IsNull(loss));
}

/* Returns NULL if the text is no JSON, if more text follows, or if there is no memory. */
static cJSON *parse(const char *line, size_t length)
{
    const char *end = NULL;
    cJSON *record = cJSON_ParseWithLengthOpts(line, length, &end, false);
    while (record && end < line + length && isspace((unsigned char)*end))
        end++;
    if (!record || end == line + length)
        return record;
    cJSON_Delete(record);
    return NULL;
}

AmbitStatus ambit_log_record(cJSON **record, const char *line, size_t length)
{
    enum { BYTES_PER_LETTER = 64 }; // most memory that cJSON takes for a letter
    *record = parse(line, length);
    if (!*record) { // cJSON does not report a lack of memory: if there is enough, try again
        void *room = ambit_alloc(length + 1, BYTES_PER_LETTER);
        if (!room)
            return AMBIT_NO_MEMORY;
        ambit_free(room);
        *record = parse(line, length);
    }
    if (is_whole(*record))
        return AMBIT_OK;
    cJSON_Delete(*record);
    *record = NULL;
    return AMBIT_OK;
}

int64_t ambit_log_step(const cJSON *record)
{
    return (int64_t)ambit_log_number(record, "step");
}

double ambit_log_number(const cJSON *record, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(record, name);
    return cJSON_IsNumber(value) ? value->valuedouble : NAN;
}
