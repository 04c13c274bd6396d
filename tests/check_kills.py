# SPDX-License-Identifier: MIT
"""Kills a run with SIGKILL at random moments, resumes it, and compares it with one that nobody killed:
checkpoints and log have to be the same, byte for byte. Prints what it did as JSON.
Usage: check_kills.py AMBIT [--kills N] [--seconds S] [--config FILE] [--seed N]

--seconds kills until so much time has passed (a soak: 3600), whatever the number of kills."""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

from tiny_run import CONFIG, differences, numbers, steps, write_config

SIZES = ["--training.train_steps=200", "--wandb.log_every_steps=1", "--training.save_every_steps=3",
         "--training.keep_every_steps=50", "--evaluation.every=7"]


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("ambit")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--config", help="train this one, instead of a tiny one")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def wait_and_kill(process, moment, dice):
    """Kills after so many seconds, or, half the time, while a checkpoint is next written."""
    end = time.monotonic() + moment
    while time.monotonic() < end and process.poll() is None:
        time.sleep(min(0.001, moment))
    folder = process.args[process.args.index("-o") + 1]
    if dice.random() < 0.5:
        end = time.monotonic() + 1
        while time.monotonic() < end and process.poll() is None:
            if os.path.isdir(folder) and any(".h5.tmp" in name for name in os.listdir(folder)):
                break
    process.kill()
    process.communicate()
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


def main():
    options = parse()
    command = [os.path.abspath(options.ambit), "pretrain"]
    command += [os.path.abspath(options.config)] if options.config else ["tiny.yaml", *SIZES]
    dice = random.Random(options.seed)
    report = {"kills": 0, "while writing": 0, "runs finished": 0, "damaged": 0, "differing": []}
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        write_config(text=CONFIG)
        began = time.monotonic()
        train_whole(command, report)
        taken = time.monotonic() - began
        stop = began + options.seconds if options.seconds else None
        while time.monotonic() < stop if stop else report["kills"] < options.kills:
            folder = f"killed{report['runs finished']}"
            kill_until_done(command, folder, taken, dice, report)
            report["differing"] += differences(folder, "whole")
            report["runs finished"] += 1
    print(json.dumps(report))
    grown = report["resident KiB"][1] - report["resident KiB"][0]
    # A process settles near 28 MiB; of a short run a quarter of the time may lie before that.
    return 1 if report["differing"] or report["damaged"] or grown > 8192 else 0


def kill_until_done(command, folder, taken, dice, report):
    """One run, killed about ten times on its way; where nothing came of a start, the next has longer."""
    newest, patience = -1, taken / 5
    for _ in range(1000):
        resume = ["--resume"] if os.path.isdir(folder) else []
        with subprocess.Popen([*command, "-o", folder, "--quiet", *resume], stderr=subprocess.PIPE,
                              text=True) as process:
            writing = wait_and_kill(process, dice.uniform(0, patience), dice)
        report["while writing"] += writing
        if process.returncode == 0:
            return
        assert process.returncode == -9, process.returncode
        report["kills"] += 1
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
