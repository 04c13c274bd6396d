// SPDX-License-Identifier: MIT
// `ambit export --corpus`: the splits of a corpus as files that ambit reads.
#include "export_corpus.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "cli.h"

#include "ambit/config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What write_split needs. */
typedef struct Written {
    const AmbitCorpus *corpus;
    AmbitSplitName split;
} Written;

/* An ambit_write_fn. A failure of the stream is noticed by the caller. */
static AmbitStatus write_split(FILE *file, const void *context, AmbitError *error)
{
    const Written *written = context;
    (void)error;
    (void)!ambit_split_write(file, written->corpus, written->split);
    return AMBIT_OK;
}

/* Returns the path of a split's file; NULL if there is no memory. */
static char *path_of(const char *folder, AmbitSplitName split)
{
    char name[32];
    snprintf(name, sizeof name, "%s.txt", ambit_split_names[split]);
    return ambit_cli_path(folder, name);
}

static AmbitStatus refuse_existing(const char *path, AmbitError *error)
{
    struct stat found;
    if (lstat(path, &found) != 0 && errno == ENOENT)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID, "%s: exists; give another folder", path);
}

static AmbitStatus export_split(const AmbitCorpus *corpus, AmbitSplitName split, const char *folder,
                                bool write, AmbitError *error)
{
    const Written written = {corpus, split};
    char *path = path_of(folder, split);
    AmbitStatus status = path ? refuse_existing(path, error)
                              : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    if (!status && write)
        status = ambit_store_write(path, write_split, &written, error);
    if (!status && write)
        printf("%s: %zu sentences\n", path, corpus->splits[split].n_sentences);
    ambit_free(path);
    return status;
}

/* Prints the lines of a config, in whatever folder, that read the files. */
static void print_config(const AmbitCorpus *corpus, const char *written)
{
    const char *between = "";
    char *real = realpath(written, NULL);
    const char *folder = real ? real : written;
    printf("next: train on these files with\n  corpus: {");
    if (corpus->language->type != &ambit_language_files)
        printf("language: %s, ", corpus->language->type->name);
    printf("files: {");
    for (int s = 0; s < AMBIT_N_SPLITS; s++) {
        if (corpus->splits[s].n_sentences == 0)
            continue;
        printf("%s%s: %s/%s.txt", between, ambit_split_names[s], folder, ambit_split_names[s]);
        between = ", ";
    }
    printf("}}\n");
    free(real);
}

/* Loads the config of a run folder or a file. */
static AmbitStatus load_config(AmbitConfig **config, const AmbitOptions *options, AmbitError *error)
{
    const char *given = options->positional[0];
    char *path =
        ambit_cli_is_folder(given) ? ambit_cli_path(given, "config.yaml") : ambit_strdup(given);
    AmbitStatus status =
        path ? ambit_config_load(config, path, options->overrides, options->n_overrides, error)
             : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    if (!status)
        status = ambit_config_make_corpus(*config, error);
    if (!status && !(*config)->sentences.corpus)
        status =
            ambit_error_set(error, AMBIT_INVALID,
                            "%s: has no corpus; give a config with model.head: language", path);
    ambit_free(path);
    return status;
}

int ambit_cli_export_corpus(const AmbitOptions *options)
{
    AmbitError error = {0};
    AmbitConfig *config = NULL;
    const char *folder = options->positional[1];
    AmbitStatus status = load_config(&config, options, &error);
    const AmbitCorpus *corpus = status ? NULL : config->sentences.corpus;
    if (!status)
        status = ambit_cli_make_folder(folder, &error);
    for (int write = 0; write < 2 && !status; write++) // refuses before it writes
        for (int s = 0; s < AMBIT_N_SPLITS && !status; s++)
            if (corpus->splits[s].n_sentences > 0)
                status = export_split(corpus, (AmbitSplitName)s, folder, write, &error);
    if (!status)
        print_config(corpus, folder);
    ambit_config_destroy(&config);
    return status ? ambit_cli_fail(status, &error) : 0;
}
