# SPDX-License-Identifier: MIT
"""Checks evaluation over the steps of a run: the parameters that evaluation.every keeps while a run trains, what --dry-run says of
the disk, that no run continues from such a file, and the note where nothing was kept. Usage: check_dynamics.py AMBIT"""
import os
import re
import shutil
import sys
import tempfile
import unittest

import h5py
import cases
from tiny_run import newest, numbers, run, steps, write_config

AMBIT = os.path.abspath(sys.argv[1])
EVERY = ["--evaluation.every=10", "--model.n_embd=128", "--training.train_steps=60"]


def pretrain(folder, *more):
    return run(AMBIT, "pretrain", "tiny.yaml", "-o", folder, "--quiet", "--threads=1", *more, timeout=60)


def kept(folder):
    """Steps of the files of parameters alone, ascending."""
    return sorted(int(match[1]) for name in os.listdir(folder) if (match := re.fullmatch(r"parameters_(\d+)\.h5", name)))


def megabytes(folder):
    return sum(os.path.getsize(f"{folder}/{name}") for name in os.listdir(folder) if name.endswith(".h5")) / 2 ** 20


class Dynamics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chdir(folder.name)
        write_config()
        done = pretrain("every", *EVERY)
        assert done.returncode == 0, done.stderr

    def test_keeps_parameters_alone(self):
        self.assertEqual(kept("every"), [10, 20, 30, 40, 50, 60])
        self.assertEqual(steps("every"), [56, 60])
        with h5py.File("every/parameters_00000060.h5") as alone, h5py.File("every/checkpoint_00000060.h5") as whole:
            self.assertEqual(sorted(alone), ["parameters"])
            self.assertEqual(alone.attrs["step"], 60)
            self.assertEqual(alone.attrs["run"], whole.attrs["run"])
            for name, values in whole["parameters"].items():
                self.assertEqual(alone["parameters"][name][()].tobytes(), values[()].tobytes())

    def test_milestones_hold_the_parameters(self):
        """A checkpoint that stays for good needs no second file of its parameters."""
        done = pretrain("milestones", *EVERY, "--training.keep_every_steps=20")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(kept("milestones"), [10, 30, 50])
        self.assertEqual(steps("milestones"), [20, 40, 56, 60])
        shutil.copytree("milestones", "both")
        done = run(AMBIT, "evaluate", "both")
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("both/results.h5") as file:
            self.assertEqual(list(file["targets/dense/step"]), [10, 20, 30, 40, 50, 60])

    def test_disk_as_announced(self):
        for more in ([], ["--training.keep_every_steps=20"], ["--training.keep_last=5"], ["--evaluation.every=0"],
                     ["--training.save_every_steps=100"], ["--training.optimizer=muon"]):
            done = run(AMBIT, "pretrain", "tiny.yaml", "--dry-run", "--threads=1", *EVERY, *more)
            said = re.search(r"disk +(\S+) MiB at the end: (\d+) checkpoints?(.*alone of (\d+) steps?)?", done.stdout)
            self.assertIsNotNone(said, done.stdout)
            self.assertEqual(pretrain("disk", *EVERY, *more).returncode, 0)
            self.assertEqual(len(steps("disk")), int(said[2]), more)
            self.assertEqual(len(kept("disk")), int(said[4] or 0), more)
            # above it: attributes and checksums of each file, and what Muon keeps of second moments
            self.assertTrue(0 <= megabytes("disk") / float(said[1]) - 1 < 0.25, (more, said[0], megabytes("disk")))
            shutil.rmtree("disk")

    def test_no_run_continues_from_parameters(self):
        """Without checkpoints the run starts again, and ends with the same numbers."""
        shutil.copytree("every", "again")
        for step in steps("again"):
            os.remove(f"again/checkpoint_{step:08d}.h5")
        done = pretrain("again", *EVERY, "--resume")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("so training starts at step 0", done.stderr)
        self.assertEqual(numbers(newest("again")), numbers(newest("every")))
        self.assertEqual(kept("again"), kept("every"))

    def test_evaluates_every_step(self):
        done = run(AMBIT, "evaluate", "every")
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("every/results.h5") as file:
            self.assertEqual(list(file["targets/dense/step"]), [10, 20, 30, 40, 50, 60])
        self.assertNotIn("note", done.stderr)
        alone = run(AMBIT, "evaluate", "every/parameters_00000030.h5", "-o", "alone.h5", "--evaluation.every=0")
        self.assertEqual(alone.returncode, 0, alone.stderr)
        with h5py.File("every/results.h5") as file, h5py.File("alone.h5") as other:
            self.assertEqual(file["targets/dense/error"][2].tobytes(), other["targets/dense/error"][()].tobytes())
        self.assertIn("6 steps, 10 … 60", run(AMBIT, "show", "every").stdout)

    def test_steps_between_multiples(self):
        """All multiples up to a step that is none are there; that the results end before it is said."""
        self.assertEqual(pretrain("between", *EVERY, "--training.train_steps=15").returncode, 0)
        done = run(AMBIT, "evaluate", "between")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("warning", done.stderr)
        self.assertIn("the newest checkpoint, of step 15, is not at a multiple of 10; results end at step 10",
                      " ".join(done.stderr.split()))

    def test_note_where_nothing_was_kept(self):
        self.assertEqual(pretrain("late").returncode, 0)
        done = run(AMBIT, "evaluate", "late", "--evaluation.every=30", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("of the 2 steps at multiples of 30, 1 is kept, the last 60", done.stderr)
        self.assertIn("when it is pretrained", done.stderr)
        done = run(AMBIT, "evaluate", "late", "--evaluation.every=17", "--quiet")
        self.assertEqual(done.returncode, 2)
        self.assertIn("evaluation.every at pretraining", done.stderr)
        self.assertIn("--evaluation.every=0 takes the newest", done.stderr)


if __name__ == "__main__":
    cases.run()
