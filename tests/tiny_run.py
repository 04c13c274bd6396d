# SPDX-License-Identifier: MIT
"""A run that takes a moment, and functions for tests of interrupted and damaged runs."""
import os
import re
import subprocess

import h5py

CONFIG = """out_dir: runs
seed: 3
model: {n_positions: 4, n_dims: 3, n_embd: 8, n_layer: 1, n_head: 2}
training:
  tasks: [{name: linear_regression}, {name: sparse_linear_regression, kwargs: {sparsity: 1}}]
  batch_size: 8
  shards: 2
  train_steps: 60
  save_every_steps: 7
wandb: {log_every_steps: 3}
evaluation:
  n_prompts: 8
  predictors: [transformer, least_squares, zero]
  targets: [{name: dense, task: linear_regression}]
"""


def write_config(path="tiny.yaml", text=CONFIG):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def steps(folder):
    """Steps of the files of a checkpoint's name, ascending."""
    found = (re.fullmatch(r"checkpoint_(\d+)\.h5", name) for name in os.listdir(folder))
    return sorted(int(match[1]) for match in found if match)


def newest(folder):
    return f"{folder}/checkpoint_{steps(folder)[-1]:08d}.h5"


def numbers(path):
    """Everything of a checkpoint that the next step depends on, as bytes."""
    with h5py.File(path) as file:
        found = {f"{group}/{name}": file[group][name][()].tobytes()
                 for group in file for name in file[group]}
        return found | {name: bytes(file.attrs[name]) if name == "config" else int(file.attrs[name])
                        for name in ("config", "step", "seed", "digest")}


def log(folder):
    with open(f"{folder}/log.jsonl", "rb") as file:
        return file.read()


def differences(folder, whole):
    """What of a run that was stopped differs from one that was not."""
    found = [] if log(folder) == log(whole) else ["log.jsonl"]
    kept, expected = steps(folder), steps(whole)
    # one that a late stop left stands before the last, in place of the one that is older
    expected[-2:-1] = [max(kept[-2:-1] + expected[-2:-1])] if expected[-2:-1] else []
    if kept != expected:
        found.append(f"checkpoints {kept}, not {expected}")
    for step in set(steps(folder)) & set(steps(whole)):
        name = f"checkpoint_{step:08d}.h5"
        if numbers(f"{folder}/{name}") != numbers(f"{whole}/{name}"):
            found.append(name)
    alone = [{name for name in os.listdir(place) if name.startswith("parameters_")} for place in (folder, whole)]
    if alone[0] != alone[1]:
        found.append(f"{alone[0]}, not {alone[1]}")
    found += [name for name in alone[0] & alone[1] if numbers(f"{folder}/{name}") != numbers(f"{whole}/{name}")]
    left = [name for name in os.listdir(folder) if ".tmp" in name]
    return found + left
