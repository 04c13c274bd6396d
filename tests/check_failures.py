# SPDX-License-Identifier: MIT
"""Lets every call for memory, for files and of HDF5 fail once in turn, in a resumed pretrain and in an evaluate
over earlier results, of functions and of sentences, in an evaluate that goes on, in a collect over an earlier file, and where a corpus is
exported: a message and exit code 1 or 2, or the same results as without the failure; earlier files as they were;
no memory kept; and the run can be resumed afterwards. Where HDF5 says that it cannot read the newest checkpoint,
the one before is used and a note says so. Prints what it did as JSON.
Usage: check_failures.py AMBIT FAILING_CALLS.so [--most N] [--kinds memory,files,hdf5,library_memory] [--only CASE]

--most N tries N calls of each kind, evenly spread, instead of all of them. library_memory lets allocations
inside HDF5, libfyaml, cJSON and GSL fail; where a library itself crashes then, that is counted apart."""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

from tiny_run import differences, numbers, run, steps, write_config

SHORT = ["--quiet", "--threads=1"]


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("ambit")
    parser.add_argument("shim")
    parser.add_argument("--most", type=int)
    parser.add_argument("--kinds", default="memory,files,hdf5")
    parser.add_argument("--only", help="this case alone, with what it starts from")
    return parser.parse_args()


LANGUAGE = """out_dir: runs
seed: 3
model: {head: language, n_embd: 8, n_layer: 1, n_head: 2}
corpus: {language: question_formation, train: 40, validation: 8, generalization: 8}
training: {batch_size: 8, shards: 2, train_steps: 60, save_every_steps: 7, validate_every: 10, validate_examples: 8}
wandb: {log_every_steps: 3}
evaluation: {n_examples: 8}
"""
GRID = "inherit: [tiny.yaml]\nout_dir: runs\ngrid: [{seed: [1, 2]}]\n"


def results(path):
    """The numbers of a results file, or of joined ones, but for the times and the text."""
    found = {}

    def add(name, dataset):
        if isinstance(dataset, h5py.Dataset) and "seconds" not in name and dataset.dtype != object:
            found[name] = numpy.asarray(dataset[()]).tobytes()
    with h5py.File(path) as file:
        file.visititems(add)
    return found


def must(ambit, *command):
    done = run(ambit, *command)
    assert done.returncode == 0, done.stderr


def start_anew():
    for folder in ("earlier", "whole", "run"):
        shutil.rmtree(folder, ignore_errors=True)


class Pretrain:
    """A resumed run of 21 steps, with checkpoints of steps 7 and 14 before."""

    def __init__(self, name, config):
        self.name = name
        self.start = ["pretrain", config, *SHORT]
        self.arguments = [*self.start, "-o", "run", "--resume", "--training.train_steps=21"]

    def prepare(self, ambit):
        start_anew()
        must(ambit, *self.start, "-o", "earlier", "--training.train_steps=14", "--training.keep_last=3")
        shutil.copytree("earlier", "whole")
        must(ambit, *self.start, "-o", "whole", "--resume", "--training.train_steps=21")

    def problems(self, ambit, succeeded, skipped):
        if succeeded and skipped:  # trained again from the checkpoint before
            whole = numbers("whole/checkpoint_00000021.h5")
            return [] if numbers("run/checkpoint_00000021.h5") == whole else ["checkpoint_00000021.h5 differs"]
        found = []
        name = "checkpoint_00000014.h5"
        if pathlib.Path("run", name).read_bytes() != pathlib.Path("earlier", name).read_bytes():
            found.append(f"{name} changed")
        if not succeeded:
            again = run(ambit, *self.arguments)
            if again.returncode != 0:
                found.append("cannot be resumed: " + again.stderr)
        if set(steps("whole")) <= set(steps("run")):  # an old one more, if it could not be removed
            return found + [name for name in differences("run", "whole") if not name.startswith("checkpoints ")]
        return found + differences("run", "whole")


class Replacing:
    """A command that replaces an earlier file by one of the same numbers."""

    def __init__(self, name, output, arguments, before):
        self.name, self.output, self.arguments, self.before = name, output, arguments, before

    def prepare(self, ambit):
        start_anew()
        for command in self.before:
            must(ambit, *command)
        os.rename("run", "earlier")

    def problems(self, _, succeeded, skipped):
        before, after = pathlib.Path("earlier", self.output), pathlib.Path("run", self.output)
        found = [f"{path.name} changed" for path in pathlib.Path("earlier").rglob("checkpoint_*")
                 if path.read_bytes() != pathlib.Path("run", path.relative_to("earlier")).read_bytes()]
        if not after.exists():
            return [*found, f"{self.output} is lost"]
        if not succeeded and before.read_bytes() != after.read_bytes() and results(before) != results(after):
            found.append(f"{self.output} changed")
        if succeeded and not skipped and results(before) != results(after):
            found.append(f"{self.output} holds other numbers")
        if skipped and not results(after):
            found.append(f"{self.output} holds nothing")
        return found


class GoingOn(Replacing):
    """An evaluation that goes on from what an interrupted one has kept."""
    scales = ", ".join(f"{1 + i / 100}" for i in range(60))
    sweep = f"task: linear_regression, sweep: {{scale: [{scales}]}}"
    targets = f"--evaluation.targets=[{{name: dense, task: linear_regression}}, {{name: a, {sweep}}}, {{name: b, {sweep}}}]"

    def __init__(self, name, config):
        train = ["pretrain", config, *SHORT, "-o", "run", "--training.train_steps=9"]
        super().__init__(name, "results.h5", ["evaluate", "run", *SHORT, self.targets], [train])

    def prepare(self, ambit):
        super().prepare(ambit)
        shutil.copytree("earlier", "run")
        must(ambit, *self.arguments)
        os.rename("run", "whole")
        os.rename("earlier", "run")
        with subprocess.Popen([ambit, *self.arguments], stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and not os.path.exists("run/results.h5.partial"):
                time.sleep(0.001)
            process.send_signal(signal.SIGINT)
        assert process.returncode == 75, process.returncode
        os.rename("run", "earlier")

    def problems(self, ambit, succeeded, skipped):
        if not succeeded:
            must(ambit, *self.arguments)
        same = skipped or results("run/results.h5") == results("whole/results.h5")
        return [] if same else ["results.h5 holds other numbers"]


class ExportCorpus:
    """Sentences written into a new folder: every file whole, or none."""
    name = "export corpus"
    arguments = ["export", "--corpus", "language.yaml", "run/corpus"]

    @staticmethod
    def prepare(ambit):
        start_anew()
        must(ambit, "export", "--corpus", "language.yaml", "whole")
        os.mkdir("earlier")

    @staticmethod
    def problems(_, succeeded, __):
        folder = pathlib.Path("run/corpus")
        found = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
        whole = {path.name: path.read_bytes() for path in pathlib.Path("whole").iterdir()}
        if succeeded and found != whole:
            return ["not all sentences were written"]
        return [f"{name} is not whole" for name in found if found[name] != whole.get(name) and ".tmp-" not in name]


def cases():
    yield Pretrain("pretrain", "tiny.yaml")
    yield Pretrain("pretrain language", "language.yaml")
    for name, config in (("evaluate", "tiny.yaml"), ("evaluate language", "language.yaml")):
        train = ["pretrain", config, *SHORT, "-o", "run", "--training.train_steps=21"]
        yield Replacing(name, "results.h5", ["evaluate", "run", *SHORT], [train, ["evaluate", "run", *SHORT]])
    yield GoingOn("evaluate goes on", "tiny.yaml")
    collect = ["collect", "grid.yaml", "-o", "run/grid.h5", "--out_dir=run", "--training.train_steps=9"]
    yield Replacing("collect", "grid.h5", collect,
                    [["grid", "grid.yaml", "--all", "--out_dir=run", "--training.train_steps=9", *SHORT], collect])
    yield ExportCorpus()


def attempt(options, case, kind, at):
    """Runs the case with one failure; returns the process, calls counted and memory kept."""
    shutil.rmtree("run", ignore_errors=True)
    shutil.copytree("earlier", "run")
    pathlib.Path("report").unlink(missing_ok=True)
    environment = {**os.environ, "LD_PRELOAD": options.shim, "FAIL_KIND": kind, "FAIL_AT": str(at),
                   "FAIL_REPORT": os.path.abspath("report"), "OPENBLAS_NUM_THREADS": "1"}
    done = run(options.ambit, *case.arguments, env=environment)
    report = pathlib.Path("report")
    calls, kept = map(int, report.read_text(encoding="ascii").split()) if report.exists() else (0, 0)
    return done, calls, kept


def judge(options, case, kind, done, kept, kept_before):
    """What is wrong after one failure."""
    if done.returncode not in (0, 1, 2):
        return [f"exit {done.returncode}: {done.stderr[-200:]}"]
    found = []
    if done.returncode and not done.stderr.startswith("ambit: ") and "\nambit: " not in done.stderr:
        found.append(f"no message: {done.stderr[-200:]}")
    if kept > kept_before:
        found.append(f"{kept - kept_before} pieces of memory kept")
    skipped = kind in ("hdf5", "library_memory") and "warning: a damaged checkpoint was skipped: " in done.stderr
    return found + case.problems(options.ambit, done.returncode == 0, skipped)


# Functions of HDF5 that cannot fail, or whose failure HDF5 tells in no other way.
NEVER = {"H5Eclear2", "H5Eset_auto2", "H5Ewalk2", "H5check_version", "H5open"}


def functions(path, kind):
    """HDF5's functions that a program calls (U), or that the shim replaces (T)."""
    listed = run("nm", "-D", path).stdout.split("\n")
    names = (line.split()[-1].split("@")[0] for line in listed if f" {kind} H5" in line)
    return {name for name in names if not name.endswith("_g")}


def main():
    options = parse()
    options.ambit, options.shim = os.path.abspath(options.ambit), os.path.abspath(options.shim)
    missing = functions(options.ambit, "U") - functions(options.shim, "T") - NEVER
    assert not missing, f"failing_calls.c does not replace {sorted(missing)}"
    summary, failed = {}, False
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        write_config()
        write_config("language.yaml", LANGUAGE)
        write_config("grid.yaml", GRID)
        for case in (case for case in cases() if options.only in (None, case.name)):
            case.prepare(options.ambit)
            for kind in options.kinds.split(","):
                done, calls, kept_before = attempt(options, case, kind, 0)
                assert done.returncode == 0 and (calls > 0 or kind == "hdf5"), done.stderr
                step = max(1, calls // options.most) if options.most else 1
                codes, crashes, tried = {}, 0, 0
                for at in range(1, calls + 1, step):
                    done, _, kept = attempt(options, case, kind, at)
                    tried += 1
                    codes[done.returncode] = codes.get(done.returncode, 0) + 1
                    if kind == "library_memory" and done.returncode not in (0, 1, 2):
                        crashes += 1
                        continue
                    for problem in judge(options, case, kind, done, kept, kept_before):
                        failed = True
                        print(f"{case.name}, {kind}, call {at}: {problem}")
                summary[f"{case.name} {kind}"] = {
                    "calls": calls, "tried": tried, "exit codes": codes, "library crashes": crashes,
                    "kept without failure": kept_before}
    print(json.dumps(summary))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
