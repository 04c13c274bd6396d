#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every experiment is complete and can be run: its targets are evaluated on one prompt, its file
says what is expected at what cost, the README lists it, and each but grids has the sizes small and standard."""
import pathlib
import subprocess
import sys
import tempfile

WORDS = ("Expected", "Cost:")


def run(program, *words):
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else None


def evaluate(program, file, folder):
    """What is wrong with running the experiment, or nothing."""
    text = file.read_text()
    sentences = file.stem.startswith("murty")
    few = (["--evaluation.n_examples=1", "--evaluation.predictors=[uniform]"] if sentences
           else ["--evaluation.n_prompts=1"])  # n-grams of a whole corpus take long
    failure = run(program, "evaluate", "none", file, "-o", f"{folder}/results.h5", "--quiet",
                  "--evaluation.bootstrap=1", "--evaluation.every=0", *few,
                  *(["--grid=null"] if "\ngrid:" in text else []))
    return failure or (run(program, "grid", file, "--json") if "\ngrid:" in text else None)


def describe(file, readme):
    """What the file or the README fails to say."""
    header = [line for line in file.read_text().splitlines() if line.startswith("#")]
    missing = [word for word in WORDS if not any(line.startswith("# " + word) for line in header)]
    name = f"{file.parent.name}/{file.name}"
    return [f"its header lacks a line \"# {word}\"" for word in missing] + (
        [] if f"`{file.stem}`" in readme else [f"README.md does not list {name}"])


def main(program, folder):
    folder = pathlib.Path(folder)
    readme = (folder / "README.md").read_text()
    sizes = {size: {file.name for file in (folder / size).glob("*.yaml")}
             for size in ("standard", "small", "hours")}
    assert all(sizes.values()), f"no experiments in {folder}"
    files = sorted(file for size in sizes for file in (folder / size).glob("*.yaml"))
    grids = {file.name for file in files if "\ngrid:" in file.read_text()}
    faults = [f"{name}: only one size" for name in
              ((sizes["standard"] ^ sizes["small"]) | (sizes["hours"] - sizes["standard"])) - grids]
    for file in files:
        with tempfile.TemporaryDirectory() as results:
            failure = evaluate(program, file, results)
        faults += [f"{file}: {fault}" for fault in describe(file, readme) + [failure] if fault]
    print("\n".join(faults))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
