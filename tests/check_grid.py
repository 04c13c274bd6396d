# SPDX-License-Identifier: MIT
"""Grids: tasks and their states, stops and failures, two processes in one folder, the lines for GNU parallel and
make that help prints. Usage: check_grid.py AMBIT NO_LOCKS"""
import contextlib
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy
import pandas
import xarray
import cases
from tiny_run import CONFIG, differences, log, run, steps, write_config

AMBIT, NO_LOCKS = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
GRID = """grid:
  - training.tasks[0].weight: [0.5, 2]
  - {seed: [1, 2, 3]}
"""
ENDLESS = ["--training.train_steps=1000000000", "--wandb.log_every_steps=1"]


def grid(name, *more, **options):
    return run(AMBIT, "grid", f"{name}.yaml", *more, timeout=120, **options)


def task(name, number, *more, **options):
    return grid(name, "--task", str(number), "--threads=1", "--quiet", *more, **options)


def states(name, *more):
    """State and message of every task."""
    listed = json.loads(grid(name, "--json", *more).stdout)
    return [(entry["state"], entry["message"]) if "message" in entry else entry["state"] for entry in listed]


def write_grid(name, axes=GRID, text=CONFIG):
    return write_config(f"{name}.yaml", text + axes)


def folder(name, weight, seed):
    return f"runs/{name}/weight={weight},seed={seed}"


def parameters(file):
    return {name: file[name].attrs["digest"] for name in file}


def contents(place):
    """Of the files of a run folder, but the names of processes."""
    return {path.name: path.read_bytes() for path in pathlib.Path(place).iterdir() if path.name != ".lock"}


def errors(path):
    with h5py.File(path) as file:
        return file["targets/dense/error"][()].tobytes()


@contextlib.contextmanager
def endless(name, number, place, **options):
    """A task that has logged its first step and would not end."""
    with subprocess.Popen([AMBIT, "grid", f"{name}.yaml", "--task", str(number), "--threads=1", "--quiet", *ENDLESS],
                          stderr=subprocess.PIPE, text=True, **options) as process:
        while process.poll() is None and not (os.path.exists(f"{place}/log.jsonl") and log(place)):
            time.sleep(0.002)
        try:
            yield process
        finally:
            process.kill()


class Grid(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(place.cleanup)
        os.chdir(place.name)
        write_config()
        write_grid("grid")
        done = run(AMBIT, "pretrain", "tiny.yaml", "-o", "alone", "--seed=2", "--training.tasks[0].weight=2",
                   "--quiet", "--threads=1")
        assert done.returncode == 0, done.stderr
        done = run(AMBIT, "evaluate", "alone", "--quiet")
        assert done.returncode == 0, done.stderr

    def refused(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def as_alone(self, place):
        """The run with weight 2 and seed 2 has the bits of one that no grid made."""
        self.assertEqual(log(place), log("alone"))
        with h5py.File(f"{place}/checkpoint_00000060.h5") as file, h5py.File("alone/checkpoint_00000060.h5") as alone:
            self.assertEqual(parameters(file), parameters(alone))
        self.assertEqual(errors(f"{place}/results.h5"), errors("alone/results.h5"))

    def test_a_task_by_number(self):
        write_grid("one")
        self.assertEqual(states("one"), ["not begun"] * 6)
        done = task("one", 4)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(states("one"), ["not begun"] * 4 + ["done", "not begun"])
        self.as_alone(folder("one", 2, 2))
        before = {path.name: path.stat().st_mtime_ns for path in pathlib.Path(folder("one", 2, 2)).iterdir()}
        self.assertEqual(task("one", 4).returncode, 0)
        self.assertEqual(before, {path.name: path.stat().st_mtime_ns
                                  for path in pathlib.Path(folder("one", 2, 2)).iterdir()})
        self.assertEqual(grid("one", "--missing").stdout.split(), ["0", "1", "2", "3", "5"])
        self.assertEqual(grid("one", "--failed").stdout, "")
        listed = grid("one").stdout.splitlines()
        self.assertEqual(listed[0], "6 tasks: weight (2) × seed (3), in runs/one")
        self.assertEqual(listed[6].split(), ["4", "2", "2", folder("one", 2, 2), "done"])
        self.assertEqual(listed[-1], "1 done, 5 not begun")
        self.refused(task("one", 6), 2, "--task: found 6, allowed are 0 to 5: one.yaml makes 6 tasks")
        self.refused(grid("one", "--all", "--task=1"), 2, "exclude each other")

    def test_added_values_keep_finished_runs(self):
        write_grid("added", "grid: [{seed: [2, 7]}]\n")
        self.assertEqual(grid("added", "--all", "--threads=1", "--quiet").returncode, 0)
        write_grid("added", "grid: [{seed: [1, 2.0, 7, 9]}]\n")
        self.assertEqual(states("added")[3], "not begun")
        write_grid("added", "grid: [{seed: [1, 2, 7, 9]}]\n")
        self.assertEqual(states("added"), ["not begun", "done", "done", "not begun"])

    def test_stopped_and_killed(self):
        write_grid("ends")
        place = folder("ends", 2, 2)
        with endless("ends", 4, place) as process:
            self.assertEqual(states("ends", *ENDLESS)[4], "running")
            self.refused(task("ends", 4), 1, "another ambit trains in this folder", f"process {process.pid} on ")
            self.assertFalse(os.path.exists(f"{place}/failed.txt"))
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate()
            self.assertEqual(process.returncode, 75, said)
        newest = steps(place)[-1]
        self.assertEqual(states("ends", *ENDLESS)[4], "stopped")
        self.assertIn(f"stopped at step {newest}", grid("ends", *ENDLESS).stdout)
        with endless("ends", 4, place) as process:
            while steps(place)[-1] == newest:
                time.sleep(0.002)
            process.kill()
            process.communicate()
        self.assertEqual(states("ends", *ENDLESS)[4], "stopped")
        self.assertIn("4", grid("ends", "--missing", *ENDLESS).stdout.split())

    def test_stopped_and_resumed_bits(self):
        write_grid("bits")
        place = folder("bits", 2, 2)
        command = [AMBIT, "grid", "bits.yaml", "--task=4", "--threads=1", "--quiet"]
        codes = set()
        for number, after in ((signal.SIGTERM, 7), (signal.SIGKILL, 21), (signal.SIGINT, 40)):
            with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
                while process.poll() is None and not (os.path.isdir(place) and steps(place)
                                                      and steps(place)[-1] >= after):
                    time.sleep(0.001)
                process.send_signal(number)
                process.communicate()
                codes.add(process.returncode)
        self.assertLessEqual(codes, {75, -signal.SIGKILL, 0})
        self.assertEqual(task("bits", 4).returncode, 0)
        self.assertEqual(states("bits")[4], "done")
        self.as_alone(place)

    def test_stopped_between_training_and_evaluation(self):
        """All steps are there, and results of fewer steps: only the evaluation is left."""
        write_grid("between")
        self.assertEqual(task("between", 4, "--training.train_steps=22").returncode, 0)
        place = folder("between", 2, 2)
        self.assertEqual(states("between")[4], "stopped")
        shutil.copy(f"{place}/results.h5", "old.h5")
        self.assertEqual(task("between", 4).returncode, 0)
        shutil.copy("old.h5", f"{place}/results.h5")
        pathlib.Path(f"{place}/unfinished.txt").write_text("begun\n", encoding="utf-8")
        self.assertEqual(states("between")[4], "stopped")
        self.assertEqual(task("between", 4).returncode, 0)
        self.assertEqual(states("between")[4], "done")
        self.as_alone(place)

    def test_failures_are_kept_and_do_not_lose_the_rest(self):
        """One task whose loss is not finite, one whose config is refused, two that are well."""
        write_grid("wild", "grid:\n  - name: rate\n    training.learning_rate: [1.0e-3, 2.0e-3, -1, 4.0e-3]\n"
                           "    training.tasks[0].kwargs.scale: [1, 1.0e+39, 1, 1]\n")
        done = grid("wild", "--all", "--threads=1", "--quiet")
        self.refused(done, 1, "ambit: step ", "wild.yaml:17: training.learning_rate: found -1, allowed",
                     "2 of 4 tasks failed")
        found = states("wild")
        self.assertEqual((found[0], found[3]), ("done", "done"))
        self.assertEqual(found[1][0], "failed")
        self.assertIn("loss", found[1][1])
        kept = pathlib.Path("runs/wild/rate=0.002/failed.txt").read_text(encoding="utf-8")
        self.assertEqual(kept, found[1][1] + "\n")
        self.assertIn("found -1", found[2][1])
        self.assertEqual(grid("wild", "--failed").stdout, "1\n2\n")
        self.assertEqual(grid("wild", "--missing").stdout, "")
        again = task("wild", 1, "--training.skip_nonfinite=1000")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(states("wild")[1], "done")
        self.assertFalse(os.path.exists("runs/wild/rate=0.002/failed.txt"))

    def test_finished_runs_with_other_settings(self):
        """The file changed after its runs: what is done is compared with it, and never joined in silence."""
        write_grid("changed", "grid: [{seed: [1, 2]}]\n")
        self.assertEqual(grid("changed", "--all", "--threads=1", "--quiet").returncode, 0)
        place = "runs/changed/seed=1"
        kept = contents(place)
        wide = "--model.n_embd=32"
        message = "model.n_embd: found 32, expected 8"
        found = states("changed", wide)
        self.assertEqual([state for state, _ in found], ["done with other settings"] * 2)
        self.assertIn(message, found[0][1])
        self.assertEqual(grid("changed", "--failed", wide).stdout.split(), ["0", "1"])
        self.refused(task("changed", 0, wide), 2, f"task 0, {place}, is done with other settings: ", message)
        done = grid("changed", "--all", wide)
        self.refused(done, 1, f"task 0, {place}, is done with other settings: ", "task 1, ", "2 of 2 tasks failed")
        self.refused(run(AMBIT, "collect", "changed.yaml", wide), 2, f"task 0, {place}: done with other settings",
                     message)
        for more in ("--training.learning_rate=5.0e-3", "--training.train_steps=40"):
            self.refused(task("changed", 0, more), 2, "is done with other settings", more[2:more.index("=")])
        self.assertEqual(kept, contents(place))
        write_grid("wide", "grid: [{seed: [1, 2]}]\n", CONFIG.replace("n_embd: 8", "n_embd: 32"))
        self.assertEqual(task("wide", 0).returncode, 0)
        shutil.copy("runs/wide/seed=1/results.h5", "runs/changed/seed=1/results.h5")
        self.refused(run(AMBIT, "collect", "changed.yaml"), 2, "runs/changed/seed=1/results.h5: model.n_embd: found 8, "
                     "expected 32")

    def test_evaluated_with_other_settings(self):
        write_grid("asked", "grid: [{seed: [2, 3]}]\n")
        self.assertEqual(grid("asked", "--all", "--threads=1", "--quiet").returncode, 0)
        place = "runs/asked/seed=2"
        before = contents(place)
        word = "done, evaluated with other settings"
        fewer, more = "--evaluation.n_prompts=4", "--evaluation.n_prompts=16"
        self.assertEqual(states("asked", more), [word] * 2)
        self.assertEqual(grid("asked", "--missing", fewer).stdout.split(), ["0", "1"])
        self.refused(task("asked", 0, fewer), 2, "8 prompts, more than the 4 asked for; move the file elsewhere, and run "
                     "the task again")
        self.assertEqual(before, contents(place))
        self.assertEqual(states("asked"), ["done"] * 2)
        again = task("asked", 0, more)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(states("asked", more), ["done", word])
        self.assertNotEqual(errors(f"{place}/results.h5"), b"")
        with h5py.File(f"{place}/results.h5") as file:
            self.assertEqual(file["targets/dense/error"].shape[1], 16)
        self.assertEqual(states("asked"), [word, "done"])
        self.assertEqual(task("asked", 1, more).returncode, 0)
        done = run(AMBIT, "collect", "asked.yaml")
        self.refused(done, 0, f"warning: task 0, {place}: {word}", "2 of 2 runs are joined")
        # the folder stands for its joined runs
        for command in ("show", "convert"):
            self.assertEqual(run(AMBIT, command, "runs/asked").stdout, run(AMBIT, command, "runs/asked/grid.h5").stdout)
        beside = run(AMBIT, "show", "runs/asked", place)
        self.assertEqual(beside.returncode, 0, beside.stderr)
        self.assertRegex(beside.stdout, r"(?m)^  asked +a grid: ambit show runs/asked$")
        self.assertEqual(beside.stdout.count("asked"), 2)

    def test_values_as_the_file_has_them(self):
        write_grid("two words", "grid: [{training.learning_rate: [1.0e-3, 0.0020]}, {wandb.project: [a/b]}]\n")
        listed = grid("two words").stdout.splitlines()
        self.assertEqual([line.split()[:4] for line in listed[1:4]],
                         [["task", "learning_rate", "project", "folder"],
                          ["0", "1.0e-3", "a/b", "runs/two"], ["1", "0.0020", "a/b", "runs/two"]])
        self.assertIn("runs/two words/learning_rate=0.002,project=a_b ", listed[3])
        self.assertEqual(json.loads(grid("two words", "--json").stdout)[1]["values"],
                         {"learning_rate": 0.002, "project": "a/b"})
        self.refused(run(AMBIT, "collect", "two words.yaml"), 2, "`ambit grid 'two words.yaml' --all` runs them")
        self.refused(run(AMBIT, "pretrain", "two words.yaml"), 2, "`ambit grid 'two words.yaml'` lists them")

    def test_keys_that_advance_together(self):
        write_grid("together", "grid: [{seed: [1, 2, 7], training.batch_size: [4, 16, 2]}, {model.n_head: [1, 2]}]\n")
        for number, (seed, size, heads) in ((0, (1, 4, 1)), (3, (2, 16, 2)), (4, (7, 2, 1))):
            self.assertEqual(task("together", number).returncode, 0)
            text = pathlib.Path(f"runs/together/seed={seed},n_head={heads}/config.yaml").read_text(encoding="utf-8")
            for line in (f"seed: {seed}", f"  batch_size: {size}", f"  n_head: {heads}"):
                self.assertIn(f"\n{line}\n", text)

    def test_variants(self):
        """Every variant has its own settings and otherwise the file's; so has one of a mapping or a list."""
        write_grid("ablation", """grid:
  - name: part
    variants:
      whole: {}
      slow, small: {training.learning_rate: 5.0e-4, model: {n_embd: 4}}
      1: {training.tasks: [{name: linear_regression, label: dense}]}
  - {seed: [1, 2]}
""")
        listed = grid("ablation").stdout.splitlines()
        self.assertEqual(listed[0], "6 tasks: part (3) × seed (2), in runs/ablation")
        self.assertIn("runs/ablation/part=slow__small,seed=2 ", listed[5])
        self.assertEqual(json.loads(grid("ablation", "--json").stdout)[4]["values"], {"part": "1", "seed": 1})
        texts = []
        for number, place in enumerate(("whole", "slow__small", "1")):
            self.assertEqual(task("ablation", 2 * number).returncode, 0)
            file = pathlib.Path(f"runs/ablation/part={place},seed=1/config.yaml")
            texts.append(file.read_text(encoding="utf-8"))
        for line, expected in (("seed: 1", [1, 1, 1]), ("  learning_rate: 0.0005", [0, 1, 0]),
                               ("  n_embd: 4", [0, 1, 0]), ("  n_embd: 8", [1, 0, 1]),
                               ('    label: "dense"', [0, 0, 1]), ('    label: "linear_regression"', [1, 1, 0])):
            self.assertEqual([text.count(f"\n{line}\n") for text in texts], expected, line)
        self.refused(grid("ablation", "--training.learning_rate=1"), 2,
                     "is set by grid[0].variants.slow, small.training.learning_rate of the grid")
        self.assertEqual(grid("ablation", "--all", "--threads=1", "--quiet").returncode, 0)
        joined = run(AMBIT, "collect", "ablation.yaml", "-o", "ablation.h5")
        self.assertEqual(joined.returncode, 0, joined.stderr)
        with h5py.File("ablation.h5") as file:
            self.assertEqual([name.decode() for name in file["targets/dense/part"][()]], ["whole", "slow__small", "1"])
            self.assertEqual(file["targets/dense/part"].attrs["long_name"], b"part")
            axes = file.attrs["grid"].decode()
        again = run(AMBIT, "grid", write_config("again.yaml", CONFIG + f"grid: {axes}\n"), "--json", "--wandb.name=ablation")
        self.assertEqual(again.stdout, grid("ablation", "--json").stdout.replace("ablation.yaml", "again.yaml"))
        self.assertIn("slow__small", run(AMBIT, "show", "ablation.h5").stdout)

    def test_a_wrong_setting_given_once(self):
        write_grid("once")
        self.assertEqual(task("once", 4, "--training.train_steps=22").returncode, 0)
        place = folder("once", 2, 2)
        for number, setting, word in ((4, "--model.n_embd=32", "found 32, expected 8"),
                                      (4, "--training.learning_rate=-1", "found -1, allowed"),
                                      (4, "--test_run=true", "allowed is false in a grid"),
                                      (5, "--training.learning_rate=-1", "found -1, allowed")):
            self.refused(task("once", number, setting), 2, word)
        self.assertEqual(states("once")[4:], ["stopped", "not begun"])
        pathlib.Path(f"{place}/failed.txt").write_text("so it failed\n", encoding="utf-8")
        self.refused(task("once", 4, "--model.n_embd=32"), 2, "found 32, expected 8")
        self.assertEqual(states("once")[4], ("failed", "so it failed"))
        self.assertEqual(task("once", 4).returncode, 0)
        self.as_alone(place)

    def test_refused_files(self):
        for axes, *words in (
                ("grid: 3\n", "wrong.yaml:15: grid: found 3, allowed a list of axes"),
                ("grid: []\n", "wrong.yaml:15: grid: found an empty list, allowed a list of axes"),
                ("grid: {seed: [1]}\n", "found a mapping, allowed a list of axes"),
                ("grid: [{}]\n", "grid[0]: found no key, allowed is KEY: [VALUE, …]"),
                ("grid: [{seed: []}]\n", "grid[0].seed: found an empty list, allowed a list of values"),
                ("grid: [{seed: 3}]\n", "grid[0].seed: found 3, allowed a list of values"),
                ("grid: [{seed: [[1, 2]]}]\n", "grid[0].seed[0]: found a list, allowed one value"),
                ("grid:\n- {sed: [1, 2]}\n", "wrong.yaml:16: sed: unknown key, did you mean seed?"),
                ("grid:\n- {training.batchsize: [1, 2]}\n", "training.batchsize: unknown key, did you mean batch_size?"),
                ("grid:\n- {model.n_layer: [1, 2], training.batch_size: [8]}\n",
                 "wrong.yaml:16: grid[0].training.batch_size: found 1 values, allowed are 2"),
                ("grid: [{seed: [1, 2, 1.0]}]\n", "grid[0].seed[2]: \"1\" and \"1.0\" are both 1 in a folder's name"),
                ("grid: [{wandb.project: [a/b, c, a b]}]\n", "\"a/b\" and \"a b\" are both a_b in a folder's name"),
                ("grid:\n- {grid: [1, 2]}\n", "wrong.yaml:16: grid[0].grid: is the list of axes itself"),
                ("grid:\n- {\"grid[0]\": [1, 2]}\n", "is the list of axes itself"),
                ("grid: [{seed: [1]}, {training.seed: [1]}]\n", "two axes are called seed"),
                ("grid: [{seed: [1]}, {name: other, seed: [2]}]\n",
                 "grid[1].seed: is set by grid[0].seed already; leave one of them out"),
                ("grid: [{training.batch_size: [1], training: [2]}]\n",
                 "grid[0].training: is set by grid[0].training.batch_size already"),
                ("grid: [{a: {seed: [1]}}]\n", "grid[0].a: found a mapping, allowed a list of values, or a mapping under `"),
                ("grid: [{name: k, seed: [1]}]\n", "found k, which results use"),
                ("grid: [{name: a/b, seed: [1]}]\n", "found \"a/b\", allowed letters"),
                ("grid: [{out_dir: [a, b]}]\n", "grid[0].out_dir: names the run folder"),
                ("grid: [{training.tasks[7].weight: [1]}]\n".replace("training.tasks[7].weight",
                                                                     '"training.tasks[7].weight"'),
                 "wrong.yaml:15: training.tasks has no item [7] to set"),
                ("grid: [{name: a, variants: 3}]\n", "grid[0].variants: found 3, allowed a mapping of names to settings"),
                ("grid: [{name: a, variants: {}}]\n", "found an empty mapping, allowed a mapping of names"),
                ("grid: [{variants: {a: {}}}]\n", "grid[0].name: missing: an axis of variants needs one"),
                ("grid:\n- {name: a, variants: {a: {}},\n   seed: [1]}\n",
                 "wrong.yaml:17: grid[0].seed: stands beside variants"),
                ("grid: [{name: a, variants: {b: null}}]\n", "grid[0].variants.b: found nothing, allowed settings, such"),
                ("grid:\n- {name: a, variants: {b: {}, c: {seed: 1},\n  d: {sed: 1}}}\n",
                 "wrong.yaml:17: sed: unknown key, did you mean seed?"),
                ("grid: [{name: a, variants: {b c: {}, b/c: {}}}]\n", "\"b c\" and \"b/c\" are both b_c in a folder"),
                ("grid: [{name: a, variants: {b: {seed: 1}}}, {seed: [1, 2]}]\n",
                 "grid[1].seed: is set by grid[0].variants.b.seed already"),
                ("grid: [{model.n_layer: [1, 2]}, {name: a, variants: {b: {model: {n_layer: 1}}}}]\n",
                 "grid[1].variants.b.model: is set by grid[0].model.n_layer already"),
                ("grid: [{name: a, variants: {b: {training.clip: 1, training: {clip: 2}}}}]\n",
                 "grid[0].variants.b.training: is set by grid[0].variants.b.training.clip already"),
                ("grid: [{name: a, variants: {b: {wandb: {name: c}}}}]\n", "b.wandb: names the run folder"),
                ("grid: [{seed: [1, 2]}, {name: a, variants: {b: {}, c: {seed: 1}}}]\n",
                 "grid[1].variants.c.seed: is set by grid[0].seed already"),
                ("grid: [{name: a, variants: {b: {out_dir: c}}}]\n", "grid[0].variants.b.out_dir: names the run folder"),
                ("", "wrong.yaml:1: grid: missing: a list of axes")):
            write_grid("wrong", axes)
            with self.subTest(axes):
                if "has no item" in words[0]:
                    self.assertIn(words[0], states("wrong")[0][1])
                else:
                    self.refused(grid("wrong"), 2, *words)
        self.assertFalse(os.path.exists("runs/wrong"))
        write_grid("wrong")
        self.refused(grid("wrong", "--seed=4"), 2, "--seed=4: is set by grid[1].seed of the grid")
        for setting in ("seed:=4", "training.tasks[0]={weight: 3}", "training={tasks: []}"):
            self.refused(grid("wrong", f"--{setting}"), 2, f"--{setting}: is set by grid[")
        for command in (["pretrain", "wrong.yaml"], ["evaluate", "none", "wrong.yaml"],
                        ["export", "--prompts", "none", "p.h5", "wrong.yaml"], ["import", "alone/checkpoint_00000060.h5",
                                                                               "theirs", "wrong.yaml"]):
            self.refused(run(AMBIT, *command), 2, "wrong.yaml:15: grid: makes several runs of this file; `ambit grid ")
        self.assertEqual(run(AMBIT, "pretrain", "wrong.yaml", "--grid=null", "--quiet", "--threads=1").returncode, 0)

    def test_two_processes_where_locks_do_not_reach(self):
        """Without locks, and with locks that two machines do not share."""
        for number in (1, 2):
            pathlib.Path(f"boot{number}").write_text(f"machine-{number}\n", encoding="ascii")
        for name, locks in (("unlocked", {}), ("apart", {"LOCKS": "local"})):
            write_grid(name)
            place, first = folder(name, 2, 2), os.environ | locks | {"LD_PRELOAD": NO_LOCKS, "BOOT": "boot1"}
            second = first | {"BOOT": "boot2"}
            with endless(name, 4, place, env=first) as process:
                self.refused(task(name, 4, env=second), 1, "another ambit trains in this folder",
                             f"process {process.pid} on ")
                listed = json.loads(grid(name, "--json", env=second).stdout)
                self.assertEqual(listed[4]["state"], "running")
                shutil.copy(f"{place}/.holder", "holder")
                process.kill()
                process.communicate()
            shutil.rmtree(place)
            os.makedirs(place)
            shutil.copy("holder", f"{place}/.holder")
            done = task(name, 4, env=second)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("waiting 20 s for a sign of life", done.stderr)
            self.as_alone(place)
            self.assertFalse(os.path.exists(f"{place}/.holder"))

    def test_a_process_whose_folder_is_taken_stops(self):
        write_grid("taken")
        place = folder("taken", 2, 2)
        with endless("taken", 4, place) as process:
            text = pathlib.Path(f"{place}/.holder").read_text(encoding="ascii")
            pathlib.Path(f"{place}/.holder").write_text(text.replace("key ", "key f"), encoding="ascii")
            _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("The run stopped without a checkpoint", said)

    def examples(self, start):
        """The lines of help from `start` on, for this test's file."""
        text = run(AMBIT, "grid", "--help").stdout
        lines = text[text.index(start):].splitlines()
        after = [i for i, line in enumerate(lines[1:], 1) if line.startswith("  #")]
        lines = lines[1:after[0] if after else None]
        return "\n".join(line.strip() for line in lines).replace("grid.yaml", "lines.yaml")

    @contextlib.contextmanager
    def lines_of_help(self, tool, start):
        if not shutil.which(tool):
            self.skipTest(f"no {tool} here")
        write_grid("lines")
        path = f"{os.path.dirname(AMBIT)}:{os.environ['PATH']}"
        yield self.examples(start), os.environ | {"PATH": path, "HOME": os.getcwd()}
        self.assertEqual(states("lines"), ["done"] * 6)
        self.as_alone(folder("lines", 2, 2))
        shutil.rmtree("runs/lines")

    def test_parallel(self):
        with self.lines_of_help("parallel", "# GNU parallel") as (lines, environment):
            done = run("sh", "-c", lines, env=environment, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_make(self):
        with self.lines_of_help("make", "# a Makefile") as (lines, environment):
            write_config("Makefile", lines + "\n")
            done = run("make", "-j", "2", "-k", env=environment, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)


SENTENCES = """out_dir: runs
model: {head: language, n_embd: 16, n_layer: 1, n_head: 2}
corpus: {language: question_formation, train: 200, validation: 20, generalization: 20, seed: 1}
training: {batch_size: 8, shards: 2, learning_rate: 1.0e-3, train_steps: 20}
evaluation:
  n_examples: 10
  every: 10
  probe_sentences: 4
  predictors: [transformer, linear_rule]
  targets:
  - {name: validation, split: validation}
  - {name: generalization, split: generalization}
  - {name: inside, split: train, probes: [weight_norm, tree_projection]}
grid:
  - model.n_layer: [1, 2]
  - {seed: [1, 2]}
"""


def plain(attributes):
    return {name: str(value) for name, value in attributes.items()}


T_95 = {1: 6.313751514675043, 2: 2.919985580355516}  # quantiles of Student's t by degrees of freedom


class Join(unittest.TestCase):
    """Five of six runs, weights 0.5 and 2 of seeds 1 to 3; weight 2 of seed 3 is missing."""

    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(place.cleanup)
        os.chdir(place.name)
        write_grid("grid")
        for number in range(5):
            done = task("grid", number)
            assert done.returncode == 0, done.stderr
        cls.joined = run(AMBIT, "collect", "grid.yaml", "-o", "grid.h5")
        assert cls.joined.returncode == 0, cls.joined.stderr

    def open(self, group="targets/dense", **options):
        data = xarray.open_dataset("grid.h5", group=group, **options).load()
        data.close()
        return data

    def test_missing_runs_are_named(self):
        self.assertEqual(self.joined.stderr.splitlines(),
                         [f"missing: task 5, {folder('grid', 2, 3)}: not begun",
                          "5 of 6 runs are joined in grid.h5; next: ambit show grid.h5"])
        dense = self.open()
        missing = dense.sel(weight=2, seed=3)
        for name in ("error", "mean", "low", "high", "median", "normalizer", "seconds", "distance", "examples", "n_parameters"):
            self.assertTrue(numpy.isnan(missing[name].values).all(), name)
        self.assertTrue((missing["flag"] == 4).all())
        self.assertIn(f"missing: {folder('grid', 2, 3)}", run(AMBIT, "show", "grid.h5").stdout)

    def test_many_missing_runs_are_counted(self):
        with open("many.yaml", "w", encoding="utf-8") as file:
            file.write(f"inherit: [grid.yaml]\nout_dir: many\ngrid: [{{seed: {list(range(23))}}}]\n")
        done = run(AMBIT, "collect", "many.yaml")
        self.assertEqual(done.returncode, 2)
        lines = done.stderr.splitlines()
        self.assertEqual((len(lines), lines[20]), (22, "missing: 3 more; `ambit grid many.yaml` lists them"))

    def test_every_run_as_its_own_file(self):
        for engine in ("h5netcdf", "netcdf4"):
            dense = self.open(engine=engine)
            self.assertEqual(dense.error.dims, ("weight", "seed", "predictor", "prompt", "k"))
            self.assertEqual(dense.weight.values.tolist(), [0.5, 2])
            self.assertEqual(dense.seed.values.tolist(), [1, 2, 3])
            self.assertEqual(dense.seed.dtype, numpy.int64)
        for weight, seed in ((0.5, 1), (0.5, 3), (2, 2)):
            own = xarray.open_dataset(f"{folder('grid', weight, seed)}/results.h5", group="targets/dense").load()
            part = dense.sel(weight=weight, seed=seed)
            self.assertEqual(set(dense.data_vars) - set(own.data_vars),
                             {"examples", "n_parameters", "runs_mean", "runs_low", "runs_high"})
            with h5py.File(f"{folder('grid', weight, seed)}/results.h5") as file:
                counts = dict(zip(file.attrs["models"].astype(str), file.attrs["n_parameters"]))
            self.assertEqual({str(name): count for name, count in zip(part.predictor.values, part.n_parameters.values)
                              if not numpy.isnan(count)}, counts)
            for name, values in own.data_vars.items():
                self.assertEqual(part[name].values.tobytes(), values.values.tobytes(), name)
                self.assertEqual(plain(part[name].attrs), plain(values.attrs), name)
            self.assertEqual(plain(own.attrs), plain(dense.attrs))
            own.close()

    def test_seeds_move_training_and_not_evaluation(self):
        dense, losses = self.open(), self.open("log")
        for name in ("least_squares", "zero"):
            errors_of = dense.error.sel(predictor=name, weight=0.5).values
            self.assertEqual(errors_of[0].tobytes(), errors_of[1].tobytes())
            self.assertEqual(errors_of[0].tobytes(), errors_of[2].tobytes())
        self.assertEqual(len(set(losses.loss.isel(weight=0, step=0).values)), 3)
        self.assertEqual(set(dense.examples.values.ravel()[:5]), {0})

    def test_logs(self):
        losses = self.open("log")
        self.assertEqual(losses.class_loss.dims, ("weight", "seed", "step", "class"))
        for weight, seed in ((0.5, 2), (2, 1)):
            lines = [json.loads(line) for line in log(folder("grid", weight, seed)).splitlines()]
            part = losses.sel(weight=weight, seed=seed)
            self.assertEqual(part.step.values.tolist(), [line["step"] for line in lines])
            self.assertEqual(part.loss.values.tolist(), [line["loss"] for line in lines])
            for name in ("linear_regression", "sparse_linear_regression"):
                got = part.class_loss.sel({"class": name}).values
                for line, value in zip(lines, got):
                    self.assertEqual(line["class_loss"].get(name, "none"), "none" if numpy.isnan(value) else value)
        self.assertTrue(numpy.isnan(losses.loss.sel(weight=2, seed=3)).all())

    def test_losses_that_are_left_out(self):
        """A joined run without a log, or with an empty one, is told; so are both."""
        write_grid("logs", "grid: [{seed: [1, 2]}]\n")
        self.assertEqual(grid("logs", "--all", "--threads=1", "--quiet").returncode, 0)
        first, second = (f"runs/logs/seed={seed}/log.jsonl" for seed in (1, 2))
        os.remove(first)
        gone = f"task 0: {first}: No such file or directory; its losses are missing in the joined file"
        empty = f"task 1: {second}: holds no losses; its losses are missing in the joined file"
        for expected in ([gone], [gone, empty]):
            done = run(AMBIT, "collect", "logs.yaml", "-o", "logs.h5", "--replace")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([line.partition("warning: ")[2] for line in done.stderr.splitlines()[:-1]], expected)
            with h5py.File("logs.h5") as file:
                self.assertEqual("log" in file, expected == [gone])
                if "log" in file:
                    self.assertEqual(numpy.isnan(file["log/loss"]).all(axis=1).tolist(), [True, False])
            self.assertEqual(run(AMBIT, "show", "logs.h5").returncode, 0)
            pathlib.Path(second).write_text("", encoding="utf-8")

    def test_intervals_over_seeds(self):
        dense = self.open()
        for weight, n in ((0.5, 3), (2, 2)):
            runs = dense["mean"].sel(weight=weight).isel(seed=slice(0, n))
            mean, half = runs.mean("seed"), T_95[n - 1] * runs.std("seed", ddof=1) / n ** 0.5
            for name, expected in (("runs_mean", mean), ("runs_low", mean - half), ("runs_high", mean + half)):
                numpy.testing.assert_allclose(dense[name].sel(weight=weight).values, expected.values, rtol=1e-9)

    def test_table(self):
        done = run(AMBIT, "convert", "grid.h5", "grid.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        table = pandas.read_csv("grid.csv", float_precision="round_trip")
        self.assertEqual(list(table.columns[:4]), ["target", "weight", "seed", "step"])
        dense = self.open()
        self.assertEqual(len(table), 5 * 3 * 4)
        for row in table.itertuples():
            at = dense.sel(weight=row.weight, seed=row.seed, predictor=row.predictor, k=row.k)
            self.assertEqual((row.mean, row.low), (float(at["mean"]), float(at["low"])))
        raw = pandas.read_csv(io.StringIO(run(AMBIT, "convert", "--raw", "grid.h5").stdout))
        self.assertEqual(len(raw), 5 * 3 * 4 * 8)
        write_config("other.csv", "mine\n")
        self.assertEqual(run(AMBIT, "convert", "grid.h5", "other.csv").returncode, 2)

    def test_show(self):
        dense = self.open().sel(predictor="transformer")
        shown = run(AMBIT, "show", "grid.h5").stdout
        lines = {line.strip()[:24].strip(): line.split() for line in shown.splitlines() if line.startswith("  transf")}
        row = lines["transformer weight=0.5"]
        for text, value in zip(row[2:], dense.runs_mean.sel(weight=0.5).values):
            self.assertAlmostEqual(float(text) / value, 1, delta=0.006)
        self.assertIn("·", shown)
        self.assertIn("over weight, at k = 2", shown)
        count = int(dense.n_parameters.max())
        self.assertIn(f" seed (3)\n  missing: {folder('grid', 2, 3)}\n  parameters: {count}\n", shown)
        shutil.copy("grid.h5", "older.h5")
        with h5py.File("older.h5", "r+") as file:
            del file["targets/dense/n_parameters"]
        older = run(AMBIT, "show", "older.h5")
        self.assertEqual(older.returncode, 0, older.stderr)
        self.assertEqual(older.stdout.replace("older.h5", "grid.h5").splitlines(),
                         [line for line in shown.splitlines() if "  parameters:" not in line])

    def difference(self, points):
        return run(AMBIT, "show", "grid.h5", "--difference", points)

    def test_paired_differences(self):
        dense = self.open().sel(predictor="transformer")
        pairs = dense["mean"].sel(weight=0.5) - dense["mean"].sel(weight=2)
        shown = self.difference("weight=0.5:weight=2").stdout.splitlines()
        self.assertIn("  difference over 2 pairs of runs, 90 % interval by Student's t over pairs", shown)
        at = next(i for i, line in enumerate(shown) if line.startswith("  transformer"))
        mean, half = pairs.mean("seed"), T_95[1] * pairs.std("seed", ddof=1) / 2 ** 0.5
        for line, expected in zip(shown[at:], (mean, mean - half, mean + half)):
            for text, value in zip(line.split()[-4:], expected.values):
                self.assertLess(abs(float(text) - value), 0.006 * abs(value))
        self.assertFalse(any("least_squares" in line for line in shown))
        single = self.difference("weight=0.5,seed=1:weight=2,seed=1").stdout
        self.assertIn("over 1 pair of runs, 90 % interval by bootstrap of examples", single)
        for points, word in (("weight=0.5", "allowed are two points"), ("weight=0.5:seed=1", "on both sides"),
                             ("rate=1:rate=2", "no axis of these runs"), ("weight=0.5:weight=7", "no value 7")):
            done = self.difference(points)
            self.assertEqual(done.returncode, 2)
            self.assertIn(word, done.stderr)

    def test_report(self):
        done = run(AMBIT, "report", "grid.h5", "-o", "page.html", "--figures", "figures", timeout=600)
        if "lacks packages" in done.stderr:
            self.skipTest("no packages for the report")
        self.assertEqual(done.returncode, 0, done.stderr)
        page = pathlib.Path("page.html").read_text(encoding="utf-8")
        self.assertIn("Mean over seed, with its 90 % interval by Student", page)
        self.assertIn("5 of 6", page)
        self.assertRegex(page, r"<dt>first run</dt><dd>\d+ steps of \d+ prompts, adam, learning rate .*, seed 1; 1 layer, ")
        self.assertIn(f"<dt>models</dt><dd>{int(self.open().n_parameters.max())} parameters</dd>", page)
        self.assertNotIn('class="note"', page)  # nothing is missing of what such runs can have
        mean = float(self.open().runs_mean.sel(weight=0.5, predictor="transformer", k=3))
        self.assertIn(f"{mean:.3g} [", page)
        self.assertEqual(sorted(path.name for path in pathlib.Path("figures").glob("*.svg")),
                         ["over_weight_dense_2.svg", "runs_dense.svg", "runs_losses.svg"])

    def test_numbers_of_examples_that_are_none(self):
        for number in (7.7e175, float("-inf"), 0.5):
            shutil.copy("grid.h5", "damaged.h5")
            with h5py.File("damaged.h5", "r+") as file:
                file["targets/dense/examples"][...] = number
            done = run(AMBIT, "show", "damaged.h5")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"damaged.h5:/targets/dense: examples: found {number:g}, expected a whole number", done.stderr)

    def test_report_of_damaged_files(self):
        """One message each, with file, dataset and finding."""
        def without_axes(file, name):
            values = file[name][()]
            del file[name]
            file[name] = values
        for name, change, finding in (
                ("targets/dense/low", without_axes, "low does not have the axes that ambit writes"),
                ("log/loss", without_axes, "log/loss does not have the axes that ambit writes"),
                ("log/step", lambda file, name: file[name].attrs.create("NAME", 7), "log/step does not have the axes"),
                ("targets/dense/mean", lambda file, name: file.pop(name), "mean is missing")):
            shutil.copy("grid.h5", "damaged.h5")
            with h5py.File("damaged.h5", "r+") as file:
                change(file, name)
            done = run(AMBIT, "report", "damaged.h5", "-o", "damaged.html", timeout=600)
            if "lacks packages" in done.stderr:
                self.skipTest("no packages for the report")
            self.assertEqual((done.returncode in (1, 2), done.stderr.count("\n")), (True, 1), done.stderr)
            self.assertIn("damaged.h5", done.stderr)
            self.assertIn(finding, done.stderr)
            self.assertFalse(os.path.exists("damaged.html"))

    def test_other_examples_are_no_pair(self):
        write_grid("drawn", "grid: [{name: draw, evaluation.seed: [1, 2]}, {seed: [1, 2]}]\n")
        self.assertEqual(grid("drawn", "--all", "--threads=1", "--quiet").returncode, 0)
        self.assertEqual(run(AMBIT, "collect", "drawn.yaml").returncode, 0)
        done = run(AMBIT, "show", "runs/drawn/grid.h5", "--difference", "draw=1:draw=2")
        self.assertEqual(done.returncode, 2)
        self.assertIn("did not answer the same examples", done.stderr)

    def test_sentences(self):
        """A grid of language models: the query axis has metrics instead of numbers."""
        write_config("words.yaml", SENTENCES)
        self.assertEqual(grid("words", "--all", "--threads=1", "--quiet").returncode, 0)
        self.assertEqual(states("words"), ["done"] * 4)
        self.assertEqual({state for state, _ in states("words", "--corpus.seed=2")}, {"done with other settings"})
        done = run(AMBIT, "collect", "words.yaml", "-o", "words.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        with xarray.open_dataset("words.h5", group="targets/generalization") as joined, \
                xarray.open_dataset("runs/words/n_layer=2,seed=1/results.h5", group="targets/generalization") as own:
            self.assertEqual(joined.accuracy.dims, ("n_layer", "seed", "step", "predictor", "metric"))
            self.assertEqual(joined.accuracy.sel(n_layer=2, seed=1).values.tobytes(), own.accuracy.values.tobytes())
        self.models_of_different_depths()
        for more in ([], ["--difference", "n_layer=1:n_layer=2"]):
            shown = run(AMBIT, "show", "words.h5", *more)
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertIn("first_auxiliary", shown.stdout)
        shown = run(AMBIT, "show", "words.h5", "--more").stdout
        with h5py.File("words.h5") as file:
            counts = file["targets/generalization/n_parameters"][:, 0, 0].astype(int).tolist()
        self.assertLess(counts[0], counts[1])
        self.assertIn("".join(f"  parameters: {count} (n_layer = {n})\n" for n, count in zip((1, 2), counts)), shown)
        for words in ("transformer over n_layer", "measures over training", "over training steps: first_auxiliary"):
            self.assertIn(words, shown)
        self.assertLessEqual(max(map(len, shown.splitlines())), 80)
        done = run(AMBIT, "report", "words.h5", "-o", "words.html", "--figures", "words", timeout=600)
        if "lacks packages" not in done.stderr:
            self.assertEqual(done.returncode, 0, done.stderr)
            drawn = {path.stem for path in pathlib.Path("words").glob("*.svg")}
            self.assertLessEqual({"success_over_n_layer", "courses_over_n_layer", "insides_over_n_layer", "runs_losses"}, drawn)
            page = pathlib.Path("words.html").read_text(encoding="utf-8")
            for words in ("90 % Wilson interval", "n_layer of the highest mean", "layer_weight_norm, mean over layers"):
                self.assertIn(words, page)
            self.assertIn(f"<dt>models</dt><dd>{counts[0]} to {counts[1]} parameters</dd>", page)

    def models_of_different_depths(self):
        """Layers that a model does not have are NaN; what is said over runs follows from the runs."""
        with xarray.open_dataset("words.h5", group="targets/inside") as inside, \
                xarray.open_dataset("words.h5", group="targets/generalization") as target, \
                xarray.open_dataset("words.h5", group="log") as logs, \
                xarray.open_dataset("words.h5", group="over_runs") as over:
            norms = inside.layer_weight_norm.sel(predictor="transformer").isel(step=-1)
            self.assertEqual(norms.notnull().values.tolist(), [[[True, False]] * 2, [[True, True]] * 2])
            with xarray.open_dataset("runs/words/n_layer=2,seed=1/results.h5", group="targets/inside") as own:
                self.assertEqual(norms.sel(n_layer=2, seed=1).values.tobytes(),
                                 own.layer_weight_norm.sel(predictor="transformer").isel(step=-1).values.tobytes())
            self.assertIn(over.attrs["tree_run"], [f"runs/words/n_layer={layers},seed={seed}" for layers in (1, 2)
                                                   for seed in (1, 2)])
            with h5py.File(f"{over.attrs['tree_run']}/results.h5") as own:
                self.assertEqual(list(over.attrs["trees"]), [text.decode() for text in own["targets/inside"].attrs["trees"]])
            over, accuracy = over.isel(predictor=0), target.accuracy.sel(predictor="transformer").isel(metric=0)
            self.assertEqual(over.ever_above.values.tolist(), (accuracy > 0.8).any("step").mean("seed").values.tolist())
            numpy.testing.assert_allclose(over.generalization_accuracy, accuracy.isel(step=-1).mean("seed"), rtol=1e-12)
            total, course = over.run_measure.sel(measure="weight_norm"), inside.weight_norm.sel(predictor="transformer")
            self.assertEqual(total.values.tobytes(), course.isel(step=-1).values.tobytes())
            numpy.testing.assert_allclose(over.course_measure.sel(measure="weight_norm"), course.mean("seed"), rtol=1e-12)
            self.assertEqual(over.step.values.tolist(), [10, 20])
            numpy.testing.assert_allclose(over.run_measure.sel(measure="layer_weight_norm, mean over layers"),
                                          norms.mean("layer"), rtol=1e-12)
            self.assertEqual(int(over.chosen_n_layer.sel(measure="weight_norm")), int(total.mean("seed").values.argmax()))
            numpy.testing.assert_allclose(over.run_training_loss, logs.loss.isel(step=slice(-1, None)).mean("step"))

    def test_axes_that_results_have_too(self):
        """A target sweeps what the grid has as an axis, and a record of the log has an axis' name."""
        write_grid("names", "grid: [{training.learning_rate: [1.0e-3, 2.0e-3]}, {model.n_dims: [3]}, "
                            "{name: sparsity, training.batch_size: [8]}]\n",
                   CONFIG.replace("targets:", "targets: [{name: swept, task: sparse_linear_regression, "
                                              "sweep: {sparsity: [1, 2]}}]\n#"))
        self.assertEqual(grid("names", "--all", "--threads=1", "--quiet").returncode, 0)
        done = run(AMBIT, "collect", "names.yaml", "-o", "names.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        with xarray.open_dataset("names.h5", group="targets/swept") as swept:
            self.assertEqual(swept["mean"].dims,
                             ("learning_rate", "n_dims", "sparsity", "sparsity_value", "predictor", "k"))
        with xarray.open_dataset("names.h5", group="log") as losses:
            self.assertEqual(losses.learning_rate_logged.dims, ("learning_rate", "n_dims", "sparsity", "step"))
        self.assertEqual(run(AMBIT, "show", "names.h5").returncode, 0)

    def test_refusals(self):
        write_grid("empty")
        done = run(AMBIT, "collect", "empty.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no task is done yet", done.stderr)
        for name in ("results.h5", "config.yaml"):
            path = f"{folder('grid', 2, 2)}/{name}"
            before = pathlib.Path(path).read_bytes()
            done = run(AMBIT, "collect", "grid.yaml", "-o", path)
            self.assertEqual(done.returncode, 2)
            self.assertIn("holds something else than joined runs", done.stderr)
            self.assertEqual(pathlib.Path(path).read_bytes(), before)
        one, other = folder("grid", 2, 2), folder("grid", 2, 1)
        for paths in ([f"{one}/results.h5"], [f"{one}/checkpoint_00000060.h5"], [one], [one, other]):
            done = run(AMBIT, "show", *paths, "--difference", "a=1:a=2")
            self.assertEqual((done.returncode, done.stdout.strip()), (2, ""))
            self.assertIn(f"{paths[0]}: is of one run; --difference takes a file", done.stderr)
        done = run(AMBIT, "collect", "grid.yaml", "-o", "nowhere/x.h5")
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1]),
                         (1, "ambit: nowhere/x.h5: cannot be created: No such file or directory; check the path"))
        write_grid("long", "grid: [{name: points, evaluation.n_points: [2, 3]}]\n")
        self.assertEqual(grid("long", "--all", "--threads=1", "--quiet").returncode, 0)
        done = run(AMBIT, "collect", "long.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertIn(" runs/long/grid.h5:/targets/dense: axis k has other coordinates than in an earlier run", done.stderr)
        self.assertFalse(os.path.exists("runs/long/grid.h5"))

    def test_runs_that_are_missing_now_are_kept(self):
        write_grid("gone", "grid: [{seed: [1, 2]}]\n")
        self.assertEqual(grid("gone", "--all", "--threads=1", "--quiet").returncode, 0)
        self.assertEqual(run(AMBIT, "collect", "gone.yaml", "-o", "gone.h5").returncode, 0)
        before = pathlib.Path("gone.h5").read_bytes()
        shutil.rmtree("runs/gone/seed=2")
        done = run(AMBIT, "collect", "gone.yaml", "-o", "gone.h5")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("ambit: gone.h5: holds run seed=2, which is not joined now and would be lost", done.stderr)
        self.assertEqual(pathlib.Path("gone.h5").read_bytes(), before)
        self.assertEqual(run(AMBIT, "collect", "gone.yaml", "-o", "gone.h5", "--replace").returncode, 0)


if __name__ == "__main__":
    cases.run(sys.argv[3:])
