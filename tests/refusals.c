// SPDX-License-Identifier: MIT
// Asserts that configurations are refused.
#include "testing.h"

#include "refusals.h"
#include <string.h>

void assert_message(const AmbitError *error, const char *message)
{
    size_t length = strlen(message);
    if (message[length - 1] != '*')
        assert_string_equal(error->message, message);
    else if (strncmp(error->message, message, length - 1) != 0)
        fail_msg("found    %s\n       expected %s", error->message, message);
}

void assert_refused(const char *text, const char *message)
{
    AmbitConfig *config = NULL;
    AmbitError error = {.message = ""};
    AmbitStatus status = ambit_config_load_text(&config, text, "x.yaml", NULL, NULL, 0, &error);
    assert_message(&error, message);
    assert_int_equal(status, AMBIT_INVALID);
    assert_null(config);
}

void assert_all_refused(const Refusal *refusals)
{
    for (; refusals->text; refusals++)
        assert_refused(refusals->text, refusals->message);
}
