// SPDX-License-Identifier: MIT
// Cells of tables of comma-separated values (RFC 4180).
#include "csv.h"
#include "show.h"

#include <math.h>
#include <string.h>

/* Writes text as a cell (RFC 4180). Control characters become "?", since a table may be printed to
 * a terminal. A quote goes before text that a spreadsheet would take for a formula. */
void ambit_csv_text(FILE *out, const char *text)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    if (quoted)
        fputc('"', out);
    if (*text && strchr("=+-@\t\r", *text))
        fputc('\'', out);
    while (*text) {
        if (*text == '"')
            fputc('"', out);
        if (*text == '\n')
            fputc(*text++, out);
        else
            text += ambit_show_character(out, text);
    }
    if (quoted)
        fputc('"', out);
}

void ambit_csv_number(FILE *out, double value)
{
    char text[32];
    ambit_real_text(value, text, sizeof text);
    fprintf(out, ",%s", isnan(value) ? "" : text);
}

void ambit_csv_place(FILE *out, const AmbitResultAxis *axis, size_t i)
{
    if (axis->labels) {
        fputc(',', out);
        ambit_csv_text(out, axis->labels[i]);
    } else {
        ambit_csv_number(out, axis->values[i]);
    }
}

void ambit_csv_example(FILE *out, const AmbitResultAxis *axis, size_t i)
{
    if (axis->values)
        fprintf(out, "%.0f", axis->values[i]);
    else
        fprintf(out, "%zu", i);
}
