# SPDX-License-Identifier: MIT
"""Figures of the joined runs of a grid (`ambit collect`): means over seeds with the interval by Student's t that
the file holds, every run as a thin line, and a line for each value of another axis.

    import joined
    runs = joined.Joined("grid.h5")
    joined.over_axis(runs, runs.targets["dense"], "weight").figure.savefig("dense.pdf")
"""
import itertools
import pathlib

import h5py
import numpy
import pandas
import xarray

import captions
import results
from plate import INK, OTHERS, Plate, band, legend, new_figure, plain, short, show, whole_ticks

__all__ = ["Joined", "curves", "headline", "headline_words", "losses", "over_axis", "show"]


class Joined:
    """A joined file: `path`, root attributes `origin`, the `config` of the first run, `axes` of the grid, `seeds`
    (the axis of repetitions, or None), `others` (the other axes), `targets`, and `losses` and `over` (what is computed
    over runs of language models), each a dataset or None."""

    def __init__(self, path):
        self.path = pathlib.Path(path).expanduser().resolve()
        with h5py.File(self.path, "r") as file:
            results._check_members(path, file["targets"])
            self.origin = {name: results._plain(value) for name, value in file.attrs.items()}
            names, groups = list(file["targets"]), [name for name in ("log", "over_runs") if name in file]
            for name in groups:
                _check_group(path, file[name])
        self.config = results._settings(path, self.origin.get("config", ""))
        self.axes = list(numpy.atleast_1d(self.origin["run_axes"]))
        self.seeds = self.origin.get("seed_axis")
        self.others = [axis for axis in self.axes if axis != self.seeds]
        self.targets = {name: self._open(f"targets/{name}").assign_attrs(name=name) for name in names}
        self.losses, self.over = (self._open(name) if name in groups else None for name in ("log", "over_runs"))
        counts = [data["examples"].notnull().sum() for data in self.targets.values()]
        self.n_runs = int(max(counts, default=0))

    def _open(self, group):
        return xarray.open_dataset(self.path, group=group, engine="h5netcdf")


def _check_group(path, group):
    for name in group:
        member = group[name]
        if not isinstance(group.get(name, getlink=True), h5py.HardLink) or not isinstance(member, h5py.Dataset) \
                or member.is_virtual or member.external:
            raise ValueError(f"{path}: {group.name}/{name} is nothing that `ambit collect` writes")
        results._check_axes(f"{path}: {group.name}/{name}", member)


def mean_name(data):
    """What a dataset calls the mean over examples: `mean` of errors, `accuracy` of sentences."""
    return "mean" if "mean" in data else str(data.attrs["metric"])


def varying(runs, data):
    """The predictors that are not the same in all runs, as a list."""
    mean = results.last_step(data)[mean_name(data)].load()
    spread = mean.max(runs.axes) - mean.min(runs.axes)
    spread = spread.max([axis for axis in spread.dims if axis != "predictor"])
    return [str(name) for name in mean["predictor"].values if float(spread.sel(predictor=name)) > 0]


def subject(runs, data):
    """The predictor that the figures are about."""
    names = varying(runs, data)
    return next((name for name in names if name.startswith("transformer")), (names or results.predictors(data))[0])


def points(runs, data, without=()):
    """(label, selection, colour) of every combination of values of the other axes."""
    axes = [axis for axis in runs.others if axis not in without]
    values = itertools.product(*(data[axis].values for axis in axes))
    for i, chosen in enumerate(values):
        words = ", ".join(f"{axis} = {value:g}" if isinstance(value, (float, numpy.number)) else f"{axis} = {value}"
                          for axis, value in zip(axes, chosen))
        yield words, dict(zip(axes, chosen)), OTHERS[i % len(OTHERS)]


def summary(runs, data, predictor):
    """mean, low, high and the single runs (`run`) of a predictor at the last step."""
    at = results.last_step(data).sel(predictor=predictor)
    if runs.seeds:
        return xarray.Dataset({"mean": at["runs_mean"], "low": at["runs_low"], "high": at["runs_high"],
                               "run": at[mean_name(data)]}).load()
    alone = at[mean_name(data)]
    return xarray.Dataset({"mean": alone, "low": alone, "high": alone, "run": alone}).load()


def draw(axes, x, values, color, label, seeds):
    """The mean with its band; each run thin."""
    single = values["run"].transpose(..., x.name)
    for line in single.values.reshape(-1, single.sizes[x.name]):
        axes.plot(x, line, color=color, linewidth=0.5, alpha=0.5)
    line, = axes.plot(x, values["mean"], color=color, marker="o", label=plain(short(label)))
    if seeds:
        band(axes, line, values["low"], values["high"])


def baselines(runs, data, names=("least_squares", "zero")):
    """The baselines worth a line: those that are the same in all runs."""
    moving = varying(runs, data)
    return [name for name in names if name in results.predictors(data) and name not in moving]


def parameters(runs):
    """The least and the largest number of parameters of the runs' models, or None if the file says none."""
    counts = [data["n_parameters"].sel(predictor=subject(runs, data)).values.ravel()
              for data in runs.targets.values() if "n_parameters" in data]
    known = [count for count in numpy.concatenate(counts or [numpy.empty(0)]) if not numpy.isnan(count)]
    return (int(min(known)), int(max(known))) if known else None


def words(runs):
    """What means and bands are, as a sentence."""
    if not runs.seeds:
        return "Each run by itself."
    return (f"Mean over {runs.seeds}, with its 90 % interval by Student's t over the runs; thin: single runs "
            f"({runs.n_runs} of {int(numpy.prod([len(_axis(runs, axis)) for axis in runs.axes]))} are there).")


def _axis(runs, axis):
    return next(iter(runs.targets.values()))[axis].values


def curves(runs, data):
    """Error over examples seen, a line for each value of the other axes. For a target over k without a sweep."""
    name = subject(runs, data)
    values = results.by_k(summary(runs, data, name))
    figure, axes = new_figure()
    for label, chosen, color in points(runs, data):
        draw(axes, values["k"], values.sel(chosen), color, label or name, runs.seeds)
    for other, style in zip(baselines(runs, data), ("-", ":")):
        line = results.by_k(summary(runs, data, other))["run"]
        line = line.mean(runs.axes) if runs.axes else line
        axes.plot(line["k"], line, color=INK, linewidth=1.0, linestyle=style, label=plain(other))
    axes.set_ylim(0, 2)
    axes.set_xlabel("in-context examples seen, k")
    whole_ticks(axes)
    axes.set_ylabel(f"{results.error_word(data)}\n(zero predictor = 1)")
    axes.set_title(plain(f"{short(data.attrs['name'])}, {name}"))
    legend(axes)
    return Plate(f"runs_{data.attrs['name']}", figure, f"Error of {name} on {data.attrs['name']}. {words(runs)}")


def over_axis(runs, data, axis, at=None):
    """The subject's error over an axis of the grid, at one k or metric (by default half of the most examples); None
    if it has none there, as by a metric of the other split."""
    name, query = subject(runs, data), data.attrs["query_axis"]
    values = summary(runs, data, name)
    if query == "k":
        values = results.by_k(values)
        at = results.middle_and_last(data)[0] if at is None else at
    elif at is None:
        at = values[query].values[0]
    values = values.sel({query: at})
    if values["mean"].isnull().all():
        return None
    figure, axes = new_figure()
    for label, chosen, color in points(runs, data, without=(axis,)):
        draw(axes, values[axis], values.sel(chosen), color, label or name, runs.seeds)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(axis)
    if numpy.issubdtype(values[axis].dtype, numpy.integer):  # there is no layer 1.2
        whole_ticks(axes)
    axes.set_ylabel(f"{results.error_word(data)}\n(zero predictor = 1)" if query == "k" else mean_name(data))
    axes.set_title(plain(f"{short(data.attrs['name'])}, {query} = {at}"))
    legend(axes)
    low, high = values["mean"].min().item(), values["mean"].max().item()
    return Plate(f"over_{axis}_{data.attrs['name']}_{at}", figure,
                 f"{name} on {data.attrs['name']} at {query} = {at}, over {axis}: {captions.number(low)} to "
                 f"{captions.number(high)}. {words(runs)}")


def losses(runs):
    """Loss over training steps, a line for each value of the other axes, each run thin."""
    loss = runs.losses["loss"].load()
    figure, axes = new_figure()
    width = max(1, loss.sizes["step"] // 40)
    for label, chosen, color in points(runs, runs.losses):
        part = loss.sel(chosen).rolling(step=width, min_periods=1, center=True).mean()
        rest = [axis for axis in part.dims if axis != "step"]
        for line in part.transpose(..., "step").values.reshape(-1, part.sizes["step"]):
            axes.plot(part["step"], line, color=color, linewidth=0.5, alpha=0.5)
        axes.plot(part["step"], part.mean(rest), color=color, label=plain(short(label or "mean")))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("training step")
    whole_ticks(axes)
    axes.set_ylabel("batch loss")
    legend(axes)
    return Plate("runs_losses", figure, "Batch loss, smoothed; thin: single runs; thick: the mean of those there.")


def headline(runs):
    """The table of the grid: one row per target and value of the other axes. A pandas.DataFrame of texts."""
    rows = []
    for target, data in runs.targets.items():
        if results.sweep_axis(data):
            continue
        name, query = subject(runs, data), data.attrs["query_axis"]
        values = summary(runs, data, name)
        values = results.by_k(values) if query == "k" else values
        columns = results.middle_and_last(data) if query == "k" else list(values[query].values)
        for label, chosen, _ in points(runs, data):
            row = {"target": target, "runs": label or name}
            for at in columns:
                part = values.sel({query: at, **chosen})
                ends = {end: float(part[end].mean()) for end in ("mean", "low", "high")}
                row[f"{query} = {at}"] = captions.number(ends["mean"]) if numpy.isnan(ends["low"]) \
                    else captions.with_interval(ends)
            rows.append(row)
    return pandas.DataFrame(rows).fillna("–")


def headline_words(runs):
    """A sentence on that table."""
    return words(runs)
