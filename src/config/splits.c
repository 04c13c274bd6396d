// SPDX-License-Identifier: MIT
// Reads `evaluation.targets` of a language model: splits of its corpus, with probes.
#include "sections.h"

#include "ambit/memory.h"
#include <string.h>

/* One entry of `targets`. */
static const AmbitParameter name_parameter[] = {{.name = "name",
                                                 .type = AMBIT_TEXT,
                                                 .offset = offsetof(AmbitTarget, name),
                                                 .help = "its group in the results",
                                                 .required = true},
                                                {.name = NULL}};
static const AmbitParameter split_parameter[] = {{.name = "split",
                                                  .type = AMBIT_CHOICE,
                                                  .choices = ambit_split_names,
                                                  .help = "split of the corpus",
                                                  .required = true},
                                                 {.name = NULL}};

static bool has_sentences(const AmbitConfig *config, AmbitSplitName split)
{
    const AmbitSentenceSettings *sentences = &config->sentences;
    return sentences->from_files ? sentences->files.paths[split] != NULL
                                 : sentences->drawn.n_sentences[split] > 0;
}

/* Refuses a split without sentences. A run may have been started with one: it can go on. */
static AmbitStatus check_split(const ConfigReader *reader, const ConfigNode *entry,
                               AmbitSplitName split)
{
    if (has_sentences(reader->config, split) ||
        (reader->other_file && strcmp(entry->file, reader->other_file) == 0))
        return AMBIT_OK;
    return ambit_config_error(reader->error, entry, "split",
                              "the corpus has no sentences for %s; give it some (corpus.%s%s), or "
                              "leave the target out",
                              ambit_split_names[split],
                              reader->config->sentences.from_files ? "files." : "",
                              ambit_split_names[split]);
}

static AmbitStatus read_entry(const ConfigReader *reader, const ConfigNode *entry,
                              AmbitTarget *target)
{
    static const AmbitParameter *const tables[] = {name_parameter, split_parameter, NULL};
    int split = 0;
    static const char *const keys[] = {"probes", NULL};
    AmbitStatus status = ambit_config_check_keys(reader, entry, tables, keys);
    if (!status)
        status = ambit_config_read_table(reader, entry, name_parameter, target);
    if (!status)
        status = ambit_config_check_plain(reader, entry, "name", target->name);
    if (!status)
        status = ambit_config_read_table(reader, entry, split_parameter, &split);
    target->split = (AmbitSplitName)split;
    if (!status)
        status = check_split(reader, entry, target->split);
    return status ? status : ambit_config_read_probes(reader, entry, true, target);
}

static AmbitStatus read_list(const ConfigReader *reader, const ConfigNode *list,
                             AmbitConfig *config)
{
    AmbitStatus status = AMBIT_OK;
    for (const ConfigNode *entry = list->first; entry && !status; entry = entry->next) {
        AmbitTarget *target = &config->targets[config->n_targets++];
        status = read_entry(reader, entry, target);
        for (const AmbitTarget *other = config->targets; other < target && !status; other++)
            if (strcmp(other->name, target->name) == 0)
                status = ambit_config_error(reader->error, entry, "name",
                                            "%s stands in the list already; give each its own name",
                                            target->name);
        if (status == AMBIT_INVALID) {
            ambit_target_free(target);
            config->n_targets--;
            status = ambit_config_recover(reader, status);
        }
    }
    return status;
}

static AmbitStatus add_split(const ConfigReader *reader, AmbitConfig *config, AmbitSplitName split)
{
    AmbitTarget *target = &config->targets[config->n_targets++];
    *target = (AmbitTarget){.split = split, .name = ambit_strdup(ambit_split_names[split])};
    return target->name ? AMBIT_OK
                        : ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for targets");
}

AmbitStatus ambit_config_read_splits(const ConfigReader *reader, ConfigNode *evaluation,
                                     AmbitConfig *config)
{
    const ConfigNode *list = ambit_config_find(evaluation, "targets");
    AmbitStatus status = list ? ambit_config_check_list(reader, list) : AMBIT_OK;
    if (status)
        return status;
    size_t count = list ? ambit_config_count(list) : AMBIT_N_SPLITS;
    config->targets = ambit_alloc(count, sizeof *config->targets);
    if (!config->targets)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for targets");
    if (list)
        return read_list(reader, list, config);
    for (int s = AMBIT_SPLIT_VALIDATION; s < AMBIT_N_SPLITS && !status; s++)
        if (has_sentences(config, (AmbitSplitName)s))
            status = add_split(reader, config, (AmbitSplitName)s);
    if (!status && config->n_targets == 0) // nothing else to score
        status = add_split(reader, config, AMBIT_SPLIT_TRAIN);
    return status;
}
