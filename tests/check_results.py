#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Opens a results file the way its users do and checks that it explains itself.

usage: check_results.py FILE.h5 [--written-by PROGRAM]

With --written-by, PROGRAM FILE.h5 is run first to make the file. Exits 1 at the first fault, 77 if
h5py or xarray with both netCDF engines is not there.
"""
import argparse
import subprocess
import sys

try:
    import h5netcdf  # noqa: F401  (engine of xarray)
    import h5py
    import netCDF4  # noqa: F401  (engine of xarray)
    import numpy as np
    import xarray
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ROOT = ("schema_version code_version step evaluation_seed config command kernels host created Conventions "
        "wall_seconds").split()
GROUP = ("description tasks task_weights prompts normalizer_kind metric example_axis query_axis probes "
         "n_measurements").split()
ERRORS = ("predictor", "prompt", "k")
STATISTICS = ("predictor", "k")


def check(condition, finding):
    if not condition:
        sys.exit(f"check_results: {finding}")


def text(thing, attribute):
    return thing.attrs[attribute].decode()


def check_root(file):
    for name in ROOT:
        check(name in file.attrs, f"root has no attribute {name}")
    check(text(file, "Conventions") == "CF-1.10", "Conventions is not CF-1.10")
    check(text(file, "created").endswith("Z"), "created is not ISO 8601 in UTC")
    check(text(file, "config").endswith("\n"), "config is not a YAML text")
    models = list(file.attrs.get("models", []))
    check(len(models) == len(file.attrs.get("training_seed", [])), "models ≠ training seeds")
    check(len(file["targets"]) > 0, "there are no targets")


def check_group(name, group):
    """h5py's view: attributes, words on every dataset, scales on every axis."""
    for attribute in GROUP:
        check(attribute in group.attrs, f"{name} has no attribute {attribute}")
    check(len(group.attrs["tasks"]) == len(group.attrs["task_weights"]), f"{name}: tasks ≠ weights")
    check(text(group, "normalizer_kind") in ("declared", "sampled"), f"{name}: normalizer_kind")
    for dataset in group.values():
        place = dataset.name
        labels = dataset.dtype.kind in "SO"
        for attribute in ("long_name", "description") + (() if labels else ("units",)):
            check(dataset.attrs.get(attribute), f"{place} has no {attribute}")
        if not labels:
            check(text(dataset, "units") == ("s" if place.endswith("/seconds") else "1"),
                  f"{place} has units {text(dataset, 'units')}")
        if not h5py.h5ds.is_scale(dataset.id):
            for axis in dataset.dims:
                check(len(axis) == 1, f"{place} has an axis without a scale")
    check(text(group["error"], "ancillary_variables") == "flag"
          and text(group["mean"], "ancillary_variables") == "low high", f"{name}: what goes with what")
    error = group["error"]
    check(text(error, "metric") == text(group, "metric") in ("squared_error", "misclassification"), f"{name}: metric")
    check(error.dtype == np.float64 and error.chunks and error.shuffle
          and error.compression == "gzip", f"{name}: error is not chunked and compressed")
    flag = group["flag"]
    check(list(flag.attrs["flag_masks"]) == [1, 2, 4]
          and flag.attrs["flag_masks"].dtype == flag.dtype
          and len(text(flag, "flag_meanings").split()) == 3, f"{name}: flag does not explain itself")
    measured = [array.decode() for array in group.attrs.get("measurements", [])]
    check(len(measured) == group.attrs["n_measurements"]
          and all({"axes", "shown"} <= set(group[array].attrs) for array in measured), f"{name}: measurements")
    for array in measured:  # the ends of an interval
        for end in text(group[array], "ancillary_variables").split() if "ancillary_variables" in group[array].attrs \
                else []:
            check(text(group[end], "shown") == "no", f"{name}: {end} is shown by itself")
    check([label.decode() for label in group.attrs["predictors"]]
          == [label.decode() for label in group["predictor"]], f"{name}: predictors ≠ its axis")
    if text(group, "prompts") == "shifted":  # the sample of test_results.c
        for setting in ("flip", "rank", "scale", "law", "basis", "spectrum"):
            check(f"prompts_{setting}" in group.attrs, f"{name}: no prompts_{setting}")


def lead_axes(data):
    """The axes that lead every dataset's shape."""
    sweep = data.attrs.get("sweep_axis")
    return (("step",) if "step" in data.dims else ()) + ((sweep,) if sweep else ())


def check_distance(distance, place):
    """A distance is none of a predictor to itself, and the same both ways."""
    other = distance.rename(predictor="predictor_2", predictor_2="predictor")
    check(np.allclose(distance, other.transpose(*distance.dims), rtol=0, atol=0, equal_nan=True),
          f"{place}: distance is not symmetrical")
    for label in distance.predictor.values:
        check(not distance.sel(predictor=label, predictor_2=label).any(),
              f"{place}: {label} is away from itself")


def check_dataset(path, name, engine):
    """xarray's view: named axes with coordinates, and statistics that follow from the raw data."""
    with xarray.open_dataset(path, group=f"targets/{name}", engine=engine) as data:
        place = f"{name} ({engine})"
        lead = lead_axes(data)
        axes = {"error": lead + ERRORS, "flag": lead + ERRORS, "normalizer": lead,
                "seconds": ("predictor",)}
        axes.update({statistic: lead + STATISTICS for statistic in "mean median low high".split()})
        axes.update({array: lead + tuple(data[array].attrs["axes"].split())
                     for array in data.data_vars if "axes" in data[array].attrs})
        check(set(data.data_vars) == set(axes), f"{place}: has {sorted(data.data_vars)}")
        for variable, expected in axes.items():
            check(data[variable].dims == expected,
                  f"{place}: {variable} is over {data[variable].dims}, expected {expected}")
        for axis in lead + ERRORS:
            check(axis in data.coords, f"{place}: {axis} has no coordinates")
        check(data.k.dtype == np.int64 and int(data.k.min()) >= 0, f"{place}: k is {data.k.dtype}")
        check(all(isinstance(label, str) for label in data.predictor.values),
              f"{place}: predictors are not text")
        check(data.flag.dtype == np.uint8, f"{place}: flag is {data.flag.dtype}")
        for axis in lead:
            check(data[axis].dtype == (np.int64 if axis == "step" else np.float64),
                  f"{place}: {axis} is {data[axis].dtype}")
        if "distance" in data:
            check_distance(data.distance, place)
        check(isinstance(data.attrs["description"], str), f"{place}: description is not text")
        check(data.seconds.dtype == np.float64, f"{place}: seconds became {data.seconds.dtype}")
        error = data.error
        for statistic, value in (("mean", error.mean("prompt")), ("median", error.median("prompt"))):
            check(np.allclose(data[statistic], value, rtol=1e-12, atol=0, equal_nan=True),
                  f"{place}: {statistic} is not that of error over prompts")
        check(not bool((data.low > data["mean"]).any() or (data.high < data["mean"]).any()),
              f"{place}: a mean lies outside its interval")
        label = str(data.predictor.values[-1])
        check(data.sel(predictor=label)["mean"].dims == lead + ("k",), f"{place}: sel by predictor")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--written-by")
    arguments = parser.parse_args()
    if arguments.written_by:
        subprocess.run([arguments.written_by, arguments.file], check=True)
    with h5py.File(arguments.file, "r") as file:
        check_root(file)
        names = list(file["targets"])
        for name in names:
            check_group(name, file["targets"][name])
    for name in names:
        for engine in ("netcdf4", "h5netcdf"):
            check_dataset(arguments.file, name, engine)
    print(f"{arguments.file}: {len(names)} targets, as described")


if __name__ == "__main__":
    main()
