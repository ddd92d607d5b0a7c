#!/usr/bin/env python3
"""Writes compile_commands.json for the C and C++ files of folders.

    database.py --out DIR [--reverse] FILE|FOLDER... [-- FLAGS]

The commands are those of clang on Debian: C11 with GNU extensions or C++20, with threads and
OpenMP. DIR is made when it is not there. FLAGS replace the default ones.
"""
import argparse
import json
import os
import sys

DEFAULT = {".c": ["-std=gnu11", "-pthread"], ".cpp": ["-std=c++20", "-pthread"]}
COMPILER = {".c": "clang-19", ".cpp": "clang++-19"}


def sources(path):
    if os.path.isfile(path):
        return [path]
    found = []
    for folder, _, names in os.walk(path):
        found += [os.path.join(folder, n) for n in names if os.path.splitext(n)[1] in DEFAULT]
    return sorted(found)


def flags_of(file, flags):
    if flags is not None:
        return flags
    extra = ["-fopenmp"] if "#pragma omp" in open(file, encoding="utf-8").read() else []
    return DEFAULT[os.path.splitext(file)[1]] + extra


def rows(paths, flags=None):
    """Rows for all sources under the paths, flags as on the command line."""
    result = []
    for file in (os.path.abspath(f) for p in paths for f in sources(p)):
        compiler = COMPILER[os.path.splitext(file)[1]]
        result.append(
            {
                "directory": os.path.dirname(file),
                "file": file,
                "arguments": [compiler, *flags_of(file, flags), "-c", file],
            }
        )
    return result


def write(folder, commands):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as f:
        json.dump(commands, f, indent=1)


def main():
    arguments, flags = sys.argv[1:], None
    if "--" in arguments:
        split = arguments.index("--")
        arguments, flags = arguments[:split], arguments[split + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("--reverse", action="store_true", help="last file first")
    parser.add_argument("paths", nargs="+")
    a = parser.parse_args(arguments)
    commands = rows(a.paths, flags)
    if not commands:
        sys.exit("no C or C++ file in " + ", ".join(a.paths))
    write(a.out, commands[::-1] if a.reverse else commands)


if __name__ == "__main__":
    main()
