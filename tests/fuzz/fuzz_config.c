// SPDX-License-Identifier: MIT
// Reads any bytes as a configuration: there must be settings or a located message, and no memory
// may stay allocated.
#include "fuzz.h"

#include "ambit/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    char *text = malloc(size + 1);
    AmbitConfig *config = NULL;
    AmbitError error = {0};
    fuzz_must(text != NULL);
    memcpy(text, bytes, size);
    text[size] = '\0';
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
