// SPDX-License-Identifier: MIT
// Prompts of a curriculum as a trainer's source.
#include "ambit/prompt_training.h"

#include "ambit/memory.h"

#include <gsl/gsl_randist.h>
#include <string.h>

#define LARGEST_COUNT 1e12

#define FIELD(name) offsetof(AmbitRamp, name)
const AmbitParameter ambit_ramp_parameters[] = {
    {"start", AMBIT_INT, FIELD(start), 0, 1, 1048576, NULL, "value at step 0", true},
    {"end", AMBIT_INT, FIELD(end), 0, 1, 1048576, NULL, "largest value", true},
    {"inc", AMBIT_INT, FIELD(inc), 1, 0, 1048576, NULL, "added every interval", false},
    {"interval", AMBIT_INT, FIELD(interval), 1, 1, LARGEST_COUNT, NULL, "steps between additions",
     false},
    {"pause_at", AMBIT_INT, FIELD(pause_at), 0, 0, 1048576, NULL,
     "value that, when it is first reached, stays for pause_steps more", false},
    {"pause_steps", AMBIT_INT, FIELD(pause_steps), 0, 0, LARGEST_COUNT, NULL,
     "steps that do not count for the ramp; 0: no pause", false},
    {0}};
#undef FIELD

const AmbitParameter ambit_prompt_training_parameters[] = {
    {"normalize_loss", AMBIT_REAL, offsetof(AmbitPromptTraining, normalize_loss), 0, 0, 1e9, NULL,
     "train on each prompt's loss divided by its mean squared label plus this, so that prompts of "
     "large outputs do not drown the others; 0: on the loss itself, which is reported either way",
     false},
    {0}};

static const char *const places[] = {"first", "random", NULL}; // AMBIT_PLACES_*
const AmbitParameter ambit_curriculum_parameters[] = {
    {"coordinates", AMBIT_CHOICE, offsetof(AmbitPromptTraining, coordinates), AMBIT_PLACES_FIRST, 0,
     0, places,
     "which coordinates of x are active while dims grow (the others are 0): the first ones, or "
     "random ones, drawn for each prompt, so that the model reads all of them from the start; for "
     "classes that treat all coordinates alike",
     false},
    {"positions", AMBIT_CHOICE, offsetof(AmbitPromptTraining, positions), AMBIT_PLACES_FIRST, 0, 0,
     places,
     "which positions the points of a prompt take while they are fewer than model.n_positions: the "
     "first ones, or random ones in random order, drawn for each prompt, so that the model reads "
     "all of them from the start, and each after any number of points",
     false},
    {0}};

int64_t ambit_ramp_value(const AmbitRamp *ramp, int64_t step)
{
    int64_t gain, before = 0; // steps until the pause
    if (ramp->pause_steps > 0 && ramp->inc > 0)
        if (__builtin_mul_overflow((ramp->pause_at - ramp->start + ramp->inc - 1) / ramp->inc,
                                   ramp->interval, &before))
            before = INT64_MAX;
    if (step > before)
        step = step - before > ramp->pause_steps ? step - ramp->pause_steps : before;
    if (__builtin_mul_overflow(ramp->inc, step / ramp->interval, &gain) ||
        gain > ramp->end - ramp->start)
        return ramp->end;
    return ramp->start + gain;
}

static AmbitRamp constant(size_t value)
{
    return (AmbitRamp){.start = (int64_t)value, .end = (int64_t)value, .interval = 1};
}

AmbitPromptTraining ambit_prompt_training(const AmbitPromptSource *prompts, size_t n_points)
{
    size_t n_dims = prompts->distribution->n_dims;
    return (AmbitPromptTraining){.fill = ambit_prompt_fill,
                                 .prompts = prompts,
                                 .n_dims = n_dims,
                                 .function_size = prompts->mixture->function_size,
                                 .n_classes = prompts->mixture->n_classes,
                                 .dims = constant(n_dims),
                                 .points = constant(n_points)};
}

/* What one thread draws into. */
typedef struct Workspace {
    AmbitPromptBatch *prompts;
    AmbitPromptRows *rows;
    AmbitLoss *loss;  // [B]
    double *weight;   // [S]
    size_t *place;    // [D], or [n_positions] if more, in use by one prompt
    size_t *position; // [R] of random positions
} Workspace;

static AmbitBatchSizes sizes(const void *state, size_t n_sequences)
{
    const AmbitPromptTraining *training = state;
    size_t points = (size_t)training->points.end;
    return (AmbitBatchSizes){.n_sequences = n_sequences,
                             .n_rows = n_sequences * 2 * points,
                             .longest = 2 * points,
                             .n_scored = n_sequences * points};
}

static size_t n_scored(const void *state, int64_t step, size_t n_sequences)
{
    const AmbitPromptTraining *training = state;
    return n_sequences * (size_t)ambit_ramp_value(&training->points, step);
}

static double mean_rows(const void *state, int64_t step)
{
    const AmbitPromptTraining *training = state;
    return 2 * (double)ambit_ramp_value(&training->points, step);
}

static void column_values(const void *state, int64_t step, double *values)
{
    const AmbitPromptTraining *training = state;
    values[AMBIT_COLUMN_POINTS] = (double)ambit_ramp_value(&training->points, step);
    values[AMBIT_COLUMN_DIMS] = (double)ambit_ramp_value(&training->dims, step);
}

static void workspace_destroy(void *workspace)
{
    Workspace *w = workspace;
    if (!w)
        return;
    ambit_prompt_batch_destroy(&w->prompts);
    ambit_prompt_rows_destroy(&w->rows);
    ambit_free(w->loss);
    ambit_free(w->weight);
    ambit_free(w->place);
    ambit_free(w->position);
    ambit_free(w);
}

static size_t most_places(const AmbitPromptTraining *training)
{
    return training->n_dims > training->n_positions ? training->n_dims : training->n_positions;
}

static AmbitStatus workspace_create(const void *state, size_t n_sequences, void **workspace,
                                    AmbitError *error)
{
    const AmbitPromptTraining *training = state;
    size_t points = (size_t)training->points.end;
    Workspace *w = *workspace = ambit_alloc(1, sizeof *w);
    AmbitStatus status =
        w ? ambit_prompt_batch_create(&w->prompts, n_sequences, points, points, training->n_dims,
                                      training->function_size, false, error)
          : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for prompts");
    if (!status)
        status = ambit_prompt_rows_create(&w->rows, w->prompts, error);
    if (!status) {
        w->loss = ambit_alloc(n_sequences, sizeof *w->loss);
        w->weight = ambit_alloc(n_sequences, points * sizeof *w->weight);
        w->place = ambit_alloc(most_places(training), sizeof *w->place);
        w->position = ambit_alloc(n_sequences, 2 * points * sizeof *w->position);
        if (!w->loss || !w->weight || !w->place || !w->position)
            status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for prompts");
    }
    if (status) {
        workspace_destroy(w);
        *workspace = NULL;
    }
    return status;
}

static size_t workspace_bytes(const void *state, size_t n_sequences)
{
    const AmbitPromptTraining *training = state;
    size_t points = (size_t)training->points.end;
    size_t values = training->n_dims + 3; // x; y, y_query and weight
    return n_sequences * (points * values + training->function_size) * sizeof(double) +
           (n_sequences * 2 * points + most_places(training)) * sizeof(size_t) +
           ambit_prompt_rows_bytes(n_sequences, points, training->n_dims);
}

/* Draws n of `count` coordinates for prompt `index`, ascending (selection sampling: Knuth, The Art
 * of Computer Programming, vol. 2, 3.4.2, algorithm S). */
static void draw_coordinates(AmbitKey key, size_t index, size_t n, size_t count, size_t *coordinate)
{
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_COORDINATES, (uint32_t)index);
    for (size_t at = count; at-- > 0 && n > 0;)
        if (gsl_rng_uniform(&random.rng) * (double)(at + 1) < (double)n)
            coordinate[--n] = at;
}

/* Moves the inputs of one prompt from the first n_active coordinates to these. */
static void scatter(AmbitPromptBatch *prompt, const size_t *coordinate, size_t n_active)
{
    size_t n_dims = prompt->n_dims;
    for (double *x = prompt->x; x < prompt->x + prompt->n_points * n_dims; x += n_dims)
        for (size_t d = n_active; d-- > 0 && coordinate[d] != d;) {
            x[coordinate[d]] = x[d];
            x[d] = 0;
        }
}

static void draw_prompts(const AmbitPromptTraining *training, AmbitKey key, size_t first,
                         Workspace *w)
{
    size_t n_active = (size_t)ambit_ramp_value(&training->dims, (int64_t)key.step);
    training->fill(training->prompts, key, first, n_active, w->prompts);
    if (training->coordinates == AMBIT_PLACES_FIRST || n_active == training->n_dims)
        return;
    for (size_t b = 0; b < w->prompts->n_prompts; b++) {
        AmbitPromptBatch prompt = ambit_prompt_batch_view(w->prompts, b, 1);
        draw_coordinates(key, first + b, n_active, training->n_dims, w->place);
        scatter(&prompt, w->place, n_active);
    }
}

/* Puts the points of every prompt at random positions, in random order; x and y of a point stay
 * side by side. */
static void draw_positions(const AmbitPromptTraining *training, AmbitKey key, size_t first,
                           Workspace *w, AmbitBatch *batch)
{
    size_t points = w->prompts->n_points;
    for (size_t b = 0; b < w->prompts->n_prompts; b++) {
        size_t *position = w->position + b * 2 * points;
        AmbitRandom random;
        ambit_random_open(&random, key, AMBIT_STREAM_POSITIONS, (uint32_t)(first + b));
        for (size_t i = 0; i < training->n_positions; i++)
            w->place[i] = i;
        gsl_ran_shuffle(&random.rng, w->place, training->n_positions, sizeof *w->place);
        for (size_t i = 0; i < points; i++) {
            position[2 * i] = 2 * w->place[i];
            position[2 * i + 1] = 2 * w->place[i] + 1;
        }
    }
    batch->position = w->position;
}

static void draw(const void *state, AmbitKey key, size_t first, size_t n_sequences, void *workspace,
                 AmbitBatch *batch)
{
    const AmbitPromptTraining *training = state;
    Workspace *w = workspace;
    AmbitPromptBatch *prompts = w->prompts;
    size_t points = (size_t)ambit_ramp_value(&training->points, (int64_t)key.step);
    bool normalized = training->normalize_loss != 0;
    prompts->n_prompts = n_sequences;
    prompts->n_points = prompts->n_queries = points;
    draw_prompts(training, key, first, w);
    ambit_prompt_rows_fill(w->rows, prompts, batch);
    if (training->positions == AMBIT_PLACES_RANDOM && points < training->n_positions)
        draw_positions(training, key, first, w, batch);
    for (size_t b = 0; b < n_sequences; b++) {
        const double *labels = prompts->y_query + b * points;
        double weight = 1, squares = 0;
        for (size_t i = 0; normalized && i < points; i++)
            squares += labels[i] * labels[i];
        if (normalized)
            weight = 1 / (training->normalize_loss + squares / (double)points);
        w->loss[b] =
            training->losses ? training->losses[prompts->class_label[b]] : AMBIT_LOSS_SQUARED;
        for (size_t i = 0; i < points; i++)
            w->weight[b * points + i] = weight;
    }
    batch->loss = w->loss;
    batch->weight = w->weight;
    batch->key = key;
    batch->first = first;
}

static const char *const columns[] = {"n_points", "active_dims", NULL}; // AMBIT_COLUMN_*

static const AmbitSourceType prompts = {
    .name = "prompts",
    .columns = columns,
    .sizes = sizes,
    .n_scored = n_scored,
    .mean_rows = mean_rows,
    .column_values = column_values,
    .workspace_create = workspace_create,
    .workspace_destroy = workspace_destroy,
    .workspace_bytes = workspace_bytes,
    .draw = draw,
};

AmbitSource ambit_prompt_training_source(const AmbitPromptTraining *training)
{
    return (AmbitSource){&prompts, training, training->n_classes};
}
