// SPDX-License-Identifier: MIT
// Lines of log.jsonl, read back. A log may hold blank lines and, after a kill, half a line; losses
// are null where they were not finite.
#ifndef AMBIT_CLI_LOG_RECORD_H
#define AMBIT_CLI_LOG_RECORD_H

#include "ambit/status.h"
#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

/* The record on one line of `length` bytes, its end of line included or not: an object with the
 * numbers `step` and `loss`, the latter perhaps null. NULL for any other line; AMBIT_NO_MEMORY if
 * that cannot be told. Free with cJSON_Delete. */
AmbitStatus ambit_log_record(cJSON **record, const char *line, size_t length);

int64_t ambit_log_step(const cJSON *record);

/* A number of a record, or of an object within it; NaN where it is null or missing. */
double ambit_log_number(const cJSON *record, const char *name);

#endif
