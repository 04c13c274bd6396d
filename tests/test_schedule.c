// SPDX-License-Identifier: MIT
// Learning-rate schedules and the curriculum's ramps.
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(schedules), cmocka_unit_test(ramps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
