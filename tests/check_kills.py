# SPDX-License-Identifier: MIT
"""Ends a command at random moments, half the time by SIGKILL, else by SIGTERM or SIGINT. A run is resumed and
compared with one that nobody killed: checkpoints and log have to be the same, byte for byte. evaluate, collect and
import leave what was there before or the whole, and can be given again. Prints what it did as JSON.
Usage: check_kills.py AMBIT [--command pretrain|evaluate|collect|import] [--kills N] [--seconds S] [--config FILE]
       [--seed N]

--seconds kills until so much time has passed (a soak: 3600), whatever the number of kills. --config is of pretrain."""
import argparse
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import h5py
from tiny_run import CONFIG, differences, numbers, run, steps, write_config

SIZES = ["--training.train_steps=200", "--wandb.log_every_steps=1", "--training.save_every_steps=3",
         "--training.keep_every_steps=50", "--evaluation.every=7", "--threads=1"]


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("ambit")
    parser.add_argument("--command", choices=["pretrain", *OTHERS], default="pretrain")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--config", help="train this one, instead of a tiny one")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def wait_and_kill(process, folder, moment, dice):
    """Ends after so many seconds, or, half the time, while a checkpoint is next written. Returns whether a file
    was under way."""
    kind = dice.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    ends = os.pidfd_open(process.pid)
    select.select([ends], [], [], moment)
    os.close(ends)
    if dice.random() < 0.5:
        end = time.monotonic() + 1
        while time.monotonic() < end and process.poll() is None and not is_writing(folder):
            time.sleep(0.0005)
    process.send_signal(kind)
    _, errors = process.communicate()
    assert process.returncode in ((0, -kind) if kind == signal.SIGKILL else (0, 75, -kind)), (process.returncode, errors)
    return is_writing(folder)


def is_writing(folder):
    return os.path.isdir(folder) and any(".h5.tmp" in name for name in os.listdir(folder))


def usage(process):
    """Resident KiB and open files."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        resident = [int(line.split()[1]) for line in file if line.startswith("VmRSS")]
    return resident[0], len(os.listdir(f"/proc/{process.pid}/fd"))


def train_whole(command, report):
    """The run that nobody kills: its memory after a quarter of the time and at the end."""
    seen = []
    with subprocess.Popen([*command, "-o", "whole", "--quiet"], stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            try:
                seen.append(usage(process))
            except (OSError, IndexError):
                pass
            time.sleep(0.02)
        assert process.returncode == 0, process.stderr.read()
    seen = seen[:-1]  # the last may be of a process that ends
    report["resident KiB"] = [seen[len(seen) // 4][0], seen[-1][0]]
    report["open files"] = [min(files for _, files in seen[1:]), max(files for _, files in seen)]


def kill_runs(command, options, dice):
    report = {"kills": 0, "of which stopped": 0, "while writing": 0, "runs finished": 0, "damaged": 0, "differing": []}
    began = time.monotonic()
    train_whole(command, report)
    taken = time.monotonic() - began
    stop = began + options.seconds if options.seconds else None
    while time.monotonic() < stop if stop else report["kills"] < options.kills:
        folder = f"killed{report['runs finished']}"
        kill_until_done(command, folder, taken, dice, report)
        report["differing"] += differences(folder, "whole")
        report["runs finished"] += 1
    grown = report["resident KiB"][1] - report["resident KiB"][0]
    # A process settles near 28 MiB; of a short run a quarter of the time may lie before that.
    return report, bool(report["differing"] or report["damaged"] or grown > 8192)


TRAIN = ["pretrain", "tiny.yaml", "-o", "run", "--quiet", "--threads=1"]
GRID = "inherit: [tiny.yaml]\nout_dir: out\ngrid: [{seed: [1, 2]}]\n"
# What makes a folder; the command, and the file in it that the command replaces or makes.
OTHERS = {
    "evaluate": ([TRAIN, ["evaluate", "run", "--quiet", "--threads=1"]],
                 ["evaluate", "run", "--quiet", "--threads=1", "--evaluation.n_prompts=400"], "run", "results.h5"),
    "collect": ([["grid", "grid.yaml", "--task", "0", "--quiet", "--threads=1"], ["collect", "grid.yaml"],
                 ["grid", "grid.yaml", "--all", "--quiet", "--threads=1"]],
                ["collect", "grid.yaml"], "out/grid", "grid.h5"),
    "import": ([TRAIN, ["export", "run", "weights.safetensors"]],
               ["import", "weights.safetensors", "theirs", "tiny.yaml"], "theirs", "checkpoint_00000000.h5")}


def content(path):
    """The numbers of an HDF5 file, but for times; None if there is none."""
    found = {}

    def add(name, entry):
        if isinstance(entry, h5py.Dataset) and "seconds" not in name and entry.dtype != object:
            found[name] = entry[()].tobytes()
    if not os.path.exists(path):
        return None
    with h5py.File(path) as file:
        file.visititems(add)
    return found


def kill_others(ambit, options, dice):
    """Kills a command in a folder as it was before, over and over."""
    first, command, folder, name = OTHERS[options.command]
    for words in first:
        run(ambit, *words)
    if os.path.isdir(folder):
        shutil.copytree(folder, "before")
    before = content(f"{folder}/{name}")
    began = time.monotonic()
    done = run(ambit, *command)
    taken = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    after = content(f"{folder}/{name}")
    assert after and after != before
    report = {"kills": 0, "of which stopped": 0, "while writing": 0, "ended before": 0, "old": 0, "new": 0, "lost": []}
    stop = began + options.seconds if options.seconds else None
    while time.monotonic() < stop if stop else report["kills"] < options.kills:
        shutil.rmtree(folder, ignore_errors=True)
        if os.path.isdir("before"):
            shutil.copytree("before", folder)
        began_one = time.monotonic()
        with subprocess.Popen([ambit, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            report["while writing"] += wait_and_kill(process, folder, dice.uniform(0, taken), dice)
        if process.returncode == 0:  # other work on the machine comes and goes
            taken = time.monotonic() - began_one
        report["kills" if process.returncode else "ended before"] += 1
        report["of which stopped"] += process.returncode == 75
        found = content(f"{folder}/{name}")
        report["new" if found == after else "old"] += 1
        if found not in (before, after):
            report["lost"].append(f"kill {report['kills']}: {name} is neither the old nor the new one")
        if report["kills"] % 5 == 0 and found == before:  # in what the killed one left
            again = run(ambit, *command)
            if again.returncode != 0 or content(f"{folder}/{name}") != after or is_writing(folder):
                report["lost"].append(f"kill {report['kills']}: cannot be given again: {again.stderr}")
    return report, bool(report["lost"])


def main():
    options = parse()
    ambit, dice = os.path.abspath(options.ambit), random.Random(options.seed)
    config = [os.path.abspath(options.config)] if options.config else ["tiny.yaml", *SIZES]
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        write_config(text=CONFIG)
        write_config("grid.yaml", GRID)
        if options.command == "pretrain":
            report, failed = kill_runs([ambit, "pretrain", *config], options, dice)
        else:
            report, failed = kill_others(ambit, options, dice)
    print(json.dumps(report))
    return failed


def kill_until_done(command, folder, taken, dice, report):
    """One run, killed about ten times on its way; where nothing came of a start, the next has longer."""
    newest, patience = -1, taken / 5
    for _ in range(1000):
        resume = ["--resume"] if os.path.isdir(folder) else []
        with subprocess.Popen([*command, "-o", folder, "--quiet", *resume], stderr=subprocess.PIPE,
                              text=True) as process:
            writing = wait_and_kill(process, folder, dice.uniform(0, patience), dice)
        report["while writing"] += writing
        if process.returncode == 0:
            return
        report["kills"] += 1
        report["of which stopped"] += process.returncode == 75
        report["damaged"] += damaged(folder)
        before, newest = newest, max(steps(folder), default=-1) if os.path.isdir(folder) else -1
        patience = patience * 1.1 if newest <= before else taken / 5
    raise AssertionError(f"{folder}: a thousand kills and no end; {json.dumps(report)}")


def damaged(folder):
    """Files under their final names that cannot be read."""
    count = 0
    for step in steps(folder) if os.path.isdir(folder) else []:
        try:
            numbers(f"{folder}/checkpoint_{step:08d}.h5")
        except (OSError, KeyError):
            count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
