#!/usr/bin/env python3
"""CPU time of `heddle check` over that of `clang -fsyntax-only`, paired.

    bench.py --heddle H --database DIR [--rounds N] [--files N]

Both go over the same files of the compile database in the same round, one
after the other, so that what else the machine does hits both; the ratio is
taken within a round, and the median over the rounds is what counts. User and
system time of all child processes are summed.
"""
import argparse
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

COMPILER = {".c": "clang-19"}
DROPPED = {"-o": 2, "-MF": 2, "-MT": 2, "-MQ": 2, "-c": 1, "-MD": 1, "-MMD": 1}


def syntax_only(row):
    """The command of a row, for the front end alone."""
    words = row.get("arguments") or shlex.split(row["command"])
    compiler = COMPILER.get(os.path.splitext(row["file"])[1], "clang++-19")
    command, skip = [compiler, "-w", "-fsyntax-only"], 0
    for word in words[1:]:
        skip = skip or DROPPED.get(word, 0)
        if skip:
            skip -= 1
        else:
            command.append(word)
    return command


def timed(run):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--heddle", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, help="only so many, spread over the database")
    a = parser.parse_args()
    try:
        with open(os.path.join(a.database, "compile_commands.json"), encoding="utf-8") as f:
            rows = json.load(f)
    except OSError as error:
        sys.exit(f"bench: {error}")
    if a.files and a.files < len(rows):
        rows = [rows[i * len(rows) // a.files] for i in range(a.files)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    with tempfile.TemporaryDirectory() as scratch:
        with open(os.path.join(scratch, "compile_commands.json"), "w", encoding="utf-8") as f:
            json.dump(rows, f)

        def clang():
            for row in rows:
                subprocess.run(syntax_only(row), cwd=row["directory"], **quiet)

        def heddle():
            code = subprocess.run([a.heddle, "check", "-p", scratch, "-j1"], **quiet).returncode
            if code not in (0, 1, 3):
                sys.exit(f"bench: heddle check ended with {code}")

        print(f"{len(rows)} files, {a.rounds} rounds, one worker")
        ratios = []
        for number in range(a.rounds):
            # Who goes first alternates, and with it who finds the caches cold.
            order = [clang, heddle] if number % 2 == 0 else [heddle, clang]
            times = {run: timed(run) for run in order}
            ratios.append(times[heddle][0] / times[clang][0])
            print(
                f"clang -fsyntax-only {times[clang][0]:.1f} s CPU, {times[clang][1]:.1f} s; "
                f"heddle check {times[heddle][0]:.1f} s CPU, {times[heddle][1]:.1f} s; "
                f"ratio {ratios[-1]:.2f}"
            )
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
