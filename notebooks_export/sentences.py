# SPDX-License-Identifier: MIT
"""Figures and tables of results about sentences: whether a language model follows the linear or the
hierarchical rule, and since when. Functions take results.Results and return what a notebook shows.

usage: sentences.py RESULTS.h5… -o FOLDER: draws the course over training of one run or of several
"""
import argparse
import html
import pathlib
import sys

import numpy
import pandas

import beside
import captions
import results
from plate import INK, MODEL, OTHERS, Plate, draw, legend, looks, new_figure, plain, scrolling, short

VALIDATION, COLORS = "validation", (MODEL, "#009E73", "#CC79A7")


def first_metric(data):
    """The metric that papers on the language report."""
    return str(data["metric"].values[0])


def accuracy(data, metric=None):
    """mean, low and high over (step), predictor of one metric."""
    names = {"accuracy": "mean", "accuracy_low": "low", "accuracy_high": "high"}
    return data[list(names)].rename(names).sel(metric=metric or first_metric(data)).load()


def course(run, name, predictor=None):
    """Accuracy of the subject over the training steps of a target, as a pandas Series."""
    data = run.targets[name]
    mean = accuracy(data).sel(predictor=predictor or results.subject(data))["mean"]
    return pandas.Series(mean.values, index=mean["step"].values.astype(int))


def has_course(run):
    """Whether there are several training steps, validation, and another split."""
    return VALIDATION in run.targets and len(run.targets) > 1 and all(
        data.sizes.get("step", 1) > 1 for data in run.targets.values())


def has_steps(run):
    """Whether any split was evaluated at several training steps."""
    return any(data.sizes.get("step", 1) > 1 for data in run.targets.values())


def stop(run):
    """The first step of the best validation accuracy."""
    return int(course(run, VALIDATION).idxmax())


def over_steps(runs, height=2.9):
    """Accuracy on every split over training steps, on a logarithmic axis: one run, or the mean of
    several with each of them thin. An arrow spans what early stopping by validation would miss."""
    figure, axes = new_figure(height=height)
    names = [name for name, data in runs[0].targets.items() if data.sizes.get("step", 1) > 1]
    steps, words, others = course(runs[0], names[0]).index, [], ""
    for name, color in zip(sorted(names, key=lambda name: name != VALIDATION), (OTHERS[0], *COLORS, *OTHERS[3:])):
        courses = pandas.DataFrame({i: course(run, name) for i, run in enumerate(runs)})
        if len(runs) > 1:
            axes.plot(courses.index, courses, color=color, alpha=0.4, linewidth=0.8)
        mean = courses.mean(axis=1)
        axes.plot(mean.index, mean, color=color, marker="o", linewidth=2.0, label=plain(name))
        words.append(f"{name} {mean.iloc[-1]:.3f}")
        others += beside.draw(axes, runs[0].targets[name], "step", mean, name, (color,))
    stopping = _draw_stop(axes, runs) if all(has_course(run) for run in runs) else ""
    axes.set_xscale("log")
    places = {*steps, *(int(step) for name in names for _, part in beside.curves(runs[0].targets[name], "step")
                        for step in part["step"])}
    axes.set_xticks(decades(sorted(places)), [f"{step:g}" for step in decades(sorted(places))])
    axes.minorticks_off()
    axes.set_ylim(-0.02, 1.04)
    axes.set_xlabel("training step")
    data = runs[0].targets[names[-1]]
    axes.set_ylabel(f"accuracy: {first_metric(data).replace('_', ' ')}")
    legend(axes)
    many = f"Means of {len(runs)} runs, each thin. " if len(runs) > 1 else ""
    return Plate("accuracy_over_steps", figure, (
        f"{data.attrs['description'].split(',')[0]}: accuracy ({first_metric(data)}) over training. {many}"
        f"At step {steps[-1]}: {', '.join(words)}.{stopping}{others}"))


def _draw_stop(axes, runs):
    """Marks where validation is best first and, if anything, what stopping there would miss. Returns a
    sentence on it."""
    other = next(name for name in runs[0].targets if name != VALIDATION)
    means = pandas.DataFrame({i: course(run, other) for i, run in enumerate(runs)}).mean(axis=1)
    steps, median = means.index, int(numpy.median([stop(run) for run in runs]))
    at = min(steps, key=lambda step: abs(step - median))
    gained = float(means.iloc[-1] - means[at])
    axes.axvline(at, color=INK, linestyle=":", linewidth=1.0)
    if gained >= 0.02:  # less is no arrow that could be seen; the caption has the number
        axes.hlines([means[at], means.iloc[-1]], at, steps[-1], color=INK, linestyle=":", linewidth=0.8)
        axes.annotate("", (at, means.iloc[-1]), (at, means[at]),
                      arrowprops={"arrowstyle": "<->", "color": INK, "shrinkA": 0, "shrinkB": 0})
        right = at * at > steps[0] * steps[-1]  # of the middle: words go to the left
        axes.annotate("missed by early stopping " if right else " missed by early stopping",
                      (at, (means[at] + means.iloc[-1]) / 2), fontsize=9, va="center",
                      ha="right" if right else "left")
    change = "as much" if f"{abs(gained):.3f}" == "0.000" else (
        f"{abs(gained):.3f} {'higher' if gained > 0 else 'lower'}")
    return (f" Validation is best first at step {at}{' (median)' if len(runs) > 1 else ''}; there {other} is "
            f"{means[at]:.3f}, " + (f"at the end {change}." if at != steps[-1] else "which is the end."))


def decades(steps):
    """Steps to write along a logarithmic axis: about 1, 2, 5 times a power of ten, or else about twice as much each."""
    chosen = [step for step in steps if str(step).rstrip("0") in ("1", "2", "5")]
    if len(chosen) < 2:
        chosen = [steps[0]]
        for step in steps:
            if step >= 1.9 * chosen[-1]:
                chosen.append(step)
    if steps[-1] > 1.3 * chosen[-1]:
        chosen.append(steps[-1])
    return chosen


def loss_over_steps(run):
    """Loss per word on every split over training steps."""
    figure, axes = new_figure(height=2.4)
    over = {name: data for name, data in run.targets.items() if data.sizes.get("step", 1) > 1}
    for (name, data), color in zip(over.items(), (OTHERS[0], *COLORS, *OTHERS[3:])):
        part = data[["mean_loss", "mean_loss_low", "mean_loss_high"]].sel(
            predictor=results.subject(data)).load()
        part = part.rename(mean_loss="mean", mean_loss_low="low", mean_loss_high="high")
        draw(axes, part["step"], part, {"color": color, "marker": "o", "label": plain(name)})
    axes.set_xscale("log")
    axes.minorticks_off()
    steps = part["step"].values.astype(int)
    axes.set_xticks(decades(steps), [f"{step:g}" for step in decades(steps)])
    axes.set_xlabel("training step")
    axes.set_ylabel("loss per word")
    legend(axes)
    ends = ", ".join(f"{name} {float(data['mean_loss'].sel(predictor=results.subject(data))[-1]):.3f}"
                     for name, data in over.items())
    return Plate("loss_over_steps", figure, f"Mean of −log p over all words. At the end: {ends}; "
                 "bands: 90 % bootstrap intervals.")


def by_category(data):
    """Accuracy by category at the last step, one marker per predictor."""
    last = results.last_step(data)["category_accuracy"].sel(metric=first_metric(data)).load()
    last = last.dropna("category", how="all")
    names = [name for name in results.predictors(data) if last.sel(predictor=name).notnull().any()]
    figure, axes = new_figure(height=1.3 + 0.32 * last.sizes["category"])
    places = numpy.arange(last.sizes["category"])[::-1]
    for name, look in looks(names, results.subject(data)).items():
        axes.plot(last.sel(predictor=name), places,
                  **{"marker": "x", **look, "linestyle": "none", "markersize": 6})
    axes.set_yticks(places, [short(str(name)) for name in last["category"].values])
    axes.set_ylim(-0.6, last.sizes["category"] - 0.4)
    axes.set_xlim(-0.04, 1.04)
    axes.set_xlabel(f"accuracy: {first_metric(data).replace('_', ' ')}")
    axes.set_title(plain(data.attrs["name"]))
    legend(axes)
    mine = last.sel(predictor=results.subject(data)).dropna("category")
    words = ", ".join(f"{name} {float(value):.2f}"
                      for name, value in zip(mine["category"].values, mine.values))
    return Plate(f"categories_{data.attrs['name']}", figure,
                 f"{captions.title(data)}. {results.subject(data)}: {words}.")


class Table:
    """A table with a caption, for a notebook."""

    def __init__(self, name, frame, caption):
        self.name, self.frame, self.caption = name, frame, caption

    def save(self, folder):
        """Writes NAME.csv into the folder."""
        path = pathlib.Path(folder) / f"{self.name}.csv"
        self.frame.to_csv(path, index=False)
        return [path]

    def _repr_html_(self):
        heads = "".join(f"<th>{html.escape(str(name))}</th>" for name in self.frame.columns)
        rows = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
                       for row in self.frame.values)
        table = scrolling(f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
        return (f'<figure class="plate wide" id="{self.name}">{table}'
                f"<figcaption>{html.escape(self.caption)}</figcaption></figure>")


def answers(data, most=8):
    """Examples with what each predictor answered at the last step, wrong answers of the subject
    first; None unless evaluation.keep_outputs kept them."""
    if "output" not in data:
        return None
    last = results.last_step(data)
    names = [name for name in results.predictors(data)
             if (last["output"].sel(predictor=name).load() != "").any()]
    right, subject = last["target"].load(), results.subject(data)
    wrong = (last["output"].sel(predictor=subject).load() != right).values
    # half of the rows are wrong ones, if there are so many
    order = [*numpy.flatnonzero(wrong)[:most // 2], *numpy.flatnonzero(~wrong)][:most]
    rows = [{"input": _text(last["input"].values[i]),
             **{name: _text(last["output"].sel(predictor=name).values[i]) for name in names}}
            for i in order]
    return Table(f"answers_{data.attrs['name']}", pandas.DataFrame(rows),
                 f"{data.attrs['name']}: {subject} outputs the right sentence for {(~wrong).sum()} of "
                 f"{len(wrong)} inputs; {min(wrong.sum(), most // 2)} of the others come first.")


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def headline(run):
    """Accuracy by every metric, at the last step: one row per split and metric."""
    rows = []
    for data in run.targets.values():
        for metric in data["metric"].values:
            part = results.last_step(accuracy(data, metric))
            cells = {name: _cell(part.sel(predictor=name)) for name in results.predictors(data)}
            if set(cells.values()) - {"–"}:
                rows.append({"split": data.attrs["name"], "metric": str(metric), **cells})
    return pandas.DataFrame(rows).fillna("–")


def _cell(part):
    mean, low, high = (float(part[name]) for name in ("mean", "low", "high"))
    if numpy.isnan(mean):
        return "–"
    return f"{mean:.3f}" + (f" [{low:.3f}, {high:.3f}]" if high > low else "")


def headline_words(run):
    """Sentences on that table."""
    words = "Accuracy by each metric, with 90 % bootstrap intervals."
    if has_course(run):
        other = next(name for name in run.targets if name != VALIDATION)
        words += (f" Validation is best first at step {stop(run)}, where {other} is "
                  f"{course(run, other)[stop(run)]:.3f}; at the end it is {course(run, other).iloc[-1]:.3f}.")
    return words


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("usage", maxsplit=1)[0])
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    parser.add_argument("-o", dest="folder", type=pathlib.Path, required=True)
    options = parser.parse_args()
    runs = [results.Results(path) for path in options.results]
    options.folder.mkdir(parents=True, exist_ok=True)
    plate = over_steps(runs)
    print(plate.caption)
    print("figure:", ", ".join(str(path) for path in plate.save(options.folder)))


if __name__ == "__main__":
    sys.exit(main())
