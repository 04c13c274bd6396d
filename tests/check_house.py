# SPDX-License-Identifier: MIT
"""Checks the order of the house (src/README.md): every public header compiles alone and is installed, rooms use
only what they may know, no files of a room call each other in a circle, every external symbol starts with ambit_,
every suite in C has the label core. Usage: check_house.py SOURCE_ROOT BUILD_ROOT CC…"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
from collections import defaultdict

ROOT, BUILD = (pathlib.Path(folder).resolve() for folder in sys.argv[1:3])
CC = sys.argv[3:]  # ["ccache", "cc"], say

# Public headers by the room that implements them, and the rooms each room may know.
HEADERS = {
    "support": {"status", "file", "memory", "random", "parameter", "batch", "source", "real", "team",
                "threads"},
    "kernel": {"kernels", "operands", "peak"},
    "model": {"attention", "gradient", "head", "model", "trunk"},
    "train": {"trainer"},
    "tasks": {"corpus", "family", "language", "mixture", "prior", "prompt_batch", "prompt_distribution", "prompt_training"},
    "predict": {"predictor", "sentence_predictor"},
    "evaluate": {"evaluation", "metric", "probe", "result", "statistics", "tree"},
    "store": {"joined", "checkpoint", "store", "weights"},
    "config": {"config", "grid"},
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
KNOWS["cli"] = set(KNOWS)
ROOM_OF = {header: room for room, headers in HEADERS.items() for header in headers}

PREFIX = "ambit_"


def sources(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def lone_headers():
    for header in sources("include/ambit/*.h"):
        done = subprocess.run([*CC, "-std=c17", "-Wall", "-Wextra", "-Werror", "-pedantic",
                               "-fsyntax-only", f"-I{ROOT}/include", "-x", "c", header],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{header} does not compile alone:\n{done.stderr}"


def installed_headers():
    listed = (ROOT / "meson.build").read_text(encoding="utf-8")
    for header in sources("include/ambit/*.h"):
        if header.stem not in ROOM_OF:
            yield f"{header}: no room in this test owns it"
        if f"include/ambit/{header.name}'" not in listed:
            yield f"{header} is not among public_headers in meson.build"


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return "tasks" if parts[0] == "tasks" else parts[1]


def included(path, name):
    """The room of what a file includes; None: of none (libraries, what is generated)."""
    if name.startswith("ambit/"):
        return ROOM_OF.get(name[len("ambit/"):-len(".h")])
    found = [folder / name for folder in (path.parent, ROOT / "tasks") if (folder / name).exists()]
    return room_of(found[0].resolve()) if found else None


def arrows():
    for path in sources("src/**/*.[ch]", "tasks/**/*.[ch]"):
        room = room_of(path)
        for name in re.findall(r'#include ["<]([^">]+)[">]', path.read_text(encoding="utf-8")):
            owner = included(path, name)
            if owner not in {None, room} | KNOWS[room]:
                yield f"{path}: {room} must not know {name} of {owner}"


def symbols():
    """The external symbols that object files of the rooms and the program define and use."""
    objects = [path for path in BUILD.glob("**/*.o")
               if re.match(r"(src/|tasks/|ambit(-mpi)?\.p/)", str(path.relative_to(BUILD)))]
    done = subprocess.run(["nm", "-gA", *map(str, objects)], capture_output=True, text=True, check=True)
    defined, used = {}, defaultdict(set)
    for line in done.stdout.splitlines():
        path, _, rest = line.rpartition(":")
        kind, name = rest.split()[-2:]
        if kind == "U":
            used[path].add(name)
        elif not name.startswith("__"): # a compiler's or sanitizer's own
            defined[name] = path
    return defined, used


def names(defined):
    for name, path in sorted(defined.items()):
        if not name.startswith(PREFIX) and name != "main":
            yield f"{path} defines {name}: external symbols start with ambit_"


def reached(start, calls):
    seen, left = set(), [start]
    while left:
        for path in calls[left.pop()] - seen:
            seen.add(path)
            left.append(path)
    return seen


def circles(defined, used):
    """A room's files that call each other, directly or through others."""
    calls = defaultdict(set)
    for path, callee in [(path, defined.get(name)) for path in used for name in used[path]]:
        if callee and callee != path and room_and_file(callee)[0] == room_and_file(path)[0]:
            calls[path].add(callee)
    for path in sorted(calls):
        room, file = room_and_file(path)
        others = {room_and_file(other)[1] for other in reached(path, calls) if path in reached(other, calls)}
        if others:
            yield f"{room}: {file} is in a circle of files that call each other: {', '.join(sorted(others))}"


def room_and_file(path):
    parts = pathlib.Path(path).relative_to(BUILD).parts
    return {"ambit.p": "cli", "ambit-mpi.p": "cli", "tasks": "tasks"}.get(parts[0], parts[1]), re.sub(r"\.c\.o$|^src_cli_", "", parts[-1])


def objects():
    """What only the built program tells. A sanitizer or coverage adds calls of its own, none between rooms' files."""
    if not shutil.which("nm"):
        return
    defined, used = symbols()
    yield from names(defined)
    yield from circles(defined, used)


def labels():
    with open(BUILD / "meson-info/intro-tests.json", encoding="utf-8") as file:
        tests = json.load(file)
    core = {pathlib.Path(test["cmd"][0]).name for test in tests if "ambit:core" in test["suite"]}
    for path in sources("tests/test_*.c"):
        if path.stem not in core:
            yield f"{path}: its suite lacks the label core, so that sanitizers leave it out"


problems = [*lone_headers(), *installed_headers(), *arrows(), *objects(), *labels()]
print("\n".join(problems[:40]) or "in order")
sys.exit(1 if problems else 0)
