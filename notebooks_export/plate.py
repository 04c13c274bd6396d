# SPDX-License-Identifier: MIT
"""Plate: a figure with its caption, as inline SVG for pages and as files for papers; and the style
all figures share.

Ink is black in files and takes the colour of the surrounding text in a page, so that one SVG serves
light and dark. Colours are those of Okabe and Ito, told apart by readers of any colour vision; a
dark page may lighten the blue by --plate-blue.
"""
import base64
import csv
import errno
import hashlib
import html
import io
import numbers
import os
import pathlib
import re

import matplotlib
from matplotlib import ticker
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

INK = "#000000"
MODEL = "#D55E00"
OTHERS = ("#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKERS = "^sDvP"
DASHES = ("--", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (3, 1)), (0, (1, 1)))
STYLE = {
    "font.size": 10, "axes.titlesize": 10, "axes.titlelocation": "left", "axes.labelsize": 10,
    "legend.fontsize": 9, "legend.frameon": False, "xtick.labelsize": 9, "ytick.labelsize": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.7, "axes.grid": True,
    "grid.color": INK, "grid.alpha": 0.12, "grid.linewidth": 0.6, "lines.linewidth": 1.4,
    "lines.markersize": 3.5, "svg.fonttype": "none", "pdf.fonttype": 42, "axes.facecolor": "none",
}
matplotlib.rcParams.update(STYLE)


def new_figure(n_rows=1, height=2.8, **options):
    """A figure as wide as a paper's column, and its axes (an array if n_rows > 1)."""
    figure = Figure(figsize=(4.7, height), layout="constrained")
    return figure, figure.subplots(n_rows, **options)


def plain(text):
    """Text as matplotlib shows it letter by letter: no formula between dollars, and no line that
    legends leave out because its name begins with an underscore (the mark before it is unseen)."""
    text = str(text).replace("$", r"\$")
    return f"\N{WORD JOINER}{text}" if text.startswith("_") else text


def short(name, most=40):
    """A long name with its middle left out."""
    return name if len(name) <= most else f"{name[:most // 2]}…{name[-most // 2 + 1:]}"


def looks(names, model="", palette=()):
    """How to draw each line: a dict of matplotlib line options by name. `model`: the line that the
    figure is about; `palette`: names in an order that is the same for every figure of a report, so
    that each keeps its look."""
    fixed = {model: {"color": MODEL, "linewidth": 2.0, "marker": "o", "zorder": 4},
             "least_squares": {"color": INK, "zorder": 3},
             "zero": {"color": INK, "linestyle": ":", "linewidth": 1.0}}
    free = [name for name in dict.fromkeys([*palette, *names]) if name not in fixed]
    fixed.update({name: {"color": OTHERS[i % 5], "marker": MARKERS[(i + i // 5) % 5],
                         "linestyle": DASHES[i % 5]} for i, name in enumerate(free)})
    return {name: {"label": plain(short(name)), **fixed[name]} for name in names}


def draw(axes, x, values, look):
    """A line with its band; `values` is a dataset of mean, low, high over x. One point alone gets an
    error bar."""
    if values["mean"].size == 1:
        reach = [values["mean"] - values["low"], values["high"] - values["mean"]]
        bar = axes.errorbar(x, values["mean"], yerr=reach, **{"marker": "_", **look})
        bar.lines[0].band = values["low"], values["high"]
        return
    line, = axes.plot(x, values["mean"], **look)
    band(axes, line, values["low"], values["high"])


def band(axes, line, low, high):
    """Draws what lies between two ends around a line, and has the line know them."""
    axes.fill_between(line.get_xdata(), low, high, color=line.get_color(), alpha=0.18, linewidth=0)
    line.band = low, high


def whole_ticks(axes):
    """Whole numbers alone on the x axis."""
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))


def legend(axes):
    """A legend under the label of the x axis, for which the figure grows."""
    labels = axes.get_legend_handles_labels()[1]
    longest = max(map(len, labels), default=0)
    n_columns = 1 if longest > 28 else 2 if longest > 14 else 3
    axes.figure.set_figheight(axes.figure.get_figheight() + 0.18 * -(-len(labels) // n_columns))
    below = ScaledTranslation(0, -0.5, axes.figure.dpi_scale_trans)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=axes.transAxes + below,
                ncol=n_columns, handlelength=2.6, columnspacing=1.1, borderaxespad=0)


def settle(aside, path):
    """Puts the file `aside` under its name. Both are synced, so that a power cut leaves the old file or the new."""
    with open(aside, "rb") as file:
        os.fsync(file.fileno())
    os.replace(aside, path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    except OSError as problem:
        if problem.errno != errno.EINVAL:  # some file systems cannot
            raise
    finally:
        os.close(folder)


class Plate:
    """A figure, its caption, and a name that is unique on a page. A notebook shows both."""

    def __init__(self, name, figure, caption):
        self.name = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)
        if len(self.name) > 150:  # a file's name has at most 255 letters, with its ending
            digest = hashlib.sha256(self.name.encode()).hexdigest()[:8]
            self.name = f"{self.name[:140]}_{digest}"
        self.figure = figure
        self.caption = " ".join(caption.split()).replace(" = ", "\u00a0=\u00a0")

    def file(self):
        """The figure as an SVG file, on no ground."""
        text = io.StringIO()
        with matplotlib.rc_context({"svg.hashsalt": self.salt()}):
            self.figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
        return text.getvalue()

    def salt(self):
        """What makes ids unique to this plate."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:8]

    def numbers(self):
        """What the figure draws, as CSV: maps cell by cell, or lines point by point with the ends of their
        bands."""
        maps = [(panel, cells.values) for panel, axes in enumerate(self.figure.axes)
                for cells in axes.collections if hasattr(cells, "values")]
        if maps:
            names = ["panel", *maps[0][1].dims, "value"]
            rows = [[panel, *map(_number, (*place, value))]
                    for panel, values in maps for place, value in values.to_series().items()]
        else:
            rows, x_name, y_names = [], "x", set()
            for panel, axes in enumerate(self.figure.axes):
                for line in axes.get_lines():
                    if line.get_transform() != axes.transData:  # a line across the frame
                        continue
                    x_name = axes.get_xlabel() or x_name
                    y_names.add(axes.get_ylabel().replace("\n", " ") or "value")
                    ends = getattr(line, "band", ([""] * len(line.get_xdata()),) * 2)
                    name = "" if line.get_label().startswith("_") else line.get_label().strip("\N{WORD JOINER}")
                    for x, y, low, high in zip(line.get_xdata(), line.get_ydata(), *map(list, ends)):
                        rows.append([panel, name, *map(_number, (x, y, low, high))])
            names = ["panel", "series", x_name, y_names.pop() if len(y_names) == 1 else "value", "low", "high"]
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([names, *rows])
        return out.getvalue()

    def svg(self):
        """The figure as an <svg> element without outside references, ids unique to this plate."""
        return self._element(self.file())

    def _element(self, file):
        salt = self.salt()
        body = re.search(r"<svg.*</svg>", file, re.DOTALL).group()
        body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
        body = re.sub(r"<[^>]*>", lambda tag: _inline(tag[0], salt), body)
        size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', body)
        label = html.escape(self.caption, quote=True)
        head = (f'<svg viewBox="0 0 {size[1]} {size[2]}" role="img" aria-label="{label}" '
                'style="fill:currentColor;width:100%;max-width:36rem;height:auto">')
        return re.sub(r"^<svg[^>]*>", lambda _: head, body)

    def _repr_html_(self):
        file = self.file()
        return (f'<figure class="plate" id="{self.name}">{self._element(file)}'
                f"<figcaption>{html.escape(self.caption)} <span>Save: "
                f'{download(f"{self.name}.svg", "image/svg+xml", file, "figure (SVG)")}, '
                f'{download(f"{self.name}.csv", "text/csv", self.numbers(), "numbers (CSV)")}</span>'
                "</figcaption></figure>")

    def save(self, folder):
        """Writes NAME.png, NAME.pdf and NAME.svg into `folder` and returns their paths."""
        paths = [pathlib.Path(folder) / f"{self.name}.{kind}" for kind in ("png", "pdf", "svg")]
        for path in paths:
            kind, aside = path.suffix[1:], path.with_name(f"{path.name}.tmp{os.getpid()}")
            undated = {"Date": None} if kind == "svg" else None
            try:
                with matplotlib.rc_context({"svg.hashsalt": self.name}):
                    self.figure.savefig(aside, format=kind, dpi=300, facecolor="white",
                                        metadata=undated)
                settle(aside, path)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise
        return paths


def scrolling(table):
    """An HTML table that may be wider than the page, with a line that says so on a narrow one."""
    return ('<p class="hint note">Scrolls to the right where it is wider than the page.</p>'
            f'<div class="scroll" tabindex="0">{table}</div>')


def download(name, kind, text, label):
    """A link that saves a text as a file, without a script."""
    data = base64.b64encode(text.encode("utf-8", "replace")).decode()
    return f'<a download="{name}" href="data:{kind};base64,{data}">{label}</a>'


def _number(value):
    """A number as CSV has it; other values as they are."""
    return format(float(value), ".10g") if isinstance(value, numbers.Real) or hasattr(value, "dtype") else value


def _inline(tag, salt):
    """A tag of an SVG file as one of an SVG element in a page; text between tags is a user's."""
    tag = re.sub(r' xmlns(:\w+)?="[^"]*"', "", tag).replace("xlink:href", "href")
    tag = re.sub(r'\bid="|(?<=url\()#|(?<=href=")#', rf"\g<0>{salt}-", tag)
    return tag.replace(INK, "currentColor").replace("#0072b2", "var(--plate-blue, #0072b2)")


def show(plates, otherwise):
    """Displays plates in a notebook, or says in one line why there are none; None is one that would be
    empty. With AMBIT_FIGURES set, also saves each into that folder."""
    from IPython.display import display  # only notebooks need it
    plates = [plate for plate in plates if plate]
    for plate in plates:
        display(plate)
        if os.environ.get("AMBIT_FIGURES"):
            plate.save(os.environ["AMBIT_FIGURES"])
    if not plates:
        print(otherwise)
