// SPDX-License-Identifier: MIT
// Cells of tables of comma-separated values (RFC 4180).
#ifndef AMBIT_CLI_CSV_H
#define AMBIT_CLI_CSV_H

#include "ambit/result.h"
#include <stdio.h>

/* Writes text. Control characters become "?", since a table may be printed to a terminal. A quote
 * goes before text that a spreadsheet would take for a formula. */
void ambit_csv_text(FILE *out, const char *text);

/* Writes a comma and a number; only the comma if the number is undefined. */
void ambit_csv_number(FILE *out, double value);

/* Writes a comma and the label or number at index `i` of an axis. */
void ambit_csv_place(FILE *out, const AmbitResultAxis *axis, size_t i);

/* Writes the index of an example: that on the axis, if it has coordinates. */
void ambit_csv_example(FILE *out, const AmbitResultAxis *axis, size_t i);

#endif
