# SPDX-License-Identifier: MIT
"""Figures and tables of what probes find inside language models: norms, attention, projected trees,
and heads switched off. Functions take a target of results.Results."""
import numpy
import pandas
from matplotlib import colors, ticker

import results
from plate import INK, MODEL, OTHERS, Plate, legend, looks, new_figure, plain, short
from sentences import Table, decades

# measure, its parts by layer, its baselines, label
COURSES = (("weight_norm", "layer_weight_norm", None, "weight norm"),
           ("attention_sparsity", "layer_attention_sparsity", None, "attention sparsity"),
           ("t_score", None, None, "t_score (greedy)"),
           ("t_parseval", None, "t_parseval_baseline", "t_parseval (greedy)"))


def show(data):
    """All that the probes of a target found, as plates and tables; none: a target without probes."""
    return [plate for plate in (course(data), trees(data), heads(data)) if plate]


def _values(data, name):
    """A measure over step, predictor and perhaps layer; of trees the greedy ones."""
    part = data[name].load()
    if "projection" in part.dims:
        part = part.sel(projection="greedy")
    return part if "step" in part.dims else part.expand_dims(step=[0])


def _has(data, name):
    return name in data and bool(data[name].notnull().any())


def _draw_layers(axes, data, name):
    """The subject's parts by layer, thin; early layers pale."""
    part = _values(data, name).sel(predictor=results.subject(data))
    count = part.sizes["layer"]
    for i in range(count):
        axes.plot(part["step"], part.isel(layer=i), color=MODEL, linewidth=0.8,
                  marker="_" if part.sizes["step"] == 1 else None, alpha=0.3 + 0.5 * (i + 1) / count)


def _draw_course(axes, data, entry):
    """One measure over the steps, with its layers and baselines. Returns words on it."""
    name, layers, baselines, label = entry
    part = _values(data, name)
    asked = [who for who in results.predictors(data) if part.sel(predictor=who).notnull().any()]
    for who, look in looks(asked, results.subject(data)).items():
        axes.plot(part["step"], part.sel(predictor=who), **{"marker": "o", **look})
    if layers and _has(data, layers):
        _draw_layers(axes, data, layers)
    words = [f"{label} " + ", ".join(f"{part.sel(predictor=who)[-1]:.3g}"
                                     + (f" ({who})" if len(asked) > 1 else "") for who in asked)]
    if baselines and _has(data, baselines):
        for i, (who, value) in enumerate(zip(data["tree_baseline"].values, data[baselines].values)):
            axes.axhline(value, color=(INK, *OTHERS)[i % 6], linestyle=("--", "-.", ":")[i % 3],
                         linewidth=1.0, label=plain(who))
            words.append(f"{who} trees {value:.3g}")
        axes.set_ylim(bottom=0)
    axes.set_ylabel(label, fontsize=8)
    axes.yaxis.set_major_locator(ticker.MaxNLocator(4))
    return ", ".join(words)


def course(data):
    """Measures of the model over training steps, one above the other; None: none was taken."""
    found = [entry for entry in COURSES if _has(data, entry[0])]
    if not found:
        return None
    figure, axes = new_figure(len(found), height=0.7 + 1.3 * len(found), sharex=True, squeeze=False)
    axes = axes[:, 0]
    words = [_draw_course(one, data, entry) for one, entry in zip(axes, found)]
    steps = _values(data, found[0][0])["step"].values.astype(int)
    if "step" in data.dims:
        if steps[0] > 0 and len(steps) > 1:
            axes[-1].set_xscale("log")
            axes[-1].minorticks_off()
        axes[-1].set_xticks(decades(steps), [f"{step:g}" for step in decades(steps)])
        axes[-1].set_xlabel("training step")
    else:
        axes[-1].set_xticks([])
        axes[-1].set_xlabel("newest checkpoint")
    axes[0].set_title(plain(short(data.attrs["name"])))
    legend(axes[-1])
    missing = [entry for entry in COURSES if entry[0] in data and entry not in found]
    when = f" over training. At step {steps[-1]}" if "step" in data.dims else " at the newest checkpoint"
    thin = any(entry[1] and _has(data, entry[1]) for entry in found)
    return Plate(f"inside_{data.attrs['name']}", figure, (
        f"{data.attrs['name']}: measures of {results.subject(data)}{when}: {'; '.join(words)}."
        + (" Thin: layers, the first the palest." if thin else "")
        + "".join(f" No {entry[3]}{_why(data[entry[0]])}." for entry in missing)))


def _why(measure):
    """What the description of a measure says of numbers that are not there."""
    reason = measure.attrs.get("description", "").partition("NaN: ")[2]
    return f": {reason}" if reason else ""


def trees(data, most=6):
    """Trees projected from the subject's states at the last step, beside gold trees."""
    if "tree" not in data:
        return None
    projected = results.last_step(data)["tree"].sel(predictor=results.subject(data)).values
    pairs = [(_text(tree), _text(gold)) for tree, gold in zip(projected, data["gold_tree"].values)]
    pairs = [(tree, gold) for tree, gold in pairs if tree]
    if not pairs:
        return None
    when = f" at step {int(data['step'][-1])}" if "step" in data.dims else ""
    return tree_table(f"trees_{data.attrs['name']}", pairs, f"{data.attrs['name']}: {results.subject(data)}", when, most)


def tree_table(name, pairs, whose, when, most=6):
    """Projected trees beside gold ones, in brackets; "" where the language has none."""
    frame = pandas.DataFrame(pairs[:most], columns=["projected", "gold"])
    words = f"{sum(tree == gold for tree, gold in pairs)} of {len(pairs)} are the gold trees"
    if not any(gold for _, gold in pairs):
        frame, words = frame[["projected"]], "the language has no gold trees"
    return Table(name, frame, f"{whose}, trees projected (greedily) from the states{when}; {words}.")


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def heads(data):
    """Accuracy at the last step with each head switched off, as a map of layer and head."""
    name = "silent_head_accuracy"
    if not _has(data, name):
        return None
    values = results.last_step(data)[name].sel(predictor=results.subject(data)).load()
    values = values.transpose("layer", "head")
    whole = float(results.last_step(data)["accuracy"].sel(predictor=results.subject(data))[0])
    rows, columns = values.shape
    figure, axes = new_figure(height=1.1 + 0.3 * rows)
    cells = axes.pcolormesh(numpy.arange(columns + 1) - 0.5, numpy.arange(rows + 1) - 0.5, values.values,
                            cmap="cividis", norm=colors.Normalize(0, 1), edgecolors="face", linewidth=0.4)
    cells.values = values
    for row, column in numpy.ndindex(rows, columns if columns <= 12 else 0):
        value = float(values[row, column])
        axes.text(column, row, f"{value:.3f}"[:5] if columns <= 8 else f"{value:.2f}", fontsize=8, ha="center",
                  va="center", color="#111111" if value > 0.5 else "white")
    axes.set_xticks(range(columns), [str(head) for head in values["head"].values])
    axes.set_yticks(range(rows), [str(layer) for layer in values["layer"].values])
    axes.invert_yaxis()
    axes.grid(False)
    axes.set_xlabel("head")
    axes.set_ylabel("layer")
    axes.set_title(plain(short(data.attrs["name"])))
    metric = str(data["metric"].values[0])
    figure.colorbar(cells, ax=axes, label="accuracy").outline.set_visible(False)
    row, column = numpy.unravel_index(numpy.nanargmin(values.values), values.shape)
    least, most = float(values.min()), float(values.max())
    words = f"It is least, {least:.3f}, without head {column + 1} of layer {row + 1}; most, {most:.3f}."
    return Plate(f"heads_{data.attrs['name']}", figure, (
        f"{data.attrs['name']}: accuracy ({metric}) of {results.subject(data)} with one head switched off. "
        + (words if most > least else f"It is {least:.3f}, whichever it is.")
        + f" With all heads {whole:.3f}, on the sentences that the evaluation chose; the probe reads its own."))
