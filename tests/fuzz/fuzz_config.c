// SPDX-License-Identifier: MIT
// Reads any bytes as a configuration: there must be settings or a located message, and no memory
// may stay allocated.
#include "fuzz.h"

#include "ambit/config.h"

#include <stdlib.h>
#include <string.h>

/* Whether the text asks for a random basis of more than 40 dims, which takes milliseconds and
 * more by itself: D³ operations, no matter what else is in the text. */
static bool is_slow(const char *text)
{
    bool slow = false;
    if (strstr(text, "skewed") || strstr(text, "half_subspace"))
        for (const char *at = text; !slow && (at = strstr(at, "n_dim")); at++) {
            const char *number = at + strlen("n_dim");
            slow = strtod(number + strspn(number, "s\"': \t\r\n"), NULL) > 40;
        }
    return slow;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    char *text = malloc(size + 1);
    AmbitConfig *config = NULL;
    AmbitError error = {0};
    fuzz_must(text != NULL);
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (is_slow(text)) {
        free(text);
        return 0;
    }
    if (ambit_config_load_text(&config, text, "fuzz.yaml", NULL, NULL, 0, &error))
        fuzz_must(*error.message && !config);
    else
        fuzz_must(config && config->resolved);
    ambit_config_destroy(&config);
    free(text);
    return 0;
}

/* The configurations in tests/data and experiments are the seeds. */
void fuzz_seeds(const char *folder)
{
    (void)folder;
}
