#!/usr/bin/env python3
"""The transcript in README.md, made by running the commands that it shows.

    transcript.py --heddle BUILD/bin/heddle [--write]

Without --write the script fails when the README is not what the commands print.
"""
import argparse
import difflib
import os
import subprocess
import sys
import tempfile

import database

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BEGIN, END = "<!-- transcript: begin -->\n", "<!-- transcript: end -->\n"
COMMANDS = [
    ["check", "examples/hits.cpp"],
    ["advise", "examples/hits.cpp"],
]


def transcript(heddle):
    text = "```console\n"
    with tempfile.TemporaryDirectory() as scratch:
        database.write(scratch, database.rows([os.path.join(ROOT, "examples")]))
        for verb, file in COMMANDS:
            done = subprocess.run(
                [heddle, verb, "-p", scratch, file],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if done.returncode not in (0, 1):
                sys.exit(f"heddle {verb} {file} ended with {done.returncode}\n{done.stdout}")
            text += f"$ heddle {verb} -p build {file}\n{done.stdout.rstrip()}\n"
    return text + "```\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--heddle", required=True)
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    readme = os.path.join(ROOT, "README.md")
    with open(readme, encoding="utf-8") as f:
        old = f.read()
    head, rest = old.split(BEGIN)
    new = head + BEGIN + transcript(os.path.abspath(a.heddle)) + END + rest.split(END)[1]
    if new == old:
        return
    if a.write:
        with open(readme, "w", encoding="utf-8") as f:
            f.write(new)
        return
    sys.stdout.writelines(
        difflib.unified_diff(old.splitlines(True), new.splitlines(True), "README.md", "as printed")
    )
    sys.exit("the transcript in README.md is stale: ./dev update")


if __name__ == "__main__":
    main()
