#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Opens results about sentences the way their users do, and derives from the raw data what the file says of them.

usage: check_sentences.py FILE.h5 PROGRAM

PROGRAM FILE.h5 is run first to make the file (test_sentence_results). Exits 1 at the first fault, 77 if h5py or xarray with
both netCDF engines is not there.
"""
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

ANSWERS, STATISTICS = ("step", "predictor", "example", "metric"), ("step", "predictor", "metric")
AXES = {
    "outcome": ANSWERS, "flag": ANSWERS, "accuracy": STATISTICS, "accuracy_low": STATISTICS,
    "accuracy_high": STATISTICS, "seconds": ("predictor",),
    "difference": ("step", "reference") + STATISTICS[1:], "difference_low": ("step", "reference") + STATISTICS[1:],
    "difference_high": ("step", "reference") + STATISTICS[1:], "flagged": ("step", "predictor", "flag_kind", "metric"),
    "loss": ANSWERS[:3], "mean_loss": ANSWERS[:2], "mean_loss_low": ANSWERS[:2], "mean_loss_high": ANSWERS[:2],
    "log_odds": ANSWERS[:3], "mean_log_odds": ANSWERS[:2], "mean_log_odds_low": ANSWERS[:2],
    "mean_log_odds_high": ANSWERS[:2], "category_accuracy": ("step", "category") + STATISTICS[1:],
    "stop_step": ("stop", "predictor"), "n_questions": ANSWERS[2:], "n_tokens": ("example",),
    "example_category": ("example",), "input": ("example",), "target": ("example",), "output": ANSWERS[:3]}


def check(condition, finding):
    if not condition:
        sys.exit(f"check_sentences: {finding}")


def near(found, expected):
    return bool(np.allclose(found, expected.transpose(*found.dims), rtol=1e-12, atol=1e-12, equal_nan=True))


def check_group(group):
    """h5py's view: words on every dataset, scales on every axis."""
    for dataset in group.values():
        numbers = dataset.dtype.kind not in "SO"
        for attribute in ("long_name", "description") + (("units",) if numbers else ()):
            check(dataset.attrs.get(attribute), f"{dataset.name} has no {attribute}")
        check(h5py.h5ds.is_scale(dataset.id) or all(len(axis) == 1 for axis in dataset.dims),
              f"{dataset.name} has an axis without a scale")
    check(group["outcome"].compression == "gzip", "outcomes are not compressed")
    check(group.attrs["metric"] == b"accuracy" and "normalizer" not in group, "accuracies are normalized")


def check_means(data, place):
    """Means are those of the raw data: shares weigh as many questions, losses as many tokens."""
    weight = data.n_questions.where(data.outcome.notnull())
    check(near(data.accuracy, (data.outcome * weight).sum("example") / weight.sum("example").where(lambda n: n > 0)),
          f"{place}: accuracy is not that of the outcomes")
    tokens = data.n_tokens.where(data.loss.notnull())
    check(near(data.mean_loss, (data.loss * tokens).sum("example") / tokens.sum("example").where(lambda n: n > 0)),
          f"{place}: mean_loss is not that of the losses")
    check(near(data.mean_log_odds, data.log_odds.mean("example")), f"{place}: mean_log_odds")
    for name in ("accuracy", "mean_loss", "mean_log_odds", "difference"):
        inside = ((data[f"{name}_low"] <= data[name] + 1e-12) & (data[name] <= data[f"{name}_high"] + 1e-12)
                  | data[name].isnull())
        check(bool(inside.all()), f"{place}: a mean of {name} lies outside its interval")
    for category, part in data.groupby("example_category"):
        share = (part.outcome * part.n_questions).sum("example") / part.n_questions.where(
            part.outcome.notnull()).sum("example").where(lambda n: n > 0)
        check(near(data.category_accuracy.sel(category=category).drop_vars("category"), share),
              f"{place}: accuracy of {category}")
    reference = data.outcome.sel(predictor="linear_rule").drop_vars("predictor")
    pairs, weight = data.outcome - reference, data.n_questions.where((data.outcome - reference).notnull())
    check(near(data.difference.isel(reference=0, drop=True),
               (pairs * weight).sum("example") / weight.sum("example").where(lambda n: n > 0)),
          f"{place}: difference is not paired")


def check_answers(data, place):
    """Outputs are texts, and right where they are those of the target; what cannot answer is undefined."""
    right = (data.output == data.target).astype(float).where(data.output != "")
    check(near(data.outcome.sel(metric="output", drop=True), right), f"{place}: output is scored wrongly")
    rules = data.sel(predictor=["linear_rule", "hierarchical_rule"])
    check(bool(rules.loss.isnull().all()) and bool((rules.flag == 0).all()), f"{place}: rules have no probabilities")
    check(bool((data.flag.sel(predictor="uniform", metric="output") == 4).all()), f"{place}: uniform continues inputs")
    hierarchical = data.outcome.sel(predictor="hierarchical_rule")
    check(bool((hierarchical.isnull() | (hierarchical == (data.metric != "as_linear_rule"))).all()),
          f"{place}: the hierarchical rule errs")
    check(set(data.example_category.values) <= set(data.category.values), f"{place}: unknown category")


def check_stops(data, place):
    first = data.accuracy.isel(metric=0).argmax("step")
    check(bool((data.stop_step.sel(stop="best_accuracy") == data.step[first]).all()), f"{place}: best_accuracy")
    read = data.sel(predictor=["transformer", "n_gram"])
    least = read.step[read.mean_loss.argmin("step")]
    check(bool((read.stop_step.sel(stop="least_loss") == least).all()), f"{place}: least_loss")
    check(bool((data.stop_step.sel(stop="end") == data.step[-1]).all()), f"{place}: end")


def check_dataset(path, name, engine):
    with xarray.open_dataset(path, group=f"targets/{name}", engine=engine) as data:
        place = f"{name} ({engine})"
        check(set(data.data_vars) == set(AXES), f"{place}: has {sorted(set(data.data_vars) ^ set(AXES))}")
        for variable, axes in AXES.items():
            check(data[variable].dims == axes, f"{place}: {variable} is over {data[variable].dims}, expected {axes}")
        for axis in ANSWERS + ("reference", "category", "stop", "flag_kind"):
            check(axis in data.coords, f"{place}: {axis} has no coordinates")
        check(data.attrs["split"] == name and data.attrs["language"] == "tense_inflection", f"{place}: attributes")
        check(data.example.dtype == np.int64 and bool((data.example.diff("example") > 0).all()), f"{place}: example")
        check_means(data, place)
        check_answers(data, place)
        check_stops(data, place)
        return data.accuracy.load(), data.stop_step.load()


def main():
    path, program = sys.argv[1:]
    subprocess.run([program, path], check=True)
    with h5py.File(path, "r") as file:
        for group in file["targets"].values():
            check_group(group)
    for engine in ("netcdf4", "h5netcdf"):
        _, stops = check_dataset(path, "validation", engine)
        accuracy, _ = check_dataset(path, "generalization", engine)
        stopped = accuracy.sel(step=stops.sel(stop="best_accuracy"))  # early stopping is one line
        check(stopped.dims == ("predictor", "metric"), "steps of early stopping do not select")
    print(f"{path}: two splits, as described")


if __name__ == "__main__":
    main()
