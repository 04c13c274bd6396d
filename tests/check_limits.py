# SPDX-License-Identifier: MIT
"""Checks what ambit does where the system gives little, and with files that ask for much: one message, soon. Usage:
check_limits.py AMBIT"""
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import h5py
import cases
from tiny_run import CONFIG, newest, run, steps, write_config

AMBIT = os.path.abspath(sys.argv[1])


def limited(*words, environment=(), **limits):
    def limit():
        for name, size in limits.items():
            resource.setrlimit(getattr(resource, name), (size, size))
    return run(AMBIT, *words, timeout=30, preexec_fn=limit, env={**os.environ, **dict(environment)})


def pretrain(folder, *more, **limits):
    return limited("pretrain", "tiny.yaml", "-o", folder, "--quiet", *more, **limits)


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chdir(folder.name)
        write_config()
        for words in (["pretrain", "tiny.yaml", "-o", "whole"], ["evaluate", "whole"]):
            done = limited(*words, "--quiet", "--threads=1")
            assert done.returncode == 0, done.stderr
        with open(AMBIT, "rb") as program:
            cls.sanitized = b"__asan_init" in program.read()

    def refused(self, done, *words, code=2):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_a_model_larger_than_this_machine(self):
        """2.3 TiB of parameters: what they cost is told, and how much they lack."""
        sizes = ["--model.n_embd=16384", "--model.n_layer=200", "--threads=1"]
        dry = limited("pretrain", "tiny.yaml", "--dry-run", *sizes)
        self.assertEqual(dry.returncode, 0, dry.stderr)
        self.assertIn("parameters  644", dry.stdout)
        self.assertRegex(dry.stdout, r"memory +\S+ TiB, of which \d+ gradient buffers? of \S+ TiB\n")
        self.assertRegex(dry.stdout, r"disk +\S+ TiB at the end")
        self.assertRegex(dry.stdout, r"not measured: this machine has \S+ [GT]iB of memory")
        done = pretrain("huge", *sizes)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"parameters, which take 2\.3\d TiB; training takes \S+ TiB, and this machine has \S+ [GT]iB")
        self.assertFalse(os.path.exists("huge"))

    def test_a_step_of_minutes_is_estimated_from_some_shards(self):
        dry = limited("pretrain", "tiny.yaml", "--dry-run", "--threads=1", "--model.n_embd=64", "--model.n_layer=4",
                      "--training.batch_size=1048576", "--training.shards=1024")
        self.assertEqual(dry.returncode, 0, dry.stderr)
        self.assertRegex(dry.stdout, r"run +60 steps of 1048576 prompts, about (\d+:\d\d|[1-5]\d):\d\d\n")

    def test_address_space(self):
        """OpenBLAS would spin for a buffer that it does not get, at the start of the program and in a product."""
        if self.sanitized:
            self.skipTest("a sanitizer takes all address space")
        for size in (100 << 20, 200 << 20):
            self.refused(pretrain("small", "--threads=2", RLIMIT_AS=size), "OpenBLAS", "ulimit -v", code=1)
        self.refused(limited("list", "families", RLIMIT_AS=100 << 20), "128 MiB", "ulimit -v", code=1)
        self.refused(pretrain("small", "--threads=2", RLIMIT_AS=300 << 20), "2 threads would need 272 MiB", code=1)
        self.assertEqual(limited("list", "families", RLIMIT_AS=300 << 20).returncode, 0)
        self.refused(limited("evaluate", "whole", "--threads=8", RLIMIT_AS=900 << 20), "8 threads would need", code=1)
        self.assertEqual(pretrain("enough", "--threads=1", RLIMIT_AS=600 << 20).returncode, 0)
        self.assertEqual(limited("evaluate", "enough", "--quiet", "--threads=1", RLIMIT_AS=600 << 20).returncode, 0)

    def test_a_report_in_little_address_space(self):
        """Python's libraries would fail in many lines, or in none."""
        if self.sanitized:
            self.skipTest("a sanitizer takes all address space")
        for size in (300, 1000):
            self.refused(limited("report", "whole", RLIMIT_AS=size << 20), f"the limit is {size} MiB (ulimit -v)", code=1)

    def test_stacks(self):
        """OpenMP would end the process with a message of its own."""
        for size in ("64k", "32"):
            self.refused(pretrain("stack", environment={"OMP_STACKSIZE": size}.items()), f"OMP_STACKSIZE: found {size}")
        self.assertEqual(pretrain("stack", environment={"OMP_STACKSIZE": "2 m"}.items()).returncode, 0)

    def test_more_threads_than_work(self):
        used = []
        for threads in ("1", "1000"):
            with subprocess.Popen([AMBIT, "evaluate", "whole", "--quiet", f"--threads={threads}", "-o",
                                   f"{threads}.h5"]) as process:
                _, status, usage = os.wait4(process.pid, 0)
                self.assertEqual(status, 0)
                used.append(usage.ru_maxrss)
        self.assertLess(used[1], used[0] + 20000)

    def test_large_pools_take_no_memory(self):
        """A small config in a folder or file from elsewhere."""
        if self.sanitized:
            self.skipTest("a sanitizer takes all address space")
        shutil.copytree("whole", "pool")
        write_config("pool/config.yaml", CONFIG.replace("save_every_steps: 7", "num_tasks: 16777216"))
        done = limited("watch", "pool", RLIMIT_AS=300 << 20)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_many_keys(self):
        with open("many.yaml", "w", encoding="utf-8") as file:
            file.write("out_dir: a\nextra:\n" + "".join(f"  key{i}: 1\n" for i in range(60000)))
        self.refused(run(AMBIT, "pretrain", "many.yaml", timeout=20), "many.yaml:2: found 60000 keys in one mapping",
                     "at most 4096")

    def test_many_values_of_an_axis(self):
        """Every label is compared with its neighbours alone, once they are sorted."""
        for more, words in (([], "makes more than 100000 tasks"), (["1.0"], '"1" and "1.0" are both 1 in a folder')):
            values = ", ".join([*map(str, range(120000)), *more])
            write_config("axis.yaml", f"{CONFIG}grid: [{{seed: [{values}]}}]\n")
            self.refused(run(AMBIT, "grid", "axis.yaml", timeout=20), "axis.yaml:", words)

    def test_a_directive_is_no_empty_file(self):
        with open("directive.yaml", "w", encoding="utf-8") as file:
            file.write("# a config\n%YAML 9.9\n---\nout_dir: a\n")
        self.refused(run(AMBIT, "pretrain", "directive.yaml"), 'directive.yaml:2: found "%YAML 9.9"')

    def test_tensors_that_share_bytes(self):
        for name, begin in (("over", 4), ("beside", 8)):
            tensors = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                       "b": {"dtype": "F32", "shape": [2], "data_offsets": [begin, begin + 8]}}
            header = json.dumps(tensors).encode()
            with open(f"{name}.safetensors", "wb") as file:
                file.write(struct.pack("<Q", len(header)) + header + bytes(begin + 8))
        done = run(AMBIT, "import", "over.safetensors", "over", "tiny.yaml")
        self.refused(done, "over.safetensors: a and b lie over each other")
        self.assertNotIn("lie over", run(AMBIT, "import", "beside.safetensors", "beside", "tiny.yaml").stderr)

    def test_a_newer_file_names_its_version(self):
        shutil.copy(newest("whole"), "newer.h5")
        with h5py.File("newer.h5", "a") as file:
            file.attrs.create("schema_version", 99, dtype=file.attrs.get_id("schema_version").dtype)
            file.attrs.create("code_version", b"9.8.7 (abc)", dtype=h5py.string_dtype("utf-8", 11))
        self.refused(run(AMBIT, "show", "newer.h5"), "found schema version 99", "take ambit 9.8.7 (abc)")

    def test_a_folder_whose_name_is_not_utf8(self):
        folder = b"r\xffn"
        done = subprocess.run([AMBIT, b"pretrain", b"tiny.yaml", b"-o", folder, b"--quiet"], check=False,
                              stderr=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(subprocess.run([AMBIT, b"evaluate", folder, b"--quiet"], check=False).returncode, 0)
        for name in (b"/checkpoint_00000060.h5", b"/results.h5"):
            with h5py.File(folder + name) as file:
                command = file.attrs["command"]
                command = command.decode("utf-8") if isinstance(command, bytes) else command
                self.assertIn("r\\xffn", command)

    def test_checkpoints_that_come_and_go(self):
        """A run that trains removes the checkpoint that was found; the next one is taken."""
        with subprocess.Popen([AMBIT, "pretrain", "tiny.yaml", "-o", "moving", "--quiet", "--threads=1",
                               "--training.train_steps=1000000", "--training.save_every_steps=1",
                               "--training.keep_last=1"]) as process:
            try:
                while not (os.path.isdir("moving") and steps("moving")):
                    self.assertIsNone(process.poll())
                for i in range(30):
                    done = run(AMBIT, "export", "moving", f"{i}.safetensors")
                    self.assertEqual(done.returncode, 0, done.stderr)
                for i in range(10):
                    done = run(AMBIT, "evaluate", "moving", "-o", f"moving{i}.h5", "--quiet", "--threads=1")
                    self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIsNone(process.poll())
            finally:
                process.kill()


if __name__ == "__main__":
    cases.run()
