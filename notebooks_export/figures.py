# SPDX-License-Identifier: MIT
"""Figures of a results file. Functions take a target (see results.py) and return a Plate: a
matplotlib figure with a caption whose sentences are computed from the numbers.

    import figures
    run = figures.Results("results.h5")
    figures.learning_curves(run.targets["dense"]).figure.savefig("dense.pdf")
"""
import math

import numpy
import pandas
from matplotlib import colors, ticker

import beside
import captions
import results
from plate import (INK, MARKERS, MODEL, OTHERS, Plate, band, draw, legend, looks, new_figure, plain,
                   short, show, whole_ticks)
from results import Results, can_differ, has_map, measurements, middle_and_last

__all__ = ["Results", "can_differ", "difference", "has_map", "headline", "headline_words", "heat",
           "learning_curves", "measurement", "measurements", "middle_and_last", "over_steps",
           "show", "slices", "sweep_curves", "training"]

EXAMPLES = "in-context examples seen, k"
CUT = 2.0  # errors above this leave the frame, so that a diverging baseline hides nothing


def _label(data, axis):
    """What to write along an axis."""
    if axis == "k":
        return EXAMPLES
    return str(data[axis].attrs.get("long_name", axis)) if axis in data.coords else axis


def _looks(data, names):
    """How to draw predictors of a target."""
    return looks(names, results.subject(data), data.attrs.get("palette", ()))


def _title(data, more=""):
    """What stands above a figure of a target."""
    return plain(f"{short(data.attrs['name'])}{more}")


def _frame(axes, data, drawn, scale="linear"):
    """Sets the error axis of a target for a dataset of mean, low, high; returns a sentence if
    something lies outside of it."""
    axes.set_ylabel(f"{results.error_word(data)}\n(zero predictor = 1)")
    largest = float(drawn["mean"].max())
    if scale == "log":
        axes.set_yscale("log")
        axes.set_ylim(bottom=max(1e-6, float(drawn["mean"].min()) / 2))
        return ""
    axes.set_ylim(0, 1.05 * min(float(drawn["high"].max()), CUT))
    if largest <= CUT:
        return ""
    return f" Values above {CUT:g} (up to {captions.number(largest)}) are cut off."


def _room(axes, *ends):
    """Where single values lie far beyond three quarters of all (`ends` of bands), runs the y axis
    logarithmically from there on, so that the others can be read; returns a sentence on that."""
    reach = numpy.abs(numpy.concatenate([numpy.ravel(end) for end in ends]).astype(float))
    reach = reach[numpy.isfinite(reach)]
    largest = reach.max(initial=0)
    if not largest > 0:
        return ""
    usual = max(float(numpy.quantile(reach, 0.75, method="lower")), 1e-6 * largest)
    if not largest > 20 * usual:
        return ""
    start = 10.0 ** math.ceil(math.log10(usual))  # a tick, and no tick but 0 lies before it
    axes.set_yscale("symlog", linthresh=start)
    axes.yaxis.set_major_locator(ticker.SymmetricalLogLocator(base=10, linthresh=start, subs=[1]))
    axes.yaxis.get_major_locator().set_params(numticks=7)
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    if all(float(numpy.nanmin(end)) >= 0 for end in ends):
        axes.set_ylim(bottom=0)
    return f" Beyond {start:g} the scale is logarithmic."


def _ticks(axes, k):
    """Whole numbers on the x axis, and its limits."""
    whole_ticks(axes)
    margin = 0 if len(k) > 1 else 1
    axes.set_xlim(float(k.min()) - margin, float(k.max()) + margin)


def learning_curves(data, names=None, scale="linear"):
    """Error over examples seen, with 90 % bands. `names`: predictors to draw, by default those of
    results.shown; scale: linear or log. For a target without a sweep."""
    names = names or results.shown(data)
    curves = results.curves(results.last_step(data))
    figure, axes = new_figure()
    for name, look in _looks(data, names).items():
        draw(axes, curves["k"], curves.sel(predictor=name), look)
    others = beside.draw(axes, data, "k", curves["mean"].sel(predictor=results.subject(data)).to_series(),
                         results.subject(data))
    cut = _frame(axes, data, curves.sel(predictor=names), scale)
    _ticks(axes, curves["k"])
    axes.set_xlabel(EXAMPLES)
    axes.set_title(_title(data))
    legend(axes)
    return Plate(f"learning_curves_{data.attrs['name']}", figure,
                 captions.learning_curves(data, names) + cut + others)


def sweep_curves(data, k=None, names=None):
    """Error over the swept number at `k` examples seen (by default half of the most)."""
    names, axis = names or results.shown(data), results.sweep_axis(data)
    k = results.middle_and_last(data)[0] if k is None else k
    at = results.curves(results.last_step(data)).sel(k=k)
    figure, axes = new_figure()
    for name, look in _looks(data, names).items():
        draw(axes, at[axis], at.sel(predictor=name), look)
    cut = _frame(axes, data, at.sel(predictor=names))
    if float(at[axis].min()) > 0 and float(at[axis].max()) > 30 * float(at[axis].min()):
        axes.set_xscale("log")
    axes.set_xlabel(_label(data, axis))
    axes.set_title(_title(data, f", k = {k}"))
    legend(axes)
    return Plate(f"sweep_{data.attrs['name']}_k{k}", figure,
                 captions.sweep_curves(data, names, k) + cut)


def heat(data, against=None):
    """The subject's error over the swept number and k, as a map; with `against`, less that of this
    predictor (orange: the subject is worse)."""
    axis, name = results.sweep_axis(data), results.subject(data)
    mean = results.curves(results.last_step(data))["mean"].transpose("predictor", axis, "k")
    values = mean.sel(predictor=name, drop=True)
    if against:
        values = values - mean.sel(predictor=against, drop=True)
    figure, axes = new_figure()
    cut = _draw_map(figure, axes, values, "difference" if against else results.error_word(data))
    axes.set_xlabel(EXAMPLES)
    axes.set_ylabel(_label(data, axis))
    axes.set_title(_title(data, f": {short(name)}" + (f" less {against}" if against else "")))
    return Plate(f"map_{data.attrs['name']}" + (f"_less_{against}" if against else ""), figure,
                 captions.heat(data, values, name, against) + cut)


def _draw_map(figure, axes, values, meaning):
    """Cells, colour bar and, unless the `meaning` of values is a difference, the contour of
    captions.LEVEL. Returns a sentence on values that have no colour of their own, or nothing."""
    signed = meaning == "difference"
    rows, columns = (values[axis].values for axis in values.dims)
    least, most = float(numpy.nanmin(values)), float(numpy.nanmax(values))
    largest = min(CUT, max(-least, most))
    norm = colors.Normalize(-largest if signed else 0, largest if signed else max(1, largest))
    cells = axes.pcolormesh(numpy.arange(len(columns)), numpy.arange(len(rows)), values.values,
                            norm=norm, cmap="PuOr_r" if signed else "cividis",
                            edgecolors="face", linewidth=0.4, rasterized=values.size > 4000)
    cells.values = values
    if not signed and float(values.min()) < captions.LEVEL < float(values.max()):
        axes.contour(values.values, levels=[captions.LEVEL], colors="white", linewidths=1.2)
    for direction, labels in ((axes.xaxis, columns), (axes.yaxis, rows)):
        at = numpy.arange(0, len(labels), -(-len(labels) // 9))
        direction.set_ticks(at, [f"{labels[i]:g}" for i in at])
    axes.grid(False)
    beyond = (least < -largest, most > largest)
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get(beyond, "neither")
    figure.colorbar(cells, ax=axes, label=meaning, extend=extend).outline.set_visible(False)
    return f" Colours end at {'±' if signed else ''}{CUT:g}." if any(beyond) else ""


def difference(data, first=None, second="least_squares"):
    """Paired difference of the errors of two predictors over k, with its 90 % interval. `first` is
    by default the subject. For a target without a sweep."""
    first = first or results.subject(data)
    pair = results.paired_difference(data, first, second)
    figure, axes = new_figure(height=2.4)
    axes.axhline(0, color=INK, linewidth=0.8)
    draw(axes, pair["k"], pair, {"color": MODEL, "marker": "o", "linewidth": 2.0})
    far = _room(axes, pair["low"], pair["high"])
    _ticks(axes, pair["k"])
    axes.set_xlabel(EXAMPLES)
    axes.set_ylabel("difference of errors")
    axes.set_title(_title(data, f": {short(first)} less {short(second)}"))
    return Plate(f"difference_{data.attrs['name']}_{first}_{second}", figure,
                 captions.difference(data, first, second) + far)


def training(log):
    """Loss over training steps, of the mixture and of its classes, above the learning rate and the
    curriculum where they change; `log` as of Results.log."""
    frame = pandas.json_normalize(log).set_index("step").astype(float)
    width = max(1, len(frame) // 40)
    smooth = frame.rolling(width, min_periods=1, center=True).mean()
    lower = [(label, unit, name, color) for label, unit, name, color in (
        ("learning rate", "learning\nrate", "learning_rate", MODEL),
        ("dims", "curriculum", "active_dims", MODEL),
        ("points", "curriculum", "n_points", OTHERS[0])) if name in frame and frame[name].nunique() > 1]
    units = list(dict.fromkeys(unit for _, unit, _, _ in lower))
    figure, panels = new_figure(1 + len(units), height=2.8 + len(units), sharex=True, squeeze=False,
                                gridspec_kw={"height_ratios": [3] + [1] * len(units)})
    loss = panels[0, 0]
    loss.plot(frame["loss"], color=INK, alpha=0.25, linewidth=0.6)
    loss.plot(smooth["loss"], color=INK, label=f"whole batch, mean of {width} logged steps" if width > 1 else "whole batch")
    classes = [name for name in frame if name.startswith("class_loss.")]
    for i, name in enumerate(classes[:len(OTHERS)]):
        loss.plot(smooth[name], color=OTHERS[i], linestyle="--",
                  label=plain(name.split(".", 1)[1]))
    loss.set_ylim(bottom=0)
    loss.set_ylabel("batch loss")
    loss.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=2, borderaxespad=0)  # below are further panels
    for label, unit, name, color in lower:
        axes = panels[1 + units.index(unit), 0]
        axes.plot(frame.index, frame[name], color=color, label=label,
                  drawstyle="steps-post" if unit == "curriculum" else "default")
        axes.set_ylim(bottom=0)
        axes.set_ylabel(unit)
    panels[-1, 0].set_xlabel("training step")
    whole_ticks(panels[-1, 0])
    if "curriculum" in units:
        legend(panels[-1, 0])
    return Plate("training_loss", figure, captions.training(log))


def over_steps(data, most=4):
    """The subject's error over training steps at up to `most` values of k; dotted: least squares.
    For a target with a step axis and without a sweep."""
    curves = results.curves(data)
    at = numpy.unique(numpy.linspace(0, curves.sizes["k"] - 1, most).round().astype(int))
    curves = curves.isel(k=at)
    figure, axes = new_figure()
    for i, k in enumerate(curves["k"].values):
        look = {"color": (MODEL, *OTHERS)[i], "marker": ("o" + MARKERS)[i], "label": f"k = {k}"}
        draw(axes, curves["step"], curves.sel(k=k, predictor=results.subject(data)), look)
        if "least_squares" in results.predictors(data):
            axes.plot(curves["step"], curves["mean"].sel(k=k, predictor="least_squares"),
                      color=look["color"], linestyle=":", linewidth=1.0)
    axes.axhline(1, color=INK, linestyle=":", linewidth=1.0, label="zero")
    cut = _frame(axes, data, curves.sel(predictor=results.subject(data)))
    axes.set_xlabel("training step")
    axes.set_title(_title(data))
    legend(axes)
    caption = captions.over_steps(data, curves["mean"].sel(predictor=results.subject(data)))
    return Plate(f"over_steps_{data.attrs['name']}", figure,
                 f"{caption} Dotted: least squares.{cut}")


def _choose_axes(data, values):
    """Which axis of a measurement runs along x, which names the lines, and which makes panels; the
    latter two may be None."""
    text = [axis for axis in values.dims if axis in data.coords and data[axis].dtype.kind in "OSU"]
    lines = next((axis for axis in ("predictor_2", "predictor", *text[::-1]) if axis in text), None)
    rest = [axis for axis in values.dims if axis != lines]
    late = ["k_probe", "k_prefix", "k", results.sweep_axis(data), "probe_prompt", "prompt"]
    by_liking = sorted((axis for axis in rest if axis not in text),
                       key=lambda axis: late.index(axis) if axis in late else -1)
    x = by_liking[0] if by_liking else rest[0]
    panels = next((axis for axis in [*text, *by_liking] if axis not in (x, lines)
                   and "prompt" not in axis and values.sizes[axis] > 1), None)
    return x, lines, panels


def _half_width(values):
    """Half of the 90 % interval of the mean over the prompts that have a value."""
    return 1.645 * values.std("prompt", ddof=1) / values.count("prompt") ** 0.5


def _reduce(data, name, over_prompts=lambda values: values.mean("prompt")):
    """A measurement ready to draw: at the last step, averaged over prompts, of the first prompt
    probed, of the subject if it compares predictors."""
    values = results.last_step(data)[name].load()
    words = values.attrs
    if "prompt" in values.dims:
        values = over_prompts(values)
    if "probe_prompt" in values.dims:
        values = values.isel(probe_prompt=0, drop=True)
    if {"predictor_2", "single_class"} & set(values.dims):
        values = values.sel(predictor=results.subject(data), drop=True)
    if "k" in values.dims:
        values = results.by_k(values)
    for axis, names in (("predictor", results.shown(data)),
                        ("predictor_2", [other for other in results.shown(data)
                                         if other != results.subject(data)])):
        if axis in values.dims:
            values = values.sel({axis: names})
    return values.assign_attrs(words)


def measurement(data, name, most=3):
    """A measurement of the file beyond errors, whatever its axes: lines over its x, in up to `most`
    panels; further axes are shown at their first entry. Bands if NAME_low and NAME_high or
    NAME_raw are there."""
    values = _reduce(data, name)
    x, lines, panels = _choose_axes(data, values)
    keep = [axis for axis in (x, lines, panels) if axis]
    fixed = {axis: 0 for axis in values.dims if axis not in keep}
    first = [str(values[axis].values[0]) for axis in fixed if values[axis].dtype.kind in "OUS"]
    values = values.isel(fixed, drop=True)
    at = numpy.unique(numpy.linspace(0, values.sizes[panels] - 1, most).round().astype(int)) \
        if panels else [None]
    figure, rows = new_figure(len(at), height=1.2 + 1.8 * len(at), sharex=True, sharey=True,
                              squeeze=False)
    names = [str(label) for label in values[lines].values] if lines else [name]
    ends = _band(data, name)
    for axes, place in zip(rows[:, 0], at):
        where = {} if place is None else {panels: place}
        for label, look in (_looks(data, names) if lines in ("predictor", "predictor_2")
                            else looks(names)).items():
            choice = {lines: label} if lines else {}
            line = values.isel(where).sel(choice)
            drawn, = axes.plot(line[x], line, **{"marker": None, **look} if line.size > 40 else look)
            if ends:
                band(axes, drawn, *(end.isel(fixed).isel(where).sel(choice) for end in ends))
        at_place = None if place is None else values[panels].values[place]
        label = "" if place is None else \
            f", {panels} = {at_place if isinstance(at_place, str) else format(at_place, 'g')}"
        axes.set_title(_title(data, label))
        axes.set_ylabel(name.replace("_", " "))
    rows[-1, 0].set_xlabel(_label(data, x))
    if x == "k":
        _ticks(rows[-1, 0], values["k"])
    legend(rows[-1, 0])
    far = _room(rows[-1, 0], values, *(ends or ()))
    return Plate(f"{name}_{data.attrs['name']}", figure,
                 captions.measurement(data, name, values, lines, first) + far)


def _band(data, name):
    """The ends of a measurement's band, if the file has them or its values per prompt, else None."""
    if {f"{name}_low", f"{name}_high"} <= set(data.data_vars):
        return [_reduce(data, f"{name}_{end}") for end in ("low", "high")]
    if f"{name}_raw" in data.data_vars:
        middle, half = _reduce(data, f"{name}_raw"), _reduce(data, f"{name}_raw", _half_width)
        return [middle - half, middle + half]
    return None


def slices(data, most=3):
    """Predictions on a line through the inputs, for the first prompt probed, beside the function
    and the examples seen: up to `most` panels over the swept number, or else over examples seen."""
    parts = results.last_step(data)[[name for name in data.data_vars if name.startswith("slice_")]]
    parts = parts.isel(probe_prompt=0).load()
    where = results.sweep_axis(data) or "k_probe"
    parts = parts.isel({axis: -1 for axis in ("k_probe",) if axis != where})
    at = numpy.unique(numpy.linspace(0, parts.sizes[where] - 1, most).round().astype(int))
    names = [name for name in results.shown(data, 5) if name != "zero"]
    figure, rows = new_figure(len(at), height=1.2 + 1.8 * len(at), sharex=True, squeeze=False)
    for axes, place in zip(rows[:, 0], at):
        part = parts.isel({where: place})
        _draw_slice(axes, part, _looks(data, names))
        axes.set_title(_title(data, f": {where} = {float(part[where]):g}"))
        axes.set_ylabel("f(x)")
    rows[-1, 0].set_xlabel(_label(data, "grid"))
    legend(rows[-1, 0])
    curves = parts["slice_prediction"].sel(predictor=results.subject(data)).isel({where: at})
    distances = ((curves - parts["slice_truth"]) ** 2).mean("grid")
    return Plate(f"slices_{data.attrs['name']}", figure, captions.slices(data, distances, where))


def _draw_slice(axes, part, lines):
    """One panel of slices: `part` is at one k_probe; `lines`: looks by predictor."""
    truth, seen = part["slice_truth"], int(part["k_probe"])
    for name, look in lines.items():
        color = OTHERS[-1] if look["color"] == INK else look["color"]
        axes.plot(part["grid"], part["slice_prediction"].sel(predictor=name),
                  **{**look, "marker": None, "color": color})
    axes.plot(part["grid"], truth, color=INK, linewidth=1.0, label="function")
    x, y = part["slice_context_x"][:seen], part["slice_context_y"][:seen]
    axes.plot(x, y, color=INK, linestyle="none", marker="x", label="examples seen")
    reach = 1.5 * max(float(numpy.abs(truth).max()), 0.1)
    axes.set_ylim(-reach, reach)
    axes.set_xlim(float(part["grid"].min()), float(part["grid"].max()))


def headline(run):
    """The table of a run: one row per target and count of examples (half of the most, and the
    most); of a swept target the value where the subject is worst. Columns: target, where (that
    value, or ""), k, subject, {model,least_squares,difference}_{mean,low,high} with the difference
    paired, and the best predictor with its mean. `run`: a Results. Returns a pandas.DataFrame."""
    return pandas.DataFrame([_headline_row(data, k) for data in run.targets.values()
                             for k in results.middle_and_last(data)])


def _headline_row(data, k):
    axis, model, where = results.sweep_axis(data), results.subject(data), ""
    at = results.curves(results.last_step(data)).sel(k=k)
    pair = results.paired_difference(data, model, "least_squares").sel(k=k) \
        if "least_squares" in results.predictors(data) else None
    if axis:
        worst = int(at["mean"].sel(predictor=model).argmax(axis))
        where = f"{axis} = {float(at[axis][worst]):g}, worst of {at.sizes[axis]}"
        at, pair = at.isel({axis: worst}), None if pair is None else pair.isel({axis: worst})
    row = {"target": data.attrs["name"], "where": where, "k": k, "subject": model}
    parts = {"model": at.sel(predictor=model), "difference": pair,
             "least_squares": None if pair is None else at.sel(predictor="least_squares")}
    for name, part in parts.items():
        for end in ("mean", "low", "high"):
            row[f"{name}_{end}"] = numpy.nan if part is None else float(part[end])
    best = at["mean"].argmin("predictor")
    row["best"], row["best_mean"] = str(at["predictor"].values[best]), float(at["mean"][best])
    return row


def headline_words(frame):
    """Sentences on the table that `headline` made."""
    last = frame[frame["k"] == frame.groupby("target")["k"].transform("max")]
    compared = last[last["difference_mean"].notna()]
    text = ("Mean errors in units of the zero predictor, with 90 % bootstrap intervals of "
            "the mean; k: in-context examples seen; difference: on the same prompts. Of a swept "
            "target, the value where the model is worst.")
    if len(compared):
        worse = (compared["difference_low"] > 0).sum()
        better = (compared["difference_high"] < 0).sum()
        largest = compared.loc[compared["difference_mean"].abs().idxmax()]
        subjects = compared["subject"].unique()
        model = subjects[0] if len(subjects) == 1 else "the model"
        targets = f"{len(compared)} target{'s' if len(compared) > 1 else ''}"
        text += (f" With the most examples, {model} exceeds least squares in {worse or 'none'} "
                 f"of {targets} and is below it in {better or 'none'}; the "
                 f"difference is largest in {largest['target']}: "
                 f"{captions.number(largest['difference_mean'])}.")
    return text
