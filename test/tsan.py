#!/usr/bin/env python3
"""Confirms the labels of a fixture with ThreadSanitizer.

    tsan.py FILE FLAGS...

Builds FILE with -DDRIVER -fsanitize=thread and runs each CASE of its main alone:
one whose name ends in _bad must be reported as a race in one of many runs, one
that ends in _ok in none. `CASE(run) // Name_bad` names the case that `run` is
for. Where the sanitizer cannot start, for example for want of address space,
the script says so and ends well.
"""
import os
import re
import subprocess
import sys
import tempfile

RUNS = 100
RACE = 66
CASE = re.compile(r"^  CASE\((\w+)\)(?:\s*// (\w+_(?:bad|ok)))?", re.M)


def main():
    file, flags = sys.argv[1], sys.argv[2:]
    cases = CASE.findall(open(file, encoding="utf-8").read())
    if not cases:
        sys.exit("no CASE in " + file)
    compiler = ["clang", "-std=gnu11"] if file.endswith(".c") else ["clang++"]
    with tempfile.TemporaryDirectory() as scratch:
        program = os.path.join(scratch, "cases")
        subprocess.run(
            [*compiler, "-DDRIVER", "-fsanitize=thread", "-O1", "-g", "-w", "-pthread", *flags]
            + [file, "-o", program],
            check=True,
        )
        environment = dict(os.environ, TSAN_OPTIONS=f"exitcode={RACE}:halt_on_error=1")

        def run(case):
            # Without randomised addresses: the kernel's default does not fit the shadow memory.
            return subprocess.run(
                ["setarch", "-R", program, *case],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
            )

        if run([]).returncode != 0:
            print("ThreadSanitizer cannot run here: " + run([]).stderr.strip()[:200])
            return
        wrong = []
        for function, label in cases:
            label = label or function
            raced = False
            for _ in range(RUNS if label.endswith("_bad") else 3):
                done = run([function])
                raced |= done.returncode == RACE
                if done.returncode not in (0, RACE) or raced:
                    break
            if done.returncode not in (0, RACE):
                wrong.append(f"{label} ended with {done.returncode}: {done.stderr[:200]}")
            elif raced != label.endswith("_bad"):
                wrong.append(f"{label}: {'a race' if raced else 'no race'}\n{done.stderr[:1500]}")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
