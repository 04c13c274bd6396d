// SPDX-License-Identifier: MIT
// Checkpoints: a file reads back to the same bits; a file that is damaged, of another program or of
// another model is refused, and the trainer does not change.
#include "testing.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "scratch.h"
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const AmbitModelSettings small = {
    .trunk = {.n_context = 12, .n_embd = 8, .n_layer = 1, .n_head = 2, .attention_bias = true},
    .head = {.type = &ambit_head_regression, .settings = {.numbers = {3}}}};

static const AmbitProvenance provenance = {.config = "model:\n  n_embd: 8 # ä\n",
                                           .command = "ambit pretrain small.yaml",
                                           .kernels = "reference",
                                           .seed = UINT64_MAX,
                                           .wall_seconds = 1.5};

/* A trainer's state without the trainer: block, moments and step of its own. */
typedef struct Holder {
    AmbitModel *model;
    AmbitReal *moments[2];
    int64_t step, n_skipped;
    bool muon;
} Holder;

static AmbitState view(Holder *holder)
{
    return (AmbitState){
        .model = holder->model,
        .n_blocks = 5,
        .blocks = {{.name = "parameters", .tensors = ambit_model_block(holder->model)},
                   {.name = "moment1", .tensors = holder->moments[0]},
                   {.name = "moment2", .tensors = holder->moments[1], .adam_only = holder->muon},
                   {.name = "step", .integer = &holder->step},
                   {.name = "n_skipped", .integer = &holder->n_skipped, .optional = true}}};
}

/* Numbers follow from `salt` (0: all zero), padding stays 0. */
static Holder hold(const AmbitModelSettings *settings, unsigned salt)
{
    Holder holder = {.step = 1000 * salt, .n_skipped = salt};
    AmbitError error;
    assert_int_equal(ambit_model_create(&holder.model, settings, &error), AMBIT_OK);
    AmbitReal *blocks[3] = {ambit_model_block(holder.model)};
    for (size_t b = 1; b < 3; b++)
        blocks[b] = holder.moments[b - 1] =
            ambit_alloc(ambit_model_block_size(holder.model), sizeof **blocks);
    for (size_t i = 0; i < ambit_model_n_tensors(holder.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(holder.model, i);
        for (size_t b = 0; salt && b < 3; b++)
            for (size_t j = 0; j < tensor->count; j++)
                blocks[b][tensor->offset + j] =
                    (AmbitReal)(salt + b) / (AmbitReal)(1 + tensor->offset + j);
    }
    return holder;
}

static void drop(Holder *holder)
{
    ambit_model_destroy(&holder->model);
    ambit_free(holder->moments[0]);
    ambit_free(holder->moments[1]);
}

static bool same(const Holder *a, const Holder *b)
{
    size_t bytes = ambit_model_block_size(a->model) * sizeof(AmbitReal);
    return a->step == b->step && a->n_skipped == b->n_skipped &&
           memcmp(ambit_model_block_const(a->model), ambit_model_block_const(b->model), bytes) ==
               0 &&
           memcmp(a->moments[0], b->moments[0], bytes) == 0 &&
           memcmp(a->moments[1], b->moments[1], bytes) == 0;
}

static AmbitStatus write_to(const char *path, Holder *holder, AmbitError *error)
{
    AmbitState state = view(holder);
    return ambit_checkpoint_write(path, &state, &provenance, error);
}

static AmbitStatus read_from(const char *path, Holder *holder, AmbitError *error)
{
    AmbitState state = view(holder);
    return ambit_checkpoint_read(path, &state, error);
}

/* The file is refused, the message has `words`, and nothing reached the state. */
static void assert_refused(const char *path, const AmbitModelSettings *settings, const char *words)
{
    Holder read = hold(settings, 0), untouched = hold(settings, 0);
    AmbitError error = {0};
    assert_int_equal(read_from(path, &read, &error), AMBIT_INVALID);
    if (!strstr(error.message, path) || !strstr(error.message, words))
        fail_msg("message \"%s\" lacks \"%s\"", error.message, words);
    assert_true(same(&read, &untouched));
    drop(&read);
    drop(&untouched);
}

static void round_trip(void **scratch)
{
    const char *path = scratch_path(*scratch, "checkpoint_00001000.h5");
    Holder written = hold(&small, 1), read = hold(&small, 0);
    AmbitError error = {0};
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    assert_int_equal(scratch_count(*scratch), 1); // nothing is left aside
    assert_int_equal(read_from(path, &read, &error), AMBIT_OK);
    assert_true(same(&written, &read));
    char *config = NULL;
    int64_t step = 0;
    assert_int_equal(ambit_checkpoint_read_config(path, &config, &step, &error), AMBIT_OK);
    assert_string_equal(config, provenance.config);
    assert_int_equal(step, 1000);
    ambit_free(config);
    AmbitContent content = AMBIT_RESULTS;
    assert_int_equal(ambit_store_content(path, &content, &error), AMBIT_OK);
    assert_int_equal(content, AMBIT_CHECKPOINT);
    drop(&written);
    drop(&read);
}

static void parameters_alone(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = hold(&small, 1), read = hold(&small, 0);
    AmbitState from = view(&written), to = view(&read);
    AmbitError error = {0};
    size_t bytes = ambit_model_block_size(written.model) * sizeof(AmbitReal);
    from.n_blocks = 1;
    assert_int_equal(ambit_checkpoint_write(path, &from, &provenance, &error), AMBIT_OK);
    assert_refused(path, &small, "moment1 is missing");
    to.n_blocks = 1;
    assert_int_equal(ambit_checkpoint_read(path, &to, &error), AMBIT_OK);
    assert_memory_equal(ambit_model_block(read.model), ambit_model_block(written.model), bytes);
    assert_int_equal(read.step, 0);
    drop(&written);
    drop(&read);
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
    Holder written = hold(&small, 1), read = hold(&small, 0);
    AmbitError error = {0};
    written.muon = read.muon = true;
    for (size_t i = 0; i < ambit_model_n_tensors(written.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(written.model, i);
        if (tensor->n_hidden)
            memset(written.moments[1] + tensor->offset, 0, tensor->count * sizeof(AmbitReal));
    }
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    assert_false(has(path, hidden));
    assert_true(has(path, "/moment1/_backbone.h.0.mlp.c_fc.weight"));
    assert_int_equal(read_from(path, &read, &error), AMBIT_OK);
    assert_true(same(&written, &read));
    written.muon = false; // as older versions wrote
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    assert_true(has(path, hidden));
    drop(&read);
    read = hold(&small, 0);
    read.muon = true;
    assert_int_equal(read_from(path, &read, &error), AMBIT_OK);
    assert_true(same(&written, &read));
    drop(&written);
    drop(&read);
}

/* HDF5 keeps attributes above 64 KiB in another way than small ones. */
static void long_config(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    const size_t length = 200000;
    Holder written = hold(&small, 1);
    AmbitState state = view(&written);
    AmbitError error = {0};
    char *config = ambit_alloc(length + 1, 1), *read = NULL;
    int64_t step;
    memset(config, 'x', length);
    AmbitProvenance wordy = provenance;
    wordy.config = config;
    assert_int_equal(ambit_checkpoint_write(path, &state, &wordy, &error), AMBIT_OK);
    assert_int_equal(ambit_checkpoint_read_config(path, &read, &step, &error), AMBIT_OK);
    assert_string_equal(read, config);
    ambit_free(read);
    ambit_free(config);
    drop(&written);
}

static void summary(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = hold(&small, 2);
    AmbitError error = {0};
    AmbitCheckpointSummary *found = NULL;
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
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
    drop(&written);
}

static void another_model(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    AmbitModelSettings wider = small, deeper = small;
    wider.trunk.n_embd = 16;
    deeper.trunk.n_layer = 2;
    Holder written = hold(&small, 1);
    AmbitError error;
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    assert_refused(path, &wider, "/parameters/_read_in.weight: found shape 8×3 (rank 2), expected");
    assert_refused(path, &deeper, "/parameters: found 19 tensors, expected 31");
    drop(&written);
}

static void truncated(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = hold(&small, 1);
    AmbitError error;
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    size_t size = scratch_size(path);
    const size_t kept[] = {size - 1, size / 2, 600, 8, 0};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        assert_int_equal(truncate(path, (off_t)kept[i]), 0);
        assert_refused(path, &small, "");
    }
    assert_int_equal(unlink(path), 0);
    assert_refused(path, &small, "No such file");
    drop(&written);
}

/* Any one byte flipped: refused, or the same numbers (a byte that means nothing). */
static void flipped_bytes(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = hold(&small, 1);
    AmbitError error;
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    size_t size = scratch_size(path), n_refused = 0, n_flips = 0;
    for (size_t place = 0; place < size; place += 1 + size / 400) {
        Holder read = hold(&small, 0);
        scratch_flip(path, place);
        AmbitStatus status = read_from(path, &read, &error);
        if (status == AMBIT_OK && !same(&written, &read))
            fail_msg("byte %zu flipped, and not noticed", place);
        n_refused += status != AMBIT_OK;
        n_flips++;
        scratch_flip(path, place);
        drop(&read);
    }
    assert_in_range(n_refused, n_flips / 10, n_flips - 1);
    drop(&written);
}

/* What no checksum of HDF5's notices: numbers replaced through HDF5 itself. */
static void replaced_numbers(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = hold(&small, 1);
    AmbitError error;
    float values[3] = {0};
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "/parameters/_read_out.bias", H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    assert_refused(path, &small, "/parameters: the numbers are damaged");
    const int64_t step = 1;
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t attribute = H5Aopen(file, "step", H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_INT64, &step) >= 0);
    H5Aclose(attribute);
    H5Fclose(file);
    assert_refused(path, &small, "step and config are damaged");
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    dataset = H5Dopen2(file, "/integers/n_skipped", H5P_DEFAULT);
    const int64_t n_skipped = 7;
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &n_skipped) >=
                0);
    H5Dclose(dataset);
    H5Fclose(file);
    assert_refused(path, &small, "/integers: the numbers are damaged");
    AmbitCheckpointSummary *found = NULL;
    assert_int_equal(ambit_checkpoint_summarize(&found, path, &error), AMBIT_INVALID);
    drop(&written);
}

/* Puts something else in the place of a tensor and sees it refused. */
static void assert_replacement_refused(void *scratch, hid_t type, hsize_t length,
                                       const char *link_to, const char *words)
{
    const char *path = scratch_path(scratch, "model.h5"), *name = "/parameters/_read_in.bias";
    Holder written = hold(&small, 1);
    AmbitError error;
    assert_int_equal(write_to(path, &written, &error), AMBIT_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    if (link_to) {
        assert_true(H5Lcreate_external(link_to, "/x", file, name, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    } else if (length > 0) {
        hid_t space = H5Screate_simple(1, &length, NULL);
        H5Dclose(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        H5Sclose(space);
    }
    H5Fclose(file);
    assert_refused(path, &small, words);
    drop(&written);
}

static void hostile_tensors(void **scratch)
{
    assert_replacement_refused(*scratch, -1, 0, NULL, "found 18 tensors, expected 19");
    assert_replacement_refused(*scratch, -1, 0, "/etc/hostname", "_read_in.bias is a link");
    assert_replacement_refused(*scratch, H5T_IEEE_F64LE, 8, NULL, "another number type");
    assert_replacement_refused(*scratch, H5T_IEEE_F32LE, 8, NULL, "found 0 bytes");
    assert_replacement_refused(*scratch, H5T_IEEE_F32LE, (hsize_t)1 << 60, NULL, "_read_in.bias");
}

static void not_ours(void **scratch)
{
    const char *path = scratch_path(*scratch, "other.h5");
    scratch_write(path, "step: 3\n");
    assert_refused(path, &small, "not an HDF5 file");
    H5Fclose(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    assert_refused(path, &small, "not one that ambit wrote");
    assert_refused(*scratch, &small, "not a file");
}

static void failed_write_keeps_the_old(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder old = hold(&small, 1), new = hold(&small, 2), read = hold(&small, 0);
    AmbitError error = {0};
    struct rlimit limit, tight;
    assert_int_equal(write_to(path, &old, &error), AMBIT_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    tight = (struct rlimit){.rlim_cur = 4096, .rlim_max = limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    AmbitStatus status = write_to(path, &new, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, AMBIT_IO);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(scratch_count(*scratch), 1);
    assert_int_equal(read_from(path, &read, &error), AMBIT_OK);
    assert_true(same(&old, &read));
    assert_int_equal(write_to(path, &new, &error), AMBIT_OK);
    assert_int_equal(read_from(path, &read, &error), AMBIT_OK);
    assert_true(same(&new, &read));
    assert_int_equal(write_to("/nowhere/model.h5", &new, &error), AMBIT_IO);
    drop(&old);
    drop(&new);
    drop(&read);
}

static void write_step(const char *run, unsigned thousands)
{
    Holder holder = hold(&small, thousands);
    AmbitError error;
    char *path = ambit_checkpoint_path(run, holder.step);
    assert_int_equal(write_to(path, &holder, &error), AMBIT_OK);
    ambit_free(path);
    drop(&holder);
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
        IN_SCRATCH(another_model),
        IN_SCRATCH(truncated),
        IN_SCRATCH(flipped_bytes),
        IN_SCRATCH(replaced_numbers),
        IN_SCRATCH(hostile_tensors),
        IN_SCRATCH(not_ours),
        IN_SCRATCH(failed_write_keeps_the_old),
        IN_SCRATCH(latest),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
