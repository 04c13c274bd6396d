# SPDX-License-Identifier: MIT
"""Counts the instructions of training steps (one thread, kernels of AVX2), so that a change that makes steps slower
is seen where clocks are too noisy. A step is half the difference between runs of three steps and of one: what happens
once does not count. Counts depend on the compiler, hence figures per compiler and a wide bound for others.
Usage: check_instructions.py AMBIT COMPILER-MAJOR SETTING, e.g. build/ambit gcc-12 release

To renew the figures after a change that means it, run `meson test -C build instructions --verbose` and copy the
counts it prints; the commit says why they moved.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from tiny_run import write_config

AMBIT, COMPILER, SETTING = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
# Millions of instructions of a step.
FIGURES = {
    "gcc-12": {"prompts": 6.368, "muon": 4.179, "language": 12.697},
}
# How far counts may lie above and below: libraries of the system choose code by the CPU, too.
ABOVE, BELOW, OF_OTHER_COMPILERS = 0.03, 0.1, 0.25
PROMPTS = """out_dir: unused
model: {{n_positions: 21, n_dims: 8, n_embd: {}, n_layer: 1, n_head: 2}}
training: {{task: linear_regression, batch_size: 4, shards: 1, optimizer: {}}}
"""
CONFIGS = {
    "prompts": PROMPTS.format(64, "adam"),
    "muon": PROMPTS.format(32, "muon"),
    "language": """out_dir: unused
model: {head: language, n_embd: 64, n_layer: 1, n_head: 2, norm: post, activation: relu, positions: sinusoidal,
  dropout: 0.1}
corpus: {language: question_formation, train: 40, validation: 4, generalization: 4}
training: {batch_size: 8, shards: 2, clip: 1}
""",
}


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def count(name, steps):
    """Instructions of a whole run; its profile stays in the file NAME.STEPS."""
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={name}.{steps}", AMBIT, "pretrain",
                           f"{name}.yaml", "-o", f"run_{name}_{steps}", f"--training.train_steps={steps}", "--quiet",
                           "--threads=1", "--kernels=avx2"], capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"{name}: no count:\n{done.stderr}")
    return int(found[1])


def check(name):
    """What is wrong with the count of one config, if anything."""
    write_config(f"{name}.yaml", CONFIGS[name])
    millions = (count(name, 3) - count(name, 1)) / 2e6
    figures = FIGURES.get(COMPILER)
    if figures:
        least, most = figures[name] * (1 - BELOW), figures[name] * (1 + ABOVE)
    else:
        least, most = 0, max(known[name] for known in FIGURES.values()) * (1 + OF_OTHER_COMPILERS)
    print(f"{name}: {millions:.3f} million instructions a step, expected {least:.3f} to {most:.3f}", flush=True)
    if least <= millions <= most:
        return []
    if millions > most:
        profile = subprocess.run(["callgrind_annotate", "--auto=no", "--show-percs=no", f"{name}.3"],
                                 capture_output=True, text=True, check=False).stdout.splitlines()
        print("\n".join(["of three steps and the start, by function:",
                         *[line.split(" [")[0] for line in profile if f"[{AMBIT}]" in line][:12]]), flush=True)
    return [f"{name} takes {millions:.3f} million instructions a step, " +
            ("more than before" if millions > most else "fewer than before: renew its figure")]


if not shutil.which("valgrind"):
    skip("needs valgrind, to count instructions")
if SETTING != "release":
    skip(f"counts are of release builds, this is {SETTING}")
if "avx2" not in subprocess.run([AMBIT, "bench", "--kernels=none"], capture_output=True, text=True,
                                check=False).stderr:
    skip("this machine does not run the kernels of AVX2")
if COMPILER not in FIGURES:
    print(f"no figures of {COMPILER}: the bound is {OF_OTHER_COMPILERS:.0%} above those of others")
os.environ.update(OPENBLAS_NUM_THREADS="1", MALLOC_PERTURB_="0")  # which meson sets at random
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    problems = [problem for name in CONFIGS for problem in check(name)]
    os.chdir("/")
sys.exit("\n".join(problems) or 0)
