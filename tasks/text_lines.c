// SPDX-License-Identifier: MIT
// Lines of UTF-8 files.
#include "text_lines.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

AmbitStatus ambit_lines_open(AmbitLines *lines, const char *path, AmbitError *error)
{
    *lines = (AmbitLines){.path = path};
    lines->file = ambit_file_open(path);
    return lines->file ? AMBIT_OK
                       : ambit_error_set(error, AMBIT_IO, "%s: %s", path, ambit_system_text(errno));
}

void ambit_lines_close(AmbitLines *lines)
{
    if (lines->file)
        fclose(lines->file);
    ambit_free(lines->text);
    *lines = (AmbitLines){0};
}

/* Returns the column of a byte in characters, from 1 on. */
static size_t column_of(const AmbitLines *lines, size_t at)
{
    size_t column = 1;
    for (size_t i = 0; i < at && i < lines->length; i++)
        column += ((unsigned char)lines->text[i] & 0xC0) != 0x80;
    return column;
}

AmbitStatus ambit_lines_refuse(const AmbitLines *lines, size_t at, AmbitError *error,
                               const char *format, ...)
{
    char finding[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding, sizeof finding, format, arguments);
    va_end(arguments);
    return ambit_error_set(error, AMBIT_INVALID, "%s:%zu:%zu: %s", lines->path, lines->number,
                           column_of(lines, at), finding);
}

static AmbitStatus check_characters(const AmbitLines *lines, AmbitError *error)
{
    const unsigned char *text = (const unsigned char *)lines->text;
    for (size_t i = 0, n; i < lines->length; i += n) {
        n = text[i] ? ambit_utf8_size(lines->text + i, lines->length - i) : 1;
        if (n == 0)
            return ambit_lines_refuse(lines, i, error,
                                      "found byte 0x%02X, which is not UTF-8; convert the file, "
                                      "e.g. with iconv -t UTF-8",
                                      text[i]);
        if (text[i] == '\r')
            return ambit_lines_refuse(lines, i, error,
                                      "found a carriage return; lines end in a line feed alone "
                                      "(sed -i 's/\\r$//' FILE)");
        if (text[i] == 0x7F || (text[i] < ' ' && text[i] != '\t'))
            return ambit_lines_refuse(lines, i, error,
                                      "found the control character 0x%02X; lines hold words, "
                                      "blanks and a TAB",
                                      text[i]);
        if (n == 3 && memcmp(text + i, "\xEF\xBB\xBF", 3) == 0)
            return ambit_lines_refuse(lines, i, error,
                                      "found a byte order mark; save the file as UTF-8 without "
                                      "one");
    }
    return AMBIT_OK;
}

/* Doubles the room for a line. */
static bool enlarge(AmbitLines *lines)
{
    size_t room = lines->room ? 2 * lines->room : 256;
    char *text = ambit_alloc(room, 1);
    if (!text)
        return false;
    if (lines->text)
        memcpy(text, lines->text, lines->length);
    ambit_free(lines->text);
    lines->text = text;
    lines->room = room;
    return true;
}

AmbitStatus ambit_lines_read(AmbitLines *lines, bool *found, AmbitError *error)
{
    int c = getc_unlocked(lines->file);
    lines->length = 0;
    lines->number++;
    *found = c != EOF;
    for (;; c = getc_unlocked(lines->file)) {
        if (lines->length == lines->room && !enlarge(lines))
            return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: no memory for a line", lines->path);
        if (c == EOF || c == '\n')
            break;
        if (lines->length == AMBIT_LONGEST_LINE)
            return ambit_lines_refuse(lines, 0, error,
                                      "found a line of more than %d bytes; is this a corpus?",
                                      (int)AMBIT_LONGEST_LINE);
        lines->text[lines->length++] = (char)c;
    }
    lines->text[lines->length] = '\0';
    if (ferror(lines->file))
        return ambit_error_set(error, AMBIT_IO, "%s: %s", lines->path, ambit_system_text(errno));
    return check_characters(lines, error);
}
