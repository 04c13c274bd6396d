// SPDX-License-Identifier: MIT
// Learning-rate schedules and the curriculum: its ramps, and which coordinates and positions it
// takes.
#include "testing.h"

#include "ambit/prompt_training.h"
#include "ambit/trainer.h"

static void schedules(void **state)
{
    (void)state;
    AmbitSchedule constant = {.name = AMBIT_SCHEDULE_CONSTANT};
    AmbitSchedule root = {AMBIT_SCHEDULE_INVERSE_SQRT, .warmup_steps = 100};
    AmbitSchedule linear = {AMBIT_SCHEDULE_LINEAR, 100, 0, 0.1};
    AmbitSchedule cosine = {AMBIT_SCHEDULE_COSINE, 100, 0, 0.1};
    assert_true(ambit_schedule_rate(&constant, 2, 0, 1000) == 2);
    const AmbitSchedule *warmed[] = {&root, &linear, &cosine};
    for (size_t i = 0; i < 3; i++) {
        assert_true(fabs(ambit_schedule_rate(warmed[i], 2, 0, 1000) - 0.02) < 1e-12);
        assert_true(fabs(ambit_schedule_rate(warmed[i], 2, 49, 1000) - 1) < 1e-12);
        assert_true(fabs(ambit_schedule_rate(warmed[i], 2, 99, 1000) - 2) < 1e-12);
    }
    assert_true(fabs(ambit_schedule_rate(&root, 2, 399, 1000) - 1) < 1e-12);
    assert_true(fabs(ambit_schedule_rate(&linear, 2, 999, 1000) - 0.2) < 1e-12);
    assert_true(fabs(ambit_schedule_rate(&cosine, 2, 999, 1000) - 0.2) < 1e-12);
    assert_true(fabs(ambit_schedule_rate(&linear, 2, 549, 1000) - 1.1) < 1e-12);
    assert_true(fabs(ambit_schedule_rate(&cosine, 2, 549, 1000) - 1.1) < 1e-12);
    linear.hold_steps = cosine.hold_steps = 500;
    const AmbitSchedule *held[] = {&linear, &cosine};
    for (size_t i = 0; i < 2; i++) {
        assert_true(fabs(ambit_schedule_rate(held[i], 2, 49, 1000) - 1) < 1e-12);
        assert_true(ambit_schedule_rate(held[i], 2, 350, 1000) == 2);
        assert_true(ambit_schedule_rate(held[i], 2, 599, 1000) == 2);
        assert_true(fabs(ambit_schedule_rate(held[i], 2, 799, 1000) - 1.1) < 1e-12);
        assert_true(fabs(ambit_schedule_rate(held[i], 2, 999, 1000) - 0.2) < 1e-12);
        assert_true(ambit_schedule_rate(held[i], 2, 499, 500) == 2); // the run ends before the fall
    }
}

/* Garg et al.'s ramp of dims: 5 → 20 by 1 every 2000 steps. */
static void ramps(void **state)
{
    (void)state;
    AmbitRamp ramp = {5, 20, 1, 2000};
    assert_int_equal(ambit_ramp_value(&ramp, 0), 5);
    assert_int_equal(ambit_ramp_value(&ramp, 1999), 5);
    assert_int_equal(ambit_ramp_value(&ramp, 2000), 6);
    assert_int_equal(ambit_ramp_value(&ramp, 29999), 19);
    assert_int_equal(ambit_ramp_value(&ramp, 30000), 20);
    assert_int_equal(ambit_ramp_value(&ramp, 1000000000), 20);
    ramp.pause_at = 8; // reached at step 6 000
    ramp.pause_steps = 10000;
    assert_int_equal(ambit_ramp_value(&ramp, 5999), 7);
    assert_int_equal(ambit_ramp_value(&ramp, 6000), 8);
    assert_int_equal(ambit_ramp_value(&ramp, 17999), 8);
    assert_int_equal(ambit_ramp_value(&ramp, 18000), 9);
    assert_int_equal(ambit_ramp_value(&ramp, 39999), 19);
    assert_int_equal(ambit_ramp_value(&ramp, 40000), 20);
    ramp = (AmbitRamp){.start = 3,
                       .end = 20,
                       .inc = 2,
                       .interval = 100,
                       .pause_at = 8,
                       .pause_steps = 50}; // 9 is the first value of at least 8
    assert_int_equal(ambit_ramp_value(&ramp, 449), 9);
    assert_int_equal(ambit_ramp_value(&ramp, 450), 11);
    ramp.interval = (int64_t)1e18; // steps until the pause overflow: it is never reached
    ramp.inc = 1;
    ramp.pause_at = 20;
    assert_int_equal(ambit_ramp_value(&ramp, 1000000000), 3);
}

enum { DIMS = 6, POINTS = 3, PROMPTS = 600 };

/* Active coordinate j of point i is 1 + j + 10 i. */
static void fill_counted(const void *source, AmbitKey key, size_t first, size_t active_dims,
                         AmbitPromptBatch *batch)
{
    (void)source;
    (void)key;
    size_t points = batch->n_points, dims = batch->n_dims;
    for (size_t b = 0; b < batch->n_prompts; b++) {
        batch->class_label[b] = 0;
        for (size_t i = 0; i < points; i++) {
            batch->y[b * points + i] = (double)(first + b);
            for (size_t j = 0; j < dims; j++)
                batch->x[(b * points + i) * dims + j] =
                    j < active_dims ? (double)(1 + j + 10 * i) : 0;
        }
    }
}

/* The pair of coordinates, as a place in a DIMS × DIMS table, where the inputs of a prompt (every
 * other row from `x` on) have the two active ones, in their order. */
static size_t active_pair(const AmbitReal *x)
{
    size_t place = 0;
    for (size_t i = 0; i < POINTS; i++) {
        size_t n = 0, at[DIMS];
        for (size_t j = 0; j < DIMS; j++)
            if (x[2 * i * DIMS + j] != 0)
                at[n++] = j;
        assert_int_equal(n, 2);
        assert_true(x[2 * i * DIMS + at[0]] == (AmbitReal)(1 + 10 * i));
        assert_true(x[2 * i * DIMS + at[1]] == (AmbitReal)(2 + 10 * i));
        assert_true(i == 0 || place == at[0] * DIMS + at[1]);
        place = at[0] * DIMS + at[1];
    }
    return place;
}

/* 600 prompts have each of the 15 pairs of six coordinates 40 times, within 5 standard errors. */
static void random_coordinates(void **state)
{
    (void)state;
    AmbitPromptTraining training = {.fill = fill_counted,
                                    .n_dims = DIMS,
                                    .n_classes = 1,
                                    .dims = {2, DIMS, DIMS - 2, 10},
                                    .points = {POINTS, POINTS, 0, 1},
                                    .coordinates = AMBIT_PLACES_RANDOM};
    AmbitSource source = ambit_prompt_training_source(&training);
    const AmbitKey early = {7, 9, AMBIT_TRAINING}, late = {7, 10, AMBIT_TRAINING};
    size_t count[DIMS * DIMS] = {0};
    void *all, *alone;
    AmbitBatch batch, one;
    assert_int_equal(source.type->workspace_create(source.state, PROMPTS, &all, NULL), AMBIT_OK);
    assert_int_equal(source.type->workspace_create(source.state, 1, &alone, NULL), AMBIT_OK);
    source.type->draw(source.state, early, 0, PROMPTS, all, &batch);
    for (size_t b = 0; b < PROMPTS; b++)
        count[active_pair(batch.vector + b * 2 * POINTS * DIMS)]++;
    for (size_t a = 0; a < DIMS; a++)
        for (size_t b = a + 1; b < DIMS; b++)
            assert_in_range(count[a * DIMS + b], 9, 71);
    source.type->draw(source.state, early, 17, 1, alone, &one);
    assert_memory_equal(one.vector, batch.vector + 17 * 2 * POINTS * DIMS,
                        2 * POINTS * DIMS * sizeof *one.vector);
    source.type->draw(source.state, late, 0, 1, alone, &one);
    for (size_t j = 0; j < DIMS; j++) // all are active, where they were
        assert_true(one.vector[j] == (AmbitReal)(1 + j));
    source.type->workspace_destroy(all);
    source.type->workspace_destroy(alone);
}

enum { PLACES = 5, SHORT = 2 };

/* 600 prompts of two points have each of the 20 pairs of five positions 30 times, within 5 standard
 * errors; a prompt of all points stands where it does without. */
static void random_positions(void **state)
{
    (void)state;
    AmbitPromptTraining training = {.fill = fill_counted,
                                    .n_dims = 1,
                                    .n_classes = 1,
                                    .dims = {1, 1, 0, 1},
                                    .points = {SHORT, PLACES, PLACES - SHORT, 10},
                                    .positions = AMBIT_PLACES_RANDOM,
                                    .n_positions = PLACES};
    AmbitSource source = ambit_prompt_training_source(&training);
    const AmbitKey early = {7, 9, AMBIT_TRAINING}, late = {7, 10, AMBIT_TRAINING};
    size_t count[PLACES * PLACES] = {0};
    void *all, *alone;
    AmbitBatch batch, one;
    assert_int_equal(source.type->workspace_create(source.state, PROMPTS, &all, NULL), AMBIT_OK);
    assert_int_equal(source.type->workspace_create(source.state, 1, &alone, NULL), AMBIT_OK);
    source.type->draw(source.state, early, 0, PROMPTS, all, &batch);
    for (size_t b = 0; b < PROMPTS; b++) {
        const size_t *position = batch.position + b * 2 * SHORT;
        assert_int_equal(position[0] % 2, 0);
        assert_int_equal(position[1], position[0] + 1); // y beside its x
        assert_int_equal(position[2] % 2, 0);
        assert_int_equal(position[3], position[2] + 1);
        count[position[0] / 2 * PLACES + position[2] / 2]++;
    }
    for (size_t a = 0; a < PLACES; a++)
        for (size_t b = 0; b < PLACES; b++)
            assert_in_range(count[a * PLACES + b], a == b ? 0 : 3, a == b ? 0 : 57);
    for (size_t b = 17; b < 30; b++) {
        source.type->draw(source.state, early, b, 1, alone, &one);
        assert_memory_equal(one.position, batch.position + b * 2 * SHORT,
                            2 * SHORT * sizeof *one.position);
    }
    source.type->draw(source.state, late, 17, 1, alone, &one);
    for (size_t i = 0; i < 2 * PLACES; i++)
        assert_int_equal(one.position[i], i);
    source.type->workspace_destroy(all);
    source.type->workspace_destroy(alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(schedules), cmocka_unit_test(ramps),
                                       cmocka_unit_test(random_coordinates),
                                       cmocka_unit_test(random_positions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
