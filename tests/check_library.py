# SPDX-License-Identifier: MIT
"""The installed library: example.c is built against it with what pkg-config says, and run; the installed
program has its manual page and completion. Usage: check_library.py MESON BUILD_DIR EXAMPLE CC [FLAG…]"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MESON, BUILD, EXAMPLE, *CC = sys.argv[1:]


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def main():
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
        said = run(str(program))
        errors = [float(value) for value in re.findall(r": ([0-9.]+) of the zero predictor", said)]
        if len(errors) != 2 or not errors[1] < 1e-6 < errors[0] < 1.5:
            sys.exit(f"check_library: the example said\n{said}")
    if len(pathlib.Path(EXAMPLE).read_text(encoding="utf-8").splitlines()) >= 60:
        sys.exit("check_library: the example is to stay below 60 lines")


if __name__ == "__main__":
    main()
