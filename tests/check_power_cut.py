# SPDX-License-Identifier: MIT
"""Cuts the power, in simulation, at every point at which pretrain, evaluate, collect, import, export and convert
change or sync a file. What the disk may hold then is laid out: names as of the last sync of their folder, or as
they were, or without the files that were removed, or without those that were added; bytes as of the last sync of
the file, or as they were, or with half of the rest, or with NULs for the rest. From each of these states the work
goes on: no checkpoint and no result that was reported as saved is lost, and none that is torn is read as whole.
Prints what it did as JSON. Usage: check_power_cut.py AMBIT JOURNAL_CALLS.so [--most N] [--only COMMAND]

--most N tries N states of each command, evenly spread, instead of all of them. That a disk which does not do
what it is asked to loses something is checked, too."""
import argparse
import itertools
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile

from tiny_run import differences, log, run, steps, write_config

NAMES, BYTES = ("synced", "as they were", "fewer", "more"), ("synced", "half", "NULs", "as they were")
SHORT = ["--quiet", "--threads=1"]
SIZES = ["--training.train_steps=13", "--training.save_every_steps=4", "--training.keep_last=2",
         "--training.keep_every_steps=8", "--evaluation.every=3", "--wandb.log_every_steps=1"]
LONG_AGO = 1_000_000_000

# Calls that change files, and are not in the journal.
UNSEEN = {"creat", "creat64", "fdatasync", "linkat", "mkdirat", "mkstemp", "mkstemp64", "renameat", "renameat2",
          "remove", "rmdir", "symlink", "sync", "sync_file_range", "syncfs", "truncate", "truncate64"}


class File:
    def __init__(self, content=b""):
        self.now, self.synced = content, content

    def left(self, path, _, content):
        """What a power cut leaves, as pairs of a path and bytes."""
        kept, rest = self.synced, self.now[len(self.synced):]
        if not self.now.startswith(kept):  # written anew in place
            kept, rest = b"", self.now
        yield path, {"synced": self.synced, "half": kept + rest[:len(rest) // 2], "NULs": kept + b"\0" * len(rest),
                     "as they were": self.now}[content]


class Folder:
    def __init__(self):
        self.now, self.synced, self.removed = {}, {}, set()

    def sync(self):
        self.synced, self.removed = dict(self.now), set()

    def left(self, path, names, content):
        """The same; a folder has no bytes."""
        kept = {name: entry for name, entry in self.synced.items() if name not in self.removed}
        found = {"synced": self.synced, "as they were": self.now, "fewer": kept, "more": self.synced | self.now}[names]
        yield path, None
        for name, entry in sorted(found.items()):
            yield from entry.left(path / name, names, content)


def as_on_disk(path):
    """What was there before, all of it synced."""
    if path.is_file():
        return File(path.read_bytes())
    folder = Folder()
    folder.now = {entry.name: as_on_disk(entry) for entry in path.iterdir()}
    folder.sync()
    return folder


class Disk:
    """What is on the disk, and what of it a power cut would leave. `ignored`: an event that it does not carry out."""

    def __init__(self, root, ignored=None):
        self.root, self.ignored = root, ignored

    def find(self, path):
        at = self.root
        for part in pathlib.PurePath(path).parts:
            at = at.now[part]
        return at

    def parent(self, path):
        return self.find(pathlib.PurePath(path).parent), pathlib.PurePath(path).name

    def carry_out(self, event, path, more):
        folder, name = self.parent(path)
        if event == "data":
            self.find(path).now = more
        elif event == "open":
            folder.now.setdefault(name, File())
        elif event == "mkdir":
            folder.now[name] = Folder()
        elif event == "link":
            to, new = self.parent(more)
            to.now[new] = folder.now[name]
        elif event == "unlink":
            del folder.now[name]
            folder.removed.add(name)
        elif event == "rename":
            to, new = self.parent(more)
            to.now[new] = folder.now.pop(name)
        else:
            assert event == "sync", event
            self.sync(self.find(path))

    def sync(self, entry):
        if isinstance(entry, Folder) and self.ignored != "sync of a folder":
            entry.sync()
        elif isinstance(entry, File) and self.ignored != "sync of a file":
            entry.synced = entry.now


def read_journal(path):
    text, at, events = pathlib.Path(path).read_bytes(), 0, []
    while at < len(text):
        end = text.index(b"\n", at)
        event, name, more = text[at:end].decode().split("\t")
        at = end + 1
        if event == "data":
            more, at = text[at:at + int(more)], at + int(more)
        events.append((event, name, more))
    return events


class Pretrain:
    """A run from its start, or resumed from step 8."""

    def __init__(self, resumed):
        self.name = "resume" if resumed else "pretrain"
        self.resumed = resumed
        self.command = ["pretrain", "tiny.yaml", "-o", "deep/run", "--resume", *SIZES, *SHORT]

    def prepare(self, ambit):
        start = [ambit, "pretrain", "tiny.yaml", "-o", "deep/run", *SIZES, *SHORT]
        done = run(*start, cwd="whole")
        assert done.returncode == 0, done.stderr
        if self.resumed:
            shutil.copytree("whole/deep", "before/deep")
            path = pathlib.Path("before/deep/run")
            path.joinpath("log.jsonl").write_bytes(b"".join(log(path).splitlines(keepends=True)[:9]))
            for name in ("checkpoint_00000012", "checkpoint_00000013", "parameters_00000009", "parameters_00000012"):
                path.joinpath(f"{name}.h5").unlink()

    def promised(self, disk, is_over):
        """The step that was saved before the last line of the log was written, or before the process ended."""
        if is_over:
            return 13
        try:
            lines = disk.find("deep/run/log.jsonl").now.splitlines()
        except KeyError:
            lines = []
        saved = max((json.loads(line)["step"] for line in lines), default=0) // 4 * 4
        return max(saved, 8 if self.resumed else 0)

    def problems(self, ambit, place, promised):
        done = run(ambit, *self.command, cwd=place)
        if done.returncode != 0:
            return [f"exit {done.returncode}: {done.stderr}"]
        found = re.search(r"continuing from .*checkpoint_(\d+)\.h5", done.stderr)
        step = int(found[1]) if found else 0
        lost = [f"went on from step {step}, and {promised} was saved"] if step < promised else []
        found = differences(place / "deep/run", "whole/deep/run")
        if set(steps("whole/deep/run")) <= set(steps(place / "deep/run")):  # one whose removal was not synced
            found = [name for name in found if not name.startswith("checkpoints ")]
        return lost + found


class OneFile:
    """A command that replaces a file, or makes it."""

    def __init__(self, name, path, command, first, replaces=True):
        self.name, self.path, self.command, self.first, self.replaces = name, path, command, first, replaces
        self.old = self.new = None

    def prepare(self, ambit):
        for command in self.first:
            for place in ("before", "whole"):
                done = run(ambit, *command, cwd=place)
                assert done.returncode == 0, done.stderr
        path = pathlib.Path("before", self.path)
        if not self.replaces:
            path.unlink(missing_ok=True)
        self.old = path.read_bytes() if path.exists() else None

    def promised(self, disk, is_over):
        return self.new if is_over else None

    def problems(self, ambit, place, promised):
        path = place / self.path
        found = path.read_bytes() if path.exists() else None
        if found == self.old and not promised:
            done = run(ambit, *self.command, cwd=place)
            return [] if done.returncode == 0 else [f"cannot be made again: {done.stderr}"]
        return [] if found == self.new else [f"{self.path} is neither the old nor the new one, or it was lost"]


class Import:
    """A run folder made of weights: whole, or made again."""
    name, path = "import", "theirs/checkpoint_00000000.h5"
    command = ["import", "w.safetensors", "theirs", "tiny.yaml"]
    new = None

    def prepare(self, ambit):
        for command in (["pretrain", "tiny.yaml", "-o", "run", *SIZES, *SHORT], ["export", "run", "w.safetensors"]):
            for place in ("before", "whole"):
                done = run(ambit, *command, cwd=place)
                assert done.returncode == 0, done.stderr

    @staticmethod
    def promised(disk, is_over):
        return is_over

    def problems(self, ambit, place, promised):
        if not promised and not (place / self.path).exists():
            done = run(ambit, *self.command, cwd=place)
            if done.returncode != 0:
                return [f"cannot be imported again: {done.stderr}"]
        done = run(ambit, "export", "theirs", "again.safetensors", cwd=place)
        return [] if done.returncode == 0 else [f"the run that was imported is lost: {done.stderr}"]


GRID = """inherit: [tiny.yaml]
out_dir: grid
grid: [{seed: [1, 2]}]
"""
TRAIN = ["pretrain", "tiny.yaml", "-o", "run", *SIZES, *SHORT]
EVALUATE = ["evaluate", "run", "--evaluation.every=0", *SHORT]
ALL = ["grid", "grid.yaml", "--all", *SIZES, *SHORT]


def cases():
    yield Pretrain(False)
    yield Pretrain(True)
    for replaces in (False, True):
        again = " again" if replaces else ""
        yield OneFile("evaluate" + again, "run/results.h5", [*EVALUATE, "--evaluation.n_prompts=16"],
                      [TRAIN, EVALUATE], replaces)
        yield OneFile("collect" + again, "grid.h5", ["collect", "grid.yaml", "-o", "grid.h5", *SIZES],
                      [ALL, ["collect", "grid.yaml", "-o", "grid.h5", *SIZES]], replaces)
        yield OneFile("export" + again, "w.safetensors", ["export", "run", "w.safetensors"],
                      [TRAIN, ["export", "run/checkpoint_00000008.h5", "w.safetensors"]], replaces)
        yield OneFile("convert" + again, "r.csv", ["convert", "--raw", "run/results.h5", "r.csv"],
                      [TRAIN, EVALUATE, ["convert", "run/results.h5", "r.csv"]], replaces)
    yield Import()


def states(case, events, ignored=None):
    """Every state that a power cut may leave, once: its name, its files, and what was reported as saved."""
    disk, seen = Disk(as_on_disk(pathlib.Path("before")), ignored), set()
    for i in range(len(events) + 1):
        promised = case.promised(disk, i == len(events))
        for names, content in itertools.product(NAMES, BYTES):
            files = list(disk.root.left(pathlib.Path("cut"), names, content))
            key = hash((tuple(files), promised))
            if key not in seen:
                seen.add(key)
                yield (f"{case.name}, cut after {i} of {len(events)} events, names {names}, bytes {content}", files,
                       promised)
        if i < len(events):
            disk.carry_out(*events[i])


def judge(case, options, name, files, promised):
    shutil.rmtree("cut", ignore_errors=True)
    for path, content in files:
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
            os.utime(path, (LONG_AGO, LONG_AGO))
    problems = case.problems(options.ambit, pathlib.Path("cut").absolute(), promised)
    return [f"{name}: {problem}" for problem in problems]


def check_liars(case, events, options):
    """A disk that ignores syncs loses something at the end: else this test would not see it, either."""
    for ignored in ("sync of a folder", "sync of a file"):
        last = [state for state in states(case, events, ignored) if f" {len(events)} of " in state[0]]
        assert any(judge(case, options, *state) for state in last), f"{case.name}: without {ignored} nothing is lost"


def check(case, options):
    for place in ("before", "whole", "journal"):
        shutil.rmtree(place, ignore_errors=True)
    for place in ("before", "whole"):
        os.mkdir(place)
        write_config(f"{place}/tiny.yaml")
        write_config(f"{place}/grid.yaml", GRID)
    case.prepare(options.ambit)
    shutil.copytree("before", "journaled")
    environment = {**os.environ, "LD_PRELOAD": options.shim, "JOURNAL": os.path.abspath("journal"),
                   "OPENBLAS_NUM_THREADS": "1"}
    done = run(options.ambit, *case.command, cwd="journaled", env=environment)
    assert done.returncode == 0, done.stderr
    if isinstance(case, OneFile):
        case.new = pathlib.Path("journaled", case.path).read_bytes()
        assert case.new != case.old
    shutil.rmtree("journaled")
    events = read_journal("journal")
    os.unlink("journal")
    check_liars(case, events, options)
    n_states = sum(1 for _ in states(case, events))
    step = max(1, n_states // options.most) if options.most else 1
    tried, found = 0, []
    for i, state in enumerate(states(case, events)):
        if (n_states - 1 - i) % step == 0:
            tried += 1
            found += judge(case, options, *state)
    return {"events": len(events), "states": n_states, "tried": tried, "lost": len(found)}, found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ambit")
    parser.add_argument("shim")
    parser.add_argument("--most", type=int)
    parser.add_argument("--only", help="this command alone")
    options = parser.parse_args()
    options.ambit, options.shim = os.path.abspath(options.ambit), os.path.abspath(options.shim)
    called = {line.split()[-1].split("@")[0] for line in run("nm", "-Du", options.ambit).stdout.splitlines()}
    assert not called & UNSEEN, f"journal_calls.c does not see {called & UNSEEN}"
    summary, found = {}, []
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(os.path.realpath(scratch))
        for case in (case for case in cases() if options.only in (None, case.name)):
            summary[case.name], problems = check(case, options)
            found += problems
    print(*found, sep="\n", end="\n" if found else "")
    print(json.dumps(summary))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
