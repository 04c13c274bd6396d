// SPDX-License-Identifier: MIT
// Lines of log.jsonl, read back. A log may hold blank lines and, after a kill, half a line; losses
// are null where they were not finite.
#ifndef AMBIT_CLI_LOG_RECORD_H
#define AMBIT_CLI_LOG_RECORD_H

#include "ambit/status.h"
#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the record on one line of `length` bytes, with or without the end of line: an object with
 * the numbers `step` and `loss`; `loss` may be null. *record is NULL for any other line. Returns
 * AMBIT_NO_MEMORY if memory was too short to decide. Free with cJSON_Delete. */
AmbitStatus ambit_log_record(cJSON **record, const char *line, size_t length);

int64_t ambit_log_step(const cJSON *record);

/* Returns a number of a record, or of an object within a record; NaN if it is null or missing. */
double ambit_log_number(const cJSON *record, const char *name);

#endif
