# SPDX-License-Identifier: MIT
"""Curves that stand beside those of a run: published ones, or those of other runs. They come from a CSV file as
`ambit convert` writes it, of which `target`, `predictor`, `mean` and one of `k` and `step` must be there; `low` and
`high` are drawn if they are known. Lines that begin with # are left out.
"""
import functools
import json
import math
import os
import pathlib

import pandas

import captions
from plate import plain, short

GREYS = ("#444444", "#888888", "#aaaaaa")
DASHES = ((0, (5, 2)), (0, (2, 1.5)), (0, (7, 2, 1, 2)), (0, (1, 1)), (0, (9, 3)))


def read(path):
    """The curves of a file as a dataframe."""
    try:
        frame = pandas.read_csv(path, comment="#", dtype={"target": str, "predictor": str})
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: no table of comma-separated values: {str(error).strip()}") from error
    missing = [name for name in ("target", "predictor", "mean") if name not in frame]
    if missing or not {"k", "step"} & set(frame):
        raise ValueError(f"{path}: has no column {missing[0] if missing else 'k or step'}; it needs target, predictor, "
                         f"mean, and k or step, as `ambit convert` writes them")
    for name in {"k", "step", "mean", "low", "high"} & set(frame):
        frame[name] = pandas.to_numeric(frame[name], errors="coerce")
    if "sweep" in frame:
        frame = frame[frame["sweep"].isna()]
    return frame


@functools.cache
def asked():
    """The curves that `ambit report --beside` names: a list of (name of a file without its extension, dataframe)."""
    return [(pathlib.Path(path).stem, read(path)) for path in json.loads(os.environ.get("AMBIT_BESIDE", "[]"))]


def curves(data, axis):
    """(name, dataframe) of the curves beside a target over `axis`, "k" or "step". A predictor that the run or another
    file has, too, is called by its file as well."""
    found = [(stem, *curve) for stem, frame in asked() if axis in frame for curve in of_target(frame, data, axis)]
    taken = [*map(str, data["predictor"].values), *(name for _, name, _ in found)]
    return [(f"{name} of {stem}" if taken.count(name) > 1 else name, part) for stem, name, part in found]


def of_target(frame, data, axis):
    """(name, dataframe) of a file's curves of a target; where they have both axes, over k those of the last step, and
    over steps those with a metric those of the first."""
    frame = frame[frame["target"].eq(data.attrs["name"]) & frame[axis].notna() & frame["mean"].notna()]
    if axis == "step" and "metric" in frame and len(frame):
        frame = frame[frame["metric"].eq(frame["metric"].iloc[0])]
    elif axis == "k" and "step" in frame and frame["step"].notna().any():
        frame = frame[frame["step"].isna() | frame["step"].eq(frame["step"].max())]
    return [(name, part.sort_values(axis)) for name, part in frame.groupby("predictor", sort=False)]


def draw(axes, data, axis, mean, what, colors=GREYS):
    """Draws the curves of a target, dashed, and returns a sentence on them: `mean`, a pandas.Series over `axis`, called
    `what`, is what they are compared with, where both have a value."""
    words = []
    for i, (name, part) in enumerate(curves(data, axis)):
        color = colors[i % len(colors)]
        axes.plot(part[axis], part["mean"], color=color, linestyle=DASHES[i % len(DASHES)], linewidth=1.3, zorder=1,
                  label=plain(short(name)))
        if {"low", "high"} <= set(part) and part["low"].notna().any():
            axes.fill_between(part[axis], part["low"], part["high"], color=color, alpha=0.12, linewidth=0)
        common = mean.index.intersection(part[axis])
        if len(common):
            apart = mean[common] - part.set_index(axis)["mean"][common]
            difference = float(apart.mean())
            if abs(difference) < 1e-9:
                words.append(f"on {name}")
            elif not math.isnan(difference):
                words.append(f"{captions.number(abs(difference))} {'above' if difference > 0 else 'below'} {name}")
    return (f" Beside it, dashed, curves of other runs: averaged over the {axis} that both have, {what} lies "
            f"{', '.join(words)}." if words else "")
