#!/usr/bin/env python3
"""layering.py ROOT: fails on an include that points upwards.

A file sees its own stage and those before it:

    base <- facts <- program <- advice <- {checks, report} <- entry

Clang's headers are for the extraction in facts and for entry only; checks and
report do not see each other.
"""
import os
import re
import sys

SEES = {
    "base": {"base"},
    "facts": {"base", "facts"},
    "program": {"base", "facts", "program"},
    "advice": {"base", "facts", "program", "advice"},
    "checks": {"base", "facts", "program", "advice"},
    "report": {"base", "facts", "program", "advice", "report"},
}
# The link line of facts names those of its files that do without Clang; the
# rest of the stage is the extraction.
PLAIN_FACTS = re.compile(r"set\(FactsSources([^)]*)\)")
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)


def stage_of(path):
    parts = path.split(os.sep)
    if parts[0] == "checks":
        return "checks"
    return parts[1] if len(parts) > 2 else "entry"


def plain_facts(root):
    with open(os.path.join(root, "CMakeLists.txt"), encoding="utf-8") as f:
        return set(re.findall(r"(\w+)\.cpp", PLAIN_FACTS.search(f.read())[1]))


def main():
    root, wrong, seen = sys.argv[1], [], 0
    plain = plain_facts(root)
    for top in ("checks", "tool"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if not name.endswith((".cpp", ".h")):
                    continue
                path = os.path.relpath(os.path.join(folder, name), root)
                stage = stage_of(path)
                if stage not in SEES:
                    continue
                seen += 1
                stem = os.path.splitext(name)[0]
                clang = stage == "facts" and stem not in plain
                for include in INCLUDE.findall(open(os.path.join(root, path), encoding="utf-8").read()):
                    to = include.split("/")[0]
                    if to.startswith("clang") and not clang:
                        wrong.append(f"{path} includes {include}: no Clang here")
                    elif to in ("entry", "pipeline.h") or (to in SEES and to not in SEES[stage]):
                        wrong.append(f"{path} includes {include}: {stage} does not see {to}")
    if seen == 0:
        wrong.append("no source file in " + root)
    if wrong:
        sys.exit("\n".join(sorted(wrong)))


if __name__ == "__main__":
    main()
