#!/usr/bin/env python3
"""Confirms the labels of a fixture with ThreadSanitizer, or AddressSanitizer.

    tsan.py [--address] FILE FLAGS...

Builds FILE with -DDRIVER -fsanitize=thread and runs each CASE of its main alone:
one whose name ends in _bad must be reported as a race in one of many runs, one
that ends in _ok in none. With --address what counts is the use of a local that
has died. `CASE(run) // Name_bad` names the case that `run` is
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
    address = sys.argv[1] == "--address"
    file, *flags = sys.argv[2 if address else 1 :]
    sanitizer, fault = ("address", "use of a dead local") if address else ("thread", "race")
    cases = CASE.findall(open(file, encoding="utf-8").read())
    if not cases:
        sys.exit("no CASE in " + file)
    compiler = ["clang", "-std=gnu11"] if file.endswith(".c") else ["clang++"]
    with tempfile.TemporaryDirectory() as scratch:
        program = os.path.join(scratch, "cases")
        subprocess.run(
            [*compiler, "-DDRIVER", "-fsanitize=" + sanitizer, "-O1", "-g", "-w", "-pthread", *flags]
            + [file, "-o", program],
            check=True,
        )
        environment = dict(
            os.environ,
            TSAN_OPTIONS=f"exitcode={RACE}:halt_on_error=1",
            ASAN_OPTIONS=f"exitcode={RACE}:detect_stack_use_after_return=1:detect_leaks=0"
            ":symbolize=0",
        )

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
            print(f"The {sanitizer} sanitizer cannot run here: " + run([]).stderr.strip()[:200])
            return
        wrong = []
        for function, label in cases:
            label = label or function
            raced = False
            for _ in range(RUNS if label.endswith("_bad") else 3):
                done = run([function])
                # The program may end while another thread still prints its report.
                raced |= done.returncode == RACE or "ERROR: AddressSanitizer" in done.stderr
                if done.returncode not in (0, RACE) or raced:
                    break
            if done.returncode not in (0, RACE):
                wrong.append(f"{label} ended with {done.returncode}: {done.stderr[:200]}")
            elif raced != label.endswith("_bad"):
                wrong.append(f"{label}: {'a' if raced else 'no'} {fault}\n{done.stderr[:1500]}")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
