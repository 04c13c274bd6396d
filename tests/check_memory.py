# SPDX-License-Identifier: MIT
"""Compares the memory that --dry-run states with the most that a run takes. Usage: check_memory.py AMBIT STANDARD.yaml"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM, CONFIG = str(pathlib.Path(sys.argv[1]).resolve()), str(pathlib.Path(sys.argv[2]).resolve())
COMMON = [CONFIG, "--kernels=baseline", "--threads=2", "--training.groups=1"]
TINY = ["--model.n_embd=8", "--model.n_layer=1", "--model.n_head=1", "--training.batch_size=2", "--training.shards=2"]
# Most of it parameters and their moments; most of it activations.
CASES = {
    "deep": ["--training.batch_size=4", "--training.shards=2"],
    "wide batch": ["--model.n_layer=3", "--model.n_embd=128", "--training.batch_size=64", "--training.shards=2",
                   "--training.optimizer=muon", "--training.curriculum.points.start=41"],
}
MIB = 1 << 20


def promised(options):
    """Bytes: what the trainer holds, and a checkpoint that is being written."""
    text = subprocess.run([PROGRAM, "pretrain", *COMMON, *options, "--dry-run"],
                          capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout
    return MIB * sum(float(re.search(rf"^{what} +(\S+) MiB", text, re.MULTILINE)[1])
                     for what in ("memory", "checkpoint"))


def taken(options, folder):
    """Most resident bytes of two steps and a checkpoint."""
    with subprocess.Popen([PROGRAM, "pretrain", *COMMON, *options, "-o", folder, "--training.train_steps=2"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT) as run:
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        sys.exit(f"pretrain failed: {run.returncode}")
    return 1024 * usage.ru_maxrss


# Each array of its own mapping goes back to the system when freed, and a test's own setting does not fill them.
ENVIRONMENT = {**os.environ, "MALLOC_PERTURB_": "0", "OPENBLAS_NUM_THREADS": "1"}
problems = []
with tempfile.TemporaryDirectory() as scratch:
    program_alone = taken(TINY, f"{scratch}/tiny")
    for name, options in CASES.items():
        said, found = promised(options), taken(options, f"{scratch}/{name}") - program_alone
        print(f"{name}: {said / MIB:.0f} MiB promised, {found / MIB:.0f} MiB taken")
        if not 0.92 <= found / said <= 1.08:
            problems.append(name)
sys.exit(f"promised otherwise: {', '.join(problems)}" if problems else 0)
