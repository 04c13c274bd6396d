// SPDX-License-Identifier: MIT
// The part of a dataset that one run has in a file that joins runs.
#include "hdf.h"

#include "ambit/result.h"

/* Most axes of a dataset that has a part. */
enum { MOST_RANK = 32 };

static int read_shape(hid_t dataset, hsize_t shape[MOST_RANK])
{
    hid_t space = H5Dget_space(dataset);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (rank > MOST_RANK || (rank >= 0 && H5Sget_simple_extent_dims(space, shape, NULL) < 0))
        rank = -1;
    ambit_hdf_release_space(space);
    return rank;
}

hid_t ambit_hdf_select(AmbitHdf *hdf, hid_t dataset)
{
    hsize_t shape[MOST_RANK], start[MOST_RANK] = {0};
    if (hdf->status != AMBIT_OK || !hdf->place)
        return H5S_ALL;
    int rank = read_shape(dataset, shape), lead = (int)hdf->place->n_axes;
    hid_t space = rank >= lead ? H5Dget_space(dataset) : -1;
    for (int i = 0; i < rank && i < lead; i++) {
        start[i] = hdf->place->index[i];
        shape[i] = 1;
    }
    if (space < 0 ||
        (rank > 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, shape, NULL) < 0))
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "has no part for a run");
    return space;
}

hid_t ambit_hdf_part(AmbitHdf *hdf, hid_t dataset)
{
    hsize_t shape[MOST_RANK];
    if (hdf->status != AMBIT_OK || !hdf->place)
        return H5S_ALL;
    int rank = read_shape(dataset, shape), lead = (int)hdf->place->n_axes;
    hid_t space = rank == lead  ? H5Screate(H5S_SCALAR)
                  : rank > lead ? H5Screate_simple(rank - lead, shape + lead, NULL)
                                : -1;
    if (space < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "has no part for a run");
    return space;
}

void ambit_hdf_release_space(hid_t space)
{
    if (space > 0 && space != H5S_ALL)
        H5Sclose(space);
}
