// SPDX-License-Identifier: MIT
// Prints text and numbers in columns. A UTF-8 character counts as one column, since names and
// labels hold no wide characters.
#include "show.h"

#include <math.h>
#include <string.h>

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t ambit_show_character(FILE *out, const char *text)
{
    unsigned char first = (unsigned char)text[0], second = first ? (unsigned char)text[1] : 0;
    size_t bytes = 1;
    if (first >= 0xc0)
        while (continues(text[bytes]))
            bytes++;
    bool control =
        first < 0x20 || (first >= 0x7f && first < 0xa0) || (first == 0xc2 && second < 0xa0);
    if (control)
        fputc('?', out);
    else
        fwrite(text, 1, bytes, out);
    return bytes;
}

size_t ambit_show_text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += !continues(*text);
    return width;
}

void ambit_show_text(FILE *out, const char *text, size_t width)
{
    size_t columns = ambit_show_text_width(text), shown = 0;
    bool cut = width && columns > width;
    for (; *text && !(cut && shown + 1 == width); shown++)
        text += ambit_show_character(out, text);
    if (cut) {
        fputs("…", out);
        shown++;
    }
    for (; shown < width; shown++)
        fputc(' ', out);
}

void ambit_show_number(double value, char text[AMBIT_NUMBER_SIZE])
{
    double size = fabs(value);
    if (!isfinite(value))
        snprintf(text, AMBIT_NUMBER_SIZE, "%s", isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
    else if (size == 0)
        snprintf(text, AMBIT_NUMBER_SIZE, "0");
    else if (size >= 999.5 || size < 0.001)
        snprintf(text, AMBIT_NUMBER_SIZE, "%.2e", value);
    else
        snprintf(text, AMBIT_NUMBER_SIZE, "%.*f",
                 size < 0.01  ? 5
                 : size < 0.1 ? 4
                 : size < 1   ? 3
                 : size < 10  ? 2
                 : size < 100 ? 1
                              : 0,
                 value);
}

void ambit_show_wrapped(FILE *out, const char *text, size_t indent)
{
    size_t used = indent;
    while (*text) {
        size_t length = strcspn(text, " "), width = 0;
        for (size_t i = 0; i < length; i++)
            width += !continues(text[i]);
        if (used > indent && used + 1 + width > AMBIT_SHOW_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            used = indent;
        } else if (used > indent) {
            fputc(' ', out);
            used++;
        }
        used += width;
        for (const char *end = text + length; text < end;)
            text += ambit_show_character(out, text);
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

void ambit_show_paragraph(FILE *out, const char *text)
{
    fputs("  ", out);
    ambit_show_wrapped(out, text, 2);
}
