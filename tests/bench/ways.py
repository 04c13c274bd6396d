# SPDX-License-Identifier: MIT
"""How long the ways are that a reader follows: the functions of ambit, and the files they are in, that callgrind sees
inside `run_shard`, one shard from sampling to gradient, and inside `evaluate_target`, one result from prompts to file,
of a tiny run. Functions count once, however often they are called; predictors and their fits, of which a result has
several, are left out. Usage, of a build without inlining (meson setup BUILD -Doptimization=0 -Dbuildtype=debug):

    python3 tests/bench/ways.py BUILD [--names]
"""
import collections
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tiny_run import write_config  # noqa: E402


def seen(inside, *command):
    """Functions that run inside one, by file."""
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--toggle-collect={inside}", "--callgrind-out-file=out",
                           "--compress-strings=no", "--compress-pos=no", *command, "--threads=1", "--quiet",
                           "--kernels=baseline"],
                          env=os.environ | {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1"},
                          capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found, file, name, calls = collections.defaultdict(set), "", "", False
    for line in pathlib.Path("out").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        if key == "fl":
            file = os.path.relpath(os.path.join(sys.argv[1], value), ROOT)
        elif key == "fn":
            name = value.split("'")[0]
        elif line[:1].isdigit() and not calls and file.startswith(("src/", "tasks/")):  # a cost of its own
            found[file].add(name)
        calls = key == "calls"
    return {file: names for file, names in found.items() if not file.startswith("src/predict/")}


def report(name, found, names):
    print(f"{name}: {sum(map(len, found.values()))} functions in {len(found)} files")
    for file in sorted(found):
        print(f"    {len(found[file]):3} {file}" + (f": {', '.join(sorted(found[file]))}" if names else ""))


def main():
    sys.argv[1] = os.path.abspath(sys.argv[1])
    program, names = f"{sys.argv[1]}/ambit", "--names" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_config()
        report("one shard", seen("run_shard", program, "pretrain", "tiny.yaml", "-o", "run",
                                 "--training.train_steps=1"), names)
        report("one result", seen("evaluate_target", program, "evaluate", "run"), names)


if __name__ == "__main__":
    main()
