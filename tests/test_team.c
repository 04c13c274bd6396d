// SPDX-License-Identifier: MIT
// Teams: a training shared by processes has the bits of one process, agreement, and the numbers of
// processes that are refused.
#include "testing.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/prompt_training.h"
#include "ambit/trainer.h"
#include "thread_team.h"

#include <gsl/gsl_randist.h>
#include <string.h>

enum { POINTS = 5, DIMS = 3, N_X = POINTS * DIMS, STEPS = 6, GROUPS = 16 };

/* Prompts of two classes in turn: linear functions of either sign; from step `spoiled` on they are
 * not finite. */
static void fill(const void *spoiled, AmbitKey key, size_t first, size_t active_dims,
                 AmbitPromptBatch *batch)
{
    (void)active_dims;
    for (size_t b = 0; b < batch->n_prompts; b++) {
        AmbitRandom random;
        ambit_random_open(&random, key, AMBIT_STREAM_INPUT, (uint32_t)(first + b));
        batch->class_label[b] = (int)((first + b) % 2);
        for (size_t i = 0; i < N_X; i++)
            batch->x[b * N_X + i] = gsl_ran_gaussian_ziggurat(&random.rng, 1);
        for (size_t i = b * POINTS; i < (b + 1) * POINTS; i++) {
            double y = batch->x[i * DIMS] - batch->x[i * DIMS + 1];
            if (key.step == *(const uint64_t *)spoiled && first + b == 9)
                y = INFINITY;
            batch->y[i] = batch->y_query[i] = batch->class_label[b] ? -y : y;
        }
    }
}

/* What a training leaves. */
typedef struct Outcome {
    float *parameters, *moment1, *moment2;
    size_t size;
    double loss[STEPS][4]; // loss, norm of the gradient, losses of the classes
    size_t sequences[STEPS][2];
    bool skipped[STEPS];
    AmbitError error;
    AmbitStatus status;
} Outcome;

typedef struct Job {
    AmbitTrainingSettings training;
    const char *level;
    size_t n_threads, n_embd;
    uint64_t spoiled;
    Outcome outcomes[MOST_MEMBERS];
} Job;

static void keep(Outcome *outcome, AmbitTrainer *trainer)
{
    ambit_trainer_gather(trainer);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    outcome->size = ambit_model_block_size(view.model);
    size_t bytes = outcome->size * sizeof(float);
    outcome->parameters = memcpy(malloc(bytes), ambit_model_block(view.model), bytes);
    outcome->moment1 = memcpy(malloc(bytes), view.moment1, bytes);
    outcome->moment2 = memcpy(malloc(bytes), view.moment2, bytes);
}

static void train(void *context, const AmbitTeam *team)
{
    Job *job = context;
    Outcome *outcome = &job->outcomes[team->index];
    const AmbitModelSettings model = {.trunk = {.n_context = 2 * POINTS,
                                                .n_embd = (int64_t)job->n_embd,
                                                .n_layer = 2,
                                                .n_head = 2,
                                                .attention_bias = true},
                                      .head = ambit_regression_head(DIMS)};
    const AmbitPromptTraining prompts = {.fill = fill,
                                         .prompts = (const void *)&job->spoiled,
                                         .n_dims = DIMS,
                                         .n_classes = 2,
                                         .dims = {DIMS, DIMS, 1, 1},
                                         .points = {POINTS, POINTS, 1, 1}};
    const AmbitSource source = ambit_prompt_training_source(&prompts);
    AmbitKernels kernels;
    AmbitTrainer *trainer = NULL;
    outcome->status = ambit_kernels_select(&kernels, job->level, &outcome->error);
    if (!outcome->status)
        outcome->status =
            ambit_trainer_create_in_team(&trainer, &model, &job->training, &kernels, &source,
                                         job->n_threads, team, &outcome->error);
    for (int i = 0; i < STEPS && !outcome->status; i++) {
        AmbitStepReport report;
        outcome->status = ambit_trainer_step(trainer, &report, &outcome->error);
        if (outcome->status)
            break;
        const double losses[] = {report.loss, report.gradient_norm, report.class_loss[0],
                                 report.class_loss[1]};
        memcpy(outcome->loss[i], losses, sizeof losses);
        memcpy(outcome->sequences[i], report.class_sequences, sizeof outcome->sequences[i]);
        outcome->skipped[i] = report.skipped;
    }
    if (trainer)
        keep(outcome, trainer);
    ambit_trainer_destroy(&trainer);
}

static void release(Job *job)
{
    for (size_t p = 0; p < MOST_MEMBERS; p++) {
        free(job->outcomes[p].parameters);
        free(job->outcomes[p].moment1);
        free(job->outcomes[p].moment2);
    }
}

static Job job_of(const char *level, int optimizer)
{
    return (Job){.training = {.learning_rate = 1e-2,
                              .optimizer = optimizer,
                              .momentum = 0.95,
                              .beta1 = 0.9,
                              .beta2 = 0.999,
                              .epsilon = 1e-8,
                              .clip = 0.5,
                              .batch_size = 37,
                              .train_steps = STEPS,
                              .shards = 32,
                              .groups = GROUPS,
                              .seed = 4},
                 .level = level,
                 .n_threads = 1, // which takes the groups in several windows
                 .n_embd = 64,   // several chunks of parameters
                 .spoiled = UINT64_MAX};
}

/* Bytes, since NaN is not equal to itself. */
static void assert_same(const Outcome *a, const Outcome *b)
{
    assert_int_equal(a->status, b->status);
    assert_string_equal(a->error.message, b->error.message);
    assert_memory_equal(a->loss, b->loss, sizeof a->loss);
    assert_memory_equal(a->sequences, b->sequences, sizeof a->sequences);
    assert_memory_equal(a->skipped, b->skipped, sizeof a->skipped);
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->parameters, b->parameters, a->size * sizeof(float));
    assert_memory_equal(a->moment1, b->moment1, a->size * sizeof(float));
    assert_memory_equal(a->moment2, b->moment2, a->size * sizeof(float));
}

/* Trains in teams of 2, 4 and 8 with 1, 2 and 3 threads each, and compares with one process. */
static void compare_teams(const Job *settings)
{
    Job one = *settings;
    train(&one, &ambit_team_alone);
    for (size_t count = 2; count <= MOST_MEMBERS; count *= 2) {
        Job several = *settings;
        several.n_threads = count == 8 ? 3 : count / 2;
        run_in_team(count, train, &several);
        for (size_t p = 0; p < count; p++)
            assert_same(&several.outcomes[p], &one.outcomes[0]);
        release(&several);
    }
    release(&one);
}

static void teams_train_to_the_same_bits(void **state)
{
    (void)state;
    const char *const levels[] = {"reference", "auto"};
    const int optimizers[] = {AMBIT_OPTIMIZER_ADAM, AMBIT_OPTIMIZER_MUON};
    for (int i = 0; i < 4; i++) {
        Job job = job_of(levels[i / 2], optimizers[i % 2]);
        compare_teams(&job);
    }
}

/* A model of fewer items of the update than processes. */
static void processes_without_parameters_of_their_own(void **state)
{
    (void)state;
    Job job = job_of("reference", AMBIT_OPTIMIZER_ADAM);
    job.n_embd = 8;
    compare_teams(&job);
}

static void steps_that_are_not_finite_fail_or_are_skipped_everywhere(void **state)
{
    (void)state;
    Job job = job_of("reference", AMBIT_OPTIMIZER_MUON);
    job.spoiled = 3;
    compare_teams(&job);
    job.training.skip_nonfinite = 2;
    compare_teams(&job);
}

static void other_numbers_of_processes_are_refused(void **state)
{
    (void)state;
    Job job = job_of("reference", AMBIT_OPTIMIZER_ADAM);
    AmbitError error;
    for (size_t n = 1; n <= GROUPS; n *= 2)
        assert_int_equal(ambit_training_check_team(&job.training, n, &error), AMBIT_OK);
    const size_t wrong[] = {0, 3, 6, 12};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(ambit_training_check_team(&job.training, wrong[i], &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "up to the number of groups of shards, 16"));
    assert_int_equal(ambit_training_check_team(&job.training, 32, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "--training.groups=32"));
    assert_null(strstr(error.message, "training.shards"));
    assert_int_equal(ambit_training_check_team(&job.training, 64, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "--training.groups=64"));
    assert_non_null(strstr(error.message, "--training.shards=64"));
}

typedef struct Votes {
    AmbitStatus votes[MOST_MEMBERS], agreed[MOST_MEMBERS];
    AmbitError errors[MOST_MEMBERS];
} Votes;

static void vote(void *context, const AmbitTeam *team)
{
    Votes *v = context;
    AmbitStatus own = v->votes[team->index];
    if (own)
        own = ambit_error_set(&v->errors[team->index], own, "process %zu", team->index);
    v->agreed[team->index] = ambit_team_agree(team, own, &v->errors[team->index]);
}

static void all_learn_of_the_first_failure(void **state)
{
    (void)state;
    Votes votes = {.votes = {AMBIT_OK, AMBIT_INTERRUPTED, AMBIT_OK, AMBIT_IO}};
    run_in_team(4, vote, &votes);
    for (size_t p = 0; p < 4; p++) {
        assert_int_equal(votes.agreed[p], AMBIT_IO);
        assert_string_equal(votes.errors[p].message, "process 3");
        assert_true(votes.errors[p].agreed);
    }
    votes = (Votes){.votes = {AMBIT_OK, AMBIT_INTERRUPTED, AMBIT_INTERRUPTED, AMBIT_OK}};
    run_in_team(4, vote, &votes);
    for (size_t p = 0; p < 4; p++) {
        assert_int_equal(votes.agreed[p], AMBIT_INTERRUPTED);
        assert_string_equal(votes.errors[p].message, "process 1");
    }
    votes = (Votes){.votes = {AMBIT_OK}};
    run_in_team(8, vote, &votes);
    for (size_t p = 0; p < 8; p++)
        assert_int_equal(votes.agreed[p], AMBIT_OK);
}

typedef struct Table {
    int cells[MOST_MEMBERS][2][7][3];
} Table;

static void fill_table(void *context, const AmbitTeam *team)
{
    int(*cells)[7][3] = ((Table *)context)->cells[team->index];
    size_t *first = ambit_team_parts(team, 7);
    for (int o = 0; o < 2; o++)
        for (size_t m = first[team->index]; m < first[team->index + 1]; m++)
            for (int i = 0; i < 3; i++)
                cells[o][m][i] = 100 * o + 10 * (int)m + i;
    ambit_team_gather_middle(team, cells, 2, first, 3, sizeof cells[0][0][0]);
    ambit_free(first);
}

static void arrays_are_gathered_along_their_middle(void **state)
{
    (void)state;
    Table table = {0};
    run_in_team(4, fill_table, &table);
    for (int p = 0; p < 4; p++)
        for (int o = 0; o < 2; o++)
            for (int m = 0; m < 7; m++)
                for (int i = 0; i < 3; i++)
                    assert_int_equal(table.cells[p][o][m][i], 100 * o + 10 * m + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(teams_train_to_the_same_bits),
        cmocka_unit_test(processes_without_parameters_of_their_own),
        cmocka_unit_test(steps_that_are_not_finite_fail_or_are_skipped_everywhere),
        cmocka_unit_test(other_numbers_of_processes_are_refused),
        cmocka_unit_test(all_learn_of_the_first_failure),
        cmocka_unit_test(arrays_are_gathered_along_their_middle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
