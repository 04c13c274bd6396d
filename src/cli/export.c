// SPDX-License-Identifier: MIT
// `ambit export` and `ambit import`: weights to and from other programs.
#include "ambit/file.h"
#include "ambit/memory.h"
#include "ambit/weights.h"
#include "export_corpus.h"
#include "models.h"
#include "run.h"
#include "show.h"

#include <unistd.h>

/* Loads once. *gone: the checkpoint was removed after it was found. */
static AmbitStatus load_once(AmbitModel **model, const char *path, char **kept, int64_t *step,
                             bool *gone, AmbitError *error)
{
    char *checkpoint = NULL;
    AmbitConfig *config = NULL;
    AmbitStatus status = ambit_cli_find_checkpoint(path, &checkpoint, step, error);
    if (!status)
        status = ambit_checkpoint_read_config(checkpoint, kept, step, error);
    if (!status)
        status = ambit_config_load_text(&config, *kept, checkpoint, NULL, NULL, 0, error);
    if (!status)
        status = ambit_model_create(model, &config->model, error);
    if (!status) {
        const AmbitState state = ambit_model_blocks(*model);
        status = ambit_checkpoint_read(checkpoint, &state, error);
    }
    *gone = status && ambit_cli_is_gone(path, checkpoint);
    ambit_config_destroy(&config);
    ambit_free(checkpoint);
    return status;
}

static AmbitStatus load(AmbitModel **model, const char *path, char **kept, int64_t *step,
                        AmbitError *error)
{
    AmbitStatus status;
    bool gone;
    int tries = 0;
    do {
        ambit_model_destroy(model);
        ambit_free(*kept);
        *kept = NULL;
        status = load_once(model, path, kept, step, &gone, error);
    } while (gone && ++tries < AMBIT_CLI_TRIES);
    return status;
}

/* Exports prompts by an evaluation with evaluation.keep_prompts. */
static int export_prompts(const AmbitOptions *options)
{
    AmbitError error = {0};
    AmbitOptions asked = *options;
    char *evaluated[] = {options->positional[0], options->positional[2]};
    asked.positional = evaluated;
    asked.n_positional--;
    asked.output = options->positional[1];
    asked.overrides = ambit_alloc(options->n_overrides + 2, sizeof *asked.overrides);
    if (!asked.overrides)
        return ambit_cli_fail(AMBIT_NO_MEMORY, &error);
    asked.overrides[0] = (char *)"evaluation.every=0"; // prompts are the same at every step
    for (size_t i = 0; i < options->n_overrides; i++)
        asked.overrides[i + 1] = options->overrides[i];
    asked.n_overrides++;
    asked.overrides[asked.n_overrides++] = (char *)"evaluation.keep_prompts=true";
    int code = ambit_command_evaluate.run(&asked);
    ambit_free(asked.overrides);
    if (code == 0) {
        ambit_show_text(stdout, asked.output, 0);
        puts(": prompts and predictions; other models answer them as src/store/README.md says");
    }
    return code;
}

static int export(const AmbitOptions *options)
{
    AmbitError error = {0};
    if (options->prompts && options->corpus)
        return ambit_cli_fail(
            ambit_error_set(&error, AMBIT_INVALID,
                            "export: found both --prompts and --corpus; give one"),
            &error);
    if (options->prompts)
        return export_prompts(options);
    if (options->corpus && options->n_positional == 2)
        return ambit_cli_export_corpus(options);
    if (options->corpus)
        return ambit_cli_fail(ambit_error_set(&error, AMBIT_INVALID,
                                              "export: --corpus takes a config or run, and a "
                                              "folder; found '%s', too",
                                              options->positional[2]),
                              &error);
    if (options->n_positional > 2 || options->n_overrides)
        return ambit_cli_fail(ambit_error_set(&error, AMBIT_INVALID,
                                              "export: settings and a config go with --prompts; "
                                              "weights are written as they are"),
                              &error);
    AmbitModel *model = NULL;
    char *config = NULL;
    int64_t step;
    const char *path = options->positional[1];
    AmbitStatus status = load(&model, options->positional[0], &config, &step, &error);
    if (!status)
        status = ambit_cli_refuse_other_kind(path, 8, "{", &error);
    if (!status)
        status = ambit_weights_write(path, model, step, config, &error);
    if (!status) {
        ambit_show_text(stdout, path, 0);
        printf(": %zu tensors, %zu parameters of step %lld\n", ambit_model_n_tensors(model),
               ambit_model_n_parameters(model), (long long)step);
    }
    ambit_model_destroy(&model);
    ambit_free(config);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char export_about[] =
    "Writes the weights of a run's newest checkpoint, or of a checkpoint, as safetensors "
    "with Hugging Face's GPT-2 names (transformer.h.0.attn.c_attn.weight …) and _read_in, "
    "_read_out as in Garg et al.'s state_dict. The metadata holds the config, the step, "
    "and as gpt2_config the arguments of transformers.GPT2Config where GPT-2 is such a model. "
    "Language models have transformer.wte, lm_head and no gpt2_config, since their embedding is "
    "multiplied by √E.\n\n"
    "With --prompts, writes the prompts of `ambit evaluate` and the answers of the "
    "predictors: per target x, y, y_query (and x_query) and prediction, over named axes, in "
    "HDF5. Answers of any other model to these prompts, as prediction (prompt, k) in a "
    "file of the same groups, are scored as {name: file, label: mine, kwargs: {path: "
    "mine.h5}} of evaluation.predictors. Of a language model: input, target and output of every "
    "predictor, as sentences; they number evaluation.n_examples per split, and `ambit evaluate` "
    "keeps the same with evaluation.keep_outputs.\n\n"
    "With --corpus, writes the sentences of a language model's config, or of its run, into a "
    "folder: "
    "train.txt, validation.txt and generalization.txt. Each line is an input, a TAB and the "
    "output; "
    "brackets of dyck end in END. `corpus: {files: {train: train.txt}}` reads such files.";

static const AmbitTerm export_taken[] = {
    {"--prompts", NULL,
     "prompts or sentences, and predictions; RUN may be `none`, CONFIG.yaml is merged over"},
    {"--corpus", NULL, "sentences; RUN may be CONFIG.yaml, OUT is a folder"},
    {"--threads", NULL, NULL},
    {"--kernels", NULL, NULL},
    {"--quiet", NULL, NULL},
    {0}};

static const char export_examples[] =
    "  ambit export runs/quickstart model.safetensors\n"
    "  ambit export runs/quickstart/checkpoint_00014000.h5 model.safetensors\n"
    "  ambit export --prompts runs/quickstart prompts.h5 --evaluation.n_prompts=100\n"
    "  ambit export --prompts runs/grokking/seed1 out.h5 --evaluation.n_examples=100\n"
    "  ambit export --corpus experiments/grokking.yaml sentences --corpus.train=1000\n";

const AmbitCommand ambit_command_export = {
    .name = "export",
    .usage = "[--prompts|--corpus] RUN|CHECKPOINT|CONFIG|none OUT [CONFIG]",
    .summary = "weights for PyTorch, prompts and predictions, or sentences",
    .about = export_about,
    .options = export_taken,
    .setting = "override a setting, e.g. --evaluation.n_prompts=100 (of sentences: n_examples)",
    .examples = export_examples,
    .least = 2,
    .most = 3,
    .run = export};

static const char import_about[] =
    "Makes a run folder of weights: of safetensors that `ambit export` wrote, of a checkpoint, "
    "or of safetensors or HDF5 with the names of Hugging Face's GPT-2 or of Garg et al.'s "
    "state_dict. Tensors of GPT-2 that the model has no place for (causal masks, word "
    "embeddings) are dropped, with a note that names them. ambit recognises the kind of file by "
    "the content.\n\n"
    "CONFIG.yaml describes the model and the training. The weights then count as those of step 0: "
    "`ambit pretrain RUN/config.yaml -o RUN --resume` trains on from the weights, for the config's "
    "train_steps, with the optimiser and the schedule at their start. Without CONFIG.yaml, config "
    "and step are read from the file, which ambit must have written. Such a run can be evaluated, "
    "but not trained on, since import drops the optimiser's state.";

static const char import_examples[] =
    "  ambit import model.safetensors runs/theirs\n"
    "  ambit import state.h5 runs/garg experiments/standard/garg_linear.yaml\n"
    "  ambit import runs/mine/checkpoint_00014000.h5 runs/tuned other_mixture.yaml\n"
    "  ambit pretrain runs/tuned/config.yaml -o runs/tuned --resume\n"
    "  # how Python writes a state dict as HDF5:\n"
    "  with h5py.File(\"state.h5\", \"w\") as file:\n"
    "      for name, values in model.state_dict().items():\n"
    "          file[name] = values.cpu().numpy()\n";

static AmbitStatus load_config(AmbitConfig **config, const AmbitOptions *options,
                               const AmbitWeights *file, AmbitError *error)
{
    const char *kept = ambit_weights_config(file), *path = options->positional[0];
    const char *given = options->n_positional > 2 ? options->positional[2] : NULL;
    if (given) { // the corpus says how many words the model knows
        AmbitStatus status =
            ambit_config_load(config, given, options->overrides, options->n_overrides, error);
        return status ? status : ambit_config_make_corpus(*config, error);
    }
    if (kept)
        return ambit_config_load_text(config, kept, path, NULL, options->overrides,
                                      options->n_overrides, error);
    char weights[AMBIT_SHELL_WORD], run[AMBIT_SHELL_WORD];
    return ambit_error_set(error, AMBIT_INVALID,
                           "%s: brings no config; give the one it was trained with: ambit import "
                           "%s %s CONFIG.yaml",
                           path, ambit_shell_word(path, weights, sizeof weights),
                           ambit_shell_word(options->positional[1], run, sizeof run));
}

/* Creates the run folder and locks it, unless a run trains or has trained there. */
static AmbitStatus enter_run(AmbitRunLock **lock, const char *run, const AmbitConfig *config,
                             AmbitError *error)
{
    AmbitStatus status = ambit_cli_make_folder(run, error);
    if (!status)
        status = ambit_run_lock(lock, run, error);
    if (!status)
        status = ambit_run_refuse_used(run, error);
    return status ? status : ambit_run_refuse_foreign(run, config, error);
}

/* Says what was imported and what comes next, with the run's name as a word for a shell. */
static void tell_import(const char *path, const char *word, size_t n_parameters, int64_t step)
{
    ambit_show_text(stdout, path, 0);
    printf(": %zu parameters\nnext: ambit evaluate ", n_parameters);
    ambit_show_text(stdout, word, 0);
    if (step == 0) {
        printf("\nor train them on: ambit pretrain ");
        ambit_show_text(stdout, word, 0);
        printf("/config.yaml -o ");
        ambit_show_text(stdout, word, 0);
        printf(" --resume");
    }
    putchar('\n');
}

/* Writes the run folder: the config and one checkpoint. */
static AmbitStatus make_run(const AmbitOptions *options, const AmbitConfig *config,
                            AmbitModel *model, int64_t step, AmbitError *error)
{
    const char *run = options->positional[1];
    const AmbitState state = ambit_model_blocks(model);
    AmbitProvenance provenance = {.config = config->resolved,
                                  .command = options->command,
                                  .kernels = "none",
                                  .seed = config->training.seed,
                                  .step = step};
    AmbitRunLock *lock = NULL;
    char *config_path = ambit_cli_path(run, "config.yaml");
    char *path = ambit_checkpoint_path(run, step), word[AMBIT_SHELL_WORD];
    ambit_shell_word(run, word, sizeof word);
    AmbitStatus status = config_path && path
                             ? enter_run(&lock, run, config, error)
                             : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    if (!status)
        status = ambit_cli_write_text(config_path, config->resolved, error);
    if (!status)
        status = ambit_checkpoint_write(path, &state, &provenance, error);
    if (!status)
        tell_import(path, word, ambit_model_n_parameters(model), step);
    ambit_run_unlock(&lock);
    ambit_free(config_path);
    ambit_free(path);
    return status;
}

static int import(const AmbitOptions *options)
{
    AmbitError error = {0};
    AmbitWeights *file = NULL;
    AmbitConfig *config = NULL;
    AmbitModel *model = NULL;
    bool given = options->n_positional > 2; // a config is given, so training starts at step 0
    AmbitStatus status = ambit_weights_open(&file, options->positional[0], &error);
    if (!status)
        status = load_config(&config, options, file, &error);
    if (!status)
        status = ambit_model_create(&model, &config->model, &error);
    if (!status)
        status = ambit_weights_read(file, model, &error);
    if (!status && *ambit_weights_dropped(file))
        ambit_cli_warn("the model has no place for these tensors, which are dropped: %s",
                       ambit_weights_dropped(file));
    if (!status)
        status = make_run(options, config, model, given ? 0 : ambit_weights_step(file), &error);
    ambit_model_destroy(&model);
    ambit_config_destroy(&config);
    ambit_weights_close(&file);
    return status ? ambit_cli_fail(status, &error) : 0;
}

const AmbitCommand ambit_command_import = {
    .name = "import",
    .usage = "WEIGHTS RUN [CONFIG.yaml] [OPTIONS]",
    .summary = "a run folder of weights from elsewhere, to test or train on",
    .about = import_about,
    .setting = "override a setting, e.g. --model.n_head=8",
    .examples = import_examples,
    .least = 2,
    .most = 3,
    .run = import};
