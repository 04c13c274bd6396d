# SPDX-License-Identifier: MIT
"""A grid as a job array of Slurm: a controller and a node of one machine are started for this test. Six tasks; one is
killed, one is stopped and requeued, one fails; states, exit codes, bits and the joined file. Then one training by two
ranks that srun starts, stopped and resumed. By hand, as root: apt-get install slurmctld slurmd slurm-client
libpmix-dev; python3 tests/check_slurm.py build/ambit. Skipped with the reason where that is not possible.
Usage: check_slurm.py AMBIT"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import h5py
from tiny_run import CONFIG, log, newest, numbers, run, write_config

AMBIT = os.path.abspath(sys.argv[1])
SCRIPT = """#!/bin/sh
srun ambit grid array.yaml --threads 1 --quiet --task $SLURM_ARRAY_TASK_ID
code=$?
echo $code >> codes.$SLURM_ARRAY_TASK_ID
[ $code = 75 ] && scontrol requeue ${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
exit $code
"""
AXES = """grid:
  - training.tasks[0].kwargs.scale: [1, 1.0e+39]
  - {seed: [1, 2, 3]}
"""
SETTINGS = """ClusterName=ambit
SlurmctldHost={host}({address})
SlurmUser=root
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
MpiDefault=none
KillWait=5
SlurmctldPort={port}
SlurmdPort={other}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr={address} CPUs={cpus} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def own_address():
    """An address of this machine that is not the loopback's; no packet is sent."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        with contextlib.suppress(OSError):
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
    found = run("hostname", "-I").stdout.split()
    return found[0] if found else skip("no address but the loopback's")


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


def wait(what, ready, seconds=120):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            queue = run("squeue", "-h", "-o", "%i %T %r %S").stdout
            raise TimeoutError(f"{what}: not after {seconds} s; the queue: {queue}")
        time.sleep(0.05)


@contextlib.contextmanager
def cluster(folder):
    """A controller and a node, as processes of this test."""
    settings = SETTINGS.format(host=socket.gethostname(), address=own_address(), port=free_port(), other=free_port(),
                               folder=folder, cpus=len(os.sched_getaffinity(0)))
    for name in ("state", "spool"):
        os.mkdir(f"{folder}/{name}")
    pathlib.Path(f"{folder}/slurm.conf").write_text(settings, encoding="ascii")
    pathlib.Path(f"{folder}/cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n", encoding="ascii")
    os.environ["SLURM_CONF"] = f"{folder}/slurm.conf"
    started = []
    try:
        for command in (["slurmctld", "-D", "-i"], ["slurmd", "-D"]):
            started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait("a node that is up", lambda: "idle" in run("sinfo", "-h", "-o", "%t").stdout, 30)
        yield
    except TimeoutError as error:
        if "node" in str(error):
            print(pathlib.Path(f"{folder}/slurmd.log").read_text(encoding="utf-8")[-2000:] if
                  os.path.exists(f"{folder}/slurmd.log") else "")
            skip("Slurm does not start here")
        raise
    finally:
        run("scancel", "--full", "--signal=KILL", "-u", "root")
        for process in reversed(started):
            process.terminate()
            process.wait()


def states(*more):
    return [entry["state"] for entry in json.loads(run(AMBIT, "grid", "array.yaml", "--json", *more).stdout)]


def codes(number):
    path = pathlib.Path(f"codes.{number}")
    return [int(line) for line in path.read_text(encoding="ascii").split()] if path.exists() else []


def place(scale, seed):
    return f"runs/array/scale={scale},seed={seed}"


def process_of(folder):
    """The process that works in a run folder."""
    return int(pathlib.Path(f"{folder}/.holder").read_text(encoding="ascii").split()[1])


def submit(numbers):
    done = run("sbatch", "--parsable", f"--array={numbers}", "--requeue", "--open-mode=append", "-o", "out.%a",
               "array.sh")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def queue_is_empty():
    return run("squeue", "-h").stdout == ""


def is_busy(folder):
    return os.path.exists(f"{folder}/log.jsonl") and len(log(folder)) > 0 and os.path.exists(f"{folder}/.holder")


def check():
    pathlib.Path("array.yaml").write_text(CONFIG.replace("train_steps: 60", "train_steps: 1000000") + AXES,
                                          encoding="ascii")
    pathlib.Path("array.sh").write_text(SCRIPT, encoding="ascii")
    job = submit("0,1")
    wait("two tasks that run", lambda: is_busy(place(1, 1)) and is_busy(place(1, 2)))
    assert states() == ["running", "running"] + ["not begun"] * 4, states()
    os.kill(process_of(place(1, 1)), signal.SIGKILL)
    wait("the killed task's code", lambda: codes(0) == [128 + signal.SIGKILL])
    assert states()[0] == "stopped", states()
    run("scancel", "--signal=TERM", f"{job}_1")
    wait("the stopped task's code", lambda: codes(1) == [75])
    wait("the requeued task", lambda: is_busy(place(1, 2)) and states()[1] == "running")
    pathlib.Path("array.yaml").write_text(CONFIG + AXES, encoding="ascii")
    run("scancel", "--signal=KILL", "--full", job)
    wait("an empty queue", queue_is_empty)
    for folder in (place(1, 1), place(1, 2)):
        shutil.rmtree(folder)
    submit("0-5")
    wait("an empty queue", queue_is_empty)
    assert states() == ["done"] * 3 + ["failed"] * 3, states()
    assert [codes(number)[-1] for number in range(6)] == [0, 0, 0, 1, 1, 1]
    assert run(AMBIT, "grid", "array.yaml", "--failed").stdout == "3\n4\n5\n"
    submit("0-2")
    wait("an empty queue", queue_is_empty)
    assert [codes(number)[-1] for number in range(3)] == [0, 0, 0]
    done = run(AMBIT, "collect", "array.yaml", "-o", "array.h5")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("missing: task") == 3, done.stderr
    alone = run(AMBIT, "pretrain", "array.yaml", "--grid=null", "--seed=2", "--training.tasks[0].kwargs.scale=1",
                "-o", "alone", "--quiet", "--threads=1")
    assert alone.returncode == 0, alone.stderr
    assert log("alone") == log(place(1, 2))
    with h5py.File("array.h5") as file:
        assert file["targets/dense/error"].shape[:2] == (2, 3)
    print("an array of six: killed, stopped and requeued, failed, joined")


def check_ranks():
    """Two ranks have the bits of one process, across a stop."""
    if not os.path.exists(f"{AMBIT}-mpi") or "pmix" not in run("srun", "--mpi=list").stdout:
        print("two ranks: not run, since ambit-mpi or the pmix plugin of Slurm is missing")
        return
    write_config("ranks.yaml", CONFIG.replace("shards: 2", "shards: 2\n  groups: 2"))
    more = ["pretrain", "ranks.yaml", "--quiet", "--threads=1", "--resume"]
    ranks = ["srun", "-n", "2", "--mpi=pmix", f"{AMBIT}-mpi", *more, "-o", "ranks"]
    with subprocess.Popen([*ranks, "--training.train_steps=1000000"]) as job:
        wait("ranks at work", lambda: is_busy("ranks"))
        run("scancel", "--signal=TERM", run("squeue", "-h", "-o", "%i").stdout.strip())
    assert job.returncode == 75, job.returncode
    total = f"--training.train_steps={len(log('ranks').splitlines()) * 3 + 9}"
    done = run(*ranks, total)
    assert done.returncode == 0 and "continuing from ranks/" in done.stderr, done.stderr
    done = run(AMBIT, *more, "-o", "one", total)
    assert done.returncode == 0, done.stderr
    assert log("ranks") == log("one")
    assert numbers(newest("ranks")) == numbers(newest("one"))
    print("two ranks of srun --mpi=pmix: stopped, resumed, the bits of one process")


def main():
    for program in ("slurmctld", "slurmd", "sbatch", "srun"):
        if not shutil.which(program) and not os.path.exists(f"/usr/sbin/{program}"):
            skip(f"no {program} here")
    if os.geteuid() != 0:
        skip("only root starts Slurm's daemons")
    os.environ["PATH"] += f":/usr/sbin:{os.path.dirname(AMBIT)}"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with cluster(folder):
            check()
            check_ranks()


if __name__ == "__main__":
    main()
