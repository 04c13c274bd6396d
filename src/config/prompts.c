// SPDX-License-Identifier: MIT
// Configs of regression on prompts: curriculum, function classes, limits, targets and baselines.
// Keys of Garg et al.'s schema that ambit does not support are refused, not ignored.
#include "half.h"
#include "mixture.h"
#include "sections.h"
#include "tables.h"

#include "ambit/memory.h"

static void set_defaults(AmbitConfig *config)
{
    ambit_parameters_default(ambit_prompt_training_parameters, &config->prompts);
    ambit_parameters_default(ambit_curriculum_parameters, &config->prompts);
    ambit_parameters_default(ambit_evaluation_parameters, &config->evaluation);
}

static AmbitStatus finish_model(ConfigReader *reader, const ConfigNode *model, AmbitConfig *config)
{
    (void)model;
    config->model.trunk.n_context = 2 * config->n_positions; // x and y of a point are a row each
    config->prompts.n_positions = (size_t)config->n_positions;
    reader->n_dims = config->prompts.n_dims =
        (size_t)ambit_regression_settings(&config->model.head)->n_dims;
    return AMBIT_OK;
}

/* Refuses a `resume_id` other than null and says what to do instead. */
static AmbitStatus refuse_resume_id(const ConfigReader *reader, const ConfigNode *training)
{
    const ConfigNode *node = ambit_config_find(training, "resume_id");
    if (!node || node->kind == CONFIG_NULL)
        return AMBIT_OK;
    char found[80];
    ambit_config_found(node, found, sizeof found);
    return ambit_config_error(reader->error, node, NULL,
                              "found %s, but allowed is null; continue a run with `ambit pretrain "
                              "--resume -o RUN_DIR`",
                              found);
}

/* Reads a limit; null means that there is none. */
static AmbitStatus read_limit(const ConfigReader *reader, const ConfigNode *node,
                              const AmbitParameter *parameter, void *limit)
{
    if (!node || node->kind == CONFIG_NULL)
        return AMBIT_OK;
    return ambit_config_read_value(reader, node, parameter, limit);
}

/* Applies num_tasks: every class becomes a pool of that many functions, each with its own seed. */
static AmbitStatus read_num_tasks(const ConfigReader *reader, const ConfigNode *training,
                                  AmbitConfig *config)
{
    const AmbitParameter *parameter = &ambit_config_limit_parameters[CONFIG_NUM_TASKS];
    const ConfigNode *node = ambit_config_find(training, parameter->name);
    int64_t size = 0;
    AmbitStatus status = read_limit(reader, node, parameter, &size);
    for (size_t c = 0; c < config->mixture->n_classes && size && !status; c++) {
        AmbitFamily **family = &config->mixture->families[c], *part = *family;
        *family = NULL;
        status = ambit_config_locate(
            reader,
            ambit_pool_create(family, part, size, config->run.seed + (int64_t)c, reader->error),
            node);
    }
    return status;
}

static AmbitStatus read_num_training_examples(const ConfigReader *reader,
                                              const ConfigNode *training, AmbitConfig *config)
{
    const AmbitParameter *parameter = &ambit_config_limit_parameters[CONFIG_NUM_TRAINING_EXAMPLES];
    const ConfigNode *node = ambit_config_find(training, parameter->name);
    int64_t *count = &config->n_training_examples;
    AmbitStatus status = read_limit(reader, node, parameter, count);
    if (!status && *count && *count < config->training.batch_size)
        status =
            ambit_config_error(reader->error, node, NULL,
                               "found %lld, allowed at least training.batch_size, %lld, since the "
                               "prompts of a batch are distinct",
                               (long long)*count, (long long)config->training.batch_size);
    return status;
}

static AmbitStatus read_distinct_tasks(const ConfigReader *reader, const ConfigNode *training,
                                       AmbitConfig *config)
{
    const AmbitParameter *parameter = &ambit_config_limit_parameters[CONFIG_DISTINCT_TASKS];
    const ConfigNode *node = ambit_config_find(training, parameter->name);
    const long long batch_size = config->training.batch_size;
    AmbitStatus status = read_limit(reader, node, parameter, &config->distinct_tasks);
    if (status || !config->distinct_tasks)
        return status;
    if (config->n_training_examples)
        return ambit_config_error(
            reader->error, node, NULL,
            "found true beside num_training_examples, whose prompts bring their "
            "functions; drop one of the two");
    for (size_t c = 0; c < config->mixture->n_classes; c++) {
        AmbitPrior prior = ambit_family_prior(config->mixture->families[c]);
        if (prior.kind != AMBIT_PRIOR_FINITE)
            return ambit_config_error(
                reader->error, node, NULL,
                "found true, but class %s is not a pool; give num_tasks, or make it "
                "one",
                config->mixture->labels[c]);
        if ((long long)prior.n_functions < batch_size)
            return ambit_config_error(
                reader->error, node, NULL,
                "found true, but the %zu functions of class %s are fewer than "
                "training.batch_size, %lld; give more (num_tasks), or a smaller "
                "batch",
                prior.n_functions, config->mixture->labels[c], batch_size);
    }
    return AMBIT_OK;
}

/* Refuses random coordinates for few functions or prompts, and random positions for few prompts,
 * which would be other ones with every draw. */
static AmbitStatus check_places(const ConfigReader *reader, const ConfigNode *training,
                                const AmbitConfig *config)
{
    const ConfigNode *curriculum = ambit_config_find(training, "curriculum");
    bool coordinates = config->prompts.coordinates == AMBIT_PLACES_RANDOM;
    bool positions = config->prompts.positions == AMBIT_PLACES_RANDOM;
    if ((coordinates || positions) && config->n_training_examples)
        return ambit_config_error(reader->error, curriculum,
                                  coordinates ? "coordinates" : "positions",
                                  "found random, allowed with num_training_examples is first");
    for (size_t c = 0; coordinates && c < config->mixture->n_classes; c++)
        if (ambit_family_prior(config->mixture->families[c]).kind == AMBIT_PRIOR_FINITE)
            return ambit_config_error(reader->error, curriculum, "coordinates",
                                      "found random, allowed with class %s, a pool of functions, "
                                      "is first",
                                      config->mixture->labels[c]);
    return AMBIT_OK;
}

static AmbitStatus read_limits(const ConfigReader *reader, const ConfigNode *training,
                               AmbitConfig *config)
{
    const AmbitMixture *mixture = config->mixture;
    AmbitStatus status = read_num_tasks(reader, training, config);
    if (!status)
        status = read_num_training_examples(reader, training, config);
    if (!status)
        status = read_distinct_tasks(reader, training, config);
    if (!status)
        status = check_places(reader, training, config);
    if (status)
        return status;
    AmbitLoss *losses = config->losses = ambit_alloc(mixture->n_classes, sizeof *losses);
    if (!losses)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for losses");
    for (size_t c = 0; c < mixture->n_classes; c++)
        losses[c] = mixture->families[c]->binary ? AMBIT_LOSS_LOGISTIC : AMBIT_LOSS_SQUARED;
    config->prompts.losses = losses;
    config->prompts.n_classes = mixture->n_classes;
    config->prompts.function_size = mixture->function_size;
    return AMBIT_OK;
}

/* Reads one ramp; by default its value is always `most`, which is the setting `most_key` of the
 * model. */
static AmbitStatus read_ramp(const ConfigReader *reader, ConfigNode *curriculum, const char *key,
                             int64_t most, const char *most_key, AmbitRamp *ramp)
{
    ambit_parameters_default(ambit_ramp_parameters, ramp);
    ramp->start = ramp->end = most;
    const ConfigNode *given = ambit_config_find(curriculum, key);
    if (!given || given->kind == CONFIG_NULL)
        return AMBIT_OK;
    ConfigNode *section;
    AmbitStatus status =
        ambit_config_read_kwargs(reader, curriculum, key, ambit_ramp_parameters, ramp, &section);
    if (status)
        return status;
    if (ramp->end > most)
        return ambit_config_error(reader->error, section, "end",
                                  "found %lld, allowed at most model.%s, %lld",
                                  (long long)ramp->end, most_key, (long long)most);
    if (ramp->start > ramp->end)
        return ambit_config_error(reader->error, section, "start",
                                  "found %lld, allowed at most its end, %lld",
                                  (long long)ramp->start, (long long)ramp->end);
    if (ramp->pause_steps > 0 && (ramp->pause_at < ramp->start || ramp->pause_at > ramp->end))
        return ambit_config_error(reader->error, section, "pause_at",
                                  "found %lld, allowed with pause_steps are %lld to %lld",
                                  (long long)ramp->pause_at, (long long)ramp->start,
                                  (long long)ramp->end);
    return AMBIT_OK;
}

static AmbitStatus read_curriculum(const ConfigReader *reader, ConfigNode *training,
                                   AmbitConfig *config)
{
    static const AmbitParameter *const tables[] = {ambit_curriculum_parameters, NULL};
    static const char *const keys[] = {"dims", "points", NULL};
    ConfigNode *curriculum;
    AmbitPromptTraining *prompts = &config->prompts;
    AmbitStatus status = ambit_config_section(reader, training, "curriculum", &curriculum);
    if (!status)
        status = ambit_config_check_keys(reader, curriculum, tables, keys);
    if (!status)
        status = ambit_config_read_table(reader, curriculum, ambit_curriculum_parameters, prompts);
    if (!status)
        status = read_ramp(reader, curriculum, "dims", (int64_t)prompts->n_dims, "n_dims",
                           &prompts->dims);
    if (!status)
        status = read_ramp(reader, curriculum, "points", config->n_positions, "n_positions",
                           &prompts->points);
    return status;
}

/* Garg et al.'s test runs have the curriculum at its end. */
static void end_curriculum(AmbitConfig *config)
{
    config->prompts.dims.start = config->prompts.dims.end;
    config->prompts.points.start = config->prompts.points.end;
}

static AmbitStatus read_data(const ConfigReader *reader, const ConfigNode *training)
{
    static const char *const distributions[] = {"gaussian", NULL};
    static const AmbitParameter data[] = {
        {"data", AMBIT_CHOICE, 0, 0, 0, 0, distributions, "distribution of the inputs"}, {0}};
    int distribution = 0;
    return ambit_config_read_table(reader, training, data, &distribution);
}

static AmbitStatus read_training(const ConfigReader *reader, ConfigNode *training,
                                 AmbitConfig *config)
{
    AmbitStatus status = ambit_config_recover(reader, refuse_resume_id(reader, training));
    if (!status)
        status = read_data(reader, training);
    if (!status)
        status = ambit_config_read_table(reader, training, ambit_prompt_training_parameters,
                                         &config->prompts);
    if (!status)
        status = ambit_config_recover(reader, read_curriculum(reader, training, config));
    if (!status && config->run.test_run)
        end_curriculum(config);
    if (!status)
        status = ambit_config_recover(
            reader, ambit_config_read_mixture(reader, training, &config->mixture));
    if (!status && !config->mixture) // wrong: one without classes stands in
        status = ambit_mixture_create(&config->mixture, reader->error);
    if (!status)
        status = ambit_config_recover(reader, read_limits(reader, training, config));
    config->evaluation.pretraining = config->mixture;
    return status;
}

static AmbitStatus read_evaluation(ConfigReader *reader, ConfigNode *evaluation,
                                   AmbitConfig *config)
{
    const AmbitEvaluationSettings *settings = &config->evaluation;
    AmbitStatus status = AMBIT_OK;
    if (settings->n_points > config->n_positions)
        status = ambit_config_recover(
            reader,
            ambit_config_error(reader->error, evaluation, "n_points",
                               "found %lld, allowed at most model.n_positions, %lld",
                               (long long)settings->n_points, (long long)config->n_positions));
    reader->n_points = (size_t)(settings->n_points ? settings->n_points : config->n_positions);
    if (!status)
        status =
            ambit_config_recover(reader, ambit_config_read_targets(reader, evaluation, config));
    if (!status)
        status = ambit_config_read_predictors(reader, evaluation, config);
    return status ? status : ambit_config_read_models(reader, evaluation, config);
}

static void release(AmbitConfig *config)
{
    ambit_mixture_destroy(&config->mixture);
    ambit_free(config->losses);
}

static const AmbitParameter *const top_tables[] = {ambit_config_top_parameters, NULL};
static const char *const top_keys[] = {"model", "training", "wandb", "evaluation", NULL};
static const AmbitParameter *const model_tables[] = {
    ambit_config_context_parameters, ambit_regression_parameters, ambit_model_parameters, NULL};
static const char *const model_keys[] = {"head", NULL};
static const AmbitParameter *const training_tables[] = {
    ambit_training_parameters, ambit_prompt_training_parameters, ambit_config_saving_parameters,
    ambit_config_limit_parameters, NULL};
static const char *const training_keys[] = {"task",      "task_kwargs", "tasks",      "data",
                                            "resume_id", "schedule",    "curriculum", NULL};
static const AmbitParameter *const evaluation_tables[] = {ambit_evaluation_parameters, NULL};
static const char *const evaluation_keys[] = {"targets", "predictors", "models", NULL};

const ConfigHalf ambit_config_prompts = {.head = &ambit_head_regression,
                                         .is_default = true,
                                         .top = {top_tables, top_keys},
                                         .model = {model_tables, model_keys},
                                         .training = {training_tables, training_keys},
                                         .evaluation = {evaluation_tables, evaluation_keys},
                                         .context = ambit_config_context_parameters,
                                         .set_defaults = set_defaults,
                                         .finish_model = finish_model,
                                         .read_training = read_training,
                                         .read_evaluation = read_evaluation,
                                         .write_training = ambit_config_write_prompt_training,
                                         .write_evaluation = ambit_config_write_prompt_evaluation,
                                         .compare = ambit_config_compare_prompts,
                                         .release = release};
