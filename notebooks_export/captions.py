# SPDX-License-Identifier: MIT
"""Sentences that say in words what a figure's numbers say. Every number in them is computed.

Functions take a target (see results.py) and return text.
"""
import numpy

import results

LEVEL = 0.1  # of the zero predictor's error; "it has learned it"


def number(value):
    """Three significant digits: 0.0365, 1.2e−5; rounding errors of an exact answer are <1e−12."""
    if 0 < abs(value) < 1e-12:
        return "<1e−12"
    text = f"{value:.3g}"
    return text.replace("e-0", "e-").replace("-", "−") if "e" in text else text.replace("-", "−")


def with_interval(values):
    """"0.0365 [0.0341, 0.0389]" of a dataset of scalars mean, low, high."""
    mean, low, high = (float(values[name]) for name in ("mean", "low", "high"))
    if high < 1e-12 and low > -1e-12:
        return number(mean)
    return f"{number(mean)} [{number(low)}, {number(high)}]"


def ranges(values):
    """"2…5, 8" of ascending coordinates that are neighbours in `values`, a boolean DataArray."""
    chosen, axis = values.values.astype(bool), values[values.dims[0]].values
    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate(([False], chosen, [False]))))
    return ", ".join(f"{axis[first]:g}" + (f"…{axis[end - 1]:g}" if end > first + 1 else "")
                     for first, end in zip(edges[::2], edges[1::2]))


def title(data):
    """"dense: linear_regression, standard prompts"."""
    return f"{data.attrs['name']}: {data.attrs.get('description', '')}".rstrip(": ")


def basis(data):
    """How many prompts, and what 1 and the bands mean."""
    return (f"{data.sizes['prompt']} prompts; the zero predictor is expected at 1; bands: 90 % "
            "bootstrap intervals of the mean.")


def first_below(curve, level=LEVEL):
    """The first k with an error below `level` in `curve` (over k), or None."""
    below = curve["k"].values[curve.values < level]
    return int(below[0]) if len(below) else None


def crossing(data, names):
    """When predictors first fall below LEVEL."""
    curves = results.curves(results.last_step(data))
    parts = []
    for name in names:
        k = first_below(curves["mean"].sel(predictor=name))
        parts.append(f"{name} never" if k is None else f"{name} first at k = {k}")
    return f"Below {LEVEL:g}: {', '.join(parts)}."


def versus(data, first, second):
    """Where `first` exceeds `second` or is below it by a paired interval, and by how much."""
    if first == second or not {first, second} <= set(results.predictors(data)):
        return ""
    return _versus(results.paired_difference(data, first, second), first, second)


def _versus(difference, first, second):
    (axis,) = difference["mean"].dims
    parts = []
    for word, mask, sign in (("exceeds", difference["low"] > 0, 1),
                             ("is below", difference["high"] < 0, -1)):
        if bool(mask.any()):
            at = (sign * difference["mean"]).where(mask).argmax(axis)
            parts.append(f"{word} {second} at {axis} = {ranges(mask)}, most at {axis} = "
                         f"{float(difference[axis][at]):g} "
                         f"(by {with_interval(difference.isel({axis: at}))})")
    if not parts:
        return f"{first} and {second} cannot be told apart at any {axis} by these prompts."
    return f"On the same prompts, {first} {' and '.join(parts)}."


def at_end(data, names):
    """The predictors' errors at the most examples."""
    last = results.curves(results.last_step(data)).isel(k=-1)
    errors = (f"{name} {with_interval(last.sel(predictor=name))}" for name in names)
    return f"At k = {int(last['k'])}: {', '.join(errors)}."


def learning_curves(data, names):
    """What learning curves say."""
    model = results.subject(data)
    rest = [name for name in names if name not in (model, "zero")][:2]
    return " ".join(filter(None, (
        f"{title(data)}.", crossing(data, [model, *rest]), versus(data, model, "least_squares"),
        at_end(data, [model]), left_out(data, names), irregular(data), basis(data))))


def irregular(data):
    """Predictors without answers, and fits that failed."""
    phrases = data.attrs.get("remarks", [])
    return f"{'; '.join(phrases)}." if phrases else ""


def left_out(data, names):
    """Which predictors of the file are not drawn."""
    missing = [name for name in results.predictors(data) if name not in names]
    return f"Not drawn: {', '.join(missing)}." if missing else ""


def sweep_curves(data, names, k):
    """What errors over a swept number say at k examples seen."""
    axis, model = results.sweep_axis(data), results.subject(data)
    curve = results.curves(results.last_step(data))["mean"].sel(predictor=model, k=k)
    best, worst = curve.idxmin(axis), curve.idxmax(axis)
    parts = [f"{title(data)}; k = {k}.",
             f"{model} is best at {axis} = {float(best):g} ({number(float(curve.min()))}) and "
             f"worst at {axis} = {float(worst):g} ({number(float(curve.max()))})."]
    if results.can_differ(data):
        pair = results.paired_difference(data, model, "least_squares").sel(k=k, drop=True)
        parts.append(_versus(pair, model, "least_squares"))
    worse = curve > 1
    if bool(worse.any()):
        parts.append(f"It does worse than predicting 0 at {axis} = {ranges(worse)}.")
    return " ".join(filter(None, (*parts, left_out(data, names), irregular(data), basis(data))))


def _until(rows, axis):
    """When the error first falls below LEVEL, of pairs (swept value, that k or None)."""
    reached = [(value, k) for value, k in rows if k is not None]
    if not reached:
        return f"It is nowhere below {LEVEL:g}."
    if len(reached) <= 2 < len(rows):  # few of many
        said = " and ".join(f"at {axis} = {value:g} (first at k = {k})" for value, k in reached)
        return f"The line marks {LEVEL:g}: below it only {said}."
    needs = [f"{value:g}: {'never' if k is None else k}" for value, k in rows]
    if len(needs) > 8:
        needs = [needs[i] for i in numpy.linspace(0, len(needs) - 1, 7).round().astype(int)]
    return f"The line marks {LEVEL:g}. Examples until below it, by {axis}: {', '.join(needs)}."


def heat(data, values, name, against):
    """What a map over the swept number (rows) and k (columns) says."""
    axis = results.sweep_axis(data)
    top = values.where(values == values.max(), drop=True)
    where = f"{axis} = {float(top[axis][0]):g}, k = {int(top['k'][0])}"
    if against:
        bottom = values.where(values == values.min(), drop=True)
        return (f"{title(data)}. Error of {name} less that of {against}; largest "
                f"{number(float(values.max()))} at {where}, smallest {number(float(values.min()))} at "
                f"{axis} = {float(bottom[axis][0]):g}, k = {int(bottom['k'][0])}; above 0 in "
                f"{100 * float((values > 0).mean()):.0f} % of the cells.")
    until = _until([(float(row[axis]), first_below(row)) for row in values.transpose(axis, "k")],
                   axis)
    return (f"{title(data)}. Error of {name}; largest {number(float(values.max()))} at {where}. "
            f"{until}")


def difference(data, first, second):
    """What a paired difference over k says."""
    return (f"{title(data)}. Difference in {results.error_word(data)}: {first} less {second}, "
            f"prompt by prompt; above 0 {first} is worse. {versus(data, first, second)} "
            f"{data.sizes['prompt']} prompts; band: 90 % bootstrap interval of the mean.")


def slices(data, distances, where):
    """What slices through functions say; `distances`: of the subject's curves to the truth, over
    where, the panels' axis."""
    parts = ", ".join(f"{number(float(value))} at {where} = {float(value[where]):g}"
                      for value in distances)
    return (f"{title(data)}. Predictions on a line through the inputs for one prompt; black: the "
            "function; crosses: the examples seen. Mean squared distance of "
            f"{results.subject(data)} to the function: {parts}.")


def training(log):
    """What the loss of a run says; `log` as of Results.log."""
    first, last = log[0], log[-1]
    tail = [line["loss"] for line in log[-max(1, len(log) // 10):]]
    mean = f"the mean of the last {len(tail)} logged steps (to step {last['step']})"
    text = (f"Batch loss from {number(first['loss'])} at step {first['step']} to "
            f"{number(numpy.mean(tail))}, {mean if len(tail) > 1 else 'at step ' + str(last['step'])}.")
    ramps = [f"{word} from {first[key]} to {last[key]}"
             for key, word in (("active_dims", "dims"), ("n_points", "points"))
             if first.get(key) != last.get(key)]
    if not ramps:
        return text
    return f"{text} The curriculum raised {' and '.join(ramps)}; prompts grow harder."


def over_steps(data, curve):
    """What errors over training steps say; `curve` over step and k."""
    parts = []
    for k in curve["k"].values:
        values = curve.sel(k=k)
        at = int(values.idxmin("step"))
        parts.append(f"k = {k}: {number(float(values[0]))} → {number(float(values[-1]))}, "
                     f"lowest {number(float(values.min()))} at step {at}")
    return (f"{title(data)}. Error of {results.subject(data)} from first to last step: "
            f"{'; '.join(parts)}.")


def at_most(data, name):
    """A measurement of the subject with its interval, at the last entry of every axis but that of
    references; nothing if the file has no interval."""
    ends = {"mean": name, "low": f"{name}_low", "high": f"{name}_high"}
    if not set(ends.values()) <= set(data.data_vars) or "predictor" not in data[name].dims:
        return ""
    parts = results.last_step(data)[list(ends.values())].rename({v: k for k, v in ends.items()})
    parts = parts.sel(predictor=results.subject(data))
    rest = [axis for axis in parts.dims if axis != "reference"]
    where = ", ".join(f"{axis} = {data[axis].values[-1]:g}" for axis in rest)
    parts = parts.isel({axis: -1 for axis in rest}).load()
    if "reference" not in parts.dims:
        return f" {results.subject(data)} at {where}: {with_interval(parts)}."
    said = ", ".join(f"{with_interval(parts.sel(reference=label))} from {label}"
                     for label in parts["reference"].values if label != results.subject(data))
    return f" {results.subject(data)} at {where}: {said}." if said else ""


def measurement(data, name, values, lines, first=()):
    """Words of the file on a measurement, then the extremes; `values` is drawn, `lines` names its
    axis of lines, `first` what is shown of further axes."""
    words = values.attrs.get("description") or values.attrs.get("long_name", "")
    text = f"{title(data)}. {name.replace('_', ' ').capitalize()}: {words}."
    if lines in ("predictor_2", "single_class"):
        text += f" Shown is {results.subject(data)} against the others."
    if first:
        text += f" Shown is {', '.join(first)}."
    if lines and bool(values.notnull().any()):
        means = values.mean([axis for axis in values.dims if axis != lines])
        low, high = means[means.argmin(lines)], means[means.argmax(lines)]
        text += (f" On average over what is drawn, {high[lines].item()} is highest "
                 f"({number(float(high))}), {low[lines].item()} lowest ({number(float(low))}).")
    text += at_most(data, name)
    if {f"{name}_low", f"{name}_raw"} & set(data.data_vars):
        text += " Bands: 90 % intervals of the mean."
    return text
