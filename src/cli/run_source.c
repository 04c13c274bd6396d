// SPDX-License-Identifier: MIT
// The source of a run: prompts of a mixture, or sentences of a corpus.
#include "run_source.h"

#include "ambit/memory.h"

const char *const *ambit_run_classes(const AmbitConfig *config, size_t *n_classes)
{
    if (!config->mixture) {
        const AmbitLanguage *language = config->sentences.language;
        const AmbitLanguageType *type = language ? language->type : &ambit_language_files;
        for (*n_classes = 0; type->classes[*n_classes];)
            ++*n_classes;
        return type->classes;
    }
    *n_classes = config->mixture->n_classes;
    return (const char *const *)config->mixture->labels;
}

const char *ambit_run_rate(const AmbitConfig *config)
{
    return config->mixture ? "prompts/s" : "sentences/s";
}

/* Creates the standard prompt distribution, from which pretraining draws. */
static AmbitStatus create_distribution(AmbitPromptDistribution **distribution,
                                       const AmbitConfig *config, AmbitError *error)
{
    const AmbitPromptDistributionType *type = ambit_prompt_distribution_type_find("standard");
    AmbitKey key = {config->training.seed, 0, AMBIT_TRAINING};
    AmbitStatus status =
        ambit_prompt_distribution_create(distribution, type, config->prompts.n_dims, error);
    return status ? status : ambit_prompt_distribution_finish(*distribution, key, error);
}

static AmbitStatus open_prompts(AmbitRunSource *source, const AmbitConfig *config, bool at_end,
                                AmbitError *error)
{
    AmbitStatus status = create_distribution(&source->distribution, config, error);
    if (status)
        return status;
    source->prompts = (AmbitPromptSource){.mixture = config->mixture,
                                          .distribution = source->distribution,
                                          .n_examples = (size_t)config->n_training_examples,
                                          .distinct_functions = config->distinct_tasks};
    AmbitPromptTraining *training = &source->training;
    *training = config->prompts;
    training->fill = ambit_prompt_fill;
    training->prompts = &source->prompts;
    if (at_end) {
        training->points.start = training->points.end;
        training->dims.start = training->dims.end;
    }
    source->source = ambit_prompt_training_source(training);
    return AMBIT_OK;
}

static uint64_t seed_or(int64_t own, const AmbitConfig *config)
{
    return (uint64_t)(own < 0 ? config->run.seed : own);
}

static AmbitStatus open_sentences(AmbitRunSource *source, const AmbitConfig *config,
                                  AmbitError *error)
{
    const AmbitSentenceSettings *sentences = &config->sentences;
    AmbitStatus status = ambit_corpus_training_create(
        &source->corpus, sentences->corpus, (AmbitLossOn)sentences->training.loss_on,
        (size_t)config->training.batch_size, seed_or(sentences->order_seed, config),
        seed_or(sentences->dropout_seed, config), error);
    if (!status)
        source->source = ambit_corpus_source(source->corpus);
    return status;
}

AmbitStatus ambit_run_source_create(AmbitRunSource **source, const AmbitConfig *config, bool at_end,
                                    AmbitError *error)
{
    AmbitRunSource *s = *source = ambit_alloc(1, sizeof *s);
    if (!s)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a run's source");
    size_t n_classes;
    s->classes = ambit_run_classes(config, &n_classes);
    s->examples = config->mixture ? "prompts" : "sentences";
    AmbitStatus status =
        config->mixture ? open_prompts(s, config, at_end, error) : open_sentences(s, config, error);
    if (status)
        ambit_run_source_destroy(source);
    return status;
}

void ambit_run_source_destroy(AmbitRunSource **source)
{
    AmbitRunSource *s = *source;
    if (!s)
        return;
    ambit_prompt_distribution_destroy(&s->distribution);
    ambit_corpus_training_destroy(&s->corpus);
    ambit_free(s);
    *source = NULL;
}
