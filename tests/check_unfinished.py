# SPDX-License-Identifier: MIT
"""Interrupted evaluations: what they keep, who goes on from it, and that the results are those of one that nobody
interrupted. Usage: check_unfinished.py AMBIT"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

try:
    import h5py
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import cases
from tiny_run import CONFIG, run, write_config

AMBIT = os.path.abspath(sys.argv[1])
VALUES = ", ".join(f"{1 + i / 100}" for i in range(400))
TARGETS = f"""
  - {{name: dense, task: linear_regression}}
  - {{name: sparse, task: sparse_linear_regression, task_kwargs: {{sparsity: 1}}, probes: [implied_weights]}}
  - {{name: long, task: linear_regression, sweep: {{scale: [{VALUES}]}}}}
"""
TIMES = ("seconds",)


def contents(path):
    """Every number and text of a results file but times, with what datasets say of themselves."""
    found = {}
    with h5py.File(path) as file:
        def visit(name, item):
            if isinstance(item, h5py.Dataset) and name.rsplit("/", maxsplit=1)[-1] not in TIMES:
                value = item[()]
                found[name] = [value.tobytes() if value.dtype != object else value.tolist(),
                               [[scale.name for scale in dim.values()] for dim in item.dims],
                               str(item.attrs.get("long_name")), item.attrs.get("CLASS")]
        file.visititems(visit)
        found["order"] = list(file["targets"])
        for name in ("content", "config", "kernels", "evaluation_seed", "step", "models"):
            found[name] = str(file.attrs[name])
    return found


class Unfinished(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        os.chdir(cls.folder.name)
        text = CONFIG.replace(" [{name: dense, task: linear_regression}]\n", TARGETS)
        done = run(AMBIT, "pretrain", write_config(text=text), "-o", "run", "--quiet")
        assert done.returncode == 0, done.stderr
        assert run(AMBIT, "evaluate", "run", "-o", "whole.h5", "--quiet").returncode == 0
        cls.whole = contents("whole.h5")

    def evaluate(self, output, *more):
        return run(AMBIT, "evaluate", "run", "-o", output, "--quiet", *more)

    def interrupt(self, output, number, *more):
        """Ends an evaluation once it has kept something; returns the process and what it said."""
        with subprocess.Popen([AMBIT, "evaluate", "run", "-o", output, "--quiet", *more], stderr=subprocess.PIPE,
                              text=True) as process:
            while process.poll() is None and not os.path.exists(f"{output}.partial"):
                time.sleep(0.001)
            process.send_signal(number)
            said = process.stderr.read()
        self.assertFalse(os.path.exists(output))
        self.assertTrue(os.path.exists(f"{output}.partial"))
        return process.returncode, said

    def goes_on(self, output):
        done = run(AMBIT, "evaluate", "run", "-o", output)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"\.partial: goes on, [12] of 3 targets are done")
        self.assertEqual(contents(output), self.whole)
        self.assertFalse(os.path.exists(f"{output}.partial"))

    def test_killed(self):
        code, _ = self.interrupt("killed.h5", signal.SIGKILL)
        self.assertEqual(code, -signal.SIGKILL)
        self.goes_on("killed.h5")
        self.assertEqual([name for name in os.listdir() if ".tmp" in name and "killed" in name], [])

    def test_stopped(self):
        code, said = self.interrupt("stopped.h5", signal.SIGINT)
        self.assertEqual(code, 75, said)
        self.assertRegex(said, r"stopped.h5.partial keeps [12] of 3 targets; the same command goes on from there")
        kept = pathlib.Path("stopped.h5.partial").read_bytes()
        for command in (["show"], ["report"], ["convert"]):
            refused = run(AMBIT, *command, "stopped.h5.partial")
            self.assertEqual(refused.returncode, 2, refused.stderr)
            self.assertIn("an unfinished evaluation", refused.stderr)
        dry = run(AMBIT, "evaluate", "run", "-o", "stopped.h5", "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stderr)
        self.assertIn("slowest predictor", dry.stdout)
        self.assertEqual(pathlib.Path("stopped.h5.partial").read_bytes(), kept)
        self.goes_on("stopped.h5")

    def test_another_evaluation_begins_anew(self):
        self.interrupt("other.h5", signal.SIGKILL, "--evaluation.seed=7")
        done = self.evaluate("other.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("other.h5.partial is of another evaluation", done.stderr)
        self.assertEqual(contents("other.h5"), self.whole)

    def test_damaged(self):
        self.interrupt("damaged.h5", signal.SIGKILL)
        with open("damaged.h5.partial", "r+b") as file:
            file.seek(3000)
            byte = file.read(1)
            file.seek(3000)
            file.write(bytes([byte[0] ^ 1]))
        done = self.evaluate("damaged.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("is of another evaluation", done.stderr)
        self.assertEqual(contents("damaged.h5"), self.whole)


if __name__ == "__main__":
    cases.run()
