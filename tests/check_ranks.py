# SPDX-License-Identifier: MIT
"""One training and one evaluation shared by the ranks of a job of MPI: the same bits for any number of ranks and
threads, for stops and kills, and on two hosts, which are network namespaces. Skipped without mpirun or ambit-mpi.
Usage: check_ranks.py AMBIT AMBIT_MPI|none [--kills N] [--seed N] [CASE…]"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy as np

import cases
from tiny_run import CONFIG, differences, run, steps, write_config

TINY = CONFIG.replace("shards: 2", "shards: 16\n  groups: 8\n  optimizer: muon").replace("batch_size: 8", "batch_size: 16")
WORDS = """out_dir: runs
model: {head: language, n_embd: 16, n_layer: 1, n_head: 2}
corpus: {language: tense_inflection, train: 400, validation: 40, generalization: 40}
training: {batch_size: 8, train_steps: 40}
evaluation: {n_examples: 37, every: 20, batch_size: 10, predictors: [transformer, n_gram, linear_rule, uniform]}
"""
SLOW = ["--training.train_steps=200", "--training.save_every_steps=10", "--wandb.log_every_steps=1"]
ENVIRONMENT = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                            "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_mpi_yield_when_idle": "1",
                            "OMP_WAIT_POLICY": "passive"}  # more threads than cores
HOSTS = ("ambit1", "ambit2")
OPTIONS = None


def mpirun(ranks, *command, program=None):
    return ["mpirun", "-n", str(ranks), "--bind-to", "none", program or OPTIONS.ambit_mpi, *command]


def run_ranks(ranks, *command, **options):
    return run(*mpirun(ranks, *command, **options), env=ENVIRONMENT, timeout=300)


def ranks_of(launcher):
    """The processes that mpirun has started on this machine."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii") as file:
                command, fields = file.read().rsplit(")", 1)
        except (OSError, ValueError):
            continue
        if int(fields.split()[1]) == launcher and command.endswith("ambit-mpi"):
            found.append(int(name))
    return sorted(found)


def own_lines(text):
    """What ambit says, without mpirun's own lines."""
    return [line for line in text.splitlines() if line.startswith(("ambit:", "note:", "warning:"))]


def results(path):
    """All arrays of a results file but the times."""
    arrays = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: arrays.update({name: np.asarray(item[()])}) if isinstance(item, h5py.Dataset) else None)
    return {name: values for name, values in arrays.items() if not name.endswith("/seconds")}


class Ranks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        os.chdir(cls.scratch.name)
        write_config(text=TINY)
        for name, more in (("whole", []), ("long", SLOW)):
            done = run(OPTIONS.ambit, "pretrain", "tiny.yaml", "-o", name, "--quiet", *more)
            assert done.returncode == 0, done.stderr

    def test_bits_do_not_depend_on_ranks_and_threads(self):
        for ranks in (1, 2, 4, 8):
            for threads in (1, 2, 3):
                with self.subTest(ranks=ranks, threads=threads):
                    folder = f"run{ranks}x{threads}"
                    done = run_ranks(ranks, "pretrain", "tiny.yaml", "-o", folder, "--threads", str(threads), "--quiet")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(differences(folder, "whole"), [])

    def test_one_process_shows_progress(self):
        done = run_ranks(4, "pretrain", "tiny.yaml", "-o", "shown")
        self.assertEqual(done.returncode, 0, done.stderr)
        for text in ("pretraining on", "parameters", "60/60", "60 steps took"):
            self.assertEqual(done.stderr.count(text), 1, done.stderr)

    def begin(self, ranks, folder, *more):
        launcher = subprocess.Popen(mpirun(ranks, "pretrain", "tiny.yaml", "-o", folder, "--quiet", "--threads", "1",
                                           *SLOW, *more), env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        self.addCleanup(launcher.stderr.close)
        end = time.monotonic() + 60
        while time.monotonic() < end and not (os.path.isdir(folder) and steps(folder)):
            time.sleep(0.002)
        return launcher

    def test_a_signal_to_one_rank_stops_all_and_one_process_goes_on(self):
        launcher = self.begin(4, "stopped")
        os.kill(ranks_of(launcher.pid)[2], signal.SIGTERM)
        _, text = launcher.communicate(timeout=60)
        self.assertEqual(launcher.returncode, 75, text)
        self.assertEqual(text.count("the run stopped after step"), 1, text)
        self.assertLess(steps("stopped")[-1], 200)
        done = run(OPTIONS.ambit, "pretrain", "tiny.yaml", "-o", "stopped", "--quiet", "--resume", *SLOW)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(differences("stopped", "long"), [])

    def test_killed_runs_go_on_with_any_number_of_ranks(self):
        dice, kills, runs = random.Random(OPTIONS.seed), {"one rank": 0, "all": 0}, 0
        while sum(kills.values()) < OPTIONS.kills:
            folder, runs = f"killed{runs}", runs + 1
            for _ in range(20):
                ranks = dice.choice((2, 4))
                launcher = self.begin(ranks, folder, *(["--resume"] if os.path.isdir(folder) else []))
                time.sleep(dice.uniform(0, 0.3))
                victims = ranks_of(launcher.pid)
                kind = dice.choice(list(kills))
                for victim in victims if kind == "all" else victims and [dice.choice(victims)]:
                    try:
                        os.kill(victim, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                _, text = launcher.communicate(timeout=60)
                if launcher.returncode == 0:
                    break
                self.assertEqual(launcher.returncode, 137, text)
                kills[kind] += 1
            done = run(OPTIONS.ambit, "pretrain", "tiny.yaml", "-o", folder, "--quiet", "--resume", *SLOW)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(differences(folder, "long"), [])
        print(json.dumps({"kills": kills, "runs": runs}))

    def test_a_failure_of_one_ends_all_with_one_message(self):
        launcher = self.begin(4, "removed", "--training.train_steps=1000000")
        os.rename("removed", "gone")  # at once, while files are written there
        _, text = launcher.communicate(timeout=60)
        self.assertEqual(launcher.returncode, 1, text)
        self.assertEqual(len(own_lines(text)), 1, text)

    def refused(self, done, *texts):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(len(own_lines(done.stderr)), 1, done.stderr)
        for text in texts:
            self.assertIn(text, done.stderr)

    def test_numbers_of_ranks_that_do_not_divide_are_refused(self):
        self.refused(run_ranks(3, "pretrain", "tiny.yaml", "-o", "refused"), "found 3 processes", "power of two")
        self.refused(run_ranks(2, "pretrain", "tiny.yaml", "-o", "refused", "--training.groups=1"),
                     "--training.groups=2")
        self.assertFalse(os.path.exists("refused"))

    def test_ranks_that_differ_are_refused(self):
        common = ["pretrain", "tiny.yaml", "-o", "refused", "--quiet"]
        for more, text in ((["--seed=4"], "seed: 4 (process 1"), (["--kernels", "reference"], "reference (process 1"),
                           (["--resume"], "resume 1")):
            second = mpirun(1, *common, *more)[1:]
            self.refused(run(*mpirun(1, *common), ":", *second, env=ENVIRONMENT, timeout=60), text)

    def test_programs_without_mpi_refuse_several_processes(self):
        for command in (["pretrain", "tiny.yaml", "-o", "refused"], ["evaluate", "whole", "-o", "refused.h5"]):
            done = run_ranks(2, *command, program=OPTIONS.ambit)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("ambit-mpi", done.stderr)
        for variable in ("PMI_SIZE", "SLURM_STEP_NUM_TASKS"):
            self.refused(run(OPTIONS.ambit, "pretrain", "tiny.yaml", env=os.environ | {variable: "2"}), variable)
        done = run(OPTIONS.ambit, "pretrain", "tiny.yaml", "-o", "batch", "--quiet",
                   env=os.environ | {"SLURM_NTASKS": "2", "PMI_SIZE": "1"})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_cores_that_the_launcher_withholds_are_named(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("one core")
        done = run("mpirun", "-n", "2", "--bind-to", "core", OPTIONS.ambit_mpi, "pretrain", "tiny.yaml", "-o", "bound",
                   env=ENVIRONMENT | {"OMPI_MCA_rmaps_base_oversubscribe": "0"}, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--bind-to none", done.stderr)

    def test_results_do_not_depend_on_ranks(self):
        more = ["--evaluation.n_prompts=83", "--evaluation.batch_size=20", "--evaluation.keep_prompts=true",
                "--evaluation.predictors=[transformer, least_squares, bayes, zero]", "--evaluation.reference=zero"]
        self.same_results("whole", (2, 3, 4, 8), more)

    def test_interrupted_evaluations_go_on_with_any_number_of_ranks(self):
        scales = ", ".join(f"{1 + i / 100}" for i in range(200))
        more = ["--quiet", "--threads=1", "--evaluation.targets=[{name: dense, task: linear_regression}, "
                f"{{name: long, task: linear_regression, sweep: {{scale: [{scales}]}}}}]"]
        self.assertEqual(run(OPTIONS.ambit, "evaluate", "whole", "-o", "uninterrupted.h5", *more).returncode, 0)
        for number, code, ranks in ((signal.SIGTERM, 75, 1), (signal.SIGKILL, 137, 2)):
            output = f"interrupted{ranks}.h5"
            launcher = subprocess.Popen(mpirun(2, "evaluate", "whole", "-o", output, *more), env=ENVIRONMENT,
                                        stderr=subprocess.PIPE, text=True)
            while launcher.poll() is None and not os.path.exists(f"{output}.partial"):
                time.sleep(0.001)
            os.kill(ranks_of(launcher.pid)[1], number)
            _, text = launcher.communicate(timeout=60)
            self.assertEqual((launcher.returncode, os.path.exists(output)), (code, False), text)
            words = ["evaluate", "whole", "-o", output, *more[1:]]
            done = run(OPTIONS.ambit, *words) if ranks == 1 else run_ranks(ranks, *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stderr.count("goes on, 1 of 2 targets are done"), 1, done.stderr)
            self.same_numbers(results(output), results("uninterrupted.h5"), output)
            self.assertFalse(os.path.exists(f"{output}.partial"))

    def test_results_of_sentences_do_not_depend_on_ranks(self):
        write_config("words.yaml", WORDS)
        done = run(OPTIONS.ambit, "pretrain", "words.yaml", "-o", "words", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.same_results("words", (2, 3), [])
        self.same_results("words", (4,), ["--evaluation.keep_outputs=true"])

    def same_results(self, folder, numbers, more):
        done = run(OPTIONS.ambit, "evaluate", folder, "-o", f"{folder}_one.h5", "--quiet", *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        whole = results(f"{folder}_one.h5")
        for ranks in numbers:
            done = run_ranks(ranks, "evaluate", folder, "-o", f"{folder}_ranks.h5", "--quiet", *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.same_numbers(results(f"{folder}_ranks.h5"), whole, f"{ranks} ranks")

    def same_numbers(self, found, whole, what):
        self.assertEqual(whole.keys(), found.keys())
        for name, values in whole.items():
            same = values.tobytes() == found[name].tobytes() if values.dtype != object else \
                values.tolist() == found[name].tolist()
            self.assertTrue(same, f"{what}: {name}")

    def test_two_hosts(self):
        with Hosts(self) as hosts:
            done = run(*hosts.mpirun(4, "pretrain", "tiny.yaml", "-o", "hosts", "--quiet", "--threads", "1"),
                       env=ENVIRONMENT, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(differences("hosts", "whole"), [])


class Hosts:
    """Two hosts without ssh: network namespaces that a veth pair joins, each with a host name of its own."""

    def __init__(self, test=None):
        self.test = test

    def give_up(self, reason):
        self.close()
        if self.test:
            self.test.skipTest(reason)
        sys.exit(f"skipped: {reason}")

    def must(self, *command):
        try:
            done = run(*command)
        except FileNotFoundError as missing:
            self.give_up(f"no {missing.filename}")
        if done.returncode:
            self.give_up(f"network namespaces are not allowed: {' '.join(command)}: {done.stderr.strip()}")

    def __enter__(self):
        self.must("unshare", "-u", "true")
        for number, host in enumerate(HOSTS, 1):
            self.must("ip", "netns", "add", host)
            os.makedirs(f"/etc/netns/{host}", exist_ok=True)
            with open(f"/etc/netns/{host}/hosts", "w", encoding="ascii") as file:
                file.write("127.0.0.1 localhost\n" + "".join(f"10.99.0.{i} {name}\n" for i, name in enumerate(HOSTS, 1)))
            if number == 1:
                self.must("ip", "link", "add", "eth0", "netns", HOSTS[0], "type", "veth", "peer", "name", "peer0")
            else:
                self.must("ip", "link", "set", "peer0", "netns", host, "name", "eth0")
            self.must("ip", "netns", "exec", host, "ip", "address", "add", f"10.99.0.{number}/24", "dev", "eth0")
        for host in HOSTS:
            for link in ("lo", "eth0"):
                self.must("ip", "netns", "exec", host, "ip", "link", "set", link, "up")
        with open("agent", "w", encoding="ascii") as file:
            file.write('#!/bin/sh\nhost=$1\nshift\nexec ip netns exec "$host" unshare -u sh -c "hostname $host; $*"\n')
        os.chmod("agent", 0o755)
        return self

    def mpirun(self, ranks, *command):
        """ranks / 2 on each host."""
        words = ["mpirun", "-n", str(ranks), "--host", ",".join(f"{host}:{ranks // 2}" for host in HOSTS),
                 "--mca", "plm_rsh_agent", os.path.abspath("agent"), "--mca", "btl", "tcp,self",
                 "--mca", "btl_tcp_if_include", "eth0", "--mca", "oob_tcp_if_include", "eth0", "--bind-to", "none",
                 "-x", "OMPI_MCA_mpi_yield_when_idle", OPTIONS.ambit_mpi, *command]
        return ["ip", "netns", "exec", HOSTS[0], "unshare", "-u", "sh", "-c", f'hostname {HOSTS[0]}; exec "$@"', "sh",
                *words]

    def close(self):
        for host in HOSTS:
            run("ip", "netns", "delete", host)
            shutil.rmtree(f"/etc/netns/{host}", ignore_errors=True)

    def __exit__(self, *_):
        self.close()


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("ambit", type=os.path.abspath)
    parser.add_argument("ambit_mpi")
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_known_args()


def main():
    global OPTIONS
    OPTIONS, rest = parse()
    if OPTIONS.ambit_mpi == "none":
        print("skipped: ambit-mpi is not built (libopenmpi-dev, -Dmpi=enabled)")
        sys.exit(77)
    if not shutil.which("mpirun"):
        print("skipped: there is no mpirun (openmpi-bin)")
        sys.exit(77)
    OPTIONS.ambit_mpi = os.path.abspath(OPTIONS.ambit_mpi)
    cases.run((f"Ranks.{name}" for name in rest), verbosity=2)


if __name__ == "__main__":
    main()
