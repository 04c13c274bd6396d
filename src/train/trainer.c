// SPDX-License-Identifier: MIT
// The training step: lanes of prompts forward and backward into one gradient, an update.
#include "trainer.h"

#include "ambit/lanes.h"
#include "ambit/memory.h"

#include <math.h>

static size_t n_lanes_of(const AmbitTrainingSettings *settings)
{
    return (size_t)(settings->lanes < settings->batch_size ? settings->lanes
                                                           : settings->batch_size);
}

static size_t largest_lane(const AmbitTrainingSettings *settings)
{
    size_t lanes = n_lanes_of(settings);
    return ((size_t)settings->batch_size + lanes - 1) / lanes;
}

static AmbitStatus create_slot(Slot *slot, const AmbitTrainer *trainer, size_t function_size,
                               AmbitError *error)
{
    const AmbitModelSettings *model = ambit_model_settings(trainer->model);
    size_t prompts = largest_lane(&trainer->settings);
    size_t points = (size_t)trainer->settings.points.end, dims = (size_t)model->n_dims;
    AmbitStatus status = ambit_prompt_batch_create(&slot->batch, prompts, points, points, dims,
                                                   function_size, false, error);
    if (!status)
        status = ambit_activations_create(&slot->activations, trainer->model, prompts, 2 * points,
                                          true, error);
    if (status)
        return status;
    slot->tokens = ambit_alloc(prompts * 2 * points, dims * sizeof *slot->tokens);
    slot->output = ambit_alloc(prompts, points * sizeof *slot->output);
    slot->read = ambit_alloc(points, sizeof *slot->read);
    if (!slot->tokens || !slot->output || !slot->read)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a thread's tokens");
    return AMBIT_OK;
}

static AmbitStatus create_lane(Lane *lane, const AmbitTrainer *trainer, AmbitError *error)
{
    lane->class_loss = ambit_alloc(trainer->n_classes, sizeof *lane->class_loss);
    lane->class_points = ambit_alloc(trainer->n_classes, sizeof *lane->class_points);
    if (!lane->class_loss || !lane->class_points)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a lane's losses");
    return AMBIT_OK;
}

static AmbitStatus create_memory(AmbitTrainer *trainer, size_t function_size, AmbitError *error)
{
    size_t block = ambit_model_block_size(trainer->model);
    trainer->n_chunks = (block + AMBIT_CHUNK - 1) / AMBIT_CHUNK;
    trainer->gradient = ambit_alloc(block, sizeof *trainer->gradient);
    trainer->moment1 = ambit_alloc(block, sizeof *trainer->moment1);
    trainer->moment2 = ambit_alloc(block, sizeof *trainer->moment2);
    trainer->chunk_squares = ambit_alloc(trainer->n_chunks, sizeof *trainer->chunk_squares);
    trainer->class_loss = ambit_alloc(trainer->n_classes, sizeof *trainer->class_loss);
    trainer->class_prompts = ambit_alloc(trainer->n_classes, sizeof *trainer->class_prompts);
    trainer->losses = ambit_alloc(trainer->n_classes, sizeof *trainer->losses);
    trainer->slots = ambit_alloc(trainer->n_slots, sizeof *trainer->slots);
    trainer->lanes = ambit_alloc(trainer->n_lanes, sizeof *trainer->lanes);
    if (!trainer->gradient || !trainer->moment1 || !trainer->moment2 || !trainer->chunk_squares ||
        !trainer->class_loss || !trainer->class_prompts || !trainer->losses || !trainer->slots ||
        !trainer->lanes)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the optimiser's state");
    for (size_t c = 0; trainer->settings.losses && c < trainer->n_classes; c++)
        trainer->losses[c] = trainer->settings.losses[c];
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; i < trainer->n_slots && !status; i++)
        status = create_slot(&trainer->slots[i], trainer, function_size, error);
    for (size_t i = 0; i < trainer->n_lanes && !status; i++)
        status = create_lane(&trainer->lanes[i], trainer, error);
    return status ? status : ambit_trainer_create_pieces(trainer, error);
}

AmbitStatus ambit_trainer_create(AmbitTrainer **trainer, const AmbitModelSettings *model,
                                 const AmbitTrainingSettings *training, const AmbitKernels *kernels,
                                 ambit_prompt_fill_fn fill, const void *source,
                                 size_t function_size, size_t n_threads, AmbitError *error)
{
    AmbitTrainer *t = *trainer = ambit_alloc(1, sizeof *t);
    if (!t)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a trainer");
    t->settings = *training;
    t->kernels = *kernels;
    t->fill = fill;
    t->source = source;
    t->n_threads = n_threads;
    t->n_lanes = n_lanes_of(training);
    t->n_slots = n_threads < t->n_lanes ? n_threads : t->n_lanes;
    t->n_classes = training->n_classes;
    AmbitStatus status = ambit_model_create(&t->model, model, error);
    if (!status) {
        ambit_model_initialize(t->model, training->seed);
        status = ambit_packed_model_create(&t->packed, t->model, kernels, true, error);
    }
    if (!status)
        status = create_memory(t, function_size, error);
    if (status)
        ambit_trainer_destroy(trainer);
    return status;
}

void ambit_trainer_destroy(AmbitTrainer **trainer)
{
    AmbitTrainer *t = *trainer;
    if (!t)
        return;
    for (size_t i = 0; t->slots && i < t->n_slots; i++) {
        ambit_prompt_batch_destroy(&t->slots[i].batch);
        ambit_activations_destroy(&t->slots[i].activations);
        ambit_free(t->slots[i].tokens);
        ambit_free(t->slots[i].output);
        ambit_free(t->slots[i].read);
        ambit_free(t->slots[i].muon);
    }
    for (size_t i = 0; t->lanes && i < t->n_lanes; i++) {
        ambit_free(t->lanes[i].class_loss);
        ambit_free(t->lanes[i].class_points);
    }
    ambit_packed_model_destroy(&t->packed);
    ambit_model_destroy(&t->model);
    ambit_free(t->gradient);
    ambit_free(t->moment1);
    ambit_free(t->moment2);
    ambit_free(t->chunk_squares);
    ambit_free(t->class_loss);
    ambit_free(t->class_prompts);
    ambit_free(t->losses);
    ambit_free(t->pieces);
    ambit_free(t->slots);
    ambit_free(t->lanes);
    ambit_free(t);
    *trainer = NULL;
}

AmbitTrainerState ambit_trainer_state(AmbitTrainer *trainer)
{
    return (AmbitTrainerState){trainer->model, trainer->moment1, trainer->moment2, &trainer->step,
                               trainer->gradient};
}

/* What a prompt's loss counts by. */
static double prompt_weight(const double *labels, size_t points, double normalize_loss)
{
    if (normalize_loss == 0)
        return 1;
    double squares = 0;
    for (size_t i = 0; i < points; i++)
        squares += labels[i] * labels[i];
    return 1 / (normalize_loss + squares / (double)points);
}

/* Losses at the tokens of x, by the class of the prompt, into the lane's sums; output becomes its
 * own gradient: of the weighted mean over the whole batch, `share` = 1 / (prompts · points). */
static void sum_loss(const AmbitPromptBatch *batch, const AmbitTrainingSettings *settings,
                     const AmbitLoss *losses, AmbitReal *output, double share, Lane *lane)
{
    size_t points = batch->n_points;
    for (size_t b = 0; b < batch->n_prompts; b++, output += points) {
        const double *labels = batch->y_query + b * points;
        double weight = share * prompt_weight(labels, points, settings->normalize_loss);
        double sum = 0, derivative;
        int class = batch->class_label[b];
        for (size_t i = 0; i < points; i++) {
            sum += ambit_loss(losses[class], (double)output[i], labels[i], &derivative);
            output[i] = (AmbitReal)(weight * derivative);
        }
        lane->class_loss[class] += sum;
        lane->class_points[class] += points;
    }
}

static void run_lane(void *context, size_t index, size_t slot_index)
{
    AmbitTrainer *t = context;
    Slot *slot = &t->slots[slot_index];
    Lane *lane = &t->lanes[index];
    AmbitPromptBatch *batch = slot->batch;
    size_t prompts = (size_t)t->settings.batch_size;
    size_t first = ambit_lane_first(prompts, t->n_lanes, index);
    batch->n_prompts = ambit_lane_first(prompts, t->n_lanes, index + 1) - first;
    batch->n_points = batch->n_queries = (size_t)t->n_points;
    for (size_t c = 0; c < t->n_classes; c++) {
        lane->class_loss[c] = 0;
        lane->class_points[c] = 0;
    }
    AmbitKey key = {t->settings.seed, (uint64_t)t->step, AMBIT_TRAINING};
    t->fill(t->source, key, first, (size_t)t->active_dims, batch);
    ambit_prompt_batch_tokens(batch, slot->tokens);
    ambit_prompt_batch_reads(batch, slot->read);
    AmbitTokens tokens = {.n_sequences = batch->n_prompts,
                          .n_tokens = 2 * batch->n_points,
                          .n_trunk = 2 * batch->n_points,
                          .input = slot->tokens,
                          .n_read = batch->n_points,
                          .read = slot->read};
    ambit_model_forward(t->packed, &tokens, slot->activations, slot->output);
    sum_loss(batch, &t->settings, t->losses, slot->output,
             1.0 / ((double)prompts * (double)t->n_points), lane);
    AmbitGradient gradient = {t->gradient, index ? &lane[-1].made : NULL, &lane->made};
    ambit_model_backward(t->packed, &tokens, slot->activations, slot->output, &gradient, NULL);
}

/* Loss of the step, over all prompts and per class. */
static void sum_losses(AmbitTrainer *t, AmbitStepReport *report)
{
    double total = 0;
    size_t total_points = 0;
    for (size_t c = 0; c < t->n_classes; c++) {
        double loss = 0;
        size_t points = 0;
        for (size_t lane = 0; lane < t->n_lanes; lane++) {
            loss += t->lanes[lane].class_loss[c];
            points += t->lanes[lane].class_points[c];
        }
        total += loss;
        total_points += points;
        t->class_loss[c] = points ? loss / (double)points : NAN;
        t->class_prompts[c] = points / (size_t)t->n_points;
    }
    report->loss = total / (double)total_points;
    report->class_loss = t->class_loss;
    report->class_prompts = t->class_prompts;
}

/* The message of a step that cannot be taken: the loss, and the first tensor at fault. */
static AmbitStatus not_finite(const AmbitTrainer *t, double loss, AmbitError *error)
{
    const char *culprit = "none (the norm overflows)";
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
    t->n_points = ambit_ramp_value(&s->points, t->step);
    t->active_dims = ambit_ramp_value(&s->dims, t->step);
    for (size_t i = 0; i < t->n_lanes; i++)
        atomic_store_explicit(&t->lanes[i].made, 0, memory_order_relaxed);
    ambit_packed_model_update(t->packed, t->n_threads);
    ambit_lanes_run(t->n_lanes, t->n_threads, run_lane, t);

    *report = (AmbitStepReport){.step = t->step,
                                .n_points = t->n_points,
                                .active_dims = t->active_dims,
                                .learning_rate = ambit_schedule_rate(&s->schedule, s->learning_rate,
                                                                     t->step, s->train_steps)};
    sum_losses(t, report);
    report->gradient_norm = sqrt(ambit_trainer_squares(t));
    if (!isfinite(report->loss) || !isfinite(report->gradient_norm)) {
        AmbitStatus status = not_finite(t, report->loss, error);
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
                           const AmbitKernels *kernels, size_t n_threads)
{
    AmbitModel *counted;
    if (ambit_model_create(&counted, model, NULL))
        return 0;
    size_t lanes = n_lanes_of(training), slots = n_threads < lanes ? n_threads : lanes;
    size_t prompts = largest_lane(training), points = (size_t)training->points.end;
    size_t blocks = 4 * ambit_model_block_size(counted) * sizeof(AmbitReal) +
                    ambit_packed_model_bytes(counted, kernels, true);
    ambit_model_destroy(&counted);
    size_t inputs =
        prompts * points * (size_t)model->n_dims * (sizeof(double) + 2 * sizeof(AmbitReal));
    size_t e = (size_t)model->n_embd, muon = training->optimizer == AMBIT_OPTIMIZER_MUON;
    inputs += muon * ambit_muon_scratch(e, 4 * e) * sizeof(AmbitReal);
    return blocks + slots * (inputs + ambit_activations_bytes(model, prompts, 2 * points, true));
}
