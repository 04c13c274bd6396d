# SPDX-License-Identifier: MIT
"""What ranks gain, measured: steps of one process beside steps of ranks, alternating in one run; memory of a rank beside
what --dry-run promises; and, as root, steps over a link of two network namespaces, as it is and slowed, beside the
model of --dry-run. Usage, on a quiet machine:

    /usr/bin/python3 tests/bench/ranks.py BUILD efficiency [ROUNDS]
    /usr/bin/python3 tests/bench/ranks.py BUILD memory
    /usr/bin/python3 tests/bench/ranks.py BUILD link [GBIT]
"""
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import check_ranks  # noqa: E402
from check_ranks import ENVIRONMENT, HOSTS, Hosts, mpirun, ranks_of, run  # noqa: E402

STANDARD = [ROOT / "experiments/standard/garg_linear.yaml", "--training.batch_size=32", "--training.shards=8",
            "--training.groups=4"]
# The parameters of the standard model and little to compute, so that the exchange shows.
BARE = [*STANDARD, "--training.batch_size=4", "--training.shards=4", "--training.curriculum.points.start=5",
        "--training.curriculum.points.end=5"]
WHOLE = [ROOT / "experiments/standard/garg_linear.yaml"]
SMALL = [ROOT / "experiments/small/garg_linear.yaml", "--training.groups=8"]
EXACT = ENVIRONMENT | {"OMP_WAIT_POLICY": "active"}


def words(config, *more):
    return ["pretrain", *map(str, config), "--dry-run", *more]


def step(command):
    done = run(*command, env=EXACT)
    found = re.search(r"([0-9.e+]+) (m?s) measured", done.stdout)
    if not found:
        sys.exit(f"{' '.join(command)}: {done.stdout[-500:]}{done.stderr}")
    return float(found[1]) * (1 if found[2] == "ms" else 1000)


def load():
    return f"load {os.getloadavg()[0]:.1f}"


def efficiency(rounds=5):
    """One rank of two threads beside two ranks of one."""
    for name, config in (("standard", WHOLE),
                         ("standard, 8 shards, 2 groups", [*WHOLE, "--training.shards=8", "--training.groups=2"]),
                         ("small", SMALL)):
        alone, both = words(config, "--threads", "2"), words(config, "--threads", "1")
        times = []
        for i in range(rounds):
            pair = {2: lambda: step(mpirun(2, *both)), 1: lambda: step([check_ranks.OPTIONS.ambit, *alone])}
            found = {n: pair[n]() for n in ((1, 2), (2, 1))[i % 2]}
            times.append((found[1], found[2]))
        low, middle, high = statistics.quantiles((a / b for a, b in times), n=4)
        one, two = (min(column) for column in zip(*times))
        print(f"{name}: efficiency {middle:.3f}, quartiles {low:.3f} to {high:.3f}; of the fastest rounds {one / two:.3f} "
              f"(1 rank × 2 threads {one:.1f} ms, 2 ranks × 1 thread {two:.1f} ms; {rounds} alternating rounds, {load()})",
              flush=True)


def memory():
    """The most resident bytes of the first and the last rank, less those of a tiny model. The first writes too."""
    tiny = ["--model.n_embd=8", "--model.n_layer=1", "--model.n_head=1", "--training.batch_size=4"]
    for ranks in (1, 2, 4):
        found = []
        for more in (tiny, []):
            with tempfile.TemporaryDirectory() as folder:
                command = mpirun(ranks, "pretrain", *map(str, STANDARD), "-o", f"{folder}/run", "--quiet", "--threads",
                                 "1", "--training.train_steps=3", "--kernels=baseline",
                                 "--training.curriculum.points.start=41", *more,
                                 *(["--training.shards=4"] if more else []))
                launcher = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE)
                most = {}
                while launcher.poll() is None:
                    for rank in ranks_of(launcher.pid):
                        try:
                            text = pathlib.Path(f"/proc/{rank}/status").read_text(encoding="ascii")
                            number = int(re.search(rb"OMPI_COMM_WORLD_RANK=(\d+)",
                                                   pathlib.Path(f"/proc/{rank}/environ").read_bytes())[1])
                            most[number] = max(most.get(number, 0), int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024)
                        except (OSError, TypeError):
                            pass
                    time.sleep(0.01)
                found.append(most)
        said = run(*mpirun(ranks, *words(STANDARD, "--threads", "1", "--kernels=baseline")), env=ENVIRONMENT).stdout
        trainer, checkpoint = (float(re.search(rf"^{what} +(\S+) MiB", said, re.MULTILINE)[1])
                               for what in ("memory", "checkpoint"))
        for rank, promised in ((0, trainer + checkpoint), (ranks - 1, trainer))[:min(ranks, 2)]:
            taken = found[1][rank] - found[0][rank]
            print(f"rank {rank} of {ranks}: {promised:.0f} MiB promised, {taken:.0f} MiB taken")


def slow(gbit):
    for host in HOSTS:
        done = run("ip", "netns", "exec", host, "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate",
                   f"{gbit}gbit", "burst", "512kb", "latency", "50ms")
        if done.returncode:
            sys.exit(f"no tbf: {done.stderr}")


def link(gbit=1):
    """Two ranks on two hosts, one thread each."""
    alone = [check_ranks.OPTIONS.ambit, *words(BARE, "--threads", "1")]
    said = run(*alone, env=EXACT).stdout
    mebibytes = float(re.search(r"sends ([0-9.]+) MiB", said)[1])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with Hosts() as hosts:
            together = hosts.mpirun(2, *words(BARE, "--threads", "1"))
            for rate in (None, gbit):
                if rate:
                    slow(rate)
                times = [(step(alone), step(together)) for _ in range(3)]
                one, two = (statistics.median(column) for column in zip(*times))
                exchange = 8 * mebibytes * 1.048576 / 2 / rate if rate else 0
                print(f"{f'{rate} Gbit/s' if rate else 'link as it is'}: 1 rank {one:.0f} ms, 2 hosts {two:.0f} ms; "
                      f"model {one / 2 + exchange:.0f} ms, of which exchange {exchange:.0f} ({load()})")


def main(build, what, *numbers):
    build = pathlib.Path(build).resolve()
    check_ranks.OPTIONS = type("Options", (), {"ambit": str(build / "ambit"), "ambit_mpi": str(build / "ambit-mpi")})
    {"efficiency": efficiency, "memory": memory, "link": link}[what](*map(int, numbers))


if __name__ == "__main__":
    main(*sys.argv[1:])
