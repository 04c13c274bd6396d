# SPDX-License-Identifier: MIT
"""Results files as Python objects: opening them, and the numbers that figures and sentences share.

A target is an xarray.Dataset, opened lazily, over (step), (swept number), predictor, prompt and k;
`ambit evaluate` writes it. Errors are in units of the zero predictor. This module draws nothing.
"""
import json
import pathlib
import re

import h5py
import numpy
import xarray
import yaml

ERRORS = ("error", "flag", "mean", "median", "low", "high", "normalizer", "seconds")
RENAMED = {"squared_error": "error", "regret": "difference", "regret_low": "difference_low",
           "regret_high": "difference_high"}  # of files up to schema version 3
RESAMPLES = 1000
INTERVAL = (0.05, 0.95)


class Results:
    """A results file of any version: `path`, root attributes `origin`, its `config` (a dict), and `targets`, a
    dict of datasets by name, in the order of the config. Predictors that answered nothing are left
    out of them, the targets where that leaves none are `unanswered`; `remarks` say why."""

    def __init__(self, path):
        self.path = pathlib.Path(path).expanduser().resolve()
        with h5py.File(self.path, "r") as file:
            if "targets" not in file:
                raise ValueError(f"{path}: no results; `ambit evaluate` writes such a file")
            _check_members(path, file)
            self.origin = {name: _plain(value) for name, value in file.attrs.items()}
            names = list(file["targets"])
        self.config = _settings(path, self.origin.get("config", ""))
        asked = self.config.get("evaluation", {}).get("targets", [])
        order = {target.get("name"): i for i, target in enumerate(asked)}
        self._asked = {target.get("name"): target for target in asked}
        opened = {name: self._open(name)
                  for name in sorted(names, key=lambda name: order.get(name, len(order)))}
        self.targets = {name: data for name, data in opened.items() if data.sizes["predictor"]}
        self.unanswered = [name for name in opened if name not in self.targets]
        if not self.targets:
            raise ValueError(f"{path}: no predictor answered any target; `ambit show` says why")
        self.is_sentences = all("accuracy" in data for data in self.targets.values())
        palette = [] if self.is_sentences else list(dict.fromkeys(name for data in self.targets.values() for name in shown(data)))
        for data in self.targets.values():
            data.attrs["palette"] = palette

    def _open(self, name):
        data = xarray.open_dataset(self.path, group=f"targets/{name}", engine="h5netcdf")
        data = data.rename({old: new for old, new in RENAMED.items() if old in data})
        data = data.assign_attrs(name=name, inside=self._is_inside(name), remarks=_remarks(data),
                                 models=list(numpy.atleast_1d(self.origin.get("models", []))))
        answered = data["accuracy" if "accuracy" in data else "mean"].notnull()
        answered = answered.any([axis for axis in answered.dims if axis != "predictor"]).values
        return data.isel({axis: answered for axis in ("predictor", "predictor_2")
                          if axis in data.dims})

    def _is_inside(self, name):
        """Whether a target asks for a class of the pretraining mixture under standard prompts."""
        training = self.config.get("training", {}).get("tasks", [])
        learnt = [(task.get("name"), task.get("kwargs")) for task in training]
        asked = self._asked.get(name, {})
        return (asked.get("prompts", "standard") == "standard" and "sweep" not in asked
                and "tasks" in asked and all((task.get("name"), task.get("kwargs")) in learnt
                                             for task in asked["tasks"]))

    def select(self, *, swept=None, inside=None, holding=None, over=None):
        """The targets with (or without) a sweep, inside (or outside) the pretraining mixture, that
        have a measurement called like `holding` (a regular expression), over the axis `over`."""
        return [data for data in self.targets.values()
                if swept in (None, sweep_axis(data) is not None)
                and inside in (None, data.attrs["inside"])
                and (holding is None or measurements(data, holding))
                and (over is None or over in data.dims)]

    def log(self):
        """The steps of log.jsonl beside the file that have a loss, as a list of dicts; empty if
        there are none. A run that trains or was killed leaves a part of a line, one on a network
        file system bytes of 0; skipped steps have no loss."""
        path = self.path.parent / "log.jsonl"
        try:
            lines = path.read_bytes().splitlines() if path.is_file() else []
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error.strerror}") from error
        steps = [_json(line) for line in lines]
        return [step for step in steps if isinstance(step, dict) and "step" in step
                and isinstance(step.get("loss"), (int, float))]


def _json(line):
    """What a line of a log says, or None."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _check_members(path, group):
    """Raises ValueError on links and on arrays whose numbers are not all in this file: HDF5 would
    fetch them from any other file that they name, or make them up."""
    for name in group:
        place = f"{path}: {group.name.rstrip('/')}/{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{place} is a link, which is not followed")
        member, inside_target = group[name], group.name.count("/") > 1
        if isinstance(member, h5py.Group) and not inside_target:
            _check_members(path, member)
        elif not isinstance(member, h5py.Dataset) or not inside_target:
            raise ValueError(f"{place} is nothing that `ambit evaluate` writes")
        elif member.is_virtual or member.external or member.nbytes > _most_bytes(member):
            raise ValueError(f"{place} does not have all of its numbers in this file")
        else:
            _check_axes(place, member)


def _check_axes(place, dataset):
    """Raises ValueError unless the dataset is an axis with a name, or has an axis for every dimension."""
    try:
        whole = isinstance(dataset.attrs["NAME"], (bytes, numpy.bytes_)) if h5py.h5ds.is_scale(dataset.id) else \
            all(len(axis) == 1 for axis in dataset.dims)
    except (KeyError, OSError, RuntimeError, TypeError, ValueError):
        whole = False
    if not whole:
        raise ValueError(f"{place} does not have the axes that ambit writes")


def _most_bytes(dataset):
    """Bytes that a dataset's part of the file can hold; deflate packs at most 1032 into one."""
    packed = {None: 1, "gzip": 1032}.get(dataset.compression, 0)
    return packed * dataset.id.get_storage_size()


class _NoAliases(yaml.SafeLoader):
    """YAML without aliases, which a resolved config never has: a few of them print as gigabytes."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"an alias in line {self.peek_event().start_mark.line + 1}")
        return super().compose_node(parent, index)


def _settings(path, text):
    """The resolved config as a dict; ValueError unless the parts that are read here are mappings
    and lists of mappings."""
    try:
        config = yaml.load(text, Loader=_NoAliases) or {}
    except (yaml.YAMLError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise ValueError(f"{path}: config: not a resolved config: {said}") from error
    parts = {"the config": config}
    if isinstance(config, dict):
        parts |= {key: config.get(key, {}) for key in ("model", "training", "evaluation", "wandb")}
    for name, part in parts.items():
        if not isinstance(part, dict):
            raise ValueError(f"{path}: config: {name} is no mapping")
    for part, key in (("training", "tasks"), ("evaluation", "targets")):
        entries = config.get(part, {}).get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValueError(f"{path}: config: {part}.{key} is no list of mappings")
    return config


def _plain(value):
    """An HDF5 attribute as text, number or list."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")  # a command line may not be UTF-8
    if isinstance(value, numpy.ndarray):
        return [_plain(entry) for entry in value]
    return value.item() if hasattr(value, "item") else value


def _remarks(data):
    """Who has no answers and why, and whose fits failed, as phrases; at the last step."""
    if "flagged" not in data:
        return []  # of an older version
    notes = [_plain(note).split(";")[0] for note in numpy.atleast_1d(data.attrs.get("notes", []))]
    why = {name: f" ({note})" for name, note in zip(predictors(data), notes) if note}
    says = {"not_converged": "of the fits did not converge", "singular": "of the fits are singular",
            "no_answer": "of the queries have no answer"}
    shares = last_step(data)["flagged"].load()
    shares = shares.mean([axis for axis in shares.dims if axis not in ("predictor", "flag_kind")])
    return [f"{name}: {100 * share:.3g} % {words}{why.get(name, '') if kind == 'no_answer' else ''}"
            for name in predictors(data) for kind, words in says.items()
            if (share := float(shares.sel(predictor=name, flag_kind=kind))) > 0]


def sweep_axis(data):
    """The name of the axis of the swept number, or None."""
    return data.attrs.get("sweep_axis", data.attrs.get("sweep"))  # early files have no sweep_axis


def error_word(data):
    """What the target's errors are, in words."""
    return data["error"].attrs.get("long_name", "error")


def measurements(data, like="."):
    """Names of what was measured beyond errors and their statistics, that match `like`."""
    return [name for name in data.data_vars if name not in ERRORS and re.search(like, name)]


def last_step(data):
    """The dataset at the last training step, if it has several."""
    return data.isel(step=-1) if "step" in data.dims else data


def by_k(data):
    """Queries that share a k averaged, k ascending. Ends of intervals are averaged too, which makes
    them wider than need be, never narrower."""
    if data.indexes["k"].is_unique:
        return data.sortby("k")
    names = {name: data[name].variable for name in data.indexes if name != "k"}
    return data.groupby("k").mean().assign_coords(names)  # recent xarray drops those that are text


def curves(data):
    """mean, low and high over (step), (swept number), predictor and k."""
    return by_k(data[["mean", "low", "high"]].load())


def predictors(data):
    """The predictors' names, as a list."""
    return [str(name) for name in data["predictor"].values]


def subject(data):
    """The predictor that the figures are about: the transformer, or else the first model, or else
    the first that is not a reference."""
    names = predictors(data)
    likely = ([name for name in names if name.startswith("transformer")] + models(data)
              + [name for name in names if name not in ("zero", "least_squares")] + names)
    return likely[0]


def models(data):
    """The names of the predictors that were trained, as a list."""
    return [name for name in predictors(data) if name in data.attrs.get("models", ())]


def can_differ(data):
    """Whether least squares is there to compare the subject with."""
    return "least_squares" in predictors(data) and subject(data) != "least_squares"


def has_map(data):
    """Whether a swept target has several k, so that a map over both shows something."""
    return len(numpy.unique(data["k"].values)) > 1


def shown(data, most=7):
    """The predictors worth a line: the subject, all models, least squares, zero, then the others
    with the lowest mean error, of a path over regularisers (lasso_1, lasso_0.1, …) only the best one."""
    names = predictors(data)
    first = list(dict.fromkeys(name for name in (subject(data), *models(data), "least_squares",
                                                "zero")
                               if name in names))
    score = last_step(data)["mean"].load()
    score = score.mean([axis for axis in score.dims if axis != "predictor"]).fillna(numpy.inf)
    others = sorted((name for name in names if name not in first),
                    key=lambda name: float(score.sel(predictor=name)))
    best = {}
    for name in others:
        best.setdefault(re.sub(r"[_=]?[-+0-9.e]+$", "", name), name)
    return first + list(best.values())[:max(0, most - len(first))]


def _resampled_means(values):
    """Bootstrap means [RESAMPLES, n] of values [prompts, n]; the same resamples at every call."""
    generator, count = numpy.random.default_rng(0), len(values)
    even, chunk = numpy.full(count, 1 / count), RESAMPLES // 20
    return numpy.concatenate([generator.multinomial(count, even, chunk) @ values / count
                              for _ in range(0, RESAMPLES, chunk)])


def paired_difference(data, first, second):
    """Error of `first` less that of `second` on the same prompts: a dataset of mean, low and high
    with a 90 % bootstrap interval of the mean, over k and, if there is one, the swept number."""
    raw = last_step(data)["error"]
    pair = by_k(raw.sel(predictor=first) - raw.sel(predictor=second))
    axes = [axis for axis in pair.dims if axis != "prompt"]
    values = pair.transpose("prompt", *axes)
    flat = values.values.reshape(values.sizes["prompt"], -1)
    low, high = numpy.quantile(_resampled_means(flat), INTERVAL, axis=0)
    like = values.isel(prompt=0, drop=True)
    parts = {"mean": flat.mean(0), "low": low, "high": high}
    return xarray.Dataset({name: like.copy(data=part.reshape(like.shape))
                           for name, part in parts.items()})


def middle_and_last(data):
    """Two counts of examples seen to read a table or sweep at: half of the most, and the most."""
    seen = numpy.unique(data["k"].values)
    return [int(k) for k in numpy.unique([seen[numpy.searchsorted(seen, seen[-1] / 2)], seen[-1]])]
