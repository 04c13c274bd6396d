// SPDX-License-Identifier: MIT
// Messages about files of weights.
#include "weights.h"

#include <stdarg.h>
#include <stdio.h>

AmbitStatus ambit_weights_invalid(const AmbitWeights *file, AmbitError *error, const char *format,
                                  ...)
{
    char text[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return ambit_error_set(error, AMBIT_INVALID, "%s: %s", file->path, text);
}
