# SPDX-License-Identifier: MIT
"""Checks the installation: example.c is built with the flags of pkg-config, and run; the manual page and the
completion have all commands and options. Usage: check_library.py MESON BUILD_DIR EXAMPLE CC [FLAG…]"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MESON, BUILD, EXAMPLE, *CC = sys.argv[1:]


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def complete(*words):
    """What the shell offers after these words."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ambit; '
              'echo "${COMPREPLY[@]}"')
    return run("bash", "-c", script, "bash", f"{BUILD}/ambit.bash", f"{BUILD}/ambit", *words).split()


def check_documents():
    """Every command is in the manual and completed, and its help has examples."""
    commands = re.findall(r"(?m)^  ambit (\w+)", run(f"{BUILD}/ambit", "--help"))
    manual = pathlib.Path(f"{BUILD}/ambit.1").read_text(encoding="utf-8")
    for command in commands:
        examples = run(f"{BUILD}/ambit", command, "--help").partition("\nExamples\n")[2]
        if f"ambit {command}" not in examples or f".SS {command}:" not in manual:
            sys.exit(f"check_library: {command} has no examples or is not in the manual")
    for words, expected in ((("",), {*commands, "help", "--help", "--version"}), (("ev",), {"evaluate"}),
                            (("pretrain", "--re"), {"--resume"}), (("help", "ev"), {"evaluate"}),
                            (("list", "pro"), {"prompts", "probes"}),
                            (("list", "prompts", "skew"), {"skewed"}), (("show", "ru"), set())):
        if set(complete(*words)) != expected:
            sys.exit(f"check_library: after {words} the shell offers {complete(*words)}")


def check_options():
    """What a command says it takes, it takes."""
    for command in json.loads(run(f"{BUILD}/ambit", "help", "--json"))["commands"]:
        for option in command["options"]:
            if "value" not in option:
                continue
            done = subprocess.run([f"{BUILD}/ambit", command["name"], f"{option['name']}="], check=False,
                                  stderr=subprocess.PIPE, text=True)
            if done.returncode != 2 or f"{option['name']}: the value is missing" not in done.stderr:
                sys.exit(f"check_library: {command['name']} {option['name']} says {done.stderr}")


def main():
    check_options()
    check_documents()
    with tempfile.TemporaryDirectory() as place:
        run(MESON, "install", "-C", BUILD, "--no-rebuild", "--destdir", place)
        root = pathlib.Path(place)
        described = next(root.rglob("ambit.pc"))
        text = described.read_text(encoding="utf-8")
        prefix = root / re.search(r"^prefix=/(.*)$", text, re.M)[1]
        flags = run("pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", "ambit",
                    env={**os.environ, "PKG_CONFIG_PATH": str(described.parent)}).split()
        program = root / "example"
        run(*CC, "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", EXAMPLE, *flags, "-o", str(program))
        # The example leaves its memory to the end of the process.
        said = run(str(program), env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        errors = [float(value) for value in re.findall(r": ([0-9.]+) of the zero predictor", said)]
        if len(errors) != 2 or not errors[1] < 1e-6 < errors[0] < 1.5:
            sys.exit(f"check_library: the example said\n{said}")
    if len(pathlib.Path(EXAMPLE).read_text(encoding="utf-8").splitlines()) >= 65:
        sys.exit("check_library: the example is to stay below 65 lines")


if __name__ == "__main__":
    main()
