#!/usr/bin/env python3
"""Confirms the labels of a fixture with ThreadSanitizer.

    tsan.py FILE FLAGS...

Builds FILE with -DDRIVER -fsanitize=thread and runs each CASE of its main alone:
one whose name ends in _bad must be reported as a race in one of many runs, one
that ends in _ok in none; those are run together first. A case in _untold is a race
too, one that the tool does not find yet, and one in _alarm is none, but the tool
says it is. `CASE(run) // Name_bad` names the case that `run` is for;
`CASE(name_bad::run)` has its name from the namespace. `// NOT-SHOWN: why` after it
says why the sanitizer cannot tell. Where the sanitizer cannot start, for example
for want of address space, the script says so and ends well.
"""
import os
import re
import subprocess
import sys
import tempfile

RUNS = 100
RACE = 66
CASE = re.compile(r"^  CASE\(((\w+)[\w:]*)\)(?:\s*// (?:(NOT-SHOWN): .+|(\w+_(?:bad|ok))))?", re.M)
RACY = ("_bad", "_untold")
REPORT = re.compile(r"ThreadSanitizer: (?:data race|heap-use-after-free)")


def main():
    file, flags = sys.argv[1], sys.argv[2:]
    cases = CASE.findall(open(file, encoding="utf-8").read())
    if not cases:
        sys.exit("no CASE in " + file)
    cases = [(function, label or name) for function, name, excuse, label in cases if not excuse]
    compiler = ["clang", "-std=gnu11"] if file.endswith(".c") else ["clang++"]
    with tempfile.TemporaryDirectory() as scratch:
        program = os.path.join(scratch, "cases")
        subprocess.run(
            [*compiler, "-DDRIVER", "-fsanitize=thread", "-O0", "-g", "-w", "-pthread", *flags]
            + [file, "-o", program],
            check=True,
        )
        environment = dict(os.environ, TSAN_OPTIONS=f"exitcode={RACE}:halt_on_error=1")

        def run(names):
            # Without randomised addresses: the kernel's default does not fit the shadow memory.
            return subprocess.run(
                ["setarch", "-R", program, *names],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
            )

        if run([]).returncode != 0:
            print("ThreadSanitizer cannot run here: " + run([]).stderr.strip()[:200])
            return
        quiet = [function for function, label in cases if not label.endswith(RACY)]
        together = all(run(quiet).returncode == 0 for _ in range(3))
        wrong = []
        for function, label in cases:
            racy = label.endswith(RACY)
            if not racy and together:
                continue
            raced = False
            for _ in range(RUNS if racy else 5):
                done = run([function])
                raced |= done.returncode == RACE and (not racy or bool(REPORT.search(done.stderr)))
                if done.returncode not in (0, RACE) or raced:
                    break
            if done.returncode not in (0, RACE):
                wrong.append(f"{label} ended with {done.returncode}: {done.stderr[:200]}")
            elif raced != racy:
                wrong.append(f"{label}: {'a race' if raced else 'no race'}\n{done.stderr[:1500]}")
        if not together and not wrong:
            wrong.append("the cases without a race have one when they run after each other")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
