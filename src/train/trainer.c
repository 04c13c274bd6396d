// SPDX-License-Identifier: MIT
// The training step: forward and backward passes over all shards, the sum of the gradients, the
// update of the parameters. Also how a trainer is made.
#include "trainer.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/threads.h"

#include <assert.h>
#include <math.h>

/* Most rows of a shard of several sequences, or as many for each column of the residual stream.
 * With no more, what a layer keeps is still in a cache when the next product reads it; with far
 * fewer, the weights are read too often. */
enum { SHARD_ROWS = 256, ROWS_PER_COLUMN = 4 };

/* The shards of the config. */
static size_t n_shards_of(const AmbitTrainingSettings *settings)
{
    return (size_t)(settings->shards < settings->batch_size ? settings->shards
                                                            : settings->batch_size);
}

size_t ambit_training_n_shards(const AmbitTrainingSettings *settings,
                               const AmbitModelSettings *model, const AmbitSource *source)
{
    const size_t wide = ROWS_PER_COLUMN * (size_t)model->trunk.n_embd;
    const size_t limit = wide > SHARD_ROWS ? wide : SHARD_ROWS;
    const size_t shards = n_shards_of(settings), batch = (size_t)settings->batch_size;
    const size_t longest = source->type->sizes(source->state, 1).longest;
    assert(shards > 0); // the tables of settings allow no less than 1
    const size_t rows = (batch + shards - 1) / shards * longest;
    const size_t parts = (rows + limit - 1) / limit, most = batch / shards;
    return shards * (parts < 1 ? 1 : parts < most ? parts : most);
}

static size_t n_groups_of(const AmbitTrainingSettings *settings)
{
    return settings->groups ? (size_t)settings->groups : 1;
}

static size_t largest_shard(const AmbitTrainingSettings *settings, size_t shards)
{
    return ((size_t)settings->batch_size + shards - 1) / shards;
}

AmbitStatus ambit_training_check(const AmbitTrainingSettings *settings, AmbitError *error)
{
    size_t groups = n_groups_of(settings), shards = n_shards_of(settings), most = 1;
    if (shards == 0)
        return ambit_error_parameter(error, "shards",
                                     "found 0 shards or an empty batch; give 1 or more of both");
    double taken = settings->learning_rate * settings->weight_decay;
    if (!(taken < 1))
        return ambit_error_parameter(error, "weight_decay",
                                     "found %g, which at a learning rate of %g takes %g of every "
                                     "parameter off in a step; allowed is less than 1",
                                     settings->weight_decay, settings->learning_rate, taken);
    if ((groups & (groups - 1)) == 0 && shards % groups == 0)
        return AMBIT_OK;
    while (shards % (2 * most) == 0)
        most *= 2;
    return ambit_error_parameter(
        error, "groups",
        "found %zu, allowed is a power of two that divides the %zu shards, here at most %zu (there "
        "are as many shards as training.shards says, or one per sequence of a smaller batch)",
        groups, shards, most);
}

static AmbitStatus create_workspace(Workspace *workspace, const AmbitTrainer *trainer,
                                    AmbitError *error)
{
    const AmbitSource *source = &trainer->source;
    size_t n = largest_shard(&trainer->settings, trainer->n_shards);
    const AmbitBatchSizes sizes = source->type->sizes(source->state, n);
    size_t n_outputs = trainer->head->type->n_outputs(trainer->head);
    AmbitStatus status =
        source->type->workspace_create(source->state, n, &workspace->drawing, error);
    if (!status)
        status =
            ambit_activations_create(&workspace->activations, trainer->model, &sizes, true, error);
    if (status)
        return status;
    workspace->output = ambit_alloc(sizes.n_scored, n_outputs * sizeof *workspace->output);
    if (!workspace->output)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a thread's outputs");
    return AMBIT_OK;
}

/* The sums of all shards lie in one piece, so that processes can gather them. */
static AmbitStatus create_shards(AmbitTrainer *trainer, AmbitError *error)
{
    size_t classes = trainer->n_classes, size = ambit_shard_sums_size(classes);
    trainer->shards = ambit_alloc(trainer->n_shards, sizeof *trainer->shards);
    trainer->shard_sums = ambit_alloc(trainer->n_shards, size);
    if (!trainer->shards || !trainer->shard_sums)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the losses of shards");
    for (size_t i = 0, first = 0; i < trainer->n_shards; i++) {
        double *losses = trainer->shard_sums + i * size / sizeof *losses;
        size_t *counts = (size_t *)(losses + classes);
        size_t next =
            ambit_share_first((size_t)trainer->settings.batch_size, trainer->n_shards, i + 1);
        trainer->shards[i] = (Shard){first, next - first, losses, counts, counts + classes};
        first = next;
    }
    return AMBIT_OK;
}

static AmbitStatus create_groups(AmbitTrainer *trainer, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    trainer->groups = ambit_alloc(trainer->n_buffers, sizeof *trainer->groups);
    if (!trainer->groups)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the groups of shards");
    for (size_t g = 0; g < trainer->n_buffers && !status; g++)
        status = ambit_gradient_sum_create(&trainer->groups[g], trainer->model, error);
    trainer->gradient = status ? NULL : ambit_gradient_sum_block(trainer->groups[0]);
    return status;
}

static AmbitStatus create_memory(AmbitTrainer *trainer, AmbitError *error)
{
    size_t block = ambit_model_block_size(trainer->model), classes = trainer->n_classes;
    trainer->n_chunks = (block + AMBIT_CHUNK - 1) / AMBIT_CHUNK;
    trainer->moment1 = ambit_alloc(block, sizeof *trainer->moment1);
    trainer->moment2 = ambit_alloc(block, sizeof *trainer->moment2);
    trainer->chunk_squares = ambit_alloc(trainer->n_chunks, sizeof *trainer->chunk_squares);
    trainer->class_loss = ambit_alloc(classes, sizeof *trainer->class_loss);
    trainer->class_sequences = ambit_alloc(classes, sizeof *trainer->class_sequences);
    trainer->workspaces = ambit_alloc(trainer->n_workspaces, sizeof *trainer->workspaces);
    if (!trainer->moment1 || !trainer->moment2 || !trainer->chunk_squares || !trainer->class_loss ||
        !trainer->class_sequences || !trainer->workspaces)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the optimiser's state");
    AmbitStatus status = create_groups(trainer, error);
    for (size_t i = 0; i < trainer->n_workspaces && !status; i++)
        status = create_workspace(&trainer->workspaces[i], trainer, error);
    if (!status)
        status = create_shards(trainer, error);
    if (!status)
        status = ambit_trainer_create_update_items(trainer, error);
    return status ? status : ambit_trainer_create_shares(trainer, error);
}

/* Shards that are worked on at a time, each by a thread; one, by all threads, where that leaves
 * half of them or more without a shard. */
static size_t n_at_a_time(size_t n_shards, size_t n_threads)
{
    if (2 * n_shards <= n_threads)
        return 1;
    return n_threads < n_shards ? n_threads : n_shards;
}

/* The memory of a trainer and the position table must hold what the source draws. */
static AmbitStatus check_source(const AmbitSource *source, const AmbitModelSettings *model,
                                AmbitError *error)
{
    size_t n_columns = 0, longest = source->type->sizes(source->state, 1).longest;
    while (source->type->columns && source->type->columns[n_columns])
        n_columns++;
    if (n_columns > AMBIT_MOST_COLUMNS)
        return ambit_error_set(error, AMBIT_INVALID,
                               "source %s: found %zu columns, allowed are at most %d",
                               source->type->name, n_columns, AMBIT_MOST_COLUMNS);
    if (longest > (size_t)model->trunk.n_context)
        return ambit_error_set(error, AMBIT_INVALID,
                               "source %s: found sequences of %zu rows, allowed are at most the "
                               "model's context, %lld; give a longer n_context",
                               source->type->name, longest, (long long)model->trunk.n_context);
    return AMBIT_OK;
}

AmbitStatus ambit_trainer_create(AmbitTrainer **trainer, const AmbitModelSettings *model,
                                 const AmbitTrainingSettings *training, const AmbitKernels *kernels,
                                 const AmbitSource *source, size_t n_threads, AmbitError *error)
{
    return ambit_trainer_create_in_team(trainer, model, training, kernels, source, n_threads,
                                        &ambit_team_alone, error);
}

AmbitStatus ambit_trainer_create_in_team(AmbitTrainer **trainer, const AmbitModelSettings *model,
                                         const AmbitTrainingSettings *training,
                                         const AmbitKernels *kernels, const AmbitSource *source,
                                         size_t n_threads, const AmbitTeam *team, AmbitError *error)
{
    *trainer = NULL;
    AmbitStatus status = ambit_training_check(training, error);
    if (!status)
        status = ambit_training_check_team(training, team->count, error);
    if (!status)
        status = check_source(source, model, error);
    if (status)
        return status;
    AmbitTrainer *t = *trainer = ambit_alloc(1, sizeof *t);
    if (!t)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a trainer");
    t->settings = *training;
    t->kernels = *kernels;
    t->source = *source;
    t->n_threads = n_threads ? n_threads : 1;
    t->n_shards = ambit_training_n_shards(training, model, source);
    t->n_groups = n_groups_of(training);
    t->team = team;
    t->n_own_shards = t->n_shards / team->count;
    t->n_own_groups = t->n_groups / team->count;
    t->window = ambit_training_window(t->n_own_groups, t->n_threads);
    t->n_buffers = ambit_training_n_buffers(training, t->n_threads, team->count);
    t->n_workspaces = n_at_a_time(t->n_own_shards, t->n_threads);
    t->n_classes = source->n_classes;
    status = ambit_model_create(&t->model, model, error);
    if (!status) {
        t->head = &ambit_model_settings(t->model)->head;
        ambit_model_initialize(t->model, training->seed);
        AmbitKernels shared = *kernels;
        shared.context.n_threads = t->n_workspaces == 1 ? t->n_threads : 1;
        status = ambit_packed_model_create(&t->packed, t->model, &shared, true, error);
    }
    if (!status)
        status = create_memory(t, error);
    if (status)
        ambit_trainer_destroy(trainer);
    return status;
}

void ambit_trainer_destroy(AmbitTrainer **trainer)
{
    AmbitTrainer *t = *trainer;
    if (!t)
        return;
    for (size_t i = 0; t->workspaces && i < t->n_workspaces; i++) {
        t->source.type->workspace_destroy(t->workspaces[i].drawing);
        ambit_activations_destroy(&t->workspaces[i].activations);
        ambit_free(t->workspaces[i].output);
    }
    for (size_t g = 0; t->groups && g < t->n_buffers; g++)
        ambit_gradient_sum_destroy(&t->groups[g]);
    ambit_packed_model_destroy(&t->packed);
    ambit_model_destroy(&t->model);
    ambit_free(t->groups);
    ambit_free(t->moment1);
    ambit_free(t->moment2);
    ambit_free(t->chunk_squares);
    ambit_free(t->class_loss);
    ambit_free(t->class_sequences);
    ambit_free(t->items);
    ambit_free(t->muon);
    ambit_free(t->workspaces);
    ambit_free(t->shards);
    ambit_free(t->shard_sums);
    ambit_free(t->shares.first);
    ambit_free(t->received);
    ambit_free(t);
    *trainer = NULL;
}

AmbitTrainerState ambit_trainer_state(AmbitTrainer *trainer)
{
    return (AmbitTrainerState){trainer->model, trainer->moment1, trainer->moment2, &trainer->step,
                               trainer->gradient};
}

/* Item i of a window is shard i / n of group i mod n, of its n groups: threads that take successive
 * items work in different groups and rarely wait for each other. */
static void run_shard(void *context, size_t item, size_t worker)
{
    AmbitTrainer *t = context;
    Workspace *workspace = &t->workspaces[worker];
    size_t in_group = item / t->window, group = item % t->window;
    size_t index = t->team->index * t->n_own_shards +
                   (t->first_group + group) * (t->n_shards / t->n_groups) + in_group;
    const Shard *shard = &t->shards[index];
    AmbitBatch batch;
    AmbitKey key = {t->settings.seed, (uint64_t)t->step, AMBIT_TRAINING};
    t->source.type->draw(t->source.state, key, shard->first, shard->count, workspace->drawing,
                         &batch);
    batch.dropout = &batch.key;
    for (size_t c = 0; c < t->n_classes; c++) {
        shard->class_loss[c] = 0;
        shard->class_scored[c] = shard->class_sequences[c] = 0;
    }
    for (size_t b = 0; b < batch.n_sequences; b++)
        shard->class_sequences[batch.class_label[b]]++;
    ambit_model_forward(t->packed, &batch, workspace->activations, workspace->output);
    t->head->type->loss(t->head, &batch, 1.0 / (double)t->n_scored, workspace->output,
                        &(AmbitLossSums){shard->class_loss, shard->class_scored});
    ambit_model_backward(t->packed, &batch, workspace->activations, workspace->output,
                         &(AmbitGradient){t->groups[group], in_group}, NULL);
}

/* Computes the losses of the step, over all targets and by class. */
static void sum_losses(AmbitTrainer *t, AmbitStepReport *report)
{
    double total = 0;
    ambit_team_gather(t->team, t->shard_sums, t->shares.shard, ambit_shard_sums_size(t->n_classes));
    size_t total_scored = 0;
    for (size_t c = 0; c < t->n_classes; c++) {
        double loss = 0;
        size_t scored = 0;
        t->class_sequences[c] = 0;
        for (size_t i = 0; i < t->n_shards; i++) {
            loss += t->shards[i].class_loss[c];
            scored += t->shards[i].class_scored[c];
            t->class_sequences[c] += t->shards[i].class_sequences[c];
        }
        total += loss;
        total_scored += scored;
        t->class_loss[c] = scored ? loss / (double)scored : NAN;
    }
    report->loss = total / (double)total_scored;
    report->class_loss = t->class_loss;
    report->class_sequences = t->class_sequences;
}

/* Takes all shards of this process through forward and backward, and leaves the sum of the
 * gradients in the first group's block. */
static AmbitStatus run_passes(AmbitTrainer *t, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    size_t shards = t->window * (t->n_shards / t->n_groups);
    ambit_packed_model_update(t->packed, t->n_threads);
    for (t->first_group = 0; !status && t->first_group < t->n_own_groups;
         t->first_group += t->window) {
        for (size_t g = 0; g < t->window; g++)
            ambit_gradient_sum_reset(t->groups[g]);
        ambit_threads_run(shards, t->n_workspaces, run_shard, t);
        for (size_t g = 0; g < t->window && !status; g++)
            status = ambit_gradient_sum_check(t->groups[g], error);
        if (!status)
            ambit_trainer_combine_groups(t);
    }
    return status;
}

/* Writes the message of a step that cannot be taken: the loss, and the first tensor at fault. */
static AmbitStatus not_finite(const AmbitTrainer *t, double loss, AmbitError *error)
{
    const char *culprit = "none (the norm overflows)";
    ambit_team_gather(t->team, t->gradient, t->shares.first, sizeof *t->gradient);
    for (size_t i = 0; i < ambit_model_n_tensors(t->model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(t->model, i);
        for (size_t j = 0; j < tensor->count; j++) {
            if (!isfinite(t->gradient[tensor->offset + j])) {
                culprit = tensor->name;
                i = ambit_model_n_tensors(t->model) - 1;
                break;
            }
        }
    }
    return ambit_error_set(
        error, AMBIT_NUMERICAL,
        "step %lld: loss %g and its gradient are not finite; first tensor at "
        "fault: %s. Try a lower training.learning_rate, a warm-up, "
        "training.clip, training.skip_nonfinite, or, if labels are nearly all 0, a "
        "larger training.normalize_loss",
        (long long)t->step, fabs(loss), culprit); // no -nan
}

AmbitStatus ambit_trainer_step(AmbitTrainer *t, AmbitStepReport *report, AmbitError *error)
{
    const AmbitTrainingSettings *s = &t->settings;
    const AmbitSource *source = &t->source;
    t->n_scored = source->type->n_scored(source->state, t->step, (size_t)s->batch_size);
    source->type->column_values(source->state, t->step, t->columns);
    AmbitStatus status = run_passes(t, error);
    if (status)
        return status;
    *report = (AmbitStepReport){.step = t->step,
                                .columns = t->columns,
                                .learning_rate = ambit_schedule_rate(&s->schedule, s->learning_rate,
                                                                     t->step, s->train_steps)};
    sum_losses(t, report);
    report->gradient_norm = sqrt(ambit_trainer_squares(t));
    if (!isfinite(report->loss) || !isfinite(report->gradient_norm)) {
        status = not_finite(t, report->loss, error);
        if (t->n_skipped >= s->skip_nonfinite)
            return status;
        report->skipped = true;
        t->n_skipped++;
        t->step++;
        return AMBIT_OK;
    }
    t->n_skipped = 0;

    double taken = (double)t->step + 1;
    bool clipped = s->clip > 0 && report->gradient_norm > s->clip;
    t->adam = (AmbitAdam){.learning_rate = report->learning_rate,
                          .beta1 = s->beta1,
                          .beta2 = s->beta2,
                          .epsilon = s->epsilon,
                          .correction1 = 1 - pow(s->beta1, taken),
                          .correction2 = 1 - pow(s->beta2, taken),
                          .gradient_scale = clipped ? s->clip / report->gradient_norm : 1};
    ambit_trainer_update(t);
    t->step++;
    return AMBIT_OK;
}

size_t ambit_trainer_bytes(const AmbitModelSettings *model, const AmbitTrainingSettings *training,
                           const AmbitKernels *kernels, const AmbitSource *source, size_t n_threads,
                           size_t n_processes)
{
    AmbitModel *counted;
    if (ambit_model_outline(&counted, model, NULL))
        return 0;
    const size_t n_shards = ambit_training_n_shards(training, model, source);
    size_t shards = n_shards / n_processes;
    size_t workspaces = n_at_a_time(shards, n_threads);
    size_t sequences = largest_shard(training, n_shards);
    const AmbitBatchSizes sizes = source->type->sizes(source->state, sequences);
    size_t blocks = n_processes > 1 ? 4 : 3; // the last is what processes receive
    size_t parameters = blocks * ambit_model_block_size(counted) * sizeof(AmbitReal) +
                        ambit_training_n_buffers(training, n_threads, n_processes) *
                            ambit_gradient_sum_bytes(counted) +
                        ambit_packed_model_bytes(counted, kernels, true);
    if (training->optimizer == AMBIT_OPTIMIZER_MUON)
        parameters += n_threads * ambit_muon_largest_scratch(counted) * sizeof(AmbitReal);
    size_t each = source->type->workspace_bytes(source->state, sequences) +
                  sizes.n_scored * ambit_model_n_outputs(model) * sizeof(AmbitReal) +
                  ambit_activations_bytes(model, &sizes, true);
    ambit_model_destroy(&counted);
    return parameters + workspaces * each;
}
