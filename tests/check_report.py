# SPDX-License-Identifier: MIT
"""The report of a small run: one page without outside references, its figures and captions, and a
headline table that says what the results file says; figures as files; notebooks without outputs;
results without a model. Exits 77 where Python packages are missing.

usage: check_report.py AMBIT NOTEBOOKS_FOLDER
"""
import base64
import collections
import contextlib
import csv
import html
import html.parser
import importlib.util
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import types
import unittest
import unittest.mock
import xml.etree.ElementTree

import cases

AMBIT, NOTEBOOKS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
sys.path.insert(0, str(NOTEBOOKS))
sys.dont_write_bytecode = True
import export  # noqa: E402  (imports nothing but the standard library)

MISSING = [name for name in export.MODULES if importlib.util.find_spec(name) is None]
if MISSING:
    print(f"skipped: no {', '.join(MISSING)}")
    sys.exit(77)

import h5py  # noqa: E402
import numpy  # noqa: E402
import xarray  # noqa: E402

import captions  # noqa: E402
import figures  # noqa: E402
import page  # noqa: E402
import plate  # noqa: E402
import results  # noqa: E402

CONFIG = """
out_dir: runs
model: {n_positions: 8, n_dims: 3, n_embd: 16, n_layer: 1, n_head: 1}
training:
  tasks:
    - {name: linear_regression, label: dense, weight: 0.5}
    - {name: sparse_linear_regression, label: sparse, weight: 0.5, kwargs: {sparsity: 1}}
  batch_size: 16
  train_steps: 20
  save_every_steps: 20
wandb: {log_every_steps: 5}
evaluation:
  n_prompts: 60
  targets:
    - {name: dense, task: linear_regression}
    - {name: sparse, task: sparse_linear_regression, task_kwargs: {sparsity: 1}}
    - {name: skewed, task: linear_regression, prompts: skewed, probes: [slice]}
    - name: convex
      task: convex
      task_kwargs:
        families:
          - {name: linear_regression}
          - {name: sparse_linear_regression, kwargs: {sparsity: 1}}
      sweep: {alpha: [0, 0.5, 1]}
  predictors: [transformer, least_squares, lasso, bayes, zero]
"""


def run(*arguments, **options):
    """The finished process of `ambit` with these arguments."""
    return subprocess.run([AMBIT, *arguments], capture_output=True, text=True, check=False, **options)


def least_space():
    """The address space that a report asks for is enough."""
    if b"__asan_init" not in AMBIT.read_bytes():
        resource.setrlimit(resource.RLIMIT_AS, (2048 << 20, 2048 << 20))


class Page(html.parser.HTMLParser):
    """What the tests ask of a page: tags counted, attributes, the headline's cells, captions."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = collections.Counter(), []
        self.rows, self.captions, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in ("meta", "path", "use", "image"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "figcaption":
            self.captions.append("")

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += f" {data}"
        elif "figcaption" in self.open:
            self.captions[-1] += data

    def values(self, *names):
        return [value for name, value in self.attributes if name in names]


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.results, cls.plots = cls.folder / "run" / "results.h5", cls.folder / "plots"
        cls.config = cls.folder / "config.yaml"
        cls.config.write_text(CONFIG, encoding="utf-8")
        quietly = ["--quiet", "--threads=1"]
        for command in (["pretrain", cls.config, "-o", cls.folder / "run", *quietly],
                        ["evaluate", cls.folder / "run", *quietly],
                        ["report", cls.results, "--figures", cls.plots]):
            start = time.monotonic()
            done = run(*command, preexec_fn=least_space if command[0] == "report" else None)
            cls.seconds = time.monotonic() - start  # of the report, in the end
            assert done.returncode == 0, done.stderr
        cls.text = (cls.folder / "run" / "report.html").read_text(encoding="utf-8")
        cls.page = Page(cls.text)

    def test_page_needs_nothing_else(self):
        self.assertFalse({"script", "link", "iframe", "img"} & set(self.page.tags))
        references = self.page.values("href", "src", "xlink:href")
        references += re.findall(r"url\(([^)]*)\)", self.text)
        self.assertGreater(len(references), 10)
        ids = self.page.values("id")
        self.assertEqual(len(ids), len(set(ids)))
        for reference in references:
            if not reference.startswith("data:"):
                self.assertEqual(reference[0], "#")
                self.assertIn(reference[1:], ids)
        self.assertNotIn("://", self.text)
        self.assertNotIn("@import", self.text)

    def test_maps_and_posteriors_say_what_is_there(self):
        run = figures.Results(self.results)
        convex = run.targets["convex"]
        caption = figures.heat(convex).caption
        self.assertEqual("The line marks" in caption,
                         bool((convex["mean"].sel(predictor="transformer") < captions.LEVEL).any()))
        far = convex["mean"].where(convex["predictor"] != "least_squares", convex["mean"] + 5)
        plate = figures.heat(convex.assign(mean=far), "least_squares")
        self.assertRegex(plate.caption, r"smallest \u2212[\d.]+ at alpha\s=\s[\d.]+, k\s=\s\d+; .* Colours end at \u00b12\.$")
        self.assertEqual("Colours end at 2." in caption, bool((convex["mean"].sel(predictor="transformer") > 2).any()))
        plate = figures.measurement(run.targets["dense"].isel(k=slice(0, 5)), "class_posterior")
        self.assertTrue(all(float(tick).is_integer() for tick in plate.figure.axes[0].get_xticks()))
        self.assertIn("Shown is bayes", plate.caption)

    def test_figures_have_captions(self):
        data = figures.Results(self.results)
        # of 3 targets curve, difference and posterior; of the sweep 4; slices, loss; 4 distances
        expected = 3 * 3 + 4 + 1 + 1 + 4
        self.assertEqual(len(data.targets), 4)
        self.assertEqual(self.page.tags["svg"], expected)
        self.assertEqual(len(self.page.captions), expected)
        for caption in self.page.captions:
            self.assertGreater(len(caption), 80)
            self.assertNotIn("nan", caption)
        self.assertIn("currentColor", self.text)
        self.assertIn("prefers-color-scheme: dark", self.text)

    def test_captions_say_what_the_file_says(self):
        with xarray.open_dataset(self.results, group="targets/dense") as data:
            last = data.sel(predictor="transformer").isel(k=-1)
            curve = data["mean"].sel(predictor="least_squares")
            first = int(curve.k[(curve < 0.1).values][0])
            said = (f"k = {int(last.k)}: transformer {float(last['mean']):.3g} "
                    f"[{float(last.low):.3g}, {float(last.high):.3g}]")
        caption = next(text for text in self.page.captions if text.startswith("dense: ")
                       and "Below 0.1" in text).replace("\u00a0", " ")
        self.assertIn(said, caption)
        self.assertIn(f"least_squares first at k = {first}", caption)

    def test_head_says_how_it_was_trained(self):
        self.assertRegex(self.text, r"<dd>20 steps of 16 prompts, adam, learning rate 0\.\d+, seed \d+</dd>")
        self.assertRegex(self.text, r"<dt>transformer</dt><dd>1 layer, .*; \d+ parameters; step 20</dd>")
        for count, words in ((850, "850"), (99999, "99999"), (205313, "0.21 million"), (9.5e6, "9.5 million"),
                             (124439808, "124 million"), (1.5e9, "1.5 billion")):
            self.assertEqual(export.magnitude(count), f"{words} parameters")
        foreign = types.SimpleNamespace(config={"training": {"train_steps": 1, "batch_size": 1, "learning_rate": 1}},
                                        targets={}, unanswered=[], origin={"models": ["other"]})
        self.assertNotIn("training", dict(export.identity(foreign)))

    def test_headline_is_that_of_the_file(self):
        rows = self.page.rows[1:]
        targets = [name for name in figures.Results(self.results).targets for _ in range(2)]
        self.assertEqual(len(rows), 8)
        for target, (name, k, model, _, difference, _) in zip(targets, rows):
            with xarray.open_dataset(self.results, group=f"targets/{target}") as data:
                at = data.sel(k=int(k))
                if "alpha" in data.dims:
                    at = at.sel(alpha=float(re.search(r"alpha = ([\d.]+)", name)[1]))
                mean = float(at["mean"].sel(predictor="transformer"))
                error = at.error
                paired = float((error.sel(predictor="transformer")
                                - error.sel(predictor="least_squares")).mean())
            self.assertEqual(model.split()[0], captions.number(mean))
            self.assertEqual(difference.split()[0], captions.number(paired))

    def test_figures_are_written(self):
        names = [path.stem for path in self.plots.glob("*.pdf")]
        self.assertEqual(len(names), self.page.tags["svg"])
        for name in names:
            self.assertIn(name, self.page.values("id"))
            self.assertEqual((self.plots / f"{name}.pdf").read_bytes()[:5], b"%PDF-")
            self.assertIn("</svg>", (self.plots / f"{name}.svg").read_text(encoding="utf-8"))
            self.assertEqual((self.plots / f"{name}.png").read_bytes()[1:4], b"PNG")

    def test_links_save_figures_numbers_and_citations(self):
        saved = dict(re.findall(r'<a download="([^"]+)" href="data:[^;]+;base64,([^"]*)"', self.text))
        saved = {name: base64.b64decode(data).decode() for name, data in saved.items()}
        names = {path.stem for path in self.plots.glob("*.pdf")}
        self.assertEqual(set(saved), {f"{name}.{kind}" for name in names for kind in ("svg", "csv")} | {"ambit.bib"})
        for name in names:
            self.assertEqual(xml.etree.ElementTree.fromstring(saved[f"{name}.svg"]).tag.split("}")[1], "svg")
            rows = list(csv.reader(saved[f"{name}.csv"].splitlines()))
            self.assertGreater(len(rows), 1, name)
            self.assertEqual({len(row) for row in rows}, {len(rows[0])}, name)
        table = list(csv.DictReader(saved["map_convex.csv"].splitlines()))
        with xarray.open_dataset(self.results, group="targets/convex") as data:
            map_of = data["mean"].sel(predictor="transformer")
            self.assertEqual(len(table), map_of.size)
            for row in table:
                there = float(map_of.sel(alpha=float(row["alpha"]), k=int(row["k"])))
                self.assertAlmostEqual(float(row["value"]) / there, 1, delta=1e-6)
        with xarray.open_dataset(self.results, group="targets/dense") as data:
            errors = {f"{value:.6g}" for value in data["mean"].sel(predictor="transformer").values}
        curve = next(text for name, text in saved.items() if name.endswith("dense.csv") and "curve" in name)
        cells = {f"{float(cell):.6g}" for row in csv.reader(curve.splitlines()) for cell in row
                 if re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)}
        self.assertLessEqual(errors, cells)
        for number in ("2208.01066", "2311.00871", "2305.18741"):
            self.assertIn(f"eprint = {{{number}}}", saved["ambit.bib"])
        self.assertEqual(saved["ambit.bib"].count("{"), saved["ambit.bib"].count("}"))

    def test_several_results(self):
        """Each has its page beside it; what is for one page is refused for several."""
        paths = [self.folder / f"several{i}" for i in range(2)]
        for path in paths:
            path.mkdir()
            shutil.copy(self.results, path)
            with h5py.File(path / "results.h5", "r+") as file:
                for target in set(file["targets"]) - {"skewed"}:
                    del file["targets"][target]
        for option in ("-o", "--figures"):
            done = run("report", *paths, option, self.folder / "one")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"{option}: takes one results file", done.stderr)
        done = run("report", *paths)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines(), [f"report: {path}/report.html" for path in paths])
        for path in paths:
            self.assertIn("skewed", (path / "report.html").read_text(encoding="utf-8"))

    def test_absent_notebooks_say_so(self):
        self.assertIn("No target sweeps a number other than alpha.", self.text)

    def test_notebooks_are_committed_without_outputs(self):
        paths = list(NOTEBOOKS.glob("*.ipynb"))
        self.assertEqual({path.stem for path in paths},
                         {*export.NOTEBOOKS, *export.OF_SENTENCES, *export.OF_RUNS})
        for path in paths:
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                self.assertFalse(cell.get("outputs"), path.name)
                self.assertIsNone(cell.get("execution_count"), path.name)

    def test_results_without_model(self):
        path = self.folder / "none.h5"
        done = run("evaluate", "none", self.config, "-o", path, "--quiet", "--threads=1")
        self.assertEqual(done.returncode, 0, done.stderr)
        data = figures.Results(path)
        self.assertEqual(results.subject(data.targets["dense"]), "lasso_1")
        self.assertIn("lasso_1", figures.learning_curves(data.targets["dense"]).caption)
        self.assertEqual(set(figures.headline(data)["subject"]), {"lasso_1"})

    def test_targets_without_answers(self):
        mute = self.folder / "mute.h5"
        asked = ["evaluate", "none", self.config, "-o", mute, "--quiet", "--threads=1",
                 "--evaluation.predictors=[bayes, {name: lasso, kwargs: {max_iterations: 1}}]"]
        tree = "{name: tree, task: decision_tree}"
        done = run(*asked, f"--evaluation.targets=[{tree}, {{name: dense, task: linear_regression}}]")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = results.Results(mute)
        self.assertEqual(found.unanswered, [])
        self.assertNotIn("bayes_target", results.predictors(found.targets["tree"]))
        words = captions.irregular(found.targets["tree"])
        self.assertIn("bayes_target: 100 % of the queries have no answer (decision_tree has", words)
        self.assertRegex(words, r"lasso_0.001: [\d.]+ % of the fits did not converge")
        self.assertIn("bayes_target", results.predictors(found.targets["dense"]))
        asked[-1] = "--evaluation.predictors=[{name: ridge, kwargs: {choose: bayes}}]"
        mute.unlink()
        self.assertEqual(run(*asked, f"--evaluation.targets=[{tree}]").returncode, 0)
        done = run("report", mute)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no predictor answered any target; `ambit show` says why", done.stderr)

    def broken(self, change):
        """What the report says on a copy of the results, changed; it leaves no page."""
        place = self.folder / "broken"
        place.mkdir(exist_ok=True)
        path = place / "results.h5"
        shutil.copy(self.results, path)
        with h5py.File(path, "r+") as file:
            change(file)
        done = run("report", path)
        self.assertIn(done.returncode, (1, 2))
        self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(list(place.iterdir()), [path])
        return done.stderr

    def test_numbers_of_other_files_are_not_read(self):
        other = self.folder / "other.bin"
        other.write_bytes(bytes(1 << 20))

        def external(file, target, name):
            old = file[target].pop(name)
            new = file[target].create_dataset(name, old.shape, "f8",
                                              external=[(str(other), 0, h5py.h5f.UNLIMITED)])
            for key in old.attrs:
                new.attrs.create(key, old.attrs[key], dtype=old.attrs.get_id(key).dtype)

        def linked(file, link):
            del file["targets/dense"]
            file["targets/dense"] = link

        for name in ("mean", "distance"):  # the program's reader sees the first
            said = self.broken(lambda file, name=name: external(file, "targets/dense", name))
            self.assertIn(f"/targets/dense/{name}", said)
            self.assertRegex(said, "in this file")
        for link in (h5py.SoftLink("/targets/sparse"),
                     h5py.ExternalLink(str(self.results), "/targets/sparse")):
            self.assertIn("dense is a link, which is not followed",
                          self.broken(lambda file, link=link: linked(file, link)))

    def test_logs_of_killed_runs(self):
        place = self.folder / "killed"
        place.mkdir()
        shutil.copy(self.results, place)
        whole = (self.folder / "run" / "log.jsonl").read_bytes()
        run = results.Results(place / "results.h5")
        self.assertEqual(run.log(), [])
        skipped = b'{"step":7,"loss":null,"class_loss":{"dense":null}}\n'
        for text in (b"\n" + whole + b"\n\n", whole + whole[:40], whole + bytes(100),
                     whole + b"\xff\n3\n[]\n", skipped + whole + skipped):
            (place / "log.jsonl").write_bytes(text)
            self.assertEqual(run.log(), results.Results(self.results).log())
        self.assertGreater(len(run.log()), 2)
        (place / "log.jsonl").write_bytes(skipped)
        self.assertEqual(run.log(), [])
        sparse = [{"step": 0, "loss": 1.0}, {"step": 1, "loss": 2.0, "class_loss": {"a": None}}]
        plate = figures.training(sparse)
        self.assertIn("Batch loss from 1 at step 0", plate.caption)
        loss = plate.figure.axes[0]
        plate.figure.draw_without_rendering()  # the legend hides no curve
        self.assertGreaterEqual(loss.get_legend().get_window_extent().y0, loss.get_window_extent().y1 - 1)

    def test_nothing_is_written_elsewhere(self):
        """From an installed copy, without a home, with a long name of the temporary folder, in a
        folder whose name is not UTF-8."""
        base = self.folder / "elsewhere"
        installed, scratch = base / "notebooks", base / ("t" * 100)
        scratch.mkdir(parents=True)
        shutil.copytree(NOTEBOOKS, installed, ignore=shutil.ignore_patterns("__pycache__"))
        place = base / os.fsdecode(b"r\xffn")
        place.mkdir()
        shutil.copy(self.results, place)
        with h5py.File(place / "results.h5", "r+") as file:
            file.attrs.create("command", b"r\xffn", dtype=h5py.string_dtype("utf-8", 3))
        before = set(base.rglob("*"))
        unset = {"HOME": str(base / "home"), "TMPDIR": str(scratch), "XDG_CACHE_HOME": "",
                 "PYTHONDONTWRITEBYTECODE": "", "XDG_CONFIG_HOME": "", "MPLCONFIGDIR": ""}
        done = subprocess.run([sys.executable, installed / "export.py", place / "results.h5"],
                              capture_output=True, check=False, env=os.environ | unset)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"r\xffn/report.html", done.stdout)
        self.assertEqual(set(base.rglob("*")) - before, {place / "report.html"})

    def test_a_power_cut_leaves_the_old_page_or_the_new(self):
        """The bytes are synced before the rename, and the folder after it."""
        aside, path, calls = self.folder / "new_page", self.folder / "page", []
        aside.write_text("new", encoding="utf-8")

        def synced(file):
            calls.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "page")

        def replaced(old, new):
            calls.append("rename")
            os.rename(old, new)
        with unittest.mock.patch("os.fsync", synced), unittest.mock.patch("os.replace", replaced):
            plate.settle(aside, path)
        self.assertEqual(calls, ["page", "rename", "folder"])
        self.assertEqual(path.read_text(encoding="utf-8"), "new")
        path.unlink()

    def test_malformed_files(self):
        def remove(name):
            return lambda file: file["targets/dense"].pop(name)

        def config(text):
            kind = h5py.string_dtype("utf-8", len(text))
            return lambda file: file.attrs.create("config", text.encode(), dtype=kind)

        def empty(file):
            file["targets/dense"].create_dataset("x", (1 << 20, 1 << 16), "f8", chunks=(1, 1 << 16))

        bomb = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9 if i else 'xxxxxxxxx')}]\n"
                       for i in range(9)) + "training: {tasks: [{name: *a8}]}"
        for change, finding in (
                (remove("mean"), "dataset mean is missing"),
                (remove("k"), "dataset k is missing"), (empty, "/targets/dense/x does not have all"),
                (lambda file: file["targets/dense"].create_group("x"), "/targets/dense/x is nothing"),
                (config(bomb), "config: not a resolved config: an alias in line 2"),
                (config("[" * 50000), "config: not a resolved config"),
                (config("a: [1"), "config: not a resolved config"),
                (config("3"), "the config is no mapping"),
                (config("training: {tasks: 5}"), "training.tasks is no list of mappings"),
                (config("training: {tasks: [{weight: x}]}"), "not as `ambit evaluate` or `ambit collect` writes")):
            said = self.broken(change)
            self.assertIn(finding, said)
            self.assertIn("broken/results.h5", said)

    def test_refusals(self):
        self.assertEqual(run("report").returncode, 2)
        self.assertEqual(run("report", self.folder / "nothing.h5").returncode, 2)
        checkpoint = run("report", next((self.folder / "run").glob("checkpoint*.h5")))
        self.assertEqual(checkpoint.returncode, 2)
        self.assertIn("a checkpoint", checkpoint.stderr)
        self.assertEqual(run("report", self.results, "--figure=x").returncode, 2)
        before = self.results.read_bytes()
        for taken in (self.results, self.folder / "run" / "log.jsonl", self.config):
            done = run("report", self.results, "-o", taken)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("holds something else", done.stderr)
        self.assertEqual(self.results.read_bytes(), before)
        for text, finding in (("target,predictor,mean\n", "has no column k or step"), ("", "no table of"),
                              ("a,b\n1,2\n", "has no column target")):
            (self.folder / "curves.csv").write_text(text, encoding="utf-8")
            done = run("report", self.results, "-o", self.folder / "none.html", "--beside", self.folder / "curves.csv")
            self.assertEqual((done.returncode, (self.folder / "none.html").exists()), (1, False))
            self.assertIn(f"curves.csv: {finding}", done.stderr)
        done = run("report", self.results, "--beside", "nowhere.csv")
        self.assertEqual((done.returncode, done.stderr),
                         (2, "ambit: --beside: nowhere.csv: No such file or directory; check the path\n"))
        for page, finding in ((self.folder / "nowhere" / "page.html", "No such file"), (self.folder, "folder")):
            started = time.monotonic()
            unwritable = run("report", self.results, "-o", page)
            self.assertIn(unwritable.returncode, (1, 2))
            self.assertIn(finding, unwritable.stderr)
            self.assertLess(time.monotonic() - started, 2)  # before the notebooks are executed

    def test_curves_beside(self):
        """Those of the targets' names are drawn and compared, others left out."""
        done = run("convert", self.results, "-o", self.folder / "own.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line for line in (self.folder / "own.csv").read_text(encoding="utf-8").splitlines()
                if re.match("target,|(dense|convex),.*,transformer,", line)]
        name, k = (rows[0].split(",").index(column) for column in ("predictor", "k"))
        shifted = [line.split(",") for line in rows if line.startswith("dense,")]
        for cells in shifted:
            cells[name] = "moved"
            cells[rows[0].split(",").index("mean")] = str(float(cells[rows[0].split(",").index("mean")]) + 0.25)
        text = "\n".join(["# curves", *rows, *(",".join(cells) for cells in shifted if int(cells[k]) > 2)])
        (self.folder / "own.csv").write_text(text + "\n", encoding="utf-8")
        (self.folder / "other.csv").write_text("target,predictor,k,mean\n" + "".join(
            f"dense,{name},{place},9\n" for name in ("moved", "published") for place in (1, 2)), encoding="utf-8")
        done = run("report", self.results, "-o", self.folder / "beside.html", "--beside", self.folder / "own.csv",
                   "--beside", self.folder / "other.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        page_text = (self.folder / "beside.html").read_text(encoding="utf-8")
        self.assertRegex(page_text, r"averaged over the k that both have, transformer lies on transformer of own, 0\.25 "
                                    r"below moved of own, \S+ below moved of other, \S+ below published\.")
        self.assertEqual(page_text.count("0.25 below moved of own"), page_text.count("below published."))  # of dense

    def test_a_full_disk(self):
        """Nothing is left, and the message says what to do."""
        small = self.folder / "small"
        small.mkdir()

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

        for more in ([], ["--figures", small / "figures"]):
            done = subprocess.run([AMBIT, "report", self.results, "-o", small / "page.html", *more],
                                  capture_output=True, text=True, check=False, preexec_fn=limit)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("File too large", done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertEqual([path.name for path in small.rglob("*") if path.is_file()], [])
        done = run("report", self.results, "-o", small / "page.html", "--figures", self.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("config.yaml: File exists; give the name of a folder", done.stderr)

    def test_wording_of_failures(self):
        page = pathlib.Path("page.html")
        self.assertEqual(export.wording(OSError("Can't read data"), page, None), "Can't read data")
        full = OSError(28, "No space left on device", "page.html.tmp7")
        self.assertEqual(export.wording(full, page, None),
                         "page.html.tmp7: No space left on device; make room, then run this again")

    def test_stopped(self):
        page = self.folder / "stopped.html"
        for seconds in (0.2 * self.seconds, 0.5 * self.seconds):
            for _ in range(8):
                with subprocess.Popen([AMBIT, "report", self.results, "-o", page],
                                      stderr=subprocess.PIPE, text=True) as process:
                    time.sleep(seconds)
                    process.terminate()
                    said = process.communicate()[1]
                if process.returncode == 1:
                    break
                self.assertIn(process.returncode, (0, -signal.SIGTERM))
                if process.returncode == 0:  # it was faster than the one before
                    page.unlink()
                seconds *= 0.6 if process.returncode == 0 else 1.5  # or did not listen yet
            self.assertEqual(process.returncode, 1)
            self.assertTrue(said.splitlines()[-1].startswith("ambit: "), said)
            self.assertFalse(page.exists())

    def on_a_terminal(self, page, *more, until=None):
        """What a report says on a terminal; it is ended once it has said `until`."""
        terminal, end = os.openpty()
        said = b""
        with subprocess.Popen([AMBIT, "report", self.results, "-o", page, *more], stderr=end,
                              stdout=subprocess.DEVNULL) as process:
            os.close(end)
            with contextlib.suppress(OSError):  # the terminal ends with its last writer
                while until is None or until not in said:
                    said += os.read(terminal, 1024)
                process.terminate()
        os.close(terminal)
        return said

    def test_progress_on_a_terminal(self):
        """The notebook at work, as it begins; nothing with --quiet."""
        page = self.folder / "watched.html"
        self.assertIn(b"1 of 6, model selection", self.on_a_terminal(page, until=b"2 of 6, convex combinations"))
        self.assertFalse(page.exists())
        self.assertEqual(self.on_a_terminal(page, "--quiet"), b"")
        self.assertTrue(page.exists())

    def test_missing_packages(self):
        bare = subprocess.run([sys.executable, "-S", NOTEBOOKS / "export.py", self.results],
                              capture_output=True, text=True, check=False)
        self.assertEqual(bare.returncode, 1)
        self.assertIn("apt-get install --no-install-recommends python3-h5netcdf", bare.stderr)


class Sentences(unittest.TestCase):
    """Captions and intervals on numbers known beforehand."""

    @staticmethod
    def sample():
        """A target whose model is worse than least squares by 1 at k = 2 and 3 only; two queries of
        k = 1."""
        generator = numpy.random.default_rng(1)
        k = [3, 0, 1, 1, 2]
        base = generator.chisquare(1, (50, 5))
        model = base + numpy.array([1, 0, 0, 0, 1]) + 0.01 * generator.standard_normal((50, 5))
        model[:, 1:4] -= (model - base)[:, 1:4].mean(0)
        raw = xarray.DataArray(numpy.stack([model, base]), dims=("predictor", "prompt", "k"),
                               coords={"predictor": ["transformer", "least_squares"], "k": k})
        mean = raw.mean("prompt")
        return xarray.Dataset({"error": raw, "mean": mean, "low": mean - .1,
                               "high": mean + .1},
                              attrs={"name": "sample", "description": "made up", "inside": True})

    def test_paired_difference(self):
        data = self.sample()
        pair = results.paired_difference(data, "transformer", "least_squares")
        self.assertEqual(pair["k"].values.tolist(), [0, 1, 2, 3])
        error = data.error
        for k in (0, 2, 3):
            expected = (error.sel(predictor="transformer", k=k)
                        - error.sel(predictor="least_squares", k=k)).mean()
            self.assertAlmostEqual(float(pair["mean"].sel(k=k)), float(expected), places=12)
        # 2·1.645 standard errors of 0.01/√50, within a fifth
        width = float((pair["high"] - pair["low"]).sel(k=3))
        self.assertAlmostEqual(width / (2 * 1.645 * 0.01 / 50 ** 0.5), 1, delta=0.25)

    def test_versus(self):
        words = captions.versus(self.sample(), "transformer", "least_squares")
        self.assertIn("transformer exceeds least_squares at k = 2…3", words)
        self.assertNotIn("below", words)

    def test_words(self):
        flags = xarray.DataArray([True, False, True, True, True, False, True], dims="k",
                                 coords={"k": [0, 1, 2, 3, 4, 5, 8]})
        self.assertEqual(captions.ranges(flags), "0, 2…4, 8")
        self.assertEqual(captions.number(0.036549), "0.0365")
        self.assertEqual(captions.number(-1.23e-7), "−1.23e−7")
        self.assertEqual(captions.number(3e-31), "<1e−12")

    def test_an_outlier_hides_nothing(self):
        """What a usual value takes of the axis can be seen."""
        data = self.sample()
        data["error"].loc[{"predictor": "transformer", "k": 2, "prompt": 3}] = 1e6
        data["distance"] = (("predictor", "predictor_2", "k"), numpy.ones((2, 2, 5)),
                            {"long_name": "distance"})
        data = data.assign_coords(predictor_2=data["predictor"].values)
        data["distance"][..., 4] = 8000
        plain = figures.difference(self.sample())
        self.assertNotIn("logarithmic", plain.caption)
        self.assertEqual(plain.figure.axes[0].get_yscale(), "linear")
        for plate in (figures.difference(data), figures.measurement(data, "distance")):
            start = re.search(r"Beyond ([\d.]+) the scale is logarithmic\.", plate.caption)[1]
            (axes,) = plate.figure.axes
            plate.figure.draw_without_rendering()
            self.assertEqual([tick for tick in axes.get_yticks() if 0 < abs(tick) < float(start)], [])
            place = axes.transAxes.inverted().transform(axes.transData.transform([(0, 0), (0, 1)]))
            self.assertGreater(place[1, 1] - place[0, 1], 0.1)

    def test_any_name_is_drawn(self):
        for names in (("_a", "_b"), (' xmlns="x', "a$b$c"), ("x" * 300, 'id="q')):
            data = self.sample().assign_coords(predictor=list(names))
            data.attrs["name"] = "_" + names[0]
            with tempfile.TemporaryDirectory() as folder:
                curves = figures.learning_curves(data)
                svg = curves.svg()
                curves.save(folder)
            text = [html.unescape(words) for words in re.findall(">([^<>]+)</text>", svg)]
            shown = " ".join(text).replace("\u2060", "")
            for name in names:
                self.assertEqual(shown.count(f" {name if len(name) < 99 else 'x' * 20 + '…'}"), 1)

    def test_without_least_squares(self):
        data = self.sample().sel(predictor=["transformer"])
        frame = figures.headline(types.SimpleNamespace(targets={"sample": data}))
        self.assertIn("<td>–</td>", page.headline_table(frame))
        self.assertNotIn("exceeds", figures.headline_words(frame))
        self.assertNotIn("nan", figures.learning_curves(data).caption)

    def test_the_largest_difference_has_a_sign(self):
        data = self.sample()
        other = self.sample().assign_attrs(name="better")
        other["error"].loc[{"predictor": "transformer"}] -= 50
        frame = figures.headline(types.SimpleNamespace(targets={"sample": data, "better": other}))
        self.assertIn("the difference is largest in better: −", figures.headline_words(frame))

    def test_a_predictor_keeps_its_look(self):
        palette = ["transformer", "ridge", "bayes", *(f"lasso_{i}" for i in range(20)), "zero"]
        every = plate.looks(palette, "transformer", palette)
        one = plate.looks(["transformer", "lasso_7"], "transformer", palette)
        self.assertEqual(one["lasso_7"], every["lasso_7"])
        seen = {(look["color"], look.get("marker"), look.get("linestyle")) for look in every.values()}
        self.assertEqual(len(seen), len(palette))

    def test_all_models_are_shown(self):
        data = self.sample().assign_coords(predictor=["first", "second"])
        data = xarray.concat([data.assign_coords(predictor=[f"ridge_{'abcdefgh'[i]}", "zero" if i else
                                                            "least_squares"])
                              for i in range(7)] + [data + 100], "predictor", combine_attrs="override")
        data = data.isel(predictor=numpy.unique(data["predictor"], return_index=True)[1])
        data.attrs["models"] = ["first", "second"]
        self.assertEqual(results.subject(data), "first")
        self.assertTrue({"first", "second"} <= set(results.shown(data)))

    def test_maps_say_where_it_was_learned(self):
        some = captions._until([(0.0, None), (0.5, None), (1.0, 4)], "alpha")
        self.assertEqual(some, "The line marks 0.1: below it only at alpha = 1 (first at k = 4).")
        many = captions._until([(0, None), (.5, 3), (1, 4), (2, 5)], "a")
        self.assertIn("by a: 0: never, 0.5: 3, 1: 4, 2: 5.", many)
        self.assertIn("nowhere", captions._until([(0, None), (1, None)], "a"))

    def test_first_below(self):
        curve = xarray.DataArray([0.3, 0.1, 0.09, 0.2], dims="k", coords={"k": [0, 2, 3, 5]})
        self.assertEqual(captions.first_below(curve), 3)
        self.assertIsNone(captions.first_below(curve + 1))

    def test_queries_of_one_k_are_averaged(self):
        curve = results.curves(self.sample())["mean"].sel(predictor="transformer")
        raw = self.sample()["mean"].sel(predictor="transformer").values
        self.assertEqual(curve["k"].values.tolist(), [0, 1, 2, 3])
        self.assertAlmostEqual(float(curve.sel(k=1)), (raw[2] + raw[3]) / 2)


if __name__ == "__main__":
    cases.run()
