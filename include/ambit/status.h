// SPDX-License-Identifier: MIT
// Statuses and error messages. Library code returns a status and fills an AmbitError with the
// place, the finding and the remedy; it never prints and never exits.
#ifndef AMBIT_STATUS_H
#define AMBIT_STATUS_H

#include <stdbool.h>

#define AMBIT_STATUS_LIST(X)                                                                       \
    X(AMBIT_OK, "ok")                                                                              \
    X(AMBIT_INVALID, "invalid input")                                                              \
    X(AMBIT_NO_MEMORY, "out of memory")                                                            \
    X(AMBIT_IO, "input/output failure")                                                            \
    X(AMBIT_NUMERICAL, "numerical failure")                                                        \
    X(AMBIT_INTERRUPTED, "interrupted")

/* A C23 compiler warns where a returned status is ignored; the `statuses` test compiles all sources
 * as C23 to check this. */
#if __STDC_VERSION__ > 201710L
#define AMBIT_NODISCARD [[nodiscard]]
#else
#define AMBIT_NODISCARD
#endif

#define AMBIT_STATUS_ENUM(name, text) name,
typedef enum AMBIT_NODISCARD AmbitStatus { AMBIT_STATUS_LIST(AMBIT_STATUS_ENUM) } AmbitStatus;
#undef AMBIT_STATUS_ENUM

typedef struct AmbitError {
    char message[4096]; // one line, but several for a config with several errors
    char parameter[64]; // the parameter at fault, whose line config then finds; or empty
    long long place;    // in a config: orders errors that are told together; 0: none
    bool agreed;        // all processes of a team have this message (ambit/team.h)
} AmbitError;

/* The text of a status; never NULL. */
const char *ambit_status_text(AmbitStatus status);

/* The system's text for an errno and, for the common ones, a remedy. Valid until this thread's next
 * call. */
const char *ambit_system_text(int number);

/* Writes a formatted message (an earlier one is replaced) and returns `status`, so that a failing
 * line reads `return ambit_error_set(error, AMBIT_INVALID, "...")`. `error` may be NULL. */
AmbitStatus ambit_error_set(AmbitError *error, AmbitStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As ambit_error_set, and stores the parameter at fault. Always returns AMBIT_INVALID. */
AmbitStatus ambit_error_parameter(AmbitError *error, const char *parameter, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns the name in the NULL-ended list `names` nearest to `word` by edit distance, for "did you
 * mean". The distance must be at most max(2, length of the word / 3) and below the length of the
 * name; NULL if there is no such name. */
const char *ambit_nearest_name(const char *word, const char *const *names);

#endif
