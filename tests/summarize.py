# SPDX-License-Identifier: MIT
"""Prints `N passed, N failed` from meson's testlog.json; exits with the given status, or 1 if anything
failed or nothing ran."""
import json
import sys
from collections import Counter

with open(sys.argv[1], encoding="utf-8") as log:
    counts = Counter(json.loads(line)["result"] for line in log)
passed, skipped = counts.pop("OK", 0), counts.pop("SKIP", 0)
failed = sum(counts.values())
status = int(sys.argv[2]) or (1 if failed or not passed else 0)
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(status)
