// SPDX-License-Identifier: MIT
// Checkpoints: a file reads back to the same bits, and a failed write keeps the one before.
#include "testing.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "holder.h"
#include "scratch.h"
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void round_trip(void **scratch)
{
    const char *path = scratch_path(*scratch, "checkpoint_00001000.h5");
    Holder written = holder_create(&held_model, 1), read = holder_create(&held_model, 0);
    AmbitError error = {0};
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    assert_int_equal(scratch_count(*scratch), 1); // nothing is left aside
    assert_int_equal(holder_read(path, &read, &error), AMBIT_OK);
    assert_true(holder_same(&written, &read));
    char *config = NULL;
    int64_t step = 0;
    assert_int_equal(ambit_checkpoint_read_config(path, &config, &step, &error), AMBIT_OK);
    assert_string_equal(config, held_provenance.config);
    assert_int_equal(step, 1000);
    ambit_free(config);
    AmbitContent content = AMBIT_RESULTS;
    assert_int_equal(ambit_store_content(path, &content, &error), AMBIT_OK);
    assert_int_equal(content, AMBIT_CHECKPOINT);
    holder_drop(&written);
    holder_drop(&read);
}

static void parameters_alone(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = holder_create(&held_model, 1), read = holder_create(&held_model, 0);
    AmbitState from = holder_state(&written), to = holder_state(&read);
    AmbitError error = {0};
    size_t bytes = ambit_model_block_size(written.model) * sizeof(AmbitReal);
    from.n_blocks = 1;
    assert_int_equal(ambit_checkpoint_write(path, &from, &held_provenance, &error), AMBIT_OK);
    holder_assert_refused(path, &held_model, "moment1 is missing");
    to.n_blocks = 1;
    assert_int_equal(ambit_checkpoint_read(path, &to, &error), AMBIT_OK);
    assert_memory_equal(ambit_model_block(read.model), ambit_model_block(written.model), bytes);
    assert_int_equal(read.step, 0);
    holder_drop(&written);
    holder_drop(&read);
}

static bool has(const char *path, const char *object)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    bool found = H5Lexists(file, object, H5P_DEFAULT) > 0;
    H5Fclose(file);
    return found;
}

/* Second moments of tensors that Muon moves are not kept; older files have them, all zero. */
static void without_unused_moments(void **scratch)
{
    static const char hidden[] = "/moment2/_backbone.h.0.mlp.c_fc.weight";
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = holder_create(&held_model, 1), read = holder_create(&held_model, 0);
    AmbitError error = {0};
    written.muon = read.muon = true;
    for (size_t i = 0; i < ambit_model_n_tensors(written.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(written.model, i);
        if (tensor->n_hidden)
            memset(written.moments[1] + tensor->offset, 0, tensor->count * sizeof(AmbitReal));
    }
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    assert_false(has(path, hidden));
    assert_true(has(path, "/moment1/_backbone.h.0.mlp.c_fc.weight"));
    assert_int_equal(holder_read(path, &read, &error), AMBIT_OK);
    assert_true(holder_same(&written, &read));
    written.muon = false; // as older versions wrote
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    assert_true(has(path, hidden));
    holder_drop(&read);
    read = holder_create(&held_model, 0);
    read.muon = true;
    assert_int_equal(holder_read(path, &read, &error), AMBIT_OK);
    assert_true(holder_same(&written, &read));
    holder_drop(&written);
    holder_drop(&read);
}

/* HDF5 keeps attributes above 64 KiB in another way than held_model ones. */
static void long_config(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    const size_t length = 200000;
    Holder written = holder_create(&held_model, 1);
    AmbitState state = holder_state(&written);
    AmbitError error = {0};
    char *config = ambit_alloc(length + 1, 1), *read = NULL;
    int64_t step;
    memset(config, 'x', length);
    AmbitProvenance wordy = held_provenance;
    wordy.config = config;
    assert_int_equal(ambit_checkpoint_write(path, &state, &wordy, &error), AMBIT_OK);
    assert_int_equal(ambit_checkpoint_read_config(path, &read, &step, &error), AMBIT_OK);
    assert_string_equal(read, config);
    ambit_free(read);
    ambit_free(config);
    holder_drop(&written);
}

static void summary(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = holder_create(&held_model, 2);
    AmbitError error = {0};
    AmbitCheckpointSummary *found = NULL;
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    assert_int_equal(ambit_checkpoint_summarize(&found, path, &error), AMBIT_OK);
    assert_true(found->has_moments);
    assert_true(found->origin.seed == UINT64_MAX);
    assert_int_equal(found->origin.step, 2000);
    assert_string_equal(found->origin.kernels, "reference");
    assert_string_equal(found->origin.code_version, ambit_code_version());
    assert_int_equal(found->n_tensors, ambit_model_n_tensors(written.model));
    for (size_t i = 0; i < found->n_tensors; i++) {
        const AmbitTensor *tensor = ambit_model_tensor(written.model, i);
        assert_string_equal(found->tensors[i].name, tensor->name);
        assert_int_equal(found->tensors[i].rank, tensor->rank);
        assert_int_equal(found->tensors[i].count, tensor->count);
    }
    ambit_checkpoint_summary_destroy(&found);
    holder_drop(&written);
}

static void failed_write_keeps_the_old(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder old = holder_create(&held_model, 1), new = holder_create(&held_model, 2),
           read = holder_create(&held_model, 0);
    AmbitError error = {0};
    struct rlimit limit, tight;
    assert_int_equal(holder_write(path, &old, &error), AMBIT_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    tight = (struct rlimit){.rlim_cur = 4096, .rlim_max = limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    AmbitStatus status = holder_write(path, &new, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, AMBIT_IO);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(scratch_count(*scratch), 1);
    assert_int_equal(holder_read(path, &read, &error), AMBIT_OK);
    assert_true(holder_same(&old, &read));
    assert_int_equal(holder_write(path, &new, &error), AMBIT_OK);
    assert_int_equal(holder_read(path, &read, &error), AMBIT_OK);
    assert_true(holder_same(&new, &read));
    assert_int_equal(holder_write("/nowhere/model.h5", &new, &error), AMBIT_IO);
    holder_drop(&old);
    holder_drop(&new);
    holder_drop(&read);
}

static void write_step(const char *run, unsigned thousands)
{
    Holder holder = holder_create(&held_model, thousands);
    AmbitError error;
    char *path = ambit_checkpoint_path(run, holder.step);
    assert_int_equal(holder_write(path, &holder, &error), AMBIT_OK);
    ambit_free(path);
    holder_drop(&holder);
}

static void latest(void **scratch)
{
    char *path = NULL;
    int64_t step = 0;
    AmbitError error;
    assert_int_equal(ambit_checkpoint_latest(*scratch, &path, &step, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "no checkpoint"));
    for (unsigned thousands = 1; thousands <= 3; thousands++)
        write_step(*scratch, thousands);
    scratch_write(scratch_path(*scratch, "checkpoint_00009000.h5.tmp-ambit-1"), "half");
    assert_int_equal(ambit_checkpoint_latest(*scratch, &path, &step, &error), AMBIT_OK);
    assert_int_equal(step, 3000);
    assert_int_equal(truncate(path, (off_t)scratch_size(path) / 2), 0);
    ambit_free(path);
    assert_int_equal(ambit_checkpoint_latest(*scratch, &path, &step, &error), AMBIT_OK);
    assert_int_equal(step, 2000);
    assert_non_null(strstr(path, "checkpoint_00002000.h5"));
    ambit_free(path);
}

static void names(void **scratch)
{
    (void)scratch;
    assert_int_equal(ambit_checkpoint_name_step("checkpoint_00010000.h5"), 10000);
    assert_int_equal(ambit_checkpoint_name_step("checkpoint_123456789.h5"), 123456789);
    assert_int_equal(ambit_checkpoint_name_step("checkpoint_.h5"), -1);
    assert_int_equal(ambit_checkpoint_name_step("checkpoint_1.h5.tmp9"), -1);
    assert_int_equal(ambit_checkpoint_name_step("checkpoint_60.h5"), -1);
    assert_int_equal(ambit_checkpoint_name_step("checkpoint_000000060.h5"), -1);
    assert_int_equal(ambit_checkpoint_name_step("results.h5"), -1);
    assert_int_equal(ambit_checkpoint_name_step("parameters_00000060.h5"), -1);
    assert_int_equal(ambit_parameters_name_step("parameters_00000060.h5"), 60);
    assert_int_equal(ambit_parameters_name_step("checkpoint_00000060.h5"), -1);
    char *path = ambit_checkpoint_path("run", 10000);
    assert_string_equal(path, "run/checkpoint_00010000.h5");
    ambit_free(path);
    path = ambit_parameters_path("run", 10000);
    assert_string_equal(path, "run/parameters_00010000.h5");
    ambit_free(path);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(round_trip),
        IN_SCRATCH(parameters_alone),
        IN_SCRATCH(without_unused_moments),
        IN_SCRATCH(long_config),
        IN_SCRATCH(summary),
        IN_SCRATCH(failed_write_keeps_the_old),
        IN_SCRATCH(latest),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
