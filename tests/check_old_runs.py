# SPDX-License-Identifier: MIT
"""Runs that an earlier ambit (0.1.0, commit 574af86, `--kernels reference`) left in golden/old_runs still open,
evaluate to the errors it found, and resume to the log it wrote. Usage: check_old_runs.py AMBIT GOLDEN_RUNS"""
import json
import os
import shutil
import sys
import tempfile
import unittest

import h5py
import numpy
import cases
from tiny_run import log, newest, run, steps

AMBIT, RUNS = map(os.path.abspath, sys.argv[1:3])
# Mean errors of the transformer after step 4, by k.
ERRORS = {"adam": [0.608853086954251, 1.2697393369620995, 0.2224158741387321, 1.8613974497028924],
          "muon": [0.6084922550620205, 1.2701039400885503, 0.22261296868067793, 1.8606725798849697]}


def records(folder):
    return [json.loads(line) for line in log(folder).splitlines()]


def numbers_of(record):
    """The numbers of a log line; those inside objects after the others."""
    plain = {key: value for key, value in record.items() if not isinstance(value, dict)}
    inner = [value for value in record.values() if isinstance(value, dict)]
    return [*plain.values(), *(value for mapping in inner for value in mapping.values())]


class OldRuns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chdir(folder.name)

    def ambit(self, *words):
        done = run(AMBIT, *words, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def each(self):
        for name in ERRORS:
            folder = f"{self._testMethodName}_{name}"
            shutil.copytree(f"{RUNS}/{name}", folder)
            with self.subTest(run=name):
                yield name, folder

    def test_they_open(self):
        for _, folder in self.each():
            self.assertIn("digests agree", self.ambit("show", newest(folder)).stdout)

    def test_they_evaluate(self):
        for name, folder in self.each():
            self.ambit("evaluate", folder, "--kernels", "reference", "--quiet")
            with h5py.File(f"{folder}/results.h5") as file:
                numpy.testing.assert_allclose(file["targets/dense/mean"][0], ERRORS[name], rtol=1e-5)

    def test_they_become_weights(self):
        for _, folder in self.each():
            self.ambit("export", folder, "weights.safetensors")
            for number, source in enumerate((newest(folder), "weights.safetensors")):
                place = f"{folder}_{number}"
                self.ambit("import", source, place, f"{folder}/config.yaml")
                with h5py.File(newest(folder)) as old, h5py.File(newest(place)) as new:
                    self.assertEqual(old["parameters"].keys(), new["parameters"].keys())
                    for name, values in old["parameters"].items():
                        numpy.testing.assert_array_equal(values, new["parameters"][name])

    def test_a_log_ahead_of_the_checkpoints(self):
        """A run that was killed at its end has not finished."""
        for _, folder in self.each():
            done = run(AMBIT, "watch", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("8 of 8 steps are logged, but the last checkpoint is missing; to continue", done.stderr)

    def test_they_resume(self):
        """The log of the last four steps pins the parameters, both moments and the step of the checkpoint."""
        for name, folder in self.each():
            whole = records(folder)
            self.ambit("pretrain", f"{folder}/config.yaml", "-o", folder, "--resume", "--quiet",
                       "--kernels", "reference")
            self.assertEqual(steps(folder)[-1], 8)
            resumed = records(folder)
            self.assertEqual([record["step"] for record in resumed], list(range(8)))
            for old, new in zip(whole, resumed):
                self.assertEqual(old.keys(), new.keys())
                numpy.testing.assert_allclose(numbers_of(new), numbers_of(old), rtol=2e-6,
                                              err_msg=f"{name}, step {old['step']}")


if __name__ == "__main__":
    cases.run()
