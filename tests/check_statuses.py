# SPDX-License-Identifier: MIT
"""No call of libambit or of the program ignores an AmbitStatus: all sources are compiled once as C23, whose
[[nodiscard]] the enum carries. Usage: check_statuses.py BUILD_FOLDER"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

BUILD = pathlib.Path(sys.argv[1])
FLAGS = ["-std=c2x", "-fsyntax-only", "-Wno-pedantic", "-Werror=unused-result"]


def words_of(entry):
    """The command, by the compiler itself: ccache does not take every call."""
    words = shlex.split(entry["command"])
    return words[1:] if os.path.basename(words[0]) == "ccache" else words


def compile_as_c23(entry):
    words = words_of(entry)
    kept = [word for word in words if word.startswith(("-I", "-D", "-f", "-m"))]
    done = subprocess.run([words[0], *kept, *FLAGS, entry["file"]], cwd=entry["directory"], text=True,
                          capture_output=True, check=False)
    return done.stderr if done.returncode else ""


def main():
    commands = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    sources = {entry["file"]: entry for entry in commands
               if entry["file"].startswith(("../src/", "../tasks/")) and entry["file"].endswith(".c")}
    compiler = words_of(commands[0])[0]
    known = subprocess.run([compiler, "-std=c2x", "-fsyntax-only", "-x", "c", os.devnull], capture_output=True,
                           check=False)
    if known.returncode:
        print("skipped: the compiler does not know C23")
        sys.exit(77)
    if len(sources) < 100:
        sys.exit(f"check_statuses: only {len(sources)} sources found in {BUILD}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [text for text in pool.map(compile_as_c23, sources.values()) if text]
    sys.exit("\n".join(findings) if findings else 0)


main()
