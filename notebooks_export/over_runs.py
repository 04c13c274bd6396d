# SPDX-License-Identifier: MIT
"""Figures and tables of what joined runs of language models say together: how often and when they generalize, whether
training succeeded at all, and which depth measures of the inside would choose. Numbers are those of the group
/over_runs, which `ambit collect` computes; here they are only drawn. Functions take joined.Joined and an axis of the grid.
"""
import numpy
import pandas

import inside
import joined
import results
from plate import INK, MODEL, OTHERS, Plate, legend, new_figure, plain, short
from sentences import Table, decades, first_metric

GREY = "#777777"


def has(runs):
    """Whether the file has the group: not of function classes, and not if it is older."""
    return runs.over is not None


def show(runs):
    """All plates and tables; figures over the axis with the most places, one of each kind for every place on others."""
    if not has(runs):
        return []
    axis = max(runs.others, key=lambda name: runs.over.sizes[name], default=None)
    plates = [] if axis is None or runs.over.sizes[axis] < 2 else [
        plate for label, chosen, _ in joined.points(runs, runs.over, without=(axis,))
        for plate in (success(runs, axis, chosen, label), courses(runs, axis, chosen, label),
                      insides(runs, axis, chosen, label))]
    return [plate for plate in (*plates, success_table(runs), correlations(runs), measures_table(runs), trees(runs)) if plate]


def _name(what, axis, label):
    return f"{what}_over_{axis}" + (f"_{label}" if label else "")


def _models(runs):
    return [str(name) for name in runs.over["predictor"].values]


def _ticks(axes, values, name):
    """Places of an axis of the grid, evenly spaced."""
    axes.set_xticks(range(len(values)), [_text(value) for value in values])
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.set_xlabel(name)


def _text(value):
    return f"{value:g}" if isinstance(value, (int, float, numpy.number)) else short(str(value), 12)


def _dots(axes, values, bars, color, label=None):
    """One dot for each seed [place, seed], side by side, and a bar [place] for all."""
    count = values.shape[1]
    shift = (numpy.arange(count) - (count - 1) / 2) * min(0.12, 0.5 / count)
    for i in range(count):
        axes.plot(numpy.arange(len(values)) + shift[i], values[:, i], "o", color=color, markersize=3.5, alpha=0.7,
                  markeredgewidth=0, label=plain(label) if label and i == 0 else None)
    places = numpy.flatnonzero(~numpy.isnan(bars))
    axes.hlines(bars[places], places - 0.35, places + 0.35, color=color, linewidth=1.2)


def _seeds(data, axis, runs):
    """Values [place on the axis, seed]."""
    part = data if runs.seeds else data.expand_dims(seed=[0])
    return part.transpose(axis, runs.seeds or "seed").values


def _accuracy(runs, target, chosen, model, name="accuracy"):
    """Accuracy by the first metric over steps, the axis and seeds, or another array over them."""
    data = runs.targets[target]
    return data[name].sel(predictor=model, metric=first_metric(data), **chosen).load()


def _draw_shares(axes, over):
    for name, shift, color, marker, label in (("ever_above", -0.08, OTHERS[0], "o", "ever"),
                                              ("end_above", 0.08, MODEL, "s", "at the end")):
        share, low, high = (over[f"{name}{end}"].values for end in ("", "_low", "_high"))
        axes.errorbar(numpy.arange(len(share)) + shift, share, yerr=[share - low, high - share], color=color,
                      marker=marker, linestyle="none", capsize=2, linewidth=1.0, label=label)
    axes.set_ylim(-0.04, 1.04)
    _key(axes)


def _key(axes):
    """A legend in one line above the axes."""
    axes.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1, 0.97), ncol=2, borderaxespad=0)


def _draw_first(axes, runs, over, axis):
    """Steps of the first crossing; under a place, how many runs never came there."""
    values = _seeds(over["first_above"], axis, runs)
    _dots(axes, values, over["first_above_median"].values, OTHERS[0])
    axes.set_ylim(0, 1.3 * numpy.nanmax(values) if not numpy.isnan(values).all() else 1)
    if numpy.isnan(values).all():
        axes.set_yticks([])
    for place, never in enumerate(over["n_never_above"].values):
        if never > 0:
            axes.annotate(f"{never:.0f} never", (place, 1), xycoords=("data", "axes fraction"), fontsize=7,
                          ha="center", va="top", color=GREY)


def success(runs, axis, chosen, label):
    """Over an axis: share of runs that generalize, when first, accuracy on both splits, training loss."""
    model = _models(runs)[0]
    over = runs.over.sel(predictor=model, **chosen).load()
    figure, axes = new_figure(4, height=7.2, sharex=True)
    _draw_shares(axes[0], over)
    axes[0].set_ylabel(f"share of runs\nabove {runs.over.attrs['threshold']:g}", fontsize=8)
    _draw_first(axes[1], runs, over, axis)
    axes[1].set_ylabel("first step\nabove", fontsize=8)
    for key, color in (("validation", GREY), ("generalization", MODEL)):
        if key in runs.over.attrs:
            last = results.last_step(_accuracy(runs, runs.over.attrs[key], chosen, model))
            _dots(axes[2], _seeds(last, axis, runs), over[f"{key}_accuracy"].values, color, key)
    axes[2].set_ylim(-0.04, 1.04)
    axes[2].set_ylabel("accuracy\nat the end", fontsize=8)
    _key(axes[2])
    _dots(axes[3], _seeds(over["run_training_loss"], axis, runs), over["training_loss"].values, INK)
    axes[3].set_ylabel("training loss\nat the end", fontsize=8)
    _ticks(axes[3], over[axis].values, axis)
    if label:
        axes[0].set_title(plain(short(label)))
    shares = ", ".join(f"{_text(place)}: {share:.2f}" for place, share in zip(over[axis].values, over["ever_above"].values)
                       if not numpy.isnan(share))
    return Plate(_name("success", axis, label), figure, (
        f"{model}{', ' + label if label else ''}: share of runs whose accuracy ({_metric(runs)}) on "
        f"{runs.over.attrs['generalization']} is ever above {runs.over.attrs['threshold']:g} ({shares}), and at the end, "
        f"with 90 % Wilson intervals; first evaluated step above, a bar the median; accuracy and training loss at the end. "
        f"A dot is a run, a bar the mean. Where validation or training loss is poor, training failed, whatever generalization says."))


def _metric(runs):
    return first_metric(runs.targets[runs.over.attrs["generalization"]])


def _over_steps(axes, steps):
    """A logarithmic axis of steps."""
    if steps[0] > 0 and len(steps) > 1:
        axes.set_xscale("log")
        axes.minorticks_off()
    chosen = decades(steps)
    if len(chosen) > 4:
        chosen = [chosen[0], *chosen[1:-1][:: max(1, (len(chosen) - 2) // 2)], chosen[-1]]
    axes.set_xticks(chosen, [f"{step / 1000:g}k" if step >= 1000 else f"{step:g}" for step in chosen], fontsize=8)


def _lines(part):
    """Values [step, run] of the runs that are there."""
    lines = part.transpose("step", ...).values.reshape(part.sizes["step"], -1)
    return lines[:, ~numpy.isnan(lines).all(axis=0)]


def courses(runs, axis, chosen, label):
    """Accuracy over training, a panel for each place on an axis, every run thin; None without steps."""
    model, names = _models(runs)[0], [runs.over.attrs[key] for key in ("validation", "generalization")
                                      if key in runs.over.attrs]
    parts = {name: _accuracy(runs, name, chosen, model) for name in names}
    if any(part.sizes.get("step", 1) < 2 for part in parts.values()):
        return None
    values, columns = parts[names[-1]][axis].values, 3
    rows = -(-len(values) // columns)
    figure, axes = new_figure(rows, height=0.6 + 1.45 * rows, ncols=columns, sharex=True, sharey=True, squeeze=False)
    for place, one in zip(values, axes.flat):
        for name, color in zip(names[::-1], (MODEL, GREY)):
            part = parts[name].sel({axis: place})
            one.plot(part["step"], _lines(part), color=color, linewidth=0.6, alpha=0.6)
            if runs.seeds:
                one.plot(part["step"], _accuracy(runs, name, {**chosen, axis: place}, model, "runs_mean"), color=color,
                         linewidth=1.8)
        one.axhline(runs.over.attrs["threshold"], color=INK, linestyle=":", linewidth=0.8)
        one.set_title(plain(f"{short(axis, 12)} = {_text(place)}"), fontsize=8)
        _over_steps(one, part["step"].values.astype(int))
    for i, one in enumerate(axes.flat):
        one.set_visible(i < len(values))
        one.tick_params(labelbottom=i + columns >= len(values))
    axes[0, 0].set_ylim(-0.04, 1.04)
    figure.supxlabel("training step", fontsize=9)
    figure.supylabel("accuracy", fontsize=9)
    return Plate(_name("courses", axis, label), figure, (
        f"{model}{', ' + label if label else ''}: accuracy ({_metric(runs)}) over training, every run thin, their mean "
        f"thick: {names[-1]} in orange{', ' + names[0] + ' in grey' if len(names) > 1 else ''}; dotted: "
        f"{runs.over.attrs['threshold']:g}."))


def _chosen_places(runs, axis, chosen):
    """Smallest, best and largest place on an axis, by name; best by mean accuracy on generalization."""
    over = runs.over.sel(predictor=_models(runs)[0], **chosen)
    mean = over["generalization_accuracy"].values
    values = over[axis].values
    there = numpy.flatnonzero(~numpy.isnan(mean))
    if not len(there):
        return {}
    best = there[numpy.argmax(mean[there])]
    named = {}
    for place, word in ((there[0], "smallest"), (there[-1], "largest"), (best, "best")):
        named.setdefault(place, []).append(word)
    return {values[place]: f"{_text(values[place])} ({', '.join(words)})" for place, words in sorted(named.items())}


def _measure(data, entry):
    """A measure over steps and runs, its name among the measures of the group, and a label; of layers the mean."""
    name, layers, _, label = entry
    if name == "weight_norm" and layers in data:
        return data[layers].mean("layer"), f"{layers}, mean over layers", "weight norm\nof a layer"
    label = label.replace(" ", "\n", 1)
    if "projection" in data[name].dims:
        return data[name].sel(projection="greedy"), f"{name}, greedy", label
    return data[name], name, label


def insides(runs, axis, chosen, label):
    """Measures of the inside over training for the smallest, the best and the largest place on an axis; None: there are
    none."""
    model, places = _models(runs)[0], _chosen_places(runs, axis, chosen)
    found = [(data, entry) for data in runs.targets.values() for entry in inside.COURSES
             if entry[0] in data and bool(data[entry[0]].notnull().any()) and data.sizes.get("step", 1) > 1]
    if not found or not places:
        return None
    figure, axes = new_figure(len(found), height=0.7 + 1.3 * len(found), sharex=True, squeeze=False)
    for (data, entry), one in zip(found, axes[:, 0]):
        part, name, words = _measure(data.sel(predictor=model, **chosen), entry)
        means = runs.over["course_measure"].sel(predictor=model, measure=name, **chosen)
        for (place, named), color in zip(places.items(), (OTHERS[0], MODEL, OTHERS[1])):
            one.plot(part["step"], _lines(part.sel({axis: place})), color=color, linewidth=0.6, alpha=0.6)
            one.plot(means["step"], means.sel({axis: place}), color=color, linewidth=1.8, label=plain(f"{axis} {named}"))
        one.set_ylabel(words, fontsize=8)
    _over_steps(axes[-1, 0], part["step"].values.astype(int))
    axes[-1, 0].set_xlabel("training step")
    legend(axes[-1, 0])
    return Plate(_name("insides", axis, label), figure, (
        f"{model}{', ' + label if label else ''}: measures of the inside over training for the smallest, the best (by mean "
        f"accuracy on {runs.over.attrs['generalization']} at the end) and the largest {axis}. Every run thin, their mean "
        f"thick."))


def success_table(runs):
    """The numbers of the figure, one row for each point of the grid."""
    rows = []
    for model in _models(runs):
        for label, chosen, _ in joined.points(runs, runs.over):
            part = runs.over.sel(predictor=model, **chosen).load()
            row = {"predictor": model} if len(_models(runs)) > 1 else {}
            rows.append(row | {"runs": label or "all", "there": f"{float(part['n_runs']):.0f}",
                               **({"learned": f"{float(part['n_learned']):.0f}"} if "n_learned" in part else {}),
                               "ever above": _ends(part, "ever_above"), "above at the end": _ends(part, "end_above"),
                               "never": f"{float(part['n_never_above']):.0f}", "first above": _first(part),
                               **{name.replace("_", " "): _ends(part, name, 3) for name in
                                  ("validation_accuracy", "generalization_accuracy", "training_loss")}})
    return Table("success", pandas.DataFrame(rows), (
        f"Runs with an accuracy ({_metric(runs)}) above {runs.over.attrs['threshold']:g} on "
        f"{runs.over.attrs['generalization']}, as a share with its 90 % Wilson interval; the first such step, median and "
        f"range of those that came there; accuracies and training loss at the end, means over runs with 90 % intervals "
        f"by Student's t.{_learned_words(runs)}"))


def _learned_words(runs):
    """What counts as learned; nothing of older files, or where all runs learned."""
    if "n_learned" not in runs.over or bool((runs.over["n_learned"] == runs.over["n_runs"]).all()):
        return ""
    return (f" Learned: a run learned its task if its accuracy on {runs.over.attrs.get('validation', 'validation')} is at least "
            f"{runs.over.attrs['learned']:g} at the end.")


def _ends(part, name, digits=2):
    mean, low, high = (float(part[f"{name}{end}"]) for end in ("", "_low", "_high"))
    if numpy.isnan(mean):
        return "–"
    return f"{mean:.{digits}f}" + ("" if numpy.isnan(low) else f" [{low:.{digits}f}, {high:.{digits}f}]")


def _first(part):
    median, earliest, latest = (float(part[f"first_above_{name}"]) for name in ("median", "earliest", "latest"))
    return "–" if numpy.isnan(median) else f"{median:.0f} ({earliest:.0f}–{latest:.0f})"


def _choices(runs, part, among):
    """Where each measure is highest, by axis, as texts; `among` is "" or "learned_"."""
    chosen = {}
    for axis in runs.others:
        if runs.over.sizes[axis] > 1:
            values = runs.over[axis].values
            chosen[axis] = ["–" if numpy.isnan(place) else _text(values[int(place)])
                            for place in part[f"chosen_{among}{axis}"].values]
    return chosen


def measures_table(runs):
    """Measures, the place on each axis that they would choose, and their rank correlation, over all runs and over those
    that learned their task if these are fewer; None: no measure."""
    rows, names = [], [str(name) for name in runs.over["measure"].values]
    groups = {"": ""} | ({"learned_": ", learned"} if _learned_words(runs) else {})
    for model in _models(runs):
        part = runs.over.sel(predictor=model).load()
        for i, name in enumerate(names):
            row = ({"predictor": model} if len(_models(runs)) > 1 else {}) | {"measure": name}
            for among, words in groups.items():
                row |= {f"{axis} of the highest mean{words}": texts[i]
                        for axis, texts in _choices(runs, part, among).items()}
                row[f"rank correlation{words}"] = _ends(part.isel(measure=i), f"correlation_{among}".rstrip("_"))
            left_out = float(part["n_left_out"][i])
            rows.append(row | {"runs": "" if numpy.isnan(left_out) else f"{float(part['n_correlated'][i]):.0f}" + (
                f", {left_out:.0f} left out" if left_out else "")})
    return Table("measures", pandas.DataFrame(rows), (
        f"Measures of the inside at the end of training: where their mean over runs is highest, beside where the mean "
        f"accuracy is; Spearman's rank correlation with accuracy on {runs.over.attrs['generalization']} over all runs, "
        f"with its 90 % interval by bootstrap of runs (none with fewer than four).{_learned_words(runs)}"
    )) if len(names) > 1 else None


def correlations(runs):
    """Rank correlations with their intervals, one measure below the other; None: no measure."""
    model = _models(runs)[0]
    part = runs.over.sel(predictor=model).load().isel(measure=slice(1, None))
    part = part.isel(measure=part["correlation"].notnull().values)
    if not part.sizes["measure"]:
        return None
    value, low, high = (part[f"correlation{end}"].values for end in ("", "_low", "_high"))
    figure, axes = new_figure(height=0.9 + 0.24 * len(value))
    places = numpy.arange(len(value))[::-1]
    axes.hlines(places, low, high, color=OTHERS[0], linewidth=1.4)
    axes.plot(value, places, "o", color=OTHERS[0], markersize=5)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(places, [plain(short(str(name))) for name in part["measure"].values], fontsize=8)
    axes.set_xlim(-1.05, 1.05)
    axes.set_ylim(-0.6, len(value) - 0.4)
    axes.set_xlabel("rank correlation with accuracy")
    return Plate("correlations", figure, (
        f"{model}: Spearman's rank correlation of measures of the inside with accuracy on "
        f"{runs.over.attrs['generalization']}, over {float(part['n_correlated'].max()):.0f} runs at the end; 90 % intervals "
        f"by bootstrap of runs."))


def trees(runs):
    """Projected and gold trees of the run that `ambit collect` chose, at the point of the best mean accuracy; None: no
    run has any."""
    if "tree_run" not in runs.over.attrs:
        return None
    texts = [results._plain(text) for text in numpy.atleast_1d(runs.over.attrs["trees"])]
    return inside.tree_table("trees", list(zip(texts[::2], texts[1::2])), str(runs.over.attrs["tree_run"]), " at the end")
