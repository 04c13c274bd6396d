# SPDX-License-Identifier: MIT
"""Executes the notebooks of this folder on a results file and leaves one HTML page.

usage: export.py RESULTS.h5… [-o report.html] [--figures DIR] [--quiet]; -o and --figures of one file

Exit codes: 0 done, 1 failed, 2 bad usage. `ambit report` runs this program.
"""
import argparse
import asyncio
import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import pathlib
import signal
import sys
import tempfile

sys.dont_write_bytecode = True  # this folder may be an installed one
HERE = pathlib.Path(__file__).resolve().parent
NOTEBOOKS = ("model_selection", "convex_combinations", "out_of_distribution", "sweeps",
             "training_dynamics", "predictor_distances")
OF_SENTENCES = ("sentences",)
OF_RUNS = ("runs",)
MODULES = ("h5netcdf", "h5py", "ipykernel", "matplotlib", "nbclient", "nbconvert", "numpy",
           "pandas", "xarray", "yaml")
STOPPED = "stopped; the page is not written"
TIMEOUT = 1800  # seconds for one cell


class ReportError(Exception):
    """What the user should read, in one message."""


def check_packages():
    """Raises ReportError with the line that installs what Python lacks."""
    missing = [f"python3-{name}" for name in MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise ReportError(f"{sys.executable} lacks packages. As root, run:\n"
                          f"  apt-get install --no-install-recommends {' '.join(missing)}")


def kernel_manager(scratch):
    """A manager of kernels of this interpreter, whatever kernels the user has; sockets are files in
    the folder `scratch`."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    class ThisPython(KernelSpecManager):
        """Knows one kernel."""

        def get_kernel_spec(self, kernel_name):
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=command, display_name="Python", language="python")

    return AsyncKernelManager(kernel_spec_manager=ThisPython(), transport="ipc",
                              ip=os.path.join(scratch, "kernel"))


def finding(kind, said):
    """What an error of Python says of a file, in one line."""
    return f"{said} is missing" if kind == "KeyError" else f"{kind}: {' '.join(said.split())}"


async def execute(path, manager):
    """Runs a notebook in the manager's kernel, emptied of names; returns it with its outputs."""
    import nbclient
    import nbformat
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
    for number in (signal.SIGINT, signal.SIGTERM):  # nbclient leaves them at the system's default
        signal.signal(number, signal.default_int_handler)
    client = nbclient.NotebookClient(notebook, km=manager, timeout=TIMEOUT, startup_timeout=TIMEOUT,
                                     resources={"metadata": {"path": str(path.parent)}})
    try:
        await client.async_execute()
    except nbclient.exceptions.CellExecutionError as error:
        if error.ename == "KeyboardInterrupt":
            raise ReportError(STOPPED) from error
        if error.evalue.startswith("[Errno"):  # of the folder of figures: h5py's have no number
            raise ReportError(f"figures cannot be written: {error.evalue}; make room, or give "
                              "another place") from error
        raise ReportError(f"{os.environ['AMBIT_RESULTS']}: {path.name} cannot draw these results: "
                          f"{finding(error.ename, error.evalue)}") from error
    except (nbclient.exceptions.DeadKernelError, RuntimeError) as error:
        raise ReportError(f"{path.name} failed: {error}") from error
    del notebook.cells[0]
    return notebook


async def chapter(name, manager):
    """An executed notebook as the dict that page.page takes."""
    from nbconvert.filters import markdown2html
    notebook = await execute(HERE / f"{name}.ipynb", manager)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    words = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return {"name": name, "label": name.replace("_", " "), "words": markdown2html(words),
            "plates": [output.data["text/html"] for output in outputs
                       if "text/html" in output.get("data", {})],
            "notes": [output.text.strip() for output in outputs
                      if output.output_type == "stream" and output.name == "stdout"],
            "code": "\n\n".join(cell.source for cell in code)}


def progress(text):
    """Shows what is being done on a terminal, in place of what was done before."""
    print(f"\r{text}\033[K", end="", file=sys.stderr, flush=True)


async def all_chapters(scratch, notebooks, shows):
    """Every notebook's chapter, one after the other in one kernel: most of the time goes into
    importing packages."""
    manager, chapters = kernel_manager(scratch), []
    # nbclient's own tasks fail, too, when the kernel is ended; what counts is raised
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    try:
        for i, name in enumerate(notebooks):
            if shows:
                progress(f"report: {i + 1} of {len(notebooks)}, {name.replace('_', ' ')}")
            chapters.append(await chapter(name, manager))
        return chapters
    finally:
        if shows:
            progress("")
        if manager.has_kernel:
            with contextlib.suppress(Exception):  # one that a signal has ended complains
                await manager.shutdown_kernel(now=True)


def scratch_folder():
    """A temporary folder with a name short enough for a socket in it."""
    place = tempfile.gettempdir()
    return tempfile.TemporaryDirectory(prefix="ambit", dir=place if len(place) < 60 else "/tmp")


def environment(results_path, figures_folder, curves, scratch):
    """Tells the notebooks where to read and draw, and keeps all libraries out of the user's home."""
    os.environ["AMBIT_RESULTS"] = str(results_path)
    os.environ["AMBIT_BESIDE"] = json.dumps([str(path.resolve()) for path in curves])
    os.environ.pop("AMBIT_FIGURES", None)
    if figures_folder:
        figures_folder.mkdir(parents=True, exist_ok=True)
        os.environ["AMBIT_FIGURES"] = str(figures_folder.resolve())
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR",
                 "MPLCONFIGDIR"):
        os.environ[name] = scratch
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # ipykernel's debugger warns without


def magnitude(count):
    """A number of parameters in words: 850 parameters, 0.85 million parameters."""
    for size, word, least in ((1e9, "billion", 1e9), (1e6, "million", 1e5)):
        if count >= least:
            return f"{count / size:.{2 if count < size else 3}g} {word} parameters"
    return f"{count} parameters"


def sizes(config):
    """The sizes of the model in words."""
    model = config.get("model", {})
    return ", ".join(f"{model[key]} {word.removesuffix('s') if model[key] == 1 else word}" for key, word in (
        ("n_layer", "layers"), ("n_head", "heads"), ("n_embd", "wide"), ("n_dims", "input dims"),
        ("n_positions", "points")) if key in model)


def training(config):
    """How the model was trained in words, or nothing if the config does not say."""
    settings = config.get("training", {})
    if not {"train_steps", "batch_size", "learning_rate"} <= set(settings):
        return ""
    return (f"{settings['train_steps']} steps of {settings['batch_size']} "
            f"{'sentences' if config.get('corpus') else 'prompts'}, {settings.get('optimizer', 'adam')}, learning rate "
            f"{float(settings['learning_rate']):g}, seed {config.get('seed', 'unknown')}")


def identity(run):
    """What run this is, as pairs."""
    n_parameters = dict(zip(run.origin.get("models", []), run.origin.get("n_parameters", [])))  # not in older files
    mixture = " + ".join(f"{task.get('weight', 1):g} {task.get('label') or task.get('name')}"
                         for task in run.config.get("training", {}).get("tasks", []))
    yield "targets", ", ".join(run.targets)
    if run.unanswered:
        yield "without any answer", ", ".join(run.unanswered)
    trained = run.origin.get("models", [])
    if len(trained) > 1:
        yield "models", ", ".join(f"{name} ({magnitude(n_parameters[name])})" if name in n_parameters else name
                                  for name in trained)
    corpus = run.config.get("corpus", {})
    if corpus:
        yield "pretrained on", f"sentences of {corpus.get('language', 'files')}"
    is_own = "transformer" in trained or "models" not in run.origin  # else the config is of none of the models
    if mixture and is_own:
        yield "pretrained on", mixture
    trained_by = training(run.config)
    if is_own and trained_by:
        yield "training", trained_by
    if run.origin.get("step"):
        size = [magnitude(n_parameters["transformer"])] if "transformer" in n_parameters else []
        yield "transformer", "; ".join([sizes(run.config), *size, f"step {run.origin['step']}"])


def provenance(run):
    """Where the numbers come from, as pairs."""
    digest = hashlib.sha256(run.path.read_bytes()).hexdigest()
    yield "file", f"{run.path.name}, SHA-256 {digest}"
    trained = zip(run.origin.get("models", []), run.origin.get("training_seed", []))
    seeds = ", ".join(f"{seed} ({model})" for model, seed in trained)
    if seeds:
        yield "training seed", seeds
    if "wall_seconds" in run.origin:
        yield "wall seconds", format(run.origin["wall_seconds"], ".3g")
    for name in ("evaluation_seed", "seed", "created", "host", "command", "code_version", "kernels",
                 "step", "schema_version"):
        if name in run.origin:
            yield name.replace("_", " "), run.origin[name]


def is_joined(path):
    """Whether the file joins the runs of a grid."""
    import h5py
    with h5py.File(path, "r") as file:
        return file.attrs.get("content", b"") == b"joined"


def joined_page(path, scratch, shows):
    """The page of a grid's runs, as text."""
    import joined
    import page
    runs = joined.Joined(path)
    known = [("targets", ", ".join(runs.targets)), ("runs", f"{runs.n_runs} of {len(runs.origin['runs'])}"),
             ("axes", " × ".join(runs.axes)),
             ("first run", "; ".join(filter(None, (training(runs.config), sizes(runs.config)))))]
    counts = joined.parameters(runs)
    if counts:
        least, most = map(magnitude, counts)
        known.append(("models", most if least == most else f"{least.removesuffix(' parameters')} to {most}"))
    table = page.plain_table(joined.headline(runs))
    chapters = asyncio.run(all_chapters(scratch, OF_RUNS, shows))
    return page.page(f"ambit report: {runs.path.stem}", known, joined.headline_words(runs), table, chapters,
                     runs.origin.get("config", ""), provenance(runs))


def report(results_path, output, figures_folder, curves, shows):
    """Writes the page, beside itself first, and the figures; `shows` progress or not."""
    with scratch_folder() as scratch:
        environment(results_path.resolve(), figures_folder, curves, scratch)
        import beside
        import figures  # matplotlib asks the environment where to keep what it knows
        import page
        import sentences
        beside.asked()  # says before the notebooks what is wrong with it
        if curves and is_joined(results_path):
            raise ReportError(f"{results_path}: --beside takes the results of one run, this file joins those of a grid")
        if is_joined(results_path):
            write(output, joined_page(results_path, scratch, shows))
            return
        run = figures.Results(results_path)
        known = list(identity(run))  # before the notebooks: of a malformed config it fails
        chapters = asyncio.run(all_chapters(scratch, OF_SENTENCES if run.is_sentences else NOTEBOOKS, shows))
        if run.is_sentences:
            lead, table = sentences.headline_words(run), page.plain_table(sentences.headline(run))
        else:
            frame = figures.headline(run)
            lead, table = figures.headline_words(frame), page.headline_table(frame)
    title = f"ambit report: {run.config.get('wandb', {}).get('name') or run.path.parent.name}"
    text = page.page(title, known, lead, table, chapters, run.origin.get("config", ""), provenance(run))
    write(output, text)


def write(output, text):
    """The file whole, or not at all."""
    from plate import settle  # after the environment is set
    aside = output.with_name(f"{output.name}.tmp{os.getpid()}")
    file = open(aside, "x", encoding="utf-8", errors="replace")  # of names that are not UTF-8
    try:
        with file:
            file.write(text)
        settle(aside, output)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def wording(error, output, figures_folder):
    """What a failure of the system means, and what to do."""
    if not error.strerror:  # h5py's
        return str(error)
    place = error.filename or (f"{output} or {figures_folder}" if figures_folder else output)
    remedies = {errno.ENOSPC: "make room, then run this again", errno.EROFS: "give another place",
                errno.EACCES: "give another place", errno.EEXIST: "give the name of a folder",
                errno.ENOTDIR: "give the name of a folder"}
    remedy = remedies.get(error.errno)
    return f"{place}: {error.strerror}" + (f"; {remedy}" if remedy else "")


def report_or_say(results_path, output, figures_folder, curves, shows):
    """Writes the page of one file, and says so or why not. Returns the exit code."""
    try:
        check_packages()
        report(results_path, output, figures_folder, curves, shows)
    except OSError as error:
        print(f"ambit: {wording(error, output, figures_folder)}", file=sys.stderr)
        return 1
    except ReportError as error:
        print(f"ambit: {error}", file=sys.stderr)
        return 1
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        for path in (results_path, *curves):  # messages of results.py and beside.py begin with one of them
            if str(error).startswith((f"{path}: ", f"{path.resolve()}: ")):
                place, said = path, str(error).split(": ", maxsplit=1)[1]
                break
        else:
            place = results_path
            said = f"not as `ambit evaluate` or `ambit collect` writes: {finding(type(error).__name__, str(error))}"
        print(f"ambit: {place}: {said}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        print(f"ambit: {STOPPED}", file=sys.stderr)
        return 1
    print(f"report: {output}" + (f", figures in {figures_folder}" if figures_folder else ""), flush=True)
    return 0


def main():
    """The command line."""
    parser = argparse.ArgumentParser(prog="ambit report",
                                     description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("results", type=pathlib.Path, metavar="RESULTS.h5", nargs="+")
    parser.add_argument("-o", dest="output", type=pathlib.Path, metavar="PAGE.html",
                        help="the page; default: report.html beside the results")
    parser.add_argument("--figures", type=pathlib.Path, metavar="DIR",
                        help="also write PNG and PDF figures")
    parser.add_argument("--beside", type=pathlib.Path, metavar="FILE.csv", action="append", default=[],
                        help="curves to draw beside the run's")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="surrogateescape")  # paths as they are
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: threads would only spin
    shows = sys.stderr.isatty() and not arguments.quiet
    for path in arguments.results:
        output = arguments.output or path.parent / "report.html"
        code = report_or_say(path, output, arguments.figures, arguments.beside, shows)
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
