# SPDX-License-Identifier: MIT
"""The whole program on a real config, its files read back with h5py and xarray: the same bits for one and
two threads and for a run that was stopped, killed and resumed; results with named axes; refusals that
leave nothing behind. Usage: check_program.py AMBIT CONFIG"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy
import xarray

import cases

AMBIT, CONFIG = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SHORT = ["--training.train_steps=60", "--training.save_every_steps=7", "--wandb.log_every_steps=3",
         "--model.n_positions=10", "--model.n_dims=8", "--evaluation.n_points=10",
         *(f"--training.curriculum.{key}" for key in (
             "points.start=6", "points.end=10", "points.interval=10",
             "dims.start=2", "dims.end=8", "dims.interval=10"))]


def run(*arguments, **options):
    return subprocess.run([AMBIT, *arguments], capture_output=True, text=True, check=False, **options)


def parameters(path):
    with h5py.File(path) as file:
        return {f"{group}/{name}": file[group][name][()]
                for group in ("parameters", "moment1", "moment2") for name in file[group]}


def newest_step(run_folder):
    names = os.listdir(run_folder) if os.path.isdir(run_folder) else []
    return max((int(name[11:19]) for name in names if name.endswith(".h5")), default=-1)


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        os.chdir(cls.folder.name)
        done = run("pretrain", CONFIG, "-o", "whole", "--threads=1", *SHORT)
        assert done.returncode == 0, done.stderr

    def same_run(self, other):
        with open("whole/log.jsonl", "rb") as expected, open(f"{other}/log.jsonl", "rb") as got:
            self.assertEqual(got.read(), expected.read())
        expected = parameters("whole/checkpoint_00000060.h5")
        got = parameters(f"{other}/checkpoint_00000060.h5")
        self.assertEqual(got.keys(), expected.keys())
        for name, values in expected.items():
            self.assertEqual(got[name].tobytes(), values.tobytes(), name)

    def test_same_bits_for_two_threads(self):
        self.assertEqual(run("pretrain", CONFIG, "-o", "two", "--threads=2", *SHORT).returncode, 0)
        self.same_run("two")

    def test_stopped_killed_and_resumed(self):
        command = [AMBIT, "pretrain", CONFIG, "-o", "stopped", "--threads=1", *SHORT]
        for number, after in ((signal.SIGINT, 7), (signal.SIGKILL, 28)):
            with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
                while process.poll() is None and newest_step("stopped") < after:
                    time.sleep(0.002)
                process.send_signal(number)
                process.communicate()
            command = [AMBIT, "pretrain", CONFIG, "-o", "stopped", "--resume", "--threads=2", *SHORT]
        done = run(*command[1:])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.same_run("stopped")

    def test_interrupt_leaves_a_checkpoint(self):
        command = [AMBIT, "pretrain", CONFIG, "-o", "interrupted", "--wandb.log_every_steps=1"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            while not (os.path.exists("interrupted/log.jsonl")
                       and os.path.getsize("interrupted/log.jsonl")):
                time.sleep(0.002)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate()
        self.assertEqual(process.returncode, 75)
        self.assertIn("to continue: ambit pretrain", said)
        self.assertTrue(any(name.endswith(".h5") for name in os.listdir("interrupted")))

    def test_results(self):
        done = run("evaluate", "whole", "--evaluation.n_prompts=40")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("least_squares", done.stdout)
        with xarray.open_dataset("whole/results.h5", group="targets/dense") as dense:
            self.assertEqual(dense.error.dims, ("predictor", "prompt", "k"))
            self.assertEqual(dense.sizes["prompt"], 40)
            zero = dense["mean"].sel(predictor="zero")
            # y² of 40 prompts at 10 k has mean 1 and standard error 0.12: 1/8 of its variance of 2.75 is the function's
            self.assertLess(abs(float(zero.mean(skipna=False)) - 1), 0.5)
            self.assertTrue((dense["low"] <= dense["mean"]).all())
            exact = (1 - dense.k / 8).clip(0)  # least squares without noise, 8 dims
            got = dense["mean"].sel(predictor="least_squares")
            self.assertLess(float(abs(got - exact).max(skipna=False)), 0.5)
            self.assertLess(float(got.isel(k=-1)), 1e-10)
        with xarray.open_dataset("whole/results.h5", group="targets/convex") as convex:
            self.assertEqual(convex.error.dims, ("alpha", "predictor", "prompt", "k"))
        poorer = run("evaluate", "whole", "--evaluation.n_prompts=10")
        self.assertEqual(poorer.returncode, 2)
        self.assertIn("holds 40 prompts", poorer.stderr)

    def test_bench(self):
        done = run("bench", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        bench = json.loads(done.stdout)
        self.assertEqual([step["name"] for step in bench["steps"]], ["tiny", "small", "standard"])
        for work in bench["steps"] + bench["kernels_measured"]:
            self.assertGreater(work["seconds"], 0)
            self.assertGreater(work.get("share_of_peak", work.get("bytes_per_second")), 0)
        self.assertGreater(bench["peak_flop_per_second"], 1e8)
        for step in bench["steps"]:
            parts = {part["name"]: part for part in step["parts"]}
            self.assertAlmostEqual(sum(part["share_of_time"] for part in parts.values()), 1)
            self.assertEqual(sum(name.endswith("products") or "weights" in name for name in parts), 2)
            for name in set(parts) - {"the rest"}:
                self.assertTrue(0 < parts[name]["share_of_time"] < 1, parts[name])
                self.assertGreater(parts[name]["share_of_limit"], 0, parts[name])

    def test_used_folder_is_refused(self):
        again = run("pretrain", CONFIG, "-o", "whole", *SHORT)
        self.assertEqual(again.returncode, 2)
        self.assertIn("already holds", again.stderr)

    def test_resume_with_another_config_is_refused(self):
        changed = run("pretrain", CONFIG, "-o", "whole", "--resume", *SHORT,
                      "--training.learning_rate=0.5")
        self.assertEqual(changed.returncode, 2)
        self.assertIn("training.learning_rate: found 0.5, expected 0.002", changed.stderr)

    def test_wrong_config_leaves_nothing(self):
        wrong = run("pretrain", CONFIG, "-o", "wrong", "--training.batch_sizes=3")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("batch_size", wrong.stderr)
        self.assertFalse(os.path.exists("wrong"))

    def test_dry_run_writes_nothing(self):
        before = set(os.listdir("."))
        dry = run("pretrain", CONFIG, "-o", "dry", "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stderr)
        self.assertIn("parameters", dry.stdout)
        self.assertEqual(set(os.listdir(".")), before)


if __name__ == "__main__":
    cases.run()
