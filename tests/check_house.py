# SPDX-License-Identifier: MIT
"""The house in order: every public header compiles alone, rooms include only what they may know, sources
are formatted. Usage: check_house.py SOURCE_ROOT CC CLANG_FORMAT [INCLUDE_FLAG…]"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1])
CC, CLANG_FORMAT, FLAGS = sys.argv[2], sys.argv[3], sys.argv[4:]

# Public headers by the room that implements them, and the rooms each room may know.
HEADERS = {
    "support": {"status", "file", "memory", "random", "lanes", "parameter", "batch", "source", "real"},
    "kernel": {"kernels", "peak"},
    "model": {"head", "model"},
    "train": {"trainer"},
    "tasks": {"family", "mixture", "prior", "prompt_batch", "prompt_distribution", "prompt_training"},
    "predict": {"predictor"},
    "evaluate": {"evaluation", "result"},
    "store": {"store", "weights"},
    "config": {"config"},
}
KNOWS = {
    "support": set(),
    "kernel": {"support"},
    "model": {"support", "kernel"},
    "train": {"support", "kernel", "model"},
    "tasks": {"support"},
    "predict": {"support", "tasks", "kernel", "model"},
    "evaluate": {"support", "tasks", "predict", "kernel", "model"},
    "store": {"support", "tasks", "predict", "evaluate", "kernel", "model", "train"},
    "config": {"support", "tasks", "predict", "evaluate", "kernel", "model", "train"},
}
ROOM_OF = {header: room for room, headers in HEADERS.items() for header in headers}


def sources(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def lone_headers():
    for header in sources("include/ambit/*.h"):
        done = subprocess.run([CC, "-std=c17", "-Wall", "-Wextra", "-Werror", "-pedantic",
                               "-fsyntax-only", f"-I{ROOT}/include", *FLAGS, "-x", "c", header],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{header} does not compile alone:\n{done.stderr}"


def arrows():
    for path in sources("src/**/*.[ch]", "tasks/**/*.[ch]"):
        parts = path.relative_to(ROOT).parts
        room = "tasks" if parts[0] == "tasks" else parts[1]
        if room not in KNOWS:
            continue
        for name in re.findall(r'#include "ambit/(\w+)\.h"', path.read_text(encoding="utf-8")):
            owner = ROOM_OF.get(name)
            if owner is None:
                yield f"{path} includes ambit/{name}.h, which no room in this test owns"
            elif owner != room and owner not in KNOWS[room]:
                yield f"{path}: {room} must not know ambit/{name}.h of {owner}"


def formatting():
    files = sources("include/**/*.h", "src/**/*.[ch]", "tasks/**/*.[ch]", "tests/**/*.[ch]")
    done = subprocess.run([CLANG_FORMAT, "--dry-run", "-Werror", *map(str, files)],
                          capture_output=True, text=True, check=False)
    for line in done.stderr.splitlines():
        if "error:" in line:
            yield f"not formatted (clang-format -i mends it): {line}"


problems = [*lone_headers(), *arrows(), *formatting()]
print("\n".join(problems[:40]) or "in order")
sys.exit(1 if problems else 0)
