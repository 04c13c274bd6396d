# SPDX-License-Identifier: MIT
"""Lets every call for memory, for files and of HDF5 fail once in turn, in a resumed pretrain and in an evaluate
over earlier results: a message and exit code 1 or 2, or the same results as without the failure; earlier files
as they were; no memory kept; and the run can be resumed afterwards. Where HDF5 says that it cannot read the
newest checkpoint, the one before is used and a note says so. Prints what it did as JSON.
Usage: check_failures.py AMBIT FAILING_CALLS.so [--most N] [--kinds memory,files,hdf5,library_memory]

--most N tries N calls of each kind, evenly spread, instead of all of them. library_memory lets allocations
inside HDF5, libfyaml, cJSON and GSL fail; where a library itself crashes then, that is counted apart."""
import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile

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
    return parser.parse_args()


def results(path):
    """The numbers of a results file but for the times and the text."""
    with h5py.File(path) as file:
        dense = file["targets/dense"]
        return {name: numpy.asarray(dense[name][()]).tobytes() for name in dense
                if name != "seconds" and dense[name].dtype != object}


class Pretrain:
    """A resumed run of 21 steps, with checkpoints of steps 7 and 14 before."""
    arguments = ["pretrain", "tiny.yaml", "-o", "run", "--resume", "--training.train_steps=21", *SHORT]

    @staticmethod
    def prepare(ambit):
        start = [ambit, "pretrain", "tiny.yaml", *SHORT]
        assert run(*start, "-o", "earlier", "--training.train_steps=14", "--training.keep_last=3").returncode == 0
        shutil.copytree("earlier", "whole")
        assert run(*start, "-o", "whole", "--resume", "--training.train_steps=21").returncode == 0

    @staticmethod
    def problems(ambit, succeeded, skipped):
        if succeeded and skipped:  # trained again from the checkpoint before
            whole = numbers("whole/checkpoint_00000021.h5")
            return [] if numbers("run/checkpoint_00000021.h5") == whole else ["checkpoint_00000021.h5 differs"]
        found = []
        name = "checkpoint_00000014.h5"
        if pathlib.Path("run", name).read_bytes() != pathlib.Path("earlier", name).read_bytes():
            found.append(f"{name} changed")
        if not succeeded:
            again = run(ambit, *Pretrain.arguments)
            if again.returncode != 0:
                found.append("cannot be resumed: " + again.stderr)
        if set(steps("whole")) <= set(steps("run")):  # an old one more, if it could not be removed
            return found + [name for name in differences("run", "whole") if not name.startswith("checkpoints ")]
        return found + differences("run", "whole")


class Evaluate:
    """An evaluation that replaces an earlier one."""
    arguments = ["evaluate", "run", *SHORT]

    @staticmethod
    def prepare(ambit):
        shutil.rmtree("earlier")
        shutil.copytree("whole", "earlier")
        assert run(ambit, "evaluate", "earlier", *SHORT).returncode == 0

    @staticmethod
    def problems(ambit, succeeded, skipped):
        found = []
        before, after = pathlib.Path("earlier/results.h5"), pathlib.Path("run/results.h5")
        if not after.exists():
            return ["results.h5 is lost"]
        if not succeeded and before.read_bytes() != after.read_bytes() and results(before) != results(after):
            found.append("results.h5 changed")
        if succeeded and not skipped and results(before) != results(after):
            found.append("results.h5 holds other numbers")
        if skipped and not results(after):
            found.append("results.h5 holds nothing")
        if numbers("run/checkpoint_00000021.h5") != numbers("earlier/checkpoint_00000021.h5"):
            found.append("the checkpoint changed")
        return found


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
        for case in (Pretrain, Evaluate):
            case.prepare(options.ambit)
            for kind in options.kinds.split(","):
                done, calls, kept_before = attempt(options, case, kind, 0)
                assert done.returncode == 0 and calls > 0, done.stderr
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
                        print(f"{case.__name__}, {kind}, call {at}: {problem}")
                summary[f"{case.__name__.lower()} {kind}"] = {
                    "calls": calls, "tried": tried, "exit codes": codes, "library crashes": crashes,
                    "kept without failure": kept_before}
    print(json.dumps(summary))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
