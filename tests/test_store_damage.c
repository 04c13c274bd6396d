// SPDX-License-Identifier: MIT
// A checkpoint that is damaged, of another program or of another model is refused, and the trainer
// does not change.
#include "testing.h"

#include "holder.h"
#include "scratch.h"
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void another_model(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    AmbitModelSettings wider = held_model, deeper = held_model;
    wider.trunk.n_embd = 16;
    deeper.trunk.n_layer = 2;
    Holder written = holder_create(&held_model, 1);
    AmbitError error;
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    holder_assert_refused(path, &wider,
                          "/parameters/_read_in.weight: found shape 8×3 (rank 2), expected");
    holder_assert_refused(path, &deeper, "/parameters: found 19 tensors, expected 31");
    holder_drop(&written);
}

static void truncated(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = holder_create(&held_model, 1);
    AmbitError error;
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    size_t size = scratch_size(path);
    const size_t kept[] = {size - 1, size / 2, 600, 8, 0};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        assert_int_equal(truncate(path, (off_t)kept[i]), 0);
        holder_assert_refused(path, &held_model, "");
    }
    assert_int_equal(unlink(path), 0);
    holder_assert_refused(path, &held_model, "No such file");
    holder_drop(&written);
}

/* Any one byte flipped: refused, or the same numbers (a byte that means nothing). */
static void flipped_bytes(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = holder_create(&held_model, 1);
    AmbitError error;
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    size_t size = scratch_size(path), n_refused = 0, n_flips = 0;
    for (size_t place = 0; place < size; place += 1 + size / 400) {
        Holder read = holder_create(&held_model, 0);
        scratch_flip(path, place);
        AmbitStatus status = holder_read(path, &read, &error);
        if (status == AMBIT_OK && !holder_same(&written, &read))
            fail_msg("byte %zu flipped, and not noticed", place);
        n_refused += status != AMBIT_OK;
        n_flips++;
        scratch_flip(path, place);
        holder_drop(&read);
    }
    assert_in_range(n_refused, n_flips / 10, n_flips - 1);
    holder_drop(&written);
}

/* What no checksum of HDF5's notices: numbers replaced through HDF5 itself. */
static void replaced_numbers(void **scratch)
{
    const char *path = scratch_path(*scratch, "model.h5");
    Holder written = holder_create(&held_model, 1);
    AmbitError error;
    float values[3] = {0};
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "/parameters/_read_out.bias", H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    holder_assert_refused(path, &held_model, "/parameters: the numbers are damaged");
    const int64_t step = 1;
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t attribute = H5Aopen(file, "step", H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_INT64, &step) >= 0);
    H5Aclose(attribute);
    H5Fclose(file);
    holder_assert_refused(path, &held_model, "step and config are damaged");
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    dataset = H5Dopen2(file, "/integers/n_skipped", H5P_DEFAULT);
    const int64_t n_skipped = 7;
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &n_skipped) >=
                0);
    H5Dclose(dataset);
    H5Fclose(file);
    holder_assert_refused(path, &held_model, "/integers: the numbers are damaged");
    AmbitCheckpointSummary *found = NULL;
    assert_int_equal(ambit_checkpoint_summarize(&found, path, &error), AMBIT_INVALID);
    holder_drop(&written);
}

/* Puts something else in the place of a tensor and sees it refused. */
static void assert_replacement_refused(void *scratch, hid_t type, hsize_t length,
                                       const char *link_to, const char *words)
{
    const char *path = scratch_path(scratch, "model.h5"), *name = "/parameters/_read_in.bias";
    Holder written = holder_create(&held_model, 1);
    AmbitError error;
    assert_int_equal(holder_write(path, &written, &error), AMBIT_OK);
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
    holder_assert_refused(path, &held_model, words);
    holder_drop(&written);
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
    holder_assert_refused(path, &held_model, "not an HDF5 file");
    H5Fclose(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    holder_assert_refused(path, &held_model, "not one that ambit wrote");
    holder_assert_refused(*scratch, &held_model, "not a file");
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(another_model),    IN_SCRATCH(truncated),       IN_SCRATCH(flipped_bytes),
        IN_SCRATCH(replaced_numbers), IN_SCRATCH(hostile_tensors), IN_SCRATCH(not_ours),
    };
    return cmocka_run_group_tests_name("store_damage", tests, NULL, NULL);
}
